/* SPDX-License-Identifier: ISC */
/* vm_ask.c: waits for the guest and asks it things, for callers without a loop of their own. */
#include "harness/vm_part.h"

#include <errno.h>
#include <string.h>

bool vm_serve(struct vm *vm, int64_t deadline_ns, const struct vm_others *others)
{
	struct pollfd fds[VM_FDS + VM_OTHERS_MAX];
	size_t n = vm_pollfds(vm, fds), more = others ? others->count : 0;
	int64_t left = deadline_ns - vm_now_ns();

	if (left <= 0 || more > VM_OTHERS_MAX)
		return false;
	if (more)
		memcpy(fds + n, others->fds, more * sizeof(fds[0]));
	if (poll(fds, n + more, (int)(left / 1000000) + 1) < 0)
		return errno == EINTR;
	/* The others first: a frame that left QEMU before READY is handled before READY. */
	if (more) {
		memcpy(others->fds, fds + n, more * sizeof(fds[0]));
		others->ready(others->arg, others->fds, more);
	}
	for (size_t i = 0; i < n; i++)
		if (fds[i].revents)
			vm_on_readable(vm, fds[i].fd);
	return true;
}

/* For people; the guest's part of it is a claim. */
static const char *how_far(const struct vm *vm)
{
	if (vm->reader.end > vm->reader.start)
		return "its agent stopped in the middle of a message";
	if (vm->restore.answered < vm->restore.total)
		return vm->restore.answered ? "woken up, its agent has not done all it was told"
		                            : "woken up, its agent said nothing";
	return vm->times.hello_ns        ? "its agent said HELLO and nothing more"
	       : vm->times.first_line_ns ? "its kernel had started, its agent said nothing"
	       : vm->times.qemu_ns       ? "QEMU ran, the kernel said nothing"
	                                 : "QEMU did not come up";
}

/* Until the boot has come to its end, or with `first` until the guest's agent has spoken. */
static bool wait_boot(struct vm *vm, int timeout_ms, bool first, const struct vm_others *others)
{
	int64_t deadline = vm_now_ns() + (int64_t)timeout_ms * 1000000;

	while ((vm->state == VM_STARTING || vm->state == VM_BOOTING) &&
	       !(first && vm->times.hello_ns))
		if (!vm_serve(vm, deadline, others)) {
			vm_fail(vm, "the guest was not ready within %d ms (%s%s)", timeout_ms,
			        how_far(vm),
			        vm->logged > VM_TALK_MAX ? ", and it prints without end" : "");
			return false;
		}
	return true;
}

bool vm_wait_ready(struct vm *vm, int timeout_ms, const struct vm_others *others)
{
	bool asleep = vm->restore.total && !vm->times.hello_ns && timeout_ms > VM_RESTORE_MS;

	return (!asleep || wait_boot(vm, VM_RESTORE_MS, true, others)) &&
	       wait_boot(vm, timeout_ms, false, others) && vm->state == VM_READY;
}

bool vm_wait_frame(struct vm *vm, int timeout_ms, const struct vm_others *others)
{
	int64_t deadline = vm_now_ns() + (int64_t)timeout_ms * 1000000;

	while (!vm->times.first_frame_ns && vm->state != VM_BROKEN && vm->state != VM_GONE)
		if (!vm_serve(vm, deadline, others)) {
			vm_fail(vm, "no frame left the guest within %d ms", timeout_ms);
			return false;
		}
	return vm->times.first_frame_ns != 0;
}

uint32_t vm_next_id(struct vm *vm)
{
	if (++vm->next_id == 0)
		vm->next_id = 1;
	if (vm->owed_count == VM_OWED_MAX)
		memmove(vm->owed, vm->owed + 1, --vm->owed_count * sizeof(vm->owed[0]));
	vm->owed[vm->owed_count++] = vm->next_id;
	return vm->next_id;
}

