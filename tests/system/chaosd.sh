# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaosd's pools, creates from them, many at once, the limit of memory, what is done when a
# guest ends, the daemon's own end and its successor.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
bridge_up
daemon_start
free_before=$(free_kib)

# ---- pools ----

day=$(guest_config day daytime "bridge=xenbr0")
noop=$(guest_config noop noop)
run chaosd-pool-add chaos pool add day "$day" --size 6
check chaosd-pool-fills "eventually 10 '[ \"\$(pool day level)\" = 6 ]'"
check chaosd-shells-listed "[ \$(chaos list | grep -c shell) = 6 ]"
check chaosd-pool-twice "chaos pool add day $noop 2>&1 | grep -q 'there is a pool'"
check chaosd-pool-same-kind "chaos pool add other $day 2>&1 | grep -q 'pool \"day\" has shells of this kind'"
check chaosd-prepare-unknown "chaos prepare none 2>&1 | grep -q 'no pool \"none\"'"
run chaosd-pool-add-noop chaos pool add noop "$noop" --size 4
chaos pool resize noop 16
chaos prepare noop >/run/progress
check chaosd-prepare "[ \"\$(tail -n 1 /run/progress)\" = 'noop: 16 of 16' ]"
check chaosd-prepare-progress "sort -n -k 2 /run/progress | cmp -s - /run/progress && [ \$(uniq /run/progress | wc -l) -ge 3 ]"
chaos pool resize noop 4

used=$(pool day used)
run chaosd-create chaos create "$day" name=web "$(vif 2)"
check chaosd-from-pool "[ \$(pool day used) = $((used + 1)) ]"
run chaosd-answers ./netcheck tcp $net.2 1
check chaosd-refills "eventually 10 '[ \"\$(pool day level)\" = 6 ]'"
check chaosd-not-listed-as-shell "chaos list web | grep -qv shell"
run chaosd-cmdline chaos create "$day" name=words cmdline=hello "$(vif 3)"
# Devices are made and linked with the shells, and silent; only addresses are missing.
check chaosd-shells-linked "eventually 10 '[ \$(ls /sys/class/net/xenbr0/brif | wc -l) = 8 ]'"
check chaosd-shells-nameless "chaos info \$(chaos list | awk '/shell/ { print \$2; exit }') | grep -q 'mac 00:00:00:00:00:00'"
used=$(pool day used)
ip link add other0 type bridge
ip link set other0 up
run chaosd-other-flavour chaos create "$day" name=large memory=5 "$(vif 4)"
run chaosd-other-bridge chaos create --no-wait "$day" name=bridge "vif=['bridge=other0']"
check chaosd-other-bridge-joined "[ \$(ls /sys/class/net/other0/brif | wc -l) = 1 ]"
run chaosd-other-mtu chaos create "$day" name=mtu "vif=['bridge=xenbr0,mtu=1400,ip=$net.5/24,gateway=$net.1']"
check chaosd-other-mtu-set "chaos info mtu | grep -q 'mtu 1400'"
run chaosd-other-vifs chaos create --no-wait "$day" name=vifs "vif=['bridge=xenbr0','bridge=xenbr0']"
check chaosd-only-their-kind "[ \$(pool day used) = $used ]"
for guest in bridge mtu vifs; do
	chaos destroy $guest
