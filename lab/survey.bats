#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe survey, of a few thousand addresses that answer each in its own way.

load suite

LAB=(--hops 1 --many 4000)
SPACE=10.128.0.0/20	# 4,096 addresses: the last 96 are silent

survey() {		# ARGUMENT...
	on client "$PWD/mpprobe" survey "$@"
}

# In the background: $pid is its process.
start_survey() {	# ARGUMENT...
	lab/lab run --name "$LAB_NAME" "$PWD/mpprobe" survey "$@" 3>&- &
	pid=$!
}

# "10.128.0.1 v1" of each address of SPACE: what is true, and what was found.
truth() {		# [-0]
	lab/servers/many -n 4000 -t "$@"
	for ((i = 160; i < 256; i++)); do
		echo "10.128.15.$i silent"
	done
}

found() {		# DIR
	sed -n 's/.*"address":"\([^"]*\)","port":80},"class":"\([a-z0-9_]*\)".*/\1 \2/p' \
		"$1/results.jsonl"
}

same_as_truth() {	# DIR [-0]
	diff <(truth "${@:2}" | sort) <(found "$1" | sort)
}

meta() {		# DIR FILTER
	jq -r "$2" "$1/meta.json"
}

# What leaves the client while COMMAND runs, into $tmp/sent: "TIME ADDRESS".
watched() {		# COMMAND...
	lab/lab run --name "$LAB_NAME" tcpdump -i eth0 -n --immediate-mode -Q out \
		-B 32768 -w "$tmp/pcap" 'tcp[13] = 2' 2>"$tmp/said" 3>&- &
	pid=$!
	until grep -q 'listening on' "$tmp/said"; do sleep 0.05; done
	"$@"
	kill -TERM "$pid"
	wait "$pid" || true
	pid=
	tcpdump -n -tt -r "$tmp/pcap" 2>/dev/null |
		sed 's/^\([0-9.]*\) IP .* > \([0-9.]*\)\.[0-9]*: .*/\1 \2/' \
		>"$tmp/sent"
}

# Killed again and again, at any moment; late answers come to a process that did
# not ask.
killed_survey() {	# DIR
	start_survey -r 6000 --cooldown 6 -q -o "$1" "$SPACE"
	for wait in 0.6 0.3 1.2; do
		until [[ -s $1/journal ]]; do sleep 0.05; done
		sleep $wait
		kill -KILL "$pid"
		wait "$pid" || true
		start_survey -q --resume "$1"
	done
	wait "$pid"
}

interrupted_survey() {
	local tmp=$BATS_FILE_TMPDIR/interrupted

	mkdir "$tmp"
	start_survey -r 2000 --cooldown 1 -o "$tmp/d" "$SPACE" 2>"$tmp/said" \
		>/dev/null
	until [[ -s $tmp/d/results.jsonl ]]; do sleep 0.05; done
	cat "/proc/$pid/status" >"$tmp/process"
	kill -INT "$pid"
	wait "$pid" && code=0 || code=$?
	echo $code >"$tmp/code"
	wc -l <"$tmp/d/results.jsonl" >"$tmp/lines"
	survey -q --resume "$tmp/d" -r 8000 --status "$tmp/status"
}

# That of the man page, on three targets.
recipe() {
	cd "$BATS_FILE_TMPDIR" || return
	sed -n '/^sudo mpprobe survey -p 443 -o census/,/^\.Ed/{/^\.Ed/d;s/\\e$/\\/;p;}' \
		"$OLDPWD/man/mpprobe.1" |
		sed "s,sudo mpprobe,$OLDPWD/mpprobe,g" >recipe
	printf '10.128.1.%s\n' 12 13 14 >hosts.txt
	"$OLDPWD/lab/lab" run --name "$LAB_NAME" sh ./recipe >probed
}

