/* SPDX-License-Identifier: ISC */
/* doctor_smoke_traffic.c: one backend process, asked as a VM would. */
#include "harness/doctor_smoke.h"

#include "bytes/wr.h"
#include "harness/decode.h"
#include "harness/frame.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define PAYLOAD "hello-$NONCE"
#define FIRST   "udp $VM:41001 > $CONSUMER payload \"" PAYLOAD "\""
#define SECOND  "udp $VM:41002 > $CONSUMER payload \"" PAYLOAD "\""
#define LARGE   "udp $VM:41001 > $CONSUMER payload \"" PAYLOAD "\" size 1472"

struct nonces {
	char first[DOCTOR_WORD_MAX], second[DOCTOR_WORD_MAX], address[DOCTOR_WORD_MAX],
	        port[DOCTOR_WORD_MAX], one[DOCTOR_WORD_MAX], two[DOCTOR_WORD_MAX],
	        split[DOCTOR_WORD_MAX], large[DOCTOR_WORD_MAX];
};

static void ask_arp(struct smoke *k, struct session *s)
{
	char said[SMOKE_TEXT_MAX];

	if (!smoke_has(k, SMOKE_ARP, "arp"))
		return;
	smoke_answer(k, SMOKE_ARP, session_learn_gateway(s, SMOKE_MS),
	             "no answer to \"who has 192.168.100.1\" within %d ms%s", SMOKE_MS,
	             smoke_last_words(s, said));
	memcpy(k->gateway_mac, s->gateway_mac, 6);
}

/* ---- DHCP ---- */

static const struct tape_entry *find_offer(const struct session *s, struct seen *seen)
{
	for (size_t i = 0; i < s->tape.count; i++) {
		const struct tape_entry *e = &s->tape.entries[i];

		if (e->kind != TAPE_GUEST_IN)
			continue;
		decode(e->data, e->len, seen);
		if (seen->kind == SEEN_DHCP && seen->dhcp_type == 2)
			return e;
	}
	return NULL;
}

static bool has_offer(struct session *s, void *arg)
{
	return find_offer(s, arg);
}

static void ask_dhcp(struct smoke *k, struct session *s)
{
	char said[SMOKE_TEXT_MAX], line[DECODE_LINE];
	struct seen seen;

	if (!smoke_has(k, SMOKE_DHCP, "dhcp"))
		return;
	smoke_send(s, "dhcp discover", "dhcp");
	if (session_wait(s, SMOKE_MS, has_offer, &seen))
		smoke_answer(k, SMOKE_DHCP, seen.dhcp_yiaddr == LAB_VM_IP && !seen.faults,
		             "the offer is not sound, or not for 192.168.100.2: %s",
		             decode_line(&seen, line));
	else
		smoke_answer(k, SMOKE_DHCP, false, "no offer within %d ms of a DISCOVER%s",
		             SMOKE_MS, smoke_last_words(s, said));
}

/* ---- one datagram ---- */

static void look_at_datagram(struct smoke *k, const struct tape_entry *e, const char *nonce)
{
	char line[DECODE_LINE], payload[32];
	struct seen seen;
	int len = snprintf(payload, sizeof(payload), "hello-%s", nonce);

	decode(e->data, e->len, &seen);
	smoke_answer(k, SMOKE_PAYLOAD,
	             seen.kind == SEEN_UDP && seen.payload.n == (size_t)len &&
	                     !memcmp(seen.payload.p, payload, seen.payload.n),
	             "%d bytes were sent, this crossed: %s", len, decode_line(&seen, line));
	smoke_answer(k, SMOKE_SOURCE, seen.ip_src == LAB_PROVIDER_IP, "this crossed: %s",
	             decode_line(&seen, line));
}

/* A datagram that is damaged on its way may lose its nonce: then anything to the consumer is what became of it. */
static const struct tape_entry *find_damaged(const struct session *s)
{
	for (size_t i = 0; i < s->tape.count; i++) {
		const struct tape_entry *e = &s->tape.entries[i];
		struct seen seen;

		if (e->kind != TAPE_WIRE_OUT)
			continue;
		decode(e->data, e->len, &seen);
		if (seen.kind == SEEN_UDP && seen.ip_dst == LAB_CONSUMER_IP)
			return e;
	}
	return NULL;
}

