/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: guests from one host to another; see chaos.h. */
#ifndef LIBCHAOS_MIGRATE_H
#define LIBCHAOS_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/build.h"

/* How to reach the target, on which chaos_migrate_receive() serves each connection. */
struct chaos_peer {
	/* A stream socket, or a negative chaos_code and *err. */
	int (*connect)(void *opaque, struct chaos_error *err);
	void (*disconnect)(void *opaque, int fd);
	void *opaque;
	bool is_once;	  /* there is one connection and no other */
	const char *name; /* for errors */
};

#define CHAOS_TRANSFER_TIMEOUT_MS 3600000U

struct chaos_migrate_opts {
	const char *const *overrides; /* of the configuration, as for a restore */
	unsigned int nr_overrides;
	unsigned int timeout_ms;  /* for it to suspend, 0 = CHAOS_SUSPEND_TIMEOUT_MS */
	unsigned int transfer_ms; /* for it to be sent, 0 = CHAOS_TRANSFER_TIMEOUT_MS */
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

#endif /* LIBCHAOS_MIGRATE_H */
