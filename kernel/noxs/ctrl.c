// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/xen/noxs: copies arguments in and out and checks their form; the work is done elsewhere.
 * Ioctls that make, change and unmake devices are in ctrl_devs.c.  See uapi/noxs_ioctl.h for the
 * contract.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "attach.h"
#include "ctrl.h"
#include "ctrl_devs.h"
#include "events.h"
#include "hypercall.h"
#include "quiesce.h"
#include "sysctl.h"

static u32 ctrl_xen_abi; /* constant after init */

static int ctrl_version(void __user *uarg)
{
	struct noxs_ioc_version arg = {
		.uapi = NOXS_UAPI_VERSION,
		.module_abi = NOXS_ABI_VERSION,
		.xen_abi = ctrl_xen_abi,
		.flags = NOXS_MODULE_ENDS | NOXS_MODULE_LOG | NOXS_MODULE_RATE | NOXS_MODULE_NOTE |
			 NOXS_MODULE_EXIT,
	};

	if (noxs_ends_exist())
		arg.flags |= NOXS_MODULE_HAS_ENDS;
	if (noxs_cursor_ends_followed())
		arg.flags |= NOXS_MODULE_IS_WATCHED;
	return copy_to_user(uarg, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static int ctrl_destroy(void __user *uarg)
{
	struct noxs_ioc_destroy arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.pad0 || arg.flags)
		return -EINVAL;
	return noxs_domain_detach(arg.domid);
}

static int ctrl_request(void __user *uarg)
{
	struct noxs_ioc_request arg;
	struct noxs_domain *dom;
	int err;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.pad0)
		return -EINVAL;
	dom = noxs_domain_get_locked(arg.domid);
	if (!dom)
		return -ENOENT;
	err = noxs_sysctl_request(dom, arg.request, arg.arg, &arg.req_id);
	noxs_domain_put_unlock(dom);
	if (err)
		return err;
	return copy_to_user(uarg, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static void device_query(struct noxs_device *dev, struct noxs_ioc_dev_state *state)
{
	*state = (struct noxs_ioc_dev_state){
		.cls = dev->class->cls,
		.id = dev->entry.id,
		.state = dev->slot.back.state,
		.error = dev->slot.back.error,
		.features = dev->features,
		.config = dev->entry.config,
	};
	strscpy(state->link, dev->link, sizeof(state->link));
	if (dev->class->query)
		dev->class->query(dev, state);
}

static int ctrl_query(void __user *uarg)
{
	struct noxs_ioc_dev_state *states;
	struct noxs_ioc_query arg;
	struct noxs_domain *dom;
	unsigned int room, i;
	int err = 0;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || (arg.nr_devs && !arg.devs))
		return -EINVAL;
	room = min_t(unsigned int, arg.nr_devs, NOXS_CTRL_SLOTS);
	states = kcalloc(room, sizeof(*states), GFP_KERNEL);
	if (room && !states)
		return -ENOMEM;
	dom = noxs_domain_get_locked(arg.domid);
	if (!dom) {
		kfree(states);
		return -ENOENT;
	}
	room = min(room, dom->nr_devs);
	for (i = 0; i < room; i++)
		device_query(dom->devs[i], &states[i]);
	arg.nr_devs = dom->nr_devs;
	arg.attached_ns = dom->attached_ns;
	arg.flags = dom->ends;
	arg.ready_ns = 0;
	arg.guest_start_ns = 0;
	arg.guest_ready_ns = 0;
	noxs_sysctl_query(dom, &arg);
	noxs_domain_put_unlock(dom);
	if (room && copy_to_user(u64_to_user_ptr(arg.devs), states, room * sizeof(*states)))
		err = -EFAULT;
	if (!err && copy_to_user(uarg, &arg, sizeof(arg)))
		err = -EFAULT;
	kfree(states);
	return err;
}

/* ---- notes ---- */

static int ctrl_set_note(void __user *uarg)
{
	struct noxs_ioc_note arg;
	struct noxs_domain *dom;
	char *text = NULL;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.pad0)
		return -EINVAL;
	if (arg.len > NOXS_NOTE_MAX)
		return -E2BIG;
	if (arg.len) {
		text = kmalloc(arg.len, GFP_KERNEL_ACCOUNT);
		if (!text)
			return -ENOMEM;
		if (copy_from_user(text, u64_to_user_ptr(arg.text), arg.len)) {
			kfree(text);
			return -EFAULT;
		}
	}
	dom = noxs_domain_get_locked(arg.domid);
	if (!dom) {
		kfree(text);
		return -ENOENT;
	}
	swap(dom->note, text);
	dom->note_len = arg.len;
	noxs_domain_put_unlock(dom);
	kfree(text);
	return 0;
}

