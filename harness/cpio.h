/* SPDX-License-Identifier: ISC */
/* cpio.h: packs files as a newc archive, which the kernel unpacks behind the image's initramfs.
 *
 * Pure: bytes in, bytes out. Folders that a path needs are packed before it, mode 0755; everything
 * belongs to root, was last changed at time 0, and replaces what the image has under that name.
 * (Format: Documentation/driver-api/early-userspace/buffer-format.rst of Linux.) */
#ifndef HARNESS_CPIO_H
#define HARNESS_CPIO_H

#include "bytes/wr.h"

#include <stdbool.h>
#include <stddef.h>

#define CPIO_PATH_MAX 255
#define CPIO_FILE_MAX 0x40000000u /* bytes of one file */

struct cpio_file {
	const char *path; /* absolute, without "..", "." and empty parts */
	unsigned mode;    /* permission bits: at most 07777 */
	const void *data; /* may be NULL when len is 0 */
	size_t len;
};

/* How many bytes cpio_write() needs, a multiple of 4; 0 when a path, a mode or a length is out of
 * bounds, and *bad is its number then. No files at all are an archive, too. */
size_t cpio_size(const struct cpio_file *files, size_t count, size_t *bad);

/* Appends the archive; false, with `w` changed, when it does not fit. Only what cpio_size() has a
 * size for may be given. */
bool cpio_write(struct wr *w, const struct cpio_file *files, size_t count);

#endif
