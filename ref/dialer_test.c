/* SPDX-License-Identifier: ISC */
/* dialer_test.c: the dialer passes sockets for allowed endpoints only, and both sides notice an end.
 * Traffic stays on the loopback interface, which plays the uplink. */
#include "ref/dialer.h"

#include "ref/examples.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LOOPBACK 0x7f000001

/* A UDP socket on the loopback interface; *port is the kernel's choice. */
static int open_peer(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void an_allowed_endpoint_gets_a_connected_socket(void **state)
{
	struct policy_rule rule = {.ip = LOOPBACK, .proto = 17, .id = "peer"};
	struct policy policy = {.rules = &rule, .rule_count = 1};
	struct sockaddr_in to = {0};
	socklen_t len = sizeof(to);
	struct dialer dialer;
	char device[16] = "", text[8];
	int peer = open_peer(&rule.port), fd = -1;

	(void)state;
	assert_true(dialer_start(&dialer, &policy, "lo"));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dialer_dial(&dialer, 17, LOOPBACK, rule.port, &fd), DIALER_OK);
		assert_int_equal(getpeername(fd, (struct sockaddr *)&to, &len), 0);
		assert_int_equal(ntohs(to.sin_port), rule.port);
		len = sizeof(device);
		assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len), 0);
		assert_string_equal(device, "lo");
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_int_equal(send(fd, "hello", 5, 0), 5);
		assert_int_equal(recv(peer, text, sizeof(text), 0), 5);
		close(fd);
		len = sizeof(to);
	}
	dialer_stop(&dialer);
	close(peer);
}

static void what_the_policy_does_not_allow_is_refused(void **state)
{
	const struct policy policy = example_policy();
	struct dialer dialer;
	int fd = -1;

	(void)state;
	assert_true(dialer_start(&dialer, &policy, "lo"));
	assert_int_equal(dialer_dial(&dialer, 17, LOOPBACK, 51900, &fd), DIALER_REFUSED);
	assert_int_equal(dialer_dial(&dialer, 17, 0xcb007132, 51901, &fd), DIALER_REFUSED);
	assert_int_equal(dialer_dial(&dialer, 6, 0xcb007132, 51900, &fd), DIALER_REFUSED);
	assert_int_equal(dialer_dial(&dialer, 0, 0, 0, &fd), DIALER_REFUSED);
	assert_int_equal(fd, -1);
	dialer_stop(&dialer);
}

static void an_uplink_that_is_not_there_is_noticed_at_the_start(void **state)
{
	const struct policy policy = example_policy();
	struct dialer dialer;

	(void)state;
	assert_false(dialer_start(&dialer, &policy, "none0"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
}

static void a_dead_dialer_is_noticed(void **state)
{
	const struct policy policy = example_policy();
	struct dialer dialer;
	struct pollfd ended;
	int fd = -1;

	(void)state;
	assert_true(dialer_start(&dialer, &policy, "lo"));
	ended = (struct pollfd){.fd = dialer.fd, .events = POLLIN};
	assert_int_equal(poll(&ended, 1, 0), 0);
	kill(dialer.pid, SIGKILL);
	assert_int_equal(poll(&ended, 1, 5000), 1);
	assert_int_equal(dialer_dial(&dialer, 17, 0xcb007132, 51900, &fd), DIALER_GONE);
	dialer_stop(&dialer);
}

static void a_dialer_that_hangs_is_given_up_and_still_ends(void **state)
{
	const struct policy policy = example_policy();
	struct dialer dialer;
	int fd = -1;

	(void)state;
	assert_true(dialer_start(&dialer, &policy, "lo"));
	kill(dialer.pid, SIGSTOP);
	assert_int_equal(dialer_dial(&dialer, 17, LOOPBACK, 51900, &fd), DIALER_GONE);
	dialer_stop(&dialer);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_dialer_holds_no_descriptor_of_its_parent(void **state)
{
	const struct policy policy = example_policy();
	struct dialer dialer;
	char byte;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(dialer_start(&dialer, &policy, "lo"));
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0); /* nobody else could write */
	close(fds[0]);
	dialer_stop(&dialer);
}

static void a_dialer_ends_with_its_worker(void **state)
{
	const struct policy policy = example_policy();
	int fds[2];
	pid_t worker;
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	worker = fork();
	if (!worker) {
		struct dialer dialer;

		/* Standard error is what a dialer keeps, so it tells when it has ended. */
		dup2(fds[1], 2);
		if (!dialer_start(&dialer, &policy, "lo"))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	waitpid(worker, NULL, 0);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_allowed_endpoint_gets_a_connected_socket),
	        cmocka_unit_test(what_the_policy_does_not_allow_is_refused),
	        cmocka_unit_test(an_uplink_that_is_not_there_is_noticed_at_the_start),
	        cmocka_unit_test(a_dead_dialer_is_noticed),
	        cmocka_unit_test(a_dialer_that_hangs_is_given_up_and_still_ends),
	        cmocka_unit_test(a_dialer_holds_no_descriptor_of_its_parent),
	        cmocka_unit_test(a_dialer_ends_with_its_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
