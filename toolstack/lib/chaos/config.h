/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: what a guest is to be; see chaos.h. */
#ifndef LIBCHAOS_CONFIG_H
#define LIBCHAOS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/core.h"

#define CHAOS_MAX_VIFS	29 /* a control page has 30 slots, one is sysctl's */
#define CHAOS_MAX_DISKS 16
#define CHAOS_MAX_DEVS	30   /* sysctl, vifs and disks together */
#define CHAOS_MAX_CPUS	1024 /* highest physical CPU number of `cpus`, plus one */

struct chaos_vif {
	uint16_t id; /* by which its guest knows it */
	bool has_id; /* rather than the next one that is free */
	uint8_t mac[6];
	bool mac_is_random; /* no address was given: another may be taken on conflict */
	uint8_t prefix;
	uint16_t mtu;		       /* bytes of IP packet */
	uint32_t ipv4;		       /* network byte order, 0 = none */
	uint32_t gateway;	       /* network byte order, 0 = none */
	char bridge[CHAOS_IFNAME_LEN]; /* or switch; "" = attached to nothing */
	bool on_switch;		       /* `bridge` names a switch of the module */
	bool connects_itself;	       /* even if it could be connected before the guest runs */
	uint32_t rate_usecs;	       /* its guest sends rate_bytes each that many; 0 = no limit */
	uint64_t rate_bytes;
};

struct chaos_disk {
	char *target;  /* file or block device */
	uint16_t id;   /* 0 is xvda; partitions have numbers of their own */
	char vdev[16]; /* as it was given */
	bool is_read_only;
	bool is_direct; /* past the page cache */
	bool has_no_discard;
};

/* What a saved guest had. */
struct chaos_saved_disk {
	uint16_t id;
	uint32_t sector_size;
	uint64_t sectors;
};

/* Who lays a guest's memory out. */
enum chaos_builder {
	CHAOS_BUILDER_AUTO,    /* the fast one, if it can */
	CHAOS_BUILDER_GENERIC, /* libxenguest */
	CHAOS_BUILDER_FAST,    /* our own: 64-bit ELF kernels without a ramdisk */
};

struct chaos_config {
	char name[CHAOS_NAME_LEN];
	uint8_t uuid[CHAOS_UUID_LEN];
	char *kernel;
	char *ramdisk;	     /* NULL = none */
	char *cmdline;	     /* NULL = none */
	uint64_t memory_kib; /* a multiple of 4 */
	unsigned int vcpus;
	/*
	 * Physical CPUs that vCPUs may run on, as they were written; with a ';' behind each of those for
	 * one vCPU; NULL = all.
	 */
	char *cpus;
	uint32_t cpupool;	 /* its number */
	unsigned int cpu_weight; /* 0 = the scheduler's */
	unsigned int cap;	 /* percent of one CPU, 0 = none */
	unsigned int nr_vifs;
	struct chaos_vif vifs[CHAOS_MAX_VIFS];
	unsigned int nr_disks;
	struct chaos_disk disks[CHAOS_MAX_DISKS];
	unsigned int nr_saved_disks; /* of a saved guest: it must get the same again */
	struct chaos_saved_disk saved_disks[CHAOS_MAX_DISKS];
	enum chaos_action on_poweroff, on_reboot, on_crash;
	bool is_logged;		    /* chaosd is to keep what it writes to its console */
	enum chaos_builder builder; /* the caller's choice: no key of the file */
	/* Of a saved guest: what else there was in its configuration, for a restart; NULL = nothing. */
	char *restart_with;
};

struct chaos_config_source {
	const char *path;	      /* xl.cfg */
	const char *text;	      /* its text if it has been read already, or NULL */
	const char *const *overrides; /* "key=value", as after xl create's file */
	unsigned int nr_overrides;
	bool strict;   /* an unsupported key is an error */
	bool is_saved; /* of a saved guest: it needs no kernel */
	bool is_kept; /* of a guest that is restarted: the text has keys that chaos writes itself */
	/*
	 * Of a saved guest: who has written it may say what files of this host are its disks, whoever
	 * the file belongs to.
	 */
	bool trusts_disks;
	/* Told of every unsupported key, may be NULL; text is one line. */
	void (*warn)(void *opaque, const char *text);
	void *opaque;
};

/* Read a configuration; *cfg is to be freed with chaos_config_free(). */
int chaos_config_load(struct chaos_config **cfg, const struct chaos_config_source *src,
		      struct chaos_error *err);
void chaos_config_free(struct chaos_config *cfg);
/* Make it a configuration without disks. */
void chaos_config_drop_disks(struct chaos_config *cfg);

/* Take the addresses and the rate away, by which VMs of one kind differ. */
void chaos_vif_blank(struct chaos_vif *vif);
/* The key that names its link: "bridge" or "switch". */
const char *chaos_vif_link_kind(const struct chaos_vif *vif);
/* A vif's rate as its configuration has it, "1250KB/s@50ms"; "" if it has none. */
#define CHAOS_RATE_LEN 40U
void chaos_vif_rate_format(const struct chaos_vif *vif, char out[CHAOS_RATE_LEN]);
/* The name of the disk with this number: 0 is xvda. */
void chaos_vdev_format(unsigned int id, char out[16]);

/*
 * The CPUs that this vCPU may run on, as they were written, out of what struct chaos_config has; false if
 * it may run anywhere.
 */
#define CHAOS_CPULIST_LEN 256U
bool chaos_cpus_of_vcpu(const char *cpus, unsigned int vcpu, char *list, size_t len);

#define CHAOS_CPUS_TEXT (CHAOS_MAX_CPUS * 5U + 1)
bool chaos_cpus_are_all(const uint8_t map[CHAOS_MAX_CPUS / 8], unsigned int nr_cpus);
/* As `cpus` has them: "0-3,6". */
void chaos_cpus_format(const uint8_t map[CHAOS_MAX_CPUS / 8], unsigned int nr_cpus,
		       char text[CHAOS_CPUS_TEXT]);

#endif /* LIBCHAOS_CONFIG_H */
