// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads a PV kernel and a ramdisk and finds out whether they can run in the memory given: all that
 * can be known before a domain exists.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/internal.h"
#include "build/image.h"
#include "build/image_read.h"
#include "build/pv/pv_build.h"
#include "build/pv/pv_image.h"
#include "config/tinyx_file.h"

#define PAGE_SHIFT	   12
#define PAGE_SIZE	   (1U << PAGE_SHIFT)
#define PAGES(bytes)	   (((bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PV64		   "xen-3.0-x86_64"

/*
 * libxenguest maps 512 KiB behind the last page table and rounds the initial mapping up to 4 MiB,
 * and all of it must be there (xg_dom_x86.c, alloc_pgtables_pv()); xen/public/xen.h promises it.
 */
#define BOOT_PADDING_PAGES PAGES(512U << 10)
#define BOOT_ALIGN_PAGES   PAGES(4U << 20)
/* start info, store, console, control page, boot stack */
#define BOOT_SPECIAL_PAGES 5U

static int file_check(const char *key, const char *path, struct chaos_error *err)
{
	struct stat st;
	int fd, e;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		e = errno;
		if (fd >= 0)
			close(fd);
		return chaos_error_set(err, CHAOS_CONFIG, e,
				       "%s \"%s\": %s; correct '%s' in the configuration", key,
				       path, strerror(e), key);
	}
	close(fd);
	if (!S_ISREG(st.st_mode))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "%s \"%s\": not a file; correct '%s' in the configuration",
				       key, path, key);
	if (!st.st_size)
		return chaos_error_set(err, CHAOS_CONFIG, ENOEXEC, "%s \"%s\": the file is empty",
				       key, path);
	return 0;
}

/* A member of a tinyx image, into *data. */
static int member_read(int fd, const char *path, const char *name,
		       const struct chaos_tinyx_member *m, char **data, struct chaos_error *err)
{
	int rc = chaos_image_read(fd, m->start, m->size, data);

	return rc ? chaos_error_set(err, rc == -ENOMEM ? CHAOS_RESOURCES : CHAOS_CONFIG, -rc,
				    "%s: %s: cannot be read: %s", path, name, strerror(-rc)) :
		    0;
}

/* Reads what is needed of a file that is a tinyx image: 1, 0 if it is none, or an error. */
static int image_read(struct chaos_image *image, const struct chaos_plan *plan,
		      struct chaos_tinyx *tinyx, struct chaos_error *err)
{
	int fd = chaos_image_file_open(plan->kernel);
	int rc, e = 0;

	if (fd < 0)
		return 0; /* the kernel's loader says why */
	rc = chaos_tinyx_read(fd, plan->kernel, tinyx, err);
	if (rc == 1)
		e = member_read(fd, plan->kernel, "kernel", &tinyx->kernel, &image->kernel, err);
	if (rc == 1 && !e && !plan->ramdisk && tinyx->ramdisk.size)
		e = member_read(fd, plan->kernel, "ramdisk", &tinyx->ramdisk, &image->ramdisk, err);
	close(fd);
	return e ? e : rc;
}

/* The kernel, and the ramdisk if the image has one; what the configuration has instead comes first. */
static int image_load(struct chaos_image *image, const struct chaos_plan *plan,
		      struct chaos_error *err)
{
	struct xc_dom_image *dom = image->dom;
	struct chaos_tinyx tinyx;
	int rc = image_read(image, plan, &tinyx, err);

	if (rc < 0)
		return rc;
	image->has_root = rc && tinyx.root.size;
	if (rc ? xc_dom_kernel_mem(dom, image->kernel, tinyx.kernel.size) :
		 xc_dom_kernel_file(dom, plan->kernel))
		return 1;
	if (image->ramdisk && xc_dom_module_mem(dom, image->ramdisk, tinyx.ramdisk.size, NULL))
		return chaos_error_set(err, CHAOS_RESOURCES, errno, "%s: ramdisk: cannot be taken",
				       plan->kernel);
	return 0;
}

