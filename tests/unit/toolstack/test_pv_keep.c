// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a context has one buffer for hypercalls, which is made when it is needed, that its
 * second guest's pages have a place where a page table begins, which is free and stays the same, and
 * that all of it and the kernels go with the context.  Making and freeing is faked but for that place.
 */
#include <stdint.h>
#include <sys/mman.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_keep.h"
#include "unit.h"

static unsigned int nr_made, nr_freed, nr_caches_freed;
static bool is_out_of_memory;
static struct multicall_entry calls[1];

int pv_batch_init(struct pv_batch *b, xencall_handle *xcall)
{
	assert_ptr_equal(xcall, (xencall_handle *)calls);
	if (is_out_of_memory)
		return -1;
	nr_made++;
	b->calls = calls;
	return 0;
}

void pv_batch_fini(struct pv_batch *b)
{
	nr_freed += b->calls != NULL;
}

void chaos_pv_cache_free(struct pv_image_cache *cache)
{
	nr_caches_freed += cache != NULL;
}

static void one_buffer(void **state)
{
	struct chaos_ctx ctx = { .xcall = (xencall_handle *)calls };
	struct pv_batch *batch;

	(void)state;
	is_out_of_memory = true;
	assert_null(pv_keep_batch(&ctx));
	is_out_of_memory = false;
	batch = pv_keep_batch(&ctx);
	assert_ptr_equal(batch->calls, calls);
	assert_ptr_equal(pv_keep_batch(&ctx), batch);
	assert_int_equal(nr_made, 1);
	pv_keep_get(&ctx)->cache = (struct pv_image_cache *)calls;
	/* What chaos_ctx_close() does. */
	ctx.kept->free(ctx.kept);
	assert_int_equal(nr_freed, 1);
	assert_int_equal(nr_caches_freed, 1);
}

#define PAGE_SIZE 4096UL

/* Nothing is mapped at [at, at + size). */
static bool is_free(char *at, size_t size)
{
	char *p =
		mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	assert_ptr_equal(p, at);
	assert_int_equal(munmap(p, size), 0);
	return true;
}

static void one_place(void **state)
{
	struct chaos_ctx ctx = { 0 };
	char *place;

	(void)state;
	assert_null(pv_keep_place(&ctx));
	place = pv_keep_place(&ctx);
	assert_non_null(place);
	assert_int_equal((uintptr_t)place % (2UL << 20), PAGE_SIZE);
	assert_true(is_free(place, (2UL << 20) - PAGE_SIZE));
	assert_false(is_free(place - PAGE_SIZE, PAGE_SIZE));
	assert_ptr_equal(pv_keep_place(&ctx), place);
	ctx.kept->free(ctx.kept);
	assert_true(is_free(place - PAGE_SIZE, PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_buffer),
		cmocka_unit_test(one_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
