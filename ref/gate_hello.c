/* SPDX-License-Identifier: ISC */
/* gate_hello.c: a connection to a port of TLS, until it is known who is asked for and by whose
 * certificate. */
#include "ref/gate_loop.h"
#include "ref/policy_name.h"

#include <string.h>

/* ... before a byte goes upstream. */
struct gate_decision gate_hello_judge(const struct gate *gate, const struct gate_conn *conn)
{
	const struct policy_web *web = &gate->policy->web;
	const struct policy_name *entry;
	struct gate_decision decision = {
	        .then = GATE_THEN_CLOSE,
	        .kind = RECORD_CONN,
	        .verdict = RECORD_DENY,
	        .alert = TLS_ALERT_ACCESS_DENIED,
	};

	if (policy_name_decide(web, conn->name, &entry) != NAME_ALLOWED) {
		decision.reason = REASON_NAME_DENIED;
		return decision;
	}
	if (policy_name_splices(web, entry)) {
		if (conn->opaque) {
			decision.reason = REASON_TLS_REFUSED;
			decision.detail = conn->opaque;
			return decision;
		}
		return (struct gate_decision){
		        .then = GATE_THEN_SPLICE, .verdict = RECORD_SPLICE, .kind = RECORD_CONN};
	}
	return (struct gate_decision){
	        .then = GATE_THEN_MITM, .verdict = RECORD_MITM, .kind = RECORD_CONN};
}

static void refuse(struct gate *gate, struct gate_conn *conn, enum tls_fault fault)
{
	const bool understood = fault == TLS_FAULT_NAME_ABSENT || fault == TLS_FAULT_VERSION_OLD;
	struct gate_decision decision = {
	        .then = GATE_THEN_CLOSE,
	        .kind = RECORD_CONN,
	        .verdict = RECORD_DENY,
	        .reason = understood ? REASON_TLS_REFUSED : REASON_TLS_MALFORMED,
	        .detail = tls_fault_name(fault),
	};
	enum tls_alert alert;

	if (tls_alert_for(fault, &alert))
		decision.alert = (uint8_t)alert;
	gate_conn_decide(gate, conn, decision);
}

/* The stream has ended, and there is no hello. Nothing was asked for where there was nothing. */
static void miss(struct gate *gate, struct gate_conn *conn)
{
	if (!buf_len(&conn->bufs[GATE_GUEST_IN])) {
		gate_conn_close(gate, conn);
		return;
	}
	gate_conn_decide(gate, conn,
	                 (struct gate_decision){
	                         .then = GATE_THEN_CLOSE,
	                         .kind = RECORD_CONN,
	                         .verdict = RECORD_DENY,
	                         .reason = REASON_TLS_MALFORMED,
	                         .detail = "cut",
	                 });
}

void gate_hello_run(struct gate *gate, struct gate_conn *conn)
{
	struct buf *in = gate_conn_buf(gate, conn, GATE_GUEST_IN);
	struct tls_hello hello;

	gate_side_read(&conn->guest, in);
	switch (tls_hello_parse(buf_bytes(in), gate->scratch, &hello)) {
	case TLS_HELLO_MORE:
		if (conn->guest.eof)
			miss(gate, conn);
		return;
	case TLS_HELLO_OK:
		break;
	case TLS_HELLO_BAD:
	default:
		refuse(gate, conn, hello.fault);
		return;
	}
	memcpy(conn->name, hello.name, sizeof(conn->name));
	conn->opaque = hello.ech ? "ech" : hello.early_data ? "early-data" : NULL;
	conn->hello_left = hello.stream_len;
	conn->watches_hello = true;
	gate_conn_decide(gate, conn, gate_hello_judge(gate, conn));
}

void gate_leaf_run(struct gate *gate, struct gate_conn *conn)
{
	X509 *leaf;

	switch (leaf_get(gate->leaves, conn->name, gate_calendar_s(), &leaf)) {
	case LEAF_WAIT:
		gate_wait_for(gate, conn, GATE_WAITS_LEAF);
		return;
	case LEAF_READY:
		conn->tls = tls_end_server(gate->context, leaf, conn->name);
		if (conn->tls) {
			gate_serve_start(gate, conn);
			return;
		}
		break;
	case LEAF_FAILED:
	default:
		break;
	}
	gate_conn_decide(gate, conn,
	                 (struct gate_decision){
	                         .then = GATE_THEN_CLOSE,
	                         .kind = RECORD_CONN,
	                         .verdict = RECORD_FAILED,
	                         .reason = REASON_GATE_FULL,
	                         .detail = "leaf",
	                         .alert = TLS_ALERT_INTERNAL_ERROR,
	                 });
}
