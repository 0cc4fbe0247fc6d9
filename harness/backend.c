/* SPDX-License-Identifier: ISC */
/* backend.c: the contract, seen from the harness. */
#include "harness/backend.h"

#include "harness/caps.h"
#include "harness/escape.h"
#include "harness/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DESCRIBE_MS  5000
#define DESCRIBE_MAX 65536

static bool runnable(const char *path)
{
	return access(path, X_OK) == 0;
}

/* The folder this program was started from. */
static bool own_dir(char *out, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	if (n <= 0)
		return false;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

enum backend_status backend_find(const char *name, struct backend *b)
{
	char dir[2048];

	*b = (struct backend){0};
	if (strchr(name, '/')) {
		snprintf(b->path, sizeof(b->path), "%s", name);
		if (runnable(b->path))
			return BACKEND_OK;
		fprintf(stderr, "gauntlet: backend %s: %s\n", name, strerror(errno));
		return BACKEND_UNKNOWN;
	}
	snprintf(b->path, sizeof(b->path), "harness/backends/%s/backend", name);
	if (runnable(b->path))
		return BACKEND_OK;
	if (own_dir(dir, sizeof(dir))) {
		snprintf(b->path, sizeof(b->path), "%s/%s", dir, name);
		if (runnable(b->path))
			return BACKEND_OK;
	}
	fprintf(stderr,
	        "gauntlet: unknown backend '%s': there is no harness/backends/%s/backend and no "
	        "program "
	        "%s/%s.\n"
	        "  Give the path of a program that speaks the contract, or see docs/backends.md.\n",
	        name, name, dir, name);
	return BACKEND_UNKNOWN;
}

bool word_list_has(const struct word_list *l, const char *word)
{
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->word[i], word))
			return true;
	return false;
}

static enum backend_status broken(const struct backend *b, const char *what)
{
	fprintf(stderr,
	        "gauntlet: %s breaks the contract: `%s describe --contract 1` %s.\n"
	        "  See docs/backends.md; `gauntlet doctor %s` tries the whole contract.\n",
	        b->path, b->path, what, b->path);
	return BACKEND_BROKEN;
}

