/* SPDX-License-Identifier: ISC */
/* world.h: the outside world: the consumer that answers, frames thrown at the provider, and the
 * capture that sees all that comes out of a backend. One for the whole run; every backend's uplink
 * ends in it. */
#ifndef HARNESS_WORLD_H
#define HARNESS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world {
	int capture_fd;  /* every interface of the world namespace, see capture.h */
	int consumer_fd; /* UDP at the consumer's endpoint: sends every datagram back to where it
	                    came from */
	int raw_fd;      /* packet socket for frames of the harness's making */
	/* What backends that are started in it get as the organisation's policy, or NULL. */
	const char *organisation;
};

/* After lab_enter(). 0, or -1 with a message on stderr. */
int world_open(struct world *w);
void world_close(struct world *w);
/* Answers what waits at the consumer's socket. 0, or the errno of an answer that could not be sent. */
int world_answer(struct world *w);
/* Puts a frame on the wire towards the backend, as it is. */
int world_send(struct world *w, unsigned ifindex, const void *frame, size_t len);

#endif
