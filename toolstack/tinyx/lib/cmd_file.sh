# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The commands that look at an image: info, list, verify, extract.

# file_arguments ARGUMENT... - sets json, folder, and files
file_arguments()
{
	json='' folder='' files=()
	while [ $# -gt 0 ]; do
		case $1 in
		--json) json=1 ;;
		-C) [ $# -gt 1 ] || usage_error '-C wants a folder'; folder=$2; shift ;;
		--help) usage; exit 0 ;;
		-*) usage_error "unknown option $1" ;;
		*) files+=("$1") ;;
		esac
		shift
	done
	[ ${#files[@]} -gt 0 ] || usage_error "$verb wants a file"
}

# One answer is about one file.
one_file()
{
	[ ${#files[@]} -eq 1 ] || usage_error "$verb wants one file"
}

cmd_list()
{
	local index

	file_arguments "$@"
	one_file
	index=$(file_index "${files[0]}") || exit
	if [ -n "$json" ]; then
		awk 'BEGIN { printf "[" } { printf "%s{\"name\": \"%s\", \"offset\": %s, \"size\": %s, \"sha256\": \"%s\"}",
			(NR > 1 ? ", " : ""), $1, $2, $3, $4 } END { print "]" }' <<<"$index"
	else
		awk '{ printf "%-16s %10d  %s\n", $1, $3, $4 }' <<<"$index"
	fi
}

cmd_verify()
{
	local file

	file_arguments "$@"
	for file in "${files[@]}"; do
		(file_verify "$file") || exit
		one_line "$file: whole"
	done
}

cmd_extract()
{
	local file index name digest all

	file_arguments "$@"
	file=${files[0]}
	index=$(file_index "$file") || exit
	files=("${files[@]:1}")
	mapfile -t all < <(cut -d' ' -f1 <<<"$index")
	[ ${#files[@]} -gt 0 ] || files=("${all[@]}")
	mkdir -p -- "${folder:=.}"
	for name in "${files[@]}"; do
		[[ $name =~ ^[a-z0-9._-]+$ && " ${all[*]} " = *" $name "* ]] ||
			die "$file: has no member $name"
	done
	trap drop_new_file EXIT
	trap 'exit 130' INT TERM
	while read -r name _ _ digest; do
		[[ " ${files[*]} " != *" $name "* ]] || extract_member "$folder/$name"
	done <<<"$index"
}

# extract_member TO - the one that cmd_extract is at.  It gets its name when it is known to be right.
extract_member()
{
	local is

	new_file "$1"
	is=$(file_member "$file" "$name" "$index" | tee "/dev/fd/$new_fd" 2>/dev/null | sha256sum | cut -d' ' -f1) ||
		die "$1: cannot be written: disk full?"
	[ "$is" = "$digest" ] || die "$file: $name: altered: its digest is another"
	give_name "$1"
}

# Those of images that tinyx makes have some 20 KiB.
readonly info_most=4194304

cmd_info()
{
	local index manifest

	file_arguments "$@"
	one_file
	index=$(file_index "${files[0]}") || exit
	[ "$(awk '$1 == "manifest" { print $3 }' <<<"$index")" -le $info_most ] 2>/dev/null ||
		die "${files[0]}: has no manifest, or one of more than 4 MiB"
	manifest=$(file_member "${files[0]}" manifest "$index" | tr '\0' '\1') || exit
	if [ -n "$json" ]; then
		info_json "$index" <<<"$manifest"
	else
		manifest=$(shown <<<"$manifest")
		sed -E '/^package /d; s/^([a-z-]+) (.*)/\1\t\2/' <<<"$manifest" | awk -F'\t' '{ printf "%-16s %s\n", $1, $2 }'
		awk '{ printf "%-16s %.2f MiB\n", "size of " $1, $3 / 1048576 }' <<<"$index"
		awk '/^package / { printf "%-32s %-28s %6d files %10d bytes\n", $2, $3, $5, $6 }' <<<"$manifest"
	fi
}

info_json()
{
	local key value seen=' exec inputs members packages ' pairs='' exec='' packages='' inputs='' members

	while read -r key value; do
		case $key in
		exec) exec+="${exec:+, }$(json_string "$value")" ;;
		input) inputs+="${inputs:+, }$(json_string "$value")" ;;
		package) packages+="${packages:+, }$(info_package "$value")" ;;
		*)
			[[ $key =~ ^[a-z-]+$ && $seen != *" $key "* ]] || continue
			seen+="$key "
			pairs+="\"$key\": $(info_value "$key" "$value"), "
			;;
		esac
	done
	members=$(awk '{ printf "%s\"%s\": %s", (NR > 1 ? ", " : ""), $1, $3 }' <<<"$1")
	printf '{%s"exec": [%s], "inputs": [%s], "members": {%s}, "packages": [%s]}\n' "$pairs" "$exec" "$inputs" \
		"$members" "$packages"
}

# info_value KEY VALUE - in JSON: of some keys a number, if it is one
info_value()
{
	if matches "$1" memory port files bytes && is_number "$2"; then
		printf '%s' "$2"
	else
		json_string "$2"
	fi
}

# NAME VERSION ARCH FILES BYTES SHA256
info_package()
{
	local name version arch number bytes sum

	read -r name version arch number bytes sum <<<"$1"
	printf '{"name": %s, "version": %s, "architecture": %s, "files": %s, "bytes": %s, "sha256": %s}' \
		"$(json_string "$name")" "$(json_string "$version")" "$(json_string "$arch")" \
		"$(info_value files "$number")" "$(info_value bytes "$bytes")" "$(json_string "$sum")"
}
