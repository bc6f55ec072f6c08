// SPDX-License-Identifier: GPL-2.0
/*
 * Watches of the guest's own XenStore.
 */
#include "parts.h"

void watch_tell(struct store *s, const struct store_watch *w, const char *path)
{
	struct xsd_sockmsg head = { .type = XS_WATCH_EVENT };
	int n;

	if (w->is_absolute && path[0] != '/')
		n = snprintf(s->event, sizeof(s->event), STORE_HOME "%u/%s", s->domid, path);
	else
		n = snprintf(s->event, sizeof(s->event), "%s", path);
	n++;
	n += snprintf(s->event + n, sizeof(s->event) - n, "%s", w->token) + 1;
	head.len = (u32)n;
	s->nr_events++;
	s->ops->send(s, &head, s->event);
}

void watch_fire(struct store *s, const char *path, bool is_removal)
{
	struct store_watch *w, *next;

	for (w = s->watches; w; w = next) {
		next = w->next;
		if (tree_path_is_below(path, w->path))
			watch_tell(s, w, path);
		else if (is_removal && tree_path_is_below(w->path, path))
			watch_tell(s, w, w->path);
	}
}

/* What points to it, or to the end. */
static struct store_watch **find(struct store *s, const char *path, const char *token)
{
	struct store_watch **at = &s->watches;

	while (*at && (strcmp((*at)->path, path) || strcmp((*at)->token, token)))
		at = &(*at)->next;
	return at;
}

int watch_add(struct store *s, const char *path, const char *token, bool is_absolute)
{
	struct store_watch **at = find(s, path, token), *w;
	size_t path_size = strlen(path) + 1, token_size = strlen(token) + 1;

	if (*at)
		return -EEXIST;
	if (s->nr_watches >= STORE_MAX_WATCHES)
		return -ENOSPC;
	if (token_size > STORE_MAX_TOKEN + 1)
		return -E2BIG;
	w = front_alloc(sizeof(*w) + path_size + token_size);
	if (!w)
		return -ENOMEM;
	memcpy(w->path, path, path_size);
	w->token = w->path + path_size;
	memcpy(w->token, token, token_size);
	w->is_absolute = is_absolute;
	*at = w;
	s->nr_watches++;
	return 0;
}

int watch_remove(struct store *s, const char *path, const char *token)
{
	struct store_watch **at = find(s, path, token), *w = *at;

	if (!w)
		return -ENOENT;
	*at = w->next;
	front_free(w);
	s->nr_watches--;
	return 0;
}

void watch_forget(struct store *s)
{
	while (s->watches)
		(void)watch_remove(s, s->watches->path, s->watches->token);
}
