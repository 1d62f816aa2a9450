#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe survey --probe: whole probes of what a survey finds, many at once.

load suite

export COLUMNS=200	# a line each

LAB=(--hops 4 --many 256)	# 10.128.0.0/24 are the kernel's own addresses

# Behind devices that act on some of them only: MPTCP leaves the SYNs to eight
# at hop 3, and MP_JOINs to four are dropped at hop 2.
STRIPPED=10.128.0.0/29 JOINLESS=10.128.0.8/30
targets() {
	for ((i = 0; i < 8; i++)); do echo "10.128.0.$i 80"; done
	for ((i = 8; i < 12; i++)); do echo "10.128.0.$i 80"; done
	for ((i = 16; i < 50; i++)); do echo "10.128.0.$i 80"; done
	for ((i = 60; i < 64; i++)); do echo "10.128.0.$i 8080"; done # plain
}

boxes() {		# NAME-OF-LAB
	lab/lab run --name "$1" --on r3 iptables -t mangle -A FORWARD \
		-d $STRIPPED -p tcp --tcp-flags SYN,ACK SYN \
		-j TCPOPTSTRIP --strip-options 30
	lab/lab run --name "$1" --on r2 nft "
		add table ip joinless
		add chain ip joinless f { type filter hook forward priority 0; }
		add rule ip joinless f ip daddr $JOINLESS \
			tcp option mptcp subtype 1 drop"
}

survey() {
	on client "$PWD/mpprobe" survey --cooldown 1 -q "$@"
}

# "ADDRESS CLASS STATUS FINDING AFTER-AT..." a target.
found() {		# DIR
	jq -r '[.target.address, .class, .probe.verdict.status // "-",
		(.probe.findings // [] | map(select(.effect != "harmless")
		| "\(.id) \(.after.ttl)-\(.at.ttl)") | .[])] | join(" ")' \
		"$1/results.jsonl" | sort -V
}

# The same of a report of mpprobe HOST, whose routers have answers enough.
alone() {		# HOST PORT
	lab/lab run --name "$LAB_NAME-alone" ./mpprobe -n -j -p "$2" "$1" |
		jq -r '[.verdict.status, (.findings |
		map(select(.effect != "harmless")
		| "\(.id) \(.after.ttl)-\(.at.ttl)") | .[])] | join(" ")'
}

# In a lab of its own: the routers of one would have to answer both.
killed_survey() {
	local LAB_NAME=$LAB_NAME-killed d=$BATS_FILE_TMPDIR/killed

	lab/lab up --name "$LAB_NAME" "${LAB[@]}"
	boxes "$LAB_NAME"
	printf '10.128.0.%s\n' 5 6 7 8 20 21 22 23 24 25 26 27 28 >"$d.list"
	lab/lab run --name "$LAB_NAME" ./mpprobe survey --probe 4 -r 300 \
		--sample 1 --cooldown 1 -q -o "$d" "$d.list" 3>&- &
	pid=$!
	for wait in 1.3 1.2 2.1 3.3; do
		until [[ -s $d/journal ]]; do sleep 0.05; done
		sleep $wait
		kill -KILL "$pid"
		wait "$pid" || true
		wc -l <"$d/results.jsonl" >>"$d.lines"
		touch "$d/evidence/10.128.0.99.80.pcap" "$d/evidence/mine.pcap"
		lab/lab run --name "$LAB_NAME" ./mpprobe survey -q \
			--resume "$d" <"$d.list" 3>&- &
		pid=$!
	done
	wait "$pid"
	pid=
	lab/lab down --name "$LAB_NAME"
}

clean_survey() {
	local LAB_NAME=$LAB_NAME-clean

	lab/lab up --name "$LAB_NAME" "${LAB[@]}"
	survey --probe 32 -r 5000 -o "$BATS_FILE_TMPDIR/clean" \
		10.128.0.0/25 fd00:ffff::/121
	lab/lab down --name "$LAB_NAME"
}

