/* SPDX-License-Identifier: ISC */
/* ctl_test.c: every line gets one answer, in order; orders are what it says, and refusals change
 * nothing. The test plays both the one who asks and the worker. */
#include "ref/ctl.h"

#include "ref/exits.h"
#include "ref/policy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VM                                                                                         \
	"\"vm\":{\"mac\":\"52:54:00:12:34:56\",\"ip\":\"192.168.100.2/24\","                       \
	"\"gateway\":\"192.168.100.1\"}"
#define RULE(id, port)                                                                             \
	"{\"id\":\"" id "\",\"proto\":\"udp\",\"ip\":\"203.0.113.50\",\"port\":" port "}"

/* The policy in force at the start; each key that may not become weaker is neither at its weakest
 * nor at its strictest. */
#define FIRST                                                                                      \
	"{\"version\":1,\"mode\":\"conntrack\",\"conntrack_ttl_s\":60," VM                         \
	",\"benign\":[\"arp\"],\"on_violation\":\"terminate\",\"icmp_echo\":\"off\","              \
	"\"mtu\":1400,\"limits\":{\"flows\":7,\"tcp\":5},\"allow\":[" RULE("one", "1") "]}"

/* The same in parts, to change one of them. */
#define NEXT(mode, ttl, vm, benign, violation, echo, mtu, limits, allow)                           \
	"{\"version\":1,\"mode\":\"" mode "\",\"conntrack_ttl_s\":" ttl "," vm                     \
	",\"benign\":[" benign "],\"on_violation\":\"" violation "\",\"icmp_echo\":\"" echo        \
	"\",\"mtu\":" mtu ",\"limits\":" limits ",\"allow\":[" allow "]}"
#define LIMITS "{\"flows\":7,\"tcp\":5}"

struct rig {
	struct policy_share *share;
	struct ctl ctl;
	struct order order;
	int client;
};

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct policy first;
	int pair[2];

	assert_non_null(r);
	signal(SIGPIPE, SIG_DFL); /* a write to a channel that is gone must not raise it */
	assert_int_equal(policy_load_text("first", rd_of(FIRST, strlen(FIRST)), stderr, &first),
	                 EXITS_OK);
	r->share = policy_share_new(&first);
	assert_non_null(r->share);
	policy_free(&first);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	r->client = pair[0];
	ctl_open(&r->ctl, pair[1], r->share, NULL);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	ctl_close(&r->ctl);
	policy_share_free(r->share);
	if (r->client >= 0)
		close(r->client);
	free(r);
	return 0;
}

static void put(struct rig *r, const char *text)
{
	assert_int_equal(send(r->client, text, strlen(text), MSG_DONTWAIT), (ssize_t)strlen(text));
}

static bool serve(struct rig *r)
{
	return ctl_serve(&r->ctl, &r->order);
}

static bool done(struct rig *r)
{
	const uint64_t numbers[ORDER_NUMBERS] = {0};

	return ctl_done(&r->ctl, numbers, &r->order);
}

/* The next answer, which must be there. */
static json_t *get(struct rig *r)
{
	char line[8192];
	json_error_t error;
	json_t *answer;
	size_t len = 0;

	do {
		assert_true(len < sizeof(line));
		assert_int_equal(recv(r->client, line + len, 1, MSG_DONTWAIT), 1);
	} while (line[len++] != '\n');
	answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(answer))
		fail_msg("not an answer: %.*s", (int)len, line);
	return answer;
}

