/* SPDX-License-Identifier: MIT */
/*
 * Network front-end: standard netif rings over noxs, without any idea of a protocol stack.
 *
 * Data is copied once in each direction, through pages that stay granted to the back-end for as long
 * as the device is connected: no grant operation and no mapping per packet.
 */
#ifndef MINIOS_NETFRONT_H
#define MINIOS_NETFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <noxs.h>

/* Largest MTU to send with; and without a back-end that takes frames of several slots. */
#define NETFRONT_MTU_MAX       9000U
#define NETFRONT_MTU_MAX_NO_SG 1500U

/* Ethernet header and VLAN tag. */
#define NETFRONT_HEADER_MAX    18U
#define NETFRONT_TX_MAX	       (NETFRONT_MTU_MAX + NETFRONT_HEADER_MAX)
#define NETFRONT_TX_PIECE      2048U

/* What is known of the checksum inside a frame. */
enum netfront_csum {
	NETFRONT_CSUM_NONE, /* nothing: check it */
	NETFRONT_CSUM_GOOD, /* TCP and UDP are known to be right, or not filled in yet */
};

struct netfront_ops {
	/*
	 * A piece of a frame; data is the back-end's to change at any time: copy it before looking.
	 * last ends the frame; ok = false with last: drop what came of it.
	 */
	void (*receive)(const void *data, size_t len, bool last, bool ok, enum netfront_csum csum);
	/* Frames can be sent now, or no longer. */
	void (*link)(bool up);
};

/*
 * Open device dev and start connecting.  0 or -errno; -EBUSY one is open.  When it is removed, it is not
 * open any more.
 */
int netfront_open(const struct noxs_dev *dev, const struct netfront_ops *ops);
bool netfront_is_open(void);

/* True if frames may be sent with a blank TCP or UDP checksum (pseudo-header sum filled in). */
bool netfront_can_csum(void);

/* True if frames may be larger than NETFRONT_TX_PIECE. */
bool netfront_can_sg(void);

/*
 * Room for bytes NETFRONT_TX_PIECE * i and following of one frame of up to NETFRONT_TX_MAX bytes, or
 * NULL: not connected, or ring full.  Sent by netfront_tx_commit(), when all pieces are filled; goes out
 * with the next netfront_poll().
 */
void *netfront_tx_piece(unsigned int i);
void netfront_tx_commit(size_t len, bool csum_blank);

/* Receive what is there (ops->receive) and send what was committed.  True if there may be more. */
bool netfront_poll(void);
void netfront_flush(void);

/* Before a suspend: frames on their way are lost in a restored guest, and their buffers with them. */
void netfront_discard(void);

#endif /* MINIOS_NETFRONT_H */
