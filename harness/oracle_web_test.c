/* SPDX-License-Identifier: ISC */
/* oracle_web_test.c: which packets the filter answers by itself, by the policy's modes and ports. */
#include "harness/addr.h"
#include "harness/oracle.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define QUERY "\0\1\1\0\0\1\0\0\0\0\0\0"

/* What a policy says of the web, with an apostrophe for each quotation mark. */
static bool load(const char *text, struct oracle *o, char *why)
{
	char *copy = strdup(text);
	json_error_t error;
	json_t *root;
	bool is;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	root = json_loads(copy, 0, &error);
	assert_non_null(root);
	*o = (struct oracle){.vm_ip = LAB_VM_IP, .vm_mask = 0xffffff00, .gateway = LAB_GW_IP};
	is = oracle_load_web(root, o, why);
	json_decref(root);
	free(copy);
	return is;
}

static bool serves(const struct oracle *o, enum seen_kind kind, uint32_t ip, uint16_t port)
{
	const struct seen s = {.kind = kind,
	                       .ip_dst = ip,
	                       .dport = port,
	                       .payload = rd_of(QUERY, sizeof(QUERY) - 1)};

	return oracle_serves(o, &s);
}

static void modes_and_ports_say_who_is_answered(void **state)
{
	static const struct {
		const char *policy;
		bool dns;
		size_t count;
		uint16_t ports[3];
	} rows[] = {
	        {"{}", false, 0, {0}},
	        {"{'dns':{'mode':'off'},'tls':{'mode':'off'},'http':[]}", false, 0, {0}},
	        {"{'dns':{'mode':'synthetic'}}", true, 0, {0}},
	        {"{'dns':{'mode':'forward'}}", true, 0, {0}},
	        {"{'tls':{'mode':'splice'}}", false, 2, {443, 80}},
	        {"{'tls':{'mode':'mitm','ports':[8443]},'http':[]}", false, 2, {8443, 80}},
	        {"{'tls':{'mode':'mitm'},'http':{'ports':[]}}", false, 1, {443}},
	        {"{'tls':{'mode':'off','ports':[8443]}}", false, 0, {0}},
	        {"{'http':{}}", false, 1, {80}},
	        {"{'http':{'ports':[81,82]}}", false, 2, {81, 82}},
	};
	struct oracle o;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(load(rows[i].policy, &o, why));
		assert_int_equal(o.dns, rows[i].dns);
		assert_int_equal(o.port_count, rows[i].count);
		for (size_t k = 0; k < rows[i].count; k++)
			assert_int_equal(o.ports[k], rows[i].ports[k]);
		assert_int_equal(serves(&o, SEEN_UDP, LAB_GW_IP, 53), rows[i].dns);
		assert_int_equal(serves(&o, SEEN_TCP, LAB_GW_IP, 53), rows[i].dns);
		for (size_t k = 0; k < rows[i].count; k++) {
			assert_true(serves(&o, SEEN_TCP, 0x63000001, rows[i].ports[k]));
			assert_false(serves(&o, SEEN_UDP, 0x63000001, rows[i].ports[k]));
		}
		assert_false(serves(&o, SEEN_TCP, 0x63000001, 53));
	}
}

static void only_other_hosts_are_behind_a_port_and_only_the_gateway_answers_queries(void **state)
{
	struct oracle o;
	struct seen response = {.kind = SEEN_UDP, .ip_dst = LAB_GW_IP, .dport = 53};
	char why[256];

	(void)state;
	assert_true(load("{'dns':{'mode':'forward'},'tls':{'mode':'splice'}}", &o, why));
	assert_true(serves(&o, SEEN_TCP, LAB_GW_IP + 100, 443)); /* a neighbour */
	assert_true(serves(&o, SEEN_TCP, 0xa9fea9fe, 443));
	assert_false(serves(&o, SEEN_TCP, LAB_GW_IP, 443));
	assert_false(serves(&o, SEEN_TCP, LAB_VM_IP, 443));
	assert_false(serves(&o, SEEN_TCP, LAB_VM_IP | 0xff, 443));
	assert_false(serves(&o, SEEN_TCP, LAB_VM_IP & 0xffffff00, 443));
	assert_false(serves(&o, SEEN_TCP, 0x7f000001, 443));
	assert_false(serves(&o, SEEN_TCP, 0, 443));
	assert_false(serves(&o, SEEN_TCP, 0xe0000001, 443));
	assert_false(serves(&o, SEEN_UDP, 0x09090909, 53));
	assert_false(serves(&o, SEEN_UDP, LAB_GW_IP, 54));
	assert_false(oracle_serves(&o, &response)); /* no header */
	response.payload = rd_of("\0\1\x81\0\0\1\0\0\0\0\0\0", 12);
	assert_false(oracle_serves(&o, &response)); /* a response */
}

static void what_cannot_be_read_is_refused(void **state)
{
	static const char *const policies[] = {
	        "{'dns':{}}",
	        "{'dns':{'mode':'on'}}",
	        "{'tls':{'mode':1}}",
	        "{'tls':{'mode':'splice','ports':443}}",
	        "{'tls':{'mode':'splice','ports':[0]}}",
	        "{'http':{'ports':[65536]}}",
	        "{'http':{'ports':['80']}}",
	        "{'http':1}",
	};
	struct oracle o;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		why[0] = '\0';
		assert_false(load(policies[i], &o, why));
		assert_true(strlen(why) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(modes_and_ports_say_who_is_answered),
	        cmocka_unit_test(
	                only_other_hosts_are_behind_a_port_and_only_the_gateway_answers_queries),
	        cmocka_unit_test(what_cannot_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
