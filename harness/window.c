/* SPDX-License-Identifier: ISC */
/* window.c: see window.h. window_make() and what it calls are pure; window_tell() reads the policy and writes. */
#include "harness/window.h"

#include "harness/addr.h"
#include "harness/boot.h"
#include "harness/decode.h"
#include "harness/escape.h"
#include "harness/files.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a frame is ---- */

static bool is_listed(const struct oracle *policy, const struct seen *s)
{
	if (s->fault || s->vlan_count || (s->ip_proto != 17 && s->ip_proto != 6) ||
	    (s->kind != SEEN_UDP && s->kind != SEEN_TCP && s->kind != SEEN_DHCP))
		return false;
	for (size_t i = 0; i < policy->allow_count; i++)
		if (policy->allow[i].proto == s->ip_proto && policy->allow[i].ip == s->ip_dst &&
		    policy->allow[i].port == s->dport)
			return true;
	return false;
}

/* What the gateway itself answers, and what every honest stack says to its own link, whatever the policy calls benign. */
static bool is_for_link(const struct oracle *policy, const struct seen *s)
{
	struct oracle strict = *policy;
	const char *reason;

	strict.mode = ORACLE_FILTERED;
	strict.terminate = true; /* so that guilt can be told from noise */
	strict.benign = NOISE_DHCP | NOISE_IGMP | NOISE_ND;
	switch (oracle_judge(&strict, s, &reason)) {
	case ORACLE_ANSWER:
		return true;
	case ORACLE_DROP:
		return s->kind == SEEN_DHCP || s->kind == SEEN_ICMP6 || s->ip_proto == 2;
	case ORACLE_PASS:
	case ORACLE_TERMINATE:
		break;
	}
	return false;
}

enum window_class window_class_of(const struct oracle *policy, const struct seen *s,
                                  enum window_lane lane)
{
	if (lane == WINDOW_CROSSED)
		return s->ip_src == LAB_PROVIDER_IP && is_listed(policy, s) ? WINDOW_ALLOWED
		                                                            : WINDOW_FORBIDDEN;
	if (s->ip_src == policy->vm_ip && is_listed(policy, s))
		return WINDOW_ALLOWED;
	return is_for_link(policy, s) ? WINDOW_LINK : WINDOW_FORBIDDEN;
}

const char *window_class_name(enum window_class class)
{
	static const char *const names[] = {[WINDOW_ALLOWED] = "allowed",
	                                    [WINDOW_LINK] = "link",
	                                    [WINDOW_FORBIDDEN] = "forbidden"};

	return names[class];
}

/* To whom, without what differs from packet to packet. */
static void tell_destination(const struct seen *s, char *out, size_t size)
{
	char a[ADDR_TEXT];

	switch (s->kind) {
	case SEEN_ETH:
		snprintf(out, size, "eth 0x%04x", s->eth_type);
		break;
	case SEEN_ARP:
		snprintf(out, size, "arp %s", addr_ip4(s->arp_tpa, a));
		break;
	case SEEN_IP4:
		snprintf(out, size, "ip4 %s proto %u", addr_ip4(s->ip_dst, a), s->ip_proto);
		break;
	case SEEN_UDP:
		snprintf(out, size, "udp %s", addr_ip4_port(s->ip_dst, s->dport, a));
		break;
	case SEEN_DHCP:
		snprintf(out, size, "dhcp %s", addr_ip4_port(s->ip_dst, s->dport, a));
		break;
	case SEEN_TCP:
		snprintf(out, size, "tcp %s", addr_ip4_port(s->ip_dst, s->dport, a));
		break;
	case SEEN_ICMP:
		snprintf(out, size, "icmp %s", addr_ip4(s->ip_dst, a));
		break;
	case SEEN_IP6:
		snprintf(out, size, "ip6 %s proto %u", addr_ip6(s->ip6_dst, a), s->ip6_next);
		break;
	case SEEN_UDP6:
		snprintf(out, size, "udp6 [%s]:%u", addr_ip6(s->ip6_dst, a), s->dport);
		break;
	case SEEN_TCP6:
		snprintf(out, size, "tcp6 [%s]:%u", addr_ip6(s->ip6_dst, a), s->dport);
		break;
	case SEEN_ICMP6:
		snprintf(out, size, "icmp6 %s", addr_ip6(s->ip6_dst, a));
		break;
	}
}

/* ---- flows ---- */

/* The flow of that destination and class, made when there is room; else the last one, which then stands for all
 * others, and for the worst of them. */
static struct window_flow *flow_of(struct window *w, enum window_lane lane, const char *to,
                                   enum window_class class)
{
	struct window_flow *list = w->flow[lane], *last;

