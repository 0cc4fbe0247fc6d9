/* SPDX-License-Identifier: ISC */
/* batch_start.c: a row that starts the backend with a policy, and looks whether it refuses it. */
#include "harness/batch_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS 65536

static bool fail(char *why, const char *what)
{
	snprintf(why, 256, "%s: %s", what, strerror(errno));
	return false;
}

/* `size` bytes of `from`, and blanks behind its end. */
static bool copy_sized(const char *from, const char *to, size_t size, char *why)
{
	char *buf = malloc(BLANKS);
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	bool ok = buf && in && out;

	while (ok && size) {
		size_t n = size < BLANKS ? size : BLANKS, got = fread(buf, 1, n, in);

		memset(buf + got, ' ', n - got);
		ok = fwrite(buf, 1, n, out) == n;
		size -= n;
	}
	if (in)
		fclose(in);
	ok = (!out || !fclose(out)) && ok;
	free(buf);
	return ok || fail(why, "the policy cannot be written");
}

/* The path that the backend gets. What has to be made is made in the batch's temporary folder. */
static bool make_policy(struct batch *b, const struct scn_start *start, char path[PATH_MAX],
                        char *why)
{
	const struct program_dirs *dirs = batch_dirs(b);

	if (!dirs) {
		snprintf(why, 256, "there is no temporary folder; see the message above");
		return false;
	}
	snprintf(path, PATH_MAX, "%s/policy.json", dirs->tmp);
	switch (start->what) {
	case START_NOTHING:
		return true;
	case START_DIRECTORY:
		return !mkdir(path, 0700) || fail(why, "the folder cannot be made");
	case START_FIFO:
		return !mkfifo(path, 0600) || fail(why, "the fifo cannot be made");
	case START_DEVICE:
		return !symlink("/dev/zero", path) || fail(why, "the link cannot be made");
	case START_FILE:
		break;
	}
	if (start->has_size)
		return copy_sized(start->policy, path, start->size, why);
	snprintf(path, PATH_MAX, "%s", start->policy);
	return true;
}

/* A policy that is good, but for a mode that this backend does not claim to have. */
static bool lacks_mode(const struct batch *b, const struct row *row, char *why)
{
	json_t *root = row->verdict == ROW_READY ? json_load_file(row->start->policy, 0, NULL)
	                                         : NULL;
	const char *mode = json_string_value(json_object_get(root, "mode"));
	bool lacks = mode && !word_list_has(&b->backend->modes, mode);

	if (lacks)
		snprintf(why, 256, "the backend does not offer mode %s", mode);
	json_decref(root);
	return lacks;
}

/* A message that names the file. */
static bool names_file(const struct session *s, const char *path)
{
	const char *base = strrchr(path, '/');

	return strstr(s->stderr_text, base ? base + 1 : path) != NULL;
}

enum batch_end batch_start_row(struct batch *b, const char *seed)
{
	struct judge_item *it = &b->items[0];
	struct session *s = &b->session;
	double start = batch_now_ms();
	const char *organisation = it->row->start->organisation;
	char path[PATH_MAX];
	enum session_status st;
	bool ended_early;

	if (!organisation)
		organisation = b->suite->organisation;
	if (lacks_mode(b, it->row, it->vacuous)) {
		it->not_applicable = true;
		it->result = RESULT_NA;
		snprintf(it->detail, sizeof(it->detail), "%s", it->vacuous);
		return BATCH_DONE;
	}
	if (!make_policy(b, it->row->start, path, it->vacuous)) {
		it->result = RESULT_ENV;
		snprintf(it->detail, sizeof(it->detail), "%s", it->vacuous);
		return BATCH_ENV;
	}
	b->world->organisation = organisation;
	st = session_start(s, b->backend, b->world, path, -1, seed);
	ended_early = s->exited;
	if (st == SESSION_NEVER_READY && !s->exited)
		snprintf(it->failure, sizeof(it->failure),
		         "%s, and did not refuse the policy either", s->never_ready);
	session_stop(s);
	if (session_interrupted)
		return BATCH_INTERRUPTED;
	if (st == SESSION_ENV) {
		it->result = RESULT_ENV;
		snprintf(it->detail, sizeof(it->detail),
		         "the laboratory could not be set up; see the message above");
		return BATCH_ENV;
	}
	b->judge.has_sentinel = false; /* it is another policy that lets it pass */
	b->judge.ready = st == SESSION_OK;
	b->judge.named = names_file(s, path) || (organisation && names_file(s, organisation));
	b->judge.tape = &s->tape;
	batch_note_process(b, ended_early);
	b->judge.hung = b->judge.hung && st == SESSION_OK;
	judge(&b->judge);
	b->ms = batch_now_ms() - start;
	return BATCH_DONE;
}
