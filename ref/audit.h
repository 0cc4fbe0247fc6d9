/* SPDX-License-Identifier: ISC */
/* audit.h: the event channel: one JSON object a line, one write(2) a line.
 *
 * Every event has
 *	v      1
 *	ev     ready, allow, drop, dns, conn, http, violation, terminate or bye
 *	seq    counts from 0 without gaps
 *	t_ns   CLOCK_MONOTONIC
 * and then
 *	ready  name version mode uplink rules flows sandbox: enforcement is on
 *	allow  proto src sport dst dport [rule]: once for a new flow, before the guest's first payload leaves;
 *	       not for one of the gate's; without `rule` when no entry was asked, because the mode did
 *	       not check the packet
 *	drop   proto [src [sport] dst [dport]] reason [suppressed]: once for every frame of the guest
 *	       that is neither forwarded nor answered, and for every upstream datagram that is
 *	       refused; what the packet did not show, or showed only in a header that cannot be
 *	       trusted to be one, is left out
 *	dns    proto src sport dst dport name type verdict [reason] [detail] [suppressed]
 *	conn   proto src sport dst dport host verdict [reason] [detail] [suppressed]
 *	http   proto src sport dst dport host method path verdict status [rule] [reason] [detail]
 *	       [suppressed]: what the gate decided (record.h), before anything of it reaches the
 *	       world; the tuple is the guest's flow; a text that nobody could read is left out
 *	violation  as drop but for `suppressed`: the frame for which the VM is ended
 *	terminate  reason: the VM is ended
 *	bye    reason, and the counts of struct audit_counts, and how many denials had no line of
 *	       their own: the last event
 *
 * `proto` is eth, arp, ipv4, ipv6, icmp, tcp, udp, or ip-N for another IP protocol; `ipv4` stands
 * for a header too short to be read. For ARP src and dst are the sender's and the target's address.
 * Reasons: reason.h.
 *
 * Drops beyond AUDIT_LIMIT_BURST and AUDIT_LIMIT_PER_S have no line of their own: the next drop
 * line says how many it stands for besides itself. drop lines + suppressed = denials, always. The
 * same holds, with a limit of their own, for denials in dns, conn and http. No other event is
 * limited.
 *
 * No payload, header value or key is ever passed in here. The only free text is a rule's id, the
 * names of the sandbox's stages and the texts of a record; none has a character that needs
 * escaping.
 *
 * A function that returns false could not write its event: the reader is gone, or did not read for
 * AUDIT_PATIENCE_MS. Nothing may pass that is not on record, so the caller must stop then.
 */
#ifndef REF_AUDIT_H
#define REF_AUDIT_H

#include "ref/audit_limit.h"
#include "ref/record.h"
#include "ref/verdict.h"

#define AUDIT_LINE_MAX    4096 /* of the contract; PIPE_BUF, so a line is never torn */
#define AUDIT_PATIENCE_MS 1000

struct audit {
	int fd;
	int saved_flags; /* of the descriptor, which others may share */
	uint64_t seq;
	struct audit_limit limit;
	struct tuple
	        waiting; /* the last denial that waits to be told, when limit.waiting is not 0 */
	enum reason waiting_reason;
	struct audit_limit denials; /* as `limit`, for the gate's */
	struct record denied;       /* the last one, when denials.waiting is not 0 */
};

struct audit_counts {
	uint64_t frames;          /* from the guest: forwarded + answered + dropped */
	uint64_t forwarded;       /* datagrams that the kernel took */
	uint64_t answered;        /* ARP, DHCP, echo */
	uint64_t dropped;         /* guest frames with a drop event */
	uint64_t replies;         /* upstream datagrams that became frames for the guest */
	uint64_t replies_dropped; /* upstream datagrams with a drop event */
	uint64_t served;          /* flows that the gate got */
	uint64_t denied;          /* denials in dns, conn and http */
	uint64_t flows;           /* allow events */
	uint64_t tcp;             /* those of TCP */
};

/* Takes over an open, writable descriptor and makes it nonblocking; false when it is not one. */
bool audit_open(struct audit *audit, int fd);

/* `sandbox` names the active stages, `stages` of them. */
bool audit_ready(struct audit *audit, const struct policy *policy, const char *uplink,
                 const char *const *sandbox, size_t stages);

/* `rule` is NULL when no entry was asked. */
bool audit_allow(struct audit *audit, const struct tuple *tuple, const char *rule);

/* True also when the denial was counted instead of written. */
bool audit_drop(struct audit *audit, const struct tuple *tuple, enum reason reason);

/* The gate's word. True also when a denial was counted instead of written. */
bool audit_record(struct audit *audit, const struct record *record);

/* How many denials wait to be told of, and how many have been told of by another's line. */
uint64_t audit_waiting(const struct audit *audit);
uint64_t audit_suppressed(const struct audit *audit);

/* Tells of the denials that still wait, in one line each: the last of them, standing for the others.
 * To be called about once a second, so that a flood that stopped is on record soon; no-op when
 * nothing waits. audit_violation(), audit_record_violation(), audit_terminate() and audit_bye()
 * begin with it. */
bool audit_flush(struct audit *audit);

/* Another policy is in force: a log event with its mode and number of rules. */
bool audit_policy(struct audit *audit, const struct policy *policy);

bool audit_violation(struct audit *audit, const struct tuple *tuple, enum reason reason);
/* The record that ends the VM, with a line of its own, and then the violation. */
bool audit_record_violation(struct audit *audit, const struct record *record);
bool audit_terminate(struct audit *audit, enum reason reason);
bool audit_bye(struct audit *audit, enum reason reason, const struct audit_counts *counts);

/* Puts the descriptor's flags back and closes it. */
void audit_close(struct audit *audit);

#endif
