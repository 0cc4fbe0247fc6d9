/* SPDX-License-Identifier: ISC */
/* lab_guest.c: a namespace with a TAP device, see lab_guest.h. */
#include "harness/lab_guest.h"

#include "harness/addr.h"
#include "harness/lab.h"
#include "harness/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LO_IFINDEX  1
#define VM_PREFIX   24
#define STALE_IN_MS "3600000"

static int fail(const char *what, int err)
{
	fprintf(stderr, "gauntlet: kernel plane: %s: %s\n", what, strerror(err));
	return -1;
}

static int open_tap(struct lab_guest *g)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	g->tap_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (g->tap_fd < 0) {
		fprintf(stderr,
		        "gauntlet: kernel plane: /dev/net/tun: %s\n"
		        "  It needs the kernel's TUN driver (modprobe tun) and permission to open "
		        "that "
		        "file\n"
		        "  (an ordinary user: chmod 666 /dev/net/tun, which is Debian's default)\n",
		        strerror(errno));
		return -1;
	}
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", LAB_GUEST_IF);
	if (ioctl(g->tap_fd, TUNSETIFF, &ifr))
		return fail("cannot make the TAP device " LAB_GUEST_IF, errno);
	return 0;
}

static int set_mac(int fd)
{
	static const uint8_t mac[6] = LAB_VM_MAC;
	struct ifreq ifr = {.ifr_hwaddr = {.sa_family = ARPHRD_ETHER}};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", LAB_GUEST_IF);
	memcpy(ifr.ifr_hwaddr.sa_data, mac, sizeof(mac));
	return ioctl(fd, SIOCSIFHWADDR, &ifr) ? fail("cannot set the MAC of " LAB_GUEST_IF, errno)
	                                      : 0;
}

static int open_packet_socket(struct lab_guest *g)
{
	struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_ifindex = (int)g->ifindex};

	g->packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (g->packet_fd < 0 || bind(g->packet_fd, (struct sockaddr *)&sll, sizeof(sll)))
		return fail("packet socket", errno);
	return 0;
}

/* A gateway that was found once is not asked for again, in the middle of an attack that asks the same. */
static int keep_neighbours(void)
{
	static const char path[] = "/proc/sys/net/ipv4/neigh/" LAB_GUEST_IF
	                           "/base_reachable_time_ms";
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, STALE_IN_MS, sizeof(STALE_IN_MS) - 1);
	int err = errno;

	if (fd >= 0)
		close(fd);
	return n < 0 ? fail(path, err) : 0;
}

/* In the new namespace. */
static int furnish(void *arg)
{
	struct lab_guest *g = arg;
	int err;

	if (open_tap(g))
		return -1;
	g->ifindex = if_nametoindex(LAB_GUEST_IF);
	if (!g->ifindex)
		return fail(LAB_GUEST_IF, errno);
	if (open_packet_socket(g) || set_mac(g->packet_fd) || keep_neighbours())
		return -1;
	if ((err = nl_open(&g->nl)) || (err = nl_link_up(g->nl, LO_IFINDEX)))
		return fail("netlink", -err);
	return 0;
}

int lab_guest_open(struct lab_guest *g)
{
	*g = (struct lab_guest){.ns = -1, .tap_fd = -1, .packet_fd = -1};
	return lab_namespace_make(&g->ns, furnish, g);
}

int lab_guest_up(struct lab_guest *g)
{
	int err = nl_link_up(g->nl, g->ifindex);

	return err ? fail("cannot bring up " LAB_GUEST_IF, -err) : 0;
}

int lab_guest_configure(struct lab_guest *g)
{
	const uint32_t vm = htonl(LAB_VM_IP), gw = htonl(LAB_GW_IP), any = 0;
	int err;

	if ((err = nl_addr_add(g->nl, g->ifindex, AF_INET, &vm, VM_PREFIX)) ||
	    (err = nl_route_add(g->nl, g->ifindex, AF_INET, &any, 0, &gw)))
		return fail("cannot configure " LAB_GUEST_IF, -err);
	return 0;
}

int lab_guest_know_gateway(struct lab_guest *g, const uint8_t mac[6])
{
	const uint32_t gw = htonl(LAB_GW_IP);
	int err = nl_neigh_add(g->nl, g->ifindex, AF_INET, &gw, mac);

	return err ? fail("cannot tell " LAB_GUEST_IF " the gateway's MAC", -err) : 0;
}

int lab_guest_send(struct lab_guest *g, const void *frame, size_t len)
{
	return send(g->packet_fd, frame, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : errno;
}

void lab_guest_close(struct lab_guest *g)
{
	nl_close(g->nl);
	if (g->packet_fd >= 0)
		close(g->packet_fd);
	if (g->tap_fd >= 0)
		close(g->tap_fd);
	if (g->ns >= 0)
		close(g->ns);
	*g = (struct lab_guest){.ns = -1, .tap_fd = -1, .packet_fd = -1};
}
