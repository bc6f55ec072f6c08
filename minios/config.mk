# SPDX-License-Identifier: MIT
# Compiler and flags, shared by base.mk and app.mk; places.mk has the places.

MINIOS := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
include $(MINIOS)/places.mk

# Low, so that addresses fit into instructions; nothing at 0; and on a 1 GiB boundary, because
# libxenguest's walk over the p2m list (xc_core_arch_map_p2m_list_rw) takes the index of its first
# level-2 entry for 0.
VIRT_BASE := 0x40000000

CPPFLAGS := -D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ \
	-DMINIOS_VIRT_BASE=$(VIRT_BASE) -nostdinc $(INCLUDES) \
	-isystem $(shell $(CC) -print-file-name=include)
LWIP_CPPFLAGS := $(LWIP_INCLUDES)
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fcf-protection=none -fno-common -ffunction-sections -fdata-sections -fno-strict-aliasing \
	-mno-red-zone -mgeneral-regs-only -mcmodel=small -fomit-frame-pointer
LDFLAGS := -nostdlib -static -Wl,--gc-sections -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack

OBJCOPY ?= objcopy

ifeq ($(V),1)
Q :=
say = @:
else ifneq ($(findstring s,$(firstword -$(MAKEFLAGS))),)
Q := @
say = @:
else
Q := @
say = @printf '  %-7s %s\n' $(1) $(2)
endif
