// SPDX-License-Identifier: GPL-2.0
/*
 * Where the works of rings run: queues that are shared by disks, but never full.
 *
 * A work may sleep for as long as its disk does.  A queue runs at most WQ_MAX_ACTIVE works at a
 * time, so it takes no more rings than that, and no ring ever waits for another one's disk.  A
 * queue of its own for each disk would do the same, and cost each creation an alloc_workqueue().
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "queue.h"
#include "vbd.h"

struct vbd_queue {
	struct list_head node;
	struct workqueue_struct *wq;
	unsigned int nr_vbds;
};

static DEFINE_MUTEX(queues_lock);
static LIST_HEAD(queues); /* those with room first; kept until the module goes */

/* Linux 6.8 and later divide max_active among the NUMA nodes. */
static unsigned int queue_capacity(void)
{
	return max(WQ_MAX_ACTIVE / num_online_nodes() / VBD_MAX_RINGS, 1U);
}

static struct vbd_queue *queue_create(void)
{
	struct vbd_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);

	if (!queue)
		return NULL;
	/* No I/O while Dom0 freezes its file systems to sleep. */
	queue->wq = alloc_workqueue("noxs-vbd", WQ_UNBOUND | WQ_FREEZABLE, WQ_MAX_ACTIVE);
	if (!queue->wq) {
		kfree(queue);
		return NULL;
	}
	list_add(&queue->node, &queues);
	return queue;
}

struct vbd_queue *vbd_queue_join(void)
{
	struct vbd_queue *queue;

	mutex_lock(&queues_lock);
	queue = list_first_entry_or_null(&queues, struct vbd_queue, node);
	if (!queue || queue->nr_vbds >= queue_capacity())
		queue = queue_create();
	if (queue && ++queue->nr_vbds >= queue_capacity())
		list_move_tail(&queue->node, &queues);
	mutex_unlock(&queues_lock);
	return queue;
}

void vbd_queue_leave(struct vbd_queue *queue)
{
	mutex_lock(&queues_lock);
	queue->nr_vbds--;
	list_move(&queue->node, &queues);
	mutex_unlock(&queues_lock);
}

struct workqueue_struct *vbd_queue_wq(const struct vbd_queue *queue)
{
	return queue->wq;
}

int vbd_queues_init(void)
{
	/* The first guest is not to pay for it. */
	return queue_create() ? 0 : -ENOMEM;
}

void vbd_queues_fini(void)
{
	struct vbd_queue *queue, *next;

	list_for_each_entry_safe(queue, next, &queues, node) {
		destroy_workqueue(queue->wq);
		kfree(queue);
	}
}