done
ip link del other0
check chaosd-vif-name-taken "chaos create $day name=web \"$(vif 8)\" 2>&1 | grep -q 'in use by domain $(domid web)'"
check chaosd-name-taken "chaos create $noop name=web 2>&1 | grep -q 'in use by domain $(domid web)'"
check chaosd-ip-taken "chaos create $day name=web2 \"$(vif 2)\" 2>&1 | grep -q 'in use by domain $(domid web)'"
check chaosd-shell-not-wasted "eventually 10 '[ \"\$(pool noop level)\" = 4 ] && [ \"\$(pool day level)\" = 6 ]'"
check chaosd-bad-config "chaos create $noop memory=x 2>&1 | grep -q memory"
run chaosd-paused chaos create --paused "$noop" name=still
check chaosd-paused-state "state still | grep -q p"
run chaosd-no-wait chaos create --no-wait "$noop" name=quick
check chaosd-no-wait-ready "eventually 5 'chaos info quick | grep -q \"ready *yes\"'"
# A kernel without a note of ours is not waited for, whoever makes the guest, of whatever shell.
never="warning: \"stranger\" runs and is not waited for: its kernel has no LightVM note"
cp /lab/noteless /run/stranger
printf '\353\376' | dd of=/run/stranger bs=1 seek=4096 conv=notrunc 2>/dev/null
check chaosd-stranger "chaos create $noop name=stranger kernel=/run/stranger 2>&1 | grep -q '$never' && chaos list stranger >/dev/null"
chaos destroy stranger
chaos pool add strange "$noop" kernel=/run/stranger memory=9 --size 1
chaos prepare strange >/dev/null
check chaosd-stranger-pooled "chaos create $noop name=stranger kernel=/run/stranger memory=9 2>&1 | grep -q '$never' && chaos list stranger >/dev/null"
check chaosd-stranger-used "[ \"\$(pool strange used)\" = 1 ]"
chaos destroy stranger
chaos pool remove strange
chaos pool add strange "$noop" memory=9 --imageless --size 1
chaos prepare strange >/dev/null
check chaosd-stranger-imageless "chaos create $noop name=stranger kernel=/run/stranger memory=9 2>&1 | grep -q '$never' && chaos list stranger >/dev/null"
check chaosd-stranger-imageless-used "[ \"\$(pool strange used)\" = 1 ]"
chaos destroy stranger
chaos pool remove strange
refused 9 "not ready after 300 ms" chaosd-stranger-timeout leaves_none stranger \
	chaos create --timeout 0.3 "$noop" name=stranger kernel=/run/stranger
run chaosd-no-daemon chaos create --no-daemon "$noop" name=alone
check chaosd-metrics "chaos pool metrics | grep -q 'chaosd_pool_size{pool=\"day\"} 6'"

shell=$(chaos list | awk '/shell/ { print $2; exit }')
chaos destroy "$shell"
check chaosd-lost-shell-replaced "eventually 10 '[ \"\$(pool day level)\" = 6 ] && [ \"\$(pool noop level)\" = 4 ]'"
cp /lab/noop /run/kernel
run chaosd-add-changing chaos pool add changing "$noop" kernel=/run/kernel memory=6 --size 1
chaos prepare changing >/dev/null
cp /lab/noop /run/kernel.new && mv /run/kernel.new /run/kernel
run chaosd-create-changed chaos create "$noop" kernel=/run/kernel memory=6 name=changed
check chaosd-changed-is-new "[ \"\$(pool changing used)\" = 0 ]"
# Size and time are those of the older one: rsync --inplace, touch -r.
chaos prepare changing >/dev/null
touch -r /run/kernel /run/reference
cat /lab/noop >/run/kernel
touch -r /run/reference /run/kernel
run chaosd-create-touched chaos create "$noop" kernel=/run/kernel memory=6 name=touched
check chaosd-touched-is-new "[ \"\$(pool changing used)\" = 0 ]"
# Its shells are memory, and fit what no other pool does.
run chaosd-imageless-add chaos pool add bare "$noop" memory=8 --imageless --size 2
chaos prepare bare >/dev/null
run chaosd-imageless chaos create "$day" memory=8 name=dressed cmdline=words "$(vif 5)"
check chaosd-imageless-used "[ \"\$(pool bare used)\" = 1 ]"
run chaosd-imageless-answers ./netcheck tcp $net.5 1
run chaosd-imageless-no-wait chaos create --no-wait "$noop" memory=8 name=dressed2
check chaosd-imageless-ready "eventually 5 'chaos info dressed2 | grep -q \"ready *yes\"'"
chaos pool remove bare
run chaosd-pool-resize chaos pool resize noop 1
check chaosd-pool-resized "[ \"\$(pool noop level)\" = 1 ]"
run chaosd-pool-drain chaos pool drain day
check chaosd-pool-drained "[ \"\$(pool day level)\" = 0 ]"
run chaosd-pool-remove chaos pool remove day
check chaosd-pool-removed "! chaos pool list | grep -q '^day'"
chaos pool remove changing

# ---- the end of a guest ----

