/* SPDX-License-Identifier: ISC */
/* ctl_test.c: what is asked on --ctl has one answer of a known form, and nothing a backend says instead of it is
 * believed, kept, or waited for too long. The backend is a function that the session's loop calls when there is
 * something to read for it. */
#include "harness/ctl.h"

#include "bytes/guard.h"
#include "harness/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define STATS                                                                                      \
	"{\"id\":1,\"ok\":true,\"frames\":1,\"forwarded\":2,\"answered\":3,\"dropped\":4,"         \
	"\"replies\":5,\"replies_dropped\":6,\"flows\":7,\"flows_live\":8,\"tcp_live\":9,"         \
	"\"suppressed\":10}"

struct stage {
	struct world world;
	struct backend backend;
	struct session s;
	int peer;
	const char *answer; /* what the backend says to the request, or NULL: it closes its end */
	bool dies;          /* and then it is gone */
	char *asked;        /* the request */
	size_t asked_len;
	unsigned turns;
	double busy_until; /* shows signs of life in each turn, and answers only then; 0: at once */
};

static size_t poll_peer(void *arg, struct pollfd *out, size_t room)
{
	const struct stage *g = arg;

	(void)room;
	*out = (struct pollfd){.fd = g->peer, .events = POLLIN};
	return 1;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The backend's turn. */
static void on_request(void *arg, const struct pollfd *pfd, size_t count)
{
	struct stage *g = arg;
	ssize_t n;

	(void)count;
	g->turns++;
	if (g->busy_until > seconds()) {
		g->s.signs++;
		return;
	}
	if (!pfd->revents)
		return;
	g->asked = realloc(g->asked, g->asked_len + 65536);
	n = recv(g->peer, g->asked + g->asked_len, 65536, 0);
	assert_true(n > 0);
	g->asked_len += (size_t)n;
	if (g->asked[g->asked_len - 1] != '\n')
		return;
	if (g->answer && *g->answer)
		assert_int_equal(send(g->peer, g->answer, strlen(g->answer), MSG_NOSIGNAL),
		                 strlen(g->answer));
	if (!g->answer) {
		close(g->peer);
		g->peer = -1;
	}
	g->s.exited = g->dies;
}

static int make(void **state)
{
	struct stage *g = calloc(1, sizeof(*g));
	int pair[2];

	if (!g || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	g->world = (struct world){.capture_fd = -1, .consumer_fd = -1, .raw_fd = -1};
	g->s = (struct session){.backend = &g->backend,
	                        .world = &g->world,
	                        .link = {.ns = -1},
	                        .proc = {.pidfd = -1, .status_fd = -1},
	                        .transport = {.fd = -1, .backend_fd = -1},
	                        .chan = {.fd = -1},
	                        .guest = {.fd = -1},
	                        .joined = true,
	                        .events_fd = -1,
	                        .stderr_fd = -1,
	                        .host_capture_fd = -1,
	                        .extra = {.poll = poll_peer, .ready = on_request, .arg = g}};
	tape_init(&g->s.tape);
	events_init(&g->s.events);
	ctl_init(&g->s.ctl, pair[0]);
	g->peer = pair[1];
	*state = g;
	return 0;
}

static int end(void **state)
{
	struct stage *g = *state;

	ctl_close(&g->s.ctl);
	if (g->peer >= 0)
		close(g->peer);
	tape_free(&g->s.tape);
	free(g->asked);
	free(g);
	return 0;
}

static void expect_asked(struct stage *g, const char *line)
{
	assert_int_equal(g->asked_len, strlen(line));
	assert_memory_equal(g->asked, line, g->asked_len);
	g->asked_len = 0;
}

static void expect_note(const struct stage *g, const char *text)
{
	const struct tape_entry *e = &g->s.tape.entries[g->s.tape.count - 1];

	assert_int_equal(e->kind, TAPE_NOTE);
	assert_string_equal((const char *)e->data, text);
}

/* The answer breaks the contract in these words, and nothing more is asked. */
static void expect_fault(struct stage *g, const char *fault)
{
	char why[CTL_WHY_MAX];

	assert_int_equal(ctl_sync(&g->s, why), CTL_FAULT);
	if (!strstr(why, fault))
		fail_msg("%s: '%s' instead of '%s'", g->answer, why, fault);
	assert_string_equal(why, g->s.ctl.fault);
	assert_string_equal(session_contract_fault(&g->s), why);
	assert_int_equal(g->s.ctl.fd, -1);
	assert_int_equal(ctl_sync(&g->s, why), CTL_FAULT);
	assert_string_equal(why, g->s.ctl.fault);
}

/* ---- what is right ---- */

static void each_request_has_its_answer(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	g->answer = "{\"id\":1,\"ok\":true}\n";
	assert_int_equal(ctl_sync(&g->s, why), CTL_OK);
	assert_string_equal(why, "");
	expect_asked(g, "{\"id\":1,\"cmd\":\"sync\"}\n");
	expect_note(g, "ctl sync: done");
	g->answer = " { \"ok\" : true , \"id\" : 2 } \n";
	assert_int_equal(ctl_clock(&g->s, 61000, why), CTL_OK);
	expect_asked(g, "{\"id\":2,\"cmd\":\"clock\",\"advance_ms\":61000}\n");
	expect_note(g, "ctl clock 61000 ms: done");
	g->answer = "{\"id\":3,\"ok\":true}\n";
	assert_int_equal(ctl_policy(&g->s, "{\"version\":\n1,\r\n \"allow\":[]}", why), CTL_OK);
	expect_asked(g,
	             "{\"id\":3,\"cmd\":\"policy\",\"policy\":{\"version\": 1,   \"allow\":[]}}\n");
	assert_string_equal(session_contract_fault(&g->s), "");
}

static void the_counters_are_read(void **state)
{
	struct stage *g = *state;
	struct ctl_stats st;
	char why[CTL_WHY_MAX];

	g->answer = STATS "\n";
	assert_int_equal(ctl_stats(&g->s, &st, why), CTL_OK);
	expect_asked(g, "{\"id\":1,\"cmd\":\"stats\"}\n");
	assert_int_equal(st.frames, 1);
	assert_int_equal(st.forwarded, 2);
	assert_int_equal(st.answered, 3);
	assert_int_equal(st.dropped, 4);
	assert_int_equal(st.replies, 5);
	assert_int_equal(st.replies_dropped, 6);
	assert_int_equal(st.flows, 7);
	assert_int_equal(st.flows_live, 8);
	assert_int_equal(st.tcp_live, 9);
	assert_int_equal(st.suppressed, 10);
}

static void a_refusal_comes_with_its_words(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	g->answer = "{\"id\":1,\"ok\":false,\"error\":\"$.mode: weaker \\u001b[31mnow\"}\n";
	assert_int_equal(ctl_policy(&g->s, "{}", why), CTL_REFUSED);
	assert_string_equal(why, "$.mode: weaker .[31mnow");
	expect_note(g, "ctl policy: refused: $.mode: weaker .[31mnow");
	assert_string_equal(g->s.ctl.fault, "");
	g->answer = "{\"id\":2,\"ok\":true}\n"; /* and the conversation goes on */
	assert_int_equal(ctl_sync(&g->s, why), CTL_OK);
}

static void a_policy_that_is_none_is_not_sent(void **state)
{
	static char big[CTL_LINE_MAX + 1];
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	assert_int_equal(ctl_policy(&g->s, "{\"version\":", why), CTL_REFUSED);
	assert_string_equal(why, "not sent: the policy is no JSON object");
	assert_int_equal(ctl_policy(&g->s, "[]", why), CTL_REFUSED);
	memset(big, ' ', sizeof(big) - 1);
	memcpy(big, "{}", 2);
	assert_int_equal(ctl_policy(&g->s, big, why), CTL_REFUSED);
	assert_string_equal(why, "not sent: the policy is too long");
	assert_int_equal(g->asked_len, 0);
}

static void a_policy_longer_than_the_socket_takes_at_once_is_sent_whole(void **state)
{
	static char big[1000000];
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	memset(big, ' ', sizeof(big) - 1);
	big[0] = '{';
	big[sizeof(big) - 2] = '}';
	g->answer = "{\"id\":1,\"ok\":true}\n";
	assert_int_equal(ctl_policy(&g->s, big, why), CTL_OK);
	assert_int_equal(g->asked_len,
	                 sizeof(big) - 1 + strlen("{\"id\":1,\"cmd\":\"policy\",\"policy\":}\n"));
	assert_true(g->turns > 2);
}

/* What else happens in the meantime is not kept waiting. */
static void the_session_goes_on_while_an_answer_is_waited_for(void **state)
{
	static const char event[] = "{\"v\":1,\"ev\":\"ready\",\"seq\":0}\n";
	struct stage *g = *state;
	char why[CTL_WHY_MAX];
	int events[2], frames[2];

	assert_int_equal(pipe(events), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, frames), 0);
	assert_int_equal(write(events[1], event, strlen(event)), strlen(event));
	assert_int_equal(send(frames[1], "a frame in the meantime", 23, 0), 23);
	close(events[1]);
	g->s.events_fd = events[0];
	channel_init(&g->s.chan, frames[0]);
	g->answer = "{\"id\":1,\"ok\":true}\n";
	assert_int_equal(ctl_sync(&g->s, why), CTL_OK);
	assert_true(g->s.events.ready);
	assert_int_equal(g->s.tape.count, 3);
	channel_close(&g->s.chan);
	close(frames[1]);
}

/* ---- what is wrong ---- */

static void an_answer_of_another_form_breaks_the_contract(void **state)
{
	static const struct {
		const char *answer, *fault;
	} wrong[] = {
	        {"\n", "the answer to `sync` on --ctl is not a JSON object"},
	        {"ok\n", "is not a JSON object"},
	        {"[]\n", "is not a JSON object (column 1: another type)"},
	        {"{\"id\":1,\"ok\":true\n", "is not a JSON object"},
	        {"{\"id\":1,\"ok\":true}x\n", "is not a JSON object"},
	        {"{\"id\":1,\"id\":1,\"ok\":true}\n", "is not a JSON object"},
	        {"{\"id\":1,\"ok\":true,\"error\":\"\xff\"}\n", "is not a JSON object"},
	        {"{\"ok\":true}\n", "has not the request's \"id\""},
	        {"{\"id\":2,\"ok\":true}\n", "has not the request's \"id\""},
	        {"{\"id\":\"1\",\"ok\":true}\n", "has not the request's \"id\""},
	        {"{\"id\":1.0,\"ok\":true}\n", "has not the request's \"id\""},
	        {"{\"id\":null,\"ok\":false,\"error\":\"x\"}\n", "has not the request's \"id\""},
	        {"{\"id\":1}\n", "has no \"ok\""},
	        {"{\"id\":1,\"ok\":1}\n", "has no \"ok\""},
	        {"{\"id\":1,\"ok\":true,\"error\":\"\"}\n", "has more keys than id and ok"},
	        {"{\"id\":1,\"ok\":false}\n", "refuses without \"error\""},
	        {"{\"id\":1,\"ok\":false,\"error\":\"\"}\n", "refuses without \"error\""},
	        {"{\"id\":1,\"ok\":false,\"error\":7}\n", "refuses without \"error\""},
	        {"{\"id\":1,\"ok\":false,\"error\":\"x\",\"y\":1}\n", "refuses without \"error\""},
	        {"{\"id\":1,\"ok\":false,\"error\":\"busy\"}\n",
	         "`sync` on --ctl was refused: busy"},
	        {"{\"id\":1,\"ok\":true}\n{", "an answer on --ctl that nobody asked for"},
	        {"{\"id\":1,\"ok\":true}\n\n", "an answer on --ctl that nobody asked for"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct stage *g = *state;

		g->answer = wrong[i].answer;
		expect_fault(g, wrong[i].fault);
		end(state);
		assert_int_equal(make(state), 0);
	}
}

static void counters_of_another_form_break_the_contract(void **state)
{
	static const char *const changes[][2] = {
	        {"\"frames\":1", "\"frames\":-1"},
	        {"\"frames\":1", "\"frames\":\"1\""},
	        {"\"frames\":1", "\"frames\":1.5"},
	        {"\"frames\":1,", ""},
	        {"\"tcp_live\":9", "\"tcp_alive\":9"},
	        {"\"suppressed\":10", "\"suppressed\":10,\"x\":1"},
	        {"\"suppressed\":10", "\"suppressed\":null"},
	};
	struct ctl_stats st;
	char why[CTL_WHY_MAX];

	(void)state;
	assert_int_equal(ctl_parse(STATS, strlen(STATS), 1, &st, why), CTL_OK);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		const char *at = strstr(STATS, changes[i][0]);
		char line[1024];
		struct guard g;

		assert_non_null(at);
		snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - STATS), STATS, changes[i][1],
		         at + strlen(changes[i][0]));
		g = guard_copy(line, strlen(line));
		assert_int_equal(ctl_parse((const char *)g.p, g.n, 1, &st, why), CTL_FAULT);
		guard_free(&g);
	}
	assert_int_equal(ctl_parse(STATS, strlen(STATS), 1, NULL, why), CTL_FAULT);
}

