/* SPDX-License-Identifier: ISC */
/* nat_gate_test.c: flows whose other end the gate has: every byte, both ends, and how they are cut. */
#include "ref/nat_tcp.h"

#include "ref/nat_tcp_rig.h"

#define DNS_PORT 53

/* TCP to PORT of any address is the gate's, and the gateway's DNS. */
static int set_up(void **state)
{
	struct rig *r;

	if (rig_set_up(state) < 0)
		return -1;
	r = *state;
	r->policy.rule_count = 0;
	r->policy.web = (struct policy_web){.dns = POLICY_DNS_SYNTHETIC,
	                                    .tls = POLICY_TLS_SPLICE,
	                                    .tls_ports = {PORT},
	                                    .tls_port_count = 1};
	r->with_gate = true;
	return 0;
}

/* The gate's end of a flow that has just been opened. */
static int gate_gets(struct rig *r, struct gate_arrival *arrival)
{
	struct gate_message message;
	int fds[GATE_WIRE_FDS_MAX];

	assert_int_equal(gate_wire_receive(r->pairs.arrivals[0], &message, fds), GATE_RECEIVED);
	assert_int_equal(message.word, GATE_ARRIVAL);
	assert_int_equal(message.arrival.guest_ip, r->policy.vm_ip);
	*arrival = message.arrival;
	return fds[0];
}

static struct guest connect_gate(struct rig *r, struct gate_arrival *arrival)
{
	struct guest g;

	if (!r->running)
		rig_start(r);
	g = guest_of(r, 40000);
	assert_int_equal(guest_sends_seg(&g, guest_syn(&g)).kind, VERDICT_NEW_FLOW);
	assert_no_event(r); /* what becomes of it is the gate's to say */
	g.next++;
	g.world = gate_gets(r, arrival);
	guest_awaits_answer(&g);
	guest_gets_syn_ack(&g);
	guest_acks(&g);
	rig_assert_silence(r);
	return g;
}

static void the_gate_learns_who_wanted_to_go_where(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	assert_int_equal(arrival.service, POLICY_SERVICE_TLS);
	assert_int_equal(arrival.proto, IPV4_TCP);
	assert_int_equal(arrival.guest_port, 40000);
	assert_int_equal(arrival.dst_ip, PEER);
	assert_int_equal(arrival.dst_port, PORT);
	assert_int_equal(arrival.tag, r->dialer.number);
	assert_int_equal(r->counts.served, 1);
	assert_int_equal(r->counts.flows, 0);
	close(g.world);
}

/* Whether TCP sockets of this kernel can peek from an offset makes no difference. */
static void every_byte_goes_both_ways_in_its_place(void **state)
{
	static const uint32_t totals[] = {1, 1459, 1461, 131073, 3000000};
	struct rig *r = *state;

	for (int skips = 0; skips < 2; skips++)
		for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
			struct gate_arrival arrival;
			struct guest g = connect_gate(r, &arrival);

			r->nat.tcp.skips = skips;
			guest_writes_all(&g, totals[i]);
			guest_absorbs(&g);
			guest_reads_all(&g, totals[i]);
			guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
			world_ends(g.world);
			close(g.world);
			rig_stop(r, false);
		}
}

static void what_the_guest_has_not_acknowledged_is_sent_again(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	assert_int_equal(world_writes(g.world, 0, 5000), 5000);
	rig_await(r);
	assert_true(guest_absorbs(&g) >= 4); /* and are not acknowledged */
	assert_int_equal(g.got, 5000);
	g.want -= 5000;
	g.got = 0;
	r->now_ns += 3 * UINT64_C(1000000000);
	rig_turn(r);
	for (int i = 0; i < 10 && g.got < 5000; i++) {
		guest_absorbs(&g);
		guest_acks(&g);
	}
	assert_int_equal(g.got, 5000);
	close(g.world);
}

