// SPDX-License-Identifier: GPL-2.0-only
/*
 * What source and target of a migration say to each other: both ends in one process each, over a socket,
 * and faked ends that say something else.  Xen, the guest and the restore are faked: what is tried here
 * is who does what when, and that no end takes what is no message.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xenforeignmemory.h>

#include "migrate_receive.h"
#include "restore.h"
#include "save.h"
#include "shell.h"

#define FUZZ_ROUNDS 5000
#define GUEST	    "the guest's memory"

/* ---- what happened ---- */

static struct {
	bool is_suspended, is_marked, is_destroyed; /* the source's guest */
	unsigned int nr_resumed;
	bool is_prepared, is_complete, runs, is_discarded; /* the target's */
	uint8_t token[MIGRATE_ID_LEN];
	bool fails_prepare, fails_load, fails_copy, fails_suspend;
} world;
static pthread_mutex_t world_lock = PTHREAD_MUTEX_INITIALIZER;

#define SET(field, value)                          \
	do {                                       \
		pthread_mutex_lock(&world_lock);   \
		world.field = value;               \
		pthread_mutex_unlock(&world_lock); \
	} while (0)

/* ---- libchaos, faked: the source ---- */

int save_check(const struct chaos_dominfo *info, struct chaos_error *err)
{
	(void)info, (void)err;
	return 0;
}

int save_find_pages(struct chaos_ctx *ctx, uint32_t domid, uint64_t *ctrl_gfn, uint64_t *frame,
		    struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)err;
	*ctrl_gfn = 3;
	*frame = 9;
	return 0;
}

int save_size(struct chaos_ctx *ctx, uint32_t domid, uint64_t *nr_pages, struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)err;
	*nr_pages = 1024;
	return 0;
}

int save_config(struct chaos_ctx *ctx, const struct chaos_dominfo *info, uint64_t nr_pages,
		char **text, struct chaos_error *err)
{
	(void)ctx, (void)info, (void)err;
	assert_int_equal(nr_pages, 1024);
	*text = strdup("the configuration\n");
	return 0;
}

int migrate_check_disks(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)err;
	return 0;
}

int chaos_saved_disks_check(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_config *cfg,
			    struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)cfg, (void)err;
	return 0;
}

int chaos_suspend(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		  struct chaos_error *err)
{
	(void)ctx, (void)domid;
	assert_int_equal(timeout_ms, CHAOS_SUSPEND_TIMEOUT_MS);
	if (world.fails_suspend)
		return chaos_error_set(err, CHAOS_TIMEOUT, ETIMEDOUT, "it did not suspend");
	world.is_suspended = true;
	return 0;
}

int chaos_resume(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)err;
	assert_true(world.is_suspended);
	assert_false(world.is_destroyed);
	assert_false(world.is_marked);
	world.is_suspended = false;
	world.nr_resumed++;
	return 0;
}

int save_copy(struct chaos_ctx *ctx, const struct chaos_dominfo *info, int fd, const char *name,
	      const struct save_copy_opts *opts, uint64_t *bytes, struct chaos_error *err)
{
	(void)ctx, (void)info, (void)name, (void)opts;
	if (world.fails_copy)
		return chaos_error_set(err, CHAOS_GUEST, EINVAL, "it maps what it must not");
	*bytes = sizeof(GUEST);
	if (write(fd, GUEST, sizeof(GUEST)) == sizeof(GUEST))
		return 0;
	return chaos_error_set(err, CHAOS_FAILED, errno, "writing");
}

int save_mark(struct chaos_ctx *ctx, uint32_t domid, uint32_t state)
{
	(void)ctx, (void)domid;
	world.is_marked = state == NOXS_DOM_BUILDING;
	return 0;
}

int save_discard(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)err;
	assert_true(world.is_marked);
	world.is_destroyed = true;
	return 0;
}

/* ---- the target ---- */

