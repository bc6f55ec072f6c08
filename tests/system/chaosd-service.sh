# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaosd under a service manager: its socket is made by somebody else, it tells when it is
# ready, alive and stopping; pools given at its start; who may use it; its figures.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'kill "$(cat /run/activated.pid)" 2>/dev/null; daemon_stop; destroy_all' EXIT
bridge_up
noop=$(guest_config noop noop)
guest_config day daytime "bridge=xenbr0" >/dev/null
bare=$(guest_config bare noop)
sed -i 's/memory = 4/memory = 6/' "$bare"

# activate NOTIFY MODE OPTION... - chaosd, its socket made before
activate()
{
	_notify=$1
	_mode=$2
	shift 2
	rm -f /run/activated.pid
	./activate /run/chaosd.sock "$_mode" "$_notify" /run/activated.pid chaosd --foreground "$@" \
		>/run/notified 2>>/run/chaosd.log &
	daemon=$!
	eventually 10 'grep -q READY=1 /run/notified'
}

# ---- socket activation, sd_notify ----

check service-ready "WATCHDOG_USEC=400000 activate /run/notify 0600 --pool day,3,/run/day.cfg \
	--pool bare,2,imageless,/run/bare.cfg --pool broken,1,/run/none.cfg"
check service-ready-first "[ \"\$(head -n 1 /run/notified)\" = READY=1 ]"
run service-create chaos create "$noop" name=served
check service-watchdog "eventually 5 '[ \$(grep -c WATCHDOG=1 /run/notified) -ge 3 ]'"
check service-pools "eventually 10 '[ \"\$(pool day level) \$(pool bare level)\" = \"3 2\" ]'"
check service-pool-imageless "chaos pool list --json | grep -q '\"name\":\"bare\".*\"imageless\":true'"
check service-pool-broken "grep -q 'pool \"broken\" is not made: /run/none.cfg' /run/chaosd.log"
run service-from-pool chaos create /run/day.cfg name=pooled "$(vif 2)"
check service-pool-used "[ \"\$(pool day used)\" = 1 ]"
kill "$(cat /run/activated.pid)"
wait $daemon
check service-stop-status "[ $? = 0 ]"
check service-stopping "[ \"\$(tail -n 1 /run/notified)\" = STOPPING=1 ]"
check service-socket-stays "[ -S /run/chaosd.sock ]"
check service-no-shells "[ \$(chaos list | grep -c shell) = 0 ] && chaos list served >/dev/null"
# Killed, as a watchdog would, and started again: nobody has to set up its pools.
check service-again "activate @chaosd-test 0666 --group 1000 --pool day,3,/run/day.cfg"
eventually 10 '[ "$(pool day level)" = 3 ]'
kill -9 "$(cat /run/activated.pid)"
wait $daemon
check service-killed-shells "[ \$(chaos list | grep -c shell) = 3 ]"
check service-restarted "activate @chaosd-test 0666 --group 1000 --pool day,3,/run/day.cfg"
check service-refills "[ \"\$(metric shells_swept_total)\" = 3 ] && eventually 10 '[ \"\$(pool day level)\" = 3 ]'"
check service-none-lost "[ \$(chaos list | grep -c shell) = 3 ]"

# ---- who may use it ----

