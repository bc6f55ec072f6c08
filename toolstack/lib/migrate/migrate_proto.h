/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What source and target of a migration say to each other, over a stream of bytes that both of them
 * trust: a connection of ssh's, or a socket whose other end is root's.  Everything is checked all the
 * same: it may be damaged, cut, or from another program.
 *
 *   source                        target
 *   HELLO           ------------>
 *                   <------------  HELLO
 *   PREPARE, CONFIG, OVERRIDES ->  makes a domain, with its name and memory; tries its devices
 *                   <------------  READY
 *   suspends the guest
 *   STREAM          ------------>
 *   saved guest     ------------>  (stream.h) loads it, attaches its devices
 *                   <------------  LOADED
 *   marks its own
 *   GO              ------------>  state COMPLETE: this is where it changes hands; runs it
 *                   <------------  RUNS
 *   destroys its own               waits until it is ready
 *                   <------------  ENDED
 *
 * or behind HELLO, over a new connection, when the answer to GO is missing:
 *
 *   QUERY           ------------>  finds the domain by the token, and stops it unless it is COMPLETE
 *                   <------------  ANSWER
 *
 * ERROR from the target in place of any of its messages says why it has given up; by then there is
 * nothing left of the guest there.
 */
#ifndef CHAOS_MIGRATE_PROTO_H
#define CHAOS_MIGRATE_PROTO_H

#include "chaos/migrate.h"
#include "device/internal.h"

#define MIGRATE_MAGIC	       "LightVMm"
#define MIGRATE_VERSION	       2U /* 1: of guests that speak noxs ABI 1 */
#define MIGRATE_ARCH_X86_64    1U
#define MIGRATE_ID_LEN	       16U
#define MIGRATE_MAX_TEXT       (64U << 10) /* of a configuration, or of overrides */

/* How long the other end may take.  Connecting may ask a person for a passphrase. */
#define MIGRATE_HELLO_MS       120000U
#define MIGRATE_STEP_MS	       30000U
#define MIGRATE_LAST_WORDS_MS  1000U /* of who has something to say that is no message */
#define MIGRATE_MAX_SUSPEND_MS 86400000U

/* The first thing each end says. */
struct migrate_hello {
	char magic[8];
	uint32_t version, arch;
	uint32_t len; /* of this */
	uint32_t pad0;
};
_Static_assert(sizeof(struct migrate_hello) == 24, "migrate_hello");

enum migrate_type {
	MIGRATE_PREPARE = 1,
	MIGRATE_CONFIG,	   /* text, without its NUL */
	MIGRATE_OVERRIDES, /* each with its NUL */
	MIGRATE_READY,
	MIGRATE_STREAM,
	MIGRATE_LOADED,
	MIGRATE_GO,
	MIGRATE_RUNS,
	MIGRATE_ENDED,
	MIGRATE_ERROR,
	MIGRATE_QUERY,
	MIGRATE_ANSWER,
	MIGRATE_NR_TYPES,
};

struct migrate_head {
	uint32_t type, len; /* len: of what follows */
};

struct migrate_prepare {
	uint8_t token[MIGRATE_ID_LEN]; /* the target's domain has it for its generation id */
	uint64_t ctrl_gfn;
	uint32_t suspend_ms; /* how long STREAM may take to come */
	uint32_t pad0;
};

struct migrate_ready {
	uint8_t host[MIGRATE_ID_LEN]; /* which boot of which machine */
	uint32_t domid;
	uint32_t pad0;
};

struct migrate_ended {
	uint32_t code; /* CHAOS_OK: it is ready; or why not.  It runs all the same */
	uint32_t pad0;
	uint64_t load_ns, devices_ns, ready_ns;
	char text[480];
};

struct migrate_error {
	uint32_t code, os_errno;
	char text[480];
};

struct migrate_query {
	uint8_t token[MIGRATE_ID_LEN];
};

enum migrate_verdict {
	MIGRATE_UNKNOWN, /* there is no such domain */
	MIGRATE_STOPPED, /* there was, it has never run, and never will */
	MIGRATE_IS_RUN,	 /* it is the target's now */
	MIGRATE_NR_VERDICTS,
};

struct migrate_answer {
	uint8_t host[MIGRATE_ID_LEN];
	uint32_t verdict;
	uint32_t pad0;
};

union migrate_body {
	struct migrate_prepare prepare;
	struct migrate_ready ready;
	struct migrate_ended ended;
	struct migrate_error error;
	struct migrate_query query;
	struct migrate_answer answer;
};

struct migrate_link {
	int in, out;	  /* one socket, or the ends of two pipes; SIGPIPE is ignored */
	int cancel_fd;	  /* -1 for none */
	const char *peer; /* "target" or "source", for errors */
};

/* All of these return 0 or a negative chaos_code, and set err. */
int migrate_hello(struct migrate_link *l, struct chaos_error *err);
/* len bytes of body: those of the type, or for texts at most MIGRATE_MAX_TEXT. */
int migrate_send(struct migrate_link *l, enum migrate_type type, const void *body, size_t len,
		 struct chaos_error *err);
/* The next message, one of the types in `wanted` (bits); ERROR makes its error. */
int migrate_get(struct migrate_link *l, uint32_t wanted, unsigned int timeout_ms,
		enum migrate_type *type, union migrate_body *body, struct chaos_error *err);
/* A text: NUL-terminated behind its len bytes, and to be freed. */
int migrate_get_text(struct migrate_link *l, enum migrate_type type, char **text, size_t *len,
		     struct chaos_error *err);

/* migrate_disks.c: that its disks can be taken over by another host */
int migrate_check_disks(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

#endif /* CHAOS_MIGRATE_PROTO_H */
