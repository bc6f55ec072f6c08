/* SPDX-License-Identifier: LGPL-2.1-only */
/* A configuration that is being read, for the files that read one. */
#ifndef CHAOS_CONFIG_READER_H
#define CHAOS_CONFIG_READER_H

#include <libxlutil.h>

#include "config/internal.h"

struct reader {
	const struct chaos_config_source *src;
	struct chaos_config *cfg;
	char *text;	 /* the file and the overrides behind it */
	size_t file_len; /* where the overrides begin */
	XLU_Config *xlu;
	/* Where these keys stand last, from 1 on; 0 = nowhere: known from reader_check_keys() on. */
	size_t memory_at, memory_kib_at;
	struct chaos_error *err;
};

/* config.c */
int reader_error(struct reader *r, const char *key, const char *what);
/* NULL if it is not there; a value with a control character in it is an error. */
int reader_string(struct reader *r, const char *key, const char **value);
/* The same as a copy, NULL also if it is empty. */
int reader_copy(struct reader *r, const char *key, char **copy);
/* Between min and max; fallback if it is not there. */
int reader_number(struct reader *r, const char *key, long min, long max, long fallback,
		  unsigned int *number);

/* config_keys.c: looks at each, first of all; what is not supported is told, or an error */
int reader_check_keys(struct reader *r);

/* Where the key stands last, or the path if it stands nowhere. */
void reader_where(const struct reader *r, const char *name, char *text, size_t len);

/* config_name.c: who it is */
int reader_get_name(struct reader *r);
int reader_get_uuid(struct reader *r);

/* config_cpu.c: what it gets of the host's processors and memory */
int reader_get_memory(struct reader *r);
int reader_get_cpus(struct reader *r);

/* config_devs.c */
int reader_get_vifs(struct reader *r);
int reader_get_disks(struct reader *r);

#endif /* CHAOS_CONFIG_READER_H */
