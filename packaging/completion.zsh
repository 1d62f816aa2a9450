#compdef mpprobe
# SPDX-License-Identifier: GPL-3.0-or-later
#
# zsh completion of mpprobe. What it knows of commands and options stands below,
# made of the program's tables.

# Completes an argument of that kind, or one of those words.
_mpprobe_kind() {	# KIND...
	case $1 in
	FILE | CAPTURE | RUN) _files; shift; (( ! $# )) || compadd -- "$@" ;;
	DIR) _files -/ ;;
	HOST) _hosts ;;
	IFACE) _net_interfaces ;;
	SCENARIO)
		local -a scenarios=(all ${(f)"$(mpprobe list 2>/dev/null |
			sed -n '/^Scenarios/,/^$/s/^\([a-z0-9-]*\)  .*/\1/p')"})
		compadd -a scenarios
		_files -g '*.lua'
		;;
	NAME) compadd -- ${=_mpprobe_names} ;;
	URL) _urls ;;
	[A-Z]*) _message -e "$1" ;;
	*) compadd -- "$@" ;;
	esac
}

_mpprobe_first() {
	_describe -t commands command _mpprobe_commands
	_hosts
}

_mpprobe() {
	local command=probe word kind most
	local -a specs places
	local -a names=(${_mpprobe_commands%%:*})

	for word in ${words[2,CURRENT-1]}; do
		if (( ${names[(Ie)$word]} )); then
			command=$word
			places=("1:command:($word)")
			break
		fi
	done
	_mpprobe_command $command
	if (( ! $#places )); then
		places=('1: : _mpprobe_first')
	elif (( ${words[(Ie)--live]} )); then
		places+=('2:HOST: _mpprobe_kind HOST')
	elif (( most == 0 )); then
		places+=("*:${kind}: _mpprobe_kind $kind")
	elif (( most > 0 )); then
		places+=("2:${kind}: _mpprobe_kind $kind")
		(( most < 2 )) || places+=('3:HOST: _mpprobe_kind HOST')
	fi
	_arguments -s -S : $specs $places
}

