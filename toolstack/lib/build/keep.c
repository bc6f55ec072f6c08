// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What a guest is made of, as far as neither Xen nor the module has a use for it once it runs: the names
 * of its kernel and ramdisk, its command line and its memory, who laid that out, and which vifs the guest
 * connected itself.  The module keeps it with the domain, as
 * text of a configuration, so that whoever is to restart the guest finds it there (save/again.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "build/internal.h"

struct note {
	char text[NOXS_NOTE_MAX];
	size_t len;
	bool is_full;
};

static void put(struct note *n, const char *text)
{
	size_t len = strlen(text);

	if (len >= sizeof(n->text) - n->len) {
		n->is_full = true;
		return;
	}
	memcpy(n->text + n->len, text, len + 1);
	n->len += len;
}

static void put_quoted(struct note *n, const char *text)
{
	size_t room = sizeof(n->text) - n->len, len;

	len = chaos_text_quote(text, n->text + n->len, room);
	if (len >= room)
		n->is_full = true;
	else
		n->len += len;
}

/* A file in `folder`, if that is not NULL, or a text. */
static void put_text(struct note *n, const char *key, const char *folder, const char *text)
{
	put(n, key);
	put(n, "=\"");
	if (folder) {
		put_quoted(n, folder);
		put(n, "/");
	}
	put_quoted(n, text);
	put(n, "\";");
}

/* One that is not absolute begins where we are. */
static void put_path(struct note *n, const char *key, const char *path)
{
	char cwd[NOXS_NOTE_MAX];

	if (!path)
		return;
	if (*path == '/')
		put_text(n, key, NULL, path);
	else if (getcwd(cwd, sizeof(cwd)))
		put_text(n, key, cwd, path);
	else
		n->is_full = true;
}

/* The numbers of vifs with connect=guest (config/kept.c). */
static void put_connect(struct note *n, const struct chaos_config *cfg)
{
	unsigned int i, nr = 0;
	char id[8];

	for (i = 0; i < cfg->nr_vifs; i++) {
		if (!cfg->vifs[i].connects_itself)
			continue;
		put(n, nr++ ? "," : "restart_connect=\"");
		(void)snprintf(id, sizeof(id), "%u", cfg->vifs[i].id);
		put(n, id);
	}
	if (nr)
		put(n, "\";");
}

static void describe(struct note *n, const struct chaos_config *cfg)
{
	char memory[48];

	put_path(n, "kernel", cfg->kernel);
	put_path(n, "ramdisk", cfg->ramdisk);
	if (cfg->cmdline)
		put_text(n, "cmdline", NULL, cfg->cmdline);
	if (cfg->builder != CHAOS_BUILDER_AUTO)
		put_text(n, "restart_builder", NULL,
			 cfg->builder == CHAOS_BUILDER_FAST ? "fast" : "generic");
	put_connect(n, cfg);
	(void)snprintf(memory, sizeof(memory), "memory_kib=%llu",
		       (unsigned long long)cfg->memory_kib);
	put(n, memory);
}

static bool is_restarted(const struct chaos_config *cfg)
{
	return cfg->on_poweroff == CHAOS_RESTART || cfg->on_reboot == CHAOS_RESTART ||
	       cfg->on_crash == CHAOS_RESTART;
}

int chaos_restart_keep(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_config *cfg,
		       struct chaos_error *err)
{
	struct noxs_ioc_note arg = { .domid = (uint16_t)domid };
	struct note n;

	if (!is_restarted(cfg) || !(ctx->module_flags & NOXS_MODULE_NOTE))
		return 0;
	n.len = 0;
	n.is_full = false;
	if (cfg->restart_with)
		put(&n, cfg->restart_with);
	else if (cfg->kernel)
		describe(&n, cfg);
	/* Who asks for it is told that there is none. */
	if (!n.len || n.is_full)
		return 0;
	arg.len = (uint32_t)n.len;
	arg.text = (uintptr_t)n.text;
	/* One that is gone need not be told here. */
	if (!ioctl(ctx->noxs_fd, NOXS_IOC_SET_NOTE, &arg) || errno == ENOENT || errno == ESRCH)
		return 0;
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "the noxs module does not keep what \"%s\" is made of: %s",
			       cfg->name, strerror(errno));
}

int chaos_restart_kept(struct chaos_ctx *ctx, uint32_t domid, char **text, struct chaos_error *err)
{
	char room[NOXS_NOTE_MAX + 1];
	struct noxs_ioc_note arg = {
		.domid = (uint16_t)domid,
		.len = NOXS_NOTE_MAX,
		.text = (uintptr_t)room,
	};
	int rc;

	*text = NULL;
	rc = chaos_module_open(ctx, err);
	if (rc)
		return rc;
	if (ioctl(ctx->noxs_fd, NOXS_IOC_GET_NOTE, &arg)) {
		/* An older module, a domain that is going, or one of whom there is nothing to keep. */
		if (errno == ENOTTY || errno == ENOENT || errno == ESRCH || errno == ENODATA)
			return 0;
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot ask the noxs module what domain %u is made of: %s",
				       domid, strerror(errno));
	}
	room[arg.len] = '\0';
	/* Others may keep there what they like. */
	if (chaos_text_has_control(room) || strlen(room) != arg.len)
		return 0;
	*text = strdup(room);
	return *text ? 0 : chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
}