# Behind a device that removes MP_JOIN from all SYNs.
placed_survey() {
	local LAB_NAME=$LAB_NAME-placed

	lab/lab up --name "$LAB_NAME" "${LAB[@]}" --box strip-join@3
	survey --probe 8 -r 5000 -o "$BATS_FILE_TMPDIR/placed" \
		10.128.0.0/28 fd00:ffff::/124
	lab/lab down --name "$LAB_NAME"
}

# What echoes our option on the way back is nowhere by hops.
mirror_survey() {
	local LAB_NAME=$LAB_NAME-mirror

	lab/lab up --name "$LAB_NAME" "${LAB[@]}" --box mirror@3
	survey --probe 8 -r 5000 -p 8080 -o "$BATS_FILE_TMPDIR/mirror" \
		10.128.0.0/29
	lab/lab down --name "$LAB_NAME"
}

teardown_file() {
	lab/lab down --name "$LAB_NAME-alone"
	end_suite
}

setup_file() {
	begin_suite
	boxes "$LAB_NAME"
	targets >"$BATS_FILE_TMPDIR/list"
	killed_survey &
	clean_survey &
	placed_survey &
	mirror_survey &
	lab/lab up --name "$LAB_NAME-alone" "${LAB[@]}" --icmp-unlimited
	boxes "$LAB_NAME-alone"
	lab/lab run --name "$LAB_NAME" tcpdump -i eth0 -n --immediate-mode -Q out \
		-B 32768 -w - tcp >"$BATS_FILE_TMPDIR/pcap" \
		2>"$BATS_FILE_TMPDIR/said" 3>&- &
	pid=$!
	await grep -q 'listening on' "$BATS_FILE_TMPDIR/said"
	survey --probe 8 --sample 1 -o "$BATS_FILE_TMPDIR/d" \
		"$BATS_FILE_TMPDIR/list"
	kill -TERM "$pid"
	wait
	pid=
}

