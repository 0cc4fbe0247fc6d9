/* SPDX-License-Identifier: ISC */
/* transport.c: sockets, paths and the TAP between the harness and a backend. */
#include "harness/transport.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Names in the folder. */
#define THEIRS "backend"
#define OURS   "vm"

const char *const transport_names[] = {
        "fd",  "fd-dgram", "fd-seqpacket", "stream-listen", "stream-connect", "dgram", "seqpacket",
        "tap", NULL};
static_assert(sizeof(transport_names) / sizeof(transport_names[0]) == TRANSPORT_COUNT + 1,
              "a name for every kind");
static_assert(TRANSPORT_DIR_MAX + sizeof("/" THEIRS) <= sizeof(((struct sockaddr_un *)0)->sun_path),
              "paths fit");

bool transport_parse(const char *name, enum transport_kind *out)
{
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if (!strcmp(transport_names[i], name)) {
			*out = (enum transport_kind)i;
			return true;
		}
	return false;
}

static int fail(const char *what)
{
	fprintf(stderr, "gauntlet: frame channel: %s: %s\n", what, strerror(errno));
	return -1;
}

static struct sockaddr_un address(const struct transport *t, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", t->dir, name);
	return a;
}

/* ---- before the backend starts ---- */

static int make_pair(struct transport *t, int type)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		return fail("socketpair");
	t->fd = pair[0];
	t->backend_fd = pair[1];
	return 0;
}

static int make_dir(struct transport *t)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(t->dir, sizeof(t->dir), "%s/gauntlet.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (n < 0 || (size_t)n >= sizeof(t->dir)) {
		t->dir[0] = '\0';
		errno = ENAMETOOLONG;
		return fail("$TMPDIR");
	}
	if (mkdtemp(t->dir))
		return 0;
	fail(t->dir);
	t->dir[0] = '\0';
	return -1;
}

/* A socket of ours, bound to OURS when others must find it. */
static int make_socket(struct transport *t, int type, bool bound)
{
	struct sockaddr_un a = address(t, OURS);

	t->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->fd < 0 || (bound && bind(t->fd, (struct sockaddr *)&a, sizeof(a))))
		return fail(a.sun_path);
	return 0;
}

static int make_ends(struct transport *t, struct lab_link *l)
{
	static const struct {
		const char *spec; /* NULL: a pair */
		int type;         /* of the socket */
		bool two_paths, bound;
	} how[TRANSPORT_COUNT] = {
	        [TRANSPORT_FD] = {.type = SOCK_STREAM},
	        [TRANSPORT_FD_DGRAM] = {.type = SOCK_DGRAM},
	        [TRANSPORT_FD_SEQPACKET] = {.type = SOCK_SEQPACKET},
	        [TRANSPORT_STREAM_LISTEN] = {"stream-listen:unix", SOCK_STREAM, false, false},
	        [TRANSPORT_STREAM_CONNECT] = {"stream-connect:unix", SOCK_STREAM, false, true},
	        [TRANSPORT_DGRAM] = {"dgram:unix", SOCK_DGRAM, true, true},
	        [TRANSPORT_SEQPACKET] = {"seqpacket:unix", SOCK_SEQPACKET, false, false},
	};
	const char *spec = how[t->kind].spec;

	if (t->kind == TRANSPORT_TAP) {
		snprintf(t->spec, sizeof(t->spec), "tap:" LAB_TAP);
		t->fd = lab_tap_open(l);
		return t->fd < 0 ? -1 : 0;
	}
	if (!spec)
		return make_pair(t, how[t->kind].type);
	if (make_dir(t) || make_socket(t, how[t->kind].type, how[t->kind].bound))
		return -1;
	if (how[t->kind].two_paths)
		snprintf(t->spec, sizeof(t->spec), "%s:%s/" THEIRS ",%s/" OURS, spec, t->dir,
		         t->dir);
	else
		snprintf(t->spec, sizeof(t->spec), "%s:%s/%s", spec, t->dir,
		         how[t->kind].bound ? OURS : THEIRS);
	if (t->kind == TRANSPORT_STREAM_CONNECT && listen(t->fd, 1))
		return fail("listen");
	return 0;
}

int transport_open(struct transport *t, enum transport_kind kind, struct lab_link *l)
{
	*t = (struct transport){.kind = kind, .backend_fd = -1, .fd = -1};
	if (!make_ends(t, l))
		return 0;
	transport_close(t);
	return -1;
}

/* ---- when it runs ---- */

static bool connect_to_backend(struct transport *t)
{
	struct sockaddr_un a = address(t, THEIRS);

	/* Not there, not listening, a queue that is full: all of that may come right. */
	return connect(t->fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static bool accept_backend(struct transport *t)
{
	int fd = accept4(t->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	close(t->fd); /* nobody else is to come */
	t->fd = fd;
	return true;
}

bool transport_join(struct transport *t, struct channel *c)
{
	bool met = true;

	if (t->fd < 0)
		return false;
	switch (t->kind) {
	case TRANSPORT_STREAM_LISTEN:
	case TRANSPORT_DGRAM:
	case TRANSPORT_SEQPACKET:
		met = connect_to_backend(t);
		break;
	case TRANSPORT_STREAM_CONNECT:
		met = accept_backend(t);
		break;
	case TRANSPORT_FD:
	case TRANSPORT_FD_DGRAM:
	case TRANSPORT_FD_SEQPACKET:
	case TRANSPORT_TAP:
	case TRANSPORT_COUNT:
		break;
	}
	if (!met)
		return false;
	channel_init(c, t->fd);
	t->fd = -1;
	return true;
}

/* Removes what is in the folder; the backend's socket is the only thing that may have been left there. */
static bool empty_dir(const struct transport *t)
{
	char path[sizeof(t->dir) + 256 + 2];
	DIR *d = opendir(t->dir);
	struct dirent *e;
	bool tidy = true;

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		tidy &= !strcmp(e->d_name, OURS);
		snprintf(path, sizeof(path), "%s/%s", t->dir, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	return tidy;
}

bool transport_close(struct transport *t)
{
	bool tidy = true;

	if (t->backend_fd >= 0)
		close(t->backend_fd);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = t->backend_fd = -1;
	if (*t->dir) {
		tidy = empty_dir(t);
		if (rmdir(t->dir))
			fail(t->dir);
	}
	t->dir[0] = '\0';
	return tidy;
}
