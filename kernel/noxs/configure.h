/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making a prepared domain a particular VM.
 */
#ifndef NOXS_CONFIGURE_H
#define NOXS_CONFIGURE_H

#include "devices.h"

/* NOXS_IOC_CONFIGURE; @reqs has req->nr_devs items, copied from the caller. */
int noxs_domain_configure(const struct noxs_ioc_configure *req, const struct noxs_ioc_dev *reqs,
			  struct noxs_result *result);

#endif /* NOXS_CONFIGURE_H */
