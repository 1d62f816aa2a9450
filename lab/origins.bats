#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe -a: which network each hop belongs to, by a name server of the lab.

load suite

LAB=(--hops 4 --box strip@2)
export HOST=10.0.5.2

# Routers 2 and 3 answer from public addresses.
setup_file() {
	begin_suite
	on r2 ip addr add 198.18.2.1/32 dev lo
	on r2 ip route change 10.0.1.0/24 via 10.0.2.1 src 198.18.2.1
	on r3 ip addr add 198.18.3.1/32 dev lo
	on r3 ip route change 10.0.1.0/24 via 10.0.3.1 src 198.18.3.1
	on client sh -c 'printf "nameserver 127.0.0.1\noptions attempts:1\n" \
		>/etc/resolv.conf'
}

# The server in the lab is told to end: it does not notice that its caller does.
teardown() {
	[[ -z $pid ]] || { kill "$pid" && wait "$pid"; } || true
	pid=
	end_test
}

serve() {		# [silent]; by the lines of its input
	cat >"$tmp/zone"
	lab/lab run --name "$LAB_NAME" lab/servers/name_server.py 127.0.0.1 \
		"$tmp/zone" "$@" >"$tmp/asked" 3>&- &
	pid=$!
	until on client ss -Hlun | grep -q '127.0.0.1:53'; do :; done
}

as_of() {		# HOP
	sed "s/.*\"ttl\":$1,//; s/\"rtt_ms\".*//" "$tmp/report"
}

@test "the network of a hop is told, and whom to ask" {
	serve <<-END
		1.2.18.198.origin.asn.cymru.com 64500 64501 | 198.18.2.0/24 | DE | ripencc | 2010-07-14
		as64500.asn.cymru.com 64500 | DE | ripencc | 2010-07-14 | EXAMPLE Example Carrier, DE
		1.3.18.198.origin.asn.cymru.com 64502 | 198.18.3.0/24 | DE | ripencc | 2010-07-14
	END
	run --separate-stderr on client ./mpprobe -a --html "$tmp/page.html" $HOST
	echo "$output"
	((status == 1))
	# As it was said, when it is read again.
	[[ $(./mpprobe read "$tmp/page.html") == "$output" ]]
	(($(grep -c '>AS64500 EXAMPLE</text>' "$tmp/page.html") == 2))
	[[ $output == *' 198.18.2.1  AS64500 EXAMPLE '* ]]
	[[ $output == *' 198.18.3.1  AS64502 '* ]]
	[[ $(tr '\n' ' ' <<<"$output") == *'Hop 2 belongs to AS64500 (EXAMPLE Example Carrier, DE), hop 3 to AS64502: ask there.'* ]]
	# Private addresses are asked of nobody, and no network without -a.
	[[ $(grep -c origin "$tmp/asked") == 2 ]]
	on client ./mpprobe -j -n -a -o "$tmp/report" $HOST || (($? == 1))
	report/validate.py "$tmp/report"
	[[ $(as_of 2) == *'"as":{"number":64500,"name":"EXAMPLE Example Carrier, DE"}'* ]]
	[[ $(as_of 3) == *'"as":{"number":64502,"name":null}'* ]]
	[[ $(as_of 1) != *'"as"'* ]]
	! grep -q arpa <(tail -n 3 "$tmp/asked") || false
	# With pseudonyms hops 2 and 3 are still of two networks.
	a_key "$tmp/key"
	on client ./mpprobe -a --anonymize-key "$tmp/key" $HOST >"$tmp/report" || (($? == 1))
	! grep -E '198[.]18|AS64|EXAMPLE|Carrier' "$tmp/report" || false
	[[ $(grep -oE 'AS42[0-9]+' "$tmp/report" | sort -u | wc -l) == 2 ]]
	: >"$tmp/asked"
	run on client ./mpprobe $HOST
	[[ $output != *AS64500* ]]
}

@test "an answer that does things to a terminal does nothing" {
	serve < <(printf '%s\n' \
		'1.2.18.198.origin.asn.cymru.com 64500 | x' \
		$'as64500.asn.cymru.com 64500 | | | | EV\e[31mIL\x9b')
	run --separate-stderr on client ./mpprobe -a $HOST
	[[ $output == *'AS64500 EV?[31mIL? '* ]]
	[[ $output != *$'\e'* ]]
}

@test "a name server that says nothing delays nothing" {
	serve silent </dev/null
	SECONDS=0
	run --separate-stderr on client ./mpprobe -a $HOST
	((status == 1 && SECONDS < 8))
	[[ $output != *AS6* ]]
	# It was asked.
	grep -q origin "$tmp/asked"
}
