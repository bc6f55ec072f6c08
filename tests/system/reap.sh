# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: on_poweroff, on_reboot and on_crash of guests that no chaosd has made.  Any chaos that makes one
# starts `chaos reap`, which destroys those that are to be destroyed, and chaosd takes its place.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

# reapers - their process ids, one a line
reapers()
{
	ps | awk '/[c]haos reap/ { print $1 }'
}

# kill_reapers [SIGNAL]
kill_reapers()
{
	for _p in $(reapers); do
		kill "$@" "$_p"
	done
}

end_reapers()
{
	kill_reapers "$@"
	eventually 5 '[ -z "$(reapers)" ]'
}

is_gone()
{
	! chaos list "$1" >/dev/null 2>&1
}

# is_anew NAME OLD-DOMID - a successor of that domain runs
is_anew()
{
	_new=$(domid "$1" 2>/dev/null)
	[ -n "$_new" ] && [ "$_new" != "$2" ] && ! state "$1" | grep -q s
}

# what_is NAME - what is to be the same after a restart
what_is()
{
	chaos info --json "$1" | tr ',{' '\n\n' |
		grep -E '"(name|uuid|memory_kib|vcpus|mac|ipv4|mtu|on_[a-z]*)":' | grep -v gen_id
}

trap 'daemon_stop; destroy_all; end_reapers' EXIT
end_reapers
rm -f /run/chaosd.log
bridge_up
noop=$(guest_config noop noop)
bad=$(guest_config bad hostile "bridge=xenbr0,ip=$net.40/24")
many=40

# ---- without chaosd ----

run reap-create chaos create "$noop" name=ends
check reap-started "eventually 5 '[ \"\$(reapers | wc -l)\" = 1 ]'"
check reap-is-one "chaos reap 2>&1 | grep -q 'another .chaos reap.'"
check reap-info "chaos info ends | grep -q 'poweroff destroy, reboot restart, crash destroy'"
check reap-info-json "chaos info --json ends | grep -q '\"on_poweroff\":\"destroy\",\"on_reboot\":\"restart\",\"on_crash\":\"destroy\"'"
chaos shutdown ends
check reap-poweroff-destroys "eventually 5 'is_gone ends'"
run reap-name-is-free chaos create "$noop" name=ends on_reboot=destroy
chaos reboot ends
check reap-reboot-destroys "eventually 5 'is_gone ends'"
chaos create "$noop" name=stays on_poweroff=preserve
chaos shutdown stays
chaos create "$noop" name=again
chaos reboot again
chaos create --no-wait "$bad" cmdline=mode=die
check reap-crash-destroys "eventually 5 'is_gone bad'"
check reap-poweroff-preserves "eventually 5 'state stays | grep -q s'"
check reap-restart-stays "eventually 5 'state again | grep -q s'"
check reap-still-one "[ \"\$(reapers | wc -l)\" = 1 ]"
# It ends before anybody says that it is made: whoever makes it has the first word.
run reap-crash-told refused 10 'crashed before it was ready' x chaos create "$bad" "cmdline=mode=nonsense"

# ---- one that is killed ----

end_reapers -9
run reap-killed-create chaos create "$noop" name=ends
check reap-killed-again "eventually 5 '[ \"\$(reapers | wc -l)\" = 1 ]'"
# What ended meanwhile is found, by the one whom the next verb starts that asks the module.
kill_reapers -STOP
chaos shutdown ends
check reap-stopped-stays "eventually 5 'state ends | grep -q s'"
end_reapers -9
run reap-killed-info chaos info ends
check reap-killed-found "eventually 5 'is_gone ends'"
destroy_all

# ---- many at once ----

i=0
while [ $i -lt $many ]; do
	chaos create "$noop" name="many$i" || break
	i=$((i + 1))
done
check reap-many-created "[ $i = $many ]"
kill_reapers -STOP
i=0
while [ $i -lt $many ]; do
	chaos shutdown "many$i"
	i=$((i + 1))
