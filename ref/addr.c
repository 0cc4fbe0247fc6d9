/* SPDX-License-Identifier: ISC */
/* addr.c: strict spellings of IPv4 addresses, networks and MAC addresses. */
#include "ref/addr.h"

/* One decimal number of at most `max`, without leading zeros; `*text` moves behind it. */
static bool number(const char **text, unsigned max, unsigned *out)
{
	const char *p = *text;
	unsigned value = 0;

	if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (unsigned)(*p - '0');
		if (value > max)
			return false;
	}
	*text = p;
	*out = value;
	return true;
}

static bool quad(const char **text, uint32_t *out)
{
	const char *p = *text;
	uint32_t ip = 0;

	for (int i = 0; i < 4; i++) {
		unsigned byte;

		if (i && *p++ != '.')
			return false;
		if (!number(&p, 255, &byte))
			return false;
		ip = ip << 8 | byte;
	}
	*text = p;
	*out = ip;
	return true;
}

bool addr_parse_ip4(const char *text, uint32_t *out)
{
	uint32_t ip;

	if (!quad(&text, &ip) || *text)
		return false;
	*out = ip;
	return true;
}

bool addr_parse_cidr(const char *text, uint32_t *ip, uint8_t *prefix)
{
	uint32_t address;
	unsigned bits;

	if (!quad(&text, &address) || *text++ != '/' || !number(&text, 32, &bits) || *text)
		return false;
	*ip = address;
	*prefix = (uint8_t)bits;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool addr_parse_mac(const char *text, uint8_t out[ADDR_MAC_LEN])
{
	uint8_t mac[ADDR_MAC_LEN];

	for (int i = 0; i < ADDR_MAC_LEN; i++) {
		int high, low;

		if (i && *text++ != ':')
			return false;
		high = hex_digit(*text);
		if (high < 0)
			return false;
		low = hex_digit(text[1]);
		if (low < 0)
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return false;
	for (int i = 0; i < ADDR_MAC_LEN; i++)
		out[i] = mac[i];
	return true;
}

uint32_t addr_mask(uint8_t prefix)
{
	return prefix ? 0xffffffffu << (32 - prefix) : 0;
}

bool addr_is_unicast(uint32_t ip)
{
	uint32_t top = ip >> 24;

	return top != 0 && top != 127 && top < 224;
}
