/* SPDX-License-Identifier: ISC */
/* loop.h: the worker's life after set-up: waits, reads frames, acts on their verdicts. */
#ifndef REF_LOOP_H
#define REF_LOOP_H

#include "ref/nat.h"

/* Everything is opened by the caller and stays the caller's to close. */
struct loop {
	const struct policy *policy;
	struct link *link;
	struct nat *nat;
	struct dialer *dialer;
	struct audit *audit;
	struct audit_counts *counts;
	int signals; /* signalfd for SIGTERM and SIGINT */
	int epoll;   /* the loop's own */
};

/* Runs until there is a reason to stop, and returns that. Nothing is forwarded or queued for the
 * guest after the reason arose. REASON_CHANNEL_ERROR also when the loop cannot be set up. */
enum reason loop_run(struct loop *loop);

#endif
