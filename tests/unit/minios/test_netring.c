// SPDX-License-Identifier: GPL-2.0-only
/* Network rings with the test as a back-end, well-behaved and not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/mm.h>
#include <minios/netring.h>
#include <minios/suspend.h>
#include "unit.h"

#define MAX_PAGES 256

static struct netring ring;
static netif_tx_sring_t *tx;
static netif_rx_sring_t *rx;
static void *pages[MAX_PAGES]; /* by grant reference */
static unsigned int nr_pages, nr_notified, nr_revoked;

/* What came up. */
static char frame[20000];
static size_t frame_len;
static unsigned int nr_frames, nr_bad;
static enum netfront_csum frame_csum;

/* ---- stand-ins for the base ---- */

void *page_alloc(void)
{
	return aligned_alloc(PAGE_SIZE, PAGE_SIZE);
}

int gnttab_grant(domid_t domid, const void *page, bool readonly)
{
	(void)domid;
	(void)readonly;
	pages[++nr_pages] = (void *)page;
	return (int)nr_pages;
}

bool gnttab_revoke(grant_ref_t ref)
{
	assert_in_range(ref, 1, nr_pages);
	nr_revoked++;
	return true;
}

void evtchn_notify(evtchn_port_t port)
{
	(void)port;
	nr_notified++;
}

static unsigned int nr_discarded;

void suspend_discard(unsigned long first_pfn, unsigned long count)
{
	unsigned int i, granted = 0;

	assert_int_equal(count, 1);
	for (i = 1; i <= nr_pages; i++)
		granted += mm_virt_to_pfn(pages[i]) == first_pfn && pages[i] != tx &&
			   pages[i] != rx;
	assert_true(granted);
	nr_discarded++;
}

/* What the back-end does while the front-end is in the middle of something. */
static void (*meanwhile)(void);

void other_cpu(void)
{
	void (*what)(void) = meanwhile;

	meanwhile = NULL;
	if (what)
		what();
}

static void receive(const void *data, size_t len, bool last, bool ok, enum netfront_csum csum)
{
	memcpy(frame + frame_len, data, len);
	frame_len += len;
	frame_csum = csum;
	if (last && ok)
		nr_frames++;
	else if (last)
		nr_bad++;
}

static const struct netfront_ops ops = { .receive = receive };

static int ring_setup(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	nr_pages = nr_notified = nr_revoked = nr_frames = nr_bad = 0;
	frame_len = 0;
	assert_int_equal(netring_create(&ring, 0), 0);
	tx = pages[ring.tx_gref];
	rx = pages[ring.rx_gref];
	return 0;
}

static int ring_teardown(void **state)
{
	(void)state;
	unsigned int i;

	/* A page granted twice is there twice. */
	for (; nr_pages; nr_pages--) {
		for (i = 1; i < nr_pages && pages[i] != pages[nr_pages]; i++)
			;
		if (i == nr_pages)
			free(pages[nr_pages]);
	}
	return 0;
}

/* A new ring, after one that has been closed for what was done to it. */
static void ring_again(void)
{
	ring_teardown(NULL);
	ring_setup(NULL);
}

static int poll_ring(void)
{
	bool more;

	return netring_receive(&ring, &ops, &more);
}

/* The back-end answers the oldest receive request with len bytes of fill. */
static RING_IDX back_rx(int len, unsigned int flags, char fill)
{
	RING_IDX idx = rx->rsp_prod;
	netif_rx_request_t req = rx->ring[idx % NETRING_SIZE].req;
	netif_rx_response_t rsp = { .id = req.id,
				    .flags = (uint16_t)flags,
				    .status = (int16_t)len };

	if (len > 0)
		memset(pages[req.gref], fill, (size_t)len);
	rx->ring[idx % NETRING_SIZE].rsp = rsp;
	rx->rsp_prod = idx + 1;
	return idx;
}

/* ---- tests ---- */

static void posts_its_buffers(void **state)
{
	(void)state;
	assert_int_equal(rx->req_prod, NETRING_RX_BUFS);
	assert_int_equal(tx->req_prod, 0);
}

static void receives(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		frame_len = 0;
		back_rx(100, i % 2 ? NETRXF_data_validated : 0, (char)i);
		assert_int_equal(poll_ring(), 0);
		assert_int_equal(nr_frames, i + 1);
		assert_int_equal(frame_len, 100);
		assert_int_equal(frame[99], (char)i);
		assert_int_equal(frame_csum, i % 2 ? NETFRONT_CSUM_GOOD : NETFRONT_CSUM_NONE);
		/* The buffer is back in the ring. */
		assert_int_equal(rx->req_prod - rx->rsp_prod, NETRING_RX_BUFS);
	}
}

