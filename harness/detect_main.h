/* SPDX-License-Identifier: ISC */
/* detect_main.h: `gauntlet detect`: watches what leaves a provider, and ends the VM when it is not what the policy allows.
 *
 * The shell around detect.h: capture files, an interface, the end of the VM. Frames are looked at one by one as they come;
 * nothing waits for a timer. Who cannot see does not say "clean": frames lost by the capture, an interface that goes
 * down, a file whose frames are cut off are errors, and with --kill or --qmp the VM ends then, too.
 */
#ifndef HARNESS_DETECT_MAIN_H
#define HARNESS_DETECT_MAIN_H

/* The sub-command; argv[0] is its name. Exit codes: 0 clean, 1 a violation was seen, 2 usage, 4 the environment is at
 * fault: no verdict. */
int detect_main(int argc, char **argv);

#endif
