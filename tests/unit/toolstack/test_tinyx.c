// SPDX-License-Identifier: GPL-2.0-only
/*
 * An image of tinyx is read as it was written, and one that was cut off, altered or made for something else is
 * refused with the member's name.
 */
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/tinyx_file.h"
#include "unit.h"

#define SIZE 20480U

static char path[] = "/tmp/test_tinyx.XXXXXX";
static const char config[] = "name = \"web\"\nmemory = 32\n";

/* An image with these lines in its index, of `size` bytes. */
static void write_image(const char *lines, size_t size)
{
	static char image[SIZE];
	char digest[65];
	FILE *f = fopen(path, "w");

	memset(image, 0, sizeof(image));
	memcpy(image, "tinyx", 5);
	memcpy(image + 257, "ustar", 5);
	(void)SHA256Data((const uint8_t *)lines, strlen(lines), digest);
	(void)snprintf(image + 512, 3072, "%sdigest %s\n", lines, digest);
	memcpy(image + 8192, config, strlen(config));
	assert_non_null(f);
	assert_int_equal(fwrite(image, size, 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

#define HEAD   "tinyx 1\narch amd64\n"
#define KERNEL "member kernel 4096 100 0\n"
#define CONFIG "member xl.cfg 8192 25 0\n"
#define ROOT   "member root.erofs 12288 4096 0\n"
#define END    "size 20480\n"

/* 0 also if it cannot be opened. */
static int look(const char *name, struct chaos_tinyx *image, struct chaos_error *err)
{
	int rc, fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	rc = chaos_tinyx_read(fd, name, image, err);
	(void)close(fd); /* nothing was written */
	return rc;
}

static void refused(const char *lines, size_t size, const char *what)
{
	struct chaos_error err = { 0 };
	struct chaos_tinyx image;

	write_image(lines, size);
	assert_true(look(path, &image, &err) < 0);
	if (!strstr(err.text, what))
		fail_msg("\"%s\" has no \"%s\"", err.text, what);
}

static void whole(void **state)
{
	struct chaos_error err = { 0 };
	struct chaos_tinyx image;

	(void)state;
	write_image(HEAD KERNEL CONFIG ROOT END, SIZE);
	assert_int_equal(look(path, &image, &err), 1);
	assert_int_equal(image.kernel.start, 4096);
	assert_int_equal(image.kernel.size, 100);
	assert_int_equal(image.ramdisk.size, 0);
	assert_int_equal(image.root.start, 12288);
	assert_int_equal(image.root.size, 4096);
}

/* The image's own settings, then that it is the kernel, then those of the command line. */
static void configuration(void **state)
{
	const char *overrides[] = { "name=other" };
	struct chaos_config_source src = { .path = path,
					   .overrides = overrides,
					   .nr_overrides = 1 };
	struct chaos_error err = { 0 };
	char *text = NULL, *name, *kernel;
	size_t len = 0, file_len = 0;

	(void)state;
	write_image(HEAD KERNEL CONFIG ROOT END, SIZE);
	assert_int_equal(chaos_cfgtext_load(&src, &text, &len, &file_len, &err), 0);
	kernel = strstr(text, "\nkernel = \"/");
	name = strstr(text, "name=\"other\"");
	assert_non_null(kernel);
	assert_non_null(name);
	assert_true(strstr(text, "name = \"web\"") < kernel && kernel < name);
	free(text);
}

/* An image with this configuration: refused with these words, or taken if there are none. */
static void configured(const char *text, const char *words)
{
	struct chaos_config_source src = { .path = path };
	struct chaos_error err = { 0 };
	size_t len = 0, file_len = 0;
	char lines[200], *taken = NULL;
	int fd, rc;

	(void)snprintf(lines, sizeof(lines), HEAD KERNEL "member xl.cfg 8192 %zu 0\n" END,
		       strlen(text));
	write_image(lines, SIZE);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), 8192), strlen(text));
	assert_int_equal(close(fd), 0);
	rc = chaos_cfgtext_load(&src, &taken, &len, &file_len, &err);
	free(taken);
	if (!words) {
		if (rc)
			fail_msg("%s: %s", text, err.text);
		return;
	}
	if (!rc)
		fail_msg("taken: %s", text);
	if (!strstr(err.text, words) || strncmp(err.text, path, strlen(path)) != 0)
		fail_msg("%s: \"%s\" has no \"%s\"", text, err.text, words);
}

