/* SPDX-License-Identifier: ISC */
/* verdict.h: for the prover. */
#ifndef PROVE_VERDICT_H
#define PROVE_VERDICT_H

#include "prove/verdict_policy.h"
#include "ref/judge.h"

/* ---- the judge ---- */

/*@ predicate checks_all(integer mode) =
      mode != POLICY_DIRECT && mode != POLICY_SAMPLED && mode != POLICY_CONNTRACK;

    predicate world_apart(struct policy *p, struct flow_table *t, char *base) =
      \base_addr(p) != base && \base_addr(t) != base;

    predicate judge_ok(struct judge *j) =
      \valid(j) && \valid(j->out) && \valid_read(j->policy) && \valid_read(j->flows) && \base_addr(j) != \base_addr(j->out) &&
      world_apart(j->policy, j->flows, \base_addr(j)) && world_apart(j->policy, j->flows, \base_addr(j->out));

    predicate window_ok(struct judge *j, struct rd w) =
      window(w.p, w.n) && w.n <= 65535 && \base_addr(w.p) != \base_addr(j) && \base_addr(w.p) != \base_addr(j->out);

    predicate sent(integer kind) = kind == VERDICT_FORWARD || kind == VERDICT_NEW_FLOW;

    predicate carried(integer proto) = proto == IPV4_UDP || proto == IPV4_TCP;

    predicate opening(integer flags) = (flags & (TCP_SEG_SYN | TCP_SEG_ACK)) == TCP_SEG_SYN;

    predicate may_open(integer tcp_max, integer tcp_count, struct flow_table *t, integer now, integer proto,
                       integer flags) =
      (proto == IPV4_TCP ==> opening(flags) && tcp_count < tcp_max) && room(t, now);

    predicate allowed(struct policy *p, integer proto, integer ip, integer port) =
      in_list(p, proto, ip, port) || served(p, proto, ip, port);

    predicate known(struct flow_table *t, integer now, integer src, integer sport, integer proto, integer dst,
                    integer dport) =
      live(t, flow_number(t, src, sport, proto, dst, dport), now);
 */

/* Macros, for a predicate would take memory: of a number the prover need not be told again that it is what it was when
 * somebody has written elsewhere. */
#define HELD(j) ((j)->out->checked && checks_all((j)->policy->mode))

/* What became of it: of a function's result. */
#define KIND(j) (\old((j)->out)->kind)

#define MAY_OPEN(j, proto, flags) \
	may_open((j)->policy->tcp_max, (j)->flows->tcp_count, (j)->flows, (j)->now_ns, proto, flags)

/* Members one by one: a struct as a whole the prover takes for a piece of memory. */
#define KEY_OF(j) \
	(j)->out->key.guest_ip, (j)->out->key.peer_ip, (j)->out->key.guest_port, (j)->out->key.peer_port, \
	(j)->out->key.proto
#define PAYLOAD_OF(j) (j)->out->payload.p, (j)->out->payload.n
#define DHCP_OF(j) \
	(j)->out->dhcp.type, (j)->out->dhcp.xid, (j)->out->dhcp.flags, (j)->out->dhcp.ciaddr, \
	(j)->out->dhcp.yiaddr, (j)->out->dhcp.chaddr[0 .. ADDR_MAC_LEN - 1], (j)->out->dhcp.server_id, \
	(j)->out->dhcp.mask, (j)->out->dhcp.router, (j)->out->dhcp.dns, (j)->out->dhcp.lease_s, \
	(j)->out->dhcp.mtu, (j)->out->dhcp.client_id.p, (j)->out->dhcp.client_id.n, \
	(j)->out->dhcp.broadcast, (j)->out->dhcp.to_ip

/*@ requires judge_ok(j);
    assigns \nothing;
    ensures \result <==> j->policy->mode == POLICY_DIRECT;
 */
static bool is_direct(const struct judge *j);

/*@ requires judge_ok(j);
    assigns j->out->kind, j->out->reason, j->out->violation;
    ensures KIND(j) == VERDICT_DROP;
 */
static void drop(struct judge *j, enum reason reason);

/*@ requires judge_ok(j);
    assigns j->out->kind, j->out->reason, j->out->violation;
    ensures KIND(j) == VERDICT_DROP;
 */
static void drop_noise(struct judge *j, enum policy_benign kind, enum reason otherwise);

/*@ requires judge_ok(j);
    assigns \nothing;
    ensures vm: checks_all(j->policy->mode) ==> (\result <==> ip == j->policy->vm_ip);
 */
