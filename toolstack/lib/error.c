// SPDX-License-Identifier: LGPL-2.1-only
/* The error object: one line that says what failed, on what, and what to do. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

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
	}
	return -(int)code;
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
