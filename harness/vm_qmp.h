/* SPDX-License-Identifier: ISC */
/* vm_qmp.h: the little of QMP that snapshots need: one command after the other, each answered. */
#ifndef HARNESS_VM_QMP_H
#define HARNESS_VM_QMP_H

#include "harness/vm.h"

/* Notes what one line from QEMU says; lines that are no JSON object say nothing. Pure. */
void vm_qmp_take(struct vm_qmp *q, const char *line);

/* Sends a command (a JSON object and a newline), with it the descriptor `fd` unless that is -1, and
 * waits for the answer. False after `timeout_ms`, on an error, or when QEMU is gone: vm->why. The
 * greeting must have come. */
bool vm_qmp_ask(struct vm *vm, const char *command, int fd, int timeout_ms);

#endif
