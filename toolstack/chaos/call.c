// SPDX-License-Identifier: GPL-2.0-only
/* What every verb does: common options, errors and exit status. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "json_out.h"

static void help(const struct verb *verb)
{
	printf("Usage: chaos %s [OPTION]...%s%s\n%s.\n\n%s", verb->name, *verb->args ? " " : "",
	       verb->args, verb->summary, verb->options);
	puts("  --json            machine-readable output, errors too\n"
	     "  -h, --help        this text\n\n"
	     "Exit codes and files: man chaos.");
}

/* An unknown option: getopt has said what is wrong; --json may stand behind it. */
static int bad_option(struct call *call, int argc, char **argv)
{
	int i;

	(void)call_usage(call, "see 'chaos %s --help'", call->verb->name);
	for (i = 1; i < argc && !call->json; i++)
		call->json = !strcmp(argv[i], "--json");
	return call_end(call, -(int)CHAOS_USAGE);
}

int call_option(struct call *call, int argc, char **argv, const char *letters,
		const struct option *options, int *status)
{
	char all[32];
	int opt;

	(void)snprintf(all, sizeof(all), "%sh", letters);
	for (;;) {
		opt = getopt_long(argc, argv, all, options, NULL);
		switch (opt) {
		case OPT_JSON:
			call->json = true;
			break;
		case 'h':
		case OPT_HELP:
			help(call->verb);
			*status = CHAOS_OK;
			return -1;
		case '?':
			*status = bad_option(call, argc, argv);
			return -1;
		default:
			return opt;
		}
	}
}

int call_usage(struct call *call, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(call->err.text, sizeof(call->err.text), fmt, args);
	chaos_text_clean(call->err.text);
	va_end(args);
	call->err.code = CHAOS_USAGE;
	return -(int)CHAOS_USAGE;
}

int call_error(struct call *call, enum chaos_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(call->err.text, sizeof(call->err.text), fmt, args);
	chaos_text_clean(call->err.text);
	va_end(args);
	call->err.code = code;
	return -(int)code;
}

void call_one_failed(struct call *call, int rc)
{
	fprintf(stderr, "chaos: %s\n", call->err.text);
	if (!call->failed)
		call->failed = -rc;
}

int call_failed(struct call *call, const char *what)
{
	call->err.code = errno == ENOMEM ? CHAOS_RESOURCES : CHAOS_FAILED;
	call->err.os_errno = errno;
	(void)snprintf(call->err.text, sizeof(call->err.text), "%s: %s", what, strerror(errno));
	return -(int)call->err.code;
}

int call_arguments(struct call *call, int argc, int min, int max)
{
	int n = argc - optind;

	if (n >= min && n <= max)
		return 0;
	return call_usage(call, "%s: %s; usage: chaos %s %s", call->verb->name,
			  n < min ? "something is missing" : "too many arguments", call->verb->name,
			  call->verb->args);
}

int call_end(struct call *call, int rc)
{
	call_leave(call);
	/* Whoever asked did not get it all: a full disk, as a rule. */
	if (rc >= 0 && (fflush(stdout) || ferror(stdout)))
		rc = call_failed(call, "standard output");
	if (rc >= 0)
		return call->failed;
	if (call->json)
		json_error(&call->err);
	fprintf(stderr, "chaos: %s\n", call->err.text);
	return -rc;
}

int parse_seconds(const char *text, unsigned int *ms)
{
	char *end;
	double s;

	s = strtod(text, &end);
	if (end == text || *end || !(s > 0) || s > 86400)
		return -1;
	*ms = (unsigned int)(s * 1000 + 0.5);
	return *ms ? 0 : -1;
}

void call_progress(void *opaque, uint64_t done, uint64_t total)
{
	const struct progress *p = opaque;

	if (!isatty(STDERR_FILENO) || time(NULL) - p->start < 2)
		return;
	fprintf(stderr, "\rchaos: %s: %3u %%%s", p->what, (unsigned int)(done * 100 / total),
		done == total ? "\n" : "");
}
