#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe run, live: every scenario against the kernel's MPTCP v1 and against
# the v0 responder, over IPv4 and IPv6; what it records replays; what it opens
# it ends.

load suite

LAB=(--hops 3)

scenario() {		# ARGUMENT...
	on client ./mpprobe run "$@"
}

# Every line of FILE fits the schema.
validate() {		# FILE
	report/validate.py "$1"
}

write_script() {	# BODY
	cat >"$tmp/x.lua" <<-END
		scenario { title = "t", source = "s", versions = { 0, 1 },
			answers = { rfc = { x = "y" } } }
		$1
	END
}

# ---- all of them ------------------------------------------------------------

@test 'the list has every scenario, one line each' {
	run ./mpprobe list
	((status == 0))
	for file in scenarios/*.lua; do
		name=${file##*/}
		grep -q "^${name%.lua} " <<<"$output"
		(($(wc -l <"$file") <= 32))
	done
}

@test 'all scenarios, the v1 kernel over IPv4' {
	run scenario all 10.0.4.2
	echo "$output"
	((status == 0))
	[[ ${lines[-1]} == *'answers as linux-v1 throughout.' ]]
}

@test '--anonymize: what a script says, and its capture, have other names' {
	local names='10[.]0[.][1-4][.]|server[.]lab|eth0'

	write_script 'local s = subflow()
		s:send { flags = "S" }
		note("from " .. s.source .. " hmac 0123456789abcdef")
		outcome("x", "y")'
	a_key "$tmp/key"
	scenario --anonymize-key "$tmp/key" -4 -j -w "$tmp/run.pcap" \
		"$tmp/x.lua" server.lab >"$tmp/said" || (($? <= 3))
	validate "$tmp/said"
	grep -F 'hmac ****************' "$tmp/said"
	grep -F '"target":"host-' "$tmp/said"
	scenario --anonymize-key "$tmp/key" -4 -v compliant server.lab >>"$tmp/said"
	tcpdump -nr "$tmp/run.pcap" >>"$tmp/said" 2>/dev/null
	./mpprobe run --anonymize-key "$tmp/key" -v \
		--replay pcaps/v1-scenarios/compliant.pcap compliant >>"$tmp/said" || (($? <= 3))
	! grep -E "$names" "$tmp/said" || false
}

@test 'all scenarios, the v1 kernel over IPv6' {
	run scenario all '[fd00:4::2]:80'
	echo "$output"
	((status == 0))
}

@test 'all scenarios, servers that close, defer, announce, refuse' {
	for server in fin fastclose deferring announcing rst-every-other mute; do
		run lab/lab with --hops 2 --server $server -- \
			./mpprobe run all 10.0.3.2
		echo "$server: $output"
		((status == 0))
		[[ $output == *linux-v1*throughout.* ]]
		case $server in
		deferring | mute) [[ $output == *'Not tested, because'* ]] ;;
		fastclose) [[ $output == *'All 28 scenarios tested: '*': 1.' ]] ;;
		*) [[ $output == *'All 29 scenarios: '* ]] ;;
		esac
	done
}

@test 'all scenarios, servers that are two, or know less' {
	for server in balanced-flows balanced-packets no-checksum; do
		run lab/lab with --hops 2 --server $server -- \
			./mpprobe run all 10.0.3.2
		echo "$server: $output"
		((status == 0))
		flat=$(tr -s ' \n' ' ' <<<"$output")
		case $server in
		balanced-packets)
			[[ $flat == *'the server takes no data either.'* ]]
			;;
		no-checksum)
			[[ $flat == *'DSS checksums, as Linux before 5.14.'* ]]
			[[ $flat == *'subflow, as Linux 5.10 by default.'* ]]
			;;
		esac
	done
	# Which of two it is, chance decides.
	lab/lab with --hops 2 --server balanced-flows -- sh -c '
		for i in $(seq 30); do
			./mpprobe run -q join-before-data 10.0.3.2
		done; true' >"$tmp/said"
	sort "$tmp/said" | uniq -c
	(($(grep -c 'Not tested: joins from some ports reach' "$tmp/said") +
		$(grep -c 'asks and as linux-v1' "$tmp/said") == 30))
	grep -q 'Not tested' "$tmp/said"
	grep -q 'linux-v1' "$tmp/said"
}

