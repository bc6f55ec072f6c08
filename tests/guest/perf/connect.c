/* SPDX-License-Identifier: GPL-2.0-only */
/* Connecting rings to a back-end: over noxs in a guest of chaos, over XenStore in one of xl. */
#include <errno.h>
#include <minios/gnttab.h>
#include <minios/noxs.h>
#include <minios/time.h>
#include <minios/xenbus.h>
#include <minios/xenstore.h>
#include "perf.h"

#define VIF_FEATURES \
	(NOXS_VIF_F_SG | NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_RX_NOTIFY)
#define TIMEOUT_NS (20 * NSEC_PER_SEC)
#define WAIT_NS	   (20 * NSEC_PER_MSEC)

bool perf_is_noxs(void)
{
	return noxs_header()->magic;
}

/*
 * For an event, but not for ever: a ring that asks for one only when buffers run low may ask too late
 * (netring.c has its loop to look again).
 */
void perf_wait(void)
{
	if (!evtchn_dispatch())
		evtchn_sleep(time_ns() + WAIT_NS);
}

static void ring_event(void *data)
{
	(void)data; /* whoever waits looks at the ring */
}

static int port_open(domid_t backend, evtchn_port_t *port)
{
	int err = evtchn_alloc(backend, port);

	return err ? err : evtchn_handle(*port, ring_event, NULL);
}

/* ---- noxs ---- */

struct half {
	struct noxs_front front; /* first */
	uint32_t state;
};

static struct half net_half, disk_half;

static void front_event(void *data, const struct noxs_ctrl_back *back)
{
	((struct half *)data)->state = back->state;
}

static int half_open(struct half *half, const struct noxs_dev *dev)
{
	half->front.event = front_event;
	half->front.data = half;
	return noxs_open(&half->front, dev);
}

static int half_connect(struct half *half, const void *keys, size_t size)
{
	uint64_t end = time_ns() + TIMEOUT_NS;

	noxs_publish(&half->front, NOXS_STATE_OPEN, keys, size);
	noxs_poll();
	while (half->state != NOXS_STATE_OPEN) {
		if (half->state == NOXS_STATE_FAILED || half->state == NOXS_STATE_GONE)
			return -ENODEV;
		if (time_ns() > end)
			return -ETIMEDOUT;
		if (!evtchn_dispatch())
			evtchn_sleep(end);
	}
	return 0;
}

static int noxs_connect_net(struct netring *ring)
{
	const struct noxs_dev *dev = noxs_next(NOXS_CLASS_VIF, NULL);
	struct noxs_vif_front keys = { .features = VIF_FEATURES };
	int err;

	if (!dev)
		return -ENODEV;
	err = half_open(&net_half, dev);
	if (!err)
		err = netring_create(ring, dev->backend_domid);
	if (!err)
		err = port_open(dev->backend_domid, &ring->tx_port);
	if (err)
		return err;
	ring->rx_port = ring->tx_port;
	keys.tx_gref = ring->tx_gref;
	keys.rx_gref = ring->rx_gref;
	keys.tx_port = ring->tx_port;
	keys.rx_port = ring->rx_port;
	return half_connect(&net_half, &keys, sizeof(keys));
}

static int noxs_connect_disk(struct blkring *ring, evtchn_port_t *port, uint64_t *sectors,
			     bool persistent)
{
	const struct noxs_dev *dev = noxs_next(NOXS_CLASS_VBD, NULL);
	struct noxs_vbd_front keys = {
		.nr_rings = 1,
		.features = persistent ? NOXS_VBD_F_PERSISTENT : 0,
	};
	int err;

	if (!dev)
		return -ENODEV;
	err = half_open(&disk_half, dev);
	if (!err)
		err = blkring_create(ring, dev->backend_domid);
	if (!err)
		err = port_open(dev->backend_domid, port);
	if (err)
		return err;
	*sectors = dev->config.vbd.sectors * (dev->config.vbd.sector_size / BLK_SECTOR_SIZE);
	keys.ring_gref[0] = ring->gref;
	keys.port = *port;
	return half_connect(&disk_half, &keys, sizeof(keys));
}

/* ---- xenbus ---- */

static int xenbus_connect_net(struct netring *ring)
{
	struct xenbus_front front;
	int err;

	err = xenbus_front_open(&front, "device/vif/0");
	if (!err)
		err = netring_create(ring, front.backend);
	if (!err)
		err = port_open(front.backend, &ring->tx_port);
	if (err)
		return err;
	ring->rx_port = ring->tx_port;
	const struct xenbus_key keys[] = {
		{ "tx-ring-ref", ring->tx_gref },   { "rx-ring-ref", ring->rx_gref },
		{ "event-channel", ring->tx_port }, { "request-rx-copy", 1 },
		{ "feature-rx-notify", 1 },	    { "feature-sg", 1 },
		{ "feature-gso-tcpv4", 1 },	    { 0 },
	};
	return xenbus_front_connect(&front, keys, XenbusStateConnected);
}

static int xenbus_connect_disk(struct blkring *ring, evtchn_port_t *port, uint64_t *sectors,
			       bool persistent)
{
	struct xenbus_front front;
	int err;

	/* xvda: 202 << 8 */
	err = xenbus_front_open(&front, "device/vbd/51712");
	if (err)
		return err == -ENOENT ? -ENODEV : err;
	err = blkring_create(ring, front.backend);
	if (!err)
		err = port_open(front.backend, port);
	if (err)
		return err;
	const struct xenbus_key keys[] = {
		{ "ring-ref", ring->gref },
		{ "event-channel", *port },
		{ "feature-persistent", persistent },
		{ 0 },
	};
	err = xenbus_front_connect(&front, keys, XenbusStateInitialised);
	if (err)
		return err;
	*sectors = xenbus_back_number(&front, "sectors", 0);
	if (xenbus_back_number(&front, "feature-max-indirect-segments", 0) < BLKRING_MAX_SEGS)
		return -EOPNOTSUPP;
	/* Then what it reports is of the persistent kind, or of the other, as asked. */
	return xenbus_back_number(&front, "feature-persistent", 0) >= persistent ? 0 : -EOPNOTSUPP;
}

/* ---- either ---- */

static int begin(void)
{
	int err = gnttab_init();

	return err || perf_is_noxs() ? err : xenstore_init();
}

int perf_connect_net(struct netring *ring)
{
	int err = begin();

	if (err)
		return err;
	return perf_is_noxs() ? noxs_connect_net(ring) : xenbus_connect_net(ring);
}

int perf_connect_disk(struct blkring *ring, evtchn_port_t *port, uint64_t *sectors, bool persistent)
{
	int err = begin();

	if (err)
		return err;
	return perf_is_noxs() ? noxs_connect_disk(ring, port, sectors, persistent) :
				xenbus_connect_disk(ring, port, sectors, persistent);
}
