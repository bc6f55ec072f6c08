/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What chaos and chaosd say to each other: one message per datagram of a SOCK_SEQPACKET socket,
 * fixed structures of the host's byte order, sizes checked.  A client sends one request and reads
 * replies until DONE, CREATED or ERROR.  Who may ask is decided by the socket's peer credentials.
 */
#ifndef CHAOS_PROTOCOL_H
#define CHAOS_PROTOCOL_H

#include "chaos/client.h"

#define CHAOSD_SOCKET	"/run/chaosd.sock"
#define CHAOSD_MAGIC	0x64736863U /* "chsd" */
#define CHAOSD_VERSION	2U	    /* raised with every change of this file */
#define CHAOSD_MAX_SIZE (64U << 10) /* of a message, bytes */
#define CHAOSD_POOL_LEN 32	    /* NUL included */
#define CHAOSD_POOL_MAX 65536U	    /* shells in one */

enum chaosd_type {
	/* requests: struct chaosd_request */
	CHAOSD_CREATE = 1,  /* number: milliseconds, 0 = default; configuration */
	CHAOSD_POOL_ADD,    /* number: size; configuration */
	CHAOSD_POOL_LIST,   /* POOL replies, then DONE */
	CHAOSD_POOL_RESIZE, /* number: size */
	CHAOSD_POOL_DRAIN,  /* size 0 and its shells destroyed */
	CHAOSD_POOL_REMOVE,
	CHAOSD_PREPARE, /* fill it now: POOL replies on the way, then DONE */
	CHAOSD_METRICS, /* a TEXT reply, then DONE */
	CHAOSD_REQUEST_MAX = CHAOSD_METRICS,

	/* replies */
	CHAOSD_DONE = 64,
	CHAOSD_ERROR,	/* struct chaosd_text */
	CHAOSD_WARNING, /* struct chaosd_text */
	CHAOSD_CREATED, /* struct chaosd_created */
	CHAOSD_POOL,	/* struct chaosd_pool */
	CHAOSD_TEXT,	/* a header and text without a NUL */
};

struct chaosd_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type; /* enum chaosd_type */
	uint32_t size; /* of the message, this header included */
	uint32_t pad0;
};

/* chaosd_request.flags of CREATE and POOL_ADD */
#define CHAOSD_NO_WAIT	 (1U << 0)
#define CHAOSD_PAUSED	 (1U << 1)
#define CHAOSD_STRICT	 (1U << 2)
#define CHAOSD_IMAGELESS (1U << 3) /* POOL_ADD: kernel, ramdisk and vifs do not count */
#define CHAOSD_FLAGS_ALL 0xfU

/*
 * Behind it, for those that bring a configuration, three strings of the lengths given, which
 * include their NULs: the directory relative paths begin in, the name of the configuration file,
 * and its text with the overrides.
 */
struct chaosd_request {
	struct chaosd_header header;
	uint32_t flags;
	uint32_t number;
	uint32_t cwd_len, path_len, text_len;
	uint32_t pad0;
	char pool[CHAOSD_POOL_LEN]; /* "" where none is meant */
};

struct chaosd_text {
	struct chaosd_header header;
	uint32_t code; /* enum chaos_code */
	int32_t os_errno;
	char text[480];
};

struct chaosd_created {
	struct chaosd_header header;
	uint32_t domid;
	uint8_t is_ready;
	uint8_t is_pooled; /* a shell was used */
	uint16_t nr_vifs;
	struct chaos_timing timing;
	uint8_t uuid[CHAOS_UUID_LEN];
	char name[CHAOS_NAME_LEN];
	struct chaos_vif vifs[CHAOS_MAX_VIFS];
};
/* What lies in other headers counts as well: raise CHAOSD_VERSION with this number. */
_Static_assert(sizeof(struct chaosd_created) == 1816, "the protocol has changed");

struct chaosd_pool {
	struct chaosd_header header;
	struct chaos_pool pool;
};

/*
 * Whether these `size` bytes are a request in which nothing contradicts anything: size, version,
 * type, flags, padding, lengths, the strings' ends.
 */
bool chaosd_request_check(const void *message, size_t size);
/* Whether a pool may be called so. */
bool chaosd_pool_name_check(const char *name);
/* The strings of a request that has been checked, "" where there are none. */
const char *chaosd_request_cwd(const struct chaosd_request *request);
const char *chaosd_request_path(const struct chaosd_request *request);
const char *chaosd_request_text(const struct chaosd_request *request);
/* What an error says: what it does not say, rests of the stack, stays here. */
void chaosd_text_put(struct chaosd_text *reply, const struct chaos_error *err);
/* Whether these `size` bytes are a reply a client can use. */
bool chaosd_reply_check(const void *message, size_t size);

static inline void chaosd_header_init(struct chaosd_header *header, enum chaosd_type type,
				      size_t size)
{
	header->magic = CHAOSD_MAGIC;
	header->version = CHAOSD_VERSION;
	header->type = (uint16_t)type;
	header->size = (uint32_t)size;
	header->pad0 = 0;
}

#endif /* CHAOS_PROTOCOL_H */
