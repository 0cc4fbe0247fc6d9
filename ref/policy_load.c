/* SPDX-License-Identifier: ISC */
/* policy_load.c: JSON to struct policy.
 *
 * Every object has a table of its keys; every key has a function that checks its value and puts it
 * where it belongs. With an organisation's file there are three rounds: each file by itself, where a
 * key may be missing, and then both together. */
#include "ref/policy_load.h"

#include "ref/eth.h"
#include "ref/exits.h"
#include "ref/policy_load_parts.h"

#include <assert.h>
#include <stdlib.h>

#define LEN POLICY_LOAD_COUNT

/* --- what several keys have --- */

bool policy_load_get_ip(struct schema *s, const json_t *value, uint32_t *out)
{
	const char *text = schema_get_string(s, value);

	if (!text)
		return false;
	if (!addr_parse_ip4(text, out)) {
		schema_bad(s, "must be an IPv4 address such as 192.0.2.1, without leading zeros");
		return false;
	}
	if (!addr_is_unicast(*out)) {
		schema_bad(s, "%s is not the unicast address of another machine", text);
		return false;
	}
	return true;
}

bool policy_load_get_id(struct schema *s, const json_t *value, char out[POLICY_ID_MAX + 1])
{
	static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789._-";
	const char *text = schema_get_string(s, value);
	size_t len;

	if (!text)
		return false;
	len = strlen(text);
	if (len && len <= POLICY_ID_MAX && strspn(text, legal) == len) {
		memcpy(out, text, len + 1);
		return true;
	}
	schema_bad(s, "must have 1..%d characters of A-Z a-z 0-9 . _ -", POLICY_ID_MAX);
	return false;
}

bool policy_load_is_organisation(const struct schema *s)
{
	const struct loader *l = s->context;
	struct schema_place place = s->at;

	return policy_merge_locate(l->merge, &place);
}

void *policy_load_grow(struct schema *s, void *list, size_t count, size_t more, size_t size)
{
	char *grown = realloc(list, (count + more + 1) * size);

	if (!grown) {
		schema_bad(s, "out of memory");
		return NULL;
	}
	memset(grown + count * size, 0, (more + 1) * size);
	return grown;
}

/* --- $.vm --- */

static void check_vm_mac(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const uint8_t zero[ADDR_MAC_LEN];
	uint8_t *mac = l->policy->vm_mac;
	const char *text = schema_get_string(s, value);

	if (!text)
		return;
	if (!addr_parse_mac(text, mac))
		schema_bad(s, "must be a MAC address such as 52:54:00:12:34:56");
	else if (eth_is_group(mac) || eth_same(mac, zero))
		schema_bad(s, "must be the address of one machine");
}

static void check_vm_ip(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	const char *text = schema_get_string(s, value);
	uint32_t host_bits, host;

	if (!text)
		return;
	if (!addr_parse_cidr(text, &l->policy->vm_ip, &l->prefix)) {
		schema_bad(s, "must be an IPv4 address and prefix length such as 192.0.2.1/24");
		return;
	}
	l->policy->netmask = addr_mask(l->prefix);
	host_bits = ~l->policy->netmask;
	host = l->policy->vm_ip & host_bits;
	if (!addr_is_unicast(l->policy->vm_ip))
		schema_bad(s, "must be a unicast address");
	else if (l->prefix < 1 || l->prefix > 30)
		schema_bad(s, "prefix length %u leaves no room for VM and gateway, or no world",
		           l->prefix);
	else if (host == 0 || host == host_bits)
		schema_bad(s, "is the network's own or its broadcast address");
}

static void check_vm_gateway(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	struct policy *policy = l->policy;
	const uint32_t host_bits = ~policy->netmask;

	/* The table has `ip` in front of this. */
	if (!policy_load_get_ip(s, value, &policy->gateway_ip) || !policy->netmask)
		return;
	policy_gateway_mac(policy->gateway_ip, policy->gateway_mac);
	if ((policy->gateway_ip ^ policy->vm_ip) & policy->netmask)
		schema_bad(s, "must be inside the VM's net, /%u", l->prefix);
	else if (policy->gateway_ip == policy->vm_ip)
		schema_bad(s, "must differ from the VM's address");
	else if ((policy->gateway_ip & host_bits) == 0 ||
	         (policy->gateway_ip & host_bits) == host_bits)
		schema_bad(s, "is the network's own or its broadcast address");
	else if (eth_same(policy->gateway_mac, policy->vm_mac))
		schema_bad(s, "would have the VM's MAC");
}

static void check_vm(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"mac", true, check_vm_mac},
	        {"ip", true, check_vm_ip},
	        {"gateway", true, check_vm_gateway},
	};

	schema_check_object(s, value, fields, LEN(fields));
}

