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

static json_int_t number(const json_t *event, const char *key)
{
	return json_integer_value(json_object_get(event, key));
}

/* An audit into a pipe that keeps writes apart. */
static struct audit open_pipe(int *reader)
{
	struct audit audit;
	int fds[2];

	assert_int_equal(pipe2(fds, O_DIRECT), 0);
	assert_true(audit_open(&audit, fds[1]));
	*reader = fds[0];
	return audit;
}

static void enforcement_is_announced_with_its_mode_and_sandbox(void **state)
{
	static const char *const stages[] = {"privileges", "landlock", "seccomp"};
	struct policy policy = example_policy();
	const json_t *sandbox;
	struct audit audit;
	json_t *event;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	for (size_t count = 0; count <= 3; count++) {
		policy.mode = POLICY_DIRECT + (enum policy_mode)count;
		assert_true(audit_ready(&audit, &policy, "up0", stages, count));
		event = read_event(reader);
		assert_text(event, "ev", "ready");
		assert_text(event, "mode", policy_mode_name(policy.mode));
		assert_text(event, "uplink", "up0");
		assert_int_equal(number(event, "rules"), 1);
		assert_int_equal(number(event, "flows"), 8);
		assert_int_equal(number(event, "seq"), count);
		sandbox = json_object_get(event, "sandbox");
		assert_int_equal(json_array_size(sandbox), count);
		for (size_t i = 0; i < count; i++)
			assert_string_equal(json_string_value(json_array_get(sandbox, i)),
			                    stages[i]);
		json_decref(event);
	}
	audit_close(&audit);
	close(reader);
}

static void a_flow_is_announced_with_its_rule_if_one_was_asked(void **state)
{
	struct audit audit;
	json_t *event;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	assert_true(audit_allow(&audit, &udp, "consumer"));
	event = read_event(reader);
	assert_text(event, "ev", "allow");
	assert_text(event, "proto", "udp");
	assert_text(event, "src", "192.168.100.2");
	assert_text(event, "dst", "203.0.113.50");
	assert_int_equal(number(event, "sport"), 40000);
	assert_int_equal(number(event, "dport"), 51900);
	assert_text(event, "rule", "consumer");
	json_decref(event);

	assert_true(audit_allow(&audit, &udp, NULL));
	event = read_event(reader);
	assert_text(event, "ev", "allow");
	assert_null(json_object_get(event, "rule"));
	json_decref(event);
	audit_close(&audit);
	close(reader);
}

static void a_violation_is_told_with_its_packet_then_the_end(void **state)
{
	const struct audit_counts counts = {.frames = 3, .forwarded = 1, .dropped = 2, .tcp = 9};
	struct audit audit;
	json_t *event;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	assert_true(audit_drop(&audit, &udp, REASON_NOT_ALLOWED));
	event = read_event(reader);
	assert_text(event, "ev", "drop");
	assert_text(event, "reason", "not-allowed");
	assert_null(json_object_get(event, "suppressed"));
	json_decref(event);

	assert_true(audit_violation(&audit, &udp, REASON_NOT_ALLOWED));
	event = read_event(reader);
	assert_text(event, "ev", "violation");
	assert_text(event, "reason", "not-allowed");
	assert_text(event, "dst", "203.0.113.50");
	assert_int_equal(number(event, "dport"), 51900);
	json_decref(event);

	assert_true(audit_terminate(&audit, REASON_VIOLATION));
	event = read_event(reader);
	assert_text(event, "ev", "terminate");
	assert_text(event, "reason", "violation");
	json_decref(event);

	assert_true(audit_bye(&audit, REASON_VIOLATION, &counts));
	event = read_event(reader);
	assert_text(event, "ev", "bye");
	assert_text(event, "reason", "violation");
	assert_int_equal(number(event, "frames"), 3);
	assert_int_equal(number(event, "tcp"), 9);
	assert_int_equal(number(event, "suppressed"), 0);
	assert_int_equal(number(event, "seq"), 3);
	json_decref(event);
	audit_close(&audit);
	close(reader);
}

/* --- the limit --- */

/* Nothing gets a line any more, or the next burst does. */
static void close_bucket(struct audit *audit)
{
	audit->limit.full_at_ns = UINT64_MAX / 2;
}

