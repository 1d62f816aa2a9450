# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Pages in a browser without a network, which they do not need, and with fonts
# that are the same everywhere. $tmp is a directory that may be written to.

# Sets $browser, if there is one.
find_browser() {
	browser=$(command -v chromium-headless-shell chromium \
		google-chrome-stable | head -n 1) || true
	[[ $browser ]]
}

# Sets $fonts, a configuration that has those alone, if they are there.
find_fonts() {
	local file

	file=$(find /usr/share/fonts -name LiberationSans-Regular.ttf \
		-print -quit 2>/dev/null) || true
	[[ $file ]] || return
	fonts=$tmp/fonts.conf
	cat >"$fonts" <<-END
		<?xml version="1.0"?>
		<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
		<fontconfig>
		<dir>${file%/*}</dir><cachedir>$tmp/fonts</cachedir>
		<match><edit name="family" mode="append_last">
		<string>Liberation Sans</string></edit></match>
		</fontconfig>
	END
}

in_browser() {		# ARGUMENT...
	FONTCONFIG_FILE=${fonts:-} timeout 120 unshare -rn "$browser" \
		--headless --no-sandbox --disable-gpu --hide-scrollbars \
		--enable-logging=stderr --user-data-dir="$tmp/browser" \
		--allow-file-access-from-files "$@"
}

# A picture of the top of a page. SCALE: pixels of it a pixel of the page.
take_picture() {	# PAGE PNG WIDTH HEIGHT SCALE light|dark
	local scheme=1	# of Chromium: 0 is dark

	[[ $6 == light ]] || scheme=0
	rm -f "$2"
	in_browser --screenshot="$2" --window-size="$3,$4" \
		--force-device-scale-factor="$5" \
		--blink-settings=preferredColorScheme=$scheme "file://$1" \
		>"$tmp/picture" 2>&1
	! grep -F CONSOLE "$tmp/picture" && [[ -s $2 ]]
}

# As it is on paper, on a screen: its style is another, and so its hash.
as_on_paper() {		# PAGE
	local hash

	hash=$(sed 's/@media print/@media all/' "$1" |
		sed -n '/<style>/,/<\/style>/{s/.*<style>//;s/<\/style>.*//;p}' |
		head -c -1 | openssl dgst -sha256 -binary | base64)
	sed "s/@media print/@media all/
		s|style-src 'sha256-[^']*'|style-src 'sha256-$hash'|" "$1"
}

# Prints how much of two pictures differs, in percent of blocks: of each the
# mean colour counts, so that it matters little how letters are drawn.
difference() {		# PNG PNG
	cat >"$tmp/difference.html" <<-END
		<!DOCTYPE html><html><body>
		<img src="file://$1"><img src="file://$2">
		<script>
		const BLOCK = 8, LEAST = 24;
		addEventListener("load", () => {
			const [a, b] = document.images;
			const width = Math.ceil(a.width / BLOCK);
			const height = Math.ceil(a.height / BLOCK);
			const blocks = picture => {
				const pen = Object.assign(document.createElement("canvas"),
					{width, height}).getContext("2d");
				pen.imageSmoothingQuality = "high";
				pen.drawImage(picture, 0, 0, width, height);
				return pen.getImageData(0, 0, width, height).data;
			};
			const x = blocks(a), y = blocks(b);
			let other = 0;
			for (let i = 0; i < x.length; i += 4)
				other += [0, 1, 2].some(k =>
					Math.abs(x[i + k] - y[i + k]) >= LEAST);
			document.body.textContent = "size: " +
				(a.width == b.width && a.height == b.height) +
				", differs: " + (400 * other / x.length).toFixed(1);
		});
		</script></body></html>
	END
	in_browser --dump-dom "file://$tmp/difference.html" 2>/dev/null |
		sed -n 's/.*size: true, differs: \([0-9.]*\)<.*/\1/p'
}