/* A copy: nobody waits for a caller's memory under the lock. */
static char *note_copy(u16 domid, u32 room, u32 *len)
{
	struct noxs_domain *dom = noxs_domain_get_locked(domid);
	char *copy;

	if (!dom)
		return ERR_PTR(-ENOENT);
	*len = dom->note_len;
	if (!dom->note)
		copy = ERR_PTR(-ENODATA);
	else if (dom->note_len > room)
		copy = ERR_PTR(-ENAMETOOLONG);
	else
		copy = kmemdup(dom->note, dom->note_len, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	noxs_domain_put_unlock(dom);
	return copy;
}

static int ctrl_get_note(void __user *uarg)
{
	struct noxs_ioc_note arg;
	char *copy;
	int err = 0;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.pad0)
		return -EINVAL;
	copy = note_copy(arg.domid, arg.len, &arg.len);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	if (copy_to_user(u64_to_user_ptr(arg.text), copy, arg.len) ||
	    copy_to_user(uarg, &arg, sizeof(arg)))
		err = -EFAULT;
	kfree(copy);
	return err;
}

static int ctrl_list(void __user *uarg)
{
	struct noxs_ioc_list arg;
	u16 *domids;
	int err = 0;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	arg.count = min_t(u32, arg.count, DOMID_FIRST_RESERVED);
	domids = kvmalloc_array(arg.count, sizeof(*domids), GFP_KERNEL);
	if (arg.count && !domids)
		return -ENOMEM;
	arg.count = noxs_domain_list(arg.first, domids, arg.count);
	if (arg.count &&
	    copy_to_user(u64_to_user_ptr(arg.domids), domids, arg.count * sizeof(*domids)))
		err = -EFAULT;
	if (!err && copy_to_user(uarg, &arg, sizeof(arg)))
		err = -EFAULT;
	kvfree(domids);
	return err;
}

static int ctrl_subscribe_ends(struct noxs_cursor *cursor, const struct noxs_ioc_subscribe *arg)
{
	if (arg->domid != NOXS_DOMID_ANY ||
	    (arg->flags & ~NOXS_SUBSCRIBE_TAKE) != NOXS_SUBSCRIBE_ENDS)
		return -EINVAL;
	return noxs_cursor_follow_ends(cursor, arg->flags & NOXS_SUBSCRIBE_TAKE);
}

static int ctrl_subscribe(struct noxs_cursor *cursor, void __user *uarg)
{
	struct noxs_ioc_subscribe arg;
	struct noxs_ioc_event ready;
	struct noxs_domain *dom = NULL;
	bool is_ready = false;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (arg.pad0 || (arg.domid != NOXS_DOMID_ANY && !ctrl_domid_is_valid(arg.domid)))
		return -EINVAL;
	if (arg.flags)
		return ctrl_subscribe_ends(cursor, &arg);
	if (arg.domid != NOXS_DOMID_ANY)
		dom = noxs_domain_get_locked(arg.domid);
	/* READY is logged under dom->lock: it is either the first record or still to come. */
	if (dom)
		is_ready = noxs_sysctl_ready_event(dom, &ready);
	noxs_cursor_follow(cursor, arg.domid, is_ready ? &ready : NULL);
	if (dom)
		noxs_domain_put_unlock(dom);
	return 0;
}

static int ctrl_quiesce(const void *owner, void __user *uarg, bool quiesces)
{
	struct noxs_ioc_quiesce arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.pad0 || arg.flags)
		return -EINVAL;
	return quiesces ? noxs_domain_quiesce(arg.domid, owner) :
			  noxs_domain_thaw(arg.domid, owner);
}