static void open_bucket(struct audit *audit)
{
	audit->limit.full_at_ns = 0;
}

static struct tuple tuple_of(unsigned number)
{
	struct tuple tuple = udp;

	tuple.sport = (uint16_t)number;
	return tuple;
}

static void denials_without_a_line_are_told_of_by_the_next_that_has_one(void **state)
{
	struct audit audit;
	json_t *event;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	close_bucket(&audit);
	for (unsigned i = 1; i <= 5; i++) {
		struct tuple tuple = tuple_of(i);

		assert_true(audit_drop(&audit, &tuple, REASON_NOT_ALLOWED));
	}
	assert_int_equal(audit.seq, 0);
	open_bucket(&audit);
	for (unsigned i = 6; i <= 7; i++) {
		struct tuple tuple = tuple_of(i);

		assert_true(audit_drop(&audit, &tuple, REASON_FRAGMENT));
		event = read_event(reader);
		assert_int_equal(number(event, "sport"), i);
		assert_text(event, "reason", "fragment");
		assert_int_equal(number(event, "suppressed"), i == 6 ? 5 : 0);
		json_decref(event);
	}
	assert_true(audit_flush(&audit)); /* nothing is left to tell */
	assert_int_equal(audit.seq, 2);
	audit_close(&audit);
	close(reader);
}

static void a_flood_that_stopped_is_told_of_by_its_last_denial(void **state)
{
	struct audit audit;
	json_t *event;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	close_bucket(&audit);
	for (unsigned i = 1; i <= 5; i++) {
		struct tuple tuple = tuple_of(i);

		assert_true(audit_drop(&audit, &tuple, i < 5 ? REASON_NOT_ALLOWED : REASON_VLAN));
	}
	assert_true(audit_flush(&audit));
	event = read_event(reader);
	assert_text(event, "ev", "drop");
	assert_int_equal(number(event, "sport"), 5);
	assert_text(event, "reason", "vlan");
	assert_int_equal(number(event, "suppressed"), 4);
	json_decref(event);

	/* One alone stands for no other. */
	assert_true(audit_drop(&audit, &udp, REASON_VLAN));
	assert_true(audit_flush(&audit));
	event = read_event(reader);
	assert_null(json_object_get(event, "suppressed"));
	json_decref(event);
	audit_close(&audit);
	close(reader);
}

static void what_ends_the_vm_is_told_after_all_denials(void **state)
{
	static const struct audit_counts counts;
	struct audit audit;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	close_bucket(&audit);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const last[] = {"violation", "terminate", "bye"};
		json_t *event;

		assert_true(audit_drop(&audit, &udp, REASON_RUNT));
		assert_true(audit_drop(&audit, &udp, REASON_RUNT));
		if (i == 0)
			assert_true(audit_violation(&audit, &udp, REASON_RUNT));
		else if (i == 1)
			assert_true(audit_terminate(&audit, REASON_VIOLATION));
		else
			assert_true(audit_bye(&audit, REASON_VIOLATION, &counts));
		event = read_event(reader);
		assert_text(event, "ev", "drop");
		assert_int_equal(number(event, "suppressed"), 1);
		json_decref(event);
		event = read_event(reader);
		assert_text(event, "ev", last[i]);
		if (i == 2)
			assert_int_equal(number(event, "suppressed"), 3);
		json_decref(event);
	}
	audit_close(&audit);
	close(reader);
}

static void allow_and_the_end_have_their_lines_whatever_was_denied(void **state)
{
	struct audit audit;
	json_t *event;
	int reader;

	(void)state;
	audit = open_pipe(&reader);
	close_bucket(&audit);
	assert_true(audit_drop(&audit, &udp, REASON_RUNT));
	assert_true(audit_allow(&audit, &udp, "consumer"));
	event = read_event(reader);
	assert_text(event, "ev", "allow");
	assert_null(json_object_get(event, "suppressed"));
	json_decref(event);
	audit_close(&audit);
	close(reader);
}