static bool is_source_ip(const struct judge *j, uint32_t ip);

/*@ requires judge_ok(j) && \valid_read(mac + (0 .. 5));
    assigns \nothing;
    ensures vm: checks_all(j->policy->mode) ==> (\result <==> mac_is(mac, &j->policy->vm_mac[0]));
 */
static bool is_source_mac(const struct judge *j, const uint8_t mac[ADDR_MAC_LEN]);

/*@ requires judge_ok(j) && \valid_read(arp);
    assigns \nothing;
 */
static bool is_asked_for(const struct judge *j, const struct arp *arp);

/*@ requires judge_ok(j) && window_ok(j, j->eth.payload);
    assigns *j->out;
    ensures !sent(KIND(j));
 */
static void judge_arp(struct judge *j);

/*@ requires \valid_read(seg);
    assigns \nothing;
    ensures \result <==> opening(seg->flags);
 */
static bool is_opening(const struct tcp_seg *seg);

/*@ requires judge_ok(j);
    assigns j->out->kind, j->out->reason, j->out->violation, j->out->reset;
    ensures KIND(j) == VERDICT_DROP;
 */
static void deny(struct judge *j, enum reason reason);

/*@ requires judge_ok(j);
    assigns PAYLOAD_OF(j);
 */
static void note_payload(struct judge *j, struct rd payload);

/*@ requires judge_ok(j);
    assigns KEY_OF(j);
    ensures j->out->key.guest_ip == j->ip.src && j->out->key.peer_ip == j->ip.dst &&
      j->out->key.guest_port == guest_port && j->out->key.peer_port == peer_port &&
      j->out->key.proto == j->ip.proto;
 */
static void note_key(struct judge *j, uint16_t guest_port, uint16_t peer_port);

/*@ requires judge_ok(j);
    requires j->out->kind == VERDICT_DROP;
    assigns j->out->kind, j->out->reason, j->out->violation, j->out->reset;
    ensures kinds: KIND(j) == VERDICT_NEW_FLOW || KIND(j) == VERDICT_DROP;
    ensures opens: KIND(j) == VERDICT_NEW_FLOW <==>
      MAY_OPEN(j, j->out->key.proto, j->out->tcp.flags);
 */
static void judge_new_flow(struct judge *j);

/*@ requires judge_ok(j);
    assigns \nothing;
    ensures \result <==> served(j->policy, j->ip.proto, j->ip.dst, j->out->tuple.dport);
 */
static bool is_served(const struct judge *j);

/*@ predicate key_open(struct judge *j) =
      MAY_OPEN(j, j->out->key.proto, j->out->tcp.flags);

    predicate key_known(struct judge *j) =
      known(j->flows, j->now_ns, j->out->key.guest_ip, j->out->key.guest_port, j->out->key.proto,
            j->out->key.peer_ip, j->out->key.peer_port);

    predicate key_allowed(struct judge *j) =
      in_list(j->policy, j->out->key.proto, j->out->key.peer_ip, j->out->key.peer_port) ||
      served(j->policy, j->ip.proto, j->ip.dst, j->out->tuple.dport);
 */

/*@ requires judge_ok(j);
    assigns \nothing;
    ensures live: \result != FLOW_NONE <==> key_known(j);
    ensures \result == FLOW_NONE || \result < flow_capacity(j->flows);
 */
static uint32_t find_live(const struct judge *j);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP;
    assigns j->out->flow, j->out->checked, j->out->rule,
            j->out->kind, j->out->reason, j->out->violation, j->out->reset;
    ensures kinds: sent(KIND(j)) || KIND(j) == VERDICT_DROP;
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==> key_allowed{Pre}(j);
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> key_known{Pre}(j);
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==> !key_known{Pre}(j) && key_open{Pre}(j);
    ensures all_known: \old(HELD(j)) && key_allowed{Pre}(j) && key_known{Pre}(j) ==> KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && key_allowed{Pre}(j) && !key_known{Pre}(j) && key_open{Pre}(j) ==>
      KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_flow(struct judge *j);

