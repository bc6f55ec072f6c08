// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Execute, the second half of a creation: what was prepared gets its devices or their addresses,
 * its name and its command line, and runs.  It stays in state SHELL or BUILDING until
 * chaos_shell_complete(), so that what its maker leaves when it dies in the middle is known for what
 * it is.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/sched.h>
#include <xen/xen.h>
#include <xenforeignmemory.h>

#include "build/internal.h"
#include "build/pv/pv_build.h"
#include "build/pv/pv_plan.h"
#include "build/shell.h"

/* Devices, and the identity in the same call if there is one to set. */
static int attach(struct chaos_shell *s, struct chaos_dev_plan *devices,
		  const struct noxs_set_info *info, struct chaos_error *err)
{
	struct noxs_ioc_create arg = {
		.domid = (uint16_t)s->domid,
		.ctrl_gfn = s->built.ctrl_gfn,
		.ctrl_gref = s->built.ctrl_gref,
		.ctrl_port = s->built.ctrl_port,
	};
	int rc;

	if (info) {
		arg.flags = NOXS_CREATE_SET_INFO;
		arg.info = *info;
	}
	rc = chaos_module_attach(s->ctx, &arg, devices, err);
	return rc ? rc : chaos_saved_disks_check(s->ctx, s->domid, devices, err);
}

static int configure(struct chaos_shell *s, struct chaos_dev_plan *devices,
		     const struct noxs_set_info *info, struct chaos_error *err)
{
	struct noxs_ioc_configure arg = {
		.domid = (uint16_t)s->domid,
		.flags = NOXS_CREATE_SET_INFO,
		.info = *info,
	};

	return chaos_module_configure(s->ctx, &arg, devices, err);
}

/* The devices of a guest that a shell becomes, or their addresses; and who it is. */
static int attach_identified(struct chaos_shell *s, struct chaos_config *cfg,
			     const struct noxs_set_info *info, struct chaos_error *err)
{
	struct chaos_dev_plan devices;

	chaos_dev_plan_make(&devices, cfg);
	if (s->has_devices) {
		chaos_dev_plan_addresses(&devices);
		return configure(s, &devices, info, err);
	}
	chaos_dev_plan_connect(&devices, &s->built);
	return attach(s, &devices, info, err);
}

/* A shell's start info has an empty command line, and nobody has read it yet. */
static int write_cmdline(struct chaos_shell *s, const char *cmdline, struct chaos_error *err)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(s->ctx->xch);
	xen_pfn_t frame = s->built.start_info_mfn;
	size_t len = strlen(cmdline);
	start_info_t *info;

	if (len >= sizeof(info->cmd_line))
		return chaos_error_set(
			err, CHAOS_CONFIG, E2BIG,
			"the command line is longer than %zu bytes: shorten 'cmdline'",
			sizeof(info->cmd_line) - 1);
	info = xenforeignmemory_map(fmem, s->domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
	if (!info)
		return chaos_error_set(err, CHAOS_FAILED, errno,
				       "cannot write the command line: %s", strerror(errno));
	memcpy(info->cmd_line, cmdline, len + 1);
	(void)xenforeignmemory_unmap(fmem, info, 1); /* fails for bad arguments only */
	return 0;
}

/* The image of a shell that has none; what it has mapped goes with the shell, or before it runs. */
static int load_image(struct chaos_shell *s, const struct chaos_config *cfg,
		      struct chaos_error *err)
{
	struct pv_plan plan;
	const char *why;
	int rc;

	rc = pv_plan_make(&plan, s->ctx, cfg->kernel, cfg->ramdisk,
			  cfg->memory_kib >> (PV_PAGE_SHIFT - 10), cfg->vifs, cfg->nr_vifs, &why,
			  err);
	if (rc < 0)
		return rc;
	if (!rc)
		return chaos_error_set(
			err, CHAOS_CONFIG, ENOEXEC,
			"kernel \"%s\" does not go into a shell without an image: %s", cfg->kernel,
			why);
	rc = chaos_pv_move(s->pv_guest, s->ctx, err);
	if (!rc) {
		s->is_identified = true; /* its memory is no longer anybody's */
		s->knows_noxs = plan.img->abi;
		s->has_root = plan.img->has_root;
		rc = chaos_pv_load(s->pv_guest, &plan, &s->built, err);
	}
	pv_plan_fini(&plan);
	return rc;
}

