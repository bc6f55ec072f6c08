/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the files of libchaos share and its users do not see: of core, for all of them. */
#ifndef CHAOS_CORE_INTERNAL_H
#define CHAOS_CORE_INTERNAL_H

#include <stdint.h>
#include <stdio.h>
#include <xenctrl.h>
#include <xencall.h>
#include <xentoollog.h>

#include "chaos/core.h"
#include "noxs_ioctl.h"

struct chaos_log {
	xentoollog_logger vtable; /* first: the libraries see only this */
	char first[256];	  /* first error message since chaos_log_reset() */
};

/* What another room keeps with a context, until that is closed: its first member. */
struct chaos_kept {
	void (*free)(struct chaos_kept *kept);
};

struct chaos_ctx {
	xc_interface *xch;
	xencall_handle *xcall; /* xch's own */
	int noxs_fd;	       /* /dev/xen/noxs, -1 until it is needed */
	uint32_t module_flags; /* NOXS_MODULE_* as they were then */
	struct chaos_log log;
	int cancel_fd; /* see chaos_ctx_set_cancel(), -1 if none */
	const struct chaos_calls *calls;
	struct chaos_kept *kept; /* of the fast builder; NULL until it is needed */
};

/* error.c */
int chaos_error_set(struct chaos_error *err, enum chaos_code code, int os_errno, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));
/* Put where it was before the text of an error; returns rc, and does nothing if that is 0. */
int chaos_error_prefix(struct chaos_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Text into a field of a message: cut if it must be, and nothing but zeros behind it. */
void chaos_text_put(char *to, size_t size, const char *text);
/* Code for an errno that a hypercall or ioctl gave and that has no meaning of its own there. */
enum chaos_code chaos_code_of_errno(int os_errno);

/* log.c */
void chaos_log_init(struct chaos_log *log);
void chaos_log_reset(struct chaos_log *log);
/* " (MESSAGE)", or "" when nothing was logged. */
const char *chaos_log_text(const struct chaos_log *log, char *buf, size_t len);

/* noxs.c: the hypercall */
long chaos_noxs_version(struct chaos_ctx *ctx);
int chaos_noxs_set_info(struct chaos_ctx *ctx, const struct noxs_set_info *info);
/* Xen's private copy of a domain's device page, and the frame of the one the guest sees. */
int chaos_noxs_get(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dev_page *page,
		   uint64_t *frame);
/* Domains as Xen tells of them, in memory it can write to: one page (noxs.c). */
#define CHAOS_NOXS_BATCH ((NOXS_PAGE_SIZE - sizeof(struct noxs_list)) / sizeof(struct noxs_dominfo))
struct chaos_noxs_batch {
	struct noxs_list arg; /* first: where the next call goes on; NOXS_DOMID_NONE: nowhere */
	struct noxs_dominfo infos[CHAOS_NOXS_BATCH];
};
_Static_assert(sizeof(struct chaos_noxs_batch) <= NOXS_PAGE_SIZE, "chaos_noxs_batch");
struct chaos_noxs_batch *chaos_noxs_batch_alloc(struct chaos_ctx *ctx);
void chaos_noxs_batch_free(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch);
/* Fills up to count entries; returns their number, 0 at the end. */
int chaos_noxs_list(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch, unsigned int count);
/* -1 and errno = ESRCH when there is no such domain. */
int chaos_noxs_dominfo(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dominfo *info);

/* module.c: the control device */
int chaos_module_open(struct chaos_ctx *ctx, struct chaos_error *err);
/* It does not know an ioctl, says errno. */
int chaos_module_old(int e, struct chaos_error *err);
/* Not attached is success. */
int chaos_module_detach(struct chaos_ctx *ctx, uint32_t domid);
int chaos_module_subscribe(struct chaos_ctx *ctx, int fd, uint32_t domid);
/*
 * Wait on the context's descriptor for an event of domid for which is_wanted() says so.
 * Returns 1 and the event, 0 after timeout_ms, -1 with errno.
 */
int chaos_module_wait(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		      bool (*is_wanted)(const struct noxs_ioc_event *event),
		      struct noxs_ioc_event *event);

/* query.c */
/* What the module has of arg->domid, with room for arg->nr_devs: 1; 0, it is not attached; or an error. */
int chaos_module_query(struct chaos_ctx *ctx, struct noxs_ioc_query *arg, struct chaos_error *err);

/* last_words.c: the last lines of a text, in one; the number of bytes */
size_t chaos_last_lines(const char *text, size_t len, char *out, size_t room);

/* ends.c: NOXS_END_* of what a configuration says, and what they mean */
uint32_t chaos_ends_flags(enum chaos_action on_poweroff, enum chaos_action on_reboot,
			  enum chaos_action on_crash);
void chaos_ends_convert(uint32_t flags, struct chaos_ends *out);

/* events.c */
/* From NOXS_DOM_EXITED and NOXS_DOM_STATUS; -1 without the former. */
static inline int16_t chaos_exit_status(uint32_t flags)
{
	return flags & NOXS_DOM_EXITED ? (int16_t)NOXS_DOM_STATUS(flags) : -1;
}
void chaos_event_convert(const struct noxs_ioc_event *in, struct chaos_event *out);

/* dom.c */
/* Error for a domid that cannot be acted on, and 0 otherwise. */
int chaos_domain_check(uint32_t domid, struct chaos_error *err);

/* Conventions of our guests; docs/architecture.md. */
#define CHAOS_GREF_CONTROL 2U /* behind GNTTAB_RESERVED_CONSOLE and _XENSTORE */
#define CHAOS_GREF_RINGS   3U /* two for each vif that the builder connects */
#define CHAOS_PORT_CONSOLE 1U
#define CHAOS_PORT_CONTROL 2U
#define CHAOS_PORT_DATA	   3U /* one for each such vif */

#define CHAOS_BRIDGE_PORTS 1023U /* BR_MAX_PORTS of Linux's bridge, less number 0 */

/* wait.c */
/* Until poll() says so: 0, or -1 with errno, ETIMEDOUT, or ECANCELED when cancel_fd is readable. */
int chaos_fd_wait(int fd, short events, int cancel_fd, unsigned int timeout_ms);

/* util.c */
int chaos_random(void *buf, size_t len);
int chaos_uuid_random(uint8_t uuid[CHAOS_UUID_LEN]);
int chaos_uuid_parse(const char *text, uint8_t uuid[CHAOS_UUID_LEN]);

/* utf8.c */
/* Has it an ASCII control character, other than the tab? */
bool chaos_text_has_control(const char *text);
/*
 * What a string of a configuration has between its double quotes, cut if there is no room: how long it would
 * be, without its NUL.
 */
size_t chaos_text_quote(const char *text, char *out, size_t room);

#endif /* CHAOS_CORE_INTERNAL_H */
