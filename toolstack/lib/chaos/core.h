/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: contexts, errors, and what is asked of and done to domains that exist; see chaos.h. */
#ifndef LIBCHAOS_CORE_H
#define LIBCHAOS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAOS_NAME_LEN	  64 /* bytes, NUL included */
#define CHAOS_UUID_LEN	  16
#define CHAOS_UUID_STRLEN 37 /* NUL included */
#define CHAOS_IFNAME_LEN  16
/* How the UUID of a shell of chaosd's begins; no guest has one like it. */
#define CHAOS_SHELL_MARK                                \
	{                                               \
		'c', 'h', 'a', 'o', 's', 'd', 0x80, 's' \
	}

/* What went wrong; also the exit codes of chaos, which never change. */
enum chaos_code {
	CHAOS_OK = 0,
	CHAOS_FAILED = 1,      /* anything without a code of its own */
	CHAOS_USAGE = 2,       /* command line */
	CHAOS_CONFIG = 3,      /* configuration, kernel or ramdisk */
	CHAOS_NO_DOMAIN = 4,   /* no such domain */
	CHAOS_EXISTS = 5,      /* a name or an address is in use */
	CHAOS_RESOURCES = 6,   /* the host has no memory, processors... left */
	CHAOS_PERMISSION = 7,  /* not root, or not in the control domain */
	CHAOS_ENVIRONMENT = 8, /* no or another Xen, no module, no bridge */
	CHAOS_TIMEOUT = 9,     /* the guest did not do it in time */
	CHAOS_GUEST = 10,      /* the guest crashed, ended or refused */
	CHAOS_IN_DOUBT = 11,   /* a guest may run on another host, or nowhere */
};
#define CHAOS_CODE_MAX CHAOS_IN_DOUBT

struct chaos_error {
	enum chaos_code code;
	int os_errno;	/* 0 if none is behind it */
	char text[480]; /* one line without a newline */
};

struct chaos_ctx;

/* Calls made by this process so far; see chaos_ctx_set_counter(). */
struct chaos_calls {
	uint64_t hypercalls; /* through privcmd */
	uint64_t ioctls;     /* all others */
};

int chaos_ctx_open(struct chaos_ctx **ctx, struct chaos_error *err);
void chaos_ctx_close(struct chaos_ctx *ctx);
/* Where the program counts its calls, so that chaos_timing can give their number. */
void chaos_ctx_set_counter(struct chaos_ctx *ctx, const struct chaos_calls *calls);
/*
 * Waiting for a guest ends with an error (os_errno ECANCELED) once fd is readable, and a creation is
 * undone.  The caller keeps fd, and keeps it open as long as the context; -1 for none.
 */
void chaos_ctx_set_cancel(struct chaos_ctx *ctx, int fd);

/* ---- domains ---- */

enum chaos_state {
	CHAOS_STATE_INCOMPLETE, /* left by a creation that did not end */
	CHAOS_STATE_SHELL,	/* prepared, in a pool */
	CHAOS_STATE_RUNNING,	/* on a processor now */
	CHAOS_STATE_BLOCKED,	/* sleeps */
	CHAOS_STATE_RUNNABLE,	/* neither: waits for a processor */
	CHAOS_STATE_PAUSED,
	CHAOS_STATE_SHUTDOWN,
	CHAOS_STATE_CRASHED,
	CHAOS_STATE_SUSPENDED, /* being saved, or left so by a save that did not end */
	CHAOS_STATE_DYING,
};

struct chaos_dominfo {
	uint32_t domid;
	enum chaos_state state;
	bool is_ours; /* it has a device page */
	bool is_hvm, is_running, is_blocked, is_paused, is_shutdown, is_dying;
	unsigned int shutdown_reason; /* SHUTDOWN_*, with is_shutdown */
	unsigned int nr_devs;
	unsigned int nr_vcpus;
	uint64_t serial; /* of this domain only, until the host reboots */
	uint64_t cpu_time_ns;
	uint64_t memory_kib, max_memory_kib;
	uint8_t uuid[CHAOS_UUID_LEN];
	char name[CHAOS_NAME_LEN]; /* "" = none */
};

/*
 * Tell of all domains, in order of domid, as Xen goes on answering: when it stops in the middle some
 * have been told.
 */
int chaos_domain_each(struct chaos_ctx *ctx,
		      void (*tell)(void *opaque, const struct chaos_dominfo *info), void *opaque,
		      struct chaos_error *err);
