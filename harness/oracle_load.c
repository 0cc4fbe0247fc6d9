/* SPDX-License-Identifier: ISC */
/* oracle_load.c: the parts of a policy file that the oracle looks at. Whether the file is a good
 * policy otherwise is for the backend to say. */
#include "harness/oracle.h"

#include "harness/addr.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY_MAX     256
#define DEFAULT_MTU 1500
#define POLICY_MAX  (8 << 20) /* bytes */

static bool fail(char *why, const char *what)
{
	snprintf(why, WHY_MAX, "%s", what);
	return false;
}

/* "192.168.100.2/24" */
static bool parse_network(const char *text, uint32_t *ip, uint32_t *mask)
{
	char address[ADDR_TEXT];
	size_t len = strcspn(text, "/");
	unsigned long bits;
	char *end;

	if (len >= sizeof(address) || text[len] != '/' || text[len + 1] < '0' ||
	    text[len + 1] > '9')
		return false;
	bits = strtoul(text + len + 1, &end, 10);
	if (*end || bits > 32)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	*mask = bits ? UINT32_MAX << (32 - bits) : 0;
	return addr_parse_ip4(address, ip);
}

static bool load_vm(const json_t *vm, struct oracle *o, char *why)
{
	const char *mac = json_string_value(json_object_get(vm, "mac"));
	const char *ip = json_string_value(json_object_get(vm, "ip"));
	const char *gateway = json_string_value(json_object_get(vm, "gateway"));

	if (!mac || !addr_parse_mac(mac, o->vm_mac))
		return fail(why, "vm.mac is not a MAC");
	if (!ip || !parse_network(ip, &o->vm_ip, &o->vm_mask))
		return fail(why, "vm.ip is not ADDRESS/BITS");
	if (!gateway || !addr_parse_ip4(gateway, &o->gateway))
		return fail(why, "vm.gateway is not an address");
	return true;
}

static bool load_allow(const json_t *list, struct oracle *o, char *why)
{
	if (list && !json_is_array(list))
		return fail(why, "allow is not a list");
	if (json_array_size(list) > ORACLE_ALLOW_MAX)
		return fail(why, "allow has too many entries");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *id = json_string_value(json_object_get(entry, "id"));
		const char *proto = json_string_value(json_object_get(entry, "proto"));
		const char *ip = json_string_value(json_object_get(entry, "ip"));
		json_int_t port = json_integer_value(json_object_get(entry, "port"));
		bool udp = proto && strcmp(proto, "udp") == 0;
		bool tcp = proto && strcmp(proto, "tcp") == 0;

		if ((!udp && !tcp) || !ip || !addr_parse_ip4(ip, &o->allow[i].ip) || port < 1 ||
		    port > 65535) {
			snprintf(why, WHY_MAX, "allow[%zu] is not a UDP or TCP endpoint", i);
			return false;
		}
		snprintf(o->allow[i].id, sizeof(o->allow[i].id), "%s", id ? id : "");
		o->allow[i].proto = udp ? 17 : 6;
		o->allow[i].port = (uint16_t)port;
		o->allow_count = i + 1;
	}
	return true;
}

/* The place of a word in a list that ends with NULL; its length when it is not there. */
static unsigned place_of(const char *word, const char *const *words)
{
	unsigned i = 0;

	while (words[i] && (!word || strcmp(word, words[i]) != 0))
		i++;
	return i;
}

static bool load_mode(const json_t *root, struct oracle *o, char *why)
{
	static const char *const modes[] = {
	        [ORACLE_DIRECT] = "direct",       [ORACLE_SAMPLED] = "sampled",
	        [ORACLE_CONNTRACK] = "conntrack", [ORACLE_FILTERED] = "filtered",
	        [ORACLE_FILTERED + 1] = NULL,
	};
	const char *mode = json_string_value(json_object_get(root, "mode"));
	const json_t *rate = json_object_get(root, "sampling_rate");
	const char *violation = json_string_value(json_object_get(root, "on_violation"));
	unsigned i = place_of(mode, modes);

	if (!mode)
		return fail(why, "the policy has no mode");
	if (!modes[i])
		return fail(why, "the policy's mode is not known");
	o->mode = (enum oracle_mode)i;
	if (o->mode == ORACLE_SAMPLED && !json_is_number(rate))
		return fail(why, "the mode sampled needs a sampling_rate");
	o->sampling_rate = json_number_value(rate);
	/* When the policy does not say. Direct has no violations. */
	o->terminate = o->mode == ORACLE_SAMPLED || o->mode == ORACLE_CONNTRACK;
	if (violation)
		o->terminate = o->mode != ORACLE_DIRECT && strcmp(violation, "terminate") == 0;
	return true;
}

static bool load_benign(const json_t *list, struct oracle *o, char *why)
{
	static const char *const kinds[] = {"arp", "dhcp", "igmp", "mdns", "nd", NULL};

	o->benign = list ? 0 : NOISE_ARP | NOISE_DHCP | NOISE_IGMP | NOISE_MDNS | NOISE_ND;
	for (size_t i = 0; i < json_array_size(list); i++) {
		unsigned kind = place_of(json_string_value(json_array_get(list, i)), kinds);

		if (!kinds[kind])
			return fail(why, "benign names an unknown kind of noise");
		o->benign |= 1u << kind;
	}
	return true;
}

static bool load_root(const json_t *root, struct oracle *o, char *why)
{
	const char *echo = json_string_value(json_object_get(root, "icmp_echo"));
	const json_t *mtu = json_object_get(root, "mtu");

	o->icmp_echo = !echo || strcmp(echo, "gateway") == 0; /* absent: on */
	o->mtu = mtu ? (unsigned)json_integer_value(mtu) : DEFAULT_MTU;
	return load_mode(root, o, why) && load_vm(json_object_get(root, "vm"), o, why) &&
	       load_allow(json_object_get(root, "allow"), o, why) &&
	       load_benign(json_object_get(root, "benign"), o, why) &&
	       oracle_load_web(root, o, why);
}

/* Some rows hand a backend what is no policy at all: a pipe that nobody writes to, or 100 MB. -1 for these. */
static int open_policy(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= POLICY_MAX))
		return fd;
	close(fd);
	return -1;
}

bool oracle_load(const char *path, struct oracle *o, char *why)
{
	json_error_t error;
	json_t *root;
	bool done;
	int fd;
	FILE *f;

	*o = (struct oracle){0};
	fd = open_policy(path);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		if (fd >= 0)
			close(fd);
		return fail(why, "it is not a file, or larger than any policy");
	}
	/* Of a descriptor jansson reads byte by byte. */
	root = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
	fclose(f);
	if (!root) {
		snprintf(why, WHY_MAX, "%d:%d: %s", error.line, error.column, error.text);
		return false;
	}
	done = load_root(root, o, why);
	json_decref(root);
	return done;
}

unsigned oracle_mtu(const char *path)
{
	struct oracle o;
	char why[WHY_MAX];

	return oracle_load(path, &o, why) ? o.mtu : DEFAULT_MTU;
}
