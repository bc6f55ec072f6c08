// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads for what takes long: building and destroying domains.  Two queues; what somebody waits
 * for goes first, and of the rest one job runs at a time, so that a thread is left for the former.
 *
 * A job may open files, and a server they are on may not answer: its thread is lost as long as that
 * lasts.  When nothing has been taken from the queue for a second there is another thread, up to a
 * bound; they stay.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chaosd.h"

#define NR_WORKERS	   3
#define MAX_WORKERS	   12
#define STUCK_NS	   NS_PER_S
#define DESTROY_TIMEOUT_MS 5000U

struct queue {
	struct job *first, **end;
};

/* All of it is protected by the lock; the contexts belong to one thread each. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct queue foreground, background, finished;
	bool background_runs;
	bool is_stopping;
	int event_fd;
	uint64_t taken_ns; /* when a job was taken last, or came to an empty queue */
	/* The loop's alone: */
	pthread_t threads[MAX_WORKERS];
	struct chaos_ctx *contexts[MAX_WORKERS];
	unsigned int nr_threads;
	struct chaosd *daemon;
} workers = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void queue_put(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct job *queue_get(struct queue *q)
{
	struct job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	return job;
}

/* With the lock held: the next job for a thread, NULL when it is time to end. */
static struct job *next_job(void)
{
	struct job *job;

	for (;;) {
		job = queue_get(&workers.foreground);
		if (!job && !workers.background_runs)
			job = queue_get(&workers.background);
		if (job) {
			workers.taken_ns = now_ns();
			return job;
		}
		if (workers.is_stopping && !workers.background.first)
			return NULL;
		(void)pthread_cond_wait(&workers.more, &workers.lock); /* fails never */
	}
}

/*
 * What nobody waits for gets the processor when nobody else wants it, within a shell too: between
 * any two calls to Xen, and inside long ones, which Xen preempts.  Best effort.
 */
static void yield_to_others(bool is_background)
{
	static _Thread_local bool is_nice;

	if (is_background != is_nice && !setpriority(PRIO_PROCESS, 0, is_background ? 19 : 0))
		is_nice = is_background;
}

static void *worker_main(void *arg)
{
	struct chaos_ctx *ctx = arg;
	const uint64_t one = 1;
	struct job *job;

	pthread_mutex_lock(&workers.lock);
	while ((job = next_job())) {
		if (job->is_background)
			workers.background_runs = true;
		pthread_mutex_unlock(&workers.lock);
		yield_to_others(job->is_background);
		job->work(job, ctx);
		pthread_mutex_lock(&workers.lock);
		if (job->is_background) {
			workers.background_runs = false;
			pthread_cond_broadcast(&workers.more);
		}
		queue_put(&workers.finished, job);
		/* Fails only when 2^64 - 2 jobs are finished already: the loop knows anyway. */
		if (write(workers.event_fd, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&workers.lock);
	return NULL;
}

static void jobs_finish(struct chaosd *d)
{
	struct job *job;

	for (;;) {
		pthread_mutex_lock(&workers.lock);
		job = queue_get(&workers.finished);
		pthread_mutex_unlock(&workers.lock);
		if (!job)
			return;
		job->done(d, job);
	}
}

static void jobs_ready(struct chaosd *d, struct source *source, uint32_t events)
{
	uint64_t count;

	(void)events;
	/* Only resets it: EAGAIN says that it was. */
	if (read(source->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_line("eventfd: %s", strerror(errno));
	jobs_finish(d);
}

static int worker_add(void)
{
	unsigned int i = workers.nr_threads;
	struct chaos_error err;
	sigset_t all, old;
	int rc;

	rc = chaos_ctx_open(&workers.contexts[i], &err);
	if (rc) {
		log_line("%s", err.text);
		return -1;
	}
	/* Signals are the loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&workers.threads[i], NULL, worker_main, workers.contexts[i]);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		chaos_ctx_close(workers.contexts[i]);
		return -1;
	}
	workers.nr_threads++;
	return 0;
}

int workers_start(struct chaosd *d)
{
	workers.foreground.end = &workers.foreground.first;
	workers.background.end = &workers.background.first;
	workers.finished.end = &workers.finished.first;
	workers.daemon = d;
	workers.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->jobs.fd = workers.event_fd;
	d->jobs.ready = jobs_ready;
	if (workers.event_fd < 0 || loop_add(d, &d->jobs, EPOLLIN))
		return -1;
	while (workers.nr_threads < NR_WORKERS)
		if (worker_add())
			return -1;
	return 0;
}

void workers_tick(struct chaosd *d, uint64_t now)
{
	uint64_t stuck_ns;
	bool waits;

	pthread_mutex_lock(&workers.lock);
	waits = workers.foreground.first;
	stuck_ns = workers.taken_ns + STUCK_NS;
	pthread_mutex_unlock(&workers.lock);
	if (!waits || workers.nr_threads == MAX_WORKERS)
		return;
	if (stuck_ns > now) {
		loop_wake_at(d, stuck_ns);
		return;
	}
	log_line("%u workers are busy with something that takes long: there is one more",
		 workers.nr_threads);
	(void)worker_add(); /* tried again, then */
	loop_wake_at(d, now + STUCK_NS);
}

void workers_stop(struct chaosd *d)
{
	struct job *job;
	unsigned int i;

	pthread_mutex_lock(&workers.lock);
	workers.is_stopping = true;
	pthread_cond_broadcast(&workers.more);
	pthread_mutex_unlock(&workers.lock);
	for (i = 0; i < workers.nr_threads; i++) {
		(void)pthread_join(workers.threads[i], NULL);
		chaos_ctx_close(workers.contexts[i]);
	}
	/* What the last of them leave to do. */
	for (;;) {
		jobs_finish(d);
		job = queue_get(&workers.foreground);
		if (!job)
			job = queue_get(&workers.background);
		if (!job)
			return;
		job->work(job, d->ctx);
		job->done(d, job);
	}
}

void worker_submit(struct job *job)
{
	uint64_t now = now_ns();

	pthread_mutex_lock(&workers.lock);
	if (!workers.foreground.first)
		workers.taken_ns = now;
	queue_put(job->is_background ? &workers.background : &workers.foreground, job);
	pthread_cond_signal(&workers.more);
	pthread_mutex_unlock(&workers.lock);
	loop_wake_at(workers.daemon, now + STUCK_NS);
}

/* ---- jobs that end a domain ---- */

struct discard {
	struct job job;
	struct chaos_shell *shell; /* or */
	uint32_t domid;
};

static void discard_work(struct job *job, struct chaos_ctx *ctx)
{
	struct discard *discard = (struct discard *)job;
	struct chaos_error err;

	if (discard->shell)
		chaos_shell_discard(discard->shell, ctx);
	else if (chaos_domain_destroy(ctx, discard->domid, DESTROY_TIMEOUT_MS, &err) &&
		 err.code != CHAOS_NO_DOMAIN)
		log_line("%s", err.text);
}

static void discard_done(struct chaosd *d, struct job *job)
{
	(void)d;
	free(job);
}

static void discard_submit(struct chaos_shell *shell, uint32_t domid)
{
	struct discard *discard = calloc(1, sizeof(*discard));

	if (!discard) {
		log_line("out of memory: domain %u stays", domid);
		return;
	}
	discard->job.work = discard_work;
	discard->job.done = discard_done;
	discard->shell = shell;
	discard->domid = domid;
	worker_submit(&discard->job);
}

void discard_shell(struct chaos_shell *shell)
{
	discard_submit(shell, chaos_shell_domid(shell));
}

void destroy_domain(uint32_t domid)
{
	discard_submit(NULL, domid);
}