/* --- the other keys --- */

static void check_version(struct schema *s, json_t *value)
{
	if (!json_is_integer(value) || json_integer_value(value) != 1)
		schema_bad(s, "must be 1");
}

static void check_mode(struct schema *s, json_t *value)
{
	static const char *const modes[] = {"direct", "sampled", "conntrack", "filtered"};
	static_assert(POLICY_FILTERED - POLICY_DIRECT == LEN(modes) - 1, "in the enum's order");
	struct loader *l = s->context;
	int mode = schema_get_choice(s, value, modes, LEN(modes));

	if (mode >= 0)
		l->policy->mode = POLICY_DIRECT + (enum policy_mode)mode;
}

static void check_sampling_rate(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	const double rate = json_number_value(value);

	l->has_rate = true;
	if (!json_is_number(value)) {
		schema_bad(s, "must be a number");
	} else if (!(rate >= 0 && rate <= 1)) {
		schema_bad(s, "rate %g is not in 0..1", rate);
	} else {
		l->policy->sampled_below = (uint64_t)(rate * 0x1p32);
		if (rate > 0 && !l->policy->sampled_below)
			l->policy->sampled_below = 1; /* rare is not never */
	}
}

static void check_conntrack_ttl(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t seconds;

	if (schema_get_integer(s, value, "time", 1, 86400, &seconds))
		l->policy->conntrack_ttl_s = (uint32_t)seconds;
}

static void check_on_violation(struct schema *s, json_t *value)
{
	static const char *const actions[] = {"drop", "terminate"};
	struct loader *l = s->context;

	/* The table has `mode` in front of this. */
	l->on_violation = schema_get_choice(s, value, actions, LEN(actions));
	if (l->on_violation == 1 && l->policy->mode == POLICY_DIRECT)
		schema_bad(s, "mode direct checks nothing, so there is nothing to terminate for");
}

static void check_tcp_denied(struct schema *s, json_t *value)
{
	static const char *const answers[] = {"drop", "reset"};
	struct loader *l = s->context;

	l->policy->reset_denied_tcp = schema_get_choice(s, value, answers, LEN(answers)) == 1;
}

static void check_mtu(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t mtu;

	if (schema_get_integer(s, value, "mtu", POLICY_MTU_MIN, POLICY_MTU_MAX, &mtu))
		l->policy->mtu = (uint16_t)mtu;
}

static void check_icmp_echo(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const char *const choices[] = {"off", "gateway"};

	l->policy->echo = schema_get_choice(s, value, choices, LEN(choices)) == 1;
}

static void check_benign(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const char *const kinds[] = {"arp", "dhcp", "igmp", "mdns", "nd"};
	const size_t count = json_array_size(value);

	if (!json_is_array(value)) {
		schema_bad(s, "must be an array");
		return;
	}
	l->policy->benign = 0;
	for (size_t i = 0; i < count; i++) {
		int kind;

		schema_push(s, NULL, i);
		kind = schema_get_choice(s, json_array_get(value, i), kinds, LEN(kinds));
		if (kind >= 0)
			l->policy->benign |= 1U << kind; /* in the order of enum policy_benign */
		schema_pop(s);
	}
}

static void check_limit_flows(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t flows;

	if (schema_get_integer(s, value, "limit", 1, POLICY_FLOWS_MAX, &flows))
		l->policy->flows_max = (uint32_t)flows;
}

static void check_limit_tcp(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t connections;

	if (schema_get_integer(s, value, "limit", 1, POLICY_FLOWS_MAX, &connections))
		l->policy->tcp_max = (uint32_t)connections;
}

static void check_limits(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"flows", false, check_limit_flows},
	        {"tcp", false, check_limit_tcp},
	};

	schema_check_object(s, value, fields, LEN(fields));
}

static const struct schema_field top_fields[] = {
        {"version", true, check_version},
        {"mode", true, check_mode},
        {"sampling_rate", false, check_sampling_rate},
        {"conntrack_ttl_s", false, check_conntrack_ttl},
        {"on_violation", false, check_on_violation},
        {"tcp_denied", false, check_tcp_denied},
        {"mtu", false, check_mtu},
        {"vm", true, check_vm},
        {"allow", false, policy_load_check_allow},
        {"icmp_echo", false, check_icmp_echo},
        {"benign", false, check_benign},
        {"dns", false, policy_load_check_dns},
        {"domains", false, policy_load_check_domains},
        {"http", false, policy_load_check_http},
        {"tls", false, policy_load_check_tls},
        {"limits", false, check_limits},
};

/* --- the whole --- */

