/* SPDX-License-Identifier: ISC */
/* fleet_judge.c: who reached whom. */
#include "harness/fleet_judge.h"

#include "harness/addr.h"
#include "harness/decode.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

char *fleet_mark(uint32_t run, unsigned number, const char *word, char out[FLEET_MARK_MAX])
{
	snprintf(out, FLEET_MARK_MAX, "fleet-%08" PRIx32 "-vm%u-%.24s", run, number, word);
	return out;
}

static bool starts_with(struct rd payload, const char *text)
{
	size_t n = strlen(text);

	return payload.n >= n && !memcmp(payload.p, text, n);
}

static bool is_broadcast(const uint8_t mac[6])
{
	return !memcmp(mac, "\xff\xff\xff\xff\xff\xff", 6);
}

/* What is the gateway's to send to a VM, or the consumer's through it. */
static bool is_explained(const struct fleet_cable *c, uint32_t run, const struct seen *s)
{
	char own[FLEET_MARK_MAX];

	if (memcmp(s->eth_dst, c->mac, 6) != 0 && !is_broadcast(s->eth_dst))
		return false;
	if (s->kind == SEEN_ARP)
		return s->arp_op == 2 && s->arp_spa == LAB_GW_IP && s->arp_tpa == c->ip;
	if (s->kind == SEEN_DHCP)
		return s->ip_src == LAB_GW_IP && s->sport == 67;
	return s->kind == SEEN_UDP && s->ip_src == LAB_CONSUMER_IP &&
	       s->sport == LAB_CONSUMER_PORT && s->ip_dst == c->ip &&
	       starts_with(s->payload, fleet_mark(run, c->number, "talk-", own));
}

static bool object(const struct tape_entry *e, const char *what, char why[FLEET_WHY_MAX])
{
	char line[1024];
	struct seen s;

	decode(e->data, e->len, &s);
	decode_line(&s, line);
	snprintf(why, FLEET_WHY_MAX, "%s: %.300s", what, line);
	return false;
}

unsigned fleet_judge_reached(const struct tape *cable, uint32_t run, unsigned from, unsigned to)
{
	char word[24], mark[FLEET_MARK_MAX];
	unsigned n = 0;

	snprintf(word, sizeof(word), "try-%u-", to);
	fleet_mark(run, from, word, mark);
	for (size_t i = 0; i < cable->count; i++) {
		const struct tape_entry *e = &cable->entries[i];

		n += e->kind == TAPE_GUEST_IN && memmem(e->data, e->len, mark, strlen(mark));
	}
	return n;
}

bool fleet_judge_arrivals(const struct fleet_cable *c, uint32_t run, char why[FLEET_WHY_MAX])
{
	char what[64];

	for (size_t i = 0; i < c->tape->count; i++) {
		const struct tape_entry *e = &c->tape->entries[i];
		struct seen s;

		if (e->kind != TAPE_GUEST_IN)
			continue;
		decode(e->data, e->len, &s);
		if (is_explained(c, run, &s))
			continue;
		snprintf(what, sizeof(what), "reached VM %u, which had not asked for it",
		         c->number);
		return object(e, what, why);
	}
	return true;
}

bool fleet_judge_answers(const struct fleet_cable *c, uint32_t run, unsigned talks,
                         char why[FLEET_WHY_MAX])
{
	for (unsigned k = 1; k <= talks; k++) {
		char word[24], mark[FLEET_MARK_MAX];
		unsigned seen_times = 0;

		snprintf(word, sizeof(word), "talk-%u", k);
		fleet_mark(run, c->number, word, mark);
		for (size_t i = 0; i < c->tape->count; i++) {
			const struct tape_entry *e = &c->tape->entries[i];
			struct seen s;

			if (e->kind != TAPE_GUEST_IN)
				continue;
			decode(e->data, e->len, &s);
			seen_times += s.kind == SEEN_UDP && s.payload.n == strlen(mark) &&
			              starts_with(s.payload, mark);
		}
		if (seen_times == 1)
			continue;
		snprintf(why, FLEET_WHY_MAX, "the answer to %s came %u times to VM %u", mark,
		         seen_times, c->number);
		return false;
	}
	return true;
}

/* "fleet-RUN-vmN-talk-": of any VM. */
static bool is_talk(struct rd payload, uint32_t run)
{
	for (unsigned n = 1; n <= 9; n++) {
		char mark[FLEET_MARK_MAX];

		if (starts_with(payload, fleet_mark(run, n, "talk-", mark)))
			return true;
	}
	return false;
}

bool fleet_judge_wire(const struct tape *wire, uint32_t run, char why[FLEET_WHY_MAX])
{
	for (size_t i = 0; i < wire->count; i++) {
		const struct tape_entry *e = &wire->entries[i];
		struct seen s;

		if (e->kind == TAPE_HOST)
			return object(e, "reached the provider host itself", why);
		if (e->kind != TAPE_WIRE_OUT)
			continue;
		decode(e->data, e->len, &s);
		if (s.kind != SEEN_UDP || s.ip_src != LAB_PROVIDER_IP ||
		    s.ip_dst != LAB_CONSUMER_IP || s.dport != LAB_CONSUMER_PORT ||
		    !is_talk(s.payload, run))
			return object(e, "crossed the wire", why);
	}
	return true;
}

uint16_t fleet_judge_port(const struct tape *wire, const char *mark)
{
	for (size_t i = 0; i < wire->count; i++) {
		const struct tape_entry *e = &wire->entries[i];
		struct seen s;

		if (e->kind != TAPE_WIRE_OUT)
			continue;
		decode(e->data, e->len, &s);
		if (s.kind == SEEN_UDP && starts_with(s.payload, mark))
			return s.sport;
	}
	return 0;
}

bool fleet_judge_sent(const struct tape *cable, size_t from, const void *frame, size_t len)
{
	for (size_t i = from; i < cable->count; i++) {
		const struct tape_entry *e = &cable->entries[i];

		/* A short frame is padded by some drivers. */
		if (e->kind == TAPE_GUEST_OUT && e->len >= len && !memcmp(e->data, frame, len))
			return true;
	}
	return false;
}

double fleet_judge_factor(const double *counts, size_t n)
{
	double least = n ? counts[0] : 0, most = least;

	for (size_t i = 1; i < n; i++) {
		least = counts[i] < least ? counts[i] : least;
		most = counts[i] > most ? counts[i] : most;
	}
	return most <= 0 ? 1 : least <= 0 ? (double)INFINITY : most / least;
}
