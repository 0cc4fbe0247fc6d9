/* SPDX-License-Identifier: ISC */
/* link_tap_test.c: a TAP as the frame channel, in a user and network namespace of this process. The
 * guest is the kernel of that namespace: what a packet socket sends on the interface, the link
 * reads; what the link writes, a packet socket sees come in. */
#include "ref/link.h"

#include "ref/exits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NAME      "tap0"
#define ETHERTYPE 0x88b5 /* for experiments; the kernel's own noise has others */
#define PATIENCE  5000   /* ms; only a failing test waits that long */

static int why_not; /* errno of what this machine refuses */

static int enter_namespace(void **state)
{
	int fd;

	(void)state;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		why_not = errno;
		printf("SKIP: no user and network namespace: %s\n", strerror(why_not));
		return 0;
	}
	fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0) {
		why_not = errno;
		printf("SKIP: /dev/net/tun: %s\n", strerror(why_not));
		return 0;
	}
	close(fd);
	return 0;
}

/* ---- the interface ---- */

static int make_tap(const char *name, int flags)
{
	struct ifreq request = {.ifr_flags = (short)flags};
	int fd = open("/dev/net/tun", O_RDWR);

	strcpy(request.ifr_name, name);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	return fd;
}

static void set_up(const char *name, bool up)
{
	struct ifreq request = {.ifr_flags = (short)((up ? IFF_UP : 0) | IFF_NOARP)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(request.ifr_name, name);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* What `ip link del` does. */
static void delete_interface(const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {.header = {.nlmsg_len = sizeof(request),
	                        .nlmsg_type = RTM_DELLINK,
	                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
	             .info.ifi_index = (int)if_nametoindex(name)};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	assert_int_equal(send(fd, &request, sizeof(request), 0), sizeof(request));
	assert_true(recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)sizeof(answer));
	assert_int_equal(answer.header.nlmsg_type, NLMSG_ERROR);
	assert_int_equal(answer.error.error, 0);
	close(fd);
}

/* The kernel's end of the interface. */
static int packet_socket(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
	                              .sll_protocol = htons(ETHERTYPE),
	                              .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), error;
	socklen_t len = sizeof(error);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	/* It holds against the socket, once, that the interface may be down. */
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	return fd;
}

/* How many frames came out of the interface into the kernel. */
static size_t received(const char *name)
{
	FILE *table = fopen("/proc/self/net/dev", "r");
	size_t packets = 0;
	char line[256];

	assert_non_null(table);
	while (fgets(line, sizeof(line), table)) {
		const char *at = strstr(line, name);

		if (at && sscanf(at + strlen(name), ": %*u %zu", &packets) == 1) /* NOLINT */
			break;
	}
	fclose(table);
	return packets;
}

/* Whether the kernel leaves checksums to whoever reads the TAP. */
static bool leaves_checksums(const char *name)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GTXCSUM};
	struct ifreq request = {.ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(request.ifr_name, name);
	assert_int_equal(ioctl(fd, SIOCETHTOOL, &request), 0);
	close(fd);
	return value.data != 0;
}

static short poll_for(int fd, short events, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_true(poll(&p, 1, timeout_ms) >= 0);
	return p.revents;
}

/* ---- frames ---- */

static const uint8_t *frame_of(size_t n, size_t seed)
{
	static uint8_t bytes[16384];
	struct wr w = wr_of(bytes, sizeof(bytes));

	assert_true(wr_fill(&w, 0xff, 6) && wr_bytes(&w, "\x52\x54\0\x12\x34\x56", 6) &&
	            wr_u16(&w, ETHERTYPE));
	while (w.len < n)
		assert_true(wr_u8(&w, (uint8_t)(seed * 31 + w.len * 7)));
	return bytes;
}

static void assert_sent_by_kernel(int packets, size_t n, size_t seed)
{
	assert_int_equal(send(packets, frame_of(n, seed), n, 0), (ssize_t)n);
}

/* The next frame of the kernel that is not its own noise. */
static void assert_link_reads(struct link *link, size_t n, size_t seed)
{
	for (;;) {
		enum link_status status;
		struct rd frame;

		while ((status = link_next(link, &frame)) == LINK_OK)
			if (frame.n >= 14 && frame.p[12] == ETHERTYPE >> 8 &&
			    frame.p[13] == (ETHERTYPE & 0xff)) {
				assert_int_equal(frame.n, n);
				assert_memory_equal(frame.p, frame_of(n, seed), n);
				return;
			}
		assert_int_equal(status, LINK_MORE);
		assert_int_equal(poll_for(link->fd, POLLIN, PATIENCE), POLLIN);
		assert_int_equal(link_fill(link), LINK_OK);
	}
}

