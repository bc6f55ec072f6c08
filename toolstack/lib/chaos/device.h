/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: the devices of guests, and plugging more of them in; see chaos.h. */
#ifndef LIBCHAOS_DEVICE_H
#define LIBCHAOS_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/config.h"

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
	bool is_logged;			/* its console is to be kept, by chaosd */
	int16_t exit_status;		/* what its application ended with; -1 = it has not */
	uint64_t attached_ns, ready_ns; /* CLOCK_MONOTONIC */
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
struct chaos_detach_opts {
	unsigned int timeout_ms; /* for each answer of the guest's; 0: CHAOS_HOTPLUG_TIMEOUT_MS */
	bool is_forced;		 /* the guest is not asked before */
};

/*
 * Take a disk, by its name, or a vif, by its number or MAC address, from a guest.  The guest is asked to
 * let go of it first: CHAOS_GUEST, with an errno of its own, if it uses it, and nothing has happened then.
 * One that does not answer, or does not know what that is, loses it.  *out is what it was by then, open if
 * the guest was using it still.
 */
int chaos_block_detach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *vdev,
		       const struct chaos_detach_opts *opts, struct chaos_device *out,
		       struct chaos_error *err);
int chaos_network_detach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *which,
			 const struct chaos_detach_opts *opts, struct chaos_device *out,
			 struct chaos_error *err);
/* The size of a disk's file has changed, or may have: *out is the disk with the size it has now. */
int chaos_block_resize(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *vdev,
		       struct chaos_device *out, struct chaos_error *err);

/*
 * Give a guest another name; it keeps all else.  CHAOS_EXISTS if another domain bears it, which Xen
 * decides.
 */
int chaos_domain_rename(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *name,
			struct chaos_error *err);

/* ---- what else is known of a domain, or asked of it ---- */

/*
 * For how long it has been there, in nanoseconds; -1 if nobody knows, which is so of other toolstacks'.
 * A guest's time begins when the module is given it: by its creation, a restart, a restore or its arrival
 * from another host.
 */
int64_t chaos_domain_uptime(struct chaos_ctx *ctx, const struct chaos_dominfo *info);
/*
 * Ask a domain for another size.  Dom0's kernel begins with it at once and goes on afterwards; a guest of
 * ours has no way to: CHAOS_GUEST.
 */
int chaos_domain_set_memory(const struct chaos_dominfo *info, uint64_t kib,
			    struct chaos_error *err);

#endif /* LIBCHAOS_DEVICE_H */
