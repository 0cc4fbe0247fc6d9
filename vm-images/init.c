/* SPDX-License-Identifier: ISC */
/* init.c: PID 1 of the sandbox VM. Gets from "the kernel started me" to "the guest is ready" with
 * nothing in between, reports over the agent port, then serves it (serve.c).
 *
 *   mount /proc /sys /dev /tmp -> drivers -> [attack] -> agent port, HELLO -> [set-up] -> lo
 *       -> [eth0 up -> DHCP] -> READY
 *
 * Kernel command line:
 *   gauntlet.net=dhcp        eth0 is raised and asks for a lease (default); none: it is left alone
 *   gauntlet.without=/a,/b   these files are removed first of all, for tests of what goes missing;
 *                            * and ? stand for what they do in a shell
 *   gauntlet.attack=/file    sent before anything else is done with the card (init_net.c)
 *   gauntlet.setup=/seed     the folder whose setup.sh is run (init_seed.c)
 *
 * A step that fails is named in READY and does not stop the later ones, as long as the port works:
 * a guest that can still be asked is worth more than a silent one. Without a port nobody can be
 * told, so it powers off. The console gets a line for humans; nothing is ever decided by it.
 *
 * Every wait here has a bound. If PID 1 dies the kernel panics, and panic=-1 with QEMU's -no-reboot
 * ends the VM: failing closed needs no code.
 */
#include "vm-images/init.h"

#include "bytes/wr.h"
#include "vm-images/agent_proto.h"
#include "vm-images/serve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE_PATIENCE_MS 10000 /* for the port to appear after its driver was loaded */
#define CMDLINE_MAX        4096

/* Tests take files away to see what comes of it. */
static void remove_files(void)
{
	char list[CMDLINE_MAX], *rest = list, *path;

	if (!boot_word("gauntlet.without", list, sizeof(list)))
		return;
	while ((path = strsep(&rest, ","))) {
		glob_t g;

		if (*path && !glob(path, 0, NULL, &g)) {
			for (size_t i = 0; i < g.gl_pathc; i++)
				unlink(g.gl_pathv[i]);
			globfree(&g);
		}
	}
}

static void mount_all(struct boot *b)
{
	static const char *const table[][2] = {
	        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		mkdir(table[i][1], 0755);
		if (mount(table[i][0], table[i][1], table[i][0], MS_NOSUID, NULL))
			boot_fail(b, "mount %s: %s", table[i][1], strerror(errno));
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
		boot_fail(b, "/modules.order: %s", strerror(errno));
		return;
	}
	while (fgets(path, sizeof(path), list)) {
		int fd;

		path[strcspn(path, "\n")] = 0;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			boot_fail(b, "module %s: %s", path, strerror(errno));
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
	for (uint64_t end = boot_now_us() + DEVICE_PATIENCE_MS * 1000ull; boot_now_us() < end;) {
		struct pollfd f = {.fd = b->port, .events = POLLOUT};

		if (b->port < 0)
			b->port = f.fd = find_port();
		if (b->port >= 0 && poll(&f, 1, 0) == 1 && !(f.revents & POLLHUP))
			return;
		usleep(1000);
	}
	boot_fail(b, "no agent port " AGENT_PORT " within %d ms", DEVICE_PATIENCE_MS);
	if (b->port >= 0)
		close(b->port);
	b->port = -1;
}

static bool send_hello(struct boot *b)
{
	uint8_t body[4];
	struct wr w = wr_of(body, sizeof(body));

	return wr_u32(&w, AGENT_VERSION) &&
	       serve_send(b->port, AGENT_HELLO, 0, body, w.len, NULL, 0);
}

static void say_ready(const struct boot *b)
{
	if (b->why[0])
		dprintf(2, "gauntlet: NOT READY: %s\n", b->why);
	else
		dprintf(2, "gauntlet: READY at %lu us of guest time\n",
		        (unsigned long)boot_now_us());
}

/* What busybox's `poweroff` and `reboot` send to PID 1 when they are not told -f. */
static void on_signal(int sig)
{
	/* A bare system call. NOLINTNEXTLINE(bugprone-signal-handler) */
	reboot(sig == SIGTERM ? RB_AUTOBOOT : RB_POWER_OFF);
}

static void take_signals(void)
{
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
}

static void boot_on(struct boot *b)
{
	char word[256];

	if (boot_word("gauntlet.setup", word, sizeof(word)))
		boot_setup(b, word);
	(void)!boot_link_up("lo");
	if (boot_word("gauntlet.net", word, sizeof(word)) && !strcmp(word, "none"))
		return;
	if (boot_eth0_up(b))
		boot_get_lease(b);
}

int main(void)
{
	struct boot b = {.port = -1};
	char word[256];

	boot_step(&b, AGENT_STEP_INIT);
	if (getpid() != 1) {
		fprintf(stderr, "init: PID 1 of the sandbox VM; not for use on a host\n");
		return 64;
	}
	umask(022);
	take_signals();
	mount_all(&b);
	remove_files();
	open_console();
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/", 1);
	(void)!sethostname("sandbox", 7);
	load_modules(&b);
	boot_step(&b, AGENT_STEP_MODULES);
	if (boot_word("gauntlet.attack", word, sizeof(word)))
		boot_attack(&b, word);
	open_port(&b);
	if (b.port >= 0) {
		boot_step(&b, AGENT_STEP_PORT);
		if (send_hello(&b)) {
			boot_on(&b);
			say_ready(&b);
			if (serve_send_ready(b.port, 0, &b))
				serve_loop(b.port);
		}
	} else {
		dprintf(2, "gauntlet: %s\n", b.why);
	}
	/* With reboot=t a restart is a triple fault, which ends QEMU under -no-reboot at once; a
	 * power-off would need ACPI to work. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
