/* SPDX-License-Identifier: ISC */
/* loop_test.c: worker and dialer as a whole: what ends them, what they leave, and what they do
 * meanwhile. What they are told to do is in loop_order_test.c. */
#include "ref/loop.h"

#include "ref/loop_rig.h"

/* --- frames and ends --- */

static void the_gateway_answers_in_order(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	start(r);
	SEND(r, arp_request);
	SEND(r, dhcp_discover);
	SEND(r, echo_request);
	assert_int_equal(get_frame(r, frame), 42);
	assert_int_equal(get_frame(r, frame), 14 + 20 + 8 + 300);
	assert_int_equal(get_frame(r, frame), sizeof(example_echo_request));
	assert_int_equal(frame[34], 0);
	assert_event(r, "\"ready\"");
	shutdown(r->guest, SHUT_WR);
	assert_end(r, REASON_PEER_CLOSED);
}

static void every_frame_is_accounted_for(void **state)
{
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];
	json_int_t drops = 0;
	json_t *event = NULL;

	start(r);
	for (int i = 0; i < 50; i++) {
		SEND(r, tcp_syn);
		SEND(r, arp_request);
		SEND(r, mdns_query);
		send_frame(r, "short", 5);
		send_udp(r, 40000, "x");
	}
	shutdown(r->guest, SHUT_WR);
	while (next_event(r, line)) {
		json_decref(event);
		event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(event);
		drops += !strcmp(json_string_value(json_object_get(event, "ev")), "drop");
	}
	assert_int_equal(drops, 150);
	assert_int_equal(json_integer_value(json_object_get(event, "frames")), 250);
	assert_int_equal(json_integer_value(json_object_get(event, "dropped")), 150);
	assert_int_equal(json_integer_value(json_object_get(event, "answered")), 50);
	assert_int_equal(json_integer_value(json_object_get(event, "forwarded")), 50);
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 152);
	json_decref(event);
	assert_int_equal(peer_counts(r), 50);
}

static void frames_sent_before_the_peer_closed_are_judged(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	for (int i = 0; i < 5; i++) {
		SEND(r, echo_request);
		SEND(r, tcp_syn);
	}
	close_guest(r);
	for (int i = 0; i < 5; i++)
		assert_event(r, "\"not-allowed\"");
	assert_end(r, REASON_PEER_CLOSED);
}

static void a_cut_frame_ends_the_channel(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_int_equal(send(r->guest, "\0\0\0\x20half", 8, 0), 8);
	shutdown(r->guest, SHUT_WR);
	assert_end(r, REASON_CUT_FRAME);
}

static void a_bad_length_ends_the_channel(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_int_equal(send(r->guest, "\xff\xff\xff\xff", 4, 0), 4);
	assert_end(r, REASON_BAD_FRAME_LENGTH);
}

static void a_signal_ends_it_with_a_goodbye(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	kill(r->worker, SIGTERM);
	assert_end(r, REASON_SIGNAL);
}

static void a_dead_dialer_ends_it(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	kill(r->dialer, SIGKILL);
	assert_end(r, REASON_DIALER_DIED);
}

static void a_closed_event_channel_ends_it_without_another_frame(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	fclose(r->events);
	r->events = NULL;
	assert_end(r, REASON_AUDIT_FAILED);
}

