/* SPDX-License-Identifier: ISC */
/* agent.h: the harness's end of the agent port: asks the guest's PID 1 to do things.
 *
 * The protocol is in vm-images/agent_proto.h. The guest is hostile: whatever it says has its length
 * bounded before it is waited for, must have exactly the form of its type, and is only ever a
 * claim; verdicts come from the wire. One malformed message ends the conversation for good
 * (AGENT_BAD).
 *
 * The upper half is pure: bytes in, bytes out. The lower half does the I/O on a stream socket.
 */
#ifndef HARNESS_AGENT_H
#define HARNESS_AGENT_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "vm-images/agent_proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum agent_status {
	AGENT_OK,
	AGENT_MORE,   /* not a whole message yet, or nothing to read now */
	AGENT_BAD,    /* the guest broke the protocol */
	AGENT_CLOSED, /* end of file or an error on the port */
	AGENT_LATE,   /* the time was over */
};

/* One message from the guest. Which fields hold is said by the type; windows point into the bytes
 * it was read from. */
struct agent_message {
	enum agent_type type; /* AGENT_HELLO .. AGENT_ERROR, never a request */
	uint32_t id;          /* of the request; 0 in HELLO and READY */

	bool ok;                          /* READY, of a boot or of a NETWORK */
	uint32_t at_us[AGENT_STEP_COUNT]; /* READY: guest time; 0: not reached */
	enum agent_how how;               /* EXIT */
	uint32_t value; /* EXIT: code, signal or ms. STARTED: pid. SENT, KILLED, DONE, DATA,
	                   BURST_SENT: guest's errno. HELLO: version. REPORTED: ms since its start */
	uint32_t count; /* BURST_SENT, SNIFFED: frames. DATA: bytes of the whole file */
	uint32_t memory_kb, available_kb; /* REPORTED */
	bool truncated;                   /* EXIT, SNIFFED: there was more */
	struct rd text; /* EXIT: output. READY: what failed. ERROR: why. DATA: bytes of the file.
	                   REPORTED: end of the kernel's log. SNIFFED: frames, for
	                   agent_next_frame(). May hold any byte. */
};

/* Takes one message off `in`. AGENT_OK: *out is set and `in` stands behind it. AGENT_MORE and
 * AGENT_BAD leave `in` as it was. Refused: a length below AGENT_HEAD_MIN or above AGENT_LENGTH_MAX
 * (as soon as it can be read), unknown types, requests, bodies too short or too long, flags other
 * than 0 and 1, unknown or repeated steps, HELLO of another version, an id in HELLO, frames whose
 * lengths do not add up. */
enum agent_status agent_decode(struct rd *in, struct agent_message *out);

/* Requests, appended to `w`; false, with `w` unchanged, when a field is out of its bounds or there
 * is no room. AGENT_WIRE_MAX bytes always suffice for one. `id` is the caller's, not 0. */
bool agent_put_run(struct wr *w, uint32_t id, uint32_t timeout_ms, const char *command);
bool agent_put_spawn(struct wr *w, uint32_t id, const char *command);
bool agent_put_kill(struct wr *w, uint32_t id, uint32_t pid);
bool agent_put_frame(struct wr *w, uint32_t id, const char *ifname, const void *frame, size_t len);
/* `frames`: each with a u32 length in front, as agent_add_frame() makes them. */
bool agent_put_burst(struct wr *w, uint32_t id, const char *ifname, struct rd frames);
bool agent_put_sniff(struct wr *w, uint32_t id, const char *ifname, uint16_t count,
                     uint32_t timeout_ms);
/* One piece of a file, at most AGENT_CHUNK_MAX bytes; the first piece is not appended. */
bool agent_put_put(struct wr *w, uint32_t id, const char *path, unsigned mode, bool append,
                   struct rd data);
bool agent_put_get(struct wr *w, uint32_t id, const char *path, uint32_t offset);
bool agent_put_report(struct wr *w, uint32_t id);
/* `entropy`: 16..256 random bytes. */
bool agent_put_restored(struct wr *w, uint32_t id, uint32_t seconds, uint32_t nanoseconds,
                        struct rd entropy);
/* `todo`: AGENT_DO_*, at least one. */
bool agent_put_network(struct wr *w, uint32_t id, uint8_t todo);
bool agent_put_poweroff(struct wr *w, uint32_t id);

/* Appends a frame with its length in front; false, with `w` unchanged, when it is empty, too long,
 * or there is no room. */
bool agent_add_frame(struct wr *w, const void *frame, size_t len);

/* Takes the next frame off FRAMES; false at their end, and when they are malformed, which those of
 * a decoded SNIFFED are not. */
bool agent_next_frame(struct rd *frames, struct rd *out);

/* Bytes in, messages out. Zero it before the first use. 131 KB: keep it off the stack. */
struct agent_reader {
	uint8_t buf[2 * AGENT_WIRE_MAX];
	size_t start, end; /* unread: buf[start..end) */
	bool bad;          /* sticky */
};

/* Appends up to `n` bytes and returns how many it took. After agent_next() said AGENT_MORE there is
 * room for at least AGENT_WIRE_MAX more. Windows of earlier messages die here. */
size_t agent_feed(struct agent_reader *r, const void *p, size_t n);
/* AGENT_OK, AGENT_MORE or AGENT_BAD. */
enum agent_status agent_next(struct agent_reader *r, struct agent_message *out);

/* Copies text for people, unprintable bytes but newline and tab as '?', cut to fit, terminated. */
void agent_copy_text(struct rd text, char *out, size_t size);

/* Names for people: "modules", "lease". */
const char *agent_step_name(enum agent_step step);

/* Reads once, without blocking, into `r`. AGENT_OK: there are new bytes, call agent_next() until it
 * says AGENT_MORE. AGENT_MORE, AGENT_CLOSED otherwise. */
enum agent_status agent_read(int fd, struct agent_reader *r);

/* Sends what `w` holds, waiting at most `timeout_ms` for room. AGENT_OK, AGENT_CLOSED or
 * AGENT_LATE; after the latter a message may stand half sent and the port is of no more use. A
 * guest that is blocked in sending frames nobody relays does not read its port, so keep few FRAMEs
 * unanswered (socket buffers hold about 200 KB) or relay meanwhile. */
enum agent_status agent_send(int fd, const struct wr *w, int timeout_ms);

/* Waits for the next message, at most `timeout_ms`. For callers with nothing else to poll. */
enum agent_status agent_recv(int fd, struct agent_reader *r, int timeout_ms,
                             struct agent_message *out);

#endif
