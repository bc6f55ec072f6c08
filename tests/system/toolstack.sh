# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: chaos with bad configurations, bad images and a bad machine leaves nothing behind and says
# why, with the exit code of its man page; its verbs, and their JSON.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
tmp=/run/toolstack
mkdir -p $tmp

# config NAME LINE... - a configuration of noop with more lines behind it
config()
{
	printf 'name = "%s"\nkernel = "/lab/noop"\nmemory = 4\n' "$1" >"$tmp/$1.cfg"
	_config=$tmp/$1.cfg
	shift
	printf '%s\n' "$@" >>"$_config"
	echo "$_config"
}

free_kib()
{
	chaos info --json | sed -n 's/.*"free_memory_kib":\([0-9]*\).*/\1/p'
}

domains()
{
	chaos list --json | grep -o '"domid":' | wc -l
}

# What must be the same before and after something that fails: a domain left would show in Xen's
# free memory.
holdings()
{
	set -- /sys/class/net/*
	echo "$(free_kib) KiB, $# interfaces"
}

same_holdings()
{
	[ "$(holdings)" = "$before" ]
}

# leaves_nothing COMMAND... - which has just failed.  Xen's allocators may take a page and keep it,
# once; a leak takes as much when the same is done again.
leaves_nothing()
{
	eventually 3 same_holdings && return
	echo "tool: before $before, now $(holdings): once more"
	before=$(holdings)
	"$@" >$tmp/out 2>&1
	eventually 3 same_holdings && return
	_was=$before
	before=$(holdings)
	return 1
}

# expect CODE WORDS NAME COMMAND... - it fails with that exit code and one line of error with WORDS
# in it, and leaves nothing behind
expect()
{
	_code=$1
	_words=$2
	_name=$3
	shift 3
	"$@" >$tmp/out 2>$tmp/err
	_rc=$?
	if [ $_rc != "$_code" ]; then
		fail "$_name" "left with $_rc, not $_code: $(cat $tmp/err)"
		destroy_all
	elif [ "$(grep -c . $tmp/err)" != 1 ] || ! grep -q '^chaos: ' $tmp/err; then
		fail "$_name" "not one line of error: $(tr '\n' '|' <$tmp/err)"
	elif ! grep -q -- "$_words" $tmp/err; then
		fail "$_name" "does not tell '$_words': $(cat $tmp/err)"
	elif ! leaves_nothing "$@"; then
		fail "$_name" "left behind, each time: before $_was, now $before"
	else
		pass "$_name"
	fi
}

# The allocator's first pages are not a leak.
run tool-warm-up daytime warm 9
run tool-warm-up-destroy chaos destroy warm
daytime warm 9
chaos destroy warm
sleep 1
before=$(holdings)

# ---- configurations ----
config good >/dev/null
expect 2 "usage" tool-no-file chaos create
expect 2 "KEY=VALUE" tool-bad-override chaos create $tmp/good.cfg name
expect 2 "timeout" tool-bad-timeout chaos create --timeout never $tmp/good.cfg
expect 3 "No such file" tool-config-missing chaos create $tmp/none.cfg
expect 3 "not a configuration" tool-config-binary chaos create /lab/noop
expect 3 "syntax error" tool-config-syntax chaos create "$(config bad 'what is this')"
expect 3 "name is missing" tool-config-empty chaos create $tmp/good.cfg 'name=""'
expect 3 "a number" tool-config-name-number chaos create --strict $tmp/good.cfg 'name="12"'
expect 3 "memory" tool-config-memory chaos create $tmp/good.cfg memory=0
expect 3 "vcpus" tool-config-vcpus chaos create $tmp/good.cfg vcpus=1000
expect 3 "uuid" tool-config-uuid chaos create $tmp/good.cfg uuid=1-2
expect 3 "pv" tool-config-type chaos create $tmp/good.cfg type=hvm
expect 3 "ip=" tool-config-vif chaos create $tmp/good.cfg "vif=['ip=1.2.3']"
expect 3 "mac=" tool-config-mac chaos create $tmp/good.cfg "vif=['mac=ff:ff:ff:ff:ff:ff']"
expect 3 ":4: 'vfb' is not supported" tool-config-strict chaos create --strict \
	"$(config strict "vfb = [ 'a' ]")"
expect 3 ":4: 'pci' is not supported: " tool-config-pci chaos create "$(config pci "pci = [ 'a' ]")"
expect 3 ": vif 0: backend=netvm is not supported" tool-config-backend \
	chaos create $tmp/good.cfg "vif=['bridge=xenbr0,backend=netvm']"
expect 3 "disk 0: '=?': it has a control character" tool-config-control \
	chaos create "$(config control 'disk = [ "=\n" ]')"
expect 3 "pin" tool-config-cpus chaos create $tmp/good.cfg cpus=1000

# ---- images ----
expect 3 "kernel \"/lab/nothing\": No such file" tool-kernel-missing \
	chaos create $tmp/good.cfg kernel=/lab/nothing
expect 3 "not a file" tool-kernel-directory chaos create $tmp/good.cfg kernel=/lab
: >$tmp/empty
expect 3 "empty" tool-kernel-empty chaos create $tmp/good.cfg kernel=$tmp/empty
expect 3 "not a kernel" tool-kernel-text chaos create $tmp/good.cfg kernel=/init
expect 3 "not a kernel" tool-kernel-no-xen chaos create $tmp/good.cfg kernel=/bin/busybox memory=32
head -c 5000 /lab/noop >$tmp/cut
expect 3 "kernel" tool-kernel-cut chaos create $tmp/good.cfg kernel=$tmp/cut
cp /lab/noop $tmp/elf32
printf '\001' | dd of=$tmp/elf32 bs=1 seek=4 conv=notrunc 2>/dev/null
expect 3 "kernel" tool-kernel-32-bit chaos create $tmp/good.cfg kernel=$tmp/elf32
expect 3 "ramdisk \"/lab/nothing\"" tool-ramdisk-missing chaos create $tmp/good.cfg ramdisk=/lab/nothing
# The code is in the file's second page: the first instructions become invalid ones.
cp /lab/noop $tmp/crash
printf '\017\013\017\013\017\013\017\013' | dd of=$tmp/crash bs=1 seek=4096 conv=notrunc 2>/dev/null
expect 10 "crashed" tool-guest-crash chaos create $tmp/good.cfg kernel=$tmp/crash
expect 10 "before it was ready; its console ends with: .*disk: no disk" tool-last-words \
	chaos create $tmp/good.cfg kernel=/lab/disk

# ---- resources ----
expect 3 "too little.*at least 4" tool-memory-too-little \
	chaos create --builder=generic $tmp/good.cfg memory=1
expect 6 "no memory for domain \"good\": .* Xen has [1-9][0-9]* KiB left" tool-memory-too-much chaos create $tmp/good.cfg memory=65536
expect 8 "no bridge \"nobr\"" tool-no-bridge chaos create $tmp/good.cfg "vif=['bridge=nobr']"

# A guest that never says ready: its first instruction jumps to itself.
cp /lab/noop $tmp/deaf
printf '\353\376' | dd of=$tmp/deaf bs=1 seek=4096 conv=notrunc 2>/dev/null
expect 9 "not ready after 300 ms: raise --timeout; a kernel that does not know noxs never is" tool-timeout chaos create --timeout 0.3 $tmp/good.cfg kernel=$tmp/deaf

# One that cannot say it, by its notes: it is not waited for, and stays.  Who gives a time waits.
cp /lab/noteless $tmp/stranger
printf '\353\376' | dd of=$tmp/stranger bs=1 seek=4096 conv=notrunc 2>/dev/null
never="runs and is not waited for: its kernel has no LightVM note"
for builder in fast generic; do
	begin=$(date +%s)
	said=$(chaos create --builder=$builder $tmp/good.cfg name=stranger kernel=$tmp/stranger 2>&1)
	code=$?
	check tool-stranger-$builder "[ $code = 0 ] && [ $(($(date +%s) - begin)) -le 4 ]"
	check tool-stranger-$builder-says "[ \"\$(echo \"\$said\" | wc -l)\" = 1 ] && echo \"\$said\" | grep -q '\"stranger\" $never'"
	check tool-stranger-$builder-stays "sleep 1; state stranger | grep -q '[rb-]' && chaos info stranger | grep -q 'ready *no'"
	chaos destroy stranger
done
check tool-stranger-json "chaos create --json $tmp/good.cfg name=stranger kernel=$tmp/stranger 2>/dev/null | grep -q '\"ready\":false'"
chaos destroy stranger
check tool-stranger-no-wait "chaos create --no-wait $tmp/good.cfg name=stranger kernel=$tmp/stranger 2>&1 | cmp -s - /dev/null"
chaos destroy stranger
expect 9 "not ready after 300 ms" tool-stranger-timeout chaos create --timeout 0.3 $tmp/good.cfg kernel=$tmp/stranger

# ---- names, addresses, domids ----
run tool-first daytime first 2
mac=$(chaos info first --json | grep -o '"mac":"[^"]*"' | cut -d '"' -f 4)
before=$(holdings)
expect 5 "\"first\" is in use by domain" tool-name-in-use chaos create $tmp/good.cfg name=first
expect 5 "$mac is in use" tool-mac-in-use chaos create $tmp/good.cfg "vif=['mac=$mac,bridge=xenbr0']"
expect 3 "own address on xenbr0" tool-ip-of-host chaos create $tmp/good.cfg "vif=['bridge=xenbr0,ip=$net.1/24']"
expect 5 "IPv4" tool-ip-in-use chaos create $tmp/good.cfg "vif=['ip=$net.2,bridge=xenbr0']"
# Where an interface is now, and where it was to be.
interface=vif$(domid first).0
check tool-bridge "chaos info first | grep -q 'on bridge xenbr0,'"
ip link set "$interface" nomaster
check tool-bridge-none "chaos info first | grep -q 'no bridge any more (was on xenbr0)' && chaos network-list first | grep -q ' -\$'"
check tool-bridge-none-json "chaos info first --json | grep -q '\"error\":\"No such device\"'"
ip link set "$interface" master xenbr0
check tool-list-dom0 "[ \"\$(chaos list Domain-0 | awk 'NR == 2 { print \$1, \$2 }')\" = 'Domain-0 0' ]"
check tool-first-untouched "./netcheck tcp $net.2 1"
for verb in destroy shutdown reboot pause unpause info block-list console; do
	expect 4 "no domain \"nobody\"" tool-$verb-nobody chaos $verb nobody
done
expect 4 "no domain \"4242\"" tool-destroy-4242 chaos destroy 4242
for verb in destroy shutdown reboot pause unpause; do
	expect 2 "control domain" tool-$verb-dom0 chaos $verb 0
done
expect 2 "no verb" tool-no-verb chaos make
run tool-first-destroy chaos destroy first
eventually 3 no_vifs
sleep 1

# Somebody else's interfaces: of the names that the next guests' vifs want, and of one that runs.
run tool-second chaos create "$(config second)"
last=$(domid second)
foreign="$last $((last + 1)) $((last + 2)) $((last + 3))"
for i in $foreign; do
	ip link add "vif$i.0" type bridge
done
before=$(holdings)
expect 5 "another interface of the name vif[0-9]*.0: rename or delete it (ip link del vif[0-9]*.0)" \
	tool-vif-name-in-use chaos create $tmp/good.cfg "vif=['bridge=xenbr0']"
expect 5 "another interface of the name vif$last.0: " tool-vif-name-in-use-attach \
	chaos network-attach second bridge=xenbr0
for i in $foreign; do
	ip link del "vif$i.0"
done
# What has failed is no hindrance: the same names, at once.
run tool-vif-name-free-attach chaos network-attach second bridge=xenbr0
run tool-vif-name-free daytime good 2
destroy_all

eventually 3 no_vifs
sleep 1
before=$(holdings)

# ---- the machine ----
# 'chaos reap' leaves some time after the last guest.
run tool-rmmod eventually 15 "rmmod noxs 2>/dev/null"
expect 8 "load the module" tool-no-module chaos create $tmp/good.cfg
check tool-doctor-no-module "chaos doctor | grep -q '^BAD *module'; ! chaos doctor >/dev/null"
insmod /lib/lab/noxs.ko
check tool-doctor "chaos doctor xenbr0 >/dev/null"
chaos doctor nobr >/dev/null
check tool-doctor-no-bridge "[ $? = 8 ]"
mv /dev/xen/privcmd /dev/xen/privcmd.away
umount /proc/xen
expect_no_xen()
{
	chaos list 2>"$tmp/err"
	[ $? = 8 ] && grep -q xen-privcmd "$tmp/err"
}
check tool-no-privcmd expect_no_xen
mount -t xenfs xenfs /proc/xen
mv /dev/xen/privcmd.away /dev/xen/privcmd
grep -q ^nobody: /etc/passwd 2>/dev/null || echo nobody:x:65534:65534::/:/bin/sh >>/etc/passwd
su -s /bin/sh nobody -c "$(command -v chaos) list" 2>$tmp/err
check tool-no-root "[ $? = 7 ] && grep -q 'as root' $tmp/err || ! cat $tmp/err"

# A guest's share of the processors, as Xen's scheduler takes it.
expect 3 "no cpupool 7," tool-no-pool chaos create $tmp/good.cfg pool=7
expect 3 "this host has no CPU of" tool-no-node chaos create $tmp/good.cfg cpus=nodes:63
share()
{
	chaos create $tmp/good.cfg "vcpus=2; cpus=['0','all,^1']; cap=150; cpu_weight=512; pool=0" &&
		chaos destroy good
}
run tool-share share
check tool-share-leaves-nothing "leaves_nothing share"
run tool-paused chaos create --paused $tmp/good.cfg
check tool-paused-state "chaos list good | grep -q -- '--p---'"
run tool-paused-destroy chaos destroy good

# ---- verbs ----
for verb in create destroy shutdown reboot pause unpause list info block-list console events pool prepare reap doctor \
	version; do
	check tool-help-$verb "chaos $verb --help | grep -q '^Usage: chaos $verb '"
done
check tool-create-json "chaos create --json --timing $tmp/good.cfg | grep -q '\"ready\":true.*\"timing\":{.*\"hypercalls\":[1-9]'"
check tool-list-json "chaos list good --json | grep -q '\"name\":\"good\".*\"noxs\":true'"
check tool-list-names "[ \"\$(chaos list --names)\" = good ]"
check tool-info-json "chaos info good --json | grep -q '\"ready\":true.*\"class\":\"sysctl\",\"id\":0,\"state\":\"open\"'"
check tool-error-json "chaos info nobody --json 2>/dev/null | grep -q '\"error\":{\"code\":\"no-domain\",\"status\":4'"
check tool-usage-json "chaos list --bogus --json 2>/dev/null | grep -q '\"error\":{\"code\":\"usage\",\"status\":2'"
check tool-console-dump "chaos console --dump good | grep -q ready"
check tool-console-again "chaos console --dump good >/dev/null"
check tool-console-escape "printf '\\035' | chaos console good"
expect_ended()
{
	chaos console good </dev/null >"$tmp/console" &
	pid=$!
	usleep 300000
	chaos shutdown --wait good && wait "$pid"
}
check tool-console-ends-with-guest expect_ended
check tool-shutdown-wait "! chaos list good 2>/dev/null"
check tool-unsupported-warned "chaos create $tmp/strict.cfg 2>&1 | grep -q \"warning: .*strict.cfg:4: 'vfb' is not supported\""
run tool-destroy-by-domid chaos destroy "$(chaos list strict --json | sed -n 's/.*"domid":\([0-9]*\).*/\1/p')"
check tool-nothing-left "eventually 5 same_holdings || ! echo \"before $before, now $(holdings)\""
finish
