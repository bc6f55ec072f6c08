/* SPDX-License-Identifier: LGPL-2.1-only */
/* What reads a configuration, for the rooms above as well. */
#ifndef CHAOS_CONFIG_INTERNAL_H
#define CHAOS_CONFIG_INTERNAL_H

#include <stdint.h>
#include <stdio.h>

#include "chaos/config.h"
#include "core/internal.h"

/* config.c */
/* Of a setting that is left aside: tell the caller, or fail if that is what it wants. */
int chaos_config_warn(const struct chaos_config_source *src, const char *text,
		      struct chaos_error *err);

/*
 * config_devs.c: the guest's kernel is an image of tinyx with a root, which is to be xvda unless something
 * else is.  No file is looked at.
 */
int chaos_config_add_root(struct chaos_config *cfg, struct chaos_error *err);

/* cfgtext.c: *text is NUL-terminated and *len bytes long, and to be freed */
int chaos_cfgtext_read(const char *path, char **text, size_t *len, struct chaos_error *err);
/* Whether an override sets the key, and does not add to it. */
/* A value as it was meant, which is to say a string of xl.cfg. */
void chaos_cfgtext_put_string(FILE *f, const char *value);
bool chaos_cfgtext_sets(const char *item, const char *key);
int chaos_cfgtext_override(const char *item, char **text, size_t *len, struct chaos_error *err);
/* All of it; *file_len is where the overrides begin.  *text may be set after an error too. */
int chaos_cfgtext_load(const struct chaos_config_source *src, char **text, size_t *len,
		       size_t *file_len, struct chaos_error *err);

/* cfgkeys.c */
struct chaos_key {
	const char *name;
	size_t len;
	unsigned int line;
};
/* The next statement's key in an xl.cfg text, from *pos; false at the end. */
bool chaos_cfgkeys_next(const char *text, size_t *pos, unsigned int *line, struct chaos_key *key);
bool chaos_cfgkeys_is(const struct chaos_key *key, const char *name);
bool chaos_cfgkeys_is_supported(const struct chaos_key *key, const struct chaos_config_source *src);
/* What to do about one that must not be left aside; NULL for all others. */
const char *chaos_cfgkeys_remedy(const struct chaos_key *key);

/* cpus.c */
/*
 * A bit for each CPU of a list.  node_of has the NUMA node of each of the nr_cpus of the host; with NULL
 * nodes have no CPUs, but a list of nodes is taken.
 */
int chaos_cpus_parse(const char *text, const uint32_t *node_of, unsigned int nr_cpus,
		     uint8_t map[CHAOS_MAX_CPUS / 8]);

/* vif.c */
/*
 * Names of keys that are not supported, and do not matter much, are put into `unsupported`.  The error
 * does not say which vif it is about.
 */
int chaos_vif_parse(const char *spec, struct chaos_vif *vif, char *unsupported, size_t len,
		    struct chaos_error *err);
int chaos_mac_random(uint8_t mac[6]);
int chaos_mac_parse(const char *text, uint8_t mac[6]);

/* vif_rate.c */
int chaos_vif_set_rate(struct chaos_vif *vif, const char *value, struct chaos_error *err);

/* vif_ip.c */
int chaos_ipv4_parse(const char *text, uint32_t *address);
/* *has_more, which begins false: there were other addresses too. */
int chaos_vif_set_ip(struct chaos_vif *vif, const char *value, bool *has_more,
		     struct chaos_error *err);
/* That a guest can have them: prefix is 0 unless an address was given. */
int chaos_vif_check_ip(const struct chaos_vif *vif, struct chaos_error *err);

/* vdev.c */
/*
 * The number of a disk, from 0 for xvda, or of a partition; -1 if it is none.  Partitions have Linux's and
 * xl's numbers, 0xca01 for xvda1.
 */
long chaos_vdev_parse(const char *vdev);
bool chaos_vdev_is_partition(unsigned int id);

/* disk.c */
/* target is to be freed; what has been read as something else is put into `others`. */
int chaos_disk_parse(const char *spec, struct chaos_disk *disk, char *others, size_t len,
		     struct chaos_error *err);

/* saved_disks.c */
struct XLU_Config;
int chaos_saved_disks_load(struct XLU_Config *xlu, const char *path, struct chaos_config *cfg,
			   struct chaos_error *err);

/* kept.c: after the vifs have been read */
int chaos_kept_load(struct XLU_Config *xlu, const char *path, struct chaos_config *cfg,
		    struct chaos_error *err);

/* config_name.c */
/* What is wrong with the name of a guest, NULL if nothing is. */
const char *chaos_name_fault(const char *name);
/* Then it is nothing to call a domain by. */
bool chaos_name_is_number(const char *name);

#endif /* CHAOS_CONFIG_INTERNAL_H */
