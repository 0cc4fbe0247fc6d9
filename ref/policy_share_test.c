/* SPDX-License-Identifier: ISC */
/* policy_share_test.c: a slot is a copy that stands on its own, all processes see it, and a sealed
 * one is death to who writes. */
#include "ref/policy_share.h"

#include "ref/examples.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_slot_does_not_depend_on_the_memory_it_was_copied_from(void **state)
{
	struct policy_rule rules[] = {
	        {.ip = 0xc6336401, .port = 53, .proto = 6, .id = "dns"},
	        {.ip = 0xcb007132, .port = 51900, .proto = 17, .id = "consumer"},
	};
	struct policy first = example_policy();
	struct policy_share *share;
	const struct policy *copy;

	(void)state;
	first.rules = rules;
	first.rule_count = 2;
	share = policy_share_new(&first);
	assert_non_null(share);
	copy = policy_share_get(share, 0);
	assert_int_equal(copy->rule_count, 2);
	assert_ptr_not_equal(copy->rules, rules);
	memset(rules, 0xff, sizeof(rules));
	memset(&first, 0xff, sizeof(first));
	assert_string_equal(policy_find(copy, 6, 0xc6336401, 53)->id, "dns");
	assert_string_equal(policy_find(copy, 17, 0xcb007132, 51900)->id, "consumer");
	assert_int_equal(copy->vm_ip, 0xc0a86402);
	policy_share_free(share);
}

static void the_slots_do_not_touch_each_other(void **state)
{
	const struct policy first = example_policy();
	struct policy next = example_policy(), none = example_policy();
	struct policy_rule rule = {.ip = 0xcb007132, .port = 443, .proto = 6, .id = "web"};
	struct policy_share *share = policy_share_new(&first);

	(void)state;
	assert_non_null(share);
	next.rules = &rule;
	next.mode = POLICY_CONNTRACK;
	policy_share_put(share, 1, &next);
	assert_string_equal(policy_find(policy_share_get(share, 0), 17, 0xcb007132, 51900)->id,
	                    "consumer");
	assert_int_equal(policy_share_get(share, 0)->mode, POLICY_FILTERED);
	assert_string_equal(policy_find(policy_share_get(share, 1), 6, 0xcb007132, 443)->id, "web");
	assert_int_equal(policy_share_get(share, 1)->mode, POLICY_CONNTRACK);
	none.rules = NULL;
	none.rule_count = 0;
	policy_share_put(share, 0, &none);
	assert_null(policy_find(policy_share_get(share, 0), 17, 0xcb007132, 51900));
	assert_non_null(policy_find(policy_share_get(share, 1), 6, 0xcb007132, 443));
	policy_share_free(share);
}

static void names_hosts_and_requests_are_copied_too(void **state)
{
	struct policy_name name = {.name = "ok.test"};
	struct policy_host host = {.name = "host.test", .ip = 7};
	struct policy_http rule = {.domain = "api.test"};
	struct policy policy = example_policy();
	struct policy_share *share;
	const struct policy *copy;

	(void)state;
	policy.web.names = &name;
	policy.web.hosts = &host;
	policy.web.rules = &rule;
	policy.web.name_count = policy.web.host_count = policy.web.rule_count = 1;
	share = policy_share_new(&policy);
	assert_non_null(share);
	memset(&name, 0xff, sizeof(name));
	memset(&host, 0xff, sizeof(host));
	memset(&rule, 0xff, sizeof(rule));
	copy = policy_share_get(share, 0);
	assert_string_equal(copy->web.names[0].name, "ok.test");
	assert_string_equal(copy->web.hosts[0].name, "host.test");
	assert_string_equal(copy->web.rules[0].domain, "api.test");
	policy_share_free(share);
}