static struct pv_guest guest;
static struct chaos_shell shell = { .domid = 7 };
static uint8_t pages[2 * 4096];
static uint64_t p2m[1024];

int restore_load_config(const struct chaos_config_source *src, const char *text,
			struct chaos_config **cfg, struct chaos_error *err)
{
	(void)err;
	assert_string_equal(text, "the configuration\n");
	assert_int_equal(src->nr_overrides, 2);
	assert_string_equal(src->overrides[1], "vif=[]");
	*cfg = calloc(1, sizeof(**cfg));
	return 0;
}

void chaos_config_free(struct chaos_config *cfg)
{
	free(cfg);
}

int chaos_shell_prepare(struct chaos_ctx *ctx, const struct chaos_config *cfg, const char *name,
			struct chaos_shell **out, struct chaos_timing *t, struct chaos_error *err)
{
	(void)ctx, (void)cfg, (void)name, (void)t;
	if (world.fails_prepare)
		return chaos_error_set(err, CHAOS_EXISTS, EEXIST, "its name is in use");
	guest.nr_pages = 1024;
	guest.p2m = p2m;
	shell.pv_guest = &guest;
	*out = &shell;
	SET(is_prepared, true);
	return 0;
}

xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
	(void)xch;
	return NULL;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t count,
			   const xen_pfn_t arr[], int err[])
{
	(void)fmem, (void)dom, (void)prot, (void)arr, (void)err;
	assert_int_equal(count, 2);
	return pages;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t count)
{
	(void)fmem, (void)addr, (void)count;
	return 0;
}

void pv_guest_write_grant(struct pv_guest *g, unsigned int ref, uint64_t pfn)
{
	(void)g;
	assert_int_equal(ref, CHAOS_GREF_CONTROL);
	assert_int_equal(pfn, 3);
}

int chaos_noxs_set_info(struct chaos_ctx *ctx, const struct noxs_set_info *info)
{
	(void)ctx;
	assert_int_equal(info->what, NOXS_SET_GEN_ID);
	memcpy(world.token, info->gen_id, sizeof(world.token));
	return 0;
}

int chaos_module_open(struct chaos_ctx *ctx, struct chaos_error *err)
{
	(void)ctx, (void)err;
	return 0;
}

int chaos_module_attach(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			const struct chaos_built *built, struct chaos_config *cfg,
			struct chaos_error *err)
{
	(void)ctx, (void)built, (void)cfg, (void)err;
	assert_int_equal(arg->ctrl_gfn, 3);
	return 0;
}

int chaos_module_detach(struct chaos_ctx *ctx, uint32_t domid)
{
	(void)ctx, (void)domid;
	return 0;
}

int chaos_module_subscribe(struct chaos_ctx *ctx, int fd, uint32_t domid)
{
	(void)ctx, (void)fd, (void)domid;
	return 0;
}

int chaos_module_wait(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		      bool (*is_wanted)(const struct noxs_ioc_event *event),
		      struct noxs_ioc_event *event)
{
	(void)ctx, (void)domid, (void)timeout_ms;
	memset(event, 0, sizeof(*event));
	event->type = NOXS_EVENT_READY;
	assert_true(is_wanted(event));
	return 1;
}

void chaos_event_convert(const struct noxs_ioc_event *in, struct chaos_event *out)
{
	assert_int_equal(in->type, NOXS_EVENT_READY);
	out->type = CHAOS_EVENT_READY;
}

int chaos_ready_verdict(const char *name, const struct chaos_event *event, struct chaos_error *err)
{
	(void)name, (void)err;
	return event->type == CHAOS_EVENT_READY;
}

int chaos_ready_timeout(const char *name, unsigned int timeout_ms, struct chaos_error *err)
{
	(void)name, (void)timeout_ms;
	return chaos_error_set(err, CHAOS_TIMEOUT, 0, "not ready");
}

