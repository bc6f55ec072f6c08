# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaosd is killed at every single thing it asks of Xen or of the module, while it fills a
# pool, creates from it and creates without it.  Whatever is left then is either a whole guest or
# gone when the next chaosd has started; in the end nothing is missing.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
bridge_up
config=$(guest_config killed daytime "bridge=xenbr0,ip=$net.2/24")
other="vif=['bridge=xenbr0,ip=$net.3/24']"

# All of what a daemon does.
work()
{
	chaos pool add p "$config" --size 1 &&
		chaos prepare p &&
		chaos create "$config" name=pooled cmdline=x &&
		chaos create "$config" memory=5 name=cold "$other" &&
		chaos pool add bare "$config" --imageless --size 1 memory=6 &&
		chaos prepare bare &&
		chaos create "$config" memory=6 name=bare kernel=/lab/noop "vif=[]" &&
		chaos pool remove p
} >/run/killed.out 2>&1

# Only whole guests are there, and those that were reported made.
check_left()
{
	chaos list --json >/run/killed.list || return 1
	! grep -qE '"state":"(shell|incomplete)"' /run/killed.list
}

# The first call of a daemon warms caches that stay.
daemon_start
work
daemon_stop
destroy_all
sleep 1
before=$(free_kib)

n=1
killed=0
bad=''
status=42
while [ $status = 42 ] && [ $n -lt 400 ]; do
	daemon_start ./killat $n /run/killed.pid
	work
	work_rc=$?
	# It was not killed: let it end by itself, as it ends then too.
	kill "$(cat /run/killed.pid)" 2>/dev/null
	wait "$daemon" 2>/dev/null
	status=$?
	[ $status != 42 ] || killed=$((killed + 1))
	daemon_start
	check_left || bad="$bad $n"
	[ $work_rc != 0 ] || chaos list pooled cold bare >/dev/null || bad="$bad $n:lost"
	daemon_stop
	destroy_all
	n=$((n + 1))
done
echo "chaosd-killed: killed at each of $killed calls"
check chaosd-killed-ended "[ $status = 0 ]"
check chaosd-killed-everywhere "[ $killed -gt 20 ]"
check chaosd-killed-no-more "[ $work_rc = 0 ]"
check chaosd-killed-nothing-half "[ -z '$bad' ] || { echo 'after call$bad'; false; }"
check chaosd-killed-nothing-missing "eventually 10 '[ \$(free_kib) -ge $((before - 256)) ] || { echo $before now \$(free_kib); false; }'"
finish
