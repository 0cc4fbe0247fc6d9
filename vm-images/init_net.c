/* SPDX-License-Identifier: ISC */
/* init_net.c: PID 1's network: the card raised, a lease asked for, an attack sent before all else. */
#include "vm-images/init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEVICE_PATIENCE_MS 10000 /* for a device to appear after its driver was loaded */
#define LEASE_PATIENCE_MS  30000 /* for DHCP */
#define SEND_PATIENCE_MS   5000  /* for the card to take one frame */

bool boot_link_up(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;
	struct ifreq r = {0};
	bool ok;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	ok = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &r);
	if (ok) {
		r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
		ok = !ioctl(fd, SIOCSIFFLAGS, &r);
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

bool boot_eth0_up(struct boot *b)
{
	for (uint64_t end = boot_now_us() + DEVICE_PATIENCE_MS * 1000ull; boot_now_us() < end;) {
		if (boot_link_up("eth0")) {
			if (!b->at_us[AGENT_STEP_LINK])
				boot_step(b, AGENT_STEP_LINK);
			return true;
		}
		if (errno != ENODEV)
			break;
		usleep(1000);
	}
	boot_fail(b, "eth0: %s", strerror(errno));
	return false;
}

/* udhcpc asks once a second, sets the address through /etc/udhcpc.script and ends (-q). */
void boot_get_lease(struct boot *b)
{
	static const char *const argv[] = {"/bin/udhcpc", "-i", "eth0", "-s", "/etc/udhcpc.script",
	                                   "-f",          "-q", "-n",   "-t", "20",
	                                   "-T",          "1",  NULL};
	int pid = boot_spawn(argv, false);
	int status = pid > 0 ? boot_wait(pid, LEASE_PATIENCE_MS) : -1;

	if (status == 0)
		boot_step(b, AGENT_STEP_LEASE);
	else
		boot_fail(b, "no DHCP lease on eth0 (udhcpc status 0x%x)", (unsigned)status);
}

/* The first frames come before the card says that it has a carrier, and while the queue of the card
 * is full: both are waited for. */
static bool send_patiently(int fd, const struct sockaddr_ll *to, const uint8_t *frame, size_t len)
{
	for (uint64_t end = boot_now_us() + SEND_PATIENCE_MS * 1000ull; boot_now_us() < end;) {
		if (sendto(fd, frame, len, 0, (const struct sockaddr *)to, sizeof(*to)) >= 0)
			return true;
		if (errno != ENOBUFS && errno != ENETDOWN && errno != EINTR)
			return false;
		usleep(1000);
	}
	return false;
}

/* What no kernel sends, too short or too long, does not keep the others from it; who looks at the cable knows. */
static bool is_refused(void)
{
	return errno == EINVAL || errno == EMSGSIZE;
}

void boot_attack(struct boot *b, const char *path)
{
	static uint8_t frame[AGENT_FRAME_MAX];
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	int fd, on = 1;
	FILE *f = fopen(path, "re");
	uint32_t len;

	if (!f) {
		boot_fail(b, "attack %s: %s", path, strerror(errno));
		return;
	}
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	/* Past the queueing discipline, which swallows frames without a word while the card has no
	 * carrier yet. */
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		boot_fail(b, "attack: AF_PACKET: %s", strerror(errno));
	else if (boot_eth0_up(b)) {
		to.sll_ifindex = (int)if_nametoindex("eth0");
		while (fread(&len, sizeof(len), 1, f) == 1) {
			len = ntohl(len);
			if (!len || len > sizeof(frame) || fread(frame, len, 1, f) != 1) {
				boot_fail(b, "attack %s: cut off, or a frame of %u bytes", path,
				          len);
				break;
			}
			if (!send_patiently(fd, &to, frame, len) && !is_refused()) {
				boot_fail(b, "attack: a frame of %u bytes: %s", len,
				          strerror(errno));
				break;
			}
		}
		boot_step(b, AGENT_STEP_ATTACK);
	}
	if (fd >= 0)
		close(fd);
	fclose(f);
}
