# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# A lab with vantage points: namespaces behind the client, which forwards, each
# with its link and address, 10.0.(16 + NUMBER).2; and a NATS server in one of
# them. LAB_NAME is a lab with --hops 1 --many N; files are in $fleet_tmp.

declare -gA vantage_pid	# of the process that keeps each namespace
nats_url=nats://10.0.31.2:4222

in_lab() {		# NODE COMMAND...
	lab/lab run --name "$LAB_NAME" --on "$1" "${@:2}"
}

# In place of this process.
go_to() {		# VANTAGE COMMAND...
	exec lab/lab run --name "$LAB_NAME" nsenter \
		--net="/proc/${vantage_pid[$1]}/ns/net" -- "${@:2}" 3>&-
}

at() {			# VANTAGE COMMAND...
	(go_to "$@")
}

add_vantage() {		# NAME NUMBER, 0 to 15
	local net=10.0.$((16 + $2)) pid here

	here=$(readlink /proc/self/ns/net)
	(exec lab/lab run --name "$LAB_NAME" unshare --net \
		sh -c 'echo ready && exec sleep infinity' \
		>"$fleet_tmp/ready.$1" 3>&-) &
	pid=$!
	until [[ -s $fleet_tmp/ready.$1 ]]; do sleep 0.02; done
	[[ $(readlink "/proc/$pid/ns/net") != "$here" ]] || return
	vantage_pid[$1]=$pid
	printf '%s\n' "link add v$2 type veth peer name eth0 netns $pid" \
		"address add $net.1/24 dev v$2" "link set v$2 up" |
		in_lab client ip -batch - || return
	printf '%s\n' 'link set lo up' "address add $net.2/24 dev eth0" \
		'link set eth0 up' "route add default via $net.1" |
		at "$1" ip -batch -
}

# w1 to wN, and nats.
add_vantages() {	# N
	local i

	in_lab r1 ip route add 10.0.16.0/20 via 10.0.1.1 &&
		in_lab client sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' &&
		add_vantage nats 15 || return
	for ((i = 1; i <= $1; i++)); do
		add_vantage "w$i" $i || return
	done
}

remove_vantages() {
	kill -KILL "${vantage_pid[@]}" 2>/dev/null || true
	wait "${vantage_pid[@]}" 2>/dev/null || true
}

# $nats_pid: with all that it has on disk.
start_nats() {
	: >"$fleet_tmp/nats.log"
	(go_to nats nats-server --addr 10.0.31.2 --port 4222 --jetstream \
		--store_dir "$fleet_tmp/jetstream" "$@" \
		>"$fleet_tmp/nats.log" 2>&1) &
	nats_pid=$!
	until grep -q 'Server is ready' "$fleet_tmp/nats.log"; do
		kill -0 $nats_pid 2>/dev/null || {
			cat "$fleet_tmp/nats.log"
			return 1
		}
		sleep 0.05
	done
}

stop_nats() {		# SIGNAL
	kill "-$1" "$nats_pid"
	wait "$nats_pid" 2>/dev/null || true
}

# What is sent to the NATS server, and by it, gets nowhere.
cut_network() {
	in_lab client ip route add blackhole 10.0.31.2/32
}

mend_network() {
	in_lab client ip route delete blackhole 10.0.31.2/32
}

fleet() {		# COMMAND ARGUMENT...
	at nats ./mpprobe-fleet "$1" -s "$nats_url" "${@:2}"
}

# In the background: $worker_pid[VANTAGE].
declare -gA worker_pid
start_worker() {	# VANTAGE SURVEY ARGUMENT...
	(go_to "$1" ./mpprobe-fleet work -s "$nats_url" \
		--mpprobe ./mpprobe -d "$fleet_tmp/$1" "${@:3}" "$2" \
		>>"$fleet_tmp/$1.log" 2>&1) &
	worker_pid[$1]=$!
}

# "10.128.0.1 v1" of each address of a space of SIZE, of which ADDRESSES answer.
truth_of() {		# ADDRESSES SIZE
	local n

	lab/servers/many -n "$1" -t | head -n "$2"
	for ((n = $1; n < $2; n++)); do
		echo "10.$((128 + n / 65536)).$((n / 256 % 256)).$((n % 256)) silent"
	done
}

found_in() {		# DIR
	sed -n 's/.*"address":"\([^"]*\)","port":80},"class":"\([a-z0-9_]*\)".*/\1 \2/p' \
		"$1/results.jsonl"
}

# Prints what differs.
compare_to_truth() {	# DIR ADDRESSES SIZE
	diff <(truth_of "$2" "$3" | sort) <(found_in "$1" | sort)
}
