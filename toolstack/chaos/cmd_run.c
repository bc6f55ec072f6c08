// SPDX-License-Identifier: GPL-2.0-only
/* chaos run: a guest as if it were a command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "config/internal.h"
#include "create.h"

#define NOT_RUN	     125 /* as of docker run, whose exit status is the program's otherwise */
#define KERNEL_MIB   "4"
#define NAME_PREFIX  40 /* of an image's name, in a guest's */
#define MAX_SETTINGS 64U

enum {
	OPT_NAME = OPT_OWN,
	OPT_NET,
	OPT_DISK,
	OPT_NO_DAEMON,
	OPT_SOCKET
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "detach", no_argument, NULL, 'd' },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "memory", required_argument, NULL, 'm' },
	{ "net", required_argument, NULL, OPT_NET },
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "set", required_argument, NULL, 's' },
	{ "no-daemon", no_argument, NULL, OPT_NO_DAEMON },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ 0 },
};

/* What is asked for, as settings behind the configuration. */
struct run {
	struct call call;
	const char *image;
	const char *name;
	bool detaches, is_full;
	struct create_request request;
	char *settings[MAX_SETTINGS];
	unsigned int nr_settings;
};

/* ---- settings ---- */

/* Takes the text. */
static void add_setting(struct run *run, char *setting)
{
	if (!setting || run->nr_settings == MAX_SETTINGS) {
		run->is_full = true;
		free(setting);
	} else {
		run->settings[run->nr_settings++] = setting;
	}
}

/* prefix, and value as a string of xl.cfg; behind it suffix. */
static void add_string(struct run *run, const char *prefix, const char *value, const char *suffix)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f) {
		fputs(prefix, f);
		chaos_cfgtext_put_string(f, value);
		fputs(suffix, f);
	}
	if (f && fclose(f)) {
		free(text);
		text = NULL;
	}
	add_setting(run, text);
}

/* The ARGs as a command line has them, apart by blanks. */
static int add_args(struct run *run, char **args, int nr)
{
	size_t len = 1;
	char *text, *p;
	int i;

	if (!nr)
		return 0;
	for (i = 0; i < nr; i++) {
		if (!*args[i] || strpbrk(args[i], " \t\n"))
			return call_usage(
				&run->call,
				"argument \"%s\": a guest's command line is words apart by blanks, and cannot have one that is empty or has blanks in it",
				args[i]);
		len += strlen(args[i]) + 1;
	}
	text = malloc(len);
	if (!text)
		return call_failed(&run->call, "run");
	for (i = 0, p = text; i < nr; i++)
		p = stpcpy(stpcpy(p, i ? " " : ""), args[i]);
	add_string(run, "extra=", text, "");
	free(text);
	return 0;
}

/* ---- the image ---- */

/* A kernel has no configuration: ELF, gzip, or a bzImage. */
static bool is_kernel(const char *path)
{
	unsigned char head[0x206] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, head, sizeof(head));
	close(fd);
	return (n >= 4 && !memcmp(head, "\177ELF", 4)) ||
	       (n >= 2 && head[0] == 0x1f && head[1] == 0x8b) ||
	       (n == sizeof(head) && !memcmp(head + 0x202, "HdrS", 4));
}

/* Of this image, and no other guest's: many may be run at once. */
static int make_name(struct run *run, char *name, size_t size)
{
	const char *base = strrchr(run->image, '/');
	unsigned int number;
	size_t len, i;

	base = base ? base + 1 : run->image;
	len = strcspn(base, ".");
	if (len > NAME_PREFIX)
		len = NAME_PREFIX;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return call_failed(&run->call, "random number");
	(void)snprintf(name, size, "%.*s-%08x", len ? (int)len : 3, len ? base : "run", number);
	for (i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
			    name[i]))
			name[i] = i ? '-' : 'x';
	return 0;
}

/* ---- the guest ---- */

