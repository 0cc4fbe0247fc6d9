/* SPDX-License-Identifier: ISC */
/* judge_talk_test.c: conversations on tapes written by hand: whose is what crosses, and may it? */
#include "harness/judge.h"

#include "harness/judge_fixture.h"

#define OUT TAPE_WIRE_OUT
#define HEAD                                                                                       \
	"origin 99.0.0.10:80\nresolver 9.9.9.9:53\n"                                               \
	"talk a req EGR-001 to tcp 99.0.0.1:80\n"                                                  \
	"| id | to | says | hears | verdict | why | flags | event |\n"
#define DENIED   "| no | | \"a\" | end | drop | w | BASIC | |\n"
#define ALLOWED  "| ok | | \"a\" | end | pass | w | BASIC | |\n"
#define ASKED    "| ask | udp $GW:53 | \"a\" | \"b\" | ask | w | BASIC | |\n"
#define NAMES    "| dns | udp $GW:53 | \"a\" | \"b\" | pass | w | BASIC | |\n"
#define DENIED_2 "| no2 | | \"a\" | end | drop | w | BASIC | |\n"
#define HEARD    "| own | | \"a\" | end | answer | w | BASIC | |\n"

/* All rows are played, one after the other, each from a port of its own; `during` puts on the tape what crosses meanwhile. */
static void play(struct bench *b, const char *rows, void (*during)(struct bench *b, size_t i))
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s", HEAD, rows);
	bench_open(b, text);
	b->judge.suite = b->suite;
	for (size_t i = 0; i < b->judge.count; i++) {
		struct judge_item *it = &b->items[i];
		char words[100];

		snprintf(words, sizeof(words), "tcp $VM:%zu > 99.0.0.1:80 flags S size 0",
		         20000 + i);
		it->from = b->tape.count;
		tape_note(&b->tape, "row %s", it->row->id);
		it->sent = bench_stray(b, TAPE_GUEST_OUT, words);
		during(b, i);
		it->until = b->tape.count;
	}
}

static void nothing(struct bench *b, size_t i)
{
	(void)b;
	(void)i;
}

static void to_origin(struct bench *b, size_t i)
{
	char words[100];

	snprintf(words, sizeof(words), "tcp $PROVIDER:%zu > 99.0.0.10:80 flags S size 0",
	         30000 + i);
	bench_stray(b, OUT, words);
}

static void to_resolver(struct bench *b, size_t i)
{
	(void)i;
	bench_stray(b, OUT, "udp $PROVIDER:5000 > 9.9.9.9:53 payload \"who\"");
}

static void to_stranger(struct bench *b, size_t i)
{
	if (i == 0)
		bench_stray(b, OUT, "udp $PROVIDER:5000 > 8.8.8.8:53 payload \"who\"");
}

static void only_a_pass_reaches_an_origin(void **state)
{
	struct bench *b = *state;

	play(b, DENIED ALLOWED ASKED HEARD, to_origin);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: tcp 192.168.1.100:30000");
	bench_expect(b, 1, RESULT_PASS, "");
	bench_expect(b, 2, RESULT_FAIL, "crossed the wire: tcp 192.168.1.100:30002");
	bench_expect(b, 3, RESULT_FAIL, "crossed the wire: tcp 192.168.1.100:30003");
}

static void only_pass_and_ask_reach_the_resolver(void **state)
{
	struct bench *b = *state;

	play(b, DENIED ASKED NAMES HEARD, to_resolver);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: udp");
	bench_expect(b, 1, RESULT_PASS, "");
	bench_expect(b, 2, RESULT_PASS, "");
	bench_expect(b, 3, RESULT_FAIL, "crossed the wire: udp");
}

static void a_pass_that_only_asks_for_a_name_reached_nobody(void **state)
{
	struct bench *b = *state;

	play(b, ALLOWED, to_resolver);
	bench_expect(b, 0, RESULT_FAIL, "nothing reached an origin");
}

static void nobody_else_may_be_reached(void **state)
{
	struct bench *b = *state;

	play(b, ALLOWED, to_stranger);
	bench_expect(b, 0, RESULT_FAIL, "8.8.8.8:53");
}

static void in_silence_a_denial_passes_and_a_pass_does_not(void **state)
{
	struct bench *b = *state;

	play(b, DENIED ALLOWED ASKED HEARD, nothing);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "nothing reached an origin");
	bench_expect(b, 2, RESULT_PASS, "");
	bench_expect(b, 3, RESULT_PASS, "");
}

static void late_end(struct bench *b, size_t i)
{
	if (i == 0)
		to_origin(b, 0);
	else
		bench_stray(b, OUT, "tcp $PROVIDER:30000 > 99.0.0.10:80 flags FA size 0");
}

