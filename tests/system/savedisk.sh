# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests with disks, saved and restored: nothing that was acknowledged is lost, and they get the
# disks they had, from whoever may say which those are.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

tmp=/run/savedisk
mkdir -p $tmp
trap destroy_all EXIT
disk_options="--no-daemon --timeout 60"

attempt()
{
	leaves_none log chaos restore $tmp/log "$@"
}

# It has read everything again that it was told had been written.
nothing_lost()
{
	says log 'log: [1-9][0-9]* acknowledged, 0 lost'
}

# can_write FILE - nobody holds it
can_write()
{
	disk probe mode=poll "vdev=xvda,target=$1" >/dev/null && chaos destroy probe
}

truncate -s 4M $tmp/disk
run savedisk-create disk log "mode=log registered=1" "vdev=xvda,target=$tmp/disk"

# ---- there and back ----

i=0
while [ $i -lt 10 ] && chaos save log $tmp/log && chaos restore $tmp/log && nothing_lost; do
	i=$((i + 1))
done
check savedisk-ten-times "[ $i = 10 ]"
check savedisk-same "chaos block-list log | grep -q '^xvda *open *rw *8192 *512 .* $tmp/disk\$'"
refused_writer()
{
	! can_write $tmp/disk 2>$tmp/err && grep -q 'in use' $tmp/err
}
check savedisk-locked refused_writer
chaos save --keep log $tmp/keep 2>$tmp/err
check savedisk-keep "[ $? = 0 ] && grep -q 'can go on writing to its disks' $tmp/err"
check savedisk-keep-goes-on nothing_lost
chaos restore $tmp/keep name=twin 2>$tmp/err
check savedisk-keep-locked "[ $? = 5 ] && grep -q 'in use' $tmp/err && ! chaos list twin >/dev/null 2>&1"

# ---- what cannot be saved goes on ----

mkdir -p $tmp/full
mount -t tmpfs -o size=64k none $tmp/full
chaos save log $tmp/full/log 2>$tmp/err
check savedisk-full "[ $? = 6 ] && [ -z \"\$(ls -A $tmp/full)\" ]"
check savedisk-full-goes-on nothing_lost
umount $tmp/full
mv $tmp/disk "$tmp/two
lines"
chaos save log $tmp/no 2>$tmp/err
check savedisk-odd-name "[ $? = 3 ] && grep -q 'cannot be written in a configuration: rename it' $tmp/err"
ln "$tmp/two
lines" $tmp/disk
rm "$tmp/two
lines"
chaos save log $tmp/no 2>$tmp/err
check savedisk-no-name "[ $? = 3 ] && grep -q 'xvda has no name any more' $tmp/err && [ ! -e $tmp/no ]"
check savedisk-no-name-listed "chaos block-list log | grep -q '^xvda *open .* -\$'"
check savedisk-not-bothered "state log | grep -qx '[rb-][rb-]*'"
chaos destroy log

# ---- the disks it had ----

run savedisk-again disk log mode=log "vdev=xvda,target=$tmp/disk"
run savedisk-save chaos save log $tmp/log
check savedisk-unlocked "can_write $tmp/disk"
cp $tmp/disk $tmp/copy
mv $tmp/disk $tmp/moved
refused 3 "No such file" savedisk-missing attempt
cp $tmp/copy $tmp/disk
truncate -s 2M $tmp/disk
refused 3 "has 2097152 bytes, and when the guest was saved it had 4194304" savedisk-smaller attempt
refused 3 "has a disk xvda: give it one" savedisk-none attempt "disk=[]"
refused 3 "has a disk xvda: give it one" savedisk-other attempt "disk=['vdev=xvdb,target=$tmp/copy']"
refused 3 "has no disk xvdb" savedisk-more attempt "disk=['vdev=xvda,target=$tmp/copy', 'vdev=xvdb,target=$tmp/moved']"
check savedisk-refused-none "! chaos list log >/dev/null 2>&1"
run savedisk-override chaos restore $tmp/log "disk=['vdev=xvda,target=$tmp/copy']"
check savedisk-override-lost nothing_lost
check savedisk-override-target "chaos block-list log | grep -q ' $tmp/copy\$'"
run savedisk-override-saved chaos save log $tmp/log
truncate -s 8M $tmp/copy
run savedisk-grown chaos restore $tmp/log
check savedisk-grown-lost nothing_lost
check savedisk-grown-size "chaos block-list log | grep -q '^xvda *open *rw *16384 '"
run savedisk-save-last chaos save log $tmp/log

# ---- who may say so ----

chmod 620 $tmp/log
refused 3 "give disk=\[...\] yourself" savedisk-writable attempt
chmod 600 $tmp/log
chown 1000 $tmp/log
refused 3 "give disk=\[...\] yourself" savedisk-owner attempt
refused 3 "give disk=\[...\] yourself" savedisk-added attempt "disk+=['vdev=xvdb,target=$tmp/moved']"
check savedisk-distrusted-none "! chaos list log >/dev/null 2>&1"
run savedisk-own-word chaos restore $tmp/log "disk=['vdev=xvda,target=$tmp/copy']"
check savedisk-own-word-lost nothing_lost
chaos destroy log

# ---- one that was attached ----

./diskfile $tmp/plugged 2048
run savedisk-plug chaos create "$(guest_config plug disk)" cmdline=mode=hotplug
run savedisk-plug-attach chaos block-attach plug access=ro vdev=xvdc "target=$tmp/plugged"
check savedisk-plug-verified "says plug 'disk xvdc: verified'"
run savedisk-plug-save chaos save plug $tmp/plug
run savedisk-plug-restore chaos restore $tmp/plug
check savedisk-plug-disk "chaos block-list plug | grep -q '^xvdc *open *ro *2048 .* $tmp/plugged\$'"
run savedisk-plug-detach chaos block-detach plug xvdc
check savedisk-plug-gone "says plug 'disk xvdc: gone'"
finish
