// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Prepare, the first half of a creation: the domain, its memory, its image, and for a shell also
 * its devices.  A name is claimed in Xen at once, the VM's own or one that says whose shell this
 * is, so that from then on whoever looks sees what it is, even if this process dies.  What is to be
 * made, plan.c has found out.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "build/internal.h"
#include "build/pv/pv_build.h"
#include "build/shell.h"

/* What Debian's xl gives a guest too; Xen allocates as they are used. */
#define MAX_EVTCHN_PORT	 1023U
/* 512 grants of version 1 each: enough for the rings of CHAOS_MAX_VIFS and their packets. */
#define MAX_GRANT_FRAMES 32

/*
 * From this size on a guest's memory is claimed before it is populated: one that does not fit must
 * not take what others are about to get while it fails.
 */
#define CLAIM_KIB	 (64U << 10)

static int make_domain(struct chaos_shell *s, const struct chaos_plan *plan,
		       struct chaos_error *err)
{
	struct xen_domctl_createdomain arg = {
		.max_vcpus = plan->nr_vcpus,
		.max_evtchn_port = MAX_EVTCHN_PORT,
		.max_grant_frames = MAX_GRANT_FRAMES,
		.max_maptrack_frames = 0,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.cpupool_id = plan->cpupool,
	};
	xc_interface *xch = s->ctx->xch;

	memcpy(arg.handle, plan->uuid, sizeof(arg.handle));
	s->domid = 0; /* any */
	if (xc_domain_create(xch, &s->domid, &arg)) {
		if (plan->cpupool && (errno == ESRCH || errno == ENODEV))
			return chaos_error_set(
				err, CHAOS_CONFIG, errno,
				"no cpupool %u, or no CPU in it: correct 'pool', or make it (xl cpupool-create)",
				plan->cpupool);
		return chaos_error_set(
			err, errno == EACCES ? CHAOS_ENVIRONMENT : chaos_code_of_errno(errno),
			errno, "Xen cannot create a domain: %s%s", strerror(errno),
			errno == EPERM ?
				"; run this in the control domain" :
			errno == EACCES ?
				"; is it another Xen than this is built for? ask chaos doctor" :
				"");
	}
	s->exists = true;
	if (xc_domain_max_vcpus(xch, s->domid, plan->nr_vcpus))
		return chaos_error_set(err, CHAOS_RESOURCES, errno,
				       "cannot make %u vCPUs: %s; lower 'vcpus'", plan->nr_vcpus,
				       strerror(errno));
	if (xc_domain_setmaxmem(xch, s->domid, plan->memory_kib))
		return chaos_error_set(err, CHAOS_RESOURCES, errno,
				       "cannot set the limit of %llu KiB: %s",
				       (unsigned long long)plan->memory_kib, strerror(errno));
	return 0;
}

static int claim_memory(struct chaos_shell *s, const struct chaos_plan *plan,
			struct chaos_error *err)
{
	xc_interface *xch = s->ctx->xch;
	xc_physinfo_t phys = { 0 };
	uint64_t free_kib;

	if (plan->memory_kib < CLAIM_KIB ||
	    !xc_domain_claim_pages(xch, s->domid, plan->memory_kib >> (PV_PAGE_SHIFT - 10)))
		return 0;
	if (errno != ENOMEM || xc_physinfo(xch, &phys))
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot claim %llu KiB of memory: %s",
				       (unsigned long long)plan->memory_kib, strerror(errno));
	free_kib = (phys.free_pages - phys.outstanding_pages) << (PV_PAGE_SHIFT - 10);
	return chaos_error_set(
		err, CHAOS_RESOURCES, ENOMEM,
		"no memory for domain \"%s\": it wants %llu KiB and Xen has %llu KiB left; lower 'memory' or destroy a domain",
		plan->name, (unsigned long long)plan->memory_kib, (unsigned long long)free_kib);
}

static int claim_name(struct chaos_shell *s, const char *name, const uint8_t uuid[CHAOS_UUID_LEN],
		      bool is_restored, struct chaos_error *err)
{
	struct noxs_set_info info;
	int rc;

	rc = chaos_identity(&info, name, uuid, err);
	if (rc)
		return rc;
	info.what |= NOXS_SET_STATE;
	info.state = NOXS_DOM_BUILDING;
	if (is_restored) {
		info.what |= NOXS_SET_ORIGIN;
		info.origin = NOXS_ORIGIN_RESTORED;
	}
	return chaos_identity_set(s, &info, err);
}

static int mark_shell(struct chaos_shell *s, struct chaos_error *err)
{
	struct noxs_set_info info = {
		.domid = (uint16_t)s->domid,
		.what = NOXS_SET_STATE,
		.state = NOXS_DOM_SHELL,
	};

	if (!chaos_noxs_set_info(s->ctx, &info))
		return 0;
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot mark domain %u as a shell: %s", s->domid, strerror(errno));
}

/*
 * A shell's devices, but for their addresses; and that it is one.  With disks, which no two VMs have
 * in common, all devices are execute's.
 */
