/* SPDX-License-Identifier: GPL-2.0-only */
/* chaos auto: guests that come and go with the host. */
#ifndef CHAOS_AUTO_H
#define CHAOS_AUTO_H

#include "chaos_cmd.h"

#define AUTO_DIR     "/etc/lightvm/auto"
#define SAVED_DIR    "/var/lib/lightvm/saved"
#define SAVED_SUFFIX ".save"
/* What a file of SAVED_DIR is called while its guest is made of it: a guest is restored once. */
#define TAKEN_SUFFIX ".taken"

struct auto_request {
	struct call call;
	const char *dir, *saved;
	bool shuts_down; /* rather than save */
	unsigned int timeout_ms;
	unsigned int told; /* guests so far, of a JSON array */
};

/* What has become of one: a line, or an element; id 0: there is no domain. */
void auto_tell(struct auto_request *r, uint32_t domid, const char *name, const char *result);
/* The same for one that has failed, as r->call.err says. */
void auto_failed(struct auto_request *r, const char *name, int rc);
/*
 * Names in a directory that end in the suffix, sorted; each, and the array, is to be freed with free().
 * Their number, 0 if there is no such directory, or a negative chaos_code.
 */
int auto_files(struct auto_request *r, const char *dir, const char *suffix, char ***names);
/*
 * Call the file of a saved guest `taken` from now on, also after a power cut: it is not made again unasked.
 * 0 or a negative chaos_code.
 */
int auto_take(struct auto_request *r, const char *path, const char *taken);
/* The last part of a path. */
const char *auto_base(const char *path);

int auto_start(struct auto_request *r);
int auto_stop(struct auto_request *r);

#endif /* CHAOS_AUTO_H */
