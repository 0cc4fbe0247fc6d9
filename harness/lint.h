/* SPDX-License-Identifier: ISC */
/* lint.h: the sub-commands that only read scenarios.
 *
 * gauntlet lint checks files and prints all their errors; gauntlet list shows what they hold. Both
 * take the sub-command's name as argv[0] and return the exit code: 0, or 2 when a scenario or an
 * argument is wrong. Errors go to stderr, the summary and the list to stdout.
 */
#ifndef HARNESS_LINT_H
#define HARNESS_LINT_H

int lint_main(int argc, char **argv);
int list_main(int argc, char **argv);

#endif