/* All domains, by domid; returns their number. *list is to be freed with free(). */
int chaos_domain_list(struct chaos_ctx *ctx, struct chaos_dominfo **list, struct chaos_error *err);
/* The domain called `who`: its number or its name. */
int chaos_domain_find(struct chaos_ctx *ctx, const char *who, struct chaos_dominfo *info,
		      struct chaos_error *err);
/* The one with that name, a number too. */
int chaos_domain_named(struct chaos_ctx *ctx, const char *name, struct chaos_dominfo *info,
		       struct chaos_error *err);
/* The one with that number now; false if there is none, or Xen does not say. */
bool chaos_domain_look(struct chaos_ctx *ctx, uint32_t domid, struct chaos_dominfo *info);
const char *chaos_state_name(enum chaos_state state);
/* xl's column: "rbpscd" with a '-' for what is not so. */
void chaos_state_flags(const struct chaos_dominfo *info, char flags[7]);

/* Remove a domain with all it holds; waits up to timeout_ms for the last of it to go. */
int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
			 struct chaos_error *err);
int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);
int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

enum chaos_request {
	CHAOS_REQUEST_POWEROFF,
	CHAOS_REQUEST_REBOOT,
};

/*
 * Ask a guest to stop.  With timeout_ms > 0, wait until it has; *reason (may be NULL) is then its
 * SHUTDOWN_* code.
 */
int chaos_domain_request(struct chaos_ctx *ctx, uint32_t domid, enum chaos_request request,
			 unsigned int timeout_ms, unsigned int *reason, struct chaos_error *err);

/* ---- a guest at its end ---- */

enum chaos_action {
	CHAOS_DESTROY,
	CHAOS_RESTART,
	CHAOS_PRESERVE,
};

const char *chaos_action_name(enum chaos_action action);

/* on_poweroff, on_reboot and on_crash of a guest, as the module keeps them. */
struct chaos_ends {
	bool are_known; /* if not, nothing is to be done */
	enum chaos_action on_poweroff, on_reboot, on_crash;
};
/* What SHUTDOWN_* means by them. */
enum chaos_action chaos_ends_action(const struct chaos_ends *ends, unsigned int reason);

/*
 * Be who carries it out, for all guests of the host: a descriptor as of chaos_events_open(), on which
 * CHAOS_EVENT_SHUTDOWN and _LOST can be read, until it is closed.  There is one: CHAOS_EXISTS; if this
 * one `takes` it, reading the other's fails with ENOTCONN from then on.  Look at all domains then.
 */
int chaos_ends_open(struct chaos_ctx *ctx, bool takes, struct chaos_error *err);
/* Of some guest there is something to be done at its end; and nobody who would do it. */
bool chaos_ends_exist(struct chaos_ctx *ctx);
/* Costs next to nothing, and is false as long as this context has not needed the module. */
bool chaos_ends_are_unwatched(struct chaos_ctx *ctx);

enum chaos_end {
	CHAOS_END_NOTHING, /* it has not ended, is to be kept, or somebody else was quicker */
	CHAOS_END_DESTROYED,
	CHAOS_END_RESTART, /* it is to be made anew: that is the caller's */
	CHAOS_END_LATER,   /* who makes it has not done with it: ask again */
};
/*
 * Do what is to be done at the end of a domain that was like *info a moment ago.  Waits for nobody.
 */
int chaos_domain_end(struct chaos_ctx *ctx, const struct chaos_dominfo *info, enum chaos_end *end,
		     struct chaos_error *err);

/* ---- life-cycle events of all domains ---- */

enum chaos_event_type {
	CHAOS_EVENT_LOST, /* some could not be told: look at all domains; domid is 65535 */
	CHAOS_EVENT_CREATED,
	CHAOS_EVENT_READY,
	CHAOS_EVENT_ANSWER,	/* to request arg */
	CHAOS_EVENT_DEV_FAILED, /* arg = class << 16 | id, code = errno */
	CHAOS_EVENT_SHUTDOWN,	/* code = SHUTDOWN_* */
	CHAOS_EVENT_DYING,
	CHAOS_EVENT_GONE,
	CHAOS_EVENT_DETACHED,
	CHAOS_EVENT_OTHER,
};

struct chaos_event {
	uint32_t domid;
	enum chaos_event_type type;
	uint32_t code, arg;
	bool is_logged;	     /* of CREATED: its console is to be kept */
	int16_t exit_status; /* of SHUTDOWN: what its application says it ended with; -1 = it does not */
	uint64_t time_ns; /* CLOCK_MONOTONIC */
};

