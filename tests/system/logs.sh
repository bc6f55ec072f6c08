# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: logs of guests' consoles that outlive them: who has one, what is in it, how it is bounded, and
# what becomes of it when the disk, the daemon or the guest does its worst.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all; umount /run/small 2>/dev/null' EXIT
bridge_up
dir=/var/log/chaosd
rm -rf $dir
: >/run/chaosd.log
daemon_options='--log-size 64 --log-keep 3 --log-total 4'
daemon_start

talk=$(guest_config talk talk)

# talks NAME COMMAND [OPTION | KEY=VALUE]... - a guest that talks, with a log
talks()
{
	_who=$1 _what=$2
	shift 2
	chaos create --log "$talk" name="$_who" cmdline="$_what" "$@"
}

gone()
{
	! chaos list "$1" >/dev/null 2>&1
}

# has_lines N FILE - it has all of `line 0 of N` to the last, in their order, and nothing else
has_lines()
{
	awk -v n="$1" '$0 != "line " NR - 1 " of " n { bad = 1; print "logs: " NR ": " $0 | "cat >&2" }
		END { exit bad || NR != n }' "$2"
}

# ---- who has one ----

run logs-none chaos create "$talk" name=mute cmdline=silent
refused 4 'has no log of "mute"' logs-opt-in chaos logs mute
check logs-info-no "chaos info mute | grep -q '^log  *no' && chaos info --json mute | grep -q '\"log\":false'"
chaos destroy mute
run logs-lines talks lines lines=1500
check logs-ends "eventually 20 'gone lines'"
check logs-outlive "chaos logs lines >/run/lines && has_lines 1500 /run/lines"
check logs-mode "[ \"\$(stat -c '%a %u %g' $dir/lines.log) \$(stat -c %a $dir)\" = '640 0 0 750' ]"
check logs-parts "[ -e $dir/lines.log.1 ]"
# It is ready when its console has been read: without a log it never is.
run logs-waits talks waits waits=300
check logs-waits-all "eventually 5 'chaos logs waits >/run/lines; has_lines 300 /run/lines 2>/dev/null'"
check logs-info-yes "chaos info waits | grep -q '^log  *yes'"
chaos destroy waits
refused 9 "was not ready" logs-waits-without chaos create --timeout 2 "$talk" name=without cmdline=waits=300
# Of a pool, with shells and without.
run logs-pool chaos pool add talk "$talk" --size 2 --log
chaos prepare talk >/dev/null
run logs-pooled chaos create "$talk" name=pooled cmdline=waits=300
check logs-pooled-used "[ \"\$(pool talk used)\" = 1 ]"
chaos pool drain talk
run logs-pool-empty chaos create "$talk" name=unpooled cmdline=waits=300
check logs-pool-both "chaos logs pooled >/run/lines && has_lines 300 /run/lines && chaos logs unpooled >/run/lines && has_lines 300 /run/lines"
chaos pool remove talk
chaos destroy pooled
chaos destroy unpooled
# Without the daemon's help, but not without the daemon.
run logs-no-daemon chaos create --no-daemon --log "$talk" name=alone cmdline=lines=300
check logs-no-daemon-all "eventually 10 'chaos logs alone >/run/lines 2>&1; has_lines 300 /run/lines 2>/dev/null'"
# Why one that never was ready was not, is in its log.
refused 10 "before it was ready; 'chaos logs bare' shows what it said" logs-last-words \
	chaos create --log "$talk" name=bare kernel=/lab/disk
check logs-last-words-there "eventually 5 'chaos logs bare | grep -q \"disk: no disk\"'"

# ---- what is shown ----

