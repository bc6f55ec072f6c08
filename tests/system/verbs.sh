# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: what a person who knows xl types, and what comes of it.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/daemon
. ./daemon

end()
{
	destroy_all
	daemon_stop
}
trap end EXIT
bridge_up
noop=$(guest_config one noop)

# ---- short options ----
run verbs-create-f chaos create -q -p -f "$noop" 'vfb=["type=vnc"]'
check verbs-create-p "state one | grep -q p"
check verbs-quiet "[ -z \"$(chaos create -qp "$(guest_config two noop)" 'vfb=["type=vnc"]' 2>&1)\" ]"
check verbs-list-v "chaos list -v one | grep -q '^one .* -$'"
check verbs-list-long "[ \"\$(chaos list -l | grep -o '\"attached\":' | wc -l)\" = 3 ]"
check verbs-list-long-one "chaos list -l one | grep -q '\"class\":\"sysctl\"'"
run verbs-unpause chaos unpause one
check verbs-running "eventually 5 'chaos info one | grep -q \"ready *yes\"'"
chaos unpause two
check verbs-running-two "eventually 5 'chaos info two | grep -q \"ready *yes\"'"
run verbs-shutdown-a chaos shutdown -a -w -F
check verbs-shutdown-a-gone "[ -z \"\$(chaos list --names)\" ]"
refused 2 "usage: chaos shutdown" verbs-shutdown-none chaos shutdown -w
refused 2 "too many" verbs-shutdown-both chaos shutdown -a one

# A guest that cannot be asked is told of, and the others stop.
chaos create -p "$noop"
run verbs-two chaos create "$(guest_config two noop)"
refused 10 "is not ready" verbs-shutdown-a-one chaos shutdown -a -w
check verbs-shutdown-a-other "[ \"\$(chaos list --names)\" = one ]"
check verbs-shutdown-a-json "chaos shutdown -a --json 2>/dev/null | grep -q '\"result\":\"failed\"'"
chaos destroy one

# At its console from the first line, until it ends.
chaos create -c "$(guest_config said noop)" </dev/null >/run/said &
console=$!
check verbs-console "eventually 5 'chaos info said 2>/dev/null | grep -q \"ready *yes\"'"
run verbs-console-end chaos destroy said
check verbs-console-left "wait $console"
check verbs-console-said "grep -q . /run/said"
chaos create -F "$noop" &
stays=$!
check verbs-foreground "eventually 5 'chaos info one 2>/dev/null | grep -q \"ready *yes\"'"
check verbs-foreground-stays "kill -0 $stays"
chaos create -F --no-daemon "$noop" name=stopped &
stopped=$!
check verbs-foreground-own "eventually 5 'chaos info stopped 2>/dev/null | grep -q \"ready *yes\"'"
check verbs-foreground-interrupted "kill $stopped; wait $stopped; [ \$? = 143 ]"
run verbs-foreground-goes-on chaos destroy stopped
run verbs-foreground-stop chaos shutdown one
check verbs-foreground-left "wait $stays"
check verbs-foreground-gone "eventually 5 '! chaos list one >/dev/null 2>&1'"

# ---- who is who ----
run verbs-one chaos create "$noop"
id=$(domid one)
check verbs-domid "[ \"\$(chaos domid one)\" = $id ]"
check verbs-domname "[ \"\$(chaos domname $id)\" = one ]"
check verbs-domname-0 "[ \"\$(chaos domname 0)\" = Domain-0 ]"
check verbs-list-0 "chaos list Domain-0 | grep -q '^Domain-0  *0 '"
refused 4 'no domain "two"' verbs-domid-none chaos domid two
run verbs-rename chaos rename one "eins und"
check verbs-renamed "[ \"\$(chaos domid 'eins und')\" = $id ]"
check verbs-renamed-old "! chaos domid one 2>/dev/null"
run verbs-name-free chaos create "$noop"
refused 5 "in use by domain $id" verbs-rename-taken chaos rename one "eins und"
refused 3 "has a '/' in it" verbs-rename-slash chaos rename one a/b
refused 3 "is a number" verbs-rename-number chaos rename one 7
refused 2 "control domain" verbs-rename-0 chaos rename 0 zero
check verbs-rename-json "chaos rename --json one two | grep -q '\"name\":\"two\",\"result\":\"renamed\"'"
chaos destroy "eins und"
destroy_all

