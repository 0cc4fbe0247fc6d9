/* SPDX-License-Identifier: ISC */
/* decode_test.c: frames that another program (Scapy 2.5) built, frames that are broken, and every
 * way of cutting a frame short. */
#include "harness/recipe_test.h"

#include "bytes/guard.h"
#include "harness/recipe_parse.h"

static const char udp_hex[] =
        "020000000001525400123456080045000025000140004011d9e9c0a86402cb0071329c40cabc"
        "001162b970696e672d35663163";
static const char tcp_hex[] =
        "02000000000152540012345608004500002d0001400040065006c0a86402c61200070fa001bb"
        "000003e8000000076012faf025160000020405b478";
static const char icmp_hex[] =
        "02000000000152540012345608004500001f0001000040013189c0a86402c0a864010800ec47"
        "47540001616263";
static const char arp_hex[] =
        "ffffffffffff52540012345608060001080006040001525400123456c0a86402000000000000"
        "c0a86401000000000000000000000000000000000000";
static const char udp6_hex[] =
        "0200000000015254001234568100006486dd6000000000133c40fe8000000000000000000000"
        "0000000220010db8000000000000000000000001110001040000000002220223000be3ec7369"
        "78";
static const char dns_hex[] =
        "0200000000015254001234560800450000370001400040114ff1c0a86402c61200070fa00035"
        "00233661000101000001000000000000046c65616b04746573740000100001";

struct frame {
	uint8_t bytes[256];
	size_t len;
	struct seen s;
	char line[DECODE_LINE];
};

static void decode_hex(const char *hex, struct frame *f)
{
	assert_true(recipe_hex(hex, f->bytes, sizeof(f->bytes), &f->len));
	decode(f->bytes, f->len, &f->s);
	decode_line(&f->s, f->line);
}

static void a_udp_datagram_is_read(void **state)
{
	struct frame f;

	(void)state;
	decode_hex(udp_hex, &f);
	assert_int_equal(f.s.kind, SEEN_UDP);
	assert_null(f.s.fault);
	assert_memory_equal(f.s.eth_src, LAB_VM_MAC, 6);
	assert_int_equal(f.s.eth_dst[5], 1);
	assert_int_equal(f.s.ip_src, LAB_VM_IP);
	assert_int_equal(f.s.ip_dst, LAB_CONSUMER_IP);
	assert_int_equal(f.s.ip_len, 37);
	assert_int_equal(f.s.ip_id, 1);
	assert_int_equal(f.s.ip_ttl, 64);
	assert_true(f.s.ip_df);
	assert_true(f.s.ip_cksum_ok);
	assert_true(f.s.l4_cksum_ok);
	assert_int_equal(f.s.sport, 40000);
	assert_int_equal(f.s.dport, 51900);
	assert_int_equal(f.s.payload.n, 9);
	assert_memory_equal(f.s.payload.p, "ping-5f1c", 9);
	assert_string_equal(f.line, "udp 192.168.100.2:40000 > 203.0.113.50:51900 9 bytes "
	                            "\"ping-5f1c\"");
}

static void a_tcp_segment_with_options_is_read(void **state)
{
	struct frame f;

	(void)state;
	decode_hex(tcp_hex, &f);
	assert_int_equal(f.s.kind, SEEN_TCP);
	assert_null(f.s.fault);
	assert_int_equal(f.s.tcp_flags, 0x12);
	assert_int_equal(f.s.tcp_seq, 1000);
	assert_int_equal(f.s.tcp_ack, 7);
	assert_string_equal(f.line,
	                    "tcp 192.168.100.2:4000 > 198.18.0.7:443 flags SA 1 byte \"x\"");
}

static void an_echo_request_is_read(void **state)
{
	struct frame f;

	(void)state;
	decode_hex(icmp_hex, &f);
	assert_int_equal(f.s.kind, SEEN_ICMP);
	assert_null(f.s.fault);
	assert_int_equal(f.s.icmp_id, 0x4754);
	assert_int_equal(f.s.icmp_seq, 1);
	assert_string_equal(f.line,
	                    "icmp 192.168.100.2 > 192.168.100.1 echo-request 3 bytes \"abc\"");
}