talks slow slow=120
chaos logs -f slow >/run/followed 2>/run/followed.err &
follower=$!
check logs-follow-goes-on "eventually 5 'grep -q \"line 5 of\" /run/followed' && kill -0 $follower"
check logs-follow-ends "eventually 20 '! kill -0 $follower 2>/dev/null'"
check logs-follow-all "gone slow && has_lines 120 /run/followed && [ ! -s /run/followed.err ]"
check logs-tail "[ \"\$(chaos logs -n 2 slow)\" = \"\$(printf 'line 118 of 120\nline 119 of 120')\" ]"
check logs-tail-none "[ -z \"\$(chaos logs --tail 0 slow)\" ]"
check logs-times "[ \"\$(chaos logs -t slow | grep -cE '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z line [0-9]+ of 120\$')\" = 120 ]"
check logs-json "[ \"\$(chaos logs --json slow | grep -cE '^\{\"time\":\"20[0-9-]+T[0-9:.]+Z\",\"text\":\"line [0-9]+ of 120\"\}\$')\" = 120 ]"
refused 2 "not a number of lines" logs-tail-bad chaos logs -n x slow
refused 2 "is no name of a guest" logs-path chaos logs ../../../etc/passwd
refused 2 "is no name of a guest" logs-path-empty chaos logs ''
refused 2 "what has ended says no more" logs-follow-previous chaos logs -f -p slow
check logs-json-error "chaos logs --json none 2>/dev/null | grep -q '\"code\":\"no-domain\"'"
run logs-terminal-guest talks tty terminal
eventually 10 'gone tty'
escape=$(printf '\033')
check logs-terminal "! chaos logs tty | grep -q '$escape' && chaos logs tty | grep -q '^?\[2Jcleared?? ?? grün\$'"
check logs-terminal-raw "chaos logs --raw tty | grep -q '$escape\[2Jcleared'"
check logs-terminal-json "chaos logs --json tty | grep -q '\"text\":\"\\\\u001b\[2Jcleared'"
check logs-no-end "[ \"\$(chaos logs -n 1 tty)\" = 'no end' ]"
talks quiet silent
refused 5 "'chaos logs -f NAME' shows what it says" logs-console chaos console quiet
# As chaosd has it, nobody can be there from the first instruction on: then there is no guest.
refused 2 "chaosd is its console's one reader" logs-create-console chaos create -c --log "$talk" name=seen cmdline=silent
refused 2 "chaosd is its console's one reader" logs-create-console-key chaos create -c "$talk" name=seen cmdline=silent log=1
check logs-create-console-none "gone seen"
chaos pool add talk "$talk" --log
refused 5 '"seen" is destroyed again' logs-create-console-pool chaos create -c "$talk" name=seen cmdline=silent
check logs-create-console-gone "eventually 5 'gone seen'"
chaos pool remove talk
# Who looks at a console first has it; the log begins when he lets go.
daemon_stop
mkfifo /run/typed
chaos console quiet </run/typed >/dev/null 2>&1 &
reader=$!
exec 7>/run/typed
sleep 1
: >/run/chaosd.log
daemon_start
check logs-held "[ \"\$(grep -c 'there is no log of .quiet. yet: the console of domain [0-9]* is attached already' /run/chaosd.log)\" = 1 ]"
exec 7>&-
kill $reader
wait $reader 2>/dev/null
check logs-held-later "eventually 20 'chaos console --dump quiet 2>&1 | grep -q \"attached already\"'"
check logs-silent "[ -z \"\$(chaos logs quiet)\" ]"

# ---- names ----

