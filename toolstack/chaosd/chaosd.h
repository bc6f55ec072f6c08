/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of chaosd share.  One thread runs the loop and owns everything in here; worker
 * threads do jobs that take long, each with a context of its own, and own nothing but their job.
 */
#ifndef CHAOSD_H
#define CHAOSD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "chaos.h"
#include "client/protocol.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL
#define NR_DOMIDS 0x7ff0U /* DOMID_FIRST_RESERVED */

struct chaosd;
struct client;
struct creation;
struct restart;
struct pool;

/* A pool the command line asks for. */
struct pool_option {
	const char *name, *path;
	unsigned int size;
	bool is_imageless;
};
#define MAX_POOL_OPTIONS 64U

struct options {
	const char *socket_path;
	const char *metrics_path; /* NULL = none */
	bool has_group;
	gid_t group;
	unsigned int reserve_mib;     /* memory refilling leaves alone */
	unsigned int refill_delay_ms; /* between the last create and refilling */
	struct pool_option pools[MAX_POOL_OPTIONS];
	unsigned int nr_pools;
	const char *log_dir; /* guests' logs: see logs.c */
	bool log_all;
	unsigned int log_size_kib, log_keep, log_total_mib;
};

/* Something the loop waits for. */
struct source {
	int fd;
	void (*ready)(struct chaosd *d, struct source *source, uint32_t events);
};

/*
 * Work for a thread.  work() runs there, done() in the loop afterwards.  Of background jobs one
 * runs at a time, and never before a foreground job that waits.
 */
struct job {
	struct job *next;
	bool is_background;
	void (*work)(struct job *job, struct chaos_ctx *ctx);
	void (*done)(struct chaosd *d, struct job *job);
};

/* What the daemon knows of a domain: exactly one of pool, creation, cfg and restart is set. */
struct guest {
	uint32_t domid;
	struct pool *pool;	   /* it is a shell in there */
	struct guest *next;	   /* in that pool, or of those to be restarted */
	struct chaos_shell *shell; /* with pool */
	struct creation *creation; /* becoming a VM */
	struct chaos_config *cfg;  /* a VM created here; on_* apply to it */
	uint64_t since_ns;
	struct restart *restart; /* it has ended, and whether it can be made anew is looked at */
	uint64_t restart_ns;	 /* that is done then; 0 = not so */
	unsigned int short_lives, tries; /* it ended soon, or could not be restarted, so often */
};

#define HISTOGRAM_BUCKETS 20 /* 64 us, doubling: up to 33 s */

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* the last: beyond all */
	uint64_t sum_ns;
};

struct metrics {
	uint64_t created_pool, created_cold, create_failed;
	uint64_t restarts, restarts_failed, shells_swept, shells_reclaimed, clients,
		clients_dropped;
	struct histogram prepare, execute; /* a shell; request to ready */
	uint64_t written_ns;
	bool is_dirty, is_being_written;
};

struct chaosd {
	struct options opts;
	struct chaos_ctx *ctx;
	int epoll_fd;
	struct source listener, events, signals, jobs;
	uint64_t timer_ns;    /* when tick() is wanted, UINT64_MAX = never */
	uint64_t watchdog_ns; /* how often the service manager wants to hear of us, 0 = never */
	bool is_stopping;
	bool listener_is_paused;
	struct client *clients;
	unsigned int nr_clients, max_clients;
	struct pool *pools;
	bool is_refilling;
	uint64_t last_create_ns;
	struct creation *creations;
	struct guest *guests[NR_DOMIDS];
	struct guest *restarting;
	struct {
		bool is_kept;	 /* the log's thread has its console */
		bool is_told;	 /* that there is none yet */
		bool is_restart; /* of a guest that has a log */
	} logged[NR_DOMIDS];
	uint64_t logs_ns; /* when those are tried again that could not be begun, 0 = there are none */
	uint64_t logs_delay_ns;
	uint64_t ends_ns; /* when all domains are looked at for what is to be done later, 0 = not */
	uint64_t ends_delay_ns;
	struct metrics metrics;
};

/* loop.c */
int loop_init(struct chaosd *d);
int loop_add(struct chaosd *d, struct source *source, uint32_t events);
void loop_remove(struct chaosd *d, struct source *source);
void loop_change(struct chaosd *d, struct source *source, uint32_t events);
/* Call every tick() at or soon after that time. */
void loop_wake_at(struct chaosd *d, uint64_t ns);
void loop_run(struct chaosd *d);

