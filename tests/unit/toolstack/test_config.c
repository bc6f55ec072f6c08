// SPDX-License-Identifier: GPL-2.0-only
/* xl.cfg files, good and bad, through libxlutil as it is installed. */
#include <unistd.h>

#include "unit.h"
#include "config/internal.h"

#define GOOD                     \
	"name = \"web\"\n"       \
	"kernel = \"/boot/x\"\n" \
	"memory = 4\n"

struct fixture {
	char path[32];
	struct chaos_error err;
	char warnings[1024];
	struct chaos_config *cfg;
};

static void warn(void *opaque, const char *text)
{
	struct fixture *f = opaque;

	assert_null(strchr(text, '\n'));
	strncat(f->warnings, text, sizeof(f->warnings) - strlen(f->warnings) - 1);
	strncat(f->warnings, "|", sizeof(f->warnings) - strlen(f->warnings) - 1);
}

static int load(struct fixture *f, const char *text, size_t len, bool strict,
		const char *const *overrides, unsigned int nr)
{
	struct chaos_config_source src = {
		.path = f->path,
		.overrides = overrides,
		.nr_overrides = nr,
		.strict = strict,
		.warn = warn,
		.opaque = f,
	};
	int fd, rc;

	chaos_config_free(f->cfg);
	memset(f, 0, sizeof(*f));
	strcpy(f->path, "/tmp/chaos-cfg-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	rc = chaos_config_load(&f->cfg, &src, &f->err);
	unlink(f->path);
	return rc;
}

static int load_text(struct fixture *f, const char *text)
{
	return load(f, text, strlen(text), false, NULL, 0);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	chaos_config_free(f->cfg);
	free(f);
	return 0;
}

static void minimal(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_text(f, GOOD), 0);
	assert_string_equal(f->cfg->name, "web");
	assert_string_equal(f->cfg->kernel, "/boot/x");
	assert_null(f->cfg->ramdisk);
	assert_null(f->cfg->cmdline);
	assert_int_equal(f->cfg->memory_kib, 4 << 10);
	assert_int_equal(f->cfg->vcpus, 1);
	assert_null(f->cfg->cpus);
	assert_int_equal(f->cfg->nr_vifs, 0);
	assert_int_equal(f->cfg->on_poweroff, CHAOS_DESTROY);
	assert_int_equal(f->cfg->on_reboot, CHAOS_RESTART);
	assert_int_equal(f->cfg->on_crash, CHAOS_DESTROY);
	assert_false(f->cfg->is_logged);
	assert_string_equal(f->warnings, "");
}

static void full(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		load_text(f,
			  "# one of our guests\n"
			  "type = \"pv\"\n" GOOD "uuid = '00112233-4455-6677-8899-aabbccddeeff'\n"
			  "ramdisk = '/boot/r'; vcpus = 2\n"
			  "cpus = \"0-1\"\n"
			  "root = \"/dev/xvda\"\nextra = \"quiet\"\n"
			  "vif = [ 'bridge=br0,ip=10.0.0.2', 'bridge=br1' ]\n"
			  "on_poweroff='preserve'\non_reboot='destroy'\non_crash='restart'\n"
			  "log = 1"),
		0);
	assert_int_equal(f->cfg->uuid[1], 0x11);
	assert_string_equal(f->cfg->ramdisk, "/boot/r");
	assert_string_equal(f->cfg->cmdline, "root=/dev/xvda quiet");
	assert_int_equal(f->cfg->vcpus, 2);
	assert_string_equal(f->cfg->cpus, "0-1");
	assert_int_equal(f->cfg->nr_vifs, 2);
	assert_string_equal(f->cfg->vifs[1].bridge, "br1");
	assert_int_equal(f->cfg->vifs[1].id, 1);
	assert_int_equal(f->cfg->on_poweroff, CHAOS_PRESERVE);
	assert_int_equal(f->cfg->on_reboot, CHAOS_DESTROY);
	assert_int_equal(f->cfg->on_crash, CHAOS_RESTART);
	assert_true(f->cfg->is_logged);
	assert_string_equal(f->warnings, "");
}

