/* SPDX-License-Identifier: ISC */
/* reason.h: the closed list of reasons that events carry, and what each one means.
 *
 * A parser returns REASON_NONE or the reason why it refuses; so does every decision. The names that
 * reason_name() gives are part of the audit format: they are added to and retired, never renamed.
 *
 * Of several faults in one frame the outermost is reported; verdict.h has the order of the walk.
 */
#ifndef REF_REASON_H
#define REF_REASON_H

#include <stdbool.h>

enum reason {
	REASON_NONE, /* nothing wrong; never appears in a drop */

	/* Ethernet */
	REASON_RUNT,             /* runt: shorter than an Ethernet header */
	REASON_TOO_BIG,          /* too-big: above the MTU, guest frame or reply */
	REASON_WRONG_SOURCE_MAC, /* wrong-source-mac: not the policy's (in direct: a group address) */
	REASON_VLAN,             /* vlan: 802.1Q, 802.1ad or the old 0x9100 */
	REASON_LLC,              /* llc: an 802.3 length (below 0x600) instead of a type */
	REASON_UNKNOWN_ETHERTYPE,     /* unknown-ethertype: neither ARP, IPv4, IPv6 nor VLAN */
	REASON_WRONG_DESTINATION_MAC, /* wrong-destination-mac: not the gateway's, nor a broadcast
	                                 that ARP or DHCP may use */
	REASON_IPV6,                  /* ipv6: any IPv6 */
	REASON_BENIGN, /* benign: well-formed noise that the policy lists, needing no answer */

	/* ARP */
	REASON_ARP_MALFORMED,    /* arp-malformed: cut short, or not Ethernet/IPv4 */
	REASON_ARP_WRONG_SENDER, /* arp-wrong-sender: sender is not the VM's MAC and address */
	REASON_ARP_NOT_REQUEST,  /* arp-not-request: a reply, or another operation */
	REASON_ARP_NOT_GATEWAY,  /* arp-not-gateway: asks for another address than the gateway's */

	/* IPv4 */
	REASON_BAD_VERSION,     /* bad-version: version field is not 4 */
	REASON_BAD_IHL,         /* bad-ihl: header length below 20 bytes or past the frame */
	REASON_BAD_LENGTH,      /* bad-length: total length below the header or past the frame */
	REASON_BAD_CHECKSUM,    /* bad-checksum: header checksum */
	REASON_TTL_ZERO,        /* ttl-zero */
	REASON_FRAGMENT,        /* fragment: MF, an offset, or the reserved flag */
	REASON_IP_OPTIONS,      /* ip-options: any option other than NOP and end of list */
	REASON_WRONG_SOURCE_IP, /* wrong-source-ip: not the VM's (in direct: nobody's) */
	REASON_PROTOCOL,        /* protocol: neither UDP, TCP nor ICMP */

	/* UDP, ICMP, DHCP */
	REASON_UDP_LENGTH,        /* udp-length: header cut, or length below 8 or past the packet */
	REASON_UDP_CHECKSUM,      /* udp-checksum: given and wrong (0 means not given) */
	REASON_PORT_ZERO,         /* port-zero: source or destination port */
	REASON_ICMP_MALFORMED,    /* icmp-malformed: below 8 bytes, or its checksum is wrong */
	REASON_ICMP,              /* icmp: not an echo request, or to where none may go */
	REASON_DHCP_MALFORMED,    /* dhcp-malformed: fixed part, cookie or options */
	REASON_DHCP_WRONG_CLIENT, /* dhcp-wrong-client: hardware address not the VM's, or relayed */
	REASON_DHCP_IGNORED,      /* dhcp-ignored: meant for another server, or not a client's */

	/* TCP */
	REASON_TCP_LENGTH,   /* tcp-length: header cut, or data offset below 5 or past the packet */
	REASON_TCP_CHECKSUM, /* tcp-checksum */
	REASON_TCP_FLAGS,    /* tcp-flags: a combination that no honest stack sends */
	REASON_TCP_NO_CONNECTION, /* tcp-no-connection: no SYN, and no such connection */
	REASON_TCP_TABLE_FULL,    /* tcp-table-full: limits.tcp connections are open */

	/* policy and flows */
	REASON_NOT_ALLOWED,          /* not-allowed: no rule for (protocol, address, port) */
	REASON_WRONG_DESTINATION_IP, /* wrong-destination-ip: an address nobody can have, in any mode */
	REASON_THIS_HOST,            /* this-host: the address is the provider's own */
	REASON_ICMP_ERROR,      /* icmp-error: an ICMP error message, which kernels send unasked */
	REASON_FLOW_TABLE_FULL, /* flow-table-full: no idle flow can make room */
	REASON_DIALER_REFUSED,  /* dialer-refused: the dialer's own copy of the policy says no */
	REASON_NO_SOCKET,       /* no-socket: the dialer could not make or connect one */
	REASON_SEND_FAILED,     /* send-failed: the kernel did not take the datagram */
	REASON_GUEST_STALLED,   /* guest-stalled: an answer, and the guest does not read */
	REASON_UNSOLICITED,     /* unsolicited: upstream datagram from another than the endpoint */

