/* SPDX-License-Identifier: ISC */
/* hostile.c: a PID 1 that misbehaves in one way, to try what the harness makes of it. Put into an image in place of
 * init.c by ci/bad-guests; nothing else uses it.
 *
 * Which way stands in the file /hostile, or in the kernel's words as hostile=NAME. The sound PID 1 is expected at
 * /sound: ways that need a guest which is well but for one thing make a process that does it, and become the sound one.
 * Of those who speak on the agent port none reads it.
 *
 *   kernel --> hostile --+--> before the port      panics, hangs, restarts
 *                        +--> on the agent port    what a sound guest says up to there, then its own
 *                        +--> child does it, PID 1 becomes /sound
 */
#include "bytes/wr.h"
#include "vm-images/agent_proto.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE_PATIENCE_MS 10000
#define SOUND              "/sound"

static void mount_all(void)
{
	static const char *const table[][2] = {
	        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		mkdir(table[i][1], 0755);
		(void)!mount(table[i][0], table[i][1], table[i][0], MS_NOSUID, NULL);
	}
}

static void load_modules(void)
{
	FILE *list = fopen("/modules.order", "re");
	char path[256];

	while (list && fgets(path, sizeof(path), list)) {
		int fd;

		path[strcspn(path, "\n")] = 0;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		syscall(SYS_finit_module, fd, "", 0);
		close(fd);
	}
	if (list)
		fclose(list);
}

static int find_port(void)
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	const struct dirent *e;
	char path[300];
	int fd = -1;

	while (dir && fd < 0 && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = e->d_name[0] == '.' ? -1 : open(path, O_RDWR | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* The only port is the agent's. */
static int open_port(void)
{
	load_modules();
	for (int ms = 0; ms < DEVICE_PATIENCE_MS; ms++) {
		int fd = find_port();
		struct pollfd f = {.fd = fd, .events = POLLOUT};

		if (fd >= 0 && poll(&f, 1, 0) == 1 && !(f.revents & POLLHUP))
			return fd;
		if (fd >= 0)
			close(fd);
		usleep(1000);
	}
	dprintf(2, "hostile: no agent port\n");
	exit(1);
}

__attribute__((noreturn)) static void hang(void)
{
	for (;;)
		pause();
}

static void put(int port, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n) {
		ssize_t done = write(port, at, n);

		if (done <= 0)
			hang(); /* nobody is there any more */
		at += done;
		n -= (size_t)done;
	}
}

/* One message; its body may be up to AGENT_OUTPUT_MAX long. */
static void say(int port, uint8_t type, uint32_t id, const void *body, size_t len)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	if (wr_u32(&w, (uint32_t)(AGENT_HEAD_MIN + len)) && wr_u8(&w, type) && wr_u32(&w, id) &&
	    wr_bytes(&w, body, len))
		put(port, w.p, w.len);
}

static void hello(int port)
{
	static const uint8_t version[4] = {0, 0, 0, AGENT_VERSION};

	say(port, AGENT_HELLO, 0, version, sizeof(version));
}

/* READY at 1 ms of guest time, all well. */
static void ready(int port)
{
	static const uint8_t body[] = {1, 1, AGENT_STEP_INIT, 0, 0, 3, 0xe8};

	say(port, AGENT_READY, 0, body, sizeof(body));
}

/* ---- on the port ---- */

static void hangs_after_hello(int port)
{
	hello(port);
}

static void says_ready_first(int port)
{
	ready(port);
}

static void says_hello_twice(int port)
{
	hello(port);
	hello(port);
}

static void says_ready_twice(int port)
{
	hello(port);
	ready(port);
	ready(port);
}

/* In one write, so that no reader can part them from READY. */
static void speaks_garbage(int port)
{
	static uint8_t noise[4096];

	hello(port);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 167 + 13);
	for (;;)
		put(port, noise, sizeof(noise));
}

static void speaks_a_giant(int port)
{
	static const uint8_t giant[] = {0xff, 0xff, 0xff, 0xff, AGENT_EXIT};

	hello(port);
	put(port, giant, sizeof(giant));
}

static void answers_unasked(int port)
{
	static const uint8_t body[6] = {AGENT_EXITED};

	hello(port);
	say(port, AGENT_EXIT, 7, body, sizeof(body));
}

static void stops_in_a_message(int port)
{
	static const uint8_t half[] = {0, 0, 0, 40, AGENT_READY, 0, 0};

	hello(port);
	put(port, half, sizeof(half));
}

static void closes_the_port(int port)
{
	hello(port);
	close(port);
}

static void answers_nothing(int port)
{
	hello(port);
	ready(port);
}

