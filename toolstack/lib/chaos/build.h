/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: making guests, at once or in two halves; see chaos.h. */
#ifndef LIBCHAOS_BUILD_H
#define LIBCHAOS_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/config.h"

/* ---- plan: what will be made of a configuration ---- */

/*
 * All that is known before anything is made, and can be: it has been checked that the kernel is one and
 * fits into the memory, and that this host has the CPUs.  Whoever makes the guest does what is here, and
 * does not look at the configuration again.
 */
struct chaos_plan {
	const char *name;
	uint8_t uuid[CHAOS_UUID_LEN];
	uint64_t memory_kib;
	unsigned int nr_vcpus;
	const char *cpus; /* these four as in struct chaos_config */
	uint32_t cpupool;
	unsigned int cpu_weight;
	unsigned int cap;

	const char *kernel;	    /* NULL: its memory will be filled with something else */
	const char *ramdisk;	    /* NULL = none */
	const char *cmdline;	    /* NULL = none */
	enum chaos_builder builder; /* who lays its memory out; AUTO = that is not known yet */
	enum chaos_builder wanted;  /* the caller's choice */
	const char *why_generic;    /* why it is not the fast one, "" = it was not wanted */
	uint64_t image_kib;	    /* the kernel in memory; 0 = the builder will see */
	bool knows_noxs;	    /* says a note of ours in it: if not, it never says READY */

	unsigned int nr_vifs, nr_disks;
	const struct chaos_vif *vifs;
	const struct chaos_disk *disks;
	unsigned int nr_connected;	   /* of the vifs: before the guest runs */
	bool is_connected[CHAOS_MAX_VIFS]; /* which */
	enum chaos_action on_poweroff, on_reboot, on_crash;
	bool is_logged;

	/* The library's own. */
	struct chaos_config *cfg;	/* of which it is */
	bool has_root;			/* the kernel's image is one of the disks */
	struct chaos_pins *pins;	/* NULL: every vCPU may run anywhere */
	struct pv_plan *fast;		/* NULL: not by the fast builder, or without a kernel */
	struct chaos_image *generic;	/* NULL: not by the generic one */
	struct chaos_dev_plan *devices; /* what the module will be asked for */
};

/*
 * Plan a guest.  *plan points into cfg, which is to outlive it, and keeps the kernel open; it is to be
 * freed with chaos_plan_free(), as long as there is ctx.  A MAC address of cfg that was made up may
 * become another when it is built.
 */
int chaos_plan_make(struct chaos_ctx *ctx, struct chaos_config *cfg, struct chaos_plan **plan,
		    struct chaos_error *err);
/*
 * The same in two steps: what the configuration says; and what becomes of it here, of which as much is
 * in the plan after an error as was found out.
 */
int chaos_plan_begin(struct chaos_config *cfg, struct chaos_plan **plan, struct chaos_error *err);
int chaos_plan_finish(struct chaos_ctx *ctx, struct chaos_plan *plan, struct chaos_error *err);
/*
 * That the module is there and knows what it will be asked for; that its disks, bridges and switches are
 * there and can be used, its addresses not the host's, and its UUID none of chaosd's shells: which is
 * found out otherwise when they are attached.  Nothing is made, or held.
 */
int chaos_plan_check(struct chaos_ctx *ctx, const struct chaos_plan *plan, struct chaos_error *err);
void chaos_plan_free(struct chaos_plan *plan);

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
	bool no_wait; /* return as soon as it runs */
	bool paused;  /* do not start it; implies no_wait */
	/*
	 * For ready; 0 = CHAOS_READY_TIMEOUT_MS, and no_wait for a guest whose kernel has no note of
	 * ours (docs/architecture.md) and so does not know noxs.
	 */
	unsigned int timeout_ms;
};
#define CHAOS_READY_TIMEOUT_MS 10000U

