// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What Xen is told of a restored guest: CPU policy, time stamp counter, vCPUs.  Frames in a vCPU's
 * context, which are the guest's own in the file, become machine frames; the rest Xen checks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "save/restore.h"

#define GDT_PER_FRAME 512U

/* ---- before the memory ---- */

static int set_policy(struct restore *r, xen_cpuid_leaf_t *leaves, xen_msr_entry_t *msrs)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_set_cpu_policy, .domain = (domid_t)r->g->domid };

	memcpy(leaves, r->cpuid.data, r->cpuid.len);
	memcpy(msrs, r->msr.data, r->msr.len);
	op.u.cpu_policy.nr_leaves = (uint32_t)(r->cpuid.len / sizeof(*leaves));
	op.u.cpu_policy.nr_msrs = (uint32_t)(r->msr.len / sizeof(*msrs));
	set_xen_guest_handle_raw(op.u.cpu_policy.leaves, leaves);
	set_xen_guest_handle_raw(op.u.cpu_policy.msrs, msrs);
	if (!xc_domctl(r->ctx->xch, &op))
		return 0;
	return chaos_error_set(r->err, CHAOS_ENVIRONMENT, errno,
			       "this host's processor is not what the guest was saved on: %s",
			       strerror(errno));
}

int restore_policy(struct restore *r)
{
	void *leaves, *msrs;
	int rc;

	if (!r->cpuid.data || !r->msr.data)
		return 0; /* what a new guest gets */
	if (r->cpuid.len % sizeof(xen_cpuid_leaf_t) || r->msr.len % sizeof(xen_msr_entry_t))
		return restore_refuse(r, "its CPU policy has a wrong size", r->cpuid.len);
	leaves = xencall_alloc_buffer(r->ctx->xcall, r->cpuid.len);
	msrs = xencall_alloc_buffer(r->ctx->xcall, r->msr.len);
	rc = leaves && msrs ? set_policy(r, leaves, msrs) :
			      restore_fail(r, "setting its CPU policy");
	xencall_free_buffer(r->ctx->xcall, msrs);
	xencall_free_buffer(r->ctx->xcall, leaves);
	return rc;
}

/* ---- contexts ---- */

static int to_mfn(struct restore *r, const char *what, uint64_t pfn, unsigned int level,
		  uint64_t *mfn)
{
	if (pfn >= r->g->nr_pages || stream_page_level(r->pages[pfn]) != level)
		return restore_refuse(r, what, pfn);
	*mfn = r->g->p2m[pfn];
	return 0;
}

