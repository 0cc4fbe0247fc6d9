/* SPDX-License-Identifier: ISC */
/* vm_part.h: how vm.c, vm_launch.c, vm_channels.c, vm_restore.c and vm_ask.c share a VM; nobody else
 * includes this.
 */
#ifndef HARNESS_VM_PART_H
#define HARNESS_VM_PART_H

#include "harness/vm.h"

#include <limits.h>

#define VM_QMP_HELLO "{\"execute\":\"qmp_capabilities\"}\n"
#define VM_QMP_QUIT  "{\"execute\":\"quit\"}\n"

int64_t vm_now_ns(void);

/* Sets vm->why; returns -1. */
__attribute__((format(printf, 2, 3))) int vm_fail(struct vm *vm, const char *fmt, ...);

/* -1 is harmless, and what it becomes. */
void vm_close_fd(int *fd);
void vm_close_all(struct vm *vm);

/* vm_launch.c: what is needed to make QEMU's process. */
struct vm_launch {
	char qemu[PATH_MAX], vmlinux[PATH_MAX], initramfs[PATH_MAX];
	char seed[64], ram[64];                   /* what QEMU is told: /proc/self/fd/N */
	int initrd_fd, seed_fd, ram_fd, state_fd; /* -1: none. Inherited, and closed afterwards */
	int err;                                  /* QEMU's stdout and stderr */
	struct vm_command c;
};

/* Finds QEMU and looks at the image. Nothing to undo after -1. */
int vm_launch_check(struct vm *vm, struct vm_launch *l, const char *image);
/* Puts files behind the image's initramfs. */
int vm_launch_files(struct vm *vm, struct vm_launch *l, const struct vm_options *o);
/* Makes the channels and the process. */
int vm_launch_go(struct vm *vm, struct vm_launch *l);
/* Closes what the harness does not need any more. In every case. */
void vm_launch_end(struct vm_launch *l);

/* vm_channels.c */
/* Reads what the console has to say into the log. */
void vm_on_console(struct vm *vm);
void vm_log_line(struct vm *vm, const char *source, struct vm_line *l);
/* READY of a boot or of a NETWORK. */
void vm_take_ready(struct vm *vm, const struct agent_message *m);
/* Ends the conversation with the guest, for good. */
void vm_break_off(struct vm *vm, const char *why);

/* vm_ask.c: one turn of the loop; false when `deadline_ns` is over. */
bool vm_serve(struct vm *vm, int64_t deadline_ns, const struct vm_others *others);

/* vm_restore.c: what a restored guest is told first. */
/* Tells QEMU to take the snapshot in from its descriptor `state_fd`. */
void vm_restore_begin(struct vm *vm, int state_fd);
/* Keeps the requests for when the guest listens. */
int vm_restore_queue(struct vm *vm, const struct vm_options *o);
/* An answer to one of those. */
void vm_restore_take(struct vm *vm, const struct agent_message *m);
/* Sends what fits now. */
void vm_restore_flush(struct vm *vm);

#endif
