# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: either end of a migration within this host killed with SIGKILL at each thing it asks of Xen or
# of the module.  What is to be done then is what chaos(1) says, and in the end there is one copy that
# runs, and nothing is lost.  Then at some of them with a guest that serves a file from a disk.
# All on one processor: a traced program stops at every call, and each time wakes another there.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/migration
. ./migration

trap destroy_all EXIT
bridge_up

free_kib()
{
	chaos info --json | sed -n 's/.*"free_memory_kib":\([0-9]*\).*/\1/p'
}

# All that was made is gone: a page lost at each call would be 100 KiB and more.
nothing_left()
{
	set -- /sys/class/net/*
	[ $# = "$interfaces" ] && [ $((before - $(free_kib))) -lt 32 ]
}

# state_name NAME - as in chaos list --json, "" if there is none
state_name()
{
	chaos list --json "$1" 2>/dev/null | tr ',{' '\n\n' | sed -n 's/^"state":"\([a-z]*\)".*/\1/p'
}

runs()
{
	case $(state_name "$1") in
	running|blocked|runnable) ;;
	*) false ;;
	esac
}

# An end that was not killed: any chaos but the one that looks after guests.
an_end_runs()
{
	for pid in $(pidof chaos); do
		grep -q reap "/proc/$pid/cmdline" 2>/dev/null || return 0
	done
	return 1
}

all_done()
{
	eventually 10 '! an_end_runs'
}

free_run()
{
	taskset 1 chaos migrate --ssh ./as-ssh "$1" nowhere name="$(other "$1")" "$(vif_of "$(other "$1")")"
}

# each_call STEP COMMAND - COMMAND kills an end at the nth call, for each so many of them, and fails when
# there was no such call; what came of it goes to $stages, what is wrong to $wrong
each_call()
{
	n=1
	stages=''
	wrong=''
	more=1
	while [ $more = 1 ] && [ $n -lt 250 ]; do
		to=$(other "$from")
		"$2" || more=0
		from=$(chaos list --names | head -n 1)
		one_copy "$from" || wrong="$wrong no copy at $n"
		n=$((n + $1))
	done
}

kill_source()
{
	reaper_goes # and is started by one that may be killed
	taskset 1 ./killat $n /run/source.pid chaos migrate --ssh ./as-ssh "$from" nowhere name="$to" "$(vif_of "$to")" \
		>/dev/null 2>&1
	status=$?
	all_done || wrong="$wrong receiver at $n"
	there=$(state_name "$to")
	case $(state_name "$from") in
	suspended)
		stages=${stages}s
		if [ -n "$there" ] || ! chaos unpause "$from"; then
			wrong="$wrong unpause at $n"
		fi
		;;
	running|blocked|runnable)
		stages=${stages}r
		;;
	incomplete)
		if [ -n "$there" ]; then
			stages=${stages}d
			chaos destroy "$from" || wrong="$wrong destroy at $n"
		else
			stages=${stages}u
			if chaos unpause "$from" 2>/dev/null || ! chaos unpause --force "$from"; then
				wrong="$wrong unpause at $n"
			fi
		fi
		;;
	'')
		stages=${stages}f
		;;
	*) wrong="$wrong state $(state_name "$from") at $n" ;;
	esac
	[ $status = 42 ]
}

kill_target()
{
	reaper_goes
	echo $n >/run/kill-at
	rm -f /run/receiver.status
	free_run "$from" >/dev/null 2>/run/err
	status=$?
	all_done || wrong="$wrong receiver at $n"
	killed=$(cat /run/receiver.status 2>/dev/null)
	if runs "$from" && [ $status != 0 ]; then
		stages=${stages}r
		case $(state_name "$to") in
		'') ;;
		incomplete) chaos destroy "$to" || wrong="$wrong destroy at $n" ;;
		*) wrong="$wrong state $(state_name "$to") at $n" ;;
		esac
	elif runs "$to" && [ -z "$(state_name "$from")" ]; then
		stages=${stages}f
	else
		wrong="$wrong state $(state_name "$from") and $(state_name "$to") at $n"
	fi
	# One that was killed before it had a name goes by its number.
	chaos list | awk '$5 == "incomplete" { print $2 }' | while read -r id; do chaos destroy "$id"; done
	[ "$killed" = 42 ]
}

run mk-create daytime one 2
run mk-there free_run one
run mk-back free_run two
sleep 1
before=$(free_kib)
set -- /sys/class/net/*
interfaces=$#

# ---- at each call ----

from=one
each_call 1 kill_source
echo "mk: source: r it goes on, s suspended, u unknown and not there, d unknown and there, f moved, by call: $stages"
check mk-source-each-call "[ $status = 0 ] && echo $stages | grep -qE '^r+s{5,}u?d+f+$'"
check mk-source-nothing-lost "[ -z \"$wrong\" ] || { echo \"mk: $wrong\"; false; }"
check mk-source-nothing-left "eventually 5 nothing_left || { echo \"$before KiB before, now $(free_kib)\"; false; }"

each_call 1 kill_target
echo "mk: target: r the source goes on, f moved, by call: $stages"
check mk-target-each-call "[ $more = 0 ] && echo $stages | grep -qE '^r{20,}f+$'"
check mk-target-nothing-lost "[ -z \"$wrong\" ] || { echo \"mk: $wrong\"; false; }"
check mk-target-nothing-left "eventually 5 nothing_left || { echo \"$before KiB before, now $(free_kib)\"; false; }"

# ---- with a disk ----

answers()
{
	eventually 2 "./webcheck get $(address "$1") /big.bin web.big 1 2>/dev/null"
}

chaos destroy "$from"
cp web.romfs /run/site
run mk-disk-create chaos create "$(guest_config one web)" "$(vif_of one)" "disk=['vdev=xvda,access=ro,target=/run/site']"
from=one
each_call 17 kill_source
echo "mk: source with a disk: $stages"
check mk-disk-source "[ $status = 0 ] && echo $stages | grep -qE '^r+s+[ud]*f+$' && [ -z \"$wrong\" ] || { echo \"mk: $wrong\"; false; }"
each_call 17 kill_target
echo "mk: target with a disk: $stages"
check mk-disk-target "[ $more = 0 ] && echo $stages | grep -qE '^r+f+$' && [ -z \"$wrong\" ] || { echo \"mk: $wrong\"; false; }"
# One that may write shares it with nobody, dead or alive.
destroy_all
check mk-disk-released "disk probe mode=poll vdev=xvda,target=/run/site >/dev/null"
finish
