/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Of the kernel, what turn.c and runner.c use: lists, and works that the test carries out one by one, with
 * a clock and processors of its own.  After cmocka.h.
 */
#ifndef FAKE_TURN_H
#define FAKE_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOXS_COMPAT_H	      /* its place is taken */

#define READ_ONCE(x)	      (x)
#define WRITE_ONCE(x, value)  ((x) = (value))
#define min(a, b)	      ((a) < (b) ? (a) : (b))
#define max(a, b)	      ((a) > (b) ? (a) : (b))
#define min_t(type, a, b)     min((type)(a), (type)(b))
#define container_of(p, t, m) ((t *)((char *)(p)-offsetof(t, m)))
#define cond_resched()	      ((void)0)

/* ---- lists ---- */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)			     struct list_head name = { &(name), &(name) }
#define list_first_entry(head, type, member) container_of((head)->next, type, member)
#define list_for_each_entry(pos, head, member)                                               \
	for (pos = list_first_entry(head, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_first_entry(&pos->member, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member)                    \
	for (pos = list_first_entry(head, __typeof__(*pos), member),      \
	    n = list_first_entry(&pos->member, __typeof__(*pos), member); \
	     &pos->member != (head);                                      \
	     pos = n, n = list_first_entry(&n->member, __typeof__(*pos), member))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}
#define list_empty_careful list_empty

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del_init(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	INIT_LIST_HEAD(node);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	list_del_init(node);
	list_add_tail(node, head);
}

/* ---- atomics and locks: there is one thread ---- */

typedef struct {
	int value;
} atomic_t;

#define ATOMIC_INIT(n) \
	{              \
		n      \
	}
#define atomic_read(a)		      ((a)->value)
#define atomic_inc(a)		      ((void)(a)->value++)
#define atomic_dec(a)		      ((void)(a)->value--)
#define atomic_fetch_dec_release(a)   ((a)->value--)
#define atomic_set_release(a, n)      ((void)((a)->value = (n)))
#define atomic_inc_unless_negative(a) ((a)->value < 0 ? false : ((a)->value++, true))

static inline int atomic_cmpxchg(atomic_t *a, int from, int to)
{
	int was = a->value;

	if (was == from)
		a->value = to;
	return was;
}

typedef bool spinlock_t;
#define DEFINE_SPINLOCK(name) spinlock_t name

/* What happens on another processor as soon as a lock is free, once. */
extern void (*fake_after_unlock)(void);

static inline void spin_lock_init(spinlock_t *lock)
{
	*lock = false;
}

static inline void spin_lock(spinlock_t *lock)
{
	if (*lock)
		fail_msg("locked twice");
	*lock = true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	*lock = false;
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	spin_lock(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	spin_unlock(lock);
}

static inline void fake_unlock(spinlock_t *lock)
{
	void (*then)(void) = fake_after_unlock;

	spin_unlock(lock);
	fake_after_unlock = NULL;
	if (then)
		then();
}
#define spin_lock_irqsave(lock, flags)	    ((void)((flags) = 0), spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), fake_unlock(lock))

/* ---- time ---- */

struct hrtimer;
enum hrtimer_restart {
	HRTIMER_NORESTART
};

struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	uint64_t at; /* 0: it is not armed */
};

extern uint64_t fake_now;

#define HRTIMER_MODE_REL 0
#define ns_to_ktime(ns)	 (ns)
#define local_clock()	 fake_now

static inline void noxs_hrtimer_setup(struct hrtimer *timer,
				      enum hrtimer_restart (*function)(struct hrtimer *timer))
{
	timer->function = function;
}

static inline void hrtimer_start(struct hrtimer *timer, uint64_t ns, int mode)
{
	(void)mode;
	timer->at = fake_now + ns;
}

static inline void hrtimer_cancel(struct hrtimer *timer)
{
	timer->at = 0;
}

/* ---- threads and their works ---- */

struct task_struct {
	struct {
		uint64_t sum_exec_runtime;
	} se;
	unsigned long nvcsw, nivcsw;
	bool sleeps;
};

extern struct task_struct *fake_current;
extern unsigned int fake_nr_cpus;

#define current			  fake_current
#define task_is_running(task)	  (!(task)->sleeps)
#define set_user_nice(task, nice) ((void)(task), (void)(nice))
#define num_online_cpus()	  fake_nr_cpus

struct work_struct {
	void (*func)(struct work_struct *work);
	bool pending, runs;
};

struct workqueue_struct {
	struct work_struct *pending[8];
	unsigned int nr;
};

#define INIT_WORK(work, f) (*(work) = (struct work_struct){ .func = (f) })

static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	if (work->pending)
		return false;
	work->pending = true;
	wq->pending[wq->nr++] = work;
	return true;
}

static inline bool cancel_work_sync(struct work_struct *work)
{
	bool was = work->pending;

	work->pending = false;
	return was;
}

struct kthread_work;

struct kthread_worker {
	struct task_struct *task;
	struct kthread_work *pending[8];
	unsigned int nr;
};

struct kthread_work {
	void (*func)(struct kthread_work *work);
	struct kthread_worker *worker;
	bool pending;
};

extern struct kthread_worker fake_workers[2];

#define KTW_FREEZABLE			 1
#define IS_ERR(p)			 (!(p))
#define PTR_ERR(p)			 ((p) ? 0 : -1)
#define kthread_destroy_worker(w)	 ((void)((w)->nr = 0))
#define noxs_kthread_run_worker(f, n, i) ((void)(f), (void)(n), &fake_workers[i])

static inline void kthread_init_work(struct kthread_work *work,
				     void (*func)(struct kthread_work *work))
{
	*work = (struct kthread_work){ .func = func };
}

static inline bool kthread_queue_work(struct kthread_worker *worker, struct kthread_work *work)
{
	/* kthread_insert_work_sanity_check() */
	if (work->worker && work->worker != worker)
		fail_msg("the kernel warns");
	if (work->pending)
		return false;
	work->worker = worker;
	work->pending = true;
	worker->pending[worker->nr++] = work;
	return true;
}

static inline bool kthread_cancel_work_sync(struct kthread_work *work)
{
	bool was = work->pending;

	work->pending = false;
	return was;
}

#endif /* FAKE_TURN_H */