static void a_late_end_is_of_the_row_that_opened_the_connection(void **state)
{
	struct bench *b = *state;

	play(b, ALLOWED DENIED, late_end);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void late_bytes(struct bench *b, size_t i)
{
	if (i == 0)
		to_origin(b, 0);
	else
		bench_stray(b, OUT, "tcp $PROVIDER:30000 > 99.0.0.10:80 flags PA payload \"GET\"");
}

static void bytes_are_of_the_row_that_plays_whoever_opened_the_connection(void **state)
{
	struct bench *b = *state;

	play(b, ALLOWED DENIED, late_bytes);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire: tcp 192.168.1.100:30000");
}

static void another_s_nonce(struct bench *b, size_t i)
{
	if (i == 1) {
		to_origin(b, 1);
		bench_seen(b, 0, OUT,
		           "tcp $PROVIDER:30001 > 99.0.0.10:80 flags PA payload \"x$NONCE\"");
	}
}

static void a_nonce_convicts_its_row_however_late(void **state)
{
	struct bench *b = *state;

	play(b, DENIED ALLOWED, another_s_nonce);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void what_crosses_when_all_is_over_is_anybody_s(void **state)
{
	struct bench *b = *state;

	play(b, DENIED HEARD, nothing);
	bench_stray(b, OUT, "tcp $PROVIDER:40000 > 99.0.0.10:80 flags S size 0");
	bench_expect_doubt(b, "which names no row");
	assert_true(b->items[0].suspect && b->items[1].suspect);
}

static void late_answer(struct bench *b, size_t i)
{
	size_t in = bench_stray(b, TAPE_WIRE_IN,
	                        "udp 9.9.9.9:53 > $PROVIDER:5000 payload \"late\"");
	const struct tape_entry *e = &b->tape.entries[in];
	char words[500], hex[2 * 64 + 1] = "";

	for (size_t k = 14; k < e->len && k < 14 + 32; k++)
		snprintf(hex + 2 * (k - 14), 3, "%02x", e->data[k]);
	if (i == 0)
		snprintf(words, sizeof(words),
		         "icmp $PROVIDER > 9.9.9.9 unreachable code 3 hex \"%s\"", hex);
	else
		snprintf(words, sizeof(words),
		         "icmp $PROVIDER > 9.9.9.9 unreachable code 3 payload \"data of the "
		         "guest's\"");
	bench_stray(b, OUT, words);
}

static void a_kernel_may_refuse_what_the_world_sent_and_nothing_else(void **state)
{
	struct bench *b = *state;

	play(b, DENIED DENIED_2 HEARD, late_answer);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire: icmp");
}

/* ---- events ---- */

static void say(struct bench *b, size_t i, const char *rest)
{
	char line[400];
	int n = snprintf(
	        line, sizeof(line),
	        "{\"v\":1,\"seq\":2,\"proto\":\"tcp\",\"src\":\"192.168.100.2\",\"sport\":%zu,"
	        "\"dst\":\"99.0.0.1\",\"dport\":80,%s}",
	        20000 + i, rest);

	tape_add(&b->tape, TAPE_EVENT, line, (size_t)n, TAPE_NO_ROW);
}

static void a_denial_has_an_event_with_its_port(void **state)
{
	struct bench *b = *state;

	play(b, DENIED DENIED_2 HEARD, nothing);
	b->judge.audit_due = true;
	say(b, 0,
	    "\"ev\":\"http\",\"host\":\"no.test\",\"verdict\":\"deny\",\"reason\":\"name-denied\"");
	say(b, 1, "\"ev\":\"http\",\"host\":\"no.test\",\"verdict\":\"allow\"");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_AUDIT_GAP, "no event with its port");
	bench_expect(b, 2, RESULT_PASS, "");
}

static void the_column_names_an_event_that_must_be_there(void **state)
{
	struct bench *b = *state;

	play(b,
	     "| one | | \"a\" | end | drop | w | BASIC | http reason host-mismatch status 421 |\n"
	     "| two | | \"a\" | end | drop | w | BASIC | http reason host-mismatch status 421 "
	     "|\n" HEARD,
	     nothing);
	say(b, 0,
	    "\"ev\":\"http\",\"verdict\":\"deny\",\"reason\":\"host-mismatch\",\"status\":421,"
	    "\"path\":\"/nonce-a\"");
	say(b, 1,
	    "\"ev\":\"http\",\"verdict\":\"deny\",\"reason\":\"host-mismatch\",\"status\":403");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "column `event`");
}

static void who_denies_what_it_lets_through_lies(void **state)
{
	struct bench *b = *state;

	play(b, DENIED ALLOWED, to_origin);
	say(b, 0,
	    "\"ev\":\"conn\",\"host\":\"no.test\",\"verdict\":\"deny\",\"reason\":\"name-denied\"");
	bench_expect(b, 0, RESULT_LIE, "crossed the wire");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        BENCH_TEST(only_a_pass_reaches_an_origin),
	        BENCH_TEST(only_pass_and_ask_reach_the_resolver),
	        BENCH_TEST(a_pass_that_only_asks_for_a_name_reached_nobody),
	        BENCH_TEST(nobody_else_may_be_reached),
	        BENCH_TEST(in_silence_a_denial_passes_and_a_pass_does_not),
	        BENCH_TEST(a_late_end_is_of_the_row_that_opened_the_connection),
	        BENCH_TEST(bytes_are_of_the_row_that_plays_whoever_opened_the_connection),
	        BENCH_TEST(a_nonce_convicts_its_row_however_late),
	        BENCH_TEST(what_crosses_when_all_is_over_is_anybody_s),
	        BENCH_TEST(a_kernel_may_refuse_what_the_world_sent_and_nothing_else),
	        BENCH_TEST(a_denial_has_an_event_with_its_port),
	        BENCH_TEST(the_column_names_an_event_that_must_be_there),
	        BENCH_TEST(who_denies_what_it_lets_through_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
