# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: guests that come and go with the host, as xendomains has them.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
dir=/run/auto
saved=/run/saved/here
mkdir -p $dir

auto()
{
	_verb=$1
	shift
	chaos auto "$_verb" --dir $dir --saved $saved "$@"
}

names()
{
	chaos list --names | sort | tr '\n' ' '
}

run auto-nothing chaos auto start --dir /run/none --saved /run/none
# Ten, one of them a link, and one of them broken: the nine start.
for i in 0 1 2 3 4 5 6 7 8; do
	mv "$(guest_config auto$i noop)" $dir/auto$i.cfg
done
mv $dir/auto8.cfg /run/elsewhere.cfg
ln -s /run/elsewhere.cfg $dir/auto8.cfg
printf 'name = "auto9"\nkernel = "/lab/noop"\nvcpus = many\n' >$dir/auto55.cfg
echo 'what is this' >$dir/auto.cfg.old
refused 3 "$dir/auto55.cfg:3: .*syntax error" auto-one-broken auto start
check auto-nine "[ '$(names)' = 'auto0 auto1 auto2 auto3 auto4 auto5 auto6 auto7 auto8 ' ]"
all_ready()
{
	for _id in $(names); do
		chaos info "$_id" | grep -q 'ready *yes' || return 1
	done
}
check auto-ready "eventually 10 all_ready"
rm $dir/auto55.cfg
printf 'name = "nolink"\nkernel = "/lab/noop"\nmemory = 4\nvif = [ "bridge=nowhere" ]\n' >$dir/nolink.cfg
first=$(domid auto0)
refused 8 "$dir/nolink.cfg: .*nowhere" auto-again auto start
check auto-again-same "[ \"\$(domid auto0)\" = $first ]"
rm $dir/nolink.cfg

# Saved, and made again from that, once; one that cannot be is shut down, and created.
for i in 2 3 4 5 6 7 8; do
	chaos destroy auto$i
	rm $dir/auto$i.cfg
done
run auto-by-hand daytime manual 2
chaos console --dump manual >/dev/null
check auto-stop "auto stop >/run/out 2>/run/err"
check auto-stop-said "[ \"\$(sort /run/out | tr '\n' ' ')\" = 'auto0: saved auto1: saved manual: saved ' ]"
check auto-stop-gone "[ -z \"\$(names)\" ]"
check auto-stop-files "[ \"\$(ls $saved | tr '\n' ' ')\" = 'auto0.save auto1.save manual.save ' ]"
check auto-stop-mode "[ \"\$(stat -c %a $saved)\" = 700 ] && [ \"\$(stat -c %a $saved/manual.save)\" = 600 ]"
# A file that is damaged keeps its guest from being made in another way.
printf 'not what it was' | dd of=$saved/auto1.save bs=1 seek=30000 conv=notrunc 2>/dev/null
auto start >/run/out 2>/run/err
check auto-restore-status "[ $? != 0 ]"
check auto-restored "[ \"\$(sort /run/out | tr '\n' ' ')\" = 'auto0: restored auto0: there manual: restored ' ]"
check auto-restored-answers "./netcheck udp $net.2 10 1000"
check auto-damaged "grep -q '^chaos: $saved/auto1.save' /run/err && grep -q 'auto1.cfg: guest .auto1. is in $saved' /run/err"
check auto-damaged-lines "[ \"\$(wc -l </run/err)\" = 2 ]"
check auto-damaged-kept "[ \"\$(ls $saved)\" = auto1.save ]"
mv $saved/auto1.save $saved/auto1.taken
refused 11 "auto1.taken: a start was cut off" auto-taken auto start --dir /run/none
rm $saved/auto1.taken

# Shut down in the place of saved; one that does not listen costs what was allowed, and a line.
run auto-stubborn chaos create -p "$(guest_config deaf noop)"
refused 10 "is not ready" auto-stop-shutdown auto stop --shutdown --timeout 10
check auto-stop-shutdown-gone "[ '$(names)' = 'deaf ' ]"
check auto-stop-shutdown-none "[ -z \"\$(ls $saved)\" ]"
check auto-json "auto start --json | grep -q '\"name\":\"auto0\",\"result\":\"started\"'"
chaos destroy deaf
check auto-json-ready "eventually 5 'chaos info auto0 | grep -q \"ready *yes\" && chaos info auto1 | grep -q \"ready *yes\"'"
run auto-json-stop auto stop --json

