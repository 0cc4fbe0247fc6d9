/* SPDX-License-Identifier: ISC */
/* spec.h: for the prover. What the parsers of frames promise, in terms of the frame's bytes.
 *
 * Written from the RFCs and the headers of ref/, which it is read in front of; the prover joins these
 * contracts to the functions of the same name. NAME_ok() says of which bytes parser NAME returns
 * REASON_NONE: of these and of no others. docs/proof.md has the rest.
 */
#ifndef PROVE_SPEC_H
#define PROVE_SPEC_H

#include "prove/bits.h"
#include "ref/arp.h"
#include "ref/cksum.h"
#include "ref/eth.h"
#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/tcp_seg.h"
#include "ref/udp.h"

/* ---- numbers and windows ---- */

/*@ logic integer be16{L}(uint8_t *p) = p[0] * 256 + p[1];
  @ logic integer be32{L}(uint8_t *p) = p[0] * 16777216 + p[1] * 65536 + p[2] * 256 + p[3];
  @ predicate window{L}(uint8_t *p, integer n) = \valid_read(p + (0 .. n - 1));
  @ predicate mac_is{L}(uint8_t *mac, uint8_t *p) =
  @   mac[0] == p[0] && mac[1] == p[1] && mac[2] == p[2] &&
  @   mac[3] == p[3] && mac[4] == p[4] && mac[5] == p[5]; */

/* The six bytes of an array of ours are those that stood at p. */
#define MAC_IS(mac, p) (\forall integer i; 0 <= i < 6 ==> (mac)[i] == \old((p)[i]))

/* ---- the checksum, RFC 1071 ---- */

/* The sum of the 16-bit words in n bytes, of which an odd last one is padded with zero: the bytes at even places
 * are the upper halves. Then its ones' complement, which is 0 for 0 only. `covered`: the field in a sum of so much
 * is right. */
/* What these sums are knows who proves cksum.c and the lemmas (PROVE_SUMS). The parsers need the lemmas only, and a
 * solver that has more at hand goes astray. */
#ifdef PROVE_SUMS
/*@ axiomatic Octets {
  @   logic integer octets{L}(uint8_t *p, integer n) reads p[0 .. n - 1];
  @   axiom octets_none{L}: \forall uint8_t *p; octets(p, 0) == 0;
  @   axiom octets_even{L}: \forall uint8_t *p, integer n; 0 <= n && n % 2 == 0 ==>
  @     octets(p, n + 1) == octets(p, n) + 256 * p[n];
  @   axiom octets_odd{L}: \forall uint8_t *p, integer n; 0 <= n && n % 2 == 1 ==>
  @     octets(p, n + 1) == octets(p, n) + p[n];
  @ }
  @ logic integer ones(integer sum) = sum <= 0 ? 0 : (sum - 1) % 65535 + 1; */
#else
/*@ axiomatic Sums {
  @   logic integer octets{L}(uint8_t *p, integer n) reads p[0 .. n - 1];
  @   logic integer ones(integer sum);
  @ } */
#endif
#ifdef PROVE_LEMMAS /* goes from n to n - 1 for ever */
/*@ lemma octets_up{L}: \forall uint8_t *p, integer n; 0 < n ==>
  @   octets(p, n) == octets(p, n - 1) + (n % 2 == 0 ? p[n - 1] : 256 * p[n - 1]); */
#endif
/*@ lemma octets_same{A, B}: \forall uint8_t *p, integer n; 0 <= n ==>
  @   (\forall integer i; 0 <= i < n ==> 0 <= \at(p[i], A) == \at(p[i], B) <= 255) ==>
  @   octets{A}(p, n) == octets{B}(p, n); */
/*@ logic integer pseudo(integer src, integer dst, integer proto, integer len) =
  @   src / 65536 + src % 65536 + dst / 65536 + dst % 65536 + proto + len;
  @ predicate covered(integer sum) = ones(sum) == 65535;
  @ lemma ones_range: \forall integer a; 0 <= ones(a) <= 65535;
  @ lemma ones_twice: \forall integer a; ones(ones(a)) == ones(a);
  @ lemma ones_ones: \forall integer a, b; 0 <= a && 0 <= b ==> ones(ones(a) + b) == ones(a + b); */

