# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: shutdown, reboot, pause, suspend and destroy, with and without traffic, and 200 guests
# one after the other leave nothing behind.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up

run life-create daytime one 2
run life-pause chaos pause one
check life-paused "state one | grep -q p"
check life-silent "! ping -c 1 -W 1 $net.2 >/dev/null"
run life-unpause chaos unpause one
run life-ping ping -c 2 -W 2 $net.2

run life-suspend ./suspend "$(domid one)"
run life-suspended-answers ./netcheck udp $net.2 10 1000
run life-suspend-again ./suspend "$(domid one)"
run life-suspended-ping ping -c 2 -W 2 $net.2

run life-reboot chaos reboot one
check life-reboot-asked "eventually 5 'state one | grep -q s'"
run life-reboot-destroy chaos destroy one
run life-shutdown-create daytime one 2
run life-shutdown chaos shutdown --wait one
check life-shutdown-gone "! chaos list --names | grep -q ."

run life-no-wait chaos create --no-wait "$(guest_config two noop)"
check life-no-wait-ready "eventually 5 'chaos info two | grep -q \"ready *yes\"'"
chaos destroy two
run life-paused-create chaos create --paused "$(guest_config two noop)"
check life-paused-not-ready "chaos info two | grep -q 'ready *not'"
run life-paused-unpause chaos unpause two
check life-paused-ready "eventually 5 'chaos info two | grep -q \"ready *yes\"'"
chaos destroy two

# Destroyed in the middle of a transfer.
i=0
while [ $i -lt 10 ]; do
	daytime one 2 || break
	./netcheck flood $net.2 20000 1400 >/dev/null 2>&1 &
	usleep 200000
	chaos destroy one || break
	kill $! 2>/dev/null
	wait $! 2>/dev/null
	i=$((i + 1))
done
check life-destroy-in-flight "[ $i = 10 ]"
check life-no-vif-left "eventually 5 no_vifs"

# What the host has left, after what is freed later has been.
resources()
{
	eventually 5 no_vifs
	sleep 1
	echo "xen $(chaos info --json | tr ',' '\n' | sed -n 's/.*"free_memory_kib": *\([0-9]*\).*/\1/p')" \
		"interrupts $(grep -c noxs /proc/interrupts)" \
		"devices $(ls /sys/class/net | wc -l)" \
		"domains $(chaos list | wc -l)"
}
# Many at once, each by a process of its own; a fifth of them has a vif on the bridge, which Linux takes
# away one by one.
many()
{
	if [ $(($1 % 5)) = 0 ]; then
		daytime "many$1" $(($1 + 2))
	else
		chaos create "$(guest_config "many$1" noop)"
	fi
}
before=$(resources)
i=0
while [ $i -lt 100 ] && many $i >/dev/null; do
	i=$((i + 1))
done
check life-many-made "[ $i = 100 ]"
: >/run/ended
while [ $i -gt 0 ]; do
	i=$((i - 1))
	(chaos destroy many$i && echo $i >>/run/ended) &
done
wait
check life-many-destroyed "[ $(wc -l </run/ended) = 100 ] && [ -z \"\$(chaos list --names)\" ]"
after=$(resources)
echo "life: many: before: $before; after: $after"
check life-many-nothing-left "[ '${before#xen * }' = '${after#xen * }' ]"
# A page lost by each would be 400 KiB.
lost=${before#xen }
lost=$((${lost%% *} - $(echo "$after" | awk '{ print $2 }')))
check life-many-memory "[ $lost -lt 100 ]"

# What Dom0 could give away; caches are dropped first, or they would be what is measured.
dom0_free()
{
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemAvailable/ { print $2 }' /proc/meminfo
}

rounds()
{
	i=0
	while [ $i -lt "$1" ] && daytime one 2 && chaos destroy one; do
		i=$((i + 1))
	done
}
rounds 20
before=$(resources)
# Slabs and per-CPU lists breathe, by more than some leaks; but a leak shows in every hundred.
least=
done=0
for block in 1 2 3; do
	free=$(dom0_free)
	rounds 100
	done=$((done + i))
	eventually 5 no_vifs
	lost=$((free - $(dom0_free)))
	echo "life: block $block: $lost KiB less in Dom0 after $i rounds"
	[ -n "$least" ] && [ "$lost" -gt "$least" ] || least=$lost
done
check life-300-rounds "[ $done = 300 ]"
after=$(resources)
check life-300-resources "[ '$before' = '$after' ]"
echo "life: before: $before; after: $after"
# A page leaked by each round would be 400 KiB.
check life-300-dom0-memory "[ $least -lt 400 ]"
run life-last daytime one 2
run life-last-answers ./netcheck tcp $net.2 1
finish
