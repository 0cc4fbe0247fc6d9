/* SPDX-License-Identifier: ISC */
/* gate_serve.c: requests and replies. The exchange (exchange.h) reads and writes them; here bytes are
 * moved to where it finds them, and it is told what was decided. */
#include "ref/gate_loop.h"
#include "ref/policy_http.h"
#include "ref/policy_name.h"

#include <string.h>

#define ROUNDS 8 /* at most so often a buffer each way, then others have their turn */

static struct rd bytes_of(const char *text)
{
	return rd_of((const uint8_t *)text, strlen(text));
}

struct gate_decision gate_serve_judge(const struct gate *gate, const struct gate_conn *conn)
{
	const struct policy_web *web = &gate->policy->web;
	const struct exchange_request *request = &conn->exchange.request;
	const struct rd method = bytes_of(request->method), path = bytes_of(request->path);
	const struct policy_http *rule = NULL;
	struct gate_decision decision = {
	        .then = GATE_THEN_REFUSE,
	        .kind = RECORD_HTTP,
	        .verdict = RECORD_DENY,
	        .status = 403,
	};

	if (policy_name_decide(web, request->host, NULL) != NAME_ALLOWED) {
		decision.reason = REASON_NAME_DENIED;
	} else if (!policy_http_decide(web, request->host, method, path, &rule)) {
		decision.reason = REASON_REQUEST_DENIED;
	} else if (request->websocket &&
	           !policy_http_allows_websocket(web, request->host, method, path)) {
		decision.reason = REASON_UPGRADE_DENIED;
	} else {
		decision.then = GATE_THEN_ALLOW;
		decision.verdict = RECORD_ALLOW;
		decision.status = 0;
	}
	if (rule)
		memcpy(decision.rule, rule->id, sizeof(decision.rule));
	return decision;
}

void gate_serve_start(struct gate *gate, struct gate_conn *conn)
{
	conn->stage = GATE_SERVE;
	conn->since_ns = conn->moved_ns = gate->now_ns;
	exchange_start(&conn->exchange, conn->tls ? conn->name : NULL, conn->arrival.dst_port,
	               gate->policy->web.body_max);
}

/* --- what the exchange says --- */

/* It has seen to the rest. */
static struct gate_decision fault_of(const struct exchange *exchange)
{
	struct gate_decision decision = {
	        .then = GATE_THEN_GO_ON,
	        .kind = RECORD_HTTP,
	        .verdict = RECORD_DENY,
	        .status = 403,
	};

	if (exchange->detail != HTTP1_NONE)
		decision.detail = http1_reason_word(exchange->detail);
	switch (exchange->fault) {
	case EXCHANGE_FAULT_HOST:
		decision.reason = REASON_HOST_MISMATCH;
		decision.status = 421;
		break;
	case EXCHANGE_FAULT_ADDRESS:
		decision.reason = REASON_NAME_DENIED;
		decision.detail = "address";
		break;
	case EXCHANGE_FAULT_UPGRADE:
		decision.reason = REASON_UPGRADE_DENIED;
		break;
	case EXCHANGE_FAULT_LARGE:
		decision.reason = REASON_TOO_LARGE;
		decision.status = 413;
		break;
	case EXCHANGE_FAULT_REPLY:
		decision.verdict = RECORD_FAILED;
		decision.reason = REASON_UPSTREAM_MALFORMED;
		decision.status = 502;
		break;
	case EXCHANGE_FAULT_CUT:
		decision.verdict = RECORD_FAILED;
		decision.reason = REASON_UPSTREAM_UNREACHABLE;
		decision.detail = "cut";
		decision.status = 502;
		break;
	case EXCHANGE_FAULT_MALFORMED:
	case EXCHANGE_FAULT_NONE:
	default:
		decision.reason = REASON_HTTP_MALFORMED;
		decision.status = (uint16_t)http1_reason_status(exchange->detail);
		break;
	}
	if (exchange->request.reply_begun)
		decision.status = 0;
	return decision;
}

static bool is_busy(const struct gate_conn *conn)
{
	return conn->exchange.phase == EXCHANGE_BUSY || conn->exchange.phase == EXCHANGE_TUNNEL;
}

/* The upstream connection broke, and all that came before is used up. Between requests that is an
 * end like any other. */
