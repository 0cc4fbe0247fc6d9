/* SPDX-License-Identifier: ISC */
/* model_policy.c: what a policy says of endpoints and of DHCP messages, said a second time. */
#include "fuzz/rig/model.h"

#include "fuzz/rig/plain.h"

bool model_is_destination(const struct policy *policy, uint32_t ip)
{
	const uint32_t first = policy->vm_ip & policy->netmask;
	const uint32_t last = policy->vm_ip | ~policy->netmask;

	if (ip < 0x01000000 || (ip >= 0x7f000000 && ip <= 0x7fffffff) || ip >= 0xe0000000)
		return false;
	return ip != first && ip != last && ip != policy->vm_ip && ip != policy->gateway_ip;
}

enum policy_service model_service(const struct policy *policy, uint8_t proto, uint32_t ip,
                                  uint16_t port)
{
	const struct policy_web *web = &policy->web;

	if (ip == policy->gateway_ip) {
		if (web->dns == POLICY_DNS_OFF || port != 53 || (proto != 6 && proto != 17))
			return POLICY_SERVICE_NONE;
		return POLICY_SERVICE_DNS;
	}
	if (proto != 6 || !model_is_destination(policy, ip))
		return POLICY_SERVICE_NONE;
	for (unsigned i = 0; web->tls != POLICY_TLS_OFF && i < web->tls_port_count; i++)
		if (web->tls_ports[i] == port)
			return POLICY_SERVICE_TLS;
	for (unsigned i = 0; i < web->http_port_count; i++)
		if (web->http_ports[i] == port)
			return POLICY_SERVICE_HTTP;
	return POLICY_SERVICE_NONE;
}

const struct policy_rule *model_rule(const struct policy *policy, uint8_t proto, uint32_t ip,
                                     uint16_t port)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].ip == ip && policy->rules[i].port == port &&
		    policy->rules[i].proto == proto)
			return &policy->rules[i];
	return NULL;
}

/* A REQUEST is for the VM's address when all that it says is that, and it says something. */
static bool asks_for_its_own(const struct policy *policy, const struct dhcp *asked)
{
	if (!asked->requested_ip && !asked->ciaddr)
		return false;
	return (!asked->requested_ip || asked->requested_ip == policy->vm_ip) &&
	       (!asked->ciaddr || asked->ciaddr == policy->vm_ip);
}

/* What the table of lease.h says, in its order. */
static uint8_t reply_type(const struct policy *policy, const struct dhcp *asked)
{
	switch (asked->type) {
	case DHCP_DISCOVER:
		return DHCP_OFFER;
	case DHCP_REQUEST:
		return asks_for_its_own(policy, asked) ? DHCP_ACK : DHCP_NAK;
	default:
		return DHCP_ACK;
	}
}

static enum reason refusal(const struct policy *policy, const struct dhcp *asked)
{
	if (memcmp(asked->chaddr, policy->vm_mac, 6) != 0 || asked->giaddr)
		return REASON_DHCP_WRONG_CLIENT;
	if (asked->type == DHCP_RELEASE || asked->type == DHCP_DECLINE)
		return REASON_BENIGN;
	if (asked->type == DHCP_REQUEST)
		return asked->server_id && asked->server_id != policy->gateway_ip ? REASON_BENIGN
		                                                                  : REASON_NONE;
	if (asked->type == DHCP_INFORM)
		return asked->ciaddr == policy->vm_ip ? REASON_NONE : REASON_DHCP_IGNORED;
	return asked->type == DHCP_DISCOVER ? REASON_NONE : REASON_DHCP_IGNORED;
}

enum reason model_lease(const struct policy *policy, const struct dhcp *asked,
                        struct dhcp_reply *reply)
{
	const enum reason reason = refusal(policy, asked);

	if (reason)
		return reason;
	*reply = (struct dhcp_reply){.type = reply_type(policy, asked),
	                             .xid = asked->xid,
	                             .flags = asked->flags & 0x8000,
	                             .server_id = policy->gateway_ip,
	                             .client_id = asked->client_id};
	memcpy(reply->chaddr, asked->chaddr, 6);
	/* RFC 2131 section 4.1: where it goes. */
	reply->broadcast = reply->type == DHCP_NAK || (reply->flags && !asked->ciaddr);
	reply->to_ip = reply->broadcast ? 0xffffffff : policy->vm_ip;
	if (reply->type == DHCP_NAK)
		return REASON_NONE;
	reply->mask = policy->netmask;
	reply->router = policy->gateway_ip;
	reply->mtu = policy->mtu;
	if (policy->web.dns != POLICY_DNS_OFF)
		reply->dns = policy->gateway_ip;
	if (asked->type == DHCP_REQUEST || asked->type == DHCP_INFORM)
		reply->ciaddr = asked->ciaddr; /* RFC 2131 table 3 */
	if (asked->type != DHCP_INFORM) {
		reply->yiaddr = policy->vm_ip;
		reply->lease_s = 86400;
	}
	return REASON_NONE;
}

const char *model_reply_differs(const struct dhcp_reply *a, const struct dhcp_reply *b)
{
	if (a->type != b->type)
		return "a DHCP message gets the type of answer that lease.h says";
	if (a->xid != b->xid || a->flags != b->flags || memcmp(a->chaddr, b->chaddr, 6) != 0 ||
	    !plain_same_window(a->client_id, b->client_id))
		return "a DHCP answer is for who asked";
	if (a->ciaddr != b->ciaddr || a->yiaddr != b->yiaddr || a->lease_s != b->lease_s)
		return "a DHCP answer gives the VM's address or none";
	if (a->server_id != b->server_id || a->mask != b->mask || a->router != b->router ||
	    a->dns != b->dns || a->mtu != b->mtu)
		return "a DHCP answer names the gateway, its net and its MTU";
	if (a->broadcast != b->broadcast || a->to_ip != b->to_ip)
		return "a DHCP answer goes where the client can hear it";
	return NULL;
}
