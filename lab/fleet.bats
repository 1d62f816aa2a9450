#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe-fleet, with a NATS server and four workers in namespaces; and the recipe
# for GNU parallel. `make fleet` does the same with more of all.

load suite
load fleet

LAB=(--hops 1 --many 2000)
SPACE=10.128.0.0/21	# 2,048 addresses: the last 48 are silent

need_programs() {	# PROGRAM...
	local program

	for program; do
		command -v "$program" >/dev/null || skip "$program is not there"
	done
}

# Each test has processes of its own, which know the namespaces by a file.
begin_test() {
	cd "$BATS_TEST_DIRNAME/.." || return
	PATH=$PATH:/usr/sbin:/sbin
	tmp=$BATS_TEST_TMPDIR pid=
	fleet_tmp=$BATS_FILE_TMPDIR
	[[ ! -s $fleet_tmp/vantages ]] || . "$fleet_tmp/vantages"
}

end_test() {
	kill -KILL ${worker_pid[@]+"${worker_pid[@]}"} $pid 2>/dev/null || true
}

setup_file() {
	PATH=$PATH:/usr/sbin:/sbin
	cd "$BATS_TEST_DIRNAME/.." || return
	need_programs nats-server ./mpprobe-fleet
	begin_suite
	fleet_tmp=$BATS_FILE_TMPDIR
	add_vantages 4
	start_nats
	declare -p vantage_pid nats_pid | sed 's/^declare /&-g /' \
		>"$fleet_tmp/vantages"
}

teardown_file() {
	fleet_tmp=$BATS_FILE_TMPDIR
	[[ -s $fleet_tmp/vantages ]] || return 0
	. "$fleet_tmp/vantages"
	kill -KILL "$(cat "$fleet_tmp/nats_pid" 2>/dev/null || echo $nats_pid)" || true
	remove_vantages
	end_suite
}

same_as_truth() {	# DIR
	compare_to_truth "$1" 2000 2048
}

is_missing() {		# COUNT SURVEY
	run -3 fleet gather -o "$tmp/before" "$2"
	[[ $(jq '.fleet.missing | length' "$tmp/before/meta.json") == "$1" ]]
}