static void the_fin_of_the_guest_is_the_end_for_the_gate(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_PSH, guest_pattern(0, 100));
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
	assert_int_equal(world_reads(g.world, 0), 100);
	world_ends(g.world);
	assert_false(world_is_ready(g.world, POLLHUP, 0)); /* half of it is open */
	assert_int_equal(world_writes(g.world, 0, 100), 100);
	guest_absorbs(&g); /* the acknowledgements */
	g.got = 0;
	rig_await(r);
	guest_absorbs(&g);
	assert_int_equal(g.got, 100);
	assert_int_equal(shutdown(g.world, SHUT_WR), 0);
	rig_await(r);
	guest_absorbs(&g);
	assert_true(g.fin);
	assert_false(g.rst);
	guest_acks(&g);
	assert_true(world_is_ready(g.world, POLLHUP, PATIENCE_MS));
	close(g.world);
}

static void the_rst_of_the_guest_hangs_up(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	guest_sends(&g, TCP_SEG_RST, rd_of(NULL, 0));
	assert_true(world_is_ready(g.world, POLLHUP, PATIENCE_MS));
	assert_int_equal(send(g.world, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(r->nat.table.count, 0);
	close(g.world);
}

static void what_the_gate_wrote_comes_before_its_end(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	assert_int_equal(world_writes(g.world, 0, 4000), 4000);
	assert_int_equal(shutdown(g.world, SHUT_WR), 0);
	for (int i = 0; i < 10 && !g.fin; i++) {
		rig_turn(r);
		guest_absorbs(&g);
		guest_acks(&g);
	}
	assert_int_equal(g.got, 4000);
	assert_true(g.fin);
	/* And the guest may still say something. */
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_PSH, guest_pattern(0, 10));
	assert_int_equal(world_reads(g.world, 0), 10);
	close(g.world);
}

static void a_gate_that_closes_with_bytes_unread_resets_the_guest(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_PSH, guest_pattern(0, 100));
	guest_absorbs(&g);
	close(g.world);
	rig_await(r);
	guest_absorbs(&g);
	assert_true(g.rst);
	assert_int_equal(r->nat.table.count, 0);
}

static void the_gate_may_ask_for_a_reset(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);

	nat_abort(&r->nat, arrival.tag + 1); /* of nobody */
	rig_turn(r);
	rig_assert_silence(r);
	nat_abort(&r->nat, arrival.tag);
	rig_turn(r);
	guest_absorbs(&g);
	assert_true(g.rst);
	assert_int_equal(r->nat.table.count, 0);
	nat_abort(&r->nat, arrival.tag); /* it is gone */
	close(g.world);
}

static void a_tag_names_no_flow_of_the_world(void **state)
{
	struct rig *r = *state;
	struct guest g;

	r->policy.web.tls = POLICY_TLS_OFF;
	r->policy.rule_count = 2;
	g = connect_with(r, false);
	nat_abort(&r->nat, r->dialer.number);
	nat_abort(&r->nat, 0);
	assert_int_equal(r->nat.table.count, 1);
	close(g.world);
}

static void a_gate_that_does_not_read_closes_the_window(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);
	uint32_t read = 0;

	for (int i = 0; g.edge - g.next >= g.mss; i++) {
		assert_true(i < TURNS_MAX);
		guest_sends(&g, TCP_SEG_ACK, guest_pattern(g.sent, g.mss));
		guest_absorbs(&g);
	}
	assert_int_equal(g.una, g.next);
	for (int i = 0; read < g.sent; i++) {
		assert_true(i < TURNS_MAX);
		read += world_reads(g.world, read);
		rig_turn(r);
	}
	guest_absorbs(&g);
	assert_true(g.edge - g.next >= g.mss); /* it is open again */
	close(g.world);
}

/* --- policies --- */

static void a_port_that_is_the_gates_no_more_takes_its_flows_along(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	struct guest g = connect_gate(r, &arrival);
	struct policy next = r->policy;

	next.web.default_allow = true; /* names are the gate's business */
	rig_swap(r, &next);
	assert_int_equal(r->nat.table.count, 1);
	next.web.tls = POLICY_TLS_OFF;
	next.web.http_ports[0] = PORT;
	next.web.http_port_count = 1;
	rig_swap(r, &next);
	rig_turn(r);
	guest_absorbs(&g);
	assert_true(g.rst);
	assert_true(world_is_ready(g.world, POLLHUP, PATIENCE_MS));
	close(g.world);
}

