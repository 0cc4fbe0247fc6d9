/* SPDX-License-Identifier: ISC */
/* doctor.h: `gauntlet doctor BACKEND`: the contract's probes, before anything else is believed.
 *
 * Each probe is one line: what was tried, what was expected, what happened. The words tried are
 * random, so that a backend cannot have been written for them. Exit code 0 when all hold, 3 when
 * one does not, 2 for usage, 4 when the environment is at fault.
 */
#ifndef HARNESS_DOCTOR_H
#define HARNESS_DOCTOR_H

/* The requirements that probes try, for `gauntlet trace`; ends with NULL. */
struct doctor_cite {
	const char *probe, *requirement;
};
extern const struct doctor_cite doctor_cites[];

int doctor_main(int argc, char **argv);

#endif
