/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest for the tests of front, plug, device, slot and sysctl of kernel/noxs-front: a back-end that
 * keeps to the protocol, a driver that does what Linux's do, and the page that Xen has.
 */
#ifndef WORLD_H
#define WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "front.h"

#define SYSCTL 0
#define VIF    1
#define VBD    2
#define FEATURES \
	(NOXS_VIF_F_SG | NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_SPLIT_EVTCHN)

#define VIF_FRONT "device/vif/0"
#define VIF_BACK  "/local/domain/0/backend/vif/7/0"
#define VBD_FRONT "device/vbd/51712"
#define VBD_BACK  "/local/domain/0/backend/vbd/7/51712"

extern struct front front;
extern struct noxs_ctrl_page ctrl;
extern struct noxs_dev_page xens;     /* the device page as Xen has it */
extern u32 seen[NOXS_CTRL_SLOTS];     /* publications that the back-end has taken in */
extern bool follows[NOXS_CTRL_SLOTS]; /* it has to publish what the front-end has */
extern bool is_deaf;		      /* the back-end */
extern unsigned int crashes, syncs, pauses, kicks;
extern unsigned int gone_in; /* pauses until VIF is GONE; 0: never */
extern bool is_torn;	     /* VIF becomes GONE while the front-end copies what it was */
extern u64 now_ns, pause_ns; /* a pause is shorter when there are news */
extern u32 last_sync;
extern u32 probe_major, probe_minor, probe_id; /* of the last probe; id 0: none */
extern char events[4096];
extern const struct front_ops ops;

void back_publish(unsigned int slot, u32 state);
void back_serve(void);
void request(u32 type, const char *a, const char *b, bool has_nul);
void put(const char *dir, const char *name, const char *value);
const char *get(const char *dir, const char *name);
void state(const char *dir, unsigned int value);
unsigned int state_of(const char *dir);
void vif_connects(void);
void vbd_connects(const char *ring);
void add(unsigned int i, u16 cls, u16 id);
void news(void);
void all_synced(void);
void asked(u32 what, u32 req_id);
u32 said(void);
void repage(u32 req_id);
int setup(void **state);
int teardown(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

#endif /* WORLD_H */
