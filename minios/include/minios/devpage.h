/* SPDX-License-Identifier: MIT */
/* Reading the device page (noxs.h): a consistent copy, checked before anything is believed. */
#ifndef MINIOS_DEVPAGE_H
#define MINIOS_DEVPAGE_H

#include <stdbool.h>
#include <noxs.h>

/* -EINVAL it is not that of a device page; -EOPNOTSUPP that of one of another major of the ABI. */
int devpage_check(const struct noxs_dev_header *hdr);

/* Copy header and used slots of a mapped page, and check it.  -EAGAIN it is being written. */
int devpage_read(const struct noxs_dev_page *page, struct noxs_dev_page *copy);

/* First well-formed device of a class behind prev (NULL = from the start) in a copy, or NULL. */
const struct noxs_dev *devpage_next(const struct noxs_dev_page *copy, unsigned int cls,
				    const struct noxs_dev *prev);

/* The device (cls, id) of a copy, or NULL. */
const struct noxs_dev *devpage_find(const struct noxs_dev_page *copy, unsigned int cls,
				    unsigned int id);

#endif /* MINIOS_DEVPAGE_H */
