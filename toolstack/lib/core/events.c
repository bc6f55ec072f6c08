// SPDX-License-Identifier: LGPL-2.1-only
/* Life-cycle events, of one domain or of all, as the module tells them. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "core/internal.h"

static const struct {
	uint16_t record;
	enum chaos_event_type type;
	const char *name;
} types[] = {
	{ NOXS_EVENT_LOST, CHAOS_EVENT_LOST, "lost" },
	{ NOXS_EVENT_ATTACHED, CHAOS_EVENT_CREATED, "created" },
	{ NOXS_EVENT_READY, CHAOS_EVENT_READY, "ready" },
	{ NOXS_EVENT_ANSWER, CHAOS_EVENT_ANSWER, "answer" },
	{ NOXS_EVENT_DEV_FAILED, CHAOS_EVENT_DEV_FAILED, "device-failed" },
	{ NOXS_EVENT_SHUTDOWN, CHAOS_EVENT_SHUTDOWN, "shutdown" },
	{ NOXS_EVENT_DYING, CHAOS_EVENT_DYING, "dying" },
	{ NOXS_EVENT_GONE, CHAOS_EVENT_GONE, "destroyed" },
	{ NOXS_EVENT_DETACHED, CHAOS_EVENT_DETACHED, "detached" },
};

#define NR_TYPES (sizeof(types) / sizeof(types[0]))

void chaos_event_convert(const struct noxs_ioc_event *in, struct chaos_event *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	out->type = CHAOS_EVENT_OTHER;
	for (i = 0; i < NR_TYPES; i++)
		if (types[i].record == in->type)
			out->type = types[i].type;
	out->domid = in->domid;
	out->code = in->code;
	out->arg = in->arg;
	out->time_ns = in->time_ns;
	out->exit_status = chaos_exit_status(in->type == NOXS_EVENT_SHUTDOWN ? in->detail : 0);
	out->is_logged = in->type == NOXS_EVENT_ATTACHED && in->arg & NOXS_KEEP_LOG;
}

const char *chaos_event_name(const struct chaos_event *event)
{
	enum chaos_event_type type = event->type;
	size_t i;

	if (type == CHAOS_EVENT_SHUTDOWN &&
	    (event->code == SHUTDOWN_crash || event->code == SHUTDOWN_watchdog))
		return "crashed";
	for (i = 0; i < NR_TYPES; i++)
		if (types[i].type == type)
			return types[i].name;
	return "other";
}

int chaos_events_open(struct chaos_ctx *ctx, struct chaos_error *err)
{
	int fd, rc;

	rc = chaos_module_open(ctx, err);
	if (rc)
		return rc;
	fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && !chaos_module_subscribe(ctx, fd, NOXS_DOMID_NONE))
		return fd;
	rc = chaos_error_set(err, chaos_code_of_errno(errno), errno,
			     "cannot subscribe to events: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int chaos_events_read(int fd, struct chaos_event *events, unsigned int count)
{
	struct noxs_ioc_event records[64];
	unsigned int i, max = sizeof(records) / sizeof(records[0]);
	ssize_t n;

	if (count > max)
		count = max;
	n = read(fd, records, count * sizeof(records[0]));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (i = 0; i < (size_t)n / sizeof(records[0]); i++)
		chaos_event_convert(&records[i], &events[i]);
	return (int)i;
}
