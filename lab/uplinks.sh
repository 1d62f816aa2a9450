# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# --uplinks N: a client with several uplinks to one server. holder.sh reads this
# file last, so that what it defines takes the place of the one path.
#
#     client eth0 - a1 .. aH -.
#     client eth1 - b1 .. bH - x - server
#     client tun0 ------------'
#
# Link K of chain a is 10.71.K.0/24 and fd71:K::/64, of b 10.72.K.0/24; tun0 is
# 10.99.0.0/24 and fd99::/64, raw IP; the server is 10.70.0.2 and fd70::2. On
# routers eth0 is toward the client and eth1 toward the server; on x eth0 is
# chain a and eth2 chain b. The client has a routing table for each uplink, which
# rules by source name, and prefers eth0 otherwise.

chains=(a b)
nodes=(client)
for chain in "${chains[@]}"; do
	for ((hop = 1; hop <= hops; hop++)); do
		nodes+=("$chain$hop")
	done
done
nodes+=(x server)
readonly chains

chain_number() {	# CHAIN
	case $1 in
	a) echo 71 ;;
	b) echo 72 ;;
	esac
}

# Boxes know a router by its hop, as r3.
name_routers() {
	local node

	for node in "${nodes[@]:1:${#nodes[@]} - 2}"; do
		ln -s "$node" "/run/netns/r$node" || return
	done
}

write_hosts() {
	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' \
		'10.71.1.1 client.lab client' 'fd71:1::1 client.lab client' \
		'10.70.0.2 server.lab server' 'fd70::2 server.lab server'
}

links() {
	local chain hop before west index=10

	echo 'link add eth1 index 3 netns x type veth' \
		'peer name eth0 index 2 netns server'
	for chain in "${chains[@]}"; do
		before=client west=eth0 last_end=eth0
		[[ $chain == a ]] || west=eth1 last_end=eth2
		for ((hop = 1; hop <= hops; hop++)); do
			echo "link add $west index $index netns $before" \
				"type veth peer name eth0 index $((index + 1))" \
				"netns $chain$hop"
			before=$chain$hop west=eth1 index=$((index + 2))
		done
		echo "link add $west index $index netns $before type veth" \
			"peer name $last_end index $((index + 1)) netns x"
		index=$((index + 2))
	done
}

chain_address() {	# INTERFACE CHAIN LINK SIDE
	local n

	n=$(chain_number "$2")
	echo "address add 10.$n.$3.$4/24 dev $1"
	echo "address add fd$n:$3::$4/64 dev $1 nodad"
	echo "link set $1 up"
}

plain_address() {	# INTERFACE IPV4 IPV6
	echo "address add $2/24 dev $1"
	echo "address add $3/64 dev $1 nodad"
	echo "link set $1 up"
}

# Toward the client.
chain_routes() {	# CHAIN LINKS-BEHIND SIDE-OF-LINK
	local n hop

	n=$(chain_number "$1")
	for ((hop = 1; hop < $2; hop++)); do
		echo "route add 10.$n.$hop.0/24 via 10.$n.$2.1"
		echo "route add fd$n:$hop::/64 via fd$n:$2::1"
	done
}

forward_routes() {	# IPV4-GATEWAY IPV6-GATEWAY [MORE]
	echo "route add 10.64.0.0/10 via $1 ${3:-}"
	echo "route add fd00::/8 via $2 ${3:-}"
}

