#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What stands on a terminal: a line while mpprobe works, and at the end the
# verdict.

load suite

LAB=(--hops 4 --box drop@3 --icmp-unlimited)	# runs follow each other at once
export HOST=10.0.5.2

setup_file() {
	begin_suite
	export SILENT=silent-$$
	lab/lab up --name "$SILENT" --hops 2
	lab/lab run --name "$SILENT" --on server \
		iptables -A INPUT -p tcp --dport 1000:1010 -j DROP
}

teardown_file() {
	end_suite
	lab/lab down --name "$SILENT"
}

# Sets output to what stands on a terminal of this size, or to what was written
# when (--raw).
on_terminal() {		# [--raw] ROWS COLUMNS COMMAND...
	run --separate-stderr lab/on_terminal.py "$@"
	echo "$output"
}

@test "something moves, and nothing of it is left" {
	on_terminal --raw 24 80 lab/lab run --name "$SILENT" \
		./mpprobe -n 10.0.3.2:1000
	((status == 3))
	# Of the three seconds that it waits; on a busy machine it begins late.
	(($(tail -n 1 <<<"$output" | cut -d' ' -f1) -
		$(head -n 1 <<<"$output" | cut -d' ' -f1) > 1500))
	[[ $(head -n 1 <<<"$output") == \
		*'10.0.3.2 port 1000: hop 1-2, no answer to TCP yet, at most '* ]]
	(($(grep -c 'no answer to TCP yet' <<<"$output") > 3))
	on_terminal 24 80 lab/lab run --name "$SILENT" ./mpprobe -n 10.0.3.2:1000
	[[ $output == 'Port 1000 of 10.0.3.2 does not answer TCP at all'* ]]
	[[ $output != *'at most'* ]]
}

@test "ports are told as they are done, by one line for all" {
	on_terminal --raw 24 80 lab/lab run --name "$SILENT" \
		./mpprobe -n -p 80,1000 10.0.3.2
	((status == 3))
	local works waits
	works=$(grep -n -m 1 'MPTCP v1 works' <<<"$output" | cut -d: -f1)
	waits=$(grep -n 'port 1000, 1 of 2 done' <<<"$output" | tail -n 1 | cut -d: -f1)
	((works < waits))
}

@test "no line in a pipe, nor with -q, nor on a dumb terminal" {
	run --separate-stderr lab/lab run --name "$SILENT" \
		./mpprobe -n 10.0.3.2:1000
	((status == 3))
	[[ -z $stderr ]]
	on_terminal --raw 24 80 lab/lab run --name "$SILENT" \
		./mpprobe -q -n 10.0.3.2:1000
	[[ $output != *'at most'* ]]
	on_terminal --raw 24 80 lab/lab run --name "$SILENT" \
		env TERM=dumb ./mpprobe -n 10.0.3.2:1000
	[[ $output != *'at most'* ]]
}

@test "the line is cut at the width of the terminal" {
	on_terminal --raw 24 30 lab/lab run --name "$SILENT" \
		./mpprobe -n 10.0.3.2:1000
	[[ $output == *"'10.0.3.2 port 1000: no answer'"* ]]
	# How long it takes before where it is.
	on_terminal --raw 24 60 lab/lab run --name "$SILENT" \
		./mpprobe -n 10.0.3.2:1000
	[[ $output == *"'10.0.3.2 port 1000: no answer to TCP yet, at most "* ]]
}

@test "other commands say what they do, too" {
	on_terminal --raw 24 80 lab/lab run --name "$SILENT" \
		./mpprobe compare --live -p 1000,1001 10.0.3.2
	[[ $output == *'port 1000 (1 of 2), round 1 of'* ]]
	on_terminal --raw 24 80 lab/lab run --name "$SILENT" \
		./mpprobe run compliant 10.0.3.2:1000
	[[ $output == *'10.0.3.2: does it speak MPTCP?'* ]]
}

