/* SPDX-License-Identifier: LGPL-2.1-only */
/* A creation between its two halves, and what they share. */
#ifndef CHAOS_SHELL_H
#define CHAOS_SHELL_H

#include "build/internal.h"

struct chaos_shell {
	struct chaos_ctx *ctx; /* of the thread that works on it */
	uint32_t domid;
	bool exists;
	bool is_pooled;		 /* it bears a name of the pool's */
	bool has_devices;	 /* they are made, and lack their addresses */
	bool is_identified;	 /* it has become a particular VM */
	bool knows_noxs;	 /* its kernel says so */
	bool has_root;		 /* its kernel is an image of tinyx, which is a disk as well */
	struct chaos_plan *plan; /* of one that is made in one go; NULL in a pool */
	struct chaos_built built;
	struct pv_guest *pv_guest; /* fast builder: what it has mapped is still mapped */
	uint64_t last_ns;	   /* end of the last phase */
};

/* The phase that ends now took the time since the last one ended. */
static inline void chaos_lap(uint64_t *last_ns, uint64_t *phase_ns)
{
	uint64_t now = chaos_now_ns();

	*phase_ns = now - *last_ns;
	*last_ns = now;
}

/*
 * prepare.c: as chaos_shell_prepare(), without any device.  Who makes a guest in one go attaches them
 * next (execute.c), once its memory is filled.
 */
int chaos_shell_make(struct chaos_ctx *ctx, struct chaos_config *cfg, const char *shell_name,
		     struct chaos_shell **shell, struct chaos_timing *timing,
		     struct chaos_error *err);
/* As planned, to a domain that bears its own name. */
int chaos_shell_attach(struct chaos_shell *s, struct chaos_timing *timing, struct chaos_error *err);

/* create.c: devices, and unless it is to stay paused, run it and wait until it is ready. */
int chaos_shell_start(struct chaos_shell *s, const struct chaos_create_opts *opts,
		      struct chaos_created *out, struct chaos_error *err);

/* identity.c: name, UUID and a new generation id; then tell Xen. */
int chaos_identity(struct noxs_set_info *info, const char *name, const uint8_t uuid[CHAOS_UUID_LEN],
		   struct chaos_error *err);
/* That a guest may have the UUID it asks for. */
int chaos_identity_check(const char *name, const uint8_t uuid_wanted[CHAOS_UUID_LEN],
			 struct chaos_error *err);
int chaos_identity_set(struct chaos_shell *s, struct noxs_set_info *info, struct chaos_error *err);

/*
 * execute.c, the two halves of chaos_shell_complete(): the domain is COMPLETE from here on, and not to
 * be discarded any more; and what is left of the shell.
 */
int chaos_shell_commit(struct chaos_shell *s, struct chaos_error *err);
void chaos_shell_free(struct chaos_shell *s);

#endif /* CHAOS_SHELL_H */
