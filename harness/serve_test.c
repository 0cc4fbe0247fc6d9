/* SPDX-License-Identifier: ISC */
/* serve_test.c: a program is ready when its port is listened on, and not before. */
#include "harness/serve.h"

#include "bytes/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Lines of a real system: a listener, a connection, a listener over IPv6. */
static const char tcp_text[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout "
        "inode\n"
        "   0: 0100007F:1B58 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "2 1 0 100 0 0 10 0\n"
        "   1: 6401A8C0:C001 3271CB00:CA6C 01 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "3 1 0 20 4 30 10 -1\n"
        "  12: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 4 1 0 100 0 0 10 0\n";

static void a_listener_is_found_at_any_address_of_either_family(void **state)
{
	(void)state;
	assert_true(serve_is_listening(tcp_text, true, 7000));
	assert_true(serve_is_listening(tcp_text, true, 80));
}

static void a_connection_is_no_listener(void **state)
{
	(void)state;
	assert_false(serve_is_listening(tcp_text, true, 0xc001));
	assert_false(serve_is_listening(tcp_text, true, 0xca6c)); /* its other end */
	assert_false(serve_is_listening(tcp_text, true, 0));
}

static void the_two_protocols_have_states_of_their_own(void **state)
{
	static const char udp[] = "  7: 00000000:0035 00000000:0000 07 00000000:00000000\n"
	                          "  8: 00000000:0036 3271CB00:CA6C 01 00000000:00000000\n";

	(void)state;
	assert_true(serve_is_listening(udp, false, 53));
	assert_false(serve_is_listening(udp, true, 53));
	assert_false(serve_is_listening(udp, false, 54)); /* connected: it hears one peer only */
	assert_false(serve_is_listening(tcp_text, false, 80));
}

/* What ends at an unreadable page is read to its end and no further. */
static void every_truncation_is_read_to_its_end(void **state)
{
	bool found = false;

	(void)state;
	for (size_t n = 0; n < sizeof(tcp_text); n++) {
		char text[sizeof(tcp_text)];
		struct guard g;
		bool now;

		memcpy(text, tcp_text, n);
		text[n] = '\0';
		g = guard_copy(text, n + 1);
		now = serve_is_listening((const char *)g.p, true, 7000);
		assert_true(now || !found); /* once found, found with more text */
		found = now;
		guard_free(&g);
	}
	assert_true(found);
}

static void a_real_socket_is_seen_while_it_listens(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	                          .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	port = ntohs(sin.sin_port);
	assert_false(serve_port_is_open(true, port)); /* bound, and refuses */
	assert_int_equal(listen(fd, 1), 0);
	assert_true(serve_port_is_open(true, port));
	close(fd);
	assert_false(serve_port_is_open(true, port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_listener_is_found_at_any_address_of_either_family),
	        cmocka_unit_test(a_connection_is_no_listener),
	        cmocka_unit_test(the_two_protocols_have_states_of_their_own),
	        cmocka_unit_test(every_truncation_is_read_to_its_end),
	        cmocka_unit_test(a_real_socket_is_seen_while_it_listens),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