static void assert_silence(struct rig *r)
{
	char byte;

	assert_int_equal(recv(r->client, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* The next answer is {"id":ID,"ok":true} and nothing else. */
static void assert_ok(struct rig *r, json_int_t id)
{
	json_t *answer = get(r);

	assert_int_equal(json_object_size(answer), 2);
	assert_true(json_is_integer(json_object_get(answer, "id")));
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), id);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
}

#define NO_ID INT64_MIN

/* The next answer is {"id":ID,"ok":false,"error":"...PART..."}; NO_ID stands for null. */
static void assert_refusal(struct rig *r, json_int_t id, const char *part)
{
	json_t *answer = get(r);
	const json_t *got = json_object_get(answer, "id");
	const char *error = json_string_value(json_object_get(answer, "error"));

	assert_int_equal(json_object_size(answer), 3);
	if (id == NO_ID)
		assert_true(json_is_null(got));
	else
		assert_true(json_is_integer(got) && json_integer_value(got) == id);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_non_null(error);
	if (!strstr(error, part))
		fail_msg("expected %s\ngot %s", part, error);
	json_decref(answer);
}

static const struct policy *in_force(const struct rig *r)
{
	assert_int_equal(policy_share_in_force(r->share), r->ctl.slot); /* others look there */
	return policy_share_get(r->share, r->ctl.slot);
}

/* --- commands --- */

static void a_sync_is_answered_when_the_worker_is_done_and_not_before(void **state)
{
	struct rig *r = *state;

	put(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	assert_true(serve(r));
	assert_int_equal(r->order.kind, ORDER_SYNC);
	assert_silence(r);
	assert_false(done(r));
	assert_ok(r, 1);
	assert_silence(r);
}

static void the_clock_takes_milliseconds_and_orders_nanoseconds(void **state)
{
	struct rig *r = *state;

	put(r, "{\"cmd\":\"clock\",\"id\":1,\"advance_ms\":1500}\n");
	assert_true(serve(r));
	assert_int_equal(r->order.kind, ORDER_CLOCK);
	assert_int_equal(r->order.argument, 1500000000);
	done(r);
	assert_ok(r, 1);
	put(r, "{\"cmd\":\"clock\",\"id\":2,\"advance_ms\":0}\n");
	assert_true(serve(r));
	assert_int_equal(r->order.argument, 0);
	done(r);
	assert_ok(r, 2);
	put(r, "{\"cmd\":\"clock\",\"id\":3,\"advance_ms\":1000000000}\n");
	assert_true(serve(r));
	assert_int_equal(r->order.argument, UINT64_C(1000000000000000));
	done(r);
	assert_ok(r, 3);
}

static void stats_have_every_counter_under_its_own_name(void **state)
{
	static const char *const names[ORDER_NUMBERS] = {
	        "frames",          "forwarded", "answered",   "dropped",  "replies",
	        "replies_dropped", "flows",     "flows_live", "tcp_live", "suppressed",
	};
	uint64_t numbers[ORDER_NUMBERS];
	struct rig *r = *state;
	json_t *answer;

	for (size_t i = 0; i < ORDER_NUMBERS; i++)
		numbers[i] = UINT64_C(5000000000) + i;
	put(r, "{\"cmd\":\"stats\",\"id\":3}\n");
	assert_true(serve(r));
	assert_int_equal(r->order.kind, ORDER_STATS);
	assert_false(ctl_done(&r->ctl, numbers, &r->order));
	answer = get(r);
	assert_int_equal(json_object_size(answer), 2 + ORDER_NUMBERS);
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), 3);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	for (size_t i = 0; i < ORDER_NUMBERS; i++)
		assert_int_equal(json_integer_value(json_object_get(answer, names[i])), numbers[i]);
	json_decref(answer);
}

static void any_integer_is_an_id_and_comes_back(void **state)
{
	static const char *const ids[] = {"0", "-1", "9223372036854775807", "-9223372036854775808"};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char line[128], answer[128] = "", expected[128];

		snprintf(line, sizeof(line), "{\"id\":%s,\"cmd\":\"sync\"}\n", ids[i]);
		snprintf(expected, sizeof(expected), "{\"id\":%s,\"ok\":true}\n", ids[i]);
		put(r, line);
		assert_true(serve(r));
		done(r);
		assert_true(recv(r->client, answer, sizeof(answer) - 1, MSG_DONTWAIT) > 0);
		assert_string_equal(answer, expected);
	}
}

