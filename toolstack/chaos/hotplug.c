// SPDX-License-Identifier: GPL-2.0-only
/* What the block- and network- verbs share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hotplug.h"
#include "json_out.h"
#include "json_writer.h"

enum {
	OPT_TIMEOUT = OPT_OWN,
	OPT_FORCE
};

static const struct option list_options[] = { COMMON_OPTIONS, { 0 } };
static const struct option options[] = {
	COMMON_OPTIONS,
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ 0 },
};

static const struct option detach_options[] = {
	COMMON_OPTIONS,
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ 0 },
};

/* Options up to the arguments, whose number is checked; *status as of call_option(). */
static int parse(struct call *call, int argc, char **argv, const struct option *options, int max,
		 struct chaos_detach_opts *opts, int *status)
{
	int c;

	while ((c = call_option(call, argc, argv, "", options, status)) != -1) {
		if (c == OPT_FORCE)
			opts->is_forced = true;
		else if (parse_seconds(optarg, &opts->timeout_ms))
			return call_usage(call, "--timeout %s: not a number of seconds", optarg);
	}
	return *status >= 0 ? 0 : call_arguments(call, argc, 2, max);
}

/* "xvdb" or "vif 1" */
static void name_device(const struct chaos_device *dev, char text[24])
{
	if (!strcmp(dev->cls, "vbd"))
		chaos_vdev_format(dev->id, text);
	else
		(void)snprintf(text, 24, "%s %u", dev->cls, dev->id);
}

static char *join(char **words, int count)
{
	size_t len = 1;
	char *text;
	int i;

	for (i = 0; i < count; i++)
		len += strlen(words[i]) + 1;
	text = calloc(1, len);
	for (i = 0; text && i < count; i++) {
		strcat(text, i ? "," : "");
		strcat(text, words[i]);
	}
	return text;
}

static int attach(struct call *call, const char *who, const char *spec, unsigned int timeout_ms,
		  hotplug_attach_fn attach)
{
	const struct chaos_attach_opts opts = { .timeout_ms = timeout_ms, .warn = call_warn };
	struct chaos_dominfo info;
	struct chaos_device dev;
	char name[24];
	int cancel_fd, rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	cancel_fd = signals_defer();
	chaos_ctx_set_cancel(call->ctx, cancel_fd);
	rc = attach(call->ctx, &info, spec, &opts, &dev, &call->err);
	chaos_ctx_set_cancel(call->ctx, -1);
	if (cancel_fd >= 0)
		(void)close(cancel_fd); /* nothing was written to it */
	if (rc)
		return rc;
	name_device(&dev, name);
	if (call->json)
		json_device(&info, "attached", &dev);
	else
		printf("%s: %s\n", name, dev.state);
	return 0;
}

int hotplug_attach(const struct verb *verb, int argc, char **argv, hotplug_attach_fn fn)
{
	struct call call = { .verb = verb };
	struct chaos_detach_opts opts = { 0 };
	int rc, status = -1;
	char *spec;

	rc = parse(&call, argc, argv, options, 1 << 16, &opts, &status);
	if (status >= 0)
		return status;
	if (rc)
		return call_end(&call, rc);
	spec = join(argv + optind + 1, argc - optind - 1);
	rc = spec ? attach(&call, argv[optind], spec, opts.timeout_ms, fn) :
		    call_failed(&call, argv[optind + 1]);
	free(spec);
	return call_end(&call, rc);
}

static int detach(struct call *call, const char *who, const char *which,
		  const struct chaos_detach_opts *opts, hotplug_detach_fn detach)
{
	struct chaos_dominfo info;
	struct chaos_device dev;
	char name[24];
	int rc;

	rc = call_find(call, who, &info);
	if (!rc)
		rc = detach(call->ctx, &info, which, opts, &dev, &call->err);
	if (rc)
		return rc;
	name_device(&dev, name);
	/* A vif is in use all the time, and what is lost is sent again. */
	if (!strcmp(dev.cls, "vbd") && !strcmp(dev.state, "open"))
		call_say("warning: \"%s\" was using %s: what it had not had answered has failed",
			 info.name, name);
	if (call->json)
		json_device(&info, "detached", &dev);
	return 0;
}

int hotplug_detach(const struct verb *verb, int argc, char **argv, hotplug_detach_fn fn)
{
	struct call call = { .verb = verb };
	struct chaos_detach_opts opts = { 0 };
	int rc, status = -1;

	rc = parse(&call, argc, argv, detach_options, 2, &opts, &status);
	if (status >= 0)
		return status;
	if (!rc)
		rc = detach(&call, argv[optind], argv[optind + 1], &opts, fn);
	return call_end(&call, rc);
}

static void print_list(const struct call *call, const struct chaos_devices *devs, const char *cls,
		       const char *heading, void (*print)(const struct chaos_device *dev))
{
	bool is_first = true;
	unsigned int i;

	if (!call->json)
		puts(heading);
	for (i = 0; i < devs->nr_devs; i++) {
		if (strcmp(devs->devs[i].cls, cls))
			continue;
		if (call->json)
			json_device_element(&devs->devs[i], is_first);
		else
			print(&devs->devs[i]);
		is_first = false;
	}
	if (call->json)
		jsonw_end_array(is_first);
}

static int list(struct call *call, const char *who, const char *cls, const char *heading,
		void (*print)(const struct chaos_device *dev))
{
	struct chaos_devices devs;
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (!rc)
		rc = chaos_domain_devices(call->ctx, info.domid, &devs, &call->err);
	if (rc)
		return rc;
	if (!strcmp(cls, "vbd"))
		rc = chaos_domain_targets(call->ctx, info.domid, &devs, &call->err);
	if (!rc)
		print_list(call, &devs, cls, heading, print);
	chaos_devices_fini(&devs);
	return rc;
}

int hotplug_list(const struct verb *verb, int argc, char **argv, const char *cls,
		 const char *heading, void (*print)(const struct chaos_device *dev))
{
	struct call call = { .verb = verb };
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", list_options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
		rc = list(&call, argv[optind], cls, heading, print);
	return call_end(&call, rc);
}
