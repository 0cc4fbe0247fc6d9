/* SPDX-License-Identifier: ISC */
/* fleet_isolation.c: each VM tries each other, and all talk to the consumer meanwhile.
 *
 * The guests' own stacks talk: all at once, all from the same ports. The attacks are raw frames, handed to the guests'
 * kernels, so that nothing in a guest corrects them. That a frame was really sent is read off the cable.
 */
#include "harness/doctor_smoke.h"
#include "harness/fleet_part.h"
#include "harness/frame.h"

#include <stdio.h>
#include <string.h>

#define TALKS 4 /* in each of the two rounds */

/* @ME, @YOU: addresses; @MYMAC, @YOURMAC: cards; @PORT: the provider's port of the other's talk; @MARK. The recipe's
 * own words are those of docs/scenarios.md. */
static const struct attack {
	const char *name;
	const char *recipe;
	bool not_twin; /* of one's twin it would be ordinary traffic */
} attacks[] = {
        {"its address", "udp @ME:5001 > @YOU:5002 payload \"@MARK\" eth.src=@MYMAC", false},
        {"its card", "udp @ME:5003 > @YOU:5004 payload \"@MARK\" eth.src=@MYMAC eth.dst=@YOURMAC",
         false},
        {"its open port", "udp @ME:5005 > @YOU:4101 payload \"@MARK\" eth.src=@MYMAC", false},
        {"its port at the provider",
         "udp @ME:5006 > 192.168.1.100:@PORT payload \"@MARK\" eth.src=@MYMAC", false},
        {"the consumer's answer to it",
         "udp 203.0.113.50:51900 > @YOU:4101 payload \"@MARK\" eth.src=@MYMAC eth.dst=@YOURMAC",
         false},
        {"everybody", "udp @ME:5007 > 255.255.255.255:5008 payload \"@MARK\" eth.src=@MYMAC",
         false},
        {"everybody on the link",
         "udp @ME:5009 > 192.168.100.255:5010 payload \"@MARK\" eth.src=@MYMAC "
         "eth.dst=ff:ff:ff:ff:ff:ff",
         false},
        {"a group", "udp @ME:5353 > 224.0.0.251:5353 payload \"@MARK\" eth.src=@MYMAC", false},
        {"who has its address", "arp who-has @YOU tell @ME eth.src=@MYMAC", false},
        {"its address is mine", "arp reply @YOU is-at @MYMAC tell $GW eth.src=@MYMAC", false},
        {"its name", "udp @YOU:4101 > $CONSUMER payload \"@MARK\" eth.src=@YOURMAC", true},
};

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

static bool is_twin(const struct fleet_member *a, const struct fleet_member *b)
{
	return a->ip == b->ip;
}

/* The text for `@word` at `p`, and how long the word is; NULL: none. */
static const char *value_of(const char *p, const struct fleet_member *me,
                            const struct fleet_member *you, const char *mark, char out[32],
                            size_t *word)
{
	static const char *const words[] = {"@MYMAC", "@YOURMAC", "@ME", "@YOU", "@PORT", "@MARK"};
	size_t i = 0;

	while (i < 6 && strncmp(p, words[i], strlen(words[i])) != 0)
		i++;
	if (i == 6)
		return NULL;
	*word = strlen(words[i]);
	if (i == 2 || i == 3)
		snprintf(out, 32, "192.168.100.%u", (i == 2 ? me : you)->ip & 0xff);
	else if (i == 4)
		snprintf(out, 32, "%u", you->port);
	return i == 0 ? me->mac_text : i == 1 ? you->mac_text : i == 5 ? mark : out;
}

static void write_recipe(const struct attack *a, const struct fleet_member *me,
                         const struct fleet_member *you, const char *mark, char *out, size_t size)
{
	size_t n = 0;

	for (const char *p = a->recipe; *p && n + 1 < size;) {
		char text[32];
		size_t word = 1;
		const char *value = *p == '@' ? value_of(p, me, you, mark, text, &word) : NULL;

		n += (size_t)snprintf(out + n, size - n, "%.*s", value ? (int)size : 1,
		                      value ? value : p);
		p += word;
	}
}

