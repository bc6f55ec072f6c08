# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private root of apt under the cache: lists, packages and a status that says that nothing is installed.  Of
# the host it takes where packages come from, the keys, and how to get there (Acquire::*).

# apt_setup - once for each command
apt_setup()
{
	local key from

	need apt-get apt
	need dpkg-deb dpkg
	key=$(apt_sources | sha256sum | cut -c1-16)
	apt=$cache/apt/$key
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/log"
	: >"$apt/status"
	from='Dir::Etc::sourcelist "/etc/apt/sources.list"; Dir::Etc::sourceparts "/etc/apt/sources.list.d";'
	[ -z "$sources" ] || from="Dir::Etc::sourcelist \"$sources\"; Dir::Etc::sourceparts \"/dev/null\";"
	{
		# What it runs after an update, or keeps, is the host's affair.
		apt-config dump | grep '^Acquire::' || :
		cat <<-END
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		$from
		Dir::State "$apt/state";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Dir::Log "$apt/log";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Install-Recommends "false";
		APT::Install-Suggests "false";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Binary::apt-get::APT::Keep-Downloaded-Packages "true";
		END
	} >"$apt/apt.conf"
}

apt_sources()
{
	if [ -n "$sources" ]; then
		echo "$sources"
		cat "$sources"
	else
		cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || :
	fi
}

apt_get()
{
	APT_CONFIG=$apt/apt.conf LC_ALL=C apt-get -q "$@"
}

# Once a day, and with --update.  Without a network those that are there do.
apt_update()
{
	[ -n "$update" ] || [ -z "$(find "$apt/stamp" -mmin -1440 2>/dev/null)" ] || return 0
	step APT 'updating the private lists'
	if apt_get update >"$apt/update.log" 2>&1 && ! grep -q '^[WE]: ' "$apt/update.log"; then
		touch "$apt/stamp"
	elif [ -z "$update" ] && [ -e "$apt/stamp" ]; then
		warn "the lists of packages cannot be fetched: those of $(date -r "$apt/stamp" +%F) are used"
	else
		cat "$apt/update.log" >&2
		die 'the lists of packages cannot be fetched'
	fi
}

# apt_order NAME... - what apt would do on an empty system, in its order: "Inst|Conf NAME VERSION FILE" a line
apt_order()
{
	local said missing

	if ! said=$(apt_get -s install "$@" 2>&1); then
		missing=$(sed -n "s/^E: Unable to locate package //p
			s/^E: Package '\(.*\)' has no installation candidate/\1/p" <<<"$said" | tr '\n' ' ')
		[ -z "$missing" ] || die "no such package: $missing(tinyx build --update fetches new lists)"
		grep -vE '^(Reading|Building|NOTE)' <<<"$said" >&2
		die "apt finds no way to install $*"
	fi
	# Inst libc6 (2.36-9 Debian:12/stable [amd64]) []
	sed -nE 's/^(Inst|Conf) ([^ :]+)(:[^ ]+)? (\[[^]]*\] )?\(([^ ]+) .*\[([^]]+)\].*/\1 \2 \5 \6/p' <<<"$said" |
		while read -r verb name version arch; do
			echo "$verb $name $version ${name}_${version//:/%3a}_$arch.deb"
		done
}

# apt_fetch NAME... - what is missing of them and of what they need goes to the archives
apt_fetch()
{
	apt_get -y --download-only install "$@" >"$apt/fetch.log" 2>&1 && return
	grep -E '^(E|W|Err)' "$apt/fetch.log" >&2
	! grep -q 'No space left\|enough free space' "$apt/fetch.log" || die "disk full: $apt/cache"
	die "packages cannot be fetched; those that came are kept, and the same command goes on from there"
}

# deb_date FILE - when a package was made, seconds since 1970: the date of its first member
deb_date()
{
	local date

	date=$(bytes "$1" 24 12 | tr -d ' \0')
	# The last that a header of a tar can have.
	is_number "$date" && [ "$date" -lt 8589934592 ] || die "$1: not a package that dpkg-deb makes"
	echo "$date"
}
