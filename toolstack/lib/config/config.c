// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads xl.cfg through libxlutil into a struct chaos_config.  Keys that are not supported are
 * reported with their line; what they would have meant is ignored, or an error if so wished, or if it
 * must not be ignored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_reader.h"
#include "config/xlu.h"

#define MAX_CMDLINE 1023U /* MAX_GUEST_CMDLINE of public/xen.h, less the NUL */
#define MAX_VCPUS   128L

int chaos_config_warn(const struct chaos_config_source *src, const char *text,
		      struct chaos_error *err)
{
	char line[sizeof(err->text)];

	if (src->strict)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s", text);
	(void)snprintf(line, sizeof(line), "%s", text); /* cut is fine */
	chaos_text_clean(line);
	if (src->warn)
		src->warn(src->opaque, line);
	return 0;
}

int reader_error(struct reader *r, const char *key, const char *what)
{
	char place[200];

	reader_where(r, key, place, sizeof(place));
	return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "%s: %s %s", place, key, what);
}

/* ---- one value each ---- */

int reader_string(struct reader *r, const char *key, const char **value)
{
	*value = NULL;
	if (xlu_cfg_get_string(r->xlu, key, value, 1) == EINVAL)
		return reader_error(r, key, "is not a string");
	if (*value && chaos_text_has_control(*value))
		return reader_error(
			r, key,
			"has a control character in it (\"\\n\" is one; write \"\\\\\" for a backslash)");
	return 0;
}

int reader_copy(struct reader *r, const char *key, char **copy)
{
	const char *value;
	int rc = reader_string(r, key, &value);

	if (rc || !value || !*value)
		return rc;
	*copy = strdup(value);
	return *copy ? 0 : chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
}

int reader_number(struct reader *r, const char *key, long min, long max, long fallback,
		  unsigned int *number)
{
	char text[64];
	long value;
	int rc;

	rc = xlu_cfg_get_long(r->xlu, key, &value, 1);
	if (rc == ESRCH) {
		*number = (unsigned int)fallback;
		return 0;
	}
	if (rc || value < min || value > max) {
		(void)snprintf(text, sizeof(text), "is not a number between %ld and %ld", min, max);
		return reader_error(r, key, text);
	}
	*number = (unsigned int)value;
	return 0;
}

static int check_type(struct reader *r)
{
	static const char other[] = "is not \"pv\": other guests are not supported yet";
	const char *type, *builder;
	int rc = reader_string(r, "type", &type);

	if (rc)
		return rc;
	if (type && strcmp(type, "pv") != 0)
		return reader_error(r, "type", other);
	rc = reader_string(r, "builder", &builder);
	if (rc || !builder)
		return rc;
	/* Its older name; "linux" is xm's. */
	if (!strcmp(builder, "hvm"))
		return reader_error(
			r, "builder",
			"is \"hvm\": only PV guests are supported yet; leave it out for one");
	if (strcmp(builder, "generic") != 0 && strcmp(builder, "linux") != 0)
		return reader_error(r, "builder", "is not \"generic\"; leave it out");
	return 0;
}

/* xl.cfg(5): cmdline, or root and extra, which cmdline overrides. */
static int read_cmdline(struct reader *r)
{
	const char *cmdline, *root, *extra;

	if (reader_string(r, "cmdline", &cmdline) || reader_string(r, "root", &root) ||
	    reader_string(r, "extra", &extra))
		return -(int)CHAOS_CONFIG;
	if (cmdline)
		return reader_copy(r, "cmdline", &r->cfg->cmdline);
	if (!root)
		return reader_copy(r, "extra", &r->cfg->cmdline);
	if (asprintf(&r->cfg->cmdline, "root=%s%s%s", root, extra ? " " : "", extra ? extra : "") >=
	    0)
		return 0;
	r->cfg->cmdline = NULL;
	return chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
}

/* The builders would cut one that is too long without a word. */
static int get_cmdline(struct reader *r)
{
	int rc = read_cmdline(r);

	if (!rc && r->cfg->cmdline && strlen(r->cfg->cmdline) > MAX_CMDLINE)
		rc = reader_error(r, "cmdline", "(or root and extra) is longer than 1023 bytes");
	return rc;
}

static const struct {
	const char *name;
	enum chaos_action action;
	bool is_exact; /* we do all of what xl does */
} actions[] = {
	{ "destroy", CHAOS_DESTROY, true },	      { "restart", CHAOS_RESTART, true },
	{ "preserve", CHAOS_PRESERVE, true },	      { "rename-restart", CHAOS_RESTART, false },
	{ "soft-reset", CHAOS_RESTART, false },	      { "coredump-destroy", CHAOS_DESTROY, false },
	{ "coredump-restart", CHAOS_RESTART, false },
};

static int get_action(struct reader *r, const char *key, enum chaos_action fallback,
		      enum chaos_action *action)
{
	const char *value;
	char text[256];
	size_t i;
	int rc;

