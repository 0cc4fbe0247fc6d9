/* SPDX-License-Identifier: ISC */
/* events_test.c: the backend's event stream is held to its form, however it is cut. */
#include "harness/events.h"

#include "bytes/guard.h"
#include "harness/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define READY "{\"v\":1,\"seq\":1,\"ev\":\"ready\"}\n"
#define LOG2  "{\"v\":1,\"seq\":2,\"ev\":\"log\"}\n"
#define LOG3  "{\"v\":1,\"seq\":3,\"ev\":\"log\"}\n"
#define DROP                                                                                       \
	"{\"v\":1,\"seq\":2,\"t_ns\":5,\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100."   \
	"2\","                                                                                     \
	"\"sport\":4000,\"dst\":\"198.18.0.7\",\"dport\":53,\"rule\":null,\"reason\":\"no-rule\"}"

/* What events_feed() called back with. */
struct heard {
	unsigned lines, bad;
	struct event last;
	char text[EVENT_LINE_MAX + 1];
	size_t len;
};

static void hear(void *arg, const char *line, size_t len, const struct event *ev)
{
	struct heard *h = arg;

	h->lines++;
	h->bad += !ev;
	if (ev)
		h->last = *ev;
	assert_true(len <= EVENT_LINE_MAX);
	memcpy(h->text, line, len);
	h->len = len;
}

/* Feeds the text in pieces of `step` bytes, each flush against an unreadable page. */
static void feed(struct events *e, struct heard *h, const char *text, size_t len, size_t step)
{
	memset(h, 0, sizeof(*h));
	events_init(e);
	for (size_t i = 0; i < len; i += step) {
		struct guard g = guard_copy(text + i, len - i < step ? len - i : step);

		events_feed(e, (const char *)g.p, g.n, hear, h);
		guard_free(&g);
	}
}

/* The same at every size of pieces; `fault` is what must be found, "" for nothing. */
static void expect_bytes(const char *text, size_t len, const char *fault)
{
	static struct heard whole, cut;
	struct events e, f;

	feed(&e, &whole, text, len, len);
	if (*fault ? !strstr(e.fault, fault) : *e.fault)
		fail_msg("%.60s: '%s' instead of '%s'", text, e.fault, fault);
	for (size_t step = 1; step < len; step += 1 + step / 8) {
		feed(&f, &cut, text, len, step);
		assert_string_equal(e.fault, f.fault);
		assert_int_equal(whole.lines, cut.lines);
		assert_int_equal(whole.bad, cut.bad);
		assert_int_equal(e.ready, f.ready);
		assert_int_equal(e.bye, f.bye);
	}
}

static void expect(const char *text, const char *fault)
{
	expect_bytes(text, strlen(text), fault);
}

static bool parse(const char *line, struct event *ev)
{
	struct guard g = guard_copy(line, strlen(line));
	char why[256];
	bool ok = event_parse((const char *)g.p, g.n, ev, why);

	assert_int_equal(ok, !*why);
	guard_free(&g);
	return ok;
}

static void a_drop_has_its_tuple(void **state)
{
	struct event ev;

	(void)state;
	assert_true(parse(DROP, &ev));
	assert_int_equal(ev.kind, EVENT_DROP);
	assert_int_equal(ev.seq, 2);
	assert_string_equal(ev.proto, "udp");
	assert_int_equal(ev.src, LAB_VM_IP);
	assert_int_equal(ev.dst, IP4(198, 18, 0, 7));
	assert_int_equal(ev.sport, 4000);
	assert_int_equal(ev.dport, 53);
	assert_int_equal(ev.suppressed, 0);
	assert_string_equal(ev.reason, "no-rule");
	assert_string_equal(ev.rule, ""); /* null is no word */
}

static void what_a_line_does_not_say_is_empty(void **state)
{
	struct event ev;

	(void)state;
	assert_true(parse("{\"ev\":\"bye\",\"v\":1}", &ev));
	assert_int_equal(ev.kind, EVENT_BYE);
	assert_int_equal(ev.seq, -1);
	assert_string_equal(ev.proto, "");
	assert_int_equal(ev.src, 0);
	assert_int_equal(ev.dport, 0);
}

static void every_kind_of_the_contract_is_known(void **state)
{
	static const char *const kinds[] = {"ready", "allow", "drop", "violation", "terminate",
	                                    "conn",  "dns",   "http", "log",       "bye"};
	char line[64];
	struct event ev;

	(void)state;
	for (int i = 0; i < EVENT_KIND_COUNT; i++) {
		snprintf(line, sizeof(line), "{\"v\":1,\"ev\":\"%s\"}", kinds[i]);
		assert_true(parse(line, &ev));
		assert_int_equal(ev.kind, i);
	}
}

