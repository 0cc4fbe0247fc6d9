/* SPDX-License-Identifier: ISC */
/* window_test.c: boot windows of tapes made by hand. */
#include "harness/window.h"

#include "harness/boot.h"
#include "harness/recipe_test.h"
#include "harness/scratch.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define POWER_ON_NS 5000000u /* the tape has run for 5 ms when QEMU is made */

static const char policy_text[] =
        "{\"version\": 1, \"mode\": \"direct\","
        " \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\","
        "          \"gateway\": \"192.168.100.1\"},"
        " \"allow\": [{\"id\": \"consumer\", \"proto\": \"udp\", \"ip\": \"203.0.113.50\","
        "              \"port\": 51900}]}";

static struct fixture {
	struct scratch scratch;
	struct oracle policy;
	struct tape tape;
	struct window w;
	struct window_facts facts;
} fixture;

static int make(void **state)
{
	struct fixture *f = &fixture;
	char why[256];
	FILE *to;

	*f = (struct fixture){0};
	scratch_make(&f->scratch);
	to = fopen(scratch_path(&f->scratch, "policy.json"), "w");
	assert_non_null(to);
	fputs(policy_text, to);
	fclose(to);
	assert_true(oracle_load(f->scratch.path, &f->policy, why));
	tape_init(&f->tape);
	f->facts = (struct window_facts){.tape = &f->tape,
	                                 .policy = &f->policy,
	                                 .power_on_ns = POWER_ON_NS,
	                                 .locked_ms = 100,
	                                 .off_ms = WINDOW_NEVER,
	                                 .sentinel = {"pre-17", "post-17"}};
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;

	tape_free(&f->tape);
	scratch_remove(&f->scratch);
	return 0;
}

/* A frame, `ms` behind power-on. */
static void see(struct fixture *f, enum tape_kind kind, double ms, const char *words)
{
	uint8_t frame[FRAME_MAX];
	size_t len = test_build(words, frame), i;

	i = tape_add(&f->tape, kind, frame, len, TAPE_NO_ROW);
	f->tape.entries[i].t_ns = (uint64_t)((double)POWER_ON_NS + ms * 1e6);
}

static const struct window *made(struct fixture *f)
{
	window_make(&f->w, &f->facts);
	return &f->w;
}

static const struct window_flow *flow(const struct window *w, enum window_lane lane, const char *to)
{
	for (size_t i = 0; i < w->flows[lane]; i++)
		if (!strcmp(w->flow[lane][i].to, to))
			return &w->flow[lane][i];
	fail_msg("nothing went to %s", to);
	return NULL;
}

static void near(double is, double wanted)
{
	if (is < wanted - 0.01 || is > wanted + 0.01)
		fail_msg("%.3f instead of %.3f", is, wanted);
}

static void a_silent_boot_exposes_nothing(void **state)
{
	const struct window *w = made(*state);

	assert_int_equal(w->count[WINDOW_SENT] + w->count[WINDOW_CROSSED], 0);
	near(w->exposed_from, WINDOW_NEVER);
	near(w->exposed_to, WINDOW_NEVER);
}

static void packets_to_one_destination_are_one_flow_with_its_times(void **state)
{
	struct fixture *f = *state;
	const struct window_flow *dns;

	see(f, TAPE_GUEST_OUT, 10, "udp $VM:4000 > 198.18.0.1:53 dns A one.test");
	see(f, TAPE_GUEST_OUT, 20, "udp $VM:4001 > 198.18.0.1:53 dns A two.test");
	see(f, TAPE_GUEST_OUT, 30, "tcp $VM:4002 > 198.18.0.1:80 flags S size 0");
	made(f);
	assert_int_equal(f->w.flows[WINDOW_SENT], 2);
	assert_int_equal(f->w.count[WINDOW_SENT], 3);
	assert_int_equal(f->w.flows[WINDOW_CROSSED], 0);
	dns = flow(&f->w, WINDOW_SENT, "udp 198.18.0.1:53");
	assert_int_equal(dns->count, 2);
	assert_int_equal(dns->dots, 2);
	near(dns->first_ms, 10);
	near(dns->last_ms, 20);
	assert_non_null(strstr(dns->words, "dns A one.test"));
	assert_int_equal(dns->class, WINDOW_FORBIDDEN);
}

