// SPDX-License-Identifier: GPL-2.0
/* Who goes first when guests make more work than there are processors for it: turn.h. */
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include "compat.h"
#include "patience.h"
#include "turn.h"

/* As long does a turn keep others waiting at most; works that do not sleep are briefer. */
#define TURN_MAX_NS  (1000 * 1000ULL)

/*
 * Of a thread of a workqueue that carries out one turn of many because there is no runner for it,
 * unless that has cost too much time of late.
 */
#define TURN_NICE    19

/* A turn that its runner has not begun by then is given up, and low priority with it. */
#define TURN_LATE_NS NOXS_USAGE_WINDOW_NS

static DEFINE_SPINLOCK(turn_lock);
static LIST_HEAD(turn_shares); /* with works that wait; whose turn it is next comes first */
static LIST_HEAD(turn_runs);   /* those that have their turn, the oldest first */
static unsigned int turn_nr_runs;
/* How many wait or run: without any, turn_lock is left alone. */
static atomic_t turn_nr_known = ATOMIC_INIT(0);
static struct hrtimer turn_timer;
static u64 turn_timer_at; /* when it fires; 0: it is not armed */

/* Who has ended last; and until when it counts that another had before. */
static const struct noxs_share *turn_last;
static u64 turn_shared_until;

/* What turns have waited for a processor because of their low priority. */
static struct noxs_usage turn_lost;

/* ---- where a work runs ---- */

static void turn_work(struct work_struct *work)
{
	struct noxs_turn *turn = container_of(work, struct noxs_turn, work);

	turn->is_low = false;
	turn->func(turn);
	/* Whoever finds it 0 sees all that was done: pairs with the cmpxchgs below. */
	(void)atomic_fetch_dec_release(&turn->lane);
}

static void turn_low_work(struct kthread_work *work)
{
	struct noxs_turn *turn = container_of(work, struct noxs_turn, low_work);

	/* Who has asked for it so far is served by this run. */
	spin_lock_irq(&turn_lock);
	turn->again = false;
	spin_unlock_irq(&turn_lock);
	turn->is_low = true;
	turn->func(turn); /* its end leaves the lane: the turn may be elsewhere, or gone */
}

/* False: it is with a runner. */
static bool turn_run_normal(struct noxs_turn *turn)
{
	if (!atomic_inc_unless_negative(&turn->lane))
		return false;
	if (queue_work(turn->wq, &turn->work))
		atomic_inc(&turn->share->nr_works);
	else
		atomic_dec(&turn->lane);
	return true;
}

/* ---- with turn_lock held ---- */

static bool turn_is_with_runner(const struct noxs_turn *turn)
{
	return atomic_read(&turn->lane) < 0;
}

/* False: it is somewhere, and stays there. */
static bool turn_run_low(struct noxs_turn *turn, struct noxs_runner *runner)
{
	if (atomic_cmpxchg(&turn->lane, 0, -1))
		return false;
	turn->runner = runner;
	runner->nr_works++;
	atomic_inc(&turn->share->nr_works);
	/* A work remembers which thread it was with. */
	kthread_init_work(&turn->low_work, turn_low_work);
	(void)kthread_queue_work(runner->worker, &turn->low_work);
	return true;
}

/* The runner may have another, which may sleep: whatever comes for this one goes elsewhere. */
static void turn_leave_runner(struct noxs_turn *turn)
{
	turn->runner->nr_works--;
	atomic_dec(&turn->share->nr_works);
	atomic_set_release(&turn->lane, 0);
}

static void turn_wait(struct noxs_turn *turn)
{
	struct noxs_share *share = turn->share;

	if (!list_empty(&turn->node))
		return;
	list_add_tail(&turn->node, &share->waiting);
	if (list_empty(&share->node))
		list_add_tail(&share->node, &turn_shares);
	atomic_inc(&turn_nr_known);
}

static void turn_stop_waiting(struct noxs_turn *turn)
{
	if (list_empty(&turn->node))
		return;
	list_del_init(&turn->node);
	if (list_empty(&turn->share->waiting))
		list_del_init(&turn->share->node);
	atomic_dec(&turn_nr_known);
}

static void turn_stop_running(struct noxs_turn *turn)
{
	if (list_empty(&turn->runs))
		return;
	list_del_init(&turn->runs);
	turn_nr_runs--;
	atomic_dec(&turn_nr_known);
}

/*
 * While much work waits, the thread that does it lets any other go first; but a process that never
 * sleeps is not to end all guests' disks: they are not to lose more than half of the time by it.
 */
static bool may_be_low(u64 lost)
{
	return !list_empty_careful(&turn_shares) &&
	       lost < NOXS_USAGE_WINDOW_NS / 2 * num_online_cpus();
}

