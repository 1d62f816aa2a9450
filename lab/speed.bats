#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe speed, by the kernel's own sockets.

load suite

speed() {		# BOX... -- ARGUMENT...
	local boxes=()

	while [[ $1 != -- ]]; do
		boxes+=(--box "$1")
		shift
	done
	run timeout 90 lab/lab with --hops 3 "${boxes[@]}" -- \
		./mpprobe speed "${@:2}"
	echo "$output"
}

@test "speed: a clean path, MPTCP in use" {
	speed -- -j -c 4 http://10.0.4.2/1M
	((status == 0 || status == 3))	# a busy machine: it cannot tell
	[[ $output == *'"fallbacks":0'* ]]
	[[ $output == *'"compared":4'* ]]
}

@test "speed --anonymize: the URL and the uplink have other names" {
	speed -- --anonymize -i eth0 -c 1 -j 'http://server.lab/64K?secret=1'
	((status == 3))
	[[ $output == *'"url":"http://host-'*'.example/"'* ]]
	[[ $output != *server.lab* && $output != *secret* && $output != *10.0.4.2* ]]
	speed -- --anonymize -i all -c 1 http://10.0.4.2/64K
	[[ $output == *'TCP over'* && $output == *if-* && $output != *eth0* ]]
}

@test "speed: a box that slows only MPTCP down is exposed" {
	# Some 20 times slower, which no load of this machine hides.
	speed throttle@2 -- -c 3 http://10.0.4.2/1M
	((status == 1))
	[[ $output == *"MPTCP is slower than TCP on this path"* ]]
}

@test "speed: stripped options, MPTCP was not in use" {
	speed strip@2 -- -c 2 http://10.0.4.2/64K
	((status == 3))
	[[ $output == "MPTCP was not in use"* ]]
}

@test "speed: the kernel's blackhole timer is named" {
	[[ -e /proc/sys/net/mptcp/blackhole_timeout ]] ||
		skip "no blackhole timer in this kernel"
	speed drop@2 -- -c 2 -T 10 http://10.0.4.2/64K
	[[ $output == *"blackhole timer"* || $output == *"plain SYN"* ]]
}

@test "speed: errors" {
	run ./mpprobe speed ftp://x/
	((status == 64))
	run ./mpprobe speed
	((status == 64))
	speed -- -c 1 http://10.0.4.2:81/
	((status == 3))
	run ./mpprobe speed http://no-such-host.invalid/
	((status == 68))
}

@test "speed: one time-out where nobody answers, -i, -s and -k" {
	run timeout 60 lab/lab with --hops 1 --server mute -- \
		./mpprobe speed -T 2 http://10.0.2.2/
	echo "$output"
	((status == 3))
	[[ $output == *"imeout"*"not tried"* ]]
	speed -- -c 2 -k -s 10.0.1.1 http://10.0.4.2/64K
	[[ $output == *"2 rounds"* ]]
	speed -- -c 2 -s 10.0.1.77 http://10.0.4.2/64K
	((status == 3))
	speed -- -c 2 -i nosuch http://10.0.4.2/64K
	((status == 3))
}

# ---- by several uplinks -------------------------------------------------------

uplinks() {		# OPTION...
	LAB_NAME=speed-$$
	lab/lab up --name "$LAB_NAME" --uplinks 2 "$@"
}

# Sets $status, and what was said: $tmp/said.
speed_by() {		# ARGUMENT...
	status=0
	on client ./mpprobe speed -j "$@" >"$tmp/said" || status=$?
	cut -c 1-600 "$tmp/said"
	report/validate.py "$tmp/said"
}

# A Python expression of what was said, s.
of() {			# EXPRESSION
	python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
		"$tmp/said" "$1"
}

teardown() {
	end_test
	end_suite
}

