# bash completion of mpprobe                                 -*- shell-script -*-
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What it knows of commands and options stands below, made of the program's
# tables.

# Adds to $words, and to $files what compgen has to look for.
_mpprobe_candidates() {	# KIND
	case $1 in
	FILE | CAPTURE | RUN) files=-f ;;
	'FILE none') words+=' none' files=-f ;;
	DIR) files=-d ;;
	HOST) words+=" $(compgen -A hostname)" ;;
	IFACE) words+=" $(command ls /sys/class/net 2>/dev/null)" ;;
	SCENARIO)
		words+=" all $(mpprobe list 2>/dev/null |
			sed -n '/^Scenarios/,/^$/s/^\([a-z0-9-]*\)  .*/\1/p')"
		files=-f
		;;
	NAME) words+=" $_mpprobe_names" ;;
	URL) words+=' http:// https://' ;;
	[A-Z]* | '') ;;
	*) words+=" $1" ;;
	esac
}

# Sets command, live, given: how many arguments it has so far, and at: the word
# behind those that stand before the cursor.
_mpprobe_read_line() {
	command= live= given=0
	for ((at = 1; at < COMP_CWORD; at++)); do
		_mpprobe_argument "${COMP_WORDS[at]}"
		[[ ${COMP_WORDS[at]} != --live ]] || live=y
		if [[ -n $kind ]]; then
			((at++))
			[[ ${COMP_WORDS[at]} != '=' ]] || ((at++))
		elif [[ -z $command &&
			" $_mpprobe_commands " == *" ${COMP_WORDS[at]} "* ]]; then
			command=${COMP_WORDS[at]}
		elif [[ ${COMP_WORDS[at]} != -* ]]; then
			command=${command:-probe}
			((given++))
		fi
	done
}

_mpprobe() {
	local cur=${COMP_WORDS[COMP_CWORD]} IFS=$' \t\n'
	local command live given at kind most options words= files=

	_mpprobe_read_line
	if ((at > COMP_CWORD)); then	# an option's argument
		[[ $cur != '=' ]] || cur=
	else
		_mpprobe_command "${command:-probe}"
		[[ -z $live ]] || kind=HOST most=1
		[[ $kind != SCENARIO || $given == 0 ]] || kind=HOST
		((most == 0 || given < most)) || kind=
		[[ -n $command ]] || words=$_mpprobe_commands
		[[ $cur != -* ]] || kind= words=$options
	fi
	_mpprobe_candidates "$kind"
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"
		[[ -z $files ]] || compgen $files -- "$cur")
	[[ -z $files ]] || compopt -o filenames 2>/dev/null || true
}

complete -F _mpprobe mpprobe

