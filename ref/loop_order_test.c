/* SPDX-License-Identifier: ISC */
/* loop_order_test.c: what comes over the control channel is done by worker and dialer together, in
 * order with what the guest sends. */
#include "ref/loop.h"

#include "ref/loop_rig.h"

/* --- sync --- */

static void a_sync_is_answered_when_all_frames_before_it_are_decided(void **state)
{
	static struct batch b;
	struct rig *r = *state;
	long long frames = 0;

	start(r);
	/* More than one read takes: the channel holds it all. */
	for (int round = 0; round < 3; round++) {
		json_t *stats;

		halt(r);
		for (int i = 0; i < 3; i++) {
			batch_begin(&b);
			for (; b.w.len < sizeof(b.bytes) - 200; frames++)
				batch_add_udp(&b, r, 40000, PEER, PORT, "x");
			batch_send(r, &b);
		}
		put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n{\"cmd\":\"stats\",\"id\":2}\n");
		go_on(r);
		assert_done(r);
		stats = get_answer(r);
		assert_int_equal(json_integer_value(json_object_get(stats, "frames")), frames);
		json_decref(stats);
	}
}

static void what_a_sync_covers_is_in_the_kernels_hands(void **state)
{
	static struct batch b;
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	start(r);
	for (uint16_t round = 0; round < 20; round++) {
		batch_begin(&b);
		for (int i = 0; i < 10; i++) {
			batch_add_udp(&b, r, 40000, PEER, PORT, "x");
			batch_add(&b, example_arp_request, sizeof(example_arp_request));
		}
		batch_send(r, &b);
		synchronise(r);
		assert_int_equal(peer_counts(r), 10); /* without waiting */
		for (int i = 0; i < 10; i++) {
			assert_true(world_is_ready(r->guest, POLLIN, 0));
			assert_int_equal(get_frame(r, frame), 42);
		}
	}
}

/* The last frame, which is answered, is not in the first read. */
static void the_answers_to_frames_before_a_sync_come_before_its_own(void **state)
{
	static struct batch b;
	static char text[1400];
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	start(r);
	memset(text, 'x', sizeof(text) - 1);
	for (int round = 0; round < 5; round++) {
		halt(r);
		batch_begin(&b);
		while (b.w.len < LINK_BUFFER_SIZE)
			batch_add_udp(&b, r, 40000, PEER, PORT, text);
		batch_add(&b, example_arp_request, sizeof(example_arp_request));
		batch_send(r, &b);
		put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
		go_on(r);
		assert_done(r);
		assert_true(world_is_ready(r->guest, POLLIN, 0));
		assert_int_equal(get_frame(r, frame), 42);
	}
}

static void a_sync_behind_the_end_of_frames_is_not_answered(void **state)
{
	struct rig *r = *state;
	char byte;

	start(r);
	halt(r);
	SEND(r, arp_request);
	shutdown(r->guest, SHUT_WR);
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	go_on(r);
	assert_end(r, REASON_PEER_CLOSED);
	assert_int_equal(recv(r->ctl, &byte, 1, 0), 0);
}

/* --- stats and clock --- */

static void stats_count_what_happened(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];
	json_t *answer;

	start(r);
	send_udp(r, 40000, "a");
	send_udp(r, 40001, "b");
	send_udp(r, 40001, "c");
	SEND(r, arp_request);
	SEND(r, tcp_syn);
	synchronise(r);
	assert_int_equal(recvfrom(r->peer, frame, 1, 0, (struct sockaddr *)&from,
	                          &(socklen_t){sizeof(from)}),
	                 1);
	assert_int_equal(sendto(r->peer, "y", 1, 0, (struct sockaddr *)&from, sizeof(from)), 1);
	assert_int_equal(sendto(r->peer, frame, 2000, 0, (struct sockaddr *)&from, sizeof(from)),
	                 2000);
	get_frame(r, frame);                           /* ARP */
	assert_int_equal(get_frame(r, frame), 42 + 1); /* the reply; the large one is too big */
	synchronise(r);
	put_line(r, "{\"cmd\":\"stats\",\"id\":9}\n");
	answer = get_answer(r);
