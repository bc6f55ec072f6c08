# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Chooses what of an installed tree belongs into an image: WORK/merged to WORK/root.
#
# All files of the packages that were asked for and of those they depend on, but: of a library only what some
# program needs (elf.sh), of packages that only installing needs (drop.packages) nothing, and no documents,
# caches and the like (drop.files).  What scripts made belongs to no package, and is taken.  In WORK:
#
#	wanted		names of packages that were asked for
#	closure		names of those and of all they depend on
#	keep		of --keep: names, and patterns of paths that begin with /
#	inputs		folders and archives that are laid over it, one a line

# gather BASE WORK
gather()
{
	local base=$1 w=$2 tree=$2/merged name
	mkdir -p "$w/root"
	make_skeleton "$w/root"
	if [ -s "$w/closure" ]; then
		list_packages "$tree" >"$w/packages"
		choose_packages "$w" >"$w/chosen"
		owned_files "$tree" "$w"
		made_files "$base" "$w" >"$w/made"
		{ cat "$w/chosen.files" "$w/made" "$w/kept.files"; echo etc/passwd; echo etc/group; echo etc/shadow; } |
			sort -u | existing "$tree" >"$w/files"
		tar -C "$tree" --no-recursion --null -T <(tr '\n' '\0' <"$w/files") -c |
			tar -x -p -C "$w/root" --keep-directory-symlink || die 'disk full, or files that cannot be read'
	fi
	# Their folders stay: programs want them.
	find "$w/root/var/log" "$w/root/var/cache" ! -type d -delete 2>/dev/null || :
	lay_inputs "$w"
	elf_close "$w/root" "$tree"
	add_busybox "$w"
	drop_dangling "$w/root" "$w"
	clean_accounts "$w/root"
	describe_service "$w"
	install -m 755 "$w/init" "$w/root/usr/sbin/tinyx-init"
	ln -sf tinyx-init "$w/root/usr/sbin/init"
	ln -sf usr/sbin/tinyx-init "$w/root/init"
	for name in poweroff halt reboot; do
		ln -sf tinyx-init "$w/root/usr/sbin/$name"
	done
	account "$w"
	find "$w/root" -depth -exec touch -h -d "@$epoch" {} +
}

make_skeleton()
{
	local d
	mkdir -p "$1"/{dev,proc,sys,run,tmp,root,.tinyx,etc,var/tmp,var/log} "$1"/usr/{bin,sbin,lib,lib64}
	chmod 755 "$1" "$1"/{usr,etc,var} "$1"/usr/*
	chmod 700 "$1/root"
	chmod 1777 "$1/tmp" "$1/var/tmp"
	for d in bin sbin lib lib64; do
		ln -s usr/$d "$1/$d"
	done
	ln -s ../run "$1/var/run"
}

# NAME VERSION ARCHITECTURE SECTION SOURCE SOURCE-VERSION, tab between
list_packages()
{
	dpkg-query --admindir="$1/var/lib/dpkg" -W \
		-f '${Package}\t${Version}\t${Architecture}\t${Section}\t${source:Package}\t${source:Version}\n'
}

# What is needed for its files: "NAME all", or for its libraries only: "NAME libraries".
choose_packages()
{
	local w=$1 name section source
	local -A wanted=() sources=()
	mapfile -t drop < <(lines "$share/drop.packages")

	while read -r name; do
		wanted[$name]=1
	done < <(cat "$w/wanted"; grep -v '^/' "$w/keep" || :)
	while IFS=$'\t' read -r name _ _ _ source _; do
		[ -z "${wanted[$name]:-}" ] || sources[$source]=1
	done <"$w/packages"
	while IFS=$'\t' read -r name _ _ section source _; do
		grep -qxF -- "$name" "$w/closure" || continue
		if [ -n "${wanted[$name]:-}" ]; then
			echo "$name all"
		elif [[ ${section##*/} = libs || ${section##*/} = oldlibs ]]; then
			echo "$name libraries"
		# perl wants perl-base, although nobody else does.
		elif [ -n "${sources[$source]:-}" ] || ! matches "$name" "${drop[@]}"; then
			echo "$name all"
		fi
	done <"$w/packages"
}

# What dpkg put there: "PATH<tab>PACKAGE" of all, and the paths of those chosen and not dropped
owned_files()
{
	local tree=$1 w=$2 list

	for list in "$tree"/var/lib/dpkg/info/*.list; do
		name=${list##*/}
		name=${name%.list}
		name=${name%:*}
		sed -E 's,^/(bin|sbin|lib|lib32|lib64|libx32)(/|$),/usr/\1\2,; s,^/,,' "$list" |
			NAME=$name awk '{ print $0 "\t" ENVIRON["NAME"] }'
	done >"$w/owners"
	awk -F'\t' 'FNR == NR { split($0, a, " "); if (a[2] == "all") all[a[1]] = 1; next }
		$2 in all && $1 !~ /^\.?$/ { print $1 }' "$w/chosen" "$w/owners" >"$w/chosen.all"
	drop_files "$w" <"$w/chosen.all" >"$w/chosen.files"
	kept_files "$tree" "$w" >"$w/kept.files"
}

# As drop.files has it: extended regular expressions of paths without the first /
drop_files()
{
	grep -vE -f <(lines "$share/drop.files") || :
}

