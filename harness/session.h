/* SPDX-License-Identifier: ISC */
/* session.h: one backend process in its own namespace, with the VM's side of its frame channel, the
 * world's side of its uplink and its event stream, all written to one tape.
 *
 * The frame channel is of the kind that backend.transport says; this side of it is closed at session_stop(), and before
 * when the backend closes its side or says "terminate", as a VMM would.
 *
 * Nothing here blocks but session_pump() and what is built on it, each with a bound. On the vm
 * plane a second channel leads to QEMU, and the session relays frames between the two while it
 * records them: from the start, or between session_guest_join() and session_guest_leave().
 */
#ifndef HARNESS_SESSION_H
#define HARNESS_SESSION_H

#include "harness/backend.h"
#include "harness/bulk.h"
#include "harness/channel.h"
#include "harness/ctl.h"
#include "harness/events.h"
#include "harness/lab.h"
#include "harness/match.h"
#include "harness/proc.h"
#include "harness/recipe.h"
#include "harness/tape.h"
#include "harness/transport.h"
#include "harness/world.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_STDERR_MAX  16384
#define SESSION_TAPE_MAX    (64u << 20) /* bytes of frames and events that are kept */
#define SESSION_BULK_FROM   (8u << 20)  /* from here on long transfers are counted, see bulk.h */
#define SESSION_READY_MS    5000
#define SESSION_STOP_MS     2000 /* the contract's */
#define SESSION_WHY_MAX     320
#define SESSION_NONE        SIZE_MAX
#define SESSION_EXIT_POLICY 90 /* the contract's: ended by policy */

/* What else the session's loop polls for, on the vm plane: QEMU's descriptors. */
struct session_extra {
	size_t (*poll)(void *arg, struct pollfd *out,
	               size_t room); /* fills pollfds, returns how many */
	void (*ready)(void *arg, const struct pollfd *pfd, size_t count);
	void *arg;
};

struct session {
	const struct backend *backend;
	struct world *world;
	struct world nowhere; /* the world of a second session: nothing in it */
	struct lab_link link;
	struct proc proc;
	struct transport transport;
	struct channel chan;  /* to the backend */
	struct channel guest; /* to QEMU; fd -1 on the wire plane */
	bool joined;          /* `chan` is there */
	bool hung_up;         /* this side of `chan` is closed: nothing can be sent any more */
	bool asked;           /* to end, by session_stop(), and by nothing before */
	bool deaf;            /* somebody has seen to it that not all events are heard */
	struct ctl ctl;       /* see ctl.h; fd -1 when the backend has none */
	int events_fd, stderr_fd;
	int host_capture_fd; /* loopback of the backend's namespace */
	struct events events;
	struct tape tape;
	struct session_extra extra;

	/* Is shown each frame and event before it is kept; true: it was counted, and is not kept. NULL: all are kept. */
	bool (*absorb)(void *arg, enum tape_kind kind, const void *data, size_t len);
	void *absorb_arg;

	char stderr_text[SESSION_STDERR_MAX + 1]; /* the first of it */
	size_t stderr_len;

	bool exited; /* the backend's process is gone; `end` says how */
	struct proc_end end;
	char never_ready
	        [SESSION_WHY_MAX]; /* after SESSION_NEVER_READY: why, as a sentence about the backend */

	/* An end by policy. `terminated` holds from when the process is gone: it said "violation", "terminate", "bye"
	 * and exited with 90. What it did of that without the rest is `end_fault`. */
	bool terminated;
	size_t violation; /* tape index of the first "violation" event, or SESSION_NONE */
	size_t terminate; /* of the "terminate" event, or SESSION_NONE */
	char end_fault[SESSION_WHY_MAX]; /* "" when code and events agree */

