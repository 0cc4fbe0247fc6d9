/* SPDX-License-Identifier: ISC */
/* program.c: see program.h. */
#include "harness/program.h"

#include "harness/addr.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- commands ---- */

struct text {
	char *p;
	size_t len, size; /* len == size: it did not fit */
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len = n >= 0 && (size_t)n < t->size - t->len ? t->len + (size_t)n : t->size;
}

/* NAME='VALUE' and a blank, whatever is in the value. */
static void add_quoted(struct text *t, const char *name, const char *value)
{
	add(t, "%s='", name);
	for (; *value; value++)
		add(t, *value == '\'' ? "'\\''" : "%c", *value);
	add(t, "' ");
}

static void add_address(struct text *t, const char *name, uint32_t ip)
{
	char text[ADDR_TEXT];

	add(t, "%s=%s ", name, addr_ip4(ip, text));
}

size_t program_command(const char *text, const struct recipe_vars *vars, uint32_t target,
                       const struct program_dirs *dirs, char *out, size_t size)
{
	struct text t = {.p = out, .size = size};

	add_address(&t, "T", target);
	add_address(&t, "VM", LAB_VM_IP);
	add_address(&t, "GW", LAB_GW_IP);
	add_address(&t, "PROVIDER", LAB_PROVIDER_IP);
	add_address(&t, "ROUTER", LAB_ROUTER_IP);
	add_address(&t, "CONSUMER", LAB_CONSUMER_IP);
	if (dirs) {
		add_quoted(&t, "LAB", dirs->lab);
		add_quoted(&t, "TMP", dirs->tmp);
	}
	add(&t, "NONCE=%s; %s", vars->nonce, text);
	return t.len < size ? t.len : 0;
}

/* ---- running ---- */

int program_start(struct program *p, const char *command, int net_ns)
{
	char env[] = "/usr/bin/env", no_environment[] = "-i", sh[] = "/bin/sh", c[] = "-c";
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LC_ALL=C.UTF-8", *copy = strdup(command);
	char *argv[] = {env, no_environment, path, locale, sh, c, copy, NULL};
	struct proc_options o = {.argv = argv, .net_ns = net_ns};
	int status = -1;

	*p = (struct program){.out_fd = memfd_create("program-output", MFD_CLOEXEC)};
	o.out = o.err = p->out_fd;
	if (p->out_fd < 0 || !copy)
		fprintf(stderr, "gauntlet: a program's output cannot be kept: %s\n",
		        strerror(errno));
	else
		status = proc_start(&o, &p->proc);
	if (status)
		program_close(p);
	free(copy);
	return status;
}

bool program_check(struct program *p)
{
	if (!p->has_ended && p->proc.pid)
		p->has_ended = proc_reap(&p->proc, 0, &p->end);
	return p->has_ended;
}

bool program_lacks_something(const struct program *p)
{
	return p->has_ended && p->end.started && !p->end.signalled &&
	       p->end.code == PROGRAM_EXIT_LACKS;
}

void program_stop(struct program *p)
{
	if (p->has_ended || !p->proc.pid)
		return;
	proc_kill(&p->proc);
	p->has_ended = proc_reap(&p->proc, -1, &p->end);
}

void program_read(const struct program *p, char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < size && (n = pread(p->out_fd, out + len, size - 1 - len, (off_t)len)) > 0)
		len += (size_t)n;
	for (size_t i = 0; i < len; i++)
		if ((out[i] < ' ' || out[i] == 0x7f) && out[i] != '\n' && out[i] != '\t')
			out[i] = '?';
	out[len] = '\0';
}

void program_close(struct program *p)
{
	program_stop(p);
	if (p->out_fd > 0)
		close(p->out_fd);
	p->out_fd = -1;
}

/* ---- evidence ---- */

void program_log_add(struct program_log *log, const char *where, const char *command,
                     const struct program *p)
{
	static char said[PROGRAM_OUTPUT_MAX];
	struct text t = {.p = log->text, .len = log->len, .size = sizeof(log->text)};
	char end[64] = "was still running";

	program_read(p, said, sizeof(said));
	if (p->has_ended)
		proc_end_text(&p->end, end);
	add(&t, "%s: %s\n%s%s(it %s)\n\n", where, command, said,
	    *said && said[strlen(said) - 1] != '\n' ? "\n" : "", end);
	log->full |= t.len == t.size;
	log->len = log->full ? sizeof(log->text) - 1 : t.len;
}

/* ---- folders ---- */

const char *program_lab_dir(void)
{
	static char dir[PATH_MAX];
	ssize_t n = *dir ? 0 : readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	if (n > 0) {
		dir[n] = '\0';
		*strrchr(dir, '/') = '\0';
	}
	return dir;
}

int program_make_tmp(char *out, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(out, size, "%s/gauntlet.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");

	if (n > 0 && (size_t)n < size && mkdtemp(out))
		return 0;
	fprintf(stderr, "gauntlet: cannot make a temporary folder: %s\n", strerror(errno));
	*out = '\0';
	return -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void program_remove_tmp(const char *path)
{
	/* Depth first, and never through a link or into another file system. */
	if (*path && nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT))
		fprintf(stderr, "gauntlet: cannot remove %s: %s\n", path, strerror(errno));
}