static void cmdline_goes_before_extra(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_text(f, GOOD "extra='a'\ncmdline='b'\nroot='c'\n"), 0);
	assert_string_equal(f->cfg->cmdline, "b");
	assert_int_equal(load_text(f, GOOD "extra='a'\n"), 0);
	assert_string_equal(f->cfg->cmdline, "a");
	assert_int_equal(load_text(f, GOOD "root='c'\n"), 0);
	assert_string_equal(f->cfg->cmdline, "root=c");
}

static void cmdline_is_not_cut(void **state)
{
	struct fixture *f = *state;
	char text[2048];

	snprintf(text, sizeof(text), "%scmdline='%01023d'\n", GOOD, 0);
	assert_int_equal(load_text(f, text), 0);
	assert_int_equal(strlen(f->cfg->cmdline), 1023);
	snprintf(text, sizeof(text), "%sroot='a'\nextra='%01017d'\n", GOOD, 0);
	assert_int_equal(load_text(f, text), -CHAOS_CONFIG);
	assert_non_null(strstr(f->err.text, "cmdline"));
}

static void overrides(void **state)
{
	static const char *const items[] = { "name=db",	      "memory=64",   "vif=['bridge=b']",
					     "extra=a \"b\"", "kernel='/k'", "ramdisk=" };
	static const char *const bad[] = { "name" };
	struct fixture *f = *state;

	assert_int_equal(load(f, GOOD, strlen(GOOD), true, items, ARRAY_SIZE(items)), 0);
	assert_string_equal(f->cfg->name, "db");
	assert_int_equal(f->cfg->memory_kib, 64 << 10);
	assert_int_equal(f->cfg->nr_vifs, 1);
	assert_string_equal(f->cfg->cmdline, "a \"b\"");
	assert_string_equal(f->cfg->kernel, "/k");
	assert_null(f->cfg->ramdisk);
	assert_int_equal(load(f, GOOD, strlen(GOOD), true, bad, 1), -(int)CHAOS_USAGE);
	assert_error(f->err, CHAOS_USAGE, "KEY=VALUE");
}

static void unsupported_keys_are_reported_with_their_line(void **state)
{
	static const char text[] = GOOD "\nvfb = [ 'a',\n'b' ]\nvnc = 1\n"
					"vif = [ 'bridge=b,model=s' ]\n"
					"on_crash = 'coredump-restart'\n";
	static const char *const items[] = { "bogus=1" };
	struct fixture *f = *state;

	assert_int_equal(load(f, text, strlen(text), false, items, 1), 0);
	assert_non_null(strstr(f->warnings, ":5: 'vfb' is not supported|"));
	assert_non_null(strstr(f->warnings, ":7: 'vnc' is not supported|"));
	assert_non_null(strstr(f->warnings, "vif 0: not supported: model|"));
	assert_non_null(strstr(f->warnings,
			       "\"coredump-restart\" is not supported, taken as \"restart\"|"));
	assert_non_null(strstr(f->warnings, "command line: 'bogus' is not supported|"));
	assert_int_equal(f->cfg->on_crash, CHAOS_RESTART);

	assert_int_equal(load(f, text, strlen(text), true, NULL, 0), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, ":5: 'vfb' is not supported");
	assert_string_equal(f->warnings, "");
}

