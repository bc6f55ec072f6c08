// SPDX-License-Identifier: GPL-2.0-only
/*
 * What verbs that ask Xen themselves do: the context, and finding a domain.  The context is not closed:
 * the end of the process gives back all it holds at once, and unmapping its buffers one by one before that
 * costs a paravirtual Dom0 more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "reap.h"

int call_open(struct call *call)
{
	int rc = chaos_ctx_open(&call->ctx, &call->err);

	if (!rc)
		chaos_ctx_set_counter(call->ctx, &chaos_calls);
	return rc;
}

int call_find(struct call *call, const char *who, struct chaos_dominfo *info)
{
	int rc = call->ctx ? 0 : call_open(call);

	if (!rc)
		rc = chaos_domain_find(call->ctx, who, info, &call->err);
	return rc;
}

int call_find_all(struct call *call, char **who, int nr, struct chaos_dominfo **infos)
{
	int i, rc = 0;

	*infos = calloc((size_t)nr, sizeof(**infos));
	if (!*infos)
		return call_failed(call, call->verb->name);
	for (i = 0; i < nr && !rc; i++)
		rc = call_find(call, who[i], &(*infos)[i]);
	if (rc)
		free(*infos);
	return rc;
}

void call_warn_log(const struct chaos_config *cfg)
{
	int fd, rc = cfg->is_logged ? chaos_client_open(NULL, &fd, NULL) : -1;

	if (rc > 0)
		(void)close(fd); /* nothing was said */
	else if (cfg->is_logged)
		call_say("warning: nobody keeps the log of \"%s\" before chaosd is started",
			 cfg->name);
}

void call_leave(struct call *call)
{
	if (!call->ctx || call->is_reaper || !chaos_ends_are_unwatched(call->ctx))
		return;
	chaos_ctx_close(call->ctx);
	call->ctx = NULL;
	reaper_start();
}
