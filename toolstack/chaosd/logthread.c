// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread that reads guests' consoles and writes their logs.  It alone waits for the log's disk; the
 * loop hands it consoles, and tells it of ends, and waits for nothing.
 *
 * Guests that have something to say queue for turns, of a ring each: first come, first served, so many in a
 * round of 10 ms, and who has used up its rate (turns.c) is passed over.  While a guest waits nobody
 * listens to its event channel, so that it cannot take more of this thread than its turns.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "logfile.h"
#include "logs.h"

#define ROUND_NS    (10 * NS_PER_MS)
#define ROUND_TURNS 32U
#define BATCH	    32
#define STOP_S	    3 /* a disk that does not answer is not waited for any longer */

/* Dead guests write no more: a ring, and what came while it was read. */
#define LAST_READS  4U

struct guest_log {
	uint32_t domid;
	struct chaos_console *console;
	struct logfile *file;
	struct turns turns;
	bool has_event; /* to be acknowledged with the next turn */
	bool is_deaf;	/* since then nobody listens to its events */
	bool is_queued;
	struct guest_log *next; /* in the queue */
};

enum kind {
	ADD,
	END,
	STOP,
};

struct message {
	struct message *next;
	enum kind kind;
	uint32_t domid;
	struct chaos_console *console; /* ADD */
	struct log_subject subject;
};

static struct {
	pthread_t thread;
	bool is_started;
	int epoll_fd, event_fd;

	pthread_mutex_t lock; /* protects these */
	struct message *first, **end;
	struct log_figures figures;
	unsigned int nr_held;

	/* The thread's alone: */
	struct logdir dir;
	struct guest_log *guests[NR_DOMIDS];
	uint64_t nr_guests;
	struct guest_log *queue, **queue_end;
	unsigned int nr_queued;
	uint64_t round_ns; /* begin of this round, and turns in it */
	unsigned int nr_turns;
	bool is_stopping;
} logs = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint64_t real_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail */
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void tell(const char *text)
{
	log_line("%s", text);
}

/* ---- the queue ---- */

static void enqueue(struct guest_log *g)
{
	if (g->is_queued)
		return;
	g->is_queued = true;
	g->next = NULL;
	*logs.queue_end = g;
	logs.queue_end = &g->next;
	logs.nr_queued++;
}

static void dequeue(struct guest_log *g)
{
	struct guest_log **p = &logs.queue;

	if (!g->is_queued)
		return;
	while (*p != g)
		p = &(*p)->next;
	*p = g->next;
	if (!*p)
		logs.queue_end = p;
	g->is_queued = false;
	logs.nr_queued--;
}

/* ---- a guest ---- */

static void publish(void)
{
	pthread_mutex_lock(&logs.lock);
	logs.figures.written = logs.dir.written_total;
	logs.figures.lost = logs.dir.lost_total;
	logs.figures.guests = logs.nr_guests;
	pthread_mutex_unlock(&logs.lock);
}

static void let_go(struct chaos_console *console)
{
	chaos_console_detach(console); /* its descriptor leaves the epoll set */
	pthread_mutex_lock(&logs.lock);
	logs.nr_held--;
	pthread_mutex_unlock(&logs.lock);
}

/* The number of bytes read, and what they cost. */
static size_t take(struct guest_log *g, size_t *cost)
{
	char text[LOG_MAX_CHUNK];
	size_t n = chaos_console_peek(g->console, text, sizeof(text));

	/* In this order: if the daemon is killed in between, it is there twice, and not lost. */
	*cost = n ? logfile_append(g->file, text, n, real_ns(), now_ns()) : 0;
	chaos_console_consume(g->console, n);
	return n;
}

static void log_finish(struct guest_log *g)
{
	unsigned int i;
	size_t cost;

	for (i = 0; i < LAST_READS && take(g, &cost); i++)
		;
	dequeue(g);
	logfile_close(g->file);
	let_go(g->console);
	logs.guests[g->domid] = NULL;
	logs.nr_guests--;
	free(g);
	publish();
}

