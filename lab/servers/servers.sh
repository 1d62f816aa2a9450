# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The servers of the lab: what answers on ports 80 and 443, one row in the
# table and one function each. server_NAME (dashes become underscores) runs as
# the holder and may use on, die, both, start_server and $net4, $net6 of holder.sh.
# Ports 8080 (plain TCP) and 9080 (MPTCP v0) are the same in every lab.

# name | description
servers_table='
keep-alive|HTTP/1.1 that keeps connections open; limit 2
fin|closes behind its answer, with FIN and DATA_FIN
fastclose|closes behind its answer with data unread: MP_FASTCLOSE
deferring|accepts when data has come: TCP_DEFER_ACCEPT
mute|takes what comes and never says a word
banner|speaks first, as SSH does, and then answers nothing
hanging-up|closes at the first line, as SOCKS and SSH servers do
tls|refuses HTTP with a TLS alert, and closes
https|haproxy with TLS on both ports
socks|microsocks, which refuses HTTP and closes
large|every answer has 300 kB, in many segments
no-subflows|takes no second subflow: limit 0
few-subflows|takes one second subflow: limit 1
checksums|asks for DSS checksums
cookies|answers every SYN with a SYN cookie
flag-c|forbids joins to its address (flag C) and announces none
flag-c-port|flag C, and announces its address with port 9999
flag-c-address|flag C, and announces a second address
announcing|announces a second address that can be joined
announcing-fin|announces a second address, and closes behind its answer
announcing-fastclose|the same, with data unread: MP_FASTCLOSE
announcing-private|announces an address that nothing routes to
announcing-silent|announces an address at which nobody answers
rst-every-other|every second SYN is answered by a RST
backlog|one connection may wait to be accepted
balanced-flows|two servers that share no tokens: each flow to one of them
balanced-sources|the same, each client to one of them
balanced-packets|the same, each packet to the other of them
no-checksum|as Linux 5.10: flag A gets plain TCP, any token an MP_JOIN
garbage-no-dss|broken: MP_CAPABLE comes back, and no DSS ever
garbage-echo|broken: plain TCP that echoes the options it does not know
garbage-options|broken: options of random kinds in all that it sends
garbage-mptcp|broken: plain TCP with MPTCP options of random content
garbage-window|broken: its window is 0, it takes no data
garbage-storm|broken: every SYN/ACK comes fifty times
garbage-endless|broken: sends data without end, and asks for none
garbage-addresses|broken: announces 400 addresses with each segment
tcp|speaks no MPTCP: plain TCP
'

