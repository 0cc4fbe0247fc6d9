/* SPDX-License-Identifier: ISC */
/* verdict_policy.h: policy and flow table */
#ifndef PROVE_VERDICT_POLICY_H
#define PROVE_VERDICT_POLICY_H
#include "prove/frozen.h"
#include "ref/flow.h"
#include "ref/ipv6.h"
#include "ref/lease.h"
#include "ref/policy.h"

/* Said of the functions that read policy and table when they are proved, and frozen when verdict.c is. */
#ifdef PROVE_LEAVES
#define SHOWN(predicate) predicate
#else
#define SHOWN(predicate) (0 == 0)
#endif

/*@ axiomatic Policy {
      logic integer rule_proto(struct policy *p, integer i);
      logic integer rule_ip(struct policy *p, integer i);
      logic integer rule_port(struct policy *p, integer i);
      logic integer rule_count(struct policy *p);
      logic integer vm_ip(struct policy *p);
      logic integer netmask(struct policy *p);
      logic integer gateway_ip(struct policy *p);
      logic integer dns_mode(struct policy *p);
      logic integer tls_mode(struct policy *p);
      logic integer tls_port(struct policy *p, integer i);
      logic integer tls_port_count(struct policy *p);
      logic integer http_port(struct policy *p, integer i);
      logic integer http_port_count(struct policy *p);
    }

    predicate rules_shown(struct policy *p) =
      p->rule_count == rule_count(p) && rule_count(p) <= POLICY_RULES_MAX &&
      \valid_read(p->rules + (0 .. rule_count(p) - 1)) &&
      (\forall integer i; 0 <= i < rule_count(p) ==> p->rules[i].proto == rule_proto(p, i)) &&
      (\forall integer i; 0 <= i < rule_count(p) ==> p->rules[i].ip == rule_ip(p, i)) &&
      (\forall integer i; 0 <= i < rule_count(p) ==> p->rules[i].port == rule_port(p, i));

    predicate ports_shown(struct policy *p) =
      p->web.tls_port_count == tls_port_count(p) && tls_port_count(p) <= POLICY_PORTS_MAX &&
      p->web.http_port_count == http_port_count(p) && http_port_count(p) <= POLICY_PORTS_MAX &&
      (\forall integer i; 0 <= i < tls_port_count(p) ==> p->web.tls_ports[i] == tls_port(p, i)) &&
      (\forall integer i; 0 <= i < http_port_count(p) ==> p->web.http_ports[i] == http_port(p, i));

    predicate policy_shown(struct policy *p) =
      \valid_read(p) && p->vm_ip == vm_ip(p) && p->netmask == netmask(p) && p->gateway_ip == gateway_ip(p) &&
      p->web.dns == dns_mode(p) && p->web.tls == tls_mode(p) && rules_shown(p) && ports_shown(p);

    predicate rules_sorted(struct policy *p) =
      \forall integer i, k; 0 <= i < k < rule_count(p) ==>
        rule_proto(p, i) < rule_proto(p, k) ||
        (rule_proto(p, i) == rule_proto(p, k) &&
         (rule_ip(p, i) < rule_ip(p, k) ||
          (rule_ip(p, i) == rule_ip(p, k) && rule_port(p, i) < rule_port(p, k))));

    predicate in_list(struct policy *p, integer proto, integer ip, integer port) =
      \exists integer i; 0 <= i < rule_count(p) &&
      rule_proto(p, i) == proto && rule_ip(p, i) == ip && rule_port(p, i) == port;

    predicate unicast(integer ip) = 0x01000000 <= ip < 0x7f000000 || 0x80000000 <= ip < 0xe0000000;

    predicate destination(struct policy *p, integer ip) =
      unicast(ip) && ip != vm_ip(p) && ip != gateway_ip(p) &&
      (((ip ^ vm_ip(p)) & netmask(p)) == 0 ==>
         (ip & (uint32_t)(~netmask(p))) != 0 && (ip & (uint32_t)(~netmask(p))) != (uint32_t)(~netmask(p)));

    predicate tls_among(struct policy *p, integer port) =
      \exists integer i; 0 <= i < tls_port_count(p) && tls_port(p, i) == port;

    predicate http_among(struct policy *p, integer port) =
      \exists integer i; 0 <= i < http_port_count(p) && http_port(p, i) == port;

    predicate served(struct policy *p, integer proto, integer ip, integer port) =
      ip == gateway_ip(p)
        ? dns_mode(p) != POLICY_DNS_OFF && port == POLICY_DNS_PORT && (proto == IPV4_UDP || proto == IPV4_TCP)
        : proto == IPV4_TCP && destination(p, ip) &&
          ((tls_mode(p) != POLICY_TLS_OFF && tls_among(p, port)) || http_among(p, port));
 */

