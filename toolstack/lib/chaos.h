/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos.h - libchaos: create and manage Xen guests without XenStore.
 *
 * The library keeps no state of its own: what exists is what Xen and the noxs module say exists.
 * It has no globals, never exits and never prints.  A context serves one thread at a time; use one
 * per thread.
 *
 * Functions that can fail return 0 (or a count) on success and a negative number, -(enum
 * chaos_code), on failure; then *err (which may be NULL) says what failed, on what, and what to do.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAOS_VERSION	  "0.1"
#define CHAOS_NAME_LEN	  64 /* bytes, NUL included */
#define CHAOS_UUID_LEN	  16
#define CHAOS_UUID_STRLEN 37 /* NUL included */
#define CHAOS_IFNAME_LEN  16
#define CHAOS_MAX_VIFS	  29 /* a control page has 30 slots, one is sysctl's */
#define CHAOS_MAX_DISKS	  16
#define CHAOS_MAX_DEVS	  30 /* sysctl, vifs and disks together */
/* How the UUID of a shell of chaosd's begins; no guest has one like it. */
#define CHAOS_SHELL_MARK                                \
	{                                               \
		'c', 'h', 'a', 'o', 's', 'd', 0x80, 's' \
	}
#define CHAOS_MAX_CPUS 1024 /* highest physical CPU number of `cpus`, plus one */

/* What went wrong; also the exit codes of chaos, which never change. */
enum chaos_code {
	CHAOS_OK = 0,
	CHAOS_FAILED = 1,      /* anything without a code of its own */
	CHAOS_USAGE = 2,       /* command line */
	CHAOS_CONFIG = 3,      /* configuration, kernel or ramdisk */
	CHAOS_NO_DOMAIN = 4,   /* no such domain */
	CHAOS_EXISTS = 5,      /* a name or an address is in use */
	CHAOS_RESOURCES = 6,   /* the host has no memory, processors... left */
	CHAOS_PERMISSION = 7,  /* not root, or not in the control domain */
	CHAOS_ENVIRONMENT = 8, /* no or another Xen, no module, no bridge */
	CHAOS_TIMEOUT = 9,     /* the guest did not do it in time */
	CHAOS_GUEST = 10,      /* the guest crashed, ended or refused */
	CHAOS_IN_DOUBT = 11,   /* a guest may run on another host, or nowhere */
};
#define CHAOS_CODE_MAX CHAOS_IN_DOUBT

struct chaos_error {
	enum chaos_code code;
	int os_errno;	/* 0 if none is behind it */
	char text[480]; /* one line without a newline */
};

struct chaos_ctx;

/* Calls made by this process so far; see chaos_ctx_set_counter(). */
struct chaos_calls {
	uint64_t hypercalls; /* through privcmd */
	uint64_t ioctls;     /* all others */
};

int chaos_ctx_open(struct chaos_ctx **ctx, struct chaos_error *err);
void chaos_ctx_close(struct chaos_ctx *ctx);
/* Where the program counts its calls, so that chaos_timing can give their number. */
void chaos_ctx_set_counter(struct chaos_ctx *ctx, const struct chaos_calls *calls);
/*
 * Waiting for a guest ends with an error (os_errno ECANCELED) once fd is readable, and a creation is
 * undone.  The caller keeps fd, and keeps it open as long as the context; -1 for none.
 */
void chaos_ctx_set_cancel(struct chaos_ctx *ctx, int fd);

/* ---- configuration ---- */

enum chaos_action {
	CHAOS_DESTROY,
	CHAOS_RESTART,
	CHAOS_PRESERVE,
};

