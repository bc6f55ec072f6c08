// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The target of a migration.  All that can be done before the source stops its guest is done by READY:
 * the domain is there, with its name and its memory, and its devices have been made once, and taken
 * away again, as their control page is yet to come.
 *
 * Until it is COMPLETE the domain is nobody's: whoever finds it may destroy it (migrate_query.c does),
 * and so do we when anything fails.  From then on it is kept, whatever fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenforeignmemory.h>

#include "migrate/migrate_receive.h"
#include "save/restore.h"
#include "build/shell.h"

struct receiving {
	struct chaos_ctx *ctx;
	struct chaos_error *err;
	struct migrate_link link;
	struct migrate_prepare prepare;
	char *config, *overrides;
	size_t overrides_len;
	struct chaos_config *cfg;
	struct chaos_shell *shell;
	struct chaos_received *out;
};

/* ---- configuration ---- */

static int get_texts(struct receiving *r)
{
	size_t len;
	int rc;

	rc = migrate_get_text(&r->link, MIGRATE_CONFIG, &r->config, &len, r->err);
	if (!rc && strlen(r->config) != len)
		rc = chaos_error_set(r->err, CHAOS_FAILED, EPROTO,
				     "the source's configuration is damaged");
	if (!rc)
		rc = migrate_get_text(&r->link, MIGRATE_OVERRIDES, &r->overrides, &r->overrides_len,
				      r->err);
	if (!rc && r->overrides_len && r->overrides[r->overrides_len - 1])
		rc = chaos_error_set(r->err, CHAOS_FAILED, EPROTO,
				     "the source's settings are damaged");
	return rc;
}

static int load_config(struct receiving *r)
{
	struct chaos_config_source src = {
		.path = "the guest to receive",
		.strict = true,
		.trusts_disks = true, /* who sends it is root here */
	};
	const char *p = r->overrides, *end = p + r->overrides_len;
	const char **list;
	int rc;

	list = calloc(r->overrides_len + 1, sizeof(*list));
	if (!list)
		return chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	for (; p < end; p += strlen(p) + 1)
		list[src.nr_overrides++] = p;
	src.overrides = list;
	rc = restore_load_config(&src, r->config, &r->cfg, r->err);
	free(list);
	return rc;
}

/* ---- until READY ---- */

/* It is then found by it; and its guest will see that it is another. */
static int set_token(struct receiving *r)
{
	struct noxs_set_info info = {
		.domid = (uint16_t)r->shell->domid,
		.what = NOXS_SET_GEN_ID,
	};

	memcpy(info.gen_id, r->prepare.token, sizeof(info.gen_id));
	if (!chaos_noxs_set_info(r->ctx, &info))
		return 0;
	return chaos_error_set(r->err, chaos_code_of_errno(errno), errno,
			       "cannot identify domain %u: %s", r->shell->domid, strerror(errno));
}

/* An empty control page, and its grant. */
static int make_control_page(struct receiving *r)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(r->ctx->xch);
	struct pv_guest *g = r->shell->pv_guest;
	xen_pfn_t frames[2];
	char *pages;

	if (r->prepare.ctrl_gfn >= g->nr_pages)
		return chaos_error_set(
			r->err, CHAOS_FAILED, EPROTO,
			"the source's guest has its control page outside its memory");
	frames[0] = g->p2m[r->prepare.ctrl_gfn];
	frames[1] = g->grant_frame;
	pages = xenforeignmemory_map(fmem, g->domid, PROT_READ | PROT_WRITE, 2, frames, NULL);
	if (!pages)
		return chaos_error_set(r->err, chaos_code_of_errno(errno), errno,
				       "cannot map domain %u's control page: %s", g->domid,
				       strerror(errno));
	memset(pages, 0, NOXS_PAGE_SIZE);
	g->grants = (grant_entry_v1_t *)(pages + NOXS_PAGE_SIZE);
	pv_guest_write_grant(g, CHAOS_GREF_CONTROL, r->prepare.ctrl_gfn);
	g->grants = NULL;
	(void)xenforeignmemory_unmap(fmem, pages, 2); /* fails for bad arguments only */
	return 0;
}

