// SPDX-License-Identifier: GPL-2.0
/*
 * xlphases - where the time of one `xl create` goes, in the categories of the paper's Fig. 5: a
 * library to be preloaded into the unmodified xl.  It stands between xl, libxl and the libraries
 * below (all calls that leave a library can be had), reads CLOCK_MONOTONIC when one of them is
 * entered and left, and gives each stretch to one category, so that they add up:
 *
 *   config      from xl's first instruction of its own until it calls libxl_domain_create_new()
 *   load        xc_dom_*, the domain builder, with the hypercalls it makes; not the memory
 *   hypervisor  all other ioctl()s: hypercalls; and xc_dom_boot_mem_init(), which populates
 *   xenstore    xs_*, with what the store's daemon does meanwhile
 *   devices     poll(): xl waits for back-ends and hotplug scripts; fork() and waitpid() of those
 *   toolstack   everything else that xl and libxl do
 *
 * The sums go to the file $XLPHASES when xl ends, as one line of CSV: inside_ns, then the categories
 * in the order of the enum.  What passes before (exec, dynamic linking) and after is not in them.
 * Only xl's first thread counts: the one that reads the store's watches runs while that one waits.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libxl.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xenstore.h>

#include "clock.h"

enum category {
	CONFIG,
	TOOLSTACK,
	LOAD,
	HYPERVISOR,
	XENSTORE,
	DEVICES,
	NR_CATEGORIES
};

static uint64_t spent_ns[NR_CATEGORIES], begin_ns, last_ns;
static enum category current = CONFIG;
static __thread bool is_main; /* of the process that was started, too: children stop counting */

static enum category turn(enum category next)
{
	enum category before = current;
	uint64_t now;

	if (!is_main)
		return next;
	now = now_ns();
	spent_ns[current] += now - last_ns;
	last_ns = now;
	current = next;
	return before;
}

/* The builder's hypercalls are the builder's. */
static enum category enter(enum category category)
{
	return turn(category == HYPERVISOR && current == LOAD ? LOAD : category);
}