struct chaos_vif {
	uint16_t id; /* by which its guest knows it */
	bool has_id; /* rather than the next one that is free */
	uint8_t mac[6];
	bool mac_is_random; /* no address was given: another may be taken on conflict */
	uint8_t prefix;
	uint16_t mtu;		       /* bytes of IP packet */
	uint32_t ipv4;		       /* network byte order, 0 = none */
	uint32_t gateway;	       /* network byte order, 0 = none */
	char bridge[CHAOS_IFNAME_LEN]; /* or switch; "" = attached to nothing */
	bool on_switch;		       /* `bridge` names a switch of the module */
	bool connects_itself;	       /* even if it could be connected before the guest runs */
};

struct chaos_disk {
	char *target;  /* file or block device */
	uint16_t id;   /* 0 is xvda; partitions have numbers of their own */
	char vdev[16]; /* as it was given */
	bool is_read_only;
	bool is_direct; /* past the page cache */
	bool has_no_discard;
};

/* What a saved guest had. */
struct chaos_saved_disk {
	uint16_t id;
	uint32_t sector_size;
	uint64_t sectors;
};

/* Who lays a guest's memory out. */
enum chaos_builder {
	CHAOS_BUILDER_AUTO,    /* the fast one, if it can */
	CHAOS_BUILDER_GENERIC, /* libxenguest */
	CHAOS_BUILDER_FAST,    /* our own: 64-bit ELF kernels without a ramdisk */
};

struct chaos_config {
	char name[CHAOS_NAME_LEN];
	uint8_t uuid[CHAOS_UUID_LEN];
	char *kernel;
	char *ramdisk;	     /* NULL = none */
	char *cmdline;	     /* NULL = none */
	uint64_t memory_kib; /* a multiple of 4 */
	unsigned int vcpus;
	/*
	 * Physical CPUs that vCPUs may run on, as they were written; with a ';' behind each of those for
	 * one vCPU; NULL = all.
	 */
	char *cpus;
	uint32_t cpupool;	 /* its number */
	unsigned int cpu_weight; /* 0 = the scheduler's */
	unsigned int cap;	 /* percent of one CPU, 0 = none */
	unsigned int nr_vifs;
	struct chaos_vif vifs[CHAOS_MAX_VIFS];
	unsigned int nr_disks;
	struct chaos_disk disks[CHAOS_MAX_DISKS];
	unsigned int nr_saved_disks; /* of a saved guest: it must get the same again */
	struct chaos_saved_disk saved_disks[CHAOS_MAX_DISKS];
	enum chaos_action on_poweroff, on_reboot, on_crash;
	enum chaos_builder builder; /* the caller's choice: no key of the file */
};

struct chaos_config_source {
	const char *path;	      /* xl.cfg */
	const char *text;	      /* its text if it has been read already, or NULL */
	const char *const *overrides; /* "key=value", as after xl create's file */
	unsigned int nr_overrides;
	bool strict;   /* an unsupported key is an error */
	bool is_saved; /* of a saved guest: it needs no kernel */
	/*
	 * Of a saved guest: who has written it may say what files of this host are its disks, whoever
	 * the file belongs to.
	 */
	bool trusts_disks;
	/* Told of every unsupported key, may be NULL; text is one line. */
	void (*warn)(void *opaque, const char *text);
	void *opaque;
};

/* Read a configuration; *cfg is to be freed with chaos_config_free(). */
int chaos_config_load(struct chaos_config **cfg, const struct chaos_config_source *src,
		      struct chaos_error *err);
void chaos_config_free(struct chaos_config *cfg);
/* Make it a configuration without disks. */
void chaos_config_drop_disks(struct chaos_config *cfg);
/*
 * Give cfg the vifs and disks that the domain made from it has now: those attached to it since, and
 * none that were detached.
 */
int chaos_config_follow(struct chaos_ctx *ctx, uint32_t domid, struct chaos_config *cfg,
			struct chaos_error *err);
/* That its kernel, ramdisk, disks, bridges and switches are there: nothing is made, or held. */
int chaos_config_check(struct chaos_ctx *ctx, const struct chaos_config *cfg,
		       struct chaos_error *err);
const char *chaos_action_name(enum chaos_action action);

