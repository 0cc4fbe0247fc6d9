/* SPDX-License-Identifier: ISC */
/* oracle_test.c: the verdicts of the oracle, packet by packet, and the policies it refuses. */
#include "harness/oracle.h"
#include "harness/recipe_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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
	assert_int_equal(o.mode, ORACLE_FILTERED);
	assert_false(o.terminate);
	assert_int_equal(o.mtu, 1500);
	assert_int_equal(o.benign, NOISE_ARP | NOISE_DHCP | NOISE_IGMP | NOISE_MDNS | NOISE_ND);
	assert_true(oracle_is_certain(&o));
	assert_true(oracle_has_rule(&o, "web"));
	assert_false(oracle_has_rule(&o, "we"));
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
	        {"udp $VM:1 > $CONSUMER:0", ORACLE_DROP, "destination port 0"},
	        {"udp $VM:1 > $CONSUMER size 1473", ORACLE_DROP, "longer than the MTU allows"},
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
	        {"udp $VM:1 > $CONSUMER ip.opt=94040000", ORACLE_DROP, "IP options"},
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
	        {"arp reply $GW tell $VM", ORACLE_DROP, "ARP sender is not the VM"},
	        {"arp who-has $GW tell 192.168.100.3", ORACLE_DROP, "ARP sender is not the VM"},
	        {"arp who-has $GW tell $VM arp.sha=02:00:00:00:00:09", ORACLE_DROP,
	         "ARP sender is not the VM"},
	        {"arp who-has $GW tell $VM eth.dst=01:00:5e:00:00:01", ORACLE_DROP,
	         "ARP not addressed to the gateway"},
	        {"arp who-has $GW tell $VM arp.htype=6", ORACLE_DROP,
	         "ARP is not about Ethernet and IPv4"},
	        {"dhcp request $VM:68 > $T:67", ORACLE_DROP, "not on the allow list"},
	        {"dhcp release", ORACLE_DROP, "DHCP that needs no answer"},
	        {"dhcp request dhcp.server=$T", ORACLE_DROP, "DHCP for another server"},
	        {"dhcp discover dhcp.chaddr=02:00:00:00:00:09", ORACLE_DROP,
	         "DHCP for another client"},
	        {"dhcp offer", ORACLE_DROP, "source address is not the VM's"},
	        {"udp 0.0.0.0:68 > 255.255.255.255:67", ORACLE_DROP,
	         "DHCP that is no client's message"},
	        {"dhcp decline", ORACLE_DROP, "DHCP that needs no answer"},
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
	        {"{\"mode\": \"lax\", " VM "}", "mode is not known"},
	        {"{\"mode\": \"sampled\", " VM "}", "needs a sampling_rate"},
	        {"{\"mode\": \"filtered\", \"benign\": [\"arp\", \"lldp\"], " VM "}",
	         "unknown kind"},
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
	assert_int_equal(o.mode, ORACLE_DIRECT);
	assert_false(o.terminate);
	assert_int_equal(o.allow_count, 0);
	assert_true(
	        load("{\"mode\": \"direct\", \"on_violation\": \"terminate\", " VM "}", &o, why));
	assert_false(o.terminate);
	assert_true(load("{\"mode\": \"conntrack\", \"mtu\": 1280, \"benign\": [\"nd\"], " VM "}",
	                 &o, why));
	assert_int_equal(o.mode, ORACLE_CONNTRACK);
	assert_true(o.terminate);
	assert_int_equal(o.mtu, 1280);
	assert_int_equal(o.benign, NOISE_ND);
	assert_true(load("{\"mode\": \"conntrack\", \"on_violation\": \"drop\", " VM "}", &o, why));
	assert_false(o.terminate);
	assert_true(
	        load("{\"mode\": \"filtered\", \"on_violation\": \"terminate\", " VM "}", &o, why));
	assert_true(o.terminate);
}

