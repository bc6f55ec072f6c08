// SPDX-License-Identifier: GPL-2.0-only
/* chaos auto: what xendomains does. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "core/files.h"
#include "json_out.h"
#include "json_writer.h"

enum {
	OPT_DIR = OPT_OWN,
	OPT_SAVED,
	OPT_SHUTDOWN,
	OPT_TIMEOUT
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "saved", required_argument, NULL, OPT_SAVED },
	{ "shutdown", no_argument, NULL, OPT_SHUTDOWN },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ 0 },
};

#define STOP_TIMEOUT_MS 120000U

void auto_tell(struct auto_request *r, uint32_t domid, const char *name, const char *result)
{
	struct chaos_dominfo info = { .domid = domid };

	(void)snprintf(info.name, sizeof(info.name), "%s", name);
	if (r->call.json) {
		json_done_element(&info, result, !r->told++);
		return;
	}
	chaos_text_clean(info.name);
	printf("%s: %s\n", info.name, result);
}

void auto_failed(struct auto_request *r, const char *name, int rc)
{
	call_one_failed(&r->call, rc);
	if (r->call.json)
		auto_tell(r, 0, name, "failed");
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len > tail && !strcmp(name + len - tail, suffix);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Room for one more, with its name. */
static int append(char ***names, int n, const char *name)
{
	char **grown = realloc(*names, ((size_t)n + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	*names = grown;
	grown[n] = strdup(name);
	return grown[n] ? 0 : -1;
}

int auto_files(struct auto_request *r, const char *dir, const char *suffix, char ***out)
{
	struct dirent *entry;
	char **names = NULL;
	DIR *d = opendir(dir);
	int n = 0, rc = 0;

	*out = NULL;
	if (!d)
		return errno == ENOENT ? 0 : call_failed(&r->call, dir);
	while (!rc && (errno = 0, entry = readdir(d))) {
		if (!ends_in(entry->d_name, suffix))
			continue;
		rc = append(&names, n, entry->d_name);
		n += !rc;
	}
	if (errno)
		rc = call_failed(&r->call, dir);
	closedir(d);
	if (rc) {
		while (n)
			free(names[--n]);
		free(names);
		return rc;
	}
	if (n)
		qsort(names, (size_t)n, sizeof(*names), by_name);
	*out = names;
	return n;
}

const char *auto_base(const char *path)
{
	return strrchr(path, '/') + 1; /* it is DIR/NAME */
}

int auto_take(struct auto_request *r, const char *path, const char *taken)
{
	return chaos_file_rename(path, auto_base(taken)) ? call_failed(&r->call, path) : 0;
}

static int run(struct auto_request *r, const char *subverb)
{
	int rc;

	if (strcmp(subverb, "start") != 0 && strcmp(subverb, "stop") != 0)
		return call_usage(&r->call, "auto: \"%s\" is neither start nor stop", subverb);
	rc = call_open(&r->call);
	if (rc)
		return rc;
	rc = !strcmp(subverb, "start") ? auto_start(r) : auto_stop(r);
	/* What was told already is one document with the rest: the error is one of several. */
	if (rc < 0 && r->told) {
		call_one_failed(&r->call, rc);
		rc = 0;
	}
	if (rc >= 0 && r->call.json)
		jsonw_end_array(!r->told);
	return rc;
}

int cmd_auto(const struct verb *verb, int argc, char **argv)
{
	struct auto_request r = {
		.call = { .verb = verb },
		.dir = AUTO_DIR,
		.saved = SAVED_DIR,
		.timeout_ms = STOP_TIMEOUT_MS,
	};
	int opt, rc = 0, status = -1;

	while ((opt = call_option(&r.call, argc, argv, "", options, &status)) != -1 && !rc) {
		if (opt == OPT_DIR)
			r.dir = optarg;
		else if (opt == OPT_SAVED)
			r.saved = optarg;
		else if (opt == OPT_SHUTDOWN)
			r.shuts_down = true;
		else if (parse_seconds(optarg, &r.timeout_ms))
			rc = call_usage(&r.call, "--timeout %s: not a number of seconds", optarg);
	}
	if (status >= 0)
		return status;
	if (!rc && (!*r.dir || !*r.saved))
		rc = call_usage(&r.call, "%s \"\": not a directory", *r.dir ? "--saved" : "--dir");
	if (!rc)
		rc = call_arguments(&r.call, argc, 1, 1);
	if (!rc)
		rc = run(&r, argv[optind]);
	return call_end(&r.call, rc);
}
