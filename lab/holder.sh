# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# holder.sh STATE-DIRECTORY LIFELINE - builds a lab and keeps it.
#
# Runs as the init of new mount, network and PID namespaces (and a user
# namespace, without root), made by `lab`, which passes the plan in LAB_*.
# Speaks on stdout: one line that says what failed, or "ready VIEW" with the
# process whose mount namespace commands shall have. With LIFELINE
# 1 it ends when stdin is closed, with 0 when it is killed.

set -u
umask 022	# programs without rights read /etc/hosts, too
PATH=$PATH:/usr/sbin:/sbin	# where Debian hides ip and iptables from users

lab_dir=$(dirname -- "${BASH_SOURCE[0]}")
# shellcheck source=boxes/boxes.sh
. "$lab_dir/boxes/boxes.sh"
# shellcheck source=servers/servers.sh
. "$lab_dir/servers/servers.sh"

state=$1
lifeline=$2
hops=$LAB_HOPS
last=$((hops + 1))
net4=10.0.$last net6=fd00:$last	# the link of the server
nodes=(client)
for ((hop = 1; hop <= hops; hop++)); do
	nodes+=("r$hop")
done
nodes+=(server)
many4=10.128.0.0/15 many6=fd00:ffff::/110	# of --many
readonly state lifeline hops last many4 many6
((LAB_UPLINKS == 0)) || net4=10.70.0 net6=fd70

# Ends the lab. Only the first line of a tool's complaint is of use.
die() {
	printf '%s\n' "${1%%$'\n'*}"
	exit 71
}

# Runs a command in a node. Not by `ip netns exec`, which mounts /sys anew.
on() {			# NODE COMMAND...
	local node=$1

	shift
	nsenter --net="/run/netns/$node" -- "$@"
}

# ---- the path -------------------------------------------------------------

# /run/netns on a tmpfs of our own.
mount_private_run() {
	mount -t tmpfs -o mode=755 mpprobe-lab /run &&
		mount --make-private /run && mkdir /run/netns || return
	write_hosts >"$state/hosts"
	echo '# no name server in the lab' >"$state/resolv.conf"
}

