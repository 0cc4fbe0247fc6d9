/* SPDX-License-Identifier: ISC */
/* doctor.c: does this program speak the contract at all? */
#include "harness/doctor.h"

#include "harness/doctor_probe.h"
#include "harness/lab.h"
#include "harness/run.h"

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

const struct doctor_cite doctor_cites[] = {
        {"doctor/contract", "CTR-001"},
        {"doctor/nothing-before-ready", "CTR-002"},
        {"doctor/denied-does-not-cross", "MODE-006"},
        {NULL, NULL},
};

void doctor_verdict(struct doctor *d, bool ok, const char *probe, const char *fmt, ...)
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

void doctor_not_asked(struct doctor *d, const char *probe, const char *why)
{
	printf("  --   %s: not asked: %s\n", probe, why);
	d->not_asked++;
}

void doctor_hint(const char *hint)
{
	printf("       %s\n", hint);
}

void doctor_word(char out[DOCTOR_WORD_MAX])
{
	uint8_t r[DOCTOR_WORD_MAX - 1];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		memset(r, 7, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++)
		out[i] = (char)('a' + r[i] % 26);
	out[sizeof(r)] = '\0';
}

void doctor_policy(const char *mode, const char *allow, const char *more,
                   char out[DOCTOR_POLICY_MAX])
{
	snprintf(out, DOCTOR_POLICY_MAX,
	         "{\"version\":1,\"mode\":\"%s\",\"vm\":{\"mac\":\"52:54:00:12:34:56\","
	         "\"ip\":\"192.168.100.2/"
	         "24\",\"gateway\":\"192.168.100.1\"},\"on_violation\":\"drop\",\"allow\":%s%s}",
	         mode, allow, more);
}

const char *doctor_mode(const struct doctor *d)
{
	const struct word_list *modes = &d->backend.modes;

	return word_list_has(modes, "filtered") || !modes->count ? "filtered" : modes->word[0];
}

/* A policy in memory, named through /proc so that nothing is left on disk. The descriptor must stay
 * open. */
static int make_policy(const char *text, char path[64])
{
	int fd = memfd_create("policy", 0); /* inherited, hence readable by its path */
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len) {
		fprintf(stderr, "gauntlet: doctor: memfd: %s\n", strerror(errno));
		exit(EXIT_ENV);
	}
	snprintf(path, 64, "/proc/%d/fd/%d", (int)getpid(), fd);
	return fd;
}

enum session_status doctor_start_early(struct doctor *d, const char *policy, struct session *s,
                                       const struct session_early *early)
{
	enum session_status st;
	char path[64];
	int fd = make_policy(policy, path);

	st = session_start_early(s, &d->backend, &d->world, path, -1, NULL, early);
	close(fd);
	return st;
}

enum session_status doctor_start(struct doctor *d, const char *policy, struct session *s)
{
	return doctor_start_early(d, policy, s, NULL);
}

bool doctor_ended_well(const struct session *s)
{
	return s->exited && !s->hung && !s->end.signalled && s->end.code == 0 && s->events.bye &&
	       !*session_contract_fault(s) && !s->channel_fault && !s->left_path;
}

const char *doctor_how(const struct session *s, char out[SESSION_WHY_MAX])
{
	char text[64];

	if (*s->never_ready)
		snprintf(out, SESSION_WHY_MAX, "%s", s->never_ready);
	else if (s->hung)
		snprintf(out, SESSION_WHY_MAX, "it did not end within 2 s and had to be killed");
	else if (*session_contract_fault(s))
		snprintf(out, SESSION_WHY_MAX, "%s", session_contract_fault(s));
	else if (s->channel_fault)
		snprintf(out, SESSION_WHY_MAX, "%s", s->channel_fault);
	else if (!s->exited)
		snprintf(out, SESSION_WHY_MAX,
		         "the laboratory could not be set up; see the message above");
	else if (s->end.signalled || s->end.code)
		snprintf(out, SESSION_WHY_MAX, "it %s", proc_end_text(&s->end, text));
	else if (!s->events.bye)
		snprintf(out, SESSION_WHY_MAX, "there was no \"bye\"");
	else
		snprintf(out, SESSION_WHY_MAX, "%s",
		         s->left_path ? "it left its socket's path behind" : "");
	return out;
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
	char word[DOCTOR_WORD_MAX], flag[16], how[64], run[] = "run",
	                                               *argv[] = {d->backend.path, run, flag, NULL};
	int code;

	doctor_word(word);
	snprintf(flag, sizeof(flag), "--%s", word);
	code = exit_code_of(d, argv, how);
	doctor_verdict(d, code == 89, "an unknown flag is refused with 89", "`run %s` %s", flag,
	               how);
}

