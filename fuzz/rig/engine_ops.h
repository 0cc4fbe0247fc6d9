/* SPDX-License-Identifier: ISC */
/* engine_ops.h: the language of the engine's programs. fuzz/generate/engine.py reads these lists, too:
 * one line an entry, the words in quotes.
 *
 * A program is a header of six bytes and operations of six bytes each: the operation's number (its
 * highest bit: refnat does not get its turn yet) and five arguments a to e. What an argument says is
 * taken modulo what there is to choose from. RAW and BYTES are followed by their bytes, filled up to
 * a multiple of six.
 *
 * The header: a mode and flags of the policy, b limits and MTU, c rules that are allowed (a bit
 * each), d what the kernel is like, e sampling rate, f further flags, and what carries the frames. */
#ifndef FUZZ_RIG_ENGINE_OPS_H
#define FUZZ_RIG_ENGINE_OPS_H

#define ENGINE_UNIT 6
#define ENGINE_HOLD 0x80

/* OP(name, "arguments", "what it does") */
#define ENGINE_OPS(OP)                                                                             \
	OP(UDP, "to from change value length", "the guest sends a datagram")                       \
	OP(PING, "to id change value length", "the guest sends an echo request")                   \
	OP(ARP, "kind sender change value length", "the guest sends ARP")                          \
	OP(DHCP, "type kind change value option", "the guest sends DHCP")                          \
	OP(SYN, "to from change value options", "the guest opens a connection")                    \
	OP(SEG, "conn kind change value length", "the guest sends a segment of a connection")      \
	OP(RAW, "high low - - -", "the guest sends the bytes that follow as a frame")              \
	OP(BYTES, "high low - - -", "the guest puts the bytes that follow on the channel")         \
	OP(REPEAT, "times - - - -", "the guest sends its last frame again")                        \
	OP(REPLY, "socket who - high length", "the world sends to a flow's socket")                \
	OP(STRANGER, "socket who - - length", "a stranger sends to a flow's port")                 \
	OP(ERROR, "socket kind - - -", "an ICMP error arrives for a socket")                       \
	OP(FAIL, "kind - - - -", "datagrams fail to be sent from now on")                          \
	OP(DIAL, "status - - - -", "what the dialer says the next time")                           \
	OP(ACCEPT, "socket - - - -", "the world accepts a connection")                             \
	OP(REFUSE, "socket - - - -", "the world refuses a connection")                             \
	OP(WRITE, "socket - - high low", "the world writes to a connection")                       \
	OP(FINISH, "socket - - - -", "the world ends its half")                                    \
	OP(ABORT, "socket - - - -", "the world resets a connection")                               \
	OP(ROOM, "socket - - high low", "so many bytes fit a connection's socket")                 \
	OP(LINK, "kind - - high low", "so many bytes fit the guest's end of the channel")          \
	OP(CUT, "length - - - -", "so many bytes are read from the channel at a time")             \
	OP(TIME, "unit count - - -", "time passes")                                                \
	OP(POLICY, "rules flags - - -", "another policy")                                          \
	OP(ORDER, "kind count - - -", "an order: synchronise, tell the counters, set the clock")   \
	OP(GONE, "who - - - -", "the guest, the dialer or the events' reader goes")

/* CHANGE(name, "what it does to the packet"). */
#define ENGINE_CHANGES(CHANGE)                                                                     \
	CHANGE(NONE, "nothing")                                                                    \
	CHANGE(ETH_DST, "destination MAC: another, all, a group's, the VM's")                      \
	CHANGE(ETH_SRC, "source MAC: another, all, a group's, the gateway's")                      \
	CHANGE(ETH_TYPE, "EtherType: VLAN, IPv6, ARP, a length, ...")                              \
	CHANGE(VLAN, "a tag in front of the type")                                                 \
	CHANGE(TRUNCATE, "only the first bytes of the frame")                                      \
	CHANGE(PADDING, "bytes behind the packet")                                                 \
	CHANGE(TO_MTU, "payload up to the MTU, or past it by value")                               \
	CHANGE(VERSION, "IP version")                                                              \
	CHANGE(IHL, "header length without the options")                                           \
	CHANGE(NOP_OPTIONS, "IP options of NOPs")                                                  \
	CHANGE(OPTION, "an IP option of that number")                                              \
	CHANGE(ROUTER_ALERT, "the option router alert")                                            \
	CHANGE(TOS, "type of service")                                                             \
	CHANGE(TOTAL_LENGTH, "total length, longer or shorter")                                    \
	CHANGE(IP_ID, "identification")                                                            \
	CHANGE(DONT_FRAGMENT, "DF")                                                                \
	CHANGE(MORE_FRAGMENTS, "MF")                                                               \
	CHANGE(OFFSET, "a fragment's offset")                                                      \
	CHANGE(RESERVED, "the reserved flag")                                                      \
	CHANGE(TTL, "time to live")                                                                \
	CHANGE(PROTOCOL, "IP protocol")                                                            \
	CHANGE(IP_CHECKSUM, "header checksum wrong by value")                                      \
	CHANGE(SRC_IP, "source address: unspecified, the gateway's, another, ...")                 \
	CHANGE(DST_IP, "destination address: another bit")                                         \
	CHANGE(SPORT, "source port")                                                               \
	CHANGE(DPORT, "destination port: another bit, or zero")                                    \
	CHANGE(L4_CHECKSUM, "checksum of UDP, TCP or ICMP wrong by value")                         \
	CHANGE(NO_CHECKSUM, "checksum zero: not given")                                            \
	CHANGE(UDP_LENGTH, "UDP length, longer or shorter")                                        \
	CHANGE(DATA_OFFSET, "TCP data offset")                                                     \
	CHANGE(FLAGS, "TCP flags")                                                                 \
	CHANGE(SEQ, "sequence number, higher or lower")                                            \
	CHANGE(ACK, "acknowledgement, higher or lower")                                            \
	CHANGE(WINDOW, "TCP window")                                                               \
	CHANGE(TCP_OPTION, "a TCP option of that kind")                                            \
	CHANGE(URGENT, "urgent pointer and flag")                                                  \
	CHANGE(ICMP_TYPE, "ICMP type")                                                             \
	CHANGE(ICMP_CODE, "ICMP code")                                                             \
	CHANGE(HARDWARE, "ARP or DHCP: the hardware's type")                                       \
	CHANGE(SIZES, "ARP or DHCP: the hardware's or protocol's length")                          \
	CHANGE(SENDER_MAC, "ARP or DHCP: the hardware address in the message")                     \
	CHANGE(DHCP_OP, "DHCP: op")                                                                \
	CHANGE(COOKIE, "DHCP: the magic cookie")                                                   \
	CHANGE(RELAY, "DHCP: giaddr")

#define ENGINE_OP(name, args, what) OP_##name,
enum engine_op { ENGINE_OPS(ENGINE_OP) OP_COUNT };
#undef ENGINE_OP

#define ENGINE_CHANGE(name, what) CHANGE_##name,
enum engine_change { ENGINE_CHANGES(ENGINE_CHANGE) CHANGE_COUNT };
#undef ENGINE_CHANGE

#endif
