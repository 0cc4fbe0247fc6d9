/* SPDX-License-Identifier: ISC */
/* gate_mitm_test.c: TLS that ends in the gate, on both sides. The test is the minter, too. */
#include "ref/gate_rig.h"
#include "ref/minter.h"
#include "ref/tls_rig.h"

#define GET   "GET /a HTTP/1.1\r\nHost: ok.test\r\n\r\n"
#define REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

/* An end of TLS at a socket. */
struct peer {
	int fd;
	struct tls_end *end;
	enum tls_end_result result;
	struct buf in, out, plain_in, plain_out;
	uint8_t bytes[4][40000];
	bool eof;
};

struct play {
	struct rig *r;
	struct scene *scene;
	struct scene outside; /* of guest and origin: the same CA, and nothing else in common */
	X509 *world_leaf;
	int minter;
	size_t minted;
	bool refuses; /* the minter */
	struct peer guest, origin;
};

static int open_play(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	char path[] = "/tmp/gate-mitm-XXXXXX";
	void *scene;
	int pair[2];

	assert_int_equal(set_up(&scene), 0);
	p->scene = scene;
	p->r = rig_new();
	p->r->policy.web.tls = POLICY_TLS_MITM;
	rig_name(p->r, "pin.test", false, false, true);
	rig_host(p->r, "pin.test", RIG_OK);
	p->outside = *p->scene;
	paper_write(path, p->scene->ca);
	p->outside.context = tls_context_new(true, path);
	unlink(path);
	p->world_leaf = make_leaf(&p->outside, "ok.test");
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	p->minter = pair[1];
	rig_start(p->r, p->scene->context,
	          leaf_cache_new(pair[0], tls_context_leaf_key(p->scene->context)));
	*state = p;
	return 0;
}

static void close_peer(struct peer *peer)
{
	tls_end_free(peer->end);
	peer->end = NULL;
	if (peer->fd > 0)
		close(peer->fd);
	peer->fd = -1;
}

static int close_play(void **state)
{
	struct play *p = *state;
	void *scene = p->scene;

	tls_end_free(p->guest.end);
	if (p->guest.fd > 0)
		close(p->guest.fd);
	tls_end_free(p->origin.end);
	rig_free(p->r);
	X509_free(p->world_leaf);
	close(p->minter);
	tls_context_free(p->outside.context);
	tear_down(&scene);
	free(p);
	return 0;
}

static void mint(struct play *p)
{
	uint8_t bytes[MINTER_ANSWER_MAX];
	char name[MINTER_KEY_MAX + 1];
	unsigned char *at;
	X509 *leaf;
	ssize_t n;

	while ((n = recv(p->minter, name, MINTER_KEY_MAX, MSG_DONTWAIT)) > 0) {
		if (name[0] == 0x30)
			continue; /* the key */
		name[n] = '\0';
		bytes[0] = p->refuses ? MINTER_REFUSED : MINTER_OK;
		bytes[1] = (uint8_t)n;
		memcpy(bytes + 2, name, (size_t)n);
		at = bytes + 2 + n;
		leaf = make_leaf(p->scene, name);
		if (!p->refuses)
			i2d_X509(leaf, &at);
		X509_free(leaf);
		assert_true(send(p->minter, bytes, (size_t)(at - bytes), 0) > 0);
		p->minted++;
	}
}

static void open_peer(struct peer *peer, int fd, struct tls_end *end)
{
	assert_non_null(end);
	memset(peer, 0, sizeof(*peer));
	peer->fd = fd;
	peer->end = end;
	peer->in = buf_of(peer->bytes[0], sizeof(peer->bytes[0]));
	peer->out = buf_of(peer->bytes[1], sizeof(peer->bytes[1]));
	peer->plain_in = buf_of(peer->bytes[2], sizeof(peer->bytes[2]));
	peer->plain_out = buf_of(peer->bytes[3], sizeof(peer->bytes[3]));
}

static void step_peer(struct peer *peer)
{
	const struct tls_end_io io = {&peer->in, &peer->out, &peer->plain_in, &peer->plain_out,
	                              peer->eof};
	ssize_t n;

	if (!peer->end)
		return;
	n = recv(peer->fd, buf_room(&peer->in), buf_free(&peer->in), MSG_DONTWAIT);
	if (n > 0)
		buf_wrote(&peer->in, (size_t)n);
	else if (n == 0 || errno == ECONNRESET)
		peer->eof = true;
	peer->result = tls_end_step(peer->end, &io);
	if (!buf_len(&peer->out))
		return;
	n = send(peer->fd, buf_bytes(&peer->out).p, buf_len(&peer->out), MSG_NOSIGNAL);
	if (n > 0)
		buf_take(&peer->out, (size_t)n);
}

