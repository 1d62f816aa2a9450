# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The middleboxes of the lab: one row in the table and one function each.
# box_NAME (dashes become underscores) gets the hop and runs as the holder. It
# may use what is under "tools" below, and on, die, start_server, $net4 and $net6
# of holder.sh. On router rK, eth0 is toward the client and eth1 toward the server.
#
# A box that netfilter puts into FORWARD acts after the router's TTL check: a
# packet that expires at router K is quoted unchanged, and router K + 1 quotes
# the change. PREROUTING comes before the check.

# $way is "forward", "return" or "both" where the caller asked for a direction,
# else empty: then it is the box's own. If "ingress" was asked for, a box that
# netfilter would put into FORWARD acts in PREROUTING (rule, nft_forward).
hook=forward

# name | class | where | description
#
# where: "way" for a router and a direction, "hop" for a router, or "client".
# class: what the matrix asks for a box (lab/matrix/zoo_coverage.py): option,
# data, tcp, ip, end (of TCP connections), icmp, path, host, or uplinks (that are
# several: lab/uplinks.bats).
boxes_table='
strip|option|way|MPTCP options become NOPs in every segment, both directions
strip-syn|option|way|MPTCP options become NOPs in the SYN only
strip-synack|option|way|MPTCP options become NOPs in the SYN/ACK only
strip-data|option|way|MPTCP options become NOPs in all segments without SYN
strip-join|option|way|MP_JOIN becomes NOPs in the SYN only
strip-join-ack|option|way|MP_JOIN becomes NOPs in the third ACK only
strip-joined|option|way|MPTCP options become NOPs in data of joined subflows
strip-join-answers|option|hop|MPTCP options become NOPs in what joined subflows bring back
strip-joined-acks|option|hop|the same from their third segment on
strip-first|option|way|MP_CAPABLE becomes NOPs in the first data only
drop-first|option|way|the first data, which carries MP_CAPABLE, is dropped
drop-later|option|way|data behind the first, which carries DSS, is dropped
strip-acks|option|way|MPTCP options become NOPs in ACKs without data
strip-dss-acks|option|way|DSS becomes NOPs in ACKs without data
drop-acks|option|way|ACKs without data are dropped if they have a DSS
drop-third-ack|option|way|the third ACK of an MP_CAPABLE is dropped
strip-add-addr|option|way|ADD_ADDR becomes NOPs
drop|option|way|segments with an MPTCP option are dropped
drop-join|option|way|segments with MP_JOIN are dropped
drop-announced|path|hop|segments to port 9999 are dropped
announced-drop|path|hop|SYNs to the second address of the server are dropped
announced-reset|path|hop|SYNs to the second address of the server trigger a RST
announced-drop-join|path|hop|SYNs with MP_JOIN to that address are dropped
announced-reset-join|path|hop|SYNs with MP_JOIN to that address trigger a RST
announced-strip-join|path|hop|MP_JOIN becomes NOPs in SYNs to that address
drop-join-ack|option|way|the third ACK of an MP_JOIN is dropped
drop-join-answers|option|hop|ACKs without data that joined subflows bring back are dropped
drop-unknown|option|way|segments with an MPTCP option or option 253 are dropped
drop-v0|option|way|SYNs with the MP_CAPABLE of version 0 (12 bytes) are dropped
drop-v1|option|way|SYNs with the MP_CAPABLE of version 1 (4 bytes) are dropped
reset|option|way|segments with an MPTCP option trigger a RST from the box
reset-data|option|way|those without SYN do, the handshake passes
reset-join|option|way|segments with MP_JOIN trigger a RST from the box
reset-join-ack|option|way|the third ACK of an MP_JOIN triggers a RST
reset-joined|option|hop|data of joined subflows triggers a RST
reset-unknown|option|way|segments with an MPTCP option or option 253 trigger a RST
strip-v1|option|way|the MP_CAPABLE of version 1 becomes NOPs in the SYN only
proxy|end|hop|transparent proxy (haproxy) ends TCP connections to 80 and 9080
proxy80|end|hop|the same to port 80 only
synproxy|end|hop|SYN proxy (kernel) for ports 80, 443, 8080 and 9080
mss|tcp|way|MSS clamped to 1300
mtu|path|hop|the link behind the router takes 1280 bytes only
mtu-hole|path|hop|the same, and no router reports it
idle|path|hop|connections without a packet for 3 seconds time out
idle-reset|path|hop|the same, and later packets trigger a RST
big-dss|data|way|packets with DSS are dropped from 1400 bytes on
big-joined|data|hop|packets above 600 bytes on joined subflows are dropped
big-first|data|hop|packets above 600 bytes on first subflows are dropped
middle-dss|data|way|packets with DSS are dropped from 400 to 1400 bytes
drop-sums|data|way|data with a DSS checksum is dropped, but for the first
strip-large|data|way|DSS becomes NOPs in packets above 600 bytes
strip-bulk|data|way|DSS becomes NOPs in data without PSH
strip-joined-large|data|hop|MPTCP options become NOPs in larger answers on joined subflows
strip-early-acks|data|hop|MPTCP options become NOPs in the second and third packet back
quota|path|hop|connections get nothing more through behind 3000 bytes
answers-joined|data|hop|answers above 200 bytes on joined subflows are dropped
answers-reset|data|hop|answers with PSH and an MPTCP option trigger a RST to the server
answers-reset-all|data|hop|the same, with MPTCP or without it
dscp|ip|way|DSCP set to 0
ecn|ip|way|IP ECN bits cleared
nat|ip|hop|source addresses translated (MASQUERADE), quotes repaired
ttl|ip|way|TTL set to 64, all protocols (forward)
ttl-tcp|ip|way|TTL set to 64, TCP only (forward)
ttl-capable|ip|way|TTL set to 64, segments with an MPTCP option only (forward)
silent|icmp|hop|the router sends no ICMP errors
all-silent|icmp|client|no router sends ICMP errors
lossy|path|client|1 % of the packets are lost on each link, either way
icmp-blocked|icmp|hop|ICMP errors of what is behind the router are dropped
fragments|ip|way|all but the first of fragments are dropped
redsocks|end|hop|redsocks and microsocks end those to 80 and 9080 (IPv4); MPTCP behind
tproxy|end|hop|haproxy ends connections to 80 and 9080, by TPROXY
mptcp-proxy|end|hop|ends those to 80 and 9080; MPTCP v1 on both sides (haproxy)
proxy-capable|end|hop|ends those to 80 and 9080 that speak MPTCP; MPTCP v1 (haproxy)
redirect-join|end|hop|SYNs with MP_JOIN go to a plain server on the router
divert-join|end|hop|SYNs with MP_JOIN go to a plain server on the next router
disown-join|end|hop|SYNs with MP_JOIN go to an MPTCP server on the router
optimiser|end|hop|ends those to 80 and 9080 whose SYN has no MP_CAPABLE
throttle|path|hop|segments with an MPTCP option pass at 400 kB/s at most
filter-udp|icmp|hop|UDP to the server and port unreachables from it are dropped
user-nat|end|client|slirp4netns, as before a virtual machine (IPv4)
strip80|path|hop|MPTCP options become NOPs in what goes to port 80
odd-drop|path|hop|SYNs with MP_CAPABLE from odd ports are dropped
odd-reset|path|hop|SYNs with MP_CAPABLE from odd ports trigger a RST
odd-strip|path|hop|MP_CAPABLE becomes NOPs in SYNs from odd ports
odd-drop-join|path|hop|SYNs with MP_JOIN from odd ports are dropped
odd-reset-join|path|hop|SYNs with MP_JOIN from odd ports trigger a RST
odd-strip-join|path|hop|MP_JOIN becomes NOPs in SYNs from odd ports
odd-drop-data|path|hop|data with an MPTCP option from odd ports is dropped
odd-reset-data|path|hop|data with an MPTCP option from odd ports triggers a RST
odd-strip-data|path|hop|MPTCP options become NOPs in data from odd ports
second-drop|path|hop|every second SYN with MP_CAPABLE is dropped
second-drop-join|path|hop|every second SYN with MP_JOIN is dropped
third-drop-data|path|hop|every third segment of data with DSS is dropped
capable-elsewhere|path|hop|SYNs with MP_CAPABLE go to port 8080 of the server, plain TCP
join-elsewhere|path|hop|SYNs with MP_JOIN go to port 443 of the server
few-drop|path|hop|SYNs with MP_CAPABLE are dropped, but for five a second
few-reset|path|hop|SYNs with MP_CAPABLE, but for five a second, trigger a RST
few-strip|path|hop|MP_CAPABLE becomes NOPs in SYNs, but for five a second
few-drop-join|path|hop|SYNs with MP_JOIN are dropped, but for five a second
few-reset-join|path|hop|SYNs with MP_JOIN, but for five a second, trigger a RST
few-strip-join|path|hop|MP_JOIN becomes NOPs in SYNs, but for five a second
own-host|host|client|the client itself strips MPTCP options from what it sends
'

