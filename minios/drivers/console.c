/* SPDX-License-Identifier: MIT */
/* Console output.  Input is not used by anything yet, so it is left in the ring. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <xen/io/console.h>
#include <minios/cons_ring.h>
#include <minios/console.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include <minios/util.h>

/* Bytes: what a trap prints, and a panic. */
#define LAST_WORDS 1200U

static struct xencons_interface *ring;
static evtchn_port_t port;
static bool is_initial_domain;
static bool is_last; /* words are written at last_at, where there was something else perhaps */
static XENCONS_RING_IDX last_at;

void console_init(const struct start_info *si)
{
	is_initial_domain = si->flags & SIF_INITDOMAIN;
	ring = NULL;
	if (is_initial_domain || !si->console.domU.mfn)
		return;
	ring = mm_frame_map(mm_mfn_to_pfn(si->console.domU.mfn));
	port = si->console.domU.evtchn;
}

static void ring_write(const char *buf, size_t len)
{
	struct evtchn_send send = { .port = port };

	if (is_last)
		last_at = cons_ring_put(ring, last_at, buf, len);
	else
		(void)cons_ring_put(ring, ring->out_prod, buf, len); /* what does not fit is lost */
	(void)hypercall_event_channel_op(EVTCHNOP_send, &send);	     /* nobody may be listening */
}

void console_last_words(void)
{
	if (ring && !is_last)
		last_at = cons_ring_rewind(ring, LAST_WORDS);
	is_last = true;
}

void console_write(const char *buf, size_t len)
{
	if (is_initial_domain)
		(void)hypercall_console_io(CONSOLEIO_write, (unsigned int)len, buf);
	else if (ring)
		ring_write(buf, len);
}

size_t console_room(void)
{
	return ring ? cons_ring_room(ring) : SIZE_MAX;
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
