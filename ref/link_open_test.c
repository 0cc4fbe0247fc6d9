/* SPDX-License-Identifier: ISC */
/* link_open_test.c: every SPEC that is read or refused, what may stand in a path's way, and that
 * nothing is left behind. Interfaces are link_tap_test.c's. */
#include "ref/link.h"

#include "ref/exits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- the text ---- */

static void every_spec_of_the_contract_is_read(void **state)
{
	struct link_spec spec;

	(void)state;
	assert_int_equal(link_parse_spec("fd:0", &spec), EXITS_OK);
	assert_int_equal(spec.kind, LINK_FD);
	assert_int_equal(spec.fd, 0);
	assert_int_equal(link_parse_spec("stream-listen:unix:/a b,c", &spec), EXITS_OK);
	assert_int_equal(spec.kind, LINK_LISTEN);
	assert_string_equal(spec.path, "/a b,c");
	assert_int_equal(link_parse_spec("stream-connect:unix:x", &spec), EXITS_OK);
	assert_int_equal(spec.kind, LINK_CONNECT);
	assert_int_equal(spec.patience_ms, LINK_PATIENCE_MS);
	assert_int_equal(link_parse_spec("dgram:unix:/run/a,b", &spec), EXITS_OK);
	assert_int_equal(spec.kind, LINK_DGRAM);
	assert_string_equal(spec.path, "/run/a");
	assert_string_equal(spec.remote, "b");
	assert_int_equal(spec.patience_ms, LINK_PATIENCE_MS);
	assert_int_equal(link_parse_spec("seqpacket:unix:/s", &spec), EXITS_OK);
	assert_int_equal(spec.kind, LINK_SEQPACKET);
	assert_string_equal(spec.path, "/s");
	assert_int_equal(link_parse_spec("tap:fifteen.letters", &spec), EXITS_OK);
	assert_int_equal(spec.kind, LINK_TAP);
	assert_string_equal(spec.path, "fifteen.letters");
}

static void malformed_specs_are_usage_errors(void **state)
{
	static const char *const bad[] = {"",
	                                  "fd:",
	                                  "fd:x",
	                                  "fd:-1",
	                                  "fd: 3",
	                                  "fd:3x",
	                                  "fd:99999999999999999999",
	                                  "fd:2147483648",
	                                  "unix:/x",
	                                  "stream-listen:",
	                                  "stream-listen:unix:",
	                                  "stream-connect:tcp:127.0.0.1:1",
	                                  "FD:3",
	                                  "dgram:unix:",
	                                  "dgram:unix:a",
	                                  "dgram:unix:a,",
	                                  "dgram:unix:,b",
	                                  "dgram:unix:a,b,c",
	                                  "dgram:udp:1,2",
	                                  "seqpacket:unix:",
	                                  "seqpacket:/x",
	                                  "tap:",
	                                  "tap:.",
	                                  "tap:..",
	                                  "tap:tap%d",
	                                  "tap:a/b",
	                                  "tap:a b",
	                                  "tap:sixteen.letters."};
	struct link_spec spec;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (link_parse_spec(bad[i], &spec) != EXITS_USAGE)
			fail_msg("%s", bad[i]);
}

static void a_path_has_107_characters_at_most(void **state)
{
	static const char *const specs[][2] = {{"stream-listen:unix:", ""},
	                                       {"stream-connect:unix:", ""},
	                                       {"seqpacket:unix:", ""},
	                                       {"dgram:unix:", ",r"},
	                                       {"dgram:unix:l,", ""}};

	(void)state;
	assert_int_equal(LINK_PATH_MAX, 107);
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		for (int len = 107; len <= 108; len++) {
			char text[160];
			struct link_spec spec;

			snprintf(text, sizeof(text), "%s%0*d%s", specs[i][0], len, 0, specs[i][1]);
			assert_int_equal(link_parse_spec(text, &spec),
			                 len == 107 ? EXITS_OK : EXITS_USAGE);
		}
}

/* ---- a place for paths ---- */

struct place {
	char dir[32], path[48], remote[48];
	size_t open_before;
};

static size_t count_entries(const char *name)
{
	DIR *dir = opendir(name);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static struct place make_place(void)
{
	struct place p = {.dir = "/tmp/link_test.XXXXXX"};

	assert_non_null(mkdtemp(p.dir));
	snprintf(p.path, sizeof(p.path), "%s/s", p.dir);
	snprintf(p.remote, sizeof(p.remote), "%s/r", p.dir);
	p.open_before = count_entries("/proc/self/fd");
	return p;
}

/* No descriptor and no file may be left. */
static void end_place(struct place *p)
{
	assert_int_equal(count_entries("/proc/self/fd"), p->open_before);
	assert_int_equal(rmdir(p->dir), 0);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, path);
	return address;
}

