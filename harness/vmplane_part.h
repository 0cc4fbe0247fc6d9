/* SPDX-License-Identifier: ISC */
/* vmplane_part.h: what the files of the vm plane share. Nobody else includes it.
 *
 *   vmplane.c          QEMU in the session's loop, and the statements that the guest carries out
 *   vmplane_guest.c    the guest's life: the one of a suite, and the one that a case boots
 *   vmplane_options.c  what it is started with
 *
 * Functions that return bool write a phrase into `why` (256 bytes) when they return false.
 */
#ifndef HARNESS_VMPLANE_PART_H
#define HARNESS_VMPLANE_PART_H

#include "harness/vmplane.h"

#include "harness/agent.h"
#include "harness/batch_steps.h"
#include "harness/cpio.h"
#include "harness/guest_config.h"
#include "harness/vm.h"

#include <limits.h>

struct vmplane {
	struct run *run;
	const struct scn_boot *boot; /* of the batch's case, or NULL: a suite's guest */
	struct vm vm;                /* VM_OFF until it is started */
	int guest_fd; /* the session's end of the frame channel, until the guest is started; then -1 */
	int frame_fd; /* QEMU's end of it, until then */
	bool restored;
	bool told;   /* that it has come up */
	bool broken; /* that it has broken the protocol */
	bool ended;  /* it had ended by itself when the case was over */
	char log[PATH_MAX];
	size_t noted;  /* tape entries already looked at for the first frame */
	bool answered; /* an answer to `asked` has come */
	uint32_t asked;
	struct agent_message answer;
	char text[4096]; /* its text, copied: windows do not live long */
};

static inline struct vmplane *vmplane_of(const struct batch *b)
{
	return b->arg;
}

/* vmplane.c: for struct session_extra; `arg` is the batch. */
size_t vmplane_poll(void *arg, struct pollfd *out, size_t room);
void vmplane_ready(void *arg, const struct pollfd *pfd, size_t count);
/* A new frame channel. */
bool vmplane_make_channel(struct vmplane *p, char *why);
/* Sends a request made with id p->asked, from a vm_next_id() behind READY, and waits for its answer. */
bool vmplane_ask(struct batch *b, const struct wr *w, int timeout_ms, char *why);
/* A `run` statement. */
bool vmplane_run(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                 uint32_t target, char *why);

/* vmplane_guest.c: for struct batch and its actor. */
bool vmplane_begin(struct batch *b);
void vmplane_end(struct batch *b);
bool vmplane_power(struct batch *b, struct judge_item *it, const struct step *st, char *why);
/* The guest is there and takes requests. */
bool vmplane_lives(const struct vmplane *p);
bool vmplane_await_ready(struct batch *b, char *why);

/* What a guest is started with; to be kept until vm_start() is done with it. */
struct vmplane_load {
	struct vm_options options;
	char image[PATH_MAX];
	struct guest_files made;
	struct cpio_file files[GUEST_FILES_MAX];
	char path[GUEST_FILES_MAX][96];
	uint8_t *attack;
};

/* vmplane_options.c: for the guest of a suite, or of the case `it`. vmplane_unload() in every case. */
bool vmplane_load(struct batch *b, const struct judge_item *it, struct vmplane_load *l, char *why);
void vmplane_unload(struct vmplane_load *l);
/* Where the log of the batch's guest goes; "" when none is wanted. */
void vmplane_name_log(const struct batch *b, const struct run *r, char *out, size_t size);

#endif
