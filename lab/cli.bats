#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a user of mpprobe meets: bad input, interruptions, full disks, missing
# privileges, and what every option promises.

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

# ---- bad usage ------------------------------------------------------------

@test "no host" {
	refuses 64 'no HOST' ./mpprobe
}

@test "bad ports" {
	for port in 0 65536 http '' -1; do
		refuses 64 "10.0.3.2:$port|port" ./mpprobe "10.0.3.2:$port"
		refuses 64 "-p|port" ./mpprobe -p "$port" 10.0.3.2
	done
	refuses 64 '-p 80,,81' ./mpprobe -p 80,,81 10.0.3.2
}

@test "bad TTLs" {
	for ttl in 0 256 x ''; do
		refuses 64 "-f $ttl|between 1 and 255" ./mpprobe -f "$ttl" $HOST
		refuses 64 "-m $ttl|between 1 and 255" ./mpprobe -m "$ttl" $HOST
	done
	refuses 64 '-f 9|-m 3' ./mpprobe -f 9 -m 3 $HOST
	refuses 64 '-f 31|30|-m' ./mpprobe -f 31 $HOST
}

@test "unknown option" {
	refuses 64 'unknown option --bogus' ./mpprobe --bogus $HOST
	refuses 64 'unknown option -Z' ./mpprobe -Z $HOST
	refuses 64 '-m' ./mpprobe $HOST -m
	refuses 64 '--color' ./mpprobe --color sometimes $HOST
	refuses 64 '--mptcp 2' ./mpprobe --mptcp 2 $HOST
	refuses 64 '--seed x' ./mpprobe --seed x $HOST
}

@test "option of another command" {
	refuses 64 '--all|read' ./mpprobe read --all pcaps/v1/lab-6.18-t1.pcap
	refuses 64 '-j|list' ./mpprobe list -j
}

@test "word that looks like a command" {
	refuses 64 'unknown command frobnicate' ./mpprobe frobnicate $HOST
	refuses 64 'list' ./mpprobe list everything
	refuses 64 'NAME' ./mpprobe explain
	refuses 64 'no.such' ./mpprobe explain no.such
}

@test "malformed host" {
	for host in '' '[::1' 'a b' '::1]:80' '[10.0.0.1]:80'; do
		refuses 64 'HOST' ./mpprobe "$host"
	done
	refuses 64 'http:///' ./mpprobe http:///
	refuses 64 'ftp://x/' ./mpprobe ftp://x/
	refuses 64 '224.0.0.1' probe 224.0.0.1
	refuses 64 'fe80::1|-i' probe fe80::1
}

# ---- no such thing --------------------------------------------------------

@test "unknown host" {
	refuses 68 'nosuch.invalid' probe nosuch.invalid
	refuses 68 '10.0.3.2|IPv6' probe -6 $HOST
}

@test "no route" {
	for address in 192.0.2.1 2001:db8::1; do
		run --separate-stderr probe $address
		((status == 3))
		[[ $stderr == "mpprobe: no route to $address" ]]
		[[ $output == "No route leads to $address, so nothing was sent."* ]]
	done
}

@test "no such interface" {
	refuses 69 'nosuch0' probe -i nosuch0 $HOST
}

@test "two interfaces, two sources" {
	refuses 64 '-i eth1|one interface' ./mpprobe -i eth0 -i eth1 $HOST
	refuses 64 '-s 10.0.1.3|one source' \
		./mpprobe -s 10.0.1.1 -s 10.0.1.3 $HOST
}

@test "source address of another host" {
	refuses 64 '10.9.9.9' probe -s 10.9.9.9 $HOST
	refuses 64 '-s fd00:1::1|IPv4' probe -s fd00:1::1 $HOST
	refuses 64 '-s somewhere' probe -s somewhere $HOST
}

@test "no privilege" {
	refuses 77 'not permitted|setcap cap_net_raw+ep|sudo|read' \
		unprivileged ./mpprobe 127.0.0.1
	run unprivileged ./mpprobe read -q - <pcaps/v1/lab-6.18-t1.pcap
	((status <= 3))
	unprivileged ./mpprobe list >/dev/null
}

@test "no process has a right when it reads what strangers send" {
	mkdir "$tmp/own"
	((EUID)) || chown 1234:1235 "$tmp/own"
	runs_without_rights 3 --all -o "$tmp/own/new.txt" -w "$tmp/new.pcap" \
		$HOST
	[[ $(<"$tmp/own/new.txt") == *MPTCP* ]]
	[[ $(ls -A "$tmp/own") == new.txt ]]
	frames_of "$tmp/new.pcap"
	runs_without_rights 1 run all $HOST
	runs_without_rights 1 compare --live -c 20 $HOST
}

@test "a script that never ends is ended, with all processes" {
	local child

	cat >"$tmp/endless.lua" <<-'END'
		local s = string.rep("x", 1 << 20)
		local a = {}
		for i = 1, 100000 do a[i] = s end
		pcall(table.sort, a, string.upper)
	END
	run timeout 60 ./mpprobe run "$tmp/endless.lua" 127.0.0.1
	((status == 65))
	# On a busy machine the clock comes before the processor.
	[[ $output == *"too much processor time"* ||
		$output == *"too much time"* ]]
	./mpprobe run "$tmp/endless.lua" 127.0.0.1 2>"$tmp/stderr" 3>&- &
	pid=$!
	await pgrep -P "$pid"
	child=$(pgrep -P "$pid")
	kill "$pid"
	wait "$pid" || true
	pid=
	await no_process "$child"
}

@test "root without the capability" {
	refuses 77 'not permitted|CAP_NET_RAW' on client \
		setpriv --bounding-set=-all --inh-caps=-all ./mpprobe $HOST
}