/*@ requires n <= 0x100000000 && window(p, n);
  @ assigns \nothing;
  @ ensures sum: \result == ones(sum + octets(p, n)) && 0 <= octets(p, n); */
uint32_t cksum_add(uint32_t sum, const uint8_t *p, size_t n);

/*@ assigns \nothing;
  @ ensures sum: \result == ones(sum + pseudo(src, dst, proto, len)); */
uint32_t cksum_add_pseudo(uint32_t sum, uint32_t src, uint32_t dst, uint8_t proto, uint16_t len);

/*@ assigns \nothing;
  @ ensures complement: \result == 65535 - ones(sum); */
uint16_t cksum_finish(uint32_t sum);

/* ---- Ethernet ---- */

/*@ predicate eth_ok(integer n, integer mtu) = 14 <= n <= 14 + mtu; */

/*@ requires window(frame.p, frame.n) && \valid(out) && mtu <= ETH_MTU_MAX;
  @ requires \separated(out, frame.p + (0 .. frame.n - 1));
  @ assigns *out;
  @ ensures none: \result == REASON_NONE <==> eth_ok(frame.n, mtu);
  @ ensures too_big: \result == REASON_TOO_BIG <==> frame.n > 14 + mtu;
  @ ensures runt: \result == REASON_RUNT <==> frame.n < 14;
  @ ensures dst: \result == REASON_NONE ==> MAC_IS(out->dst, frame.p);
  @ ensures src: \result == REASON_NONE ==> MAC_IS(out->src, frame.p + 6);
  @ ensures type: \result == REASON_NONE ==> out->type == be16{Pre}(frame.p + 12);
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == frame.p + 14 && out->payload.n == frame.n - 14;
  @ ensures kept: \result != REASON_NONE ==> *out == \old(*out); */
enum reason eth_parse(struct rd frame, size_t mtu, struct eth *out);

/*@ requires \valid_read(a + (0 .. 5)) && \valid_read(b + (0 .. 5));
  @ assigns \nothing;
  @ ensures same: \result != 0 <==> mac_is(a, b); */
bool eth_same(const uint8_t a[ADDR_MAC_LEN], const uint8_t b[ADDR_MAC_LEN]);

/*@ requires \valid_read(mac);
  @ assigns \nothing;
  @ ensures group: \result != 0 <==> (mac[0] & 1) != 0; */
bool eth_is_group(const uint8_t mac[ADDR_MAC_LEN]);

/*@ requires \valid_read(mac + (0 .. 5));
  @ assigns \nothing;
  @ ensures broadcast: \result != 0 <==>
  @   mac[0] == 255 && mac[1] == 255 && mac[2] == 255 &&
  @   mac[3] == 255 && mac[4] == 255 && mac[5] == 255; */
bool eth_is_broadcast(const uint8_t mac[ADDR_MAC_LEN]);

/* ---- ARP, RFC 826 ---- */

/*@ predicate arp_kind{L}(uint8_t *p) =
  @   be16(p) == 1 && be16(p + 2) == 0x0800 && p[4] == 6 && p[5] == 4;
  @ predicate arp_ok{L}(uint8_t *p, integer n) = n >= 28 && arp_kind(p); */

/*@ requires window(payload.p, payload.n) && \valid(out);
  @ requires \separated(out, payload.p + (0 .. payload.n - 1));
  @ assigns *out;
  @ ensures none: \result == REASON_NONE <==> arp_ok{Pre}(payload.p, payload.n);
  @ ensures malformed: \result == REASON_ARP_MALFORMED <==> !arp_ok{Pre}(payload.p, payload.n);
  @ ensures operation: \result == REASON_NONE ==> out->operation == be16{Pre}(payload.p + 6);
  @ ensures sender_mac: \result == REASON_NONE ==> MAC_IS(out->sender_mac, payload.p + 8);
  @ ensures sender_ip: \result == REASON_NONE ==> out->sender_ip == be32{Pre}(payload.p + 14);
  @ ensures target_mac: \result == REASON_NONE ==> MAC_IS(out->target_mac, payload.p + 18);
  @ ensures target_ip: \result == REASON_NONE ==> out->target_ip == be32{Pre}(payload.p + 24);
  @ ensures kept: \result != REASON_NONE ==> *out == \old(*out); */
