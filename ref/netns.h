/* SPDX-License-Identifier: ISC */
/* netns.h: for tests only. A network namespace of the test's own, in which `lo` plays the uplink.
 *
 * The loopback net cannot be a destination; here lo has an address that can. */
#ifndef REF_NETNS_H
#define REF_NETNS_H

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Moves the process into a new namespace, as the root of a user namespace when it is not root yet,
 * and gives `ip` to lo. 0, or -1 with errno set: a group set-up function. */
static inline int netns_enter(uint32_t ip)
{
	const int flags = geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET;
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
	struct ifreq request = {.ifr_name = "lo"};
	int fd, result = -1;

	if (unshare(flags) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	if (fd >= 0 && ioctl(fd, SIOCSIFADDR, &request) == 0) {
		request.ifr_flags = IFF_UP;
		result = ioctl(fd, SIOCSIFFLAGS, &request);
	}
	if (fd >= 0)
		close(fd);
	return result;
}

#endif
