# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the Dom0 of test-migrate's source: the test itself.
cd /lab || exit
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

there=$net.102

check two-ssh "ssh $there true"

# goes_on NAME - it runs here
goes_on()
{
	state "$1" | grep -qx '[rb-][rb-]*'
}

# there COMMAND - on the target, with the tests' functions
there()
{
	ssh $there "cd /lab && . ./common && . ./guests && $1"
}

# ---- by ssh, with a connection ----

run two-create daytime one 2
./tcphold $net.2 /run/hold.ready /run/hold.go 2>/run/hold.err &
hold=$!
check two-connected "eventually 10 '[ -e /run/hold.ready ]'"
run two-migrate chaos migrate one $there
check two-gone-here "! chaos list one >/dev/null 2>&1"
check two-is-there "ssh $there chaos list one | grep -q '^one '"
touch /run/hold.go
wait $hold
check two-connection-survives "[ $? = 0 ] || { cat /run/hold.err; false; }"
run two-answers-there ./netcheck tcp $net.2 3

# ---- without ssh's blessing, and refused by the target ----

run two-another daytime two 3
# Without the key that the target knows: it has no password to ask for, either.
mv /root/.ssh/id_dropbear /root/.ssh/away
chaos migrate --ssh "ssh -i ssh/host.key" two $there 2>/run/err
check two-wrong-key "[ $? != 0 ] && goes_on two"
mv /root/.ssh/away /root/.ssh/id_dropbear
refused 5 'the target: name "one" is in use' two-refused chaos migrate two $there name=one
run two-refused-answers ./netcheck tcp $net.3 1

# ---- with a disk that is read, which each has a file of ----

./diskfile /run/site 2048
run two-reader disk reader mode=verify "vdev=xvda,access=ro,target=/run/site"
check two-reader-verified "says reader 'disk: 2048 sectors verified'"
refused 3 'the target: disk xvda, "/run/site": No such file' two-disk-missing chaos migrate reader $there
there './diskfile /run/site 2047'
refused 3 'the target: disk xvda has 1048064 bytes, and when .* it had 1048576' two-disk-smaller chaos migrate reader $there
check two-reader-goes-on "goes_on reader && ! there 'chaos list reader' >/dev/null 2>&1"
there './diskfile /run/site 2048'
run two-reader-migrate chaos migrate reader $there
check two-reader-verified-there "there 'says reader \"disk: 2048 sectors verified\"'"
check two-reader-disk-there "there 'chaos block-list reader' | grep -q '^xvda *open *ro *2048 .* /run/site\$'"

# ---- with a disk that is written, which is the same one here and there ----

run two-cached disk log mode=log "vdev=xvda,target=/dev/vda"
refused 3 'only read-only disks and those with direct-io-safe' two-cached-refused chaos migrate log $there
check two-cached-goes-on "goes_on log && ! there 'chaos list log' >/dev/null 2>&1"
chaos destroy log
run two-writer disk log mode=log "direct-io-safe,vdev=xvda,target=/dev/vda"
sleep 2
run two-writer-migrate chaos migrate log $there
check two-nothing-lost "there 'says log \"log: [1-9][0-9][0-9]* acknowledged, 0 lost\"'"
check two-disk-there "there 'chaos block-list log' | grep -q '^xvda *open *rw *8192 '"
# Here nobody holds it any more.
check two-disk-released "disk after mode=poll direct-io-safe,vdev=xvda,access=ro,target=/dev/vda >/dev/null && chaos destroy after"

# ---- the target loses its power in the middle ----

cat >/run/unlucky <<END
#!/bin/sh
# As ssh; when part of the guest has gone by, the other side is switched off.  The last cat is there because
# ssh makes what it writes to non-blocking, and that is what we read from.
{ dd bs=16k count=9 2>/dev/null; ssh \$1 'echo b >/proc/sysrq-trigger' >/dev/null 2>&1 & sleep 3; cat; } |
	ssh "\$@" | cat
END
chmod 755 /run/unlucky
start=$(date +%s)
chaos migrate --ssh /run/unlucky two $there 2>/run/err
check two-power-off "[ $? != 0 ] && grep -q 'goes on here' /run/err || { cat /run/err; false; }"
echo "two: the source noticed after $(($(date +%s) - start)) s"
run two-power-off-answers ./netcheck tcp $net.3 3
check two-power-off-state "[ \"\$(chaos list --names)\" = two ] && goes_on two"
finish