static void break_off(struct gate *gate, struct gate_conn *conn)
{
	struct gate_decision decision = {
	        .then = GATE_THEN_REFUSE,
	        .kind = RECORD_HTTP,
	        .verdict = RECORD_FAILED,
	        .reason = REASON_UPSTREAM_UNREACHABLE,
	        .detail = "cut",
	        .status = conn->exchange.request.reply_begun ? 0 : 502,
	};

	gate_up_drop(gate, conn, true);
	gate_conn_decide(gate, conn, decision);
}

static bool guest_has_ended(const struct gate_conn *conn)
{
	return conn->tls ? conn->guest_end : conn->guest.eof;
}

static struct exchange_io io_of(struct gate *gate, struct gate_conn *conn)
{
	const bool up_broken = conn->up_cut || conn->up.reset;
	struct exchange_io io = {
	        .guest_eof = guest_has_ended(conn),
	        .up_eof = conn->up_stage != GATE_UP_NONE &&
	                  (up_broken ? !is_busy(conn)
	                             : conn->up_end || (!conn->up_tls && conn->up.eof)),
	};

	io.guest_in = gate_conn_buf(gate, conn, conn->tls ? GATE_GUEST_PLAIN_IN : GATE_GUEST_IN);
	io.guest_out = gate_conn_buf(gate, conn, conn->tls ? GATE_GUEST_PLAIN_OUT : GATE_GUEST_OUT);
	io.up_in = gate_conn_buf(gate, conn, conn->tls ? GATE_UP_PLAIN_IN : GATE_UP_IN);
	io.up_out = gate_conn_buf(gate, conn, conn->tls ? GATE_UP_PLAIN_OUT : GATE_UP_OUT);
	return io;
}

/* Steps until there is nothing to do or something to wait for; whether anything happened. */
static bool exchange(struct gate *gate, struct gate_conn *conn)
{
	const enum exchange_phase before = conn->exchange.phase;
	bool moved = false;

	for (;;) {
		const struct exchange_io io = io_of(gate, conn);
		const size_t in = buf_len(io.guest_in) + buf_len(io.up_in);
		const size_t out = buf_len(io.guest_out) + buf_len(io.up_out);
		enum exchange_said said = exchange_step(&conn->exchange, &io);

		moved = moved || in != buf_len(io.guest_in) + buf_len(io.up_in) ||
		        out != buf_len(io.guest_out) + buf_len(io.up_out);
		switch (said) {
		case EXCHANGE_REQUEST:
			gate_conn_decide(gate, conn, gate_serve_judge(gate, conn));
			return true;
		case EXCHANGE_FAULT:
			gate_conn_decide(gate, conn, fault_of(&conn->exchange));
			return true;
		case EXCHANGE_DROP:
			gate_up_drop(gate, conn, false);
			break;
		case EXCHANGE_CLOSE:
			gate_conn_close(gate, conn);
			return true;
		case EXCHANGE_ABORT:
			gate_conn_abort(gate, conn);
			return true;
		case EXCHANGE_MORE:
		default:
			if (conn->exchange.phase == EXCHANGE_HEAD && before != EXCHANGE_HEAD)
				conn->head_ns = gate->now_ns;
			if ((conn->up_cut || conn->up.reset) && is_busy(conn) &&
			    !buf_len(io.up_in) && conn->up_stage != GATE_UP_NONE) {
				break_off(gate, conn);
				return true;
			}
			return moved;
		}
	}
}

/* --- bytes --- */

static size_t length(const struct gate_conn *conn, enum gate_buffer which)
{
	return buf_len(&conn->bufs[which]);
}

static size_t read_sides(struct gate *gate, struct gate_conn *conn)
{
	size_t n = 0;

	if (conn->guest.readable)
		n += gate_side_read(&conn->guest, gate_conn_buf(gate, conn, GATE_GUEST_IN));
	if (conn->up_stage >= GATE_UP_SHAKE && conn->up.readable)
		n += gate_side_read(&conn->up, gate_conn_buf(gate, conn, GATE_UP_IN));
	return n;
}

