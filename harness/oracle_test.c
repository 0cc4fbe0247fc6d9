/* SPDX-License-Identifier: ISC */
/* oracle_test.c: the verdicts of the oracle, packet by packet, and the policies it refuses. */
#include "harness/oracle.h"
#include "harness/recipe_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char policy[] =
        "{\"version\": 1, \"mode\": \"filtered\","
        " \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\","
        "          \"gateway\": \"192.168.100.1\"},"
        " \"allow\": [{\"id\": \"consumer\", \"proto\": \"udp\", \"ip\": \"203.0.113.50\","
        "              \"port\": 51900},"
        "             {\"id\": \"web\", \"proto\": \"tcp\", \"ip\": \"198.18.0.7\", \"port\": "
        "443}],"
        " \"icmp_echo\": \"gateway\"}";

static bool load(const char *text, struct oracle *o, char *why)
{
	char path[] = "/tmp/gauntlet-oracle-test-XXXXXX";
	int fd = mkstemp(path);
	bool done;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	done = oracle_load(path, o, why);
	assert_int_equal(unlink(path), 0);
	return done;
}

struct judged {
	const char *words;
	enum oracle_verdict verdict;
	const char *reason;
};

static void expect_verdicts(const struct oracle *o, const struct judged *list, size_t count)
{
	uint8_t frame[FRAME_MAX];

	for (size_t i = 0; i < count; i++) {
		const char *reason = NULL;
		struct seen s;
		enum oracle_verdict v;

		decode(frame, test_build(list[i].words, frame), &s);
		v = oracle_judge(o, &s, &reason);
		if (v != list[i].verdict || strcmp(reason, list[i].reason) != 0)
			fail_msg("%s: verdict %d, %s", list[i].words, v, reason);
	}
}

#define EXPECT_VERDICTS(o, list) expect_verdicts((o), (list), sizeof(list) / sizeof((list)[0]))

static struct oracle load_policy(void)
{
	struct oracle o;
	char why[256];

	if (!load(policy, &o, why))
		fail_msg("%s", why);
	return o;
}

static void the_policy_is_read(void **state)
{
	struct oracle o = load_policy();

	(void)state;
	assert_true(o.filtered);
	assert_true(o.icmp_echo);
	assert_memory_equal(o.vm_mac, LAB_VM_MAC, 6);
	assert_int_equal(o.vm_ip, LAB_VM_IP);
	assert_int_equal(o.vm_mask, 0xffffff00);
	assert_int_equal(o.gateway, LAB_GW_IP);
	assert_int_equal(o.allow_count, 2);
}