/* --- datagrams --- */

static enum verdict_kind asks(struct rig *r, const char *text)
{
	uint8_t frame[ETH_FRAME_MAX];
	struct wr w = wr_of(frame, sizeof(frame));
	const struct rd payload = rd_of(text, strlen(text));

	rig_put_headers(r, &w, r->policy.gateway_ip, IPV4_UDP, UDP_HDR_LEN + payload.n);
	assert_true(udp_put(&w, r->policy.vm_ip, 40000, r->policy.gateway_ip, DNS_PORT, payload));
	assert_true(wr_bytes(&w, payload.p, payload.n));
	return rig_judge(r, rd_of(frame, w.len)).kind;
}

static void hears(struct rig *r, const char *text)
{
	uint8_t frame[ETH_FRAME_MAX];
	const size_t n = rig_take(r, frame);
	struct ipv4 ip;
	struct udp udp;
	bool readable;

	assert_int_not_equal(n, 0);
	ip = rig_open_frame(r, rd_of(frame, n));
	assert_int_equal(ip.src, r->policy.gateway_ip);
	assert_int_equal(udp_parse(ip.payload, ip.src, ip.dst, &udp, &readable), REASON_NONE);
	assert_int_equal(udp.sport, DNS_PORT);
	assert_int_equal(udp.dport, 40000);
	assert_int_equal(udp.payload.n, strlen(text));
	assert_memory_equal(udp.payload.p, text, udp.payload.n);
}

static int open_dns(struct rig *r)
{
	struct gate_arrival arrival;
	int gate;

	rig_start(r);
	assert_int_equal(asks(r, "one"), VERDICT_NEW_FLOW);
	gate = gate_gets(r, &arrival);
	assert_int_equal(arrival.service, POLICY_SERVICE_DNS);
	assert_int_equal(arrival.proto, IPV4_UDP);
	assert_int_equal(arrival.dst_port, DNS_PORT);
	return gate;
}

static void questions_and_answers_are_packets(void **state)
{
	struct rig *r = *state;
	int gate = open_dns(r);
	char text[16] = "";

	assert_int_equal(asks(r, "three"), VERDICT_FORWARD);
	assert_int_equal(recv(gate, text, sizeof(text), 0), 3);
	assert_memory_equal(text, "one", 3);
	assert_int_equal(recv(gate, text, sizeof(text), 0), 5);
	assert_memory_equal(text, "three", 5);
	assert_int_equal(send(gate, "four", 4, 0), 4);
	assert_int_equal(send(gate, "eleven", 6, 0), 6);
	rig_await(r);
	hears(r, "four");
	hears(r, "eleven");
	rig_assert_silence(r);
	assert_no_event(r);
	close(gate);
}

static void an_answer_above_the_mtu_is_dropped(void **state)
{
	static const char zeros[4000];
	struct rig *r = *state;
	int gate = open_dns(r);

	assert_int_equal(send(gate, zeros, sizeof(zeros), 0), sizeof(zeros));
	rig_await(r);
	assert_event(r, "\"drop\"", "\"too-big\"");
	rig_assert_silence(r);
	assert_int_equal(r->nat.table.count, 1);
	close(gate);
}

static void a_flow_whose_end_was_closed_is_over_and_can_come_back(void **state)
{
	struct rig *r = *state;
	int gate = open_dns(r);
	struct gate_arrival arrival;

	close(gate);
	rig_await(r);
	assert_int_equal(r->nat.table.count, 0);
	assert_false(world_is_ready(r->nat.epoll, POLLIN, 0));
	assert_int_equal(asks(r, "again"), VERDICT_NEW_FLOW);
	close(gate_gets(r, &arrival));
}

