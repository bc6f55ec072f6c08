# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: a stock Debian kernel is a guest of chaos.  Its own front-ends find their devices by
# noxs-front: it is reached at its address, reads and writes its disk, says that it is ready, and
# stops when it is asked to.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon
# shellcheck source=tests/system/linux-common
. ./linux-common

linux_begin
linux_start linux
run linux-ping ping -c 3 -W 2 $net.2
check linux-http "served 2"
check linux-info "chaos info one | grep -q 'ready *yes' && all_open one"
check linux-name "[ \"\$(guest 2 hostname)\" = one ]"
disk_works linux 2 xvda $tmp/disk

# ---- IPv6, in segments longer than the MTU ----

guest 2 dd if=/dev/urandom of=/www/big bs=1M count=4 2\>/dev/null

# mean DIRECTION COMMAND... - bytes of a packet that $count has counted while that runs
mean()
{
	_bytes=$(cat $count/$1_bytes) _packets=$(cat $count/$1_packets) _way=$1
	shift
	"$@" >/dev/null
	echo $((($(cat $count/${_way}_bytes) - _bytes) / ($(cat $count/${_way}_packets) - _packets)))
}
get6()
{
	printf 'GET /big HTTP/1.0\r\n\r\n' | timeout 60 nc $prefix::2 80 | sed '1,/^\r*$/d' | tee $tmp/got6
}
put6()
{
	timeout 60 nc $prefix::2 99 <$tmp/disk
}

# ipv6 TEST LINK NAME PREFIX COUNT - over LINK in Dom0, NAME in the guest; COUNT counts what passes
ipv6()
{
	prefix=$4 count=/sys/class/net/$5/statistics
	echo 0 >"/proc/sys/net/ipv6/conf/$2/disable_ipv6"
	ip addr add "$prefix::1/64" dev "$2"
	guest 2 "ip link set $3 up; ip addr add $prefix::2/64 dev $3"
	check "$1-ping6" "eventually 10 'ping -c 1 -W 2 $prefix::2 >/dev/null'"
	check "$1-from-guest6" "[ \$(mean rx get6) -gt 2000 ] && [ \"\$(md5 $tmp/got6)  -\" = \"\$(guest 2 md5sum \</www/big)\" ]"
	guest 2 "(sleep 60 | nc -l -p 99 >/tmp/got) </dev/null >/dev/null 2>&1 &"
	check "$1-to-guest6" "[ \$(mean tx put6) -gt 2000 ]"
	check "$1-to-guest6-whole" "eventually 20 '[ \"\$(guest 2 md5sum \</tmp/got)\" = \"$(md5 $tmp/disk)  -\" ]'"
	guest 2 rm /tmp/got
}

ipv6 linux xenbr0 eth0 fd13 "vif$(domid one).0"
# A switch takes IPv6 from a guest that was given no address.
ip link add name sw0 type noxs
ip link set sw0 up
run linux-attach-port chaos network-attach one switch=sw0
check linux-port "eventually 10 'in_guest 2 ls /sys/class/net/eth1'"
ipv6 linux-port sw0 eth1 fd14 sw0

run linux-shutdown chaos shutdown --wait --timeout 60 one
check linux-is-gone "! chaos list one >/dev/null 2>&1"
check linux-no-vif-left "eventually 5 no_vifs"

# Both builders' guests are alike before they run, and what does not fit is told of with what would.
run linux-generic chaos create --paused --builder=generic /run/one.cfg name=generic "vif=[]" "disk=[]"
run linux-fast chaos create --paused --builder=fast /run/one.cfg name=fast "vif=[]" "disk=[]"
./builder linux "$(domid generic)" "$(domid fast)" || failures=$((failures + 1))
destroy_all
refused 3 "too little for kernel .* with its ramdisk: give it at least" linux-too-small \
	chaos create /run/one.cfg memory=64
least=$(chaos create /run/one.cfg memory=64 2>&1 | sed 's/.*at least \([0-9]*\).*/\1/')
run linux-least chaos create --paused --builder=fast /run/one.cfg memory_kib="$least" "vif=[]" "disk=[]"
destroy_all
refused 3 "at least $least" linux-one-page-less chaos create /run/one.cfg memory_kib=$((least - 4))
finish
