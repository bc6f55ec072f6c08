# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Which libraries programs need.  What they open by themselves (plug-ins, name services) is not known from
# their files: --keep names its package.

# elf_needs ROOT - all its ELF files: "FILE<tab>need|run|arch<tab>VALUE" a line, FILE from ROOT on
elf_needs()
{
	(cd "$1" && find . -type f -size +63c \( -perm /111 -o -name '*.so*' \) -print0 |
		LC_ALL=C xargs -0 -r readelf -hdlW /dev/null 2>/dev/null || :) | awk -v OFS='\t' '
		/^File: / { file = substr($0, 9); next }
		/^  Machine: / { sub(/^  Machine: */, ""); print file, "arch", $0; next }
		/\(NEEDED\)/ { sub(/.*\[/, ""); sub(/\].*/, ""); print file, "need", $0; next }
		/\(R(UN)?PATH\)/ { sub(/.*\[/, ""); sub(/\].*/, ""); print file, "run", $0; next }
		/program interpreter:/ { sub(/.*interpreter: /, ""); sub(/\].*/, ""); print file, "need", $0 }'
}

# elf_close ROOT FROM - copies what is needed from the tree FROM until nothing more is; missing ones are told
elf_close()
{
	local root=$1 from=$2 file kind value found round=0 all
	local -A seen=() run=()

	while [ $((round += 1)) -le 32 ]; do
		all=$(elf_needs "$root")
		found=''
		while IFS=$'\t' read -r file kind value; do
			case $kind in
			arch) [ "$value" = 'Advanced Micro Devices X86-64' ] || elf_foreign "$file" "$value" ;;
			run) run[$file]=$value ;;
			esac
		done <<<"$all"
		while IFS=$'\t' read -r file kind value; do
			[ "$kind" = need ] && [ -n "$value" ] && [ -z "${seen[$value]:-}" ] || continue
			seen[$value]=1
			elf_find "$root" "$value" "$file" "${run[$file]:-}" >/dev/null && continue
			if ! elf_take "$root" "$from" "$value" "$file" "${run[$file]:-}"; then
				warn "/$file needs $value, which no package here has"
				continue
			fi
			found=1
		done <<<"$all"
		[ -n "$found" ] || return 0
	done
}

elf_foreign()
{
	case $1 in
	# What a library brings for others (vDSO tests, firmware) starts nothing.
	*.o) ;;
	*) die "/$1 is for another architecture: $2" ;;
	esac
}

# elf_find TREE NAME USER RUNPATH - where the loader would find it, from TREE on
elf_find()
{
	local tree=$1 name=$2 origin dir dirs
	origin=/$(dirname "$3")

	if [[ $name = /* ]]; then
		[ -e "$tree$name" ] && echo "$name"
		return
	fi
	IFS=: read -ra dirs <<<"$4"
	for dir in "${dirs[@]}" /usr/lib/x86_64-linux-gnu /usr/lib /usr/lib64 /usr/local/lib; do
		dir=${dir//\$ORIGIN/$origin}
		dir=${dir//\$\{ORIGIN\}/$origin}
		if [ -e "$tree$dir/$name" ]; then
			echo "$dir/$name"
			return
		fi
	done
	return 1
}

# elf_take ROOT FROM NAME USER RUNPATH - with the links on the way to the file
elf_take()
{
	local path target

	path=$(elf_find "$2" "$3" "$4" "$5") || return
	while :; do
		path=$(unmerge "$path")
		mkdir -p "$1$(dirname "$path")"
		cp -a "$2$path" "$1$path"
		echo "${path#/}" >>"$1.libraries"
		[ -L "$2$path" ] || return 0
		target=$(readlink "$2$path")
		[[ $target = /* ]] && path=$target || path=$(dirname "$path")/$target
		path=$(realpath -ms "$path")
	done
}

# /lib/x is /usr/lib/x
unmerge()
{
	sed -E 's,^/(bin|sbin|lib|lib32|lib64|libx32)/,/usr/\1/,' <<<"$1"
}
