/* SPDX-License-Identifier: ISC */
/* guest_config_check.c: from what the options of `gauntlet guest-config` say to addresses and keys,
 * with the policy they name. */
#include "harness/guest_config_part.h"

#include "harness/addr.h"
#include "harness/files.h"
#include "harness/oracle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FILE_MAX 256
#define UDP          17
/* What WireGuard adds to a datagram over IPv4 is 60 bytes, over IPv6 80; wg-quick allows for the latter. */
#define TUNNEL_COST  80
#define TUNNEL_MTU   1420

bool guest_path(const char *base, const char *name, char out[PATH_MAX])
{
	bool alone = !base || name[0] == '/';
	int n = snprintf(out, PATH_MAX, "%s%s%s", alone ? "" : base, alone ? "" : "/", name);

	return n > 0 && n < PATH_MAX;
}

/* 32 bytes in base64: 42 characters, one that carries four bits, and '='. */
static bool is_key(const char *text, size_t len)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *last;

	if (len != GUEST_KEY_TEXT - 1 || text[len - 1] != '=')
		return false;
	for (size_t i = 0; i + 1 < len; i++)
		if (!text[i] || !strchr(digits, text[i]))
			return false;
	last = strchr(digits, text[len - 2]);
	return (last - digits) % 4 == 0;
}

static int read_private_key(struct guest_config *g, const struct guest_words *w, char *why)
{
	char path[PATH_MAX];
	size_t len = 0;
	char *text = guest_path(w->base, w->private_key_file, path)
	                     ? file_text(path, KEY_FILE_MAX, &len)
	                     : NULL;
	int code = 0;

	if (!text)
		return guest_bad(why, "--private-key-file %s: %s", w->private_key_file,
		                 strerror(errno));
	if (len && text[len - 1] == '\n')
		len--;
	/* What the file holds is not repeated in a message: it may be nearly a key. */
	if (is_key(text, len))
		memcpy(g->private_key, text, len);
	else
		code = guest_bad(
		        why,
		        "--private-key-file %s: not a WireGuard key, which is 44 characters of "
		        "base64 on one line; `wg genkey` makes one",
		        w->private_key_file);
	explicit_bzero(text, len);
	free(text);
	return code;
}

static int read_policy(struct guest_config *g, const struct guest_words *w, char *why)
{
	struct oracle *o = malloc(sizeof(*o));
	char path[PATH_MAX], reason[256] = "the name is too long";
	int code = 2;
	size_t i;

	if (!o)
		return guest_bad(why, "out of memory");
	if (!guest_path(w->base, w->policy, path) || !oracle_load(path, o, reason)) {
		free(o);
		return guest_bad(why, "--policy %s: %s", w->policy, reason);
	}
	for (i = 0; i < o->allow_count && strcmp(o->allow[i].id, w->endpoint) != 0; i++)
		;
	g->vm_ip = o->vm_ip;
	g->gateway = o->gateway;
	g->mtu = o->mtu < TUNNEL_MTU + TUNNEL_COST ? o->mtu - TUNNEL_COST : TUNNEL_MTU;
	if (i == o->allow_count) {
		guest_bad(why, "--endpoint %s: %s allows nothing with this id", w->endpoint,
		          w->policy);
	} else if (o->allow[i].proto != UDP) {
		guest_bad(why, "--endpoint %s: TCP, and a WireGuard peer is a UDP endpoint",
		          w->endpoint);
	} else if (o->mtu < 576 + TUNNEL_COST) {
		guest_bad(why, "--policy %s: no tunnel fits an MTU of %u; at least %u", w->policy,
		          o->mtu, 576 + TUNNEL_COST);
	} else {
		g->endpoint_ip = o->allow[i].ip;
		g->endpoint_port = o->allow[i].port;
		code = 0;
	}
	free(o);
	return code;
}