# Says something to the NATS server, as any of its users can.
publish() {		# SUBJECT TEXT
	# shellcheck disable=SC2016
	at nats bash -c 'exec 3<>/dev/tcp/10.0.31.2/4222
		printf "CONNECT {\"verbose\":false}\r\nPUB %s %d\r\n%s\r\nPING\r\n" \
			"$1" ${#2} "$2" >&3
		grep -q PONG <&3' - "$1" "$2"
}

@test 'workers killed, the server killed, the network cut: each target once' {
	fleet serve -b none -r 1000 --cooldown 10 --per-shard 256 --ack-wait 10 \
		killed $SPACE
	is_missing 8 killed
	for i in 1 2 3 4; do
		start_worker w$i killed
	done
	sleep 3
	kill -KILL "${worker_pid[w1]}"
	start_worker w1 killed
	stop_nats KILL
	kill -KILL "${worker_pid[w2]}"
	start_nats
	echo $nats_pid >"$fleet_tmp/nats_pid"
	start_worker w2 killed
	sleep 4
	cut_network
	sleep 5
	kill -KILL "${worker_pid[w3]}"
	mend_network
	start_worker w3 killed
	wait "${worker_pid[@]}"
	fleet gather -o "$tmp/d" killed
	same_as_truth "$tmp/d"
	report/validate.py "$tmp/d/results.jsonl"
	./mpprobe survey --report "$tmp/d" | grep -q '^Port 80: 2,048 targets$'
	[[ $(jq -c '[.complete, .targets, .fleet.missing]' "$tmp/d/meta.json") == \
		'[true,2048,[]]' ]]
}

@test 'a worker that hangs loses its shard, and its survey is ended before' {
	fleet serve -b none -r 20 --cooldown 1 --per-shard 300 --ack-wait 10 \
		hangs 10.128.0.0/24
	watch client 'tcp[13] = 2 and dst net 10.128.0.0/24'
	start_worker w1 hangs
	await test -s "$fleet_tmp/w1/hangs.1/survey/journal"
	kill -STOP "${worker_pid[w1]}"
	start_worker w2 hangs -r 1000
	wait "${worker_pid[w2]}"
	flock -n "$fleet_tmp/w1/hangs.1/survey/journal" true
	end_watch
	[[ $(sed -n 's/.* \(10.0.1[78]\).2.[0-9]* > .*/\1/p' "$tmp/sent" | uniq) == \
		$'10.0.17\n10.0.18' ]]
	kill -CONT "${worker_pid[w1]}"
	wait "${worker_pid[w1]}"
	grep -q 'shard 1 is given back' "$fleet_tmp/w1.log"
	fleet gather -o "$tmp/d" hangs
	[[ $(found_in "$tmp/d" | cut -d' ' -f1 | sort -u | wc -l) == 256 ]]
	[[ $(wc -l <"$tmp/d/results.jsonl") == 256 ]]
}

# Writes what leaves a vantage point to $tmp/sent, or what leaves all of them.
watch() {		# VANTAGE|client FILTER
	local where=(go_to "$1")

	[[ $1 != client ]] || where=(exec lab/lab run --name "$LAB_NAME")
	("${where[@]}" tcpdump -i eth0 -n --immediate-mode -Q out \
		-w "$tmp/pcap" "$2" 2>"$tmp/tcpdump" 3>&-) &
	pid=$!
	await grep -q 'listening on' "$tmp/tcpdump"
}

end_watch() {
	kill -TERM $pid
	wait $pid
	tcpdump -n -tt -e -r "$tmp/pcap" >"$tmp/sent" 2>/dev/null
}

# Prints how many packets of $tmp/sent are of the same second, at most; with
# "bits" how many bits, as on a link, with 24 bytes beside each frame. On a busy
# machine that is a quarter more than the rate, as so much is made up for.
most_in_a_second() {	# [bits]
	awk -v bits="${1-}" '
		{ match($0, /length [0-9]+/)
		  cost[NR] = bits ? 8 * (24 + substr($0, RSTART + 7, RLENGTH - 7)) : 1
		  time[NR] = $1
		  for (sum += cost[NR]; time[NR] - time[first + 1] > 1; first++)
			sum -= cost[first + 1]
		  if (sum > most)
			most = sum }
		END { print most + 0 }' "$tmp/sent"
}

@test 'while last answers are waited for the next shard is asked, at the rate' {
	fleet serve -b none -r 200 --cooldown 6 --per-shard 128 --sample 2 next \
		10.128.0.0/24
	watch w1 'tcp[13] = 2'
	start_worker w1 next
	await test -s "$fleet_tmp/w1/next.2/survey/journal"
	[[ -e $fleet_tmp/w1/next.1 ]]
	jq -e .all_sent "$fleet_tmp/w1/next.1/status"
	wait "${worker_pid[w1]}"
	end_watch
	(($(most_in_a_second) <= 260))
	fleet gather -o "$tmp/d" next
	[[ $(wc -l <"$tmp/d/results.jsonl") == 256 ]]
}

@test 'a shard that the queue hands out again, to who has it, is asked once' {
	fleet serve -b none --cooldown 8 --per-shard 16 --ack-wait 10 again \
		10.128.0.0/28
	start_worker w1 again
	await jq -e .all_sent "$fleet_tmp/w1/again.1/status"
	publish mpprobe.again.shard \
		'{"shard":1,"targets":["10.128.0.0/28"],"part":[1,1]}'
	wait "${worker_pid[w1]}"
	fleet gather -o "$tmp/d" again
	[[ $(jq -c '[.targets, .fleet.doubles]' "$tmp/d/meta.json") == '[16,0]' ]]
}

@test 'interrupted: the shard is given back at once, and goes on here later' {
	fleet serve -b none -r 20 --cooldown 1 --per-shard 300 --ack-wait 600 \
		--window 1 back 10.128.0.0/24
	start_worker w1 back
	await test -s "$fleet_tmp/w1/back.1/survey/results.jsonl"
	kill -TERM "${worker_pid[w1]}"
	wait "${worker_pid[w1]}" && code=0 || code=$?
	[[ $code == 130 ]]
	n=$(wc -l <"$fleet_tmp/w1/back.1/survey/results.jsonl")
	((n > 0 && n < 256))
	is_missing 1 back
	sleep 1.2		# the server has forgotten what it has stored
	at w1 ./mpprobe-fleet work -s "$nats_url" --mpprobe ./mpprobe \
		-d "$fleet_tmp/w1" -r 1000 back >"$tmp/said"
	grep -q '1 shard done here' "$tmp/said"
	[[ ! -e $fleet_tmp/w1/back.1 ]]
	fleet gather -o "$tmp/d" back
	[[ $(wc -l <"$tmp/d/results.jsonl") == 256 ]]
	# of both runs, of which the second has stored again what the first had
	[[ $(jq .targets "$tmp/d/meta.json") == 256 ]]
	(($(jq .fleet.doubles "$tmp/d/meta.json") > 0))
}

@test 'Ctrl-C: the shard goes to another worker at once; watch ends as well' {
	fleet serve -b none -r 10 --cooldown 1 --per-shard 300 --ack-wait 600 \
		ctrl-c 10.128.0.0/24
	start_worker w1 ctrl-c
	await test -s "$fleet_tmp/w1/ctrl-c.1/survey/results.jsonl"
	start_worker w2 ctrl-c -r 1000
	(go_to nats ./mpprobe-fleet watch -s "$nats_url" --status "$tmp/status" \
		ctrl-c >"$tmp/said" 2>&1) &
	pid=$!
	await jq -e '.claimed == 1' "$tmp/status"
	kill -INT $pid
	wait $pid && code=0 || code=$?
	[[ $code == 130 ]]
	grep -q '^ctrl-c: 0 of 1 shard done, 1 claimed, 0 left; ' "$tmp/said"
	[[ ! -e $fleet_tmp/w2/ctrl-c.1 ]]
	kill -INT "${worker_pid[w1]}"
	wait "${worker_pid[w1]}" && code=0 || code=$?
	[[ $code == 130 ]]
	grep -q '^mpprobe-fleet: shard 1 is given back$' "$fleet_tmp/w1.log"
	! grep -q -- --resume "$fleet_tmp/w1.log" || false
	await test -s "$fleet_tmp/w2/ctrl-c.1/survey/journal"
	wait "${worker_pid[w2]}"
	fleet gather -o "$tmp/d" ctrl-c
	[[ $(wc -l <"$tmp/d/results.jsonl") == 256 ]]
}

@test 'serve interrupted while a list comes: it is not cut to its end' {
	mkfifo "$tmp/fifo"
	(go_to nats ./mpprobe-fleet serve -s "$nats_url" -b none --cooldown 1 \
		--per-shard 2 listening - <>"$tmp/fifo" >"$tmp/said" 2>&1) &
	pid=$!
	printf '10.128.0.%d\n' {1..9} >"$tmp/fifo"
	await queue_has listening 4
	# the library's threads are deaf: it is the reader who hears of it in time
	for task in /proc/$pid/task/*/status; do
		[[ $task == */"$pid/status" ]] ||
			(($((16#$(sed -n 's/^SigBlk:.//p' "$task"))) >> 1 & 1))
	done
	kill -INT $pid
	wait $pid && code=0 || code=$?
	[[ $code == 130 ]]
	grep -q 'not cut to its end: the same line again goes on' "$tmp/said"
	is_missing 0 listening
	# so is one whose list ends, because who wrote it was interrupted, too
	(go_to nats ./mpprobe-fleet serve -s "$nats_url" -b none --cooldown 1 \
		--per-shard 2 listening - <"$tmp/fifo" >"$tmp/said" 2>&1) &
	pid=$!
	exec 9>"$tmp/fifo"
	printf '10.128.0.%d\n' {1..19} >&9
	await queue_has listening 9
	kill -STOP $pid
	kill -INT $pid
	exec 9>&-
	kill -CONT $pid
	wait $pid && code=0 || code=$?
	[[ $code == 130 ]]
	is_missing 0 listening
}

@test 'gather interrupted ends, and leaves nothing half written' {
	fleet serve -b none --cooldown 1 half 10.128.0.0/28
	publish mpprobe.half.state.done.1 '{"shard":1,"lines":2}'
	(go_to nats ./mpprobe-fleet gather -s "$nats_url" -o "$tmp/d" half \
		2>"$tmp/said") &
	pid=$!
	await test -e "$tmp/d/results.jsonl.new"
	kill -INT $pid
	wait $pid && code=0 || code=$?
	[[ $code == 130 ]]
	[[ -z $(ls "$tmp/d") ]]
}

@test 'how far it is: a line on a terminal, a file, until all is done' {
	run -65 fleet watch far
	run -64 fleet serve --status "$tmp/status" far 10.128.0.0/24
	(go_to nats lab/on_terminal.py --raw 24 140 ./mpprobe-fleet serve \
		-s "$nats_url" -b none -r 40 --cooldown 1 --per-shard 64 --stay \
		--status "$tmp/status" far 10.128.0.0/24 >"$tmp/raw" 2>&1) &
	pid=$!
	await test -s "$tmp/status"
	[[ $(jq -c '[.shards, .done, .claimed, .left, .results, .workers, .complete]' \
		"$tmp/status") == '[4,0,0,4,0,0,false]' ]]
	(go_to w1 lab/on_terminal.py --raw 24 140 ./mpprobe-fleet work \
		-s "$nats_url" --mpprobe ./mpprobe -d "$fleet_tmp/w1" far \
		>"$tmp/worker" 2>&1) &
	worker_pid[w1]=$!
	start_worker w2 far
	await jq -e '.workers == 2 and .claimed >= 2 and
		.left + .claimed + .done == 4' "$tmp/status"
	await jq -e '.results > 0 and .results_per_second > 0' "$tmp/status"
	wait "${worker_pid[w1]}" "${worker_pid[w2]}"
	wait $pid
	[[ $(jq -c '[.shards, .done, .claimed, .left, .results, .complete]' \
		"$tmp/status") == '[4,4,0,0,256,true]' ]]
	grep -Eq 'far: [0-2] of 4 shards done, [2-4] claimed, [0-2] left; [0-9]+ results, [0-9]+ a second; 2 workers' \
		"$tmp/raw"
	grep -Eq 'far: [0-9] shards* done here; shard [1-4]: [1-9][0-9]* targets[^,]' \
		"$tmp/worker"
	grep -Eq 'shard [1-4]: [5-7][0-9] targets, all asked' "$tmp/worker"
	grep -q 'far: 4 of 4 shards done, 0 claimed, 0 left; 256 results' "$tmp/raw"
	fleet watch far >"$tmp/said" 2>"$tmp/complained"
	[[ $(wc -l <"$tmp/said") == 1 && ! -s $tmp/complained ]]
}

# What it prints, in one line, with a survey that nobody has done.
dies_with() {		# CODE TEXT COMMAND...
	run "-$1" "${@:3}"
	echo "$output"
	[[ ${#lines[@]} == 1 && $output == *"$2"* ]]
}

@test 'a worker that cannot work says why in one line, and takes no shard' {
	worker() {
		at w1 ./mpprobe-fleet work -d "$fleet_tmp/w1" "$@"
	}
	fleet serve -b none --cooldown 1 why 10.128.0.0/28
	dies_with 65 'there is no survey other' \
		worker -s "$nats_url" --mpprobe ./mpprobe other
	dies_with 69 '--mpprobe names it' worker -s "$nats_url" why
	dies_with 69 '--mpprobe names it' \
		worker -s "$nats_url" --mpprobe "$tmp/nothing" why
	dies_with 69 'not mpprobe, it ends with 1' \
		worker -s "$nats_url" --mpprobe /bin/false why
	dies_with 69 'No server available' \
		at w1 ./mpprobe-fleet watch -s nats://10.0.31.2:4999 why
	[[ ! -e $fleet_tmp/w1/why.1 ]]
	# a worker waits for its server, and says so
	(go_to w1 ./mpprobe-fleet work -s nats://10.0.31.2:4999 \
		--mpprobe ./mpprobe why 2>"$tmp/said") &
	pid=$!
	await grep -q '4999: .*; it is tried again$' "$tmp/said"
	kill -INT $pid
	wait $pid && code=0 || code=$?
	[[ $code == 130 && $(wc -l <"$tmp/said") == 1 ]]
}

queue_has() {		# SURVEY COUNT
	(($(find "$fleet_tmp/jetstream" -path "*mpprobe-$1-shards*" -name '*.blk' \
		-exec grep -aoh '"shard":[0-9]*' {} + | sort -u | wc -l) >= $2))
}

@test 'serve: lists and prefixes; cut off, goes on; the blocklist, also later' {
	printf '10.128.0.%d # a\n' {1..40} >"$tmp/list"
	printf '10.128.1.0/24 # by mail\n' >"$tmp/block"
	# a list that is not at its end: its last lines wait
	mkfifo "$tmp/fifo"
	(go_to nats ./mpprobe-fleet serve -s "$nats_url" -b "$tmp/block" \
		--cooldown 1 --per-shard 16 listed 10.128.1.0/28 - \
		<>"$tmp/fifo") &
	pid=$!
	cat "$tmp/list" >"$tmp/fifo"
	await queue_has listed 3
	kill -KILL $pid
	is_missing 0 listed
	run -64 fleet serve --per-shard 16 --cooldown 1 listed 10.128.1.0/28 -
	[[ $output == *'of another command line'* ]]
	printf '10.128.0.7\n10.128.0.9\n' >>"$tmp/list"
	fleet serve -b "$tmp/block" --cooldown 1 --per-shard 16 listed \
		10.128.1.0/28 - <"$tmp/list" >"$tmp/said"
	[[ $(<"$tmp/said") == 'survey listed: 4 shards' ]]
	run -64 fleet serve listed 10.128.1.0/28
	[[ $output == *'is there already'* ]]
	printf '10.128.0.8/29 # again\n' >>"$tmp/block"
	fleet serve -b "$tmp/block" listed
	at w1 ./mpprobe-fleet work -s "$nats_url" --mpprobe ./mpprobe \
		-d "$fleet_tmp/w1" listed
	fleet gather -o "$tmp/d" listed
	diff <(found_in "$tmp/d" | cut -d' ' -f1 | sort -u) \
		<(printf '10.128.0.%d\n' {1..7} {16..40} | sort)
	[[ $(jq .blocked "$tmp/d/meta.json") == 25 ]]
	fleet remove listed
	run -65 fleet gather -o "$tmp/e" listed
	[[ $output == *'there is no survey listed'* ]]
}

# How many seconds it is from $began until a worker has begun shard 1.
begins_after() {	# SURVEY
	start_worker w1 "$1"
	await test -s "$fleet_tmp/w1/$1.1/survey/journal"
	seconds=$(((${EPOCHREALTIME/./} - began) / 1000000))
	wait "${worker_pid[w1]}"
}

@test 'a shard that somebody has claimed is left to them, for ack-wait seconds' {
	for name in theirs given nobody; do
		fleet serve -b none --cooldown 1 --ack-wait 10 $name 10.128.0.0/28
	done
	publish mpprobe.given.state.claim.1 '{"worker":""}'
	began=${EPOCHREALTIME/./}
	publish mpprobe.theirs.state.claim.1 '{"worker":"other"}'
	begins_after theirs
	((seconds >= 9))
	for name in given nobody; do
		began=${EPOCHREALTIME/./}
		begins_after $name
		((seconds < 9))
	done
}

@test 'a blocklist that comes while a shard is asked is heeded' {
	fleet serve -b none -r 5 --cooldown 1 --ack-wait 12 late 10.128.0.0/25
	start_worker w1 late
	await test -s "$fleet_tmp/w1/late.1/survey/results.jsonl"
	echo 10.128.0.0/25 >"$tmp/block"
	fleet serve -b "$tmp/block" late
	wait "${worker_pid[w1]}"
	fleet gather -o "$tmp/d" late
	n=$(wc -l <"$tmp/d/results.jsonl")
	((n > 0 && n < 128))
	[[ $(found_in "$tmp/d" | cut -d' ' -f1 | sort -u | wc -l) == "$n" ]]
	[[ $(jq -c '[.complete, .targets + .blocked]' "$tmp/d/meta.json") == \
		'[true,128]' ]]
}

@test "the blocklist of the survey and that of a worker are heeded, both" {
	printf '10.128.0.0/26\n' >"$tmp/block"
	printf '10.128.0.64/26 # by mail\n' >"$tmp/own"
	fleet serve -b "$tmp/block" --cooldown 1 --per-shard 128 both 10.128.0.0/24
	watch w1 'tcp[13] = 2'
	run -65 at w1 ./mpprobe-fleet work -s "$nats_url" -b "$tmp/nothing" both
	at w1 ./mpprobe-fleet work -s "$nats_url" --mpprobe ./mpprobe \
		-d "$fleet_tmp/w1" -b "$tmp/own" both
	end_watch
	! grep -Eq '> 10\.128\.0\.([0-9]|[0-9][0-9]|1[01][0-9]|12[0-7])\.' "$tmp/sent" || false
	grep -q '> 10\.128\.0\.128\.' "$tmp/sent"
	fleet gather -o "$tmp/d" both
	[[ $(jq -c '[.targets, .blocked]' "$tmp/d/meta.json") == '[128,128]' ]]
}

# Works on a survey, which must send about so much in a second; what a busy
# machine sends late is made up for, up to a quarter of a second's.
sends() {		# MOST UNIT SURVEY ARGUMENT...
	local most

	watch w1 'tcp and dst net 10.128.0.0/15'
	at w1 ./mpprobe-fleet work -s "$nats_url" --mpprobe ./mpprobe \
		-d "$fleet_tmp/w1" "${@:3}"
	end_watch
	most=$(most_in_a_second ${2#packets})
	echo "$most $2 in a second, of $1"
	((most > $1 * 70 / 100 && most <= $1 * 131 / 100))
}

@test 'a rate in bits, and the limits of a vantage point' {
	fleet serve -b none -B 200K --cooldown 1 bits 10.128.0.0/24
	fleet serve -b none -B 200K --cooldown 1 slower 10.128.0.0/24
	fleet serve -b none -r 1000 --cooldown 1 link 10.128.0.0/24
	sends 200000 bits bits
	sends 150 packets slower -r 150
	sends 150000 bits link -B 150K
	run -64 fleet serve -B 5X wrong 10.128.0.0/24
	[[ $output == *'5X is not as 500K, 10M or 1G'* ]]
	fleet gather -o "$tmp/d" slower
	[[ $(jq .bits_per_second "$tmp/d/meta.json") == 200000 ]]
}

@test 'who speaks MPTCP is probed, too; captures stay with the worker' {
	fleet serve -b none --cooldown 1 --probe 4 probed 10.128.0.0/30 \
		10.128.1.14
	at w1 ./mpprobe-fleet work -s "$nats_url" --mpprobe ./mpprobe \
		-d "$fleet_tmp/w1" probed
	fleet gather -o "$tmp/d" probed
	report/validate.py "$tmp/d/results.jsonl"
	[[ $(jq -r '.target.address + " " + .probe.verdict.status' \
		"$tmp/d/results.jsonl" | sort) == '10.128.0.0 clear
10.128.0.1 clear
10.128.0.2 clear
10.128.0.3 clear
10.128.1.14 blocked' ]]
	[[ $(cd "$fleet_tmp/w1" && find probed.1 -type f) == \
		probed.1/survey/evidence/10.128.1.14.80.pcap ]]
}

@test 'a worker without rights ends with 77, and the shard is left to others' {
	fleet serve -b none --cooldown 1 rights 10.128.0.0/28
	run -77 at w1 setpriv --inh-caps=-all --bounding-set=-all ./mpprobe-fleet \
		work -s "$nats_url" --mpprobe ./mpprobe -d "$tmp/w" rights
	[[ $output == *'survey failed with 77'* ]]
	at w2 ./mpprobe-fleet work -s "$nats_url" --mpprobe ./mpprobe \
		-d "$tmp/w2" rights
	fleet gather -o "$tmp/d" rights
	[[ $(wc -l <"$tmp/d/results.jsonl") == 16 ]]
}

# A NATS server of this test alone, at port 4300: $pid.
start_guarded() {	# ARGUMENT...
	(go_to nats nats-server -a 10.0.31.2 -p 4300 -js -sd "$tmp/js" "$@" \
		>"$tmp/log" 2>&1) &
	pid=$!
	await grep -q 'Server is ready' "$tmp/log"
}

guarded() {		# VANTAGE COMMAND ARGUMENT...
	local program=()

	[[ $2 != work ]] || program=(--mpprobe ./mpprobe)
	at "$1" timeout 60 ./mpprobe-fleet "$2" -s nats://10.0.31.2:4300 \
		"${program[@]}" "${@:3}"
}

is_refused() {		# COMMAND...
	run -69 "$@"
	echo "$output"
	[[ $output == *'4300: Authorization Violation' ||
		$output == *'4300: Authentication Violation' ]]
	[[ ${#lines[@]} == 1 && $output != *wrong* ]]
}

@test 'a user and a password, in the URL or in the environment' {
	start_guarded --user me --pass secret
	is_refused guarded w1 serve plain 10.128.0.0/28
	is_refused guarded w1 work plain
	is_refused at w1 env NATS_URL=nats://me:wrong@10.0.31.2:4300 \
		./mpprobe-fleet serve plain 10.128.0.0/28
	at w1 env NATS_URL=nats://me:secret@10.0.31.2:4300 \
		./mpprobe-fleet serve -b none --cooldown 1 plain 10.128.0.0/28
	at w1 ./mpprobe-fleet work -s nats://me:secret@10.0.31.2:4300 \
		--mpprobe ./mpprobe -d "$tmp/w1" plain
}

@test 'TLS: a server whose certificate is signed, a client who has one' {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=nats \
		-addext 'subjectAltName = IP:10.0.31.2' -keyout "$tmp/key" \
		-out "$tmp/cert" 2>/dev/null
	start_guarded --tlsverify --tlscert "$tmp/cert" --tlskey "$tmp/key" \
		--tlscacert "$tmp/cert"
	secret() {
		guarded w1 serve "$@" tls 10.128.0.0/28
	}
	run -69 secret --tls-cert "$tmp/cert" --tls-key "$tmp/key"
	run -69 secret --tls-ca "$tmp/cert"
	[[ $output != *secret* ]]
	run -65 secret --tls-ca "$tmp/nothing"
	[[ $output == *"$tmp/nothing: No such file or directory" ]]
	secret --tls-ca "$tmp/cert" --tls-cert "$tmp/cert" --tls-key "$tmp/key"
}

@test 'credentials: a worker may do what the page lists, and no more' {
	lab/nats_creds.py "$tmp" private
	start_guarded -c "$tmp/accounts"
	for name in private other; do
		guarded w1 serve --creds "$tmp/admin.creds" -b none --cooldown 1 \
			$name 10.128.0.0/28
	done
	is_refused guarded w1 work private
	is_refused guarded w1 work --creds "$tmp/stranger.creds" private
	run -69 guarded w1 work --creds "$tmp/worker.creds" other
	[[ $output == *'ermissions '*STREAM.MSG.GET.mpprobe-other* ]]
	run -65 guarded w1 work --creds "$tmp/nothing" private
	[[ $output == *"$tmp/nothing: No such file or directory" ]]
	chmod 644 "$tmp/worker.creds"
	guarded w1 work --creds "$tmp/worker.creds" -d "$tmp/w1" private >"$tmp/said" 2>&1
	grep -q 'worker.creds: all may read it' "$tmp/said"
	grep -q '1 shard done here' "$tmp/said"
	guarded w1 gather --creds "$tmp/admin.creds" -o "$tmp/d" private \
		>"$tmp/said" 2>&1
	! grep -q 'all may' "$tmp/said" || false
	[[ $(wc -l <"$tmp/d/results.jsonl") == 16 ]]
	run ! guarded w1 remove --creds "$tmp/worker.creds" private
	run ! guarded w1 serve --creds "$tmp/worker.creds" -b none private
	guarded w1 gather --creds "$tmp/admin.creds" -o "$tmp/d" private
}

# Each has a directory of its own, where a command finds itself, and mpprobe.
start_sshd() {		# VANTAGE
	mkdir -p "$tmp/$1"
	printf '%s\n' "HostKey $tmp/key" "AuthorizedKeysFile $tmp/key.pub" \
		'PermitRootLogin yes' 'UsePAM no' 'StrictModes no' \
		"ForceCommand cd $tmp/$1 && PATH=\$PATH:$PWD && eval \"\$SSH_ORIGINAL_COMMAND\"" \
		>"$tmp/$1.conf"
	# shellcheck disable=SC2016
	(go_to "$1" unshare --mount sh -c 'mount -t tmpfs run /run &&
		mkdir /run/sshd && exec /usr/sbin/sshd -De -f "$1"' - \
		"$tmp/$1.conf" 2>"$tmp/$1.sshd") &
	await grep -q listening "$tmp/$1.sshd"
	worker_pid[$1]=$!
}

# Where there is no sshd, what stands for ssh: HOST [--] COMMAND... As sshd does, it
# sets SHELL, which what parallel starts there goes by.
make_ssh() {
	printf '#!/bin/bash\ncd %s\nLAB_NAME=%s\n' "$PWD" "$LAB_NAME" \
		>"$tmp/ssh"
	cat >>"$tmp/ssh" <<-END
		. lab/fleet.bash
		. $fleet_tmp/vantages
		host=\$1 PATH=\$PATH:$PWD
		export SHELL=/bin/sh
		[[ -d $tmp/\$host ]] || exit 255
		shift
		[[ \$1 != -- ]] || shift
		go_to "\$host" sh -c "cd $tmp/\$host && \$*"
	END
	chmod +x "$tmp/ssh"
	start_sshd() { mkdir -p "$tmp/$1"; }
	export PARALLEL_SSH=$tmp/ssh
}

prepare_ssh() {
	export PARALLEL_HOME=$tmp/parallel
	mkdir "$PARALLEL_HOME"
	: >"$PARALLEL_HOME/will-cite"
	if [[ ! -x /usr/sbin/sshd ]] || ((UID)); then
		make_ssh
		return
	fi
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
	printf '%s\n' "IdentityFile $tmp/key" "UserKnownHostsFile $tmp/known" \
		'StrictHostKeyChecking no' 'LogLevel ERROR' \
		'Host w1' 'HostName 10.0.17.2' 'Host w2' 'HostName 10.0.18.2' \
		>"$tmp/config"
	# not by ~/.ssh, nor as somebody there
	export PARALLEL_SSH="ssh -F $tmp/config -l root"
}

# That of docs/fleet.md with this number, on addresses of the lab.
recipe() {		# NUMBER
	awk -v n="$1" '/^```$/ { on = 0 } on; /^```sh/ { on = ++i == n }' \
		docs/fleet.md |
		sed "s,198.51.100.0/24,10.128.0.0/22,; s/64/8/; s,^mpprobe,$PWD/&,
			s/ -p 80 / -b none -r 2000 --cooldown 1 -p 80 /; s/500k/2k/"
}

# With one of two hosts, then by both: from the first time no line may be missing
# nor be there twice in the end.
by_two_hosts() {	# LOG
	prepare_ssh
	printf '1/%s\n' w1 w2 >"$tmp/vantage"
	start_sshd w2
	run at nats sh -c "cd $tmp && sh ./recipe"
	# those of w1 failed: 255 of ssh, or 141 of who wrote to it
	[[ $(awk -F '\t' 'NR > 1 { print ($7 != 0) }' "$tmp/$1" | sort -u) == $'0\n1' ]]
	(($(wc -l <"$tmp/census/results.jsonl") < 1024))
	start_sshd w1
	at nats sh -ec "cd $tmp && . ./recipe" >"$tmp/tables"
	grep -q '^Port 80: 1,024 targets$' "$tmp/tables"
	[[ $(found_in "$tmp/census" | cut -d' ' -f1 | sort -u | wc -l) == 1024 ]]
	[[ $(tail -n +2 "$tmp/$1" | awk -F '\t' '!$7 { print $2 }' |
		sort -u | wc -l) == 2 ]]
}

@test 'the recipe for GNU parallel: a host that is away, and comes again' {
	need_programs parallel
	recipe 2 >"$tmp/recipe"
	by_two_hosts census.log
	# both have asked
	[[ -n $(ls "$tmp/w1") && -n $(ls "$tmp/w2") ]]
}

@test 'the recipe for GNU parallel and a filter: the same' {
	need_programs parallel
	recipe 1 >"$tmp/recipe"
	for ((i = 0; i < 1024; i++)); do
		echo "10.128.$((i / 256)).$((i % 256))"
	done >"$tmp/hosts.txt"
	by_two_hosts filter.log
	[[ -z $(ls "$tmp/w1" "$tmp/w2" | grep -v :) ]]
}

@test 'usage' {
	run -64 ./mpprobe-fleet what
	run -64 ./mpprobe-fleet work
	run -64 ./mpprobe-fleet work 'a b'
	run -64 ./mpprobe-fleet work a b
	run -64 ./mpprobe-fleet gather a
	run -64 ./mpprobe-fleet serve a
	run -64 ./mpprobe-fleet serve -r 10001 a 8.8.8.0/24
	[[ $output == *'--i-am-allowed'* ]]
	run -64 ./mpprobe-fleet serve -B 10M a 10.128.0.0/28 8.8.8.0/24
	[[ $output == *'--i-am-allowed'* ]]
	run -64 ./mpprobe-fleet serve -r 10001 a - </dev/null
	[[ $output == *'--i-am-allowed'* ]]
	run -69 ./mpprobe-fleet serve -s nats://127.0.0.1:1 -r 10001 a 10.128.0.0/28
	run -69 ./mpprobe-fleet serve -s nats://127.0.0.1:1 -r 10001 \
		--i-am-allowed a 8.8.8.0/24
	run -69 ./mpprobe-fleet serve -s nats://127.0.0.1:1 -r 10000 a 8.8.8.0/24
	run -64 ./mpprobe-fleet serve --ack-wait 5 a 10.128.0.0/28
	[[ $output == *'5 is not 10 to 86400'* ]]
	run -64 ./mpprobe-fleet work --per-shard 5 a
	run -64 ./mpprobe-fleet serve --nothing a b
	run -69 ./mpprobe-fleet gather -s nats://127.0.0.1:1 -o "$tmp/d" a
	run -65 fleet work --mpprobe ./mpprobe nothing
	run -65 ./mpprobe-fleet serve c host.example
	run -65 ./mpprobe-fleet serve c 10.128.0.1/24
}
