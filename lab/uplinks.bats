#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A client with two ways out: eth0, which the routes to the server prefer, and
# up1, both to the first router.

load suite

LAB=(--hops 3)

setup_file() {
	begin_suite
	second_uplink
	second_routes
}

# 10.0.30.0/24 and fd00:30::/64. A process of the router's names its namespace.
second_uplink() {
	local router

	exec {router}< <(on r1 sh -c 'echo $$; exec sleep 60')
	read -r -u $router namespace
	on client ip link add up1 type veth peer name down1 netns "$namespace"
	on client ip addr add 10.0.30.1/24 dev up1
	on client ip addr add fd00:30::1/64 dev up1 nodad
	on client ip link set up1 up
	on r1 ip addr add 10.0.30.2/24 dev down1
	on r1 ip addr add fd00:30::2/64 dev down1 nodad
	on r1 ip link set down1 up
	for hop in 2 3; do
		on r$hop ip route add 10.0.30.0/24 via 10.0.$hop.1
		on r$hop ip route add fd00:30::/64 via fd00:$hop::1
	done
	kill "$namespace" 2>/dev/null || true
	exec {router}<&-
}

# Worse ones than those by eth0.
second_routes() {
	on client ip route add 10.0.0.0/19 via 10.0.30.2 dev up1 metric 50
	on client ip route add fd00::/16 via fd00:30::2 dev up1 metric 5000
}

no_second_routes() {
	on client ip route del 10.0.0.0/19 dev up1
	on client ip route del fd00::/16 dev up1
}

scenario() {		# ARGUMENT...
	on client ./mpprobe run "$@"
}

