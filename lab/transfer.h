/* SPDX-License-Identifier: ISC */
/* transfer.h: bytes that say where they belong, sent through a connection and checked one by one.
 *
 * Byte number i of a transfer is a function of its seed and i, so a byte that is lost, doubled, moved
 * or changed on its way is found at its place. One connection carries one request, a line:
 *
 *   get N SEED    the client ends its direction; the server sends N bytes and ends its own
 *   put N SEED    the client sends N bytes and ends its direction; the server says `ok N` or what is
 *                 wrong, and ends its own
 *   turn N SEED   the server sends N bytes and ends its direction; then the client sends N bytes and
 *                 ends its own; what the server thinks of them is asked by the next connection
 *   last          waits for the end of a turn and says `ok N` or what was wrong
 *
 * So in each of them one direction is over while the other still works, in both orders.
 */
#ifndef LAB_TRANSFER_H
#define LAB_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSFER_LINE 80 /* requests and answers, with newline and terminator */

enum transfer_status {
	TRANSFER_OK,
	TRANSFER_WRONG,   /* byte number `done` is not what it must be */
	TRANSFER_SHORT,   /* the end came after `done` bytes */
	TRANSFER_LONG,    /* more than `count` bytes came */
	TRANSFER_STALLED, /* the socket's timeout passed after `done` bytes */
	TRANSFER_BROKEN,  /* a call failed after `done` bytes: `error` */
};

struct transfer {
	uint64_t count, seed; /* as asked for */
	uint64_t done;        /* bytes sent, or received and right */
	int error;            /* an errno */
};

/* Bytes `at` to `at + n` of the transfer with this seed. */
void transfer_fill(uint64_t seed, uint64_t at, uint8_t *out, size_t n);

/* Sends all bytes and ends this direction. The socket is a stream and may have timeouts. */
enum transfer_status transfer_send(int fd, struct transfer *t);
/* Receives until the other direction ends: exactly `count` bytes, each right, or not OK. */
enum transfer_status transfer_receive(int fd, struct transfer *t);

/* Reads a line, newline taken off, without touching what is behind it. False when the end, a timeout, an error
 * or TRANSFER_LINE comes first; errno is 0 at the end and when it is too long. */
bool transfer_read_line(int fd, char line[TRANSFER_LINE]);
bool transfer_write_line(int fd, const char *line);

/* VERB N SEED, three words with single blanks, N up to 1e15. */
bool transfer_parse(const char *line, char verb[8], struct transfer *t);

/* "ok 1000", "byte 17 is wrong"; `out` holds TRANSFER_LINE bytes, returns it. */
char *transfer_say(enum transfer_status st, const struct transfer *t, char *out);

#endif