static void what_was_sent_and_did_not_cross_exposes_nothing(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_GUEST_OUT, 10, "udp $VM:4000 > 198.18.0.1:53 dns A one.test");
	made(f);
	assert_int_equal(f->w.forbidden[WINDOW_SENT], 1);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 0);
	near(f->w.exposed_from, WINDOW_NEVER);
}

static void the_window_is_open_from_the_first_leak_to_lock_down(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 30, "udp $PROVIDER:9 > $CONSUMER");
	see(f, TAPE_WIRE_OUT, 40, "udp $PROVIDER:9 > 198.18.0.1:53 dns A one.test");
	see(f, TAPE_WIRE_OUT, 60, "tcp $PROVIDER:9 > 198.18.0.1:80 flags S size 0");
	made(f);
	near(f->w.exposed_from, 40);
	near(f->w.exposed_to, 100);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 2);
	assert_int_equal(f->w.count[WINDOW_CROSSED], 3);
}

static void a_leak_behind_lock_down_keeps_it_open(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 40, "udp $PROVIDER:9 > 198.18.0.1:53 dns A one.test");
	see(f, TAPE_WIRE_OUT, 250, "udp $PROVIDER:9 > 198.18.0.1:53 dns A one.test");
	near(made(f)->exposed_to, 250);
}

static void a_connection_that_ends_later_does_not_keep_it_open(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 40, "tcp $PROVIDER:9 > 198.18.0.1:80 flags S size 0");
	see(f, TAPE_WIRE_OUT, 250, "tcp $PROVIDER:9 > 198.18.0.1:80 flags A size 0");
	see(f, TAPE_WIRE_OUT, 260, "tcp $PROVIDER:9 > 198.18.0.1:80 flags RA size 0");
	near(made(f)->exposed_to, 100);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 3);
	assert_int_equal(f->w.flow[WINDOW_CROSSED][0].count, 3);
	assert_int_equal(f->w.flow[WINDOW_CROSSED][0].dots, 1);
	near(f->w.flow[WINDOW_CROSSED][0].last_ms, 40);
	see(f, TAPE_WIRE_OUT, 270, "tcp $PROVIDER:9 > 198.18.0.1:80 flags PA payload \"x\"");
	near(made(f)->exposed_to, 270);
	see(f, TAPE_WIRE_OUT, 280, "tcp $PROVIDER:9 > 198.18.0.1:81 flags S size 0");
	near(made(f)->exposed_to, 280);
}

static void a_guest_that_never_locks_down_is_open_until_it_is_off(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 40, "udp $PROVIDER:9 > 198.18.0.1:53 dns A one.test");
	f->facts.locked_ms = WINDOW_NEVER;
	near(made(f)->exposed_to, 40); /* no more is known */
	f->facts.off_ms = 77;
	near(made(f)->exposed_to, 77);
}

static void the_list_decides_and_not_the_mode(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 10, "udp $PROVIDER:9 > $CONSUMER");
	see(f, TAPE_WIRE_OUT, 10, "udp $PROVIDER:9 > 203.0.113.50:51901");
	see(f, TAPE_WIRE_OUT, 10, "tcp $PROVIDER:9 > 203.0.113.50:51900 flags S size 0");
	see(f, TAPE_WIRE_OUT, 10, "udp $VM:9 > $CONSUMER");
	made(f);
	assert_int_equal(f->policy.mode, ORACLE_DIRECT);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 3);
	f->policy.mode = ORACLE_FILTERED;
	made(f);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 3);
}

static void a_damaged_packet_is_on_no_list(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 10, "udp $PROVIDER:9 > $CONSUMER ip.cksum=bad");
	see(f, TAPE_WIRE_OUT, 10, "udp $PROVIDER:9 > $CONSUMER vlan=5");
	assert_int_equal(made(f)->forbidden[WINDOW_CROSSED], 2);
}

