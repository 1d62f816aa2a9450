# bash completion of mpprobe-fleet                           -*- shell-script -*-
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What it knows of commands and options stands below, made of the program's
# tables.

# Adds to $words, and to $files what compgen has to look for.
_mpprobe_fleet_candidates() {	# KIND
	case $1 in
	FILE | PROGRAM) files=-f ;;
	'FILE none') words+=' none' files=-f ;;
	DIR) files=-d ;;
	IFACE) words+=" $(command ls /sys/class/net 2>/dev/null)" ;;
	URL) words+=' nats:// tls://' ;;
	[A-Z]* | '') ;;
	*) words+=" $1" ;;
	esac
}

_mpprobe_fleet() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local kind most options words= files= IFS=$' \t\n'

	[[ $before != '=' ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
	[[ $cur != '=' ]] || cur=
	_mpprobe_fleet_argument "$before"
	if ((COMP_CWORD == 1)); then
		words=$_mpprobe_fleet_commands
	elif [[ -z $kind ]]; then
		_mpprobe_fleet_command "${COMP_WORDS[1]}"
		[[ $cur != -* ]] || kind= words=$options
	fi
	_mpprobe_fleet_candidates "$kind"
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"
		[[ -z $files ]] || compgen $files -- "$cur")
	[[ -z $files ]] || compopt -o filenames 2>/dev/null || true
}

complete -F _mpprobe_fleet mpprobe-fleet