/* "10.99.0.2/24" */
static int read_net(const char *option, const char *text, uint32_t *ip, unsigned *bits, char *why)
{
	char address[ADDR_TEXT];
	size_t len = strcspn(text, "/");
	unsigned long n;
	char *end;

	if (strchr(text, ':'))
		return guest_bad(why, "%s %s: IPv6 is switched off in the guest; give IPv4", option,
		                 text);
	if (len >= sizeof(address) || text[len] != '/' || text[len + 1] < '0' ||
	    text[len + 1] > '9')
		return guest_bad(why, "%s '%s': ADDRESS/BITS, as in 10.99.0.2/24", option, text);
	memcpy(address, text, len);
	address[len] = '\0';
	n = strtoul(text + len + 1, &end, 10);
	if (*end || n > 32 || !addr_parse_ip4(address, ip))
		return guest_bad(why, "%s '%s': ADDRESS/BITS, as in 10.99.0.2/24", option, text);
	*bits = (unsigned)n;
	return 0;
}

static uint32_t mask_of(unsigned bits)
{
	return bits ? UINT32_MAX << (32 - bits) : 0;
}

static bool holds(uint32_t net, unsigned bits, uint32_t ip)
{
	return ((net ^ ip) & mask_of(bits)) == 0;
}

static int read_nets(struct guest_config *g, const struct guest_words *w, char *why)
{
	int code = read_net("--address", w->address, &g->address, &g->address_bits, why);

	for (size_t i = 0; !code && i < w->allowed_count; i++)
		code = read_net("--allowed-ips", w->allowed[i], &g->allowed[i].ip,
		                &g->allowed[i].bits, why);
	if (code)
		return code;
	g->allowed_count = w->allowed_count;
	if (!g->allowed_count) {
		g->allowed[0].ip = g->address;
		g->allowed[0].bits = g->address_bits;
		g->allowed_count = 1;
	}
	for (size_t i = 0; i < g->allowed_count; i++) {
		uint32_t *ip = &g->allowed[i].ip;
		unsigned bits = g->allowed[i].bits;

		*ip &= mask_of(bits);
		/* The tunnel's own datagrams would go into the tunnel. /0 is fine: the peer has a
		 * route of its own, which is longer. */
		if (bits == 32 && *ip == g->endpoint_ip)
			return guest_bad(why,
			                 "--allowed-ips: the peer's own address cannot be reached "
			                 "through the tunnel to it");
	}
	if (g->address == g->vm_ip || holds(g->address, g->address_bits, g->gateway))
		return guest_bad(why,
		                 "--address %s: the tunnel needs a net of its own, the card's has "
		                 "the gateway",
		                 w->address);
	return 0;
}

