/* SPDX-License-Identifier: ISC */
/* engine_fakes.c: the dialer, the audit and the gate, as the shells see them in the engine. */
#include "fuzz/rig/engine_calls.h"
#include "fuzz/rig/engine_channel.h"
#include "fuzz/rig/engine_memory.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_story.h"
#include "fuzz/rig/engine_tcp.h"

#include <errno.h>
#include <string.h>

/* --- calls that need no world --- */

ssize_t engine_recv_chk(int fd, void *to, size_t n, size_t size, int flags)
{
	HOLDS("what is received fits", n <= size);
	return engine_recv(fd, to, n, flags);
}

ssize_t engine_recvfrom_chk(int fd, void *to, size_t n, size_t size, int flags,
                            struct sockaddr *from, socklen_t *from_len)
{
	HOLDS("what is received fits", n <= size);
	return engine_recvfrom(fd, to, n, flags, from, from_len);
}

ssize_t engine_read_chk(int fd, void *to, size_t n, size_t size)
{
	HOLDS("what is received fits", n <= size);
	return engine_read(fd, to, n);
}

ssize_t engine_read(int fd, void *to, size_t n)
{
	HOLDS("only a TAP is read", fd == FD_LINK && kernel.carrier == LINK_OVER_TAP);
	return channel_read(to, n);
}

ssize_t engine_write(int fd, const void *p, size_t n)
{
	HOLDS("only a TAP is written", fd == FD_LINK && kernel.carrier == LINK_OVER_TAP);
	HOLDS("the kernel reads memory of refnat's", memory_is_good(p, n, n));
	return channel_write(p, n);
}

int engine_accept4(int fd, void *address, socklen_t *len, int flags)
{
	(void)fd;
	(void)address;
	(void)len;
	(void)flags;
	HOLDS("nobody listens", false);
}

int engine_unlink(const char *path)
{
	(void)path;
	HOLDS("there are no files", false);
}

int engine_clock_gettime(clockid_t clock, struct timespec *out)
{
	HOLDS("time is monotonic", clock == CLOCK_MONOTONIC);
	out->tv_sec = (time_t)(kernel.now_ns / 1000000000);
	out->tv_nsec = (long)(kernel.now_ns % 1000000000);
	return 0;
}