static void the_slot_in_force_is_the_one_that_was_said_last(void **state)
{
	const struct policy policy = example_policy();
	struct policy_share *share = policy_share_new(&policy);
	pid_t child;
	int status;

	(void)state;
	assert_non_null(share);
	assert_int_equal(policy_share_in_force(share), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		policy_share_enforce(share, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(policy_share_in_force(share), 1);
	policy_share_enforce(share, 0);
	assert_int_equal(policy_share_in_force(share), 0);
	policy_share_free(share);
}

static void each_slot_holds_the_longest_list(void **state)
{
	struct policy_rule *rules = calloc(POLICY_RULES_MAX, sizeof(*rules));
	struct policy policy = example_policy();
	struct policy_share *share;

	(void)state;
	assert_non_null(rules);
	for (uint32_t i = 0; i < POLICY_RULES_MAX; i++) {
		rules[i] = (struct policy_rule){.ip = 0xcb000000 + i, .port = 7, .proto = 17};
		snprintf(rules[i].id, sizeof(rules[i].id), "rule-%u", i);
	}
	policy.rules = rules;
	policy.rule_count = POLICY_RULES_MAX;
	share = policy_share_new(&policy);
	assert_non_null(share);
	policy_share_put(share, 1, &policy);
	free(rules);
	for (unsigned slot = 0; slot < POLICY_SHARE_SLOTS; slot++) {
		const struct policy *copy = policy_share_get(share, slot);

		assert_string_equal(policy_find(copy, 17, 0xcb000000, 7)->id, "rule-0");
		assert_string_equal(policy_find(copy, 17, 0xcb000000 + POLICY_RULES_MAX - 1, 7)->id,
		                    "rule-16383");
	}
	policy_share_free(share);
}

/* What a child ends with that seals its view, or does not, and then puts `policy` into slot 1. */
static int put_in_child(struct policy_share *share, const struct policy *policy, bool seal)
{
	pid_t child = fork();
	int status;

	if (!child) {
		signal(SIGSEGV, SIG_DFL); /* a sanitizer would have a word to say */
		if (seal && !policy_share_seal(share))
			_exit(1);
		policy_share_put(share, 1, policy);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void a_sealed_process_that_writes_is_killed_and_another_one_is_not(void **state)
{
	const struct policy first = example_policy();
	struct policy next = example_policy();
	struct policy_share *share = policy_share_new(&first);
	int status;

	(void)state;
	assert_non_null(share);
	next.mode = POLICY_CONNTRACK;
	status = put_in_child(share, &next, true);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_int_equal(policy_share_get(share, 1)->mode, 0);
	status = put_in_child(share, &next, false);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(policy_share_get(share, 1)->mode, POLICY_CONNTRACK);
	policy_share_free(share);
}

static void a_sealed_process_sees_what_another_one_puts(void **state)
{
	const struct policy first = example_policy();
	struct policy next = example_policy();
	struct policy_share *share = policy_share_new(&first);
	int go[2], status;
	pid_t writer;
	char byte;

	(void)state;
	assert_non_null(share);
	assert_int_equal(pipe(go), 0);
	writer = fork();
	if (!writer) {
		close(go[1]);
		if (read(go[0], &byte, 1)) /* until the other one is sealed */
			_exit(1);
		next.conntrack_ttl_s = 77;
		policy_share_put(share, 1, &next);
		_exit(0);
	}
	close(go[0]);
	assert_true(policy_share_seal(share));
	assert_int_equal(policy_share_get(share, 1)->rule_count, 0);
	close(go[1]);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	assert_int_equal(policy_share_get(share, 1)->conntrack_ttl_s, 77);
	assert_string_equal(policy_find(policy_share_get(share, 1), 17, 0xcb007132, 51900)->id,
	                    "consumer");
	policy_share_free(share);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_slot_does_not_depend_on_the_memory_it_was_copied_from),
	        cmocka_unit_test(the_slots_do_not_touch_each_other),
	        cmocka_unit_test(names_hosts_and_requests_are_copied_too),
	        cmocka_unit_test(the_slot_in_force_is_the_one_that_was_said_last),
	        cmocka_unit_test(each_slot_holds_the_longest_list),
	        cmocka_unit_test(a_sealed_process_that_writes_is_killed_and_another_one_is_not),
	        cmocka_unit_test(a_sealed_process_sees_what_another_one_puts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