static long ctrl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (cmd == NOXS_IOC_VERSION)
		return ctrl_version(uarg);
	if (!noxs_hv_usable(ctrl_xen_abi))
		return -EOPNOTSUPP;
	noxs_turns_make_way();
	switch (cmd) {
	case NOXS_IOC_CREATE:
		return noxs_ctrl_create(uarg);
	case NOXS_IOC_CONFIGURE:
		return noxs_ctrl_configure(uarg);
	case NOXS_IOC_ADD:
		return noxs_ctrl_add(uarg);
	case NOXS_IOC_REMOVE:
		return noxs_ctrl_remove(uarg);
	case NOXS_IOC_RESIZE:
		return noxs_ctrl_resize(uarg);
	case NOXS_IOC_TARGET:
		return noxs_ctrl_target(uarg);
	case NOXS_IOC_DESTROY:
		return ctrl_destroy(uarg);
	case NOXS_IOC_REQUEST:
		return ctrl_request(uarg);
	case NOXS_IOC_QUIESCE:
		return ctrl_quiesce(file, uarg, true);
	case NOXS_IOC_THAW:
		return ctrl_quiesce(file, uarg, false);
	case NOXS_IOC_QUERY:
		return ctrl_query(uarg);
	case NOXS_IOC_SET_NOTE:
		return ctrl_set_note(uarg);
	case NOXS_IOC_GET_NOTE:
		return ctrl_get_note(uarg);
	case NOXS_IOC_LIST:
		return ctrl_list(uarg);
	case NOXS_IOC_SUBSCRIBE:
		return ctrl_subscribe(file->private_data, uarg);
	}
	return -ENOTTY;
}

/* ---- reading events ---- */

/* Copy as many records as there are and fit; 0 if there are none. */
static ssize_t cursor_drain(struct noxs_cursor *cursor, char __user *buf, size_t room)
{
	struct noxs_ioc_event event;
	ssize_t done = 0;
	int ret;

	while (room - done >= sizeof(event)) {
		ret = noxs_cursor_next(cursor, &event);
		if (ret <= 0)
			return done ? done : ret;
		if (copy_to_user(buf + done, &event, sizeof(event)))
			return done ? done : -EFAULT;
		done += sizeof(event);
	}
	return done;
}

static wait_queue_head_t *cursor_queue(const struct noxs_cursor *cursor)
{
	return READ_ONCE(cursor->for_ends) ? &noxs_end_wait : &noxs_event_wait;
}

static ssize_t ctrl_read(struct file *file, char __user *buf, size_t room, loff_t *pos)
{
	struct noxs_cursor *cursor = file->private_data;
	ssize_t done;

	if (room < sizeof(struct noxs_ioc_event))
		return -EINVAL;
	for (;;) {
		done = cursor_drain(cursor, buf, room);
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(*cursor_queue(cursor), noxs_cursor_pending(cursor)))
			return -ERESTARTSYS;
	}
}

static __poll_t ctrl_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, cursor_queue(file->private_data), wait);
	return noxs_cursor_pending(file->private_data) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* The private data of an open file is its cursor. */
static int ctrl_open(struct inode *inode, struct file *file)
{
	struct noxs_cursor *cursor;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	cursor = kzalloc(sizeof(*cursor), GFP_KERNEL);
	if (!cursor)
		return -ENOMEM;
	file->private_data = cursor;
	noxs_turns_make_way();
	return nonseekable_open(inode, file);
}

static int ctrl_release(struct inode *inode, struct file *file)
{
	/* Whoever was copying a guest's memory does so no more. */
	noxs_quiesce_release(file);
	noxs_cursor_stop(file->private_data);
	kfree(file->private_data);
	return 0;
}

static const struct file_operations ctrl_fops = {
	.owner = THIS_MODULE,
	.open = ctrl_open,
	.release = ctrl_release,
	.read = ctrl_read,
	.poll = ctrl_poll,
	.unlocked_ioctl = ctrl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice ctrl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/noxs",
	.fops = &ctrl_fops,
	.mode = 0600,
};

int noxs_ctrl_init(u32 xen_abi)
{
	ctrl_xen_abi = xen_abi;
	return misc_register(&ctrl_device);
}

void noxs_ctrl_fini(void)
{
	misc_deregister(&ctrl_device);
}