int chaos_shell_attach(struct chaos_shell *s, struct chaos_timing *t, struct chaos_error *err)
{
	int rc = attach(s, s->plan->devices, NULL, err);

	chaos_lap(&s->last_ns, &t->devices_ns);
	return rc;
}

/* Of a pool's: who it is, and its devices or their addresses. */
static int identify(struct chaos_shell *s, struct chaos_config *cfg, struct chaos_error *err)
{
	struct noxs_set_info info;
	int rc;

	rc = chaos_identity_check(cfg->name, cfg->uuid, err);
	if (!rc && s->has_root)
		rc = chaos_config_add_root(cfg, err);
	if (!rc)
		rc = chaos_identity(&info, cfg->name, cfg->uuid, err);
	if (!rc)
		rc = attach_identified(s, cfg, &info, err);
	if (rc)
		return rc;
	s->is_identified = true;
	return cfg->cmdline ? write_cmdline(s, cfg->cmdline, err) : 0;
}

int chaos_shell_identify(struct chaos_shell *s, struct chaos_ctx *ctx, struct chaos_config *cfg,
			 struct chaos_timing *t, struct chaos_error *err)
{
	int rc;

	s->ctx = ctx;
	s->last_ns = chaos_now_ns();
	if (!s->is_pooled)
		return chaos_shell_attach(s, t, err);
	if (s->pv_guest) {
		rc = load_image(s, cfg, err);
		chaos_lap(&s->last_ns, &t->build_ns);
		if (rc)
			return rc;
	}
	rc = identify(s, cfg, err);
	chaos_lap(&s->last_ns, &t->devices_ns);
	return rc;
}

bool chaos_shell_knows_noxs(const struct chaos_shell *s)
{
	return s->knows_noxs;
}

bool chaos_shell_is_blank(const struct chaos_shell *s)
{
	return !s->is_identified;
}

void chaos_shell_adopt(struct chaos_shell *s, struct chaos_ctx *ctx)
{
	if (s)
		s->ctx = ctx;
}

uint32_t chaos_shell_domid(const struct chaos_shell *s)
{
	return s->domid;
}

int chaos_shell_run(struct chaos_shell *s, bool is_awaited, struct chaos_timing *t,
		    struct chaos_error *err)
{
	int rc;

	if (!is_awaited)
		chaos_pv_unmap(s->pv_guest);
	rc = chaos_domain_unpause(s->ctx, s->domid, err);
	chaos_lap(&s->last_ns, &t->unpause_ns);
	return rc;
}

int chaos_shell_commit(struct chaos_shell *s, struct chaos_error *err)
{
	struct noxs_set_info info = {
		.domid = (uint16_t)s->domid,
		.what = NOXS_SET_STATE,
		.state = NOXS_DOM_COMPLETE,
	};
	int rc;

	/* A pool's is its user's to keep, who need not do it before the guest is there. */
	rc = s->plan ? chaos_restart_keep(s->ctx, s->domid, s->plan->cfg, err) : 0;
	if (rc)
		return rc;
	if (chaos_noxs_set_info(s->ctx, &info))
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "domain %u went away while it was made: %s", s->domid,
				       strerror(errno));
	return 0;
}

void chaos_shell_free(struct chaos_shell *s)
{
	chaos_pv_free(s->pv_guest);
	chaos_plan_free(s->plan);
	free(s);
}

int chaos_shell_complete(struct chaos_shell *s, struct chaos_error *err)
{
	int rc = chaos_shell_commit(s, err);

	if (!rc)
		chaos_shell_free(s);
	return rc;
}
