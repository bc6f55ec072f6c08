# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: a guest whose vif has a rate= sends no faster than that, and keeps it wherever it goes: through
# save and restore, from a pool, when it is made anew, and by network-attach.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
bridge_up

uptime_ms()
{
	awk '{ print $1 * 1000 }' /proc/uptime
}

# echoes FROM TO - 60 datagrams of 1400 bytes there and back take between so many milliseconds
echoes()
{
	_begin=$(uptime_ms)
	./netcheck udp $net.2 60 1400 || return 1
	_took=$(($(uptime_ms) - _begin))
	echo "rate: 60 datagrams in $_took ms"
	[ $_took -ge "$1" ] && [ $_took -lt "$2" ]
}

# has_rate NAME BYTES INTERVAL - a vif of it has that
has_rate()
{
	chaos network-list --json "$1" | grep -q "\"rate_bytes\":$2,\"rate_interval_us\":$3,"
}

# 86520 bytes: all but the last packet and the first bucket take 4204 ms at 20 KB/s.
limited()
{
	run "$1-takes-its-time" echoes 4100 20000
	check "$1-has-it" "has_rate slow 1000 50000"
}

run rate-none-create daytime slow 2
run rate-none echoes 0 4100
check rate-none-json "has_rate slow null null"
destroy_all

run rate-create daytime slow 2 rate=20KB/s
limited rate-created
check rate-info "chaos info slow | grep -q 'sends 20KB/s@50ms at most'"
# What it is sent is not limited, and neither is one beside it.
run rate-no-packet-lost ping -c 5 -W 2 $net.2
run rate-save sh -c 'chaos save slow /run/slow && chaos restore /run/slow'
limited rate-restored
rm -f /run/slow

refused 3 "rate=50KB is not a rate" rate-attach-not-a-rate chaos network-attach slow bridge=xenbr0,rate=50KB
run rate-attach chaos network-attach slow bridge=xenbr0 "ip=$net.3/24" rate=1Mb/s@20ms
check rate-attached "has_rate slow 2500 20000 && has_rate slow 1000 50000"
destroy_all

daemon_start
day=$(guest_config day daytime "bridge=xenbr0")
run rate-pool-add chaos pool add day "$day" --size 2
check rate-pool-fills "eventually 10 '[ \"\$(pool day level)\" = 2 ]'"
run rate-pool-create chaos create "$day" name=slow \
	"vif=['bridge=xenbr0,ip=$net.2/24,gateway=$net.1,rate=20KB/s']" on_reboot=restart
check rate-from-pool "[ \"\$(pool day used)\" = 1 ]"
limited rate-pool
id=$(domid slow)
run rate-reboot chaos reboot slow
check rate-made-anew "eventually 20 '[ \"\$(domid slow)\" != $id ] && ./netcheck tcp $net.2 1 2>/dev/null'"
limited rate-anew
daemon_stop
destroy_all
finish