/*@ predicate ports_good(struct judge *j) =
      j->out->tuple.sport != 0 && j->out->tuple.dport != 0 &&
      (j->ip.proto == IPV4_UDP && j->udp.payload.n == 0 ==>
       !served(j->policy, j->ip.proto, j->ip.dst, j->out->tuple.dport));

    predicate pkt_allowed(struct judge *j) =
      allowed(j->policy, j->ip.proto, j->ip.dst, j->out->tuple.dport);

    predicate pkt_known(struct judge *j) =
      known(j->flows, j->now_ns, j->ip.src, j->out->tuple.sport, j->ip.proto, j->ip.dst, j->out->tuple.dport);

    predicate pkt_open(struct judge *j) =
      MAY_OPEN(j, j->ip.proto, j->out->tcp.flags);

    predicate pkt_reachable(struct judge *j) =
      j->ip.dst == j->policy->gateway_ip
        ? served(j->policy, j->ip.proto, j->ip.dst, j->out->tuple.dport)
        : destination(j->policy, j->ip.dst);
 */

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP;
    assigns j->out->flow, j->out->checked, j->out->rule, PAYLOAD_OF(j), KEY_OF(j),
            j->out->kind, j->out->reason, j->out->violation, j->out->reset;
    ensures kinds: sent(KIND(j)) || KIND(j) == VERDICT_DROP;
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==> ports_good{Pre}(j) && pkt_allowed{Pre}(j);
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> pkt_known{Pre}(j);
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==> !pkt_known{Pre}(j) && pkt_open{Pre}(j);
    ensures all_known: \old(HELD(j)) && ports_good{Pre}(j) && pkt_allowed{Pre}(j) && pkt_known{Pre}(j) ==>
      KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && ports_good{Pre}(j) && pkt_allowed{Pre}(j) && !pkt_known{Pre}(j) &&
      pkt_open{Pre}(j) ==> KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_ports(struct judge *j);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP && window_ok(j, j->icmp.rest);
    assigns j->out->flow, j->out->checked, j->out->rule, PAYLOAD_OF(j), KEY_OF(j),
            j->out->kind, j->out->reason, j->out->violation, j->out->reset;
    ensures none: \old(HELD(j)) ==> !sent(KIND(j));
 */
static void judge_icmp(struct judge *j);

/*@ requires judge_ok(j);
    assigns \nothing;
    ensures \result ==> j->ip.proto == IPV4_UDP && j->udp.dport == DHCP_SERVER_PORT &&
      (j->ip.dst == IPV4_BROADCAST || j->ip.dst == j->policy->gateway_ip);
 */
static bool is_dhcp(const struct judge *j);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP && window_ok(j, j->udp.payload);
    assigns j->out->kind, j->out->reason, j->out->violation, DHCP_OF(j);
    ensures none: !sent(KIND(j));
 */
static void judge_dhcp(struct judge *j);

/*@ requires judge_ok(j);
    assigns j->out->kind, j->out->reason, j->out->violation;
    ensures none: !sent(KIND(j));
 */
static void judge_group(struct judge *j);

/*@ requires judge_ok(j);
    assigns \nothing;
    ensures \result ==> j->ip.proto == IPV4_IGMP;
 */
static bool is_igmp(const struct judge *j);

/* What no parser writes: as it was before the call. */
#define KEPT(j) \
	(judge_ok(j) && (j)->out == \old((j)->out) && (j)->policy == \old((j)->policy) && \
	 (j)->flows == \old((j)->flows) && (j)->now_ns == \old((j)->now_ns) && \
	 (j)->eth.payload.p == \old((j)->eth.payload.p) && \
	 (j)->eth.payload.n == \old((j)->eth.payload.n) && \
	 (j)->out->kind == \old((j)->out->kind) && (j)->out->checked == \old((j)->out->checked) && \
	 (j)->policy->mode == \old((j)->policy->mode) && \
	 (j)->policy->gateway_ip == \old((j)->policy->gateway_ip) && \
	 (j)->policy->vm_ip == \old((j)->policy->vm_ip) && \
	 (j)->policy->tcp_max == \old((j)->policy->tcp_max) && \
	 (j)->flows->tcp_count == \old((j)->flows->tcp_count))

#define IP_KEPT(j) \
	((j)->ip.proto == \old((j)->ip.proto) && (j)->ip.src == \old((j)->ip.src) && \
	 (j)->ip.dst == \old((j)->ip.dst))

