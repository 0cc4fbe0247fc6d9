#!/bin/sh
# SPDX-License-Identifier: ISC
# Looks at the firewall's rules and at the age of the tunnel's last handshake, every $WATCHDOG seconds, and powers the
# machine off when either is not as it should be. Started by setup.sh with its folder. Root can stop it: it is a second
# line that tells about accidents and clumsy attempts, and proves nothing.
# shellcheck disable=SC2015 # power_off never returns
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
here=$1
COMPLETE=
# shellcheck disable=SC1091 # made beside this file
. "$here/guest.conf"
[ "$COMPLETE" = yes ] || WATCHDOG=1 # and the rules, which are not looked at by then, count as changed

tell() {
	[ ! -w /dev/kmsg ] || echo "<4>ROGUE-ATTEMPT: watchdog: $*" >/dev/kmsg
}

power_off() {
	tell "$*: powering off"
	for card in /sys/class/net/*; do
		card=${card##*/}
		[ "$card" = lo ] || ip link set "$card" down 2>/dev/null
	done
	poweroff -f 2>/dev/null &
	sleep 10
	# A driver that hangs when it is told to shut down does not keep the machine on.
	[ ! -w /proc/sysrq-trigger ] || echo b >/proc/sysrq-trigger
	reboot -f 2>/dev/null
	while :; do sleep 3600; done
}

rules_now() {
	for family in inet netdev; do
		nft -s list table "$family" gauntlet_guest 2>/dev/null
	done
	return 0
}

watch_rules() {
	[ "$WATCH_RULES" = yes ] || return 0
	[ "$(rules_now)" != "$before" ] || return 0
	[ "$REPAIR" = yes ] || power_off "the firewall's rules were changed"
	nft -f "$here/rules.nft" && [ "$(rules_now)" = "$before" ] ||
		power_off "the firewall's rules were changed and cannot be put back"
	tell "the firewall's rules were changed: put back"
}

# The last handshake, as seconds since 1970; before the first one it counts from when we began.
watch_peer() {
	[ "$WATCH_PEER" = yes ] || return 0
	at=$(wg show "$TUNNEL" latest-handshakes) || power_off "the tunnel is gone"
	at=${at##*[!0-9]}
	[ "${at:-0}" != 0 ] || at=$began
	age=$(($(date +%s) - at))
	[ "$age" -le "$SILENCE" ] || power_off "no handshake for $age s"
}

before=$(cat /run/gauntlet-guest/rules) || power_off "what the rules were is lost"
began=$(date +%s)
while :; do
	watch_rules
	watch_peer
	sleep "$WATCHDOG"
done
# end
