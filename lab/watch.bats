#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe watch: what it tells when the path changes and when it does not, what
# it keeps, what it starts, and how it ends.

load suite

LAB=(--hops 2 --icmp-unlimited)	# runs follow each other at once
export HOST=10.0.3.2

# Runs are kept by name, as by who called sudo: who may not enter $tmp, so that
# tests of sudo say so, and where.
setup() {
	begin_test
	unset SUDO_UID SUDO_GID
	watchers=()
	runs=
}

teardown() {
	for pid in "${watchers[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	box off
	[[ -z $runs ]] || rm -r "$runs"
	end_test
}

# ---- tools ----------------------------------------------------------------

# Starts one that writes to $tmp/NAME.out and .err. Sets pid.
watch() {		# NAME OPTION...
	lab/lab run --name "$LAB_NAME" "${as[@]}" ./mpprobe watch "${@:2}" \
		>"$tmp/$1.out" 2>"$tmp/$1.err" 3>&- &
	pid=$!
	watchers+=("$pid")
}

as=()			# how it is started

# Ends it. Sets status.
end_with() {		# SIGNAL PID
	kill "-$1" "$2"
	status=0
	wait "$2" || status=$?
}

# Router 1 overwrites MPTCP options with NOPs, or no longer.
box() {			# on|off
	local what=-D

	[[ $1 == off ]] || what=-A
	on r1 iptables -w -t mangle $what FORWARD -p tcp -j TCPOPTSTRIP \
		--strip-options 30 2>/dev/null || [[ $1 == off ]]
}

lines() {		# FILE NUMBER
	(($(wc -l <"$tmp/$1") >= $2))
}

