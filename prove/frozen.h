/* SPDX-License-Identifier: ISC */
/* frozen.h: for the prover. What verdict.c is told of the parsers: their contracts of spec.h, over a frame that is
 * frozen.
 *
 * The names mean what they mean in spec.h: ipv4_ok(p, n) says of the n bytes at p what it says there. Only the state of
 * the memory is left out, because it is always the same: verdict_frame() and all it calls write *out, locals and
 * nothing else, which their assigns clauses say and the prover proves, and *out is apart from the frame. So a byte of
 * the frame, a member of a rule or of a flow has one value from the first line to the last. Without that every call
 * would have to be followed by a proof that a checksum is still what it was.
 */
#ifndef PROVE_FROZEN_H
#define PROVE_FROZEN_H

#include "ref/arp.h"
#include "ref/eth.h"
#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/tcp_seg.h"
#include "ref/udp.h"

/*@ axiomatic Bytes {
  @   logic integer octet(uint8_t *p);
  @   logic integer be16(uint8_t *p);
  @   logic integer be32(uint8_t *p);
  @   logic integer ipv4_hdr(uint8_t *p);
  @   predicate ipv4_ok(uint8_t *p, integer n);
  @   predicate ipv4_router_alert(uint8_t *p);
  @   predicate udp_ok(uint8_t *p, integer n, integer src, integer dst);
  @   predicate tcp_seg_ok(uint8_t *p, integer n, integer src, integer dst);
  @ }
  @ predicate window{L}(uint8_t *p, integer n) = \valid_read(p + (0 .. n - 1));
  @ predicate mac_is{L}(uint8_t *mac, uint8_t *p) =
  @   mac[0] == p[0] && mac[1] == p[1] && mac[2] == p[2] &&
  @   mac[3] == p[3] && mac[4] == p[4] && mac[5] == p[5];
  @ predicate eth_ok(integer n, integer mtu) = 14 <= n <= 14 + mtu; */

/* All members, one by one: a struct as a whole the prover takes for a piece of memory. They are written as *out is. */
#define IPV4_OF(ip) (ip).src, (ip).dst, (ip).proto, (ip).router_alert, (ip).payload.p, (ip).payload.n
#define UDP_OF(udp) (udp).sport, (udp).dport, (udp).payload.p, (udp).payload.n
#define ICMP_OF(icmp) (icmp).type, (icmp).code, (icmp).rest.p, (icmp).rest.n
#define TCP_OF(tcp) \
	(tcp).sport, (tcp).dport, (tcp).seq, (tcp).ack, (tcp).flags, (tcp).window, (tcp).mss, \
	(tcp).window_scale, (tcp).sack_permitted, (tcp).sack_count, (tcp).sack[0 .. TCP_SEG_SACK_MAX - 1], \
	(tcp).payload.p, (tcp).payload.n

/* The six bytes of an array of ours are those that stood at p. */
#define MAC_COPIED(mac, p) \
	((mac)[0] == \old((p)[0]) && (mac)[1] == \old((p)[1]) && (mac)[2] == \old((p)[2]) && \
	 (mac)[3] == \old((p)[3]) && (mac)[4] == \old((p)[4]) && (mac)[5] == \old((p)[5]))

/*@ requires window(frame.p, frame.n) && \valid(out) && mtu <= ETH_MTU_MAX;
  @ requires \separated(out, frame.p + (0 .. frame.n - 1));
  @ assigns *out;
  @ ensures none: \result == REASON_NONE <==> eth_ok(frame.n, mtu);
  @ ensures dst: \result == REASON_NONE ==> MAC_COPIED(out->dst, frame.p);
  @ ensures src: \result == REASON_NONE ==> MAC_COPIED(out->src, frame.p + 6);
  @ ensures type: \result == REASON_NONE ==> out->type == be16(frame.p + 12);
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == frame.p + 14 && out->payload.n == frame.n - 14; */
enum reason eth_parse(struct rd frame, size_t mtu, struct eth *out);

