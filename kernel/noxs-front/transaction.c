// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions of the guest's own XenStore.
 */
#include "parts.h"

void transaction_end(struct store_transaction *tx)
{
	struct store_change *c;

	while (tx->changes) {
		c = tx->changes;
		tx->changes = c->next;
		front_free(c);
	}
	tree_clear(&tx->copy);
	memset(tx, 0, sizeof(*tx));
}

struct store_transaction *transaction_find(struct store *s, u32 id)
{
	size_t i;

	for (i = 0; id && i < STORE_MAX_TRANSACTIONS; i++)
		if (s->transactions[i].id == id)
			return &s->transactions[i];
	return NULL;
}

u32 transaction_start(struct store *s)
{
	struct store_transaction *tx = NULL;
	size_t i;

	for (i = 0; i < STORE_MAX_TRANSACTIONS && !tx; i++)
		if (!s->transactions[i].id)
			tx = &s->transactions[i];
	if (!tx)
		return 0;
	do
		s->last_id++;
	while (!s->last_id || transaction_find(s, s->last_id));
	tx->id = s->last_id;
	tx->since = s->generation;
	return tx->id;
}

int transaction_note(struct store_transaction *tx, const char *path, bool is_removal)
{
	struct store_change **at = &tx->changes, *c;
	size_t size = strlen(path) + 1;

	if (tx->nr_changes >= STORE_MAX_CHANGES)
		return -ENOSPC;
	c = front_alloc(sizeof(*c) + size);
	if (!c)
		return -ENOMEM;
	memcpy(c->path, path, size);
	c->is_removal = is_removal;
	while (*at)
		at = &(*at)->next;
	*at = c;
	tx->nr_changes++;
	return 0;
}

int transaction_commit(struct store *s, struct store_transaction *tx)
{
	struct store_change *c;
	struct tree old;

	if (s->generation != tx->since)
		return -EAGAIN;
	if (!tx->has_copy)
		return 0;
	old = s->tree;
	s->tree = tx->copy;
	tx->copy = old;
	s->generation++;
	for (c = tx->changes; c; c = c->next)
		watch_fire(s, c->path, c->is_removal);
	for (c = tx->changes; c; c = c->next)
		if (!c->is_removal)
			s->ops->written(s, c->path);
	return 0;
}
