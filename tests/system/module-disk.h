/* SPDX-License-Identifier: MIT */
/*
 * The front-end's side of a vbd, for tests in Dom0: a guest of module-guest.h with one disk.
 */
#ifndef MODULE_DISK_H
#define MODULE_DISK_H

#include <sys/types.h>
#include "module-test.h"
#include <xen/io/blkif.h>

#define DISK_SECTORS 2048U /* 1 MiB */
#define DISK_PATH    "/run/disk"

struct disk {
	struct guest guest;
	unsigned int slot; /* of the control page */
	uint32_t port;
	unsigned int nr_rings;
	blkif_front_ring_t ring[4]; /* the last two take the first data pages */
};

/* A file of DISK_SECTORS sectors in which every sector begins with its number; -1 with a verdict. */
int disk_file(void);

/* What front-ends choose from here on: NOXS_VBD_F_*. */
extern uint32_t disk_features;

/* The errno of attaching a sysctl and a vbd of this file to the guest; 0 if it succeeds. */
int disk_attach(const struct guest *guest, int file, uint32_t flags);

/* The vbd as the module has it; ~0 if there is none. */
uint32_t disk_state(const struct disk *disk, struct noxs_ioc_dev_state *state);

/* Fresh rings, described in the front half, which is not published yet. */
void disk_prepare(struct disk *disk, unsigned int nr_rings);

/* A guest with this file as its disk, connected with nr_rings rings; false with a verdict. */
bool disk_open(struct disk *disk, int file, uint32_t flags, unsigned int nr_rings);
void disk_close(struct disk *disk);

/* The next slot of a ring, with an id of its own and nothing else in it. */
blkif_request_t *disk_next(struct disk *disk, unsigned int ring);
void disk_push(struct disk *disk, unsigned int ring);

/*
 * Wait until the module has taken all that was pushed: it asks for an event when it has nothing left
 * to take.  False after 5 s.
 */
bool disk_await_taken(const struct disk *disk, unsigned int ring);

/* A request of nr_segs whole pages from data page `page` on. */
void disk_request(struct disk *disk, unsigned int ring, uint8_t op, uint64_t sector,
		  unsigned int page, unsigned int nr_segs);

/* The same as one indirect request; its descriptors are in data page `desc`. */
void disk_indirect(struct disk *disk, uint8_t op, uint64_t sector, unsigned int page,
		   unsigned int nr_segs, unsigned int desc);

/* Push, and wait up to 5 s for `count` responses; returns how many had `status`. */
unsigned int disk_reap(struct disk *disk, unsigned int ring, unsigned int count, int status);

/* Whether nr data pages from `page` on are what disk_file() wrote from `sector` on. */
bool disk_pages_match(const struct disk *disk, unsigned int page, unsigned int nr, uint64_t sector);

/* Block devices whose requests take 1 ms, 100 ms, and long enough for anything to happen meanwhile. */
#define FAST_DISK    "/dev/nullb0"
#define SLOW_DISK    "/dev/nullb1"
#define SLOWEST_DISK "/dev/nullb3"

/* Makes the block devices /dev/nullb0 to 3; false if they cannot be had. */
bool test_disk_backing(void);

/* A file system on a loop device, of 24 MiB; false if it cannot be had, or unmounted. */
#define DISK_FS "/run/fs"
bool disk_fs_make(void);
bool disk_fs_remove(void);

/* Freeze it, or thaw it; false if that is refused, or has not ended after 5 s. */
bool disk_fs_freeze(bool freeze);

/* A child's wait status once it has ended; -1 if it has not after @seconds. */
int disk_await_child(pid_t child, unsigned int seconds);

/* Free memory, caches dropped. */
long disk_free_kib(void);

void test_disk_quiesce(void);
void test_disk_credentials(void);
void test_disk_freezing(void);
void test_disk_closing(void);
/* How many rounds look for leaks of plugging; each of two times. */
void test_disk_hotplug(unsigned int rounds);
void test_disk_resize(void);
void test_disk_persist(void);
void test_disk_hostile(void);

#endif /* MODULE_DISK_H */