addresses() {		# INDEX
	local node=${nodes[$1]} chain hop

	echo 'link set lo up'
	case $node in
	client)
		chain_address eth0 a 1 1
		chain_address eth1 b 1 1 ;;
	x)
		chain_address eth0 a $((hops + 1)) 2
		chain_address eth2 b $((hops + 1)) 2
		chain_routes a $((hops + 1))
		chain_routes b $((hops + 1))
		plain_address eth1 10.70.0.1 fd70::1 ;;
	server)
		plain_address eth0 10.70.0.2 fd70::2
		forward_routes 10.70.0.1 fd70::1 ;;
	*)
		chain=${node:0:1} hop=${node:1}
		chain_address eth0 "$chain" "$hop" 2
		chain_address eth1 "$chain" $((hop + 1)) 1
		chain_routes "$chain" "$hop"
		chain=$(chain_number "$chain")
		forward_routes "10.$chain.$((hop + 1)).2" \
			"fd$chain:$((hop + 1))::2" ;;
	esac
}

disable_offloads() {	# NODE
	local interface

	for interface in $(ip -n "$1" -br link | grep -o '^eth[0-9]'); do
		on "$1" ethtool -K "$interface" \
			tx off rx off tso off gso off gro off || return
	done
}

set_node_sysctls() {	# INDEX
	local node=${nodes[$1]} kind=r

	[[ $node != client && $node != server ]] || kind=$node
	node_sysctls "$kind" | write_sysctls "$node"
}

# One of the ways: a table of its own, and less preferred than those before.
client_way() {		# TABLE INTERFACE ADDRESS4 ADDRESS6 GATEWAY4 GATEWAY6
	local metric=$((($1 - 70) * 100))

	{
		forward_routes "$5" "$6" "dev $2 table $1"
		forward_routes "$5" "$6" "dev $2 metric $metric"
		echo "rule add from $3 table $1"
	} | ip -n client -batch - &&
		on client ip -6 rule add from "$4" table "$1"
}

tunnel() {
	start_server client "$lab_dir/tunnel" /run/netns/client /run/netns/x \
		tun0
	{
		plain_address tun0 10.99.0.1 fd99::1 | ip -n client -batch - &&
			plain_address tun0 10.99.0.2 fd99::2 |
			ip -n x -batch -
	} 2>&1
}

build_ways() {
	local said

	if ((LAB_UPLINKS > 2)); then
		said=$(tunnel) || die "cannot make the tunnel: $said"
	fi
	said=$({
		client_way 71 eth0 10.71.1.1 fd71:1::1 10.71.1.2 fd71:1::2 &&
		client_way 72 eth1 10.72.1.1 fd72:1::1 10.72.1.2 fd72:1::2 &&
		((LAB_UPLINKS < 3)) ||
		client_way 73 tun0 10.99.0.1 fd99::1 10.99.0.2 fd99::2
	} 2>&1) || die "cannot make the routes of the client: $said"
	name_routers || die 'cannot name the routers'
}

# ---- boxes ----------------------------------------------------------------

box_balance_by_source() {
	[[ $1 == x ]] || box_failed "r$1" 'only x can be it'
	second_server
	to_second iptables -s 10.72.0.0/16
	to_second ip6tables -s fd72::/16
}

box_source_filter() {
	local n

	n=$(chain_number "${1:0:1}")
	rule iptables "r$1" mangle PREROUTING -i eth0 ! -s "10.$n.0.0/16" \
		-j DROP
	rule ip6tables "r$1" mangle PREROUTING -i eth0 ! -s "fd$n::/16" \
		-p tcp -j DROP
}

box_no_policy_route() {
	local family

	for family in -4 -6; do
		while on client ip $family rule del table 72 2>/dev/null; do
			:
		done
	done
	[[ -z $(on client ip rule show table 72) ]] ||
		box_failed client 'the rule is still there'
}

# What the server sends to the address of eth1 comes by chain a.
box_other_return() {
	local node hop

	[[ $1 == x ]] || box_failed "r$1" 'only x can be it'
	for node in x "${nodes[@]:1:hops}"; do
		hop=${node#a}
		[[ $node != x ]] || hop=$((hops + 1))
		detour_routes "$node" \
			"replace 10.72.1.0/24 via 10.71.$hop.1" \
			"replace fd72:1::/64 via fd71:$hop::1"
	done
}