static int attach_shell(struct chaos_shell *s, struct chaos_error *err)
{
	struct noxs_ioc_create arg = {
		.domid = (uint16_t)s->domid,
		.flags = NOXS_CREATE_SET_INFO,
		.ctrl_gfn = s->built.ctrl_gfn,
		.ctrl_gref = s->built.ctrl_gref,
		.ctrl_port = s->built.ctrl_port,
		.info = { .what = NOXS_SET_STATE, .state = NOXS_DOM_SHELL },
	};
	int rc;

	chaos_dev_plan_defer(s->plan->devices);
	rc = chaos_module_attach(s->ctx, &arg, s->plan->devices, err);
	s->has_devices = !rc;
	return rc;
}

static int build_memory(struct chaos_shell *s, const struct chaos_plan *plan,
			struct chaos_error *err)
{
	if (plan->generic)
		return chaos_build_memory(s->ctx, plan, s->domid, err);
	return chaos_pv_prepare(s->ctx, s->domid, plan->memory_kib >> (PV_PAGE_SHIFT - 10),
				&s->pv_guest, err);
}

static int build_image(struct chaos_shell *s, const struct chaos_plan *plan,
		       struct chaos_error *err)
{
	int rc;

	if (plan->generic)
		return chaos_build_image(s->ctx, plan->generic, s->domid, &s->built, err);
	if (!plan->fast)
		return 0; /* execute's */
	rc = chaos_pv_load(s->pv_guest, plan->fast, &s->built, err);
	if (rc)
		return rc;
	if (!s->is_pooled)
		return plan->cmdline ? chaos_pv_set_cmdline(s->pv_guest, plan->cmdline, err) : 0;
	/* A shell waits: nothing of it stays mapped, and nothing here is needed to run it. */
	chaos_pv_free(s->pv_guest);
	s->pv_guest = NULL;
	return 0;
}

static int make_named(struct chaos_shell *s, const struct chaos_plan *plan, const char *name,
		      struct chaos_error *err)
{
	int rc;

	rc = make_domain(s, plan, err);
	if (!rc)
		rc = claim_name(s, name, plan->uuid, !s->is_pooled && !plan->kernel, err);
	if (!rc)
		rc = chaos_sched_apply(s->ctx, s->domid, plan, err);
	return rc ? rc : claim_memory(s, plan, err);
}

/* What the plan says, of a domain of this name. */
static int build(struct chaos_shell *s, const char *name, struct chaos_timing *t,
		 struct chaos_error *err)
{
	struct chaos_plan *plan = s->plan;
	int rc;

	rc = make_named(s, plan, name, err);
	chaos_lap(&s->last_ns, &t->createdomain_ns);
	if (rc)
		return rc;
	rc = build_memory(s, plan, err);
	chaos_lap(&s->last_ns, &t->memory_ns);
	if (rc)
		return rc;
	rc = build_image(s, plan, err);
	chaos_plan_is_built(plan);
	chaos_lap(&s->last_ns, &t->build_ns);
	return rc;
}

int chaos_shell_make(struct chaos_ctx *ctx, struct chaos_config *cfg, const char *shell_name,
		     struct chaos_shell **out, struct chaos_timing *t, struct chaos_error *err)
{
	struct chaos_shell *s;
	int rc;

	s = calloc(1, sizeof(*s));
	if (!s)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	s->ctx = ctx;
	s->is_pooled = shell_name != NULL;
	s->last_ns = chaos_now_ns();
	rc = shell_name ? 0 : chaos_identity_check(cfg->name, cfg->uuid, err);
	if (!rc)
		rc = chaos_module_open(ctx, err);
	chaos_lap(&s->last_ns, &t->open_ns);
	if (!rc)
		rc = chaos_plan_make(ctx, cfg, &s->plan, err);
	if (!rc) {
		s->knows_noxs = s->plan->knows_noxs;
		s->has_root = s->plan->has_root;
	}
	chaos_lap(&s->last_ns, &t->image_ns);
	if (!rc)
		rc = build(s, shell_name ? shell_name : s->plan->name, t, err);
	if (rc)
		chaos_shell_discard(s, ctx);
	else
		*out = s;
	return rc;
}

int chaos_shell_prepare(struct chaos_ctx *ctx, struct chaos_config *cfg, const char *shell_name,
			struct chaos_shell **out, struct chaos_timing *t, struct chaos_error *err)
{
	struct chaos_shell *s;
	int rc = chaos_shell_make(ctx, cfg, shell_name, &s, t, err);

	if (rc)
		return rc;
	if (shell_name) {
		rc = s->plan->kernel && !s->plan->nr_disks ? attach_shell(s, err) :
							     mark_shell(s, err);
		/* Whose guest it becomes is planned then. */
		chaos_plan_free(s->plan);
		s->plan = NULL;
		chaos_lap(&s->last_ns, &t->devices_ns);
	}
	if (rc)
		chaos_shell_discard(s, ctx);
	else
		*out = s;
	return rc;
}

/* Time for Xen to let go of a half-built domain; its memory is freed before destroy returns. */
#define UNDO_TIMEOUT_MS 2000U

void chaos_shell_discard(struct chaos_shell *s, struct chaos_ctx *ctx)
{
	if (!s)
		return;
	/* What is mapped keeps a domain half alive.  At worst it is unmapped by another thread. */
	if (s->pv_guest)
		(void)chaos_pv_move(s->pv_guest, ctx, NULL);
	chaos_pv_free(s->pv_guest);
	chaos_plan_free(s->plan);
	/* Nobody can be told: what is left is found by its state. */
	if (s->exists)
		(void)chaos_domain_destroy(ctx, s->domid, UNDO_TIMEOUT_MS, NULL);
	free(s);
}
