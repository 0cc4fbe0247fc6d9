/* SPDX-License-Identifier: ISC */
/* kernelplane.h: the kernel plane: a Linux network stack in a namespace plays the VM, and real
 * programs of this machine run on it. */
#ifndef HARNESS_KERNELPLANE_H
#define HARNESS_KERNELPLANE_H

#include "harness/batch.h"

/* Makes a namespace with a TAP device the actor of `b`. Its eth0 comes up when the backend is
 * ready; its address comes by DHCP when the backend has the capability, else it is given by hand.
 * 0, or -1 with a message. kernelplane_detach() after the batch, in every case. */
int kernelplane_attach(struct batch *b);
void kernelplane_detach(struct batch *b);

#endif
