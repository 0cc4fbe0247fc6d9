/* SPDX-License-Identifier: ISC */
/* icmp.h: ICMP for IPv4 (RFC 792), as much of it as an echo needs.
 *
 * Refused: fewer than 8 bytes, a wrong checksum.
 */
#ifndef REF_ICMP_H
#define REF_ICMP_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/reason.h"

#define ICMP_HDR_LEN      8
#define ICMP_ECHO_REPLY   0
#define ICMP_ECHO_REQUEST 8

struct icmp {
	uint8_t type, code;
	struct rd rest; /* behind the checksum: for an echo its id, sequence number and data */
};

/* REASON_ICMP_MALFORMED leaves *out untouched. */
enum reason icmp_parse(struct rd message, struct icmp *out);

/* Appends the reply to an echo request whose `rest` is given: 4 + rest.n bytes. False when it does
 * not fit. */
WR_MUST_CHECK bool icmp_put_echo_reply(struct wr *w, struct rd rest);

#endif