static void receives_a_chain(void **state)
{
	(void)state;
	back_rx(4096, NETRXF_more_data, 'a');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_frames, 0);
	back_rx(1000, 0, 'b');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_frames, 1);
	assert_int_equal(frame_len, 5096);
	assert_int_equal(frame[4095], 'a');
	assert_int_equal(frame[4096], 'b');
}

/* What is said of the checksum is said in the first slot, whatever the others have. */
static void takes_the_checksum_from_the_first(void **state)
{
	(void)state;
	back_rx(4096, NETRXF_more_data | NETRXF_csum_blank | NETRXF_data_validated, 'a');
	back_rx(4096, NETRXF_more_data, 'b');
	back_rx(10, 0, 'c');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_frames, 1);
	assert_int_equal(frame_csum, NETFRONT_CSUM_GOOD);
	back_rx(4096, NETRXF_more_data, 'a');
	back_rx(10, NETRXF_data_validated, 'c');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_frames, 2);
	assert_int_equal(frame_csum, NETFRONT_CSUM_NONE);
}

static void drops_a_frame_with_an_error(void **state)
{
	(void)state;
	back_rx(10, NETRXF_more_data, 'a');
	back_rx(NETIF_RSP_ERROR, 0, 0);
	back_rx(20, 0, 'c');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_bad, 1);
	assert_int_equal(nr_frames, 1);
}

static void refuses_a_long_chain(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i <= XEN_NETIF_NR_SLOTS_MIN; i++)
		back_rx(10, NETRXF_more_data, 'x');
	assert_int_equal(poll_ring(), -EIO);
}

static void refuses_an_index_ahead(void **state)
{
	(void)state;
	rx->rsp_prod = NETRING_RX_BUFS + 1; /* more answers than questions */
	assert_int_equal(poll_ring(), -EIO);
	ring_again();
	rx->rsp_prod = (RING_IDX)-1;
	assert_int_equal(poll_ring(), -EIO);
	ring_again();
	tx->rsp_prod = 1;
	assert_int_equal(poll_ring(), -EIO);
}

static void refuses_bytes_outside_the_page(void **state)
{
	RING_IDX idx = back_rx(100, 0, 'x');

	(void)state;
	rx->ring[idx % NETRING_SIZE].rsp.offset = PAGE_SIZE - 99;
	assert_int_equal(poll_ring(), -EIO);
	ring_again();
	idx = back_rx(0, 0, 'x');
	rx->ring[idx % NETRING_SIZE].rsp.status = PAGE_SIZE + 1;
	assert_int_equal(poll_ring(), -EIO);
}

static void refuses_a_wrong_id(void **state)
{
	RING_IDX idx = back_rx(100, 0, 'x');

	(void)state;
	rx->ring[idx % NETRING_SIZE].rsp.id = 0xffff;
	assert_int_equal(poll_ring(), -EIO);
}

static void back_tx(unsigned int id)
{
	netif_tx_response_t rsp = { .id = (uint16_t)id, .status = NETIF_RSP_OKAY };

	tx->ring[tx->rsp_prod % NETRING_SIZE].rsp = rsp;
	tx->rsp_prod++;
}

static void transmits(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		netif_tx_request_t req;
		char *buf = netring_tx_piece(&ring, 0);

		assert_non_null(buf);
		memset(buf, (char)i, 60);
		netring_tx_commit(&ring, 60, i % 2);
		assert_int_equal(tx->req_prod, i); /* not before the flush */
		netring_flush(&ring);
		assert_int_equal(tx->req_prod, i + 1);
		req = tx->ring[i % NETRING_SIZE].req;
		assert_int_equal(req.size, 60);
		assert_int_equal(!!(req.flags & NETTXF_csum_blank), i % 2);
		assert_int_equal(((char *)pages[req.gref])[req.offset + 59], (char)i);
		back_tx(req.id);
		assert_int_equal(poll_ring(), 0);
	}
}

/*
 * A frame of several slots: the first says how long it is, and what of its checksum; netif.h.  What
 * its pieces are put together from is what was written.
 */