# The mount namespace for the commands that `lab run` starts: the caller's /run
# is back, names resolve.
# A process keeps that namespace. (A bind mount of it would do, but kernel 6.18
# refuses it at random: it compares namespace ids that differ by CPU.)
make_view() {
	local out said

	# shellcheck disable=SC2016
	exec {out}< <(exec unshare --mount --propagation unchanged bash -c '
		umount -l /run || exit
		for file in hosts resolv.conf; do
			[[ -e /etc/$file ]] || continue
			mount --bind "$1/$file" "/etc/$file" || exit
		done
		read -r process _ </proc/self/stat
		echo "view $process"
		exec sleep infinity </dev/null >/dev/null 2>&1
		' view "$state" 2>&1)
	read -r said <&"$out"
	exec {out}<&-
	[[ $said == view\ * ]] || die "cannot make a mount namespace: $said"
	view=${said#* }
}

write_hosts() {
	local hop

	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' \
		'10.0.1.1 client.lab client' 'fd00:1::1 client.lab client' \
		"10.0.$last.2 server.lab server big.lab" \
		"fd00:$last::2 server.lab server big.lab"
	for ((hop = 1; hop <= hops; hop++)); do
		printf '%s\n' "10.0.$hop.2 r$hop.lab r$hop" \
			"fd00:$hop::2 r$hop.lab r$hop"
	done
}

# Input for ip -batch: one veth pair a link, eth0 toward the client and eth1
# toward the server (the two ends of the path have eth0 only). The ends of a
# pair need different indices: with the same one the kernel takes them for an
# interface without a peer and is in no hurry to open it, up to a second.
links() {
	local hop west=eth0

	for ((hop = 0; hop <= hops; hop++)); do
		echo "link add $west index 3 netns ${nodes[hop]} type veth" \
			"peer name eth0 index 2 netns ${nodes[hop + 1]}"
		west=eth1
	done
}

# Input for ip -batch in one node.
addresses() {		# INDEX (0 client, 1.. routers, last server)
	local west=$1 east=$(($1 + 1))

	echo 'link set lo up'
	if (($1 == 0)); then
		address eth0 1 1
	else
		address eth0 "$west" 2
		(($1 == last)) || address eth1 "$east" 1
	fi
	# Everything toward the server by default, single links toward the
	# client. No default route: nothing leaves the lab, and fast.
	if (($1 < hops)); then
		route 10.0.0.0/19 fd00::/16 "$east" 2
		((!LAB_MANY)) || route "$many4" "$many6" "$east" 2
	elif (($1 == last)); then
		route 10.0.0.0/19 fd00::/16 "$west" 1
	elif ((LAB_MANY)); then
		route "$many4" "$many6" "$east" 2
	fi
	if (($1 < last)); then
		for ((west = $1 - 1; west > 0; west--)); do
			route "10.0.$west.0/24" "fd00:$west::/64" "$1" 1
		done
	fi
}

address() {		# INTERFACE LINK SIDE
	echo "address add 10.0.$2.$3/24 dev $1"
	echo "address add fd00:$2::$3/64 dev $1 nodad"
	echo "link set $1 up"
}

route() {		# IPV4-PREFIX IPV6-PREFIX LINK SIDE
	echo "route add $1 via 10.0.$3.$4"
	echo "route add $2 via fd00:$3::$4"
}

node_sysctls() {	# NODE
	local scope

	for scope in all default; do
		echo "net/ipv4/conf/$scope/rp_filter=0"
		echo "net/ipv6/conf/$scope/disable_ipv6=0"
		echo "net/ipv6/conf/$scope/accept_dad=0"
		echo "net/ipv6/conf/$scope/accept_ra=0"
		echo "net/ipv6/conf/$scope/router_solicitations=0"
	done
	if [[ $1 == r* ]]; then
		echo net/ipv4/ip_forward=1
		echo net/ipv6/conf/all/forwarding=1
		if ((LAB_ICMP_UNLIMITED)); then
			echo net/ipv4/icmp_ratelimit=0
			echo net/ipv6/icmp/ratelimit=0
		fi
	else
		echo net/mptcp/enabled=1
	fi
}

# Writes the sysctls given as PATH=VALUE lines on stdin.
write_sysctls() {	# NODE
	# shellcheck disable=SC2016
	on "$1" bash -c '
		while IFS== read -r key value; do
			{ echo "$value" >"/proc/sys/$key"; } 2>/dev/null && continue
			echo "$key=$value"
			exit 1
		done'
}

# Offloads make captures show segments and checksums that were never sent.
disable_offloads() {	# NODE
	local interface

	for interface in eth0 eth1; do
		[[ $interface == eth1 && $1 != r* ]] ||
			on "$1" ethtool -K "$interface" \
				tx off rx off tso off gso off gro off || return
	done
}

configure_node() {	# INDEX
	local node=${nodes[$1]}

	disable_offloads "$node" &&
		addresses "$1" | ip -n "$node" -batch -
}

# Runs FUNCTION once for each index of nodes[], all at the same time.
for_each_node() {	# FUNCTION WHAT-IT-DOES
	local index jobs=() said

	for index in "${!nodes[@]}"; do
		"$1" "$index" >"/run/said.$index" 2>&1 &
		jobs+=($!)
	done
	for index in "${!nodes[@]}"; do
		wait "${jobs[index]}" || {
			said=$(</run/said."$index")
			die "cannot $2 ${nodes[index]}: ${said##*$'\n'}"
		}
	done
}

set_node_sysctls() {	# INDEX
	local node=${nodes[$1]}

	node_sysctls "$node" | write_sysctls "$node"
}

build_path() {
	local said

	said=$(mount_private_run 2>&1) || die "cannot mount /run: $said"
	make_view
	said=$(printf 'netns add %s\n' "${nodes[@]}" | ip -batch - 2>&1) ||
		die "cannot make network namespaces: $said"
	for_each_node set_node_sysctls 'set sysctls of'
	said=$(links | ip -batch - 2>&1) || die "cannot make links: $said"
	for_each_node configure_node configure
}

# ---- servers and boxes ----------------------------------------------------

# Starts a server that says "ready" when it accepts connections.
start_server() {	# NODE COMMAND...
	local out line

	exec {out}< <(on "$@" 2>&1)
	read -r line <&"$out"
	[[ $line == ready ]] || die "$(basename "$2"): ${line:-died}"
	exec {out}<&-
}

start_servers() {
	local setting key said

	for setting in "${LAB_SYSCTLS[@]}"; do
		[[ -n $setting ]] || continue
		key=${setting%%=*}
		echo "${key//.//}=${setting#*=}"
	done | write_sysctls server >/run/said ||
		die "cannot set on the server: $(</run/said)"
	said=$(on server ip mptcp limits set subflows 2 add_addr_accepted 2 \
		2>&1) || die "ip mptcp limits: $said"
	"server_${LAB_SERVER//-/_}"
	start_server server "$lab_dir/servers/httpd" -t 8080
	start_server server "$lab_dir/servers/v0server" 9080
	((LAB_UDP_UNREACH)) ||
		both server filter INPUT -p udp -j DROP
	((!LAB_MANY)) || start_many
}

# The kernel answers for the first 256 of them itself, and drops what comes for
# the others, as it does not forward.
start_many() {
	local said

	said=$(on server ip route add local "${many4%/*}/24" dev lo 2>&1 &&
		on server ip route add local "${many6%/*}/120" dev lo 2>&1) ||
		die "routes of --many: $said"
	start_server server "$lab_dir/servers/many" -n "$LAB_MANY" eth0
}

install_boxes() {
	local spec place way

	for spec in $LAB_BOXES; do
		place=${spec#*@} way=''
		[[ $spec != *,* ]] || way=${spec##*,}
		install_box "${spec%%[@,]*}" "${place%,*}" "$way"
	done
}

# Every box lets pings pass.
wait_for_path() {
	on client ping -q -n -w 60 -i 0.02 -c 1 "$net4.2" >/run/said &
	on client ping -q -n -w 60 -i 0.02 -c 1 "$net6::2" >/run/said6 ||
		die 'the server does not answer over IPv6'
	wait $! || die 'the server does not answer over IPv4'
}

# Only with --uplinks.
build_ways() {
	:
}

if ((LAB_UPLINKS)); then
	# shellcheck source=uplinks.sh
	. "$lab_dir/uplinks.sh"
fi
mapfile -t LAB_SYSCTLS <<<"$LAB_SYSCTLS"
build_path
build_ways
start_servers
wait_for_path
install_boxes
echo "ready $view" || exit
exec >/dev/null 2>&1
if ((lifeline)); then
	read -r
	exit
fi
exec sleep infinity
