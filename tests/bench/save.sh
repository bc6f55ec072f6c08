#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the lab's Dom0, under --icount: what saving and restoring a 4 MiB daytime to and from tmpfs costs,
# with no other guest and with OTHERS, in multiples of fork+exec of the same boot.
#
# usage: save.sh [OTHERS (100) [ROUNDS (7)]]
#
#   scripts/lab run --icount --file tests/bench/save.sh --file build/bench/bin/forkexec \
#	--file build/bench/bin/noop --file build/bench/bin/stopwatch \
#	--file build/minios/daytime/daytime -- sh /lab/save.sh
#
# command: the whole of `chaos save` or `chaos restore`, process and all.  library: from the call to its
# end, without the guest's destruction (copy) and with it (done); of a restore, to ready.
cd "$(dirname "$0")" || exit
others=${1:-100}
rounds=${2:-7}
dmesg -n 1
t=$(mktemp -d /run/bench.XXXXXX) || exit
link=lvm0
ip link add $link type noxs && ip link set $link up || exit

config()
{
	printf 'name = "%s"\ntype = "pv"\nkernel = "/lab/daytime"\nmemory = 4\n' "$1"
	printf 'vif = [ "switch=%s,ip=10.20.%s/16" ]\n' $link "$2"
}

median()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%d", v[int((NR + 1) / 2)] }'
}

# field NAME FILE - of what --timing prints
field()
{
	awk -v name="$1" '$1 == name { print $2 }' "$2"
}

# By its number: to find one by its name all domains are listed, which is not what is measured here.
one_round()
{
	domid=$(chaos list | awk '$1 == "one" { print $2 }')
	./stopwatch "$t/save" chaos save --timing "$domid" "$t/one" >"$t/out" || return
	suspend=$(field suspend "$t/out")
	echo $((suspend + $(field copy "$t/out"))) >>"$t/save.copy"
	echo $((suspend + $(field copy "$t/out") + $(field end "$t/out"))) >>"$t/save.done"
	echo "$suspend" >>"$t/save.suspend"
	sleep 0.5
	./stopwatch "$t/restore" chaos restore --timing "$t/one" >"$t/out" || return
	field total "$t/out" >>"$t/restore.ready"
	field build "$t/out" >>"$t/restore.build"
	sleep 0.5
}

measure()
{
	rm -f "$t"/save* "$t"/restore*
	# The first of a boot pays for what the kernel keeps.
	one_round && rm -f "$t"/save* "$t"/restore* || exit
	i=0
	while [ $i -lt "$rounds" ]; do
		one_round || exit
		i=$((i + 1))
	done
	for what in save save.suspend save.copy save.done restore restore.build restore.ready; do
		m=$(median "$t/$what")
		echo "$1 others, $what: $m $(awk -v m="$m" -v y="$yardstick" 'BEGIN { printf "%.2f", m / y }') x fork+exec"
	done
	echo "$1 others, file: $(stat -c %s "$t/one") bytes"
}

./forkexec 101 ./noop >"$t/yardstick"
cat "$t/yardstick"
yardstick=$(tr ',{}' '\n' <"$t/yardstick" | sed -n 's/.*"fork_exec_ns": *\([0-9]*\).*/\1/p')
config one 0.1 >"$t/one.cfg"
chaos create "$t/one.cfg" || exit
sleep 2
measure 0
n=1
while [ $n -le "$others" ]; do
	config "other$n" "1.$n" >"$t/other.cfg"
	chaos create "$t/other.cfg" || exit
	n=$((n + 1))
done
sleep 5
measure "$others"