static void an_arp_request_is_read_and_its_padding_counted(void **state)
{
	struct frame f;

	(void)state;
	decode_hex(arp_hex, &f);
	assert_int_equal(f.s.kind, SEEN_ARP);
	assert_null(f.s.fault);
	assert_int_equal(f.s.arp_op, 1);
	assert_int_equal(f.s.arp_spa, LAB_VM_IP);
	assert_int_equal(f.s.arp_tpa, LAB_GW_IP);
	assert_int_equal(f.s.trailing, 18);
	assert_string_equal(f.line, "arp who-has 192.168.100.1 tell 192.168.100.2");
}

static void udp_is_found_behind_a_tag_and_an_extension_header(void **state)
{
	struct frame f;

	(void)state;
	decode_hex(udp6_hex, &f);
	assert_int_equal(f.s.kind, SEEN_UDP6);
	assert_null(f.s.fault);
	assert_int_equal(f.s.vlan_count, 1);
	assert_int_equal(f.s.vlan[0], 100);
	assert_int_equal(f.s.ip6_next, 17);
	assert_int_equal(f.s.ip6_hop, 64);
	assert_string_equal(f.line,
	                    "udp6 [fe80::2]:546 > [2001:db8::1]:547 vlan=100 3 bytes \"six\"");
}

static void a_dns_query_is_told_by_its_question(void **state)
{
	struct frame f;

	(void)state;
	decode_hex(dns_hex, &f);
	assert_string_equal(f.line, "udp 192.168.100.2:4000 > 198.18.0.7:53 27 bytes dns TXT "
	                            "leak.test.");
}

static void the_checksum_is_that_of_rfc_1071(void **state)
{
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(decode_cksum(example, 8, 0), 0x220d);
	assert_int_equal(decode_cksum(example, 0, 0), 0xffff);
	assert_int_equal(decode_cksum(example + 1, 1, 0), (uint16_t)~0x0100);
	assert_int_equal(decode_cksum(example, 8, 0xffffffff), 0x220d);
}

static void dhcp_options_are_read(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct seen s;

	(void)state;
	decode(frame, test_build("dhcp offer dhcp.lease=77 dhcp.mask=255.0.0.0", frame), &s);
	assert_int_equal(s.kind, SEEN_DHCP);
	assert_int_equal(s.dhcp_type, 2);
	assert_int_equal(s.dhcp_yiaddr, LAB_VM_IP);
	assert_int_equal(s.dhcp_server, LAB_GW_IP);
	assert_int_equal(s.dhcp_router, LAB_GW_IP);
	assert_int_equal(s.dhcp_dns, 0);
	assert_int_equal(s.dhcp_mask, IP4(255, 0, 0, 0));
	assert_int_equal(s.dhcp_lease_s, 77);
	assert_int_equal(s.dhcp_xid, 0x47544c54);
	assert_memory_equal(s.dhcp_chaddr, LAB_VM_MAC, 6);
}

/* Hardware type and length stand behind the UDP header's 8 bytes and the op. */
static void dhcp_for_other_hardware_is_a_fault(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *fault;
	} tries[] = {{1, 1, NULL},
	             {1, 32, "DHCP for hardware that is not Ethernet"},
	             {2, 6, NULL},
	             {2, 16, "DHCP for hardware that is not Ethernet"}};

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		uint8_t frame[FRAME_MAX];
		size_t len = test_build("dhcp discover udp.cksum=none", frame);
		struct seen s;

		frame[14 + 20 + 8 + tries[i].at] = tries[i].value;
		decode(frame, len, &s);
		assert_int_equal(s.kind, SEEN_DHCP);
		if (tries[i].fault)
			assert_string_equal(s.fault, tries[i].fault);
		else
			assert_null(s.fault);
	}
}

