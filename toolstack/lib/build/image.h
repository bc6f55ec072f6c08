/* SPDX-License-Identifier: LGPL-2.1-only */
/* A kernel read and parsed, on its way into a domain. */
#ifndef CHAOS_IMAGE_H
#define CHAOS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>
/* xenguest.h expects its includer to know the feature words' number. */
#include <xen/features.h>
#include <xenguest.h>

struct chaos_image {
	struct xc_dom_image *dom;
	struct xc_dom_arch hooks; /* the library's, but for the magic pages */
	xen_pfn_t ctrl_pfn;
	char *kernel,
		*ramdisk; /* of a tinyx image: members the domain is built from; NULL = none */
	bool has_root;	  /* that image, which is to be a disk of the guest's */
	bool is_linux;	  /* says the kernel's note */
	bool knows_noxs;  /* says a note of ours in it */
};

#endif /* CHAOS_IMAGE_H */
