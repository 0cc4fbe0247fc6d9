/* SPDX-License-Identifier: ISC */
/* policy_load.c: JSON to struct policy.
 *
 * Every object has a table of its keys; every key has a function that checks its value and puts it
 * where it belongs. */
#include "ref/policy_load.h"

#include "ref/eth.h"
#include "ref/exits.h"
#include "ref/ipv4.h"
#include "ref/schema.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* A rule and where it stood in the list. */
struct draft {
	struct policy_rule rule;
	size_t index;
};

/* The context of every check below. */
struct loader {
	struct policy *policy;
	int on_violation; /* 0 drop, 1 terminate, -1 not given */
	bool has_rate;
	uint8_t prefix;       /* of $.vm.ip */
	struct draft *drafts; /* one for each element of `allow` */
	size_t draft_count;
	struct draft *draft; /* the one being read */
};

static bool get_ip(struct schema *s, const json_t *value, uint32_t *out)
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

/* Known keys of features that are not built yet. */
static void check_later(struct schema *s, json_t *value)
{
	(void)value;
	schema_later(s, "not implemented");
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
	if (!get_ip(s, value, &policy->gateway_ip) || !policy->netmask)
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

/* --- $.allow --- */

static void check_rule_id(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789._-";
	const char *text = schema_get_string(s, value);
	size_t len;

	if (!text)
		return;
	len = strlen(text);
	if (!len || len > POLICY_ID_MAX || strspn(text, legal) != len)
		schema_bad(s, "must have 1..%d characters of A-Z a-z 0-9 . _ -", POLICY_ID_MAX);
	else
		memcpy(l->draft->rule.id, text, len + 1);
}

static void check_rule_proto(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const char *const protocols[] = {"udp", "tcp"};
	int choice = schema_get_choice(s, value, protocols, LEN(protocols));

	l->draft->rule.proto = choice == 1 ? IPV4_TCP : IPV4_UDP;
}

static void check_rule_ip(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	uint32_t ip;

	if (!get_ip(s, value, &ip))
		return;
	if (!policy_is_destination(l->policy, ip))
		schema_bad(s, "is the VM's, the gateway's or their net's own address");
	l->draft->rule.ip = ip;
}

static void check_rule_port(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t port;

	if (schema_get_integer(s, value, "port", 1, 65535, &port))
		l->draft->rule.port = (uint16_t)port;
}

static int compare_ids(const void *a, const void *b)
{
	const struct draft *one = a, *other = b;
	int order = strcmp(one->rule.id, other->rule.id);

	return order ? order : (one->index > other->index) - (one->index < other->index);
}

static int compare_endpoints(const void *a, const void *b)
{
	const struct draft *one = a, *other = b;
	int order = policy_compare(&one->rule, &other->rule);

	return order ? order : (one->index > other->index) - (one->index < other->index);
}

static void check_duplicates(struct schema *s)
{
	struct loader *l = s->context;
	struct draft *d = l->drafts;

	qsort(d, l->draft_count, sizeof(*d), compare_ids);
	for (size_t i = 1; i < l->draft_count; i++) {
		schema_push(s, NULL, d[i].index);
		if (*d[i].rule.id && strcmp(d[i].rule.id, d[i - 1].rule.id) == 0)
			schema_bad(s, "has the id of $.allow[%zu]", d[i - 1].index);
		schema_pop(s);
	}
	qsort(d, l->draft_count, sizeof(*d), compare_endpoints);
	for (size_t i = 1; i < l->draft_count; i++) {
		schema_push(s, NULL, d[i].index);
		if (d[i].rule.ip && d[i].rule.port &&
		    policy_compare(&d[i].rule, &d[i - 1].rule) == 0)
			schema_bad(s, "has the endpoint of $.allow[%zu]", d[i - 1].index);
		schema_pop(s);
	}
}

static void check_allow(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	static const struct schema_field fields[] = {
	        {"id", true, check_rule_id},
	        {"proto", true, check_rule_proto},
	        {"ip", true, check_rule_ip},
	        {"port", true, check_rule_port},
	};
	const size_t count = json_array_size(value);

	if (!json_is_array(value)) {
		schema_bad(s, "must be an array");
		return;
	}
	if (count > POLICY_RULES_MAX) {
		schema_bad(s, "has %zu rules, more than %d", count, POLICY_RULES_MAX);
		return;
	}
	if (!count)
		return;
	l->drafts = calloc(count, sizeof(*l->drafts));
	if (!l->drafts) {
		schema_bad(s, "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		l->draft = &l->drafts[i];
		l->draft->index = i;
		schema_push(s, NULL, i);
		schema_check_object(s, json_array_get(value, i), fields, LEN(fields));
		schema_pop(s);
	}
	l->draft_count = count;
	check_duplicates(s);
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

static void check_dns_mode(struct schema *s, json_t *value)
{
	static const char *const modes[] = {"off", "synthetic", "forward"};
	int mode = schema_get_choice(s, value, modes, LEN(modes));

	if (mode > 0)
		schema_later(s, "dns mode %s is not implemented", modes[mode]);
}

static void check_dns(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"mode", true, check_dns_mode},
	        {"hosts", false, check_later},
	        {"upstream", false, check_later},
	        {"limits", false, check_later},
	};

	schema_check_object(s, value, fields, LEN(fields));
}

static void check_domains_default(struct schema *s, json_t *value)
{
	static const char *const choices[] = {"deny", "allow"};

	if (schema_get_choice(s, value, choices, LEN(choices)) == 1)
		schema_later(s, "names are not implemented, so they cannot be allowed");
}

/* A list of what is not built yet: only the empty one asks for nothing. */
static void check_empty_list(struct schema *s, json_t *value)
{
	if (!json_is_array(value))
		schema_bad(s, "must be an array");
	else if (json_array_size(value))
		schema_later(s, "not implemented, must be empty");
}

static void check_domains(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"default", false, check_domains_default},
	        {"allow", false, check_empty_list},
	        {"block", false, check_empty_list},
	};

	schema_check_object(s, value, fields, LEN(fields));
}

