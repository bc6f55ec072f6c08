/* SPDX-License-Identifier: LGPL-2.1-only */
/* libxlutil, with what it has to tell kept for an error of ours. */
#ifndef CHAOS_CONFIG_XLU_H
#define CHAOS_CONFIG_XLU_H

#include <libxlutil.h>
#include <stdio.h>

#include "chaos/core.h"

struct chaos_xlu {
	XLU_Config *cfg;
	FILE *stream; /* into report */
	char *report;
	size_t len;
};

/* @what: the name it gives to what it reads.  After a failure there is nothing to close. */
int chaos_xlu_open(struct chaos_xlu *xlu, const char *what, struct chaos_error *err);

/* The first line of what it has told, which has the cause, until xlu is closed; "" for nothing. */
const char *chaos_xlu_report(struct chaos_xlu *xlu);

void chaos_xlu_close(struct chaos_xlu *xlu);

#endif /* CHAOS_CONFIG_XLU_H */
