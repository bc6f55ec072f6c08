// SPDX-License-Identifier: GPL-2.0
/*
 * Budgets: a user's own share is there whatever the others hold, all together never hold more than
 * the pool and the shares, and what is given back can be had again, also with many threads at once.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "budget.h"

#define POOL  100U
#define SHARE 10U

static struct noxs_budget budget;
static struct noxs_budget_user users[4];

static void start(unsigned int pool)
{
	unsigned int i;

	budget = (struct noxs_budget)NOXS_BUDGET_INIT(pool, SHARE);
	for (i = 0; i < 4; i++)
		noxs_budget_join(&budget, &users[i]);
}

static unsigned int take_all(struct noxs_budget_user *user)
{
	unsigned int n = 0;

	while (noxs_budget_try(user, 1))
		n++;
	return n;
}

/* A greedy user leaves all others their shares, in whatever portions they ask. */
static void test_greedy(void **state)
{
	(void)state;
	start(POOL);
	assert_int_equal(take_all(&users[0]), POOL + SHARE);
	assert_true(noxs_budget_try(&users[1], SHARE));
	assert_false(noxs_budget_try(&users[1], 1));
	assert_true(noxs_budget_try(&users[2], SHARE - 3));
	assert_false(noxs_budget_try(&users[2], 4));
	assert_true(noxs_budget_try(&users[2], 3));
	/* What the greedy one gives back is anybody's. */
	noxs_budget_put(&users[0], 5);
	assert_true(noxs_budget_try(&users[1], 5));
	assert_false(noxs_budget_try(&users[0], 1));
	assert_int_equal(noxs_budget_used(&users[1]), SHARE + 5);
}

/* Refused is refused whole; a request across share and pool takes of both. */
static void test_across(void **state)
{
	(void)state;
	start(POOL);
	assert_false(noxs_budget_try(&users[0], POOL + SHARE + 1));
	assert_int_equal(noxs_budget_used(&users[0]), 0);
	assert_true(noxs_budget_try(&users[0], POOL + SHARE));
	noxs_budget_put(&users[0], POOL);
	assert_int_equal(budget.pool_used.counter, 0);
	noxs_budget_put(&users[0], SHARE);
	assert_int_equal(take_all(&users[3]), POOL + SHARE);
}

/* A pool that shrinks below what is taken gives nothing more, and none means nothing at all. */
static void test_pool_changes(void **state)
{
	(void)state;
	start(POOL);
	assert_true(noxs_budget_try(&users[0], POOL));
	budget.pool = 20;
	assert_false(noxs_budget_try(&users[0], 1));
	assert_true(noxs_budget_try(&users[1], SHARE));
	noxs_budget_put(&users[0], POOL);
	assert_int_equal(take_all(&users[0]), 20 + SHARE);
	noxs_budget_put(&users[1], SHARE);
	budget.pool = 0;
	assert_false(noxs_budget_try(&users[1], 1));
}

/* Two threads for each of two users; within its share a user of one thread is never refused. */
static void *wild(void *arg)
{
	uintptr_t me = (uintptr_t)arg;
	unsigned int seed = me, held = 0, i;

	for (i = 0; i < 200000; i++) {
		unsigned int n = 1 + rand_r(&seed) % 40;

		if (rand_r(&seed) % 2 && noxs_budget_try(&users[me % 2], n)) {
			held += n;
		} else if (held) {
			n = n < held ? n : held;
			noxs_budget_put(&users[me % 2], n);
			held -= n;
		}
		if (__atomic_load_n(&budget.pool_used.counter, __ATOMIC_RELAXED) > (int)POOL)
			return (void *)1;
	}
	noxs_budget_put(&users[me % 2], held);
	return NULL;
}

static void *modest(void *arg)
{
	unsigned int i;

	for (i = 0; i < 200000; i++) {
		if (!noxs_budget_try(arg, 1 + i % SHARE))
			return (void *)1;
		noxs_budget_put(arg, 1 + i % SHARE);
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[5];
	uintptr_t i;
	void *bad;

	(void)state;
	start(POOL);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wild, (void *)i), 0);
	assert_int_equal(pthread_create(&threads[4], NULL, modest, &users[2]), 0);
	for (i = 0; i < 5; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(budget.pool_used.counter, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(noxs_budget_used(&users[i]), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_across),
		cmocka_unit_test(test_pool_changes),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
