/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the device page and the control page, and the nodes that the kernel's front-ends know.
 *
 *	control page, back half		node of the back-end
 *	CLOSED				state 2 (InitWait)
 *	OPEN				state 4 (Connected)
 *	FAILED				state 6 (Closed)
 *	GONE				state 6; when that has been handled, its
 *					nodes go; when that has, acknowledged
 *
 *	node of the front-end		we publish
 *	state 3, or 4 without it	OPEN
 *	state 5 or 6			CLOSED, and wait for the back-end's
 *
 * It runs under one lock.  What the control page says is copied once and checked as far as bounds
 * go: it is Dom0's word.  Free of kernel calls, so that the unit tests compile it.
 */
#ifndef NOXS_FRONT_FRONT_H
#define NOXS_FRONT_FRONT_H

#include "store.h"
#include "noxs.h"

/* Below it: watch events by which the kernel's watch thread tells how far it has come. */
#define FRONT_SYNC "noxs/sync"

struct front;

struct front_ops {
	/* A message of the store to the kernel. */
	void (*send)(struct store *s, const struct xsd_sockmsg *head, const void *data);
	/* Notify the control channel. */
	void (*notify)(struct front *f);
	/* Have front_events() called again soon. */
	void (*kick)(struct front *f);
	/* Sleep until it has news, 10 ms at most.  False: the guest is in another domain. */
	bool (*pause)(struct front *f);
	/* Read the device page into f->page. */
	int (*read_page)(struct front *f);
	/* The time in ns as Xen has it. */
	u64 (*time_ns)(void);
	/* End with a crash. */
	void (*crash)(void);
	/* Find out whether the disk of that number is open: front_probed() is called later. */
	void (*probe)(struct front *f, u32 major, u32 minor, u32 req_id);
};

/* How far a device that goes has come.  The kernel's watch thread is waited for after each step. */
enum front_going {
	GOING_NOT,
	GOING_LATER,  /* the page of this domain does not have it; the guest still resumes */
	GOING_CLOSES, /* its driver is told to close */
	GOING_LEAVES, /* its nodes have been removed, and so is its driver */
};

struct front_dev {
	bool is_used;
	bool has_seen;	   /* a half of the back-end's */
	bool is_open;	   /* we have published OPEN, and not CLOSED since */
	bool is_given_up;  /* the back-end does not answer */
	bool is_releasing; /* its driver is to close, and not to connect any more */
	enum front_going going;
	u32 sync;	 /* the watch event after which it goes on to go */
	u32 front_state; /* what the driver has written last, enum xenbus_state */
	struct noxs_dev dev;
	struct noxs_ctrl_back back;  /* as last seen: a copy */
	char front[32], backend[64]; /* paths; empty of the sysctl device */
};

struct front {
	struct store store;
	const struct front_ops *ops;
	struct store_ops store_ops;
	struct noxs_dev_page page;		/* a copy */
	volatile struct noxs_ctrl_page *ctrl;	/* shared with the back-end */
	struct front_dev devs[NOXS_CTRL_SLOTS]; /* by slot */
	struct front_dev left[NOXS_CTRL_SLOTS]; /* those that did not come along to this domain */
	u64 start_ns;
	bool is_ready;		       /* and has said so */
	bool rescan_wanted;	       /* a device waits for another of its name to go */
	u32 nr_syncs;		       /* given out */
	bool was_away;		       /* suspended, and has not told yet that it is back; */
	bool is_new_here;	       /* it is in another domain */
	bool has_more_to_say;	       /* once the back-end has taken in what was said before: */
	struct noxs_ctrl_front to_say; /* of the sysctl device */
	u32 suspend_id;		       /* the request we suspend for, 0 if none */
	u32 suspend_sync;	       /* if this one comes first, nothing has become of it */
	u32 release_id;		       /* the request by which it lets go of a device, 0 if none */
	u32 release_dev;	       /* which: class << 16 | id */
};

/* Begin: f->page is read, f->ctrl is there.  Devices are connected by front_events(). */
void front_start(struct front *f);