/*@ requires judge_ok(j) && window_ok(j, j->ip.payload);
    assigns UDP_OF(j->udp), j->out->tuple.has_ports, j->out->tuple.sport, j->out->tuple.dport;
    ensures right: \result == REASON_NONE <==>
      \old(udp_ok(j->ip.payload.p, j->ip.payload.n, j->ip.src, j->ip.dst));
    ensures ports: \result == REASON_NONE ==>
      j->out->tuple.sport == \old(be16(j->ip.payload.p)) &&
      j->out->tuple.dport == \old(be16(j->ip.payload.p + 2)) &&
      j->udp.dport == j->out->tuple.dport;
    ensures payload: \result == REASON_NONE ==> window_ok(j, j->udp.payload) &&
      j->udp.payload.n == \old(j->ip.payload.n) - 8;
    ensures kept: KEPT(j) && IP_KEPT(j);
 */
static enum reason parse_udp(struct judge *j);

/*@ requires judge_ok(j) && window_ok(j, j->ip.payload);
    assigns TCP_OF(j->out->tcp), j->out->tuple.has_ports, j->out->tuple.sport, j->out->tuple.dport;
    ensures right: \result == REASON_NONE <==>
      \old(tcp_seg_ok(j->ip.payload.p, j->ip.payload.n, j->ip.src, j->ip.dst));
    ensures ports: \result == REASON_NONE ==>
      j->out->tuple.sport == \old(be16(j->ip.payload.p)) &&
      j->out->tuple.dport == \old(be16(j->ip.payload.p + 2));
    ensures flags: \result == REASON_NONE ==>
      j->out->tcp.flags == \old(octet(j->ip.payload.p + 13)) % 32;
    ensures kept: KEPT(j) && IP_KEPT(j);
 */
static enum reason parse_tcp(struct judge *j);

/*@ requires judge_ok(j) && window_ok(j, j->ip.payload);
    assigns UDP_OF(j->udp), ICMP_OF(j->icmp), TCP_OF(j->out->tcp),
            j->out->tuple.has_ports, j->out->tuple.sport, j->out->tuple.dport;
    ensures udp: \old(j->ip.proto) == IPV4_UDP ==> (\result == REASON_NONE <==>
      \old(udp_ok(j->ip.payload.p, j->ip.payload.n, j->ip.src, j->ip.dst)));
    ensures tcp: \old(j->ip.proto) == IPV4_TCP ==> (\result == REASON_NONE <==>
      \old(tcp_seg_ok(j->ip.payload.p, j->ip.payload.n, j->ip.src, j->ip.dst)));
    ensures ports: \result == REASON_NONE && \old(carried(j->ip.proto)) ==>
      j->out->tuple.sport == \old(be16(j->ip.payload.p)) &&
      j->out->tuple.dport == \old(be16(j->ip.payload.p + 2));
    ensures payload: \result == REASON_NONE && \old(j->ip.proto) == IPV4_UDP ==> window_ok(j, j->udp.payload) &&
      j->udp.dport == j->out->tuple.dport && j->udp.payload.n == \old(j->ip.payload.n) - 8;
    ensures flags: \result == REASON_NONE && \old(j->ip.proto) == IPV4_TCP ==>
      j->out->tcp.flags == \old(octet(j->ip.payload.p + 13)) % 32;
    ensures icmp: \result == REASON_NONE && \old(j->ip.proto) == IPV4_ICMP ==> window_ok(j, j->icmp.rest);
    ensures kept: KEPT(j) && IP_KEPT(j);
 */
static enum reason parse_transport(struct judge *j);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP;
    requires j->ip.proto == IPV4_ICMP ==> window_ok(j, j->icmp.rest);
    assigns j->out->flow, j->out->checked, j->out->rule, PAYLOAD_OF(j), KEY_OF(j),
            j->out->kind, j->out->reason, j->out->violation, j->out->reset;
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==>
      \old(carried(j->ip.proto)) && pkt_reachable{Pre}(j) && ports_good{Pre}(j) && pkt_allowed{Pre}(j);
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> pkt_known{Pre}(j);
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==> !pkt_known{Pre}(j) && pkt_open{Pre}(j);
    ensures all_known: \old(HELD(j)) && \old(carried(j->ip.proto)) && pkt_reachable{Pre}(j) && ports_good{Pre}(j) &&
      pkt_allowed{Pre}(j) && pkt_known{Pre}(j) ==> KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && \old(carried(j->ip.proto)) && pkt_reachable{Pre}(j) && ports_good{Pre}(j) &&
      pkt_allowed{Pre}(j) && !pkt_known{Pre}(j) && pkt_open{Pre}(j) ==> KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_protocol(struct judge *j);

/* ---- the packet's bytes ---- */