/* ---- create ---- */

/* Where the time of a creation went, nanoseconds of CLOCK_MONOTONIC; 0 = did not happen. */
struct chaos_timing {
	uint64_t open_ns;	  /* environment checked */
	uint64_t image_ns;	  /* kernel read and parsed */
	uint64_t createdomain_ns; /* domain, vCPUs, limits, name */
	uint64_t memory_ns;	  /* populated */
	uint64_t build_ns;	  /* image loaded, page tables, start info, grants, ports */
	uint64_t devices_ns;	  /* back-ends attached */
	uint64_t unpause_ns;	  /* subscribed and started */
	uint64_t guest_ns;	  /* from there to ready */
	uint64_t total_ns;
	struct chaos_calls calls; /* 0 without a counter */
};

struct chaos_create_opts {
	bool no_wait;		 /* return as soon as it runs */
	bool paused;		 /* do not start it; implies no_wait */
	unsigned int timeout_ms; /* for ready, 0 = CHAOS_READY_TIMEOUT_MS */
};
#define CHAOS_READY_TIMEOUT_MS 10000U

struct chaos_created {
	uint32_t domid;
	bool is_ready;
	struct chaos_timing timing;
};

/* Create a guest; all or nothing: after an error nothing of it is left. */
int chaos_domain_create(struct chaos_ctx *ctx, struct chaos_config *cfg,
			const struct chaos_create_opts *opts, struct chaos_created *out,
			struct chaos_error *err);

/* ---- prepare and execute: the two halves of a creation, for those who keep shells ---- */

/* What is prepared of a domain as long as it is not known which VM it will be. */
struct chaos_shell;

/*
 * Prepare cfg's domain: all but name, UUID, addresses and, with shell_name, the command line, of
 * which cfg must then have none.  With shell_name and without a kernel it is memory only.  shell_name is what the domain is called until it is identified;
 * with NULL it is cfg's own from the start.  All or nothing.
 */
int chaos_shell_prepare(struct chaos_ctx *ctx, const struct chaos_config *cfg,
			const char *shell_name, struct chaos_shell **shell,
			struct chaos_timing *timing, struct chaos_error *err);
/*
 * Make a shell the VM that cfg, which must fit it, describes; it does not run yet.  ctx is the
 * caller's and serves the shell from now on.  After an error the shell is still there; it can be
 * used for another VM if chaos_shell_is_blank().
 */
int chaos_shell_identify(struct chaos_shell *shell, struct chaos_ctx *ctx, struct chaos_config *cfg,
			 struct chaos_timing *timing, struct chaos_error *err);
bool chaos_shell_is_blank(const struct chaos_shell *shell);
/* The context, of another thread, serves the shell from now on; NULL is fine. */
void chaos_shell_adopt(struct chaos_shell *shell, struct chaos_ctx *ctx);
uint32_t chaos_shell_domid(const struct chaos_shell *shell);
/* is_awaited: until chaos_shell_complete() the guest is not left to itself. */
int chaos_shell_run(struct chaos_shell *shell, bool is_awaited, struct chaos_timing *timing,
		    struct chaos_error *err);
/* Whether it begins with CHAOS_SHELL_MARK: a guest that asks for such a one is refused. */
bool chaos_uuid_is_shells(const uint8_t uuid[CHAOS_UUID_LEN]);
/* The VM is made: it no longer counts as a shell, which is freed unless this fails. */
int chaos_shell_complete(struct chaos_shell *shell, struct chaos_error *err);
/* Take the addresses away, by which VMs of one kind differ. */
void chaos_vif_blank(struct chaos_vif *vif);
/* The key that names its link: "bridge" or "switch". */
const char *chaos_vif_link_kind(const struct chaos_vif *vif);
/* Destroy the domain and free the shell; NULL is fine.  With the context, of its thread. */
void chaos_shell_discard(struct chaos_shell *shell, struct chaos_ctx *ctx);

