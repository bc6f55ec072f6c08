# SPDX-License-Identifier: GPL-2.0
# The house.  `make help` lists what it can do; every part builds under build/ and only what changed.

.NOTPARALLEL:
.DEFAULT_GOAL := all

JOBS ?= $(shell nproc)
# Tests that run at a time: a lab has two processors.
TEST_JOBS ?= $(shell n=$$(($$(nproc) / 2)); echo $$((n < 1 ? 1 : n > 4 ? 4 : n)))

# Parts run JOBS ways, unless make was given -j: then its job server shares them out.  In folders of their own, where
# DESTDIR= is the same directory as here.
part = $(MAKE) $(if $(filter 1,$(V)),,-s) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS)) \
	$(if $(DESTDIR),DESTDIR=$(abspath $(DESTDIR))) -C $(1)

all: xen module minios toolstack			## build the four parts

demo:							## everything from nothing, then a guest that answers
	@scripts/demo

demo-linux:						## the same with a Linux guest: a page of Debian's nginx
	@scripts/demo-linux

check: deps all xen-debug lab-files lab-other	## tests and lint; what CI runs
	@tests/run -j$(TEST_JOBS)

check-all: deps deps-deb all xen-debug lab-files lab-other	## the same on each kernel of Dom0, packages (long)
	@tests/run --all -j$(TEST_JOBS)

bench: all lab-files				## all measurements (build/bench/)
	@scripts/bench

bench-quick: all lab-files			## a few rounds of each
	@scripts/bench --quick

lab: all						## a shell in Dom0, in QEMU
	@scripts/lab shell

lint: deps						## formatting, static checks, spelling
	@scripts/lint

check-series: deps					## build Xen at every patch of the queue (long)
	@scripts/xen-check-series

deb: deps						## Debian packages (build/deb/, build/deb-xen/)
	@scripts/deb
	@scripts/deb-xen

deps:							## Debian packages: install (root) or name the missing
	@scripts/deps

deps-deb:
	@scripts/deps --deb

xen: deps						## the patched hypervisor
	@scripts/xen-build release

xen-debug: deps
	@scripts/xen-build debug

module: deps						## noxs.ko for Debian's kernel
	@$(call part,kernel/noxs)

minios: deps						## the unikernel and its apps
	@$(call part,minios)

toolstack: deps						## chaos and libchaos
	@$(call part,toolstack)
	@$(call part,toolstack) STATIC=1
	@$(call part,toolstack/tinyx)

# What the lab boots besides: Debian's kernel, xen-utils and hypervisor, unpacked.
lab-files: deps
	@scripts/lab-fetch

# The second kernel, with our module for it.  Where it is not to be had, tests/run says what that skips.
lab-other: deps
	@other=$$(. scripts/lab-common; lab_other); [ -z "$$other" ] || ! KERNEL=$$other scripts/lab-fetch || \
		$(call part,kernel/noxs) KERNEL=$$other

install: minios toolstack				## all but Xen (DESTDIR=, PREFIX=/usr/local)
	@$(call part,toolstack) install
	@$(call part,toolstack/tinyx) install
	@$(call part,kernel/noxs) dkms-install
	@$(call part,minios) install

# The ~ sorts it before Debian's -amd64, so that GRUB's default stays what it is.  Before version 0.2 it was a -, which
# does not.
install-xen: xen					## the hypervisor, beside others in /boot
	@. scripts/xen-common; install -D -m 644 build/xen$$at/xen.gz $(DESTDIR)/boot/xen-$$xen~lightvm.gz; \
		install -m 644 build/xen$$at/.config $(DESTDIR)/boot/xen-$$xen~lightvm.config; \
		scripts/uninstall $(foreach f,gz config,$(DESTDIR)/boot/xen-$$xen-lightvm.$f)

# In two steps, the second of which is root's and builds nothing.
bench-parts: minios toolstack				## what install-bench installs
	@$(call part,tests/bench) parts

install-bench:						## lightvm-bench, which measures the Dom0 it is in
	@$(call part,tests/bench) install

uninstall:						## take back what these put there
	@$(call part,toolstack/tinyx) uninstall
	@$(call part,toolstack) uninstall
	@$(call part,kernel/noxs) dkms-uninstall
	@$(call part,minios) uninstall
	@$(call part,tests/bench) uninstall
	@. scripts/xen-common; for x in $$queues; do scripts/uninstall $(foreach f,~lightvm.gz ~lightvm.config -lightvm.gz -lightvm.config,$(DESTDIR)/boot/xen-$$x$f); done

help:							## this text
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

clean:							## remove what was built; sources and packages stay
	@echo "  CLEAN"
	@rm -rf build/xen* build/kernel* build/minios build/toolstack build/lab build/tests build/deb* \
		build/bench build/demo build/demo-linux

distclean:						## remove build/
	@echo "  DISTCLEAN"
	@rm -rf build

.PHONY: all demo demo-linux check check-all bench bench-quick lab lint check-series deps deps-deb xen xen-debug module \
	minios toolstack lab-files lab-other deb install install-xen bench-parts install-bench uninstall help clean distclean
