// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configurations as people have them for xl, reduced to what matters: each is taken with xl's meaning,
 * with a warning where some of it is left aside, or refused with a word on what to do.
 */
#include <unistd.h>

#include "config/internal.h"
#include "unit.h"

#define NR_TAKEN 29U /* of 47 in the table */

#define HEAD	 "name = 'g'\nkernel = '/boot/vmlinuz'\nmemory = 64\n"

struct result {
	char warnings[512];
	struct chaos_error err;
	struct chaos_config *cfg;
};

static void warn(void *opaque, const char *text)
{
	struct result *r = opaque;
	size_t used = strlen(r->warnings);

	assert_null(strchr(text, '\n'));
	snprintf(r->warnings + used, sizeof(r->warnings) - used, "%s|", text);
}

static int load(struct result *r, const char *text)
{
	struct chaos_config_source src = {
		.path = "x.cfg",
		.text = text,
		.warn = warn,
		.opaque = r,
	};

	memset(r, 0, sizeof(*r));
	return chaos_config_load(&r->cfg, &src, &r->err);
}

/* What is said is "" without a warning; a disk's number is -1 where there is none. */
static const struct {
	const char *text, *says;
	unsigned int vcpus, memory_mib;
	const char *cpus, *cmdline;
	long disk;
	const char *target;
} taken[] = {
	{ "name='pv'\nkernel='/boot/vmlinuz'\nextra='root=/dev/xvda1'\nmemory=128\nvcpus=2\n"
	  "vif=['']\ndisk=['/dev/vg/guest-volume,raw,xvda,rw']\n",
	  "", 2, 128, NULL, "root=/dev/xvda1", 0, "/dev/vg/guest-volume" },
	/* xen-tools */
	{ "kernel='/boot/vmlinuz'\nextra='elevator=noop'\nramdisk='/boot/initrd.img'\nvcpus='1'\n"
	  "memory='256'\nroot='/dev/xvda2 ro'\nname='h.example.org'\n"
	  "disk=[ 'file:/srv/disk.img,xvda2,w', 'file:/srv/swap.img,xvda1,w', ]\n"
	  "vif=[ 'ip=10.0.0.21 ,mac=00:16:3E:AA:BB:01,bridge=xenbr0' ]\n",
	  "", 1, 256, NULL, "root=/dev/xvda2 ro elevator=noop", 0xca02, "/srv/disk.img" },
	/* boards */
	{ HEAD "vcpus=2\nvif=['bridge=xenbr0','bridge=v2xbr']\ncpus=[\"6\",\"7\"]\n"
	       "disk=['phy:/dev/mmcblk0p3,xvda,w']\ntee='optee'\n",
	  "'tee' is not supported|", 2, 64, "6;7;", NULL, 0, "/dev/mmcblk0p3" },
	{ HEAD "cpus=[0]\ndisk=['/boot/domu.img,raw,xvda,w']\n", "", 1, 64, "0;", NULL, 0,
	  "/boot/domu.img" },
	/* unikernels */
	{ HEAD "builder='linux'\ndisk=[ ]\nvif=['bridge=br0']\n", "", 1, 64, NULL, NULL, -1, NULL },
	{ "name='c-hello'\nvcpus='1'\nkernel='./out/c'\nmemory='8'\ntype='pv'\n", "", 1, 8, NULL,
	  NULL, -1, NULL },
	{ HEAD
	  "vif=['mac=00:16:3e:00:00:09,bridge=xenbr0,ip=172.44.0.2 255.255.255.0 172.44.0.1']\n"
	  "p9=['tag=fs0,security_model=none,path=/srv/fs']\n",
	  "'p9' is not supported|", 1, 64, NULL, NULL, -1, NULL },
	/* NetBSD */
	{ HEAD "disk=['file:/n0/foo-wd0,0x0,w',\n 'file:/n0/foo-wd1,0x1,w']\nroot='xbd0'\n", "", 1,
	  64, NULL, "root=xbd0", 0, "/n0/foo-wd0" },
	{ HEAD "disk=['file:/h/a.img,xvda2,w','file:/h/b.img,xvda3,w',]\nvif=['bridge=br0']\n"
	       "vif=['bridge=br1']\n",
	  "", 1, 64, NULL, NULL, 0xca02, "/h/a.img" },
	{ HEAD "maxvcpus=1\ndisk=[\n  'format=raw, vdev=xvda, access=w, target=/opt/disk.img'\n]\n",
	  "'maxvcpus' is not supported|", 1, 64, NULL, NULL, 0, "/opt/disk.img" },
	{ HEAD "disk=['phy:/dev/drbd/by-res/g1/0,xvda1,w']\nvif=['bridge=xenbr0, vifname=g1']\n",
	  "vif 0: not supported: vifname|", 1, 64, NULL, NULL, 0xca01, "/dev/drbd/by-res/g1/0" },
	{ HEAD "extra='(hd0)/boot/grub/menu.lst'\ndisk=['phy:/dev/lvm/xen1,xvda1,w']\n", "", 1, 64,
	  NULL, "(hd0)/boot/grub/menu.lst", 0xca01, "/dev/lvm/xen1" },
	{ HEAD "disk=['tap:aio:/mnt/7.img,xvda1,w']\n", "", 1, 64, NULL, NULL, 0xca01,
	  "/mnt/7.img" },
	/* installers */
	{ HEAD "disk=['format=raw, vdev=xvda, access=w, target=/a.img',\n"
	       "\t'format=raw, vdev=xvdc, access=r, devtype=cdrom, target=/a.iso']\n",
	  "disk 1: not supported: devtype=cdrom (", 1, 64, NULL, NULL, 0, "/a.img" },
	{ HEAD "builder='generic'\nserial='pty'\ndisk=['phy:/dev/sdb,xvda,w',]\n"
	       "vif=['mac=52:54:00:A8:4C:E1,bridge=xenbr0,model=e1000',]\n",
	  "'serial' is not supported|x.cfg:7: vif 0: not supported: model|", 1, 64, NULL, NULL, 0,
	  "/dev/sdb" },
	{ HEAD "cpu_weight=512\ncap=50\npool='Pool-0'\ncpus='2-3'\nvcpus=2\n", "", 2, 64, "2-3",
	  NULL, -1, NULL },
	{ HEAD "vcpus=2\ncpus='all,^0'\n", "", 2, 64, "all,^0", NULL, -1, NULL },
	{ "name=\"s1\"; memory=64; vcpus=1; kernel=\"/boot/vmlinuz\"; vif=['bridge=xenbr0']; \n",
	  "", 1, 64, NULL, NULL, -1, NULL },
	{ HEAD "disk=['file:/v/base.img,hda1,w','file:/v/swap.img,hda2,w']\n", "", 1, 64, NULL,
	  NULL, 0xca01, "/v/base.img" },
	{ HEAD "vif=['bridge=xenbr0,rate=10Mb/s','rate=1MB/s@20ms']\n", "", 1, 64, NULL, NULL, -1,
	  NULL },
	{ HEAD "vif=['ip=10.0.0.1 10.0.0.2,bridge=xenbr0']\n",
	  "vif 0: not supported: ip(all but the first)|", 1, 64, NULL, NULL, -1, NULL },
	{ HEAD "name='My Test VM'\n", "", 1, 64, NULL, NULL, -1, NULL },
	{ HEAD "name='7'\n", "name is a number, which is taken for a domain's id: 'chaos domid 7'",
	  1, 64, NULL, NULL, -1, NULL },
	{ HEAD "vif=['mac=0:16:3e:1:2:3,bridge=xenbr0']\n", "", 1, 64, NULL, NULL, -1, NULL },
	{ HEAD "disk=['format=raw,vdev=xvda,access=rw,backendtype=qdisk,discard,target=/a.img',\n"
	       "'vdev=xvdb,access=rw,no-discard,target=/b.img']\n",
	  "disk 0: not supported: backendtype (", 1, 64, NULL, NULL, 0, "/a.img" },
	{ "name='mm'\nkernel='/boot/vmlinuz'\nmaxmem=512\n", "", 1, 512, NULL, NULL, -1, NULL },
	{ "name='mh'\nkernel='/boot/vmlinuz'\nmemory=0x40\nvcpus=010\n", "", 8, 64, NULL, NULL, -1,
	  NULL },
	{ "name='nm'\nkernel='/boot/vmlinuz'\n", "", 1, 32, NULL, NULL, -1, NULL },
	{ HEAD "initrd='/boot/initrd'\n", "'initrd' is not supported|", 1, 64, NULL, NULL, -1,
	  NULL },
	{ HEAD "vfb=['type=vnc,vncpasswd=x']\n", "'vfb' is not supported|", 1, 64, NULL, NULL, -1,
	  NULL },
};

