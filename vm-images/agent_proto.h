/* SPDX-License-Identifier: ISC */
/* agent_proto.h: what the harness and the guest's PID 1 say to each other over the virtio-serial
 * port.
 *
 * The port carries messages both ways, nothing else. All numbers are big-endian:
 *
 *     u32 length    of what follows, AGENT_HEAD_MIN .. AGENT_LENGTH_MAX
 *     u8  type      enum agent_type
 *     u32 id        chosen by whoever asks; the answer carries it back. HELLO and the READY of
 *                   a boot carry 0.
 *     ... body      as below; `rest` is everything up to the end of the message
 *
 * From the harness; every request but POWEROFF gets exactly one answer, in any order:
 *
 *     RUN       u32 timeout_ms, rest: shell command        -> EXIT, when it ended or was ended
 *     SPAWN     rest: shell command                        -> STARTED; its output goes to /dev/null
 *     KILL      u32 pid of a SPAWN                         -> KILLED; SIGKILL to its process group
 *     FRAME     u8 n, n bytes interface name, rest: frame  -> SENT; leaves through AF_PACKET
 *     BURST     u8 n, n bytes interface name, rest: FRAMES -> BURST_SENT; back to back; a card that is
 *                                                             down is raised first
 *     SNIFF     u8 n, n bytes interface name, u16 count, u32 timeout_ms
 *                                                          -> SNIFFED, when there are so many, no
 *                                                             room for more, or the time is over
 *     PUT       u8 append, u16 mode, u16 n, n bytes path, rest: data
 *                                                          -> DONE; missing folders are made
 *     GET       u32 offset, rest: path                     -> DATA
 *     REPORT    nothing                                    -> REPORTED
 *     RESTORED  u32 seconds and u32 nanoseconds since 1970, rest: 16..256 random bytes
 *                                                          -> DONE; sets the clock, seeds the RNG
 *     NETWORK   u8 of AGENT_DO_*                           -> READY with this id: what of the boot
 *                                                             was left out is made up for
 *     POWEROFF  nothing                                    -> the port closes
 *
 * FRAMES are u32 length, bytes, and so on; lengths are 1..AGENT_FRAME_MAX.
 *
 * From the guest:
 *
 *     HELLO     u32 AGENT_VERSION                          once, when the port is open
 *     READY     u8 ok, u8 n, n times (u8 step, u32 us), rest: what failed, in words; empty when ok
 *     EXIT      u8 how, u32 code or signal, u8 truncated, rest: stdout and stderr, merged
 *     STARTED   u32 pid
 *     SENT      u32 errno of the guest, 0: handed to the driver
 *     KILLED    u32 errno of the guest
 *     BURST_SENT  u32 frames handed to the driver, u32 errno of the one that was not, or 0; what the kernel
 *                 finds too short or too long is left out
 *     SNIFFED   u8 truncated (there was no room for more), u16 count, rest: FRAMES, in and out
 *     DONE      u32 errno of the guest
 *     DATA      u32 errno of the guest, u32 size of the file, rest: at most AGENT_CHUNK_MAX bytes
 *     REPORTED  u32 ms since its kernel started, u32 kB of memory, u32 kB available, rest: the end of
 *               the kernel's log
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
#define AGENT_VERSION 2u

#define AGENT_HEAD_MIN    5u     /* type and id, an empty body */
#define AGENT_OUTPUT_MAX  65536u /* of a RUN; the rest is read, thrown away and flagged */
#define AGENT_COMMAND_MAX 16384u
#define AGENT_FRAME_MAX   65550u /* as on the frame channel */
#define AGENT_TEXT_MAX    400u
#define AGENT_IFNAME_MAX  15u
#define AGENT_PATH_MAX    255u
#define AGENT_CHUNK_MAX   61440u /* bytes of a file in one PUT or DATA, of the log in REPORTED */
#define AGENT_SNIFF_MAX   1000u  /* frames of one SNIFF; one at a time */
#define AGENT_SNIFF_BYTES 61440u /* of their FRAMES */
#define AGENT_JOBS_MAX    16u    /* RUN and SPAWN at one time; one more gets an ERROR */
#define AGENT_ENTROPY_MIN 16u    /* random bytes of a RESTORED */
#define AGENT_ENTROPY_MAX 256u
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
	AGENT_BURST = 0x06,
	AGENT_SNIFF = 0x07,
	AGENT_PUT = 0x08,
	AGENT_GET = 0x09,
	AGENT_REPORT = 0x0a,
	AGENT_RESTORED = 0x0b,
	AGENT_NETWORK = 0x0c,

	AGENT_HELLO = 0x81,
	AGENT_READY = 0x82,
	AGENT_EXIT = 0x83,
	AGENT_STARTED = 0x84,
	AGENT_SENT = 0x85,
	AGENT_KILLED = 0x86,
	AGENT_ERROR = 0x87,
	AGENT_BURST_SENT = 0x88,
	AGENT_SNIFFED = 0x89,
	AGENT_DONE = 0x8a,
	AGENT_DATA = 0x8b,
	AGENT_REPORTED = 0x8c,
};

/* What NETWORK asks for, in this order. */
#define AGENT_DO_SETUP 1u /* AGENT_SEED/setup.sh */
#define AGENT_DO_DHCP  2u /* eth0 up and a lease */

#define AGENT_SEED "/seed"

enum agent_how {
	AGENT_EXITED = 0,    /* the number is the exit code */
	AGENT_SIGNALED = 1,  /* the number is the signal */
	AGENT_TIMED_OUT = 2, /* the number is timeout_ms; the process group was killed */
};

/* The guest's way to READY, in this order; eth0 is up earlier when the boot attacks or the set-up
 * raises it. Times are the guest's CLOCK_MONOTONIC in microseconds,
 * which starts with its kernel; a step that was not reached is not listed. */
enum agent_step {
	AGENT_STEP_INIT,       /* PID 1 runs */
	AGENT_STEP_MODULES,    /* drivers loaded */
	AGENT_STEP_ATTACK,     /* all frames of gauntlet.attack handed to the card */
	AGENT_STEP_PORT,       /* agent port open, HELLO sent */
	AGENT_STEP_SETUP,      /* set-up script begins */
	AGENT_STEP_SETUP_DONE, /* it ended well */
	AGENT_STEP_LINK,       /* PID 1 raised eth0: from here on the guest may send */
	AGENT_STEP_LEASE,      /* address from DHCP set */
	AGENT_STEP_COUNT,
};

#endif
