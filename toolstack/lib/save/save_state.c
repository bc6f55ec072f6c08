// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What Xen knows of a suspended guest: CPU policy, time stamp counter, vCPUs.  Machine frames in a
 * vCPU's context become the guest's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build/pv/pv_layout.h"
#include "save/save.h"

#define MAX_MSRS      64U
#define GDT_PER_FRAME 512U

struct save_vcpu {
	uint32_t id;
	bool is_online;
	vcpu_guest_context_any_t context;
};

static int fail(struct save_memory *m, const char *what)
{
	int e = errno;

	return chaos_error_set(m->err, chaos_code_of_errno(e), e, "cannot save domain %u: %s: %s",
			       m->domid, what, strerror(e));
}

/* ---- contexts ---- */

/* A frame the context names, which has to be the guest's. */
static int to_pfn(struct save_memory *m, const char *what, uint64_t mfn, uint64_t *pfn)
{
	*pfn = pv_inverse_find(&m->inverse, mfn);
	if (*pfn != PV_NO_PFN)
		return 0;
	return chaos_error_set(m->err, CHAOS_GUEST, EINVAL,
			       "cannot save domain %u: %s (%#llx) is not its own", m->domid, what,
			       (unsigned long long)mfn);
}

static int translate_gdt(struct save_memory *m, vcpu_guest_context_x86_64_t *ctx)
{
	uint64_t count = (ctx->gdt_ents + GDT_PER_FRAME - 1) / GDT_PER_FRAME, i, pfn;
	int rc = 0;

	for (i = 0; i < count && i < sizeof(ctx->gdt_frames) / sizeof(ctx->gdt_frames[0]) && !rc;
	     i++) {
		rc = to_pfn(m, "a frame of its GDT", ctx->gdt_frames[i], &pfn);
		ctx->gdt_frames[i] = pfn;
		if (!rc)
			m->wanted[pfn] = SAVE_CONTENTS;
	}
	return rc;
}

static int translate(struct save_state *s, struct save_memory *m, struct save_vcpu *v)
{
	vcpu_guest_context_x86_64_t *ctx = &v->context.x64;
	uint64_t pfn;
	int rc;

	if (!v->id) {
		rc = to_pfn(m, "its start info", ctx->user_regs.rdx, &s->start_info_pfn);
		if (rc)
			return rc;
		ctx->user_regs.rdx = s->start_info_pfn;
	}
	rc = translate_gdt(m, ctx);
	if (!rc)
		rc = to_pfn(m, "its root page table", ctx->ctrlreg[3] >> 12, &pfn);
	if (rc)
		return rc;
	ctx->ctrlreg[3] = pfn << 12;
	if (!ctx->ctrlreg[1])
		return 0;
	rc = to_pfn(m, "its second root page table", ctx->ctrlreg[1] >> 12, &pfn);
	ctx->ctrlreg[1] = pfn << 12 | 1; /* libxenguest's mark for "there is one" */
	return rc;
}

static int open_vcpu(struct save_memory *m, struct save_vcpu *v)
{
	xc_vcpuinfo_t info;

	if (xc_vcpu_getinfo(m->ctx->xch, m->domid, v->id, &info))
		return fail(m, "asking for the state of its vCPUs");
	v->is_online = info.online;
	if (!info.online && v->id)
		return 0;
	if (xc_vcpu_getcontext(m->ctx->xch, m->domid, v->id, &v->context))
		return fail(m, "asking for the state of its vCPUs");
	return 0;
}

