/* SPDX-License-Identifier: ISC */
/* plain_tcp.c: the TCP header, read by the place of each byte. */
#include "fuzz/rig/plain.h"

/* Of the 32 combinations of SYN, ACK, RST and FIN (PSH says nothing), those that tcp_seg.h accepts. */
static bool flags_are_honest(uint8_t flags)
{
	switch (flags & (TCP_SEG_FIN | TCP_SEG_SYN | TCP_SEG_RST | TCP_SEG_ACK)) {
	case TCP_SEG_SYN:
	case TCP_SEG_SYN | TCP_SEG_ACK:
	case TCP_SEG_ACK:
	case TCP_SEG_FIN | TCP_SEG_ACK:
	case TCP_SEG_RST:
	case TCP_SEG_RST | TCP_SEG_ACK:
	case TCP_SEG_RST | TCP_SEG_FIN | TCP_SEG_ACK:
		return true;
	default:
		return false;
	}
}

/* An option of `len` bytes at `p`, kind and length included. False: malformed. What is of a SYN only
 * is, in another segment, an option like those that nobody knows. */
static bool read_option(const uint8_t *p, size_t len, struct tcp_seg *out)
{
	const bool syn = out->flags & TCP_SEG_SYN;

	if (p[0] == 2 && syn) {
		if (len != 4)
			return false;
		out->mss = plain_u16(p + 2);
	} else if (p[0] == 3 && syn) {
		if (len != 3)
			return false;
		out->window_scale = (int8_t)(p[2] < 14 ? p[2] : 14);
	} else if (p[0] == 4 && syn) {
		if (len != 2)
			return false;
		out->sack_permitted = true;
	} else if (p[0] == 5) {
		if (len != 10 && len != 18 && len != 26 && len != 34)
			return false;
		out->sack_count = (uint8_t)(len / 8);
		for (size_t i = 0; i < len / 8; i++) {
			out->sack[i].left = plain_u32(p + 2 + 8 * i);
			out->sack[i].right = plain_u32(p + 6 + 8 * i);
		}
	}
	return true;
}

static void read_options(const uint8_t *p, size_t n, struct tcp_seg *out)
{
	size_t at = 0;

	while (at < n && p[at] != 0) {
		size_t len = 1;

		if (p[at] != 1) {
			if (at + 1 == n || p[at + 1] < 2 || p[at + 1] > n - at)
				return;
			len = p[at + 1];
			if (!read_option(p + at, len, out))
				return;
		}
		at += len;
	}
}

enum reason plain_tcp(struct rd bytes, uint32_t src, uint32_t dst, struct tcp_seg *out,
                      bool *readable)
{
	const uint8_t *p = bytes.p;
	size_t header;

	*out = (struct tcp_seg){.window_scale = -1};
	*readable = bytes.n >= 4;
	if (*readable) {
		out->sport = plain_u16(p);
		out->dport = plain_u16(p + 2);
	}
	if (bytes.n < 20 || bytes.n > 65535)
		return REASON_TCP_LENGTH;
	header = (size_t)(p[12] / 16) * 4;
	if (header < 20 || header > bytes.n)
		return REASON_TCP_LENGTH;
	if (plain_transport_sum(bytes, src, dst, 6) != 0xffff)
		return REASON_TCP_CHECKSUM;
	if (!flags_are_honest(p[13]))
		return REASON_TCP_FLAGS;
	out->seq = plain_u32(p + 4);
	out->ack = plain_u32(p + 8);
	out->flags = p[13] % 32;
	out->window = plain_u16(p + 14);
	out->payload = rd_of(p + header, bytes.n - header);
	read_options(p + 20, header - 20, out);
	return REASON_NONE;
}

static bool same_sack(const struct tcp_seg *a, const struct tcp_seg *b)
{
	if (a->sack_count != b->sack_count)
		return false;
	for (unsigned i = 0; i < a->sack_count; i++)
		if (a->sack[i].left != b->sack[i].left || a->sack[i].right != b->sack[i].right)
			return false;
	return true;
}

const char *plain_tcp_differs(const struct tcp_seg *a, const struct tcp_seg *b)
{
	if (a->sport != b->sport || a->dport != b->dport)
		return "the TCP ports stand at bytes 0 and 2";
	if (a->seq != b->seq || a->ack != b->ack)
		return "the TCP numbers stand at bytes 4 and 8";
	if (a->flags != b->flags || a->window != b->window)
		return "flags and window stand at bytes 13 and 14";
	if (a->mss != b->mss || a->window_scale != b->window_scale ||
	    a->sack_permitted != b->sack_permitted)
		return "the options of a SYN are read as they stand there";
	if (!same_sack(a, b))
		return "SACK ranges are read as they stand there";
	return plain_same_window(a->payload, b->payload) ? NULL
	                                                 : "TCP data begins at the data offset";
}