static size_t write_sides(struct gate_conn *conn)
{
	size_t n = gate_side_write(&conn->guest, &conn->bufs[GATE_GUEST_OUT]);

	if (conn->up_stage < GATE_UP_SHAKE)
		return n;
	n += gate_side_write(&conn->up, &conn->bufs[GATE_UP_OUT]);
	if (conn->up.deaf) /* it may have replied all the same, and its end comes behind that */
		buf_take(&conn->bufs[GATE_UP_OUT], length(conn, GATE_UP_OUT));
	return n;
}

/* Ends of halves in a tunnel. */
static void pass_ends(struct gate_conn *conn)
{
	if (conn->exchange.end_up && conn->up_tls)
		tls_end_finish(conn->up_tls);
	if (conn->exchange.end_guest && conn->tls)
		tls_end_finish(conn->tls);
	if (conn->exchange.end_up && !length(conn, GATE_UP_OUT) &&
	    (!conn->up_tls || tls_end_finished(conn->up_tls)))
		gate_side_shut(&conn->up);
	if (conn->exchange.end_guest && !length(conn, GATE_GUEST_OUT) &&
	    (!conn->tls || tls_end_finished(conn->tls)))
		gate_side_shut(&conn->guest);
}

/* Whether the connection is still what it was: nothing was decided or ended. */
static bool goes_on(const struct gate_conn *conn)
{
	return conn->stage == GATE_SERVE && conn->decision.then == GATE_THEN_NOTHING;
}

/* TLS on both sides takes a step when there is anything for it. */
static bool step_both(struct gate *gate, struct gate_conn *conn)
{
	if (conn->tls && !gate_conn_step_tls(gate, conn))
		return false;
	gate_up_run(gate, conn);
	return goes_on(conn);
}

void gate_serve_run(struct gate *gate, struct gate_conn *conn)
{
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = read_sides(gate, conn);
		bool moved;

		if (!step_both(gate, conn))
			return;
		if (guest_has_ended(conn) && !conn->guest_end_ns)
			conn->guest_end_ns = gate->now_ns;
		moved = exchange(gate, conn);
		if (conn->stage != GATE_SERVE)
			return;
		if (conn->decision.then != GATE_THEN_NOTHING)
			return; /* what the exchange has written may be about it */
		if (moved && !step_both(gate, conn))
			return;
		pass_ends(conn);
		n += write_sides(conn);
		if (n)
			conn->moved_ns = gate->now_ns;
		if (!n && !moved)
			return;
	}
	gate_make_due(gate, conn);
}

/* --- deadlines --- */

uint64_t gate_serve_half_deadline(const struct gate_conn *conn)
{
	if (!conn->guest_end_ns || conn->exchange.phase != EXCHANGE_BUSY ||
	    conn->exchange.request.reply_begun)
		return UINT64_MAX;
	return conn->guest_end_ns + GATE_HALF_MS * UINT64_C(1000000);
}

void gate_serve_expire(struct gate *gate, struct gate_conn *conn)
{
	struct gate_decision slow = {
	        .then = GATE_THEN_REFUSE,
	        .kind = RECORD_HTTP,
	        .verdict = RECORD_DENY,
	        .reason = REASON_TOO_SLOW,
	        .status = 408,
	        .detail = "head",
	};

	if (conn->tls && !conn->tls_open) {
		slow.then = GATE_THEN_CLOSE;
		slow.kind = RECORD_CONN;
		slow.status = 0;
		slow.detail = "handshake";
		gate_conn_decide(gate, conn, slow);
		return;
	}
	if (gate->now_ns >= gate_serve_half_deadline(conn)) {
		gate_conn_abort(gate, conn);
		return;
	}
	switch (conn->exchange.phase) {
	case EXCHANGE_HEAD:
		gate_conn_decide(gate, conn, slow);
		break;
	case EXCHANGE_BUSY:
		slow.verdict = RECORD_FAILED;
		slow.status = conn->exchange.request.reply_begun ? 0 : 504;
		slow.detail = "idle";
		gate_conn_decide(gate, conn, slow);
		break;
	case EXCHANGE_IDLE:
		gate_conn_close(gate, conn);
		break;
	case EXCHANGE_ASKED:
	case EXCHANGE_TUNNEL:
	case EXCHANGE_LAST:
	case EXCHANGE_ENDED:
	default:
		gate_conn_abort(gate, conn);
		break;
	}
}
