/* SPDX-License-Identifier: ISC */
/* lab_guest.h: the guest's namespace of the kernel plane: a Linux network stack that plays the VM.
 *
 *     harness                        guest's namespace
 *     tap_fd <== one frame a ==>  eth0 52:54:00:12:34:56, no address at first
 *                read or write    lo
 *
 * Like the others of lab.h it has no name and no file, and holds nothing but these two. The kernel's
 * IPv6 stays on and says what it says: it is the noise of a real guest. Checksums are finished and
 * frames are cut to the MTU before they come out of tap_fd.
 */
#ifndef HARNESS_LAB_GUEST_H
#define HARNESS_LAB_GUEST_H

#include <stddef.h>
#include <stdint.h>

#define LAB_GUEST_IF "eth0"

struct mnl_socket;

struct lab_guest {
	int ns;                /* descriptor of the namespace */
	int tap_fd;            /* nonblocking; eth0 is gone when it is closed */
	int packet_fd;         /* packet socket on eth0, for frames of an attacker's making */
	struct mnl_socket *nl; /* acts inside */
	unsigned ifindex;      /* of eth0 */
};

/* Makes it, eth0 down. 0, or -1 with a message on stderr that says what is missing; the caller
 * calls lab_guest_close() in both cases. */
int lab_guest_open(struct lab_guest *g);
/* eth0 comes up: from now on its kernel sends. 0, or -1 with a message. */
int lab_guest_up(struct lab_guest *g);
/* 192.168.100.2/24 and a default route through 192.168.100.1, for backends without DHCP. 0, or -1
 * with a message. */
int lab_guest_configure(struct lab_guest *g);
/* Its kernel knows the gateway by this MAC for good, and asks no more. 0, or -1 with a message. */
int lab_guest_know_gateway(struct lab_guest *g, const uint8_t mac[6]);
/* Sends a frame as it is out of eth0. 0, or the errno of a kernel that does not send such a frame:
 * EINVAL when it is too short, EMSGSIZE when it is too long. */
int lab_guest_send(struct lab_guest *g, const void *frame, size_t len);
void lab_guest_close(struct lab_guest *g);

#endif
