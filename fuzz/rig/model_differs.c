/* SPDX-License-Identifier: ISC */
/* model_differs.c: holds a verdict against the model's, as far as its kind says that it is set. */
#include "fuzz/rig/model.h"

#include "fuzz/rig/plain.h"

static bool same_tuple(const struct tuple *a, const struct tuple *b)
{
	if (a->layer != b->layer || a->has_ip != b->has_ip || a->has_proto != b->has_proto ||
	    a->has_ports != b->has_ports)
		return false;
	if (a->has_ip && (a->src != b->src || a->dst != b->dst))
		return false;
	if (a->has_ports && (a->sport != b->sport || a->dport != b->dport))
		return false;
	return !a->has_proto || a->proto == b->proto;
}

static bool same_key(const struct flow_key *a, const struct flow_key *b)
{
	return a->guest_ip == b->guest_ip && a->peer_ip == b->peer_ip &&
	       a->guest_port == b->guest_port && a->peer_port == b->peer_port &&
	       a->proto == b->proto;
}

static const char *flow_differs(const struct verdict *judged, const struct verdict *expected)
{
	if (!same_key(&judged->key, &expected->key))
		return "a packet belongs to who talks to whom";
	if (judged->key.proto == 6)
		return plain_tcp_differs(&judged->tcp, &expected->tcp);
	return plain_same_window(judged->payload, expected->payload)
	               ? NULL
	               : "the payload is what the packet's lengths say, and nothing else";
}

static const char *drop_differs(const struct verdict *judged, const struct verdict *expected)
{
	if (judged->reason != expected->reason)
		return "the outermost fault of a frame is the reason of its drop";
	if (judged->violation != expected->violation)
		return "a violation is a checked frame dropped for the guest's doing";
	if (judged->reset != expected->reset)
		return "a RST is for segments without a connection and for denied SYNs";
	return judged->reset ? plain_tcp_differs(&judged->tcp, &expected->tcp) : NULL;
}

const char *model_differs(const struct verdict *judged, const struct verdict *expected)
{
	if (judged->kind != expected->kind)
		return "a frame is carried, answered or dropped as the model says";
	if (judged->checked != expected->checked)
		return "the mode says which frames are checked";
	if (!same_tuple(&judged->tuple, &expected->tuple))
		return "the audit is told the endpoints that the frame names";
	switch (judged->kind) {
	case VERDICT_DROP:
		return drop_differs(judged, expected);
	case VERDICT_FORWARD:
		if (judged->flow != expected->flow)
			return "a packet goes to the live flow of its five-tuple";
		return flow_differs(judged, expected);
	case VERDICT_NEW_FLOW:
		if (judged->rule != expected->rule)
			return "a new flow has the rule of its very endpoint";
		return flow_differs(judged, expected);
	case VERDICT_ANSWER_ARP:
		return plain_arp_differs(&judged->arp, &expected->arp);
	case VERDICT_ANSWER_ECHO:
		return flow_differs(judged, expected);
	case VERDICT_ANSWER_DHCP:
		return model_reply_differs(&judged->dhcp, &expected->dhcp);
	default:
		return "a verdict is one of six kinds";
	}
}
