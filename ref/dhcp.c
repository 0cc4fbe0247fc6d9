/* SPDX-License-Identifier: ISC */
/* dhcp.c: DHCP messages in, replies out. */
#include "ref/dhcp.h"

#define BOOTREQUEST       1
#define BOOTREPLY         2
#define HARDWARE_ETHERNET 1
#define MAGIC_COOKIE      0x63825363
#define REPLY_MIN         300

enum option {
	OPTION_PAD = 0,
	OPTION_MASK = 1,
	OPTION_ROUTER = 3,
	OPTION_DNS = 6,
	OPTION_MTU = 26,
	OPTION_REQUESTED_IP = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER_ID = 54,
	OPTION_CLIENT_ID = 61,
	OPTION_RAPID_COMMIT = 80,
	OPTION_END = 255,
};

static bool take_u32(struct rd value, uint32_t *out, bool *seen)
{
	if (*seen || value.n != 4)
		return false;
	*seen = true;
	return rd_u32(&value, out);
}

/* Reads options up to the end option; false when the message is malformed. */
static bool parse_options(struct rd options, struct dhcp *out)
{
	bool seen_requested = false, seen_server = false;

	for (int count = 0; count <= DHCP_OPTIONS_MAX;) {
		uint8_t code;
		struct rd value;

		if (!rd_u8(&options, &code))
			return false;
		if (code == OPTION_END)
			return out->type != 0;
		if (code == OPTION_PAD)
			continue;
		count++;
		if (!rd_vec8(&options, &value) || code == OPTION_OVERLOAD)
			return false;
		if (code == OPTION_RAPID_COMMIT ? value.n != 0 : value.n == 0)
			return false;
		if (code == OPTION_TYPE) {
			if (out->type || value.n != 1 || !value.p[0])
				return false;
			out->type = value.p[0];
		} else if (code == OPTION_REQUESTED_IP) {
			if (!take_u32(value, &out->requested_ip, &seen_requested))
				return false;
		} else if (code == OPTION_SERVER_ID) {
			if (!take_u32(value, &out->server_id, &seen_server))
				return false;
		} else if (code == OPTION_CLIENT_ID) {
			if (out->client_id.n)
				return false;
			out->client_id = value;
		}
	}
	return false;
}

enum reason dhcp_parse(struct rd message, struct dhcp *out)
{
	struct dhcp dhcp = {0};
	uint8_t op, hardware, hardware_len, hops;
	uint16_t secs;
	uint32_t yiaddr, siaddr, cookie;

	if (!rd_u8(&message, &op) || !rd_u8(&message, &hardware) ||
	    !rd_u8(&message, &hardware_len) || !rd_u8(&message, &hops) ||
	    !rd_u32(&message, &dhcp.xid) || !rd_u16(&message, &secs) ||
	    !rd_u16(&message, &dhcp.flags) || !rd_u32(&message, &dhcp.ciaddr) ||
	    !rd_u32(&message, &yiaddr) || !rd_u32(&message, &siaddr) ||
	    !rd_u32(&message, &dhcp.giaddr) ||
	    !rd_copy(&message, dhcp.chaddr, sizeof(dhcp.chaddr)) ||
	    !rd_skip(&message, 10 + 64 + 128) || !rd_u32(&message, &cookie))
		return REASON_DHCP_MALFORMED;
	if (op != BOOTREQUEST || hardware != HARDWARE_ETHERNET || hardware_len != ADDR_MAC_LEN ||
	    cookie != MAGIC_COOKIE || !parse_options(message, &dhcp))
		return REASON_DHCP_MALFORMED;
	*out = dhcp;
	return REASON_NONE;
}

static bool put_option_u32(struct wr *w, enum option code, uint32_t value)
{
	if (!value)
		return true;
	return wr_u8(w, (uint8_t)code) && wr_u8(w, 4) && wr_u32(w, value);
}

static bool put_options(struct wr *w, const struct dhcp_reply *reply)
{
	if (!wr_u8(w, OPTION_TYPE) || !wr_u8(w, 1) || !wr_u8(w, reply->type) ||
	    !put_option_u32(w, OPTION_SERVER_ID, reply->server_id) ||
	    !put_option_u32(w, OPTION_LEASE, reply->lease_s) ||
	    !put_option_u32(w, OPTION_MASK, reply->mask) ||
	    !put_option_u32(w, OPTION_ROUTER, reply->router) ||
	    !put_option_u32(w, OPTION_DNS, reply->dns))
		return false;
	if (reply->mtu && (!wr_u8(w, OPTION_MTU) || !wr_u8(w, 2) || !wr_u16(w, reply->mtu)))
		return false;
	if (reply->client_id.n && (reply->client_id.n > 255 || !wr_u8(w, OPTION_CLIENT_ID) ||
	                           !wr_u8(w, (uint8_t)reply->client_id.n) ||
	                           !wr_bytes(w, reply->client_id.p, reply->client_id.n)))
		return false;
	return wr_u8(w, OPTION_END);
}

bool dhcp_put_reply(struct wr *w, const struct dhcp_reply *reply)
{
	struct wr t = *w;
	const size_t start = w->len;

	if (!wr_u8(&t, BOOTREPLY) || !wr_u8(&t, HARDWARE_ETHERNET) || !wr_u8(&t, ADDR_MAC_LEN) ||
	    !wr_u8(&t, 0) || !wr_u32(&t, reply->xid) || !wr_u16(&t, 0) ||
	    !wr_u16(&t, reply->flags) || !wr_u32(&t, reply->ciaddr) || !wr_u32(&t, reply->yiaddr) ||
	    !wr_u32(&t, 0) || !wr_u32(&t, 0) || !wr_bytes(&t, reply->chaddr, ADDR_MAC_LEN) ||
	    !wr_fill(&t, 0, 10 + 64 + 128) || !wr_u32(&t, MAGIC_COOKIE) || !put_options(&t, reply))
		return false;
	if (t.len - start < REPLY_MIN && !wr_fill(&t, 0, REPLY_MIN - (t.len - start)))
		return false;
	*w = t;
	return true;
}