/* ---- chaosd's clients ---- */

struct chaos_pool {
	char name[32];
	uint32_t size;	    /* shells wanted */
	uint32_t level;	    /* there are */
	uint32_t preparing; /* being made now */
	uint32_t is_imageless;
	uint32_t memory_kib, vcpus, nr_vifs;
	uint64_t prepared, used, failed; /* shells, since the pool was added */
	char note[200];			 /* why it is not full, "" = nothing stands in its way */
};

/* Connect to the daemon: 1 and *fd, 0 when there is none; path NULL = the usual place. */
int chaos_client_open(const char *path, int *fd, struct chaos_error *err);
/*
 * Create through the daemon, which reads the configuration; *made is what it made of it, name,
 * UUID and vifs only, to be freed with chaos_config_free().
 */
int chaos_client_create(int fd, const struct chaos_config_source *src,
			const struct chaos_create_opts *opts, struct chaos_created *out,
			struct chaos_config **made, struct chaos_error *err);

enum chaos_pool_verb {
	CHAOS_POOL_LIST,
	CHAOS_POOL_RESIZE,
	CHAOS_POOL_DRAIN,
	CHAOS_POOL_REMOVE,
	CHAOS_POOL_PREPARE,
};

/*
 * Add a pool of `size` shells for VMs like src, whose name and addresses do not count; imageless
 * ones are for any kernel and devices.
 */
int chaos_client_pool_add(int fd, const char *name, unsigned int size, bool is_imageless,
			  const struct chaos_config_source *src, struct chaos_error *err);
/* Everything else; tell() gets every pool the daemon talks of.  size is for RESIZE. */
int chaos_client_pool(int fd, enum chaos_pool_verb verb, const char *name, unsigned int size,
		      void (*tell)(void *opaque, const struct chaos_pool *pool), void *opaque,
		      struct chaos_error *err);
/* The daemon's figures in Prometheus' text format, to be freed with free(). */
int chaos_client_metrics(int fd, char **text, struct chaos_error *err);

/* ---- life-cycle events of all domains ---- */

enum chaos_event_type {
	CHAOS_EVENT_LOST, /* some could not be told: look at all domains; domid is 65535 */
	CHAOS_EVENT_CREATED,
	CHAOS_EVENT_READY,
	CHAOS_EVENT_ANSWER,	/* to request arg */
	CHAOS_EVENT_DEV_FAILED, /* arg = class << 16 | id, code = errno */
	CHAOS_EVENT_SHUTDOWN,	/* code = SHUTDOWN_* */
	CHAOS_EVENT_DYING,
	CHAOS_EVENT_GONE,
	CHAOS_EVENT_DETACHED,
	CHAOS_EVENT_OTHER,
};

struct chaos_event {
	uint32_t domid;
	enum chaos_event_type type;
	uint32_t code, arg;
	uint64_t time_ns; /* CLOCK_MONOTONIC */
};

/* A descriptor to poll, non-blocking, on which events from now on can be read; close() ends it. */
int chaos_events_open(struct chaos_ctx *ctx, struct chaos_error *err);
/* Up to count of them; 0 when there is none now, -1 with errno. */
int chaos_events_read(int fd, struct chaos_event *events, unsigned int count);
/* One word; a shutdown because of a crash has one of its own. */
const char *chaos_event_name(const struct chaos_event *event);

/* ---- what is to be done when guests end ---- */

/* on_poweroff, on_reboot and on_crash of a guest, as the module keeps them. */
struct chaos_ends {
	bool are_known; /* if not, nothing is to be done */
	enum chaos_action on_poweroff, on_reboot, on_crash;
};
/* What SHUTDOWN_* means by them. */
enum chaos_action chaos_ends_action(const struct chaos_ends *ends, unsigned int reason);

