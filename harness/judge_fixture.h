/* SPDX-License-Identifier: ISC */
/* judge_fixture.h: for tests only. A tape written by hand, in the words of scenarios, and its
 * judge.
 *
 * The tape begins with the first sentinel's way out and back; bench_judge() adds the last one's. In
 * between a test puts what the VM sent, what the wire saw and what the backend said.
 */
#ifndef HARNESS_JUDGE_FIXTURE_H
#define HARNESS_JUDGE_FIXTURE_H

#include "harness/frame.h"
#include "harness/judge.h"
#include "harness/lab.h"
#include "harness/scenario_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BENCH_ITEMS 8
#define BENCH_TABLE "attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"
#define BENCH_DNS   "| dns | udp $VM:4000 > $T:53 | drop | not allowed | SCAN |\n"
#define BENCH_NTP   "| ntp | udp $VM:4001 > $T:123 | drop | not allowed | SCAN |\n"
#define BENCH_OK    "| ok | udp $VM:4002 > $CONSUMER | pass | allowed | SCAN |\n"
#define BENCH_ARP   "| arp | arp who-has $GW tell $VM | answer | the gateway | SCAN |\n"

struct bench {
	struct fixture *files;
	struct suite *suite;
	struct tape tape;
	struct judge_item items[BENCH_ITEMS];
	struct judge judge;
	bool lost_last; /* the last sentinel leaves no trace */
	bool judged;
};

static inline int bench_setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	void *files = NULL;

	if (!b || fixture_setup(&files))
		return -1;
	b->files = files;
	*state = b;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct bench *b = *state;
	void *files = b->files;

	tape_free(&b->tape);
	if (b->suite)
		scenario_free(b->suite);
	free(b);
	return fixture_teardown(&files);
}

/* Puts the frame that `words` describe on the tape. `target` is what $T stands for. */
static inline size_t bench_frame(struct bench *b, enum tape_kind kind, const char *words,
                                 uint32_t target, const struct recipe_vars *vars)
{
	static const struct frame_link from_vm = {LAB_VM_MAC, "\x52\x55\xc0\xa8\x64\x01"},
	                               to_vm = {"\x52\x55\xc0\xa8\x64\x01", LAB_VM_MAC},
	                               out = {LAB_UPLINK_MAC, LAB_WORLD_MAC};
	static uint8_t frame[FRAME_MAX];
	char why[256] = "";
	struct diag diag;
	struct recipe r;
	struct lex lx;
	size_t len, entry;

	diag_init(&diag, "test.scn", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, &diag);
	if (!recipe_parse(&lx, false, target, NULL, &diag, &r))
		fail_msg("%s: %u: %s", words, diag.errors[0].column, diag.errors[0].text);
	len = frame_build(&r, vars,
	                  kind == TAPE_GUEST_OUT  ? &from_vm
	                  : kind == TAPE_GUEST_IN ? &to_vm
	                                          : &out,
	                  frame, why);
	recipe_free(&r);
	if (!len)
		fail_msg("%s: %s", words, why);
	entry = tape_add(&b->tape, kind, frame, len, TAPE_NO_ROW);
	return entry;
}

/* The same, with $T and $NONCE of item `i`. */
static inline size_t bench_seen(struct bench *b, size_t i, enum tape_kind kind, const char *words)
{
	const struct judge_item *it = &b->items[i];

	return bench_frame(b, kind, words, it->row ? it->row->target : it->scn_case->target,
	                   &it->vars);
}

/* The same without anything that names the item: another nonce, $T is no row's. */
static inline size_t bench_stray(struct bench *b, enum tape_kind kind, const char *words)
{
	static const struct recipe_vars nobody = {.nonce = "stranger"};

	return bench_frame(b, kind, words, IP4(198, 19, 200, 1), &nobody);
}

static inline void bench_sentinel(struct bench *b, const char *nonce)
{
	struct recipe_vars vars = {0};

	snprintf(vars.nonce, sizeof(vars.nonce), "%s", nonce);
	bench_frame(b, TAPE_GUEST_OUT, "udp $VM:40000 > $CONSUMER", 0, &vars);
	bench_frame(b, TAPE_WIRE_OUT, "udp $PROVIDER:40000 > $CONSUMER", 0, &vars);
	bench_frame(b, TAPE_WIRE_IN, "udp $CONSUMER > $PROVIDER:40000", 0, &vars);
	bench_frame(b, TAPE_GUEST_IN, "udp $CONSUMER > $VM:40000", 0, &vars);
}

/* `text` is what stands behind the head of a scenario file: all its rows and cases become items.
 * Everything about the process is well until the test says otherwise. */
