/* SPDX-License-Identifier: ISC */
/* vmplane.h: the vm plane: a real guest in QEMU plays the VM's side of a batch. */
#ifndef HARNESS_VMPLANE_H
#define HARNESS_VMPLANE_H

#include "harness/batch.h"
#include "harness/run.h"

#include <limits.h>

/* Makes QEMU and its guest the actor of `b`. The guest of a suite comes when the backend is ready and goes before it
 * does; that of a case with `boot` is started by that statement. 0, or -1 with a message. vmplane_detach() after the
 * batch, in every case. */
int vmplane_attach(struct batch *b, struct run *r);
void vmplane_detach(struct batch *b);

/* Makes the snapshot that suites' guests are restored from, unless it is there: once, before several processes want it. */
void vmplane_prepare(const struct run *r);

/* Removes DIR/boots.jsonl and the logs in DIR/boot, which an earlier run may have left. 0, or -1 with a message. */
int vmplane_clear(const char *dir);

/* The folder of the image that a case wants (`boot` may be NULL); false when its name is too long. */
bool vmplane_image(const struct run *r, const struct scn_boot *boot, char out[PATH_MAX]);

#endif