static bool queue(struct link *link, size_t n, size_t seed)
{
	struct wr w;

	if (!link_reserve(link, n, &w))
		return false;
	assert_true(wr_bytes(&w, frame_of(n, seed), n));
	link_commit(link, n);
	return true;
}

/* Packet sockets see what their own side sends as well; that is passed over. */
static void assert_kernel_reads(int packets, size_t n, size_t seed)
{
	static uint8_t bytes[16384];
	struct sockaddr_ll from = {0};
	socklen_t from_len;
	ssize_t got;

	do {
		assert_int_equal(poll_for(packets, POLLIN, PATIENCE), POLLIN);
		from_len = sizeof(from);
		got = recvfrom(packets, bytes, sizeof(bytes), MSG_DONTWAIT, (void *)&from,
		               &from_len);
	} while (from.sll_pkttype == PACKET_OUTGOING);
	assert_int_equal(got, (ssize_t)n);
	assert_memory_equal(bytes, frame_of(n, seed), n);
}

static void open_tap_link(struct link *link)
{
	const struct link_spec spec = {.kind = LINK_TAP, .path = NAME};

	if (why_not)
		skip();
	assert_int_equal(link_open(link, &spec), EXITS_OK);
	assert_int_equal(link->carrier, LINK_OVER_TAP);
	assert_false(link_needs_probe(link));
}

/* ---- tests ---- */

static void a_tap_is_made_carries_frames_both_ways_and_goes_with_the_link(void **state)
{
	static const size_t sizes[] = {14, 60, 1514};
	struct link link;
	int packets;

	(void)state;
	open_tap_link(&link);
	set_up(NAME, true);
	packets = packet_socket(NAME);
	for (size_t i = 0; i < 3; i++) {
		assert_sent_by_kernel(packets, sizes[i], i);
		assert_link_reads(&link, sizes[i], i);
		assert_true(queue(&link, sizes[i], i));
		assert_int_equal(link_flush(&link), LINK_OK);
		assert_kernel_reads(packets, sizes[i], i);
	}
	/* Many at once, in order. */
	for (size_t i = 0; i < 50; i++) {
		assert_sent_by_kernel(packets, 100 + i, i);
		assert_true(queue(&link, 300 - i, i));
	}
	assert_int_equal(link_flush(&link), LINK_OK);
	for (size_t i = 0; i < 50; i++) {
		assert_link_reads(&link, 100 + i, i);
		assert_kernel_reads(packets, 300 - i, i);
	}
	close(packets);
	link_close(&link);
	assert_int_equal(if_nametoindex(NAME), 0);
}

static void jumbo_frames_pass_a_tap_whole(void **state)
{
	struct ifreq request = {.ifr_name = NAME, .ifr_mtu = 9216};
	struct link link;
	int packets;

	(void)state;
	open_tap_link(&link);
	packets = packet_socket(NAME);
	assert_int_equal(ioctl(packets, SIOCSIFMTU, &request), 0);
	set_up(NAME, true);
	assert_sent_by_kernel(packets, 14 + 9216, 1);
	assert_link_reads(&link, 14 + 9216, 1);
	assert_true(queue(&link, 14 + 9216, 2));
	assert_int_equal(link_flush(&link), LINK_OK);
	assert_kernel_reads(packets, 14 + 9216, 2);
	close(packets);
	link_close(&link);
}

static void a_tap_that_is_there_already_is_used_and_stays(void **state)
{
	struct link link;
	int fd, packets;

	(void)state;
	if (why_not)
		skip();
	fd = make_tap(NAME, IFF_TAP | IFF_NO_PI);
	assert_int_equal(ioctl(fd, TUNSETPERSIST, 1), 0);
	close(fd);
	open_tap_link(&link);
	set_up(NAME, true); /* not before: it has no carrier, and gets it back with a delay */
	packets = packet_socket(NAME);
	assert_sent_by_kernel(packets, 60, 1);
	assert_link_reads(&link, 60, 1);
	link_close(&link);
	assert_int_not_equal(if_nametoindex(NAME), 0);
	close(packets);
	delete_interface(NAME);
}