# All at once: each understands only what answers its own SYNs.
setup_file() {
	begin_suite
	for i in 1 2 3; do
		survey -r 8000 --cooldown 1 --seed 7 --shard $i/3 -q \
			-o "$BATS_FILE_TMPDIR/shard$i" "$SPACE" &
	done
	killed_survey "$BATS_FILE_TMPDIR/killed" &
	(interrupted_survey) &
	(recipe) &
	survey -r 8000 --cooldown 6 -o "$BATS_FILE_TMPDIR/d" "$SPACE" \
		>"$BATS_FILE_TMPDIR/tables" &
	survey -r 8000 --cooldown 6 --mptcp auto -q \
		-o "$BATS_FILE_TMPDIR/v0" "$SPACE" fd00:ffff::/116 \
		>"$BATS_FILE_TMPDIR/quiet" &
	wait
}

@test 'each target is of its true class, and has one line' {
	tmp=$BATS_FILE_TMPDIR
	same_as_truth "$tmp/d"
	report/validate.py "$tmp/d/results.jsonl"
	grep -q '^Port 80: 4,096 targets$' "$tmp/tables"
	[[ $(meta "$tmp/d" '.complete, .targets, .not_captured, .late') == \
		$'true\n4096\n0\n0' ]]
	# what does not fit is counted
	(($(meta "$tmp/d" .unfit.bad_ack) > 200))
	(($(meta "$tmp/d" .unfit.bad_flags) > 200))
	(($(meta "$tmp/d" .copies) > 200))
	# each of the six kinds of ICMP errors, and what one of them quotes
	for code in 3:0 3:1 3:3 3:10 3:13 11:0; do
		grep -q "\"type\":${code%:*},\"code\":${code#*:}" \
			"$tmp/d/results.jsonl"
	done
	[[ $(grep -c '"field":"tcp.option.mptcp"' "$tmp/d/results.jsonl") == \
		$(grep -c '"code":10,' "$tmp/d/results.jsonl") ]]
	# what is dropped was sent four times, with a plain SYN beside it
	[[ $(grep -c 'capable_dropped.*"plain":{"answer":"syn_ack"' \
		"$tmp/d/results.jsonl") == $(truth | grep -c capable_dropped) ]]
	grep '"mirror":"exact"' "$tmp/d/results.jsonl" | grep -q 1e040101
	grep -q '"mirror":"other"' "$tmp/d/results.jsonl"
	./mpprobe survey --report "$tmp/d" | diff - "$tmp/tables"
	./mpprobe survey --report "$tmp/d" --csv | grep -q '^80,v0,0,0.0000'
}

