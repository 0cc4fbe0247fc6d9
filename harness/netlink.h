/* SPDX-License-Identifier: ISC */
/* netlink.h: the handful of rtnetlink requests the laboratory is built from, over libmnl.
 *
 * A socket belongs to the network namespace it was opened in and keeps acting there, wherever the
 * process goes later. Every request waits for the kernel's acknowledgement; all return 0 or -errno.
 * Addresses are network-order bytes, 4 or 16.
 */
#ifndef HARNESS_NETLINK_H
#define HARNESS_NETLINK_H

#include <stdint.h>

struct mnl_socket;

int nl_open(struct mnl_socket **out); /* in the namespace the caller is in now */
void nl_close(struct mnl_socket *nl);

/* Creates a veth pair: `name` here, `peer` in the namespace that `peer_ns` (a descriptor) stands
 * for, each with its own MAC address. */
int nl_veth_add(struct mnl_socket *nl, const char *name, const uint8_t mac[6], const char *peer,
                const uint8_t peer_mac[6], int peer_ns);
int nl_link_up(struct mnl_socket *nl, unsigned ifindex);
int nl_link_down(struct mnl_socket *nl, unsigned ifindex);
/* The same for a link that is a bare cable: its kernel resolves no addresses (NOARP). */
int nl_link_up_noarp(struct mnl_socket *nl, unsigned ifindex);
/* MAC address, MTU and the length of its queue in packets, of a link that is down. */
int nl_link_set(struct mnl_socket *nl, unsigned ifindex, const uint8_t mac[6], unsigned mtu,
                unsigned queue_len);
/* Waits, at most a second, until the link can really send. Setting it up is not enough: where its peer came up
 * later, the kernel starts its queue from a work item, and what is sent before is lost without a word. Newer kernels
 * run that work when the link is asked about; for older ones the operational state is polled. */
int nl_link_settle(struct mnl_socket *nl, unsigned ifindex);
int nl_link_delete(struct mnl_socket *nl, unsigned ifindex);
/* `family` is AF_INET or AF_INET6. IPv6 addresses skip duplicate detection. */
int nl_addr_add(struct mnl_socket *nl, unsigned ifindex, int family, const void *addr,
                unsigned prefix);
/* A unicast route to dst/prefix out of `ifindex`, through `via` unless NULL. */
int nl_route_add(struct mnl_socket *nl, unsigned ifindex, int family, const void *dst,
                 unsigned prefix, const void *via);
/* AnyIP: every address below dst/prefix is this machine's own. In the main table, so that more
 * specific routes win. `ifindex` is the loopback's. */
int nl_route_add_local(struct mnl_socket *nl, unsigned ifindex, int family, const void *dst,
                       unsigned prefix);
/* A permanent neighbour, so that the lab itself never needs ARP or ND. */
int nl_neigh_add(struct mnl_socket *nl, unsigned ifindex, int family, const void *addr,
                 const uint8_t mac[6]);

#endif
