/* SPDX-License-Identifier: ISC */
/* dialer_order_test.c: orders and answers between dialer and worker, and what either does when the
 * other does not speak as it should. */
#include "ref/dialer.h"

#include "ref/dialer_rig.h"
#include "ref/dialer_wire.h"

/* --- orders and policies --- */

static struct order get_order(struct rig *r)
{
	struct order order;

	assert_true(world_is_ready(r->dialer.orders, POLLIN, PATIENCE_MS));
	assert_true(dialer_take_order(&r->dialer, &order));
	return order;
}

static void put_line(struct rig *r, const char *line)
{
	assert_int_equal(send(r->ctl, line, strlen(line), 0), (ssize_t)strlen(line));
}

static void assert_answer(struct rig *r, const char *expected)
{
	char line[1024] = "";
	size_t len = 0;

	do {
		assert_true(len + 1 < sizeof(line));
		assert_true(world_is_ready(r->ctl, POLLIN, PATIENCE_MS));
		assert_int_equal(recv(r->ctl, line + len, 1, 0), 1);
	} while (line[len++] != '\n');
	line[len - 1] = 0;
	assert_string_equal(line, expected);
}

static void orders_go_to_the_worker_and_its_answers_back(void **state)
{
	const uint64_t numbers[ORDER_NUMBERS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, UINT64_C(1) << 40};
	const uint64_t zeros[ORDER_NUMBERS] = {0};
	struct rig *r = *state;
	struct order order;

	start(r, true);
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n{\"cmd\":\"clock\",\"id\":2,\"advance_ms\":3}\n");
	assert_int_equal(get_order(r).kind, ORDER_SYNC);
	put_line(r, "{\"cmd\":\"stats\",\"id\":3}\n");
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK); /* meanwhile it dials */
	assert_false(world_is_ready(r->ctl, POLLIN, 0));
	assert_false(dialer_take_order(&r->dialer, &order)); /* one at a time */
	assert_true(dialer_answer_order(&r->dialer, ORDER_SYNC, zeros));
	assert_answer(r, "{\"id\":1,\"ok\":true}");
	order = get_order(r);
	assert_int_equal(order.kind, ORDER_CLOCK);
	assert_int_equal(order.argument, 3000000);
	assert_true(dialer_answer_order(&r->dialer, ORDER_CLOCK, zeros));
	assert_answer(r, "{\"id\":2,\"ok\":true}");
	assert_int_equal(get_order(r).kind, ORDER_STATS);
	assert_true(dialer_answer_order(&r->dialer, ORDER_STATS, numbers));
	assert_answer(r, "{\"id\":3,\"ok\":true,\"frames\":1,\"forwarded\":2,\"answered\":3,"
	                 "\"dropped\":4,\"replies\":5,\"replies_dropped\":6,\"flows\":7,"
	                 "\"flows_live\":8,\"tcp_live\":9,\"suppressed\":1099511627776}");
}

#define POLICY_LINE(rule)                                                                          \
	"{\"cmd\":\"policy\",\"id\":1,\"policy\":{\"version\":1,\"mode\":\"filtered\",\"vm\":{"    \
	"\"mac\":\"52:54:00:12:34:56\",\"ip\":\"192.168.100.2/24\",\"gateway\":"                   \
	"\"192.168.100.1\"},\"limits\":{\"flows\":8,\"tcp\":4},\"allow\":[" rule "]}}\n"
#define POLICY_RULE(port) "{\"id\":\"x\",\"proto\":\"udp\",\"ip\":\"192.0.2.2\",\"port\":" port "}"

static void the_dialer_goes_by_the_policy_in_force(void **state)
{
	const uint64_t zeros[ORDER_NUMBERS] = {0};
	struct rig *r = *state;
	struct order order;

	start(r, true);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7002), DIALER_REFUSED);
	put_line(r, POLICY_LINE(POLICY_RULE("7002")));
	order = get_order(r);
	assert_int_equal(order.kind, ORDER_POLICY);
	/* The worker still has the old one; what it asks for is judged by the new one. */
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_REFUSED);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7002), DIALER_OK);
	assert_int_equal(policy_share_get(r->share, (unsigned)order.argument)->rules[0].port, 7002);
	assert_true(dialer_answer_order(&r->dialer, ORDER_POLICY, zeros));
	assert_answer(r, "{\"id\":1,\"ok\":true}");
	put_line(r, POLICY_LINE(""));
	get_order(r);
	assert_true(dialer_answer_order(&r->dialer, ORDER_POLICY, zeros));
	assert_answer(r, "{\"id\":1,\"ok\":true}");
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_REFUSED);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7002), DIALER_REFUSED);
	put_line(r, POLICY_LINE(POLICY_RULE("7001")));
	get_order(r);
	assert_true(dialer_answer_order(&r->dialer, ORDER_POLICY, zeros));
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
}

static void a_sealed_worker_sees_the_policy_that_an_order_names(void **state)
{
	struct rig *r = *state;
	struct order order;

	start(r, true);
	assert_true(policy_share_seal(r->share));
	put_line(r, POLICY_LINE(POLICY_RULE("7002")));
	order = get_order(r);
	assert_int_equal(order.argument, 1);
	assert_int_equal(policy_share_get(r->share, 1)->rules[0].port, 7002);
}