static void transmits_chains(void **state)
{
	static uint8_t sent[NETFRONT_TX_MAX], got[NETFRONT_TX_MAX];
	unsigned int i, round, nr = NETFRONT_TX_MAX / NETRING_TX_BUF_SIZE + 1;

	(void)state;
	assert_int_equal(nr, 5);
	for (round = 0; round < 100; round++) {
		size_t done = 0;

		for (i = 0; i < sizeof(sent); i++)
			sent[i] = (uint8_t)(i * 7 + round + i / 256);
		for (i = 0; i < nr; i++, done += NETRING_TX_BUF_SIZE)
			memcpy(netring_tx_piece(&ring, i), sent + done,
			       sizeof(sent) - done < NETRING_TX_BUF_SIZE ? sizeof(sent) - done :
									   NETRING_TX_BUF_SIZE);
		netring_tx_commit(&ring, sizeof(sent), round % 2);
		netring_flush(&ring);
		assert_int_equal(tx->req_prod, (round + 1) * nr);
		for (i = 0, done = 0; i < nr; i++) {
			netif_tx_request_t *req = &tx->ring[(round * nr + i) % NETRING_SIZE].req;
			size_t size = i ? req->size : NETRING_TX_BUF_SIZE;

			assert_int_equal(req->size, i == 4 ? 826 : i ? 2048 : 9018);
			assert_int_equal(!!(req->flags & NETTXF_more_data), i < nr - 1);
			assert_int_equal(!!(req->flags & NETTXF_csum_blank), !i && round % 2);
			assert_true(req->offset + size <= PAGE_SIZE);
			memcpy(got + done, (char *)pages[req->gref] + req->offset, size);
			done += size;
		}
		assert_int_equal(done, sizeof(sent));
		assert_memory_equal(got, sent, sizeof(sent));
		for (i = 0; i < nr; i++)
			back_tx(tx->ring[(round * nr + i) % NETRING_SIZE].req.id);
		assert_int_equal(poll_ring(), 0);
	}
}

/* One that fits its buffers to the byte has none too many; without buffers for all of it there is none. */
static void chain_needs_room(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NETRING_TX_BUFS / 2; i++) {
		assert_non_null(netring_tx_piece(&ring, 1));
		netring_tx_commit(&ring, (size_t)2 * NETRING_TX_BUF_SIZE, false);
		assert_int_equal(ring.nr_tx_free, NETRING_TX_BUFS - 2 * (i + 1));
	}
	assert_null(netring_tx_piece(&ring, 0));
	netring_flush(&ring);
	back_tx(9);
	back_tx(11);
	assert_int_equal(poll_ring(), 0);
	assert_non_null(netring_tx_piece(&ring, 1));
	assert_null(netring_tx_piece(&ring, 2));
}

static void transmit_ring_fills(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NETRING_TX_BUFS; i++) {
		assert_non_null(netring_tx_piece(&ring, 0));
		netring_tx_commit(&ring, 60, false);
	}
	assert_null(netring_tx_piece(&ring, 0));
	netring_flush(&ring);
	assert_int_equal(nr_notified, 1);
	back_tx(5);
	assert_int_equal(poll_ring(), 0);
	assert_non_null(netring_tx_piece(&ring, 0));
}

/* All that is on its way is answered.  True if the front-end has asked to be told. */
static bool back_tx_all(void)
{
	RING_IDX before = tx->rsp_prod;

	while (tx->rsp_prod != tx->req_prod)
		back_tx(tx->ring[tx->rsp_prod % NETRING_SIZE].req.id);
	/* as RING_PUSH_RESPONSES_AND_CHECK_NOTIFY() has it */
	return tx->rsp_prod - tx->rsp_event < tx->rsp_prod - before;
}

static bool is_told;

static void back_answers_the_rest(void)
{
	is_told = back_tx_all();
}

static void fill(unsigned int count)
{
	for (; count; count--) {
		assert_non_null(netring_tx_piece(&ring, 0));
		netring_tx_commit(&ring, 60, false);
	}
	netring_flush(&ring);
}

/*
 * However many responses come while others are taken in: either there are buffers then, or an event comes.
 * Without either a guest that waits for a buffer would wait for ever.
 */
static void misses_no_response(void **state)
{
	unsigned int first, i;

	(void)state;
	for (first = 1; first <= NETRING_TX_BUFS; first++) {
		ring_again();
		fill(NETRING_TX_BUFS);
		for (i = 0; i < first; i++)
			back_tx(tx->ring[i].req.id);
		is_told = false;
		meanwhile = back_answers_the_rest;
		assert_int_equal(poll_ring(), 0);
		assert_null(meanwhile);
		/* As long as it is not told it goes on sending with what it has. */
		while (!is_told && ring.nr_tx_free) {
			fill(ring.nr_tx_free);
			is_told = back_tx_all();
		}
		assert_true(is_told);
	}
}

