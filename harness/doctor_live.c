/* SPDX-License-Identifier: ISC */
/* doctor_live.c: does a backend do what it describes? Its modes, its transports, its control channel. */
#include "harness/doctor_probe.h"

#include "harness/frame.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS 2000

/* ---- modes ---- */

void doctor_probe_modes(struct doctor *d)
{
	static struct session s;

	for (size_t i = 0; i < d->backend.modes.count; i++) {
		const char *mode = d->backend.modes.word[i];
		char policy[DOCTOR_POLICY_MAX], probe[96], how[SESSION_WHY_MAX];
		enum session_status st;

		doctor_policy(mode, "[]", ",\"sampling_rate\":0.5,\"conntrack_ttl_s\":300", policy);
		st = doctor_start(d, policy, &s);
		session_stop(&s);
		snprintf(probe, sizeof(probe), "mode %s reaches \"ready\"", mode);
		doctor_verdict(d, st == SESSION_OK, probe, "%s", doctor_how(&s, how));
		session_free(&s);
	}
}

/* ---- transports ---- */

static const char *try_transport(struct doctor *d, struct session *s, char how[SESSION_WHY_MAX])
{
	char policy[DOCTOR_POLICY_MAX];
	bool answered;

	doctor_policy(doctor_mode(d), "[]", "", policy);
	if (doctor_start(d, policy, s) != SESSION_OK) {
		session_stop(s);
		return doctor_how(s, how);
	}
	answered = !word_list_has(&d->backend.caps, "arp") || session_learn_gateway(s, ANSWER_MS);
	session_stop(s);
	if (!answered)
		return "the gateway's ARP answer did not come";
	return doctor_ended_well(s) ? NULL : doctor_how(s, how);
}

void doctor_probe_transports(struct doctor *d)
{
	enum transport_kind chosen = d->backend.transport;
	static struct session s;

	for (int i = 0; i < TRANSPORT_COUNT; i++) {
		char probe[96], how[SESSION_WHY_MAX];
		const char *wrong;

		if (!word_list_has(&d->backend.transports, transport_names[i]))
			continue;
		d->backend.transport = (enum transport_kind)i;
		wrong = try_transport(d, &s, how);
		snprintf(probe, sizeof(probe),
		         "over %s a frame is answered, and its end is noticed", transport_names[i]);
		doctor_verdict(d, !wrong, probe, "%s", wrong ? wrong : "");
		session_free(&s);
	}
	d->backend.transport = chosen;
}

/* ---- the control channel ---- */

static bool says(struct session *s, void *arg)
{
	for (size_t i = 0; i < s->tape.count; i++) {
		const struct tape_entry *e = &s->tape.entries[i];

		if (e->kind == TAPE_WIRE_OUT && memmem(e->data, e->len, arg, strlen(arg)))
			return true;
	}
	return false;
}

/* The VM sends the consumer a datagram that holds `nonce`. */
static void send_datagram(struct session *s, const char *nonce)
{
	static const struct recipe r = {.kind = RECIPE_UDP,
	                                .src = {.ip = LAB_VM_IP, .port = 40000},
	                                .dst = {.ip = LAB_CONSUMER_IP, .port = LAB_CONSUMER_PORT}};
	static uint8_t frame[FRAME_MAX];
	struct frame_link link = {.src = LAB_VM_MAC};
	struct recipe_vars vars = {.nonce = ""};
	char why[256];
	size_t len;

	memcpy(link.dst, s->gateway_mac, 6);
	snprintf(vars.nonce, sizeof(vars.nonce), "%s", nonce);
	len = frame_build(&r, &vars, &link, frame, why);
	session_inject(s, frame, len, TAPE_NO_ROW);
}

/* What was done with a policy that must be refused, and with a good one; filled while the backend runs, told when it
 * is gone and nothing can come any more. */
struct policy_probe {
	char refused[DOCTOR_WORD_MAX], allowed[DOCTOR_WORD_MAX]; /* in the datagrams */
	enum ctl_status bad, good;
	char bad_why[CTL_WHY_MAX], good_why[CTL_WHY_MAX];
	bool tried_good, crossed;
};