/*@ logic integer ip_src(uint8_t *p) = be32(p + 12);
    logic integer ip_dst(uint8_t *p) = be32(p + 16);
    logic integer ip_proto(uint8_t *p) = octet(p + 9);
    logic uint8_t *transport(uint8_t *p) = p + ipv4_hdr(p);
    logic integer transport_len(uint8_t *p) = be16(p + 2) - ipv4_hdr(p);
    logic integer src_port(uint8_t *p) = be16(transport(p));
    logic integer dst_port(uint8_t *p) = be16(transport(p) + 2);

    predicate transport_whole(uint8_t *p) =
      (ip_proto(p) == IPV4_UDP && udp_ok(transport(p), transport_len(p), ip_src(p), ip_dst(p))) ||
      (ip_proto(p) == IPV4_TCP && tcp_seg_ok(transport(p), transport_len(p), ip_src(p), ip_dst(p)));

    predicate packet_whole(uint8_t *p, integer n) =
      ipv4_ok(p, n) && !ipv4_router_alert(p) && transport_whole(p) && src_port(p) != 0 && dst_port(p) != 0;

    predicate packet_allowed(struct policy *policy, integer vm, integer gateway, uint8_t *p) =
      ip_src(p) == vm && ip_src(p) != 0 &&
      (ip_dst(p) == gateway ? served(policy, ip_proto(p), ip_dst(p), dst_port(p))
                            : destination(policy, ip_dst(p))) &&
      (ip_proto(p) == IPV4_UDP && transport_len(p) == 8 ==> !served(policy, ip_proto(p), ip_dst(p), dst_port(p))) &&
      allowed(policy, ip_proto(p), ip_dst(p), dst_port(p));

    predicate packet_known(struct flow_table *t, integer now, uint8_t *p) =
      known(t, now, ip_src(p), src_port(p), ip_proto(p), ip_dst(p), dst_port(p));

    predicate packet_may_open(integer tcp_max, integer tcp_count, struct flow_table *t, integer now, uint8_t *p) =
      may_open(tcp_max, tcp_count, t, now, ip_proto(p), octet(transport(p) + 13) % 32);
 */

/* Of the packet at p with n bytes behind it. */
#define PACKET_PASSES(j, p, n) \
	(packet_whole(p, n) && packet_allowed((j)->policy, (j)->policy->vm_ip, (j)->policy->gateway_ip, p))
#define PACKET_KNOWN(j, p) packet_known((j)->flows, (j)->now_ns, p)
#define PACKET_MAY_OPEN(j, p) \
	packet_may_open((j)->policy->tcp_max, (j)->flows->tcp_count, (j)->flows, (j)->now_ns, p)

#define PASSES(j) PACKET_PASSES(j, (j)->eth.payload.p, (j)->eth.payload.n)
#define KNOWN(j)  PACKET_KNOWN(j, (j)->eth.payload.p)
#define OPENS(j)  PACKET_MAY_OPEN(j, (j)->eth.payload.p)

#define TO_GATEWAY(j) mac_is(&(j)->eth.dst[0], &(j)->policy->gateway_mac[0])

/*@ requires judge_ok(j) && window_ok(j, j->eth.payload);
    assigns IPV4_OF(j->ip), j->out->tuple.layer, j->out->tuple.has_ip, j->out->tuple.has_proto,
            j->out->tuple.proto, j->out->tuple.src, j->out->tuple.dst;
    ensures right: \result == REASON_NONE <==> ipv4_ok(j->eth.payload.p, j->eth.payload.n);
    ensures fields: \result == REASON_NONE ==> j->ip.proto == ip_proto(j->eth.payload.p) &&
      j->ip.src == ip_src(j->eth.payload.p) && j->ip.dst == ip_dst(j->eth.payload.p);
    ensures alert: \result == REASON_NONE ==> (j->ip.router_alert <==> ipv4_router_alert(j->eth.payload.p));
    ensures payload: \result == REASON_NONE ==> window_ok(j, j->ip.payload) &&
      j->ip.payload.p == transport(j->eth.payload.p) && j->ip.payload.n == transport_len(j->eth.payload.p);
 */
static enum reason parse_ipv4(struct judge *j);