@test "speed: two uplinks together give more than the best, and the share of each" {
	uplinks
	for router in a1 b1; do
		on $router tc qdisc add dev eth0 root tbf rate 16mbit \
			burst 16k latency 100ms || skip 'no tbf in this kernel'
	done
	on client ip mptcp endpoint add 10.72.1.1 dev eth1 subflow
	on client ip mptcp endpoint add fd72:1::1 dev eth1 subflow
	for host in 10.70.0.2 '[fd70::2]'; do
		for _ in 1 2 3; do	# a busy machine: it cannot tell
			speed_by -c 4 -i eth0,eth1 "http://$host/1M"
			((status != 3)) || continue
			break
		done
		((status == 0))
		[[ $(of 's["verdict"]["status"]') == sum_more ]]
		[[ $(of 'all(u["share"] > 0.2 for u in s["uplinks"])') == True ]]
		[[ $(of '[u["text"] for u in s["uplinks"]]') == '[None, None]' ]]
		[[ $(of 's["elsewhere"]') == 0.0 ]]
	done
	# The other way round it is opened where the endpoint is not.
	speed_by -c 2 -i eth1,eth0 http://10.70.0.2/256K
	[[ $(of '[u["opened"] for u in s["uplinks"]]') == '[False, True]' ]]
	[[ $(of 'all(u["share"] > 0 for u in s["uplinks"])') == True ]]
	speed_by -c 2 -i all http://10.70.0.2/256K
	[[ $(of '[u["name"] for u in s["uplinks"]]') == "['eth0', 'eth1']" ]]
	speed_by -c 2 -s 10.71.1.1,10.72.1.1 http://server.lab/256K
	[[ $(of 'all(u["share"] > 0 for u in s["uplinks"])') == True ]]
}

@test "speed: one uplink only, why, and the command that mends it" {
	uplinks
	speed_by -c 2 -i eth0,eth1 http://10.70.0.2/256K
	((status == 3))
	[[ $(of 's["verdict"]["status"]') == one_uplink ]]
	[[ $(of 's["uplinks"][1]["commands"]') == 'ip mptcp endpoint add 10.72.1.1 dev eth1 subflow' ]]
	on client ip mptcp limits set subflows 0
	run on client ./mpprobe speed -c 2 -i eth0,eth1 http://10.70.0.2/256K
	echo "$output"
	[[ $output == *'By MPTCP, nothing came over eth1: no endpoint of this host has its address.
  ip mptcp endpoint add 10.72.1.1 dev eth1 subflow
  ip mptcp limits set subflows 1' ]]
	# shellcheck disable=SC2046
	while read -r command; do
		on client $command
	done < <(tail -2 <<<"$output")
	speed_by -c 2 -i eth0,eth1 http://10.70.0.2/1M
	[[ $(of 's["uplinks"][1]["share"] > 0') == True ]]
	# A server that takes no subflows.
	end_suite
	uplinks --server no-subflows
	on client ip mptcp endpoint add 10.72.1.1 dev eth1 subflow
	speed_by -c 2 -i eth0,eth1 http://10.70.0.2/
	((status == 3))
	[[ $(of 's["uplinks"][1]["text"]') == 'it has an endpoint, and no subflow of it carried data'* ]]
}

@test "speed: an uplink that is down, stripped options, no such host" {
	uplinks --box strip@a1 --box strip@b1
	speed_by -c 2 -i eth0,eth1 http://10.70.0.2/64K
	((status == 3))
	[[ $(of 's["verdict"]["status"]') == not_in_use ]]
	[[ $(of '[u["text"] for u in s["uplinks"]]') == '[None, None]' ]]
	end_suite
	uplinks
	on client ip mptcp endpoint add 10.72.1.1 dev eth1 subflow
	on b1 ip route add blackhole 10.70.0.0/24
	speed_by -c 2 -T 2 -i eth0,eth1 http://10.70.0.2/64K
	((status == 3))
	[[ $(of '[u["text"] for u in s["uplinks"]]') == "[None, 'nothing came by TCP either']" ]]
	on client ip link set eth1 down
	speed_by -c 2 -i eth0,eth1 http://10.70.0.2/64K
	((status == 3))
	[[ $(of 's["left_out"]') == "[{'name': 'eth1', 'text': 'it is down'}]" ]]
	run on client ./mpprobe speed -i eth0,eth1 http://no-such-host.invalid/
	((status == 68))
	run on client ./mpprobe speed -i eth0,nosuch http://10.70.0.2/
	((status == 69))
	run on client ./mpprobe speed -i eth0,lo http://10.70.0.2/
	((status == 64))
}
