/* SPDX-License-Identifier: ISC */
/* gate_loop.h: the gate as an engine: its tables, its channels, its one epoll set.
 *
 * gate_open(), then gate_step() for as long as it says so. One thread, nothing blocks but the wait
 * of gate_step().
 */
#ifndef REF_GATE_LOOP_H
#define REF_GATE_LOOP_H

#include "ref/gate.h"
#include "ref/gate_conn.h"
#include "ref/gate_pool.h"
#include "ref/leaf.h"
#include "ref/tls_hello.h"

#define GATE_NAMES_RECORDS 64 /* of the name service, that wait for room: twice what it ever has */
#define GATE_CONN_DIALS    (GATE_WIRE_DIALS_MAX / 2) /* the others are for the name service */

/* Numbers of connections, each at most once. */
struct gate_queue {
	uint32_t *slots;
	uint32_t first, count;
};

/* Who asked. */
struct gate_asker {
	bool names;
	uint32_t token;         /* of the name service; ... */
	uint32_t index, serial; /* ... else a connection and its serial, or that of its upstream */
};

/* A record of the name service that waits for room. */
struct gate_waiting {
	uint32_t token;
	struct record record;
};

/* What keeps the kernel from answering strangers, beside a UDP socket of the name service. */
struct gate_ear {
	int fd, ear; /* both 0: free */
};

struct gate {
	const struct policy_share *share;
	const struct policy *policy;  /* in force */
	int arrivals, dials, records; /* gate_wire.h */
	int epoll;
	uint64_t ahead_ns;  /* of the machine's clock */
	uint64_t now_ns;    /* of this step */
	uint64_t expiry_ns; /* no deadline is before that */
	uint32_t serial;
	bool stop;    /* a channel is gone or broken */
	bool syncing; /* ORDER_SYNC: says so when nothing is left to do */

	struct gate_conn *conns; /* policy->tcp_max of them */
	uint32_t *free;          /* numbers of those that were used before and are free */
	uint32_t free_count, high, capacity;
	struct gate_queue queues[GATE_QUEUES];
	struct gate_pool pool;

	/* In the order in which they were sent: answers come in it. */
	struct gate_asker recorded[GATE_WIRE_RECORDS_MAX], dialled[GATE_WIRE_DIALS_MAX];
	uint32_t record_number, record_acked; /* the last that was sent, and acknowledged */
	uint32_t dial_number, dial_answered;
	uint32_t conn_dials;          /* of them, connections' */
	bool clogged;                 /* the records' pair is full */
	struct gate_waiting *waiting; /* a ring of GATE_NAMES_RECORDS */
	uint32_t waiting_first, waiting_count;

	struct names *names;
	struct names_io names_io;
	struct gate_ear ears[NAMES_LINES_MAX];
	struct tls_context *context; /* mode mitm; else NULL */
	struct leaf_cache *leaves;
	uint8_t scratch[TLS_HELLO_MAX];
};

/* Takes the three descriptors and `leaves`; `context` stays the caller's. False with the reason
 * printed; gate_close() is to be called all the same. */
bool gate_open(struct gate *gate, const struct policy_share *share, const struct gate_pairs *ends,
               struct tls_context *context, struct leaf_cache *leaves);
void gate_close(struct gate *gate);

/* Waits at most `wait_ms` (-1: for ever, but for deadlines) for something to happen and does all that
 * is to be done about it. False: the gate has to end. */
bool gate_step(struct gate *gate, int wait_ms);

/* --- for connections --- */

void gate_make_due(struct gate *gate, struct gate_conn *conn);
void gate_wait_for(struct gate *gate, struct gate_conn *conn, enum gate_queue_name queue);

/* Sends the record, and gate_conn_recorded() will be called. False: there is no room, and the
 * connection waits for some. */
bool gate_send_record(struct gate *gate, struct gate_conn *conn, const struct record *record);

/* Asks for a TCP socket; gate_up_dialled() will be called. False as above. */
bool gate_send_dial(struct gate *gate, struct gate_conn *conn, uint32_t ip, uint16_t port);

/* Tells the worker to reset the guest's connection. False as above. */
bool gate_send_abort(struct gate *gate, struct gate_conn *conn);

/* The names that epoll and the name service know a connection by. */
uint64_t gate_guest_token(const struct gate *gate, const struct gate_conn *conn);
uint64_t gate_up_token(const struct gate *gate, const struct gate_conn *conn);
uint32_t gate_name_token(const struct gate *gate, const struct gate_conn *conn);
uint64_t gate_service_token(uint32_t token); /* what epoll knows a socket of the name service by */

/* Seconds since 1970, for certificates. */
int64_t gate_calendar_s(void);

/* Gives the place in the table back. */
void gate_release(struct gate *gate, struct gate_conn *conn);

/* --- for the name service: gate_names.c --- */

bool gate_names_open(struct gate *gate);
void gate_names_close(struct gate *gate);
void gate_names_dialled(struct gate *gate, uint32_t token, const int fds[GATE_WIRE_FDS_MAX]);
void gate_names_flush(struct gate *gate); /* there is room for records again */

/* Of the loop's, for gate_names.c. */
bool gate_has_record_room(const struct gate *gate);
bool gate_post_record(struct gate *gate, const struct record *record, struct gate_asker asker);
bool gate_post_dial(struct gate *gate, uint8_t proto, uint32_t ip, uint16_t port,
                    struct gate_asker asker);

#endif