static void what_is_meant_for_the_link_is_told_apart(void **state)
{
	static const char *const link[] = {
	        "arp who-has $GW tell $VM",
	        "dhcp discover",
	        "dhcp request",
	        "icmp $VM > $GW echo-request",
	        "icmp6 fe80::5054:ff:fe12:3456 > ff02::2 rs eth.dst=33:33:00:00:00:02",
	        "icmp6 :: > ff02::1:ff12:3456 ns eth.dst=33:33:ff:12:34:56"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(link) / sizeof(link[0]); i++)
		see(f, TAPE_GUEST_OUT, 10, link[i]);
	made(f);
	assert_int_equal(f->w.forbidden[WINDOW_SENT], 0);
	assert_int_equal(flow(&f->w, WINDOW_SENT, "arp 192.168.100.1")->class, WINDOW_LINK);
	assert_int_equal(flow(&f->w, WINDOW_SENT, "icmp6 ff02::2")->class, WINDOW_LINK);
	/* Where it is not meant for the link, or has crossed all the same. */
	see(f, TAPE_GUEST_OUT, 10, "arp who-has 192.168.100.9 tell $VM");
	see(f, TAPE_GUEST_OUT, 10, "icmp6 fd00::2 > fd00::9 echo-request");
	see(f, TAPE_GUEST_OUT, 10, "icmp $VM > 198.18.0.1 echo-request");
	see(f, TAPE_WIRE_OUT, 10, "arp who-has $GW tell $VM");
	made(f);
	assert_int_equal(f->w.forbidden[WINDOW_SENT], 3);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 1);
}

static void what_reaches_the_provider_itself_is_forbidden_whatever_it_is(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_HOST, 10, "udp $PROVIDER:9 > $CONSUMER");
	assert_int_equal(made(f)->forbidden[WINDOW_CROSSED], 1);
}

static void sentinels_are_the_harness_and_not_the_guest(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_GUEST_OUT, 10, "udp $VM:40000 > $CONSUMER payload \"x-pre-17\"");
	see(f, TAPE_WIRE_OUT, 11, "udp $PROVIDER:9 > $CONSUMER payload \"x-pre-17\"");
	see(f, TAPE_WIRE_OUT, 12, "udp $PROVIDER:9 > $CONSUMER payload \"post-17\"");
	made(f);
	assert_int_equal(f->w.count[WINDOW_SENT] + f->w.count[WINDOW_CROSSED], 0);
	f->facts.sentinel[0] = NULL;
	f->facts.sentinel[1] = "";
	made(f);
	assert_int_equal(f->w.count[WINDOW_SENT] + f->w.count[WINDOW_CROSSED], 3);
}

static void before_power_on_only_what_crosses_counts(void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_GUEST_OUT, -3, "arp who-has $GW tell $VM");
	see(f, TAPE_WIRE_OUT, -2, "udp $PROVIDER:9 > 198.18.0.1:53");
	made(f);
	assert_int_equal(f->w.count[WINDOW_SENT], 0);
	assert_int_equal(f->w.forbidden[WINDOW_CROSSED], 1);
	near(f->w.exposed_from, -2);
}

static void a_flood_keeps_its_first_packets_and_its_last(void **state)
{
	struct fixture *f = *state;
	const struct window_flow *dns;

	for (int i = 0; i < 500; i++)
		see(f, TAPE_WIRE_OUT, i, "udp $PROVIDER:9 > 198.18.0.1:53");
	made(f);
	dns = flow(&f->w, WINDOW_CROSSED, "udp 198.18.0.1:53");
	assert_int_equal(dns->count, 500);
	assert_int_equal(dns->dots, WINDOW_DOTS);
	near(dns->at_ms[1], 1);
	near(dns->at_ms[WINDOW_DOTS - 1], 499);
	near(dns->last_ms, 499);
}

static void a_scan_does_not_lose_a_packet_nor_that_one_was_forbidden(void **state)
{
	struct fixture *f = *state;
	char words[64];
	unsigned sum = 0;

	see(f, TAPE_WIRE_OUT, 1, "udp $PROVIDER:9 > $CONSUMER");
	for (unsigned i = 0; i < 3 * WINDOW_FLOWS; i++) {
		snprintf(words, sizeof(words), "udp $PROVIDER:9 > 198.18.0.%u:53", i + 1);
		see(f, TAPE_WIRE_OUT, i, words);
	}
	made(f);
	assert_int_equal(f->w.flows[WINDOW_CROSSED], WINDOW_FLOWS);
	for (size_t i = 0; i < WINDOW_FLOWS; i++)
		sum += f->w.flow[WINDOW_CROSSED][i].count;
	assert_int_equal(sum, 3 * WINDOW_FLOWS + 1);
	assert_int_equal(flow(&f->w, WINDOW_CROSSED, "other destinations")->class,
	                 WINDOW_FORBIDDEN);
}