# shellcheck source=box.sh
. "$lab_dir/boxes/box.sh"
# shellcheck source=detours.sh
. "$lab_dir/boxes/detours.sh"

# Sets $box_class, $box_where and $box_program.
find_box() {		# NAME
	local name class where program _

	while IFS='|' read -r name class where _ program; do
		[[ -n $name && $name == "$1" ]] || continue
		box_class=$class box_where=$where box_program=$program
		return 0
	done <<<"$boxes_table"
	return 1
}

box_needs_hop() {	# NAME
	find_box "$1" && [[ $box_where != client ]]
}

box_has_way() {		# NAME
	find_box "$1" && [[ $box_where == way ]]
}

# NAME CLASS DESCRIPTION, class by class.
list_boxes() {
	local wanted name class text _

	for wanted in option data tcp ip end icmp path host uplinks; do
		while IFS='|' read -r name class _ text _; do
			[[ $class != "$wanted" ]] ||
				printf '%-15s %-7s %s\n' "$name" "$class" "$text"
		done <<<"$boxes_table"
	done
}

install_box() {		# NAME HOP WAY
	box=$1 way=${3:-} hook=forward
	! box_needs_hop "$1" || box+=@$2
	[[ $way != ingress ]] || hook=prerouting way=
	case $way in
	forward) from=(-i eth0) nft_from='iifname "eth0" ' ;;
	return) from=(-i eth1) nft_from='iifname "eth1" ' ;;
	*) from=() nft_from= ;;
	esac
	if find_box "$1" && [[ -n $box_program ]]; then
		# shellcheck disable=SC2086
		start_box "$2" $box_program
	else
		"box_${1//-/_}" "$2"
	fi
}