# ---- this host changes in mid-run -------------------------------------------

# What was measured until then is reported, with the reason.
change_host() {		# CODE WORDS COMMAND...
	lab_of_test=gone-$$
	lab/lab up --name $lab_of_test --hops 2 --box drop-join@1
	lab/lab run --name $lab_of_test ./mpprobe --all -n -w "$tmp/run.pcap" \
		-o "$tmp/report" $HOST >"$tmp/stdout" 2>"$tmp/stderr" 3>&- &
	pid=$!
	await has_bytes "$tmp/run.pcap" "${AFTER:-4000}"
	lab/lab run --name $lab_of_test "${@:3}"
	await_end
	((status == $1))
	cat "$tmp/report"
	(($(wc -l <"$tmp/stderr") == 1))
	[[ $(<"$tmp/stderr") == "mpprobe: "*"$2"* ]]
	[[ ! -s $tmp/stdout ]]
	[[ $(tr -s '\n ' ' ' <"$tmp/report") == *"ended early: "*"$2"* ]]
	grep -q interrupted "$tmp/report"
	frames_of "$tmp/run.pcap"
}

@test "interface removed in mid-run" {
	change_host 69 'eth0 is gone' ip link del eth0
}

@test "interface set down in mid-run" {
	change_host 69 'eth0 went down' ip link set eth0 down
}

