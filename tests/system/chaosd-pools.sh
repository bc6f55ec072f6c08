# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaosd's pools when things go wrong around them: shells that are destroyed by others,
# bridges that go away, pools that are changed while guests are made of them, memory that is short,
# and what former tenants have left in it.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
bridge_up
noop=$(guest_config noop noop)
day=$(guest_config day daytime "bridge=xenbr0")

shells()
{
	chaos list | awk '/ shell / { print $2 }'
}

daemon_start
before=$(free_kib)

# ---- a shell fails ----

chaos pool add noop "$noop" --size 3
chaos pool add day "$day" --size 3
chaos prepare noop >/dev/null && chaos prepare day >/dev/null
for s in $(shells); do
	./xenpoke destroy "$s" >/dev/null
done
check pools-lost-replaced "eventually 10 '[ \"\$(pool noop level) \$(pool day level)\" = \"3 3\" ]'"
check pools-lost-counted "[ \"\$(pool noop failed) \$(pool day failed)\" = '3 3' ]"
check pools-lost-nothing-left "[ \$(chaos list | grep -c shell) = 6 ]"
run pools-lost-create chaos create "$day" name=lost "$(vif 2)"
chaos destroy lost

# ---- a bridge goes, and another comes by its name ----

bridge1()
{
	ip link add xenbr1 type bridge && echo 1 >/proc/sys/net/ipv6/conf/xenbr1/disable_ipv6 &&
		ip link set xenbr1 up
}

bridge1
elsewhere=$(guest_config elsewhere daytime "bridge=xenbr1")
there="vif=['bridge=xenbr1,ip=10.14.0.2/24']"
chaos pool add elsewhere "$elsewhere" --size 2
chaos prepare elsewhere >/dev/null
ip link del xenbr1
check pools-no-bridge "chaos create $elsewhere name=linked \"$there\" 2>&1 | grep -q 'no bridge \"xenbr1\"'"
check pools-no-bridge-emptied "[ \"\$(pool elsewhere level)\" = 0 ]"
bridge1
run pools-bridge-again chaos create "$elsewhere" name=linked "$there"
check pools-bridge-linked "[ \$(ls /sys/class/net/xenbr1/brif | wc -l) -ge 1 ]"
chaos prepare elsewhere >/dev/null
ip link del xenbr1
bridge1
run pools-bridge-new chaos create "$elsewhere" name=linked2 "vif=['bridge=xenbr1,ip=10.14.0.3/24']"
check pools-bridge-new-linked "ls /sys/class/net/xenbr1/brif | grep -q \"^vif\$(domid linked2)\\.\""
chaos pool remove elsewhere
chaos destroy linked
chaos destroy linked2
ip link del xenbr1

# ---- pools change while they are used ----

chaos pool resize noop 10
(
	while ! [ -e /run/churned ]; do
		for size in 0 12 3 8; do
			chaos pool resize noop $size || echo "resize $size"
		done
		chaos pool drain day || echo drain
		chaos pool remove day || echo remove
		chaos pool add day "$day" --size 4 || echo add
		chaos prepare noop >/dev/null || echo prepare
	done
) >/run/churn.out 2>&1 &
churn=$!
pids=''
for i in 1 2 3; do
	for j in $(seq 5); do
		chaos create "$noop" name="c$i-$j" || echo "create c$i-$j"
		chaos create "$day" name="d$i-$j" "$(vif $((i * 20 + j)))" || echo "create d$i-$j"
		chaos destroy "c$i-$j" || echo "destroy c$i-$j"
	done >>/run/churn.out 2>&1 &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # several
wait $pids
touch /run/churned
wait $churn
check pools-churn "! [ -s /run/churn.out ] || { head -n 5 /run/churn.out; false; }"
check pools-churn-guests "[ \$(chaos list --names | grep -c '^d') = 15 ]"
check pools-churn-answers "./netcheck tcp $net.65 1"
destroy_guests
chaos pool resize noop 3
for i in $(seq 20); do
	chaos pool add "many$i" "$noop" memory_kib=$((4096 + i * 4)) --size 1 || echo "many$i"
done
check pools-many "eventually 20 '[ \$(chaos list | grep -c shell) = 27 ]'"
run pools-many-create chaos create "$noop" name=from17 memory_kib=$((4096 + 17 * 4))
check pools-many-right "[ \"\$(pool many17 used)\" = 1 ] && [ \"\$(pool many16 used)\" = 0 ]"
chaos destroy from17
for i in $(seq 20); do
	chaos pool remove "many$i"
done
chaos pool remove noop
chaos pool remove day
check pools-all-removed "eventually 5 '! chaos list --names | grep -q .'"
check pools-nothing-missing "eventually 10 '[ \$(free_kib) -ge $((before - 256)) ] || { echo $before now \$(free_kib); false; }'"

# ---- what former tenants have left ----

# All memory but a little is filled by guests that go; what shells are then made of was theirs.
found=0
i=0
while chaos create --paused "$noop" memory=64 name="tenant$i" 2>/dev/null; do
	found=$((found + $(./xenpoke fill "$(domid "tenant$i")")))
	i=$((i + 1))
done
check pools-tenants-filled "[ $found -gt $((i * 16000)) ] && [ $i -gt 3 ]"
destroy_all
chaos pool add day "$day" --size 8
chaos prepare day >/dev/null
chaos pool add big "$noop" memory=64 --size 100
chaos prepare big >/dev/null 2>&1
check pools-scrubbed-shells "[ \$(shells | wc -l) -gt $((i + 4)) ]"
# shellcheck disable=SC2046 # several
check pools-scrubbed "[ \"\$(./xenpoke count \$(shells))\" = 0 ]"

# ---- memory is short ----

check pools-short-note "chaos pool list | grep -q 'no memory for another shell'"
check pools-short-metric "[ \"\$(metric 'pool_stopped{pool=\"big\"}')\" = 1 ] && grep -q 'pool \"big\" stops at' /run/chaosd.log"
check pools-short-reserve "[ \$(free_kib) -ge 65536 ]"
run pools-short-foreground chaos create --no-daemon "$noop" memory=48 name=foreground
# More than is left: shells make way, as many as it takes and no more.
level=$(pool big level)
run pools-short-reclaim chaos create "$noop" memory=160 name=wide
check pools-short-reclaimed "[ \"\$(metric shells_reclaimed_total)\" -ge 2 ] && [ \"\$(pool big level)\" -ge $((level - 3)) ]"
check pools-short-too-much "chaos create $noop memory=4000 name=wider 2>&1 | grep -q 'no memory for domain'"
check pools-short-kept "[ \"\$(pool big level)\" -ge $((level - 3)) ]"
chaos pool remove big
chaos pool remove day
destroy_all
check pools-memory-back "eventually 10 '[ \$(free_kib) -ge $((before - 256)) ] || { echo $before now \$(free_kib); false; }'"
daemon_stop
finish
