/* SPDX-License-Identifier: ISC */
/* policy_load_test.c: each thing that a policy may not say is refused, with the place where it stands. */
#include "ref/policy_load.h"

#include "bytes/guard.h"
#include "ref/exits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#define VM                                                                                         \
	"\"vm\":{\"mac\":\"52:54:00:12:34:56\",\"ip\":\"192.168.100.2/"                            \
	"24\",\"gateway\":\"192.168.100.1\"}"
#define MODE(mode) "{\"version\":1,\"mode\":\"" mode "\"," VM
#define HEAD       MODE("filtered")
#define RULE(id, ip, port)                                                                         \
	"{\"id\":\"" id "\",\"proto\":\"udp\",\"ip\":\"" ip "\",\"port\":" port "}"

static char complaints[16384];

/* Loads a text from the edge of an unreadable page; what was printed is in `complaints`. */
static int load_bytes(const char *text, size_t n, struct policy *policy)
{
	struct guard g = guard_copy(text, n);
	FILE *errors = fmemopen(complaints, sizeof(complaints), "w");
	int status = policy_load_text("p.json", rd_of(g.p, g.n), errors, policy);

	fclose(errors);
	guard_free(&g);
	return status;
}

static int load(const char *text, struct policy *policy)
{
	memset(complaints, 0, sizeof(complaints));
	return load_bytes(text, strlen(text), policy);
}

static void assert_refused(const char *text, int status, const char *complaint)
{
	struct policy policy;

	assert_int_equal(load(text, &policy), status);
	if (!strstr(complaints, complaint))
		fail_msg("expected %s\ngot %s", complaint, complaints);
	assert_null(policy.rules);
}

static void the_documented_policy_is_read(void **state)
{
	static const char text[] =
	        "{ \"version\": 1, \"mode\": \"filtered\", \"sampling_rate\": 0.01,\n"
	        "  \"conntrack_ttl_s\": 300, \"on_violation\": \"drop\", " VM ",\n"
	        "  \"allow\": [" RULE(
	                "b", "203.0.113.50",
	                "51900") ",\n"
	                         "            " RULE(
	                                 "a.A_0-", "198.18.0.1",
	                                 "1") "],\n"
	                                      "  \"icmp_echo\": \"off\", \"benign\": [\"arp\", "
	                                      "\"nd\"], \"dns\": {\"mode\": \"off\"},\n"
	                                      "  \"domains\": {\"default\": \"deny\", \"allow\": "
	                                      "[], \"block\": []},\n"
	                                      "  \"http\": [], \"tls\": {\"mode\": \"off\"}, "
	                                      "\"limits\": {\"flows\": 7, \"tcp\": 256}}";
	struct policy policy;

	(void)state;
	assert_int_equal(load(text, &policy), EXITS_OK);
	assert_string_equal(complaints, "");
	assert_memory_equal(policy.vm_mac, "\x52\x54\x00\x12\x34\x56", 6);
	assert_memory_equal(policy.gateway_mac, "\x52\x55\xc0\xa8\x64\x01", 6);
	assert_int_equal(policy.vm_ip, 0xc0a86402);
	assert_int_equal(policy.netmask, 0xffffff00);
	assert_int_equal(policy.gateway_ip, 0xc0a86401);
	assert_false(policy.echo);
	assert_int_equal(policy.benign, POLICY_BENIGN_ARP | POLICY_BENIGN_ND);
	assert_int_equal(policy.flows_max, 7);
	assert_int_equal(policy.tcp_max, 256);
	assert_int_equal(policy.rule_count, 2);
	assert_string_equal(policy_find(&policy, 17, 0xcb007132, 51900)->id, "b");
	assert_string_equal(policy_find(&policy, 17, 0xc6120001, 1)->id, "a.A_0-");
	policy_free(&policy);
}

