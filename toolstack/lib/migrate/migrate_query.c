// SPDX-License-Identifier: LGPL-2.1-only
/*
 * A source that has told a target to run its guest, and has heard no more, asks over a new connection.
 * The process that was told may be gone, or be about to do it.  Xen decides: a domain that is COMPLETE
 * is the target's and runs; one that is not is destroyed, and will never run.
 *
 *   1 the domain with the token is not COMPLETE
 *   2 pause it: what runs now was COMPLETE before
 *   3 look again
 *       COMPLETE   take the pause back: it is the target's
 *       BUILDING   destroy it: if the process makes it COMPLETE and unpauses it in between, our own
 *                  pause still holds, so that it does not run
 *
 * A process killed between COMPLETE and its unpause leaves a domain that has never run: let it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/migrate_receive.h"

#define DESTROY_TIMEOUT_MS 2000U

void migrate_host_id(uint8_t id[MIGRATE_ID_LEN])
{
	char text[CHAOS_UUID_STRLEN] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(id, 0, MIGRATE_ID_LEN);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1 ||
	    chaos_uuid_parse(text, id))
		memset(id, 0, MIGRATE_ID_LEN);
	close(fd);
}

struct search {
	struct chaos_ctx *ctx;
	const uint8_t *token;
	struct noxs_dev_page *page;
	bool is_found;
	struct chaos_dominfo info;
};

static void look(void *opaque, const struct chaos_dominfo *info)
{
	struct search *s = opaque;
	uint64_t frame;

	if (s->is_found || !info->is_ours || info->is_dying ||
	    chaos_noxs_get(s->ctx, info->domid, s->page, &frame))
		return;
	if (memcmp(s->page->hdr.gen_id, s->token, MIGRATE_ID_LEN))
		return;
	s->is_found = true;
	s->info = *info;
}

/* 0, or a negative chaos_code. */
static int search(struct search *s, struct chaos_error *err)
{
	s->is_found = false;
	return chaos_domain_each(s->ctx, look, s, err);
}

/* Steps 2 and 3. */
static int stop(struct search *s, enum migrate_verdict *verdict, struct chaos_error *err)
{
	uint32_t domid = s->info.domid;
	int rc;

	rc = chaos_domain_pause(s->ctx, domid, err);
	if (rc && rc != -(int)CHAOS_NO_DOMAIN)
		return rc;
	rc = search(s, err);
	if (rc || !s->is_found)
		return rc; /* gone: who made it has given up */
	if (s->info.state != CHAOS_STATE_INCOMPLETE) {
		(void)chaos_domain_unpause(s->ctx, domid, NULL); /* fails if it has gone since */
		*verdict = MIGRATE_IS_RUN;
		return search(s, err);
	}
	rc = chaos_domain_destroy(s->ctx, domid, DESTROY_TIMEOUT_MS, err);
	/* It is as good as gone when who made it still holds its memory. */
	if (rc && rc != -(int)CHAOS_TIMEOUT && rc != -(int)CHAOS_NO_DOMAIN)
		return rc;
	*verdict = MIGRATE_STOPPED;
	return 0;
}

static int settle(struct search *s, enum migrate_verdict *verdict, struct chaos_error *err)
{
	int rc;

	*verdict = MIGRATE_UNKNOWN;
	rc = search(s, err);
	if (rc || !s->is_found)
		return rc;
	if (s->info.state != CHAOS_STATE_INCOMPLETE)
		*verdict = MIGRATE_IS_RUN;
	else
		rc = stop(s, verdict, err);
	if (!rc && *verdict == MIGRATE_IS_RUN && s->is_found && s->info.is_paused &&
	    !s->info.cpu_time_ns)
		(void)chaos_domain_unpause(s->ctx, s->info.domid, NULL); /* or its maker has */
	return rc;
}

int migrate_answer(struct chaos_ctx *ctx, struct migrate_link *l, const struct migrate_query *query,
		   struct chaos_error *err)
{
	struct search s = { .ctx = ctx, .token = query->token, .page = malloc(sizeof(*s.page)) };
	struct migrate_answer answer = { 0 };
	enum migrate_verdict verdict;
	int rc;

	if (!s.page)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = chaos_module_open(ctx, err);
	if (!rc)
		rc = settle(&s, &verdict, err);
	free(s.page);
	if (rc)
		return rc;
	migrate_host_id(answer.host);
	answer.verdict = verdict;
	return migrate_send(l, MIGRATE_ANSWER, &answer, sizeof(answer), err);
}
