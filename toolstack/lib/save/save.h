/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the files of a save share: save.c says how they come together. */
#ifndef CHAOS_SAVE_H
#define CHAOS_SAVE_H

#include <stdint.h>
#include <xenctrl.h>

#include "chaos/save.h"
#include "device/internal.h"
#include "save/pv_table.h"
#include "save/stream.h"

/*
 * What a guest of ours leaves at the end of its start info page when it suspends, beside the frame
 * numbers in the page itself (docs/architecture.md).
 */
struct suspend_record {
	uint64_t magic;
	uint64_t flags; /* SUSPEND_*; the upper half: how many runs stand before the record */
};
#define SUSPEND_RECORD_MAGIC	 0x53506e655356544cUL /* "LTVSenPS" as bytes */
#define SUSPEND_UNMAPPED_IS_FREE 1UL /* what no page table maps holds nothing of value */
#define SUSPEND_RUNS		 2UL /* nor do the pages of these runs */
#define SUSPEND_P2M		 4UL /* before the runs: the machine frames of its p2m list */
#define SUSPEND_RUNS_SHIFT	 32
#define SUSPEND_MAX_RUNS	 32U
#define SUSPEND_MAX_P2M		 64U

struct suspend_run {
	uint32_t first; /* pfn */
	uint32_t count;
};

#define SAVE_NOTHING  0 /* whatever is there will do */
#define SAVE_CONTENTS 1
#define SAVE_ZEROS    2 /* it had contents, and they were all zero */

/* A suspended guest's memory, while it is copied. */
struct save_memory {
	struct chaos_ctx *ctx;
	uint32_t domid;
	struct chaos_error *err;

	shared_info_t *shared_info; /* a copy */
	uint64_t shared_info_frame, device_page_frame;
	uint64_t nr_pages;
	uint64_t *p2m; /* machine frames, checked to be the guest's own */
	uint64_t nr_p2m;
	uint64_t *p2m_pfns; /* where the guest has that list */
	struct pv_inverse inverse;
	uint64_t *pages;      /* type and pfn, as in the stream */
	uint32_t *table_pfns; /* which of them are page tables */
	uint64_t *tables;     /* those, one behind the other, translated */
	uint64_t nr_tables;
	char *start_info; /* a copy of that page */
	uint8_t *wanted;  /* SAVE_* of each frame */
	bool is_portable; /* zeros are written as what they are */
	void (*progress)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};

/* All return 0 or a negative chaos_code, and set m->err. */
int save_memory_measure(struct save_memory *m); /* nr_pages; then close it */
/* The machine frame of its start info is what it says. */
int save_memory_open(struct save_memory *m, uint64_t start_info_mfn);
int save_memory_tables(struct save_memory *m);
/* By what is in its start info: what else is wanted, and whether all is. */
int save_memory_suspended(struct save_memory *m, uint64_t start_info_pfn, uint64_t ctrl_gfn);
int save_memory_write(struct save_memory *m, struct stream_writer *w);
void save_memory_close(struct save_memory *m);

/* save_state.c: vCPUs and what else of the domain is Xen's to know. */
struct save_state {
	unsigned int nr_vcpus;
	struct save_vcpu *vcpus;
	uint64_t start_info_pfn;
};
/* As Xen has it; then, once its memory is open, with its own frame numbers. */
int save_state_open(struct save_state *s, struct save_memory *m);
int save_state_translate(struct save_state *s, struct save_memory *m);
uint64_t save_state_start_info(const struct save_state *s); /* machine frame, before that */
int save_state_write_static(struct save_state *s, struct save_memory *m, struct stream_writer *w);
int save_state_write(struct save_state *s, struct save_memory *m, struct stream_writer *w);
void save_state_close(struct save_state *s);

/* save_copy.c */
/* Whether it can be copied at all. */
int save_check(const struct chaos_dominfo *info, struct chaos_error *err);
/* The pages it will have in its copy, as long as it changes nothing; it need not be suspended. */
int save_size(struct chaos_ctx *ctx, uint32_t domid, uint64_t *nr_pages, struct chaos_error *err);
/* The control page, which all devices share, and where the guest sees its device page. */
int save_find_pages(struct chaos_ctx *ctx, uint32_t domid, uint64_t *ctrl_gfn,
		    uint64_t *device_page_frame, struct chaos_error *err);
struct save_copy_opts {
	bool is_portable;
	int cancel_fd;	 /* ends the wait for who reads on the other side, -1 for none */
	uint64_t end_ns; /* by when all of it is to be written: ETIME; 0 = no such time */
	void (*progress)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};
/* The whole of a saved guest (stream.h) to fd, which errors call `name`; it is suspended. */
int save_copy(struct chaos_ctx *ctx, const struct chaos_dominfo *info, int fd, const char *name,
	      const struct save_copy_opts *opts, uint64_t *bytes, struct chaos_error *err);
/*
 * State BUILDING marks a guest of which there may be another copy: if we are killed now, it must not
 * be let go on just so.  COMPLETE takes that back.  -1 with errno.
 */
int save_mark(struct chaos_ctx *ctx, uint32_t domid, uint32_t state);
/* Mark and destroy it. */
int save_discard(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);
/* errno says why `path` cannot be written. */
int save_write_error(const char *path, const char *what, struct chaos_error *err);

/* save_config.c: xl.cfg text from what Xen and the module know; to be freed. */
int save_config(struct chaos_ctx *ctx, const struct chaos_dominfo *info, uint64_t nr_pages,
		char **text, struct chaos_error *err);
/* That there will be such a text; the domain need not be suspended. */
int save_config_check(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		      struct chaos_error *err);

/* save_disks.c */
/* What a string of a configuration has between its quotes. */
void save_put_quoted(FILE *f, const char *text);
/* `disk`, of those whose files have names; and `saved_disks` */
void save_put_disks(FILE *f, const struct chaos_devices *devs);

/* save_cpus.c: `cpus`, `pool`, `cpu_weight` and `cap`, as far as they are not the usual ones */
int save_cpus(struct chaos_ctx *ctx, const struct chaos_dominfo *info, FILE *f,
	      struct chaos_error *err);

/* suspend.c */
/*
 * Have a guest suspend, and hold its back-ends still; *req_id is the request's number.  After an error
 * it runs, or is as it was.
 */
int chaos_suspend(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		  struct chaos_error *err);
/* Back-ends first, then the guest, whose suspend() says that it was cancelled. */
int chaos_resume(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

#endif /* CHAOS_SAVE_H */
