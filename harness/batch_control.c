/* SPDX-License-Identifier: ISC */
/* batch_control.c: the statements of a case that are about the backend itself. */
#include "harness/batch_steps.h"

#include "bytes/wr.h"
#include "harness/ctl.h"
#include "harness/frame.h"
#include "harness/proc_tree.h"
#include "harness/recipe_parse.h"

#include <linux/sockios.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define POLICY_MAX (2u << 20)
#define STATS_MS   20   /* between two looks at a counter */
#define READ_MS    2000 /* for the backend to read one byte */

static bool fail(char *why, const char *text)
{
	snprintf(why, 256, "%s", text);
	return false;
}

/* ---- the control channel ---- */

/* The text of a policy; the caller frees. NULL when it is no longer there, or too large. */
static char *read_policy(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? calloc(1, POLICY_MAX + 1) : NULL;

	if (text)
		text[fread(text, 1, POLICY_MAX, f)] = '\0';
	if (f)
		fclose(f);
	return text;
}

static bool run_policy(struct batch *b, const struct step *st, char *why)
{
	char *text = read_policy(st->policy);
	enum ctl_status status;

	if (!text)
		return fail(why, "the policy cannot be read");
	status = ctl_policy(&b->session, text, why);
	free(text);
	if (status == CTL_REFUSED && st->refused)
		return true;
	if (status == CTL_OK && st->refused)
		return fail(why, "the backend took over a policy that it had to refuse");
	return status == CTL_OK;
}

static int64_t counter(const struct ctl_stats *stats, enum stats_field field)
{
	const int64_t values[STATS_FIELD_COUNT] = {
	        [STATS_FRAMES] = stats->frames,
	        [STATS_FORWARDED] = stats->forwarded,
	        [STATS_ANSWERED] = stats->answered,
	        [STATS_DROPPED] = stats->dropped,
	        [STATS_REPLIES] = stats->replies,
	        [STATS_REPLIES_DROPPED] = stats->replies_dropped,
	        [STATS_FLOWS] = stats->flows,
	        [STATS_FLOWS_LIVE] = stats->flows_live,
	        [STATS_TCP_LIVE] = stats->tcp_live,
	        [STATS_SUPPRESSED] = stats->suppressed,
	};

	return values[field];
}

/* Asks until the counter is as wanted: what the world does comes when it comes. */
static bool run_stats(struct batch *b, const struct step *st, char *why)
{
	double deadline = batch_now_ms() + st->within_ms;
	struct ctl_stats stats;
	int64_t n;

	do {
		if (ctl_stats(&b->session, &stats, why) != CTL_OK)
			return false;
		n = counter(&stats, st->stats);
		if (n >= 0 && (uint64_t)n >= st->count.least && (uint64_t)n <= st->count.most)
			return true;
		session_pump(&b->session, STATS_MS);
	} while (batch_now_ms() < deadline && !b->session.exited && !session_interrupted);
	snprintf(why, 256, "it is %lld", (long long)n);
	return false;
}

/* ---- processes ---- */

static bool run_memory(struct batch *b, const struct step *st, char *why)
{
	uint64_t kib;

	if (!proc_tree_memory(&b->session.proc, &kib))
		return fail(why, "there is no process to measure");
	tape_note(&b->session.tape, "the backend occupies %llu KiB", (unsigned long long)kib);
	if (kib < st->number * 1024)
		return true;
	snprintf(why, 256, "its processes occupy %llu KiB", (unsigned long long)kib);
	return false;
}

static bool run_signal(struct batch *b, int signal, char *why)
{
	if (!proc_tree_signal(&b->session.proc, signal))
		return fail(why, "there is no process left");
	tape_note(&b->session.tape, "the backend's processes are %s",
	          signal == SIGSTOP ? "stopped" : "continued");
	return true;
}

