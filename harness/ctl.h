/* SPDX-License-Identifier: ISC */
/* ctl.h: the harness's end of `--ctl`: commands to a running backend, docs/backends.md, "Control".
 *
 * One JSON line a request, one a answer, in order. Answers are hostile input: a line of at most CTL_ANSWER_MAX bytes,
 * one JSON object, exactly the keys that this answer has, the id of the request. Anything else breaks the contract, is
 * named in `fault`, and ends the conversation.
 *
 * What is asked pumps the session while it waits, so that frames and events go on being recorded, and leaves a note of
 * question and answer on the tape.
 */
#ifndef HARNESS_CTL_H
#define HARNESS_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_MS         2000    /* the contract's, for each answer, from the last sign of life */
#define CTL_BUSY_MS    10000   /* the same: for an answer, whatever else it does */
#define CTL_ANSWER_MAX 4096    /* bytes, newline not counted */
#define CTL_LINE_MAX   2000000 /* of a request: what a backend must take */
#define CTL_WHY_MAX    256

struct session;

enum ctl_status {
	CTL_OK,
	CTL_REFUSED, /* "ok":false; `why` is the error's text, fit for a terminal */
	CTL_GONE, /* the backend, or the session, came to its end, or it never had a control channel */
	CTL_FAULT, /* the backend broke the contract: s->ctl.fault, also in `why` */
};

struct ctl {
	int fd;       /* -1: the backend has none, or the conversation is over */
	bool offered; /* there was one */
	int64_t next_id;
	bool asked, answered; /* a request is out; its answer is in `line` */
	bool busy;            /* the last wait ended although the backend was at work */
	char line[CTL_ANSWER_MAX + 1];
	size_t len;
	char *out; /* what the socket has not taken yet, or NULL */
	size_t out_len, out_sent;
	char fault[CTL_WHY_MAX]; /* the first breach of the contract, or "" */
};

struct ctl_stats {
	int64_t frames, forwarded, answered, dropped, replies, replies_dropped, flows, flows_live,
	        tcp_live, suppressed;
};

/* All return within about CTL_MS of the last sign that the backend is at work (it sends, reports, or reads frames that
 * wait for it), and within CTL_BUSY_MS in any case: how long what stands before a question takes says more about the
 * machine than about the backend. They fill `why` (CTL_WHY_MAX bytes, "" with CTL_OK).
 *
 * Comes back when every frame that was injected so far is decided and handed to the kernel. It cannot be refused. */
enum ctl_status ctl_sync(struct session *s, char *why);
/* `policy` is JSON text, newlines and all; one that is not a JSON object, or too long, is refused here. */
enum ctl_status ctl_policy(struct session *s, const char *policy, char *why);
enum ctl_status ctl_stats(struct session *s, struct ctl_stats *out, char *why);
/* Lets the backend's clock jump forward; it comes back when the timers that are due by then have run. */
enum ctl_status ctl_clock(struct session *s, uint64_t advance_ms, char *why);
/* A request of the caller's own making, for probes: `request` is the line without its braces and its id, such as
 * `"cmd":"sync"`. */
enum ctl_status ctl_raw(struct session *s, const char *request, char *why);

/* ---- for the session ---- */

/* Takes over `fd`, nonblocking, or -1. */
void ctl_init(struct ctl *c, int fd);
void ctl_close(struct ctl *c);
/* What to poll for: 0 when nothing. */
short ctl_poll_events(const struct ctl *c);
/* Writes and reads what the socket takes and has. */
void ctl_pump(struct ctl *c);

/* Checks one line as the answer to request `id` and fills *stats when it is not NULL, and then must be there. CTL_OK,
 * CTL_REFUSED with the error, CTL_FAULT with what is wrong with it. */
enum ctl_status ctl_parse(const char *line, size_t len, int64_t id, struct ctl_stats *stats,
                          char *why);

#endif