int save_state_open(struct save_state *s, struct save_memory *m)
{
	unsigned int width;
	uint32_t i;
	int rc = 0;

	if (xc_domain_get_guest_width(m->ctx->xch, m->domid, &width))
		return fail(m, "asking for its kind");
	if (width != 8)
		return chaos_error_set(m->err, CHAOS_CONFIG, EINVAL,
				       "cannot save domain %u: a guest of 32 bits is not supported",
				       m->domid);
	s->vcpus = calloc(s->nr_vcpus, sizeof(*s->vcpus));
	if (!s->vcpus)
		return fail(m, "reading its vCPUs");
	for (i = 0; i < s->nr_vcpus && !rc; i++) {
		s->vcpus[i].id = i;
		rc = open_vcpu(m, &s->vcpus[i]);
	}
	return rc;
}

int save_state_translate(struct save_state *s, struct save_memory *m)
{
	uint32_t i;
	int rc = 0;

	for (i = 0; i < s->nr_vcpus && !rc; i++)
		if (s->vcpus[i].is_online || !i)
			rc = translate(s, m, &s->vcpus[i]);
	return rc;
}

/* An argument of the hypercall by which it has suspended. */
uint64_t save_state_start_info(const struct save_state *s)
{
	return s->vcpus[0].context.x64.user_regs.rdx;
}

void save_state_close(struct save_state *s)
{
	free(s->vcpus);
}

/* ---- before the memory ---- */

static int write_some_policy(struct save_memory *m, unsigned int nr_pages, struct stream_writer *w)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_get_cpu_policy, .domain = (domid_t)m->domid };
	xen_cpuid_leaf_t *leaves;
	xen_msr_entry_t *msrs;
	int rc = -1, e;

	leaves = xencall_alloc_buffer_pages(m->ctx->xcall, nr_pages);
	msrs = xencall_alloc_buffer(m->ctx->xcall, MAX_MSRS * sizeof(*msrs));
	if (!leaves || !msrs)
		goto out;
	op.u.cpu_policy.nr_leaves = (uint32_t)(nr_pages * STREAM_PAGE / sizeof(*leaves));
	op.u.cpu_policy.nr_msrs = MAX_MSRS;
	set_xen_guest_handle_raw(op.u.cpu_policy.leaves, leaves);
	set_xen_guest_handle_raw(op.u.cpu_policy.msrs, msrs);
	rc = xc_domctl(m->ctx->xch, &op);
	if (!rc && op.u.cpu_policy.nr_leaves)
		rc = stream_write_record(w, STREAM_CPUID_POLICY, NULL, 0, leaves,
					 op.u.cpu_policy.nr_leaves * sizeof(*leaves));
	if (!rc && op.u.cpu_policy.nr_msrs)
		rc = stream_write_record(w, STREAM_MSR_POLICY, NULL, 0, msrs,
					 op.u.cpu_policy.nr_msrs * sizeof(*msrs));
out:
	e = errno;
	xencall_free_buffer(m->ctx->xcall, msrs);
	xencall_free_buffer_pages(m->ctx->xcall, leaves, nr_pages);
	errno = e;
	return rc;
}

/* As many leaves as there are in Xen 4.17 take one page, which costs less than more of them. */
static int write_policy(struct save_memory *m, struct stream_writer *w)
{
	int rc;

	rc = write_some_policy(m, 1, w);
	if (rc && errno == ENOBUFS)
		rc = write_some_policy(m, 8, w);
	return rc ? fail(m, "saving its CPU policy") : 0;
}

int save_state_write_static(struct save_state *s, struct save_memory *m, struct stream_writer *w)
{
	const struct stream_pv_info info = { .width = 8, .levels = PV_LEVELS };
	int rc;

	(void)s;
	if (stream_write_record(w, STREAM_PV_INFO, NULL, 0, &info, sizeof(info)))
		return fail(m, "writing what it is");
	rc = write_policy(m, w);
	if (!rc && stream_write_record(w, STREAM_STATIC_DATA_END, NULL, 0, NULL, 0))
		rc = fail(m, "writing what it is");
	return rc;
}

/* ---- behind it ---- */

