/* SPDX-License-Identifier: ISC */
/* exchange_upstream_test.c: upstreams that lie, cut off or come late; upgrades; what the caller says
 * in between. */
#include "ref/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/exchange_rig.h"

#define G      RIG_GUEST
#define U      RIG_UP
#define ENDS   RIG_GUEST_END, NULL
#define UENDS  RIG_UP_END, NULL
#define HOST   "Host: ok.test\r\n"
#define GET(p) "GET " p " HTTP/1.1\r\n" HOST
#define CLOSES "Connection: close\r\n"
#define CHUNKS "Transfer-Encoding: chunked\r\n"
#define OK200  "HTTP/1.1 200 OK\r\n"
#define HELLO  OK200 "Content-Length: 5\r\n\r\nhello"
#define POST   "POST / HTTP/1.1\r\n" HOST CHUNKS "\r\n"
#define REFUSED(status, words, length, word)                                                       \
	"HTTP/1.1 " status " " words "\r\nContent-Type: text/plain\r\nContent-Length: " length     \
	"\r\n" CLOSES "\r\nrefnat: " word "\n"
#define GATEWAY(length, word) REFUSED("502", "Bad Gateway", length, word)

static void play(const struct rig_talk *talks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rig_check(&talks[i]);
}

#define PLAY(talks) play(talks, sizeof(talks) / sizeof((talks)[0]))

/* A reply to GET / that is refused before a byte of it went out. */
#define WRONG(length, word, text)                                                                  \
	{                                                                                          \
		word, NULL, 0, {{G, GET("/") "\r\n"}, {U, text}},                                  \
		        "GET ok.test / new; reply" word "; drop; close;", GET("/") "\r\n",         \
		        GATEWAY(length, word)                                                      \
	}

static const struct rig_talk false_replies[] = {
        WRONG("26", "length-and-coding", OK200 "Content-Length: 5\r\n" CHUNKS "\r\n0\r\n\r\n"),
        WRONG("21", "length-twice", OK200 "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        WRONG("16", "bare-lf", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
        WRONG("17", "obs-fold", OK200 "X: a\r\n b\r\n\r\n"),
        WRONG("20", "status-line", "SSH-2.0-x\r\n"),
        WRONG("15", "status", "HTTP/1.1 600 x\r\n\r\n"),
        WRONG("19", "reply-body", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello"),
        WRONG("21", "reply-switch",
              "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
        WRONG("19", "reply-many",
              "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n"
              "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n"
              "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n"
              "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n"
              "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n"
              "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n"),
        {"a second reply is nobody's, and the connection it came on is left",
         NULL,
         0,
         {{G, GET("/") "\r\n"},
          {U, OK200 "Content-Length: 0\r\n\r\n" OK200 "Content-Length: 3\r\n\r\nlie"},
          {G, GET("/b") "\r\n"},
          {U, HELLO}},
         "GET ok.test / new; replyreply-unasked; drop; GET ok.test /b new;",
         GET("/") "\r\n" GET("/b") "\r\n",
         OK200 "Content-Length: 0\r\n\r\n" HELLO},
        {"a body behind the reply to HEAD is such a thing",
         NULL,
         0,
         {{G, "HEAD / HTTP/1.1\r\n" HOST "\r\n"}, {U, HELLO}},
         "HEAD ok.test / new; replyreply-unasked; drop;",
         "HEAD / HTTP/1.1\r\n" HOST "\r\n",
         OK200 "Content-Length: 5\r\n\r\n"},
        {"chunks that are wrong from the start",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, OK200 CHUNKS "\r\nx"}},
         "GET ok.test / new; replychunk-size; abort;",
         GET("/") "\r\n",
         OK200 CHUNKS "\r\n["},
        {"chunks that are wrong later",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, OK200 CHUNKS "\r\n2\r\nhe\r\n"}, {U, "3;a"}},
         "GET ok.test / new; replychunk-extension; abort;",
         GET("/") "\r\n",
         OK200 CHUNKS "\r\n[he"},
        {"no reply",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {UENDS}},
         "GET ok.test / new; cut; drop; close;",
         GET("/") "\r\n",
         GATEWAY("21", "upstream-cut")},
        {"half a head",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, "HTTP/1.1 200"}, {UENDS}},
         "GET ok.test / new; cut; drop; close;",
         GET("/") "\r\n",
         GATEWAY("21", "upstream-cut")},
        {"nothing behind 103",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, "HTTP/1.1 103 x\r\n\r\n"}, {UENDS}},
         "GET ok.test / new; cut; drop; close;",
         GET("/") "\r\n",
         "HTTP/1.1 103 x\r\n\r\n" GATEWAY("21", "upstream-cut")},
        {"a counted body that is cut",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, OK200 "Content-Length: 5\r\n\r\nhell"}, {UENDS}},
         "GET ok.test / new; cut; abort;",
         GET("/") "\r\n",
         OK200 "Content-Length: 5\r\n\r\nhell"},
        {"a counted body that never began",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, OK200 "Content-Length: 5\r\n\r\n"}, {UENDS}},
         "GET ok.test / new; cut; abort;",
         GET("/") "\r\n",
         OK200 "Content-Length: 5\r\n\r\n"},
        {"a chunked body that is cut",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, OK200 CHUNKS "\r\n2\r\nhe\r\n"}, {UENDS}},
         "GET ok.test / new; cut; abort;",
         GET("/") "\r\n",
         OK200 CHUNKS "\r\n[he"},
        {"a chunked body that is cut before its last line",
         NULL,
         0,
         {{G, GET("/") "\r\n"}, {U, OK200 CHUNKS "\r\n2\r\nhe\r\n0\r\n"}, {UENDS}},
         "GET ok.test / new; cut; abort;",
         GET("/") "\r\n",
         OK200 CHUNKS "\r\n[he"},
        {"a chunked body that is cut, in HTTP/1.0",
         NULL,
         0,
         {{G, "GET / HTTP/1.0\r\n" HOST "\r\n"}, {U, OK200 CHUNKS "\r\n2\r\nhe\r\n"}, {UENDS}},
         "GET ok.test / new; cut; abort;",
         GET("/") CLOSES "\r\n",
         OK200 CLOSES "\r\nhe"},
        {"no byte of the request is answered when its body is malformed",
         NULL,
         0,
         {{G, POST "2\r\nhe\r\n"}, {G, "2;a\r\n"}},
         "POST ok.test / new; malformedchunk-extension; drop; close;",
         NULL,
         REFUSED("400", "Bad Request", "24", "chunk-extension")},
        {"too long, in chunks",
         NULL,
         4,
         {{G, POST "2\r\nhe\r\n"}, {G, "3\r\nllo\r\n"}},
         "POST ok.test / new; large; drop; close;",
         NULL,
         REFUSED("413", "Content Too Large", "18", "too-large")},
        {"too long, in chunks, behind a reply",
         NULL,
         4,
         {{G, POST "2\r\nhe\r\n"}, {U, OK200 "\r\n"}, {G, "3\r\nllo\r\n"}},
         "POST ok.test / new; large; abort;",
         NULL,
         OK200 CHUNKS CLOSES "\r\n["},
};

