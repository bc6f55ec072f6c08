# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: vifs that their guest finds connected.  They are what it would have made; it starts,
# suspends and reconnects like one that connects by itself; and it comes from any builder and pool.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

# Shells go with the daemon, guests do not.
cleanup()
{
	daemon_stop
	destroy_all
}
trap cleanup EXIT
bridge_up

# vif_state NAME STATE [VIF] - true if it is in that state
vif_state()
{
	chaos info --json "$1" |
		grep -q "\"class\":\"vif\",\"id\":${3:-0},\"state\":\"$2\""
}

daytime self 2 connect=guest
run connect-paused chaos create --paused \
	"$(guest_config built daytime "bridge=xenbr0,ip=$net.3/24,connect=auto")"
./connected "$(domid built)" "$(domid self)" || failures=$((failures + 1))
# What comes before the first instruction waits in the back-end for the first buffers.
arping -c 1 -I xenbr0 $net.3 >/dev/null 2>&1
run connect-unpause chaos unpause built
check connect-serves "eventually 5 './netcheck tcp $net.3 1'"
destroy_all

# Suspended, with all page tables clean; cancelled, and as if restored: all devices anew.
for connect in auto guest; do
	run connect-$connect-create daytime one 2 connect=$connect
	for how in '' --anew '' --anew --anew; do
		# shellcheck disable=SC2086 # none or one
		run connect-$connect-suspend"$how" ./suspend $how "$(domid one)"
		check connect-$connect-open"$how" "eventually 5 'vif_state one open'"
		run connect-$connect-answers"$how" ./netcheck udp $net.2 10 1000
	done
	run connect-$connect-tcp ./netcheck tcp $net.2 4
	check connect-$connect-healthy "! chaos info one | grep -q failed"
	destroy_all
done

# What is mapped for drivers that have nothing to drive has to go before a suspend, too.
run connect-no-vif chaos create --no-wait "$(guest_config bare daytime)"
run connect-noop chaos create "$(guest_config noop noop "bridge=")"
check connect-noop-has-no-driver "vif_state noop closed"
run connect-noop-suspend ./suspend "$(domid noop)"
run connect-noop-suspend-anew ./suspend --anew "$(domid noop)"
destroy_all

# Who does not know how leaves it to the guest.
sed s/LightVM/NoNotes/g /lab/daytime >/run/daytime
run connect-generic chaos create --builder=generic \
	"$(guest_config one daytime "bridge=xenbr0,ip=$net.2/24")"
run connect-no-notes chaos create --builder=fast \
	"$(guest_config two daytime "bridge=xenbr0,ip=$net.3/24")" kernel=/run/daytime
run connect-generic-answers ./netcheck udp $net.2 10 1000
run connect-no-notes-answers ./netcheck udp $net.3 10 1000
run connect-generic-suspend ./suspend --anew "$(domid one)"
run connect-generic-after ./netcheck udp $net.2 10 1000
destroy_all

# As many as there can be, some of them their guest's business; in little memory.
set -- "bridge=xenbr0,ip=$net.2/24"
while [ $# -lt 29 ]; do
	set -- "$@" "bridge=,connect=$([ $(($# % 3)) = 1 ] && echo guest || echo auto)"
done
run connect-29 chaos create "$(guest_config many daytime "$@")" memory=1
run connect-29-answers ./netcheck udp $net.2 100 1000
check connect-29-last "vif_state many open 27 && vif_state many closed 28"
destroy_all

# Of pools: a shell is connected before anybody knows its address, or leaves it to its guest; one
# without an image gets its rings with the image.
daemon_start
run connect-pool chaos pool add auto "$(guest_config a daytime "bridge=xenbr0,connect=auto")" --size 2
run connect-pool-guest chaos pool add guest "$(guest_config g daytime "bridge=xenbr0,connect=guest")" --size 2
run connect-pool-bare chaos pool add bare "$(guest_config b daytime)" memory=5 --imageless --size 1
check connect-pools-full "eventually 60 '[ \"\$(pool auto level)\$(pool guest level)\$(pool bare level)\" = 221 ]'"
shells=$(chaos list --json | tr '{' '\n' | grep '"state":"shell"' | sed -n 's/.*"domid":\([0-9]*\).*/\1/p')
open=0 closed=0
for id in $shells; do
	vif_state "$id" open && open=$((open + 1))
	vif_state "$id" closed && closed=$((closed + 1))
done
check connect-shells "[ $open = 2 ] && [ $closed = 2 ]"
run connect-pool-create daytime one 2 connect=auto
run connect-pool-guest-create daytime two 3 connect=guest
run connect-pool-bare-create chaos create \
	"$(guest_config three daytime "bridge=xenbr0,ip=$net.4/24")" memory=5
check connect-pools-used \
	"[ \"\$(pool auto used)\$(pool guest used)\$(pool bare used)\" = 111 ]"
for last in 2 3 4; do
	run connect-pool-answers-$last ./netcheck udp $net.$last 100 1000
done
run connect-pool-suspend ./suspend --anew "$(domid one)"
run connect-pool-suspended-answers ./netcheck udp $net.2 10 1000
daemon_stop
destroy_all
check connect-no-vif-left "eventually 5 no_vifs"
finish
