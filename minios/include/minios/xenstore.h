/* SPDX-License-Identifier: MIT */
/*
 * A minimal client of XenStore, for what noxs is compared with: it talks to Xen's stock back-ends and
 * tool stack in a guest that xl made.  Calls wait for their answer; there are no transactions.
 *
 * In a domain with a device page nothing of it works: -ENODEV.
 */
#ifndef MINIOS_XENSTORE_H
#define MINIOS_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest value that can be read, and longest path with a value that can be written. */
#define XENSTORE_VALUE_MAX 256U

/* Connect; may be called again.  -ENODEV this domain has no store. */
int xenstore_init(void);

/*
 * The value at a path (relative ones begin at the domain's own), terminated; cut to size.  0 or
 * -errno: -ENOENT, -EACCES..., -EIO when xenstored did what it must not.
 */
int xenstore_read(const char *path, char *buf, size_t size);
int xenstore_write(const char *path, const char *value);

/* The same, as decimal numbers. */
int xenstore_read_number(const char *path, unsigned long *value);
int xenstore_write_number(const char *path, unsigned long value);

/*
 * Watch a path for the rest of the domain's life, restores included.  changed is called from the run
 * loop, and once at the start: xenstored sends an event for every new watch.  One at a time.
 */
int xenstore_watch(const char *path, void (*changed)(void));

#endif /* MINIOS_XENSTORE_H */
