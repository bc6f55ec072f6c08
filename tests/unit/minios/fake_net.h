/* SPDX-License-Identifier: GPL-2.0-only */
/* What is below net.c, for whoever tests it over lwIP: one vif, the base, a clock. */
#ifndef FAKE_NET_H
#define FAKE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <minios/loop.h>
#include <minios/netfront.h>
#include <minios/noxs.h>
#include <minios/suspend.h>

/* The vif, which the test may change before the guest starts. */
extern struct noxs_dev fake_vif;

/* Whether its back-end takes frames of several slots. */
extern bool fake_can_sg;

/* False: the vif has been taken away. */
extern bool fake_is_open;

/* Whether it fills in checksums. */
extern bool fake_can_csum;

/* What net.c has registered. */
extern const struct netfront_ops *fake_ops;
extern struct loop_source *fake_source;
extern struct suspend_hook *fake_hook;
extern struct noxs_watch *fake_watch;

/* What time_ns() says. */
extern uint64_t fake_now_ns;

/* The test's own: false when there is no room for a frame; one has been sent. */
bool fake_has_room(void);
void fake_sent(const uint8_t *frame, size_t len);

#endif /* FAKE_NET_H */
