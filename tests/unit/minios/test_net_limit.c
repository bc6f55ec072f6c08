// SPDX-License-Identifier: GPL-2.0-only
/* Who ends when peers take too much; lwIP is its headers, and the list of its connections. */
#include <string.h>
#include <minios/mm.h>
#include <minios/net_guard.h>
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "unit.h"

#define MIB	 4UL
#define OPEN_MAX (64 * MIB)
#define HALF_MAX (32 * MIB)
#define MANY	 400

/* ---- stand-ins ---- */

struct tcp_pcb *tcp_active_pcbs;
u32_t tcp_ticks;

static struct tcp_pcb pcbs[MANY], *ended[MANY];
static struct tcp_seg something;
static unsigned int nr_ended, nr_told;

void tcp_abandon(struct tcp_pcb *pcb, int reset)
{
	struct tcp_pcb **list = &tcp_active_pcbs;

	while (*list != pcb)
		list = &(*list)->next;
	*list = pcb->next;
	ended[nr_ended++] = pcb;
	nr_told += !!reset;
}

void tcp_abort(struct tcp_pcb *pcb)
{
	tcp_abandon(pcb, 1);
}

u16_t pbuf_clen(const struct pbuf *p)
{
	(void)p;
	return 1;
}

unsigned long mm_nr_pages(void)
{
	return MIB * 256;
}

/* ---- connections ---- */

static struct tcp_pcb *add(enum tcp_state state, unsigned int held)
{
	static unsigned int next;
	struct tcp_pcb *pcb = &pcbs[next++ % MANY];

	memset(pcb, 0, sizeof(*pcb));
	pcb->state = state;
	pcb->tmr = tcp_ticks;
	pcb->snd_buf = (tcpwnd_size_t)(TCP_SND_BUF - held);
	pcb->unsent = held ? &something : NULL;
	pcb->lastack = 1000 + next;
	pcb->next = tcp_active_pcbs;
	tcp_active_pcbs = pcb;
	return pcb;
}

static int setup(void **state)
{
	(void)state;
	tcp_active_pcbs = NULL;
	tcp_ticks = 100000;
	nr_ended = nr_told = 0;
	return 0;
}

/* So many seconds, in which those marked go on. */
static void pass(unsigned int seconds, struct tcp_pcb *moving)
{
	while (seconds--) {
		tcp_ticks += 2;
		if (moving)
			moving->lastack += 1;
		net_limit_tick();
	}
}

/* ---- tests ---- */

static void keeps_what_moves(void **state)
{
	struct tcp_pcb *pcb = add(ESTABLISHED, 10000);

	(void)state;
	pass(1000, pcb);
	pcb->state = FIN_WAIT_1;
	pass(1000, pcb);
	assert_int_equal(nr_ended, 0);
}

static void keeps_the_quiet(void **state)
{
	(void)state;
	add(ESTABLISHED, 0);
	pass(10000, NULL);
	assert_int_equal(nr_ended, 0);
}

static void ends_the_stuck(void **state)
{
	static const enum tcp_state states[] = { ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING,
						 LAST_ACK };
	static const unsigned int limits[] = { 60, 60, 30, 30, 30 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		setup(NULL);
		add(states[i], 1000);
		pass(limits[i], NULL);
		assert_int_equal(nr_ended, 0);
		pass(2, NULL);
		assert_int_equal(nr_ended, 1);
		assert_int_equal(nr_told, 1);
	}
}

static void recycles_half_open(void **state)
{
	struct tcp_pcb *first = add(SYN_RCVD, 0), *second;
	unsigned int i;

	(void)state;
	tcp_ticks++;
	second = add(SYN_RCVD, 0);
	tcp_ticks++;
	for (i = 2; i < HALF_MAX - 1; i++)
		add(SYN_RCVD, 0);
	assert_true(net_limit_syn());
	assert_int_equal(nr_ended, 0);
	add(SYN_RCVD, 0);
	assert_true(net_limit_syn());
	add(SYN_RCVD, 0);
	assert_true(net_limit_syn());
	assert_int_equal(nr_ended, 2);
	assert_ptr_equal(ended[0], first);
	assert_ptr_equal(ended[1], second);
	assert_int_equal(nr_told, 0);
}

static void bounds_connections(void **state)
{
	struct tcp_pcb *moving = add(ESTABLISHED, 0), *idle = add(ESTABLISHED, 0);
	unsigned int i;

	(void)state;
	pass(10, moving);
	for (i = 2; i < OPEN_MAX; i++)
		add(ESTABLISHED, 0);
	assert_true(net_limit_syn());
	assert_int_equal(nr_ended, 1);
	assert_ptr_equal(ended[0], idle);
	assert_true(net_limit_syn());
	assert_int_equal(nr_ended, 1);
	/* All of them move: the new one has to wait. */
	add(ESTABLISHED, 0);
	moving->lastack++;
	assert_false(net_limit_syn());
	assert_int_equal(nr_ended, 1);
}

/* A quarter of 4 MiB is some 40 full send buffers: those who wait longest go, but not who sends. */
static void bounds_memory(void **state)
{
	struct tcp_pcb *keep = add(ESTABLISHED, TCP_SND_BUF), *moving, *oldest;
	unsigned int i;

	(void)state;
	oldest = add(ESTABLISHED, TCP_SND_BUF);
	net_limit_tick();
	tcp_ticks++;
	moving = add(ESTABLISHED, TCP_SND_BUF);
	for (i = 3; i < 100; i++)
		add(ESTABLISHED, TCP_SND_BUF);
	keep->lastack++;
	net_limit_tick();
	assert_int_equal(nr_ended, 1);
	assert_ptr_equal(ended[0], oldest);
	tcp_ticks++;
	moving->lastack++;
	net_limit_data(keep);
	assert_in_range(100 - nr_ended, 30, 45);
	for (i = 0; i < nr_ended; i++) {
		assert_ptr_not_equal(ended[i], keep);
		assert_ptr_not_equal(ended[i], moving);
	}
	assert_int_equal(nr_told, nr_ended);
}

static void gives_way_to_need(void **state)
{
	struct tcp_pcb *idle = add(ESTABLISHED, 0), *moving = add(ESTABLISHED, 0);

	(void)state;
	pass(10, moving);
	moving->lastack++;
	net_limit_no_memory();
	net_limit_no_memory();
	assert_int_equal(nr_ended, 1);
	assert_ptr_equal(ended[0], idle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keeps_what_moves, setup),
		cmocka_unit_test_setup(keeps_the_quiet, setup),
		cmocka_unit_test_setup(ends_the_stuck, setup),
		cmocka_unit_test_setup(recycles_half_open, setup),
		cmocka_unit_test_setup(bounds_connections, setup),
		cmocka_unit_test_setup(bounds_memory, setup),
		cmocka_unit_test_setup(gives_way_to_need, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
