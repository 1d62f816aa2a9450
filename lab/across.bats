#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe by several uplinks: whether a subflow by one joins a connection that
# was opened on another, and if not, why. Each break, and the same path without
# it, over IPv4 and IPv6; what `read` says of the capture is what was said live.

load suite

both_families='10.70.0.2 fd70::2'

build() {		# OPTION...
	LAB_NAME=across-$$
	lab/lab up --name "$LAB_NAME" "$@"
}

teardown() {
	end_test
	end_suite
}

# Sets $code, and what was said: $tmp/live, and of the capture $tmp/read.
probe() {		# ARGUMENT...
	code=0
	on client ./mpprobe -j -w "$tmp/run.pcap" "$@" >"$tmp/live" || code=$?
	cat "$tmp/live" | cut -c 1-400
	read_code=0
	./mpprobe read -j "$tmp/run.pcap" >"$tmp/read" || read_code=$?
	((read_code == code))
	[[ $(joins live) == "$(joins read)" ]]
	[[ $(uplinks live) == "$(uplinks read)" ]]
	report/validate.py "$tmp/live" "$tmp/read"
}

# A Python expression of the line about all uplinks.
of_all() {		# live|read EXPRESSION
	python3 - "$tmp/$1" "$2" <<-'END'
		import json, sys
		for line in open(sys.argv[1]):
		    p = json.loads(line)
		    if p["schema"] == "mpprobe-paths/1":
		        print(eval(sys.argv[2]))
	END
}

# Row by row: what became of the joins, and why.
joins() {		# live|read
	of_all "$1" '" ".join(j["result"] for j in p["joins"])'
}

causes() {		# live|read
	of_all "$1" '" ".join(j["cause"] for j in p["joins"])'
}

uplinks() {		# live|read
	of_all "$1" '" ".join(u["status"] for u in p["uplinks"])'
}

# The uplinks that are in a finding: "eth1>eth0" joins by eth1 to eth0's.
refused() {
	of_all live '" ".join(f["from"] + ">" + f["opened"] + " " + f["confidence"] for f in p["findings"])'
}

commands() {
	of_all live '"\n".join(a["command"] for a in p["advice"])'
}

verdict() {
	of_all live 'p["verdict"]["status"] + ": " + p["verdict"]["text"]'
}

# The lab that was built, in both families.
expect() {		# CODE UPLINKS JOINS [INTERFACES]
	for host in $both_families; do
		probe -i "${4:-eth0,eth1}" $host
		((code == $1))
		[[ $(uplinks live) == "$2" ]]
		[[ $(joins live) == "$3" ]]
	done
}

