# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# tinyx build: packages, a base for their scripts, the tree, file systems, the image.

. "$tinyx_lib/apt.sh"
. "$tinyx_lib/space.sh"
. "$tinyx_lib/kernel.sh"
. "$tinyx_lib/kernel_build.sh"
. "$tinyx_lib/kernel_tailor.sh"
. "$tinyx_lib/manifest.sh"

# build_arguments ARGUMENT...
build_arguments()
{
	out='' name='' memory='' format=erofs kernel=stock modules_dir='' noxs_front='' uncompressed='' busybox=busybox
	sources='' update='' json='' quiet='' cache=${TINYX_CACHE:-} wanted=() inputs=() keep=() service=() exec=''
	test_command='' vif='' options_file='' batch_size=4
	while [ $# -gt 0 ]; do
		case $1 in
		-o|--output|--name|--size|--format|--kernel|--modules|--noxs-front|--exec|--port|--user|--env|--before|--mount|--test|--vif|--options|--batch|--log|--keep|--sources|--cache)
			[ $# -gt 1 ] || usage_error "$1 wants a value"
			build_option "$1" "$2"
			shift
			;;
		--uncompressed) uncompressed=1 ;;
		--no-busybox) busybox='' ;;
		--update) update=1 ;;
		--json) json=1 ;;
		-q|--quiet) quiet=1 ;;
		--help) usage; exit 0 ;;
		-*) usage_error "unknown option $1" ;;
		*) build_input "$1" ;;
		esac
		shift
	done
	[ ${#wanted[@]} -gt 0 ] || [ ${#inputs[@]} -gt 0 ] || usage_error 'build wants a package, a folder or an archive'
	[ -n "$out" ] || usage_error 'where to? give -o FILE'
	[ "$kernel" != tailored ] || [ -n "$test_command" ] || usage_error '--kernel tailored wants --test COMMAND'
	if [ -z "$cache" ]; then
		cache=${XDG_CACHE_HOME:-$HOME/.cache}/tinyx
		[ "$(id -u)" != 0 ] || cache=/var/cache/tinyx
	fi
	mkdir -p -- "$cache" && cache=$(realpath -- "$cache") || die "$cache: cannot be made"
	build_check_cache "$cache"
	[ ! -d "$out" ] || usage_error "-o $out: a folder; name a file"
}

# build_check_cache FOLDER - what is in it is executed, unpacked and written over: nobody else may have laid it there
build_check_cache()
{
	local folder=$1

	[ "$(stat -c %u "$1")" = "$(id -u)" ] && [ -z "$(find "$1" -maxdepth 0 -perm /022)" ] ||
		die "$1: the cache is somebody else's, or others may write to it: give another (--cache), or chown and chmod it"
	while [ "$folder" != / ]; do
		folder=$(dirname "$folder")
		[ -z "$(find "$folder" -maxdepth 0 -perm -002 ! -perm -1000)" ] ||
			die "$1: others may put another folder there, as $folder lets them: give another (--cache)"
	done
}

build_option()
{
	case $1 in
	-o|--output) out=$2 ;;
	--name) name=$2 ;;
	--size) memory=$2; [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || usage_error "--size $2: not a number of MiB" ;;
	--format) format=$2; matches "$2" erofs initramfs || usage_error "--format $2: neither erofs nor initramfs" ;;
	--kernel) kernel=$2 ;;
	--modules) modules_dir=$(realpath "$2") ;;
	--noxs-front) noxs_front=$2 ;;
	--exec) exec=$2 ;;
	--port)
		[[ $2 =~ ^[1-9][0-9]{0,4}$ ]] && [ "$2" -le 65535 ] || usage_error "--port $2: not a TCP port"
		service+=("port $2")
		;;
	--user) service+=("user $2") ;;
	--env) [[ $2 = [A-Za-z_]*=* ]] || usage_error "--env $2: not NAME=VALUE"; service+=("env $2") ;;
	--test) test_command=$2 ;;
	--vif) vif=$2 ;;
	--options) [ -f "$2" ] || die "$2: no such file"; options_file=$2 ;;
	--batch) batch_size=$2; [[ $2 =~ ^[1-9][0-9]?$ ]] || usage_error "--batch $2: not a number of options" ;;
	--mount)
		[[ $2 =~ ^(/dev/)?(xvd[a-z]+[0-9]*)=(/[^ ]+)$ ]] || usage_error "--mount $2: not DEVICE=/PATH, as in xvdb=/data"
		service+=("mount /dev/${BASH_REMATCH[2]} ${BASH_REMATCH[3]}")
		;;
	--before) service+=("before $2") ;;
	--log) service+=("output $2") ;;
	--keep) keep+=("$2") ;;
	--sources) [ -f "$2" ] || die "$2: no such file"; sources=$(realpath "$2") ;;
	--cache) cache=$2 ;;
	esac
}