@test "a report that is longer than the screen ends with its verdict" {
	for size in "24 80" "40 120" "20 60"; do
		# shellcheck disable=SC2086
		on_terminal $size lab/lab run --name "$LAB_NAME" ./mpprobe -n -v $HOST
		((status == 1))
		tr '\n' ' ' <<<"${output##*$'\n\n'}" | tr -s ' ' | grep -q \
			'^10.0.5.2 port 80: MPTCP is blocked on this path: SYNs with MP_CAPABLE are dropped at or between hop 3 (10.0.3.2) and hop 4 (10.0.4.2); the same without it pass. $'
	done
	on_terminal 500 80 lab/lab run --name "$LAB_NAME" ./mpprobe -n -v $HOST
	[[ ${output##*$'\n\n'} != *'MPTCP is blocked'* ]]
	# What begins with its verdict, in other commands.
	on_terminal 24 80 lab/lab run --name "$LAB_NAME" ./mpprobe doctor
	[[ $(tr '\n' ' ' <<<"${output##*$'\n\n'}") == \
		"$(tr '\n' ' ' <<<"${output%%$'\n\n'*}")" ]]
	on_terminal 500 80 lab/lab run --name "$LAB_NAME" ./mpprobe doctor
	[[ ${output##*$'\n\n'} != "${output%%$'\n\n'*}" ]]
	# Of several, each.
	on_terminal 24 80 lab/lab run --name "$SILENT" ./mpprobe -n -p 80,81 \
		10.0.3.2
	[[ $(tail -n 5 <<<"$output") == *'10.0.3.2 port 80: MPTCP v1 works'* ]]
	[[ $(tail -n 5 <<<"$output") == *'10.0.3.2 port 81: Port 81 of'* ]]
}

@test "a finding does not say again what the verdict says" {
	run on client ./mpprobe -n $HOST
	((status == 1))
	[[ $(tr -s ' \n' '  ' <<<"$output" |
		grep -o 'dropped at or between hop 3' | wc -l) == 1 ]]
	[[ $output == *'An experimental'* ]]
}

@test "the width is the terminal's, 80 in a pipe, or COLUMNS" {
	on_terminal 24 132 lab/lab run --name "$LAB_NAME" ./mpprobe -n $HOST
	grep -qE '.{100}' <<<"$output"
	for columns in 60 70 80 132; do
		run on client env COLUMNS=$columns ./mpprobe -n -vv $HOST
		! grep -nE ".{$((columns + 1))}" <<<"$output" || false
	done
	run on client env COLUMNS=10 ./mpprobe -n $HOST
	grep -qE '.{50}' <<<"$output"
	run on client ./mpprobe -n -vv $HOST
	! grep -nE ".{81}" <<<"$output" || false
	grep -qE ".{70}" <<<"$output"
}

# What a survey says at its end, and of what it says once more what is there.
@test "the tables of a survey are as wide as the terminal, and are there once" {
	for columns in 60 132; do
		rm -rf "$tmp/d"
		on_terminal 5 $columns lab/lab run --name "$LAB_NAME" ./mpprobe \
			survey -b none --cooldown 1 --sample 1 -o "$tmp/d" $HOST
		((status == 0))
		! grep -nE ".{$((columns + 1))}" <<<"$output" || false
		[[ $(grep -c '^Port 80: 1 target$' <<<"$output") == 1 ]]
		[[ $(grep -c 'only SYNs without MP_CAPABLE are answered$' \
			<<<"$output") == 1 ]]
		on_terminal 5 $columns ./mpprobe survey --report "$tmp/d"
		[[ $(grep -c '^Port 80: 1 target$' <<<"$output") == 1 ]]
	done
	grep -qE '.{70}' <<<"$output"
	cp -r "$tmp/d" "$tmp/e"
	on_terminal 5 60 ./mpprobe survey --report "$tmp/d" "$tmp/e"
	! grep -nE ".{61}" <<<"$output" || false
	[[ $(grep -c '^Targets that speak' <<<"$output") == 1 ]]
}