# ---- tools ----------------------------------------------------------------

# $box is the one being installed, for messages; ${from[@]}, and $nft_from for
# nft, match the interface of $way; $hook is forward or prerouting.
box_failed() {		# NODE WHAT
	die "${box:+box $box: }$1: $2"
}

# A rule of iptables or ip6tables, verified by asking the kernel for it.
rule() {		# TOOL NODE TABLE CHAIN RULE...
	local tool=$1 node=$2 table=$3 chain=$4 said

	shift 4
	[[ $chain$hook != FORWARDprerouting ]] || table=mangle chain=PREROUTING
	said=$(on "$node" "$tool" -t "$table" -A "$chain" "$@" 2>&1) &&
		said=$(on "$node" "$tool" -t "$table" -C "$chain" "$@" 2>&1) ||
		box_failed "$node" "${said:-"$tool: the rule is not active"}"
}

# The same rule in both families.
both() {		# NODE TABLE CHAIN RULE...
	rule iptables "$@"
	rule ip6tables "$@"
}

# Those of nft_forward. From 1.1 on nft has names for subtypes, and writes flags
# and the usual burst otherwise.
nft_rules() {		# NODE
	on "$1" nft list chain inet lab "$hook" | sed '
		s/tcp flags & (syn | \([a-z]*\)) == \([a-z]*\)/tcp flags \2 \/ syn,\1/
		s/subtype mp-capable/subtype 0/; s/subtype mp-join/subtype 1/
		s/subtype dss/subtype 2/; s/subtype add-addr/subtype 3/
		s/ burst 5 packets//'
}

# A rule of nft on forwarded packets of both families, or with "ingress" on those
# that arrive, for what iptables cannot say. RULE is written as nft 1.0 lists it, and must be in the list afterwards.
nft_forward() {		# NODE RULE
	local said

	said=$(on "$1" nft -f - 2>&1 <<-END
		add table inet lab
		add chain inet lab $hook { type filter hook $hook priority mangle; }
		add rule inet lab $hook $2
	END
	) || box_failed "$1" "$said"
	[[ $(nft_rules "$1") == *"$2"* ]] ||
		box_failed "$1" "nft: the rule is not active: $2"
}

# Options of the segments that RULE matches become NOPs.
strip_options() {	# NODE CHAIN RULE...
	local node=$1 chain=$2

	shift 2
	both "$node" mangle "$chain" "${from[@]}" -p tcp "$@" --tcp-option 30 \
		-j TCPOPTSTRIP --strip-options 30
}

