/* SPDX-License-Identifier: ISC */
/* batch_boot_test.c: cases with `boot`, on a live backend, the toy of toy.h, with a guest that is made up: it sends what
 * it was given when it boots. */
#include "harness/batch_stage.h"

#include "harness/agent.h"
#include "harness/batch_steps.h"

#define HEAD "suite t\npolicy one.json\nplanes vm\nsentinel udp $VM:40000 > $CONSUMER\n"
#define TABLE                                                                                      \
	"attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"                          \
	"| ok | udp $VM:4000 > $CONSUMER | pass | w | SCAN |\n"                                    \
	"| gw | arp who-has $GW tell $VM | answer | w | SCAN |\n"                                  \
	"| no | eth 0x88cc | drop | w | SCAN |\n"
#define CASE "case c req BOOT-001\n"
/* The toy closes each socket at once, and its kernel says so. */
#define MAY  "  may wire icmp $PROVIDER > * unreachable\n"
#define ROWS 3

/* What the guest does. */
static struct {
	size_t skips;   /* it does not send this row, counted from 1 */
	bool refuses;   /* nor can it */
	bool talks;     /* it says something of its own, to an allowed endpoint */
	unsigned boots; /* how often */
} guest;

static bool play_boot(struct batch *b, char *why)
{
	size_t len, n = 0;
	uint8_t *bytes = batch_boot_attack(b, &len, why);
	struct rd frames = rd_of(bytes, len), frame;
	uint32_t size;

	batch_note_boot(b);
	guest.boots++;
	while (bytes && rd_u32(&frames, &size) && rd_sub(&frames, size, &frame))
		if (++n != guest.skips)
			session_inject(&b->session, frame.p, frame.n, TAPE_NO_ROW);
	free(bytes);
	return bytes;
}

static bool power(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	size_t entry;

	assert_true(play_boot(b, why));
	if (guest.talks) {
		struct recipe r = {.kind = RECIPE_UDP,
		                   .src = {.ip = LAB_VM_IP, .port = 77},
		                   .dst = {.ip = LAB_CONSUMER_IP, .port = LAB_CONSUMER_PORT}};

		assert_true(batch_send(b, &r, &it->vars, TAPE_NO_ROW, &entry, why));
	}
	(void)st;
	return true;
}

static bool send_frame(struct batch *b, const uint8_t *frame, size_t len, int row, size_t *entry,
                       char *why)
{
	if (guest.refuses) {
		snprintf(why, 256, "its kernel does not send it");
		b->refused = true;
		return false;
	}
	*entry = session_inject(&b->session, frame, len, row);
	return true;
}

static const struct batch_actor actor = {.send = send_frame, .power = power};

static void play(struct stage *g, struct judge_item *items, const char *text)
{
	struct scn_case *c;

	if (!g->lab)
		skip();
	g->suite = fixture_parse(g->files, text);
	diag_print(&g->files->diag, stderr);
	assert_non_null(g->suite);
	g->backend.fifo = true;
	c = &g->suite->cases[g->suite->case_count - 1];
	items[0] = (struct judge_item){.scn_case = c};
	for (size_t i = 0; i < c->row_count; i++)
		items[1 + i] = (struct judge_item){.scn_case = c, .row = &c->rows[i]};
	g->batch = (struct batch){.backend = &g->backend,
	                          .world = &g->world,
	                          .suite = g->suite,
	                          .plane = PLANE_VM,
	                          .run_id = 1,
	                          .patience_ms = BATCH_PATIENCE_MS,
	                          .items = items,
	                          .count = 1 + c->row_count,
	                          .actor = &actor,
	                          .guest_fd = -1};
	assert_int_equal(batch_run(&g->batch), BATCH_DONE);
}

static void expect(const struct judge_item *it, enum result result, const char *detail)
{
	if (it->result != result || !strstr(it->detail, detail))
		fail_msg("%s: %s (%s) instead of %s (%s)", it->row ? it->row->id : "case",
		         result_name(it->result), it->detail, result_name(result), detail);
}

static int clear(void **state)
{
	memset(&guest, 0, sizeof(guest));
	return stage_clear(state);
}

static void rows_are_found_in_what_the_guest_sent_first(void **state)
{
	struct judge_item items[1 + ROWS];

	play(*state, items, HEAD TABLE CASE "  boot attack a\n" MAY);
	expect(&items[0], RESULT_PASS, "");
	expect(&items[1], RESULT_PASS, "");
	expect(&items[2], RESULT_PASS, "");
	expect(&items[3], RESULT_PASS, "");
	for (size_t i = 1; i <= ROWS; i++)
		assert_int_equal(
		        ((struct stage *)*state)->batch.session.tape.entries[items[i].sent].row, i);
}

static void a_row_that_was_not_sent_proves_nothing(void **state)
{
	struct judge_item items[1 + ROWS];

	guest.skips = 3;
	play(*state, items, HEAD TABLE CASE "  boot attack a\n" MAY);
	expect(&items[1], RESULT_PASS, "");
	expect(&items[3], RESULT_VACUOUS, "did not send it when it booted, though it can");
}

static void a_row_that_cannot_be_sent_is_not_applicable(void **state)
{
	struct judge_item items[1 + ROWS];

	guest.skips = 3;
	guest.refuses = true;
	play(*state, items, HEAD TABLE CASE "  boot attack a\n" MAY);
	expect(&items[3], RESULT_NA, "its kernel does not send it");
}

/* Whose frame is the beginning of another's does not take that for its own. */
static void a_frame_that_was_cut_is_not_the_whole_one(void **state)
{
	struct judge_item items[1 + ROWS];

	guest.skips = 1;
	guest.refuses = true;
	play(*state, items,
	     HEAD "attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"
	          "| cut | arp who-has $GW tell $VM eth.cut=1 | drop | w | SCAN |\n"
	          "| gw | arp who-has $GW tell $VM | answer | w | SCAN |\n" CASE
	          "  boot attack a\n" MAY);
	expect(&items[1], RESULT_NA, "its kernel does not send it");
	expect(&items[2], RESULT_PASS, "");
}

static void who_boots_twice_sends_and_is_answered_twice(void **state)
{
	struct judge_item items[1 + ROWS];

	play(*state, items, HEAD TABLE CASE "  boot attack a\n  guest reboot\n" MAY);
	assert_int_equal(guest.boots, 2);
	assert_int_equal(items[1].times, 2);
	for (size_t i = 0; i <= ROWS; i++)
		expect(&items[i], RESULT_PASS, "");
}

static void what_the_guest_says_besides_is_the_cases_fault(void **state)
{
	struct judge_item items[1 + ROWS];

	guest.talks = true;
	play(*state, items, HEAD TABLE CASE "  boot attack a\n" MAY);
	expect(&items[0], RESULT_FAIL, "crossed the wire");
	expect(&items[3], RESULT_PASS, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, NULL, clear)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        TEST(rows_are_found_in_what_the_guest_sent_first),
	        TEST(a_row_that_was_not_sent_proves_nothing),
	        TEST(a_row_that_cannot_be_sent_is_not_applicable),
	        TEST(a_frame_that_was_cut_is_not_the_whole_one),
	        TEST(who_boots_twice_sends_and_is_answered_twice),
	        TEST(what_the_guest_says_besides_is_the_cases_fault),
	};
	int toy = toy_main(argc, argv);

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, stage_enter, stage_leave);
}