static void each_fault_is_named(void **state)
{
	static const struct {
		const char *words, *fault;
	} cases[] = {
	        {"udp $VM:1 > $T:2 eth.cut=13", "Ethernet header is cut off"},
	        {"udp $VM:1 > $T:2 vlan=1 eth.cut=17", "VLAN tag is cut off"},
	        {"udp $VM:1 > $T:2 llc eth.cut=40", "802.3 length is beyond the frame"},
	        {"arp who-has $GW tell $VM eth.cut=41", "ARP is cut off"},
	        {"arp who-has $GW tell $VM arp.hlen=8", "ARP is not about Ethernet and IPv4"},
	        {"udp $VM:1 > $T:2 eth.cut=33", "IPv4 header is cut off"},
	        {"udp $VM:1 > $T:2 ip.ver=6", "IP version is not 4"},
	        {"udp $VM:1 > $T:2 ip.ihl=4", "IPv4 header length is below 5"},
	        {"udp $VM:1 > $T:2 size 0 ip.ihl=15", "IPv4 header length is beyond the frame"},
	        {"udp $VM:1 > $T:2 ip.cksum=bad", "IPv4 header checksum is wrong"},
	        {"udp $VM:1 > $T:2 ip.len=19", "IPv4 total length is below its header"},
	        {"udp $VM:1 > $T:2 ip.len=99", "IPv4 total length is beyond the frame"},
	        {"ip4 $VM > $T proto 17 hex \"00\"", "UDP header is cut off"},
	        {"udp $VM:1 > $T:2 udp.len=7", "UDP length is below 8"},
	        {"udp $VM:1 > $T:2 udp.len=99", "UDP length is beyond the packet"},
	        {"udp $VM:1 > $T:2 udp.len=9", "UDP length leaves bytes of the packet out"},
	        {"udp $VM:1 > $T:2 udp.cksum=bad", "UDP checksum is wrong"},
	        {"udp6 [::1]:1 > [::2]:2 udp.cksum=none", "UDP over IPv6 without a checksum"},
	        {"ip4 $VM > $T proto 6 size 19", "TCP header is cut off"},
	        {"tcp $VM:1 > $T:2 tcp.off=4", "TCP data offset is below 5"},
	        {"tcp $VM:1 > $T:2 tcp.off=15", "TCP data offset is beyond the packet"},
	        {"tcp $VM:1 > $T:2 tcp.cksum=bad", "TCP checksum is wrong"},
	        {"ip4 $VM > $T proto 1 size 7", "ICMP header is cut off"},
	        {"icmp $VM > $T echo-request icmp.cksum=bad", "ICMP checksum is wrong"},
	        {"udp6 [::1]:1 > [::2]:2 eth.cut=53", "IPv6 header is cut off"},
	        {"udp6 [::1]:1 > [::2]:2 ip6.ver=4", "IP version is not 6"},
	        {"udp6 [::1]:1 > [::2]:2 ip6.len=999", "IPv6 payload length is beyond the frame"},
	        {"udp6 [::1]:1 > [::2]:2 ip6.ext=11ff", "IPv6 extension header is cut off"},
	        {"dhcp discover dhcp.opt=350103", "DHCP with two message types"},
	        {"dhcp discover dhcp.cookie=1", "DHCP magic cookie is wrong"},
	        {"dhcp discover dhcp.opt=0cff", "DHCP option runs over the end"},
	        {"dhcp discover dhcp.noend", "DHCP options without an end"},
	        {"dhcp discover dhcp.opt=35020101", "DHCP message type is not one byte"},
	        {"dhcp discover dhcp.opt=3603010203", "DHCP option with a wrong length"},
	        {"dhcp discover dhcp.opt=0c00", "DHCP option without a value"},
	};
	uint8_t frame[FRAME_MAX];
	struct seen s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode(frame, test_build(cases[i].words, frame), &s);
		if (!s.fault || strcmp(s.fault, cases[i].fault) != 0)
			fail_msg("%s: %s", cases[i].words, s.fault ? s.fault : "no fault");
	}
}

static void trailing_bytes_are_neither_fault_nor_payload(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct seen s;

	(void)state;
	decode(frame, test_build("udp $VM:1 > $T:2 payload \"four\" eth.pad=9", frame), &s);
	assert_null(s.fault);
	assert_int_equal(s.payload.n, 4);
	assert_int_equal(s.trailing, 9);
}

static void fragments_keep_their_transport_header_to_themselves(void **state)
{
	uint8_t frame[FRAME_MAX];
	char line[DECODE_LINE];
	struct seen s;

	(void)state;
	decode(frame, test_build("udp $VM:1 > $T:2 ip.mf payload \"x\"", frame), &s);
	assert_int_equal(s.kind, SEEN_IP4);
	assert_null(s.fault);
	assert_int_equal(s.payload.n, 9);
	decode(frame, test_build("udp $VM:1 > $T:2 ip.frag=3 ip.mf payload \"x\"", frame), &s);
	assert_int_equal(s.ip_frag, 3);
	assert_string_equal(decode_line(&s, line), "ip4 192.168.100.2 > 198.18.0.7 proto 17 ip.mf "
	                                           "ip.frag=3 9 bytes \"........x\"");
}

