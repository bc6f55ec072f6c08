// SPDX-License-Identifier: LGPL-2.1-only
/* The lists of a guest's devices: `vif` and `disk`.  An error says which of them it is about. */
#include <errno.h>
#include <stdio.h>

#include "config/config_reader.h"

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
			return reader_error(r, "vif", text);
		}
	return 0;
}

/* One of a list's, from 0 on. */
static int entry_error(struct reader *r, int rc, const char *key, unsigned int nr)
{
	char place[200];

	reader_where(r, key, place, sizeof(place));
	return chaos_error_prefix(r->err, rc, "%s: %s %u: ", place, key, nr);
}

/* Of what it asks for and does not get, if that is anything. */
static int entry_warn(struct reader *r, const char *key, unsigned int nr, const char *unsupported)
{
	char place[200], text[400];

	if (!*unsupported)
		return 0;
	reader_where(r, key, place, sizeof(place));
	(void)snprintf(text, sizeof(text), "%s: %s %u: not supported: %s", place, key, nr,
		       unsupported);
	return chaos_config_warn(r->src, text, r->err);
}

int reader_get_vifs(struct reader *r)
{
	struct chaos_config *cfg = r->cfg;
	char unsupported[128];
	XLU_ConfigList *list;
	const char *spec;
	int rc, n, i;

	rc = xlu_cfg_get_list(r->xlu, "vif", &list, &n, 1);
	if (rc == ESRCH)
		return 0;
	if (rc)
		return reader_error(r, "vif", "is not a list; write vif = [ 'bridge=...' ]");
	if (n > CHAOS_MAX_VIFS)
		return reader_error(r, "vif", "has more than 30 entries");
	for (i = 0; i < n; i++) {
		spec = xlu_cfg_get_listitem(list, i);
		if (!spec)
			return reader_error(r, "vif", "has an entry that is not a string");
		rc = chaos_vif_parse(spec, &cfg->vifs[i], unsupported, sizeof(unsupported), r->err);
		if (rc)
			return entry_error(r, rc, "vif", (unsigned int)i);
		rc = entry_warn(r, "vif", (unsigned int)i, unsupported);
		if (!rc)
			rc = number_vif(r, (unsigned int)i);
		if (rc)
			return rc;
	}
	cfg->nr_vifs = (unsigned int)n;
	return 0;
}

/* A disk and a part of it would be two views of one name in the guest. */
static bool overlap(const struct chaos_disk *a, const struct chaos_disk *b)
{
	return a->id == b->id || (chaos_vdev_is_partition(a->id) && (a->id >> 4 & 15) == b->id) ||
	       (chaos_vdev_is_partition(b->id) && (b->id >> 4 & 15) == a->id);
}

static int check_number(const struct chaos_config *cfg, const struct chaos_disk *disk,
			struct chaos_error *err)
{
	const struct chaos_disk *other;

	for (other = cfg->disks; other < disk; other++)
		if (overlap(other, disk))
			return chaos_error_set(
				err, CHAOS_CONFIG, EINVAL,
				"vdev %s is there twice (as %s); give each disk its own",
				disk->vdev, other->vdev);
	return 0;
}

static int load_disk(struct reader *r, unsigned int nr, const char *spec)
{
	struct chaos_disk *disk = &r->cfg->disks[nr];
	char others[128];
	int rc;

	rc = chaos_disk_parse(spec, disk, others, sizeof(others), r->err);
	if (!rc) {
		r->cfg->nr_disks++;
		rc = check_number(r->cfg, disk, r->err);
	}
	return rc ? entry_error(r, rc, "disk", nr) : entry_warn(r, "disk", nr, others);
}

int reader_get_disks(struct reader *r)
{
	XLU_ConfigList *list;
	const char *spec;
	int rc, n, i;

	rc = xlu_cfg_get_list(r->xlu, "disk", &list, &n, 1);
	if (rc == ESRCH)
		return 0;
	if (rc)
		return reader_error(r, "disk",
				    "is not a list; write disk = [ 'vdev=xvda,target=/path' ]");
	if (n > CHAOS_MAX_DISKS || r->cfg->nr_vifs + (unsigned int)n >= CHAOS_MAX_DEVS)
		return reader_error(r, "disk",
				    "has too many entries: 16, and 30 together with vif");
	for (i = 0; i < n; i++) {
		spec = xlu_cfg_get_listitem(list, i);
		if (!spec)
			return reader_error(r, "disk", "has an entry that is not a string");
		rc = load_disk(r, (unsigned int)i, spec);
		if (rc)
			return rc;
	}
	return 0;
}

int chaos_config_add_root(struct chaos_config *cfg, struct chaos_error *err)
{
	struct chaos_disk *disk;

	for (disk = cfg->disks; disk < cfg->disks + cfg->nr_disks; disk++)
		if (disk->id == 0)
			return 0;
	if (cfg->nr_disks == CHAOS_MAX_DISKS || cfg->nr_vifs + cfg->nr_disks + 1 >= CHAOS_MAX_DEVS)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "disk has too many entries: the image of \"%s\" is one more",
				       cfg->name);
	memset(disk, 0, sizeof(*disk));
	disk->target = strdup(cfg->kernel);
	if (!disk->target)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	chaos_vdev_format(disk->id, disk->vdev);
	disk->is_read_only = true;
	cfg->nr_disks++;
	return check_number(cfg, disk, err);
}
