# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Boxes that change the path itself: a second way beside one router, and a
# second server behind the last one.

boxes_table+='
ecmp|path|hop|flows take this router or another beside it, by their ports
asymmetric|path|hop|what returns takes one router more, behind this one
balancer|path|hop|two servers that share no tokens, behind the last router
balance-by-source|uplinks|hop|the same, by the source address (--uplinks)
source-filter|uplinks|hop|sources of other chains are dropped (--uplinks)
no-policy-route|uplinks|client|no routing rule for the address of eth1 (--uplinks)
other-return|uplinks|hop|what goes to eth1 comes in by eth0 (--uplinks)
'

# Links of their own: 10.1.N.0/24 and fd01:N::/64, as the others are numbered.
detour_link() {		# NODE INTERFACE NODE INTERFACE N
	local index=$((20 + 2 * $5)) said

	said=$({
		ip link add "$2" index "$index" netns "$1" type veth \
			peer name "$4" index $((index + 1)) netns "$3" &&
		on "$1" ethtool -K "$2" tx off rx off tso off gso off gro off &&
		on "$3" ethtool -K "$4" tx off rx off tso off gso off gro off &&
		printf '%s\n' "address add 10.1.$5.1/24 dev $2" \
			"address add fd01:$5::1/64 dev $2 nodad" \
			"link set $2 up" | ip -n "$1" -batch - &&
		printf '%s\n' "address add 10.1.$5.2/24 dev $4" \
			"address add fd01:$5::2/64 dev $4 nodad" \
			"link set $4 up" | ip -n "$3" -batch -
	} 2>&1) || box_failed "$1" "$said"
}

detour_node() {		# NODE
	local said

	said=$(ip netns add "$1" 2>&1) || box_failed "$1" "$said"
	said=$(node_sysctls r | write_sysctls "$1") || box_failed "$1" "$said"
	on "$1" ip link set lo up
}

# Commands of `ip route` for both families; % stands for 10 or fd.
detour_routes() {	# NODE LINE...
	local node=$1 said

	shift
	said=$(printf 'route %s\n' "$@" | ip -n "$node" -batch - 2>&1) ||
		box_failed "$node" "$said"
}

# The server is 10.0.L.2, so it is the last "router" here.
node_at() {		# HOP
	if (($1 > hops)); then
		echo server
	else
		echo "r$1"
	fi
}

# Router b beside router K, from K - 1 to K + 1.
box_ecmp() {
	local before after side=b$1 hop

	before=r$(($1 - 1)) after=$(node_at $(($1 + 1)))
	(($1 > 1)) || box_failed "r$1" 'needs a router before it'
	detour_node "$side"
	detour_link "$before" eth2 "$side" eth0 "$1"
	detour_link "$side" eth1 "$after" eth2 $(($1 + 1))
	# By addresses and ports, over IPv4 and IPv6.
	set_sysctl "$before" net.ipv4.fib_multipath_hash_policy 1
	set_sysctl "$before" net.ipv6.fib_multipath_hash_policy 1
	detour_routes "$before" \
		"replace 10.0.0.0/19 nexthop via 10.0.$1.2 nexthop via 10.1.$1.2" \
		"del fd00::/16" \
		"add fd00::/16 nexthop via fd00:$1::2 nexthop via fd01:$1::2"
	detour_routes "$side" \
		"add 10.0.0.0/19 via 10.1.$(($1 + 1)).2" \
		"add fd00::/16 via fd01:$(($1 + 1))::2"
	for ((hop = 1; hop <= $1; hop++)); do
		detour_routes "$side" "add 10.0.$hop.0/24 via 10.1.$1.1" \
			"add fd00:$hop::/64 via fd01:$1::1"
	done
}

# From router K + 1 back to router K by way of another.
box_asymmetric() {
	local behind side=b$1 hop

	behind=$(node_at $(($1 + 1)))
	detour_node "$side"
	detour_link "r$1" eth2 "$side" eth0 "$1"
	detour_link "$side" eth1 "$behind" eth2 $(($1 + 1))
	for ((hop = 1; hop <= $1; hop++)); do
		detour_routes "$side" "add 10.0.$hop.0/24 via 10.1.$1.1" \
			"add fd00:$hop::/64 via fd01:$1::1"
		detour_routes "$behind" \
			"replace 10.0.$hop.0/24 via 10.1.$(($1 + 1)).1" \
			"replace fd00:$hop::/64 via fd01:$(($1 + 1))::1"
	done
}

# Half of the flows, by source port, go to a second server.
box_balancer() {
	(($1 == hops)) || box_failed "r$1" 'only the last router can be it'
	second_server
	# The first word of the TCP header, bit 2 of its source port: the next flow
	# of a client that counts its ports up often goes to the other server.
	to_second iptables -m u32 --u32 '0>>22&0x3c@0&0x40000=0x40000'
	to_second ip6tables -m u32 --u32 '40&0x40000=0x40000'
}

# A server with the address of the first, behind the last router, which sends it
# what has the mark 1.
second_server() {
	local said router=r$hops interface=eth2

	((!LAB_UPLINKS)) || router=x interface=eth3
	detour_node server2
	write_sysctls server2 <<<net/mptcp/enabled=1
	detour_link "$router" $interface server2 eth0 99
	said=$(printf '%s\n' "address add $net4.2/32 dev lo" \
		"address add $net6::2/128 dev lo nodad" \
		"route add default via 10.1.99.1" \
		"route add default via fd01:99::1" |
		ip -n server2 -batch - 2>&1) || box_failed server2 "$said"
	said=$({
		on "$router" ip rule add fwmark 1 table 7 &&
		on "$router" ip -6 rule add fwmark 1 table 7 &&
		on "$router" ip route add default via 10.1.99.2 table 7 &&
		on "$router" ip -6 route add default via fd01:99::2 table 7
	} 2>&1) || box_failed "$router" "$said"
	start_server server2 "$lab_dir/servers/httpd" 80 443
}

to_second() {		# TOOL RULE...
	local router=r$hops from=(-i eth0)

	((!LAB_UPLINKS)) || router=x from=()
	rule "$1" "$router" mangle PREROUTING "${from[@]}" -p tcp \
		-m multiport --dports 80,443 "${@:2}" -j MARK --set-mark 1
}