static void refuses_answers_to_nothing(void **state)
{
	(void)state;
	assert_non_null(netring_tx_piece(&ring, 0));
	netring_tx_commit(&ring, 60, false);
	netring_flush(&ring);
	back_tx(NETRING_TX_BUFS); /* out of range */
	assert_int_equal(poll_ring(), -EIO);
	ring_again();
	assert_non_null(netring_tx_piece(&ring, 0));
	netring_tx_commit(&ring, 60, false);
	netring_flush(&ring);
	back_tx((tx->ring[0].req.id + 1) % NETRING_TX_BUFS); /* not on its way */
	assert_int_equal(poll_ring(), -EIO);
}

/* Rings the domain builder has made: pages of zeroes. */
static void adopts_rings(void **state)
{
	void *tx_page = pages[ring.tx_gref], *rx_page = pages[ring.rx_gref];

	(void)state;
	memset(tx_page, 0, PAGE_SIZE);
	memset(rx_page, 0, PAGE_SIZE);
	assert_int_equal(netring_adopt(&ring, 0, tx_page, rx_page), 0);
	assert_int_equal(rx->req_prod, NETRING_RX_BUFS);
	back_rx(100, 0, 'x');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_frames, 1);
	assert_int_equal(netring_adopt(&ring, 0, NULL, rx_page), -EINVAL);
}

/* Nobody is told of the first buffers, but a back-end that waits for some. */
static void tells_who_waits_for_buffers(void **state)
{
	void *tx_page = pages[ring.tx_gref], *rx_page = pages[ring.rx_gref];

	(void)state;
	memset(rx_page, 0, PAGE_SIZE);
	assert_int_equal(netring_adopt(&ring, 0, tx_page, rx_page), 0);
	assert_int_equal(nr_notified, 0);
	memset(rx_page, 0, PAGE_SIZE);
	rx->req_event = 2;
	assert_int_equal(netring_adopt(&ring, 0, tx_page, rx_page), 0);
	assert_int_equal(nr_notified, 1);
	/* It is told of what it answers, from the first on. */
	assert_int_equal(rx->rsp_event, 1);
}

/* A resumed domain starts anew with the pages it has, however much was on its way. */
static void starts_anew(void **state)
{
	void *rx_page = ring.rx_page[3];

	(void)state;
	assert_non_null(netring_tx_piece(&ring, 0));
	netring_tx_commit(&ring, 60, false);
	netring_flush(&ring);
	back_rx(10, NETRXF_more_data, 'x');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(netring_create(&ring, 0), 0);
	assert_int_equal(tx->req_prod, 0);
	assert_int_equal(rx->req_prod, NETRING_RX_BUFS);
	assert_ptr_equal(ring.rx_page[3], rx_page);
	frame_len = 0;
	back_rx(50, 0, 'y');
	assert_int_equal(poll_ring(), 0);
	assert_int_equal(nr_frames, 1);
	assert_int_equal(ring.nr_tx_free, NETRING_TX_BUFS);
}

/* Removed and added again, or restored: no reference is lost, and none is taken back twice. */
static void lets_go_of_its_grants(void **state)
{
	unsigned int granted = nr_pages;

	(void)state;
	netring_release(&ring);
	assert_int_equal(nr_revoked, granted);
	netring_release(&ring);
	assert_int_equal(nr_revoked, granted);
	assert_int_equal(netring_create(&ring, 0), 0);
	assert_int_equal(nr_pages, 2 * granted);
	netring_forget_grants(&ring);
	netring_release(&ring);
	assert_int_equal(nr_revoked, granted);
}

/* All buffers there are, and neither of the rings. */
static void discards_its_buffers(void **state)
{
	unsigned int buffers = nr_pages - 2;

	(void)state;
	nr_discarded = 0;
	netring_discard(&ring);
	assert_int_equal(nr_discarded, buffers);
}

#define T(f) cmocka_unit_test_setup_teardown(f, ring_setup, ring_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(posts_its_buffers),
		T(receives),
		T(receives_a_chain),
		T(takes_the_checksum_from_the_first),
		T(drops_a_frame_with_an_error),
		T(refuses_a_long_chain),
		T(refuses_an_index_ahead),
		T(refuses_bytes_outside_the_page),
		T(refuses_a_wrong_id),
		T(transmits),
		T(transmits_chains),
		T(chain_needs_room),
		T(transmit_ring_fills),
		T(misses_no_response),
		T(refuses_answers_to_nothing),
		T(adopts_rings),
		T(tells_who_waits_for_buffers),
		T(starts_anew),
		T(lets_go_of_its_grants),
		T(discards_its_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
