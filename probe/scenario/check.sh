#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds mpprobe-scenario(7) to the program: every function of scripts, every
# option and every field of a subflow that C registers is in it, and no
# function that does not exist; and both of its examples are scripts that
# declare themselves and replay or end with a message.
#   probe/scenario/check.sh [MPPROBE [PAGE]]
set -eu
export LC_ALL=C
program=${1:-./mpprobe}
page=${2:-man/mpprobe-scenario.7}
dir=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

complain() {
	echo "$page: $*"
	status=1
}

lint=$(mandoc -Tlint -W warning "$page" 2>&1) || true
[ -z "$lint" ] || complain "$lint"

# The rows of the table of that name: {"name", ...
rows() {		# FILE TABLE
	awk -v table="$2" '
		$0 ~ table "\\[\\] = \\{" { inside = 1; next }
		/^(\t)?\};|^\} / { inside = 0 }
		inside {
			while (match($0, /\{"[a-z_]+",($| [^"])/)) {
				row = substr($0, RSTART + 2)
				print substr(row, 1, index(row, "\"") - 1)
				$0 = substr($0, RSTART + RLENGTH - 1)
			}
		}' "$dir/$1"
}

{
	rows vocabulary.c globals
	rows options.c kinds
	sed -n 's/^.*"function \([a-z_]*\)(.*/\1/p' "$dir/vocabulary.c"
	rows subflow.c methods | sed 's/^/s:/'
	sed -n 's/^\tlua_setglobal(L, "\([a-z_]*\)");/\1/p' "$dir/subflow.c"
} | sort >"$tmp/functions"
sed -n 's/^\.It Fn \([a-z_:]*\).*/\1/p' "$page" | sort -u >"$tmp/page"
for name in $(comm -23 "$tmp/functions" "$tmp/page"); do
	complain "the function $name is missing"
done
for name in $(comm -13 "$tmp/functions" "$tmp/page"); do
	complain "the function $name does not exist"
done
for name in $(rows subflow.c values); do
	grep -q "^\.It Va $name\$" "$page" ||
		complain "the field $name of a subflow is missing"
done
[ "$(wc -l <"$tmp/functions")" -gt 30 ] || complain "the tables were not found"

# The examples, between .Bd -literal and .Ed
awk -v tmp="$tmp" '/^\.Bd -literal/ { n++; inside = 1; next }
	/^\.Ed/ { inside = 0 }
	inside { print >(tmp "/example" n ".lua") }' "$page"
for example in 1 2; do
	said=$("$program" run --replay "$dir/../../pcaps/v0/plain.pcap" \
		"$tmp/example$example.lua" 2>&1) && code=0 || code=$?
	# It is another exchange, so only the first segment is looked at.
	case $code:$said in
	65:*"sends mss 1460, MP_CAPABLE"*) ;;
	*) complain "example $example: $said" ;;
	esac
done
exit $status
