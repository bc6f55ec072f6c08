/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the files of libchaos share and its users do not see. */
#ifndef CHAOS_INTERNAL_H
#define CHAOS_INTERNAL_H

#include <stdint.h>
#include <stdio.h>
#include <xenctrl.h>
#include <xencall.h>
#include <xentoollog.h>

#include "chaos.h"
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

/* attach.c: back-ends.  Those of a shell have no addresses. */
struct chaos_built;
int chaos_module_attach(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			const struct chaos_built *built, struct chaos_config *cfg,
			struct chaos_error *err);
int chaos_module_attach_shell(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			      const struct chaos_built *built, const struct chaos_config *cfg,
			      struct chaos_error *err);
int chaos_module_configure(struct chaos_ctx *ctx, struct noxs_ioc_configure *arg,
			   struct chaos_config *cfg, struct chaos_error *err);
/* Give a domain that runs the vifs and disks of cfg, of which only those and the name count. */
int chaos_module_add(struct chaos_ctx *ctx, uint32_t domid, struct chaos_config *cfg,
		     struct chaos_error *err);
/* Xen has refused a name: say who bears it. */
int chaos_name_taken(struct chaos_ctx *ctx, const char *name, struct chaos_error *err);

/* devices.c */
/* What the module has of arg->domid, with room for arg->nr_devs: 1; 0, it is not attached; or an error. */
int chaos_module_query(struct chaos_ctx *ctx, struct noxs_ioc_query *arg, struct chaos_error *err);
/* The one with this class and number among them, or NULL. */
const struct chaos_device *chaos_device_find(const struct chaos_devices *devs, const char *cls,
					     unsigned int id);

/* repage.c */
/*
 * Have the guest look at its device page, and wait for its answer.  The context's descriptor has been
 * subscribed to domid before the page changed.
 */
int chaos_repage(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		 struct chaos_error *err);
/* The same without waiting for anything, or telling of errors. */
void chaos_repage_later(struct chaos_ctx *ctx, uint32_t domid);

/* last_words.c: the last lines of a text, in one; the number of bytes */
size_t chaos_last_lines(const char *text, size_t len, char *out, size_t room);

/* ends.c: NOXS_END_* of what a configuration says, and what they mean */
uint32_t chaos_ends_flags(enum chaos_action on_poweroff, enum chaos_action on_reboot,
			  enum chaos_action on_crash);
void chaos_ends_convert(uint32_t flags, struct chaos_ends *out);

/* events.c */
void chaos_event_convert(const struct noxs_ioc_event *in, struct chaos_event *out);

/* dom.c */
/* Error for a domid that cannot be acted on, and 0 otherwise. */
int chaos_domain_check(uint32_t domid, struct chaos_error *err);

/* image.c, build.c: the guest's memory */
struct chaos_image;
int chaos_image_open(struct chaos_ctx *ctx, const struct chaos_config *cfg,
		     struct chaos_image **image, struct chaos_error *err);
void chaos_image_close(struct chaos_image *image);

/* Conventions of our guests; docs/architecture.md. */
#define CHAOS_GREF_CONTROL 2U /* behind GNTTAB_RESERVED_CONSOLE and _XENSTORE */
#define CHAOS_GREF_RINGS   3U /* two for each vif that the builder connects */
#define CHAOS_PORT_CONSOLE 1U
#define CHAOS_PORT_CONTROL 2U
#define CHAOS_PORT_DATA	   3U /* one for each such vif */

/* How the builder has connected a vif; all 0 if the guest is to do that. */
struct chaos_built_vif {
	uint64_t ring_gfn; /* transmit, and receive behind it */
	uint32_t tx_gref, rx_gref;
	uint32_t port; /* for both */
};

struct chaos_built {
	uint64_t ctrl_gfn;
	uint32_t ctrl_gref;
	uint32_t ctrl_port;
	uint64_t start_info_mfn; /* where a shell's command line is to be written */
	unsigned int nr_connected;
	struct chaos_built_vif vifs[CHAOS_MAX_VIFS];
};
int chaos_build_memory(struct chaos_ctx *ctx, struct chaos_image *image, uint32_t domid,
		       const struct chaos_config *cfg, struct chaos_error *err);
int chaos_build_image(struct chaos_ctx *ctx, struct chaos_image *image, uint32_t domid,
		      struct chaos_built *built, struct chaos_error *err);

/* prepare.c: that a guest can be made of its kernel */
int chaos_kernel_check(struct chaos_ctx *ctx, const struct chaos_config *cfg,
		       struct chaos_error *err);

/* wait.c */
/* Until poll() says so: 0, or -1 with errno, ETIMEDOUT, or ECANCELED when cancel_fd is readable. */
int chaos_fd_wait(int fd, short events, int cancel_fd, unsigned int timeout_ms);

/* util.c */
int chaos_random(void *buf, size_t len);
int chaos_uuid_random(uint8_t uuid[CHAOS_UUID_LEN]);
int chaos_uuid_parse(const char *text, uint8_t uuid[CHAOS_UUID_LEN]);

/* cpus.c */
/*
 * A bit for each CPU of a list.  node_of has the NUMA node of each of the nr_cpus of the host; with NULL
 * nodes have no CPUs, but a list of nodes is taken.
 */