int engine_getrlimit(int resource, struct rlimit *out)
{
	(void)resource;
	*out = (struct rlimit){.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
	return 0;
}

int engine_setrlimit(int resource, const struct rlimit *limit)
{
	(void)resource;
	(void)limit;
	return 0;
}

/* --- the dialer --- */

enum dialer_status engine_dialer_dial(struct dialer *dialer, uint8_t proto, uint32_t ip,
                                      uint16_t port, uint16_t guest_port,
                                      struct dialer_sockets *out)
{
	static const enum kernel_kind kinds[256] = {
	        [1] = SOCKET_PING, [6] = SOCKET_TCP, [17] = SOCKET_UDP};
	const enum dialer_status status = model.dial;

	STORY("    dial %u to %08x:%u\n", proto, ip, port);
	model_on_dial(proto, ip, port, guest_port);
	dialer->number++;
	model.dial = DIALER_OK;
	*out = (struct dialer_sockets){.fd = -1, .ear = -1};
	if (status == DIALER_OK) {
		HOLDS("there are not more sockets than flows",
		      (out->fd = kernel_open(kinds[proto], ip, port)) >= 0);
		if (proto == 17) {
			out->ear = kernel_open(SOCKET_EAR, 0, 0);
			HOLDS("there are not more sockets than flows", out->ear >= 0);
			kernel_socket(out->fd)->ear = out->ear;
			kernel_socket(out->ear)->ear = out->fd;
		}
		model_on_dialled(out->fd);
	}
	return status;
}

bool engine_dialer_take_order(const struct dialer *dialer, struct order *out)
{
	(void)dialer;
	if (!kernel.order)
		return false;
	*out = model.order;
	if (out->kind == ORDER_CLOCK) {
		model.ahead_ns += out->argument;
		tcp_on_time();
	}
	return true;
}

bool engine_dialer_answer_order(const struct dialer *dialer, enum order_kind kind,
                                const uint64_t numbers[ORDER_NUMBERS])
{
	(void)dialer;
	HOLDS("an order is answered once", kernel.order);
	HOLDS("the order is the one that was given", kind == model.order.kind);
	if (kind == ORDER_STATS)
		HOLDS("what is counted is what happened", numbers[0] == model.judgements &&
		                                                  numbers[3] == model.drops &&
		                                                  numbers[6] == model.allows);
	kernel.order = false;
	return true;
}

const struct policy *engine_policy_share_get(const struct policy_share *share, unsigned slot)
{
	(void)share;
	HOLDS("there are two slots", slot < POLICY_SHARE_SLOTS);
	model_swap(&model.slots[slot]);
	return &model.slots[slot];
}

/* --- the gate: there is none --- */

enum gate_receipt engine_gate_wire_receive(int fd, struct gate_message *out,
                                           int fds[GATE_WIRE_FDS_MAX])
{
	(void)fd;
	(void)out;
	(void)fds;
	HOLDS("there is no gate", false);
}

bool engine_gate_wire_send(int fd, const struct gate_message *message, const int *fds, size_t count)
{
	(void)fd;
	(void)message;
	(void)fds;
	(void)count;
	HOLDS("there is no gate", false);
}

bool engine_audit_record(struct audit *audit, const struct record *record)
{
	(void)audit;
	(void)record;
	HOLDS("there is no gate", false);
}

bool engine_audit_record_violation(struct audit *audit, const struct record *record)
{
	(void)audit;
	(void)record;
	HOLDS("there is no gate", false);
}

bool engine_record_is_violation(const struct record *record)
{
	(void)record;
	HOLDS("there is no gate", false);
}

/* --- the audit --- */

static bool same_tuple(const struct tuple *a, const struct tuple *b)
{
	if (a->has_ip != b->has_ip || a->has_proto != b->has_proto || a->has_ports != b->has_ports)
		return false;
	if (a->has_ip && (a->src != b->src || a->dst != b->dst))
		return false;
	if (a->has_proto && a->proto != b->proto)
		return false;
	return !a->has_ports || (a->sport == b->sport && a->dport == b->dport);
}

/* A record is written or ends refnat. */
static bool write_record(void)
{
	model_scan(); /* what was queued before is not after it */
	model.over |= model.audit_broken;
	return !model.audit_broken;
}

bool engine_audit_allow(struct audit *audit, const struct tuple *tuple, const char *rule)
{
	(void)audit;
	STORY("    allow, rule %s\n", rule ? rule : "none");
	HOLDS("a flow is on record when it is made and at no other time",
	      model.in_frame && model.stage == STAGE_ALLOW);
	HOLDS("the record of a flow has its endpoints", same_tuple(tuple, &model.judged.tuple));
	HOLDS("the record of a flow names its rule",
	      model.judged.rule ? rule && !strcmp(rule, model.judged.rule->id) : !rule);
	model.stage = model.judged.key.proto == 6 ? STAGE_DONE : STAGE_SEND;
	model.forwards += model.judged.key.proto == 6 && !model.audit_broken;
	model.allows++;
	model_see("allow", 5);
	return write_record();
}

bool engine_audit_drop(struct audit *audit, const struct tuple *tuple, enum reason reason)
{
	(void)audit;
	STORY("    drop: %s\n", reason_name(reason));
	HOLDS("a denial is on record once, and only when there was one", model.owes_drop);
	HOLDS("the record of a denial tells the reason", reason == model.drop_reason);
	HOLDS("the record of a denial has its endpoints", same_tuple(tuple, &model.drop_tuple));
	model.owes_drop = false;
	model_see(&reason, sizeof(reason));
	return write_record();
}

uint64_t engine_audit_waiting(const struct audit *audit)
{
	(void)audit;
	return 0;
}

uint64_t engine_audit_suppressed(const struct audit *audit)
{
	(void)audit;
	return 0;
}

bool engine_audit_flush(struct audit *audit)
{
	(void)audit;
	return write_record();
}

bool engine_audit_policy(struct audit *audit, const struct policy *policy)
{
	(void)audit;
	HOLDS("the policy on record is the one in force", policy == model.policy);
	model_on_policy();
	tcp_on_policy();
	return write_record();
}

bool engine_audit_violation(struct audit *audit, const struct tuple *tuple, enum reason reason)
{
	(void)audit;
	STORY("    violation: %s\n", reason_name(reason));
	HOLDS("only a violation ends the VM",
	      model.in_frame && model.stage == STAGE_TERMINATE && !model.over);
	HOLDS("the violation on record is the one that was committed",
	      reason == model.judged.reason && same_tuple(tuple, &model.judged.tuple));
	model.over = true;
	return !model.audit_broken;
}

bool engine_audit_terminate(struct audit *audit, enum reason reason)
{
	(void)audit;
	HOLDS("a VM is ended for its violation",
	      model.stage == STAGE_TERMINATE && model.over && reason == REASON_VIOLATION);
	model.stage = STAGE_DONE;
	return !model.audit_broken;
}

/* --- the verdict --- */

void engine_verdict_frame(const struct policy *policy, const struct flow_table *flows,
                          uint64_t now_ns, uint32_t random, struct rd frame, struct verdict *out)
{
	HOLDS("the policy in force decides", policy == model.policy);
	HOLDS("the clock of the control channel decides", now_ns == model_now());
	model_judge(random, frame);
	verdict_frame(policy, flows, now_ns, random, frame, out);
	model_compare(out);
}
