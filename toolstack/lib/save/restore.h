/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the files of a restore share: restore.c says how they come together. */
#ifndef CHAOS_RESTORE_H
#define CHAOS_RESTORE_H

#include "chaos/save.h"
#include "build/internal.h"
#include "config/internal.h"
#include "build/pv/pv_guest.h"
#include "save/pv_table.h"
#include "save/stream.h"

struct restore_blob {
	uint8_t *data;
	uint32_t len;
};

/* States of a vCPU, in the order in which Xen gets them. */
enum {
	RESTORE_BASIC,
	RESTORE_EXTENDED,
	RESTORE_XSAVE,
	RESTORE_MSRS,
	RESTORE_NR_STATES
};

struct restore {
	struct chaos_ctx *ctx;
	struct chaos_error *err;
	struct pv_guest *g; /* its memory is there */
	struct stream_reader *reader;
	uint64_t ctrl_pfn;

	/* From the stream, to be used behind its end. */
	uint64_t *pages;    /* type and pfn of every frame */
	uint64_t *p2m_pfns; /* where the guest has its p2m list */
	uint64_t nr_p2m;
	struct restore_blob shared_info, cpuid, msr;
	unsigned int nr_vcpus;
	struct restore_blob (*vcpus)[RESTORE_NR_STATES];
	struct stream_tsc_info tsc;
};

/* All return 0 or a negative chaos_code, and set err. */
int restore_fail(struct restore *r, const char *what);			 /* errno says why */
int restore_refuse(struct restore *r, const char *what, uint64_t value); /* of the file */

/* restore_config.c */
/*
 * That a restore may use it: what it says of disks only from who may say that; what it says of its restart
 * is forgotten otherwise.
 */
int restore_check_config(const struct chaos_config_source *src, struct chaos_config *cfg,
			 struct chaos_error *err);
/* restore.c, in parts, for who has more than a file */
struct chaos_shell;
/* What a saved guest's configuration makes, with the overrides of src. */
int restore_load_config(const struct chaos_config_source *src, const char *text,
			struct chaos_config **cfg, struct chaos_error *err);
/* Memory and state, from a reader that has been init()ed, into a domain that is prepared. */
int restore_fill(struct chaos_shell *s, struct stream_reader *reader, struct chaos_timing *t,
		 struct chaos_error *err);

/* restore_memory.c */
int restore_pages(struct restore *r, const struct stream_record *record);
int restore_zero_pages(struct restore *r, const struct stream_record *record);
/* p2m list, shared info, start info, grants; page tables are pinned last. */
int restore_memory_finish(struct restore *r, uint64_t start_info_pfn);

/* restore_state.c: behind the memory, all of it */
int restore_policy(struct restore *r);
int restore_state(struct restore *r, uint64_t *start_info_pfn);

#endif /* CHAOS_RESTORE_H */
