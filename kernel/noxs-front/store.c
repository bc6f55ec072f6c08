// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the guest's own XenStore.
 */
#include "parts.h"

/* What a message asks for. */
struct request {
	const struct xsd_sockmsg *head;
	char *path;    /* the first string, as ours: canonical() */
	char *rest;    /* what is behind its NUL, */
	u32 rest_len;  /* and how long; NULL and 0 without a NUL */
	bool was_home; /* it was absolute, and the guest's own */
	struct store_transaction *tx;
};

/* ---- answers ---- */

static void answer(struct store *s, const struct xsd_sockmsg *to, u32 type, const void *data,
		   u32 len)
{
	const struct xsd_sockmsg head = {
		.type = type,
		.req_id = to->req_id,
		.tx_id = to->tx_id,
		.len = len,
	};

	s->ops->send(s, &head, data);
}

static void answer_error(struct store *s, const struct xsd_sockmsg *to, int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{ -ENOENT, "ENOENT" },	   { -EEXIST, "EEXIST" }, { -ENOSPC, "ENOSPC" },
		{ -ENOMEM, "ENOMEM" },	   { -E2BIG, "E2BIG" },	  { -EAGAIN, "EAGAIN" },
		{ -EOPNOTSUPP, "ENOSYS" }, { -EBUSY, "EBUSY" },
	};
	const char *name = "EINVAL";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].err == err)
			name = names[i].name;
	answer(s, to, XS_ERROR, name, (u32)strlen(name) + 1);
}

/* 0 is "OK". */
static void answer_result(struct store *s, const struct xsd_sockmsg *to, int err)
{
	if (err)
		answer_error(s, to, err);
	else
		answer(s, to, to->type, "OK", 3);
}

/* ---- nodes ---- */

static const struct tree *tree_of(const struct store *s, const struct request *r)
{
	return r->tx && r->tx->has_copy ? &r->tx->copy : &s->tree;
}

enum change {
	CHANGE_WRITE,
	CHANGE_MAKE,
	CHANGE_REMOVE
};

static int change_tree(struct tree *t, const struct request *r, enum change what)
{
	switch (what) {
	case CHANGE_WRITE:
		return tree_write(t, r->path, r->rest, r->rest_len);
	case CHANGE_MAKE:
		return tree_make(t, r->path);
	default:
		return tree_remove(t, r->path);
	}
}

/* In a transaction nobody sees it yet. */
static int change(struct store *s, const struct request *r, enum change what)
{
	struct store_transaction *tx = r->tx;
	int err = 0;

	if (!tx) {
		err = change_tree(&s->tree, r, what);
		s->generation++;
		if (err)
			return err;
		watch_fire(s, r->path, what == CHANGE_REMOVE);
		if (what != CHANGE_REMOVE)
			s->ops->written(s, r->path);
		return 0;
	}
	if (!tx->has_copy) {
		err = tree_copy(&tx->copy, &s->tree);
		tx->has_copy = !err;
	}
	if (!err)
		err = change_tree(&tx->copy, r, what);
	return err ? err : transaction_note(tx, r->path, what == CHANGE_REMOVE);
}

static void read_node(struct store *s, const struct request *r)
{
	u32 len;
	const char *value = tree_read(tree_of(s, r), r->path, &len);

	if (value)
		answer(s, r->head, r->head->type, value, len);
	else
		answer_error(s, r->head, -ENOENT);
}

static void list_node(struct store *s, const struct request *r)
{
	int n = tree_list(tree_of(s, r), r->path, s->reply, sizeof(s->reply));

	if (n < 0)
		answer_error(s, r->head, n);
	else
		answer(s, r->head, r->head->type, s->reply, (u32)n);
}

/* ---- messages ---- */

/*
 * A path as we have it: what is absolute and the guest's own becomes relative.  False: it is none.
 */
static bool canonical(const struct store *s, struct request *r)
{
	char home[32];
	size_t len;

	if (!tree_path_is_valid(r->path))
		return false;
	len = (size_t)snprintf(home, sizeof(home), STORE_HOME "%u", s->domid);
	if (!strncmp(r->path, home, len) && (!r->path[len] || r->path[len] == '/')) {
		r->was_home = true;
		r->path += len + (r->path[len] == '/');
	}
	return true;
}

/* What carries a path, and may be in a transaction. */
static void node_request(struct store *s, struct request *r)
{
	const char *permissions = "n0";

	switch (r->head->type) {
	case XS_READ:
		read_node(s, r);
		break;
	case XS_DIRECTORY:
		list_node(s, r);
		break;
	case XS_GET_PERMS:
		if (tree_has(tree_of(s, r), r->path))
			answer(s, r->head, r->head->type, permissions, 3);
		else
			answer_error(s, r->head, -ENOENT);
		break;
	case XS_SET_PERMS: /* there is one client: they mean nothing */
		answer_result(s, r->head, tree_has(tree_of(s, r), r->path) ? 0 : -ENOENT);
		break;
	case XS_WRITE:
		answer_result(s, r->head, r->rest ? change(s, r, CHANGE_WRITE) : -EINVAL);
		break;
	case XS_MKDIR:
		answer_result(s, r->head,
			      tree_has(tree_of(s, r), r->path) ? 0 : change(s, r, CHANGE_MAKE));
		break;
	case XS_RM:
		answer_result(s, r->head, change(s, r, CHANGE_REMOVE));
		break;
	default:
		answer_error(s, r->head, -EOPNOTSUPP);
	}
}

