/* SPDX-License-Identifier: ISC */
/* dns_input.h: what inputs of the targets of answers look like: a byte of choices, then the message. The query that it may
 * answer is made from the message itself, so that a fuzzer need not guess it. */
#ifndef FUZZ_RIG_DNS_INPUT_H
#define FUZZ_RIG_DNS_INPUT_H

#include "ref/dns_query.h"

/* Choices. */
#define DNS_INPUT_OTHER_ID   0x01
#define DNS_INPUT_EDNS       0x02 /* the query has it */
#define DNS_INPUT_OTHER_CASE 0x04 /* of the first letter */
#define DNS_INPUT_OTHER_NAME 0x08 /* example.com, whatever is answered */
#define DNS_INPUT_TYPE       0x10 /* is asked for that the message says, else A */

/* Writes the query that the message may answer, its name in the letters of the message; how long it is. Where
 * the message has no question with a host name, it is for example.com. */
size_t dns_input_query(uint8_t choices, struct rd message, uint8_t out[DNS_QUERY_MAX]);

#endif
