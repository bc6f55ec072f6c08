// SPDX-License-Identifier: GPL-2.0-only
/* chaosd: options, and everything it has in the order it is needed. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "chaosd.h"
#include "client/guestlog.h"

#define LOCK_FILE		"/run/chaosd.lock"
#define DEFAULT_RESERVE_MIB	64U
#define DEFAULT_REFILL_DELAY_MS 20U
#define DEFAULT_LOG_SIZE_KIB	1024U
#define DEFAULT_LOG_KEEP	3U
#define DEFAULT_LOG_TOTAL_MIB	256U

static struct chaosd daemon_state;

enum {
	OPT_FOREGROUND = 256,
	OPT_GROUP,
	OPT_HELP,
	OPT_LOG_ALL,
	OPT_LOG_DIR,
	OPT_LOG_KEEP,
	OPT_LOG_SIZE,
	OPT_LOG_TOTAL,
	OPT_METRICS,
	OPT_POOL,
	OPT_REFILL_DELAY,
	OPT_RESERVE,
	OPT_SOCKET,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "foreground", no_argument, NULL, OPT_FOREGROUND },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "log-all", no_argument, NULL, OPT_LOG_ALL },
	{ "log-dir", required_argument, NULL, OPT_LOG_DIR },
	{ "log-keep", required_argument, NULL, OPT_LOG_KEEP },
	{ "log-size", required_argument, NULL, OPT_LOG_SIZE },
	{ "log-total", required_argument, NULL, OPT_LOG_TOTAL },
	{ "metrics-file", required_argument, NULL, OPT_METRICS },
	{ "pool", required_argument, NULL, OPT_POOL },
	{ "refill-delay", required_argument, NULL, OPT_REFILL_DELAY },
	{ "reserve", required_argument, NULL, OPT_RESERVE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 },
};

static void usage(FILE *f)
{
	fputs("Usage: chaosd [OPTION]...\n"
	      "Keep pools of prepared guests, and create guests from them for chaos.\n\n"
	      "  --foreground          stay in the foreground and log to standard error\n"
	      "  --group GROUP         let members of GROUP use it too: that is as good as root\n"
	      "  --log-all             keep the consoles of all guests, not only of those with log=1\n"
	      "  --log-dir DIR         where (" CHAOS_LOG_DIR ")\n"
	      "  --log-size KIB        begin another file when one has so much (1024)\n"
	      "  --log-keep N          older files of a name that are kept (3)\n"
	      "  --log-total MIB       what all logs together may take (256)\n"
	      "  --metrics-file FILE   keep Prometheus metrics in FILE\n"
	      "  --pool NAME,SIZE,[imageless,]FILE\n"
	      "                        have a pool of SIZE guests like FILE's from the start\n"
	      "  --refill-delay MS     refill a full pool when nothing was created for so long,\n"
	      "                        an emptier one the sooner (20)\n"
	      "  --reserve MIB         memory that refilling leaves to others (64)\n"
	      "  --socket PATH         where chaos reaches it (" CHAOSD_SOCKET ")\n"
	      "  --version, --help\n\n"
	      "'man chaosd' says more.\n",
	      f);
}

static int set_number(const char *option, const char *text, unsigned int *value)
{
	unsigned long v;
	char *end;

	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || v > 1U << 30) {
		log_line("%s %s: not a number", option, text);
		return -1;
	}
	*value = (unsigned int)v;
	return 0;
}

static int set_bounded(const char *option, const char *text, unsigned int min, unsigned int max,
		       unsigned int *value)
{
	if (set_number(option, text, value))
		return -1;
	if (*value >= min && *value <= max)
		return 0;
	log_line("%s %s: not between %u and %u", option, text, min, max);
	return -1;
}

static int set_log_dir(struct options *opts, const char *path)
{
	opts->log_dir = path;
	if (*path == '/' && path[strspn(path, "/")])
		return 0;
	log_line("--log-dir %s: not an absolute path", path);
	return -1;
}

static int set_group(struct options *opts, const char *name)
{
	struct group *group;
	unsigned int gid;

	opts->has_group = true;
	if (*name >= '0' && *name <= '9') {
		if (set_number("--group", name, &gid))
			return -1;
		opts->group = gid;
		return 0;
	}
	group = getgrnam(name);
	if (!group) {
		log_line("--group %s: there is no such group", name);
		return -1;
	}
	opts->group = group->gr_gid;
	return 0;
}

static int add_pool(struct options *opts, char *text)
{
	if (opts->nr_pools == MAX_POOL_OPTIONS) {
		log_line("--pool: at most %u", MAX_POOL_OPTIONS);
		return -1;
	}
	if (pool_option_parse(&opts->pools[opts->nr_pools], text)) {
		opts->nr_pools++;
		return 0;
	}
	log_line("--pool %s: not NAME,SIZE,[imageless,]/PATH", text);
	return -1;
}

/* One of long_options, or what getopt says of `word` instead. */
static int set_option(struct options *opts, int option, const char *word, bool *foreground)
{
	switch (option) {
	case OPT_FOREGROUND:
		*foreground = true;
		return 0;
	case OPT_GROUP:
		return set_group(opts, optarg);
	case OPT_LOG_ALL:
		opts->log_all = true;
		return 0;
	case OPT_LOG_DIR:
		return set_log_dir(opts, optarg);
	case OPT_LOG_KEEP:
		return set_bounded("--log-keep", optarg, 0, CHAOS_LOG_MAX_PARTS - 1,
				   &opts->log_keep);
	case OPT_LOG_SIZE:
		return set_bounded("--log-size", optarg, 16, 1U << 20, &opts->log_size_kib);
	case OPT_LOG_TOTAL:
		return set_bounded("--log-total", optarg, 1, 1U << 20, &opts->log_total_mib);
	case OPT_METRICS:
		opts->metrics_path = optarg;
		return 0;
	case OPT_POOL:
		return add_pool(opts, optarg);
	case OPT_REFILL_DELAY:
		return set_number("--refill-delay", optarg, &opts->refill_delay_ms);
	case OPT_RESERVE:
		return set_number("--reserve", optarg, &opts->reserve_mib);
	case OPT_SOCKET:
		opts->socket_path = optarg;
		return 0;
	case OPT_HELP:
		usage(stdout);
		exit(CHAOS_OK);
	case OPT_VERSION:
		puts("chaosd " CHAOS_VERSION);
		exit(CHAOS_OK);
	case ':':
		log_line("%s: needs an argument; see 'chaosd --help'", word);
		return -1;
	default:
		log_line("%s: unrecognized option; see 'chaosd --help'", word);
		return -1;
	}
}

