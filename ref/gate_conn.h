/* SPDX-License-Identifier: ISC */
/* gate_conn.h: one TCP connection of the guest, as the gate has it. The states are those of gate.h.
 *
 * Everything that happens to a connection makes it due (gate_make_due()), and gate_conn_run() then
 * does what can be done, in any order and as often as one likes: what is said below is kept in the
 * connection, not in who called whom.
 *
 *	guest fd <-> GUEST_IN, GUEST_OUT <-> tls <-> GUEST_PLAIN_* <-> exchange
 *	                                    exchange <-> UP_PLAIN_* <-> up_tls <-> UP_IN, UP_OUT <-> up fd
 *
 * Without TLS the exchange has the outer buffers; without an exchange (splice) GUEST_IN is written
 * upstream as it is, and UP_IN to the guest.
 *
 *	gate_conn.c     from arrival to end; what was decided, and what follows
 *	gate_hello.c    the hello: who is asked for
 *	gate_serve.c    requests and replies
 *	gate_splice.c   bytes that are passed on as they are
 *	gate_up.c       a name becomes a connection to an upstream
 */
#ifndef REF_GATE_CONN_H
#define REF_GATE_CONN_H

#include "ref/exchange.h"
#include "ref/gate_side.h"
#include "ref/gate_wire.h"
#include "ref/names.h"
#include "ref/tls_end.h"

struct gate;

/* Header of the record and of the message, version, and the random that says what the message is. */
#define GATE_ANSWER_MAX (5 + 4 + 2 + 32)

enum gate_stage {
	GATE_FREE,
	GATE_HELLO,    /* reads the hello, decides, waits for the record's ack */
	GATE_LEAF,     /* waits for the certificate */
	GATE_SERVE,    /* requests, one by one; in TLS first the handshake with the guest */
	GATE_SPLICE,   /* bytes as they are, when the upstream connection stands */
	GATE_CLOSE,    /* what is due is written to the guest, then the end */
	GATE_ABORTING, /* the worker has yet to be told to reset it */
};

enum gate_up_stage {
	GATE_UP_NONE,
	GATE_UP_RESOLVE, /* names_resolve() said that it takes a while */
	GATE_UP_QUEUE,   /* there are addresses; too many dials are under way */
	GATE_UP_DIAL,    /* the dialer was asked */
	GATE_UP_CONNECT,
	GATE_UP_SHAKE, /* TLS */
	GATE_UP_OPEN,
};

/* What follows when the record of a decision was acknowledged. */
enum gate_then {
	GATE_THEN_NOTHING, /* nothing is decided */
	GATE_THEN_SPLICE,
	GATE_THEN_MITM,
	GATE_THEN_ALLOW,  /* the request goes upstream */
	GATE_THEN_REFUSE, /* the exchange answers with `status` and the reason's word */
	GATE_THEN_GO_ON,  /* the exchange has done what there is to do */
	GATE_THEN_CLOSE,  /* `alert` to the guest if there is one, and the end */
	GATE_THEN_ABORT,
};

struct gate_decision {
	enum gate_then then;
	enum record_kind kind;
	enum record_verdict verdict;
	enum reason reason;
	uint16_t status;
	uint8_t alert;
	char rule[POLICY_ID_MAX + 1];
	const char *detail; /* static storage, or NULL */
	bool sent;          /* to the worker, which has not acknowledged it */
};

enum gate_buffer {
	GATE_GUEST_IN,
	GATE_GUEST_OUT,
	GATE_GUEST_PLAIN_IN,
	GATE_GUEST_PLAIN_OUT,
	GATE_UP_IN,
	GATE_UP_OUT,
	GATE_UP_PLAIN_IN,
	GATE_UP_PLAIN_OUT,
	GATE_BUFFERS
};

/* Lists that a connection can stand in, see gate_loop.h. */
enum gate_queue_name { GATE_DUE, GATE_WAITS_RECORD, GATE_WAITS_DIAL, GATE_WAITS_LEAF, GATE_QUEUES };

struct gate_conn {
	bool in[GATE_QUEUES]; /* outlives the connection */
	enum gate_stage stage;
	uint32_t serial; /* no two connections have the same */
	struct gate_arrival arrival;
	uint64_t since_ns;              /* when it arrived; LEAF: when that began */
	uint64_t moved_ns;              /* when bytes moved last */
	uint64_t head_ns;               /* when the head that is being read began */
	char name[POLICY_NAME_MAX + 1]; /* of TLS: the hello's; else that of the upstream */
	const char *opaque; /* why nobody can know what a splice would pass on; NULL: it is known */
	size_t hello_left;  /* SPLICE: bytes of the hello that were not passed on */
	bool watches_hello; /* SPLICE: a second one may come */
	uint8_t answer[GATE_ANSWER_MAX]; /* SPLICE: how the server's answer begins ... */
	uint8_t answer_len;              /* ... as far as it is there */
	struct gate_decision decision;
	struct buf bufs[GATE_BUFFERS];

