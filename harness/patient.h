/* SPDX-License-Identifier: ISC */
/* patient.h: for tests only. What `gauntlet doctor` examines: a small NAT for UDP that keeps the contract, in the test's
 * own binary as toy.h is, of which it borrows the channel, the policies and the events. Over `fd`, mode filtered.
 *
 * PATIENT_BUG holds one of the words that patient_has() is asked about, and it misbehaves in that one way.
 */
#ifndef HARNESS_PATIENT_H
#define HARNESS_PATIENT_H

#include "harness/toy.h"

#include <linux/sockios.h>
#include <netinet/in.h>

#define PATIENT_FLOWS 16
#define PATIENT_DESCRIBE                                                                           \
	"{\"name\":\"patient\",\"version\":\"1\",\"audit\":\"none\",\"planes\":[\"wire\"],"        \
	"\"transports\":[\"fd\"],\"modes\":[\"filtered\"],"                                        \
	"\"caps\":[\"frames.stream\",\"arp\",\"dhcp\",\"allow.udp4\",\"nat.udp4\"]}"

struct patient_flow {
	int fd;
	uint8_t mac[6];
	uint8_t ends
	        [12]; /* source and destination address, source and destination port, as in the frame */
};

struct patient {
	struct toy toy;
	struct patient_flow flow[PATIENT_FLOWS];
	size_t flows, frames;
};

static inline bool patient_has(const char *bug)
{
	const char *have = getenv("PATIENT_BUG");

	return have && !strcmp(have, bug);
}

static inline uint16_t patient_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void patient_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* A UDP frame to the VM around `n` bytes of payload; without a UDP checksum. */
static inline void patient_emit(struct patient *p, const uint8_t mac[6], const uint8_t src[4],
                                const uint8_t dst[4], uint16_t sport, uint16_t dport,
                                const uint8_t *payload, size_t n)
{
	static uint8_t f[TOY_FRAME_MAX];
	static const uint8_t ip[10] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17};

	memset(f, 0, 42);
	memcpy(f, mac, 6);
	memcpy(f + 6, toy_mac, 6);
	f[12] = 8;
	memcpy(f + 14, ip, 10);
	patient_put16(f + 16, 28 + n);
	memcpy(f + 26, src, 4);
	memcpy(f + 30, dst, 4);
	patient_put16(f + 24, patient_sum(f + 14, 20));
	patient_put16(f + 34, sport);
	patient_put16(f + 36, dport);
	patient_put16(f + 38, 8 + n);
	memcpy(f + 42, payload, n);
	toy_write(&p->toy, f, 42 + n);
}

/* An offer for each message that comes to port 67. */
static inline void patient_dhcp(struct patient *p, const uint8_t *f, size_t n)
{
	static const uint8_t gw[4] = {192, 168, 100, 1}, all[4] = {255, 255, 255, 255};
	static const uint8_t options[] = {99,  130, 83, 99, 53, 1,   2,   54,  4, 192, 168,
	                                  100, 1,   51, 4,  0,  0,   14,  16,  1, 4,   255,
	                                  255, 255, 0,  3,  4,  192, 168, 100, 1, 255};
	uint8_t m[300] = {2, 1, 6, 0};

	if (n < 42 + 240)
		return;
	memcpy(m + 4, f + 42 + 4, 4); /* xid */
	memcpy(m + 16,
	       (uint8_t[]){192, 168, 100, patient_has("dhcp-gives-another-address") ? 9 : 2}, 4);
	memcpy(m + 28, f + 42 + 28, 16); /* chaddr */
	memcpy(m + 236, options, sizeof(options));
	patient_emit(p, f + 6, gw, all, 67, 68, m, sizeof(m));
}

static inline struct patient_flow *patient_flow_of(struct patient *p, const uint8_t *f)
{
	struct patient_flow *flow;
	uint8_t ends[12];

	memcpy(ends, f + 26, 8);
	memcpy(ends + 8, f + 34, 4);
	for (size_t i = 0; i < p->flows; i++)
		if (!memcmp(p->flow[i].ends, ends, 12))
			return &p->flow[i];
	if (p->flows == PATIENT_FLOWS)
		return NULL;
	flow = &p->flow[p->flows++];
	memcpy(flow->mac, f + 6, 6);
	memcpy(flow->ends, ends, 12);
	flow->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return flow;
}

static inline void patient_forward(struct patient *p, uint8_t *f, size_t n)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct patient_flow *flow = patient_flow_of(p, f);
	size_t len = ((size_t)f[38] << 8 | f[39]) - 8;

	if (!flow || len > n - 42)
		return;
	memcpy(&to.sin_addr, f + 30, 4);
	memcpy(&to.sin_port, f + 36, 2);
	if (patient_has("spoils-the-payload") && len)
		f[42] ^= 0x20;
	if (patient_has("keeps-the-source")) {
		int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

		sendto(raw, f + 14, 28 + len, 0, (struct sockaddr *)&to, sizeof(to));
		close(raw);
		return;
	}
	sendto(flow->fd, f + 42, len, 0, (struct sockaddr *)&to, sizeof(to));
}

