/* SPDX-License-Identifier: ISC */
/* tape.h: everything that was seen while one backend process ran, in the order it was seen.
 *
 * The runner appends, the judge reads, the reports are written from it. Frames and texts are copied
 * into the tape and live until tape_free(). Times are CLOCK_MONOTONIC-like nanoseconds since the
 * tape began.
 */
#ifndef HARNESS_TAPE_H
#define HARNESS_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tape_kind {
	TAPE_GUEST_OUT,  /* frame channel: from the VM to the backend */
	TAPE_GUEST_IN,   /* frame channel: from the backend to the VM */
	TAPE_WIRE_OUT,   /* uplink: from the backend to the world */
	TAPE_WIRE_IN,    /* uplink: from the world to the backend */
	TAPE_HOST,       /* loopback of the backend's namespace: something reached the provider host
	                   itself */
	TAPE_BESIDE_OUT, /* frame channel of a second VM: to its backend */
	TAPE_BESIDE_IN,  /* and from there to it */
	TAPE_EVENT,      /* one JSON line of the backend, without its newline */
	TAPE_NOTE, /* a line of the harness: "pre-sentinel", "case starts", "backend exited 0", ...
	            */
};

#define TAPE_NO_ROW (-1)

struct tape_entry {
	enum tape_kind kind;
	uint64_t t_ns;
	const uint8_t
	        *data; /* frame, or text (also terminated by a NUL that `len` does not count) */
	size_t len;
	int row;  /* row or step that sent it or that the judge traced it to, or TAPE_NO_ROW */
	bool bad; /* the judge objects to this entry */
	const char *comment; /* what the judge says about it, or NULL; owned by the tape */
};

struct tape {
	struct tape_entry *entries;
	size_t count, size;
	uint64_t start_ns;      /* CLOCK_MONOTONIC at tape_init() */
	uint64_t start_unix_ns; /* CLOCK_REALTIME at the same moment, for capture files */
};

void tape_init(struct tape *t);
void tape_free(struct tape *t);
uint64_t tape_now(const struct tape *t);
/* Appends a copy; returns its index. Out of memory ends the program: evidence may not be lost
 * quietly. */
size_t tape_add(struct tape *t, enum tape_kind kind, const void *data, size_t len, int row);
size_t tape_note(struct tape *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the comment of entry `i`, replacing an earlier one. */
void tape_comment(struct tape *t, size_t i, bool bad, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

#endif
