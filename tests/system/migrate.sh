# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests migrated within this host, under another name and address, through sockets and through
# what stands for ssh; the connection cut at every 64 KiB and at every message, both ways; targets that
# cannot take the guest, and ends that are none.  There is one copy that runs, each time.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/migration
. ./migration

trap 'kill $(jobs -p) 2>/dev/null; destroy_all' EXIT
bridge_up
receiver_up

# nothing_wrong - $wrong is empty, or else is told
nothing_wrong()
{
	[ -z "$wrong" ] || { echo "migrate: $wrong"; false; }
}

# ---- the receiver's socket ----

# What has its name and is no socket of root's that nobody serves stays as it is.
echo precious >/run/precious
ln -s /run/precious /run/link.sock
for path in /run/precious /run/link.sock; do
	timeout 5 chaos migrate-receive --socket $path 2>/run/err
	check mig-receive-"${path##*/}" "[ $? = 1 ] && grep -q 'File exists' /run/err && [ -e $path ] &&
		[ \"\$(cat /run/precious)\" = precious ]"
done
rm -f /run/link.sock
timeout 5 chaos migrate-receive --socket $receiver 2>/run/err
check mig-receive-twice "[ $? = 1 ] && [ -S $receiver ]"
kill -9 $receiver_pid
wait $receiver_pid
check mig-receive-stale "[ -S $receiver ]"
inode=$(stat -c %i $receiver)
receiver_up
check mig-receive-again "eventually 5 '[ \"\$(stat -c %i $receiver)\" != $inode ]' && ! [ -s /run/receiver.log ]"

# ---- there and back ----

run mig-create chaos create "$(guest_config one daytime "bridge=xenbr0,ip=$net.2/24,gateway=$net.1")" on_crash=preserve
uuid=$(chaos info one | awk '$1 == "uuid" { print $2 }')
run mig-there migrate
check mig-there-one-copy "one_copy two"
run mig-back migrate
check mig-back-one-copy "one_copy one"
check mig-ends "chaos info one | grep -q 'poweroff destroy, reboot restart, crash preserve'"
check mig-uuid "[ $uuid = $(chaos info one | awk '$1 == "uuid" { print $2 }') ]"
check mig-socket-mode "[ $(stat -c %a $receiver) = 600 ]"
run mig-ssh chaos migrate --ssh ./as-ssh one nowhere name=two "$(vif_of two)"
check mig-ssh-one-copy "one_copy two"
chaos migrate --json --socket $receiver two name=one "$(vif_of one)" >/run/json
check mig-json "grep -q '\"result\":\"migrated\"' /run/json && grep -q '\"stop_ns\":[1-9]' /run/json"
check mig-json-one-copy "one_copy one"

# ---- cut ----

# cut DIRECTION:WHERE - a migration whose connection is; its status in $status
cut_at()
{
	./cutproxy /run/cut.sock $receiver "$@" &
	_proxy=$!
	eventually 2 '[ -S /run/cut.sock ]'
	migrate /run/cut.sock 2>/run/err
	status=$?
	kill $_proxy 2>/dev/null
	wait $_proxy 2>/dev/null
}

# by the numbers of toolstack/lib/migrate/migrate_proto.h: prepare, config, overrides, ready, stream,
# loaded, go, runs, ended.
points='up:0 up:5 up:after=hello up:before=1 up:after=1 up:before=2 up:after=2 up:before=3
	up:after=3 up:before=5 up:after=5 up:before=7
	down:0 down:5 down:after=hello down:before=4 down:40 down:after=4 down:before=6'
for n in $(seq 1 4); do
	points="$points up:$((n * 32768))"
done
wrong=''
for point in $points; do
	from=$(chaos list --names | head -n 1)
	cut_at "$point"
	[ $status != 0 ] && one_copy "$from" && grep -q 'ended' /run/err ||
		wrong="$wrong $point($status: $(tail -n 1 /run/err))"
done
check mig-cut-before-go nothing_wrong
# Behind GO the target runs it, which the source finds out; once it runs it is moved.
wrong=''
for point in down:after=6 up:after=7 down:before=8 down:after=8 down:before=9 down:after=9; do
	from=$(chaos list --names | head -n 1)
	cut_at "$point"
	case $point in
	down:after=6) one_copy "$from" && [ $status != 0 ] ;;
	*) one_copy "$(other "$from")" && [ $status = 0 ] ;;
	esac || wrong="$wrong $point($status: $(tail -n 1 /run/err))"
done
check mig-cut-after-go nothing_wrong

# Nobody can be asked: the source keeps it still, and marked.
from=$(chaos list --names | head -n 1)
cut_at up:after=7 once
check mig-doubt "[ $status = 11 ] && grep -q 'may run on' /run/err"
check mig-doubt-there "eventually 5 'answers $(other "$from")'"
check mig-doubt-marked "chaos list | grep -q '^$from .*incomplete'"
check mig-doubt-kept "! chaos unpause $from 2>/run/err && grep -q 'may run elsewhere' /run/err"
run mig-doubt-destroy chaos destroy "$from"
check mig-doubt-one-copy "one_copy $(other "$from")"
from=$(other "$from")
cut_at up:4 >/dev/null
check mig-cut-in-hello "[ $status != 0 ] && one_copy $from"