	/* names, TLS and HTTP: the gate's, in dns, conn and http; `detail` says more */
	REASON_DNS_MALFORMED, /* dns-malformed: a question that is none, or a datagram of no bytes */
	REASON_NAME_DENIED,   /* name-denied: the policy's lists say no to the name */
	REASON_NAME_UNKNOWN,  /* name-unknown: an allowed name without an address: not in dns.hosts,
	                           and the resolver, if there is one, knows of none */
	REASON_NAME_PRIVATE,  /* name-private: it has addresses that no public name has */
	REASON_RESOLVER_FAILED, /* resolver-failed: no answer, or none that can be believed */
	REASON_TLS_MALFORMED, /* tls-malformed: no ClientHello that can be read; detail: tls_fault.h */
	REASON_TLS_REFUSED, /* tls-refused: a hello, or a handshake, of a kind that is not served:
	                           no name, old, ech where it cannot be looked into, no http/1.1 */
	REASON_HTTP_MALFORMED, /* http-malformed: no request that has one meaning; detail: http1.h */
	REASON_HOST_MISMATCH,  /* host-mismatch: another host than TLS was opened for */
	REASON_REQUEST_DENIED,       /* request-denied: a rule for requests, or the lack of one */
	REASON_UPGRADE_DENIED,       /* upgrade-denied: no rule allows this upgrade; CONNECT too */
	REASON_UPSTREAM_UNREACHABLE, /* upstream-unreachable: no connection, or it broke */
	REASON_UPSTREAM_CERTIFICATE, /* upstream-certificate: not verified, or not for the name */
	REASON_UPSTREAM_MALFORMED,   /* upstream-malformed: no reply that has one meaning */
	REASON_TOO_SLOW,             /* too-slow: a deadline ran out, the guest's or upstream's */
	REASON_TOO_LARGE,            /* too-large: a body above http.body_max */
	REASON_GATE_FULL,            /* gate-full: its tables are, or it does not keep up */

	/* why refnat ended; in bye only */
	REASON_PEER_CLOSED,      /* peer-closed: the guest's side closed between two frames */
	REASON_CUT_FRAME,        /* cut-frame: it closed in the middle of a frame */
	REASON_BAD_FRAME_LENGTH, /* bad-frame-length: a length prefix of 0 or above 65550 */
	REASON_CHANNEL_ERROR,    /* channel-error: the frame channel failed */
	REASON_SIGNAL,           /* signal: SIGTERM or SIGINT */
	REASON_DIALER_DIED,      /* dialer-died: the dialer ended or does not answer */
	REASON_GATE_DIED,        /* gate-died: the gate ended, or does not talk as ours does */
	REASON_AUDIT_FAILED,     /* audit-failed: an event could not be written */
	REASON_VIOLATION,        /* violation: ended by policy */

	REASON_COUNT
};

/* Whether a frame dropped for this reason did what an honest guest does not do. What a guest that
 * keeps to its policy may meet is no violation:
 *
 *	benign                  the policy says so
 *	dhcp-ignored            a client may talk to other servers; the message ends here
 *	icmp-error              kernels send them unasked, for what they were sent
 *	tcp-no-connection       the connection ended while the segment was under way
 *	tcp-table-full, flow-table-full, no-socket, send-failed, guest-stalled, gate-full
 *	                        shortages of refnat's, the kernel's or the world's
 *	dialer-refused          the policy was exchanged between the two looks at it
 *	unsolicited, name-unknown, name-private, resolver-failed, upstream-unreachable,
 *	upstream-certificate, upstream-malformed
 *	                        the world's doing
 *	too-slow                a machine may be busy
 *
 * and the reasons of a bye. All else is: malformed packets, because a virtual cable breaks none;
 * what no mode carries (fragments, IPv6, VLANs, other protocols); spoofed addresses; destinations
 * that are not allowed, that nobody can have (wrong-destination-ip) or that are the provider's own
 * (this-host); names, connections and requests that the policy denies or nobody can read for sure;
 * and noise of a kind that the policy does not list. */
bool reason_is_violation(enum reason reason);

/* The name as it stands in events; "invalid" for a value outside the enum. Static storage. */
const char *reason_name(enum reason reason);

#endif