/* It would look like the end of the flow. */
static void a_question_of_no_bytes_does_not_reach_the_gate(void **state)
{
	struct rig *r = *state;
	int gate = open_dns(r);
	char byte[4];

	assert_int_equal(recv(gate, byte, sizeof(byte), 0), 3);
	assert_int_equal(asks(r, ""), VERDICT_DROP);
	assert_int_equal(recv(gate, byte, sizeof(byte), MSG_DONTWAIT), -1);
	close(gate);
}

static void a_gate_that_takes_no_more_questions_costs_datagrams_only(void **state)
{
	struct rig *r = *state;
	int gate = open_dns(r);
	char line[AUDIT_LINE_MAX];

	for (int i = 0; i < 5000 && !world_is_ready(fileno(r->events), POLLIN, 0); i++)
		assert_int_equal(asks(r, "more"), VERDICT_FORWARD);
	assert_true(world_is_ready(fileno(r->events), POLLIN, 0));
	assert_non_null(fgets(line, sizeof(line), r->events));
	assert_non_null(strstr(line, "\"send-failed\""));
	assert_int_equal(r->nat.table.count, 1);
	close(gate);
}

/* --- no gate any more --- */

static void without_its_gate_the_port_is_shut(void **state)
{
	struct rig *r = *state;
	struct guest g;

	rig_start(r);
	gate_wire_close_gate(&r->pairs);
	world_settle(&r->dialer);
	g = guest_of(r, 40000);
	guest_sends_seg(&g, guest_syn(&g));
	assert_event(r, "\"drop\"", "\"gate-full\"");
	rig_assert_silence(r);
	assert_int_equal(r->nat.table.count, 0);
}

static void a_gate_that_takes_no_more_flows_costs_new_ones_only(void **state)
{
	struct rig *r = *state;
	struct gate_arrival arrival;
	char line[AUDIT_LINE_MAX];
	struct guest g;

	r->policy.flows_max = r->policy.tcp_max = 1000;
	g = connect_gate(r, &arrival);
	for (uint16_t port = 41000; port < 43000 && !world_is_ready(fileno(r->events), POLLIN, 0);
	     port++) {
		struct guest other = guest_of(r, port);

		guest_sends_seg(&other, guest_syn(&other));
		while (rig_take(r, (uint8_t[ETH_FRAME_MAX]){0}))
			;
	}
	assert_true(world_is_ready(fileno(r->events), POLLIN, 0));
	assert_non_null(fgets(line, sizeof(line), r->events));
	assert_non_null(strstr(line, "\"gate-full\""));
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_PSH, guest_pattern(0, 10));
	assert_int_equal(world_reads(g.world, 0), 10);
	close(g.world);
}

#define GATE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        GATE_TEST(the_gate_learns_who_wanted_to_go_where),
	        GATE_TEST(every_byte_goes_both_ways_in_its_place),
	        GATE_TEST(what_the_guest_has_not_acknowledged_is_sent_again),
	        GATE_TEST(the_fin_of_the_guest_is_the_end_for_the_gate),
	        GATE_TEST(the_rst_of_the_guest_hangs_up),
	        GATE_TEST(what_the_gate_wrote_comes_before_its_end),
	        GATE_TEST(a_gate_that_closes_with_bytes_unread_resets_the_guest),
	        GATE_TEST(the_gate_may_ask_for_a_reset),
	        GATE_TEST(a_tag_names_no_flow_of_the_world),
	        GATE_TEST(a_gate_that_does_not_read_closes_the_window),
	        GATE_TEST(a_port_that_is_the_gates_no_more_takes_its_flows_along),
	        GATE_TEST(questions_and_answers_are_packets),
	        GATE_TEST(an_answer_above_the_mtu_is_dropped),
	        GATE_TEST(a_flow_whose_end_was_closed_is_over_and_can_come_back),
	        GATE_TEST(a_question_of_no_bytes_does_not_reach_the_gate),
	        GATE_TEST(a_gate_that_takes_no_more_questions_costs_datagrams_only),
	        GATE_TEST(without_its_gate_the_port_is_shut),
	        GATE_TEST(a_gate_that_takes_no_more_flows_costs_new_ones_only),
	};

	return cmocka_run_group_tests(tests, set_buffers, NULL);
}
