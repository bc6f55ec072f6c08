// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of chaosd: what is well-formed passes, and nothing else, whatever it is.  Buffers
 * have exactly the length given, so that the sanitizers see every byte read behind it.
 */
#include "unit.h"
#include "client/protocol.h"

static struct chaosd_request *request(uint16_t type, const char *cwd, const char *path,
				      const char *text, size_t *size)
{
	const char *strings[] = { cwd, path, text };
	struct chaosd_request *r;
	uint32_t lens[3];
	size_t i;
	char *p;

	*size = sizeof(*r);
	for (i = 0; i < 3; i++) {
		lens[i] = strings[i] ? (uint32_t)strlen(strings[i]) + 1 : 0;
		*size += lens[i];
	}
	r = calloc(1, *size);
	assert_non_null(r);
	chaosd_header_init(&r->header, (enum chaosd_type)type, *size);
	r->cwd_len = lens[0];
	r->path_len = lens[1];
	r->text_len = lens[2];
	p = (char *)(r + 1);
	for (i = 0; i < 3; i++) {
		memcpy(p, strings[i] ? strings[i] : "", lens[i]);
		p += lens[i];
	}
	return r;
}

static struct chaosd_request *create(size_t *size)
{
	return request(CHAOSD_CREATE, "/home", "a.cfg", "name='a'\n", size);
}

static void good_requests(void **state)
{
	struct chaosd_request *r;
	size_t size;

	(void)state;
	r = create(&size);
	assert_true(chaosd_request_check(r, size));
	assert_string_equal(chaosd_request_cwd(r), "/home");
	assert_string_equal(chaosd_request_path(r), "a.cfg");
	assert_string_equal(chaosd_request_text(r), "name='a'\n");
	free(r);
	r = request(CHAOSD_POOL_RESIZE, NULL, NULL, NULL, &size);
	memcpy(r->pool, "web", 3);
	r->number = CHAOSD_POOL_MAX;
	assert_true(chaosd_request_check(r, size));
	assert_string_equal(chaosd_request_text(r), "");
	r->number++;
	assert_false(chaosd_request_check(r, size));
	free(r);
	r = request(CHAOSD_POOL_LIST, NULL, NULL, NULL, &size);
	assert_true(chaosd_request_check(r, size));
	free(r);
}

#define BAD(change)                                          \
	do {                                                 \
		struct chaosd_request *r = create(&size);    \
		change;                                      \
		assert_false(chaosd_request_check(r, size)); \
		free(r);                                     \
	} while (0)

static void bad_requests(void **state)
{
	size_t size;

	(void)state;
	BAD(r->header.magic++);
	BAD(r->header.version++);
	BAD(r->header.type = 0);
	BAD(r->header.type = CHAOSD_REQUEST_MAX + 1);
	BAD(r->header.type = CHAOSD_DONE);
	BAD(r->header.type = CHAOSD_POOL_LIST); /* which brings no configuration */
	BAD(r->header.type = CHAOSD_POOL_ADD);	/* which names a pool */
	BAD(r->header.size--);
	BAD(r->header.pad0 = 1);
	BAD(r->pad0 = 1);
	BAD(r->flags = CHAOSD_FLAGS_ALL + 1);
	BAD(r->pool[0] = 'x');
	BAD(memset(r->pool, 'x', sizeof(r->pool)));
	BAD(r->cwd_len++);
	BAD(r->cwd_len = 0);
	BAD((r->cwd_len--, r->path_len++)); /* a string that ends too late, one too early */
	BAD((r->cwd_len = UINT32_MAX, r->path_len += r->text_len + 1, r->text_len = 0));
	BAD(((char *)(r + 1))[1] = '\0');
	BAD(((char *)r)[size - 1] = 'x');
}

