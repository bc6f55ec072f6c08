// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a plan says all that a configuration decides, which builder it is for and why, that
 * what cannot be made is found out, and that what was opened is closed.  What plans a part of it
 * (pv_plan.c, image.c, sched.c) is faked.
 */
#include <netinet/in.h>

#include "build/internal.h"
#include "build/pv/pv_plan.h"
#include "unit.h"

static struct chaos_ctx ctx;
static struct chaos_config cfg;
static struct chaos_plan *plan;
static struct chaos_error err;
static struct pv_image image;
static int fast_rc, generic_rc;
static bool generic_knows, generic_has_root;
static unsigned int nr_open;
static bool has_module = true;

int pv_plan_make(struct pv_plan *fast, struct chaos_ctx *c, const char *kernel, const char *ramdisk,
		 uint64_t nr_pages, const struct chaos_vif *vifs, unsigned int nr_vifs,
		 const char **why, struct chaos_error *e)
{
	assert_ptr_equal(c, &ctx);
	assert_string_equal(kernel, "/kernel");
	assert_ptr_equal(ramdisk, cfg.ramdisk);
	assert_int_equal(nr_pages, 1024);
	assert_ptr_equal(vifs, cfg.vifs);
	memset(fast, 0, sizeof(*fast));
	*why = "it is a picture";
	if (fast_rc < 0)
		return chaos_error_set(e, CHAOS_CONFIG, ENOMEM, "too large");
	if (!fast_rc)
		return 0;
	nr_open++;
	image.nr_pages = 50;
	fast->img = &image;
	fast->built.nr_connected = nr_vifs - 1;
	fast->built.vifs[1].port = CHAOS_PORT_DATA;
	return 1;
}

void pv_plan_fini(struct pv_plan *fast)
{
	assert_ptr_equal(fast->img, &image);
	nr_open--;
}

int chaos_image_open(struct chaos_ctx *c, const struct chaos_plan *p, struct chaos_image **out,
		     struct chaos_error *e)
{
	assert_ptr_equal(c, &ctx);
	assert_string_equal(p->kernel, "/kernel");
	if (generic_rc)
		return chaos_error_set(e, CHAOS_CONFIG, ENOEXEC, "no kernel");
	nr_open++;
	*out = (struct chaos_image *)&image;
	return 0;
}

void chaos_image_close(struct chaos_image *img)
{
	nr_open -= img != NULL;
}

bool chaos_image_knows_noxs(const struct chaos_image *img)
{
	assert_ptr_equal(img, (struct chaos_image *)&image);
	return generic_knows;
}

bool chaos_image_has_root(const struct chaos_image *img)
{
	assert_ptr_equal(img, (struct chaos_image *)&image);
	return generic_has_root;
}

int chaos_config_add_root(struct chaos_config *c, struct chaos_error *e)
{
	(void)e;
	assert_ptr_equal(c, &cfg);
	c->nr_disks++;
	return 0;
}

int chaos_module_open(struct chaos_ctx *c, struct chaos_error *e)
{
	assert_ptr_equal(c, &ctx);
	return has_module ? 0 : chaos_error_set(e, CHAOS_ENVIRONMENT, ENOENT, "no module");
}

int chaos_module_old(int e, struct chaos_error *error)
{
	return chaos_error_set(error, CHAOS_ENVIRONMENT, e, "the module is old");
}

int chaos_identity_check(const char *name, const uint8_t uuid[CHAOS_UUID_LEN],
			 struct chaos_error *e)
{
	assert_ptr_equal(name, cfg.name);
	return chaos_uuid_is_shells(uuid) ? chaos_error_set(e, CHAOS_CONFIG, EINVAL, "a shell's") :
					    0;
}

/* Fails after it has begun. */
int chaos_sched_plan(struct chaos_ctx *c, struct chaos_plan *p, struct chaos_error *e)
{
	assert_ptr_equal(c, &ctx);
	p->pins = p->cpus ? malloc(1) : NULL;
	if (!p->cpus || strcmp(p->cpus, "none") != 0)
		return 0;
	return chaos_error_set(e, CHAOS_CONFIG, EINVAL, "no such CPU");
}

static int setup(void **state)
{
	(void)state;
	memset(&cfg, 0, sizeof(cfg));
	strcpy(cfg.name, "web");
	memset(cfg.uuid, 0x42, sizeof(cfg.uuid));
	cfg.kernel = (char *)"/kernel";
	cfg.memory_kib = 4096;
	cfg.vcpus = 2;
	cfg.nr_vifs = 2;
	fast_rc = 1;
	generic_rc = 0;
	generic_has_root = false;
	image.has_root = false;
	ctx.module_flags = NOXS_MODULE_ENDS | NOXS_MODULE_RATE | NOXS_MODULE_LOG;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chaos_plan_free(plan);
	plan = NULL;
	assert_int_equal(nr_open, 0);
	return 0;
}

