#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lab itself: that the path is what it is said to be, that the boxes do what
# their row says, and that nothing is left behind. mpprobe is not used.

load suite

CAPABLE=1e040101 JOIN=1e0c100111223344aabbccdd DSS=1e082001aabbccdd
MSS=020405b4
UNTOUCHED="options=$CAPABLE"

setup_file() {
	begin_suite
	XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
	STATE=$XDG_RUNTIME_DIR/mpprobe-lab-$UID
	export XDG_RUNTIME_DIR STATE LC_ALL=C
	(umask 077 && lab/lab up --name clean)
}

teardown_file() {
	lab/lab down --all
}

setup() {
	begin_test
	LAB_NAME=clean
}

teardown() {
	end_test
	[[ $LAB_NAME == clean ]] || lab/lab down --name "$LAB_NAME"
}

# ---- tools ----------------------------------------------------------------

# In a container whose init reaps nobody, who has died stays a zombie.
is_alive() {		# PID
	local stat

	read -r stat 2>/dev/null <"/proc/$1/stat" && [[ $stat != *') Z '* ]]
}

box() {			# BOX...
	local options=() one

	LAB_NAME=box
	for one; do
		options+=(--box "$one")
	done
	lab/lab up --name "$LAB_NAME" "${options[@]}" >/dev/null
}

# One packet over each family; both answers must match PATTERN.
knock() {		# PATTERN tcp PORT FLAGS OPTIONS [TTL [TOS]] | udp PORT TTL
	local pattern=$1 protocol=$2 host answer

	[[ $pattern != none ]] || local -x PATIENCE=0.5
	for host in 10.0.5.2 fd00:5::2; do
		answer=$(on client python3 lab/servers/knock.py \
			"$protocol" "$host" "${@:3}")
		# shellcheck disable=SC2053
		[[ $answer == $pattern ]] || {
			echo "$host ${*:2}: got '$answer', expected '$pattern'"
			return 1
		}
	done
}

