/* SPDX-License-Identifier: ISC */
/* audit_record_test.c: what the gate decided, as events. */
#include "ref/audit.h"

#include "ref/ipv4.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct rig {
	struct audit audit;
	int reader;
};

static int set_up(void **state)
{
	static struct rig rig;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0 || fcntl(pair[1], F_SETPIPE_SZ, 1048576) < 0)
		return -1;
	rig.reader = pair[0];
	*state = &rig;
	return audit_open(&rig.audit, pair[1]) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	audit_close(&r->audit);
	close(r->reader);
	return 0;
}

static struct record example(enum record_kind kind, enum record_verdict verdict)
{
	struct record record = {
	        .kind = kind,
	        .verdict = verdict,
	        .proto = kind == RECORD_DNS ? IPV4_UDP : IPV4_TCP,
	        .src = 0xc0a86402,
	        .sport = 40000,
	        .dst = 0xc0a86401,
	        .dport = 53,
	        .name = "ok.test",
	};

	if (verdict == RECORD_DENY || verdict == RECORD_FAILED)
		record.reason = REASON_NAME_DENIED;
	return record;
}

/* The next line, whole, in `text`; false when there is none. */
static bool next(struct rig *r, char text[AUDIT_LINE_MAX + 1])
{
	size_t n = 0;

	fcntl(r->reader, F_SETFL, O_NONBLOCK);
	while (n < AUDIT_LINE_MAX && read(r->reader, text + n, 1) == 1 && text[n] != '\n')
		n++;
	text[n] = '\0';
	return n;
}

/* The line as JSON, and what follows behind t_ns. */
static void assert_says(struct rig *r, const char *rest)
{
	char text[AUDIT_LINE_MAX + 1], *tail;
	json_t *event;

	assert_true(next(r, text));
	event = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(event);
	json_decref(event);
	tail = strstr(text, "\"t_ns\":");
	assert_non_null(tail);
	tail += strcspn(tail, ",");
	assert_string_equal(tail, rest);
}

#define DNS                                                                                        \
	",\"proto\":\"udp\",\"src\":\"192.168.100.2\",\"sport\":40000,\"dst\":\"192.168.100.1\","  \
	"\"dport\":53"
#define FLOW                                                                                       \
	",\"proto\":\"tcp\",\"src\":\"192.168.100.2\",\"sport\":40000,\"dst\":\"192.168.100.1\","  \
	"\"dport\":53"

static void a_question_has_its_name_and_type(void **state)
{
	struct record record = example(RECORD_DNS, RECORD_ALLOW);
	struct rig *r = *state;

	record.type = 28;
	assert_true(audit_record(&r->audit, &record));
	assert_says(r, DNS ",\"name\":\"ok.test\",\"type\":\"AAAA\",\"verdict\":\"allow\"}");
	record.type = 64000;
	record.verdict = RECORD_EMPTY;
	assert_true(audit_record(&r->audit, &record));
	assert_says(r, DNS ",\"name\":\"ok.test\",\"type\":\"TYPE64000\",\"verdict\":\"empty\"}");
}

static void a_connection_has_its_host(void **state)
{
	struct record record = example(RECORD_CONN, RECORD_MITM);
	struct rig *r = *state;

	assert_true(audit_record(&r->audit, &record));
	assert_says(r, FLOW ",\"host\":\"ok.test\",\"verdict\":\"mitm\"}");
	record = example(RECORD_CONN, RECORD_DENY);
	record.name[0] = '\0'; /* nobody could read one */
	record.reason = REASON_TLS_REFUSED;
	record_set_detail(&record, "name-absent");
	assert_true(audit_record(&r->audit, &record));
	assert_says(r, FLOW ",\"verdict\":\"deny\",\"reason\":\"tls-refused\","
	                    "\"detail\":\"name-absent\"}");
}

static void a_request_has_all_of_it(void **state)
{
	struct record record = example(RECORD_HTTP, RECORD_DENY);
	struct rig *r = *state;

	record.reason = REASON_REQUEST_DENIED;
	record.status = 403;
	record_set_method(&record, rd_of("POST", 4));
	record_set_path(&record, rd_of("/v1/x", 5));
	record_set_rule(&record, "no-post");
	assert_true(audit_record(&r->audit, &record));
	assert_says(r, FLOW ",\"host\":\"ok.test\",\"method\":\"POST\",\"path\":\"/v1/x\","
	                    "\"verdict\":\"deny\",\"status\":403,\"rule\":\"no-post\","
	                    "\"reason\":\"request-denied\"}");
}

