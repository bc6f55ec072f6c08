# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: images of tinyx boot on Debian's stock kernel, one with its root in memory and one with it on
# its disk.  Each is ready once nginx listens, serves its page, and stops when it is asked to.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/linux-common
. ./linux-common

# shellcheck source=tests/system/daemon
. ./daemon

trap 'daemon_stop; destroy_all' EXIT
bridge_up

# tinyx FORMAT LAST
tinyx()
{
	run "tinyx-$1-create" chaos create --timeout 120 "/lab/tinyx-$1.tinyx" "name=$1" \
		"vif=['bridge=xenbr0,ip=$net.$2/24']"
	check "tinyx-$1-ready" "chaos info $1 | grep -q 'ready *yes' && all_open $1"
	check "tinyx-$1-page" "get $2 / | grep -q 'Welcome to nginx'"
	[ $failures = 0 ] || chaos console --dump "$1"
	run "tinyx-$1-shutdown" chaos shutdown --wait --timeout 60 "$1"
	check "tinyx-$1-gone" "! chaos list $1 >/dev/null 2>&1"
}

tinyx initramfs 2
tinyx erofs 3
# Shells of a pool have the image's kernel and root, too.
daemon_start
run tinyx-pool-add chaos pool add web /lab/tinyx-erofs.tinyx --size 1 "vif=['bridge=xenbr0']"
chaos prepare web >/dev/null
check tinyx-pool-filled "[ \"\$(pool web level)\" = 1 ]"
run tinyx-pool-create chaos create --timeout 120 /lab/tinyx-erofs.tinyx name=pooled "vif=['bridge=xenbr0,ip=$net.4/24']"
check tinyx-pool-taken "[ \"\$(pool web used)\" = 1 ]"
check tinyx-pool-page "get 4 / | grep -q 'Welcome to nginx'"
[ $failures = 0 ] || chaos console --dump pooled
run tinyx-pool-shutdown chaos shutdown --wait --timeout 60 pooled
chaos pool remove web
daemon_stop
check tinyx-no-vif-left "eventually 5 no_vifs"
finish