# What --keep names by path, out of the whole tree.
kept_files()
{
	local pattern
	while read -r pattern; do
		(cd "$1" && compgen -G "${pattern#/}" || echo "tinyx: warning: --keep $pattern: there is no such file" >&2) |
			while read -r path; do
				find "$1/$path" -printf '%P\n' | BELOW=$path awk '{ print ENVIRON["BELOW"] ($0 == "" ? "" : "/" $0) }'
			done
	done < <(grep '^/' "$2/keep" || :)
}

# Of no package: made by scripts, so it is what is new over the base.
made_files()
{
	local upper=$2/upper
	if [ -n "$(ls -A "$upper" 2>/dev/null)" ]; then
		(cd "$upper" && find . -mindepth 1 ! -type c ! -type s ! -type p -printf '%P\n')
	else
		comm -13 <(cd "$1" && find . -xdev -mindepth 1 -printf '%P\n' | sort) \
			<(cd "$2/merged" && find . -xdev -mindepth 1 -printf '%P\n' | sort)
	fi | awk -F'\t' 'FNR == NR { owned[$1] = 1; next } !($1 in owned)' "$2/owners" - | drop_files
}

existing()
{
	local path
	while read -r path; do
		[ ! -e "$1/$path" ] && [ ! -L "$1/$path" ] || echo "$path"
	done
}

# Folders and archives of the user's, in their order: later ones win.
lay_inputs()
{
	local kind path
	while read -r kind path; do
		case $kind in
		dir) tar -C "$path" -c . | tar -x -p -C "$1/root" --keep-directory-symlink ;;
		tar) tar -x -p -C "$1/root" --keep-directory-symlink --exclude './dev/*' --exclude 'dev/*' -f "$path" ;;
		esac || die "$path: cannot be unpacked"
	done <"$1/inputs"
}

# A link to each of busybox's tools where nothing else has the name.
add_busybox()
{
	local root=$1/root name
	[ -x "$root/usr/bin/busybox" ] || return 0
	[ -e "$1/merged/usr/bin/busybox" ] || return 0
	while read -r name; do
		[ -e "$root/usr/bin/${name##*/}" ] || [ -e "$root/usr/sbin/${name##*/}" ] ||
			ln -sf busybox "$root/usr/bin/${name##*/}"
	done < <(chroot "$1/merged" /bin/busybox --list | grep -vxE 'init|linuxrc|poweroff|reboot|halt')
}

# Links whose file was left out (alternatives of manuals and the like); links into /proc and /run stay.
drop_dangling()
{
	local link target again=1

	while [ -n "$again" ]; do
		again=''
		while read -r link; do
			target=$(chroot_path "$1" "$link")
			case $target in
			/proc/*|/run/*|/dev/*|/tmp/*|/sys/*) continue ;;
			esac
			[ -e "$1$target" ] || [ -L "$1$target" ] || { rm -f "$1/$link"; again=1; }
		done < <(cd "$1" && find . -type l -printf '%P\n')
	done
	# A folder that has nothing any more, and that no package has made for its program.
	find "$1/usr/share" "$1/usr/lib" -depth -mindepth 1 -type d -empty -delete 2>/dev/null || :
}

# chroot_path ROOT LINK - what one link names, from ROOT on
chroot_path()
{
	local target
	target=$(readlink "$1/$2")
	[[ $target = /* ]] || target=/$(dirname "$2")/$target
	unmerge "$(realpath -ms "$target")"
}

# No day of the build in them, and only users that own something or were made.
clean_accounts()
{
	[ -f "$1/etc/passwd" ] || echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	[ -f "$1/etc/group" ] || echo 'root:x:0:' >"$1/etc/group"
	if [ -f "$1/etc/shadow" ]; then
		awk -F: -v OFS=: -v day=$((epoch / 86400)) '$3 != "" { $3 = day } { print }' "$1/etc/shadow" >"$1/etc/shadow.new"
		cat "$1/etc/shadow.new" >"$1/etc/shadow"
		rm "$1/etc/shadow.new"
		chmod 600 "$1/etc/shadow"
	fi
	# What it says of the shell is true of busybox and of bash only if that is there.
	[ -e "$1/usr/bin/bash" ] || sed -i 's,:/bin/bash$,:/bin/sh,' "$1/etc/passwd"
	[ -s "$1/etc/hosts" ] || echo '127.0.0.1 localhost' >"$1/etc/hosts"
}

# "NAME VERSION ARCH SOURCE SOURCE-VERSION FILES BYTES" of each package that has something in the image
account()
{
	(cd "$1/root" && find . ! -type d ! -lname busybox -printf '%P\t%s\n') |
		awk -F'\t' -v OFS='\t' '
		FILENAME == ARGV[1] { version[$1] = $2; arch[$1] = $3; source[$1] = $5; source_version[$1] = $6; next }
		FILENAME == ARGV[2] { owner[$1] = $2; next }
		{ p = owner[$1]; if (p == "") next; files[p]++; bytes[p] += $2 }
		END { for (p in files) print p, version[p], arch[p], source[p], source_version[p], files[p], bytes[p] }' \
		"$1/packages" "$1/owners" - | sort >"$1/contents"
}