(cd /run && exec chaos events --json >/run/events) &
events=$!
# Until it hears something.
eventually 10 '{ chaos create "$noop" name=first && chaos destroy first; } >/dev/null 2>&1; [ -s /run/events ]'
run chaosd-ends chaos create "$noop" name=ends
chaos shutdown ends
check chaosd-poweroff-destroys "eventually 5 '! chaos list ends >/dev/null 2>&1'"
run chaosd-stays chaos create "$noop" name=stays on_poweroff=preserve
chaos shutdown stays
check chaosd-poweroff-preserves "eventually 5 'state stays | grep -q s'"
chaos create "$noop" name=again
first=$(domid again)
chaos reboot again
check chaosd-reboot-restarts "eventually 10 '[ -n \"\$(domid again 2>/dev/null)\" ] && [ \"\$(domid again)\" != $first ]'"
check chaosd-reboot-ready "eventually 5 'chaos info again | grep -q \"ready *yes\"'"
# What can be found missing is, before the old one is destroyed; and it is looked for again.
is_anew()
{
	[ -n "$(domid "$1" 2>/dev/null)" ] && [ "$(domid "$1")" != "$first" ]
}
cp /lab/noop /run/away
chaos create "$noop" name=away kernel=/run/away
first=$(domid away)
mv /run/away /run/away.kept
chaos reboot away
check chaosd-restart-failed "eventually 10 'grep -q \"restart-failed: .away.: kernel .*tried again in 1 s\" /run/chaosd.log'"
check chaosd-restart-keeps "[ \"\$(domid away)\" = $first ] && state away | grep -q s"
mv /run/away.kept /run/away
check chaosd-restart-retries "eventually 20 'is_anew away'"
check chaosd-restart-counted "[ \"\$(metric restarts_failed_total)\" -ge 1 ]"
# Who destroys it meanwhile calls it off.
mv /run/away /run/away.kept
failed=$(metric restarts_failed_total)
chaos reboot away
check chaosd-restart-waits "eventually 15 '[ \"\$(metric restarts_failed_total)\" -gt $failed ]'"
chaos destroy away
mv /run/away.kept /run/away
sleep 3
check chaosd-restart-called-off "! chaos list away >/dev/null 2>&1"
# It keeps the devices it was given, and not those that were taken.
truncate -s 1M /run/plugged.img
chaos create "$day" name=plugged "$(vif 6)"
first=$(domid plugged)
run chaosd-plug-vif chaos network-attach plugged bridge=xenbr0 "ip=$net.61/24"
run chaosd-plug-disk chaos block-attach plugged format=raw vdev=xvdb access=rw target=/run/plugged.img
run chaosd-unplug-vif chaos network-detach plugged 0
chaos reboot plugged
check chaosd-plugged-restarts "eventually 20 'is_anew plugged && chaos info plugged | grep -q \"ready *yes\"'"
check chaosd-plugged-kept "chaos info plugged | grep -q '$net.61/24' && chaos info plugged | grep -q '/run/plugged.img' &&
	! chaos info plugged | grep -q '$net.6/24'"
chaos destroy plugged
# One that dies as soon as it is ready, again and again: a second of life is what a restart costs.
bad=$(guest_config bad hostile "bridge=xenbr0,ip=$net.40/24")
restarts=$(metric restarts_total)
chaos create --no-wait "$bad" cmdline=die on_crash=restart
sleep 4
restarts=$(($(metric restarts_total) - restarts))
check chaosd-crash-restarts "[ $restarts -ge 1 ] && [ $restarts -le 5 ] || { echo $restarts; false; }"
# It is there between two lives, but for the moment in which it is made anew.
destroy_bad()
{
	chaos destroy bad && sleep 3 && ! chaos list bad
}
check chaosd-crash-loop-ends "eventually 20 destroy_bad >/dev/null 2>&1"
bad=$(guest_config bad hostile "bridge=xenbr0,ip=$net.41/24")
chaos create --no-wait "$bad" name=bad2 cmdline=die on_crash=destroy
check chaosd-crash-destroys "eventually 5 '! chaos list bad2 >/dev/null 2>&1'"
bad=$(guest_config bad hostile "bridge=xenbr0,ip=$net.42/24")
chaos create --no-wait "$bad" name=bad3 cmdline=die on_crash=preserve
check chaosd-crash-preserves "eventually 5 'state bad3 | grep -q c'"
check chaosd-events-crashed "eventually 5 \"grep '\\\"event\\\":\\\"crashed\\\"' /run/events | grep -q '\\\"name\\\":\\\"bad3\\\",\\\"reason\\\":3'\""
kill $events
check chaosd-events-schema "! grep -vE '^\{\"time_ns\":[0-9]+,\"event\":\"(created|ready|shutdown|crashed|dying|destroyed|detached|answer|device-failed)\",\"domid\":[0-9]+,\"name\":(\"[^\"]+\"|null)(,\"(reason|errno)\":[0-9]+)?\}$' /run/events"
check chaosd-events-created "[ \$(grep '\"event\":\"created\"' /run/events | grep -c '\"name\":\"ends\"') = 1 ]"
check chaosd-events-no-shells "! grep '\"event\":\"created\"' /run/events | grep -q chaosd-shell"
check chaosd-events-ready "grep -q '\"event\":\"ready\"' /run/events"
check chaosd-events-shutdown "grep '\"event\":\"shutdown\"' /run/events | grep -q '\"reason\":1'"
check chaosd-events-destroyed "grep -q '\"event\":\"destroyed\"' /run/events"