/* A descriptor to poll, non-blocking, on which events from now on can be read; close() ends it. */
int chaos_events_open(struct chaos_ctx *ctx, struct chaos_error *err);
/* Up to count of them; 0 when there is none now, -1 with errno. */
int chaos_events_read(int fd, struct chaos_event *events, unsigned int count);
/* One word; a shutdown because of a crash has one of its own. */
const char *chaos_event_name(const struct chaos_event *event);

/* That exit_status can be told; a module older than that never does: CHAOS_ENVIRONMENT. */
int chaos_exits_check(struct chaos_ctx *ctx, struct chaos_error *err);

/* ---- life-cycle events of one domain ---- */

/* A descriptor that becomes readable when something happened to domid; close() ends it. */
int chaos_watch_open(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);
/* Read what has come: true when the domain has shut down, or is dying or gone. */
bool chaos_watch_ended(int fd);

/* ---- console ---- */

struct chaos_console;

/*
 * Attach to a guest's console ring.  A console has one reader: CHAOS_EXISTS; detaching leaves the guest's
 * end as it was.  It may be used by another thread than that of the context, one at a time, and outlive
 * the context; it keeps a page of the domain, which is not quite gone before it is detached.
 */
int chaos_console_attach(struct chaos_ctx *ctx, uint32_t domid, struct chaos_console **con,
			 struct chaos_error *err);
void chaos_console_detach(struct chaos_console *con);
/* Becomes readable when the guest has written or read; then call chaos_console_ack(). */
int chaos_console_fd(const struct chaos_console *con);
int chaos_console_ack(struct chaos_console *con, struct chaos_error *err);
/*
 * What chaos_console_read() would move, which stays there until so many bytes of it are consumed: so that
 * whoever keeps it can do that first.
 */
size_t chaos_console_peek(struct chaos_console *con, char *buf, size_t len);
void chaos_console_consume(struct chaos_console *con, size_t n);
/* Both move what can be moved now and return the number of bytes, possibly 0. */
size_t chaos_console_read(struct chaos_console *con, char *buf, size_t len);
size_t chaos_console_write(struct chaos_console *con, const char *buf, size_t len);

/* A domain that was not ready is to be destroyed: say in *err what its console ends with. */
void chaos_last_words(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

/* ---- host ---- */

struct chaos_host {
	unsigned int xen_major, xen_minor;
	char xen_extra[32];
	uint32_t xen_abi;    /* NOXS_ABI_VERSION of the hypervisor, 0 = has no noxs */
	uint32_t module_abi; /* of the module, 0 = not loaded */
	unsigned int nr_cpus;
	uint64_t total_memory_kib, free_memory_kib, scrub_memory_kib;
	uint32_t toolstack_abi;
};

int chaos_host_info(struct chaos_ctx *ctx, struct chaos_host *host, struct chaos_error *err);

struct chaos_check {
	const char *name; /* a stable word: "xen", "module"... */
	bool is_ok;
	char text[200];	  /* what was found */
	char remedy[240]; /* what to do, "" when ok */
};
#define CHAOS_MAX_CHECKS 12

/*
 * Look at everything chaos needs of a machine; bridge may be NULL.  Returns the number of checks
 * made, and in *code CHAOS_OK or the code that create would fail with.
 */
int chaos_doctor(const char *bridge, struct chaos_check checks[CHAOS_MAX_CHECKS],
		 enum chaos_code *code);

/* ---- helpers ---- */

void chaos_uuid_format(const uint8_t uuid[CHAOS_UUID_LEN], char out[CHAOS_UUID_STRLEN]);
/* Whether it begins with CHAOS_SHELL_MARK: a guest that asks for such a one is refused. */
bool chaos_uuid_is_shells(const uint8_t uuid[CHAOS_UUID_LEN]);
void chaos_mac_format(const uint8_t mac[6], char out[18]);
/* The next character, *text being not at its end, which then is behind it; -1 for a byte of none. */
long chaos_utf8_next(const char **text);
/* Not for characters that a terminal obeys, or that nobody sees; nor for -1. */
bool chaos_utf8_is_seen(long c);
/* Put a '?' for each character that a terminal obeys or that nobody sees, and for what is no UTF-8. */
void chaos_text_clean(char *text);
/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t chaos_now_ns(void);

/*
 * What is in Xen's log, to be freed with free(), NUL-terminated; with clears it is empty afterwards.
 */
int chaos_xen_log(struct chaos_ctx *ctx, bool clears, char **text, struct chaos_error *err);

#endif /* LIBCHAOS_CORE_H */