int stream_reader_init(struct stream_reader *r, int fd, char **config, struct chaos_error *err)
{
	char text[sizeof(GUEST)];

	assert_true(r->is_connection);
	if (recv(fd, text, sizeof(text), MSG_WAITALL) != sizeof(text))
		return chaos_error_set(err, CHAOS_FAILED, ECONNRESET, "the connection ended");
	if (memcmp(text, GUEST, sizeof(text)))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "not a saved guest");
	r->header.ctrl_gfn = 3;
	*config = strdup("the configuration\n");
	return 0;
}

bool stream_reader_is_drained(const struct stream_reader *r)
{
	(void)r;
	return true;
}

void stream_reader_fini(struct stream_reader *r)
{
	(void)r;
}

int restore_fill(struct chaos_shell *s, const struct chaos_config *cfg,
		 struct stream_reader *reader, struct chaos_timing *t, struct chaos_error *err)
{
	(void)s, (void)cfg, (void)reader, (void)t;
	return world.fails_load ? chaos_error_set(err, CHAOS_CONFIG, EINVAL, "it is damaged") : 0;
}

int chaos_shell_identify(struct chaos_shell *s, struct chaos_ctx *ctx, struct chaos_config *cfg,
			 struct chaos_timing *t, struct chaos_error *err)
{
	(void)s, (void)ctx, (void)cfg, (void)t, (void)err;
	return 0;
}

int chaos_shell_commit(struct chaos_shell *s, struct chaos_error *err)
{
	int rc = 0;

	(void)s;
	pthread_mutex_lock(&world_lock);
	if (world.is_discarded)
		rc = chaos_error_set(err, CHAOS_NO_DOMAIN, ESRCH, "it went away");
	else
		world.is_complete = true;
	pthread_mutex_unlock(&world_lock);
	return rc;
}

int chaos_shell_run(struct chaos_shell *s, bool is_awaited, struct chaos_timing *t,
		    struct chaos_error *err)
{
	(void)s, (void)is_awaited, (void)t, (void)err;
	assert_true(world.is_complete);
	assert_false(world.is_discarded);
	SET(runs, true);
	return 0;
}

void chaos_shell_free(struct chaos_shell *s)
{
	(void)s;
}

void chaos_shell_discard(struct chaos_shell *s, struct chaos_ctx *ctx)
{
	(void)ctx;
	if (!s)
		return;
	assert_false(world.is_complete);
	SET(is_discarded, true);
}

void chaos_lap(uint64_t *last_ns, uint64_t *phase_ns)
{
	*phase_ns = *last_ns;
}

/* The answer, from the same world. */
void migrate_host_id(uint8_t id[MIGRATE_ID_LEN])
{
	memset(id, 0x42, MIGRATE_ID_LEN);
}

int migrate_answer(struct chaos_ctx *ctx, struct migrate_link *l, const struct migrate_query *query,
		   struct chaos_error *err)
{
	struct migrate_answer answer = { .verdict = MIGRATE_UNKNOWN };

	(void)ctx;
	migrate_host_id(answer.host);
	pthread_mutex_lock(&world_lock);
	if (!memcmp(query->token, world.token, sizeof(world.token)) && world.is_prepared) {
		answer.verdict = world.is_complete ? MIGRATE_IS_RUN : MIGRATE_STOPPED;
		world.is_discarded |= !world.is_complete;
	}
	pthread_mutex_unlock(&world_lock);
	return migrate_send(l, MIGRATE_ANSWER, &answer, sizeof(answer), err);
}

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