/*@ requires \valid_read(policy);
    requires shown: SHOWN(policy_shown(policy));
    requires sorted: SHOWN(rules_sorted(policy));
    assigns \nothing;
    ensures \result == \null <==> !in_list(policy, proto, ip, port);
 */
const struct policy_rule *policy_find(const struct policy *policy, uint8_t proto, uint32_t ip,
                                      uint16_t port);

/*@ requires \valid_read(policy);
    requires shown: SHOWN(policy_shown(policy));
    assigns \nothing;
    ensures \result <==> destination(policy, ip);
 */
bool policy_is_destination(const struct policy *policy, uint32_t ip);

/*@ requires \valid_read(policy);
    requires shown: SHOWN(policy_shown(policy));
    assigns \nothing;
    ensures \result != POLICY_SERVICE_NONE <==> served(policy, proto, ip, port);
 */
enum policy_service policy_service(const struct policy *policy, uint8_t proto, uint32_t ip,
                                   uint16_t port);

/*@ axiomatic Flows {
      logic integer flow_number(struct flow_table *t, integer guest_ip, integer guest_port, integer proto,
                                integer peer_ip, integer peer_port);
      logic integer flow_capacity(struct flow_table *t);
      logic integer flow_count(struct flow_table *t);
      logic integer flow_oldest(struct flow_table *t);
      logic integer flow_idle_ns(struct flow_table *t);
      logic integer flow_timed(struct flow_table *t, integer number);
      logic integer flow_used_ns(struct flow_table *t, integer number);
    }

    predicate flows_shown(struct flow_table *t) =
      \valid_read(t) && t->capacity == flow_capacity(t) && t->count == flow_count(t) &&
      t->oldest == flow_oldest(t) && t->idle_ns == flow_idle_ns(t) &&
      (flow_oldest(t) == FLOW_NONE || flow_oldest(t) < flow_capacity(t)) &&
      \valid_read(t->flows + (0 .. flow_capacity(t) - 1)) &&
      (\forall integer i; 0 <= i < flow_capacity(t) ==> t->flows[i].timed == flow_timed(t, i)) &&
      (\forall integer i; 0 <= i < flow_capacity(t) ==> t->flows[i].used_ns == flow_used_ns(t, i));

    predicate expired(struct flow_table *t, integer number, integer now) =
      flow_timed(t, number) != 0 && (uint64_t)(now - flow_used_ns(t, number)) >= flow_idle_ns(t);

    predicate live(struct flow_table *t, integer number, integer now) =
      number != FLOW_NONE && !expired(t, number, now);

    predicate room(struct flow_table *t, integer now) =
      flow_count(t) < flow_capacity(t) || (flow_oldest(t) != FLOW_NONE && expired(t, flow_oldest(t), now));
 */

/*@ requires \valid_read(table);
    requires shown: SHOWN(flows_shown(table));
    requires \valid_read(key);
    assigns \nothing;
    ensures \result == flow_number(table, key->guest_ip, key->guest_port, key->proto, key->peer_ip, key->peer_port);
    ensures \result == FLOW_NONE || \result < flow_capacity(table);
 */
uint32_t flow_find(const struct flow_table *table, const struct flow_key *key);

/*@ requires \valid_read(table);
    requires shown: SHOWN(flows_shown(table));
    requires number < flow_capacity(table);
    assigns \nothing;
    ensures \result <==> expired(table, number, now_ns);
 */
bool flow_is_expired(const struct flow_table *table, uint32_t number, uint64_t now_ns);

/*@ requires \valid_read(table);
    requires shown: SHOWN(flows_shown(table));
    assigns \nothing;
    ensures flow_oldest(table) != FLOW_NONE && expired(table, flow_oldest(table), now_ns) ?
      \result == flow_oldest(table) : \result == FLOW_NONE;
 */
uint32_t flow_find_expired(const struct flow_table *table, uint64_t now_ns);

/*@ requires \valid_read(table);
    requires shown: SHOWN(flows_shown(table));
    assigns \nothing;
    ensures \result <==> room(table, now_ns);
 */
bool flow_has_room(const struct flow_table *table, uint64_t now_ns);

/*@ requires window(message.p, message.n) && \valid(out) && \separated(out, message.p + (0 .. message.n - 1));
    assigns *out;
    ensures \result == REASON_NONE ==> window(out->client_id.p, out->client_id.n);
 */
enum reason dhcp_parse(struct rd message, struct dhcp *out);

/*@ requires \valid_read(policy) && \valid_read(message) && \valid(reply);
    requires \separated(reply, policy, message);
    assigns *reply;
 */
enum reason lease_decide(const struct policy *policy, const struct dhcp *message,
                         struct dhcp_reply *reply);

/*@ requires window(packet.p, packet.n);
    assigns \nothing;
 */
bool ipv6_is_neighbour_noise(struct rd packet);

/*@ assigns \nothing; */
bool reason_is_violation(enum reason reason);

#endif