struct chaos_created {
	uint32_t domid;
	bool is_ready;
	bool is_never_ready; /* it was not waited for, as its kernel does not know noxs */
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
 * Prepare cfg's domain: all but name, UUID, addresses, rates and, with shell_name, the command line, of
 * which cfg must then have none.  With shell_name and without a kernel it is memory only.  shell_name
 * is what the domain is called until it is identified; with NULL it is cfg's own from the start, cfg is to
 * outlive the shell, and is what it is identified as.  All or nothing.
 */
int chaos_shell_prepare(struct chaos_ctx *ctx, struct chaos_config *cfg, const char *shell_name,
			struct chaos_shell **shell, struct chaos_timing *timing,
			struct chaos_error *err);
/*
 * Make a shell the VM that cfg, which must fit it, describes; it does not run yet.  ctx is the
 * caller's and serves the shell from now on.  After an error the shell is still there; it can be
 * used for another VM if chaos_shell_is_blank().
 */
int chaos_shell_identify(struct chaos_shell *shell, struct chaos_ctx *ctx, struct chaos_config *cfg,
			 struct chaos_timing *timing, struct chaos_error *err);
bool chaos_shell_is_blank(const struct chaos_shell *shell);
/* Whether its kernel knows noxs, as a note of ours in it says: if not, it never says READY. */
bool chaos_shell_knows_noxs(const struct chaos_shell *shell);
/* The context, of another thread, serves the shell from now on; NULL is fine. */
void chaos_shell_adopt(struct chaos_shell *shell, struct chaos_ctx *ctx);
uint32_t chaos_shell_domid(const struct chaos_shell *shell);
/* is_awaited: until chaos_shell_complete() the guest is not left to itself. */
int chaos_shell_run(struct chaos_shell *shell, bool is_awaited, struct chaos_timing *timing,
		    struct chaos_error *err);
/* The VM is made: it no longer counts as a shell, which is freed unless this fails. */
int chaos_shell_complete(struct chaos_shell *shell, struct chaos_error *err);
/* Destroy the domain and free the shell; NULL is fine.  With the context, of its thread. */
void chaos_shell_discard(struct chaos_shell *shell, struct chaos_ctx *ctx);

/* ---- a guest that is to be made again ---- */

/*
 * Have the module keep, with a domain that is to be restarted at some end of its, what of cfg nobody else
 * knows: chaos_config_again() finds it.  What is made in one go has it kept; who identifies a shell calls
 * this.  Without a module that can, and of more than fits there, nothing is kept.
 */
int chaos_restart_keep(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_config *cfg,
		       struct chaos_error *err);

/*
 * Give cfg the name, the vifs and the disks that the domain made from it has now: those attached to it
 * since, and none that were detached.
 */
int chaos_config_follow(struct chaos_ctx *ctx, uint32_t domid, struct chaos_config *cfg,
			struct chaos_error *err);
/* That it can be planned, and what the plan needs is there: chaos_plan_make(), chaos_plan_check(). */
int chaos_config_check(struct chaos_ctx *ctx, struct chaos_config *cfg, struct chaos_error *err);

/* ---- waiting for a guest ---- */

/* What an event means to who waits for its domain: 1 ready, 0 nothing, or what went wrong. */
int chaos_ready_verdict(const char *name, const struct chaos_event *event, struct chaos_error *err);
/* What is to be said of a guest that is not waited for, as its kernel does not know noxs: one line. */
void chaos_ready_never(const char *name, char *text, size_t size);
int chaos_ready_timeout(const char *name, unsigned int timeout_ms, struct chaos_error *err);

/* ---- processors of a domain ---- */

struct chaos_vcpu {
	unsigned int id;
	bool is_online, is_running, is_blocked;
	unsigned int cpu; /* where it runs, or ran last */
	uint64_t cpu_time_ns;
	/* CPUs it may run on, a bit each; and those it would rather. */
	uint8_t hard[CHAOS_MAX_CPUS / 8];
	uint8_t soft[CHAOS_MAX_CPUS / 8];
};

/*
 * The vCPUs of a domain, of any toolstack's; *list is to be freed with free(), *nr_cpus is the number of
 * the host's.  Returns how many there are.
 */
int chaos_vcpu_list(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		    struct chaos_vcpu **list, unsigned int *nr_cpus, struct chaos_error *err);
/*
 * Where a vCPU may run from now on (hard) and where it would rather run (soft): lists as in `cpus`, "all",
 * or NULL to leave that as it is.  vcpu is -1 for all of them.
 */
int chaos_vcpu_pin(struct chaos_ctx *ctx, const struct chaos_dominfo *info, int vcpu,
		   const char *hard, const char *soft, struct chaos_error *err);

#endif /* LIBCHAOS_BUILD_H */
