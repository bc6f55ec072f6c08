/* SPDX-License-Identifier: MIT */
/*
 * Guests at ports of a switch, played from Dom0: what they send and what reaches them.
 */
#ifndef MODULE_PORT_H
#define MODULE_PORT_H

#include "module-test.h"

#define SWITCH	  "noxssw"
#define FRAME_MAX 2048U

/* A guest at a port, or the uplink, which is no guest. */
struct station {
	struct guest guest;
	uint8_t mac[6];
	uint32_t ipv4;	     /* network byte order; 0 = none configured */
	int sock;	     /* the uplink's packet socket, -1 for a guest */
	uint8_t posted[256]; /* the buffer in each slot of the receive ring */
};

/* Make the switch, or take it away; 0 or the exit status of ip(8). */
int switch_add(void);
int switch_del(void);

/* Ask for a port of SWITCH instead of a vif on the bridge. */
void request_port(struct request *req);
int attach_port(const struct guest *guest, bool has_ipv4);

/* A guest with an open port and buffers posted; false with a verdict. */
bool station_open(struct station *st, uint32_t features, bool has_ipv4);
void station_close(struct station *st);

/* The uplink as a station. */
void uplink_open(struct station *st);

/* How many frames of the guest have been refused. */
uint64_t station_refused(struct station *st);

/* An ethtool statistic of the switch, by its place. */
enum {
	STAT_DEFERRED,
	STAT_ADDRESSED,
	STAT_OPEN,
	STAT_FLOODS_DENIED,
	STATS
};
uint64_t switch_stat(unsigned int which);

/* ---- frames ---- */

#define BROADCAST ((const uint8_t *)"\xff\xff\xff\xff\xff\xff")

/* Each fills @frame with one of FRAME_LEN bytes that ends in @mark. */
void frame_ether(uint8_t *frame, const uint8_t *dst, const uint8_t *src, uint16_t type,
		 uint8_t mark);
/* IPv4, protocol 253 (for experiments). */
void frame_ipv4(uint8_t *frame, const uint8_t *dst, const uint8_t *src, uint32_t from,
		uint8_t mark);
void frame_arp(uint8_t *frame, uint16_t op, const struct station *from, uint32_t target,
	       uint8_t mark);

/* Send one; a guest's must be taken off the ring, whether it is forwarded or not. */
void station_send(struct station *st, const void *frame, size_t len);

/* What the guest has been given: wait for one packet, copy it to @frame (64 KiB); its length. */
size_t station_take(struct station *st, uint8_t *frame, unsigned int *gso_size);

/*
 * Whether a frame with @mark has come, other traffic (the kernel's own) being skipped.  A @fence
 * is sent behind it first, so that what has not come by then never will.
 */
bool station_hears(struct station *st, struct station *fence, uint8_t mark);

#endif /* MODULE_PORT_H */
