// SPDX-License-Identifier: GPL-2.0
/*
 * Turns (kernel/noxs/turn.c, runner.c) of guests with much work, whose disks hang and whose threads never
 * get a processor: the other guests have their turn all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "fake-turn.h"
#include "usage.c"
#include "share.c"
#include "runner.c"
#include "patience.c"
#include "turn.c"

#define US 1000ULL
#define MS (1000 * US)

void (*fake_after_unlock)(void);
uint64_t fake_now;
struct task_struct *fake_current;
unsigned int fake_nr_cpus;
struct kthread_worker fake_workers[2];

static struct task_struct runner_task[2], wq_task[2];
static struct workqueue_struct wq;

/* Guests with a disk each. */
static struct guest {
	struct noxs_share share;
	struct noxs_turn turn;
	unsigned int nr_runs, nr_low; /* of those, how many of a runner */
	void (*within)(struct guest *guest);
} guests[4];

static struct guest *const a = &guests[0], *const b = &guests[1], *const c = &guests[2],
			   *const d = &guests[3];

static void guest_work(struct noxs_turn *turn)
{
	struct guest *guest = container_of(turn, struct guest, turn);
	void (*within)(struct guest * guest) = guest->within;

	(void)noxs_turn_begin(turn);
	guest->nr_runs++;
	guest->nr_low += turn->is_low;
	guest->within = NULL;
	if (within)
		within(guest);
	noxs_turn_end(turn);
}

/* Something is asked of its disk; it has used much of late. */
static void queue(struct guest *guest)
{
	guest->share.usage = (struct noxs_usage){ NOXS_USAGE_WINDOW_NS, fake_now };
	noxs_turn_queue(&guest->turn);
}

/* One with other rings that have work, so that it takes its turn although nobody waits. */
static void queue_one_of_many(struct guest *guest)
{
	guest->share.nr_works.value += 3;
	queue(guest);
	guest->share.nr_works.value -= 3;
}

static void pass(u64 ns)
{
	for (; ns; ns -= 100 * US) {
		fake_now += 100 * US;
		if (turn_timer.at && fake_now >= turn_timer.at) {
			turn_timer.at = 0;
			(void)turn_timer.function(&turn_timer);
		}
	}
}

/* A thread of the workqueue carries out what came first, and does not run; false: there is nothing. */
static bool wq_step(struct task_struct *thread)
{
	struct task_struct *before = fake_current;
	struct work_struct *work;
	unsigned int i = 0;

	while (i < wq.nr && wq.pending[i]->runs)
		i++;
	if (i == wq.nr)
		return false;
	work = wq.pending[i];
	memmove(&wq.pending[i], &wq.pending[i + 1], (--wq.nr - i) * sizeof(wq.pending[0]));
	work->pending = false;
	work->runs = true;
	fake_current = thread;
	work->func(work);
	work->runs = false;
	fake_current = before;
	return true;
}

static bool runner_step(unsigned int nr)
{
	struct kthread_worker *worker = &fake_workers[nr];
	struct kthread_work *work = worker->pending[0];
	struct task_struct *before = fake_current;

	if (!worker->nr)
		return false;
	memmove(worker->pending, worker->pending + 1, --worker->nr * sizeof(worker->pending[0]));
	work->pending = false;
	fake_current = worker->task;
	work->func(work);
	fake_current = before;
	return true;
}

/* One has its turn, with nobody waiting; the others wait, and the first of them is with a runner. */
static void first_is_low(void)
{
	queue_one_of_many(d);
	queue(a);
	queue(b);
	queue(c);
	assert_true(wq_step(&wq_task[0]));
	pass(100 * US); /* d, which has been answered, is waited for */
	assert_int_equal(d->nr_runs, 1);
	assert_int_equal(fake_workers[0].nr, 1);
	assert_int_equal(wq.nr, 0);
}

static int setup(void **state)
{
	unsigned int i;

	fake_nr_cpus = *(unsigned int *)*state;
	fake_now = (fake_now / MS + 1000) * MS; /* what was used before is forgotten */
	/* A test that failed has left them as they were. */
	spin_lock_init(&turn_lock);
	INIT_LIST_HEAD(&turn_shares);
	INIT_LIST_HEAD(&turn_runs);
	turn_nr_known.value = 0;
	turn_nr_runs = 0;
	nr_runners = 0;
	fake_after_unlock = NULL;
	memset(&wq, 0, sizeof(wq));
	for (i = 0; i < 2; i++)
		fake_workers[i] = (struct kthread_worker){ .task = &runner_task[i] };
	memset(runner_task, 0, sizeof(runner_task));
	memset(wq_task, 0, sizeof(wq_task));
	memset(guests, 0, sizeof(guests));
	for (i = 0; i < 4; i++) {
		noxs_share_init(&guests[i].share);
		noxs_turn_init(&guests[i].turn, &guests[i].share, &wq, guest_work);
	}
	return noxs_turns_init();
}

static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		noxs_turn_cancel_sync(&guests[i].turn);
	noxs_turns_fini();
	for (i = 0; i < 2; i++)
		runners[i].nr_works = 0;
	turn_timer_at = 0;
	return turn_nr_runs || turn_nr_known.value || !list_empty(&turn_shares);
}

/* ---- a turn, and the next ---- */

/* The kernel warns if a work that was with one thread is given to another as it is. */
static void may_be_with_another_runner(void **state)
{
	(void)state;
	queue_one_of_many(d);
	queue(c);
	queue(a);
	queue(b); /* two processors */
	assert_true(wq_step(&wq_task[0]));
	pass(100 * US);
	assert_true(runner_step(0));
	assert_int_equal(a->nr_low, 1);
	/* The first is another's now. */
	runners[0].nr_works++;
	queue(c);
	queue(a);
	queue(d);
	while (wq_step(&wq_task[0]) || runner_step(1))
		pass(100 * US);
	runners[0].nr_works--;
	assert_true(a->nr_runs >= 2);
	assert_int_equal(a->nr_low, 2);
	assert_ptr_equal(a->turn.low_work.worker, &fake_workers[1]);
}

