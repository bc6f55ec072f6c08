/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who has which MAC and IPv4 address: no two vifs of this host share one, so that this is also the
 * forwarding table of every switch.
 */
#ifndef NOXS_ADDR_H
#define NOXS_ADDR_H

#include <linux/list.h>
#include <linux/types.h>

/* A vif's claim on its addresses.  Freed or claimed again after a grace period of RCU only. */
struct noxs_addr {
	struct hlist_node mac_node;
	struct hlist_node ipv4_node; /* unhashed when ipv4 is 0 */
	u64 mac;
	__be32 ipv4;
	u16 domid;
};

/* Which claim stands in the way. */
struct noxs_conflict {
	u32 what; /* NOXS_CONFLICT_* */
	u16 domid;
};

/*
 * Claim @mac (6 bytes) and @ipv4 (network byte order, 0 = none) for @domid: both or none.
 * -EADDRINUSE if one is taken; *conflict tells by whom.
 */
int noxs_addr_claim(struct noxs_addr *addr, u16 domid, const u8 *mac, __be32 ipv4,
		    struct noxs_conflict *conflict);

void noxs_addr_release(struct noxs_addr *addr);

/* Who has @mac (as from ether_addr_to_u64()) or @ipv4; NULL if nobody.  Under RCU. */
struct noxs_addr *noxs_addr_find_mac(u64 mac);
struct noxs_addr *noxs_addr_find_ipv4(__be32 ipv4);

#endif /* NOXS_ADDR_H */
