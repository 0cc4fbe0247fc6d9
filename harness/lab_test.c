/* SPDX-License-Identifier: ISC */
/* lab_test.c: the wire carries what it should, the capture sees all of it, and nothing is left
 * behind. */
#include "harness/lab.h"

#include "harness/addr.h"
#include "harness/capture.h"
#include "harness/decode.h"
#include "harness/world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SOON_MS 5000 /* the bound of a failure */

static bool lab;
static struct world world = {.capture_fd = -1};

static int enter(void **state)
{
	(void)state;
	lab = lab_enter() == 0;
	return lab ? world_open(&world) : 0;
}

static int leave(void **state)
{
	(void)state;
	if (lab)
		world_close(&world);
	return 0;
}

static void open_link(struct lab_link *l)
{
	static uint8_t buf[CAPTURE_FRAME_MAX];
	struct captured c;

	if (!lab)
		skip();
	while (capture_next(world.capture_fd, buf, &c) == 1)
		; /* of the test before */
	assert_int_equal(lab_link_open(l), 0);
}

/* ---- sockets on either side ---- */

struct make_socket {
	int family, type, protocol, fd;
};

static int make_socket(void *arg)
{
	struct make_socket *m = arg;

	m->fd = socket(m->family, m->type | SOCK_CLOEXEC, m->protocol);
	return m->fd < 0 ? -1 : 0;
}

/* A socket of the backend's namespace. */
static int inside(const struct lab_link *l, int family, int type, int protocol)
{
	struct make_socket m = {.family = family, .type = type, .protocol = protocol};

	assert_int_equal(lab_link_inside(l, make_socket, &m), 0);
	return m.fd;
}

static struct sockaddr_in ip4(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){
	        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(ip)}};
}

static struct sockaddr_in6 ip6(const char *ip, uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET6, ip, &a.sin6_addr), 1);
	return a;
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) == 1;
}

static void expect_text(int fd, const char *text)
{
	char buf[100];
	ssize_t n;

	assert_true(readable(fd, SOON_MS));
	n = recv(fd, buf, sizeof(buf), 0);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

/* The frame on the wire that carries `text`; noise of the lab is passed over, waiting is bounded. */
static void expect_captured(int fd, const void *text, size_t len, struct captured *c)
{
	static uint8_t buf[CAPTURE_FRAME_MAX];

	while (readable(fd, SOON_MS))
		if (capture_next(fd, buf, c) == 1 && memmem(c->frame, c->len, text, len))
			return;
	fail_msg("the capture does not see %s", (const char *)text);
}

/* ---- tests ---- */

static void the_uplink_and_the_world_can_talk(void **state)
{
	struct sockaddr_in to = ip4(LAB_CONSUMER_IP, LAB_CONSUMER_PORT);
	struct lab_link l;
	int fd;

	(void)state;
	open_link(&l);
	fd = inside(&l, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, "there and back", 14, 0), 14);
	assert_true(readable(world.consumer_fd, SOON_MS));
	world_answer(&world);
	expect_text(fd, "there and back");
	close(fd);
	lab_link_close(&l);
}

static void they_can_talk_over_ipv6(void **state)
{
	struct sockaddr_in6 there = ip6("2001:db8::1", 7777), from;
	socklen_t from_len = sizeof(from);
	int one = 1, world_fd, fd;
	struct lab_link l;
	char buf[100];

	(void)state;
	open_link(&l);
	world_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(world_fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one)), 0);
	assert_int_equal(bind(world_fd, (struct sockaddr *)&there, sizeof(there)), 0);
	fd = inside(&l, AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof(there)), 0);
	assert_int_equal(send(fd, "six", 3, 0), 3);
	assert_true(readable(world_fd, SOON_MS));
	assert_int_equal(
	        recvfrom(world_fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len), 3);
	assert_int_equal(sendto(world_fd, "back", 4, 0, (struct sockaddr *)&from, from_len), 4);
	expect_text(fd, "back");
	close(fd);
	close(world_fd);
	lab_link_close(&l);
}

static void every_address_of_the_world_answers(void **state)
{
	static const uint32_t some[] = {IP4(1, 1, 1, 1), IP4(198, 18, 0, 7),
	                                IP4(169, 254, 169, 254), IP4(192, 168, 1, 1),
	                                IP4(10, 99, 0, 1)};
	struct lab_link l;

	(void)state;
	open_link(&l);
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
		struct sockaddr_in to = ip4(some[i], 443);
		int fd = inside(&l, AF_INET, SOCK_STREAM, 0);

		/* Nobody listens, and that is said at once instead of being met with silence. */
		assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
		assert_int_equal(errno, ECONNREFUSED);
		close(fd);
	}
	lab_link_close(&l);
}