/*
 * Be who carries it out, for all guests of the host: a descriptor as of chaos_events_open(), on which
 * CHAOS_EVENT_SHUTDOWN and _LOST can be read, until it is closed.  There is one: CHAOS_EXISTS; if this
 * one `takes` it, reading the other's fails with ENOTCONN from then on.  Look at all domains then.
 */
int chaos_ends_open(struct chaos_ctx *ctx, bool takes, struct chaos_error *err);
/* Of some guest there is something to be done at its end; and nobody who would do it. */
bool chaos_ends_exist(struct chaos_ctx *ctx);
/* Costs next to nothing, and is false as long as this context has not needed the module. */
bool chaos_ends_are_unwatched(struct chaos_ctx *ctx);

struct chaos_dominfo;
enum chaos_end {
	CHAOS_END_NOTHING, /* it has not ended, is to be kept, or somebody else was quicker */
	CHAOS_END_DESTROYED,
	CHAOS_END_RESTART, /* it is to be made anew: that is the caller's */
	CHAOS_END_LATER,   /* who makes it has not done with it: ask again */
};
/*
 * Do what is to be done at the end of a domain that was like *info a moment ago.  Waits for nobody.
 */
int chaos_domain_end(struct chaos_ctx *ctx, const struct chaos_dominfo *info, enum chaos_end *end,
		     struct chaos_error *err);

/* ---- waiting for a guest ---- */

/* A domain that was not ready is to be destroyed: say in *err what its console ends with. */
void chaos_last_words(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);
/* What an event means to who waits for its domain: 1 ready, 0 nothing, or what went wrong. */
int chaos_ready_verdict(const char *name, const struct chaos_event *event, struct chaos_error *err);
int chaos_ready_timeout(const char *name, unsigned int timeout_ms, struct chaos_error *err);

/* ---- domains ---- */

enum chaos_state {
	CHAOS_STATE_INCOMPLETE, /* left by a creation that did not end */
	CHAOS_STATE_SHELL,	/* prepared, in a pool */
	CHAOS_STATE_RUNNING,	/* on a processor now */
	CHAOS_STATE_BLOCKED,	/* sleeps */
	CHAOS_STATE_RUNNABLE,	/* neither: waits for a processor */
	CHAOS_STATE_PAUSED,
	CHAOS_STATE_SHUTDOWN,
	CHAOS_STATE_CRASHED,
	CHAOS_STATE_SUSPENDED, /* being saved, or left so by a save that did not end */
	CHAOS_STATE_DYING,
};

struct chaos_dominfo {
	uint32_t domid;
	enum chaos_state state;
	bool is_ours; /* it has a device page */
	bool is_hvm, is_running, is_blocked, is_paused, is_shutdown, is_dying;
	unsigned int shutdown_reason; /* SHUTDOWN_*, with is_shutdown */
	unsigned int nr_devs;
	unsigned int nr_vcpus;
	uint64_t serial; /* of this domain only, until the host reboots */
	uint64_t cpu_time_ns;
	uint64_t memory_kib, max_memory_kib;
	uint8_t uuid[CHAOS_UUID_LEN];
	char name[CHAOS_NAME_LEN]; /* "" = none */
};

/*
 * Tell of all domains, in order of domid, as Xen goes on answering: when it stops in the middle some
 * have been told.
 */
int chaos_domain_each(struct chaos_ctx *ctx,
		      void (*tell)(void *opaque, const struct chaos_dominfo *info), void *opaque,
		      struct chaos_error *err);
/* All domains, by domid; returns their number. *list is to be freed with free(). */
int chaos_domain_list(struct chaos_ctx *ctx, struct chaos_dominfo **list, struct chaos_error *err);
/* The domain called `who`: its number or its name. */
int chaos_domain_find(struct chaos_ctx *ctx, const char *who, struct chaos_dominfo *info,
		      struct chaos_error *err);
