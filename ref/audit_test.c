/* SPDX-License-Identifier: ISC */
/* audit_test.c: events are whole JSON lines, and one that cannot be written is noticed in time. */
#include "ref/audit.h"

#include "ref/examples.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct tuple udp = {
        .layer = TUPLE_IPV4,
        .has_ip = true,
        .has_proto = true,
        .has_ports = true,
        .proto = 17,
        .src = 0xc0a86402,
        .dst = 0xcb007132,
        .sport = 40000,
        .dport = 51900,
};

/* Reads one event; what one write(2) wrote is one line. */
static json_t *read_event(int fd)
{
	char line[AUDIT_LINE_MAX + 1];
	ssize_t n = read(fd, line, sizeof(line));
	json_error_t error;
	json_t *event;

	assert_true(n > 0 && n <= AUDIT_LINE_MAX);
	assert_int_equal(line[n - 1], '\n');
	assert_null(memchr(line, '\n', (size_t)n - 1));
	event = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(event);
	assert_int_equal(json_integer_value(json_object_get(event, "v")), 1);
	assert_true(json_integer_value(json_object_get(event, "t_ns")) > 0);
	return event;
}

static void assert_text(const json_t *event, const char *key, const char *value)
{
	assert_string_equal(json_string_value(json_object_get(event, key)), value);
}

static void every_kind_of_event_is_one_json_line(void **state)
{
	const struct policy policy = example_policy();
	const struct audit_counts counts = {.frames = 3, .forwarded = 1, .dropped = 2};
	struct audit audit;
	json_t *event;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_DIRECT), 0); /* keeps writes apart */
	assert_true(audit_open(&audit, fds[1]));

	assert_true(audit_ready(&audit, &policy, "up0"));
	event = read_event(fds[0]);
	assert_text(event, "ev", "ready");
	assert_text(event, "mode", "filtered");
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 0);
	json_decref(event);

	assert_true(audit_allow(&audit, &udp, "consumer"));
	event = read_event(fds[0]);
	assert_text(event, "ev", "allow");
	assert_text(event, "proto", "udp");
	assert_text(event, "src", "192.168.100.2");
	assert_text(event, "dst", "203.0.113.50");
	assert_int_equal(json_integer_value(json_object_get(event, "sport")), 40000);
	assert_int_equal(json_integer_value(json_object_get(event, "dport")), 51900);
	assert_text(event, "rule", "consumer");
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 1);
	json_decref(event);

	assert_true(audit_drop(&audit, &udp, REASON_NOT_ALLOWED));
	event = read_event(fds[0]);
	assert_text(event, "ev", "drop");
	assert_text(event, "reason", "not-allowed");
	json_decref(event);

	assert_true(audit_bye(&audit, REASON_PEER_CLOSED, &counts));
	event = read_event(fds[0]);
	assert_text(event, "ev", "bye");
	assert_text(event, "reason", "peer-closed");
	assert_int_equal(json_integer_value(json_object_get(event, "frames")), 3);
	json_decref(event);

	audit_close(&audit);
	close(fds[0]);
}

static void what_a_packet_did_not_show_is_left_out(void **state)
{
	static const struct {
		struct tuple tuple;
		const char *proto;
		size_t keys;
	} rows[] = {
	        {{.layer = TUPLE_ETHERNET}, "eth", 6},
	        {{.layer = TUPLE_IPV6}, "ipv6", 6},
	        {{.layer = TUPLE_IPV4}, "ipv4", 6},
	        {{.layer = TUPLE_ARP, .has_ip = true}, "arp", 8},
	        {{.layer = TUPLE_IPV4, .has_ip = true, .has_proto = true, .proto = 1}, "icmp", 8},
	        {{.layer = TUPLE_IPV4, .has_ip = true, .has_proto = true, .proto = 6}, "tcp", 8},
	        {{.layer = TUPLE_IPV4, .has_ip = true, .has_proto = true, .proto = 255},
	         "ip-255",
	         8},
	};
	struct audit audit;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(audit_open(&audit, fds[1]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *event;

		assert_true(audit_drop(&audit, &rows[i].tuple, REASON_RUNT));
		event = read_event(fds[0]);
		assert_text(event, "proto", rows[i].proto);
		assert_int_equal(json_object_size(event), rows[i].keys);
		json_decref(event);
	}
	audit_close(&audit);
	close(fds[0]);
}

static void a_reader_that_is_gone_is_noticed(void **state)
{
	struct audit audit;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	assert_true(audit_open(&audit, fds[1]));
	close(fds[0]);
	assert_false(audit_drop(&audit, &udp, REASON_RUNT));
	assert_int_equal(audit.seq, 0);
	audit_close(&audit);
}

static void a_reader_that_does_not_read_is_waited_for_and_then_noticed(void **state)
{
	struct timespec start, end;
	struct audit audit;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(audit_open(&audit, fds[1]));
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (audit_drop(&audit, &udp, REASON_RUNT))
		;
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(audit.seq > 100);
	assert_true(end.tv_sec - start.tv_sec <= AUDIT_PATIENCE_MS / 1000 + 2);
	audit_close(&audit);
	close(fds[0]);
}

static void a_descriptor_that_cannot_be_written_is_refused(void **state)
{
	struct audit audit;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_false(audit_open(&audit, fds[0]));
	close(fds[0]);
	close(fds[1]);
	assert_false(audit_open(&audit, fds[1]));
}

static void the_descriptors_flags_are_put_back(void **state)
{
	struct audit audit;
	int fds[2], copy;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	copy = dup(fds[1]);
	assert_true(audit_open(&audit, fds[1]));
	assert_true(fcntl(copy, F_GETFL) & O_NONBLOCK);
	audit_close(&audit);
	assert_false(fcntl(copy, F_GETFL) & O_NONBLOCK);
	close(copy);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_event_is_one_json_line),
	        cmocka_unit_test(what_a_packet_did_not_show_is_left_out),
	        cmocka_unit_test(a_reader_that_is_gone_is_noticed),
	        cmocka_unit_test(a_reader_that_does_not_read_is_waited_for_and_then_noticed),
	        cmocka_unit_test(a_descriptor_that_cannot_be_written_is_refused),
	        cmocka_unit_test(the_descriptors_flags_are_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
