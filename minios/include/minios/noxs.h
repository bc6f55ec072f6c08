/* SPDX-License-Identifier: MIT */
/*
 * Device discovery and control without XenStore: the device page, and the control pages shared with
 * back-ends.  On a Xen without noxs there are simply no devices.
 */
#ifndef MINIOS_NOXS_H
#define MINIOS_NOXS_H

#include <stdbool.h>
#include <minios/ctrl_slot.h>
#include <minios/evtchn.h>
#include <noxs.h>

struct noxs_ctrl;

/* A driver's end of a device. */
struct noxs_front {
	/*
	 * Called from the run loop with a checked-once copy of what the back-end published.  After
	 * NOXS_STATE_GONE the front is as if it had never been opened.
	 */
	void (*event)(void *data, const struct noxs_ctrl_back *back);
	/* The domain has been resumed elsewhere: connect anew.  dev is the new description. */
	void (*resume)(void *data, const struct noxs_dev *dev);
	void *data;
	/* noxs.c's own */
	struct ctrl_slot slot;
	struct noxs_ctrl *ctrl;
	uint16_t cls, id;
	struct noxs_front *next;
};

/* Map the device page, if the domain builder has not, and read it; true if there is one. */
bool noxs_init(void);

/* Header of the last copy read; all zero without a device page. */
const struct noxs_dev_header *noxs_header(void);

/* First device of a class behind prev (NULL = from the start), or NULL. */
const struct noxs_dev *noxs_next(unsigned int cls, const struct noxs_dev *prev);

/* The device of that class and number, or NULL. */
const struct noxs_dev *noxs_find(unsigned int cls, unsigned int id);

/* Take charge of a device.  0 or -errno; front must stay where it is until it is closed. */
int noxs_open(struct noxs_front *front, const struct noxs_dev *dev);
void noxs_close(struct noxs_front *front);

/* Publish in the front-end's half and notify; see ctrl_slot_publish(). */
void noxs_publish(struct noxs_front *front, uint32_t state, const void *u, size_t size);

/* Send an event to the back-end, without a word. */
void noxs_kick(struct noxs_front *front);

/* Look at every control page: once before the run loop, since early events are lost. */
void noxs_poll(void);

/* Somebody who wants to know of devices that come and go. */
struct noxs_watch {
	/*
	 * Called from the run loop when a device is there that was not, or has gone: then its front,
	 * if it had one, is closed.  Not to wait in; devices may be opened.
	 */
	void (*changed)(void *data, unsigned int cls, unsigned int id, bool is_there);
	void *data;
	struct noxs_watch *next; /* noxs.c's own */
};

void noxs_watch_add(struct noxs_watch *watch);

/* Read the device page again after a change, and tell the watches.  0 or -errno: as it was. */
int noxs_rescan(void);

/* After a suspend: read the device page again; it is not mapped any more. */
void noxs_reread(void);

/* After a restore: give every device to its (perhaps new) back-end again. */
void noxs_reconnect(void);

#endif /* MINIOS_NOXS_H */
