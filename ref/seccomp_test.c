/* SPDX-License-Identifier: ISC */
/* seccomp_test.c: filters are run here, by an interpreter of their few instructions, and compared
 * with what their tables say when they are read from top to bottom. That the kernel obeys them is
 * proved in sandbox_prove_test.c. */
#include "ref/seccomp.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH AUDIT_ARCH_X86_64
#endif
#define SELF      4711
#define HIGHEST   1024 /* above every number there is */
#define HIGH_HALF 0x100000000

static const struct seccomp_table *const tables[] = {&seccomp_worker, &seccomp_dialer,
                                                     &seccomp_janitor};
#define TABLES (sizeof(tables) / sizeof(*tables))

struct filter {
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	size_t len;
};

static struct filter compile(const struct seccomp_table *table)
{
	static struct filter filter;

	filter.len = seccomp_compile(table, SELF, filter.code);
	assert_in_range(filter.len, 1, SECCOMP_PROGRAM_MAX);
	return filter;
}

/* The kernel's verdict on a call. */
static uint32_t run(const struct filter *filter, const struct seccomp_data *call)
{
	uint32_t a = 0;

	for (size_t i = 0; i < filter->len; i++) {
		const struct sock_filter *in = &filter->code[i];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_in_range(in->k, 0, sizeof(*call) - sizeof(a));
			memcpy(&a, (const char *)call + in->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += a >= in->k ? in->jt : in->jf;
			break;
		case BPF_RET | BPF_K:
			return in->k;
		default:
			fail_msg("instruction %zu: code %#x", i, in->code);
		}
	}
	fail_msg("ran off its end");
	return 0;
}

static bool is_allowed(const struct filter *filter, const struct seccomp_data *call)
{
	const uint32_t verdict = run(filter, call);

	if (verdict != SECCOMP_RET_ALLOW)
		assert_int_equal(verdict, SECCOMP_RET_KILL_PROCESS);
	return verdict == SECCOMP_RET_ALLOW;
}

static bool check_holds(const struct seccomp_check *check, const struct seccomp_data *call)
{
	const uint64_t value = call->args[check->arg];

	return check->test == SECCOMP_ANY ||
	       (check->test == SECCOMP_MASKED && ((uint32_t)value & check->mask) == check->value) ||
	       (check->test == SECCOMP_NULL && value == 0) ||
	       (check->test == SECCOMP_SELF && (uint32_t)value == SELF);
}

static bool table_allows(const struct seccomp_table *table, const struct seccomp_data *call)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct seccomp_rule *rule = &table->rules[i];
		bool holds = rule->nr == call->nr;

		for (int j = 0; j < SECCOMP_CHECKS_MAX; j++)
			holds = holds && check_holds(&rule->checks[j], call);
		if (holds)
			return true;
	}
	return false;
}

static void assert_agrees(const struct seccomp_table *table, const struct filter *filter,
                          const struct seccomp_data *call)
{
	if (is_allowed(filter, call) != table_allows(table, call))
		fail_msg("call %d (%#llx, %#llx, %#llx, ...)", call->nr,
		         (unsigned long long)call->args[0], (unsigned long long)call->args[1],
		         (unsigned long long)call->args[2]);
}

static void every_call_with_plain_arguments_is_decided_as_the_table_says(void **state)
{
	static const uint64_t values[] = {0, 1, SELF, UINT32_MAX, HIGH_HALF, UINT64_MAX};

	(void)state;
	for (size_t t = 0; t < TABLES; t++) {
		const struct filter filter = compile(tables[t]);

		for (int nr = 0; nr < HIGHEST; nr++)
			for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++) {
				struct seccomp_data call = {.nr = nr, .arch = ARCH};

				for (int i = 0; i < 6; i++)
					call.args[i] = values[v];
				assert_agrees(tables[t], &filter, &call);
			}
	}
}

/* Arguments that make the checks of a rule hold. */
static struct seccomp_data obey(const struct seccomp_rule *rule)
{
	struct seccomp_data call = {.nr = rule->nr, .arch = ARCH};

	for (int i = 0; i < SECCOMP_CHECKS_MAX; i++) {
		const struct seccomp_check *check = &rule->checks[i];

		if (check->test == SECCOMP_MASKED)
			call.args[check->arg] = check->value;
		else if (check->test == SECCOMP_SELF)
			call.args[check->arg] = SELF;
	}
	return call;
}