static void say(struct rig *r, enum rig_who who, const char *text)
{
	rig_say(r, who, text, strlen(text));
}

static void lies_and_cuts_of_upstream_do_not_look_like_replies(void **state)
{
	(void)state;
	PLAY(false_replies);
}

#define SWITCH "Connection: upgrade\r\nUpgrade: websocket\r\n"

static const struct rig_talk upgrades[] = {
        {"a websocket",
         NULL,
         0,
         {{G, GET("/ws") "Upgrade: WebSocket\r\nSec-WebSocket-Key: x\r\n"
                         "Connection: keep-alive, Upgrade\r\n\r\n"},
          {U, "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nA: b\r\n\r\n"
              "from up"},
          {G, "from guest\r\n\r\n"},
          {U, " and GET / HTTP/1.1"},
          {UENDS},
          {G, " more"},
          {ENDS}},
         "GET ok.test /ws websocket new; close;",
         GET("/ws") "Sec-WebSocket-Key: x\r\n" SWITCH "\r\nfrom guest\r\n\r\n more",
         "HTTP/1.1 101 Go\r\nA: b\r\n" SWITCH "\r\nfrom up and GET / HTTP/1.1"},
        {"the guest ends first",
         NULL,
         0,
         {{G, GET("/ws") SWITCH "\r\n"},
          {U, "HTTP/1.1 101 Go\r\n" SWITCH "\r\n"},
          {G, "bye"},
          {ENDS},
          {U, "bye"},
          {UENDS}},
         "GET ok.test /ws websocket new; close;",
         GET("/ws") SWITCH "\r\nbye",
         "HTTP/1.1 101 Go\r\n" SWITCH "\r\nbye"},
        {"upstream does not want to: the next request is one",
         NULL,
         0,
         {{G, GET("/ws") SWITCH "\r\n"}, {U, HELLO}, {G, GET("/no") "\r\n"}},
         "GET ok.test /ws websocket new; GET ok.test /no; drop; close;",
         GET("/ws") SWITCH "\r\n",
         HELLO REFUSED("403", "Forbidden", "23", "request-denied")},
        {"what the guest sends too early is a request",
         NULL,
         0,
         {{G, GET("/ws") SWITCH "\r\n" GET("/no") "\r\n"}, {U, HELLO}},
         "GET ok.test /ws websocket new; GET ok.test /no; drop; close;",
         GET("/ws") SWITCH "\r\n",
         HELLO REFUSED("403", "Forbidden", "23", "request-denied")},
        {"no rule for it: it is a request like others",
         NULL,
         0,
         {{G, GET("/a") SWITCH "\r\n"}, {U, HELLO}},
         "GET ok.test /a websocket new;",
         GET("/a") "\r\n",
         HELLO},
        {"and a switch is a lie",
         NULL,
         0,
         {{G, GET("/a") SWITCH "\r\n"}, {U, "HTTP/1.1 101 Go\r\n" SWITCH "\r\n"}},
         "GET ok.test /a websocket new; replyreply-switch; drop; close;",
         GET("/a") "\r\n",
         GATEWAY("21", "reply-switch")},
        {"a switch to something else",
         NULL,
         0,
         {{G, GET("/ws") SWITCH "\r\n"},
          {U, "HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"}},
         "GET ok.test /ws websocket new; replyreply-switch; drop; close;",
         GET("/ws") SWITCH "\r\n",
         GATEWAY("21", "reply-switch")},
        {"not allowed",
         NULL,
         0,
         {{G, GET("/no") SWITCH "\r\n"}},
         "GET ok.test /no websocket new; close;",
         "",
         REFUSED("403", "Forbidden", "23", "request-denied")},
};