static void what_the_providers_kernel_cannot_deliver_is_no_leak_and_the_same_from_the_guest_is(
        void **state)
{
	struct fixture *f = *state;

	see(f, TAPE_WIRE_OUT, 10, "icmp $PROVIDER > 198.18.0.5 unreachable code 3");
	assert_int_equal(made(f)->forbidden[WINDOW_CROSSED], 0);
	assert_int_equal(flow(&f->w, WINDOW_CROSSED, "icmp 198.18.0.5")->class, WINDOW_LINK);
	see(f, TAPE_GUEST_OUT, 20, "icmp $VM > 198.18.0.6 unreachable code 3");
	see(f, TAPE_WIRE_OUT, 21, "icmp $PROVIDER > 198.18.0.6 unreachable code 3");
	see(f, TAPE_WIRE_OUT, 22, "icmp $PROVIDER > 198.18.0.5 echo-request");
	assert_int_equal(made(f)->forbidden[WINDOW_CROSSED], 2);
}

static void the_options_of_a_set_up_name_its_packages(void **state)
{
	(void)state;
	assert_string_equal(window_packages(NULL), "none");
	assert_string_equal(window_packages("--packages prebuilt"), "prebuilt");
	assert_string_equal(window_packages("--endpoint x --packages=offline --iso"), "offline");
	assert_string_equal(window_packages("--packages online(http://x/)"), "online");
	assert_string_equal(window_packages("--endpoint x"), "?");
}

static void a_line_says_all_of_it(void **state)
{
	struct fixture *f = *state;
	struct vm_times times = {0};
	char path[PATH_MAX], *text = NULL;
	struct window_source src = {.suite = "boot",
	                            .scn_case = "online",
	                            .setup = "--packages online",
	                            .off = true,
	                            .policy = path,
	                            .tape = &f->tape,
	                            .times = &times};
	const json_t *exposed, *sent;
	json_t *line;
	size_t size;
	FILE *to;

	snprintf(path, sizeof(path), "%s", scratch_path(&f->scratch, "policy.json"));
	times.exec_ns = (int64_t)(f->tape.start_ns + POWER_ON_NS);
	times.qemu_ns = times.exec_ns + 38000000;
	times.hello_ns = times.exec_ns + 80000000;
	times.ready_ns = times.exec_ns + 99000000;
	times.guest_us[AGENT_STEP_INIT] = 1000; /* 9.5 ms of them before READY */
	times.guest_us[AGENT_STEP_PORT] = 10000;
	times.guest_us[AGENT_STEP_SETUP_DONE] = 20500;
	times.gone_ns = times.exec_ns + 123400000;
	see(f, TAPE_GUEST_OUT, 40, "udp $VM:9 > 198.18.0.1:53 dns A one.test");
	see(f, TAPE_WIRE_OUT, 40.5, "udp $PROVIDER:9 > 198.18.0.1:53 dns A one.test");
	to = open_memstream(&text, &size);
	window_tell(&src, to);
	fclose(to);
	assert_ptr_equal(strchr(text, '\n'), text + size - 1);
	line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "name")), "boot/online");
	assert_string_equal(json_string_value(json_object_get(line, "mode")), "direct");
	assert_string_equal(json_string_value(json_object_get(line, "packages")), "online");
	assert_string_equal(json_string_value(json_object_get(line, "boot")), "cold");
	near(json_number_value(json_object_get(line, "locked_ms")), 99.0);
	near(json_number_value(json_object_get(line, "off_ms")), 123.4);
	exposed = json_object_get(line, "exposed_ms");
	near(json_number_value(json_array_get(exposed, 0)), 40.5);
	near(json_number_value(json_array_get(exposed, 1)), 99.0);
	sent = json_array_get(json_object_get(line, "sent"), 0);
	assert_string_equal(json_string_value(json_object_get(sent, "class")), "forbidden");
	assert_int_equal(json_array_size(json_object_get(sent, "at")), 1);
	assert_int_equal(json_array_size(json_object_get(line, "crossed")), 1);
	assert_true(json_array_size(json_object_get(line, "marks")) >= 2);
	json_decref(line);
	free(text);
}