static void queue_itself(struct guest *guest)
{
	queue(guest);
}

/* The runner had no processor for it: the next round has one of the workqueue's, like any other. */
static void ring_with_more_leaves_its_runner(void **state)
{
	(void)state;
	first_is_low();
	pass(6 * MS);
	a->within = queue_itself;
	assert_true(runner_step(0));
	assert_int_equal(a->nr_runs, 1);
	assert_int_equal(fake_workers[0].nr, 0);
	pass(100 * US);
	while (wq_step(&wq_task[0]))
		pass(100 * US);
	assert_int_equal(a->nr_runs, 2);
	assert_int_equal(a->nr_low, 1);
	assert_int_equal(b->nr_runs + c->nr_runs, 2);
}

static void queue_twice(struct guest *guest)
{
	queue(guest);
	queue(guest);
}

/* Whatever asks for it meanwhile makes one more run; what asked before it began, none. */
static void is_asked_for_while_with_a_runner(void **state)
{
	(void)state;
	first_is_low();
	queue(a);
	assert_true(runner_step(0));
	while (pass(100 * US), wq_step(&wq_task[0]) || runner_step(0))
		;
	assert_int_equal(a->nr_runs, 1);
	queue(d);
	queue(a);
	queue(b);
	queue(c);
	a->within = queue_twice;
	while (pass(100 * US), wq_step(&wq_task[0]) || runner_step(0))
		;
	assert_int_equal(a->nr_runs, 3);
}

/* ---- what low priority costs ---- */

static void sleep_a_little(struct guest *guest)
{
	(void)guest;
	current->nvcsw++;
	pass(100 * US);
}

/* That a work sleeps says nothing of what it waited for before. */
static void wait_of_one_that_sleeps_counts(void **state)
{
	(void)state;
	first_is_low();
	pass(6 * MS);
	a->within = sleep_a_little;
	assert_true(runner_step(0));
	pass(100 * US);
	assert_int_equal(fake_workers[0].nr, 0);
	assert_true(wq_step(&wq_task[0]));
	assert_int_equal(b->nr_runs, 1);
}

/* A process that never sleeps has the processor: the others do not wait for the runner. */
static void runner_never_gets_a_processor(void **state)
{
	(void)state;
	first_is_low();
	pass(4 * MS);
	assert_int_equal(wq.nr, 0);
	pass(6 * MS);
	assert_int_equal(fake_workers[0].nr, 1);
	assert_true(wq_step(&wq_task[0]));
	assert_int_equal(b->nr_runs, 1);
	pass(100 * US);
	assert_true(wq_step(&wq_task[0]));
	assert_int_equal(c->nr_runs, 1);
	assert_int_equal(a->nr_runs, 0);
}

/* ---- disks that do not answer ---- */

/* The disk hangs; the others' works meanwhile, as long as there are any. */
static void hang(struct guest *guest)
{
	(void)guest;
	current->sleeps = true;
	current->nvcsw++;
	pass(2 * MS);
	while (wq_step(&wq_task[1]) || (current != &runner_task[0] && runner_step(0)))
		pass(2 * MS);
	current->sleeps = false;
}

static void queue_a(void)
{
	a->share.usage = (struct noxs_usage){ 0, fake_now };
	noxs_turn_queue(&a->turn);
}

/* Nobody is made to wait for who has used so much. */
static void use_very_much(struct guest *guest)
{
	guest->share.usage = (struct noxs_usage){ 10 * NOXS_USAGE_WINDOW_NS, fake_now };
	fake_after_unlock = queue_a;
}

/* Asked for at the moment at which its runner is given to another, whose disk hangs. */
static void runner_sleeps_with_another(void **state)
{
	(void)state;
	first_is_low();
	a->within = use_very_much;
	assert_true(runner_step(0));
	assert_ptr_equal(fake_workers[0].pending[0], &b->turn.low_work);
	b->within = hang;
	assert_true(runner_step(0));
	assert_int_equal(b->nr_low, 1);
	assert_int_equal(c->nr_runs, 1);
	assert_int_equal(a->nr_runs, 2);
}

static void hang_with_more(struct guest *guest)
{
	pass(2 * MS);
	queue_one_of_many(guest);
	queue(b);
	queue(c);
	hang(guest);
	assert_int_equal(b->nr_runs, 1);
	assert_int_equal(c->nr_runs, 1);
}

/* A turn given to one whose last run sleeps is not begun, and is lost like that one's. */
static void turn_behind_a_run_that_sleeps(void **state)
{
	(void)state;
	queue_one_of_many(a);
	a->within = hang_with_more;
	assert_true(wq_step(&wq_task[0]));
	while (pass(100 * US), wq_step(&wq_task[0]) || runner_step(0))
		;
	assert_int_equal(a->nr_runs, 2);
}

int main(void)
{
	static unsigned int one = 1, two = 2;
#define TEST(f, cpus) cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, &(cpus))
	const struct CMUnitTest tests[] = {
		TEST(may_be_with_another_runner, two),
		TEST(ring_with_more_leaves_its_runner, one),
		TEST(is_asked_for_while_with_a_runner, one),
		TEST(wait_of_one_that_sleeps_counts, one),
		TEST(runner_never_gets_a_processor, one),
		TEST(runner_sleeps_with_another, one),
		TEST(turn_behind_a_run_that_sleeps, one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