enum reason arp_parse(struct rd payload, struct arp *out);

/* ---- IPv4, RFC 791 ---- */

/*@ logic integer ipv4_hdr{L}(uint8_t *p) = p[0] % 16 * 4;
  @ predicate ipv4_whole{L}(uint8_t *p, integer n) =
  @   n >= 20 && p[0] / 16 == 4 && 20 <= ipv4_hdr(p) <= n && ipv4_hdr(p) <= be16(p + 2) <= n;
  @ predicate ipv4_atomic{L}(uint8_t *p) = (be16(p + 6) & 0xbfff) == 0;
  @ predicate ipv4_covered{L}(uint8_t *p) = covered(octets(p, ipv4_hdr(p)));
  @ predicate router_alert{L}(uint8_t *p, integer n) =
  @   n == 4 && p[0] == 0x94 && p[1] == 4 && p[2] == 0 && p[3] == 0;
  @ predicate padding{L}(uint8_t *p, integer n) = \forall integer i; 0 <= i < n ==> p[i] <= 1;
  @ predicate ipv4_router_alert{L}(uint8_t *p) = router_alert(p + 20, ipv4_hdr(p) - 20);
  @ predicate ipv4_ok{L}(uint8_t *p, integer n) =
  @   ipv4_whole(p, n) && ipv4_covered(p) && p[8] != 0 && ipv4_atomic(p) &&
  @   (ipv4_router_alert(p) || padding(p + 20, ipv4_hdr(p) - 20)); */

/*@ requires window(payload.p, payload.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, payload.p + (0 .. payload.n - 1));
  @ assigns *out, *readable;
  @ ensures none: \result == REASON_NONE <==> ipv4_ok(payload.p, payload.n);
  @ ensures readable: *readable != 0 <==> payload.n >= 20;
  @ ensures addresses: payload.n >= 20 ==> out->proto == payload.p[9] &&
  @   out->src == be32(payload.p + 12) && out->dst == be32(payload.p + 16);
  @ ensures alert: \result == REASON_NONE ==>
  @   (out->router_alert != 0 <==> ipv4_router_alert(payload.p));
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == payload.p + ipv4_hdr(payload.p) &&
  @   out->payload.n == be16(payload.p + 2) - ipv4_hdr(payload.p);
  @ ensures reasons: \result == REASON_NONE || \result == REASON_BAD_LENGTH ||
  @   \result == REASON_BAD_VERSION || \result == REASON_BAD_IHL ||
  @   \result == REASON_BAD_CHECKSUM || \result == REASON_TTL_ZERO ||
  @   \result == REASON_FRAGMENT || \result == REASON_IP_OPTIONS; */
enum reason ipv4_parse(struct rd payload, struct ipv4 *out, bool *readable);

/* ---- UDP, RFC 768 ---- */

/*@ predicate udp_ok{L}(uint8_t *p, integer n, integer src, integer dst) =
  @   n >= 8 && be16(p + 4) == n &&
  @   (be16(p + 6) == 0 || covered(pseudo(src, dst, 17, n) + octets(p, n))); */

/*@ requires window(datagram.p, datagram.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, datagram.p + (0 .. datagram.n - 1));
  @ assigns *out, *readable;
  @ ensures none: \result == REASON_NONE <==> udp_ok{Pre}(datagram.p, datagram.n, src, dst);
  @ ensures readable: *readable != 0 <==> datagram.n >= 4;
  @ ensures ports: datagram.n >= 4 ==>
  @   out->sport == be16{Pre}(datagram.p) && out->dport == be16{Pre}(datagram.p + 2);
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == datagram.p + 8 && out->payload.n == datagram.n - 8;
  @ ensures reasons: \result == REASON_NONE || \result == REASON_UDP_LENGTH ||
  @   \result == REASON_UDP_CHECKSUM; */
enum reason udp_parse(struct rd datagram, uint32_t src, uint32_t dst, struct udp *out,
                      bool *readable);

