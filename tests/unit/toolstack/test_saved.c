// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration of a saved guest with disks, from what the module knows (which is faked) to what a
 * restore makes of it, and whose word a restore takes for which files are its disks.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "save/restore.h"
#include "save/save.h"

#define DOMID 7

static struct noxs_ioc_dev_state devs[CHAOS_MAX_DEVS];
static unsigned int nr_devs;
static const char *targets[UINT16_MAX + 1]; /* of each id */
static uint32_t target_flags, ends;

static int fake_target(struct noxs_ioc_target *arg)
{
	if (!targets[arg->id]) {
		errno = ENOENT;
		return -1;
	}
	assert_true(strlen(targets[arg->id]) < arg->len);
	strcpy((void *)(uintptr_t)arg->path, targets[arg->id]);
	arg->flags = target_flags;
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
	if (request == NOXS_IOC_TARGET)
		return fake_target(arg);
	if (request == NOXS_IOC_GET_NOTE) {
		errno = ENODATA;
		return -1;
	}
	assert_int_equal(request, NOXS_IOC_QUERY);
	query = arg;
	query->nr_devs = (uint16_t)nr_devs;
	query->flags = NOXS_DOM_READY | ends;
	memcpy((void *)(uintptr_t)query->devs, devs, sizeof(devs));
	return 0;
}

long chaos_noxs_version(struct chaos_ctx *ctx)
{
	(void)ctx;
	return NOXS_ABI_VERSION;
}

/* ---- processors, faked ---- */

#define NR_CPUS 12

static uint16_t affinities[4] = { 0xfff, 0xfff, 0xfff, 0xfff };

int xc_get_cpumap_size(xc_interface *xch)
{
	(void)xch;
	return 2;
}

int xc_get_max_cpus(xc_interface *xch)
{
	(void)xch;
	return NR_CPUS;
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
			xc_cpumap_t soft, uint32_t flags)
{
	(void)xch;
	assert_int_equal(domid, DOMID);
	assert_null(soft);
	assert_int_equal(flags, XEN_VCPUAFFINITY_HARD);
	memcpy(hard, &affinities[vcpu], 2);
	return 0;
}

static struct chaos_share wanted_share;

int chaos_sched_read(struct chaos_ctx *c, uint32_t domid, struct chaos_share *share,
		     struct chaos_error *e)
{
	(void)c;
	(void)e;
	assert_int_equal(domid, DOMID);
	*share = wanted_share;
	return 0;
}

static struct chaos_ctx ctx = { .noxs_fd = 99, .cancel_fd = -1 };
static const struct chaos_dominfo info = { .domid = DOMID, .name = "web", .nr_vcpus = 1 };
static struct chaos_error err;
static struct chaos_config *cfg;
static char *text;

static void add_disk(uint16_t id, uint64_t sectors, uint32_t flags, const char *target)
{
	devs[nr_devs++] = (struct noxs_ioc_dev_state){
		.cls = NOXS_CLASS_VBD,
		.id = id,
		.config.vbd = { .sectors = sectors, .sector_size = 512, .flags = flags },
	};
	targets[id] = target;
}

static int load(const char *const *overrides, unsigned int nr)
{
	const struct chaos_config_source src = {
		.path = "file",
		.text = text,
		.is_saved = true,
		.strict = true,
		.overrides = overrides,
		.nr_overrides = nr,
	};

	return chaos_config_load(&cfg, &src, &err);
}

static int setup(void **state)
{
	(void)state;
	memset(devs, 0, sizeof(devs));
	memset(targets, 0, sizeof(targets));
	nr_devs = target_flags = ends = 0;
	text = NULL;
	cfg = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(text);
	chaos_config_free(cfg);
	return 0;
}

