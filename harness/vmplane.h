/* SPDX-License-Identifier: ISC */
/* vmplane.h: the vm plane: a real guest in QEMU plays the VM's side of a batch. */
#ifndef HARNESS_VMPLANE_H
#define HARNESS_VMPLANE_H

#include "harness/batch.h"
#include "harness/run.h"

/* Makes QEMU and its guest the actor of `b`; the guest is booted when the backend is ready and
 * ended before the backend is. 0, or -1 with a message. vmplane_detach() after the batch, in every
 * case. */
int vmplane_attach(struct batch *b, struct run *r);
void vmplane_detach(struct batch *b);

#endif
