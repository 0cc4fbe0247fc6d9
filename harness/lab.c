/* SPDX-License-Identifier: ISC */
/* lab.c: makes the namespaces of lab.h. */
#include "harness/lab.h"

#include "bytes/rd.h"
#include "harness/capture.h"
#include "harness/channel.h"
#include "harness/decode.h"
#include "harness/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORLD_IF   "w0"
#define LAB_MTU    1500  /* of both ends, as the kernel makes them */
#define TAP_QUEUE  16384 /* packets; more than any table has rows */
#define LO_IFINDEX 1     /* the kernel makes it first in every namespace */

static const uint8_t world_mac[6] = LAB_WORLD_MAC, uplink_mac[6] = LAB_UPLINK_MAC;
static const uint8_t tap_mac[6] = {
        2, 0, 0, 0, 2, 1}; /* nobody's: its kernel takes no frame of the VM for its own */
static const uint8_t any4[4] = {0}, any6[16] = {0};
static const uint8_t world4[4] = {192, 168, 1, 1}, uplink4[4] = {192, 168, 1, 100};
static const uint8_t world6[16] = {0xfd, 0, 0, 1, [15] = 1},
                     uplink6[16] = {0xfd, 0, 0, 1, [14] = 1};

static int world_ns = -1;
static struct mnl_socket *world_nl;

static int fail(const char *what, int err)
{
	fprintf(stderr, "gauntlet: lab: %s: %s\n", what, strerror(err));
	return -1;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		err = -errno;
	close(fd);
	return err;
}

/* /proc/sys/net shows the namespace of whoever opens it. */
static int set_sysctls(const char *const (*list)[2])
{
	char path[128];

	for (; (*list)[0]; list++) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s", (*list)[0]);
		int err = write_file(path, (*list)[1]);

		if (err)
			return fail(path, -err);
	}
	return 0;
}

/* An ordinary user becomes root of a user namespace of its own. */
static int enter_user_namespace(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER)) {
		fprintf(stderr,
		        "gauntlet: lab: no permission to make namespaces (%s).\n"
		        "  Run as root, or allow unprivileged user namespaces:\n"
		        "    sysctl kernel.unprivileged_userns_clone=1\n"
		        "    sysctl kernel.apparmor_restrict_unprivileged_userns=0   (Ubuntu "
		        "24.04)\n",
		        strerror(errno));
		return -1;
	}
	if (write_file("/proc/self/setgroups", "deny"))
		return fail("/proc/self/setgroups", errno);
	snprintf(map, sizeof(map), "0 %u 1\n", uid);
	if (write_file("/proc/self/uid_map", map))
		return fail("/proc/self/uid_map", errno);
	snprintf(map, sizeof(map), "0 %u 1\n", gid);
	if (write_file("/proc/self/gid_map", map))
		return fail("/proc/self/gid_map", errno);
	return 0;
}

/* Refuses to go on unless this namespace holds the loopback and nothing else. */
static int check_hermetic(void)
{
	struct if_nameindex *list = if_nameindex();
	const char *stranger = NULL;
	char name[IF_NAMESIZE] = "";

	if (!list)
		return fail("cannot list interfaces", errno);
	for (struct if_nameindex *i = list; i->if_index; i++)
		if (strcmp(i->if_name, "lo"))
			stranger = i->if_name;
	if (stranger)
		snprintf(name, sizeof(name), "%s", stranger);
	if_freenameindex(list);
	if (*name) {
		fprintf(stderr,
		        "gauntlet: lab: the new namespace already holds interface %s; refusing to "
		        "run: "
		        "test traffic could leave this machine\n",
		        name);
		return -1;
	}
	return 0;
}

int lab_enter(void)
{
	static const char *const sysctls[][2] = {
	        {"ipv4/conf/all/rp_filter", "0"},
	        {"ipv4/conf/default/rp_filter", "0"},
	        {"ipv6/conf/default/accept_dad", "0"},
	        {"ipv6/conf/default/addr_gen_mode", "1"}, /* no link-local address */
	        {"ipv6/conf/default/router_solicitations", "0"},
	        /* A served program may bind to any address, since any is local. */
	        {"ipv4/ip_nonlocal_bind", "1"},
	        {"ipv6/ip_nonlocal_bind", "1"},
	        {NULL, NULL},
	};
	int err;

	if (geteuid() != 0 && enter_user_namespace())
		return -1;
	if (unshare(CLONE_NEWNET))
		return fail("cannot make a network namespace; run as root", errno);
	if (check_hermetic())
		return -1;
	/* A fork lets go of the world that it was made in. */
	nl_close(world_nl);
	world_nl = NULL;
	if (world_ns >= 0)
		close(world_ns);
	world_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (world_ns < 0)
		return fail("/proc/self/ns/net", errno);
	if (set_sysctls(sysctls))
		return -1;
	if ((err = nl_open(&world_nl)))
		return fail("netlink socket", -err);
	if ((err = nl_link_up(world_nl, LO_IFINDEX)) ||
	    (err = nl_route_add_local(world_nl, LO_IFINDEX, AF_INET, any4, 0)) ||
	    (err = nl_route_add_local(world_nl, LO_IFINDEX, AF_INET6, any6, 0)))
		return fail("cannot make the world answer for every address", -err);
	return 0;
}