static void says_everything(void **state)
{
	(void)state;
	cfg.cmdline = (char *)"a=b";
	cfg.cpus = (char *)"nodes:0";
	cfg.cpupool = 3;
	cfg.cpu_weight = 512;
	cfg.cap = 50;
	cfg.nr_disks = 1;
	cfg.on_reboot = CHAOS_RESTART;
	cfg.on_crash = CHAOS_PRESERVE;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_string_equal(plan->name, "web");
	assert_memory_equal(plan->uuid, cfg.uuid, sizeof(cfg.uuid));
	assert_int_equal(plan->memory_kib, 4096);
	assert_int_equal(plan->nr_vcpus, 2);
	assert_string_equal(plan->cpus, "nodes:0");
	assert_int_equal(plan->cpupool, 3);
	assert_int_equal(plan->cpu_weight, 512);
	assert_int_equal(plan->cap, 50);
	assert_string_equal(plan->kernel, "/kernel");
	assert_null(plan->ramdisk);
	assert_string_equal(plan->cmdline, "a=b");
	assert_int_equal(plan->nr_vifs, 2);
	assert_ptr_equal(plan->vifs, cfg.vifs);
	assert_int_equal(plan->nr_disks, 1);
	assert_ptr_equal(plan->disks, cfg.disks);
	assert_int_equal(plan->on_poweroff, CHAOS_DESTROY);
	assert_int_equal(plan->on_reboot, CHAOS_RESTART);
	assert_int_equal(plan->on_crash, CHAOS_PRESERVE);
	assert_non_null(plan->pins);
	/* and of the builder */
	assert_int_equal(plan->builder, CHAOS_BUILDER_FAST);
	assert_null(plan->why_generic);
	assert_int_equal(plan->image_kib, 200);
	assert_int_equal(plan->nr_connected, 1);
	assert_false(plan->is_connected[0]);
	assert_true(plan->is_connected[1]);
	assert_ptr_equal(plan->fast->img, &image);
	assert_null(plan->generic);
	/* and what the module will be asked for, with the rings that the builder makes */
	assert_int_equal(plan->devices->devs[0].cls, NOXS_CLASS_SYSCTL);
	assert_int_equal(plan->devices->devs[1].flags, 0);
	assert_int_equal(plan->devices->devs[2].flags, NOXS_DEV_PRECONNECT);
	assert_int_equal(plan->devices->devs[2].data_port[0], CHAOS_PORT_DATA);
	assert_int_equal(plan->devices->devs[3].cls, NOXS_CLASS_VBD);
	/* of which nothing is open any more when it has been built */
	chaos_plan_is_built(plan);
	assert_int_equal(nr_open, 0);
	assert_null(plan->fast);
	assert_int_equal(plan->devices->devs[2].flags, NOXS_DEV_PRECONNECT);
}

/* What cannot be had here leaves what the configuration says. */
static void in_two_steps(void **state)
{
	(void)state;
	cfg.is_logged = true;
	fast_rc = 0;
	generic_rc = -1;
	assert_int_equal(chaos_plan_begin(&cfg, &plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_AUTO);
	assert_int_equal(chaos_plan_finish(&ctx, plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "no kernel");
	assert_string_equal(plan->name, "web");
	assert_true(plan->is_logged);
	assert_int_equal(plan->builder, CHAOS_BUILDER_AUTO);
	assert_int_equal(plan->nr_vifs, 2);
	chaos_plan_free(plan);
	/* What is wanted is not what it will be. */
	cfg.builder = CHAOS_BUILDER_FAST;
	assert_int_equal(chaos_plan_begin(&cfg, &plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_AUTO);
	/* It can be tried again. */
	fast_rc = 1;
	assert_int_equal(chaos_plan_finish(&ctx, plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_FAST);
}

static void generic(const char *why)
{
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_GENERIC);
	assert_string_equal(plan->why_generic, why);
	assert_null(plan->fast);
	assert_ptr_equal(plan->generic, &image);
	assert_int_equal(plan->nr_connected, 0);
}

static void not_for_the_fast_builder(void **state)
{
	(void)state;
	fast_rc = 0;
	generic("it is a picture");
}

static void with_a_ramdisk(void **state)
{
	(void)state;
	cfg.ramdisk = (char *)"/ramdisk";
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_FAST);
	assert_string_equal(plan->ramdisk, "/ramdisk");
}

/* The image of the kernel is a disk as well, of which the module is asked. */
static void with_a_root(void **state)
{
	(void)state;
	fast_rc = 0;
	generic_has_root = true;
	generic("it is a picture");
	assert_true(plan->has_root);
	assert_int_equal(plan->nr_disks, 1);
	assert_int_equal(plan->devices->nr_disks, 1);
}

static void with_a_root_and_fast(void **state)
{
	(void)state;
	image.has_root = true;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_FAST);
	assert_true(plan->has_root);
	assert_int_equal(plan->devices->nr_disks, 1);
}

static void generic_was_wanted(void **state)
{
	(void)state;
	cfg.builder = CHAOS_BUILDER_GENERIC;
	generic("");
}

static void fast_was_wanted(void **state)
{
	(void)state;
	cfg.builder = CHAOS_BUILDER_FAST;
	fast_rc = 0;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG,
		     "not for the fast builder: it is a picture; use --builder=generic");
	assert_null(plan);
}

