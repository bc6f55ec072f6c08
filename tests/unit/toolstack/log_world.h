/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of guests' logs share: a directory of their own, which is the current one, clocks that
 * stand still, and pwrite(), which can be out of room.
 */
#ifndef LOG_WORLD_H
#define LOG_WORLD_H

#include "unit.h"

#include <stdbool.h>

#include "logdir.h"
#include "logs.h"

#define S 1000000000ULL

extern char top[]; /* the directory's path */
extern struct logdir *dir;
extern struct log_subject subject; /* of the log that was opened last */
extern uint64_t now;		   /* both clocks */
extern unsigned int nr_told;	   /* lines for the daemon's log; the last of them */
extern char told[400];
extern uint64_t room; /* bytes that pwrite() can still write */

int log_setup(void **state);
int log_teardown(void **state);
/* The directory as another daemon finds it. */
void dir_new(uint64_t part_bytes, unsigned int nr_kept, uint64_t total);

struct logfile *open_log(const char *name, uint8_t uuid, uint64_t serial);
size_t say(struct logfile *f, const char *text);

/* All of a file; NULL if there is none.  To be freed. */
char *content(const char *name);
/* What a log says, times and headers left out, from its oldest part on.  To be freed. */
char *said(const char *guest);
void assert_said(const char *guest, const char *what);
bool exists(const char *name);
uint64_t bytes_there(void);
/* Make a file. */
void put(const char *name, const char *text);

#endif /* LOG_WORLD_H */
