# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0 of a Xen without the queue: chaos and the module say so and leave nothing behind, and a
# unikernel runs as any PV guest does.
# shellcheck source=tests/system/common
. ./common

tmp=/run/unpatched
mkdir -p $tmp
printf 'name = "none"\ntype = "pv"\nkernel = "/lab/noop"\nmemory = 16\n' >$tmp/none.cfg

no_noxs='^chaos: this Xen has no noxs: boot'

free_mib()
{
	xl info | sed -n 's/^free_memory *: *//p'
}

# bad CHECK WORDS - doctor's verdict
bad()
{
	grep -q "^BAD  *$1 .*$2" "$tmp/doctor"
}

before=$(free_mib)
refused 8 "$no_noxs" unpatched-create-no-module chaos create $tmp/none.cfg
refused 8 "$no_noxs" unpatched-list chaos list
chaos doctor >$tmp/doctor
check unpatched-doctor-status "[ $? = 8 ]"
check unpatched-doctor-noxs "bad noxs 'this Xen has no noxs' && grep -q 'make xen' $tmp/doctor"
check unpatched-doctor-module "bad module 'this Xen has no noxs'"
check unpatched-doctor-rest "[ \$(grep -c '^BAD' $tmp/doctor) = 2 ] && grep -q '^ok  *privilege' $tmp/doctor"

if [ -e /lab/noxs.ko ]; then
	mark=$(dmesg | wc -l)
	insmod /lab/noxs.ko 2>$tmp/said
	check unpatched-foreign-module "[ $? != 0 ] && grep -q 'invalid module format' $tmp/said && [ \$(wc -l <$tmp/said) = 1 ]"
	# The kernel's own word, once for each of the two ways in which busybox tries; with it none of the module's.
	dmesg | tail -n +$((mark + 1)) | sed 's/^\[[^]]*\] //' | sort -u >$tmp/log
	check unpatched-foreign-why "[ \"\$(cat $tmp/log)\" = 'noxs: disagrees about version of symbol module_layout' ] || ! cat $tmp/log"
	check unpatched-foreign-nothing "! grep -q '^noxs ' /proc/modules && ! [ -e /dev/xen/noxs ] && ! [ -e /sys/module/noxs ]"
else
	echo "SKIP: unpatched-foreign-module: no module for another kernel is built: make lab-other"
fi

mark=$(dmesg | wc -l)
run unpatched-insmod insmod /lib/lab/noxs.ko
# Any module from outside the kernel's tree gets the other lines.
dmesg | tail -n +$((mark + 1)) | grep 'noxs: ' | grep -v 'taint' >$tmp/log
check unpatched-one-warning "[ \$(grep -c . $tmp/log) = 1 ] && grep -q 'no usable noxs in this Xen' $tmp/log || ! cat $tmp/log"
chaos version --json >$tmp/version
check unpatched-version "grep -q '\"xen_abi\":null.*\"module_abi\":\"[1-9]' $tmp/version"
refused 8 "$no_noxs" unpatched-create chaos create $tmp/none.cfg
refused 8 "$no_noxs" unpatched-create-no-wait chaos create --no-wait $tmp/none.cfg
refused 8 "$no_noxs" unpatched-destroy chaos destroy none
check unpatched-error-json "chaos list --json 2>/dev/null | grep -q '\"code\":\"environment\",\"status\":8'"
chaos doctor >$tmp/doctor
check unpatched-doctor-again "[ $? = 8 ] && bad module 'this Xen has no noxs'"
run unpatched-rmmod rmmod noxs
check unpatched-no-device "! [ -e /dev/xen/noxs ]"
check unpatched-no-domain "[ \$(xl list | wc -l) = 2 ]"
check unpatched-nothing-left "[ '$before' = \"\$(free_mib)\" ]"

# noxs answers -ENOSYS: no devices, a console only.
run unpatched-guest xl create $tmp/none.cfg
mkdir -p /var/lock
sleep 3 | timeout 5 xl console none >$tmp/console 2>&1
check unpatched-guest-console "grep -q 'noop: ready' $tmp/console || ! cat $tmp/console"
check unpatched-guest-lives "xl list none | grep -q -- ' -b---'"
run unpatched-guest-destroy xl destroy none
finish
