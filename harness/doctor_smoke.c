/* SPDX-License-Identifier: ISC */
/* doctor_smoke.c: see doctor_smoke.h. */
#include "harness/doctor_smoke.h"

#include "harness/escape.h"
#include "harness/frame.h"
#include "harness/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is asked, and what to look at when the answer is no. */
static const struct {
	const char *probe, *hint;
} questions[] = {
        [SMOKE_READY] =
                {"with a policy that allows one endpoint it gets ready",
                 "it got ready with an empty list: look at how entries of `allow` are read"},
        [SMOKE_ARP] = {"the gateway answers ARP",
                       "look at the way back: the answer goes into the frame channel, to the VM's "
                       "MAC, and is about "
                       "the policy's `vm.gateway`; on a stream its length, four bytes, big-endian, "
                       "stands in front"},
        [SMOKE_DHCP] = {"DHCP offers the VM the policy's address",
                        "look at `vm.ip` and `vm.gateway` of the policy: the offer is for the "
                        "first, from the second, "
                        "port 67 to port 68"},
        [SMOKE_CROSSES] = {"an allowed datagram crosses",
                           "look at the way out: is `up0` used and its default route, is the "
                           "`allow` entry known to "
                           "the program, does it take the gateway's MAC for its own"},
        [SMOKE_PAYLOAD] = {"its payload is intact", "look at where the payload begins and ends: by "
                                                    "the lengths in the IP and UDP headers, not "
                                                    "by that of the frame"},
        [SMOKE_SOURCE] = {"its source is the provider's address",
                          "look at the translation: on `up0` the source is 192.168.1.100, never "
                          "the VM's own"},
        [SMOKE_REPLY] = {"each reply comes back to the port that asked",
                         "look at what is kept for each flow: a reply comes from the endpoint that "
                         "was asked, to the "
                         "VM's address and the port that asked it"},
        [SMOKE_DENIED] = {"a datagram that the policy does not allow does not cross",
                          "look at whether the policy reaches the program at all, protocol, "
                          "address and port; one "
                          "that only translates must not describe this mode"},
        [SMOKE_TWO] = {"two frames in one write both cross",
                       "look at the reader of the frame channel: one read may bring several "
                       "frames, go on with what "
                       "is left in the buffer"},
        [SMOKE_SPLIT] = {"a frame that comes byte by byte crosses",
                         "look at the reader of the frame channel: a read may end inside a length "
                         "or a frame, keep "
                         "what came and wait for the rest"},
        [SMOKE_LARGE] = {"a full frame of 1514 bytes crosses whole",
                         "look at buffers and at the MTU of everything on the way: 1472 bytes of "
                         "payload fit"},
        [SMOKE_CLOSE] = {"with flows open the end of the channel ends it: \"bye\", exit 0, in 2 s",
                         "look at what happens at the end of file on the frame channel: nothing "
                         "may be waited for, "
                         "say \"bye\" and exit with 0"},
        [SMOKE_EARLY] = {"nothing crosses that came before \"ready\" and is not allowed",
                         "look at the order at start: the policy is in force before a frame is "
                         "read, or before "
                         "anything can leave; \"ready\" comes last"},
        [SMOKE_LOAD] = {"stopped under traffic it ends as well",
                        "look at the end again: what was read may still go out, but the end of "
                        "file must be seen "
                        "while there is much to do"},
};

bool smoke_has(struct smoke *k, enum smoke_question q, const char *cap)
{
	if (word_list_has(&k->doctor->backend.caps, cap))
		return true;
	smoke_skip(k, q, "it does not describe %s", cap);
	return false;
}

void smoke_answer(struct smoke *k, enum smoke_question q, bool good, const char *fmt, ...)
{
	va_list ap;

	k->answer[q].state = good ? SMOKE_GOOD : SMOKE_BAD;
	va_start(ap, fmt);
	vsnprintf(k->answer[q].why, SMOKE_TEXT_MAX, fmt, ap);
	va_end(ap);
}

void smoke_skip(struct smoke *k, enum smoke_question q, const char *fmt, ...)
{
	va_list ap;

	k->answer[q].state = SMOKE_NOT_ASKED;
	va_start(ap, fmt);
	vsnprintf(k->answer[q].why, SMOKE_TEXT_MAX, fmt, ap);
	va_end(ap);
}

void smoke_policy(const struct smoke *k, char out[DOCTOR_POLICY_MAX])
{
	bool lists = word_list_has(&k->doctor->backend.caps, "allow.udp4");

	doctor_policy(k->mode, lists ? DOCTOR_ALLOW : "[]", ",\"sampling_rate\":0", out);
}

