/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attached domains and their devices: the hash of domains, the control page and its channel, and
 * what a class of devices (sysctl, vif, vbd) must provide.
 *
 * Lock order (outer first):
 *
 *	noxs_domain.lock	mutex, one per domain: its devices, control page, channel
 *	  rtnl			vif create, and nothing else under noxs_domain.lock
 *	  port_dummy_lock	mutex: a port made or freed; none of these inside
 *	  bus_lock		spinlock: the hash of domains, noxs_domain.detaching
 *	  addr_lock, log_lock, hold_lock, switch_lock, turn_lock
 *				spinlocks, leaves; switch_lock also inside any rtnl
 *
 * The data path (NAPI) takes none of these.
 */
#ifndef NOXS_BUS_H
#define NOXS_BUS_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "addr.h"
#include "grant.h"
#include "ration.h"
#include "slot.h"
#include "turn.h"
#include "uapi/noxs_ioctl.h"

struct file;
struct noxs_device;
struct noxs_domain;

/* What a class provides.  Everything is called in process context with the domain's lock held. */
struct noxs_class {
	u16 cls;

	/* Check a request without side effects: 0, -EINVAL, -EOPNOTSUPP. */
	int (*check)(const struct noxs_ioc_dev *req);

	/* Make the back-end; the device embeds struct noxs_device, which the bus has not set up. */
	struct noxs_device *(*create)(struct noxs_domain *dom, const struct noxs_ioc_dev *req,
				      struct noxs_conflict *conflict);

	/* Fill in entry.config where it is not what was asked for.  NULL: it is. */
	void (*describe)(struct noxs_device *dev);

	/*
	 * Of a vbd, NULL for others.  measure: how many sectors of its own the file has now, 0
	 * being possible; resize: so many it is to have from now on, which is not published yet;
	 * target: the file, which is the device's.
	 */
	u64 (*measure)(struct noxs_device *dev);
	void (*resize)(struct noxs_device *dev, u64 sectors);
	struct file *(*target)(struct noxs_device *dev, u32 *flags);

	/*
	 * Connect at once, with rings that the builder has made and parameters that it has written
	 * to the front half.  NULL: the class has no rings.
	 */
	int (*preconnect)(struct noxs_device *dev, const struct noxs_ioc_dev *req,
			  const struct noxs_ctrl_front *front);

	/*
	 * The front-end has published @front (a private copy).  -EINPROGRESS: the device must stop
	 * first, and this is called again when it has.  Any other error means that the front-end
	 * broke the protocol, or that what it asks for cannot be had: the device fails with it.
	 */
	int (*front_changed)(struct noxs_device *dev, const struct noxs_ctrl_front *front);

	/*
	 * A device made DEFERRED gets its configuration, in two steps: configure checks it and
	 * claims what it names (-EINVAL, -EADDRINUSE); then either start, from where on the device
	 * is like any other, or unconfigure.  NULL, all three: none is ever deferred.
	 */
	int (*configure)(struct noxs_device *dev, const struct noxs_ioc_dev *req,
			 struct noxs_conflict *conflict);
	void (*unconfigure)(struct noxs_device *dev);
	void (*start)(struct noxs_device *dev, const struct noxs_ioc_dev *req);

	/*
	 * Finish and answer what has been begun, then leave the guest's memory alone, but stay
	 * connected, until thaw; in between only disconnect can come, which ends it too.  Waits for
	 * nothing but other processors.  NULL: stop does it, or only dom->lock holders touch its
	 * memory.
	 */
	void (*quiesce)(struct noxs_device *dev);
	void (*thaw)(struct noxs_device *dev);

	/*
	 * Of a device that may have to wait for a disk, NULL for others.  Begin nothing more; what
	 * has been begun is answered if @answers, and forgotten if not.  True if it has ended, and
	 * so the guest's memory is left alone as after quiesce.  Never waits: when it is false,
	 * noxs_device_stopped() tells later when to ask again.
	 */
	bool (*stop)(struct noxs_device *dev, bool answers);

	/* Stop using the guest's memory and channels, after stop.  May be called again. */
	void (*disconnect)(struct noxs_device *dev);

	/*
	 * Of a device that holds something whose end may take as long as a disk does, NULL for
	 * others.  It is disconnected, and nobody can see it any more.  Begin that end elsewhere
	 * and return: noxs_device_closed() tells when it has come, and destroys the device.
	 */
	void (*close)(struct noxs_device *dev);

	/* Free the device; it is disconnected and closed, and nobody can see it any more. */
	void (*destroy)(struct noxs_device *dev);

	/* Fill in what only the class knows of @state.  May be NULL. */
	void (*query)(struct noxs_device *dev, struct noxs_ioc_dev_state *state);
};

/* The part of a back-end that the bus knows. */
struct noxs_device {
	struct noxs_domain *dom;
	const struct noxs_class *class;
	struct noxs_dev entry; /* in the device page; trusted, never read back */
	bool deferred;	       /* it lacks its configuration, and is not in the device page */
	bool leaving;	       /* REMOVE has taken it out of the device page; dom->lock */
	struct list_head node; /* of those that close; dom->lock */
	char link[NOXS_IFNAME_LEN];
	u32 features; /* in use when OPEN */

	struct noxs_slot slot; /* dom->lock */
	bool front_due;	       /* the class is to be told slot.front again when it has stopped */

	atomic_t fault; /* positive errno: the data path wants the device closed */
};

struct noxs_domain {
	struct hlist_node node; /* bus_lock */
	struct kref ref;	/* the hash holds one */
	u16 domid;
	bool detaching;		    /* bus_lock; never goes back */
	struct completion detached; /* nothing of the domain is held any more */
	atomic_t stops;		    /* how often a device has come to rest */
	wait_queue_head_t stop_wait;