# On the way to the server, unless $way says otherwise.
set_ttl() {		# NODE RULE...
	local node=$1 type

	shift
	[[ -n $way ]] || from=(-i eth0)
	# A neighbour discovery packet must arrive with 255, or the link dies.
	for type in neighbour-solicitation neighbour-advertisement; do
		rule ip6tables "$node" mangle PREROUTING -p icmpv6 \
			--icmpv6-type "$type" -j ACCEPT
	done
	rule iptables "$node" mangle PREROUTING "${from[@]}" "$@" \
		-j TTL --ttl-set 64
	rule ip6tables "$node" mangle PREROUTING "${from[@]}" "$@" \
		-j HL --hl-set 64
}

set_sysctl() {		# NODE KEY VALUE
	# shellcheck disable=SC2016
	on "$1" bash -c 'echo "$2" >"/proc/sys/${1//.//}"' set "$2" "$3" \
		2>/dev/null || box_failed "$1" "cannot set $2"
}

# ---- the boxes ------------------------------------------------------------

box_strip() {
	strip_options "r$1" FORWARD
}

box_strip_syn() {
	strip_options "r$1" FORWARD --tcp-flags SYN,ACK SYN
}

box_strip_synack() {
	strip_options "r$1" FORWARD --tcp-flags SYN,ACK SYN,ACK
}

box_strip_data() {
	strip_options "r$1" FORWARD --tcp-flags SYN NONE
}

box_strip_join() {
	nft_forward "r$1" "${nft_from}tcp flags syn / syn,ack tcp option mptcp subtype 1 reset tcp option mptcp"
}

box_strip_join_ack() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 1 tcp option mptcp length 24 reset tcp option mptcp"
}

# What happens to connections that began with MP_JOIN, behind their SYNs.
to_joined() {		# HOP RULE
	nft_forward "r$1" "tcp flags syn / syn,ack tcp option mptcp subtype 1 ct mark set 0x0000004d"
	nft_forward "r$1" "${nft_from}ct mark 0x0000004d $2"
}

box_strip_joined() {
	to_joined "$1" 'tcp flags ! syn meta length > 110 reset tcp option mptcp'
}

box_strip_join_answers() {
	nft_from='iifname "eth1" ' to_joined "$1" 'tcp flags ! syn reset tcp option mptcp'
}

# The SYN/ACK and the fourth ACK come first.
box_strip_joined_acks() {
	set_sysctl "r$1" net.netfilter.nf_conntrack_acct 1
	nft_from='iifname "eth1" ' to_joined "$1" 'ct reply packets > 2 reset tcp option mptcp'
}

box_drop_join_answers() {
	nft_from='iifname "eth1" ' to_joined "$1" 'tcp flags ! syn,rst,psh meta length < 110 drop'
}

box_reset_joined() {
	nft_from='iifname "eth0" ' to_joined "$1" 'tcp flags ! syn meta length > 110 reject with tcp reset'
}

box_big_joined() {
	local nft_from='iifname "eth0" '

	to_joined "$1" 'meta length > 600 drop'
}

# Those of first subflows are marked by their SYN.
box_big_first() {
	nft_forward "r$1" "tcp flags syn / syn,ack tcp option mptcp subtype 0 ct mark set 0x0000004e"
	nft_forward "r$1" "iifname \"eth0\" ct mark 0x0000004e meta length > 600 drop"
}

box_middle_dss() {
	nft_forward "r$1" "${nft_from}meta length 400-1400 tcp option mptcp subtype 2 drop"
}

# Two numbers of 8 bytes, a mapping and its checksum.
box_drop_sums() {
	nft_forward "r$1" "${nft_from}tcp option mptcp length 28 drop"
}

box_strip_large() {
	nft_forward "r$1" "${nft_from}meta length > 600 reset tcp option mptcp"
}

box_strip_bulk() {
	nft_forward "r$1" "${nft_from}tcp flags ! syn,rst,psh meta length > 110 reset tcp option mptcp"
}

box_strip_joined_large() {
	nft_from='iifname "eth1" ' to_joined "$1" 'meta length > 600 reset tcp option mptcp'
}

box_strip_early_acks() {
	set_sysctl "r$1" net.netfilter.nf_conntrack_acct 1
	nft_forward "r$1" 'iifname "eth1" ct reply packets 2-3 reset tcp option mptcp'
}

box_quota() {
	set_sysctl "r$1" net.netfilter.nf_conntrack_acct 1
	nft_forward "r$1" 'ct bytes > 3000 drop'
}

box_answers_joined() {
	local nft_from='iifname "eth1" '

	to_joined "$1" 'meta length > 200 drop'
}

box_answers_reset() {
	nft_forward "r$1" 'iifname "eth1" tcp flags psh tcp option mptcp exists reject with tcp reset'
}