	struct gate_side guest;
	struct tls_end *tls;   /* the server's end; NULL without */
	bool tls_open;         /* its handshake is over */
	bool tls_held;         /* it has more than there was room for */
	bool guest_end;        /* no plain bytes will come any more ... */
	uint64_t guest_end_ns; /* ... since then; 0: they may come */
	struct exchange exchange;

	enum gate_up_stage up_stage;
	struct gate_side up;
	struct tls_end *up_tls;
	bool up_held; /* as tls_held */
	bool up_end;  /* no plain bytes will come any more ... */
	bool up_cut;  /* ... and that was no clean end */
	uint64_t up_since_ns;
	uint32_t up_serial; /* no two upstream connections have the same */
	struct names_result up_addresses;
	uint8_t up_next; /* of the addresses, to be tried */
};

/* A flow has arrived; takes `fd`. False, and it is closed, when there is no room. */
bool gate_conn_add(struct gate *gate, const struct gate_arrival *arrival, int fd);

/* Does what can be done. */
void gate_conn_run(struct gate *gate, struct gate_conn *conn);

/* The record of the decision was written. */
void gate_conn_recorded(struct gate *gate, struct gate_conn *conn);

/* Another policy is in force: what it does not allow any more is cut. */
void gate_conn_review(struct gate *gate, struct gate_conn *conn);

/* When gate_conn_expire() is to be called; UINT64_MAX: never. */
uint64_t gate_conn_deadline(const struct gate *gate, const struct gate_conn *conn);
void gate_conn_expire(struct gate *gate, struct gate_conn *conn);

/* --- for the files of the list above --- */

/* Decides: the record goes out now, or as soon as there is room, and `then` happens when it was
 * acknowledged. Nothing else happens to the connection before, but that the guest may be gone. */
void gate_conn_decide(struct gate *gate, struct gate_conn *conn, struct gate_decision decision);

/* The guest gets what is in its buffers, then the end. The upstream connection is closed. */
void gate_conn_close(struct gate *gate, struct gate_conn *conn);
/* The guest gets a RST, the upstream as well. */
void gate_conn_abort(struct gate *gate, struct gate_conn *conn);
/* The guest is gone already, or has all. */
void gate_conn_end(struct gate *gate, struct gate_conn *conn);

/* Gives the buffer memory. */
struct buf *gate_conn_buf(struct gate *gate, struct gate_conn *conn, enum gate_buffer which);

/* Steps the server's end if there is a reason to. False: it failed, and everything was seen to. */
bool gate_conn_step_tls(struct gate *gate, struct gate_conn *conn);

void gate_hello_run(struct gate *gate, struct gate_conn *conn);
void gate_leaf_run(struct gate *gate, struct gate_conn *conn);
void gate_serve_start(struct gate *gate, struct gate_conn *conn);
void gate_serve_run(struct gate *gate, struct gate_conn *conn);
void gate_serve_expire(struct gate *gate, struct gate_conn *conn);
/* Until when a guest that has ended its half is waited with; UINT64_MAX: there is nothing of that. */
uint64_t gate_serve_half_deadline(const struct gate_conn *conn);
void gate_splice_run(struct gate *gate, struct gate_conn *conn);

/* Whether the policy allows what the hello asks for; what is to be recorded and done. */
struct gate_decision gate_hello_judge(const struct gate *gate, const struct gate_conn *conn);

/* Whether the policy allows the request that the exchange has; what is to be recorded and done. */
struct gate_decision gate_serve_judge(const struct gate *gate, const struct gate_conn *conn);

/* --- gate_up.c --- */

/* Finds and connects an upstream for conn->name. Its record was acknowledged. */
void gate_up_start(struct gate *gate, struct gate_conn *conn);
/* Events. */
void gate_up_resolved(struct gate *gate, struct gate_conn *conn, const struct names_result *result);
void gate_up_dialled(struct gate *gate, struct gate_conn *conn, enum dialer_status status, int fd);
/* Goes on with what can be done. */
void gate_up_run(struct gate *gate, struct gate_conn *conn);
/* Closes it, or gives up making it; with `reset` by a RST. */
void gate_up_drop(struct gate *gate, struct gate_conn *conn, bool reset);
/* It took too long to stand. */
void gate_up_expire(struct gate *gate, struct gate_conn *conn);

/* Whether it is being made. */
static inline bool gate_up_is_coming(const struct gate_conn *conn)
{
	return conn->up_stage > GATE_UP_NONE && conn->up_stage < GATE_UP_OPEN;
}

#endif