static void watch_request(struct store *s, const struct request *r)
{
	const struct store_watch *w;
	const char *path = r->path;
	int err;

	if (!r->rest || !memchr(r->rest, 0, r->rest_len)) {
		answer_error(s, r->head, -EINVAL);
		return;
	}
	if (r->head->type == XS_UNWATCH) {
		answer_result(s, r->head, watch_remove(s, path, r->rest));
		return;
	}
	err = watch_add(s, path, r->rest, r->was_home);
	answer_result(s, r->head, err);
	/* At once: who watches looks then.  It is the last one. */
	for (w = s->watches; !err && w; w = w->next)
		if (!w->next)
			watch_tell(s, w, path);
	if (!err && s->ops->watched)
		s->ops->watched(s, path);
}

static void start_request(struct store *s, const struct xsd_sockmsg *head)
{
	u32 id = transaction_start(s);
	int n;

	if (!id) {
		answer_error(s, head, -EBUSY);
		return;
	}
	n = snprintf(s->reply, sizeof(s->reply), "%u", id);
	answer(s, head, head->type, s->reply, (u32)n + 1);
}

static void end_request(struct store *s, const struct request *r)
{
	int err = 0;

	if (!r->tx) {
		err = -ENOENT;
	} else {
		if (!strcmp(r->path, "T"))
			err = transaction_commit(s, r->tx);
		else if (strcmp(r->path, "F"))
			err = -EINVAL;
		transaction_end(r->tx);
	}
	answer_result(s, r->head, err);
}

static void domain_path(struct store *s, const struct request *r)
{
	unsigned int domid;
	int n;

	if (kstrtouint(r->path, 10, &domid) || domid > 0xffff) {
		answer_error(s, r->head, -EINVAL);
		return;
	}
	n = snprintf(s->reply, sizeof(s->reply), STORE_HOME "%u", domid);
	answer(s, r->head, r->head->type, s->reply, (u32)n + 1);
}

void store_request(struct store *s, const struct xsd_sockmsg *head, char *body)
{
	struct request r = { .head = head, .path = body };
	char *nul = memchr(body, 0, head->len);

	s->nr_requests++;
	body[head->len] = 0;
	if (nul) {
		r.rest = nul + 1;
		r.rest_len = head->len - (u32)(r.rest - body);
	}
	r.tx = transaction_find(s, head->tx_id);
	if (head->tx_id && !r.tx) {
		answer_error(s, head, -ENOENT);
		return;
	}
	switch (head->type) {
	case XS_TRANSACTION_START:
		start_request(s, head);
		return;
	case XS_TRANSACTION_END:
		end_request(s, &r);
		return;
	case XS_GET_DOMAIN_PATH:
		domain_path(s, &r);
		return;
	case XS_RESET_WATCHES:
		watch_forget(s);
		answer_result(s, head, 0);
		return;
	}
	if (!nul || !canonical(s, &r))
		answer_error(s, head, -EINVAL);
	else if (head->type == XS_WATCH || head->type == XS_UNWATCH)
		watch_request(s, &r);
	else
		node_request(s, &r);
}

/* ---- ours ---- */

void store_init(struct store *s, const struct store_ops *ops, u16 domid)
{
	s->ops = ops;
	s->domid = domid;
}

void store_forget(struct store *s, u16 domid)
{
	size_t i;

	watch_forget(s);
	for (i = 0; i < STORE_MAX_TRANSACTIONS; i++)
		transaction_end(&s->transactions[i]);
	s->domid = domid;
}

void store_fini(struct store *s)
{
	store_forget(s, s->domid);
	tree_clear(&s->tree);
}

void store_write(struct store *s, const char *dir, const char *name, const char *format, ...)
{
	char path[TREE_MAX_PATH + 1], value[128];
	va_list ap;
	int err, n;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	va_start(ap, format);
	n = vsnprintf(value, sizeof(value), format, ap);
	va_end(ap);
	err = tree_write(&s->tree, path, value, min_t(u32, n, sizeof(value) - 1));
	s->generation++;
	if (err)
		pr_err("%s cannot be written: %d\n", path, err);
	else
		watch_fire(s, path, false);
}

void store_remove(struct store *s, const char *path)
{
	if (tree_remove(&s->tree, path))
		return;
	s->generation++;
	watch_fire(s, path, true);
}

void store_fire(struct store *s, const char *path)
{
	watch_fire(s, path, false);
}

u32 store_number(const struct store *s, const char *dir, const char *name, u32 otherwise)
{
	char path[TREE_MAX_PATH + 1];
	const char *value;
	unsigned int n;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	value = tree_read(&s->tree, path, NULL);
	return value && !kstrtouint(value, 10, &n) ? n : otherwise;
}