static void every_truncation_of_an_answer_is_a_fault(void **state)
{
	static const char *const answers[] = {"{\"id\":1,\"ok\":true}",
	                                      "{\"id\":1,\"ok\":false,\"error\":\"no\"}", STATS};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		for (size_t n = 0; n < strlen(answers[i]); n++) {
			struct guard g = guard_copy(answers[i], n);
			struct ctl_stats st;
			char why[CTL_WHY_MAX];

			assert_int_equal(ctl_parse((const char *)g.p, n, 1, &st, why), CTL_FAULT);
			assert_string_not_equal(why, "");
			guard_free(&g);
		}
}

static void an_answer_without_end_takes_no_memory(void **state)
{
	static char flood[CTL_ANSWER_MAX + 2];
	struct stage *g = *state;

	memset(flood, ' ', sizeof(flood) - 1);
	g->answer = flood;
	expect_fault(g, "longer than 4096 bytes");
}

static void an_answer_of_4096_bytes_is_fine(void **state)
{
	static char text[CTL_ANSWER_MAX + 2];
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	memset(text, ' ', CTL_ANSWER_MAX);
	memcpy(text, "{\"id\":1,\"ok\":true}", 18);
	text[CTL_ANSWER_MAX] = '\n';
	g->answer = text;
	assert_int_equal(ctl_sync(&g->s, why), CTL_OK);
}

