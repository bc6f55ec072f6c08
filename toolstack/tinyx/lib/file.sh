# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The image file, docs/tinyx.md: a POSIX tar whose members begin at multiples of 4096, with an index in front.
# toolstack/lib/config/tinyx_file.c reads the same.

readonly file_index_size=3072 file_first=4096

# file_header NAME SIZE TYPE [ROOT-START ROOT-SIZE] - a header of 512 bytes on standard output; of the first
# one the end, which tar does not use, is a partition table: the root file system is partition 1
file_header()
{
	local head rest sum

	head=$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')
	head=$(printf '%-200s' "$head" | tr ' ' 0)
	head+=$(printf '0000644\0000000000\0000000000\000%011o\000%011o\000' "$2" "$epoch" | od -An -v -tx1 | tr -d ' \n')
	rest=$(printf '%s' "$3" | od -An -v -tx1 | tr -d ' \n')
	rest=$(printf '%-202s' "$rest" | tr ' ' 0)
	rest+=$(printf 'ustar\00000root' | od -An -v -tx1 | tr -d ' \n')
	# uname, gname, devices, prefix: nothing of it
	rest=$(printf '%-580s' "$rest" | tr ' ' 0)
	rest+=$(file_partitions "${4:-0}" "${5:-0}")
	rest=$(printf '%-712s' "$rest" | tr ' ' 0)
	# The sum of all bytes, with blanks for itself.
	sum=$(printf '%s2020202020202020%s' "$head" "$rest" | fold -w2 | awk '
		BEGIN { for (i = 0; i < 256; i++) value[sprintf("%02x", i)] = i }
		{ sum += value[$1] } END { printf "%06o", sum }')
	head+=$(printf '%s\000 ' "$sum" | od -An -v -tx1 | tr -d ' \n')
	file_bytes "$head$rest"
}

# file_bytes HEX
file_bytes()
{
	# shellcheck disable=SC2059 # its escapes are what it is for
	printf "$(sed 's/../\\x&/g' <<<"$1")"
}

# A partition table of one entry, at byte 446: no start or end by cylinders, type Linux.
file_partitions()
{
	[ "$2" != 0 ] || return 0
	printf '00feffff83feffff%s%s' "$(file_le32 $(($1 / 512)))" "$(file_le32 $(($2 / 512)))"
	printf '%096d55aa' 0
}

file_le32()
{
	printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# file_gap AT - a comment for tar from AT to where the next header is to be: 512 before a multiple of 4096
file_gap()
{
	local gap=$(((7680 - $1 % 4096) % 4096)) size

	[ $gap != 0 ] || return 0
	size=$((gap - 512))
	file_header .pad $size x
	[ $size = 0 ] || printf '%d comment=%*s\n' $size $((size - ${#size} - 10)) ''
}

file_end()
{
	echo $((($1 + 511) / 512 * 512))
}

# file_write DIR MEMBER... - to what new_file has opened; members are files of DIR, in this order
file_write()
{
	local dir=$1 at=$file_first name size index root=(0 0)
	shift

	index="tinyx 1"$'\n'"arch amd64"$'\n'
	for name in "$@"; do
		size=$(size_of "$dir/$name")
		index+="member $name $at $size $(sha256_of "$dir/$name")"$'\n'
		[ "$name" != root.erofs ] || root=("$at" "$size")
		at=$(file_end $((at + size)))
		# Where the next one's data begin: a header lies before it.
		at=$(((at + 512 + 4095) / 4096 * 4096))
	done
	# Two blocks of zeros end a tar.
	index+="size $at"$'\n'
	index+="digest $(printf '%s' "$index" | sha256sum | cut -d' ' -f1)"$'\n'
	[ ${#index} -le $file_index_size ] || die "too many members"
	file_write_all "$at" "$@" >&"$new_fd" || return
	[ "$(size_of "$new_name")" = "$at" ] || die "$new_name: written with $(size_of "$new_name") bytes, not $at"
}

file_write_all()
{
	local end=$1 at=$file_first name size
	shift

	file_header tinyx $file_index_size 0 "${root[@]}" && printf '%s' "$index" &&
		head -c $((file_index_size - ${#index})) /dev/zero | tr '\0' '\n' || return
	for name in "$@"; do
		size=$(size_of "$dir/$name")
		file_header "$name" "$size" 0 && cat "$dir/$name" || return
		at=$((at + size))
		head -c $(($(file_end $at) - at)) /dev/zero || return
		at=$(file_end $at)
		if [ "$name" = "${!#}" ]; then
			head -c $((end - at)) /dev/zero || return
		else
			file_gap $at || return
			at=$(((at + 512 + 4095) / 4096 * 4096))
		fi
	done
}

# file_index FILE - "NAME START SIZE SHA256" a line, of a file that is whole; else an error that says what is wrong
file_index()
{
	local file=$1 text covered size

	[ -f "$file" ] || die "$file: no such file"
	[ -r "$file" ] || die "$file: cannot be read"
	[ "$(head -c 5 "$file" | tr -d '\0')" = tinyx ] || die "$file: not a tinyx image"
	# A NUL is shown as what no index has.
	text=$(bytes "$file" 512 $file_index_size | tr '\0' '\1')
	covered=$(sed -n '/^digest /q; p' <<<"$text")$'\n'
	case $text in
	'tinyx 1'$'\n'*) ;;
	'tinyx '*) die "$file: made by another version of tinyx (format $(sed -n '1s/tinyx //p' <<<"$text"))" ;;
	*) die "$file: index: altered, or cut off" ;;
	esac
	[ "$(printf '%s' "$covered" | sha256sum | cut -d' ' -f1)" = "$(sed -n 's/^digest //p' <<<"$text")" ] ||
		die "$file: index: altered, or cut off"
	grep -qx 'arch amd64' <<<"$covered" ||
		die "$file: for $(sed -n 's/^arch //p' <<<"$covered"), and this host is amd64"
	size=$(size_of "$file")
	sed -n 's/^member //p' <<<"$covered" | file_members "$file" "$size" || exit
	[ "$size" = "$(sed -n 's/^size //p' <<<"$covered")" ] ||
		die "$file: cut off, or something is behind it: it has $size bytes"
}

# file_members FILE SIZE - members of an index, as tinyx writes them: whoever made the file has chosen each byte
file_members()
{
	local name start length digest more seen=' '

	while read -r name start length digest more; do
		[[ $name =~ ^[a-z][a-z0-9._-]{0,62}$ && $digest =~ ^[0-9a-f]{64}$ && -z $more ]] &&
			is_number "$start" && is_number "$length" ||
			die "$1: index: not understood: member $name $start $length $digest $more"
		[[ $seen != *" $name "* ]] || die "$1: index: there are two members $name"
		seen+="$name "
		[ $((start + length)) -le "$2" ] ||
			die "$1: $name: cut off: it ends at byte $((start + length)), and the file at $2"
		echo "$name $start $length $digest"
	done
}

# file_member FILE NAME INDEX - its bytes
file_member()
{
	local name start length

	while read -r name start length _; do
		[ "$name" != "$2" ] || { bytes "$1" "$start" "$length"; return; }
	done <<<"$3"
	die "$1: has no member $2"
}

# file_date FILE - of its first header, seconds since 1970
file_date()
{
	local octal

	octal=$(bytes "$1" 136 11 | tr '\0' ' ')
	[[ $octal =~ ^[0-7]{11}$ ]] || die "$1: header: altered"
	echo $((8#$octal))
}

# file_verify FILE - every byte of every member, and the partition table
file_verify()
{
	local file=$1 index name start length digest root=(0 0)

	index=$(file_index "$file") || exit
	while read -r name start length digest; do
		[ "$(file_member "$file" "$name" "$index" | sha256sum | cut -d' ' -f1)" = "$digest" ] ||
			die "$file: $name: altered: its digest is another"
		[ "$name" != root.erofs ] || root=("$start" "$length")
	done <<<"$index"
	epoch=$(file_date "$file") || exit
	cmp -s <(head -c 512 "$file") <(file_header tinyx $file_index_size 0 "${root[@]}") ||
		die "$file: header: altered"
}
