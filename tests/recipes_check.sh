#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The recipes of the man page, taken out of it and run on reports that are known:
# settings of SOCKS proxies; a check for Nagios and metrics for Prometheus of what
# `mpprobe watch` keeps.

set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The literal block that has this line, as a reader sees it: LINE
block() {
	awk -v line="$1" '
		/^\.Bd -literal/ { inside = 1; text = ""; next }
		/^\.Ed/ { if (index(text, line)) printf "%s", text; inside = 0 }
		inside { gsub(/\\e/, "\\"); text = text $0 "\n" }
	' man/mpprobe.1
}

reports=pcaps/uplinks
block 'def destinations:' >"$tmp/proxies.jq"
block 'include "proxies"' >"$tmp/commands"
[ -s "$tmp/proxies.jq" ] && [ "$(wc -l <"$tmp/commands")" = 2 ]

# The same address is one destination, whatever its reports are.
run() {			# REPORT...
	cat "$@" >"$tmp/runs.json"
	(cd "$tmp" && sh -eu ./commands)
}

expect() {		# WHAT, as standard input has it; REPORT...
	what=$1
	shift
	run "$@" >"$tmp/said"
	cat >"$tmp/right"
	diff "$tmp/right" "$tmp/said" || {
		echo "$what: this is not what the man page makes of it" >&2
		exit 1
	}
}

expect 'two uplinks that join, IPv4; of IPv6 one that does not' \
	$reports/clear.json $reports/strip-behind-silence.json \
	$reports/balanced-ip6.json <<-'END'
	10.70.0.2,1,default,fullmesh,
	fd70::2,1,default,default,
	.
	{"enable":true,"ip":"10.70.0.2","path_manager":"fullmesh","scheduler":"default"}
	{"enable":true,"ip":"fd70::2","path_manager":"default","scheduler":"default"}
END

expect 'no subflow is taken' $reports/limit.json <<-'END'
	10.70.0.2,1,default,default,
	.
	{"enable":true,"ip":"10.70.0.2","path_manager":"default","scheduler":"default"}
END

sed 's/"status": *"[a-z]*"/"status": "blocked"/' $reports/clear.json \
	>"$tmp/blocked.json"
sed -i 's/"result": *"joined"/"result": "plain"/g; s/"status": *"clear"/"status": "blocked"/g' \
	"$tmp/blocked.json"
expect 'blocked everywhere' "$tmp/blocked.json" <<-'END'
	10.70.0.2,0,default,default,
	.
	{"enable":false,"ip":"10.70.0.2","path_manager":"default","scheduler":"default"}
END

expect 'one uplink: no destination' pcaps/lab/strip.json <<-'END'
	.
END

# --- what watch keeps ---------------------------------------------------------

block 'check_mptcp DIR HOST' >"$tmp/check_mptcp"
block 'mpprobe_mptcp_works' >"$tmp/prometheus.jq"
block 'do jq -r -f' >"$tmp/collect"
[ -s "$tmp/check_mptcp" ] && [ -s "$tmp/prometheus.jq" ] && [ -s "$tmp/collect" ]
mkdir "$tmp/runs" "$tmp/bin"
ln -s "$PWD/mpprobe" "$tmp/bin/mpprobe"
PATH=$tmp/bin:$PATH

keep() {		# TIME HOST REPORT
	jq -c --arg host "$2" '.target.name = $host' "$3" \
		>"$tmp/runs/$1_$2.json"
}

keep 20261128T072903.512Z server.example.org pcaps/lab/strip.json
keep 20261128T082903.512Z server.example.org pcaps/lab/clean-v4.json
keep 20261128T082904.512Z www.example.org pcaps/lab/strip.json
keep 20261128T082905.512Z server.example.org.uk pcaps/lab/strip.json
keep 20261128T082903.512Z plain.example.org pcaps/lab/unsupported.json

nagios() {		# CODE WORD HOST [MINUTES]
	code=$1 word=$2
	shift 2
	status=0
	text=$(sh "$tmp/check_mptcp" "$tmp/runs" "$@") || status=$?
	case $status:$text in
	"$code:$word: "*) ;;
	*)	echo "check_mptcp $*: $status, $text" >&2
		exit 1 ;;
	esac
}

nagios 0 OK server.example.org
nagios 2 CRITICAL www.example.org
nagios 1 WARNING plain.example.org
nagios 3 UNKNOWN nowhere.example.org
touch -d '3 hours ago' "$tmp"/runs/*_server.example.org.json
nagios 3 UNKNOWN server.example.org
nagios 0 OK server.example.org 200

(cd "$tmp" && sh -eu ./collect)
sed 's/\(timestamp_seconds.* \)[0-9]*$/\1TIME/' "$tmp/mpprobe.prom" >"$tmp/said"
diff - "$tmp/said" <<-'END'
	mpprobe_mptcp_works{host="server.example.org",port="80"} 1
	mpprobe_verdict{host="server.example.org",port="80",status="clear"} 1
	mpprobe_findings{host="server.example.org",port="80"} 0
	mpprobe_run_timestamp_seconds{host="server.example.org",port="80"} TIME
	mpprobe_mptcp_works{host="www.example.org",port="80"} 0
	mpprobe_verdict{host="www.example.org",port="80",status="blocked"} 1
	mpprobe_findings{host="www.example.org",port="80"} 1
	mpprobe_run_timestamp_seconds{host="www.example.org",port="80"} TIME
END