/*@ requires judge_ok(j) && window_ok(j, j->eth.payload);
    assigns IPV4_OF(j->ip), j->out->tuple.layer, j->out->tuple.has_ip, j->out->tuple.has_proto,
            j->out->tuple.proto, j->out->tuple.src, j->out->tuple.dst;
    ensures whole: \result == REASON_NONE ==> ipv4_ok(j->eth.payload.p, j->eth.payload.n);
    ensures fields: \result == REASON_NONE ==> j->ip.proto == ip_proto(j->eth.payload.p) &&
      j->ip.src == ip_src(j->eth.payload.p) && j->ip.dst == ip_dst(j->eth.payload.p);
    ensures alert: \result == REASON_NONE && carried(j->ip.proto) ==> !ipv4_router_alert(j->eth.payload.p);
    ensures source: checks_all(j->policy->mode) && \result == REASON_NONE ==>
      j->ip.src == 0 || j->ip.src == j->policy->vm_ip;
    ensures payload: \result == REASON_NONE ==> window_ok(j, j->ip.payload) &&
      j->ip.payload.p == transport(j->eth.payload.p) && j->ip.payload.n == transport_len(j->eth.payload.p);
    ensures all: checks_all(j->policy->mode) && to_gateway && ipv4_ok(j->eth.payload.p, j->eth.payload.n) &&
      !ipv4_router_alert(j->eth.payload.p) && ip_src(j->eth.payload.p) == j->policy->vm_ip ==>
      \result == REASON_NONE;
    ensures kept: KEPT(j);
 */
static enum reason parse_header(struct judge *j, bool to_gateway);

/*@ requires judge_ok(j) && window_ok(j, j->eth.payload);
    assigns IPV4_OF(j->ip), j->out->tuple.layer, j->out->tuple.has_ip, j->out->tuple.has_proto,
            j->out->tuple.proto, j->out->tuple.src, j->out->tuple.dst, UDP_OF(j->udp), ICMP_OF(j->icmp), TCP_OF(j->out->tcp),
            j->out->tuple.has_ports, j->out->tuple.sport, j->out->tuple.dport;
    ensures whole: \result == REASON_NONE ==> ipv4_ok(j->eth.payload.p, j->eth.payload.n);
    ensures fields: \result == REASON_NONE ==> j->ip.proto == ip_proto(j->eth.payload.p) &&
      j->ip.src == ip_src(j->eth.payload.p) && j->ip.dst == ip_dst(j->eth.payload.p);
    ensures alert: \result == REASON_NONE && carried(j->ip.proto) ==> !ipv4_router_alert(j->eth.payload.p);
    ensures source: checks_all(j->policy->mode) && \result == REASON_NONE ==>
      j->ip.src == 0 || j->ip.src == j->policy->vm_ip;
    ensures transport: \result == REASON_NONE && carried(j->ip.proto) ==> transport_whole(j->eth.payload.p);
    ensures ports: \result == REASON_NONE && carried(j->ip.proto) ==>
      j->out->tuple.sport == src_port(j->eth.payload.p) && j->out->tuple.dport == dst_port(j->eth.payload.p);
    ensures payload: \result == REASON_NONE && j->ip.proto == IPV4_UDP ==> window_ok(j, j->udp.payload) &&
      j->udp.dport == j->out->tuple.dport && j->udp.payload.n == transport_len(j->eth.payload.p) - 8;
    ensures flags: \result == REASON_NONE && j->ip.proto == IPV4_TCP ==>
      j->out->tcp.flags == octet(transport(j->eth.payload.p) + 13) % 32;
    ensures icmp: \result == REASON_NONE && j->ip.proto == IPV4_ICMP ==> window_ok(j, j->icmp.rest);
    ensures all: checks_all(j->policy->mode) && to_gateway && ipv4_ok(j->eth.payload.p, j->eth.payload.n) &&
      !ipv4_router_alert(j->eth.payload.p) && transport_whole(j->eth.payload.p) &&
      ip_src(j->eth.payload.p) == j->policy->vm_ip ==> \result == REASON_NONE;
    ensures kept: KEPT(j);
 */
