/* SPDX-License-Identifier: MIT */
/* The two rings of a network device and the buffers behind them (public/io/netif.h). */
#ifndef MINIOS_NETRING_H
#define MINIOS_NETRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <minios/util.h>
#include <xen/xen.h>
#include <xen/io/netif.h>
#include <minios/netfront.h>

#define NETRING_SIZE	    256U
#define NETRING_TX_BUFS	    64U
#define NETRING_RX_BUFS	    64U
/* Two transmit buffers share a page; a frame that is larger has several. */
#define NETRING_TX_BUF_SIZE NETFRONT_TX_PIECE

struct netring {
	netif_tx_front_ring_t tx;
	netif_rx_front_ring_t rx;
	domid_t backend;
	uint32_t tx_gref, rx_gref;
	uint32_t tx_port, rx_port;

	/* Page n holds transmit buffers 2n and 2n + 1; NULL until first used. */
	void *tx_page[NETRING_TX_BUFS / 2];
	uint16_t tx_page_gref[NETRING_TX_BUFS / 2];
	uint8_t tx_free[NETRING_TX_BUFS];
	bool tx_busy[NETRING_TX_BUFS]; /* with the back-end */
	unsigned int nr_tx_free;

	void *rx_page[NETRING_RX_BUFS];
	uint16_t rx_page_gref[NETRING_RX_BUFS];
	/* The buffer posted in each slot of the ring; in the netif protocol slot and id are one. */
	uint8_t rx_slot[NETRING_SIZE];
	unsigned int rx_chain;	     /* slots of the frame being received so far */
	enum netfront_csum rx_csum;  /* of that frame */
	bool rx_chain_bad, rx_extra; /* an error in it; the next slot is an extra info */
};

/* New rings and grants of them.  Pages of an earlier life of *ring are used again.  0 or -errno. */
int netring_create(struct netring *ring, domid_t backend);

/*
 * Rings that are connected and have never been used: pages tx and rx, NULL is refused.  The ports
 * are set in *ring.
 */
int netring_adopt(struct netring *ring, domid_t backend, void *tx, void *rx);

/*
 * Where bytes NETRING_TX_BUF_SIZE * i and following go of the frame that the next commit sends.  NULL:
 * there is no buffer, or no memory, for so much.
 */
void *netring_tx_piece(struct netring *ring, unsigned int i);

/* The frame begins in its first piece, and has all that its length needs. */
void netring_tx_commit(struct netring *ring, size_t len, bool csum_blank);

/* After a restore: the grant table is another, and nothing of ours is in it. */
void netring_forget_grants(struct netring *ring);

/* Before a suspend: what is in the buffers is nothing that a restored guest needs. */
void netring_discard(const struct netring *ring);

/* Take back all grants: the back-end uses the rings no more. */
void netring_release(struct netring *ring);

/* Make committed frames visible to the back-end. */
void netring_flush(struct netring *ring);

/*
 * Take in finished transmissions and received frames, and post the buffers anew.  *more: there is
 * work left.  -EIO the back-end did what it must not.
 */
int netring_receive(struct netring *ring, const struct netfront_ops *ops, bool *more);

#endif /* MINIOS_NETRING_H */
