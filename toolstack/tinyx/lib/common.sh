# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What all parts of tinyx use: messages, text for JSON, numbers, tools that may be missing.

# Text that may be anything, as UTF-8: with json=1 the inside of a JSON string, else lines that a terminal can be
# shown, with ? for what it would obey, nobody sees, or is no UTF-8 (toolstack/lib/core/utf8.c says the same).
# shellcheck disable=SC2016 # awk's
readonly text_program='
	BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
	# How many bytes the character at i has, 0: it is none.
	function width(s, i,	c, d, n, k) {
		c = code[substr(s, i, 1)] + 0
		if (c < 128)
			return 1
		n = c < 224 ? 2 : c < 240 ? 3 : 4
		d = code[substr(s, i + 1, 1)] + 0
		if (c < 194 || c > 244 || c == 224 && d < 160 || c == 237 && d > 159 || c == 240 && d < 144 || c == 244 && d > 143)
			return 0
		for (k = 1; k < n; k++) {
			d = code[substr(s, i + k, 1)] + 0
			if (d < 128 || d > 191)
				return 0
		}
		return n
	}
	function is_seen(c) {
		return c !~ /^[\001-\037\177]|^\302[\200-\237\255]|^\342\200[\213-\217\250-\256]|^\342\201[\240-\257]/ &&
			c !~ /^\357\273\277|^\357\277[\271-\273]|^\363\240/
	}
	function escaped(c) {
		if (c == "\"" || c == "\\")
			return "\\" c
		return c ~ /^[\001-\037\177]/ ? sprintf("\\u%04x", code[c]) : c
	}
	{
		out = json && NR > 1 ? "\\n" : ""
		for (i = 1; i <= length($0); i += n ? n : 1) {
			n = width($0, i)
			c = substr($0, i, n)
			out = out (json ? n ? escaped(c) : "\\ufffd" : n && is_seen(c) ? c : "?")
		}
		printf "%s", json ? out : out "\n"
	}'

# shown - lines from standard input, for a terminal
shown()
{
	LC_ALL=C awk "$text_program"
}

# one_line TEXT - the same of a text that has to be one line
one_line()
{
	if [[ $1 =~ ^[\ -~]*$ ]]; then
		printf '%s\n' "$1"
	else
		shown <<<"${1//$'\n'/?}"
	fi
}

# json_string TEXT - with quotes
json_string()
{
	if [[ $1 =~ ^[\ -~]*$ && $1 != *[\"\\]* ]]; then
		printf '"%s"' "$1"
	else
		printf '"%s"' "$(LC_ALL=C awk -v json=1 "$text_program" <<<"$1")"
	fi
}

# is_number TEXT - decimal, and small enough to count with.  Whatever a file, a package or a user has said goes
# through here before any arithmetic: bash takes a text that is no number for an expression, and runs what is in it.
is_number()
{
	[[ $1 =~ ^(0|[1-9][0-9]{0,14})$ ]]
}

# Progress goes to standard error, results to standard output.
step()
{
	[ -n "${quiet:-}" ] || printf '  %-7s %s\n' "$1" "$(one_line "$2")" >&2
}

warn()
{
	one_line "tinyx: warning: $*" >&2
}

die()
{
	one_line "tinyx: $*" >&2
	exit 1
}

usage_error()
{
	one_line "tinyx: $*; see tinyx --help" >&2
	exit 2
}

# need TOOL PACKAGE - the tool, or an error that names Debian's package of it
need()
{
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ||
		die "$1 is missing: apt-get install $2"
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

# new_file PATH - a file beside PATH that nobody has made before, open for writing as new_fd; new_name is its name.
# Whoever else may write to that folder leads us to no other file.  give_name or drop_new_file follows.
new_file()
{
	new_name=$1.$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n').new
	set -C
	# With -C a file that is not there is opened with O_EXCL.
	if ! { exec {new_fd}>"$new_name"; } 2>/dev/null; then
		set +C
		new_name=''
		die "$1: cannot be written: no such folder, or it is not yours"
	fi
	set +C
}

# give_name PATH - to new_file's; what had the name before is replaced, and a link not followed
give_name()
{
	exec {new_fd}>&-
	mv -fT "$new_name" "$1" 2>/dev/null || die "$1: cannot be replaced: a folder, or somebody else's"
	new_name=''
}

# For a trap: whatever happens, no part of a file stays.
drop_new_file()
{
	[ -z "${new_name:-}" ] || rm -f "$new_name"
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
