/* SPDX-License-Identifier: ISC */
/* contract_read.c: the keys about packets, and the two files as one. */
#include "fuzz/rig/contract.h"

#include "ref/ipv4.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what several keys have --- */

static const json_t *find(const json_t *root, const char *first, const char *second)
{
	const json_t *value = json_object_get(root, first);

	if (!second)
		return value;
	if (json_is_array(value) && !strcmp(first, "http") && !strcmp(second, "rules"))
		return value;
	return json_object_get(value, second);
}

const json_t *contract_get(const struct contract_files *files, const char *first,
                           const char *second, bool *organisation)
{
	const json_t *ours = find(files->organisation, first, second);

	if (organisation)
		*organisation = ours != NULL;
	return ours ? ours : find(files->user, first, second);
}

int contract_choice(const json_t *value, const char *const *words)
{
	const char *text = json_string_value(value);

	for (int i = 0; text && words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -1;
}

bool contract_has_only(const json_t *object, const char *const *words)
{
	void *at = json_object_iter((json_t *)(uintptr_t)object);

	for (; at; at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
		const char *const *word = words;

		while (*word && strcmp(*word, json_object_iter_key(at)) != 0)
			word++;
		if (!*word)
			return false;
	}
	return json_is_object(object);
}

bool contract_integer(const json_t *value, json_int_t min, json_int_t max, json_int_t *out)
{
	if (!value)
		return true;
	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= min && *out <= max;
}

static bool is_unicast(uint32_t ip)
{
	return ip >= UINT32_C(0x01000000) && ip < UINT32_C(0xe0000000) && ip >> 24 != 127;
}

bool contract_destination(const struct policy *policy, uint32_t ip)
{
	const uint32_t net = policy->vm_ip & policy->netmask;

	if (policy->netmask && (ip == net || ip == (net | ~policy->netmask)))
		return false;
	return is_unicast(ip) && ip != policy->vm_ip && ip != policy->gateway_ip;
}

/* --- $.vm --- */

static bool read_vm_ip(const struct contract_reader *r)
{
	const json_t *value = contract_get(r->files, "vm", "ip", NULL);
	struct policy *p = r->policy;
	unsigned bits;
	uint32_t host;

	if (!value)
		return r->partial;
	if (!json_is_string(value) || !contract_cidr(json_string_value(value), &p->vm_ip, &bits) ||
	    bits < 1 || bits > 30 || !is_unicast(p->vm_ip))
		return false;
	p->netmask = (uint32_t)(UINT64_C(0xffffffff00000000) >> bits);
	host = p->vm_ip & ~p->netmask;
	return host != 0 && host != ~p->netmask;
}

static bool read_vm(const struct contract_reader *r)
{
	static const char *const keys[] = {"mac", "ip", "gateway", NULL};
	const json_t *mac = contract_get(r->files, "vm", "mac", NULL);
	const json_t *gateway = contract_get(r->files, "vm", "gateway", NULL);
	const json_t *vm = contract_get(r->files, "vm", NULL, NULL);
	static const uint8_t zero[6];
	struct policy *p = r->policy;
	uint32_t host;

	if ((vm && !contract_has_only(vm, keys)) || !read_vm_ip(r))
		return false;
	if (mac ? !json_is_string(mac) || !contract_mac(json_string_value(mac), p->vm_mac)
	        : !r->partial)
		return false;
	if (mac && (p->vm_mac[0] & 1 || memcmp(p->vm_mac, zero, 6) == 0))
		return false;
	if (!gateway)
		return r->partial;
	if (!json_is_string(gateway) || !contract_ip4(json_string_value(gateway), &p->gateway_ip) ||
	    !is_unicast(p->gateway_ip))
		return false;
	if (!p->netmask)
		return true;
	for (int i = 0; i < 6; i++)
		p->gateway_mac[i] = (uint8_t)((UINT64_C(0x5255) << 32 | p->gateway_ip) >>
		                              (40 - 8 * i));
	host = p->gateway_ip & ~p->netmask;
	return (p->gateway_ip & p->netmask) == (p->vm_ip & p->netmask) &&
	       p->gateway_ip != p->vm_ip && host != 0 && host != ~p->netmask &&
	       memcmp(p->gateway_mac, p->vm_mac, 6) != 0;
}

/* --- $.allow --- */

static bool read_rule(const json_t *entry, const struct policy *policy, struct policy_rule *rule)
{
	static const char *const keys[] = {"id", "proto", "ip", "port", NULL};
	static const char *const protocols[] = {"udp", "tcp", NULL};
	const char *id = json_string_value(json_object_get(entry, "id"));
	const char *ip = json_string_value(json_object_get(entry, "ip"));
	const json_t *port = json_object_get(entry, "port");
	const int proto = contract_choice(json_object_get(entry, "proto"), protocols);
	json_int_t number;

	if (!contract_has_only(entry, keys) || !id || proto < 0 || !ip || !port ||
	    !contract_word(id, POLICY_ID_MAX, "._-", true) || !contract_ip4(ip, &rule->ip) ||
	    !contract_destination(policy, rule->ip) || !contract_integer(port, 1, 65535, &number))
		return false;
	memcpy(rule->id, id, strlen(id) + 1);
	rule->port = (uint16_t)number;
	rule->proto = proto ? IPV4_TCP : IPV4_UDP;
	return true;
}

static int by_endpoint(const void *a, const void *b)
{
	const struct policy_rule *x = a, *y = b;
	const uint64_t one = (uint64_t)x->proto << 48 | (uint64_t)x->ip << 16 | x->port;
	const uint64_t other = (uint64_t)y->proto << 48 | (uint64_t)y->ip << 16 | y->port;

	return (one > other) - (one < other);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct policy_rule *)a)->id, ((const struct policy_rule *)b)->id);
}