static int image_parse(struct chaos_ctx *ctx, struct chaos_image *image,
		       const struct chaos_plan *plan, struct chaos_error *err)
{
	struct xc_dom_image *dom = image->dom;
	const char *kernel = plan->kernel;
	char why[300];
	int rc;

	/* Known without asking Xen: a 64-bit Xen runs 64-bit PV guests, and we build no others. */
	(void)strcpy(dom->xen_caps, PV64 " xen-3.0-x86_32p");
	dom->xch = ctx->xch;
	dom->container_type = XC_DOM_PV_CONTAINER;
	chaos_log_reset(&ctx->log);
	rc = image_load(image, plan, err);
	if (rc < 0)
		return rc;
	if (rc || xc_dom_parse_image(dom))
		return chaos_error_set(err, CHAOS_CONFIG, ENOEXEC,
				       "kernel \"%s\": not a kernel that runs as a Xen PV guest%s",
				       kernel, chaos_log_text(&ctx->log, why, sizeof(why)));
	if (strcmp(dom->guest_type, PV64))
		return chaos_error_set(err, CHAOS_CONFIG, ENOEXEC,
				       "kernel \"%s\": a 32-bit kernel; build it for x86_64",
				       kernel);
	return 0;
}

/* The least number of pages this kernel can be booted in. */
static uint64_t image_min_pages(struct xc_dom_image *dom, uint64_t total_pages)
{
	uint64_t pages, end;

	pages = PAGES(dom->kernel_seg.vend - xc_dom_virt_base(dom));
	pages += PAGES(total_pages * sizeof(uint64_t)) + BOOT_SPECIAL_PAGES + BOOT_PADDING_PAGES;
	/* One page table of the lowest level for each 512 pages, and three above them. */
	pages += pages / 512 + 4;
	end = pages + BOOT_ALIGN_PAGES - 1;
	end -= end % BOOT_ALIGN_PAGES;
	if (dom->num_modules)
		end += PAGES(dom->modules[0].size);
	return end;
}

static int image_check_memory(struct xc_dom_image *dom, const struct chaos_plan *plan,
			      struct chaos_error *err)
{
	uint64_t total = plan->memory_kib >> (PAGE_SHIFT - 10);
	uint64_t least = image_min_pages(dom, total);

	if (plan->memory_kib & 1023)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"kernel \"%s\" needs the generic builder, which gives whole MiB: set 'memory'",
			plan->kernel);
	if (total >= least)
		return 0;
	return chaos_error_set(
		err, CHAOS_CONFIG, ENOMEM,
		"memory = %llu is too little for kernel \"%s\": give it at least %llu",
		(unsigned long long)plan->memory_kib >> 10, plan->kernel,
		(unsigned long long)(least + 255) >> (20 - PAGE_SHIFT));
}

/* Of the kernel as it was unpacked. */
static int image_check_abi(struct chaos_image *image, const char *kernel, struct chaos_error *err)
{
	uint32_t abi = pv_image_abi(image->dom->kernel_blob, image->dom->kernel_size);

	image->knows_noxs = abi;
	image->is_linux = !strcmp(xc_dom_guest_os(image->dom), "linux");
	return chaos_pv_check_abi(abi, kernel, err);
}

int chaos_image_open(struct chaos_ctx *ctx, const struct chaos_plan *plan, struct chaos_image **out,
		     struct chaos_error *err)
{
	struct chaos_image *image;
	int rc;

	rc = file_check("kernel", plan->kernel, err);
	if (!rc && plan->ramdisk)
		rc = file_check("ramdisk", plan->ramdisk, err);
	if (rc)
		return rc;

	image = calloc(1, sizeof(*image));
	if (image)
		image->dom = xc_dom_allocate(ctx->xch, plan->cmdline, NULL);
	if (!image || !image->dom) {
		free(image);
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	}
	rc = image_parse(ctx, image, plan, err);
	if (!rc && plan->ramdisk && xc_dom_module_file(image->dom, plan->ramdisk, NULL))
		rc = chaos_error_set(err, CHAOS_CONFIG, errno, "ramdisk \"%s\": cannot be read",
				     plan->ramdisk);
	if (!rc)
		rc = image_check_memory(image->dom, plan, err);
	if (!rc)
		rc = image_check_abi(image, plan->kernel, err);
	if (rc) {
		chaos_image_close(image);
		return rc;
	}
	*out = image;
	return 0;
}

bool chaos_image_has_root(const struct chaos_image *image)
{
	return image->has_root;
}

bool chaos_image_knows_noxs(const struct chaos_image *image)
{
	return image->knows_noxs;
}

void chaos_image_close(struct chaos_image *image)
{
	if (!image)
		return;
	xc_dom_release(image->dom);
	free(image->kernel);
	free(image->ramdisk);
	free(image);
}