static void play(struct play *p)
{
	for (int i = 0; i < 20; i++) {
		rig_turn(p->r);
		mint(p);
		if (!p->origin.end && p->r->up_count && p->r->ups[p->r->up_count - 1].fd >= 0)
			open_peer(&p->origin, p->r->ups[p->r->up_count - 1].fd,
			          tls_end_server(p->outside.context, p->world_leaf, "ok.test"));
		step_peer(&p->guest);
		step_peer(&p->origin);
	}
}

static void tell(struct play *p, struct peer *peer, const char *text)
{
	assert_true(buf_put(&peer->plain_in, rd_of(text, strlen(text))));
	play(p);
}

static const char *heard(struct peer *peer)
{
	static char text[40001];
	const struct rd bytes = buf_bytes(&peer->plain_out);

	memcpy(text, bytes.p, bytes.n);
	text[bytes.n] = '\0';
	buf_take(&peer->plain_out, bytes.n);
	return text;
}

/* Handshake of a guest that asks for `name`. */
static void greet(struct play *p, const char *name)
{
	open_peer(&p->guest, rig_connect(p->r, RIG_TLS), tls_end_client(p->outside.context, name));
	play(p);
}

/* The guest has asked, and the origin has the request. */
static void ask(struct play *p)
{
	greet(p, "ok.test");
	assert_int_equal(p->guest.result, TLS_END_OK);
	assert_int_equal(p->r->up_count, 0);
	tell(p, &p->guest, GET);
	assert_int_equal(p->r->up_count, 1);
	assert_non_null(strstr(heard(&p->origin), "GET /a HTTP/1.1\r\nHost: ok.test\r\n"));
}

static void expect_idle(struct play *p)
{
	close_peer(&p->guest);
	play(p);
	rig_expect_idle(p->r);
}

static void request_goes_through_two_tls_connections(void **state)
{
	struct play *p = *state;

	ask(p);
	assert_int_equal(p->minted, 1);
	assert_int_equal(p->r->record_count, 2);
	assert_int_equal(p->r->records[0].verdict, RECORD_MITM);
	assert_string_equal(p->r->records[0].name, "ok.test");
	rig_expect_record(p->r, RECORD_HTTP, RECORD_ALLOW, REASON_NONE, "");
	tell(p, &p->origin, REPLY);
	assert_non_null(strstr(heard(&p->guest), "\r\n\r\nhi"));
	assert_int_equal(gate_pool_used(&p->r->gate->pool), 0);
	tell(p, &p->guest, GET);
	assert_int_equal(p->r->up_count, 1);
	tell(p, &p->origin, REPLY);
	assert_non_null(strstr(heard(&p->guest), "\r\n\r\nhi"));
	expect_idle(p);
}

static void denied_name_gets_an_alert_and_no_leaf(void **state)
{
	struct play *p = *state;

	greet(p, "no.test");
	assert_int_equal(p->guest.result, TLS_END_FAILED);
	assert_int_equal(p->minted, 0);
	rig_expect_record(p->r, RECORD_CONN, RECORD_DENY, REASON_NAME_DENIED, "");
	expect_idle(p);
}

static void host_other_than_the_name_is_421(void **state)
{
	struct play *p = *state;

	ask(p);
	tell(p, &p->origin, REPLY);
	heard(&p->guest);
	tell(p, &p->guest, "GET /x HTTP/1.1\r\nHost: other.test\r\n\r\n");
	assert_non_null(strstr(heard(&p->guest), "HTTP/1.1 421"));
	rig_expect_record(p->r, RECORD_HTTP, RECORD_DENY, REASON_HOST_MISMATCH, "");
	assert_null(strstr(heard(&p->origin), "/x"));
	assert_int_equal(p->guest.result, TLS_END_CLOSED);
	expect_idle(p);
}

