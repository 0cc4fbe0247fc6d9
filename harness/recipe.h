/* SPDX-License-Identifier: ISC */
/* recipe.h: one packet described in words. The same words describe a packet to send (a recipe) and
 * packets to look for (a pattern); a pattern may leave things open.
 *
 *   udp $VM:40000 > $CONSUMER payload "ping-$NONCE"
 *   udp * > 203.0.113.50:* vlan=100 ip.ttl=0
 *   tcp $VM:4000 > $T:443 flags S
 *   icmp $VM > $GW echo-request        a word of recipe_word.c, or `type N`; then perhaps `code N`
 *   arp who-has $GW tell $VM
 *   arp reply $GW is-at 02:00:00:00:00:01 tell $VM
 *   dhcp discover                      or offer, request, decline, ack, nak, release, inform;
 *                                      unusual endpoints behind it: dhcp request $VM:68 > $GW:67
 *   ip4 $VM > $T proto 47 hex "00"     any protocol; `igmp A > B` is ip4 with proto 2
 *   udp6 [fe80::2]:546 > [ff02::1:2]:547      and tcp6
 *   icmp6 fe80::2 > ff02::2 rs         or ra, ns, na, mld, echo-request ..., `type N`
 *   ip6 fe80::2 > ff02::16 proto 89    any other next header
 *   eth 0x88cc hex "0207"              any EtherType (or an 802.3 length below 0x0600)
 *   raw hex "ffffffffffff..."          the whole frame, byte for byte
 *   replay bypass.pcap#12              frame 12 (the first is 1) of pcaps/bypass.pcap
 *   run "ping -c1 8.8.8.8" sends icmp $VM > 8.8.8.8
 *                                      vm plane: a program in the guest, and a pattern of the
 *                                      frame it must be seen to put on the frame channel
 *
 * Body, at most one of: payload "text", hex "0aff..", dns TYPE NAME (a query), carrying RECIPE (the
 * inner IPv4 or IPv6 packet of a tunnel or of an ICMP error; the last word of the outer packet, and
 * one level only; ip4 and ip6 without `proto` take 4 or 41 then, proto 47 gets its GRE header).
 * `size N` pads or cuts the body to N bytes. A recipe for udp, tcp, icmp echo, ip4, udp6, tcp6,
 * ip6, icmp6 echo and eth without a body carries "gauntlet-$NONCE", so that a leaked frame can be
 * traced to its row.
 *
 * KEY=VALUE words change single header fields after everything else was made right, so a recipe
 * says exactly what is wrong with the packet: see recipe_keys in recipe_key.c for the list, which
 * is also the one in docs/scenarios.md. Lengths and checksums are computed last unless a key sets
 * them; a checksum covers what the lengths in the packet say it covers.
 *
 * Variables: $VM $GW $PROVIDER $ROUTER (addresses), $CONSUMER (address:port, or the address where
 * only an address fits), $T (this row's own destination in 198.18.0.0/15), $NONCE (in strings and
 * names: unique per run and row), $NAT (the address and port the last matched `wire` statement of
 * the case came from), $SEQ and $ACK (in tcp.seq= and tcp.ack=, with +N or -N behind them: the
 * sequence and acknowledgement number of the guest's next segment, as the last matched `guest tcp`
 * statement of the case leaves them). `*` leaves an address, port or endpoint open, in patterns
 * only.
 */
#ifndef HARNESS_RECIPE_H
#define HARNESS_RECIPE_H

#include "harness/addr.h"
#include "harness/diag.h"
#include "harness/lex.h"
#include "harness/recipe_key.h" /* enum recipe_key: one per KEY=VALUE word */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECIPE_KEYS_MAX  12
#define RECIPE_TEXT_MAX  2048 /* source text of a body, of a command */
#define RECIPE_BYTES_MAX 64   /* bytes of a key's value */
#define RECIPE_WORDS_MAX 8    /* $SEQ and $ACK among them: four ranges of a SACK option */

enum recipe_kind {
	RECIPE_UDP,
	RECIPE_TCP,
	RECIPE_ICMP,
	RECIPE_ARP,
	RECIPE_DHCP,
	RECIPE_IP4,
	RECIPE_UDP6,
	RECIPE_TCP6,
	RECIPE_ICMP6,
	RECIPE_IP6,
	RECIPE_ETH,
	RECIPE_RAW,
	RECIPE_REPLAY,
	RECIPE_RUN,
};

enum recipe_body { BODY_DEFAULT, BODY_TEXT, BODY_HEX, BODY_DNS, BODY_CARRYING };

/* An IPv4 endpoint. `nat` means $NAT: filled in at run time. */
struct endpoint {
	bool any_ip, any_port, nat;
	uint32_t ip;
	uint16_t port;
};

struct endpoint6 {
	bool any_ip, any_port;
	uint8_t ip[16];
	uint16_t port;
};