static bool ask_crosses(struct smoke *k, struct session *s, const char *nonce)
{
	const struct tape_entry *e;
	char said[SMOKE_TEXT_MAX];

	smoke_send(s, FIRST, nonce);
	e = smoke_wait(s, TAPE_WIRE_OUT, nonce);
	if (!e)
		e = find_damaged(s);
	smoke_answer(k, SMOKE_CROSSES, e,
	             "nothing on `up0` within %d ms of a datagram to 203.0.113.50:51900%s%s",
	             SMOKE_MS, *session_contract_fault(s) ? "; its events break the contract" : "",
	             smoke_last_words(s, said));
	if (e)
		look_at_datagram(k, e, nonce);
	return e;
}

/* ---- replies ---- */

/* "" or what is wrong with the echo of a datagram. */
static const char *wrong_reply(struct session *s, const char *nonce, uint16_t port,
                               char out[SMOKE_TEXT_MAX])
{
	const struct tape_entry *e = smoke_wait(s, TAPE_GUEST_IN, nonce);
	char line[DECODE_LINE];
	struct seen seen;

	out[0] = '\0';
	if (!e) {
		snprintf(out, SMOKE_TEXT_MAX,
		         "the consumer's answer to port %u did not come within %d ms", port,
		         SMOKE_MS);
		return out;
	}
	decode(e->data, e->len, &seen);
	if (seen.kind != SEEN_UDP || seen.faults || seen.ip_src != LAB_CONSUMER_IP ||
	    seen.sport != LAB_CONSUMER_PORT || seen.ip_dst != LAB_VM_IP || seen.dport != port ||
	    memcmp(seen.eth_dst, LAB_VM_MAC, 6))
		snprintf(out, SMOKE_TEXT_MAX, "port %u asked, and this came: %s%s%s", port,
		         decode_line(&seen, line), seen.fault ? ", " : "",
		         seen.fault ? seen.fault : "");
	return out;
}

static void ask_replies(struct smoke *k, struct session *s, const struct nonces *n)
{
	char why[SMOKE_TEXT_MAX];

	if (!smoke_has(k, SMOKE_REPLY, "nat.udp4"))
		return;
	smoke_send(s, SECOND, n->second);
	if (!*wrong_reply(s, n->first, 41001, why))
		wrong_reply(s, n->second, 41002, why);
	smoke_answer(k, SMOKE_REPLY, !*why, "%s", why);
}

/* ---- what must not cross ---- */

static void send_denied(struct smoke *k, struct session *s, const struct nonces *n)
{
	if (!k->checks)
		return;
	smoke_send(s, "udp $VM:41003 > 203.0.113.50:51901 payload \"" PAYLOAD "\"", n->port);
	smoke_send(s, "udp $VM:41004 > $T:53 payload \"" PAYLOAD "\"", n->address);
}

/* Asked when nothing can come any more. */
static void ask_denied(struct smoke *k, const struct session *s, const struct nonces *n)
{
	const struct tape_entry *e = smoke_find(s, TAPE_WIRE_OUT, n->port);
	char line[DECODE_LINE];
	struct seen seen;

	if (!k->checks) {
		smoke_skip(k, SMOKE_DENIED, "it describes no mode that checks, with allow.udp4");
		return;
	}
	if (!e)
		e = smoke_find(s, TAPE_WIRE_OUT, n->address);
	if (e)
		decode(e->data, e->len, &seen);
	smoke_answer(k, SMOKE_DENIED, !e,
	             "only 203.0.113.50:51900 is allowed, and this crossed: %s",
	             e ? decode_line(&seen, line) : "");
}

/* ---- framing ---- */

/* Waits until what was written is read, to the last byte: no descriptor tells when that is. */
static bool wait_until_read(struct session *s)
{
	for (int ms = 0; ms < SMOKE_MS && !s->exited && !session_interrupted; ms++) {
		int unread = 1;

		if (!channel_pending(&s->chan) && (ioctl(s->chan.fd, SIOCOUTQ, &unread) || !unread))
			return true;
		session_pump(s, 1);
	}
	return false;
}

