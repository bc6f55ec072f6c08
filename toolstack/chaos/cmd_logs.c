// SPDX-License-Identifier: GPL-2.0-only
/* chaos logs: what a guest has written to its console, kept by chaosd, also after the guest's end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "logread.h"

enum {
	OPT_LOG_DIR = OPT_OWN,
	OPT_RAW
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "follow", no_argument, NULL, 'f' },
	{ "log-dir", required_argument, NULL, OPT_LOG_DIR },
	{ "previous", optional_argument, NULL, 'p' },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "tail", required_argument, NULL, 'n' },
	{ "timestamps", no_argument, NULL, 't' },
	{ 0 },
};

#define LOOK_MS 500 /* without news: whether more can come */

struct logs {
	struct call call;
	const char *dir, *guest;
	int dir_fd;
	bool follows, is_raw, with_times;
	bool has_tail;
	uint64_t tail;
	unsigned int previous;
	bool in_line; /* the last thing printed was no newline */
	bool is_warned;
	struct log_run run;
	struct log_reader reader;
};

/* ---- lines ---- */

static void print_line(void *opaque, const struct log_line *line)
{
	static char clean[sizeof(((struct log_reader *)NULL)->buf)];
	struct logs *l = opaque;
	size_t len = line->len;

	if (line->is_new && l->with_times)
		printf("%s ", line->stamp[0] ? line->stamp : "-");
	if (!l->is_raw)
		len = log_clean(line->text, line->len, clean);
	/* An error stays with stdout, for the end. */
	(void)fwrite(l->is_raw ? line->text : clean, 1, len, stdout);
	if (line->is_whole)
		putchar('\n');
	l->in_line = !line->is_whole;
}

/* A line is one document: what has no end yet waits for it. */
static void print_json(void *opaque, const struct log_line *line)
{
	static char whole[sizeof(((struct log_reader *)NULL)->buf) + 1];
	static size_t used;
	struct logs *l = opaque;

	if (line->is_new)
		used = 0;
	if (line->len <= sizeof(whole) - 1 - used) {
		memcpy(whole + used, line->text, line->len);
		used += line->len;
	}
	l->in_line = !line->is_whole;
	if (line->is_whole)
		json_log_line(line->stamp, whole, used);
}

/* ---- the log ---- */

static int no_log(struct logs *l)
{
	l->call.err.code = CHAOS_NO_DOMAIN;
	if (l->previous)
		(void)snprintf(l->call.err.text, sizeof(l->call.err.text),
			       "%s has no log of the guest %u before the newest called \"%s\"",
			       l->dir, l->previous, l->guest);
	else
		(void)snprintf(
			l->call.err.text, sizeof(l->call.err.text),
			"%s has no log of \"%s\": chaosd keeps one of guests with log=1 ('chaos create --log'), or with --log-all",
			l->dir, l->guest);
	return -(int)CHAOS_NO_DOMAIN;
}

static int open_dir(struct logs *l)
{
	l->dir_fd = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir_fd >= 0)
		return 0;
	if (errno == ENOENT)
		return no_log(l);
	(void)call_failed(&l->call, l->dir);
	if (errno == EACCES)
		l->call.err.code = CHAOS_PERMISSION;
	return -(int)l->call.err.code;
}

static int open_run(struct logs *l)
{
	int rc = log_run_open(&l->run, l->dir_fd, l->guest, l->previous);

	if (rc > 0)
		return 0;
	if (!rc)
		return no_log(l);
	if (errno == EINVAL)
		return call_usage(&l->call, "\"%s\" is no name of a guest", l->guest);
	(void)call_failed(&l->call, l->guest);
	if (errno == EACCES)
		l->call.err.code = CHAOS_PERMISSION;
	return -(int)l->call.err.code;
}

static int skip_to_tail(struct logs *l)
{
	int64_t lines = l->has_tail ? log_run_count(&l->run) : 0;

	if (lines < 0)
		return call_failed(&l->call, l->guest);
	if (l->has_tail && (uint64_t)lines > l->tail)
		l->reader.to_skip = (uint64_t)lines - l->tail;
	return 0;
}

static int read_on(struct logs *l)
{
	if (log_read(&l->reader))
		return call_failed(&l->call, l->guest);
	(void)fflush(stdout); /* it is watched; an error shows at the end */
	return 0;
}

/* ---- following ---- */

/*
 * The part being read may not be the newest any more: go on with those that have come since.  What has been
 * deleted before it was read is told.
 */
static int find_new_parts(struct logs *l)
{
	ino_t ino = l->run.parts[l->reader.part].ino;
	struct log_run *now;
	char name[NAME_MAX + 1];
	struct stat st;
	unsigned int i;
	bool is_same;

	if (chaos_log_name(l->guest, 0, name) &&
	    !fstatat(l->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) && st.st_ino == ino)
		return 0;
	now = malloc(sizeof(*now));
	if (!now)
		return call_failed(&l->call, l->guest);
	is_same = log_run_open(now, l->dir_fd, l->guest, 0) > 0 &&
		  !strcmp(now->header.since, l->run.header.since) &&
		  !memcmp(now->header.uuid, l->run.header.uuid, CHAOS_UUID_LEN);
	if (!is_same || now->parts[now->nr - 1].ino == ino) {
		log_run_close(now); /* another guest's, or nothing new */
		free(now);
		return 0;
	}
	for (i = 0; i < now->nr && now->parts[i].ino != ino; i++)
		;
	if (i == now->nr) {
		call_say("warning: \"%s\" says more than can be read: some is left out", l->guest);
		i = 0;
		l->reader.at = 0;
		l->reader.used = l->reader.told = 0;
	}
	log_run_close(&l->run);
	l->run = *now;
	l->reader.part = i;
	free(now);
	return 1;
}

