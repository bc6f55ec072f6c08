// SPDX-License-Identifier: MIT
/*
 * The front-end's side of a vbd.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "module-disk.h"

uint32_t disk_features;

int disk_file(void)
{
	uint64_t sector[64] = { 0 };
	int file = open(DISK_PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (; file >= 0 && sector[0] < DISK_SECTORS; sector[0]++)
		if (write(file, sector, sizeof(sector)) != sizeof(sector))
			break;
	if (file < 0 || sector[0] < DISK_SECTORS) {
		verdict("disk-file", false, "%s", strerror(errno));
		return -1;
	}
	return file;
}

int disk_attach(const struct guest *guest, int file, uint32_t flags)
{
	struct request req;

	request_init(&req, guest);
	req.dev[1] = (struct noxs_ioc_dev){ .cls = NOXS_CLASS_VBD, .fd = file };
	req.dev[1].config.vbd.flags = flags;
	return control(fd, NOXS_IOC_CREATE, &req.create);
}

uint32_t disk_state(const struct disk *disk, struct noxs_ioc_dev_state *state)
{
	return vif_state(disk->guest.domid, state);
}

void disk_prepare(struct disk *disk, unsigned int nr_rings)
{
	volatile struct noxs_ctrl_slot *slot = &disk->guest.ctrl->slot[disk->slot];
	volatile struct noxs_ctrl_front *front = &slot->front;
	unsigned int i;

	disk->nr_rings = nr_rings;
	disk->port = guest_alloc_port(&disk->guest);
	for (i = 0; i < nr_rings; i++) {
		blkif_sring_t *sring = (blkif_sring_t *)disk->guest.page[PAGE_TX + i];

		SHARED_RING_INIT(sring);
		FRONT_RING_INIT(&disk->ring[i], sring, 4096);
		front->u.vbd.ring_gref[i] = guest_gref(PAGE_TX + i);
	}
	front->u.vbd.nr_rings = nr_rings;
	front->u.vbd.port = disk->port;
	front->u.vbd.features = disk_features;
	front->state = NOXS_STATE_OPEN;
	front->ack = slot->back.seq;
}

bool disk_open(struct disk *disk, int file, uint32_t flags, unsigned int nr_rings)
{
	int err;

	if (guest_create(&disk->guest)) {
		verdict("disk-guest", false, "cannot be built");
		return false;
	}
	err = disk_attach(&disk->guest, file, flags);
	if (err) {
		verdict("disk-attach", false, "%s", strerror(err));
		guest_destroy(&disk->guest);
		return false;
	}
	disk->slot = 1;
	disk_prepare(disk, nr_rings);
	guest_publish(&disk->guest, 1);
	if (!guest_await_state(&disk->guest, 1, NOXS_STATE_OPEN)) {
		verdict("disk-open", false, "state %u error %u",
			disk->guest.ctrl->slot[1].back.state, disk->guest.ctrl->slot[1].back.error);
		close_guest(&disk->guest);
		return false;
	}
	return true;
}

void disk_close(struct disk *disk)
{
	close_guest(&disk->guest);
}

blkif_request_t *disk_next(struct disk *disk, unsigned int ring)
{
	blkif_front_ring_t *front = &disk->ring[ring];
	blkif_request_t *req = RING_GET_REQUEST(front, front->req_prod_pvt);

	memset(req, 0, sizeof(*req));
	req->id = 0x1234567800000000ULL | front->req_prod_pvt++;
	return req;
}

void disk_push(struct disk *disk, unsigned int ring)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&disk->ring[ring], notify);
	if (notify)
		guest_notify(&disk->guest, disk->port);
}

bool disk_await_taken(const struct disk *disk, unsigned int ring)
{
	volatile blkif_sring_t *sring = disk->ring[ring].sring;
	unsigned int i;

	for (i = 0; i < 5000 && sring->req_event != sring->req_prod + 1; i++)
		usleep(1000);
	return i < 5000;
}

static void fill_segs(struct blkif_request_segment *segs, unsigned int page, unsigned int nr_segs)
{
	unsigned int i;

	for (i = 0; i < nr_segs; i++)
		segs[i] = (struct blkif_request_segment){
			.gref = guest_gref(PAGE_DATA + page + i),
			.last_sect = 7,
		};
}

void disk_request(struct disk *disk, unsigned int ring, uint8_t op, uint64_t sector,
		  unsigned int page, unsigned int nr_segs)
{
	blkif_request_t *req = disk_next(disk, ring);

	req->operation = op;
	req->sector_number = sector;
	req->nr_segments = nr_segs;
	fill_segs(req->seg, page, nr_segs);
}

void disk_indirect(struct disk *disk, uint8_t op, uint64_t sector, unsigned int page,
		   unsigned int nr_segs, unsigned int desc)
{
	blkif_request_indirect_t *req = (void *)disk_next(disk, 0);

	req->operation = BLKIF_OP_INDIRECT;
	req->indirect_op = op;
	req->nr_segments = nr_segs;
	req->sector_number = sector;
	req->indirect_grefs[0] = guest_gref(PAGE_DATA + desc);
	fill_segs((void *)disk->guest.page[PAGE_DATA + desc], page, nr_segs);
}

unsigned int disk_reap(struct disk *disk, unsigned int ring, unsigned int count, int status)
{
	blkif_front_ring_t *front = &disk->ring[ring];
	blkif_response_t *rsp;
	unsigned int i, good = 0;

	disk_push(disk, ring);
	for (i = 0; i < 500 && front->sring->rsp_prod - front->rsp_cons < count; i++)
		usleep(10000);
	while (front->rsp_cons != front->sring->rsp_prod) {
		rsp = RING_GET_RESPONSE(front, front->rsp_cons);
		front->rsp_cons++;
		if (rsp->status == status && rsp->id >> 32 == 0x12345678)
			good++;
	}
	return good;
}

bool disk_pages_match(const struct disk *disk, unsigned int page, unsigned int nr, uint64_t sector)
{
	const uint64_t *at;
	unsigned int i;

	for (i = 0; i < nr * 8; i++) {
		at = (const uint64_t *)(disk->guest.page[PAGE_DATA + page + i / 8] + i % 8 * 512);
		if (at[0] != sector + i || at[1] || at[63])
			return false;
	}
	return true;
}
