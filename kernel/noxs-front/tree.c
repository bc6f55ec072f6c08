// SPDX-License-Identifier: GPL-2.0
/*
 * A tree of nodes.  Depth is bounded by the length of a path, so recursion is, too.
 */
#include "tree.h"

/* ---- paths ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '@' || c == ':';
}

bool tree_path_is_valid(const char *path)
{
	size_t i;

	for (i = 0; path[i]; i++) {
		if (i >= TREE_MAX_PATH)
			return false;
		if (path[i] == '/' ? path[i + 1] == '/' || !path[i + 1] : !is_name_char(path[i]))
			return false;
	}
	return true;
}

bool tree_path_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!len)
		return path[0] != '/';
	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* The length of the first name; that of an absolute path's is 0. */
static size_t first_name(const char *path, const char **rest)
{
	size_t len = strcspn(path, "/");

	*rest = path[len] ? path + len + 1 : NULL;
	return len;
}

/* ---- nodes ---- */

static struct tree_node *find_name(struct tree_node *n, const char *name, size_t len)
{
	while (n && (strncmp(n->name, name, len) || n->name[len]))
		n = n->next;
	return n;
}

static struct tree_node *find(const struct tree *t, const char *path)
{
	struct tree_node *n = NULL, *first = t->top;

	while (path) {
		const char *name = path;
		size_t len = first_name(name, &path);

		n = find_name(first, name, len);
		if (!n)
			return NULL;
		first = n->child;
	}
	return n;
}

static struct tree_node *add(struct tree *t, struct tree_node **first, const char *name, size_t len)
{
	struct tree_node *n;

	if (t->nr_nodes >= TREE_MAX_NODES)
		return NULL;
	n = front_alloc(sizeof(*n) + len + 1);
	if (!n)
		return NULL;
	memcpy(n->name, name, len);
	/* Behind the others: they are listed in the order in which they were made. */
	while (*first)
		first = &(*first)->next;
	*first = n;
	t->nr_nodes++;
	return n;
}

static void free_nodes(struct tree *t, struct tree_node *n)
{
	while (n) {
		struct tree_node *next = n->next;

		free_nodes(t, n->child);
		front_free(n->value);
		front_free(n);
		t->nr_nodes--;
		n = next;
	}
}

static int make(struct tree *t, const char *path, struct tree_node **out)
{
	struct tree_node **first = &t->top, *n = NULL;

	if (!path[0] || !tree_path_is_valid(path))
		return -EINVAL;
	while (path) {
		const char *name = path;
		size_t len = first_name(name, &path);

		n = find_name(*first, name, len);
		if (!n)
			n = add(t, first, name, len);
		if (!n)
			return t->nr_nodes >= TREE_MAX_NODES ? -ENOSPC : -ENOMEM;
		first = &n->child;
	}
	*out = n;
	return 0;
}

/* ---- the interface ---- */

bool tree_has(const struct tree *t, const char *path)
{
	return !path[0] || find(t, path);
}

const char *tree_read(const struct tree *t, const char *path, u32 *len)
{
	const struct tree_node *n = find(t, path);

	if (len)
		*len = n ? n->len : 0;
	if (!path[0])
		return "";
	if (!n)
		return NULL;
	return n->value ? n->value : "";
}

int tree_write(struct tree *t, const char *path, const char *value, u32 len)
{
	struct tree_node *n;
	char *copy;
	int err;

	if (len > TREE_MAX_VALUE)
		return -E2BIG;
	copy = front_alloc((size_t)len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value, len);
	err = make(t, path, &n);
	if (err) {
		front_free(copy);
		return err;
	}
	front_free(n->value);
	n->value = copy;
	n->len = len;
	return 0;
}

int tree_make(struct tree *t, const char *path)
{
	struct tree_node *n;

	return make(t, path, &n);
}

int tree_remove(struct tree *t, const char *path)
{
	struct tree_node **at = &t->top, *n = NULL;

	if (!path[0])
		return -EINVAL;
	while (path) {
		const char *name = path;
		size_t len = first_name(name, &path);

		while (*at && (strncmp((*at)->name, name, len) || (*at)->name[len]))
			at = &(*at)->next;
		n = *at;
		if (!n)
			return -ENOENT;
		if (path)
			at = &n->child;
	}
	*at = n->next;
	n->next = NULL;
	free_nodes(t, n);
	return 0;
}

int tree_list(const struct tree *t, const char *path, char *buf, size_t size)
{
	const struct tree_node *n = find(t, path);
	size_t used = 0;

	if (!n && path[0])
		return -ENOENT;
	for (n = path[0] ? n->child : t->top; n; n = n->next) {
		size_t len = strlen(n->name) + 1;

		if (len == 1)
			continue; /* what is above all absolute paths */
		if (used + len > size)
			return -E2BIG;
		memcpy(buf + used, n->name, len);
		used += len;
	}
	return (int)used;
}

static int copy_nodes(struct tree *t, struct tree_node **to, const struct tree_node *from)
{
	for (; from; from = from->next) {
		struct tree_node *n = add(t, to, from->name, strlen(from->name));

		if (!n)
			return -ENOMEM;
		to = &n->next;
		if (from->value) {
			n->value = front_alloc((size_t)from->len + 1);
			if (!n->value)
				return -ENOMEM;
			memcpy(n->value, from->value, from->len);
			n->len = from->len;
		}
		if (copy_nodes(t, &n->child, from->child))
			return -ENOMEM;
	}
	return 0;
}

int tree_copy(struct tree *to, const struct tree *from)
{
	int err = copy_nodes(to, &to->top, from->top);

	if (err)
		tree_clear(to);
	return err;
}

void tree_clear(struct tree *t)
{
	free_nodes(t, t->top);
	t->top = NULL;
}
