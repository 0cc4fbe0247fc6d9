/* SPDX-License-Identifier: ISC */
/* icmp.c: fuzz target: a byte that says what to mend (fuzz/rig/mend.h), then any bytes as an ICMP
 * message (ref/icmp.h). */
#include "fuzz/rig/mend.h"
#include "fuzz/rig/plain.h"

#include "fuzz/fuzz.h"

/* The reply to an echo: the id of the caller's choice, and then the same bytes. */
static void answer(const struct icmp *icmp)
{
	static uint8_t room[MEND_MAX];
	const uint16_t id = (uint16_t)(icmp->type * 257u);
	const struct rd rest = rd_of(icmp->rest.p + 2, icmp->rest.n - 2);
	struct wr w = wr_of(room, 6 + rest.n);
	struct icmp plain;

	HOLDS("an echo reply fits 6 bytes and the rest", icmp_put_echo_reply(&w, id, rest));
	HOLDS("it fills them", w.len == 6 + rest.n);
	HOLDS("it is right", !plain_icmp(rd_of(room, w.len), &plain));
	HOLDS("it is an echo reply", !plain.type && !plain.code);
	HOLDS("it has the id", plain_u16(room + 4) == id);
	HOLDS("it has the bytes of the request", !memcmp(room + 6, rest.p, rest.n));
	w = wr_of(room, 5 + rest.n);
	HOLDS("what does not fit is not written", !icmp_put_echo_reply(&w, id, rest) && !w.len);
	w = wr_of(room, 5);
	HOLDS("nor is a part of the header", !icmp_put_echo_reply(&w, id, rest) && !w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct icmp untouched = {.type = 0x5a, .code = 0xa5};
	struct icmp icmp = untouched, plain;
	enum reason reason;
	struct rd message;

	if (size < 1 || size > MEND_MAX)
		return 0;
	message = mend_transport(rd_of(data + 1, size - 1), data[0], 0, 0, 1);
	reason = icmp_parse(message, &icmp);
	HOLDS("ICMP is refused for 8 bytes that are not there or its checksum, and only then",
	      reason == plain_icmp(message, &plain));
	if (reason) {
		HOLDS("a refusal leaves the result alone",
		      icmp.type == untouched.type && icmp.code == untouched.code && !icmp.rest.p);
		return 0;
	}
	HOLDS("type and code stand in front", icmp.type == plain.type && icmp.code == plain.code);
	HOLDS("the rest stands behind the checksum", plain_same_window(icmp.rest, plain.rest));
	HOLDS("errors are the types 3, 11 and 12",
	      icmp_is_error(icmp.type) == (icmp.type == 3 || icmp.type == 11 || icmp.type == 12));
	answer(&icmp);
	return 0;
}