static void read_back(void **state)
{
	(void)state;
	devs[nr_devs++] = (struct noxs_ioc_dev_state){
		.cls = NOXS_CLASS_VIF,
		.id = 2,
		.config.vif = { .mac = { 0, 0x16, 0x3e, 1, 2, 3 }, .mtu = 1500 },
		.ifname = "vif7.2",
		.link = "br0",
	};
	devs[0].vif.rate_bytes = 20001;
	devs[0].vif.rate_usecs = 20000;
	add_disk(0, 4096, 0, "/srv/a \"quoted\\\" 'disk', with=all");
	add_disk(5, 1001, NOXS_VBD_READ_ONLY, "/dev/vg/x");
	add_disk(0xca23, 8, NOXS_VBD_FLUSH | NOXS_VBD_DISCARD, "/dev/vg/y");
	target_flags = NOXS_TARGET_DIRECT;
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_int_equal(load(NULL, 0), 0);
	assert_int_equal(cfg->nr_vifs, 1);
	assert_int_equal(cfg->vifs[0].id, 2);
	assert_int_equal(cfg->vifs[0].rate_bytes, 20001);
	assert_int_equal(cfg->vifs[0].rate_usecs, 20000);
	assert_int_equal(cfg->nr_disks, 3);
	assert_string_equal(cfg->disks[0].target, targets[0]);
	assert_int_equal(cfg->disks[0].id, 0);
	assert_false(cfg->disks[0].is_read_only);
	assert_true(cfg->disks[0].is_direct);
	assert_true(cfg->disks[0].has_no_discard);
	assert_int_equal(cfg->disks[1].id, 5);
	assert_true(cfg->disks[1].is_read_only);
	assert_false(cfg->disks[1].has_no_discard);
	assert_int_equal(cfg->disks[2].id, 0xca23);
	assert_string_equal(cfg->disks[2].vdev, "xvdc3");
	assert_false(cfg->disks[2].has_no_discard);
	assert_int_equal(cfg->nr_saved_disks, 3);
	assert_int_equal(cfg->saved_disks[0].sectors, 4096);
	assert_int_equal(cfg->saved_disks[1].id, 5);
	assert_int_equal(cfg->saved_disks[1].sectors, 1001);
	assert_int_equal(cfg->saved_disks[1].sector_size, 512);
}

/* What is to be done at its end is in the file; of a guest of an older chaos nobody knows. */
static void ends_are_kept(void **state)
{
	const char *const overrides[] = { "on_crash=preserve" };

	(void)state;
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_null(strstr(text, "\non_"));
	assert_null(strstr(text, "\nlog"));
	free(text);
	ends = NOXS_END_KEEP << NOXS_END_POWEROFF_SHIFT |
	       NOXS_END_DESTROY << NOXS_END_REBOOT_SHIFT |
	       NOXS_END_RESTART << NOXS_END_CRASH_SHIFT | NOXS_KEEP_LOG;
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_int_equal(load(NULL, 0), 0);
	assert_true(cfg->is_logged);
	assert_int_equal(cfg->on_poweroff, CHAOS_PRESERVE);
	assert_int_equal(cfg->on_reboot, CHAOS_DESTROY);
	assert_int_equal(cfg->on_crash, CHAOS_RESTART);
	chaos_config_free(cfg);
	assert_int_equal(load(overrides, 1), 0);
	assert_int_equal(cfg->on_reboot, CHAOS_DESTROY);
	assert_int_equal(cfg->on_crash, CHAOS_PRESERVE);
}

/* Its file is one that any chaos reads. */
static void without_disks(void **state)
{
	(void)state;
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_null(strstr(text, "disk"));
}

static void cannot_be_saved(void **state)
{
	static const char *const names[] = { "/srv/two\nlines", "/srv/comma,", "relative", "" };
	size_t i;

	(void)state;
	add_disk(0, 8, 0, NULL);
	assert_int_equal(save_config_check(&ctx, &info, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "behind disk xvda has no name any more");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		targets[0] = names[i];
		assert_int_equal(save_config_check(&ctx, &info, &err), -(int)CHAOS_CONFIG);
		assert_error(err, CHAOS_CONFIG, "cannot be written in a configuration: rename it");
	}
	targets[0] = "/srv/fine";
	assert_int_equal(save_config_check(&ctx, &info, &err), 0);
}