/* What `ifr` names gets `request` from the namespace the caller is in. */
static int interface_ioctl(struct ifreq *ifr, unsigned long request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = fd < 0 || ioctl(fd, request, ifr) ? errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

static int set_offloads(const char *name, bool on)
{
	static const uint32_t which[] = {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO};
	struct ifreq ifr = {0};
	int err = 0;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]) && !err; i++) {
		struct ethtool_value v = {.cmd = which[i], .data = on};

		ifr.ifr_data = (char *)&v;
		err = interface_ioctl(&ifr, SIOCETHTOOL);
	}
	return err ? fail("cannot switch an interface's offloads", err) : 0;
}

/* The wire must show what really crosses it: finished checksums and frames no longer than the MTU. `arg` is the
 * interface's name. */
static int disable_offloads(void *arg)
{
	return set_offloads(arg, false);
}

static int return_to_the_world(void)
{
	return setns(world_ns, CLONE_NEWNET) ? fail("cannot return to the world", errno) : 0;
}

int lab_namespace_make(int *ns, int (*fn)(void *arg), void *arg)
{
	int ret;

	*ns = -1;
	if (unshare(CLONE_NEWNET))
		return fail("cannot make a network namespace", errno);
	*ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ret = *ns < 0 ? fail("/proc/self/ns/net", errno) : fn(arg);
	return return_to_the_world() ? -1 : ret;
}

int lab_namespace_inside(int ns, int (*fn)(void *arg), void *arg)
{
	int ret;

	if (setns(ns, CLONE_NEWNET))
		return fail("cannot enter a namespace", errno);
	ret = fn(arg);
	return return_to_the_world() ? -1 : ret;
}

/* In the new namespace: opens a netlink socket there, quietens its kernel. */
static int prepare_backend_ns(void *arg)
{
	static const char *const sysctls[][2] = {
	        {"ipv6/conf/default/accept_dad", "0"},
	        {"ipv6/conf/default/addr_gen_mode", "1"},
	        {"ipv6/conf/default/router_solicitations", "0"},
	        {"ipv6/conf/default/accept_ra", "0"},
	        /* Or anybody on the link may lead what the backend sends to another first hop. */
	        {"ipv4/conf/all/accept_redirects", "0"},
	        {"ipv4/conf/default/accept_redirects", "0"},
	        /* Ping sockets for the backend's own group, as distributions have it for everybody. */
	        {"ipv4/ping_group_range", "0 0"},
	        {NULL, NULL},
	};
	struct lab_link *l = arg;
	int err;

	if (set_sysctls(sysctls))
		return -1;
	if ((err = nl_open(&l->nl)))
		return fail("netlink socket", -err);
	return 0;
}

static int remember_uplink(void *arg)
{
	*(unsigned *)arg = if_nametoindex(LAB_UPLINK);
	return 0;
}

static int configure_world_end(const struct lab_link *l)
{
	unsigned w0 = l->world_ifindex;
	int err;

	if ((err = nl_addr_add(world_nl, w0, AF_INET, world4, 32)) ||
	    (err = nl_addr_add(world_nl, w0, AF_INET6, world6, 128)) ||
	    (err = nl_link_up(world_nl, w0)) ||
	    (err = nl_route_add(world_nl, w0, AF_INET, uplink4, 32, NULL)) ||
	    (err = nl_route_add(world_nl, w0, AF_INET6, uplink6, 128, NULL)) ||
	    (err = nl_neigh_add(world_nl, w0, AF_INET, uplink4, uplink_mac)) ||
	    (err = nl_neigh_add(world_nl, w0, AF_INET6, uplink6, uplink_mac)))
		return fail("cannot configure " WORLD_IF, -err);
	return 0;
}

