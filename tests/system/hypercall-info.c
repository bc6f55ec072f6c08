/* SPDX-License-Identifier: MIT */
/* The noxs hypercall: set_info, and what get and list say of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hypercall.h"

void test_set_info_errors(uint32_t domid)
{
	static const char *const bad_names[] = { "a/b", "a\tb", "a\x7f", "\x01" };
	struct noxs_set_info info;

#define BAD(text, ...)                                                        \
	do {                                                                  \
		info = (struct noxs_set_info){ .domid = domid, __VA_ARGS__ }; \
		expect(set_info(&info, 1), -EINVAL, "set_info " text);        \
	} while (0)
	BAD("unknown flag", .what = NOXS_SET_ALL + 1);
	BAD("unnamed name", .what = NOXS_SET_STATE, .name = "x");
	BAD("unnamed state", .what = NOXS_SET_NAME, .name = "x", .state = 1);
	BAD("unnamed uuid", .what = NOXS_SET_NAME, .name = "x", .uuid = { 1 });
	BAD("unnamed gen_id", .what = NOXS_SET_NAME, .name = "x", .gen_id = { [15] = 1 });
	BAD("unnamed family", .what = NOXS_SET_NAME, .name = "x", .family = 1);
	BAD("unnamed parent", .what = NOXS_SET_NAME, .name = "x", .parent = 1);
	BAD("unnamed parent_serial", .what = NOXS_SET_NAME, .name = "x", .parent_serial = 1);
	BAD("unnamed origin", .what = NOXS_SET_NAME, .name = "x", .origin = 1);
	BAD("padding", .what = NOXS_SET_STATE, .pad0 = 1);
	BAD("bad origin", .what = NOXS_SET_ORIGIN, .origin = NOXS_ORIGIN_MAX + 1);
	BAD("serial of no parent", .what = NOXS_SET_FAMILY, .parent = NOXS_DOMID_NONE,
	    .parent_serial = 1);
	BAD("bad state", .what = NOXS_SET_STATE, .state = NOXS_DOM_STATE_MAX + 1);
	BAD("bad parent", .what = NOXS_SET_FAMILY, .parent = DOMID_FIRST_RESERVED);
	BAD("bytes behind the name", .what = NOXS_SET_NAME, .name = { 'a', 0, 'b' });
	BAD("bytes behind no name", .what = NOXS_SET_NAME, .name = { 0, 'b' });
#undef BAD
	info = (struct noxs_set_info){ .domid = domid,
				       .what = NOXS_SET_FAMILY,
				       .parent_serial = serial_of(0) + 1 };
	expect(set_info(&info, 1), -ENODEV, "set_info another parent's serial");
	info.parent = 31000;
	expect(set_info(&info, 1), -ENODEV, "set_info no such parent");
	info.parent_serial = 0;
	expect(set_info(&info, 1), -ENODEV, "set_info no such parent, of no serial");
	info.parent = domid;
	info.parent_serial = serial_of(domid);
	expect(set_info(&info, 1), -EINVAL, "set_info its own parent");
	for (unsigned int i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++)
		expect(set_name(domid, bad_names[i]), -EINVAL, "set_info bad byte in the name");

	info = (struct noxs_set_info){ .domid = domid, .what = NOXS_SET_NAME };
	memset(info.name, 'a', sizeof(info.name));
	expect(set_info(&info, 1), -EINVAL, "set_info name without NUL");
	expect_bad_counts(NOXS_OP_set_info, "set_info", &info, sizeof(info), NOXS_SET_INFO_MAX);
	expect(noxs_raw(NOXS_OP_set_info, (void *)8, NULL, 1), -EFAULT, "set_info bad handle");
}

void test_set_info(uint32_t a, uint32_t b)
{
	struct noxs_set_info infos[NOXS_SET_INFO_MAX];
	struct noxs_dev_page page;
	struct noxs_dominfo di;
	struct noxs_get g;
	int rc;

	expect(get(a, &g, &page), -ENOENT, "get before there is a page");
	rc = list_find(a, &di);
	check(!rc && !(di.flags & NOXS_DOMF_NOXS) && di.serial && !di.name[0] &&
		      di.parent == NOXS_DOMID_NONE && di.uuid[0] == 0xd0,
	      "list a domain without a page", "rc %d flags %#x", rc, di.flags);

	infos[0] = (struct noxs_set_info){
		.domid = a,
		.what = NOXS_SET_ALL,
		.state = NOXS_DOM_SHELL,
		.family = 7,
		.parent = b,
		.parent_serial = serial_of(b),
		.origin = NOXS_ORIGIN_CLONED,
		.uuid = { 1, 2, [15] = 16 },
		.gen_id = { 9, [15] = 8 },
		.name = "alpha",
	};
	expect(set_info(infos, 1), 1, "set_info everything");
	rc = get(a, &g, &page);
	check(!rc && page.hdr.magic == NOXS_DEV_PAGE_MAGIC &&
		      page.hdr.version == NOXS_ABI_VERSION && !(page.hdr.seq & 1) && page.hdr.seq &&
		      page.hdr.domid == a && page.hdr.parent == b && page.hdr.family == 7 &&
		      page.hdr.parent_serial == infos[0].parent_serial && infos[0].parent_serial &&
		      page.hdr.origin == NOXS_ORIGIN_CLONED && page.hdr.nr_pages == 1 &&
		      page.hdr.serial == g.serial && page.hdr.state == NOXS_DOM_SHELL &&
		      !memcmp(page.hdr.uuid, infos[0].uuid, 16) &&
		      !memcmp(page.hdr.gen_id, infos[0].gen_id, 16) &&
		      !strcmp(page.hdr.name, "alpha") && !page.hdr.nr_devs && !page.hdr.nr_slots,
	      "get says what was set", "rc %d name '%.63s' seq %u", rc, page.hdr.name,
	      page.hdr.seq);
	rc = list_find(a, &di);
	check(!rc && (di.flags & NOXS_DOMF_NOXS) && di.state == NOXS_DOM_SHELL &&
		      !strcmp(di.name, "alpha") && !memcmp(di.uuid, infos[0].uuid, 16) &&
		      di.serial == g.serial && di.parent == b && di.family == 7 &&
		      di.parent_serial == infos[0].parent_serial && di.origin == NOXS_ORIGIN_CLONED,
	      "list says what was set", "rc %d flags %#x", rc, di.flags);

	infos[0] = (struct noxs_set_info){ .domid = a,
					   .what = NOXS_SET_FAMILY,
					   .parent = NOXS_DOMID_NONE };
	expect(set_info(infos, 1), -EINVAL, "set_info takes a clone's parent away");

	infos[0] = (struct noxs_set_info){ .domid = b,
					   .what = NOXS_SET_ORIGIN,
					   .origin = NOXS_ORIGIN_CLONED };
	expect(set_info(infos, 1), -EINVAL, "set_info clone without a parent");

	expect(set_name(b, "alpha"), -EEXIST, "set_info name of another");
	expect(set_name(a, "alpha"), 1, "set_info own name again");
	expect(set_name(a, "beta"), 1, "set_info rename");
	expect(set_name(b, "alpha"), 1, "set_info name given up by a rename");
	expect(set_name(b, ""), 1, "set_info no name");
	expect(set_name(a, ""), 1, "set_info two without a name");
	expect(set_name(a, "alpha"), 1, "set_info name given up for none");

	/* Applied in order, stops at the first error, returns the number done. */
	infos[0] = (struct noxs_set_info){ .domid = b, .what = NOXS_SET_NAME, .name = "gamma" };
	infos[1] = (struct noxs_set_info){ .domid = 31000, .what = NOXS_SET_NAME, .name = "delta" };
	infos[2] = (struct noxs_set_info){ .domid = b, .what = NOXS_SET_NAME, .name = "epsilon" };
	expect(set_info(infos, 3), 1, "set_info stops at an error");
	rc = list_find(b, &di);
	check(!rc && !strcmp(di.name, "gamma"), "set_info batch in order", "name '%.63s'", di.name);

	/* Longer than a time slice: goes on where it was preempted. */
	for (unsigned int i = 0; i < NOXS_SET_INFO_MAX; i++) {
		infos[i] = (struct noxs_set_info){ .domid = i & 1 ? a : b, .what = NOXS_SET_NAME };
		snprintf(infos[i].name, sizeof(infos[i].name), "name-%u", i);
	}
	expect(set_info(infos, NOXS_SET_INFO_MAX), NOXS_SET_INFO_MAX, "set_info of 1024");
	rc = list_find(a, &di);
	check(!rc && !strcmp(di.name, "name-1023"), "set_info of 1024 reaches the last",
	      "name '%.63s'", di.name);
}

