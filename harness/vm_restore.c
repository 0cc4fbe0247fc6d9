/* SPDX-License-Identifier: ISC */
/* vm_restore.c: wakes a guest up from a snapshot.
 *
 * Everything that it is to do is written to the agent port before QEMU runs, in the order in which
 * a boot has it; the guest finds it there when it wakes up, and nobody has to wait for anybody.
 *
 *   BURST...   the attack: its first act
 *   RESTORED   new randomness and the time: without it all guests of a snapshot would draw the same
 *              keys
 *   PUT...     files
 *   NETWORK    set-up, eth0, DHCP: what the boot had left out
 */
#include "harness/vm_part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#define GUEST_IF    "eth0"
#define BURST_BYTES 32768 /* of frames in one message, unless one frame alone is longer */

void vm_restore_begin(struct vm *vm, int state_fd)
{
	char text[400];
	int n = snprintf(
	        text, sizeof(text),
	        VM_QMP_HELLO
	        "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":"
	        "[{\"capability\":\"x-ignore-shared\",\"state\":true},"
	        "{\"capability\":\"events\",\"state\":true}]}}\n"
	        "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:%d\"}}\n",
	        state_fd);

	send(vm->qmp_fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	vm_restore_flush(vm);
}

static bool queue_attack(struct vm *vm, struct wr *w, struct rd attack)
{
	while (attack.n) {
		struct rd start = attack, frame, burst;
		size_t len = 0;

		while (attack.n && (!len || len < BURST_BYTES)) {
			struct rd next = attack;

			if (!agent_next_frame(&next, &frame))
				return false;
			if (len && start.n - next.n > BURST_BYTES)
				break;
			attack = next;
			len = start.n - attack.n;
		}
		if (!rd_sub(&start, len, &burst) ||
		    !agent_put_burst(w, ++vm->restore.total, GUEST_IF, burst))
			return false;
		vm->restore.bursts = vm->restore.total;
	}
	return true;
}

static bool queue_restored(struct vm *vm, struct wr *w)
{
	uint8_t entropy[64];
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return getrandom(entropy, sizeof(entropy), 0) == (ssize_t)sizeof(entropy) &&
	       agent_put_restored(w, ++vm->restore.total, (uint32_t)t.tv_sec, (uint32_t)t.tv_nsec,
	                          rd_of(entropy, sizeof(entropy)));
}

static bool queue_file(struct vm *vm, struct wr *w, const struct cpio_file *f)
{
	struct rd data = rd_of(f->data, f->len), piece;
	bool append = false;

	do {
		size_t n = data.n < AGENT_CHUNK_MAX ? data.n : AGENT_CHUNK_MAX;

		if (!rd_sub(&data, n, &piece) ||
		    !agent_put_put(w, ++vm->restore.total, f->path, f->mode, append, piece))
			return false;
		append = true;
	} while (data.n);
	return true;
}

/* More than enough for all of it. */
static size_t room_for(const struct vm_options *o)
{
	const size_t head = 4 + AGENT_HEAD_MIN + 5 + AGENT_PATH_MAX;
	size_t sum = 1024 + o->attack.n + (o->attack.n / BURST_BYTES + 2) * 2 * head;

	for (size_t i = 0; i < o->file_count; i++)
		sum += o->files[i].len + (o->files[i].len / AGENT_CHUNK_MAX + 1) * head;
	return sum;
}

int vm_restore_queue(struct vm *vm, const struct vm_options *o)
{
	uint8_t todo = (uint8_t)((o->setup ? AGENT_DO_SETUP : 0) | (o->dhcp ? AGENT_DO_DHCP : 0));
	size_t room = room_for(o), bad = 0;
	struct wr w;
	bool ok;

	if (!cpio_size(o->files, o->file_count, &bad))
		return vm_fail(vm,
		               "file %.300s for the guest: a path such as /etc/x, a mode and at "
		               "most 1 GiB are needed",
		               o->files[bad].path);
	vm->restore.bytes = malloc(room);
	if (!vm->restore.bytes)
		return vm_fail(vm, "no memory for %zu bytes of files", room);
	w = wr_of(vm->restore.bytes, room);
	ok = queue_attack(vm, &w, o->attack) && queue_restored(vm, &w);
	for (size_t i = 0; ok && i < o->file_count; i++)
		ok = queue_file(vm, &w, &o->files[i]);
	if (ok && todo) {
		vm->restore.network = true;
		ok = agent_put_network(&w, ++vm->restore.total, todo);
	}
	vm->restore.len = w.len;
	vm->next_id = vm->restore.total;
	return ok ? 0 : vm_fail(vm, "the attack or a file cannot be told to the guest");
}

void vm_restore_flush(struct vm *vm)
{
	while (vm->agent_fd >= 0 && vm->restore.sent < vm->restore.len) {
		ssize_t n = send(vm->agent_fd, vm->restore.bytes + vm->restore.sent,
		                 vm->restore.len - vm->restore.sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			return; /* full, or gone, which reading will tell */
		vm->restore.sent += (size_t)n;
	}
}

static void note_failure(struct vm *vm, const struct agent_message *m)
{
	char text[AGENT_TEXT_MAX + 1] = "";

	if (vm->restore.failed)
		return;
	vm->restore.failed = true;
	if (m->type == AGENT_ERROR)
		agent_copy_text(m->text, text, sizeof(text));
	vm_fail(vm, "the restored guest %s: %s",
	        m->id <= vm->restore.bursts ? "could not send the attack" : "could not be set up",
	        m->type == AGENT_ERROR ? text : strerror((int)m->value));
}

void vm_restore_take(struct vm *vm, const struct agent_message *m)
{
	bool last = vm->restore.answered + 1 == vm->restore.total;
	bool network = last && vm->restore.network;
	enum agent_type wanted = m->id <= vm->restore.bursts ? AGENT_BURST_SENT
	                         : network                   ? AGENT_READY
	                                                     : AGENT_DONE;

	/* A NETWORK takes its time, but nothing is told after it. */
	if (m->id != vm->restore.answered + 1 || (m->type != wanted && m->type != AGENT_ERROR)) {
		vm_break_off(vm, "the guest broke the agent protocol after its restore");
		return;
	}
	if (!vm->times.hello_ns)
		vm->times.hello_ns = vm_now_ns();
	vm->restore.answered++;
	if (m->type == AGENT_ERROR || (m->type != AGENT_READY && m->value))
		note_failure(vm, m);
	if (!last)
		return;
	if (network && m->type == AGENT_READY && !vm->restore.failed) {
		vm_take_ready(vm, m);
	} else {
		vm->times.ready_ns = vm_now_ns();
		vm->state = vm->restore.failed ? VM_UNREADY : VM_READY;
	}
}