/* A word of printable ASCII: it is shown on terminals. */
static bool take_word(const json_t *v, char out[BACKEND_WORD_MAX])
{
	const char *s = json_string_value(v);
	size_t len = s ? strlen(s) : BACKEND_WORD_MAX;

	if (len >= BACKEND_WORD_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	memcpy(out, s, len + 1);
	return true;
}

static bool read_words(const json_t *root, const char *key, struct word_list *out)
{
	const json_t *list = json_object_get(root, key);

	if (!json_is_array(list) || json_array_size(list) > BACKEND_LIST_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!take_word(json_array_get(list, i), out->word[out->count++]))
			return false;
	return true;
}

static bool read_word(const json_t *root, const char *key, char out[BACKEND_WORD_MAX])
{
	return take_word(json_object_get(root, key), out);
}

/* Reads all of `fd` (at most DESCRIBE_MAX bytes) into `buf`. */
static size_t drain(int fd, char *buf)
{
	size_t len = 0;
	ssize_t n;

	while (len < DESCRIBE_MAX && (n = read(fd, buf + len, DESCRIBE_MAX - len)) > 0)
		len += (size_t)n;
	return len;
}

const char *backend_strictest_mode(const struct backend *b)
{
	static const char *const modes[] = {"filtered", "conntrack", "sampled", "direct"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (word_list_has(&b->modes, modes[i]))
			return modes[i];
	return NULL;
}

bool backend_has_ctl(const struct backend *b)
{
	for (size_t i = 0; i < b->caps.count; i++)
		if (!strncmp(b->caps.word[i], "ctl.", 4))
			return true;
	return false;
}

static const char *unknown_cap(const struct word_list *caps)
{
	for (size_t i = 0; i < caps->count; i++)
		if (!caps_is_known(caps->word[i]))
			return caps->word[i];
	return NULL;
}

static const char *unknown_transport(const struct word_list *transports)
{
	enum transport_kind kind;

	for (size_t i = 0; i < transports->count; i++)
		if (!transport_parse(transports->word[i], &kind))
			return transports->word[i];
	return NULL;
}

static enum backend_status parse_describe(struct backend *b, const char *text, size_t len)
{
	char what[320], audit[BACKEND_WORD_MAX], ordering[BACKEND_WORD_MAX] = "",
	                                         clean[JSON_ERROR_TEXT_LENGTH];
	const char *stranger;
	json_error_t err;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &err);
	enum backend_status st = BACKEND_OK;

	if (!json_is_object(root)) {
		snprintf(what, sizeof(what),
		         "did not print one JSON object (line %d, column %d: %s)",
		         root ? 1 : err.line, root ? 1 : err.column,
		         root ? "another type"
		              : escape_line(err.text, strlen(err.text), clean, sizeof(clean)));
		st = broken(b, what);
	} else if (!read_word(root, "name", b->name) || !read_word(root, "version", b->version) ||
	           !read_word(root, "audit", audit) || !read_words(root, "planes", &b->planes) ||
	           !read_words(root, "transports", &b->transports) ||
	           !read_words(root, "modes", &b->modes) || !read_words(root, "caps", &b->caps)) {
		st = broken(
		        b,
		        "lacks one of name, version, audit (strings), planes, transports, modes, "
		        "caps (arrays of strings)");
	} else if ((stranger = unknown_cap(&b->caps))) {
		snprintf(what, sizeof(what),
		         "names a capability that the contract does not know: %s", stranger);
		st = broken(b, what);
	} else if ((stranger = unknown_transport(&b->transports))) {
		snprintf(what, sizeof(what),
		         "names a transport that the contract does not know: %s", stranger);
		st = broken(b, what);
	} else if (json_object_get(root, "ordering") && !read_word(root, "ordering", ordering)) {
		st = broken(b, "has an ordering that is no string");
	} else if (*ordering && strcmp(ordering, "fifo") != 0 &&
	           strcmp(ordering, "per-flow") != 0 && strcmp(ordering, "none") != 0) {
		snprintf(what, sizeof(what),
		         "names an ordering that the contract does not know: %s", ordering);
		st = broken(b, what);
	} else {
		b->audit = !strcmp(audit, "jsonl");
		b->fifo = !strcmp(ordering, "fifo");
	}
	json_decref(root);
	return st;
}

enum backend_status backend_describe(struct backend *b)
{
	char *argv[] = {b->path, (char[]){"describe"}, (char[]){"--contract"}, (char[]){"1"}, NULL};
	static char text[DESCRIBE_MAX];
	char what[160], end_text[64];
	struct proc_end end;
	struct proc p;
	int pipefd[2];
	size_t len;

	if (pipe2(pipefd, O_CLOEXEC)) {
		fprintf(stderr, "gauntlet: pipe: %s\n", strerror(errno));
		return BACKEND_BROKEN;
	}
	fcntl(pipefd[0], F_SETPIPE_SZ, DESCRIBE_MAX);
	struct proc_options o = {
	        .argv = argv, .net_ns = -1, .out = pipefd[1], .err = STDERR_FILENO};

	if (proc_start(&o, &p)) {
		close(pipefd[0]);
		close(pipefd[1]);
		return BACKEND_BROKEN;
	}
	close(pipefd[1]);
	if (!proc_reap(&p, DESCRIBE_MS, &end)) {
		proc_kill(&p);
		proc_reap(&p, -1, &end);
		close(pipefd[0]);
		return broken(b, "did not end within 5 s");
	}
	len = drain(pipefd[0], text);
	close(pipefd[0]);
	if (!end.started || end.signalled || end.code) {
		snprintf(what, sizeof(what), "%s", proc_end_text(&end, end_text));
		return broken(b, what);
	}
	return parse_describe(b, text, len);
}

int backend_run(const struct backend *b, const struct backend_start *o, struct proc *p)
{
	char path[sizeof(b->path)], policy[4096], frames[512], events[16], ctl[16], seed[32];
	char run[] = "run", contract[] = "--contract", one[] = "1", f_policy[] = "--policy",
	     f_frames[] = "--frames", f_events[] = "--events", f_uplink[] = "--uplink",
	     uplink[] = LAB_UPLINK, f_ctl[] = "--ctl", f_seed[] = "--seed",
	     f_organisation[] = "--organisation", organisation[sizeof(policy)];
	char *argv[] = {path,   run,      contract, one,      f_policy, policy, f_frames,
	                frames, f_events, events,   f_uplink, uplink,   NULL,   NULL,
	                NULL,   NULL,     NULL,     NULL,     NULL};
	size_t n = 12;
	struct proc_options po = {.argv = argv,
	                          .net_ns = o->net_ns,
	                          .keep = {o->events_fd},
	                          .keep_count = 1,
	                          .out = o->stderr_fd,
	                          .err = o->stderr_fd};

	snprintf(path, sizeof(path), "%s", b->path);
	snprintf(policy, sizeof(policy), "%s", o->policy);
	snprintf(events, sizeof(events), "fd:%d", o->events_fd);
	if (o->frames_fd >= 0) {
		snprintf(frames, sizeof(frames), "fd:%d", o->frames_fd);
		po.keep[po.keep_count++] = o->frames_fd;
	} else {
		snprintf(frames, sizeof(frames), "%s", o->frames);
	}
	if (o->ctl_fd > 0) {
		snprintf(ctl, sizeof(ctl), "fd:%d", o->ctl_fd);
		po.keep[po.keep_count++] = o->ctl_fd;
		argv[n++] = f_ctl;
		argv[n++] = ctl;
	}
	if (o->organisation) {
		snprintf(organisation, sizeof(organisation), "%s", o->organisation);
		argv[n++] = f_organisation;
		argv[n++] = organisation;
	}
	if (o->seed) {
		snprintf(seed, sizeof(seed), "%s", o->seed);
		argv[n++] = f_seed;
		argv[n++] = seed;
	}
	return proc_start(&po, p);
}