static void a_tap_may_come_as_a_descriptor(void **state)
{
	struct link_spec spec = {.kind = LINK_FD};
	struct link link;
	int packets;

	(void)state;
	if (why_not)
		skip();
	spec.fd = make_tap(NAME, IFF_TAP | IFF_NO_PI);
	assert_int_equal(ioctl(spec.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), 0);
	assert_true(leaves_checksums(NAME));
	set_up(NAME, true);
	packets = packet_socket(NAME);
	assert_int_equal(link_open(&link, &spec), EXITS_OK);
	assert_int_equal(link.carrier, LINK_OVER_TAP);
	assert_false(leaves_checksums(NAME));
	assert_true(fcntl(spec.fd, F_GETFL) & O_NONBLOCK);
	assert_sent_by_kernel(packets, 60, 1);
	assert_link_reads(&link, 60, 1);
	assert_true(queue(&link, 60, 2));
	assert_int_equal(link_flush(&link), LINK_OK);
	assert_kernel_reads(packets, 60, 2);
	close(packets);
	link_close(&link);
}

static void other_interfaces_are_refused(void **state)
{
	static const int flags[] = {IFF_TUN | IFF_NO_PI, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	const struct link_spec by_name = {.kind = LINK_TAP, .path = NAME};
	struct link_spec by_fd = {.kind = LINK_FD};
	struct link link, second;

	(void)state;
	if (why_not)
		skip();
	by_fd.fd = open("/dev/net/tun", O_RDWR); /* without an interface */
	assert_int_equal(link_open(&link, &by_fd), EXITS_ENVIRONMENT);
	close(by_fd.fd);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		by_fd.fd = make_tap(NAME, flags[i]);
		assert_int_equal(link_open(&link, &by_fd), EXITS_ENVIRONMENT);
		assert_int_equal(link_open(&link, &by_name), EXITS_ENVIRONMENT);
		close(by_fd.fd);
	}
	open_tap_link(&link);
	assert_int_equal(link_open(&second, &by_name), EXITS_ENVIRONMENT); /* taken */
	link_close(&link);
	assert_int_equal(link_open(&link, &(struct link_spec){.kind = LINK_TAP, .path = "lo"}),
	                 EXITS_ENVIRONMENT);
}

static void frames_wait_while_the_interface_is_down(void **state)
{
	size_t queued = 0;
	struct link link;
	int packets;

	(void)state;
	open_tap_link(&link);
	packets = packet_socket(NAME);
	while (queue(&link, 1514, queued)) {
		queued++;
		assert_int_equal(link_flush(&link), LINK_MORE);
	}
	assert_int_equal(poll_for(link.fd, POLLIN | POLLOUT, 0), 0); /* nothing to spin on */
	assert_int_equal(link_fill(&link), LINK_MORE);
	set_up(NAME, true);
	assert_true(poll_for(link.fd, POLLOUT, PATIENCE) & POLLOUT);
	assert_int_equal(link_flush(&link), LINK_OK);
	assert_int_equal(received(NAME), queued);
	for (size_t i = 0; i < 50; i++) /* no more fit the packet socket for sure */
		assert_kernel_reads(packets, 1514, i);
	set_up(NAME, false);
	assert_true(queue(&link, 60, 7));
	assert_int_equal(link_flush(&link), LINK_MORE);
	assert_true(link_has_output(&link));
	close(packets);
	link_close(&link);
}

static void a_removed_interface_is_the_end(void **state)
{
	(void)state;
	for (int writes_first = 0; writes_first < 2; writes_first++) {
		struct link link;

		open_tap_link(&link);
		set_up(NAME, true);
		while (link_fill(&link) == LINK_OK)
			;
		delete_interface(NAME);
		assert_true(poll_for(link.fd, POLLIN, PATIENCE) & (POLLERR | POLLHUP | POLLIN));
		assert_true(queue(&link, 60, 1));
		if (writes_first)
			assert_int_equal(link_flush(&link), LINK_CLOSED);
		assert_int_equal(link_fill(&link), LINK_CLOSED);
		assert_int_equal(link_flush(&link), LINK_CLOSED);
		assert_int_equal(link_fill(&link), LINK_CLOSED);
		link_close(&link);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_tap_is_made_carries_frames_both_ways_and_goes_with_the_link),
	        cmocka_unit_test(jumbo_frames_pass_a_tap_whole),
	        cmocka_unit_test(a_tap_that_is_there_already_is_used_and_stays),
	        cmocka_unit_test(a_tap_may_come_as_a_descriptor),
	        cmocka_unit_test(other_interfaces_are_refused),
	        cmocka_unit_test(frames_wait_while_the_interface_is_down),
	        cmocka_unit_test(a_removed_interface_is_the_end),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
