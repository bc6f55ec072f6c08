// SPDX-License-Identifier: GPL-2.0-only
/* The device page: consistency, holes, and numbers nobody should believe. */
#include <errno.h>
#include <string.h>
#include <minios/devpage.h>
#include "unit.h"

static struct noxs_dev_page page, copy;

static struct noxs_dev device(unsigned int cls, unsigned int id)
{
	return (struct noxs_dev){
		.cls = (uint16_t)cls,
		.id = (uint16_t)id,
		.ctrl_port = 2,
		.ctrl_gfn = 0x55,
	};
}

static int page_setup(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	memset(&copy, 0xa5, sizeof(copy));
	page.hdr.magic = NOXS_DEV_PAGE_MAGIC;
	page.hdr.version = NOXS_ABI_VERSION;
	page.hdr.nr_slots = 4;
	page.dev[0] = device(NOXS_CLASS_SYSCTL, 0);
	page.dev[2] = device(NOXS_CLASS_VIF, 0);
	page.dev[3] = device(NOXS_CLASS_VIF, 7);
	return 0;
}

static void reads_and_skips_holes(void **state)
{
	const struct noxs_dev *dev;

	(void)state;
	assert_int_equal(devpage_read(&page, &copy), 0);
	dev = devpage_next(&copy, NOXS_CLASS_VIF, NULL);
	assert_ptr_equal(dev, &copy.dev[2]);
	dev = devpage_next(&copy, NOXS_CLASS_VIF, dev);
	assert_ptr_equal(dev, &copy.dev[3]);
	assert_null(devpage_next(&copy, NOXS_CLASS_VIF, dev));
	assert_ptr_equal(devpage_find(&copy, NOXS_CLASS_VIF, 7), &copy.dev[3]);
	assert_null(devpage_find(&copy, NOXS_CLASS_VIF, 1));
	assert_null(devpage_find(&copy, NOXS_CLASS_VBD, 0));
}

static void says_that_it_is_being_written(void **state)
{
	(void)state;
	page.hdr.seq = 5;
	assert_int_equal(devpage_read(&page, &copy), -EAGAIN);
}

static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	page.hdr.magic++;
	assert_int_equal(devpage_read(&page, &copy), -EINVAL);
	page_setup(NULL);
	page.hdr.version += 1 << 16;
	assert_int_equal(devpage_read(&page, &copy), -EOPNOTSUPP);
	page.hdr.version = 1 << 16 | 2;
	assert_int_equal(devpage_read(&page, &copy), -EOPNOTSUPP);
	page_setup(NULL);
	page.hdr.version++; /* a later minor version is fine */
	assert_int_equal(devpage_read(&page, &copy), 0);
	page.hdr.nr_slots = NOXS_MAX_DEVS + 1;
	assert_int_equal(devpage_read(&page, &copy), -EINVAL);
	page.hdr.nr_slots = 0xffff;
	assert_int_equal(devpage_read(&page, &copy), -EINVAL);
}

static void leaves_out_malformed_devices(void **state)
{
	(void)state;
	page.dev[2].ctrl_slot = NOXS_CTRL_SLOTS;
	page.dev[3].flags = NOXS_DEV_FLAGS_ALL + 1;
	assert_int_equal(devpage_read(&page, &copy), 0);
	assert_null(devpage_next(&copy, NOXS_CLASS_VIF, NULL));
	page.dev[2] = device(NOXS_CLASS_VIF, 0);
	page.dev[2].ctrl_port = 0;
	page.dev[3] = device(NOXS_CLASS_VIF, 7);
	page.dev[3].ctrl_gfn = 0;
	assert_int_equal(devpage_read(&page, &copy), 0);
	assert_null(devpage_next(&copy, NOXS_CLASS_VIF, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_and_skips_holes, page_setup),
		cmocka_unit_test_setup(says_that_it_is_being_written, page_setup),
		cmocka_unit_test_setup(refuses_what_it_does_not_know, page_setup),
		cmocka_unit_test_setup(leaves_out_malformed_devices, page_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
