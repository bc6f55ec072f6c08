// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls that make, change and unmake devices: arguments in and out.  See uapi/noxs_ioctl.h for
 * the contract.
 */
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "attach.h"
#include "configure.h"
#include "ctrl_devs.h"
#include "hotplug.h"

static struct noxs_ioc_dev *ctrl_copy_reqs(u64 from, unsigned int count)
{
	return memdup_user(u64_to_user_ptr(from), count * sizeof(struct noxs_ioc_dev));
}

int noxs_ctrl_create(void __user *uarg)
{
	struct noxs_result result;
	struct noxs_ioc_create arg;
	struct noxs_ioc_dev *reqs;
	int err;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || !arg.nr_devs || arg.nr_devs > NOXS_CTRL_SLOTS ||
	    arg.flags & ~NOXS_CREATE_FLAGS_ALL)
		return -EINVAL;
	reqs = ctrl_copy_reqs(arg.devs, arg.nr_devs);
	if (IS_ERR(reqs))
		return PTR_ERR(reqs);
	err = noxs_domain_attach(&arg, reqs, &result);
	kfree(reqs);
	arg.frame = result.frame;
	arg.err_dev = result.err_dev;
	arg.conflict_domid = result.conflict.domid;
	arg.conflict_what = result.conflict.what;
	if (copy_to_user(uarg, &arg, sizeof(arg)) && !err) {
		err = -EFAULT;
		(void)noxs_domain_detach(arg.domid); /* gone by itself is as good */
	}
	return err;
}

/* ---- configure, add ---- */

/* The argument of one is the beginning of the other's. */
static_assert(offsetof(struct noxs_ioc_configure, err_dev) ==
		      offsetof(struct noxs_ioc_add, err_dev) &&
	      offsetof(struct noxs_ioc_configure, info) == sizeof(struct noxs_ioc_add));

static const struct noxs_result no_error = {
	.err_dev = NOXS_DOMID_NONE,
	.conflict = { .domid = NOXS_DOMID_NONE, .what = NOXS_CONFLICT_NONE },
};

static int ctrl_answer(struct noxs_ioc_add __user *to, const struct noxs_result *result)
{
	if (put_user(result->err_dev, &to->err_dev) ||
	    put_user(result->conflict.domid, &to->conflict_domid) ||
	    put_user(result->conflict.what, &to->conflict_what))
		return -EFAULT;
	return 0;
}

/*
 * Copy the devices that are asked for, and answer before anything is done, too, so that an answer
 * that cannot be told shows by then: what is done cannot be undone, as the guest may use what it is
 * given.
 */
static struct noxs_ioc_dev *ctrl_begin(struct noxs_ioc_add __user *to, u64 devs, unsigned int count)
{
	struct noxs_ioc_dev *reqs = ctrl_copy_reqs(devs, count);

	if (IS_ERR(reqs) || !ctrl_answer(to, &no_error))
		return reqs;
	kfree(reqs);
	return ERR_PTR(-EFAULT);
}

/* Tell what was wrong, if anything was. */
static int ctrl_end(struct noxs_ioc_add __user *to, struct noxs_ioc_dev *reqs, int err,
		    const struct noxs_result *result)
{
	kfree(reqs);
	return err && ctrl_answer(to, result) ? -EFAULT : err;
}

int noxs_ctrl_configure(void __user *uarg)
{
	struct noxs_ioc_configure arg;
	struct noxs_result result;
	struct noxs_ioc_dev *reqs;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.nr_devs > NOXS_CTRL_SLOTS ||
	    arg.flags & ~NOXS_CREATE_FLAGS_ALL)
		return -EINVAL;
	reqs = ctrl_begin(uarg, arg.devs, arg.nr_devs);
	if (IS_ERR(reqs))
		return PTR_ERR(reqs);
	return ctrl_end(uarg, reqs, noxs_domain_configure(&arg, reqs, &result), &result);
}

int noxs_ctrl_add(void __user *uarg)
{
	struct noxs_result result;
	struct noxs_ioc_dev *reqs;
	struct noxs_ioc_add arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || !arg.nr_devs || arg.nr_devs > NOXS_CTRL_SLOTS ||
	    arg.flags)
		return -EINVAL;
	reqs = ctrl_begin(uarg, arg.devs, arg.nr_devs);
	if (IS_ERR(reqs))
		return PTR_ERR(reqs);
	return ctrl_end(uarg, reqs, noxs_domain_add(&arg, reqs, &result), &result);
}

/* ---- the rest ---- */

int noxs_ctrl_remove(void __user *uarg)
{
	struct noxs_ioc_remove arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.cls == NOXS_CLASS_SYSCTL || arg.pad0 ||
	    arg.flags || arg.pad1)
		return -EINVAL;
	return noxs_domain_remove(arg.domid, arg.cls, arg.id);
}

int noxs_ctrl_resize(void __user *uarg)
{
	struct noxs_ioc_resize arg;
	int err;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.flags)
		return -EINVAL;
	err = noxs_domain_resize(arg.domid, arg.id, &arg.sectors);
	if (err)
		return err;
	return copy_to_user(uarg, &arg, sizeof(arg)) ? -EFAULT : 0;
}

/* ---- target ---- */

int noxs_ctrl_target(void __user *uarg)
{
	struct noxs_ioc_target arg;
	char *buf, *name;
	size_t size;
	int err = 0;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!ctrl_domid_is_valid(arg.domid) || arg.pad0)
		return -EINVAL;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	name = noxs_domain_target(arg.domid, arg.id, &arg.flags, buf);
	if (IS_ERR(name)) {
		err = PTR_ERR(name);
		goto free;
	}
	size = strlen(name) + 1;
	if (size > arg.len)
		err = -ENAMETOOLONG;
	else if (copy_to_user(u64_to_user_ptr(arg.path), name, size) ||
		 copy_to_user(uarg, &arg, sizeof(arg)))
		err = -EFAULT;
free:
	kfree(buf);
	return err;
}
