#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds the man page to the program: every command and option of `mpprobe -hh`
# and every finding of `mpprobe list`, with its title, is in it, and none that
# the program does not have; and every check of doctor.
#   probe/cli/man_check.sh [MPPROBE [PAGE]]
set -eu
export LC_ALL=C
program=${1:-./mpprobe}
page=${2:-man/mpprobe.1}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

lint=$(mandoc -Tlint -W warning "$page" 2>&1) || true
if [ -n "$lint" ]; then
	printf '%s\n' "$lint"
	exit 1
fi

# "-m, --max-ttl" of the help and the lists of the page, one option a line
"$program" -hh >"$tmp/help"
sed -n 's/^  \(-.\), \(--[a-z0-9-]*\).*/\1\n\2/p
	s/^      \(--[a-z0-9-]*\).*/\1/p' "$tmp/help" |
	sort -u >"$tmp/options"
sed -n 's/^\.It Fl \([^ ]\) , -\([a-z0-9-]*\).*/-\1\n--\2/p
	s/^\.It Fl -\([a-z0-9-]*\).*/--\1/p' "$page" |
	sort -u >"$tmp/options-page"

sed -n 's/^  mpprobe \([a-z][a-z]*\)\( .*\)*$/\1/p' "$tmp/help" |
	sort -u >"$tmp/commands"
sed -n 's/^\.It Nm Cm \([a-z]*\).*/\1/p' "$page" | sort -u >"$tmp/commands-page"

"$program" list >"$tmp/list"
sed -n 's/^\([a-z_]*\.[a-z_]*\)  *[a-z]*  *\(.*\)/\1:\2/p' "$tmp/list" |
	tr 'A-Z ' 'a-z_' | sort >"$tmp/findings"
sed -n '/^\.It Ic [a-z_]*\.[a-z_]*$/{
	s/^\.It Ic //
	N
	s/\n/:/
	s/\.$//
	p
	}' "$page" | tr 'A-Z ' 'a-z_' | sort >"$tmp/findings-page"

status=0
for what in commands options findings; do
	if [ ! -s "$tmp/$what" ]; then
		echo "$program shows no $what"
		status=1
	fi
	for word in $(comm -23 "$tmp/$what" "$tmp/$what-page"); do
		echo "$page: $word is missing"
		status=1
	done
	for word in $(comm -13 "$tmp/$what" "$tmp/$what-page"); do
		echo "$page: $word is not known to $program"
		status=1
	done
done
# What doctor looks at, by the rows of its table.
for id in $(sed -n 's/^	{"\([a-z_.]*\)", check_.*/\1/p' \
	"$(dirname "$0")/../doctor/checks.c"); do
	sed -n '/^\.Sh THE DOCTOR/,/^\.Sh FINDINGS/s/^\.It //p' "$page" |
		tr -d ' ' | tr , '\n' | grep -qxF "$id" || {
		echo "$page: doctor's $id is missing"
		status=1
	}
done
exit $status