/* The pool's name goes into metrics and configurations. */
static void bad_pool_names(void **state)
{
	static const char *const names[] = { "", "a b", "a/b", "a\"b", "a\\b", "a\n" };
	struct chaosd_request *r;
	size_t i, size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		r = request(CHAOSD_PREPARE, NULL, NULL, NULL, &size);
		memcpy(r->pool, names[i], strlen(names[i]));
		assert_false(chaosd_request_check(r, size));
		free(r);
	}
}

static void every_length(void **state)
{
	struct chaosd_request *r;
	size_t i, size;
	char *cut;

	(void)state;
	r = create(&size);
	for (i = 0; i < size; i++) {
		cut = malloc(i ? i : 1);
		assert_non_null(cut);
		memcpy(cut, r, i);
		assert_false(chaosd_request_check(cut, i));
		assert_false(chaosd_reply_check(cut, i));
		free(cut);
	}
	free(r);
}

/* Any value of any byte: what passes must be usable. */
static void every_byte(void **state)
{
	unsigned int value;
	struct chaosd_request *r;
	size_t i, size;
	unsigned char *p, old;

	(void)state;
	r = create(&size);
	p = (unsigned char *)r;
	for (i = 0; i < size; i++) {
		old = p[i];
		for (value = 0; value < 256; value++) {
			p[i] = (unsigned char)value;
			if (!chaosd_request_check(r, size))
				continue;
			assert_true(strlen(chaosd_request_cwd(r)) < size);
			assert_true(strlen(chaosd_request_path(r)) < size);
			assert_true(strlen(chaosd_request_text(r)) < size);
		}
		p[i] = old;
	}
	free(r);
}

static void replies(void **state)
{
	struct chaosd_created created = { .nr_vifs = CHAOS_MAX_VIFS };
	struct chaosd_text text = { 0 };
	struct chaosd_pool pool = { 0 };
	struct chaosd_header done;

	(void)state;
	chaosd_header_init(&done, CHAOSD_DONE, sizeof(done));
	assert_true(chaosd_reply_check(&done, sizeof(done)));
	chaosd_header_init(&text.header, CHAOSD_ERROR, sizeof(text));
	assert_true(chaosd_reply_check(&text, sizeof(text)));
	memset(text.text, 'x', sizeof(text.text));
	assert_false(chaosd_reply_check(&text, sizeof(text)));
	chaosd_header_init(&created.header, CHAOSD_CREATED, sizeof(created));
	assert_true(chaosd_reply_check(&created, sizeof(created)));
	created.nr_vifs++;
	assert_false(chaosd_reply_check(&created, sizeof(created)));
	chaosd_header_init(&pool.header, CHAOSD_POOL, sizeof(pool));
	assert_true(chaosd_reply_check(&pool, sizeof(pool)));
	memset(pool.pool.note, 'x', sizeof(pool.pool.note));
	assert_false(chaosd_reply_check(&pool, sizeof(pool)));
}

/* What is on the stack stays there. */
static void nothing_behind_text(void **state)
{
	struct chaos_error err;
	struct chaosd_text reply;
	size_t i;

	(void)state;
	memset(&err, 'x', sizeof(err));
	memset(&reply, 'x', sizeof(reply));
	err.code = CHAOS_CONFIG;
	err.os_errno = 0;
	memcpy(err.text, "words", sizeof("words"));
	chaosd_text_put(&reply, &err);
	chaosd_header_init(&reply.header, CHAOSD_ERROR, sizeof(reply));
	assert_true(chaosd_reply_check(&reply, sizeof(reply)));
	assert_string_equal(reply.text, "words");
	for (i = strlen("words"); i < sizeof(reply.text); i++)
		assert_int_equal(reply.text[i], 0);
	/* One without an end is cut. */
	memset(err.text, 'x', sizeof(err.text));
	chaosd_text_put(&reply, &err);
	assert_int_equal(strlen(reply.text), sizeof(reply.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_requests),       cmocka_unit_test(bad_requests),
		cmocka_unit_test(bad_pool_names),      cmocka_unit_test(every_length),
		cmocka_unit_test(every_byte),	       cmocka_unit_test(replies),
		cmocka_unit_test(nothing_behind_text),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
