# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What is done in the namespaces: roots made by dpkg, with the packages' own scripts.

# Documents need not be unpacked at all.
readonly no_documents=(--path-exclude=/usr/share/doc/'*' --path-exclude=/usr/share/man/'*'
	--path-exclude=/usr/share/info/'*' --path-exclude=/usr/share/locale/'*' --path-exclude=/usr/share/lintian/'*')

# Merged /usr, as Debian's base-files wants it.
make_tree()
{
	local d

	mkdir -p "$1"/usr/{bin,sbin,lib,lib32,lib64,libx32} "$1"/{dev,proc,sys,run,tmp,etc,var/lib/dpkg/{info,updates}}
	chmod 1777 "$1/tmp"
	for d in bin sbin lib lib32 lib64 libx32; do
		[ -e "$1/$d" ] || ln -s usr/$d "$1/$d"
	done
	[ -e "$1/var/lib/dpkg/status" ] || : >"$1/var/lib/dpkg/status"
	: >"$1/var/lib/dpkg/available"
	# No service is started.
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
}

add_devices()
{
	mount --rbind /dev "$1/dev"
	mount --rbind /proc "$1/proc"
}

# What dpkg and scripts need.  Not to mount, to trace (the one outside may mount), or to make devices.
readonly script_rights=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setfcap,+sys_chroot

# dpkg ROOT ARGUMENT...
dpkg_in()
{
	local root=$1
	shift

	DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true DEBCONF_NOWARNINGS=yes \
		setpriv --bounding-set "$script_rights" dpkg --root="$root" --log=/dev/null --force-unsafe-io \
		"${no_documents[@]}" "$@" </dev/null >>"$log" 2>&1
}

# The package and what its script said, out of dpkg's own words.
dpkg_failed()
{
	local name at

	if grep -q 'No space left on device' "$log"; then
		die 'disk full while packages were unpacked'
	fi
	# The first is the cause: others fail for want of it.
	at=$(grep -nm1 '^dpkg: error processing ' "$log" | cut -d: -f1) || :
	echo "tinyx: what dpkg and the scripts said:" >&2
	is_number "$at" || at=1000000
	head -n "$((at + 1))" "$log" | tail -n 20 | sed 's/^/    /' | shown >&2
	name=$(sed -nE 's/^dpkg: error processing (package|archive) ([^ ]+) .*/\2/p' "$log" | sed -n 1p)
	die "${name:-a package} does not install: its script, or dpkg, failed (above)"
}

# install_in_order ROOT ORDER DEBS ARGUMENT... - as apt would: runs of Inst and of Conf alternate
install_in_order()
{
	local root=$1 order=$2 debs=$3 verb name file was='' batch=()
	shift 3

	while read -r verb name _ file; do
		if [ "$verb" != "$was" ] && [ ${#batch[@]} -gt 0 ]; then
			install_batch "$root" "$was" "$@"
		fi
		was=$verb
		[ "$verb" = Inst ] && batch+=("$debs/$file") || batch+=("$name")
	done <"$order"
	[ ${#batch[@]} -eq 0 ] || install_batch "$root" "$was" "$@"
	dpkg_in "$root" "$@" --configure -a || dpkg_failed
}

install_batch()
{
	local root=$1 how=--unpack
	[ "$2" = Inst ] || how=--configure
	shift 2
	dpkg_in "$root" "$@" $how "${batch[@]}" || dpkg_failed
	batch=()
}

# stage_base NEW ORDER DEBS - the essential packages, so that the scripts of others have what they may rely on
stage_base()
{
	local root=$1 order=$2 debs=$3 file
	log=$root.log

	: >"$log"
	make_tree "$root"
	# Their scripts need each other: all files first.
	while read -r _ _ _ file; do
		dpkg-deb --fsys-tarfile "$debs/$file" |
			tar -x -C "$root" --keep-directory-symlink --exclude './usr/share/doc/*' \
				--exclude './usr/share/man/*' --exclude './usr/share/locale/*' 2>>"$log" ||
			dpkg_failed
	done < <(grep '^Inst' "$order")
	# Others are set up before base-passwd, and want its users.
	for file in passwd group; do
		[ ! -e "$root/usr/share/base-passwd/$file.master" ] ||
			cp "$root/usr/share/base-passwd/$file.master" "$root/etc/$file"
	done
	add_devices "$root"
	install_in_order "$root" "$order" "$debs" --force-depends
}

# merge BASE WORK - WORK/merged: the base below, what is new in WORK/upper
merge()
{
	mkdir -p "$2"/{upper,overlay,merged}
	if ! mount -t overlay -o "userxattr,lowerdir=$1,upperdir=$2/upper,workdir=$2/overlay" overlay "$2/merged" \
		2>>"$log"; then
		# Not on every file system: then a copy, which differs from the base where its files do.
		cp -a "$1/." "$2/merged/"
	fi
	add_devices "$2/merged"
}

# stage_root BASE WORK DEBS - packages of WORK/order onto the base, then what of it belongs into the image
stage_root()
{
	local base=$1 w=$2 debs=$3
	log=$w/scripts.log

	: >"$log"
	if [ -s "$w/order" ]; then
		merge "$base" "$w"
		dpkg --root="$w/merged" --print-architecture >/dev/null
		install_in_order "$w/merged" "$w/order" "$debs"
	else
		mkdir -p "$w/merged"
		make_tree "$w/merged"
	fi
	gather "$base" "$w"
}

# stage_erofs WORK - and the small ramdisk with the modules for getting at it, if there are any
stage_erofs()
{
	work=$1
	pack_erofs "$1/root" "$1/root.erofs"
	pack_boot "$1/init" "$1/modules" "$1/ramdisk"
}

# stage_ramdisk WORK - the whole root; its init loads the modules
stage_ramdisk()
{
	local path

	work=$1
	mkdir -p "$1/root/usr/lib/tinyx"
	while read -r path; do
		install -m 644 "$path" "$1/root/usr/lib/tinyx/"
		echo "module /usr/lib/tinyx/${path##*/}" >>"$1/root/etc/tinyx"
	done <"$1/modules"
	find "$1/root" -depth -exec touch -h -d "@$epoch" {} +
	pack_cpio "$1/root" "$1/ramdisk"
}
