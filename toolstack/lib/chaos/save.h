/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: guests to files and back; see chaos.h. */
#ifndef LIBCHAOS_SAVE_H
#define LIBCHAOS_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/build.h"

struct chaos_save_opts {
	bool keeps;		 /* the guest goes on when it is saved, or else is destroyed */
	bool pauses;		 /* it goes on, but is paused */
	bool is_portable;	 /* for readers that do not know our optional record of zeros */
	unsigned int timeout_ms; /* for it to suspend, 0 = CHAOS_SUSPEND_TIMEOUT_MS */
	/* Told now and then of the pages that have been dealt with, may be NULL. */
	void (*progress)(void *opaque, uint64_t done, uint64_t total);
	void *opaque;
};
#define CHAOS_SUSPEND_TIMEOUT_MS 10000U

struct chaos_saved {
	uint64_t suspend_ns; /* until it was suspended and its back-ends still */
	uint64_t copy_ns;    /* until the file was complete */
	uint64_t end_ns;     /* until the guest was destroyed, or went on */
	uint64_t bytes;	     /* of the stream */
};

/*
 * Save a guest to a file, which appears under its name when it is whole.  After an error the guest
 * goes on, and there is no file, or still the older one; unless the error says that the file is whole.
 */
int chaos_domain_save(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *path,
		      const struct chaos_save_opts *opts, struct chaos_saved *out,
		      struct chaos_error *err);
/*
 * Make the guest saved in src->path again; the overrides change its configuration.  Disks are taken from
 * a file only if nobody but root or the caller can have written it, unless src says otherwise.  *made is
 * what it has become, to be freed with chaos_config_free().  All or nothing.
 */
int chaos_domain_restore(struct chaos_ctx *ctx, const struct chaos_config_source *src,
			 const struct chaos_create_opts *opts, struct chaos_created *out,
			 struct chaos_config **made, struct chaos_error *err);
/*
 * What a guest of ours, which may have ended, is to be made of again, by what Xen and the module know: all
 * but how the parts of its configuration were written.  *since_ns is when it began (CLOCK_MONOTONIC).
 * CHAOS_CONFIG if nobody has kept what it was made of.
 */
int chaos_config_again(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		       struct chaos_config **cfg, uint64_t *since_ns, struct chaos_error *err);
/* Let a guest go on that has been suspended by a save or a migration which did not end. */
int chaos_domain_resume(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err);

/*
 * Write a domain's memory and vCPUs to an ELF core file in Xen's format, which appears under its name when it
 * is whole, with mode 0600.  The domain is not paused for it.
 */
int chaos_domain_dump(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *path,
		      uint64_t *bytes, struct chaos_error *err);

#endif /* LIBCHAOS_SAVE_H */