bool vm_ask(struct vm *vm, const struct wr *request, uint32_t id, int timeout_ms,
            const struct vm_others *others, struct agent_message *answer)
{
	int64_t deadline = vm_now_ns() + (int64_t)timeout_ms * 1000000;

	if (vm->agent_fd < 0 || agent_send(vm->agent_fd, request, timeout_ms) != AGENT_OK) {
		if (vm->state == VM_READY || vm->state == VM_UNREADY)
			vm_fail(vm, "the guest does not take requests any more");
		return false;
	}
	for (;;) {
		while (vm_next_message(vm, answer))
			if (answer->id == id)
				return true;
		if (vm->state != VM_READY && vm->state != VM_UNREADY)
			return false;
		if (!vm_serve(vm, deadline, others)) {
			vm_fail(vm, "the guest did not answer within %d ms%s", timeout_ms,
			        vm->reader.end > vm->reader.start
			                ? "; it stopped in the middle of a message"
			                : "");
			return false;
		}
	}
}

bool vm_run(struct vm *vm, const char *command, int timeout_ms, const struct vm_others *others,
            struct agent_message *answer)
{
	uint8_t buf[4 + AGENT_HEAD_MIN + 4 + AGENT_COMMAND_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	uint32_t id = vm_next_id(vm);

	if (timeout_ms <= 0 || !agent_put_run(&w, id, (uint32_t)timeout_ms, command)) {
		vm_fail(vm, "the command or its time limit is out of bounds");
		return false;
	}
	return vm_ask(vm, &w, id, timeout_ms + 2000, others, answer);
}

bool vm_put(struct vm *vm, const char *path, unsigned mode, struct rd data, int timeout_ms,
            const struct vm_others *others)
{
	uint8_t buf[4 + AGENT_HEAD_MIN + 5 + AGENT_PATH_MAX + AGENT_CHUNK_MAX];
	struct agent_message answer;
	bool append = false;

	do {
		struct wr w = wr_of(buf, sizeof(buf));
		uint32_t id = vm_next_id(vm);
		struct rd piece;
		size_t n = data.n < AGENT_CHUNK_MAX ? data.n : AGENT_CHUNK_MAX;

		if (!rd_sub(&data, n, &piece) ||
		    !agent_put_put(&w, id, path, mode, append, piece)) {
			vm_fail(vm, "%.200s: no path or mode for a file of the guest", path);
			return false;
		}
		if (!vm_ask(vm, &w, id, timeout_ms, others, &answer))
			return false;
		if (answer.type != AGENT_DONE || answer.value) {
			vm_fail(vm, "the guest does not write %.200s: %s", path,
			        answer.type == AGENT_DONE ? strerror((int)answer.value)
			                                  : "its answer is another");
			return false;
		}
		append = true;
	} while (data.n);
	return true;
}

ssize_t vm_get(struct vm *vm, const char *path, void *out, size_t size, int timeout_ms,
               const struct vm_others *others)
{
	uint8_t buf[4 + AGENT_HEAD_MIN + 4 + AGENT_PATH_MAX];
	struct wr to = wr_of(out, size);

	while (to.len < size && to.len < UINT32_MAX) {
		struct wr w = wr_of(buf, sizeof(buf));
		uint32_t id = vm_next_id(vm);
		struct agent_message answer;
		size_t n;

		if (!agent_put_get(&w, id, path, (uint32_t)to.len))
			return vm_fail(vm, "%.200s: no path of a file of the guest", path);
		if (!vm_ask(vm, &w, id, timeout_ms, others, &answer))
			return -1;
		if (answer.type != AGENT_DATA || answer.value)
			return vm_fail(vm, "the guest does not read %.200s: %s", path,
			               answer.type == AGENT_DATA ? strerror((int)answer.value)
			                                         : "its answer is another");
		n = answer.text.n < size - to.len ? answer.text.n : size - to.len;
		if (!n || !wr_bytes(&to, answer.text.p, n))
			break;
	}
	return (ssize_t)to.len;
}