static int localise_gdt(struct restore *r, vcpu_guest_context_x86_64_t *ctx)
{
	uint64_t count = (ctx->gdt_ents + GDT_PER_FRAME - 1) / GDT_PER_FRAME, i, mfn = 0;
	int rc;

	if (ctx->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return restore_refuse(r, "its GDT is too large", ctx->gdt_ents);
	for (i = 0; i < count; i++) {
		rc = to_mfn(r, "a frame of its GDT is not in its memory", ctx->gdt_frames[i], 0,
			    &mfn);
		if (rc)
			return rc;
		ctx->gdt_frames[i] = mfn;
	}
	return 0;
}

static int localise(struct restore *r, unsigned int vcpu, vcpu_guest_context_x86_64_t *ctx)
{
	uint64_t mfn = 0;
	int rc;

	if (!vcpu) {
		rc = to_mfn(r, "its start info is not in its memory", ctx->user_regs.rdx, 0, &mfn);
		if (rc)
			return rc;
		ctx->user_regs.rdx = mfn;
	}
	rc = localise_gdt(r, ctx);
	if (!rc)
		rc = to_mfn(r, "its root page table is none", ctx->ctrlreg[3] >> 12, 4, &mfn);
	if (rc)
		return rc;
	ctx->ctrlreg[3] = mfn << 12;
	if (ctx->ctrlreg[1] & 1) {
		rc = to_mfn(r, "its second root page table is none", ctx->ctrlreg[1] >> 12, 4,
			    &mfn);
		ctx->ctrlreg[1] = mfn << 12;
	}
	ctx->flags |= VGCF_online;
	return rc;
}

static int set_basic(struct restore *r, unsigned int vcpu)
{
	struct restore_blob *blob = &r->vcpus[vcpu][RESTORE_BASIC];
	vcpu_guest_context_any_t any;
	int rc;

	if (blob->len != sizeof(any.x64))
		return restore_refuse(r, "a vCPU's state has a wrong size", blob->len);
	memcpy(&any.x64, blob->data, sizeof(any.x64));
	rc = localise(r, vcpu, &any.x64);
	if (!rc && xc_vcpu_setcontext(r->ctx->xch, r->g->domid, vcpu, &any))
		rc = errno == EINVAL ?
			     restore_refuse(r, "Xen does not take the state of a vCPU", vcpu) :
			     restore_fail(r, "setting its vCPUs");
	return rc;
}

/* ---- the other states ---- */

static int set_extended(struct restore *r, unsigned int vcpu)
{
	const struct restore_blob *blob = &r->vcpus[vcpu][RESTORE_EXTENDED];
	struct xen_domctl op = { .cmd = XEN_DOMCTL_set_ext_vcpucontext,
				 .domain = (domid_t)r->g->domid };

	if (!blob->data)
		return 0;
	if (blob->len > sizeof(op.u.ext_vcpucontext))
		return restore_refuse(r, "a vCPU's state has a wrong size", blob->len);
	memcpy(&op.u.ext_vcpucontext, blob->data, blob->len);
	op.u.ext_vcpucontext.vcpu = vcpu;
	return xc_domctl(r->ctx->xch, &op) ? restore_fail(r, "setting its vCPUs") : 0;
}

static int set_buffered(struct restore *r, unsigned int vcpu, unsigned int state)
{
	const struct restore_blob *blob = &r->vcpus[vcpu][state];
	struct xen_domctl op = { .domain = (domid_t)r->g->domid };
	void *buf;
	int rc;

	if (!blob->data)
		return 0;
	buf = xencall_alloc_buffer(r->ctx->xcall, blob->len);
	if (!buf)
		return restore_fail(r, "setting its vCPUs");
	memcpy(buf, blob->data, blob->len);
	if (state == RESTORE_XSAVE) {
		op.cmd = XEN_DOMCTL_setvcpuextstate;
		op.u.vcpuextstate.vcpu = vcpu;
		op.u.vcpuextstate.size = blob->len;
		set_xen_guest_handle_raw(op.u.vcpuextstate.buffer, buf);
	} else {
		op.cmd = XEN_DOMCTL_set_vcpu_msrs;
		op.u.vcpu_msrs.vcpu = vcpu;
		op.u.vcpu_msrs.msr_count = (uint32_t)(blob->len / sizeof(xen_domctl_vcpu_msr_t));
		set_xen_guest_handle_raw(op.u.vcpu_msrs.msrs, buf);
	}
	rc = xc_domctl(r->ctx->xch, &op) ? restore_fail(r, "setting its vCPUs") : 0;
	xencall_free_buffer(r->ctx->xcall, buf);
	return rc;
}

static int set_vcpu(struct restore *r, unsigned int vcpu)
{
	int rc;

	if (!r->vcpus[vcpu][RESTORE_BASIC].data)
		return 0; /* it was down */
	rc = set_basic(r, vcpu);
	if (!rc)
		rc = set_extended(r, vcpu);
	if (!rc)
		rc = set_buffered(r, vcpu, RESTORE_XSAVE);
	if (!rc)
		rc = set_buffered(r, vcpu, RESTORE_MSRS);
	return rc;
}

int restore_state(struct restore *r, uint64_t *start_info_pfn)
{
	const struct restore_blob *first = &r->vcpus[0][RESTORE_BASIC];
	const vcpu_guest_context_x86_64_t *ctx = (const void *)first->data;
	unsigned int i;
	uint64_t mfn = 0;
	int rc;

	if (first->len != sizeof(*ctx))
		return restore_refuse(r, "a vCPU's state has a wrong size", first->len);
	*start_info_pfn = ctx->user_regs.rdx;
	rc = to_mfn(r, "its start info is not in its memory", *start_info_pfn, 0, &mfn);
	if (rc)
		return rc;
	if (xc_domain_set_tsc_info(r->ctx->xch, r->g->domid, r->tsc.mode, r->tsc.nsec, r->tsc.khz,
				   r->tsc.incarnation))
		return restore_fail(r, "setting its clock");
	for (i = 0; i < r->nr_vcpus && !rc; i++)
		rc = set_vcpu(r, i);
	return rc;
}
