/* SPDX-License-Identifier: ISC */
/* batch_test.c: the statements of a case are carried out, on a live backend. It is toy.h, in this very binary: it sends
 * each datagram's payload to the consumer while its policy allows anything, and echoes every frame to the guest. */
#include "harness/batch.h"

#include "harness/scenario_fixture.h"
#include "harness/toy.h"

#define POLICY(allow)                                                                              \
	"{\"version\": 1, \"mode\": \"filtered\",\n"                                               \
	" \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\",\n"                \
	"         \"gateway\": \"192.168.100.1\"},\n"                                              \
	" \"allow\": [" allow "]}\n"
#define CONSUMER                                                                                   \
	"{\"id\": \"consumer\", \"proto\": \"udp\", \"ip\": \"203.0.113.50\", \"port\": 51900}"
#define HEAD                                                                                       \
	"suite t\npolicy one.json\nplanes wire\n"                                                  \
	"needs audit.jsonl terminate ctl.sync ctl.policy ctl.stats ctl.clock frames.stream\n"      \
	"case c req EGR-001\n may wire icmp $PROVIDER > $CONSUMER unreachable\n"
#define SEND(what) " inject udp $VM:4000 > $CONSUMER payload \"" what "\"\n"
#define SEES(what) " wire udp $PROVIDER:* > $CONSUMER payload \"" what "\""
#define ECHO(what) " guest udp $VM:4000 > $CONSUMER payload \"" what "\"\n"

struct stage {
	struct fixture *files;
	struct world world;
	struct backend backend;
	bool lab;
	struct suite *suite;
	struct judge_item item;
	struct batch batch;
};

static int enter(void **state)
{
	static struct stage g;
	void *files = NULL;
	ssize_t n = readlink("/proc/self/exe", g.backend.path, sizeof(g.backend.path) - 1);

	if (n <= 0 || fixture_setup(&files))
		return -1;
	g.files = files;
	fixture_write(g.files, "one.json", POLICY(CONSUMER));
	fixture_write(g.files, "other.json", POLICY(""));
	fixture_write(g.files, "broken.json", "{\"version\": 1, \"alow\": []}");
	/* What describe says; the harness reads it elsewhere. */
	g.backend.caps.count = 4;
	strcpy(g.backend.caps.word[0], "ctl.sync");
	strcpy(g.backend.caps.word[1], "ctl.policy");
	strcpy(g.backend.caps.word[2], "ctl.stats");
	strcpy(g.backend.caps.word[3], "ctl.clock");
	g.lab = lab_enter() == 0;
	*state = &g;
	return g.lab ? world_open(&g.world) : 0;
}

static int leave(void **state)
{
	struct stage *g = *state;
	void *files = g->files;

	if (g->lab)
		world_close(&g->world);
	return fixture_teardown(&files);
}

static int clear(void **state)
{
	struct stage *g = *state;

	if (g->suite) {
		batch_free(&g->batch);
		scenario_free(g->suite);
	}
	g->suite = NULL;
	return 0;
}

/* Plays one case of these statements. */
static void play_case(struct stage *g, const char *statements)
{
	char text[4096];

	if (!g->lab)
		skip();
	snprintf(text, sizeof(text), "%s%s", HEAD, statements);
	g->suite = fixture_parse(g->files, text);
	diag_print(&g->files->diag, stderr);
	assert_non_null(g->suite);
	g->item = (struct judge_item){.scn_case = &g->suite->cases[0]};
	g->batch = (struct batch){.backend = &g->backend,
	                          .world = &g->world,
	                          .suite = g->suite,
	                          .plane = PLANE_WIRE,
	                          .pcap_dir = "pcaps",
	                          .run_id = 1,
	                          .patience_ms = BATCH_PATIENCE_MS,
	                          .items = &g->item,
	                          .count = 1,
	                          .guest_fd = -1};
	assert_int_equal(batch_run(&g->batch), BATCH_DONE);
}

static void expect(void **state, const char *statements, enum result result, const char *detail)
{
	struct stage *g = *state;

	play_case(g, statements);
	if (g->item.result != result || !strstr(g->item.detail, detail))
		fail_msg("%s (%s) instead of %s (%s)", result_name(g->item.result), g->item.detail,
		         result_name(result), detail);
}

