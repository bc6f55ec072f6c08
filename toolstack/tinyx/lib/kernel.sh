# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's kernel, in WORK: kernel (an ELF file, gzip'ed), modules (paths in the order to load them),
# kernel.name, kernel.package ("NAME VERSION ARCH").  What was unpacked or built stays in the cache.

# What a guest needs that may be a module.  libcrc32c of erofs asks modprobe for crc32c, and there is none.
readonly kernel_modules='xen-netfront xen-blkfront crc32c_generic erofs overlay af_packet'

kernel_prepare()
{
	: >"$work/modules"
	: >"$work/kernel.package"
	case $kernel in
	stock) kernel_stock ;;
	tinyx) kernel_tinyx ;;
	tailored) kernel_build_begin; : >"$work/kernel" ;;
	*)
		[ -f "$kernel" ] || die "--kernel $kernel: neither stock, tinyx nor tailored, and no such file"
		kernel_use "$kernel" "${modules_dir:-}" "${kernel##*/}"
		;;
	esac
}

# Debian's newest of the release, unpacked.
kernel_stock()
{
	local order name version file dir

	order=$(apt_order linux-image-amd64) || exit
	read -r _ name version file < <(grep -E '^Inst linux-image-[0-9]' <<<"$order") ||
		die "linux-image-amd64 depends on no kernel"
	dir=$cache/kernel/${file%.deb}.2 # what is unpacked of it has changed once
	if [ ! -e "$dir/done" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		step FETCH "$name"
		(cd "$dir" && apt_get download "$name=$version" >"$dir.log" 2>&1) ||
			{ tail -n 3 "$dir.log" >&2; die "$name cannot be fetched"; }
		step UNPACK "$name"
		dpkg-deb --fsys-tarfile "$dir/$file" | tar -x -C "$dir" --wildcards './boot/vmlinuz-*' \
			'./lib/modules/*/kernel/crypto' './lib/modules/*/kernel/lib' './lib/modules/*/kernel/fs/erofs' \
			'./lib/modules/*/kernel/fs/overlayfs' './lib/modules/*/kernel/fs/ext4' './lib/modules/*/kernel/fs/jbd2' \
			'./lib/modules/*/kernel/fs/mbcache*' './lib/modules/*/kernel/fs/nls' './lib/modules/*/kernel/net/packet' \
			'./lib/modules/*/kernel/net/core' './lib/modules/*/kernel/drivers/net/xen-netfront*' \
			'./lib/modules/*/kernel/drivers/block/xen-blkfront*' './lib/modules/*/kernel/arch/x86/crypto' \
			'./lib/modules/*/modules.builtin*' './lib/modules/*/modules.order' 2>"$dir.log" ||
			die "$name does not unpack: $(tail -n 1 "$dir.log")"
		rm "$dir/$file"
		touch "$dir/done"
	fi
	kernel_use "$(echo "$dir"/boot/vmlinuz-*)" "$(echo "$dir"/lib/modules/*)" "$name"
	echo "$name $version amd64" >"$work/kernel.package"
}

# kernel_use FILE MODULES NAME
kernel_use()
{
	local release front=$noxs_front

	step KERNEL "$3"
	kernel_store "$1"
	echo "$3" >"$work/kernel.name"
	[ -n "$2" ] || return 0
	need depmod kmod
	release=${2##*/}
	kernel_find_modules "$2" "$release"
	if [ -z "$front" ] && [ -d "/lib/modules/$release/updates" ]; then
		front=$(find "/lib/modules/$release/updates" -name 'noxs-front.ko*' -print -quit)
	fi
	if [ -n "$front" ]; then
		[ -f "$front" ] || die "--noxs-front $front: no such file"
		kernel_module "$front"
	else
		warn "no noxs-front.ko for Linux $release (apt-get install noxs-front-dkms, or --noxs-front FILE): the guest will have no vif and no disk"
	fi
}

# A disk of the user's is an ext4, which checks with crc32c.
kernel_modules_asked()
{
	local name

	for name in $(cat "$work/asked" "$work/closure"); do
		[ ! -e "$tinyx_lib/../apps/$name" ] || ! grep -q '^mount ' "$tinyx_lib/../apps/$name" || { echo ext4; return; }
	done
	[[ ${service[*]-} != *'mount '* ]] || echo ext4
}

# The members of modules.dep, each behind what it needs.
kernel_find_modules()
{
	local dep=$work/dep/lib/modules/$2 name line path

	mkdir -p "$dep"
	ln -sfn "$1/kernel" "$dep/kernel"
	cp "$1"/modules.builtin* "$1"/modules.order "$dep/" 2>/dev/null || :
	depmod -b "$work/dep" "$2" 2>/dev/null || die "the modules in $1 cannot be read"
	for name in $kernel_modules $(kernel_modules_asked); do
		line=$(grep -E "(^|/)$name\.ko(\.[a-z]+)?:" "$dep/modules.dep") || continue # built in
		for path in $(tr ' ' '\n' <<<"${line#*: }" | tac) "${line%%:*}"; do
			kernel_module "$1/$path"
		done
	done
}

# As the kernel takes it: not compressed.
kernel_module()
{
	local file=$work/ko/${1##*/}

	mkdir -p "$work/ko"
	[ -f "$1" ] || return 0 # a folder's name, from an empty list
	case $1 in
	*.xz) file=${file%.xz}; xz -dc "$1" >"$file" ;;
	*.zst) file=${file%.zst}; need zstd zstd; zstd -dcq "$1" >"$file" ;;
	*) cp "$1" "$file" ;;
	esac
	# What was built here has ten times its size in words for debuggers.
	case ${file##*/} in
	noxs-front.ko) strip -g "$file" ;;
	esac
	grep -qxF "$file" "$work/modules" || echo "$file" >>"$work/modules"
}