/* ---- frames ---- */

size_t smoke_build(const uint8_t gateway_mac[6], const char *recipe, const char *nonce,
                   uint8_t *frame)
{
	static struct diag diag;
	static struct recipe r;
	struct frame_link link = {.src = LAB_VM_MAC};
	struct recipe_vars vars = {.nonce = ""};
	struct lex lx;
	char why[256] = "it is malformed";
	size_t len = 0;

	memcpy(link.dst, gateway_mac, 6);
	snprintf(vars.nonce, sizeof(vars.nonce), "%s", nonce);
	diag_init(&diag, "doctor", recipe, strlen(recipe));
	lex_init(&lx, recipe, strlen(recipe), 1, &diag);
	if (recipe_parse(&lx, false, LAB_TARGET_NET + 9, NULL, &diag, &r)) {
		len = frame_build(&r, &vars, &link, frame, why);
		recipe_free(&r);
	}
	if (!len)
		fprintf(stderr, "gauntlet: doctor: `%s`: %s\n", recipe, why); /* ours to mend */
	return len;
}

void smoke_send(struct session *s, const char *recipe, const char *nonce)
{
	static uint8_t frame[FRAME_MAX];
	size_t len = smoke_build(s->gateway_mac, recipe, nonce, frame);

	session_inject(s, frame, len, TAPE_NO_ROW);
}

const struct tape_entry *smoke_find(const struct session *s, enum tape_kind kind, const char *nonce)
{
	for (size_t i = 0; i < s->tape.count; i++) {
		const struct tape_entry *e = &s->tape.entries[i];

		if (e->kind == kind && memmem(e->data, e->len, nonce, strlen(nonce)))
			return e;
	}
	return NULL;
}

struct wanted {
	enum tape_kind kind;
	const char *nonce;
};

static bool is_there(struct session *s, void *arg)
{
	const struct wanted *w = arg;

	return smoke_find(s, w->kind, w->nonce);
}

const struct tape_entry *smoke_wait(struct session *s, enum tape_kind kind, const char *nonce)
{
	struct wanted w = {kind, nonce};

	session_wait(s, SMOKE_MS, is_there, &w);
	return smoke_find(s, kind, nonce);
}

const char *smoke_last_words(const struct session *s, char out[SMOKE_TEXT_MAX])
{
	char clean[160];

	out[0] = '\0';
	for (size_t i = s->tape.count; i-- > 0;) {
		const struct tape_entry *e = &s->tape.entries[i];
		const char *text = (const char *)e->data;

		if (e->kind != TAPE_EVENT ||
		    (!strstr(text, "\"drop\"") && !strstr(text, "\"log\"") &&
		     !strstr(text, "\"violation\"")))
			continue;
		snprintf(out, SMOKE_TEXT_MAX, "; it said %s",
		         escape_line(text, e->len, clean, sizeof(clean)));
		return out;
	}
	if (*s->stderr_text)
		snprintf(out, SMOKE_TEXT_MAX, "; on stderr it said %s",
		         escape_line(s->stderr_text, strcspn(s->stderr_text, "\n"), clean,
		                     sizeof(clean)));
	return out;
}

/* ---- the examination ---- */

static void tell(const struct smoke *k)
{
	struct doctor *d = k->doctor;

	for (int q = 0; q < SMOKE_COUNT; q++) {
		switch (k->answer[q].state) {
		case SMOKE_NOT_ASKED:
			doctor_not_asked(d, questions[q].probe, k->answer[q].why);
			break;
		case SMOKE_GOOD:
			doctor_verdict(d, true, questions[q].probe, "%s", "");
			break;
		case SMOKE_BAD:
			doctor_verdict(d, false, questions[q].probe, "%s", k->answer[q].why);
			doctor_hint(questions[q].hint);
			break;
		}
	}
}

void doctor_probe_smoke(struct doctor *d)
{
	static struct smoke k;

	k = (struct smoke){.doctor = d, .mode = backend_strictest_mode(&d->backend)};
	if (!k.mode)
		return; /* told by the probes of modes */
	k.checks = (!strcmp(k.mode, "filtered") || !strcmp(k.mode, "conntrack")) &&
	           word_list_has(&d->backend.caps, "allow.udp4");
	for (int q = 0; q < SMOKE_COUNT; q++)
		smoke_skip(&k, (enum smoke_question)q, "what it rests on failed above");
	smoke_ask_traffic(&k);
	if (k.answer[SMOKE_CROSSES].state == SMOKE_GOOD)
		smoke_ask_life(&k);
	tell(&k);
}
