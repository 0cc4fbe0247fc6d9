/* SPDX-License-Identifier: ISC */
/* engine_answer.h: the frames that the guest must get, byte for byte, from what answer.h and ipv4.h say
 * of them: TTL 64, DF, id 0, no padding. DHCP answers are looked at for their meaning. */
#ifndef FUZZ_RIG_ENGINE_ANSWER_H
#define FUZZ_RIG_ENGINE_ANSWER_H

#include "fuzz/rig/engine_kernel.h"
#include "ref/policy.h"
#include "ref/verdict.h"

/* Whether the link has room for one more frame of any size. */
bool answer_fits(void);
bool link_has_output_now(void);

/* Ethernet and IPv4 in front of `n` bytes. 34 bytes. */
void answer_headers(uint8_t *p, const struct policy *policy, uint32_t src, uint32_t dst,
                    uint8_t proto, size_t n);

void answer_arp_frame(uint8_t *to, const struct policy *policy, const struct arp *asked);

/* `rest` stands behind an echo request's checksum: the id and what follows. */
void answer_echo_frame(uint8_t *to, const struct policy *policy, const struct flow_key *key,
                       const uint8_t *rest, size_t n);

/* What came from the world to a flow of UDP or ICMP. */
void answer_reply_frame(uint8_t *to, const struct policy *policy, const struct flow_key *key,
                        const struct kernel_message *message);

/* To the sender of a segment that is dropped. 54 bytes. */
void answer_reset_frame(uint8_t *to, const struct policy *policy, const struct verdict *denied);

/* Whether the frame is the DHCP answer that was granted. */
bool answer_is_lease(const uint8_t *frame, size_t n, const struct policy *policy,
                     const struct dhcp_reply *lease);

#endif