runs() {		# DIRECTORY NUMBER
	local all=("$1"/*.json)

	[[ -e ${all[0]} ]] && ((${#all[@]} >= $2))
}

await_lines() {
	await lines "$@" || { tail "$tmp"/*.out "$tmp"/*.err; return 1; }
}

await_runs() {
	await runs "$@" || { tail "$tmp"/*.out "$tmp"/*.err; return 1; }
}

# The lines, without their time.
said() {		# NAME
	sed 's/^[0-9-]* [0-9:]* [+-][0-9]* //' "$tmp/$1.out"
}

# Nobody of a watching is left.
no_watcher() {
	! pgrep -f "mpprobe (watch|probe) .*$BATS_TEST_TMPDIR" >/dev/null || false
}

# Of /proc/PID/status.
rights() {		# PID
	awk '/^(Uid|Gid|Cap...|NoNewPrivs|Seccomp):/ {
			sub(/^0+/, "", $2)
			text = text " " $1 ($2 == "" ? 0 : $2)
		}
		END { print substr(text, 2) }' "/proc/$1/status"
}

# The mpprobe that the command `on` has become or started.
watcher_of() {		# PID
	local child

	if [[ $(cat "/proc/$1/comm" 2>/dev/null) == mpprobe ]]; then
		echo "$1"
		return
	fi
	for child in $(pgrep -P "$1"); do
		watcher_of "$child"
	done
}

# It has these rights.
has_rights() {		# PID PATTERN
	local found

	found=$(watcher_of "$1")
	[[ -n $found && $(rights "$found") == $2 ]]
}

await_rights() {
	await has_rights "$@" || { rights "$(watcher_of "$1")"; return 1; }
}

# ---- what is told ----------------------------------------------------------

@test "a box that is switched on and off: two lines, as text and as JSON" {
	watch text --every 1s "$HOST"
	watch json --every 1s -q -j --save "$tmp/runs" "$HOST"
	await_lines text.err 1
	await_runs "$tmp/runs" 2
	box on
	await_lines text.out 1
	await_lines json.out 1
	box off
	await_lines text.out 2
	await_lines json.out 2
	end_with INT "${watchers[0]}"
	((status == 0))
	end_with TERM "${watchers[1]}"
	((status == 0))
	diff - <(said text) <<-END
		$HOST port 80: clear -> blocked: mp_capable.removed at or between hop 1 (10.0.1.2) and hop 2 (10.0.2.2)
		$HOST port 80: blocked -> clear
	END
	diff - "$tmp/text.err" <<<"mpprobe: $HOST port 80: clear, 3 hops away"
	[[ ! -s $tmp/json.err ]]
	grep -qE '^[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} [+-][0-9]{4} ' \
		"$tmp/text.out"
	report/validate.py "$tmp/json.out"
	diff - <(jq -c '[.changed, .was.status, .now.status, .now.hops,
			[.now.findings[] | [.id, .after.ttl, .at.ttl]]]' \
		"$tmp/json.out") <<-'END'
		[["verdict"],"clear","blocked",3,[["mp_capable.removed",1,2]]]
		[["verdict"],"blocked","clear",3,[]]
	END
	# What is named in it is the run that showed it.
	./mpprobe read -q "$(jq -r 'select(.now.status == "blocked").report' \
		"$tmp/json.out")" | grep -q 'is blocked' || (($? == 0))
	run ./mpprobe read -q "$(jq -r 'select(.now.status == "blocked").capture' \
		"$tmp/json.out")"
	((status == 1))
	# And all that was kept is compared, and drawn.
	run ./mpprobe compare --html "$tmp/page.html" "$tmp/runs"
	((status == 1))
	# A run in which it was switched on may have seen some SYNs pass.
	[[ $output == *'Changed between'*MP_CAPABLE*removed* ]]
	grep -q '<svg' "$tmp/page.html"
}

@test "it goes on from the folder: what has changed while nobody watched" {
	watch first --every 1s --save "$tmp/runs" "$HOST"
	await_lines first.err 1
	end_with HUP "$pid"
	((status == 0))
	echo '{"schema": "mpprobe-report/1"' \
		>"$tmp/runs/20991231T000000.000Z_$HOST.json"
	echo junk >"$tmp/runs/20981231T000000.000Z_$HOST.json"
	echo '{"schema": "mpprobe-report/1", "target": 7, "path": [1, null]}' \
		>"$tmp/runs/20001231T000000.000Z_$HOST.json"
	: >"$tmp/runs/notes.txt"
	box on
	watch second --every 1s --save "$tmp/runs" "$HOST"
	await_lines second.out 1
	end_with INT "$pid"
	((status == 1))
	[[ $(said second) == "$HOST port 80: clear -> blocked: "*'; some time since 20'* ]]
	# Nothing has changed since: it begins with that.
	watch third --every 1s --save "$tmp/runs" "$HOST"
	await_lines third.err 1
	end_with INT "$pid"
	[[ ! -s $tmp/third.out ]]
	[[ $(<"$tmp/third.err") == "mpprobe: $HOST port 80: blocked: mp_capable.removed"* ]]
	# What is no run is left out.
	run --separate-stderr ./mpprobe compare "$tmp/runs"
	((status == 1))
	[[ $stderr == *notes.txt* ]]
}

@test "a server that is gone is told once, and the path is not another" {
	watch gone --every 1s "$HOST"
	await_lines gone.err 1
	on client ip route add unreachable "$HOST"
	await_lines gone.out 1
	sleep 2.5		# runs that must tell nothing
	lines gone.out 2 && false
	on client ip route del unreachable "$HOST"
	await_lines gone.out 2
	end_with INT "$pid"
	((status == 0))
	[[ $(said gone | head -n 1) == "$HOST port 80: clear -> unreachable: No route leads to "* ]]
	[[ $(said gone | tail -n 1) == "$HOST port 80: unreachable -> clear" ]]
}

@test "several hosts and ports; one of them is not known" {
	watch many --every 1s -p 80,8080 --save "$tmp/runs" "$HOST" \
		fd00:3::2 nowhere.invalid
	await_lines many.err 5
	end_with INT "$pid"
	((status == 3))
	[[ ! -s $tmp/many.out ]]
	for line in "$HOST port 80: clear" "$HOST port 8080: unsupported" \
		'fd00:3::2 port 80: clear' 'fd00:3::2 port 8080: unsupported' \
		nowhere.invalid; do
		grep -qF "mpprobe: $line" "$tmp/many.err"
	done
	(($(wc -l <"$tmp/many.err") == 5))
	compgen -G "$tmp/runs/*Z_fd00-3--2.json" >/dev/null
}

@test "both families of a name: each line says of which it is" {
	watch both --every 1s -4 -6 server.lab
	await_lines both.err 2
	on r1 ip6tables -w -t mangle -A FORWARD -p tcp -j TCPOPTSTRIP \
		--strip-options 30
	await_lines both.out 1
	on r1 ip6tables -w -t mangle -F FORWARD
	end_with INT "$pid"
	for family in 4 6; do
		grep -q "server.lab (IPv$family) port 80: clear," "$tmp/both.err"
	done
	[[ $(said both | head -n 1) == "server.lab (IPv6) port 80: clear -> blocked: "* ]]
}

# ---- what is kept ----------------------------------------------------------

@test "--keep removes old runs of its own, and nothing else" {
	mkdir "$tmp/runs"
	for file in 20200101T000000.000Z_$HOST.json \
		20200101T000000.000Z_$HOST.pcap; do
		: >"$tmp/runs/$file"
	done
	for file in 20200101T000000.000Z_10.0.3.22.json notes \
		"${HOST}_80_20200101T000000Z.pcap" \
		20200101T000000.000Z_$HOST.json.gz; do
		: >"$tmp/runs/$file"
		touch -d 2020-01-01 "$tmp/runs/$file"
	done
	watch keep --every 1s --keep 2s --save "$tmp/runs" "$HOST"
	await test ! -e "$tmp/runs/20200101T000000.000Z_$HOST.json"
	await test ! -e "$tmp/runs/20200101T000000.000Z_$HOST.pcap"
	await_runs "$tmp/runs" 1
	first=("$tmp/runs/"*"Z_$HOST.json")
	await test ! -e "${first[0]}"
	end_with INT "$pid"
	[[ -e $tmp/runs/20200101T000000.000Z_10.0.3.22.json ]]
	[[ -e $tmp/runs/notes && -e $tmp/runs/${HOST}_80_20200101T000000Z.pcap ]]
	[[ -e $tmp/runs/20200101T000000.000Z_$HOST.json.gz ]]
}

@test "a folder that is gone, or full, is told once, and watching goes on" {
	watch gone --every 1s --save "$tmp/runs" "$HOST"
	await_runs "$tmp/runs" 1
	mv "$tmp/runs" "$tmp/elsewhere"
	await_lines gone.err 2
	box on
	await_lines gone.out 1
	mv "$tmp/elsewhere" "$tmp/runs"
	await_lines gone.err 3
	end_with INT "$pid"
	# The capture, or the report if it went in the middle of a run.
	diff - <(sed "s#/runs/[^ ]*$HOST[^ ]*:#/runs/FILE:#" "$tmp/gone.err") <<-END
		mpprobe: $HOST port 80: clear, 3 hops away
		mpprobe: cannot write $tmp/runs/FILE: No such file or directory; watching goes on
		mpprobe: --save $tmp/runs: runs are kept again
	END
}

@test "no room: told once, and no half file" {
	as=(sh -c 'ulimit -f 8; exec "$@"' -)
	watch full --every 1s --save "$tmp/runs" "$HOST"
	await_lines full.err 2
	box on
	await_lines full.out 1
	end_with INT "$pid"
	(($(grep -c 'watching goes on' "$tmp/full.err") == 1))
	(($(wc -l <"$tmp/full.err") == 2))
	[[ -z $(ls -A "$tmp/runs") ]]
}

# ---- what is started -------------------------------------------------------

@test "--exec: the facts, the line, no right; one that hangs stops nothing" {
	# shellcheck disable=SC2016
	watch exec --every 1s --save "$tmp/runs" --exec "
		{ env | grep ^MPPROBE_ | sort; cat; ls /proc/self/fd | wc -l
		grep -E '^(Cap(Eff|Prm|Amb)|NoNewPrivs)' /proc/self/status
		} >\"$tmp/\$MPPROBE_VERDICT\"
		echo to stdout
		echo x >>\"$tmp/started\"; sleep 98765 & wait" "$HOST"
	await_lines exec.err 1
	box on
	await_lines exec.out 1
	box off
	await_lines exec.out 2
	await lines started 2
	end_with INT "$pid"
	((status == 0))
	(($(grep -c 'to stdout' "$tmp/exec.err") == 2))
	(($(wc -l <"$tmp/exec.out") == 2))
	read -r line < <(said exec)
	report=$(sed -n 's/^MPPROBE_JSON=//p' "$tmp/blocked")
	[[ $report == "$tmp/runs/"*"Z_$HOST.json" && -s $report ]]
	diff - "$tmp/blocked" <<-END
		MPPROBE_FINDING=mp_capable.removed
		MPPROBE_HOP=2
		MPPROBE_HOST=$HOST
		MPPROBE_JSON=$report
		MPPROBE_PORT=80
		MPPROBE_TEXT=${line#"$HOST port 80: "}
		MPPROBE_VERDICT=blocked
		MPPROBE_WAS=clear
		$(head -n 1 "$tmp/exec.out")
		4
		CapPrm:	0000000000000000
		CapEff:	0000000000000000
		CapAmb:	0000000000000000
		NoNewPrivs:	1
	END
	grep -qx MPPROBE_FINDING= "$tmp/clear"
	! pgrep -f 'sleep 98765' || false
}

@test "the one that watches has one right, which it does not use" {
	((EUID == 0)) || skip "no users but root to become"
	runs=$(mktemp -d)	# where another user may go
	chown 1234:1235 "$runs"
	as=(env SUDO_UID=1234 SUDO_GID=1235)
	watch sudo --every 1s --save "$runs" --exec "id >'$runs/id'" "$HOST"
	await_lines sudo.err 1
	await_rights "$pid" "Uid:1234 Gid:1235 CapInh:2000\
 CapPrm:2000 CapEff:0 CapBnd:2000 CapAmb:2000 NoNewPrivs:1 Seccomp:0"
	box on
	await_lines sudo.out 1
	await test -s "$runs/id"
	end_with INT "$pid"
	[[ $(<"$runs/id") == 'uid=1234 gid=1235 groups=1235' ]]
	[[ $(stat -c %u:%g "$runs"/*.json "$runs"/*.pcap |
		sort -u) == 1234:1235 ]]

	as=()
	watch root --every 1s "$HOST"
	await_lines root.err 1
	await_rights "$pid" "Uid:0 Gid:0 CapInh:20c0\
 CapPrm:20e0 CapEff:20 CapBnd:20c0 CapAmb:20c0 NoNewPrivs:1 Seccomp:0"
	end_with INT "$pid"

	as=(setpriv --reuid 1234 --regid 1235 --clear-groups --inh-caps=+net_raw
		--ambient-caps=+net_raw)
	watch user --every 1s "$HOST"
	await_lines user.err 1
	await_rights "$pid" "Uid:1234 Gid:1235 CapInh:2000\
 CapPrm:2000 CapEff:0 CapBnd:* CapAmb:2000 NoNewPrivs:1 Seccomp:0"
	end_with INT "$pid"
}

@test "without a right, or a folder to write to, it ends at once" {
	((EUID == 0)) || skip "no users but root to become"
	as=(setpriv --reuid 1234 --regid 1235 --clear-groups --inh-caps=-all)
	run --separate-stderr on client "${as[@]}" ./mpprobe watch "$HOST"
	((status == 77))
	((${#stderr_lines[@]} == 1))
	mkdir "$tmp/closed"
	run --separate-stderr on client env SUDO_UID=1234 SUDO_GID=1235 \
		./mpprobe watch --save "$tmp/closed" "$HOST"
	((status == 74))
	[[ $stderr == "mpprobe: --save $tmp/closed: Permission denied" ]]
}

# ---- how it ends -----------------------------------------------------------

@test "a signal in the middle of a run: no half file, no process" {
	for signal in INT TERM HUP; do
		mkdir "$tmp/$signal"
		watch "$signal" --every 1s -q --save "$tmp/$signal" --all "$HOST"
		await compgen -G "$tmp/$signal/*.pcap" >/dev/null
		began=$SECONDS
		end_with $signal "$pid"
		((SECONDS - began <= 2))	# a run of --all takes four
		echo "$signal: $status, $(<"$tmp/$signal.err")"
		((status == 130))
		[[ ! -s $tmp/$signal.err && ! -s $tmp/$signal.out ]]
		[[ -z $(ls -A "$tmp/$signal") ]]
	done
	await no_watcher
}

@test "it ends when nobody reads its lines" {
	box on
	watch first --every 1s --save "$tmp/runs" "$HOST"
	await_lines first.err 1
	end_with INT "$pid"
	box off
	status=0
	on client ./mpprobe watch --every 1s --save "$tmp/runs" "$HOST" \
		2>"$tmp/err" | true || status=${PIPESTATUS[0]}
	[[ ! -s $tmp/err ]]
}
