/* SPDX-License-Identifier: ISC */
/* detect.h: a passive detector on the world's side of a provider: is each packet that leaves one that the VM's policy
 * allows? Pure: frames and their times come in, verdicts come out; nothing is allocated, nothing polled.
 *
 * The verdict on a packet is known when the packet is: nothing later can change it. What leaves the provider must be one
 * of these, or it is a violation:
 *
 *   allowed  IPv4, from the provider's own addresses (MAC and IP) to the router's MAC, whole (no fragment, no options, no
 *            fault that decode() finds, nothing but zeros behind it and these only up to Ethernet's least length), UDP or
 *            TCP, with (protocol, destination, port) in the policy's allow list. The source port is NAT's, any but 0.
 *   benign   what the provider's own kernel says by itself, each so narrow that nothing else fits through:
 *            - ARP: who has the router (asked of all, or of the router's MAC); an announcement or a probe of the provider's
 *              own address; the answer to a question for the provider's address that came in
 *            - ICMP echo reply, the same bytes as a request that came in
 *            - ICMP destination unreachable, protocol (3/2) or port (3/3), that quotes a packet that came in, as much of it
 *              as Linux quotes (548 bytes or all), byte for byte
 *            - TCP reset that answers a segment that came in as RFC 9293 section 3.5.2 says: the ports and addresses turned
 *              round, the sequence numbers that follow from it, and nothing else: no payload, options, window
 *            - a frame that detect_know() was told, byte for byte
 *
 * "That came in": as a packet to the provider, not yet answered, at most DETECT_ANSWER_NS before. A question is remembered
 * in a ring; when there were more, the oldest is forgotten, and its answer is a violation.
 *
 * So these are violations, among others: IPv6 of any kind, VLAN tags, 802.3 and unknown EtherTypes, fragments, spoofed
 * sources, pings, DNS, whatever the policy does not name. The modes of the policy do not matter here: what a filter may
 * let through unchecked is exactly what is to be seen. Below the tuple nothing is judged: payload, TTL, TOS, IP id, times.
 */
#ifndef HARNESS_DETECT_H
#define HARNESS_DETECT_H

#include "harness/oracle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DETECT_ANSWER_NS  1000000000 /* an answer follows its question within this */
#define DETECT_ASKED_MAX  64         /* questions remembered, of each of two kinds */
#define DETECT_QUOTE      548        /* bytes of a packet that Linux quotes in an ICMP error */
#define DETECT_KNOWN_MAX  32
#define DETECT_KNOWN_SIZE 512

/* Who is watched. */
struct detect_host {
	uint32_t ip; /* of its uplink */
	uint8_t mac[6];
	uint32_t router_ip; /* its next hop */
	uint8_t router_mac[6];
	/* The frames were seen on the provider itself, before its network card filled in the checksums of TCP and UDP:
	 * these are not looked at. */
	bool unfinished;
};

/* Which way a frame went. Who only has the frame, as in a capture file or behind a mirror port, says EITHER: then it came
 * in if it is from the router's MAC and for the provider's or a group's. All others are the provider's. */
enum detect_way { DETECT_OUT, DETECT_IN, DETECT_EITHER };

enum detect_verdict {
	DETECT_CAME_IN, /* not the provider's, not judged */
	DETECT_ALLOWED,
	DETECT_BENIGN,
	DETECT_VIOLATION,
	DETECT_VERDICT_COUNT
};

enum detect_reason {
	DETECT_FINE,
	DETECT_MALFORMED, /* decode() found a fault, or it is no Ethernet frame */
	DETECT_VLAN,
	DETECT_SOURCE_MAC, /* not the provider's */
	DETECT_ETHERTYPE,  /* 802.3, or a type other than ARP, IPv4 and IPv6 */
	DETECT_IPV6,
	DETECT_TRAILER,         /* bytes behind the packet that are not Ethernet's padding */
	DETECT_DESTINATION_MAC, /* not the router's */
	DETECT_ARP,             /* none of the three kinds */
	DETECT_FRAGMENT,
	DETECT_OPTIONS,
	DETECT_SOURCE,   /* not the provider's address */
	DETECT_ICMP,     /* not an answer to what came in */
	DETECT_PROTOCOL, /* other than UDP, TCP and ICMP */
	DETECT_PORT,     /* 0 as source */
	DETECT_TUPLE,    /* not in the allow list */
	DETECT_REASON_COUNT
};

struct detect_finding {
	enum detect_verdict verdict;
	enum detect_reason reason; /* of a violation, else DETECT_FINE */
	const char *rule;          /* the id of the allow entry, or NULL */
};

struct detect_asked {
	uint64_t t_ns;
	size_t len; /* of the packet; 0: none, or answered */
	uint8_t packet[DETECT_QUOTE];
};

struct detect_ring {
	struct detect_asked asked[DETECT_ASKED_MAX];
	unsigned next;
};

/* 130 KB; the caller's. */
struct detect {
	const struct oracle *policy; /* its allow list; borrowed */
	struct detect_host host;
	uint64_t frames;
	uint64_t count[DETECT_VERDICT_COUNT];

	/* Private. */
	struct detect_ring strangers; /* questions of anybody */
	struct detect_ring partners;  /* of those on the allow list, who send much */
	struct detect_ring arp;
	struct {
		size_t len;
		uint8_t frame[DETECT_KNOWN_SIZE];
	} known[DETECT_KNOWN_MAX];
	size_t known_count;
};

void detect_init(struct detect *d, const struct oracle *policy, const struct detect_host *host);
/* From now on this frame of the provider is benign. false: too long, too short, or too many; one that is known takes no
 * place. */
bool detect_know(struct detect *d, const void *frame, size_t len);
/* The next frame; `t_ns` on any clock that does not go back. */
struct detect_finding detect_frame(struct detect *d, enum detect_way way, uint64_t t_ns,
                                   const void *frame, size_t len);

/* "allowed"; "not-allowed-tuple". Constant. */
const char *detect_verdict_name(enum detect_verdict v);
const char *detect_reason_name(enum detect_reason r);
/* A sentence's end for people: "goes where the policy does not allow". */
const char *detect_reason_text(enum detect_reason r);

#endif