static int write_tsc(struct save_memory *m, struct stream_writer *w)
{
	struct stream_tsc_info tsc = { 0 };

	if (xc_domain_get_tsc_info(m->ctx->xch, m->domid, &tsc.mode, &tsc.nsec, &tsc.khz,
				   &tsc.incarnation) ||
	    stream_write_record(w, STREAM_TSC_INFO, NULL, 0, &tsc, sizeof(tsc)))
		return fail(m, "saving its clock");
	return 0;
}

static int write_extended(struct save_memory *m, const struct stream_vcpu *head,
			  struct stream_writer *w)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_get_ext_vcpucontext,
				 .domain = (domid_t)m->domid };

	op.u.ext_vcpucontext.vcpu = head->vcpu_id;
	if (xc_domctl(m->ctx->xch, &op))
		return -1;
	if (!op.u.ext_vcpucontext.size)
		return 0;
	return stream_write_record(w, STREAM_VCPU_EXTENDED, head, sizeof(*head),
				   &op.u.ext_vcpucontext, op.u.ext_vcpucontext.size);
}

/* One of the two states whose size Xen has to be asked for first. */
static int write_sized(struct save_memory *m, const struct stream_vcpu *head, bool is_xsave,
		       struct stream_writer *w)
{
	struct xen_domctl op = { .domain = (domid_t)m->domid };
	size_t size;
	void *buf;
	int rc;

	op.cmd = is_xsave ? XEN_DOMCTL_getvcpuextstate : XEN_DOMCTL_get_vcpu_msrs;
	if (is_xsave)
		op.u.vcpuextstate.vcpu = head->vcpu_id;
	else
		op.u.vcpu_msrs.vcpu = head->vcpu_id;
	if (xc_domctl(m->ctx->xch, &op))
		return -1;
	size = is_xsave ? op.u.vcpuextstate.size :
			  op.u.vcpu_msrs.msr_count * sizeof(xen_domctl_vcpu_msr_t);
	if (!size || (is_xsave && !op.u.vcpuextstate.xfeature_mask))
		return 0;
	buf = xencall_alloc_buffer(m->ctx->xcall, size);
	if (!buf)
		return -1;
	if (is_xsave)
		set_xen_guest_handle_raw(op.u.vcpuextstate.buffer, buf);
	else
		set_xen_guest_handle_raw(op.u.vcpu_msrs.msrs, buf);
	rc = xc_domctl(m->ctx->xch, &op);
	size = is_xsave ? op.u.vcpuextstate.size :
			  op.u.vcpu_msrs.msr_count * sizeof(xen_domctl_vcpu_msr_t);
	if (!rc && size)
		rc = stream_write_record(w, is_xsave ? STREAM_VCPU_XSAVE : STREAM_VCPU_MSRS, head,
					 sizeof(*head), buf, size);
	xencall_free_buffer(m->ctx->xcall, buf);
	return rc;
}

static int write_vcpu(struct save_memory *m, const struct save_vcpu *v, struct stream_writer *w)
{
	const struct stream_vcpu head = { .vcpu_id = v->id };

	if (stream_write_record(w, STREAM_VCPU_BASIC, &head, sizeof(head), &v->context.x64,
				sizeof(v->context.x64)) ||
	    write_extended(m, &head, w) || write_sized(m, &head, true, w) ||
	    write_sized(m, &head, false, w))
		return fail(m, "saving its vCPUs");
	return 0;
}

int save_state_write(struct save_state *s, struct save_memory *m, struct stream_writer *w)
{
	unsigned int i;
	int rc;

	rc = write_tsc(m, w);
	if (!rc && stream_write_record(w, STREAM_SHARED_INFO, NULL, 0, m->shared_info, STREAM_PAGE))
		rc = fail(m, "writing its shared info");
	for (i = 0; i < s->nr_vcpus && !rc; i++)
		/* The first one is in every stream, whatever the guest has made of it. */
		if (s->vcpus[i].is_online || !i)
			rc = write_vcpu(m, &s->vcpus[i], w);
	return rc;
}