/* --- refusals --- */

static void what_is_no_request_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *line;
		json_int_t id;
		const char *part;
	} cases[] = {
	        {"", NO_ID, "not a JSON object"},
	        {"sync", NO_ID, "not a JSON object"},
	        {"{\"cmd\":\"sync\",\"id\":1", NO_ID, "not a JSON object"},
	        {"{\"cmd\":\"sync\",\"id\":1}}", NO_ID, "not a JSON object"},
	        {"{\"cmd\":\"sync\",\"id\":1} {}", NO_ID, "not a JSON object"},
	        {"{\"cmd\":\"s\xff\",\"id\":1}", NO_ID, "not a JSON object"},
	        {"[{\"cmd\":\"sync\",\"id\":1}]", NO_ID, "another type"},
	        {"{\"cmd\":\"sync\",\"id\":1,\"id\":2}", NO_ID, "duplicate"},
	        {"{\"cmd\":\"sync\",\"id\":1,\"cmd\":\"stats\"}", NO_ID, "duplicate"},
	        {"{\"cmd\":\"sync\",\"id\":9223372036854775808}", NO_ID, "integer"},
	        {"{}", NO_ID, "needs \"cmd\""},
	        {"{\"cmd\":\"sync\"}", NO_ID, "needs \"cmd\""},
	        {"{\"cmd\":\"sync\",\"id\":null}", NO_ID, "needs \"cmd\""},
	        {"{\"cmd\":\"sync\",\"id\":\"1\"}", NO_ID, "needs \"cmd\""},
	        {"{\"cmd\":\"sync\",\"id\":1.0}", NO_ID, "needs \"cmd\""},
	        {"{\"id\":4}", 4, "needs \"cmd\""},
	        {"{\"id\":4,\"cmd\":1}", 4, "needs \"cmd\""},
	        {"{\"id\":4,\"cmd\":\"reboot\"}", 4, "unknown cmd"},
	        {"{\"id\":4,\"cmd\":\"SYNC\"}", 4, "unknown cmd"},
	        {"{\"id\":4,\"cmd\":\"\"}", 4, "unknown cmd"},
	        {"{\"id\":4,\"cmd\":\"sync\",\"now\":true}", 4, "sync takes nothing"},
	        {"{\"id\":4,\"cmd\":\"stats\",\"advance_ms\":1}", 4, "stats takes nothing"},
	        {"{\"id\":4,\"cmd\":\"clock\"}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_s\":1}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":-1}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":0.5}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":1.0}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":\"1\"}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":null}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":1000000001}", 4, "0..1000000000"},
	        {"{\"id\":4,\"cmd\":\"clock\",\"advance_ms\":1,\"x\":1}", 4, "clock takes"},
	        {"{\"id\":4,\"cmd\":\"policy\"}", 4, "policy takes"},
	        {"{\"id\":4,\"cmd\":\"policy\",\"policies\":{}}", 4, "policy takes"},
	        {"{\"id\":4,\"cmd\":\"policy\",\"policy\":{},\"x\":1}", 4, "policy takes"},
	};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(r, cases[i].line);
		put(r, "\n");
		assert_false(serve(r));
		assert_refusal(r, cases[i].id, cases[i].part);
		assert_silence(r);
	}
	put(r, "{\"cmd\":\"sync\",\"id\":5}\n");
	assert_true(serve(r));
	done(r);
	assert_ok(r, 5);
}

static void a_nul_byte_in_a_line_does_not_hide_what_follows(void **state)
{
	static const char line[] = "{\"cmd\":\"sync\",\"id\":1}\0{\"cmd\":\"reboot\",\"id\":2}\n";
	struct rig *r = *state;

	assert_int_equal(send(r->client, line, sizeof(line) - 1, 0), sizeof(line) - 1);
	assert_false(serve(r));
	assert_refusal(r, NO_ID, "not a JSON object");
	assert_silence(r);
}

/* --- policy --- */

