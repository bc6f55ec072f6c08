// SPDX-License-Identifier: LGPL-2.1-only
/* Xen's log, of which Xen keeps the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/internal.h"

/* Xen's ring is 16 KiB unless conring_size= says otherwise; this much of it is told. */
#define MAX_LOG	  (16U << 20)
#define LOG_CHUNK (64U << 10)

static int log_error(struct chaos_error *err)
{
	if (errno == ENOMEM)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot read Xen's log: %s%s", strerror(errno),
			       errno == EPERM ? "; run this as root in the control domain" : "");
}

/*
 * Piece by piece: what is written meanwhile is told as well, up to the bound.  Xen clears what it has
 * given, and nothing else.
 */
int chaos_xen_log(struct chaos_ctx *ctx, bool clears, char **out, struct chaos_error *err)
{
	char *text = NULL, *grown;
	uint32_t index = 0;
	size_t len = 0, i;
	unsigned int n;
	int rc;

	do {
		grown = realloc(text, len + LOG_CHUNK + 1);
		if (!grown) {
			errno = ENOMEM;
			rc = log_error(err);
			goto fail;
		}
		text = grown;
		n = LOG_CHUNK;
		if (xc_readconsolering(ctx->xch, text + len, &n, clears, 1, &index)) {
			rc = log_error(err);
			goto fail;
		}
		len += n;
	} while (n == LOG_CHUNK && len < MAX_LOG);
	for (i = 0; i < len; i++)
		if (!text[i])
			text[i] = '?';
	text[len] = '\0';
	*out = text;
	return 0;
fail:
	free(text);
	return rc;
}
