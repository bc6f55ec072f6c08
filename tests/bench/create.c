// SPDX-License-Identifier: GPL-2.0
/*
 * create - create guests one after the other through libchaos, in one process and without a
 * daemon, and print where the time of each went: one CSV row per guest, in ns of CLOCK_MONOTONIC
 * (instructions under the lab's --icount).  Names and MAC addresses have the number of the guest in
 * them, the IPv4 address is the configuration's for number 1 and counted up.  It prints nothing until the last guest is there, so that nothing but the
 * creations is measured; the first of a process is therefore also the first after its exec.
 *
 * --generic builds through libxenguest, which is what there was before the library's own builder.
 * config_ns is what reading the configuration took, once for all.  busy_ns is what all CPUs did, less Xen's idle vCPUs, from the call until --settle-ms after its
 * end: it has in it what a creation leaves others to do, such as the guests that hear its first
 * broadcast.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <arpa/inet.h>
#include <xenctrl.h>

#include "busy.h"
#include "chaos.h"
#include "chaos_cmd.h"
#include "clock.h"
#include "mark.h"

#define MAX_GUESTS	   65000U
#define DESTROY_TIMEOUT_MS 5000U

struct options {
	const char *config;
	unsigned int first, count;
	bool destroys, is_generic;
	unsigned int settle_ms;
};

struct sample {
	struct chaos_timing timing;
	uint64_t busy_ns;
};

struct bench {
	struct options o;
	xc_interface *xch;
	struct chaos_ctx *ctx;
	struct chaos_config *cfg;
	uint32_t first_ipv4; /* of the file, 0 = none; host byte order */
	uint64_t config_ns;
	struct sample *samples;
	unsigned int done;
};

static int parse_number(const char *text, unsigned int min, unsigned int max, unsigned int *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max)
		return -1;
	*value = (unsigned int)n;
	return 0;
}

static int parse_options(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "first", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'c' },
		{ "destroy", no_argument, NULL, 'd' },
		{ "generic", no_argument, NULL, 'g' },
		{ "settle-ms", required_argument, NULL, 's' },
		{ 0 },
	};
	int opt, rc = 0;

	*o = (struct options){ .first = 1, .count = 1 };
	while (!rc && (opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			rc = parse_number(optarg, 1, MAX_GUESTS, &o->first);
			break;
		case 'c':
			rc = parse_number(optarg, 1, MAX_GUESTS, &o->count);
			break;
		case 'd':
			o->destroys = true;
			break;
		case 'g':
			o->is_generic = true;
			break;
		case 's':
			rc = parse_number(optarg, 0, 60000, &o->settle_ms);
			break;
		default:
			rc = -1;
		}
	}
	if (rc || optind != argc - 1 || o->first + o->count - 1 > MAX_GUESTS) {
		fprintf(stderr, "usage: create [--first N] [--count N] [--destroy] "
				"[--generic] [--settle-ms MS] CONFIG\n");
		return -1;
	}
	o->config = argv[optind];
	return 0;
}

/* What tells guest `number` from the others. */
static int personalise(struct chaos_config *cfg, unsigned int number, uint32_t first_ipv4)
{
	unsigned int i;

	(void)snprintf(cfg->name, sizeof(cfg->name), "b%u", number); /* fits */
	if (getrandom(cfg->uuid, sizeof(cfg->uuid), 0) != (ssize_t)sizeof(cfg->uuid))
		return -1;
	for (i = 0; i < cfg->nr_vifs; i++) {
		/* Xen's OUI, then the number of the vif and of the guest. */
		const uint8_t mac[6] = {
			0x00,		0x16, 0x3e, (uint8_t)(i & 0x7f), (uint8_t)(number >> 8),
			(uint8_t)number
		};

		memcpy(cfg->vifs[i].mac, mac, sizeof(mac));
		cfg->vifs[i].mac_is_random = false;
	}
	if (first_ipv4)
		cfg->vifs[0].ipv4 = htonl(first_ipv4 + number - 1);
	return 0;
}

