# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests on a bridge are reached over ICMP, UDP and TCP, with an address given to them and
# with one from DHCP, and nothing they send or receive is damaged.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
run net-create daytime one 2
run net-create-second daytime two 3
check net-vif "[ -d /sys/class/net/vif\$(domid one).0/brport ]"
check net-vif-up "grep -q 1 /sys/class/net/vif\$(domid one).0/carrier"
run net-ping ping -c 5 -W 2 $net.2
run net-ping-big ping -c 3 -W 2 -s 1472 $net.2
run net-daytime ./netcheck tcp $net.2 1
check net-daytime-line "nc -w 5 $net.2 13 </dev/null | grep -q \$(date +%Y)"
run net-tcp-many ./netcheck tcp $net.2 4
i=0
while [ $i -lt 100 ] && ./netcheck tcp $net.2 1; do
	i=$((i + 1))
done
check net-tcp-100 "[ $i = 100 ]"
for size in 0 1 17 18 19 63 64 511 512 513 1024 1470 1471 1472; do
	run net-udp-$size ./netcheck udp $net.2 3 $size
done
run net-udp-transfer ./netcheck udp $net.2 2000 1472
run net-udp-other-guest ./netcheck udp $net.3 100 512
back=$(./netcheck flood $net.2 5000 1400)
echo "net: $back of 5000 datagrams came back from a flood"
check net-flood "[ ${back:-0} -gt 0 ]"
run net-after-flood ./netcheck udp $net.2 10 1472
run net-other-after-flood ./netcheck udp $net.3 10 100
check net-counters "chaos info one | grep 'sent [1-9][0-9]* packets .*received [1-9]'"
check net-healthy "! chaos info one | grep -q failed"

# An address from DHCP.
cat >/run/udhcpd.conf <<END
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
run net-dhcp-create chaos create --timeout 30 "$(guest_config dhcp daytime "bridge=xenbr0")"
address=$(chaos console --dump dhcp | sed -n "s/.*serving at \([0-9.]*\).*/\1/p")
check net-dhcp-address "echo '$address' | grep -q '^$net.5[0-9]\$\|^$net.60\$'"
run net-dhcp-daytime ./netcheck tcp "${address:-0.0.0.0}" 1
kill "$(cat /run/udhcpd.pid)"

run net-destroy chaos destroy one
run net-other-lives ./netcheck udp $net.3 10 1000
destroy_all
check net-no-vif-left "eventually 5 no_vifs"
finish
