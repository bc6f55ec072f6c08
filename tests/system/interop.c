// SPDX-License-Identifier: GPL-2.0
/*
 * interop - our files and libxenguest, which our streams are the format of.
 *
 * usage: interop save DOMID OURS FILE		libxenguest's stream, with the header that OURS begins with
 *        interop restore FILE NAME ADDRESS	restore our stream with libxenguest, and attach devices
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>
#include <xenguest.h>
#include <xenforeignmemory.h>
#include <xen/grant_table.h>

#include "noxs_ioctl.h"
#include "save/stream.h"

#define WAIT_MS	     10000
#define PAGES	     1024U /* the guests of these tests have 4 MiB */
#define GREF_CTRL    2U	   /* docs/architecture.md, conventions */
#define PORT_CONSOLE 1
#define PORT_CTRL    2

static xc_interface *xch;
static int noxs;

static int fail(const char *what)
{
	fprintf(stderr, "interop: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- save ---- */

static int suspend(void *data)
{
	struct noxs_ioc_request request = { .domid = *(uint16_t *)data,
					    .request = NOXS_SYSCTL_REQ_SUSPEND };
	struct noxs_ioc_subscribe subscribe = { .domid = request.domid };
	struct noxs_ioc_quiesce quiesce = { .domid = request.domid };
	struct pollfd p = { .fd = noxs, .events = POLLIN };
	struct noxs_ioc_event event = { 0 };

	if (ioctl(noxs, NOXS_IOC_SUBSCRIBE, &subscribe) || ioctl(noxs, NOXS_IOC_REQUEST, &request))
		return 0;
	while (event.type != NOXS_EVENT_SHUTDOWN)
		if (poll(&p, 1, WAIT_MS) != 1 || read(noxs, &event, sizeof(event)) < 0)
			return 0;
	return !ioctl(noxs, NOXS_IOC_QUIESCE, &quiesce);
}

static int copy_head(const char *from, int to)
{
	struct save_header header;
	char config[SAVE_MAX_CONFIG];
	int fd = open(from, O_RDONLY);

	if (fd < 0 || read(fd, &header, sizeof(header)) != sizeof(header) ||
	    read(fd, config, header.config_len) != (ssize_t)header.config_len ||
	    write(to, &header, sizeof(header)) != sizeof(header) ||
	    write(to, config, header.config_len) != (ssize_t)header.config_len)
		return -1;
	close(fd);
	return 0;
}

static int append_trailer(int fd, off_t start)
{
	struct save_trailer trailer = { .magic = SAVE_END_MAGIC };
	off_t end = lseek(fd, 0, SEEK_END);
	char *all = mmap(NULL, (size_t)end, PROT_READ, MAP_SHARED, fd, 0);

	if (all == MAP_FAILED)
		return -1;
	trailer.length = (uint64_t)(end - start);
	trailer.digest = xxhash_of(all + start, trailer.length);
	return write(fd, &trailer, sizeof(trailer)) == sizeof(trailer) ? 0 : -1;
}

static int save(uint16_t domid, const char *ours, const char *path)
{
	struct save_callbacks callbacks = { .suspend = suspend, .data = &domid };
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	off_t start;

	if (fd < 0 || copy_head(ours, fd))
		return fail(path);
	start = lseek(fd, 0, SEEK_CUR);
	if (xc_domain_save(xch, fd, domid, 0, &callbacks, XC_STREAM_PLAIN, -1))
		return fail("xc_domain_save");
	return append_trailer(fd, start) ? fail(path) : 0;
}

/* ---- restore ---- */

static uint64_t read_frame(uint32_t domid, xen_pfn_t frame, size_t offset)
{
	const char *page = xc_map_foreign_range(xch, domid, NOXS_PAGE_SIZE, PROT_READ, frame);
	uint64_t value = 0;

	if (!page)
		return 0;
	memcpy(&value, page + offset, sizeof(value));
	munmap((void *)page, NOXS_PAGE_SIZE);
	return value;
}

/* Where libxenguest has put our control page: what the guest's p2m list says. */
static xen_pfn_t find_ctrl(uint32_t domid, uint64_t gfn)
{
	vcpu_guest_context_any_t ctx;
	xen_pfn_t frame;
	uint64_t va;
	int shift;

	if (xc_vcpu_getcontext(xch, domid, 0, &ctx))
		return 0;
	va = read_frame(domid, ctx.x64.user_regs.rdx, offsetof(start_info_t, mfn_list)) + 8 * gfn;
	frame = ctx.x64.ctrlreg[3] >> 12;
	for (shift = 39; shift >= 12; shift -= 9)
		frame = (read_frame(domid, frame, (va >> shift & 511) * 8) & 0xffffffffff000) >> 12;
	return read_frame(domid, frame, va & 4095);
}

static int seed_grant(uint32_t domid, xen_pfn_t frame)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
	grant_entry_v1_t *table;
	void *addr = NULL;

	if (!fmem ||
	    !xenforeignmemory_map_resource(fmem, (domid_t)domid, XENMEM_resource_grant_table,
					   XENMEM_resource_grant_table_id_shared, 0, 1, &addr,
					   PROT_READ | PROT_WRITE, 0))
		return -1;
	table = addr;
	table[GREF_CTRL].frame = (uint32_t)frame;
	table[GREF_CTRL].domid = 0;
	table[GREF_CTRL].flags = GTF_permit_access;
	return xenforeignmemory_close(fmem);
}

static int attach(uint32_t domid, uint64_t ctrl_gfn, const char *name, const char *address)
{
	struct noxs_ioc_dev devs[2] = {
		{ .cls = NOXS_CLASS_SYSCTL, .fd = -1 },
		{ .cls = NOXS_CLASS_VIF, .fd = -1, .flags = NOXS_VIF_BRIDGE, .link = "xenbr0" },
	};
	struct noxs_ioc_create arg = {
		.domid = (uint16_t)domid,
		.nr_devs = 2,
		.flags = NOXS_CREATE_SET_INFO,
		.ctrl_gfn = ctrl_gfn,
		.ctrl_gref = GREF_CTRL,
		.ctrl_port = PORT_CTRL,
		.devs = (uintptr_t)devs,
		.info = { .what = NOXS_SET_NAME | NOXS_SET_STATE, .state = NOXS_DOM_COMPLETE },
	};
	static const uint8_t mac[6] = { 0x00, 0x16, 0x3e, 1, 2, 3 };

	strncpy(arg.info.name, name, sizeof(arg.info.name) - 1);
	memcpy(devs[1].config.vif.mac, mac, sizeof(mac));
	devs[1].config.vif.mtu = 1500;
	devs[1].config.vif.prefix = 24;
	devs[1].config.vif.ipv4 = inet_addr(address);
	return ioctl(noxs, NOXS_IOC_CREATE, &arg);
}

static int make_domain(uint32_t *domid)
{
	struct xen_domctl_createdomain create = {
		.max_vcpus = 1,
		.max_evtchn_port = 1023,
		.max_grant_frames = 32,
		.max_maptrack_frames = 0,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	*domid = 0;
	if (xc_domain_create(xch, domid, &create) || xc_domain_max_vcpus(xch, *domid, 1) ||
	    xc_domain_setmaxmem(xch, *domid, PAGES * 4))
		return -1;
	return xc_evtchn_alloc_unbound(xch, *domid, 0) == PORT_CONSOLE &&
			       xc_evtchn_alloc_unbound(xch, *domid, 0) == PORT_CTRL ?
		       0 :
		       -1;
}

static int fill(int fd, uint32_t domid, uint64_t ctrl_gfn, const char *name, const char *address)
{
	struct restore_callbacks callbacks = { 0 };
	unsigned long store, console;
	xen_pfn_t frame;

	if (xc_domain_restore(xch, fd, domid, 0, &store, 0, PORT_CONSOLE, &console, 0,
			      XC_STREAM_PLAIN, &callbacks, -1))
		return fail("xc_domain_restore");
	frame = find_ctrl(domid, ctrl_gfn);
	if (!frame || seed_grant(domid, frame))
		return fail("the control page");
	if (attach(domid, ctrl_gfn, name, address))
		return fail("attach");
	return xc_domain_unpause(xch, domid) ? fail("unpause") : 0;
}

static int restore(const char *path, const char *name, const char *address)
{
	struct save_header header;
	int fd = open(path, O_RDONLY), rc;
	uint32_t domid;

	if (fd < 0 || read(fd, &header, sizeof(header)) != sizeof(header) ||
	    lseek(fd, header.config_len, SEEK_CUR) < 0)
		return fail(path);
	if (make_domain(&domid))
		return fail("making a domain");
	rc = fill(fd, domid, header.ctrl_gfn, name, address);
	if (rc)
		(void)xc_domain_destroy(xch, domid);
	return rc;
}

int main(int argc, char **argv)
{
	static xentoollog_logger_stdiostream *log;

	log = xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
	xch = xc_interface_open((xentoollog_logger *)log, NULL, 0);
	noxs = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC);
	if (argc != 5 || !xch || noxs < 0)
		return fail("usage: interop save|restore ..., in Dom0");
	if (!strcmp(argv[1], "save"))
		return save((uint16_t)strtoul(argv[2], NULL, 10), argv[3], argv[4]);
	return restore(argv[2], argv[3], argv[4]);
}
