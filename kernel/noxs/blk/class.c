// SPDX-License-Identifier: GPL-2.0
/*
 * The vbd class: requests checked, the file held, states changed.
 *
 *	        front OPEN, parameters good
 *	CLOSED ----------------------------> OPEN
 *	   ^                                  |
 *	   +------- (the disk ends) <---------+
 *	                                front CLOSED
 *
 *	any --(bad parameters, bad ring; the disk ends)--> FAILED, final
 */
#include <linux/slab.h>
#include "class.h"
#include "connect.h"
#include "io.h"
#include "queue.h"

static struct vbd *dev_to_vbd(struct noxs_device *dev)
{
	return container_of(dev, struct vbd, dev);
}

/* ---- creating ---- */

/* What is asked of a disk is whether it may be written and discarded; all else is found out. */
static int vbd_check(const struct noxs_ioc_dev *req)
{
	const struct noxs_vbd_config *config = &req->config.vbd;

	if (req->flags & ~(NOXS_DEV_PRECONNECT | NOXS_VBD_NO_DISCARD) || req->link[0])
		return -EINVAL;
	if (req->flags & NOXS_DEV_PRECONNECT &&
	    (!req->nr_rings || req->nr_rings > ARRAY_SIZE(req->ring_gref) || !req->data_port[0] ||
	     req->data_port[1] != req->data_port[0]))
		return -EINVAL;
	if (config->sectors || config->sector_size || config->flags & ~NOXS_VBD_READ_ONLY ||
	    memchr_inv(config->pad0, 0, sizeof(config->pad0)))
		return -EINVAL;
	return 0;
}

/* @sectors of the disk's own; rings may be at work. */
static void vbd_set_size(struct vbd *vbd, u64 sectors)
{
	vbd->dev.slot.back.u.vbd.sectors = sectors;
	WRITE_ONCE(vbd->rules.sectors, sectors * (vbd->rules.sector_size >> SECTOR_SHIFT));
}

static void vbd_set_rules(struct vbd *vbd, bool read_only)
{
	struct blkreq_rules *rules = &vbd->rules;

	rules->sector_size = vbd->backing.sector_size;
	rules->read_only = read_only || vbd->backing.read_only;
	rules->flush = !rules->read_only;
	rules->discard = vbd->backing.discard && !rules->read_only;
}

static struct noxs_device *vbd_create(struct noxs_domain *dom, const struct noxs_ioc_dev *req,
				      struct noxs_conflict *conflict)
{
	struct vbd *vbd = kzalloc(sizeof(*vbd), GFP_KERNEL);
	int err;

	if (!vbd)
		return ERR_PTR(-ENOMEM);
	vbd->domid = dom->domid;
	vbd->id = req->id;
	snprintf(vbd->name, sizeof(vbd->name), "vbd%u.%u", dom->domid, req->id);
	err = blk_backing_open(&vbd->backing, req->fd);
	if (err)
		goto free;
	vbd->queue = vbd_queue_join();
	if (!vbd->queue) {
		err = -ENOMEM;
		goto close;
	}
	vbd_io_join(vbd);
	vbd_persist_join(&vbd->mapped_pages);
	vbd_set_rules(vbd, req->config.vbd.flags & NOXS_VBD_READ_ONLY);
	if (req->flags & NOXS_VBD_NO_DISCARD)
		vbd->rules.discard = false;
	vbd->dev.slot.back.u.vbd.features = NOXS_VBD_F_PERSISTENT;
	vbd->dev.slot.back.u.vbd.max_rings = VBD_MAX_RINGS;
	vbd->dev.slot.back.u.vbd.max_indirect = BLKREQ_MAX_SEGS;
	vbd_set_size(vbd, blk_backing_size(&vbd->backing));
	return &vbd->dev;

close:
	blk_backing_give_back(&vbd->backing);
free:
	kfree(vbd);
	return ERR_PTR(err);
}

static void vbd_describe(struct noxs_device *dev)
{
	struct noxs_vbd_config *config = &dev->entry.config.vbd;
	const struct vbd *vbd = dev_to_vbd(dev);

	config->sectors = dev->slot.back.u.vbd.sectors;
	config->sector_size = vbd->rules.sector_size;
	config->flags = (vbd->rules.read_only ? NOXS_VBD_READ_ONLY : 0) |
			(vbd->rules.flush ? NOXS_VBD_FLUSH : 0) |
			(vbd->rules.discard ? NOXS_VBD_DISCARD : 0);
}

static u64 vbd_measure(struct noxs_device *dev)
{
	return blk_backing_size(&dev_to_vbd(dev)->backing);
}

static void vbd_resize(struct noxs_device *dev, u64 sectors)
{
	vbd_set_size(dev_to_vbd(dev), sectors);
}

static struct file *vbd_target(struct noxs_device *dev, u32 *flags)
{
	const struct vbd *vbd = dev_to_vbd(dev);

