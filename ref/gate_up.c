/* SPDX-License-Identifier: ISC */
/* gate_up.c: from an allowed name to a connection: resolve, dial, connect, TLS. */
#include "ref/gate_loop.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What follows is recorded and told to the guest as the upstream's fault. */
static void fail(struct gate *gate, struct gate_conn *conn, enum reason reason, const char *detail,
                 uint16_t status)
{
	struct gate_decision decision = {
	        .then = GATE_THEN_REFUSE,
	        .kind = RECORD_HTTP,
	        .verdict = RECORD_FAILED,
	        .reason = reason,
	        .detail = detail,
	        .status = status,
	};

	gate_up_drop(gate, conn, true);
	if (conn->decision.then != GATE_THEN_NOTHING)
		return; /* the guest's connection ends anyway, for another reason */
	if (conn->stage == GATE_SPLICE) {
		decision.kind = RECORD_CONN;
		decision.then = GATE_THEN_ABORT;
		decision.status = 0;
	} else if (conn->exchange.request.reply_begun) {
		decision.status = 0;
	}
	gate_conn_decide(gate, conn, decision);
}

static void step_tls(struct gate *gate, struct gate_conn *conn)
{
	const struct tls_end_io io = {
	        .cipher_in = gate_conn_buf(gate, conn, GATE_UP_IN),
	        .cipher_out = gate_conn_buf(gate, conn, GATE_UP_OUT),
	        .plain_in = gate_conn_buf(gate, conn, GATE_UP_PLAIN_OUT),
	        .plain_out = gate_conn_buf(gate, conn, GATE_UP_PLAIN_IN),
	        .cipher_end = conn->up.eof || conn->up.reset,
	};
	const enum tls_end_result result = tls_end_step(conn->up_tls, &io);

	conn->up_held = !buf_free(io.plain_out) || !buf_free(io.cipher_out);
	switch (result) {
	case TLS_END_HANDSHAKING:
		return;
	case TLS_END_OK:
		conn->up_stage = GATE_UP_OPEN;
		return;
	case TLS_END_CUT:
		conn->up_cut = true;
		conn->up_end = true;
		return;
	case TLS_END_CLOSED:
		conn->up_stage = GATE_UP_OPEN;
		conn->up_end = true;
		return;
	case TLS_END_FAILED:
	default:
		break;
	}
	if (conn->up_stage == GATE_UP_OPEN)
		conn->up_cut = conn->up_end = true;
}

void gate_up_drop(struct gate *gate, struct gate_conn *conn, bool reset)
{
	if (conn->up_stage == GATE_UP_NONE)
		return;
	if (conn->up_stage == GATE_UP_RESOLVE)
		names_forget(gate->names, gate_name_token(gate, conn));
	if (conn->up_tls && !reset && conn->up_stage == GATE_UP_OPEN) {
		/* As far as it goes without waiting: the close_notify is politeness here. */
		tls_end_finish(conn->up_tls);
		step_tls(gate, conn);
		gate_side_write(&conn->up, gate_conn_buf(gate, conn, GATE_UP_OUT));
	}
	if (conn->up_tls)
		tls_end_free(conn->up_tls);
	conn->up_tls = NULL;
	gate_side_close(&conn->up, reset);
	conn->up = (struct gate_side){.fd = -1};
	for (int i = GATE_UP_IN; i <= GATE_UP_PLAIN_OUT; i++)
		gate_pool_drop(&gate->pool, &conn->bufs[i]);
	conn->up_stage = GATE_UP_NONE;
	conn->up_end = conn->up_cut = conn->up_held = false;
}

static void dial(struct gate *gate, struct gate_conn *conn)
{
	const struct names_result *at = &conn->up_addresses;

	if (conn->up_next == at->address_count) {
		fail(gate, conn, REASON_UPSTREAM_UNREACHABLE, "refused", 502);
		return;
	}
	conn->up_stage = GATE_UP_QUEUE;
	if (!gate_send_dial(gate, conn, at->addresses[conn->up_next], conn->arrival.dst_port))
		return;
	conn->up_stage = GATE_UP_DIAL;
	conn->up_next++;
}

