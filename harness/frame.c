/* SPDX-License-Identifier: ISC */
/* frame.c: recipe in, bytes out: the Ethernet header around a packet, and frames that are given
 * whole. The packet itself is frame_packet.c, its body frame_body.c.
 */
#include "harness/frame_part.h"

#include "harness/recipe_parse.h"

#include <pcap/pcap.h>
#include <stdio.h>

#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8

static uint16_t ethertype_of(const struct recipe *r)
{
	switch (r->kind) {
	case RECIPE_ARP:
		return 0x0806;
	case RECIPE_UDP6:
	case RECIPE_TCP6:
	case RECIPE_ICMP6:
	case RECIPE_IP6:
		return 0x86dd;
	case RECIPE_ETH:
		return r->proto;
	case RECIPE_UDP:
	case RECIPE_TCP:
	case RECIPE_ICMP:
	case RECIPE_DHCP:
	case RECIPE_IP4:
	case RECIPE_RAW:
	case RECIPE_REPLAY:
	case RECIPE_RUN:
		break;
	}
	return 0x0800;
}

/* The Ethernet address of a broadcast or multicast destination (RFC 1112, RFC 2464), else `out`
 * stays as it is. */
static bool group_mac(const struct frame_job *j, uint8_t out[6])
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct recipe *r = j->r;
	const uint8_t *ip6 = r->dst6.ip;
	uint32_t ip;
	uint16_t port;

	if (ethertype_of(r) == 0x86dd && r->kind != RECIPE_ETH && ip6[0] == 0xff) {
		memcpy(out, (const uint8_t[]){0x33, 0x33, ip6[12], ip6[13], ip6[14], ip6[15]}, 6);
		return true;
	}
	if (r->kind == RECIPE_ARP && r->type == 1)
		memcpy(out, broadcast, 6);
	if (ethertype_of(r) != 0x0800 || r->kind == RECIPE_ETH)
		return true;
	if (!frame_ip(&r->dst, j->vars, j->why, &ip, &port))
		return false;
	if (ip == 0xffffffff || ip == (LAB_GW_IP | 0xff))
		memcpy(out, broadcast, 6);
	else if (ip >> 28 == 0xe)
		memcpy(out,
		       (const uint8_t[]){0x01, 0x00, 0x5e, ip >> 16 & 0x7f, ip >> 8 & 0xff,
		                         ip & 0xff},
		       6);
	return true;
}

static bool write_tags(struct frame_job *j, enum recipe_key key, uint16_t type)
{
	for (size_t i = 0; i < j->r->override_count; i++)
		if (j->r->overrides[i].key == key &&
		    (!wr_u16(&j->w, type) || !wr_u16(&j->w, (uint16_t)j->r->overrides[i].number)))
			return false;
	return true;
}

/* Addresses, tags and type; *length_at is where an 802.3 length is still to be written, or 0. */
static bool write_ethernet(struct frame_job *j, size_t *length_at)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
	const struct recipe_override *llc = recipe_find(j->r, KEY_LLC);
	uint8_t dst[6];

	memcpy(dst, j->link->dst, 6);
	if (!group_mac(j, dst))
		return false;
	if (!wr_bytes(&j->w, dst, 6) || !wr_bytes(&j->w, j->link->src, 6) ||
	    !write_tags(j, KEY_QINQ, TYPE_QINQ) || !write_tags(j, KEY_VLAN, TYPE_VLAN))
		return frame_too_long(j->why);
	if (llc && llc->number) {
		*length_at = j->w.len;
		if (!wr_u16(&j->w, 0) || !wr_bytes(&j->w, snap, sizeof(snap)))
			return frame_too_long(j->why);
	}
	return wr_u16(&j->w, ethertype_of(j->r)) || frame_too_long(j->why);
}

static bool pad_frame(struct frame_job *j)
{
	const struct recipe_override *pad = recipe_find(j->r, KEY_ETH_PAD);

	return !pad || wr_fill(&j->w, 0x5a, (size_t)pad->number) || frame_too_long(j->why);
}

static bool cut_frame(struct frame_job *j)
{
	const struct recipe_override *cut = recipe_find(j->r, KEY_ETH_CUT);

	if (cut && cut->number > j->w.len)
		return frame_fail(j->why, "eth.cut=%u, but the frame has only %zu bytes",
		                  (unsigned)cut->number, j->w.len);
	if (cut)
		j->w.len = (size_t)cut->number;
	return true;
}

