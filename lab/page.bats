#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The page of --html: from a run in a lab, read again, and as a browser has it.

load suite
load browser

LAB=(--hops 6 --box strip@3)
HOST=10.0.7.2

# What tidy says of a page; it knows little of SVG.
complaints() {		# FILE
	command -v tidy >/dev/null || skip "no tidy"
	tidy -q -e "$1" 2>&1 | grep -v '<svg> proprietary attribute' || true
}

need_browser() {
	find_browser || skip "no Chromium"
}

# Sets $complaint to what the console has to say.
browse() {		# ARGUMENT...
	run --separate-stderr in_browser "$@"
	complaint=$(grep -E 'CONSOLE' <<<"$stderr") || true
}

# A page that measures others, in frames so wide: what sticks out of each.
measure() {		# WIDTH PAGE...
	local page

	cat <<-'END'
		<!DOCTYPE html><html><body><script>
		addEventListener("load", () => {
			let text = "";
			for (const frame of document.querySelectorAll("iframe")) {
				const root = frame.contentDocument.documentElement;
				text += " " + (root.scrollWidth - root.clientWidth) +
					"/" + (root.scrollHeight > 1000);
			}
			document.body.textContent = "beyond:" + text + ".";
		});
		</script>
	END
	for page in "${@:2}"; do
		echo "<iframe src=\"file://$page\" width=\"$1\" height=\"800\"" \
			'style="border:0"></iframe>'
	done
	echo '</body></html>'
}

# Pictures of pages: those in lab/pictures, which were looked at. NAME, how the
# page is made, the width of the window, how it is shown.
pictures='
blocked		lab/strip		1600 light
blocked-phone	lab/strip		380 dark
paper		lab/strip		794 paper
in-part		lab/drop-join		1600 dark
in-part-phone	lab/drop-join		380 light
works-ip6	lab/clean-v6		1600 light
uplinks		uplinks/strip-join-at-b2	380 light
proxy		lab/proxy		380 dark
failover	read/failover		1600 dark
compared	compare			1600 light
survey		survey			1600 light
survey-paper	survey			794 paper
vantages-phone	vantages		380 dark
'

# Sets $page. The command line and the name of the capture stand on it.
make_page() {		# NAME CAPTURE
	local name=$1 words

	page=$tmp/$name.html
	cp -r pcaps/lab/strip.pcap pcaps/lab/clean-v4.pcap \
		lab/pictures/surveys/* "$tmp"
	case $2 in
	compare)	words=(compare strip.pcap clean-v4.pcap);;
	survey)		words=(survey --as-table networks --report home);;
	vantages)	words=(survey --as-table networks --report home office
				cloud);;
	*)		cp "pcaps/$2.pcap" "$tmp"
			words=(read "${2##*/}.pcap");;
	esac
	(cd "$tmp" && "$OLDPWD/mpprobe" "${words[0]}" -q --html "$name.html" \
		"${words[@]:1}") || (($? <= 3))
}

# Sets $picture.
picture_of_page() {	# NAME WIDTH light|dark|paper
	picture=$tmp/$1.png
	if [[ $3 == paper ]]; then
		as_on_paper "$page" >"$tmp/on-paper.html"
		take_picture "$tmp/on-paper.html" "$picture" "$2" 2200 0.5 light
	elif (($2 > 1000)); then
		take_picture "$page" "$picture" "$2" 2000 0.5 "$3"
	else
		take_picture "$page" "$picture" "$2" 2400 0.75 "$3"
	fi
}

# Of the list, a few; PICTURES=all: each.
looks_as_before() {	# ; sets $differing
	local name capture width look share

	differing=
	while read -r name capture width look; do
		[[ $name ]] || continue
		make_page "$name" "$capture" >/dev/null
		picture_of_page "$name" "$width" "$look"
		if [[ ${GOLDEN_UPDATE:-} ]]; then
			cp "$picture" "lab/pictures/$name.png"
		fi
		share=$(difference "$PWD/lab/pictures/$name.png" "$picture")
		echo "$name: ${share:-another size} % differs"
		is_alike "${share:-100}" || differing+=" $name"
	done < <([[ ${PICTURES:-} == all ]] && echo "$pictures" ||
		grep -E '^(blocked-phone|in-part|compared|survey)\s' <<<"$pictures")
}

