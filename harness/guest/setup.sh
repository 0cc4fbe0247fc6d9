#!/bin/sh
# SPDX-License-Identifier: ISC
# Locks this machine down, so that nothing leaves it but one WireGuard tunnel, or powers it off. Made by
# `gauntlet guest-config`; plain POSIX sh, runs under busybox. It must run as root and before any network.
#
#   setup.sh             locks down; exit 0: it holds, the marker is printed, the workload runs
#   setup.sh --at-boot   first sees to it that this is done again at each boot (systemd, OpenRC)
#
# In this order: card down, IPv6 off, packages, rules, tunnel, card up, handshake, watchdog, marker, workload. Whatever
# fails ends in power_off(); so does the end of this script by any way but the last line. It may be run again at any
# time: it begins by taking everything down, and no connection survives that.
#
# Beside it lie guest.conf (what to do), rules.nft, wg0.conf (holds the private key), watchdog.sh.
# shellcheck disable=SC2015,SC2153 # power_off never returns; guest.conf has the names in capitals
set -u
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
home=/var/lib/gauntlet-guest
run=/run/gauntlet-guest
here=$(cd "$(dirname "$0")" && pwd) || here=$home
seed=

say() {
	echo "guest-setup: $*"
	[ ! -w /dev/kmsg ] || echo "<5>guest-setup: $*" >/dev/kmsg
}

# Short waits; a sleep that knows whole seconds only is good enough.
nap() {
	sleep 0.05 2>/dev/null || sleep 1
}

cards_down() {
	for card in /sys/class/net/*; do
		card=${card##*/}
		[ "$card" = lo ] || [ "$card" = bonding_masters ] || ip link set "$card" down 2>/dev/null
	done
	return 0
}

# Never returns. A virtual machine without a way to power off takes a restart for its end, or comes back to this script.
power_off() {
	trap - EXIT
	say "FAILED: $*: powering off" 2>/dev/null
	cards_down
	poweroff -f 2>/dev/null &
	sleep 10
	# A driver that hangs when it is told to shut down does not keep the machine on.
	[ ! -w /proc/sysrq-trigger ] || echo b >/proc/sysrq-trigger
	reboot -f 2>/dev/null
	while :; do sleep 3600; done
}

read_conf() {
	[ -r "$here/guest.conf" ] || power_off "guest.conf is missing"
	COMPLETE=
	# shellcheck disable=SC1091 # made beside this file
	. "$here/guest.conf" || power_off "guest.conf cannot be read"
	[ "$COMPLETE" = yes ] || power_off "guest.conf ends too early"
	for file in rules.nft wg0.conf watchdog.sh; do
		[ -r "$here/$file" ] || power_off "$file is missing"
		[ "$(tail -n 1 "$here/$file")" = "# end" ] || power_off "$file ends too early"
	done
}

