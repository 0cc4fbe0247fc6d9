/* SPDX-License-Identifier: ISC */
/* dialer_test.c: the dialer passes sockets for what the policy in force allows and for nothing else,
 * and both sides notice an end. What it passes on of the control channel is in
 * dialer_order_test.c. */
#include "ref/dialer.h"

#include "ref/dialer_rig.h"

#include <linux/if_tun.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* --- sockets --- */

static void udp_gets_a_connected_socket(void **state)
{
	struct rig *r = *state;
	int peer = world_open(SOCK_DGRAM, PEER, &r->rules[2].port);
	struct sockaddr_in self;
	char text[8];

	start(r, false);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dial(r, IPV4_UDP, PEER, r->rules[2].port), DIALER_OK);
		assert_is_ours(r->sockets.fd);
		assert_is_ours(r->sockets.ear);
		self = world_name(r->sockets.fd, getpeername);
		assert_int_equal(ntohl(self.sin_addr.s_addr), PEER);
		assert_int_equal(ntohs(self.sin_port), r->rules[2].port);
		self = world_name(r->sockets.fd, getsockname);
		assert_int_equal(ntohl(self.sin_addr.s_addr), HOST);
		assert_int_equal(world_name(r->sockets.ear, getsockname).sin_port, self.sin_port);
		assert_int_equal(send(r->sockets.fd, "hello", 5, 0), 5);
		assert_true(world_is_ready(peer, POLLIN, PATIENCE_MS));
		assert_int_equal(recv(peer, text, sizeof(text), 0), 5);
	}
	close(peer);
}

static void the_ear_hears_strangers_and_the_socket_its_peer(void **state)
{
	struct rig *r = *state;
	int peer = world_open(SOCK_DGRAM, PEER, &r->rules[2].port);
	uint16_t port = r->rules[2].port, other = 0;
	int strangers[2];
	struct sockaddr_in self;
	char byte;

	strangers[0] = world_open(SOCK_DGRAM, STRANGER, &port); /* the right port */
	strangers[1] = world_open(SOCK_DGRAM, PEER, &other);    /* the right address */
	start(r, false);
	assert_int_equal(dial(r, IPV4_UDP, PEER, r->rules[2].port), DIALER_OK);
	self = world_name(r->sockets.fd, getsockname);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		        sendto(strangers[i], "s", 1, 0, (struct sockaddr *)&self, sizeof(self)), 1);
		assert_true(world_is_ready(r->sockets.ear, POLLIN, PATIENCE_MS));
		assert_int_equal(recv(r->sockets.ear, &byte, 1, 0), 1);
		assert_false(world_is_ready(r->sockets.fd, POLLIN, 0));
		close(strangers[i]);
	}
	assert_int_equal(sendto(peer, "p", 1, 0, (struct sockaddr *)&self, sizeof(self)), 1);
	assert_true(world_is_ready(r->sockets.fd, POLLIN, PATIENCE_MS));
	assert_false(world_is_ready(r->sockets.ear, POLLIN, 0));
	close(peer);
}

