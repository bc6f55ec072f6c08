# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: programs of Debian's packages in images of tinyx, each asked by its own protocol.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests
# shellcheck source=tests/system/linux-common
. ./linux-common

trap destroy_all EXIT
bridge_up
mkdir -p $tmp

# app NAME LAST [SETTING...] - a guest of that image, which serves when this returns
app()
{
	_name=$1
	_last=$2
	shift 2
	_before=$failures
	run "$_name-create" chaos create --timeout 240 "/lab/tinyx-$_name.tinyx" "name=$_name" \
		"vif=['bridge=xenbr0,ip=$net.$_last/24']" "$@"
	[ "$failures" = "$_before" ] || chaos console --dump "$_name"
}

gone()
{
	run "$1-shutdown" chaos shutdown --wait --timeout 60 "$1"
}

# said LAST PORT - what is written there
said()
{
	timeout 30 nc "$net.$1" "$2"
}

app nginx 3
check nginx-page "get 3 / | grep -q 'Welcome to nginx'"
app haproxy 4
check haproxy-passes-on "get 4 / | grep -q 'Welcome to nginx'"
gone haproxy
gone nginx

app redis-server 5
check redis-keeps "printf 'SET key value-of-it\r\nGET key\r\nQUIT\r\n' | said 5 6379 | grep -q value-of-it"
gone redis-server

app python3 6
check python3-page "printf 'GET /page HTTP/1.0\r\n\r\n' | said 6 8000 | grep -q 'from a folder'"
gone python3

app busybox 7
check busybox-shell "[ \"\$(echo 'echo \$((6 * 7)); uname -s' | said 7 23 | tr '\n' ' ')\" = '42 Linux ' ]"
gone busybox

app openssh-server 8
check sshd-greets "said 8 22 </dev/null | grep -q '^SSH-2.0-OpenSSH'"
gone openssh-server

app static 9
check static-page "get 9 /page | grep -q 'from a folder'"
gone static

# record TYPE TEXT - of FastCGI, request 1
record()
{
	# shellcheck disable=SC2059 # bytes
	printf "\\001\\00$1\\000\\001\\000\\$(printf %03o ${#2})\\000\\000"
	printf %s "$2"
}

# param NAME VALUE - less than 128 bytes each
param()
{
	# shellcheck disable=SC2059 # bytes
	printf "\\$(printf %03o ${#1})\\$(printf %03o ${#2})"
	printf '%s%s' "$1" "$2"
}

# begin as a responder; parameters, which hold no NUL; the end of them, and of no input
fastcgi()
{
	printf '\001\001\000\001\000\010\000\000\000\001\000\000\000\000\000\000'
	record 4 "$(param SCRIPT_FILENAME /srv/sum.php)$(param REQUEST_METHOD GET)$(param QUERY_STRING a=30)"
	record 4 ''
	record 5 ''
}

app php8.2-fpm 10
check php-runs "fastcgi | said 10 9000 | grep -aq 'the sum is 42'"
gone php8.2-fpm

# ask LAST SQL... - as user postgres, one query after the other; what can be read of the answers
ask()
{
	_last=$1
	shift
	{
		printf '\000\000\000\051\000\003\000\000user\000postgres\000database\000postgres\000\000'
		for _query; do
			_size=$((${#_query} + 5))
			# shellcheck disable=SC2059 # bytes
			printf "Q\\000\\000\\$(printf %03o $((_size / 256)))\\$(printf %03o $((_size % 256)))"
			printf '%s\000' "$_query"
		done
		printf 'X\000\000\000\004'
	} | said "$_last" 5432 | tr -c '[:print:]' '\n'
}

gunzip -c /lab/tinyx-data.img.gz >$tmp/data
postgres()
{
	app postgresql 11 "disk=['$tmp/data,raw,xvdb,rw']"
}
postgres
check postgres-table "ask 11 'CREATE TABLE t (n int)' | grep -q 'CREATE TABLE'"
# Rows one by one until the guest is destroyed in the middle of one.
: >$tmp/committed
(n=1; while ask 11 "INSERT INTO t VALUES ($n)" | grep -q 'INSERT 0 1'; do echo $n >>$tmp/committed; n=$((n + 1)); done) &
writer=$!
check postgres-commits "eventually 120 '[ \$(wc -l <$tmp/committed) -ge 20 ]'"
run postgres-killed chaos destroy postgresql
wait $writer
committed=$(tail -n 1 $tmp/committed)
postgres
check postgres-has-them "ask 11 \"SELECT 'rows=' || count(*) || ',' FROM t WHERE n <= $committed\" | grep -q 'rows=$committed,'"
gone postgresql
check tinyx-no-vif-left "eventually 5 no_vifs"
finish
