#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe read on captures of other programs.

load suite

@test "read: a bad checksum, MP_FAIL, and a join after the fallback" {
	run ./mpprobe read pcaps/v0/bad-dss-checksum.pcap
	[[ $output == *"0 DSS checksums right, 1 wrong (first: frame 4)"* ]]
	[[ $output == *"server: MP_FAIL, frame 5"* ]]
	[[ $output == *"MP_JOIN, token 3093d1be, refused after the fallback"* ]]
}

@test "read: checksums of a download, by the kernel's own MPTCP" {
	command -v mptcpize curl >/dev/null || skip "no mptcpize or curl"
	timeout 120 lab/lab with --sysctl-server net.mptcp.checksum_enabled=1 \
		-- lab/record "$tmp/a.pcap" mptcpize run curl -s \
		http://10.0.5.2/1M
	run --separate-stderr ./mpprobe read -j "$tmp/a.pcap"
	echo "$output"
	((status == 0))
	[[ $output == *'"schema":"mpprobe-connection/1"'* ]]
	[[ $output == *'"checksums_wrong":0'* ]]
	[[ $output != *'"checksums_wrong":'[1-9]* ]]
	[[ $output == *'"bytes":10'* ]]
}

@test "read: memory follows open connections, not the capture" {
	local small large count

	for count in 20000 100000; do
		lab/matrix/many_connections.py $count >"$tmp/$count.pcap"
	done
	peak() {
		python3 -c '
import resource, subprocess, sys
subprocess.run(["./mpprobe", "read", "-q", sys.argv[1]],
               stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$1"
	}
	small=$(peak "$tmp/20000.pcap")
	large=$(peak "$tmp/100000.pcap")
	echo "$small kB, $large kB"
	((large < 2 * small))
}

@test "read: connections that stay open take less than 1 kB each" {
	lab/matrix/many_connections.py 400000 plain >"$tmp/plain.pcap"
	run bash -c 'ulimit -v 420000; ./mpprobe read -q "$1"' bash \
		"$tmp/plain.pcap"
	echo "$output"
	((status == 3)) && [[ $output == *": Undetermined"* ]]
	lab/matrix/many_connections.py 400000 open >"$tmp/open.pcap"
	run bash -c 'ulimit -v 420000; ./mpprobe read -q "$1"' bash \
		"$tmp/open.pcap"
	echo "$output"
	((status == 0)) && [[ $output == *'works on this path'* ]]
}

@test "read: each of many that stay open is listed, as it was last seen" {
	lab/matrix/many_connections.py 30000 open >"$tmp/open.pcap"
	./mpprobe read -j "$tmp/open.pcap" >"$tmp/list"
	python3 - "$tmp/list" <<-'END'
		import json, sys
		lines = [json.loads(line) for line in open(sys.argv[1])]
		known = [c for c in lines if c["schema"] == "mpprobe-connection/1"]
		assert [c["number"] for c in known] == list(range(1, 30001))
		for c in known:
		    (flow,) = c["subflows"]
		    assert c["client"]["first_dsn_fits"], c
		    assert c["server"]["first_dsn_fits"], c
		    assert flow["sent"]["bytes"] == 4 == flow["received"]["bytes"]
	END
}

@test "read -j: lines of runs side by side do not mix" {
	local capture=pcaps/read/drop-on-a-way.pcap

	./mpprobe read -j $capture >"$tmp/one" || (($? == 1))
	(($(wc -c <"$tmp/one") > 50000))
	seq 64 | xargs -P 8 -I{} ./mpprobe read -j $capture >"$tmp/all" ||
		(($? == 123))
	(($(wc -l <"$tmp/all") == 64))
	[[ $(sort -u "$tmp/all") == "$(<"$tmp/one")" ]]
}

# A process that catches SIGINT, or has ended.
catches_int() {		# PID
	local mask

	mask=$(sed -n 's/^SigCgt:[^0-9a-f]*//p' "/proc/$1/status") || return 0
	((0x$mask & 2))
}

@test "read -: Ctrl-C ends who writes, and then comes the report" {
	local pid

	mkfifo "$tmp/pipe"
	env --default-signal=INT ./mpprobe read - <"$tmp/pipe" >"$tmp/out" &
	pid=$!
	exec 9>"$tmp/pipe"
	cat pcaps/read/syn-ack-first.pcap >&9
	await catches_int $pid
	kill -INT $pid
	exec 9>&-
	wait $pid || (($? == 3))
	grep -q 'MPTCP v1 works' "$tmp/out"
}

@test "read -x: a line a packet" {
	run ./mpprobe read -x pcaps/v0/bad-dss-checksum.pcap
	((status == 0))
	((${#lines[@]} == 8))
	[[ ${lines[4]} == *"MP_FAIL dsn 8710f99bfb4e435d"* ]]
}

@test "read --anonymize -w: it says of the copy what it says of the capture" {
	local file

	a_key "$tmp/key"
	for file in pcaps/ends/strip-both.pcapng pcaps/checksums/add-addr-hmac.pcap; do
		./mpprobe read -v --anonymize-key "$tmp/key" -w "$tmp/copy" \
			"$file" >"$tmp/first" || (($? <= 3))
		./mpprobe read -v "$tmp/copy" | diff "$tmp/first" -
		! grep -aE '(10[.]0|192[.]0[.]2)[.]' "$tmp/first" || false
	done
	# One copy of several captures, and of a part of one.
	file=pcaps/ends/strip
	run ./mpprobe read --anonymize -w "$tmp/copy" $file-client.pcap $file-server.pcap
	[[ $output == *'capture 1'* && $output != *'strip-client'* ]]
	run ./mpprobe read "$tmp/copy"
	((status == 1)) && [[ $output == *'removed'* ]]
	./mpprobe read -q -w "$tmp/part" --filter 'tcp port 80' $file-client.pcap \
		|| true
	[[ $(tcpdump -nr "$tmp/part" 2>/dev/null | wc -l) == \
		$(tcpdump -nr $file-client.pcap tcp port 80 2>/dev/null | wc -l) ]]
	# A line a packet, and legs, are of pseudonyms as well.
	./mpprobe read -x --anonymize-key "$tmp/key" pcaps/ends/join-client.pcap \
		>"$tmp/lines"
	! grep -E '10[.]0[.]' "$tmp/lines" || false
	grep -q ADD_ADDR "$tmp/lines"
	./mpprobe read --anonymize-key "$tmp/key" pcaps/legs/nat.pcap \
		>"$tmp/legs" || (($? <= 3))
	! grep -E ' 10[.](0|9)[.]' "$tmp/legs" || false
	# What was written with addresses keeps them.
	./mpprobe read -j -o "$tmp/report" pcaps/lab/strip.pcap || (($? == 1))
	run ./mpprobe read --anonymize "$tmp/report"
	((status == 65)) && [[ $output == *'take the capture that it is of'* ]]
	run ./mpprobe read --anonymize -w pcaps/lab/strip.pcap pcaps/lab/strip.pcap
	((status == 64)) && [[ $output == *'would replace the input'* ]]
}

@test "read -x -t: times as tcpdump has them; --filter" {
	local file=pcaps/v1/lab-6.18-t3-csum.pcap times=() t
	local expected=(" 00:21:57.748750 IP" " IP" " 1795216917.748750 IP"
		" 0.300690 IP" " 2026-11-21 00:21:57.748750 +0100 IP"
		" 0.300720 IP")

	for t in "" -t -tt -ttt -tttt -ttttt; do
		TZ=CET-1 ./mpprobe read -x $t $file >"$tmp/packets"
		[[ $(sed -n 3p "$tmp/packets") == \
			"3${expected[${#times[@]}]} "* ]]
		times+=("$t")
	done
	for t in "" -ttt; do
		./mpprobe read -j -x $t $file | tail -1
	done | uniq -c | grep -q '^ *2 '
	run ./mpprobe read -t $file
	((status == 64))
	run ./mpprobe read -x --filter 'src port 8081' $file
	((status == 0))
	[[ ${lines[0]} == "2 "*"10.9.0.2.8081 > "* ]]
	[[ $output != *"> 10.9.0.2"* ]]
	run ./mpprobe read -x --filter 'src porrt 8081' $file
	((status == 65))
	[[ $output == *"filter src porrt 8081: "* ]]
}

@test "read --at: where the capture was made" {
	local file=pcaps/read/one-link.pcap

	run ./mpprobe read -v $file
	[[ $output == *"The capture was made at the client."* ]]
	run ./mpprobe read -v --at server $file
	[[ $output == *"The capture was made at the server, as --at says."* ]]
	run --separate-stderr ./mpprobe read -j --at path $file
	[[ ${lines[0]} == *'"vantage":{"at":"path","said":true}'* ]]
	run ./mpprobe read pcaps/read/on-path-strip.pcap
	[[ $output == "Undetermined: the SYNs pass without MPTCP "* ]]
	run ./mpprobe read --at server pcaps/read/on-path-strip.pcap
	[[ $output == "Undetermined: the SYNs arrive without MPTCP "* ]]
	run ./mpprobe read --at home $file
	((status == 64)) && [[ $output == *"client, server or path" ]]
}

@test "read -vv -j: each rule, whatever else is there" {
	local file

	for file in pcaps/read/router-strip.pcap pcaps/lab/strip.pcap; do
		run --separate-stderr ./mpprobe read -j -vv $file
		[[ ${lines[0]} == *'"rules":[{"id":'* ]]
		run --separate-stderr ./mpprobe read -j -v $file
		[[ ${lines[0]} != *'"rules":'* ]]
	done
}

@test "read: captures of both ends, and of two interfaces" {
	run ./mpprobe read pcaps/ends/strip-{client,server}.pcap
	echo "$output"
	((status == 1))
	[[ ${output//$'\n'/ } == *" is removed from the SYN (overwritten with NOPs) between strip-client.pcap and strip-server.pcap: "* ]]
	run ./mpprobe read pcaps/ends/join-{server,client}.pcap
	((status == 0))
	[[ $output == *"29 packets were seen both at join-client.pcap and at"* ]]
	[[ $output == *"and nothing interferes"* && $output != *retransm* ]]
	run ./mpprobe read -v pcaps/ends/no-sack-{client,server}.pcap
	[[ $output == *"A TCP option (tcp.option.sackOK) is removed from the SYN between"* ]]
	run ./mpprobe read pcaps/read/router-strip.pcap
	((status == 1))
	[[ ${output//$'\n'/ } == *" between interface 2 and interface 3: "* ]]
	run ./mpprobe read pcaps/read/router.pcap
	((status == 0))
	[[ $output == *" packets were seen both at interface "* ]]
	gzip -c pcaps/ends/strip-both.pcapng >"$tmp/both.pcapng.gz"
	for capture in pcaps/ends/strip-both.pcapng - "$tmp/both.pcapng.gz"; do
		run ./mpprobe read "$capture" <pcaps/ends/strip-both.pcapng
		((status == 1))
		[[ ${output//$'\n'/ } == *" between eth0 and eth1: "* ]]
	done
}

@test "read: from the middle of a connection" {
	command -v editcap >/dev/null || skip "no editcap"
	editcap -r pcaps/v1/lab-6.18-t3-join.pcap "$tmp/part.pcap" 5-12
	run --separate-stderr ./mpprobe read "$tmp/part.pcap"
	echo "$output"
	((status <= 3))
	[[ $output == *"MPTCP connections"* ]]
	[[ $output != *WRONG* ]]
}

@test "read: joins only, their connection is not in the capture" {
	run --separate-stderr ./mpprobe read pcaps/read/join-alone.pcap
	echo "$output$stderr"
	((status == 3))
	[[ $stderr == *"it has joins only, and the connections that they belong to"* ]]
	[[ $output != *stalled* ]]
}

@test "read: a router's packets, captured as they come and as they go" {
	run ./mpprobe read pcaps/read/router.pcap
	((status == 0))
	[[ $output == *"sent 18 bytes, received 2000 bytes"* ]]
	[[ $output != *retransmitted* && $output != *hop* ]]
}

@test "read: several captures are one, packed or not" {
	local whole=pcaps/v1/lab-6.18-t3-csum.pcap dir=$BATS_TEST_TMPDIR

	cat $whole >"$dir/all.pcap"	# for tcpdump, which becomes another user
	chmod 755 "$dir"
	tcpdump -Z "$(id -un)" -r "$dir/all.pcap" -w - \
		'tcp[13] & 2 != 0' 2>/dev/null >"$dir/syns.pcap"
	tcpdump -Z "$(id -un)" -r "$dir/all.pcap" -w - \
		'tcp[13] & 2 == 0' 2>/dev/null | gzip >"$dir/rest.gz"
	./mpprobe read -j $whole >"$dir/one.json"
	./mpprobe read -j "$dir/rest.gz" "$dir/syns.pcap" >"$dir/two.json"
	cmp "$dir/one.json" "$dir/two.json"
	run ./mpprobe read "$dir/syns.pcap" "$dir/none.pcap"
	((status == 65))
	[[ $output == *"$dir/none.pcap: No such file"* ]]
}

@test "read: options that were not captured are unknown" {
	run ./mpprobe read pcaps/read/snapped.pcap
	((status == 3))
	[[ $output == *"(snapped)"* && $output == *"not captured whole"* ]]
	[[ $output != *"no MP_CAPABLE"* && $output != *without* ]]
}

@test "read: a subflow to an announced address is no target of its own" {
	run ./mpprobe read pcaps/read/announced.pcap
	((status == 0))
	[[ $output == *"10.1.2.1:51161 > 10.2.2.1:80"* ]]
}

@test "read: keys, tokens, bytes and resets as tshark reads them" {
	command -v tshark >/dev/null || skip "no tshark"
	run lab/read_tshark
	echo "$output"
	((status == 0))
	[[ ${lines[-1]} =~ ^[1-9][0-9]+\ passed ]]
}
