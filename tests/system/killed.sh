# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaos create killed with SIGKILL at each thing it asks of Xen or of the module, and at
# random moments.  What it leaves is listed, is incomplete or complete but nothing else, and can be
# destroyed; in the end nothing is missing.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
list=/run/killed.list

free_kib()
{
	chaos info --json | sed -n 's/.*"free_memory_kib":\([0-9]*\).*/\1/p'
}

holdings()
{
	set -- /sys/class/net/*
	echo "$(free_kib) KiB, $# interfaces"
}

# What is left behind at one call is left behind at those after it, too; an allocator's page is not.
same_holdings()
{
	set -- "$(holdings)"
	[ "${1#* }" = "${before#* }" ] && [ $((${before%% *} - ${1%% *})) -le 8 ]
}

list_domids()
{
	tr '{' '\n' <$list | sed -n 's/^"domid":\([1-9][0-9]*\),.*/\1/p'
}

config=$(guest_config killed daytime "bridge=xenbr0,ip=$net.5/24")
for i in 1 2 3; do
	chaos create "$config" && chaos destroy killed
done
sleep 1
before=$(holdings)

# At every call: first nothing is there, then something incomplete, then a guest.
n=1
stages=''
wrong=0
status=42
while [ $status = 42 ] && [ $n -lt 200 ]; do
	./killat $n /run/killed.pid chaos create --no-daemon "$config" >/dev/null 2>&1
	status=$?
	chaos list --json >$list || wrong=1
	case $(cat $list) in
	*'"state":"incomplete"'*) stages=${stages}i ;;
	*'"name":"killed"'*) stages=${stages}g ;;
	*) stages=${stages}n ;;
	esac
	for d in $(list_domids); do
		chaos destroy "$d" || wrong=1
	done
	n=$((n + 1))
done
echo "killed: n nothing, i incomplete, g a guest, by call: $stages"
check killed-at-each-call "[ $status = 0 ] && echo $stages | grep -qE '^n+i{5,}g+$'"
check killed-at-each-call-destroyed "[ $wrong = 0 ]"
check killed-at-each-call-nothing-left "eventually 5 same_holdings || { echo \"before $before, now $(holdings)\"; false; }"

# Destroying is killed likewise: the guest is as it was, or without its devices, which go first, or on its
# way out; and the next destroy ends it.
n=1
stages=''
wrong=0
status=42
while [ $status = 42 ] && [ $n -lt 100 ]; do
	chaos create --no-daemon "$config" >/dev/null || wrong="create at $n"
	reaper_goes
	./killat $n /run/killed.pid chaos destroy killed >/dev/null 2>&1
	status=$?
	chaos list --json >$list || wrong="list at $n"
	case $(cat $list) in
	*'"state":"incomplete"'*|*'"state":"dying"'*) stages=${stages}d ;;
	*'"name":"killed"'*)
		case $(chaos info killed) in
		*ready*yes*) stages=${stages}g ;;
		*ready*) stages=${stages}g wrong="not as it was at $n" ;;
		*) stages=${stages}x ;;
		esac
		;;
	*) stages=${stages}n ;;
	esac
	for d in $(list_domids); do
		# One that is dying may be gone by now.
		chaos destroy "$d" 2>/dev/null || ! chaos list "$d" >/dev/null 2>&1 || wrong="destroy at $n"
	done
	chaos list --json >$list
	[ -z "$(list_domids)" ] || wrong="left at $n"
	n=$((n + 1))
done
echo "killed: destroy: g a guest, x one without devices, d dying or incomplete, n nothing, by call: $stages"
check killed-destroy-each-call "[ $status = 0 ] && echo $stages | grep -qE '^g+x*d*n+$'"
check killed-destroy-cleared "[ '$wrong' = 0 ]"
check killed-destroy-nothing-left "eventually 5 same_holdings || { echo \"before $before, now $(holdings)\"; false; }"

incomplete=0
complete=0
nothing=0
wrong=0
# Microseconds: moments are drawn from twice this, which follows what they hit, so that they stay
# around the creation however fast the machine is.
middle=100000
i=0
# Until two have been hit in the middle, which is the case that matters.
while [ $i -lt 20 ] || { [ $incomplete -lt 2 ] && [ $i -lt 45 ]; }; do
	chaos create "$config" >/dev/null 2>&1 &
	pid=$!
	usleep $(($(hexdump -n 1 -e '1/1 "%u"' /dev/urandom) * middle / 128))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	chaos list --json >$list || wrong=1
	if grep -q '"state":"incomplete"' $list; then
		incomplete=$((incomplete + 1))
	elif grep -q '"name":"killed"' $list; then
		complete=$((complete + 1))
		middle=$((middle * 3 / 4))
	else
		nothing=$((nothing + 1))
		middle=$((middle * 5 / 4 + 100))
	fi
	for d in $(list_domids); do
		chaos destroy "$d" || wrong=1
	done
	chaos list --json >$list
	[ -z "$(list_domids)" ] || wrong=1
	i=$((i + 1))
done
echo "killed: of $i creations $nothing left nothing, $incomplete something incomplete, $complete a guest"
if [ $incomplete -gt 0 ]; then
	pass killed-some-incomplete
else
	echo "SKIP: killed-some-incomplete: none of $i kills hit the middle of a creation"
fi
check killed-destroyed "[ $wrong = 0 ]"
check killed-nothing-left "eventually 5 same_holdings || { echo \"before $before, now $(holdings)\"; false; }"
# A request to stop undoes the creation: this guest waits for a DHCP server that is not there.
chaos create --no-daemon --timeout 60 "$(guest_config stopped daytime "bridge=xenbr0")" 2>/run/err &
pid=$!
check killed-stop-waits "eventually 5 'chaos list stopped >/dev/null 2>&1'"
sleep 1
kill -TERM $pid
wait $pid
check killed-stop-status "[ $? = 1 ] && grep -q interrupted /run/err"
check killed-stop-nothing-left "! chaos list stopped >/dev/null 2>&1 && eventually 5 same_holdings"
run killed-create-again chaos create "$config"
run killed-destroy-again chaos destroy killed
finish
