/* SPDX-License-Identifier: GPL-2.0-only */
/* chaos create: what is asked, beside the configuration, and its two halves. */
#ifndef CHAOS_CREATE_H
#define CHAOS_CREATE_H

#include "chaos_cmd.h"

struct create_request {
	struct chaos_create_opts opts;
	enum chaos_builder builder;
	bool no_daemon;
	bool is_dry_run;  /* plan, and tell */
	bool has_console; /* attach to it before the guest runs */
	bool stays;	  /* until it ends */
	bool with_timing;
	const char *socket_path;
};

void create_print(struct call *call, const struct create_request *request,
		  const struct chaos_created *created, const struct chaos_config *cfg);
/* By the daemon if it is there, which knows one builder only, and has shells. */
int create_any(struct call *call, const struct chaos_config_source *src,
	       const struct create_request *request, struct chaos_created *created,
	       struct chaos_config **cfg);
/* Without the daemon. */
int create_here(struct call *call, const struct chaos_config_source *src,
		const struct create_request *request, struct chaos_created *created,
		struct chaos_config **cfg);

/* What would be built, as JSON. */
int create_dry_run(struct call *call, const struct chaos_config_source *src,
		   const struct create_request *request);
/* Whether all that can be had: 0 or an error.  A program that cannot do it does not return. */
int create_check(struct call *call, const struct chaos_config_source *src,
		 const struct create_request *request);
/*
 * Stay with the guest, as the request says.  One whose console was asked for and cannot be had is destroyed.
 */
int create_attended(struct call *call, const struct create_request *request, uint32_t domid);

/* Of a SHUTDOWN. */
bool create_is_crash(const struct chaos_event *event);

/*
 * A guest that was made paused: start it, pass on what it prints, and see that it is gone.  0 and *status,
 * which is an exit status as of a process that somebody's shell has run, or an error.  signals: of
 * signals_defer(), -1 = none.
 */
int create_run(struct call *call, uint32_t domid, int signals, int *status);

#endif /* CHAOS_CREATE_H */
