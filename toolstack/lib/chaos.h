/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * chaos.h - libchaos: create and manage Xen guests without XenStore.
 *
 * The library keeps no state of its own: what exists is what Xen and the noxs module say exists.
 * It has no globals, never exits and never prints.  A context serves one thread at a time; use one
 * per thread.
 *
 * This is the one header to include; those in chaos/ have a part each.
 *
 * Functions that can fail return 0 (or a count) on success and a negative number, -(enum
 * chaos_code), on failure; then *err (which may be NULL) says what failed, on what, and what to do.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include "chaos/build.h"
#include "chaos/client.h"
#include "chaos/config.h"
#include "chaos/core.h"
#include "chaos/device.h"
#include "chaos/migrate.h"
#include "chaos/save.h"
#include "chaos/version.h" /* CHAOS_VERSION */

#endif /* CHAOS_H */