static void keys_left_out_have_the_documented_values(void **state)
{
	struct policy policy;

	(void)state;
	assert_int_equal(load(HEAD "}", &policy), EXITS_OK);
	assert_int_equal(policy.rule_count, 0);
	assert_true(policy.echo);
	assert_int_equal(policy.benign, 31);
	assert_int_equal(policy.flows_max, 1024);
	assert_int_equal(policy.tcp_max, 256);
	assert_int_equal(policy.mtu, 1500);
	assert_int_equal(policy.conntrack_ttl_s, 300);
	assert_int_equal(policy.mode, POLICY_FILTERED);
	assert_false(policy.reset_denied_tcp);
	policy_free(&policy);
	assert_int_equal(load(HEAD ",\"allow\":[]}", &policy), EXITS_OK);
	assert_int_equal(policy.rule_count, 0);
	policy_free(&policy);
}

static void sampled_and_conntrack_end_the_vm_unless_told_otherwise(void **state)
{
	static const struct {
		const char *text;
		enum policy_mode mode;
		bool terminate;
	} rows[] = {
	        {MODE("direct") "}", POLICY_DIRECT, false},
	        {MODE("sampled") ",\"sampling_rate\":0.5}", POLICY_SAMPLED, true},
	        {MODE("conntrack") "}", POLICY_CONNTRACK, true},
	        {MODE("filtered") "}", POLICY_FILTERED, false},
	        {MODE("direct") ",\"on_violation\":\"drop\"}", POLICY_DIRECT, false},
	        {MODE("sampled") ",\"sampling_rate\":0,\"on_violation\":\"drop\"}", POLICY_SAMPLED,
	         false},
	        {MODE("conntrack") ",\"on_violation\":\"drop\"}", POLICY_CONNTRACK, false},
	        {MODE("conntrack") ",\"on_violation\":\"terminate\"}", POLICY_CONNTRACK, true},
	        {MODE("filtered") ",\"on_violation\":\"terminate\"}", POLICY_FILTERED, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy policy;

		assert_int_equal(load(rows[i].text, &policy), EXITS_OK);
		assert_int_equal(policy.mode, rows[i].mode);
		assert_int_equal(policy.terminate, rows[i].terminate);
		policy_free(&policy);
	}
}

static void what_contradicts_its_mode_is_refused(void **state)
{
	(void)state;
	assert_refused(MODE("direct") ",\n\"on_violation\":\"terminate\"}", EXITS_POLICY,
	               "p.json:2:16: $.on_violation: mode direct checks nothing");
	/* Whatever the order in the file. */
	assert_refused("{\"on_violation\":\"terminate\",\"mode\":\"direct\",\"version\":1," VM "}",
	               EXITS_POLICY, "$.on_violation: mode direct checks nothing");
	assert_refused(MODE("sampled") "}", EXITS_POLICY, "$: key \"sampling_rate\" is missing");
	/* A mode that is not known is complained about alone. */
	assert_refused(MODE("open") ",\"on_violation\":\"terminate\"}", EXITS_POLICY,
	               "$.mode: must be one of: direct, sampled, conntrack, filtered");
	assert_null(strstr(complaints, "on_violation"));
}

static void a_sampling_rate_is_a_share_of_all_32_bit_numbers(void **state)
{
	static const struct {
		const char *rate;
		uint64_t below;
	} rows[] = {
	        {"0", 0},
	        {"0.0", 0},
	        {"1e-300", 1}, /* rare is not never */
	        {"2.3283064365386963e-10", 1},
	        {"0.01", 42949672},
	        {"0.5", UINT64_C(1) << 31},
	        {"1", UINT64_C(1) << 32}, /* above every 32-bit number: all are checked */
	        {"1.0", UINT64_C(1) << 32},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy policy;
		char text[512];

		snprintf(text, sizeof(text), MODE("sampled") ",\"sampling_rate\":%s}",
		         rows[i].rate);
		assert_int_equal(load(text, &policy), EXITS_OK);
		assert_int_equal(policy.sampled_below, rows[i].below);
		policy_free(&policy);
	}
}

static void tcp_and_udp_rules_of_one_endpoint_are_two(void **state)
{
	static const char text[] = HEAD ",\"allow\":[" RULE(
	        "u", "203.0.113.50",
	        "443") ","
	               "{\"id\":\"t\",\"proto\":\"tcp\",\"ip\":\"203.0.113.50\",\"port\":443}]}";
	struct policy policy;

	(void)state;
	assert_int_equal(load(text, &policy), EXITS_OK);
	assert_int_equal(policy.rule_count, 2);
	assert_string_equal(policy_find(&policy, 17, 0xcb007132, 443)->id, "u");
	assert_string_equal(policy_find(&policy, 6, 0xcb007132, 443)->id, "t");
	policy_free(&policy);
}

static void mtu_and_tcp_have_their_keys(void **state)
{
	struct policy policy;

	(void)state;
	assert_int_equal(load(HEAD
	                      ",\"mtu\":576,\"tcp_denied\":\"reset\",\"limits\":{\"tcp\":65536},"
	                      "\"conntrack_ttl_s\":7}",
	                      &policy),
	                 EXITS_OK);
	assert_int_equal(policy.mtu, 576);
	assert_true(policy.reset_denied_tcp);
	assert_int_equal(policy.tcp_max, 65536);
	assert_int_equal(policy.conntrack_ttl_s, 7);
	policy_free(&policy);
	assert_int_equal(load(HEAD ",\"mtu\":9216,\"tcp_denied\":\"drop\"}", &policy), EXITS_OK);
	assert_int_equal(policy.mtu, 9216);
	assert_false(policy.reset_denied_tcp);
	policy_free(&policy);
	assert_refused(HEAD ",\"mtu\":575}", EXITS_POLICY, "$.mtu: mtu 575 is not in 576..9216");
	assert_refused(HEAD ",\"mtu\":9217}", EXITS_POLICY, "$.mtu: mtu 9217 is not in 576..9216");
	assert_refused(HEAD ",\"mtu\":\"1500\"}", EXITS_POLICY, "$.mtu: must be an integer");
	assert_refused(HEAD ",\"tcp_denied\":\"ignore\"}", EXITS_POLICY,
	               "$.tcp_denied: must be one of: drop, reset");
}

static void every_truncation_is_refused(void **state)
{
	static const char text[] = HEAD ",\"allow\":[" RULE("a", "203.0.113.50", "51900") "]}";
	struct policy policy;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(load_bytes(text, n, &policy), EXITS_POLICY);
}

static void what_is_not_json_is_refused_with_its_place(void **state)
{
	(void)state;
	assert_refused("", EXITS_POLICY, "p.json:1:");
	assert_refused("[]", EXITS_POLICY, "p.json:1:1: $: must be an object");
	assert_refused("{\"version\":1,\n \"x\":}", EXITS_POLICY, "p.json:2:");
	assert_refused(HEAD "} x", EXITS_POLICY, "p.json:1:");
	assert_refused(HEAD ",\"sampling_rate\":NaN}", EXITS_POLICY, "p.json:1:");
	assert_refused(HEAD ",\"mode\":\"filtered\"}", EXITS_POLICY, "duplicate object key");
	assert_refused(HEAD ",\"a\\u0000b\":1}", EXITS_POLICY, "p.json:1:");
}

static void unknown_keys_are_refused_at_every_level(void **state)
{
	(void)state;
	assert_refused(HEAD ",\n \"extra\":1}", EXITS_POLICY, "p.json:2:2: $.extra: unknown key");
	assert_refused(HEAD ",\"allow\":[{\"colour\":1}]}", EXITS_POLICY,
	               "$.allow[0].colour: unknown key");
	assert_refused(HEAD ",\"limits\":{\"udp\":1}}", EXITS_POLICY, "$.limits.udp: unknown key");
	assert_refused(HEAD ",\"dns\":{\"mode\":\"off\",\"x\":1}}", EXITS_POLICY,
	               "$.dns.x: unknown key");
	assert_refused(HEAD ",\"tls\":{\"mode\":\"off\",\"x\":1}}", EXITS_POLICY,
	               "$.tls.x: unknown key");
	assert_refused(HEAD ",\"domains\":{\"x\":1}}", EXITS_POLICY, "$.domains.x: unknown key");
	assert_refused(HEAD ",\"\\u001b[31m\":1}", EXITS_POLICY, "$.?[31m: unknown key");
}

static void required_keys_may_not_be_missing(void **state)
{
	(void)state;
	assert_refused("{}", EXITS_POLICY, "$: key \"version\" is missing");
	assert_refused("{}", EXITS_POLICY, "$: key \"mode\" is missing");
	assert_refused("{}", EXITS_POLICY, "$: key \"vm\" is missing");
	assert_refused("{\"version\":1,\"mode\":\"filtered\",\n\"vm\":{}}", EXITS_POLICY,
	               "p.json:2:6: $.vm: key \"mac\" is missing");
	assert_refused(HEAD ",\"allow\":[{\"proto\":\"udp\"}]}", EXITS_POLICY,
	               "$.allow[0]: key \"id\" is missing");
}

static void wrong_types_are_refused(void **state)
{
	static const char *const texts[] = {
	        HEAD ",\"sampling_rate\":\"0.1\"}",
	        HEAD ",\"sampling_rate\":null}",
	        HEAD ",\"conntrack_ttl_s\":1.5}",
	        HEAD ",\"on_violation\":true}",
	        HEAD ",\"allow\":{}}",
	        HEAD ",\"allow\":[1]}",
	        HEAD ",\"icmp_echo\":1}",
	        HEAD ",\"benign\":\"arp\"}",
	        HEAD ",\"benign\":[1]}",
	        HEAD ",\"dns\":\"off\"}",
	        HEAD ",\"domains\":[]}",
	        HEAD ",\"domains\":{\"allow\":{}}}",
	        HEAD ",\"http\":1}",
	        HEAD ",\"tls\":null}",
	        HEAD ",\"limits\":[]}",
	        HEAD ",\"limits\":{\"flows\":\"7\"}}",
	        HEAD ",\"allow\":[" RULE("a", "203.0.113.50", "\"51900\"") "]}",
	        HEAD ",\"allow\":[" RULE("a", "203.0.113.50", "51900.0") "]}",
	        "{\"version\":\"1\",\"mode\":\"filtered\"," VM "}",
	        "{\"version\":1.0,\"mode\":\"filtered\"," VM "}",
	        "{\"version\":1,\"mode\":1," VM "}",
	        "{\"version\":1,\"mode\":\"filtered\",\"vm\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(texts[i], EXITS_POLICY, "must be");
}

static void numbers_out_of_range_are_refused(void **state)
{
	(void)state;
	assert_refused("{\"version\":2,\"mode\":\"filtered\"," VM "}", EXITS_POLICY,
	               "$.version: must be 1");
	assert_refused(HEAD ",\"sampling_rate\":-1}", EXITS_POLICY, "not in 0..1");
	assert_refused(HEAD ",\"sampling_rate\":1.5}", EXITS_POLICY, "rate 1.5 is not in 0..1");
	assert_refused(HEAD ",\"sampling_rate\":1e400}", EXITS_POLICY, "p.json:1:");
	assert_refused(HEAD ",\"conntrack_ttl_s\":0}", EXITS_POLICY, "not in 1..");
	assert_refused(HEAD ",\"limits\":{\"flows\":0}}", EXITS_POLICY, "not in 1..");
	assert_refused(HEAD ",\"limits\":{\"flows\":65537}}", EXITS_POLICY, "not in 1..65536");
	assert_refused(HEAD ",\"limits\":{\"tcp\":-1}}", EXITS_POLICY, "not in 1..");
	assert_refused(HEAD ",\"limits\":{\"tcp\":65537}}", EXITS_POLICY, "not in 1..65536");
	assert_refused(HEAD ",\"conntrack_ttl_s\":86401}", EXITS_POLICY, "not in 1..86400");
	assert_refused(HEAD ",\"limits\":{\"flows\":99999999999999999999}}", EXITS_POLICY,
	               "p.json");
}

static void malformed_endpoints_are_refused(void **state)
{
	static const char *const addresses[] = {
	        "example.test",    "::1",           "::ffff:1.2.3.4", "010.0.0.1",
	        "203.0.113.50/32", "203.0.113.256", "203.0.113",      "",
	        "0.0.0.0",         "127.0.0.1",     "224.0.0.1",      "255.255.255.255",
	        "192.168.100.1", /* the gateway */
	        "192.168.100.2", /* the VM */
	        "192.168.100.0", /* their net, its broadcast */
	        "192.168.100.255",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), HEAD ",\n\"allow\":[\n" RULE("a", "%s", "1") "]}",
		         addresses[i]);
		assert_refused(text, EXITS_POLICY, "p.json:3:30: $.allow[0].ip: ");
	}
	assert_refused(HEAD ",\"allow\":[\n" RULE("a", "1.2.3.4", "0") "]}", EXITS_POLICY,
	               "p.json:2:47: $.allow[0].port: port 0 is not in 1..65535");
	assert_refused(HEAD ",\"allow\":[\n" RULE("a", "1.2.3.4", "65536") "]}", EXITS_POLICY,
	               "p.json:2:47: $.allow[0].port: port 65536 is not in 1..65535");
	assert_refused(HEAD ",\"allow\":[\n" RULE("a", "1.2.3.4", "-5") "]}", EXITS_POLICY,
	               "port -5");
	assert_refused(
	        HEAD
	        ",\"allow\":[{\"id\":\"a\",\"proto\":\"sctp\",\"ip\":\"1.2.3.4\",\"port\":1}]}",
	        EXITS_POLICY, "$.allow[0].proto: must be one of: udp, tcp");
}