static void put_policy(struct rig *r, const char *policy)
{
	char line[8192];

	assert_true((size_t)snprintf(line, sizeof(line),
	                             "{\"cmd\":\"policy\",\"id\":7,\"policy\":%s}\n",
	                             policy) < sizeof(line));
	put(r, line);
}

static void a_policy_takes_the_free_slot_and_leaves_the_old_one_whole(void **state)
{
	struct rig *r = *state;

	put_policy(r, NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS,
	                   RULE("two", "2")));
	assert_true(serve(r));
	assert_int_equal(r->order.kind, ORDER_POLICY);
	assert_int_equal(r->order.argument, 1);
	assert_int_equal(r->ctl.slot, 1);
	assert_silence(r);
	/* The worker reads the old one until it has done what it was told. */
	assert_string_equal(policy_share_get(r->share, 0)->rules[0].id, "one");
	assert_string_equal(in_force(r)->rules[0].id, "two");
	assert_int_equal(in_force(r)->rules[0].port, 2);
	assert_int_equal(in_force(r)->mode, POLICY_FILTERED);
	assert_false(done(r));
	assert_ok(r, 7);

	put_policy(r, NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS, ""));
	assert_true(serve(r));
	assert_int_equal(r->order.argument, 0);
	assert_int_equal(in_force(r)->rule_count, 0);
	assert_string_equal(policy_share_get(r->share, 1)->rules[0].id, "two");
	done(r);
	assert_ok(r, 7);
}

static void a_weaker_policy_is_refused_and_the_key_is_named(void **state)
{
#define VM_AT(ip)                                                                                  \
	"\"vm\":{\"mac\":\"52:54:00:12:34:56\",\"ip\":\"" ip "/24\",\"gateway\":\"192.168.100."    \
	"1\"}"
	static const struct {
		const char *key, *policy;
	} cases[] = {
	        {"$.mode", NEXT("direct", "60", VM, "\"arp\"", "drop", "off", "1400", LIMITS, "")},
	        {"$.conntrack_ttl_s",
	         NEXT("conntrack", "61", VM, "\"arp\"", "terminate", "off", "1400", LIMITS, "")},
	        {"$.on_violation",
	         NEXT("conntrack", "60", VM, "\"arp\"", "drop", "off", "1400", LIMITS, "")},
	        {"$.vm", NEXT("conntrack", "60", VM_AT("192.168.100.3"), "\"arp\"", "terminate",
	                      "off", "1400", LIMITS, "")},
	        {"$.icmp_echo", NEXT("conntrack", "60", VM, "\"arp\"", "terminate", "gateway",
	                             "1400", LIMITS, "")},
	        {"$.benign", NEXT("conntrack", "60", VM, "\"arp\",\"nd\"", "terminate", "off",
	                          "1400", LIMITS, "")},
	        {"$.mtu",
	         NEXT("conntrack", "60", VM, "\"arp\"", "terminate", "off", "1401", LIMITS, "")},
	        {"$.limits", NEXT("conntrack", "60", VM, "\"arp\"", "terminate", "off", "1400",
	                          "{\"flows\":8,\"tcp\":5}", "")},
	        {"$.limits", NEXT("conntrack", "60", VM, "\"arp\"", "terminate", "off", "1400",
	                          "{\"flows\":7,\"tcp\":6}", "")},
	};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_policy(r, cases[i].policy);
		assert_false(serve(r));
		assert_refusal(r, 7, cases[i].key);
		assert_int_equal(r->ctl.slot, 0);
		assert_string_equal(in_force(r)->rules[0].id, "one");
	}
	/* What all of them were made from is not refused. */
	put_policy(r,
	           NEXT("conntrack", "60", VM, "\"arp\"", "terminate", "off", "1400", LIMITS, ""));
	assert_true(serve(r));
}

