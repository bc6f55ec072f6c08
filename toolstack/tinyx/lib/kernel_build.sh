# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --kernel tinyx: Debian's kernel source with the options of config/pv.config and nothing else, no modules,
# noxs-front in it.  It is built once for each version of the source, configuration and noxs-front, and a build
# that was interrupted goes on where it stopped.

# Where noxs-front's sources are: of its package, or beside this in the source tree.
kernel_front_source()
{
	local d

	for d in ${TINYX_NOXS_FRONT:+"$TINYX_NOXS_FRONT"} /usr/src/noxs-front-[0-9]* "$tinyx_lib/../../../kernel/noxs-front"; do
		[ ! -f "$d/Kbuild" ] || { realpath "$d"; return; }
	done
}

kernel_tinyx()
{
	kernel_build_begin
	kernel_build "$tinyx_lib/../config/pv.config"
	rm -rf "$kernel_tree"
	kernel_built "$kernel_dir" tinyx
}

# kernel_built DIR WHAT - it is the image's
kernel_built()
{
	kernel_use "$1/vmlinux" '' "$kernel_package, $2 ${1##*-}"
	echo "$kernel_package $kernel_version all" >"$work/kernel.package"
}

# What kernels are built from: kernel_package, kernel_version, kernel_deb, kernel_front.  All are built in one
# tree, one after the other: of a configuration that differs little, little is compiled anew.
kernel_build_begin()
{
	local order package

	for package in make:make gcc:gcc flex:flex bison:bison bc:bc; do
		need "${package%:*}" "${package#*:}"
	done
	order=$(apt_order linux-source) || exit
	read -r _ kernel_package kernel_version kernel_deb < <(grep -E '^Inst linux-source-[0-9]' <<<"$order") ||
		die 'linux-source depends on no source'
	kernel_tree=$cache/kernel/${kernel_deb%.deb}
	kernel_front=$(kernel_front_source)
	[ -n "$kernel_front" ] ||
		warn 'no source of noxs-front (apt-get install noxs-front-dkms): the guest will have no vif and no disk'
}

# What makes a kernel's bytes, beside its configuration.
kernel_ingredients()
{
	echo "$kernel_version"
	cat "$tinyx_lib"/../kernel/*
	[ -z "$kernel_front" ] || cat "$kernel_front"/Kbuild "$kernel_front"/*.[ch] "$(kernel_abi "$kernel_front")"
}

# kernel_abi SOURCE - noxs.h, of a package's sources, or of the source tree's
kernel_abi()
{
	local file

	for file in "$1/abi/noxs.h" "$1/../../xen-patches/abi/noxs.h"; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
	die "$1: noxs.h is not there: install noxs-front-dkms again"
}

# kernel_build CONFIG - kernel_dir: in it is vmlinux, of that configuration, from the cache or built now.  Where the
# compiler does not take it this leaves the shell, with status 3.  Called where bash does not look at failures (-e),
# it looks itself.
kernel_build()
{
	local key

	key=$({ kernel_ingredients; lines "$1"; } | sha256sum | cut -c1-16)
	kernel_dir=$cache/kernel/tinyx-$key
	[ ! -e "$kernel_dir/vmlinux" ] || return 0
	mkdir -p "$kernel_dir"
	kernel_source
	{ kernel_drop_in noxs-front "$kernel_front" && kernel_drop_in tinyx "$tinyx_lib/../kernel"; } ||
		die "$kernel_tree: cannot be written: disk full?"
	kernel_make "$kernel_dir" "$1"
}

# The tree, unpacked from the package.
kernel_source()
{
	local log=$kernel_tree.log

	[ ! -e "$kernel_tree/.unpacked" ] || return 0
	if [ ! -e "$cache/kernel/$kernel_deb" ]; then
		step FETCH "$kernel_package $kernel_version"
		(cd "$cache/kernel" && apt_get download "$kernel_package=$kernel_version" >"$log" 2>&1) ||
			{ tail -n 3 "$log" >&2; die "$kernel_package cannot be fetched"; }
	fi
	step UNPACK "$kernel_package"
	# Of other versions, too.
	rm -rf "$cache"/kernel/linux-source-*_all
	mkdir "$kernel_tree"
	# What belongs to other processors is most of it.
	dpkg-deb --fsys-tarfile "$cache/kernel/$kernel_deb" | tar -xO "./usr/src/$kernel_package.tar.xz" |
		tar -xJ -C "$kernel_tree" --strip-components=1 --exclude='*/Documentation/*.[rty]*' --exclude='*/drivers/gpu/drm/*/*.[ch]' \
			--exclude='*/tools/testing' --exclude-from=<(kernel_other_processors) ||
		die "$kernel_package does not unpack: disk full? it needs 1 GiB in $cache"
	touch "$kernel_tree/.unpacked"
}