static enum reason parse_packet(struct judge *j, bool to_gateway);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP;
    requires fields: j->ip.proto == ip_proto(j->eth.payload.p) &&
      j->ip.src == ip_src(j->eth.payload.p) && j->ip.dst == ip_dst(j->eth.payload.p);
    requires whole: carried(j->ip.proto) ==> ipv4_ok(j->eth.payload.p, j->eth.payload.n) &&
      !ipv4_router_alert(j->eth.payload.p) && transport_whole(j->eth.payload.p);
    requires ports: carried(j->ip.proto) ==>
      j->out->tuple.sport == src_port(j->eth.payload.p) && j->out->tuple.dport == dst_port(j->eth.payload.p);
    requires source: checks_all(j->policy->mode) ==> j->ip.src == 0 || j->ip.src == j->policy->vm_ip;
    requires payload: j->ip.proto == IPV4_UDP ==> window_ok(j, j->udp.payload) &&
      j->udp.dport == j->out->tuple.dport && j->udp.payload.n == transport_len(j->eth.payload.p) - 8;
    requires flags: j->ip.proto == IPV4_TCP ==>
      j->out->tcp.flags == octet(transport(j->eth.payload.p) + 13) % 32;
    requires icmp: j->ip.proto == IPV4_ICMP ==> window_ok(j, j->icmp.rest);
    assigns j->out->flow, j->out->checked, j->out->rule, PAYLOAD_OF(j), KEY_OF(j),
            j->out->kind, j->out->reason, j->out->violation, j->out->reset, DHCP_OF(j);
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==> to_gateway && \old(PASSES(j));
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> \old(KNOWN(j));
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==> !\old(KNOWN(j)) && \old(OPENS(j));
    ensures all_known: \old(HELD(j)) && to_gateway && \old(PASSES(j)) && \old(KNOWN(j)) ==>
      KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && to_gateway && \old(PASSES(j)) && !\old(KNOWN(j)) && \old(OPENS(j)) ==>
      KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_packet(struct judge *j, bool to_gateway);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP && window_ok(j, j->eth.payload);
    assigns j->ip, j->udp, j->icmp, *j->out;
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==> to_gateway && \old(PASSES(j));
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> \old(KNOWN(j));
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==> !\old(KNOWN(j)) && \old(OPENS(j));
    ensures all_known: \old(HELD(j)) && to_gateway && \old(PASSES(j)) && \old(KNOWN(j)) ==> KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && to_gateway && \old(PASSES(j)) && !\old(KNOWN(j)) && \old(OPENS(j)) ==>
      KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_ipv4(struct judge *j, bool to_gateway);

/*@ requires judge_ok(j) && window_ok(j, j->eth.payload);
    assigns j->out->kind, j->out->reason, j->out->violation, j->out->tuple.layer;
    ensures none: !sent(KIND(j));
 */
static void judge_ipv6(struct judge *j);

/*@ requires \valid_read(policy);
    assigns \nothing;
    ensures checks_all(policy->mode) ==> \result;
 */
static bool is_checked(const struct policy *policy, uint32_t random);

/*@ predicate to_gateway(struct policy *policy, uint8_t *f) = mac_is(f, &policy->gateway_mac[0]);
    predicate from_vm(struct policy *policy, uint8_t *f) = mac_is(f + 6, &policy->vm_mac[0]);
    predicate frame_whole(integer mtu, uint8_t *f, integer n) =
      eth_ok(n, mtu) && be16(f + 12) == ETH_TYPE_IPV4 && packet_whole(f + 14, n - 14);
 */

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP && window_ok(j, j->eth.payload);
    assigns j->ip, j->udp, j->icmp, *j->out;
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==>
      \old(j->eth.type) == ETH_TYPE_IPV4 && \old(TO_GATEWAY(j)) && \old(PASSES(j));
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> \old(KNOWN(j));
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==> !\old(KNOWN(j)) && \old(OPENS(j));
    ensures all_known: \old(HELD(j)) && \old(j->eth.type) == ETH_TYPE_IPV4 && \old(TO_GATEWAY(j)) &&
      \old(PASSES(j)) && \old(KNOWN(j)) ==> KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && \old(j->eth.type) == ETH_TYPE_IPV4 && \old(TO_GATEWAY(j)) &&
      \old(PASSES(j)) && !\old(KNOWN(j)) && \old(OPENS(j)) ==> KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_type(struct judge *j);