static void reset(void)
{
	memset(&world, 0, sizeof(world));
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
	reset();
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
	reset();
	world.fails_prepare = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_EXISTS);
	assert_string_equal(err.text, "the target: its name is in use");
	assert_false(world.is_suspended || world.nr_resumed);
	reset();
	world.fails_suspend = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_TIMEOUT);
	assert_true(world.is_discarded && !world.nr_resumed);
	reset();
	world.fails_copy = true;
	assert_int_equal(migrate(NO_CUT, NO_CUT, 8, &err), -CHAOS_GUEST);
	assert_string_equal(err.text, "it maps what it must not: it goes on here");
	assert_true(world.is_discarded && world.nr_resumed == 1);
	reset();
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
		reset();
		rc = migrate(up, NO_CUT, 8, &err);
		assert_one_copy();
		assert_int_equal(world.runs, !rc);
	}
	/* GO is the last thing that is said. */
	assert_in_range(up, 150, 400);
	for (down = 0; down < 800; down++) {
		reset();
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
	reset();
	assert_int_equal(migrate(NO_CUT, down, 1, &err), -CHAOS_IN_DOUBT);
	assert_non_null(strstr(err.text, "chaos unpause --force 5"));
	assert_true(world.is_suspended && world.is_marked && !world.is_destroyed && world.runs);
	assert_int_equal(world.nr_resumed, 0);
}

/* ---- ends that are none ---- */

static struct migrate_link link_to(int fd)
{
	return (struct migrate_link){ .in = fd, .out = fd, .cancel_fd = -1, .peer = "target" };
}

static int hello_of(const void *bytes, size_t len, struct chaos_error *err)
{
	struct migrate_link l;
	int fds[2], rc;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[1], bytes, len), len);
	shutdown(fds[1], SHUT_WR);
	l = link_to(fds[0]);
	rc = migrate_hello(&l, err);
	close(fds[0]);
	close(fds[1]);
	return rc;
}

static void hello(void **state)
{
	const struct migrate_hello good = {
		.magic = MIGRATE_MAGIC,
		.version = MIGRATE_VERSION,
		.arch = MIGRATE_ARCH_X86_64,
		.len = sizeof(good),
	};
	struct migrate_hello h = good;
	struct chaos_error err;
	size_t len;

	(void)state;
	assert_int_equal(hello_of(&good, sizeof(good), &err), 0);
	h.version++;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "install a newer one");
	h = good;
	h.arch = 7;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "another architecture");
	h = good;
	h.len = 32;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_int_equal(hello_of("Last login: today\n\033", 19, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "begins with \"Last login: today..\"");
	for (len = 0; len < sizeof(good); len++) {
		assert_int_equal(hello_of(&good, len, &err), -CHAOS_FAILED);
		assert_error(err, CHAOS_FAILED, "has ended");
	}
}

static uint64_t seed = 1;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (uint32_t)(seed >> 32);
}

/* Well-formed now and then, so that what lies behind is reached. */
static size_t make_garbage(uint8_t *to, size_t room)
{
	const struct migrate_hello good = {
		.magic = MIGRATE_MAGIC,
		.version = MIGRATE_VERSION,
		.arch = MIGRATE_ARCH_X86_64,
		.len = sizeof(good),
	};
	size_t n = sizeof(good), i, count = random32() % 6, len;
	struct migrate_head head;

	memcpy(to, &good, sizeof(good));
	for (; count; count--) {
		len = random32() % 4 ? (size_t[]){ 32, 32, 8, 24, 0, 16 }[random32() % 6] :
				       random32() % 600;
		head.type = random32() % 16 ? random32() % MIGRATE_NR_TYPES : random32();
		head.len = random32() % 16 ? (uint32_t)len : random32();
		if (n + sizeof(head) + len > room)
			break;
		memcpy(to + n, &head, sizeof(head));
		for (i = 0; i < len; i++)
			to[n + sizeof(head) + i] = random32() % 2 ? 0 : (uint8_t)random32();
		n += sizeof(head) + len;
	}
	if (random32() % 4 == 0)
		to[random32() % n] ^= (uint8_t)(1U << random32() % 8);
	return random32() % 4 ? n : random32() % (n + 1);
}