/* What goes when the link goes down, and so has to be put back: IPv6 addresses, neighbours, routes. */
static int raise_uplink(const struct lab_link *l)
{
	unsigned up0 = l->uplink_ifindex;
	int err;

	if ((err = nl_addr_add(l->nl, up0, AF_INET6, uplink6, 64)) ||
	    (err = nl_link_up(l->nl, up0)) ||
	    (err = nl_neigh_add(l->nl, up0, AF_INET, world4, world_mac)) ||
	    (err = nl_neigh_add(l->nl, up0, AF_INET6, world6, world_mac)) ||
	    (err = nl_route_add(l->nl, up0, AF_INET, any4, 0, world4)) ||
	    (err = nl_route_add(l->nl, up0, AF_INET6, any6, 0, world6)))
		return fail("cannot configure " LAB_UPLINK, -err);
	return 0;
}

static int configure_uplink_end(const struct lab_link *l)
{
	unsigned up0 = l->uplink_ifindex;
	int err;

	if ((err = nl_link_up(l->nl, LO_IFINDEX)) ||
	    (err = nl_addr_add(l->nl, up0, AF_INET, uplink4, 24)) ||
	    /* From a work item, too: the route that makes the address this machine's own. */
	    (err = nl_route_add_local(l->nl, LO_IFINDEX, AF_INET6, uplink6, 128)))
		return fail("cannot configure " LAB_UPLINK, -err);
	return raise_uplink(l);
}

static int settle(const struct lab_link *l)
{
	int err;

	if ((err = nl_link_settle(world_nl, l->world_ifindex)) ||
	    (err = nl_link_settle(l->nl, l->uplink_ifindex)))
		return fail("the veth pair does not come up", -err);
	return 0;
}

int lab_link_set_uplink(struct lab_link *l, bool up)
{
	int err = up ? 0 : nl_link_down(l->nl, l->uplink_ifindex);

	if (err)
		return fail("cannot take " LAB_UPLINK " down", -err);
	if (up && (raise_uplink(l) || settle(l)))
		return -1;
	return 0;
}

int lab_link_open(struct lab_link *l)
{
	char uplink_name[] = LAB_UPLINK, world_name[] = WORLD_IF;
	int err;

	*l = (struct lab_link){.ns = -1};
	if (lab_namespace_make(&l->ns, prepare_backend_ns, l))
		goto bad;
	err = nl_veth_add(world_nl, WORLD_IF, world_mac, LAB_UPLINK, uplink_mac, l->ns);
	if (err) {
		fail("cannot make the veth pair " WORLD_IF "/" LAB_UPLINK, -err);
		goto bad;
	}
	l->world_ifindex = if_nametoindex(WORLD_IF);
	if (lab_link_inside(l, remember_uplink, &l->uplink_ifindex) ||
	    lab_link_inside(l, disable_offloads, uplink_name) || disable_offloads(world_name) ||
	    configure_world_end(l) || configure_uplink_end(l))
		goto bad;
	if (settle(l))
		goto bad;
	return 0;
bad:
	lab_link_close(l);
	return -1;
}

void lab_link_close(struct lab_link *l)
{
	if (l->world_ifindex)
		nl_link_delete(world_nl, l->world_ifindex);
	nl_close(l->nl);
	if (l->ns >= 0)
		close(l->ns);
	*l = (struct lab_link){.ns = -1};
}

struct tuning {
	const char *name;
	unsigned mtu;
	bool offloads;
};

static int tune(void *arg)
{
	const struct tuning *t = arg;
	struct ifreq ifr = {.ifr_mtu = (int)t->mtu};
	int err;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", t->name);
	err = interface_ioctl(&ifr, SIOCSIFMTU);
	if (err)
		return fail("cannot set an interface's MTU", err);
	return t->offloads ? set_offloads(t->name, true) : 0;
}

static int tune_both(const struct lab_link *l, unsigned mtu, bool offloads)
{
	struct tuning uplink = {LAB_UPLINK, mtu, offloads}, world = {WORLD_IF, mtu, offloads};

	return lab_link_inside(l, tune, &uplink) || tune(&world) ? -1 : 0;
}

int lab_link_widen(const struct lab_link *l, unsigned mtu)
{
	return mtu > LAB_MTU ? tune_both(l, mtu, false) : 0;
}

int lab_link_tune(const struct lab_link *l, unsigned mtu)
{
	return tune_both(l, mtu, true);
}