/* worker.c */
int workers_start(struct chaosd *d);
void workers_stop(struct chaosd *d); /* after all that is queued is done */
void workers_tick(struct chaosd *d, uint64_t now);
void worker_submit(struct job *job); /* by the loop */
/* Destroy a shell with its domain, or a domain, some time soon. */
void discard_shell(struct chaos_shell *shell);
void destroy_domain(uint32_t domid);

/* listen.c */
int listener_init(struct chaosd *d);
void listener_fini(struct chaosd *d);
void listener_resume(struct chaosd *d);

/* client.c */
bool client_is_allowed(const struct chaosd *d, int fd);
void client_new(struct chaosd *d, int fd);
/* False when the client cannot be told: it is gone, or does not read. */
bool client_send(struct chaosd *d, struct client *client, struct chaosd_header *header,
		 enum chaosd_type type, size_t size);
void client_text(struct chaosd *d, struct client *client, enum chaosd_type type,
		 const struct chaos_error *err);
/* The request is answered, with DONE or, if err is not NULL, with ERROR. */
void client_done(struct chaosd *d, struct client *client, const struct chaos_error *err);
/* What the client waits for, so that it can be called off; NULL = nothing any more. */
void client_wait_creation(struct client *client, struct creation *creation);
void client_wait_pool(struct client *client, struct pool *pool);
/* Tell those who wait for a pool how it is; and that it is full, or why it will not be. */
void clients_pool_moved(struct chaosd *d, struct pool *pool);
void clients_pool_end(struct chaosd *d, struct pool *pool, const struct chaos_error *err);
void clients_tick(struct chaosd *d, uint64_t now);
/* Make room: who has been silent longest is dropped.  False when all have something in work. */
bool clients_evict(struct chaosd *d);

/* request.c: what clients ask for */
void request_handle(struct chaosd *d, struct client *client, const struct chaosd_request *r);

/* flavour.c: configurations, as pools and creates take them */
/* Paths of a configuration begin where its owner is; -1 without memory. */
int flavour_make_absolute(struct chaos_config *cfg, const char *cwd);
/* What is prepared without an image is memory: devices come with the image. */
void flavour_drop_image(struct chaos_config *cfg);
/* Whether a VM of this configuration can be made of a shell of that one. */
bool flavour_is_same(const struct chaos_config *a, const struct chaos_config *b);
/* NAME,SIZE,[imageless,]FILE; text is cut up, and kept.  False if it is no such thing. */
bool pool_option_parse(struct pool_option *option, char *text);
/* Add the pools of the command line; one that cannot be is told in the log. */
void pool_options_add(struct chaosd *d);

/* pool.c */
int pool_add(struct chaosd *d, const char *name, unsigned int size, struct chaos_config *cfg,
	     struct chaos_error *err);
struct pool *pool_find(struct chaosd *d, const char *name);
void pool_resize(struct chaosd *d, struct pool *pool, unsigned int size);
void pool_remove(struct chaosd *d, struct pool *pool);
/* Its shells are memory only, and fit guests with any kernel and devices. */
bool pool_is_imageless(const struct pool *pool);
void pool_describe(const struct pool *pool, struct chaos_pool *out);
struct pool *pool_next(const struct pool *pool);
/* Fill it at once and tell the client how it goes, until it is full, fails, or nobody watches. */
void pool_watch(struct chaosd *d, struct pool *pool, struct client *client);
void pool_unwatch(struct pool *pool);
/* Guests that fit cfg are to have a log: says a pool for them, with an image or without. */
bool pools_want_log(struct chaosd *d, const struct chaos_config *cfg);
/* A shell that fits cfg, or NULL. */
struct chaos_shell *pool_take(struct chaosd *d, const struct chaos_config *cfg, struct pool **from);
void pool_put(struct chaosd *d, struct pool *pool, struct chaos_shell *shell);
/*
 * Take shells out until their memory makes cfg fit; the array is to be freed.  0 when all together
 * would not be enough, or none is needed.
 */
unsigned int pools_reclaim(struct chaosd *d, const struct chaos_config *cfg,
			   struct chaos_shell ***shells);