check service-root "./rudeclient ask"
check service-group "./rudeclient as 1000 ask"
./rudeclient as 1001 ask
check service-stranger "[ $? = 3 ]"
kill "$(cat /run/activated.pid)"
wait $daemon
daemon=''
rm -f /run/chaosd.sock
daemon_start
check service-own-socket "[ \"\$(stat -c %a:%u /run/chaosd.sock)\" = 600:0 ]"
daemon_stop
check service-own-socket-gone "! [ -e /run/chaosd.sock ]"
# What is no socket of ours stays, and so does what it says.
echo precious >/run/precious
ln -s precious /run/link.sock
for path in /run/precious /run/link.sock; do
	timeout 10 chaosd --foreground --socket $path 2>/run/err
	check service-socket-"${path##*/}" "[ $? = 1 ] && grep -q 'cannot listen at $path: File exists' /run/err &&
		[ -e $path ] && [ \"\$(cat /run/precious)\" = precious ]"
done
rm -f /run/link.sock
check service-bad-pool "! chaosd --foreground --pool day,x,/run/day.cfg 2>/run/err && grep -q 'not NAME,SIZE' /run/err"

# ---- files on a server that does not answer ----

insmod /lib/lab/fuse.ko 2>/dev/null
[ -e /dev/fuse ] || mknod /dev/fuse c 10 229
mkdir -p /run/dead
./deadfs /run/dead &
dead=$!
check dead-mounted "eventually 5 'grep -q deadfs /proc/mounts'"
check dead-ready "WATCHDOG_USEC=2000000 activate /run/notify 0600 --metrics-file /run/dead/c.prom --pool day,2,/run/day.cfg --pool bare,2,imageless,/run/bare.cfg"
eventually 10 '[ "$(pool day level) $(pool bare level)" = "2 2" ]'
# As many as there are workers at first, and more: a kernel, a disk with a shell, a disk without, one
# without an image.
pids=''
for setting in kernel=/run/dead/k "disk=['target=/run/dead/d,vdev=xvda']" kernel=/run/dead/k2 kernel=/run/dead/k3; do
	for memory in 4 6; do
		chaos create --no-wait "$noop" name="dead$memory$(echo "$setting" | tr -dc a-z0-9)" memory=$memory "$setting" \
			>/dev/null 2>&1 &
		pids="$pids $!"
	done
done
usleep 500000
check dead-pool-list "timeout 5 chaos pool list >/dev/null"
run dead-from-pool timeout 10 chaos create /run/day.cfg name=alive "$(vif 11)"
run dead-from-scratch timeout 30 chaos create "$noop" name=alive2
run dead-destroy timeout 10 chaos destroy alive2
ticks=$(grep -c WATCHDOG=1 /run/notified)
check dead-watchdog "eventually 10 '[ \$(grep -c WATCHDOG=1 /run/notified) -ge $((ticks + 2)) ]'"
kill $dead
# shellcheck disable=SC2086 # several
wait $pids
check dead-none-left "eventually 10 '! chaos list --names | grep -q ^dead'"
umount /run/dead
chaos destroy alive
kill "$(cat /run/activated.pid)"
wait $daemon
daemon=''
rm -f /run/chaosd.sock

# ---- figures ----

# Its directory is somebody else's, who has links where he can guess a name.
mkdir -p /run/prom
chown 65534 /run/prom
for name in c.prom c.prom.new; do
	ln -s /run/precious /run/prom/$name
done
daemon_options='--metrics-file /run/prom/c.prom --pool day,2,/run/day.cfg'
daemon_start
chaos prepare day >/dev/null
chaos create /run/day.cfg name=one "$(vif 3)"
chaos create "$noop" name=two
chaos create "$noop" name=two 2>/dev/null
check service-metrics "chaos pool metrics | ./promcheck"
check service-metrics-created "[ \"\$(metric 'created_total{from=\"pool\"}') \$(metric 'created_total{from=\"scratch\"}') \$(metric create_failed_total)\" = '1 1 1' ]"
check service-metrics-histograms "[ \"\$(metric execute_seconds_count)\" = 2 ] && [ \"\$(metric prepare_seconds_count)\" -ge 2 ]"
check service-metrics-pool "[ \"\$(metric 'pool_used_total{pool=\"day\"}') \$(metric 'pool_stopped{pool=\"day\"}')\" = '1 0' ]"
check service-metrics-file "eventually 8 'grep -q \"from=.scratch.} 1\" /run/prom/c.prom' && ./promcheck </run/prom/c.prom"
check service-metrics-file-whole "[ \"\$(ls /run/prom | tr '\\n' ' ')\" = 'c.prom c.prom.new ' ]"
check service-metrics-file-own "[ -f /run/prom/c.prom ] && ! [ -L /run/prom/c.prom ] && [ \"\$(cat /run/precious)\" = precious ]"
daemon_stop
destroy_all
finish