static void xl_configurations_taken(void **state)
{
	const struct chaos_config *cfg;
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		if (load(&r, taken[i].text))
			fail_msg("%s: %s", taken[i].text, r.err.text);
		cfg = r.cfg;
		if (*taken[i].says ? !strstr(r.warnings, taken[i].says) : *r.warnings != '\0')
			fail_msg("%s: \"%s\"", taken[i].text, r.warnings);
		assert_int_equal(cfg->vcpus, taken[i].vcpus);
		assert_int_equal(cfg->memory_kib, taken[i].memory_mib << 10);
		assert_string_equal(cfg->cpus ? cfg->cpus : "", taken[i].cpus ? taken[i].cpus : "");
		assert_string_equal(cfg->cmdline ? cfg->cmdline : "",
				    taken[i].cmdline ? taken[i].cmdline : "");
		assert_int_equal(cfg->nr_disks ? cfg->disks[0].id : -1, taken[i].disk);
		if (cfg->nr_disks)
			assert_string_equal(cfg->disks[0].target, taken[i].target);
		chaos_config_free(r.cfg);
	}
}

static void xl_configurations_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} refused[] = {
		{ HEAD "type='hvm'\n", "type is not \"pv\"" },
		{ HEAD "type='pvh'\n", "type is not \"pv\"" },
		{ HEAD "builder='hvm'\nboot='c'\n", "builder is \"hvm\"" },
		{ "bootloader='pygrub'\nname='h'\nmemory=1024\n",
		  "x.cfg:1: 'bootloader' is not supported: give the guest's kernel" },
		{ HEAD "vif=['mac=00:16:3e:01:02:03,type=vif,script=vif-route,ip=192.0.2.10']\n",
		  "x.cfg:4: vif 0: script=vif-route is not supported" },
		{ HEAD "vif=['script=vif-route-qubes,ip=10.137.0.5,backend=sys-firewall']\n",
		  "x.cfg:4: vif 0: script=vif-route-qubes is not supported" },
		{ HEAD "vif=['mac=00:16:3e:01:02:04,backend=netvm']\n",
		  "backend=netvm is not supported: vifs are served by the control domain" },
		{ HEAD "vif=['bridge=xenbr0,rate=10Mb']\n",
		  "x.cfg:4: vif 0: rate=10Mb is not a rate; write rate=10Mb/s" },
		{ HEAD "pci=['0000:03:00.0']\n", "x.cfg:4: 'pci' is not supported: leave it out" },
		{ HEAD "disk=['script:snapshot:/var/root.img,xvda,w']\n", "x.cfg:4: disk 0: " },
		{ HEAD "disk=['disk:/boot/domu.img,xvda,w']\n", "unknown deprecated disk prefix" },
		{ HEAD "disk=['tap2:vhd:/srv/sys.vhd,xvda,rw']\n", "format= is not raw" },
		{ HEAD "disk=['vdev=xvda,backend=storage,target=/dev/vg/a']\n",
		  "x.cfg:4: disk 0: 'vdev=xvda,backend=storage,target=/dev/vg/a': backend= is not" },
		{ HEAD "seclabel='system_u:system_r:domU_t'\n", "x.cfg:4: 'seclabel' is not" },
		{ HEAD "tsc_mode='always_emulate'\n", "x.cfg:4: 'tsc_mode' is not" },
		{ HEAD "cpuid='host,tm=0'\n", "x.cfg:4: 'cpuid' is not" },
		{ HEAD "pool='p1'\n", "pool is not the number of a cpupool" },
		{ "import os, re\n" HEAD, "x.cfg:1:" },
		{ HEAD "name = coriolanus\n", "x.cfg:4:" },
		{ HEAD "extra = 'root=/dev/xvda1 \\\n ro'\n", "x.cfg:4:" },
	};
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		if (load(&r, refused[i].text) != -(int)CHAOS_CONFIG)
			fail_msg("accepted: %s", refused[i].text);
		assert_error(r.err, CHAOS_CONFIG, refused[i].says);
	}
}