box_answers_reset_all() {
	nft_forward "r$1" 'iifname "eth1" tcp flags psh reject with tcp reset'
}

# That of the third ACK has 20 bytes; then come those of a mapping.
box_strip_first() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 0 tcp option mptcp length > 20 reset tcp option mptcp"
}

box_drop_first() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 0 tcp option mptcp length > 20 drop"
}

box_drop_later() {
	nft_forward "r$1" "${nft_from}tcp flags psh / syn,psh tcp option mptcp subtype 2 drop"
}

box_strip_acks() {
	nft_forward "r$1" "${nft_from}tcp flags ! syn,rst,psh meta length < 120 reset tcp option mptcp"
}

box_strip_dss_acks() {
	nft_forward "r$1" "${nft_from}tcp flags ! fin,syn,rst,psh tcp option mptcp subtype 2 meta length < 120 reset tcp option mptcp"
}

box_drop_acks() {
	nft_forward "r$1" "${nft_from}tcp flags ! fin,syn,rst,psh tcp option mptcp subtype 2 meta length < 120 drop"
}

box_drop_third_ack() {
	nft_forward "r$1" "${nft_from}tcp flags ! syn,psh tcp option mptcp subtype 0 tcp option mptcp length 20 drop"
}

box_strip_add_addr() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 3 reset tcp option mptcp"
}

box_drop() {
	both "r$1" filter FORWARD "${from[@]}" -p tcp --tcp-option 30 -j DROP
}

box_drop_join() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 1 drop"
}

# A firewall that knows the servers' usual ports only.
box_drop_announced() {
	both "r$1" filter FORWARD -i eth0 -p tcp --dport 9999 -j DROP
}

announced() {			# HOP SYNS VERDICT
	nft_forward "r$1" "ip daddr $net4.9 $2 $3"
	nft_forward "r$1" "ip6 daddr $net6::9 $2 $3"
}

box_announced_drop() {
	announced "$1" "tcp flags syn / syn,ack" drop
}

box_announced_reset() {
	announced "$1" "tcp flags syn / syn,ack" "reject with tcp reset"
}

box_announced_drop_join() {
	announced "$1" "$join_syn" drop
}

box_announced_reset_join() {
	announced "$1" "$join_syn" "reject with tcp reset"
}

box_announced_strip_join() {
	announced "$1" "$join_syn" "reset tcp option mptcp"
}

box_drop_join_ack() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 1 tcp option mptcp length 24 drop"
}

box_drop_unknown() {
	box_drop "$1"
	both "r$1" filter FORWARD "${from[@]}" -p tcp --tcp-option 253 -j DROP
}

box_drop_v0() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 0 tcp option mptcp length 12 tcp flags syn / syn,ack drop"
}

box_drop_v1() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 0 tcp option mptcp length 4 tcp flags syn / syn,ack drop"
}

box_strip_v1() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 0 tcp option mptcp length 4 tcp flags syn / syn,ack reset tcp option mptcp"
}

box_reset() {
	reset_with_option "r$1" 30
}

box_reset_unknown() {
	reset_with_option "r$1" 30
	reset_with_option "r$1" 253
}

box_reset_data() {
	reset_with_option "r$1" 30 --tcp-flags SYN NONE
}

reset_with_option() {	# NODE KIND RULE...
	both "$1" filter FORWARD "${from[@]}" -p tcp "${@:3}" \
		--tcp-option "$2" -j REJECT --reject-with tcp-reset
}

box_reset_join() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 1 reject with tcp reset"
}

box_reset_join_ack() {
	nft_forward "r$1" "${nft_from}tcp option mptcp subtype 1 tcp option mptcp length 24 reject with tcp reset"
}

# A firewall that knows one port of its server.
box_strip80() {
	nft_forward "r$1" "iifname \"eth0\" tcp dport 80 reset tcp option mptcp"
}

# What takes its turn by the ports, as a balancer of several devices may.
odd_ports() {		# HOP RULE
	nft_forward "r$1" "iifname \"eth0\" tcp sport & 1 == 1 $2"
}

capable_syn='tcp flags syn / syn,ack tcp option mptcp subtype 0'
join_syn='tcp flags syn / syn,ack tcp option mptcp subtype 1'
mptcp_data='tcp flags psh / syn,psh tcp option mptcp exists'

box_odd_drop() {
	odd_ports "$1" "$capable_syn drop"
}

box_odd_reset() {
	odd_ports "$1" "$capable_syn reject with tcp reset"
}