# A file that is older than its guest is restored by nobody, and the guest is saved as any other.
old()
{
	echo 'of last week' >$saved/auto0.save
}
run auto-old-start auto start
check auto-old-ready "eventually 10 all_ready"
old
refused 5 "auto0.taken: guest .auto0. is there already" auto-old auto start
check auto-old-taken "[ \"\$(ls $saved)\" = auto0.taken ]"
old
check auto-old-stop "auto stop 2>/run/err | grep -qx 'auto0: saved'"
check auto-old-warned "grep -q 'warning: .auto0. has run since it was saved' /run/err"
check auto-old-files "[ \"\$(ls $saved | tr '\n' ' ')\" = 'auto0.save auto0.taken auto1.save ' ]"
check auto-old-restored "! auto start >/run/out 2>/run/err && grep -qx 'auto0: restored' /run/out"
check auto-old-none "[ -z \"\$(ls $saved)\" ]"
check auto-old-ready-again "eventually 10 all_ready"
old
check auto-old-shutdown "auto stop --shutdown 2>/dev/null | grep -qx 'auto0: stopped'"
check auto-old-shutdown-taken "[ \"\$(ls $saved)\" = auto0.taken ]"
rm $saved/auto0.taken

# One that is not ready for long, and has a name like a hidden file's: made once, and not waited for.
run auto-slow-create chaos create --no-wait "$(guest_config .slow daytime)"
check auto-slow-waits "says .slow 'waits for a network device'"
check auto-slow-saved "auto stop | grep -qx '.slow: saved'"
_since=$(cut -d. -f1 /proc/uptime)
check auto-slow-restored "auto start --dir /run/none | grep -qx '.slow: restored'"
check auto-slow-soon "[ $(($(cut -d. -f1 /proc/uptime) - _since)) -lt 8 ]"
check auto-slow-once "[ -z \"\$(ls -A $saved)\" ] && ! chaos info .slow | grep -q 'ready *yes'"
run auto-slow-destroy chaos destroy .slow

# No place for them, and no time: they are shut down.
: >/run/file
run auto-no-place-start auto start
check auto-no-place-ready "eventually 10 all_ready"
auto stop --saved /run/file/here >/run/out 2>/run/err
check auto-no-place "[ $? = 1 ] && grep -q '^chaos: /run/file/here: Not a directory' /run/err"
check auto-no-place-stopped "[ \"\$(sort /run/out | tr '\n' ' ')\" = 'auto0: stopped auto1: stopped ' ]"
run auto-signal-deaf chaos create "$(guest_config deaf stubborn)" cmdline=deaf
run auto-signal-start auto start
check auto-signal-ready "eventually 10 all_ready"
chaos auto stop --dir $dir --saved $saved --timeout 10 >/run/out 2>/run/err &
_stop=$!
sleep 1
kill -TERM $_stop
wait $_stop
check auto-signal "grep -qx 'auto0: stopped' /run/out && grep -qx 'auto1: stopped' /run/out"
check auto-signal-warned "grep -q 'warning: interrupted' /run/err && [ -z \"\$(ls $saved)\" ]"
chaos destroy deaf

# One that a save which was killed has left suspended goes on, and stops.
run auto-suspended-start auto start
check auto-suspended-ready "eventually 10 all_ready"
n=1
until chaos list --json auto0 | grep -q '"suspended"' || [ $n = 100 ]; do
	./killat $n /run/killat.pid chaos save auto0 /run/killed.save >/dev/null 2>&1
	n=$((n + 1))
done
check auto-suspended "[ $n -lt 100 ]"
check auto-suspended-stopped "auto stop --shutdown --timeout 10 | grep -qx 'auto0: stopped'"

# A link of a stranger's leads to no other place.
mkdir -p /run/precious /run/theirs
echo 'of last week' >/run/precious/auto0.save
ln -s /run/precious /run/theirs/link
chown -h 65534 /run/theirs/link
refused 1 "/run/theirs/link/auto0.save: Operation not permitted" auto-stranger \
	chaos auto start --dir /run/none --saved /run/theirs/link
check auto-stranger-kept "[ \"\$(ls /run/precious)\" = auto0.save ]"
run auto-stranger-create chaos create "$(guest_config auto0 noop)"
chaos auto stop --dir /run/none --saved /run/theirs/link >/dev/null 2>/run/err
check auto-stranger-stop "[ $? = 1 ] && grep -q '^chaos: /run/theirs/link: Operation not permitted' /run/err"
check auto-stranger-stop-kept "[ \"\$(cat /run/precious/*)\" = 'of last week' ]"

refused 2 "not a directory" auto-no-name auto stop --saved ""
refused 2 "neither start nor stop" auto-verb auto begin
refused 2 "not a number of seconds" auto-timeout auto stop --timeout x
finish
