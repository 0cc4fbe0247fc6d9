/* SPDX-License-Identifier: ISC */
/* pcap_rules.h: classic capture files read a second time, by hand (draft-ietf-opsawg-pcap): both byte
 * orders, micro- and nanoseconds, Ethernet, frames that fit the snapshot length. Of all else it says
 * that it does not know.
 */
#ifndef FUZZ_RIG_PCAP_RULES_H
#define FUZZ_RIG_PCAP_RULES_H

#include "bytes/rd.h"
#include "harness/replay.h"

struct pcap_rules {
	struct rd rest; /* the records that were not read yet */
	bool known;     /* the file is one of those */
	bool large, nanoseconds;
	uint32_t snapshot;
};

struct pcap_rules pcap_rules_of(struct rd file);

/* The next frame, without its number. False at the end, at a record that is cut off, and, with `known`
 * taken back, at one that nobody knows. */
bool pcap_rules_next(struct pcap_rules *rules, struct replay_frame *out);

#endif