static bool read_allow(const struct contract_reader *r)
{
	const json_t *list = contract_get(r->files, "allow", NULL, NULL);
	const size_t count = json_array_size(list);
	struct policy *p = r->policy;

	if (!list)
		return true;
	if (!json_is_array(list) || count > 16384)
		return false;
	p->rules = calloc(count + 1, sizeof(*p->rules));
	p->rule_count = count;
	for (size_t i = 0; i < count; i++)
		if (!read_rule(json_array_get(list, i), p, &p->rules[i]))
			return false;
	qsort(p->rules, count, sizeof(*p->rules), by_id);
	for (size_t i = 1; i < count; i++)
		if (by_id(&p->rules[i - 1], &p->rules[i]) == 0)
			return false;
	qsort(p->rules, count, sizeof(*p->rules), by_endpoint);
	for (size_t i = 1; i < count; i++)
		if (by_endpoint(&p->rules[i - 1], &p->rules[i]) == 0)
			return false;
	return true;
}

/* --- the other keys --- */

static bool read_mode(const struct contract_reader *r)
{
	static const char *const modes[] = {"direct", "sampled", "conntrack", "filtered", NULL};
	static const char *const actions[] = {"drop", "terminate", NULL};
	const json_t *mode = contract_get(r->files, "mode", NULL, NULL);
	const json_t *rate = contract_get(r->files, "sampling_rate", NULL, NULL);
	const json_t *violation = contract_get(r->files, "on_violation", NULL, NULL);
	const int chosen = contract_choice(mode, modes),
	          action = contract_choice(violation, actions);
	const double number = json_number_value(rate);
	struct policy *p = r->policy;

	if ((mode && chosen < 0) || (!mode && !r->partial) || (violation && action < 0))
		return false;
	p->mode = mode ? POLICY_DIRECT + (enum policy_mode)chosen : 0;
	p->terminate = action == 1 || (!violation && (chosen == 1 || chosen == 2));
	if (action == 1 && mode && chosen == 0)
		return false;
	if (!rate)
		return r->partial || chosen != 1;
	if (!json_is_number(rate) || !(number >= 0 && number <= 1))
		return false;
	p->sampled_below = (uint64_t)floor(ldexp(number, 32));
	if (number > 0 && !p->sampled_below)
		p->sampled_below = 1;
	return true;
}