talks twice lines=3
eventually 10 'gone twice'
talks twice lines=5
eventually 10 'gone twice'
check logs-newest "chaos logs twice >/run/lines && has_lines 5 /run/lines"
check logs-previous "chaos logs -p twice >/run/lines && has_lines 3 /run/lines"
refused 4 "has no log of the guest 2 before the newest called \"twice\"" logs-previous-none chaos logs --previous=2 twice
refused 3 "has a '/' in it" logs-name-path chaos create --log "$talk" name=../evil
talks .. lines=5
eventually 10 'gone ..'
check logs-name-dots "[ -e $dir/...log ] && chaos logs .. >/run/lines && has_lines 5 /run/lines"
# Something else has its name.
echo precious >/run/precious
ln -s /run/precious $dir/linked.log
talks linked lines=5
eventually 10 'gone linked'
check logs-link "[ \"\$(cat /run/precious)\" = precious ] && [ -L $dir/linked.log ] && grep -q 'what .linked. says is lost: a file that is no log' /run/chaosd.log"
refused 4 'has no log of "linked"' logs-link-none chaos logs linked
rm $dir/linked.log
# It crashes, again and again: one log, as it is one guest.
talks loop crash --no-wait on_crash=restart
check logs-restarts "eventually 20 '[ \"\$(chaos logs loop 2>/dev/null | grep -c \"about to crash\")\" -ge 2 ]'"
check logs-restarts-one "! chaos logs -p loop >/dev/null 2>&1"
eventually 20 'chaos destroy loop >/dev/null 2>&1; sleep 3; gone loop'
run logs-save chaos save quiet /run/quiet.save
run logs-restore chaos restore /run/quiet.save
check logs-restored "chaos info quiet | grep -q '^log  *yes' && eventually 5 'chaos logs -p quiet >/dev/null 2>&1'"
chaos destroy quiet
rm -f /run/quiet.save

# ---- the daemon's end ----

talks long slow=240 --no-wait
sleep 2
chaos logs -f long >/run/followed 2>/run/followed.err &
follower=$!
sleep 1
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
check logs-killed "chaos logs long | head -n 10 >/run/lines && [ \"\$(wc -l </run/lines)\" = 10 ]"
refused 8 "chaosd is not running, and it keeps the log" logs-no-keeper chaos create --log "$talk" name=nobody
check logs-no-keeper-none "gone nobody"
check logs-killed-says "eventually 3 'grep -q \"nobody keeps the log of .long. now\" /run/followed.err'"
daemon_start
# What was being written just then may be there twice.
check logs-taken-up "eventually 40 'gone long' && chaos logs long | uniq >/run/lines && has_lines 240 /run/lines"
check logs-killed-follow "eventually 10 '! kill -0 $follower 2>/dev/null' && uniq /run/followed >/run/lines && has_lines 240 /run/lines"

# ---- floods ----

# ticks - processor time of the daemon so far, in 1/100 s
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$daemon/stat"
}

# answers - how long it takes to answer, in 1/100 s, twenty times
answers()
{
	: >/run/answers
	_i=0
	while [ $_i -lt 20 ]; do
		_at=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
		chaos pool list >/dev/null
		echo $(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) - _at)) >>/run/answers
		usleep 250000
		_i=$((_i + 1))
	done
}

# With the client's own time on a machine that is busy: most are quick, and none is stuck.
is_quick()
{
	[ "$(sort -n /run/answers | sed -n 10p)" -le 100 ] && [ "$(sort -n /run/answers | tail -n 1)" -le 1000 ] ||
		{ sort -n /run/answers | tr '\n' ' '; false; }
}

talks steady slow=400 --no-wait
# Of all of them Dom0 is to keep a processor, or nothing is measured but that.
i=0
while [ $i -lt 20 ]; do
	talks "flood$i" flood --no-wait cap=4
	i=$((i + 1))