static bool build_described(struct frame_job *j)
{
	size_t length_at = 0;

	if (!write_ethernet(j, &length_at) || !frame_packet(j))
		return false;
	/* An 802.3 length above 1500 would be a type; such a frame is as wrong as it looks. */
	if (length_at && !wr_put_u16(&j->w, length_at, (uint16_t)(j->w.len - length_at - 2)))
		return false;
	for (size_t i = 0; i < j->r->override_count; i++)
		if (recipe_keys[j->r->overrides[i].key].layer == LAYER_ETH)
			frame_put_field(j->w.p + recipe_keys[j->r->overrides[i].key].offset,
			                &j->r->overrides[i]);
	return pad_frame(j);
}

/* The frame behind the first `number - 1` of an open capture. */
static bool copy_frame(struct frame_job *j, pcap_t *capture, const char *path)
{
	uint32_t number = j->r->frame_number;
	struct pcap_pkthdr *hdr = NULL;
	const uint8_t *bytes = NULL;
	uint32_t i = 0;

	if (pcap_datalink(capture) != DLT_EN10MB)
		return frame_fail(j->why, "%s holds no Ethernet frames", path);
	while (i < number && pcap_next_ex(capture, &hdr, &bytes) == 1)
		i++;
	if (i < number || !hdr)
		return frame_fail(j->why, "%s has %u frames, there is no frame %u", path, i,
		                  number);
	return wr_bytes(&j->w, bytes, hdr->caplen) || frame_too_long(j->why);
}

/* Backends choose their own MAC; a filter that drops a frame because it went elsewhere proves
 * nothing about the rest of that frame. */
static void address_to_gateway(struct frame_job *j)
{
	if (j->w.len >= 6 && memcmp(j->w.p, FRAME_CAPTURED_GATEWAY, 6) == 0)
		memcpy(j->w.p, j->link->dst, 6);
}

static bool build_replay(struct frame_job *j)
{
	char error[PCAP_ERRBUF_SIZE];
	char path[4096];
	pcap_t *capture;
	bool done;

	if (!j->vars->pcap_dir)
		return frame_fail(j->why, "no folder of captures is known");
	if (snprintf(path, sizeof(path), "%s/%s", j->vars->pcap_dir, j->r->text) >=
	    (int)sizeof(path))
		return frame_fail(j->why, "the path of the capture is too long");
	capture = pcap_open_offline(path, error);
	if (!capture)
		return frame_fail(j->why, "%s", error);
	done = copy_frame(j, capture, j->r->text);
	pcap_close(capture);
	if (done)
		address_to_gateway(j);
	return done;
}

static bool build_raw(struct frame_job *j)
{
	uint8_t bytes[RECIPE_TEXT_MAX / 2];
	size_t len;

	if (!recipe_hex(j->r->text, bytes, sizeof(bytes), &len))
		return frame_fail(j->why, "not pairs of hexadecimal digits");
	return wr_bytes(&j->w, bytes, len) || frame_too_long(j->why);
}

size_t frame_build(const struct recipe *r, const struct recipe_vars *vars,
                   const struct frame_link *link, uint8_t *out, char *why)
{
	uint8_t inner[FRAME_MAX];
	struct frame_job j = {
	        .r = r, .vars = vars, .link = link, .w = wr_of(out, FRAME_MAX), .why = why};
	bool done;

	if (r->kind == RECIPE_RUN) {
		frame_fail(why, "a command has no frame of its own");
		return 0;
	}
	if (r->pattern && r->kind != RECIPE_RAW && r->kind != RECIPE_REPLAY) {
		frame_fail(why, "a pattern leaves things open; it cannot be sent");
		return 0;
	}
	if (r->inner) {
		struct frame_job k = j;

		k.r = r->inner;
		k.w = wr_of(inner, sizeof(inner));
		if (!frame_packet(&k))
			return 0;
		j.inner = rd_of(inner, k.w.len);
	}
	done = r->kind == RECIPE_RAW      ? build_raw(&j)
	       : r->kind == RECIPE_REPLAY ? build_replay(&j)
	                                  : build_described(&j);
	if (!done || !cut_frame(&j))
		return 0;
	if (!j.w.len)
		frame_fail(why, "a frame without a byte cannot be sent");
	return j.w.len;
}