/* What is in use, or missing here, shows while the guest still runs there. */
static int try_devices(struct receiving *r)
{
	struct noxs_ioc_create arg = {
		.domid = (uint16_t)r->shell->domid,
		.ctrl_gfn = r->prepare.ctrl_gfn,
		.ctrl_gref = CHAOS_GREF_CONTROL,
		.ctrl_port = CHAOS_PORT_CONTROL,
	};
	int rc;

	rc = make_control_page(r);
	if (!rc)
		rc = chaos_module_attach(r->ctx, &arg, r->shell->plan->devices, r->err);
	if (!rc)
		rc = chaos_saved_disks_check(r->ctx, r->shell->domid, r->shell->plan->devices,
					     r->err);
	if (!rc && chaos_module_detach(r->ctx, r->shell->domid))
		rc = chaos_error_set(r->err, CHAOS_FAILED, errno,
				     "cannot detach domain %u's devices: %s", r->shell->domid,
				     strerror(errno));
	return rc;
}

static int prepare(struct receiving *r)
{
	struct migrate_ready ready = { 0 };
	int rc;

	rc = get_texts(r);
	if (!rc)
		rc = load_config(r);
	if (!rc)
		rc = chaos_shell_make(r->ctx, r->cfg, NULL, &r->shell, &r->out->created.timing,
				      r->err);
	if (rc)
		return rc;
	r->out->created.domid = ready.domid = r->shell->domid;
	migrate_host_id(ready.host);
	rc = set_token(r);
	if (!rc)
		rc = try_devices(r);
	return rc ? rc : migrate_send(&r->link, MIGRATE_READY, &ready, sizeof(ready), r->err);
}

/* ---- the guest ---- */

static int read_guest(struct receiving *r)
{
	struct stream_reader reader = {
		.is_connection = true,
		.cancel_fd = r->link.cancel_fd,
	};
	char *config = NULL;
	int rc;

	rc = stream_reader_init(&reader, r->link.in, &config, r->err);
	if (!rc && (strcmp(config, r->config) || reader.header.ctrl_gfn != r->prepare.ctrl_gfn))
		rc = chaos_error_set(
			r->err, CHAOS_CONFIG, EINVAL,
			"the guest's memory or devices have changed while it was being migrated: try again");
	if (!rc)
		rc = restore_fill(r->shell, &reader, &r->out->created.timing, r->err);
	if (!rc && !stream_reader_is_drained(&reader))
		rc = chaos_error_set(r->err, CHAOS_FAILED, EPROTO,
				     "the source says more than the guest it saved");
	stream_reader_fini(&reader);
	free(config);
	return rc;
}

static int load(struct receiving *r)
{
	union migrate_body body;
	int rc;

	rc = migrate_get(&r->link, 1U << MIGRATE_STREAM, r->prepare.suspend_ms + MIGRATE_STEP_MS,
			 NULL, &body, r->err);
	if (rc)
		return rc;
	r->out->stop_ns = r->shell->last_ns = chaos_now_ns();
	rc = read_guest(r);
	r->out->load_ns = chaos_now_ns() - r->out->stop_ns;
	if (!rc)
		rc = chaos_shell_attach(r->shell, &r->out->created.timing, r->err);
	if (!rc && chaos_module_subscribe(r->ctx, r->ctx->noxs_fd, r->shell->domid))
		rc = chaos_error_set(r->err, CHAOS_FAILED, errno,
				     "cannot subscribe to domain %u: %s", r->shell->domid,
				     strerror(errno));
	return rc;
}

/* ---- its change of hands ---- */

static int commit(struct receiving *r)
{
	union migrate_body body;
	int rc;

	rc = migrate_send(&r->link, MIGRATE_LOADED, NULL, 0, r->err);
	if (!rc)
		rc = migrate_get(&r->link, 1U << MIGRATE_GO, MIGRATE_STEP_MS, NULL, &body, r->err);
	return rc ? rc : chaos_shell_commit(r->shell, r->err);
}

static bool ends_wait(const struct noxs_ioc_event *event)
{
	return event->type != NOXS_EVENT_ATTACHED && event->type != NOXS_EVENT_ANSWER;
}