static void an_ear_cannot_send(void **state)
{
	struct rig *r = *state;
	int peer = world_open(SOCK_DGRAM, PEER, &r->rules[2].port);
	struct sockaddr_in to = world_name(peer, getsockname);

	start(r, false);
	assert_int_equal(dial(r, IPV4_UDP, PEER, r->rules[2].port), DIALER_OK);
	assert_int_equal(
	        sendto(r->sockets.ear, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)),
	        -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(connect(r->sockets.ear, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(r->sockets.ear, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(send(r->sockets.fd, "y", 1, 0), 1); /* the other one can */
	assert_true(world_is_ready(peer, POLLIN, PATIENCE_MS));
	close(peer);
}

/* Two flows on one port would get each other's replies. */
static void no_two_udp_sockets_have_one_port(void **state)
{
	struct rig *r = *state;
	struct dialer_sockets all[16];
	uint32_t seen = 0;

	start(r, false);
	world_set(WORLD_LOCAL_PORTS, "40000 40015");
	for (int i = 0; i < 16; i++) {
		uint16_t port;

		assert_int_equal(dialer_dial(&r->dialer, IPV4_UDP, PEER, 7001, 40000, &all[i]),
		                 DIALER_OK);
		port = ntohs(world_name(all[i].fd, getsockname).sin_port);
		assert_in_range(port, 40000, 40015);
		assert_false(seen >> (port - 40000) & 1);
		seen |= 1U << (port - 40000);
	}
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_NO_SOCKET);
	for (int i = 0; i < 16; i++) {
		close(all[i].fd);
		close(all[i].ear);
	}
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
}

/* SO_REUSEADDR lets ear and socket share their port. It must not let in anybody else. */
static void no_other_program_can_take_a_port_in_use(void **state)
{
	const int one = 1;
	struct rig *r = *state;
	int other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in self;

	start(r, false);
	assert_int_equal(setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
	self = world_name(r->sockets.fd, getsockname);
	assert_int_equal(bind(other, (struct sockaddr *)&self, sizeof(self)), -1);
	assert_int_equal(errno, EADDRINUSE);
	close_sockets(r);
	world_settle(&r->dialer);
	assert_int_equal(bind(other, (struct sockaddr *)&self, sizeof(self)), 0);
	close(other);
}

static void tcp_gets_a_socket_whose_connect_has_begun(void **state)
{
	struct rig *r = *state;
	int listener = world_open(SOCK_STREAM, PEER, &r->rules[0].port), accepted;
	char text[8];

	assert_int_equal(listen(listener, 4), 0);
	start(r, false);
	assert_int_equal(dial(r, IPV4_TCP, PEER, r->rules[0].port), DIALER_OK);
	assert_int_equal(r->sockets.ear, -1);
	assert_is_ours(r->sockets.fd);
	assert_true(world_is_ready(r->sockets.fd, POLLOUT, PATIENCE_MS));
	assert_int_equal(world_option(r->sockets.fd, SOL_SOCKET, SO_ERROR), 0);
	assert_true(world_option(r->sockets.fd, IPPROTO_TCP, TCP_NODELAY));
	assert_true(world_option(r->sockets.fd, SOL_SOCKET, SO_OOBINLINE));
	accepted = accept(listener, NULL, NULL);
	assert_int_equal(send(r->sockets.fd, "hello", 5, 0), 5);
	assert_int_equal(recv(accepted, text, sizeof(text), 0), 5);
	close(accepted);
	close(listener);

	/* Nobody listens any more: the socket says so, not the dialer. */
	assert_int_equal(dial(r, IPV4_TCP, PEER, r->rules[0].port), DIALER_OK);
	assert_true(world_is_ready(r->sockets.fd, POLLOUT | POLLERR, PATIENCE_MS));
	assert_int_equal(world_option(r->sockets.fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
}

static void the_dialer_does_not_wait_for_a_connection(void **state)
{
	struct rig *r = *state;
	int listener = world_open(SOCK_STREAM, PEER, &r->rules[0].port);
	struct dialer_sockets first;

	/* A full backlog drops SYNs: the second connect stays unanswered. */
	assert_int_equal(listen(listener, 0), 0);
	start(r, false);
	assert_int_equal(dialer_dial(&r->dialer, IPV4_TCP, PEER, r->rules[0].port, 40000, &first),
	                 DIALER_OK);
	assert_true(world_is_ready(first.fd, POLLOUT, PATIENCE_MS));
	assert_int_equal(dial(r, IPV4_TCP, PEER, r->rules[0].port), DIALER_OK);
	assert_false(world_is_ready(r->sockets.fd, POLLOUT, 0));
	close(first.fd);
	close(listener);
}

static void a_ping_socket_is_to_be_had_where_no_frame_is_checked(void **state)
{
	static const uint8_t request[] = {8, 0, 0, 0, 0, 0, 0, 1, 'p'};
	struct rig *r = *state;
	uint8_t reply[32];

	r->policy.mode = POLICY_DIRECT;
	start(r, false);
	assert_int_equal(dial(r, IPV4_ICMP, PEER, 0), DIALER_OK);
	assert_int_equal(r->sockets.ear, -1);
	assert_is_ours(r->sockets.fd);
	assert_int_equal(send(r->sockets.fd, request, sizeof(request), 0), sizeof(request));
	assert_true(world_is_ready(r->sockets.fd, POLLIN, PATIENCE_MS));
	assert_int_equal(recv(r->sockets.fd, reply, sizeof(reply), 0), sizeof(request));
	assert_int_equal(reply[0], 0);
	assert_int_equal(reply[8], 'p');
}

static void where_nobody_may_ping_there_is_no_ping_socket(void **state)
{
	struct rig *r = *state;

	if (!world_try(WORLD_PING_GROUPS, WORLD_NO_GROUP))
		skip();
	r->policy.mode = POLICY_DIRECT;
	start(r, false);
	assert_int_equal(dial(r, IPV4_ICMP, PEER, 0), DIALER_NO_SOCKET);
	world_set(WORLD_PING_GROUPS, WORLD_ROOT_GROUP);
	assert_int_equal(dial(r, IPV4_ICMP, PEER, 0), DIALER_OK);
}

/* --- what is refused --- */

static void the_mode_says_whether_the_list_is_asked(void **state)
{
	static const struct {
		uint8_t proto;
		uint32_t ip;
		uint16_t port;
		enum dialer_status listed, unlisted; /* where the list is asked, where it is not */
	} cases[] = {
	        {IPV4_UDP, PEER, 7001, DIALER_OK, DIALER_OK},
	        {IPV4_TCP, PEER, 7001, DIALER_OK, DIALER_OK},
	        {IPV4_UDP, PEER, 7002, DIALER_REFUSED, DIALER_OK},
	        {IPV4_TCP, PEER, 7002, DIALER_REFUSED, DIALER_OK},
	        {IPV4_UDP, STRANGER, 7001, DIALER_REFUSED, DIALER_OK},
	        {IPV4_ICMP, PEER, 0, DIALER_REFUSED, DIALER_OK},
	        /* in no mode */
	        {IPV4_ICMP, PEER, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, PEER, 0, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_TCP, PEER, 0, DIALER_REFUSED, DIALER_REFUSED},
	        {47, PEER, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {0, PEER, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0x7f000001, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_TCP, 0x7f000002, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0xe0000001, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0xf0000001, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0xffffffff, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0xc0a86401, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, 0xc0a86402, 7001, DIALER_REFUSED, DIALER_REFUSED},
	        {IPV4_UDP, HOST, 7001, DIALER_THIS_HOST, DIALER_THIS_HOST},
	        {IPV4_UDP, HOST, 7002, DIALER_REFUSED, DIALER_THIS_HOST},
	        {IPV4_TCP, HOST, 7001, DIALER_REFUSED, DIALER_THIS_HOST},
	        {IPV4_ICMP, HOST, 0, DIALER_REFUSED, DIALER_THIS_HOST},
	        /* a broadcast address of a net of the host's */
	        {IPV4_UDP, 0xc00002ff, 7001, DIALER_REFUSED, DIALER_NO_SOCKET},
	};
	struct rig *r = *state;

	for (enum policy_mode mode = POLICY_DIRECT; mode <= POLICY_FILTERED; mode++) {
		const bool listed = mode >= POLICY_CONNTRACK;

		r->policy.mode = mode;
		start(r, false);
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const enum dialer_status expected = listed ? cases[i].listed
			                                           : cases[i].unlisted;
			const enum dialer_status got = dial(r, cases[i].proto, cases[i].ip,
			                                    cases[i].port);

			if (got != expected)
				fail_msg("mode %s, case %zu: %d instead of %d",
				         policy_mode_name(mode), i, (int)got, (int)expected);
			assert_int_equal(r->sockets.fd >= 0, got == DIALER_OK);
		}
		stop(r);
	}
}

/* An interface that is not lo, with an address of its own; -1 where there are no TAPs. */
static int open_tap(const char *name, uint32_t ip)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC), fd;

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) {
		if (tap >= 0)
			close(tap);
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
	request.ifr_flags = IFF_UP;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
	return tap;
}

static void the_address_of_any_interface_is_this_hosts(void **state)
{
	struct rig *r = *state;
	int tap = open_tap("up0", 0xcb007101); /* 203.0.113.1/24 */

	if (tap < 0)
		skip();
	r->uplink = "up0";
	r->policy.mode = POLICY_DIRECT;
	start(r, false);
	for (int i = 0; i < 3; i++) {
		const uint8_t proto = (const uint8_t[]){IPV4_UDP, IPV4_TCP, IPV4_ICMP}[i];
		const uint16_t port = proto == IPV4_ICMP ? 0 : 7001;

		assert_int_equal(dial(r, proto, 0xcb007101, port), DIALER_THIS_HOST);
		assert_int_equal(dial(r, proto, HOST, port), DIALER_THIS_HOST);
		assert_int_equal(dial(r, proto, 0xcb007132, port), DIALER_OK);
		assert_int_equal(ntohl(world_name(r->sockets.fd, getsockname).sin_addr.s_addr),
		                 0xcb007101);
	}
	close(tap);
}

static void without_a_mode_nothing_but_the_list_is_allowed(void **state)
{
	struct rig *r = *state;

	r->policy.mode = 0;
	start(r, false);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7002), DIALER_REFUSED);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
}

static void without_descriptors_there_is_no_half_a_flow(void **state)
{
	struct rig *r = *state;
	struct rlimit limit, tight;
	int first, second, before;

	start(r, false);
	before = count_descriptors();
	first = dup(0);
	second = dup(0);
	close(first);
	close(second);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	for (int room = 0; room < 2; room++) {
		tight.rlim_cur = (rlim_t)(first + room);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_NO_SOCKET);
		assert_int_equal(r->sockets.fd, -1);
		assert_int_equal(r->sockets.ear, -1);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(count_descriptors(), before);
	}
	tight.rlim_cur = (rlim_t)(second + 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* --- ends --- */

static void an_uplink_that_is_not_there_is_noticed_at_the_start(void **state)
{
	struct rig *r = *state;
	struct dialer_setup setup = {.uplink = "none0", .ctl = -1};

	r->share = policy_share_new(&r->policy);
	setup.share = r->share;
	assert_false(dialer_start(&r->dialer, &setup));
	r->dialer.pid = 0;
	assert_no_child_is_left();
}

static bool note_pid(void *arg)
{
	*(pid_t *)arg = getpid();
	return world_crash_plainly(NULL);
}

static void the_preparation_runs_in_the_dialers_process(void **state)
{
	struct rig *r = *state;
	pid_t *noted = mmap(NULL, sizeof(*noted), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct dialer_setup setup = {.uplink = "lo", .ctl = -1, .prepare = note_pid, .arg = noted};

	r->share = policy_share_new(&r->policy);
	setup.share = r->share;
	assert_true(dialer_start(&r->dialer, &setup));
	assert_int_equal(*noted, r->dialer.pid);
	munmap(noted, sizeof(*noted));
}

static bool refuse(void *arg)
{
	(void)arg;
	return false;
}

static void a_preparation_that_fails_fails_the_start(void **state)
{
	struct rig *r = *state;
	struct dialer_setup setup = {.uplink = "lo", .ctl = -1, .prepare = refuse};

	r->share = policy_share_new(&r->policy);
	setup.share = r->share;
	assert_false(dialer_start(&r->dialer, &setup));
	r->dialer.pid = 0;
	assert_no_child_is_left();
}

static void a_dead_dialer_is_noticed(void **state)
{
	struct rig *r = *state;

	start(r, true);
	assert_false(world_is_ready(r->dialer.fd, POLLIN, 0));
	assert_int_equal(kill(r->dialer.pid, SIGKILL), 0);
	assert_true(world_is_ready(r->dialer.fd, POLLIN, PATIENCE_MS));
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_GONE);
	assert_true(world_is_ready(r->ctl, POLLIN, PATIENCE_MS)); /* and who gives orders notices */
}

static void a_dialer_that_hangs_is_given_up_and_not_waited_for(void **state)
{
	struct rig *r = *state;
	pid_t pid;
	int status;

	start(r, false);
	pid = r->dialer.pid;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_GONE);
	dialer_stop(&r->dialer);
	r->dialer.pid = 0;
	/* It is there as long as this process is, see below. */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

/* Standard error is what a dialer keeps of its parent's, so it tells when it has ended. */
static bool say_hello(void *arg)
{
	return world_crash_plainly(arg) && write(STDERR_FILENO, "h", 1) == 1;
}

/* Starts a dialer in a worker of its own, which does `last` when it is up, and dies. Returns the
 * end of what the dialer has as standard error. */
static int start_worker(struct rig *r, void (*last)(pid_t dialer))
{
	const struct dialer_setup setup = {
	        .share = r->share, .uplink = "lo", .ctl = -1, .prepare = say_hello};
	struct dialer dialer;
	pid_t worker;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	worker = fork();
	if (!worker) {
		world_crash_plainly(NULL);
		dup2(fds[1], STDERR_FILENO);
		if (dialer_start(&dialer, &setup))
			last(dialer.pid);
		kill(getpid(), SIGKILL);
	}
	close(fds[1]);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	return fds[0];
}

static void do_nothing(pid_t dialer)
{
	(void)dialer;
}

static void stop_it(pid_t dialer)
{
	int status;

	kill(dialer, SIGSTOP);
	waitpid(dialer, &status, WUNTRACED);
}

static void a_dialer_ends_with_its_worker_even_when_it_hangs(void **state)
{
	void (*const lasts[])(pid_t) = {do_nothing, stop_it};
	struct rig *r = *state;
	char byte;

	r->share = policy_share_new(&r->policy);
	for (size_t i = 0; i < 2; i++) {
		int ended = start_worker(r, lasts[i]);

		assert_int_equal(read(ended, &byte, 1), 1); /* it was there */
		assert_true(world_is_ready(ended, POLLHUP, PATIENCE_MS));
		close(ended);
	}
}

static void a_dialer_holds_no_descriptor_of_its_parent(void **state)
{
	struct rig *r = *state;
	int pipe_fds[2], places[6], copies[50];

	for (int with_ctl = 0; with_ctl < 2; with_ctl++) {
		/* Copies at every number above those that the dialer's own channels get. */
		const int channels = with_ctl ? 6 : 4;

		assert_int_equal(pipe(pipe_fds), 0);
		for (int i = 0; i < channels; i++)
			places[i] = fcntl(0, F_DUPFD_CLOEXEC, 0);
		for (int i = 0; i < 50; i++)
			copies[i] = fcntl(pipe_fds[1], F_DUPFD, 0);
		for (int i = 0; i < channels; i++)
			close(places[i]);
		start(r, with_ctl);
		for (int i = 0; i < 50; i++)
			close(copies[i]);
		close(pipe_fds[1]);
		assert_true(world_is_ready(pipe_fds[0], POLLHUP, 0)); /* nobody else could write */
		close(pipe_fds[0]);
		assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
		if (r->ctl >= 0)
			close(r->ctl);
		r->ctl = -1;
		stop(r);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(udp_gets_a_connected_socket),
	        TEST(the_ear_hears_strangers_and_the_socket_its_peer),
	        TEST(an_ear_cannot_send),
	        TEST(no_two_udp_sockets_have_one_port),
	        TEST(no_other_program_can_take_a_port_in_use),
	        TEST(tcp_gets_a_socket_whose_connect_has_begun),
	        TEST(the_dialer_does_not_wait_for_a_connection),
	        TEST(a_ping_socket_is_to_be_had_where_no_frame_is_checked),
	        TEST(where_nobody_may_ping_there_is_no_ping_socket),
	        TEST(the_mode_says_whether_the_list_is_asked),
	        TEST(the_address_of_any_interface_is_this_hosts),
	        TEST(without_a_mode_nothing_but_the_list_is_allowed),
	        TEST(without_descriptors_there_is_no_half_a_flow),
	        TEST(an_uplink_that_is_not_there_is_noticed_at_the_start),
	        TEST(the_preparation_runs_in_the_dialers_process),
	        TEST(a_preparation_that_fails_fails_the_start),
	        TEST(a_dead_dialer_is_noticed),
	        TEST(a_dialer_that_hangs_is_given_up_and_not_waited_for),
	        TEST(a_dialer_ends_with_its_worker_even_when_it_hangs),
	        TEST(a_dialer_holds_no_descriptor_of_its_parent),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
