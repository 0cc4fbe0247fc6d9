/* SPDX-License-Identifier: ISC */
/* loop.h: the worker's life after set-up: waits, reads frames, acts on their verdicts. */
#ifndef REF_LOOP_H
#define REF_LOOP_H

#include "ref/gate_wire.h"
#include "ref/nat.h"

#define LOOP_PROBE_MS  200  /* silence after which a datagram link is probed, see link.h */
#define LOOP_REPORT_MS 1000 /* how long a suppressed denial may wait to be told of */

/* Everything is opened by the caller and stays the caller's to close. */
struct loop {
	const struct policy_share *share; /* nat->policy is one of its slots */
	struct link *link;
	struct nat *nat;
	struct dialer *dialer;
	struct audit *audit;
	struct audit_counts *counts;
	const struct gate_pairs *gate; /* the worker's end of its records; NULL: no gate */
	uint32_t record;               /* number of the gate's last one */
	struct sampling sampling;
	int signals;        /* signalfd for SIGTERM and SIGINT */
	int epoll;          /* the loop's own */
	uint64_t ahead_ns;  /* how far orders have put the clock forward */
	uint64_t output_ns; /* when the link last got a frame */
	uint64_t report_ns; /* when suppressed denials are told of; UINT64_MAX: there are none */
};

/* Runs until there is a reason to stop, and returns that. Nothing is forwarded or queued for the
 * guest after the reason arose. REASON_CHANNEL_ERROR also when the loop cannot be set up. */
enum reason loop_run(struct loop *loop);

#endif