@test 'each of fifty is what mpprobe alone says of its kind' {
	tmp=$BATS_FILE_TMPDIR
	report/validate.py "$tmp/d/results.jsonl"
	! grep -q '_ms":[0-9]*\.[0-9]\{4\}' "$tmp/d/results.jsonl" || false
	found "$tmp/d" >"$tmp/found"
	cat "$tmp/found"
	[[ $(wc -l <"$tmp/found") == 50 ]]
	stripped=$(alone 10.128.0.3 80)
	[[ $stripped == 'blocked mp_capable.removed 3-4' ]]
	joinless=$(alone 10.128.0.9 80)
	[[ $joinless == 'impaired mp_join.dropped 2-3' ]]
	[[ $(alone 10.128.0.20 80) == clear ]]
	[[ $(alone 10.128.0.60 8080) == unsupported ]]
	targets | while read -r address port; do
		i=${address##*.}
		if ((i < 8)); then
			echo "$address plain $stripped"
		elif ((i < 12)); then
			echo "$address v1 $joinless"
		elif ((i < 50)); then
			echo "$address v1 clear"
		else
			echo "$address plain unsupported"
		fi
	done | diff - "$tmp/found"
	[[ $(jq .probed "$tmp/d/meta.json") == 50 ]]
}

@test 'which hop does what, towards how many' {
	./mpprobe survey --report "$BATS_FILE_TMPDIR/d" >"$tmp/tables"
	cat "$tmp/tables"
	grep -q '^Probed: 50 targets: ' "$tmp/tables"
	grep -q ' mp_capable.removed  *at or between hop 10.0.3.2 and hop 10.0.4.2: towards 8 \(of\|targets;\) ' \
		"$tmp/tables"
	grep -q ' mp_join.dropped  *at or between hop 10.0.2.2 and hop 10.0.3.2: towards 4 \(of\|targets;\) ' \
		"$tmp/tables"
	# not all of those where nothing interferes were asked for their hops
	[[ $(jq -r 'select(.probe.verdict.status == "clear").probe.first_ttl' \
		"$BATS_FILE_TMPDIR/d/results.jsonl" | sort -u) == null ]]
	# hops that all share are asked no more
	[[ $(jq .probe.first_ttl "$BATS_FILE_TMPDIR/d/results.jsonl" |
		grep -c '^1$') -le 4 ]]
}

@test 'the networks of hops, by a table, in each form' {
	tmp=$BATS_FILE_TMPDIR
	printf '%s\n' '# of the lab' '10.0.0.0/14 64499 WIDER' \
		'10.0.3.0/24 64500 EXAMPLE Carrier' '10.0.4.0 24 64501_64502' \
		>"$tmp/table"
	survey() { ./mpprobe survey --report "$tmp/d" --as-table "$tmp/table" "$@"; }
	survey | tee "$tmp/tables"
	grep -q ' mp_capable.removed  *at or between hop 10.0.3.2 (AS64500 EXAMPLE) and hop 10.0.4.2 (AS64501): towards 8 \(of\|targets;\) ' \
		"$tmp/tables"
	grep -q ' mp_capable.removed  *AS64500 EXAMPLE or AS64501: towards 8 \(of\|targets;\) ' \
		"$tmp/tables"
	# the box may be in either
	grep -q ' mp_join.dropped  *AS64499 WIDER or AS64500 EXAMPLE: towards 4 \(of\|targets;\) ' \
		"$tmp/tables"
	survey -j >"$tmp/json"
	report/validate.py "$tmp/json"
	[[ $(jq -c '.probed.networks[] | select(.id == "mp_capable.removed") |
		[.after, .at, .targets]' "$tmp/json") == '["AS64500","AS64501",8]' ]]
	survey --csv --table hops |
		grep -q '^mp_capable.removed,forward,10.0.3.2,AS64500,10.0.4.2,AS64501,8,'
	survey --csv --table networks |
		grep -q '^mp_capable.removed,forward,AS64500,AS64501,8,'
	# one row a finding of a target, as many as there are
	survey --csv --table findings >"$tmp/csv"
	[[ $(jq '.probe.findings | length' "$tmp/d/results.jsonl" |
		awk '{ n += $1 } END { print n }') == \
		$(($(wc -l <"$tmp/csv") - 1)) ]]
	[[ $(grep -c '^10.128.0.[0-7],80,plain,blocked,mp_capable.removed,blocks,forward,syn,[a-z]*,proven,3,10.0.3.2,AS64500,4,10.0.4.2,AS64501,evidence/10.128.0.[0-7].80.pcap,"' \
		"$tmp/csv") == 8 ]]
	survey -q --html "$tmp/page.html" >/dev/null
	grep -q 'AS64500 EXAMPLE or AS64501' "$tmp/page.html"
	# nobody is asked, and none is told, without it
	./mpprobe survey --report "$tmp/d" >"$tmp/tables"
	! grep -q 'AS[0-9]\|By network' "$tmp/tables" || false
	./mpprobe survey --report "$tmp/d" -j >"$tmp/json"
	report/validate.py "$tmp/json"
	[[ $(jq '.probed | has("networks")' "$tmp/json") == false ]]
	echo x >>"$tmp/table"
	survey 2>&1 >/dev/null | grep -q "table:5: no prefix"
	run -65 ./mpprobe survey --report "$tmp/d" --as-table "$tmp/none"
}

@test 'once a place is known, two hops are asked once, and prove it' {
	tmp=$BATS_FILE_TMPDIR
	report/validate.py "$tmp/placed/results.jsonl"
	[[ $(found "$tmp/placed" | cut -d' ' -f3- | sort | uniq -c | xargs) == \
		'32 impaired mp_join.removed 3-4' ]]
	[[ $(jq -r '.probe.findings[].confidence' "$tmp/placed/results.jsonl" |
		uniq) == proven ]]
	# all but the first two, three at most, of each family
	hops() {
		jq -r '.probe | "\(.first_ttl)-\(.last_ttl)"' \
			"$tmp/placed/results.jsonl"
	}
	hops | sort | uniq -c
	(($(hops | grep -cx 3-4) >= 26))
	[[ -z $(hops | grep -vx '3-4\|[13]-null') ]]
	jq -r 'select(.probe.last_ttl).probe.evidence' \
		"$tmp/placed/results.jsonl" >"$tmp/short"
	while read -r name; do
		tcpdump -n -r "$tmp/placed/$name" \
			'icmp[0] == 11 or icmp6[0] == 3' 2>/dev/null
		./mpprobe read -j "$tmp/placed/$name" | jq -S '{verdict, findings}' \
			>"$tmp/again" || true
		jq -S --arg name "$name" 'select(.probe.evidence == $name).probe |
			{verdict, findings}' "$tmp/placed/results.jsonl" |
			diff - "$tmp/again" >&2
	done <"$tmp/short" >"$tmp/errors"
	# some may be asked once more, if answers were lost
	errors=$(wc -l <"$tmp/errors") count=$(wc -l <"$tmp/short")
	echo "$errors of $count"
	((errors >= 2 * count && errors <= 2 * count + 4))
}

@test 'hops that were left out are not asked for what has no place' {
	report/validate.py "$BATS_FILE_TMPDIR/mirror/results.jsonl"
	jq -r '.probe | "\(.first_ttl) \(.verdict.status)
		\(.findings | map(.id) | join(","))"' \
		"$BATS_FILE_TMPDIR/mirror/results.jsonl" | paste -sd ' \n' |
		sort | uniq -c | tee "$tmp/counts"
	[[ $(xargs <"$tmp/counts") == '3 1 blocked mp_capable.mirrored 5 4 blocked mp_capable.mirrored' ]]
}

@test 'what others of a prefix have is said of nobody who does not show it' {
	[[ -z $(jq -r 'select(.probe.last_ttl and .probe.findings == []).target' \
		"$BATS_FILE_TMPDIR/d/results.jsonl") ]]
	[[ $(jq -r 'select(.target.port == 8080).probe |
		"\(.first_ttl != null) \(.last_ttl) \(.findings | length)"' \
		"$BATS_FILE_TMPDIR/d/results.jsonl" | uniq) == 'true null 0' ]]
	[[ $(jq -r 'select(.probe.last_ttl).target.port' \
		"$BATS_FILE_TMPDIR/d/results.jsonl" | uniq) == 80 ]]
}

@test 'not a byte of data to who did not speak MPTCP' {
	data='(ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2)) != 0'
	sent() { tcpdump -n -r "$BATS_FILE_TMPDIR/pcap" "$data and ($1)" 2>/dev/null; }
	[[ -z $(sent "dst net $STRIPPED or dst port 8080") ]]
	for i in 8 20 49; do
		[[ -n $(sent "dst host 10.128.0.$i") ]]
	done
	# and they were probed all the same
	[[ -n $(tcpdump -n -r "$BATS_FILE_TMPDIR/pcap" 'dst host 10.128.0.60 and
		ip[8] < 5' 2>/dev/null) ]]
}

@test 'captures of findings, and only of them, say the same again' {
	tmp=$BATS_FILE_TMPDIR
	jq -r 'select(.probe.findings | length > 0).probe.evidence' \
		"$tmp/d/results.jsonl" | sort >"$tmp/named"
	diff "$tmp/named" <(cd "$tmp/d" && ls evidence/* | sort)
	(($(wc -l <"$tmp/named") >= 12))
	while read -r name; do
		./mpprobe read -j "$tmp/d/$name" | jq -S '{verdict, findings}' \
			>"$tmp/again" || true
		jq -S --arg name "$name" 'select(.probe.evidence == $name).probe |
			{verdict, findings}' "$tmp/d/results.jsonl" |
			diff - "$tmp/again"
	done <"$tmp/named"
}

@test 'nothing is accused on a clean path, 32 at once, IPv4 and IPv6' {
	tmp=$BATS_FILE_TMPDIR
	report/validate.py "$tmp/clean/results.jsonl"
	[[ $(jq -r '"\(.class) \(.probe.verdict.status) \(.probe.findings)"' \
		"$tmp/clean/results.jsonl" | sort | uniq -c | xargs) == \
		'256 v1 clear []' ]]
	[[ -z $(ls "$tmp/clean/evidence") ]]
}

@test 'killed at any moment and resumed: each target once, with its probe' {
	tmp=$BATS_FILE_TMPDIR
	cat "$tmp/killed.lines"
	(($(head -n 1 "$tmp/killed.lines") < 13))
	[[ $(jq -r .target.address "$tmp/killed/results.jsonl" | sort -V) == \
		$(sort -V "$tmp/killed.list") ]]
	[[ $(found "$tmp/killed" | cut -d' ' -f3- | sort | uniq -c | xargs) == \
		'3 blocked mp_capable.removed 3-4 9 clear 1 impaired mp_join.dropped 2-3' ]]
	[[ $(jq .complete "$tmp/killed/meta.json") == true ]]
	[[ $(jq .probed "$tmp/killed/meta.json") == 13 ]]
	# captures of lines that were never written are gone, others are not
	jq -r '.probe.evidence // empty' "$tmp/killed/results.jsonl" | sort |
		diff - <(cd "$tmp/killed" && ls evidence/*[0-9].pcap | sort)
	[[ -e $tmp/killed/evidence/mine.pcap ]]
}

@test 'without rights, and interrupted at once' {
	printf '10.128.0.%s\n' {0..31} >"$tmp/list"
	lab/lab run --name "$LAB_NAME" ./mpprobe survey --probe 4 --sample 1 -q \
		--cooldown 1 -o "$tmp/d" "$tmp/list" 2>"$tmp/said" 3>&- &
	pid=$!
	await test -s "$tmp/d/results.jsonl"
	for process in "$pid" $(pgrep -P "$pid"); do
		[[ $(<"/proc/$process/comm") == mpprobe ]] || continue
		grep -q '^CapPrm:.*0000000000000000' "/proc/$process/status"
		grep -q '^NoNewPrivs:.*1' "/proc/$process/status"
		grep -q '^Seccomp:.*2' "/proc/$process/status"
	done
	kill -INT "$pid"
	code=0
	wait "$pid" || code=$?
	pid=
	[[ $code == 130 ]]
	(($(wc -l <"$tmp/d/results.jsonl") < 32))
	[[ $(jq .complete "$tmp/d/meta.json") == false ]]
	on client ss -Htan | grep -v LISTEN | grep . && return 1
	[[ -z $(on server ss -Htan state connected exclude time-wait) ]]
}

# Behind the tests above: it changes the client.
@test 'what the own firewall does to probes is said of no hop' {
	on client iptables -t mangle -A POSTROUTING -p tcp -j TCPOPTSTRIP \
		--strip-options 30
	survey --probe 2 --sample 1 -o "$tmp/d" 10.128.0.40/31
	on client iptables -t mangle -F POSTROUTING
	[[ $(jq -r '.probe | "\(.verdict.status) \(.interrupted) \(.findings)"' \
		"$tmp/d/results.jsonl" | uniq) == 'undetermined true []' ]]
	[[ $(jq -r .probe.interruption "$tmp/d/results.jsonl") == \
		*'firewall of this host changes the probes'* ]]
	report/validate.py "$tmp/d/results.jsonl"
}

# Sweeps take their time: what is left when that is over.
@test 'a limit of time ends sweeps, and who waits to be probed is told' {
	lab/on_terminal.py --raw 24 80 lab/lab run --name "$LAB_NAME" \
		./mpprobe survey --probe 4 -r 3000 --cooldown 1 --max-runtime 3 \
		-o "$tmp/d" 10.128.0.0/27 >"$tmp/said"
	grep -Eq '32 targets, probing: [1-4] of [0-9]+, [0-9]+ wait: [0-9]+ v1' \
		"$tmp/said"
	grep -q 'all is asked, but not all is probed: go on with' "$tmp/said"
	grep -q 'Not complete: of 32 targets' "$tmp/said"
	left=$(meta_of .to_probe)
	((left > 0)) && [[ $(meta_of .complete) == false ]]
	(($(wc -l <"$tmp/d/results.jsonl") + left == 32))
	./mpprobe survey --report "$tmp/d" >"$tmp/tables"
	head -n 1 "$tmp/tables" | grep -q \
		"^Not complete: of 32 targets that were asked $left are not in"
	[[ $(./mpprobe survey --report "$tmp/d" -j |
		jq -c '[.complete, .untold, .to_probe]') == "[false,$left,$left]" ]]
	./mpprobe survey --report "$tmp/d" --csv | grep -q "^,untold,$left,,,$"
	./mpprobe survey --report "$tmp/d" --html "$tmp/page" >"$tmp/tables"
	grep -q "of 32 targets that were asked $left are" "$tmp/page"
	./mpprobe survey --report "$BATS_FILE_TMPDIR/d" | grep -q Not\ complete &&
		return 1
	./mpprobe survey --report "$BATS_FILE_TMPDIR/d" -j |
		jq -e '.complete and .untold == 0'
}

meta_of() {		# FILTER
	jq "$1" "$tmp/d/meta.json"
}

@test 'usage' {
	run -64 survey --probe 257 -o "$tmp/d" 10.128.0.0/24
	[[ $output == *'between 1 and 256'* && ! -e $tmp/d ]]
}

# Of one target: verdict, findings, and whether it seems to answer itself.
behind() {		# BOX...
	lab/lab with --hops 4 "$@" -- ./mpprobe survey --probe 8 -b none \
		--cooldown 1 -o "$tmp/$#" 10.0.5.2 >"$tmp/said"
	cat "$tmp/said"
	report/validate.py "$tmp/$#/results.jsonl"
	found "$tmp/$#"
	jq -c '[.probe.first_ttl, .probe.as_far]' "$tmp/$#/results.jsonl"
}

@test 'a device that speaks MPTCP in the name of targets is none of them' {
	run -0 behind --box mptcp-proxy@3
	[[ $output == *$'\n10.0.5.2 v1 impaired tcp.terminated 2-3\n[1,null]' ]]
	[[ $output != *'may be answered by a device'* ]]
	run -0 behind --hops 4 --box proxy-capable@3
	[[ $output == *$'\n10.0.5.2 v1 impaired tcp.terminated 2-3\n[1,null]' ]]
	run -0 behind
	[[ $output == *$'\n10.0.5.2 v1 clear\n[null,true]' ]]
	[[ $output != *'may be answered by a device'* ]]
	# who sends no ICMP does not tell
	on server iptables -I OUTPUT -p icmp -s 10.128.0.200 -j DROP
	run -0 on client "$PWD/mpprobe" survey --probe 8 --cooldown 1 \
		-o "$tmp/d" 10.128.0.200
	[[ $output == *'1 of the clear ones may be answered by a device'* ]]
	[[ $(jq -c '[.probe.verdict.status, .probe.as_far]' \
		"$tmp/d/results.jsonl") == '["clear",null]' ]]
	run -0 ./mpprobe survey --report "$tmp/d" -j
	[[ $(jq .probed.distance_unknown <<<"$output") == 1 ]]
	report/validate.py <(cat <<<"$output")
}