/* Cut between the two replies, nobody could tell. */
static void a_second_reply_is_not_the_answer_to_a_request_that_waits(void **state)
{
	static struct rig r;

	(void)state;
	rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
	say(&r, G, GET("/") "\r\n" GET("/b") "\r\n");
	say(&r, U, HELLO "H");
	say(&r, U, HELLO);
	assert_string_equal(r.log,
	                    "GET ok.test / new; replyreply-unasked; drop; GET ok.test /b new;");
	assert_string_equal(r.to_up, GET("/") "\r\n" GET("/b") "\r\n");
	assert_string_equal(r.to_guest, HELLO HELLO);
}

static void upgrades_pass_as_declared(void **state)
{
	(void)state;
	PLAY(upgrades);
}

/* ---- the caller ---- */

static void nothing_goes_upstream_before_the_decision(void **state)
{
	static struct rig r;

	(void)state;
	rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
	say(&r, G, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
	assert_int_equal(r.ex.phase, EXCHANGE_ASKED);
	assert_int_equal(r.to_up_len, 0);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_MORE);
	assert_true(r.ex.request.new_upstream);
	exchange_allow(&r.ex, false);
	assert_int_equal(r.ex.phase, EXCHANGE_BUSY);
	rig_run(&r);
	assert_string_equal(r.to_up,
	                    "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
	exchange_allow(&r.ex, false); /* once is enough */
	say(&r, U, HELLO);
	assert_string_equal(r.to_guest, HELLO);
	assert_int_equal(r.ex.phase, EXCHANGE_IDLE);
}

static void an_upstream_that_ends_while_it_is_decided_is_replaced(void **state)
{
	static struct rig r;

	(void)state;
	for (int lies = 0; lies <= 1; lies++) {
		rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
		say(&r, G, GET("/") "\r\n");
		say(&r, U, HELLO);
		say(&r, G, GET("/wait") "\r\n");
		assert_false(r.ex.request.new_upstream);
		if (lies)
			say(&r, U, HELLO);
		else
			rig_end(&r, RIG_UP_END);
		assert_string_equal(r.log, lies ? "GET ok.test / new; GET ok.test /wait; "
		                                  "replyreply-unasked; drop;"
		                                : "GET ok.test / new; GET ok.test /wait; drop;");
		assert_true(r.ex.request.new_upstream);
		exchange_allow(&r.ex, false);
		rig_run(&r);
		say(&r, U, HELLO);
		assert_string_equal(r.to_guest, HELLO HELLO);
	}
}

static void a_new_upstream_that_speaks_first_is_not_believed_either(void **state)
{
	static struct rig r;

	(void)state;
	rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
	say(&r, G, GET("/wait") "\r\n");
	exchange_allow(&r.ex, false);
	assert_true(buf_put(&r.up_in, rd_of(HELLO, strlen(HELLO))));
	rig_run(&r);
	assert_string_equal(r.log, "GET ok.test /wait new; replyreply-unasked; drop; close;");
	assert_string_equal(r.to_guest, GATEWAY("22", "reply-unasked"));
	assert_int_equal(r.to_up_len, 0);
}

/* The reply comes in the same moment as the bytes that make the request no request. */
static void a_request_whose_body_is_malformed_gets_no_reply_of_upstream(void **state)
{
	static struct rig r;

	(void)state;
	rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
	say(&r, G, POST);
	assert_true(buf_put(&r.guest_in, rd_of("x", 1)));
	say(&r, U, HELLO);
	assert_string_equal(r.log, "POST ok.test / new; malformedchunk-size; drop; close;");
	assert_string_equal(r.to_guest, REFUSED("400", "Bad Request", "19", "chunk-size"));
}

static void bytes_before_the_request_are_no_reply_to_it(void **state)
{
	static struct rig r;

	(void)state;
	for (int lies = 0; lies <= 1; lies++) {
		rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
		say(&r, G, GET("/") "\r\n");
		say(&r, U, HELLO);
		say(&r, G, GET("/wait") "\r\n");
		exchange_allow(&r.ex, false);
		if (lies)
			assert_true(buf_put(&r.up_in, rd_of(HELLO, strlen(HELLO))));
		else
			r.io.up_eof = true;
		rig_run(&r);
		assert_string_equal(r.to_guest, lies ? HELLO GATEWAY("22", "reply-unasked")
		                                     : HELLO GATEWAY("21", "upstream-cut"));
		assert_string_equal(r.to_up, GET("/") "\r\n");
		assert_string_equal(r.log,
		                    lies ? "GET ok.test / new; GET ok.test /wait; "
		                           "replyreply-unasked; drop; close;"
		                         : "GET ok.test / new; GET ok.test /wait; cut; drop; "
		                           "close;");
	}
}

static void a_refusal_is_a_reply_until_one_has_begun(void **state)
{
	static const struct {
		const char *guest, *up;
		const char *log, *to_guest;
	} table[] = {
	        {"", "", " close;", REFUSED("504", "Gateway Timeout", "17", "too-slow")},
	        {"GET / HT", "", " close;", REFUSED("504", "Gateway Timeout", "17", "too-slow")},
	        {GET("/wait") "\r\n", "", "GET ok.test /wait new; close;",
	         REFUSED("504", "Gateway Timeout", "17", "too-slow")},
	        {GET("/") "\r\n", "", "GET ok.test / new; drop; close;",
	         REFUSED("504", "Gateway Timeout", "17", "too-slow")},
	        {GET("/") "\r\n", "HTTP/1.1 103 x\r\n\r\nHTTP", "GET ok.test / new; drop; close;",
	         "HTTP/1.1 103 x\r\n\r\n" REFUSED("504", "Gateway Timeout", "17", "too-slow")},
	        {GET("/") "\r\n", OK200 "Content-Length: 1\r\n\r\n", "GET ok.test / new; abort;",
	         OK200 "Content-Length: 1\r\n\r\n"},
	        {GET("/") "\r\n", HELLO, "GET ok.test / new; drop; close;",
	         HELLO REFUSED("504", "Gateway Timeout", "17", "too-slow")},
	        {GET("/ws") SWITCH "\r\n", "HTTP/1.1 101 x\r\n" SWITCH "\r\n",
	         "GET ok.test /ws websocket new; abort;", "HTTP/1.1 101 x\r\n" SWITCH "\r\n"},
	        {GET("/no") "\r\n", "", "GET ok.test /no new; close;",
	         REFUSED("403", "Forbidden", "23", "request-denied")},
	};
	static struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *log = table[i].log;

		rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
		say(&r, G, table[i].guest);
		say(&r, U, table[i].up);
		exchange_refuse(&r.ex, 504, "too-slow");
		rig_run(&r);
		assert_string_equal(r.log, log[0] == ' ' ? log + 1 : log);
		assert_string_equal(r.to_guest, table[i].to_guest);
		assert_int_equal(r.ex.phase, EXCHANGE_ENDED);
	}
}

