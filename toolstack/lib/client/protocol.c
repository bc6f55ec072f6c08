// SPDX-License-Identifier: LGPL-2.1-only
/* Checks messages between chaos and chaosd.  Nothing in them is believed before it was here. */
#include <string.h>

#include "core/internal.h"
#include "client/protocol.h"

static bool header_check(const struct chaosd_header *header, size_t size)
{
	return header->magic == CHAOSD_MAGIC && header->version == CHAOSD_VERSION &&
	       header->size == size && !header->pad0;
}

/* The string of len bytes at *p: it ends where it says, and nowhere before. */
static bool string_check(const char **p, uint32_t len)
{
	const char *s = *p;

	*p += len;
	return len && memchr(s, '\0', len) == s + len - 1;
}

static bool brings_config(uint16_t type)
{
	return type == CHAOSD_CREATE || type == CHAOSD_POOL_ADD;
}

static bool names_pool(uint16_t type)
{
	return type != CHAOSD_CREATE && type != CHAOSD_POOL_LIST && type != CHAOSD_METRICS;
}

bool chaosd_pool_name_check(const char *name)
{
	for (; *name; name++)
		if (*name < 0x21 || *name == 0x7f || *name == '/' || *name == '"' || *name == '\\')
			return false;
	return true;
}

static bool pool_check(const struct chaosd_request *r)
{
	if (r->pool[sizeof(r->pool) - 1] || !r->pool[0] != !names_pool(r->header.type))
		return false;
	if (r->header.type == CHAOSD_POOL_ADD || r->header.type == CHAOSD_POOL_RESIZE)
		if (r->number > CHAOSD_POOL_MAX)
			return false;
	return chaosd_pool_name_check(r->pool);
}

bool chaosd_request_check(const void *message, size_t size)
{
	const struct chaosd_request *r = message;
	const char *p = (const char *)(r + 1);

	if (size < sizeof(*r) || size > CHAOSD_MAX_SIZE || !header_check(&r->header, size) ||
	    r->header.type < CHAOSD_CREATE || r->header.type > CHAOSD_REQUEST_MAX || r->pad0 ||
	    r->flags & ~CHAOSD_FLAGS_ALL || !pool_check(r))
		return false;
	/* Each one apart first: their sum could wrap. */
	if (r->cwd_len > size || r->path_len > size || r->text_len > size ||
	    size != sizeof(*r) + r->cwd_len + r->path_len + r->text_len)
		return false;
	if (!brings_config(r->header.type))
		return size == sizeof(*r);
	return string_check(&p, r->cwd_len) && string_check(&p, r->path_len) &&
	       string_check(&p, r->text_len);
}

const char *chaosd_request_cwd(const struct chaosd_request *r)
{
	return r->cwd_len ? (const char *)(r + 1) : "";
}

const char *chaosd_request_path(const struct chaosd_request *r)
{
	return r->path_len ? (const char *)(r + 1) + r->cwd_len : "";
}

const char *chaosd_request_text(const struct chaosd_request *r)
{
	return r->text_len ? (const char *)(r + 1) + r->cwd_len + r->path_len : "";
}

bool chaosd_reply_check(const void *message, size_t size)
{
	const struct chaosd_created *created = message;
	const struct chaosd_header *header = message;
	const struct chaosd_text *text = message;
	const struct chaosd_pool *pool = message;

	if (size < sizeof(*header) || !header_check(header, size))
		return false;
	switch (header->type) {
	case CHAOSD_DONE:
		return size == sizeof(*header);
	case CHAOSD_ERROR:
	case CHAOSD_WARNING:
		return size == sizeof(*text) && !text->text[sizeof(text->text) - 1];
	case CHAOSD_CREATED:
		return size == sizeof(*created) && created->nr_vifs <= CHAOS_MAX_VIFS &&
		       !created->name[sizeof(created->name) - 1];
	case CHAOSD_POOL:
		return size == sizeof(*pool) && !pool->pool.name[sizeof(pool->pool.name) - 1] &&
		       !pool->pool.note[sizeof(pool->pool.note) - 1];
	case CHAOSD_TEXT:
		return true;
	default:
		return false;
	}
}

void chaosd_text_put(struct chaosd_text *reply, const struct chaos_error *err)
{
	memset(reply, 0, sizeof(*reply));
	reply->code = err->code;
	reply->os_errno = err->os_errno;
	chaos_text_put(reply->text, sizeof(reply->text), err->text);
}
