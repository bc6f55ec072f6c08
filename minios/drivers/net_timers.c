/* SPDX-License-Identifier: MIT */
/*
 * lwIP's periodic timers, instead of its own (LWIP_TIMERS 0).
 *
 * Its own timeouts.c ticks for ever.  Here a timer makes the domain wake up only while it must act at
 * a time of its own: TCP with connections, DHCP with a lease or a request, ARP with a request under
 * way.  What is only to be forgotten (closed connections, ARP entries, fragments) just has to be gone
 * when somebody looks, so those ticks are caught up on when the domain is awake anyway: before it
 * looks at anything new, which must not be taken for old.
 */
#include <stdbool.h>
#include <minios/loop.h>
#include <minios/net_guard.h>
#include <minios/net_timers.h>
#include <minios/time.h>
#include <minios/util.h>
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ip4_frag.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/timeouts.h"

/* Seconds an ARP request is repeated for: etharp.c's ARP_MAXPENDING, and one to notice. */
#define ARP_BUSY_S   6
/*
 * Nothing outlives this many ticks, so more need not be caught up on: 2 * TCP_MSL is 480 of TCP's,
 * ARP_MAXAGE 300 of ARP's.
 */
#define MAX_CATCH_UP 512

struct timer {
	void (*tick)(void);
	uint32_t interval_ms;
	bool (*needed)(void); /* NULL: never worth waking up for */
	uint64_t next_ns;     /* 0 = not running */
};

static struct netif *interface;
static uint64_t arp_busy_until_ns;

static void tcp_tick(void)
{
	net_guard_tick();
	tcp_tmr();
}

static bool tcp_needed(void)
{
	return tcp_active_pcbs;
}

static bool arp_needed(void)
{
	return time_ns() < arp_busy_until_ns;
}

static bool dhcp_needed(void)
{
	return netif_dhcp_data(interface);
}

static bool dhcp_request_needed(void)
{
	const struct dhcp *dhcp = netif_dhcp_data(interface);

	return dhcp && dhcp->request_timeout;
}

static struct timer timers[] = {
	{ .tick = tcp_tick, .interval_ms = TCP_TMR_INTERVAL, .needed = tcp_needed },
	{ .tick = etharp_tmr, .interval_ms = ARP_TMR_INTERVAL, .needed = arp_needed },
	{ .tick = ip_reass_tmr, .interval_ms = IP_TMR_INTERVAL },
	{ .tick = dhcp_fine_tmr,
	  .interval_ms = DHCP_FINE_TIMER_MSECS,
	  .needed = dhcp_request_needed },
	{ .tick = dhcp_coarse_tmr, .interval_ms = DHCP_COARSE_TIMER_MSECS, .needed = dhcp_needed },
};

/* lwIP says that a TCP connection has come into being; net_timers_run() sees that by itself. */
void tcp_timer_needed(void)
{
}

void net_timers_reset(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timers); i++)
		timers[i].next_ns = 0;
	arp_busy_until_ns = 0;
}

void net_timers_arp_sent(void)
{
	arp_busy_until_ns = time_ns() + ARP_BUSY_S * NSEC_PER_SEC;
}

static void timer_run(struct timer *t, uint64_t now)
{
	uint64_t interval = t->interval_ms * NSEC_PER_MSEC, missed;

	if (!t->next_ns)
		t->next_ns = now + interval;
	if (now < t->next_ns)
		return;
	missed = (now - t->next_ns) / interval + 1;
	t->next_ns += missed * interval;
	if (missed > MAX_CATCH_UP)
		missed = MAX_CATCH_UP;
	while (missed--)
		t->tick();
}

void net_timers_run(struct netif *netif)
{
	uint64_t now = time_ns();
	unsigned int i;

	interface = netif;
	for (i = 0; i < ARRAY_SIZE(timers); i++)
		timer_run(&timers[i], now);
}

uint64_t net_timers_next(void)
{
	uint64_t deadline = LOOP_NEVER;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timers); i++)
		if (timers[i].needed && timers[i].next_ns < deadline && timers[i].needed())
			deadline = timers[i].next_ns;
	return deadline;
}