/* Whatever comes: an error, nothing that runs, and no crash (ASan is watching). */
static void fuzz_target(void **state)
{
	struct chaos_ctx ctx = { .cancel_fd = -1 };
	struct chaos_received received;
	struct chaos_config *made;
	struct chaos_error err;
	unsigned int i;
	uint8_t bytes[4096];
	int fds[2], rc;
	size_t len;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		reset();
		world.fails_prepare =
			true; /* its text is not the one restore_load_config() wants */
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		len = make_garbage(bytes, sizeof(bytes));
		assert_int_equal(write(fds[1], bytes, len), len);
		shutdown(fds[1], SHUT_WR);
		memset(&err, 0, sizeof(err));
		rc = chaos_migrate_receive(&ctx, fds[0], fds[0], &received, &made, &err);
		assert_null(made);
		assert_true(rc < 0 || received.has_answered);
		assert_true(rc >= 0 || (err.text[0] && !strchr(err.text, '\n')));
		assert_false(world.runs);
		close(fds[0]);
		close(fds[1]);
	}
}

static void fuzz_source(void **state)
{
	union migrate_body body;
	struct migrate_link l;
	struct chaos_error err;
	enum migrate_type type;
	unsigned int i;
	uint8_t bytes[4096];
	char *text;
	int fds[2];
	size_t len;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		len = make_garbage(bytes, sizeof(bytes));
		assert_int_equal(write(fds[1], bytes, len), len);
		shutdown(fds[1], SHUT_WR);
		l = link_to(fds[0]);
		memset(&err, 0, sizeof(err));
		if (!migrate_hello(&l, &err)) {
			while (!migrate_get(&l, random32(), 1000, &type, &body, &err))
				assert_in_range(type, 1, MIGRATE_NR_TYPES - 1);
			if (!migrate_get_text(&l, MIGRATE_CONFIG, &text, &len, &err)) {
				assert_true(strlen(text) <= len);
				free(text);
			}
		}
		assert_null(strchr(err.text, '\n'));
		close(fds[0]);
		close(fds[1]);
	}
}

/* Texts, and an error with whatever in it, which becomes one line. */
static void texts(void **state)
{
	struct migrate_error e = { .code = 99, .text = "two\nlines\033[1m" };
	static char large[MIGRATE_MAX_TEXT + 1];
	union migrate_body body;
	struct migrate_link a, b;
	struct chaos_error err;
	enum migrate_type type;
	int fds[2], size = 1 << 20;
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	a = link_to(fds[0]);
	b = link_to(fds[1]);
	assert_int_equal(migrate_send(&a, MIGRATE_CONFIG, "text", 4, &err), 0);
	assert_int_equal(migrate_get_text(&b, MIGRATE_CONFIG, &text, &len, &err), 0);
	assert_string_equal(text, "text");
	assert_int_equal(len, 4);
	free(text);
	assert_int_equal(migrate_send(&a, MIGRATE_ERROR, &e, sizeof(e), &err), 0);
	assert_int_equal(migrate_get(&b, 1U << MIGRATE_GO, 1000, &type, &body, &err),
			 -CHAOS_FAILED);
	assert_int_equal(type, MIGRATE_ERROR);
	assert_string_equal(err.text, "the target: two?lines?[1m");
	assert_int_equal(migrate_get(&b, 1U << MIGRATE_GO, 1, &type, &body, &err), -CHAOS_TIMEOUT);
	assert_int_equal(migrate_send(&a, MIGRATE_CONFIG, large, sizeof(large), &err), 0);
	assert_int_equal(migrate_get_text(&b, MIGRATE_CONFIG, &text, &len, &err), -CHAOS_FAILED);
	assert_error(err, CHAOS_FAILED, "not understood");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),	  cmocka_unit_test(refused),
		cmocka_unit_test(cut_everywhere), cmocka_unit_test(in_doubt),
		cmocka_unit_test(hello),	  cmocka_unit_test(texts),
		cmocka_unit_test(fuzz_target),	  cmocka_unit_test(fuzz_source),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