int lab_link_inside(const struct lab_link *l, int (*fn)(void *arg), void *arg)
{
	return lab_namespace_inside(l->ns, fn, arg);
}

/* ---- the TAP ---- */

/* Inside: a TAP that stays when this descriptor is closed, and speaks no IPv6. */
static int make_tap(void *arg)
{
	static const char *const sysctls[][2] = {{"ipv6/conf/" LAB_TAP "/disable_ipv6", "1"},
	                                         {NULL, NULL}};
	struct ifreq ifr = {.ifr_name = LAB_TAP, .ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), err = 0;

	if (fd < 0)
		return fail("the transport tap needs /dev/net/tun", errno);
	if (ioctl(fd, TUNSETIFF, &ifr) || ioctl(fd, TUNSETPERSIST, 1))
		err = errno;
	close(fd);
	if (err)
		return fail("cannot make the TAP " LAB_TAP, err);
	*(unsigned *)arg = if_nametoindex(LAB_TAP);
	return set_sysctls(sysctls);
}

static int open_tap_end(void *arg)
{
	int fd = capture_open(*(const unsigned *)arg), one = 1;

	/* Without a queue of its own in between, a frame that the TAP has no room for is refused instead of lost. */
	if (fd < 0 || !setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		return fd;
	fail("packet socket of " LAB_TAP, errno);
	close(fd);
	return -1;
}

int lab_tap_open(struct lab_link *l)
{
	int err;

	if (lab_link_inside(l, make_tap, &l->tap_ifindex))
		return -1;
	if ((err = nl_link_set(l->nl, l->tap_ifindex, tap_mac, CHANNEL_TAP_MTU, TAP_QUEUE)) ||
	    (err = nl_link_up_noarp(l->nl, l->tap_ifindex)))
		return fail("cannot configure " LAB_TAP, -err);
	return lab_link_inside(l, open_tap_end, &l->tap_ifindex);
}

void lab_tap_delete(struct lab_link *l)
{
	if (l->tap_ifindex)
		nl_link_delete(l->nl, l->tap_ifindex);
	l->tap_ifindex = 0;
}

/* ---- noise ---- */

/* RFC 3810 section 5.2: a report with one record, for the solicited-node group of fd00:1::XX:XX. Its record type
 * says whether the kernel joins or repeats; the checksum follows from the rest. */
static bool is_own_report(struct rd r, const uint8_t mac[6], const uint8_t address[16])
{
	static const uint8_t to_routers[6] = {0x33, 0x33, 0, 0, 0, 0x16};
	static const uint8_t ip6[] = {0x86, 0xdd, 0x60, 0, 0,
	                              0,    0,    36,   0, 1}; /* 36 bytes, hop limit 1 */
	static const uint8_t dst[16] = {0xff, 2, [15] = 0x16};
	static const uint8_t report[] = {0x3a, 0, 5, 2, 0, 0, 1, 0, 143, 0};
	static const uint8_t one_record[] = {0, 0, 0, 1}, no_sources[] = {0, 0, 0};
	uint8_t group[16] = {0xff, 2, [11] = 1, [12] = 0xff};
	struct rd w;

	memcpy(group + 13, address + 13, 3);
	return r.n == 90 && rd_sub(&r, 6, &w) && !memcmp(w.p, to_routers, 6) && rd_sub(&r, 6, &w) &&
	       !memcmp(w.p, mac, 6) && rd_sub(&r, sizeof(ip6), &w) &&
	       !memcmp(w.p, ip6, sizeof(ip6)) && rd_sub(&r, 16, &w) && !memcmp(w.p, any6, 16) &&
	       rd_sub(&r, 16, &w) && !memcmp(w.p, dst, 16) && rd_sub(&r, sizeof(report), &w) &&
	       !memcmp(w.p, report, sizeof(report)) && rd_skip(&r, 2) &&
	       rd_sub(&r, sizeof(one_record), &w) && !memcmp(w.p, one_record, sizeof(one_record)) &&
	       rd_skip(&r, 1) && rd_sub(&r, sizeof(no_sources), &w) &&
	       !memcmp(w.p, no_sources, sizeof(no_sources)) && rd_sub(&r, 16, &w) &&
	       !memcmp(w.p, group, 16);
}

bool lab_is_noise(const uint8_t *frame, size_t len)
{
	struct rd r = rd_of(frame, len);
	struct seen s;

	decode(frame, len, &s);
	if (s.fault) /* its checksum leaves no room for a message */
		return false;
	return is_own_report(r, uplink_mac, uplink6) || is_own_report(r, world_mac, world6);
}