# By which interfaces packets with this source went, and which way (2: sent by
# this host), as a pcapng file tells: read here as its draft describes it.
left_by() {		# FILE SOURCE
	python3 - "$1" "$2" <<-'END'
		import socket, struct, sys
		data = open(sys.argv[1], "rb").read()
		source = socket.inet_pton(socket.AF_INET6 if ":" in sys.argv[2]
		                          else socket.AF_INET, sys.argv[2])
		at, names, found = 0, [], set()

		def option(options, wanted):
		    while options:
		        kind, size = struct.unpack_from("=HH", options)
		        if kind == wanted:
		            return options[4:4 + size]
		        options = options[4 + (size + 3) // 4 * 4:]

		assert struct.unpack_from("=III", data) == (0x0a0d0d0a, 28, 0x1a2b3c4d)
		while at < len(data):
		    kind, size = struct.unpack_from("=II", data, at)
		    body = data[at + 8:at + size - 4]
		    assert data[at + 4:at + 8] == data[at + size - 4:at + size]
		    if kind == 1:
		        link, = struct.unpack_from("=H", body)
		        names.append((option(body[8:], 2).decode(), link))
		    if kind == 6:
		        index, _, _, captured, _ = struct.unpack_from("=IIIII", body)
		        name, link = names[index]
		        ip = body[20 + {1: 14, 101: 0}[link]:20 + captured]
		        way, = struct.unpack("=I", option(
		            body[20 + (captured + 3) // 4 * 4:], 2))
		        start = 12 if ip[0] >> 4 == 4 else 8
		        if ip[start:start + len(source)] == source:
		            found.add((name, way))
		    at += size
		print(*(f"{name} {way}" for name, way in sorted(found)))
	END
}

@test 'a second subflow leaves by the interface of its address' {
	for ways in '10.0.1.1 10.0.30.1 10.0.4.2' \
		'fd00:1::1 fd00:30::1 fd00:4::2'; do
		read -r first second host <<<"$ways"
		for interface in '' '-i eth0'; do
			# shellcheck disable=SC2086
			run scenario $interface --join-source "$second" \
				-w "$tmp/run.pcap" takeover "$host"
			echo "$output"
			((status == 0))
			[[ $output == *'takeover: same DSN'* ]]
			[[ $(left_by "$tmp/run.pcap" "$first") == "eth0 2" ]]
			[[ $(left_by "$tmp/run.pcap" "$second") == "up1 2" ]]
			./mpprobe run -q --replay "$tmp/run.pcap" takeover
		done
		run ./mpprobe read "$tmp/run.pcap"
		echo "$output"
		[[ $output == *"$second"*'MP_JOIN, token '*'HMAC of SYN/ACK right'* ]]
	done
}

@test 'the first subflow by the second interface, the second by the first' {
	run scenario -i up1 --join-source 10.0.1.1 -w "$tmp/run.pcap" join \
		10.0.4.2
	echo "$output"
	((status == 0))
	[[ $(left_by "$tmp/run.pcap" 10.0.1.1) == "eth0 2" ]]
	[[ $(left_by "$tmp/run.pcap" 10.0.30.1) == "up1 2" ]]
}

@test 'all scenarios over two interfaces' {
	for way in '10.0.30.1 10.0.4.2' 'fd00:30::1 fd00:4::2'; do
		# shellcheck disable=SC2086
		run scenario --join-source ${way% *} all ${way#* }
		echo "$output"
		((status == 0))
		[[ $output == *'All 29 scenarios: '* ]]
	done
}

@test 'rules by source are respected' {
	on client ip link add other type veth peer name peer
	on client ip addr add 10.0.30.77/32 dev other
	on client ip link set other up
	on client ip route add 10.0.0.0/19 via 10.0.30.2 dev up1 table 7
	on client ip rule add from 10.0.30.77 table 7
	on r1 ip route add 10.0.30.77/32 via 10.0.30.1
	run scenario --join-source 10.0.30.77 -w "$tmp/run.pcap" join 10.0.4.2
	on client ip rule del from 10.0.30.77
	on client ip link del other
	echo "$output"
	((status == 0))
	[[ $(left_by "$tmp/run.pcap" 10.0.30.77) == "up1 2" ]]
}

@test 'an address of an interface by which no route leads: 64' {
	no_second_routes
	for way in '10.0.30.1 10.0.4.2' 'fd00:30::1 fd00:4::2'; do
		# shellcheck disable=SC2086
		run --separate-stderr scenario --join-source ${way% *} join \
			${way#* }
		echo "$stderr"
		((status == 64)) || break
	done
	second_routes
	((status == 64))
	[[ -z $output ]]
	[[ $stderr == *"--join-source ${way% *} is of up1, by which no route leads to ${way#* }" ]]
}

@test 'an interface that goes down ends the run: 69' {
	write_script='scenario { title = "t", source = "s", versions = { 1 },
		answers = { rfc = { x = "y" } } }
		subflow():connect() wait(20000)'
	echo "$write_script" >"$tmp/x.lua"
	scenario --join-source 10.0.30.1 "$tmp/x.lua" 10.0.4.2 \
		>"$tmp/out" 2>&1 &
	pid=$!
	is_open() { on server ss -Htn state established sport = :80 | grep -q .; }
	await is_open
	on client ip link set up1 down
	code=0
	wait $pid || code=$?
	pid=
	on client ip link set up1 up
	on client ip addr replace fd00:30::1/64 dev up1 nodad
	second_routes
	cat "$tmp/out"
	((code == 69))
	grep -q 'up1 went down' "$tmp/out"
}

@test '-i: a probe leaves by that interface, whatever routes are better' {
	for host in 10.0.4.2 fd00:4::2; do
		for interface in eth0 up1; do
			on client ./mpprobe -j -i $interface $host >"$tmp/run"
			python3 -c 'import json, sys
r = json.load(sys.stdin)
print(r["source"]["interface"], r["verdict"]["status"])' <"$tmp/run" >"$tmp/said"
			[[ $(<"$tmp/said") == "$interface clear" ]]
		done
	done
}

@test "uplinks: on a narrow terminal no line is cut, and the end is a verdict" {
	run --separate-stderr lab/on_terminal.py 24 60 lab/lab run \
		--name "$LAB_NAME" ./mpprobe -n -i eth0,up1 10.0.4.2
	echo "$output"
	! grep -nE ".{61}" <<<"$output" || false
	[[ $output == *$'\n\n10.0.4.2 port 80: MPTCP '* ]]
	[[ $output == *'10.0.4.2 port 80 from 10.0.30.1 (up1): '* ]]
}