	for (size_t i = 0; i < w->flows[lane]; i++)
		if (list[i].class == class && !strcmp(list[i].to, to))
			return &list[i];
	if (w->flows[lane] < WINDOW_FLOWS) {
		list[w->flows[lane]] = (struct window_flow){.class = class};
		snprintf(list[w->flows[lane]].to, sizeof(list->to), "%s", to);
		return &list[w->flows[lane]++];
	}
	last = &list[WINDOW_FLOWS - 1];
	snprintf(last->to, sizeof(last->to), "other destinations");
	if (class > last->class)
		last->class = class;
	return last;
}

/* A segment of TCP that neither opens nor carries anything: the provider's kernel acknowledges and closes what the
 * backend has open, also when the guest is long silent. */
static bool is_afterglow(const struct seen *s)
{
	return s->kind == SEEN_TCP && !s->fault && !(s->tcp_flags & 2) && !s->payload.n;
}

static void count_packet(struct window_flow *f, const struct seen *s, double ms)
{
	char line[DECODE_LINE];

	if (!f->count) {
		snprintf(f->words, sizeof(f->words), "%s", decode_line(s, line));
		f->first_ms = ms;
	}
	if (f->count++ && is_afterglow(s))
		return;
	f->last_ms = ms;
	f->at_ms[f->dots < WINDOW_DOTS ? f->dots++ : WINDOW_DOTS - 1] = ms;
}

static bool is_sentinel(const struct window_facts *f, const struct seen *s)
{
	for (size_t i = 0; i < 2; i++) {
		const char *nonce = f->sentinel[i];

		if (nonce && *nonce && s->payload.n &&
		    memmem(s->payload.p, s->payload.n, nonce, strlen(nonce)))
			return true;
	}
	return false;
}

/* Of the provider's own kernel, about what came from the world: the guest has said nothing of the kind to that place. */
static bool is_kernels_own(const struct window *w, const struct seen *s, const char *to)
{
	if (s->kind != SEEN_ICMP || s->icmp_type != 3 || s->ip_src != LAB_PROVIDER_IP)
		return false;
	for (size_t i = 0; i < w->flows[WINDOW_SENT]; i++)
		if (strcmp(w->flow[WINDOW_SENT][i].to, to) == 0)
			return false;
	return w->flows[WINDOW_SENT] < WINDOW_FLOWS;
}

static void look_at(struct window *w, const struct window_facts *f, const struct tape_entry *e)
{
	enum window_lane lane = e->kind == TAPE_GUEST_OUT ? WINDOW_SENT : WINDOW_CROSSED;
	double ms = ((double)e->t_ns - (double)f->power_on_ns) / 1e6;
	enum window_class class;
	struct seen s;
	char to[64];

	if (e->kind != TAPE_GUEST_OUT && e->kind != TAPE_WIRE_OUT && e->kind != TAPE_HOST)
		return;
	decode(e->data, e->len, &s);
	/* Before there was a guest, the harness spoke. What leaves the backend then counts all the same. */
	if (is_sentinel(f, &s) || (lane == WINDOW_SENT && ms < 0))
		return;
	tell_destination(&s, to, sizeof(to));
	class = e->kind == TAPE_HOST ? WINDOW_FORBIDDEN : window_class_of(f->policy, &s, lane);
	if (e->kind == TAPE_WIRE_OUT && is_kernels_own(w, &s, to))
		class = WINDOW_LINK;
	count_packet(flow_of(w, lane, to, class), &s, ms);
	w->count[lane]++;
	if (class != WINDOW_FORBIDDEN)
		return;
	if (lane == WINDOW_CROSSED) {
		if (!w->forbidden[lane])
			w->first_leak_ms = w->last_leak_ms = ms;
		if (!is_afterglow(&s))
			w->last_leak_ms = ms;
	}
	w->forbidden[lane]++;
}

void window_make(struct window *w, const struct window_facts *f)
{
	double closed = f->locked_ms;

	*w = (struct window){.exposed_from = WINDOW_NEVER, .exposed_to = WINDOW_NEVER};
	for (size_t i = 0; i < f->tape->count; i++)
		look_at(w, f, &f->tape->entries[i]);
	if (!w->forbidden[WINDOW_CROSSED])
		return;
	if (closed < 0)
		closed = f->off_ms;
	w->exposed_from = w->first_leak_ms;
	w->exposed_to = w->last_leak_ms > closed ? w->last_leak_ms : closed;
}

/* ---- a line of windows.jsonl ---- */

int window_clear(const char *dir)
{
	return file_clear(dir, "windows.jsonl");
}

const char *window_packages(const char *setup)
{
	static const char *const words[] = {"prebuilt", "offline", "online"};
	const char *at = setup;

	if (!setup)
		return "none";
	while ((at = strstr(at, "--packages"))) {
		at += strlen("--packages");
		at += strspn(at, "= ");
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strncmp(at, words[i], strlen(words[i])))
				return words[i];
	}
	return "?";
}

static void write_ms(double ms, FILE *to)
{
	if (ms < 0)
		fputs("null", to);
	else
		fprintf(to, "%.1f", ms);
}