void gate_up_resolved(struct gate *gate, struct gate_conn *conn, const struct names_result *result)
{
	if (result->status == NAMES_READY) {
		conn->up_addresses = *result;
		conn->up_next = 0;
		dial(gate, conn);
	} else {
		conn->up_stage = GATE_UP_DIAL; /* nobody to forget */
		fail(gate, conn, result->reason,
		     result->fault == DNS_OK ? NULL : dns_fault_name(result->fault), 502);
	}
	gate_make_due(gate, conn);
}

void gate_up_start(struct gate *gate, struct gate_conn *conn)
{
	struct names_result result;
	enum names_status status;

	gate_up_drop(gate, conn, false);
	conn->up_serial = ++gate->serial;
	conn->up_since_ns = gate->now_ns;
	conn->up_stage = GATE_UP_RESOLVE;
	status = names_resolve(gate->names, conn->name, gate_name_token(gate, conn), gate->now_ns,
	                       &result);
	if (status != NAMES_WAIT)
		gate_up_resolved(gate, conn, &result);
}

void gate_up_dialled(struct gate *gate, struct gate_conn *conn, enum dialer_status status, int fd)
{
	gate_make_due(gate, conn);
	if (status != DIALER_OK || fd < 0) {
		dial(gate, conn);
		return;
	}
	conn->up_stage = GATE_UP_CONNECT;
	if (!gate_side_open(&conn->up, gate->epoll, fd, gate_up_token(gate, conn), true))
		fail(gate, conn, REASON_GATE_FULL, NULL, 502);
}

static void connected(struct gate *gate, struct gate_conn *conn)
{
	if (!conn->up.writable)
		return;
	if (gate_side_error(&conn->up)) {
		gate_side_close(&conn->up, true);
		conn->up_serial = ++gate->serial;
		dial(gate, conn);
		return;
	}
	conn->moved_ns = gate->now_ns;
	if (conn->stage == GATE_SPLICE || !conn->tls) {
		conn->up_stage = GATE_UP_OPEN;
		return;
	}
	conn->up_tls = tls_end_client(gate->context, conn->name);
	conn->up_stage = GATE_UP_SHAKE;
	if (!conn->up_tls)
		fail(gate, conn, REASON_GATE_FULL, NULL, 502);
}

/* Whether a step could do anything. */
static bool tls_has_work(const struct gate_conn *conn)
{
	return conn->up_stage != GATE_UP_OPEN || conn->up_held ||
	       buf_len(&conn->bufs[GATE_UP_IN]) || buf_len(&conn->bufs[GATE_UP_PLAIN_OUT]) ||
	       (conn->up.eof || conn->up.reset) != conn->up_end || conn->exchange.end_up;
}

/* Its certificate, or the handshake otherwise. */
static void refuse_peer(struct gate *gate, struct gate_conn *conn)
{
	const enum tls_failure failure = tls_end_failure(conn->up_tls);

	gate_side_write(&conn->up, &conn->bufs[GATE_UP_OUT]); /* the alert, if there is room */
	fail(gate, conn,
	     tls_failure_is_certificate(failure) ? REASON_UPSTREAM_CERTIFICATE
	                                         : REASON_UPSTREAM_UNREACHABLE,
	     tls_failure_name(failure), 502);
}

void gate_up_run(struct gate *gate, struct gate_conn *conn)
{
	if (conn->up_stage == GATE_UP_QUEUE)
		dial(gate, conn);
	if (conn->up_stage == GATE_UP_CONNECT)
		connected(gate, conn);
	if (conn->up_tls && !conn->up_cut && tls_has_work(conn)) {
		step_tls(gate, conn);
		if (conn->up_stage == GATE_UP_SHAKE &&
		    tls_end_failure(conn->up_tls) != TLS_FAILURE_NONE)
			refuse_peer(gate, conn);
	}
}

void gate_up_expire(struct gate *gate, struct gate_conn *conn)
{
	static const char *const words[] = {
	        [GATE_UP_RESOLVE] = "resolve", [GATE_UP_QUEUE] = "dial",
	        [GATE_UP_DIAL] = "dial",       [GATE_UP_CONNECT] = "connect",
	        [GATE_UP_SHAKE] = "handshake",
	};

	fail(gate, conn, REASON_TOO_SLOW, words[conn->up_stage], 504);
}