static void between_no_and_every_frame_nothing_is_certain(void **state)
{
	struct oracle o;
	char why[256];

	(void)state;
	assert_true(load("{\"mode\": \"sampled\", \"sampling_rate\": 0.01, " VM "}", &o, why));
	assert_false(oracle_is_certain(&o));
	assert_true(load("{\"mode\": \"sampled\", \"sampling_rate\": 0, " VM "}", &o, why));
	assert_true(oracle_is_certain(&o));
	assert_true(load("{\"mode\": \"sampled\", \"sampling_rate\": 1, " VM "}", &o, why));
	assert_true(oracle_is_certain(&o));
	assert_true(load("{\"mode\": \"filtered\", \"sampling_rate\": 0.5, " VM "}", &o, why));
	assert_true(oracle_is_certain(&o));
}

/* ---- other modes ---- */

static void the_filter_answers_where_names_decide(void **state)
{
	static const struct judged list[] = {
	        {"tcp $VM:1 > $T:443 flags S", ORACLE_ANSWER, "a port where names decide"},
	        {"tcp $VM:1 > $T:80 flags S", ORACLE_ANSWER, "a port where names decide"},
	        {"tcp $VM:1 > $T:443 flags A", ORACLE_DROP, "a TCP segment without a connection"},
	        {"tcp $VM:1 > $T:22 flags S", ORACLE_DROP, "not on the allow list"},
	        {"udp $VM:1 > $T:443", ORACLE_DROP, "not on the allow list"},
	        {"tcp 172.16.9.9:1 > $T:443 flags S", ORACLE_DROP,
	         "source address is not the VM's"},
	        {"tcp $VM:1 > $GW:53 flags S", ORACLE_ANSWER, "a port where names decide"},
	        {"udp $VM:1 > $GW:53 dns A ok.test", ORACLE_ANSWER, "a DNS query"},
	        {"udp $VM:1 > $GW:53 size 11", ORACLE_DROP, "not on the allow list"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.dns = true;
	o.port_count = 2;
	o.ports[0] = 443;
	o.ports[1] = 80;
	EXPECT_VERDICTS(&o, list);
}

static void a_tcp_connection_begins_with_a_syn(void **state)
{
	static const struct judged list[] = {
	        {"tcp $VM:1 > 198.18.0.7:443 flags S", ORACLE_PASS, "on the allow list"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags SEC size 0", ORACLE_PASS, "on the allow list"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags SA", ORACLE_DROP,
	         "a TCP segment without a connection"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags A", ORACLE_DROP,
	         "a TCP segment without a connection"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags R", ORACLE_DROP,
	         "a TCP segment without a connection"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags FA", ORACLE_DROP,
	         "a TCP segment without a connection"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags F", ORACLE_DROP,
	         "TCP flags that no honest stack sends"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags none", ORACLE_DROP,
	         "TCP flags that no honest stack sends"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags FPU", ORACLE_DROP,
	         "TCP flags that no honest stack sends"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags SF", ORACLE_DROP,
	         "TCP flags that no honest stack sends"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags SR", ORACLE_DROP,
	         "TCP flags that no honest stack sends"},
	        {"tcp $VM:0 > 198.18.0.7:443 flags S", ORACLE_DROP, "source port 0"},
	};
	struct oracle o = load_policy();

	(void)state;
	EXPECT_VERDICTS(&o, list);
}

static void direct_lets_everything_out_that_can_be_translated(void **state)
{
	static const struct judged list[] = {
	        {"udp $VM:1 > $T:53", ORACLE_PASS, "not checked"},
	        {"tcp $VM:1 > $T:22 flags S", ORACLE_PASS, "not checked"},
	        {"icmp $VM > $T echo-request", ORACLE_PASS, "not checked"},
	        {"udp 172.16.9.9:1 > $T:53", ORACLE_PASS, "not checked"},
	        {"udp $VM:1 > $T:53 eth.src=02:00:00:00:00:09", ORACLE_PASS, "not checked"},
	        {"udp $VM:68 > $T:67", ORACLE_PASS, "not checked"},
	        {"udp $VM:1 > 169.254.169.254:80", ORACLE_PASS, "not checked"},
	        {"arp who-has $GW tell $VM", ORACLE_ANSWER, "ARP for the gateway"},
	        {"dhcp discover", ORACLE_ANSWER, "DHCP of the VM"},
	        {"icmp $VM > $GW echo-request", ORACLE_ANSWER, "echo request to the gateway"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.mode = ORACLE_DIRECT;
	EXPECT_VERDICTS(&o, list);
}

static void even_direct_spares_the_host_and_refuses_what_is_no_packet(void **state)
{
	static const struct judged list[] = {
	        {"udp $VM:1 > 127.0.0.1:53", ORACLE_DROP, "the provider host itself"},
	        {"udp $VM:1 > $PROVIDER:53", ORACLE_DROP, "the provider host itself"},
	        {"udp $VM:1 > 192.168.1.255:53", ORACLE_DROP,
	         "broadcast of the provider's network"},
	        {"udp $VM:1 > 0.0.0.0:53", ORACLE_DROP, "no host has this address"},
	        {"udp $VM:1 > 240.0.0.1:53", ORACLE_DROP, "no host has this address"},
	        {"udp $VM:1 > 224.0.0.9:53 eth.dst=02:00:00:00:00:01", ORACLE_DROP,
	         "no host has this address"},
	        {"udp $VM:1 > $GW:53", ORACLE_DROP, "an address of the guest's own link"},
	        {"udp $VM:1 > 239.1.1.1:53", ORACLE_DROP,
	         "multicast or broadcast Ethernet destination"},
	        {"ip4 $VM > $T proto 47", ORACLE_DROP, "a protocol that cannot be translated"},
	        {"icmp $VM > $T timestamp", ORACLE_DROP, "a protocol that cannot be translated"},
	        {"tcp $VM:1 > $T:22 flags A", ORACLE_DROP, "a TCP segment without a connection"},
	        {"udp $VM:1 > $T:53 vlan=1", ORACLE_DROP, "VLAN tag"},
	        {"udp $VM:1 > $T:53 ip.cksum=bad", ORACLE_DROP, "IPv4 header checksum is wrong"},
	        {"udp $VM:1 > $T:53 ip.mf", ORACLE_DROP, "fragment"},
	        {"udp $VM:1 > $T:0", ORACLE_DROP, "destination port 0"},
	        {"udp6 [fe80::2]:1 > [2001:db8::1]:53", ORACLE_DROP, "IPv6"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.mode = ORACLE_DIRECT;
	EXPECT_VERDICTS(&o, list);
}

static void unsampled_frames_go_as_in_direct_but_with_an_honest_source(void **state)
{
	static const struct judged list[] = {
	        {"udp $VM:1 > $T:53", ORACLE_PASS, "not checked"},
	        {"udp 172.16.9.9:1 > $T:53", ORACLE_DROP, "source address is not the VM's"},
	        {"udp $VM:1 > $T:53 eth.src=02:00:00:00:00:09", ORACLE_DROP,
	         "source MAC is not the VM's"},
	        {"udp $VM:1 > 127.0.0.1:53", ORACLE_DROP, "the provider host itself"},
	        {"eth 0x88cc", ORACLE_DROP, "unknown EtherType"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.mode = ORACLE_SAMPLED;
	o.terminate = true;
	EXPECT_VERDICTS(&o, list);
}

static void a_violation_ends_the_vm(void **state)
{
	static const enum oracle_mode modes[] = {ORACLE_SAMPLED, ORACLE_CONNTRACK, ORACLE_FILTERED};
	static const struct judged list[] = {
	        {"udp $VM:1 > $CONSUMER", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $T:53", ORACLE_TERMINATE, "not on the allow list"},
	        {"tcp $VM:1 > $T:22 flags S", ORACLE_TERMINATE, "not on the allow list"},
	        {"icmp $VM > $T echo-request", ORACLE_TERMINATE, "not on the allow list"},
	        {"udp $VM:1 > 127.0.0.1:53", ORACLE_TERMINATE, "not on the allow list"},
	        {"udp 172.16.9.9:1 > $CONSUMER", ORACLE_TERMINATE,
	         "source address is not the VM's"},
	        {"udp $VM:1 > $CONSUMER eth.src=02:00:00:00:00:09", ORACLE_TERMINATE,
	         "source MAC is not the VM's"},
	        {"udp $VM:1 > $CONSUMER udp.cksum=bad", ORACLE_TERMINATE, "UDP checksum is wrong"},
	        {"udp $VM:1 > $CONSUMER ip.mf", ORACLE_TERMINATE, "fragment"},
	        {"udp6 [fe80::2]:1 > [2001:db8::1]:53", ORACLE_TERMINATE, "IPv6"},
	        {"eth 0x88cc", ORACLE_TERMINATE, "unknown EtherType"},
	        {"arp who-has $GW tell 192.168.100.9", ORACLE_TERMINATE,
	         "ARP sender is not the VM"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags FPU", ORACLE_TERMINATE,
	         "TCP flags that no honest stack sends"},
	        {"udp $VM:1 > 239.255.255.250:1900", ORACLE_TERMINATE,
	         "multicast or broadcast Ethernet destination"},
	        {"arp who-has $GW tell $VM", ORACLE_ANSWER, "ARP for the gateway"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.terminate = true;
	o.sampling_rate = 1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		o.mode = modes[i];
		EXPECT_VERDICTS(&o, list);
	}
}

/* Verdicts under a terminating policy that calls all noise benign, and under one that calls none so. */
static void expect_noise(const char *words, const char *reason)
{
	struct judged listed = {words, ORACLE_DROP, reason};
	struct judged unlisted = {words, ORACLE_TERMINATE, reason};
	struct oracle o = load_policy();

	o.terminate = true;
	expect_verdicts(&o, &listed, 1);
	o.benign = 0;
	expect_verdicts(&o, &unlisted, 1);
}

static void noise_is_harmless_when_the_policy_says_so(void **state)
{
	(void)state;
	expect_noise("arp who-has 192.168.100.77 tell $VM",
	             "ARP that asks for nothing the gateway answers");
	expect_noise("arp who-has $VM tell 0.0.0.0",
	             "ARP that asks for nothing the gateway answers");
	expect_noise("igmp $VM > 224.0.0.22 ip.opt=94040000 ip.ttl=1", "IGMP to a group");
	expect_noise("igmp 0.0.0.0 > 224.0.0.22 ip.ttl=1", "IGMP to a group");
	expect_noise("udp $VM:5353 > 224.0.0.251:5353", "mDNS to its group");
	expect_noise("icmp6 [fe80::2] > [ff02::2] rs", "IPv6 noise");
	expect_noise("icmp6 [::] > [ff02::1:ff12:3456] ns", "IPv6 noise");
	expect_noise("icmp6 [::] > [ff02::16] mld", "IPv6 noise");
}

static void what_only_resembles_noise_ends_the_vm(void **state)
{
	static const struct judged list[] = {
	        {"arp who-has 192.168.100.77 tell 192.168.100.9", ORACLE_TERMINATE,
	         "ARP sender is not the VM"},
	        {"igmp $VM > $T", ORACLE_TERMINATE, "not on the allow list"},
	        {"igmp 172.16.9.9 > 224.0.0.22", ORACLE_TERMINATE,
	         "source address is not the VM's"},
	        {"udp $VM:5353 > 224.0.0.251:5354", ORACLE_TERMINATE,
	         "multicast or broadcast Ethernet destination"},
	        {"udp 0.0.0.0:5353 > 224.0.0.251:5353", ORACLE_TERMINATE,
	         "multicast or broadcast Ethernet destination"},
	        {"icmp6 [fd00:100::2] > [ff02::2] rs", ORACLE_TERMINATE, "IPv6"},
	        {"icmp6 [fe80::2] > [2001:db8::1] ns eth.dst=33:33:00:00:00:01", ORACLE_TERMINATE,
	         "IPv6"},
	        {"icmp6 [fe80::2] > [ff02::2] rs ip6.hop=64", ORACLE_TERMINATE, "IPv6"},
	        {"icmp6 [fe80::2] > [ff02::1] echo-request", ORACLE_TERMINATE, "IPv6"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.terminate = true;
	EXPECT_VERDICTS(&o, list);
}

static void what_kernels_say_by_themselves_ends_no_vm(void **state)
{
	static const struct judged list[] = {
	        {"icmp $VM > $T unreachable code 3 carrying udp $T:1 > $VM:2", ORACLE_DROP,
	         "an ICMP error message, which kernels send unasked"},
	        {"icmp $VM > $T time-exceeded carrying udp $T:1 > $VM:2", ORACLE_DROP,
	         "an ICMP error message, which kernels send unasked"},
	        {"tcp $VM:1 > 198.18.0.7:443 flags RA", ORACLE_DROP,
	         "a TCP segment without a connection"},
	        {"dhcp release", ORACLE_DROP, "DHCP that needs no answer"},
	        {"dhcp request dhcp.server=$T", ORACLE_DROP, "DHCP for another server"},
	        {"tcp $VM:1 > 9.9.9.9:443 flags RA", ORACLE_TERMINATE, "not on the allow list"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.terminate = true;
	o.benign = 0;
	EXPECT_VERDICTS(&o, list);
}

static void the_mtu_is_the_policys(void **state)
{
	static const struct judged list[] = {
	        {"udp $VM:1 > $CONSUMER size 1252", ORACLE_PASS, "on the allow list"},
	        {"udp $VM:1 > $CONSUMER size 1253", ORACLE_DROP, "longer than the MTU allows"},
	};
	struct oracle o = load_policy();

	(void)state;
	o.mtu = 1280;
	EXPECT_VERDICTS(&o, list);
}

static void the_mtu_is_found_without_the_rest(void **state)
{
	(void)state;
	assert_int_equal(oracle_mtu("scenarios/policies/mtu-9000.json"), 9000);
	assert_int_equal(oracle_mtu("scenarios/policies/one-udp-endpoint.json"), 1500);
	assert_int_equal(oracle_mtu("scenarios/policies/no-such-file.json"), 1500);
}

static void what_is_no_file_is_not_waited_for(void **state)
{
	char dir[] = "/tmp/gauntlet-oracle-XXXXXX", pipe[64], why[256];
	struct oracle o;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(pipe, sizeof(pipe), "%s/pipe", dir);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_false(oracle_load(pipe, &o, why));
	assert_non_null(strstr(why, "not a file"));
	assert_false(oracle_load(dir, &o, why));
	assert_int_equal(oracle_mtu("/dev/zero"), 1500);
	unlink(pipe);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_no_file_is_not_waited_for),
	        cmocka_unit_test(the_policy_is_read),
	        cmocka_unit_test(what_the_list_names_passes_and_nothing_else),
	        cmocka_unit_test(an_allowed_endpoint_does_not_excuse_a_wrong_packet),
	        cmocka_unit_test(the_gateway_answers_the_first_minute),
	        cmocka_unit_test(nobody_answers_what_is_not_quite_that),
	        cmocka_unit_test(a_known_gateway_takes_only_what_is_addressed_to_it),
	        cmocka_unit_test(echo_is_not_answered_when_it_is_off),
	        cmocka_unit_test(a_policy_that_cannot_be_read_is_refused),
	        cmocka_unit_test(other_modes_are_told_apart),
	        cmocka_unit_test(between_no_and_every_frame_nothing_is_certain),
	        cmocka_unit_test(the_filter_answers_where_names_decide),
	        cmocka_unit_test(a_tcp_connection_begins_with_a_syn),
	        cmocka_unit_test(direct_lets_everything_out_that_can_be_translated),
	        cmocka_unit_test(even_direct_spares_the_host_and_refuses_what_is_no_packet),
	        cmocka_unit_test(unsampled_frames_go_as_in_direct_but_with_an_honest_source),
	        cmocka_unit_test(a_violation_ends_the_vm),
	        cmocka_unit_test(noise_is_harmless_when_the_policy_says_so),
	        cmocka_unit_test(what_only_resembles_noise_ends_the_vm),
	        cmocka_unit_test(what_kernels_say_by_themselves_ends_no_vm),
	        cmocka_unit_test(the_mtu_is_the_policys),
	        cmocka_unit_test(the_mtu_is_found_without_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
