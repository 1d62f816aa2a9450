#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a user of mpprobe meets where output goes to files, pipes and full disks,
# and captures come from them.

load cli

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

	a_key "$tmp/key"
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
	# Another one gives others; names are as good as addresses.
	on client ./mpprobe --anonymize-key "$tmp/made" -j -o "$tmp/other" 10.0.3.2
	[[ $(stat -c %a "$tmp/made") == 600 ]]
	[[ $(field "$tmp/other" "r['target']['address']") != \
		$(field "$tmp/read" "r['target']['address']") ]]
	on client ./mpprobe --anonymize --letter localhost >"$tmp/letter" || true
	! grep -F localhost "$tmp/letter" || false
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