static void words_that_nobody_asked_for_break_the_contract(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	assert_int_equal(send(g->peer, "{\"id\":1,\"ok\":true}\n", 19, 0), 19);
	session_pump(&g->s, 0);
	assert_string_equal(g->s.ctl.fault, "an answer on --ctl that nobody asked for");
	assert_int_equal(ctl_sync(&g->s, why), CTL_FAULT);
}

static void silence_is_bounded_and_breaks_the_contract(void **state)
{
	struct stage *g = *state;
	double began = seconds();

	g->answer = "";
	expect_fault(g, "no answer to `sync` on --ctl within 2 s");
	assert_true(seconds() - began < 2 * CTL_MS / 1e3);
}

static void who_is_at_work_is_waited_for(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	g->answer = "{\"id\":1,\"ok\":true}\n";
	g->busy_until = seconds() + 1.25 * CTL_MS / 1e3;
	assert_int_equal(ctl_sync(&g->s, why), CTL_OK);
	assert_true(seconds() > g->busy_until);
}

static void work_without_an_end_is_bounded_too(void **state)
{
	struct stage *g = *state;

	g->answer = "";
	g->busy_until = seconds() + 1000;
	expect_fault(g, "no answer to `sync` on --ctl within 10 s");
}

static void an_end_that_the_backend_survives_breaks_the_contract(void **state)
{
	struct stage *g = *state;

	g->answer = NULL;
	expect_fault(g, "--ctl was closed, and `sync` has no answer");
}