static bool read_words(const struct contract_reader *r)
{
	static const char *const echoes[] = {"off", "gateway", NULL};
	static const char *const answers[] = {"drop", "reset", NULL};
	static const char *const kinds[] = {"arp", "dhcp", "igmp", "mdns", "nd", NULL};
	const json_t *echo = contract_get(r->files, "icmp_echo", NULL, NULL);
	const json_t *denied = contract_get(r->files, "tcp_denied", NULL, NULL);
	const json_t *benign = contract_get(r->files, "benign", NULL, NULL);
	struct policy *p = r->policy;

	p->echo = !echo || contract_choice(echo, echoes) == 1;
	p->reset_denied_tcp = denied && contract_choice(denied, answers) == 1;
	p->benign = benign ? 0 : 31;
	for (size_t i = 0; i < json_array_size(benign); i++) {
		const int kind = contract_choice(json_array_get(benign, i), kinds);

		if (kind < 0)
			return false;
		p->benign |= 1U << kind;
	}
	return (!echo || contract_choice(echo, echoes) >= 0) &&
	       (!denied || contract_choice(denied, answers) >= 0) &&
	       (!benign || json_is_array(benign));
}

static bool read_numbers(const struct contract_reader *r)
{
	static const char *const limits[] = {"flows", "tcp", NULL};
	const struct contract_files *files = r->files;
	const json_t *object = contract_get(files, "limits", NULL, NULL);
	json_int_t version = 0, ttl = 300, mtu = 1500, flows = 1024, tcp = 256;
	struct policy *p = r->policy;

	if (!contract_integer(contract_get(files, "version", NULL, NULL), 1, 1, &version) ||
	    !contract_integer(contract_get(files, "conntrack_ttl_s", NULL, NULL), 1, 86400, &ttl) ||
	    !contract_integer(contract_get(files, "mtu", NULL, NULL), 576, 9216, &mtu) ||
	    !contract_integer(contract_get(files, "limits", "flows", NULL), 1, 65536, &flows) ||
	    !contract_integer(contract_get(files, "limits", "tcp", NULL), 1, 65536, &tcp) ||
	    (object && !contract_has_only(object, limits)))
		return false;
	p->conntrack_ttl_s = (uint32_t)ttl;
	p->mtu = (uint16_t)mtu;
	p->flows_max = (uint32_t)flows;
	p->tcp_max = (uint32_t)tcp;
	return version == 1; /* both files need it */
}

/* --- the whole --- */

static bool read_all(struct contract_reader *r, const json_t *root)
{
	static const char *const keys[] = {"version",
	                                   "mode",
	                                   "sampling_rate",
	                                   "conntrack_ttl_s",
	                                   "on_violation",
	                                   "tcp_denied",
	                                   "mtu",
	                                   "vm",
	                                   "allow",
	                                   "icmp_echo",
	                                   "benign",
	                                   "dns",
	                                   "domains",
	                                   "http",
	                                   "tls",
	                                   "limits",
	                                   NULL};

	*r->policy = (struct policy){0};
	return contract_has_only(root, keys) && read_numbers(r) && read_mode(r) && read_vm(r) &&
	       read_allow(r) && read_words(r) && contract_read_names(r) && contract_read_rules(r) &&
	       contract_read_web(r);
}

static bool reads_alone(const json_t *root, const char *folder)
{
	const struct contract_files files = {.user = root, .user_folder = folder};
	struct policy policy;
	struct contract_reader r = {.files = &files, .policy = &policy, .partial = true};
	const bool read = read_all(&r, root);

	contract_free(&policy);
	return read;
}

bool contract_read(const struct contract_files *files, struct policy *out)
{
	struct contract_reader r = {.files = files, .policy = out};

	*out = (struct policy){0};
	if (files->organisation && (!reads_alone(files->organisation, files->organisation_folder) ||
	                            !reads_alone(files->user, files->user_folder)))
		return false;
	return read_all(&r, files->user);
}

void contract_free(struct policy *policy)
{
	free(policy->rules);
	free(policy->web.names);
	free(policy->web.hosts);
	free(policy->web.rules);
}
