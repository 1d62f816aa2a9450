# SPDX-License-Identifier: GPL-3.0-or-later
# mpprobe. `make help` lists the targets.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
# A compiler newer than ours may warn of more, which must not stop a build.
WERROR  ?= $(if $(filter true,$(CI)),-Werror)
# Of these what the compiler has. CFLAGS and LDFLAGS come later and win;
# `make HARDENING=` builds without.
HARDENING ?= -fPIE -fstack-protector-strong -fstack-clash-protection fortify
# The one place that names what the project needs from Debian 12: to build, to
# make labs, to test.
PACKAGES := gcc libc6-dev pkg-config \
	libpcap-dev libnet1-dev libssl-dev libjansson-dev libmnl-dev \
	libcurl4-openssl-dev libarchive-dev \
	liblua5.4-dev libnetfilter-queue-dev \
	iproute2 iptables nftables ethtool haproxy redsocks microsocks slirp4netns \
	iputils-ping procps \
	libcmocka-dev bats tcpdump curl jq openssl mptcpize python3-jsonschema mandoc clang-format \
	tidy
# For mpprobe-fleet alone, and its lab: `make deps` goes without where a release
# has none.
OPTIONAL := libnats-dev nats-server parallel

# mpprobe-fleet is made where the library of NATS is; FLEET= leaves it out.
FLEET ?= $(shell pkg-config --exists libnats && echo y)

# Commands that are left out, and the libraries that they alone need with them:
# WITHOUT="speed run doctor". They say so then. A copy of the program that has
# CAP_NET_RAW and that only some users may execute, as Debian's package has one:
# RIGHTS=/usr/libexec/mpprobe. What pkg-config calls Lua, or nothing if CPPFLAGS
# and LDLIBS know where it is.
WITHOUT ?=
RIGHTS  ?=
LUA     ?= lua5.4
has      = $(filter-out $(WITHOUT),$(1))
$(if $(filter-out speed run doctor,$(WITHOUT)),\
	$(error WITHOUT: only speed, run and doctor can be left out))
PKGS := libpcap libcrypto jansson $(if $(call has,run),$(LUA)) \
	$(if $(call has,speed),libcurl) $(if $(call has,doctor),libmnl)
PKGS_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKGS_LIBS   := $(filter-out -lcurl,$(shell pkg-config --libs $(PKGS) \
	2>/dev/null))	# loaded by `mpprobe speed` alone
override CPPFLAGS += -D_GNU_SOURCE -DMPPROBE_VERSION='"$(VERSION)"' -I. \
	$(PKGS_CFLAGS) $(patsubst %,-DWITHOUT_%,$(WITHOUT)) \
	$(if $(RIGHTS),-DPROGRAM_WITH_RIGHTS='"$(RIGHTS)"')
accepted = $(foreach flag,$(1),$(shell $(CC) -O2 -Werror $(flag) -c -x c \
	-include stdio.h -o /dev/null /dev/null 2>/dev/null && echo '$(flag)'))
fortify  = -U_FORTIFY_SOURCE $(or $(call accepted,-D_FORTIFY_SOURCE=3),\
	-D_FORTIFY_SOURCE=2)
# It needs an optimizer, and hides from sanitizers what they look for.
fortifies = $(and $(filter fortify,$(HARDENING)),\
	$(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS)))),\
	$(if $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,y))
hardened := $(call accepted,$(filter -f%,$(HARDENING))) \
	$(if $(fortifies),$(fortify))
override CFLAGS := -std=c11 $(WARN) $(hardened) $(CFLAGS) $(WERROR) $(SANITIZE)
override LDFLAGS := $(if $(HARDENING),-pie -z relro -z now) \
	$(LDFLAGS)
override LDLIBS += $(PKGS_LIBS) -lnet -lm

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$@")
# For targets that install packages first, which may bring pkg-config itself.
again = $(Q)+$(MAKE) --no-print-directory \
	$(if $(findstring -j,$(MAKEFLAGS)),,-j"$$(nproc)")
# What root has made belongs to whom the tree belongs, as after `sudo make`.
disown = if [ "$$(id -u)" = 0 ]; then chown -R --reference=Makefile \
	$$(ls -d build build-asan build-fuzz tests/corpus mpprobe \
	mpprobe-fleet $(LAB) \
	2>/dev/null); fi