static void settle(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L };

	while (ms && nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static int system_error(struct chaos_error *err, const char *what)
{
	(void)snprintf(err->text, sizeof(err->text), "%s: %s", what, strerror(errno));
	return -1;
}

static int run_one(struct bench *b, unsigned int number, struct sample *sample,
		   struct chaos_error *err)
{
	const struct chaos_create_opts opts = { 0 };
	struct chaos_created created;
	uint64_t before, after, now;
	int rc;

	if (personalise(b->cfg, number, b->first_ipv4))
		return system_error(err, "random numbers");
	if (busy_read(b->xch, &now, &before))
		return system_error(err, "use of the CPUs");
	mark_begin_window();
	rc = chaos_domain_create(b->ctx, b->cfg, &opts, &created, err);
	mark_end_window();
	if (rc)
		return rc;
	settle(b->o.settle_ms);
	if (busy_read(b->xch, &now, &after))
		return system_error(err, "use of the CPUs");
	sample->timing = created.timing;
	sample->busy_ns = after - before;
	if (!b->o.destroys)
		return 0;
	rc = chaos_domain_destroy(b->ctx, created.domid, DESTROY_TIMEOUT_MS, err);
	settle(b->o.settle_ms);
	return rc;
}

static int run(struct bench *b, struct chaos_error *err)
{
	struct chaos_config_source src = { .path = b->o.config };
	uint64_t begin;
	int rc;

	b->xch = xc_interface_open(NULL, NULL, XC_OPENFLAG_NON_REENTRANT);
	if (!b->xch)
		return system_error(err, "Xen");
	begin = now_ns();
	rc = chaos_config_load(&b->cfg, &src, err);
	b->config_ns = now_ns() - begin;
	if (!rc)
		rc = chaos_ctx_open(&b->ctx, err);
	if (rc)
		return rc;
	if (b->cfg->nr_vifs)
		b->first_ipv4 = ntohl(b->cfg->vifs[0].ipv4);
	chaos_ctx_set_counter(b->ctx, &chaos_calls);
	if (b->o.is_generic)
		b->cfg->builder = CHAOS_BUILDER_GENERIC;
	for (b->done = 0; !rc && b->done < b->o.count; b->done += !rc)
		rc = run_one(b, b->o.first + b->done, &b->samples[b->done], err);
	return rc;
}

static void print(const struct bench *b)
{
	unsigned int i;

	printf("guest,total_ns,open_ns,image_ns,createdomain_ns,memory_ns,build_ns,devices_ns,"
	       "unpause_ns,guest_ns,busy_ns,hypercalls,ioctls,config_ns\n");
	for (i = 0; i < b->done; i++) {
		const struct chaos_timing *t = &b->samples[i].timing;
		const uint64_t row[] = { t->total_ns,	      t->open_ns,
					 t->image_ns,	      t->createdomain_ns,
					 t->memory_ns,	      t->build_ns,
					 t->devices_ns,	      t->unpause_ns,
					 t->guest_ns,	      b->samples[i].busy_ns,
					 t->calls.hypercalls, t->calls.ioctls,
					 b->config_ns };
		size_t c;

		printf("%u", b->o.first + i);
		for (c = 0; c < sizeof(row) / sizeof(row[0]); c++)
			printf(",%llu", (unsigned long long)row[c]);
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	struct chaos_error err = { 0 };
	struct bench b = { 0 };
	int rc;

	if (parse_options(&b.o, argc, argv))
		return 2;
	b.samples = calloc(b.o.count, sizeof(*b.samples));
	if (!b.samples)
		return 1;
	rc = run(&b, &err);
	print(&b);
	if (rc)
		fprintf(stderr, "create: guest %u: %s\n", b.o.first + b.done, err.text);
	chaos_ctx_close(b.ctx);
	chaos_config_free(b.cfg);
	if (b.xch)
		xc_interface_close(b.xch);
	free(b.samples);
	return rc ? 1 : 0;
}
