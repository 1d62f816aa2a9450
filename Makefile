# SPDX-License-Identifier: GPL-3.0-or-later
# mpprobe. `make help` lists the targets.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Werror
# The one place that names what the project needs from Debian 12.
PACKAGES := build-essential pkg-config libpcap-dev libnet1-dev libssl-dev \
	libjansson-dev liblua5.4-dev libcmocka-dev libcap-ng-dev \
	libseccomp-dev libnetfilter-queue-dev bats mandoc clang-format \
	python3-jsonschema iproute2 iptables nftables ethtool haproxy \
	tcpdump curl procps util-linux mptcpize

PKGS := libpcap libcrypto jansson libcap-ng libseccomp
override CPPFLAGS += -D_GNU_SOURCE -DMPPROBE_VERSION='"$(VERSION)"' -I. \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
override CFLAGS += -std=c11 $(WARN) $(SANITIZE)
LDLIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lnet -lm

Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)	$@")

sources  = $(filter-out %_test.c %_fuzz.c,$(wildcard $(1)/*.c))
objects  = $(patsubst %.c,$(BUILD)/%.o,$(call sources,$(1)))
CRAFTING := $(call objects,crafting)
REPORT   := $(call objects,report)
PROBE    := $(call objects,probe)
TESTS    := $(patsubst %.c,$(BUILD)/%,$(wildcard crafting/*_test.c \
	report/*_test.c probe/*_test.c))
LAB      := $(patsubst %.c,%,$(wildcard lab/*.c))

.PHONY: all
all: mpprobe $(LAB)

mpprobe: $(BUILD)/mpprobe
	$(Q)cp $< $@.new && mv $@.new $@

$(BUILD)/mpprobe: $(PROBE) $(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libcrafting.a: $(CRAFTING)
$(BUILD)/libreport.a: $(REPORT)
$(BUILD)/%.a:
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests link with everything but the program's main.
$(BUILD)/%_test: $(BUILD)/%_test.o $(filter-out $(BUILD)/probe/main.o,$(PROBE)) \
		$(BUILD)/libreport.a $(BUILD)/libcrafting.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

lab/%: lab/%.c Makefile
	$(call say,CC)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