static size_t count_kind(const struct stage *g, enum tape_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < g->batch.session.tape.count; i++)
		n += g->batch.session.tape.entries[i].kind == kind;
	return n;
}

static void what_is_sent_crosses_and_is_seen(void **state)
{
	expect(state, SEND("one") SEES("one") " count 1\n" ECHO("one"), RESULT_PASS, "");
}

static void what_does_not_come_fails_the_statement(void **state)
{
	expect(state, SEND("one") SEES("two") " within 50ms\n", RESULT_FAIL, "crossed the wire");
	clear(state);
	expect(state, SEND("one") SEES("one") "\n guest udp * > $VM:7 within 50ms\n", RESULT_FAIL,
	       "line 9: `guest udp * > $VM:7 within 50ms`: was not seen within 50 ms");
}

static void a_flood_is_counted_and_only_sampled(void **state)
{
	struct stage *g = *state;

	expect(state,
	       " flood 3000 udp $VM:1 > $CONSUMER payload \"many\" vary sport\n sync\n" SEES(
	               "many") " count 3000\n"
	                       " guest udp $VM:* > $CONSUMER payload \"many\" count 3000\n",
	       RESULT_PASS, "");
	assert_in_range(count_kind(g, TAPE_GUEST_OUT), 2, 100);
	assert_in_range(count_kind(g, TAPE_WIRE_OUT), 2, 100);
	assert_in_range(count_kind(g, TAPE_WIRE_IN), 2, 100);
	assert_in_range(count_kind(g, TAPE_GUEST_IN), 2, 100);
}

static void of_a_flood_one_frame_too_many_is_seen(void **state)
{
	expect(state,
	       " flood 1000 udp $VM:1 > $CONSUMER payload \"many\"\n sync\n" SEES(
	               "many") " count 1..999\n",
	       RESULT_FAIL, "was seen 1000 times");
}

static void a_leak_in_a_flood_is_kept(void **state)
{
	struct stage *g = *state;

	expect(state, " flood 200 udp $VM:1 > $CONSUMER payload \"leak\"\n sync\n" SEES("x") "\n",
	       RESULT_FAIL, "crossed the wire: udp");
	assert_in_range(count_kind(g, TAPE_WIRE_OUT), 200, 400); /* the kernel complains of some */
}

static void what_must_not_reach_the_guest_is_found_in_a_flood_too(void **state)
{
	expect(state,
	       " flood 200 udp $VM:1 > $CONSUMER payload \"many\"\n sync\n" SEES(
	               "many") "\n none guest udp * > $CONSUMER\n",
	       RESULT_FAIL, "was seen 200 times");
}

static void a_field_that_is_not_there_cannot_be_varied(void **state)
{
	expect(state, " flood 2 udp $VM:1 > $CONSUMER ip.mf vary sport\n" SEND("x") SEES("x") "\n",
	       RESULT_FAIL, "cannot be varied");
}

static void bytes_in_single_writes_are_a_frame(void **state)
{
	expect(state,
	       " channel split udp $VM:4000 > $CONSUMER payload \"bit by bit\"\n" SEES(
	               "bit by bit") " count 1\n",
	       RESULT_PASS, "");
}

static void a_clean_end_is_waited_for(void **state)
{
	expect(state,
	       SEND("x") SEES("x") "\n channel close\n event bye reason peer-closed\n ends clean "
	                           "peer-closed\n",
	       RESULT_PASS, "");
	clear(state);
	expect(state,
	       SEND("x")
	               SEES("x") "\n channel cut udp $VM:1 > $CONSUMER\n ends clean peer-closed\n",
	       RESULT_PASS, "");
	clear(state);
	expect(state, SEND("x") SEES("x") "\n channel close\n ends clean cut-frame\n", RESULT_FAIL,
	       "ended with the reason 'peer-closed', not cut-frame");
}

static void an_end_that_does_not_come_is_missed(void **state)
{
	expect(state, SEND("x") SEES("x") "\n ends violation within 100ms\n", RESULT_FAIL,
	       "the backend did not end within 100 ms");
	clear(state);
	expect(state, SEND("x") SEES("x") "\n audit stall\n ends failed within 100ms\n",
	       RESULT_FAIL, "the backend did not end within 100 ms");
}

