/* SPDX-License-Identifier: ISC */
/* gate_loop.c: one epoll set, the channels, and who is due.
 *
 * Theory of operation. A wake-up notes what epoll says and makes connections due; then each that is
 * due is run once, and again in the next step if it was not done. Deadlines are not kept but
 * computed: expiry_ns is a lower bound of all, and when it is reached, all connections are asked, at
 * most every GRAIN_NS. */
#include "ref/gate_loop.h"

#include "ref/ipv4.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX   256
#define NS_PER_MS    UINT64_C(1000000)
#define GRAIN_NS     (20 * NS_PER_MS)
#define MESSAGES_MAX 64 /* of one channel in a step, so that connections get their turn */

/* What an event is of: the upper byte of epoll's word. */
enum kind { KIND_ARRIVALS, KIND_DIALS, KIND_RECORDS, KIND_LEAVES, KIND_GUEST, KIND_UP, KIND_NAMES };

#define KIND_SHIFT  56
#define INDEX_SHIFT 32
#define INDEX_MASK  0xffffff

static uint64_t clock_ns(const struct gate *gate)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + gate->ahead_ns;
}

int64_t gate_calendar_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static uint32_t index_of(const struct gate *gate, const struct gate_conn *conn)
{
	return (uint32_t)(conn - gate->conns);
}

static uint64_t token_of(enum kind kind, uint32_t index, uint32_t serial)
{
	return (uint64_t)kind << KIND_SHIFT | (uint64_t)index << INDEX_SHIFT | serial;
}

uint64_t gate_guest_token(const struct gate *gate, const struct gate_conn *conn)
{
	return token_of(KIND_GUEST, index_of(gate, conn), conn->serial);
}

uint64_t gate_up_token(const struct gate *gate, const struct gate_conn *conn)
{
	return token_of(KIND_UP, index_of(gate, conn), conn->up_serial);
}

uint64_t gate_service_token(uint32_t token)
{
	return token_of(KIND_NAMES, 0, token);
}

uint32_t gate_name_token(const struct gate *gate, const struct gate_conn *conn)
{
	return index_of(gate, conn) << 16 | (conn->up_serial & 0xffff);
}

/* --- queues --- */

static void enqueue(struct gate *gate, struct gate_conn *conn, enum gate_queue_name name)
{
	struct gate_queue *queue = &gate->queues[name];

	if (conn->in[name])
		return;
	conn->in[name] = true;
	queue->slots[(queue->first + queue->count++) % gate->capacity] = index_of(gate, conn);
}

static struct gate_conn *dequeue(struct gate *gate, enum gate_queue_name name)
{
	struct gate_queue *queue = &gate->queues[name];
	struct gate_conn *conn;

	if (!queue->count)
		return NULL;
	conn = &gate->conns[queue->slots[queue->first]];
	queue->first = (queue->first + 1) % gate->capacity;
	queue->count--;
	conn->in[name] = false;
	return conn;
}

void gate_make_due(struct gate *gate, struct gate_conn *conn)
{
	enqueue(gate, conn, GATE_DUE);
}

void gate_wait_for(struct gate *gate, struct gate_conn *conn, enum gate_queue_name queue)
{
	enqueue(gate, conn, queue);
}

/* At most `count` of those that wait are due; more would only wait again. */
static void wake(struct gate *gate, enum gate_queue_name name, uint32_t count)
{
	while (count-- && gate->queues[name].count)
		gate_make_due(gate, dequeue(gate, name));
}

void gate_release(struct gate *gate, struct gate_conn *conn)
{
	gate->free[gate->free_count++] = index_of(gate, conn);
}

/* --- messages out --- */

static bool watch(const struct gate *gate, int operation, int fd, enum kind kind, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = token_of(kind, 0, 0)};

	return epoll_ctl(gate->epoll, operation, fd, &event) == 0;
}

/* The worker reads as fast as it can; it is told of at most so many things at a time, but that
 * connections of a revoked name end all at once. */
static void wait_for_worker(struct gate *gate)
{
	gate->clogged = true;
	if (!watch(gate, EPOLL_CTL_MOD, gate->records, KIND_RECORDS, EPOLLIN | EPOLLOUT))
		gate->stop = true;
}

