// SPDX-License-Identifier: LGPL-2.1-only
/* Which domains there are and what they are doing, as Xen and the module say. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xen/sched.h>

#include "core/internal.h"

static enum chaos_state state_of(const struct noxs_dominfo *in)
{
	bool ours = in->flags & NOXS_DOMF_NOXS;

	if (in->flags & NOXS_DOMF_DYING)
		return CHAOS_STATE_DYING;
	if (ours && in->state == NOXS_DOM_BUILDING)
		return CHAOS_STATE_INCOMPLETE;
	/* A creation that died before it could claim the name: nothing is in it, it never ran. */
	if (!ours && in->flags & NOXS_DOMF_PAUSED && !in->tot_pages && !in->cpu_time_ns)
		return CHAOS_STATE_INCOMPLETE;
	if (ours && in->state == NOXS_DOM_SHELL)
		return CHAOS_STATE_SHELL;
	if (in->flags & NOXS_DOMF_SHUTDOWN)
		return in->reason == SHUTDOWN_crash   ? CHAOS_STATE_CRASHED :
		       in->reason == SHUTDOWN_suspend ? CHAOS_STATE_SUSPENDED :
							CHAOS_STATE_SHUTDOWN;
	if (in->flags & NOXS_DOMF_PAUSED)
		return CHAOS_STATE_PAUSED;
	if (in->flags & NOXS_DOMF_RUNNING)
		return CHAOS_STATE_RUNNING;
	return in->flags & NOXS_DOMF_BLOCKED ? CHAOS_STATE_BLOCKED : CHAOS_STATE_RUNNABLE;
}

static void convert(const struct noxs_dominfo *in, struct chaos_dominfo *out)
{
	memset(out, 0, sizeof(*out));
	out->domid = in->domid;
	out->state = state_of(in);
	out->is_ours = in->flags & NOXS_DOMF_NOXS;
	out->is_hvm = in->flags & NOXS_DOMF_HVM;
	out->is_running = in->flags & NOXS_DOMF_RUNNING;
	out->is_blocked = in->flags & NOXS_DOMF_BLOCKED;
	out->is_paused = in->flags & NOXS_DOMF_PAUSED;
	out->is_shutdown = in->flags & NOXS_DOMF_SHUTDOWN;
	out->is_dying = in->flags & NOXS_DOMF_DYING;
	out->shutdown_reason = in->reason;
	out->nr_devs = in->nr_devs;
	out->nr_vcpus = in->nr_vcpus;
	out->serial = in->serial;
	out->cpu_time_ns = in->cpu_time_ns;
	out->memory_kib = in->tot_pages * (NOXS_PAGE_SIZE >> 10);
	out->max_memory_kib = in->max_pages * (NOXS_PAGE_SIZE >> 10);
	memcpy(out->uuid, in->uuid, sizeof(out->uuid));
	memcpy(out->name, in->name, sizeof(out->name));
	out->name[sizeof(out->name) - 1] = '\0';
}

static int list_error(int e, struct chaos_error *err)
{
	switch (e) {
	case ENOSYS:
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, e,
			"this Xen has no noxs: boot the patched hypervisor (see 'chaos doctor')");
	case EPERM:
		return chaos_error_set(
			err, CHAOS_PERMISSION, e,
			"Xen does not let this domain see others: run this in the control domain");
	default:
		return chaos_error_set(err, chaos_code_of_errno(e), e, "cannot list domains: %s",
				       strerror(e));
	}
}

/* Calls visit() for every domain until it returns true. */
static int visit_domains(struct chaos_ctx *ctx,
			 bool (*visit)(const struct noxs_dominfo *info, void *opaque), void *opaque,
			 struct chaos_error *err)
{
	struct chaos_noxs_batch *batch;
	bool is_enough = false;
	int i, n, rc = 0;

	batch = chaos_noxs_batch_alloc(ctx);
	if (!batch)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	do {
		n = chaos_noxs_list(ctx, batch, CHAOS_NOXS_BATCH);
		if (n < 0)
			rc = list_error(errno, err);
		for (i = 0; i < n && !is_enough; i++)
			is_enough = visit(&batch->infos[i], opaque);
	} while (n >= 0 && !is_enough && batch->arg.first != NOXS_DOMID_NONE);
	chaos_noxs_batch_free(ctx, batch);
	return rc;
}

struct telling {
	void (*tell)(void *opaque, const struct chaos_dominfo *info);
	void *opaque;
};

static bool tell_one(const struct noxs_dominfo *raw, void *opaque)
{
	const struct telling *t = opaque;
	struct chaos_dominfo info;

	convert(raw, &info);
	t->tell(t->opaque, &info);
	return false;
}