static void what_a_later_policy_lists_is_allowed_too(void **state)
{
	struct fixture *f = *state;
	char first[PATH_MAX], second[PATH_MAX], *line = NULL;
	struct vm_times times = {.exec_ns = 1000 + (int64_t)POWER_ON_NS};
	struct window_source src = {.suite = "s",
	                            .scn_case = "c",
	                            .policy = first,
	                            .tape = &f->tape,
	                            .times = &times,
	                            .sentinel = {"", ""}};
	size_t len;
	FILE *to;

	snprintf(first, sizeof(first), "%s", scratch_path(&f->scratch, "empty.json"));
	to = fopen(first, "w");
	assert_non_null(to);
	fputs("{\"version\": 1, \"mode\": \"filtered\", \"vm\": {\"mac\": \"52:54:00:12:34:56\","
	      " \"ip\": \"192.168.100.2/24\", \"gateway\": \"192.168.100.1\"}, \"allow\": []}",
	      to);
	fclose(to);
	snprintf(second, sizeof(second), "%s", scratch_path(&f->scratch, "policy.json"));
	f->tape.start_ns = 1000;
	see(f, TAPE_WIRE_OUT, 10, "udp $PROVIDER:40000 > $CONSUMER");
	for (int later = 0; later < 2; later++) {
		src.later[0] = later ? second : NULL;
		to = open_memstream(&line, &len);
		assert_non_null(to);
		window_tell(&src, to);
		fclose(to);
		assert_int_equal(strstr(line, "forbidden") == NULL, later);
		free(line);
	}
}

static void a_policy_that_cannot_be_read_allows_nothing(void **state)
{
	struct fixture *f = *state;
	struct vm_times times = {.exec_ns = (int64_t)(f->tape.start_ns + POWER_ON_NS)};
	struct window_source src = {.suite = "s",
	                            .scn_case = "c",
	                            .policy = "/does/not/exist",
	                            .tape = &f->tape,
	                            .times = &times};
	char *text = NULL;
	size_t size;
	FILE *to;

	see(f, TAPE_WIRE_OUT, 40, "udp $PROVIDER:9 > $CONSUMER");
	to = open_memstream(&text, &size);
	window_tell(&src, to);
	fclose(to);
	assert_non_null(strstr(text, "\"mode\":\"?\",\"packages\":\"none\""));
	assert_non_null(strstr(text, "\"exposed_ms\":[40.0,40.0]"));
	assert_non_null(strstr(text, "\"class\":\"forbidden\""));
	free(text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
	        TEST(a_silent_boot_exposes_nothing),
	        TEST(packets_to_one_destination_are_one_flow_with_its_times),
	        TEST(what_was_sent_and_did_not_cross_exposes_nothing),
	        TEST(the_window_is_open_from_the_first_leak_to_lock_down),
	        TEST(a_leak_behind_lock_down_keeps_it_open),
	        TEST(a_connection_that_ends_later_does_not_keep_it_open),
	        TEST(a_guest_that_never_locks_down_is_open_until_it_is_off),
	        TEST(the_list_decides_and_not_the_mode),
	        TEST(a_damaged_packet_is_on_no_list),
	        TEST(what_is_meant_for_the_link_is_told_apart),
	        TEST(what_reaches_the_provider_itself_is_forbidden_whatever_it_is),
	        TEST(sentinels_are_the_harness_and_not_the_guest),
	        TEST(before_power_on_only_what_crosses_counts),
	        TEST(a_flood_keeps_its_first_packets_and_its_last),
	        TEST(a_scan_does_not_lose_a_packet_nor_that_one_was_forbidden),
	        TEST(what_the_providers_kernel_cannot_deliver_is_no_leak_and_the_same_from_the_guest_is),
	        TEST(the_options_of_a_set_up_name_its_packages),
	        TEST(a_line_says_all_of_it),
	        TEST(what_a_later_policy_lists_is_allowed_too),
	        TEST(a_policy_that_cannot_be_read_allows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
