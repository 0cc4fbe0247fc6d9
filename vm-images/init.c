/* SPDX-License-Identifier: ISC */
/* init.c: PID 1 of the sandbox VM. Gets from "the kernel started me" to "the guest is ready" with
 * nothing in between, reports over the agent port, then serves it (serve.c).
 *
 *   mount /proc /sys /dev /tmp -> drivers -> agent port, HELLO -> lo -> eth0 up -> DHCP -> READY
 *
 * Kernel command line: gauntlet.net=dhcp (default) or none (eth0 is left alone).
 *
 * A step that fails is named in READY and does not stop the later ones, as long as the port works:
 * a guest that can still be asked is worth more than a silent one. Without a port nobody can be
 * told, so it powers off. The console gets a line for humans; nothing is ever decided by it.
 *
 * Every wait here has a bound. If PID 1 dies the kernel panics, and panic=-1 with QEMU's -no-reboot
 * ends the VM: failing closed needs no code.
 */
#include "bytes/wr.h"
#include "vm-images/agent_proto.h"
#include "vm-images/serve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEVICE_PATIENCE_MS 10000 /* for a device to appear after its driver was loaded */
#define LEASE_PATIENCE_MS  30000 /* for DHCP */

struct boot {
	uint64_t at_us[AGENT_STEP_COUNT]; /* 0: not reached */
	char why[AGENT_TEXT_MAX + 1];     /* empty: all well */
	int port;
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void step(struct boot *b, enum agent_step s)
{
	b->at_us[s] = now_us();
}

/* Notes a failure; several are joined with "; ". */
__attribute__((format(printf, 2, 3))) static void fail(struct boot *b, const char *fmt, ...)
{
	size_t len = strlen(b->why);
	va_list ap;

	if (len && len + 2 < sizeof(b->why)) {
		memcpy(b->why + len, "; ", 3);
		len += 2;
	}
	va_start(ap, fmt);
	vsnprintf(b->why + len, sizeof(b->why) - len, fmt, ap);
	va_end(ap);
}

static void mount_all(struct boot *b)
{
	static const char *const table[][2] = {
	        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		mkdir(table[i][1], 0755);
		if (mount(table[i][0], table[i][1], table[i][0], MS_NOSUID, NULL))
			fail(b, "mount %s: %s", table[i][1], strerror(errno));
	}
}

/* The image holds no device nodes, so the console can only be opened once /dev is there. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* /modules.order lists the drivers' files, each after those it needs. */
static void load_modules(struct boot *b)
{
	FILE *list = fopen("/modules.order", "re");
	char path[256];

	if (!list) {
		fail(b, "/modules.order: %s", strerror(errno));
		return;
	}
	while (fgets(path, sizeof(path), list)) {
		int fd;

		path[strcspn(path, "\n")] = 0;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			fail(b, "module %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	fclose(list);
}

/* Finds the port by name and opens it; -1 when it is not there (yet). */
static int find_port(void)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *e;
	int fd = -1;

	while (dir && fd < 0 && (e = readdir(dir))) {
		char path[300], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (!fgets(name, sizeof(name), f))
			name[0] = 0;
		fclose(f);
		name[strcspn(name, "\n")] = 0;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		if (!strcmp(name, AGENT_PORT))
			fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* The port counts as open when the harness is at its other end: until then poll says POLLHUP. */
static void open_port(struct boot *b)
{
	b->port = -1;
	for (int ms = 0; ms < DEVICE_PATIENCE_MS; ms++) {
		struct pollfd f = {.fd = b->port, .events = POLLOUT};

		if (b->port < 0)
			b->port = f.fd = find_port();
		if (b->port >= 0 && poll(&f, 1, 0) == 1 && !(f.revents & POLLHUP))
			return;
		usleep(1000);
	}
	fail(b, "no agent port " AGENT_PORT " within %d ms", DEVICE_PATIENCE_MS);
	if (b->port >= 0)
		close(b->port);
	b->port = -1;
}

static bool link_up(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = {0};
	bool ok;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	ok = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &r);
	if (ok) {
		r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
		ok = !ioctl(fd, SIOCSIFFLAGS, &r);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool eth0_up(struct boot *b)
{
	for (int ms = 0; ms < DEVICE_PATIENCE_MS; ms++) {
		if (link_up("eth0")) {
			step(b, AGENT_STEP_LINK);
			return true;
		}
		if (errno != ENODEV)
			break;
		usleep(1000);
	}
	fail(b, "eth0: %s", strerror(errno));
	return false;
}

/* udhcpc asks once a second, sets the address through /etc/udhcpc.script and ends (-q). */
static void get_lease(struct boot *b)
{
	uint64_t end = now_us() + LEASE_PATIENCE_MS * 1000ull;
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 1);
		dup2(null, 2);
		execl("/bin/udhcpc", "udhcpc", "-i", "eth0", "-s", "/etc/udhcpc.script", "-f", "-q",
		      "-n", "-t", "20", "-T", "1", (char *)NULL);
		_exit(127);
	}
	if (pid < 0) {
		fail(b, "udhcpc: %s", strerror(errno));
		return;
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_us() > end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
		usleep(1000);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		step(b, AGENT_STEP_LEASE);
	else
		fail(b, "no DHCP lease on eth0 (udhcpc status 0x%x)", (unsigned)status);
}

static bool wants_network(void)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "re");
	bool none;

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	none = strstr(line, "gauntlet.net=none");
	return !none;
}

static bool send_hello(struct boot *b)
{
	uint8_t body[4];
	struct wr w = wr_of(body, sizeof(body));

	return wr_u32(&w, AGENT_VERSION) &&
	       serve_send(b->port, AGENT_HELLO, 0, body, w.len, NULL, 0);
}

static bool send_ready(struct boot *b)
{
	uint8_t body[2 + 5 * AGENT_STEP_COUNT];
	struct wr w = wr_of(body, sizeof(body));
	uint8_t count = 0;
	bool ok = true;

	for (int i = 0; i < AGENT_STEP_COUNT; i++)
		count = (uint8_t)(count + (b->at_us[i] != 0));
	ok = wr_u8(&w, b->why[0] == 0) && wr_u8(&w, count);
	for (int i = 0; i < AGENT_STEP_COUNT; i++)
		if (b->at_us[i])
			ok = ok && wr_u8(&w, (uint8_t)i) && wr_u32(&w, (uint32_t)b->at_us[i]);
	if (b->why[0])
		dprintf(2, "gauntlet: NOT READY: %s\n", b->why);
	else
		dprintf(2, "gauntlet: READY at %lu us of guest time\n", (unsigned long)now_us());
	return ok && serve_send(b->port, AGENT_READY, 0, body, w.len, b->why, strlen(b->why));
}

int main(void)
{
	struct boot b = {.port = -1};

	step(&b, AGENT_STEP_INIT);
	if (getpid() != 1) {
		fprintf(stderr, "init: PID 1 of the sandbox VM; not for use on a host\n");
		return 64;
	}
	umask(022);
	mount_all(&b);
	open_console();
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/", 1);
	(void)!sethostname("sandbox", 7);
	load_modules(&b);
	step(&b, AGENT_STEP_MODULES);
	open_port(&b);
	if (b.port >= 0) {
		step(&b, AGENT_STEP_PORT);
		(void)!link_up("lo");
		if (send_hello(&b) && wants_network() && eth0_up(&b))
			get_lease(&b);
		if (send_ready(&b))
			serve_loop(b.port);
	} else {
		dprintf(2, "gauntlet: %s\n", b.why);
	}
	/* With reboot=t a restart is a triple fault, which ends QEMU under -no-reboot at once; a
	 * power-off would need ACPI to work. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
