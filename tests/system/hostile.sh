# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: a guest connects its vif as it should, or finds it connected, and then attacks
# (tests/guest/hostile).  At worst
# its device is closed, once, with one line in the log; another guest answers all the while; and
# when it has been destroyed nothing of it is left.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
daytime one 2 || { fail hostile-witness "cannot be created"; finish; }

closed_lines()
{
	dmesg | grep -c 'noxs: .*closed, error'
}

# Devices closed more than once since the start.
closed_again()
{
	dmesg | sed -n 's/.*noxs: \(domain .* closed\), error.*/\1/p' | sort | uniq -d
}

vif_state()
{
	chaos info bad | sed -n 's/^vif 0 *//p'
}

witness()
{
	./netcheck udp $net.2 5 1000 && ./netcheck tcp $net.2 1
}

# attack MODE OUTCOME - closed: the device is closed; open: it goes on; any: either.  Who connects
# is $connect; a guest that is connected may have turned bad before it has said that it is ready.
attack()
{
	mode=$1 wait="--timeout 30"
	if [ "$connect" = auto ]; then
		wait=--no-wait
		shift
		set -- "$mode-connected" "$@"
	fi
	before=$(closed_lines)
	# shellcheck disable=SC2086 # one or two
	if ! chaos create $wait \
		"$(guest_config bad hostile "bridge=xenbr0,ip=$net.66/24,connect=$connect")" \
		"extra='mode=$mode'" on_crash=preserve on_reboot=preserve 2>/run/err; then
		fail "hostile-$1" "cannot be created: $(cat /run/err)"
		return
	fi
	# A receive ring is looked at when there is something to receive.
	arping -q -c 1 -w 1 -I xenbr0 $net.66
	if [ "$2" = closed ]; then
		check "hostile-$1-closed" "eventually 5 'vif_state | grep -q failed'"
		check "hostile-$1-one-line" "[ $(($(closed_lines) - before)) = 1 ]"
	else
		# Its device is connected by now, and the attack goes on or is over.
		sleep 1
		[ "$2" = any ] || check "hostile-$1-open" "vif_state | grep -q open"
		check "hostile-$1-log" "[ -z '$(closed_again)' ]"
	fi
	run "hostile-$1-witness" witness
	run "hostile-$1-destroy" chaos destroy bad
	check "hostile-$1-gone" "eventually 5 '[ \$(ls -d /sys/class/net/vif* | wc -l) = 1 ]'"
}

connect=guest
for mode in tx-index rx-index chain size extra gso ring-grant port features states; do
	attack $mode closed
done
for mode in none bad-grant offset short storm ctrl-storm no-rx flood; do
	attack $mode open
done
for mode in garbage flip reset die; do
	attack $mode any
done
# The same rings, from the builder.
connect=auto
for mode in tx-index rx-index chain size extra gso; do
	attack $mode closed
done
attack none open
for mode in garbage flip reset die; do
	attack $mode any
done

# What nobody reads is bounded: a guest that never receives, and more than its ring and queue hold.
chaos create "$(guest_config bad hostile "bridge=xenbr0,ip=$net.66/24")" "extra='mode=no-rx'"
ip neigh add $net.66 lladdr "$(chaos info bad | sed -n 's/.* mac \([0-9a-f:]*\),.*/\1/p')" \
	dev xenbr0 nud permanent 2>/dev/null ||
	arp -i xenbr0 -s $net.66 "$(chaos info bad | sed -n 's/.* mac \([0-9a-f:]*\),.*/\1/p')"
slab=$(awk '/^Slab/ { print $2 }' /proc/meminfo)
./netcheck flood $net.66 20000 1400 >/dev/null
grown=$(($(awk '/^Slab/ { print $2 }' /proc/meminfo) - slab))
echo "hostile: 28 MB for a guest that does not receive: slabs grew by $grown KiB"
check hostile-no-rx-bounded "[ $grown -lt 8192 ]"
run hostile-no-rx-other witness
chaos destroy bad

run hostile-last witness
chaos destroy one
check hostile-nothing-left "eventually 5 no_vifs"
finish
