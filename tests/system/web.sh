# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In Dom0: the files of a romfs that Debian's genromfs has made are served over HTTP by the web app, byte
# for byte, to one client and to many.
# shellcheck source=tests/system/common
. ./common
# shellcheck source=tests/system/guests
. ./guests

trap destroy_all EXIT
bridge_up
site=http://$net.2
got=/run/web.got

# web NAME LAST DISK - a web guest at $net.LAST
web()
{
	_cfg=$(guest_config "$1" web "bridge=xenbr0,ip=$net.$2/24,gateway=$net.1")
	shift 2
	printf 'disk = [ "%s" ]\n' "$1" >>"$_cfg"
	chaos create --no-daemon $options "$_cfg" on_crash=preserve
}

options="--timeout 60"

# same URL FILE
same()
{
	timeout 60 wget -q -O $got "$site$1" && cmp $got "$2"
}

run web-create web web 2 "vdev=xvda,access=ro,target=/lab/web.romfs"
check web-says "chaos console --dump web | grep -q 'web: serving 6 files at $net.2'"
run web-index same / web.index
run web-index-by-name same /index.html web.index
run web-directory same /sub/ web.index
run web-link same /sub/link.txt web.index
run web-query same "/index.html?a=b" web.index
run web-encoded same /a%20name%20with%20blanks.txt web.index
run web-large same /big.bin web.big
run web-empty same /empty.txt /dev/null
check web-type "wget -S -O $got $site/ 2>&1 | grep -q 'Content-Type: text/html'"
check web-missing "./webcheck status $net.2 /none.html | grep -q '^HTTP/1.[01] 404 '"
check web-not-a-file "./webcheck status $net.2 /sub | grep -q ' 404 '"
check web-dots "./webcheck status $net.2 /sub/../index.html | grep -q ' 404 '"
check web-dots-encoded "./webcheck status $net.2 /sub/%2e%2e/index.html | grep -q ' 404 '"
check web-symlink "./webcheck status $net.2 /symlink | grep -q ' 404 '"
run web-keep-alive ./webcheck get $net.2 /sub/link.txt web.index 50
run web-keep-alive-large ./webcheck get $net.2 /big.bin web.big 3
run web-many ./webcheck many $net.2 /big.bin web.big 20
one_by_one()
{
	for _i in $(seq 50); do
		./webcheck get $net.2 / web.index 1 || return
	done
}
run web-one-by-one one_by_one
# From one port: the guest, which closes first, is in TIME-WAIT each time.
run web-same-port ./webcheck again $net.2 / web.index 20
run web-same-port-large ./webcheck again $net.2 /big.bin web.big 3
# told NAME PIECES TEXT ANSWERS - a text in so many segments is answered with these statuses, and so it ends
told()
{
	run "$1" answers "$2" "$3" "$4"
}
answers()
{
	_got=$(./webcheck say $net.2 "$2" "$1") || return
	[ "$_got" = "$3" ] || { echo "$_got"; return 1; }
}
host='Host: x\r\n'
more='A: b\r\nAccept: */*\r\nCookie: abcdefghijklmnop\r\n'
for i in 6 7 8 20 100; do
	told web-pieces-$i $i "GET / HTTP/1.0\r\n$more\r\n" "200 closed"
done
told web-pipelined 1 "GET / HTTP/1.1\r\n$host\r\nGET /none HTTP/1.1\r\n$host\r\nGET / HTTP/1.1\r\n$host\r\n" "200 404 200 open"
told web-pipelined-close 3 "GET /big.bin HTTP/1.1\r\n$host\r\nGET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n" "200 200 closed"
told web-head 1 "HEAD /big.bin HTTP/1.1\r\n$host\r\nGET / HTTP/1.1\r\n${host}connection:close\r\n\r\n" "200 200 closed"
told web-post 1 "POST / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n${host}Connection: Close\r\n\r\n" "405 200 closed"
told web-post-large 1 "POST / HTTP/1.1\r\n${host}Content-Length: 3000000\r\n\r\nabc" "405 closed"
told web-put 1 "PUT /x HTTP/1.0\r\n\r\n" "405 closed"
told web-options 1 "OPTIONS * HTTP/1.0\r\n\r\n" "405 closed"
told web-unknown-method 1 "BREW / HTTP/1.0\r\n\r\n" "501 closed"
told web-lower-case 1 "GET / HTTP/1.0\r\nconnection: KEEP-ALIVE\r\n\r\n" "200 open"
told web-persistent 1 "GET / HTTP/1.1\r\n$host\r\n" "200 open"
told web-leading-crlf 1 "\r\n\r\nGET / HTTP/1.0\r\n\r\n" "200 closed"
told web-bare-lf 1 "GET / HTTP/1.0\n\n" "200 closed"
told web-no-version 1 "GET /\r\n" "400 closed"
told web-no-host 1 "GET / HTTP/1.1\r\n\r\n" "400 closed"
told web-tls 1 "\x16\x03\x01\x00\xc8\x01\x00" "400 closed"
told web-tabs 1 "GET\t/\tHTTP/1.0\r\n\r\n" "400 closed"
told web-http2 1 "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" "505 closed"
told web-long-query 1 "GET /?$(printf '%03000d' 0) HTTP/1.0\r\n\r\n" "200 closed"
told web-long-path 1 "GET /$(printf '%03000d' 0) HTTP/1.0\r\n\r\n" "414 closed"
told web-long-uri 1 "GET /?$(printf '%09000d' 0) HTTP/1.0\r\n\r\n" "414 closed"
told web-long-header 1 "GET / HTTP/1.0\r\nCookie: $(printf '%09000d' 0)\r\n\r\n" "431 closed"
run web-half-closed ./webcheck half $net.2 /big.bin web.big 3
check web-half-request "printf 'GET / HT' | nc -w 5 $net.2 80 | grep -q '^HTTP/1.1 400 '"
check web-head-has-length "printf 'HEAD /big.bin HTTP/1.0\r\n\r\n' | nc -w 5 $net.2 80 | tr -d '\r' |
	grep -q '^Content-Length: 1048576\$'"