static void after_the_end_nothing_can_be_sent(void **state)
{
	expect(state, SEND("x") SEES("x") "\n channel close\n" SEND("y") " ends clean\n",
	       RESULT_FAIL, "the frame channel is closed");
}

static void the_backend_is_asked(void **state)
{
	expect(state,
	       SEND("x") SEES("x") "\n sync\n clock 5m\n stats flows 7\n stats dropped 4..\n",
	       RESULT_PASS, "");
	clear(state);
	expect(state, SEND("x") SEES("x") "\n stats flows_live 9.. within 50ms\n", RESULT_FAIL,
	       "it is 8");
}

static void a_policy_that_allows_nothing_closes_the_way(void **state)
{
	expect(state,
	       SEND("before") SEES("before") " count 1\n policy other.json\n" SEND("meanwhile")
	               ECHO("meanwhile") " policy one.json\n" SEND("after")
	                       SEES("after") " count 1\n",
	       RESULT_PASS, "");
}

static void a_refusal_is_what_was_asked_for_or_a_failure(void **state)
{
	expect(state, " policy broken.json refused\n" SEND("x") SEES("x") "\n", RESULT_PASS, "");
	clear(state);
	expect(state, " policy other.json refused\n" SEND("x") SEES("x") "\n", RESULT_FAIL,
	       "the backend took over a policy that it had to refuse");
}

static void a_stopped_backend_does_nothing_until_it_goes_on(void **state)
{
	expect(state, " stop\n" SEND("x") SEES("x") " within 100ms\n", RESULT_HANG, "");
	clear(state);
	expect(state, " stop\n" SEND("x") " cont\n" SEES("x") " count 1\n", RESULT_PASS, "");
}

static void an_uplink_that_was_down_works_again(void **state)
{
	expect(state,
	       SEND("a") SEES("a") "\n uplink down\n uplink up\n" SEND("b") SEES("b") " count 1\n",
	       RESULT_PASS, "");
	clear(state);
	/* The toy gives up when a datagram has no way out. */
	expect(state, SEND("a") SEES("a") "\n uplink down\n" SEND("b") " ends failed\n",
	       RESULT_PASS, "");
}

/* The toy reads nothing from its uplink, so that nothing but the capture sees what a peer sends. */
#define ALARM(text)                                                                                \
	" peer \"echo ready; sleep 0.05; echo sent $NONCE; echo " text                             \
	" | nc -u -w 1 -s 203.0.113.66 -p 6666 $PROVIDER 7777; sleep 9\"\n"
#define SENT(text) " peer sends udp 203.0.113.66:6666 > $PROVIDER:7777 payload \"" text "\\n\""

static void a_peer_is_waited_for_and_seen_at_work(void **state)
{
	struct stage *g = *state;

	expect(state,
	       ALARM("boo") " peer says \"sent $NONCE\"\n" SENT("boo") " count 1\n" SEND("one")
	               SEES("one") " count 1\n may wire icmp $PROVIDER > * unreachable\n",
	       RESULT_PASS, "");
	assert_non_null(strstr(g->batch.programs.text, "hostile, in the world: echo ready"));
	assert_non_null(strstr(g->batch.programs.text, "ready\nsent "));
}

static void an_attack_that_was_not_carried_out_proves_nothing(void **state)
{
	expect(state,
	       ALARM("boo") SENT("beh") " within 100ms\n" SEND("one")
	               SEES("one") "\n may wire icmp $PROVIDER > * unreachable\n",
	       RESULT_VACUOUS, "was not seen within 100 ms; its last words: sent ");
	clear(state);
	expect(state,
	       ALARM("boo") SENT("boo") " count 2 within 1s\n" SEND("one")
	               SEES("one") "\n may wire icmp $PROVIDER > * unreachable\n",
	       RESULT_VACUOUS, "1 of 2 frames were seen within 1000 ms; its last words: sent");
	clear(state);
	expect(state,
	       " peer \"echo ready; sleep 9\"\n peer says \"x\" within 50ms\n" SENT("x") "\n" SEES(
	               "x") "\n",
	       RESULT_VACUOUS, "the peer did not say it within 50 ms; its last words: ready");
}

