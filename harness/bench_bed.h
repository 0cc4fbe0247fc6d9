/* SPDX-License-Identifier: ISC */
/* bench_bed.h: a backend on its bed: a namespace with the uplink, the guest's side of the frame channel, a
 * socket in the world. Unlike session.h it records nothing and captures nothing.
 *
 *     harness: writes and reads frames == stream == backend == up0 -- w0 == a socket of the harness
 *     or a Linux stack == TAP == pump (a process of its own) ==^      (or of a process, for TCP)
 */
#ifndef HARNESS_BENCH_BED_H
#define HARNESS_BENCH_BED_H

#include "harness/bench.h"
#include "harness/channel.h"
#include "harness/events.h"
#include "harness/lab.h"
#include "harness/lab_guest.h"
#include "harness/proc.h"

#include <netinet/in.h>

#define BENCH_FRAME_MAX (14 + 9000)
#define BENCH_HDR_LEN   42 /* Ethernet, IPv4, UDP */
#define BENCH_IP_MIN    32 /* headers and the tag */

struct bench_bed {
	const struct bench_subject *subject;
	unsigned span_ms;
	struct lab_link link;
	struct proc proc;
	struct bench_processes processes;
	struct channel chan;    /* UDP beds; fd -1 otherwise */
	struct lab_guest guest; /* TCP beds; ns -1 otherwise */
	pid_t pump;             /* 0: none */
	int events_fd, stderr_fd;
	struct events events;
	int world; /* UDP socket at the consumer's endpoint */
	uint8_t gateway_mac[6];
	uint16_t last_port; /* of the guest: each measurement is a flow of its own */
	uint32_t last_tag;
	char *why; /* BENCH_WHY_MAX bytes: what went wrong */
};

enum bench_bed_status {
	BENCH_BED_CLOSED,
	BENCH_BED_OPEN,
	BENCH_BED_NO_BACKEND, /* it does not come up, or is gone */
	BENCH_BED_NO_LAB,
};

/* Starts the backend and waits until it is ready and, on UDP beds, has told its gateway's MAC; on TCP beds the guest
 * is up and has its address. Never BENCH_BED_CLOSED; unless OPEN, `why` says why. bench_bed_close() in all cases. */
enum bench_bed_status bench_bed_open(struct bench_bed *bed, enum bench_bed_kind kind,
                                     const struct bench_subject *subject, unsigned span_ms,
                                     char *why);
/* Ends the backend, by the contract or else by force. */
void bench_bed_close(struct bench_bed *bed);

/* Reads what the backend says, which otherwise would block it one day. False with `why` when it is gone or broke the
 * contract. */
bool bench_bed_listen(struct bench_bed *bed);

/* A UDP frame of the guest to the consumer with `ip_bytes` of IP packet, whose payload begins with `tag`. Returns its
 * length. `out` holds BENCH_FRAME_MAX. */
size_t bench_frame_build(uint8_t *out, const uint8_t gateway_mac[6], uint16_t sport,
                         size_t ip_bytes, uint32_t tag);

/* Waits until `fd` can be read. */
bool bench_wait(int fd, int timeout_ms);
double bench_now_ns(void);

/* What the receiver's own socket had to drop since it was made. */
uint64_t bench_socket_drops(int fd);

/* The measurements. Each adds its metrics to *cell, or returns false with bed->why set. */
bool bench_udp_run(struct bench_bed *bed, const struct bench_row *row, struct bench_cell *cell);
bool bench_tcp_run(struct bench_bed *bed, const struct bench_row *row, struct bench_cell *cell);

/* Adds what `frames` (or KiB) cost since `before`, over `ns`. */
void bench_add_cpu(struct bench_cell *cell, const struct bench_bed *bed,
                   const struct bench_cpu *before, double frames, double ns);
/* Adds what the backend's processes hold now; false with `why`. */
bool bench_add_memory(struct bench_bed *bed, struct bench_cell *cell);

#endif
