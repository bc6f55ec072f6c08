// SPDX-License-Identifier: LGPL-2.1-only
/* The noxs module's control device: opening it, detaching, and waiting for events. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/internal.h"

static int module_missing(struct chaos_ctx *ctx, int e, struct chaos_error *err)
{
	if (e == EACCES || e == EPERM)
		return chaos_error_set(err, CHAOS_PERMISSION, e,
				       "no access to " NOXS_DEVICE ": run this as root");
	if (chaos_noxs_version(ctx) < 0)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, errno,
			"this Xen has no noxs: boot the patched hypervisor (see 'chaos doctor')");
	return chaos_error_set(err, CHAOS_ENVIRONMENT, e,
			       "no " NOXS_DEVICE ": load the module (modprobe noxs)");
}

static int module_check(int fd, uint32_t *flags, struct chaos_error *err)
{
	struct noxs_ioc_version v = { 0 };

	if (ioctl(fd, NOXS_IOC_VERSION, &v))
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       NOXS_DEVICE
				       ": %s; load the noxs module that came with this chaos",
				       strerror(errno));
	if (!v.xen_abi)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, ENOSYS,
			"this Xen has no noxs: boot the patched hypervisor (see 'chaos doctor')");
	if (v.uapi != NOXS_UAPI_VERSION || v.module_abi >> 16 != NOXS_ABI_MAJOR)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, EPROTO,
			"the noxs module speaks another version (%u, ABI %u.%u): load the one that came with this chaos",
			v.uapi, v.module_abi >> 16, v.module_abi & 0xffff);
	if (v.xen_abi >> 16 != NOXS_ABI_MAJOR)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, EPROTO,
			"Xen speaks noxs ABI %u.%u, this chaos %u.%u: use the versions that came together",
			v.xen_abi >> 16, v.xen_abi & 0xffff, NOXS_ABI_MAJOR, NOXS_ABI_MINOR);
	*flags = v.flags;
	return 0;
}

int chaos_module_old(int e, struct chaos_error *err)
{
	return chaos_error_set(
		err, CHAOS_ENVIRONMENT, e,
		"the noxs module is older than this chaos: load the one that came with it");
}

int chaos_module_open(struct chaos_ctx *ctx, struct chaos_error *err)
{
	int fd, rc;

	if (ctx->noxs_fd >= 0)
		return 0;
	fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return module_missing(ctx, errno, err);
	rc = module_check(fd, &ctx->module_flags, err);
	if (rc) {
		close(fd);
		return rc;
	}
	ctx->noxs_fd = fd;
	return 0;
}

int chaos_module_detach(struct chaos_ctx *ctx, uint32_t domid)
{
	struct noxs_ioc_destroy arg = { .domid = (uint16_t)domid };

	if (!ioctl(ctx->noxs_fd, NOXS_IOC_DESTROY, &arg) || errno == ENOENT || errno == ESRCH)
		return 0;
	return -1;
}

int chaos_module_subscribe(struct chaos_ctx *ctx, int fd, uint32_t domid)
{
	struct noxs_ioc_subscribe arg = { .domid = (uint16_t)domid };

	(void)ctx; /* a watch has a descriptor of its own */
	return ioctl(fd, NOXS_IOC_SUBSCRIBE, &arg);
}

/* The next record for domid: 1, or 0 when there is none now, -1 with errno. */
static int next_event(int fd, uint32_t domid, struct noxs_ioc_event *event)
{
	ssize_t n;

	for (;;) {
		n = read(fd, event, sizeof(*event));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		if ((size_t)n != sizeof(*event)) {
			errno = EPROTO;
			return -1;
		}
		if (event->domid == domid)
			return 1;
	}
}

int chaos_module_wait(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		      bool (*is_wanted)(const struct noxs_ioc_event *event),
		      struct noxs_ioc_event *event)
{
	uint64_t end = chaos_now_ns() + (uint64_t)timeout_ms * 1000000U;
	struct pollfd pfd[] = {
		{ .fd = ctx->noxs_fd, .events = POLLIN },
		{ .fd = ctx->cancel_fd, .events = POLLIN },
	};
	uint64_t now;
	int rc;

	for (;;) {
		while ((rc = next_event(ctx->noxs_fd, domid, event)) > 0)
			if (is_wanted(event))
				return 1;
		if (rc < 0)
			return -1;
		now = chaos_now_ns();
		if (now >= end)
			return 0;
		rc = poll(pfd, 2, (int)((end - now + 999999U) / 1000000U));
		if (rc < 0 && errno != EINTR)
			return -1;
		if (rc > 0 && pfd[1].revents) {
			errno = ECANCELED;
			return -1;
		}
	}
}