# kernel_elf FILE - the ELF file in a bzImage (Documentation/x86/boot.rst: setup_sects, payload_offset,
# payload_length; the last four bytes are the unpacked size), or in a gzip'ed one
kernel_elf()
{
	local sects start length

	if [ "$(kernel_bytes "$1" 0 4)" = 7f454c46 ]; then
		cat "$1"
	elif [ "$(kernel_bytes "$1" 0 2)" = 1f8b ]; then
		gzip -dc "$1"
	elif [ "$(kernel_bytes "$1" 514 4)" = 48647253 ]; then
		sects=$(kernel_number "$1" 497 1)
		start=$(kernel_number "$1" 584 4)
		length=$(kernel_number "$1" 588 4)
		is_number "$sects" && is_number "$start" && is_number "$length" && [ "$length" -gt 4 ] || die "$1: cut off"
		start=$(((sects + 1) * 512 + start))
		length=$((length - 4))
		bytes "$1" "$start" "$length" | kernel_unpack "$(kernel_bytes "$1" "$start" 4)" "$1"
	else
		die "$1: not a Linux kernel (bzImage, or ELF)"
	fi
}

kernel_unpack()
{
	case $1 in
	fd377a58) need xz xz-utils; xz -dc ;;
	28b52ffd) need zstd zstd; zstd -dcq ;;
	1f8b*) gzip -dc ;;
	02214c18) need lz4 lz4; lz4 -dc ;;
	*) die "$2: packed in an unknown way ($1)" ;;
	esac
}

kernel_bytes()
{
	od -An -v -tx1 -j"$2" -N"$3" "$1" | tr -d ' \n'
}

# kernel_number FILE AT BYTES - nothing, where it ends before
kernel_number()
{
	od -An -tu"$3" -j"$2" -N"$3" "$1" 2>/dev/null | tr -d ' ' || :
}

kernel_check()
{
	local machine

	machine=$(LC_ALL=C readelf -h "$1" 2>/dev/null | sed -n 's/^ *Machine: *//p')
	[ "$machine" = 'Advanced Micro Devices X86-64' ] ||
		die "$2: for another architecture: ${machine:-not an ELF file}"
	LC_ALL=C readelf -n "$1" 2>/dev/null | grep -q Xen || die "$2: a kernel that does not know Xen"
}

# kernel_store FILE - as the image is to have it; packed once, as that takes a while
kernel_store()
{
	local kept

	kept=$cache/kernel/$(sha256_of "$1")${uncompressed:+.elf}
	if [ ! -e "$kept" ]; then
		mkdir -p "$cache/kernel"
		kernel_elf "$1" >"$work/vmlinux" || die "$1: does not unpack"
		kernel_check "$work/vmlinux" "$1"
		if [ -n "$uncompressed" ]; then
			mv "$work/vmlinux" "$kept.new"
		else
			gzip -9n <"$work/vmlinux" >"$kept.new"
		fi
		mv "$kept.new" "$kept"
	fi
	cp "$kept" "$work/kernel"
}
