/* SPDX-License-Identifier: MIT */
/* The ends of a domain. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <minios/console.h>
#include <minios/hypercall.h>
#include <minios/panic.h>
#include <minios/util.h>

void (*panic_hook)(unsigned int code);

void domain_shutdown(unsigned int reason)
{
	struct sched_shutdown op = { .reason = reason };

	for (;;)
		(void)hypercall_sched_op(SCHEDOP_shutdown, &op); /* there is nothing else to try */
}

void panic(const char *fmt, ...)
{
	void (*hook)(unsigned int) = panic_hook;
	char buf[PRINTF_MAX];
	va_list args;

	panic_hook = NULL;
	va_start(args, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	console_last_words();
	printf("panic: %s\n", buf);
	if (hook)
		hook(1);
	domain_shutdown(SHUTDOWN_crash);
}

void abort(void)
{
	panic("abort from %p", __builtin_return_address(0));
}
