/* SPDX-License-Identifier: ISC */
/* cksum.c: fuzz target: the checksum of any bytes (ref/cksum.h), in one piece and in many, beside the
 * sum as RFC 1071 writes it. Input: two addresses, a protocol, a byte that says where to cut, the
 * bytes. */
#include "ref/cksum.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t room[8] = {0};
	struct wr w = wr_of(room, sizeof(room));
	uint32_t sum, src, dst, pieces = 0;
	uint16_t field;
	struct rd bytes;
	size_t piece;

	if (size < 10 || size > 60000)
		return 0;
	src = plain_u32(data);
	dst = plain_u32(data + 4);
	piece = 2 + data[9] % 64 * 2u;
	bytes = rd_of(data + 10, size - 10);
	sum = plain_sum(bytes.p, bytes.n);
	HOLDS("a sum is that of RFC 1071",
	      cksum_finish(cksum_add(0, bytes.p, bytes.n)) == 0xffff - sum);
	for (size_t at = 0; at < bytes.n; at += piece)
		pieces = cksum_add(pieces, bytes.p + at,
		                   bytes.n - at < piece ? bytes.n - at : piece);
	HOLDS("even pieces add up", cksum_finish(pieces) == 0xffff - sum);
	HOLDS("a sum has 16 bits and a carry", cksum_add(0xffff, bytes.p, bytes.n) <= 0xffff);
	sum = cksum_add_pseudo(0, src, dst, data[8], (uint16_t)bytes.n);
	field = cksum_finish(cksum_add(sum, bytes.p, bytes.n));
	HOLDS("a pseudo-header is addresses, protocol and length",
	      field == 0xffff - plain_transport_sum(bytes, src, dst, data[8]));
	HOLDS("nothing adds nothing", cksum_add(sum, NULL, 0) == sum);
	w.len = data[9] % (sizeof(room) + 1u);
	HOLDS("no bytes are no matter", rd_copy(&bytes, room, 0) && wr_fill(&w, 0, 0));
	HOLDS("a checksum is put where there were bytes",
	      wr_put_u16(&w, data[8] % 8, field) == (data[8] % 8 + 2u <= w.len));
	return 0;
}
