/* SPDX-License-Identifier: ISC */
/* addr.c: fuzz target: any text as an address (ref/addr.h), beside the C library's eyes: inet_pton()
 * is as strict for IPv4, and for a MAC there is exactly one text of each case. */
#include "ref/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "fuzz/fuzz.h"

#define TEXT 40

static void hold_ip4(const char *text)
{
	struct in_addr in;
	uint32_t ip = 0x5a5a5a5a;
	const bool ok = addr_parse_ip4(text, &ip);
	char written[INET_ADDRSTRLEN];

	HOLDS("an IPv4 address is one to the C library, too", ok == inet_pton(AF_INET, text, &in));
	HOLDS("a refusal leaves the address alone", ok || ip == 0x5a5a5a5a);
	if (!ok)
		return;
	HOLDS("it is the same one", ip == ntohl(in.s_addr));
	inet_ntop(AF_INET, &in, written, sizeof(written));
	HOLDS("there is one spelling for each", !strcmp(written, text));
	HOLDS("other machines are in 1 to 223 but for 127",
	      addr_is_unicast(ip) == (ip >> 24 && ip >> 24 < 224 && ip >> 24 != 127));
}

static void hold_cidr(const char *text)
{
	char copy[TEXT + 1], number[24];
	uint32_t ip = 0, alone = 0, ones = 0;
	long bits = 99;
	uint8_t prefix = 99;
	const bool ok = addr_parse_cidr(text, &ip, &prefix);
	char *slash = strchr(memcpy(copy, text, sizeof(copy)), '/');

	if (slash) {
		*slash++ = 0;
		bits = strtol(slash, NULL, 10);
		snprintf(number, sizeof(number), "%ld", bits);
	}
	HOLDS("a network is an address, a slash and 0 to 32",
	      ok == (bits >= 0 && bits <= 32 && !strcmp(number, slash) &&
	             addr_parse_ip4(copy, &alone)));
	for (uint32_t mask = ok ? addr_mask(prefix) : 0; mask; mask <<= 1)
		ones++;
	HOLDS("they are the two, and a mask has its ones in front",
	      !ok || (ip == alone && prefix == bits && ones == prefix));
}

static void hold_mac(const char *text)
{
	uint8_t mac[ADDR_MAC_LEN] = {1, 2, 3, 4, 5, 6};
	const bool ok = addr_parse_mac(text, mac);
	char written[18];
	bool shape = strlen(text) == 17;

	for (int i = 0; shape && i < 17; i++)
		shape = i % 3 == 2 ? text[i] == ':' : isxdigit((unsigned char)text[i]);
	HOLDS("a MAC is six times two hexadecimal digits", ok == shape);
	HOLDS("a refusal leaves the MAC alone", ok || !memcmp(mac, "\1\2\3\4\5\6", 6));
	snprintf(written, sizeof(written), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
	         mac[3], mac[4], mac[5]);
	HOLDS("it is that MAC", !ok || !strcasecmp(written, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT + 1] = {0};

	memcpy(text, data, size < TEXT ? size : TEXT);
	hold_ip4(text);
	hold_cidr(text);
	hold_mac(text);
	return 0;
}