static void write_flow(const struct window_flow *f, FILE *to)
{
	fputs("{\"to\":", to);
	escape_json(to, f->to);
	fprintf(to, ",\"class\":\"%s\",\"count\":%u,\"first\":%.1f,\"last\":%.1f,\"words\":",
	        window_class_name(f->class), f->count, f->first_ms, f->last_ms);
	escape_json(to, f->words);
	fputs(",\"at\":[", to);
	for (unsigned i = 0; i < f->dots; i++)
		fprintf(to, "%s%.1f", i ? "," : "", f->at_ms[i]);
	fputs("]}", to);
}

static void write_lane(const struct window *w, enum window_lane lane, const char *key, FILE *to)
{
	fprintf(to, ",\"%s\":[", key);
	for (size_t i = 0; i < w->flows[lane]; i++) {
		fputs(i ? "," : "", to);
		write_flow(&w->flow[lane][i], to);
	}
	putc(']', to);
}

/* Which milestones the guest claims: those that come from its own clock. */
static bool is_claim(enum boot_mark mark)
{
	return mark != BOOT_QEMU && mark != BOOT_KERNEL && mark != BOOT_FRAME && mark != BOOT_READY;
}

static void write_marks(const double ms[BOOT_MARK_COUNT], FILE *to)
{
	const char *before = "";

	fputs(",\"marks\":[", to);
	for (int i = 0; i < BOOT_MARK_COUNT; i++) {
		if (ms[i] < 0)
			continue;
		fprintf(to, "%s{\"name\":", before);
		escape_json(to, boot_mark_name((enum boot_mark)i));
		fprintf(to, ",\"ms\":%.1f,\"claim\":%s}", ms[i],
		        is_claim((enum boot_mark)i) ? "true" : "false");
		before = ",";
	}
	putc(']', to);
}

static const char *mode_name(enum oracle_mode mode)
{
	static const char *const names[] = {[ORACLE_DIRECT] = "direct",
	                                    [ORACLE_SAMPLED] = "sampled",
	                                    [ORACLE_CONNTRACK] = "conntrack",
	                                    [ORACLE_FILTERED] = "filtered"};

	return names[mode];
}

/* Adds what `path` lists. One that cannot be read adds nothing. */
static void add_list(struct oracle *policy, const char *path)
{
	struct oracle *later = calloc(1, sizeof(*later));
	char why[256];

	if (later && oracle_load(path, later, why))
		for (size_t i = 0; i < later->allow_count; i++)
			if (policy->allow_count < ORACLE_ALLOW_MAX)
				policy->allow[policy->allow_count++] = later->allow[i];
	free(later);
}

void window_tell(const struct window_source *src, FILE *to)
{
	struct window *w = malloc(sizeof(*w));
	struct oracle *policy = calloc(1, sizeof(*policy));
	struct window_facts f = {.tape = src->tape,
	                         .policy = policy,
	                         .locked_ms = WINDOW_NEVER,
	                         .off_ms = WINDOW_NEVER,
	                         .sentinel = {src->sentinel[0], src->sentinel[1]}};
	double ms[BOOT_MARK_COUNT];
	char why[256];
	bool known;

	if (!w || !policy) {
		fputs("gauntlet: out of memory: a boot window cannot be kept\n", stderr);
		exit(4);
	}
	known = oracle_load(src->policy, policy, why);
	for (size_t i = 0; i < WINDOW_POLICIES && src->later[i]; i++)
		add_list(policy, src->later[i]);
	boot_marks(src->times, ms);
	f.power_on_ns = (uint64_t)src->times->exec_ns - src->tape->start_ns;
	if (ms[BOOT_LOCKED] >= 0)
		f.locked_ms = ms[BOOT_READY];
	if (src->off && src->times->gone_ns)
		f.off_ms = (double)(src->times->gone_ns - src->times->exec_ns) / 1e6;
	window_make(w, &f);
	fputs("{\"name\":\"", to); /* names are of letters that JSON takes as they are */
	fprintf(to, "%s/%s\",\"mode\":\"%s\",\"packages\":\"%s\",\"boot\":\"%s\"", src->suite,
	        src->scn_case, known ? mode_name(policy->mode) : "?", window_packages(src->setup),
	        src->restored ? "restored" : "cold");
	fputs(",\"locked_ms\":", to);
	write_ms(f.locked_ms, to);
	fputs(",\"off_ms\":", to);
	write_ms(f.off_ms, to);
	fputs(",\"exposed_ms\":", to);
	if (w->exposed_from == WINDOW_NEVER)
		fputs("null", to);
	else
		fprintf(to, "[%.1f,%.1f]", w->exposed_from, w->exposed_to);
	write_marks(ms, to);
	write_lane(w, WINDOW_SENT, "sent", to);
	write_lane(w, WINDOW_CROSSED, "crossed", to);
	fputs("}\n", to);
	free(policy);
	free(w);
}
