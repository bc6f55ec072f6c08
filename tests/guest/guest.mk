# SPDX-License-Identifier: GPL-2.0-only
# A test's guest: an application of minios/ that is not installed.

GUEST_DIR := $(dir $(lastword $(MAKEFILE_LIST)))
DIR = $(BUILD)/tests/guest/$(APP)
include $(GUEST_DIR)../../minios/app.mk
CPPFLAGS += -I$(GUEST_DIR)common
