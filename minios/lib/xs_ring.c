/* SPDX-License-Identifier: MIT */
/* The ring to xenstored and the messages in it. */
#include <errno.h>
#include <string.h>
#include <minios/util.h>
#include <minios/xs_ring.h>

int xs_ring_put(struct xenstore_domain_interface *ring, const void *data, size_t len)
{
	XENSTORE_RING_IDX prod = ring->req_prod, used = prod - READ_ONCE(ring->req_cons);
	const char *from = data;
	size_t i;

	if (used > XENSTORE_RING_SIZE)
		return -EIO;
	len = size_min(len, XENSTORE_RING_SIZE - used);
	smp_mb(); /* the other side has read what is overwritten here */
	for (i = 0; i < len; i++)
		ring->req[MASK_XENSTORE_IDX(prod + i)] = from[i];
	smp_wmb(); /* the bytes before the index: pairs with xenstored's read barrier */
	WRITE_ONCE(ring->req_prod, prod + (XENSTORE_RING_IDX)len);
	return (int)len;
}

int xs_ring_take(struct xenstore_domain_interface *ring, void *data, size_t len)
{
	XENSTORE_RING_IDX cons = ring->rsp_cons, there = READ_ONCE(ring->rsp_prod) - cons;
	char *to = data;
	size_t i;

	if (there > XENSTORE_RING_SIZE)
		return -EIO;
	smp_rmb(); /* the index before the bytes: pairs with xenstored's write barrier */
	len = size_min(len, there);
	for (i = 0; i < len; i++)
		to[i] = ring->rsp[MASK_XENSTORE_IDX(cons + i)];
	smp_mb(); /* they have been read before they may be overwritten */
	WRITE_ONCE(ring->rsp_cons, cons + (XENSTORE_RING_IDX)len);
	return (int)len;
}

enum xs_message xs_message_kind(const struct xsd_sockmsg *msg, uint32_t type, uint32_t req_id)
{
	if (msg->len > XENSTORE_PAYLOAD_MAX)
		return XS_MESSAGE_BAD;
	if (msg->type == XS_WATCH_EVENT)
		return XS_MESSAGE_EVENT;
	if (msg->req_id != req_id)
		return XS_MESSAGE_OTHER;
	if (msg->type == XS_ERROR)
		return XS_MESSAGE_REFUSAL;
	return msg->type == type ? XS_MESSAGE_ANSWER : XS_MESSAGE_BAD;
}

int xs_error_number(const char *name, size_t len)
{
	/* xs_wire.h has more, in a table for those whose errors are macros. */
	static const struct {
		const char *name;
		int number;
	} errors[] = {
		{ "EINVAL", EINVAL }, { "EACCES", EACCES }, { "EEXIST", EEXIST },
		{ "ENOENT", ENOENT }, { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC },
		{ "EAGAIN", EAGAIN }, { "EPERM", EPERM },
	};
	size_t i;

	len = strnlen(name, len);
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (strlen(errors[i].name) == len && !memcmp(errors[i].name, name, len))
			return -errors[i].number;
	return -EIO;
}
