#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe survey -j, a filter: targets in, lines out, and nothing on the disk.

load suite

LAB=(--hops 1 --many 600)

survey() {		# ARGUMENT...
	on client "$PWD/mpprobe" survey "$@"
}

# In the background, with what comes out in $tmp/out: $pid is its process.
start_survey() {	# ARGUMENT...
	lab/lab run --name "$LAB_NAME" "$PWD/mpprobe" survey "$@" \
		<&0 >"$tmp/out" 2>"$tmp/said" 3>&- &
	pid=$!
}

# The same, of lines that come from descriptor 7, and go on coming.
start_waiting() {	# ARGUMENT...
	mkfifo "$tmp/in"
	exec 7<>"$tmp/in"
	start_survey "$@" - <"$tmp/in" 7>&-
}

input_ends() {
	# a reader that waits sees the end only if nobody can write any more
	exec 7>&-
}

ends_with() {		# CODE
	local code=0

	wait "$pid" || code=$?
	pid=
	[[ $code == "$1" ]]
}

has_lines() {		# NUMBER
	(($(wc -l <"$tmp/out") >= $1))
}

# All but times, and what is of this survey alone.
timeless() {
	jq -Sc 'del(.sent, .answers[].rtt_ms, .answers[].mptcp,
		.answers[].changes[]?.sent)' | sort
}

@test 'the same lines as -o DIR writes, from a file and from a pipe' {
	{
		printf '# none\n\n10.128.0.0/26\n10.128.1.7:8080\r\n'
		printf '10.128.1.%s\n' {0..99}
		printf 'fd00:ffff::%x\n' {256..300}
		printf '10.128.0.%s\n' {128..160} 192.0.2.1
	} >"$tmp/list"
	printf '10.128.0.128/28\n10.128.1.9\n' >"$tmp/block"
	local options=(-p 80,443 -r 4000 --cooldown 2 --sample 1 --seed 4
		-b "$tmp/block")

	survey "${options[@]}" -q -o "$tmp/d" "$tmp/list" &
	survey "${options[@]}" -j "$tmp/list" >"$tmp/file" &
	# shellcheck disable=SC2002	# as others will
	cat "$tmp/list" | survey "${options[@]}" -o "$tmp/e" -o - - >"$tmp/pipe"
	wait
	# 64, 99 of 100, 45 and 17 of 33 addresses on two ports, and one on one
	[[ $(wc -l <"$tmp/file") == 451 ]]
	report/validate.py "$tmp/file"
	timeless <"$tmp/d/results.jsonl" >"$tmp/expected"
	timeless <"$tmp/file" | diff "$tmp/expected" -
	timeless <"$tmp/pipe" | diff "$tmp/expected" -
	# lines in their order
	diff <(jq -r .target.address "$tmp/pipe" | grep '^10\.128\.1\.' | uniq) \
		<(printf '10.128.1.%s\n' 7 {0..8} {10..99})
	[[ ! -e $tmp/e ]]
}

@test 'nothing is left on the disk, and what it counted is in --status' {
	mkdir "$tmp/empty"
	cd "$tmp/empty"
	on() {
		"$OLDPWD/lab/lab" run --name "$LAB_NAME" --on "$1" "${@:2}"
	}
	printf '10.128.0.%s\n' {0..9} |
		on client "$OLDPWD/mpprobe" survey --cooldown 1 -j --probe 4 \
			--status ../status - >../out
	[[ -z $(ls -A) ]]
	jq -e '.targets == 10 and .all_asked and .classes.v1 == 10' ../status
	# probed, and no word of a capture
	[[ $(jq -r .probe.verdict.status ../out | uniq -c) == *10\ clear ]]
	! grep -q evidence ../out || false
}

@test 'lines are answered before the input ends' {
	start_waiting --cooldown 1 -o -
	printf '10.128.0.1\n10.128.0' >&7
	await has_lines 1
	grep -q '"address":"10.128.0.1"' "$tmp/out"
	printf '.2\n' >&7
	await has_lines 2
	grep -q '"address":"10.128.0.2"' "$tmp/out"
	kill -0 "$pid"
	input_ends
	ends_with 0
	[[ $(wc -l <"$tmp/out") == 2 && ! -s $tmp/said ]]
}

