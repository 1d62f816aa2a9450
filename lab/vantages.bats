#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe survey --report DIR DIR...: the same targets from three vantage points,
# and where on their paths something removes MP_CAPABLE.

load suite

export COLUMNS=200	# a line each

LAB=(--hops 4 --many 256 --icmp-unlimited)	# 10.128.0.0/24 answer by MPTCP

# At router 1, which is before the first; at router 3, before two; MP_JOIN dropped
# before the server, and MP_CAPABLE removed there, which no hop can tell. What
# router 3 sends itself does not pass where it forwards.
WAY=10.128.0.0/30 SHARED=10.128.0.4/30 SERVER=10.128.0.8/30
CLEAR=10.128.0.12/30 HIDDEN=10.128.0.16/30

strip() {		# ROUTER PREFIX
	on "$1" iptables -t mangle -A FORWARD -d "$2" -p tcp \
		--tcp-flags SYN,ACK SYN -j TCPOPTSTRIP --strip-options 30
}

survey_from() {		# HOST NAME OPTION...
	on "$1" "$PWD/mpprobe" survey --cooldown 1 -q "${@:3}" \
		-o "$BATS_FILE_TMPDIR/$2" 10.128.0.0/28 $HIDDEN
}

setup_file() {
	begin_suite
	strip r1 $WAY
	strip r3 $SHARED
	on r4 nft "
		add table ip last
		add chain ip last f { type filter hook forward priority -150; }
		add rule ip last f ip daddr $SERVER tcp option mptcp subtype 1 \
			drop
		add rule ip last f ip daddr $HIDDEN tcp flags syn / syn,ack \
			tcp option mptcp subtype 0 reset tcp option mptcp"
	for host in client r1 r3; do
		survey_from $host $host --probe 8 --sample 1 &
	done
	survey_from r1 bare &
	wait
}