int chaos_cpus_parse(const char *text, const uint32_t *node_of, unsigned int nr_cpus,
		     uint8_t map[CHAOS_MAX_CPUS / 8]);
/* The list for a vCPU out of what struct chaos_config has; false if it may run anywhere. */
bool chaos_cpus_of_vcpu(const char *cpus, unsigned int vcpu, char *list, size_t len);
#define CHAOS_CPULIST_LEN 256U

/* sched.c */
/* What the scheduler is told of a new domain: where its vCPUs may run, and how much. */
int chaos_sched_apply(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_config *cfg,
		      struct chaos_error *err);

/* How much the scheduler gives a domain, in the terms of a configuration. */
struct chaos_share {
	uint32_t cpupool;
	unsigned int cpu_weight; /* 0 = the scheduler's own */
	unsigned int cap;	 /* percent of one CPU; 0 = none */
};

int chaos_sched_read(struct chaos_ctx *ctx, uint32_t domid, struct chaos_share *share,
		     struct chaos_error *err);

/* utf8.c */
/* Not for characters that a terminal obeys, or that nobody sees; nor for -1. */
bool chaos_utf8_is_seen(long c);
/* Has it an ASCII control character, other than the tab? */
bool chaos_text_has_control(const char *text);

/* vif.c */
/*
 * Names of keys that are not supported, and do not matter much, are put into `unsupported`.  The error
 * does not say which vif it is about.
 */
int chaos_vif_parse(const char *spec, struct chaos_vif *vif, char *unsupported, size_t len,
		    struct chaos_error *err);
int chaos_mac_random(uint8_t mac[6]);
int chaos_mac_parse(const char *text, uint8_t mac[6]);

/* vif_ip.c */
int chaos_ipv4_parse(const char *text, uint32_t *address);
/* *has_more, which begins false: there were other addresses too. */
int chaos_vif_set_ip(struct chaos_vif *vif, const char *value, bool *has_more,
		     struct chaos_error *err);
/* That a guest can have them: prefix is 0 unless an address was given. */
int chaos_vif_check_ip(const struct chaos_vif *vif, struct chaos_error *err);

#define CHAOS_BRIDGE_PORTS 1023U /* BR_MAX_PORTS of Linux's bridge, less number 0 */

/* vif_host.c: that none of them has an address that this host has on the same link */
int chaos_vif_check_host(const struct chaos_vif *vifs, unsigned int nr, struct chaos_error *err);

/* disk.c */
struct XLU_Config;
/*
 * The number of a disk, from 0 for xvda, or of a partition; -1 if it is none.  Partitions have Linux's and
 * xl's numbers, 0xca01 for xvda1.
 */
long chaos_vdev_parse(const char *vdev);
bool chaos_vdev_is_partition(unsigned int id);
/* target is to be freed; what has been read as something else is put into `others`. */
int chaos_disk_parse(const char *spec, struct chaos_disk *disk, char *others, size_t len,
		     struct chaos_error *err);
/* The descriptor to hand to the module, locked against other users of the same file. */
/*
 * disk_behind.c: the node that a block device has in /dev, for all that are of the same device
 * (unchanged if there is none); and whether somebody writes, or is not to have written under it,
 * what is behind an open file by another way than that file: -1 with EBUSY.
 */
struct stat;
void chaos_disk_node(const struct stat *st, char *path, size_t size);
int chaos_disk_check_behind(int fd, bool writes);
int chaos_disk_open(const struct chaos_disk *disk, int *fd, struct chaos_error *err);
/* What an errno from opening or attaching it means. */
int chaos_disk_error(const struct chaos_disk *disk, int e, struct chaos_error *err);

/* saved_disks.c */
int chaos_saved_disks_load(struct XLU_Config *xlu, const char *path, struct chaos_config *cfg,
			   struct chaos_error *err);
/* saved_check.c: of those the module has, that none is smaller than it was. */
int chaos_saved_disks_check(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_config *cfg,
			    struct chaos_error *err);

/* config.c */
/* Of a setting that is left aside: tell the caller, or fail if that is what it wants. */
int chaos_config_warn(const struct chaos_config_source *src, const char *text,
		      struct chaos_error *err);

/* cfgtext.c: *text is NUL-terminated and *len bytes long, and to be freed */
int chaos_cfgtext_read(const char *path, char **text, size_t *len, struct chaos_error *err);
int chaos_cfgtext_override(const char *item, char **text, size_t *len, struct chaos_error *err);
/* All of it; *file_len is where the overrides begin.  *text may be set after an error too. */
int chaos_cfgtext_load(const struct chaos_config_source *src, char **text, size_t *len,
		       size_t *file_len, struct chaos_error *err);

/* cfgkeys.c */
struct chaos_key {
	const char *name;
	size_t len;
	unsigned int line;
};
/* The next statement's key in an xl.cfg text, from *pos; false at the end. */
bool chaos_cfgkeys_next(const char *text, size_t *pos, unsigned int *line, struct chaos_key *key);
bool chaos_cfgkeys_is(const struct chaos_key *key, const char *name);
bool chaos_cfgkeys_is_supported(const struct chaos_key *key, bool is_saved);
/* What to do about one that must not be left aside; NULL for all others. */
const char *chaos_cfgkeys_remedy(const struct chaos_key *key);

#endif /* CHAOS_INTERNAL_H */