# A guest may be called as xl's may.
run verbs-name-number chaos create -q "$noop" 'name="4321"'
check verbs-name-number-domid "chaos domname \"\$(chaos domid 4321)\" | grep -qx 4321"
refused 4 'no domain "4321"' verbs-name-number-destroy chaos destroy 4321
run verbs-name-blanks chaos create "$noop" 'name="A Test of Mine"'
refused 5 '"A Test of Mine" is in use' verbs-name-blanks-taken chaos create "$noop" 'name="A Test of Mine"'
run verbs-name-blanks-shutdown chaos shutdown -w "A Test of Mine"
destroy_all

# ---- create --dry-run: nothing is made, and what is in the way is told ----
check verbs-dry-run "chaos create -n '$noop' 'kernel=\"/no/where\"' |
	grep -q '\"kernel\":\"/no/where\".*\"memory_kib\":4096,\"vcpus\":1,'"
check verbs-dry-run-no-kernel "chaos create -n '$noop' 'kernel=\"/no/where\"' |
	grep -q '\"builder\":null,.*\"noxs\":null,.*\"fault\":\"kernel .*/no/where.*: No such file'"
check verbs-dry-run-plan "chaos create -n '$noop' |
	grep -q '\"builder\":\"fast\",.*\"noxs\":true,.*\"fault\":null}'"
check verbs-dry-run-builder "chaos create -n --builder generic '$noop' |
	grep -q '\"builder\":\"generic\",\"why_generic\":null,.*\"fault\":null}'"
check verbs-dry-run-no-bridge "chaos create -n '$noop' 'vif=[\"bridge=nowhere\"]' |
	grep -q '\"bridge\":\"nowhere\",.*\"slot\":1,.*\"fault\":\"vif 0: no bridge .*make it (ip link add nowhere'"
check verbs-dry-run-no-disk "chaos create -n '$noop' 'disk=[\"/no/disk,raw,xvda,rw\"]' |
	grep -q '\"slot\":1}.*\"fault\":\"disk xvda, .*/no/disk.*: No such file'"
# A file of no bytes, an interface that is no bridge, what nobody keeps; and a UUID that is chaosd's.
: >/run/empty
dry_run_fault()
{
	check "verbs-dry-run-$1" "chaos create -n '$noop' '$2' | grep -q '\"fault\":\"$3'"
}
dry_run_fault empty-disk 'disk=["/run/empty,raw,xvda,rw"]' 'disk xvda, .*/run/empty.*: it is empty'
dry_run_fault no-bridge-at-all 'vif=["bridge=lo"]' 'vif 0: .*lo.* is no bridge: correct'
dry_run_fault no-switch-at-all 'vif=["switch=lo"]' 'vif 0: .*lo.* is no switch: correct'
dry_run_fault no-chaosd 'log=1' 'chaosd is not running, and it keeps the log'
refused 3 "begins like those of chaosd's shells" verbs-dry-run-uuid \
	chaos create -n "$noop" 'uuid="6368616f-7364-8073-8000-000000000001"'
check verbs-dry-run-bridge "chaos create -n '$noop' 'vif=[\"bridge=xenbr0\"]' | grep -q '\"fault\":null}'"
check verbs-dry-run-nothing "[ -z \"\$(chaos list --names)\" ]"
refused 3 "vcpus is not a number" verbs-dry-run-refused chaos create --dry-run "$noop" vcpus=0
refused 3 "'pci' is not supported: leave it out" verbs-dry-run-protects chaos create -n "$noop" 'pci=["a"]'

# ---- processors, memory, time ----
seconds()
{
	cut -d . -f 1 /proc/uptime
}
# made_since SECONDS - since then, one has been made
made_since()
{
	_ns=$(chaos uptime --json one | sed 's/.*"uptime_ns":\([0-9]*\).*/\1/')
	[ "$_ns" -gt 0 ] && [ "$_ns" -lt "$(($(seconds) + 1 - $1))000000000" ]
}
begin=$(seconds)
run verbs-pinned chaos create "$noop" vcpus=2 'cpus="1"'
check verbs-vcpu-list "[ \"\$(chaos vcpu-list one | tail -n +2 | wc -l)\" = 2 ]"
check verbs-vcpu-list-pinned "chaos vcpu-list one | grep -q ' 1 / all$'"
check verbs-vcpu-list-all "[ \"\$(chaos vcpu-list | grep -c '^Domain-0 ')\" -ge 1 ]"
run verbs-vcpu-pin chaos vcpu-pin one all 0-1 0
check verbs-vcpu-pin-soft "[ \"\$(chaos vcpu-list one | grep -c ' all / 0$')\" = 2 ]"
run verbs-vcpu-pin-one chaos vcpu-pin one 1 ^0 -
check verbs-vcpu-pin-json "chaos vcpu-list --json one | grep -q '\"vcpu\":1,.*\"hard\":\\[1\\],\"soft\":\\[0\\]'"
# One document: the error.
for _verb in vcpu-list uptime; do
	check verbs-$_verb-json-error "[ \"\$(chaos $_verb --json one nosuch 2>/dev/null | cut -c 1-9)\" = '{\"error\":' ]"