#define STAT(name) json_integer_value(json_object_get(answer, name))
	assert_int_equal(STAT("id"), 9);
	assert_int_equal(STAT("frames"), 5);
	assert_int_equal(STAT("forwarded"), 3);
	assert_int_equal(STAT("answered"), 1);
	assert_int_equal(STAT("dropped"), 1);
	assert_int_equal(STAT("replies"), 1);
	assert_int_equal(STAT("replies_dropped"), 1);
	assert_int_equal(STAT("flows"), 2);
	assert_int_equal(STAT("flows_live"), 2);
	assert_int_equal(STAT("tcp_live"), 0);
	assert_int_equal(STAT("suppressed"), 0);
	json_decref(answer);
}

static void the_clock_may_be_put_forward(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	send_udp(r, 40000, "x");
	synchronise(r);
	assert_event(r, "\"allow\"");
	advance(r, 0);
	advance(r, 60000);
	assert_int_equal(stat_of(r, "flows_live"), 1);
	send_udp(r, 40000, "x"); /* its time counts from here */
	synchronise(r);
	advance(r, 60001);
	assert_int_equal(stat_of(r, "flows_live"), 1);
	advance(r, 60000);
	assert_int_equal(stat_of(r, "flows_live"), 0);
	send_udp(r, 40000, "x");
	synchronise(r);
	assert_event(r, "\"allow\"");
	assert_int_equal(stat_of(r, "flows"), 2);
	assert_int_equal(stat_of(r, "flows_live"), 1);
}

/* --- policies --- */

#define VM                                                                                         \
	"\"vm\":{\"mac\":\"52:54:00:12:34:56\",\"ip\":\"192.168.100.2/24\","                       \
	"\"gateway\":\"192.168.100.1\"}"
#define POLICY(mode, allow)                                                                        \
	"{\"cmd\":\"policy\",\"id\":1,\"policy\":{\"version\":1,\"mode\":\"" mode "\"," VM         \
	",\"limits\":{\"flows\":8,\"tcp\":4},\"allow\":[" allow "]}}\n"
#define RULE(proto, port)                                                                          \
	"{\"id\":\"" proto port "\",\"proto\":\"" proto "\",\"ip\":\"192.0.2.2\",\"port\":" port "}"

static void a_policy_holds_from_its_answer_on(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	send_udp(r, 40000, "x");
	synchronise(r);
	assert_event(r, "\"allow\"");
	assert_int_equal(peer_counts(r), 1);

	put_line(r, POLICY("filtered", RULE("udp", "7002")));
	assert_done(r);
	assert_event(r, "\"ev\":\"log\"");
	assert_int_equal(stat_of(r, "flows_live"), 0);
	send_udp(r, 40000, "x");
	synchronise(r);
	assert_event(r, "\"not-allowed\"");
	assert_int_equal(peer_counts(r), 0);

	put_line(r, POLICY("filtered", RULE("udp", "7001")));
	assert_done(r);
	assert_event(r, "\"ev\":\"log\"");
	send_udp(r, 40000, "x");
	synchronise(r);
	assert_event(r, "\"rule\":\"udp7001\"");
	assert_int_equal(peer_counts(r), 1);
}

static void a_refused_policy_leaves_the_old_one_in_force(void **state)
{
	struct rig *r = *state;
	json_t *answer;

	start(r);
	assert_event(r, "\"ready\"");
	put_line(r, POLICY("direct", ""));
	answer = get_answer(r);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_non_null(strstr(json_string_value(json_object_get(answer, "error")), "$.mode"));
	json_decref(answer);
	send_udp(r, 40000, "x");
	synchronise(r);
	assert_event(r, "\"rule\":\"u\"");
	assert_int_equal(peer_counts(r), 1);
}

static void many_policies_one_after_another_are_all_obeyed(void **state)
{
	struct rig *r = *state;
	unsigned expected = 0;

	start(r);
	for (int i = 0; i < 30; i++) {
		put_line(r, i % 3 ? POLICY("filtered", RULE("udp", "7001"))
		                  : POLICY("filtered", RULE("tcp", "7001")));
		assert_done(r);
		send_udp(r, 40000, "x");
		synchronise(r);
		expected = i % 3 ? 1 : 0;
		assert_int_equal(peer_counts(r), expected);
	}
}

static void the_end_of_the_control_channel_ends_nothing(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	assert_done(r);
	shutdown(r->ctl, SHUT_RDWR);
	send_udp(r, 40000, "x");
	assert_true(world_is_ready(r->peer, POLLIN, PATIENCE_MS));
	assert_event(r, "\"allow\"");
	shutdown(r->guest, SHUT_WR);
	assert_end(r, REASON_PEER_CLOSED);
}

/* --- connections --- */