static bool run_kill(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	const struct proc *p = &b->session.proc;
	char which[40] = "the last process";

	if (!st->number) {
		tape_note(&b->session.tape, "the backend's processes are killed");
		return proc_tree_signal(p, SIGKILL) || fail(why, "there is no process left");
	}
	if (st->number != PROC_TREE_LAST)
		snprintf(which, sizeof(which), "process %u", (unsigned)st->number);
	if (!proc_tree_kill_one(p, (unsigned)st->number)) {
		it->not_applicable = true;
		snprintf(it->vacuous, sizeof(it->vacuous), "the backend has no %s",
		         st->number == PROC_TREE_LAST ? "second process" : which);
		return fail(why, it->vacuous);
	}
	tape_note(&b->session.tape, "%s of the backend is killed", which);
	return true;
}

static bool run_limit(struct batch *b, const struct step *st, char *why)
{
	bool files = st->limit == LIMIT_FILES;

	if (!proc_tree_limit(&b->session.proc, files ? RLIMIT_NOFILE : RLIMIT_AS,
	                     files ? st->number : st->number << 20))
		return fail(why, "its processes cannot be limited");
	tape_note(&b->session.tape, "the backend may have %llu %s from now on",
	          (unsigned long long)st->number, files ? "descriptors" : "MB of memory");
	return true;
}

static bool gone(struct session *s, void *arg)
{
	(void)arg;
	return s->exited;
}

bool batch_wait_exit(struct batch *b, int timeout_ms)
{
	return session_wait(&b->session, timeout_ms, gone, NULL);
}

static bool run_ends(struct batch *b, const struct step *st, char *why)
{
	if (batch_wait_exit(b, (int)st->within_ms))
		return true; /* how it ended is for the judge */
	snprintf(why, 256, "the backend did not end within %u ms", st->within_ms);
	return false;
}

/* ---- the frame channel ---- */

/* Waits until what was written is read by the backend, to the last byte. No descriptor tells when that is. */
static bool wait_until_read(struct batch *b)
{
	struct session *s = &b->session;
	double deadline = batch_now_ms() + READ_MS;
	int unread = 1;

	while (!s->exited && !session_interrupted && batch_now_ms() < deadline) {
		if (!channel_pending(&s->chan) &&
		    (ioctl(s->chan.fd, SIOCOUTQ, &unread) || unread == 0))
			return true;
		session_pump(s, 1);
	}
	return false;
}

static bool put_bytes(struct batch *b, const uint8_t *bytes, size_t len, char *why)
{
	if (!channel_put_raw(&b->session.chan, bytes, len))
		return fail(why, "the frame channel does not take bytes that are no frame");
	channel_flush(&b->session.chan);
	return true;
}

/* One byte a write, each read before the next. */
static bool put_split(struct batch *b, const uint8_t *bytes, size_t len, char *why)
{
	for (size_t i = 0; i < len; i++) {
		if (!put_bytes(b, bytes + i, 1, why))
			return false;
		if (wait_until_read(b))
			continue;
		snprintf(why, 256, "byte %zu was not read within %d ms%s", i, READ_MS,
		         b->session.exited ? " (the backend is gone)" : "");
		return false;
	}
	return true;
}

static bool put_text(struct batch *b, const char *hex, char *why)
{
	uint8_t bytes[RECIPE_TEXT_MAX / 2];
	size_t len;

	if (!recipe_hex(hex, bytes, sizeof(bytes), &len))
		return fail(why, "not pairs of hexadecimal digits");
	tape_note(&b->session.tape, "channel: the bytes %s", hex);
	return put_bytes(b, bytes, len, why);
}

