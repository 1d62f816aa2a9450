#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds the man page of mpprobe-fleet to the program: every command and option of
# -h is in it, and none that the program does not have.
#   probe/fleet/man_check.sh [MPPROBE-FLEET [PAGE]]
set -eu
export LC_ALL=C
program=${1:-./mpprobe-fleet}
page=${2:-man/mpprobe-fleet.1}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$program" -h >"$tmp/help"
sed -n 's/^  \(-.\), \(--[a-z0-9-]*\).*/\1\n\2/p
	s/^      \(--[a-z0-9-]*\).*/\1/p' "$tmp/help" | sort >"$tmp/options"
sed -n 's/^\.It Fl \([^ ]\) , -\([a-z0-9-]*\).*/-\1\n--\2/p
	s/^\.It Fl -\([a-z0-9-]*\).*/--\1/p' "$page" | sort >"$tmp/options-page"
sed -n 's/^  mpprobe-fleet \([a-z]*\) .*  .*/\1/p' "$tmp/help" |
	sort -u >"$tmp/commands"
sed -n 's/^\.It Nm Cm \([a-z]*\).*/\1/p' "$page" | sort -u >"$tmp/commands-page"
for what in options commands; do
	[ -s "$tmp/$what" ] && diff "$tmp/$what" "$tmp/$what-page" || {
		echo "$page: not the $what of $program" >&2
		exit 1
	}
done
