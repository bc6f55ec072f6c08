# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2086 # words
# In Dom0: chaosd is upgraded, and goes back, under guests that run: they stay, answer, and are destroyed by
# either; a module and a daemon that are one version apart give service; those whose interface differs say so in
# one line.  /lab/next is the next version with the same interface to the module, /lab/far one with another.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
# Programs of this version are run by their names, those of the others after these words.
next="env PATH=/lab/next:$PATH"
far="env PATH=/lab/far:$PATH"

answers()
{
	eventually 5 "busybox nc $net.$1 13 </dev/null 2>/dev/null | grep -q UTC"
}

# daemon_is VERSION - that it is what listens
daemon_is()
{
	daemon_lives && [ "$("/proc/$daemon/exe" --version)" = "chaosd $1" ]
}

# module_load FILE - in place of the one that is loaded, once nobody holds it
module_load()
{
	eventually 20 'reaper_goes; rmmod noxs 2>/dev/null' && insmod "$1"
}

module_version()
{
	cat /sys/module/noxs/version
}

this=$(chaosd --version)
this=${this#chaosd }
newer=$($next chaosd --version)
newer=${newer#chaosd }
check upgrade-differs "[ '$this' != '$newer' ] && [ \"\$(module_version)\" = '$this' ]"

bridge_up
day=$(guest_config day daytime "bridge=xenbr0,ip=$net.2/24,gateway=$net.1")
daemon_options="--pool day,2,$day"

# ---- chaosd N+1 in place of N, under guests of both ways to make them, beside a module N ----

daemon_start
eventually 10 '[ "$(pool day level)" = 2 ]'
run upgrade-before chaos create "$day" name=pooled "$(vif 3)"
check upgrade-from-pool "[ \"\$(pool day used)\" = 1 ]"
run upgrade-before-cold daytime cold 4
ids=$(domid pooled; domid cold)
check upgrade-answered "answers 3 && answers 4"
run upgrade-newer-client $next chaos create "$day" name=mixed "$(vif 5)"
check upgrade-newer-client-list "$next chaos pool list | grep -q '^day '"
daemon_stop
daemon_start $next
check upgrade-daemon "daemon_is '$newer'"
check upgrade-guests-answer "answers 3 && answers 4 && answers 5"
check upgrade-same-guests "[ \"\$(domid pooled; domid cold)\" = '$ids' ]"
check upgrade-pool "eventually 10 '[ \"\$(pool day level)\" = 2 ]'"
run upgrade-older-client chaos create "$day" name=after "$(vif 6)"
check upgrade-after-answers "answers 6"
run upgrade-destroy $next chaos destroy pooled
run upgrade-destroy-older chaos destroy cold
check upgrade-gone "! chaos list pooled 2>/dev/null && ! chaos list cold 2>/dev/null && answers 5"

# ---- and back ----

daemon_stop
daemon_start
check downgrade-daemon "daemon_is '$this'"
check downgrade-guests "answers 5 && answers 6 && eventually 10 '[ \"\$(pool day level)\" = 2 ]'"
run downgrade-destroy chaos destroy mixed
run downgrade-destroy-after $next chaos destroy after
daemon_stop
destroy_all

# ---- a module N+1, and a daemon N ----

check upgrade-module "module_load /lab/next/noxs.ko && [ \"\$(module_version)\" = '$newer' ]"
daemon_start
check upgrade-module-pool "eventually 10 '[ \"\$(pool day level)\" = 2 ]'"
run upgrade-module-create chaos create "$day" name=pooled "$(vif 7)"
check upgrade-module-answers "answers 7 && [ \"\$(pool day used)\" = 1 ]"
run upgrade-module-destroy chaos destroy pooled
check upgrade-module-held "! rmmod noxs 2>/dev/null"
daemon_stop
destroy_all

# ---- another interface: a module that is newer, then one that is older ----

# foreign NAME CHAOS-PREFIX... - no service, one line each, and nothing is left
foreign()
{
	_test=$1
	shift
	refused 8 'speaks another version.*load the one that came with this chaos' "$_test-create" \
		"$@" chaos create --no-daemon "$day"
	timeout 20 "$@" chaosd --foreground 2>/run/err
	_rc=$?
	check "$_test-daemon" "[ $_rc = 8 ] && [ \$(wc -l </run/err) = 1 ] && grep -q 'speaks another version' /run/err ||
		! cat /run/err"
	"$@" chaos doctor >/run/doctor
	check "$_test-doctor" "grep -q '^BAD  *module.*another version' /run/doctor || ! cat /run/doctor"
	check "$_test-nothing-left" "[ \$(chaos list --names 2>/dev/null | grep -c day) = 0 ]"
}

check far-module-loads "module_load /lab/far/noxs.ko"
foreign far-module env
check far-module-back "module_load /lib/lab/noxs.ko"
foreign far-chaos $far
run upgrade-last daytime last 8
check upgrade-last-answers "answers 8"
destroy_all
finish