/*@ requires judge_ok(j) && j->out->kind == VERDICT_DROP && j->policy->mtu <= POLICY_MTU_MAX;
    requires window(frame.p, frame.n) && frame.n <= 65550;
    requires \base_addr(frame.p) != \base_addr(j) && \base_addr(frame.p) != \base_addr(j->out);
    assigns j->eth, j->ip, j->udp, j->icmp, *j->out;
    ensures only_to_gateway: \old(HELD(j)) && sent(KIND(j)) ==> \old(to_gateway(j->policy, frame.p));
    ensures only_from_vm: \old(HELD(j)) && sent(KIND(j)) ==> \old(from_vm(j->policy, frame.p));
    ensures only: \old(HELD(j)) && sent(KIND(j)) ==>
      \old(frame_whole(j->policy->mtu, frame.p, frame.n)) &&
      \old(packet_allowed(j->policy, j->policy->vm_ip, j->policy->gateway_ip, frame.p + 14));
    ensures only_known: \old(HELD(j)) && KIND(j) == VERDICT_FORWARD ==> \old(PACKET_KNOWN(j, frame.p + 14));
    ensures only_new: \old(HELD(j)) && KIND(j) == VERDICT_NEW_FLOW ==>
      !\old(PACKET_KNOWN(j, frame.p + 14)) && \old(PACKET_MAY_OPEN(j, frame.p + 14));
    ensures all_known: \old(HELD(j)) && \old(to_gateway(j->policy, frame.p) && from_vm(j->policy, frame.p)) &&
      \old(frame_whole(j->policy->mtu, frame.p, frame.n)) &&
      \old(packet_allowed(j->policy, j->policy->vm_ip, j->policy->gateway_ip, frame.p + 14)) &&
      \old(PACKET_KNOWN(j, frame.p + 14)) ==> KIND(j) == VERDICT_FORWARD;
    ensures all_new: \old(HELD(j)) && \old(to_gateway(j->policy, frame.p) && from_vm(j->policy, frame.p)) &&
      \old(frame_whole(j->policy->mtu, frame.p, frame.n)) &&
      \old(packet_allowed(j->policy, j->policy->vm_ip, j->policy->gateway_ip, frame.p + 14)) &&
      !\old(PACKET_KNOWN(j, frame.p + 14)) && \old(PACKET_MAY_OPEN(j, frame.p + 14)) ==>
      KIND(j) == VERDICT_NEW_FLOW;
 */
static void judge_frame(struct judge *j, struct rd frame);

/*@ requires \valid(out);
    assigns *out;
    ensures out->kind == VERDICT_DROP && (checked ==> out->checked);
 */
static void clear(struct verdict *out, bool checked);

#define ALLOWED(policy, p) packet_allowed(policy, policy->vm_ip, policy->gateway_ip, p)
#define OPEN(policy, flows, now, p) packet_may_open(policy->tcp_max, flows->tcp_count, flows, now, p)

/*@ requires \valid_read(policy) && \valid_read(flows) && \valid(out);
    requires policy->mtu <= POLICY_MTU_MAX;
    requires frame.n <= 65550 && window(frame.p, frame.n);
    requires world_apart(policy, flows, \base_addr(out)) && \base_addr(frame.p) != \base_addr(out);
    assigns *out;
    ensures only_to_gateway: \old(checks_all(policy->mode)) && sent(out->kind) ==> to_gateway{Pre}(policy, frame.p);
    ensures only_from_vm: \old(checks_all(policy->mode)) && sent(out->kind) ==> from_vm{Pre}(policy, frame.p);
    ensures only: \old(checks_all(policy->mode)) && sent(out->kind) ==>
      \old(frame_whole(policy->mtu, frame.p, frame.n) && ALLOWED(policy, frame.p + 14));
    ensures only_known: \old(checks_all(policy->mode)) && out->kind == VERDICT_FORWARD ==>
      packet_known(flows, now_ns, frame.p + 14);
    ensures only_new: \old(checks_all(policy->mode)) && out->kind == VERDICT_NEW_FLOW ==>
      !packet_known(flows, now_ns, frame.p + 14) && \old(OPEN(policy, flows, now_ns, frame.p + 14));
    ensures all_known: \old(checks_all(policy->mode) && to_gateway(policy, frame.p) && from_vm(policy, frame.p)) &&
      \old(frame_whole(policy->mtu, frame.p, frame.n) && ALLOWED(policy, frame.p + 14)) &&
      packet_known(flows, now_ns, frame.p + 14) ==> out->kind == VERDICT_FORWARD;
    ensures all_new: \old(checks_all(policy->mode) && to_gateway(policy, frame.p) && from_vm(policy, frame.p)) &&
      \old(frame_whole(policy->mtu, frame.p, frame.n) && ALLOWED(policy, frame.p + 14)) &&
      !packet_known(flows, now_ns, frame.p + 14) && \old(OPEN(policy, flows, now_ns, frame.p + 14)) ==>
      out->kind == VERDICT_NEW_FLOW;
 */
void verdict_frame(const struct policy *policy, const struct flow_table *flows, uint64_t now_ns,
                   uint32_t random, struct rd frame, struct verdict *out);

#endif