static int connect_to(const char *path, int type)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type, 0);

	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int try_bind(const char *path, int type)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type, 0);

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static int bind_to(const char *path, int type)
{
	int fd = try_bind(path, type);

	assert_true(fd >= 0);
	return fd;
}

static struct link_spec spec_of(enum link_kind kind, const struct place *p)
{
	struct link_spec spec = {.kind = kind};

	strcpy(spec.path, p->path);
	strcpy(spec.remote, p->remote);
	return spec;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* ---- listening and connecting ---- */

static const struct listening {
	enum link_kind kind;
	int type;
	enum link_carrier carrier;
	const char *message; /* carries the frame "hello" */
	size_t len;
} listenings[] = {
        {LINK_LISTEN, SOCK_STREAM, LINK_OVER_STREAM, "\0\0\0\5hello", 9},
        {LINK_SEQPACKET, SOCK_SEQPACKET, LINK_OVER_SEQPACKET, "hello", 5},
};

static void a_listener_takes_one_peer_and_removes_its_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct listening *l = &listenings[i];
		struct place p = make_place();
		struct link_spec spec = spec_of(l->kind, &p);
		struct link link, second;
		struct rd frame;
		int peer;

		assert_int_equal(link_open(&link, &spec), EXITS_OK);
		assert_int_equal(link.carrier, l->carrier);
		assert_int_equal(link_accept(&link), LINK_MORE);
		assert_int_equal(link_open(&second, &spec), EXITS_ENVIRONMENT); /* not stolen */
		peer = connect_to(p.path, l->type);
		assert_true(peer >= 0);
		assert_int_equal(link_accept(&link), LINK_OK);
		assert_int_equal(connect_to(p.path, l->type), -1);
		assert_int_equal(send(peer, l->message, l->len, 0), (ssize_t)l->len);
		assert_int_equal(link_fill(&link), LINK_OK);
		assert_int_equal(link_next(&link, &frame), LINK_OK);
		assert_int_equal(frame.n, 5);
		assert_memory_equal(frame.p, "hello", 5);
		close(peer);
		assert_int_equal(link_fill(&link), LINK_CLOSED);
		link_close(&link);
		assert_false(exists(p.path));
		end_place(&p);
	}
}

static void a_connecting_link_meets_a_listening_one(void **state)
{
	struct place p = make_place();
	struct link_spec listen = spec_of(LINK_LISTEN, &p), connect = spec_of(LINK_CONNECT, &p);
	struct link listening, connecting;
	struct rd frame;
	struct wr w;

	(void)state;
	assert_int_equal(link_open(&listening, &listen), EXITS_OK);
	assert_int_equal(link_open(&connecting, &connect), EXITS_OK);
	assert_int_equal(link_accept(&listening), LINK_OK);
	assert_true(link_reserve(&connecting, 20, &w));
	assert_true(wr_fill(&w, 7, 20));
	link_commit(&connecting, 20);
	assert_int_equal(link_flush(&connecting), LINK_OK);
	assert_int_equal(link_fill(&listening), LINK_OK);
	assert_int_equal(link_next(&listening, &frame), LINK_OK);
	assert_int_equal(frame.n, 20);
	link_close(&connecting);
	link_close(&listening);
	end_place(&p);
}

/* Binds `path` a while after its start, replacing what is there, if `absent` is not there yet. */
static pid_t late_peer(const char *path, int type, const char *absent)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		char byte;
		int fd;

		alarm(60);
		usleep(50000); /* a shorter one would prove less, but never fail */
		if (exists(absent) && strcmp(absent, path) != 0)
			_exit(1);
		unlink(path);
		fd = try_bind(path, type);
		if (fd < 0 || (type == SOCK_STREAM && listen(fd, 1) < 0))
			_exit(2);
		if (type == SOCK_STREAM)
			fd = accept(fd, NULL, NULL);
		_exit(recv(fd, &byte, 1, 0) == 1 ? 0 : 3);
	}
	return pid;
}

