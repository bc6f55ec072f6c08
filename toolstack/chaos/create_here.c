// SPDX-License-Identifier: GPL-2.0-only
/* The half of chaos create that builds the guest in this process. */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "create.h"
#include "json_out.h"

/* A guest whose log nobody keeps is not the one that was asked for. */
static int create_check_log(struct call *call, const struct create_request *request,
			    const struct chaos_config *cfg)
{
	int fd, rc = chaos_client_open(request->socket_path, &fd, &call->err);

	if (rc < 0)
		return rc;
	if (rc) {
		(void)close(fd); /* nothing was said */
		return 0;
	}
	call->err.code = CHAOS_ENVIRONMENT;
	(void)snprintf(
		call->err.text, sizeof(call->err.text),
		"chaosd is not running, and it keeps the log that \"%s\" is to have: start it (systemctl start chaosd), or give log=0",
		cfg->name);
	return -(int)CHAOS_ENVIRONMENT;
}

/* As much of it as can be: what is in the way is part of what is told. */
int create_dry_run(struct call *call, const struct chaos_config_source *src,
		   const struct create_request *request)
{
	struct chaos_config *cfg;
	struct chaos_plan *plan;
	int rc = chaos_config_load(&cfg, src, &call->err);

	if (rc)
		return rc;
	cfg->builder = request->builder;
	rc = chaos_plan_begin(cfg, &plan, &call->err);
	if (!rc) {
		if (call_open(call) || chaos_plan_finish(call->ctx, plan, &call->err) ||
		    chaos_plan_check(call->ctx, plan, &call->err) ||
		    (cfg->is_logged && create_check_log(call, request, cfg)))
			json_plan(plan, call->err.text);
		else
			json_plan(plan, NULL);
		chaos_plan_free(plan);
	}
	chaos_config_free(cfg);
	return rc;
}

static sigset_t deferred(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

void signals_undefer(void)
{
	const sigset_t set = deferred();

	(void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* cannot fail with these arguments */
}

int signals_defer(void)
{
	const sigset_t set = deferred();
	int fd;

	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		(void)sigprocmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
	return fd;
}

static void create_tell_never(const struct chaos_config_source *src, const char *name)
{
	char text[480];

	chaos_ready_never(name, text, sizeof(text));
	if (src->warn)
		src->warn(src->opaque, text);
}

int create_here(struct call *call, const struct chaos_config_source *src,
		const struct create_request *request, struct chaos_created *created,
		struct chaos_config **out)
{
	struct chaos_config *cfg;
	int cancel_fd, rc;

	rc = chaos_config_load(&cfg, src, &call->err);
	if (rc)
		return rc;
	cfg->builder = request->builder;
	rc = cfg->is_logged ? create_check_log(call, request, cfg) : 0;
	if (!rc)
		rc = call->ctx ? 0 : call_open(call);
	if (!rc) {
		cancel_fd = signals_defer();
		chaos_ctx_set_cancel(call->ctx, cancel_fd);
		rc = chaos_domain_create(call->ctx, cfg, &request->opts, created, &call->err);
		chaos_ctx_set_cancel(call->ctx, -1);
		if (cancel_fd >= 0)
			(void)close(cancel_fd); /* nothing was written to it */
	}
	if (!rc && created->is_never_ready)
		create_tell_never(src, cfg->name);
	if (rc)
		chaos_config_free(cfg);
	else
		*out = cfg;
	return rc;
}
