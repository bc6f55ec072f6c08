# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: a stock Debian kernel is a guest of chaos.  Its own front-ends find their devices by
# noxs-front: it is reached at its address, reads and writes its disk, says that it is ready, and
# stops when it is asked to.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/linux-common
. ./linux-common

linux_begin linux
run linux-ping ping -c 3 -W 2 $net.2
check linux-http "served 2"
check linux-info "chaos info one | grep -q 'ready *yes' && all_open one"
check linux-name "[ \"\$(guest 2 hostname)\" = one ]"
disk_works linux 2 xvda $tmp/disk
run linux-shutdown chaos shutdown --wait --timeout 60 one
check linux-is-gone "! chaos list one >/dev/null 2>&1"
check linux-no-vif-left "eventually 5 no_vifs"
finish
