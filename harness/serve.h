/* SPDX-License-Identifier: ISC */
/* serve.h: the statement `serve`: programs that answer in the world while a case runs, or a batch of the suite. */
#ifndef HARNESS_SERVE_H
#define HARNESS_SERVE_H

#include "harness/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVE_MAX 8 /* programs of one case, with its suite's */
#define SERVE_MS  5000

struct batch;
struct step;

struct serve {
	struct served {
		struct program program;
		const char *text; /* the command as written */
		uint16_t port;    /* of a suite's */
	} list[SERVE_MAX];
	size_t count;
	size_t kept; /* of them, the first that many are the suite's */
};

/* Starts the statement's command in the world and waits, SERVE_MS at most, until its port is
 * listened on; nobody connects to find out. False with a phrase in `why` (256 bytes). */
bool serve_start(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                 uint32_t target, char *why);
/* Ends those of the case, and all of them; what they said goes to the batch's log. */
void serve_stop(struct batch *b);
void serve_stop_all(struct batch *b);

/* Whether somebody in the harness's own namespace listens on the port, at whatever address. */
bool serve_port_is_open(bool tcp, uint16_t port);
/* Whether a text in the form of /proc/net/tcp (udp) has a socket that listens on (is bound to)
 * `port`, at any address, and is not connected. Lines of another form are passed over. */
bool serve_is_listening(const char *text, bool tcp, uint16_t port);

#endif
