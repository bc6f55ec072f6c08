# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests with disks (tests/guest/disk): patterns verified and written, what cannot be a
# disk, errors of the disk while it is in use, guests destroyed with I/O in flight, chaosd.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

tmp=/run/disks
mkdir -p $tmp
trap 'daemon_stop; destroy_all' EXIT

disk_options="--no-daemon --timeout 60"

attempt()
{
	leaves_none refused disk refused mode=verify "$@"
}

# logged NAME - its errors are in the log; the lines of all guests are rationed together
logged()
{
	_line="noxs: domain $(domid "$1"): vbd 0: read of 8 sectors at sector 800: error -5"
	eventually 15 "dmesg | grep -q '$_line'"
}

./diskfile $tmp/a 4096
./diskfile $tmp/b 1001
: >$tmp/empty
truncate -s 8M $tmp/blank

# ---- reading and writing ----
run disk-verify disk one "mode=verify" "vdev=xvda,access=ro,target=$tmp/a"
check disk-info "chaos info one | grep -A2 '^vbd 0 *open' | grep -q '4096 sectors of 512 bytes, read-only'"
check disk-info-json "chaos info one --json | grep -q '\"class\":\"vbd\",\"id\":0,\"state\":\"open\".*\"sectors\":4096,\"sector_size\":512,\"read_only\":true,\"reads\":[1-9]'"
check disk-list "chaos block-list one | grep -q '^xvda *open *ro *4096 *512 '"
run disk-two-readers disk two "mode=read-only" "$tmp/a,raw,xvda,r"
destroy_all
run disk-odd-size disk one "mode=verify disk=1" "$tmp/a,raw,xvda,r" "$tmp/b,raw,xvdb,r"
run disk-write disk two "mode=write rounds=5" "vdev=xvda,target=$tmp/blank"
check disk-written "[ \$(tr -d '\\0' <$tmp/blank | wc -c) -gt 300000 ]"
# The same with persistent grants, of which there are more than are mapped.
run disk-registered-verify disk three "mode=verify registered=1" "vdev=xvda,access=ro,target=$tmp/a"
truncate -s 8M $tmp/blank2
run disk-registered-write disk four "mode=write rounds=5 registered=1" "vdev=xvda,target=$tmp/blank2"
check disk-registered-written "[ \$(tr -d '\\0' <$tmp/blank2 | wc -c) -gt 300000 ]"
# The device page has the number of the partition.
run disk-partition disk five "mode=verify disk=51713" "vdev=sda1,devtype=cdrom,target=$tmp/a"
check disk-partition-list "chaos block-list five | grep -q '^xvda1 *open *ro *4096 '"
./diskfile $tmp/c 4096
run disk-discard disk six "mode=verify" "vdev=xvda,target=$tmp/c"
check disk-discard-offered "says six 'verified, discard 1'"
chaos destroy six
run disk-no-discard disk six "mode=verify" "no-discard,vdev=xvda,target=$tmp/c"
check disk-discard-not-offered "says six 'verified, discard 0'"
run disk-gone chaos destroy two
check disk-still-whole "[ \$(stat -c %s $tmp/blank) = 8388608 ]"
destroy_all

