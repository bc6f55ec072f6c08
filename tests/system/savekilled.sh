# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaos save and chaos restore killed with SIGKILL at each thing they ask of Xen or of the
# module.  A save leaves a guest that runs, one that is suspended and can go on or be saved, or a whole
# file, and at worst the remains of its guest; a restore leaves nothing, something incomplete, or a guest.  In the end nothing is missing.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
files=/run/saved
mkdir -p $files

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

state_name()
{
	chaos list --json one 2>/dev/null | tr ',{' '\n\n' | sed -n 's/^"state":"\([a-z]*\)".*/\1/p'
}

answers()
{
	eventually 1 "./netcheck tcp $net.2 1 2>/dev/null"
}

run sk-create daytime one 2
run sk-keep chaos save --keep one $files/good
run sk-destroy chaos destroy one
sleep 1
before=$(free_kib)
set -- /sys/class/net/*
interfaces=$#

# ---- save ----

chaos restore $files/good
n=1
stages=''
wrong=0
left=
status=42
while [ $status = 42 ] && [ $n -lt 200 ]; do
	rm -f $files/one*
	reaper_goes # and is started by one that may be killed
	./killat $n /run/sk.pid chaos save one $files/one >/dev/null 2>&1
	status=$?
	case $(state_name) in
	suspended)
		stages=${stages}s
		# Either of the two that can be done with it.
		if [ $((n % 2)) = 0 ]; then
			chaos unpause one || wrong="unpause at $n"
		else
			chaos save --keep one $files/again || wrong="save at $n"
		fi
		;;
	running|blocked|runnable)
		stages=${stages}r
		;;
	incomplete)
		stages=${stages}d
		chaos destroy one && chaos restore $files/one || wrong="no whole file at $n"
		;;
	'')
		stages=${stages}f
		chaos restore $files/one || wrong="no whole file at $n"
		;;
	*) wrong="state $(state_name) at $n" ;;
	esac
	answers || wrong="no answer at $n"
	# Neither whole nor in part under another name.
	set -- $files/one.*
	[ ! -e "$1" ] || left=$1
	n=$((n + 1))
done
echo "sk: save: r it runs, s suspended, d being destroyed, f a file, by call: $stages"
check sk-save-each-call "[ $status = 0 ] && echo $stages | grep -qE '^r+s{5,}d+f+$'"
check sk-save-nothing-lost "[ '$wrong' = 0 ]"
check sk-save-no-half-file "[ -z '$left' ]"
chaos destroy one
check sk-save-nothing-left "eventually 5 nothing_left || { echo \"$before KiB before, now $(free_kib)\"; false; }"

# ---- restore ----

n=1
stages=''
wrong=0
status=42
while [ $status = 42 ] && [ $n -lt 250 ]; do
	reaper_goes
	./killat $n /run/sk.pid chaos restore $files/good >/dev/null 2>&1
	status=$?
	case $(state_name) in
	'') stages=${stages}n ;;
	incomplete) stages=${stages}i ;;
	running|blocked|runnable)
		stages=${stages}g
		answers || wrong="no answer at $n"
		;;
	*) wrong="state $(state_name) at $n" ;;
	esac
	# One that was killed before it had a name goes by its number.
	destroy_all || wrong="destroy at $n"
	n=$((n + 1))
done
echo "sk: restore: n nothing, i incomplete, g a guest, by call: $stages"
check sk-restore-each-call "[ $status = 0 ] && echo $stages | grep -qE '^n+i{10,}g+$'"
check sk-restore-cleared "[ '$wrong' = 0 ]"
check sk-restore-nothing-left "eventually 5 nothing_left || { echo \"$before KiB before, now $(free_kib)\"; false; }"
run sk-restore-after-all chaos restore $files/good
run sk-answers-after-all answers
finish
