// SPDX-License-Identifier: GPL-2.0
/*
 * noxs-front: devices of a LightVM guest for the front-ends that Linux has.  Loading, and what
 * userland says to it.  It is not unloaded: the kernel would wait for its XenStore for ever.
 */
#define pr_fmt(fmt) "noxs-front: " fmt
#include <linux/module.h>
#include <linux/sched/clock.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <asm/xen/hypervisor.h>
#include <asm/xen/page.h>
#include "main.h"

struct front main_front;
DEFINE_MUTEX(main_lock); /* see main.h */

static bool is_started;

static u64 time_ns(void)
{
	return sched_clock();
}

static void kick(struct front *f)
{
	ring_kick();
}

static void crash(void)
{
	panic("the toolstack has asked for that");
}

static const struct front_ops ops = {
	.send = ring_send,
	.notify = ring_notify_control,
	.kick = kick,
	.pause = ring_pause,
	.read_page = page_read,
	.time_ns = time_ns,
	.crash = crash,
	.probe = probe_begin,
};

static int ready_set(const char *val, const struct kernel_param *kp)
{
	bool is_ready;
	int err = kstrtobool(val, &is_ready);

	if (err || !is_ready)
		return err;
	mutex_lock(&main_lock);
	if (is_started)
		front_ready(&main_front);
	else
		err = -ENODEV;
	mutex_unlock(&main_lock);
	return err;
}

static int ready_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", main_front.is_ready);
}

static const struct kernel_param_ops ready_ops = { .set = ready_set, .get = ready_get };
module_param_cb(ready, &ready_ops, NULL, 0644);
MODULE_PARM_DESC(ready, "write 1 once the application serves");

/*
 * The control page has to be the one that start info names for a XenStore: Linux keeps that, and
 * gives away any other.
 */
static int find_control(struct front *f, evtchn_port_t *port)
{
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, f->page.hdr.nr_slots, NOXS_MAX_DEVS); i++) {
		const struct noxs_dev *dev = &f->page.dev[i];

		if (dev->cls != NOXS_CLASS_SYSCTL)
			continue;
		if (dev->ctrl_gfn != mfn_to_pfn(xen_start_info->store_mfn)) {
			pr_err("the control page is frame %#llx and not the store's: was this guest made for Linux?\n",
			       dev->ctrl_gfn);
			return -ENXIO;
		}
		f->ctrl = pfn_to_kaddr(dev->ctrl_gfn);
		if (READ_ONCE(f->ctrl->back.magic) != NOXS_CTRL_PAGE_MAGIC) {
			pr_err("nobody is at the control page\n");
			return -EPROTO;
		}
		*port = dev->ctrl_port;
		return 0;
	}
	pr_err("the device page has no sysctl device\n");
	return -ENXIO;
}

static int __init front_init(void)
{
	struct front *f = &main_front;
	evtchn_port_t port = 0;
	int err;

	if (!xen_pv_domain() || xen_initial_domain() || !page_is_offered())
		return -ENODEV;
	f->ops = &ops;
	f->start_ns = time_ns();
	err = page_read(f);
	if (err == -ENOENT)
		return -ENODEV; /* a domain of another toolstack */
	if (!err)
		err = find_control(f, &port);
	if (err)
		return err;
	mutex_lock(&main_lock);
	err = ring_start(port);
	if (!err) {
		front_start(f);
		is_started = true;
	}
	mutex_unlock(&main_lock);
	if (err)
		return err;
	pr_info("domain %u \"%s\", %u devices\n", f->page.hdr.domid, f->page.hdr.name,
		f->page.hdr.nr_devs);
	resume_start();
	err = ring_run();
	if (err) {
		is_started = false;
		resume_stop();
		ring_stop();
		store_fini(&f->store);
		return err;
	}
	/* Last: a module that fails to load is freed, and leaves no work behind. */
	resume_mix(f->page.hdr.gen_id, sizeof(f->page.hdr.gen_id));
	return 0;
}

/* Built in, before late_initcall(), where the kernel waits for its devices. */
device_initcall(front_init);

MODULE_DESCRIPTION("devices of a LightVM (noxs) guest for Linux's own Xen front-ends");
MODULE_LICENSE("GPL");
