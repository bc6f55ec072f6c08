// SPDX-License-Identifier: LGPL-2.1-only
/* See xlu.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/xlu.h"
#include "core/internal.h"

int chaos_xlu_open(struct chaos_xlu *xlu, const char *what, struct chaos_error *err)
{
	*xlu = (struct chaos_xlu){ 0 };
	xlu->stream = open_memstream(&xlu->report, &xlu->len);
	if (xlu->stream)
		xlu->cfg = xlu_cfg_init(xlu->stream, what);
	if (xlu->cfg)
		return 0;
	chaos_xlu_close(xlu);
	return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
}

const char *chaos_xlu_report(struct chaos_xlu *xlu)
{
	(void)fflush(xlu->stream); /* a memory stream: at worst the report is cut */
	if (!xlu->report)
		return "";
	xlu->report[strcspn(xlu->report, "\n")] = '\0';
	return xlu->report;
}

void chaos_xlu_close(struct chaos_xlu *xlu)
{
	if (xlu->cfg)
		xlu_cfg_destroy(xlu->cfg);
	if (xlu->stream)
		(void)fclose(xlu->stream); /* a memory stream */
	free(xlu->report);
}
