/* SPDX-License-Identifier: ISC */
/* engine_model.h: what refnat owes, kept beside the run.
 *
 * Each frame of the guest is judged a second time (model.h) the moment the loop asks for its
 * verdict; what must follow (a dial, an allow event, the payload on a socket, a drop event, an
 * answer) is then *owed*, in this order, and each call of refnat's that the kernel or the fakes see
 * must be what is owed now. A call that nobody owes is egress without a cause. Frames for the guest
 * are written down here, byte for byte, when their cause is seen, and compared when they come; TCP
 * has a model of its own (engine_tcp.h). */
#ifndef FUZZ_RIG_ENGINE_MODEL_H
#define FUZZ_RIG_ENGINE_MODEL_H

#include "fuzz/fuzz.h"
#include "fuzz/rig/engine_kernel.h"
#include "fuzz/rig/model.h"
#include "ref/loop.h"

#define MODEL_FLOWS 8
#define MODEL_DUE   512     /* frames that the guest is to get yet */
#define MODEL_BYTES 1048576 /* of them, in all */

/* Of UDP and ICMP. */
struct model_flow {
	bool live;
	struct flow_key key;
	int fd;
	uint64_t used_ns;
	bool revoked;
};

enum model_stage { STAGE_DONE, STAGE_DIAL, STAGE_ALLOW, STAGE_SEND, STAGE_TERMINATE };

struct model_frame {
	uint32_t at, len;        /* in model.bytes */
	struct dhcp_reply lease; /* its type is not 0: a DHCP answer, checked by its meaning */
	uint8_t client_id[255];
};

struct model {
	struct loop loop;
	struct nat nat;
	struct link link;
	struct dialer dialer;
	struct audit audit;
	struct audit_counts counts;

	const struct policy *policy; /* in force */
	struct policy slots[POLICY_SHARE_SLOTS];
	struct policy_rule rules[POLICY_SHARE_SLOTS][8];
	uint8_t sampling_key[16];
	uint64_t draws;
	uint64_t ahead_ns;
	enum dialer_status dial; /* what the next one says */
	int send_error;          /* of datagrams from now on */
	struct order order;      /* the one that is under way */

	/* The frame that is being served. */
	struct verdict judged; /* as it should be */
	enum model_stage stage;
	bool in_frame;
	int fd;         /* the flow's socket, once it is known */
	bool attempted; /* to send, and an error came that may be an earlier datagram's */
	bool may_close; /* the flow: sending failed for good */
	bool owes_drop;
	enum reason drop_reason;
	struct tuple drop_tuple;

	struct model_flow flows[MODEL_FLOWS];
	unsigned due_first, due_end;
	uint32_t bytes_end;

	uint64_t output_ns; /* refnat has sent to the guest, or tried to */
	uint64_t asked_ns;  /* it has asked whether the guest is there */

	bool audit_broken, swapping, closing;
	bool over; /* there was a reason to stop: nothing may happen any more */
	uint64_t sent, got, judgements; /* datagrams out, frames in, verdicts */
	uint64_t allows, drops, forwards;
	bool scanning;
	size_t scanned; /* bytes that wait on the link and were looked at */
	bool remembers; /* what was seen: as .hash */
	uint64_t hash;

	/* Not cleared between programs; what lies beyond the ends means nothing. */
	struct model_frame due[MODEL_DUE];
	uint8_t bytes[MODEL_BYTES];
};

extern struct model model;

/* Folds what was seen into model.hash, if anybody asks for it. */
void model_see(const void *p, size_t n);

uint64_t model_now(void); /* the loop's clock */

/* --- hooks of the kernel --- */
void model_on_dial(uint8_t proto, uint32_t ip, uint16_t port, uint16_t guest_port);
void model_on_dialled(int fd);
void model_on_send(int fd, const uint8_t *p, size_t n, bool taken);
void model_on_received(int fd, const struct kernel_message *message);
void model_on_close(int fd);
void model_scan(void); /* looks at the frames that were queued since */
void model_on_guest_takes(size_t n);
void model_on_output(void); /* refnat sends to the guest, whether it can or not */
void model_on_policy(void); /* the swap is done */
/* The loop asks for the verdict of a frame; then what it got. */
void model_judge(uint32_t random, struct rd frame);
void model_compare(const struct verdict *verdict);
/* Every call into kernel or fakes: nothing that was owed before it may be open. */
void model_on_call(void);

/* --- of the program --- */
/* All refnat had to do is done: it asks what to wait for. Unless it rests, it comes back at once. */
void model_on_idle(bool rests);
/* Ends the frame that was being served. */
void model_end_frame(void);
void model_swap(const struct policy *policy);
void model_finish(enum reason stop);

/* --- for engine_tcp.c --- */
/* A frame that the guest is to get: where to write it, with room for `n` bytes; NULL: enough of them. */
uint8_t *model_owe_frame(size_t n);

#endif
