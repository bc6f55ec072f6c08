// SPDX-License-Identifier: GPL-2.0-only
/*
 * What source and target of a migration do when: both ends in one process, over a socket that may be cut
 * anywhere, in a world that is faked.
 */
#include "migrate_world.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the connection ---- */

/* Cut after so many bytes, counted over both ends' writes in one direction; or not. */
#define NO_CUT SIZE_MAX
static struct {
	size_t up, down; /* to be passed on */
	unsigned int nr_connections, max_connections;
	pthread_t threads[8];
	unsigned int nr_threads;
} net;

struct pump {
	int source, target;
	size_t up, down;
};

static bool pass(int from, int to, size_t *left)
{
	char buf[512];
	ssize_t n = read(from, buf, *left < sizeof(buf) ? *left : sizeof(buf));

	if (n <= 0 || send(to, buf, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	if (*left != NO_CUT)
		*left -= (size_t)n;
	return *left;
}

static void *pump_run(void *arg)
{
	struct pump *p = arg;
	struct pollfd pfd[2] = { { p->source, POLLIN, 0 }, { p->target, POLLIN, 0 } };
	bool goes_on = p->up && p->down;

	while (goes_on && poll(pfd, 2, -1) > 0) {
		if (pfd[0].revents)
			goes_on = pass(p->source, p->target, &p->up);
		if (goes_on && pfd[1].revents)
			goes_on = pass(p->target, p->source, &p->down);
	}
	close(p->source);
	close(p->target);
	free(p);
	return NULL;
}

static void *target_run(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct chaos_ctx ctx = { .cancel_fd = -1 };
	struct chaos_received received;
	struct chaos_config *made;
	struct chaos_error err;

	(void)chaos_migrate_receive(&ctx, fd, fd, &received, &made, &err);
	chaos_config_free(made);
	close(fd);
	return NULL;
}

static void start(void *(*run)(void *), void *arg)
{
	assert_int_equal(pthread_create(&net.threads[net.nr_threads++], NULL, run, arg), 0);
}

static int net_connect(void *opaque, struct chaos_error *err)
{
	struct pump *p;
	int a[2], b[2];

	(void)opaque;
	if (net.nr_connections == net.max_connections)
		return chaos_error_set(err, CHAOS_ENVIRONMENT, ECONNREFUSED, "refused");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	p = malloc(sizeof(*p));
	*p = (struct pump){ a[1], b[0], NO_CUT, NO_CUT };
	if (!net.nr_connections++) {
		p->up = net.up;
		p->down = net.down;
	}
	start(target_run, (void *)(intptr_t)b[1]);
	start(pump_run, p);
	return a[0];
}

static void net_disconnect(void *opaque, int fd)
{
	(void)opaque;
	close(fd);
}

/* A migration through it; the world tells what has become of it. */
static int migrate(size_t up, size_t down, unsigned int connections, struct chaos_error *err)
{
	static const char *const overrides[] = { "name=other", "vif=[]" };
	const struct chaos_migrate_opts opts = { .overrides = overrides, .nr_overrides = 2 };
	const struct chaos_peer peer = {
		.connect = net_connect,
		.disconnect = net_disconnect,
		.is_once = connections == 1,
		.name = "there",
	};
	const struct chaos_dominfo info = { .domid = 5, .name = "one" };
	struct chaos_ctx ctx = { .cancel_fd = -1 };
	struct chaos_migrated out;
	int rc;

	memset(&net, 0, sizeof(net));
	net.up = up;
	net.down = down;
	net.max_connections = connections;
	memset(err, 0, sizeof(*err));
	rc = chaos_domain_migrate(&ctx, &info, &peer, &opts, &out, err);
	while (net.nr_threads)
		pthread_join(net.threads[--net.nr_threads], NULL);
	return rc;
}

static void assert_one_copy(void)
{
	bool here = !world.is_suspended && !world.is_destroyed, there = world.runs;

	assert_int_not_equal(here, there);
	assert_int_not_equal(world.is_complete, here);
}

/* ---- tests ---- */

static void whole(void **state)
{
	struct chaos_error err;

	(void)state;
	world_reset();
	if (migrate(NO_CUT, NO_CUT, 8, &err))
		fail_msg("%s", err.text);
	assert_true(world.is_destroyed && world.runs);
	assert_int_equal(world.nr_resumed, 0);
	assert_int_equal(net.nr_connections, 1);
}

static void refused(void **state)
{
	struct chaos_error err;

	(void)state;
	world_reset();
	world.fails_prepare = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_EXISTS);
	assert_string_equal(err.text, "the target: its name is in use");
	assert_false(world.is_suspended || world.nr_resumed);
	world_reset();
	world.fails_suspend = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_TIMEOUT);
	assert_true(world.is_discarded && !world.nr_resumed);
	world_reset();
	world.fails_copy = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_GUEST);
	assert_string_equal(err.text, "it maps what it must not: it goes on here");
	assert_true(world.is_discarded && world.nr_resumed == 1);
	world_reset();
	world.is_late = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_TIMEOUT);
	assert_string_equal(
		err.text,
		"there has not taken all of the guest in 3600 s: allow more (--transfer-timeout), or use a faster connection: it goes on here");
	assert_true(world.is_discarded && world.nr_resumed == 1);
	world_reset();
	world.fails_load = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_CONFIG);
	assert_string_equal(err.text, "the target: it is damaged: it goes on here");
	assert_one_copy();
}

/* At every byte, either way: there is one copy, and the source knows where. */
static void cut_everywhere(void **state)
{
	struct chaos_error err;
	size_t up, down;
	int rc;

	(void)state;
	for (up = 0, rc = -1; rc; up++) {
		world_reset();
		rc = migrate(up, NO_CUT, 8, &err);
		assert_one_copy();
		assert_int_equal(world.runs, !rc);
	}
	/* GO is the last thing that is said. */
	assert_in_range(up, 150, 400);
	for (down = 0; down < 800; down++) {
		world_reset();
		rc = migrate(NO_CUT, down, 8, &err);
		assert_one_copy();
		assert_int_equal(world.runs, !rc);
	}
}

/* With GO on its way and nobody to ask: still, marked, and the error says so. */
static void in_doubt(void **state)
{
	/* hello, READY and LOADED, with their heads; and not RUNS */
	const size_t down = sizeof(struct migrate_hello) + sizeof(struct migrate_ready) +
			    2 * sizeof(struct migrate_head) + 1;
	struct chaos_error err;

	(void)state;
	world_reset();
	assert_int_equal(migrate(NO_CUT, down, 1, &err), -CHAOS_IN_DOUBT);
	assert_non_null(strstr(err.text, "chaos unpause --force 5"));
	assert_true(world.is_suspended && world.is_marked && !world.is_destroyed && world.runs);
	assert_int_equal(world.nr_resumed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(refused),
		cmocka_unit_test(cut_everywhere),
		cmocka_unit_test(in_doubt),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