done
refused 2 "has no vCPU 2" verbs-vcpu-pin-none chaos vcpu-pin one 2 all
refused 2 "not a list of CPUs" verbs-vcpu-pin-list chaos vcpu-pin one 0 a
refused 2 "no such CPU" verbs-vcpu-pin-far chaos vcpu-pin one 0 900
refused 2 "not the number of a vCPU" verbs-vcpu-pin-vcpu chaos vcpu-pin one x all

refused 10 "has no balloon" verbs-mem-set chaos mem-set one 8
run verbs-mem-set-same chaos mem-set one 4096k
refused 2 "less than 128 MiB" verbs-mem-set-small chaos mem-set Domain-0 1
refused 2 "is not a size" verbs-mem-set-size chaos mem-set 0 9x
size=$(($(chaos list -l 0 | sed 's/.*"memory_kib":\([0-9]*\).*/\1/') / 1024))
run verbs-mem-set-0 chaos mem-set 0 $((size - 16))
check verbs-mem-set-0-done "eventually 5 '[ \"\$(chaos list 0 | awk \"NR == 2 { print \\\$3 }\")\" -le $((size - 16)) ]'"
run verbs-mem-set-back chaos mem-set 0 $size

check verbs-uptime "made_since $begin"
check verbs-uptime-0 "chaos uptime | grep -q '^Domain-0  *0  *0:[0-9][0-9]:[0-9][0-9]$'"
check verbs-top "[ \"\$(chaos top -b -d 0.2 -n 2 | grep -c '^one ')\" = 2 ]"
check verbs-top-json "chaos top --json -n 1 | grep -q '\"name\":\"one\".*\"used_ns\":'"
refused 2 "from 1 on" verbs-top-none chaos top -n 0
check verbs-dmesg "chaos dmesg | grep -q 'Xen version'"
check verbs-dmesg-json "chaos dmesg --json | grep -q '\"lines\":\\[.*Xen version'"
run verbs-dmesg-clear chaos dmesg -c
check verbs-dmesg-cleared "! chaos dmesg | grep -q 'Xen version'"

run verbs-dump chaos dump-core one /run/core
check verbs-dump-elf "head -c 4 /run/core | grep -q ELF"
# All its pages are in it, and words of the image.
check verbs-dump-whole "[ \"\$(stat -c %s /run/core)\" -ge 4194304 ] && grep -qa 'noop' /run/core"
check verbs-dump-mode "[ \"\$(stat -c %a /run/core)\" = 600 ]"
rm /run/core
refused 1 "cannot be made" verbs-dump-nowhere chaos dump-core one /no/where
refused 2 "control domain" verbs-dump-0 chaos dump-core 0 /run/core
refused 1 "not a regular\\|cannot be made" verbs-dump-device chaos dump-core one /dev/null
destroy_all

# chaosd makes a guest anew under the name that it has by then.
# shellcheck disable=SC2034 # daemon_start's
daemon_options="--pool small,1,$noop"
daemon_start
check verbs-daemon-pool "eventually 10 '[ \"\$(pool small level)\" = 1 ]'"
# The age of a guest is not its shell's.
sleep 3
begin=$(seconds)
run verbs-daemon-one chaos create "$noop" 'on_reboot="restart"'
check verbs-daemon-used "[ \"\$(pool small used)\" = 1 ]"
check verbs-daemon-uptime "made_since $begin"
first=$(domid one)
run verbs-daemon-rename chaos rename one drei
run verbs-daemon-reboot chaos reboot drei
check verbs-daemon-renamed \
	"eventually 10 '[ -n \"\$(domid drei 2>/dev/null)\" ] && [ \"\$(domid drei)\" != $first ]'"
check verbs-daemon-old "! chaos list one >/dev/null 2>&1"
chaos create -c "$noop" </dev/null >/run/said &
console=$!
check verbs-daemon-console "eventually 5 'chaos info one 2>/dev/null | grep -q \"ready *yes\"'"
destroy_all
check verbs-daemon-console-said "wait $console && grep -q . /run/said"
daemon_stop
finish
