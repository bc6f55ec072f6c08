// SPDX-License-Identifier: LGPL-2.1-only
/* The host: what Xen has, and which versions of everything are there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/internal.h"

/* The ABI of the module, 0 without one; it is not needed to look at the host. */
static uint32_t module_abi(void)
{
	struct noxs_ioc_version v = { 0 };
	int fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (ioctl(fd, NOXS_IOC_VERSION, &v))
		v.module_abi = 0;
	close(fd);
	return v.module_abi;
}

int chaos_host_info(struct chaos_ctx *ctx, struct chaos_host *host, struct chaos_error *err)
{
	xen_extraversion_t extra = { 0 };
	xc_physinfo_t phys = { 0 };
	int version;
	long abi;

	memset(host, 0, sizeof(*host));
	version = xc_version(ctx->xch, XENVER_version, NULL);
	if (version < 0 || xc_version(ctx->xch, XENVER_extraversion, extra) < 0)
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot ask Xen its version: %s", strerror(errno));
	if (xc_physinfo(ctx->xch, &phys))
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot ask Xen about the host: %s%s", strerror(errno),
				       errno == EPERM ? "; run this in the control domain" : "");
	host->xen_major = (unsigned int)version >> 16;
	host->xen_minor = (unsigned int)version & 0xffff;
	memcpy(host->xen_extra, extra, sizeof(extra));
	host->xen_extra[sizeof(extra) - 1] = '\0';
	abi = chaos_noxs_version(ctx);
	host->xen_abi = abi > 0 ? (uint32_t)abi : 0;
	host->module_abi = module_abi();
	host->toolstack_abi = NOXS_ABI_VERSION;
	host->nr_cpus = phys.nr_cpus;
	host->total_memory_kib = phys.total_pages * (NOXS_PAGE_SIZE >> 10);
	host->free_memory_kib = phys.free_pages * (NOXS_PAGE_SIZE >> 10);
	host->scrub_memory_kib = phys.scrub_pages * (NOXS_PAGE_SIZE >> 10);
	return 0;
}