/* http://ADDRESS[:PORT]/PATH[#sha256=HEX]; the name is what stands behind the last slash. */
static int read_url(const struct guest_config *g, const char *text, struct guest_package *p,
                    char *why)
{
	static const char good[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/+-%";
	size_t len = strcspn(text, "#");
	const char *hash = text + len, *slash;
	char host[ADDR_TEXT];
	uint32_t ip;
	size_t n;

	if (strncmp(text, "http://", 7) != 0)
		return guest_bad(why, "--package %s: with online it is a URL, http://ADDRESS/PATH",
		                 text);
	n = strcspn(text + 7, ":/#");
	snprintf(host, sizeof(host), "%.*s", n < sizeof(host) ? (int)n : 0, text + 7);
	if (!addr_parse_ip4(host, &ip))
		return guest_bad(
		        why,
		        "--package %s: an IPv4 address and no name, as a guest that asks for "
		        "names lets names carry data out",
		        text);
	slash = memchr(text + 7, '/', len - 7);
	if (strspn(text, good) < len || len >= sizeof(p->from) || !slash)
		return guest_bad(why, "--package %s: http://ADDRESS[:PORT]/PATH", text);
	snprintf(p->from, sizeof(p->from), "%.*s", (int)len, text);
	if (*hash && (strncmp(hash, "#sha256=", 8) != 0 || strlen(hash + 8) != 64 ||
	              strspn(hash + 8, "0123456789abcdef") != 64))
		return guest_bad(why, "--package %s: #sha256= takes 64 small hexadecimal digits",
		                 text);
	if (!*hash && !g->unverified)
		return guest_bad(
		        why, "--package %s: plain HTTP needs #sha256=HEX (or --unverified)", text);
	snprintf(p->sha256, sizeof(p->sha256), "%s", *hash ? hash + 8 : "");
	return 0;
}

static int read_package(const struct guest_config *g, const struct guest_words *w, const char *text,
                        struct guest_package *p, char *why)
{
	static const char good[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~+-";
	static const char *const ends[] = {".deb", ".apk", ".tar", ".tar.gz", ".tgz", ".tar.xz"};
	const char *name;
	int code = 0;

	if (g->packages == GUEST_ONLINE)
		code = read_url(g, text, p, why);
	else if (!guest_path(w->base, text, p->from))
		code = guest_bad(why, "--package: the name is too long");
	if (code)
		return code;
	name = strrchr(p->from, '/') ? strrchr(p->from, '/') + 1 : p->from;
	if (strlen(name) < sizeof(p->name) && strspn(name, good) == strlen(name))
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			size_t n = strlen(name), m = strlen(ends[i]);

			if (n > m && !strcmp(name + n - m, ends[i])) {
				snprintf(p->name, sizeof(p->name), "%s", name);
				return 0;
			}
		}
	return guest_bad(
	        why,
	        "--package %s: a name of letters, digits and ._~+- that ends in .deb, .apk, "
	        ".tar, .tar.gz or .tar.xz",
	        text);
}

static int read_packages(struct guest_config *g, const struct guest_words *w, char *why)
{
	if (g->packages == GUEST_PREBUILT && w->package_count)
		return guest_bad(why, "--package needs --packages offline or online");
	if (g->packages != GUEST_PREBUILT && !w->package_count)
		return guest_bad(why, "--packages %s needs a --package",
		                 g->packages == GUEST_OFFLINE ? "offline" : "online");
	for (size_t i = 0; i < w->package_count; i++) {
		int code = read_package(g, w, w->package[i], &g->package[i], why);

		if (code)
			return code;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(g->package[i].name, g->package[j].name))
				return guest_bad(why, "--package: two of them are called %s",
				                 g->package[i].name);
	}
	g->package_count = w->package_count;
	return 0;
}

int guest_config_check(struct guest_config *g, const struct guest_words *w, char *why)
{
	const struct {
		const char *word, *name, *remedy;
	} needed[] = {
	        {w->policy, "--policy", "the file that the filter gets"},
	        {w->endpoint, "--endpoint", "the id of an `allow` entry of the policy"},
	        {w->private_key_file, "--private-key-file", "`wg genkey` makes one"},
	        {w->peer_key, "--peer-key", "what `wg pubkey` prints for the peer's key"},
	        {w->address, "--address", "the guest's in the tunnel, as in 10.99.0.2/24"},
	};
	int code;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!needed[i].word)
			return guest_bad(why, "%s is missing: %s", needed[i].name,
			                 needed[i].remedy);
	if (!is_key(w->peer_key, strlen(w->peer_key)))
		return guest_bad(
		        why, "--peer-key: not a WireGuard key, which is 44 characters of base64; "
		             "`wg pubkey` prints one");
	memcpy(g->peer_key, w->peer_key, GUEST_KEY_TEXT);
	if (!g->marker[0])
		return guest_bad(why,
		                 "--marker: empty; leave the option out for GUEST-LOCKED-DOWN");
	code = read_policy(g, w, why);
	if (!code)
		code = read_nets(g, w, why);
	if (!code)
		code = read_packages(g, w, why);
	return code ? code : read_private_key(g, w, why);
}