static void a_line_never_outgrows_its_buffer(void **state)
{
	uint8_t frame[FRAME_MAX];
	char line[DECODE_LINE];
	struct seen s;

	(void)state;
	decode(frame,
	       test_build(
	               "udp6 [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535 > "
	               "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:fffe]:53 qinq=4095 vlan=4095 vlan=4095 "
	               "vlan=4095 llc dns AAAA "
	               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
	               "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
	               frame),
	       &s);
	memset(line, 'x', sizeof(line));
	decode_line(&s, line);
	assert_int_equal(strlen(line), DECODE_LINE - 1);
}

static bool is_within(struct rd window, const struct guard *g)
{
	return !window.n || (window.p >= g->p && window.n <= g->n &&
	                     (size_t)(window.p - g->p) <= g->n - window.n);
}

static void decode_guarded(const uint8_t *frame, size_t len)
{
	struct guard g = guard_copy(frame, len);
	char line[DECODE_LINE];
	struct seen s;

	decode(g.p, g.n, &s);
	assert_true(is_within(s.net, &g));
	assert_true(is_within(s.l4, &g));
	assert_true(is_within(s.payload, &g));
	assert_true(s.trailing <= len);
	decode_line(&s, line);
	assert_true(strlen(line) < DECODE_LINE);
	guard_free(&g);
}

static const char *const examples[] = {
        "udp $VM:1 > $T:2",
        "udp $VM:1 > $T:53 dns TXT leak.test",
        "udp $VM:1 > $T:2 qinq=1 vlan=2 ip.opt=01010100 eth.pad=3",
        "udp $VM:1 > $T:2 llc",
        "tcp $VM:1 > $T:2 tcp.opt=020405b4",
        "icmp $VM > $GW redirect carrying udp $VM:1 > $T:2",
        "arp reply $GW is-at 02:00:00:00:00:01 tell $VM",
        "dhcp ack",
        "dhcp discover dhcp.noend",
        "ip4 $VM > $T carrying tcp $VM:1 > $T:2",
        "udp6 [::1]:1 > [::2]:53 dns A leak.test ip6.ext=3c00010400000000110001040000000000",
        "udp6 [::1]:1 > [::2]:2 ip6.next=44 ip6.ext=1100000012345678",
        "tcp6 [::1]:1 > [::2]:2",
        "icmp6 fe80::1 > ff02::1 ra",
        "icmp6 fe80::1 > ff02::16 mld",
        "eth 0x88cc",
};

#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

static void every_truncation_of_every_example_is_survived(void **state)
{
	uint8_t frame[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		size_t len = test_build(examples[i], frame);

		for (size_t n = 0; n <= len; n++)
			decode_guarded(frame, n);
	}
}

static void every_changed_byte_of_every_example_is_survived(void **state)
{
	static const uint8_t values[] = {0x00, 0x01, 0x0f, 0x7f, 0x80, 0xff};
	uint8_t frame[FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		size_t len = test_build(examples[i], frame);

		for (size_t n = 0; n < len; n++) {
			uint8_t was = frame[n];

			for (size_t k = 0; k < sizeof(values); k++) {
				frame[n] = values[k];
				decode_guarded(frame, len);
			}
			frame[n] = was;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_udp_datagram_is_read),
	        cmocka_unit_test(a_tcp_segment_with_options_is_read),
	        cmocka_unit_test(an_echo_request_is_read),
	        cmocka_unit_test(an_arp_request_is_read_and_its_padding_counted),
	        cmocka_unit_test(udp_is_found_behind_a_tag_and_an_extension_header),
	        cmocka_unit_test(a_dns_query_is_told_by_its_question),
	        cmocka_unit_test(the_checksum_is_that_of_rfc_1071),
	        cmocka_unit_test(dhcp_options_are_read),
	        cmocka_unit_test(dhcp_for_other_hardware_is_a_fault),
	        cmocka_unit_test(each_fault_is_named),
	        cmocka_unit_test(trailing_bytes_are_neither_fault_nor_payload),
	        cmocka_unit_test(fragments_keep_their_transport_header_to_themselves),
	        cmocka_unit_test(a_line_never_outgrows_its_buffer),
	        cmocka_unit_test(every_truncation_of_every_example_is_survived),
	        cmocka_unit_test(every_changed_byte_of_every_example_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