/* All attacks of one VM on another; false with f->why when one could not be made. */
static bool attack(struct fleet *f, struct fleet_member *me, const struct fleet_member *you)
{
	static uint8_t frame[FRAME_MAX];

	for (size_t i = 0; i < ATTACKS; i++) {
		const struct attack *a = &attacks[i];
		char recipe[400], mark[FLEET_MARK_MAX], word[24];
		size_t from = me->session.tape.count, len;

		if (a->not_twin && is_twin(me, you))
			continue;
		snprintf(word, sizeof(word), "try-%u-%zu", you->number, i);
		write_recipe(a, me, you, fleet_mark(f->run, me->number, word, mark), recipe,
		             sizeof(recipe));
		len = smoke_build(me->session.gateway_mac, recipe, "", frame);
		if (!len || !fleet_send_frame(f, me, frame, len))
			return false;
		/* Its answer and the frame come by different ways. */
		for (int k = 0; k < 100 && !fleet_judge_sent(&me->session.tape, from, frame, len);
		     k++)
			fleet_turn(f, 10);
		if (!fleet_judge_sent(&me->session.tape, from, frame, len)) {
			snprintf(f->why, sizeof(f->why), "VM %u: the attack on %s did not leave it",
			         me->number, a->name);
			return false;
		}
	}
	return true;
}

static void talk_command(const struct fleet_member *m, void *arg, char *out, size_t size)
{
	unsigned from = *(const unsigned *)arg;
	char mark[FLEET_MARK_MAX];

	snprintf(out, size,
	         "for k in $(seq %u %u); do udp -p $((%u + k)) 203.0.113.50 51900 %s$k || exit 1; "
	         "done",
	         from, from + TALKS - 1, FLEET_TALK_BASE,
	         fleet_mark(m->fleet->run, m->number, "talk-", mark));
}

/* A round of talks of all at once: numbers `from` and on. */
static bool talk(struct fleet *f, unsigned from)
{
	if (!fleet_run_all(f, talk_command, &from))
		return false;
	for (unsigned i = 0; i < f->running; i++) {
		struct fleet_member *m = f->members[i];
		char mark[FLEET_MARK_MAX];

		if (!session_learn_gateway(&m->session, 2000)) {
			snprintf(f->why, sizeof(f->why), "VM %u: its gateway does not answer ARP",
			         m->number);
			return false;
		}
		m->port = fleet_judge_port(&f->members[0]->session.tape,
		                           fleet_mark(f->run, m->number, "talk-1", mark));
	}
	return true;
}

/* Who reached whom, as a table; what was not meant for anybody in particular shows in judge_vms(). */
static void judge_pairs(struct fleet *f)
{
	char why[FLEET_WHY_MAX] = "";
	bool ok = true;

	printf("          reached:");
	for (unsigned j = 0; j < f->running; j++)
		printf("  VM %u", j + 1);
	for (unsigned i = 0; i < f->running; i++) {
		printf("\n          of VM %u ", i + 1);
		for (unsigned j = 0; j < f->running; j++) {
			unsigned n = i == j ? 0
			                    : fleet_judge_reached(&f->members[j]->session.tape,
			                                          f->run, i + 1, j + 1);

			f->reached[i][j] = n;
			printf(i == j ? "     -" : "%6u", n);
			if (n && ok)
				snprintf(why, sizeof(why), "VM %u reached VM %u with %u frames",
				         i + 1, j + 1, n);
			ok &= !n;
		}
	}
	printf("\n");
	fleet_check(f, ok, why, "no VM reaches another, with %zu tries each", ATTACKS);
}

static void judge_vms(struct fleet *f)
{
	char why[FLEET_WHY_MAX];

	for (unsigned i = 0; i < f->running; i++) {
		const struct fleet_member *m = f->members[i];
		struct fleet_cable c = {.number = m->number, .ip = m->ip, .tape = &m->session.tape};
		bool ok;

		memcpy(c.mac, m->mac, 6);
		ok = fleet_judge_answers(&c, f->run, 2 * TALKS, why);
		fleet_check(f, ok, why, "VM %u hears the consumer's answers to itself", m->number);
		ok = fleet_judge_arrivals(&c, f->run, why);
		fleet_check(f, ok, why, "and nothing else reaches VM %u", m->number);
	}
}

bool fleet_isolation(struct fleet *f)
{
	char why[FLEET_WHY_MAX];
	bool sent = true;

	if (!talk(f, 1))
		return false;
	for (unsigned i = 0; i < f->running && sent; i++)
		for (unsigned j = 0; j < f->running && sent; j++)
			sent = i == j || attack(f, f->members[i], f->members[j]);
	if (session_interrupted || !sent || !talk(f, 1 + TALKS))
		return false;
	judge_pairs(f);
	judge_vms(f);
	fleet_check(f, fleet_judge_wire(&f->members[0]->session.tape, f->run, why), why,
	            "nothing but talks with the consumer is on the wire");
	return true;
}
