/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the works of rings run: each finds a thread at once, whatever other disks do.
 */
#ifndef NOXS_BLK_QUEUE_H
#define NOXS_BLK_QUEUE_H

struct vbd_queue;
struct workqueue_struct;

/* A place for all works of one vbd, or NULL: no memory.  May sleep. */
struct vbd_queue *vbd_queue_join(void);

/* None of the vbd's works is queued, or ever will be. */
void vbd_queue_leave(struct vbd_queue *queue);

struct workqueue_struct *vbd_queue_wq(const struct vbd_queue *queue);

int vbd_queues_init(void);
void vbd_queues_fini(void);

#endif /* NOXS_BLK_QUEUE_H */
