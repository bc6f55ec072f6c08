// SPDX-License-Identifier: GPL-2.0-only
/* chaos pool, chaos prepare: the daemon's pools of prepared guests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

enum {
	OPT_SIZE = OPT_OWN,
	OPT_SOCKET,
	OPT_STRICT,
	OPT_IMAGELESS,
	OPT_LOG
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "imageless", no_argument, NULL, OPT_IMAGELESS },
	{ "log", no_argument, NULL, OPT_LOG },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ 0 },
};

#define DEFAULT_SIZE 10U

/* One call: its options, and the daemon. */
struct pool_call {
	struct call call;
	const char *socket_path;
	unsigned int size;
	bool strict, imageless, is_logged;
	int fd;
	unsigned int told; /* pools so far */
};

static int connect_daemon(struct pool_call *p)
{
	int rc = chaos_client_open(p->socket_path, &p->fd, &p->call.err);

	if (rc)
		return rc < 0 ? rc : 0;
	p->call.err.code = CHAOS_ENVIRONMENT;
	(void)snprintf(p->call.err.text, sizeof(p->call.err.text),
		       "chaosd is not running: start it (systemctl start chaosd)");
	return -(int)CHAOS_ENVIRONMENT;
}

static int parse_size(struct call *call, const char *text, unsigned int *size)
{
	unsigned long v;
	char *end;

	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || v > 1U << 16)
		return call_usage(call, "size %s: not a number up to 65536", text);
	*size = (unsigned int)v;
	return 0;
}

/* ---- what is told ---- */

static void print_pool(void *opaque, const struct chaos_pool *pool)
{
	struct pool_call *p = opaque;

	if (p->call.json) {
		json_pool(pool, p->told++ == 0);
		return;
	}
	if (!p->told++)
		printf("%-20s %6s %6s %8s %5s %4s %8s %8s %6s\n", "Pool", "Size", "Level",
		       "Mem(KiB)", "VCPUs", "Vifs", "Prepared", "Used", "Failed");
	printf("%-20s %6u %6u %8u %5u %4u %8llu %8llu %6llu\n", pool->name, pool->size, pool->level,
	       pool->memory_kib, pool->vcpus, pool->nr_vifs, (unsigned long long)pool->prepared,
	       (unsigned long long)pool->used, (unsigned long long)pool->failed);
	if (pool->note[0])
		printf("  %s\n", call_clean(pool->note));
}

/* One line that counts, on a terminal; otherwise a line each time. */
static void print_progress(void *opaque, const struct chaos_pool *pool)
{
	struct pool_call *p = opaque;

	if (p->call.json)
		json_progress(pool);
	else
		printf("%s: %u of %u\n", pool->name, pool->level, pool->size);
	(void)fflush(stdout); /* it is watched; an error shows at the end */
}

static void print_nothing(void *opaque, const struct chaos_pool *pool)
{
	(void)opaque;
	(void)pool;
}

/* ---- sub-verbs ---- */

/* A pool's configuration needs no name of its own. */
static int pool_add(struct pool_call *p, int argc, char **argv)
{
	struct chaos_config_source src = { .path = argv[1],
					   .warn = call_warn,
					   .strict = p->strict };
	const char **overrides;
	char name[64];
	int i, rc;

	overrides = calloc((size_t)argc + 1, sizeof(*overrides));
	if (!overrides)
		return call_failed(&p->call, "pool add");
	for (i = 2; i < argc; i++)
		overrides[src.nr_overrides++] = argv[i];
	(void)snprintf(name, sizeof(name), "name=\"%.32s\"", argv[0]);
	overrides[src.nr_overrides++] = name;
	if (p->is_logged)
		overrides[src.nr_overrides++] = "log=1";
	src.overrides = overrides;
	rc = chaos_client_pool_add(p->fd, argv[0], p->size, p->imageless, &src, &p->call.err);
	free(overrides);
	return rc;
}

static int pool_list(struct pool_call *p, int argc, char **argv)
{
	int rc;

	(void)argc;
	(void)argv;
	rc = chaos_client_pool(p->fd, CHAOS_POOL_LIST, NULL, 0, print_pool, p, &p->call.err);
	if (!rc && p->call.json)
		jsonw_end_array(p->told == 0);
	return rc;
}

