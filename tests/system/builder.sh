# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests of the fast builder look to themselves like libxenguest's, byte by byte; it also
# makes smaller ones, and says no where it has to.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

bridge_up

# compare IMAGE KEY=VALUE... - both builders' guests, not started.  Without the note by which our
# kernels ask for less to be mapped than libxenguest always does.
compare()
{
	_image=$1
	shift
	sed s/LightVM/NoNotes/g "/lab/$_image" >"/run/$_image"
	check "as long as before: $_image" "! cmp -s '/lab/$_image' '/run/$_image' &&
		[ $(stat -c %s "/lab/$_image") = $(stat -c %s "/run/$_image") ]"
	set -- "kernel=/run/$_image" "$@"
	run "create, generic: $_image $*" chaos create --paused --builder=generic \
		"$(guest_config generic "$_image")" "$@"
	run "create, fast: $_image $*" chaos create --paused --builder=fast \
		"$(guest_config fast "$_image")" "$@"
	./builder "$_image $*" "$(domid generic)" "$(domid fast)" || failures=$((failures + 1))
	destroy_all
}

compare noop memory=4
compare daytime memory=4 cmdline=hello
compare daytime memory=39
# Another order: the one whose memory was just given back comes first now.
compare noop memory=301

# Smaller than libxenguest can make them, down to where the fast builder says no.
for kib in 1024 512 128; do
	run "noop in $kib KiB" chaos create "$(guest_config small noop)" memory_kib=$kib
	check "$kib KiB are all it has" "chaos list --json small | grep -q '\"memory_kib\":$kib,'"
	destroy_all
done
refused 3 "too little" "noop in 32 KiB" chaos create "$(guest_config small noop)" memory_kib=32
refused 3 "too little" "generic builder in 1 MiB" chaos create --builder=generic "$(guest_config small noop)" memory=1
refused 3 "whole MiB" "generic builder in KiB" chaos create --builder=generic "$(guest_config small noop)" \
	memory_kib=5000
run "daytime in 1 MiB" chaos create \
	"$(guest_config small daytime "bridge=xenbr0,ip=$net.9/24,gateway=$net.1")" memory=1
check "it tells the time" "nc -w 5 $net.9 13 </dev/null | grep -q 20"
destroy_all

# All memory is used, from what is mapped at first, through the rest of that page table, to the next.
for mib in 3 8; do
	if [ ! -e /lab/base ]; then
		echo "SKIP: all of $mib MiB: tests/guest/base is not built"
		continue
	fi
	run "base in $mib MiB" chaos create --no-wait --builder=fast "$(guest_config base base)" \
		memory=$mib cmdline=word=w
	# A dump takes the text out of the ring.
	eventually 20 "chaos console --dump base >>/run/base-$mib; grep -q ^DONE /run/base-$mib"
	check "all of $mib MiB is there" "grep -q 'PASS: nearly-all-memory' /run/base-$mib"
	check "$mib MiB keep what is written" "grep -q 'PASS: pages-keep' /run/base-$mib"
	check "$mib MiB, text and constants are read-only" \
		"grep -q 'PASS: text-is-r' /run/base-$mib && grep -q 'PASS: constants-are-r' /run/base-$mib"
	destroy_all
done

run "ramdisk and the fast builder" chaos create --builder=fast "$(guest_config rd noop)" ramdisk=/lab/noop
destroy_all
refused 3 "ramdisk" "a ramdisk that is not there" chaos create --builder=fast "$(guest_config rd noop)" \
	ramdisk=/run/nothing
dd if=/lab/noop of=/run/cut bs=1024 count=9 2>/dev/null
refused 3 "beyond the end of the file" "a cut kernel" chaos create --builder=fast "$(guest_config cut noop)" \
	kernel=/run/cut
refused 3 "kernel" "a cut kernel, any builder" chaos create "$(guest_config cut noop)" kernel=/run/cut
check "nothing is left" "[ $(chaos list --names | wc -l) = 0 ]"
finish
