/* SPDX-License-Identifier: ISC */
/* doctor.c: does this program speak the contract at all? */
#include "harness/doctor.h"

#include "harness/backend.h"
#include "harness/lab.h"
#include "harness/run.h"
#include "harness/session.h"
#include "harness/world.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define PROBE_MS 5000

static const char deny_all[] =
        "{\"version\":1,\"mode\":\"filtered\",\"vm\":{\"mac\":\"52:54:00:12:34:56\","
        "\"ip\":\"192.168.100.2/24\",\"gateway\":\"192.168.100.1\"},\"allow\":[]%s}";

struct doctor {
	struct backend backend;
	struct world world;
	unsigned good, bad;
};

static void verdict(struct doctor *d, bool ok, const char *probe, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
static void verdict(struct doctor *d, bool ok, const char *probe, const char *fmt, ...)
{
	va_list ap;

	printf("  %s %s", ok ? "ok  " : "FAIL", probe);
	if (!ok) {
		printf(": ");
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
	}
	printf("\n");
	d->good += ok;
	d->bad += !ok;
}

static void random_word(char out[13])
{
	uint8_t r[12];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		memset(r, 7, sizeof(r));
	for (int i = 0; i < 12; i++)
		out[i] = (char)('a' + r[i] % 26);
	out[12] = '\0';
}

/* A policy in memory, named through /proc so that nothing is left on disk. The descriptor must stay
 * open. */
static int make_policy(const char *extra, char path[64])
{
	int fd = memfd_create("policy", 0); /* inherited, hence readable by its path */
	char text[1024];
	int len = snprintf(text, sizeof(text), deny_all, extra);

	if (fd < 0 || write(fd, text, (size_t)len) != len) {
		fprintf(stderr, "gauntlet: doctor: memfd: %s\n", strerror(errno));
		exit(EXIT_ENV);
	}
	snprintf(path, 64, "/proc/%d/fd/%d", (int)getpid(), fd);
	return fd;
}

/* Runs the backend with these arguments and returns its exit code, or -1 with words in `how`. */
static int exit_code_of(struct doctor *d, char *const *argv, char how[64])
{
	struct proc_options o = {.argv = argv, .net_ns = -1, .out = -1, .err = -1};
	struct proc_end end;
	struct proc p;

	(void)d;
	if (proc_start(&o, &p)) {
		snprintf(how, 64, "could not be started");
		return -1;
	}
	if (!proc_reap(&p, PROBE_MS, &end)) {
		proc_kill(&p);
		proc_reap(&p, -1, &end);
		snprintf(how, 64, "did not end within %d ms", PROBE_MS);
		return -1;
	}
	proc_end_text(&end, how);
	return end.started && !end.signalled ? end.code : -1;
}

static void probe_unknown_flag(struct doctor *d)
{
	char word[13], flag[16], how[64], run[] = "run",
	                                  *argv[] = {d->backend.path, run, flag, NULL};
	int code;

	random_word(word);
	snprintf(flag, sizeof(flag), "--%s", word);
	code = exit_code_of(d, argv, how);
	verdict(d, code == 89, "an unknown flag is refused with 89", "`run %s` %s", flag, how);
}

static void probe_unknown_command(struct doctor *d)
{
	char word[13], how[64], *argv[] = {d->backend.path, word, NULL};
	int code;

	random_word(word);
	code = exit_code_of(d, argv, how);
	verdict(d, code == 89, "an unknown command is refused with 89", "`%s` %s", word, how);
}

static void probe_describe_stable(struct doctor *d)
{
	static struct backend second;

	memcpy(second.path, d->backend.path, sizeof(second.path));
	verdict(d,
	        backend_describe(&second) == BACKEND_OK &&
	                !memcmp(&second.caps, &d->backend.caps, sizeof(second.caps)) &&
	                !strcmp(second.name, d->backend.name) &&
	                !strcmp(second.version, d->backend.version),
	        "describe says the same twice", "the second answer differs");
}

/* Starts a session with the policy; returns how that went, with the session stopped. */
static enum session_status try_policy(struct doctor *d, const char *extra, struct session *s)
{
	enum session_status st;
	char path[64];
	int fd = make_policy(extra, path);

	st = session_start(s, &d->backend, &d->world, path, -1);
	session_stop(s);
	close(fd);
	return st;
}

static void probe_unknown_key(struct doctor *d)
{
	static struct session s;
	char word[13], extra[64], how[64];
	enum session_status st;

	random_word(word);
	snprintf(extra, sizeof(extra), ",\"%s\":1", word);
	st = try_policy(d, extra, &s);
	verdict(d, st == SESSION_NEVER_READY && s.exited && !s.end.signalled && s.end.code == 91,
	        "an unknown policy key is refused with 91", "key \"%s\": %s", word,
	        st == SESSION_OK ? "the backend said \"ready\"" : proc_end_text(&s.end, how));
	session_free(&s);
}

static void probe_deny_all(struct doctor *d)
{
	static struct session s;
	char how[64];
	enum session_status st = try_policy(d, "", &s);

	verdict(d, st == SESSION_OK, "a policy that allows nothing reaches \"ready\"", "%s",
	        s.hung            ? "no \"ready\" within 5 s"
	        : *s.events.fault ? s.events.fault
	                          : proc_end_text(&s.end, how));
	if (st == SESSION_OK) {
		verdict(d, !s.hung, "it ends within 2 s of its channel's end",
		        "it had to be killed");
		verdict(d, !s.hung && !s.end.signalled && s.end.code == 0, "and exits with 0",
		        "it %s", proc_end_text(&s.end, how));
		verdict(d, s.events.bye && !*s.events.fault,
		        "and says \"bye\" last, all events well formed", "%s",
		        *s.events.fault ? s.events.fault : "there was no \"bye\"");
	}
	if (*s.stderr_text && st != SESSION_OK)
		printf("       it said: %s\n", s.stderr_text);
	session_free(&s);
}

static int examine(struct doctor *d)
{
	printf("gauntlet doctor: %s\n", d->backend.path);
	if (backend_describe(&d->backend) != BACKEND_OK)
		return EXIT_NOTHING;
	printf("  ok   describe: %s %s\n", d->backend.name, d->backend.version);
	d->good++;
	probe_describe_stable(d);
	probe_unknown_command(d);
	probe_unknown_flag(d);
	probe_unknown_key(d);
	probe_deny_all(d);
	printf("\n%u passed, %u failed\n", d->good, d->bad);
	if (d->bad)
		printf("docs/backends.md describes the contract.\n");
	else
		printf("Next: gauntlet run --backend %s\n", d->backend.path);
	return d->bad ? EXIT_NOTHING : 0;
}

int doctor_main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	static struct doctor d;
	int c, code;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			printf("usage: gauntlet doctor BACKEND\n"
			       "Tries the backend contract step by step; BACKEND is a name or a "
			       "path.\n"
			       "exit: 0 all holds, 2 usage, 3 a probe failed, 4 the environment is "
			       "at fault\n");
		return c == 'h' ? 0 : EXIT_USAGE;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: gauntlet doctor BACKEND\n");
		return EXIT_USAGE;
	}
	if (backend_find(argv[optind], &d.backend) != BACKEND_OK)
		return EXIT_USAGE;
	signal(SIGPIPE, SIG_IGN);
	if (lab_enter() || world_open(&d.world))
		return EXIT_ENV;
	code = examine(&d);
	world_close(&d.world);
	return code;
}
