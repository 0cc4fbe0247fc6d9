/* SPDX-License-Identifier: ISC */
/* lab.h: the laboratory. Network namespaces that only this process and its children hold.
 *
 *     world namespace (the harness itself)                 backend namespace, one per process
 *     +------------------------------------+               +------------------------------+
 *     | lo: AnyIP, every address is here   |               | lo                           |
 *     | w0  192.168.1.1   fd00:1::1        |==== veth =====| up0 192.168.1.100 fd00:1::100|
 *     +------------------------------------+               | default route via w0         |
 *                                                          +------------------------------+
 *
 * The namespaces have no name and no file: when the last process in one ends, it is gone, whatever
 * happened to the harness. They hold only `lo` and veth ends, so nothing can reach the machine's
 * real network; lab_enter() checks that before anything is sent. Both ends know each other's MAC
 * address from the start, so the lab itself puts no ARP on the wire.
 *
 * The kernel of the backend namespace speaks IPv6, with an address and a default route, because a
 * backend that leaks IPv6 must be able to. Its own noise is one known frame, see lab_is_noise().
 */
#ifndef HARNESS_LAB_H
#define HARNESS_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LAB_UPLINK     "up0"
#define LAB_TAP        "vm0"
#define LAB_WORLD_MAC  "\x02\x00\x00\x00\x01\x01" /* w0 */
#define LAB_UPLINK_MAC "\x02\x00\x00\x00\x01\x64" /* up0 */

struct mnl_socket;

/* Moves this process into a new network namespace, the world, and makes every address answer. As an
 * ordinary user it first makes a user namespace. Called once, before any thread exists; a fork may call
 * it again, for a world of its own. 0, or -1
 * with a message on stderr that says what to do. */
int lab_enter(void);

/* Makes a new network namespace that holds the loopback alone, runs `fn(arg)` in it and comes back
 * to the world. *ns is its descriptor, also when fn failed; -1 when there is none. Returns what fn
 * returned, or -1 with a message. */
int lab_namespace_make(int *ns, int (*fn)(void *arg), void *arg);
/* Runs `fn(arg)` inside a namespace and comes back; returns what fn returned, or -1. */
int lab_namespace_inside(int ns, int (*fn)(void *arg), void *arg);

/* A namespace for one backend with its uplink. */
struct lab_link {
	int ns;                 /* descriptor of the backend's namespace */
	struct mnl_socket *nl;  /* acts inside it */
	unsigned world_ifindex; /* of w0 */
	unsigned uplink_ifindex;
	unsigned tap_ifindex; /* of vm0, 0 when there is none */
};

/* Both ends up, addresses and routes set. 0, or -1 with a message on stderr. */
int lab_link_open(struct lab_link *l);
/* Deletes the veth pair and lets go of the namespace. Waits until the kernel has delivered what was
 * on its way: when this returns nothing can arrive on w0 any more. */
void lab_link_close(struct lab_link *l);

/* Takes the backend's uplink down, or brings it up again with all it had. The world's end stays as it is, without a
 * carrier meanwhile. 0, or -1 with a message on stderr. */
int lab_link_set_uplink(struct lab_link *l, bool up);

/* Both ends take packets of this length, where that is more than they take anyway. 0, or -1 with a message on stderr. */
int lab_link_widen(const struct lab_link *l, unsigned mtu);

/* For benches: both ends get this MTU and their offloads back, as a network card has them. What a capture then sees
 * is not what a wire would carry. 0, or -1 with a message on stderr. */
int lab_link_tune(const struct lab_link *l, unsigned mtu);

/* lab_namespace_inside() with the backend's namespace. */
int lab_link_inside(const struct lab_link *l, int (*fn)(void *arg), void *arg);

/* Makes vm0 in the backend's namespace, for the backend to open, MTU CHANNEL_TAP_MTU. Returns a packet socket that is
 * bound to it, for a channel, or -1 with a message on stderr. */
int lab_tap_open(struct lab_link *l);
/* Deletes vm0: whoever holds it notices. Harmless when there is none. */
void lab_tap_delete(struct lab_link *l);

/* True for what the lab's own kernels put on the wire by themselves: each end's multicast listener report for
 * its own IPv6 address, byte for byte. */
bool lab_is_noise(const uint8_t *frame, size_t len);

#endif
