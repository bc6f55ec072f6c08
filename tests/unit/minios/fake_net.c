// SPDX-License-Identifier: GPL-2.0-only
/* See fake_net.h. */
#include <minios/mm.h>
#include <minios/random.h>
#include <minios/sysctl.h>
#include <minios/time.h>
#include "fake_net.h"

#define MEMORY_MIB 4UL

struct noxs_dev fake_vif = { .cls = NOXS_CLASS_VIF, .config.vif.mtu = 1500 };
const struct netfront_ops *fake_ops;
struct loop_source *fake_source;
struct suspend_hook *fake_hook;
struct noxs_watch *fake_watch;
uint64_t fake_now_ns = NSEC_PER_SEC;
bool fake_can_sg, fake_can_csum, fake_is_open = true;
static uint8_t tx_frame[NETFRONT_TX_MAX];

/* ---- the front-end ---- */

void netfront_discard(void)
{
}

int netfront_open(const struct noxs_dev *dev, const struct netfront_ops *ops)
{
	(void)dev;
	fake_ops = ops;
	return 0;
}

bool netfront_is_open(void)
{
	return fake_ops && fake_is_open;
}

bool netfront_can_csum(void)
{
	return fake_can_csum;
}

bool netfront_can_sg(void)
{
	return fake_can_sg;
}

void *netfront_tx_piece(unsigned int i)
{
	return i * NETFRONT_TX_PIECE < sizeof(tx_frame) && fake_has_room() ?
		       &tx_frame[i * NETFRONT_TX_PIECE] :
		       NULL;
}

void netfront_tx_commit(size_t len, bool csum_blank)
{
	(void)csum_blank;
	fake_sent(tx_frame, len);
}

bool netfront_poll(void)
{
	return false;
}

void netfront_flush(void)
{
}

/* ---- the base ---- */

const struct noxs_dev *noxs_next(unsigned int cls, const struct noxs_dev *prev)
{
	return cls == NOXS_CLASS_VIF && !prev ? &fake_vif : NULL;
}

const struct noxs_dev *noxs_find(unsigned int cls, unsigned int id)
{
	return cls == NOXS_CLASS_VIF && !id ? &fake_vif : NULL;
}

void noxs_watch_add(struct noxs_watch *watch)
{
	fake_watch = watch;
}

void loop_add(struct loop_source *source)
{
	fake_source = source;
}

void suspend_hook_add(struct suspend_hook *hook)
{
	fake_hook = hook;
}

void sysctl_listen(void)
{
}

uint64_t time_ns(void)
{
	return fake_now_ns;
}

unsigned long mm_nr_pages(void)
{
	return MEMORY_MIB * 256;
}

uint32_t random_hash(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t hash = 2166136261;

	while (len--)
		hash = (hash ^ *bytes++) * 16777619;
	return hash;
}

void random_seed(void)
{
}
