#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a user of mpprobe meets: bad input, hosts that are not there, and what
# every option promises.

load cli

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
	! grep -nE '.{81}' "$tmp/out" || false
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
	# What a machine that is so busy makes of a run is no matter here.
	! grep -v ': [0-3]$' "$tmp/failed" || false
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
	[[ $(field "$tmp/last" "r['elapsed_ms'] < 30000") == True ]]
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
	run --separate-stderr timeout 60 lab/lab run --name $LAB_NAME \
		./mpprobe -n -j -f 64 -m 64 $HOST
	((status == 0))
	echo "$output" >"$tmp/report"
	[[ $(field "$tmp/report" "r['verdict']['status']") == clear ]]
	[[ $(field "$tmp/report" "len(r['path'])") == 0 ]]
	run timeout 60 lab/lab run --name $LAB_NAME \
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
	! first_syns "$tmp/run3.pcap" | diff -q "$tmp/syns1" - >/dev/null || false
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
	! [[ $output =~ GNU_STACK[^$'\n']*RWE ]] || false
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