/* ---- the table, which xl is asked of too (tests/system/xlcfg.sh) ---- */

/* From a file, as people have them: what is at the ends of lines counts. */
static int load_file(struct result *r, const char *text)
{
	char path[] = "/tmp/xlcfg-XXXXXX.cfg";
	struct chaos_config_source src = { .path = path, .warn = warn, .opaque = r };
	int rc, fd = mkstemps(path, strlen(".cfg"));

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	memset(r, 0, sizeof(*r));
	rc = chaos_config_load(&r->cfg, &src, &r->err);
	unlink(path);
	return rc;
}

/* One section: `verdict` is its line, behind "#: ". */
static void check_section(char *verdict, const char *text, unsigned int *nr_taken)
{
	char *how = strchr(verdict, ' '), *says = NULL;
	struct result r;
	int rc;

	assert_non_null(how);
	*how++ = '\0';
	if (!strncmp(how, "refused ", strlen("refused ")))
		says = how + strlen("refused ");
	else
		assert_string_equal(how, "taken");
	rc = load_file(&r, text);
	if (!says) {
		if (rc)
			fail_msg("%s: refused: %s", verdict, r.err.text);
		chaos_config_free(r.cfg);
		++*nr_taken;
		return;
	}
	if (!rc)
		fail_msg("%s: taken", verdict);
	assert_int_equal(rc, -(int)CHAOS_CONFIG);
	assert_error(r.err, CHAOS_CONFIG, says);
	assert_non_null(strstr(r.err.text, ".cfg"));
}