	*action = fallback;
	rc = reader_string(r, key, &value);
	if (rc || !value)
		return rc;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(value, actions[i].name))
			continue;
		*action = actions[i].action;
		if (actions[i].is_exact)
			return 0;
		(void)snprintf(text, sizeof(text),
			       "%s: %s = \"%s\" is not supported, taken as \"%s\"", r->src->path,
			       key, value, chaos_action_name(*action));
		return chaos_config_warn(r->src, text, r->err);
	}
	return reader_error(r, key, "is none of \"destroy\", \"restart\" and \"preserve\"");
}

static int get_log(struct reader *r)
{
	unsigned int is_logged = 0;
	int rc = reader_number(r, "log", 0, 1, 0, &is_logged);

	if (!rc)
		r->cfg->is_logged = is_logged;
	return rc;
}

static int fill_config(struct reader *r)
{
	struct chaos_config *cfg = r->cfg;
	int rc;

	if ((rc = reader_check_keys(r)) || (rc = reader_get_name(r)) || (rc = reader_get_uuid(r)) ||
	    (rc = check_type(r)) || (rc = reader_copy(r, "kernel", &cfg->kernel)) ||
	    (rc = reader_copy(r, "ramdisk", &cfg->ramdisk)) || (rc = get_cmdline(r)) ||
	    (rc = reader_get_memory(r)) ||
	    (rc = reader_number(r, "vcpus", 1, MAX_VCPUS, 1, &cfg->vcpus)) ||
	    (rc = reader_get_cpus(r)) || (rc = reader_get_vifs(r)) || (rc = reader_get_disks(r)) ||
	    (r->src->is_saved &&
	     ((rc = chaos_saved_disks_load(r->xlu, r->src->path, cfg, r->err)) ||
	      (rc = reader_copy(r, "restart_with", &cfg->restart_with)))) ||
	    (r->src->is_kept && (rc = chaos_kept_load(r->xlu, r->src->path, cfg, r->err))) ||
	    (rc = get_action(r, "on_poweroff", CHAOS_DESTROY, &cfg->on_poweroff)) ||
	    (rc = get_action(r, "on_reboot", CHAOS_RESTART, &cfg->on_reboot)) ||
	    (rc = get_action(r, "on_crash", CHAOS_DESTROY, &cfg->on_crash)) || (rc = get_log(r)))
		return rc;
	if (!cfg->kernel && !r->src->is_saved)
		return reader_error(r, "kernel", "is missing");
	return 0;
}

/* A list that the file leaves open shows only in what follows it. */
static bool file_is_whole(struct reader *r)
{
	struct chaos_xlu xlu;
	bool is_whole;

	if (chaos_xlu_open(&xlu, r->src->path, NULL))
		return true;
	is_whole = !xlu_cfg_readdata(xlu.cfg, r->text, (int)r->file_len);
	chaos_xlu_close(&xlu);
	return is_whole;
}

/*
 * libxlutil's report, its first line being the cause, becomes the error.  It counts lines, and of the last
 * ones each is an item of the command line.
 */
static int syntax_error(struct reader *r, const char *report)
{
	size_t path_len = strlen(r->src->path), i;
	unsigned long line = 1, at = 0;
	const char *rest = report;
	char *end;

	if (!strncmp(report, r->src->path, path_len) && report[path_len] == ':') {
		at = strtoul(report + path_len + 1, &end, 10);
		rest = end + strspn(end, ": ");
	}
	for (i = 0; i < r->file_len; i++)
		line += r->text[i] == '\n';
	if (at >= line && !file_is_whole(r))
		return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL,
				       "%s: a quote or a list in it is not closed", r->src->path);
	if (at < line || at - line >= r->src->nr_overrides)
		return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "%s",
				       *report ? report : "not an xl.cfg");
	return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "command line: \"%s\": %s",
			       r->src->overrides[at - line], rest);
}

static int parse_text(struct reader *r, size_t len)
{
	struct chaos_xlu xlu;
	int rc = chaos_xlu_open(&xlu, r->src->path, r->err);

	if (rc)
		return rc;
	r->xlu = xlu.cfg;
	rc = xlu_cfg_readdata(r->xlu, r->text, (int)len);
	rc = rc ? syntax_error(r, chaos_xlu_report(&xlu)) : fill_config(r);
	chaos_xlu_close(&xlu);
	return rc;
}

int chaos_config_load(struct chaos_config **out, const struct chaos_config_source *src,
		      struct chaos_error *err)
{
	struct reader r = { .src = src, .err = err };
	size_t len = 0;
	int rc;

	r.cfg = calloc(1, sizeof(*r.cfg));
	if (!r.cfg)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = chaos_cfgtext_load(src, &r.text, &len, &r.file_len, err);
	if (!rc)
		rc = parse_text(&r, len);
	free(r.text);
	if (rc)
		chaos_config_free(r.cfg);
	else
		*out = r.cfg;
	return rc;
}

void chaos_config_drop_disks(struct chaos_config *cfg)
{
	while (cfg->nr_disks)
		free(cfg->disks[--cfg->nr_disks].target);
}

void chaos_config_free(struct chaos_config *cfg)
{
	if (!cfg)
		return;
	chaos_config_drop_disks(cfg);
	free(cfg->kernel);
	free(cfg->ramdisk);
	free(cfg->cmdline);
	free(cfg->cpus);
	free(cfg->restart_with);
	free(cfg);
}
