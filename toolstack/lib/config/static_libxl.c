// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Linked into the static chaos only: the one function of libxl that libxlutil's parser refers to,
 * so that all of libxl with its own dependencies stays out.
 */
#include <stdint.h>
#include <libxl.h>

/* As in libxl.h: positive is true, negative is false, 0 is default. */
void libxl_defbool_set(libxl_defbool *db, bool b)
{
	db->val = b ? 1 : -1;
}