	*flags = (vbd->backing.direct ? NOXS_TARGET_DIRECT : 0) |
		 (vbd->rules.read_only ? NOXS_TARGET_READ_ONLY : 0);
	return vbd->backing.file;
}

static void vbd_destroy(struct noxs_device *dev)
{
	struct vbd *vbd = dev_to_vbd(dev);

	vbd_queue_leave(vbd->queue);
	kfree(vbd);
}

static void vbd_close_work(struct work_struct *work)
{
	struct vbd *vbd = container_of(work, struct vbd, close_work);

	blk_backing_close(&vbd->backing);
	noxs_device_closed(&vbd->dev);
}

/* In a thread that the rings have had: none of their works is queued any more. */
static void vbd_close(struct noxs_device *dev)
{
	struct vbd *vbd = dev_to_vbd(dev);

	INIT_WORK(&vbd->close_work, vbd_close_work);
	queue_work(vbd_queue_wq(vbd->queue), &vbd->close_work);
}

/* ---- states ---- */

static int vbd_open(struct vbd *vbd, const struct vbd_params *params)
{
	int err;

	if (!params->nr_rings || params->nr_rings > VBD_MAX_RINGS)
		return -EPROTO;
	err = vbd_connect(vbd, params);
	if (!err)
		vbd->dev.slot.back.state = NOXS_STATE_OPEN;
	return err;
}

static int vbd_preconnect(struct noxs_device *dev, const struct noxs_ioc_dev *req,
			  const struct noxs_ctrl_front *front)
{
	struct vbd_params params = {
		.ring_gref = { req->ring_gref[0], req->ring_gref[1] },
		.nr_rings = req->nr_rings,
		.port = req->data_port[0],
	};

	if (front->state != NOXS_STATE_OPEN)
		return -EINVAL;
	return vbd_open(dev_to_vbd(dev), &params);
}

static int vbd_front_changed(struct noxs_device *dev, const struct noxs_ctrl_front *front)
{
	const struct noxs_vbd_front *said = &front->u.vbd;
	struct vbd_params params = {
		.nr_rings = said->nr_rings,
		.port = said->port,
		.persistent = said->features & NOXS_VBD_F_PERSISTENT,
	};
	struct vbd *vbd = dev_to_vbd(dev);
	int err = 0;

	/* Publishing OPEN twice changes nothing: new parameters need CLOSED in between. */
	if (front->state == dev->slot.back.state)
		return 0;
	if (front->state == NOXS_STATE_OPEN) {
		if (said->features & ~dev->slot.back.u.vbd.features || said->ring_order)
			return -EPROTO;
		memcpy(params.ring_gref, said->ring_gref, sizeof(params.ring_gref));
		err = vbd_open(vbd, &params);
	} else {
		if (!vbd_stop(vbd, VBD_RING_STOPPED))
			return -EINPROGRESS;
		vbd_disconnect(vbd);
		dev->slot.back.state = NOXS_STATE_CLOSED;
	}
	if (!err)
		noxs_slot_publish(&dev->slot, false);
	return err;
}

static void vbd_disconnect_class(struct noxs_device *dev)
{
	vbd_disconnect(dev_to_vbd(dev));
}

static bool vbd_stop_class(struct noxs_device *dev, bool answers)
{
	return vbd_stop(dev_to_vbd(dev), answers ? VBD_RING_DRAINS : VBD_RING_STOPPED);
}

static void vbd_thaw_class(struct noxs_device *dev)
{
	vbd_thaw(dev_to_vbd(dev));
}

/* ---- statistics ---- */

static void vbd_query(struct noxs_device *dev, struct noxs_ioc_dev_state *state)
{
	const struct vbd *vbd = dev_to_vbd(dev);
	const struct vbd_stats *stats = &vbd->stats;
	unsigned int i = 0;

	for (;;) {
		state->rx_packets += READ_ONCE(stats->reads);
		state->rx_bytes += READ_ONCE(stats->read_bytes);
		state->tx_packets += READ_ONCE(stats->writes);
		state->tx_bytes += READ_ONCE(stats->written_bytes);
		state->tx_errors += READ_ONCE(stats->errors);
		if (i == vbd->nr_rings)
			return;
		stats = &vbd->rings[i++]->stats;
	}
}

const struct noxs_class noxs_vbd_class = {
	.cls = NOXS_CLASS_VBD,
	.check = vbd_check,
	.create = vbd_create,
	.describe = vbd_describe,
	.measure = vbd_measure,
	.resize = vbd_resize,
	.target = vbd_target,
	.preconnect = vbd_preconnect,
	.front_changed = vbd_front_changed,
	.stop = vbd_stop_class,
	.thaw = vbd_thaw_class,
	.disconnect = vbd_disconnect_class,
	.close = vbd_close,
	.destroy = vbd_destroy,
	.query = vbd_query,
};

int noxs_vbd_init(void)
{
	return vbd_queues_init();
}

void noxs_vbd_fini(void)
{
	vbd_queues_fini();
	vbd_io_fini();
}
