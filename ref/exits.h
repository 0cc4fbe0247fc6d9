/* SPDX-License-Identifier: ISC */
/* exits.h: the exit codes of the backend contract that refnat uses (99 is the sanitizers'). */
#ifndef REF_EXITS_H
#define REF_EXITS_H

enum exits {
	EXITS_OK = 0,
	EXITS_USAGE = 64,         /* a known flag with a bad value, or a required one is missing */
	EXITS_ENVIRONMENT = 69,   /* uplink, socket, descriptor, dialer or audit channel missing */
	EXITS_UNIMPLEMENTED = 89, /* unknown flag or sub-command, or a policy that needs more */
	EXITS_VIOLATION = 90,     /* the guest broke the policy, which ends it */
	EXITS_POLICY = 91,        /* the policy is malformed */
};

#endif