static void refused(void **state)
{
	static const struct {
		const char *text, *tells;
	} bad[] = {
		{ "", "name is missing" },
		{ "kernel='k'\nmemory=4", "name is missing" },
		{ "name='n'\nmemory=4", "kernel is missing" },
		{ GOOD "name=' x'", "space" },
		{ GOOD "name='x '", "space" },
		{ GOOD "name='a\\nb'", "control character" },
		{ GOOD "name='a\377b'", "not UTF-8" },
		{ GOOD "name='a\302\233b'", "nobody sees" },
		{ GOOD "name='\342\200\256x'", "nobody sees" },
		{ GOOD "name='-x'", "option" },
		{ GOOD "name='Domain-0'", "control domain" },
		{ GOOD "kernel='C:\\new'", "kernel has a control character" },
		{ GOOD "extra='a\\nb'", "extra has a control character" },
		{ GOOD "maxmem=3", "maxmem is less than memory" },
		{ GOOD "uuid='6368616f-7364-8073-8000-000000000001'", "shells" },
		{ GOOD "builder='hvm'", "builder is \"hvm\"" },
		{ GOOD "builder='x'", "builder" },
		{ GOOD "cap=101", "cap is not a number between 0 and 100" },
		{ GOOD "cap='-1'", "cap" },
		{ GOOD "cpu_weight=65536", "cpu_weight" },
		{ GOOD "cpu_weight=0", "cpu_weight" },
		{ GOOD "pool='mine'", "XenStore" },
		{ GOOD "name='a/b'", "'/'" },
		{ GOOD "name='0123456789012345678901234567890123456789012345678901234567890123'",
		  "longer" },
		{ GOOD "name=['x']", "not a string" },
		{ GOOD "memory=0", "between" },
		{ GOOD "memory='much'", "between" },
		{ GOOD "memory=99999999999999999999", "between" },
		{ GOOD "vcpus=0", "between" },
		{ GOOD "vcpus=129", "between" },
		{ GOOD "uuid='1'", "uuid" },
		{ GOOD "type='hvm'", "not \"pv\"" },
		{ GOOD "type='pvh'", "not \"pv\"" },
		{ GOOD "cpus='x'", "cpus" },
		{ GOOD "cpus=['0','1']", "more entries than there are vCPUs" },
		{ GOOD "cpus=['x']", "cpus" },
		{ GOOD "cpus=[['0']]", "not a string" },
		{ GOOD "cpus='0;1'", "cpus" },
		{ GOOD "vif='bridge=b'", "not a list" },
		{ GOOD "vif=['bridge=b','ip=1']", ": vif 1: ip=1 is not" },
		{ GOOD "vif=['bridge=b\\n']", ": vif 0: \"bridge=b?\" has a control character" },
		{ GOOD "disk=['/a,,xvda,w', '=\\n']",
		  ": disk 1: '=?': it has a control character" },
		{ GOOD "disk=['/a,,xvda1,w', '/b,,xvda,w']",
		  "vdev xvda is there twice (as xvda1)" },
		{ GOOD "vif=[['a']]", "not a string" },
		{ GOOD "vif=['bridge=b,devid=x']", "devid=x" },
		{ GOOD "vif=['bridge=b,devid=1', 'bridge=b']", "has devid 1 twice" },
		{ GOOD "on_crash='explode'", "on_crash" },
		{ GOOD "log=2", "log" },
		{ GOOD "log='yes'", "log" },
		{ GOOD "log=[1]", "log" },
		{ GOOD "this is not a configuration", "syntax error" },
		{ GOOD "x = [ 'unclosed\n", ":4:" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (load_text(f, bad[i].text) != -(int)CHAOS_CONFIG)
			fail_msg("accepted: %s", bad[i].text);
		assert_error(f->err, CHAOS_CONFIG, bad[i].tells);
	}
}

/* A guest without one of these is not what was asked for. */
static void never_left_aside(void **state)
{
	static const char *const settings[] = {
		"seclabel='a:b:c'",
		"init_seclabel='a:b:c'",
		"driver_domain=1",
		"pci=['03:00.0']",
		"cpuid='host,tm=0'",
		"tsc_mode='always_emulate'",
		"nomigrate=1",
		"usbdev=['x']",
		"iomem=['1,1']",
		"ioports=['1']",
		"irqs=[5]",
		"dtdev=['/x']",
		"vtpm=['backend=1']",
		"passthrough='sync_pt'",
		"max_grant_frames=64",
		"bootloader='pygrub'",
		"max_event_channels=4",
		"cpu='3'",
	};
	static const char *const off[] = {
		"driver_domain=0", "nomigrate='0'", "pci=[]", "tsc_mode='default'", "seclabel=''",
	};
	struct fixture *f = *state;
	char text[256], tells[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(text, sizeof(text), "%s%s\n", GOOD, settings[i]);
		if (load_text(f, text) != -(int)CHAOS_CONFIG)
			fail_msg("accepted: %s", settings[i]);
		snprintf(tells, sizeof(tells),
			 ":4: '%.*s' is not supported: ", (int)strcspn(settings[i], "="),
			 settings[i]);
		assert_error(f->err, CHAOS_CONFIG, tells);
	}
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		snprintf(text, sizeof(text), "%s%s\n", GOOD, off[i]);
		if (load_text(f, text))
			fail_msg("%s: %s", off[i], f->err.text);
		assert_non_null(strstr(f->warnings, "is not supported|"));
	}
}