static void an_address_may_be_ipv6_or_a_mac(void **state)
{
	struct event ev;

	(void)state;
	assert_true(
	        parse("{\"v\":1,\"ev\":\"drop\",\"src\":\"fe80::1\",\"dst\":\"ff02::2\"}", &ev));
	assert_int_equal(ev.src, 0);
	assert_int_equal(ev.dst, 0);
	assert_true(parse("{\"v\":1,\"ev\":\"drop\",\"src\":\"52:54:00:12:34:56\"}", &ev));
}

static void denials_that_were_not_told_one_by_one_are_counted(void **state)
{
	struct event ev;

	(void)state;
	assert_true(parse("{\"v\":1,\"ev\":\"drop\",\"suppressed\":41}", &ev));
	assert_int_equal(ev.suppressed, 41);
	assert_true(parse("{\"v\":1,\"ev\":\"drop\",\"suppressed\":-41}", &ev));
	assert_int_equal(ev.suppressed, 0);
}

static void malformed_lines_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *line, *why;
	} wrong[] = {
	        {"", "is not a JSON object"},
	        {"ready", "is not a JSON object"},
	        {"[1]", "is not a JSON object (column 1: another type)"},
	        {"{\"v\":1,\"ev\":\"log\"", "is not a JSON object"},
	        {"{\"v\":1,\"ev\":\"log\"} ,", "is not a JSON object"},
	        {"{\"v\":1,\"ev\":\"log\",\"v\":1}", "is not a JSON object"}, /* twice */
	        {"{\"v\":1,\"ev\":\"\xff\"}", "is not a JSON object"},
	        {"{\"v\":1,\"ev\":\"log\\u0000\"}", "is not a JSON object"},
	        {"{\"ev\":\"log\"}", "has no \"v\":1"},
	        {"{\"v\":2,\"ev\":\"log\"}", "has no \"v\":1"},
	        {"{\"v\":\"1\",\"ev\":\"log\"}", "has no \"v\":1"},
	        {"{\"v\":1.0,\"ev\":\"log\"}", "has no \"v\":1"},
	        {"{\"v\":true,\"ev\":\"log\"}", "has no \"v\":1"},
	        {"{\"v\":1}", "has no known \"ev\""},
	        {"{\"v\":1,\"ev\":7}", "has no known \"ev\""},
	        {"{\"v\":1,\"ev\":\"dropped\"}", "has no known \"ev\""},
	        {"{\"v\":1,\"ev\":\"READY\"}", "has no known \"ev\""},
	        {"{\"v\":1,\"ev\":\"log\",\"seq\":\"1\"}", "no integer from 0"},
	        {"{\"v\":1,\"ev\":\"log\",\"seq\":1.5}", "no integer from 0"},
	        {"{\"v\":1,\"ev\":\"log\",\"seq\":-1}", "no integer from 0"},
	        {"{\"v\":1,\"ev\":\"log\",\"seq\":9223372036854775807}", "no integer from 0"},
	        {"{\"v\":1,\"ev\":\"log\",\"seq\":9223372036854775808}", "is not a JSON object"},
	        {"{\"v\":1,\"ev\":\"log\",\"src\":7}", "malformed proto, src"},
	        {"{\"v\":1,\"ev\":\"log\",\"dst\":null}", "malformed proto, src"},
	        {"{\"v\":1,\"ev\":\"log\",\"sport\":65536}", "malformed proto, src"},
	        {"{\"v\":1,\"ev\":\"log\",\"dport\":-1}", "malformed proto, src"},
	        {"{\"v\":1,\"ev\":\"log\",\"dport\":\"53\"}", "malformed proto, src"},
	        {"{\"v\":1,\"ev\":\"log\",\"proto\":17}", "malformed proto, src"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct guard g = guard_copy(wrong[i].line, strlen(wrong[i].line));
		struct event ev;
		char why[256];

		if (event_parse((const char *)g.p, g.n, &ev, why) || !strstr(why, wrong[i].why))
			fail_msg("%s: '%s'", wrong[i].line, why);
		guard_free(&g);
	}
}

static void every_truncation_of_a_line_is_refused(void **state)
{
	static const char line[] = DROP;

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(line); n++) {
		struct guard g = guard_copy(line, n);
		struct event ev;
		char why[256];

		assert_false(event_parse((const char *)g.p, n, &ev, why));
		guard_free(&g);
	}
}

static void a_nesting_without_end_is_refused(void **state)
{
	static char line[EVENT_LINE_MAX + 1];
	struct event ev;

	(void)state;
	memset(line, '[', EVENT_LINE_MAX);
	assert_false(parse(line, &ev));
}

