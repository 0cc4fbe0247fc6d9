/* SPDX-License-Identifier: ISC */
/* policy.h: for the prover. The functions that look the policy up, over the policy's memory. */
#ifndef PROVE_POLICY_H
#define PROVE_POLICY_H

#define PROVE_LEAVES
#include "prove/verdict_policy.h"

/*@ predicate before(struct policy_rule *a, struct policy_rule *b) =
  @   a->proto < b->proto ||
  @   (a->proto == b->proto && (a->ip < b->ip || (a->ip == b->ip && a->port < b->port)));
  @ predicate rule_before(struct policy *p, integer i, integer proto, integer ip, integer port) =
  @   rule_proto(p, i) < proto || (rule_proto(p, i) == proto &&
  @     (rule_ip(p, i) < ip || (rule_ip(p, i) == ip && rule_port(p, i) < port)));
  @ predicate rule_behind(struct policy *p, integer i, integer proto, integer ip, integer port) =
  @   rule_proto(p, i) > proto || (rule_proto(p, i) == proto &&
  @     (rule_ip(p, i) > ip || (rule_ip(p, i) == ip && rule_port(p, i) > port)));
  @ predicate has(uint16_t *ports, integer n, integer port) =
  @   \exists integer i; 0 <= i < n && ports[i] == port; */

/*@ requires \valid_read(a) && \valid_read(b);
  @ assigns \nothing;
  @ ensures less: \result < 0 <==> before(a, b);
  @ ensures more: \result > 0 <==> before(b, a); */
int policy_compare(const struct policy_rule *a, const struct policy_rule *b);

/*@ requires \valid_read(ports + (0 .. count - 1));
  @ assigns \nothing;
  @ ensures among: \result <==> has(ports, count, port); */
static bool has_port(const uint16_t *ports, uint8_t count, uint16_t port);

/*@ assigns \nothing;
  @ ensures unicast: \result <==> unicast(ip); */
bool addr_is_unicast(uint32_t ip);

#endif