static void *real(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

/* A function of the same name that has the time of the real one counted. */
#define COUNTED(place, type, name, params, args)            \
	type name params                                    \
	{                                                   \
		static type(*next) params;                  \
		enum category outer;                        \
		type result;                                \
                                                            \
		if (!next)                                  \
			next = (type(*) params)real(#name); \
		outer = enter(place);                       \
		result = next args;                         \
		(void)turn(outer);                          \
		return result;                              \
	}

COUNTED(LOAD, struct xc_dom_image *, xc_dom_allocate,
	(xc_interface * xch, const char *cmdline, const char *features), (xch, cmdline, features))
COUNTED(LOAD, int, xc_dom_kernel_file, (struct xc_dom_image * dom, const char *name), (dom, name))
COUNTED(LOAD, int, xc_dom_boot_xen_init,
	(struct xc_dom_image * dom, xc_interface *xch, uint32_t domid), (dom, xch, domid))
COUNTED(LOAD, int, xc_dom_parse_image, (struct xc_dom_image * dom), (dom))
COUNTED(LOAD, int, xc_dom_mem_init, (struct xc_dom_image * dom, unsigned int mib), (dom, mib))
COUNTED(HYPERVISOR, int, xc_dom_boot_mem_init, (struct xc_dom_image * dom), (dom))
COUNTED(LOAD, int, xc_dom_build_image, (struct xc_dom_image * dom), (dom))
COUNTED(LOAD, int, xc_dom_boot_image, (struct xc_dom_image * dom), (dom))
COUNTED(LOAD, int, xc_dom_gnttab_init, (struct xc_dom_image * dom), (dom))

COUNTED(XENSTORE, struct xs_handle *, xs_open, (unsigned long flags), (flags))
COUNTED(XENSTORE, char **, xs_directory,
	(struct xs_handle * h, xs_transaction_t t, const char *path, unsigned int *num),
	(h, t, path, num))
COUNTED(XENSTORE, void *, xs_read,
	(struct xs_handle * h, xs_transaction_t t, const char *path, unsigned int *len),
	(h, t, path, len))
COUNTED(XENSTORE, bool, xs_write,
	(struct xs_handle * h, xs_transaction_t t, const char *path, const void *data,
	 unsigned int len),
	(h, t, path, data, len))
COUNTED(XENSTORE, bool, xs_mkdir, (struct xs_handle * h, xs_transaction_t t, const char *path),
	(h, t, path))
COUNTED(XENSTORE, bool, xs_rm, (struct xs_handle * h, xs_transaction_t t, const char *path),
	(h, t, path))
COUNTED(XENSTORE, bool, xs_set_permissions,
	(struct xs_handle * h, xs_transaction_t t, const char *path, struct xs_permissions *perms,
	 unsigned int num),
	(h, t, path, perms, num))
COUNTED(XENSTORE, bool, xs_watch, (struct xs_handle * h, const char *path, const char *token),
	(h, path, token))
COUNTED(XENSTORE, bool, xs_unwatch, (struct xs_handle * h, const char *path, const char *token),
	(h, path, token))
COUNTED(XENSTORE, char **, xs_check_watch, (struct xs_handle * h), (h))
COUNTED(XENSTORE, xs_transaction_t, xs_transaction_start, (struct xs_handle * h), (h))
COUNTED(XENSTORE, bool, xs_transaction_end, (struct xs_handle * h, xs_transaction_t t, bool abort),
	(h, t, abort))
COUNTED(XENSTORE, bool, xs_introduce_domain,
	(struct xs_handle * h, unsigned int domid, unsigned long mfn, unsigned int port),
	(h, domid, mfn, port))
COUNTED(XENSTORE, char *, xs_get_domain_path, (struct xs_handle * h, unsigned int domid),
	(h, domid))

COUNTED(DEVICES, int, poll, (struct pollfd * fds, nfds_t nr, int timeout_ms), (fds, nr, timeout_ms))
COUNTED(DEVICES, pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))

pid_t fork(void)
{
	static pid_t (*next)(void);
	enum category outer;
	pid_t pid;

	if (!next)
		next = (pid_t(*)(void))real("fork");
	outer = enter(DEVICES);
	pid = next();
	if (pid == 0)
		is_main = false;
	(void)turn(outer);
	return pid;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, ...);
	enum category outer;
	va_list args;
	void *arg;
	int rc;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!next)
		next = (int (*)(int, unsigned long, ...))real("ioctl");
	outer = enter(HYPERVISOR);
	rc = next(fd, request, arg);
	(void)turn(outer);
	return rc;
}

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid,
			    const libxl_asyncop_how *ao_how,
			    const libxl_asyncprogress_how *aop_console_how)
{
	static int (*next)(libxl_ctx * ctx, libxl_domain_config * config, uint32_t * domid,
			   const libxl_asyncop_how *ao_how,
			   const libxl_asyncprogress_how *aop_console_how);

	if (!next)
		next = real("libxl_domain_create_new");
	(void)turn(TOOLSTACK); /* and all that comes after */
	return next(ctx, config, domid, ao_how, aop_console_how);
}

static __attribute__((constructor)) void begin(void)
{
	/* The scripts and commands xl starts are not to be looked into. */
	(void)unsetenv("LD_PRELOAD"); /* fails for bad names only */
	is_main = true;
	begin_ns = now_ns();
	last_ns = begin_ns;
}

static __attribute__((destructor)) void end(void)
{
	const char *path = getenv("XLPHASES");
	enum category i;
	FILE *out;

	if (!is_main || !path)
		return;
	(void)turn(TOOLSTACK);
	out = fopen(path, "we");
	if (!out)
		return;
	fprintf(out, "%llu", (unsigned long long)(last_ns - begin_ns));
	for (i = 0; i < NR_CATEGORIES; i++)
		fprintf(out, ",%llu", (unsigned long long)spent_ns[i]);
	fputc('\n', out);
	if (fclose(out))
		perror("xlphases");
}
