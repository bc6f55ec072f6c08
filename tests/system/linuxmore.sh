# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: what else a stock Debian kernel does as a guest of chaos, made from a pool.  Devices come and
# go and change their size, drivers are unloaded and loaded, data arrive undamaged in both directions; it
# is saved, restored, migrated and rebooted; what it lies to its own drivers hurts nobody else.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon
# shellcheck source=tests/system/migration
. ./migration
# shellcheck source=tests/system/linux-common
. ./linux-common

# later LAST COMMAND... - without the network meanwhile: in the background, and what it has said is lost
later()
{
	_last=$1
	shift
	guest "$_last" "(sleep 1; $*) </dev/null >/dev/null 2>&1 &" >/dev/null
}

# xvdb_is_read - all that the file of the disk has
xvdb_is_read()
{
	[ "$(guest "$last" dd if=/dev/xvdb bs=1M 2\>/dev/null \| md5sum)" = "$(md5 $tmp/disk)  -" ]
}
last=2

# lie PATH VALUE - to the guest's own drivers, in the store that only it has: a write (11) by its root
lie()
{
	_len=$(printf '\\%03o' $((${#1} + 1 + ${#2})))
	guest 2 "printf '\\013\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000$_len\\000\\000\\000$1\\000$2' >/dev/xen/xenbus"
}

linux_memory=512
linux_begin
daemon_start
run more-pool chaos pool add linux /run/one.cfg --size 1
run more-pool-fills chaos prepare linux
linux_start more
check more-from-pool "[ \"\$(pool linux used)\" = 1 ]"
run more-pool-remove chaos pool remove linux
truncate -s 4M $tmp/b

# ---- data ----

guest 2 dd if=/dev/urandom of=/www/big bs=1M count=8 2\>/dev/null
check more-from-guest "[ \"\$(get 2 /big | md5sum)\" = \"\$(guest 2 md5sum \</www/big)\" ]"
# Its input stays open: nc of busybox ends, whatever is still to come, when the other end has none.
guest 2 "(sleep 60 | nc -l -p 99 >/tmp/got) </dev/null >/dev/null 2>&1 &"
timeout 60 nc $net.2 99 <$tmp/disk
check more-to-guest "eventually 20 '[ \"\$(guest 2 md5sum \</tmp/got)\" = \"$(md5 $tmp/disk)  -\" ]'"
guest 2 rm /www/big /tmp/got
run more-ping-large ping -c 10 -s 8000 $net.2
run more-ping-many ping -A -c 500 -W 2 $net.2

# ---- drivers ----

# restart DRIVER DEVICE MODULE [OPTION...] - what a guest's root does; /tmp/MODULE tells that it went
restart()
{
	_sys=/sys/bus/xen/drivers/$1 _module=$3
	printf 'echo %s >%s/unbind && rmmod %s && touch /tmp/%s; ' "$2" "$_sys" "$_module" "$_module"
	shift 3
	printf 'insmod /lib/lab/%s.ko %s' "$(echo "$_module" | tr _ -)" "$*"
}

# Under load, and with what the back-ends do not offer asked for: the drivers do without.
ping -A -w 10 $net.2 >/dev/null &
later 2 "$(restart vif vif-0 xen_netfront max_queues=4); noxs-net"
sleep 3
check more-netfront-again "eventually 40 'served 2' && in_guest 2 ls /tmp/xen_netfront"
# This one takes no device a second time, under whatever toolstack.
run more-blkfront-again guest 2 "$(restart vbd vbd-51712 xen_blkfront max_ring_page_order=4 max_queues=4)"
check more-blkfront-went "in_guest 2 ls /tmp/xen_blkfront && ! in_guest 2 ls /dev/xvda"
run more-blkfront-detach chaos block-detach one xvda
run more-blkfront-attach chaos block-attach one vdev=xvda "target=$tmp/disk"
check more-blkfront-works "eventually 10 'in_guest 2 dd if=/dev/xvda of=/dev/null bs=1M iflag=direct' && all_open one"
check more-no-unload "! in_guest 2 rmmod noxs_front && served 2"

# ---- hot-plug ----

run more-attach chaos block-attach one vdev=xvdb "target=$tmp/b"
check more-attached "eventually 10 'in_guest 2 dd if=/dev/xvdb of=/dev/null bs=1M'"
truncate -s 8M $tmp/b
run more-resize chaos block-resize one xvdb
check more-resized "eventually 10 '[ \"\$(guest 2 blockdev --getsize64 /dev/xvdb)\" = 8388608 ]'"
check more-written "in_guest 2 dd if=/dev/zero of=/dev/xvdb bs=1M seek=7 count=1 oflag=direct"
run more-detach chaos block-detach one xvdb
check more-detached "! in_guest 2 ls /dev/xvdb"
# One that somebody has open is not taken; when that is over, it is.
run more-attach-again chaos block-attach one vdev=xvdb "target=$tmp/b"
guest 2 "tail -f /dev/null </dev/xvdb >/dev/null 2>&1 &"
check more-is-open "eventually 10 'in_guest 2 pidof tail'"
refused 10 'does not let go of xvdb: .*--force' more-in-use chaos block-detach one xvdb
check more-in-use-works "in_guest 2 dd if=/dev/xvdb of=/dev/null bs=1M && served 2 && all_open one"
guest 2 killall tail >/dev/null
run more-let-go chaos block-detach one xvdb
i=0
while [ $i -lt 5 ] && chaos block-attach one vdev=xvdb "target=$tmp/b" >/dev/null &&
	eventually 10 'in_guest 2 dd if=/dev/xvdb of=/dev/null bs=1M' &&
	chaos block-detach one xvdb 2>/dev/null; do
	i=$((i + 1))
done
check more-again-and-again "[ $i = 5 ]"
run more-attach-vif chaos network-attach one bridge=xenbr0 "ip=$net.3/24"
check more-vif "in_guest 2 noxs-net && eventually 10 'ping -c 1 -W 1 $net.3 >/dev/null'"
run more-detach-vif chaos network-detach one 1
check more-vif-is-gone "! in_guest 2 ls /sys/class/net/eth1 && served 2"

# ---- saved ----

run more-keep chaos save --timeout 60 --keep one $tmp/saved
check more-kept "eventually 10 'served 2' && all_open one"
run more-keep-again chaos save --timeout 60 --keep one $tmp/saved
check more-kept-again "eventually 10 'served 2'"
later 2 "while dd if=/dev/zero of=/dev/xvda bs=64k seek=224 count=16 oflag=direct; do echo >>/tmp/rounds; done"
sleep 2
run more-save chaos save --timeout 60 one $tmp/saved
run more-restore chaos restore --timeout 60 $tmp/saved
check more-restored "eventually 20 'served 2'"
rounds=$(guest 2 wc -l \</tmp/rounds)
check more-goes-on "eventually 20 '[ \"\$(guest 2 wc -l \</tmp/rounds)\" -gt \"$rounds\" ]' && all_open one"
guest 2 'killall sh; sleep 1; killall dd' >/dev/null
disk_works more 2 xvda $tmp/disk
run more-save-again chaos save --timeout 60 one $tmp/saved
run more-restore-again chaos restore --timeout 60 $tmp/saved
check more-restored-again "eventually 20 'served 2'"
rm -f $tmp/saved

# ---- migrated, to this host ----

# A disk that is written through this host's page cache is not; one that is only read is.
run more-detach-disk chaos block-detach one xvda
run more-attach-moving chaos block-attach one vdev=xvdb access=ro "target=$tmp/disk"
check more-moving "eventually 10 'xvdb_is_read'"
receiver_up
run more-migrate chaos migrate --timeout 60 --socket $receiver one name=two "$(vif_of two)"
kill $receiver_pid
drain two &
check more-migrated "eventually 20 'served 2' && all_open two && ! chaos list one >/dev/null 2>&1"
check more-moved-disk xvdb_is_read
# Before that are the kernel's own words for what a guest does not have.
guest 2 dmesg | sed '1,/Run \/init as init/d' >$tmp/log
check more-log-is-whole "grep -q xen_netfront $tmp/log"
check more-log-is-clean "! grep -iE 'wrong|bug|warn|timeout|trace|not |err' $tmp/log || { sed -n '/cut here/,/end trace/p' $tmp/log; false; }"

# ---- devices that fail ----

# fails CLASS NUMBER NODE - its driver is told to close, and a ring is connected that is none
fails()
{
	lie "device/$1/$2/state" 5
	lie "device/$1/$2/$3" 4000000
	lie "device/$1/$2/state" 3
}
one_failed()
{
	[ "$(chaos info --json two | tr '{' '\n' | grep -c '"state":"failed"')" = 1 ]
}
run more-attach-liar chaos block-attach two vdev=xvdc "target=$tmp/b"
check more-liar-disk "eventually 10 'in_guest 2 dd if=/dev/xvdc of=/dev/null bs=1M'"
fails vbd 51744 ring-ref
check more-disk-fails "eventually 10 one_failed && served 2"
run more-failed-detach chaos block-detach two xvdc
run more-failed-attach chaos block-attach two vdev=xvdc "target=$tmp/b"
check more-failed-again "eventually 20 'in_guest 2 dd if=/dev/xvdc of=/dev/null bs=1M && all_open two' || { chaos info two; guest 2 'dmesg | tail -n 8; ls /dev/xvd* /sys/bus/xen/devices'; chaos block-list two; false; }"
run more-attach-liar-vif chaos network-attach two bridge=xenbr0
check more-liar-vif "eventually 10 'in_guest 2 ls /sys/class/net/eth1' && eventually 10 'all_open two >/dev/null'"
fails vif 1 tx-ring-ref
check more-vif-fails "eventually 10 one_failed && served 2"
run more-failed-detach-vif chaos network-detach two 1
check more-failed-vif-away "eventually 10 'all_open two >/dev/null' && served 2"

# ---- rebooted, which chaosd does, and stopped by itself ----

before=$(domid two)
last=3 # what the device page says of it now
run more-reboot chaos reboot two
check more-rebooted "eventually 90 'served 3' && [ \"\$(domid two)\" != $before ]"
check more-rebooted-disk "eventually 10 'xvdb_is_read'"
later 3 /sbin/poweroff
check more-poweroff "eventually 20 '! chaos list two >/dev/null 2>&1'"
finish
