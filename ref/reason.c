/* SPDX-License-Identifier: ISC */
/* reason.c: the names of the reasons, and which of them are violations. */
#include "ref/reason.h"

#include <assert.h>

#define REASON_NAME_SIZE 24

/* An array for the name, no pointer: the table needs no relocation and lands in read-only memory. */
static const struct {
	char name[REASON_NAME_SIZE];
	bool violation;
} reasons[] = {
        [REASON_NONE] = {"none", false},
        [REASON_RUNT] = {"runt", true},
        [REASON_TOO_BIG] = {"too-big", true},
        [REASON_WRONG_SOURCE_MAC] = {"wrong-source-mac", true},
        [REASON_VLAN] = {"vlan", true},
        [REASON_LLC] = {"llc", true},
        [REASON_UNKNOWN_ETHERTYPE] = {"unknown-ethertype", true},
        [REASON_WRONG_DESTINATION_MAC] = {"wrong-destination-mac", true},
        [REASON_IPV6] = {"ipv6", true},
        [REASON_BENIGN] = {"benign", false},
        [REASON_ARP_MALFORMED] = {"arp-malformed", true},
        [REASON_ARP_WRONG_SENDER] = {"arp-wrong-sender", true},
        [REASON_ARP_NOT_REQUEST] = {"arp-not-request", true},
        [REASON_ARP_NOT_GATEWAY] = {"arp-not-gateway", true},
        [REASON_BAD_VERSION] = {"bad-version", true},
        [REASON_BAD_IHL] = {"bad-ihl", true},
        [REASON_BAD_LENGTH] = {"bad-length", true},
        [REASON_BAD_CHECKSUM] = {"bad-checksum", true},
        [REASON_TTL_ZERO] = {"ttl-zero", true},
        [REASON_FRAGMENT] = {"fragment", true},
        [REASON_IP_OPTIONS] = {"ip-options", true},
        [REASON_WRONG_SOURCE_IP] = {"wrong-source-ip", true},
        [REASON_PROTOCOL] = {"protocol", true},
        [REASON_UDP_LENGTH] = {"udp-length", true},
        [REASON_UDP_CHECKSUM] = {"udp-checksum", true},
        [REASON_PORT_ZERO] = {"port-zero", true},
        [REASON_ICMP_MALFORMED] = {"icmp-malformed", true},
        [REASON_ICMP] = {"icmp", true},
        [REASON_DHCP_MALFORMED] = {"dhcp-malformed", true},
        [REASON_DHCP_WRONG_CLIENT] = {"dhcp-wrong-client", true},
        [REASON_DHCP_IGNORED] = {"dhcp-ignored", false},
        [REASON_TCP_LENGTH] = {"tcp-length", true},
        [REASON_TCP_CHECKSUM] = {"tcp-checksum", true},
        [REASON_TCP_FLAGS] = {"tcp-flags", true},
        [REASON_TCP_NO_CONNECTION] = {"tcp-no-connection", false},
        [REASON_TCP_TABLE_FULL] = {"tcp-table-full", false},
        [REASON_NOT_ALLOWED] = {"not-allowed", true},
        [REASON_WRONG_DESTINATION_IP] = {"wrong-destination-ip", true},
        [REASON_THIS_HOST] = {"this-host", true},
        [REASON_ICMP_ERROR] = {"icmp-error", false},
        [REASON_FLOW_TABLE_FULL] = {"flow-table-full", false},
        [REASON_DIALER_REFUSED] = {"dialer-refused", false},
        [REASON_NO_SOCKET] = {"no-socket", false},
        [REASON_SEND_FAILED] = {"send-failed", false},
        [REASON_GUEST_STALLED] = {"guest-stalled", false},
        [REASON_UNSOLICITED] = {"unsolicited", false},
        [REASON_DNS_MALFORMED] = {"dns-malformed", true},
        [REASON_NAME_DENIED] = {"name-denied", true},
        [REASON_NAME_UNKNOWN] = {"name-unknown", false},
        [REASON_NAME_PRIVATE] = {"name-private", false},
        [REASON_RESOLVER_FAILED] = {"resolver-failed", false},
        [REASON_TLS_MALFORMED] = {"tls-malformed", true},
        [REASON_TLS_REFUSED] = {"tls-refused", true},
        [REASON_HTTP_MALFORMED] = {"http-malformed", true},
        [REASON_HOST_MISMATCH] = {"host-mismatch", true},
        [REASON_REQUEST_DENIED] = {"request-denied", true},
        [REASON_UPGRADE_DENIED] = {"upgrade-denied", true},
        [REASON_UPSTREAM_UNREACHABLE] = {"upstream-unreachable", false},
        [REASON_UPSTREAM_CERTIFICATE] = {"upstream-certificate", false},
        [REASON_UPSTREAM_MALFORMED] = {"upstream-malformed", false},
        [REASON_TOO_SLOW] = {"too-slow", false},
        [REASON_TOO_LARGE] = {"too-large", true},
        [REASON_GATE_FULL] = {"gate-full", false},
        [REASON_PEER_CLOSED] = {"peer-closed", false},
        [REASON_CUT_FRAME] = {"cut-frame", false},
        [REASON_BAD_FRAME_LENGTH] = {"bad-frame-length", false},
        [REASON_CHANNEL_ERROR] = {"channel-error", false},
        [REASON_SIGNAL] = {"signal", false},
        [REASON_DIALER_DIED] = {"dialer-died", false},
        [REASON_GATE_DIED] = {"gate-died", false},
        [REASON_AUDIT_FAILED] = {"audit-failed", false},
        [REASON_VIOLATION] = {"violation", false},
};
static_assert(sizeof(reasons) == sizeof(reasons[0]) * REASON_COUNT, "every reason has its line");

const char *reason_name(enum reason reason)
{
	return (unsigned)reason < REASON_COUNT ? reasons[reason].name : "invalid";
}

bool reason_is_violation(enum reason reason)
{
	return (unsigned)reason < REASON_COUNT && reasons[reason].violation;
}