/*@ requires \valid_read(a + (0 .. 5)) && \valid_read(b + (0 .. 5));
  @ assigns \nothing;
  @ ensures same: \result != 0 <==> mac_is(a, b); */
bool eth_same(const uint8_t a[ADDR_MAC_LEN], const uint8_t b[ADDR_MAC_LEN]);

/*@ requires \valid_read(mac);
  @ assigns \nothing; */
bool eth_is_group(const uint8_t mac[ADDR_MAC_LEN]);

/*@ requires \valid_read(mac + (0 .. 5));
  @ assigns \nothing; */
bool eth_is_broadcast(const uint8_t mac[ADDR_MAC_LEN]);

/*@ requires window(payload.p, payload.n) && \valid(out);
  @ requires \separated(out, payload.p + (0 .. payload.n - 1));
  @ assigns *out; */
enum reason arp_parse(struct rd payload, struct arp *out);

/* The last clause follows from ipv4_ok() as spec.h defines it. */
/*@ requires window(payload.p, payload.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, payload.p + (0 .. payload.n - 1));
  @ assigns IPV4_OF(*out), *readable;
  @ ensures none: \result == REASON_NONE <==> ipv4_ok(payload.p, payload.n);
  @ ensures addresses: \result == REASON_NONE ==> *readable != 0 && out->proto == octet(payload.p + 9) &&
  @   out->src == be32(payload.p + 12) && out->dst == be32(payload.p + 16);
  @ ensures alert: \result == REASON_NONE ==>
  @   (out->router_alert != 0 <==> ipv4_router_alert(payload.p));
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == payload.p + ipv4_hdr(payload.p) &&
  @   out->payload.n == be16(payload.p + 2) - ipv4_hdr(payload.p);
  @ ensures inside: \result == REASON_NONE ==> 20 <= ipv4_hdr(payload.p) &&
  @   out->payload.n + ipv4_hdr(payload.p) <= payload.n; */
enum reason ipv4_parse(struct rd payload, struct ipv4 *out, bool *readable);

/*@ requires window(datagram.p, datagram.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, datagram.p + (0 .. datagram.n - 1));
  @ assigns UDP_OF(*out), *readable;
  @ ensures none: \result == REASON_NONE <==> udp_ok(datagram.p, datagram.n, src, dst);
  @ ensures readable: *readable != 0 <==> datagram.n >= 4;
  @ ensures ports: datagram.n >= 4 ==>
  @   out->sport == be16(datagram.p) && out->dport == be16(datagram.p + 2);
  @ ensures payload: \result == REASON_NONE ==> datagram.n >= 8 &&
  @   out->payload.p == datagram.p + 8 && out->payload.n == datagram.n - 8; */
enum reason udp_parse(struct rd datagram, uint32_t src, uint32_t dst, struct udp *out,
                      bool *readable);

/*@ requires window(packet.p, packet.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, packet.p + (0 .. packet.n - 1));
  @ assigns TCP_OF(*out), *readable;
  @ ensures none: \result == REASON_NONE <==> tcp_seg_ok(packet.p, packet.n, src, dst);
  @ ensures readable: *readable != 0 <==> packet.n >= 4;
  @ ensures ports: packet.n >= 4 ==>
  @   out->sport == be16(packet.p) && out->dport == be16(packet.p + 2);
  @ ensures flags: \result == REASON_NONE ==> packet.n >= 20 && out->flags == octet(packet.p + 13) % 32; */
enum reason tcp_seg_parse(struct rd packet, uint32_t src, uint32_t dst, struct tcp_seg *out,
                          bool *readable);

/*@ requires window(message.p, message.n) && message.n <= 0x100000000 && \valid(out);
  @ requires \separated(out, message.p + (0 .. message.n - 1));
  @ assigns ICMP_OF(*out);
  @ ensures rest: \result == REASON_NONE ==> message.n >= 8 &&
  @   out->rest.p == message.p + 4 && out->rest.n == message.n - 4; */
enum reason icmp_parse(struct rd message, struct icmp *out);

/*@ assigns \nothing; */
bool icmp_is_error(uint8_t type);

#endif
