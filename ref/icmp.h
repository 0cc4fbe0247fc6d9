/* SPDX-License-Identifier: ISC */
/* icmp.h: ICMP for IPv4 (RFC 792), as much of it as an echo needs, and which of the other
 * messages are errors.
 *
 * Refused: fewer than 8 bytes, a wrong checksum.
 */
#ifndef REF_ICMP_H
#define REF_ICMP_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/reason.h"

#define ICMP_HDR_LEN           8
#define ICMP_ECHO_REPLY        0
#define ICMP_UNREACHABLE       3
#define ICMP_ECHO_REQUEST      8
#define ICMP_TIME_EXCEEDED     11
#define ICMP_PARAMETER_PROBLEM 12

struct icmp {
	uint8_t type, code;
	struct rd rest; /* behind the checksum: for an echo its id, sequence number and data */
};

/* REASON_ICMP_MALFORMED leaves *out untouched. */
enum reason icmp_parse(struct rd message, struct icmp *out);

/* The error messages that an end host's kernel sends unasked, for a packet that it was sent: nobody
 * listens there, a fragment stayed away, a header it does not understand. Not among them: redirect
 * (5), which is a router's (RFC 1122 section 3.2.2.2), and source quench (4), which nobody may send
 * any more (RFC 6633). */
bool icmp_is_error(uint8_t type);

/* Appends an echo reply: `id`, and behind it `rest`, sequence number and data. 6 + rest.n bytes;
 * false when they do not fit. */
WR_MUST_CHECK bool icmp_put_echo_reply(struct wr *w, uint16_t id, struct rd rest);

#endif
