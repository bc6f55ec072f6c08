/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One request on its way: its memory, the copies, the file.
 */
#ifndef NOXS_BLK_IO_H
#define NOXS_BLK_IO_H

#include "vbd.h"

/* Give the vbd its share of the memory for requests. */
void vbd_io_join(struct vbd *vbd);

/* The request in @req, which is copied, without memory for its data yet; or NULL. */
struct vbd_io *vbd_io_alloc(struct vbd_ring *ring, const struct blkreq *req);
void vbd_io_free(struct vbd_io *io);

/* Memory for its data: ours, or the guest's own.  What was found is mapped.  0 or -ENOMEM. */
int vbd_io_get_pages(struct vbd_io *io);
/* All requests have ended, and all works. */
void vbd_io_fini(void);

/*
 * Add the copies between the guest's pages and ours to the ring's batch, which has room; from and
 * to those that are mapped they are done at once.
 */
void vbd_io_plan_copies(struct vbd_io *io);
/* After the batch was copied: 0, or an error if one of them failed. */
int vbd_io_check_copies(const struct vbd_io *io);

/* Give it to the file.  Afterwards io->queued, or io->result is final. */
void vbd_io_submit(struct vbd_io *io);

/* The result is final: end it as far as the file goes. */
void vbd_io_end(struct vbd_io *io);

#endif /* NOXS_BLK_IO_H */