@test "interface down and up again in mid-run" {
	change_host 69 'eth0 went down' \
		sh -c 'ip link set eth0 down; ip link set eth0 up'
	grep -q -i 'undetermined\|works' "$tmp/report"
	./mpprobe read -j "$tmp/run.pcap" >"$tmp/read" || (($? <= 3))
	# What the box does may have been seen by then, and nothing else.
	[[ $(field "$tmp/read" "{f['id'] for f in r['findings']
		if f['effect'] != 'harmless'} <= {'mp_join.dropped'}") == True ]]
}

@test "address removed in mid-run" {
	change_host 130 '10.0.1.1 is no longer an address of this host' \
		ip address del 10.0.1.1/24 dev eth0
}

@test "another address comes in mid-run, and the probes' own goes" {
	change_host 130 '10.0.1.1 is no longer an address of this host' \
		sh -c 'ip address add 10.0.1.77/24 dev eth0
			ip address del 10.0.1.1/24 dev eth0
			ip address add 10.0.1.77/24 dev eth0
			ip route replace default via 10.0.1.2'
}

@test "default route gone in mid-run" {
	change_host 130 'no route: ' ip -4 route flush table main
}

@test "MTU lowered in mid-run" {
	AFTER=25 change_host 130 'the MTU of eth0 was lowered' \
		ip link set eth0 mtu 100
}

# ---- where output goes ----------------------------------------------------

@test "one file under two names" {
	local capture=pcaps/v1/lab-6.18-t1.pcap

	refuses 64 "-w and -o|same file|$tmp/./x" \
		probe -w "$tmp/x" -o "$tmp/./x" $HOST
	[[ ! -e $tmp/x ]]
	cp $capture "$tmp/x"
	ln -s x "$tmp/link"
	refuses 64 'would replace the input' ./mpprobe read -o "$tmp/x" "$tmp/x"
	refuses 64 'would replace the input' \
		./mpprobe compare -o "$tmp/link" $capture "$tmp/x"
	refuses 64 'would replace the input' \
		./mpprobe read -o "$tmp/x" - <"$tmp/x"
	refuses 64 'would replace the input' \
		./mpprobe run -o "$tmp/x" --replay "$tmp/x" compliant
	cmp $capture "$tmp/x"
}

@test "links of strangers are not followed, under sudo files are the user's" {
	((UID == 0)) || skip "not root"
	echo precious >"$tmp/precious"
	for name in capture report; do
		ln -s precious "$tmp/$name"
		chown -h nobody "$tmp/$name"
	done
	refuses 74 "$tmp/capture|denied" probe -w "$tmp/capture" $HOST
	refuses 74 "$tmp/report|denied" probe -o "$tmp/report" $HOST
	[[ $(<"$tmp/precious") == precious ]]
	rm "$tmp"/*
	SUDO_UID=61235 SUDO_GID=61236 probe -w "$tmp/capture" \
		-o "$tmp/report" $HOST
	SUDO_UID=61235 SUDO_GID=61236 on client ./mpprobe compare --live \
		-c 1 --save "$tmp/runs" $HOST || (($? <= 3))
	for file in "$tmp" "$tmp"/*; do
		[[ $file == "$tmp" || $(stat -c %u:%g "$file") == 61235:61236 ]]
	done
	[[ $(stat -c %u "$tmp"/runs/*) == 61235 ]]
	[[ $(<"$tmp/report") == 'MPTCP v1 works'* ]]
	frames_of "$tmp/capture"
}

@test "a limit to the size of files: 74, what was there is kept" {
	echo old >"$tmp/report"
	refuses 74 "$tmp/report: File too large" bash -c '
		ulimit -f 1; exec ./mpprobe read -j -o "$1" "$2"' - \
		"$tmp/report" pcaps/lab/drop.pcap
	[[ $(<"$tmp/report") == old ]]
	run ! compgen -G "$tmp/.mpprobe-*"
	refuses 74 "$tmp/capture: File too large" on client bash -c '
		ulimit -f 1; exec ./mpprobe -n -w "$1" "$2"' - "$tmp/capture" \
		$HOST
	frames_of "$tmp/capture"
}

@test "a list of connections that finds no room: 74, all else is there" {
	run --separate-stderr bash -c 'ulimit -f 1; ./mpprobe read -j "$1" |
		cat; exit ${PIPESTATUS[0]}' - pcaps/v1/lab-6.18-t2.pcap
	echo "exit status $status, stdout: $output, stderr: $stderr"
	((status == 74))
	((${#lines[@]} == 1))
	[[ $output == '{"schema":"mpprobe-report/'*'}' ]]
	[[ $stderr == 'mpprobe: the list of connections, in a temporary file: '*'File too large' ]]
}

@test "closed descriptors" {
	local capture=pcaps/v1/lab-6.18-t2.pcap

	run bash -c './mpprobe read -q "$1" <&- 2>&-' - $capture
	((status == 0))
	[[ $output == *' port '*': MPTCP v1 works'* ]]
	refuses 65 'the file is empty' bash -c './mpprobe read - <&-'
	refuses 74 'standard output: Bad file' \
		bash -c './mpprobe read "$1" >&- <&-' - $capture
	run bash -c './mpprobe read "$1" <&- >&- 2>&-' - $capture
	((status == 74))
	[[ -z $output ]]
	run bash -c './mpprobe read -q -o "$2" "$1" <&- >&- 2>&-' - \
		$capture "$tmp/report"
	((status == 0))
	[[ $(<"$tmp/report") == *' port '*': MPTCP v1 works'* ]]
	run lab/lab run --name $LAB_NAME bash -c './mpprobe -n -q -o "$1/report" \
		-w "$1/run.pcap" 10.0.3.2 <&- >&- 2>&-' - "$tmp"
	((status == 0))
	[[ $(<"$tmp/report") == *' port '*': MPTCP v1 works'* ]]
	frames_of "$tmp/run.pcap"
}

# ---- output that cannot be written ----------------------------------------

@test "no place for the files" {
	refuses 74 "$tmp/none/x" probe -w "$tmp/none/x" $HOST
	refuses 74 "$tmp/none/x" probe -o "$tmp/none/x" $HOST
	refuses 74 "$tmp" probe -w "$tmp" $HOST
	refuses 74 '/dev/full|No space' probe -w /dev/full $HOST
	refuses 74 '/dev/full|No space' probe -o /dev/full $HOST
}

# A tmpfs of 16 KiB, of which the filler leaves so much.
on_small_disk() {	# FILLER-BYTES COMMAND...
	on client unshare --mount bash -c '
		mount -t tmpfs -o size=16k small "$1" || exit 99
		head -c "$2" /dev/zero >"$1/filler"
		"${@:3}"
		status=$?
		cp "$1"/run.* "$1/../" 2>/dev/null
		exit $status' disk "$tmp/disk" "$@"
}

@test "full disk for the capture" {
	mkdir "$tmp/disk"
	refuses 74 "$tmp/disk/run.pcap: No space" on_small_disk 8192 \
		./mpprobe -n -w "$tmp/disk/run.pcap" $HOST
	# What was written is whole packets.
	[[ ! -e $tmp/run.pcap ]] || frames_of "$tmp/run.pcap"
}

@test "full disk for the report" {
	mkdir "$tmp/disk"
	refuses 74 "$tmp/disk/run.json: No space" on_small_disk 16384 \
		./mpprobe -n -j -o "$tmp/disk/run.json" $HOST
	[[ ! -e $tmp/run.json ]]
}

@test "a report that exists survives a full disk" {
	mkdir "$tmp/disk"
	refuses 74 "$tmp/disk/run.json: No space" on client unshare --mount \
		bash -c '
		mount -t tmpfs -o size=16k small "$1" || exit 99
		echo old >"$1/run.json"
		head -c 12288 /dev/zero >"$1/filler"
		./mpprobe -n -j -p 80,443 -o "$1/run.json" 10.0.3.2
		status=$?
		cp "$1/run.json" "$1/.."
		exit $status' disk "$tmp/disk"
	[[ $(<"$tmp/run.json") == old ]]
}

@test "closed or full standard output" {
	run --separate-stderr bash -c 'exec "$@" >&-' - \
		lab/lab run --name $LAB_NAME ./mpprobe -n $HOST
	((status == 74))
	[[ $stderr == 'mpprobe: standard output: '* ]]
	run --separate-stderr bash -c 'exec "$@" >/dev/full' - \
		lab/lab run --name $LAB_NAME ./mpprobe -n $HOST
	((status == 74))
	[[ $stderr == 'mpprobe: standard output: No space left on device' ]]
	run --separate-stderr bash -c 'exec ./mpprobe -h >/dev/full'
	((status == 74))
	run --separate-stderr bash -c 'exec ./mpprobe list >/dev/full'
	((status == 74))
}

# A command whose output nobody reads ends with 74, and is silent.
unread() {		# COMMAND...
	run --separate-stderr bash -c 'exec 9> >(:); wait $!; "$@" >&9' - "$@"
	echo "$*: exit status $status, $stderr"
	((status == 74))
	[[ -z $stderr ]]
}

@test "a reader that has gone" {
	local client=(lab/lab run --name $LAB_NAME ./mpprobe)
	local ends=(pcaps/ends/join-client.pcap pcaps/ends/strip-client.pcap)

	for options in list -h -V "explain data_ack" "explain dss.removed"; do
		unread ./mpprobe $options
	done
	for options in "" -j -x "-x -j" -v -q; do
		unread ./mpprobe read $options "${ends[0]}"
	done
	for options in "" -j -q; do
		unread ./mpprobe compare $options "${ends[@]}"
		unread ./mpprobe run $options --replay \
			pcaps/v0/compliant.pcap compliant
	done
	unread ./mpprobe run --replay pcaps/v0/compliant.pcap all
	unread "${client[@]}" -n $HOST
	unread "${client[@]}" -n -j $HOST
	unread "${client[@]}" run join $HOST
	unread "${client[@]}" compare --live -c 1 $HOST
	unread "${client[@]}" speed -c 1 http://$HOST/
	run --separate-stderr bash -c './mpprobe list | head -1'
	((status == 0))
	[[ -z $stderr && $output == Scenarios* ]]
	probe $HOST 2>"$tmp/stderr" | head -1 >"$tmp/line"
	[[ $(<"$tmp/line") == 'MPTCP v1 works on this path'* ]]
}

# ---- captures for read ----------------------------------------------------

@test "read: missing, empty, foreign" {
	: >"$tmp/empty"
	refuses 65 "$tmp/missing|No such file" ./mpprobe read "$tmp/missing"
	refuses 65 "$tmp/empty|empty" ./mpprobe read "$tmp/empty"
	refuses 65 "README.md|not a pcap" ./mpprobe read README.md
	refuses 65 "$tmp|directory" ./mpprobe read "$tmp"
	head -c 24 pcaps/v1/lab-6.18-t1.pcap >"$tmp/header"
	refuses 65 "$tmp/header|no TCP connection" ./mpprobe read "$tmp/header"
	head -c 10 pcaps/v1/lab-6.18-t1.pcap >"$tmp/part"
	refuses 65 "$tmp/part" ./mpprobe read "$tmp/part"
}

@test "read: a truncated capture is judged as far as it goes" {
	probe -w "$tmp/run.pcap" -o "$tmp/report" $HOST
	head -c -7 "$tmp/run.pcap" >"$tmp/cut.pcap"
	run --separate-stderr ./mpprobe read -q "$tmp/cut.pcap"
	((status == 0))
	[[ $output == *' port '*': MPTCP v1 works on this path'* ]]
	((${#stderr_lines[@]} == 1))
	[[ $stderr == *"$tmp/cut.pcap"* ]]
}

@test "read: says what the live run said" {
	probe -j -w "$tmp/run.pcap" -o "$tmp/live" $HOST
	./mpprobe read -j -o "$tmp/read" "$tmp/run.pcap"
	same "$tmp/live" "$tmp/read" \
		verdict findings path connections ladder announced announcements server
	run ./mpprobe read -q - <"$tmp/run.pcap"
	((status == 0))
}

@test "--reference auto: the first that answers, of those that are known" {
	lab_of_test=reference-$$
	lab/lab up --name $lab_of_test --hops 2 --box strip@1
	run --separate-stderr lab/lab run --name $lab_of_test ./mpprobe -n \
		--reference auto -q 10.0.3.2
	((status == 1 && ${#lines[@]} == 1))
	[[ $stderr == *'no public server that speaks MPTCP answers; probed without one' ]]
	# The first is not reached, and a port is probed anyway.
	lab/lab run --name $lab_of_test sh -c 'printf "%s\n" \
		"10.9.9.9 check.mptcp.dev" "10.0.3.2 test.multipath-tcp.org" \
		"fd00:3::2 test.multipath-tcp.org" >>/etc/hosts
		ip route add unreachable 10.9.9.9'
	run --separate-stderr lab/lab run --name $lab_of_test ./mpprobe -n \
		--reference auto -q 10.0.3.2:8080
	[[ -z $stderr && ${lines[1]} == 'test.multipath-tcp.org (10.0.3.2) port 80: '* ]]
	lab/lab run --name $lab_of_test sh -c 'printf "%s\n" "10.0.3.2 check.mptcp.dev" \
		"fd00:3::2 check.mptcp.dev" >/etc/hosts'
	lab/lab run --name $lab_of_test ./mpprobe -n -j --reference auto \
		-w "$tmp/run.pcap" -o "$tmp/live" [fd00:3::2]:80 || (($? == 1))
	sed -n 2p "$tmp/live" >"$tmp/reference"
	[[ $(field "$tmp/reference" "r['target']['name'], r['target']['port'], r['target']['reference']") == \
		"('check.mptcp.dev', 443, True)" ]]
	# Without it none of them is heard of.
	lab/lab run --name $lab_of_test ./mpprobe -n -q -w "$tmp/alone.pcap" 10.0.3.2 \
		|| (($? == 1))
	[[ -z $(tcpdump -nr "$tmp/alone.pcap" port 443 2>/dev/null) ]]
}

# No address or name of the lab is in these, nor payload: as text, or as bytes.
hides() {		# FILE...
	local text='10[.]0[.][1-3][.][0-9]|fd00:[1-3]:|eth0|HTTP|Host'
	local bytes='\x0a\x00[\x01-\x03][\x01\x02]|\xfd\x00\x00[\x01-\x03]\x00\x00'

	! LC_ALL=C grep -aoHP "$text|$bytes" "$@"
}

@test "--anonymize: the same verdict, and nobody's address in any file" {
	local family

	for family in 10.0.3.2 fd00:3::2; do
		rm -f "$tmp"/shown.*
		on client ./mpprobe --anonymize-key "$tmp/key" -v \
			-o "$tmp/shown.txt" -w "$tmp/shown.pcap" \
			--html "$tmp/shown.html" --svg "$tmp/shown.svg" $family
		hides "$tmp"/shown.*
		[[ $(head -n 1 "$tmp/shown.txt") == 'MPTCP v1 works on this path'* ]]
		# The capture is said to be what the run was said to be.
		./mpprobe read -j -o "$tmp/read" "$tmp/shown.pcap"
		./mpprobe read -j -o "$tmp/live" "$tmp/shown.html"
		same "$tmp/live" "$tmp/read" verdict findings connections ladder
		# And the same key gives the same once more.
		on client ./mpprobe -j --anonymize-key "$tmp/key" \
			-o "$tmp/again" $family
		[[ $(field "$tmp/again" "r['target']['address']") == \
			$(field "$tmp/read" "r['target']['address']") ]]
	done
	[[ $(stat -c %a "$tmp/key") == 600 ]]
	# Another one gives others; names are as good as addresses.
	on client ./mpprobe --anonymize -j -o "$tmp/other" 10.0.3.2
	hides "$tmp/other"
	[[ $(field "$tmp/other" "r['target']['address']") != \
		$(field "$tmp/read" "r['target']['address']") ]]
	on client ./mpprobe --anonymize --letter localhost >"$tmp/letter" || true
	! grep -F localhost "$tmp/letter"
}

@test "--anonymize-key: what is no key" {
	echo 0123 >"$tmp/key"
	refuses 65 "--anonymize-key $tmp/key|64 hexadecimal digits" \
		./mpprobe read --anonymize-key "$tmp/key" pcaps/lab/strip.pcap
	[[ $(<"$tmp/key") == 0123 ]]
	refuses 74 '--anonymize-key /nowhere/key' ./mpprobe read \
		--anonymize-key /nowhere/key pcaps/lab/strip.pcap
	refuses 64 '--anonymize is no option of mpprobe list' \
		./mpprobe list --anonymize
}

# ---- interruptions --------------------------------------------------------

interrupt_at() {	# SIGNAL BYTES
	local tries=5

	# On a busy machine a run may be over before the signal comes: impaired.
	while :; do
		rm -f "$tmp"/run.* "$tmp/report"
		start_slow "$2" -j -o "$tmp/report"
		kill -"$1" "$pid" || true
		await_end
		((status == 1 && --tries)) || break
	done
	((status == 130))
	[[ ! -s $tmp/stdout && ! -s $tmp/stderr ]]
	report/validate.py "$tmp/report"
	[[ $(field "$tmp/report" "r['interrupted']") == True ]]
	echo "frames: $(field "$tmp/report" "r['capture']") in the report," \
		"$(frames_of "$tmp/run.pcap") in the file"
	[[ $(field "$tmp/report" "r['capture']['frames']") == \
		$(frames_of "$tmp/run.pcap") ]]
	./mpprobe read -j -o "$tmp/read" "$tmp/run.pcap" || (($? <= 3))
	same "$tmp/report" "$tmp/read" \
		verdict findings path connections ladder
	await server_is_idle
}

@test "Ctrl-C at any time" {
	for bytes in 24 300 1000 3000 6000 9000 11000; do
		interrupt_at INT $bytes
	done
}

@test "SIGTERM at any time" {
	for bytes in 24 1000 9000; do
		interrupt_at TERM $bytes
	done
}

@test "Ctrl-C before the report goes to standard output" {
	start_slow 6000
	kill -INT "$pid"
	await_end
	((status == 130))
	grep -q interrupted "$tmp/stdout"
	[[ ! -s $tmp/stderr ]]
}

@test "kill -9 leaves nothing behind" {
	lab/lab run --name $SLOW_NAME nft list ruleset >"$tmp/before"
	start_slow 9000 -o "$tmp/report"
	lab/lab run --name $SLOW_NAME ss -Htln >"$tmp/listening"
	[[ -s $tmp/listening ]]		# the port guard
	kill -KILL "$pid"
	await_end
	((status == 137))
	[[ -z $(lab/lab run --name $SLOW_NAME ss -Htanu) ]]
	lab/lab run --name $SLOW_NAME nft list ruleset | diff "$tmp/before" -
	frames_of "$tmp/run.pcap"
	gone() { [[ ! -e $tmp/report ]]; }
	await gone
}

@test "a run leaves nothing behind" {
	probe -q $HOST
	# The kernel's own connections of earlier tests may be in TIME-WAIT.
	[[ -z $(on client ss -Htanu exclude time-wait) ]]
	[[ -z $(on client iptables-save) ]]
	server_is_free() {
		[[ -z $(on server ss -Htan state connected exclude time-wait) ]]
	}
	await server_is_free
}

# ---- this host's own firewall ---------------------------------------------

own_firewall() {	# TOOL HOST RULE...
	on client "$1" "${@:3}"
	run --separate-stderr probe -o "$tmp/report" "$2"
	on client "$1" "${@:3:2}" -F
	echo "exit status $status, stdout: $output, stderr: $stderr"
	((status == 71))
	[[ -z $output && ! -e $tmp/report ]]
	((${#stderr_lines[@]} == 1))
	[[ $stderr == 'mpprobe: a firewall of this host '*OUTPUT* ]]
}

@test "own firewall drops" {
	own_firewall iptables $HOST -t filter -A OUTPUT -p tcp --dport 80 -j DROP
	own_firewall ip6tables $HOST6 -t filter -A OUTPUT -p tcp --dport 80 \
		-j REJECT
	own_firewall iptables $HOST -t mangle -A POSTROUTING -p tcp --syn \
		-j DROP
}

@test "own firewall rewrites" {
	own_firewall iptables $HOST -t mangle -A OUTPUT -p tcp \
		-j TCPOPTSTRIP --strip-options 30
	own_firewall iptables $HOST -t nat -A POSTROUTING -p tcp \
		-j MASQUERADE --to-ports 1024-2000
	own_firewall ip6tables $HOST6 -t mangle -A POSTROUTING -p tcp \
		-j HL --hl-set 64
}

# ---- what options promise -------------------------------------------------

@test "a proxy that speaks MPTCP is found again at once" {
	lab_of_test=proxy-$$
	lab/lab up --name $lab_of_test --hops 4 --box mptcp-proxy@4
	for _ in 1 2; do
		run lab/lab run --name $lab_of_test ./mpprobe 10.0.5.2
		((status == 1))
		[[ $output == *tcp.terminated* ]]
	done
}

@test "an answer that is dropped is asked for, and said to have been sent" {
	lab_of_test=answer-$$
	lab/lab up --name $lab_of_test --hops 2
	lab/lab run --name $lab_of_test --on r1 nft -f - <<-'END'
		table inet box {
			chain box {
				type filter hook forward priority 0
				tcp sport 80 meta length > 110 \
					tcp option mptcp exists drop
			}
		}
	END
	run lab/lab run --name $lab_of_test ./mpprobe $HOST
	echo "$output"
	((status == 1))
	[[ $output == *'bytes that did not come'* ]]
}

@test "a silent target before which a proxy may stand is not cleared" {
	lab_of_test=proxy-$$
	lab/lab up --name $lab_of_test --hops 4 --no-udp-unreach \
		--box mptcp-proxy@4
	run lab/lab run --name $lab_of_test ./mpprobe -q 10.0.5.2
	[[ $output != *'nothing interferes'* && $output == *'not known'* ]]
}

@test "-h, -V, list and explain" {
	run --separate-stderr ./mpprobe -h
	((status == 0))
	[[ -z $stderr && $output == *'Exit status'* ]]
	((${#lines[@]} < 24))
	run --separate-stderr ./mpprobe -hh
	((status == 0))
	[[ $output == *'Exit status'* && $output == *'--join-source ADDRESS'* ]]
	run --separate-stderr ./mpprobe -V
	((status == 0 && ${#lines[@]} == 1))
	[[ $output =~ ^mpprobe\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run --separate-stderr ./mpprobe list
	((status == 0 && ${#lines[@]} > 30))
	run --separate-stderr ./mpprobe explain mp_capable.removed
	((status == 0))
	[[ $output == *'RFC 8684'* ]]
	run --separate-stderr ./mpprobe explain unsupported
	((status == 0))
	[[ $output == *'listen ... multipath'* ]]
	for name in clear unreachable data_ack join_data 0 65 130; do
		./mpprobe explain $name | grep -q '^What to do'
	done
}

@test "help on a command, and what was meant" {
	for command in probe read run compare speed doctor list explain; do
		./mpprobe $command -h >"$tmp/of"
		./mpprobe help $command | cmp - "$tmp/of"
		./mpprobe -h $command --bogus | cmp - "$tmp/of"
		[[ $(head -1 "$tmp/of") == "mpprobe "*": "* ]]
		(($(sed -n '/^For example:/,$p' "$tmp/of" |
			grep -c "^  mpprobe") == 2))
		run ! grep -nE '.{81}' "$tmp/of"
	done
	./mpprobe read -h >"$tmp/of"
	grep -q -- --filter "$tmp/of"
	run ! grep -q -- --seed "$tmp/of"
	grep -q -- --save <(./mpprobe compare -h)
	[[ $(./mpprobe help) == "$(./mpprobe -h)" ]]
	[[ $(./mpprobe version) == "$(./mpprobe -V)" ]]
	refuses 64 'unknown command raed: did you mean mpprobe read?' \
		./mpprobe raed run.pcap
	refuses 64 'unknown command doctro: did you mean mpprobe doctor?' \
		./mpprobe help doctro
	refuses 64 'unknown command nothing.near' ./mpprobe help nothing.near
	refuses 64 'unknown option --jsno: did you mean --json?' \
		./mpprobe --jsno $HOST
	run --separate-stderr ./mpprobe 'doctr'
	((status == 68))
	[[ $stderr == *'did you mean mpprobe doctor?'* ]]
	run --separate-stderr ./mpprobe 'no.such.host.invalid'
	((status == 68))
	[[ $stderr != *'did you mean'* ]]
	run bash -c './mpprobe read -h >/dev/full'
	((status == 74))
}

@test "a URL as HOST is taken apart" {
	run --separate-stderr probe -q "http://user@$HOST:443/a/b?c"
	((status == 0))
	[[ $output == "$HOST port 443: MPTCP v1 works"* ]]
	run --separate-stderr probe -q "http://$HOST"
	((status == 0))
	[[ $output == "$HOST port 80: MPTCP v1 works"* ]]
	# A ClientHello, which this server does not speak: no HTTP is said.
	probe -q -w "$tmp/run.pcap" "https://$HOST/" || (($? <= 3))
	run ! grep -aq 'GET / HTTP' "$tmp/run.pcap"
	probe -q --say http -w "$tmp/run.pcap" "https://$HOST/"
	grep -aq 'GET / HTTP' "$tmp/run.pcap"
	refuses 64 'ssh://host: which port' ./mpprobe ssh://host
}

@test "nothing is wider than 80 columns" {
	./mpprobe -h >"$tmp/out"
	./mpprobe -hh >>"$tmp/out"
	./mpprobe list >>"$tmp/out"
	for id in $(./mpprobe list | awk '$1 ~ /\./ {print $1}'); do
		./mpprobe explain "$id" >>"$tmp/out"
	done
	for name in unsupported distance join 3 71; do
		./mpprobe explain "$name" >>"$tmp/out"
	done
	on client ./mpprobe -v $HOST >>"$tmp/out"
	on client ./mpprobe -v server.lab >>"$tmp/out"
	lab/lab run --name $SLOW_NAME ./mpprobe -v $HOST6 >>"$tmp/out" ||
		(($? == 1))
	! grep -nE '.{81}' "$tmp/out"
}

@test "-q is one line, -v adds the ladder" {
	run --separate-stderr probe -q $HOST
	((status == 0 && ${#lines[@]} == 1))
	[[ -z $stderr && $output == "$HOST port 80: MPTCP v1 works on this path"* ]]
	probe $HOST >"$tmp/plain"
	probe -v $HOST >"$tmp/verbose"
	run ! grep -q 'Proof ladder' "$tmp/plain"
	grep -q 'Proof ladder' "$tmp/verbose"
}

# Whether anything in what comes is coloured; the line of progress is wiped.
coloured() {
	grep -q $'\e\\[[0-9;]*m'
}

@test "colour" {
	local run="lab/lab run --name $LAB_NAME ./mpprobe -n"

	probe --color always $HOST | coloured
	probe --color auto $HOST >"$tmp/plain"
	run ! coloured <"$tmp/plain"
	# A terminal of its own.
	export TERM=xterm SHELL=/bin/bash
	script -qec "$run $HOST" /dev/null </dev/null | coloured
	script -qec "$run --color never $HOST" /dev/null </dev/null >"$tmp/plain"
	run ! coloured <"$tmp/plain"
	NO_COLOR=1 script -qec "$run $HOST" /dev/null </dev/null >"$tmp/plain"
	run ! coloured <"$tmp/plain"
}

@test "-j is valid, on both families and several ports" {
	./mpprobe list >"$tmp/findings"
	probe -j -p 80,8080,81 $HOST >"$tmp/report" || (($? == 3))
	probe -j -4 -6 server.lab >>"$tmp/report"
	lab/lab run --name $SLOW_NAME ./mpprobe -j $HOST6 >>"$tmp/report" ||
		(($? == 1))
	run report/validate.py --findings "$tmp/findings" "$tmp/report"
	[[ $output == '6 valid lines' ]]
}

@test "-j of eight runs side by side in one file: each line whole" {
	local all=$(($(ls scenarios/*.lua | wc -l) + 1))

	printf '%s\n' "run -j compliant $HOST" "run -j all $HOST" "-j $HOST" \
		"run -j all $HOST6" "run -j all $HOST" "-j $HOST6" \
		"speed -j -c 2 http://$HOST/64K" "run -j join $HOST" |
		xargs -P 8 -I{} lab/lab run --name $LAB_NAME sh -c \
			'./mpprobe {} >>"$0/lines" || echo {}: $?' "$tmp" \
			>"$tmp/failed"
	cat "$tmp/failed"
	[[ ! -s $tmp/failed || $(<"$tmp/failed") == speed*': 3' ]]
	run report/validate.py "$tmp/lines"
	echo "$output"
	[[ $output == "$((3 * all + 5)) valid lines" ]]
}

@test "-o writes the report to a file" {
	run --separate-stderr probe -o "$tmp/report" $HOST
	((status == 0))
	[[ -z $output && -z $stderr ]]
	[[ $(head -1 "$tmp/report") == 'MPTCP v1 works on this path'* ]]
}

@test "-p 80,443: a report each" {
	run --separate-stderr probe -q -p 80,443 $HOST
	((status == 0 && ${#lines[@]} == 2))
	run --separate-stderr probe -q -p 80,8080 $HOST
	((status == 2 && ${#lines[@]} == 2))
	run --separate-stderr probe -q -p 80,81,8080 $HOST
	((status == 3 && ${#lines[@]} == 3))
	[[ $output == *"$HOST port 81: Port 81 of 10.0.3.2 is closed"* ]]
}

@test "64 silent ports: one connection each, and no longer than one port" {
	on server iptables -A INPUT -p tcp --dport 1:64 -j DROP
	run --separate-stderr probe -j -p 1-64 -o "$tmp/report" $HOST
	on server iptables -F INPUT
	((status == 3))
	(($(wc -l <"$tmp/report") == 64))
	# One after the other, in fours, they would take 52 seconds.
	sed -n 64p "$tmp/report" >"$tmp/last"
	[[ $(field "$tmp/last" "r['elapsed_ms'] < 12000") == True ]]
	[[ $(field "$tmp/last" "[(c['purpose'], c['attempts']) for c in
		r['connections'] if c['purpose'] != 'control']") == \
		"[('tcp', 4)]" ]]
}

@test "more open ports than are probed at a time: each is probed whole" {
	on server iptables -t nat -A PREROUTING -p tcp --dport 90:97 \
		-j REDIRECT --to-ports 80
	run --separate-stderr probe -q -p 90-97 $HOST
	on server iptables -t nat -F PREROUTING
	((status == 0 && ${#lines[@]} == 8))
}

# Nobody waits until a host would give up, 1.4 seconds, and the sooner of two
# verdicts is the same.
@test "what drops an option is judged by pairs side by side" {
	for box in drop@1 drop-join@1; do
		lab/lab with --name "pairs-$$" --hops 2 --box $box -- \
			./mpprobe -n -j -o "$tmp/report" $HOST || (($? == 1))
		[[ $(field "$tmp/report" \
			"[(f['id'][-7:], f['confidence'], f['after']['ttl'],
			f['at']['ttl']) for f in r['findings']]") == \
			"[('dropped', 'proven', 1, 2)]" ]]
		[[ $(field "$tmp/report" "max(c['attempts'] for c in
			r['connections'] if c['syn_ttl'] == 64) < 4") == True ]]
	done
}

@test "-4 and -6" {
	probe -j -4 server.lab >"$tmp/report"
	[[ $(field "$tmp/report" "r['target']['address']") == "$HOST" ]]
	probe -j -6 server.lab >"$tmp/report"
	[[ $(field "$tmp/report" "r['target']['address']") == "$HOST6" ]]
	probe -j "[$HOST6]:443" >"$tmp/report"
	[[ $(field "$tmp/report" "r['target']['port']") == 443 ]]
}

@test "-s and -i" {
	on client ip address add 10.0.1.9/24 dev eth0
	probe -j -s 10.0.1.9 -i eth0 -w "$tmp/run.pcap" $HOST >"$tmp/report"
	on client ip address del 10.0.1.9/24 dev eth0
	[[ $(field "$tmp/report" "r['source']['address']") == 10.0.1.9 ]]
	[[ $(field "$tmp/report" "r['source']['interface']") == eth0 ]]
	[[ -z $(tcpdump -n -r "$tmp/run.pcap" host 10.0.1.1 2>/dev/null) ]]
}

@test "-f 64 -m 64: no sweep, yet a verdict" {
	run --separate-stderr timeout 20 lab/lab run --name $LAB_NAME \
		./mpprobe -n -j -f 64 -m 64 $HOST
	((status == 0))
	echo "$output" >"$tmp/report"
	[[ $(field "$tmp/report" "r['verdict']['status']") == clear ]]
	[[ $(field "$tmp/report" "len(r['path'])") == 0 ]]
	run timeout 20 lab/lab run --name $LAB_NAME \
		./mpprobe -n -q -f 64 -m 64 $HOST:81
	((status == 3))
}

@test "-f and -m bound the sweep" {
	probe -f 2 -m 2 -w "$tmp/run.pcap" -q $HOST
	[[ -z $(tcpdump -n -r "$tmp/run.pcap" 'src host 10.0.1.1 and
		tcp and ip[8] < 64 and ip[8] != 2' 2>/dev/null) ]]
}

@test "--sweep-only sends no data" {
	probe --sweep-only -q -w "$tmp/run.pcap" $HOST || (($? <= 3))
	[[ -z $(tcpdump -n -r "$tmp/run.pcap" 'src host 10.0.1.1 and tcp and
		tcp[tcpflags] & tcp-push != 0' 2>/dev/null) ]]
}

# The first SYNs of a capture: ports, sequence numbers, options with the keys.
# When the later ones go out depends on answers.
first_syns() {		# CAPTURE
	tcpdump -n -t -S -r "$1" 'tcp[tcpflags] == tcp-syn' 2>/dev/null |
		grep -F '10.0.1.1.' | head -40 | sort
}

@test "--seed: two runs send the same" {
	for run in 1 2; do
		lab/lab with --hops 2 -- ./mpprobe -n -q --seed 7 \
			-w "$tmp/run$run.pcap" $HOST
		first_syns "$tmp/run$run.pcap" >"$tmp/syns$run"
	done
	(($(wc -l <"$tmp/syns1") > 30))
	diff "$tmp/syns1" "$tmp/syns2"
	lab/lab with --hops 2 -- ./mpprobe -n -q --seed 8 \
		-w "$tmp/run3.pcap" $HOST
	! first_syns "$tmp/run3.pcap" | diff -q "$tmp/syns1" - >/dev/null
}

@test "-w - writes the capture to standard output" {
	probe -w - -o "$tmp/report" $HOST >"$tmp/run.pcap"
	(($(frames_of "$tmp/run.pcap") > 50))
	probe -w - -o "$tmp/report" $HOST | tcpdump -n -r - >"$tmp/text" \
		2>/dev/null
	grep -q mptcp "$tmp/text"
	refuses 64 '-w -|-o' probe -w - $HOST
}

@test "loopback" {
	for address in 127.0.0.1 ::1 $HOST $HOST6; do
		run --separate-stderr on server ./mpprobe -n -q "$address"
		((status == 0))
		[[ $output == *' port '*': MPTCP v1 works on this path'* ]]
	done
	run --separate-stderr probe -q 127.0.0.1
	((status == 3))
	[[ $output == '127.0.0.1 port 80: Port 80 of 127.0.0.1 is closed'* ]]
}

@test "a silent port" {
	on server iptables -A INPUT -p tcp --dport 80 -j DROP
	run --separate-stderr probe -q $HOST
	on server iptables -F INPUT
	((status == 3))
	[[ -z $stderr && $output == *10.0.3.2* ]]
}

@test "a link-local address" {
	local link_local

	link_local=$(on r1 ip -6 -o address show dev eth0 scope link |
		awk '{sub("/.*", "", $4); print $4}')
	run --separate-stderr probe -q -i eth0 "$link_local"
	((status == 3))
	[[ -z $stderr && $output == *"$link_local"* ]]
	run --separate-stderr probe -q "$link_local%eth0"
	((status == 3))
}

@test "the program is hardened" {
	command -v readelf >/dev/null || skip "no readelf"
	run readelf -W -h -d -l -s ./mpprobe
	[[ $output == *'DYN (Position-Independent'* ]]
	[[ $output == *' NOW'* && $output == *GNU_RELRO* ]]
	[[ $output == *__stack_chk_fail* ]]
	[[ $output == *__vsnprintf_chk* || $output == *__snprintf_chk* ]]
	! [[ $output =~ GNU_STACK[^$'\n']*RWE ]]
}

# Last, as the kernel's connections stay in TIME-WAIT.
@test "nor has a download" {
	runs_without_rights 1 speed -c 20 http://$HOST/4M
}

@test "an address that no route leads to is reported, and keeps no other" {
	run --separate-stderr lab/lab with --hops 1 -- sh -c '
		ip -6 route flush table main; ./mpprobe -q -4 -6 server.lab'
	echo "$output $stderr"
	((status == 3 && ${#lines[@]} == 2))
	[[ ${lines[0]} == 'server.lab (10.0.2.2) port 80: MPTCP v1 works'* ]]
	[[ ${lines[1]} == 'server.lab (fd00:2::2) port 80: No route leads to'* ]]
	[[ $stderr == *'no route to fd00:2::2'* ]]
	run --separate-stderr lab/lab with --hops 1 -- sh -c '
		ip -6 route flush table main; ip -4 route flush table main
		./mpprobe -j -4 -6 -p 80,81 server.lab'
	echo "$output"
	((status == 3))
	echo "$output" >"$tmp/report"
	[[ $(report/validate.py "$tmp/report") == '4 valid lines' ]]
	[[ $(grep -c '"status":"unreachable"' "$tmp/report") == 4 ]]
}
