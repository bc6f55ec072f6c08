# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0, on the patched Xen: stock xl with oxenstored runs a stock Debian kernel as a PV guest with
# a network interface and a disk, beside a guest of chaos.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

insmod /lib/lab/xen-netback.ko
insmod /lib/lab/xen-blkback.ko
insmod /lib/lab/loop.ko 2>/dev/null
run xl-daemons lab-start-xenstored
bridge_up
ip link add br-stock type bridge
ip addr add 10.14.0.1/24 dev br-stock
ip link set br-stock up

printf 'diskdata\n' >/run/disk
dd if=/dev/zero of=/run/disk bs=1M seek=1 count=1 2>/dev/null
disk=$(losetup -f)
run xl-loop losetup "$disk" /run/disk
cat >/run/stock.cfg <<END
name = "stock"
type = "pv"
kernel = "/lab/vmlinux"
ramdisk = "/lab/stock-guest.cpio"
memory = 256
vcpus = 1
extra = "console=hvc0 rdinit=/init random.trust_cpu=1"
vif = [ "bridge=br-stock" ]
disk = [ "phy:$disk,xvda,r" ]
END

run xl-list xl list
run xl-chaos-guest daytime one 2
# chaos starts that kernel as well, and says why nothing comes of it.
refused 9 "a kernel that does not know noxs never is, has no vifs and disks, and needs --no-wait" \
	xl-kernel-of-chaos chaos create --timeout 3 /run/stock.cfg "name='other'" "disk=[]"
check xl-kernel-not-waited-for "chaos create /run/stock.cfg \"name='other'\" 'disk=[]' 2>&1 |
	grep -q 'other. runs and is not waited for: its kernel has no LightVM note'"
check xl-kernel-runs "state other | grep -q '[rb-]'"
chaos destroy other
run xl-create timeout 150 xl create /run/stock.cfg
[ $failures = 0 ] || finish
answers()
{
	nc -w 2 10.14.0.2 13 </dev/null 2>/dev/null | grep -q '^disk diskdata'
}
# Over the network, with what is on its disk.
check xl-guest-answers "eventually 40 answers"
check xl-guest-ping "ping -c 3 -W 2 10.14.0.2 >/dev/null"
check xl-guest-listed "xl list | grep -q '^stock .* -b---\|^stock .* r----'"
check xl-chaos-guest-answers "./netcheck tcp $net.2 3"
# It has no device page, as Dom0 has none; the guest of chaos has one.
check xl-no-device-page "[ $(chaos list --json | grep -o '\"noxs\": *false' | wc -l) = 2 ]"
check xl-noxs-guest "[ $(chaos list --json | grep -o '\"noxs\": *true' | wc -l) = 1 ]"
# What chaos cannot do for a guest of another toolstack, and who can.
stock=$(xl domid stock)
refused 2 "was not made by chaos, .*(xl shutdown $stock)" xl-chaos-shutdown chaos shutdown "$stock"
refused 2 "was not made by chaos, .*(xl reboot $stock)" xl-chaos-reboot chaos reboot "$stock"
refused 2 "use its own toolstack (xl destroy)" xl-chaos-destroy-refused chaos destroy "$stock"
refused 2 "use 'xl'" xl-chaos-attach chaos network-attach "$stock" bridge=br-stock
refused 2 "use 'xl save'" xl-chaos-save chaos save "$stock" /run/no
run xl-pause xl pause stock
run xl-unpause xl unpause stock
check xl-guest-goes-on "eventually 10 answers"
run xl-save xl save stock /run/saved
run xl-restore xl restore /run/saved
check xl-restored-answers "eventually 30 answers"
run xl-destroy xl destroy stock
check xl-gone "! xl list stock 2>/dev/null"
check xl-chaos-guest-still "./netcheck tcp $net.2 3"
run xl-chaos-destroy chaos destroy one
finish
