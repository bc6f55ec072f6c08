// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Plans a guest: everything that a configuration decides, and everything that can be wrong with it and
 * be found out before there is a domain.  Here the configuration ends: who makes the domain, its memory
 * and its image goes by the plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/internal.h"
#include "build/pv/pv_plan.h"
#include "build/shell.h"

/* ---- what is loaded ---- */

static void note_fast(struct chaos_plan *plan)
{
	const struct pv_plan *fast = plan->fast;
	unsigned int i;

	plan->builder = CHAOS_BUILDER_FAST;
	plan->why_generic = NULL;
	plan->knows_noxs = fast->img->abi;
	plan->image_kib = fast->img->nr_pages << (PV_PAGE_SHIFT - 10);
	plan->nr_connected = fast->built.nr_connected;
	for (i = 0; i < plan->nr_vifs; i++)
		plan->is_connected[i] = fast->built.vifs[i].port;
	chaos_dev_plan_connect(plan->devices, &fast->built);
}

/* 1 if the fast builder makes it, 0 if it cannot, and why. */
static int plan_fast(struct chaos_ctx *ctx, struct chaos_plan *plan, struct chaos_error *err)
{
	struct pv_plan *fast;
	int rc;

	fast = malloc(sizeof(*fast));
	if (!fast)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = pv_plan_make(fast, ctx, plan->kernel, plan->ramdisk,
			  plan->memory_kib >> (PV_PAGE_SHIFT - 10), plan->vifs, plan->nr_vifs,
			  &plan->why_generic, err);
	if (rc <= 0) {
		free(fast);
		return rc;
	}
	plan->fast = fast;
	note_fast(plan);
	return 1;
}

/* An image of tinyx that is the kernel is a disk as well; that it is one is known when it has been opened. */
static int plan_root(struct chaos_plan *plan, bool has_root, struct chaos_error *err)
{
	int rc;

	plan->has_root = has_root;
	if (!has_root)
		return 0;
	rc = chaos_config_add_root(plan->cfg, err);
	plan->nr_disks = plan->cfg->nr_disks;
	chaos_dev_plan_make(plan->devices, plan->cfg);
	return rc;
}

/* By the builder that is wanted, or the one of the two that can. */
static int plan_image(struct chaos_ctx *ctx, struct chaos_plan *plan, struct chaos_error *err)
{
	int rc = 0;

	if (!plan->kernel) {
		plan->builder = CHAOS_BUILDER_FAST;
		return 0;
	}
	plan->why_generic = "";
	if (plan->wanted != CHAOS_BUILDER_GENERIC)
		rc = plan_fast(ctx, plan, err);
	if (rc)
		return rc < 0 ? rc : plan_root(plan, plan->fast->img->has_root, err);
	if (plan->wanted == CHAOS_BUILDER_FAST)
		return chaos_error_set(
			err, CHAOS_CONFIG, ENOEXEC,
			"kernel \"%s\" is not for the fast builder: %s; use --builder=generic",
			plan->kernel, plan->why_generic);
	rc = chaos_image_open(ctx, plan, &plan->generic, err);
	if (rc)
		return rc;
	plan->builder = CHAOS_BUILDER_GENERIC;
	plan->knows_noxs = chaos_image_knows_noxs(plan->generic);
	return plan_root(plan, chaos_image_has_root(plan->generic), err);
}

/* ---- all of it ---- */

int chaos_plan_begin(struct chaos_config *cfg, struct chaos_plan **out, struct chaos_error *err)
{
	struct chaos_plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		plan->devices = malloc(sizeof(*plan->devices));
	if (!plan || !plan->devices) {
		free(plan);
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	}
	plan->name = cfg->name;
	memcpy(plan->uuid, cfg->uuid, sizeof(plan->uuid));
	plan->memory_kib = cfg->memory_kib;
	plan->nr_vcpus = cfg->vcpus;
	plan->cpus = cfg->cpus;
	plan->cpupool = cfg->cpupool;
	plan->cpu_weight = cfg->cpu_weight;
	plan->cap = cfg->cap;
	plan->kernel = cfg->kernel;
	plan->ramdisk = cfg->ramdisk;
	plan->cmdline = cfg->cmdline;
	plan->builder = CHAOS_BUILDER_AUTO;
	plan->wanted = cfg->builder;
	plan->nr_vifs = cfg->nr_vifs;
	plan->vifs = cfg->vifs;
	plan->nr_disks = cfg->nr_disks;
	plan->disks = cfg->disks;
	plan->on_poweroff = cfg->on_poweroff;
	plan->on_reboot = cfg->on_reboot;
	plan->on_crash = cfg->on_crash;
	plan->is_logged = cfg->is_logged;
	plan->cfg = cfg;
	chaos_dev_plan_make(plan->devices, cfg);
	*out = plan;
	return 0;
}

