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
	local package version file front key dir order config=$tinyx_lib/../config/pv.config

	for package in make:make gcc:gcc flex:flex bison:bison bc:bc; do
		need "${package%:*}" "${package#*:}"
	done
	order=$(apt_order linux-source) || exit
	read -r _ package version file < <(grep -E '^Inst linux-source-[0-9]' <<<"$order") ||
		die 'linux-source depends on no source'
	front=$(kernel_front_source)
	[ -n "$front" ] || warn 'no source of noxs-front (apt-get install noxs-front-dkms): the guest will have no vif and no disk'
	key=$({ echo "$version"; lines "$config"; [ -z "$front" ] || cat "$front"/Kbuild "$front"/*.[ch]; } |
		sha256sum | cut -c1-16)
	dir=$cache/kernel/tinyx-$key
	if [ ! -e "$dir/vmlinux" ]; then
		mkdir -p "$cache/kernel"
		kernel_source "$package" "$version" "$file"
		kernel_drop_in "$dir/linux" "$front"
		kernel_make "$dir" "$config"
	fi
	kernel_use "$dir/vmlinux" '' "$package, tinyx $key"
	echo "$package $version all" >"$work/kernel.package"
}

# The tree of this build, unpacked from the package.
kernel_source()
{
	local package=$1 version=$2 file=$3

	[ ! -e "$dir/linux/.unpacked" ] || return 0
	mkdir -p "$dir"
	if [ ! -e "$cache/kernel/$file" ]; then
		step FETCH "$package $version"
		(cd "$cache/kernel" && apt_get download "$package=$version" >"$dir/fetch.log" 2>&1) ||
			{ tail -n 3 "$dir/fetch.log" >&2; die "$package cannot be fetched"; }
	fi
	step UNPACK "$package"
	rm -rf "$dir/linux"
	mkdir "$dir/linux"
	# What belongs to other processors is most of it.
	dpkg-deb --fsys-tarfile "$cache/kernel/$file" | tar -xO "./usr/src/$package.tar.xz" |
		tar -xJ -C "$dir/linux" --strip-components=1 --exclude='*/Documentation/*.[rty]*' --exclude='*/drivers/gpu/drm/*/*.[ch]' \
			--exclude='*/tools/testing' --exclude-from=<(kernel_other_processors) ||
		die "$package does not unpack: disk full? it needs 1 GiB in $cache"
	touch "$dir/linux/.unpacked"
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

# kernel_drop_in LINUX SOURCE - a directory and a line in a Makefile are all it needs
kernel_drop_in()
{
	[ -n "$2" ] || return 0
	rm -rf "$1/drivers/xen/noxs-front"
	mkdir -p "$1/drivers/xen/noxs-front/abi"
	cp "$2"/Kbuild "$2"/*.[ch] "$1/drivers/xen/noxs-front/"
	if [ -e "$2/abi/noxs.h" ]; then
		cp "$2/abi/noxs.h" "$1/drivers/xen/noxs-front/abi/"
	else
		cp "$2/../../xen-patches/abi/noxs.h" "$1/drivers/xen/noxs-front/abi/"
	fi
	sed -i 's/^obj-\$(if .*:= noxs-front\.o/obj-y := noxs-front.o/' "$1/drivers/xen/noxs-front/Kbuild"
	grep -q noxs-front "$1/drivers/xen/Makefile" || echo 'obj-y += noxs-front/' >>"$1/drivers/xen/Makefile"
}

# kernel_make DIR CONFIG - the same bytes each time: no host, user or hour of the build is in it
kernel_make()
{
	local dir=$1 option make=(make -C "$1/linux" -j"$(nproc)" KBUILD_BUILD_USER=tinyx KBUILD_BUILD_HOST=tinyx
		KBUILD_BUILD_VERSION=1 "KBUILD_BUILD_TIMESTAMP=@$(deb_date "$cache/kernel/$file")")

	! command -v ccache >/dev/null || make+=('CC=ccache gcc')
	lines "$2" >"$dir/config"
	if ! cmp -s "$dir/config" "$dir/linux/.tinyx-config"; then
		"${make[@]}" KCONFIG_ALLCONFIG="$dir/config" allnoconfig >"$dir/build.log" 2>&1 ||
			{ tail -n 20 "$dir/build.log" >&2; die 'the configuration is not taken'; }
		cp "$dir/config" "$dir/linux/.tinyx-config"
	fi
	# An option that another needs, or that this version has not, falls out without a word.
	while read -r option; do
		case $option in
		*=n) ! grep -q "^${option%=n}=" "$dir/linux/.config" || warn "option not taken: $option" ;;
		*) grep -qxF "$option" "$dir/linux/.config" || warn "option not taken: $option" ;;
		esac
	done <"$dir/config"
	step BUILD "a kernel of $(grep -c =y "$dir/linux/.config") options, once (minutes); log: $dir/build.log"
	"${make[@]}" vmlinux >>"$dir/build.log" 2>&1 || {
		grep -E 'error|Error' "$dir/build.log" | tail -n 20 >&2
		! grep -q 'No space left' "$dir/build.log" || die "disk full: $cache"
		die "the kernel does not build; what is built stays, see $dir/build.log"
	}
	strip -o "$dir/vmlinux.new" "$dir/linux/vmlinux"
	mv "$dir/vmlinux.new" "$dir/vmlinux"
	rm -rf "$dir/linux"
}
