/* SPDX-License-Identifier: ISC */
/* lease.c: the DHCP server's decisions. */
#include "ref/lease.h"

/* RFC 2131 section 4.1: a client that has an address gets the answer there; one that has not may
 * ask for a broadcast. */
static void address_reply(struct dhcp_reply *reply, const struct dhcp *message, uint32_t vm_ip)
{
	reply->broadcast = reply->type == DHCP_NAK ||
	                   (!message->ciaddr && message->flags & DHCP_FLAG_BROADCAST);
	reply->to_ip = reply->broadcast ? 0xffffffff : vm_ip;
}

static void fill_reply(struct dhcp_reply *reply, const struct policy *policy,
                       const struct dhcp *message, uint8_t type)
{
	*reply = (struct dhcp_reply){
	        .type = type,
	        .xid = message->xid,
	        .flags = message->flags & DHCP_FLAG_BROADCAST,
	        .server_id = policy->gateway_ip,
	        .client_id = message->client_id,
	};
	memcpy(reply->chaddr, message->chaddr, sizeof(reply->chaddr));
	address_reply(reply, message, policy->vm_ip);
	if (type == DHCP_NAK)
		return;
	reply->mask = policy->netmask;
	reply->router = policy->gateway_ip;
	reply->dns = policy->web.dns == POLICY_DNS_OFF ? 0 : policy->gateway_ip;
	reply->mtu = policy->mtu;
	if (message->type != DHCP_DISCOVER)
		reply->ciaddr = message->ciaddr;
	if (message->type != DHCP_INFORM) {
		reply->yiaddr = policy->vm_ip;
		reply->lease_s = LEASE_S;
	}
}

/* The address that a REQUEST wants: option 50 when selecting or rebooting, ciaddr when renewing. */
static bool wants_its_address(const struct policy *policy, const struct dhcp *message)
{
	if (message->requested_ip && message->ciaddr)
		return message->requested_ip == policy->vm_ip && message->ciaddr == policy->vm_ip;
	return (message->requested_ip | message->ciaddr) == policy->vm_ip;
}

enum reason lease_decide(const struct policy *policy, const struct dhcp *message,
                         struct dhcp_reply *reply)
{
	if (!eth_same(message->chaddr, policy->vm_mac) || message->giaddr)
		return REASON_DHCP_WRONG_CLIENT;
	switch (message->type) {
	case DHCP_DISCOVER:
		fill_reply(reply, policy, message, DHCP_OFFER);
		return REASON_NONE;
	case DHCP_REQUEST:
		if (message->server_id && message->server_id != policy->gateway_ip)
			return REASON_BENIGN;
		fill_reply(reply, policy, message,
		           wants_its_address(policy, message) ? DHCP_ACK : DHCP_NAK);
		return REASON_NONE;
	case DHCP_INFORM:
		if (message->ciaddr != policy->vm_ip)
			return REASON_DHCP_IGNORED;
		fill_reply(reply, policy, message, DHCP_ACK);
		return REASON_NONE;
	case DHCP_RELEASE:
	case DHCP_DECLINE:
		return REASON_BENIGN;
	default:
		return REASON_DHCP_IGNORED;
	}
}