# Copies what lies here to where it survives a restart, and has it run before the network. A read-only seed stays where
# it is; a machine with neither systemd nor OpenRC has its own way.
install_at_boot() {
	if [ "$here" != "$home" ]; then
		mkdir -p "$home" && cp "$here"/*.* "$home/" || power_off "cannot write to $home"
		[ ! -d "$here/packages" ] || cp -R "$here/packages" "$home/" || power_off "cannot write to $home"
	fi
	if command -v systemctl >/dev/null; then
		cp "$here/gauntlet-guest.service" /etc/systemd/system/ &&
			systemctl enable gauntlet-guest.service || power_off "the systemd unit cannot be enabled"
	elif command -v rc-update >/dev/null; then
		cp "$here/gauntlet-guest.openrc" /etc/init.d/gauntlet-guest &&
			chmod 755 /etc/init.d/gauntlet-guest &&
			rc-update add gauntlet-guest boot || power_off "the OpenRC service cannot be enabled"
	else
		power_off "neither systemd nor OpenRC: run setup.sh at each boot by other means, without --at-boot"
	fi
}

stop_watchdog() {
	[ -r "$run/watchdog.pid" ] || return 0
	kill -9 "$(cat "$run/watchdog.pid")" 2>/dev/null
	rm -f "$run/watchdog.pid"
}

# The card may take a moment to appear. From here on it is down and has no address.
take_down() {
	left=200
	while [ ! -d "/sys/class/net/$INTERFACE" ]; do
		left=$((left - 1))
		[ $left -gt 0 ] || power_off "there is no network card $INTERFACE"
		nap
	done
	cards_down
	ip link del "$TUNNEL" 2>/dev/null
	ip addr flush dev "$INTERFACE" || power_off "the addresses of $INTERFACE cannot be removed"
	[ "$(cat "/sys/class/net/$INTERFACE/carrier" 2>/dev/null)" != 1 ] || power_off "$INTERFACE stays up"
}

# A name of a new card that comes later is covered by `default`.
ipv6_off() {
	[ "$IPV6_OFF" = yes ] && [ -d /proc/sys/net/ipv6 ] || return 0
	for where in all default "$INTERFACE"; do
		echo 1 >"/proc/sys/net/ipv6/conf/$where/disable_ipv6" || power_off "IPv6 cannot be switched off"
	done
}

card_up() {
	ip addr add "$ADDRESS/32" dev "$INTERFACE" && ip link set "$INTERFACE" up || power_off "$INTERFACE cannot be brought up"
	ip route add "$GATEWAY" dev "$INTERFACE" || power_off "no route to the gateway"
	# Until its queue is open the card throws away what it is given; a driver that does not tell is "unknown".
	left=200
	while [ "$(cat "/sys/class/net/$INTERFACE/operstate")" = down ] && [ $left -gt 0 ]; do
		left=$((left - 1))
		nap
	done
	for to in "$@"; do
		ip route add "$to" via "$GATEWAY" dev "$INTERFACE" || power_off "no route to $to"
	done
}

# Packages. With `online` the card is up without a firewall for as long as this takes: the tool that makes one is
# what is being fetched. Routes lead to that one server only.
fetch_online() { # URL NAME SHA256
	server=${1#http://}
	server=${server%%/*}
	card_up "${server%%:*}"
	if command -v curl >/dev/null; then
		curl -fsS --connect-timeout 10 --max-time 300 -o "$2" "$1" || power_off "cannot fetch $1"
	else
		timeout 300 wget -q -O "$2" "$1" || power_off "cannot fetch $1"
	fi
	take_down
	[ -z "$3" ] || [ "$(sha256sum "$2" | cut -c1-64)" = "$3" ] || power_off "$1 has another SHA-256"
}

# Where the packages of the seed are: beside this script, or on the medium labelled cidata.
find_packages() {
	packages=$here/packages
	[ ! -d "$packages" ] || return 0
	packages=$run/cidata/packages
	seed=$run/cidata
	mkdir -p "$seed"
	for device in /dev/disk/by-label/cidata /dev/sr[0-9] /dev/vd[a-z] /dev/sd[a-z]; do
		[ -b "$device" ] && mount -t iso9660 -o ro "$device" "$seed" 2>/dev/null || continue
		[ ! -d "$packages" ] || return 0
		umount "$seed"
	done
	power_off "the seed with the packages is not there"
}

unpack() { # FILE
	case $1 in
	*.deb)
		if [ -d /var/lib/dpkg/info ]; then
			dpkg -i "$1"
		else
			dpkg-deb -x "$1" /
		fi
		;;
	*.apk)
		if command -v apk >/dev/null; then
			apk add --no-network --allow-untrusted "$1"
		else
			tar -xzf "$1" -C /
		fi
		;;
	*.tar) tar -xf "$1" -C / ;;
	*.tar.xz) tar -xJf "$1" -C / ;;
	*) tar -xzf "$1" -C / ;;
	esac >/dev/null 2>"$run/unpack" || power_off "$1 cannot be unpacked: $(tail -n 1 "$run/unpack")"
}

provide_packages() {
	case $PACKAGES in
	prebuilt) return 0 ;;
	offline) find_packages ;;
	online) packages=$run ;;
	*) power_off "PACKAGES=$PACKAGES" ;;
	esac
	for package in $PACKAGE_LIST; do
		# URL|NAME|SHA256 or NAME
		if [ "$PACKAGES" = online ]; then
			rest=${package#*|}
			name=${rest%%|*}
			fetch_online "${package%%|*}" "$packages/$name" "${rest#*|}"
		else
			name=$package
		fi
		unpack "$packages/$name"
		[ "$PACKAGES" = offline ] || rm -f "$packages/$name"
	done
	[ -z "$seed" ] || umount "$seed"
}

check_tools() {
	for tool in ip nft wg; do
		command -v "$tool" >/dev/null || power_off "$tool is missing"
	done
	for module in nf_tables nf_log_syslog wireguard; do
		modprobe "$module" 2>/dev/null # or it is part of the kernel: the steps that need it will tell
	done
}

# The tables as the kernel has them, without what changes by itself. One that was left out on purpose is not missed.
rules_now() {
	for family in inet netdev; do
		nft -s list table "$family" gauntlet_guest 2>/dev/null
	done
	return 0
}

firewall() {
	nft -f "$here/rules.nft" || power_off "the firewall's rules are not accepted"
	[ "$VERIFY" = yes ] || return 0
	chains=$(rules_now | grep -c "policy drop")
	[ "$chains" = "$CHAINS" ] || power_off "$chains of $CHAINS chains of the firewall are in force"
}

tunnel() {
	ip link add "$TUNNEL" type wireguard || power_off "no WireGuard in this kernel"
	wg setconf "$TUNNEL" "$here/wg0.conf" || power_off "the tunnel's configuration is not accepted"
	ip addr add "$TUNNEL_ADDRESS" dev "$TUNNEL" && ip link set "$TUNNEL" mtu "$TUNNEL_MTU" ||
		power_off "the tunnel cannot have its address"
}

# The first handshake begins at once, so the card has to be there by now: the next try is 5 s later.
tunnel_up() {
	ip link set "$TUNNEL" up || power_off "the tunnel cannot be brought up"
	for net in $TUNNEL_ROUTES; do
		# The net of the tunnel's own address has its route already.
		ip route replace "$net" dev "$TUNNEL" || power_off "no route into the tunnel"
	done
}

handshake() {
	[ "$HANDSHAKE" != 0 ] || return 0
	until=$(($(date +%s) + HANDSHAKE))
	while :; do
		at=$(wg show "$TUNNEL" latest-handshakes) || power_off "wg: no tunnel"
		[ "${at##*[!0-9]}" = 0 ] || return 0
		[ "$(date +%s)" -le "$until" ] || power_off "no handshake with the peer in $HANDSHAKE s"
		nap
	done
}

main() {
	trap 'power_off "setup.sh ended early"' EXIT
	trap 'power_off "interrupted"' HUP INT TERM
	mkdir -p "$run" || power_off "cannot write to $run"
	read_conf
	stop_watchdog
	take_down
	[ "${1:-}" != --at-boot ] || install_at_boot
	ipv6_off
	provide_packages
	check_tools
	firewall
	ip link set lo up
	tunnel
	if [ "$ROUTES" = narrow ]; then
		card_up "$ENDPOINT"
	else
		card_up default
	fi
	tunnel_up
	handshake
	if [ "$WATCHDOG" != 0 ]; then
		rules_now >"$run/rules"
		setsid sh "$here/watchdog.sh" "$here" </dev/null >/dev/null 2>&1 &
		echo $! >"$run/watchdog.pid"
	fi
	echo "$MARKER"
	# Not its own console: a workload that prints the marker again changes nothing, as nobody believes that.
	[ -z "$WORKLOAD" ] || setsid sh -c "$WORKLOAD" </dev/null >/dev/null 2>&1 &
	trap - EXIT HUP INT TERM
	exit 0
}

main "$@"
# end
