# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaos run, a guest as if it were a command: what it prints, how it ends, and that nothing of it
# stays, whoever ends it.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
t=/run/run
mkdir -p $t
none_left() { ! chaos list --names | grep -q .; }
# status COMMAND... - its exit status, with what it says in $t/out and $t/err
status()
{
	"$@" >$t/out 2>$t/err
	echo $?
}

check run-status-0 "[ \$(status chaos run hello) = 0 ]"
[ $failures = 0 ] || finish # all the rest would wait in vain
check run-output "[ \"\$(cat $t/out)\" = 'Hello from a virtual machine.' ] && [ ! -s $t/err ]"
check run-nothing-left none_left
check run-status-7 "[ \$(status chaos run hello one --two exit=7) = 7 ]"
check run-arguments "grep -qx 'Hello from a virtual machine. one --two exit=7' $t/out"
check run-status-255 "[ \$(status chaos run hello exit=255) = 255 ]"
check run-many "seq 20 | xargs -P 5 -I{} chaos run hello exit=0 number={} >$t/many && [ \$(grep -c '^Hello .* number=[0-9]*\$' $t/many) = 20 ]"
check run-many-left none_left

check run-long-output "chaos run talk lines=500 2>&1 >$t/out && [ \$(grep -c '^line' $t/out) = 500 ] || { head -n 3 $t/out; false; }"

cat >$t/hello.cfg <<END
name = "hello"
kernel = "/lab/hello"
memory = 4
extra = "of a file"
END
check run-configuration "[ \$(status chaos run --name mine --set 'on_crash=\"preserve\"' $t/hello.cfg) = 0 ] && grep -q 'of a file' $t/out"
check run-detach "[ \$(status chaos run -d --name mine noop) = 0 ] && [ \"\$(cat $t/out)\" = mine ]"
check run-detached-runs "eventually 5 'chaos info mine | grep -q \"ready *yes\"'"
refused 125 '"mine"' run-name-taken chaos run --name mine noop
chaos destroy mine

# A guest that goes on: by whom it is ended is how the command ends.
running()
{
	chaos run --name long noop >$t/out 2>$t/err &
	pid=$!
	eventually 5 'chaos info long 2>/dev/null | grep -q "ready *yes"'
}
ended()
{
	wait $pid
	[ $? = "$1" ]
}
running
chaos destroy long
check run-destroyed "ended 137"
for signal in TERM:143 INT:130 HUP:129; do
	running
	kill -${signal%:*} $pid
	check "run-signal-${signal%:*}" "ended ${signal#*:} && none_left"
done
running
chaos shutdown long
check run-shutdown "ended 0 && none_left"
running
check run-seen-at-once "grep -q 'noop: ready' $t/out"
kill -KILL $pid
wait $pid
check run-killed "[ -n \"\$(chaos list --names)\" ]"
chaos shutdown long
check run-killed-gone "eventually 10 none_left"

# Nobody reads what it prints.
chaos run --name long talk flood 2>$t/err | head -n 1 >/dev/null
check run-reader-gone "eventually 5 none_left"

check run-crash "[ \$(status chaos run talk crash) = 134 ] || { cat $t/out $t/err; false; }"
check run-crash-said "grep -qx 'chaos: guest \"talk-[0-9a-f]*\" has crashed' $t/err"
check run-crash-left none_left

refused 125 'none' run-no-image chaos run /lab/none
refused 125 'blanks' run-argument-with-blanks chaos run hello 'a b'
refused 125 '--no-such' run-bad-option chaos run --no-such hello
refused 125 'missing' run-nothing chaos run
refused 125 'brno' run-no-bridge chaos run --net bridge=brno hello
check run-refused-left none_left
finish