int chaos_domain_each(struct chaos_ctx *ctx,
		      void (*tell)(void *opaque, const struct chaos_dominfo *info), void *opaque,
		      struct chaos_error *err)
{
	struct telling t = { .tell = tell, .opaque = opaque };

	return visit_domains(ctx, tell_one, &t, err);
}

struct listing {
	struct chaos_dominfo *infos;
	size_t count, room;
	bool is_out_of_memory;
};

static bool append(const struct noxs_dominfo *info, void *opaque)
{
	struct listing *list = opaque;
	struct chaos_dominfo *infos;

	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 16;
		infos = realloc(list->infos, list->room * sizeof(*infos));
		if (!infos) {
			list->is_out_of_memory = true;
			return true;
		}
		list->infos = infos;
	}
	convert(info, &list->infos[list->count++]);
	return false;
}

int chaos_domain_list(struct chaos_ctx *ctx, struct chaos_dominfo **out, struct chaos_error *err)
{
	struct listing list = { 0 };
	int rc;

	rc = visit_domains(ctx, append, &list, err);
	if (!rc && list.is_out_of_memory)
		rc = chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	if (rc) {
		free(list.infos);
		return rc;
	}
	*out = list.infos;
	return (int)list.count;
}

bool chaos_domain_look(struct chaos_ctx *ctx, uint32_t domid, struct chaos_dominfo *info)
{
	struct noxs_dominfo raw;

	if (chaos_noxs_dominfo(ctx, domid, &raw))
		return false;
	convert(&raw, info);
	return true;
}

struct search {
	const char *name;
	struct chaos_dominfo *info;
	bool is_found;
};

static bool match_name(const struct noxs_dominfo *info, void *opaque)
{
	struct search *search = opaque;

	if (strncmp(info->name, search->name, sizeof(info->name)))
		return false;
	convert(info, search->info);
	search->is_found = true;
	/* A dying one has given its name back: there may be a successor. */
	return !(info->flags & NOXS_DOMF_DYING);
}

static int no_domain(const char *who, struct chaos_error *err)
{
	return chaos_error_set(err, CHAOS_NO_DOMAIN, ESRCH,
			       "no domain \"%s\"; 'chaos list' shows those there are", who);
}

int chaos_domain_named(struct chaos_ctx *ctx, const char *name, struct chaos_dominfo *info,
		       struct chaos_error *err)
{
	struct search search = { .name = name, .info = info };
	int rc = *name ? visit_domains(ctx, match_name, &search, err) : 0;

	return rc || search.is_found ? rc : no_domain(name, err);
}

int chaos_domain_find(struct chaos_ctx *ctx, const char *who, struct chaos_dominfo *info,
		      struct chaos_error *err)
{
	struct noxs_dominfo raw;
	char *end;
	unsigned long domid;

	/* As 'list' shows it, whatever it is called in Xen. */
	if (!strcmp(who, "Domain-0"))
		who = "0";
	domid = strtoul(who, &end, 10);
	if (*who < '0' || *who > '9' || *end)
		return chaos_domain_named(ctx, who, info, err);
	if (domid >= DOMID_FIRST_RESERVED)
		errno = ESRCH;
	else if (!chaos_noxs_dominfo(ctx, (uint32_t)domid, &raw))
		return convert(&raw, info), 0;
	return errno == ESRCH ? no_domain(who, err) : list_error(errno, err);
}

const char *chaos_state_name(enum chaos_state state)
{
	static const char *const names[] = {
		[CHAOS_STATE_INCOMPLETE] = "incomplete", [CHAOS_STATE_SHELL] = "shell",
		[CHAOS_STATE_RUNNING] = "running",	 [CHAOS_STATE_BLOCKED] = "blocked",
		[CHAOS_STATE_RUNNABLE] = "runnable",	 [CHAOS_STATE_PAUSED] = "paused",
		[CHAOS_STATE_SHUTDOWN] = "shutdown",	 [CHAOS_STATE_CRASHED] = "crashed",
		[CHAOS_STATE_SUSPENDED] = "suspended",	 [CHAOS_STATE_DYING] = "dying",
	};

	return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

void chaos_state_flags(const struct chaos_dominfo *info, char flags[7])
{
	bool crashed = info->is_shutdown && info->shutdown_reason == SHUTDOWN_crash;

	flags[0] = info->is_running ? 'r' : '-';
	flags[1] = info->is_blocked ? 'b' : '-';
	flags[2] = info->is_paused ? 'p' : '-';
	flags[3] = info->is_shutdown ? 's' : '-';
	flags[4] = crashed ? 'c' : '-';
	flags[5] = info->is_dying ? 'd' : '-';
	flags[6] = '\0';
}