done
check logs-flood-guests "[ \"\$(chaos list --names | grep -c '^flood')\" = 20 ]"
sleep 3
begin=$(ticks)
from=$(date +%s)
bytes=$(metric log_bytes_total)
answers
took=$(($(date +%s) - from))
share=$((($(ticks) - begin) / took))
bytes=$((($(metric log_bytes_total) - bytes) / took))
check logs-flood-loop "is_quick"
# What it does in a second is bounded, 64 KiB for each of them; how much of an emulated processor that is
# depends on the machine.
echo "logs: twenty guests that print without end: $bytes bytes a second, $share % of a processor"
check logs-flood-paced "[ $bytes -gt 0 ] && [ $bytes -le $((20 * 65536 * 5 / 4)) ]"
run logs-flood-create chaos create "$talk" name=beside cmdline=silent
chaos destroy beside
check logs-flood-bounded "[ \"\$(du -sk $dir | cut -f 1)\" -le 4200 ]"
check logs-flood-others "chaos logs lines >/run/lines && has_lines 1500 /run/lines"
has_flood()
{
	[ "$(chaos logs flood3 | grep -c '^flood [0-9]* 0123456789')" -gt 100 ]
}
check logs-flood-kept "eventually 20 has_flood"
check logs-flood-steady "eventually 60 'gone steady' && chaos logs steady >/run/lines && has_lines 400 /run/lines"
check logs-metrics "[ \"\$(metric logs)\" = 20 ] && [ \"\$(metric log_bytes_total)\" -gt 100000 ] && [ \"\$(metric log_lost_bytes_total)\" = 0 ]"
check logs-metrics-form "chaos pool metrics | ./promcheck"
destroy_guests
check logs-flood-gone "eventually 10 '[ \"\$(metric logs)\" = 0 ] && ! chaos list --names | grep -q .'"
i=0
while [ $i -lt 4 ]; do
	talks "storm$i" storm --no-wait cap=20
	i=$((i + 1))
done
sleep 6
begin=$(ticks)
from=$(date +%s)
answers
echo "logs: four guests that notify without pause take $((($(ticks) - begin) / ($(date +%s) - from))) % of a processor"
check logs-storm-loop "is_quick"
destroy_guests

# ---- no room ----

daemon_stop
mkdir -p /run/small
mount -t tmpfs -o size=32k tmpfs /run/small
: >/run/chaosd.log
daemon_options='--log-dir /run/small/logs --log-size 64 --log-total 1'
daemon_start
talks first flood --no-wait
talks second lines=3000 --no-wait
check logs-full-goes-on "eventually 20 'gone second'"
check logs-full-once "[ \"\$(grep -c 'cannot be written' /run/chaosd.log)\" = 1 ] && grep -q 'in /run/small/logs: No space left on device' /run/chaosd.log"
check logs-full-lives "state first | grep -q '[rb-]' && [ \"\$(metric log_lost_bytes_total)\" -gt 0 ]"
mount -o remount,size=1m /run/small
check logs-room "eventually 10 'grep -q \"logs are written again in /run/small/logs\" /run/chaosd.log'"
check logs-room-says "eventually 10 'chaos logs --log-dir /run/small/logs first | grep -q \"\[chaosd: [0-9]* bytes were lost here: No space left on device\]\"'"
chaos destroy first
daemon_stop
umount /run/small
: >/run/chaosd.log
daemon_options='--log-dir /proc/logs'
daemon_start
run logs-unwritable talks first lines=500
run logs-unwritable-other talks second lines=500
check logs-unwritable-go-on "eventually 10 'gone first && gone second'"
check logs-unwritable-once "[ \"\$(grep -c 'cannot be written' /run/chaosd.log)\" = 1 ]"
daemon_stop

# ---- all of them ----

daemon_options='--log-all --log-dir /run/all'
daemon_start
run logs-all chaos create --no-daemon "$talk" name=any cmdline=lines=200
check logs-all-any "eventually 10 'chaos logs --log-dir /run/all any >/run/lines 2>/dev/null; has_lines 200 /run/lines 2>/dev/null'"
refused 5 '"seen" is destroyed again' logs-all-console chaos create -c "$talk" name=seen cmdline=silent
check logs-all-console-gone "eventually 5 'gone seen'"
for option in '--log-keep 100' '--log-size 1' '--log-total 0' '--log-dir relative' '--log-size x'; do
	# shellcheck disable=SC2086 # an option and its value
	refused 2 "chaosd: $option" "logs-option $option" chaosd --foreground $option
done
daemon_stop
finish
