# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What all parts of tinyx use: messages, tools that may be missing, text for JSON.

# Progress goes to standard error, results to standard output.
step()
{
	[ -n "${quiet:-}" ] || printf '  %-7s %s\n' "$1" "$2" >&2
}

warn()
{
	echo "tinyx: warning: $*" >&2
}

die()
{
	echo "tinyx: $*" >&2
	exit 1
}

usage_error()
{
	echo "tinyx: $*; see tinyx --help" >&2
	exit 2
}

# need TOOL PACKAGE - the tool, or an error that names Debian's package of it
need()
{
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ||
		die "$1 is missing: apt-get install $2"
}

# json_string TEXT - with quotes
json_string()
{
	local s=$1

	s=${s//\\/\\\\}
	s=${s//\"/\\\"}
	s=${s//$'\t'/\\t}
	s=${s//$'\n'/\\n}
	printf '"%s"' "$s"
}

mib()
{
	awk -v b="$1" 'BEGIN { printf "%.2f MiB", b / 1048576 }'
}

size_of()
{
	stat -c %s "$1"
}

sha256_of()
{
	sha256sum <"$1" | cut -d' ' -f1
}

# matches NAME PATTERN... - shell patterns
matches()
{
	local name=$1 p
	shift
	for p in "$@"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $name != $p ]] || return 0
	done
	return 1
}

# lines FILE - what it says, without comments
lines()
{
	sed 's/[ \t]*#.*//; /^$/d' "$1"
}

# bytes FILE START LENGTH - no pipe whose reader goes first
bytes()
{
	dd if="$1" bs=1M iflag=skip_bytes,count_bytes skip="$2" count="$3" status=none
}

# Nothing ends without a word: what no other message covers.
set -E
trap 'echo "tinyx: ${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR
