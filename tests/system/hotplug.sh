# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: disks and vifs that come and go while their guest runs, attaches that come to nothing, and
# chaos killed in the middle of one.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

tmp=/run/hotplug
mkdir -p $tmp
trap destroy_all EXIT
bridge_up
disk_options="--timeout 60"

# disks NAME - its disks, in a line
disks()
{
	chaos block-list "$1" | awk 'NR > 1 { printf "%s ", $1 }'
}

./diskfile $tmp/a 2048
./diskfile $tmp/b 1001
./diskfile $tmp/c 8
: >$tmp/empty

# ---- disks ----

run hotplug-guest chaos create "$(guest_config plug disk)" cmdline=mode=hotplug
check hotplug-attach "[ \"\$(chaos block-attach plug vdev=xvdb access=ro target=$tmp/a)\" = 'xvdb: open' ]"
check hotplug-attach-verified "says plug 'disk xvdb: verified'"
check hotplug-list "chaos block-list plug | grep -q '^xvdb *open *ro *2048 *512 .* $tmp/a\$'"
check hotplug-info "chaos info plug | grep -q '^    $tmp/a\$'"
check hotplug-attach-json "chaos block-attach --json plug $tmp/b,raw,xvdc,rw | grep -q '\"result\":\"attached\",\"device\":{\"class\":\"vbd\",\"id\":2,\"state\":\"open\"'"
check hotplug-list-json "chaos block-list --json plug | grep -q '\"id\":2,.*\"target\":\"$tmp/b\"'"
check hotplug-second-verified "says plug 'disk xvdc: verified'"

./diskfile $tmp/b 4096
check hotplug-grow "[ \"\$(chaos block-resize plug xvdc)\" = 'xvdc: 4096 sectors of 512 bytes' ]"
check hotplug-grow-told "says plug 'disk xvdc: now 4096 sectors'"
truncate -s 8192 $tmp/b
run hotplug-shrink chaos block-resize plug xvdc
check hotplug-shrink-told "says plug 'disk xvdc: now 16 sectors'"
truncate -s 0 $tmp/b
refused 3 "its file is empty now; nothing was changed" hotplug-resize-empty chaos block-resize plug xvdc
truncate -s 8192 $tmp/b

chaos block-detach plug xvdb 2>$tmp/err
check hotplug-detach "[ $? = 0 ] && grep -q 'was using xvdb' $tmp/err"
check hotplug-detach-told "says plug 'disk xvdb: gone'"
check hotplug-detach-gone "[ \"\$(disks plug)\" = 'xvdc ' ]"
run hotplug-detach-unlocked chaos block-attach plug vdev=xvdb target=$tmp/a
# A slot is free again when the guest has let go of it.
i=0
while [ $i -lt 32 ] && chaos block-attach plug vdev=xvde target=$tmp/c >/dev/null &&
	chaos block-detach plug xvde 2>/dev/null; do
	i=$((i + 1))
done
check hotplug-slots "[ $i = 32 ]"
# Also when it has no front-end for it, and never looks.
i=0
while [ $i -lt 32 ] && chaos network-attach plug bridge=xenbr0 >/dev/null 2>&1 &&
	chaos network-detach plug 0 2>/dev/null; do
	i=$((i + 1))
done
check hotplug-slots-unopened "[ $i = 32 ]"
# What it had to say is more than its console holds.
chaos console --dump plug >/dev/null

# ---- what comes to nothing ----

before=$(disks plug)
refused 5 '"plug" has a disk xvdc already' hotplug-twice chaos block-attach plug vdev=xvdc target=$tmp/c
refused 5 "in use" hotplug-in-use chaos block-attach plug vdev=xvdf target=$tmp/a
refused 3 "neither a regular file" hotplug-directory chaos block-attach plug vdev=xvdf target=$tmp
refused 3 "neither a regular file" hotplug-character-device chaos block-attach plug vdev=xvdf target=/dev/null
refused 3 "No such file" hotplug-missing chaos block-attach plug vdev=xvdf target=$tmp/none
refused 3 "it is empty" hotplug-empty chaos block-attach plug vdev=xvdf target=$tmp/empty
refused 3 "is no disk" hotplug-partition chaos block-attach plug vdev=xvdf16 target=$tmp/c
refused 3 "format= is not raw" hotplug-format chaos block-attach plug format=qcow2 vdev=xvdf target=$tmp/c
refused 4 "no domain" hotplug-nobody chaos block-attach nobody vdev=xvdf target=$tmp/c
refused 2 "something is missing" hotplug-no-disk chaos block-attach plug
refused 2 '"plug" has no xvdz' hotplug-detach-none chaos block-detach plug xvdz
refused 2 "is no disk" hotplug-detach-bad chaos block-detach plug vif0
refused 2 '"plug" has no xvdz' hotplug-resize-none chaos block-resize plug xvdz
check hotplug-nothing-came "[ \"\$(disks plug)\" = '$before' ]"
chaos pause plug
refused 2 "is paused" hotplug-paused chaos block-attach plug vdev=xvdf target=$tmp/c
chaos unpause plug

chaos create "$(guest_config deaf stubborn)" cmdline=deaf
refused 9 "did not look at its devices in 1000 ms" hotplug-deaf chaos block-attach --timeout 1 deaf vdev=xvda target=$tmp/c
check hotplug-deaf-undone "[ -z \"\$(disks deaf)\" ]"
run hotplug-deaf-unlocked chaos block-attach plug vdev=xvdf target=$tmp/c
chaos block-detach plug xvdf 2>/dev/null
chaos block-attach --timeout 60 deaf vdev=xvda target=$tmp/c >/dev/null 2>$tmp/err &
pid=$!
eventually 5 "[ \"\$(disks deaf)\" = 'xvda ' ]"
kill -TERM $pid
wait $pid
check hotplug-interrupted "[ $? = 1 ] && grep -q interrupted $tmp/err && [ -z \"\$(disks deaf)\" ]"
chaos destroy deaf
chaos create --no-wait "$(guest_config early daytime "bridge=xenbr0")"
refused 10 "is not ready" hotplug-not-ready chaos block-attach early vdev=xvda target=$tmp/c
chaos destroy early

