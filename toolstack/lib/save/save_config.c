// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The configuration of a guest that runs, as xl.cfg text: what Xen and the module know of it.  Nobody
 * else is asked: its file may have changed since, or be gone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build/internal.h"
#include "save/save.h"

static void put_address(FILE *f, const char *key, uint32_t address)
{
	struct in_addr in = { .s_addr = address };
	char text[INET_ADDRSTRLEN];

	/* Cannot fail for an IPv4 address and this buffer. */
	(void)inet_ntop(AF_INET, &in, text, sizeof(text));
	fprintf(f, ",%s=%s", key, text);
}

static void put_vif(FILE *f, const struct chaos_vif *vif)
{
	char mac[18], rate[CHAOS_RATE_LEN];

	chaos_mac_format(vif->mac, mac);
	chaos_vif_rate_format(vif, rate);
	fprintf(f, "  \"devid=%u,mac=%s,mtu=%u", vif->id, mac, vif->mtu);
	if (vif->ipv4) {
		put_address(f, "ip", vif->ipv4);
		fprintf(f, "/%u", vif->prefix);
	}
	if (vif->gateway)
		put_address(f, "gateway", vif->gateway);
	if (rate[0])
		fprintf(f, ",rate=%s", rate);
	fprintf(f, ",%s=", chaos_vif_link_kind(vif));
	save_put_quoted(f, vif->bridge);
	fputs("\",\n", f);
}

/* Nobody has said what of a guest that an older chaos has made. */
static void put_ends(FILE *f, const struct chaos_ends *ends)
{
	if (ends->are_known)
		fprintf(f, "on_poweroff = \"%s\"\non_reboot = \"%s\"\non_crash = \"%s\"\n",
			chaos_action_name(ends->on_poweroff), chaos_action_name(ends->on_reboot),
			chaos_action_name(ends->on_crash));
}

static void put_log(FILE *f, const struct chaos_devices *devs)
{
	if (devs->is_logged)
		fputs("log = 1\n", f);
}

/* What of its making nobody else knows. */
static int put_kept(struct chaos_ctx *ctx, uint32_t domid, FILE *f, struct chaos_error *err)
{
	char *text;
	int rc = chaos_restart_kept(ctx, domid, &text, err);

	if (rc || !text)
		return rc;
	fputs("restart_with = \"", f);
	save_put_quoted(f, text);
	fputs("\"\n", f);
	free(text);
	return 0;
}

static void put_all(FILE *f, const struct chaos_dominfo *info, uint64_t nr_pages,
		    const struct chaos_devices *devs)
{
	char uuid[CHAOS_UUID_STRLEN];
	unsigned int i;

	chaos_uuid_format(info->uuid, uuid);
	fputs("name = \"", f);
	save_put_quoted(f, info->name);
	fprintf(f, "\"\nuuid = \"%s\"\ntype = \"pv\"\nmemory_kib = %llu\nvcpus = %u\nvif = [\n",
		uuid, (unsigned long long)nr_pages * (STREAM_PAGE >> 10), info->nr_vcpus);
	for (i = 0; i < devs->nr_devs; i++)
		if (!strcmp(devs->devs[i].cls, "vif"))
			put_vif(f, &devs->devs[i].vif);
	fputs("]\n", f);
	put_ends(f, &devs->ends);
	put_log(f, devs);
}

static int make_text(struct chaos_ctx *ctx, const struct chaos_dominfo *info, uint64_t nr_pages,
		     const struct chaos_devices *devs, bool has_disks, char **text,
		     struct chaos_error *err)
{
	size_t len;
	FILE *f;
	int rc;

	*text = NULL;
	f = open_memstream(text, &len);
	if (!f)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	put_all(f, info, nr_pages, devs);
	rc = save_cpus(ctx, info, f, err);
	if (!rc)
		rc = put_kept(ctx, info->domid, f, err);
	if (has_disks)
		save_put_disks(f, devs);
	if (fclose(f))
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	return rc;
}

/* ---- what a restore will make of it ---- */

