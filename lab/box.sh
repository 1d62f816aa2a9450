# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The middleboxes that the program lab/box is: one row each. The last column
# is what it is started with, behind the hook where it takes its packets:
#
#   tcp   forwarded TCP segments, behind the TTL check like any forwarder
#   all   all forwarded packets
#   nat   packets before and behind the routing, those to the router as well
#   icmp  the router's own ICMP errors

# name | where | description | hook behaviour key=value...
boxes_table+='
cut|hop|MPTCP options are cut out: the header gets shorter|tcp cut
cut-syn|hop|the same in the SYN only|tcp cut on=syn
cut-synack|hop|the same in the SYN/ACK only|tcp cut on=synack
cut-data|hop|the same in all segments without SYN|tcp cut on=rest
cut-join|hop|MP_JOIN is cut out|tcp cut subtype=1
cut-return|hop|MPTCP options are cut out on the way back only|tcp cut way=return
cut-add-addr|hop|ADD_ADDR is cut out|tcp cut subtype=3
eol|hop|MPTCP options become EOL|tcp eol
eol-syn|hop|the same in the SYN only|tcp eol on=syn
eol-data|hop|the same in all segments without SYN|tcp eol on=rest
eol-return|hop|the same on the way back only|tcp eol on=rest way=return
late|hop|DSS becomes NOPs after four data segments (#518)|tcp nop on=rest after=4
late-eol|hop|DSS becomes EOL after four data segments|tcp eol on=rest after=4
unknown|hop|options that the box does not know become NOPs|tcp unknown
experiment|hop|option 253 becomes NOPs|tcp remove value=253
version|hop|the version in MP_CAPABLE is cleared|tcp version
key|hop|the key in the SYN/ACK is altered|tcp key
hmac|hop|the HMAC in the SYN/ACK of a MP_JOIN is altered|tcp hmac
mirror|hop|a SYN/ACK without MPTCP echoes the option of the SYN|tcp mirror
mirror-all|hop|a SYN/ACK echoes all unknown options of the SYN|tcp mirror-all
drop-syn|hop|SYNs with an MPTCP option vanish|tcp drop on=syn
drop-data|hop|segments without SYN, but with MPTCP, vanish|tcp drop on=rest
rst|hop|a SYN with MPTCP draws a RST to the client, and passes|tcp reset
rst-both|hop|the same, with a RST to both ends|tcp reset value=2
rst-data|hop|data draws a RST to the client, with or without MPTCP|tcp reset-data
payload|hop|a letter of the payload changes its case|tcp payload
payload-return|hop|the same on the way back|tcp payload way=return
alg|hop|a line is put into the request, numbers are mended|tcp alg
split|hop|segments of 1000 bytes and more are cut in two|tcp split
coalesce|hop|adjacent segments merge, the first options stay|tcp coalesce
ack-early|hop|data is acknowledged by the box, and passes|tcp ack-early
hole|hop|data behind a gap vanishes|tcp hole
changed|hop|retransmissions with other bytes vanish|tcp changed
isn|hop|sequence numbers of both ends are shifted, SACK too|tcp isn
mss-add|hop|an MSS of 1300 is added to SYNs without|tcp mss-add
no-sack|hop|SACK-permitted is removed from the SYN|tcp remove value=4
no-timestamps|hop|timestamps are removed from the SYN|tcp remove value=8 on=syn
no-wscale|hop|window scale is removed from the SYN|tcp remove value=3
timestamps|hop|timestamps of the client are shifted, and back|tcp timestamps
window|hop|windows above 8192 become that|tcp window
ecn-flags|hop|the ECN flags of TCP are cleared|tcp ecn-flags
urgent|hop|the urgent pointer is cleared|tcp urgent
id|hop|the IP ID is drawn anew|tcp id
nat-bare|hop|NAT that leaves the quotes of ICMP errors as they are|nat nat
loss1|hop|1 % of the packets are lost|all loss value=1
loss5|hop|5 % of the packets are lost|all loss value=5
reorder|hop|10 % of the packets come 3 ms late|all reorder
duplicate|hop|10 % of the packets come twice|all duplicate
delay|hop|200 ms of delay|all delay
delay56|hop|56 ms of delay|all delay value=56
quote-short|hop|the router quotes the header and 8 bytes|icmp quote-short
quote-extended|hop|its quotes are padded and have RFC 4884 extensions|icmp quote-extended
'

# One queue for each direction; each program has its own two.
box_queue=0

start_box() {		# HOP HOOK BEHAVIOUR KEY=VALUE...
	local hop=$1 hook=$2

	shift 2
	[[ -z $way ]] || set -- "$@" "way=$way"
	[[ $hook != nat ]] || set -- "$@" "address=10.0.$((hop + 1)).1" \
		"address=fd00:$((hop + 1))::1"
	start_server "r$hop" "$lab_dir/box" "$box_queue" "$@"
	"queue_$hook" "r$hop" "$box_queue" "$((box_queue + 1))"
	box_queue=$((box_queue + 2))
}

queue_tcp() {		# NODE QUEUE-FORWARD QUEUE-RETURN
	both "$1" filter FORWARD -i eth0 -p tcp -j NFQUEUE --queue-num "$2"
	both "$1" filter FORWARD -i eth1 -p tcp -j NFQUEUE --queue-num "$3"
}

queue_all() {		# NODE QUEUE-FORWARD QUEUE-RETURN
	both "$1" filter FORWARD -i eth0 -j NFQUEUE --queue-num "$2"
	both "$1" filter FORWARD -i eth1 -j NFQUEUE --queue-num "$3"
}

queue_nat() {		# NODE QUEUE-FORWARD QUEUE-RETURN
	local hop=$((${1#r} + 1))

	rule iptables "$1" mangle POSTROUTING -o eth1 -s 10.0.1.1 \
		-j NFQUEUE --queue-num "$2"
	rule iptables "$1" mangle PREROUTING -i eth1 -d "10.0.$hop.1" \
		-j NFQUEUE --queue-num "$3"
	rule ip6tables "$1" mangle POSTROUTING -o eth1 -s fd00:1::1 \
		-j NFQUEUE --queue-num "$2"
	# Neighbour discovery must reach the router as it is.
	rule ip6tables "$1" mangle PREROUTING -i eth1 -d "fd00:$hop::1" \
		-p icmpv6 --icmpv6-type neighbour-solicitation -j ACCEPT
	rule ip6tables "$1" mangle PREROUTING -i eth1 -d "fd00:$hop::1" \
		-p icmpv6 --icmpv6-type neighbour-advertisement -j ACCEPT
	rule ip6tables "$1" mangle PREROUTING -i eth1 -d "fd00:$hop::1" \
		-j NFQUEUE --queue-num "$3"
}

queue_icmp() {		# NODE QUEUE-FORWARD QUEUE-RETURN
	local type

	for type in time-exceeded destination-unreachable; do
		rule iptables "$1" filter OUTPUT -p icmp \
			--icmp-type "$type" -j NFQUEUE --queue-num "$2"
		rule ip6tables "$1" filter OUTPUT -p icmpv6 \
			--icmpv6-type "$type" -j NFQUEUE --queue-num "$2"
	done
}
