// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that is restarted by somebody who has not made it: what the module, which is faked, keeps of its
 * configuration, and what becomes of that, also by way of a save.
 */
#include <sys/ioctl.h>
#include <unistd.h>

#include "unit.h"
#include "build/internal.h"
#include "save/restore.h"
#include "save/save.h"

#define DOMID 7

static struct {
	char note[NOXS_NOTE_MAX];
	uint32_t len;
	unsigned int nr_set;
	int err;
	uint32_t ends;
} module;

static int answer(int e)
{
	errno = e;
	return e ? -1 : 0;
}

static int get_note(struct noxs_ioc_note *arg)
{
	if (module.err)
		return answer(module.err);
	if (!module.len)
		return answer(ENODATA);
	assert_true(module.len <= arg->len);
	memcpy((void *)(uintptr_t)arg->text, module.note, module.len);
	arg->len = module.len;
	return 0;
}

static int set_note(const struct noxs_ioc_note *arg)
{
	module.nr_set++;
	if (module.err)
		return answer(module.err);
	assert_true(arg->len <= sizeof(module.note));
	memcpy(module.note, (void *)(uintptr_t)arg->text, arg->len);
	module.len = arg->len;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct noxs_ioc_query *query;
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == NOXS_IOC_GET_NOTE)
		return get_note(arg);
	if (request == NOXS_IOC_SET_NOTE)
		return set_note(arg);
	assert_int_equal(request, NOXS_IOC_QUERY);
	query = arg;
	assert_int_equal(query->domid, DOMID);
	if (query->devs)
		*(struct noxs_ioc_dev_state *)(uintptr_t)query->devs = (struct noxs_ioc_dev_state){
			.cls = NOXS_CLASS_VIF,
			.id = 3,
			.config.vif = { .mac = { 0, 0x16, 0x3e, 1, 2, 3 }, .mtu = 1400 },
			.ifname = "vif7.3",
			.link = "br0",
		};
	query->nr_devs = 1;
	query->flags = module.ends;
	query->attached_ns = 12345;
	return 0;
}

long chaos_noxs_version(struct chaos_ctx *ctx)
{
	(void)ctx;
	return NOXS_ABI_VERSION;
}

int save_cpus(struct chaos_ctx *c, const struct chaos_dominfo *info, FILE *f, struct chaos_error *e)
{
	(void)c;
	(void)e;
	assert_int_equal(info->domid, DOMID);
	fputs("cpu_weight = 512\n", f);
	return 0;
}

static struct chaos_ctx ctx;
static const struct chaos_dominfo info = { .domid = DOMID, .name = "renamed", .nr_vcpus = 2 };
static struct chaos_error err;
static struct chaos_config *again, cfg;

static int setup(void **state)
{
	(void)state;
	memset(&module, 0, sizeof(module));
	module.ends = NOXS_END_DESTROY << NOXS_END_POWEROFF_SHIFT |
		      NOXS_END_RESTART << NOXS_END_REBOOT_SHIFT |
		      NOXS_END_KEEP << NOXS_END_CRASH_SHIFT;
	ctx = (struct chaos_ctx){ .noxs_fd = 99, .cancel_fd = -1 };
	ctx.module_flags = NOXS_MODULE_ENDS | NOXS_MODULE_NOTE;
	cfg = (struct chaos_config){
		.name = "web",
		.kernel = (char *)"/srv/a \"quoted\\\" 'kernel'; x=1 #",
		.ramdisk = (char *)"/srv/ramdisk",
		.cmdline = (char *)"root=/dev/xvda \\ \"two words\"",
		.memory_kib = 8196,
		.on_reboot = CHAOS_RESTART,
	};
	again = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chaos_config_free(again);
	return 0;
}

static int make_again(void)
{
	uint64_t since;
	int rc;

	rc = chaos_config_again(&ctx, &info, &again, &since, &err);
	if (!rc)
		assert_int_equal(since, 12345);
	return rc;
}

static void assert_is_cfg(void)
{
	assert_string_equal(again->kernel, cfg.kernel);
	assert_string_equal(again->ramdisk, cfg.ramdisk);
	assert_string_equal(again->cmdline, cfg.cmdline);
	assert_int_equal(again->memory_kib, cfg.memory_kib);
}

/* Of whatever nobody has kept the module and Xen know how it is now. */
static void all_of_it(void **state)
{
	(void)state;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	assert_int_equal(make_again(), 0);
	assert_is_cfg();
	assert_string_equal(again->name, "renamed");
	assert_int_equal(again->vcpus, 2);
	assert_int_equal(again->cpu_weight, 512);
	assert_int_equal(again->nr_vifs, 1);
	assert_int_equal(again->vifs[0].id, 3);
	assert_int_equal(again->vifs[0].mtu, 1400);
	assert_int_equal(again->on_poweroff, CHAOS_DESTROY);
	assert_int_equal(again->on_reboot, CHAOS_RESTART);
	assert_int_equal(again->on_crash, CHAOS_PRESERVE);
	assert_null(again->restart_with);
}

