# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: what else a stock Debian kernel does as a guest of chaos.  Devices come and go and change
# their size, drivers are unloaded and loaded, data arrive undamaged in both directions; it is saved,
# restored and rebooted.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/linux-common
. ./linux-common

# What a guest without XenStore and ACPI says anyway.
known="^\[ *[0-9.]*\] (ACPI|Spectre|x86|PCI|clocksource|Warning: unable to open an initial console)"

# in_guest LAST COMMAND... - a status, for check
in_guest()
{
	guest "$@" >/dev/null
}

# later LAST COMMAND... - without the network meanwhile: in the background, and what it has said is lost
later()
{
	_last=$1
	shift
	guest "$_last" "(sleep 1; $*) </dev/null >/dev/null 2>&1 &" >/dev/null
}

linux_begin more
truncate -s 4M $tmp/b

# ---- data ----

guest 2 dd if=/dev/urandom of=/www/big bs=1M count=16 2\>/dev/null
check more-from-guest "[ \"\$(get 2 /big | md5sum)\" = \"\$(guest 2 md5sum \</www/big)\" ]"
# Its input stays open: nc of busybox ends, whatever is still to come, when the other end has none.
guest 2 "(sleep 60 | nc -l -p 99 >/tmp/got) </dev/null >/dev/null 2>&1 &"
timeout 60 nc $net.2 99 <$tmp/disk
check more-to-guest "eventually 20 '[ \"\$(guest 2 md5sum \</tmp/got)\" = \"$(md5 $tmp/disk)  -\" ]'"
guest 2 rm /www/big /tmp/got
run more-ping-large ping -c 10 -s 8000 $net.2
run more-ping-many ping -A -c 500 -W 2 $net.2

# ---- drivers ----

later 2 "rmmod xen_netfront; insmod /lib/lab/xen-netfront.ko; noxs-net"
sleep 3
check more-netfront-again "eventually 40 'served 2'"
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
check more-log-is-clean "[ -z \"\$(guest 2 'dmesg | grep -iE \"wrong|bug|warn|timeout|trace|not |err\"' |
	grep -vE \"$known\")\" ]"
guest 2 dmesg | tail -n 60

# ---- rebooted, and stopped by itself ----

before=$(domid one)
run more-reboot chaos reboot one
check more-rebooted "eventually 90 'served 2' && [ \"\$(domid one)\" != $before ]"
later 2 poweroff
check more-poweroff "eventually 20 '! chaos list one >/dev/null 2>&1'"
finish