	const char *channel_fault; /* the backend broke the framing before the stop, or NULL */
	size_t recorded;           /* bytes on the tape */
	uint64_t signs;            /* of life: frames and events of the backend, kept or not */
	struct bulk bulk;          /* and what was counted beside it */
	bool flooded;              /* there were more than SESSION_TAPE_MAX */
	bool corked;          /* what is injected waits, to be written together with what follows */
	int stop_ms;          /* how long it may take to end */
	bool hung;            /* it had to be killed */
	unsigned lost_frames; /* dropped by our own capture: the evidence is worthless */
	bool left_path;       /* it left its socket behind although it ended by itself */
	uint64_t audited_drops; /* denials the backend has reported, suppressed ones included */
	bool has_gateway_mac;
	uint8_t gateway_mac[6]; /* learned from ARP, as a VM does */
};

extern volatile int session_interrupted; /* set by the signal handler: everything winds down */

enum session_status { SESSION_OK, SESSION_ENV, SESSION_NEVER_READY };

/* Starts the backend and waits for "ready". On anything but SESSION_OK the session must still be
 * ended with session_stop(). `guest_fd` is QEMU's end on the vm plane, else -1; it is taken over. `seed` is what
 * --seed says, or NULL. */
enum session_status session_start(struct session *s, const struct backend *b, struct world *w,
                                  const char *policy, int guest_fd, const char *seed);
/* What is done once the frame channel is there and before the backend is; s->joined is false where the transport has no
 * channel until then. */
struct session_early {
	void (*play)(struct session *s, void *arg);
	void *arg;
};
/* The same, with `early` (or NULL). */
enum session_status session_start_early(struct session *s, const struct backend *b, struct world *w,
                                        const char *policy, int guest_fd, const char *seed,
                                        const struct session_early *early);
/* The two halves of it, for who wants to act in between: the backend is started; "ready" is waited for. Frames can be sent
 * from when s->joined. */
enum session_status session_begin(struct session *s, const struct backend *b, struct world *w,
                                  const char *policy, int guest_fd, const char *seed,
                                  const struct session_early *early);
enum session_status session_await_ready(struct session *s);
/* A second backend of the same kind in the namespace and on the uplink of `first`, which captures for both and must
 * outlive it. */
enum session_status session_start_beside(struct session *s, const struct session *first,
                                         const char *policy, const char *seed);
/* Handles whatever has happened, waiting at most `timeout_ms` for something to happen. */
void session_pump(struct session *s, int timeout_ms);
/* Pumps until `done` says so: true; or `timeout_ms` have passed, the backend is gone or the user
 * wants to stop: false. `done` is asked before the first wait. */
bool session_wait(struct session *s, int timeout_ms, bool (*done)(struct session *s, void *arg),
                  void *arg);

/* A guest that comes when the backend is already there: frames are relayed between the two from here on. `fd` is QEMU's
 * channel, and is taken over. */
void session_guest_join(struct session *s, int fd);
/* It is gone: what it has sent still goes to the backend, and from here on the harness is the VM again. */
void session_guest_leave(struct session *s);

/* The VM sends a frame (wire plane). Returns the tape index. Ask channel_carries(&s->chan) and s->hung_up first where
 * it matters that the frame is really sent. */
size_t session_inject(struct session *s, const void *frame, size_t len, int row);
/* Closes the VM's side of the frame channel, with what was put into it before. What the backend still sends is seen where
 * the kind of channel can be closed by half. */
void session_hang_up(struct session *s);
/* The world sends a frame; false, with a message on stderr, when it could not. */
bool session_world_send(struct session *s, const void *frame, size_t len);

/* Waits until an entry of `kind` at or behind *from fits the pattern; *from becomes the index
 * behind it and *hit its index. */
bool session_wait_match(struct session *s, enum tape_kind kind, const struct recipe *pattern,
                        const struct recipe_vars *vars, int timeout_ms, size_t *from, size_t *hit);

/* Asks the gateway's address by ARP, once. false when nobody answers in time. */
bool session_learn_gateway(struct session *s, int timeout_ms);

/* All that the judge needs to know about the form of what the backend said and how it ended: the first breach of the
 * contract in events, on --ctl, or at its end; "" when there is none. */
const char *session_contract_fault(const struct session *s);

/* Ends the backend: closes the frame channel, gives it the contract's time, kills what is left,
 * then takes the uplink down and drains the capture, so that nothing can arrive any more when this
 * returns. The tape stays until session_free(). */
void session_stop(struct session *s);
void session_free(struct session *s);

#endif
