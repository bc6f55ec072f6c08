// SPDX-License-Identifier: LGPL-2.1-only
/* Looks at all that chaos needs of a machine, and says what is missing and how to get it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/internal.h"

struct visit {
	struct chaos_check *checks;
	unsigned int count;
	enum chaos_code code; /* of the first failure */
};

/* Writes down one check; with a remedy it is one that failed with `code`. */
__attribute__((format(printf, 5, 6))) static void note(struct visit *v, const char *name,
						       enum chaos_code code, const char *remedy,
						       const char *fmt, ...)
{
	struct chaos_check *check = &v->checks[v->count++];
	va_list args;

	memset(check, 0, sizeof(*check));
	check->name = name;
	check->is_ok = code == CHAOS_OK;
	va_start(args, fmt);
	(void)vsnprintf(check->text, sizeof(check->text), fmt, args); /* cut is fine */
	va_end(args);
	chaos_text_clean(check->text);
	if (check->is_ok)
		return;
	(void)snprintf(check->remedy, sizeof(check->remedy), "%s", remedy);
	chaos_text_clean(check->remedy);
	if (v->code == CHAOS_OK)
		v->code = code;
}

static bool check_device(struct visit *v, const char *name, const char *path, const char *module)
{
	char remedy[64];
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		note(v, name, CHAOS_OK, NULL, "%s can be opened", path);
		return true;
	}
	if (errno == EACCES || errno == EPERM) {
		note(v, name, CHAOS_PERMISSION, "run this as root", "%s: %s", path,
		     strerror(errno));
		return false;
	}
	(void)snprintf(remedy, sizeof(remedy), "modprobe %s", module);
	note(v, name, CHAOS_ENVIRONMENT, remedy, "%s: %s", path, strerror(errno));
	return false;
}

static bool check_xen(struct visit *v)
{
	struct stat st;

	if (!stat("/sys/hypervisor/type", &st) || !stat("/dev/xen/privcmd", &st)) {
		note(v, "xen", CHAOS_OK, NULL, "this machine runs on Xen");
		return true;
	}
	note(v, "xen", CHAOS_ENVIRONMENT,
	     "boot the patched Xen and this system as its Dom0 (docs/bare-metal.md)",
	     "this machine does not run on Xen");
	return false;
}

static void check_noxs(struct visit *v, struct chaos_ctx *ctx)
{
	long abi = chaos_noxs_version(ctx);

	if (abi < 0)
		note(v, "noxs", CHAOS_ENVIRONMENT,
		     "build and boot the patched hypervisor (make xen; docs/bare-metal.md)",
		     "this Xen has no noxs: %s", strerror(errno));
	else if (abi >> 16 != NOXS_ABI_MAJOR)
		note(v, "noxs", CHAOS_ENVIRONMENT, "use the Xen and the chaos that came together",
		     "Xen speaks noxs ABI %ld.%ld, chaos %u.%u", abi >> 16, abi & 0xffff,
		     NOXS_ABI_MAJOR, NOXS_ABI_MINOR);
	else
		note(v, "noxs", CHAOS_OK, NULL, "Xen speaks noxs ABI %ld.%ld", abi >> 16,
		     abi & 0xffff);
}

static void check_privilege(struct visit *v, struct chaos_ctx *ctx)
{
	xc_physinfo_t phys = { 0 };

	if (!xc_physinfo(ctx->xch, &phys))
		note(v, "privilege", CHAOS_OK, NULL, "this is the control domain, %llu MiB free",
		     (unsigned long long)phys.free_pages >> 8);
	else
		note(v, "privilege", CHAOS_PERMISSION, "run this in the control domain (Dom0)",
		     "Xen refuses control operations: %s", strerror(errno));
}

