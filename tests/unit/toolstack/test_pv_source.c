// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a kernel is found in a file of its own, in an image of tinyx and packed by gzip, with the same
 * bytes; that a packed one takes no memory for its zeros; and that what is no kernel, or says that it is
 * larger than any kernel, is refused with a reason, no descriptor left open.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/elfnote.h>

#include "build/pv/pv_source.h"
#include "pv_file.h"

#define BIG (8UL << 20)

static char dir[] = "/tmp/test_pv_source.XXXXXX";
static char path[64], packed[80];
static struct chaos_ctx ctx;
static struct pv_source src;

static unsigned int nr_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void write_file(const char *name, const void *data, size_t size)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(!size || fwrite(data, size, 1, f) == 1);
	assert_int_equal(fclose(f), 0);
}

/* A kernel that libxenguest takes, too, with 8 MiB of zeros behind it in the file. */
static unsigned char *kernel(void)
{
	unsigned char *data = calloc(1, BIG);
	struct file *f = minios();
	unsigned int i;

	for (i = 0; i < 4; i++)
		segment(f, i)->p_flags = PF_R | PF_W | PF_X;
	add_note(f, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	memcpy(data, f->data, FILE_SIZE);
	free(f);
	data[BIG - 1] = 0x77;
	return data;
}

static void pack(void)
{
	char command[200];

	(void)snprintf(command, sizeof(command), "gzip -c %s >%s", path, packed);
	assert_int_equal(system(command), 0);
}

static void check_bytes(const unsigned char *data)
{
	unsigned char *got = malloc(BIG);

	assert_in_range(src.size, BIG, BIG + 16); /* libxenguest gives gzip some bytes more */
	assert_int_equal(pv_read(src.fd, src.start, got, BIG), 0);
	assert_memory_equal(got, data, BIG);
	assert_int_equal(pv_read(src.fd, src.start + src.size - 1, got, 2), -1);
	assert_int_equal(errno, EIO);
	free(got);
}

static void a_file_of_its_own(void **state)
{
	unsigned int before = nr_open();
	unsigned char *data = kernel();

	(void)state;
	write_file(path, data, BIG);
	assert_null(pv_source_open(&src, &ctx, path));
	assert_int_equal(src.fd, src.file);
	assert_false(src.has_root);
	assert_int_equal(src.ramdisk.size, 0);
	assert_int_equal(src.start, 0);
	check_bytes(data);
	pv_source_close(&src);
	assert_int_equal(nr_open(), before);
	free(data);
}

static void packed_by_gzip(void **state)
{
	unsigned int before = nr_open();
	unsigned char *data = kernel();
	struct stat st;

	(void)state;
	write_file(path, data, BIG);
	pack();
	assert_null(pv_source_open(&src, &ctx, packed));
	assert_int_not_equal(src.fd, src.file);
	check_bytes(data);
	assert_int_equal(fstat(src.fd, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < BIG / 8);
	pv_source_close(&src);
	assert_int_equal(nr_open(), before);
	free(data);
}

static void in_an_image_of_tinyx(void **state)
{
	static unsigned char image[4096 * 5 + FILE_SIZE];
	char digest[SHA256_DIGEST_STRING_LENGTH], lines[400];
	struct file *f = minios();

	(void)state;
	memcpy(image, "tinyx", 5);
	memcpy(image + 257, "ustar", 5);
	(void)snprintf(lines, sizeof(lines),
		       "tinyx 1\narch amd64\nmember kernel 4096 %u 0\nmember ramdisk %u 100 0\n"
		       "member root.erofs %u 4096 0\nmember xl.cfg %u 9 0\nsize %zu\n",
		       FILE_SIZE, 4096 + FILE_SIZE, 8192 + FILE_SIZE, 12288 + FILE_SIZE,
		       sizeof(image));
	(void)SHA256Data((const uint8_t *)lines, strlen(lines), digest);
	(void)sprintf((char *)image + 512, "%sdigest %s\n", lines, digest);
	memcpy(image + 4096, f->data, FILE_SIZE);
	write_file(path, image, sizeof(image));
	assert_null(pv_source_open(&src, &ctx, path));
	assert_int_equal(src.fd, src.file);
	assert_int_equal(src.start, 4096);
	assert_int_equal(src.size, FILE_SIZE);
	assert_int_equal(src.ramdisk.fd, src.file);
	assert_int_equal(src.ramdisk.start, 4096 + FILE_SIZE);
	assert_int_equal(src.ramdisk.size, 100);
	assert_true(src.has_root);
	pv_source_close(&src);
	/* Cut off. */
	write_file(path, image, sizeof(image) - 4096);
	assert_string_equal(pv_source_open(&src, &ctx, path),
			    "it is an image of tinyx that was altered or cut off");
	free(f);
}

static void refused(const char *name, const char *why)
{
	unsigned int before = nr_open();
	const char *said = pv_source_open(&src, &ctx, name);

	if (!said || strcmp(said, why) != 0)
		fail_msg("%s: \"%s\" is not \"%s\"", name, said ? said : "taken", why);
	assert_int_equal(nr_open(), before);
}

static void no_kernels(void **state)
{
	unsigned char *data = kernel();

	(void)state;
	refused("/nonexistent", "No such file or directory");
	refused(dir, "it is not a file");
	write_file(path, "x", 1);
	refused(path, "it is not an ELF file");
	/* Packed, and nothing of a kernel. */
	memset(data, 0, BIG);
	write_file(path, data, BIG);
	pack();
	refused(packed, "it cannot be unpacked, or is no PV kernel then");
	free(data);
}

/* 300 MiB of zeros in 300 KiB; and one that says so and has less. */
static void too_large_unpacked(void **state)
{
	const uint32_t says = 0x7fffffff;
	char command[200];
	FILE *f;

	(void)state;
	(void)snprintf(command, sizeof(command), "head -c 300M /dev/zero | gzip -1 >%s", packed);
	assert_int_equal(system(command), 0);
	refused(packed, "it cannot be unpacked, or is no PV kernel then");
	write_file(path, "x", 1);
	pack();
	f = fopen(packed, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, -4, SEEK_END), 0);
	assert_int_equal(fwrite(&says, sizeof(says), 1, f), 1);
	assert_int_equal(fseek(f, 2000, SEEK_SET), 0);
	assert_int_equal(fwrite(&says, sizeof(says), 1, f), 1);
	assert_int_equal(fclose(f), 0);
	refused(packed, "it cannot be unpacked, or is no PV kernel then");
	/* Larger than any, as it is. */
	write_file(path, "\x1f\x8b", 2);
	assert_int_equal(truncate(path, (off_t)PV_MAX_KERNEL + 1), 0);
	refused(path, "it is too large to be unpacked");
}

static int setup(void **state)
{
	(void)state;
	chaos_log_init(&ctx.log);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/kernel", dir);
	(void)snprintf(packed, sizeof(packed), "%s.gz", path);
	ctx.xch = xc_interface_open(&ctx.log.vtable, &ctx.log.vtable, XC_OPENFLAG_DUMMY);
	return ctx.xch ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(packed);
	(void)rmdir(dir);
	return xc_interface_close(ctx.xch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_its_own),	cmocka_unit_test(packed_by_gzip),
		cmocka_unit_test(in_an_image_of_tinyx), cmocka_unit_test(no_kernels),
		cmocka_unit_test(too_large_unpacked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