# The files of a layer, which lie in it, in its rooms and in what these hold.
files    = $(wildcard $(addprefix $(1)/,$(2) $(addprefix */,$(2)) \
	$(addprefix */*/,$(2))))
sources  = $(filter-out %_test.c %_fuzz.c,$(call files,$(1),*.c))
objects  = $(patsubst %.c,$(BUILD)/%.o,$(call sources,$(1)))
CRAFTING := $(call objects,crafting)
REPORT   := $(call objects,report)
LEFT_OUT := $(patsubst %,$(BUILD)/probe/cli/%.o,\
	$(if $(call has,speed),,cmd_speed download speed_ways) \
	$(if $(call has,run),,cmd_run cover_run scenario_list) \
	$(if $(call has,doctor),,cmd_doctor)) \
	$(if $(call has,run),,$(BUILD)/probe/scenario/%) \
	$(if $(call has,doctor),,$(BUILD)/probe/doctor/gather% \
	$(BUILD)/probe/doctor/kernel_connection%)
PROBE    := $(filter-out $(LEFT_OUT) $(BUILD)/probe/fleet/%,\
	$(call objects,probe))
FLEETS   := $(filter $(BUILD)/probe/fleet/%,$(call objects,probe))
SUPPORT  := $(call objects,tests)
TESTS    := $(patsubst %.c,$(BUILD)/%,$(foreach layer,\
	crafting report probe lab tests,$(call files,$(layer),*_test.c)))
TESTS    := $(filter-out $(LEFT_OUT) $(if $(FLEET),,$(BUILD)/probe/fleet/%),\
	$(TESTS))
FUZZES   := $(filter-out $(LEFT_OUT),$(patsubst %.c,$(BUILD)/%,\
	$(foreach layer,crafting report probe,\
	$(call files,$(layer),*_fuzz.c))))
LAB      := lab/servers/httpd lab/servers/v0server lab/servers/many \
	lab/boxes/box lab/flood \
	lab/tunnel lab/userns/tcpdump lab/faults/no_memory.so
BOX      := $(patsubst %.c,$(BUILD)/%.o,$(wildcard lab/boxes/*.c))
V0PEER   := $(patsubst %,$(BUILD)/lab/servers/%.o,v0data v0peer v0send)
FORMATTED = $(foreach layer,crafting report probe lab tests packaging,\
	$(call files,$(layer),*.[ch]))

.PHONY: all
all: mpprobe $(if $(FLEET),mpprobe-fleet) $(LAB)	## build mpprobe and the lab (V=1: say how)

# ---- around it ------------------------------------------------------------

.PHONY: demo check deps
demo: deps			## a clean path and a broken one, in a lab
	$(again) all
	$(Q)$(disown)
	$(Q)lab/demo

check: deps			## run all tests
	$(Q)+lab/check; status=$$?; $(disown); exit $$status

.PHONY: soak
soak: deps			## 10,000 clean runs, SOAK=...: none may be accused
	$(again) all
	$(Q)$(disown)
	$(Q)lab/soak.py $(SOAK); status=$$?; $(disown); exit $$status

.PHONY: matrix
matrix: deps			## every box of the lab, 1,100 cases: docs/matrix.md
	$(again) all
	$(Q)$(disown)
	$(Q)lab/matrix/matrix.py --jobs 4 --table docs/matrix.md; status=$$?; \
		$(disown); exit $$status

.PHONY: survey
survey: deps			## 100,000 addresses; surveys that are killed: minutes
	$(again) all
	$(Q)$(disown)
	$(Q)lab/survey_many $(SURVEY); status=$$?; $(disown); exit $$status

.PHONY: fleet
fleet: deps			## 8 workers, killed 50 times, and how fast: minutes
	$(again) all
	$(Q)$(disown)
	$(Q)lab/fleet $(KILLS); status=$$?; $(disown); exit $$status

.PHONY: servers
servers: deps			## every server of the lab behind boxes: 1,400 runs
	$(again) all
	$(Q)$(disown)
	$(Q)lab/matrix/matrix.py --servers; status=$$?; $(disown); exit $$status

.PHONY: mutants
mutants: export MUTANTS_CC = $(CC) $(CPPFLAGS) -std=c11
mutants: export MUTANTS_LIBS = $(LDLIBS)
mutants: packages		## change the judge: does a test notice each?
	$(Q)tests/mutants $(MUTANTS)

.PHONY: forgeries
forgeries: $(BUILD)/report/forgery_test	## forge a frame at each place of pcaps/
	$(Q)FORGERY_ALL=1 $<

.PHONY: fuzz
FUZZED := clang libclang-rt-dev llvm
FUZZ_TIME ?= 60
fuzz: deps			## fuzz what parses, FUZZ_TIME=60 seconds each
	$(Q)$(MAKE) --no-print-directory PACKAGES="$(FUZZED)" deps
	$(again) fuzzers
	$(Q)tests/fuzz --time $(FUZZ_TIME) --coverage; status=$$?; \
		$(disown); exit $$status

.PHONY: analyze
ANALYZERS := cppcheck clang-tidy valgrind
analyze: deps			## what gcc, cppcheck, clang-tidy, valgrind find: minutes
	$(Q)$(MAKE) --no-print-directory PACKAGES="$(ANALYZERS)" deps
	$(again) tests
	$(Q)tests/analyze; status=$$?; $(disown); exit $$status

.PHONY: compilers
compilers: packages		## no warning by any gcc and clang that is here
	$(Q)tests/compilers $(COMPILERS); status=$$?; $(disown); exit $$status

.PHONY: bench
BENCHED := traceroute mtr-tiny scamper tshark zmap masscan
bench: deps			## measure mpprobe beside its peers: docs/bench.md
	$(again) all
	$(Q)$(MAKE) --no-print-directory PACKAGES="$(BENCHED)" deps
	$(Q)lab/bench && lab/bench_read && lab/bench_survey; status=$$?; $(disown); exit $$status

.PHONY: page
BROWSERS := chromium-headless-shell fonts-liberation
page: deps			## the page of --html in a browser
	$(again) all
	$(Q)$(MAKE) --no-print-directory PACKAGES="$(BROWSERS)" deps
	$(Q)PICTURES=all bats lab/page.bats; status=$$?; $(disown); exit $$status

.PHONY: screenshots
screenshots: deps		## the pictures of README.md, from a run in a lab
	$(again) all
	$(Q)$(MAKE) --no-print-directory PACKAGES="$(BROWSERS)" deps
	$(Q)lab/screenshots; status=$$?; $(disown); exit $$status

# Of files that are tracked or may become so, and of nothing that was built.
.PHONY: dist deb
DIST := $(BUILD)/mpprobe-$(VERSION).tar.gz
dist:				## the source, as build/mpprobe-VERSION.tar.gz
	$(Q)mkdir -p $(BUILD)
	$(Q)tar -czf $(DIST) --transform 'flags=rSh;s,^\.,mpprobe-$(VERSION),' \
		--sort=name --owner=0 --group=0 --numeric-owner \
		--mode=a+rX,go-w \
		--exclude-vcs --exclude-vcs-ignores --exclude='./build' \
		--exclude='./build-*' $(addprefix --exclude=./,mpprobe mpprobe-fleet $(LAB)) .

PACKAGED := build-essential debhelper dh-apparmor apparmor lintian zsh
deb: deps			## Debian's packages, in build/deb; lintian
	$(Q)$(MAKE) --no-print-directory PACKAGES="$(PACKAGED)" deps
	$(Q)$(MAKE) --no-print-directory dist completions
	$(Q)zsh -n $(BUILD)/completions/zsh && \
		zsh -n $(BUILD)/completions/fleet.zsh
	$(Q)packaging/deb $(DIST) $(BUILD)/deb; status=$$?; \
		$(disown); exit $$status

# What a release may lack: a line says what is left out, and all goes on.
optional = $(Q)for package in $(1); do \
		dpkg-query -W -f '$${db:Status-Status}\n' "$$package" \
			2>/dev/null | grep -qx installed && continue; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
			apt-get -q -y install --no-install-recommends \
			"$$package" >/dev/null 2>&1; then \
			echo "installed $$package"; \
			[ "$$package" != nats-server ] || systemctl -q \
				disable --now "$$package" 2>/dev/null || true; \
		else \
			echo "without $$package, which only mpprobe-fleet" \
				"and its tests need"; \
		fi; \
	done

# The lab starts its own haproxy and redsocks; the services that come with the
# packages are none of the machine's business.
deps:				## install what is missing (as root)
	$(Q)missing=$$(for package in $(PACKAGES); do \
		dpkg-query -W -f '$${db:Status-Status}\n' "$$package" \
			2>/dev/null | grep -qx installed || \
			echo "$$package"; \
	done); \
	if [ -z "$$missing" ]; then \
		exit 0; \
	elif ! command -v apt-get >/dev/null; then \
		echo "Not a Debian system: make sure these are here:" \
			$(PACKAGES); \
	elif [ "$$(id -u)" = 0 ]; then \
		echo "installing" $$missing; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get -q update && apt-get -q -y install \
			--no-install-recommends $$missing || exit; \
		for service in haproxy redsocks; do \
			case " $$(echo $$missing) " in *" $$service "*) \
				systemctl -q disable --now "$$service" \
					2>/dev/null || true;; \
			esac; \
		done; \
	else \
		echo "missing:" $$missing >&2; \
		echo "run: sudo make deps" >&2; \
		exit 1; \
	fi
	$(call optional,$(OPTIONAL))

.PHONY: install uninstall
SHAREDIR = $(DESTDIR)$(PREFIX)/share
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(SHAREDIR)/man
DATADIR = $(SHAREDIR)/mpprobe
DOCDIR = $(SHAREDIR)/doc/mpprobe
BASHDIR = $(SHAREDIR)/bash-completion/completions
ZSHDIR = $(SHAREDIR)/zsh/site-functions
# Made by a program that runs here, so for other machines: COMPLETIONS=
COMPLETIONS ?= y
install: mpprobe $(if $(FLEET),mpprobe-fleet) \
		$(if $(COMPLETIONS),completions)	## into PREFIX, under DESTDIR
	$(Q)install -D -m 755 mpprobe $(BINDIR)/mpprobe
	$(if $(RIGHTS),$(Q)install -D -m 755 mpprobe $(DESTDIR)$(RIGHTS))
	$(Q)install -D -m 644 -t $(MANDIR)/man1 man/mpprobe.1
	$(Q)install -D -m 644 -t $(DOCDIR) README.md CHANGELOG.md SECURITY.md \
		COPYING
	$(Q)install -D -m 644 -t $(DOCDIR)/schemas report/schemas/*.json
	$(Q)install -m 644 report/schemas/report.json $(DOCDIR)/schema.json
ifneq ($(call has,run),)
	$(Q)install -D -m 644 -t $(MANDIR)/man7 man/mpprobe-scenario.7
	$(Q)install -D -m 644 -t $(DATADIR)/scenarios scenarios/*.lua
	$(Q)install -D -m 644 probe/scenario/schema.json \
		$(DOCDIR)/scenario_schema.json
endif
ifneq ($(FLEET),)
	$(Q)install -D -m 755 mpprobe-fleet $(BINDIR)/mpprobe-fleet
	$(Q)install -D -m 644 -t $(MANDIR)/man1 man/mpprobe-fleet.1
endif
ifneq ($(COMPLETIONS),)
	$(Q)install -D -m 644 $(BUILD)/completions/bash $(BASHDIR)/mpprobe
	$(Q)install -D -m 644 $(BUILD)/completions/zsh $(ZSHDIR)/_mpprobe
ifneq ($(FLEET),)
	$(Q)install -D -m 644 $(BUILD)/completions/fleet.bash \
		$(BASHDIR)/mpprobe-fleet
	$(Q)install -D -m 644 $(BUILD)/completions/fleet.zsh \
		$(ZSHDIR)/_mpprobe-fleet
endif
endif

uninstall:			## remove what install has put there
	$(Q)rm -f $(BINDIR)/mpprobe $(if $(RIGHTS),$(DESTDIR)$(RIGHTS)) \
		$(MANDIR)/man1/mpprobe.1 $(MANDIR)/man7/mpprobe-scenario.7 \
		$(BASHDIR)/mpprobe $(ZSHDIR)/_mpprobe \
		$(BINDIR)/mpprobe-fleet $(MANDIR)/man1/mpprobe-fleet.1 \
		$(BASHDIR)/mpprobe-fleet $(ZSHDIR)/_mpprobe-fleet
	$(Q)rm -rf $(DATADIR) $(DOCDIR)

.PHONY: format format-check lint
format:				## lay out the C files by .clang-format
	$(Q)clang-format -i $(FORMATTED)

format-check:
	$(Q)clang-format --dry-run --Werror $(FORMATTED)

lint: mpprobe $(if $(FLEET),mpprobe-fleet)	## man pages, held to the program; words
	$(Q)mandoc -Tlint -W warning man/*.[17]
	$(Q)sh probe/cli/man_check.sh ./mpprobe
	$(Q)sh probe/scenario/check.sh ./mpprobe
	$(if $(FLEET),$(Q)sh probe/fleet/man_check.sh ./mpprobe-fleet)
	$(Q)tests/words_check.py
	$(Q)tests/papers_check.py
	$(Q)packaging/check.sh

.PHONY: clean help
clean:				## remove what was built
	$(Q)rm -rf build build-* mpprobe mpprobe-fleet $(LAB)

help:				## list the targets
	$(Q)awk -F':.*## ' '/^[a-z-]+:.*## / \
		{printf "%-14s%s\n", $$1, $$2}' Makefile

# ---- building -------------------------------------------------------------

.PHONY: tests asan fuzzers packages
tests: $(TESTS)			## build the unit tests

asan:				## build all with sanitizers, in build-asan
	$(Q)+$(MAKE) --no-print-directory BUILD=build-asan \
		CFLAGS="-O1 -g" SANITIZE="\
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer" build-asan/mpprobe tests

# By libFuzzer if clang is there; else they read files only. Flows are forgotten
# after few, so that this is fuzzed, too; scripts are stopped earlier.
CLANG := $(shell command -v clang)
fuzzers:			## build the fuzz targets, in build-fuzz
	$(Q)+$(MAKE) --no-print-directory BUILD=build-fuzz HARDENING= \
		CC=$(if $(CLANG),clang,gcc) CFLAGS="-O1 -g -DFLOWS_MAX=16 \
		-DFLOWS_WITH_PACKETS=4 -DSTRANGERS_MAX=8 -DCURVE_MAX=8 \
		-DLESS=100" \
		SANITIZE="\
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer $(if $(CLANG),\
		-fsanitize=fuzzer-no-link \
		-fprofile-instr-generate -fcoverage-mapping)" fuzz-programs

# One clear line instead of a missing header.
packages:
	$(Q)pkg-config --exists $(PKGS) || { \
		echo "libraries are missing; run: sudo make deps" >&2; exit 1; }

mpprobe: $(BUILD)/mpprobe
	$(Q)cp $< $@.new && mv $@.new $@	# it may be running

$(BUILD)/mpprobe: $(PROBE) $(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)

# It takes what it needs of mpprobe, and no library that it does not.
mpprobe-fleet: $(BUILD)/mpprobe-fleet
	$(Q)cp $< $@.new && mv $@.new $@

NATS_CFLAGS := $(if $(FLEET),$(shell pkg-config --cflags libnats))
NATS_LIBS   := $(if $(FLEET),$(shell pkg-config --libs libnats))
$(FLEETS): CPPFLAGS += $(NATS_CFLAGS)
$(BUILD)/mpprobe-fleet: $(FLEETS) $(BUILD)/libprobe.a $(BUILD)/libreport.a \
		$(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed \
		$(NATS_LIBS) $(LDLIBS)

# What is compiled and linked anew when WITHOUT or RIGHTS are others.
VARIES := $(patsubst %,$(BUILD)/probe/%.o,cli/main cli/left_out net/wire)
$(BUILD)/mpprobe $(VARIES): $(BUILD)/variant
$(BUILD)/variant: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(sort $(WITHOUT)) $(RIGHTS)' | cmp -s - $@ || \
		echo '$(sort $(WITHOUT)) $(RIGHTS)' >$@
.PHONY: FORCE
FORCE:

$(BUILD)/libcrafting.a: $(CRAFTING)
$(BUILD)/libreport.a: $(REPORT)
$(BUILD)/libprobe.a: $(filter-out $(BUILD)/probe/cli/main.o,$(PROBE))
$(BUILD)/libtests.a: $(SUPPORT)
$(BUILD)/%.a:
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) qcs $@ $^	# q: rooms may share names

$(BUILD)/%.o: %.c Makefile | packages
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# For shells, made of the tables of commands and options.
.PHONY: completions
completions: $(addprefix $(BUILD)/completions/,bash zsh \
	$(if $(FLEET),fleet.bash fleet.zsh))

$(BUILD)/completions/%: packaging/completion.% $(BUILD)/packaging/completions
	$(Q)mkdir -p $(@D)
	$(Q)cat $< >$@.new && $(BUILD)/packaging/completions $* >>$@.new
	$(Q)mv $@.new $@

$(BUILD)/completions/fleet.%: packaging/completion.fleet.% \
		$(BUILD)/packaging/completions_fleet
	$(Q)mkdir -p $(@D)
	$(Q)cat $< >$@.new && $(BUILD)/packaging/completions_fleet $* >>$@.new
	$(Q)mv $@.new $@

SHELL_WORDS := $(BUILD)/packaging/shell_words.o
$(BUILD)/packaging/completions: $(BUILD)/packaging/completions.o \
		$(SHELL_WORDS) $(filter-out $(BUILD)/probe/cli/main.o,$(PROBE)) \
		$(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/packaging/completions_fleet: $(BUILD)/packaging/completions_fleet.o \
		$(SHELL_WORDS) $(BUILD)/probe/fleet/options.o \
		$(BUILD)/libprobe.a $(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed $(LDLIBS)

# Unit tests link with what tests share, and everything but the programs' mains.
$(BUILD)/%_test: $(BUILD)/%_test.o $(BUILD)/libtests.a $(V0PEER) \
		$(filter-out $(BUILD)/probe/cli/main.o,$(PROBE)) \
		$(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/probe/fleet/%_test: $(BUILD)/probe/fleet/%_test.o \
		$(filter-out %/main.o,$(FLEETS)) $(BUILD)/libtests.a \
		$(BUILD)/libprobe.a $(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(NATS_LIBS) $(LDLIBS) -lcmocka

.PRECIOUS: $(FUZZES:=.o)
.PHONY: fuzz-programs
fuzz-programs: $(FUZZES)

# What gives up rights for ever is replaced (tests/fuzz.c), and what goes by the
# name of a file.
$(BUILD)/%_fuzz: $(BUILD)/%_fuzz.o $(BUILD)/libtests.a \
		$(filter-out $(BUILD)/probe/cli/main.o,$(PROBE)) \
		$(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=privileges_drop,--wrap=unpack_named \
		$(if $(findstring clang,$(CC)),-fsanitize=fuzzer) -o $@ $^ \
		$(LDLIBS) -lcmocka

lab/servers/v0server: $(BUILD)/lab/servers/v0server.o $(V0PEER) \
		$(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $^ $(LDLIBS) && mv $@.new $@

lab/servers/many: $(BUILD)/lab/servers/many.o $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $^ $(LDLIBS) && mv $@.new $@

lab/boxes/box: $(BOX) $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $^ $(LDLIBS) \
		-lnetfilter_queue && mv $@.new $@

lab/flood: $(BUILD)/lab/flood.o $(BUILD)/tests/frames.o \
		$(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $^ $(LDLIBS) && mv $@.new $@

lab/servers/httpd lab/tunnel lab/userns/tcpdump: %: %.c Makefile
	$(call say,CC)
	$(Q)mkdir -p $(BUILD)/$(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -MMD -MP \
		-MF $(BUILD)/$@.d -o $@ $<

lab/faults/no_memory.so: lab/faults/no_memory.c Makefile
	$(call say,CC)
	$(Q)$(CC) -D_GNU_SOURCE -std=c11 $(WARN) $(WERROR) -O2 -fPIC -shared \
		-o $@ $<

# Not those of the packages.
-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -name '*.d' -print \
	2>/dev/null)
