/* SPDX-License-Identifier: ISC */
/* gate_conn.c: the life of a connection: arrival, decisions, deadlines, ends. */
#include "ref/gate_loop.h"
#include "ref/policy_http.h"
#include "ref/policy_name.h"

#include <string.h>
#include <unistd.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define ROUNDS    4 /* changes of stage in a run; then others have their turn */

/* --- arrival and end --- */

static struct gate_conn *take(struct gate *gate)
{
	struct gate_conn *conn;
	bool in[GATE_QUEUES];

	if (gate->free_count)
		conn = &gate->conns[gate->free[--gate->free_count]];
	else if (gate->high < gate->capacity)
		conn = &gate->conns[gate->high++];
	else
		return NULL;
	memcpy(in, conn->in, sizeof(in));
	memset(conn, 0, sizeof(*conn));
	memcpy(conn->in, in, sizeof(in));
	conn->up.fd = -1;
	conn->serial = ++gate->serial;
	return conn;
}

bool gate_conn_add(struct gate *gate, const struct gate_arrival *arrival, int fd)
{
	struct gate_conn *conn = take(gate);

	if (!conn) {
		close(fd);
		return false;
	}
	conn->arrival = *arrival;
	conn->since_ns = conn->moved_ns = gate->now_ns;
	conn->stage = GATE_HELLO;
	if (!gate_side_open(&conn->guest, gate->epoll, fd, gate_guest_token(gate, conn), false)) {
		gate_conn_end(gate, conn);
		return false;
	}
	if (arrival->service == POLICY_SERVICE_HTTP)
		gate_serve_start(gate, conn);
	gate_make_due(gate, conn);
	return true;
}

void gate_conn_end(struct gate *gate, struct gate_conn *conn)
{
	gate_up_drop(gate, conn, true);
	if (conn->tls)
		tls_end_free(conn->tls);
	conn->tls = NULL;
	for (int i = 0; i < GATE_BUFFERS; i++)
		gate_pool_drop(&gate->pool, &conn->bufs[i]);
	gate_side_close(&conn->guest, false);
	conn->stage = GATE_FREE;
	gate_release(gate, conn);
}

void gate_conn_abort(struct gate *gate, struct gate_conn *conn)
{
	gate_up_drop(gate, conn, true);
	conn->decision.then = GATE_THEN_NOTHING;
	conn->stage = GATE_ABORTING;
	if (gate_send_abort(gate, conn))
		gate_conn_end(gate, conn);
}

void gate_conn_close(struct gate *gate, struct gate_conn *conn)
{
	gate_up_drop(gate, conn, false);
	conn->stage = GATE_CLOSE;
	gate_make_due(gate, conn);
}

struct buf *gate_conn_buf(struct gate *gate, struct gate_conn *conn, enum gate_buffer which)
{
	struct buf *b = &conn->bufs[which];

	gate_pool_fill(&gate->pool, b);
	/* What is to be encrypted fits, encrypted, into the next buffer. */
	if (which == GATE_GUEST_PLAIN_OUT || which == GATE_UP_PLAIN_OUT)
		b->size = GATE_POOL_PLAIN;
	return b;
}

/* --- decisions --- */

static void fill_in_request(struct record *record, const struct exchange_request *request)
{
	record_set_name(record, rd_of((const uint8_t *)request->host, strlen(request->host)));
	record_set_method(record, rd_of((const uint8_t *)request->method, strlen(request->method)));
	record_set_path(record, rd_of((const uint8_t *)request->path, strlen(request->path)));
}

/* Sends the record if it was not; what it is about is still where it was read. */
static void tell(struct gate *gate, struct gate_conn *conn)
{
	struct gate_decision *decision = &conn->decision;
	const struct gate_arrival *arrival = &conn->arrival;
	struct record record = {
	        .kind = decision->kind,
	        .verdict = decision->verdict,
	        .reason = decision->reason,
	        .status = decision->status,
	        .proto = arrival->proto,
	        .src = arrival->guest_ip,
	        .sport = arrival->guest_port,
	        .dst = arrival->dst_ip,
	        .dport = arrival->dst_port,
	};

	if (decision->kind == RECORD_HTTP)
		fill_in_request(&record, &conn->exchange.request);
	else
		record_set_name(&record, rd_of((const uint8_t *)conn->name, strlen(conn->name)));
	if (*decision->rule)
		record_set_rule(&record, decision->rule);
	if (decision->detail)
		record_set_detail(&record, decision->detail);
	decision->sent = gate_send_record(gate, conn, &record);
}

void gate_conn_decide(struct gate *gate, struct gate_conn *conn, struct gate_decision decision)
{
	conn->decision = decision;
	conn->decision.sent = false;
	tell(gate, conn);
}