/* ---- who is gone is not blamed ---- */

static void a_backend_that_dies_over_a_request_is_gone(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	g->answer = NULL;
	g->dies = true;
	assert_int_equal(ctl_policy(&g->s, "{}", why), CTL_GONE);
	assert_string_equal(why, "the backend is gone");
	assert_string_equal(session_contract_fault(&g->s), "");
	assert_int_equal(ctl_sync(&g->s, why), CTL_GONE);
}

static void a_backend_that_ends_by_policy_is_gone(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	g->s.events.terminated = true;
	g->answer = NULL;
	assert_int_equal(ctl_sync(&g->s, why), CTL_GONE);
	assert_string_equal(session_contract_fault(&g->s), "");
}

static void the_last_answer_of_a_backend_that_dies_counts(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	g->answer = "{\"id\":1,\"ok\":true}\n";
	g->dies = true;
	assert_int_equal(ctl_sync(&g->s, why), CTL_OK);
}

static void without_a_channel_nothing_is_asked(void **state)
{
	struct stage *g = *state;
	char why[CTL_WHY_MAX];

	ctl_close(&g->s.ctl);
	ctl_init(&g->s.ctl, -1);
	assert_int_equal(ctl_sync(&g->s, why), CTL_GONE);
	assert_string_equal(why, "the backend has no control channel");
	assert_int_equal(g->s.tape.count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_request_has_its_answer),
	        TEST(the_counters_are_read),
	        TEST(a_refusal_comes_with_its_words),
	        TEST(a_policy_that_is_none_is_not_sent),
	        TEST(a_policy_longer_than_the_socket_takes_at_once_is_sent_whole),
	        TEST(the_session_goes_on_while_an_answer_is_waited_for),
	        TEST(an_answer_of_another_form_breaks_the_contract),
	        TEST(counters_of_another_form_break_the_contract),
	        TEST(every_truncation_of_an_answer_is_a_fault),
	        TEST(an_answer_without_end_takes_no_memory),
	        TEST(an_answer_of_4096_bytes_is_fine),
	        TEST(words_that_nobody_asked_for_break_the_contract),
	        TEST(silence_is_bounded_and_breaks_the_contract),
	        TEST(who_is_at_work_is_waited_for),
	        TEST(work_without_an_end_is_bounded_too),
	        TEST(an_end_that_the_backend_survives_breaks_the_contract),
	        TEST(a_backend_that_dies_over_a_request_is_gone),
	        TEST(a_backend_that_ends_by_policy_is_gone),
	        TEST(the_last_answer_of_a_backend_that_dies_counts),
	        TEST(without_a_channel_nothing_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