@test 'a server that resets every join, or takes no MPTCP data, differs' {
	run lab/lab with --hops 2 --box key@1 -- ./mpprobe run join 10.0.3.2
	echo "$output"
	((status == 1))
	[[ $output == *'join is reset 1, not accepted'* ]]
	run lab/lab with --hops 2 --server garbage-no-dss -- \
		./mpprobe run data-fin 10.0.3.2
	echo "$output"
	((status == 1))
	[[ $output == *'expected that the first data is acknowledged'* ]]
}

@test 'all scenarios, TLS; the probe of a SOCKS server' {
	run lab/lab with --hops 2 --server https -- \
		./mpprobe run --say tls all 10.0.3.2
	echo "$output"
	((status == 0))
	[[ $output == *'All 29 scenarios: '*linux-v1* ]]
	lab/lab with --hops 2 --server https -- sh -c 'for name in join failover
		do ./mpprobe run -q --say tls -w "$0/$name.pcap" $name 10.0.3.2
		done' "$tmp"
	for name in join failover; do
		./mpprobe run -q --replay "$tmp/$name.pcap" $name
	done
	for say in http socks5; do
		run lab/lab with --hops 2 --server socks -- \
			./mpprobe -q --say $say 10.0.3.2
		echo "$output"
		((status == 0))
		[[ $output == *"whether a second subflow works is not"* ]] ||
			[[ $output == *"joins and carries data"* ]]
	done
	[[ $output == *"joins and carries data"* ]]	# it answers SOCKS
	run ./mpprobe --say abc host
	((status == 64))
}

@test 'the nearest stack is named, with what it answers otherwise' {
	lab/lab with --hops 2 --server garbage-no-dss -- \
		./mpprobe run -j all 10.0.3.2 >"$tmp/all" || (($? == 1))
	validate "$tmp/all"
	run python3 -c 'import json, sys
last = json.loads(sys.stdin.read().splitlines()[-1])
print(last["like"], last["nearest"]["differs"], last["text"])' <"$tmp/all"
	echo "$output"
	[[ $output == "[] ["*"'compliant'"*'The nearest is '*', compliant,'* ]]
	scenario -j all 10.0.4.2 | tail -1 | grep -q '"nearest":null'
}

@test 'what the path does is not taken for the server' {
	for host in 10.0.4.2 '[fd00:4::2]'; do
		run lab/lab with --hops 3 --box strip-join@2 -- \
			./mpprobe run -w "$tmp/run.pcap" join "$host"
		echo "$output"
		((status == 3))
		flat=$(tr -s ' \n' ' ' <<<"$output")
		[[ $flat == *'Not tested: MP_JOIN is removed from the MP_JOIN SYN'*'at or between hop 2 '*' and hop 3 '* ]]
		run ./mpprobe run -q --replay "$tmp/run.pcap" join
		((status == 3))
		[[ $output == 'join: Not tested: MP_JOIN is removed from'* ]]
	done
	run lab/lab with --hops 3 --box strip-data@2 -- \
		./mpprobe run all 10.0.4.2
	echo "$output"
	# but MP_TCPRST is gone, too, which each kernel of today sends
	grep -Eq '^([0-9]+) of \1 scenarios' <<<"$output"
	[[ $output == *'because of what the server or the path does: '* ]]
	# No hop behind the box, or nothing that hops quote: it may be the peer.
	run lab/lab with --hops 3 --box strip-join@3 -- \
		./mpprobe run join 10.0.4.2
	echo "$output"
	((status == 1))
	[[ $output == *"join is plain"* ]]
	run lab/lab with --hops 3 --box drop-join-ack@2 -- \
		./mpprobe run join 10.0.4.2
	echo "$output"
	((status == 1))
	[[ $output == *"join is unconfirmed"* ]]
}

@test 'what the return path may have done is not said of the server' {
	for host in 10.0.4.2 '[fd00:4::2]'; do
		run lab/lab with --hops 3 --box hmac@2,return -- \
			./mpprobe run -q join "$host"
		echo "$output"
		((status == 1))
		[[ $output == 'join: The answers are like those of no known stack.'*'join is wrong-hmac, not accepted'*'The return path may have'* ]]
	done
	run lab/lab with --hops 3 --box strip-data@2,return -- \
		./mpprobe run -q join 10.0.4.2
	echo "$output"
	((status == 1))
	[[ $output == 'join: The answers differ: '*'The return path may have'* ]]
}