static int pool_resize(struct pool_call *p, int argc, char **argv)
{
	unsigned int size;
	int rc = parse_size(&p->call, argv[1], &size);

	(void)argc;
	if (!rc)
		rc = chaos_client_pool(p->fd, CHAOS_POOL_RESIZE, argv[0], size, print_nothing, NULL,
				       &p->call.err);
	return rc;
}

static int pool_drain(struct pool_call *p, int argc, char **argv)
{
	(void)argc;
	return chaos_client_pool(p->fd, CHAOS_POOL_DRAIN, argv[0], 0, print_nothing, NULL,
				 &p->call.err);
}

static int pool_remove(struct pool_call *p, int argc, char **argv)
{
	(void)argc;
	return chaos_client_pool(p->fd, CHAOS_POOL_REMOVE, argv[0], 0, print_nothing, NULL,
				 &p->call.err);
}

static int pool_prepare(struct pool_call *p, int argc, char **argv)
{
	(void)argc;
	return chaos_client_pool(p->fd, CHAOS_POOL_PREPARE, argv[0], 0, print_progress, p,
				 &p->call.err);
}

static int pool_metrics(struct pool_call *p, int argc, char **argv)
{
	char *text;
	int rc = chaos_client_metrics(p->fd, &text, &p->call.err);

	(void)argc;
	(void)argv;
	if (rc)
		return rc;
	fputs(text, stdout);
	free(text);
	return 0;
}

static const struct {
	const char *name;
	int min, max; /* arguments behind it */
	int (*run)(struct pool_call *p, int argc, char **argv);
} sub_verbs[] = {
	{ "add", 2, 1 << 16, pool_add }, { "list", 0, 0, pool_list },
	{ "resize", 2, 2, pool_resize }, { "drain", 1, 1, pool_drain },
	{ "remove", 1, 1, pool_remove }, { "metrics", 0, 0, pool_metrics },
};

static int sub_verb(struct pool_call *p, int argc, char **argv)
{
	size_t i;
	int rc;

	for (i = 0; i < sizeof(sub_verbs) / sizeof(sub_verbs[0]); i++) {
		if (strcmp(argv[optind], sub_verbs[i].name))
			continue;
		optind++;
		rc = call_arguments(&p->call, argc, sub_verbs[i].min, sub_verbs[i].max);
		if (!rc)
			rc = connect_daemon(p);
		return rc ? rc : sub_verbs[i].run(p, argc - optind, argv + optind);
	}
	return call_usage(&p->call, "pool %s: no such sub-verb; see 'chaos pool --help'",
			  argv[optind]);
}

/* 0, or -1 and the exit status. */
static int read_options(struct pool_call *p, int argc, char **argv, int *status)
{
	int opt;

	*status = -1;
	p->size = DEFAULT_SIZE;
	while ((opt = call_option(&p->call, argc, argv, "", options, status)) != -1) {
		if (opt == OPT_SOCKET)
			p->socket_path = optarg;
		else if (opt == OPT_IMAGELESS)
			p->imageless = true;
		else if (opt == OPT_LOG)
			p->is_logged = true;
		else if (opt == OPT_STRICT)
			p->strict = true;
		else if (parse_size(&p->call, optarg, &p->size))
			*status = call_end(&p->call, -(int)CHAOS_USAGE);
		if (*status >= 0)
			break;
	}
	return *status >= 0 ? -1 : 0;
}

int cmd_pool(const struct verb *verb, int argc, char **argv)
{
	struct pool_call p = { .call = { .verb = verb } };
	int rc, status;

	if (read_options(&p, argc, argv, &status))
		return status;
	rc = call_arguments(&p.call, argc, 1, 1 << 16);
	if (!rc)
		rc = sub_verb(&p, argc, argv);
	return call_end(&p.call, rc);
}

int cmd_prepare(const struct verb *verb, int argc, char **argv)
{
	struct pool_call p = { .call = { .verb = verb } };
	int rc, status;

	if (read_options(&p, argc, argv, &status))
		return status;
	rc = call_arguments(&p.call, argc, 1, 1);
	if (!rc)
		rc = connect_daemon(&p);
	if (!rc)
		rc = pool_prepare(&p, argc - optind, argv + optind);
	return call_end(&p.call, rc);
}