static void the_end_of_the_control_channel_changes_nothing(void **state)
{
	const uint64_t zeros[ORDER_NUMBERS] = {0};
	struct rig *r = *state;

	start(r, true);
	put_line(r, POLICY_LINE(POLICY_RULE("7002")));
	get_order(r);
	assert_true(dialer_answer_order(&r->dialer, ORDER_POLICY, zeros));
	assert_answer(r, "{\"id\":1,\"ok\":true}");
	put_line(r, "{\"cmd\":\"sy");
	shutdown(r->ctl, SHUT_WR);
	assert_true(world_is_ready(r->ctl, POLLIN, PATIENCE_MS)); /* it has closed its end */
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7002), DIALER_OK);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_REFUSED);
}

static void an_answer_that_nobody_asked_for_ends_the_dialer(void **state)
{
	const uint64_t zeros[ORDER_NUMBERS] = {0};
	struct rig *r = *state;

	start(r, true);
	assert_true(dialer_answer_order(&r->dialer, ORDER_SYNC, zeros));
	assert_true(world_is_ready(r->dialer.fd, POLLIN, PATIENCE_MS));
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_GONE);
}

static void an_answer_to_another_order_ends_the_dialer(void **state)
{
	const uint64_t zeros[ORDER_NUMBERS] = {0};
	struct rig *r = *state;

	start(r, true);
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	get_order(r);
	assert_true(dialer_answer_order(&r->dialer, ORDER_STATS, zeros));
	assert_true(world_is_ready(r->dialer.fd, POLLIN, PATIENCE_MS));
}

/* --- on the wire --- */

static void requests_of_another_length_end_the_dialer(void **state)
{
	static const uint8_t bytes[DIALER_WIRE_REQUEST_LEN + 1] = {0};
	struct rig *r = *state;

	for (size_t n = 1; n <= sizeof(bytes); n++) {
		start(r, false);
		assert_int_equal(send(r->dialer.fd, bytes, n, 0), (ssize_t)n);
		if (n == DIALER_WIRE_REQUEST_LEN) { /* this one gets an answer */
			assert_true(world_is_ready(r->dialer.fd, POLLIN, PATIENCE_MS));
			assert_int_equal(recv(r->dialer.fd, &(uint8_t[8]){0}, 8, 0),
			                 DIALER_WIRE_ANSWER_LEN);
			assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
		} else {
			assert_true(world_is_ready(r->dialer.fd, POLLHUP, PATIENCE_MS));
		}
		stop(r);
	}
}

/* Puts an answer with some descriptors where a dialer would. */
static void answer_as_dialer(int pair, const uint8_t *bytes, size_t n, int count)
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	const int fds[3] = {0, 0, 0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (count) {
		struct cmsghdr *header;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
	}
	assert_int_equal(sendmsg(pair, &message, 0), (ssize_t)n);
}

static void an_insane_answer_counts_as_a_dialer_that_is_gone(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t n;
		int fds;
		uint8_t proto;
		enum dialer_status status;
	} cases[] = {
	        {{0, 0, 0, 1, DIALER_OK}, 5, 2, IPV4_UDP, DIALER_OK},
	        {{0, 0, 0, 1, DIALER_OK}, 5, 1, IPV4_TCP, DIALER_OK},
	        {{0, 0, 0, 1, DIALER_REFUSED}, 5, 0, IPV4_TCP, DIALER_REFUSED},
	        {{0, 0, 0, 1, DIALER_OK}, 5, 0, IPV4_TCP, DIALER_NO_SOCKET},
	        {{0, 0, 0, 1, DIALER_OK}, 5, 2, IPV4_TCP, DIALER_NO_SOCKET},
	        {{0, 0, 0, 1, DIALER_OK}, 5, 1, IPV4_UDP, DIALER_NO_SOCKET},
	        {{0, 0, 0, 0, DIALER_OK}, 5, 2, IPV4_UDP, DIALER_GONE}, /* an earlier one's */
	        {{0, 0, 0, 2, DIALER_OK}, 5, 2, IPV4_UDP, DIALER_GONE},
	        {{0, 0, 0, 1, DIALER_REFUSED}, 5, 1, IPV4_TCP, DIALER_GONE},
	        {{0, 0, 0, 1, DIALER_GONE}, 5, 0, IPV4_TCP, DIALER_GONE},
	        {{0, 0, 0, 1, 0xff}, 5, 0, IPV4_TCP, DIALER_GONE},
	        {{0, 0, 0, 1, DIALER_OK}, 4, 1, IPV4_TCP, DIALER_GONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dialer dialer = {.orders = -1};
		struct dialer_sockets sockets;
		int pair[2], before;

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		dialer.fd = pair[0];
		answer_as_dialer(pair[1], cases[i].bytes, cases[i].n, cases[i].fds);
		before = count_descriptors();
		if (dialer_dial(&dialer, cases[i].proto, PEER, 7001, 40000, &sockets) !=
		    cases[i].status)
			fail_msg("case %zu", i);
		if (cases[i].status != DIALER_OK) {
			assert_int_equal(sockets.fd, -1);
			assert_int_equal(sockets.ear, -1);
		} else {
			close(sockets.fd);
			if (sockets.ear >= 0)
				close(sockets.ear);
		}
		assert_int_equal(count_descriptors(), before); /* none was let in and lost */
		close(pair[0]);
		close(pair[1]);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(orders_go_to_the_worker_and_its_answers_back),
	        TEST(the_dialer_goes_by_the_policy_in_force),
	        TEST(a_sealed_worker_sees_the_policy_that_an_order_names),
	        TEST(the_end_of_the_control_channel_changes_nothing),
	        TEST(an_answer_that_nobody_asked_for_ends_the_dialer),
	        TEST(an_answer_to_another_order_ends_the_dialer),
	        TEST(requests_of_another_length_end_the_dialer),
	        TEST(an_insane_answer_counts_as_a_dialer_that_is_gone),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
