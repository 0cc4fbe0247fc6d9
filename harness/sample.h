/* SPDX-License-Identifier: ISC */
/* sample.h: for tests only. A small case and its tape, as the runner and the judge leave them. */
#ifndef HARNESS_SAMPLE_H
#define HARNESS_SAMPLE_H

#include "bytes/wr.h"
#include "harness/decode.h"
#include "harness/evidence.h"
#include "harness/frame.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_UDP_HEAD 42 /* Ethernet, IPv4 and UDP headers */

struct sample {
	struct outcome outcome;
	struct suite suite;
	struct scn_case scn_case;
	struct row rows[2];
	struct step steps[3];
	struct tape tape;
	struct evidence evidence;
};

/* A UDP datagram over IPv4, checksum 0, with a short payload. Returns its length. */
static inline size_t sample_udp(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
                                const char *payload, uint8_t out[256])
{
	size_t n = strlen(payload);
	struct wr w = wr_of(out, 256);
	bool ok = wr_bytes(&w, "\x52\x54\0\0\0\1" LAB_VM_MAC "\x08\0\x45\0", 16) &&
	          wr_u16(&w, (uint16_t)(28 + n)) && wr_bytes(&w, "\0\1\x40\0\x40\x11\0\0", 8) &&
	          wr_u32(&w, src) && wr_u32(&w, dst) && wr_u16(&w, sport) && wr_u16(&w, dport) &&
	          wr_u16(&w, (uint16_t)(8 + n)) && wr_u16(&w, 0) && wr_bytes(&w, payload, n) &&
	          wr_put_u16(&w, 24, decode_cksum(out + 14, 20, 0));

	if (!ok)
		abort();
	return w.len;
}

static inline size_t sample_add(struct sample *s, enum tape_kind kind, uint32_t dst, uint16_t dport,
                                const char *payload, int row)
{
	uint8_t frame[256];
	uint32_t src = kind == TAPE_GUEST_OUT ? LAB_VM_IP : LAB_PROVIDER_IP;
	size_t len = sample_udp(src, 40000, dst, dport, payload, frame);

	return tape_add(&s->tape, kind, frame, len, row);
}

/* egress-core/arch/internet-dns, which leaked. Item 0 of the tape is it, item 1 is another row. */
static inline void sample_make(struct sample *s)
{
	static char row_text[] = "udp $VM:40000 > $T:53 dns A leak-$NONCE.test";
	static char why[] = "names carry data out, so DNS to the internet must not leave";
	static char inject[] = "inject udp $VM:40000 > $CONSUMER payload \"one\"";
	static char wire[] = "wire udp $PROVIDER:* > $CONSUMER payload \"one\" count 1";
	static char none[] = "none guest udp $CONSUMER > $VM:40002";
	static const char drop[] =
	        "{\"v\":1,\"seq\":2,\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100.2\","
	        "\"sport\":40000,\"dst\":\"198.18.0.7\",\"dport\":53,\"reason\":\"no-rule\"}";
	static const char ready[] = "{\"v\":1,\"seq\":1,\"ev\":\"ready\"}";
	size_t leak;

	memset(s, 0, sizeof(*s));
	strcpy(s->outcome.id, "egress-core/arch");
	strcpy(s->outcome.row, "internet-dns");
	s->outcome.result = RESULT_FAIL;
	s->outcome.req.count = 2;
	strcpy(s->outcome.req.id[0], "MODE-001");
	strcpy(s->outcome.req.id[1], "EGR-010");
	strcpy(s->outcome.detail, "crossed the wire: udp 192.168.1.100:40000 > 198.18.0.7:53");
	strcpy(s->suite.name, "egress-core");
	strcpy(s->scn_case.name, "arch");
	s->rows[0] = (struct row){.id = "internet-dns", .text = row_text, .why = why};
	s->rows[1] = (struct row){.id = "other", .text = row_text, .verdict = ROW_PASS};
	s->scn_case.rows = s->rows;
	s->scn_case.row_count = 2;
	s->steps[0] = (struct step){.kind = STEP_INJECT, .text = inject};
	s->steps[1] = (struct step){.kind = STEP_WIRE, .text = wire};
	s->steps[2] = (struct step){.kind = STEP_NONE_GUEST, .text = none};

	tape_init(&s->tape);
	tape_add(&s->tape, TAPE_EVENT, ready, strlen(ready), TAPE_NO_ROW);
	tape_comment(&s->tape,
	             sample_add(s, TAPE_GUEST_OUT, LAB_CONSUMER_IP, LAB_CONSUMER_PORT, "pre", -1),
	             false, "sentinel");
	sample_add(s, TAPE_GUEST_OUT, IP4(198, 18, 0, 7), 53, "mine", 0);
	sample_add(s, TAPE_GUEST_OUT, IP4(198, 18, 0, 8), 53, "another's", 1);
	leak = sample_add(s, TAPE_WIRE_OUT, IP4(198, 18, 0, 7), 53, "mine", 0);
	tape_comment(&s->tape, leak, true, "LEAK of internet-dns");
	tape_add(&s->tape, TAPE_EVENT, drop, strlen(drop), TAPE_NO_ROW);
	tape_note(&s->tape, "the backend exited 0");
	for (size_t i = 0; i < s->tape.count; i++)
		s->tape.entries[i].t_ns = i * 100000;

	s->evidence = (struct evidence){.outcome = &s->outcome,
	                                .suite = &s->suite,
	                                .scn_case = &s->scn_case,
	                                .row = &s->rows[0],
	                                .tape = &s->tape,
	                                .backend = "build/refnat",
	                                .plane = "wire"};
}

static inline void sample_free(struct sample *s)
{
	tape_free(&s->tape);
}

#endif
