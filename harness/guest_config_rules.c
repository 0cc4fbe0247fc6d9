/* SPDX-License-Identifier: ISC */
/* guest_config_rules.c: the guest's firewall.
 *
 * Two hooks, because each sees what the other does not: `inet` is where programs' IPv4 and IPv6
 * packets pass, and what comes in; `netdev egress` is the card's own door, where frames of packet
 * sockets, of other interfaces on top of it and ARP pass as well. Both end in drop, and nothing is accepted because
 * of a connection that was there before: there is no connection tracking at all. nft(8) loads the
 * file as one transaction, so there is no moment with half of it.
 */
#include "harness/guest_config_part.h"

#include "harness/addr.h"

/* Bounds what a flood writes into the kernel's log. */
#define LOG "limit rate 20/second burst 50 packets log prefix \"ROGUE-ATTEMPT: %s \" level warn\n"

static bool with(const struct guest_config *g, enum guest_rule rule)
{
	return !g->without[rule];
}

unsigned guest_count_chains(const struct guest_config *g)
{
	return (unsigned)with(g, GUEST_INPUT) + with(g, GUEST_FORWARD) + with(g, GUEST_OUTPUT) +
	       with(g, GUEST_EGRESS);
}

/* The matches of the tunnel's datagrams, seen from the guest: `us` and `them` are "saddr" and "daddr" or the
 * other way round. Nothing but this one endpoint, in both directions. */
static void write_endpoint(const struct guest_config *g, bool out, FILE *to)
{
	const char *us = out ? "s" : "d", *them = out ? "d" : "s";
	char vm[ADDR_TEXT], peer[ADDR_TEXT];

	addr_ip4(g->vm_ip, vm);
	addr_ip4(g->endpoint_ip, peer);
	if (with(g, GUEST_SOURCE))
		fprintf(to, "ip %saddr %s ", us, vm);
	if (with(g, GUEST_ADDRESS))
		fprintf(to, "ip %saddr %s ", them, peer);
	if (with(g, GUEST_PROTOCOL))
		fprintf(to, "meta l4proto udp ");
	if (with(g, GUEST_SOURCE))
		fprintf(to, "th %sport %u ", us, g->listen_port);
	if (with(g, GUEST_PORT))
		fprintf(to, "th %sport %u ", them, g->endpoint_port);
	fprintf(to, "accept\n");
}

static void write_input(const struct guest_config *g, FILE *to)
{
	fprintf(to, "\tchain input {\n"
	            "\t\ttype filter hook input priority filter; policy drop;\n");
	if (with(g, GUEST_LOOPBACK))
		fprintf(to, "\t\tiifname \"lo\" accept\n");
	if (with(g, GUEST_TUNNEL))
		fprintf(to, "\t\tiifname \"wg0\" accept\n");
	if (with(g, GUEST_ENDPOINT)) {
		fprintf(to, "\t\tiifname \"%s\" ", g->interface);
		write_endpoint(g, false, to);
	}
	fprintf(to, "\t}\n");
}

static void write_output(const struct guest_config *g, FILE *to)
{
	fprintf(to, "\tchain output {\n"
	            "\t\ttype filter hook output priority filter; policy drop;\n");
	if (with(g, GUEST_LOOPBACK))
		fprintf(to, "\t\toifname \"lo\" accept\n");
	if (with(g, GUEST_TUNNEL))
		fprintf(to, "\t\toifname \"wg0\" accept\n");
	if (with(g, GUEST_ENDPOINT)) {
		fprintf(to, "\t\toifname \"%s\" ", g->interface);
		write_endpoint(g, true, to);
	}
	if (with(g, GUEST_LOG))
		fprintf(to, "\t\t" LOG, "output");
	fprintf(to, "\t}\n");
}

static void write_forward(const struct guest_config *g, FILE *to)
{
	fprintf(to, "\tchain forward {\n"
	            "\t\ttype filter hook forward priority filter; policy drop;\n");
	if (with(g, GUEST_LOG))
		fprintf(to, "\t\t" LOG, "forward");
	fprintf(to, "\t}\n");
}

static void write_egress(const struct guest_config *g, FILE *to)
{
	char vm[ADDR_TEXT], gateway[ADDR_TEXT];

	fprintf(to,
	        "\tchain egress {\n"
	        "\t\ttype filter hook egress device \"%s\" priority filter; policy drop;\n",
	        g->interface);
	if (with(g, GUEST_ENDPOINT)) {
		fprintf(to, "\t\t");
		write_endpoint(g, true, to);
	}
	if (with(g, GUEST_ARP)) {
		fprintf(to, "\t\tether type arp ");
		if (with(g, GUEST_ARP_GATEWAY))
			fprintf(to, "arp saddr ip %s arp daddr ip %s ", addr_ip4(g->vm_ip, vm),
			        addr_ip4(g->gateway, gateway));
		fprintf(to, "accept\n");
	}
	if (with(g, GUEST_LOG))
		fprintf(to, "\t\t" LOG, "egress");
	fprintf(to, "\t}\n");
}

void guest_write_rules(const struct guest_config *g, FILE *to)
{
	fprintf(to,
	        "#!/usr/sbin/nft -f\n"
	        "# Nothing leaves but one WireGuard tunnel. Made by `gauntlet guest-config`.\n"
	        "# Each table is made if it is missing, deleted, and made anew: one transaction.\n"
	        "table inet gauntlet_guest\n"
	        "delete table inet gauntlet_guest\n"
	        "table inet gauntlet_guest {\n");
	if (with(g, GUEST_INPUT))
		write_input(g, to);
	if (with(g, GUEST_FORWARD))
		write_forward(g, to);
	if (with(g, GUEST_OUTPUT))
		write_output(g, to);
	fprintf(to, "}\n"
	            "table netdev gauntlet_guest\n"
	            "delete table netdev gauntlet_guest\n"
	            "table netdev gauntlet_guest {\n");
	if (with(g, GUEST_EGRESS))
		write_egress(g, to);
	fprintf(to, "}\n# end\n");
}