/* Whether Xen's own list, ours and the page say that it is the domain's. */
static bool uuid_is(uint32_t domid, const uint8_t uuid[NOXS_UUID_LEN])
{
	struct noxs_dev_page page;
	struct noxs_dominfo di;
	struct noxs_get g;
	xc_domaininfo_t info;

	return xc_domain_getinfolist(xch, domid, 1, &info) == 1 && info.domain == domid &&
	       !memcmp(info.handle, uuid, NOXS_UUID_LEN) && !list_find(domid, &di) &&
	       !memcmp(di.uuid, uuid, NOXS_UUID_LEN) && !get(domid, &g, &page) &&
	       !memcmp(page.hdr.uuid, uuid, NOXS_UUID_LEN);
}

/* One UUID, whichever call sets it, before there is a page and afterwards. */
void test_uuid(void)
{
	xen_domain_handle_t early = { 1, [15] = 1 }, late = { 2, [15] = 2 };
	struct noxs_set_info info = { .domid = domain_create(), .what = NOXS_SET_UUID };

	expect(xc_domain_sethandle(xch, info.domid, early), 0, "sethandle without a page");
	expect(set_name(info.domid, "uuid"), 1, "set_info of the name alone");
	check(uuid_is(info.domid, early), "the page has the handle set before", "it has not");
	expect(xc_domain_sethandle(xch, info.domid, late), 0, "sethandle with a page");
	check(uuid_is(info.domid, late), "sethandle sets the page's UUID", "it does not");
	memset(info.uuid, 3, sizeof(info.uuid));
	expect(set_info(&info, 1), 1, "set_info of the UUID alone");
	check(uuid_is(info.domid, info.uuid), "set_info sets the handle", "it does not");
	test_gone(info.domid);
}

