/* SPDX-License-Identifier: ISC */
/* gate_names.c: the name service in the gate: what it asks for, and what it is told. */
#include "ref/gate_loop.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define INDEX_SHIFT 16 /* of gate_name_token() */

static bool dial(void *arg, uint32_t token, uint8_t proto, uint32_t ip, uint16_t port)
{
	const struct gate_asker asker = {.names = true, .token = token};

	return gate_post_dial(arg, proto, ip, port, asker);
}

static void watch(void *arg, uint32_t token, int fd, uint32_t events)
{
	struct gate *gate = arg;
	struct epoll_event event = {
	        .events = events,
	        .data.u64 = gate_service_token(token),
	};

	if (epoll_ctl(gate->epoll, EPOLL_CTL_MOD, fd, &event) < 0 &&
	    epoll_ctl(gate->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		gate->stop = true;
}

static void unwatch(void *arg, uint32_t token, int fd)
{
	struct gate *gate = arg;

	(void)token;
	epoll_ctl(gate->epoll, EPOLL_CTL_DEL, fd, NULL);
	for (size_t i = 0; i < NAMES_LINES_MAX; i++)
		if (gate->ears[i].ear && gate->ears[i].fd == fd) {
			close(gate->ears[i].ear);
			gate->ears[i] = (struct gate_ear){0};
		}
}

/* A queue of its own, because a connection is asked again and the name service is not. */
static bool record(void *arg, uint32_t token, const struct record *written)
{
	struct gate *gate = arg;
	const struct gate_asker asker = {.names = true, .token = token};
	struct gate_waiting *waiting;

	if (!gate->waiting_count && gate_post_record(gate, written, asker))
		return true;
	if (gate->stop || gate->waiting_count == GATE_NAMES_RECORDS) {
		gate->stop = true;
		return false;
	}
	waiting =
	        &gate->waiting[(gate->waiting_first + gate->waiting_count++) % GATE_NAMES_RECORDS];
	waiting->token = token;
	waiting->record = *written;
	return true;
}

void gate_names_flush(struct gate *gate)
{
	while (gate->waiting_count) {
		const struct gate_waiting *waiting = &gate->waiting[gate->waiting_first];
		const struct gate_asker asker = {.names = true, .token = waiting->token};

		if (!gate_post_record(gate, &waiting->record, asker))
			return;
		gate->waiting_first = (gate->waiting_first + 1) % GATE_NAMES_RECORDS;
		gate->waiting_count--;
	}
}

static void resolved(void *arg, uint32_t asker, const struct names_result *result)
{
	struct gate *gate = arg;
	struct gate_conn *conn = &gate->conns[asker >> INDEX_SHIFT];

	if (conn->up_stage == GATE_UP_RESOLVE && gate_name_token(gate, conn) == asker)
		gate_up_resolved(gate, conn, result);
}

/* The dialer and OpenSSL have what they need of the kernel as well, and without it nothing goes. */
static void fill_random(void *arg, void *out, size_t n)
{
	struct gate *gate = arg;

	if (getrandom(out, n, 0) != (ssize_t)n)
		gate->stop = true;
}

static bool keep_ear(struct gate *gate, int fd, int ear)
{
	for (size_t i = 0; i < NAMES_LINES_MAX; i++)
		if (!gate->ears[i].ear) {
			gate->ears[i] = (struct gate_ear){fd, ear};
			return true;
		}
	return false;
}

void gate_names_dialled(struct gate *gate, uint32_t token, const int fds[GATE_WIRE_FDS_MAX])
{
	int fd = fds[0];

	if (fds[1] >= 0 && !keep_ear(gate, fd, fds[1])) {
		close(fds[1]);
		close(fd);
		fd = -1;
	}
	names_dialled(gate->names, token, fd, gate->now_ns);
}

bool gate_names_open(struct gate *gate)
{
	gate->names_io = (struct names_io){
	        .arg = gate,
	        .dial = dial,
	        .watch = watch,
	        .unwatch = unwatch,
	        .record = record,
	        .resolved = resolved,
	        .random = fill_random,
	};
	gate->names = calloc(1, names_size());
	if (!gate->names)
		return false;
	names_start(gate->names, &gate->names_io, &gate->policy->web);
	return true;
}

void gate_names_close(struct gate *gate)
{
	if (gate->names)
		names_stop(gate->names);
	free(gate->names);
	gate->names = NULL;
}
