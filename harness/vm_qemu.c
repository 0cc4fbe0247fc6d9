/* SPDX-License-Identifier: ISC */
/* vm_qemu.c: asks QEMU for its version. */
#include "harness/vm_qemu.h"

#include "harness/vm_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool search(char *path, size_t size)
{
	const char *p = getenv("PATH");

	for (p = p ? p : "/usr/bin:/bin"; *p; p += *p == ':') {
		size_t len = strcspn(p, ":");
		int n = snprintf(path, size, "%.*s/%s", (int)len, p, VM_QEMU);

		if (len && n > 0 && (size_t)n < size && !access(path, X_OK))
			return true;
		p += len;
	}
	return false;
}

/* Up to 999. */
static bool take_number(const char **at, unsigned *out)
{
	const char *p = *at;

	for (*out = 0; *p >= '0' && *p <= '9' && p < *at + 3; p++)
		*out = *out * 10 + (unsigned)(*p - '0');
	if (p == *at)
		return false;
	*at = p;
	return true;
}

bool vm_qemu_parse(const char *text, char version[VM_QEMU_VERSION], unsigned *major,
                   unsigned *minor)
{
	static const char head[] = "QEMU emulator version ";
	const char *at;

	if (strncmp(text, head, sizeof(head) - 1) != 0)
		return false;
	at = text += sizeof(head) - 1;
	if (!take_number(&at, major) || *at++ != '.' || !take_number(&at, minor))
		return false;
	snprintf(version, VM_QEMU_VERSION, "%.*s", (int)strcspn(text, "\n"), text);
	for (char *c = version; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return true;
}

__attribute__((noreturn)) static void become(const char *path, int out)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	execl(path, path, "--version", (char *)NULL);
	_exit(127);
}

/* What it prints, cut to fit, until it closes its output or its time is over. False when it is not to be had. */
static bool ask(const char *path, char *text, size_t size)
{
	int64_t deadline = now_ms() + VM_QEMU_ASK_MS, left;
	int fd[2], status = 0;
	size_t len = 0;
	ssize_t n = 1;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid == 0)
		become(path, fd[1]);
	close(fd[1]);
	while (pid > 0 && n && len + 1 < size && (left = deadline - now_ms()) > 0) {
		struct pollfd f = {.fd = fd[0], .events = POLLIN};

		if (poll(&f, 1, (int)left) <= 0)
			continue;
		n = read(fd[0], text + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = 0;
	close(fd[0]);
	if (pid <= 0)
		return false;
	kill(pid, SIGKILL); /* it has said all that is wanted, or is too late */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return len > 0;
}

bool vm_qemu_find(char *path, size_t size, char version[VM_QEMU_VERSION], char *why,
                  size_t why_size)
{
	/* What is on the disk does not change while a run lasts; PATH might. */
	static char known_path[PATH_MAX], known_version[VM_QEMU_VERSION];
	char text[512];
	unsigned major, minor;

	if (!search(path, size)) {
		snprintf(why, why_size, VM_QEMU " is missing: apt-get install qemu-system-x86");
		return false;
	}
	if (*known_path && !strcmp(known_path, path)) {
		memcpy(version, known_version, VM_QEMU_VERSION);
		return true;
	}
	if (!ask(path, text, sizeof(text)) || !vm_qemu_parse(text, version, &major, &minor)) {
		snprintf(why, why_size,
		         "%.200s does not say which QEMU it is: `--version` printed no version; "
		         "install qemu-system-x86 or correct PATH",
		         path);
		return false;
	}
	if (major < VM_QEMU_MAJOR || (major == VM_QEMU_MAJOR && minor < VM_QEMU_MINOR)) {
		snprintf(why, why_size,
		         "%.200s is QEMU %u.%u, which is too old: %d.%d is the first with "
		         "-netdev stream (Debian 12 has it)",
		         path, major, minor, VM_QEMU_MAJOR, VM_QEMU_MINOR);
		return false;
	}
	snprintf(known_path, sizeof(known_path), "%.*s", (int)sizeof(known_path) - 1, path);
	memcpy(known_version, version, VM_QEMU_VERSION);
	return true;
}