int chaos_plan_finish(struct chaos_ctx *ctx, struct chaos_plan *plan, struct chaos_error *err)
{
	int rc = plan_image(ctx, plan, err);

	return rc ? rc : chaos_sched_plan(ctx, plan, err);
}

int chaos_plan_make(struct chaos_ctx *ctx, struct chaos_config *cfg, struct chaos_plan **out,
		    struct chaos_error *err)
{
	struct chaos_plan *plan;
	int rc = chaos_plan_begin(cfg, &plan, err);

	if (rc)
		return rc;
	rc = chaos_plan_finish(ctx, plan, err);
	if (rc)
		chaos_plan_free(plan);
	else
		*out = plan;
	return rc;
}

void chaos_plan_is_built(struct chaos_plan *plan)
{
	if (plan->fast)
		pv_plan_fini(plan->fast);
	free(plan->fast);
	plan->fast = NULL;
	chaos_image_close(plan->generic);
	plan->generic = NULL;
	free(plan->pins);
	plan->pins = NULL;
}

void chaos_plan_free(struct chaos_plan *plan)
{
	if (!plan)
		return;
	chaos_plan_is_built(plan);
	free(plan->devices);
	free(plan);
}

/* ---- what it needs of the host ---- */

/* 0, or what will be in the way of the disk, which is open to be read. */
static int disk_fault(const struct chaos_disk *disk, int fd)
{
	int sector = 512, is_read_only = 0;
	uint64_t size;
	struct stat st;

	/* What was opened may be another than was looked at. */
	if (fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return ENOTBLK;
	size = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) &&
	    (ioctl(fd, BLKSSZGET, &sector) || ioctl(fd, BLKGETSIZE64, &size) ||
	     ioctl(fd, BLKROGET, &is_read_only)))
		return errno;
	if (size < (uint64_t)sector)
		return ENODATA;
	if (disk->is_read_only)
		return 0;
	if (is_read_only)
		return EACCES;
	return faccessat(AT_FDCWD, disk->target, W_OK, AT_EACCESS) ? errno : 0;
}

/* Not as it will be opened: the guest that still has it holds it against others. */
static int check_disk(const struct chaos_disk *disk, struct chaos_error *err)
{
	struct stat st;
	int fd, e, rc = 0;

	/* To open a device of another kind may already do something. */
	if (!stat(disk->target, &st) && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return chaos_disk_error(disk, ENOTBLK, err);
	fd = open(disk->target, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return chaos_disk_error(disk, errno, err);
	e = disk_fault(disk, fd);
	if (e)
		rc = chaos_disk_error(disk, e, err);
	close(fd);
	return rc;
}

static int check_module(struct chaos_ctx *ctx, const struct chaos_plan *plan,
			struct chaos_error *err)
{
	int rc = chaos_module_open(ctx, err);

	if (!rc && chaos_dev_plan_needs(plan->devices) & ~ctx->module_flags)
		rc = chaos_module_old(EINVAL, err);
	return rc;
}

int chaos_plan_check(struct chaos_ctx *ctx, const struct chaos_plan *plan, struct chaos_error *err)
{
	unsigned int i;
	int rc;

	rc = chaos_identity_check(plan->name, plan->uuid, err);
	if (!rc)
		rc = check_module(ctx, plan, err);
	for (i = 0; i < plan->nr_disks && !rc; i++)
		rc = check_disk(&plan->disks[i], err);
	for (i = 0; i < plan->nr_vifs && !rc; i++)
		rc = chaos_vif_check_link(&plan->vifs[i], err);
	return rc ? rc : chaos_vif_check_host(plan->vifs, plan->nr_vifs, err);
}

int chaos_config_check(struct chaos_ctx *ctx, struct chaos_config *cfg, struct chaos_error *err)
{
	struct chaos_plan *plan = NULL;
	int rc = chaos_plan_make(ctx, cfg, &plan, err);

	if (!rc)
		rc = chaos_plan_check(ctx, plan, err);
	chaos_plan_free(plan);
	return rc;
}
