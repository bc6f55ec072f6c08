/* SPDX-License-Identifier: MIT */
/* The noxs hypercall, called from Dom0 with the usual arguments, and verdicts.  See hypercall.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xencall.h>

#include "hypercall.h"

#define BUF_SIZE (256 * 1024)

xc_interface *xch;
xenforeignmemory_handle *fmem;
void *arg_buf, *buf_buf;
int failures;
static xencall_handle *xcall;

bool hypercall_open(void)
{
	xch = xc_interface_open(NULL, NULL, 0);
	xcall = xencall_open(NULL, 0);
	fmem = xenforeignmemory_open(NULL, 0);
	if (!xch || !xcall || !fmem)
		return false;
	arg_buf = xencall_alloc_buffer(xcall, BUF_SIZE);
	buf_buf = xencall_alloc_buffer(xcall, BUF_SIZE);
	return arg_buf && buf_buf;
}

void check(bool ok, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (ok) {
		printf("PASS: hypercall: %s\n", name);
		return;
	}
	failures++;
	printf("FAIL: hypercall: %s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

int noxs_raw(unsigned int op, void *arg, void *buf, unsigned int count)
{
	int rc = xencall4(xcall, __HYPERVISOR_noxs_op, op, (uintptr_t)arg, (uintptr_t)buf, count);

	return rc < 0 ? -errno : rc;
}

int noxs(unsigned int op, void *arg, size_t arg_size, void *buf, size_t buf_size,
	 unsigned int count)
{
	int rc;

	if (arg)
		memcpy(arg_buf, arg, arg_size);
	if (buf)
		memcpy(buf_buf, buf, buf_size);
	rc = noxs_raw(op, arg ? arg_buf : NULL, buf ? buf_buf : NULL, count);
	if (arg)
		memcpy(arg, arg_buf, arg_size);
	if (buf)
		memcpy(buf, buf_buf, buf_size);
	return rc;
}

void expect(int rc, int want, const char *name)
{
	check(rc == want, name, "got %d, want %d", rc, want);
}

void expect_bad_counts(unsigned int op, const char *name, void *arg, size_t size, unsigned int max)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s count 0", name);
	expect(noxs(op, arg, size, NULL, 0, 0), -EINVAL, text);
	(void)snprintf(text, sizeof(text), "%s count too large", name);
	expect(noxs(op, arg, size, NULL, 0, max + 1), -EINVAL, text);
	(void)snprintf(text, sizeof(text), "%s with buf", name);
	expect(noxs(op, arg, size, arg, size, 1), -EINVAL, text);
}

/* ---- the operations, with the usual arguments ---- */

int set_info(const struct noxs_set_info *info, unsigned int nr)
{
	return noxs(NOXS_OP_set_info, (void *)info, nr * sizeof(*info), NULL, 0, nr);
}

int set_name(uint32_t domid, const char *name)
{
	struct noxs_set_info info = { .domid = domid, .what = NOXS_SET_NAME };

	strncpy(info.name, name, sizeof(info.name) - 1);
	return set_info(&info, 1);
}

uint64_t serial_of(uint32_t domid)
{
	struct noxs_dominfo info = { 0 };

	return list_find(domid, &info) ? 0 : info.serial;
}

int dev_add(uint32_t domid, struct noxs_dev *devs, unsigned int nr)
{
	struct noxs_dev_op op = { .domid = domid };

	return noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, nr * sizeof(*devs), nr);
}

int dev_remove(uint32_t domid, struct noxs_dev_id *ids, unsigned int nr)
{
	struct noxs_dev_op op = { .domid = domid };

	return noxs(NOXS_OP_dev_remove, &op, sizeof(op), ids, nr * sizeof(*ids), nr);
}

int get(uint32_t domid, struct noxs_get *get, struct noxs_dev_page *page)
{
	memset(get, 0, sizeof(*get));
	get->domid = domid;
	return noxs(NOXS_OP_get, get, sizeof(*get), page, sizeof(*page), 0);
}

int list_find(uint32_t domid, struct noxs_dominfo *info)
{
	struct noxs_list list = { .first = domid };
	int rc = noxs(NOXS_OP_list, &list, sizeof(list), info, sizeof(*info), 1);

	if (rc < 0)
		return rc;
	return rc == 1 && info->domid == domid ? 0 : -ENOENT;
}

int events_drain(void)
{
	struct noxs_event ev[NOXS_EVENTS_MAX];
	int rc;

	do
		rc = noxs(NOXS_OP_next_event, ev, sizeof(ev), NULL, 0, NOXS_EVENTS_MAX);
	while (rc > 0);
	return rc;
}

bool event_wait(uint32_t domid, uint32_t flags, struct noxs_event *ev)
{
	for (int tries = 0; tries < 200; tries++) {
		int rc = noxs(NOXS_OP_next_event, ev, sizeof(*ev), NULL, 0, 1);

		if (rc == 1 && ev->domid == domid && (ev->flags & flags) == flags)
			return true;
		if (rc == 0)
			usleep(10000);
	}
	return false;
}

static uint32_t domain_make(uint32_t domid, uint32_t flags)
{
	struct xen_domctl_createdomain config = {
		.flags = flags,
		.arch.emulation_flags = flags & XEN_DOMCTL_CDF_hvm ? XEN_X86_EMU_LAPIC : 0,
		.max_vcpus = 1,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.handle = { 0xd0, 0x0d },
	};

	if (xc_domain_create(xch, &domid, &config)) {
		printf("ERROR: hypercall: xc_domain_create: %s\n", strerror(errno));
		exit(1);
	}
	return domid;
}

uint32_t domain_create_as(uint32_t flags)
{
	return domain_make(0, flags);
}

uint32_t domain_create_at(uint32_t domid)
{
	return domain_make(domid, 0);
}

uint32_t domain_create(void)
{
	return domain_create_as(0);
}

struct noxs_dev vif(uint16_t id, uint16_t slot)
{
	return (struct noxs_dev){
		.cls = NOXS_CLASS_VIF,
		.id = id,
		.ctrl_slot = slot,
		.ctrl_port = 3,
		.ctrl_gfn = 77,
		.backend_serial = serial_of(0),
		.config.vif = { .mac = { 0, 0x16, 0x3e, 0, 0, id }, .mtu = 1500, .prefix = 24 },
	};
}
