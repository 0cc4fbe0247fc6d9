/* SPDX-License-Identifier: ISC */
/* serve_part.h: what the parts of the guest's agent share; not for others. */
#ifndef VM_IMAGES_SERVE_PART_H
#define VM_IMAGES_SERVE_PART_H

#include "vm-images/serve.h"
#include "vm-images/serve_request.h"

#include <sys/types.h>

struct job {
	pid_t pid;                      /* 0: the slot is free */
	bool run;                       /* RUN, else SPAWN */
	uint32_t id;                    /* of the RUN */
	bool timed_out;                 /* of the RUN */
	uint32_t timeout;               /* of the RUN, ms */
	int64_t deadline;               /* of the RUN, ms */
	bool truncated;                 /* of the RUN */
	int out;                        /* of the RUN: what it prints; -1 when it closed that */
	size_t len;                     /* of the RUN */
	bool kill_asked;                /* of the SPAWN */
	uint32_t kill_id;               /* of the SPAWN */
	struct boot *boot;              /* of the NETWORK, shared with its child; else NULL */
	uint8_t text[AGENT_OUTPUT_MAX]; /* last: what stands before is cleared for each job */
};

/* The SNIFF that is going on. */
struct sniff {
	int fd; /* -1: none */
	uint32_t id;
	uint16_t count, wanted;
	bool truncated;
	int64_t deadline;
	size_t len;
	uint8_t frames[AGENT_SNIFF_BYTES];
};

struct serve {
	int port;
	int children; /* signalfd */
	int packet;   /* AF_PACKET, opened by the first frame to send, or -1 */
	bool over;
	size_t len; /* of in */
	uint8_t in[AGENT_WIRE_MAX];
	struct job jobs[AGENT_JOBS_MAX];
	struct sniff sniff;
};

/* CLOCK_MONOTONIC. */
int64_t serve_now_ms(void);

/* Answers; a port that fails ends the loop. */
void serve_answer(struct serve *s, uint8_t type, uint32_t id, const void *a, size_t a_len,
                  const void *b, size_t b_len);
void serve_answer_u32(struct serve *s, uint8_t type, uint32_t id, uint32_t v);
void serve_refuse(struct serve *s, uint32_t id, const char *why);

/* serve_frames.c: FRAME, BURST and SNIFF. */
void serve_frame(struct serve *s, const struct serve_request *q);
void serve_burst(struct serve *s, const struct serve_request *q);
void serve_sniff(struct serve *s, const struct serve_request *q);
void serve_sniff_take(struct serve *s);
/* How long poll may sleep for its sake, ms, -1 for ever; answers it when its time is over. */
int64_t serve_sniff_wait(struct serve *s, int64_t now);

/* serve_files.c: PUT, GET, REPORT and RESTORED. */
void serve_put(struct serve *s, const struct serve_request *q);
void serve_get(struct serve *s, const struct serve_request *q);
void serve_report(struct serve *s, uint32_t id);
void serve_restored(struct serve *s, const struct serve_request *q);

#endif
