// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what an ordinary guest gets from the noxs hypercall: its own device page, to read, and
 * nothing else.  Afterwards it says READY and resets its event channels, control channel included;
 * what the back-end makes of that is for the test in Dom0 to see.
 */
#include <errno.h>
#include <string.h>
#include <minios/app.h>
#include <minios/hypercall.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/time.h>
#include <minios/trap.h>
#include "check.h"
#include "op.h"

/* Long enough for READY to have been heard. */
#define GRACE_NS (500 * NSEC_PER_MSEC)

static struct noxs_dev_page window MM_WINDOW;
static struct noxs_dev_page page;
static uint64_t reset_ns;
static bool is_good;

static void test_refused(void)
{
	struct noxs_dev_op op = { .domid = 1 };
	struct noxs_dev dev = { .cls = NOXS_CLASS_SYSCTL };
	struct noxs_dev_id id = { .cls = NOXS_CLASS_SYSCTL };
	struct noxs_set_info info = { .domid = 1, .what = NOXS_SET_NAME, .name = "mine" };
	struct noxs_get get = { .domid = 1 };
	struct noxs_list list = { 0 };
	struct noxs_dominfo dominfo;
	struct noxs_event event;

	check_value("guest-dev-add", op_dev_add(&op, &dev, 1), -EPERM);
	check_value("guest-dev-remove", op_dev_remove(&op, &id, 1), -EPERM);
	check_value("guest-set-info", op_set_info(&info, 1), -EPERM);
	check_value("guest-get", op_get(&get, &page), -EPERM);
	check_value("guest-list", op_list(&list, &dominfo, 1), -EPERM);
	check_value("guest-next-event", op_next_event(&event, 1), -EPERM);
	/* Who may not ask learns nothing from how it is refused. */
	check_value("guest-dev-add-bad-arg", op_dev_add(BAD_POINTER, NULL, 0), -EPERM);
	check_value("guest-set-info-bad-arg", op_set_info(BAD_POINTER, 1), -EPERM);
	check_value("guest-list-bad-arg", op_list(BAD_POINTER, NULL, 1), -EPERM);
	op.domid = DOMID_SELF;
	check_value("guest-dev-add-self", op_dev_add(&op, &dev, 1), -EPERM);
	get.domid = DOMID_SELF;
	check_value("guest-get-self", op_get(&get, &page), -EPERM);
	check_value("guest-unknown-operation", hypercall_noxs_op(NOXS_OP_MAX + 1, NULL, NULL, 0),
		    -EOPNOTSUPP);
}

/* The same as what is mapped; and not a byte more than was asked for. */
static void test_read(void)
{
	unsigned char *end = (unsigned char *)&page + sizeof(page.hdr);

	memset(&page, 0xa5, sizeof(page));
	check_value("guest-reads-header", op_read(&page, sizeof(page.hdr)), sizeof(page.hdr));
	check_true("guest-reads-no-more", *end == 0xa5);
	check_true("guest-reads-same-header", !memcmp(&page.hdr, &window.hdr, sizeof(page.hdr)));
	check_value("guest-reads-page", op_read(&page, ~0U), sizeof(page));
	check_true("guest-reads-same-page", !memcmp(&page, &window, sizeof(page)));
	check_value("guest-reads-nothing", op_read(&page, 0), -EINVAL);
	check_value("guest-reads-to-bad-buf", op_read(BAD_POINTER, sizeof(page)), -EFAULT);
	check_value("guest-reads-to-xen", op_read(XEN_POINTER, sizeof(page)), -EFAULT);
	check_value("guest-reads-to-read-only", op_read(&window, sizeof(page)), -EFAULT);
}

static void test_own_page(void)
{
	struct noxs_map map = { 0 };
	uint32_t word = 0;

	check_value("guest-version", op_version(NULL, NULL, 0), NOXS_ABI_VERSION);
	check_value("guest-map", op_map(&map), 0);
	check_true("guest-map-again", !op_map(&map));
	map.gfn = 1;
	check_value("guest-map-gfn", op_map(&map), -EINVAL);
	map.gfn = 0;
	map.flags = 1;
	check_value("guest-map-flags", op_map(&map), -EINVAL);

	map.flags = 0;
	map.page = 1;
	check_value("guest-map-another-page", op_map(&map), -ENOENT);
	map.page = 0;
	(void)op_map(&map);

	check_value("guest-maps-page-read-only", mm_window_map(&window, map.frame, PTE_RO), 0);
	check_value("guest-page-magic", window.hdr.magic, NOXS_DEV_PAGE_MAGIC);
	check_true("guest-page-has-domid", window.hdr.domid > 0);
	check_true("guest-page-reads",
		   trap_try_read(&window.hdr.magic, &word) && word == NOXS_DEV_PAGE_MAGIC);
	check_true("guest-page-write-faults", !trap_try_write(&window.hdr.magic, 0));
	check_value("guest-page-unchanged", window.hdr.magic, NOXS_DEV_PAGE_MAGIC);
	test_read();
	check_true("guest-cannot-map-page-writable", mm_window_map(&window, map.frame, PTE_RW));
	check_true("guest-page-still-read-only", !trap_try_write(&window.hdr.magic, 0));
	check_true("guest-cannot-map-what-is-not-its-own",
		   mm_window_map(&window, map.frame + 1, PTE_RO));
	check_value("guest-unmaps-page", mm_window_unmap(&window), 0);
}

static uint64_t reset_poll(void *data)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };

	(void)data;
	if (time_ns() < reset_ns)
		return reset_ns;
	(void)hypercall_event_channel_op(EVTCHNOP_reset, &op); /* refused is fine, too */
	domain_shutdown(is_good ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}

static struct loop_source source = { .poll = reset_poll };

int app_main(const char *cmdline)
{
	(void)cmdline;
	test_refused();
	test_own_page();
	is_good = check_finish();
	minios_ready();
	reset_ns = time_ns() + GRACE_NS;
	loop_add(&source);
	return 0;
}
