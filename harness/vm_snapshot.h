/* SPDX-License-Identifier: ISC */
/* vm_snapshot.h: a guest that has booted, kept in a file: a case then costs a restore, not a boot.
 *
 *   char why[VM_WHY_MAX], path[PATH_MAX];
 *   o.restore = vm_snapshot_get(&o, path, why) ? path : NULL;   NULL: say why, boot cold
 *   vm_start(&vm, &o) ... no answer (vm.times.hello_ns) within VM_RESTORE_MS, or vm_start() failed:
 *           vm_stop(&vm); vm_snapshot_forget(path); o.restore = NULL; vm_start(&vm, &o)
 *
 * The guest in it has said READY with eth0 down; no frame has left it yet. Its memory is mapped
 * copy-on-write when it is restored, so only what is used is read, and guests of one snapshot share
 * the rest. What it must not share, it is given when it wakes up: randomness, the time, a lease.
 *
 * Snapshots lie in IMAGE/snapshots, one file each, named after what they depend on:
 *
 *     the guest's memory, sparse | QEMU's migration stream | the key | the tail, VM_TAIL_SIZE bytes
 *
 * The key is text: the versions of QEMU and of the image's files, accelerator, command line. One
 * that is truncated, of another key, whose stream has changed, or that was made where the TSC runs
 * at another speed is not used but made again. What cannot be seen so (a changed byte of memory)
 * ends in no READY, hence the bound above. Files appear whole, by rename, under which old readers
 * are safe, so several processes may make one at a time; nothing is left of one that was
 * interrupted. The newest VM_SNAPSHOTS_MAX stay.
 */
#ifndef HARNESS_VM_SNAPSHOT_H
#define HARNESS_VM_SNAPSHOT_H

#include "harness/vm.h"

#include <limits.h>

#define VM_SNAPSHOTS_MAX 4u /* some 100 MB each */
#define VM_SNAPSHOT_KEY  4096
#define VM_TAIL_SIZE     64u
#define VM_STATE_MAX                                                                               \
	(16u << 20) /* bytes of a migration stream without the memory; 64 KB are usual */

/* The path of a snapshot for these options, made now (a boot and 0.3 s) when there is none that can
 * be used. Of the options image, accel, memory_mb, mac, append and without count. False: there can
 * be none, why says the reason; true: why says what was done ("found", "made: ..."). */
bool vm_snapshot_get(const struct vm_options *o, char path[PATH_MAX], char why[VM_WHY_MAX]);

/* Removes one that did not work. */
void vm_snapshot_forget(const char *path);

/* For vm.c: opens o->restore after a look at all of the above. *ram_fd is for QEMU to map,
 * *state_fd stands at the migration stream; the caller closes them. False: why, and nothing is
 * open. */
bool vm_snapshot_open(const struct vm_options *o, bool kvm, int *ram_fd, int *state_fd,
                      char why[VM_WHY_MAX]);

/* What a snapshot for these options depends on, as text. False: why. */
bool vm_snapshot_key(const struct vm_options *o, bool kvm, char key[VM_SNAPSHOT_KEY],
                     char why[VM_WHY_MAX]);

/* The tail. Pure. */
struct vm_tail {
	uint64_t ram, state; /* bytes */
	uint32_t key;        /* bytes, of text */
	uint32_t tsc_khz;    /* of the machine it was made on; 0: does not matter */
	uint64_t sum;        /* vm_tail_sum() of state and key */
};

bool vm_tail_write(struct wr *w, const struct vm_tail *t);
/* False: these are no tail, or the lengths do not make up `file_size`. */
bool vm_tail_read(struct rd r, uint64_t file_size, struct vm_tail *t);
/* FNV-1a, 64 bits: against accidents, not against attackers; who may write the image's folder owns
 * the guest anyway. */
uint64_t vm_tail_sum(uint64_t sum, const void *p, size_t n);
#define VM_TAIL_SUM 14695981039346656037u /* of no bytes */

#endif
