// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a context has one buffer for hypercalls, which is made when it is needed, and that both
 * it and the kernels go with the context.  Making and freeing them is faked.
 */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