# ---- many at once ----

destroy_guests
chaos pool resize noop 20
chaos prepare noop >/dev/null
pids=''
for i in $(seq 50); do
	{ chaos create "$noop" name="many$i" || echo "many$i failed"; } >>/run/many.out 2>&1 &
	pids="$pids $!"
done
for i in $(seq 10); do
	{ chaos create "$noop" name=one && echo won; } >>/run/one.out 2>&1 &
	pids="$pids $!"
	{ chaos create "$day" name="ip$i" "$(vif 9)" && echo won; } >>/run/ip.out 2>&1 &
	pids="$pids $!"
	{ chaos create "$day" name="mac$i" "vif=['bridge=xenbr0,mac=00:16:3e:0a:0b:0c,ip=$net.$((110 + i))/24']" &&
		echo won; } >>/run/mac.out 2>&1 &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # several
wait $pids
check chaosd-fifty "[ \$(chaos list --names | grep -c '^many') = 50 ] && [ ! -s /run/many.out ]"
check chaosd-fifty-names "[ \$(chaos list --names | grep '^many' | sort -u | wc -l) = 50 ]"
check chaosd-one-name "[ \$(grep -c won /run/one.out) = 1 ] && [ \$(grep -c 'in use' /run/one.out) = 9 ]"
check chaosd-one-mac "[ \$(grep -c won /run/mac.out) = 1 ] && [ \$(grep -c 'in use by domain' /run/mac.out) = 9 ]"
check chaosd-one-address "[ \$(grep -c won /run/ip.out) = 1 ] && [ \$(grep -c 'in use' /run/ip.out) = 9 ]"
pids=''
for i in $(seq 50); do
	chaos destroy "many$i" >>/run/many.out 2>&1 &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # several
wait $pids
check chaosd-fifty-destroyed "[ \$(chaos list --names | grep -c '^many') = 0 ] && [ ! -s /run/many.out ]"
destroy_guests

# ---- memory ----

chaos pool add big "$noop" memory=64 --size 1000
check chaosd-memory-says "chaos prepare big 2>&1 | grep -q 'stops at [1-9][0-9]* of 1000 shells: no memory'"
check chaosd-memory-reserve "[ \$(free_kib) -ge 65536 ]"
check chaosd-memory-note "chaos pool list | grep -q 'no memory for another shell'"
run chaosd-memory-foreground chaos create "$noop" memory=32 name=fits
chaos destroy fits
chaos pool remove big

# ---- its end, and its successor ----

chaos pool resize noop 5
chaos prepare noop >/dev/null
run chaosd-survivor chaos create "$day" name=survivor "$(vif 7)"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
check chaosd-killed-shells "[ \$(chaos list | grep -c shell) = 5 ]"
run chaosd-gone-create chaos create "$noop" name=meanwhile
daemon_start
check chaosd-swept "[ \$(chaos list | grep -c shell) = 0 ]"
check chaosd-swept-counted "chaos pool metrics | grep -q 'chaosd_shells_swept_total 5'"
run chaosd-survivor-answers ./netcheck tcp $net.7 1
run chaosd-again chaos pool add noop "$noop" --size 5
check chaosd-second "chaosd --foreground 2>&1 | grep -q 'another chaosd'"
destroy_guests
chaos prepare noop >/dev/null
daemon_stop
check chaosd-stops-clean "! chaos list --names | grep -q ."
check chaosd-memory-back "eventually 10 '[ \$(free_kib) -ge $((free_before - 256)) ] || { echo $free_before now \$(free_kib); false; }'"
finish