# ---- with I/O in flight ----

[ -d /sys/kernel/config/nullb ] || {
	insmod /lib/lab/configfs.ko
	mount -t configfs none /sys/kernel/config
	insmod /lib/lab/null_blk.ko nr_devices=0
}
(
	mkdir /sys/kernel/config/nullb/nullb7 && cd /sys/kernel/config/nullb/nullb7 && echo 16 >size &&
		echo 1 >memory_backed && echo 2 >irqmode && echo 50000000 >completion_nsec && echo 1 >power
)
i=0
while [ $i -lt 6 ]; do
	disk churn mode=churn "direct-io-safe,vdev=xvda,target=/dev/nullb7" >/dev/null || break
	[ $((i % 2)) = 0 ] || usleep 30000
	chaos block-detach churn xvda 2>/dev/null || break
	[ -z "$(disks churn)" ] || break
	state churn | grep -qx '[rb-][rb-]*' || break
	chaos destroy churn
	i=$((i + 1))
done
check hotplug-in-flight "[ $i = 6 ]"
check hotplug-in-flight-released "rmdir /sys/kernel/config/nullb/nullb7"

# ---- vifs ----

mac=00:16:3e:aa:00:03
run hotplug-daytime daytime one 2
run hotplug-vif chaos network-attach one bridge=xenbr0 "ip=$net.3/24" mac=$mac
check hotplug-vif-list "chaos network-list one | grep -q \"^1 .* $mac *$net.3 *vif\$(domid one).1 *bridge xenbr0\""
check hotplug-vif-json "chaos network-list --json one | grep -q '\"class\":\"vif\",\"id\":1,.*\"mac\":\"$mac\"'"
refused 5 "MAC address $mac is in use" hotplug-mac-taken chaos network-attach plug bridge=xenbr0 mac=$mac
refused 5 "IPv4 address is in use" hotplug-ip-taken chaos network-attach plug bridge=xenbr0 "ip=$net.3/24"
refused 5 "has a vif 1 already" hotplug-devid-taken chaos network-attach one bridge=xenbr0 devid=1
refused 8 "no bridge" hotplug-no-bridge chaos network-attach one bridge=nowhere
refused 2 "has no vif 7" hotplug-vif-none chaos network-detach one 7
refused 2 "has no vif 00:16:3e:00:00:01" hotplug-mac-none chaos network-detach one 00:16:3e:00:00:01
run hotplug-vif-before ./netcheck tcp $net.2 1
run hotplug-vif-detach chaos network-detach one 0
check hotplug-vif-interface "[ ! -e /sys/class/net/vif\$(domid one).0 ]"
# The guest goes on with the vif that is left.
check hotplug-vif-after "eventually 5 './netcheck tcp $net.3 1 2>/dev/null'"
run hotplug-vif-save chaos save one $tmp/one
run hotplug-vif-restore chaos restore $tmp/one
check hotplug-vif-number "chaos network-list one | grep -q '^1 *open'"
run hotplug-vif-restored ./netcheck tcp $net.3 1
run hotplug-vif-by-mac chaos network-detach one $mac
# One that waits for its first vif listens before it is ready.
chaos create --no-wait "$(guest_config late daytime)"
check hotplug-vif-first "eventually 5 'chaos network-attach late bridge=xenbr0 ip=$net.5/24 2>$tmp/err' || { cat $tmp/err; false; }"
run hotplug-vif-first-answers ./netcheck tcp $net.5 2
chaos destroy late
check hotplug-vif-last "eventually 5 no_vifs"
chaos destroy one

# ---- killed ----

# killed_at WHAT LIST COMMAND... - COMMAND killed at each call; LIST tells whether WHAT is there, and
# what is there can be taken away
killed_at()
{
	_what=$1 _list=$2
	shift 2
	n=1
	stages=''
	wrong=0
	status=42
	while [ $status = 42 ] && [ $n -lt 100 ]; do
		./killat $n /run/hotplug.pid "$@" >/dev/null 2>&1
		status=$?
		if chaos "$_list-list" plug | grep -q "^$_what "; then
			stages=${stages}d
			chaos "$_list-detach" plug "$_what" 2>/dev/null || wrong="detach at $n"
		else
			stages=${stages}n
		fi
		n=$((n + 1))
	done
	echo "hotplug: $*: n nothing, d a device, by call: $stages"
	[ $status = 0 ] && [ "$wrong" = 0 ] && echo $stages | grep -qE '^n{3,}d{3,}$'
}
irqs()
{
	grep -c -e noxs-ctrl -e ' vbd' -e ' vif' /proc/interrupts
}
before="$(irqs) $(disks plug)"
check hotplug-killed-block "killed_at xvdf block chaos block-attach plug vdev=xvdf target=$tmp/c"
check hotplug-killed-network "killed_at 0 network chaos network-attach plug bridge=xenbr0 ip=$net.4/24"
check hotplug-killed-nothing-left "eventually 5 '[ \"\$(irqs) \$(disks plug)\" = \"$before\" ]' && no_vifs"
chaos console --dump plug >/dev/null
run hotplug-killed-attach chaos block-attach plug vdev=xvdf target=$tmp/c
check hotplug-killed-goes-on "says plug 'disk xvdf: verified'"
finish
