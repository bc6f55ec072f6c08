// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread that keeps guests' logs, among guests that never stop: one that says little loses nothing, and
 * all together take no more turns than there are.  Consoles are the test's: an eventfd, and what to say.
 */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logfile.h"
#include "logs.h"

enum {
	NR_FLOODS = 20,
	NR_STORMS = 4,
	NR = NR_FLOODS + NR_STORMS + 1,
	QUIET = NR - 1
};
#define NR_LINES 300U

struct chaos_console {
	int fd;
	unsigned int turns;
	bool is_detached;
	/* of the quiet one */
	char text[64 * NR_LINES];
	size_t used;
};

static struct chaos_console consoles[NR];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all of them */
static char top[] = "/tmp/chaos-logthread.XXXXXX";
static unsigned int nr_lines; /* of the daemon's log */

void log_line(const char *fmt, ...)
{
	(void)fmt;
	nr_lines++;
}

uint64_t now_ns(void)
{
	return chaos_now_ns();
}

static void signal_event(struct chaos_console *c)
{
	const uint64_t one = 1;

	assert_int_equal(write(c->fd, &one, sizeof(one)), sizeof(one));
}

int chaos_console_fd(const struct chaos_console *c)
{
	return c->fd;
}

int chaos_console_ack(struct chaos_console *c, struct chaos_error *err)
{
	uint64_t count;

	(void)err;
	assert_int_equal(read(c->fd, &count, sizeof(count)), sizeof(count));
	if (c - consoles >= NR_FLOODS && c - consoles < QUIET)
		signal_event(c); /* a storm: the next is there at once */
	return 0;
}

size_t chaos_console_peek(struct chaos_console *c, char *buf, size_t len)
{
	size_t n = 0;

	pthread_mutex_lock(&lock);
	c->turns++;
	if (c - consoles < NR_FLOODS) {
		for (n = 0; n < len; n++)
			buf[n] = n % 64 == 63 ? '\n' : 'x';
	} else if (c - consoles == QUIET) {
		n = c->used < len ? c->used : len;
		memcpy(buf, c->text, n);
	}
	pthread_mutex_unlock(&lock);
	return n;
}

void chaos_console_consume(struct chaos_console *c, size_t n)
{
	pthread_mutex_lock(&lock);
	if (c - consoles == QUIET) {
		memmove(c->text, c->text + n, c->used - n);
		c->used -= n;
	}
	pthread_mutex_unlock(&lock);
}

void chaos_console_detach(struct chaos_console *c)
{
	pthread_mutex_lock(&lock);
	c->is_detached = true;
	close(c->fd);
	pthread_mutex_unlock(&lock);
}

static void say(struct chaos_console *c, unsigned int line)
{
	pthread_mutex_lock(&lock);
	c->used += (size_t)sprintf(c->text + c->used, "line %u\n", line);
	signal_event(c);
	pthread_mutex_unlock(&lock);
}

static bool is_detached(const struct chaos_console *c)
{
	bool is;

	pthread_mutex_lock(&lock);
	is = c->is_detached;
	pthread_mutex_unlock(&lock);
	return is;
}

static unsigned int all_turns(void)
{
	unsigned int i, turns = 0;

	pthread_mutex_lock(&lock);
	for (i = 0; i < NR; i++)
		turns += consoles[i].turns;
	pthread_mutex_unlock(&lock);
	return turns;
}

static void add(unsigned int i)
{
	struct log_subject subject = { .serial = i + 1 };

	consoles[i].fd = eventfd(0, EFD_CLOEXEC);
	assert_true(consoles[i].fd >= 0);
	subject.uuid[0] = (uint8_t)i;
	if (i == QUIET)
		strcpy(subject.name, "quiet");
	else
		(void)snprintf(subject.name, sizeof(subject.name), "noisy%u", i);
	signal_event(&consoles[i]);
	assert_int_equal(logthread_add(i + 1, &consoles[i], &subject), 0);
	assert_in_range(logthread_held(), 1, i + 1);
}

static void check_quiet(void)
{
	FILE *f = fopen("quiet.log", "r");
	char line[256], wanted[32];
	unsigned int i;

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f)); /* the header */
	for (i = 0; i < NR_LINES; i++) {
		assert_non_null(fgets(line, sizeof(line), f));
		(void)snprintf(wanted, sizeof(wanted), " line %u\n", i);
		assert_string_equal(line + CHAOS_LOG_STAMP_LEN, wanted);
	}
	assert_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
}

static void floods_and_storms(void **state)
{
	static struct chaosd d;
	uint64_t begin, passed;
	struct log_figures figures;
	unsigned int i;

	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	d.opts.log_dir = top;
	d.opts.log_size_kib = 64;
	d.opts.log_keep = 3;
	d.opts.log_total_mib = 16;
	assert_int_equal(logthread_start(&d), 0);
	assert_int_equal(logthread_start(&d), 0); /* there is one */
	begin = now_ns();
	for (i = 0; i < NR; i++)
		add(i);
	for (i = 0; i < NR_LINES; i++) {
		say(&consoles[QUIET], i);
		(void)usleep(5000);
	}
	passed = now_ns() - begin;
	/* 32 in 10 ms, and of each the rest of a round at both ends. */
	assert_true(all_turns() <= (passed / 10000000 + 3) * 32);
	for (i = 0; i < NR_FLOODS; i++)
		assert_true(consoles[i].turns > 0);
	logthread_figures(&figures);
	assert_int_equal(figures.guests, NR);
	assert_true(figures.written > TURN_BURST);
	/* What it has said by then is its last words. */
	assert_int_equal(logthread_held(), NR);
	logthread_end(QUIET + 1);
	logthread_end(QUIET + 1); /* it is gone by then */
	for (i = 0; i < 200 && !is_detached(&consoles[QUIET]); i++)
		(void)usleep(10000);
	assert_true(is_detached(&consoles[QUIET]));
	for (i = 0; i < 200 && logthread_held() == NR; i++)
		(void)usleep(10000);
	assert_int_equal(logthread_held(), NR - 1);
	assert_true(logthread_stop());
	assert_int_equal(logthread_held(), 0);
	for (i = 0; i < NR; i++)
		assert_true(consoles[i].is_detached);
	assert_int_equal(nr_lines, 0);
	check_quiet();
	logthread_figures(&figures);
	assert_int_equal(figures.guests, 0);
	assert_int_equal(figures.lost, 0);
}

static int clean_up(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") || system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(floods_and_storms, clean_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
