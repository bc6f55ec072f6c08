# SPDX-License-Identifier: MIT
# lwIP from Debian's source package, unmodified, as liblwip.a; with our glue in libnet.a.

include config.mk

LWIP_SRCS := $(addprefix core/, def.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c \
	stats.c tcp.c tcp_in.c tcp_out.c udp.c) \
	$(addprefix core/ipv4/, dhcp.c etharp.c icmp.c ip4.c ip4_addr.c ip4_frag.c) \
	netif/ethernet.c
NET_SRCS := $(addprefix drivers/, net.c net_guard.c net_limit.c net_tcp.c net_timers.c netfront.c netring.c)

LWIP_OBJS := $(LWIP_SRCS:%.c=$(OUT)/lwip/%.o)
NET_OBJS  := $(NET_SRCS:%.c=$(OUT)/lwip/%.o)

.PHONY: all
all: $(OUT)/lwip/liblwip.a

# The archive of upstream's files is kept as fetched, and the tree it makes is not touched.  One that is
# there (LWIP=DIR, a tree of lwIP's) is taken as it is.
$(LWIP_HERE):
	$(call say,UNPACK,lwip)
	$(Q)rm -rf $(LWIP).new && mkdir -p $(LWIP).new
	$(Q)archive=$$($(TOP)/scripts/lwip-fetch) && tar -C $(LWIP).new --strip-components=1 --touch -xf "$$archive"
	$(Q)rm -rf $(LWIP) && mv $(LWIP).new $(LWIP)

$(LWIP_OBJS): $(OUT)/lwip/%.o: $(LWIP_HERE) config.mk include/lwip-port/lwipopts.h | $(OUT)/include/xen
	$(call say,CC,lwip/$*.c)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LWIP_CPPFLAGS) $(CFLAGS) -Wno-address -MMD -MP -c -o $@ $(LWIP)/src/$*.c

$(NET_OBJS): $(OUT)/lwip/%.o: %.c $(LWIP_HERE) config.mk | $(OUT)/include/xen
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(LWIP_CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/lwip/liblwip.a: $(LWIP_OBJS) $(NET_OBJS)
	$(call say,AR,$(notdir $@))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/include/xen:
	+@$(MAKE) --no-print-directory -f base.mk $@

-include $(LWIP_OBJS:.o=.d) $(NET_OBJS:.o=.d)
