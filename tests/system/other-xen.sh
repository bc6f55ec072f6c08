# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0 of Xen $1 with a toolstack that is built with the libxenctrl of another: each command ends with one line, and
# nothing of a domain is left.
# shellcheck source=tests/system/common
. ./common

tmp=/run/other
mkdir -p $tmp
printf 'name = "none"\ntype = "pv"\nkernel = "/lab/noop"\nmemory = 16\n' >$tmp/none.cfg

# All domains that Xen has, by the hypercall that is noxs' own.
domains()
{
	chaos list --json | tr '{' '\n' | grep -c '"domid"'
}

before=$(domains)
chaos doctor >$tmp/doctor
check other-xen-doctor-status "[ $? = 8 ]"
check other-xen-doctor-noxs "grep -q '^ok  *noxs ' $tmp/doctor"
check other-xen-doctor-module "grep -q '^ok  *module ' $tmp/doctor"
check other-xen-doctor-libxenctrl "grep -q '^BAD  *libxenctrl .*Xen $1 refuses its operations: it is of another Xen' $tmp/doctor || ! cat $tmp/doctor"
check other-xen-doctor-remedy "grep -q 'install the chaos that is built for this Xen' $tmp/doctor"
for how in '' --no-wait --no-daemon; do
	# shellcheck disable=SC2086 # an option or none
	refused 8 'is it another Xen than this is built for? ask chaos doctor' "other-xen-create$how" chaos create $how $tmp/none.cfg
done
check other-xen-no-domain "[ '$before' = \"\$(domains)\" ]"
rmmod noxs
check other-xen-module-goes "! grep -q '^noxs ' /proc/modules && ! [ -e /dev/xen/noxs ]"
finish