/* ---- TCP, RFC 9293 ---- */

/*@ logic integer tcp_hdr{L}(uint8_t *p) = p[12] / 16 * 4;
  @ predicate tcp_flags_ok(integer flags) =
  @   ((flags & TCP_SEG_SYN) != 0 || (flags & TCP_SEG_ACK) != 0 || (flags & TCP_SEG_RST) != 0) &&
  @   ((flags & TCP_SEG_SYN) != 0 ==> (flags & TCP_SEG_FIN) == 0 && (flags & TCP_SEG_RST) == 0) &&
  @   ((flags & TCP_SEG_FIN) != 0 ==> (flags & TCP_SEG_ACK) != 0);
  @ predicate tcp_covered{L}(uint8_t *p, integer n, integer src, integer dst) =
  @   covered(pseudo(src, dst, 6, n) + octets(p, n));
  @ predicate tcp_seg_ok{L}(uint8_t *p, integer n, integer src, integer dst) =
  @   20 <= n <= 65535 && 20 <= tcp_hdr(p) <= n && tcp_covered(p, n, src, dst) &&
  @   tcp_flags_ok(p[13] % 32);
  @ predicate tcp_options_sane{L}(struct tcp_seg *seg) =
  @   -1 <= seg->window_scale <= 14 && 0 <= seg->sack_count <= TCP_SEG_SACK_MAX &&
  @   ((seg->flags & TCP_SEG_SYN) == 0 ==>
  @    seg->mss == 0 && seg->window_scale == -1 && seg->sack_permitted == 0); */

/*@ requires window(packet.p, packet.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, packet.p + (0 .. packet.n - 1));
  @ assigns *out, *readable;
  @ ensures none: \result == REASON_NONE <==> tcp_seg_ok{Pre}(packet.p, packet.n, src, dst);
  @ ensures readable: *readable != 0 <==> packet.n >= 4;
  @ ensures ports: packet.n >= 4 ==>
  @   out->sport == be16{Pre}(packet.p) && out->dport == be16{Pre}(packet.p + 2);
  @ ensures numbers: \result == REASON_NONE ==> out->seq == be32{Pre}(packet.p + 4) &&
  @   out->ack == be32{Pre}(packet.p + 8) && out->window == be16{Pre}(packet.p + 14);
  @ ensures flags: \result == REASON_NONE ==> out->flags == \old(packet.p[13]) % 32;
  @ ensures options: tcp_options_sane(out);
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == packet.p + tcp_hdr{Pre}(packet.p) &&
  @   out->payload.n == packet.n - tcp_hdr{Pre}(packet.p);
  @ ensures reasons: \result == REASON_NONE || \result == REASON_TCP_LENGTH ||
  @   \result == REASON_TCP_CHECKSUM || \result == REASON_TCP_FLAGS; */
enum reason tcp_seg_parse(struct rd packet, uint32_t src, uint32_t dst, struct tcp_seg *out,
                          bool *readable);

/* ---- ICMP, RFC 792 ---- */

/*@ predicate icmp_ok{L}(uint8_t *p, integer n) = n >= 8 && covered(octets(p, n)); */

/*@ requires window(message.p, message.n) && message.n <= 0x100000000 && \valid(out);
  @ requires \separated(out, message.p + (0 .. message.n - 1));
  @ assigns *out;
  @ ensures none: \result == REASON_NONE <==> icmp_ok{Pre}(message.p, message.n);
  @ ensures malformed: \result == REASON_ICMP_MALFORMED <==> !icmp_ok{Pre}(message.p, message.n);
  @ ensures header: \result == REASON_NONE ==>
  @   out->type == \old(message.p[0]) && out->code == \old(message.p[1]);
  @ ensures rest: \result == REASON_NONE ==>
  @   out->rest.p == message.p + 4 && out->rest.n == message.n - 4;
  @ ensures kept: \result != REASON_NONE ==> *out == \old(*out); */
enum reason icmp_parse(struct rd message, struct icmp *out);

/*@ assigns \nothing;
  @ ensures error: \result != 0 <==> type == 3 || type == 11 || type == 12; */
bool icmp_is_error(uint8_t type);

#endif
