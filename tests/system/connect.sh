# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: vifs that their guest finds connected.  They are what it would have made; it starts,
# suspends and reconnects like one that connects by itself; and it comes from any builder and pool.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
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
while [ $# -lt 30 ]; do
	set -- "$@" "bridge=,connect=$([ $(($# % 3)) = 1 ] && echo guest || echo auto)"
done
run connect-30 chaos create "$(guest_config many daytime "$@")" memory=1
run connect-30-answers ./netcheck udp $net.2 100 1000
check connect-30-last "vif_state many open 29 && vif_state many closed 28"
destroy_all
check connect-no-vif-left "eventually 5 no_vifs"
finish
