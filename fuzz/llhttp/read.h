/* SPDX-License-Identifier: ISC */
/* read.h: how llhttp reads a message: the parser of Node.js, from the C sources of Debian's node-llhttp, as
 * Node.js builds it, with none of its lenient flags. For fuzz/diff_llhttp.c and fuzz/compare/h11. */
#ifndef FUZZ_LLHTTP_READ_H
#define FUZZ_LLHTTP_READ_H

#include "bytes/rd.h"

#define LLHTTP_FIELDS_MAX 256

struct llhttp_reading {
	bool head;         /* it got to the end of the head */
	bool complete;     /* and to that of the message */
	bool upgrade;      /* what is behind it is of another protocol */
	bool needs_close;  /* the message ends with its connection */
	const char *error; /* the name of its refusal; NULL: none */
	size_t end;        /* complete: bytes of the message */

	const char *method;
	struct rd target, words;
	unsigned major, minor, status, fields;
	struct rd names[LLHTTP_FIELDS_MAX], values[LLHTTP_FIELDS_MAX]; /* not trimmed behind */
	uint64_t payload, fingerprint; /* of its body, as http_reader.h has them */
};

/* The first message of the bytes. `asked_head`: of a reply, that it is one to HEAD. */
void llhttp_read(struct rd bytes, bool reply, bool asked_head, struct llhttp_reading *out);

/* Whether it is a method that llhttp knows. */
bool llhttp_knows(struct rd method);

#endif