static void a_stream_in_order_has_no_fault(void **state)
{
	struct events e;
	static struct heard h;

	(void)state;
	expect(READY LOG2 LOG3 "{\"v\":1,\"seq\":4,\"ev\":\"bye\"}\n", "");
	expect("{\"v\":1,\"ev\":\"ready\"}\n{\"v\":1,\"ev\":\"log\"}\n", ""); /* without seq */
	expect("{\"v\":1,\"ev\":\"ready\",\"seq\":7}\n{\"v\":1,\"ev\":\"log\",\"seq\":8}\n", "");
	feed(&e, &h, READY LOG2, strlen(READY LOG2), 5);
	assert_true(e.ready);
	assert_false(e.bye);
	assert_int_equal(h.lines, 2);
	assert_int_equal(h.last.kind, EVENT_LOG);
	assert_int_equal(h.len, strlen(LOG2) - 1);
	assert_memory_equal(h.text, LOG2, h.len);
}

static void an_unfinished_line_is_no_line(void **state)
{
	struct events e;
	static struct heard h;

	(void)state;
	feed(&e, &h, READY, strlen(READY) - 1, 100);
	assert_int_equal(h.lines, 0);
	assert_false(e.ready);
	events_feed(&e, "\n", 1, hear, &h);
	assert_int_equal(h.lines, 1);
	assert_true(e.ready);
}

static void the_first_event_is_ready_and_no_other_is(void **state)
{
	(void)state;
	expect(LOG2 LOG3, "event line 1 is not \"ready\"");
	expect(READY "{\"v\":1,\"seq\":2,\"ev\":\"ready\"}\n", "event line 2 says \"ready\" again");
	expect("\n" READY, "event line 1 is not a JSON object");
}

static void a_gap_and_a_double_in_the_sequence_are_faults(void **state)
{
	(void)state;
	expect(READY LOG3, "event line 2 has seq 3 where 2 was due");
	expect(READY LOG2 LOG2, "event line 3 has seq 2 where 3 was due");
	expect(READY "{\"v\":1,\"ev\":\"log\"}\n", "event line 2 has seq -1 where 2 was due");
}

#define EV(seq, ev) "{\"v\":1,\"seq\":" #seq ",\"ev\":\"" ev "\"}\n"

static void an_end_by_policy_is_violation_terminate_bye(void **state)
{
	static struct heard h;
	struct events e;
	static const char stream[] = READY EV(
	        2, "drop") "{\"v\":1,\"seq\":3,\"ev\":\"violation\",\"reason\":\"not-"
	                   "\\u001ballowed\"}\n" EV(4, "conn") EV(5, "terminate") EV(6, "log")
	                           EV(7, "bye");

	(void)state;
	expect(stream, "");
	feed(&e, &h, stream, strlen(stream), 9);
	assert_true(e.violated);
	assert_true(e.terminated);
	assert_true(e.bye);
	assert_string_equal(e.violation, "not-.allowed"); /* a terminal does not obey it */
	feed(&e, &h, READY EV(2, "drop"), strlen(READY EV(2, "drop")), 9);
	assert_false(e.violated);
	assert_false(e.terminated);
	assert_string_equal(e.violation, "");
}

static void only_the_first_violation_is_the_reason(void **state)
{
	static const char stream[] = READY
	        "{\"v\":1,\"seq\":2,\"ev\":\"violation\",\"reason\":\"vlan\"}\n"
	        "{\"v\":1,\"seq\":3,\"ev\":\"violation\",\"reason\":\"ipv6\"}\n" EV(4, "terminate")
	                EV(5, "bye");
	static struct heard h;
	struct events e;

	(void)state;
	expect(stream, "");
	feed(&e, &h, stream, strlen(stream), 100);
	assert_string_equal(e.violation, "vlan");
}

static void an_end_by_policy_in_another_order_is_a_fault(void **state)
{
	(void)state;
	expect(READY EV(2, "terminate"), "event line 2 is a \"terminate\" without a \"violation\"");
	expect(READY EV(2, "violation") EV(3, "terminate") EV(4, "terminate"),
	       "event line 4 says \"terminate\" again");
	expect(READY EV(2, "violation") EV(3, "terminate") EV(4, "violation"),
	       "event line 4 is a \"violation\" behind \"terminate\"");
	expect(READY EV(2, "violation") EV(3, "bye"),
	       "event line 3 is a \"bye\" behind a \"violation\", without \"terminate\"");
	expect(READY EV(2, "violation") EV(3, "allow"),
	       "event line 3 is an \"allow\" behind a \"violation\"");
	expect(READY EV(2, "violation") EV(3, "terminate") EV(4, "allow"),
	       "event line 4 is an \"allow\" behind a \"violation\"");
}

