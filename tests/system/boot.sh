# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: the patched Xen is there, the module loads and unloads again and again, nothing else runs.
# shellcheck source=tests/system/common
. ./common

ko=/lib/lab/noxs.ko
check boot-xen "grep -q '^4$' /sys/hypervisor/version/major"
check boot-no-xenstored "! ps | grep -q '[x]enstored'"
check boot-module-loaded "grep -q '^noxs ' /proc/modules"
check boot-device "[ -c /dev/xen/noxs ] && [ \"\$(stat -c %a:%u /dev/xen/noxs)\" = 600:0 ]"
run boot-chaos-version chaos version
before=$(awk '/^(MemFree|Slab|VmallocUsed)/ { s += $2 } END { print s }' /proc/meminfo)
ok=1
i=0
while [ $i -lt 20 ] && [ $ok = 1 ]; do
	rmmod noxs && ! [ -e /dev/xen/noxs ] && insmod $ko || ok=0
	i=$((i + 1))
done
check boot-module-reload "[ $ok = 1 ]"
after=$(awk '/^(MemFree|Slab|VmallocUsed)/ { s += $2 } END { print s }' /proc/meminfo)
echo "boot: memory of Dom0 before $before, after $after KiB"
run boot-chaos-again chaos list
finish
