/* SPDX-License-Identifier: ISC */
/* rest.h: what is left when something was started and stopped many times, counted before and after.
 *
 * What belongs to this process alone has to be the same. Of what all programs on this machine share, one more each time
 * is too much: others come and go there.
 */
#ifndef HARNESS_REST_H
#define HARNESS_REST_H

#include <stdbool.h>
#include <stddef.h>

enum rest_kind {
	REST_FILES, /* open descriptors of this process */
	REST_CHILDREN,
	REST_INTERFACES,
	REST_MOUNTS,
	REST_SOCKETS, /* Unix and packet sockets of this network namespace */
	REST_SHARED,  /* from here on of the whole machine */
	REST_SHM = REST_SHARED,
	REST_SEGMENTS,
	REST_SEMAPHORES,
	REST_QUEUES,
	REST_COUNT
};

struct rest {
	long n[REST_COUNT];
};

/* Counts what there is now. What cannot be read counts as 0. */
void rest_count(struct rest *out);
/* Files and folders in `path`, "." and ".." not counted; 0 when it cannot be read. */
long rest_count_entries(const char *path);

/* Whether `last` holds nothing that `first` did not, when the thing was done `times` times from then on; else what is left
 * stands in `why`, as "2 descriptors of the harness are left". */
bool rest_is_clean(const struct rest *first, const struct rest *last, unsigned times, char *why,
                   size_t size);

#endif