# ---- targets that cannot take it ----

from=$(chaos list --names | head -n 1)
to=$(other "$from")
run mig-third daytime third 9
refused 5 'name "third" is in use' mig-name-taken chaos migrate --socket $receiver "$from" name=third "$(vif_of "$to")"
refused 5 'in use' mig-address-taken chaos migrate --socket $receiver "$from" name="$to" "vif=['bridge=xenbr0,ip=$net.9/24']"
chaos destroy third
refused 8 'no bridge' mig-no-bridge chaos migrate --socket $receiver "$from" name="$to" "vif=['bridge=none,ip=$net.9/24']"
chaos migrate --socket $receiver "$from" name="$to" nonsense=1 2>/run/err
check mig-bad-setting "[ $? = 3 ]"
check mig-refused-one-copy "one_copy $from"
chaos migrate --socket /run/nobody.sock "$from" 2>/run/err
check mig-no-receiver "[ $? = 8 ]"
chaos create "$(guest_config big daytime "bridge=xenbr0,ip=$net.8/24")" memory=600
refused 6 'no memory' mig-no-memory chaos migrate --socket $receiver big name=bigger "vif=['bridge=xenbr0,ip=$net.7/24']"
check mig-no-memory-goes-on "./netcheck tcp $net.8 1"
chaos destroy big

# ---- guests that cannot go ----

chaos create "$(guest_config deaf stubborn)" cmdline=deaf
refused 9 'did not suspend in 1000 ms and goes on' mig-deaf chaos migrate --timeout 1 --socket $receiver deaf name=deaf2
check mig-deaf-goes-on "state deaf | grep -qx '[rb-][rb-]*' && eventually 5 '! chaos list deaf2 2>/dev/null'"
chaos destroy deaf
chaos create "$(guest_config mapped stubborn)" cmdline=mapped
refused 10 'maps its device page.*goes on here' mig-mapped chaos migrate --socket $receiver mapped name=mapped2
check mig-mapped-goes-on "state mapped | grep -qx '[rb-][rb-]*' && eventually 5 '! chaos list mapped2 2>/dev/null'"
chaos destroy mapped
chaos pause "$from"
refused 2 'is paused' mig-paused chaos migrate --socket $receiver "$from" name="$to"
chaos unpause "$from"

# ---- ends that are none ----

# says BYTES - a target that says just that, in printf's words
says()
{
	printf '#!/bin/sh\nprintf "%%b" "%s"\ncat >/dev/null\n' "$1" >/run/says
	chmod 755 /run/says
	chaos migrate --ssh /run/says "$from" nowhere 2>/run/err
}

says 'Welcome to this host\\n'
check mig-greeting "[ $? = 8 ] && grep -q 'begins with .Welcome' /run/err"
says 'LightVMm\\0003\\0000\\0000\\0000\\0001\\0000\\0000\\0000\\0030\\0000\\0000\\0000\\0000\\0000\\0000\\0000'
check mig-newer "[ $? = 8 ] && grep -q 'speaks version 3' /run/err"
says 'LightVMm\\0001\\0000\\0000\\0000\\0001\\0000\\0000\\0000\\0030\\0000\\0000\\0000\\0000\\0000\\0000\\0000'
check mig-older "[ $? = 8 ] && grep -q 'speaks noxs ABI 1' /run/err"
says 'LightVMm\\0002\\0000\\0000\\0000\\0007\\0000\\0000\\0000\\0030\\0000\\0000\\0000\\0000\\0000\\0000\\0000'
check mig-foreign "[ $? = 8 ] && grep -q 'another architecture' /run/err"
says 'LightVMm\\0002\\0000\\0000\\0000\\0001\\0000\\0000\\0000\\0030\\0000\\0000\\0000\\0000\\0000\\0000\\0000garbage\\0377garbage'
check mig-garbage "[ $? = 1 ] && grep -q 'not understood' /run/err"
refused 1 'has ended' mig-false chaos migrate --ssh false "$from" nowhere
chaos migrate "$from" -oProxyCommand=reboot 2>/run/err
check mig-host-option "[ $? = 2 ]"
wrong=''
for bytes in 0 1 23 24 64 5000; do
	head -c $bytes /dev/urandom | timeout 10 chaos migrate-receive >/run/out 2>/run/err
	case $? in
	1|8) ;;
	*) wrong="$wrong $bytes" ;;
	esac
done
check mig-receive-garbage nothing_wrong
check mig-one-copy-after-all "one_copy $from"
kill $receiver_pid
check mig-receiver-ends "eventually 5 '[ ! -e $receiver ]'"
finish