static int run_attached(struct run *run, const struct chaos_config_source *src, int *status)
{
	struct chaos_created created;
	struct chaos_config *cfg;
	int rc, signals;

	rc = call_open(&run->call);
	if (!rc)
		rc = chaos_exits_check(run->call.ctx, &run->call.err);
	if (rc)
		return rc;
	(void)signal(SIGPIPE, SIG_IGN); /* the guest is to go when its reader goes */
	signals = signals_defer();
	run->request.opts.paused = true;
	rc = create_any(&run->call, src, &run->request, &created, &cfg);
	if (!rc) {
		chaos_config_free(cfg);
		rc = create_run(&run->call, created.domid, signals, status);
	}
	if (signals >= 0)
		close(signals);
	return rc;
}

static int run_detached(struct run *run, const struct chaos_config_source *src)
{
	struct chaos_created created;
	struct chaos_config *cfg;
	int rc;

	run->request.opts.no_wait = true;
	rc = create_any(&run->call, src, &run->request, &created, &cfg);
	if (rc)
		return rc;
	if (run->call.json)
		create_print(&run->call, &run->request, &created, cfg);
	else
		printf("%s\n", cfg->name);
	chaos_config_free(cfg);
	return 0;
}

static int run_it(struct run *run, char **args, int nr, int *status)
{
	struct chaos_config_source src = { .path = run->image, .warn = call_warn };
	static const char *const ends[] = { "on_poweroff=\"destroy\"", "on_reboot=\"destroy\"",
					    "on_crash=\"destroy\"" };
	char name[CHAOS_NAME_LEN];
	unsigned int i;
	int rc = 0;

	if (!run->name)
		rc = make_name(run, name, sizeof(name));
	if (rc)
		return rc;
	add_string(run, "name=", run->name ? run->name : name, "");
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		add_setting(run, strdup(ends[i]));
	rc = add_args(run, args, nr);
	if (rc)
		return rc;
	if (is_kernel(run->image)) {
		src.text = "memory=" KERNEL_MIB "\n";
		add_string(run, "kernel=", run->image, "");
	}
	if (run->is_full)
		return call_usage(&run->call, "there are more than %u settings, or no memory",
				  MAX_SETTINGS);
	src.overrides = (const char *const *)run->settings;
	src.nr_overrides = run->nr_settings;
	return run->detaches ? run_detached(run, &src) : run_attached(run, &src, status);
}

static void take_option(struct run *run, int opt)
{
	switch (opt) {
	case 'd':
		run->detaches = true;
		break;
	case 'm':
		add_string(run, "memory=", optarg, "");
		break;
	case 's':
		add_setting(run, strdup(optarg));
		break;
	case OPT_NAME:
		run->name = optarg;
		break;
	case OPT_NET:
		add_string(run, "vif+=[", optarg, "]");
		break;
	case OPT_DISK:
		add_string(run, "disk+=[", optarg, "]");
		break;
	case OPT_NO_DAEMON:
		run->request.no_daemon = true;
		break;
	case OPT_SOCKET:
		run->request.socket_path = optarg;
		break;
	}
}

int cmd_run(const struct verb *verb, int argc, char **argv)
{
	struct run run = { .call.verb = verb, .request.builder = CHAOS_BUILDER_AUTO };
	int opt, rc, status = -1, ended = 0;

	while ((opt = call_option(&run.call, argc, argv, "+dm:s:", options, &status)) != -1)
		take_option(&run, opt);
	if (status >= 0)
		return status ? NOT_RUN : 0;
	rc = call_arguments(&run.call, argc, 1, 1 << 16);
	if (!rc) {
		run.image = argv[optind];
		rc = run_it(&run, argv + optind + 1, argc - optind - 1, &ended);
	}
	rc = call_end(&run.call, rc);
	while (run.nr_settings)
		free(run.settings[--run.nr_settings]);
	return rc ? NOT_RUN : ended;
}