/* Look at every slot. */
void front_events(struct front *f);

/* The watch thread has come to FRONT_SYNC/@number. */
void front_synced(struct front *f, u32 number);

/* The application serves. */
void front_ready(struct front *f);

/*
 * The guest goes on after a suspend: in its own domain or, @anew, in another: then f->page is new.
 * In its own, anything may run meanwhile.  front_events() tells the toolstack.
 */
void front_resumed(struct front *f, bool anew);

/*
 * All front-ends are to close; the number of the watch event that comes when they have.  During a
 * shutdown the kernel speaks to no XenStore, and would wait 5 s for each of them.
 */
u32 front_close_all(struct front *f);

/* ---- among the parts of it ---- */

/* The back-end's state, as the driver sees it. */
void front_back_state(struct front *f, const struct front_dev *d, enum xenbus_state state);
/* The back-end leaves the rings: only then does the driver take its grants back. */
void front_close(struct front *f, struct front_dev *d);

/* ---- release.c ---- */

/* Let go of a device that is about to go, or refuse. */
void front_release(struct front *f, u32 cls, u32 id, u32 req_id);
/* The disk of that request is open (a positive errno) or not (0). */
void front_probed(struct front *f, u32 req_id, int reason);
/* Its driver has closed, and so have we. */
void front_released(struct front *f, struct front_dev *d);

/* ---- plug.c ---- */

/* Of f->devs, or of f->left; NULL if it is not there. */
struct front_dev *front_find(struct front_dev *devs, u32 cls, u32 id);
/* Compare the devices of f->page with those that are known. */
void front_scan(struct front *f);
/* The back-end has let it go. */
void front_gone(struct front *f, struct front_dev *d);
/* f->page is another domain's. */
void front_renew(struct front *f);
/* The kernel watches FRONT_SYNC. */
void front_watched(struct front *f);
/* A watch event that the kernel comes to when it has handled all those before; its number. */
u32 front_sync(struct front *f);

/* ---- slot.c ---- */

/*
 * Publish a half of ours once the one before has been taken in.  -ETIMEDOUT: it was not, in 5 s;
 * -ENODEV: the device has failed or gone; -EINTR: we are in another domain.  Nothing was published
 * then.
 */
int slot_publish(struct front *f, const struct front_dev *d, const struct noxs_ctrl_front *half);
/* Whether slot_publish() would not wait. */
bool slot_is_taken_in(struct front *f, const struct front_dev *d);
bool slot_is_open_there(struct front *f, const struct front_dev *d);
/* Once more, of what is waited for since @begin.  -ETIMEDOUT: for 5 s now; -EINTR. */
int slot_wait(struct front *f, u64 begin);
/* True: the back-end has said something since d->back, which is in @back now. */
bool slot_look(struct front *f, const struct front_dev *d, struct noxs_ctrl_back *back);
/* d->back has been taken in. */
void slot_acknowledge(struct front *f, const struct front_dev *d);

/* ---- sysctl.c ---- */

void sysctl_start(struct front *f);
void sysctl_event(struct front *f, const struct noxs_sysctl_back *request);
void sysctl_resumed(struct front *f);
void sysctl_answer(struct front *f, u32 event, u32 code, u32 req_id);
/* What could not be said yet. */
void sysctl_retry(struct front *f);
void sysctl_synced(struct front *f, u32 number);

/* ---- device.c ---- */

/* The paths of a device; false: of a class we do not know. */
bool device_name(struct front_dev *d, u16 domid);
/* The numbers that Linux has for a disk. */
void device_number(const struct front_dev *d, u32 *major, u32 *minor);
/* Its nodes, but for what the back-end offers, and states. */
void device_describe(struct store *s, const struct front_dev *d, u16 domid);
/* What the back-end offers. */
void device_offer(struct store *s, const struct front_dev *d);
/* What the driver has chosen, in the words of the control page. */
void device_choose(const struct store *s, const struct front_dev *d, struct noxs_ctrl_front *half);

#endif /* NOXS_FRONT_FRONT_H */