static void only_the_first_fault_is_told(void **state)
{
	(void)state;
	expect(READY "rubbish\n" LOG3 LOG3, "event line 2 is not a JSON object");
}

static void lines_behind_a_fault_are_still_delivered(void **state)
{
	struct events e;
	static struct heard h;

	(void)state;
	feed(&e, &h, READY "rubbish\n" LOG3, strlen(READY "rubbish\n" LOG3), 100);
	assert_int_equal(h.lines, 3);
	assert_int_equal(h.bad, 1);
	assert_int_equal(h.last.seq, 3);
}

static void nul_bytes_are_refused(void **state)
{
	static const char in_front[] = "\0" READY;
	static const char within[] = "{\"v\":1,\0\"ev\":\"ready\"}\n";
	static const char behind[] = "{\"v\":1,\"ev\":\"ready\"}\0\n";

	(void)state;
	expect_bytes(in_front, sizeof(in_front) - 1, "event line 1 is not a JSON object");
	expect_bytes(within, sizeof(within) - 1, "event line 1 is not a JSON object");
	expect_bytes(behind, sizeof(behind) - 1, "event line 1 is not a JSON object");
}

/* "ready" with a text that makes the line `len` bytes long, then another line. */
static size_t long_line(char *out, size_t len)
{
	static const char head[] = "{\"v\":1,\"seq\":1,\"ev\":\"ready\",\"text\":\"";

	memset(out, 'x', len);
	memcpy(out, head, sizeof(head) - 1);
	memcpy(out + len - 2, "\"}\n" LOG2, sizeof("\"}\n" LOG2) - 1);
	return len - 2 + sizeof("\"}\n" LOG2) - 1;
}

static void a_line_of_4096_bytes_is_fine(void **state)
{
	static char text[EVENT_LINE_MAX + 100];

	(void)state;
	expect_bytes(text, long_line(text, EVENT_LINE_MAX), "");
}

static void a_line_of_4097_bytes_is_a_fault(void **state)
{
	static char text[EVENT_LINE_MAX + 100];

	(void)state;
	expect_bytes(text, long_line(text, EVENT_LINE_MAX + 1),
	             "event line 1 is longer than 4096 bytes");
}

static void behind_a_line_that_is_too_long_the_next_is_read(void **state)
{
	static char text[3 * EVENT_LINE_MAX];
	static struct heard h;
	struct events e;
	size_t len = long_line(text, 2 * EVENT_LINE_MAX);

	(void)state;
	expect_bytes(text, len, "event line 1 is longer than 4096 bytes");
	feed(&e, &h, text, len, 1000);
	assert_int_equal(h.lines, 2);
	assert_int_equal(h.last.seq, 2);
}

static void a_line_without_end_takes_no_memory(void **state)
{
	static struct events e;
	static struct heard h;
	char chunk[1000];

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	feed(&e, &h, READY, strlen(READY), 100);
	for (int i = 0; i < 1000; i++)
		events_feed(&e, chunk, sizeof(chunk), hear, &h);
	assert_int_equal(h.lines, 1);
	assert_non_null(strstr(e.fault, "event line 2 is longer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_drop_has_its_tuple),
	        cmocka_unit_test(what_a_line_does_not_say_is_empty),
	        cmocka_unit_test(every_kind_of_the_contract_is_known),
	        cmocka_unit_test(an_address_may_be_ipv6_or_a_mac),
	        cmocka_unit_test(denials_that_were_not_told_one_by_one_are_counted),
	        cmocka_unit_test(malformed_lines_are_refused_with_a_reason),
	        cmocka_unit_test(every_truncation_of_a_line_is_refused),
	        cmocka_unit_test(a_nesting_without_end_is_refused),
	        cmocka_unit_test(a_stream_in_order_has_no_fault),
	        cmocka_unit_test(an_unfinished_line_is_no_line),
	        cmocka_unit_test(the_first_event_is_ready_and_no_other_is),
	        cmocka_unit_test(a_gap_and_a_double_in_the_sequence_are_faults),
	        cmocka_unit_test(an_end_by_policy_is_violation_terminate_bye),
	        cmocka_unit_test(only_the_first_violation_is_the_reason),
	        cmocka_unit_test(an_end_by_policy_in_another_order_is_a_fault),
	        cmocka_unit_test(only_the_first_fault_is_told),
	        cmocka_unit_test(lines_behind_a_fault_are_still_delivered),
	        cmocka_unit_test(nul_bytes_are_refused),
	        cmocka_unit_test(a_line_of_4096_bytes_is_fine),
	        cmocka_unit_test(a_line_of_4097_bytes_is_a_fault),
	        cmocka_unit_test(behind_a_line_that_is_too_long_the_next_is_read),
	        cmocka_unit_test(a_line_without_end_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
