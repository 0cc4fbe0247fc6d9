/* SPDX-License-Identifier: ISC */
/* report.h: `gauntlet report`: one or more runs as a page for people.
 *
 * Takes the sub-command's name as argv[0] and returns the exit code: 0 when the page was written, whatever
 * the runs say; 2 for usage or a file that cannot be read; 4 when the page cannot be written.
 */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

int report_main(int argc, char **argv);

#endif
