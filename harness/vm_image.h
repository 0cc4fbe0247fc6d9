/* SPDX-License-Identifier: ISC */
/* vm_image.h: what an image says of itself that the harness has to know before it boots it. */
#ifndef HARNESS_VM_IMAGE_H
#define HARNESS_VM_IMAGE_H

#define VM_IMAGE_MEMORY_MAX 2048

/* How many MB of memory a guest of this image needs: "memory_mb" in IMAGE/image.json, from VM_MEMORY_MB to
 * VM_IMAGE_MEMORY_MAX; VM_MEMORY_MB when it says nothing that can be read. */
unsigned vm_image_memory_mb(const char *image);

#endif
