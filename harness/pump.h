/* SPDX-License-Identifier: ISC */
/* pump.h: carries frames between a TAP device and a stream of frames (channel.h), and can be told to
 * do it badly (impair.h).
 *
 * It stands on the guest's side of the session, where QEMU stands on the vm plane: the tape holds
 * what came through the bad cable towards the backend, and what the backend sent into it.
 * Nothing blocks. While the stream's other end is behind, the TAP is not read, and its kernel drops
 * what does not fit its queue, as a network card's does.
 */
#ifndef HARNESS_PUMP_H
#define HARNESS_PUMP_H

#include "harness/channel.h"
#include "harness/impair.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define PUMP_FDS        3
#define PUMP_RELEASE_MS 20 /* a frame held back waits this long for others to overtake it */

struct pump {
	int tap_fd; /* nonblocking; the caller's */
	int timer_fd;
	struct channel chan;
	bool impaired, armed;
	struct impair from_guest, to_guest;
};

/* Takes over `stream_fd`. 0, or -1 with a message; pump_close() in both cases. */
int pump_open(struct pump *p, int tap_fd, int stream_fd);
void pump_close(struct pump *p);

/* Fills in the PUMP_FDS descriptors to wait for. */
void pump_pollfds(const struct pump *p, struct pollfd out[PUMP_FDS]);
/* Carries what poll said is there. */
void pump_run(struct pump *p, const struct pollfd pfd[PUMP_FDS]);

/* From now on the cable is as bad as `r` says; counts begin at 0. NULL: it is good again, and what
 * was held back leaves. */
void pump_impair(struct pump *p, const struct impair_rates *r);

#endif
