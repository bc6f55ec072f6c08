// SPDX-License-Identifier: GPL-2.0-only
/* version, map, operations that do not exist, and bad addresses. */
#include <errno.h>
#include "check.h"
#include "op.h"
#include "privileged.h"

static void test_version(void)
{
	struct noxs_map arg = { 0 };

	check_value("version-is-ours", op_version(NULL, NULL, 0), NOXS_ABI_VERSION);
	check_value("version-with-arg", op_version(&arg, NULL, 0), -EINVAL);
	check_value("version-with-buf", op_version(NULL, &arg, 0), -EINVAL);
	check_value("version-with-count", op_version(NULL, NULL, 1), -EINVAL);
}

static void test_map(void)
{
	struct noxs_map arg = { 0 };

	check_value("map-without-page", op_map(&arg), -ENOENT);
	arg.flags = 1;
	check_value("map-unknown-flag", op_map(&arg), -EINVAL);
	arg = (struct noxs_map){ .page = 1 };
	check_value("map-another-page", op_map(&arg), -ENOENT);
	arg = (struct noxs_map){ .gfn = 5 };
	check_value("map-gfn-of-pv", op_map(&arg), -EINVAL);
	arg = (struct noxs_map){ 0 };
	check_value("map-with-buf", hypercall_noxs_op(NOXS_OP_map, &arg, &arg, 0), -EINVAL);
	check_value("map-with-count", hypercall_noxs_op(NOXS_OP_map, &arg, NULL, 1), -EINVAL);
}

static void test_read(void)
{
	struct noxs_dev_header hdr;

	check_value("read-without-page", op_read(&hdr, sizeof(hdr)), -ENOENT);
	check_value("read-nothing", op_read(&hdr, 0), -EINVAL);
	check_value("read-with-arg", hypercall_noxs_op(NOXS_OP_read, &hdr, &hdr, sizeof(hdr)),
		    -EINVAL);
}

static void test_bad_pointers(void)
{
	struct noxs_dev_op op = { .domid = MISSING_DOMID };

	check_value("map-bad-arg", op_map(BAD_POINTER), -EFAULT);
	check_value("map-xen-arg", op_map(XEN_POINTER), -EFAULT);
	check_value("dev-add-bad-arg", op_dev_add(BAD_POINTER, NULL, 1), -EFAULT);
	check_value("dev-remove-bad-arg", op_dev_remove(BAD_POINTER, NULL, 1), -EFAULT);
	check_value("set-info-bad-arg", op_set_info(BAD_POINTER, 1), -EFAULT);
	check_value("set-info-xen-arg", op_set_info(XEN_POINTER, 1), -EFAULT);
	check_value("get-bad-arg", op_get(BAD_POINTER, NULL), -EFAULT);
	check_value("list-bad-arg", op_list(BAD_POINTER, NULL, 1), -EFAULT);
	/* Nothing may be written there even when there is nothing to say. */
	check_value("dev-add-missing-domain", op_dev_add(&op, BAD_POINTER, 1), -ESRCH);
}

void test_version_map(void)
{
	test_version();
	test_map();
	test_read();
	check_value("unknown-operation", hypercall_noxs_op(NOXS_OP_MAX + 1, NULL, NULL, 0),
		    -EOPNOTSUPP);
	check_value("unknown-operation-large", hypercall_noxs_op(~0U, NULL, NULL, 0), -EOPNOTSUPP);
	test_bad_pointers();
}
