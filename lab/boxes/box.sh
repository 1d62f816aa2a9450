# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The middleboxes that the program lab/boxes/box is: one row each. The last
# column is what it is started with, behind the hook where it takes its packets:
#
#   tcp   forwarded TCP segments, behind the TTL check like any forwarder
#   all   all forwarded packets
#   pre   all packets before the TTL check, as what ends connections takes them
#   nat   packets before and behind the routing, those to the router as well
#   icmp  the router's own ICMP errors

# name | class | where | description | hook behaviour key=value...
boxes_table+='
cut|option|way|MPTCP options are cut out: the header gets shorter|tcp cut
cut-syn|option|way|the same in the SYN only|tcp cut on=syn
cut-synack|option|way|the same in the SYN/ACK only|tcp cut on=synack
cut-data|option|way|the same in all segments without SYN|tcp cut on=rest
cut-join|option|way|MP_JOIN is cut out|tcp cut subtype=1
cut-add-addr|option|way|ADD_ADDR is cut out|tcp cut subtype=3
eol|option|way|MPTCP options become EOL|tcp eol
eol-syn|option|way|the same in the SYN only|tcp eol on=syn
eol-synack|option|way|the same in the SYN/ACK only|tcp eol on=synack
eol-data|option|way|the same in all segments without SYN|tcp eol on=rest
eol-join|option|way|MP_JOIN becomes EOL|tcp eol subtype=1
eol-add-addr|option|way|ADD_ADDR becomes EOL|tcp eol subtype=3
late|option|way|DSS becomes NOPs after four data segments (#518)|tcp nop on=rest after=4
late-cut|option|way|DSS is cut out after four data segments|tcp cut on=rest after=4
late-eol|option|way|DSS becomes EOL after four data segments|tcp eol on=rest after=4
unknown|option|way|options that the box does not know become NOPs|tcp unknown
experiment|tcp|way|option 253 becomes NOPs|tcp remove value=253
version|option|way|the version in MP_CAPABLE is another: 1 becomes 0|tcp version
key|option|way|the key in the SYN/ACK is altered|tcp key
hmac|option|way|the HMAC of an MP_JOIN is altered (return: in the SYN/ACK)|tcp hmac
dsn|option|way|the data sequence number in DSS is altered|tcp dsn
ssn|option|way|the subflow sequence number in DSS is one more|tcp ssn
data-ack|option|way|the DATA_ACK in DSS is some thousands more|tcp data-ack
data-ack-less|data|way|the DATA_ACK in DSS is one less|tcp data-ack-less
data-ack-frozen|data|way|the DATA_ACK in DSS stays as it was first|tcp data-ack-frozen
address|option|way|the address in ADD_ADDR is altered|tcp address
mirror|option|hop|a SYN/ACK without MPTCP echoes the option of the SYN|tcp mirror
mirror-all|option|hop|a SYN/ACK echoes all unknown options of the SYN|tcp mirror-all
drop-syn|option|way|SYNs with an MPTCP option are dropped|tcp drop on=syn
drop-data|option|way|segments without SYN, but with MPTCP, are dropped|tcp drop on=rest
rst|option|way|a SYN with MPTCP triggers a RST to the client, and passes|tcp reset
rst-both|option|way|the same, with a RST to both ends|tcp reset value=2
rst-data|data|way|data triggers a RST to the client, with or without MPTCP|tcp reset-data
relay|end|hop|ends TCP connections, and passes MPTCP through|pre relay
payload|data|way|a letter of the payload changes its case|tcp payload
alg|data|way|a line is put into the request, numbers are mended|tcp alg
split|data|way|segments of 1000 bytes and more are cut in two|tcp split
coalesce|data|way|adjacent segments merge, the first options stay|tcp coalesce
ack-early|data|way|data is acknowledged by the box, and passes|tcp ack-early
hole|data|way|data after a gap is dropped|tcp hole
changed|data|way|retransmissions with other bytes are dropped|tcp changed
isn|tcp|way|sequence numbers of both ends are shifted, SACK too|tcp isn
mss-add|tcp|way|an MSS of 1300 is added to SYNs without|tcp mss-add
no-sack|tcp|way|SACK-permitted is removed from the SYN|tcp remove value=4
no-timestamps|tcp|way|timestamps are removed from the SYN|tcp remove value=8 on=syn
no-wscale|tcp|way|window scale is removed from the SYN|tcp remove value=3
timestamps|tcp|way|timestamps of the client are shifted, and back|tcp timestamps
window|tcp|way|windows above 8192 become that|tcp window
ecn-flags|tcp|way|the ECN flags of TCP are cleared|tcp ecn-flags
urgent|tcp|way|the urgent pointer is cleared|tcp urgent
id|ip|way|the IP ID is drawn anew|tcp id
nat-bare|ip|hop|NAT that leaves the quotes of ICMP errors as they are|nat nat
loss1|path|way|1 % of the packets are lost|all loss value=1
loss3|path|way|3 % of the packets are lost|all loss value=3
loss5|path|way|5 % of the packets are lost|all loss value=5
reorder|path|way|10 % of the packets come 3 ms late|all reorder
duplicate|path|way|10 % of the packets come twice|all duplicate
delay|path|way|200 ms of delay|all delay
delay56|path|way|56 ms of delay|all delay value=56
quote-short|icmp|hop|the router quotes the header and 8 bytes|icmp quote-short
quote-extended|icmp|hop|its quotes are padded and have RFC 4884 extensions|icmp quote-extended
'

# One queue for each direction; each program has its own two.
box_queue=0

start_box() {		# HOP HOOK BEHAVIOUR KEY=VALUE...
	local hop=$1 queue=$2

	shift 2
	[[ -z $way ]] || set -- "$@" "way=$way"
	[[ $queue != nat ]] || set -- "$@" "address=10.0.$((hop + 1)).1" \
		"address=fd00:$((hop + 1))::1"
	start_server "r$hop" "$lab_dir/boxes/box" "$box_queue" "$@"
	"queue_$queue" "r$hop" "$box_queue" "$((box_queue + 1))"
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

queue_pre() {		# NODE QUEUE-FORWARD QUEUE-RETURN
	local protocol

	for protocol in tcp icmp ipv6-icmp; do
		[[ $protocol == ipv6-icmp ]] || rule iptables "$1" mangle \
			PREROUTING -i eth1 -p $protocol \
			-j NFQUEUE --queue-num "$3"
		[[ $protocol == icmp ]] || rule ip6tables "$1" mangle \
			PREROUTING -i eth1 -p $protocol \
			-j NFQUEUE --queue-num "$3"
	done
	both "$1" mangle PREROUTING -i eth0 -p tcp -j NFQUEUE --queue-num "$2"
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