static void a_long_word_is_cut_and_any_status_has_a_line(void **state)
{
	static const struct {
		unsigned status;
		const char *words;
	} table[] = {
	        {400, "Bad Request"},
	        {403, "Forbidden"},
	        {408, "Request Timeout"},
	        {413, "Content Too Large"},
	        {414, "URI Too Long"},
	        {417, "Expectation Failed"},
	        {421, "Misdirected Request"},
	        {431, "Request Header Fields Too Large"},
	        {500, "Internal Server Error"},
	        {501, "Not Implemented"},
	        {502, "Bad Gateway"},
	        {503, "Service Unavailable"},
	        {504, "Gateway Timeout"},
	        {505, "HTTP Version Not Supported"},
	        {401, ""},
	        {999, ""},
	};
	static struct rig r;
	char word[EXCHANGE_WORD_MAX + 2], text[512];

	(void)state;
	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
		exchange_refuse(&r.ex, table[i].status, word);
		exchange_refuse(&r.ex, 408, "too-late");
		rig_run(&r);
		snprintf(text, sizeof(text),
		         "HTTP/1.1 %u %s\r\nContent-Type: text/plain\r\nContent-Length: "
		         "73\r\n" CLOSES "\r\nrefnat: %.64s\n",
		         table[i].status, table[i].words, word);
		assert_string_equal(r.to_guest, text);
		assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_CLOSE);
	}
}

