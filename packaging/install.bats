#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is installed, what is taken away again, what shells complete, and
# programs from which something was left out.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export LC_ALL=C
	tmp=$BATS_TEST_TMPDIR
}

make_quietly() {
	make --no-print-directory PREFIX=/usr "$@"
}

# All below a directory, as find has it.
files_in() {		# DIRECTORY
	(cd "$1" && find . ! -type d | sort)
}

# ---- installing -------------------------------------------------------------

@test "make install: the program, pages, scenarios, schemas, completions" {
	make_quietly install DESTDIR="$tmp"
	cat >"$tmp/expected" <<-END
		./usr/bin/mpprobe
		./usr/share/bash-completion/completions/mpprobe
		./usr/share/doc/mpprobe/CHANGELOG.md
		./usr/share/doc/mpprobe/COPYING
		./usr/share/doc/mpprobe/README.md
		./usr/share/doc/mpprobe/SECURITY.md
		./usr/share/doc/mpprobe/schema.json
		./usr/share/doc/mpprobe/scenario_schema.json
		$(cd report/schemas && printf \
			'./usr/share/doc/mpprobe/schemas/%s\n' *.json)
		./usr/share/man/man1/mpprobe.1
		./usr/share/man/man7/mpprobe-scenario.7
		$(printf './usr/share/mpprobe/%s\n' scenarios/*.lua)
		$(! pkg-config --exists libnats || printf './usr/%s\n' \
			bin/mpprobe-fleet share/man/man1/mpprobe-fleet.1 \
			share/bash-completion/completions/mpprobe-fleet \
			share/zsh/site-functions/_mpprobe-fleet)
		./usr/share/zsh/site-functions/_mpprobe
	END
	mkdir "$tmp/root" && mv "$tmp/usr" "$tmp/root"
	diff <(sort "$tmp/expected" | grep .) <(files_in "$tmp/root")
	run "$tmp/root/usr/bin/mpprobe" list
	[[ $output == *$'\ncompliant '* ]]

	make_quietly uninstall DESTDIR="$tmp/root"
	[[ -z $(files_in "$tmp/root") ]]
}

# Here of a tree that was cloned with umask 077, and built.
@test "make dist packs no program that was built, and all may read it" {
	make_quietly dist BUILD="$tmp"
	tar -C "$tmp" -xzf "$tmp"/mpprobe-*.tar.gz
	rm "$tmp"/*.gz
	(
		cd "$tmp"/mpprobe-*
		for program in mpprobe mpprobe-fleet lab/flood lab/boxes/box build/x; do
			install -D /bin/true $program
		done
		chmod -R go-rwx .
		make_quietly dist
	)
	mkdir "$tmp/again"
	tar -C "$tmp/again" -xpzf "$tmp"/mpprobe-*/build/*.gz
	[[ -x $(echo "$tmp"/again/*/lab/lab) ]]
	run grep -rl $'^\x7fELF' "$tmp/again"
	((status == 1))
	[[ -z $output ]]
	[[ -z $(find "$tmp"/again/* ! -perm -a+r -o -perm /go+w) ]]
}

# ---- completions ------------------------------------------------------------

# What bash offers for the last of the words, a line each.
offers() {		# WORD...
	bash -c '. "$1"; shift
		mpprobe() { ./mpprobe "$@"; }
		COMP_WORDS=(mpprobe "$@") COMP_CWORD=$#
		_mpprobe && printf "%s\n" "${COMPREPLY[@]}"' \
		- build/completions/bash "$@" | sort
}

@test "bash completes the options that a command takes, and no others" {
	make_quietly completions
	# Those without an argument, as -hh has them.
	flags=$(./mpprobe -hh | sed -n 's/^  ... --\([a-z0-9-]*\)  .*/--\1/p')
	[[ $flags == *--packets* && $flags == *--ipv4* ]]
	for command in $(./mpprobe -hh | sed -n 's/^  mpprobe \([a-z]*\) .*/\1/p'); do
		offered=$(offers "$command" --)
		for option in $flags; do
			run ./mpprobe "$command" "$option"
			echo "$command $option: $output"
			[[ $output != *'is no option of'* ]] && taken=y || taken=
			[[ $'\n'$offered$'\n' == *$'\n'$option$'\n'* ]] &&
				there=y || there=
			[[ $taken == "$there" ]]
		done
		[[ $'\n'$offered == *$'\n'--help* ]]
	done
	[[ $(offers --sw) == --sweep-only && -z $(offers read --sw) ]]
	[[ $(offers --max) == --max-ttl && -z $(offers read --max) ]]
	[[ $(offers compare --li) == --live ]]
	[[ $(offers read -) == *$'\n-x'* && $(offers -) != *$'\n-x'* ]]
}

@test "bash completes commands, scenarios, findings and choices" {
	make_quietly completions
	[[ $(offers sp) == speed && $(offers -j sp) == speed ]]
	[[ -z $(offers read x.pcap sp) && -z $(offers speed http://x/ sp) ]]
	[[ $(offers run compl) == compliant ]]
	[[ $(offers run -v compl) == compliant ]]
	[[ $(offers explain add_addr.dr) == add_addr.dropped ]]
	[[ $(offers explain uns) == unsupported ]]
	[[ $(offers --mptcp '') == $'0\n1\nauto' ]]
	[[ $(offers --color = n) == never ]]
	[[ $(offers read -o man/mpprobe.) == man/mpprobe.1 ]]
	[[ $(offers read READ) == README.md ]]
	[[ $(offers -i l) == lo ]]
	[[ $(offers survey -b no) == none && $(offers survey -b READ) == README.md ]]
	[[ -z $(offers -p '') && -z $(offers list '') ]]
	[[ $(offers run compliant --replay READ) == README.md ]]
}

@test "zsh's completion has every option, once" {
	make_quietly completions
	[[ $(head -n1 build/completions/zsh) == '#compdef mpprobe' ]]
	[[ $(tail -n1 build/completions/zsh) == '_mpprobe "$@"' ]]
	diff <(sed -n '/^	probe)/,/^	read)/s/.*--\([a-z0-9-]*\)[=}[].*/\1/p' \
		build/completions/zsh | sort) \
		<(offers probe -- | sed 's/^--//')
}

# The same of mpprobe-fleet.
fleet_offers() {	# WORD...
	bash -c '. "$1"; shift
		COMP_WORDS=(mpprobe-fleet "$@") COMP_CWORD=$#
		_mpprobe_fleet && printf "%s\n" "${COMPREPLY[@]}"' \
		- build/completions/fleet.bash "$@" | sort
}

@test "mpprobe-fleet: shells complete what a command takes, and nothing else" {
	pkg-config --exists libnats || skip 'libnats is not there'
	make_quietly all completions
	options=$(./mpprobe-fleet -h | sed -n 's/^  ... \(--[a-z0-9-]*\).*/\1/p')
	[[ $options == *--ack-wait* && $options == *--tls* ]]
	[[ $(fleet_offers '') == $'gather\nremove\nserve\nwatch\nwork' ]]
	for command in $(fleet_offers ''); do
		offered=$(fleet_offers "$command" --)
		for option in $options; do
			run ./mpprobe-fleet "$command" "$option" "1 2"
			[[ $output != *'is no option of'* ]] && taken=y || taken=
			[[ $'\n'$offered$'\n' == *$'\n'$option$'\n'* ]] &&
				there=y || there=
			echo "$command $option: $taken, $there"
			[[ $taken == "$there" ]]
		done
		diff <(sed -n "/^	$command)/,/;;/s/.*--\([a-z0-9-]*\)[=}[].*/--\1/p" \
			build/completions/fleet.zsh | sort) <(echo "$offered")
	done
	[[ $(fleet_offers serve -b no) == none ]]
	[[ $(fleet_offers serve --mptcp = a) == auto ]]
	[[ $(fleet_offers serve census READ) == README.md ]]
	[[ -z $(fleet_offers work READ) ]]
	[[ $(fleet_offers work --creds READ) == README.md ]]
	[[ $(fleet_offers work -i l) == lo ]]
	[[ $(fleet_offers gather -o packa) == packaging ]]
	[[ $(head -n 1 build/completions/fleet.zsh) == '#compdef mpprobe-fleet' ]]
	[[ $(tail -n 1 build/completions/fleet.zsh) == '_mpprobe_fleet "$@"' ]]
}

# ---- other programs ---------------------------------------------------------

# One without speed, run and doctor, and with a copy elsewhere that may have rights.
# Anybody may enter its directory.
make_other() {
	other=$(mktemp -d /tmp/mpprobe-test-XXXXXX)
	chmod 755 "$other"
	make_quietly -s CFLAGS=-O0 WITHOUT='speed run doctor' LUA=none \
		RIGHTS="$other/rights" BUILD="$other/build" \
		"$other/build/mpprobe"
}

teardown() {
	[[ -z ${other-} ]] || rm -rf -- "$other"
}

# As a user without rights.
as_user() {		# COMMAND...
	if ((UID == 0)); then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

@test "WITHOUT='speed run doctor': they say so, the rest works; RIGHTS: a copy goes on" {
	capture=$PWD/pcaps/v0/plain.pcap
	make_other
	cd "$other"
	for command in speed run doctor; do
		run --separate-stderr build/mpprobe $command x
		((status == 64))
		[[ -z $output ]]
		[[ $stderr == "mpprobe: mpprobe $command was left out"* ]]
	done
	run build/mpprobe list
	((status == 0))
	[[ $output != *Scenarios* && $output == *mp_capable.removed* ]]
	run build/mpprobe read -q "$capture"
	((status < 4))
	run ldd build/mpprobe
	[[ $output != *liblua* && $output != *libcurl* && $output != *libmnl* ]]

	# What needs a right goes on there, and nothing else.
	printf '#!/bin/sh\necho "there: $*"\n' >rights
	chmod 755 rights
	[[ $(as_user build/mpprobe -4 -p80 127.0.0.1) == 'there: -4 -p80 127.0.0.1' ]]
	[[ $(as_user build/mpprobe compare --live 127.0.0.1) == there:* ]]
	run as_user build/mpprobe read -q - <"$capture"
	((status < 4))
	[[ $output != there:* ]]
	run as_user build/mpprobe compare missing
	((status == 65))

	# For who may not execute it, or where it has no right, nothing changes.
	chmod 600 rights
	run --separate-stderr as_user build/mpprobe 127.0.0.1
	((status == 77))
	[[ $stderr == *"may execute $other/rights"* ]]
	cp build/mpprobe rights
	chmod 755 rights
	run --separate-stderr as_user build/mpprobe 127.0.0.1
	((status == 77 && ${#stderr_lines[@]} == 1))
}