/*
 * It is there, and has not ended; also when that cannot be found out just now.  Who may not ask Xen, or has
 * none, would never know: then it has ended when nobody writes its log.
 */
static bool guest_lives(struct logs *l)
{
	struct chaos_dominfo info;
	struct chaos_error err;
	int rc = l->call.ctx ? 0 : chaos_ctx_open(&l->call.ctx, &err);

	if (!rc)
		rc = chaos_domain_named(l->call.ctx, l->guest, &info, &err);
	if (rc)
		return rc != -(int)CHAOS_NO_DOMAIN && rc != -(int)CHAOS_PERMISSION &&
		       rc != -(int)CHAOS_ENVIRONMENT;
	return !memcmp(info.uuid, l->run.header.uuid, sizeof(info.uuid)) && !info.is_dying &&
	       (!info.is_shutdown || info.state == CHAOS_STATE_SUSPENDED);
}

/* What comes is looked for when the directory says so, and now and then. */
static void wait_for_news(int inotify)
{
	struct pollfd pfd = { .fd = inotify, .events = POLLIN };
	char events[4096];

	if (poll(&pfd, 1, LOOK_MS) > 0 && read(inotify, events, sizeof(events)) < 0)
		(void)usleep(LOOK_MS * 1000U);
}

/* Ends when no more can come: nobody writes it, and its guest has ended. */
static int follow(struct logs *l)
{
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), rc = 0;
	bool is_last = false;

	if (inotify >= 0)
		(void)inotify_add_watch(inotify, l->dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
	while (!rc && !ferror(stdout)) {
		rc = read_on(l);
		if (!rc)
			rc = find_new_parts(l);
		if (rc > 0) {
			rc = 0;
			continue;
		}
		if (is_last)
			break;
		is_last = !log_run_is_written(&l->run) && !guest_lives(l);
		if (!is_last && !log_run_is_written(&l->run) && !l->is_warned) {
			l->is_warned = true;
			call_say("warning: nobody keeps the log of \"%s\" now: is chaosd running?",
				 l->guest);
		}
		if (!is_last)
			wait_for_news(inotify);
	}
	if (inotify >= 0)
		close(inotify);
	return rc;
}

static int show(struct logs *l)
{
	int rc;

	rc = open_dir(l);
	if (!rc)
		rc = open_run(l);
	if (rc)
		return rc;
	l->reader.run = &l->run;
	l->reader.tell = l->call.json ? print_json : print_line;
	l->reader.opaque = l;
	rc = skip_to_tail(l);
	if (!rc)
		rc = l->follows && !l->previous ? follow(l) : read_on(l);
	if (l->in_line) { /* its last line has no end */
		struct log_line end = { .text = "", .is_whole = true };

		memcpy(end.stamp, l->reader.buf, CHAOS_LOG_STAMP_LEN);
		l->reader.tell(l, &end);
	}
	log_run_close(&l->run);
	return rc;
}

/* ---- options ---- */

static int parse_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text < '0' || *text > '9' || *end || errno || *number > max ? -1 : 0;
}

static int take_option(struct logs *l, int opt)
{
	uint64_t number = 1;

	switch (opt) {
	case 'f':
		l->follows = true;
		return 0;
	case 't':
		l->with_times = true;
		return 0;
	case OPT_RAW:
		l->is_raw = true;
		return 0;
	case OPT_LOG_DIR:
		l->dir = optarg;
		return 0;
	case 'n':
		l->has_tail = true;
		if (!parse_number(optarg, UINT64_MAX, &l->tail))
			return 0;
		return call_usage(&l->call, "--tail %s: not a number of lines", optarg);
	case 'p':
		if (!optarg || (!parse_number(optarg, CHAOS_LOG_MAX_PARTS, &number) && number)) {
			l->previous += (unsigned int)number;
			return 0;
		}
		return call_usage(&l->call, "--previous=%s: not a number from 1 to %u", optarg,
				  CHAOS_LOG_MAX_PARTS);
	default:
		return 0;
	}
}

int cmd_logs(const struct verb *verb, int argc, char **argv)
{
	static struct logs l; /* large: all of it would be in the file, were one value given here */
	int opt, rc, status = -1;

	l.dir = CHAOS_LOG_DIR;
	l.call.verb = verb;
	while ((opt = call_option(&l.call, argc, argv, "fn:pt", options, &status)) != -1) {
		rc = take_option(&l, opt);
		if (rc)
			return call_end(&l.call, rc);
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&l.call, argc, 1, 1);
	if (!rc && l.follows && l.previous)
		rc = call_usage(&l.call, "--follow and --previous: what has ended says no more");
	if (!rc) {
		l.guest = argv[optind];
		rc = show(&l);
	}
	return call_end(&l.call, rc);
}
