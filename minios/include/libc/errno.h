/* SPDX-License-Identifier: MIT */
/* Xen's error numbers under their plain names; functions return them negated, there is no errno. */
#ifndef ERRNO_H
#define ERRNO_H

#define XEN_ERRNO(name, value) name = value,
enum {
#include <xen/errno.h>
};

#endif /* ERRNO_H */
