/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The nodes of a XenStore: a tree of bounded size.  No watches, no transactions (store.h).
 *
 * A path is names with '/' between them.  It begins with a name ("device/vif/0") where it is the
 * guest's own, and with '/' otherwise.  "" is the guest's own directory.
 */
#ifndef NOXS_FRONT_TREE_H
#define NOXS_FRONT_TREE_H

#include "port.h"

/* 30 devices have some 1,500. */
#define TREE_MAX_NODES 4096U
#define TREE_MAX_PATH  255U
#define TREE_MAX_VALUE 1024U

struct tree_node {
	struct tree_node *next;	 /* with the same parent */
	struct tree_node *child; /* the first one */
	char *value;		 /* NUL-terminated; NULL is the empty one */
	u32 len;
	char name[];
};

struct tree {
	struct tree_node *top; /* the first of those without a parent */
	unsigned int nr_nodes;
};

/* True if it could be the path of a node. */
bool tree_path_is_valid(const char *path);

/* True if @path is @dir or below it. */
bool tree_path_is_below(const char *path, const char *dir);

/* True if there is a node; "" always is. */
bool tree_has(const struct tree *t, const char *path);

/* The value of a node, "" if it has none; NULL without a node.  Valid until the tree changes. */
const char *tree_read(const struct tree *t, const char *path, u32 *len);

/*
 * Write a node, and make those above it.  -EINVAL: the path; -E2BIG: the value is too long;
 * -ENOSPC: too many nodes; -ENOMEM.  What was made on the way to an error stays.
 */
int tree_write(struct tree *t, const char *path, const char *value, u32 len);

/* A node, with an empty value if it is new.  Errors: as above. */
int tree_make(struct tree *t, const char *path);

/* Remove a node and all below it.  -ENOENT; -EINVAL: "" stays. */
int tree_remove(struct tree *t, const char *path);

/* The names below a node, each with its NUL; how many bytes.  -ENOENT, -E2BIG: over @size. */
int tree_list(const struct tree *t, const char *path, char *buf, size_t size);

/* A copy, in an empty tree.  -ENOMEM: that stays empty. */
int tree_copy(struct tree *to, const struct tree *from);

/* Free all of it: it is empty then. */
void tree_clear(struct tree *t);

#endif /* NOXS_FRONT_TREE_H */