static void too_many(void **state)
{
	static const struct noxs_ioc_dev_state disk = { .cls = NOXS_CLASS_VBD };

	(void)state;
	for (nr_devs = 0; nr_devs <= CHAOS_MAX_DISKS; nr_devs++)
		devs[nr_devs] = disk;
	targets[0] = "/srv/a";
	assert_int_equal(save_config_check(&ctx, &info, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "has 17 disks");
}

/* What Xen was told is in the text; what it does by itself is not. */
static void cpus(void **state)
{
	struct chaos_dominfo four = info;
	char *saved;

	(void)state;
	assert_int_equal(save_config(&ctx, &info, 1024, &saved, &err), 0);
	assert_null(strstr(saved, "\ncpus"));
	free(saved);
	affinities[0] = 0x82d; /* 0, 2, 3, 5, 11 */
	assert_int_equal(save_config(&ctx, &info, 1024, &saved, &err), 0);
	assert_non_null(strstr(saved, "\ncpus = \"0,2-3,5,11\"\n"));
	free(saved);
	four.nr_vcpus = 4;
	assert_int_equal(save_config(&ctx, &four, 1024, &saved, &err), 0);
	assert_non_null(
		strstr(saved, "\ncpus = [ \"0,2-3,5,11\", \"0-11\", \"0-11\", \"0-11\" ]\n"));
	free(saved);
	affinities[0] = 0xfff;
}

/* What the scheduler gives it is in the file, and reads back; the usual is not written. */
static void share_is_kept(void **state)
{
	(void)state;
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_null(strstr(text, "\ncap"));
	free(text);
	wanted_share = (struct chaos_share){ .cpupool = 2,
					     .cpu_weight = 512,
					     .cap = 150 }; /* more than one vCPU can use */
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_non_null(strstr(text, "\npool = \"2\"\ncpu_weight = 512\ncap = 100\n"));
	assert_int_equal(load(NULL, 0), 0);
	assert_int_equal(cfg->cpupool, 2);
	assert_int_equal(cfg->cpu_weight, 512);
	assert_int_equal(cfg->cap, 100);
	wanted_share = (struct chaos_share){ 0 };
}

static void too_long(void **state)
{
	static char name[4096];
	unsigned int i;

	(void)state;
	memset(name, '\\', sizeof(name) - 1);
	name[0] = '/';
	for (i = 0; i < CHAOS_MAX_DISKS; i++)
		add_disk((uint16_t)i, 8, 0, name);
	assert_int_equal(save_config_check(&ctx, &info, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "are too long");
}

static const char BASE[] = "name='web'\nmemory_kib=4096\n";

static void assert_saved_disks_refused(const char *list)
{
	char buf[256];

	snprintf(buf, sizeof(buf), "%ssaved_disks=%s", BASE, list);
	text = buf;
	assert_int_equal(load(NULL, 0), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "is not what 'chaos save' writes");
	text = NULL;
}

static void saved_disks_of_others(void **state)
{
	const struct chaos_config_source plain = {
		.path = "file",
		.text = "name='a'\nkernel='k'\nmemory=4\nsaved_disks=[]",
		.strict = true,
	};

	(void)state;
	assert_saved_disks_refused("'x'");
	assert_saved_disks_refused("['x']");
	assert_saved_disks_refused("[['x']]");
	assert_saved_disks_refused("['vdev=xvda,sectors=8']");
	assert_saved_disks_refused("['vdev=xvda,sectors=8,sector_size=512,more']");
	assert_saved_disks_refused("['vdev=xvda16,sectors=8,sector_size=512']");
	assert_saved_disks_refused("['vdev=xvda,sectors=-8,sector_size=512']");
	assert_saved_disks_refused("['vdev=xvda,sectors=8,sector_size=0']");
	assert_saved_disks_refused("['vdev=xvda,sectors=8,sector_size=8192']");
	assert_saved_disks_refused("['vdev=xvda,sectors=18446744073709551615,sector_size=512']");
	/* Only of a saved guest. */
	assert_int_equal(chaos_config_load(&cfg, &plain, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "'saved_disks' is not supported");
	cfg = NULL;
}

/* The last line of a text is not to swallow what the caller says. */
static void overrides_stand_alone(void **state)
{
	static const char *const overrides[] = { "disk=['vdev=xvda,target=/mine']" };
	char buf[256];

	(void)state;
	snprintf(buf, sizeof(buf), "%sdisk=['vdev=xvda,target=/theirs'] #", BASE);
	text = buf;
	assert_int_equal(load(overrides, 1), 0);
	assert_int_equal(cfg->nr_disks, 1);
	assert_string_equal(cfg->disks[0].target, "/mine");
	text = NULL;
}

static int check(bool trusts, const char *override)
{
	const struct chaos_config_source src = {
		.path = "file",
		.trusts_disks = trusts,
		.overrides = &override,
		.nr_overrides = override ? 1 : 0,
	};

	return restore_check_config(&src, cfg, &err);
}

static void whose_disks(void **state)
{
	(void)state;
	add_disk(0, 8, 0, "/srv/a");
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_int_equal(load(NULL, 0), 0);
	assert_int_equal(check(true, NULL), 0);
	assert_int_equal(check(false, NULL), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "file names disks");
	assert_error(err, CHAOS_CONFIG, "give disk=[...] yourself");
	assert_int_equal(check(false, "disk=['vdev=xvda,target=/srv/a']"), 0);
	assert_int_equal(check(false, "disk = ['vdev=xvda,target=/srv/a']"), 0);
	assert_int_equal(check(false, " disk=['vdev=xvda,target=/srv/a']"), 0);
	assert_int_equal(check(false, "name=\"x\"; disk=['vdev=xvda,target=/srv/a'] # mine"), 0);
	/* These leave it what the file says. */
	assert_int_equal(check(false, "disk+=['vdev=xvdb,target=/srv/a']"), -(int)CHAOS_CONFIG);
	assert_int_equal(check(false, "disks=[]"), -(int)CHAOS_CONFIG);
	assert_int_equal(check(false, "name=disk="), -(int)CHAOS_CONFIG);
	assert_int_equal(check(false, "name=\";disk=\""), -(int)CHAOS_CONFIG);
	assert_int_equal(check(false, "name=\"x\";disk+=['vdev=xvdb,target=/srv/a']"),
			 -(int)CHAOS_CONFIG);
	cfg->kernel = strdup("/boot/x");
	assert_int_equal(check(true, NULL), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "do not give any");
}

static void same_disks(void **state)
{
	(void)state;
	add_disk(0, 8, 0, "/srv/a");
	add_disk(1, 8, 0, "/srv/b");
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_int_equal(load(NULL, 0), 0);
	assert_int_equal(check(true, NULL), 0);
	cfg->disks[1].id = 2;
	strcpy(cfg->disks[1].vdev, "xvdc");
	assert_int_equal(check(true, NULL), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "has a disk xvdb: give it one");
	cfg->nr_saved_disks = 1;
	assert_int_equal(check(true, NULL), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "has no disk xvdc");
}

static void same_sizes(void **state)
{
	struct chaos_dev_plan plan;

	(void)state;
	add_disk(0, 8, 0, "/srv/a");
	assert_int_equal(save_config(&ctx, &info, 1024, &text, &err), 0);
	assert_int_equal(load(NULL, 0), 0);
	chaos_dev_plan_make(&plan, cfg);
	assert_int_equal(chaos_saved_disks_check(&ctx, DOMID, &plan, &err), 0);
	devs[0].config.vbd.sectors = 9;
	assert_int_equal(chaos_saved_disks_check(&ctx, DOMID, &plan, &err), 0);
	devs[0].config.vbd.sectors = 7;
	assert_int_equal(chaos_saved_disks_check(&ctx, DOMID, &plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "disk xvda has 3584 bytes, and when");
	/* As large, but the guest could not write a sector of it. */
	devs[0].config.vbd.sectors = 1;
	devs[0].config.vbd.sector_size = 4096;
	assert_int_equal(chaos_saved_disks_check(&ctx, DOMID, &plan, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "has sectors of 4096 bytes");
	nr_devs = 0;
	assert_int_equal(chaos_saved_disks_check(&ctx, DOMID, &plan, &err), -(int)CHAOS_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(read_back),
		TEST(without_disks),
		TEST(cannot_be_saved),
		TEST(too_many),
		TEST(too_long),
		TEST(saved_disks_of_others),
		TEST(whose_disks),
		TEST(overrides_stand_alone),
		TEST(same_disks),
		TEST(same_sizes),
		TEST(cpus),
		TEST(share_is_kept),
		TEST(ends_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
