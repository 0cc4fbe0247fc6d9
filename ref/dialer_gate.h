/* SPDX-License-Identifier: ISC */
/* dialer_gate.h: what the dialer does for the gate: hands flows to it, and dials for it.
 *
 * The gate parses strangers' bytes, so its requests are looked at as if it had been taken over. What
 * it may reach however hard it asks is dialer_gate_allows(). Messages are in gate_wire.h.
 */
#ifndef REF_DIALER_GATE_H
#define REF_DIALER_GATE_H

#include "ref/gate_wire.h"

/* The dialer's ends; -1 when there is no gate, or it is gone. */
struct dialer_gate {
	int arrivals, dials;
};

/* Whether the policy lets the gate reach an endpoint: TCP to a port of TLS or HTTP, at an address
 * that is global or in dns.hosts; TCP and UDP to the resolver in mode forward. */
bool dialer_gate_allows(const struct policy *policy, uint8_t proto, uint32_t ip, uint16_t port);

/* Makes a pair, gives one end to the gate, and the other to *out with DIALER_LOCAL; else
 * DIALER_GATE_FULL or DIALER_NO_SOCKET. */
enum dialer_status dialer_gate_arrive(const struct dialer_gate *gate,
                                      const struct gate_arrival *arrival,
                                      struct dialer_sockets *out);

/* One message of the gate. DIAL is served; for DONE *done is set, with *kind. False when the gate is
 * gone, or does not talk as ours does: dialer_gate_lose() it. */
bool dialer_gate_serve(const struct dialer_gate *gate, const struct policy *policy,
                       const char *uplink, bool *done, enum order_kind *kind);

/* False as above. */
bool dialer_gate_order(const struct dialer_gate *gate, const struct order *order);

/* Nothing is the gate's any more. One that lives sees its pairs end, and ends. */
void dialer_gate_lose(struct dialer_gate *gate);

#endif
