/* SPDX-License-Identifier: ISC */
/* vm_command.h: how QEMU is called, and whether a kernel can be booted that way. Pure: no I/O.
 *
 * microvm with a PVH kernel: no BIOS, no option ROM (iPXE would send DHCP before any OS), no PCI.
 * All channels are inherited descriptors, so nothing exists in the file system and nothing listens.
 */
#ifndef HARNESS_VM_COMMAND_H
#define HARNESS_VM_COMMAND_H

#include "bytes/rd.h"

#include <stdbool.h>
#include <stdint.h>

#define VM_QEMU         "qemu-system-x86_64"
#define VM_MEMORY_MB    128
#define VM_GUEST_MAC    "52:54:00:12:34:56"
#define VM_ATTACK_PATH  "/attack.bin"
#define VM_ARGV_MAX     64
#define VM_ARGS_MAX     8192 /* bytes of all arguments */
#define VM_APPEND_MAX   1024 /* bytes of the kernel command line; x86 takes 2047 */
#define VM_COMMAND_TEXT 8192

enum vm_accel { VM_ACCEL_AUTO, VM_ACCEL_TCG, VM_ACCEL_KVM };

/* "auto", "tcg" or "kvm"; false, with a message on stderr, otherwise. */
bool vm_parse_accel(const char *word, enum vm_accel *out);

struct vm_command {
	/* What to say; NULL and 0 mean the default. */
	const char *vmlinux, *initramfs; /* paths */
	unsigned memory_mb;              /* VM_MEMORY_MB */
	const char *mac;                 /* VM_GUEST_MAC */
	const char *append;              /* more of the kernel command line */
	const char *seed;                /* path of a disk, read-only; NULL: none */
	const char *without;             /* files to be removed first of all, with commas between */
	const char *ram;                 /* file that holds the guest's memory; NULL: none does */
	bool ram_shared;                 /* and gets it back, else it stays as it is */
	bool incoming;                   /* waits for a snapshot to come in by QMP */
	bool attack;                     /* VM_ATTACK_PATH is sent first of all */
	bool setup;                      /* AGENT_SEED/setup.sh is run */
	bool reboot;                     /* the guest may start again, else that ends QEMU */
	bool kvm;                        /* else TCG */
	bool dhcp;                       /* eth0 up and DHCP, else eth0 is left alone */
	uint32_t tsc_khz;                /* TCG: the host's TSC frequency; 0: unknown */
	int console_fd, agent_fd, qmp_fd; /* QEMU's ends: connected stream sockets */
	int frame_fd;                     /* likewise; -1: the guest has no network card */

	/* What came out. */
	const char *argv[VM_ARGV_MAX];
	char args[VM_ARGS_MAX];
	size_t args_len, argc;
};

/* Fills argv, NULL at its end; its strings live in `c`. False when something does not fit, or the
 * MAC could be taken for more options (it holds a comma). Paths but the kernel's and the
 * initramfs's may hold no comma either. */
bool vm_command_build(struct vm_command *c);

/* argv as one line for people, quoted for sh where needed; cut to fit. Returns `out`. */
char *vm_command_text(const struct vm_command *c, char out[VM_COMMAND_TEXT]);

/* Looks at a whole kernel file. NULL when QEMU can boot it directly: a little-endian ELF64 for
 * x86-64 that is as long as its segments, with the Xen note PHYS32_ENTRY (type 18), which is how
 * PVH finds its entry point. Else what is wrong with it, a constant phrase. No length in the file is believed. */
const char *vm_command_check_kernel(struct rd file);

/* The same for an initramfs. A cpio archive has to be whole: its last kilobyte holds the trailer, without which the kernel
 * would leave out what is missing and say so on the console only. What is packed in another way is taken as it is. */
const char *vm_command_check_initramfs(struct rd file);

#endif