# But their Kconfig files, which are read all the same, by name.
kernel_other_processors()
{
	local arch

	for arch in alpha arc arm arm64 csky hexagon ia64 loongarch m68k microblaze mips nios2 openrisc parisc powerpc \
		riscv s390 sh sparc um xtensa; do
		printf '*/arch/%s/*.%s\n' $arch '[chS]' $arch 'dts*'
	done
}

# kernel_drop_in NAME SOURCE - a directory and a line in a Makefile are all it needs; the same files keep their dates
kernel_drop_in()
{
	local to=$kernel_tree/drivers/xen/$1 file

	[ -n "$2" ] || return 0
	rm -rf "$work/drop-in" && mkdir -p "$to" "$work/drop-in" && cp "$2"/*.[ch] "$work/drop-in" || return
	sed 's/^obj-\$(if .*:= noxs-front\.o/obj-y := noxs-front.o/' "$2/Kbuild" >"$work/drop-in/Kbuild"
	! grep -q NOXS_ABI_DIR "$2/Kbuild" || install -D -m 644 "$(kernel_abi "$2")" "$work/drop-in/abi/noxs.h" || return
	(cd "$work/drop-in" && find . -type f) | while read -r file; do
		cmp -s "$work/drop-in/$file" "$to/$file" || install -D -m 644 "$work/drop-in/$file" "$to/$file" || return
	done || return
	grep -qx "obj-y += $1/" "$kernel_tree/drivers/xen/Makefile" ||
		echo "obj-y += $1/" >>"$kernel_tree/drivers/xen/Makefile"
}

# kernel_make DIR CONFIG - the same bytes each time: no host, user or hour of the build is in it
kernel_make()
{
	local dir=$1 option make=(make -C "$kernel_tree" -j"$(nproc)" KBUILD_BUILD_USER=tinyx KBUILD_BUILD_HOST=tinyx
		KBUILD_BUILD_VERSION=1 "KBUILD_BUILD_TIMESTAMP=@$(deb_date "$cache/kernel/$kernel_deb")")

	! command -v ccache >/dev/null || make+=('CC=ccache gcc')
	lines "$2" >"$dir/config"
	if ! cmp -s "$dir/config" "$kernel_tree/.tinyx-config"; then
		"${make[@]}" KCONFIG_ALLCONFIG="$dir/config" allnoconfig >"$dir/build.log" 2>&1 ||
			{ tail -n 20 "$dir/build.log" >&2; die 'the configuration is not taken'; }
		cp "$dir/config" "$kernel_tree/.tinyx-config"
	fi
	# An option that another needs, or that this version has not, falls out without a word.
	while read -r option; do
		case $option in
		*=n) ! grep -q "^${option%=n}=" "$kernel_tree/.config" || warn "option not taken: $option" ;;
		*) grep -qxF "$option" "$kernel_tree/.config" || warn "option not taken: $option" ;;
		esac
	done <"$dir/config"
	step BUILD "a kernel of $(grep -c =y "$kernel_tree/.config") options, once (minutes); log: $dir/build.log"
	"${make[@]}" vmlinux >>"$dir/build.log" 2>&1 || {
		grep -E 'error|Error' "$dir/build.log" | tail -n 20 >&2
		! grep -q 'No space left' "$dir/build.log" || die "disk full: $cache"
		one_line "tinyx: the kernel does not build; what is built stays, see $dir/build.log" >&2
		exit 3
	}
	strip -o "$dir/vmlinux.new" "$kernel_tree/vmlinux" && mv "$dir/vmlinux.new" "$dir/vmlinux" ||
		die "$dir: cannot be written: disk full?"
}
