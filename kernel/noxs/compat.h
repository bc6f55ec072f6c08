/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, and nothing else: the one place with version #ifs.
 * Supported: Linux 6.1 (Debian 12) and later.
 */
#ifndef NOXS_COMPAT_H
#define NOXS_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h> /* was part of netdevice.h */
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "noxs needs Linux 6.1 or later"
#endif

/* Keep IPv6 autoconfiguration off @dev.  Call before it is registered. */
static inline void noxs_netdev_no_addrconf(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	dev->priv_flags |= IFF_NO_ADDRCONF;
#else
	/* addrconf_notify() leaves slaves alone; nothing else asks for this flag by itself. */
	dev->flags |= IFF_SLAVE;
#endif
}

/* The driver locks its transmit path itself. */
static inline void noxs_netdev_lltx(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/*
 * Whether NAPI instances on one net device keep out of each other's way.  From Linux 6.14 on
 * napi_disable() waits for its own with a lock of the device held, which all others' want as well.
 */
#define NOXS_NAPI_CAN_SHARE (LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0))

/* A net device that is none, for NAPI instances to hang on. */
static inline struct net_device *noxs_dummy_netdev_alloc(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return alloc_netdev_dummy(0);
#else
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#endif
}

static inline void noxs_dummy_netdev_free(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	free_netdev(dev);
#else
	kfree(dev);
#endif
}

/* The old names went with 6.15. */
static inline void noxs_timer_delete(struct timer_list *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete(timer);
#else
	del_timer(timer);
#endif
}

static inline void noxs_timer_delete_sync(struct timer_list *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

/* hrtimer_init() went with 6.15. */
static inline void noxs_hrtimer_setup(struct hrtimer *timer,
				      enum hrtimer_restart (*function)(struct hrtimer *timer))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = function;
#endif
}

/* From 6.14 on kthread_create_worker() leaves it to the caller to start the thread. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define noxs_kthread_run_worker kthread_run_worker
#else
#define noxs_kthread_run_worker kthread_create_worker
#endif

#endif /* NOXS_COMPAT_H */
