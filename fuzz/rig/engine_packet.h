/* SPDX-License-Identifier: ISC */
/* engine_packet.h: packets of a guest that knows what it does: right in every field, but for the one
 * that is changed on purpose. */
#ifndef FUZZ_RIG_ENGINE_PACKET_H
#define FUZZ_RIG_ENGINE_PACKET_H

#include "fuzz/rig/engine_ops.h"
#include "ref/policy.h"

#define PACKET_FRAME_MAX 9600

struct packet {
	uint8_t eth_dst[6], eth_src[6];
	uint16_t eth_type, vlan, vlan_id; /* vlan: the tag's type, 0: none */
	bool ip;                          /* else `payload` follows Ethernet's header */

	uint8_t version, ihl, tos, ttl, proto;
	uint16_t id, fragment, ip_sum;
	int16_t total;
	uint32_t src, dst;
	uint8_t options[40], option_len;

	uint16_t sport, dport, l4_sum;
	bool no_sum;
	int16_t udp_len;
	uint32_t seq, ack;
	uint8_t data_offset, flags;
	uint16_t window, urgent;
	uint8_t tcp_options[40], tcp_option_len;
	uint8_t type, code;

	uint8_t payload[PACKET_FRAME_MAX];
	size_t payload_len;
	uint8_t padding, pad_byte;
	size_t most; /* bytes of the frame */
};

/* Right Ethernet and IPv4 headers from the VM; the rest is empty. */
void packet_begin(struct packet *p, const struct policy *policy, uint8_t proto, uint32_t dst);

/* Bytes of the pattern that follows from a sequence number, or from `salt`. */
void packet_fill(struct packet *p, size_t n, bool tcp, uint8_t salt);

/* Changes one field. */
void packet_change(struct packet *p, const struct policy *policy, enum engine_change change,
                   uint8_t value);

/* The frame, at most PACKET_FRAME_MAX bytes. */
size_t packet_write(const struct packet *p, uint8_t *frame);

/* A DHCP message of that type as its payload; `kind` has a bit for each thing it says. */
void packet_put_dhcp(struct packet *p, const struct policy *policy, uint8_t type, uint8_t kind,
                     uint8_t option);
void packet_put_arp(struct packet *p, const struct policy *policy, uint8_t kind, uint8_t sender);

#endif
