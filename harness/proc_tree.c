/* SPDX-License-Identifier: ISC */
/* proc_tree.c: see proc_tree.h. A process that ends, or a number that is used again, while we look
 * does no harm: each is held by a pidfd before it is asked which namespace it belongs to. */
#include "harness/proc_tree.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KILL_MS       5000 /* the bound of a failure */
#define LISTED_MAX    256
#define NAMESPACE_MAX 64 /* "pid:[4026531836]" */

static bool pid_namespace(pid_t pid, char out[NAMESPACE_MAX])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	n = readlink(path, out, NAMESPACE_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Calls `visit` for each; how many there were. */
static unsigned visit_all(const struct proc *p, void (*visit)(pid_t pid, int pidfd, void *arg),
                          void *arg)
{
	char wanted[NAMESPACE_MAX], found[NAMESPACE_MAX];
	DIR *dir = p->pid > 0 && pid_namespace(p->pid, wanted) ? opendir("/proc") : NULL;
	const struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10); /* 0 for other names */
		int fd;

		if (pid <= 0 || pid == p->pid)
			continue;
		fd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (fd >= 0 && pid_namespace(pid, found) && !strcmp(found, wanted)) {
			visit(pid, fd, arg);
			count++;
		}
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	return count;
}

/* The first `size` - 1 bytes of /proc/PID/NAME; false when they cannot be read. */
static bool read_text(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
	return n > 0;
}

/* "Pss:   1234 kB" of smaps_rollup */
static bool read_pss(pid_t pid, uint64_t *kib)
{
	char text[2048];
	const char *line;

	if (!read_text(pid, "smaps_rollup", text, sizeof(text)))
		return false;
	line = strstr(text, "\nPss:");
	*kib = line ? strtoull(line + strlen("\nPss:"), NULL, 10) : 0;
	return line != NULL;
}

/* The second number of statm, in pages. */
static uint64_t read_rss(pid_t pid)
{
	char text[256], *resident;

	if (!read_text(pid, "statm", text, sizeof(text)))
		return 0;
	strtoull(text, &resident, 10);
	return strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void add_memory(pid_t pid, int pidfd, void *arg)
{
	uint64_t kib, *sum = arg;

	(void)pidfd;
	*sum += read_pss(pid, &kib) ? kib : read_rss(pid);
}

bool proc_tree_memory(const struct proc *p, uint64_t *kib)
{
	*kib = 0;
	return visit_all(p, add_memory, kib) > 0;
}

static void send_signal(pid_t pid, int pidfd, void *arg)
{
	(void)pid;
	syscall(SYS_pidfd_send_signal, pidfd, *(const int *)arg, NULL, 0);
}

bool proc_tree_signal(const struct proc *p, int signal)
{
	return visit_all(p, send_signal, &signal) > 0;
}

/* Its number in its own namespace, which grows with each process that is started there; 0 when it is gone. */
static pid_t inner_pid(pid_t pid)
{
	char text[2048];
	const char *line, *last;

	if (!read_text(pid, "status", text, sizeof(text)))
		return 0;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return 0;
	for (last = ++line; *line && *line != '\n'; line++)
		if (*line == '\t')
			last = line;
	return (pid_t)strtol(last, NULL, 10);
}

struct listed {
	pid_t inner;
	int pidfd;
};

struct list {
	size_t count;
	struct listed process[LISTED_MAX];
};

static void list_process(pid_t pid, int pidfd, void *arg)
{
	struct list *l = arg;

	if (l->count < LISTED_MAX)
		l->process[l->count++] = (struct listed){inner_pid(pid), dup(pidfd)};
}

static int started_before(const void *a, const void *b)
{
	const struct listed *one = a, *other = b;

	return (one->inner > other->inner) - (one->inner < other->inner);
}

bool proc_tree_kill_one(const struct proc *p, unsigned number)
{
	struct list l = {0};
	struct pollfd gone = {.events = POLLIN};
	bool sent;

	visit_all(p, list_process, &l);
	qsort(l.process, l.count, sizeof(l.process[0]), started_before);
	if (number == PROC_TREE_LAST && l.count > 1)
		number = (unsigned)l.count;
	sent = number >= 1 && number <= l.count &&
	       !syscall(SYS_pidfd_send_signal, l.process[number - 1].pidfd, SIGKILL, NULL, 0);
	if (sent) {
		gone.fd = l.process[number - 1].pidfd;
		sent = poll(&gone, 1, KILL_MS) == 1;
	}
	for (size_t i = 0; i < l.count; i++)
		close(l.process[i].pidfd);
	return sent;
}

struct limit {
	int resource;
	uint64_t value;
	bool failed;
};

/* The hard limit stays, so that the soft one can be raised again. */
static void limit_process(pid_t pid, int pidfd, void *arg)
{
	struct limit *l = arg;
	struct rlimit now;

	(void)pidfd;
	if (prlimit(pid, (enum __rlimit_resource)l->resource, NULL, &now)) {
		l->failed = true;
		return;
	}
	now.rlim_cur = l->value < now.rlim_max ? l->value : now.rlim_max;
	l->failed |= prlimit(pid, (enum __rlimit_resource)l->resource, &now, NULL) != 0;
}

bool proc_tree_limit(const struct proc *p, int resource, uint64_t value)
{
	struct limit l = {.resource = resource, .value = value};

	return visit_all(p, limit_process, &l) > 0 && !l.failed;
}