# The kernel of this host knows a way to it before the first line of it comes.
@test 'a family that comes later is asked, by the same interface' {
	on client ip -6 route add default via fd00:1::2
	start_waiting --cooldown 1 -j
	echo 10.128.0.1 >&7
	await has_lines 1
	echo fd00:ffff::7 >&7
	await has_lines 2
	grep -q '"address":"fd00:ffff::7","port":80},"class":"v1"' "$tmp/out"
	input_ends
	ends_with 0
	on client ip -6 route del default
}

@test 'a reader that leaves ends it, at once and quietly' {
	printf '10.128.0.%s\n' {0..255} |
		survey --cooldown 1 -j - 2>"$tmp/said" | head -n 1 >"$tmp/out"
	[[ ${PIPESTATUS[*]} == '0 74 0' && ! -s $tmp/said ]]
	# also where it has nothing to write
	mkfifo "$tmp/pipe"
	mkfifo "$tmp/in"
	exec 7<>"$tmp/in"
	on client "$PWD/mpprobe" survey --cooldown 1 -j - <"$tmp/in" \
		>"$tmp/pipe" 2>"$tmp/said" 3>&- 7>&- &
	pid=$!
	echo 10.128.0.1 >&7
	head -n 1 "$tmp/pipe" >"$tmp/out"
	ends_with 74
	[[ $(wc -l <"$tmp/out") == 1 && ! -s $tmp/said ]]
}

@test 'Ctrl-C: what is known is told, whole, and 130' {
	start_survey -r 400 --cooldown 1 -j 10.128.0.0/22
	await has_lines 20
	kill -INT "$pid"
	ends_with 130
	report/validate.py "$tmp/out"
	(($(wc -l <"$tmp/out") < 1024))
	grep -Eq '^mpprobe: not all is asked: [0-9]+ that were asked have no line$' \
		"$tmp/said"
	# while it waits for its first line as well
	start_waiting -j
	await grep -q '^SigCgt:.*[2367abef]$' "/proc/$pid/status"
	kill -INT "$pid"
	ends_with 130
	[[ ! -s $tmp/out && ! -s $tmp/said ]]
	exec 7>&-
	# and where no end comes of lines that are none, after the first
	start_survey --cooldown 1 -j - < <(echo 10.128.0.1; yes name)
	await has_lines 1
	kill -INT "$pid"
	ends_with 130
	grep -q 'lines are no targets, the first is line 2 of its list' "$tmp/said"
}

