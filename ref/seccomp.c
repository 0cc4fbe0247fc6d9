/* SPDX-License-Identifier: ISC */
/* seccomp.c: tables of permitted system calls to programs of the kernel's packet filter. */
#include "ref/seccomp.h"

#include "ref/sanitized.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH        AUDIT_ARCH_X86_64
#define FIRST_ALIEN 0x40000000U /* x32: the same architecture to the kernel, other numbers */
#elif defined(__aarch64__) && !defined(__ILP32__) && defined(__AARCH64EL__)
#define ARCH        AUDIT_ARCH_AARCH64
#define FIRST_ALIEN 0x80000000U
#else
#define ARCH        0 /* seccomp_missing() */
#define FIRST_ALIEN 0
#endif

#define FIELD(name)  ((uint32_t)offsetof(struct seccomp_data, name))
#define LOW_HALF(i)  (FIELD(args) + 8U * (i)) /* little-endian, as both architectures are */
#define HIGH_HALF(i) (LOW_HALF(i) + 4U)

static_assert(SECCOMP_PROGRAM_MAX <= BPF_MAXINSNS, "the kernel's bound");

unsigned seccomp_count_calls(const struct seccomp_table *table)
{
	unsigned calls = 0;

	for (size_t i = 0; i < table->count; i++) {
		bool seen = false;

		for (size_t j = 0; j < i && !seen; j++)
			seen = table->rules[j].nr == table->rules[i].nr;
		calls += !seen;
	}
	return calls;
}

static struct sock_filter load(uint32_t offset)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}

static struct sock_filter give(uint32_t verdict)
{
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict);
}

/* Goes on when the loaded word is `value`, else over `skip` instructions. */
static struct sock_filter want(uint32_t value, size_t skip)
{
	return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, (uint8_t)skip);
}

/* Instructions of one check. */
static size_t check_len(const struct seccomp_check *check)
{
	switch (check->test) {
	case SECCOMP_MASKED:
		return 3;
	case SECCOMP_NULL:
		return 4;
	case SECCOMP_SELF:
		return 2;
	case SECCOMP_ANY:
	default:
		return 0;
	}
}

/* A check that fails jumps over the rest of its rule, `rest` instructions behind this check. */
static size_t compile_check(const struct seccomp_check *check, uint32_t self, size_t rest,
                            struct sock_filter *out)
{
	const size_t len = check_len(check);

	switch (check->test) {
	case SECCOMP_MASKED:
		out[0] = load(LOW_HALF(check->arg));
		out[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, check->mask);
		out[2] = want(check->value, rest);
		break;
	case SECCOMP_NULL:
		out[0] = load(LOW_HALF(check->arg));
		out[1] = want(0, rest + 2);
		out[2] = load(HIGH_HALF(check->arg));
		out[3] = want(0, rest);
		break;
	case SECCOMP_SELF:
		out[0] = load(LOW_HALF(check->arg));
		out[1] = want(self, rest);
		break;
	case SECCOMP_ANY:
	default:
		break;
	}
	return len;
}

/* Instructions of the checks of a rule. */
static size_t checks_len(const struct seccomp_rule *rule)
{
	size_t len = 0;

	for (size_t i = 0; i < SECCOMP_CHECKS_MAX; i++)
		len += check_len(&rule->checks[i]);
	return len;
}

/* Is it this call? Are its arguments right? Allow it. */
static size_t compile_rule(const struct seccomp_rule *rule, uint32_t self, struct sock_filter *out)
{
	size_t rest = checks_len(rule) + 1, len = 0;

	out[len++] = want((uint32_t)rule->nr, rest);
	for (size_t i = 0; i < SECCOMP_CHECKS_MAX; i++) {
		rest -= check_len(&rule->checks[i]);
		len += compile_check(&rule->checks[i], self, rest, out + len);
	}
	out[len++] = give(SECCOMP_RET_ALLOW);
	return len;
}

size_t seccomp_compile(const struct seccomp_table *table, uint32_t self, struct sock_filter *out)
{
	size_t len = 0;

	out[len++] = load(FIELD(arch));
	out[len++] = want(ARCH, 2);
	out[len++] = load(FIELD(nr));
	out[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_ALIEN, 0, 1);
	out[len++] = give(SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < table->count; i++) {
		/* The rule before may have loaded an argument. */
		if (i && checks_len(&table->rules[i - 1]))
			out[len++] = load(FIELD(nr));
		len += compile_rule(&table->rules[i], self, out + len);
	}
	out[len++] = give(SECCOMP_RET_KILL_PROCESS);
	return len;
}

const char *seccomp_missing(void)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (SANITIZED)
		return "not with sanitizers";
	if (!ARCH)
		return "not for this architecture";
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return "not in this kernel";
	return NULL;
}

bool seccomp_enter(const struct seccomp_table *table)
{
	struct sock_filter filter[SECCOMP_PROGRAM_MAX];
	struct sock_fprog program = {.filter = filter};

	program.len = (unsigned short)seccomp_compile(table, (uint32_t)getpid(), filter);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return true;
	fprintf(stderr, "refnat: system call filter: %s\n", strerror(errno));
	return false;
}