static void a_full_event_channel_ends_it(void **state)
{
	struct rig *r = *state;
	uint8_t flood[4 + sizeof(example_tcp_syn)] = {0, 0, 0, sizeof(example_tcp_syn)};
	int status;

	start(r);
	memcpy(flood + 4, example_tcp_syn, sizeof(example_tcp_syn));
	/* Until it is gone: it takes a second to give up, and reads no more then. */
	while (send(r->guest, flood, sizeof(flood), MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(waitpid(r->worker, &status, 0), r->worker);
	r->worker = 0;
	assert_int_equal(WEXITSTATUS(status), REASON_AUDIT_FAILED);
}

static void a_guest_that_does_not_read_answers_is_told_in_the_audit(void **state)
{
	struct rig *r = *state;
	static struct batch b;
	uint8_t frame[1514], reply[ETH_FRAME_MAX];
	char bye[AUDIT_LINE_MAX];
	struct wr sum = wr_of(frame + 36, 2);
	const int small = 65536;
	unsigned answers = 0;

	/* The largest echo: its answers fill the queue soonest. */
	memset(frame, 0, sizeof(frame));
	memcpy(frame, example_echo_request, 42);
	frame[16] = 0x05;
	frame[17] = 0xdc;
	example_fix_ipv4(frame);
	frame[36] = 0;
	frame[37] = 0;
	assert_true(wr_u16(&sum, cksum_finish(cksum_add(0, frame + 34, 1480))));
	start(r);
	assert_event(r, "\"ready\"");
	/* The worker's side was made large before; the guest's side is the sender's size to have. */
	assert_int_equal(setsockopt(r->guest, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	for (int i = 0; i < 40; i++) {
		batch_begin(&b);
		for (int k = 0; k < 100; k++)
			batch_add(&b, frame, sizeof(frame));
		assert_int_equal(send(r->guest, b.bytes, b.w.len, 0), (ssize_t)b.w.len);
	}
	assert_event(r, "\"guest-stalled\"");
	shutdown(r->guest, SHUT_WR);
	assert_end_with(r, REASON_PEER_CLOSED, bye);
	assert_non_null(strstr(bye, "\"frames\":4000,"));
	while (recv(r->guest, reply, 4, MSG_DONTWAIT) == 4 &&
	       recv(r->guest, reply, 1514, MSG_DONTWAIT) == 1514)
		answers++;
	assert_in_range(answers, 100, 3999);
}

/* --- violations --- */

/* An allowed datagram, something of which the policy says what follows, another allowed one. */
static void send_around(struct rig *r, const void *frame, size_t n)
{
	static struct batch b;

	batch_begin(&b);
	batch_add_udp(&b, r, 40000, PEER, PORT, "before");
	batch_add(&b, frame, n);
	batch_add_udp(&b, r, 40000, PEER, PORT, "behind");
	batch_add_udp(&b, r, 40001, PEER, PORT, "behind");
	batch_send(r, &b);
}

static void nothing_leaves_behind_a_violation(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	for (int terminate = 0; terminate < 2; terminate++) {
		r->policy.terminate = terminate;
		start(r);
		assert_event(r, "\"ready\"");
		send_around(r, example_tcp_syn, sizeof(example_tcp_syn));
		if (!terminate) {
			synchronise(r);
			assert_int_equal(peer_counts(r), 3);
			assert_event(r, "\"allow\"");
			assert_event(r, "\"drop\"");
			shutdown(r->guest, SHUT_WR);
			assert_end(r, REASON_PEER_CLOSED);
		} else {
			char bye[AUDIT_LINE_MAX];

			assert_event(r, "\"allow\"");
			assert_event(r, "\"ev\":\"violation\"");
			assert_event(r, "\"ev\":\"terminate\"");
			assert_end_with(r, REASON_VIOLATION, bye);
			assert_non_null(strstr(bye, "\"frames\":2,"));
			assert_non_null(strstr(bye, "\"forwarded\":1,"));
			assert_non_null(strstr(bye, "\"dropped\":1,"));
			assert_int_equal(peer_counts(r), 1);
			assert_true(recv(r->guest, frame, sizeof(frame), 0) <= 0);
		}
		close_guest(r);
		close(r->ctl);
		close(r->peer);
		fclose(r->events);
	}
	r->ctl = r->peer = -1;
	r->events = NULL;
}

static void noise_that_the_policy_lists_is_no_violation(void **state)
{
	struct rig *r = *state;

	r->policy.terminate = true;
	start(r);
	send_around(r, example_mdns_query, sizeof(example_mdns_query));
	synchronise(r);
	assert_int_equal(peer_counts(r), 3);
	assert_int_equal(stat_of(r, "dropped"), 1);
}

static void a_violation_before_a_sync_leaves_it_unanswered(void **state)
{
	struct rig *r = *state;
	char byte;

	r->policy.terminate = true;
	start(r);
	halt(r);
	SEND(r, tcp_syn);
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	go_on(r);
	assert_end(r, REASON_VIOLATION);
	/* Reset, when the dialer was killed before it read the line. */
	assert_true(recv(r->ctl, &byte, 1, 0) <= 0);
}

static void a_violation_resets_connections(void **state)
{
	struct rig *r = *state;
	uint32_t want;
	char byte;
	int world;

	r->policy.terminate = true;
	start(r);
	world = open_connection(r, &want);
	send_seg(r, PORT, TCP_SEG_ACK | TCP_SEG_FIN, 1000, want); /* it would end in order */
	SEND(r, tcp_syn);
	assert_end(r, REASON_VIOLATION);
	while (recv(world, &byte, 1, 0) == 0 && !world_option(world, SOL_SOCKET, SO_ERROR))
		assert_true(world_is_ready(world, POLLERR | POLLHUP, PATIENCE_MS));
	close(world);
}

/* --- floods, and other cables --- */

/* How many denials an event tells of, itself included; 0 for other events. */
static json_int_t denials_in(const char *line)
{
	json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	json_int_t count = 0;

	assert_non_null(event);
	if (!strcmp(json_string_value(json_object_get(event, "ev")), "drop"))
		count = 1 + json_integer_value(json_object_get(event, "suppressed"));
	json_decref(event);
	return count;
}

/* How many of them get a line depends on how fast they come; nothing here does. */
static void a_flood_of_denials_is_counted_exactly(void **state)
{
	static struct batch b;
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];
	json_int_t told = 0, lines = 0;
	json_t *bye;

	start(r);
	for (int i = 0; i < 5; i++) {
		batch_begin(&b);
		for (int k = 0; k < 1000; k++)
			batch_add(&b, example_tcp_syn, sizeof(example_tcp_syn));
		batch_send(r, &b);
	}
	shutdown(r->guest, SHUT_WR);
	while (next_event(r, line)) {
		const json_int_t count = denials_in(line);

		told += count;
		lines += count > 0;
	}
	assert_int_equal(told, 5000);
	bye = json_loads(line, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(bye, "dropped")), 5000);
	assert_int_equal(json_integer_value(json_object_get(bye, "suppressed")), 5000 - lines);
	json_decref(bye);
}

static void a_flood_that_stopped_is_told_of_soon(void **state)
{
	static struct batch b;
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];
	json_int_t told = 0, lines = 0;

	start(r);
	batch_begin(&b);
	for (int k = 0; k < 4000; k++)
		batch_add(&b, example_tcp_syn, sizeof(example_tcp_syn));
	batch_send(r, &b);
	/* The guest says nothing more, and the channel stays open. */
	while (told < 4000) {
		json_int_t count;

		assert_true(next_event(r, line));
		count = denials_in(line);
		told += count;
		lines += count > 0;
	}
	assert_int_equal(told, 4000);
	assert_int_equal(stat_of(r, "dropped"), 4000);
	assert_int_equal(stat_of(r, "suppressed"), 4000 - lines);
}

static void a_datagram_channel_carries_a_frame_a_message(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	r->type = SOCK_DGRAM;
	start(r);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		        send(r->guest, example_echo_request, sizeof(example_echo_request), 0),
		        sizeof(example_echo_request));
	synchronise(r);
	assert_int_equal(stat_of(r, "answered"), 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(get_frame(r, frame), sizeof(example_echo_request));
}

/* Nothing tells of a datagram peer's end but a frame that cannot be sent to it. */
static void a_silent_datagram_channel_is_probed_and_its_end_is_noticed(void **state)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX], reply[42];
	struct wr w = wr_of(reply, sizeof(reply));
	struct arp arp = {.operation = ARP_REPLY};
	struct eth eth;

	r->type = SOCK_DGRAM;
	r->policy.terminate = true;
	r->policy.benign = 0;
	start(r);
	assert_event(r, "\"ready\"");
	assert_int_equal(eth_parse(rd_of(frame, get_frame(r, frame)), 1500, &eth), REASON_NONE);
	assert_int_equal(eth.type, ETH_TYPE_ARP);
	assert_true(eth_same(eth.dst, r->policy.vm_mac) || eth_same(eth.dst, broadcast));
	/* An honest answer to it is no violation, however strict the policy. */
	memcpy(arp.sender_mac, r->policy.vm_mac, 6);
	memcpy(arp.target_mac, r->policy.gateway_mac, 6);
	arp.sender_ip = r->policy.vm_ip;
	arp.target_ip = r->policy.gateway_ip;
	assert_true(eth_put(&w, r->policy.gateway_mac, r->policy.vm_mac, ETH_TYPE_ARP) &&
	            arp_put(&w, &arp));
	assert_int_equal(send(r->guest, reply, w.len, 0), (ssize_t)w.len);
	synchronise(r);
	assert_event(r, "\"benign\"");
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(the_gateway_answers_in_order),
	        TEST(every_frame_is_accounted_for),
	        TEST(frames_sent_before_the_peer_closed_are_judged),
	        TEST(a_cut_frame_ends_the_channel),
	        TEST(a_bad_length_ends_the_channel),
	        TEST(a_signal_ends_it_with_a_goodbye),
	        TEST(a_dead_dialer_ends_it),
	        TEST(a_closed_event_channel_ends_it_without_another_frame),
	        TEST(a_full_event_channel_ends_it),
	        TEST(a_guest_that_does_not_read_answers_is_told_in_the_audit),
	        TEST(nothing_leaves_behind_a_violation),
	        TEST(noise_that_the_policy_lists_is_no_violation),
	        TEST(a_violation_before_a_sync_leaves_it_unanswered),
	        TEST(a_violation_resets_connections),
	        TEST(a_flood_of_denials_is_counted_exactly),
	        TEST(a_flood_that_stopped_is_told_of_soon),
	        TEST(a_datagram_channel_carries_a_frame_a_message),
	        TEST(a_silent_datagram_channel_is_probed_and_its_end_is_noticed),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
