/* SPDX-License-Identifier: ISC */
/* gate_splice.c: bytes of an allowed name, passed on as they are.
 *
 * But for one thing: to a HelloRetryRequest the guest answers with a second hello, and the server may
 * go by that. So what comes behind the first waits for the server's answer, and if that is such a
 * request, until it is known to be a hello of the same name. */
#include "ref/gate_loop.h"

#include <string.h>

#define ROUNDS 8

#define RECORD_CHANGE     20 /* change_cipher_spec: compatibility, may stand in front of it */
#define RECORD_CHANGE_LEN 6

/* RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest", for a random. */
static const uint8_t retry[] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

enum second { SECOND_UNKNOWN, SECOND_SAME, SECOND_OTHER };

static enum second look(struct gate *gate, const struct gate_conn *conn, struct rd bytes)
{
	struct tls_hello hello;

	if (bytes.n && bytes.p[0] == RECORD_CHANGE) {
		if (bytes.n <= RECORD_CHANGE_LEN)
			return SECOND_UNKNOWN;
		bytes = rd_of(bytes.p + RECORD_CHANGE_LEN, bytes.n - RECORD_CHANGE_LEN);
	}
	switch (tls_hello_parse(bytes, gate->scratch, &hello)) {
	case TLS_HELLO_OK:
		return strcmp(hello.name, conn->name) == 0 ? SECOND_SAME : SECOND_OTHER;
	case TLS_HELLO_MORE:
		return SECOND_UNKNOWN;
	case TLS_HELLO_BAD:
	default:
		return SECOND_OTHER;
	}
}

/* Remembers how the server's answer begins, until that says whether it is a request for another
 * hello. */
static void look_at_answer(struct gate_conn *conn, struct rd bytes)
{
	const size_t random_at = GATE_ANSWER_MAX - sizeof(retry);
	const size_t room = sizeof(conn->answer) - conn->answer_len;
	const size_t n = bytes.n < room ? bytes.n : room;

	if (!n)
		return;
	memcpy(conn->answer + conn->answer_len, bytes.p, n);
	conn->answer_len = (uint8_t)(conn->answer_len + n);
	if (conn->answer_len == sizeof(conn->answer))
		conn->watches_hello = memcmp(conn->answer + random_at, retry, sizeof(retry)) == 0;
}

/* How many bytes of the guest's may go on. */
static size_t passable(struct gate *gate, struct gate_conn *conn)
{
	const struct rd bytes = buf_bytes(&conn->bufs[GATE_GUEST_IN]);
	const size_t hello = conn->hello_left < bytes.n ? conn->hello_left : bytes.n;

	if (!conn->watches_hello)
		return bytes.n;
	if (conn->answer_len < sizeof(conn->answer) || hello < conn->hello_left || hello == bytes.n)
		return hello;
	switch (look(gate, conn, rd_of(bytes.p + hello, bytes.n - hello))) {
	case SECOND_UNKNOWN:
		return hello;
	case SECOND_OTHER:
		gate_conn_decide(gate, conn,
		                 (struct gate_decision){
		                         .then = GATE_THEN_ABORT,
		                         .kind = RECORD_CONN,
		                         .verdict = RECORD_DENY,
		                         .reason = REASON_TLS_REFUSED,
		                         .detail = "name-changed",
		                 });
		return 0;
	case SECOND_SAME:
	default:
		conn->watches_hello = false;
		return bytes.n;
	}
}

static size_t pass_up(struct gate *gate, struct gate_conn *conn)
{
	struct buf *in = &conn->bufs[GATE_GUEST_IN];
	const size_t len = passable(gate, conn);
	struct buf part = buf_of(in->memory + in->from, len);
	size_t n;

	part.to = len;
	n = gate_side_write(&conn->up, &part);
	if (conn->up.deaf)
		n = len; /* what it still says is passed on; its end comes behind that */
	buf_take(in, n);
	conn->hello_left -= n < conn->hello_left ? n : conn->hello_left;
	return n;
}

/* Ends of halves, once what was in front of them has been passed on. */
static void pass_ends(struct gate *gate, struct gate_conn *conn)
{
	const bool guest_empty = !buf_len(&conn->bufs[GATE_GUEST_IN]);
	const bool up_empty = !buf_len(&conn->bufs[GATE_UP_IN]);

	if (conn->up.reset && up_empty) {
		gate_conn_abort(gate, conn);
		return;
	}
	/* A second hello that is cut in the middle goes nowhere. */
	if (conn->guest.eof &&
	    (guest_empty || (conn->watches_hello && conn->answer_len == sizeof(conn->answer))))
		gate_side_shut(&conn->up);
	if (conn->up.eof && up_empty)
		gate_side_shut(&conn->guest);
	if (conn->guest.shut && conn->up.shut) {
		gate_up_drop(gate, conn, false);
		gate_conn_end(gate, conn);
	}
}

static size_t read_answer(struct gate *gate, struct gate_conn *conn)
{
	struct buf *in = gate_conn_buf(gate, conn, GATE_UP_IN);
	const size_t before = buf_len(in);
	const size_t n = gate_side_read(&conn->up, in);
	const struct rd all = buf_bytes(in);

	look_at_answer(conn, rd_of(all.p + before, n));
	return n;
}

void gate_splice_run(struct gate *gate, struct gate_conn *conn)
{
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = gate_side_read(&conn->guest, gate_conn_buf(gate, conn, GATE_GUEST_IN));

		gate_up_run(gate, conn);
		if (conn->up_stage != GATE_UP_OPEN)
			return;
		n += pass_up(gate, conn);
		if (conn->decision.then != GATE_THEN_NOTHING)
			return;
		n += read_answer(gate, conn);
		n += gate_side_write(&conn->guest, &conn->bufs[GATE_UP_IN]);
		if (!n) {
			pass_ends(gate, conn);
			return;
		}
		conn->moved_ns = gate->now_ns;
	}
	gate_make_due(gate, conn);
}
