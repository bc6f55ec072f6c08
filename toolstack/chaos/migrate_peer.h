/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to the other end of a migration. */
#ifndef CHAOS_MIGRATE_PEER_H
#define CHAOS_MIGRATE_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "chaos.h"

/* One of: a command, a socket, a descriptor. */
struct migrate_peer {
	const char *ssh;  /* command line of the shell's, which gets what to run and where */
	const char *host; /* with ssh */
	const char *path; /* of a socket, on this machine */
	int fd;		  /* -1 */
	pid_t child;
};

/* For libchaos; `peer` stays in use. */
void migrate_peer_init(struct migrate_peer *peer, struct chaos_peer *out);

/* Whether the other end of a socket of this machine is root's. */
bool migrate_peer_is_root(int fd);
/* The address of a socket at `path`; -1 with errno, if it is too long. */
struct sockaddr_un;
int migrate_peer_address(const char *path, struct sockaddr_un *address);

#endif /* CHAOS_MIGRATE_PEER_H */
