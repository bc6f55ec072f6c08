#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the lab's Dom0, under --icount: what migrating a 4 MiB daytime costs, in multiples of fork+exec of the
# same boot.  Within one host, from one name and address to another: both ends share the one virtual
# processor, so that every figure counts the work of both and the transfer between them.
#
# usage: migrate.sh [ROUNDS (11)]
#
#   scripts/lab run --icount --file tests/bench/migrate.sh --file build/bench/bin/forkexec \
#	--file build/bench/bin/noop --file build/bench/bin/sockcopy \
#	--file build/minios/daytime/daytime -- sh /lab/migrate.sh
#
# stop: the guest runs nowhere, from suspended here until the target's word that it runs there.  copy: to write
# as many bytes to such a socket, and to read them, alone.  Last come lines KEY VALUE.
cd "$(dirname "$0")" || exit
rounds=${1:-11}
dmesg -n 1
t=$(mktemp -d /run/bench.XXXXXX) || exit
link=lvm0
socket=$t/receive.sock
ip link add $link type noxs && ip link set $link up || exit

vif()
{
	echo "switch=$link,ip=10.20.0.$1/16"
}

median()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%d", v[int((NR + 1) / 2)] }'
}

# one_round NAME ADDRESS - move what there is to that name
one_round()
{
	domid=$(chaos list | awk '$2 != 0 && NR > 1 { print $2 }')
	chaos migrate --timing --socket "$socket" "$domid" name="$1" "vif=['$(vif "$2")']" >"$t/out" || exit
	while read -r name value _; do
		echo "$value" >>"$t/of.$name"
	done <"$t/out"
	sleep 0.5
}

./forkexec 101 ./noop >"$t/yardstick"
cat "$t/yardstick"
yardstick=$(tr ',{}' '\n' <"$t/yardstick" | sed -n 's/.*"fork_exec_ns": *\([0-9]*\).*/\1/p')
printf 'name = "one"\ntype = "pv"\nkernel = "/lab/daytime"\nmemory = 4\nvif = [ "%s" ]\n' \
	"$(vif 1)" >"$t/one.cfg"
chaos create "$t/one.cfg" || exit
chaos migrate-receive --socket "$socket" >"$t/receiver" 2>&1 &
receiver=$!
sleep 2
# The first of a boot pays for what the kernel keeps.
one_round two 2
one_round one 1
rm -f "$t"/of.*
i=0
while [ $i -lt "$rounds" ]; do
	one_round "n$i" $((3 + i % 2))
	i=$((i + 1))
done
kill $receiver
for what in prepare suspend transfer load devices switch stop end ready total; do
	m=$(median "$t/of.$what")
	echo "$what: $m $(awk -v m="$m" -v y="$yardstick" 'BEGIN { printf "%.2f", m / y }') x fork+exec"
done
bytes=$(median "$t/of.bytes")
copy=$(./sockcopy "$bytes") || exit
awk -v stop="$(median "$t/of.stop")" -v copy="$copy" -v y="$yardstick" -v bytes="$bytes" 'BEGIN {
	printf "migrate_stop_ratio %.3f\nmigrate_copy_ratio %.3f\nmigrate_stop_less_copy_ratio %.3f\nmigrate_bytes %d\n",
		stop / y, copy / y, (stop - copy) / y, bytes }'