static void xl_table(void **state)
{
	static char table[32768];
	FILE *f = fopen(XLCFG_TABLE, "r");
	unsigned int nr = 0, nr_taken = 0;
	char *section, *text, *next;
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(table, 1, sizeof(table) - 1, f);
	fclose(f);
	assert_true(len < sizeof(table) - 1);
	for (section = strstr(table, "\n#: "); section; section = next, nr++) {
		section += strlen("\n#: ");
		text = strchr(section, '\n');
		assert_non_null(text);
		*text++ = '\0';
		next = strstr(text, "\n#: ");
		if (next)
			next[0] = '\0';
		check_section(section, text, &nr_taken);
		if (next)
			next[0] = '\n';
	}
	assert_int_equal(nr, 47);
	assert_true(nr_taken >= NR_TAKEN);
}

/* ---- any text, setting or string of a list: an error in one line, or a configuration ---- */

#define ROUNDS 15000U

static uint64_t seed = 0x9e3779b97f4a7c15U;

/* xorshift64 (Marsaglia 2003): the same on each run. */
static unsigned int below(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % n;
}

/* Pieces that mean something, and single bytes. */
static void make_garbage(char *text, size_t len)
{
	static const char *const pieces[] = {
		"name",	     "='x'",	   "=",
		"'",	     "\"",	   "[",
		"]",	     ",",	   "\n",
		"\\n",	     "\\",	   ";",
		"#",	     "vif",	   "disk",
		"cpus",	     "ip=",	   "mac=",
		"10.0.0.1",  "/24",	   "255.255.255.0",
		"vdev=",     "xvda1",	   "0x301",
		"phy:",	     "tap:",	   "format=raw,",
		"target=/x", "script=",	   "backend=",
		"all,^",     "nodes:",	   "0-3",
		"memory=4",  "kernel='k'", "+=",
		"\t",	     " ",	   "cdrom",
		"d1p1",	     "trusted",	   "00:16:3e:1:2:3",
		"rate=1",    "Mb/s",	   "@20ms",
		"\303\274",  "\302\233",   "99999999999999999999",
	};
	size_t used = 0, n;

	text[0] = '\0';
	while (used + 40 < len && below(12)) {
		if (below(5)) {
			n = below(ARRAY_SIZE(pieces));
			strcpy(text + used, pieces[n]);
			used += strlen(pieces[n]);
		} else {
			text[used++] = (char)(1 + below(255));
			text[used] = '\0';
		}
	}
}

static void check_error(const struct chaos_error *err)
{
	const char *p = err->text;

	assert_true(*p);
	while (*p)
		assert_true(chaos_utf8_is_seen(chaos_utf8_next(&p)));
}

static void fuzz_texts(void **state)
{
	struct chaos_config_source src = { .path = "fuzz", .nr_overrides = 1 };
	char text[1024], item[256];
	const char *items[] = { item };
	struct chaos_config *cfg;
	struct chaos_error err;
	unsigned int i;

	(void)state;
	src.overrides = items;
	for (i = 0; i < ROUNDS; i++) {
		strcpy(text, below(2) ? "name='x'\nkernel='k'\n" : "");
		make_garbage(text + strlen(text), sizeof(text) - 64);
		make_garbage(item, sizeof(item));
		src.text = text;
		src.nr_overrides = below(2);
		if (chaos_config_load(&cfg, &src, &err))
			check_error(&err);
		else
			chaos_config_free(cfg);
	}
}

static void fuzz_devices(void **state)
{
	char spec[256], others[32], list[CHAOS_CPULIST_LEN];
	uint8_t map[CHAOS_MAX_CPUS / 8];
	struct chaos_error err;
	struct chaos_disk disk;
	struct chaos_vif vif;
	unsigned int i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		make_garbage(spec, sizeof(spec));
		if (chaos_disk_parse(spec, &disk, others, sizeof(others), &err))
			check_error(&err);
		free(disk.target);
		if (chaos_vif_parse(spec, &vif, others, sizeof(others), &err))
			check_error(&err);
		/* Neither has anything to tell but yes or no. */
		(void)chaos_cpus_parse(spec, NULL, 0, map);
		(void)chaos_vdev_parse(spec);
		(void)chaos_cpus_of_vcpu(spec, below(4), list, sizeof(list));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xl_configurations_taken),
		cmocka_unit_test(xl_configurations_refused),
		cmocka_unit_test(xl_table),
		cmocka_unit_test(fuzz_texts),
		cmocka_unit_test(fuzz_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
