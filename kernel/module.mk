# SPDX-License-Identifier: GPL-2.0
# Builds $(module).ko out of tree: $(sources) are copied into build/kernel/$(module), Kbuild runs there.  Included by
# the Makefile of a module, which may add to stage, dkms-install and dkms-uninstall (double colons).
#
#   make               for the running kernel's headers, or the newest here
#   make C=1 W=1       with sparse and more warnings
#   make KDIR=...      for another kernel
#   make KERNEL=6.12   for the newest of that series that Debian has here (scripts/lab-fetch)
#   make dkms-install  the sources for dkms (DESTDIR=), and dkms-uninstall

top := $(abspath $(CURDIR)/../..)
built := $(top)/build/kernel$(if $(KERNEL),-$(KERNEL))
out := $(built)/$(module)
abi := $(top)/xen-patches/abi
# The running kernel's headers, or else the newest there are: in a build environment the lab's.
headers := $(patsubst %/,%,$(wildcard /usr/src/linux-headers-*-amd64/))
running := $(filter %/linux-headers-$(shell uname -r),$(headers))
fetched = $(wildcard $(top)/build/dom0/linux-$(KERNEL)/headers/usr/src/linux-headers-*-amd64)
KVER ?= $(notdir $(or $(running),$(shell printf '%s\n' $(headers) | sort -V | tail -n 1)))
KDIR ?= $(if $(KERNEL),$(fetched),$(if $(KVER),/usr/src/$(KVER),/lib/modules/$(shell uname -r)/build))

version := $(shell $(top)/scripts/version)
dkms = $(DESTDIR)/usr/src/$(module)-$(version)

# Where the headers are without the vmlinux that type information of a module is made with, it has none.
kbuild = $(MAKE) --no-print-directory -C $(KDIR) M=$(out) $(if $(wildcard $(KDIR)/vmlinux),,CONFIG_DEBUG_INFO_BTF_MODULES=) $(if $(V),V=$(V))

all: linux stage
	@+$(kbuild) modules
	@cp $(out)/$(module).ko $(built)/$(module).ko

# Before the recipe that names its headers, which is expanded as a whole.
linux:
	@$(if $(KERNEL),KERNEL=$(KERNEL) $(top)/scripts/lab-fetch)

# Copies only what changed, so that Kbuild rebuilds only that.
stage::
	@mkdir -p $(addprefix $(out)/,$(sort $(dir $(sources))) abi)
	@for f in $(sources); do cmp -s $$f $(out)/$$f || cp $$f $(out)/$$f; done
	@cmp -s $(abi)/noxs.h $(out)/abi/noxs.h || cp $(abi)/noxs.h $(out)/abi/noxs.h

# A source tree that stands alone, where dkms looks for it.
dkms-install::
	@$(MAKE) --no-print-directory stage out=$(dkms)
	@sed "s/#MODULE_VERSION#/$(version)/" dkms.conf >$(dkms)/dkms.conf

dkms-uninstall::
	@$(top)/scripts/uninstall $(dkms)

clean:
	@rm -rf $(out) $(built)/$(module).ko

.PHONY: all linux stage dkms-install dkms-uninstall clean
