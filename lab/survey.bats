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
		-B 32768 -w - 'tcp[13] = 2' >"$tmp/pcap" 2>"$tmp/said" 3>&- &
	pid=$!
	await grep -q 'listening on' "$tmp/said"
	"$@"
	kill -TERM "$pid"
	wait "$pid" || true
	pid=
	tcpdump -n -tt -r "$tmp/pcap" 2>/dev/null |
		sed 's/^\([0-9.]*\) IP .* > \([0-9.]*\)\.[0-9]*: .*/\1 \2/' \
		>"$tmp/sent"
}

# What leaves the client by raw sockets passes its firewall, frames do not: how
# many packets did since.
count_raw() {
	on client nft 'table inet sent {
		chain out {
			type filter hook output priority 0
			tcp flags syn / syn,ack counter
		}
	}'
}

raw_sent() {
	on client nft list table inet sent |
		sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

# Killed again and again, at any moment; late answers come to a process that did
# not ask.
killed_survey() {	# DIR
	start_survey -r 6000 --cooldown 10 -q -o "$1" "$SPACE"
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
	start_survey -r 1000 --cooldown 1 -o "$tmp/d" "$SPACE" 2>"$tmp/said" \
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
	survey -r 8000 --cooldown 10 -o "$BATS_FILE_TMPDIR/d" "$SPACE" \
		>"$BATS_FILE_TMPDIR/tables" &
	survey -r 8000 --cooldown 10 --mptcp auto -q \
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
	! grep -q IPv6 "$tmp/tables" || false
}

@test 'a page of the tables' {
	tmp=$BATS_FILE_TMPDIR
	./mpprobe survey --report "$tmp/d" --html "$tmp/page.html" |
		diff - "$tmp/tables"
	grep -Eq '<h1>[0-9]+ of 4,096 targets speak MPTCP</h1>' "$tmp/page.html"
	grep -qF "<p>$(meta "$tmp/d" .started)</p>" "$tmp/page.html"
	[[ $(grep -c 'class="bar"' "$tmp/page.html") == \
		$(grep -c '^  [^ ]' "$tmp/tables") ]]
	tidy -q -e "$tmp/page.html"
	run ./mpprobe read "$tmp/page.html"
	[[ $status == 65 && $output == *'no report of mpprobe is in it'* ]]
	./mpprobe survey --report "$tmp/d" --csv --html "$tmp/csv.html" |
		diff - <(./mpprobe survey --report "$tmp/d" --csv)
	grep -q 'class="bar"' "$tmp/csv.html"
	mkdir "$tmp/bare"	# how it was made is not known
	cp "$tmp/d/results.jsonl" "$tmp/bare"
	./mpprobe survey --report "$tmp/bare" --html "$tmp/page.html" |
		diff - "$tmp/tables"
	grep -q 'class="bar"' "$tmp/page.html"
}

@test 'stacks by scenario, and IPv4 beside IPv6' {
	tmp=$BATS_FILE_TMPDIR
	./mpprobe survey --report "$tmp/v0" >"$tmp/both"
	cat "$tmp/both"
	grep -q '^IPv4: 4,096 targets, IPv6: 4,096$' "$tmp/both"
	./mpprobe survey --report "$tmp/v0" --csv --table families >"$tmp/csv"
	[[ $(awk -F, '/,v1,/ { print $3 }' "$tmp/csv" | uniq | wc -l) == 1 ]]
	# who is asked the same by a scenario: the kernel's own addresses
	./mpprobe survey --report "$tmp/d" --csv --table stacks |
		tee "$tmp/csv"
	grep -q '^random-token-join,1,reset 1,[1-9].*and as linux-v1 (5.10 or later) does"$' \
		"$tmp/csv"
	run -0 --separate-stderr on client ./mpprobe run -j random-token-join \
		10.128.0.7
	[[ $(jq -r .outcomes.syn <<<"$output") == 'reset 1' ]]
	[[ $(awk -F, '$1 == "random-token-join" && $2 == 1 { n += $4 }
		END { print n }' "$tmp/csv") == $(truth | grep -c ' v1$') ]]
	! grep -q v0-syn-to-v1 "$tmp/csv" || false	# was not asked
	for d in d v0; do
		./mpprobe survey --report "$tmp/$d" -j >"$tmp/json"
		report/validate.py "$tmp/json"
	done
	[[ $(jq -c '[.families[].targets]' "$tmp/json") == '[4096,4096]' ]]
	./mpprobe survey --report "$tmp/v0" --csv --table stacks |
		grep -q '^v0-syn-to-v1,1,'
	run -64 survey --report "$tmp/d" --table stacks
	run -64 survey --report "$tmp/d" --csv --table x
	[[ $output == *'must be classes'* ]]
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
	! grep -q ' 10\.128\.1\.' "$tmp/sent" || false
	! grep -q ' 10\.128\.2\.7$' "$tmp/sent" || false
	[[ $(cut -d' ' -f2 "$tmp/sent" | sort -u | wc -l) == 3839 ]]
	[[ $(meta "$tmp/d" '.blocked, .targets') == $'257\n3839' ]]
	[[ $(wc -l <"$tmp/d/results.jsonl") == 3839 ]]
}

@test 'who may not be asked is not, where that cannot be read' {
	echo '::ffff:10.128.2.7' >"$tmp/block" # as servers of both families log it
	survey --cooldown 1 -q -b "$tmp/block" -o "$tmp/d" 10.128.2.4/30
	[[ $(found "$tmp/d" | wc -l) == 3 ]]
	! grep -q 10.128.2.7 "$tmp/d/results.jsonl" || false
	printf '# list\r10.128.2.7\r' >"$tmp/block"
	for list in "$tmp/block" "$tmp" /proc/self/mem; do
		run -65 survey -q -b "$list" -o "$tmp/e" 10.128.2.4/30
		[[ $output == "mpprobe: $list"* ]]
	done
	for optout in "$tmp" "$tmp/none"; do # links; one leads nowhere
		mkdir "$tmp/e"
		ln -s "$optout" "$tmp/e/optout"
		run -65 survey -q -o "$tmp/e" 10.128.2.4/30
		[[ $output == "mpprobe: $tmp/e/optout: "* ]]
		[[ $(ls "$tmp/e") == optout ]]
		rm -r "$tmp/e"
	done
}

@test 'who came again while he was asked has no line after a kill either' {
	{
		echo 10.128.0.1
		printf '10.128.1.%s\n' {0..20}
		echo 10.128.0.1
		printf '10.128.2.%s\n' {0..60}
	} >"$tmp/list"
	start_survey -r 25 --cooldown 4 -q -o "$tmp/d" "$tmp/list"
	await grep -q '"10.128.0.1"' "$tmp/d/results.jsonl"
	await grep -q '^P [1-9]' "$tmp/d/journal"
	kill -KILL "$pid"
	wait "$pid" || true
	pid=
	grep -q '^T 22$' "$tmp/d/journal"
	survey -q --resume "$tmp/d" -r 1000
	[[ $(meta "$tmp/d" '.complete, .targets, .duplicates') == $'true\n83\n1' ]]
	[[ $(found "$tmp/d" | cut -d' ' -f1 | sort -u | wc -l) == 83 ]]
	[[ $(wc -l <"$tmp/d/results.jsonl") == 83 ]]
}

@test 'of packets that this host does not send it is said' {
	on client ip route add unreachable 10.128.2.0/24
	survey -q --cooldown 1 -r 4000 --max-targets 200 --seed 5 -o "$tmp/d" \
		10.128.2.0/23 2>"$tmp/said"
	grep -Eq '^mpprobe: [0-9]+ packets were not sent, .*: who is silent may' \
		"$tmp/said"
	survey -q --resume "$tmp/d" --max-targets 999 2>"$tmp/said"
	on client ip route del unreachable 10.128.2.0/24
	# two to each of 256 at least, of both
	(($(meta "$tmp/d" .not_sent) >= 512))
	grep -q "^mpprobe: $(meta "$tmp/d" .not_sent) packets were" "$tmp/said"
}

@test 'private ranges only if they are named' {
	on client ip route add 8.0.0.0/6 via 10.0.1.2
	watched survey -r 2000 --max-runtime 1 --cooldown 1 -q -o "$tmp/d" \
		8.0.0.0/6
	grep -q ' 9\.' "$tmp/sent"
	! grep -q ' 10\.' "$tmp/sent" || false
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
	grep -q '1 line is no target, the first is line 5' "$tmp/said"
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
	jq -e '.all_asked and .all_sent and .open == 0 and .classes.reset > 100' "$tmp/status"
	run -64 survey -o "$tmp/d" "$SPACE"
	[[ $output == *'is there already'* ]]
	survey -q --resume "$tmp/d"	# nothing is left to ask
	[[ $(wc -l <"$tmp/d/results.jsonl") == 4096 ]]
}

@test 'no file of a survey is written over' {
	local code=0

	mkdir "$tmp/d"
	echo mine >"$tmp/d/meta.json"
	run -64 survey -o "$tmp/d" 10.128.0.1
	[[ $output == *'d/meta.json is there already'* ]]
	[[ $(ls "$tmp/d") == meta.json && $(<"$tmp/d/meta.json") == mine ]]
	run -64 survey -o "$tmp/e" --status "$tmp/e/results.jsonl" 10.128.0.1
	[[ $output == *'a file of the survey itself'* && ! -e $tmp/e ]]
	survey -q --cooldown 1 -o "$tmp/f" 10.128.0.1
	cp "$tmp/f/results.jsonl" "$tmp/before"
	run -64 survey --resume "$tmp/f" --status "$tmp/f/results.jsonl"
	diff "$tmp/before" "$tmp/f/results.jsonl"
	survey -j --status "$tmp/out" 10.128.0.1 >"$tmp/out" 2>"$tmp/said" ||
		code=$?
	[[ $code == 64 && $(<"$tmp/said") == *'a file of the survey itself'* ]]
}

@test 'who asks not to be asked is not, from the next --resume on' {
	survey --max-targets 100 --cooldown 1 -q --seed 3 -o "$tmp/d" "$SPACE"
	[[ $(wc -l <"$tmp/d/results.jsonl") == 100 ]]
	echo '10.128.4.0/22 2026-11-28 by mail' >>"$tmp/d/optout"
	found "$tmp/d" | grep -c '^10\.128\.[4-7]\.' >"$tmp/before"
	watched survey -q --resume "$tmp/d" -r 8000 --max-targets 9999
	grep -q ' 10\.128\.[89]\.' "$tmp/sent"
	! grep -Eq ' 10\.128\.[4-7]\.' "$tmp/sent" || false
	[[ $(found "$tmp/d" | cut -d' ' -f1 | sort | uniq -d) == '' ]]
	[[ $(found "$tmp/d" | grep -c '^10\.128\.[4-7]\.') == $(<"$tmp/before") ]]
}

# Two at once, each in its half: SYNs of 64 and 72 bytes, and 38 of Ethernet
# beside each.
two_rates() {		# OPTIONS OPTIONS
	local options=(--max-runtime 3 --cooldown 1 --sample 1000000 -q)

	# shellcheck disable=SC2086
	survey $1 "${options[@]}" -o "$tmp/d" 10.129.0.0/17 &
	# shellcheck disable=SC2086
	survey $2 "${options[@]}" -o "$tmp/e" 10.129.128.0/17
	wait $!
}

# In the first 2.7 seconds those of PATTERN are sent at this rate, which rises in
# the first second: never more at any time; and no less, once what a busy machine
# has sent late is made up for, which it is but for what is late by more than a
# quarter of a second.
sends_at() {		# RATE PATTERN
	grep " 10\.129\.$2" "$tmp/sent" | awk -v rate="$1" '
		!first { first = last = $1 }
		{ t = $1 - first
		  if (t > 2.7) exit
		  rising = t < 1 ? t : 1
		  due = rate * (rising / 10 + 0.45 * rising ^ 2 + t - rising)
		  if ($1 - last > 0.25) late += $1 - last - 0.25
		  last = $1
		  if (++n > due * 1.02 + 5) { much = 1; exit }
		  if (t > 2 && n > (due - late * rate) * 0.98) enough = 1 }
		END { print n " of " due " in " t " seconds, late by " late + 0
		  exit much || !enough }'
}

# The first packet of each second goes to the router by the kernel.
@test 'frames and raw sockets: equal packets, equal answers' {
	lab/lab run --name "$LAB_NAME" --on r1 tcpdump -i eth0 -n -s 200 \
		--immediate-mode -B 32768 -w - \
		'tcp[13] = 2 or tcp[13] = 4 or ip6' >"$tmp/pcap" \
		2>"$tmp/said" 3>&- &
	pid=$!
	await grep -q 'listening on' "$tmp/said"
	count_raw
	survey -r 4000 --cooldown 10 -q -o "$tmp/frames" 10.128.0.0/22 \
		fd00:ffff::/120
	(($(raw_sent) < 60))
	survey --raw-sockets -r 4000 --cooldown 10 -q -o "$tmp/raw" \
		10.128.0.0/22 fd00:ffff::/120
	(($(raw_sent) > 2500))
	on client nft delete table inet sent
	kill -TERM "$pid"
	wait "$pid" || true
	pid=
	diff <(found "$tmp/frames" | sort) <(found "$tmp/raw" | sort)
	diff <(truth | head -n 1024 | sort) <(found "$tmp/raw" | grep ^10 | sort)
	# IP headers and checksums are right, and the same either way
	tcpdump -nvr "$tmp/pcap" >"$tmp/packets" 2>/dev/null
	(($(grep -c 'cksum 0x.*(correct)' "$tmp/packets") > 5000))
	! grep -Eq 'bad cksum|incorrect' "$tmp/packets" || false
	# two SYNs of each run to a target that answers neither
	grep -B 1 '> 10.128.1.17.80: Flags \[S\]' "$tmp/packets" | grep -v ^-- |
		sed 's/^[^ ]* *//; s/ \(id\|seq\|cksum\) [^,]*,//g
			s/10.0.1.1.[0-9]* >/>/; s/val [0-9]*//; s/token [^]]*\]//' |
		sort | uniq -c | awk '{ print $1, ($2 == "IP") }' >"$tmp/forms"
	diff - <(sort "$tmp/forms") <<<$'2 0\n2 0\n2 1\n2 1'
}

@test 'a router that gets another address is found within seconds' {
	local end

	count_raw
	start_survey -r 700 --cooldown 2 -q --status "$tmp/status" -o "$tmp/d" \
		"$SPACE"
	await grep -q '"open":' "$tmp/status"
	on r1 ip link set eth0 address 02:00:00:00:00:99
	on client ip neigh flush dev eth0
	end=$(date -u -d '+3 seconds' +%FT%T)
	wait "$pid"
	pid=
	(($(raw_sent) < 3000))
	on client nft delete table inet sent
	sed "s/.*\"address\":\"\([^\"]*\)\".*\"class\":\"\([^\"]*\)\".*\"sent\":\"\([^\"]*\)\".*/\3 \1 \2/" \
		"$tmp/d/results.jsonl" | awk -v end="$end" '$1 > end { print $2, $3 }' |
		sort >"$tmp/later"
	(($(wc -l <"$tmp/later") > 500))
	# those that answer late have no more time for it here
	[[ $(truth | sort | comm -13 - "$tmp/later" | grep -vc silent) == 0 ]]
	(($(grep -vc silent "$tmp/later") > 300))
}

# All but those that only the sample finds out about.
@test '--capable-first: the same classes, and one packet where nobody answers' {
	survey --capable-first -r 8000 --cooldown 10 --sample 5 -q \
		-o "$tmp/d" "$SPACE"
	[[ $(meta "$tmp/d" '.asked_if_answered[]') == join ]]
	join <(truth | sort) <(found "$tmp/d" | sort) |
		awk '$2 != $3 { print $2, $3 }' | sort -u >"$tmp/differ"
	diff "$tmp/differ" - <<<'capable_dropped silent'
	grep '"class":"capable_dropped"' "$tmp/d/results.jsonl" | grep -vq '"join"' &&
		return 1
	grep '"class":"capable_dropped"' "$tmp/d/results.jsonl" |
		grep -q '"asked":\["capable","join","plain"\]'
	# of what does not fit no more is asked either
	[[ $(grep '"class":"silent"' "$tmp/d/results.jsonl" |
		grep -v '"plain"' | grep -vc '"asked":\["capable"\]') == 0 ]]
	grep -q '"class":"reset".*"join":{"answer":"reset"' "$tmp/d/results.jsonl"
	grep -q '"class":"icmp".*"join":{"answer":"icmp"' "$tmp/d/results.jsonl"
}

@test 'neighbours, and routing by rules: the kernel sends, and all is found' {
	count_raw
	survey --cooldown 1 -q -o "$tmp/d" 10.0.1.2
	grep -q '"class":"reset"' "$tmp/d/results.jsonl"
	(($(raw_sent) >= 2))
	on client nft delete table inet sent
	count_raw
	on client ip rule add tos 0x10 table main
	survey --cooldown 1 -r 2000 -q -o "$tmp/e" 10.128.1.0/24
	on client ip rule del tos 0x10 table main
	(($(raw_sent) > 500))
	on client nft delete table inet sent
	[[ $(truth | sed -n '257,512p' | sort |
		comm -13 - <(found "$tmp/e" | sort) | grep -vc silent) == 0 ]]
}

both_send_at() {	# RATE RATE
	sends_at "$1" '\([0-9]\|[0-9][0-9]\|1[01][0-9]\|12[0-7]\)\.'
	sends_at "$2" '\(12[89]\|1[3-9][0-9]\|2[0-9][0-9]\)\.'
}

@test 'the rate is kept, in packets and in bits' {
	watched two_rates '-r 1500' '-B 1M'
	both_send_at 1500 1179
}

@test 'of two rates the lower one is kept' {
	watched two_rates '-r 800 -B 1M' '-r 1500 -B 500K'
	both_send_at 800 590
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
	grep -q '^  listener_behind_strip  1 of 3  ' "$tmp/probed"
	[[ $(grep -c '^10\.128\.1\.14 port 443: ' "$tmp/probed") == 1 ]]
	! grep -q '10\.128\.1\.13' "$tmp/probed" || false
}

@test 'two vantage points, one of them behind a router that removes MPTCP' {
	local rule=(FORWARD -p tcp --syn -j TCPOPTSTRIP --strip-options 30)

	survey --cooldown 1 -q -o "$tmp/clear" 10.128.0.0/26
	on r1 iptables -t mangle -A "${rule[@]}"
	survey --cooldown 1 -q -o "$tmp/strip" 10.128.0.0/26
	on r1 iptables -t mangle -D "${rule[@]}"
	./mpprobe survey --report "$tmp/clear" "$tmp/strip" >"$tmp/said"
	grep -qF "$tmp/clear: 0 targets" "$tmp/said"
	grep -qF "$tmp/strip: 64 targets: 64 plain" "$tmp/said"
	grep -q 'All of them plain: what does that is near' "$tmp/said"
	cp -r "$tmp/clear" "$tmp/clear.2"
	./mpprobe survey --report "$tmp/clear" "$tmp/clear.2" >"$tmp/said"
	grep -qF "$tmp/clear: 64 targets: 64 v1" "$tmp/said"
	[[ $(wc -l <"$tmp/said") == 3 ]]
	run -65 survey --report "$tmp/clear" "$tmp/none"
	./mpprobe survey --report "$tmp/clear" --csv "$tmp/strip" |
		grep -q "^near,plain,,,\"\",\"$tmp/strip\","
	run -64 survey --report "$tmp/clear" --csv --table hops "$tmp/strip"
}

# The first three SYNs with MP_CAPABLE to each of FIRST, and joins to each of
# SECOND, are lost; to LAST no MP_CAPABLE comes through.
lose_syns() {		# FIRST SECOND LAST
	on r1 nft -f - <<-END
		table ip lost {
			set one { type ipv4_addr; flags dynamic; size 999; }
			set two { type ipv4_addr; flags dynamic; size 999; }
			set three { type ipv4_addr; flags dynamic; size 999; }
			chain thrice {
				ip daddr != @one add @one { ip daddr } drop
				ip daddr != @two add @two { ip daddr } drop
				ip daddr != @three add @three { ip daddr } drop
			}
			chain f {
				type filter hook forward priority 0
				ip daddr $1 tcp option mptcp subtype 0 jump thrice
				ip daddr $2 tcp option mptcp subtype 1 jump thrice
				ip daddr $3 tcp option mptcp subtype 0 drop
			}
		}
	END
}

@test 'three lost SYNs are no drop, and no stack that ignores joins' {
	lose_syns 10.128.0.0/29 10.128.0.8/29 10.128.0.16/29
	watched survey --cooldown 4 --sample 1000000 -q -o "$tmp/d" \
		10.128.0.0/27
	on r1 nft delete table ip lost
	diff <(found "$tmp/d" | sort -V) <(
		for ((i = 0; i < 32; i++)); do
			echo "10.128.0.$i $( ((i / 8 == 2)) &&
				echo capable_dropped || echo v1)"
		done)
	[[ $(grep -c '"join":{"answer":"reset"' "$tmp/d/results.jsonl") == 32 ]]
	# four with MP_CAPABLE, a join, and plain SYNs until one is answered
	awk '{ print $2 }' "$tmp/sent" | sort | uniq -c | sort -V -k 2 >"$tmp/n"
	cat "$tmp/n"
	[[ $(wc -l <"$tmp/n") == 32 ]]
	awk '{ few = substr("6562", int((NR - 1) / 8) + 1, 1) }
		$1 < few || $1 > few + 2 { exit 1 }' "$tmp/n"
}

@test 'a limit of targets: what goes on, and what may not be changed' {
	run -0 survey -q --max-targets 5 --cooldown 1 -o "$tmp/d" 10.128.0.0/27
	[[ $output == *'--max-targets N, of an N above 5' ]]
	run -0 survey -q --resume "$tmp/d"
	[[ $output == *'--max-targets N, of an N above 5' ]]
	[[ $(wc -l <"$tmp/d/results.jsonl") == 5 ]]
	for option in '-p 443' '--probe 4' '--sample 1' -6 '-b none' '-i lo'; do
		# shellcheck disable=SC2086
		run -64 survey -q --resume "$tmp/d" --max-targets 9 $option
		[[ $output == "mpprobe: ${option% *}: a survey that goes on "* ]]
	done
	run -0 survey -q --resume "$tmp/d" --max-targets 9 -r 99 \
		--status "$tmp/status" --raw-sockets --max-runtime 99
	[[ $(found "$tmp/d" | sort -u | wc -l) == 9 ]]
	[[ $(meta "$tmp/d" '.complete, .targets') == $'false\n9' ]]
	run -0 survey -q --resume "$tmp/d" --max-targets 99
	[[ -z $output && $(found "$tmp/d" | sort -u | wc -l) == 32 ]]
	[[ $(meta "$tmp/d" .complete) == true ]]
}

runs() {		# DIR
	[[ $(meta "$1" '.ended, .complete, .targets') == $'null\nfalse\n5' ]]
}

@test 'meta.json says of one that goes on that it runs, and what it had' {
	survey -q --max-targets 5 --cooldown 1 -o "$tmp/d" 10.128.0.0/27
	[[ $(meta "$tmp/d" .ended) == 20* ]]
	start_survey -q --resume "$tmp/d" --max-targets 9
	await runs "$tmp/d"
	wait "$pid"
	pid=
	[[ $(meta "$tmp/d" .targets) == 9 && $(meta "$tmp/d" .ended) == 20* ]]
}

line_of() {		# SCHEMA ADDRESS
	printf '{"schema":"%s","target":{"address":"%s","port":80},"class":"v1"}\n' \
		"$1" "$2"
}

@test 'results that are none, of another schema, or of nobody' {
	mkdir "$tmp/d"
	line_of mpprobe-survey/1 192.0.2.1 >"$tmp/d/results.jsonl"
	printf '%s\n' garbage '{}' '' >>"$tmp/d/results.jsonl"
	run -0 --separate-stderr ./mpprobe survey --report "$tmp/d"
	[[ $output == 'Port 80: 1 target'$'\n'* ]]
	[[ $stderr == "mpprobe: $tmp/d/results.jsonl: 3 lines are none of a survey" ]]
	line_of mpprobe-survey/2 192.0.2.2 >>"$tmp/d/results.jsonl"
	for form in '' -j --csv; do
		# shellcheck disable=SC2086
		run -65 ./mpprobe survey --report "$tmp/d" $form
		[[ $output == *': lines of schema mpprobe-survey/2, which this version'* ]]
		((${#lines[@]} == 1))
	done
	echo garbage >"$tmp/d/results.jsonl"
	run -65 ./mpprobe survey --report "$tmp/d"
	[[ $output == *': none of its 1 lines is of a survey' ]]
	: >"$tmp/d/results.jsonl"
	run -0 --separate-stderr ./mpprobe survey --report "$tmp/d"
	[[ $stderr == *'results.jsonl is empty: no target has been told yet' ]]
	# nor do tables tell of what could not be read
	ln -sf /proc/self/mem "$tmp/d/results.jsonl"
	run -65 ./mpprobe survey --report "$tmp/d"
	[[ $output == "mpprobe: $tmp/d/results.jsonl cannot be read to its end" ]]
	rm "$tmp/d/results.jsonl"
	mkdir "$tmp/d/results.jsonl"
	run -65 ./mpprobe survey --report "$tmp/d"
	[[ $output == *'results.jsonl: Is a directory' ]]
}

@test 'usage' {
	run -64 survey -o "$tmp/d" -r 20000 8.8.8.0/24
	[[ $output == *'--i-am-allowed'* && ! -e $tmp/d ]]
	run -64 survey -o "$tmp/d" -B 20M 8.8.8.0/24
	run -64 survey 10.128.0.0/20
	[[ $output == *'-o DIR is missing'* ]]
	run -64 survey -o "$tmp/d"
	[[ $output == *'no TARGETS'* ]]
	run -64 survey -o "$tmp/d" -r 20000 -B 20M 8.8.8.0/24
	[[ $output == *'--i-am-allowed'* ]]
	echo 10.128.0.0/16 >"$tmp/block"
	run -0 survey -q -b "$tmp/block" -o "$tmp/blocked" 10.128.0.0/30
	[[ $output == 'mpprobe: all targets are on the blocklist,'*'none was asked' ]]
	run -64 survey -o "$tmp/d" --csv 10.128.0.0/20
	run -64 survey --report "$tmp/d" -j --csv
	run -64 survey -o "$tmp/d" fd00::/60
	[[ $output == *'too many addresses'* ]]
	run -64 survey -o "$tmp/d" --html "$tmp/page" 10.128.0.0/20
	[[ $output == *'--html goes with --report only'* && ! -e $tmp/page ]]
	run -65 survey -o "$tmp/d" 10.128.0.1/20
	[[ $output == *'neither a prefix'* ]]
	echo name >"$tmp/block"
	run -65 survey -o "$tmp/d" -b "$tmp/block" 10.128.0.0/20
	[[ $output == *"$tmp/block:1: neither a prefix"* ]]
	for old in 10.128.1 010.128.0.1 0xa.0x80.0.1; do
		run -64 survey -o "$tmp/d" "$old"
		[[ $output == "mpprobe: $old: an address is four numbers, "* ]]
	done
	run -64 survey -o "$tmp/d" fe80::1%eth0
	[[ $output == *'%eth0: all leave by one interface: name it by -i' ]]
	run -64 survey -o "$tmp/d" -i lo fe80::1%eth0
	run -65 survey --resume "$tmp/none"
	run -65 survey --report "$tmp/none"
	[[ ! -e $tmp/d ]]
}
