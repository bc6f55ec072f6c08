# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0, where xl is: what xl and chaos make of each configuration of tests/xlcfg/table, for the host to
# compare.  A line for each: xlcfg NAME STATUS DOCUMENT of xl, and of chaos.
awk '/^#: / { name = $2; next } name { print >"/run/" name ".xlcfg" }' /lab/table
for f in /run/*.xlcfg; do
	name=${f#/run/}
	name=${name%.xlcfg}
	xl=$(xl create -n -d "$f" 2>&1)
	rc=$?
	echo "xlcfg-xl $name $rc $(echo "$xl" | sed -n '/^{/,/^}/p' | tr -d '\n')"
	chaos=$(chaos create --dry-run "$f" 2>"$f.err")
	rc=$?
	echo "xlcfg-chaos $name $rc $chaos"
	# One line that names the setting, beside warnings.
	if [ $rc != 0 ]; then
		echo "xlcfg-error $name $(grep -vc '^chaos: warning: ' "$f.err") $(grep -v '^chaos: warning: ' "$f.err")"
	fi
done