@test 'v0 where it is asked for, and IPv6' {
	tmp=$BATS_FILE_TMPDIR
	[[ ! -s $tmp/quiet ]]
	diff <(truth -0 | sort) <(found "$tmp/v0" | grep ^10 | sort)
	diff <(truth -0 | cut -d' ' -f2) \
		<(for ((i = 0; i < 4096; i++)); do
			printf 'fd00:ffff::%x\n' "$i"
		done | sed 's/::0$/::/' | awk '
			NR == FNR { class[$1] = $2; next } { print class[$1] }
			' <(found "$tmp/v0" | grep ^fd) -)
}

@test 'a blocked prefix gets not one packet' {
	printf '10.128.1.0/24 # by mail\n10.128.2.7 2026-11-28\n' >"$tmp/block"
	watched survey -r 8000 --cooldown 1 -b "$tmp/block" -o "$tmp/d" "$SPACE"
	! grep -q ' 10\.128\.1\.' "$tmp/sent"
	! grep -q ' 10\.128\.2\.7$' "$tmp/sent"
	[[ $(cut -d' ' -f2 "$tmp/sent" | sort -u | wc -l) == 3839 ]]
	[[ $(meta "$tmp/d" '.blocked, .targets') == $'257\n3839' ]]
	[[ $(wc -l <"$tmp/d/results.jsonl") == 3839 ]]
}

@test 'private ranges only if they are named' {
	on client ip route add 8.0.0.0/6 via 10.0.1.2
	watched survey -r 2000 --max-runtime 1 --cooldown 1 -q -o "$tmp/d" \
		8.0.0.0/6
	grep -q ' 9\.' "$tmp/sent"
	! grep -q ' 10\.' "$tmp/sent"
	(($(meta "$tmp/d" .blocked) > 100))
}

@test 'shards: each target in one of them' {
	for i in 1 2 3; do
		found "$BATS_FILE_TMPDIR/shard$i" | cut -d' ' -f1
	done | sort >"$tmp/asked"
	diff "$tmp/asked" <(truth | cut -d' ' -f1 | sort)
}

@test 'lists: addresses, prefixes and ports, from a file and from a pipe' {
	printf '10.128.0.7\n# none\n10.128.1.16 8080\n10.128.1.0/30\nname\n' \
		>"$tmp/list"
	survey --cooldown 1 -o "$tmp/d" "$tmp/list" 2>"$tmp/said" &
	survey --cooldown 1 -o "$tmp/e" - 10.128.1.9:443 server.lab:81 \
		<"$tmp/list" 2>/dev/null
	wait $!
	grep -q '1 lines are no targets, the first is line 5' "$tmp/said"
	[[ $(wc -l <"$tmp/d/results.jsonl") == 6 ]]
	grep -q '"address":"10.128.1.16","port":8080},"class":"reset"' \
		"$tmp/d/results.jsonl"
	[[ $(wc -l <"$tmp/e/results.jsonl") == 8 ]]
	[[ $(./mpprobe survey --report "$tmp/e" | grep -c ^Port) == 4 ]]
	grep -q '"port":81},"class":"reset"' "$tmp/e/results.jsonl"
	# a survey that goes on asks the address that the name had
	head -n 1 "$tmp/e/journal" | jq -e '.targets[:2] == ["-", "10.128.1.9:443"]
		and (.targets[2] | test("^(10.0.2.2|fd00:2::2) 81$"))'
}

@test 'killed at any moment and resumed: each target once, and its true class' {
	tmp=$BATS_FILE_TMPDIR
	same_as_truth "$tmp/killed"
	report/validate.py "$tmp/killed/results.jsonl"
	[[ $(meta "$tmp/killed" .complete) == true ]]
	[[ $(meta "$tmp/killed" .targets) == 4096 ]]
}

@test 'without rights; interrupted, ends at once, with 130, and can be resumed' {
	tmp=$BATS_FILE_TMPDIR/interrupted
	# nothing is left of what opened the sockets
	grep -q '^CapPrm:.*0000000000000000' "$tmp/process"
	grep -q '^NoNewPrivs:.*1' "$tmp/process"
	grep -q '^Seccomp:.*2' "$tmp/process"
	[[ $(<"$tmp/code") == 130 ]]
	grep -q -- "--resume $tmp/d" "$tmp/said"
	(($(<"$tmp/lines") < 4096))
	diff <(found "$tmp/d" | cut -d' ' -f1 | sort) \
		<(truth | cut -d' ' -f1 | sort)
	jq -e '.all_asked and .open == 0 and .classes.reset > 100' "$tmp/status"
	run -64 survey -o "$tmp/d" "$SPACE"
	[[ $output == *'is there already'* ]]
	survey -q --resume "$tmp/d"	# nothing is left to ask
	[[ $(wc -l <"$tmp/d/results.jsonl") == 4096 ]]
}

@test 'who asks not to be asked is not, from the next --resume on' {
	survey --max-targets 100 --cooldown 1 -q --seed 3 -o "$tmp/d" "$SPACE"
	[[ $(wc -l <"$tmp/d/results.jsonl") == 100 ]]
	echo '10.128.4.0/22 2026-11-28 by mail' >>"$tmp/d/optout"
	found "$tmp/d" | grep -c '^10\.128\.[4-7]\.' >"$tmp/before"
	watched survey -q --resume "$tmp/d" -r 8000 --max-targets 9999
	grep -q ' 10\.128\.[89]\.' "$tmp/sent"
	! grep -Eq ' 10\.128\.[4-7]\.' "$tmp/sent"
	[[ $(found "$tmp/d" | cut -d' ' -f1 | sort | uniq -d) == '' ]]
	[[ $(found "$tmp/d" | grep -c '^10\.128\.[4-7]\.') == $(<"$tmp/before") ]]
}

# Two at once, each in its half: SYNs of 64 and 72 bytes, and 38 of Ethernet
# beside each.
two_rates() {
	local options=(--max-runtime 3 --cooldown 1 --sample 1000000 -q)

	survey -r 1500 "${options[@]}" -o "$tmp/d" 10.129.0.0/17 &
	survey -B 1M "${options[@]}" -o "$tmp/e" 10.129.128.0/17
	wait $!
}

# In 1.5 seconds, behind the first, in which it rises.
sent_of() {		# PATTERN
	grep " 10\.129\.$1" "$tmp/sent" | awk '
		!first { first = $1 }
		$1 > first + 1.2 && $1 < first + 2.7 { n++ }
		END { print n }'
}

@test 'the rate is kept, in packets and in bits' {
	watched two_rates
	n=$(sent_of '\([0-9]\|[0-9][0-9]\|1[01][0-9]\|12[0-7]\)\.')
	((n > 2205 && n < 2295))
	n=$(sent_of '\(12[89]\|1[3-9][0-9]\|2[0-9][0-9]\)\.')
	((n > 1734 && n < 1804))
}

@test 'on a terminal a line tells how it goes, and leaves no trace' {
	lab/on_terminal.py --raw 24 100 lab/lab run --name "$LAB_NAME" \
		./mpprobe survey --cooldown 1 -o "$tmp/d" 10.128.1.0/24 >"$tmp/raw"
	grep -Eq '[1-9][0-9]* targets, [0-9]+ pps: [0-9]+ v1, 0 v0' "$tmp/raw"
	grep -q '256 targets, all asked: waiting for answers' "$tmp/raw"
	lab/on_terminal.py 24 100 lab/lab run --name "$LAB_NAME" \
		./mpprobe survey --cooldown 1 -o "$tmp/e" 10.128.1.0/28 >"$tmp/seen"
	head -n 1 "$tmp/seen" | grep -q '^Port 80: 16 targets'
}

@test 'an interface that goes down ends it, with 69; without privilege, 77' {
	# shellcheck disable=SC2016
	lab/lab with --hops 1 --many 300 -- bash -c '
		./mpprobe survey -q -o "$1/d" 10.128.0.0/20 2>"$1/said" &
		until [[ -s $1/d/journal ]]; do sleep 0.05; done
		sleep 0.5
		ip link set eth0 down
		wait $!
		echo $? >"$1/code"
	' down "$tmp"
	[[ $(<"$tmp/code") == 69 ]]
	grep -q 'eth0 went down' "$tmp/said"
	[[ $(meta "$tmp/d" .complete) == false ]]
	run -77 on client setpriv --inh-caps=-all --bounding-set=-all \
		"$PWD/mpprobe" survey -o "$tmp/e" "$SPACE"
	[[ ! -e $tmp/e ]]
}

@test 'the recipe of the man page: the whole probe of what a survey found' {
	tmp=$BATS_FILE_TMPDIR
	[[ $(wc -l <"$tmp/recipe") == 3 ]]
	grep -q '^  listener_behind_strip             1 ' "$tmp/probed"
	[[ $(grep -c '^10\.128\.1\.14 port 443: ' "$tmp/probed") == 1 ]]
	! grep -q '10\.128\.1\.13' "$tmp/probed"
}

@test 'usage' {
	run -64 survey -o "$tmp/d" -r 20000 8.8.8.0/24
	[[ $output == *'--i-am-allowed'* && ! -e $tmp/d ]]
	run -64 survey -o "$tmp/d" -B 20M 8.8.8.0/24
	run -64 survey 10.128.0.0/20
	[[ $output == *'-o DIR is missing'* ]]
	run -64 survey -o "$tmp/d"
	[[ $output == *'no TARGETS'* ]]
	run -64 survey -o "$tmp/d" -r 5 -B 5 10.128.0.0/20
	run -64 survey -o "$tmp/d" --csv 10.128.0.0/20
	run -64 survey -o "$tmp/d" fd00::/60
	[[ $output == *'too many addresses'* ]]
	run -65 survey -o "$tmp/d" 10.128.0.1/20
	[[ $output == *'neither a prefix'* ]]
	echo name >"$tmp/block"
	run -65 survey -o "$tmp/d" -b "$tmp/block" 10.128.0.0/20
	[[ $output == *"$tmp/block:1: neither a prefix"* ]]
	run -65 survey --resume "$tmp/none"
	run -65 survey --report "$tmp/none"
	[[ ! -e $tmp/d ]]
}