# Sets $server. Dashes do not count.
find_server() {		# NAME
	local name _

	while IFS='|' read -r name _; do
		[[ -n $name && ${name//-/} == "${1//-/}" ]] || continue
		server=$name
		return 0
	done <<<"$servers_table"
	return 1
}

list_servers() {
	local name text

	while IFS='|' read -r name text; do
		[[ -z $name ]] || printf '%-18s %s\n' "$name" "$text"
	done <<<"$servers_table"
}

# ---- tools ----------------------------------------------------------------

web() {			# OPTION...
	start_server server "$lab_dir/servers/httpd" "$@" 80 443
}

set_server() {		# KEY VALUE
	echo "${1//.//}=$2" | write_sysctls server >/run/said ||
		die "cannot set on the server: $(</run/said)"
}

mptcp_on_server() {	# ARGUMENT...
	local said

	said=$(on server ip mptcp "$@" 2>&1) || die "ip mptcp $*: $said"
}

# More addresses of the server, on the last link: .9 and ::9.
add_address() {		# IPV4 IPV6
	local said

	said=$({
		on server ip address add "$1/24" dev eth0 &&
		on server ip address add "$2/64" dev eth0 nodad
	} 2>&1) || die "cannot add an address: $said"
}

announce() {		# IPV4 IPV6 [ARGUMENT...]
	mptcp_on_server endpoint add "$1" "${@:3}" signal
	mptcp_on_server endpoint add "$2" "${@:3}" signal
}

# A stack as the program lab/boxes/box makes it of the kernel's.
garble() {		# BEHAVIOUR KEY=VALUE...
	start_server server "$lab_dir/boxes/box" 0 "$@"
	both server mangle INPUT -p tcp -m multiport --dports 80,443 \
		-j NFQUEUE --queue-num 0
	both server mangle OUTPUT -p tcp -m multiport --sports 80,443 \
		-m mark --mark 0 -j NFQUEUE --queue-num 1
}

# ---- the servers ----------------------------------------------------------

server_keep_alive() {
	web
}

server_fin() {
	web -m fin
}

server_fastclose() {
	web -m fastclose
}

server_deferring() {
	web -m defer
}

server_mute() {
	web -m mute
}

server_banner() {
	web -m banner
}

server_hanging_up() {
	web -m hang-up
}

server_tls() {
	web -m tls
}

server_https() {
	local pem=/run/https.pem config=/run/https.cfg said

	said=$(openssl req -x509 -newkey ec -pkeyopt \
		ec_paramgen_curve:prime256v1 -nodes -days 9 \
		-subj /CN=server.lab -keyout "$pem.key" -out "$pem" 2>&1) ||
		die "openssl: $said"
	cat >"$config" <<-END
		defaults
			mode http
			timeout client 1h
		frontend web
			bind 0.0.0.0:80,0.0.0.0:443 ssl crt $pem
			bind [::]:80,[::]:443 v6only ssl crt $pem
			http-request return status 200 content-type text/plain string "mpprobe lab server\n"
	END
	said=$(on server mptcpize run haproxy -q -D -f "$config" 2>&1) ||
		die "haproxy: ${said:-cannot start}"
}

server_socks() {
	local port

	for port in 80 443; do
		on server mptcpize run microsocks -i :: -p "$port" \
			>/dev/null 2>&1 &
		wait_for_port server "$port"
	done
}

server_large() {
	web -m large
}

server_no_subflows() {
	mptcp_on_server limits set subflows 0 add_addr_accepted 0
	web
}

server_few_subflows() {
	mptcp_on_server limits set subflows 1 add_addr_accepted 0
	web
}

server_checksums() {
	set_server net.mptcp.checksum_enabled 1
	web
}

server_cookies() {
	set_server net.ipv4.tcp_syncookies 2
	web
}

server_flag_c() {
	set_server net.mptcp.allow_join_initial_addr_port 0
	web
}

server_flag_c_port() {
	set_server net.mptcp.allow_join_initial_addr_port 0
	announce "$net4.2" "$net6::2" port 9999
	web
}

server_flag_c_address() {
	set_server net.mptcp.allow_join_initial_addr_port 0
	server_announcing
}

announce_second() {
	add_address "$net4.9" "$net6::9"
	announce "$net4.9" "$net6::9"
}

server_announcing() {
	announce_second
	web
}

server_announcing_fin() {
	announce_second
	web -m fin
}

server_announcing_fastclose() {
	announce_second
	web -m fastclose
}

server_announcing_private() {
	add_address 192.168.99.9 fdff:99::9
	announce 192.168.99.9 fdff:99::9
	web
}

# The address is the server's own, which takes nothing that is sent to it.
server_announcing_silent() {
	rule iptables server filter INPUT -d "$net4.9" -j DROP
	rule ip6tables server filter INPUT -d "$net6::9" -p tcp -j DROP
	server_announcing
}

server_rst_every_other() {
	both server filter INPUT -p tcp --syn -m multiport --dports 80,443 \
		-m statistic --mode nth --every 2 --packet 1 \
		-j REJECT --reject-with tcp-reset
	web
}

server_backlog() {
	web -m backlog
}

# Its subflow limit is 0.
server_no_checksum() {
	garble without-checksums
	server_no_subflows
}

server_garbage_no_dss() {
	garble cut on=rest way=return
	web
}

server_garbage_echo() {
	garble mirror-all
	web -t
}

server_garbage_options() {
	garble random-options
	web -t
}

server_garbage_mptcp() {
	garble random-mptcp
	web -t
}

server_garbage_window() {
	garble no-window
	web
}

server_garbage_storm() {
	garble storm
	web
}

server_garbage_endless() {
	web -m endless
}

server_garbage_addresses() {
	garble announce-many
	web
}

server_balanced_flows() {
	web
	box_balancer "$hops"
}

server_balanced_sources() {
	web
	second_server
	to_second iptables -s 0.0.0.1/0.0.0.1
	to_second ip6tables -s ::1/::1
}

server_balanced_packets() {
	local tool

	web
	second_server
	for tool in iptables ip6tables; do
		to_second "$tool" -m statistic --mode nth --every 2 --packet 0
	done
}

server_tcp() {
	web -t
}