static bool post(struct gate *gate, int fd, const struct gate_message *message)
{
	if (gate_wire_send(fd, message, NULL, 0))
		return true;
	if (errno == EAGAIN && fd == gate->records)
		wait_for_worker(gate);
	else
		gate->stop = true;
	return false;
}

bool gate_has_record_room(const struct gate *gate)
{
	return !gate->clogged && gate->record_number - gate->record_acked < GATE_WIRE_RECORDS_MAX;
}

bool gate_post_record(struct gate *gate, const struct record *record, struct gate_asker asker)
{
	struct gate_message message = {.word = GATE_RECORD, .number = gate->record_number + 1};

	if (!gate_has_record_room(gate))
		return false;
	message.record = *record;
	if (!post(gate, gate->records, &message))
		return false;
	gate->recorded[gate->record_number++ % GATE_WIRE_RECORDS_MAX] = asker;
	return true;
}

bool gate_send_record(struct gate *gate, struct gate_conn *conn, const struct record *record)
{
	const struct gate_asker asker = {.index = index_of(gate, conn), .serial = conn->serial};

	if (gate_post_record(gate, record, asker))
		return true;
	gate_wait_for(gate, conn, GATE_WAITS_RECORD);
	return false;
}

bool gate_send_abort(struct gate *gate, struct gate_conn *conn)
{
	const struct gate_message message = {.word = GATE_ABORT, .number = conn->arrival.tag};

	if (!gate->clogged && post(gate, gate->records, &message))
		return true;
	gate_wait_for(gate, conn, GATE_WAITS_RECORD);
	return false;
}

bool gate_post_dial(struct gate *gate, uint8_t proto, uint32_t ip, uint16_t port,
                    struct gate_asker asker)
{
	const struct gate_message message = {
	        .word = GATE_DIAL,
	        .number = gate->dial_number + 1,
	        .proto = proto,
	        .ip = ip,
	        .port = port,
	};

	if (gate->dial_number - gate->dial_answered == GATE_WIRE_DIALS_MAX ||
	    !post(gate, gate->dials, &message))
		return false;
	gate->dialled[gate->dial_number++ % GATE_WIRE_DIALS_MAX] = asker;
	return true;
}

bool gate_send_dial(struct gate *gate, struct gate_conn *conn, uint32_t ip, uint16_t port)
{
	const struct gate_asker asker = {.index = index_of(gate, conn), .serial = conn->up_serial};

	if (gate->conn_dials < GATE_CONN_DIALS && gate_post_dial(gate, IPV4_TCP, ip, port, asker)) {
		gate->conn_dials++;
		return true;
	}
	gate_wait_for(gate, conn, GATE_WAITS_DIAL);
	return false;
}

/* --- messages in --- */

