/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest of the data path's measurements: the same loops over rings of noxs and of xenbus. */
#ifndef PERF_H
#define PERF_H

#include <stdbool.h>
#include <stdint.h>
#include <minios/blkring.h>
#include <minios/evtchn.h>
#include <minios/netring.h>
#include "proto.h"

/* ---- connect.c: the only file that knows which transport it is ---- */

/* True if the domain has a device page: noxs, otherwise xenbus. */
bool perf_is_noxs(void);

/* Connect the first vif or vbd; ports are set, and their events only wake.  0 or -errno. */
int perf_connect_net(struct netring *ring);
int perf_connect_disk(struct blkring *ring, evtchn_port_t *port, uint64_t *sectors,
		      bool persistent);

/* Wait for an event. */
void perf_wait(void);

/* ---- persist.c ---- */

/* From here on a page keeps its first grant for ever, as blkif's persistent grants want it. */
void perf_persist_begin(void);

/* ---- disk.c ---- */

/* -ENODEV: there is no disk, and that is all right. */
int perf_disk_open(bool persistent);
int perf_disk_read(uint32_t nr_sectors, bool is_random, uint32_t count, uint32_t depth);

/* ---- net.c ---- */

int perf_net_open(void);

/* Take in what has come; true with a command, once for each. */
bool perf_net_command(struct perf_frame *command);
int perf_net_answer(const struct perf_frame *answer);

int perf_net_transmit(uint32_t count);
int perf_net_transmit_gso(uint32_t count);

/* Data packets received since last asked. */
uint32_t perf_net_received(void);

#endif /* PERF_H */