@test 'two uplinks that work: all joins, no finding, exit 0' {
	build --uplinks 2
	expect 0 'clear clear' 'joined joined joined joined' all
	# A higher limit is not to be lowered.
	[[ $(of_all live 'p["advice"][-1]["text"]') == 'at least 1 of subflows; where it is less: ip mptcp limits set subflow 1' ]]
	[[ -z $(refused) ]]
	[[ $(verdict) == "clear: MPTCP works over both uplinks, and each joins a connection that was opened on the other." ]]
	[[ $(commands) == "ip mptcp endpoint add fd72:1::1 dev eth1 subflow
ip mptcp limits show" ]]
}

@test 'three uplinks, one of them raw IP; by name, by all, by address' {
	need_tun
	build --uplinks 3
	expect 0 'clear clear clear' \
		'joined joined joined joined joined joined joined joined joined' \
		all
	probe -i tun0,eth1 10.70.0.2
	((code == 0))
	[[ $(of_all live '[u["name"] for u in p["uplinks"]]') == "['tun0', 'eth1']" ]]
	cmp "$tmp/live" "$tmp/read"
	if command -v capinfos >/dev/null; then
		capinfos "$tmp/run.pcap" >"$tmp/info"
		cat "$tmp/info"
		grep -q 'Name = tun0' "$tmp/info"
		grep -q 'Encapsulation = Raw IP' "$tmp/info"
		grep -q 'Encapsulation = Ethernet' "$tmp/info"
	fi
	gzip -k "$tmp/run.pcap"
	for capture in - "$tmp/run.pcap.gz"; do
		./mpprobe read -j "$capture" <"$tmp/run.pcap" | cmp - "$tmp/read"
	done
	[[ $(of_all live '[u["hops"] for u in p["uplinks"]]') == '[2, 4]' ]]
	probe -s 10.99.0.1,10.71.1.1 10.70.0.2
	((code == 0))
	[[ $(of_all live '[u["interface"] for u in p["uplinks"]]') == "['tun0', 'eth0']" ]]
	[[ $(joins live) == 'joined joined joined joined' ]]
}

@test 'a proxy on one uplink, a balancer by source between the others' {
	need_tun
	build --uplinks 3 --box proxy@a1 --box balance-by-source@x
	expect 1 'blocked clear clear' \
		'untried untried untried plain joined refused plain refused joined' \
		eth0,eth1,tun0
	[[ $(causes live) == 'none none none proxy_of_joining_uplink none another_server proxy_of_joining_uplink another_server none' ]]
	[[ $(refused) == 'tun0>eth1 proven eth1>tun0 proven' ]]
	run on client ./mpprobe -i eth0,eth1,tun0 10.70.0.2
	echo "$output"
	((status == 1))
	[[ $output == 'MPTCP works over 2 of 3 uplinks. eth0 is blocked (a proxy at hop 1);'* ]]
	[[ $output == *'eth0    10.71.1.1  BLOCKED 1      4 '*' -       -       -'* ]]
	[[ $output == *' plain   joined  REFUSED'*' plain   REFUSED joined'* ]]
	[[ -z $(awk 'length > 80' <<<"$output") ]]
	run on client ./mpprobe -q -i eth0,eth1,tun0 10.70.0.2
	((${#lines[@]} == 4))
}

@test 'a proxy that speaks MPTCP, on the opening and the joining uplink' {
	build --uplinks 2 --box mptcp-proxy@a1
	expect 1 'impaired clear' 'joined refused refused joined'
	[[ $(causes live) == 'none proxy_of_opening_uplink proxy_of_joining_uplink none' ]]
	[[ -z $(refused) ]]
}

@test 'MP_JOIN removed, dropped, refused or altered on one uplink' {
	for row in 'strip-join@b2 plain' 'drop-join@b1 silent' \
		'reset-join@b1 refused' 'hmac@b1 hmac' \
		'drop-join-ack@b2 unconfirmed' 'strip-joined@b1 no_data'; do
		read -r box result <<<"$row"
		echo "$box"
		build --uplinks 2 --box "$box"
		expect 1 'clear impaired' "joined $result joined $result"
		[[ $(causes live) == 'none path_of_joining_uplink none path_of_joining_uplink' ]]
		[[ -z $(refused) ]]
	done
}

@test 'dropped SYNs, or their SYN/ACKs: which of both is said over all, too' {
	build --uplinks 2 --box drop-join@b1
	probe -i eth0,eth1 10.70.0.2
	[[ $(verdict) != *'return path'* ]]
	build --uplinks 2
	on b1 nft -f - <<-'END'
		table inet t {
			chain forward {
				type filter hook forward priority 0
				iifname eth1 tcp flags & (syn|ack) == (syn|ack) tcp option mptcp subtype 1 drop
			}
		}
	END
	probe -i eth0,eth1 10.70.0.2
	[[ $(verdict) == *'MP_JOIN is dropped at or between hop 3 and hop 4 on the path of eth1, or on the return path.' ]]
}

@test 'a NAT on one uplink breaks no join' {
	build --uplinks 2 --box nat@b1
	expect 0 'clear clear' 'joined joined joined joined'
}

@test 'an uplink that works in part is named, though all joins work' {
	build --uplinks 2 --box payload@b1
	expect 1 'clear impaired' 'joined joined joined joined'
	[[ $(verdict) == 'impaired: MPTCP works over both uplinks,'*' eth1 works in part (payload bytes are changed at hop 1 or 2).' ]]
	# What a join tells is not said twice.
	build --uplinks 2 --box strip-join@b2
	probe -i eth0,eth1 10.70.0.2
	[[ $(verdict) != *'in part'* ]]
}

@test 'flag C, and a server that takes no subflows: its own decision' {
	build --uplinks 2 --server flag-c
	expect 0 'clear clear' 'forbidden forbidden forbidden forbidden'
	[[ -z $(refused) ]]
	build --uplinks 2 --server no-subflows
	expect 0 'clear clear' 'limit limit limit limit'
	[[ -z $(refused) ]]
}

@test 'flag C, and an address that can be joined: each joins the other there' {
	build --uplinks 2 --server flag-c-address
	expect 0 'clear clear' 'joined joined joined joined'
	build --uplinks 2 --server flag-c-port
	probe -i eth0,eth1 10.70.0.2
	[[ $(joins live) == 'joined joined joined joined' ]]
	build --uplinks 2 --server flag-c-address --box drop-join@b1
	expect 1 'clear impaired' 'joined silent joined silent'
	[[ $(causes live) == 'none path_of_joining_uplink none path_of_joining_uplink' ]]
}

@test 'RSTs that answer plain connections too are no other server' {
	need_tun
	build --uplinks 3 --server rst-every-other
	for i in {1..6}; do
		probe -f 64 -m 64 -i all 10.70.0.2
		[[ -z $(refused) ]]
	done
}

@test 'an announced address, joined from each uplink' {
	build --uplinks 2 --server announcing
	run on client ./mpprobe -i all 10.70.0.2
	echo "$output"
	((status == 0))
	[[ $output == *'server announces 10.70.0.9: joined from eth0, eth1'* ]]
}

@test 'what silent hops hide, another uplink decides' {
	build --uplinks 2 --box silent@b1 --box silent@b2 --box silent@x \
		--box strip@b1
	expect 1 'clear blocked' 'joined plain untried untried'
	# Alone it does not know.
	run on client ./mpprobe -q -i eth1 10.70.0.2
	((status == 3))
	build --uplinks 2 --box silent@b1 --box silent@b2 --box silent@x
	expect 0 'clear clear' 'joined joined joined joined'
}

# The finding of the report on eth1: its id and confidence.
finding() {		# live
	python3 - "$tmp/$1" <<-'END'
		import json, sys
		for line in open(sys.argv[1]):
		    r = json.loads(line)
		    if r["schema"] == "mpprobe-report/1" and r["uplink"] == "eth1":
		        print(*[f["id"] + " " + f["confidence"] for f in r["findings"]
		                if f["effect"] != "harmless"])
	END
}

@test 'likely on one path, proven where the same server is not affected' {
	silent='--hops 1 --box silent@b1 --box silent@x'
	# shellcheck disable=SC2086
	build --uplinks 2 $silent --box strip-joined@b1
	probe -i eth0,eth1 10.70.0.2
	[[ $(finding live) == 'dss.removed proven' ]]
	on client ./mpprobe -j -i eth1 10.70.0.2 >"$tmp/one" || true
	grep -q '"id":"dss.removed".*"confidence":"likely"' "$tmp/one"
	# Whether SYNs reach the same server, that does not tell.
	# shellcheck disable=SC2086
	build --uplinks 2 $silent --box strip-join@b1
	probe -i eth0,eth1 fd70::2
	[[ $(finding live) == 'mp_join.removed likely' ]]
}

@test 'answers that come in by another interface are seen and told' {
	build --uplinks 2 --box other-return@x
	expect 0 'clear clear' 'joined joined joined joined'
	[[ $(verdict) == *'Answers to eth1 come in by eth0'* ]]
	build --uplinks 2 --box no-policy-route
	probe -s 10.71.1.1,10.72.1.1 10.70.0.2
	((code == 0))
	[[ $(verdict) == *'Answers to 10.72.1.1 come in by another interface'* ]]
	[[ $(verdict) == *' What is sent from 10.72.1.1 leaves by the interface of 10.71.1.1, too.'* ]]
	probe -i eth0,eth1 10.70.0.2
	[[ $(verdict) != *'leaves by the interface'* ]]
	on client ip addr add 10.71.1.5/24 dev eth0
	probe -s 10.71.1.1,10.71.1.5 10.70.0.2
	((code == 0))
	[[ $(verdict) == *' What is sent from 10.71.1.5 leaves by the interface of 10.71.1.1, too.' ]]
}

@test 'no rule by source: the commands that this host needs' {
	build --uplinks 2 --box no-policy-route
	expect 0 'clear clear' 'joined joined joined joined'
	[[ $(commands) == 'ip -6 route add default via fd72:1::2 dev eth1 table 102
ip -6 rule add from fd72:1::1 table 102
ip mptcp endpoint add fd72:1::1 dev eth1 subflow
ip mptcp limits show' ]]
}

@test 'a network that drops foreign sources' {
	build --uplinks 2 --box no-policy-route --box source-filter@a1
	for pair in '10.71.1.1,10.72.1.1 10.70.0.2' \
		'fd71:1::1,fd72:1::1 fd70::2'; do
		# shellcheck disable=SC2086
		probe -s $pair
		((code == 3))
		[[ $(uplinks live) == 'clear unreachable' ]]
		[[ $(verdict) == *'leaves by the interface of '*', as where a network drops sources that are not its own.' ]]
	done
	# That nothing at all is answered says nothing of sources.
	on server ip link set eth0 down
	run on client ./mpprobe -q -s 10.71.1.1,10.72.1.1 10.70.0.2
	on server ip link set eth0 up
	on server ip route replace 10.64.0.0/10 via 10.70.0.1
	on server ip address replace fd70::2/64 dev eth0 nodad
	on server ip -6 route replace fd00::/8 via fd70::1
	echo "$output"
	((status == 3))
	[[ ${lines[0]} == '10.70.0.2 port 80: MPTCP works over none of the uplinks. Over all of them nothing is answered.' ]]
	# By its own interface it is not dropped.
	expect 0 'clear clear' 'joined joined joined joined'
}

# Sets $status, and what was said of them: $said, and in JSON: $listed.
leaves_out() {		# ARGUMENT...
	on client ./mpprobe -j "$@" 10.70.0.2 >"$tmp/live" 2>/dev/null || true
	listed=$(of_all live '"; ".join(l["name"] + ("" if l["named"] else " of all") + ": " + l["text"] for l in p["left_out"])')
	[[ ! -s $tmp/live ]] || report/validate.py "$tmp/live"
	run on client ./mpprobe -q "$@" 10.70.0.2
	echo "$output"
	said=$(grep '^mpprobe: ' <<<"$output" | cut -c 10-) || true
}

@test 'an uplink that nothing can be sent by is left out, and said' {
	build --uplinks 2
	on client ip link add way1 type veth peer name way2
	on client ip addr add 10.80.0.1/24 dev way1
	on client ip link set way1 up
	on client ip link set way2 up
	leaves_out -i way1,eth0,eth1
	((status == 3))
	[[ $said == 'way1 is left out: no route leads there by it' ]]
	[[ $listed == 'way1: no route leads there by it' ]]
	[[ $output == *'MPTCP works over 2 of 3 uplinks, and each joins a connection that was opened on the other. way1 is left out: no route leads there by it.'* ]]
	run on client ./mpprobe -i way1,eth0,eth1 10.70.0.2
	[[ $output == *$'\nway1    left out: no route leads there by it\n'* ]]
	# With pseudonyms the same, and so says the capture.
	a_key "$tmp/key"
	on client ./mpprobe --anonymize-key "$tmp/key" -w "$tmp/run.pcap" -o "$tmp/shown" \
		-i way1,eth0,eth1 10.70.0.2 || (($? == 3))
	grep -E '^if-[0-9a-f]{4} +left out: no route leads' "$tmp/shown"
	! grep -E '10[.](7|8)0[.]|way1|eth[01]' "$tmp/shown" || false
	run ./mpprobe read "$tmp/run.pcap"
	echo "$output"
	((status == 0))
	[[ $output == *'MPTCP works over both uplinks, and each joins'* ]]
	leaves_out -i all
	((status == 0))
	[[ -z $said && -z $listed ]]
	on b1 ip link set eth0 down
	leaves_out -i eth1,eth0
	((status == 3))
	[[ $said == 'eth1 is left out: its link has no carrier' ]]
	[[ $listed == 'eth1: its link has no carrier' ]]
	[[ $output == *'MPTCP works over 1 of 2 uplinks. eth1 is left out: its link has no carrier.'* ]]
	[[ $output == *'MPTCP v1 works on this path'* ]]
	[[ $(verdict) == undetermined:* ]]
	leaves_out -i all
	((status == 0))
	[[ $said == 'eth1 is left out: its link has no carrier' ]]
	[[ $listed == 'eth1 of all: its link has no carrier' ]]
	[[ $(verdict) == clear:* ]]
	[[ $output == *'MPTCP works over the only uplink.'* ]]
	leaves_out -i eth1,way1
	((status == 69))
	on b1 ip link set eth0 up
	leaves_out -i eth0,eth1
	((status == 0))
	[[ -z $said ]]
	on client ip addr flush dev eth1
	leaves_out -i eth0,eth1
	((status == 3))
	[[ $said == 'eth1 is left out: it has no IPv4 address' ]]
	on client ip link set eth1 down
	leaves_out -i eth0,eth1
	((status == 3))
	[[ $said == 'eth1 is left out: it is down' ]]
	leaves_out -i eth0,lo
	((status == 64))
	[[ $said == '-i lo: loopback is no uplink to 10.70.0.2' ]]
}

@test 'a firewall of this host against one uplink: which' {
	build --uplinks 2
	on client nft -f - <<-'END'
		table ip t {
			chain p {
				type nat hook postrouting priority 100
				ip saddr 10.72.1.1 snat to 10.72.1.9
			}
		}
	END
	run on client ./mpprobe -i eth0,eth1 10.70.0.2
	echo "$output"
	((status == 71))
	[[ $output == "mpprobe: a probe from 10.72.1.1 never left: this host's firewall, or a link down" ]]
	on client nft delete table ip t
	on client iptables -t mangle -A OUTPUT -s 10.72.1.1 -p tcp -j TTL --ttl-set 9
	run on client ./mpprobe -i eth0,eth1 10.70.0.2
	echo "$output"
	((status == 71))
	[[ $output == *'changes the probes from 10.72.1.1 before they leave'* ]]
}

@test 'several ports: a table for each; without a sweep, too' {
	build --uplinks 2
	for more in '' '-f 64 -m 64'; do
		# shellcheck disable=SC2086
		probe $more -i all -p 80,443 10.70.0.2
		((code == 0))
		[[ $(of_all read 'p["target"]["port"]') == $'80\n443' ]]
		[[ $(joins read) == 'joined joined joined joined
joined joined joined joined' ]]
	done
}

takeovers() {		# live|read
	of_all "$1" '" ".join("-" if j["takeover_ms"] is None else "late" if j["takeover_ms"] > 5000 else "taken" if j["takeover_ms"] > 150 else "early" for j in p["joins"])'
}

# Of each join between uplinks: whether it went on, and over the first again.
taken() {		# live|read
	of_all "$1" '" ".join("-" if not j["takeover"] else j["takeover"]["result"] + ("" if j["takeover"]["back_ms"] is None else " and back" if j["takeover"]["back_ms"] < 5000 else " and late") for j in p["joins"])'
}

@test '-v: when the server goes on over the other subflow; without: not tried' {
	build --uplinks 2
	for host in $both_families; do
		probe -v -i eth0,eth1 $host
		((code == 0))
		[[ $(takeovers live) == '- taken taken -' ]]
		[[ $(takeovers read) == '- taken taken -' ]]
		[[ $(taken live) == '- taken and back taken and back -' ]]
		[[ $(taken read) == '- taken and back taken and back -' ]]
		[[ $(of_all live 'all(j["takeover"]["bytes_twice"] > 0 and j["takeover"]["bytes_missing"] == 0 for j in p["joins"] if j["takeover"])') == True ]]
		probe -i eth0,eth1 $host
		[[ $(takeovers live) == '- - - -' ]]
	done
	run on client ./mpprobe -v -i eth0,eth1 10.70.0.2
	[[ $output == *'takeover ms, join from:'*'back again ms, join from:'*'bytes that came twice, join from:'* ]]
	[[ $output == *'Nothing that the server sent is lost.'* ]]
	run on client ./mpprobe -i eth0,eth1 10.70.0.2
	[[ $output != *takeover* ]]
	# A server that never does, of MPTCP v0: told without -v, too.
	probe -v -p 9080 -i eth0,eth1 10.70.0.2
	((code == 0))
	[[ $(taken live) == '- never never -' ]]
	[[ $(taken read) == '- never never -' ]]
	[[ $(takeovers live) == '- - - -' ]]
	run on client ./mpprobe --all -p 9080 -i eth0,eth1 10.70.0.2
	[[ $output == *'the server never sends over the'* ]]
	run on client ./mpprobe --all -i eth0,eth1 10.70.0.2
	[[ $output != *'never sends'* ]]
	# A server that sends nothing has nothing to go on with.
	build --uplinks 2 --server mute
	probe -v -i eth0,eth1 10.70.0.2
	((code == 0))
	[[ $(takeovers live) == '- - - -' ]]
}

@test 'what cannot be: 64' {
	build --uplinks 2
	for wrong in '-i eth0,eth0' '-i eth0,' '-s 10.71.1.1,x' \
		'-i eth0,eth1 -s 10.71.1.1' '-i a,b,c,d,e,f,g,h,i'; do
		# shellcheck disable=SC2086
		run on client ./mpprobe $wrong 10.70.0.2
		echo "$wrong: $output"
		((status == 64))
	done
	run on client ./mpprobe run -i eth0,eth1 join 10.70.0.2
	((status == 64))
	run on client ./mpprobe -i eth0,nosuch 10.70.0.2
	((status == 69))
}
