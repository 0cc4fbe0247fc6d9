/* SPDX-License-Identifier: ISC */
/* serve_test.c: the guest's agent, run here at the end of a socket: what it does when it is asked,
 * and what the harness's decoder makes of its answers. */
#include "vm-images/serve.h"

#include "harness/agent.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 20000

struct guest {
	int fd;
	pid_t pid;
	char folder[64];
	struct agent_reader reader;
	uint8_t buf[AGENT_WIRE_MAX];
	struct wr w;
};

static int begin(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));
	int pair[2];

	assert_non_null(g);
	snprintf(g->folder, sizeof(g->folder), "/tmp/serve_test.XXXXXX");
	assert_non_null(mkdtemp(g->folder));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	g->pid = fork();
	if (g->pid == 0) {
		close(pair[0]);
		serve_loop(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	g->fd = pair[0];
	g->w = wr_of(g->buf, sizeof(g->buf));
	*state = g;
	return 0;
}

static int end(void **state)
{
	struct guest *g = *state;
	char command[128];
	int status = -1;

	close(g->fd);
	waitpid(g->pid, &status, 0);
	snprintf(command, sizeof(command), "rm -rf %s", g->folder);
	if (system(command))
		return -1;
	free(g);
	return status; /* the loop ended by itself, and well */
}

/* Sends what was put and waits for the answer. */
static struct agent_message ask(struct guest *g)
{
	struct agent_message m = {0};

	assert_int_equal(agent_send(g->fd, &g->w, WAIT_MS), AGENT_OK);
	g->w.len = 0;
	assert_int_equal(agent_recv(g->fd, &g->reader, WAIT_MS, &m), AGENT_OK);
	return m;
}

static void in_folder(const struct guest *g, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", g->folder, name);
}

static void a_file_is_put_in_pieces_and_got_back(void **state)
{
	struct guest *g = *state;
	struct agent_message m;
	static char big[AGENT_CHUNK_MAX + 100];
	struct stat st;
	char path[128];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	in_folder(g, "a/b/file", path);
	assert_true(agent_put_put(&g->w, 1, path, 0750, false, rd_of(big, AGENT_CHUNK_MAX)));
	m = ask(g);
	assert_int_equal(m.type, AGENT_DONE);
	assert_int_equal(m.value, 0);
	assert_true(agent_put_put(&g->w, 2, path, 0750, true, rd_of(big + AGENT_CHUNK_MAX, 100)));
	assert_int_equal(ask(g).value, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, sizeof(big));
	assert_int_equal(st.st_mode & 07777, 0750);

	assert_true(agent_put_get(&g->w, 3, path, 0));
	m = ask(g);
	assert_int_equal(m.type, AGENT_DATA);
	assert_int_equal(m.count, sizeof(big));
	assert_int_equal(m.text.n, AGENT_CHUNK_MAX);
	assert_memory_equal(m.text.p, big, AGENT_CHUNK_MAX);
	assert_true(agent_put_get(&g->w, 4, path, AGENT_CHUNK_MAX));
	m = ask(g);
	assert_int_equal(m.text.n, 100);
	assert_memory_equal(m.text.p, big + AGENT_CHUNK_MAX, 100);

	/* not appended: what was there is gone */
	assert_true(agent_put_put(&g->w, 5, path, 0600, false, rd_of("x", 1)));
	assert_int_equal(ask(g).value, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_file_that_cannot_be_had_is_an_errno(void **state)
{
	struct guest *g = *state;
	struct agent_message m;

	assert_true(agent_put_get(&g->w, 1, "/nonexistent/file", 0));
	m = ask(g);
	assert_int_equal(m.type, AGENT_DATA);
	assert_int_equal(m.value, 2); /* ENOENT */
	assert_int_equal(m.text.n, 0);
	assert_true(agent_put_put(&g->w, 2, "/proc/nonexistent/file", 0600, false, rd_of("x", 1)));
	m = ask(g);
	assert_int_equal(m.type, AGENT_DONE);
	assert_true(m.value != 0);
}

static void a_command_is_run_while_others_are_asked(void **state)
{
	struct guest *g = *state;
	struct agent_message m;
	char command[128];

	/* It ends with the test, whose folder goes. */
	snprintf(command, sizeof(command), "while [ -d %s ]; do sleep 0.05; done", g->folder);
	assert_true(agent_put_run(&g->w, 1, 10000, command));
	assert_true(agent_put_run(&g->w, 2, 10000, "echo two; exit 3"));
	m = ask(g);
	assert_int_equal(m.id, 2);
	assert_int_equal(m.how, AGENT_EXITED);
	assert_int_equal(m.value, 3);
	assert_memory_equal(m.text.p, "two\n", 4);
}

static void a_command_out_of_time_is_ended(void **state)
{
	struct guest *g = *state;
	struct agent_message m;

	assert_true(agent_put_run(&g->w, 1, 50, "echo begun; sleep 60"));
	m = ask(g);
	assert_int_equal(m.how, AGENT_TIMED_OUT);
	assert_int_equal(m.value, 50);
}

static void it_reports_about_itself(void **state)
{
	struct guest *g = *state;
	struct agent_message m;

	assert_true(agent_put_report(&g->w, 9));
	m = ask(g);
	assert_int_equal(m.type, AGENT_REPORTED);
	assert_int_equal(m.id, 9);
	assert_true(m.value > 0 && m.memory_kb > 0 && m.available_kb > 0);
}

static bool may_sniff(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* lo carries what is sent through it back to whoever listens, out and in. */
static void a_burst_is_sent_and_sniffed_whole(void **state)
{
	static const char head[] = "\0\0\0\0\0\0\0\0\0\0\0\0\x88\xb5";
	struct guest *g = *state;
	struct agent_message m;
	uint8_t frames[256];
	struct wr w = wr_of(frames, sizeof(frames));
	struct rd left, f;
	unsigned ours = 0;

	if (!may_sniff()) {
		print_message("SKIP: AF_PACKET needs root\n");
		skip();
	}
	for (char i = 0; i < 3; i++) {
		char frame[60] = "";

		memcpy(frame, head, 14);
		memcpy(frame + 14, "serve_test", 10);
		frame[24] = i;
		assert_true(agent_add_frame(&w, frame, sizeof(frame)));
	}
	assert_true(agent_put_sniff(&g->w, 1, "lo", AGENT_SNIFF_MAX, 500));
	assert_true(agent_put_burst(&g->w, 2, "lo", rd_of(frames, w.len)));
	m = ask(g);
	assert_int_equal(m.type, AGENT_BURST_SENT);
	assert_int_equal(m.count, 3);
	assert_int_equal(m.value, 0);
	assert_int_equal(agent_recv(g->fd, &g->reader, WAIT_MS, &m), AGENT_OK);
	assert_int_equal(m.type, AGENT_SNIFFED);
	assert_int_equal(m.id, 1);
	left = m.text;
	while (agent_next_frame(&left, &f))
		ours += f.n == 60 && !memcmp(f.p + 14, "serve_test", 10);
	assert_int_equal(ours, 6);
	assert_true(agent_put_report(&g->w, 3)); /* and SNIFFED came once */
	assert_int_equal(ask(g).type, AGENT_REPORTED);
}

static void a_burst_says_which_frame_was_refused(void **state)
{
	struct guest *g = *state;
	struct agent_message m;

	assert_true(agent_put_burst(&g->w, 1, "nonexistent0", rd_of("\0\0\0\1x", 5)));
	m = ask(g);
	assert_int_equal(m.type, AGENT_BURST_SENT);
	assert_int_equal(m.count, 0);
	assert_true(m.value != 0);
	assert_true(agent_put_burst(&g->w, 2, "nonexistent0", rd_of("\0\0\0\2x", 5)));
	assert_int_equal(ask(g).type, AGENT_ERROR); /* none of them was sent */
}

/* What agent_put_*() would not make. */
static void malformed_requests_are_refused_and_the_next_is_answered(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
#define ROW(s) {s, sizeof(s) - 1}
	        ROW("\0\0\0\x05\x7f\0\0\0\1"),                     /* unknown */
	        ROW("\0\0\0\x05\x01\0\0\0\1"),                     /* RUN, nothing more */
	        ROW("\0\0\0\x09\x01\0\0\0\1\0\0\0\0"),             /* RUN, no time */
	        ROW("\0\0\0\x0c\x08\0\0\0\1\2\0\0\0\2/x"),         /* PUT, append = 2 */
	        ROW("\0\0\0\x0c\x08\0\0\0\1\0\x10\0\0\2/x"),       /* PUT, mode 010000 */
	        ROW("\0\0\0\x0b\x08\0\0\0\1\0\0\0\0\1x"),          /* PUT, relative */
	        ROW("\0\0\0\x0a\x08\0\0\0\1\0\0\0\0\2"),           /* PUT, path cut off */
	        ROW("\0\0\0\x0a\x09\0\0\0\1\0\0\0\0x"),            /* GET, relative */
	        ROW("\0\0\0\x0b\x09\0\0\0\1\0\0\0\0/\0"),          /* GET, a NUL */
	        ROW("\0\0\0\x06\x0a\0\0\0\1x"),                    /* REPORT with a body */
	        ROW("\0\0\0\x0d\x0b\0\0\0\1\0\0\0\0\0\0\0\0"),     /* RESTORED, no entropy */
	        ROW("\0\0\0\x06\x0c\0\0\0\1\0"),                   /* NETWORK of nothing */
	        ROW("\0\0\0\x06\x0c\0\0\0\1\x04"),                 /* NETWORK of what? */
	        ROW("\0\0\0\x06\x07\0\0\0\1\0"),                   /* SNIFF, no name */
	        ROW("\0\0\0\x0e\x07\0\0\0\1\2lo\0\0\0\0\0\1"),     /* SNIFF of none */
	        ROW("\0\0\0\x0e\x07\0\0\0\1\2lo\x03\xe9\0\0\0\1"), /* SNIFF of 1001 */
	        ROW("\0\0\0\x06\x06\0\0\0\1\0"),                   /* BURST, no name */
	};
	struct guest *g = *state;
	struct agent_message m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(wr_bytes(&g->w, rows[i].bytes, rows[i].len));
		m = ask(g);
		if (m.type != AGENT_ERROR || m.id != 1)
			fail_msg("row %zu: type 0x%x", i, (unsigned)m.type);
	}
	assert_true(agent_put_run(&g->w, 2, 10000, "true"));
	assert_int_equal(ask(g).type, AGENT_EXIT);
}

static void a_length_that_cannot_be_ends_the_agent(void **state)
{
	struct guest *g = *state;
	struct agent_message m;

	assert_true(wr_bytes(&g->w, "\xff\xff\xff\xff", 4));
	assert_int_equal(ask(g).type, AGENT_ERROR);
	assert_int_equal(agent_recv(g->fd, &g->reader, WAIT_MS, &m), AGENT_CLOSED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	        TEST(a_file_is_put_in_pieces_and_got_back),
	        TEST(a_file_that_cannot_be_had_is_an_errno),
	        TEST(a_command_is_run_while_others_are_asked),
	        TEST(a_command_out_of_time_is_ended),
	        TEST(it_reports_about_itself),
	        TEST(a_burst_is_sent_and_sniffed_whole),
	        TEST(a_burst_says_which_frame_was_refused),
	        TEST(malformed_requests_are_refused_and_the_next_is_answered),
	        TEST(a_length_that_cannot_be_ends_the_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