static void a_peer_that_dies_proves_nothing(void **state)
{
	expect(state, " peer \"echo oh no; exit 3\"\n" SENT("x") "\n" SEES("x") "\n",
	       RESULT_VACUOUS,
	       "the peer exited with 3 before it said `ready`; its last words: oh no");
	clear(state);
	expect(state, " peer \"echo ready\"\n peer says \"x\"\n" SENT("x") "\n" SEES("x") "\n",
	       RESULT_VACUOUS, "the peer has ended and had not said it");
	clear(state);
	expect(state,
	       /* The second is ready when the first, which holds the pipe open, is gone. */
	       " peer \"mkfifo $TMP/alive; echo ready; exec 9> $TMP/alive; echo boo | nc -u -w 1 "
	       "-s "
	       "203.0.113.66 -p 6666 $PROVIDER 7777; kill -9 $$\"\n"
	       " peer \"cat $TMP/alive; sleep 0.3; echo ready; sleep 9\"\n" SENT("boo") "\n" SEND(
	               "one") SEES("one") "\n may wire icmp $PROVIDER > * unreachable\n",
	       RESULT_VACUOUS, "by signal 9");
}

static void in_a_flood_a_peers_frames_are_counted_too(void **state)
{
	expect(state,
	       " peer \"echo ready; sleep 9\"\n"
	       " flood 500 udp $VM:1 > $CONSUMER payload \"many\"\n sync\n" SEES(
	               "many") " count 500\n"
	                       " peer sends udp $CONSUMER > $PROVIDER:* payload \"many\" count "
	                       "500\n",
	       RESULT_PASS, "");
}

static void memory_is_measured(void **state)
{
	expect(state, SEND("x") SEES("x") "\n memory below 500 MB\n", RESULT_PASS, "");
}

static void a_conversation_has_its_numbers(void **state)
{
	/* The toy's echo of a segment with numbers of our own choice. */
	expect(state,
	       " inject tcp $VM:1 > $T:2 flags SA tcp.seq=100 tcp.ack=200 payload \"abc\"\n"
	       " guest tcp $VM:1 > $T:2 flags SA tcp.seq=100\n"
	       " inject tcp $VM:1 > $T:2 flags A tcp.seq=$SEQ tcp.ack=$ACK size 0\n"
	       " guest tcp $VM:1 > $T:2 flags A tcp.seq=200 tcp.ack=104 count 1\n"
	       " guest tcp $VM:1 > $T:2 flags A tcp.seq=$SEQ+96 tcp.ack=$ACK-96 count ..1\n",
	       RESULT_PASS, "");
}

int main(int argc, char **argv)
{
	int toy = toy_main(argc, argv);
#define PLAY(f) cmocka_unit_test_teardown(f, clear)
	const struct CMUnitTest tests[] = {
	        PLAY(what_is_sent_crosses_and_is_seen),
	        PLAY(what_does_not_come_fails_the_statement),
	        PLAY(a_flood_is_counted_and_only_sampled),
	        PLAY(of_a_flood_one_frame_too_many_is_seen),
	        PLAY(a_leak_in_a_flood_is_kept),
	        PLAY(what_must_not_reach_the_guest_is_found_in_a_flood_too),
	        PLAY(a_field_that_is_not_there_cannot_be_varied),
	        PLAY(bytes_in_single_writes_are_a_frame),
	        PLAY(a_clean_end_is_waited_for),
	        PLAY(an_end_that_does_not_come_is_missed),
	        PLAY(after_the_end_nothing_can_be_sent),
	        PLAY(the_backend_is_asked),
	        PLAY(a_policy_that_allows_nothing_closes_the_way),
	        PLAY(a_refusal_is_what_was_asked_for_or_a_failure),
	        PLAY(a_stopped_backend_does_nothing_until_it_goes_on),
	        PLAY(an_uplink_that_was_down_works_again),
	        PLAY(a_peer_is_waited_for_and_seen_at_work),
	        PLAY(an_attack_that_was_not_carried_out_proves_nothing),
	        PLAY(a_peer_that_dies_proves_nothing),
	        PLAY(in_a_flood_a_peers_frames_are_counted_too),
	        PLAY(memory_is_measured),
	        PLAY(a_conversation_has_its_numbers),
	};

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, enter, leave);
}
