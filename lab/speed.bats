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
	run timeout 20 lab/lab with --hops 1 --server mute -- \
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
