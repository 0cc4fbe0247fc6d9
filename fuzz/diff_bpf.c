/* SPDX-License-Identifier: ISC */
/* diff_bpf.c: fuzz target: the verdict of the mode filtered beside libpcap's BPF program of the same
 * policy (fuzz/rig/bpf.h), with no flows there. Input: as of the target `frame`; of its four bytes in
 * front only the first, the policy, and the last, what is mended, count.
 *
 *	what refnat carries, BPF matches    always
 *	what BPF matches, refnat carries    or drops for one of the reasons in is_closer_look()
 *
 * BPF reads where the words of an expression stand, and nothing beside them: no length, checksum,
 * TTL, version or option, no flags of TCP, no source port. refnat, which makes a new packet of what
 * is in the old one, must know them all.
 */
#include "fuzz/rig/bpf.h"
#include "fuzz/rig/mend.h"

#include "fuzz/fuzz.h"
#include "ref/verdict.h"

/* What an expression does not ask for. */
static bool is_closer_look(enum reason reason)
{
	switch ((unsigned)reason) {
	case REASON_TOO_BIG:
	case REASON_BAD_VERSION:
	case REASON_BAD_IHL: /* below 20; BPF takes the field as it is */
	case REASON_BAD_LENGTH:
	case REASON_BAD_CHECKSUM:
	case REASON_TTL_ZERO:
	case REASON_FRAGMENT: /* the reserved flag only, see below */
	case REASON_IP_OPTIONS:
	case REASON_UDP_LENGTH:
	case REASON_UDP_CHECKSUM:
	case REASON_PORT_ZERO: /* the source's */
	case REASON_TCP_LENGTH:
	case REASON_TCP_CHECKSUM:
	case REASON_TCP_FLAGS:
	case REASON_TCP_NO_CONNECTION: /* no SYN, and no flow */
	case REASON_DNS_MALFORMED:     /* a datagram of nothing to the gateway's port 53 */
		return true;
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verdict verdict;
	enum scene_policy which;
	struct rd frame;
	bool matches;

	if (size < 4 || size > 65000)
		return 0;
	which = data[0] % SCENE_FILTERED;
	frame = mend_frame(rd_of(data + 4, size - 4), data[3]);
	verdict_frame(scene_policy(which), &scene_flows(SCENE_NO_FLOWS)->table, SCENE_NOW, 0, frame,
	              &verdict);
	matches = bpf_matches(which, frame);
	HOLDS("without flows nothing goes to one", verdict.kind != VERDICT_FORWARD);
	HOLDS("what is carried is what BPF matches", verdict.kind != VERDICT_NEW_FLOW || matches);
	if (!matches || verdict.kind == VERDICT_NEW_FLOW)
		return 0;
	HOLDS("what BPF matches is carried or dropped", verdict.kind == VERDICT_DROP);
	HOLDS("it is dropped for what BPF does not look at", is_closer_look(verdict.reason));
	HOLDS("of fragments BPF lets the reserved flag pass only",
	      verdict.reason != REASON_FRAGMENT || frame.p[20] & 0x80);
	return 0;
}
