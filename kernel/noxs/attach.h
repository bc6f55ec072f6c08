/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attaching and detaching a domain, and what is known of it as a whole.
 */
#ifndef NOXS_ATTACH_H
#define NOXS_ATTACH_H

#include "devices.h"

/* NOXS_IOC_CREATE; @reqs has req->nr_devs items, copied from the caller. */
int noxs_domain_attach(const struct noxs_ioc_create *req, const struct noxs_ioc_dev *reqs,
		       struct noxs_result *result);

/* Tell Xen who the domain is; -EEXIST: the name is taken, *conflict says so. */
int noxs_domain_set_info(struct noxs_domain *dom, const struct noxs_set_info *info,
			 struct noxs_conflict *conflict);

/* Remember NOXS_END_* and NOXS_KEEP_LOG of @flags, if they say anything.  dom->lock. */
void noxs_domain_set_ends(struct noxs_domain *dom, u32 flags);

/* There is something to be done at the end of a domain that is attached. */
bool noxs_ends_exist(void);

/*
 * Detach @domid and wait until nothing is held.  -ENOENT: it is not attached; -EINTR: the caller
 * was killed, and the detach goes on without it.
 */
int noxs_domain_detach(u16 domid);

/* The work behind noxs_domain_detach_async(), and of a detach whose devices have stopped. */
void noxs_domain_detach_work(struct work_struct *work);

#endif /* NOXS_ATTACH_H */