/* As the first one was read, so are those that follow. */
static void the_organisations_policy_is_laid_over_a_new_one_too(void **state)
{
	static const char text[] = "{\"version\":1,\"allow\":[{\"id\":\"ours\",\"proto\":\"udp\","
	                           "\"ip\":\"1.2.3.4\",\"port\":1}]}";
	const struct policy_source organisation = {.name = "org.json",
	                                           .text = rd_of(text, sizeof(text) - 1)};
	struct rig *r = *state;

	r->ctl.background.organisation = &organisation;
	put_policy(r, NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS,
	                   RULE("theirs", "2")));
	assert_true(serve(r));
	assert_int_equal(in_force(r)->rule_count, 1);
	assert_string_equal(in_force(r)->rules[0].id, "ours");
	assert_false(done(r));
	assert_ok(r, 7);
}

static void a_malformed_policy_is_refused_with_every_complaint(void **state)
{
	static const struct {
		const char *policy, *part;
	} cases[] = {
	        {"{}", "key \"vm\" is missing"},
	        {"{}", "key \"version\" is missing"},
	        {"5", "expected"},
	        {"null", "expected"},
	        {"\"filtered\"", "expected"},
	        {"[]", "$: must be an object"},
	        {NEXT("loose", "60", VM, "\"arp\"", "terminate", "off", "1400", LIMITS, ""),
	         "$.mode"},
	        {NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS, RULE("a", "0")),
	         "$.allow[0].port: port 0 is not in 1..65535"},
	        {NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS,
	              RULE("a", "1") "," RULE("a", "2")),
	         "$.allow[1]"},
	};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_policy(r, cases[i].policy);
		assert_false(serve(r));
		assert_refusal(r, 7, cases[i].part);
		assert_int_equal(r->ctl.slot, 0);
		assert_string_equal(in_force(r)->rules[0].id, "one");
	}
	/* A key that stands there twice is the line's fault. */
	put_policy(r, "{\"version\":1,\"version\":1}");
	assert_false(serve(r));
	assert_refusal(r, NO_ID, "duplicate");
}

/* --- lines --- */

