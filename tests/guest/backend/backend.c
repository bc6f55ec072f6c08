// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what an ordinary guest may do that has been named as the back-end of some devices of another,
 * whose domid is its command line: see and change those, and nothing else.  tests/system/served.c has
 * made that domain: vifs 0 and 1 are the control domain's, 2 and 3 are ours, in this order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <minios/app.h>
#include <minios/hypercall.h>
#include <minios/sysctl.h>
#include "check.h"
#include "op.h"

static domid_t served;
static struct noxs_dev_page page;

static long get(void)
{
	struct noxs_get arg = { .domid = served };
	long ret;

	memset(&page, 0xa5, sizeof(page));
	ret = op_get(&arg, &page);
	check_value("backend-get-tells-no-frame", (long)arg.frame, 0);
	return ret;
}

static long replace(struct noxs_dev *devs, unsigned int count)
{
	struct noxs_dev_op arg = { .domid = served, .flags = NOXS_DEV_REPLACE };

	return op_dev_add(&arg, devs, count);
}

static long remove(unsigned int id, unsigned int id2)
{
	struct noxs_dev_op arg = { .domid = served };
	struct noxs_dev_id ids[] = { { .cls = NOXS_CLASS_VIF, .id = (uint16_t)id },
				     { .cls = NOXS_CLASS_VIF, .id = (uint16_t)id2 } };

	return op_dev_remove(&arg, ids, id == id2 ? 1 : 2);
}

static void test_view(void)
{
	static const struct noxs_dev none;
	static const char no_name[NOXS_NAME_LEN];

	check_value("backend-get", get(), 0);
	check_true("backend-sees-whose-they-are", page.hdr.domid == served && page.hdr.serial);
	check_value("backend-sees-no-changes", page.hdr.seq, 0);
	check_true("backend-sees-no-name", !memcmp(page.hdr.name, no_name, sizeof(no_name)));
	check_value("backend-sees-its-own", page.hdr.nr_devs, 2);
	check_true("backend-sees-no-others", !memcmp(&page.dev[0], &none, sizeof(none)) &&
						     !memcmp(&page.dev[1], &none, sizeof(none)));
	check_true("backend-sees-them-in-their-slots", page.dev[2].id == 2 && page.dev[3].id == 3);
}

static void test_change(void)
{
	struct noxs_dev_op arg = { .domid = served };
	struct noxs_dev own = page.dev[2], new = own, both[2] = { own, own };

	new.id = 7;
	new.ctrl_slot = 7;
	check_value("backend-adds-none", op_dev_add(&arg, &new, 1), -EPERM);
	check_value("backend-replaces-what-is-not-there", replace(&new, 1), -ENOENT);
	both[1].id = 1;
	both[1].ctrl_slot = 1;
	both[1].backend_domid = 0;
	both[1].backend_serial = 0;
	both[0].config.vif.mtu = 1280;
	check_value("backend-replaces-no-others", replace(both, 2), -ENOENT);
	both[1].backend_domid = own.backend_domid;
	check_value("backend-takes-no-others", replace(both, 2), -ENOENT);
	new = own;
	new.backend_domid = 0;
	new.backend_serial = 0;
	check_value("backend-gives-none-away", replace(&new, 1), -EINVAL);
	/* Nor does it find out who is there, or with which serial. */
	new.backend_domid = 31000;
	check_value("backend-gives-none-to-nobody", replace(&new, 1), -EINVAL);
	new.backend_domid = served;
	check_value("backend-gives-none-back", replace(&new, 1), -EINVAL);
	new = own;
	new.config.vif.mtu = 9000;
	check_value("backend-replaces-its-own", replace(&new, 1), 0);
	check_value("backend-removes-no-others", remove(3, 1), -ENOENT);
	check_value("backend-removes-its-own", remove(3, 3), 0);
	check_value("backend-get-again", get(), 0);
	check_true("backend-sees-what-it-did", page.hdr.nr_devs == 1 && page.hdr.nr_slots == 3 &&
						       !page.dev[3].cls &&
						       page.dev[2].config.vif.mtu == 9000);
}

/* Nothing else of it, and nothing of a domain it does not serve, whether there is one or not. */
static void test_refused(void)
{
	struct noxs_set_info info = { .domid = served, .what = NOXS_SET_NAME, .name = "mine" };
	struct noxs_get arg = { .domid = 0 };
	struct noxs_list list = { 0 };
	struct noxs_dominfo dominfo;
	struct noxs_event event;

	check_value("backend-sets-no-info", op_set_info(&info, 1), -EPERM);
	check_value("backend-lists-nothing", op_list(&list, &dominfo, 1), -EPERM);
	check_value("backend-collects-nothing", op_next_event(&event, 1), -EPERM);
	check_value("backend-gets-nothing-of-dom0", op_get(&arg, &page), -EPERM);
	arg.domid = 31000;
	check_value("backend-gets-nothing-of-nobody", op_get(&arg, &page), -ESRCH);
	check_value("backend-removes-the-last", remove(2, 2), 0);
	check_value("backend-serves-no-more", get(), -EPERM);
}

int app_main(const char *cmdline)
{
	unsigned int n = 0;

	while (*cmdline >= '0' && *cmdline <= '9')
		n = n * 10 + (unsigned int)(*cmdline++ - '0');
	served = (domid_t)n;
	test_view();
	test_change();
	test_refused();
	(void)check_finish(); /* for the reader of the console */
	minios_ready();
	return 0;
}