static void turn_give(struct noxs_turn *turn, u64 now)
{
	struct noxs_runner *runner = NULL;

	turn_stop_waiting(turn);
	/* One that lost its turn in its sleep, and has been queued again, may have it once more. */
	turn_stop_running(turn);
	turn->given = now;
	turn->since = now;
	list_add_tail(&turn->runs, &turn_runs);
	turn_nr_runs++;
	atomic_inc(&turn_nr_known);
	if (may_be_low(noxs_usage_now(&turn_lost, now)))
		runner = noxs_runner_find();
	if (!runner || !turn_run_low(turn, runner))
		(void)turn_run_normal(turn); /* one that waits is with no runner */
}

/*
 * One that is with a runner has its next run where it is decided then: otherwise one with ever
 * more to do would stay with a thread that a busy processor never has time for.
 */
static void turn_queue(struct noxs_turn *turn, bool is_much)
{
	if (turn_is_with_runner(turn))
		turn->again = true;
	else if (is_much)
		turn_wait(turn);
	else
		(void)turn_run_normal(turn);
}

static struct noxs_turn *turn_next(u64 now)
{
	struct noxs_share *share;
	struct noxs_turn *turn;

	list_for_each_entry(share, &turn_shares, node) {
		if (noxs_patience_holds(share, noxs_share_spent(share, now), now))
			continue;
		turn = list_first_entry(&share->waiting, struct noxs_turn, node);
		list_move_tail(&share->node, &turn_shares);
		return turn;
	}
	return NULL;
}

/* Its runner has been waiting for a processor for so long that it is known before the end. */
static bool turn_is_late(struct noxs_turn *turn, u64 now)
{
	if (!turn_is_with_runner(turn) || now < turn->given + TURN_LATE_NS)
		return false;
	noxs_usage_charge(&turn_lost, now, now - turn->given);
	turn->given = now;
	return true;
}

/* Those that sleep lose their turn; those that only lack a processor keep it, but for the late. */
static void turns_expire(u64 now)
{
	struct noxs_turn *turn, *next;
	struct task_struct *thread;

	list_for_each_entry_safe(turn, next, &turn_runs, runs) {
		if (now < turn->since + TURN_MAX_NS)
			break;
		thread = READ_ONCE(turn->thread);
		if (thread ? !task_is_running(thread) : turn_is_late(turn, now)) {
			turn_stop_running(turn);
			continue;
		}
		turn->since = now;
		list_move_tail(&turn->runs, &turn_runs);
	}
}

static void turns_set_timer(u64 now, bool full)
{
	u64 at = full ? list_first_entry(&turn_runs, struct noxs_turn, runs)->since + TURN_MAX_NS :
			noxs_patience_until();

	if (turn_timer_at && turn_timer_at <= at)
		return;
	turn_timer_at = at;
	hrtimer_start(&turn_timer, ns_to_ktime(at > now ? at - now : 0), HRTIMER_MODE_REL);
}

static void turns_go_on(u64 now)
{
	unsigned int max = num_online_cpus();
	struct noxs_turn *turn;

	turns_expire(now);
	while (turn_nr_runs < max && !noxs_patience_makes_way(now)) {
		turn = turn_next(now);
		if (!turn)
			break;
		turn_give(turn, now);
	}
	if (!list_empty(&turn_shares))
		turns_set_timer(now, turn_nr_runs >= max);
}

/* ---- without ---- */

static enum hrtimer_restart turns_timeout(struct hrtimer *timer)
{
	unsigned long flags;

	spin_lock_irqsave(&turn_lock, flags);
	turn_timer_at = 0;
	turns_go_on(local_clock());
	spin_unlock_irqrestore(&turn_lock, flags);
	return HRTIMER_NORESTART;
}

void noxs_turn_init(struct noxs_turn *turn, struct noxs_share *share, struct workqueue_struct *wq,
		    void (*func)(struct noxs_turn *turn))
{
	turn->share = share;
	turn->func = func;
	turn->wq = wq;
	INIT_WORK(&turn->work, turn_work);
	kthread_init_work(&turn->low_work, turn_low_work);
	INIT_LIST_HEAD(&turn->node);
	INIT_LIST_HEAD(&turn->runs);
}