	struct mutex lock; /* the rest */
	bool live;	   /* creation has finished, and detaching not begun */
	bool closing;	   /* it is being detached; its devices are waited for */
	bool closed;	   /* detached but for the hash */
	bool was_live;	   /* it is told of when it is closed */
	struct noxs_grant ctrl_grant;
	int irq;	  /* control channel, 0 if none */
	atomic_t eoi_due; /* the handler has run, and the event waits for its EOI */
	struct work_struct ctrl_work;
	struct work_struct detach_work;
	unsigned int nr_devs;
	struct noxs_device *devs[NOXS_CTRL_SLOTS];
	struct list_head closings;  /* devices that are gone but for what they still close */
	struct noxs_device *sysctl; /* NULL if it has none */
	u64 ctrl_gfn;		    /* as CREATE had them, for the device page */
	u32 ctrl_port;
	struct noxs_slots slots; /* of the control page */
	bool heard;		 /* a front-end has said something */
	const void *quiesced_by; /* nothing of the guest's is touched; NULL if not so */
	u64 attached_ns;
	u32 exited; /* NOXS_DOM_EXITED and NOXS_DOM_STATUS, or 0; written under the lock */
	u32 ends;   /* NOXS_END_*, NOXS_KEEP_LOG: noxs_domain_set_ends() */
	char *note; /* NOXS_IOC_SET_NOTE; NULL if there is none */
	u32 note_len;
	unsigned int change_credit; /* see service.c */
	unsigned long change_stamp; /* jiffies */

	u32 reported; /* lifecycle worker only: NOXS_DOMF_* reported */

	struct noxs_share share; /* of the processors, for its disks */

	struct noxs_ration_guest log_ration; /* under a lock of noxs_domain_may_log()'s */
};

/* Whether there may be a line in the log about a guest: in any context. */
bool noxs_domain_may_log(struct noxs_domain *dom);

/* A line in the log about a guest, of its ration (ration.h). */
#define noxs_domain_err(dom, fmt, ...)                                         \
	do {                                                                   \
		struct noxs_domain *_dom = (dom);                              \
		if (noxs_domain_may_log(_dom))                                 \
			pr_err("domain %u: " fmt, _dom->domid, ##__VA_ARGS__); \
	} while (0)

int noxs_bus_init(void);
/* No domain is attached, as each holds the module; no ioctl or event can come any more. */
void noxs_bus_fini(void);

/* What @class, one for each number, makes from now on; while the module loads. */
void noxs_bus_register(const struct noxs_class *class);

/* NULL if no such class was registered. */
const struct noxs_class *noxs_bus_class(u16 cls);

/* Find an attached domain and take a reference; NULL if there is none. */
struct noxs_domain *noxs_domain_get(u16 domid);
void noxs_domain_put(struct noxs_domain *dom);

/* The same with its lock taken, and only if it is live.  NULL also if the caller was killed. */
struct noxs_domain *noxs_domain_get_locked(u16 domid);
void noxs_domain_put_unlock(struct noxs_domain *dom);

/* Hash a new domain: -EEXIST if one with its domid is there. */
int noxs_domain_hash(struct noxs_domain *dom);
void noxs_domain_unhash(struct noxs_domain *dom);

/* Claim the one right to detach @dom. */
bool noxs_domain_claim_detach(struct noxs_domain *dom);

/* Domids from @first up, at most @count of them, in ascending order; returns how many. */
unsigned int noxs_domain_list(u32 first, u16 *domids, unsigned int count);

/* Have the control page served.  Any context. */
void noxs_domain_kick(struct noxs_domain *dom);

/* Start tearing down without waiting for it: the domain is dying. */
void noxs_domain_detach_async(struct noxs_domain *dom);

/* The same by whoever has claimed it, or goes on with it. */
void noxs_domain_queue_detach(struct noxs_domain *dom);

/*
 * Closing waits for disks, and nobody waits for a disk with dom->lock held:
 *
 *   1. under the lock the devices are told to stop, which is a state of theirs;
 *   2. one that comes to rest later says so with noxs_device_stopped(), from its data path;
 *   3. that has the control page looked at, where whatever waited goes on (CLOSED, FAILED, a
 *      device that is removed, the domain's detach), and wakes the ioctls that wait;
 *   4. the last close of a file may wait as well, so a device that is destroyed leaves it to a
 *      thread of its own, which says so with noxs_device_closed().
 */
void noxs_device_stopped(struct noxs_device *dev);

/*
 * What @dev closed is closed: it is destroyed, and whoever waited goes on.  May sleep.  The
 * caller's code must stay until it has returned, whatever becomes of the domain meanwhile.
 */
void noxs_device_closed(struct noxs_device *dev);

/* Whoever waits is to look again.  Any context. */
void noxs_domain_wake(struct noxs_domain *dom);

/*
 * Wait until @is_done says so; it is asked under dom->lock, at once and after each
 * noxs_domain_wake().  Called with that lock held; afterwards it is free.  0, or -EINTR: killed.
 */
int noxs_domain_wait_unlock(struct noxs_domain *dom,
			    bool (*is_done)(struct noxs_domain *dom, void *arg), void *arg);

/* Notify the guest if anything was written for it.  dom->lock. */
void noxs_domain_notify(struct noxs_domain *dom);

/* Ask for the device to be closed, from the data path; @err is a negative errno.  Any context. */
void noxs_device_fault(struct noxs_device *dev, int err);

#endif /* NOXS_BUS_H */