static void processors(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_text(f, GOOD "vcpus=2\ncap=150\ncpu_weight=512\npool='Pool-1'\n"
					   "cpus=['6', \"all,^0\"]\n"),
			 0);
	assert_string_equal(f->cfg->cpus, "6;all,^0;");
	assert_int_equal(f->cfg->cap, 150);
	assert_int_equal(f->cfg->cpu_weight, 512);
	assert_int_equal(f->cfg->cpupool, 1);
	assert_string_equal(f->warnings, "");
	assert_int_equal(load_text(f, GOOD "cpus=[0]\n"), 0);
	assert_string_equal(f->cfg->cpus, "0;");
	assert_int_equal(load_text(f, GOOD "cpus='nodes:0'\n"), 0);
	assert_string_equal(f->cfg->cpus, "nodes:0");
	assert_int_equal(load_text(f, GOOD "cpus=[]\n"), 0);
	assert_null(f->cfg->cpus);
	assert_int_equal(load_text(f, GOOD "cpus='all'\n"), 0);
	assert_null(f->cfg->cpus);
}

/* As libxl: maxmem alone is the size, and 32 MiB is without any. */
static void memory(void **state)
{
	static const char *const items[] = { "memory_kib=1024" };
	struct fixture *f = *state;

	assert_int_equal(load_text(f, "name='n'\nkernel='k'\n"), 0);
	assert_int_equal(f->cfg->memory_kib, 32 << 10);
	assert_int_equal(load_text(f, "name='n'\nkernel='k'\nmaxmem=512\n"), 0);
	assert_int_equal(f->cfg->memory_kib, 512 << 10);
	assert_string_equal(f->warnings, "");
	assert_int_equal(load_text(f, GOOD "maxmem=512\n"), 0);
	assert_int_equal(f->cfg->memory_kib, 4 << 10);
	assert_non_null(strstr(f->warnings, "'maxmem' is not supported: the guest has 4 MiB"));
	/* The last one counts, and the command line comes after the file. */
	assert_int_equal(load(f, GOOD, strlen(GOOD), false, items, 1), 0);
	assert_int_equal(f->cfg->memory_kib, 1024);
	/* As chaosd has it: one text. */
	assert_int_equal(load_text(f, GOOD "memory_kib=4164\n"), 0);
	assert_int_equal(f->cfg->memory_kib, 4164);
	assert_int_equal(load_text(f, GOOD "memory_kib=4164\nmemory=8\n"), 0);
	assert_int_equal(f->cfg->memory_kib, 8 << 10);
}

/* Files of other systems' editors. */
static void foreign_text(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_text(f, "\357\273\277name='n'\r\nkernel='k'\r\nextra='a'\r\n"), 0);
	assert_string_equal(f->cfg->cmdline, "a");
	assert_int_equal(load_text(f, "name='n'\rx\n"), -(int)CHAOS_CONFIG);
}