static void certificate_for_another_name_is_502_and_gets_no_byte(void **state)
{
	struct play *p = *state;

	X509_free(p->world_leaf);
	p->world_leaf = make_leaf(&p->outside, "other.test");
	greet(p, "ok.test");
	tell(p, &p->guest, GET);
	assert_string_equal(heard(&p->origin), "");
	assert_non_null(strstr(heard(&p->guest), "HTTP/1.1 502"));
	rig_expect_record(p->r, RECORD_HTTP, RECORD_FAILED, REASON_UPSTREAM_CERTIFICATE,
	                  "wrong-name");
	expect_idle(p);
}

static void refusing_minter_is_an_alert(void **state)
{
	struct play *p = *state;

	p->refuses = true;
	greet(p, "ok.test");
	assert_int_equal(p->guest.result, TLS_END_FAILED);
	rig_expect_record(p->r, RECORD_CONN, RECORD_FAILED, REASON_GATE_FULL, "leaf");
	expect_idle(p);
}

static void cut_reply_is_no_clean_end(void **state)
{
	struct play *p = *state;

	ask(p);
	tell(p, &p->origin, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	assert_non_null(strstr(heard(&p->guest), "half"));
	close_peer(&p->origin);
	p->r->ups[0].fd = -1;
	p->r->up_count = 0;
	play(p);
	assert_int_equal(p->r->abort_count, 1);
	assert_int_equal(p->guest.result, TLS_END_CUT);
	rig_expect_record(p->r, RECORD_HTTP, RECORD_FAILED, REASON_UPSTREAM_UNREACHABLE, "cut");
	expect_idle(p);
}

/* A reply until close is complete only if TLS says so. */
static void end_without_close_notify_is_a_cut(void **state)
{
	struct play *p = *state;

	ask(p);
	tell(p, &p->origin, "HTTP/1.1 200 OK\r\n\r\nall there is");
	assert_int_equal(shutdown(p->origin.fd, SHUT_WR), 0);
	play(p);
	assert_int_equal(p->r->abort_count, 1);
	assert_null(strstr(heard(&p->guest), "\r\n0\r\n"));
	expect_idle(p);
}

static void end_with_close_notify_is_an_end(void **state)
{
	struct play *p = *state;

	ask(p);
	tell(p, &p->origin, "HTTP/1.1 200 OK\r\n\r\nall there is");
	tls_end_finish(p->origin.end);
	play(p);
	assert_int_equal(p->r->abort_count, 0);
	assert_non_null(strstr(heard(&p->guest), "\r\n0\r\n"));
	expect_idle(p);
}

static void guest_that_is_gone_takes_its_upstream_along(void **state)
{
	struct play *p = *state;

	ask(p);
	expect_idle(p);
	assert_true(p->origin.eof);
}

static void splice_entry_is_spliced(void **state)
{
	struct play *p = *state;

	X509_free(p->world_leaf);
	p->world_leaf = make_leaf(&p->outside, "pin.test");
	greet(p, "pin.test");
	assert_int_equal(p->minted, 0);
	assert_int_equal(p->r->up_count, 1);
	rig_expect_record(p->r, RECORD_CONN, RECORD_SPLICE, REASON_NONE, "");
	expect_idle(p);
}

static void handshake_that_stops_is_cut(void **state)
{
	struct play *p = *state;
	struct peer *guest = &p->guest;

	open_peer(guest, rig_connect(p->r, RIG_TLS), tls_end_client(p->outside.context, "ok.test"));
	step_peer(guest);
	rig_turn(p->r);
	mint(p);
	rig_turn(p->r);
	rig_later(p->r, 11);
	assert_true(recv(guest->fd, guest->bytes[0], sizeof(guest->bytes[0]), 0) > 0);
	rig_expect_record(p->r, RECORD_CONN, RECORD_DENY, REASON_TOO_SLOW, "handshake");
	expect_idle(p);
}

static void idle_connection_gets_a_clean_end(void **state)
{
	struct play *p = *state;

	ask(p);
	tell(p, &p->origin, REPLY);
	heard(&p->guest);
	rig_later(p->r, 61);
	play(p);
	assert_int_equal(p->guest.result, TLS_END_CLOSED);
	assert_true(p->guest.eof);
	assert_int_equal(p->r->abort_count, 0);
	expect_idle(p);
}

static void revoked_name_is_cut(void **state)
{
	struct play *p = *state;
	struct policy next = p->r->policy;

	ask(p);
	next.web.name_count = 0;
	policy_share_put(p->r->share, 1, &next);
	rig_order(p->r, ORDER_POLICY, 1);
	play(p);
	assert_int_equal(p->r->abort_count, 1);
	assert_true(p->origin.eof);
	expect_idle(p);
}

static void websocket_is_a_tunnel_until_both_have_ended(void **state)
{
	struct play *p = *state;
	struct policy next = p->r->policy;
	struct policy_http rule = {
	        .id = "ws", .domain = "ok.test", .path = "/", .prefix = true, .websocket = true};
	static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: ok.test\r\nConnection: Upgrade\r\n"
	                              "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

	greet(p, "ok.test");
	next.web.rules = &rule;
	next.web.rule_count = 1;
	policy_share_put(p->r->share, 1, &next);
	rig_order(p->r, ORDER_POLICY, 1);
	tell(p, &p->guest, upgrade);
	rig_expect_record(p->r, RECORD_HTTP, RECORD_ALLOW, REASON_NONE, "");
	assert_string_equal(rig_record(p->r)->rule, "ws");
	assert_non_null(strstr(heard(&p->origin), "Upgrade: websocket"));
	tell(p, &p->origin,
	     "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
	     "Upgrade: websocket\r\n"
	     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello");
	assert_non_null(strstr(heard(&p->guest), "\r\n\r\nhello"));
	tell(p, &p->guest, "frames");
	assert_string_equal(heard(&p->origin), "frames");
	tls_end_finish(p->origin.end);
	play(p);
	assert_int_equal(p->guest.result, TLS_END_CLOSED);
	tell(p, &p->guest, "more");
	assert_string_equal(heard(&p->origin), "more");
	tls_end_finish(p->guest.end);
	play(p);
	assert_int_equal(p->origin.result, TLS_END_CLOSED);
	expect_idle(p);
}

static void upgrade_without_a_rule_is_403(void **state)
{
	struct play *p = *state;

	greet(p, "ok.test");
	tell(p, &p->guest,
	     "GET /ws HTTP/1.1\r\nHost: ok.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	assert_non_null(strstr(heard(&p->guest), " 403 "));
	rig_expect_record(p->r, RECORD_HTTP, RECORD_DENY, REASON_UPGRADE_DENIED, "");
	assert_int_equal(p->r->up_count, 0);
	expect_idle(p);
}

/* More than all buffers together, in pieces that are no multiple of anything. */
static void long_bodies_arrive_whole(void **state)
{
	struct play *p = *state;
	enum { LENGTH = 1000000, PIECE = 7001 };
	size_t sent = 0, got = 0;
	uint8_t piece[PIECE];

	ask(p);
	tell(p, &p->origin, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
	heard(&p->guest);
	for (int i = 0; got < LENGTH; i++) {
		const size_t n = LENGTH - sent < PIECE ? LENGTH - sent : PIECE;
		struct rd bytes;

		assert_true(i < 10000);
		for (size_t at = 0; at < n; at++)
			piece[at] = (uint8_t)((sent + at) % 251);
		if (buf_put(&p->origin.plain_in, rd_of(piece, n)))
			sent += n;
		step_peer(&p->origin);
		rig_turn(p->r);
		step_peer(&p->guest);
		bytes = buf_bytes(&p->guest.plain_out);
		for (size_t at = 0; at < bytes.n; at++)
			assert_int_equal(bytes.p[at], (got + at) % 251);
		got += bytes.n;
		buf_take(&p->guest.plain_out, bytes.n);
	}
	play(p);
	assert_int_equal(gate_pool_used(&p->r->gate->pool), 0);
	expect_idle(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_play, close_play)
	        TEST(request_goes_through_two_tls_connections),
	        TEST(denied_name_gets_an_alert_and_no_leaf),
	        TEST(host_other_than_the_name_is_421),
	        TEST(certificate_for_another_name_is_502_and_gets_no_byte),
	        TEST(refusing_minter_is_an_alert),
	        TEST(cut_reply_is_no_clean_end),
	        TEST(end_without_close_notify_is_a_cut),
	        TEST(end_with_close_notify_is_an_end),
	        TEST(guest_that_is_gone_takes_its_upstream_along),
	        TEST(splice_entry_is_spliced),
	        TEST(handshake_that_stops_is_cut),
	        TEST(idle_connection_gets_a_clean_end),
	        TEST(revoked_name_is_cut),
	        TEST(websocket_is_a_tunnel_until_both_have_ended),
	        TEST(upgrade_without_a_rule_is_403),
	        TEST(long_bodies_arrive_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