static int wait_ready(struct receiving *r)
{
	struct noxs_ioc_event record;
	struct chaos_event event;
	int rc;

	do {
		rc = chaos_module_wait(r->ctx, r->shell->domid, CHAOS_READY_TIMEOUT_MS, ends_wait,
				       &record);
		if (!rc)
			return chaos_ready_timeout(r->cfg->name, CHAOS_READY_TIMEOUT_MS, r->err);
		if (rc < 0)
			return chaos_error_set(r->err, CHAOS_FAILED, errno,
					       "waiting for \"%s\": %s", r->cfg->name,
					       strerror(errno));
		chaos_event_convert(&record, &event);
		rc = chaos_ready_verdict(r->cfg->name, &event, r->err);
	} while (!rc);
	return rc > 0 ? 0 : rc;
}

/*
 * A connection that has ended now is the source's to notice.  A query may have found the domain
 * COMPLETE but not running yet, and have let it run (EINVAL: it is not paused).
 */
static int run(struct receiving *r)
{
	struct chaos_timing *t = &r->out->created.timing;
	struct migrate_ended ended = { .load_ns = r->out->load_ns, .devices_ns = t->devices_ns };
	int rc;

	rc = chaos_shell_run(r->shell, true, t, r->err);
	if (rc && r->err->os_errno != EINVAL)
		return rc;
	r->out->stop_ns = chaos_now_ns() - r->out->stop_ns;
	(void)migrate_send(&r->link, MIGRATE_RUNS, NULL, 0, NULL);
	rc = wait_ready(r);
	chaos_lap(&r->shell->last_ns, &t->guest_ns);
	r->out->created.is_ready = !rc;
	ended.ready_ns = t->guest_ns;
	if (rc) {
		ended.code = r->err->code;
		chaos_text_put(ended.text, sizeof(ended.text), r->err->text);
	}
	(void)migrate_send(&r->link, MIGRATE_ENDED, &ended, sizeof(ended), NULL);
	return rc;
}

/* ---- all of it ---- */

/* By then there is nothing of the guest here. */
static void tell_error(struct receiving *r)
{
	struct migrate_error e = {
		.code = r->err->code,
		.os_errno = (uint32_t)r->err->os_errno,
	};

	chaos_text_put(e.text, sizeof(e.text), r->err->text);
	r->link.cancel_fd = -1;
	r->out->is_told = !migrate_send(&r->link, MIGRATE_ERROR, &e, sizeof(e), NULL);
}

static int receive(struct receiving *r, struct chaos_config **made)
{
	int rc;

	rc = prepare(r);
	if (!rc)
		rc = load(r);
	if (!rc)
		rc = commit(r);
	if (rc) {
		chaos_shell_discard(r->shell, r->ctx);
		tell_error(r);
		return rc;
	}
	r->link.cancel_fd = -1;
	rc = run(r);
	chaos_shell_free(r->shell);
	*made = r->cfg;
	r->cfg = NULL;
	return rc;
}

int chaos_migrate_receive(struct chaos_ctx *ctx, int in, int out, struct chaos_received *received,
			  struct chaos_config **made, struct chaos_error *err)
{
	struct chaos_error own;
	struct receiving r = {
		.ctx = ctx,
		.err = err ? err : &own,
		.link = { .in = in, .out = out, .cancel_fd = ctx->cancel_fd, .peer = "source" },
		.out = received,
	};
	uint64_t start_ns = chaos_now_ns();
	union migrate_body body;
	enum migrate_type type;
	int rc;

	*made = NULL;
	memset(received, 0, sizeof(*received));
	rc = migrate_hello(&r.link, r.err);
	if (!rc)
		rc = migrate_get(&r.link, 1U << MIGRATE_PREPARE | 1U << MIGRATE_QUERY,
				 MIGRATE_STEP_MS, &type, &body, r.err);
	if (!rc && type == MIGRATE_QUERY) {
		received->has_answered = true;
		rc = migrate_answer(ctx, &r.link, &body.query, r.err);
	} else if (!rc) {
		r.prepare = body.prepare;
		rc = receive(&r, made);
	}
	free(r.config);
	free(r.overrides);
	chaos_config_free(r.cfg);
	received->created.timing.total_ns = chaos_now_ns() - start_ns;
	return rc;
}