void noxs_turn_queue(struct noxs_turn *turn)
{
	struct noxs_share *share = turn->share;
	unsigned long flags;
	bool is_much;
	u64 now;

	/*
	 * Nobody waits, and there is a processor for it, or for the one that queues itself once
	 * more: no need to ask what the guest has used.
	 */
	if (!atomic_read(&turn_nr_known) &&
	    atomic_read(&share->nr_works) <= (int)num_online_cpus() && turn_run_normal(turn))
		return;
	now = local_clock();
	is_much = noxs_share_spent(share, now) >= NOXS_USAGE_MUCH_NS;
	if (!is_much && turn_run_normal(turn))
		return;
	spin_lock_irqsave(&turn_lock, flags);
	turn_queue(turn, is_much);
	turns_go_on(now);
	spin_unlock_irqrestore(&turn_lock, flags);
}

void noxs_turn_cancel_sync(struct noxs_turn *turn)
{
	unsigned long flags;
	bool was_low;

	spin_lock_irqsave(&turn_lock, flags);
	turn_stop_waiting(turn);
	turn->again = false;
	spin_unlock_irqrestore(&turn_lock, flags);
	/* One that is cancelled before it runs does not end its turn. */
	if (cancel_work_sync(&turn->work))
		atomic_dec(&turn->share->nr_works);
	was_low = kthread_cancel_work_sync(&turn->low_work);
	spin_lock_irqsave(&turn_lock, flags);
	if (was_low)
		turn_leave_runner(turn);
	turn_stop_running(turn);
	turns_go_on(local_clock());
	spin_unlock_irqrestore(&turn_lock, flags);
}

void noxs_turns_make_way(void)
{
	u64 now = local_clock();
	unsigned long flags;

	if (!atomic_read(&turn_nr_known))
		return;
	spin_lock_irqsave(&turn_lock, flags);
	noxs_patience_make_way(now);
	spin_unlock_irqrestore(&turn_lock, flags);
}

bool noxs_turn_begin(struct noxs_turn *turn)
{
	u64 now = local_clock(), lost;

	WRITE_ONCE(turn->thread, current);
	noxs_stint_begin(&turn->stint, now);
	turn->is_nice = false;
	if (list_empty_careful(&turn->runs) && !turn->is_low)
		return false;
	lost = noxs_usage_peek(&turn_lost, now);
	turn->is_nice = !turn->is_low && may_be_low(lost);
	if (turn->is_nice) {
		set_user_nice(current, TURN_NICE);
		cond_resched();
	}
	return now < READ_ONCE(turn_shared_until) || lost > NOXS_USAGE_MUCH_NS;
}

/* What it waited for a processor because of its priority; while one slept nobody knows. */
static u64 turn_lost_by(const struct noxs_turn *turn, u64 now, u64 used)
{
	u64 given = READ_ONCE(turn->given), begun = turn->stint.begun, lost = 0;

	if (turn->is_low && begun > given)
		lost = begun - given;
	if ((turn->is_low || turn->is_nice) && !noxs_stint_has_slept(&turn->stint))
		lost += noxs_stint_passed(&turn->stint, now) - used;
	return lost;
}

/* With turn_lock held. */
static void turn_end_low(struct noxs_turn *turn, u64 spent)
{
	bool again = turn->again;

	turn->again = false;
	turn->thread = NULL;
	turn_leave_runner(turn);
	if (again)
		turn_queue(turn, spent >= NOXS_USAGE_MUCH_NS);
}

void noxs_turn_end(struct noxs_turn *turn)
{
	u64 now = local_clock(), used = noxs_stint_used(&turn->stint, now);
	struct noxs_share *share = turn->share;
	u64 spent = noxs_share_charge(share, now, used);
	u64 lost = turn_lost_by(turn, now, used);
	unsigned long flags;

	if (turn->is_nice)
		set_user_nice(current, 0); /* as the workqueue has its threads */
	if (!turn->is_low) {
		WRITE_ONCE(turn->thread, NULL);
		atomic_dec(&share->nr_works);
		if (!atomic_read(&turn_nr_known))
			return;
	}
	spin_lock_irqsave(&turn_lock, flags);
	turn_stop_running(turn);
	if (lost)
		noxs_usage_charge(&turn_lost, now, lost);
	if (share != turn_last) {
		turn_last = share;
		WRITE_ONCE(turn_shared_until, now + NOXS_USAGE_WINDOW_NS);
	}
	if (turn->is_low)
		turn_end_low(turn, spent); /* from here on it is another thread's */
	/* One with more to do does not need our patience. */
	if (list_empty(&share->waiting))
		noxs_patience_expect(share, spent, now);
	turns_go_on(now);
	spin_unlock_irqrestore(&turn_lock, flags);
}

int noxs_turns_init(void)
{
	noxs_hrtimer_setup(&turn_timer, turns_timeout);
	return noxs_runners_init();
}

void noxs_turns_fini(void)
{
	hrtimer_cancel(&turn_timer);
	noxs_runners_fini();
}