static void ask_two(struct smoke *k, struct session *s, const struct nonces *n)
{
	bool one, two;

	if (s->chan.kind != CHANNEL_STREAM) {
		smoke_skip(k, SMOKE_TWO, "only a stream can bring two frames at once");
		return;
	}
	wait_until_read(s); /* or what was sent before would be read with them */
	s->corked = true;
	smoke_send(s, FIRST, n->one);
	smoke_send(s, SECOND, n->two);
	s->corked = false;
	channel_flush(&s->chan);
	one = smoke_wait(s, TAPE_WIRE_OUT, n->one);
	two = smoke_wait(s, TAPE_WIRE_OUT, n->two);
	smoke_answer(k, SMOKE_TWO, one && two, "%s did not cross within %d ms",
	             !one && !two ? "both"
	             : one        ? "the second"
	                          : "the first",
	             SMOKE_MS);
}

static void ask_split(struct smoke *k, struct session *s, const struct nonces *n)
{
	static uint8_t bytes[FRAME_MAX + 4];
	struct wr w = wr_of(bytes, 4);
	char said[SMOKE_TEXT_MAX];
	size_t len, i = 0;

	if (s->chan.kind != CHANNEL_STREAM) {
		smoke_skip(k, SMOKE_SPLIT, "only a stream can be cut anywhere");
		return;
	}
	len = smoke_build(s->gateway_mac, FIRST, n->split, bytes + 4);
	if (!len || !wr_u32(&w, (uint32_t)len))
		return;
	while (i < len + 4 && channel_put_raw(&s->chan, bytes + i, 1)) {
		channel_flush(&s->chan);
		if (!wait_until_read(s))
			break;
		i++;
	}
	if (i < len + 4)
		smoke_answer(k, SMOKE_SPLIT, false, "byte %zu of %zu was not read within %d ms", i,
		             len + 4, SMOKE_MS);
	else
		smoke_answer(k, SMOKE_SPLIT, smoke_wait(s, TAPE_WIRE_OUT, n->split),
		             "it did not cross within %d ms%s", SMOKE_MS,
		             smoke_last_words(s, said));
}

static void ask_large(struct smoke *k, struct session *s, const struct nonces *n)
{
	const struct tape_entry *e;
	char said[SMOKE_TEXT_MAX];
	struct seen seen = {.payload = {.n = 0}};

	smoke_send(s, LARGE, n->large);
	e = smoke_wait(s, TAPE_WIRE_OUT, n->large);
	if (e)
		decode(e->data, e->len, &seen);
	if (!e)
		smoke_answer(k, SMOKE_LARGE, false, "it did not cross within %d ms%s", SMOKE_MS,
		             smoke_last_words(s, said));
	else
		smoke_answer(k, SMOKE_LARGE,
		             seen.kind == SEEN_UDP && seen.payload.n == 1472 && !seen.faults,
		             "of 1472 bytes %zu crossed in its first packet", seen.payload.n);
}

/* ---- all of it ---- */

static void ask(struct smoke *k, struct session *s, const struct nonces *n)
{
	ask_arp(k, s);
	if (k->answer[SMOKE_ARP].state == SMOKE_BAD)
		return;
	ask_dhcp(k, s);
	if (!ask_crosses(k, s, n->first))
		return;
	ask_replies(k, s, n);
	send_denied(k, s, n);
	ask_two(k, s, n);
	if (k->answer[SMOKE_TWO].state != SMOKE_BAD)
		ask_split(k, s, n);
	if (k->answer[SMOKE_SPLIT].state != SMOKE_BAD)
		ask_large(k, s, n);
}

void smoke_ask_traffic(struct smoke *k)
{
	static struct session s;
	struct nonces n;
	char policy[DOCTOR_POLICY_MAX], how[SESSION_WHY_MAX];
	enum session_status st;

	doctor_word(n.first);
	doctor_word(n.second);
	doctor_word(n.address);
	doctor_word(n.port);
	doctor_word(n.one);
	doctor_word(n.two);
	doctor_word(n.split);
	doctor_word(n.large);
	smoke_policy(k, policy);
	st = doctor_start(k->doctor, policy, &s);
	if (st == SESSION_OK)
		ask(k, &s, &n);
	session_stop(&s);
	smoke_answer(k, SMOKE_READY, st == SESSION_OK, "%s", doctor_how(&s, how));
	if (st == SESSION_OK) {
		if (k->answer[SMOKE_CROSSES].state == SMOKE_GOOD)
			ask_denied(k, &s, &n);
		smoke_answer(k, SMOKE_CLOSE, doctor_ended_well(&s), "%s", doctor_how(&s, how));
	}
	session_free(&s);
}
