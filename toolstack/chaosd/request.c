// SPDX-License-Identifier: GPL-2.0-only
/* What clients ask for, one handler each.  The request has been checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaosd.h"

struct asked {
	struct chaosd *d;
	struct client *client;
	const struct chaosd_request *r;
};

static void warn(void *opaque, const char *text)
{
	const struct asked *asked = opaque;
	struct chaos_error warning = { 0 };

	(void)snprintf(warning.text, sizeof(warning.text), "%s", text); /* cut is fine */
	client_text(asked->d, asked->client, CHAOSD_WARNING, &warning);
}

static int load_config(struct asked *asked, struct chaos_config **cfg, struct chaos_error *err)
{
	const struct chaosd_request *r = asked->r;
	struct chaos_config_source src = {
		.path = chaosd_request_path(r),
		.text = chaosd_request_text(r),
		.strict = r->flags & CHAOSD_STRICT,
		.warn = warn,
		.opaque = asked,
	};
	int rc;

	rc = chaos_config_load(cfg, &src, err);
	if (!rc && flavour_make_absolute(*cfg, chaosd_request_cwd(r))) {
		chaos_config_free(*cfg);
		*err = (struct chaos_error){ .code = CHAOS_RESOURCES, .text = "out of memory" };
		rc = -(int)CHAOS_RESOURCES;
	}
	return rc;
}

static void handle_create(struct asked *asked)
{
	const struct chaosd_request *r = asked->r;
	struct chaos_create_opts opts = {
		.no_wait = r->flags & CHAOSD_NO_WAIT,
		.paused = r->flags & CHAOSD_PAUSED,
		.timeout_ms = r->number,
	};
	struct chaos_config *cfg;
	uint64_t begin = now_ns();
	struct chaos_error err;

	if (load_config(asked, &cfg, &err))
		client_done(asked->d, asked->client, &err);
	else
		creation_begin(asked->d, asked->client, cfg, &opts, begin);
}

static void handle_pool_add(struct asked *asked)
{
	struct chaos_config *cfg;
	struct chaos_error err;
	int rc;

	rc = load_config(asked, &cfg, &err);
	if (!rc && asked->r->flags & CHAOSD_IMAGELESS)
		flavour_drop_image(cfg);
	if (!rc)
		rc = pool_add(asked->d, asked->r->pool, asked->r->number, cfg, &err);
	client_done(asked->d, asked->client, rc ? &err : NULL);
}

static void handle_pool_list(struct asked *asked)
{
	struct chaosd_pool reply;
	struct pool *pool;

	for (pool = asked->d->pools; pool; pool = pool_next(pool)) {
		pool_describe(pool, &reply.pool);
		(void)client_send(asked->d, asked->client, &reply.header, CHAOSD_POOL,
				  sizeof(reply));
	}
	client_done(asked->d, asked->client, NULL);
}

/* The pool that is named, or the error. */
static struct pool *asked_pool(struct asked *asked)
{
	struct chaos_error err = { .code = CHAOS_NO_DOMAIN };
	struct pool *pool = pool_find(asked->d, asked->r->pool);

	if (!pool) {
		(void)snprintf(err.text, sizeof(err.text),
			       "no pool \"%s\"; 'chaos pool list' shows those there are",
			       asked->r->pool);
		client_done(asked->d, asked->client, &err);
	}
	return pool;
}

static void handle_pool_resize(struct asked *asked)
{
	struct pool *pool = asked_pool(asked);
	unsigned int size = asked->r->header.type == CHAOSD_POOL_DRAIN ? 0 : asked->r->number;

	if (!pool)
		return;
	pool_resize(asked->d, pool, size);
	client_done(asked->d, asked->client, NULL);
}

static void handle_pool_remove(struct asked *asked)
{
	struct pool *pool = asked_pool(asked);

	if (!pool)
		return;
	pool_remove(asked->d, pool);
	client_done(asked->d, asked->client, NULL);
}

static void handle_prepare(struct asked *asked)
{
	struct pool *pool = asked_pool(asked);

	if (pool)
		pool_watch(asked->d, pool, asked->client);
}

static void handle_metrics(struct asked *asked)
{
	const size_t head = sizeof(struct chaosd_header);
	size_t len = 0;
	char *text = metrics_text(asked->d, &len);
	char *reply = text ? malloc(head + len) : NULL;
	struct chaos_error err = { .code = CHAOS_RESOURCES, .text = "out of memory" };

	if (!reply || head + len > CHAOSD_MAX_SIZE) {
		client_done(asked->d, asked->client, &err);
	} else {
		memcpy(reply + head, text, len);
		(void)client_send(asked->d, asked->client, (struct chaosd_header *)reply,
				  CHAOSD_TEXT, head + len);
		client_done(asked->d, asked->client, NULL);
	}
	free(reply);
	free(text);
}

static void (*const handlers[])(struct asked *asked) = {
	[CHAOSD_CREATE] = handle_create,	  [CHAOSD_POOL_ADD] = handle_pool_add,
	[CHAOSD_POOL_LIST] = handle_pool_list,	  [CHAOSD_POOL_RESIZE] = handle_pool_resize,
	[CHAOSD_POOL_DRAIN] = handle_pool_resize, [CHAOSD_POOL_REMOVE] = handle_pool_remove,
	[CHAOSD_PREPARE] = handle_prepare,	  [CHAOSD_METRICS] = handle_metrics,
};

void request_handle(struct chaosd *d, struct client *client, const struct chaosd_request *r)
{
	struct asked asked = { .d = d, .client = client, .r = r };

	handlers[r->header.type](&asked);
}
