# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the suites of mpprobe's command line share (cli.bats, files.bats,
# midrun.bats): a lab, another one that is slow, and tools.

load suite

LAB=(--hops 2)
export HOST=10.0.3.2 HOST6=fd00:3::2

setup_file() {
	begin_suite
	export SLOW_NAME=slow-$$	# a run with --all takes a minute there
	lab/lab up --name $SLOW_NAME --hops 2 --box drop-join@1
}

teardown_file() {
	end_suite
	lab/lab down --name "$SLOW_NAME"
}

setup() {
	begin_test
	lab_of_test=
}

teardown() {
	end_test
	[[ -z $lab_of_test ]] || lab/lab down --name "$lab_of_test"
}

# ---- tools ----------------------------------------------------------------

probe() {
	on client ./mpprobe -n "$@"
}

# The command ends with CODE, prints nothing on stdout and one line on stderr,
# which has all of the WORDS (separated by "|").
refuses() {		# CODE WORDS COMMAND...
	local code=$1 words word

	IFS='|' read -ra words <<<"$2"
	run --separate-stderr "${@:3}"
	echo "exit status $status, stdout: $output, stderr: $stderr"
	((status == code))
	[[ -z $output ]]
	((${#stderr_lines[@]} == 1))
	[[ $stderr == 'mpprobe: '* ]]
	for word in "${words[@]}"; do
		[[ $stderr == *"$word"* ]]
	done
}

# A capture grows by what was seen, so its size tells how far a run has come.
has_bytes() {		# FILE BYTES
	local size

	size=$(stat -c %s "$1" 2>/dev/null) && ((size >= $2))
}

# Starts a slow probe and waits until its capture has so many bytes. Sets pid.
start_slow() {		# BYTES OPTION...
	local bytes=$1

	lab/lab run --name "$SLOW_NAME" ./mpprobe --all -n -w "$tmp/run.pcap" \
		"${@:2}" "$HOST" >"$tmp/stdout" 2>"$tmp/stderr" 3>&- &
	pid=$!
	await has_bytes "$tmp/run.pcap" "$bytes"
}

# While it is stopped, a run cannot end before what is to happen in its midst.
stop_run() {
	local found

	read -ra found -d '' < <(processes_of "$pid") || true
	stopped=("${found[@]}")
	kill -STOP "${stopped[@]}"
}

go_on() {
	kill -CONT "${stopped[@]}" 2>/dev/null || true
}

# Waits for the started probe. Sets status.
await_end() {
	status=0
	wait "$pid" || status=$?
	pid=
	echo "exit status $status, stderr: $(<"$tmp/stderr")"
}

# No connection of a probe is left on the server.
server_is_idle() {
	[[ -z $(lab/lab run --name "$SLOW_NAME" --on server \
		ss -Htan state connected exclude time-wait) ]]
}

frames_of() {		# CAPTURE
	tcpdump -n -r "$1" 2>"$tmp/tcpdump" | wc -l
	! grep -q truncated "$tmp/tcpdump"
}

# The value of a field of a report, as Python writes it.
field() {		# FILE EXPRESSION
	python3 -c 'import json, sys
r = json.loads(open(sys.argv[1]).readline())
print(eval(sys.argv[2]))' "$1" "$2"
}

# Both reports say the same of these fields.
same() {		# REPORT REPORT FIELD...
	local name

	for name in "${@:3}"; do
		diff <(field "$1" "json.dumps(r['$name'], indent=1)") \
			<(field "$2" "json.dumps(r['$name'], indent=1)")
	done
}

# In a container whose init reaps nobody, who has died stays a zombie.
no_process() {		# PID
	local stat

	! read -r stat 2>/dev/null <"/proc/$1/stat" || [[ $stat == *') Z '* ]]
}

# All below a process, itself included, that are mpprobe's.
processes_of() {	# PID
	local child

	[[ $(<"/proc/$1/comm") != mpprobe ]] || echo "$1"
	for child in $(pgrep -P "$1"); do
		processes_of "$child"
	done
}

# As many are there, and none has a right left: user and group, no other groups
# (which a user namespace may not change), no capability, no new ones, a filter.
without_rights() {	# NUMBER USER GROUP
	local found pid expected

	expected="$2 $2 $2 $2,$3 $3 $3 $3,,0,0,0,0,0,1,2"
	read -ra found -d '' < <(processes_of "$pid_of_run") || true
	((${#found[@]} == $1)) || return
	for pid in "${found[@]}"; do
		[[ $(awk -v all=$((EUID == 0)) '
			/^Groups:/ && !all { $0 = $1 }
			/^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):/ {
				$1 = ""
				gsub(/^ | $/, "")
				sub(/^0+$/, "0")
				text = text "," $0
			}
			END { print substr(text, 2) }
		' "/proc/$pid/status") == "$expected" ]] || return
	done
}

# Runs mpprobe as if by sudo, until its processes have no rights.
runs_without_rights() {	# PROCESSES ARGUMENT...
	local user=1234 group=1235 pid_of_run

	((EUID == 0)) || user=$EUID group=$(id -g)
	lab/lab run --name "$SLOW_NAME" env SUDO_UID=1234 SUDO_GID=1235 \
		./mpprobe "${@:2}" >"$tmp/stdout" 2>"$tmp/stderr" 3>&- &
	pid=$!
	pid_of_run=$pid
	await without_rights "$1" "$user" "$group" || {
		cat "$tmp/stderr"
		for pid in $(processes_of "$pid_of_run"); do
			grep -E '^(Uid|Gid|Gro|Cap|NoNew|Secc)' \
				"/proc/$pid/status"
		done
		return 1
	}
	wait "$pid" || true
	pid=
}

unprivileged() {	# COMMAND...
	if ((EUID == 0)); then
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			--inh-caps=-all -- "$@"
	else
		"$@"
	fi
}
