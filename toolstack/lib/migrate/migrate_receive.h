/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the files of the target share: migrate_receive.c says how they come together. */
#ifndef CHAOS_MIGRATE_RECEIVE_H
#define CHAOS_MIGRATE_RECEIVE_H

#include "migrate/migrate_proto.h"

/* migrate_query.c */
/* Which boot of which machine this is; zeros if the kernel does not tell. */
void migrate_host_id(uint8_t id[MIGRATE_ID_LEN]);
/* Find out what has become of a guest, if need be by putting an end to it, and say so. */
int migrate_answer(struct chaos_ctx *ctx, struct migrate_link *l, const struct migrate_query *query,
		   struct chaos_error *err);

#endif /* CHAOS_MIGRATE_RECEIVE_H */
