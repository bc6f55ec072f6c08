// SPDX-License-Identifier: GPL-2.0-only
/* set_info: names, identifiers, batches. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "domain.h"
#include "op.h"
#include "privileged.h"

static domid_t doms[2];
static struct noxs_dev_page page;

static struct noxs_set_info name_item(domid_t domid, const char *name)
{
	struct noxs_set_info item = { .domid = domid, .what = NOXS_SET_NAME };

	memcpy(item.name, name, strlen(name));
	return item;
}

static long set(struct noxs_set_info item)
{
	return op_set_info(&item, 1);
}

static long get(domid_t domid)
{
	struct noxs_get arg = { .domid = domid };

	return op_get(&arg, &page);
}

static void test_names(void)
{
	struct noxs_set_info item;

	check_value("name", set(name_item(doms[0], "first")), 1);
	check_value("name-again-own", set(name_item(doms[0], "first")), 1);
	check_value("name-taken", set(name_item(doms[1], "first")), -EEXIST);
	check_value("name-prefix-of-other", set(name_item(doms[1], "firs")), 1);
	check_value("name-empty", set(name_item(doms[0], "")), 1);
	check_value("name-is-free-again", set(name_item(doms[1], "first")), 1);
	check_value("name-get", get(doms[1]), 0);
	check_true("name-in-page", !strcmp(page.hdr.name, "first"));
	check_value("name-blank", set(name_item(doms[0], "a b")), 1);
	check_value("name-slash", set(name_item(doms[0], "a/b")), -EINVAL);
	check_value("name-newline", set(name_item(doms[0], "a\n")), -EINVAL);
	check_value("name-del", set(name_item(doms[0], "a\x7f")), -EINVAL);
	item = name_item(doms[0], "x");
	item.name[5] = 'y';
	check_value("name-bytes-behind", set(item), -EINVAL);
	memset(item.name, 'n', sizeof(item.name));
	check_value("name-without-end", set(item), -EINVAL);
	item.name[NOXS_NAME_LEN - 1] = '\0';
	check_value("name-longest", set(item), 1);
}

static void test_fields(void)
{
	struct noxs_set_info item = { .domid = doms[0], .what = NOXS_SET_ALL + 1 };

	check_value("what-unknown", set(item), -EINVAL);
	item = (struct noxs_set_info){ .domid = doms[0],
				       .what = NOXS_SET_STATE,
				       .state = NOXS_DOM_STATE_MAX + 1 };
	check_value("state-unknown", set(item), -EINVAL);
	item.state = NOXS_DOM_COMPLETE;
	item.uuid[3] = 1;
	check_value("uuid-not-named", set(item), -EINVAL);
	item.uuid[3] = 0;
	item.name[0] = 'n';
	check_value("name-not-named", set(item), -EINVAL);
	item.name[0] = '\0';
	item.family = 1;
	check_value("family-not-named", set(item), -EINVAL);
	item.family = 0;
	check_value("state", set(item), 1);
	item = (struct noxs_set_info){
		.domid = doms[0],
		.what = NOXS_SET_UUID | NOXS_SET_GEN_ID,
		.uuid = { 1, 2, 3 },
		.gen_id = { 4, 5, 6 },
	};
	check_value("uuid-and-gen-id", set(item), 1);
	check_value("fields-get", get(doms[0]), 0);
	check_value("state-in-page", page.hdr.state, NOXS_DOM_COMPLETE);
	check_true("uuid-in-page", !memcmp(page.hdr.uuid, item.uuid, sizeof(item.uuid)));
	check_true("gen-id-in-page", !memcmp(page.hdr.gen_id, item.gen_id, sizeof(item.gen_id)));
}

static void test_batches(void)
{
	struct noxs_set_info items[3];

	items[0] = name_item(doms[0], "batch0");
	items[1] = name_item(doms[1], "batch0");
	items[2] = name_item(doms[1], "batch2");
	check_value("batch-stops-at-error", op_set_info(items, 3), 1);
	check_value("batch-get", get(doms[1]), 0);
	check_true("batch-rest-not-applied", strcmp(page.hdr.name, "batch2"));
	items[1] = name_item(doms[1], "batch1");
	check_value("batch-of-two", op_set_info(items, 2), 2);
	check_value("batch-first-error", op_set_info(&items[2], 0), -EINVAL);
	check_value("batch-too-large", op_set_info(items, NOXS_SET_INFO_MAX + 1), -EINVAL);
	check_value("set-info-with-buf", hypercall_noxs_op(NOXS_OP_set_info, items, &page, 1),
		    -EINVAL);
}

static void test_domids(void)
{
	check_value("name-own-domid", set(name_item(OWN_DOMID, "x")), -EINVAL);
	check_value("name-domid-self", set(name_item(DOMID_SELF, "x")), -EINVAL);
	check_value("name-no-domain", set(name_item(MISSING_DOMID, "x")), -ESRCH);
}

/* A name must be free again as soon as its domain dies, and not come back with a domid. */
static void test_reuse(void)
{
	long ret;

	check_value("name-before-death", set(name_item(doms[0], "mortal")), 1);
	check_value("hold", domain_hold(doms[0]), 0);
	(void)domain_destroy(doms[0]); /* dying, as its page is held */
	check_value("name-to-dying", set(name_item(doms[0], "x")), -ESRCH);
	check_value("name-of-dying-is-free", set(name_item(doms[1], "mortal")), 1);
	domain_release();
	ret = domain_create_as(doms[0]);
	check_value("domid-reused", ret, doms[0]);
	check_value("reused-domid-has-no-page", get(doms[0]), -ENOENT);
	(void)domain_destroy(doms[0]); /* gone: nothing holds it */
}

void test_set_info(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		long ret = domain_create();

		if (ret < 0) {
			check_error("set-info: domain_create", ret);
			return;
		}
		doms[i] = (domid_t)ret;
	}
	test_names();
	test_fields();
	test_batches();
	test_domids();
	test_reuse();
	(void)domain_destroy(doms[1]); /* gone: nothing holds it */
	check_value("gone-domain", get(doms[1]), -ESRCH);
}