static void every_rule_permits_its_call_and_each_of_its_checks_counts(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLES; t++) {
		const struct filter filter = compile(tables[t]);

		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct seccomp_rule *rule = &tables[t]->rules[i];
			struct seccomp_data call = obey(rule);

			assert_true(is_allowed(&filter, &call));
			for (int j = 0; j < SECCOMP_CHECKS_MAX; j++)
				for (int bit = 0; bit < 64; bit++) {
					call = obey(rule);
					call.args[rule->checks[j].arg] ^= UINT64_C(1) << bit;
					assert_agrees(tables[t], &filter, &call);
				}
		}
	}
}

/* A rule with each combination of checks, another for the same call, and a plain one. */
static void checks_of_all_kinds_stand_together(void **state)
{
	static const uint64_t values[] = {0, 1, SELF, HIGH_HALF, HIGH_HALF | SELF};
	const unsigned V = sizeof(values) / sizeof(*values), KINDS = SECCOMP_SELF + 1;

	(void)state;
	for (unsigned kinds = 0; kinds < KINDS * KINDS * KINDS; kinds++) {
		const enum seccomp_test first = kinds % KINDS, second = kinds / KINDS % KINDS,
		                        third = kinds / KINDS / KINDS;
		const struct seccomp_rule rules[] = {
		        {.nr = 5,
		         .checks = {{first, 0, ~0U, 1}, {second, 1, ~0U, 1}, {third, 2, ~0U, 1}}},
		        {.nr = 5, .checks = {{SECCOMP_MASKED, 3, 6, 4}}},
		        {.nr = 6},
		};
		const struct seccomp_table table = {.rules = rules, .count = 3};
		const struct filter filter = compile(&table);

		for (unsigned v = 0; v < V * V * V * 8; v++)
			for (int nr = 4; nr < 8; nr++) {
				const struct seccomp_data call = {
				        .nr = nr,
				        .arch = ARCH,
				        .args = {values[v % V], values[v / V % V],
				                 values[v / V / V % V], v / V / V / V}};

				assert_agrees(&table, &filter, &call);
			}
	}
}

static void calls_of_other_architectures_are_killed(void **state)
{
	static const uint32_t others[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM, 0, UINT32_MAX,
	                                  ARCH == AUDIT_ARCH_X86_64 ? AUDIT_ARCH_AARCH64
	                                                            : AUDIT_ARCH_X86_64};

	(void)state;
	for (size_t t = 0; t < TABLES; t++) {
		const struct filter filter = compile(tables[t]);

		for (int nr = 0; nr < HIGHEST; nr++)
			for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
				const struct seccomp_data call = {.nr = nr, .arch = others[i]};

				assert_false(is_allowed(&filter, &call));
			}
	}
}

static void numbers_of_x32_and_negative_ones_are_killed(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLES; t++) {
		const struct filter filter = compile(tables[t]);

		for (int nr = 0; nr < HIGHEST; nr++) {
			const struct seccomp_data x32 = {.nr = nr | 0x40000000, .arch = ARCH};
			const struct seccomp_data negative = {.nr = -1 - nr, .arch = ARCH};

			assert_false(is_allowed(&filter, &x32));
			assert_false(is_allowed(&filter, &negative));
		}
	}
}

/* True when the table permits the call with any arguments at all. */
static bool mentions(const struct seccomp_table *table, int nr)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rules[i].nr == nr)
			return true;
	return false;
}

static void what_opens_a_way_out_is_in_no_table_of_the_worker(void **state)
{
	static const int ways_out[] = {
	        SYS_socket,
	        SYS_socketpair,
	        SYS_connect,
	        SYS_bind,
	        SYS_listen,
	        SYS_sendmsg,
	        SYS_sendmmsg,
	        SYS_openat,
	        SYS_openat2,
	        SYS_execve,
	        SYS_execveat,
	        SYS_clone,
	        SYS_clone3,
	        SYS_mmap,
	        SYS_mprotect,
	        SYS_mremap,
	        SYS_ptrace,
	        SYS_kill,
	        SYS_pidfd_open,
	        SYS_unlinkat,
	        SYS_dup,
	        SYS_dup3,
	        SYS_prctl,
	        SYS_seccomp,
	        SYS_io_uring_setup,
	        SYS_prlimit64,
	        SYS_setns,
	        SYS_unshare,
	        SYS_pidfd_getfd,
	        SYS_memfd_create,
	        SYS_bpf,
	        SYS_mount,
	        SYS_renameat2,
	        SYS_splice,
	        SYS_process_vm_writev,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways_out) / sizeof(*ways_out); i++)
		assert_false(mentions(&seccomp_worker, ways_out[i]));
}