static bool reads_back(const struct chaos_config *cfg, const struct chaos_device *dev)
{
	const struct chaos_disk *disk;
	unsigned int i;

	for (i = 0; i < cfg->nr_disks; i++) {
		disk = &cfg->disks[i];
		if (disk->id == dev->id)
			return !strcmp(disk->target, dev->target) &&
			       disk->is_read_only == dev->is_read_only &&
			       disk->is_direct == dev->is_direct;
	}
	return false;
}

/* xl.cfg has no way to write some names; and a name that is not absolute is nowhere. */
static int check_text(const char *text, uint32_t domid, const struct chaos_devices *devs,
		      struct chaos_error *err)
{
	const struct chaos_config_source src = { .path = "saved", .text = text, .is_saved = true };
	const struct chaos_device *dev;
	struct chaos_config *cfg;
	char vdev[16];
	unsigned int i;
	int rc = 0;

	if (strlen(text) > SAVE_MAX_CONFIG)
		return chaos_error_set(
			err, CHAOS_CONFIG, E2BIG,
			"domain %u: the names of the files behind its disks are too long: rename them",
			domid);
	/* Its own error would quote the name, which may be lines long. */
	if (chaos_config_load(&cfg, &src, NULL))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"domain %u: the name of a file behind its disks cannot be written in a configuration: rename it",
			domid);
	for (i = 0; i < devs->nr_devs && !rc; i++) {
		dev = &devs->devs[i];
		if (strcmp(dev->cls, "vbd") || (dev->target[0] == '/' && reads_back(cfg, dev)))
			continue;
		chaos_vdev_format(dev->id, vdev);
		rc = chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"domain %u: the name of the file behind disk %s cannot be written in a configuration: rename it",
			domid, vdev);
	}
	chaos_config_free(cfg);
	return rc;
}

/* The number of disks; a file that nobody can open again makes a guest that cannot be restored. */
static int count_disks(uint32_t domid, const struct chaos_devices *devs, struct chaos_error *err)
{
	const struct chaos_device *dev;
	char vdev[16];
	unsigned int i;
	int n = 0;

	for (i = 0; i < devs->nr_devs; i++) {
		dev = &devs->devs[i];
		if (strcmp(dev->cls, "vbd"))
			continue;
		n++;
		if (dev->target)
			continue;
		chaos_vdev_format(dev->id, vdev);
		return chaos_error_set(
			err, CHAOS_CONFIG, ENOENT,
			"domain %u: the file behind disk %s has no name any more: detach it first, or shut the guest down",
			domid, vdev);
	}
	if (n > CHAOS_MAX_DISKS)
		return chaos_error_set(
			err, CHAOS_CONFIG, E2BIG,
			"domain %u has %d disks, and a guest is made with %d at most", domid, n,
			CHAOS_MAX_DISKS);
	return n;
}

static int read_devices(struct chaos_ctx *ctx, uint32_t domid, struct chaos_devices *devs,
			struct chaos_error *err)
{
	int rc;

	rc = chaos_domain_devices(ctx, domid, devs, err);
	return rc ? rc : chaos_domain_targets(ctx, domid, devs, err);
}

/* With or without those that have no disks. */
static int write_config(struct chaos_ctx *ctx, const struct chaos_dominfo *info, uint64_t nr_pages,
			bool with_diskless, char **text, struct chaos_error *err)
{
	struct chaos_devices *devs;
	int rc, nr_disks = 0;

	*text = NULL;
	devs = calloc(1, sizeof(*devs));
	if (!devs)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = read_devices(ctx, info->domid, devs, err);
	if (!rc)
		rc = nr_disks = count_disks(info->domid, devs, err);
	if (rc > 0 || (!rc && with_diskless))
		rc = make_text(ctx, info, nr_pages, devs, nr_disks > 0, text, err);
	if (!rc && nr_disks)
		rc = check_text(*text, info->domid, devs, err);
	chaos_devices_fini(devs);
	free(devs);
	return rc;
}

int save_config(struct chaos_ctx *ctx, const struct chaos_dominfo *info, uint64_t nr_pages,
		char **text, struct chaos_error *err)
{
	return write_config(ctx, info, nr_pages, true, text, err);
}

int save_config_check(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		      struct chaos_error *err)
{
	char *text = NULL;
	int rc;

	/* How many pages it will have does not matter yet; and only disks can be what is not written. */
	rc = write_config(ctx, info, 1, false, &text, err);
	free(text);
	return rc;
}