/* An alert stands alone: the guest has not got a byte of TLS yet, or it stands behind what OpenSSL
 * has written by itself. */
static void close_with(struct gate *gate, struct gate_conn *conn, uint8_t alert)
{
	struct buf *out = gate_conn_buf(gate, conn, GATE_GUEST_OUT);
	struct wr w = wr_of(buf_room(out), buf_free(out));

	if (conn->tls && !conn->tls_open) {
		tls_end_free(conn->tls); /* it has failed, and said what it had to say */
		conn->tls = NULL;
	}
	if (alert && tls_alert_put(&w, (enum tls_alert)alert))
		buf_wrote(out, w.len);
	gate_conn_close(gate, conn);
}

/* The policy may have been exchanged since the request was judged. */
static void allow(struct gate *gate, struct gate_conn *conn)
{
	const struct exchange_request *request = &conn->exchange.request;
	const struct gate_decision again = gate_serve_judge(gate, conn);
	const bool websocket = request->websocket &&
	                       policy_http_allows_websocket(&gate->policy->web, request->host,
	                                                    rd_of((const uint8_t *)request->method,
	                                                          strlen(request->method)),
	                                                    rd_of((const uint8_t *)request->path,
	                                                          strlen(request->path)));

	if (again.then != GATE_THEN_ALLOW) {
		gate_conn_decide(gate, conn, again);
		return;
	}
	exchange_allow(&conn->exchange, websocket);
	if (!request->new_upstream)
		return;
	memcpy(conn->name, request->host, sizeof(conn->name));
	gate_up_start(gate, conn);
}

/* The same of the name. */
static void enter(struct gate *gate, struct gate_conn *conn, enum gate_then then)
{
	const struct gate_decision again = gate_hello_judge(gate, conn);

	if (again.then != then) {
		gate_conn_decide(gate, conn, again);
	} else if (then == GATE_THEN_SPLICE) {
		conn->stage = GATE_SPLICE;
		conn->moved_ns = gate->now_ns;
		gate_up_start(gate, conn);
	} else {
		conn->stage = GATE_LEAF;
		conn->since_ns = gate->now_ns;
	}
}

static void act(struct gate *gate, struct gate_conn *conn, const struct gate_decision *decision)
{
	switch (decision->then) {
	case GATE_THEN_SPLICE:
	case GATE_THEN_MITM:
		enter(gate, conn, decision->then);
		break;
	case GATE_THEN_ALLOW:
		allow(gate, conn);
		break;
	case GATE_THEN_REFUSE:
		exchange_refuse(&conn->exchange, decision->status, reason_name(decision->reason));
		break;
	case GATE_THEN_CLOSE:
		close_with(gate, conn, decision->alert);
		break;
	case GATE_THEN_ABORT:
		gate_conn_abort(gate, conn);
		break;
	case GATE_THEN_GO_ON:
	case GATE_THEN_NOTHING:
	default:
		break;
	}
}

void gate_conn_recorded(struct gate *gate, struct gate_conn *conn)
{
	const struct gate_decision decision = conn->decision;

	if (!decision.sent)
		return; /* of a decision that was overtaken */
	conn->decision.then = GATE_THEN_NOTHING;
	conn->decision.sent = false;
	act(gate, conn, &decision);
	if (conn->stage != GATE_FREE)
		gate_make_due(gate, conn);
}

static bool splices_no_more(const struct gate *gate, const struct gate_conn *conn)
{
	const struct policy_web *web = &gate->policy->web;
	const struct policy_name *entry;

	return policy_name_decide(web, conn->name, &entry) != NAME_ALLOWED ||
	       !policy_name_splices(web, entry);
}

static bool is_revoked(const struct gate *gate, const struct gate_conn *conn)
{
	const struct gate_arrival *at = &conn->arrival;
	const struct policy_web *web = &gate->policy->web;
	const struct policy_name *entry;

	if (policy_service(gate->policy, at->proto, at->dst_ip, at->dst_port) != at->service)
		return true;
	switch (conn->stage) {
	case GATE_SPLICE:
		return splices_no_more(gate, conn);
	case GATE_LEAF:
		return policy_name_decide(web, conn->name, &entry) != NAME_ALLOWED ||
		       policy_name_splices(web, entry);
	case GATE_SERVE:
		if (conn->tls && (policy_name_decide(web, conn->name, &entry) != NAME_ALLOWED ||
		                  policy_name_splices(web, entry)))
			return true;
		if (conn->exchange.phase == EXCHANGE_BUSY ||
		    conn->exchange.phase == EXCHANGE_TUNNEL)
			return gate_serve_judge(gate, conn).then != GATE_THEN_ALLOW;
		return conn->up_stage != GATE_UP_NONE &&
		       policy_name_decide(web, conn->name, NULL) != NAME_ALLOWED;
	case GATE_FREE:
	case GATE_HELLO:
	case GATE_CLOSE:
	case GATE_ABORTING:
	default:
		return false;
	}
}