box_odd_strip() {
	odd_ports "$1" "$capable_syn reset tcp option mptcp"
}

box_odd_drop_join() {
	odd_ports "$1" "$join_syn drop"
}

box_odd_reset_join() {
	odd_ports "$1" "$join_syn reject with tcp reset"
}

box_odd_strip_join() {
	odd_ports "$1" "$join_syn reset tcp option mptcp"
}

box_odd_drop_data() {
	odd_ports "$1" "$mptcp_data drop"
}

box_odd_reset_data() {
	odd_ports "$1" "$mptcp_data reject with tcp reset"
}

box_odd_strip_data() {
	odd_ports "$1" "$mptcp_data reset tcp option mptcp"
}

box_second_drop() {
	nft_forward "r$1" "iifname \"eth0\" $capable_syn numgen inc mod 2 0 drop"
}

box_second_drop_join() {
	nft_forward "r$1" "iifname \"eth0\" $join_syn numgen inc mod 2 0 drop"
}

box_third_drop_data() {
	nft_forward "r$1" "iifname \"eth0\" tcp flags psh / syn,psh tcp option mptcp subtype 2 numgen inc mod 3 0 drop"
}

few() {			# HOP SYNS VERDICT
	nft_forward "r$1" "iifname \"eth0\" $2 limit rate over 5/second $3"
}

box_few_drop() {
	few "$1" "$capable_syn" drop
}

box_few_reset() {
	few "$1" "$capable_syn" "reject with tcp reset"
}

box_few_strip() {
	few "$1" "$capable_syn" "reset tcp option mptcp"
}

box_few_drop_join() {
	few "$1" "$join_syn" drop
}

box_few_reset_join() {
	few "$1" "$join_syn" "reject with tcp reset"
}

box_few_strip_join() {
	few "$1" "$join_syn" "reset tcp option mptcp"
}

box_proxy() {
	proxy_ports "$1" 80 9080
}

box_proxy80() {
	proxy_ports "$1" 80
}

proxy_ports() {		# HOP PORT...
	local hop=$1 port

	start_haproxy "$hop" '' "${@:2}"
	for port in "${@:2}"; do
		both "r$hop" nat PREROUTING -i eth0 -p tcp --dport "$port" \
			-j REDIRECT --to-ports $((3048 + port))
	done
}

haproxy=(haproxy)	# how it is started

# It takes connections to PORT on port 3048 + PORT.
start_haproxy() {	# HOP BIND-OPTION PORT...
	local config=/run/haproxy-r$1.cfg port said

	cat >"$config" <<-END
		defaults
			mode tcp
			timeout connect 5s
			timeout client 1h
			timeout server 1h
	END
	for port in "${@:3}"; do
		cat >>"$config" <<-END
			listen ipv4-$port
				bind 0.0.0.0:$((3048 + port)) $2
				server server $net4.2:$port
			listen ipv6-$port
				bind [::]:$((3048 + port)) v6only $2
				server server [$net6::2]:$port
		END
	done
	# Its parent process ends when the child accepts connections.
	said=$(on "r$1" "${haproxy[@]}" -q -D -f "$config" 2>&1) ||
		box_failed "r$1" "haproxy: ${said:-cannot start}"
}

# In FORWARD, where the kernel's SYN proxy lives: it answers what passed the
# TTL check, as if it sat at the next hop.
box_synproxy() {
	local ports=(-p tcp -m multiport --dports 80,443,8080,9080)

	set_sysctl "r$1" net.netfilter.nf_conntrack_tcp_loose 0
	both "r$1" raw PREROUTING -i eth0 "${ports[@]}" --syn -j CT --notrack
	both "r$1" filter FORWARD -i eth0 "${ports[@]}" \
		-m conntrack --ctstate INVALID,UNTRACKED \
		-j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
	both "r$1" filter FORWARD -p tcp \
		-m conntrack --ctstate INVALID -j DROP
}

box_mss() {
	both "r$1" mangle FORWARD "${from[@]}" -p tcp --tcp-flags SYN,RST SYN \
		-j TCPMSS --set-mss 1300
}

box_mtu() {
	local next

	next=$(node_at $(($1 + 1)))
	on "r$1" ip link set eth1 mtu 1280 &&
		on "$next" ip link set eth0 mtu 1280 ||
		box_failed "r$1" 'cannot set the MTU'
}

