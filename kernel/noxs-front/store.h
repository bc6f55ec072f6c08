/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A XenStore for one client, this guest's own kernel: it answers the messages of xs_wire.h.  How
 * they come and go is ring.c's; what the nodes mean is front.c's.
 *
 * Everything is bounded: nodes, lengths, watches, transactions.  The client is the guest itself and
 * can hurt nobody else; root may speak to it by /dev/xen/xenbus, so all of a message is checked.
 *
 * A transaction reads the store as it is until it first writes, and from then on a copy of its own.
 * It commits if nobody else has changed anything since it began, and ends with EAGAIN otherwise.
 *
 * The caller sees to it that one thread at a time is in here.  Free of kernel calls, so that the
 * unit tests compile it.
 */
#ifndef NOXS_FRONT_STORE_H
#define NOXS_FRONT_STORE_H

#include "tree.h"

#define STORE_MAX_WATCHES      256U
#define STORE_MAX_TRANSACTIONS 8U
#define STORE_MAX_CHANGES      256U /* of one transaction */
#define STORE_MAX_TOKEN	       127U

struct store_watch {
	struct store_watch *next;
	bool is_absolute; /* it was set by /local/domain/OWN/... and is told so */
	char *token;	  /* behind the path */
	char path[];
};

struct store_change {
	struct store_change *next;
	bool is_removal;
	char path[];
};

struct store_transaction {
	u32 id; /* 0: not in use */
	u64 since;
	bool has_copy;
	struct tree copy;
	struct store_change *changes; /* first to last */
	unsigned int nr_changes;
};

struct store;

struct store_ops {
	/* A message to the client. */
	void (*send)(struct store *s, const struct xsd_sockmsg *head, const void *data);
	/* The client has written a node, which all can see now; its answer is still to be sent. */
	void (*written)(struct store *s, const char *path);
	/* The client has set a watch, and knows it; may be NULL. */
	void (*watched)(struct store *s, const char *path);
};

struct store {
	const struct store_ops *ops;
	u16 domid; /* the guest's own */
	struct tree tree;
	u64 generation; /* counts changes of the tree */
	struct store_watch *watches;
	unsigned int nr_watches;
	struct store_transaction transactions[STORE_MAX_TRANSACTIONS];
	u32 last_id;
	u64 nr_requests, nr_events;
	char reply[XENSTORE_PAYLOAD_MAX];
	char event[2 * TREE_MAX_PATH + STORE_MAX_TOKEN + 3];
};

/* A zeroed store becomes an empty one. */
void store_init(struct store *s, const struct store_ops *ops, u16 domid);

/* Free all that it has. */
void store_fini(struct store *s);

/* Answer a message: @body has head->len bytes, XENSTORE_PAYLOAD_MAX at most, and room for one. */
void store_request(struct store *s, const struct xsd_sockmsg *head, char *body);

/* The client has forgotten its watches and transactions: the guest is in a new domain. */
void store_forget(struct store *s, u16 domid);

/* ---- our own changes: who watches is told ---- */

/* Write a node.  One that cannot be written is logged: there is nobody to tell. */
void __printf(4, 5)
	store_write(struct store *s, const char *dir, const char *name, const char *format, ...);

/* Remove a node and all below it, if it is there. */
void store_remove(struct store *s, const char *path);

/* Tell who watches it that a node has changed, whether it is there or not. */
void store_fire(struct store *s, const char *path);

/* The value of DIR/NAME as a number; @otherwise without one. */
u32 store_number(const struct store *s, const char *dir, const char *name, u32 otherwise);

#endif /* NOXS_FRONT_STORE_H */
