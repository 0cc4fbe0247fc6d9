/* SPDX-License-Identifier: ISC */
/* plain_dhcp.c: a DHCP message, read by the place of each byte. */
#include "fuzz/rig/plain.h"

#define OPTIONS_AT 240

/* The options that count; all others are `OTHER`. */
enum place { REQUESTED, OVERLOAD, TYPE, SERVER, CLIENT, OTHER, PLACES };

/* How often each stands in the message, and where its value is. */
struct options {
	unsigned total;
	unsigned count[PLACES];
	struct rd value[PLACES];
};

static enum place place_of(uint8_t code)
{
	switch (code) {
	case 50:
		return REQUESTED;
	case 52:
		return OVERLOAD;
	case 53:
		return TYPE;
	case 54:
		return SERVER;
	case 61:
		return CLIENT;
	default:
		return OTHER;
	}
}

/* False: an option runs past the message, or the end option is missing. */
static bool find_options(struct rd bytes, struct options *out)
{
	size_t at = OPTIONS_AT;

	while (at < bytes.n) {
		const uint8_t code = bytes.p[at];
		size_t len;

		if (code == 255)
			return true;
		at++;
		if (code == 0)
			continue;
		if (at == bytes.n || bytes.p[at] > bytes.n - at - 1)
			return false;
		len = bytes.p[at];
		out->value[place_of(code)] = rd_of(bytes.p + at + 1, len);
		out->count[place_of(code)]++;
		out->total++;
		if ((len == 0) != (code == 80)) /* of rapid commit zero, of others not */
			return false;
		at += 1 + len;
	}
	return false;
}

static bool is_once(const struct options *options, enum place place, size_t len)
{
	return options->count[place] == 1 && (!len || options->value[place].n == len);
}

enum reason plain_dhcp(struct rd bytes, struct dhcp *out)
{
	static const uint8_t request_by_ethernet[3] = {1, 1, 6};
	struct options options = {0};
	const uint8_t *p = bytes.p;

	*out = (struct dhcp){0};
	if (bytes.n < OPTIONS_AT || memcmp(p, request_by_ethernet, 3) != 0 ||
	    plain_u32(p + 236) != 0x63825363 || !find_options(bytes, &options))
		return REASON_DHCP_MALFORMED;
	if (options.total > 64 || options.count[OVERLOAD] || !is_once(&options, TYPE, 1) ||
	    !options.value[TYPE].p[0] ||
	    (options.count[REQUESTED] && !is_once(&options, REQUESTED, 4)) ||
	    (options.count[SERVER] && !is_once(&options, SERVER, 4)) ||
	    (options.count[CLIENT] && !is_once(&options, CLIENT, 0)))
		return REASON_DHCP_MALFORMED;
	out->type = options.value[TYPE].p[0];
	out->xid = plain_u32(p + 4);
	out->flags = plain_u16(p + 10);
	out->ciaddr = plain_u32(p + 12);
	out->giaddr = plain_u32(p + 24);
	memcpy(out->chaddr, p + 28, 6);
	if (options.count[REQUESTED])
		out->requested_ip = plain_u32(options.value[REQUESTED].p);
	if (options.count[SERVER])
		out->server_id = plain_u32(options.value[SERVER].p);
	out->client_id = options.value[CLIENT];
	return REASON_NONE;
}

const char *plain_dhcp_differs(const struct dhcp *a, const struct dhcp *b)
{
	if (a->type != b->type)
		return "the DHCP message type is option 53";
	if (a->xid != b->xid || a->flags != b->flags)
		return "DHCP xid and flags stand at bytes 4 and 10";
	if (a->ciaddr != b->ciaddr || a->giaddr != b->giaddr ||
	    memcmp(a->chaddr, b->chaddr, 6) != 0)
		return "ciaddr, giaddr and chaddr stand at bytes 12, 24 and 28";
	if (a->requested_ip != b->requested_ip || a->server_id != b->server_id)
		return "requested address and server are options 50 and 54";
	return plain_same_window(a->client_id, b->client_id) ? NULL
	                                                     : "the client identifier is option 61";
}