static void the_backends_namespace_holds_the_loopback_and_the_uplink(void **state)
{
	struct lab_link l;
	struct ifreq ifr = {0};
	int fd;

	(void)state;
	open_link(&l);
	fd = inside(&l, AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_ifindex = 1;
	assert_int_equal(ioctl(fd, SIOCGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "lo");
	ifr.ifr_ifindex = (int)l.uplink_ifindex;
	assert_int_equal(ioctl(fd, SIOCGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, LAB_UPLINK);
	for (int i = 2; i < 100; i++) {
		ifr.ifr_ifindex = i;
		assert_true(i == (int)l.uplink_ifindex || ioctl(fd, SIOCGIFNAME, &ifr) < 0);
	}
	close(fd);
	lab_link_close(&l);
}

static void each_link_has_an_index_of_its_own(void **state)
{
	struct lab_link l;
	unsigned first;

	(void)state;
	open_link(&l);
	first = l.world_ifindex;
	lab_link_close(&l);
	assert_int_equal(l.ns, -1);
	assert_int_equal(l.world_ifindex, 0);
	open_link(&l);
	assert_int_not_equal(l.world_ifindex, first); /* late frames of the first are not its */
	lab_link_close(&l);
}

static void the_kernels_own_noise_is_recognised_and_a_near_copy_is_not(void **state)
{
	static uint8_t buf[CAPTURE_FRAME_MAX];
	struct captured c = {0};
	struct lab_link l;

	(void)state;
	open_link(&l);
	while (readable(world.capture_fd, SOON_MS))
		if (capture_next(world.capture_fd, buf, &c) == 1 && c.ifindex == l.world_ifindex)
			break;
	assert_int_equal(c.len, 90);
	assert_true(lab_is_noise(c.frame, c.len));
	for (size_t i = 0; i < c.len; i++) {
		buf[i] ^= 1;
		assert_false(lab_is_noise(c.frame, c.len));
		buf[i] ^= 1;
	}
	for (size_t n = 0; n < c.len; n++)
		assert_false(lab_is_noise(c.frame, n));
	buf[c.len] = 0;
	assert_false(lab_is_noise(c.frame, c.len + 1)); /* bytes behind it are cargo */
	lab_link_close(&l);
}

static void the_lab_makes_no_other_noise(void **state)
{
	static uint8_t buf[CAPTURE_FRAME_MAX];
	struct captured c;
	struct lab_link l;

	(void)state;
	open_link(&l);
	while (readable(world.capture_fd, 1500)) /* reports are repeated after up to a second */
		while (capture_next(world.capture_fd, buf, &c) == 1)
			if (!lab_is_noise(c.frame, c.len)) {
				struct seen s;
				char line[DECODE_LINE];

				decode(c.frame, c.len, &s);
				fail_msg("on interface %u: %s", c.ifindex, decode_line(&s, line));
			}
	lab_link_close(&l);
}

static void a_frame_sent_just_before_the_end_is_seen(void **state)
{
	struct sockaddr_in to = ip4(IP4(198, 18, 0, 7), 53);

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct captured c;
		struct lab_link l;
		unsigned w0;
		char text[20];
		int fd;

		open_link(&l);
		w0 = l.world_ifindex;
		snprintf(text, sizeof(text), "last words %d.", i);
		fd = inside(&l, AF_INET, SOCK_DGRAM, 0);
		assert_int_equal(
		        sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)),
		        strlen(text));
		lab_link_close(&l);
		expect_captured(world.capture_fd, text, strlen(text), &c);
		assert_int_equal(c.ifindex, w0);
		assert_false(c.outgoing);
		close(fd);
	}
}

static unsigned descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static unsigned interfaces(void)
{
	struct if_nameindex *list = if_nameindex();
	unsigned n = 0;

	assert_non_null(list);
	while (list[n].if_index)
		n++;
	if_freenameindex(list);
	return n;
}

static void fifty_links_leave_neither_interface_nor_descriptor(void **state)
{
	unsigned before;

	(void)state;
	if (!lab)
		skip();
	before = descriptors();
	for (int i = 0; i < 50; i++) {
		struct lab_link l;

		open_link(&l);
		assert_int_equal(interfaces(), 2);
		lab_link_close(&l);
		assert_int_equal(interfaces(), 1);
	}
	assert_int_equal(descriptors(), before);
}

