/* SPDX-License-Identifier: ISC */
/* lab_guest_test.c: the guest's namespace behaves as a machine behind a cable, and goes when it is
 * let go. */
#include "harness/lab_guest.h"

#include "harness/addr.h"
#include "harness/decode.h"
#include "harness/lab.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SOON_MS 5000 /* the bound of a failure */
#define GW_MAC  "\x52\x55\xc0\xa8\x64\x01"

static bool lab;

static int enter(void **state)
{
	(void)state;
	lab = access("/dev/net/tun", R_OK | W_OK) == 0 && lab_enter() == 0;
	return 0;
}

static int setup(void **state)
{
	static struct lab_guest g;

	*state = &g;
	g = (struct lab_guest){.ns = -1, .tap_fd = -1, .packet_fd = -1};
	return lab ? lab_guest_open(&g) : 0;
}

static int teardown(void **state)
{
	lab_guest_close(*state);
	return 0;
}

static struct lab_guest *guest(void **state)
{
	if (!lab)
		skip();
	return *state;
}

/* The next frame of this kind out of the guest; its kernel's own noise is passed over. */
static void expect_frame(const struct lab_guest *g, enum seen_kind kind, struct seen *s)
{
	static uint8_t buf[2000];
	struct pollfd p = {.fd = g->tap_fd, .events = POLLIN};

	while (poll(&p, 1, SOON_MS) == 1) {
		ssize_t n = read(g->tap_fd, buf, sizeof(buf));

		if (n <= 0)
			continue;
		decode(buf, (size_t)n, s);
		if (s->kind == kind)
			return;
	}
	fail_msg("no such frame came out of the guest");
}

static void it_answers_as_the_vm_of_the_policy(void **state)
{
	static const uint8_t who_has[42] = "\xff\xff\xff\xff\xff\xff" GW_MAC "\x08\x06"
	                                   "\x00\x01\x08\x00\x06\x04\x00\x01" GW_MAC
	                                   "\xc0\xa8\x64\x01"
	                                   "\x00\x00\x00\x00\x00\x00\xc0\xa8\x64\x02";
	struct lab_guest *g = guest(state);
	struct seen s;

	assert_int_equal(lab_guest_up(g), 0);
	assert_int_equal(lab_guest_configure(g), 0);
	assert_int_equal(write(g->tap_fd, who_has, sizeof(who_has)), sizeof(who_has));
	expect_frame(g, SEEN_ARP, &s);
	assert_int_equal(s.arp_op, 2);
	assert_int_equal(s.arp_spa, LAB_VM_IP);
	assert_memory_equal(s.arp_sha, LAB_VM_MAC, 6);
	assert_memory_equal(s.eth_src, LAB_VM_MAC, 6);
}

static void its_kernel_says_nothing_before_it_is_up_and_speaks_ipv6_then(void **state)
{
	struct lab_guest *g = guest(state);
	struct pollfd p = {.fd = g->tap_fd, .events = POLLIN};
	struct seen s;

	assert_true(poll(&p, 1, 0) <= 0 || !(p.revents & POLLIN));
	assert_int_equal(lab_guest_up(g), 0);
	expect_frame(g, SEEN_ICMP6, &s);
}

static void an_attackers_frame_leaves_as_it_is(void **state)
{
	static const uint8_t frame[] = GW_MAC
	        "\x02\x00\x00\x00\x00\x99\x88\xb5 not the VM's address";
	struct lab_guest *g = guest(state);
	struct seen s;

	assert_int_equal(lab_guest_up(g), 0);
	assert_int_equal(lab_guest_send(g, frame, sizeof(frame)), 0);
	do
		expect_frame(g, SEEN_ETH, &s);
	while (s.eth_type != 0x88b5);
	assert_int_equal(s.frame.n, sizeof(frame));
	assert_memory_equal(s.frame.p, frame, sizeof(frame));
}

static void its_kernel_sends_no_frame_that_is_too_short_or_too_long(void **state)
{
	static const uint8_t frame[1514 + 5] = GW_MAC LAB_VM_MAC "\x08\x00";
	struct lab_guest *g = guest(state);

	assert_int_equal(lab_guest_up(g), 0);
	assert_int_equal(lab_guest_send(g, frame, 13), EINVAL);
	assert_int_equal(lab_guest_send(g, frame, 1), EINVAL);
	assert_int_equal(lab_guest_send(g, frame, 14), 0);
	assert_int_equal(lab_guest_send(g, frame, 1514), 0);
	assert_int_equal(lab_guest_send(g, frame, sizeof(frame)), EMSGSIZE);
}

static int list_interfaces(void *arg)
{
	struct if_nameindex *list = if_nameindex();
	unsigned *count = arg;

	*count = 0;
	for (struct if_nameindex *i = list; i && i->if_index; i++)
		*count += strcmp(i->if_name, "lo") && strcmp(i->if_name, LAB_GUEST_IF) ? 100 : 1;
	if_freenameindex(list);
	return 0;
}

static void it_holds_its_loopback_and_its_cable_and_the_world_sees_neither(void **state)
{
	struct lab_guest *g = guest(state);
	unsigned inside = 0, world = 0;

	assert_int_equal(lab_namespace_inside(g->ns, list_interfaces, &inside), 0);
	assert_int_equal(inside, 2);
	list_interfaces(&world);
	assert_int_equal(world, 1);
}

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		struct stat st;

		n += fstat(fd, &st) == 0;
	}
	return n;
}

static void nothing_is_left_when_it_is_closed(void **state)
{
	struct lab_guest *g = guest(state);
	int with = count_fds();

	lab_guest_close(g);
	assert_int_equal(count_fds(), with - 4); /* namespace, TAP, packet socket, netlink */
	lab_guest_close(g);                      /* harmless */
	assert_int_equal(lab_guest_open(g), 0);
	assert_int_equal(count_fds(), with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(it_answers_as_the_vm_of_the_policy, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(
	                its_kernel_says_nothing_before_it_is_up_and_speaks_ipv6_then, setup,
	                teardown),
	        cmocka_unit_test_setup_teardown(an_attackers_frame_leaves_as_it_is, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(
	                its_kernel_sends_no_frame_that_is_too_short_or_too_long, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                it_holds_its_loopback_and_its_cable_and_the_world_sees_neither, setup,
	                teardown),
	        cmocka_unit_test_setup_teardown(nothing_is_left_when_it_is_closed, setup, teardown),
	};

	return cmocka_run_group_tests_name("lab_guest", tests, enter, NULL);
}
