/* SPDX-License-Identifier: ISC */
/* replay_into.c: sends the frames of a capture into a backend, as the VM, and shows what came of each.
 *
 * It judges nothing: a capture does not say what should have become of its frames. Scenarios do.
 */
#include "harness/backend.h"
#include "harness/decode.h"
#include "harness/frame.h"
#include "harness/lab.h"
#include "harness/replay.h"
#include "harness/run.h"
#include "harness/session.h"
#include "harness/timeline.h"
#include "harness/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REACTION_MS                                                                                \
	20 /* how long a frame's consequences are waited for, so that they stand below it */
#define GATEWAY_MS 2000

struct replaying {
	struct session *session;
	uint32_t wanted; /* only this frame, or 0 */
	size_t sent;
};

static bool something_came(struct session *s, void *arg)
{
	const size_t *from = arg;

	return s->tape.count > *from;
}

static bool send_frame(void *arg, const struct replay_frame *frame)
{
	static const uint8_t captured_gateway[6] = FRAME_CAPTURED_GATEWAY;
	struct replaying *r = arg;
	static uint8_t buf[FRAME_MAX];
	size_t from;

	if (r->wanted && frame->number != r->wanted)
		return true;
	if (frame->len > sizeof(buf)) {
		tape_note(&r->session->tape, "frame %u is longer than the frame channel carries",
		          frame->number);
		return true;
	}
	memcpy(buf, frame->data, frame->len);
	if (frame->len >= 6 && !memcmp(buf, captured_gateway, 6))
		memcpy(buf, r->session->gateway_mac, 6);
	tape_note(&r->session->tape, "frame %u", frame->number);
	session_inject(r->session, buf, frame->len, (int)r->sent++);
	from = r->session->tape.count;
	session_wait(r->session, REACTION_MS, something_came, &from);
	return !session_interrupted && !r->session->exited;
}

static void tell(const struct session *s, size_t sent)
{
	const struct timeline_style style = {.columns = isatty(STDOUT_FILENO) ? 100 : 0};
	size_t crossed = 0, answers = 0;

	for (size_t i = 0; i < s->tape.count; i++) {
		timeline_write(&s->tape, i, &style, stdout);
		crossed += s->tape.entries[i].kind == TAPE_WIRE_OUT ||
		           s->tape.entries[i].kind == TAPE_HOST;
		answers += s->tape.entries[i].kind == TAPE_GUEST_IN;
	}
	printf("\n%zu frames sent; %zu crossed the wire, %zu came back to the VM, %llu denials "
	       "audited\n",
	       sent, crossed, answers, (unsigned long long)s->audited_drops);
}

static int play(const char *path, uint32_t wanted, struct backend *b, const char *policy)
{
	static struct session s;
	struct replaying r = {.session = &s, .wanted = wanted};
	char why[REPLAY_WHY_MAX];
	struct world world;
	int code = 0;

	if (lab_enter() || world_open(&world))
		return EXIT_ENV;
	signal(SIGPIPE, SIG_IGN);
	if (backend_describe(b) != BACKEND_OK) {
		world_close(&world);
		return EXIT_NOTHING;
	}
	switch (session_start(&s, b, &world, policy, -1, NULL)) {
	case SESSION_ENV:
		code = EXIT_ENV;
		break;
	case SESSION_NEVER_READY:
		fprintf(stderr, "gauntlet replay: %s did not say \"ready\"\n%s", b->path,
		        s.stderr_text);
		code = EXIT_NOTHING;
		break;
	case SESSION_OK:
		if (!session_learn_gateway(&s, GATEWAY_MS))
			tape_note(
			        &s.tape,
			        "the gateway does not answer ARP; frames go to 00:00:00:00:00:00");
		if (replay_load(path, send_frame, &r, why) < 0) {
			fprintf(stderr, "gauntlet replay: %s: %s\n", path, why);
			code = EXIT_USAGE;
		}
		break;
	}
	session_stop(&s);
	world_close(&world);
	if (!code)
		tell(&s, r.sent);
	session_free(&s);
	return code;
}

int replay_into(const char *path, uint32_t wanted, const char *backend, const char *policy)
{
	static struct backend b;

	if (backend_find(backend, &b) != BACKEND_OK)
		return EXIT_USAGE;
	if (access(policy, R_OK)) {
		perror(policy);
		return EXIT_USAGE;
	}
	return play(path, wanted, &b, policy);
}