static void check_tls_mode(struct schema *s, json_t *value)
{
	static const char *const modes[] = {"off", "splice", "mitm"};
	int mode = schema_get_choice(s, value, modes, LEN(modes));

	if (mode > 0)
		schema_later(s, "tls mode %s is not implemented", modes[mode]);
}

static void check_tls(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"mode", true, check_tls_mode},
	        {"ca_cert", false, check_later},
	        {"ca_key", false, check_later},
	        {"upstream_ca", false, check_later},
	};

	schema_check_object(s, value, fields, LEN(fields));
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
        {"allow", false, check_allow},
        {"icmp_echo", false, check_icmp_echo},
        {"benign", false, check_benign},
        {"dns", false, check_dns},
        {"domains", false, check_domains},
        {"http", false, check_empty_list},
        {"tls", false, check_tls},
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
}

/* Moves the drafts, which are sorted by endpoint, to the policy. */
static bool keep_rules(struct loader *l)
{
	if (!l->draft_count)
		return true;
	l->policy->rules = calloc(l->draft_count, sizeof(*l->policy->rules));
	if (!l->policy->rules)
		return false;
	for (size_t i = 0; i < l->draft_count; i++)
		l->policy->rules[i] = l->drafts[i].rule;
	l->policy->rule_count = l->draft_count;
	return true;
}

int policy_load_text(const char *name, struct rd text, FILE *errors, struct policy *out)
{
	struct loader l = {.policy = out, .on_violation = -1};
	struct schema schema = {.name = name, .text = text, .errors = errors, .context = &l};
	json_error_t error;
	json_t *root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);

	*out = (struct policy){
	        .echo = true,
	        .benign = POLICY_BENIGN_ARP | POLICY_BENIGN_DHCP | POLICY_BENIGN_IGMP |
	                  POLICY_BENIGN_MDNS | POLICY_BENIGN_ND,
	        .conntrack_ttl_s = 300,
	        .mtu = ETH_MTU,
	        .flows_max = 1024,
	        .tcp_max = 256,
	};
	if (!root) {
		schema_print_syntax_error(&schema, &error);
		return EXITS_POLICY;
	}
	schema_check_object(&schema, root, top_fields, LEN(top_fields));
	if (json_is_object(root))
		check_together(&schema);
	if (!schema.malformed && !schema.unimplemented && !keep_rules(&l))
		schema_bad(&schema, "out of memory");
	free(l.drafts);
	json_decref(root);
	if (schema.malformed)
		return EXITS_POLICY;
	return schema.unimplemented ? EXITS_UNIMPLEMENTED : EXITS_OK;
}

/* Reads up to `size` bytes; -1 with errno set. Nobody may write to it: then it is empty, and not waited for. */
static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	while (len < size) {
		n = read(fd, buffer + len, size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

int policy_load_file(const char *path, FILE *errors, struct policy *out)
{
	char *buffer = malloc(POLICY_FILE_MAX + 1);
	int status = EXITS_POLICY;
	ssize_t len;

	if (!buffer) {
		fprintf(errors, "refnat: %s: out of memory\n", path);
		return status;
	}
	len = read_file(path, buffer, POLICY_FILE_MAX + 1);
	if (len < 0)
		fprintf(errors, "refnat: %s: %s\n", path, strerror(errno));
	else if (len > POLICY_FILE_MAX)
		fprintf(errors, "refnat: %s: larger than %d bytes\n", path, POLICY_FILE_MAX);
	else
		status = policy_load_text(path, rd_of(buffer, (size_t)len), errors, out);
	free(buffer);
	return status;
}

void policy_free(struct policy *policy)
{
	free(policy->rules);
	*policy = (struct policy){0};
}