/* Nothing is there at first, or the file of a dead one. */
static void who_connects_waits_for_a_peer_that_is_late(void **state)
{
	(void)state;
	for (int dgram = 0; dgram < 2; dgram++)
		for (int stale = 0; stale < 2; stale++) {
			struct place p = make_place();
			struct link_spec spec = spec_of(dgram ? LINK_DGRAM : LINK_CONNECT, &p);
			const char *awaited = dgram ? p.remote : p.path;
			const int type = dgram ? SOCK_DGRAM : SOCK_STREAM;
			struct link link;
			int status;
			pid_t pid;

			if (stale)
				close(bind_to(awaited, type));
			/* LOCAL is not to be seen before REMOTE is connected. */
			pid = late_peer(awaited, type, p.path);
			spec.patience_ms = 10000;
			assert_int_equal(link_open(&link, &spec), EXITS_OK);
			assert_true(exists(p.path));
			assert_int_equal(send(link.fd, "x", 1, MSG_NOSIGNAL), 1);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_int_equal(status, 0);
			link_close(&link);
			assert_int_equal(unlink(awaited), 0);
			end_place(&p);
		}
}

static void who_finds_nobody_to_connect_to_is_refused(void **state)
{
	static const enum link_kind kinds[] = {LINK_CONNECT, LINK_DGRAM};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct place p = make_place();
		struct link_spec spec = spec_of(kinds[i], &p);
		const char *awaited = i ? p.remote : p.path;
		struct link link;
		int fd;

		spec.patience_ms = 20;
		assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
		close(bind_to(awaited, SOCK_DGRAM)); /* a file without a socket */
		assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
		assert_int_equal(unlink(awaited), 0);
		/* Somebody of the wrong kind is not worth waiting for. */
		spec.patience_ms = 1000000;
		fd = bind_to(awaited, SOCK_SEQPACKET);
		assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
		close(fd);
		assert_int_equal(unlink(awaited), 0);
		end_place(&p);
	}
}

/* ---- what stands in the way ---- */

static const struct binding {
	enum link_kind kind;
	int type;
} bindings[] = {
        {LINK_LISTEN, SOCK_STREAM}, {LINK_SEQPACKET, SOCK_SEQPACKET}, {LINK_DGRAM, SOCK_DGRAM}};

#define BINDINGS (sizeof(bindings) / sizeof(bindings[0]))

static void a_socket_file_that_a_dead_process_left_is_replaced(void **state)
{
	(void)state;
	for (size_t i = 0; i < BINDINGS; i++)
		for (size_t old = 0; old < BINDINGS; old++) {
			struct place p = make_place();
			struct link_spec spec = spec_of(bindings[i].kind, &p);
			int remote = bind_to(p.remote, SOCK_DGRAM), peer;
			struct link link;

			close(bind_to(p.path, bindings[old].type));
			assert_true(exists(p.path));
			assert_int_equal(link_open(&link, &spec), EXITS_OK);
			peer = bindings[i].kind == LINK_DGRAM
			               ? remote
			               : connect_to(p.path, bindings[i].type);
			assert_true(peer >= 0);
			link_close(&link);
			assert_false(exists(p.path));
			if (peer != remote)
				close(peer);
			close(remote);
			unlink(p.remote);
			end_place(&p);
		}
}

static void a_socket_in_use_is_not_replaced_even_before_it_listens(void **state)
{
	(void)state;
	for (size_t i = 0; i < BINDINGS; i++)
		for (size_t old = 0; old < BINDINGS; old++) {
			struct place p = make_place();
			struct link_spec spec = spec_of(bindings[i].kind, &p);
			int remote = bind_to(p.remote, SOCK_DGRAM);
			int owner = bind_to(p.path, bindings[old].type);
			struct link link;

			assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
			assert_true(exists(p.path));
			if (bindings[old].type != SOCK_DGRAM) {
				assert_int_equal(listen(owner, 1), 0);
				assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
				/* and its owner saw no peer */
				fcntl(owner, F_SETFL, O_NONBLOCK);
				assert_int_equal(accept(owner, NULL, NULL), -1);
				assert_int_equal(errno, EAGAIN);
			}
			close(owner);
			close(remote);
			unlink(p.path);
			unlink(p.remote);
			end_place(&p);
		}
}

/* Puts something other than a socket at `path`; `what` counts from 0, false when there is no more. */
static bool obstruct(const struct place *p, int what)
{
	switch (what) {
	case 0:
		close(open(p->path, O_CREAT | O_WRONLY, 0600));
		return true;
	case 1:
		return symlink("nowhere", p->path) == 0;
	case 2: /* even to a socket that nobody uses */
		close(bind_to(p->remote, SOCK_STREAM));
		return symlink(p->remote, p->path) == 0;
	case 3:
		return mkdir(p->path, 0700) == 0;
	case 4:
		return mkfifo(p->path, 0600) == 0;
	default:
		return false;
	}
}

