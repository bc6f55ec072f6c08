// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's figures, in Prometheus' text format: on the socket, and as a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaosd.h"
#include "logs.h"
#include "core/files.h"

#define FIRST_BUCKET_NS (64ULL * 1000)
#define FILE_PERIOD_NS	(5 * NS_PER_S)

void metrics_observe(struct histogram *histogram, uint64_t ns)
{
	unsigned int i = 0;

	while (i < HISTOGRAM_BUCKETS && ns > FIRST_BUCKET_NS << i)
		i++;
	histogram->counts[i]++;
	histogram->sum_ns += ns;
}

static void print_histogram(FILE *f, const char *name, const char *help,
			    const struct histogram *histogram)
{
	uint64_t count = 0;
	unsigned int i;

	fprintf(f, "# HELP chaosd_%s_seconds %s\n# TYPE chaosd_%s_seconds histogram\n", name, help,
		name);
	for (i = 0; i <= HISTOGRAM_BUCKETS; i++) {
		count += histogram->counts[i];
		if (i < HISTOGRAM_BUCKETS)
			fprintf(f, "chaosd_%s_seconds_bucket{le=\"%.6f\"} %llu\n", name,
				(double)(FIRST_BUCKET_NS << i) / 1e9, (unsigned long long)count);
	}
	fprintf(f, "chaosd_%s_seconds_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)count);
	fprintf(f, "chaosd_%s_seconds_sum %.9f\nchaosd_%s_seconds_count %llu\n", name,
		(double)histogram->sum_ns / 1e9, name, (unsigned long long)count);
}

static uint64_t pool_level(const struct chaos_pool *pool)
{
	return pool->level;
}

static uint64_t pool_size(const struct chaos_pool *pool)
{
	return pool->size;
}

static uint64_t pool_stopped(const struct chaos_pool *pool)
{
	return pool->note[0] != '\0';
}

static uint64_t pool_prepared(const struct chaos_pool *pool)
{
	return pool->prepared;
}

static uint64_t pool_used(const struct chaos_pool *pool)
{
	return pool->used;
}

static uint64_t pool_failed(const struct chaos_pool *pool)
{
	return pool->failed;
}

static void print_counters(FILE *f, const struct metrics *m, const struct log_figures logs)
{
	const struct {
		const char *name, *help;
		uint64_t value;
	} counters[] = {
		{ "create_failed_total", "Creates that failed.", m->create_failed },
		{ "restarts_total", "VMs restarted after on_poweroff, on_reboot or on_crash.",
		  m->restarts },
		{ "restarts_failed_total", "Tries to restart a VM that failed.",
		  m->restarts_failed },
		{ "shells_swept_total", "Shells of an earlier daemon that were destroyed.",
		  m->shells_swept },
		{ "shells_reclaimed_total", "Shells destroyed to make room for a VM.",
		  m->shells_reclaimed },
		{ "log_bytes_total", "Bytes written to guests' logs.", logs.written },
		{ "log_lost_bytes_total", "Bytes of guests that could not be written.", logs.lost },
		{ "clients_total", "Connections accepted.", m->clients },
		{ "clients_dropped_total", "Clients dropped for what they did.",
		  m->clients_dropped },
	};
	size_t i;

	fprintf(f,
		"# HELP chaosd_created_total VMs created.\n# TYPE chaosd_created_total counter\n"
		"chaosd_created_total{from=\"pool\"} %llu\n"
		"chaosd_created_total{from=\"scratch\"} %llu\n",
		(unsigned long long)m->created_pool, (unsigned long long)m->created_cold);
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		fprintf(f, "# HELP chaosd_%s %s\n# TYPE chaosd_%s counter\nchaosd_%s %llu\n",
			counters[i].name, counters[i].help, counters[i].name, counters[i].name,
			(unsigned long long)counters[i].value);
}

static void print_pools(FILE *f, const struct chaosd *d)
{
	static const struct {
		const char *name, *type, *help;
		uint64_t (*value)(const struct chaos_pool *pool);
	} figures[] = {
		{ "shells", "gauge", "Shells in a pool.", pool_level },
		{ "size", "gauge", "Shells a pool should have.", pool_size },
		{ "stopped", "gauge", "1 when a pool cannot be filled; 'chaos pool list' says why.",
		  pool_stopped },
		{ "prepared_total", "counter", "Shells prepared for a pool.", pool_prepared },
		{ "used_total", "counter", "Shells taken from a pool.", pool_used },
		{ "failed_total", "counter", "Shells of a pool that failed.", pool_failed },
	};
	struct chaos_pool info;
	struct pool *pool;
	size_t i;

	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		fprintf(f, "# HELP chaosd_pool_%s %s\n# TYPE chaosd_pool_%s %s\n", figures[i].name,
			figures[i].help, figures[i].name, figures[i].type);
		for (pool = d->pools; pool; pool = pool_next(pool)) {
			pool_describe(pool, &info);
			fprintf(f, "chaosd_pool_%s{pool=\"%s\"} %llu\n", figures[i].name, info.name,
				(unsigned long long)figures[i].value(&info));
		}
	}
}

