# SPDX-License-Identifier: MIT
# The base as libminios.a: an image takes from it what its application needs.

include config.mk

SRCS := arch/x86/pv/mm.c arch/x86/pv/shared_info.c arch/x86/pv/trap_table.c \
	arch/x86/time.c arch/x86/trap.c \
	drivers/blkfront.c drivers/blkring.c drivers/console.c drivers/sysctl.c \
	drivers/xenbus_control.c drivers/xenbus_front.c \
	lib/cons_ring.c lib/ctrl_slot.c lib/date.c lib/devpage.c lib/heap.c lib/http_request.c lib/option.c lib/printf.c lib/romfs.c lib/siphash.c \
	lib/string.c lib/xs_ring.c \
	xen/evtchn.c xen/exit.c xen/gnttab.c xen/loop.c xen/malloc.c xen/noxs.c xen/noxs_page.c xen/page.c xen/panic.c xen/random.c \
	xen/start.c xen/suspend.c xen/xenstore.c
OBJS := $(SRCS:%.c=$(OUT)/base/%.o)

.PHONY: all clean
all: $(HEAD) $(OUT)/base/libminios.a $(OUT)/base/minios.lds

clean:
	rm -rf $(OUT)

# <xen/...> is Xen's public/ directory; made anew when it is to be another one.
ifneq ($(shell readlink $(OUT)/include/xen),$(XEN_PUBLIC))
.PHONY: $(OUT)/include/xen
endif
$(OUT)/include/xen:
	$(if $(XEN_PUBLIC),,$(error no Xen headers: run scripts/xen-source, install libxen-dev or set XEN_PUBLIC))
	$(Q)mkdir -p $(@D) && ln -sfn $(XEN_PUBLIC) $@

$(OUT)/base/%.o: %.c config.mk | $(OUT)/include/xen
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/base/arch/x86/pv/head.o: arch/x86/pv/head.S config.mk | $(OUT)/include/xen
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -D__ASSEMBLY__ -g -MMD -MP -c -o $@ $<

$(OUT)/base/minios.lds: arch/x86/minios.lds.S config.mk
	$(call say,LDS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -E -P -x assembler-with-cpp -o $@ $<

$(OUT)/base/libminios.a: $(OBJS)
	$(call say,AR,$(notdir $@))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

-include $(OBJS:.o=.d) $(OUT)/base/arch/x86/pv/head.d
