# SPDX-License-Identifier: GPL-2.0-only
# Makes the linker's script of startup.list.  ours: the object files there are, each between two
# spaces; where one of them is gone that the list has, it is an error.
/^#/ { next }
{
	for (i = 2; i <= NF; i++) {
		if (($1 == "libchaos.a" || $1 == "objects" && $i !~ /^crt/) && !index(ours, " " $i ".o ")) {
			print "startup.list: there is no " $i ".o" >"/dev/stderr"
			exit 1
		}
		files[n++] = ($1 == "objects" ? "*/" : "*" $1 ":") $i ".o"
	}
}

function section(name, where, first,	i) {
	print "SECTIONS\n{\n\t" name ".start : {" first
	for (i = 0; i < n; i++)
		print "\t\t" files[i] "(" name " " name ".*)"
	print "\t}\n} INSERT " where " " name ";"
}

END {
	# Constructors, main(), and what exit() calls, which is a section of its own otherwise, the last.
	section(".text", "BEFORE", \
		"\n\t\t*(.text.startup .text.startup.*)\n\t\tKEEP(*(SORT_NONE(.fini)))")
	section(".rodata", "AFTER", "")
}
