# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests on a switch of the module.  Reached over ICMP, UDP and TCP through its uplink, with
# an address of its own and as a port of a bridge; counted; left without a link when it is deleted.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

sw=10.14.0

cleanup()
{
	destroy_all
	ip link del sw0 2>/dev/null
	ip link del br-sw 2>/dev/null
}
trap cleanup EXIT

# on_switch NAME [LAST] - a daytime guest at $sw.LAST, without it one that asks DHCP
on_switch()
{
	chaos create --timeout 30 "$(guest_config "$1" daytime "switch=sw0${2:+,ip=$sw.$2/24,gateway=$sw.1}")"
}

switch_up()
{
	ip link add name sw0 type noxs
	echo 1 >/proc/sys/net/ipv6/conf/sw0/disable_ipv6
	ip link set sw0 up
}

# figure NAME KEY - a figure of a guest's vif
figure()
{
	chaos info --json "$1" | tr ',{' '\n\n' | sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" | tail -n 1
}

check switch-none "! on_switch lost 9 2>/run/err && grep -q 'ip link add sw0 type noxs' /run/err"
check switch-none-left "! chaos list | grep -q lost"
run switch-add switch_up
ip addr add $sw.1/24 dev sw0
ip link add br-sw type bridge
check switch-not-bridge "! chaos create \"\$(guest_config lost daytime switch=br-sw)\" 2>/run/err &&
	grep -q 'no switch' /run/err"
run switch-doctor chaos doctor sw0
check switch-doctor-line "chaos doctor sw0 | grep -q 'switch \"sw0\" is there'"
run switch-create on_switch one 2
run switch-create-second on_switch two 3
check switch-no-netdev no_vifs
check switch-info "chaos info one | grep -q 'port of switch sw0'"
check switch-info-json "chaos info --json one | tr -d ' ' | grep -q '\"switch\":\"sw0\"'"
run switch-ping ping -c 5 -W 2 $sw.2
run switch-ping-big ping -c 3 -W 2 -s 1472 $sw.2
run switch-tcp ./netcheck tcp $sw.2 4
run switch-tcp-second ./netcheck tcp $sw.3 4
check switch-line "nc -w 5 $sw.2 13 </dev/null | grep -q \$(date +%Y)"
for size in 0 1 18 512 1472; do
	run switch-udp-$size ./netcheck udp $sw.2 3 $size
done
run switch-udp-transfer ./netcheck udp $sw.2 300 1472
back=$(./netcheck flood $sw.2 2000 1400)
echo "switch: $back of 2000 datagrams came back from a flood"
check switch-flood "[ ${back:-0} -gt 0 ]"
run switch-after-flood ./netcheck udp $sw.2 10 1472
check switch-counters "chaos info one | grep -q 'sent [1-9][0-9]* packets .*received [1-9]'"
check switch-honest "[ \"\$(figure one tx_errors)\" = 0 ]"

# What a guest at a port may not send is tested by module-switch.c, which can send anything.
check switch-thief "! on_switch thief 2 2>/run/err && grep -q 'in use by domain' /run/err"

cat >/run/udhcpd.conf <<END
start $sw.60
end $sw.60
interface sw0
lease_file /run/udhcpd.leases
pidfile /run/udhcpd.pid
option subnet 255.255.255.0
END
: >/run/udhcpd.leases
udhcpd -S /run/udhcpd.conf
run switch-dhcp on_switch dhcp
run switch-dhcp-tcp ./netcheck tcp $sw.60 1
kill "$(cat /run/udhcpd.pid)"

# As a port of a bridge, which has the address now.
ip addr flush dev sw0
echo 1 >/proc/sys/net/ipv6/conf/br-sw/disable_ipv6
run switch-enslave ip link set sw0 master br-sw
ip addr add $sw.1/24 dev br-sw
ip link set br-sw up
run switch-bridge-ping ping -c 3 -W 2 $sw.2
run switch-bridge-tcp ./netcheck tcp $sw.3 4
run switch-bridge-udp ./netcheck udp $sw.2 100 1472

# Deleted under its guests.
run switch-delete ip link del sw0
check switch-deleted-info "chaos info one | grep -q 'port of no switch'"
check switch-deleted-alive "[ \"\$(chaos list | grep -c -e one -e two)\" = 2 ]"
check switch-deleted-dead "! ping -c 1 -W 1 $sw.2 >/dev/null"
run switch-again switch_up
run switch-again-create on_switch three 4
ip addr flush dev br-sw
ip addr add $sw.1/24 dev sw0
run switch-again-tcp ./netcheck tcp $sw.4 2
run switch-destroy chaos destroy one
destroy_all
check switch-none-running "[ \"\$(chaos list | wc -l)\" = 2 ]"
finish
