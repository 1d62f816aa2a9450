#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds the packages to the Makefile: of its version, with no library to build
# with that is not one of its PACKAGES, and with each command that can be left out,
# and its library; and the AppArmor profile to the sockets that are opened.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
status=0
version=$(sed -n 's/^VERSION := //p' Makefile)
needed=$(sed -n '/^\(PACKAGES\|OPTIONAL\) := /,/[^\\]$/p' Makefile |
	tr -s ':=\\\n\t' ' ')

complain() {
	echo "$*"
	status=1
}

head -n1 packaging/debian/changelog | grep -q "^mpprobe ($version-[0-9]*) " ||
	complain "packaging/debian/changelog: no entry for $version"
grep -qx "PKG_VERSION:=$version" packaging/openwrt/Makefile ||
	complain "packaging/openwrt/Makefile: not of version $version"
libraries=$(sed -n '/^Build-Depends/,/^Standards/s/^ \(lib.*-dev\),$/\1/p' \
	packaging/debian/control)
[ -n "$libraries" ] || complain 'packaging/debian/control: no libraries'
for library in $libraries; do
	case " $needed " in
	*" $library "*) ;;
	*) complain "packaging/debian/control: the Makefile has no $library" ;;
	esac
done
switches=$(sed -n 's/^\$(if \$(filter-out \(.*\),\$(WITHOUT)),.*/\1/p' Makefile)
[ -n "$switches" ] || complain 'Makefile: nothing can be left out'
for command in $switches; do
	switch=MPPROBE_$(echo "$command" | tr '[:lower:]' '[:upper:]')
	grep -qx "[[:space:]]*config $switch" packaging/openwrt/Makefile &&
		grep -q "(CONFIG_$switch),,$command)" packaging/openwrt/Makefile ||
		complain "packaging/openwrt/Makefile: cannot leave out $command"
	for library in $(grep -o "has,$command),lib[a-z]*" Makefile |
		sed 's/.*,//'); do
		grep -q "+$switch:$library" packaging/openwrt/Makefile ||
			complain "packaging/openwrt/Makefile: $command without $library"
	done
done
sockets=$(find probe -name '*.c' ! -name '*_test.c' -exec \
	grep -hoE 'AF_[A-Z0-9]+, SOCK_[A-Z]+' {} + | sort -u |
	sed 's/AF_//; s/, SOCK_/ /' | tr '[:upper:]' '[:lower:]')
[ -n "$sockets" ] || complain 'probe: no sockets'
while read -r socket; do
	grep -qx "  network $socket," packaging/debian/apparmor ||
		complain "packaging/debian/apparmor: no network $socket"
done <<END
$sockets
END
exit $status
