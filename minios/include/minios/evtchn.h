/* SPDX-License-Identifier: MIT */
/*
 * Event channels.  Upcalls stay masked for the life of the domain: the run loop (minios/loop.h)
 * looks at the pending bits and sleeps in SCHEDOP_poll.
 */
#ifndef MINIOS_EVTCHN_H
#define MINIOS_EVTCHN_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

typedef void evtchn_handler(void *data);

/* Call handler from the run loop when the port is pending.  -ENOSPC, -EEXIST, -EINVAL. */
int evtchn_handle(evtchn_port_t port, evtchn_handler *handler, void *data);
void evtchn_unhandle(evtchn_port_t port);
/* After a restore no port is what it was: forget them all. */
void evtchn_reset(void);

/* A new port that remote may bind to. */
int evtchn_alloc(domid_t remote, evtchn_port_t *port);
void evtchn_close(evtchn_port_t port);
void evtchn_notify(evtchn_port_t port);

/* For the run loop: serve what is pending; true if anything was. */
bool evtchn_dispatch(void);

/* Sleep until a handled port is pending, or until deadline_ns of Xen system time (0 = no limit). */
void evtchn_sleep(uint64_t deadline_ns);

#endif /* MINIOS_EVTCHN_H */