box_mtu_hole() {
	local node

	box_mtu "$1"
	for node in "r$1" "$(node_at $(($1 + 1)))"; do
		rule iptables "$node" filter OUTPUT -p icmp \
			--icmp-type fragmentation-needed -j DROP
		rule ip6tables "$node" filter OUTPUT -p icmpv6 \
			--icmpv6-type packet-too-big -j DROP
	done
}

box_idle() {
	forget_idle "$1" DROP
}

box_idle_reset() {
	forget_idle "$1" REJECT --reject-with tcp-reset
}

# A stateful firewall: it takes no segment for a connection that it does not
# know, but a SYN. Data in odd order is none of its concern.
forget_idle() {		# HOP TARGET...
	set_sysctl "r$1" net.netfilter.nf_conntrack_tcp_loose 0
	set_sysctl "r$1" net.netfilter.nf_conntrack_tcp_be_liberal 1
	set_sysctl "r$1" net.netfilter.nf_conntrack_tcp_timeout_established 3
	both "r$1" filter FORWARD -p tcp -m conntrack --ctstate INVALID \
		-j "${@:2}"
}

box_big_dss() {
	nft_forward "r$1" "${nft_from}meta length >= 1400 tcp option mptcp subtype 2 drop"
}

box_dscp() {
	both "r$1" mangle FORWARD "${from[@]}" -j DSCP --set-dscp 0
}

box_ecn() {
	both "r$1" mangle FORWARD "${from[@]}" -j TOS --set-tos 0/0x03
}

box_nat() {
	both "r$1" nat POSTROUTING -o eth1 -j MASQUERADE
}

box_ttl() {
	set_ttl "r$1"
}

box_ttl_tcp() {
	set_ttl "r$1" -p tcp
}

box_ttl_capable() {
	local from=$nft_from

	[[ -n $way ]] || from='iifname "eth0" '
	nft_forward "r$1" "${from}tcp option mptcp exists ip ttl set 64"
	nft_forward "r$1" "${from}tcp option mptcp exists ip6 hoplimit set 64"
}

box_silent() {
	local type

	for type in time-exceeded destination-unreachable; do
		rule iptables "r$1" filter OUTPUT -p icmp \
			--icmp-type "$type" -j DROP
		rule ip6tables "r$1" filter OUTPUT -p icmpv6 \
			--icmpv6-type "$type" -j DROP
	done
}

box_lossy() {
	local hop lose

	lose=(-m statistic --mode random --probability 0.01 -j DROP)
	for ((hop = 1; hop <= hops; hop++)); do
		both "r$hop" mangle PREROUTING -i eth0 "${lose[@]}"
		both "r$hop" mangle POSTROUTING -o eth0 "${lose[@]}"
	done
	both server mangle PREROUTING -i eth0 "${lose[@]}"
	both server mangle POSTROUTING -o eth0 "${lose[@]}"
}

box_all_silent() {
	local hop

	for ((hop = 1; hop <= hops; hop++)); do
		box_silent "$hop"
	done
}

box_icmp_blocked() {
	local type

	for type in time-exceeded destination-unreachable; do
		rule iptables "r$1" filter FORWARD -i eth1 -p icmp \
			--icmp-type "$type" -j DROP
		rule ip6tables "r$1" filter FORWARD -i eth1 -p icmpv6 \
			--icmpv6-type "$type" -j DROP
	done
}

box_fragments() {
	rule iptables "r$1" mangle PREROUTING "${from[@]}" -f -j DROP
	rule ip6tables "r$1" mangle PREROUTING "${from[@]}" \
		-m ipv6header --soft --header frag -j DROP
}

box_redsocks() {
	local config=/run/redsocks-r$1.conf said

	cat >"$config" <<-END
		base { log_info = off; daemon = on; redirector = iptables; }
		redsocks {
			local_ip = 0.0.0.0; local_port = 3128;
			ip = 127.0.0.1; port = 1080; type = socks5;
		}
	END
	on "r$1" mptcpize run microsocks -i :: -p 1080 >/dev/null 2>&1 &
	said=$(on "r$1" redsocks -c "$config" 2>&1) ||
		box_failed "r$1" "redsocks: ${said:-cannot start}"
	wait_for_port "r$1" 1080
	wait_for_port "r$1" 3128
	rule iptables "r$1" nat PREROUTING -i eth0 -p tcp \
		-m multiport --dports 80,9080 -j REDIRECT --to-ports 3128
}

wait_for_port() {	# NODE PORT
	local tries

	for ((tries = 0; tries < 200; tries++)); do
		[[ -z $(on "$1" ss -Hltn "sport = :$2") ]] || return 0
		sleep 0.01
	done
	box_failed "$1" "nothing listens on port $2"
}