/* Adds up what a reader of the file is told. The last line is the bye. */
static void add_up(FILE *file, json_int_t *lines, json_int_t *suppressed, json_t **bye)
{
	char line[AUDIT_LINE_MAX];
	json_int_t seq = 0;

	rewind(file);
	*bye = NULL;
	while (fgets(line, sizeof(line), file)) {
		json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(event);
		assert_null(*bye);
		assert_int_equal(number(event, "seq"), seq++);
		if (strcmp(json_string_value(json_object_get(event, "ev")), "drop") == 0) {
			*lines += 1;
			*suppressed += number(event, "suppressed");
			json_decref(event);
		} else {
			*bye = event;
		}
	}
}

static void no_denial_is_lost_or_told_of_twice(void **state)
{
	static const struct audit_counts counts;
	uint64_t dice = 1;

	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		FILE *file = tmpfile();
		json_int_t denials = 0, lines = 0, suppressed = 0;
		struct audit audit;
		json_t *bye;

		assert_true(audit_open(&audit, dup(fileno(file))));
		for (unsigned step = 0; step < 500; step++) {
			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			if (dice >> 60 == 0)
				open_bucket(&audit);
			else if (dice >> 60 < 3)
				close_bucket(&audit);
			else if (dice >> 60 == 3)
				assert_true(audit_flush(&audit));
			else
				assert_true(audit_drop(&audit, &udp, REASON_RUNT) && ++denials);
		}
		assert_true(audit_bye(&audit, REASON_SIGNAL, &counts));
		audit_close(&audit);
		add_up(file, &lines, &suppressed, &bye);
		assert_non_null(bye);
		assert_int_equal(lines + suppressed, denials);
		assert_int_equal(number(bye, "suppressed"), suppressed);
		assert_true(suppressed > 0);
		json_decref(bye);
		fclose(file);
	}
}

static void a_flood_has_a_burst_of_lines_and_is_counted_whole(void **state)
{
	static const struct audit_counts counts;
	json_int_t lines = 0, suppressed = 0;
	FILE *file = tmpfile();
	struct audit audit;
	json_t *bye;

	(void)state;
	assert_true(audit_open(&audit, dup(fileno(file))));
	for (unsigned i = 0; i < 20000; i++)
		assert_true(audit_drop(&audit, &udp, REASON_RUNT));
	assert_true(audit_bye(&audit, REASON_SIGNAL, &counts));
	audit_close(&audit);
	add_up(file, &lines, &suppressed, &bye);
	assert_true(lines >= AUDIT_LIMIT_BURST);
	assert_int_equal(lines + suppressed, 20000);
	json_decref(bye);
	fclose(file);
}

static void a_count_that_could_not_be_written_still_waits(void **state)
{
	struct audit audit;
	int reader;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	audit = open_pipe(&reader);
	close_bucket(&audit);
	assert_true(audit_drop(&audit, &udp, REASON_RUNT));
	close(reader);
	assert_false(audit_flush(&audit));
	assert_false(audit_violation(&audit, &udp, REASON_RUNT));
	assert_int_equal(audit.limit.waiting, 1);
	assert_int_equal(audit.limit.told, 0);
	assert_int_equal(audit.seq, 0);
	audit_close(&audit);
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
	        cmocka_unit_test(enforcement_is_announced_with_its_mode_and_sandbox),
	        cmocka_unit_test(a_flow_is_announced_with_its_rule_if_one_was_asked),
	        cmocka_unit_test(a_violation_is_told_with_its_packet_then_the_end),
	        cmocka_unit_test(denials_without_a_line_are_told_of_by_the_next_that_has_one),
	        cmocka_unit_test(a_flood_that_stopped_is_told_of_by_its_last_denial),
	        cmocka_unit_test(what_ends_the_vm_is_told_after_all_denials),
	        cmocka_unit_test(allow_and_the_end_have_their_lines_whatever_was_denied),
	        cmocka_unit_test(no_denial_is_lost_or_told_of_twice),
	        cmocka_unit_test(a_flood_has_a_burst_of_lines_and_is_counted_whole),
	        cmocka_unit_test(a_count_that_could_not_be_written_still_waits),
	        cmocka_unit_test(what_a_packet_did_not_show_is_left_out),
	        cmocka_unit_test(a_reader_that_is_gone_is_noticed),
	        cmocka_unit_test(a_reader_that_does_not_read_is_waited_for_and_then_noticed),
	        cmocka_unit_test(a_descriptor_that_cannot_be_written_is_refused),
	        cmocka_unit_test(the_descriptors_flags_are_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
