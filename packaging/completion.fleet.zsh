#compdef mpprobe-fleet
# SPDX-License-Identifier: GPL-3.0-or-later
#
# zsh completion of mpprobe-fleet. What it knows of commands and options stands
# below, made of the program's tables.

# Completes an argument of that kind, or one of those words.
_mpprobe_fleet_kind() {	# KIND...
	case $1 in
	FILE | PROGRAM) _files; shift; (( ! $# )) || compadd -- "$@" ;;
	DIR) _files -/ ;;
	IFACE) _net_interfaces ;;
	URL) compadd -S '' -- nats:// tls:// ;;
	[A-Z]*) _message -e "$1" ;;
	*) compadd -- "$@" ;;
	esac
}

_mpprobe_fleet() {
	local kind most
	local -a specs places

	if (( CURRENT == 2 )); then
		_describe -t commands command _mpprobe_fleet_commands
		return
	fi
	_mpprobe_fleet_command $words[2]
	places=("1:command:($words[2])" '2:NAME: ')
	[[ -z $kind ]] || places+=("*:${kind}: _mpprobe_fleet_kind $kind")
	_arguments -s -S : $specs $places
}