void test_get_errors(uint32_t domid)
{
	struct noxs_get g = { .domid = domid, .flags = 1 };
	uint64_t serial;

	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 0), -EINVAL, "get flags");
	g = (struct noxs_get){ .domid = domid, .pad0 = 1 };
	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 0), -EINVAL, "get padding");
	g = (struct noxs_get){ .domid = domid };
	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 1), -EINVAL, "get count");
	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 0), 0, "get without buf");
	serial = g.serial;
	check(serial && g.frame, "get without buf tells frame and serial", "it does not");
	memcpy(arg_buf, &g, sizeof(g));
	expect(noxs_raw(NOXS_OP_get, arg_buf, (void *)8, 0), -EFAULT, "get bad buf");
	expect(noxs_raw(NOXS_OP_get, (void *)8, NULL, 0), -EFAULT, "get bad arg");
}

void test_list(uint32_t a, uint32_t b)
{
	struct noxs_dominfo infos[64] = { 0 };
	struct noxs_list list = { 0 };
	bool sorted = true;
	unsigned int one = 0;
	int rc, all = 0;

	/* A call that would be preempted ends with what it has. */
	do {
		rc = noxs(NOXS_OP_list, &list, sizeof(list), infos + all,
			  sizeof(infos) - all * sizeof(infos[0]), 64 - all);
		all += rc > 0 ? rc : 0;
		list.first = list.next;
	} while (rc > 0 && list.next != NOXS_DOMID_NONE);
	for (int i = 1; i < all; i++)
		sorted &= infos[i].domid > infos[i - 1].domid;
	check(all >= 3 && list.next == NOXS_DOMID_NONE && infos[0].domid == 0 && sorted &&
		      infos[0].nr_vcpus && infos[0].cpu_time_ns && infos[0].tot_pages &&
		      (infos[0].flags & NOXS_DOMF_RUNNING),
	      "list all", "%d domains, next %u, flags %#x", all, list.next, infos[0].flags);

	list = (struct noxs_list){ 0 };
	do {
		rc = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos[0]), 1);
		one += rc == 1;
		list.first = list.next;
	} while (rc == 1 && list.next != NOXS_DOMID_NONE);
	check(rc == 1 && (int)one == all, "list one by one", "%u of %d, rc %d", one, all, rc);

	list = (struct noxs_list){ .first = a + 1 };
	rc = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64);
	check(rc >= 1 && infos[0].domid == b && (infos[0].flags & NOXS_DOMF_PAUSED),
	      "list from the middle", "rc %d", rc);
	list = (struct noxs_list){ .first = 31000 };
	rc = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64);
	check(!rc && list.next == NOXS_DOMID_NONE, "list from beyond the end", "rc %d", rc);

	list = (struct noxs_list){ .flags = 1 };
	expect(noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64), -EINVAL,
	       "list flags");
	list.flags = 0;
	expect(noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 0), -EINVAL,
	       "list count 0");
	expect(noxs(NOXS_OP_list, &list, sizeof(list), NULL, 0, 1), -EFAULT, "list without buf");
}
