# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A user namespace and what belongs to it: maintainer scripts run there, without network, as its root.  It sees
# the host's programs read-only and the folders that it is given, and can make no device, mount nothing of the host's
# and write to nothing in /proc that is not of its own processes.  Root's is made of the host's own numbers, so it is
# these mounts, and capabilities that scripts have not (stages.sh), that keep it in.  If tinyx is killed, all in it is as well, and the cache's lock is free.

# space_run FOLDER... -- COMMAND... - FOLDERs are seen in it under their names, and the first can be written to
space_run()
{
	local go pid rc=0 args=(--user --mount --net --pid --ipc --uts --fork --kill-child)

	# A place for a mount, which goes with the rest.
	export jail=$work/jail
	mkdir -p "$jail"
	need unshare util-linux
	need setpriv util-linux
	if [ "$(id -u)" != 0 ]; then
		need newuidmap uidmap
		setpriv --pdeathsig KILL unshare "${args[@]}" --map-root-user --map-auto -- bash "$tinyx_lib/inside.sh" "$@"
		return
	fi
	# Root's is made of the same numbers: what it has files of stays readable.
	go=$work/go
	rm -f "$go"
	mkfifo "$go"
	# shellcheck disable=SC2016 # of the inner one
	setpriv --pdeathsig KILL unshare "${args[@]}" -- bash -c 'read -r _ <"$1"; shift; exec bash "$@"' - "$go" "$tinyx_lib/inside.sh" "$@" &
	pid=$!
	until [ "$(readlink /proc/$pid/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do
		kill -0 $pid 2>/dev/null || die 'no user namespace: the kernel forbids it (sysctl user.max_user_namespaces)'
		sleep 0.01
	done
	echo '0 0 65536' >/proc/$pid/uid_map
	echo '0 0 65536' >/proc/$pid/gid_map
	echo go >"$go"
	wait $pid || rc=$?
	return $rc
}
