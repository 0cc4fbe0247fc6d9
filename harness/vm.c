/* SPDX-License-Identifier: ISC */
/* vm.c: starts a VM and ends it. */
#include "harness/vm_image.h"
#include "harness/vm_part.h"
#include "harness/vm_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t vm_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int vm_fail(struct vm *vm, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(vm->why, sizeof(vm->why), fmt, ap);
	va_end(ap);
	return -1;
}

void vm_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vm_close_all(struct vm *vm)
{
	vm_close_fd(&vm->console_fd);
	vm_close_fd(&vm->agent_fd);
	vm_close_fd(&vm->qmp_fd);
	vm_close_fd(&vm->stderr_fd);
	vm_close_fd(&vm->pidfd);
	if (vm->log)
		fclose(vm->log);
	vm->log = NULL;
	free(vm->restore.bytes);
	memset(&vm->restore, 0, sizeof(vm->restore));
}

/* The descriptors that QEMU gets beside its channels, and their names for it. */
static int open_files(struct vm *vm, struct vm_launch *l, const struct vm_options *o)
{
	if (o->seed) {
		l->seed_fd = open(o->seed, O_RDONLY | O_CLOEXEC);
		if (l->seed_fd < 0)
			return vm_fail(vm, "seed %.400s: %s", o->seed, strerror(errno));
		snprintf(l->seed, sizeof(l->seed), "/proc/self/fd/%d", l->seed_fd);
		l->c.seed = l->seed;
	}
	if (o->restore) {
		if (o->seed || o->frame_fd < 0)
			return vm_fail(vm, "a restored guest has a network card and no disk: %s",
			               o->seed ? "give it files" : "give it a frame socket");
		if (!vm_snapshot_open(o, l->c.kvm, &l->ram_fd, &l->state_fd, vm->why))
			return -1;
	} else if (o->ram_fd > 0) {
		l->ram_fd = fcntl(o->ram_fd, F_DUPFD_CLOEXEC, 3);
	}
	if (l->ram_fd >= 0) {
		snprintf(l->ram, sizeof(l->ram), "/proc/self/fd/%d", l->ram_fd);
		l->c.ram = l->ram;
		l->c.ram_shared = !o->restore;
		l->c.incoming = o->restore != NULL;
	}
	/* A restored guest gets its files from the agent; the initramfs is for its next start. */
	return o->restore && !o->reboot ? 0 : vm_launch_files(vm, l, o);
}

int vm_start(struct vm *vm, const struct vm_options *o)
{
	struct vm_launch l = {
	        .initrd_fd = -1,
	        .seed_fd = -1,
	        .ram_fd = -1,
	        .state_fd = -1,
	        .err = -1,
	        .c = {.console_fd = -1,
	              .agent_fd = -1,
	              .qmp_fd = -1,
	              .frame_fd = o->frame_fd,
	              .memory_mb = o->memory_mb ? o->memory_mb : vm_image_memory_mb(o->image),
	              .mac = o->mac,
	              .append = o->append,
	              .without = o->without,
	              .attack = o->attack.n > 0,
	              .setup = o->setup,
	              .reboot = o->reboot,
	              .dhcp = o->dhcp}};
	char why[VM_WHY_MAX];
	enum vm_accel accel = o->accel;
	int result = -1;

	memset(vm, 0, sizeof(*vm));
	vm->console_fd = vm->agent_fd = vm->qmp_fd = vm->stderr_fd = vm->pidfd = -1;
	vm->may_reboot = o->reboot;
	if (vm_launch_check(vm, &l, o->image))
		return -1;
	if (accel == VM_ACCEL_AUTO)
		accel = vm_probe_accel(o->image, why);
	l.c.vmlinux = l.vmlinux;
	l.c.initramfs = l.initramfs;
	l.c.kvm = vm->kvm = accel == VM_ACCEL_KVM;
	l.c.tsc_khz = l.c.kvm ? 0 : vm_tsc_khz();
	if (o->log && !(vm->log = fopen(o->log, "we")))
		return vm_fail(vm, "%s: %s", o->log, strerror(errno));
	if (!open_files(vm, &l, o) && (!o->restore || !vm_restore_queue(vm, o)) &&
	    !vm_launch_go(vm, &l))
		result = 0;
	if (!result && o->restore)
		vm_restore_begin(vm, l.state_fd);
	vm_launch_end(&l);
	if (result)
		vm_close_all(vm);
	else
		vm->state = VM_STARTING;
	return result;
}

/* Ending. */

static int end(struct vm *vm, bool ask_first)
{
	struct pollfd f = {.fd = vm->pidfd, .events = POLLIN};
	int status = -1;

	if (vm->pid > 0) {
		if (ask_first && vm->pidfd >= 0 && vm->qmp_fd >= 0) {
			const char *text = vm->times.qemu_ns ? VM_QMP_QUIT
			                                     : VM_QMP_HELLO VM_QMP_QUIT;

			send(vm->qmp_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
			poll(&f, 1, VM_STOP_MS);
		}
		kill(vm->pid, SIGKILL); /* not reaped yet, so the number is still its own */
		while (waitpid(vm->pid, &status, 0) < 0 && errno == EINTR)
			;
		vm->pid = 0;
		if (!vm->times.gone_ns)
			vm->times.gone_ns = vm_now_ns();
		if (vm->console_fd >= 0)
			vm_on_console(vm);
		if (vm->console_line.len)
			vm_log_line(vm, "console", &vm->console_line);
		vm->state = VM_GONE;
	}
	if (vm->state != VM_OFF)
		vm_close_all(vm);
	return status;
}

int vm_stop(struct vm *vm)
{
	return end(vm, true);
}

int vm_kill(struct vm *vm)
{
	return end(vm, false);
}
