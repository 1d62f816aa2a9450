#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check.sh MPPROBE - what it prints as JSON of every capture in the tree, and of
# this host, fits the schemas.

set -eu
cd "$(dirname "$0")/../.."
lines=$(mktemp)
trap 'rm -f "$lines" "$lines.ids" "$lines.doctor"' EXIT
"$1" list >"$lines.ids"
for capture in pcaps/*/*.pcap pcaps/*/*.pcapng; do
	"$1" read -v -j "$capture" || [ $? -lt 71 ]
	"$1" compare -j "$capture" || [ $? -lt 71 ]
done >"$lines" 2>/dev/null
for capture in pcaps/read/*.pcap pcaps/forged/*.pcap; do
	"$1" read -x -j "$capture" || [ $? -lt 71 ]
done 2>/dev/null | awk 'NR % 10 == 1' >>"$lines"
for scenario in compliant bad-dss-checksum; do
	"$1" run -j --replay "pcaps/v0/$scenario.pcap" "$scenario" || [ $? -lt 71 ]
done >>"$lines"
"$1" doctor -j >"$lines.doctor" || [ $? -lt 71 ]
"$1" doctor -j --since "$lines.doctor" >>"$lines" || [ $? -lt 71 ]
report/validate.py --findings "$lines.ids" "$lines" pcaps/*/*.json
