/* SPDX-License-Identifier: GPL-2.0-only */
/* What a creation is, for the files that work on one. */
#ifndef CHAOSD_CREATION_H
#define CHAOSD_CREATION_H

#include "chaosd.h"

struct creation {
	struct creation *next, **prev;
	struct client *client; /* NULL: it is gone, or this is a restart */
	struct chaos_config *cfg;
	struct chaos_create_opts opts;
	struct chaos_created created;
	struct chaos_shell *shell;
	struct guest *guest;  /* while it runs */
	struct pool *pool;    /* the shell is from there; it may be gone once it is identified */
	uint64_t begin_ns;    /* request, or when it is to begin */
	uint64_t deadline_ns; /* while it is waited for */
	bool has_timeout;     /* of the client's */
	bool is_logged;	      /* its console is read by the log's thread */
	bool has_begun;	      /* else it waits for begin_ns */
	bool is_preparing;    /* a worker has it */
	bool has_reclaimed;   /* shells were given up for it */
	bool is_cancelled;
	bool is_restart;
	unsigned int tries, short_lives; /* of a restart */
};

/* creation.c: what became of a pool's shell; err = NULL: it has its identity */
void creation_identified(struct chaosd *d, struct creation *c, bool has_changed,
			 const struct chaos_error *err);

/* identify.c */
/* Whether identifying the pool's shell it has may wait for a file. */
bool identify_may_wait(const struct creation *c);
/* In a worker; then creation_identified().  False without memory. */
bool identify_later(struct creation *c);

#endif /* CHAOSD_CREATION_H */