# ---- what cannot be a disk ----
mkfifo $tmp/fifo
refused 3 "No such file" disk-missing attempt "vdev=xvda,target=$tmp/none"
refused 3 "neither a regular file" disk-directory attempt "vdev=xvda,target=$tmp"
refused 3 "neither a regular file" disk-fifo attempt "vdev=xvda,access=ro,target=$tmp/fifo"
refused 3 "neither a regular file" disk-character-device attempt "vdev=xvda,target=/dev/null"
refused 3 "it is empty" disk-empty attempt "vdev=xvda,target=$tmp/empty"
refused 3 "direct-io-safe" disk-no-direct-io attempt "direct-io-safe,vdev=xvda,target=$tmp/a"
refused 3 "there twice" disk-duplicate attempt "$tmp/a,raw,xvda,r" "$tmp/b,raw,xvda,r"
refused 3 "script= is not supported" disk-script attempt "vdev=xvda,script=block-x,target=$tmp/a"
refused 3 "format= is not raw" disk-format attempt "format=qcow2,vdev=xvda,target=$tmp/a"
refused 3 "specification=virtio" disk-virtio attempt "specification=virtio,vdev=xvda,target=$tmp/a"
refused 3 "there twice" disk-part-of-another attempt "$tmp/a,raw,xvda,r" "$tmp/b,raw,xvda1,r"
run disk-writer disk one "mode=poll" "vdev=xvda,target=$tmp/blank"
refused 5 "in use" disk-in-use attempt "vdev=xvda,target=$tmp/blank"
refused 5 "in use" disk-in-use-read attempt "vdev=xvda,access=ro,target=$tmp/blank"
# By another way: a loop device of it that can be written, or can be but is not; and one that came first.
insmod /lib/lab/loop.ko 2>/dev/null
run disk-loop losetup /dev/loop5 $tmp/blank
refused 5 "in use" disk-in-use-loop attempt "vdev=xvda,target=/dev/loop5"
refused 5 "in use" disk-in-use-loop-read attempt "vdev=xvda,access=ro,target=/dev/loop5"
check disk-refused-none "! chaos list refused >/dev/null 2>&1"
destroy_all
refused 5 "in use" disk-loop-first attempt "vdev=xvda,target=$tmp/blank"
refused 5 "in use" disk-loop-first-read attempt "vdev=xvda,access=ro,target=$tmp/blank"
run disk-loop-alone disk one "mode=poll" "vdev=xvda,target=/dev/loop5"
run disk-loop-again losetup /dev/loop6 $tmp/blank
refused 5 "in use" disk-two-loops attempt "vdev=xvda,target=/dev/loop6"
run disk-loop-on-loop losetup /dev/loop4 /dev/loop6
refused 5 "in use" disk-loop-on-loop-refused attempt "vdev=xvda,target=/dev/loop4"
destroy_all
run disk-loops-gone losetup -d /dev/loop4
run disk-loops-gone losetup -d /dev/loop6
run disk-loops-gone losetup -d /dev/loop5
# Readers may be as many as like, also by a loop device that only reads.
run disk-loop-reader losetup -r /dev/loop5 $tmp/a
run disk-loop-two-readers disk one "mode=read-only" "vdev=xvda,access=ro,target=$tmp/a"
run disk-loop-two-readers disk two "mode=read-only" "vdev=xvda,access=ro,target=/dev/loop5"
destroy_all
refused 5 "in use" disk-loop-under-reader attempt "vdev=xvda,target=$tmp/a"
run disk-loops-gone losetup -d /dev/loop5
run disk-free-again disk one "mode=read-only" "vdev=xvda,access=ro,target=$tmp/a"
destroy_all

# ---- errors while it is in use ----
truncate -s 8M $tmp/short
disk one "mode=poll sector=800 registered=1" "vdev=xvda,target=$tmp/short" >/dev/null
check disk-good "says one 'read 0 write 0'"
truncate -s 65536 $tmp/short
check disk-truncated "says one 'read -5 write -5'"
check disk-truncated-logged "logged one"
check disk-truncated-stays "[ \$(stat -c %s $tmp/short) = 65536 ]"
truncate -s 8M $tmp/short
check disk-grown-again "says one 'read 0 write 0'"
destroy_all

mkdir -p $tmp/small
mount -t tmpfs -o size=64k none $tmp/small
truncate -s 8M $tmp/small/disk
dd if=/dev/zero of=$tmp/small/fill bs=64k count=1 2>/dev/null
disk one "mode=poll" "vdev=xvda,target=$tmp/small/disk" >/dev/null
check disk-full "says one 'read 0 write -5'"
rm $tmp/small/fill
check disk-full-no-more "says one 'read 0 write 0'"
destroy_all
check disk-released "umount $tmp/small"

# ---- block devices ----
# nullb NAME DELAY_NS
nullb()
(
	mkdir "/sys/kernel/config/nullb/$1" && cd "/sys/kernel/config/nullb/$1" && echo 16 >size &&
		echo 1 >memory_backed && echo 2 >irqmode && echo "$2" >completion_nsec &&
		echo +800-807 >badblocks && echo 1 >power
)
insmod /lib/lab/configfs.ko && mount -t configfs none /sys/kernel/config &&
	insmod /lib/lab/null_blk.ko nr_devices=0 && nullb nullb0 10000 && nullb nullb1 50000000
disk one "mode=poll sector=800" "vdev=xvda,access=ro,target=/dev/nullb0" >/dev/null
check disk-read-error "says one 'read -5'"
check disk-read-error-logged "logged one"
destroy_all
echo 0 >/sys/kernel/config/nullb/nullb0/power
rmdir /sys/kernel/config/nullb/nullb0
nullb nullb0 10000
# Past the page cache.
for registered in 0 1; do
	run disk-direct-write-$registered disk one "mode=write rounds=3 registered=$registered" \
		"direct-io-safe,vdev=xvda,target=/dev/nullb0"
	destroy_all
