#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What runs in the namespaces that space.sh makes: inside.sh FOLDER... -- FUNCTION ARGUMENT...
#
# It makes a root of its own, in which there are the host's programs (read-only), /proc, a few devices and the
# FOLDERs, goes there for good, and calls FUNCTION, of stages.sh.
# shellcheck disable=SC1091 # its parts, found where it is installed
set -euo pipefail

share=$(dirname "$(dirname "$0")")
lib=$share/lib
jail=${jail:?set by space_run}
. "$lib/common.sh"
. "$lib/elf.sh"
. "$lib/gather.sh"
. "$lib/service.sh"
. "$lib/pack.sh"
. "$lib/stages.sh"

# bind WHAT - under the same name; what is no folder yet is made one
bind()
{
	mkdir -p "$jail$1"
	mount --rbind "$1" "$jail$1"
}

read_only()
{
	local options=ro,bind,remount flags

	# What a mount of the host forbids it goes on forbidding.
	flags=$(findmnt -n -o VFS-OPTIONS -T "$1" | tr ',' '\n' | grep -xE 'nosuid|nodev|noexec|noatime|nodiratime|relatime' |
		tr '\n' ',')
	mount -o "$options,${flags%,}" "$jail$1"
}

# Of the host's settings what is not for everybody.
hide_secrets()
{
	local kind path

	find /etc -xdev \( -type d ! -perm -005 -printf 'd %p\n' -prune \) -o \( -type f ! -perm -004 -printf 'f %p\n' \) 2>/dev/null |
		while read -r kind path; do
			case $kind in
			d) mount -t tmpfs -o mode=755,ro tmpfs "$jail$path" ;;
			f) mount --bind /dev/null "$jail$path" ;;
			esac
		done
}

# Settings of the kernel belong to root's number, whatever namespace and capabilities it has.  And no namespace in this
# one, whose root could mount.
protect_proc()
{
	local path

	echo 0 2>/dev/null >"$jail/proc/sys/user/max_user_namespaces" || :
	for path in "$jail"/proc/{sys,sysrq-trigger,irq,bus,fs,acpi,scsi,mtrr,kcore,kmsg,kallsyms}; do
		[ -e "$path" ] || continue
		mount --bind "$path" "$path"
		mount -o remount,bind,ro,nosuid,nodev,noexec "$path"
	done
}

make_jail()
{
	local d work

	mount -t tmpfs -o mode=755 tmpfs "$jail"
	mkdir -p "$jail"/{dev,proc,tmp,run,old,root}
	for d in /usr /etc /bin /sbin /lib /lib64; do
		if [ -L $d ]; then
			cp -P $d "$jail$d"
		elif [ -d $d ]; then
			bind $d
			read_only $d
		fi
	done
	hide_secrets
	for d in null zero full random urandom tty; do
		: >"$jail/dev/$d"
		mount --bind /dev/$d "$jail/dev/$d"
	done
	ln -s /proc/self/fd "$jail/dev/fd"
	ln -s /proc/self/fd/1 "$jail/dev/stdout"
	ln -s /proc/self/fd/2 "$jail/dev/stderr"
	mkdir -p "$jail/dev/shm" "$jail/dev/pts"
	# Where a container hides parts of /proc, there is no new one; then it is the old one's.
	mount -t proc proc "$jail/proc" 2>/dev/null || mount --rbind /proc "$jail/proc"
	protect_proc
	bind "$share"
	read_only "$share"
	# The first is what it works in, wherever that lies; the others are only looked at.
	work=$1
	while [ "$2" != -- ]; do
		shift
		bind "$1"
		read_only "$1"
	done
	bind "$work"
	cd "$jail"
	pivot_root . old
	umount -l /old
	cd /
}

make_jail "$@"
while [ "$1" != -- ]; do
	shift
done
shift
export HOME=/root TMPDIR=/tmp PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
"$@"