/* A frame behind its length: in single bytes, or half of it and nothing more. */
static bool put_frame(struct batch *b, const struct judge_item *it, const struct step *st,
                      char *why)
{
	static uint8_t bytes[FRAME_MAX + 4];
	struct wr w = wr_of(bytes, 4);
	size_t len = batch_build(b, &st->recipe, &it->vars, bytes + 4, why);
	bool cut = st->channel == ACT_CUT;

	if (!len || !wr_u32(&w, (uint32_t)len))
		return false;
	tape_note(&b->session.tape, "channel: %s",
	          cut ? "half of a frame, then the end" : "the next frame, byte by byte");
	if (!cut) {
		tape_add(&b->session.tape, TAPE_GUEST_OUT, bytes + 4, len, TAPE_NO_ROW);
		return put_split(b, bytes, len + 4, why);
	}
	if (!put_bytes(b, bytes, 4 + len / 2, why))
		return false;
	session_hang_up(&b->session);
	return true;
}

static bool run_channel(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	const enum channel_kind kind = b->session.chan.kind;

	/* A TAP that is removed, and a datagram socket whose peer is gone, lose what was not read. */
	const bool lossy = kind == CHANNEL_TAP || kind == CHANNEL_DATAGRAM;

	if (kind != CHANNEL_STREAM && (st->channel != ACT_CLOSE || lossy)) {
		it->not_applicable = true;
		snprintf(it->vacuous, sizeof(it->vacuous),
		         lossy ? "this transport loses at its end what was not read"
		               : "this transport has no lengths to attack");
		return fail(why, it->vacuous);
	}
	if (b->session.chan.fd < 0 || b->session.hung_up)
		return fail(why, "the frame channel is closed");
	switch (st->channel) {
	case ACT_BYTES:
		return put_text(b, st->hex, why);
	case ACT_SPLIT:
	case ACT_CUT:
		return put_frame(b, it, st, why);
	case ACT_CLOSE:
		break;
	}
	tape_note(&b->session.tape, "channel: closed");
	session_hang_up(&b->session);
	return true;
}

/* ---- the rest ---- */

/* Without a reader of its events the backend must not go on. A reader that stalls gets the rest when all is over. */
static bool run_audit(struct batch *b, const struct step *st, char *why)
{
	struct session *s = &b->session;

	if (s->events_fd < 0)
		return fail(why, "nobody reads the events any more");
	if (st->audit == ACT_STALL_AUDIT) {
		b->stalled_fd = s->events_fd;
		tape_note(&s->tape, "nobody reads the events from now on");
	} else {
		close(s->events_fd);
		tape_note(&s->tape, "the reader of the events is gone");
	}
	s->events_fd = -1;
	s->deaf = true;
	return true;
}

static bool run_uplink(struct batch *b, const struct step *st, char *why)
{
	if (lab_link_set_uplink(&b->session.link, st->up))
		return fail(why, "the laboratory could not do it; see the message above");
	tape_note(&b->session.tape, "the uplink is %s", st->up ? "up" : "down");
	return true;
}

bool batch_control(struct batch *b, struct judge_item *it, size_t step, char *why)
{
	const struct step *st = &it->scn_case->steps[step];

	switch ((int)st->kind) {
	case STEP_CHANNEL:
		return run_channel(b, it, st, why);
	case STEP_POLICY:
		return run_policy(b, st, why);
	case STEP_SYNC:
		return ctl_sync(&b->session, why) == CTL_OK;
	case STEP_CLOCK:
		return ctl_clock(&b->session, st->number, why) == CTL_OK;
	case STEP_STATS:
		return run_stats(b, st, why);
	case STEP_MEMORY:
		return run_memory(b, st, why);
	case STEP_UPLINK:
		return run_uplink(b, st, why);
	case STEP_STOP:
		return run_signal(b, SIGSTOP, why);
	case STEP_CONT:
		return run_signal(b, SIGCONT, why);
	case STEP_KILL:
		return run_kill(b, it, st, why);
	case STEP_LIMIT:
		return run_limit(b, st, why);
	case STEP_AUDIT:
		return run_audit(b, st, why);
	case STEP_ENDS:
		return run_ends(b, st, why);
	default:
		return fail(why, "this statement cannot be carried out");
	}
}
