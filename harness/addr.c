/* SPDX-License-Identifier: ISC */
/* addr.c: addresses as text. */
#include "harness/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* One decimal number 0..255 without leading zeros; *s moves behind it. */
static bool parse_byte(const char **s, uint32_t *out)
{
	const char *p = *s;
	uint32_t v = 0;

	while (*p >= '0' && *p <= '9' && p - *s < 3)
		v = v * 10 + (uint32_t)(*p++ - '0');
	if (p == *s || v > 255 || (**s == '0' && p - *s > 1))
		return false;
	*s = p;
	*out = v;
	return true;
}

bool addr_parse_ip4(const char *s, uint32_t *out)
{
	uint32_t ip = 0;
	uint32_t byte;

	for (int i = 0; i < 4; i++) {
		if (i && *s++ != '.')
			return false;
		if (!parse_byte(&s, &byte))
			return false;
		ip = ip << 8 | byte;
	}
	if (*s)
		return false;
	*out = ip;
	return true;
}

int addr_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool addr_parse_mac(const char *s, uint8_t out[6])
{
	uint8_t mac[6];

	if (strlen(s) != 17)
		return false;
	for (int i = 0; i < 6; i++, s += 3) {
		int high = addr_hex_digit(s[0]), low = addr_hex_digit(s[1]);

		if (high < 0 || low < 0 || s[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(out, mac, sizeof(mac));
	return true;
}

bool addr_parse_ip6(const char *s, uint8_t out[16])
{
	uint8_t ip[16];

	if (inet_pton(AF_INET6, s, ip) != 1)
		return false;
	memcpy(out, ip, sizeof(ip));
	return true;
}

char *addr_ip4(uint32_t ip, char *out)
{
	snprintf(out, ADDR_TEXT, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	return out;
}

char *addr_ip4_port(uint32_t ip, uint16_t port, char *out)
{
	size_t len = strlen(addr_ip4(ip, out));

	snprintf(out + len, ADDR_TEXT - len, ":%u", port);
	return out;
}

char *addr_mac(const uint8_t mac[6], char *out)
{
	snprintf(out, ADDR_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	         mac[4], mac[5]);
	return out;
}

char *addr_ip6(const uint8_t ip[16], char *out)
{
	if (!inet_ntop(AF_INET6, ip, out, ADDR_TEXT))
		out[0] = '\0';
	return out;
}