void gate_conn_review(struct gate *gate, struct gate_conn *conn)
{
	/* What was allowed under the old policy and has not begun is looked at again when its record
	 * was acknowledged. */
	if (is_revoked(gate, conn))
		gate_conn_abort(gate, conn);
}

/* --- closing --- */

static void step_last(struct gate *gate, struct gate_conn *conn)
{
	if (!conn->tls || conn->guest.reset)
		return;
	if (!buf_len(&conn->bufs[GATE_GUEST_PLAIN_OUT]))
		tls_end_finish(conn->tls);
	if (!tls_end_finished(conn->tls))
		gate_conn_step_tls(gate, conn);
}

/* All that the guest still says is thrown away; it is read, because closing with bytes unread would
 * take back what was written. */
static void discard(struct gate *gate, struct gate_conn *conn)
{
	struct buf *in = gate_conn_buf(gate, conn, GATE_GUEST_IN);

	for (int i = 0; i < ROUNDS; i++) {
		buf_take(in, buf_len(in));
		if (!gate_side_read(&conn->guest, in))
			return;
	}
	gate_make_due(gate, conn);
}

static void run_close(struct gate *gate, struct gate_conn *conn)
{
	const bool was_shut = conn->guest.shut;

	discard(gate, conn);
	step_last(gate, conn);
	if (conn->stage != GATE_CLOSE)
		return;
	if (gate_side_write(&conn->guest, &conn->bufs[GATE_GUEST_OUT]))
		conn->moved_ns = gate->now_ns;
	if (conn->guest.reset) {
		gate_conn_end(gate, conn);
		return;
	}
	if (!buf_len(&conn->bufs[GATE_GUEST_OUT]) && !buf_len(&conn->bufs[GATE_GUEST_PLAIN_OUT]) &&
	    (!conn->tls || tls_end_finished(conn->tls)))
		gate_side_shut(&conn->guest);
	if (conn->guest.shut && !was_shut)
		conn->moved_ns = gate->now_ns;
	if (conn->guest.shut && conn->guest.eof)
		gate_conn_end(gate, conn);
}

/* --- runs --- */

/* Whether a step could do anything: most wake-ups are about the other side. */
static bool tls_has_work(const struct gate_conn *conn)
{
	return !conn->tls_open || conn->tls_held || conn->stage == GATE_CLOSE ||
	       buf_len(&conn->bufs[GATE_GUEST_IN]) || buf_len(&conn->bufs[GATE_GUEST_PLAIN_OUT]) ||
	       conn->guest.eof != conn->guest_end || conn->exchange.end_guest;
}

static enum tls_end_result step_tls(struct gate *gate, struct gate_conn *conn)
{
	const struct tls_end_io io = {
	        .cipher_in = gate_conn_buf(gate, conn, GATE_GUEST_IN),
	        .cipher_out = gate_conn_buf(gate, conn, GATE_GUEST_OUT),
	        .plain_in = gate_conn_buf(gate, conn, GATE_GUEST_PLAIN_OUT),
	        .plain_out = gate_conn_buf(gate, conn, GATE_GUEST_PLAIN_IN),
	        .cipher_end = conn->guest.eof,
	};
	const enum tls_end_result result = tls_end_step(conn->tls, &io);

	conn->tls_held = !buf_free(io.plain_out) || !buf_free(io.cipher_out);
	return result;
}

bool gate_conn_step_tls(struct gate *gate, struct gate_conn *conn)
{
	if (!tls_has_work(conn))
		return true;
	switch (step_tls(gate, conn)) {
	case TLS_END_HANDSHAKING:
		return true;
	case TLS_END_OK:
		conn->tls_open = true;
		return true;
	case TLS_END_CLOSED:
	case TLS_END_CUT: /* many say nothing before they close; a request's length tells */
		conn->tls_open = true;
		conn->guest_end = true;
		return true;
	case TLS_END_FAILED:
	default:
		break;
	}
	if (conn->tls_open || conn->stage == GATE_CLOSE)
		gate_conn_abort(gate, conn);
	else
		gate_conn_decide(gate, conn,
		                 (struct gate_decision){
		                         .then = GATE_THEN_CLOSE,
		                         .kind = RECORD_CONN,
		                         .verdict = RECORD_DENY,
		                         .reason = REASON_TLS_REFUSED,
		                         .detail = tls_failure_name(tls_end_failure(conn->tls)),
		                 });
	return false;
}