# Of data, the server sends so many bytes to the port of the client, no more.
choke() {		# PORT BYTES
	local rule=(OUTPUT -p tcp --dport "$1" -m length --length 100:1500)

	on server iptables -A "${rule[@]}" -m quota --quota "$2" -j ACCEPT
	on server iptables -A "${rule[@]}" -j DROP
}

@test 'a server that takes over, one that does not, one that repeats nothing' {
	seeded() {
		run scenario -j --seed 11 -w "$tmp/run.pcap" takeover 10.0.4.2
		((status == $1))
		python3 -c 'import json, sys; o = json.load(sys.stdin)
print(*(o["outcomes"][n] for n in ("takeover", "original")),
      *(s["name"] for s in o["stacks"] if s["matches"]))' \
			<<<"${lines[0]}" >"$tmp/found"
		cat "$tmp/found"
		./mpprobe run -j --replay "$tmp/run.pcap" takeover |
			grep -qF "$(grep -o '"outcomes":{[^}]*}' <<<"${lines[0]}")"
	}
	seeded 0
	[[ $(<"$tmp/found") == 'same DSN again rfc linux-v1' ]]
	# Of the look at the version, of the first subflow, of the second one.
	mapfile -t ports < <(tcpdump -nr "$tmp/run.pcap" \
		'tcp[tcpflags] == tcp-syn' 2>/dev/null |
		sed 's/.*10\.0\.1\.1\.\([0-9]*\) >.*/\1/')
	((${#ports[@]} == 3))
	choke "${ports[2]}" 0
	seeded 0
	[[ $(<"$tmp/found") == 'none again rfc' ]]
	choke "${ports[1]}" 600
	seeded 1
	[[ $(<"$tmp/found") == 'none not again' ]]
	on server iptables -F OUTPUT
}

@test 'all scenarios, the v0 responder over IPv4' {
	run scenario all 10.0.4.2:9080
	echo "$output"
	((status == 0))
	[[ $output == *'linux-v0 throughout.'* ]]
}

@test 'all scenarios, the v0 responder over IPv6' {
	run scenario all '[fd00:4::2]:9080'
	echo "$output"
	((status == 0))
}

@test 'all scenarios, the v1 kernel under SYN cookies' {
	run lab/lab with --hops 3 --sysctl-server net.ipv4.tcp_syncookies=2 -- \
		./mpprobe run all 10.0.4.2
	echo "$output"
	((status == 0))
}

@test 'all scenarios, the v1 kernel with DSS checksums of its own' {
	run lab/lab with --hops 3 \
		--sysctl-server net.mptcp.checksum_enabled=1 -- \
		./mpprobe run all 10.0.4.2
	echo "$output"
	((status == 0))
}

@test 'a wrong checksum draws MP_FAIL from version 0, and no MP_JOIN' {
	run scenario bad-dss-checksum 10.0.4.2:9080
	((status == 0))
	[[ $output == *'MP_FAIL dsn'* ]]
	[[ $output == *'data: mp-fail'* ]]
	[[ $output == *'join: reset'* ]]
}

@test 'JSON fits its schema, for one and for all' {
	scenario -j join 10.0.4.2 >"$tmp/one"
	validate "$tmp/one"
	scenario -j all 10.0.4.2 >"$tmp/all"
	validate "$tmp/all"
	(($(wc -l <"$tmp/all") == $(ls scenarios/*.lua | wc -l) + 1))
	./mpprobe run -j --replay pcaps/v0/compliant.pcap compliant >"$tmp/old"
	validate "$tmp/old"
}

# ---- recording ----------------------------------------------------------------

@test 'what is recorded replays, and can be judged' {
	for file in scenarios/*.lua; do
		name=${file##*/}
		name=${name%.lua}
		scenario -q -w "$tmp/$name.pcap" "$name" 10.0.4.2
		./mpprobe run -q --replay "$tmp/$name.pcap" "$name"
		run ./mpprobe read -q "$tmp/$name.pcap"
		((status <= 3))
	done
}

@test 'what is recorded of version 0 replays' {
	for name in compliant join hole failover data-fin split-bait; do
		scenario -q -w "$tmp/$name.pcap" "$name" 10.0.4.2:9080
		./mpprobe run -q --replay "$tmp/$name.pcap" "$name"
	done
}

@test 'the request names an IPv6 address in brackets' {
	scenario -q -w "$tmp/run.pcap" compliant '[fd00:4::2]:80'
	grep -aq $'^Host: \\[fd00:4::2\\]\r$' "$tmp/run.pcap"
}

@test 'a capture of another exchange is no replay: 65' {
	cat >"$tmp/short.lua" <<-'END'
		scenario {
			title = "a connection, and half a request",
			source = "RFC 8684 3.1",
			versions = { 1 },
			answers = { rfc = { option = "there" } },
		}
		local a = subflow { checksum = true }
		a:connect()
		a:data(opening)
		outcome("option", "there")
	END
	run --separate-stderr ./mpprobe run --replay \
		pcaps/v1-scenarios/compliant.pcap "$tmp/short.lua"
	echo "$stderr"
	((status == 65))
	[[ $stderr == *'the capture is of another exchange: in frame '*' the client sends data that the scenario does not'* ]]
	for name in join data-fin invalid-key; do
		run ./mpprobe run -q --replay \
			pcaps/v1-scenarios/$name.pcap compliant
		((status == 65))
	done
}

@test 'outcomes of a replay are those of the live run' {
	scenario -j -w "$tmp/run.pcap" join 10.0.4.2 >"$tmp/live"
	./mpprobe run -j --replay "$tmp/run.pcap" join >"$tmp/again"
	for file in live again; do
		python3 -c 'import json, sys; o = json.load(sys.stdin)
print(o["outcomes"], o["stacks"], [(s["flags"], s["raw"], s["seq"], s["ack"])
      for s in o["segments"][:10]])' <"$tmp/$file" >"$tmp/$file.short"
	done
	diff "$tmp/live.short" "$tmp/again.short"
}

@test 'a seed makes keys, ports and numbers the same' {
	for run in 1 2; do
		scenario -j --seed 7 mirror-check 10.0.4.2 >"$tmp/$run"
		python3 -c 'import json, sys; o = json.load(sys.stdin)
print([s["raw"] for s in o["segments"] if s["direction"] == "sent"])' \
			<"$tmp/$run" >"$tmp/$run.sent"
	done
	diff "$tmp/1.sent" "$tmp/2.sent"
}

# ---- the language, live ------------------------------------------------------

@test 'a sweep of TTLs is quoted by every router' {
	write_script 'local a = subflow()
		a:connect()
		a:ack { ttl = { 1, 3 } }
		wait(300)
		local at = {}
		for i, q in ipairs(a:quotes()) do at[q.ttl] = q.address end
		outcome("x", at[1] and at[2] and at[3] and "y" or "n")
		note(at[1] .. " " .. at[2] .. " " .. at[3])'
	run scenario "$tmp/x.lua" 10.0.4.2
	echo "$output"
	((status == 0))
	[[ $output == *'10.0.1.2 10.0.2.2 10.0.3.2'* ]]
	[[ $output == *'10.0.2.2: ICMP, quotes'* ]]
}

@test 'a second subflow from another address' {
	on client ip addr add 10.0.1.9/24 dev eth0
	lab/lab run --name "$LAB_NAME" tcpdump -nlUi eth0 -c 1 \
		"src 10.0.1.9 and tcp" >"$tmp/seen" 2>"$tmp/dump" 3>&- &
	pid=$!
	await grep -q listening "$tmp/dump"
	run scenario --join-source 10.0.1.9 join 10.0.4.2
	on client ip addr del 10.0.1.9/24 dev eth0
	echo "$output"
	((status == 0))
	wait "$pid"
	pid=
	grep -q 'mptcp 12 join' "$tmp/seen"
}

@test 'a second subflow from an address that is not ours' {
	run --separate-stderr scenario --join-source 10.9.9.9 join 10.0.4.2
	((status == 64))
	[[ $stderr == *'--join-source'* ]]
}

# ---- what is no MPTCP peer ------------------------------------------------------

@test 'a plain TCP server: 3' {
	run --separate-stderr scenario compliant 10.0.4.2:8080
	((status == 3))
	[[ -z $output && $stderr == *'no MPTCP peer'* ]]
	run scenario all 10.0.4.2:8080
	((status == 3))
}

@test 'a closed port: 3' {
	run scenario compliant 10.0.4.2:81
	((status == 3))
}

@test 'a forced version names what was expected and found' {
	run --separate-stderr scenario --mptcp 1 compliant 10.0.4.2:8080
	((status == 3))
	[[ $stderr == *'compliant.lua:14: expected MP_CAPABLE in the SYN/ACK, got mss'* ]]
}

@test 'a scenario that is not for the version of the peer: 3' {
	run --separate-stderr scenario add-addr 10.0.4.2:9080
	((status == 3))
	[[ -z $output && $stderr == *'not for MPTCP version 0'* ]]
}

# ---- bad scripts and bad usage -----------------------------------------------

@test 'not Lua: file, line, 65, before the host is looked up' {
	printf 'this is not lua' >"$tmp/x.lua"
	run --separate-stderr ./mpprobe run "$tmp/x.lua" host.invalid
	((status == 65))
	[[ -z $output && $stderr == *"x.lua:1: syntax error near 'is'"* ]]
}

@test 'a script without end, and one that eats memory, after the SYN/ACK' {
	write_script 'subflow():connect() while true do end'
	run --separate-stderr scenario "$tmp/x.lua" 10.0.4.2
	((status == 65))
	[[ $stderr == *'x.lua:3: the script took more than 20 million'* ]]
	write_script 'subflow():connect() local s = "x" while 1 do s = s .. s end'
	run --separate-stderr scenario "$tmp/x.lua" 10.0.4.2
	((status == 65))
	[[ $stderr == *'x.lua:3: the script needs more than 8 MiB'* ]]
}

@test 'no SCENARIO, no HOST, too much: 64' {
	run ./mpprobe run
	((status == 64))
	run ./mpprobe run join
	((status == 64))
	run ./mpprobe run --replay pcaps/v0/plain.pcap join host
	((status == 64))
	run ./mpprobe run --replay pcaps/v0/plain.pcap -w x.pcap join
	((status == 64))
	run ./mpprobe run nonesuch host
	((status == 65))
}

@test 'no privilege: 77, and a replay needs none' {
	((EUID == 0)) || skip 'only root can give up what it has'
	as_nobody() {
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			--bounding-set -all --inh-caps -all "$@"
	}
	# A copy by relative names: the tree may be in a home of mode 0700, and
	# cloned with umask 077.
	install mpprobe "$tmp"
	install -m 644 scenarios/{join,plain}.lua pcaps/v0/plain.pcap "$tmp"
	chmod 755 "$tmp"
	cd "$tmp"
	run as_nobody ./mpprobe run ./join.lua 10.0.4.2
	((status == 77 || status == 3))	# 3: no route outside of the lab
	run as_nobody ./mpprobe run --replay plain.pcap ./plain.lua
	echo "$output"
	((status == 0))
}

none_is_left() {
	left=$(on server ss -HtnM state established sport = :80)
	[[ -z $left ]]
}

none_left() {
	await none_is_left || { echo "$left"; return 1; }
}

# ---- the end ---------------------------------------------------------------------

@test 'an interrupted script ends its connection: 130' {
	write_script 'subflow():connect() wait(20000)'
	# Shells start what runs in the background with SIGINT ignored.
	(exec lab/lab run --name "$LAB_NAME" env --default-signal=INT \
		./mpprobe run -q -w "$tmp/run.pcap" "$tmp/x.lua" 10.0.4.2) &
	pid=$!
	is_open() { on server ss -Htn state established sport = :80 | grep -q .; }
	await is_open
	kill -INT $pid
	code=0
	wait $pid || code=$?
	pid=
	echo "exit $code"
	((code == 130))
	tcpdump -nr "$tmp/run.pcap" 2>/dev/null | tail -1 | grep -q 'Flags \[R'
}

@test 'a script that ends before its data is acknowledged' {
	write_script 'local a = subflow()
		a:connect()
		a:data("GET ")
		outcome("x", "y")'
	scenario "$tmp/x.lua" 10.0.4.2
	none_left
}

@test 'no connection is left on the server' {
	none_left
}