static inline void bench_open(struct bench *b, const char *text)
{
	static const char *const nonces[BENCH_ITEMS] = {"nonce-a", "nonce-b", "nonce-c", "nonce-d",
	                                                "nonce-e", "nonce-f", "nonce-g", "nonce-h"};
	char file[4096];
	size_t n = 0;

	snprintf(file, sizeof(file), "%s%s", FIXTURE_HEAD, text);
	b->suite = fixture_parse(b->files, file);
	if (!b->suite) {
		diag_print(&b->files->diag, stderr);
		fail();
	}
	for (size_t c = 0; c < b->suite->case_count; c++) {
		const struct scn_case *sc = &b->suite->cases[c];
		size_t count = sc->attack ? sc->row_count : 1;

		for (size_t i = 0; i < count; i++, n++) {
			assert_in_range(n, 0, BENCH_ITEMS - 1);
			b->items[n] = (struct judge_item){.times = 1,
			                                  .scn_case = sc,
			                                  .row = sc->attack ? &sc->rows[i] : NULL,
			                                  .sent = JUDGE_NOT_SENT};
			snprintf(b->items[n].vars.nonce, sizeof(b->items[n].vars.nonce), "%s",
			         nonces[n]);
		}
	}
	tape_init(&b->tape);
	b->judge = (struct judge){.tape = &b->tape,
	                          .guest_mtu = 1500,
	                          .items = b->items,
	                          .count = n,
	                          .has_sentinel = true,
	                          .sentinel = &b->suite->sentinel,
	                          .pre_nonce = "first-sentinel",
	                          .post_nonce = "last-sentinel",
	                          .pre_ok = true,
	                          .post_ok = true,
	                          .events_fault = ""};
	bench_sentinel(b, b->judge.pre_nonce);
}

/* The VM sends what the row says. */
static inline void bench_send(struct bench *b, size_t i)
{
	struct judge_item *it = &b->items[i];

	it->from = b->tape.count;
	it->sent = bench_seen(b, i, TAPE_GUEST_OUT, it->row->text);
}

/* A suite of one table; all its rows are sent. */
static inline void bench_rows(struct bench *b, const char *rows)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s", BENCH_TABLE, rows);
	bench_open(b, text);
	for (size_t i = 0; i < b->judge.count; i++)
		bench_send(b, i);
}

/* A suite of one case of statements, which begins now. */
static inline void bench_case(struct bench *b, const char *statements)
{
	char text[2048];

	snprintf(text, sizeof(text), "case c req EGR-001\n%s", statements);
	bench_open(b, text);
	b->items[0].from = b->tape.count;
}

/* An event that denies the row's packet as it was sent. */
static inline size_t bench_drop_event(struct bench *b, size_t i)
{
	const struct tape_entry *e = &b->tape.entries[b->items[i].sent];
	char src[ADDR_TEXT], dst[ADDR_TEXT], line[300];
	struct seen s;
	int len;

	decode(e->data, e->len, &s);
	len = snprintf(line, sizeof(line),
	               "{\"v\":1,\"seq\":2,\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"%s\","
	               "\"sport\":%u,\"dst\":\"%s\",\"dport\":%u,\"reason\":\"no-rule\"}",
	               addr_ip4(s.ip_src, src), s.sport, addr_ip4(s.ip_dst, dst), s.dport);
	b->judge.audited_drops++;
	return tape_add(&b->tape, TAPE_EVENT, line, (size_t)len, TAPE_NO_ROW);
}

static inline void bench_judge(struct bench *b)
{
	if (b->judged)
		return;
	if (!b->lost_last)
		bench_sentinel(b, b->judge.post_nonce);
	judge(&b->judge);
	b->judged = true;
}

/* Judges, unless that was done, and compares: the detail must hold `detail`. */
static inline void bench_expect(struct bench *b, size_t i, enum result result, const char *detail)
{
	const struct judge_item *it = &b->items[i];

	bench_judge(b);
	if (it->result != result || !strstr(it->detail, detail))
		fail_msg("item %zu is %s (%s) instead of %s (%s)", i, result_name(it->result),
		         it->detail, result_name(result), detail);
}

/* All is well with every item and with the batch. */
static inline void bench_expect_clean(struct bench *b)
{
	for (size_t i = 0; i < b->judge.count; i++)
		bench_expect(b, i, RESULT_PASS, "");
	if (b->judge.doubt)
		fail_msg("a doubt: %s", b->judge.doubt_text);
	for (size_t i = 0; i < b->tape.count; i++)
		assert_false(b->tape.entries[i].bad);
}

/* The batch as a whole is in doubt, in these words. */
static inline void bench_expect_doubt(struct bench *b, const char *text)
{
	bench_judge(b);
	if (!b->judge.doubt || !strstr(b->judge.doubt_text, text))
		fail_msg("the doubt is '%s' instead of '%s'", b->judge.doubt_text, text);
}

#define BENCH_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

#endif
