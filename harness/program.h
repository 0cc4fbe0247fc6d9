/* SPDX-License-Identifier: ISC */
/* program.h: commands of a scenario that run on this machine: in the guest's namespace on the
 * kernel plane, in the world for `serve`.
 *
 * Each runs as `/bin/sh -c COMMAND` through proc.h, so whatever it starts dies with it. Its
 * environment is PATH and LC_ALL alone, so that a proxy or a locale of whoever runs the harness
 * changes nothing. Output goes to memory: nobody has to read it while the program runs.
 */
#ifndef HARNESS_PROGRAM_H
#define HARNESS_PROGRAM_H

#include "harness/proc.h"
#include "harness/recipe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_COMMAND_MAX 16384
#define PROGRAM_OUTPUT_MAX  65536 /* of which this much is looked at */
#define PROGRAM_EXIT_LACKS  77    /* of a program that lacks what it needs on this machine */

/* Folders that commands on this machine find in $LAB and $TMP. */
struct program_dirs {
	const char *lab; /* where gauntlet itself stands, and the tools of lab/ beside it */
	const char *tmp; /* of this batch, empty at first, removed behind it */
};

/* Puts the shell variables of docs/scenarios.md in front of `text`; $LAB and $TMP when `dirs` is
 * not NULL. The length, or 0 when `out` is too small. */
size_t program_command(const char *text, const struct recipe_vars *vars, uint32_t target,
                       const struct program_dirs *dirs, char *out, size_t size);

struct program {
	struct proc proc;
	int out_fd; /* what it prints, both streams */
	bool has_ended;
	struct proc_end end; /* when has_ended */
};

/* `net_ns` as in proc.h. 0, or -1 with a message on stderr. */
int program_start(struct program *p, const char *command, int net_ns);
/* Looks, without waiting, whether it has ended. */
bool program_check(struct program *p);
/* Whether it has ended with PROGRAM_EXIT_LACKS: nobody's fault, and nothing was tried. */
bool program_lacks_something(const struct program *p);
/* Kills what is left of it and waits for its end. Harmless when it has ended or was never started
 * (a struct of zeros). */
void program_stop(struct program *p);
/* What it has printed so far, at most size - 1 bytes, as text that a terminal shows and does not
 * obey. */
void program_read(const struct program *p, char *out, size_t size);
/* Stops it and lets go of its output. */
void program_close(struct program *p);

/* What the programs of a batch said, for the evidence. */
struct program_log {
	char text[65536];
	size_t len;
	bool full; /* more was said than fits */
};

/* Adds a command, what it printed and how it ended. `where` is "in the guest", "in the world". */
void program_log_add(struct program_log *log, const char *where, const char *command,
                     const struct program *p);

/* The folder of the program that runs now; "" when it cannot be found out. Constant. */
const char *program_lab_dir(void);
/* A new folder only its owner can write to. 0, or -1 with a message on stderr. */
int program_make_tmp(char *out, size_t size);
/* Removes it with all that is in it; "" is nothing. */
void program_remove_tmp(const char *path);

#endif
