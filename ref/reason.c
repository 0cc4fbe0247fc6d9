/* SPDX-License-Identifier: ISC */
/* reason.c: the names of the reasons. */
#include "ref/reason.h"

#include <assert.h>

#define REASON_NAME_SIZE 24

/* Arrays, not pointers: the table needs no relocation and lands in read-only memory. */
static const char names[][REASON_NAME_SIZE] = {
        [REASON_NONE] = "none",
        [REASON_RUNT] = "runt",
        [REASON_TOO_BIG] = "too-big",
        [REASON_WRONG_SOURCE_MAC] = "wrong-source-mac",
        [REASON_VLAN] = "vlan",
        [REASON_LLC] = "llc",
        [REASON_UNKNOWN_ETHERTYPE] = "unknown-ethertype",
        [REASON_WRONG_DESTINATION_MAC] = "wrong-destination-mac",
        [REASON_IPV6] = "ipv6",
        [REASON_BENIGN] = "benign",
        [REASON_ARP_MALFORMED] = "arp-malformed",
        [REASON_ARP_WRONG_SENDER] = "arp-wrong-sender",
        [REASON_ARP_NOT_REQUEST] = "arp-not-request",
        [REASON_ARP_NOT_GATEWAY] = "arp-not-gateway",
        [REASON_BAD_VERSION] = "bad-version",
        [REASON_BAD_IHL] = "bad-ihl",
        [REASON_BAD_LENGTH] = "bad-length",
        [REASON_BAD_CHECKSUM] = "bad-checksum",
        [REASON_TTL_ZERO] = "ttl-zero",
        [REASON_FRAGMENT] = "fragment",
        [REASON_IP_OPTIONS] = "ip-options",
        [REASON_WRONG_SOURCE_IP] = "wrong-source-ip",
        [REASON_PROTOCOL] = "protocol",
        [REASON_UDP_LENGTH] = "udp-length",
        [REASON_UDP_CHECKSUM] = "udp-checksum",
        [REASON_PORT_ZERO] = "port-zero",
        [REASON_ICMP_MALFORMED] = "icmp-malformed",
        [REASON_ICMP] = "icmp",
        [REASON_DHCP_MALFORMED] = "dhcp-malformed",
        [REASON_DHCP_WRONG_CLIENT] = "dhcp-wrong-client",
        [REASON_DHCP_IGNORED] = "dhcp-ignored",
        [REASON_NOT_ALLOWED] = "not-allowed",
        [REASON_FLOW_TABLE_FULL] = "flow-table-full",
        [REASON_DIALER_REFUSED] = "dialer-refused",
        [REASON_NO_SOCKET] = "no-socket",
        [REASON_SEND_FAILED] = "send-failed",
        [REASON_GUEST_STALLED] = "guest-stalled",
        [REASON_UNSOLICITED] = "unsolicited",
        [REASON_PEER_CLOSED] = "peer-closed",
        [REASON_CUT_FRAME] = "cut-frame",
        [REASON_BAD_FRAME_LENGTH] = "bad-frame-length",
        [REASON_CHANNEL_ERROR] = "channel-error",
        [REASON_SIGNAL] = "signal",
        [REASON_DIALER_DIED] = "dialer-died",
        [REASON_AUDIT_FAILED] = "audit-failed",
};
static_assert(sizeof(names) == sizeof(names[0]) * REASON_COUNT, "every reason has a name");

const char *reason_name(enum reason reason)
{
	return (unsigned)reason < REASON_COUNT ? names[reason] : "invalid";
}
