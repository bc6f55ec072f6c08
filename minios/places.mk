# SPDX-License-Identifier: MIT
# Where things are in the source tree.  What is installed has installed.mk in its place.

TOP    := $(abspath $(MINIOS)/..)
BUILD  ?= $(TOP)/build
OUT    := $(BUILD)/minios
BASE   := $(OUT)/base
HEAD   := $(BASE)/arch/x86/pv/head.o
LIBS   := $(BASE)/libminios.a $(OUT)/lwip/liblwip.a

# The patched tree when it is there, otherwise the headers of libxen-dev.
XEN_PUBLIC ?= $(firstword $(wildcard $(BUILD)/src/xen/xen/include/public /usr/include/xen))
LWIP       ?= $(BUILD)/src/lwip
LWIP_HERE  := $(LWIP)/src/include/lwip/init.h

INCLUDES := -I$(MINIOS)/include -I$(MINIOS)/arch/x86/include -I$(TOP)/xen-patches/abi \
	-isystem $(MINIOS)/include/libc -isystem $(OUT)/include
LWIP_INCLUDES := -I$(MINIOS)/include/lwip-port -isystem $(LWIP)/src/include
