/* SPDX-License-Identifier: MIT */
/* Console output.  Input is not used by anything yet, so it is left in the ring. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <xen/io/console.h>
#include <minios/console.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include <minios/util.h>

static struct xencons_interface *ring;
static evtchn_port_t port;
static bool is_initial_domain;

void console_init(const struct start_info *si)
{
	is_initial_domain = si->flags & SIF_INITDOMAIN;
	ring = NULL;
	if (is_initial_domain || !si->console.domU.mfn)
		return;
	ring = mm_frame_map(mm_mfn_to_pfn(si->console.domU.mfn));
	port = si->console.domU.evtchn;
}

/* Free bytes of the output ring; the reader is not trusted to keep its index sane. */
static size_t ring_room(XENCONS_RING_IDX prod)
{
	XENCONS_RING_IDX used = prod - READ_ONCE(ring->out_cons);

	return used <= sizeof(ring->out) ? sizeof(ring->out) - used : 0;
}

static void ring_write(const char *buf, size_t len)
{
	struct evtchn_send send = { .port = port };
	XENCONS_RING_IDX prod = ring->out_prod;
	size_t room = ring_room(prod);

	for (; len; buf++, len--) {
		size_t need = *buf == '\n' ? 2 : 1;

		if (room < need)
			break;
		room -= need;
		if (*buf == '\n')
			ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = '\r';
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *buf;
	}
	smp_wmb(); /* the text before the index: pairs with the console daemon's barrier */
	WRITE_ONCE(ring->out_prod, prod);
	(void)hypercall_event_channel_op(EVTCHNOP_send, &send); /* nobody may be listening */
}

void console_write(const char *buf, size_t len)
{
	if (is_initial_domain)
		(void)hypercall_console_io(CONSOLEIO_write, (unsigned int)len, buf);
	else if (ring)
		ring_write(buf, len);
}

int printf(const char *fmt, ...)
{
	char buf[PRINTF_MAX];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	console_write(buf, size_min((size_t)n, sizeof(buf) - 1));
	return n;
}