# A name of a package has no "/"; a file or folder of that name in the current folder is meant if it is one.
build_input()
{
	local label

	if [ -d "$1" ] && [[ $1 = */* || $1 = . || $1 = .. ]]; then
		inputs+=("dir $(realpath "$1")")
	elif [ -f "$1" ]; then
		build_check_archive "$1"
		inputs+=("tar $(realpath "$1")")
	elif [[ $1 =~ ^[a-z0-9][a-z0-9+.-]+$ ]]; then
		wanted+=("$1")
	elif [[ $1 = */* ]]; then
		die "$1: no such file or folder"
	else
		usage_error "$1: neither a package, nor a folder (./$1), nor an archive"
	fi
	label=${1%/}
	label=${label##*/}
	[ -n "$name" ] || name=${label%%.tar*}
}

build_check_archive()
{
	local members

	members=$(tar -tf "$1" 2>/dev/null | head -n 2000) || [ -n "$members" ] || die "$1: not an archive that tar can read"
	! grep -qxE '(\./)?manifest\.json|(\./)?oci-layout' <<<"$members" ||
		die "$1: an image in layers; give what 'docker export' (podman export) writes of a container"
}

# A name for a guest: what chaos takes.
build_names()
{
	[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._+-]{0,60}$ ]] || usage_error "--name $name: letters, digits, . _ + and - only"
	if [ -n "$exec" ]; then
		# shellcheck disable=SC2086 # split as a shell would, without expanding anything
		mapfile -t -O ${#service[@]} service < <(xargs -n 1 printf 'arg %s\n' <<<"$exec" 2>/dev/null) ||
			usage_error "--exec $exec: a quote has no end"
		[[ ${exec} = /* ]] || usage_error "--exec $exec: begins with a path, /usr/bin/..."
	fi
	if [ -z "$memory" ]; then
		memory=128
		! matches "$kernel" tinyx tailored || memory=32
	fi
}

# In the cache, as others may be at work there.
build_work()
{
	local old pid

	mkdir -p "$cache/work"
	exec 9>>"$cache/lock"
	if ! flock -n 9; then
		step WAIT 'for another tinyx build'
		flock 9
	fi
	# What was killed has left it.
	for old in "$cache"/work/*; do
		[ ! -d "$old" ] || build_remove "$old"
	done
	work=$cache/work/$$
	mkdir "$work"
	trap 'build_clean' EXIT
	trap 'exit 130' INT TERM
}

build_clean()
{
	local rc=$?
	trap - EXIT
	drop_new_file
	build_remove "$work"
	exit $rc
}

# Files of other users in a namespace are those of subordinate numbers: theirs to remove.
build_remove()
{
	rm -rf "$1" 2>/dev/null || { chmod -R u+rwX "$1"; rm -rf "$1"; } 2>/dev/null ||
		unshare --map-root-user --map-auto rm -rf "$1" || warn "$1 cannot be removed"
}

build_packages()
{
	local all base closure

	printf '%s\n' "${wanted[@]}" | grep . >"$work/asked" || :
	cp "$work/asked" "$work/wanted"
	[ -z "$busybox" ] || echo $busybox >>"$work/wanted"
	printf '%s\n' "${keep[@]}" | grep . >"$work/keep" || :
	grep -v '^/' "$work/keep" >>"$work/names" || :
	cat "$work/wanted" >>"$work/names"
	: >"$work/order"
	: >"$work/closure"
	: >"$work/sums"
	base_dir=$work/none
	[ -s "$work/names" ] || return 0
	apt_setup
	apt_update
	mapfile -t names <"$work/names"
	step APT "${names[*]}"
	closure=$(apt_order "${names[@]}") || exit
	base=$(apt_order '?essential') || exit
	all=$(apt_order '?essential' "${names[@]}") || exit
	# Beside the essential packages apt may choose others than without them: what is over the base is there for
	# the names that were given, and of the base what those want even so.
	closure=$({ grep -xFf <(echo "$all") <<<"$closure"; grep -vxFf <(echo "$base") <<<"$all"; } | sort -u)
	sed -n 's/^Inst \([^ ]*\) .*/\1/p' <<<"$closure" | sort -u >"$work/closure"
	step FETCH "$(grep -c ^Inst <<<"$all") packages"
	apt_fetch '?essential' "${names[@]}"
	# The image is made of these alone: not of the base, if nobody depends on it.
	grep -vxFf <(echo "$base") <<<"$all" >"$work/order" || :
	build_base "$base"
	build_sums "$closure"
}

# Digests of packages, and the newest one's date: that of the image, if SOURCE_DATE_EPOCH says none.
build_sums()
{
	local name file date newest=0

	while read -r _ name _ file; do
		printf '%s\t%s\n' "$name" "$(sha256_of "$debs/$file")"
		date=$(deb_date "$debs/$file") || exit
		[ "$date" -le "$newest" ] || newest=$date
	done < <(grep ^Inst <<<"$1") >"$work/sums"
	epoch=${SOURCE_DATE_EPOCH:-$newest}
}

# The essential packages, set up: once for each set of versions.
build_base()
{
	local key

	debs=$apt/cache/archives
	key=$({ cat "$tinyx_lib/stages.sh"; echo "$1"; } | sha256sum | cut -c1-16)
	base_dir=$cache/base/$key
	[ ! -d "$base_dir" ] || return 0
	step BASE "$(grep -c ^Inst <<<"$1") essential packages, once"
	mkdir -p "$cache/base"
	build_remove "$base_dir.new"
	echo "$1" >"$work/base.order"
	space_run "$cache/base" "$work" "$debs" -- stage_base "$base_dir.new" "$work/base.order" "$debs" || exit
	mv "$base_dir.new" "$base_dir"
	rm -f "$base_dir.new.log"
}

# Installed beside lib, or built in the source tree.
build_init()
{
	local file
	for file in "$tinyx_lib/../tinyx-init" "$tinyx_lib/../../../build/tinyx/tinyx-init"; do
		[ ! -x "$file" ] || { install -m 755 "$file" "$work/init"; return; }
	done
	die 'tinyx-init is missing: make -C toolstack/tinyx, or install tinyx again'
}

build_tree()
{
	local folders=("$work") line

	printf '%s\n' "${inputs[@]}" | grep . >"$work/inputs" || :
	sed 's,/.*/,,' "$work/inputs" >"$work/inputs.named"
	printf '%s\n' "${service[@]}" | grep . >"$work/service" || :
	for line in "${inputs[@]}"; do
		[ "$(dirname "${line#* }")" != / ] || die "${line#* }: scripts of packages would see all of /: move it into a folder"
		folders+=("$(dirname "${line#* }")")
	done
	[ ! -d "$base_dir" ] || folders+=("$base_dir" "$debs")
	: >"$work/packages"
	: >"$work/owners"
	build_init
	step ROOT "${name}"
	space_run "${folders[@]}" -- stage_root "$base_dir" "$work" "${debs:-/}" || exit
}

# Which members there are, and how the kernel finds its root.
build_filesystems()
{
	members=(kernel)
	cmdline='console=hvc0 quiet panic=-1'
	! matches "$kernel" tinyx tailored || cmdline+=' tinyx.tsc' # kernel/early.c
	step PACK "$format, $(mib "$(du -sb "$work/root" | cut -f1)")"
	if [ "$format" = initramfs ]; then
		space_run "$work" -- stage_ramdisk "$work"
		members+=(ramdisk)
	else
		space_run "$work" -- stage_erofs "$work"
		if [ -s "$work/modules" ] || ! matches "$kernel" tinyx tailored; then
			members+=(ramdisk)
		else
			cmdline+=' root=/dev/xvda1 rootfstype=erofs ro rootwait init=/sbin/tinyx-init'
		fi
		members+=(root.erofs)
	fi
	[ ${#members[@]} -gt 0 ] || exit
}

cmd_build()
{
	build_arguments "$@"
	build_names
	need mkfs.erofs erofs-utils
	need cpio cpio
	need lz4 lz4
	need readelf binutils
	need setpriv util-linux
	epoch=${SOURCE_DATE_EPOCH:-0}
	is_number "$epoch" || die "SOURCE_DATE_EPOCH=$epoch: not a number of seconds"
	build_work
	build_packages
	apt_needed
	kernel_prepare
	export epoch name
	build_tree
	build_filesystems
	[ "$kernel" != tailored ] || kernel_tailor
	manifest_write >"$work/manifest"
	spdx_write >"$work/sbom.spdx.json"
	config_write >"$work/xl.cfg"
	step WRITE "$out"
	new_file "$out"
	file_write "$work" "${members[@]}" xl.cfg manifest sbom.spdx.json ||
		die "$out: cannot be written: disk full?"
	give_name "$out"
	build_result
}

# Debian's kernel comes from there as well.
apt_needed()
{
	[ -z "${apt:-}" ] && matches "$kernel" stock tinyx tailored || return 0
	apt_setup
	apt_update
}

build_result()
{
	if [ -n "$json" ]; then
		printf '{"file": %s, "name": "%s", "bytes": %d, "kernel_bytes": %d, "root_bytes": %d, "packages": %d}\n' \
			"$(json_string "$out")" "$name" "$(size_of "$out")" "$(size_of "$work/kernel")" \
			"$(size_of "$work/${members[-1]}")" "$(wc -l <"$work/contents")"
	else
		step DONE "$out: $(mib "$(size_of "$out")"), of it kernel $(mib "$(size_of "$work/kernel")"), root $(mib "$(size_of "$work/${members[-1]}")")"
	fi
}
