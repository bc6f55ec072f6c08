// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The error object: one line that says what failed, on what, and what to do.  What it quotes may have
 * come from anywhere: nothing that a terminal would take for more than a character gets through.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/internal.h"

int chaos_error_set(struct chaos_error *err, enum chaos_code code, int os_errno, const char *fmt,
		    ...)
{
	va_list args;

	if (err) {
		err->code = code;
		err->os_errno = os_errno;
		va_start(args, fmt);
		(void)vsnprintf(err->text, sizeof(err->text), fmt, args); /* cut is fine */
		va_end(args);
		chaos_text_clean(err->text);
	}
	return -(int)code;
}

int chaos_error_prefix(struct chaos_error *err, int rc, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list args;
	int n;

	if (!err || !rc)
		return rc;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		return rc; /* what failed is worth more than where */
	/* Cut is fine. */
	(void)snprintf(text + n, sizeof(text) - (size_t)n, "%s", err->text);
	memcpy(err->text, text, sizeof(text));
	chaos_text_clean(err->text);
	return rc;
}

void chaos_text_put(char *to, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(to, text, len);
	memset(to + len, 0, size - len);
}

enum chaos_code chaos_code_of_errno(int os_errno)
{
	switch (os_errno) {
	case EPERM:
	case EACCES:
		return CHAOS_PERMISSION;
	case ENOMEM:
	case ENOSPC:
	case EBUSY:
	case EXFULL:
		return CHAOS_RESOURCES;
	case ENOSYS:
	case ENODEV:
	case EOPNOTSUPP:
	case ENOTTY:
		return CHAOS_ENVIRONMENT;
	case ESRCH:
		return CHAOS_NO_DOMAIN;
	case EEXIST:
	case EADDRINUSE:
		return CHAOS_EXISTS;
	case ETIMEDOUT:
		return CHAOS_TIMEOUT;
	default:
		return CHAOS_FAILED;
	}
}