@test 'without privilege: 77, before the first line comes' {
	mkfifo "$tmp/in"
	exec 7<>"$tmp/in"
	run -77 on client timeout 20 setpriv --inh-caps=-all --bounding-set=-all \
		"$PWD/mpprobe" survey -j - <"$tmp/in" 7>&-
	exec 7>&-
	[[ $output == *'not permitted'* && ${#lines[@]} == 1 ]]
}

@test 'a full disk, and a standard output that is closed' {
	run -74 on client bash -c './mpprobe survey --cooldown 1 -j 10.128.0.1 >/dev/full'
	[[ $output == 'mpprobe: standard output: No space left on device' ]]
	run -74 on client bash -c './mpprobe survey --cooldown 1 -j 10.128.0.1 >&-'
	[[ $output == 'mpprobe: standard output: Bad file descriptor' ]]
}

@test 'nobody, nobody who may be asked, and lines that are none' {
	run -0 survey -j - </dev/null
	[[ -z $output ]]
	run -0 survey -j - <<<$'\n# nobody'
	[[ -z $output ]]
	run -65 survey -j - <<<'www.example.org'
	[[ ${lines[0]} == 'mpprobe: 1 line is no target, '* &&
		${lines[1]} == 'mpprobe: there is nobody to ask' ]]
	run -0 --separate-stderr survey --cooldown 1 -j - \
		<<<$'no\nno\n10.128.0.1'
	[[ $stderr == 'mpprobe: 2 lines are no targets, the first is line 1 '* ]]
	[[ ${#lines[@]} == 1 ]]
	run -65 survey -j - </tmp
	[[ $output == *'a list could not be read to its end: Is a directory' ]]
	run -65 --separate-stderr survey --cooldown 1 -j 10.128.0.1 - </tmp
	[[ ${#lines[@]} == 1 && $stderr == *'Is a directory'*'not all is asked' ]]
	echo 10.128.0.0/16 >"$tmp/block"
	run -0 survey -j -b "$tmp/block" - <<<10.128.0.1
	[[ $output == 'mpprobe: all targets are on the blocklist, '* ]]
	run -0 --separate-stderr survey -j --cooldown 1 --max-targets 3 \
		10.128.0.0/24
	[[ ${#lines[@]} == 3 && $stderr == 'mpprobe: not all is asked' ]]
}

@test 'who comes again while he is asked is left out, and later has a line more' {
	start_waiting --cooldown 1 --status "$tmp/status" -j
	printf '10.128.0.%s\n' 1 2 1 1 2 >&7
	await has_lines 2
	[[ $(grep -c '"class":"v1"' "$tmp/out") == 2 ]]
	echo 10.128.0.1 >&7
	await has_lines 3
	input_ends
	ends_with 0
	[[ $(grep -c '"address":"10.128.0.1",.*"class":"v1"' "$tmp/out") == 2 ]]
	[[ $(<"$tmp/said") == 'mpprobe: 3 duplicates were left out: '* ]]
	jq -e '.duplicates == 3 and .targets == 3' "$tmp/status"
	# also of one that goes on, behind the fourth line
	printf '10.128.0.%s\n' 1 1 1 2 3 3 >"$tmp/list"
	survey -q --max-targets 2 --cooldown 1 -o "$tmp/d" "$tmp/list"
	survey -q --max-targets 9 --resume "$tmp/d" 2>/dev/null
	[[ $(grep -c '"class":"v1"' "$tmp/d/results.jsonl") == 3 ]]
	jq -e '.duplicates == 3 and .targets == 3' "$tmp/d/meta.json"
}

@test 'lines without end take no memory, nor does a reader that is slow' {
	local most

	start_waiting -r 10000 --cooldown 1 --status "$tmp/status" -j
	echo 10.128.0.1 >&7
	yes 192.0.2.1 | head -n 2000000 >&7
	await jq -e '.blocked == 2000000' "$tmp/status"
	most=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
	input_ends
	ends_with 0
	((most < 60000))
	# a pipe takes the first 300 lines
	survey -r 10000 --cooldown 1 -p 80,81 -j 10.128.0.0/22 |
		{ sleep 3; cat; } >"$tmp/out"
	[[ $(jq -c .target "$tmp/out" | sort -u | wc -l) == 2048 ]]
	(($(grep -c '"class":"v1"' "$tmp/out") > 100))
}

@test 'on a terminal: lines, and a line below that tells how it goes' {
	lab/on_terminal.py 24 400 lab/lab run --name "$LAB_NAME" \
		./mpprobe survey --cooldown 1 -j 10.128.0.0/29 >"$tmp/seen"
	[[ $(grep -c '^{"schema":"mpprobe-survey/1".*}$' "$tmp/seen") == 8 ]]
	! grep -q pps "$tmp/seen" || false
}

@test 'usage' {
	run -64 survey -j -o "$tmp/d" 10.128.0.1
	[[ $output == *'one of them' && ! -e $tmp/d ]]
	run -64 survey -j
	[[ $output == *'no TARGETS given'* ]]
	for option in -j '-o -'; do
		# shellcheck disable=SC2086
		run -64 survey --resume "$tmp/d" $option
		[[ $output == *'--resume DIR goes on in DIR: '* ]]
	done
	for option in --csv "--html $tmp/page" "--as-table $tmp/as"; do
		# shellcheck disable=SC2086
		run -64 survey $option -j 10.128.0.1
		[[ $output == *"${option% *} goes with --report only" ]]
	done
	run -64 survey -r 20000 -j - <<<10.128.0.1
	[[ $output == *'--i-am-allowed'* ]]
}