static void phases_tell_what_is_waited_for(void **state)
{
	static struct rig r;

	(void)state;
	rig_open(&r, NULL, 0, EXCHANGE_BUF_MIN);
	rig_run(&r);
	assert_int_equal(r.ex.phase, EXCHANGE_IDLE);
	say(&r, G, "G");
	assert_int_equal(r.ex.phase, EXCHANGE_HEAD);
	say(&r, G, "ET /ws HTTP/1.1\r\n" HOST SWITCH "\r\n");
	assert_int_equal(r.ex.phase, EXCHANGE_BUSY);
	assert_false(r.ex.request.reply_begun);
	say(&r, U, "HTTP/1.1 101 x\r\n" SWITCH "\r\n");
	assert_int_equal(r.ex.phase, EXCHANGE_TUNNEL);
	assert_false(r.ex.end_up || r.ex.end_guest);
	rig_end(&r, RIG_GUEST_END);
	assert_true(r.ex.end_up);
	assert_false(r.ex.end_guest);
	say(&r, U, "x");
	rig_end(&r, RIG_UP_END);
	assert_true(r.over);
}

static void a_tunnel_ends_when_all_that_was_said_is_on_its_way(void **state)
{
	static struct rig r;

	(void)state;
	rig_open(&r, NULL, 0, 200);
	say(&r, G, GET("/ws") SWITCH "\r\n");
	say(&r, U, "HTTP/1.1 101 x\r\n" SWITCH "\r\n");
	memset(r.up_out.memory, 'x', 200);
	buf_wrote(&r.up_out, 200);
	assert_true(buf_put(&r.guest_in, rd_of("yz", 2)));
	r.io.guest_eof = r.io.up_eof = true;
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_MORE);
	assert_false(r.ex.end_up); /* "yz" is still to go */
	assert_true(r.ex.end_guest);
	buf_take(&r.up_out, 200);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_MORE);
	assert_true(r.ex.end_up);
	assert_int_equal(buf_len(&r.up_out), 2);
	buf_take(&r.up_out, 2);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_CLOSE);

	/* The same for the guest. */
	rig_open(&r, NULL, 0, 200);
	say(&r, G, GET("/ws") SWITCH "\r\n");
	say(&r, U, "HTTP/1.1 101 x\r\n" SWITCH "\r\n");
	memset(r.guest_out.memory, 'x', 200);
	buf_wrote(&r.guest_out, 200);
	assert_true(buf_put(&r.up_in, rd_of("yz", 2)));
	r.io.guest_eof = r.io.up_eof = true;
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_MORE);
	assert_false(r.ex.end_guest);
	assert_true(r.ex.end_up);
	buf_take(&r.guest_out, 200);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_CLOSE);
	assert_int_equal(buf_len(&r.guest_out), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lies_and_cuts_of_upstream_do_not_look_like_replies),
	        cmocka_unit_test(a_second_reply_is_not_the_answer_to_a_request_that_waits),
	        cmocka_unit_test(upgrades_pass_as_declared),
	        cmocka_unit_test(nothing_goes_upstream_before_the_decision),
	        cmocka_unit_test(an_upstream_that_ends_while_it_is_decided_is_replaced),
	        cmocka_unit_test(a_new_upstream_that_speaks_first_is_not_believed_either),
	        cmocka_unit_test(a_request_whose_body_is_malformed_gets_no_reply_of_upstream),
	        cmocka_unit_test(bytes_before_the_request_are_no_reply_to_it),
	        cmocka_unit_test(a_refusal_is_a_reply_until_one_has_begun),
	        cmocka_unit_test(a_long_word_is_cut_and_any_status_has_a_line),
	        cmocka_unit_test(phases_tell_what_is_waited_for),
	        cmocka_unit_test(a_tunnel_ends_when_all_that_was_said_is_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
