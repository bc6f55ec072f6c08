// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The standard Xen console ring (public/io/console.h), attached when somebody looks.  The ring is
 * found through the grant and the port that every guest of ours has (CHAOS_PORT_CONSOLE), so that
 * nothing has to be remembered, and an idle console costs nothing.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>

#include "core/internal.h"

struct chaos_console {
	struct chaos_log log; /* its own: another thread than the context's may have it */
	xengnttab_handle *xgt;
	xenevtchn_handle *xce;
	evtchn_port_t port;
	bool is_bound;
	struct xencons_interface *ring;
	XENCONS_RING_IDX peeked; /* where the bytes began that were peeked at last */
};

static int attach_error(uint32_t domid, const char *what, int e, struct chaos_error *err)
{
	if (e == ENOENT || e == ENXIO || e == ENODEV)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, e,
			"%s: load the module (modprobe xen-gntdev; modprobe xen-evtchn)", what);
	if (e == EACCES || e == EPERM)
		return chaos_error_set(err, CHAOS_PERMISSION, e, "%s: run this as root", what);
	return chaos_error_set(err, CHAOS_FAILED, e,
			       "cannot attach to the console of domain %u: %s: %s", domid, what,
			       strerror(e));
}

static int console_connect(uint32_t domid, struct chaos_console *con, struct chaos_error *err)
{
	xenevtchn_port_or_error_t port;

	chaos_log_init(&con->log);
	con->xce = xenevtchn_open(&con->log.vtable, 0);
	if (!con->xce)
		return attach_error(domid, "no /dev/xen/evtchn", errno, err);
	con->xgt = xengnttab_open(&con->log.vtable, 0);
	if (!con->xgt)
		return attach_error(domid, "no /dev/xen/gntdev", errno, err);
	/* The port first: it has one holder, and so the ring has one reader. */
	port = xenevtchn_bind_interdomain(con->xce, domid, CHAOS_PORT_CONSOLE);
	if (port < 0 && errno == EINVAL)
		return chaos_error_set(
			err, CHAOS_EXISTS, EBUSY,
			"the console of domain %u is attached already, or its guest has closed it; if chaosd keeps its log, 'chaos logs -f NAME' shows what it says",
			domid);
	if (port < 0)
		return attach_error(domid, "binding its event channel", errno, err);
	con->port = (evtchn_port_t)port;
	con->is_bound = true;
	con->ring = xengnttab_map_grant_ref(con->xgt, domid, GNTTAB_RESERVED_CONSOLE,
					    PROT_READ | PROT_WRITE);
	if (!con->ring)
		return attach_error(domid, "mapping its ring", errno, err);
	return 0;
}

int chaos_console_attach(struct chaos_ctx *ctx, uint32_t domid, struct chaos_console **out,
			 struct chaos_error *err)
{
	struct chaos_console *con;
	int rc;

	(void)ctx; /* a console stands alone: it may be handed to another thread */
	rc = chaos_domain_check(domid, err);
	if (rc)
		return rc;
	con = calloc(1, sizeof(*con));
	if (!con)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = console_connect(domid, con, err);
	if (rc) {
		chaos_console_detach(con);
		return rc;
	}
	*out = con;
	return 0;
}

/* Nothing can be done about an error here, and the kernel lets go of all at close. */
void chaos_console_detach(struct chaos_console *con)
{
	if (!con)
		return;
	if (con->ring)
		(void)xengnttab_unmap(con->xgt, con->ring, 1);
	if (con->is_bound)
		(void)xenevtchn_unbind(con->xce, con->port);
	if (con->xgt)
		(void)xengnttab_close(con->xgt);
	if (con->xce)
		(void)xenevtchn_close(con->xce);
	free(con);
}

int chaos_console_fd(const struct chaos_console *con)
{
	return xenevtchn_fd(con->xce);
}

int chaos_console_ack(struct chaos_console *con, struct chaos_error *err)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(con->xce);

	if (port < 0 || xenevtchn_unmask(con->xce, (evtchn_port_t)port))
		return chaos_error_set(err, CHAOS_FAILED, errno, "console event channel: %s",
				       strerror(errno));
	return 0;
}

/* Indices are the guest's to write: one copy of each, and never more than a ring between them. */
size_t chaos_console_peek(struct chaos_console *con, char *buf, size_t len)
{
	struct xencons_interface *ring = con->ring;
	XENCONS_RING_IDX cons = ring->out_cons;
	XENCONS_RING_IDX prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
	XENCONS_RING_IDX size = prod - cons;
	size_t i, n;

	if (size > sizeof(ring->out)) {
		/* Overrun or garbage: what is in the ring is all there is. */
		size = sizeof(ring->out);
		cons = prod - size;
	}
	n = size < len ? size : len;
	for (i = 0; i < n; i++)
		buf[i] = ring->out[MASK_XENCONS_IDX(cons + (XENCONS_RING_IDX)i, ring->out)];
	con->peeked = cons;
	return n;
}

void chaos_console_consume(struct chaos_console *con, size_t n)
{
	if (!n)
		return;
	/* The bytes have been read before the guest may overwrite them. */
	__atomic_store_n(&con->ring->out_cons, con->peeked + (XENCONS_RING_IDX)n, __ATOMIC_RELEASE);
	(void)xenevtchn_notify(con->xce, con->port); /* the guest may be gone: seen elsewhere */
}

size_t chaos_console_read(struct chaos_console *con, char *buf, size_t len)
{
	size_t n = chaos_console_peek(con, buf, len);

	chaos_console_consume(con, n);
	return n;
}

size_t chaos_console_write(struct chaos_console *con, const char *buf, size_t len)
{
	struct xencons_interface *ring = con->ring;
	XENCONS_RING_IDX prod = ring->in_prod;
	XENCONS_RING_IDX cons = __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);
	XENCONS_RING_IDX used = prod - cons;
	size_t i, n, room;

	room = used > sizeof(ring->in) ? 0 : sizeof(ring->in) - used;
	n = room < len ? room : len;
	for (i = 0; i < n; i++)
		ring->in[MASK_XENCONS_IDX(prod + (XENCONS_RING_IDX)i, ring->in)] = buf[i];
	if (!n)
		return 0;
	__atomic_store_n(&ring->in_prod, prod + (XENCONS_RING_IDX)n, __ATOMIC_RELEASE);
	(void)xenevtchn_notify(con->xce, con->port); /* the guest may be gone: seen elsewhere */
	return n;
}