# Of some targets only, of each vantage point: into $tmp/HOST.
part() {		# PREFIX HOST...
	local first=${1%/*} host

	first=${first##*.}
	for host in "${@:2}"; do
		mkdir -p "$tmp/$host"
		jq -c --argjson first "$first" '.target.address as $a |
			select(($a | split(".")[3] | tonumber) as $n |
			$n >= $first and $n < $first + 4)' \
			"$BATS_FILE_TMPDIR/$host/results.jsonl" \
			>"$tmp/$host/results.jsonl"
		[[ $(wc -l <"$tmp/$host/results.jsonl") == 4 ]]
	done
	(cd "$tmp" && "$OLDPWD/mpprobe" survey --report "${@:2}") >"$tmp/said"
	cat "$tmp/said"
	(cd "$tmp" && "$OLDPWD/mpprobe" survey --report "${@:2}" -j) >"$tmp/json"
	report/validate.py "$tmp/json"
}

sides() {
	jq -r '.sides[] | "\(.side) \(.finding) \(.after)-\(.at) " +
		"\(.there_from | join(",")) \(.not_from | join(","))"' \
		"$tmp/json"
}

@test 'near a vantage point' {
	part $WAY client r1 r3
	[[ $(jq -c '.vantages[0].near | [.class, .finding, .at]' "$tmp/json") == \
		'["plain","mp_capable.removed","10.0.2.2"]' ]]
	[[ $(jq -c '[.vantages[1:][].near]' "$tmp/json") == '[null,null]' ]]
	grep -q '^    .*Near this vantage point: mp_capable.removed, at or between hop 10.0.1.2 and hop 10.0.2.2, towards all 4 targets' \
		"$tmp/said"
	[[ -z $(sides) ]]
}

@test 'at a hop that two share, and a third does not go by' {
	part $SHARED client r1 r3
	[[ $(sides) == 'shared mp_capable.removed 10.0.3.2-10.0.4.2 client,r1 r3' ]]
	[[ $(jq -c '[.vantages[].near]' "$tmp/json") == '[null,null,null]' ]]
}

@test 'right before the server' {
	part $SERVER client r1 r3
	[[ $(sides) == 'server mp_join.dropped 10.0.4.2-'*' client,r1,r3 ' ]]
	part $HIDDEN client r1 r3
	[[ $(jq -c '.sides[] | [.side, .finding, .where, .somewhere_from]' \
		"$tmp/json") == '["all","mp_capable.removed",null,["client","r1","r3"]]' ]]
	grep -q '^  mp_capable.removed: towards 4 targets; where is not known, from client, r1 and r3$' \
		"$tmp/said"
}

@test 'nowhere' {
	part $CLEAR client r1 r3
	[[ -z $(sides) ]]
	[[ $(jq -c '[.vantages[].near]' "$tmp/json") == '[null,null,null]' ]]
}

@test 'without hops of one it is not known where, and that is said' {
	part $SHARED client bare
	[[ $(jq -c '[.vantages[].hops_known]' "$tmp/json") == '[true,false]' ]]
	grep -q '^    No hops are known from here: --probe asks for them.$' \
		"$tmp/said"
	# plain is what one that does not speak MPTCP is, too
	[[ $(sides) == 'alone mp_capable.removed 10.0.3.2-10.0.4.2 client ' ]]
	grep -q 'from client; nothing is known from bare$' "$tmp/said"
}

@test 'all of it in each form, with the networks of hops' {
	cd "$BATS_FILE_TMPDIR"
	echo '10.0.3.0/24 64500 EXAMPLE' >table
	report() { "$OLDPWD/mpprobe" survey --report client r1 r3 "$@"; }
	report --as-table table --html page.html >said
	cat said
	grep -q 'at or between hop 10.0.3.2 (AS64500 EXAMPLE) and hop 10.0.4.2: towards 4 targets, from client and r1; not from r3$' \
		said
	# of those at one place near it, others are elsewhere
	grep -q 'at or between hop 10.0.1.2 and hop 10.0.2.2: towards 4 targets, from client; not from r1 and r3$' \
		said
	grep -q 'at or between hop 10.0.3.2 (AS64500 EXAMPLE) and hop' page.html
	tidy -q -e page.html 2>&1 | grep -v "trimming empty <b>" >complaints || true
	[[ ! -s complaints ]]
	report --csv >csv
	cat csv
	grep -q '^shared,mp_capable.removed,10.0.3.2,10.0.4.2,"client r1","","r3","",4$' \
		csv
	[[ $(wc -l <csv) == 5 ]]
}

# Whole lines of results, of addresses of their own.
put() {			# DIR SCHEMA COUNT
	mkdir -p "$1"
	for ((i = 0; i < $3; i++)); do
		printf '{"schema":"mpprobe-survey/%s","target":{"address":"192.0.2.%s","port":80},"class":"v1"}\n' \
			"$2" $i
	done >"$1/results.jsonl"
}

@test 'one survey is not seen from two places' {
	put "$tmp/a" 1 3
	put "$tmp/b" 1 3
	ln -s a "$tmp/c"
	run -64 ./mpprobe survey --report "$tmp/a" "$tmp/b" "$tmp/c"
	[[ $output == "mpprobe: $tmp/a and $tmp/c are one survey" ]]
}

@test 'results of another schema, or of nobody, among others' {
	put "$tmp/a" 1 3
	put "$tmp/b" 1 3
	echo garbage >>"$tmp/b/results.jsonl"
	run -0 --separate-stderr ./mpprobe survey --report "$tmp/a" "$tmp/b"
	[[ $output == *"$tmp/b: 3 targets: 3 v1"* ]]
	[[ $stderr == "mpprobe: $tmp/b/results.jsonl: 1 lines are none of a survey" ]]
	put "$tmp/b" 2 3
	for form in '' -j --csv; do
		# shellcheck disable=SC2086
		run -65 ./mpprobe survey --report "$tmp/a" "$tmp/b" $form
		[[ $output == "mpprobe: $tmp/b/results.jsonl: lines of schema mpprobe-survey/2, which this version"* ]]
		((${#lines[@]} == 1))
	done
	echo garbage >"$tmp/b/results.jsonl"
	run -65 ./mpprobe survey --report "$tmp/a" "$tmp/b"
	[[ $output == *"$tmp/b/results.jsonl: none of its 1 lines is of a survey" ]]
}

@test 'what a survey has not told is said beside the others' {
	put "$tmp/a" 1 3
	put "$tmp/b" 1 3
	echo '{"complete":true,"ended":"x","targets":3}' >"$tmp/a/meta.json"
	echo '{"complete":false,"ended":"x","targets":9}' >"$tmp/b/meta.json"
	report() { ./mpprobe survey --report "$tmp/a" "$tmp/b" "$@"; }
	run -0 report --html "$tmp/page.html"
	[[ ${lines[1]} == "  $tmp/a: "* && ${lines[2]} == "  $tmp/b: "* ]]
	[[ ${lines[3]} == '    Not complete: of 9 targets that were asked 6 are not '* ]]
	grep -q 'b: Not complete: of 9 targets that were asked 6 are not' "$tmp/page.html"
	report -j >"$tmp/json"
	report/validate.py "$tmp/json"
	[[ $(jq -c '[.vantages[] | .complete, .untold]' "$tmp/json") == '[true,0,false,6]' ]]
	[[ $(report --csv | tail -n +2) == 'untold,,,,"","","","'"$tmp/b"'",6' ]]
	rm "$tmp/b/meta.json"
	report -j >"$tmp/json"
	report/validate.py "$tmp/json"
	[[ $(jq -c '.vantages[1] | [.complete, .untold]' "$tmp/json") == '[null,null]' ]]
}
