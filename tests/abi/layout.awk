# SPDX-License-Identifier: GPL-2.0-only
# Turns the structures of a header into a C array of their sizes and field offsets, so that object
# code of different compilers can be compared.  Reads only the plain style of noxs.h: one field or
# one comma list per line.

function emit(expr)
{
	printf "\t%s,\n", expr
}

BEGIN {
	print "#include \"noxs.h\""
	print "extern const unsigned int noxs_layout[];"
	print "const unsigned int noxs_layout[] = {"
}

# Comments would be taken for fields.
{
	gsub(/\/\*[^*]*\*\//, "")
	sub(/\/\*.*/, "")
}

/^(struct|union) [a-z_]+ \{/ {
	type = $1 " " $2
	depth = 1
	emit("sizeof(" type ")")
	next
}

# An inner union's members are reached through its name, at the closing line.
type != "" && /^ +union \{/ { depth++; next }

type != "" && /^ *\}/ {
	if (depth == 2) {
		name = $2
		sub(/;.*/, "", name)
		emit("__builtin_offsetof(" type ", " name ")")
		depth--
		next
	}
	type = ""
	next
}

type != "" && depth == 1 && /;/ {
	line = $0
	sub(/;.*/, "", line)
	n = split(line, part, ",")
	for (i = 1; i <= n; i++) {
		name = part[i]
		sub(/\[.*/, "", name)
		sub(/ +$/, "", name)
		sub(/.* /, "", name)
		emit("__builtin_offsetof(" type ", " name ")")
	}
}

END {
	print "};"
}