/* What depends on more than one key. */
static void check_together(struct schema *s)
{
	struct loader *l = s->context;
	const enum policy_mode mode = l->policy->mode;

	if (mode == POLICY_SAMPLED && !l->has_rate)
		schema_bad(s, "key \"sampling_rate\" is missing, without which mode sampled has no "
		              "meaning");
	l->policy->terminate = l->on_violation == 1;
	if (l->on_violation < 0)
		l->policy->terminate = mode == POLICY_SAMPLED || mode == POLICY_CONNTRACK;
	if (s->malformed)
		return;
	policy_load_sort_names(l);
	policy_load_check_web(s);
	policy_load_sort_rules(l);
}

static void set_defaults(struct policy *policy)
{
	*policy = (struct policy){
	        .echo = true,
	        .benign = POLICY_BENIGN_ARP | POLICY_BENIGN_DHCP | POLICY_BENIGN_IGMP |
	                  POLICY_BENIGN_MDNS | POLICY_BENIGN_ND,
	        .conntrack_ttl_s = 300,
	        .mtu = ETH_MTU,
	        .flows_max = 1024,
	        .tcp_max = 256,
	        .web = {.ttl_max_s = 300,
	                .tls_ports = {443},
	                .tls_port_count = 1,
	                .head_timeout_s = 10,
	                .idle_timeout_s = 60},
	};
}

static void locate(const struct schema *s, struct schema_place *place)
{
	const struct loader *l = s->context;

	policy_merge_locate(l->merge, place);
}

/* Reads merge->root into *out, which holds nothing after a complaint. With `partial` what is missing
 * is not complained about, nor what several keys say together. */
static bool load_root(const struct policy_merge *merge, bool partial, FILE *errors,
                      struct policy *out)
{
	struct loader l = {.policy = out, .merge = merge, .on_violation = -1};
	struct schema schema = {
	        .at = {.name = merge->user->name, .text = merge->user->text},
	        .errors = errors,
	        .context = &l,
	        .partial = partial,
	        .locate = locate,
	};

	set_defaults(out);
	schema_check_object(&schema, merge->root, top_fields, LEN(top_fields));
	if (!partial && json_is_object(merge->root))
		check_together(&schema);
	if (!schema.malformed && !policy_load_keep_allow(&l))
		schema_bad(&schema, "out of memory");
	free(l.drafts);
	if (schema.malformed)
		policy_free(out);
	return !schema.malformed;
}

static json_t *parse(const struct policy_source *source, FILE *errors)
{
	struct schema schema = {.at = {.name = source->name}, .errors = errors};
	json_error_t error;
	json_t *root = json_loadb((const char *)source->text.p, source->text.n,
	                          JSON_REJECT_DUPLICATES, &error);

	if (!root)
		schema_bad_syntax(&schema, &error);
	return root;
}

/* Whether a file is well-formed by itself, of which the other one may replace any part. */
static bool check_alone(const struct policy_source *source, json_t *root, FILE *errors)
{
	const struct policy_merge merge = {.user = source, .root = root};
	struct policy scratch;

	if (!load_root(&merge, true, errors, &scratch))
		return false;
	policy_free(&scratch);
	if (json_object_get(root, "version"))
		return true;
	fprintf(errors, "refnat: %s:1:1: $: key \"version\" is missing\n", source->name);
	return false;
}

static bool load_both(struct policy_merge *merge, FILE *errors, struct policy *out)
{
	if (!check_alone(merge->organisation, merge->organisation_root, errors) ||
	    !check_alone(merge->user, merge->user_root, errors))
		return false;
	if (policy_merge(merge))
		return load_root(merge, false, errors, out);
	fprintf(errors, "refnat: %s: out of memory\n", merge->user->name);
	return false;
}

int policy_load(const struct policy_source *user, const struct policy_source *organisation,
                FILE *errors, struct policy *out)
{
	struct policy_merge merge = {.user = user, .organisation = organisation};
	bool loaded = false;

	*out = (struct policy){0};
	merge.organisation_root = organisation ? parse(organisation, errors) : NULL;
	merge.user_root = !organisation || merge.organisation_root ? parse(user, errors) : NULL;
	if (merge.user_root && organisation) {
		loaded = load_both(&merge, errors, out);
	} else if (merge.user_root) {
		merge.root = json_incref(merge.user_root);
		loaded = load_root(&merge, false, errors, out);
	}
	json_decref(merge.root);
	json_decref(merge.user_root);
	json_decref(merge.organisation_root);
	return loaded ? EXITS_OK : EXITS_POLICY;
}

int policy_load_text(const char *name, struct rd text, FILE *errors, struct policy *out)
{
	const struct policy_source source = {.name = name, .text = text};

	return policy_load(&source, NULL, errors, out);
}

void policy_free(struct policy *policy)
{
	free(policy->rules);
	free(policy->web.names);
	free(policy->web.hosts);
	free(policy->web.rules);
	*policy = (struct policy){0};
}
