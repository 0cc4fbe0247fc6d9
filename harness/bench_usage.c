/* SPDX-License-Identifier: ISC */
/* bench_usage.c: reads /proc. */
#include "harness/bench_usage.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STAT_WORDS 12 /* between the name and what is wanted of /proc/PID/stat */
#define STAT_TIMES 8  /* user nice system idle iowait irq softirq steal, of /proc/stat */

/* ---- which processes ---- */

/* Whether a process is the interpreter of the script `path`: INTERPRETER [WORD] PATH ... */
static bool interprets(pid_t pid, const char *path)
{
	char file[64], line[8192] = "";
	size_t n, at = 0;
	FILE *f;

	snprintf(file, sizeof(file), "/proc/%d/cmdline", (int)pid);
	f = fopen(file, "re");
	if (!f)
		return false;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	for (int word = 0; word < 3 && at < n; word++) {
		if (word > 0 && !strcmp(line + at, path))
			return true;
		at += strlen(line + at) + 1;
	}
	return false;
}

/* "pid:[4026532281]" of a process's namespace. */
static bool namespace_of(pid_t pid, char out[64])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	n = readlink(path, out, 63);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Of /proc/PID/stat: ticks in user mode and in the kernel. The name in front of them may hold anything. */
static bool read_ticks(pid_t pid, double *user, double *kernel)
{
	char path[64], text[1024], *at;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	at = strrchr(text, ')');
	/* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt, then the two */
	for (int i = 0; i < STAT_WORDS && at; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	*user = strtod(at, &at);
	*kernel = strtod(at, &at);
	return true;
}

void bench_processes_find(struct bench_processes *p, const struct proc *proc, const char *path)
{
	char wanted[64], found[64];
	struct dirent *e;
	DIR *d;

	p->count = 0;
	d = namespace_of(proc->pid, wanted) ? opendir("/proc") : NULL;
	/* The namespace of a process and that of its children differ for the harness only. */
	while (d && (e = readdir(d)) && p->count < BENCH_PROCESSES_MAX) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10); /* 0: no process */

		if (!pid || pid == proc->pid || !namespace_of(pid, found) ||
		    strcmp(wanted, found) != 0)
			continue;
		if (!interprets(pid, path))
			p->pid[p->count++] = pid;
	}
	if (d)
		closedir(d);
}

/* ---- time ---- */

bool bench_cpu_read(const struct bench_processes *p, struct bench_cpu *out)
{
	const double tick_ms = 1000.0 / (double)sysconf(_SC_CLK_TCK);

	*out = (struct bench_cpu){0};
	for (size_t i = 0; i < p->count; i++) {
		double user, kernel;
		struct timespec t;
		clockid_t clock;

		if (clock_getcpuclockid(p->pid[i], &clock) || clock_gettime(clock, &t) ||
		    !read_ticks(p->pid[i], &user, &kernel))
			return false;
		out->total_ns += (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
		out->user_ms += user * tick_ms;
		out->kernel_ms += kernel * tick_ms;
	}
	return p->count > 0;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double own_seconds(int who)
{
	struct rusage u;

	return getrusage(who, &u) ? 0 : seconds(u.ru_utime) + seconds(u.ru_stime);
}

void bench_machine_read(struct bench_machine *out)
{
	const double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
	FILE *f = fopen("/proc/stat", "re");
	char line[512] = "", *at = line + strlen("cpu");

	*out = (struct bench_machine){0};
	if (f && fgets(line, sizeof(line), f))
		for (int i = 0; i < STAT_TIMES; i++) {
			double spent_s = strtod(at, &at) * tick_s;

			out->total_s += spent_s;
			if (i != 3 && i != 4) /* idle, iowait */
				out->busy_s += spent_s;
		}
	if (f)
		fclose(f);
	out->own_s = own_seconds(RUSAGE_SELF) + own_seconds(RUSAGE_CHILDREN);
}

/* ---- memory ---- */

bool bench_kb_line(FILE *f, const char *name, double *out)
{
	size_t len = strlen(name);
	char line[256];

	rewind(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		*out = strtod(line + len + 1, NULL);
		return true;
	}
	return false;
}

bool bench_memory_read(const struct bench_processes *p, struct bench_memory *out)
{
	*out = (struct bench_memory){0};
	for (size_t i = 0; i < p->count; i++) {
		double pss, rss;
		char path[64];
		bool ok;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)p->pid[i]);
		f = fopen(path, "re");
		if (!f)
			return false;
		ok = bench_kb_line(f, "Pss", &pss) && bench_kb_line(f, "Rss", &rss);
		fclose(f);
		if (!ok)
			return false;
		out->pss_kb += pss;
		out->rss_kb += rss;
	}
	return p->count > 0;
}