static void anything_but_a_socket_is_left_where_it_is(void **state)
{
	struct place p = make_place();
	struct link link;

	(void)state;
	for (int what = 0; obstruct(&p, what); what++) {
		for (size_t i = 0; i < BINDINGS - 1; i++) {
			struct link_spec spec = spec_of(bindings[i].kind, &p);

			assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
			assert_true(exists(p.path));
		}
		assert_int_equal(remove(p.path), 0);
		unlink(p.remote);
	}
	end_place(&p);
}

static void a_path_in_a_folder_that_is_not_there_is_refused(void **state)
{
	struct place p = make_place();
	struct link link;

	(void)state;
	for (size_t i = 0; i < BINDINGS; i++) {
		struct link_spec spec = spec_of(bindings[i].kind, &p);
		int remote = bind_to(p.remote, SOCK_DGRAM);

		snprintf(spec.path, sizeof(spec.path), "%s/none/s", p.dir);
		assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
		close(remote);
		unlink(p.remote);
	}
	end_place(&p);
}

/* ---- fd:N ---- */

static void a_descriptor_says_itself_what_it_is(void **state)
{
	static const struct {
		int type;
		enum link_carrier carrier;
	} sockets[] = {{SOCK_STREAM, LINK_OVER_STREAM},
	               {SOCK_DGRAM, LINK_OVER_DGRAM},
	               {SOCK_SEQPACKET, LINK_OVER_SEQPACKET}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct link_spec spec = {.kind = LINK_FD};
		struct link link;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, sockets[i].type, 0, pair), 0);
		spec.fd = pair[0];
		assert_int_equal(link_open(&link, &spec), EXITS_OK);
		assert_int_equal(link.carrier, sockets[i].carrier);
		assert_int_equal(link.fd, pair[0]);
		assert_int_equal(link_needs_probe(&link), sockets[i].type == SOCK_DGRAM);
		link_close(&link);
		assert_int_equal(fcntl(pair[0], F_GETFD), -1);
		close(pair[1]);
	}
}

/* A descriptor that is refused stays open: it is the caller's. */
static void assert_refused(int fd)
{
	struct link_spec spec = {.kind = LINK_FD, .fd = fd};
	struct link link;

	assert_true(fd >= 0);
	assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
	assert_int_equal(close(fd), 0);
}

static void descriptors_that_carry_no_frames_are_refused(void **state)
{
	struct sockaddr_in loopback = {.sin_family = AF_INET,
	                               .sin_port = htons(9),
	                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct link_spec spec = {.kind = LINK_FD};
	struct place p = make_place();
	struct link link;
	int fds[2];

	(void)state;
	assert_refused(open("/dev/null", O_RDWR));
	assert_refused(open(p.dir, O_RDONLY));
	assert_int_equal(pipe(fds), 0);
	assert_refused(fds[0]);
	assert_refused(fds[1]);
	spec.fd = fds[0]; /* not open any more */
	assert_int_equal(link_open(&link, &spec), EXITS_ENVIRONMENT);
	assert_refused(socket(AF_UNIX, SOCK_STREAM, 0));
	assert_refused(socket(AF_UNIX, SOCK_DGRAM, 0));
	assert_refused(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	fds[0] = bind_to(p.path, SOCK_STREAM);
	assert_int_equal(listen(fds[0], 1), 0);
	assert_refused(fds[0]);
	unlink(p.path);
	fds[0] = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect(fds[0], (const struct sockaddr *)&loopback, sizeof(loopback)), 0);
	assert_refused(fds[0]);
	end_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_spec_of_the_contract_is_read),
	        cmocka_unit_test(malformed_specs_are_usage_errors),
	        cmocka_unit_test(a_path_has_107_characters_at_most),
	        cmocka_unit_test(a_listener_takes_one_peer_and_removes_its_path),
	        cmocka_unit_test(a_connecting_link_meets_a_listening_one),
	        cmocka_unit_test(who_connects_waits_for_a_peer_that_is_late),
	        cmocka_unit_test(who_finds_nobody_to_connect_to_is_refused),
	        cmocka_unit_test(a_socket_file_that_a_dead_process_left_is_replaced),
	        cmocka_unit_test(a_socket_in_use_is_not_replaced_even_before_it_listens),
	        cmocka_unit_test(anything_but_a_socket_is_left_where_it_is),
	        cmocka_unit_test(a_path_in_a_folder_that_is_not_there_is_refused),
	        cmocka_unit_test(a_descriptor_says_itself_what_it_is),
	        cmocka_unit_test(descriptors_that_carry_no_frames_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
