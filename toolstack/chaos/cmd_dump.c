// SPDX-License-Identifier: GPL-2.0-only
/* chaos dump-core */
#include <unistd.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

static int dump(struct call *call, const char *who, const char *path)
{
	struct chaos_dominfo info;
	uint64_t bytes = 0;
	int cancel_fd, rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	cancel_fd = signals_defer();
	chaos_ctx_set_cancel(call->ctx, cancel_fd);
	rc = chaos_domain_dump(call->ctx, &info, path, &bytes, &call->err);
	chaos_ctx_set_cancel(call->ctx, -1);
	if (cancel_fd >= 0)
		(void)close(cancel_fd); /* nothing was written to it */
	if (!rc && call->json)
		json_dumped(&info, path, bytes);
	return rc;
}

int cmd_dump_core(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 2, 2);
	if (!rc)
		rc = dump(&call, argv[optind], argv[optind + 1]);
	return call_end(&call, rc);
}
