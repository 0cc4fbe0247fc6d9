/* SPDX-License-Identifier: ISC */
/* ctl.h: the control channel: JSON lines from whoever started refnat, over a stream socket.
 *
 *	{"cmd":"sync","id":1}                    all frames that were in the channel are decided,
 *	                                         and what they allow is in the kernel's hands
 *	{"cmd":"policy","id":2,"policy":{...}}   the policy takes effect, or is refused whole
 *	{"cmd":"stats","id":3}                   the counters
 *	{"cmd":"clock","id":4,"advance_ms":500}  timers run as if so much time had passed; for tests
 *
 * Each gets one answer, in order: {"id":N,"ok":true} (stats: and the counters) or
 * {"id":N,"ok":false,"error":"..."}. Malformed lines get one too, with "id":null when it could not
 * be read. A line may have CTL_LINE_MAX bytes; a longer one is refused once, at its end. The end of
 * the channel changes nothing.
 *
 * It is served by the dialer's process, one request at a time: what the worker has to do is passed
 * on as an order, and the next line is looked at when the worker has answered.
 */
#ifndef REF_CTL_H
#define REF_CTL_H

#include "ref/dialer.h"
#include "ref/policy_merge.h"

#define CTL_LINE_MAX 2097152

/* What a policy that comes over the channel is read with, as the first one was. */
struct ctl_background {
	const char *folder;                       /* of the files that it names */
	const struct policy_source *organisation; /* what is laid over it; or NULL */
};

struct ctl {
	int fd; /* -1: no channel, or it has ended */
	struct ctl_background background;
	struct policy_share *share;
	unsigned slot; /* in force */
	char *line;    /* allocated when the first byte comes */
	size_t len, size;
	bool overlong;         /* the line in the making is dropped */
	bool busy;             /* an order is with the worker ... */
	enum order_kind order; /* ... of this kind ... */
	bool has_id;           /* ... for this request */
	long long id;
};

/* Takes over `fd` (or -1). `background` must point at what lives as long; NULL is an empty one. */
void ctl_open(struct ctl *ctl, int fd, struct policy_share *share,
              const struct ctl_background *background);

/* The channel is readable. Returns true, with *order filled, when the worker has something to do:
 * ctl_done() must follow before the next call. */
bool ctl_serve(struct ctl *ctl, struct order *order);

/* The worker has carried the order out. Returns as ctl_serve(), for the line behind it. */
bool ctl_done(struct ctl *ctl, const uint64_t numbers[ORDER_NUMBERS], struct order *order);

void ctl_close(struct ctl *ctl);

#endif
