# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests on a bridge are reached over ICMP, UDP and TCP, with an address given to them and
# with one from DHCP, and nothing they send or receive is damaged: vifs that were connected before
# their guest ran, and vifs it has connected itself.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
insmod /lib/lab/configfs.ko 2>/dev/null

# starts_out STATE CONNECT - the state of the vif of a guest that has not run
starts_out()
{
	run "$mode-paused" chaos create --paused "$(guest_config paused daytime "bridge=,connect=$2")"
	check "$mode-starts-out-$1" \
		"chaos info --json paused | grep -q '\"class\":\"vif\"[^}]*\"state\":\"$1\"'"
	chaos destroy paused
}

# A peer that knows TCP and sticks to nothing: the guest lives, and others hardly see it.
attacks()
{
	for attack in mss beyond; do
		run "$mode-attack-$attack" ./netattack $attack xenbr0 $net.240 $net.2 13
		run "$mode-after-$attack" ./netcheck tcp $net.2 1
	done
	# SYNs from addresses that nobody has, many and then 20 a second: connections are still made.
	run "$mode-syns" ./netattack syn $net.200 $net.2 13 2500 1000
	run "$mode-after-syns" timeout 5 ./netcheck tcp $net.2 1
	./netattack syn $net.200 $net.2 13 1000 20 &
	flood=$!
	for i in 1 2 3; do
		run "$mode-during-syns-$i" timeout 5 ./netcheck tcp $net.2 1
		sleep 1
	done
	kill $flood
}

# A kernel's messages go by netpoll, with interrupts off, to a guest on the bridge, while other packets do
# as usual: its vif takes both.
netconsole()
{
	_sent=/sys/class/net/vif$(domid one).0/statistics/tx_packets
	_mac=$(chaos info one --json | grep -o '"mac":"[^"]*"' | cut -d '"' -f 4)
	run "$mode-netconsole" insmod /lib/lab/netconsole.ko \
		"netconsole=6665@$net.1/xenbr0,6666@$net.2/$_mac"
	./netcheck flood $net.2 3000 1400 >/dev/null 2>&1 &
	flood=$!
	i=0
	while [ $i -lt 500 ]; do
		echo "<0>net: line $i" >/dev/kmsg
		i=$((i + 1))
	done
	kill $flood 2>/dev/null
	wait $flood
	run "$mode-netconsole-answers" ./netcheck tcp $net.2 1
	# The same with nothing else under way: each is a packet.
	_before=$(cat $_sent)
	while [ $i -lt 600 ]; do
		echo "<0>net: line $i" >/dev/kmsg
		i=$((i + 1))
	done
	check "$mode-netconsole-arrives" "eventually 5 '[ \$(cat $_sent) -ge $((_before + 100)) ]'"
	run "$mode-netconsole-ends" rmmod netconsole
}

