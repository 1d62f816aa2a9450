#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Packets that are forged, or come back: nothing is said of the path by them.
# lab/soak.py sends more of them, of more kinds.

load suite

LAB=(--hops 2)

# Sends junk until the end of the test.
flood() {		# KIND RATE [COUNT]
	lab/lab run --name "$LAB_NAME" --on r1 lab/flood -k "$1" -r "$2" \
		${3:+-n "$3"} 10.0.1.1 10.0.3.2 >"$tmp/flood" 2>&1 3>&- &
	pid=$!
	until grep -q ready "$tmp/flood"; do
		kill -0 $pid || return
		sleep 0.01
	done
}

# The value of a field of the first report in a file.
field() {		# FILE PYTHON
	python3 -c 'import json, sys
r = json.loads(open(sys.argv[1]).readline())
print('"$2"')' "$1"
}

@test "packets of ours that come back are neither sent nor a firewall's" {
	flood bounced 5000
	for address in 10.0.3.2 10.0.3.2; do
		run --separate-stderr on client ./mpprobe -n -j \
			-w "$tmp/run.pcap" $address
		echo "$status: $stderr"
		((status == 0))
		echo "$output" >"$tmp/live"
	done
	(($(field "$tmp/live" 'r["capture"].get("misfits", 0)') > 0))
	[[ $(field "$tmp/live" 'r["findings"]') == '[]' ]]
	./mpprobe read -j "$tmp/run.pcap" >"$tmp/read"
	for key in verdict findings ladder; do
		[[ $(field "$tmp/live" "r['$key']") == \
			"$(field "$tmp/read" "r['$key']")" ]]
	done
	run ./mpprobe read -v "$tmp/run.pcap"
	[[ $output == *' did not fit: the addresses and ports are'* ]]
}

@test "40,000 forged SYNs from a silent target end no run" {
	on server iptables -A INPUT -p tcp --dport 83 -j DROP
	flood syn-ports 100000 40000
	run --separate-stderr on client ./mpprobe -n -j 10.0.3.2:83
	echo "$status: $stderr"
	((status == 3))
	echo "$output" >"$tmp/live"
	[[ $(field "$tmp/live" 'r["verdict"]["status"]') == unreachable ]]
	[[ $(field "$tmp/live" 'r["findings"]') == '[]' ]]
	wait $pid
}