static void probe_unknown_command(struct doctor *d)
{
	char word[DOCTOR_WORD_MAX], how[64], *argv[] = {d->backend.path, word, NULL};
	int code;

	doctor_word(word);
	code = exit_code_of(d, argv, how);
	doctor_verdict(d, code == 89, "an unknown command is refused with 89", "`%s` %s", word,
	               how);
}

static void probe_describe_stable(struct doctor *d)
{
	static struct backend second;

	memcpy(second.path, d->backend.path, sizeof(second.path));
	doctor_verdict(d,
	               backend_describe(&second) == BACKEND_OK &&
	                       !memcmp(&second.caps, &d->backend.caps, sizeof(second.caps)) &&
	                       !strcmp(second.name, d->backend.name) &&
	                       !strcmp(second.version, d->backend.version),
	               "describe says the same twice", "the second answer differs");
}

/* A policy that must be refused before anything is enforced. */
static void probe_refusal(struct doctor *d, const char *probe, const char *policy, const char *what)
{
	static struct session s;
	char how[64];
	enum session_status st = doctor_start(d, policy, &s);

	session_stop(&s);
	doctor_verdict(
	        d, st == SESSION_NEVER_READY && s.exited && !s.end.signalled && s.end.code == 91,
	        probe, "%s: %s", what,
	        st == SESSION_OK ? "the backend said \"ready\"" : proc_end_text(&s.end, how));
	session_free(&s);
}

static void probe_bad_policies(struct doctor *d)
{
	char word[DOCTOR_WORD_MAX], what[64], more[64], policy[DOCTOR_POLICY_MAX];

	doctor_word(word);
	snprintf(what, sizeof(what), "key \"%s\"", word);
	snprintf(more, sizeof(more), ",\"%s\":1", word);
	doctor_policy(doctor_mode(d), "[]", more, policy);
	probe_refusal(d, "an unknown policy key is refused with 91", policy, what);
	doctor_word(word);
	snprintf(what, sizeof(what), "mode \"%s\"", word);
	doctor_policy(word, "[]", "", policy);
	probe_refusal(d, "an unknown mode is refused with 91", policy, what);
}

static void probe_deny_all(struct doctor *d)
{
	static struct session s;
	char how[SESSION_WHY_MAX], policy[DOCTOR_POLICY_MAX];
	enum session_status st;

	doctor_policy(doctor_mode(d), "[]", "", policy);
	st = doctor_start(d, policy, &s);
	session_stop(&s);
	doctor_verdict(d, st == SESSION_OK, "a policy that allows nothing reaches \"ready\"", "%s",
	               doctor_how(&s, how));
	if (st == SESSION_OK) {
		doctor_verdict(d, !s.hung, "it ends within 2 s of its channel's end",
		               "it had to be killed");
		doctor_verdict(d, !s.hung && !s.end.signalled && s.end.code == 0,
		               "and exits with 0", "it %s", proc_end_text(&s.end, how));
		doctor_verdict(d, s.events.bye && !*s.events.fault,
		               "and says \"bye\" last, all events well formed", "%s",
		               *s.events.fault ? s.events.fault : "there was no \"bye\"");
	}
	if (*s.stderr_text && st != SESSION_OK)
		printf("       it said: %s\n", s.stderr_text);
	session_free(&s);
}

/* Where no transport is to be tried: the first that is described. */
static enum transport_kind first_transport(const struct doctor *d)
{
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if (word_list_has(&d->backend.transports, transport_names[i]))
			return (enum transport_kind)i;
	return TRANSPORT_FD;
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
	d->backend.transport = first_transport(d);
	probe_bad_policies(d);
	probe_deny_all(d);
	doctor_probe_modes(d);
	doctor_probe_transports(d);
	doctor_probe_ctl(d);
	doctor_probe_smoke(d);
	printf("\n%u passed, %u failed", d->good, d->bad);
	if (d->not_asked)
		printf(", %u skipped", d->not_asked);
	printf("\n");
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