/* Xen takes domctls of its own interface version only: with -EACCES, as a policy of FLASK refuses. */
static void check_libxenctrl(struct visit *v, struct chaos_ctx *ctx)
{
	int version = xc_version(ctx->xch, XENVER_version, NULL);
	xc_vcpuinfo_t info;

	if (!xc_vcpu_getinfo(ctx->xch, 0, 0, &info))
		note(v, "libxenctrl", CHAOS_OK, NULL, "it is of the Xen that runs, %d.%d",
		     version >> 16, version & 0xffff);
	else if (errno == EACCES)
		note(v, "libxenctrl", CHAOS_ENVIRONMENT,
		     "install the chaos that is built for this Xen, or boot the Xen that it is built for",
		     "Xen %d.%d refuses its operations: it is of another Xen, or a policy forbids them",
		     version >> 16, version & 0xffff);
}

static void check_module(struct visit *v, struct chaos_ctx *ctx)
{
	struct chaos_error err;
	int rc = chaos_module_open(ctx, &err);

	if (!rc)
		note(v, "module", CHAOS_OK, NULL, NOXS_DEVICE " speaks noxs ABI %u.%u",
		     NOXS_ABI_MAJOR, NOXS_ABI_MINOR);
	else
		note(v, "module", err.code,
		     "build and load the module (make -C kernel/noxs; modprobe noxs)", "%s",
		     err.text);
}

/* A switch of the module: sysfs tells what kind of net device it is. */
static bool is_switch(const char *name)
{
	char path[64], line[64];
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%.15s/uevent", name);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = !strcmp(line, "DEVTYPE=noxs\n");
	if (f)
		(void)fclose(f);
	return found;
}

/* How many interfaces a bridge has; none if it is no bridge. */
static unsigned int count_ports(const char *bridge)
{
	unsigned int ports = 0;
	const struct dirent *e;
	char path[64];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%.15s/brif", bridge);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		ports += e->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return ports;
}

static void check_bridge(struct visit *v, const char *bridge)
{
	char path[64], remedy[128];
	unsigned int ports;
	struct stat st;

	if (is_switch(bridge) && strlen(bridge) < CHAOS_IFNAME_LEN) {
		note(v, "switch", CHAOS_OK, NULL, "switch \"%s\" is there", bridge);
		return;
	}

	(void)snprintf(path, sizeof(path), "/sys/class/net/%.15s/bridge", bridge);
	if (!stat(path, &st) && S_ISDIR(st.st_mode) && strlen(bridge) < CHAOS_IFNAME_LEN) {
		ports = count_ports(bridge);
		if (ports < CHAOS_BRIDGE_PORTS)
			note(v, "bridge", CHAOS_OK, NULL,
			     "bridge \"%s\" is there, with %u of %u ports in use", bridge, ports,
			     CHAOS_BRIDGE_PORTS);
		else
			note(v, "bridge", CHAOS_RESOURCES,
			     "use another bridge or a switch (ip link add NAME type noxs)",
			     "bridge \"%s\" has %u ports, its most", bridge, ports);
		return;
	}
	(void)snprintf(remedy, sizeof(remedy),
		       "ip link add %.15s type bridge && ip link set %.15s up", bridge, bridge);
	note(v, "bridge", CHAOS_ENVIRONMENT, remedy, "no bridge \"%s\"", bridge);
}

int chaos_doctor(const char *bridge, struct chaos_check checks[CHAOS_MAX_CHECKS],
		 enum chaos_code *code)
{
	struct visit v = { .checks = checks };
	struct chaos_ctx *ctx = NULL;
	struct chaos_error err;

	if (!check_xen(&v) || !check_device(&v, "privcmd", "/dev/xen/privcmd", "xen-privcmd")) {
		/* Nothing can be asked. */
	} else if (chaos_ctx_open(&ctx, &err)) {
		note(&v, "libxenctrl", err.code, "see the text", "%s", err.text);
	} else {
		check_noxs(&v, ctx);
		check_privilege(&v, ctx);
		check_libxenctrl(&v, ctx);
		check_module(&v, ctx);
		(void)check_device(&v, "evtchn", "/dev/xen/evtchn", "xen-evtchn");
		(void)check_device(&v, "gntdev", "/dev/xen/gntdev", "xen-gntdev");
		chaos_ctx_close(ctx);
	}
	if (bridge)
		check_bridge(&v, bridge);
	*code = v.code;
	return (int)v.count;
}
