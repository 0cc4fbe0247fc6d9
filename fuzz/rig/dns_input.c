/* SPDX-License-Identifier: ISC */
/* dns_input.c: the query to an answer. */
#include "fuzz/rig/dns_input.h"

#include "fuzz/rig/dns_model.h"

#include <ctype.h>

#define QUESTION 12 /* where it begins */

size_t dns_input_query(uint8_t choices, struct rd message, uint8_t out[DNS_QUERY_MAX])
{
	static const uint8_t query[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	static const uint8_t other[] = "\7example\3com";
	static const uint8_t edns[] = {0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0};
	struct dns_model m = {message.p, message.n, QUESTION};
	struct dns_name name = {0};
	size_t n = QUESTION;

	memcpy(out, query, sizeof(query));
	if (message.n >= 2)
		memcpy(out, message.p, 2);
	if (choices & DNS_INPUT_OTHER_ID)
		out[1] ^= 1;
	if (choices & DNS_INPUT_EDNS)
		out[11] = 1;
	if (!(choices & DNS_INPUT_OTHER_NAME) && message.n > QUESTION &&
	    dns_model_name(&m, false, &name) == DNS_OK && name.host && name.len) {
		memcpy(out + n, message.p + QUESTION, m.at - QUESTION);
		n = m.at;
	} else {
		memcpy(out + n, other, sizeof(other));
		n += sizeof(other);
	}
	if (choices & DNS_INPUT_OTHER_CASE && isalpha(out[QUESTION + 1]))
		out[QUESTION + 1] ^= 0x20;
	memcpy(out + n, "\0\1\0\1", 4);
	if (choices & DNS_INPUT_TYPE && message.n >= n + 2)
		memcpy(out + n, message.p + n, 2);
	n += 4;
	if (choices & DNS_INPUT_EDNS) {
		memcpy(out + n, edns, sizeof(edns));
		n += sizeof(edns);
	}
	return n;
}