static bool allowed(const struct seccomp_table *table, int nr, uint64_t a, uint64_t b, uint64_t c,
                    uint64_t d, uint64_t e)
{
	const struct filter filter = compile(table);
	const struct seccomp_data call = {.nr = nr, .arch = ARCH, .args = {a, b, c, d, e}};

	return is_allowed(&filter, &call);
}

static void arguments_that_matter_are_looked_at(void **state)
{
	const struct seccomp_table *worker = &seccomp_worker, *dialer = &seccomp_dialer;

	(void)state;
	/* an address, in either half of the pointer */
	assert_true(allowed(worker, SYS_sendto, 3, 4096, 10, MSG_DONTWAIT, 0));
	assert_false(allowed(worker, SYS_sendto, 3, 4096, 10, MSG_DONTWAIT, 4096));
	assert_false(allowed(worker, SYS_sendto, 3, 4096, 10, MSG_DONTWAIT, HIGH_HALF));
	/* the kernel takes an int: what stands above is not looked at by either */
	assert_true(
	        allowed(dialer, SYS_socket, HIGH_HALF | AF_INET, SOCK_STREAM, IPPROTO_TCP, 0, 0));
	assert_true(allowed(dialer, SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP, 0,
	                    0));
	assert_false(allowed(dialer, SYS_socket, AF_INET, SOCK_STREAM, IPPROTO_UDP, 0, 0));
	assert_false(allowed(dialer, SYS_socket, AF_INET, SOCK_RAW, IPPROTO_UDP, 0, 0));
	assert_false(allowed(dialer, SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0));
	assert_true(allowed(dialer, SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, 0));
	assert_false(allowed(dialer, SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC,
	                     MAP_PRIVATE | MAP_ANONYMOUS, 0));
	assert_false(allowed(dialer, SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, 0));
	assert_true(allowed(worker, SYS_setsockopt, 3, SOL_SOCKET, SO_LINGER, 0, 0));
	assert_false(allowed(worker, SYS_setsockopt, 3, IPPROTO_TCP, SO_LINGER, 0, 0));
	assert_false(allowed(worker, SYS_setsockopt, 3, SOL_SOCKET, SO_BINDTODEVICE, 0, 0));
	assert_true(allowed(worker, SYS_tgkill, SELF, 1, 6, 0, 0));
	assert_false(allowed(worker, SYS_tgkill, SELF + 1, 1, 6, 0, 0));
	assert_true(allowed(worker, SYS_fcntl, 3, F_GETFL, 0, 0, 0));
	assert_false(allowed(worker, SYS_fcntl, 3, F_DUPFD, 0, 0, 0));
}

static void calls_are_counted_once_each(void **state)
{
	static const struct seccomp_rule rules[] = {
	        {.nr = 1}, {.nr = 2}, {.nr = 1}, {.nr = 3}, {.nr = 2}};
	const struct seccomp_table table = {.rules = rules, .count = 5};

	(void)state;
	assert_int_equal(seccomp_count_calls(&table), 3);
	for (size_t t = 0; t < TABLES; t++) {
		unsigned calls = 0;

		for (int nr = 0; nr < HIGHEST; nr++)
			calls += mentions(tables[t], nr);
		assert_int_equal(seccomp_count_calls(tables[t]), calls);
	}
}

static void the_largest_table_fits_its_memory(void **state)
{
	static struct seccomp_rule rules[SECCOMP_RULES_MAX];
	const struct seccomp_table table = {.rules = rules, .count = SECCOMP_RULES_MAX};

	(void)state;
	for (int i = 0; i < SECCOMP_RULES_MAX; i++) {
		rules[i].nr = i;
		for (uint8_t j = 0; j < SECCOMP_CHECKS_MAX; j++)
			rules[i].checks[j] = (struct seccomp_check){.test = SECCOMP_NULL, .arg = j};
	}
	compile(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_call_with_plain_arguments_is_decided_as_the_table_says),
	        cmocka_unit_test(every_rule_permits_its_call_and_each_of_its_checks_counts),
	        cmocka_unit_test(checks_of_all_kinds_stand_together),
	        cmocka_unit_test(calls_of_other_architectures_are_killed),
	        cmocka_unit_test(numbers_of_x32_and_negative_ones_are_killed),
	        cmocka_unit_test(what_opens_a_way_out_is_in_no_table_of_the_worker),
	        cmocka_unit_test(arguments_that_matter_are_looked_at),
	        cmocka_unit_test(calls_are_counted_once_each),
	        cmocka_unit_test(the_largest_table_fits_its_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
