/* SPDX-License-Identifier: ISC */
/* doctor_smoke_life.c: a backend before it is ready, and one that is stopped while it has much to do. */
#include "harness/doctor_smoke.h"

#include "harness/decode.h"
#include "harness/frame.h"

#include <string.h>

#define EARLY_FRAMES 64
#define LOAD_FRAMES  2000
#define ALLOWED      "udp $VM:41001 > $CONSUMER payload \"hello-$NONCE\""
#define DENIED       "udp $VM:41003 > $T:53 payload \"hello-$NONCE\""

/* What is sent before the backend is there. */
struct early {
	struct smoke *smoke;
	char nonce[DOCTOR_WORD_MAX];
	bool sent;
};

static void send_early(struct session *s, void *arg)
{
	struct early *early = arg;

	memcpy(s->gateway_mac, early->smoke->gateway_mac, 6);
	early->sent = s->joined;
	for (int i = 0; i < EARLY_FRAMES && s->joined; i++)
		smoke_send(s, DENIED, early->nonce);
}

/* Denied datagrams are in the channel before the backend can be ready; an allowed one behind shows that the way is open.
 * Only what is denied convicts: whether an allowed one crossed just before or just behind `ready` nobody can tell. */
static void ask_early(struct smoke *k)
{
	char late[DOCTOR_WORD_MAX], policy[DOCTOR_POLICY_MAX], line[DECODE_LINE],
	        how[SESSION_WHY_MAX];
	struct early early = {.smoke = k};
	struct session_early act = {send_early, &early};
	const struct tape_entry *e;
	enum session_status st;
	static struct session s;
	bool open = false;
	struct seen seen;

	if (!k->checks) {
		smoke_skip(k, SMOKE_EARLY, "it describes no mode that checks, with allow.udp4");
		return;
	}
	doctor_word(early.nonce);
	doctor_word(late);
	smoke_policy(k, policy);
	st = doctor_start_early(k->doctor, policy, &s, &act);
	if (st == SESSION_OK) {
		smoke_send(&s, ALLOWED, late);
		open = smoke_wait(&s, TAPE_WIRE_OUT, late);
	}
	session_stop(&s);
	e = smoke_find(&s, TAPE_WIRE_OUT, early.nonce);
	if (e)
		decode(e->data, e->len, &seen);
	if (!early.sent)
		smoke_skip(k, SMOKE_EARLY,
		           "over this transport nothing can be sent before it listens");
	else if (e)
		smoke_answer(k, SMOKE_EARLY, false, "this crossed: %s", decode_line(&seen, line));
	else
		smoke_answer(k, SMOKE_EARLY, st == SESSION_OK && open, "%s",
		             st == SESSION_OK ? "an allowed datagram behind it did not cross, so "
		                                "it proves nothing"
		                              : doctor_how(&s, how));
	session_free(&s);
}

static bool is_written(struct session *s, void *arg)
{
	(void)arg;
	return !channel_pending(&s->chan);
}

/* Much is in the channel when it ends. How much of it crosses is the backend's choice. */
static void ask_load(struct smoke *k)
{
	char nonce[DOCTOR_WORD_MAX], policy[DOCTOR_POLICY_MAX], how[SESSION_WHY_MAX];
	static struct session s;
	enum session_status st;

	doctor_word(nonce);
	smoke_policy(k, policy);
	st = doctor_start(k->doctor, policy, &s);
	if (st == SESSION_OK) {
		session_learn_gateway(&s, SMOKE_MS);
		s.corked =
		        true; /* as few writes as can be: all of it lies in the channel at once */
		for (int i = 0; i < LOAD_FRAMES; i++)
			smoke_send(&s, ALLOWED, nonce);
		s.corked = false;
		channel_flush(&s.chan);
		session_wait(&s, SMOKE_MS, is_written, NULL);
	}
	session_stop(&s);
	smoke_answer(k, SMOKE_LOAD, st == SESSION_OK && doctor_ended_well(&s), "%s",
	             doctor_how(&s, how));
	session_free(&s);
}

void smoke_ask_life(struct smoke *k)
{
	if (k->answer[SMOKE_DENIED].state != SMOKE_BAD)
		ask_early(k);
	if (k->answer[SMOKE_CLOSE].state == SMOKE_GOOD)
		ask_load(k);
}
