// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the builder connects the vifs that want it and no others, with frames, grants and
 * ports that are each used once, and that it writes what a front-end would have published.  The
 * guest is a fake: calls and grants are recorded.
 */
#include <stdlib.h>
#include <string.h>

#include "build/pv/pv_connect.h"
#include "unit.h"

#define RING_PFN 40U

static uint64_t granted[512]; /* pfn by reference */
static unsigned int nr_ports;
static bool fails_ports;
static struct evtchn_alloc_unbound port;

void pv_guest_write_grant(struct pv_guest *g, unsigned int ref, uint64_t pfn)
{
	(void)g;
	assert_in_range(ref, CHAOS_GREF_RINGS, 511);
	assert_int_equal(granted[ref], 0);
	granted[ref] = pfn;
}

const struct evtchn_alloc_unbound *pv_guest_add_port(struct pv_guest *g)
{
	(void)g;
	nr_ports++;
	return &port;
}

int pv_guest_check_port(const struct evtchn_alloc_unbound *alloc, uint32_t expected)
{
	assert_ptr_equal(alloc, &port);
	return fails_ports && expected == CHAOS_PORT_DATA + 1 ? -1 : 0;
}

static struct pv_image image = { .takes_vifs = true, .vif_features = NOXS_VIF_F_SG };
static const struct pv_layout layout = { .ring_pfn = RING_PFN };
static struct chaos_config cfg;
static struct chaos_built built;
static struct noxs_ctrl_page ctrl;
static struct pv_guest guest = { .ctrl = &ctrl };

static int setup(void **state)
{
	(void)state;
	memset(granted, 0, sizeof(granted));
	memset(&cfg, 0, sizeof(cfg));
	memset(&ctrl, 0, sizeof(ctrl));
	memset(&built, 0x5a, sizeof(built));
	nr_ports = 0;
	fails_ports = false;
	image.takes_vifs = true;
	return 0;
}

static bool is_zero(const void *p, size_t size)
{
	const unsigned char *c = p;

	while (size && !*c++)
		size--;
	return !size;
}

static void nothing_for_who_connects(void **state)
{
	(void)state;
	cfg.nr_vifs = 2;
	cfg.vifs[0].connects_itself = cfg.vifs[1].connects_itself = true;
	assert_int_equal(pv_connect_nr_rings(&image, cfg.vifs, cfg.nr_vifs), 0);
	pv_connect_plan(&layout, &image, cfg.vifs, cfg.nr_vifs, &built);
	assert_int_equal(built.nr_connected, 0);
	assert_true(is_zero(built.vifs, sizeof(built.vifs)));
	/* An image that does not take them, whatever the configuration says. */
	cfg.vifs[0].connects_itself = cfg.vifs[1].connects_itself = false;
	image.takes_vifs = false;
	assert_int_equal(pv_connect_nr_rings(&image, cfg.vifs, cfg.nr_vifs), 0);
	pv_connect_plan(&layout, &image, cfg.vifs, cfg.nr_vifs, &built);
	assert_int_equal(built.nr_connected, 0);
	assert_true(is_zero(built.vifs, sizeof(built.vifs)));
}

/* Of three the one in the middle connects by itself: no page is set aside for it. */
static void each_has_its_own(void **state)
{
	const struct noxs_vif_front *half;

	(void)state;
	cfg.nr_vifs = 3;
	cfg.vifs[1].connects_itself = true;
	assert_int_equal(pv_connect_nr_rings(&image, cfg.vifs, cfg.nr_vifs), 4);
	pv_connect_plan(&layout, &image, cfg.vifs, cfg.nr_vifs, &built);
	assert_int_equal(built.nr_connected, 2);
	assert_int_equal(built.vifs[0].ring_gfn, RING_PFN);
	assert_int_equal(built.vifs[1].port, 0);
	assert_int_equal(built.vifs[2].ring_gfn, RING_PFN + 2);
	pv_connect_write(&guest, &image, &built);
	assert_int_equal(granted[built.vifs[0].tx_gref], RING_PFN);
	assert_int_equal(granted[built.vifs[0].rx_gref], RING_PFN + 1);
	assert_int_equal(granted[built.vifs[2].tx_gref], RING_PFN + 2);
	assert_int_equal(granted[built.vifs[2].rx_gref], RING_PFN + 3);
	/* sysctl has slot 0. */
	assert_true(is_zero(&ctrl.slot[0], sizeof(ctrl.slot[0])));
	assert_true(is_zero(&ctrl.slot[2], sizeof(ctrl.slot[2])));
	assert_true(
		is_zero(&ctrl.slot[4], sizeof(ctrl) - offsetof(struct noxs_ctrl_page, slot[4])));
	assert_int_equal(ctrl.slot[3].front.state, NOXS_STATE_OPEN);
	assert_int_equal(ctrl.slot[3].front.seq, 0);
	half = &ctrl.slot[3].front.u.vif;
	assert_int_equal(half->tx_gref, built.vifs[2].tx_gref);
	assert_int_equal(half->rx_gref, built.vifs[2].rx_gref);
	assert_int_equal(half->tx_port, CHAOS_PORT_DATA + 1);
	assert_int_equal(half->rx_port, CHAOS_PORT_DATA + 1);
	assert_int_equal(half->features, NOXS_VIF_F_SG);
	assert_true(is_zero(&ctrl.slot[3].back, sizeof(ctrl.slot[3].back)));
}

static void as_many_as_there_can_be(void **state)
{
	(void)state;
	cfg.nr_vifs = CHAOS_MAX_VIFS;
	assert_int_equal(pv_connect_nr_rings(&image, cfg.vifs, cfg.nr_vifs), 2 * CHAOS_MAX_VIFS);
	pv_connect_plan(&layout, &image, cfg.vifs, cfg.nr_vifs, &built);
	pv_connect_write(&guest, &image, &built);
	assert_int_equal(ctrl.slot[CHAOS_MAX_VIFS].front.state, NOXS_STATE_OPEN);
	pv_connect_add_ports(&guest, &built);
	assert_int_equal(nr_ports, CHAOS_MAX_VIFS);
	assert_int_equal(pv_connect_check_ports(&guest, &built), 0);
	fails_ports = true;
	assert_int_equal(pv_connect_check_ports(&guest, &built), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_for_who_connects, setup),
		cmocka_unit_test_setup(each_has_its_own, setup),
		cmocka_unit_test_setup(as_many_as_there_can_be, setup),
	};

	return cmocka_run_group_tests_name("pv_connect", tests, NULL, NULL);
}