static void the_longest_record_fits_into_a_line(void **state)
{
	struct record record = example(RECORD_HTTP, RECORD_DENY);
	struct rig *r = *state;
	char text[AUDIT_LINE_MAX + 1];

	memset(record.name, 'n', RECORD_NAME_MAX);
	memset(record.method, 'M', RECORD_METHOD_MAX);
	memset(record.path, '/', RECORD_PATH_MAX);
	memset(record.rule, 'r', POLICY_ID_MAX);
	memset(record.detail, 'd', RECORD_DETAIL_MAX);
	assert_true(audit_record(&r->audit, &record));
	assert_true(next(r, text));
	assert_non_null(strstr(text, "\"detail\":\"ddd"));
}

static void denials_beyond_the_limit_are_counted_and_told_of_later(void **state)
{
	const struct record denial = example(RECORD_DNS, RECORD_DENY);
	const struct record allowed = example(RECORD_DNS, RECORD_ALLOW);
	const struct tuple tuple = {.layer = TUPLE_ETHERNET};
	struct rig *r = *state;
	char text[AUDIT_LINE_MAX + 1];
	unsigned lines = 0;

	while (!audit_waiting(&r->audit)) {
		assert_true(audit_record(&r->audit, &denial));
		lines += next(r, text);
		assert_true(lines < 10 * AUDIT_LIMIT_BURST);
	}
	assert_true(lines >= AUDIT_LIMIT_BURST);
	/* Drops have a limit of their own, and what is allowed has none. */
	assert_true(audit_drop(&r->audit, &tuple, REASON_RUNT));
	assert_true(next(r, text));
	assert_null(strstr(text, "suppressed"));
	assert_true(audit_record(&r->audit, &allowed));
	assert_true(next(r, text));
	assert_null(strstr(text, "suppressed"));
	assert_true(audit_flush(&r->audit));
	assert_true(next(r, text));
	assert_non_null(strstr(text, "\"ev\":\"dns\""));
	assert_non_null(strstr(text, "\"verdict\":\"deny\""));
	assert_int_equal(audit_waiting(&r->audit), 0);
}

static void what_failed_is_always_told(void **state)
{
	const struct record failed = example(RECORD_CONN, RECORD_FAILED);
	struct rig *r = *state;
	char text[AUDIT_LINE_MAX + 1];

	for (int i = 0; i < 2 * AUDIT_LIMIT_BURST; i++) {
		assert_true(audit_record(&r->audit, &failed));
		assert_true(next(r, text));
	}
	assert_int_equal(audit_waiting(&r->audit), 0);
}

static void a_violation_comes_behind_its_record(void **state)
{
	const struct record denial = example(RECORD_DNS, RECORD_DENY);
	struct rig *r = *state;

	assert_true(audit_record_violation(&r->audit, &denial));
	assert_says(r, DNS ",\"name\":\"ok.test\",\"verdict\":\"deny\","
	                   "\"reason\":\"name-denied\"}");
	assert_says(r, DNS ",\"reason\":\"name-denied\"}");
}

static void a_record_without_a_reader_is_noticed(void **state)
{
	const struct record allowed = example(RECORD_DNS, RECORD_ALLOW);
	const struct record denial = example(RECORD_DNS, RECORD_DENY);
	struct rig *r = *state;

	signal(SIGPIPE, SIG_IGN);
	close(r->reader);
	assert_false(audit_record(&r->audit, &allowed));
	assert_false(audit_record(&r->audit, &denial));
	assert_false(audit_record_violation(&r->audit, &denial));
	r->reader = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

#define AUDIT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        AUDIT_TEST(a_question_has_its_name_and_type),
	        AUDIT_TEST(a_connection_has_its_host),
	        AUDIT_TEST(a_request_has_all_of_it),
	        AUDIT_TEST(the_longest_record_fits_into_a_line),
	        AUDIT_TEST(denials_beyond_the_limit_are_counted_and_told_of_later),
	        AUDIT_TEST(what_failed_is_always_told),
	        AUDIT_TEST(a_violation_comes_behind_its_record),
	        AUDIT_TEST(a_record_without_a_reader_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
