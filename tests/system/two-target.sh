# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the Dom0 of test-migrate's target: serve ssh until the source has it switched off.
cd /lab || exit
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/migration
. ./migration

machine_up 102
cp ssh/client.pub /root/.ssh/authorized_keys
chmod 600 /root/.ssh/authorized_keys
exec ./ssh/dropbear -r ssh/host.key -F -E -s