# net_cases CONNECT STATE - the same for both
net_cases()
{
	mode=net-$1
	starts_out "$2" "$1"
	run "$mode-create" daytime one 2 "connect=$1"
	run "$mode-create-second" daytime two 3 "connect=$1"
	check "$mode-vif" "[ -d /sys/class/net/vif\$(domid one).0/brport ]"
	check "$mode-vif-up" "grep -q 1 /sys/class/net/vif\$(domid one).0/carrier"
	ip link set "vif$(domid one).0" nomaster
	check "$mode-info-off-bridge" "chaos info one | grep -q 'no bridge any more (was on xenbr0)'"
	ip link set "vif$(domid one).0" master xenbr0
	check "$mode-info-on-bridge" "chaos info one | grep -q ' on bridge xenbr0,'"
	run "$mode-ping" ping -c 5 -W 2 $net.2
	run "$mode-ping-big" ping -c 3 -W 2 -s 1472 $net.2
	run "$mode-daytime" ./netcheck tcp $net.2 1
	check "$mode-daytime-line" "nc -w 5 $net.2 13 </dev/null | grep -q \$(date +%Y)"
	run "$mode-tcp-many" ./netcheck tcp $net.2 4
	i=0
	while [ $i -lt 100 ] && ./netcheck tcp $net.2 1; do
		i=$((i + 1))
	done
	check "$mode-tcp-100" "[ $i = 100 ]"
	for size in 0 1 17 18 19 63 64 511 512 513 1024 1470 1471 1472; do
		run "$mode-udp-$size" ./netcheck udp $net.2 3 $size
	done
	run "$mode-udp-transfer" ./netcheck udp $net.2 2000 1472
	run "$mode-udp-other-guest" ./netcheck udp $net.3 100 512
	back=$(./netcheck flood $net.2 5000 1400)
	echo "net: $back of 5000 datagrams came back from a flood"
	check "$mode-flood" "[ ${back:-0} -gt 0 ]"
	run "$mode-after-flood" ./netcheck udp $net.2 10 1472
	run "$mode-other-after-flood" ./netcheck udp $net.3 10 100
	check "$mode-counters" "chaos info one | grep 'sent [1-9][0-9]* packets .*received [1-9]'"
	check "$mode-healthy" "! chaos info one | grep -q failed"

	# An address from DHCP.
	cat >/run/udhcpd.conf <<-END
	start $net.50
	end $net.60
	interface xenbr0
	lease_file /run/udhcpd.leases
	pidfile /run/udhcpd.pid
	option subnet 255.255.255.0
	option router $net.1
	END
	: >/run/udhcpd.leases
	udhcpd -S /run/udhcpd.conf
	run "$mode-dhcp-create" chaos create --timeout 30 "$(guest_config dhcp daytime "bridge=xenbr0,connect=$1")"
	address=$(chaos console --dump dhcp | sed -n "s/.*serving at \([0-9.]*\).*/\1/p")
	check "$mode-dhcp-address" "echo '$address' | grep -q '^$net.5[0-9]\$\|^$net.60\$'"
	run "$mode-dhcp-daytime" ./netcheck tcp "${address:-0.0.0.0}" 1
	kill "$(cat /run/udhcpd.pid)"

	[ "$1" != auto ] || attacks
	[ "$1" != auto ] || netconsole
	run "$mode-destroy" chaos destroy one
	run "$mode-other-lives" ./netcheck udp $net.3 10 1000
	destroy_all
	check "$mode-no-vif-left" "eventually 5 no_vifs"
}

# One datagram to all must not make all of them answer.
echo_cases()
{
	daytime one 2
	run net-echo-own ./netcheck any $net.2 3
	./netcheck any $net.255 3
	check net-echo-not-all "[ $? = 1 ]"
	destroy_all
}

# Frames of more than one slot.
jumbo_cases()
{
	ip link set xenbr0 mtu 9000
	run net-jumbo-create daytime jumbo 2 mtu=9000
	for size in 4000 4069 8000 8972; do
		run net-jumbo-udp-$size ./netcheck udp $net.2 5 $size
	done
	run net-jumbo-ping ping -c 2 -W 2 -s 8972 $net.2
	# It is not cut for less than the MTU.
	run net-jumbo-whole ./netcheck whole $net.2 8972 xenbr0
	run net-jumbo-whole-1473 ./netcheck whole $net.2 1473 xenbr0
	destroy_all
	ip link set xenbr0 mtu 1500
}

save_and_restore()
{
	chaos save lease /run/lease && chaos restore /run/lease
}

# A lease goes on while its guest is saved; one that has run out is another's.
lease_cases()
{
	echo 'option lease 600' >>/run/udhcpd.conf
	: >/run/udhcpd.leases
	udhcpd -S /run/udhcpd.conf
	run net-lease-create chaos create --timeout 30 "$(guest_config lease daytime bridge=xenbr0)"
	address=$(chaos console --dump lease | sed -n "s/.*serving at \([0-9.]*\).*/\1/p")
	run net-lease-save-and-restore save_and_restore
	run net-lease-holds eventually 10 "ping -c 1 -W 1 $address >/dev/null"
	kill "$(cat /run/udhcpd.pid)"
	chaos save lease /run/lease
	date -s "@$(($(date +%s) + 3600))" >/dev/null
	run net-lease-restore chaos restore /run/lease
	check net-lease-has-run-out "! ping -c 3 -W 1 $address >/dev/null"
	udhcpd -S /run/udhcpd.conf
	run net-lease-anew eventually 40 "ping -c 1 -W 1 $address >/dev/null"
	kill "$(cat /run/udhcpd.pid)"
	date -s "@$(($(date +%s) - 3600))" >/dev/null
	destroy_all
}

net_cases auto open
net_cases guest closed
echo_cases
jumbo_cases
lease_cases
finish