static void override_forms(void **state)
{
	static const struct {
		const char *item, *name, *cmdline;
		unsigned int vcpus, nr_vifs;
	} good[] = {
		{ "vif = [ \"bridge=b\" ]", "web", NULL, 1, 1 },
		{ "vif=[\"bridge=b\"];", "web", NULL, 1, 1 },
		{ "vif=['bridge=a;b']; vcpus=2", "web", NULL, 2, 1 },
		{ "memory=64;vcpus=3", "web", NULL, 3, 0 },
		{ "name= x", "x", NULL, 1, 0 },
		{ "name = \"a;b\"; extra='c'", "a;b", "c", 1, 0 },
		{ "extra=a;b=c", "web", "a;b=c", 1, 0 },
		{ "extra=C:\\new", "web", "C:\\new", 1, 0 },
		{ "extra=foo\\", "web", "foo\\", 1, 0 },
		{ "extra=it's \"x\"", "web", "it's \"x\"", 1, 0 },
		{ "extra=root=/dev/x;y", "web", "root=/dev/x;y", 1, 0 },
		{ "vcpus=0x2", "web", NULL, 2, 0 },
		{ "vcpus=2 # more", "web", NULL, 2, 0 },
		{ "vcpus=2; # more", "web", NULL, 2, 0 },
		{ "extra=a # b", "web", "a # b", 1, 0 },
	};
	static const char *const bad[] = { "a",
					   "=b",
					   "A=b",
					   "a b=c",
					   "extra=a\nname='x'",
					   "'a'=b",
					   "vcpus=2;name=x",
					   "name=\"x\"; extra=a b" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		if (load(f, GOOD, strlen(GOOD), true, &good[i].item, 1))
			fail_msg("%s: %s", good[i].item, f->err.text);
		assert_string_equal(f->cfg->name, good[i].name);
		assert_int_equal(f->cfg->vcpus, good[i].vcpus);
		assert_int_equal(f->cfg->nr_vifs, good[i].nr_vifs);
		if (good[i].cmdline)
			assert_string_equal(f->cfg->cmdline, good[i].cmdline);
		else
			assert_null(f->cfg->cmdline);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (load(f, GOOD, strlen(GOOD), true, &bad[i], 1) != -(int)CHAOS_USAGE)
			fail_msg("accepted: %s", bad[i]);
		assert_error(f->err, CHAOS_USAGE, "\"");
	}
}

/* An error is of the line, or of the item, that it is in. */
static void places(void **state)
{
	static const struct {
		const char *item, *tells;
	} bad[] = {
		{ "memory=x", "command line: memory is not a number" },
		{ "extra=\"a b", "command line: \"extra=\"a b\": config parsing error" },
		{ "vif=['mtu=0']", "command line: vif 0: mtu=0" },
		{ "disk=['vdev=xvda']", "command line: disk 0: " },
	};
	const char *two[] = { "vcpus=2", "name='" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(load(f, GOOD, strlen(GOOD), true, &bad[i].item, 1) < 0);
		assert_error(f->err, CHAOS_CONFIG, bad[i].tells);
	}
	assert_true(load(f, GOOD, strlen(GOOD), true, two, 2) < 0);
	assert_error(f->err, CHAOS_CONFIG, "command line: \"name='\"");
	assert_true(load(f, GOOD "memory='x'\n", strlen(GOOD "memory='x'\n"), true, two, 1) < 0);
	assert_error(f->err, CHAOS_CONFIG, ":4: memory is not a number");
	assert_true(load(f, GOOD "memory=[\n", strlen(GOOD "memory=[\n"), true, two, 1) < 0);
	assert_error(f->err, CHAOS_CONFIG, ": a quote or a list in it is not closed");
}

