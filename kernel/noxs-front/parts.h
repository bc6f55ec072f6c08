/* SPDX-License-Identifier: GPL-2.0 */
/* Parts of the store that only it uses. */
#ifndef NOXS_FRONT_PARTS_H
#define NOXS_FRONT_PARTS_H

#include "store.h"

/* A domain's own directory: its number comes behind. */
#define STORE_HOME "/local/domain/"

/* ---- watch.c ---- */

/* -EEXIST; -ENOSPC: there are too many; -E2BIG: the token; -ENOMEM. */
int watch_add(struct store *s, const char *path, const char *token, bool is_absolute);
/* -ENOENT */
int watch_remove(struct store *s, const char *path, const char *token);
void watch_forget(struct store *s);
/* One watch, that @path has changed; all that watch it or, if it is gone, something below it. */
void watch_tell(struct store *s, const struct store_watch *w, const char *path);
void watch_fire(struct store *s, const char *path, bool is_removal);

/* ---- transaction.c ---- */

/* Its id; 0: there are too many. */
u32 transaction_start(struct store *s);
/* NULL: there is none of this id, or it is 0. */
struct store_transaction *transaction_find(struct store *s, u32 id);
/* It has changed this in its copy.  -ENOSPC: too many changes; -ENOMEM. */
int transaction_note(struct store_transaction *tx, const char *path, bool is_removal);
/* Everybody sees its changes.  -EAGAIN: somebody else has changed something. */
int transaction_commit(struct store *s, struct store_transaction *tx);
/* Whatever has become of it. */
void transaction_end(struct store_transaction *tx);

#endif /* NOXS_FRONT_PARTS_H */