/* Its domain is not what it should be. */
void pool_lose(struct chaosd *d, struct guest *guest);
void pools_tick(struct chaosd *d, uint64_t now);

/* shellname.c */
/* The name and UUID of the next shell, by which a later daemon knows it for one. */
int shell_identity(char name[CHAOS_NAME_LEN], uint8_t uuid[CHAOS_UUID_LEN]);
/*
 * A shell has been prepared of `copy`, a copy of `cfg`: the disk that an image of tinyx is as well has come
 * to the copy, and goes; all else in it is cfg's.
 */
void shell_config_drop(struct chaos_config *copy, const struct chaos_config *cfg);
/* It is a shell, whole or not, whoever made it. */
bool shell_is_left(const struct chaos_dominfo *info);

/* creation.c */
void creation_begin(struct chaosd *d, struct client *client, struct chaos_config *cfg,
		    const struct chaos_create_opts *opts, uint64_t begin_ns);
/* The same for a VM that has ended, after so many tries; its guest will know of its short lives. */
void creation_restart(struct chaosd *d, struct chaos_config *cfg, unsigned int short_lives,
		      unsigned int tries, uint64_t begin_ns);
/* The guest with this UUID is one that has ended, made anew. */
bool creation_is_restart(const struct chaosd *d, const uint8_t uuid[CHAOS_UUID_LEN]);
/* Some are in work, rather than to begin later. */
bool creations_are_busy(const struct chaosd *d);
void creation_cancel(struct chaosd *d, struct creation *creation);
void creations_cancel(struct chaosd *d);
void creation_event(struct chaosd *d, struct creation *creation, const struct chaos_event *event);
void creations_tick(struct chaosd *d, uint64_t now);

/* guest.c */
struct guest *guest_add(struct chaosd *d, uint32_t domid);
void guest_remove(struct chaosd *d, struct guest *guest);
int guests_init(struct chaosd *d, struct chaos_error *err);
/* Destroy what an earlier daemon has left half made. */
int guests_sweep(struct chaosd *d, struct chaos_error *err);

/* restart.c */
/* It has ended and is to be made anew, at once or, if it does not live long, later. */
void restart_plan(struct chaosd *d, struct guest *guest);
/* The guest's entry goes. */
void restart_forget(struct chaosd *d, struct guest *guest);
void restarts_tick(struct chaosd *d, uint64_t now);
/* A creation for it failed; takes cfg. */
void restart_retry(struct chaosd *d, struct chaos_config *cfg, unsigned int short_lives,
		   unsigned int tries, const struct chaos_error *why);

/* ends.c */
/* From now on this daemon carries out what is to be done when guests end, and nobody else. */
int ends_init(struct chaosd *d, struct chaos_error *err);
/* A domain that is none of ours has ended. */
void ends_event(struct chaosd *d, uint32_t domid);
/* Look at all that are none of ours. */
void ends_scan(struct chaosd *d);
void ends_tick(struct chaosd *d, uint64_t now);

/* logs.c: which guests' consoles are kept */
/* A guest is about to run for the first time: its log begins, if it is to have one; whether it has. */
bool logs_created(struct chaosd *d, uint32_t domid, bool is_wanted);
void logs_event(struct chaosd *d, const struct chaos_event *event);
/* Look at all domains: those that are to have a log get one, and those that are gone none any more. */
void logs_scan(struct chaosd *d);
void logs_tick(struct chaosd *d, uint64_t now);
void logs_stop(struct chaosd *d);

/* metrics.c */
void metrics_observe(struct histogram *histogram, uint64_t ns);
/* Prometheus text, to be freed; NULL without memory. */
char *metrics_text(struct chaosd *d, size_t *len);
void metrics_tick(struct chaosd *d, uint64_t now);

/* system.c: the service manager, and the log */
int system_listen_fd(void); /* -1 = none was passed */
void system_notify(const char *state);
/* WATCHDOG=1 is wanted at least so often, in nanoseconds; 0 = not at all. */
uint64_t system_watchdog_ns(void);
void log_to_syslog(void);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Whether a line that a client can cause at will may be logged now. */
bool log_allows(uint64_t now);
uint64_t now_ns(void);

#endif /* CHAOSD_H */