/* The one with that number now; false if there is none, or Xen does not say. */
bool chaos_domain_look(struct chaos_ctx *ctx, uint32_t domid, struct chaos_dominfo *info);
const char *chaos_state_name(enum chaos_state state);
/* xl's column: "rbpscd" with a '-' for what is not so. */
void chaos_state_flags(const struct chaos_dominfo *info, char flags[7]);

struct chaos_device {
	const char *cls; /* "sysctl", "vif", "vbd" */
	unsigned int id;
	const char *state; /* "closed", "open", "failed", "gone" */
	int os_errno;	   /* why it failed, 0 otherwise */
	struct chaos_vif vif;
	char ifname[CHAOS_IFNAME_LEN];
	uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes, tx_errors, rx_dropped;
	/* vbd */
	uint64_t sectors; /* of sector_size bytes */
	uint32_t sector_size;
	bool is_read_only;
	bool can_discard;
	bool is_direct; /* with target */
	char *target;	/* the file behind it: see chaos_domain_targets() */
	uint64_t reads, read_bytes, writes, written_bytes, io_errors;
};

struct chaos_devices {
	bool is_attached; /* the module knows the domain */
	bool is_ready;
	uint64_t attached_ns, ready_ns;		 /* CLOCK_MONOTONIC */
	uint64_t guest_start_ns, guest_ready_ns; /* the guest's own stamps: untrusted */
	struct chaos_ends ends;
	unsigned int nr_devs;
	struct chaos_device devs[CHAOS_MAX_DEVS];
};

/* What the module knows of a domain's devices. */
int chaos_domain_devices(struct chaos_ctx *ctx, uint32_t domid, struct chaos_devices *out,
			 struct chaos_error *err);
/*
 * And the files behind its disks, by the names they have now; target stays NULL where there is none any
 * more.  In any case the targets are to be freed with chaos_devices_fini().
 */
int chaos_domain_targets(struct chaos_ctx *ctx, uint32_t domid, struct chaos_devices *devs,
			 struct chaos_error *err);
void chaos_devices_fini(struct chaos_devices *devs);

/* ---- hot-plug ---- */

struct chaos_attach_opts {
	unsigned int timeout_ms; /* for the guest to answer, 0 = CHAOS_HOTPLUG_TIMEOUT_MS */
	/* Told of unsupported keys, may be NULL; text is one line. */
	void (*warn)(void *opaque, const char *text);
	void *opaque;
};
#define CHAOS_HOTPLUG_TIMEOUT_MS 10000U

/*
 * Give a guest that runs another disk or vif, as one string of `disk` or `vif` of its configuration
 * describes it.  All or nothing: of one that the guest does not learn of nothing is left.  *out is what it
 * has become, open if the guest has opened it by then.
 */
int chaos_block_attach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *spec,
		       const struct chaos_attach_opts *opts, struct chaos_device *out,
		       struct chaos_error *err);
int chaos_network_attach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *spec,
			 const struct chaos_attach_opts *opts, struct chaos_device *out,
			 struct chaos_error *err);
/*
 * Take a disk, by its name, or a vif, by its number or MAC address, from a guest, whether it likes that
 * or not: *out is what it was before, open if the guest was using it.  Then the guest is told, with
 * timeout_ms to answer, which it need not.
 */
int chaos_block_detach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *vdev,
		       unsigned int timeout_ms, struct chaos_device *out, struct chaos_error *err);
int chaos_network_detach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *which,
			 unsigned int timeout_ms, struct chaos_device *out,
			 struct chaos_error *err);
/* The size of a disk's file has changed, or may have: *out is the disk with the size it has now. */
int chaos_block_resize(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *vdev,
		       struct chaos_device *out, struct chaos_error *err);

/* Remove a domain with all it holds; waits up to timeout_ms for the last of it to go. */
int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
			 struct chaos_error *err);
int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);
int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

enum chaos_request {
	CHAOS_REQUEST_POWEROFF,
	CHAOS_REQUEST_REBOOT,
};

