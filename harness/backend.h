/* SPDX-License-Identifier: ISC */
/* backend.h: finds, asks and starts the program under test. The contract is docs/backends.md. */
#ifndef HARNESS_BACKEND_H
#define HARNESS_BACKEND_H

#include "harness/proc.h"
#include "harness/transport.h"

#include <stdbool.h>
#include <stddef.h>

#define BACKEND_LIST_MAX 64
#define BACKEND_WORD_MAX 48

struct word_list {
	size_t count;
	char word[BACKEND_LIST_MAX][BACKEND_WORD_MAX];
};

/* What `BACKEND describe --contract 1` said. */
struct backend {
	char path[4096];
	char name[BACKEND_WORD_MAX], version[BACKEND_WORD_MAX];
	struct word_list planes, transports, modes, caps;
	bool audit;                    /* promises an event for every denial */
	bool fifo;                     /* promises to decide about frames in their order */
	enum transport_kind transport; /* not its word, but the user's: how it gets its frames */
};

enum backend_status {
	BACKEND_OK,
	BACKEND_UNKNOWN, /* no such program: a usage error */
	BACKEND_BROKEN,  /* it does not keep the contract */
};

/* A NAME is harness/backends/NAME/backend (an adapter) or a program NAME beside gauntlet; anything
 * with a slash is a path. Messages go to stderr and say what to do. */
enum backend_status backend_find(const char *name, struct backend *b);
/* Runs `describe` and reads its answer into *b (whose path is set). */
enum backend_status backend_describe(struct backend *b);
bool word_list_has(const struct word_list *l, const char *word);
/* Of the modes it has; constant, NULL when it has none. */
const char *backend_strictest_mode(const struct backend *b);
/* Whether it declares any ctl.* capability, and so gets --ctl. */
bool backend_has_ctl(const struct backend *b);

struct backend_start {
	const char *policy;
	const char *organisation; /* --organisation, or NULL */
	int frames_fd;            /* handed over as fd:N, or -1 with `frames` */
	const char *frames;       /* SPEC when frames_fd is -1 */
	int events_fd, stderr_fd;
	int ctl_fd; /* handed over, or 0: without --ctl */
	int net_ns;
	const char *seed; /* or NULL */
};

/* Starts `run --contract 1 ...`. The caller closes its copies of the backend's descriptors. */
int backend_run(const struct backend *b, const struct backend_start *o, struct proc *p);

#endif
