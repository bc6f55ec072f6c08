/* SPDX-License-Identifier: MIT */
/*
 * The ring between a guest and xenstored, and the messages in it (public/io/xs_wire.h), as bytes in
 * memory: no events, no hypercalls.  The other side is not trusted to keep its indices sane.
 */
#ifndef MINIOS_XS_RING_H
#define MINIOS_XS_RING_H

#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

/*
 * Put in, or take out, as many of len bytes as can be now: how many, 0 if none, -EIO when an index
 * of the other side's cannot be.
 */
int xs_ring_put(struct xenstore_domain_interface *ring, const void *data, size_t len);
int xs_ring_take(struct xenstore_domain_interface *ring, void *data, size_t len);

/* What a message from xenstored is to somebody who waits for the answer to a request. */
enum xs_message {
	XS_MESSAGE_ANSWER,  /* to it */
	XS_MESSAGE_REFUSAL, /* the same; the payload is the name of an error */
	XS_MESSAGE_EVENT,   /* of a watch */
	XS_MESSAGE_OTHER,   /* to a request that nobody waits for any more */
	XS_MESSAGE_BAD,
};

enum xs_message xs_message_kind(const struct xsd_sockmsg *msg, uint32_t type, uint32_t req_id);

/* -errno of the name in a refusal, which need not be terminated; -EIO for one nobody knows. */
int xs_error_number(const char *name, size_t len);

#endif /* MINIOS_XS_RING_H */
