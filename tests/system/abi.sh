# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: kernels of another major of the ABI are refused in one line, whoever builds them, and nothing
# is half made; and a guest that is the back-end of some devices of another gets at those alone.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
bridge_up

# ---- another major ----

./imageabi /lab/daytime /run/abi1 0
./imageabi /lab/daytime /run/abi3 0x30000
./imageabi /lab/daytime /run/abi2.9 0x20009
cfg=$(guest_config one daytime "bridge=xenbr0,ip=$net.2/24")
for builder in fast generic auto; do
	refused 3 'abi1" was built for noxs ABI 1, and this is ABI 2: build it anew' abi-1-$builder \
		chaos create --no-daemon --builder=$builder "$cfg" kernel=/run/abi1
done
refused 3 'ABI 3, and this is ABI 2' abi-3 chaos create --no-daemon "$cfg" kernel=/run/abi3
daemon_start
refused 3 'ABI 1, and this is ABI 2' abi-1-daemon chaos create "$cfg" kernel=/run/abi1
run abi-1-pool chaos pool add old "$cfg" kernel=/run/abi1 --size 1
refused 3 'ABI 1, and this is ABI 2' abi-1-pool-says-so chaos prepare old
chaos pool remove old
run abi-imageless-pool chaos pool add bare "$cfg" --imageless --size 1
run abi-imageless-prepare chaos prepare bare
refused 3 'ABI 1, and this is ABI 2' abi-1-imageless chaos create "$cfg" kernel=/run/abi1
chaos pool remove bare
daemon_stop
check abi-nothing-made "eventually 5 '! chaos list | awk \"NR > 1 && \\\$2 != 0\" | grep -q .'"
run abi-later-minor chaos create --no-daemon "$cfg" kernel=/run/abi2.9
run abi-later-minor-answers ./netcheck udp $net.2 10 1000
check abi-origin-image "[ $(./served origin "$(domid one)") = 0 ]"
run abi-save chaos save one /run/one.saved
run abi-restore chaos restore /run/one.saved
check abi-origin-restored "[ $(./served origin "$(domid one)") = 1 ]"
destroy_all
printf '\001' | dd of=/run/one.saved bs=1 seek=8 conv=notrunc 2>/dev/null
refused 3 'its guest speaks noxs ABI 1' abi-1-saved chaos restore /run/one.saved
destroy_all

# ---- a page that is written without pause ----

for builder in fast generic; do
	chaos create --paused --builder=$builder "$cfg"
	./served churn "$(domid one)" 3 &
	chaos unpause one
	check abi-churned-$builder "eventually 3 './netcheck udp $net.2 10 1000 >/dev/null 2>&1'"
	wait $!
	rc=$?
	check abi-churned-$builder-all-the-time "[ $rc = 0 ]"
	destroy_all
done

# ---- a back-end that is a guest ----

served=$(./served create)
run backend-create chaos create --paused "$(guest_config back backend)" "cmdline=$served"
run backend-named ./served add "$served" "$(domid back)"
chaos unpause back
check backend-finished "eventually 10 'chaos console --dump back >>/run/back.log; grep -q DONE /run/back.log'"
tr -d '\r' </run/back.log | grep -E '^(PASS|FAIL|ERROR):'
check backend-saw-no-failure "grep -q PASS /run/back.log &&
	! grep -qE '^(FAIL|ERROR)' /run/back.log"
check backend-served-as-it-should-be "./served check $served"
finish
