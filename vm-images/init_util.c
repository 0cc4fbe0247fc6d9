/* SPDX-License-Identifier: ISC */
/* init_util.c: what every part of PID 1 needs: the record of the boot, the kernel's words, children. */
#include "vm-images/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CMDLINE_MAX 4096

uint64_t boot_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void boot_step(struct boot *b, enum agent_step s)
{
	b->at_us[s] = boot_now_us();
}

void boot_fail(struct boot *b, const char *fmt, ...)
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

bool boot_word(const char *name, char *out, size_t size)
{
	char line[CMDLINE_MAX] = "", *rest = line, *word;
	FILE *f = fopen("/proc/cmdline", "re");
	size_t len = strlen(name);
	bool found = false;

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	while ((word = strsep(&rest, " \n")))
		if (!strncmp(word, name, len) && word[len] == '=' && strlen(word + len) <= size) {
			memcpy(out, word + len + 1, strlen(word + len));
			found = true;
		}
	return found;
}

int boot_spawn(const char *const argv[], bool loud)
{
	pid_t pid = fork();
	sigset_t none;
	int null;

	if (pid)
		return pid;
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, 0);
	if (!loud) {
		dup2(null, 1);
		dup2(null, 2);
	}
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int boot_wait(int pid, int patience_ms)
{
	struct pollfd f = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	int status = -1;
	bool over = f.fd >= 0 && poll(&f, 1, patience_ms) == 0;

	if (over)
		kill(-pid, SIGKILL);
	if (over)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (f.fd >= 0)
		close(f.fd);
	return over ? -1 : status;
}
