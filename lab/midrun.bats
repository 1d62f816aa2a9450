#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a user of mpprobe meets while it runs: this host changes, signals come, and
# its own firewall is in the way.

load cli

# ---- this host changes in mid-run -------------------------------------------

# What was measured until then is reported, with the reason.
change_host() {		# CODE WORDS COMMAND...
	lab_of_test=gone-$$
	lab/lab up --name $lab_of_test --hops 2 --box drop-join@1
	lab/lab run --name $lab_of_test ./mpprobe --all -n -w "$tmp/run.pcap" \
		-o "$tmp/report" $HOST >"$tmp/stdout" 2>"$tmp/stderr" 3>&- &
	pid=$!
	await has_bytes "$tmp/run.pcap" "${AFTER:-4000}"
	stop_run
	lab/lab run --name $lab_of_test "${@:3}"
	go_on
	await_end
	((status == $1))
	cat "$tmp/report"
	(($(wc -l <"$tmp/stderr") == 1))
	[[ $(<"$tmp/stderr") == "mpprobe: "*"$2"* ]]
	[[ ! -s $tmp/stdout ]]
	[[ $(tr -s '\n ' ' ' <"$tmp/report") == *"ended early: "*"$2"* ]]
	grep -q interrupted "$tmp/report"
	frames_of "$tmp/run.pcap"
}

@test "interface removed in mid-run" {
	change_host 69 'eth0 is gone' ip link del eth0
}

@test "interface set down in mid-run" {
	change_host 69 'eth0 went down' ip link set eth0 down
}

@test "interface down and up again in mid-run" {
	change_host 69 'eth0 went down' \
		sh -c 'ip link set eth0 down; ip link set eth0 up'
	grep -q -i 'undetermined\|works' "$tmp/report"
	./mpprobe read -j "$tmp/run.pcap" >"$tmp/read" || (($? <= 3))
	# What the box does may have been seen by then, and nothing else.
	[[ $(field "$tmp/read" "{f['id'] for f in r['findings']
		if f['effect'] != 'harmless'} <= {'mp_join.dropped'}") == True ]]
}

@test "address removed in mid-run" {
	change_host 130 '10.0.1.1 is no longer an address of this host' \
		ip address del 10.0.1.1/24 dev eth0
}

@test "another address comes in mid-run, and the probes' own goes" {
	change_host 130 '10.0.1.1 is no longer an address of this host' \
		sh -c 'ip address add 10.0.1.77/24 dev eth0
			ip address del 10.0.1.1/24 dev eth0
			ip address add 10.0.1.77/24 dev eth0
			ip route replace default via 10.0.1.2'
}

@test "default route gone in mid-run" {
	change_host 130 'no route: ' ip -4 route flush table main
}

@test "MTU lowered in mid-run" {
	AFTER=25 change_host 130 'the MTU of eth0 was lowered' \
		ip link set eth0 mtu 100
}

# ---- interruptions --------------------------------------------------------

interrupt_at() {	# SIGNAL BYTES
	local tries=5

	# On a busy machine a run may be over before the signal comes: impaired.
	while :; do
		rm -f "$tmp"/run.* "$tmp/report"
		start_slow "$2" -j -o "$tmp/report"
		kill -"$1" "$pid" || true
		await_end
		((status == 1 && --tries)) || break
	done
	((status == 130))
	[[ ! -s $tmp/stdout && ! -s $tmp/stderr ]]
	report/validate.py "$tmp/report"
	[[ $(field "$tmp/report" "r['interrupted']") == True ]]
	echo "frames: $(field "$tmp/report" "r['capture']") in the report," \
		"$(frames_of "$tmp/run.pcap") in the file"
	[[ $(field "$tmp/report" "r['capture']['frames']") == \
		$(frames_of "$tmp/run.pcap") ]]
	./mpprobe read -j -o "$tmp/read" "$tmp/run.pcap" || (($? <= 3))
	same "$tmp/report" "$tmp/read" \
		verdict findings path connections ladder
	await server_is_idle
}

@test "Ctrl-C at any time" {
	for bytes in 24 300 1000 3000 6000 9000 11000; do
		interrupt_at INT $bytes
	done
}

@test "SIGTERM at any time" {
	for bytes in 24 1000 9000; do
		interrupt_at TERM $bytes
	done
}

@test "Ctrl-C before the report goes to standard output" {
	start_slow 6000
	stop_run
	kill -INT "$pid"
	go_on
	await_end
	((status == 130))
	grep -q interrupted "$tmp/stdout"
	[[ ! -s $tmp/stderr ]]
}

@test "kill -9 leaves nothing behind" {
	lab/lab run --name $SLOW_NAME nft list ruleset >"$tmp/before"
	start_slow 9000 -o "$tmp/report"
	stop_run
	lab/lab run --name $SLOW_NAME ss -Htln >"$tmp/listening"
	[[ -s $tmp/listening ]]		# the port guard
	kill -KILL "$pid"
	go_on
	await_end
	((status == 137))
	[[ -z $(lab/lab run --name $SLOW_NAME ss -Htanu) ]]
	lab/lab run --name $SLOW_NAME nft list ruleset | diff "$tmp/before" -
	frames_of "$tmp/run.pcap"
	gone() { [[ ! -e $tmp/report ]]; }
	await gone
}

@test "a run leaves nothing behind" {
	probe -q $HOST
	# The kernel's own connections of earlier tests may be in TIME-WAIT.
	[[ -z $(on client ss -Htanu exclude time-wait) ]]
	[[ -z $(on client iptables-save) ]]
	server_is_free() {
		[[ -z $(on server ss -Htan state connected exclude time-wait) ]]
	}
	await server_is_free
}

# ---- this host's own firewall ---------------------------------------------

own_firewall() {	# TOOL HOST RULE...
	on client "$1" "${@:3}"
	run --separate-stderr probe -o "$tmp/report" "$2"
	on client "$1" "${@:3:2}" -F
	echo "exit status $status, stdout: $output, stderr: $stderr"
	((status == 71))
	[[ -z $output && ! -e $tmp/report ]]
	((${#stderr_lines[@]} == 1))
	[[ $stderr == 'mpprobe: a firewall of this host '*OUTPUT* ]]
}

@test "own firewall drops" {
	own_firewall iptables $HOST -t filter -A OUTPUT -p tcp --dport 80 -j DROP
	own_firewall ip6tables $HOST6 -t filter -A OUTPUT -p tcp --dport 80 \
		-j REJECT
	own_firewall iptables $HOST -t mangle -A POSTROUTING -p tcp --syn \
		-j DROP
}

@test "own firewall rewrites" {
	own_firewall iptables $HOST -t mangle -A OUTPUT -p tcp \
		-j TCPOPTSTRIP --strip-options 30
	own_firewall iptables $HOST -t nat -A POSTROUTING -p tcp \
		-j MASQUERADE --to-ports 1024-2000
	own_firewall ip6tables $HOST6 -t mangle -A POSTROUTING -p tcp \
		-j HL --hl-set 64
}