static void rule_ids_need_no_escaping(void **state)
{
	(void)state;
	assert_refused(HEAD ",\"allow\":[" RULE("", "1.2.3.4", "1") "]}", EXITS_POLICY, ".id:");
	assert_refused(HEAD ",\"allow\":[" RULE("a b", "1.2.3.4", "1") "]}", EXITS_POLICY, ".id:");
	assert_refused(HEAD ",\"allow\":[" RULE("a\\\"", "1.2.3.4", "1") "]}", EXITS_POLICY,
	               ".id:");
	assert_refused(HEAD ",\"allow\":[" RULE("a\\n", "1.2.3.4", "1") "]}", EXITS_POLICY, ".id:");
	assert_refused(HEAD ",\"allow\":[" RULE("\xc3\xa9", "1.2.3.4", "1") "]}", EXITS_POLICY,
	               ".id:");
	assert_refused(
	        HEAD ",\"allow\":[" RULE("a23456789012345678901234567890123", "1.2.3.4", "1") "]}",
	        EXITS_POLICY, ".id:");
}

static void a_second_rule_with_the_same_id_or_endpoint_is_refused(void **state)
{
	(void)state;
	assert_refused(HEAD ",\"allow\":[\n" RULE("a", "1.2.3.4", "1") ",\n" RULE(
	                       "b", "1.2.3.5", "1") ",\n" RULE("a", "1.2.3.6", "1") "]}",
	               EXITS_POLICY, "p.json:4:1: $.allow[2]: has the id of $.allow[0]");
	assert_refused(HEAD ",\"allow\":[\n" RULE("a", "1.2.3.4", "1") ",\n" RULE("b", "1.2.3.4",
	                                                                          "1") "]}",
	               EXITS_POLICY, "p.json:3:1: $.allow[1]: has the endpoint of $.allow[0]");
}