static void run_stage(struct gate *gate, struct gate_conn *conn)
{
	switch (conn->stage) {
	case GATE_HELLO:
		gate_hello_run(gate, conn);
		break;
	case GATE_LEAF:
		gate_leaf_run(gate, conn);
		break;
	case GATE_SERVE:
		gate_serve_run(gate, conn);
		break;
	case GATE_SPLICE:
		gate_splice_run(gate, conn);
		break;
	case GATE_CLOSE:
		run_close(gate, conn);
		break;
	case GATE_ABORTING:
		gate_conn_abort(gate, conn);
		break;
	case GATE_FREE:
	default:
		break;
	}
}

/* The worker has closed its end though we have not: the guest reset the connection, or vanished. */
static bool guest_is_gone(const struct gate_conn *conn)
{
	return conn->guest.reset || conn->guest.deaf || (conn->guest.hung && !conn->guest.shut);
}

void gate_conn_run(struct gate *gate, struct gate_conn *conn)
{
	enum gate_stage before;
	int rounds = 0;

	do {
		before = conn->stage;
		if (guest_is_gone(conn)) {
			gate_conn_end(gate, conn);
			return;
		}
		if (conn->decision.then != GATE_THEN_NOTHING) {
			if (!conn->decision.sent)
				tell(gate, conn);
			break;
		}
		run_stage(gate, conn);
	} while (conn->stage != before && conn->stage != GATE_FREE && ++rounds < ROUNDS);
	if (conn->stage == GATE_FREE)
		return;
	for (int i = 0; i < GATE_BUFFERS; i++)
		gate_pool_spare(&gate->pool, &conn->bufs[i]);
}

/* --- deadlines --- */

static uint64_t serve_deadline(const struct gate *gate, const struct gate_conn *conn)
{
	const struct policy_web *web = &gate->policy->web;
	const uint64_t head_ns = web->head_timeout_s * NS_PER_S;
	const uint64_t idle_ns = web->idle_timeout_s * NS_PER_S;

	if (conn->tls && !conn->tls_open)
		return conn->since_ns + head_ns;
	switch (conn->exchange.phase) {
	case EXCHANGE_HEAD:
		return conn->head_ns + head_ns;
	case EXCHANGE_TUNNEL:
		return conn->moved_ns + GATE_SPLICE_IDLE_MS * NS_PER_MS;
	case EXCHANGE_IDLE:
	case EXCHANGE_ASKED:
	case EXCHANGE_BUSY:
	case EXCHANGE_LAST:
	case EXCHANGE_ENDED:
	default:
		return conn->moved_ns + idle_ns;
	}
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t gate_conn_deadline(const struct gate *gate, const struct gate_conn *conn)
{
	const struct policy_web *web = &gate->policy->web;

	if (conn->decision.then != GATE_THEN_NOTHING)
		return UINT64_MAX; /* the worker's turn */
	if (gate_up_is_coming(conn))
		return earlier(conn->up_since_ns + GATE_CONNECT_MS * NS_PER_MS,
		               gate_serve_half_deadline(conn));
	switch (conn->stage) {
	case GATE_HELLO:
	case GATE_LEAF:
		return conn->since_ns + web->head_timeout_s * NS_PER_S;
	case GATE_SERVE:
		return earlier(serve_deadline(gate, conn), gate_serve_half_deadline(conn));
	case GATE_SPLICE:
		return conn->moved_ns + GATE_SPLICE_IDLE_MS * NS_PER_MS;
	case GATE_CLOSE:
		return conn->moved_ns + (conn->guest.shut ? GATE_LINGER_MS * NS_PER_MS
		                                          : web->idle_timeout_s * NS_PER_S);
	case GATE_ABORTING:
	case GATE_FREE:
	default:
		return UINT64_MAX;
	}
}

void gate_conn_expire(struct gate *gate, struct gate_conn *conn)
{
	const struct gate_decision slow = {
	        .then = GATE_THEN_CLOSE,
	        .kind = RECORD_CONN,
	        .verdict = RECORD_DENY,
	        .reason = REASON_TOO_SLOW,
	        .detail = "hello",
	};

	if (gate_up_is_coming(conn) && gate->now_ns < gate_serve_half_deadline(conn)) {
		gate_up_expire(gate, conn);
		return;
	}
	switch (conn->stage) {
	case GATE_HELLO:
		gate_conn_decide(gate, conn, slow);
		break;
	case GATE_SERVE:
		gate_serve_expire(gate, conn);
		break;
	case GATE_CLOSE:
		gate_conn_end(gate, conn);
		break;
	case GATE_LEAF:
	case GATE_SPLICE:
		gate_conn_abort(gate, conn);
		break;
	case GATE_ABORTING:
	case GATE_FREE:
	default:
		break;
	}
}
