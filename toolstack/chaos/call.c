// SPDX-License-Identifier: GPL-2.0-only
/* What every verb does: common options, errors and exit status. */
#include <errno.h>
#include <limits.h>
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

/* --json may stand behind it. */
static int bad_option(struct call *call, int argc, char **argv, bool lacks_argument)
{
	char letter[] = { '-', (char)optopt, '\0' };
	/* A long one is getopt's last word; a letter can stand in the middle of one. */
	const char *option = optopt > 0 && optopt < OPT_HELP ? letter : argv[optind - 1];
	int i;

	(void)call_usage(call, "%s: %s; see 'chaos %s --help'", option,
			 lacks_argument ? "needs an argument" : "unrecognized option",
			 call->verb->name);
	for (i = 1; i < argc && !call->json; i++)
		call->json = !strcmp(argv[i], "--json");
	return call_end(call, -(int)CHAOS_USAGE);
}

int call_option(struct call *call, int argc, char **argv, const char *letters,
		const struct option *options, int *status)
{
	char all[32];
	int opt;

	opterr = 0; /* getopt prints whatever bytes it was given */
	(void)snprintf(all, sizeof(all), "%s:%sh", *letters == '+' ? "+" : "",
		       letters + (*letters == '+'));
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
		case ':':
			*status = bad_option(call, argc, argv, opt == ':');
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
	va_end(args);
	call->err.code = CHAOS_USAGE;
	return -(int)CHAOS_USAGE;
}

int call_error(struct call *call, enum chaos_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(call->err.text, sizeof(call->err.text), fmt, args);
	va_end(args);
	call->err.code = code;
	return -(int)code;
}

void call_say(const char *fmt, ...)
{
	char text[2048];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* cut is fine */
	va_end(args);
	chaos_text_clean(text);
	fprintf(stderr, "chaos: %s\n", text);
}

const char *call_clean(const char *text)
{
	static char clean[PATH_MAX + 64];

	(void)snprintf(clean, sizeof(clean), "%s", text); /* cut is fine */
	chaos_text_clean(clean);
	return clean;
}

const char *call_name(const struct chaos_dominfo *info)
{
	const char *name = call_clean(info->name);

	return !info->domid ? "Domain-0" : *name ? name : "(unnamed)";
}

void call_warn(void *opaque, const char *text)
{
	(void)opaque;
	call_say("warning: %s", text);
}

void call_one_failed(struct call *call, int rc)
{
	call_say("%s", call->err.text);
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
	chaos_text_clean(call->err.text);
	if (call->json)
		json_error(&call->err);
	call_say("%s", call->err.text);
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