static void what_the_list_names_passes_and_nothing_else(void **state)
{
	static const struct judged list[] = {
	        {"udp $VM:1 > $CONSUMER", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $CONSUMER udp.cksum=none", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $CONSUMER eth.pad=6", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $CONSUMER ip.opt=010100", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $CONSUMER ip.ttl=1 size 1472", ORACLE_PASS, "on the allow list"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags S", ORACLE_PASS, "on the allow list"},
	        {"tcp $VM:1 > $CONSUMER flags S", ORACLE_DROP, "not on the allow list"},
	        {"udp $VM:1 > 198.18.0.7:443", ORACLE_DROP, "not on the allow list"},
	        {"udp $VM:1 > 203.0.113.50:51901", ORACLE_DROP, "not on the allow list"},
	        {"udp $VM:1 > 203.0.113.51:51900", ORACLE_DROP, "not on the allow list"},
	        {"icmp $VM > $CONSUMER echo-request", ORACLE_DROP, "not on the allow list"},
	        {"ip4 $VM > $CONSUMER proto 47", ORACLE_DROP, "not on the allow list"},
	        {"udp $VM:0 > $CONSUMER", ORACLE_DROP, "source port 0"},
	};
	struct oracle o = load_policy();

	(void)state;
	EXPECT_VERDICTS(&o, list);
}

static void an_allowed_endpoint_does_not_excuse_a_wrong_packet(void **state)
{
	static const struct judged list[] = {
	        {"udp 172.16.9.9:1 > $CONSUMER", ORACLE_DROP, "source address is not the VM's"},
	        {"udp $VM:1 > $CONSUMER eth.src=02:00:00:00:00:09", ORACLE_DROP,
	         "source MAC is not the VM's"},
	        {"udp $VM:1 > $CONSUMER eth.dst=ff:ff:ff:ff:ff:ff", ORACLE_DROP,
	         "multicast or broadcast Ethernet destination"},
	        {"udp $VM:1 > $CONSUMER vlan=1", ORACLE_DROP, "VLAN tag"},
	        {"udp $VM:1 > $CONSUMER llc", ORACLE_DROP, "LLC instead of an EtherType"},
	        {"udp $VM:1 > $CONSUMER eth.cut=9", ORACLE_DROP, "shorter than an Ethernet header"},
	        {"udp $VM:1 > $CONSUMER ip.cksum=bad", ORACLE_DROP,
	         "IPv4 header checksum is wrong"},
	        {"udp $VM:1 > $CONSUMER udp.cksum=bad", ORACLE_DROP, "UDP checksum is wrong"},
	        {"udp $VM:1 > $CONSUMER udp.len=9", ORACLE_DROP,
	         "UDP length leaves bytes of the packet out"},
	        {"udp $VM:1 > $CONSUMER ip.mf", ORACLE_DROP, "fragment"},
	        {"udp $VM:1 > $CONSUMER ip.frag=1", ORACLE_DROP, "fragment"},
	        {"udp $VM:1 > $CONSUMER ip.ttl=0", ORACLE_DROP, "TTL is 0"},
	        {"udp $VM:1 > $CONSUMER ip.opt=830704c6120007", ORACLE_DROP, "IP options"},
	        {"udp $VM:1 > $CONSUMER ip.opt=01010144", ORACLE_DROP, "IP options"},
	        {"udp6 [::1]:1 > [::ffff:203.0.113.50]:51900", ORACLE_DROP, "IPv6"},
	        {"eth 0x88cc", ORACLE_DROP, "unknown EtherType"},
	        {"eth 0x0010 size 16", ORACLE_DROP, "unknown EtherType"},
	};
	struct oracle o = load_policy();

	(void)state;
	EXPECT_VERDICTS(&o, list);
}

static void the_gateway_answers_the_first_minute(void **state)
{
	static const struct judged list[] = {
	        {"arp who-has $GW tell $VM", ORACLE_ANSWER, "ARP for the gateway"},
	        {"arp who-has $GW tell 0.0.0.0", ORACLE_ANSWER, "ARP for the gateway"},
	        {"arp who-has $GW tell $VM eth.pad=18", ORACLE_ANSWER, "ARP for the gateway"},
	        {"dhcp discover", ORACLE_ANSWER, "DHCP of the VM"},
	        {"dhcp request", ORACLE_ANSWER, "DHCP of the VM"},
	        {"dhcp request $VM:68 > $GW:67", ORACLE_ANSWER, "DHCP of the VM"},
	        {"dhcp inform", ORACLE_ANSWER, "DHCP of the VM"},
	        {"icmp $VM > $GW echo-request", ORACLE_ANSWER, "echo request to the gateway"},
	};
	struct oracle o = load_policy();

	(void)state;
	EXPECT_VERDICTS(&o, list);
}

static void nobody_answers_what_is_not_quite_that(void **state)
{
	static const struct judged list[] = {
	        {"arp who-has $VM tell $VM", ORACLE_DROP,
	         "ARP that asks for nothing the gateway answers"},
	        {"arp reply $GW tell $VM", ORACLE_DROP,
	         "ARP that asks for nothing the gateway answers"},
	        {"arp who-has $GW tell 192.168.100.3", ORACLE_DROP, "ARP sender is not the VM"},
	        {"arp who-has $GW tell $VM arp.sha=02:00:00:00:00:09", ORACLE_DROP,
	         "ARP sender is not the VM"},
	        {"arp who-has $GW tell $VM eth.dst=01:00:5e:00:00:01", ORACLE_DROP,
	         "ARP not addressed to the gateway"},
	        {"arp who-has $GW tell $VM arp.htype=6", ORACLE_DROP,
	         "ARP is not about Ethernet and IPv4"},
	        {"dhcp request $VM:68 > $T:67", ORACLE_DROP, "not on the allow list"},
	        {"dhcp release", ORACLE_DROP, "not on the allow list"},
	        {"dhcp request dhcp.server=$T", ORACLE_DROP, "source address is not the VM's"},
	        {"dhcp discover dhcp.chaddr=02:00:00:00:00:09", ORACLE_DROP,
	         "source address is not the VM's"},
	        {"dhcp offer", ORACLE_DROP, "source address is not the VM's"},
	        {"dhcp discover dhcp.noend", ORACLE_DROP, "DHCP options without an end"},
	        {"icmp $VM > $GW echo-request code 1", ORACLE_DROP, "not on the allow list"},
	        {"icmp $VM > $GW timestamp", ORACLE_DROP, "not on the allow list"},
	        {"icmp $VM > $T echo-request", ORACLE_DROP, "not on the allow list"},
	};
	struct oracle o = load_policy();

	(void)state;
	EXPECT_VERDICTS(&o, list);
}

static void a_known_gateway_takes_only_what_is_addressed_to_it(void **state)
{
	static const struct judged list[] = {
	        {"udp $VM:1 > $CONSUMER", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $CONSUMER eth.dst=02:00:00:00:00:09", ORACLE_DROP,
	         "not addressed to the gateway's MAC"},
	        {"arp who-has $GW tell $VM", ORACLE_ANSWER, "ARP for the gateway"},
	        {"arp who-has $GW tell $VM eth.dst=02:00:00:00:00:09", ORACLE_DROP,
	         "ARP not addressed to the gateway"},
	        {"dhcp request $VM:68 > $GW:67", ORACLE_ANSWER, "DHCP of the VM"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.has_gateway_mac = true;
	memcpy(o.gateway_mac, test_link.dst, 6);
	EXPECT_VERDICTS(&o, list);
}

static void echo_is_not_answered_when_it_is_off(void **state)
{
	static const struct judged list[] = {
	        {"icmp $VM > $GW echo-request", ORACLE_DROP, "not on the allow list"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.icmp_echo = false;
	EXPECT_VERDICTS(&o, list);
}

#define VM                                                                                         \
	"\"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\", "                  \
	"\"gateway\": \"192.168.100.1\"}"

static void a_policy_that_cannot_be_read_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	        {"{", "1:1: "},
	        {"{\"mode\": \"filtered\", \"mode\": \"direct\"}", "duplicate"},
	        {"[]", "no mode"},
	        {"{" VM "}", "no mode"},
	        {"{\"mode\": \"filtered\"}", "vm.mac"},
	        {"{\"mode\": \"filtered\", \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": "
	         "\"192.168.100.2/33\", \"gateway\": \"192.168.100.1\"}}",
	         "vm.ip"},
	        {"{\"mode\": \"filtered\", \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": "
	         "\"192.168.100.2/24\", \"gateway\": \"here\"}}",
	         "vm.gateway"},
	        {"{\"mode\": \"filtered\", " VM ", \"allow\": {}}", "allow is not a list"},
	        {"{\"mode\": \"filtered\", " VM ", \"allow\": [{\"proto\": \"udp\", \"ip\": "
	         "\"1.2.3.4\", \"port\": 65536}]}",
	         "allow[0]"},
	        {"{\"mode\": \"filtered\", " VM ", \"allow\": [{\"proto\": \"icmp\", \"ip\": "
	         "\"1.2.3.4\", \"port\": 1}]}",
	         "allow[0]"},
	};
	struct oracle o;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why[0] = '\0';
		if (load(cases[i].text, &o, why) || !strstr(why, cases[i].why))
			fail_msg("%s: '%s'", cases[i].text, why);
	}
	assert_false(oracle_load("/nonexistent/policy.json", &o, why));
}

static void other_modes_are_told_apart(void **state)
{
	struct oracle o;
	char why[256];

	(void)state;
	assert_true(load("{\"mode\": \"direct\", " VM "}", &o, why));
	assert_false(o.filtered);
	assert_int_equal(o.allow_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_policy_is_read),
	        cmocka_unit_test(what_the_list_names_passes_and_nothing_else),
	        cmocka_unit_test(an_allowed_endpoint_does_not_excuse_a_wrong_packet),
	        cmocka_unit_test(the_gateway_answers_the_first_minute),
	        cmocka_unit_test(nobody_answers_what_is_not_quite_that),
	        cmocka_unit_test(a_known_gateway_takes_only_what_is_addressed_to_it),
	        cmocka_unit_test(echo_is_not_answered_when_it_is_off),
	        cmocka_unit_test(a_policy_that_cannot_be_read_is_refused),
	        cmocka_unit_test(other_modes_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