static void listen_to(struct guest_log *g, int operation)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT, .data.ptr = g };

	if (epoll_ctl(logs.epoll_fd, operation, chaos_console_fd(g->console), &e))
		log_line("the console of domain %u cannot be followed: %s", g->domid,
			 strerror(errno));
}

static void log_add(const struct message *m)
{
	struct guest_log *g;

	if (logs.guests[m->domid])
		log_finish(logs.guests[m->domid]);
	g = calloc(1, sizeof(*g));
	if (g)
		g->file = logfile_open(&logs.dir, &m->subject, real_ns(), now_ns());
	if (!g || !g->file) {
		free(g);
		let_go(m->console);
		log_line("out of memory: there is no log of \"%s\"", m->subject.name);
		return;
	}
	g->domid = m->domid;
	g->console = m->console;
	turns_init(&g->turns, now_ns());
	logs.guests[g->domid] = g;
	logs.nr_guests++;
	listen_to(g, EPOLL_CTL_ADD);
	enqueue(g); /* it may have said something already */
	publish();
}

/* True when it is to have another: its ring was full. */
static bool turn(struct guest_log *g)
{
	struct chaos_error err;
	size_t n, cost;

	/* First, so that what is written from now on is told. */
	if (g->has_event && chaos_console_ack(g->console, &err))
		log_line("domain %u: %s", g->domid, err.text);
	g->has_event = false;
	n = take(g, &cost);
	turns_charge(&g->turns, cost);
	if (n == LOG_MAX_CHUNK)
		return true;
	if (g->is_deaf)
		listen_to(g, EPOLL_CTL_MOD);
	g->is_deaf = false;
	return false;
}

/* ---- turns ---- */

/* As many turns as this round has left; when there will be the next one, UINT64_MAX = nobody waits. */
static uint64_t take_turns(void)
{
	uint64_t now = now_ns(), wake = UINT64_MAX, when;
	unsigned int left = logs.nr_queued;
	bool has_more = false;
	struct guest_log *g;

	if (now - logs.round_ns >= ROUND_NS) {
		logs.round_ns = now;
		logs.nr_turns = 0;
	}
	while (left-- && logs.nr_turns < ROUND_TURNS) {
		g = logs.queue;
		dequeue(g);
		when = turns_when(&g->turns, now);
		if (when) {
			wake = when < wake ? when : wake;
			enqueue(g);
			continue;
		}
		logs.nr_turns++;
		if (turn(g)) {
			enqueue(g);
			has_more = true;
		}
	}
	if (logs.queue && logs.nr_turns >= ROUND_TURNS)
		return logs.round_ns + ROUND_NS;
	return has_more ? now : wake;
}

/* ---- messages ---- */

static struct message *next_message(void)
{
	struct message *m;

	pthread_mutex_lock(&logs.lock);
	m = logs.first;
	if (m) {
		logs.first = m->next;
		if (!logs.first)
			logs.end = &logs.first;
	}
	pthread_mutex_unlock(&logs.lock);
	return m;
}

