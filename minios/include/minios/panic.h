/* SPDX-License-Identifier: MIT */
#ifndef MINIOS_PANIC_H
#define MINIOS_PANIC_H

/* Say why on the console and crash the domain. */
void panic(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Shut the domain down with a SHUTDOWN_* reason. */
void domain_shutdown(unsigned int reason) __attribute__((noreturn));

/* Called once on the way down, before the domain goes; code says what happened. */
extern void (*panic_hook)(unsigned int code);

#endif /* MINIOS_PANIC_H */
