/* SPDX-License-Identifier: GPL-2.0-only */
/* Text, files and numbers for init.  Nothing here makes a system call but the functions of file.c. */
#ifndef TINYX_INIT_TEXT_H
#define TINYX_INIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* text.c */
size_t text_len(const char *s);
bool text_is(const char *a, const char *b);
/* Behind `word` and the blanks that follow it, NULL if `line` begins with something else. */
const char *text_after(const char *line, const char *word);
/* A number of this base behind *p, which is moved behind it; -1 if there is none, or it is too large. */
long text_number(const char **p, unsigned int base);
/* The next line of *p, ended with a NUL; NULL at the end. */
char *text_line(char **p);
/* The value of NAME= in the kernel's command line, copied; false if it is not there or does not fit. */
bool text_option(const char *cmdline, const char *name, char *value, size_t size);
/* "10.0.0.5/24" or "10.0.0.5" (*prefix 32): four bytes as they are sent. */
bool text_address(const char *text, uint8_t address[4], unsigned int *prefix);
/* Whether the text of /proc/net/tcp or tcp6 has a socket that listens on this port. */
bool text_listens(const char *table, unsigned int port);
/* Appends, cut to size; returns `to`. */
char *text_add(char *to, size_t size, const char *more);
char *text_add_number(char *to, size_t size, unsigned long number);

/* file.c */
/* Up to size - 1 bytes and a NUL; the length, or -errno. */
long file_read(const char *path, char *text, size_t size);
long file_write(const char *path, const char *text);
/* To the console, as one line. */
void say(const char *text);
void say_error(const char *what, const char *on, long error);

#endif /* TINYX_INIT_TEXT_H */
