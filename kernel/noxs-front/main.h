/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts that know a kernel share. */
#ifndef NOXS_FRONT_MAIN_H
#define NOXS_FRONT_MAIN_H

#include <linux/mutex.h>
#include <linux/notifier.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>
#include "front.h"

/* main.c.  All of it is under main_lock, but for a copy of the page: readers may see two. */
extern struct front main_front;
extern struct mutex main_lock;

/* page.c */
/* Whether there is a hypervisor with noxs that we understand. */
bool page_is_offered(void);
/* -ENOENT: this domain has no device page; -EPROTO: it is another version's. */
int page_read(struct front *f);

/* ring.c: messages between the kernel's xenbus and our store */
/* Channels; @port is the one of the control channel. */
int ring_start(evtchn_port_t port);
/* The thread, with which the kernel's xenbus begins. */
int ring_run(void);
/* No channels any more.  There is no thread. */
void ring_stop(void);
void ring_send(struct store *s, const struct xsd_sockmsg *head, const void *data);
void ring_notify_control(struct front *f);
bool ring_pause(struct front *f);
/* Have the thread look at everything. */
void ring_kick(void);
/* True if the channel to ourselves has not outlived a suspend: this is another domain. */
bool ring_is_lost(void);
/* What is on its way is given up, so that main_lock comes free. */
void ring_give_up(void);
/* New channels, or a crash: without them nothing in the guest goes on.  With main_lock. */
void ring_resume(void);

/* probe.c */
/* front_ops.probe; with main_lock. */
void probe_begin(struct front *f, u32 major, u32 minor, u32 req_id);

/* resume.c */
/* Before ring_run(): what it calls back for comes once. */
void resume_start(void);
void resume_stop(void);
/* Mix the id of this life of the guest into the kernel's random numbers. */
void resume_mix(const u8 *gen_id, size_t size);

#endif /* NOXS_FRONT_MAIN_H */
