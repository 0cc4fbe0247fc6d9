/* SPDX-License-Identifier: ISC */
/* agent_proto.h: what the harness and the guest's PID 1 say to each other over the virtio-serial
 * port.
 *
 * The port carries messages both ways, nothing else. All numbers are big-endian:
 *
 *     u32 length    of what follows, AGENT_HEAD_MIN .. AGENT_LENGTH_MAX
 *     u8  type      enum agent_type
 *     u32 id        chosen by whoever asks; the answer carries it back. HELLO and READY carry 0.
 *     ... body      as below; `rest` is everything up to the end of the message
 *
 * From the harness; every request but POWEROFF gets exactly one answer, in any order:
 *
 *     RUN       u32 timeout_ms, rest: shell command        -> EXIT, when it ended or was ended
 *     SPAWN     rest: shell command                        -> STARTED; its output goes to /dev/null
 *     KILL      u32 pid of a SPAWN                         -> KILLED; SIGKILL to its process group
 *     FRAME     u8 n, n bytes interface name, rest: frame  -> SENT; leaves through AF_PACKET
 *     POWEROFF  nothing                                    -> the port closes
 *
 * From the guest:
 *
 *     HELLO     u32 AGENT_VERSION                          once, when the port is open
 *     READY     u8 ok, u8 n, n times (u8 step, u32 us), rest: what failed, in words; empty when ok
 *     EXIT      u8 how, u32 code or signal, u8 truncated, rest: stdout and stderr, merged
 *     STARTED   u32 pid
 *     SENT      u32 errno of the guest, 0: handed to the driver
 *     KILLED    u32 errno of the guest
 *     ERROR     rest: why the request was refused, in words
 *
 * A READY that says "not ok" still comes from a working agent: commands can be run to find out
 * more. When the harness closes the port, the guest powers off. RUN ends with its shell; what that
 * shell left in its process group is killed then. Commands hold no NUL and no trust: the guest is
 * root.
 */
#ifndef VM_IMAGES_AGENT_PROTO_H
#define VM_IMAGES_AGENT_PROTO_H

#define AGENT_PORT    "gauntlet.agent.0"
#define AGENT_VERSION 1u

#define AGENT_HEAD_MIN    5u     /* type and id, an empty body */
#define AGENT_OUTPUT_MAX  65536u /* of a RUN; the rest is read, thrown away and flagged */
#define AGENT_COMMAND_MAX 16384u
#define AGENT_FRAME_MAX   65550u /* as on the frame channel */
#define AGENT_TEXT_MAX    400u
#define AGENT_IFNAME_MAX  15u
#define AGENT_JOBS_MAX    16u     /* RUN and SPAWN at one time; one more gets an ERROR */
#define AGENT_TIMEOUT_MAX 600000u /* ms; a RUN without a bound is refused */

/* The longest body is a FRAME (1 + 15 + 65550) or an EXIT (6 + 65536). */
#define AGENT_LENGTH_MAX (AGENT_HEAD_MIN + 1u + AGENT_IFNAME_MAX + AGENT_FRAME_MAX)
#define AGENT_WIRE_MAX   (4u + AGENT_LENGTH_MAX)

enum agent_type {
	AGENT_RUN = 0x01,
	AGENT_SPAWN = 0x02,
	AGENT_KILL = 0x03,
	AGENT_FRAME = 0x04,
	AGENT_POWEROFF = 0x05,

	AGENT_HELLO = 0x81,
	AGENT_READY = 0x82,
	AGENT_EXIT = 0x83,
	AGENT_STARTED = 0x84,
	AGENT_SENT = 0x85,
	AGENT_KILLED = 0x86,
	AGENT_ERROR = 0x87,
};

enum agent_how {
	AGENT_EXITED = 0,    /* the number is the exit code */
	AGENT_SIGNALED = 1,  /* the number is the signal */
	AGENT_TIMED_OUT = 2, /* the number is timeout_ms; the process group was killed */
};

/* The guest's way to READY, in this order. Times are the guest's CLOCK_MONOTONIC in microseconds,
 * which starts with its kernel; a step that was not reached is not listed. */
enum agent_step {
	AGENT_STEP_INIT,    /* PID 1 runs */
	AGENT_STEP_MODULES, /* drivers loaded */
	AGENT_STEP_PORT,    /* agent port open, HELLO sent */
	AGENT_STEP_LINK,    /* eth0 up: from here on the guest may send */
	AGENT_STEP_LEASE,   /* address from DHCP set */
	AGENT_STEP_COUNT,
};

#endif