static void try_policies(struct doctor *d, struct session *s, struct policy_probe *p)
{
	char word[DOCTOR_WORD_MAX], more[64], policy[DOCTOR_POLICY_MAX], why[CTL_WHY_MAX];

	doctor_word(word);
	doctor_word(p->refused);
	doctor_word(p->allowed);
	snprintf(more, sizeof(more), ",\"%s\":1", word);
	doctor_policy(doctor_mode(d), DOCTOR_ALLOW, more, policy);
	p->bad = ctl_policy(s, policy, p->bad_why);
	session_learn_gateway(s, ANSWER_MS);
	send_datagram(s, p->refused);
	if (word_list_has(&d->backend.caps, "ctl.sync"))
		ctl_sync(s, why);
	if (!word_list_has(&d->backend.caps, "allow.udp4"))
		return;
	p->tried_good = true;
	doctor_policy(doctor_mode(d), DOCTOR_ALLOW, "", policy);
	p->good = ctl_policy(s, policy, p->good_why);
	if (p->good != CTL_OK)
		return;
	send_datagram(s, p->allowed);
	p->crossed = session_wait(s, ANSWER_MS, says, p->allowed);
}

static void tell_policies(struct doctor *d, struct session *s, struct policy_probe *p)
{
	doctor_verdict(d, p->bad == CTL_REFUSED, "a policy with an unknown key is refused on --ctl",
	               "%s", p->bad == CTL_OK ? "it was accepted" : p->bad_why);
	doctor_verdict(d, !says(s, p->refused), "and the policy before it stays in force",
	               "a datagram crossed that only the refused one allows");
	if (p->tried_good)
		doctor_verdict(d, p->good == CTL_OK && p->crossed,
		               "a policy that allows more is accepted, and in force at once", "%s",
		               p->good == CTL_OK ? "what it allows did not cross" : p->good_why);
}

static void ask_and_tell(struct doctor *d, struct session *s)
{
	char word[DOCTOR_WORD_MAX], request[64], why[CTL_WHY_MAX];
	struct ctl_stats stats;
	enum ctl_status st;

	if (word_list_has(&d->backend.caps, "ctl.sync"))
		doctor_verdict(d, ctl_sync(s, why) == CTL_OK, "`sync` on --ctl is answered", "%s",
		               why);
	if (word_list_has(&d->backend.caps, "ctl.stats"))
		doctor_verdict(d, ctl_stats(s, &stats, why) == CTL_OK, "`stats` on --ctl counts",
		               "%s", why);
	if (word_list_has(&d->backend.caps, "ctl.clock"))
		doctor_verdict(d, ctl_clock(s, 1000, why) == CTL_OK, "`clock` on --ctl is answered",
		               "%s", why);
	doctor_word(word);
	snprintf(request, sizeof(request), "\"cmd\":\"%s\"", word);
	st = ctl_raw(s, request, why);
	doctor_verdict(d, st == CTL_REFUSED, "an unknown command on --ctl is refused", "`%s`: %s",
	               word, st == CTL_OK ? "it was accepted" : why);
}

void doctor_probe_ctl(struct doctor *d)
{
	struct policy_probe policies = {.tried_good = false};
	bool has_policy = word_list_has(&d->backend.caps, "ctl.policy");
	char policy[DOCTOR_POLICY_MAX], how[SESSION_WHY_MAX];
	static struct session s;
	enum session_status st;

	if (!backend_has_ctl(&d->backend))
		return;
	doctor_policy(doctor_mode(d), "[]", "", policy);
	st = doctor_start(d, policy, &s);
	if (st == SESSION_OK) {
		ask_and_tell(d, &s);
		if (has_policy)
			try_policies(d, &s, &policies);
	}
	session_stop(&s);
	if (st == SESSION_OK && has_policy)
		tell_policies(d, &s, &policies);
	doctor_verdict(d, st == SESSION_OK && doctor_ended_well(&s),
	               "with --ctl it ends as without", "%s", doctor_how(&s, how));
	session_free(&s);
}