done
run disk-block-device disk one "mode=poll" "phy:/dev/nullb0,xvda,w"
refused 5 "in use" disk-block-device-in-use attempt "vdev=xvda,target=/dev/nullb0"
# A node of its own makes no difference.
mknod $tmp/node b $(tr : ' ' </sys/block/nullb0/dev)
refused 5 "in use" disk-other-node-in-use attempt "vdev=xvda,target=$tmp/node"
refused 5 "in use" disk-other-node-in-use-read attempt "vdev=xvda,access=ro,target=$tmp/node"
destroy_all

# ---- destroyed with I/O in flight ----
holdings()
{
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo
}
irqs()
{
	grep -c -e noxs-ctrl -e ' vbd' /proc/interrupts
}
kill_one()
{
	disk churn "mode=churn registered=$((i / 2 % 2))" "direct-io-safe,vdev=xvda,target=/dev/nullb1" >/dev/null || return 1
	[ $((i % 2)) = 0 ] || usleep 30000
	chaos destroy churn
}
i=0
while [ $i -lt 5 ]; do
	kill_one
	i=$((i + 1))
done
before_irqs=$(irqs)
# What caches take they take once or twice; a leak shows in each block.
least=
done=0
for block in 1 2 3; do
	before=$(holdings)
	i=0
	while [ $i -lt 25 ] && kill_one; do
		i=$((i + 1))
	done
	done=$((done + i))
	eventually 5 '[ -z "$(chaos list --names)" ]'
	lost=$((before - $(holdings)))
	echo "disk: block $block: $lost KiB less in Dom0 after $i deaths"
	[ -n "$least" ] && [ $lost -gt "$least" ] || least=$lost
done
check disk-kill "[ $done = 75 ]"
check disk-kill-none-left "eventually 5 '[ -z \"\$(chaos list --names)\" ]'"
check disk-kill-irqs "[ $(irqs) = $before_irqs ]"
# A page lost by each would be 100 KiB.
check disk-kill-memory "[ $least -lt 75 ]"
check disk-kill-file "rmdir /sys/kernel/config/nullb/nullb1"

# ---- what never leaves its disks alone is served by threads of the lowest priority ----
low_ticks()
{
	awk '$2 ~ /^\(noxs-low\// && $19 == 19 { n += $14 + $15 } END { print n + 0 }' /proc/[0-9]*/stat 2>/dev/null
}
flood=$(guest_config flood flood)
for disk in a b c d; do
	truncate -s 4M $tmp/flood.$disk
	echo "\"vdev=xvd$disk,target=$tmp/flood.$disk\","
done | (echo 'disk = [' && cat && echo ']') >>"$flood"
before=$(low_ticks)
run disk-flood chaos create --no-daemon --timeout 60 "$flood" memory=8
check disk-flood-low "eventually 30 '[ \$(low_ticks) -ge $((before + 20)) ]'"
run disk-flood-beside disk one "mode=verify" "vdev=xvda,access=ro,target=$tmp/a"
run disk-flood-destroy-beside chaos destroy one
run disk-flood-destroy chaos destroy flood

# ---- through chaosd, with and without a pool ----
daemon_start
disk_options="--timeout 60"
run disk-daemon disk one "mode=read-only" "vdev=xvda,access=ro,target=$tmp/a"
refused 3 "neither a regular file" disk-daemon-refused attempt "vdev=xvda,target=$tmp"
run disk-pool chaos pool add disks --size 2 /run/one.cfg name=x
run disk-pool-fill chaos prepare disks
run disk-pool-create disk two "mode=verify" "vdev=xvda,access=ro,target=$tmp/b"
check disk-pool-used "chaos pool list --json | grep -q '\"used\":1'"
check disk-pool-sectors "chaos block-list two | grep -q '^xvda *open *ro *1001 '"
(cd $tmp && disk rel "mode=verify" "vdev=xvda,access=ro,target=b") >/dev/null 2>$tmp/err
check disk-daemon-relative "chaos block-list rel >/dev/null || ! cat $tmp/err"
run disk-pool-remove chaos pool remove disks

# Made anew by the daemon, it gets its disk again: the old one has let go of it.
restarted()
{
	[ "$(domid again 2>/dev/null)" != "$old" ] &&
		chaos block-list again 2>/dev/null | grep -q '^xvda *open *rw'
}
run disk-reboot-create disk again "mode=poll" "vdev=xvda,target=$tmp/blank"
old=$(domid again)
run disk-reboot chaos reboot again
check disk-restarted "eventually 15 restarted"
finish
