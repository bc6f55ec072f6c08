# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests saved and restored, by us, by libxenguest, and by both; guests that cannot be saved go
# on, and files that are not whole make no guest.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
files=/run/saved
mkdir -p $files

answers()
{
	./netcheck tcp $net.2 2 && ./netcheck udp $net.2 20 1000
}

# no_file - neither the file nor what was to become it
no_file()
{
	[ -z "$(ls -A $files)" ]
}

# with_connection COMMAND... - COMMAND, with a TCP connection open that has to live through it
with_connection()
{
	rm -f /run/hold.ready /run/hold.go
	./tcphold $net.2 /run/hold.ready /run/hold.go &
	_hold=$!
	eventually 10 '[ -e /run/hold.ready ]' || return 1
	"$@"
	_rc=$?
	touch /run/hold.go
	wait $_hold && [ $_rc = 0 ]
}

save_and_restore()
{
	chaos save one $files/one && ! chaos list one >/dev/null 2>&1 && chaos restore $files/one
}

create_anew()
{
	chaos destroy one && daytime one 2
}

# ---- there and back ----

run save-create daytime one 2
run save-quiet chaos save --keep one $files/quiet
run save-answers-before answers
# What packets have left in all 64 buffers of its vif is not saved.
run save-flood ./netcheck udp $net.2 100 1000
run save-after-flood chaos save --keep one $files/flood
check save-no-buffers "[ $(($(stat -c %s $files/flood) - $(stat -c %s $files/quiet))) -lt 65536 ]"
rm -f $files/*
check save-connection-lost "! with_connection create_anew 2>/dev/null"
run save-connection-survives with_connection save_and_restore
run save-answers-after answers
check save-state "chaos info one | grep -q 'ready *yes' && chaos info one | grep -q '$net.2/24'"
check save-mode "[ $(stat -c %a $files/one) = 600 ]"
i=0
while [ $i -lt 10 ] && save_and_restore && ./netcheck tcp $net.2 1; do
	i=$((i + 1))
done
check save-ten-times "[ $i = 10 ]"
uuid=$(chaos info one | awk '$1 == "uuid" { print $2 }')

# ---- its processors, and its end ----

run save-pinned chaos create "$(guest_config pinned noop)" cpus=1 on_reboot=destroy on_crash=preserve
run save-pinned-save chaos save pinned $files/pinned
run save-pinned-restore chaos restore $files/pinned
run save-pinned-again chaos save pinned $files/pinned
check save-pinned-kept "head -c 1000 $files/pinned | grep -a -q '^cpus = \"1\"'"
check save-ends-kept "head -c 1000 $files/pinned | grep -a -A 2 '^on_poweroff = \"destroy\"' | tr '\n' ' ' |
	grep -q 'on_reboot = \"destroy\" on_crash = \"preserve\"'"
run save-ends-restore chaos restore $files/pinned on_crash=restart
check save-ends-restored "chaos info pinned | grep -q 'poweroff destroy, reboot destroy, crash restart'"
chaos destroy pinned
rm -f $files/pinned

# ---- it goes on ----

run save-keep with_connection chaos save --keep one $files/keep
run save-keep-answers answers
run save-keep-again chaos save --keep one $files/keep
run save-pause chaos save --pause one $files/pause
check save-paused "state one | grep -q p && ! ping -c 1 -W 1 $net.2 >/dev/null"
check save-of-a-paused "! chaos save one $files/no 2>/run/err && grep -q 'is paused' /run/err"
run save-unpause chaos unpause one
run save-unpaused-answers answers

# ---- under another name and address ----

chaos restore $files/keep 2>/run/err
check save-name-taken "[ $? = 5 ] && grep -q 'name \"one\" is in use' /run/err"
chaos restore $files/keep name=two 2>/run/err
check save-address-taken "[ $? = 5 ] && grep -q 'in use' /run/err"
run save-renamed chaos restore $files/keep name=two uuid=11111111-2222-3333-4444-555555555555 \
	"vif=['bridge=xenbr0,ip=$net.3/24']"
run save-renamed-answers ./netcheck tcp $net.3 2
run save-original-answers ./netcheck tcp $net.2 2
chaos restore $files/keep memory_kib=8192 name=three "vif=[]" 2>/run/err
check save-other-memory "[ $? = 3 ] && grep -q 'not of the size' /run/err"
chaos destroy two
run save-destroy chaos destroy one
run save-restore-kept chaos restore $files/keep
run save-restored-kept-answers answers
check save-uuid "[ $uuid = $(chaos info one | awk '$1 == "uuid" { print $2 }') ]"
rm -f $files/*

# ---- what cannot be saved goes on ----

mkdir -p /run/full
mount -t tmpfs -o size=64k none /run/full
chaos save one /run/full/one 2>/run/err
check save-full "[ $? = 6 ] && grep -q 'No space' /run/err && [ -z \"\$(ls -A /run/full)\" ]"
run save-full-goes-on answers
umount /run/full
chaos save one /no/such/directory 2>/run/err
check save-nowhere "[ $? = 1 ]"
run save-nowhere-goes-on answers
# What goes on runs, is blocked, or waits for a processor: neither paused nor shut down.
chaos create "$(guest_config deaf stubborn)" cmdline=deaf
chaos save --timeout 1 deaf $files/deaf 2>/run/err
check save-deaf "[ $? = 9 ] && grep -q 'did not suspend in 1000 ms and goes on' /run/err && no_file"
check save-deaf-goes-on "state deaf | grep -qx '[rb-][rb-]*'"
chaos destroy deaf
chaos create "$(guest_config mapped stubborn)" cmdline=mapped
chaos save mapped $files/mapped 2>/run/err
check save-mapped "[ $? = 10 ] && grep -q 'maps its device page' /run/err && no_file"
check save-mapped-goes-on "state mapped | grep -qx '[rb-][rb-]*'"
chaos destroy mapped

# ---- files that are not whole ----

chaos save --keep one $files/one
size=$(stat -c %s $files/one)
chaos destroy one
for len in 0 20 100 5000 $((size / 2)) $((size - 1)); do
	head -c "$len" $files/one >$files/bad
	chaos restore $files/bad 2>/run/err
	check save-truncated-"$len" "[ $? = 3 ] && grep -q truncated /run/err"
done
cp $files/one $files/bad
printf 'x' | dd of=$files/bad bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
chaos restore $files/bad 2>/run/err
check save-damaged "[ $? = 3 ] && grep -q damaged /run/err"
chaos restore /lab/save.sh 2>/run/err
check save-foreign "[ $? = 3 ] && grep -q 'not the file of a saved guest' /run/err"
check save-bad-nothing-left "! chaos list --names | grep -q ."
run save-good chaos restore $files/one
run save-good-answers answers

# ---- libxenguest ----

run save-xenguest-save ./interop save "$(domid one)" $files/one $files/theirs
chaos destroy one
run save-xenguest-saved chaos restore $files/theirs
run save-xenguest-saved-answers answers
run save-portable chaos save --portable one $files/ours
run save-xenguest-restore ./interop restore $files/ours one $net.2
check save-xenguest-restored-ready "eventually 10 'chaos info one | grep -q \"ready *yes\"'"
run save-xenguest-restored-answers answers
run save-xenguest-restored-again save_and_restore
run save-xenguest-restored-again-answers answers
check save-sizes "[ $(stat -c %s $files/ours) -lt $(stat -c %s $files/theirs) ]"
finish
