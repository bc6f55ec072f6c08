/* SPDX-License-Identifier: MIT */
/* What an application sees of the base, beside net.h and the C library. */
#ifndef MINIOS_APP_H
#define MINIOS_APP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Written by the application.  It sets up callbacks, says minios_ready() when it serves (now or
 * later), and returns 0; the run loop goes on from there.  Anything else ends the domain as a crash.
 */
int app_main(const char *cmdline);

/* Tell the toolstack, once, that the application serves. */
void minios_ready(void);

/* Value of "name=value" in the command line, cut to size; false if there is none. */
bool minios_option(const char *cmdline, const char *name, char *buf, unsigned int size);

#endif /* MINIOS_APP_H */
