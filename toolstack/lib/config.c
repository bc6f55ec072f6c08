// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads xl.cfg through libxlutil into a struct chaos_config.  Keys that are not supported are
 * reported with their line; what they would have meant is ignored, or an error if so wished.
 */
#include <errno.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_VCPUS      128L
#define MAX_CMDLINE    1023U /* MAX_GUEST_CMDLINE of public/xen.h, less the NUL */
#define MAX_MEMORY_MIB (1L << 24)

struct reader {
	const struct chaos_config_source *src;
	struct chaos_config *cfg;
	char *text;	 /* the file and the overrides behind it */
	size_t file_len; /* where the overrides begin */
	XLU_Config *xlu;
	struct chaos_error *err;
};

/* ---- keys that are not supported ---- */

static int complain(struct reader *r, const char *text)
{
	if (r->src->strict)
		return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "%s", text);
	if (r->src->warn)
		r->src->warn(r->src->opaque, text);
	return 0;
}

static int report_keys(struct reader *r)
{
	struct chaos_key key;
	unsigned int line = 1;
	size_t pos = 0;
	char text[256];
	int rc;

	while (chaos_cfgkeys_next(r->text, &pos, &line, &key)) {
		if (chaos_cfgkeys_is_supported(&key, r->src->is_saved))
			continue;
		if ((size_t)(key.name - r->text) < r->file_len)
			(void)snprintf(text, sizeof(text), "%s:%u: '%.*s' is not supported",
				       r->src->path, key.line, (int)key.len, key.name);
		else
			(void)snprintf(text, sizeof(text), "command line: '%.*s' is not supported",
				       (int)key.len, key.name);
		rc = complain(r, text);
		if (rc)
			return rc;
	}
	return 0;
}

static int key_error(struct reader *r, const char *key, const char *what)
{
	return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "%s: %s %s", r->src->path, key, what);
}

/* ---- one value each ---- */

static int get_string(struct reader *r, const char *key, const char **value)
{
	*value = NULL;
	if (xlu_cfg_get_string(r->xlu, key, value, 1) == EINVAL)
		return key_error(r, key, "is not a string");
	return 0;
}

static int get_copy(struct reader *r, const char *key, char **copy)
{
	const char *value;
	int rc = get_string(r, key, &value);

	if (rc || !value || !*value)
		return rc;
	*copy = strdup(value);
	return *copy ? 0 : chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
}

static int get_number(struct reader *r, const char *key, long max, long fallback,
		      unsigned int *number)
{
	char text[64];
	long value;
	int rc;

	rc = xlu_cfg_get_long(r->xlu, key, &value, 1);
	if (rc == ESRCH && fallback) {
		*number = (unsigned int)fallback;
		return 0;
	}
	if (rc == ESRCH)
		return key_error(r, key, "is missing");
	if (rc || value < 1 || value > max) {
		(void)snprintf(text, sizeof(text), "is not a number between 1 and %ld", max);
		return key_error(r, key, text);
	}
	*number = (unsigned int)value;
	return 0;
}

/* In MiB, as xl has it; or in KiB for guests that xl does not know how to make. */
static int get_memory(struct reader *r)
{
	unsigned int value = 0;
	long kib;
	int rc;

	if (xlu_cfg_get_long(r->xlu, "memory_kib", &kib, 1) == ESRCH) {
		rc = get_number(r, "memory", MAX_MEMORY_MIB, 0, &value);
		r->cfg->memory_kib = (uint64_t)value << 10;
		return rc;
	}
	rc = get_number(r, "memory_kib", INT32_MAX, 0, &value);
	if (!rc && value % 4)
		rc = key_error(r, "memory_kib", "is not a multiple of 4");
	r->cfg->memory_kib = value;
	return rc;
}

static int get_name(struct reader *r)
{
	const char *name, *p;
	int rc = get_string(r, "name", &name);

	if (rc)
		return rc;
	if (!name || !*name)
		return key_error(r, "name", "is missing");
	if (strlen(name) >= CHAOS_NAME_LEN)
		return key_error(r, "name", "is longer than 63 bytes");
	if (!name[strspn(name, "0123456789")])
		return key_error(r, "name", "is a number, which would be taken for a domain's id");
	for (p = name; *p; p++)
		if ((unsigned char)*p < 0x21 || *p == '/' || *p == 0x7f)
			return key_error(r, "name",
					 "has a space, a '/' or a control character in it");
	memcpy(r->cfg->name, name, strlen(name));
	return 0;
}

static int get_uuid(struct reader *r)
{
	const char *text;
	int rc = get_string(r, "uuid", &text);

	if (rc)
		return rc;
	if (!text) {
		if (chaos_uuid_random(r->cfg->uuid))
			return chaos_error_set(r->err, CHAOS_FAILED, errno, "no random numbers: %s",
					       strerror(errno));
		return 0;
	}
	if (chaos_uuid_parse(text, r->cfg->uuid))
		return key_error(r, "uuid", "is not xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	return 0;
}

static int check_type(struct reader *r)
{
	const char *type;
	int rc = get_string(r, "type", &type);

	if (!rc && type && strcmp(type, "pv"))
		rc = key_error(r, "type", "is not \"pv\": other guests are not supported yet");
	return rc;
}

/* xl.cfg(5): cmdline, or root and extra, which cmdline overrides. */
static int read_cmdline(struct reader *r)
{
	const char *cmdline, *root, *extra;

	if (get_string(r, "cmdline", &cmdline) || get_string(r, "root", &root) ||
	    get_string(r, "extra", &extra))
		return -(int)CHAOS_CONFIG;
	if (cmdline)
		return get_copy(r, "cmdline", &r->cfg->cmdline);
	if (!root)
		return get_copy(r, "extra", &r->cfg->cmdline);
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
		rc = key_error(r, "cmdline", "(or root and extra) is longer than 1023 bytes");
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

const char *chaos_action_name(enum chaos_action action)
{
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].action == action)
			return actions[i].name;
	return "unknown";
}