static void a_connection_goes_with_its_rule_and_with_time(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	uint32_t want;
	int world;

	start(r);
	world = open_connection(r, &want);
	assert_int_equal(stat_of(r, "tcp_live"), 1);
	assert_int_equal(send(world, "hello", 5, 0), 5);
	assert_int_equal(get_seg(r, frame).payload.n, 5);
	advance(r, 1000); /* not acknowledged: once more, before the answer */
	assert_true(world_is_ready(r->guest, POLLIN, 0));
	assert_int_equal(get_seg(r, frame).seq, want);
	put_line(r, POLICY("filtered", RULE("udp", "7001")));
	assert_done(r);
	assert_true(get_seg(r, frame).flags & TCP_SEG_RST);
	assert_int_equal(stat_of(r, "tcp_live"), 0);
	assert_int_equal(recv(world, frame, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	close(world);
}

static void a_denied_syn_is_reset_when_the_policy_says_so(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	r->policy.reset_denied_tcp = true;
	start(r);
	send_seg(r, PORT + 1, TCP_SEG_SYN, 999, 0);
	{
		const struct tcp_seg seg = get_seg(r, frame);

		assert_int_equal(seg.flags, TCP_SEG_RST | TCP_SEG_ACK);
		assert_int_equal(seg.ack, 1000);
		assert_int_equal(seg.sport, PORT + 1);
	}
	assert_int_equal(stat_of(r, "dropped"), 1);
}

static void a_denied_syn_is_met_with_silence_otherwise(void **state)
{
	struct rig *r = *state;

	start(r);
	send_seg(r, PORT + 1, TCP_SEG_SYN, 999, 0);
	synchronise(r);
	assert_int_equal(stat_of(r, "dropped"), 1);
	assert_false(world_is_ready(r->guest, POLLIN, 0));
}

/* Replies fill the link to the brim in one turn, and what a connection has to send finds no room:
 * it must come when the link is empty again, though nothing else happens. */
static void what_found_no_room_on_the_link_is_sent_without_being_asked(void **state)
{
	static uint8_t bytes[1400];
	const unsigned replies = LINK_BUFFER_SIZE / (42 + sizeof(bytes) + LINK_PREFIX_LEN);
	struct rig *r = *state;
	struct sockaddr_in from[8];
	uint8_t frame[ETH_FRAME_MAX];
	uint32_t want;
	int world;

	start(r);
	world = open_connection(r, &want);
	for (uint16_t i = 0; i < 6; i++) {
		send_udp(r, 40000 + i, "x");
		assert_true(world_is_ready(r->peer, POLLIN, PATIENCE_MS));
		assert_int_equal(recvfrom(r->peer, frame, 1, 0, (struct sockaddr *)&from[i],
		                          &(socklen_t){sizeof(from[i])}),
		                 1);
	}
	advance(r, 2000); /* no timer of the handshake's is left to wake it */
	halt(r);
	for (unsigned i = 0; i < replies; i++) {
		const struct sockaddr_in *to = &from[i / 32];

		assert_true(i / 32 < 6);
		assert_int_equal(sendto(r->peer, bytes, sizeof(bytes), 0,
		                        (const struct sockaddr *)to, sizeof(*to)),
		                 sizeof(bytes));
	}
	assert_int_equal(send(world, bytes, 1000, 0), 1000);
	go_on(r);
	for (unsigned i = 0; i < replies; i++)
		assert_int_equal(get_frame(r, frame), 42 + sizeof(bytes));
	assert_int_equal(get_seg(r, frame).payload.n, 1000);
	close(world);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_sync_is_answered_when_all_frames_before_it_are_decided),
	        TEST(what_a_sync_covers_is_in_the_kernels_hands),
	        TEST(the_answers_to_frames_before_a_sync_come_before_its_own),
	        TEST(a_sync_behind_the_end_of_frames_is_not_answered),
	        TEST(stats_count_what_happened),
	        TEST(the_clock_may_be_put_forward),
	        TEST(a_policy_holds_from_its_answer_on),
	        TEST(a_refused_policy_leaves_the_old_one_in_force),
	        TEST(many_policies_one_after_another_are_all_obeyed),
	        TEST(the_end_of_the_control_channel_ends_nothing),
	        TEST(a_connection_goes_with_its_rule_and_with_time),
	        TEST(a_denied_syn_is_reset_when_the_policy_says_so),
	        TEST(a_denied_syn_is_met_with_silence_otherwise),
	        TEST(what_found_no_room_on_the_link_is_sent_without_being_asked),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
