/* SPDX-License-Identifier: ISC */
/* batch_beside.c: a second VM with a backend of its own, in the same namespace and on the same uplink.
 *
 * Its session lends its descriptors to the loop of the first, and puts what its VM is sent on the first one's tape: there
 * is one wire, and one order of things. The lab, the world and the capture belong to the first.
 */
#include "harness/batch_steps.h"

#include "harness/ctl.h"
#include "harness/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(char *why, const char *text)
{
	snprintf(why, 256, "%s", text);
	return false;
}

/* ---- the first one's loop ---- */

static size_t lend(void *arg, struct pollfd *out, size_t room)
{
	const struct session *s = arg;
	const bool channel = s->chan.fd >= 0 && !s->chan.eof && !s->chan.fault;
	const int fds[] = {channel ? s->chan.fd : -1, s->events_fd, s->stderr_fd, s->ctl.fd,
	                   s->exited ? -1 : s->proc.pidfd};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]) && n < room; i++)
		if (fds[i] >= 0)
			out[n++] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	return n;
}

static void ready(void *arg, const struct pollfd *pfd, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= pfd[i].revents != 0;
	if (any)
		session_pump(arg, 0);
}

/* What the second VM is sent stands on the first one's tape. Its backend's events are nobody's evidence. */
static bool record(void *arg, enum tape_kind kind, const void *data, size_t len)
{
	struct session *first = arg;

	if (kind != TAPE_GUEST_IN || first->recorded + len > SESSION_TAPE_MAX)
		return true;
	first->recorded += len;
	tape_add(&first->tape, TAPE_BESIDE_IN, data, len, TAPE_NO_ROW);
	return true;
}

/* ---- the statements ---- */

static bool start(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	struct session *first = &b->session, *s = calloc(1, sizeof(*s));

	if (!s)
		return fail(why, "out of memory");
	if (b->backend->transport == TRANSPORT_TAP) {
		free(s);
		it->not_applicable = true;
		snprintf(it->vacuous, sizeof(it->vacuous), "the laboratory has one TAP");
		return fail(why, it->vacuous);
	}
	b->beside = s;
	if (session_start_beside(s, first, st->policy, b->seed) != SESSION_OK) {
		snprintf(why, 256, "%.250s",
		         *s->never_ready ? s->never_ready : "it was not started");
		return false;
	}
	if (!session_learn_gateway(s, b->patience_ms))
		return fail(why, "its gateway does not answer ARP");
	s->absorb = record;
	s->absorb_arg = first;
	first->extra = (struct session_extra){.poll = lend, .ready = ready, .arg = s};
	tape_note(&first->tape, "a second VM is there, with a backend of its own");
	return true;
}

static bool inject(struct batch *b, const struct judge_item *it, const struct step *st, int row,
                   char *why)
{
	static uint8_t frame[FRAME_MAX];
	struct frame_link link = {.src = LAB_VM_MAC};
	struct session *s = b->beside;
	size_t len;

	memcpy(link.dst, s->gateway_mac, sizeof(link.dst));
	len = frame_build(&st->recipe, &it->vars, &link, frame, why);
	if (!len)
		return false;
	if (s->hung_up || s->exited)
		return fail(why, "the second VM's frame channel is closed");
	tape_add(&b->session.tape, TAPE_BESIDE_OUT, frame, len, row);
	session_inject(s, frame, len, row);
	return true;
}

static bool second_is_gone(struct session *first, void *arg)
{
	(void)first;
	return ((const struct session *)arg)->exited;
}

/* The first one goes on meanwhile. */
static bool ends(struct batch *b, const struct step *st, char *why)
{
	struct session *s = b->beside;

	b->beside_ends = true;
	if (!session_wait(&b->session, (int)st->within_ms, second_is_gone, s)) {
		snprintf(why, 256, "the second backend did not end within %u ms", st->within_ms);
		return false;
	}
	if (!s->terminated)
		return fail(why, "the second backend did not end by policy");
	if (*st->reason && strcmp(st->reason, s->events.violation) != 0) {
		snprintf(why, 256, "the second backend ended with the reason %.60s",
		         s->events.violation);
		return false;
	}
	tape_note(&b->session.tape, "the second VM was ended by policy");
	return true;
}

bool batch_beside(struct batch *b, struct judge_item *it, const struct step *st, int row, char *why)
{
	if (st->kind == STEP_BESIDE_POLICY)
		return start(b, it, st, why);
	if (!b->beside)
		return fail(why, "there is no second VM");
	return st->kind == STEP_BESIDE_ENDS ? ends(b, st, why) : inject(b, it, st, row, why);
}

void batch_beside_stop(struct batch *b)
{
	struct judge_item *it = &b->items[0];
	struct session *s = b->beside;
	bool early;
	char text[64];

	if (!s)
		return;
	b->session.extra = (struct session_extra){0};
	early = s->exited;
	session_stop(s);
	if (!*it->failure && s->hung)
		snprintf(it->failure, sizeof(it->failure),
		         "the second backend did not end within 2 s of its channel's end");
	else if (!*it->failure && (early ? !b->beside_ends : s->end.signalled || s->end.code))
		snprintf(it->failure, sizeof(it->failure), "the second backend %s%s",
		         proc_end_text(&s->end, text), early ? " before it was asked to end" : "");
	else if (!*it->failure && *session_contract_fault(s))
		snprintf(it->failure, sizeof(it->failure),
		         "contract, of the second backend: %.250s", session_contract_fault(s));
	session_free(s);
	free(s);
	b->beside = NULL;
}
