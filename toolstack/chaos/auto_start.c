// SPDX-License-Identifier: GPL-2.0-only
/*
 * chaos auto start: guests that were saved are made again, and those of the configurations that are not
 * there then are created.  One that fails is told of, and does not keep the others.
 *
 * A saved guest is made once: its file is NAME.save, then NAME.taken, and gone when the guest runs.  A
 * second time would be one with the memory of then and the disks of now: for that reason a file is NAME.taken
 * from then on, too, when there is found to be such a guest.  As long as there is a file of a guest, its
 * configuration makes no other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "core/files.h"
#include "create.h"

static int out_of_memory(struct call *call)
{
	errno = ENOMEM;
	return call_failed(call, "auto");
}

/* DIR/NAME with something behind it. */
static char *path_of(const char *dir, const char *name, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s%s", dir, name, suffix) < 0 ? NULL : path;
}

/* The error shall say which file it is about. */
static int about(struct call *call, const char *path, int rc)
{
	char text[sizeof(call->err.text)];

	if (!rc || strstr(call->err.text, path))
		return rc;
	(void)snprintf(text, sizeof(text), "%s", call->err.text);
	(void)snprintf(call->err.text, sizeof(call->err.text), "%s: %.400s", path, text);
	return rc;
}

/* ---- those that were saved ---- */

/*
 * Nobody waits until it is ready: it has run then, and what goes wrong with it later is no reason to make it
 * a second time.  It is made paused, so that after an error it has not run.
 */
static int restore(struct auto_request *r, const char *path, uint32_t *domid)
{
	struct chaos_config_source src = { .path = path, .strict = true };
	struct chaos_create_opts opts = { .paused = true };
	struct chaos_created created;
	struct chaos_config *cfg;
	int rc = chaos_domain_restore(r->call.ctx, &src, &opts, &created, &cfg, &r->call.err);

	if (rc)
		return rc;
	*domid = created.domid;
	call_warn_log(cfg);
	chaos_config_free(cfg);
	return 0;
}

/* It has its old name again if there is no guest. */
static int restore_once(struct auto_request *r, const char *path, const char *taken,
			uint32_t *domid)
{
	int rc;

	rc = auto_take(r, path, taken);
	if (rc)
		return rc;
	rc = restore(r, taken, domid);
	if (rc)
		return chaos_file_rename(taken, auto_base(path)) ? call_failed(&r->call, taken) :
								   rc;
	rc = chaos_domain_unpause(r->call.ctx, *domid, &r->call.err);
	if (!rc && chaos_file_remove(taken))
		rc = call_failed(&r->call, taken);
	return rc;
}

/* One that runs, or has, is newer than its file: that is no other time's to restore. */
static int is_there(struct auto_request *r, const char *name, const char *path, const char *taken,
		    const struct chaos_dominfo *info)
{
	bool has_run = info->state != CHAOS_STATE_INCOMPLETE && !info->is_dying;
	int rc = has_run ? auto_take(r, path, taken) : 0;

	if (rc)
		return rc;
	return call_error(&r->call, CHAOS_EXISTS,
			  "%s: guest \"%s\" is there already: remove the file, or the guest",
			  has_run ? taken : path, name);
}

static void restore_one(struct auto_request *r, const char *file)
{
	char *name = strndup(file, strlen(file) - strlen(SAVED_SUFFIX));
	char *path = path_of(r->saved, file, ""), *taken = NULL;
	struct chaos_dominfo info;
	uint32_t domid = 0;
	int rc;

	if (name)
		taken = path_of(r->saved, name, TAKEN_SUFFIX);
	if (!name || !path || !taken)
		rc = out_of_memory(&r->call);
	else if (!chaos_domain_named(r->call.ctx, name, &info, NULL))
		rc = is_there(r, name, path, taken, &info);
	else
		rc = about(&r->call, path, restore_once(r, path, taken, &domid));
	if (rc)
		auto_failed(r, name ? name : file, rc);
	else
		auto_tell(r, domid, name, "restored");
	free(taken);
	free(path);
	free(name);
}

/* Nobody knows whether it has run since. */
static void tell_taken(struct auto_request *r, const char *file)
{
	char *name = strndup(file, strlen(file) - strlen(TAKEN_SUFFIX));

	auto_failed(
		r, name ? name : file,
		call_error(
			&r->call, CHAOS_IN_DOUBT,
			"%s/%s: a start was cut off, or the guest has run since: restore it if it has not, or remove it",
			r->saved, file));
	free(name);
}

static int each_file(struct auto_request *r, const char *dir, const char *suffix,
		     void (*act)(struct auto_request *r, const char *file))
{
	char **names;
	int i, n = auto_files(r, dir, suffix, &names);

	for (i = 0; i < n; i++) {
		act(r, names[i]);
		free(names[i]);
	}
	if (n > 0)
		free(names);
	return n < 0 ? n : 0;
}

/* ---- those of the configurations ---- */

/* Whether there is a file of that guest. */
static bool is_saved(const struct auto_request *r, const char *name)
{
	static const char *const suffixes[] = { SAVED_SUFFIX, TAKEN_SUFFIX };
	bool is_there = false;
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *path = path_of(r->saved, name, suffixes[i]);

		is_there |= !path || !access(path, F_OK) || errno != ENOENT;
		free(path);
	}
	return is_there;
}

/* Is it to be created: 1, or 0 when it is there, in one way or another. */
static int is_wanted(struct auto_request *r, const char *path, char name[CHAOS_NAME_LEN])
{
	struct chaos_config_source src = { .path = path };
	struct chaos_dominfo info;
	struct chaos_config *cfg;
	int rc = chaos_config_load(&cfg, &src, &r->call.err);

	if (rc)
		return rc;
	memcpy(name, cfg->name, CHAOS_NAME_LEN);
	chaos_config_free(cfg);
	if (!chaos_domain_named(r->call.ctx, name, &info, NULL)) {
		auto_tell(r, info.domid, name, "there");
		return 0;
	}
	if (!is_saved(r, name))
		return 1;
	return call_error(
		&r->call, CHAOS_EXISTS,
		"%s: guest \"%s\" is in %s, and so no other is made: restore that or remove it",
		path, name, r->saved);
}

static void create_one(struct auto_request *r, const char *file)
{
	struct create_request request = { .builder = CHAOS_BUILDER_AUTO, .opts.no_wait = true };
	char *path = path_of(r->dir, file, ""), name[CHAOS_NAME_LEN] = "";
	struct chaos_config_source src = { .path = path, .warn = call_warn };
	struct chaos_created created;
	struct chaos_config *cfg;
	int rc;

	/* What an editor leaves, for instance.  A guest may have such a name, and so may what is saved. */
	if (*file == '.') {
		free(path);
		return;
	}
	rc = path ? is_wanted(r, path, name) : out_of_memory(&r->call);
	if (rc > 0) {
		rc = create_any(&r->call, &src, &request, &created, &cfg);
		if (!rc) {
			auto_tell(r, created.domid, cfg->name, "started");
			chaos_config_free(cfg);
		}
	}
	if (rc)
		auto_failed(r, *name ? name : file, about(&r->call, path ? path : file, rc));
	free(path);
}

int auto_start(struct auto_request *r)
{
	int rc = each_file(r, r->saved, TAKEN_SUFFIX, tell_taken);

	if (!rc)
		rc = each_file(r, r->saved, SAVED_SUFFIX, restore_one);
	return rc ? rc : each_file(r, r->dir, ".cfg", create_one);
}