# Another version of a browser draws letters otherwise, and may break a line
# elsewhere; other fonts differ by 10 %, another page by 12.
is_alike() {		# PERCENT
	awk -v "share=$1" 'BEGIN { exit share > 4 }'
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
	[[ "$output " == "$HOST port 80: $live" ]]
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

@test "page: a browser has nothing to complain of, at any width" {
	local width names=(lab/drop-join lab/clean-v6 uplinks/clear read/failover)
	local name pages=() file

	need_browser
	for name in "${names[@]}"; do
		file=$tmp/${name/\//-}.html
		./mpprobe read -q --html "$file" pcaps/$name.pcap >/dev/null ||
			(($? <= 3))
		pages+=("$file")
	done
	for width in 380 1600; do
		measure $width "$strip.html" "${pages[@]}" >"$tmp/all.html"
		browse --dump-dom "file://$tmp/all.html"
		echo "$width: $output $complaint"
		((status == 0)) && [[ -z $complaint ]]
		[[ $output == *"beyond: 0/true 0/true 0/true 0/true 0/true."* ]]
	done
}

@test "page: what is not ours neither runs nor applies" {
	local file=$tmp/page.html

	need_browser
	sed 's/<main>/<main><script>document.title = "run"<\/script>/
		s/<style>/<style>body{width:3000px}/' "$strip.html" >"$file"
	measure 380 "$file" >"$tmp/all.html"
	browse --dump-dom "file://$tmp/all.html"
	echo "$output $complaint"
	[[ $complaint == *"inline script"* && $complaint == *"inline style"* ]]
}

@test "page: looks as it did (GOLDEN_UPDATE=1: it looks right now)" {
	need_browser
	find_fonts || skip "no Liberation fonts"
	looks_as_before
	[[ -z $differing ]]
	# Another page does not.
	! is_alike "$(difference "$PWD"/lab/pictures/{blocked,works-ip6}.png)" || false
}

@test "page: the pictures of README" {
	local file

	need_browser
	find_fonts || skip "no Liberation fonts"
	[[ ${PICTURES:-} == all ]] || skip "with make page"
	mkdir "$tmp/docs"
	lab/screenshots "$tmp/docs"
	for file in docs/*.png; do
		grep -F "$file" README.md
		(($(stat -c %s "$tmp/$file") < 150000))
	done
	(($(ls "$tmp/docs" | wc -l) == $(ls docs/*.png | wc -l)))
}

@test "page: on paper, and as a picture" {
	need_browser
	browse --print-to-pdf="$tmp/page.pdf" --no-pdf-header-footer \
		"file://$strip.html"
	((status == 0)) && [[ -z $complaint ]]
	grep -aq '/MediaBox \[0 0 594.9[0-9]* 841.[0-9]*\]' "$tmp/page.pdf"
	browse --screenshot="$tmp/path.png" --window-size=1040,400 \
		"file://$strip.svg"
	((status == 0)) && [[ -z $complaint ]]
	(($(stat -c %s "$tmp/path.png") > 8000))
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

@test "page: of a capture that can be read once only" {
	local file=$tmp/page.html fifo=$tmp/fifo

	mkfifo "$fifo"
	cat pcaps/lab/strip.pcap >"$fifo" &
	run timeout 60 ./mpprobe read -q --html "$file" "$fifo"
	((status == 1))
	grep -F '<code>fifo</code></dd>' "$file"
	run ./mpprobe read -q --html "$file" - <pcaps/lab/strip.pcap
	((status == 1))
	grep -F 'standard input' "$file"
}

@test "page: what is read again is the same, with its list of connections" {
	local name=pcaps/read/failover.pcap page=$tmp/page.html

	./mpprobe read --html "$page" $name >"$tmp/text" || (($? <= 3))
	grep '^MPTCP connections' "$tmp/text"
	./mpprobe read --html "$tmp/again.html" "$page" >"$tmp/again" ||
		(($? <= 3))
	diff "$tmp/text" "$tmp/again"
	# Also what is drawn.
	diff <(sed '/<footer>/,/<\/footer>/d' "$page") \
		<(sed '/<footer>/,/<\/footer>/d' "$tmp/again.html")
	./mpprobe read -j $name >"$tmp/lines" || (($? <= 3))
	./mpprobe read "$tmp/lines" >"$tmp/again" || (($? <= 3))
	diff "$tmp/text" "$tmp/again"
	./mpprobe read --html "$tmp/legs.html" pcaps/legs/socks.pcap \
		>"$tmp/text" || (($? <= 3))
	grep '^Legs: this host' "$tmp/text"
	grep -F '<h2>Legs</h2>' "$tmp/legs.html"
	./mpprobe read "$tmp/legs.html" >"$tmp/again" || (($? <= 3))
	diff "$tmp/text" "$tmp/again"
	# Nobody asked for those of a probe.
	[[ $(./mpprobe read "$strip.html") != *'MPTCP connections'* ]]
	# Without a verdict they are listed all the same.
	grep mpprobe-connection "$tmp/lines" >"$tmp/list"
	run --separate-stderr ./mpprobe read "$tmp/list"
	((status == 3))
	[[ $stderr == *'connections are listed'* ]]
	[[ $output == *'MPTCP connections'*'received 97.3 kB'* ]]
	# That there were more than a page shows.
	for number in {1..60}; do
		sed -n "1s/\"number\":1,/\"number\":$number,/p" "$tmp/list"
	done >"$tmp/many"
	./mpprobe read --html "$tmp/many.html" "$tmp/many" || (($? == 3))
	grep -F '10 more are not shown' "$tmp/many.html"
	run --separate-stderr ./mpprobe read "$tmp/many.html"
	[[ $output == *$'\n\n10 more are not on the page.' ]]
	sed -n '/^{/p' "$tmp/many.html" >"$tmp/lines"
	report/validate.py "$tmp/lines"
	run ./mpprobe read -q "$page"
	((${#lines[@]} == 1))
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
