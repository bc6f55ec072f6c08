# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: clients of chaosd that do what none should.  Each hurts itself; the next one is served.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'exec 9>&-; daemon_stop; destroy_all' EXIT
noop=$(guest_config noop noop)
mkfifo /run/mute /run/unread

# served NAME - another client is, at once
served()
{
	run "rude-after-$1" timeout 5 chaos create "$noop" name="after-$1"
	chaos destroy "after-$1" 2>/dev/null
}

# hold MODE N - that many connections that say nothing, until let_go
hold()
{
	./rudeclient "$1" "$2" </run/mute >/run/mute.out &
	holder=$!
	exec 9>/run/mute
	eventually 10 "grep -q held /run/mute.out"
}

let_go()
{
	kill $holder 2>/dev/null
	wait $holder 2>/dev/null
	exec 9>&-
}

daemon_start
run rude-garbage ./rudeclient garbage 300
served garbage
run rude-huge ./rudeclient huge 20
served huge
check rude-dropped "[ \"\$(metric clients_dropped_total)\" -gt 150 ]"

# More than it takes at a time, and all stay: who wants something gets a place.
check rude-mute "hold mute 600"
served mute
let_go
run rude-flood ./rudeclient flood 1500
served flood

./rudeclient deaf
check rude-deaf "[ $? = 3 ]"
served deaf
chaos pool add rude "$noop" memory=5 --size 40
./rudeclient twice
check rude-twice "[ $? = 3 ]"
chaos pool remove rude
# Without an address it waits for DHCP, and is not ready before its client leaves.
bridge_up
guest_config leaver daytime "bridge=xenbr0" >/dev/null
run rude-leave ./rudeclient leave /run/leaver.cfg
check rude-leaver-undone "eventually 5 '! chaos list leaver >/dev/null 2>&1'"
served leaver

# A kernel that is a pipe nobody writes to must hold up no thread.
mkfifo /run/pipe
check rude-pipe "timeout 5 chaos create $noop name=pipe kernel=/run/pipe 2>&1 | grep -q 'not a file'"
served pipe

# Who asks for events and does not read them: they are counted as lost, and cost nothing.
exec 8<>/run/unread
chaos events >/run/unread 9>&- &
reader=$!
for i in $(seq 5); do
	chaos create "$noop" name="unread$i" && chaos destroy "unread$i"
done
served unread
kill $reader
wait $reader 2>/dev/null
exec 8>&-
daemon_stop

# Few descriptors: clients get what is left.
few_files()
{
	ulimit -n 100 && exec "$@"
}
daemon_start few_files
check rude-few-files "hold mute 200"
served few-files
let_go
served few-files-again
check rude-alive "daemon_lives"
finish
