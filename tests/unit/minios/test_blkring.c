// SPDX-License-Identifier: GPL-2.0-only
/* A block ring with the test as a back-end, well-behaved and not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <minios/blkring.h>
#include <minios/gnttab.h>
#include <minios/mm.h>
#include "unit.h"

#define MAX_GRANTS 400
#define BUF_PAGES  32U

static struct blkring ring;
static blkif_sring_t *sring;
static const void *granted[MAX_GRANTS]; /* by reference; NULL: free */
static bool granted_readonly[MAX_GRANTS];
static unsigned int nr_granted, grant_limit;
static unsigned char *buf;

/* ---- stand-ins for the base ---- */

static void *allocated[8];
static unsigned int nr_allocated;

void *page_alloc(void)
{
	allocated[nr_allocated] = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
	return allocated[nr_allocated++];
}

int gnttab_grant(domid_t domid, const void *page, bool readonly)
{
	int ref;

	(void)domid;
	if (nr_granted == grant_limit)
		return -ENOSPC;
	for (ref = 1; granted[ref]; ref++)
		;
	granted[ref] = page;
	granted_readonly[ref] = readonly;
	nr_granted++;
	return ref;
}

bool gnttab_revoke(grant_ref_t ref)
{
	assert_non_null(granted[ref]);
	granted[ref] = NULL;
	nr_granted--;
	return true;
}

static int setup(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	memset(granted, 0, sizeof(granted));
	nr_granted = 0;
	grant_limit = MAX_GRANTS - 1;
	buf = aligned_alloc(PAGE_SIZE, BUF_PAGES * PAGE_SIZE);
	assert_int_equal(blkring_create(&ring, 0), 0);
	sring = (blkif_sring_t *)granted[ring.gref];
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	while (nr_allocated)
		free(allocated[--nr_allocated]);
	free(buf);
	return 0;
}

static struct blk_request request(enum blk_op op, uint64_t sector, size_t offset,
				  uint32_t nr_sectors)
{
	return (struct blk_request){
		.op = op, .sector = sector, .buf = buf + offset, .nr_sectors = nr_sectors
	};
}

/* What the back-end sees in a slot. */
static blkif_request_t *seen(unsigned int slot)
{
	return &sring->ring[slot].req;
}

static void answer(uint64_t id, int status)
{
	blkif_response_t *rsp = &sring->ring[sring->rsp_prod % BLKRING_SIZE].rsp;

	rsp->id = id;
	rsp->status = (int16_t)status;
	sring->rsp_prod++;
}

static void read_and_write(void **state)
{
	struct blk_request r = request(BLK_READ, 100, 512, 20), w = request(BLK_WRITE, 8, 0, 8),
			   *got;
	uint64_t id;
	int err = 1;

	(void)state;
	assert_true(blkring_put(&ring, &r));
	assert_true(blkring_put(&ring, &w));
	assert_true(blkring_push(&ring));
	assert_int_equal(sring->req_prod, 2);
	/* From the second sector of the first page into the third page. */
	assert_int_equal(seen(0)->operation, BLKIF_OP_READ);
	assert_int_equal(seen(0)->nr_segments, 3);
	assert_int_equal(seen(0)->sector_number, 100);
	assert_int_equal(seen(0)->seg[0].first_sect, 1);
	assert_int_equal(seen(0)->seg[0].last_sect, 7);
	assert_int_equal(seen(0)->seg[1].last_sect, 7);
	assert_int_equal(seen(0)->seg[2].first_sect, 0);
	assert_int_equal(seen(0)->seg[2].last_sect, 4);
	assert_ptr_equal(granted[seen(0)->seg[2].gref], buf + 2 * PAGE_SIZE);
	assert_false(granted_readonly[seen(0)->seg[0].gref]);
	assert_true(granted_readonly[seen(1)->seg[0].gref]);
	id = seen(0)->id; /* the first answer lies over it */
	answer(seen(1)->id, BLKIF_RSP_ERROR);
	answer(id, BLKIF_RSP_OKAY);
	assert_int_equal(blkring_take(&ring, &got, &err), 1);
	assert_ptr_equal(got, &w);
	assert_int_equal(err, -EIO);
	assert_int_equal(blkring_take(&ring, &got, &err), 1);
	assert_ptr_equal(got, &r);
	assert_int_equal(err, 0);
	assert_int_equal(blkring_take(&ring, &got, &err), 0);
	/* The ring's own is what is left. */
	assert_int_equal(nr_granted, 1);
	assert_int_equal(sring->rsp_event, 3);
}