static void not_a_text(void **state)
{
	static const char elf[] = "\177ELF\2\1\1\0\0\0\0";
	struct chaos_config_source src = { .path = "/nonexistent/x" };
	struct fixture *f = *state;

	assert_int_equal(load(f, elf, sizeof(elf), false, NULL, 0), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "not a configuration");
	assert_int_equal(chaos_config_load(&f->cfg, &src, &f->err), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "/nonexistent/x: No such file");
	src.path = "/tmp";
	assert_int_equal(chaos_config_load(&f->cfg, &src, &f->err), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "/tmp: not a configuration");
	src.path = "/dev/null";
	assert_int_equal(chaos_config_load(&f->cfg, &src, &f->err), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "put it in a regular one");
}

static void too_many_vifs(void **state)
{
	char text[2048] = GOOD "vif = [";
	struct fixture *f = *state;
	int i;

	for (i = 0; i <= CHAOS_MAX_VIFS; i++)
		strcat(text, "'bridge=b',");
	strcat(text, "]\n");
	assert_int_equal(load_text(f, text), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "more than 30");
}

static void disks(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_text(f, GOOD "disk = [ '/a,raw,xvda,rw', 'vdev=xvdb,target=/b' ]\n"),
			 0);
	assert_int_equal(f->cfg->nr_disks, 2);
	assert_int_equal(f->cfg->disks[1].id, 1);
	assert_string_equal(f->cfg->disks[1].target, "/b");
	assert_string_equal(f->warnings, "");
	assert_int_equal(load_text(f, GOOD "disk = [ '/a,raw,xvda,rw', '/b,raw,sda,rw' ]\n"),
			 -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, ": disk 1: vdev sda is there twice (as xvda)");
	assert_int_equal(load_text(f, GOOD "disk = 'a'\n"), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "disk is not a list");
}

/* The kernel's image is xvda, unless something else is. */
static void root_disk(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load_text(f, GOOD "disk = [ 'vdev=xvdb,target=/b' ]\n"), 0);
	assert_int_equal(chaos_config_add_root(f->cfg, &f->err), 0);
	assert_int_equal(f->cfg->nr_disks, 2);
	assert_int_equal(f->cfg->disks[1].id, 0);
	assert_string_equal(f->cfg->disks[1].vdev, "xvda");
	assert_string_equal(f->cfg->disks[1].target, "/boot/x");
	assert_true(f->cfg->disks[1].is_read_only);
	assert_int_equal(chaos_config_add_root(f->cfg, &f->err), 0);
	assert_int_equal(f->cfg->nr_disks, 2);
	assert_int_equal(load_text(f, GOOD "disk = [ 'vdev=xvda1,target=/b' ]\n"), 0);
	assert_int_equal(chaos_config_add_root(f->cfg, &f->err), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "vdev xvda is there twice (as xvda1)");
}

static void too_many_disks(void **state)
{
	char text[4096] = GOOD "disk = [", item[32];
	struct fixture *f = *state;
	int i;

	for (i = 0; i <= CHAOS_MAX_DISKS; i++) {
		snprintf(item, sizeof(item), "'/x,raw,xvd%c,r',", 'a' + i);
		strcat(text, item);
	}
	strcat(text, "]\n");
	assert_int_equal(load_text(f, text), -(int)CHAOS_CONFIG);
	assert_error(f->err, CHAOS_CONFIG, "too many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(minimal, setup, teardown),
		cmocka_unit_test_setup_teardown(full, setup, teardown),
		cmocka_unit_test_setup_teardown(cmdline_goes_before_extra, setup, teardown),
		cmocka_unit_test_setup_teardown(cmdline_is_not_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(overrides, setup, teardown),
		cmocka_unit_test_setup_teardown(unsupported_keys_are_reported_with_their_line,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(never_left_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(processors, setup, teardown),
		cmocka_unit_test_setup_teardown(memory, setup, teardown),
		cmocka_unit_test_setup_teardown(foreign_text, setup, teardown),
		cmocka_unit_test_setup_teardown(override_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(places, setup, teardown),
		cmocka_unit_test_setup_teardown(not_a_text, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_vifs, setup, teardown),
		cmocka_unit_test_setup_teardown(disks, setup, teardown),
		cmocka_unit_test_setup_teardown(root_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_disks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