/* Valid, as long as can be, and about requests that nobody made. */
static void answers_without_end(int port)
{
	static uint8_t body[6 + AGENT_OUTPUT_MAX] = {AGENT_EXITED};

	hello(port);
	ready(port);
	for (;;)
		say(port, AGENT_EXIT, 0x7fffffff, body, sizeof(body));
}

static void breaks_off_when_asked(int port)
{
	static const uint8_t half[] = {0, 0, 0, 40, AGENT_EXIT, 0, 0};
	uint8_t request[64];

	hello(port);
	ready(port);
	(void)!read(port, request, sizeof(request));
	put(port, half, sizeof(half));
}

/* ---- before there is a port ---- */

static void panics(void)
{
	exit(1); /* "Attempted to kill init!" */
}

static void hangs(void)
{
	hang();
}

static void restarts(void)
{
	reboot(RB_AUTOBOOT);
	hang();
}

static void prints_without_end(void)
{
	static char text[1024];

	memset(text, 'A', sizeof(text));
	for (size_t i = 79; i < sizeof(text); i += 80)
		text[i] = '\n';
	for (;;)
		(void)!write(2, text, sizeof(text));
}

/* ---- beside a sound PID 1 ---- */

/* From when the card is up, with no regard for a full queue. */
static void sends_frames_without_end(void)
{
	static const uint8_t frame[1514] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
	                                    0,    0,    0,    0,    9,    8,    0};
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	for (;;) {
		to.sll_ifindex = (int)if_nametoindex("eth0");
		if (!to.sll_ifindex ||
		    sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			usleep(1000);
	}
}

static const struct way {
	const char *name;
	void (*alone)(void);       /* PID 1 itself, without a port */
	void (*on_port)(int port); /* PID 1 itself; hangs when it returns */
	void (*beside)(void);      /* a child */
} ways[] = {
        {"panics", panics, NULL, NULL},
        {"hangs", hangs, NULL, NULL},
        {"restarts", restarts, NULL, NULL},
        {"prints-without-end", prints_without_end, NULL, NULL},
        {"hangs-after-hello", NULL, hangs_after_hello, NULL},
        {"says-ready-first", NULL, says_ready_first, NULL},
        {"says-hello-twice", NULL, says_hello_twice, NULL},
        {"says-ready-twice", NULL, says_ready_twice, NULL},
        {"speaks-garbage", NULL, speaks_garbage, NULL},
        {"speaks-a-giant", NULL, speaks_a_giant, NULL},
        {"answers-unasked", NULL, answers_unasked, NULL},
        {"stops-in-a-message", NULL, stops_in_a_message, NULL},
        {"closes-the-port", NULL, closes_the_port, NULL},
        {"answers-nothing", NULL, answers_nothing, NULL},
        {"answers-without-end", NULL, answers_without_end, NULL},
        {"breaks-off-when-asked", NULL, breaks_off_when_asked, NULL},
        {"prints-beside", NULL, NULL, prints_without_end},
        {"sends-frames-without-end", NULL, NULL, sends_frames_without_end},
        {"behaves", NULL, NULL, NULL}, /* the control: becomes the sound one */
};

/* The first line of /hostile, or the kernel's word. */
static const char *wanted(void)
{
	static char line[4096];
	FILE *f = fopen("/hostile", "re");
	char *at = NULL;

	if (f && fgets(line, sizeof(line), f))
		at = line;
	if (f)
		fclose(f);
	f = at ? NULL : fopen("/proc/cmdline", "re");
	if (f && fgets(line, sizeof(line), f) && (at = strstr(line, "hostile=")))
		at += strlen("hostile=");
	if (f)
		fclose(f);
	if (at)
		at[strcspn(at, " \n")] = 0;
	return at ? at : "";
}

static void misbehave(const struct way *w)
{
	if (w->alone)
		w->alone();
	if (w->on_port) {
		w->on_port(open_port());
		hang();
	}
	if (w->beside && !fork()) {
		w->beside();
		_exit(0);
	}
	umount2("/dev", MNT_DETACH); /* which it mounts itself */
	umount2("/sys", MNT_DETACH);
	umount2("/proc", MNT_DETACH);
	execl(SOUND, "init", (char *)NULL);
	dprintf(2, "hostile: there is no " SOUND "\n");
	hang();
}

int main(void)
{
	const char *name;
	int fd;

	if (getpid() != 1) {
		fprintf(stderr, "hostile: PID 1 of a sandbox VM; not for use on a host\n");
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	mount_all();
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int i = 0; fd >= 0 && i < 3; i++)
		if (fd != i)
			dup2(fd, i);
	name = wanted();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, name))
			misbehave(&ways[i]);
	dprintf(2, "hostile: there is no way '%s'\n", name);
	return 1;
}