# Nothing on stdout, one line with WORD on stderr.
fails_with() {		# STATUS WORD COMMAND...
	run -"$1" --separate-stderr "${@:3}"
	[[ -z $output && ${#stderr_lines[@]} == 1 && $stderr == "lab: "*"$2"* ]]
}

# ---- the path -------------------------------------------------------------

@test "the server answers over IPv4 and IPv6, 81 is closed" {
	for url in http://10.0.5.2 'http://[fd00:5::2]'; do
		for port in 80 443 8080; do
			run on client curl -sf -m 30 "$url:$port/"
			[[ $status == 0 && $output == 'mpprobe lab server'* ]]
		done
		run -7 on client curl -s -m 30 "$url:81/"
		[[ $(on client curl -s "$url:80/64K" | wc -c) == 65536 ]]
	done
}

@test "80 and 443 speak MPTCP, 8080 does not" {
	knock 'SA *1e0c0101*' tcp 80 S $CAPABLE
	knock 'SA *1e0c0101*' tcp 443 S $CAPABLE
	knock 'SA 020405??' tcp 8080 S $CAPABLE
	knock R tcp 80 S $JOIN
	knock R tcp 81 S $CAPABLE
}

@test "the kernel's own MPTCP goes through" {
	command -v mptcpize >/dev/null || skip 'no mptcpize here'
	on client mptcpize run curl -sf -m 10 -o /dev/null \
		http://10.0.5.2/1M 'http://[fd00:5::2]/1M'
	on server nstat -asz MPTcpExtMPCapableACKRX |
		awk '/MPCapableACKRX/ { exit !($2 >= 2) }'
}

@test "every hop has its address" {
	for hop in 1 2 3 4; do
		run on client python3 lab/servers/knock.py udp 10.0.5.2 \
			33434 $hop
		[[ $output == "quote 10.0.$hop.2 ttl=1 "* ]]
		run on client python3 lab/servers/knock.py udp fd00:5::2 \
			33434 $hop
		[[ $output == "quote fd00:$hop::2 ttl=1 "* ]]
	done
	knock 'quote *[.:]5[.:]*2 ttl=60 *' udp 33434 64
}

@test "names resolve, and there is no way out" {
	[[ $(on client getent hosts r3.lab) == fd00:3::2* ]]
	[[ $(on client stat -c %a /etc/hosts) == 644 ]]
	[[ $(on client getent ahostsv4 server.lab) == 10.0.5.2* ]]
	run -2 on client ping -c 1 192.0.2.1
}

@test "captures show real segments and checksums" {
	capture=$BATS_TEST_TMPDIR/c.pcap
	lab/lab run --name "$LAB_NAME" tcpdump -Z root -i eth0 -U \
		-w "$capture" tcp 2>"$capture.log" 3>&- &
	pid=$!
	await grep -q 'listening on' "$capture.log"
	for url in http://10.0.5.2/300K 'http://[fd00:5::2]/300K'; do
		on client curl -sf -o /dev/null "$url"
	done
	is_there() { (($(stat -c %s "$capture") > 600000)); }
	await is_there
	kill "$pid"
	wait "$pid"
	pid=
	tcpdump -n -vv -r "$capture" >"$capture.txt" 2>/dev/null
	grep -q '(correct)' "$capture.txt"
	run ! grep 'incorrect' "$capture.txt"
	awk '/length [0-9]+$/ && $NF > 1460 { exit 1 }' "$capture.txt"
}

@test "one router, and twelve" {
	for hops in 1 12; do
		run lab/lab with --hops $hops -- curl -sf -m 30 -o /dev/null \
			-o /dev/null "http://10.0.$((hops + 1)).2/" \
			"http://[fd00:$((hops + 1))::2]/"
		[[ $status == 0 && -z $output ]]
	done
}

@test "settings of the server" {
	LAB_NAME=settings
	lab/lab up --name $LAB_NAME --hops 1 --no-udp-unreach \
		--sysctl-server net.mptcp.checksum_enabled=1 \
		--sysctl-server net.ipv4.tcp_sack=0
	[[ $(on server cat /proc/sys/net/mptcp/checksum_enabled) == 1 ]]
	[[ $(on server cat /proc/sys/net/ipv4/tcp_sack) == 0 ]]
	PATIENCE=0.5 run on client python3 lab/servers/knock.py udp \
		10.0.2.2 33434 64
	[[ $output == none ]]
	run -71 lab/lab up --name $LAB_NAME --sysctl-server net.no_such=1
	[[ $output == 'lab: '*net/no_such* ]]
}

@test "routers answer at the kernel's rate, or without limit" {
	[[ $(on r1 cat /proc/sys/net/ipv4/icmp_ratelimit) == 1000 ]]
	run lab/lab with --hops 1 --icmp-unlimited -- \
		sh -c 'for i in 1 2 3 4 5 6 7 8 9; do
			python3 lab/servers/knock.py udp 10.0.2.2 33434 1; done'
	[[ $(grep -c '^quote' <<<"$output") == 9 ]]
}

# ---- run, with ------------------------------------------------------------

@test "run keeps status, directory, environment and input" {
	run -7 on client sh -c 'exit 7'
	run -127 on client /no/such/command
	run on client sh -c 'pwd; echo "$A_WORD"; cat' < <(echo input)
	[[ ${lines[0]} == "$PWD" && ${lines[-1]} == input ]]
	A_WORD=word run on client sh -c 'echo "$A_WORD"'
	[[ $output == word ]]
}

@test "run is the command: a signal reaches it" {
	lab/lab run --name clean sh -c \
		'trap "exit 9" TERM; echo up; while :; do sleep 0.01; done' \
		>"$BATS_TEST_TMPDIR/out" &
	await grep -q up "$BATS_TEST_TMPDIR/out"
	kill -TERM $!
	status=0
	wait $! || status=$?
	((status == 9))
}

@test "with returns the command's status and removes its lab" {
	before=$(lab/lab status)
	run -9 lab/lab with --hops 1 -- sh -c 'exit 9'
	run -143 lab/lab with --hops 1 -- sh -c 'kill $$'
	run -124 timeout 1 lab/lab with --hops 1 -- sleep 60
	[[ $(lab/lab status) == "$before" ]]
	[[ $(ls "$STATE") == clean ]]
}

@test "six labs side by side" {
	pids=()
	for i in 1 2 3 4 5 6; do
		lab/lab with --hops 2 --box strip@1 -- \
			curl -sf -m 30 -o /dev/null http://10.0.3.2/ &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
}

# ---- what is left behind --------------------------------------------------

@test "down leaves nothing" {
	namespaces=$(ip netns list)
	links=$(ip -o link | wc -l)
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	lab/lab up --box proxy@1
	[[ $(ip netns list) == "$namespaces" ]]
	[[ $(ip -o link | wc -l) == "$links" ]]
	lab/lab down
	[[ ! -e $XDG_RUNTIME_DIR/mpprobe-lab-$UID ]]
	run ! pgrep -f "$XDG_RUNTIME_DIR/"
	[[ $(ip netns list) == "$namespaces" ]]
	lab/lab down
}

@test "an up that is interrupted leaves nothing" {
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	for delay in 0.01 0.03 0.06 0.1 0.15; do
		for signal in INT TERM HUP; do
			run timeout -s $signal $delay \
				lab/lab up --hops 12 --box proxy@2
			((status == 124))
			[[ ! -e $XDG_RUNTIME_DIR/mpprobe-lab-$UID ]]
			run ! pgrep -f "$XDG_RUNTIME_DIR/"
		done
	done
}

@test "a killed holder is noticed and replaced" {
	LAB_NAME=killed
	lab/lab up --name $LAB_NAME --hops 1
	read -r holder _ <"$STATE/$LAB_NAME/holder"
	kill -KILL "$holder"
	is_gone() { ! is_alive "$holder"; }
	await is_gone
	fails_with 71 "'killed'" lab/lab run --name $LAB_NAME true
	run lab/lab status
	[[ $output != *killed* ]]
	lab/lab up --name $LAB_NAME --hops 1
	on client true
}

@test "another process with the holder's number is left alone" {
	mkdir "$STATE/old"
	sleep 60 &
	read -r -a stat <"/proc/$!/stat"
	echo "$! ${stat[21]}" >"$STATE/old/holder"
	lab/lab down --name old
	kill $!
	[[ ! -e $STATE/old ]]
}

# Others would take its lab away.
@test "a holder whose program begins just now is up" {
	mkfifo "$tmp/fifo"
	(exec -a '' cat <>"$tmp/fifo" 3>&-) &
	pid=$!
	is_nameless() { [[ -z $(head -c 1 "/proc/$pid/cmdline" | tr -d '\0') ]]; }
	await is_nameless
	read -r -a stat <"/proc/$pid/stat"
	mkdir "$STATE/begins"
	echo "$pid ${stat[21]}" >"$STATE/begins/holder"
	echo begins: >"$STATE/begins/summary"
	run lab/lab status
	rm -r "$STATE/begins"
	[[ $output == *begins:* ]]
}

@test "without root" {
	((UID == 0)) || skip 'all of this runs without root already'
	as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups
		env -u XDG_RUNTIME_DIR PATH=/usr/bin:/bin)
	"${as_nobody[@]}" unshare -Urn true || skip 'no user namespaces here'
	copy=$(mktemp -d /tmp/lab-test-XXXXXX)
	chmod 755 "$copy"
	cp -r lab "$copy"
	chmod -R a+rX "$copy"	# cloned with umask 077, perhaps
	install -d -o 65534 "$copy/run"
	cd "$copy"
	as_nobody+=(XDG_RUNTIME_DIR="$copy/run")
	run "${as_nobody[@]}" lab/lab with --box strip@2 --box proxy@3 -- \
		sh -c 'curl -sf -m 30 http://server.lab/ && id -u && >run/file &&
			nft list ruleset &&
			python3 lab/servers/knock.py tcp 10.0.5.2 443 S \
				1e040101 3'
	echo "$output"
	owner=$(stat -c %u run/file)
	cd /
	rm -rf -- "$copy"
	((status == 0 && owner == 65534))
	[[ ${lines[0]} == 'mpprobe lab server' && ${lines[-2]} == 0 ]]
	[[ ${lines[-1]} == *options=01010101 ]]
}

# ---- usage ----------------------------------------------------------------

@test "bad usage is one line that names the thing, and 64" {
	fails_with 64 "'nonsense'" lab/lab up --name t --box nonsense@1
	fails_with 64 "'strip'" lab/lab up --name t --box strip
	fails_with 64 "'strip@5'" lab/lab up --name t --box strip@5
	fails_with 64 "'strip@x'" lab/lab up --name t --box strip@x
	fails_with 64 "'proxy@2,return'" lab/lab up --name t --box proxy@2,return
	fails_with 64 "'proxy@2,ingress'" lab/lab up --name t --box proxy@2,ingress
	fails_with 64 "'31'" lab/lab up --name t --hops 31
	fails_with 64 "'0'" lab/lab up --name t --hops 0
	fails_with 64 "'../x'" lab/lab up --name ../x
	fails_with 64 --hops lab/lab up --hops
	fails_with 64 "'--what'" lab/lab up --what
	fails_with 64 kernel.x lab/lab up --sysctl-server kernel.x=1
	fails_with 64 "'what'" lab/lab what
	fails_with 64 command lab/lab run --name clean
	fails_with 64 "'r5'" lab/lab run --name clean --on r5 true
	fails_with 64 COMMAND lab/lab with --hops 2
	fails_with 71 "'t'" lab/lab run --name t true
	[[ $(ls "$STATE") == clean ]]
}

@test "help, list and status" {
	run -0 lab/lab -h
	[[ ${lines[0]} == 'usage: lab up'* ]]
	awk 'length > 80 { exit 1 }' <<<"$output"
	run -0 lab/lab list
	[[ $output == *'strip-synack '* && $output == *'own-host '* ]]
	run -0 lab/lab list servers
	[[ $output == *'fastclose '* && $output != *'strip '* ]]
	run -64 lab/lab list nothing
	run -64 lab/lab up --name t --server nothing
	run -0 lab/lab status
	[[ $output == 'clean: client 10.0.1.1 '*'10.0.5.2'*'4 routers' ]]
}

@test "a server of another kind" {
	run -0 lab/lab with --hops 1 --server fin -- curl -s -v 10.0.2.2/9
	[[ $output == *'Connection: close'* ]]
	run -0 lab/lab with --hops 1 --server banner -- \
		bash -c 'read -r line </dev/tcp/10.0.2.2/80; echo "$line"'
	[[ $output == SSH-2.0-* ]]
	run -0 lab/lab with --hops 1 --server https -- \
		curl -s -k --connect-to ::server.lab: https://some.lab
	[[ $output == 'mpprobe lab server' ]]
	LAB_NAME=flagc
	run -0 lab/lab up --name flagc --hops 1 --server flagc
	[[ $output == *', flag-c' ]]
}

# Five connections whose source ports differ by 4: how many of them each of the
# two servers took, and how many of them had an answer.
split_five() {		# HOST
	local port answers=0 node counts=()

	for port in 40000 40004 40008 40012 40016; do
		! on client curl -sf -m 30 -o /dev/null --local-port "$port" \
			"http://$1" || ((++answers))
	done
	for node in server server2; do
		counts+=("$(on "$node" nstat -asz TcpPassiveOpens |
			awk '/^Tcp/ { print $2 }')")
	done
	echo "${counts[*]} of which $answers answer"
}

@test "two servers behind a balancer" {
	local host

	LAB_NAME=two
	for host in 10.0.2.2 '[fd00:2::2]'; do
		lab/lab up --name two --hops 1 --server balanced-flows
		[[ $(split_five "$host") == '3 2 of which 5 answer' ]]
		lab/lab up --name two --hops 1 --server balanced-sources
		[[ $(split_five "$host") == '0 5 of which 5 answer' ]]
		lab/lab up --name two --hops 1 --server balanced-packets
		[[ $(split_five "$host") == '0 0 of which 0 answer' ]]
	done
}

# ---- the boxes: all at router 2, seen from router 3 ------------------------

@test "a clean path changes nothing" {
	knock "quote * ttl=1 tos=43 $UNTOUCHED" tcp 80 S $CAPABLE 3 43
	knock "quote * options=$DSS" tcp 80 A $DSS 3
}

@test "strip" {
	box strip@2
	knock 'quote * options=01010101' tcp 80 S $CAPABLE 3
	knock 'quote * options=0101010101010101' tcp 80 A $DSS 3
	knock "quote * $UNTOUCHED" tcp 80 S $CAPABLE 2
}

@test "strip-syn" {
	box strip-syn@2
	knock 'quote * options=01010101' tcp 80 S $CAPABLE 3
	knock "quote * options=$DSS" tcp 80 A $DSS 3
}

@test "strip-synack" {
	box strip-synack@2
	knock "quote * $UNTOUCHED" tcp 80 S $CAPABLE 3
	knock 'SA 020405??010101010101010101010101' tcp 80 S $CAPABLE
}

@test "strip-data" {
	box strip-data@2
	knock "quote * $UNTOUCHED" tcp 80 S $CAPABLE 3
	knock 'quote * options=0101010101010101' tcp 80 A $DSS 3
}

@test "strip-join" {
	box strip-join@2
	knock "quote * $UNTOUCHED" tcp 80 S $CAPABLE 3
	knock "quote * options=$MSS${JOIN//??/01}" tcp 80 S $MSS$JOIN 3
}

@test "drop" {
	box drop@2
	knock none tcp 80 S $CAPABLE
	knock none tcp 80 A $MSS$DSS 3
	knock 'SA *' tcp 80 S $MSS
}

@test "drop-join" {
	box drop-join@2
	knock none tcp 80 S $JOIN
	knock none tcp 80 S $MSS$JOIN 3
	knock 'SA *1e0c*' tcp 80 S $CAPABLE
}

@test "reset" {
	box reset@2
	knock R tcp 80 S $CAPABLE 3
	knock 'SA *' tcp 80 S $MSS
}

@test "proxy" {
	box proxy@2
	knock 'SA *' tcp 80 S $CAPABLE 2
	knock "quote * $UNTOUCHED" tcp 443 S $CAPABLE 2
	on client curl -sf -m 30 -o /dev/null http://10.0.5.2/ 'http://[fd00:5::2]/'
	[[ $(on client curl -sI http://10.0.5.2/) == *'X-Peer: 10.0.3.1'* ]]
}

@test "synproxy" {
	box synproxy@2
	knock 'SA *' tcp 80 S $MSS 3
	knock 'quote *' tcp 81 S $MSS 3
	on client curl -sf -m 30 -o /dev/null http://10.0.5.2/ 'http://[fd00:5::2]/'
}

@test "mss" {
	box mss@2
	knock 'quote * options=02040514' tcp 80 S $MSS 3
}

@test "dscp" {
	box dscp@2
	knock 'quote * tos=3 *' tcp 80 S $MSS 3 43
}

@test "ecn" {
	box ecn@2
	knock 'quote * tos=40 *' tcp 80 S $MSS 3 43
}

@test "nat" {
	box nat@2
	[[ $(on client curl -sI http://10.0.5.2/) == *'X-Peer: 10.0.3.1'* ]]
	[[ $(on client curl -sI 'http://[fd00:5::2]/') == *'X-Peer: fd00:3::1'* ]]
	knock "quote * $UNTOUCHED" tcp 80 S $CAPABLE 4
}

@test "ttl" {
	box ttl@2
	knock 'SA *' tcp 80 S $MSS 2
	knock 'quote *[.:]5[.:]*2 ttl=61 *' udp 33434 2
}

@test "ttl-tcp" {
	box ttl-tcp@2
	knock 'SA *' tcp 80 S $MSS 2
	knock 'quote *[.:]2[.:]*2 ttl=1 *' udp 33434 2
}

@test "silent" {
	box silent@2
	knock none udp 33434 2
	knock 'quote *' udp 33434 3
}

@test "filter-udp" {
	box filter-udp@2
	knock none udp 33434 64
	knock 'SA *' tcp 80 S $MSS
}

@test "own-host" {
	box own-host
	knock 'quote * options=01010101' tcp 80 S $CAPABLE 1
}

@test "two boxes on one path" {
	box mss@1 strip@3
	knock "quote * options=02040514$CAPABLE" tcp 80 S $MSS$CAPABLE 3
	knock "quote * options=0204051401010101" tcp 80 S $MSS$CAPABLE 4
}