static void indirect(void **state)
{
	const struct blkif_request_segment *segs;
	const blkif_request_indirect_t *req;
	struct blk_request r[BLKRING_DESCS + 1], *got;
	unsigned int i;
	int err;

	(void)state;
	for (i = 0; i <= BLKRING_DESCS; i++) {
		r[i] = request(BLK_READ, 8, 0, BLK_MAX_SECTORS);
		assert_int_equal(blkring_put(&ring, &r[i]), i < BLKRING_DESCS);
	}
	/* What could not be put holds nothing: 32 pages and the descriptors of each, and the ring. */
	assert_int_equal(nr_granted, BLKRING_DESCS * 33 + 1);
	req = (const blkif_request_indirect_t *)seen(1);
	assert_int_equal(req->operation, BLKIF_OP_INDIRECT);
	assert_int_equal(req->indirect_op, BLKIF_OP_READ);
	assert_int_equal(req->nr_segments, 32);
	segs = granted[req->indirect_grefs[0]];
	assert_ptr_equal(granted[segs[31].gref], buf + 31 * PAGE_SIZE);
	assert_int_equal(segs[31].last_sect, 7);
	blkring_push(&ring);
	answer(req->id, BLKIF_RSP_OKAY);
	assert_int_equal(blkring_take(&ring, &got, &err), 1);
	assert_ptr_equal(got, &r[1]);
	assert_true(blkring_put(&ring, &r[BLKRING_DESCS]));
}

static void flush_and_discard(void **state)
{
	struct blk_request f = { .op = BLK_FLUSH };
	struct blk_request d = { .op = BLK_DISCARD, .sector = 16, .nr_sectors = 1 << 20 };
	struct blk_request *got;
	int err;

	(void)state;
	assert_true(blkring_put(&ring, &f));
	assert_true(blkring_put(&ring, &d));
	assert_int_equal(seen(0)->operation, BLKIF_OP_FLUSH_DISKCACHE);
	assert_int_equal(seen(0)->nr_segments, 0);
	assert_int_equal(((blkif_request_discard_t *)seen(1))->nr_sectors, 1 << 20);
	blkring_push(&ring);
	answer(seen(1)->id, BLKIF_RSP_EOPNOTSUPP);
	assert_int_equal(blkring_take(&ring, &got, &err), 1);
	assert_ptr_equal(got, &d);
	assert_int_equal(err, -EOPNOTSUPP);
}

static void full(void **state)
{
	struct blk_request r[BLKRING_SIZE + 1];
	unsigned int i;

	(void)state;
	for (i = 0; i <= BLKRING_SIZE; i++) {
		r[i] = request(BLK_READ, i, 0, 1);
		assert_int_equal(blkring_put(&ring, &r[i]), i < BLKRING_SIZE);
	}
	for (i = 0; i < BLKRING_SIZE; i++)
		assert_non_null(blkring_evict(&ring));
	assert_null(blkring_evict(&ring));
	assert_int_equal(nr_granted, 1);
}

static void no_grants(void **state)
{
	struct blk_request r = request(BLK_READ, 0, 0, 11 * 8);

	(void)state;
	grant_limit = 6;
	assert_false(blkring_put(&ring, &r));
	assert_int_equal(nr_granted, 1);
	grant_limit = 12;
	assert_true(blkring_put(&ring, &r));
	assert_int_equal(seen(0)->nr_segments, 11);
}

/* Each in a ring of its own: after the first the device is closed. */
static void bad_answers(void **state)
{
	struct blk_request r = request(BLK_READ, 0, 0, 8), *got;
	int err;

	(void)state;
	assert_true(blkring_put(&ring, &r));
	blkring_push(&ring);
	answer(BLKRING_SIZE, BLKIF_RSP_OKAY);
	assert_int_equal(blkring_take(&ring, &got, &err), -EIO);
	assert_int_equal(blkring_create(&ring, 0), 0);
	assert_true(blkring_put(&ring, &r));
	blkring_push(&ring);
	answer(7, BLKIF_RSP_OKAY); /* nothing is there */
	assert_int_equal(blkring_take(&ring, &got, &err), -EIO);
	assert_int_equal(blkring_create(&ring, 0), 0);
	assert_true(blkring_put(&ring, &r));
	blkring_push(&ring);
	answer(0, BLKIF_RSP_OKAY);
	answer(0, BLKIF_RSP_OKAY); /* more than was asked */
	assert_int_equal(blkring_take(&ring, &got, &err), -EIO);
}

/* The device is removed, and added again. */
static void release(void **state)
{
	struct blk_request r = request(BLK_READ, 0, 0, 12 * 8);
	void *page = ring.page;

	(void)state;
	assert_true(blkring_put(&ring, &r));
	assert_int_equal(nr_granted, 1 + 1 + 12);
	assert_ptr_equal(blkring_evict(&ring), &r);
	assert_int_equal(nr_granted, 1 + 1); /* descriptors stay */
	blkring_release(&ring);
	assert_int_equal(nr_granted, 0);
	blkring_release(&ring);
	assert_int_equal(blkring_create(&ring, 0), 0);
	assert_ptr_equal(ring.page, page);
	assert_int_equal(nr_granted, 1);
}

/* After a restore the references may be others': they are not to be taken back. */
static void restored(void **state)
{
	struct blk_request r = request(BLK_READ, 0, 0, 12 * 8);

	(void)state;
	assert_true(blkring_put(&ring, &r));
	blkring_forget_grants(&ring);
	assert_ptr_equal(blkring_evict(&ring), &r);
	assert_null(blkring_evict(&ring));
	blkring_release(&ring);
	assert_int_equal(nr_granted, 1 + 1 + 12);
}

