# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the suites of this directory begin with. LAB, if a suite sets it, is how
# the lab of its tests is to be. A suite that needs more replaces the functions
# of bats, behind `load suite`, and calls those that do their work.

bats_require_minimum_version 1.5.0

begin_suite() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export LC_ALL=C.UTF-8
	unset NO_COLOR http_proxy HTTP_PROXY all_proxy ALL_PROXY
	[[ -v LAB ]] || return 0
	LAB_NAME=$(basename "$BATS_TEST_FILENAME" .bats)-$$
	export LAB_NAME
	lab/lab up --name "$LAB_NAME" "${LAB[@]}"
}

end_suite() {
	[[ ! -v LAB_NAME ]] || lab/lab down --name "$LAB_NAME"
}

begin_test() {
	cd "$BATS_TEST_DIRNAME/.." || return
	tmp=$BATS_TEST_TMPDIR
	pid=			# of what is to end with the test
}

end_test() {
	[[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || true
}

# Tries until it is true, for a minute: what takes less than a second here takes
# ten on a busy machine.
await() {		# COMMAND...
	local end=$((SECONDS + 60))

	until "$@"; do
		((SECONDS < end)) || {
			echo "still not true: $*"
			return 1
		}
		sleep 0.005
	done
}

# For labs with a tunnel: containers may keep that from who is root in a user
# namespace only.
need_tun() {
	{ : <>/dev/net/tun; } 2>/dev/null ||
		skip "no right to open /dev/net/tun"
}

setup_file() { begin_suite; }
teardown_file() { end_suite; }
setup() { begin_test; }
teardown() { end_test; }

on() {			# NODE COMMAND...
	lab/lab run --name "$LAB_NAME" --on "$1" "${@:2}"
}

# A key that gives no address of the lab another one of it: one of a hundred does.
a_key() {		# FILE
	(umask 077; printf '19%.0s' {1..32} >"$1"; echo >>"$1")
}