static int parse_options(struct options *opts, int argc, char **argv, bool *foreground)
{
	int option;

	opts->socket_path = CHAOSD_SOCKET;
	opts->reserve_mib = DEFAULT_RESERVE_MIB;
	opts->refill_delay_ms = DEFAULT_REFILL_DELAY_MS;
	opts->log_dir = CHAOS_LOG_DIR;
	opts->log_size_kib = DEFAULT_LOG_SIZE_KIB;
	opts->log_keep = DEFAULT_LOG_KEEP;
	opts->log_total_mib = DEFAULT_LOG_TOTAL_MIB;
	opterr = 0; /* getopt prints whatever bytes it was given */
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
		if (set_option(opts, option, argv[optind - 1], foreground))
			return -1;
	if (optind == argc)
		return 0;
	usage(stderr);
	return -1;
}

/* One daemon to a host: shells of two could not be told apart.  Held until the process ends. */
static int lock(void)
{
	int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		log_line("another chaosd is running");
	else
		log_line("cannot lock " LOCK_FILE ": %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Logs take descriptors, three each; nothing here or in the libraries uses select(). */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* then there are as many as there were */
}

static void signals_ready(struct chaosd *d, struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		d->is_stopping = true;
}

static int signals_init(struct chaosd *d)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	d->signals.ready = signals_ready;
	d->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signals.fd < 0 ? -1 : loop_add(d, &d->signals, EPOLLIN);
}

static int start(struct chaosd *d)
{
	struct chaos_error err;

	if (chaos_ctx_open(&d->ctx, &err)) {
		log_line("%s", err.text);
		return -(int)err.code;
	}
	if (loop_init(d) || signals_init(d)) {
		log_line("cannot start: %s", strerror(errno));
		return -(int)CHAOS_FAILED;
	}
	if (guests_sweep(d, &err) || guests_init(d, &err)) {
		log_line("%s", err.text);
		return -(int)err.code;
	}
	if (workers_start(d) || listener_init(d))
		return -(int)CHAOS_FAILED;
	ends_scan(d);
	logs_scan(d);
	pool_options_add(d);
	d->watchdog_ns = system_watchdog_ns();
	if (d->watchdog_ns)
		loop_wake_at(d, 0);
	return 0;
}

/* VMs go on; shells, which nobody could use any more, do not. */
static void stop(struct chaosd *d)
{
	listener_fini(d);
	while (d->pools)
		pool_remove(d, d->pools);
	creations_cancel(d);
	workers_stop(d);
	logs_stop(d);
	chaos_ctx_close(d->ctx);
}

int main(int argc, char **argv)
{
	struct chaosd *d = &daemon_state;
	bool foreground = false;
	int rc;

	if (parse_options(&d->opts, argc, argv, &foreground))
		return CHAOS_USAGE;
	if (!foreground) {
		log_to_syslog();
		if (daemon(0, 0)) {
			log_line("cannot detach: %s", strerror(errno));
			return CHAOS_FAILED;
		}
	}
	if (lock())
		return CHAOS_FAILED;
	raise_limit();
	rc = start(d);
	if (rc)
		return -rc;
	system_notify("READY=1");
	loop_run(d);
	system_notify("STOPPING=1");
	stop(d);
	return CHAOS_OK;
}
