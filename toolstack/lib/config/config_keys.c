// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The keys of a configuration, one after the other: a warning that names the line for one that is not
 * supported, or an error if a guest must not go without it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_reader.h"

/* Is it given a value that asks for nothing?  The last one counts, as in libxlutil. */
static bool asks_for_nothing(struct reader *r, const struct chaos_key *key)
{
	static const char *const words[] = { "", "default", "disabled", "none" };
	XLU_ConfigList *list;
	const char *value;
	char name[64];
	size_t i;
	int n;

	if (key->len >= sizeof(name))
		return false;
	memcpy(name, key->name, key->len);
	name[key->len] = '\0';
	if (!xlu_cfg_get_list(r->xlu, name, &list, &n, 1))
		return !n;
	if (xlu_cfg_get_string(r->xlu, name, &value, 1))
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(value, words[i]))
			return true;
	/* No grant at all is a wish, and not Xen's default. */
	return value[strspn(value, "0")] == '\0' && strncmp(name, "max_", strlen("max_")) != 0;
}

static void where(const struct reader *r, const struct chaos_key *key, char *text, size_t len)
{
	if ((size_t)(key->name - r->text) < r->file_len)
		(void)snprintf(text, len, "%s:%u", r->src->path, key->line);
	else
		(void)snprintf(text, len, "command line");
}

void reader_where(const struct reader *r, const char *name, char *text, size_t len)
{
	struct chaos_key key, last = { 0 };
	unsigned int line = 1;
	size_t pos = 0;

	while (chaos_cfgkeys_next(r->text, &pos, &line, &key))
		if (chaos_cfgkeys_is(&key, name))
			last = key;
	if (last.name)
		where(r, &last, text, len);
	else
		(void)snprintf(text, len, "%s", r->src->path);
}

/* Of two that say the same in other units the last counts. */
static void note_place(struct reader *r, const struct chaos_key *key)
{
	size_t at = (size_t)(key->name - r->text) + 1;

	if (chaos_cfgkeys_is(key, "memory"))
		r->memory_at = at;
	else if (chaos_cfgkeys_is(key, "memory_kib"))
		r->memory_kib_at = at;
}

static int check_key(struct reader *r, const struct chaos_key *key)
{
	const char *remedy;
	char text[320], place[200];

	note_place(r, key);
	if (chaos_cfgkeys_is_supported(key, r->src))
		return 0;
	where(r, key, place, sizeof(place));
	remedy = chaos_cfgkeys_remedy(key);
	if (remedy && !asks_for_nothing(r, key))
		return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL,
				       "%s: '%.*s' is not supported: %s", place, (int)key->len,
				       key->name, remedy);
	(void)snprintf(text, sizeof(text), "%s: '%.*s' is not supported", place, (int)key->len,
		       key->name);
	return chaos_config_warn(r->src, text, r->err);
}

int reader_check_keys(struct reader *r)
{
	struct chaos_key key;
	unsigned int line = 1;
	size_t pos = 0;
	int rc = 0;

	while (!rc && chaos_cfgkeys_next(r->text, &pos, &line, &key))
		rc = check_key(r, &key);
	return rc;
}
