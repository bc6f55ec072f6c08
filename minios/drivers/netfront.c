/* SPDX-License-Identifier: MIT */
/*
 * Network front-end: connecting.  The rings themselves are in netring.c.
 *
 *   CLOSED --netfront_open()--> OPENING --back-end OPEN--> OPEN --back-end FAILED--> DEAD
 *     ^                            ^                         |
 *     |                            '--back-end CLOSED-- CLOSING <--resumed, back-end still OPEN
 *     '---- back-end GONE: from any state
 *
 * A device whose rings were connected by the domain builder starts in OPEN: then both halves of its
 * slot are OPEN when we first look.  After a resume with a back-end that knows nothing of us, CLOSING
 * is skipped.
 */
#include <errno.h>
#include <stdio.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/netfront.h>
#include <minios/netring.h>
#include <minios/noxs.h>

/* Of what a back-end may offer, what is made use of here. */
#define FEATURES_WANTED (NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_RX_NOTIFY)

/* A domain builder that connects us chooses the same. */
LIGHTVM_NOTE(note, LIGHTVM_NOTE_VIF_FEATURES, FEATURES_WANTED);

static enum {
	CLOSED,
	OPENING,
	OPEN,
	CLOSING,
	DEAD
} state;
static const struct netfront_ops *ops;
static struct noxs_front front;
static struct noxs_dev device;
static struct noxs_vif_front half;
static struct netring ring;

static void ring_event(void *data)
{
	(void)data; /* netfront_poll() follows in the same round of the run loop */
}

static void link_set(bool up)
{
	state = up ? OPEN : DEAD;
	ops->link(up);
}

static void release(void)
{
	if (ring.tx_port)
		evtchn_close(ring.tx_port);
	if (ring.rx_port && ring.rx_port != ring.tx_port)
		evtchn_close(ring.rx_port);
	ring.tx_port = ring.rx_port = 0;
	netring_release(&ring);
	state = CLOSED;
}

static void reconnect(void);

static const struct noxs_ctrl_slot *ctrl_slot(void)
{
	return &front.slot.page->slot[front.slot.index];
}

static void front_event(void *data, const struct noxs_ctrl_back *back)
{
	(void)data;
	switch (back->state) {
	case NOXS_STATE_OPEN:
		if (state == OPENING)
			link_set(true);
		break;
	case NOXS_STATE_CLOSED:
		if (state == CLOSING)
			reconnect();
		break;
	case NOXS_STATE_GONE:
		printf("vif%u: removed\n", front.id);
		if (state != DEAD)
			link_set(false);
		release();
		break;
	case NOXS_STATE_FAILED:
		if (state != DEAD) {
			printf("vif%u: closed by its back-end, error %u\n", front.id, back->error);
			link_set(false);
		}
		break;
	}
}

/* Rings, grants and a port of our own, published for the back-end to connect. */
static int connect(domid_t backend)
{
	evtchn_port_t port;
	int err;

	err = gnttab_init();
	if (err)
		return err;
	err = netring_create(&ring, backend);
	if (err)
		return err;
	err = evtchn_alloc(backend, &port);
	if (err)
		return err;
	err = evtchn_handle(port, ring_event, NULL);
	if (err)
		goto close_port;
	ring.tx_port = port;
	ring.rx_port = port;
	half = (struct noxs_vif_front){
		.tx_gref = ring.tx_gref,
		.rx_gref = ring.rx_gref,
		.tx_port = port,
		.rx_port = port,
		/* Offered before we are asked; whatever we take, the back-end checks it. */
		.features = READ_ONCE(ctrl_slot()->back.u.vif.features) & FEATURES_WANTED,
	};
	state = OPENING;
	noxs_publish(&front, NOXS_STATE_OPEN, &half, sizeof(half));
	return 0;

close_port:
	evtchn_close(port);
	return err;
}

