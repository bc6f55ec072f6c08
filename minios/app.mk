# SPDX-License-Identifier: MIT
# Included by an application's Makefile, which names the application:
#
#   APP := hello
#   include ../../app.mk
#
# or, where it is installed, include /usr/lib/minios/app.mk.
#
# Builds hello.c (or the files in SRCS) into $(OUT)/hello/hello and hello.debug.  One that needs more
# than the usual 64 KiB of memory before it is ready sets MAPPED_KIB: to map a page in the first page
# tables costs half of what it costs later.

include $(dir $(lastword $(MAKEFILE_LIST)))config.mk

SRCS ?= $(APP).c
DIR  ?= $(OUT)/$(APP)
OBJS := $(SRCS:%.c=$(DIR)/%.o)

.PHONY: all
all: $(DIR)/$(APP)

$(DIR)/%.o: %.c $(MINIOS)/config.mk
	$(call say,CC,$(APP)/$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LWIP_CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(DIR)/$(APP).debug: $(HEAD) $(OBJS) $(LIBS) $(BASE)/minios.lds
	$(call say,LD,$(APP))
	$(Q)$(CC) $(LDFLAGS) $(MAPPED_KIB:%=-Wl,--defsym=mapped_kib=%) -T $(BASE)/minios.lds -o $@ $(HEAD) $(OBJS) \
		-Wl,--start-group $(LIBS) -Wl,--end-group

$(DIR)/$(APP): $(DIR)/$(APP).debug
	$(call say,STRIP,$(APP))
	$(Q)$(OBJCOPY) --strip-all $< $@

-include $(OBJS:.o=.d)
