#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mpprobe doctor: hosts with one thing wrong each, and what is said of them, to
# root and to a user without rights.

load suite

setup() {
	begin_test
	export LAB_NAME=doctor-$$-$BATS_TEST_NUMBER
	held=()
}

teardown() {
	[[ ${#held[@]} == 0 ]] || kill "${held[@]}" 2>/dev/null || true
	end_suite
}

# ---- hosts ------------------------------------------------------------------

host() {		# OPTION...
	lab/lab up --name "$LAB_NAME" --hops 1 "$@"
}

setting() {		# NAME VALUE
	on client sysctl -qw "$1=$2"
}

# A further uplink of the client, 10.9.N.1, as far as the client can tell; with
# routing by source.
uplink() {		# NUMBER
	local dev=up$1 net=10.9.$1

	on client ip link add "$dev" type veth peer name "peer$1"
	on client ip link set "peer$1" up
	on client ip link set "$dev" up
	on client ip address add "$net.1/24" dev "$dev"
	on client ip route add 10.0.0.0/19 via "$net.2" dev "$dev" metric 5$1
	on client ip route add 10.0.0.0/19 via "$net.2" dev "$dev" table "7$1"
	on client ip rule add from "$net.1" table "7$1"
}

# The same over IPv6 only, fd09:N::1, without a rule.
uplink6() {		# NUMBER
	local dev=up$1 net=fd09:$1:

	on client ip link add "$dev" type veth peer name "peer$1"
	on client ip link set "peer$1" up
	on client ip link set "$dev" up
	on client ip address add "$net:1/64" dev "$dev" nodad
	on client ip route add fd00::/16 via "$net:2" dev "$dev" metric 5000
}

endpoint() {		# ARGUMENT...
	on client ip mptcp endpoint add "$@"
}

# Two uplinks, as they should be.
two_uplinks() {
	uplink 1
	endpoint 10.9.1.1 dev up1 subflow
}

# A program of NODE that has a socket open: connected to HOST and PORT, or, with
# HOST empty, listening. Sets $holder.
hold() {		# NODE tcp|mptcp HOST PORT
	mkfifo "$tmp/ready"
	lab/lab run --name "$LAB_NAME" --on "$1" /usr/bin/python3 -c '
import socket, sys, time
kind, host, port = sys.argv[1:]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM, 262 if kind == "mptcp" else 0)
if host:
    s.connect((host, int(port)))
    s.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    s.recv(1000)
else:
    s.bind(("", int(port)))
    s.listen()
print("ready", flush=True)
time.sleep(600)' "$2" "$3" "$4" >"$tmp/ready" 3>&- &
	holder=$!
	held+=("$holder")
	read -r ready <"$tmp/ready"
	rm "$tmp/ready"
	[[ $ready == ready ]]
}

# Whether it is so much.
has_counted() {		# NODE COUNTER [COUNT]
	on "$1" awk -v name="$2" -v least="${3:-1}" '/^MPTcpExt/ {
		if (!seen++) for (i = 2; i <= NF; i++) at[$i] = i
		else exit $at[name] < least }' /proc/net/netstat
}

counted() {
	await has_counted "$@"
}

# ---- what is said -----------------------------------------------------------

# root, or a user without any right.
doctor() {		# root|nobody NODE ARGUMENT...
	local as=()

	if [[ $1 == nobody && $UID == 0 ]]; then
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	elif [[ $1 == nobody ]]; then
		as=(setpriv --bounding-set=-all --inh-caps=-all)
	fi
	on "$2" "${as[@]}" ./mpprobe doctor "${@:3}"
}

# Ids and commands of what is wrong, from -j.
wrongs() {
	/usr/bin/python3 -c 'import json, sys
for check in json.load(sys.stdin)["checks"]:
    if check["state"] == sys.argv[1]:
        print(check["id"], *check["commands"], sep="\n")' "$1"
}

# One thing is wrong, named with what mends it; whoever asks.
says() {		# ID COMMANDS [NODE]
	local node=${3:-client} who

	for who in ${users:-root nobody}; do
		run doctor "$who" "$node"
		echo "$who: $output"
		((status == 1))
		[[ $(grep -c '^!!' <<<"$output") == 1 ]]
		[[ $output == *$'\n!! '"$1 "* ]]
		run doctor "$who" "$node" -j
		((status == 1))
		run wrongs wrong <<<"$output"
		[[ $output == "$1"$'\n'"$2" ]]
	done
}

# And it does mend it.
mends() {		# ID COMMANDS [NODE]
	says "$@"
	on "${3:-client}" sh -ec "$2"
	run doctor root "${3:-client}"
	echo "mended: $output"
	((status == 0))
	[[ $output == 'Nothing on this host keeps it from using MPTCP.'* ]]
}

@test "nothing is wrong: 0; without rights the firewall is not seen: 3" {
	host
	two_uplinks
	run doctor root client
	echo "$output"
	((status == 0))
	[[ $output == 'Nothing on this host keeps it from using MPTCP.'* ]]
	[[ $output != *'!!'* && $output != *$'\n?'* ]]
	run doctor nobody client
	echo "$output"
	((status == 3))
	[[ $output == 'Nothing that was seen keeps this host from using MPTCP,'* ]]
	[[ $output != *'!!'* ]]
	[[ $(grep -c '^?' <<<"$output") == 1 ]]
	[[ $output == *$'\n?  firewall '*'sudo mpprobe doctor'* ]]
	run doctor root server
	echo "$output"
	((status == 0))
	[[ $output == *'MPTCP is accepted by httpd ('*'80'* ]]
}

# ---- settings ---------------------------------------------------------------

@test "--anonymize: endpoints, uplinks and the host have other names" {
	host
	uplink 1
	endpoint 10.0.1.1 dev eth0 subflow
	endpoint 10.9.1.1 dev up1 signal
	a_key "$BATS_TEST_TMPDIR/key"
	for form in -v -j; do
		on client ./mpprobe doctor --anonymize-key "$BATS_TEST_TMPDIR/key" \
			$form server.lab >"$BATS_TEST_TMPDIR/said" || (($? <= 3))
		! grep -E '10[.](0[.][12]|9[.]1)[.]|fd00:[12]:|eth0|up1|server[.]lab' \
			"$BATS_TEST_TMPDIR/said" || false
		(($(grep -c 'if-[0-9a-f]' "$BATS_TEST_TMPDIR/said") > 0))
		grep -q 'host-[0-9a-f]*[.]example' "$BATS_TEST_TMPDIR/said"
	done
}

@test "MPTCP is switched off" {
	host
	setting net.mptcp.enabled 0
	mends enabled 'sysctl -w net.mptcp.enabled=1'
}

@test "a blackhole: SYNs with MP_CAPABLE went unanswered" {
	[[ -e /proc/sys/net/mptcp/blackhole_timeout ]] ||
		skip "no blackhole timer in this kernel"
	host --box drop@1
	setting net.mptcp.syn_retrans_before_tcp_fallback 1
	hold client mptcp 10.0.2.2 80
	kill "$holder"
	counted client Blackhole
	mends blackhole 'sysctl -w net.mptcp.blackhole_timeout=3600'
}

@test "a lost SYN ends in plain TCP" {
	[[ -e /proc/sys/net/mptcp/syn_retrans_before_tcp_fallback ]] ||
		skip "this kernel has no such setting"
	host
	setting net.mptcp.syn_retrans_before_tcp_fallback 0
	mends retransmissions \
		'sysctl -w net.mptcp.syn_retrans_before_tcp_fallback=2'
}

@test "DSS checksums are asked for" {
	host
	setting net.mptcp.checksum_enabled 1
	mends checksum 'sysctl -w net.mptcp.checksum_enabled=0'
}

@test "a path manager in user space that is not there" {
	host
	setting net.mptcp.pm_type 1
	if [[ -e /proc/sys/net/mptcp/path_manager ]]; then
		mends path_manager 'sysctl -w net.mptcp.path_manager=kernel'
	else
		mends path_manager 'sysctl -w net.mptcp.pm_type=0'
	fi
}

@test "a path manager in user space that is there" {
	host
	setting net.mptcp.pm_type 1
	cp /bin/sleep "$tmp/mptcpd"
	"$tmp/mptcpd" 600 3>&- &
	held+=($!)
	await grep -qx mptcpd "/proc/$!/comm"
	run doctor root client
	echo "$output"
	((status == 0))
	[[ $output == *'the path manager is mptcpd'* ]]
}

@test "dead subflows are used on" {
	host
	setting net.mptcp.stale_loss_cnt 0
	mends stale 'sysctl -w net.mptcp.stale_loss_cnt=4'
}

@test "a server whose ADD_ADDRs are not sent again" {
	host --server announcing
	on server sysctl -qw net.mptcp.add_addr_timeout=0
	mends add_addr_timeout 'sysctl -w net.mptcp.add_addr_timeout=120' server
}

@test "a server that can be joined nowhere" {
	host --server flag-c
	mends initial_address \
		'sysctl -w net.mptcp.allow_join_initial_addr_port=1' server
}

# ---- limits -----------------------------------------------------------------

@test "no subflow is allowed" {
	host
	on client ip mptcp limits set subflows 0
	mends limit.subflows 'ip mptcp limits set subflows 2'
}

@test "fewer subflows than endpoints" {
	host
	two_uplinks
	uplink 2
	endpoint 10.9.2.1 dev up2 subflow
	on client ip mptcp limits set subflows 1
	mends limit.subflows 'ip mptcp limits set subflows 2'
}

@test "a server announces addresses, and none is accepted" {
	host --server announcing
	hold client mptcp 10.0.2.2 80
	counted client AddAddr
	mends limit.add_addr 'ip mptcp limits set add_addr_accepted 2'
}

@test "fullmesh, and no announced address is accepted" {
	host
	uplink 1
	endpoint 10.9.1.1 dev up1 subflow fullmesh
	mends limit.add_addr 'ip mptcp limits set add_addr_accepted 2'
}

# ---- endpoints --------------------------------------------------------------

@test "two uplinks and no endpoint" {
	host
	uplink 1
	mends uplinks 'ip mptcp endpoint add 10.9.1.1 dev up1 subflow'
}

@test "two uplinks, one of IPv6, and no endpoint" {
	host
	uplink6 1
	mends uplinks 'ip mptcp endpoint add fd09:1::1 dev up1 subflow'
}

@test "three uplinks, one of which has no endpoint" {
	host
	two_uplinks
	uplink 2
	mends uplinks 'ip mptcp endpoint add 10.9.2.1 dev up2 subflow'
}

@test "an endpoint that is no address of this host" {
	host
	two_uplinks
	endpoint 192.0.2.7 subflow
	mends endpoint.address 'ip mptcp endpoint delete id 2'
}

@test "an endpoint that others cannot reach: 127.0.0.1" {
	host
	endpoint 127.0.0.1 dev lo subflow
	mends endpoint.address 'ip mptcp endpoint delete id 1'
}

@test "an IPv6 endpoint that another host has, too" {
	host
	on client sysctl -qw net.ipv6.conf.all.accept_dad=1 \
		net.ipv6.conf.eth0.accept_dad=1
	on client ip address add fd00:1::2/64 dev eth0
	is_double() { on client ip -6 address show dev eth0 dadfailed | grep -q fd00; }
	await is_double
	endpoint fd00:1::2 dev eth0 subflow
	says endpoint.address 'ip address delete fd00:1::2/64 dev eth0'
}

@test "an endpoint of an interface that is down" {
	host
	two_uplinks
	on client ip link set up1 down
	says endpoint.link 'ip link set dev up1 up'
}

@test "an endpoint of an interface without carrier" {
	host
	two_uplinks
	on client ip link set peer1 down
	says endpoint.link 'ip -details link show dev up1'
}

@test "an endpoint that is bound to another interface" {
	host
	uplink 1
	endpoint 10.9.1.1 dev eth0 subflow
	mends endpoint.device $'ip mptcp endpoint delete id 1\nip mptcp endpoint add 10.9.1.1 dev up1 subflow'
}

@test "what an endpoint sends leaves by another interface" {
	host
	uplink 1
	on client ip rule del from 10.9.1.1
	endpoint 10.9.1.1 subflow
	index=$(on client ip -o link show up1 | cut -d: -f1)
	mends endpoint.route "ip route add default via 10.9.1.2 dev up1 table $((100 + index))
ip rule add from 10.9.1.1 table $((100 + index))"
}

@test "what an IPv6 endpoint sends leaves by another interface" {
	host
	uplink6 1
	endpoint fd09:1::1 subflow
	index=$(on client ip -o link show up1 | cut -d: -f1)
	mends endpoint.route "ip -6 route add default via fd09:1::2 dev up1 table $((100 + index))
ip -6 rule add from fd09:1::1 table $((100 + index))"
}

@test "an endpoint from which no route leads to servers" {
	host
	uplink 1
	on client ip route flush table 71
	on client ip route del 10.0.0.0/19 dev up1
	on client ip route add 198.51.100.0/24 via 10.9.1.2 dev up1
	endpoint 10.9.1.1 dev up1 subflow
	index=$(on client ip -o link show up1 | cut -d: -f1)
	mends endpoint.route "ip route add default via 10.9.1.2 dev up1 table $((100 + index))
ip rule add from 10.9.1.1 table $((100 + index))"
}

@test "strict rp_filter drops the answers to an endpoint" {
	host
	two_uplinks
	on client ip rule del from 10.9.1.1
	run doctor root client
	((status == 0))
	setting net.ipv4.conf.up1.rp_filter 1
	mends rp_filter 'sysctl -w net.ipv4.conf.up1.rp_filter=2'
}

@test "signal on a client" {
	host
	uplink 1
	endpoint 10.9.1.1 dev up1 signal
	mends endpoint.flags $'ip mptcp endpoint delete id 1\nip mptcp endpoint add 10.9.1.1 dev up1 subflow'
}

@test "an endpoint without a flag" {
	host
	uplink 1
	endpoint 10.9.1.1 dev up1
	mends endpoint.flags $'ip mptcp endpoint delete id 1\nip mptcp endpoint add 10.9.1.1 dev up1 subflow'
}

# ---- programs ---------------------------------------------------------------

@test "a server that listens for plain TCP" {
	host
	hold client tcp '' 8000
	users=root says listeners 'mptcpize run python3'
	users=nobody says listeners 'mptcpize run PROGRAM'
}

@test "a program that asks for plain TCP" {
	host
	hold client tcp 10.0.2.2 80
	users=root says programs 'mptcpize run python3'
	users=nobody says programs 'mptcpize run PROGRAM'
}

@test "a program that asks for MPTCP, beside one that does not" {
	host
	hold client tcp 10.0.2.2 80
	hold client mptcp fd00:2::2 80
	run doctor root client
	echo "$output"
	((status == 0))
	[[ $output == *'MPTCP was asked for by python3 (1); plain TCP by python3 (1)'* ]]
	run doctor root client -v
	[[ $output == *$'\nMPTCP sockets\n  [fd00:1::1]:'*' to [fd00:2::2]:80  1 subflow  python3'* ]]
	run doctor nobody client -j
	report/validate.py <<<"$output"
	[[ $output == *'"remote":"10.0.2.2","remote_port":80,"program":null,"user":0}'* ]]
}

@test "a connection that fell back: the server has no MPTCP" {
	host
	hold client mptcp 10.0.2.2 8080
	says connections 'mpprobe 10.0.2.2:8080'
	run doctor root client -q
	[[ $output == 'MPTCP was asked for and is not in use: 1 of 1 MPTCP connections'*'1 SYN/ACK came without MP_CAPABLE'* ]]
}

@test "joins that nobody answers" {
	host --box drop-join@1
	on client ip address add 10.0.1.7/24 dev eth0
	endpoint 10.0.1.7 dev eth0 subflow
	for ((n = 0; n < 4; n++)); do
		hold client mptcp 10.0.2.2 80
	done
	counted client MPJoinSynTx 4
	says joins 'mpprobe 10.0.2.2:80'
}

@test "a server that refuses joins for its limit" {
	grep -q MPJoinRejected /proc/net/netstat ||
		skip "this kernel does not count them"
	host --server few-subflows
	for n in 7 8; do
		on client ip address add 10.0.1.$n/24 dev eth0
		endpoint 10.0.1.$n dev eth0 subflow
	done
	hold client mptcp 10.0.2.2 80
	counted server MPJoinRejected
	says refused_joins 'ip mptcp limits set subflows 8' server
}

# ---- buffers ----------------------------------------------------------------

@test "a receive buffer too small for the paths" {
	host
	two_uplinks
	setting net.ipv4.tcp_rmem '4096 131072 1000000'
	mends receive_buffer \
		"sysctl -w net.ipv4.tcp_rmem='4096 131072 33554432'"
}

@test "a receive buffer too small for a path with much delay" {
	host --box delay@1
	hold client mptcp 10.0.2.2 80
	setting net.ipv4.tcp_rmem '4096 131072 1000000'
	setting net.ipv4.tcp_wmem '4096 131072 8000000'
	mends receive_buffer \
		"sysctl -w net.ipv4.tcp_rmem='4096 131072 33554432'"
}

@test "receive buffers that do not grow" {
	host
	setting net.ipv4.tcp_moderate_rcvbuf 0
	mends autotuning 'sysctl -w net.ipv4.tcp_moderate_rcvbuf=1'
}

@test "a send buffer too small for the paths" {
	host
	setting net.ipv4.tcp_wmem '4096 16384 65536'
	mends send_buffer "sysctl -w net.ipv4.tcp_wmem='4096 16384 33554432'"
}

# ---- the firewall -----------------------------------------------------------

@test "nft removes MPTCP options" {
	host
	on client nft add table inet own
	on client nft 'add chain inet own out { type filter hook output priority 0; }'
	on client nft add rule inet own out reset tcp option mptcp
	users=root mends firewall 'nft delete rule inet own out handle 2'
}

@test "nft drops segments with MPTCP options" {
	host
	on client nft add table ip own
	on client nft 'add chain ip own in { type filter hook input priority 0; }'
	on client nft add rule ip own in tcp option mptcp exists counter drop
	users=root mends firewall 'nft delete rule ip own in handle 2'
}

@test "rules for some packets only" {
	host
	on client nft add table inet own
	on client nft 'add chain inet own out { type filter hook output priority 0; }'
	on client nft add rule inet own out tcp dport 22 tcp option mptcp exists drop
	users=root mends firewall 'nft delete rule inet own out handle 2'
	on client nft add rule inet own out oifname eth0 reset tcp option mptcp
	run doctor root client -q
	[[ $output == 'This host may not use MPTCP: the firewall changes or removes MPTCP options of some packets (rule '* ]]
	on client nft flush ruleset
	on client nft add table ip own
	on client nft 'add chain ip own out { type filter hook output priority 0; }'
	on client nft add rule ip own out reset tcp option mptcp
	run doctor root client -q
	[[ $output == 'This host does not use MPTCP: the firewall changes'* ]]
	on client nft flush ruleset
	on client iptables -A INPUT -p tcp --sport 80 --tcp-option 30 -j DROP
	run doctor root client -q
	[[ $output == 'This host may not use MPTCP: the firewall drops'* ]]
}

@test "iptables removes MPTCP options" {
	host
	on client iptables -t mangle -A OUTPUT -p tcp -j TCPOPTSTRIP \
		--strip-options 30
	users=root mends firewall 'nft delete rule ip mangle OUTPUT handle 2'
}

@test "iptables-legacy removes MPTCP options, ip6tables-legacy drops them" {
	command -v iptables-legacy || skip "there is no iptables-legacy"
	host
	on client iptables-legacy -t mangle -A OUTPUT -p udp -j ACCEPT ||
		skip "this kernel has no legacy tables"
	on client iptables-legacy -t mangle -A OUTPUT -p tcp -j TCPOPTSTRIP \
		--strip-options 30
	users=root mends firewall.legacy \
		'iptables-legacy -t mangle -D OUTPUT 2'
	on client ip6tables-legacy -A INPUT -p tcp --tcp-option 30 -j DROP
	users=root mends firewall.legacy 'ip6tables-legacy -t filter -D INPUT 1'
	on client iptables-legacy -A FORWARD -p tcp --tcp-option 30 -j DROP
	on client iptables-legacy -A INPUT -p tcp ! --tcp-option 30 -j DROP
	run doctor root client
	((status == 0))
	on client iptables-legacy -N own
	on client iptables-legacy -A own -p tcp --tcp-option 30 -j DROP
	run doctor root client
	echo "$output"
	((status == 3))
	[[ $output == *'?  firewall.legacy '*'iptables-legacy -t filter -S'* ]]
}

@test "rules that only look, of others, and of what has no MPTCP" {
	host
	on client nft add table inet own
	on client nft 'add chain inet own out { type filter hook output priority 0; }'
	on client nft 'add chain inet own through { type filter hook forward priority 0; }'
	on client nft add rule inet own out tcp option mptcp exists counter
	on client nft add rule inet own out tcp option mptcp missing counter drop
	on client nft add rule inet own through tcp option mptcp exists drop
	on client iptables -t mangle -A OUTPUT -p tcp ! --tcp-option 30 -j DROP
	on client iptables -t mangle -A OUTPUT -p tcp -j TCPOPTSTRIP \
		--strip-options 8
	run doctor root client
	echo "$output"
	((status == 0))
}

# ---- with a host, with an earlier report ------------------------------------

@test "HOST: the kernel's connection and the probe, both told" {
	host
	run doctor root client 10.0.2.2
	echo "$output"
	((status == 0))
	[[ $output == 'Nothing on this host'*'ok connection '*'to 10.0.2.2 port 80 has MPTCP;'*'MPTCP v1 works on this path:'* ]]
	[[ $output != *$'\n?'* ]]
	run doctor nobody client 10.0.2.2
	((status == 3))
	[[ $output == *'ok connection '*'has MPTCP;'* ]]
	[[ $output == *'?  path '*'was not probed'*'sudo mpprobe doctor 10.0.2.2'* ]]
	run doctor root client -j -6 server
	((status == 0))
	report/validate.py <<<"$output"
	[[ $output == '{"schema":"mpprobe-doctor/1"'*$'\n{"schema":"mpprobe-report/1"'* ]]
}

@test "HOST: a subflow by each endpoint joined" {
	host
	on client ip address add 10.0.1.7/24 dev eth0
	endpoint 10.0.1.7 dev eth0 subflow
	run doctor root client 10.0.2.2
	echo "$output"
	((status == 0))
	[[ $output == *'and 1 further subflow joined'* ]]
}

# A rule of NODE's firewall.
rule() {		# NODE HOOK RULE...
	on "$1" nft add table inet t
	on "$1" nft "add chain inet t c { type filter hook $2 priority 0; }"
	on "$1" nft add rule inet t c "${@:3}"
}

three_uplinks() {
	need_tun
	lab/lab up --name "$LAB_NAME" --uplinks 3
	endpoint 10.72.1.1 dev eth1 subflow
	endpoint 10.99.0.1 dev tun0 subflow
}

# What becomes of the two further subflows of a connection.
joined() {		# STATUS TEXT
	for who in root nobody; do
		run doctor "$who" client 10.70.0.2
		echo "$who: $output"
		[[ $status == "$1" || $who$status == nobody3 ]]
		[[ $(tr -s '\n ' ' ' <<<"$output") == *"answered, $2"* ]]
	done
}

some_joined() {		# COUNT
	joined 1 "but of 2 further subflows that were tried $1 joined mpprobe -i all 10.70.0.2:80 mpprobe 10.70.0.2:80"
}

@test "HOST: both subflows joined" {
	three_uplinks
	joined 0 'and 2 further subflows joined'
}

@test "HOST: a SYN with MP_JOIN is dropped on the way" {
	three_uplinks
	rule b1 forward iifname eth0 tcp option mptcp subtype 1 drop
	some_joined 1
}

@test "HOST: a SYN with MP_JOIN never leaves" {
	three_uplinks
	rule client output ip saddr 10.72.1.1 drop
	some_joined 1
}

@test "HOST: an uplink without carrier joins nothing" {
	three_uplinks
	on b1 ip link set eth0 down
	some_joined 1
}

@test "HOST: MP_JOIN is removed behind all uplinks" {
	three_uplinks
	rule x forward tcp option mptcp subtype 1 reset tcp option mptcp
	some_joined none
}

@test "HOST: the third ACKs with MP_JOIN are dropped" {
	three_uplinks
	rule x forward tcp dport 80 'tcp flags & (syn | ack) == ack' \
		tcp option mptcp subtype 1 drop
	some_joined none
}

@test "HOST: a server that does not let its address be joined" {
	three_uplinks
	on server sysctl -qw net.mptcp.allow_join_initial_addr_port=0
	joined 3 'but the endpoints ask for 2 further subflows, and 0 were tried'
}

@test "HOST: a server that closes with its answer" {
	three_uplinks
	mkfifo "$tmp/ready"
	lab/lab run --name "$LAB_NAME" --on server /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.bind(("", 8081))
s.listen()
print("ready", flush=True)
while True:
    c = s.accept()[0]
    c.recv(1000)
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    c.close()' >"$tmp/ready" 3>&- &
	held+=("$!")
	read -r ready <"$tmp/ready"
	rule x forward tcp option mptcp subtype 1 drop
	run doctor nobody client 10.70.0.2:8081
	echo "$output"
	((status == 3))
	[[ $(tr -s '\n ' ' ' <<<"$output") == *'? connection '*'but the server closed it before a further subflow could join'* ]]
}

@test "endpoints of IPv4 only: told, and of a HOST of IPv6" {
	three_uplinks
	for host in '' fd70::2; do
		run doctor root client ${host:+"$host"} -6
		echo "$output"
		((status == 1))
		[[ $output == *'!! uplinks '*'eth1 leads to other hosts too, and has no endpoint of IPv6'* ]]
	done
	run doctor root client 10.70.0.2
	((status == 0))
	endpoint fd72:1::1 dev eth1 subflow
	endpoint fd99::1 dev tun0 subflow
	run doctor root client fd70::2
	echo "$output"
	((status == 0))
	[[ $output == *'and 2 further subflows joined'* ]]
}

@test "a path manager, a limit and a link, all told at once" {
	three_uplinks
	endpoint fd72:1::1 dev eth1 subflow
	endpoint fd99::1 dev tun0 subflow
	setting net.mptcp.pm_type 1
	on client ip mptcp limits set subflows 1
	on client ip link set eth1 down
	run doctor root client
	echo "$output"
	((status == 1))
	for id in path_manager limit.subflows endpoint.link; do
		[[ $output == *$'\n!! '"$id "* ]]
	done
}

@test "HOST: a box strips options, the kernel falls back" {
	host --box strip@1
	run doctor root client 10.0.2.2
	echo "$output"
	((status == 1))
	[[ $output == 'MPTCP was asked for and is not in use: a connection of'*'SYN/ACK came without MP_CAPABLE'* ]]
	[[ $output == *$'\n!! connection '*'mpprobe 10.0.2.2:80'* ]]
	run doctor nobody client -q 10.0.2.2:443
	((status == 1))
	[[ $output == 'MPTCP was asked for and is not in use: a connection of'* ]]
}

@test "HOST: a box drops SYNs, MPTCP stays on" {
	[[ -e /proc/sys/net/mptcp/blackhole_timeout ]] ||
		skip "no blackhole timer in this kernel"
	host --box drop@1
	run doctor root client 10.0.2.2
	echo "$output"
	((status == 1))
	[[ $output == *'?  connection '*'Connection timed out'*'MPTCP is blocked on this path'* ]]
	run doctor root client
	echo "$output"
	((status == 0))
	# Unlike that of another program.
	hold client mptcp 10.0.2.2 80
	kill "$holder"
	run doctor root client
	((status == 1))
	[[ $output == *$'\n!! blackhole '* ]]
}

@test "HOST: closed, unknown, unreachable" {
	host
	run doctor nobody client 10.0.2.2:81
	echo "$output"
	((status == 3))
	[[ $output == *'?  connection '*'Connection refused'* ]]
	run doctor root client no-such-host.invalid
	((status == 68))
	run doctor root client 192.0.2.1
	((status == 3))
}

@test "--since: what was counted since" {
	host
	two_uplinks
	hold client mptcp 10.0.2.2 8080
	kill "$holder"
	doctor root client -j >"$tmp/before"
	report/validate.py "$tmp/before"
	run doctor root client -v
	[[ $output == *'since boot: 1 SYN/ACK came'* ]]
	run doctor root client --since "$tmp/before"
	echo "$output"
	((status == 0))
	[[ $output != *SYN/ACK* ]]
	hold client mptcp 10.0.2.2 8080
	kill "$holder"
	run doctor root client --since - <"$tmp/before"
	echo "$output"
	((status == 0))
	[[ $output == *$'\nsince 20'*$'\n  1 SYN/ACK came without MP_CAPABLE'* ]]
	doctor root client -j --since "$tmp/before" >"$tmp/after"
	report/validate.py "$tmp/after"
	run doctor root client --since README.md
	((status == 65))
	run doctor root client --since "$tmp/missing"
	((status == 65))
	run doctor root client -j --since "$tmp/before" -o "$tmp/before"
	((status == 64))
	run ./mpprobe read --since "$tmp/before" x
	((status == 64))
}

@test "wrong usage" {
	run ./mpprobe doctor one.invalid two.invalid
	((status == 64))
	run ./mpprobe doctor -w "$tmp/x" host.invalid
	((status == 64))
	run ./mpprobe doctor -p 80 host.invalid
	((status == 64))
	run ./mpprobe doctor host.invalid:x
	((status == 64))
	run ./mpprobe --since x host.invalid
	((status == 64))
}
