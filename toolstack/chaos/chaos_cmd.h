/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs of chaos share. */
#ifndef CHAOS_CMD_H
#define CHAOS_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <time.h>

#include "chaos.h"

struct verb {
	const char *name;
	const char *args; /* of the usage line */
	const char *summary;
	const char *options; /* help text behind the usage line */
	int (*run)(const struct verb *verb, int argc, char **argv);
};

int cmd_auto(const struct verb *verb, int argc, char **argv);
int cmd_block_attach(const struct verb *verb, int argc, char **argv);
int cmd_block_detach(const struct verb *verb, int argc, char **argv);
int cmd_block_list(const struct verb *verb, int argc, char **argv);
int cmd_block_resize(const struct verb *verb, int argc, char **argv);
int cmd_console(const struct verb *verb, int argc, char **argv);
int cmd_create(const struct verb *verb, int argc, char **argv);
int cmd_destroy(const struct verb *verb, int argc, char **argv);
int cmd_dmesg(const struct verb *verb, int argc, char **argv);
int cmd_doctor(const struct verb *verb, int argc, char **argv);
int cmd_domid(const struct verb *verb, int argc, char **argv);
int cmd_domname(const struct verb *verb, int argc, char **argv);
int cmd_dump_core(const struct verb *verb, int argc, char **argv);
int cmd_events(const struct verb *verb, int argc, char **argv);
int cmd_info(const struct verb *verb, int argc, char **argv);
int cmd_list(const struct verb *verb, int argc, char **argv);
int cmd_logs(const struct verb *verb, int argc, char **argv);
int cmd_mem_set(const struct verb *verb, int argc, char **argv);
int cmd_migrate(const struct verb *verb, int argc, char **argv);
int cmd_migrate_receive(const struct verb *verb, int argc, char **argv);
int cmd_network_attach(const struct verb *verb, int argc, char **argv);
int cmd_network_detach(const struct verb *verb, int argc, char **argv);
int cmd_network_list(const struct verb *verb, int argc, char **argv);
int cmd_pause(const struct verb *verb, int argc, char **argv);
int cmd_pool(const struct verb *verb, int argc, char **argv);
int cmd_prepare(const struct verb *verb, int argc, char **argv);
int cmd_reap(const struct verb *verb, int argc, char **argv);
int cmd_reboot(const struct verb *verb, int argc, char **argv);
int cmd_rename(const struct verb *verb, int argc, char **argv);
int cmd_restore(const struct verb *verb, int argc, char **argv);
int cmd_run(const struct verb *verb, int argc, char **argv);
int cmd_save(const struct verb *verb, int argc, char **argv);
int cmd_shutdown(const struct verb *verb, int argc, char **argv);
int cmd_top(const struct verb *verb, int argc, char **argv);
int cmd_unpause(const struct verb *verb, int argc, char **argv);
int cmd_uptime(const struct verb *verb, int argc, char **argv);
int cmd_vcpu_list(const struct verb *verb, int argc, char **argv);
int cmd_vcpu_pin(const struct verb *verb, int argc, char **argv);
int cmd_version(const struct verb *verb, int argc, char **argv);

/* Options every verb has; their place in getopt's return values is above all characters. */
enum {
	OPT_HELP = 256,
	OPT_JSON,
	OPT_OWN, /* a verb's own begin here */
};
#define COMMON_OPTIONS                              \
	{ "help", no_argument, NULL, OPT_HELP },    \
	{                                           \
		"json", no_argument, NULL, OPT_JSON \
	}

/* The state of one call of a verb. */
struct call {
	const struct verb *verb;
	bool json;
	bool is_reaper; /* it does not start another */
	int failed; /* exit status for the first of several things that has failed, 0 = none has */
	struct chaos_ctx *ctx;
	struct chaos_error err;
};

/*
 * The next option as getopt_long() gives it, having dealt with the common ones; -1 behind the last.
 * For --help and for errors *status is set and -1 is returned.  Of letters with a '+' in front the options
 * end at the first argument.
 */
int call_option(struct call *call, int argc, char **argv, const char *letters,
		const struct option *options, int *status);
/* 0 if the number of arguments behind the options is between min and max. */
int call_arguments(struct call *call, int argc, int min, int max);
int call_usage(struct call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int call_error(struct call *call, enum chaos_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A line on standard error, whatever bytes are in it. */
void call_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* As a terminal may have it: valid until the next call. */
const char *call_clean(const char *text);
/* A domain's name in a list, likewise. */
const char *call_name(const struct chaos_dominfo *info);
/* What the library warns of. */
void call_warn(void *opaque, const char *text);
/* One of several things has failed, as call->err says, which is printed; the others go on. */
void call_one_failed(struct call *call, int rc);
/* A system call of a verb's own has failed, with errno. */
int call_failed(struct call *call, const char *what);
/* Open the context; then find the domain called `who`. */
int call_open(struct call *call);
int call_find(struct call *call, const char *who, struct chaos_dominfo *info);
/* All of those, before anything is done with the first; *infos, of nr, is for the caller to free. */
int call_find_all(struct call *call, char **who, int nr, struct chaos_dominfo **infos);
/* A guest that was made already is to have a log: say so if nobody keeps it. */
void call_warn_log(const struct chaos_config *cfg);
/* The verb is done with Xen: see that somebody looks after the guests it leaves. */
void call_leave(struct call *call);
/* What of a guest's pages has been dealt with, on a terminal, if it takes more than a second. */
struct progress {
	const char *what; /* "saving" */
	time_t start;
};
void call_progress(void *progress, uint64_t done, uint64_t total);
/* Leave Xen, report call->err, and give the exit status for rc. */
int call_end(struct call *call, int rc);
/*
 * From now on SIGINT, SIGTERM and SIGHUP only end a wait for the guest, and what was begun is undone:
 * see chaos_ctx_set_cancel().  Returns a descriptor, or -1 if there is none to be had: then they kill,
 * as ever.
 */
int signals_defer(void);
/* What was begun is done: they kill again, as one does that has come meanwhile. */
void signals_undefer(void);
/* A number of milliseconds from seconds like "10" or "0.5"; -1 if it is not. */
int parse_seconds(const char *text, unsigned int *ms);

#define DEFAULT_STOP_TIMEOUT_MS 30000U
#define DESTROY_TIMEOUT_MS	5000U

/*
 * cmd_console.c: be at the console of a domain of ours until it ends or the user leaves; one that is paused
 * is unpaused, if that is asked for, once somebody is there.  Whether it came to that is in *is_attached,
 * which may be NULL.
 */
int console_of(struct call *call, const struct chaos_dominfo *info, bool unpauses,
	       bool *is_attached);

/* count.c */
extern struct chaos_calls chaos_calls;

/* main.c */
extern const struct verb verbs[];
extern const unsigned int nr_verbs;
extern char **command_line;

#endif /* CHAOS_CMD_H */
