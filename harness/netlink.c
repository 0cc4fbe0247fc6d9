/* SPDX-License-Identifier: ISC */
/* netlink.c: rtnetlink requests, one function each. */
#include "harness/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NL_BUF 2048 /* far above any request built here */

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

int nl_open(struct mnl_socket **out)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = errno;

		mnl_socket_close(nl);
		return -err;
	}
	*out = nl;
	return 0;
}

void nl_close(struct mnl_socket *nl)
{
	if (nl)
		mnl_socket_close(nl);
}

static struct nlmsghdr *request(char *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_seq = 1;
	return h;
}

/* Sends the request and waits for its acknowledgement. */
static int transact(struct mnl_socket *nl, const struct nlmsghdr *h)
{
	char buf[8192];
	ssize_t n;

	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	if (mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		return -errno;
	return 0;
}

int nl_veth_add(struct mnl_socket *nl, const char *name, const uint8_t mac[6], const char *peer,
                const uint8_t peer_mac[6], int peer_ns)
{
	char buf[NL_BUF];
	struct nlmsghdr *h = request(buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data, *other;

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(h, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, peer);
	mnl_attr_put(h, IFLA_ADDRESS, 6, peer_mac);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)peer_ns);
	mnl_attr_nest_end(h, other);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return transact(nl, h);
}

static int link_change(struct mnl_socket *nl, uint16_t type, unsigned ifindex, unsigned flags,
                       unsigned change)
{
	char buf[NL_BUF];
	struct nlmsghdr *h = request(buf, type, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	ifi->ifi_flags = flags;
	ifi->ifi_change = change;
	return transact(nl, h);
}

int nl_link_up(struct mnl_socket *nl, unsigned ifindex)
{
	return link_change(nl, RTM_NEWLINK, ifindex, IFF_UP, IFF_UP);
}

int nl_link_down(struct mnl_socket *nl, unsigned ifindex)
{
	return link_change(nl, RTM_NEWLINK, ifindex, 0, IFF_UP);
}

int nl_link_up_noarp(struct mnl_socket *nl, unsigned ifindex)
{
	return link_change(nl, RTM_NEWLINK, ifindex, IFF_UP | IFF_NOARP, IFF_UP | IFF_NOARP);
}

int nl_link_set(struct mnl_socket *nl, unsigned ifindex, const uint8_t mac[6], unsigned mtu,
                unsigned queue_len)
{
	char buf[NL_BUF];
	struct nlmsghdr *h = request(buf, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	mnl_attr_put_u32(h, IFLA_TXQLEN, queue_len);
	return transact(nl, h);
}

static int take_operstate(const struct nlattr *attr, void *arg)
{
	uint8_t *state = arg;

	if (mnl_attr_get_type(attr) == IFLA_OPERSTATE)
		*state = mnl_attr_get_u8(attr);
	return MNL_CB_OK;
}

static int read_operstate(const struct nlmsghdr *h, void *arg)
{
	return mnl_attr_parse(h, sizeof(struct ifinfomsg), take_operstate, arg);
}

static int get_operstate(struct mnl_socket *nl, unsigned ifindex, uint8_t *state)
{
	char buf[8192];
	struct nlmsghdr *h = request(buf, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	ssize_t n;

	h->nlmsg_flags = NLM_F_REQUEST; /* the answer is the acknowledgement */
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)ifindex;
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0 ||
	    mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), read_operstate, state) < 0)
		return -errno;
	return 0;
}

int nl_link_settle(struct mnl_socket *nl, unsigned ifindex)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	uint8_t state = IF_OPER_UNKNOWN;

	for (int i = 0; i < 1000; i++) {
		int err = get_operstate(nl, ifindex, &state);

		if (err || state == IF_OPER_UP)
			return err;
		nanosleep(&pause, NULL);
	}
	return -ENETDOWN;
}

int nl_link_delete(struct mnl_socket *nl, unsigned ifindex)
{
	return link_change(nl, RTM_DELLINK, ifindex, 0, 0);
}

int nl_addr_add(struct mnl_socket *nl, unsigned ifindex, int family, const void *addr,
                unsigned prefix)
{
	char buf[NL_BUF];
	struct nlmsghdr *h = request(buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = (uint8_t)family;
	ifa->ifa_prefixlen = (uint8_t)prefix;
	ifa->ifa_index = ifindex;
	ifa->ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put(h, IFA_LOCAL, addr_len(family), addr);
	mnl_attr_put(h, IFA_ADDRESS, addr_len(family), addr);
	return transact(nl, h);
}

static int route(struct mnl_socket *nl, unsigned char type, unsigned ifindex, int family,
                 const void *dst, unsigned prefix, const void *via)
{
	char buf[NL_BUF];
	struct nlmsghdr *h = request(buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = (uint8_t)family;
	rt->rtm_dst_len = (uint8_t)prefix;
	rt->rtm_table = RT_TABLE_MAIN;
	rt->rtm_protocol = RTPROT_STATIC;
	rt->rtm_type = type;
	rt->rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (prefix)
		mnl_attr_put(h, RTA_DST, addr_len(family), dst);
	mnl_attr_put_u32(h, RTA_OIF, ifindex);
	if (via)
		mnl_attr_put(h, RTA_GATEWAY, addr_len(family), via);
	return transact(nl, h);
}

int nl_route_add(struct mnl_socket *nl, unsigned ifindex, int family, const void *dst,
                 unsigned prefix, const void *via)
{
	return route(nl, RTN_UNICAST, ifindex, family, dst, prefix, via);
}

int nl_route_add_local(struct mnl_socket *nl, unsigned ifindex, int family, const void *dst,
                       unsigned prefix)
{
	return route(nl, RTN_LOCAL, ifindex, family, dst, prefix, NULL);
}

int nl_neigh_add(struct mnl_socket *nl, unsigned ifindex, int family, const void *addr,
                 const uint8_t mac[6])
{
	char buf[NL_BUF];
	struct nlmsghdr *h = request(buf, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = (uint8_t)family;
	nd->ndm_ifindex = (int)ifindex;
	nd->ndm_state = NUD_PERMANENT;
	mnl_attr_put(h, NDA_DST, addr_len(family), addr);
	mnl_attr_put(h, NDA_LLADDR, 6, mac);
	return transact(nl, h);
}
