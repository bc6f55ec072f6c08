# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the guest starts: WORK/root/etc/tinyx, which init/init.h describes.  It comes from the command line
# (WORK/service), else from apps/PACKAGE, else from the systemd unit of a package that was asked for.  In all
# of them users may have names, and folders "USER:GROUP"; init gets numbers.

# describe_service WORK
describe_service()
{
	local w=$1 from

	from=$(service_source "$w") || exit
	{
		# What was given on the command line replaces lines of its kind.
		if [ "$from" != "$w/service" ]; then
			grep -vE "^($(cut -d' ' -f1 "$w/service" | sort -u | paste -sd'|' || :))( |\$)" "$from" || :
		fi
		cat "$w/service"
		# Nobody may read the console: not there by default.
		grep -q '^output ' "$from" "$w/service" || echo 'output /run/tinyx/log'
	} | service_numbers "$w/root" >"$w/root/etc/tinyx"
	grep -q '^arg /' "$w/root/etc/tinyx" || die "what should it start? give --exec '/PROGRAM ARGUMENT...'"
	[ "$(size_of "$w/root/etc/tinyx")" -lt 8192 ] || die '/etc/tinyx is larger than 8191 bytes: make it shorter'
	program=$(sed -n 's/^arg //p' "$w/root/etc/tinyx" | head -n 1)
	[ -x "$(root_file "$w/root" "$program")" ] || die "there is no program $program in the image: correct --exec"
}

# root_file ROOT PATH - the file behind links, from ROOT on
root_file()
{
	local path=$2 n
	for n in 1 2 3 4 5 6 7 8; do
		path=$(unmerge "$path")
		[ -L "$1$path" ] || break
		path=$(chroot_path "$1" "${path#/}")
	done
	echo "$1$path"
}

service_source()
{
	local w=$1 name unit

	if grep -q '^arg ' "$w/service"; then
		echo "$w/service"
		return
	fi
	while read -r name; do
		[ ! -e "$share/apps/$name" ] || { echo "$share/apps/$name"; return; }
	done < <(cat "$w/asked"; grep -vxF busybox "$w/closure" || :)
	unit=$(find_unit "$w")
	[ -n "$unit" ] || { echo "$w/service"; return; }
	read_unit "$w/merged" "$unit" >"$w/service.unit"
	echo "$w/service.unit"
}

# Of the packages that were asked for: the unit that has their name, or the first one.
find_unit()
{
	local w=$1 name units
	while read -r name; do
		units=$(NAME=$name awk -F'\t' '$2 == ENVIRON["NAME"] && $1 ~ /systemd\/system\/[^@]*\.service$/ { print $1 }' "$w/owners")
		if [ -n "$units" ]; then
			NAME=$name awk -F/ 'NR == 1 { first = $0 } $NF == ENVIRON["NAME"] ".service" { first = $0; exit } END { print first }' <<<"$units"
			return
		fi
	done < <(cat "$w/asked"; awk '$2 == "all" { print $1 }' "$w/chosen" 2>/dev/null)
}

# unit_values FILE KEY - lines continued are one; a leading "-" or "@" of a command is systemd's
unit_values()
{
	sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$1" | sed -n "s/^$2=//p"
}

read_unit()
{
	local tree=$1 unit=$1/$2 line file user group folders

	while read -r line; do
		echo "env ${line//\"/}"
	done < <(unit_values "$unit" Environment)
	while read -r file; do
		file=$tree${file#-}
		[ ! -f "$file" ] || sed -nE 's/^(export +)?([A-Za-z_][A-Za-z0-9_]*)="?([^"]*)"?$/env \2=\3/p' "$file"
	done < <(unit_values "$unit" EnvironmentFile)
	user=$(unit_values "$unit" User | tail -n 1)
	group=$(unit_values "$unit" Group | tail -n 1)
	[ -z "$user" ] || echo "user $user${group:+:$group}"
	read -ra folders < <(unit_values "$unit" RuntimeDirectory | tr '\n' ' '; echo)
	for line in "${folders[@]}"; do
		echo "dir 0755 ${user:-root}${group:+:$group} /run/$line"
	done
	unit_command "$(unit_values "$unit" ExecStart | head -n 1)"
}

# unit_command TEXT - an argument a line; variables are left to the service_numbers of all lines
unit_command()
{
	local text=$1 word quote="'" p="'([^']*)'|\"([^\"]*)\"|([^ ]+)"

	text=${text#[-@:+!]}
	while [[ $text =~ ^[[:space:]]*($p) ]]; do
		word=${BASH_REMATCH[1]}
		text=${text:${#BASH_REMATCH[0]}}
		case $word in
		"$quote"*|'"'*) echo "arg ${word:1:-1}" ;;
		*) echo "arg $word" ;;
		esac
	done
}

# Names of users become numbers, variables of "env" lines their values: an empty one is no argument.
service_numbers()
{
	local root=$1 kind rest mode owner path ids name words
	local -A env=()

	while read -r kind rest; do
		case $kind in
		env)
			name=${rest%%=*}
			[[ $rest = *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
			env[$name]=${rest#*=}
			echo "env $rest"
			;;
		user)
			ids=$(account_ids "$root" "$rest") || exit
			echo "user $ids"
			;;
		dir)
			read -r mode owner path <<<"$rest"
			if [[ $owner =~ ^[0-9]+$ ]]; then
				echo "dir $rest"
			else
				ids=$(account_ids "$root" "$owner") || exit
				echo "dir $mode $ids $path"
			fi
			;;
		arg)
			if [[ $rest =~ ^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$ ]]; then
				read -ra words <<<"${env[${BASH_REMATCH[1]}]:-}"
				[ ${#words[@]} -eq 0 ] || printf 'arg %s\n' "${words[@]}"
			else
				echo "arg $rest"
			fi
			;;
		'') ;;
		*) echo "$kind $rest" ;;
		esac
	done < <(sed 's/^#.*//')
}

# account_ids ROOT USER[:GROUP] - "UID GID"
account_ids()
{
	local user=${2%%:*} group='' uid gid

	[[ $2 != *:* ]] || group=${2#*:}
	if [[ $user =~ ^[0-9]+$ ]]; then
		uid=$user gid=${group:-$user}
	else
		uid=$(account_field "$1/etc/passwd" "$user" 3)
		gid=$(account_field "$1/etc/passwd" "$user" 4)
	fi
	[ -z "$group" ] || [[ $group =~ ^[0-9]+$ ]] || gid=$(account_field "$1/etc/group" "$group" 3)
	is_number "$uid" && is_number "$gid" || die "no user $2 in the image: correct --user, or the package's unit"
	echo "$uid $gid"
}

# account_field FILE NAME FIELD - of the first line of that name
account_field()
{
	NAME=$2 awk -F: -v field="$3" '$1 == ENVIRON["NAME"] { print $field; exit }' "$1"
}