static inline void patient_frame(struct patient *p, uint8_t *f, size_t n, bool enforcing)
{
	static const uint8_t consumer[6] = {203, 0, 113, 50, 0xca, 0xbc};
	bool allowed;

	p->frames++;
	if (n >= 42 && f[12] == 8 && f[13] == 6) {
		if (!patient_has("no-arp") && toy_arp(f, n))
			toy_write(&p->toy, f, n);
		return;
	}
	if (n < 42 || f[12] != 8 || f[13] != 0 || f[23] != 17)
		return;
	if (f[36] == 0 && f[37] == 67) {
		patient_dhcp(p, f, n);
		return;
	}
	if (patient_has("forwards-nothing-but-dhcp") || (n > 1024 && patient_has("small-buffers")))
		return;
	allowed = p->toy.open && !memcmp(f + 30, consumer, 4) && !memcmp(f + 36, consumer + 4, 2);
	if (allowed || !enforcing || patient_has("forwards-everything"))
		patient_forward(p, f, n);
}

/* What is in the socket; false at its end. */
static inline bool patient_read(struct patient *p, bool enforcing)
{
	static uint8_t f[TOY_FRAME_MAX];
	size_t n;

	if (patient_has("one-frame-a-read") || patient_has("whole-frames-a-read")) {
		ssize_t got = read(p->toy.fd, f, sizeof(f));
		bool first = true;

		for (size_t i = 0; got > 0 && i + 4 <= (size_t)got; first = false) {
			n = (size_t)f[i + 2] << 8 | f[i + 3];
			if (i + 4 + n > (size_t)got || (!first && patient_has("one-frame-a-read")))
				break;
			patient_frame(p, f + i + 4, n, enforcing);
			i += 4 + n;
		}
		return got > 0;
	}
	n = toy_read(&p->toy, f);
	if (!n)
		return false;
	patient_frame(p, f, n, enforcing);
	return true;
}

static inline void patient_reply(struct patient *p, struct patient_flow *flow)
{
	static uint8_t payload[TOY_FRAME_MAX];
	ssize_t n = recv(flow->fd, payload, 1472, MSG_DONTWAIT);
	const uint8_t *e = patient_has("replies-to-who-asked-first") ? p->flow[0].ends : flow->ends;

	if (n >= 0)
		patient_emit(p, flow->mac, flow->ends + 4, e, (uint16_t)(e[10] << 8 | e[11]),
		             (uint16_t)(e[8] << 8 | e[9]), payload, (size_t)n);
}

static inline void patient_live(struct patient *p)
{
	for (;;) {
		struct pollfd fds[1 + PATIENT_FLOWS] = {{.fd = p->toy.fd, .events = POLLIN}};

		for (size_t i = 0; i < p->flows; i++)
			fds[1 + i] = (struct pollfd){.fd = p->flow[i].fd, .events = POLLIN};
		poll(fds, 1 + p->flows, -1);
		for (size_t i = p->flows; i-- > 0;)
			if (fds[1 + i].revents)
				patient_reply(p, &p->flow[i]);
		if (fds[0].revents && !patient_read(p, true))
			return;
	}
}

static inline int patient_run(int argc, char **argv)
{
	static struct patient p = {.toy = {.listener = -1, .ctl = -1}};
	char *frames = NULL, *events = NULL, *path = NULL;
	json_t *policy;
	int code;

	for (int i = 2; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--policy"))
			path = argv[i + 1];
		else if (!strcmp(argv[i], "--frames"))
			frames = argv[i + 1];
		else if (!strcmp(argv[i], "--events"))
			events = argv[i + 1];
		else if (strcmp(argv[i], "--contract") && strcmp(argv[i], "--uplink"))
			return 89;
	}
	if (argc % 2 || !frames || !events || !path)
		return 89;
	policy = json_load_file(path, 0, NULL);
	code = toy_policy(policy);
	p.toy.open = json_array_size(json_object_get(policy, "allow")) > 0;
	json_decref(policy);
	if (code)
		return code;
	if (p.toy.open && patient_has("knows-no-lists"))
		return 69;
	toy_open(&p.toy, frames);
	p.toy.events = atoi(events + 3);
	if (patient_has("reads-before-it-enforces")) {
		struct pollfd first = {.fd = p.toy.fd, .events = POLLIN};

		while (poll(&first, 1, 200) > 0 && patient_read(&p, false))
			;
	}
	toy_event(&p.toy, "ready", "");
	patient_live(&p);
	if (patient_has("waits-for-its-flows") && p.flows)
		poll(NULL, 0, -1);
	if (patient_has("gives-up-under-load") && p.frames > 1000)
		return 1;
	toy_event(&p.toy, "bye", ",\"reason\":\"peer-closed\"");
	return 0;
}

/* -1 when the arguments are not those of a backend. */
static inline int patient_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "run"))
		return patient_run(argc, argv);
	if (!strcmp(word, "describe")) {
		puts(PATIENT_DESCRIBE);
		return 0;
	}
	return *word ? 89 : -1;
}

#endif