/* Memory that keeps its grants: no request makes or ends one, and they are made anew with the ring. */
static void registered(void **state)
{
	struct blk_request w = request(BLK_WRITE, 0, 3 * PAGE_SIZE + 512, 8),
			   i = request(BLK_READ, 0, 2 * PAGE_SIZE, 12 * 8),
			   other = request(BLK_READ, 0, PAGE_SIZE, 16), *got;
	const blkif_request_indirect_t *indirect;
	const struct blkif_request_segment *segs;
	uint32_t gref;
	int err;

	(void)state;
	assert_int_equal(blkring_register(&ring, buf + 2 * PAGE_SIZE, 14), 0);
	assert_int_equal(nr_granted, 1 + 14);
	assert_true(blkring_is_registered(&ring, buf + 2 * PAGE_SIZE, 14 * PAGE_SIZE));
	assert_true(blkring_is_registered(&ring, buf + 16 * PAGE_SIZE - 512, 512));
	assert_false(blkring_is_registered(&ring, buf + 2 * PAGE_SIZE - 512, 1024));
	assert_false(blkring_is_registered(&ring, buf + 16 * PAGE_SIZE - 512, 1024));
	assert_true(blkring_put(&ring, &w));
	gref = seen(0)->seg[0].gref;
	assert_ptr_equal(granted[gref], buf + 3 * PAGE_SIZE);
	assert_ptr_equal(granted[seen(0)->seg[1].gref], buf + 4 * PAGE_SIZE);
	assert_false(granted_readonly[gref]);
	assert_true(blkring_put(&ring, &i));
	indirect = (const blkif_request_indirect_t *)seen(1);
	segs = granted[indirect->indirect_grefs[0]];
	assert_int_equal(segs[1].gref, gref);
	/* Descriptors; and a request that lies partly elsewhere has grants of its own. */
	assert_int_equal(nr_granted, 1 + 14 + 1);
	assert_true(blkring_put(&ring, &other));
	assert_int_equal(nr_granted, 1 + 14 + 1 + 2);
	blkring_push(&ring);
	answer(2, BLKIF_RSP_OKAY);
	answer(0, BLKIF_RSP_OKAY);
	assert_int_equal(blkring_take(&ring, &got, &err), 1);
	assert_int_equal(blkring_take(&ring, &got, &err), 1);
	assert_ptr_equal(got, &w);
	assert_int_equal(nr_granted, 1 + 14 + 1);
	assert_ptr_equal(blkring_evict(&ring), &i);
	blkring_release(&ring);
	assert_int_equal(nr_granted, 0);
	assert_int_equal(blkring_create(&ring, 0), 0);
	assert_int_equal(nr_granted, 1 + 14);
	/* After a restore they are not taken back. */
	blkring_forget_grants(&ring);
	assert_int_equal(blkring_create(&ring, 0), 0);
	assert_int_equal(nr_granted, 2 * (1 + 14));
	blkring_release(&ring);
	assert_int_equal(nr_granted, 1 + 14);
	blkring_unregister_all(&ring);
	assert_false(blkring_is_registered(&ring, buf + 2 * PAGE_SIZE, 512));
}

static void bad_registrations(void **state)
{
	struct blkring_buffers *none = NULL;

	(void)state;
	assert_int_equal(blkring_register(&ring, buf + 512, 1), -EINVAL);
	assert_int_equal(blkring_register(&ring, buf, 0), -EINVAL);
	grant_limit = 1 + 3;
	assert_int_equal(blkring_register(&ring, buf, 4), -ENOSPC);
	assert_ptr_equal(ring.buffers, none);
	assert_int_equal(nr_granted, 1);
	assert_int_equal(blkring_register(&ring, buf + PAGE_SIZE, 2), 0);
	assert_int_equal(blkring_register(&ring, buf, 2), -EINVAL);
	assert_int_equal(blkring_register(&ring, buf + 2 * PAGE_SIZE, 1), -EINVAL);
	assert_int_equal(blkring_register(&ring, buf + 3 * PAGE_SIZE, 1), 0);
	assert_int_equal(nr_granted, 1 + 3);
	/* There is not room for all of them any more. */
	blkring_release(&ring);
	grant_limit = 2;
	assert_int_equal(blkring_create(&ring, 0), -ENOSPC);
	blkring_release(&ring);
	assert_int_equal(nr_granted, 0);
	blkring_unregister_all(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(read_and_write, setup, teardown),
		cmocka_unit_test_setup_teardown(indirect, setup, teardown),
		cmocka_unit_test_setup_teardown(flush_and_discard, setup, teardown),
		cmocka_unit_test_setup_teardown(full, setup, teardown),
		cmocka_unit_test_setup_teardown(no_grants, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(release, setup, teardown),
		cmocka_unit_test_setup_teardown(restored, setup, teardown),
		cmocka_unit_test_setup_teardown(registered, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_registrations, setup, teardown),
	};

	return cmocka_run_group_tests_name("blkring", tests, NULL, NULL);
}