done
check reap-many-ended "eventually 10 '[ \"\$(chaos list | grep -c -- --s)\" = $many ]'"
kill_reapers -CONT
check reap-many-gone "eventually 20 '[ -z \"\$(chaos list --names)\" ]'"

# ---- its own end ----

end_reapers
chaos create "$noop" name=short
eventually 5 '[ -n "$(reapers)" ]' # it starts beside us
end_reapers
chaos reap --idle 1 2>/run/reap.log &
pid=$!
check reap-idle-watches "sleep 3; kill -0 $pid"
chaos destroy short
check reap-idle-leaves "eventually 5 '! kill -0 $pid 2>/dev/null'"
check reap-idle-silent "[ ! -s /run/reap.log ]"

# ---- chaosd ----

chaos create "$noop" name=old
(cd /lab && chaos create "$noop" name=old-again kernel=./noop 'cmdline=a \\"b\\"; c')
# One that ends while nobody could make it anew, one that has been renamed, and one from a file.
daytime away 41 mtu=1400
what_is away >/run/away.was
chaos create "$noop" name=unnamed
chaos rename unnamed renamed
chaos create "$noop" name=filed memory_kib=5000
run reap-restart-save chaos save filed /run/filed.save
run reap-restart-restore chaos restore /run/filed.save
for g in away renamed filed old-again; do
	domid $g >/run/$g.id
done
chaos reboot away
check reap-restart-waits "eventually 5 'state away | grep -q s'"
chaos create "$noop" name=old-stays on_poweroff=preserve
daemon_start
check reap-ousted "eventually 5 '[ -z \"\$(reapers)\" ]'"
check reap-chaosd-holds "chaos reap 2>&1 | grep -q 'chaosd or another'"
chaos create --no-daemon "$noop" name=beside
check reap-chaosd-no-reaper "sleep 1; [ -z \"\$(reapers)\" ]"
for g in old beside old-stays; do
	chaos shutdown $g
done
chaos reboot old-again
chaos reboot renamed
chaos reboot filed
check reap-chaosd-destroys "eventually 5 'is_gone old && is_gone beside'"
check reap-chaosd-preserves "eventually 5 'state old-stays | grep -q s'"
check reap-restarts "eventually 10 'is_anew old-again \$(cat /run/old-again.id)'"
check reap-restarts-ended "eventually 10 'is_anew away \$(cat /run/away.id)'"
check reap-restarts-same "eventually 5 'what_is away | cmp - /run/away.was' && [ \$(wc -l </run/away.was) -ge 8 ]"
check reap-restarts-answers "eventually 5 'busybox nc $net.41 13 </dev/null 2>/dev/null | grep -q UTC'"
check reap-restarts-renamed "eventually 10 'is_anew renamed \$(cat /run/renamed.id)'"
check reap-restarts-restored "eventually 10 'is_anew filed \$(cat /run/filed.id)'"
_kib=$(chaos info --json filed | tr ",{" "\n\n" | sed -n "s/^ *\"memory_kib\": *//p" | head -n 1)
check reap-restarts-memory "[ \"$_kib\" -ge 4990 ] && [ \"$_kib\" -le 5010 ]"
# From now on they are the daemon's, and it is not the last one either.
for g in away old-again; do
	domid $g >/run/$g.id
	chaos reboot $g
done
check reap-restarts-again "eventually 20 'is_anew away \$(cat /run/away.id) && is_anew old-again \$(cat /run/old-again.id)'"
# One of its own is its successor's, or a reaper's.
chaos create "$noop" name=own
chaos create "$noop" name=own2
chaos create "$noop" name=own-again
domid own-again >/run/own-again.id
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
chaos shutdown own
run reap-chaosd-killed chaos create --no-daemon "$noop" name=other
check reap-chaosd-killed-found "eventually 5 'is_gone own'"
chaos reboot own-again
check reap-chaosd-killed-waits "eventually 5 'state own-again | grep -q s'"
daemon_start
chaos shutdown own2
check reap-chaosd-successor "eventually 5 'is_gone own2'"
check reap-chaosd-successor-restarts "eventually 10 'is_anew own-again \$(cat /run/own-again.id)'"
daemon_stop
destroy_all
finish
