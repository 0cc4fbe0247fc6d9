/* SPDX-License-Identifier: ISC */
/* vm_qemu.h: which QEMU there is, and whether it is new enough, before anything is started. */
#ifndef HARNESS_VM_QEMU_H
#define HARNESS_VM_QEMU_H

#include <stdbool.h>
#include <stddef.h>

#define VM_QEMU_MAJOR   7 /* the first with -netdev stream */
#define VM_QEMU_MINOR   2
#define VM_QEMU_ASK_MS  5000 /* for `--version` */
#define VM_QEMU_VERSION 64

/* Finds VM_QEMU on PATH and asks it for its version, once for each path and process (20 ms). True: `path` (`size` bytes)
 * is where it is, `version` what it calls itself, as "7.2.22 (Debian 1:7.2+dfsg-7)". False: `why` (`why_size` bytes)
 * says that it is missing, too old, or no QEMU at all, and what to do. */
bool vm_qemu_find(char *path, size_t size, char version[VM_QEMU_VERSION], char *why,
                  size_t why_size);

/* Takes the version out of what `--version` printed: "QEMU emulator version 7.2.22 (Debian ...)". False when there is
 * none. Pure. */
bool vm_qemu_parse(const char *text, char version[VM_QEMU_VERSION], unsigned *major,
                   unsigned *minor);

#endif