/* Feeds a text of any size; the orders that come up are carried out. How many there were. */
static unsigned feed(struct rig *r, const char *text, size_t n)
{
	unsigned orders = 0;

	while (n) {
		ssize_t sent = send(r->client, text, n, MSG_DONTWAIT);

		assert_true(sent > 0 || errno == EAGAIN);
		if (sent > 0) {
			text += sent;
			n -= (size_t)sent;
		}
		for (bool more = serve(r); more; more = done(r))
			orders++;
	}
	/* What is left in the socket. */
	while (recv(r->ctl.fd, &(char){0}, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
		for (bool more = serve(r); more; more = done(r))
			orders++;
	return orders;
}

static void a_flood_of_complaints_is_cut_and_stays_an_answer(void **state)
{
	static char line[32768];
	char *end = line + sprintf(line, "{\"cmd\":\"policy\",\"id\":7,\"policy\":{\"version\":1");
	struct rig *r = *state;

	/* Keys of two-byte characters, so that a cut may fall into the middle of one. */
	for (int i = 0; i < 500; i++)
		end += sprintf(end,
		               ",\"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9%d\":\"\u00e9\"",
		               i);
	end += sprintf(end, "}}\n");
	assert_int_equal(feed(r, line, (size_t)(end - line)), 0);
	assert_refusal(r, 7, "unknown key");
	assert_silence(r);
	put(r, "{\"cmd\":\"sync\",\"id\":8}\n");
	assert_true(serve(r));
}

static void several_requests_in_one_write_are_carried_out_one_by_one(void **state)
{
	struct rig *r = *state;

	put(r, "{\"cmd\":\"sync\",\"id\":1}\n{\"cmd\":\"nonsense\",\"id\":2}\n"
	       "{\"cmd\":\"stats\",\"id\":3}\n\n{\"cmd\":\"clock\",\"id\":4,\"advance_ms\":9}\n"
	       "{\"cmd\":\"sync\"");
	assert_true(serve(r));
	assert_int_equal(r->order.kind, ORDER_SYNC);
	assert_silence(r);
	assert_true(done(r));
	assert_int_equal(r->order.kind, ORDER_STATS);
	assert_ok(r, 1);
	assert_refusal(r, 2, "unknown cmd");
	assert_silence(r);
	assert_true(done(r));
	assert_int_equal(r->order.kind, ORDER_CLOCK);
	json_decref(get(r));
	assert_refusal(r, NO_ID, "not a JSON object");
	assert_false(done(r));
	assert_ok(r, 4);
	assert_silence(r);
	put(r, ",\"id\":5}\n");
	assert_true(serve(r));
	done(r);
	assert_ok(r, 5);
}

static void a_request_may_come_byte_by_byte(void **state)
{
	static const char line[] = "{\"cmd\":\"clock\",\"id\":1,\"advance_ms\":5}\n";
	struct rig *r = *state;

	for (size_t i = 0; line[i]; i++) {
		assert_int_equal(send(r->client, line + i, 1, 0), 1);
		assert_int_equal(serve(r), line[i] == '\n');
		assert_silence(r);
	}
	done(r);
	assert_ok(r, 1);
}

static void a_request_may_be_split_anywhere(void **state)
{
	static const char lines[] = "{\"cmd\":\"sync\",\"id\":1}\n{\"cmd\":\"stats\",\"id\":2}\n";
	struct rig *r = *state;

	for (size_t i = 1; i < strlen(lines); i++) {
		assert_int_equal(feed(r, lines, i) + feed(r, lines + i, strlen(lines) - i), 2);
		assert_ok(r, 1);
		json_decref(get(r));
		assert_silence(r);
	}
}

static void the_longest_line_is_read_and_one_byte_more_is_refused_once(void **state)
{
	static const char tail[] = "\"cmd\":\"sync\",\"id\":1}\n";
	char *line = malloc(CTL_LINE_MAX + 1);
	struct rig *r = *state;

	assert_non_null(line);
	memset(line, ' ', CTL_LINE_MAX + 1);
	line[0] = '{';
	memcpy(line + CTL_LINE_MAX - strlen(tail), tail, strlen(tail));
	assert_int_equal(feed(r, line, CTL_LINE_MAX), 1);
	assert_ok(r, 1);
	assert_silence(r);

	line[CTL_LINE_MAX - strlen(tail)] = ' ';
	memcpy(line + CTL_LINE_MAX + 1 - strlen(tail), tail, strlen(tail));
	assert_int_equal(feed(r, line, CTL_LINE_MAX + 1), 0);
	assert_refusal(r, NO_ID, "more than");
	assert_silence(r);
	assert_int_equal(feed(r, "{\"cmd\":\"sync\",\"id\":2}\n", 23), 1);
	assert_ok(r, 2);
	free(line);
}

static void an_endless_line_is_refused_once_and_holds_no_more_memory(void **state)
{
	static char noise[1000000];
	struct rig *r = *state;

	memset(noise, '{', sizeof(noise));
	for (int i = 0; i < 7; i++)
		assert_int_equal(feed(r, noise, sizeof(noise)), 0);
	assert_silence(r);
	assert_int_equal(r->ctl.size, CTL_LINE_MAX);
	assert_int_equal(feed(r, "\n{\"cmd\":\"sync\",\"id\":2}\n", 24), 1);
	assert_refusal(r, NO_ID, "more than");
	assert_ok(r, 2);
	assert_silence(r);
}

/* --- ends --- */

static void the_end_of_the_channel_changes_nothing(void **state)
{
	struct rig *r = *state;

	put_policy(r, NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS,
	                   RULE("two", "2")));
	assert_true(serve(r));
	done(r);
	assert_ok(r, 7);
	put(r, "{\"cmd\":\"sync\",\"id\":"); /* never to be finished */
	assert_false(serve(r));
	shutdown(r->client, SHUT_WR);
	assert_false(serve(r));
	assert_int_equal(r->ctl.fd, -1);
	assert_int_equal(r->ctl.slot, 1);
	assert_ptr_equal(r->ctl.share, r->share);
	assert_string_equal(in_force(r)->rules[0].id, "two");
}

static void an_end_behind_an_order_is_seen_after_its_answer(void **state)
{
	struct rig *r = *state;

	put(r, "{\"cmd\":\"sync\",\"id\":1}\n{\"cmd\":\"stats\",\"id\":2}\n");
	shutdown(r->client, SHUT_WR);
	assert_true(serve(r));
	assert_true(done(r));
	assert_ok(r, 1);
	assert_false(done(r));
	json_decref(get(r));
	assert_int_not_equal(r->ctl.fd, -1);
	assert_false(serve(r));
	assert_int_equal(r->ctl.fd, -1);
}

static void who_asks_and_leaves_does_not_end_the_server(void **state)
{
	struct rig *r = *state;

	put_policy(r, NEXT("filtered", "60", VM, "", "terminate", "off", "1400", LIMITS,
	                   RULE("two", "2")));
	put(r, "nonsense\n{\"cmd\":\"sync\",\"id\":2}\n");
	assert_true(serve(r));
	close(r->client);
	r->client = -1;
	assert_false(done(r));
	assert_int_equal(r->ctl.fd, -1);
	assert_false(r->ctl.busy);
	assert_string_equal(in_force(r)->rules[0].id, "two");
}

static void who_does_not_read_answers_loses_the_channel_and_only_that(void **state)
{
	struct rig *r = *state;
	unsigned asked = 0;

	for (; r->ctl.fd >= 0; asked++) {
		assert_true(asked < 100000);
		put(r, "nonsense\n");
		assert_false(serve(r));
	}
	assert_true(asked > 100);
	assert_int_equal(r->ctl.slot, 0);
	assert_string_equal(in_force(r)->rules[0].id, "one");
	/* What it was sent before is there to be read. */
	for (unsigned i = 0; i < 100; i++)
		assert_refusal(r, NO_ID, "not a JSON object");
}

static void without_a_channel_there_is_a_policy_all_the_same(void **state)
{
	struct rig *r = *state;
	struct ctl none;

	ctl_open(&none, -1, r->share, NULL);
	assert_int_equal(none.fd, -1);
	assert_ptr_equal(policy_share_get(none.share, none.slot), in_force(r));
	ctl_close(&none);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_sync_is_answered_when_the_worker_is_done_and_not_before),
	        TEST(the_clock_takes_milliseconds_and_orders_nanoseconds),
	        TEST(stats_have_every_counter_under_its_own_name),
	        TEST(any_integer_is_an_id_and_comes_back),
	        TEST(what_is_no_request_is_refused_with_the_reason),
	        TEST(a_nul_byte_in_a_line_does_not_hide_what_follows),
	        TEST(a_policy_takes_the_free_slot_and_leaves_the_old_one_whole),
	        TEST(a_weaker_policy_is_refused_and_the_key_is_named),
	        TEST(the_organisations_policy_is_laid_over_a_new_one_too),
	        TEST(a_malformed_policy_is_refused_with_every_complaint),
	        TEST(a_flood_of_complaints_is_cut_and_stays_an_answer),
	        TEST(several_requests_in_one_write_are_carried_out_one_by_one),
	        TEST(a_request_may_come_byte_by_byte),
	        TEST(a_request_may_be_split_anywhere),
	        TEST(the_longest_line_is_read_and_one_byte_more_is_refused_once),
	        TEST(an_endless_line_is_refused_once_and_holds_no_more_memory),
	        TEST(the_end_of_the_channel_changes_nothing),
	        TEST(an_end_behind_an_order_is_seen_after_its_answer),
	        TEST(who_asks_and_leaves_does_not_end_the_server),
	        TEST(who_does_not_read_answers_loses_the_channel_and_only_that),
	        TEST(without_a_channel_there_is_a_policy_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
