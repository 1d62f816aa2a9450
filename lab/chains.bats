#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A chain of proxies: the client's plain TCP is redirected at router 2 (redsocks),
# goes over its loopback to a SOCKS server (microsocks, which speaks MPTCP), and
# from there with two subflows to the server. Which leg speaks MPTCP is told by
# `read` of a capture on that router, and by probes of each leg.

load suite

LAB=(--hops 3 --box redsocks@2)

setup_file() {
	begin_suite
	on r2 ip mptcp limits set subflow 2
	on r2 ip mptcp endpoint add 10.0.2.2 subflow
	on server ip mptcp limits set subflow 2
}

teardown() {
	[[ -z $pid ]] || kill "$pid" || true
	[[ -z $pid ]] || wait "$pid" || true
	pid=
	end_test
}

# Begins to capture on router 2, what ends with the test: INTERFACE FILE.
capture() {
	lab/lab run --name "$LAB_NAME" --on r2 \
		tcpdump -U -B 4096 -i "$1" -w - tcp >"$2" 2>"$tmp/said" 3>&- &
	pid=$!
	await grep -q 'listening on' "$tmp/said"
}

# Two requests to HOST, as curl is told.
request() {		# HOST [OPTION...]
	for _ in 1 2; do
		on client curl -sS --max-time 60 "${@:2}" "http://$1/" >/dev/null
	done
}

# What `read` says of the legs, once the capture shows so much of them.
legs() {		# PATTERN FILE...
	await say_legs "$@" || { echo "$said"; return 1; }
}

say_legs() {
	said=$(./mpprobe read "${@:2}" 2>&1) || true
	said=${said//$'\n'    / }
	[[ $said == *$1* ]]
}

# As many FINs as both connections have.
all_are_closed() {
	(($(./mpprobe read -x "$tmp/any.pcap" 2>/dev/null | grep -c '\[F') >= 4))
}

@test 'redirected connections: each leg of the chain, and what it speaks' {
	capture any "$tmp/any.pcap"
	request 10.0.4.2
	legs '-> 10.0.4.2:80: MPTCP, 2 connections, 2 subflows each' "$tmp/any.pcap"
	[[ $said == *'Legs: this host ends connections, and opens others meanwhile.'* ]]
	[[ $said == *'leg 10.0.1.1 -> 10.0.4.2:80, answered by this host: plain TCP, 2 connections'* ]]
	[[ $said == *'leg this host (127.0.0.1) -> 127.0.0.1:1080: plain TCP, 2 connections'* ]]
	[[ $said == *'leg this host (10.0.3.1, 10.0.2.2) -> 10.0.4.2:80: MPTCP'* ]]
	[[ $said == *'10.0.4.2 port 80 from 10.0.3.1, MPTCP v1'* ]]
	./mpprobe read -j "$tmp/any.pcap" >"$tmp/json" || true
	report/validate.py "$tmp/json"
	grep -q '"schema":"mpprobe-legs/1"' "$tmp/json"
	run ./mpprobe read -q "$tmp/any.pcap"
	[[ $output != *leg* ]]
}

@test 'a SOCKS server: the leg of its clients, and its own' {
	capture any "$tmp/any.pcap"
	request 10.0.4.2 --socks5 10.0.2.2:1080
	legs '-> 10.0.4.2:80: MPTCP, 2 connections, 2 subflows each' "$tmp/any.pcap"
	[[ $said == *'leg 10.0.1.1 -> this host (10.0.2.2):1080: plain TCP, 2 connections'* ]]
}

@test 'a router that forwards has no legs, nor a server' {
	capture any "$tmp/any.pcap"
	request 10.0.4.2:8080
	request 10.0.4.2:8080
	await all_are_closed
	run ./mpprobe read "$tmp/any.pcap"
	echo "$output"
	[[ $output == *'10.0.4.2 port 8080 from 10.0.1.1'* ]]
	[[ $output != *Legs* ]]
}

@test 'probes: what is redirected is terminated at that hop, the SOCKS server works' {
	on client ./mpprobe -j 10.0.4.2 >"$tmp/json" || (($? == 1))
	python3 - "$tmp/json" <<-'END'
		import json, sys
		r = json.load(open(sys.argv[1]))
		f, = [f for f in r["findings"] if f["id"] == "tcp.terminated"]
		assert r["verdict"]["status"] == "blocked", r["verdict"]
		assert (f["after"]["ttl"], f["at"]["ttl"]) == (1, 2), f
	END
	run on client ./mpprobe --say socks5 10.0.2.2:1080
	echo "$output"
	((status == 0))
	[[ $output == *'nothing interferes'* ]]
	# What follows the greeting is the chain's other leg, and not probed so.
	run on r2 ./mpprobe 10.0.4.2
	((status == 0))
}