/* True for rings the domain builder made, and that have not been closed by anybody since. */
static bool is_connected(const struct noxs_dev *dev)
{
	return dev->flags & NOXS_DEV_PRECONNECTED && ctrl_slot()->front.state == NOXS_STATE_OPEN &&
	       READ_ONCE(ctrl_slot()->back.state) == NOXS_STATE_OPEN;
}

/* Such rings, which the back-end uses already.  Our half is as if we had written it. */
static int adopt(const struct noxs_dev *dev)
{
	int err;

	half = ctrl_slot()->front.u.vif;
	if (half.features & ~FEATURES_WANTED)
		return -EINVAL;
	if (dev->nr_rings != 2 || !mm_frame_is_data(dev->ring_gfn) ||
	    !mm_frame_is_data(dev->ring_gfn + 1))
		return -EINVAL;
	err = gnttab_init();
	if (err)
		return err;
	ring.tx_port = dev->data_port[0];
	ring.rx_port = dev->flags & NOXS_DEV_SPLIT_EVTCHN ? dev->data_port[1] : ring.tx_port;
	err = evtchn_handle(ring.tx_port, ring_event, NULL);
	if (!err && ring.rx_port != ring.tx_port)
		err = evtchn_handle(ring.rx_port, ring_event, NULL);
	if (!err)
		err = netring_adopt(&ring, dev->backend_domid, mm_frame_map(dev->ring_gfn),
				    mm_frame_map(dev->ring_gfn + 1));
	if (err)
		return err;
	ring.tx_gref = half.tx_gref;
	ring.rx_gref = half.rx_gref;
	/* netfront_poll() looks at both rings before it waits for the first event. */
	link_set(true);
	return 0;
}

/* Into OPENING or OPEN. */
static int start(const struct noxs_dev *dev)
{
	return is_connected(dev) ? adopt(dev) : connect(dev->backend_domid);
}

static void reconnect(void)
{
	int err = start(&device);

	if (err) {
		printf("vif%u: cannot reconnect: %d\n", front.id, err);
		link_set(false);
	}
}

static void front_resume(void *data, const struct noxs_dev *dev)
{
	(void)data;
	netring_forget_grants(&ring);
	ring.tx_port = ring.rx_port = 0;
	if (state == DEAD)
		return;
	device = *dev;
	if (READ_ONCE(ctrl_slot()->back.state) == NOXS_STATE_OPEN) {
		state = CLOSING;
		noxs_publish(&front, NOXS_STATE_CLOSED, &half, sizeof(half));
	} else {
		reconnect();
	}
}

void netfront_discard(void)
{
	netring_discard(&ring);
}

int netfront_open(const struct noxs_dev *dev, const struct netfront_ops *netfront_ops)
{
	int err;

	if (state != CLOSED)
		return -EBUSY;
	ops = netfront_ops;
	device = *dev;
	front.event = front_event;
	front.resume = front_resume;
	err = noxs_open(&front, dev);
	if (err)
		return err;
	err = start(&device);
	if (err) {
		noxs_close(&front);
		release();
	}
	return err;
}

bool netfront_is_open(void)
{
	return state != CLOSED;
}

bool netfront_can_csum(void)
{
	return half.features & NOXS_VIF_F_CSUM_IPV4;
}

bool netfront_can_sg(void)
{
	return half.features & NOXS_VIF_F_SG;
}

void *netfront_tx_piece(unsigned int i)
{
	return state == OPEN ? netring_tx_piece(&ring, i) : NULL;
}

void netfront_tx_commit(size_t len, bool csum_blank)
{
	netring_tx_commit(&ring, len, csum_blank);
}

bool netfront_poll(void)
{
	bool more;

	if (state != OPEN)
		return false;
	if (netring_receive(&ring, ops, &more)) {
		printf("vif%u: the back-end broke the protocol, closing\n", front.id);
		noxs_publish(&front, NOXS_STATE_CLOSED, &half, sizeof(half));
		link_set(false);
		return false;
	}
	return more;
}

void netfront_flush(void)
{
	if (state == OPEN)
		netring_flush(&ring);
}
