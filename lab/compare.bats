#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe compare, live and on captures of other programs.

load suite

LAB=(--hops 6 --box optimiser@2)
HOST=10.0.7.2

on_client() {
	timeout 60 lab/lab run --name "$LAB_NAME" "$@"
}

@test "compare --live names the device that ends plain connections" {
	run on_client ./mpprobe compare --live $HOST
	echo "$output"
	((status == 1))
	[[ ${output//$'\n'   / } == *"connections without MPTCP are terminated by a device on the path, at hop 2 (10.0.2.2)."* ]]
}

@test "compare --live: where TTLs are rewritten, nobody ends connections" {
	for way in forward return; do
		run lab/lab with --hops 4 --box "ttl-capable@2,$way" -- \
			./mpprobe compare --live 10.0.5.2
		echo "$output"
		((status == 0))
		[[ ${output//$'\n'   / } == *'so it is one host, and '* ]]
		[[ $output != *'terminated by a device'* ]]
	done
}

@test "compare --live -j over IPv6" {
	run on_client ./mpprobe compare --live -j -c 2 'fd00:7::2'
	((status == 1))
	[[ $output == *'"kind":"terminated"'* ]]
}

@test "compare --live -s: the source chooses the address of a name" {
	run on_client ./mpprobe compare --live -j -c 1 -s fd00:1::1 server.lab
	echo "$output"
	((status == 1))
	[[ $output == *fd00:7::2* ]]
	run on_client ./mpprobe compare --live -j -c 1 -s 10.0.1.1 server.lab
	echo "$output"
	((status == 1))
	[[ $output == *$HOST* ]]
}

@test "compare --live: ports, and nothing on a clean port" {
	run on_client ./mpprobe compare --live -c 4 -p 443 $HOST
	echo "$output"
	((status == 0))
	run on_client ./mpprobe compare --live -c 2 -p 80,443 $HOST
	echo "$output"
	((status == 1))
	[[ $output == *"port 80"*"port 443"* ]]
}

@test "compare --live says what probing says" {
	run lab/lab with --name "$LAB_NAME-strip" --hops 4 --box strip@3 -- \
		./mpprobe compare --live -c 2 10.0.5.2
	echo "$output"
	((status == 1))
	[[ ${output//$'\n'   / } == "!! MP_CAPABLE is removed from the SYN (overwritten with NOPs) at or between hop 3 (10.0.3.2) and hop 4 (10.0.4.2)."* ]]
	[[ $output == *"mpprobe -p 80 10.0.5.2 tells more."* ]]
	run lab/lab with --name "$LAB_NAME-proxy80" --hops 4 --box proxy80@2 \
		-- ./mpprobe compare --live -c 2 -p 80,443 10.0.5.2
	echo "$output"
	((status == 1))
	[[ ${output//$'\n'   / } == "!! "*"port 443 "*"4 hops away"*"port 80 "*"1 hop away"*"terminated by a device on the path, at hop 2 (10.0.2.2)."* ]]
	run lab/lab with --name "$LAB_NAME-clean" --hops 4 -- \
		./mpprobe compare --live -c 2 -p 80,443 10.0.5.2
	echo "$output"
	((status == 0))
	[[ ${lines[0]} == "No significant difference." ]]
}

@test "compare DIR: over time, quiet where nothing changed" {
	for ((i = 0; i < 2; i++)); do
		on_client ./mpprobe compare --live -q -c 1 --save "$tmp/dir" \
			$HOST || (($? == 1))
	done
	run ./mpprobe compare "$tmp/dir"
	echo "$output"
	((status == 0))
	[[ $output == "Nothing has changed in 2 runs." ]]
	run ./mpprobe compare -v "$tmp/dir"
	((status == 0))
	((${#lines[@]} > 8))
	run ./mpprobe compare -q "$tmp/dir"
	((status == 0))
	[[ -z $output ]]
	mkdir "$tmp/empty"
	run ./mpprobe compare "$tmp/empty"
	((status == 65))
	# A device ends connections, and then it does not.
	cp pcaps/compare/clean-mptcp.pcap "$tmp/empty/a.pcap"
	cp pcaps/compare/optimiser-tcp.pcap pcaps/compare/clean-tcp.pcap \
		"$tmp/empty"
	run ./mpprobe compare "$tmp/empty"
	echo "$output"
	((status == 1))
	[[ ${lines[0]} == "!! Changed between 2026-11-21 "*" and "*" UTC: "* ]]
}

@test "compare DIR: a report beside its capture is one run, junk is none" {
	mkdir "$tmp/dir"
	for name in a b; do
		cp pcaps/lab/clean-v4.pcap "$tmp/dir/$name.pcap"
		./mpprobe read -j "$tmp/dir/$name.pcap" >"$tmp/dir/$name.json"
	done
	cp "$tmp/dir/b.json" "$tmp/dir/c.json"
	: >"$tmp/dir/empty.pcap"
	echo '{"a": 1}' >"$tmp/dir/other.json"
	echo notes >"$tmp/dir/notes"
	mkfifo "$tmp/dir/pipe"	# nobody writes to it
	run --separate-stderr timeout 60 ./mpprobe compare "$tmp/dir"
	((status == 0))
	[[ $output == "Nothing has changed in 3 runs." ]]
	for name in empty.pcap other.json notes; do
		[[ $stderr == *"/$name: "* ]]
	done
	((${#stderr_lines[@]} == 3))
	# A file that was named must be one.
	run ./mpprobe compare "$tmp/dir/a.pcap" "$tmp/dir/notes"
	((status == 65))
	rm "$tmp"/dir/*.pcap "$tmp"/dir/[abc].json
	run timeout 60 ./mpprobe compare "$tmp/dir"
	((status == 65))
}

@test "compare: captures of curl with and without MPTCP" {
	command -v mptcpize curl >/dev/null || skip "no mptcpize or curl"
	on_client lab/record "$tmp/a.pcap" curl -s http://$HOST/
	on_client lab/record "$tmp/b.pcap" mptcpize run curl -s http://$HOST/
	run ./mpprobe compare "$tmp/a.pcap" "$tmp/b.pcap"
	echo "$output"
	((status == 1))
	[[ $output == *"terminated by a device"* ]]
}

@test "compare --save: this week's runs and last week's" {
	on_client ./mpprobe compare --live -q -c 1 --save "$tmp/runs" $HOST ||
		(($? == 1))
	on_client ./mpprobe compare --live -q -c 1 --save "$tmp/runs" $HOST ||
		(($? == 1))
	run ./mpprobe compare "$tmp"/runs/${HOST}_80_*.pcap
	echo "$output"
	((status == 1))
	((${#lines[@]} > 8))
	[[ $output != *"has changed"* ]]
}

@test "compare --anonymize: runs have numbers, and hosts other names" {
	local names='10[.]0[.][1-7][.]|fd00:[1-7]:|drop-tcp|server[.]lab|eth0'

	a_key "$tmp/key"
	./mpprobe compare --anonymize-key "$tmp/key" --html "$tmp/page" pcaps/compare/drop-tcp.pcap \
		pcaps/compare/drop-mptcp.pcap >"$tmp/said" || (($? <= 1))
	grep -q '^run 1 ' "$tmp/said"
	! grep -aE "$names" "$tmp/said" "$tmp/page" || false
	run ./mpprobe compare --anonymize pcaps/compare/drop-tcp.pcap \
		pcaps/lab/strip.json
	((status == 65)) && [[ $output == *'takes the capture that it is of'* ]]
	on client ./mpprobe compare --live --anonymize-key "$tmp/key" -c 1 --save "$tmp/saved" \
		-4 server.lab >"$tmp/said" || (($? <= 1))
	[[ $(ls "$tmp/saved") == host-*.example_80_*.pcap ]]
	tcpdump -nr "$tmp"/saved/*.pcap >>"$tmp/said" 2>/dev/null
	! grep -E "$names" "$tmp/said" || false
}

@test "compare: unreadable and wrong arguments" {
	run ./mpprobe compare /dev/null
	((status == 65))
	run ./mpprobe compare "$tmp/none.pcap"
	((status == 65))
	run ./mpprobe compare -p 80 pcaps/compare/clean-tcp.pcap
	((status == 64))
	run ./mpprobe compare
	((status == 64))
}

@test "compare: SYNs whose options were not captured are not plain ones" {
	run ./mpprobe compare pcaps/read/snapped.pcap pcaps/read/announced.pcap
	((status == 0))
	[[ $output == *"no SYN in it that was captured whole"* ]]
	[[ $output != *"  none "* ]]
}