static int get_action(struct reader *r, const char *key, enum chaos_action fallback,
		      enum chaos_action *action)
{
	const char *value;
	char text[256];
	size_t i;
	int rc;

	*action = fallback;
	rc = get_string(r, key, &value);
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
		return complain(r, text);
	}
	return key_error(r, key, "is none of \"destroy\", \"restart\" and \"preserve\"");
}

static int get_cpus(struct reader *r)
{
	const char *text;
	int rc = get_string(r, "cpus", &text);

	if (rc)
		return key_error(r, "cpus",
				 "is not a string; a list for each vCPU is not supported");
	if (!text || !strcmp(text, "all"))
		return 0;
	r->cfg->pins_cpus = true;
	if (chaos_cpus_parse(text, r->cfg->cpus))
		return key_error(r, "cpus", "is not a list of CPUs like \"0-3,6,^1\"");
	return 0;
}

/* As in xl, one that has no number of its own has that of its place in the list. */
static int number_vif(struct reader *r, unsigned int nr)
{
	struct chaos_vif *vif = &r->cfg->vifs[nr];
	char text[64];
	unsigned int i;

	if (!vif->has_id)
		vif->id = (uint16_t)nr;
	vif->has_id = true;
	for (i = 0; i < nr; i++)
		if (r->cfg->vifs[i].id == vif->id) {
			(void)snprintf(text, sizeof(text), "has devid %u twice; give each its own",
				       vif->id);
			return key_error(r, "vif", text);
		}
	return 0;
}

static int get_vifs(struct reader *r)
{
	struct chaos_config *cfg = r->cfg;
	char unsupported[128], text[320];
	XLU_ConfigList *list;
	const char *spec;
	int rc, n, i;

	rc = xlu_cfg_get_list(r->xlu, "vif", &list, &n, 1);
	if (rc == ESRCH)
		return 0;
	if (rc)
		return key_error(r, "vif", "is not a list; write vif = [ 'bridge=...' ]");
	if (n > CHAOS_MAX_VIFS)
		return key_error(r, "vif", "has more than 30 entries");
	for (i = 0; i < n; i++) {
		spec = xlu_cfg_get_listitem(list, i);
		if (!spec)
			return key_error(r, "vif", "has an entry that is not a string");
		rc = chaos_vif_parse(spec, &cfg->vifs[i], unsupported, sizeof(unsupported), r->err);
		if (!rc && unsupported[0]) {
			(void)snprintf(text, sizeof(text), "%s: vif %d: not supported: %s",
				       r->src->path, i, unsupported);
			rc = complain(r, text);
		}
		if (!rc)
			rc = number_vif(r, (unsigned int)i);
		if (rc)
			return rc;
	}
	cfg->nr_vifs = (unsigned int)n;
	return 0;
}

static int fill_config(struct reader *r)
{
	struct chaos_config *cfg = r->cfg;
	int rc;

	if ((rc = report_keys(r)) || (rc = get_name(r)) || (rc = get_uuid(r)) ||
	    (rc = check_type(r)) || (rc = get_copy(r, "kernel", &cfg->kernel)) ||
	    (rc = get_copy(r, "ramdisk", &cfg->ramdisk)) || (rc = get_cmdline(r)) ||
	    (rc = get_memory(r)) || (rc = get_number(r, "vcpus", MAX_VCPUS, 1, &cfg->vcpus)) ||
	    (rc = get_cpus(r)) || (rc = get_vifs(r)) ||
	    (rc = chaos_disks_load(r->xlu, r->src->path, cfg, r->err)) ||
	    (r->src->is_saved &&
	     (rc = chaos_saved_disks_load(r->xlu, r->src->path, cfg, r->err))) ||
	    (rc = get_action(r, "on_poweroff", CHAOS_DESTROY, &cfg->on_poweroff)) ||
	    (rc = get_action(r, "on_reboot", CHAOS_RESTART, &cfg->on_reboot)) ||
	    (rc = get_action(r, "on_crash", CHAOS_DESTROY, &cfg->on_crash)))
		return rc;
	if (!cfg->kernel && !r->src->is_saved)
		return key_error(r, "kernel", "is missing");
	return 0;
}

/* libxlutil's report, its first line being the cause, becomes the error. */
static int parse_text(struct reader *r, size_t len)
{
	char *report = NULL;
	size_t report_len;
	FILE *f;
	int rc;

	f = open_memstream(&report, &report_len);
	if (f)
		r->xlu = xlu_cfg_init(f, r->src->path);
	if (!r->xlu) {
		rc = chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
		goto out;
	}
	rc = xlu_cfg_readdata(r->xlu, r->text, (int)len);
	if (rc) {
		(void)fflush(f); /* a memory stream: at worst the report is cut */
		rc = chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "%.*s",
				     (int)strcspn(report ? report : "", "\n"),
				     report && *report ? report : "not an xl.cfg");
	} else {
		rc = fill_config(r);
	}
	xlu_cfg_destroy(r->xlu);
out:
	if (f)
		(void)fclose(f); /* a memory stream */
	free(report);
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
	free(cfg);
}