char *metrics_text(struct chaosd *d, size_t *len)
{
	struct log_figures logs;
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	logthread_figures(&logs);
	print_counters(f, &d->metrics, logs);
	fprintf(f,
		"# HELP chaosd_logs Guests whose logs are kept.\n# TYPE chaosd_logs gauge\nchaosd_logs %llu\n",
		(unsigned long long)logs.guests);
	print_pools(f, d);
	print_histogram(f, "prepare", "Time to prepare a shell for a pool.", &d->metrics.prepare);
	print_histogram(f, "execute", "Time from a request to a VM that is ready.",
			&d->metrics.execute);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * Whole or not at all: written beside it, then renamed.  Prometheus' own user has the directory, and
 * reads the file.
 */
static int write_file(const char *path, const char *text, size_t len)
{
	struct chaos_new_file f;
	ssize_t n;
	int rc;

	if (chaos_new_file_open(&f, path, 0644))
		return -1;
	n = write(f.fd, text, len);
	if (n >= 0 && (size_t)n < len)
		errno = ENOSPC;
	rc = n == (ssize_t)len ? chaos_new_file_commit(&f, false) : -1;
	chaos_new_file_close(&f);
	return rc;
}

/* A file's server may not answer: whoever waits for that, it is not the loop. */
struct writing {
	struct job job;
	const char *path;
	char *text;
	size_t len;
	int os_errno; /* 0 = it is written */
};

static void writing_work(struct job *job, struct chaos_ctx *ctx)
{
	struct writing *w = (struct writing *)job;

	(void)ctx;
	w->os_errno = write_file(w->path, w->text, w->len) ? errno : 0;
}

static void writing_done(struct chaosd *d, struct job *job)
{
	struct writing *w = (struct writing *)job;

	if (w->os_errno)
		log_line("cannot write %s: %s", w->path, strerror(w->os_errno));
	d->metrics.is_being_written = false;
	if (d->metrics.is_dirty)
		loop_wake_at(d, d->metrics.written_ns + FILE_PERIOD_NS);
	free(w->text);
	free(w);
}

void metrics_tick(struct chaosd *d, uint64_t now)
{
	struct metrics *m = &d->metrics;
	struct writing *w;

	if (!d->opts.metrics_path || !m->is_dirty || m->is_being_written)
		return;
	if (m->written_ns && now - m->written_ns < FILE_PERIOD_NS) {
		loop_wake_at(d, m->written_ns + FILE_PERIOD_NS);
		return;
	}
	m->written_ns = now;
	m->is_dirty = false;
	w = calloc(1, sizeof(*w));
	if (w)
		w->text = metrics_text(d, &w->len);
	if (!w || !w->text) {
		log_line("cannot write %s: out of memory", d->opts.metrics_path);
		free(w);
		return;
	}
	w->job.work = writing_work;
	w->job.done = writing_done;
	w->path = d->opts.metrics_path;
	m->is_being_written = true;
	worker_submit(&w->job);
}