static void take_messages(void)
{
	struct message *m;
	uint64_t count;

	/* Only resets it: EAGAIN says that it was. */
	if (read(logs.event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_line("eventfd: %s", strerror(errno));
	while ((m = next_message())) {
		if (m->kind == ADD)
			log_add(m);
		else if (m->kind == STOP)
			logs.is_stopping = true;
		else if (logs.guests[m->domid])
			log_finish(logs.guests[m->domid]);
		free(m);
	}
}

static int timeout_ms(uint64_t wake)
{
	uint64_t now;

	if (wake == UINT64_MAX)
		return -1;
	now = now_ns();
	return wake <= now ? 0 : (int)((wake - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void wait_for_events(uint64_t wake)
{
	struct epoll_event events[BATCH];
	struct guest_log *g;
	bool has_messages = false;
	int i, n;

	n = epoll_wait(logs.epoll_fd, events, BATCH, timeout_ms(wake));
	for (i = 0; i < n; i++) {
		g = events[i].data.ptr;
		if (!g) {
			has_messages = true;
			continue;
		}
		g->has_event = true;
		g->is_deaf = true;
		enqueue(g);
	}
	/* Behind them: they end guests that the events above are of. */
	if (has_messages)
		take_messages();
}

static void *log_main(void *arg)
{
	uint64_t wake = UINT64_MAX;
	uint32_t domid;

	(void)arg;
	while (!logs.is_stopping) {
		wait_for_events(wake);
		wake = take_turns();
		publish();
	}
	for (domid = 0; domid < NR_DOMIDS; domid++)
		if (logs.guests[domid])
			log_finish(logs.guests[domid]);
	logdir_fini(&logs.dir);
	return NULL;
}

/* ---- the loop's half ---- */

static int start_thread(void)
{
	sigset_t all, old;
	int rc;

	/* Signals are the loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&logs.thread, NULL, log_main, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = rc;
	return rc ? -1 : 0;
}

int logthread_start(struct chaosd *d)
{
	struct epoll_event e = { .events = EPOLLIN };

	if (logs.is_started)
		return 0;
	logs.end = &logs.first;
	logs.queue_end = &logs.queue;
	logs.dir.path = d->opts.log_dir;
	logs.dir.part_bytes = (uint64_t)d->opts.log_size_kib << 10;
	logs.dir.nr_kept = d->opts.log_keep;
	logs.dir.total_bytes = (uint64_t)d->opts.log_total_mib << 20;
	logs.dir.has_group = d->opts.has_group;
	logs.dir.group = d->opts.group;
	logs.dir.tell = tell;
	logdir_init(&logs.dir);
	logs.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	logs.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (logs.epoll_fd < 0 || logs.event_fd < 0 ||
	    epoll_ctl(logs.epoll_fd, EPOLL_CTL_ADD, logs.event_fd, &e) || start_thread()) {
		if (logs.epoll_fd >= 0)
			close(logs.epoll_fd);
		if (logs.event_fd >= 0)
			close(logs.event_fd);
		return -1;
	}
	logs.is_started = true;
	return 0;
}

static void post(struct message *m)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&logs.lock);
	logs.nr_held += m->kind == ADD;
	m->next = NULL;
	*logs.end = m;
	logs.end = &m->next;
	pthread_mutex_unlock(&logs.lock);
	/* Fails only when 2^64 - 2 messages are there already: the thread knows anyway. */
	if (write(logs.event_fd, &one, sizeof(one)) < 0)
		return;
}

static struct message *message_new(enum kind kind, uint32_t domid)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m) {
		log_line("out of memory: the log of domain %u is not %s", domid,
			 kind == ADD ? "kept" : "ended yet");
		return NULL;
	}
	m->kind = kind;
	m->domid = domid;
	return m;
}

int logthread_add(uint32_t domid, struct chaos_console *console, const struct log_subject *subject)
{
	struct message *m = message_new(ADD, domid);

	if (!m) {
		chaos_console_detach(console);
		return -1;
	}
	m->console = console;
	m->subject = *subject;
	post(m);
	return 0;
}

void logthread_end(uint32_t domid)
{
	struct message *m = message_new(END, domid);

	if (m)
		post(m);
}

unsigned int logthread_held(void)
{
	unsigned int n;

	pthread_mutex_lock(&logs.lock);
	n = logs.nr_held;
	pthread_mutex_unlock(&logs.lock);
	return n;
}

bool logthread_stop(void)
{
	struct message *m = logs.is_started ? message_new(STOP, 0) : NULL;
	struct timespec until;

	if (!m)
		return !logs.is_started;
	post(m);
	(void)clock_gettime(CLOCK_REALTIME, &until); /* cannot fail */
	until.tv_sec += STOP_S;
	return !pthread_timedjoin_np(logs.thread, NULL, &until);
}

void logthread_figures(struct log_figures *figures)
{
	pthread_mutex_lock(&logs.lock);
	*figures = logs.figures;
	pthread_mutex_unlock(&logs.lock);
}
