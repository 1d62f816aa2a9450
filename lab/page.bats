#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The page of --html: from a run in a lab, read again, and as a browser has it.

load suite

LAB=(--hops 6 --box strip@3)
HOST=10.0.7.2

# What tidy says of a page; it knows little of SVG.
complaints() {		# FILE
	command -v tidy >/dev/null || skip "no tidy"
	tidy -q -e "$1" 2>&1 | grep -v '<svg> proprietary attribute' || true
}

# Of a run, made once for all tests.
setup_file() {
	begin_suite
	local file=$BATS_FILE_TMPDIR/strip

	on client ./mpprobe --html "$file.html" --svg "$file.svg" \
		-w "$file.pcap" -o "$file.txt" "$HOST" || (($? == 1))
}

setup() {
	begin_test
	strip=$BATS_FILE_TMPDIR/strip
}

@test "page: of a run, and the same verdict when it is read" {
	local live

	live=$(sed '/^$/,$d' "$strip.txt" | tr '\n' ' ')
	run ./mpprobe read -q "$strip.html"
	echo "$output"
	((status == 1))
	[[ "$output " == "$live" ]]
	./mpprobe read -v "$strip.html" | grep '^hop  address'
	./mpprobe compare "$strip.html" "$strip.pcap" | grep -F strip.html
}

@test "page: has what its reader needs" {
	local digest word

	digest=$(sha256sum <"$strip.pcap")
	for word in '<h1>MPTCP is blocked on this path</h1>' \
		"${digest%% *}" '<code>strip.pcap</code>' \
		'mpprobe --html' '<mark>01</mark>' 'hop 3 (10.0.3.2)' \
		"default-src 'none'"; do
		echo "$word"
		grep -qF -- "$word" "$strip.html"
	done
	(($(grep -c '<script' "$strip.html") == 1))
	run grep -E 'https?://|url\(| on[a-z]+=| style=' "$strip.html"
	((status == 1))
}

@test "page: valid, of each kind" {
	local file=$tmp/page.html name

	for name in lab/drop-join lab/clean-v6 lab/proxy uplinks/clear \
		read/failover read/router-strip lab/reset; do
		./mpprobe read -q --html "$file" pcaps/$name.pcap >/dev/null ||
			(($? <= 3))
		run complaints "$file"
		echo "$name: $output"
		[[ -z $output ]]
	done
	./mpprobe compare -q --html "$file" pcaps/lab/{strip,clean-v4}.pcap ||
		(($? <= 1))
	run complaints "$file"
	echo "$output"
	[[ -z $output ]]
	run complaints "$strip.html"
	[[ -z $output ]]
}

@test "page: the picture alone, and the letter" {
	local digest

	[[ $(<"$strip.svg") == '<svg xmlns="http://www.w3.org/2000/svg"'* ]]
	grep -F 'MP_CAPABLE is removed</text>' "$strip.svg"
	grep -F '10.0.7.2 port 80' "$strip.svg"
	run --separate-stderr ./mpprobe read --letter "$strip.pcap"
	echo "$output"
	((status == 1 && ${#lines[@]} <= 22))
	digest=$(sha256sum <"$strip.pcap")
	for word in "Subject: Multipath TCP" "MP_CAPABLE is removed" "hop 3 (10.0.3.2)" \
		"1e040101" "as hop 4 quotes it" "RFC 8684 3.1" \
		"strip-mptcp-option" "${digest%% *}"; do
		[[ $output == *"$word"* ]]
	done
	run ./mpprobe read --letter pcaps/lab/clean-v4.pcap
	((status == 0)) && [[ $output == "Nothing to write"* ]]
	run ./mpprobe read --letter -j pcaps/lab/strip.pcap
	((status == 64))
}

@test "page: no other file is lost" {
	local file=$tmp/page.html

	run ./mpprobe read --html pcaps/lab/strip.pcap pcaps/lab/strip.pcap
	((status == 64)) && [[ $output == *"would replace the input"* ]]
	run ./mpprobe read -o "$file" --html "$file" pcaps/lab/strip.pcap
	((status == 64)) && [[ $output == *"the same file"* ]]
	run ./mpprobe read --svg "$file" --html "$file" pcaps/lab/strip.pcap
	((status == 64)) && [[ $output == *"--html and --svg name the same"* ]]
	run ./mpprobe read --html /nowhere/page pcaps/lab/strip.pcap
	((status == 74)) && [[ $output == *"/nowhere/page"* ]]
	run ./mpprobe read -x --html "$file" pcaps/lab/strip.pcap
	((status == 64))
	[[ ! -e $file ]]
	echo kept >"$file"
	run ./mpprobe read --html "$file" /dev/null
	((status == 65))
	[[ $(<"$file") == kept ]]
}

@test "page: one of somebody else" {
	local file=$tmp/page.html

	echo '<html><p>nothing of ours</html>' >"$file"
	run ./mpprobe read "$file"
	((status == 65)) && [[ $output == *"no report of mpprobe is in it"* ]]
	sed 's/"mp_capable.removed"/"new.finding"/' "$strip.html" >"$file"
	run ./mpprobe read "$file"
	((status == 1)) && [[ $output == *"new.finding"* ]]
}