/*
 * Ask a guest to stop.  With timeout_ms > 0, wait until it has; *reason (may be NULL) is then its
 * SHUTDOWN_* code.
 */
int chaos_domain_request(struct chaos_ctx *ctx, uint32_t domid, enum chaos_request request,
			 unsigned int timeout_ms, unsigned int *reason, struct chaos_error *err);

/* ---- save and restore ---- */

struct chaos_save_opts {
	bool keeps;		 /* the guest goes on when it is saved, or else is destroyed */
	bool pauses;		 /* it goes on, but is paused */
	bool is_portable;	 /* for readers that do not know our optional record of zeros */
	unsigned int timeout_ms; /* for it to suspend, 0 = CHAOS_SUSPEND_TIMEOUT_MS */
	/* Told now and then of the pages that have been dealt with, may be NULL. */
	void (*progress)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};
#define CHAOS_SUSPEND_TIMEOUT_MS 10000U

struct chaos_saved {
	uint64_t suspend_ns; /* until it was suspended and its back-ends still */
	uint64_t copy_ns;    /* until the file was complete */
	uint64_t end_ns;     /* until the guest was destroyed, or went on */
	uint64_t bytes;	     /* of the stream */
};

/*
 * Save a guest to a file, which appears under its name when it is whole.  After an error the guest
 * goes on, and there is no file, or still the older one; unless the error says that the file is whole.
 */
int chaos_domain_save(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *path,
		      const struct chaos_save_opts *opts, struct chaos_saved *out,
		      struct chaos_error *err);
/*
 * Make the guest saved in src->path again; the overrides change its configuration.  Disks are taken from
 * a file only if nobody but root or the caller can have written it, unless src says otherwise.  *made is
 * what it has become, to be freed with chaos_config_free().  All or nothing.
 */
int chaos_domain_restore(struct chaos_ctx *ctx, const struct chaos_config_source *src,
			 const struct chaos_create_opts *opts, struct chaos_created *out,
			 struct chaos_config **made, struct chaos_error *err);
