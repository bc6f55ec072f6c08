/* SPDX-License-Identifier: MIT */
/* lwIP's periodic timers, run only while they have something to do. */
#ifndef MINIOS_NET_TIMERS_H
#define MINIOS_NET_TIMERS_H

#include <stdint.h>
#include "lwip/netif.h"

/* Run what is due.  Call it before new packets are looked at. */
void net_timers_run(struct netif *netif);

/* When to run them again, in nanoseconds of Xen system time, or LOOP_NEVER. */
uint64_t net_timers_next(void);

/* Xen system time has jumped: count from now. */
void net_timers_reset(void);

/* An ARP request has been sent: it may have to be repeated. */
void net_timers_arp_sent(void);

#endif /* MINIOS_NET_TIMERS_H */
