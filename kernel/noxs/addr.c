// SPDX-License-Identifier: GPL-2.0
/*
 * Claims on MAC and IPv4 addresses, in two hashes under one lock: whoever comes second is refused.
 */
#include <linux/errno.h>
#include <linux/etherdevice.h>
#include <linux/hashtable.h>
#include <linux/spinlock.h>
#include "addr.h"
#include "uapi/noxs_ioctl.h"

/* As many buckets as a host is meant to have guests. */
#define ADDR_HASH_BITS 12

static DEFINE_SPINLOCK(addr_lock);		       /* a leaf: nothing is taken inside */
static DEFINE_HASHTABLE(addr_by_mac, ADDR_HASH_BITS);  /* addr_lock; readers: RCU */
static DEFINE_HASHTABLE(addr_by_ipv4, ADDR_HASH_BITS); /* addr_lock; readers: RCU */

struct noxs_addr *noxs_addr_find_mac(u64 mac)
{
	struct noxs_addr *addr;

	hash_for_each_possible_rcu(addr_by_mac, addr, mac_node, mac, lockdep_is_held(&addr_lock))
		if (addr->mac == mac)
			return addr;
	return NULL;
}

struct noxs_addr *noxs_addr_find_ipv4(__be32 ipv4)
{
	struct noxs_addr *addr;

	hash_for_each_possible_rcu(addr_by_ipv4, addr, ipv4_node, (__force u32)ipv4,
				   lockdep_is_held(&addr_lock))
		if (addr->ipv4 == ipv4)
			return addr;
	return NULL;
}

int noxs_addr_claim(struct noxs_addr *addr, u16 domid, const u8 *mac, __be32 ipv4,
		    struct noxs_conflict *conflict)
{
	struct noxs_addr *other;
	int err = -EADDRINUSE;

	addr->mac = ether_addr_to_u64(mac);
	addr->ipv4 = ipv4;
	addr->domid = domid;
	spin_lock(&addr_lock);
	other = noxs_addr_find_mac(addr->mac);
	if (other) {
		*conflict = (struct noxs_conflict){ NOXS_CONFLICT_MAC, other->domid };
		goto unlock;
	}
	other = ipv4 ? noxs_addr_find_ipv4(ipv4) : NULL;
	if (other) {
		*conflict = (struct noxs_conflict){ NOXS_CONFLICT_IPV4, other->domid };
		goto unlock;
	}
	hash_add_rcu(addr_by_mac, &addr->mac_node, addr->mac);
	if (ipv4)
		hash_add_rcu(addr_by_ipv4, &addr->ipv4_node, (__force u32)ipv4);
	err = 0;
unlock:
	spin_unlock(&addr_lock);
	return err;
}

void noxs_addr_release(struct noxs_addr *addr)
{
	spin_lock(&addr_lock);
	hash_del_rcu(&addr->mac_node);
	hash_del_rcu(&addr->ipv4_node);
	spin_unlock(&addr_lock);
}