/* Let a guest go on that has been suspended by a save or a migration which did not end. */
int chaos_domain_resume(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

/* ---- migration ---- */

/* How to reach the target, on which chaos_migrate_receive() serves each connection. */
struct chaos_peer {
	/* A stream socket, or a negative chaos_code and *err. */
	int (*connect)(void *opaque, struct chaos_error *err);
	void (*disconnect)(void *opaque, int fd);
	void *opaque;
	bool is_once;	  /* there is one connection and no other */
	const char *name; /* for errors */
};

struct chaos_migrate_opts {
	const char *const *overrides; /* of the configuration, as for a restore */
	unsigned int nr_overrides;
	unsigned int timeout_ms; /* for it to suspend, 0 = CHAOS_SUSPEND_TIMEOUT_MS */
	/* Told now and then of the pages that have been sent, may be NULL. */
	void (*progress)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};

struct chaos_migrated {
	uint32_t domid;	      /* there */
	uint64_t prepare_ns;  /* until the target was ready for it */
	uint64_t suspend_ns;  /* until it was suspended */
	uint64_t transfer_ns; /* until the target had all of it, with its devices */
	uint64_t switch_ns;   /* until it ran there */
	uint64_t stop_ns;     /* it ran nowhere: from suspended to running */
	uint64_t end_ns;      /* until the one here was destroyed */
	uint64_t total_ns;    /* until the one there was ready */
	uint64_t bytes;	      /* of the stream */
	/* The target's figures. */
	uint64_t load_ns, devices_ns; /* parts of transfer_ns */
	uint64_t ready_ns;	      /* from running to ready */
};

/*
 * Move a guest to another host.  There is one of it that runs, always: after an error it goes on here
 * as if nothing had been, with three exceptions that the error tells: CHAOS_IN_DOUBT, it stays
 * suspended, as the target may run it and cannot be asked; or it runs there, but is not ready, or what
 * is left of it here cannot be destroyed.
 */
int chaos_domain_migrate(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
			 const struct chaos_peer *peer, const struct chaos_migrate_opts *opts,
			 struct chaos_migrated *out, struct chaos_error *err);

struct chaos_received {
	bool has_answered; /* it was a question: nothing was to be received */
	bool is_told;	   /* the error, to the source */
	uint64_t load_ns;  /* the saved guest has come and is loaded; the devices are in created */
	uint64_t stop_ns;  /* it ran nowhere, as far as is known here */
	struct chaos_created created;
};

/*
 * Serve one connection of chaos_domain_migrate()'s, whose other end is to be trusted with everything.
 * *made is what the guest has become, NULL if there is none, to be freed.  All or nothing; after an error
 * of code CHAOS_TIMEOUT or CHAOS_GUEST with *made the guest runs and is not ready.
 */
int chaos_migrate_receive(struct chaos_ctx *ctx, int in, int out, struct chaos_received *received,
			  struct chaos_config **made, struct chaos_error *err);

/* ---- console ---- */

struct chaos_console;

/*
 * Attach to a guest's console ring.  A console has one reader; detaching leaves the guest's end as
 * it was.
 */
int chaos_console_attach(struct chaos_ctx *ctx, uint32_t domid, struct chaos_console **con,
			 struct chaos_error *err);
void chaos_console_detach(struct chaos_console *con);
/* Becomes readable when the guest has written or read; then call chaos_console_ack(). */
int chaos_console_fd(const struct chaos_console *con);
int chaos_console_ack(struct chaos_console *con, struct chaos_error *err);
/* Both move what can be moved now and return the number of bytes, possibly 0. */
size_t chaos_console_read(struct chaos_console *con, char *buf, size_t len);
size_t chaos_console_write(struct chaos_console *con, const char *buf, size_t len);

/* ---- life-cycle events of one domain ---- */

/* A descriptor that becomes readable when something happened to domid; close() ends it. */
int chaos_watch_open(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);
/* Read what has come: true when the domain has shut down, or is dying or gone. */
bool chaos_watch_ended(int fd);

/* ---- host ---- */

struct chaos_host {
	unsigned int xen_major, xen_minor;
	char xen_extra[32];
	uint32_t xen_abi;    /* NOXS_ABI_VERSION of the hypervisor, 0 = has no noxs */
	uint32_t module_abi; /* of the module, 0 = not loaded */
	unsigned int nr_cpus;
	uint64_t total_memory_kib, free_memory_kib, scrub_memory_kib;
	uint32_t toolstack_abi;
};

int chaos_host_info(struct chaos_ctx *ctx, struct chaos_host *host, struct chaos_error *err);

struct chaos_check {
	const char *name; /* a stable word: "xen", "module"... */
	bool is_ok;
	char text[200];	  /* what was found */
	char remedy[240]; /* what to do, "" when ok */
};
#define CHAOS_MAX_CHECKS 8

/*
 * Look at everything chaos needs of a machine; bridge may be NULL.  Returns the number of checks
 * made, and in *code CHAOS_OK or the code that create would fail with.
 */
int chaos_doctor(const char *bridge, struct chaos_check checks[CHAOS_MAX_CHECKS],
		 enum chaos_code *code);

/* ---- helpers ---- */

void chaos_uuid_format(const uint8_t uuid[CHAOS_UUID_LEN], char out[CHAOS_UUID_STRLEN]);
void chaos_mac_format(const uint8_t mac[6], char out[18]);
/* The name of the disk with this number: 0 is xvda. */
void chaos_vdev_format(unsigned int id, char out[16]);

/* The next character, *text being not at its end, which then is behind it; -1 for a byte of none. */
long chaos_utf8_next(const char **text);
/* Put a '?' for each character that a terminal obeys or that nobody sees, and for what is no UTF-8. */
void chaos_text_clean(char *text);
/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t chaos_now_ns(void);

#endif /* CHAOS_H */