/* What neither the module nor Xen knows of how it was made. */
static void how_it_was_made(void **state)
{
	static const enum chaos_builder builders[] = { CHAOS_BUILDER_GENERIC, CHAOS_BUILDER_FAST };
	size_t i;

	(void)state;
	cfg.nr_vifs = 3;
	cfg.vifs[0].connects_itself = true; /* it is not there any more */
	cfg.vifs[1].id = 1;
	for (i = 0; i < ARRAY_SIZE(builders); i++) {
		cfg.builder = builders[i];
		cfg.vifs[2] = (struct chaos_vif){ .id = 3, .connects_itself = i };
		assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
		assert_int_equal(make_again(), 0);
		assert_is_cfg();
		assert_int_equal(again->builder, builders[i]);
		assert_int_equal(again->nr_vifs, 1);
		assert_int_equal(again->vifs[0].connects_itself, i);
		chaos_config_free(again);
	}
	cfg.builder = CHAOS_BUILDER_AUTO;
	cfg.nr_vifs = 0;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	assert_int_equal(make_again(), 0);
	assert_int_equal(again->builder, CHAOS_BUILDER_AUTO);
	assert_false(again->vifs[0].connects_itself);
}

/* Others may keep there what they like. */
static void strange_keys(void **state)
{
	static const char *const texts[] = {
		"kernel=\"/k\";restart_builder=\"hvm\"", "kernel=\"/k\";restart_connect=\"\"",
		"kernel=\"/k\";restart_connect=\"3,\"",	 "kernel=\"/k\";restart_connect=\"-3\"",
		"kernel=\"/k\";restart_connect=\"3 \"",	 "kernel=\"/k\";restart_connect=[ \"3\" ]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		module.len = (uint32_t)strlen(texts[i]);
		memcpy(module.note, texts[i], module.len);
		assert_int_equal(make_again(), -(int)CHAOS_CONFIG);
		assert_error(err, CHAOS_CONFIG, "is not what chaos writes");
		again = NULL;
	}
}

/* chaosd begins elsewhere than who has made it. */
static void relative_names(void **state)
{
	char cwd[512], want[600];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(want, sizeof(want), "%s/kernels/k", cwd);
	cfg.kernel = (char *)"kernels/k";
	cfg.ramdisk = NULL;
	cfg.cmdline = NULL;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	assert_int_equal(make_again(), 0);
	assert_string_equal(again->kernel, want);
	assert_null(again->ramdisk);
	assert_null(again->cmdline);
}

static void nothing_to_keep(void **state)
{
	static char name[NOXS_NOTE_MAX];

	(void)state;
	cfg.on_reboot = CHAOS_DESTROY;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	assert_int_equal(module.nr_set, 0);
	cfg.on_crash = CHAOS_RESTART;
	ctx.module_flags = NOXS_MODULE_ENDS; /* an older one */
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	assert_int_equal(module.nr_set, 0);
	ctx.module_flags |= NOXS_MODULE_NOTE;
	/* Each of its characters takes two. */
	memset(name, '"', sizeof(name) / 2);
	name[0] = '/';
	cfg.ramdisk = name;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	assert_int_equal(module.nr_set, 0);
	assert_int_equal(make_again(), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "has not been kept: destroy it and create it again");
}

static void module_errors(void **state)
{
	static const int silent[] = { ENOTTY, ENOENT, ESRCH, ENODATA };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(silent); i++) {
		module.err = silent[i];
		assert_int_equal(make_again(), -(int)CHAOS_CONFIG);
	}
	module.err = ENOMEM;
	assert_int_equal(make_again(), -(int)CHAOS_RESOURCES);
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), -(int)CHAOS_RESOURCES);
	module.err = ESRCH; /* it is gone already */
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
}

/* What somebody else keeps there is none of ours. */
static void foreign_note(void **state)
{
	(void)state;
	memcpy(module.note, "kernel=\"/a\"\n", 12);
	module.len = 12;
	assert_int_equal(make_again(), -(int)CHAOS_CONFIG);
	memset(module.note, 0, 4);
	assert_int_equal(make_again(), -(int)CHAOS_CONFIG);
	memset(module.note, 'x', NOXS_NOTE_MAX);
	module.len = NOXS_NOTE_MAX;
	assert_int_equal(make_again(), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "");
}

static struct chaos_config *saved_and_read(bool trusted)
{
	struct chaos_config_source src = { .path = "file", .is_saved = true, .strict = true };
	struct chaos_config *saved;
	char *text;

	assert_int_equal(save_config(&ctx, &info, 2049, &text, &err), 0);
	src.text = text;
	assert_int_equal(chaos_config_load(&saved, &src, &err), 0);
	free(text);
	src.trusts_disks = trusted;
	assert_int_equal(restore_check_config(&src, saved, &err), 0);
	assert_null(saved->kernel);
	return saved;
}

/* The restored guest is restarted as the saved one would have been. */
static void by_way_of_a_save(void **state)
{
	struct chaos_config *saved;

	(void)state;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	saved = saved_and_read(true);
	module.len = 0;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, saved, &err), 0);
	chaos_config_free(saved);
	assert_int_equal(make_again(), 0);
	assert_is_cfg();
}

/* Whoever can write the file would have any file of root's read into a guest's memory. */
static void file_of_others(void **state)
{
	struct chaos_config *saved;

	(void)state;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, &cfg, &err), 0);
	saved = saved_and_read(false);
	assert_null(saved->restart_with);
	module.len = 0;
	assert_int_equal(chaos_restart_keep(&ctx, DOMID, saved, &err), 0);
	assert_int_equal(module.len, 0);
	chaos_config_free(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(how_it_was_made, setup, teardown),
		cmocka_unit_test_setup_teardown(strange_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(relative_names, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_keep, setup, teardown),
		cmocka_unit_test_setup_teardown(module_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(foreign_note, setup, teardown),
		cmocka_unit_test_setup_teardown(by_way_of_a_save, setup, teardown),
		cmocka_unit_test_setup_teardown(file_of_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
