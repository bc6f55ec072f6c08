# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# File systems out of trees, the same bytes for the same tree; run inside the namespaces, where files have the
# owners that the guest is to see.

# pack_erofs TREE OUT
pack_erofs()
{
	local said uuid

	# Clusters of 64 KiB are an eighth smaller than those of 4 KiB.
	# Of the name, to be the same next time; it has no other use.
	uuid=$(sha256sum <<<"$name" | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-4\3-8\4-\5/')
	said=$(mkfs.erofs -zlz4hc,12 -C65536 -T "$epoch" -U "$uuid" "$2" "$1" 2>&1) || pack_failed "$said"
}

# pack_cpio TREE OUT
pack_cpio()
{
	local said

	said=$({ cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --reproducible --quiet |
		lz4 -l -12 -c; } 2>&1 >"$2") || pack_failed "$said"
}

pack_failed()
{
	case $1 in
	*'No space left'*|*ENOSPC*) die 'disk full while the root file system was written' ;;
	esac
	echo "$1" >&2
	die 'the root file system cannot be written'
}

# pack_boot INIT MODULES OUT - the ramdisk that finds the root file system: modules in the order of MODULES
pack_boot()
{
	local tree=$work/boot path
	rm -rf "$tree"
	mkdir -p "$tree"/{dev,proc,sys,run,tmp,etc,.tinyx,modules}
	install -m 755 "$1" "$tree/init"
	while read -r path; do
		install -m 644 "$path" "$tree/modules/"
		echo "module /modules/${path##*/}"
	done <"$2" >"$tree/etc/tinyx"
	echo 'root /dev/xvda1' >>"$tree/etc/tinyx"
	find "$tree" -depth -exec touch -h -d "@$epoch" {} +
	pack_cpio "$tree" "$3"
}
