#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The recipe of the man page that makes settings of SOCKS proxies, taken out of
# it and run on reports that are known.

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