static void a_vm_that_cannot_be_is_refused(void **state)
{
	static const char *const machines[][3] = {
	        {"52:54:00:12:34", "192.168.100.2/24", "192.168.100.1"},
	        {"53:54:00:12:34:56", "192.168.100.2/24", "192.168.100.1"}, /* group */
	        {"00:00:00:00:00:00", "192.168.100.2/24", "192.168.100.1"},
	        {"52:55:c0:a8:64:01", "192.168.100.2/24", "192.168.100.1"}, /* the gateway's */
	        {"52:54:00:12:34:56", "192.168.100.2", "192.168.100.1"},
	        {"52:54:00:12:34:56", "192.168.100.2/33", "192.168.100.1"},
	        {"52:54:00:12:34:56", "192.168.100.2/31", "192.168.100.3"},
	        {"52:54:00:12:34:56", "192.168.100.2/0", "192.168.100.1"},
	        {"52:54:00:12:34:56", "192.168.100.0/24", "192.168.100.1"},
	        {"52:54:00:12:34:56", "192.168.100.255/24", "192.168.100.1"},
	        {"52:54:00:12:34:56", "127.0.0.2/24", "127.0.0.1"},
	        {"52:54:00:12:34:56", "192.168.100.2/24", "192.168.101.1"},
	        {"52:54:00:12:34:56", "192.168.100.2/24", "192.168.100.2"},
	        {"52:54:00:12:34:56", "192.168.100.2/24", "192.168.100.0"},
	        {"52:54:00:12:34:56", "192.168.100.2/24", "192.168.100.255"},
	        {"52:54:00:12:34:56", "192.168.100.2/24", "gateway"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		char text[512];

		snprintf(
		        text, sizeof(text),
		        "{\"version\":1,\"mode\":\"filtered\",\"vm\":{\"mac\":\"%s\",\"ip\":\"%s\","
		        "\"gateway\":\"%s\"}}",
		        machines[i][0], machines[i][1], machines[i][2]);
		assert_refused(text, EXITS_POLICY, "$.vm.");
	}
}

static void all_complaints_come_in_one_go_but_not_without_end(void **state)
{
	char text[8192] = HEAD ",\"allow\":[0";
	struct policy policy;
	unsigned lines = 0;

	(void)state;
	assert_refused(HEAD ",\"x\":1,\"icmp_echo\":2}", EXITS_POLICY, "$.x:");
	assert_non_null(strstr(complaints, "$.icmp_echo:"));
	for (int i = 0; i < 1000; i++)
		strcat(text, ",0");
	strcat(text, "]}");
	assert_int_equal(load(text, &policy), EXITS_POLICY);
	for (const char *p = complaints; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 20);
}

static void files_that_cannot_be_read_or_are_too_large_are_refused(void **state)
{
	char path[] = "/tmp/policy_load_test.XXXXXX";
	int fd = mkstemp(path);
	struct policy policy;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, POLICY_FILE_MAX + 1), 0);
	assert_int_equal(policy_load_file(path, stderr, &policy), EXITS_POLICY);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(policy_load_file(path, stderr, &policy), EXITS_POLICY);
	assert_int_equal(write(fd, HEAD "}", strlen(HEAD "}")), (ssize_t)strlen(HEAD "}"));
	assert_int_equal(policy_load_file(path, stderr, &policy), EXITS_OK);
	policy_free(&policy);
	close(fd);
	unlink(path);
	assert_int_equal(policy_load_file(path, stderr, &policy), EXITS_POLICY);
	assert_int_equal(policy_load_file("/", stderr, &policy), EXITS_POLICY);
	/* A fifo that nobody writes to is not waited for. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(policy_load_file(path, stderr, &policy), EXITS_POLICY);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_documented_policy_is_read),
	        cmocka_unit_test(keys_left_out_have_the_documented_values),
	        cmocka_unit_test(sampled_and_conntrack_end_the_vm_unless_told_otherwise),
	        cmocka_unit_test(what_contradicts_its_mode_is_refused),
	        cmocka_unit_test(a_sampling_rate_is_a_share_of_all_32_bit_numbers),
	        cmocka_unit_test(tcp_and_udp_rules_of_one_endpoint_are_two),
	        cmocka_unit_test(mtu_and_tcp_have_their_keys),
	        cmocka_unit_test(every_truncation_is_refused),
	        cmocka_unit_test(what_is_not_json_is_refused_with_its_place),
	        cmocka_unit_test(unknown_keys_are_refused_at_every_level),
	        cmocka_unit_test(required_keys_may_not_be_missing),
	        cmocka_unit_test(wrong_types_are_refused),
	        cmocka_unit_test(numbers_out_of_range_are_refused),
	        cmocka_unit_test(malformed_endpoints_are_refused),
	        cmocka_unit_test(rule_ids_need_no_escaping),
	        cmocka_unit_test(a_second_rule_with_the_same_id_or_endpoint_is_refused),
	        cmocka_unit_test(a_vm_that_cannot_be_is_refused),
	        cmocka_unit_test(all_complaints_come_in_one_go_but_not_without_end),
	        cmocka_unit_test(files_that_cannot_be_read_or_are_too_large_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
