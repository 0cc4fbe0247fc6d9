/* SPDX-License-Identifier: ISC */
/* dhcp.c: fuzz target: any bytes as a DHCP message (ref/dhcp.h), and a reply with what it says. */
#include "fuzz/rig/plain.h"

#include "fuzz/fuzz.h"

/* A reply whose numbers are those of the question, some of them zero: what is zero is left out. */
static struct dhcp_reply reply_to(const struct dhcp *asked)
{
	struct dhcp_reply reply = {
	        .type = asked->type,
	        .xid = asked->xid,
	        .flags = asked->flags,
	        .ciaddr = asked->ciaddr,
	        .yiaddr = asked->giaddr,
	        .server_id = asked->server_id,
	        .mask = asked->requested_ip,
	        .router = asked->ciaddr,
	        .dns = asked->giaddr,
	        .lease_s = asked->xid,
	        .mtu = asked->flags,
	        .client_id = asked->client_id,
	};

	memcpy(reply.chaddr, asked->chaddr, sizeof(reply.chaddr));
	return reply;
}

/* Made a question again by its first byte, a reply is a message that other eyes can read. */
static void write_reply(const struct dhcp *asked)
{
	struct dhcp_reply reply = reply_to(asked);
	uint8_t message[DHCP_REPLY_MAX];
	struct wr w = wr_of(message, sizeof(message));
	struct dhcp read;
	size_t len;

	HOLDS("every reply fits DHCP_REPLY_MAX", dhcp_put_reply(&w, &reply));
	HOLDS("a reply is one, of 300 bytes or more", message[0] == 2 && w.len >= 300);
	len = w.len;
	message[0] = 1;
	HOLDS("a reply can be read", !plain_dhcp(rd_of(message, len), &read));
	HOLDS("a reply has its type and goes to who asked",
	      read.type == reply.type && read.xid == reply.xid && read.flags == reply.flags &&
	              read.ciaddr == reply.ciaddr && !memcmp(read.chaddr, reply.chaddr, 6));
	HOLDS("address and server are told",
	      plain_u32(message + 16) == reply.yiaddr && read.server_id == reply.server_id);
	HOLDS("the client identifier comes back",
	      read.client_id.n == reply.client_id.n &&
	              (!read.client_id.n ||
	               !memcmp(read.client_id.p, reply.client_id.p, read.client_id.n)));
	w = wr_of(message, asked->xid % len);
	HOLDS("what does not fit is not written", !dhcp_put_reply(&w, &reply) && !w.len);
	w = wr_of(message, sizeof(message));
	reply.client_id = rd_of(message, 256);
	HOLDS("an option has 255 bytes at most", !dhcp_put_reply(&w, &reply) && !w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dhcp untouched = {.type = 0x5a, .xid = 0x5aa5a55a};
	struct dhcp dhcp = untouched, plain;
	const enum reason reason = dhcp_parse(rd_of(data, size), &dhcp);
	const char *differs;

	HOLDS("DHCP is refused for what dhcp.h lists, and only for that",
	      reason == plain_dhcp(rd_of(data, size), &plain));
	if (reason) {
		HOLDS("a refusal leaves the result alone",
		      dhcp.type == untouched.type && dhcp.xid == untouched.xid);
		return 0;
	}
	differs = plain_dhcp_differs(&dhcp, &plain);
	HOLDS(differs, !differs);
	write_reply(&dhcp);
	return 0;
}