static void closing_twice_is_harmless(void **state)
{
	struct lab_link l;

	(void)state;
	open_link(&l);
	lab_link_close(&l);
	lab_link_close(&l);
	assert_int_equal(interfaces(), 1);
}

static const uint8_t tagged[] = LAB_WORLD_MAC LAB_UPLINK_MAC "\x81\x00\x21\x23\x88\xb5"
                                                             "tagged cargo of fifty bytes, so "
                                                             "that none is padding";

static void vlan_tags_are_put_back(void **state)
{
	struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_halen = 6};
	uint8_t qinq[sizeof(tagged) - 1];
	struct captured c;
	struct lab_link l;
	int fd;

	(void)state;
	open_link(&l);
	fd = inside(&l, AF_PACKET, SOCK_RAW, 0);
	sll.sll_ifindex = (int)l.uplink_ifindex;
	memcpy(qinq, tagged, sizeof(qinq));
	memcpy(qinq + 12, "\x88\xa8", 2);
	for (int i = 0; i < 2; i++) {
		const uint8_t *frame = i ? qinq : tagged;

		assert_int_equal(
		        sendto(fd, frame, sizeof(qinq), 0, (struct sockaddr *)&sll, sizeof(sll)),
		        sizeof(qinq));
		expect_captured(world.capture_fd, "tagged cargo", 12, &c);
		assert_int_equal(c.ifindex, l.world_ifindex);
		assert_int_equal(c.len, sizeof(qinq));
		assert_memory_equal(c.frame, frame, sizeof(qinq));
		assert_false(c.outgoing);
	}
	close(fd);
	lab_link_close(&l);
}

static int open_capture(void *arg)
{
	return capture_open(*(unsigned *)arg);
}

static void the_capture_tells_the_direction(void **state)
{
	struct captured c;
	struct lab_link l;
	int fd;

	(void)state;
	open_link(&l);
	fd = lab_link_inside(&l, open_capture, &l.uplink_ifindex);
	assert_true(fd >= 0);
	assert_int_equal(world_send(&world, l.world_ifindex, tagged, sizeof(tagged) - 1), 0);
	expect_captured(world.capture_fd, "tagged cargo", 12, &c);
	assert_true(c.outgoing);
	assert_int_equal(c.len, sizeof(tagged) - 1);
	expect_captured(fd, "tagged cargo", 12, &c);
	assert_false(c.outgoing);
	assert_int_equal(c.ifindex, l.uplink_ifindex);
	assert_memory_equal(c.frame, tagged, sizeof(tagged) - 1);
	close(fd);
	lab_link_close(&l);
}

static void frames_that_the_capture_lost_are_counted_once(void **state)
{
	struct lab_link l;
	int fd, tiny = 1;
	unsigned lost;

	(void)state;
	open_link(&l);
	fd = capture_open(l.world_ifindex);
	assert_true(fd >= 0);
	assert_int_equal(capture_drops(fd), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
	for (int i = 0; i < 200; i++)
		world_send(&world, l.world_ifindex, tagged, sizeof(tagged) - 1);
	lost = capture_drops(fd);
	assert_in_range(lost, 100, 200);
	assert_int_equal(capture_drops(fd), 0);
	close(fd);
	assert_int_not_equal(capture_drops(fd), 0); /* a counter that cannot be read is a loss */
	lab_link_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_uplink_and_the_world_can_talk),
	        cmocka_unit_test(they_can_talk_over_ipv6),
	        cmocka_unit_test(every_address_of_the_world_answers),
	        cmocka_unit_test(the_backends_namespace_holds_the_loopback_and_the_uplink),
	        cmocka_unit_test(each_link_has_an_index_of_its_own),
	        cmocka_unit_test(the_kernels_own_noise_is_recognised_and_a_near_copy_is_not),
	        cmocka_unit_test(the_lab_makes_no_other_noise),
	        cmocka_unit_test(a_frame_sent_just_before_the_end_is_seen),
	        cmocka_unit_test(fifty_links_leave_neither_interface_nor_descriptor),
	        cmocka_unit_test(closing_twice_is_harmless),
	        cmocka_unit_test(vlan_tags_are_put_back),
	        cmocka_unit_test(the_capture_tells_the_direction),
	        cmocka_unit_test(frames_that_the_capture_lost_are_counted_once),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
