/* SPDX-License-Identifier: MIT */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

void *malloc(size_t size) __attribute__((malloc));
void *calloc(size_t count, size_t size) __attribute__((malloc));
void free(void *p);
int atoi(const char *s);
void abort(void) __attribute__((noreturn));
/* Power the domain off; who waits for it is told the low 8 bits of status. */
void exit(int status) __attribute__((noreturn));

#endif /* STDLIB_H */
