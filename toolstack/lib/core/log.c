// SPDX-License-Identifier: LGPL-2.1-only
/*
 * A logger for the Xen libraries that keeps their first error message, which is the cause; those
 * that follow are its echo in the callers.  Nothing is printed.
 */
#include <stdio.h>

#include "core/internal.h"

__attribute__((format(printf, 5, 0))) static void log_message(xentoollog_logger *logger,
							      xentoollog_level level, int errnoval,
							      const char *context,
							      const char *format, va_list args)
{
	struct chaos_log *log = (struct chaos_log *)logger;

	(void)errnoval; /* the caller's errno says it */
	(void)context;
	if (level < XTL_ERROR || log->first[0])
		return;
	(void)vsnprintf(log->first, sizeof(log->first), format, args); /* cut is fine */
}

static void log_destroy(xentoollog_logger *logger)
{
	(void)logger; /* it lives in the context */
}

void chaos_log_init(struct chaos_log *log)
{
	log->vtable.vmessage = log_message;
	log->vtable.progress = NULL;
	log->vtable.destroy = log_destroy;
	log->first[0] = '\0';
}

void chaos_log_reset(struct chaos_log *log)
{
	log->first[0] = '\0';
}

const char *chaos_log_text(const struct chaos_log *log, char *buf, size_t len)
{
	char *p;

	if (!log->first[0])
		return "";
	(void)snprintf(buf, len, " (%s)", log->first); /* cut is fine */
	for (p = buf; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return buf;
}