check web-head-is-all "[ \$(printf 'HEAD /big.bin HTTP/1.0\r\n\r\n' | nc -w 5 $net.2 80 | wc -c) -lt 400 ]"
check web-405-allows "printf 'POST / HTTP/1.0\r\n\r\n' | nc -w 5 $net.2 80 | grep -q '^Allow: GET, HEAD'"
# More than there can be, none of which reads: they keep nobody out.
rm -f /run/stall.go
./webcheck stall $net.2 /big.bin 150 /run/stall.go &
stalled=$!
sleep 8
run web-beside-stalled eventually 20 "same / web.index"
run web-beside-stalled-large eventually 20 "same /big.bin web.big"
touch /run/stall.go
check web-stalled "wait $stalled"
head -c 100000 /dev/urandom | nc -w 2 $net.2 80 >/dev/null
run web-after-nonsense same /index.html web.index
# A peer that knows TCP and sticks to nothing: the guest lives.
for attack in "mss /" "window /big.bin" "probe /"; do
	run "web-attack-${attack% *}" ./netattack "${attack% *}" xenbr0 $net.240 $net.2 80 "${attack#* }"
	run "web-after-${attack% *}" same /index.html web.index
done
# Clients that ask for much and never read, more than there is memory for.
./netattack hold $net.2 80 /big.bin 150 15 &
holder=$!
sleep 6
for i in 1 2 3; do
	run web-during-hold-$i timeout 10 ./webcheck get $net.2 / web.index 1
done
wait $holder
run web-after-hold same /index.html web.index
check web-wrote-nothing "chaos info web | grep -A3 '^vbd 0 *open' | grep -q ' 0 writes'"

# Saved and restored with slow downloads under way, all of them with the disk still to be read.
save_and_restore()
{
	chaos save web /run/web.saved && chaos restore /run/web.saved
}
holds=
rm -f /run/hold.*
for i in 1 2 3 4; do
	./webcheck hold $net.2 /big.bin web.big /run/hold.$i /run/hold.go &
	holds="$holds $!"
done
check web-downloads-begun "eventually 20 '[ -e /run/hold.1 ] && [ -e /run/hold.2 ] && [ -e /run/hold.3 ] && [ -e /run/hold.4 ]'"
run web-save-and-restore save_and_restore
touch /run/hold.go
survived=0
for i in $holds; do
	wait "$i" && survived=$((survived + 1))
done
check web-downloads-survive "[ $survived = 4 ]"
run web-restored-index same / web.index
run web-restored-keep-alive ./webcheck get $net.2 /sub/link.txt web.index 5

# The disk is taken and given back: who was being served is cut off, and nobody hangs.
rm -f /run/hold.*
./webcheck hold $net.2 /big.bin web.big /run/hold.1 /run/hold.go 2>/dev/null &
hold=$!
check web-detach-download "eventually 20 '[ -e /run/hold.1 ]'"
run web-detach chaos block-detach web xvda
touch /run/hold.go
check web-detach-download-ends "! wait $hold"
check web-detached "./webcheck status $net.2 / | grep -q ' 503 '"
run web-attach chaos block-attach web vdev=xvda access=ro target=/lab/web.romfs
run web-attached-index eventually 10 "same / web.index"
run web-attached-large same /big.bin web.big
chaos destroy web

# With a larger MTU the segments are larger.
ip link set xenbr0 mtu 9000
jumbo_cfg=$(guest_config jumbo web "bridge=xenbr0,mtu=9000,ip=$net.2/24,gateway=$net.1")
echo 'disk = [ "vdev=xvda,access=ro,target=/lab/web.romfs" ]' >>"$jumbo_cfg"
run web-jumbo-create chaos create --no-daemon $options "$jumbo_cfg"
run web-jumbo-segments ./netcheck segments $net.2 8900 /big.bin
run web-jumbo-large same /big.bin web.big
run web-jumbo-many ./webcheck many $net.2 /big.bin web.big 20
# To it as well: the body comes in one segment of three slots, and what follows it is found.
told web-jumbo-body 1 "POST / HTTP/1.1\r\n${host}Content-Length: 8000\r\n\r\n$(printf '%08000d' 0)GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n" "405 200 closed"
chaos destroy jumbo
ip link set xenbr0 mtu 1500

# Without a disk that can be served it crashes, and says why.
: >/run/zero
truncate -s 1M /run/zero
head -c 100000 web.romfs >/run/cut
options=--no-wait
for disk in zero cut; do
	web web 2 "vdev=xvda,access=ro,target=/run/$disk"
	check web-disk-$disk "eventually 10 'state web | grep -q c'"
	check web-disk-$disk-said "chaos console --dump web | grep -q 'web: no usable romfs on the disk'"
	destroy_all
done
finish
