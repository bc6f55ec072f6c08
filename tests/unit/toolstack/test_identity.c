// SPDX-License-Identifier: GPL-2.0-only
/* Who a domain is to be; Xen, the list of domains and the random numbers are faked. */
#include "build/shell.h"
#include "unit.h"

static struct chaos_ctx ctx;
static struct chaos_error err;
static struct noxs_set_info told;
static int xen_err, random_err;

int chaos_random(void *buf, size_t len)
{
	memset(buf, 0x77, len);
	errno = random_err;
	return random_err ? -1 : 0;
}

int chaos_noxs_set_info(struct chaos_ctx *c, const struct noxs_set_info *info)
{
	assert_ptr_equal(c, &ctx);
	told = *info;
	errno = xen_err;
	return xen_err ? -1 : 0;
}

int chaos_name_taken(struct chaos_ctx *c, const char *name, struct chaos_error *e)
{
	assert_ptr_equal(c, &ctx);
	return chaos_error_set(e, CHAOS_EXISTS, EEXIST, "%s is taken", name);
}

bool chaos_uuid_is_shells(const uint8_t uuid[CHAOS_UUID_LEN])
{
	return uuid[0] == 's';
}

void chaos_uuid_format(const uint8_t uuid[CHAOS_UUID_LEN], char out[CHAOS_UUID_STRLEN])
{
	(void)uuid;
	strcpy(out, "73000000");
}

static void is_whole(void **state)
{
	/* As long as a name can be. */
	static const char name[] =
		"a23456789b23456789c23456789d23456789e23456789f23456789g23456789";
	static const uint8_t uuid[CHAOS_UUID_LEN] = { 1, 2, 3 }, zeros[32];
	struct chaos_shell s = { .ctx = &ctx, .domid = 7 };
	struct noxs_set_info info;

	(void)state;
	memset(&info, 0x5a, sizeof(info));
	assert_int_equal(chaos_identity(&info, name, uuid, &err), 0);
	assert_int_equal(info.what, NOXS_SET_NAME | NOXS_SET_UUID | NOXS_SET_GEN_ID);
	assert_int_equal(strlen(name), CHAOS_NAME_LEN - 1);
	assert_string_equal(info.name, name);
	assert_memory_equal(info.uuid, uuid, sizeof(uuid));
	assert_int_equal(info.gen_id[0], 0x77);
	assert_int_equal(chaos_identity_set(&s, &info, &err), 0);
	assert_int_equal(told.domid, 7);
	/* Nothing of another name stays behind a shorter one. */
	assert_int_equal(chaos_identity(&info, "b", uuid, &err), 0);
	assert_memory_equal(info.name + 1, zeros, sizeof(zeros));
}

static void errors(void **state)
{
	struct chaos_shell s = { .ctx = &ctx, .domid = 7 };
	struct chaos_config cfg = { .name = "web", .uuid = { 's' } };
	struct noxs_set_info info;

	(void)state;
	assert_int_equal(chaos_identity_check(cfg.name, cfg.uuid, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "give \"web\" another 'uuid'");
	cfg.uuid[0] = 't';
	assert_int_equal(chaos_identity_check(cfg.name, cfg.uuid, &err), 0);
	random_err = EAGAIN;
	assert_int_equal(chaos_identity(&info, "web", cfg.uuid, &err), -(int)CHAOS_FAILED);
	random_err = 0;
	assert_int_equal(chaos_identity(&info, "web", cfg.uuid, &err), 0);
	xen_err = EEXIST;
	assert_int_equal(chaos_identity_set(&s, &info, &err), -(int)CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "web is taken");
	xen_err = EPERM;
	assert_int_equal(chaos_identity_set(&s, &info, &err), -(int)CHAOS_PERMISSION);
	assert_error(err, CHAOS_PERMISSION, "Xen does not take the name \"web\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_whole),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
