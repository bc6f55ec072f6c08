/* SPDX-License-Identifier: MIT */
/* Devices and control of a guest that xl made, over XenStore (minios/xenstore.h). */
#ifndef MINIOS_XENBUS_H
#define MINIOS_XENBUS_H

#include <minios/evtchn.h>
#include <xen/io/xenbus.h>

/* One key of a front-end's. */
struct xenbus_key {
	const char *name;
	unsigned long value;
};

/* A device's end in the guest: "device/vif/0". */
struct xenbus_front {
	const char *path;
	char back_path[80];
	domid_t backend;
};

/* Find the back-end and wait until it is ready to be connected to.  0 or -errno; -ETIMEDOUT. */
int xenbus_front_open(struct xenbus_front *front, const char *path);

/* A number the back-end says, or fallback if it does not. */
unsigned long xenbus_back_number(const struct xenbus_front *front, const char *key,
				 unsigned long fallback);

/* Write keys, up to one without a name, then the state, and wait until the back-end is connected. */
int xenbus_front_connect(const struct xenbus_front *front, const struct xenbus_key *keys,
			 XenbusState state);

/*
 * Do what control/shutdown asks for from now on: suspend, poweroff, reboot.  0 without doing anything
 * in a domain that has no store.
 */
int xenbus_control_start(void);

#endif /* MINIOS_XENBUS_H */