static void memory_only(void **state)
{
	(void)state;
	cfg.kernel = NULL;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(plan->builder, CHAOS_BUILDER_FAST);
	assert_null(plan->fast);
	assert_null(plan->generic);
	assert_null(plan->pins);
}

/* Whichever step fails, nothing stays open. */
static void what_cannot_be_made(void **state)
{
	(void)state;
	fast_rc = -1;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "too large");
	assert_int_equal(nr_open, 0);
	fast_rc = 0;
	generic_rc = -1;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "no kernel");
	assert_int_equal(nr_open, 0);
	fast_rc = 1;
	cfg.cpus = (char *)"none";
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "no such CPU");
	assert_int_equal(nr_open, 0);
	assert_null(plan);
}

static void needs_of_the_host(void **state)
{
	(void)state;
	cfg.nr_disks = 1;
	cfg.disks[0] = (struct chaos_disk){ .target = (char *)"/dev/null", .vdev = "xvda" };
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "disk xvda, \"/dev/null\": neither a regular file nor");
	cfg.disks[0].target = (char *)"/nowhere";
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "disk xvda, \"/nowhere\": No such file");
	cfg.disks[0].target = (char *)"/proc/self/exe";
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), 0);
	strcpy(cfg.vifs[1].bridge, "no-such-link");
	cfg.vifs[1].id = 5;
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_ENVIRONMENT);
	assert_error(
		err, CHAOS_ENVIRONMENT,
		"vif 5: no bridge \"no-such-link\": make it (ip link add no-such-link type bridge && "
		"ip link set no-such-link up) or correct 'bridge='");
	strcpy(cfg.vifs[1].bridge, "lo");
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "vif 5: \"lo\" is no bridge: correct 'bridge='");
	strcpy(cfg.vifs[1].bridge, "no-such-link");
	/* What a restart asks: both in one. */
	assert_int_equal(chaos_config_check(&ctx, &cfg, &err), -(int)CHAOS_ENVIRONMENT);
	assert_int_equal(nr_open, 1);
	cfg.vifs[1].on_switch = true;
	assert_int_equal(chaos_config_check(&ctx, &cfg, &err), -(int)CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "no switch \"no-such-link\"");
	/* Every host has this address there. */
	strcpy(cfg.vifs[1].bridge, "lo");
	cfg.vifs[1].ipv4 = htonl(INADDR_LOOPBACK);
	assert_int_equal(chaos_vif_check_host(cfg.vifs, 2, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "vif 5: ip=127.0.0.1 is this host's own address on lo");
	cfg.vifs[1].bridge[0] = '\0';
	assert_int_equal(chaos_config_check(&ctx, &cfg, &err), 0);
	assert_int_equal(nr_open, 1);
}

/* A disk that would be opened, and could not be used. */
static void disks_of_the_host(void **state)
{
	char file[] = "/tmp/test-plan-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	cfg.nr_disks = 1;
	cfg.disks[0] = (struct chaos_disk){ .target = file, .vdev = "xvda" };
	cfg.vifs[1].bridge[0] = '\0';
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "it is empty, or smaller than a sector");
	assert_int_equal(ftruncate(fd, 511), 0);
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_CONFIG);
	assert_int_equal(ftruncate(fd, 512), 0);
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), 0);
	close(fd);
	unlink(file);
	/* For root, too, there are files that cannot be written. */
	cfg.disks[0].target = (char *)"/proc/kallsyms";
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_CONFIG);
}

static void needs_of_the_module(void **state)
{
	static const uint8_t mark[] = CHAOS_SHELL_MARK;

	(void)state;
	cfg.vifs[1].bridge[0] = '\0';
	cfg.is_logged = true;
	cfg.vifs[1].rate_usecs = 50000;
	assert_int_equal(chaos_plan_make(&ctx, &cfg, &plan, &err), 0);
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), 0);
	ctx.module_flags = NOXS_MODULE_ENDS | NOXS_MODULE_RATE;
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "the module is old");
	ctx.module_flags = NOXS_MODULE_ENDS | NOXS_MODULE_LOG;
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_ENVIRONMENT);
	cfg.vifs[1].rate_usecs = 0;
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), 0);
	has_module = false;
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "no module");
	has_module = true;
	memcpy(plan->uuid, mark, sizeof(mark));
	assert_int_equal(chaos_plan_check(&ctx, plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "a shell's");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(in_two_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(not_for_the_fast_builder, setup, teardown),
		cmocka_unit_test_setup_teardown(with_a_ramdisk, setup, teardown),
		cmocka_unit_test_setup_teardown(with_a_root, setup, teardown),
		cmocka_unit_test_setup_teardown(with_a_root_and_fast, setup, teardown),
		cmocka_unit_test_setup_teardown(generic_was_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(fast_was_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_only, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_made, setup, teardown),
		cmocka_unit_test_setup_teardown(needs_of_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(disks_of_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(needs_of_the_module, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