static void take_fds(int fds[GATE_WIRE_FDS_MAX])
{
	for (int i = 0; i < GATE_WIRE_FDS_MAX; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Told if there is room for it, and nobody waits for the ack. */
static void note_full(struct gate *gate, const struct gate_arrival *arrival)
{
	const struct record record = {
	        .kind = arrival->service == POLICY_SERVICE_DNS ? RECORD_DNS : RECORD_CONN,
	        .verdict = RECORD_DENY,
	        .reason = REASON_GATE_FULL,
	        .proto = arrival->proto,
	        .src = arrival->guest_ip,
	        .sport = arrival->guest_port,
	        .dst = arrival->dst_ip,
	        .dport = arrival->dst_port,
	};
	const struct gate_asker nobody = {.names = false};

	gate_post_record(gate, &record, nobody);
}

static void arrive(struct gate *gate, const struct gate_arrival *arrival, int fd)
{
	const struct flow_key key = {
	        .guest_ip = arrival->guest_ip,
	        .guest_port = arrival->guest_port,
	        .peer_ip = arrival->dst_ip,
	        .peer_port = arrival->dst_port,
	        .proto = arrival->proto,
	};
	const struct gate_message abort = {.word = GATE_ABORT, .number = arrival->tag};
	bool served;

	if (fd < 0)
		return; /* this process may not open more: the guest's end is closed already */
	if (arrival->service == POLICY_SERVICE_DNS)
		served = names_serve(gate->names, fd, &key, gate->now_ns);
	else
		served = gate_conn_add(gate, arrival, fd);
	if (served)
		return;
	note_full(gate, arrival);
	if (arrival->proto == IPV4_TCP)
		post(gate, gate->records, &abort);
}

static void take_dialled(struct gate *gate, const struct gate_message *message,
                         int fds[GATE_WIRE_FDS_MAX])
{
	struct gate_asker asker;
	struct gate_conn *conn;

	if (gate->dial_answered == gate->dial_number ||
	    message->number != gate->dial_answered + 1) {
		take_fds(fds);
		gate->stop = true;
		return;
	}
	asker = gate->dialled[gate->dial_answered++ % GATE_WIRE_DIALS_MAX];
	if (asker.names) {
		gate_names_dialled(gate, asker.token, fds);
		return;
	}
	gate->conn_dials--;
	wake(gate, GATE_WAITS_DIAL, 1);
	conn = &gate->conns[asker.index];
	if (conn->up_stage == GATE_UP_DIAL && conn->up_serial == asker.serial)
		gate_up_dialled(gate, conn, message->status, fds[0]);
	else
		take_fds(fds);
}

static void review(struct gate *gate, unsigned slot)
{
	gate->policy = policy_share_get(gate->share, slot);
	names_change(gate->names, &gate->policy->web, gate->now_ns);
	for (uint32_t i = 0; i < gate->high; i++)
		if (gate->conns[i].stage != GATE_FREE)
			gate_conn_review(gate, &gate->conns[i]);
}

static void tell_done(struct gate *gate, enum order_kind kind)
{
	const struct gate_message message = {.word = GATE_DONE, .order.kind = kind};

	post(gate, gate->dials, &message);
}

static void obey(struct gate *gate, const struct order *order)
{
	switch (order->kind) {
	case ORDER_POLICY:
		if (order->argument < POLICY_SHARE_SLOTS) {
			review(gate, (unsigned)order->argument);
			tell_done(gate, order->kind);
			return;
		}
		break;
	case ORDER_CLOCK:
		gate->ahead_ns += order->argument;
		gate->now_ns += order->argument;
		tell_done(gate, order->kind);
		return;
	case ORDER_SYNC:
		gate->syncing = true;
		return;
	case ORDER_STATS:
	default:
		break;
	}
	gate->stop = true;
}

static void acknowledge(struct gate *gate, uint32_t number)
{
	/* Numbers go round: it must be one that was sent and not yet acknowledged. */
	if (number - gate->record_acked > gate->record_number - gate->record_acked) {
		gate->stop = true;
		return;
	}
	while (gate->record_acked != number) {
		struct gate_asker asker =
		        gate->recorded[gate->record_acked++ % GATE_WIRE_RECORDS_MAX];
		struct gate_conn *conn = &gate->conns[asker.index];

		if (asker.names)
			names_recorded(gate->names, asker.token, gate->now_ns);
		else if (conn->stage != GATE_FREE && conn->serial == asker.serial)
			gate_conn_recorded(gate, conn);
	}
	gate_names_flush(gate);
	wake(gate, GATE_WAITS_RECORD, GATE_WIRE_RECORDS_MAX);
}

static void take_message(struct gate *gate, int channel, const struct gate_message *message,
                         int fds[GATE_WIRE_FDS_MAX])
{
	if (channel == gate->arrivals && message->word == GATE_ARRIVAL) {
		arrive(gate, &message->arrival, fds[0]);
	} else if (channel == gate->dials && message->word == GATE_DIALLED) {
		take_dialled(gate, message, fds);
	} else if (channel == gate->dials && message->word == GATE_ORDER) {
		obey(gate, &message->order);
	} else if (channel == gate->records && message->word == GATE_ACK) {
		acknowledge(gate, message->number);
	} else {
		take_fds(fds);
		gate->stop = true;
	}
}

static void take_messages(struct gate *gate, int channel)
{
	for (int i = 0; i < MESSAGES_MAX && !gate->stop; i++) {
		struct gate_message message;
		int fds[GATE_WIRE_FDS_MAX];
		enum gate_receipt receipt = gate_wire_receive(channel, &message, fds);

		if (receipt == GATE_NOTHING)
			return;
		if (receipt == GATE_BROKEN)
			gate->stop = true;
		else
			take_message(gate, channel, &message, fds);
	}
}

static void take_records_event(struct gate *gate, uint32_t events)
{
	if (events & EPOLLOUT && gate->clogged) {
		gate->clogged = false;
		if (!watch(gate, EPOLL_CTL_MOD, gate->records, KIND_RECORDS, EPOLLIN))
			gate->stop = true;
		gate_names_flush(gate);
		wake(gate, GATE_WAITS_RECORD, gate->capacity);
	}
	if (events & ~(uint32_t)EPOLLOUT)
		take_messages(gate, gate->records);
}

/* Those that wait for another name wait again. */
static void leaf_told(void *arg, const char *name)
{
	struct gate *gate = arg;

	(void)name;
	wake(gate, GATE_WAITS_LEAF, gate->capacity);
}

/* --- a step --- */

static void take_event(struct gate *gate, uint64_t token, uint32_t events)
{
	const uint32_t serial = (uint32_t)token;
	struct gate_conn *conn = &gate->conns[token >> INDEX_SHIFT & INDEX_MASK];

	switch ((enum kind)(token >> KIND_SHIFT)) {
	case KIND_ARRIVALS:
		take_messages(gate, gate->arrivals);
		break;
	case KIND_DIALS:
		take_messages(gate, gate->dials);
		break;
	case KIND_RECORDS:
		take_records_event(gate, events);
		break;
	case KIND_LEAVES:
		if (!leaf_serve(gate->leaves, gate_calendar_s(), leaf_told, gate))
			gate->stop = true;
		break;
	case KIND_GUEST:
		if (conn->stage != GATE_FREE && conn->serial == serial) {
			gate_side_event(&conn->guest, events);
			gate_make_due(gate, conn);
		}
		break;
	case KIND_UP:
		if (conn->stage != GATE_FREE && conn->up_serial == serial) {
			gate_side_event(&conn->up, events);
			gate_make_due(gate, conn);
		}
		break;
	case KIND_NAMES:
	default:
		names_ready(gate->names, serial, events, gate->now_ns);
		break;
	}
}

static void run_due(struct gate *gate)
{
	/* Who is made due meanwhile has its turn in the next step. */
	for (uint32_t count = gate->queues[GATE_DUE].count; count && !gate->stop; count--) {
		struct gate_conn *conn = dequeue(gate, GATE_DUE);

		if (conn->stage != GATE_FREE)
			gate_conn_run(gate, conn);
		if (conn->stage != GATE_FREE) {
			const uint64_t deadline_ns = gate_conn_deadline(gate, conn);

			if (deadline_ns < gate->expiry_ns)
				gate->expiry_ns = deadline_ns;
		}
	}
}

static void expire(struct gate *gate)
{
	uint64_t next_ns = UINT64_MAX;

	if (gate->now_ns < gate->expiry_ns)
		return;
	for (uint32_t i = 0; i < gate->high; i++) {
		struct gate_conn *conn = &gate->conns[i];
		uint64_t deadline_ns;

		if (conn->stage == GATE_FREE)
			continue;
		deadline_ns = gate_conn_deadline(gate, conn);
		if (deadline_ns <= gate->now_ns) {
			gate_conn_expire(gate, conn);
			gate_make_due(gate, conn);
		} else if (deadline_ns < next_ns) {
			next_ns = deadline_ns;
		}
	}
	if (next_ns < gate->now_ns + GRAIN_NS)
		next_ns = gate->now_ns + GRAIN_NS;
	gate->expiry_ns = next_ns;
}

/* Whether all that the guest sent so far was decided upon, recorded and acted upon. */
static bool is_settled(const struct gate *gate)
{
	return !gate->queues[GATE_DUE].count && gate->record_number == gate->record_acked &&
	       !gate->waiting_count && gate->dial_number == gate->dial_answered;
}

static int timeout_ms(const struct gate *gate, int wait_ms)
{
	const uint64_t names_ns = names_deadline(gate->names);
	const uint64_t due_ns = names_ns < gate->expiry_ns ? names_ns : gate->expiry_ns;
	const uint64_t now_ns = due_ns == UINT64_MAX ? 0 : clock_ns(gate);
	uint64_t ms;

	if (gate->queues[GATE_DUE].count || due_ns <= now_ns)
		return 0;
	if (gate->syncing)
		return is_settled(gate) ? 0 : 1;
	if (due_ns == UINT64_MAX)
		return wait_ms;
	ms = (due_ns - now_ns) / NS_PER_MS + 1;
	if (wait_ms >= 0 && (uint64_t)wait_ms < ms)
		return wait_ms;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

bool gate_step(struct gate *gate, int wait_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(gate->epoll, events, EVENTS_MAX, timeout_ms(gate, wait_ms));

	if (count < 0 && errno != EINTR)
		return false;
	gate->now_ns = clock_ns(gate);
	for (int i = 0; i < count && !gate->stop; i++)
		take_event(gate, events[i].data.u64, events[i].events);
	if (names_deadline(gate->names) <= gate->now_ns)
		names_tick(gate->names, gate->now_ns);
	expire(gate);
	run_due(gate);
	if (gate->syncing && !count && is_settled(gate)) {
		gate->syncing = false;
		tell_done(gate, ORDER_SYNC);
	}
	return !gate->stop;
}

/* --- opening and closing --- */

static bool make_tables(struct gate *gate)
{
	bool ok;

	gate->conns = calloc(gate->capacity, sizeof(*gate->conns));
	gate->free = calloc(gate->capacity, sizeof(*gate->free));
	gate->waiting = calloc(GATE_NAMES_RECORDS, sizeof(*gate->waiting));
	ok = gate->conns && gate->free && gate->waiting;
	for (int i = 0; i < GATE_QUEUES; i++) {
		gate->queues[i].slots = calloc(gate->capacity, sizeof(*gate->queues[i].slots));
		ok = ok && gate->queues[i].slots;
	}
	return ok && gate_pool_open(&gate->pool, gate->capacity * GATE_BUFFERS);
}

static bool watch_channels(const struct gate *gate)
{
	return watch(gate, EPOLL_CTL_ADD, gate->arrivals, KIND_ARRIVALS, EPOLLIN) &&
	       watch(gate, EPOLL_CTL_ADD, gate->dials, KIND_DIALS, EPOLLIN) &&
	       watch(gate, EPOLL_CTL_ADD, gate->records, KIND_RECORDS, EPOLLIN) &&
	       (!gate->leaves ||
	        watch(gate, EPOLL_CTL_ADD, leaf_fd(gate->leaves), KIND_LEAVES, EPOLLIN));
}

bool gate_open(struct gate *gate, const struct policy_share *share, const struct gate_pairs *ends,
               struct tls_context *context, struct leaf_cache *leaves)
{
	*gate = (struct gate){
	        .share = share,
	        .policy = policy_share_get(share, 0),
	        .arrivals = ends->arrivals[0],
	        .dials = ends->dials[0],
	        .records = ends->records[0],
	        .expiry_ns = UINT64_MAX,
	        .context = context,
	        .leaves = leaves,
	};
	gate->capacity = gate->policy->tcp_max;
	gate->now_ns = clock_ns(gate);
	gate->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (gate->epoll >= 0 && make_tables(gate) && gate_names_open(gate) && watch_channels(gate))
		return true;
	fprintf(stderr, "refnat: gate: %s\n", strerror(errno));
	return false;
}

void gate_close(struct gate *gate)
{
	for (uint32_t i = 0; gate->conns && i < gate->high; i++)
		if (gate->conns[i].stage != GATE_FREE)
			gate_conn_end(gate, &gate->conns[i]);
	gate_names_close(gate);
	if (gate->leaves)
		leaf_cache_free(gate->leaves);
	gate_pool_close(&gate->pool);
	for (int i = 0; i < GATE_QUEUES; i++)
		free(gate->queues[i].slots);
	free(gate->waiting);
	free(gate->free);
	free(gate->conns);
	close(gate->arrivals);
	close(gate->dials);
	close(gate->records);
	if (gate->epoll >= 0)
		close(gate->epoll);
}
