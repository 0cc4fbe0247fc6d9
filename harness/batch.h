/* SPDX-License-Identifier: ISC */
/* batch.h: runs cases in one backend process and has them judged.
 *
 * How a drop is proved (docs/architecture.md): allowed traffic flows (the first sentinel), the
 * attacks are sent, allowed traffic still flows (the second sentinel), the backend is ended and the
 * wire drained until its namespace is gone, and only then is judged what crossed.
 */
#ifndef HARNESS_BATCH_H
#define HARNESS_BATCH_H

#include "harness/backend.h"
#include "harness/judge.h"
#include "harness/peer.h"
#include "harness/program.h"
#include "harness/scenario.h"
#include "harness/serve.h"
#include "harness/session.h"
#include "harness/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BATCH_PATIENCE_MS                                                                          \
	2000 /* failure bound for the gateway's ARP answer and for each sentinel */
#define BATCH_IMPATIENCE_MS 200 /* the same once a batch of this run has found the way closed */

#define BATCH_BOOTS_MAX 8

struct batch;
struct talking;

/* Who plays the VM's side once the session is up. All return false with a phrase in `why` (256
 * bytes). */
struct batch_actor {
	/* Sends one frame; *entry is its place on the tape. */
	bool (*send)(struct batch *b, const uint8_t *frame, size_t len, int row, size_t *entry,
	             char *why);
	/* A `run` row: starts the program and waits until its frame was seen. May be NULL. */
	bool (*program)(struct batch *b, const struct row *row, const struct recipe_vars *vars,
	                size_t *entry, char *why);
	/* A `run` statement: the command, its exit code and output as expected. May be NULL. */
	bool (*command)(struct batch *b, const struct step *st, const struct recipe_vars *vars,
	                uint32_t target, char *why);
	/* `boot`, `guest off`, `guest reboot`. May be NULL: there is nothing to boot. */
	bool (*power)(struct batch *b, struct judge_item *it, const struct step *st, char *why);
	/* The cable gets as bad as `r` says, or good again with NULL. May be NULL: there is none. */
	void (*impair)(struct batch *b, const struct impair_rates *r);
};

struct batch {
	const struct backend *backend;
	struct world *world;
	const struct suite *suite;
	enum scn_plane plane;
	const char *pcap_dir;
	uint32_t run_id; /* makes nonces unique */

	int patience_ms;
	bool hurry; /* a batch of this run has hung at its end: the others get BATCH_IMPATIENCE_MS */

	struct judge_item *items; /* scn_case and row set by the caller */
	size_t count;

	/* Called once the backend is ready, and after the last sentinel (of a case with `boot`, before it); may be NULL.
	 * The planes with a guest begin and end it here. `arg` is theirs. */
	bool (*begin)(struct batch *b);
	void (*end)(struct batch *b);
	const struct batch_actor *actor; /* NULL: the wire plane's own */
	void *arg;
	int guest_fd; /* the guest's end of the frame channel, or -1 */

	/* Called after every row, for progress; may be NULL. */
	void (*on_progress)(struct batch *b, size_t done);
	void *progress_arg;

	bool env;     /* set by begin(): the environment is at fault, nothing can be proved */
	bool refused; /* set by send(): the guest's own kernel does not send such a frame; by
	                 programs in the world: this machine lacks what they need */

	size_t boot_from
	        [BATCH_BOOTS_MAX]; /* where on the tape the guest of `boot` began, each time */
	unsigned boots;
	uint8_t early_mac[6];        /* the gateway's, for what is sent before a backend is there */
	char seed[24];               /* what --seed says */
	struct session *beside;      /* of a second VM, while there is one */
	bool beside_ends;            /* the case has said that it ends by itself */
	int stalled_fd;              /* the events' pipe while nobody reads it, or -1 */
	struct talking *talking;     /* the conversation of a case that is open, or NULL */
	unsigned talks;              /* conversations so far */
	unsigned silences;           /* rows of a talk that nobody answered in time */
	struct judge_item *flooding; /* the item that has begun to flood, or NULL */
	unsigned flood_seen[TAPE_NOTE + 1]; /* per kind: what meant nothing to its statements */
	uint64_t flood_events;              /* frames and events since then */
	struct serve serve;                 /* programs in the world, while a case runs */
	struct peers peers;                 /* hostile ones, while a case runs */
	struct program_log programs;        /* what programs on this machine said */
	struct program_dirs dirs;           /* see batch_dirs() */
	char tmp[256];

	struct session session;
	struct judge judge;
	double ms;
};

enum batch_end {
	BATCH_DONE,   /* every item has its verdict */
	BATCH_ENV,    /* the environment is at fault; verdicts are ENV */
	BATCH_BROKEN, /* the backend breaks the contract; verdicts are set, a message was printed */
	BATCH_INTERRUPTED, /* the user wants to stop; no verdicts */
};

/* The caller frees with batch_free() in every case; the tape lives until then. */
enum batch_end batch_run(struct batch *b);
void batch_free(struct batch *b);

/* The folders that programs on this machine get; the temporary one is made by the first call. NULL, with a
 * message on stderr, when it cannot be. */
const struct program_dirs *batch_dirs(struct batch *b);

/* Waits for an entry of `kind`, at or behind `from`, whose bytes hold `nonce`. */
bool batch_wait_nonce(struct batch *b, enum tape_kind kind, const char *nonce, size_t from,
                      int timeout_ms);

#endif