/* What an image says of itself counts.  Of the host it has nothing to say, in any spelling. */
static void own_settings(void **state)
{
	static const char *const of_host[] = {
		"disk = [ 'format=raw, vdev=xvdb, access=rw, target=/dev/sda' ]\n",
		"ramdisk = \"/etc/shadow\"\n",
		"ramdisk=\"/etc/shadow\"\n",
		"  kernel = '/boot/x'\n",
		"vif = [ \"bridge=mgmt0\" ]\n",
		"vif += [ \"bridge=mgmt0\" ]\n",
		"log = 1\n",
		"pool = \"Pool-0\"\n",
		"cpus = \"0\"\n",
		"cpu_weight = 65535\n",
		"cap = 0\n",
		"uuid = \"0\"\n",
		"seclabel = \"x\"\n",
		"Name = \"x\"\n",
		"name.x = \"x\"\n",
		"no_such_key = 1\n",
		"name = \"x\"\ndisk = [ ]\n",
	};
	static const char *const odd[] = {
		"name = \"x\"; ramdisk = \"/etc/shadow\"\n",
		"name = \"x\" ramdisk = \"/etc/shadow\"\n",
		"name = \"x\\\"\nramdisk = \"/etc/shadow\"\n",
		"name = \"x\nramdisk = \"/etc/shadow\"\n",
		"name = [ \"x\",\nramdisk = \"/etc/shadow\" ]\n",
		"name = 'x\"\n",
		"memory = 0x20\n",
		"memory = -1\n",
		"memory = \n",
		"memory\n",
		"memory += 1\n",
		"= 1\n",
		"'name' = 1\n",
		"name = \"\033[31m\"\n",
		"name = \"x\"\r\n",
		"name = \"x\" # y\n",
	};
	size_t i;

	(void)state;
	configured(
		"# a comment; disk = [ ]\n\n\tname = \"web\"\ntype = 'pv'\nbuilder = \"linux\"\n"
		"memory = 32\nmaxmem = 64\nvcpus = 2 \nextra = \"a='b' # c\"\nroot = \"/dev/xvda\"\n"
		"on_crash = \"destroy\"\non_reboot=\"restart\"\non_poweroff = \"destroy\"\n",
		NULL);
	for (i = 0; i < sizeof(of_host) / sizeof(of_host[0]); i++)
		configured(of_host[i], "is not for an image to set");
	configured("name = \"x\"\nvif = [ ]\n", "xl.cfg:2: 'vif' is not for");
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		configured(odd[i], "not understood");
	configured("name = \"x\"", "xl.cfg: not lines of text");
}

/* Of an image that others can have written nothing is taken. */
static void whose(void **state)
{
	struct chaos_config_source src = { .path = path };
	static const mode_t modes[] = { 0620, 0602, 0666 };
	struct chaos_error err = { 0 };
	size_t len, file_len, i;
	char *text;

	(void)state;
	write_image(HEAD KERNEL CONFIG ROOT END, SIZE);
	for (i = 0; i <= sizeof(modes) / sizeof(modes[0]); i++) {
		text = NULL;
		if (i < sizeof(modes) / sizeof(modes[0]))
			assert_int_equal(chmod(path, modes[i]), 0);
		else if (chown(path, 12345, (gid_t)-1) || chmod(path, 0600))
			break; /* nobody but root can give it away */
		assert_int_equal(chaos_cfgtext_load(&src, &text, &len, &file_len, &err),
				 -(int)CHAOS_CONFIG);
		assert_non_null(strstr(err.text, ": it is somebody else's, or others may write"));
		free(text);
	}
	(void)chown(path, geteuid(), (gid_t)-1); /* as it was, if it was changed */
	assert_int_equal(chmod(path, 0600), 0);
}

static void others(void **state)
{
	struct chaos_error err = { 0 };
	struct chaos_tinyx image;
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	assert_true(fputs("name = \"x\"\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(look(path, &image, &err), 0);
	assert_int_equal(look("/nonexistent", &image, &err), 0);
}

static void bad(void **state)
{
	(void)state;
	refused(HEAD KERNEL CONFIG ROOT END, 14000, "root.erofs: cut off");
	refused(HEAD KERNEL CONFIG ROOT END, 4000, "kernel: cut off");
	refused(HEAD KERNEL CONFIG ROOT END, 560, "index: altered");
	refused(HEAD KERNEL CONFIG ROOT END, SIZE - 1, "end: cut off");
	refused(HEAD KERNEL CONFIG ROOT "size 4096\n", SIZE, "end: cut off");
	refused(HEAD KERNEL CONFIG ROOT, SIZE, "end: cut off");
	refused("tinyx 2\narch amd64\n" KERNEL CONFIG END, SIZE, "another version");
	refused("tinyx 1\narch arm64\n" KERNEL CONFIG END, SIZE, "for arm64");
	refused(HEAD CONFIG END, SIZE, "kernel: it is not there");
	refused(HEAD KERNEL END, SIZE, "xl.cfg: it is not there");
	refused(HEAD "member kernel 100 1 0\n" CONFIG END, SIZE, "kernel: cut off");
	refused(HEAD "member kernel 4096 18446744073709551615 0\n" CONFIG END, SIZE,
		"kernel: cut off");
	refused(HEAD KERNEL CONFIG CONFIG END, SIZE, "xl.cfg: it is there twice");
	refused(HEAD "member kernel\n" CONFIG END, SIZE, "index: not understood");
}

static void altered(void **state)
{
	struct chaos_error err = { 0 };
	struct chaos_tinyx image;
	int fd;

	(void)state;
	write_image(HEAD KERNEL CONFIG ROOT END, SIZE);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "9", 1, 512 + strlen(HEAD) + 14), 1);
	assert_int_equal(close(fd), 0);
	assert_true(look(path, &image, &err) < 0);
	assert_non_null(strstr(err.text, "index: altered"));
}

static int make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int drop(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),	cmocka_unit_test(configuration),
		cmocka_unit_test(own_settings), cmocka_unit_test(whose),
		cmocka_unit_test(others),	cmocka_unit_test(bad),
		cmocka_unit_test(altered),
	};

	return cmocka_run_group_tests_name("tinyx", tests, make, drop);
}