/* A number that is known only when a case runs. */
enum recipe_sequence {
	SEQUENCE_NONE,
	SEQUENCE_SEQ, /* $SEQ */
	SEQUENCE_ACK, /* $ACK */
};

struct recipe_override {
	enum recipe_key key;
	enum recipe_sequence sequence; /* `number` is added to it, modulo 2^32 */
	uint64_t number; /* for numbers, addresses and MACs (MAC: 48 bits, first byte highest) */
	uint8_t bytes[RECIPE_BYTES_MAX];
	size_t bytes_len; /* for keys that take hex bytes, such as ip.opt, and IPv6 addresses */
	bool bad;         /* VALUE was the word `bad`: the right value, inverted */

	/* $SEQ and $ACK in tcp.opt: the four bytes from `at` on hold what is added to it. */
	struct {
		size_t at;
		enum recipe_sequence sequence;
	} words[RECIPE_WORDS_MAX];
	size_t word_count;
};

struct recipe {
	enum recipe_kind kind;
	bool pattern; /* parsed as a pattern */

	struct endpoint src, dst; /* udp tcp icmp ip4 dhcp; arp: src = sender, dst = target */
	struct endpoint6 src6, dst6;
	uint8_t type, code; /* icmp, icmp6; type also: arp operation, dhcp message type */
	bool any_type, any_code;
	uint16_t proto; /* ip4 protocol, ip6 next header, eth type */
	bool any_proto;
	uint8_t tcp_flags; /* TCP header's flag byte: FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 */
	bool any_flags;    /* pattern without `flags` */
	bool no_rst;       /* recipe_answer(): a reset is no answer */
	bool any_tags;     /* recipe_answer(): with any VLAN tags, or in LLC */
	uint8_t mac[6];    /* arp is-at */
	bool has_mac;

	enum recipe_body body;
	char text[RECIPE_TEXT_MAX]; /* payload text ($NONCE not yet replaced), hex digits, dns name,
	                             * command, capture file name */
	uint16_t dns_type;
	uint32_t frame_number; /* replay */
	bool has_size;
	uint32_t size;
	struct recipe *inner; /* carrying; run: the frame it sends. Owned, or NULL */

	struct recipe_override overrides[RECIPE_KEYS_MAX];
	size_t override_count;
};

/* What is known only when a case runs. */
struct recipe_vars {
	char nonce[24]; /* replaces $NONCE; letters and digits, unique per run and row */
	bool has_nat;
	uint32_t nat_ip; /* $NAT */
	uint16_t nat_port;
	bool has_tcp;
	uint32_t tcp_seq, tcp_ack; /* $SEQ, $ACK */
	const char *pcap_dir;      /* where replay files are looked up */
};

/* Parses words from `lx` up to the end of the line, or to a word in `stop` (NULL-terminated list of
 * words such as "count", "within"; may be NULL), which is left unread. `target` is the address $T
 * stands for, 0 where $T is not allowed. Errors go to `diag` with their column and, for misspelt
 * words, a suggestion; returns false after at least one error. On success the caller owns *out and
 * calls recipe_free(). */
bool recipe_parse(struct lex *lx, bool pattern, uint32_t target, const char *const *stop,
                  struct diag *diag, struct recipe *out);
void recipe_free(struct recipe *r);

/* The override with this key, or NULL. */
const struct recipe_override *recipe_find(const struct recipe *r, enum recipe_key key);

/* The number an override stands for; false when it is $SEQ or $ACK and that is not known yet. */
bool recipe_number_of(const struct recipe_override *o, const struct recipe_vars *vars,
                      uint64_t *out);

/* The bytes it stands for, bytes_len of them, likewise; `out` holds RECIPE_BYTES_MAX. */
bool recipe_bytes_of(const struct recipe_override *o, const struct recipe_vars *vars, uint8_t *out);

/* Whether $NAT, and whether $SEQ or $ACK stand in it or in the recipe inside it. */
bool recipe_uses_nat(const struct recipe *r);
bool recipe_uses_sequence(const struct recipe *r);

/* The number of its transport protocol (IPv6: the next header behind all extensions). */
uint8_t recipe_proto(const struct recipe *r);

/* Replaces $NONCE in `text`; true when it fits `out`. */
bool recipe_expand(const char *text, const struct recipe_vars *vars, char *out, size_t size);

/* The frame an attack would be answered with if somebody answered it: an ARP reply for who-has, an
 * echo reply for an echo request, UDP or TCP (without RST) with the endpoints exchanged, any DHCP
 * to the client. IPv6 likewise, and a neighbour advertisement for a solicitation. Bodies are left
 * open, and so are VLAN tags: an answer is an answer. For `run`, the answer to what it sends.
 * false when the recipe has no such answer. `*out` is a pattern; nothing in it is owned. */
bool recipe_answer(const struct recipe *r, struct recipe *out);

#endif
