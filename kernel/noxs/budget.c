// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets with a share for each user.  No kernel calls but atomics.
 *
 * The pool holds what each user has beyond its share, and a user's part of it is a function of
 * user->used alone.  Every change of user->used from one value to another changes the pool by the
 * difference of that function, so however calls are mixed the sums agree.
 */
#include "budget.h"

#ifdef __KERNEL__
#include <linux/compiler.h>
#else
#define READ_ONCE(x) (*(volatile __typeof__(x) *)&(x))
static int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static void atomic_set(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static void atomic_sub(int i, atomic_t *v)
{
	__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);
}

static int atomic_fetch_sub(int i, atomic_t *v)
{
	return __atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);
}

static bool atomic_try_cmpxchg(atomic_t *v, int *old, int new)
{
	return __atomic_compare_exchange_n(&v->counter, old, new, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}
#endif

void noxs_budget_join(struct noxs_budget *budget, struct noxs_budget_user *user)
{
	user->budget = budget;
	atomic_set(&user->used, 0);
}

/* What a user that holds @used has of the pool. */
static unsigned int beyond_share(const struct noxs_budget *budget, unsigned int used)
{
	return used > budget->share ? used - budget->share : 0;
}

static bool pool_try(struct noxs_budget *budget, unsigned int n)
{
	int old = atomic_read(&budget->pool_used);

	do {
		if ((unsigned int)old + n > READ_ONCE(budget->pool))
			return false;
	} while (!atomic_try_cmpxchg(&budget->pool_used, &old, old + (int)n));
	return true;
}

bool noxs_budget_try(struct noxs_budget_user *user, unsigned int n)
{
	struct noxs_budget *budget = user->budget;
	int old = atomic_read(&user->used);
	unsigned int of_pool;

	if (!READ_ONCE(budget->pool))
		return false;
	for (;;) {
		of_pool = beyond_share(budget, old + n) - beyond_share(budget, old);
		if (of_pool && !pool_try(budget, of_pool))
			return false;
		if (atomic_try_cmpxchg(&user->used, &old, old + (int)n))
			return true;
		/* Another has taken or given back: what is due of the pool may be more or less. */
		if (of_pool)
			atomic_sub(of_pool, &budget->pool_used);
	}
}

void noxs_budget_put(struct noxs_budget_user *user, unsigned int n)
{
	unsigned int old = atomic_fetch_sub(n, &user->used);
	unsigned int of_pool =
		beyond_share(user->budget, old) - beyond_share(user->budget, old - n);

	if (of_pool)
		atomic_sub(of_pool, &user->budget->pool_used);
}

unsigned int noxs_budget_used(const struct noxs_budget_user *user)
{
	return atomic_read(&user->used);
}
