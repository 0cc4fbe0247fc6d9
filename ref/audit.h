/* SPDX-License-Identifier: ISC */
/* audit.h: the event channel: one JSON object a line, one write(2) a line.
 *
 * Every event has
 *	v      1
 *	ev     ready, allow, drop or bye
 *	seq    counts from 0 without gaps
 *	t_ns   CLOCK_MONOTONIC
 * and then
 *	ready  name version mode uplink rules flows: enforcement is on
 *	allow  proto src sport dst dport rule: once for a new flow, before its first datagram leaves
 *	drop   proto [src [sport] dst [dport]] reason: once for every frame of the guest that is
 *	       neither forwarded nor answered, and for every upstream datagram that is refused;
 *	       what the packet did not show, or showed only in a header that cannot be trusted to
 *	       be one, is left out
 *	bye    reason, and the counts of struct audit_counts: the last event
 *
 * `proto` is eth, arp, ipv4, ipv6, icmp, tcp, udp, or ip-N for another IP protocol; `ipv4` stands
 * for a header too short to be read. For ARP src and dst are the sender's and the target's address.
 * Reasons: reason.h.
 *
 * No payload, header value or key is ever passed in here, and the only free text, a rule's id, is
 * of [A-Za-z0-9._-]: nothing needs escaping.
 *
 * A function that returns false could not write its event: the reader is gone, or did not read for
 * AUDIT_PATIENCE_MS. Nothing may pass that is not on record, so the caller must stop then.
 */
#ifndef REF_AUDIT_H
#define REF_AUDIT_H

#include "ref/verdict.h"

#define AUDIT_LINE_MAX    4096 /* of the contract; PIPE_BUF, so a line is never torn */
#define AUDIT_PATIENCE_MS 1000

struct audit {
	int fd;
	int saved_flags; /* of the descriptor, which others may share */
	uint64_t seq;
};

struct audit_counts {
	uint64_t frames;          /* from the guest: forwarded + answered + dropped */
	uint64_t forwarded;       /* datagrams that the kernel took */
	uint64_t answered;        /* ARP, DHCP, echo */
	uint64_t dropped;         /* guest frames with a drop event */
	uint64_t replies;         /* upstream datagrams that became frames for the guest */
	uint64_t replies_dropped; /* upstream datagrams with a drop event */
	uint64_t flows;           /* allow events */
};

/* Takes over an open, writable descriptor and makes it nonblocking; false when it is not one. */
bool audit_open(struct audit *audit, int fd);

bool audit_ready(struct audit *audit, const struct policy *policy, const char *uplink);
bool audit_allow(struct audit *audit, const struct tuple *tuple, const char *rule);
bool audit_drop(struct audit *audit, const struct tuple *tuple, enum reason reason);
bool audit_bye(struct audit *audit, enum reason reason, const struct audit_counts *counts);

/* Puts the descriptor's flags back and closes it. */
void audit_close(struct audit *audit);

#endif