# Packets to the port are delivered to this router as they are.
box_tproxy() {
	local said port

	start_haproxy "$1" transparent 80 9080
	said=$({
		on "r$1" ip rule add fwmark 1 table 7 &&
		on "r$1" ip -6 rule add fwmark 1 table 7 &&
		on "r$1" ip route add local default dev lo table 7 &&
		on "r$1" ip -6 route add local default dev lo table 7
	} 2>&1) || box_failed "r$1" "$said"
	for port in 80 9080; do
		both "r$1" mangle PREROUTING -i eth0 -p tcp --dport "$port" \
			-j TPROXY --on-port $((3048 + port)) --tproxy-mark 1
	done
}

box_mptcp_proxy() {
	local haproxy=(mptcpize run haproxy)

	set_sysctl "r$1" net.mptcp.enabled 1
	start_haproxy "$1" '' 80
	both "r$1" nat PREROUTING -i eth0 -p tcp -m multiport --dports 80,9080 \
		-j REDIRECT --to-ports 3128
}

# Each SYN of a connection decides for all of it.
nft_nat() {		# NODE RULE...
	local node=$1 said

	shift
	said=$(on "$node" nft -f - 2>&1 <<-END
		add table inet lab
		add chain inet lab nat { type nat hook prerouting priority dstnat; }
		$(printf 'add rule inet lab nat %s\n' "$@")
	END
	) || box_failed "$node" "$said"
}

box_optimiser() {
	start_haproxy "$1" '' 80 9080
	nft_nat "r$1" "$capable_syn accept" \
		'iifname eth0 tcp dport 80 redirect to :3128' \
		'iifname eth0 tcp dport 9080 redirect to :12128'
}

box_proxy_capable() {
	local haproxy=(mptcpize run haproxy)

	set_sysctl "r$1" net.mptcp.enabled 1
	start_haproxy "$1" '' 80
	nft_nat "r$1" 'iifname eth0 tcp dport { 80, 9080 } tcp option mptcp exists redirect to :3128'
}

# The connections to which they belong pass.
box_redirect_join() {
	redirect_join "$1" -t
}

box_disown_join() {
	set_sysctl "r$1" net.mptcp.enabled 1
	redirect_join "$1"
}

redirect_join() {	# HOP OPTION...
	start_server "r$1" "$lab_dir/servers/httpd" "${@:2}" 3180
	nft_nat "r$1" "iifname eth0 $join_syn redirect to :3180"
}

to_port() {			# HOP SYNS PORT
	nft_nat "r$1" "iifname eth0 meta nfproto ipv4 $2 dnat ip to $net4.2:$3" \
		"iifname eth0 meta nfproto ipv6 $2 dnat ip6 to [$net6::2]:$3"
}

box_capable_elsewhere() {
	to_port "$1" "$capable_syn" 8080
}

box_join_elsewhere() {
	to_port "$1" "$join_syn" 443
}

box_divert_join() {
	local next=$(($1 + 1))

	start_server "$(node_at $next)" "$lab_dir/servers/httpd" -t 3180
	nft_nat "r$1" \
		"iifname eth0 meta nfproto ipv4 $join_syn dnat ip to 10.0.$next.2:3180" \
		"iifname eth0 meta nfproto ipv6 $join_syn dnat ip6 to [fd00:$next::2]:3180"
}

# A policer: what is above the rate is lost.
box_throttle() {
	nft_forward "r$1" 'tcp option mptcp exists limit rate over 400 kbytes/second burst 64 kbytes drop'
}

box_filter_udp() {
	both "r$1" filter FORWARD -i eth0 -p udp -j DROP
	rule iptables "r$1" filter FORWARD -p icmp \
		--icmp-type port-unreachable -j DROP
	rule ip6tables "r$1" filter FORWARD -p icmpv6 \
		--icmpv6-type port-unreachable -j DROP
}

# The link to r1 goes; what slirp4netns gets from the client, it sends from r1.
box_user_nat() {
	local tries

	on client ip link del eth0 || box_failed client 'cannot remove eth0'
	on r1 slirp4netns --configure --mtu=1500 --cidr=10.0.1.0/24 \
		--netns-type=path /run/netns/client eth0 >/dev/null 2>&1 &
	for ((tries = 0; tries < 200; tries++)); do
		[[ -z $(on client ip -4 route show default) ]] || return 0
		sleep 0.01
	done
	box_failed client 'slirp4netns does not start'
}

box_own_host() {
	strip_options client OUTPUT
}
