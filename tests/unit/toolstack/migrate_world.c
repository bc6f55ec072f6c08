// SPDX-License-Identifier: GPL-2.0-only
/* What migrate.c and migrate_receive.c call of libchaos, over a world.  See migrate_world.h. */
#include "migrate_world.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xenforeignmemory.h>

#include "save/restore.h"
#include "save/save.h"
#include "build/shell.h"

#define GUEST "the guest's memory"

struct world world;
static pthread_mutex_t world_lock = PTHREAD_MUTEX_INITIALIZER;

#define SET(field, value)                          \
	do {                                       \
		pthread_mutex_lock(&world_lock);   \
		world.field = value;               \
		pthread_mutex_unlock(&world_lock); \
	} while (0)

/* ---- the source ---- */

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

int chaos_saved_disks_check(struct chaos_ctx *ctx, uint32_t domid,
			    const struct chaos_dev_plan *plan, struct chaos_error *err)
{
	(void)ctx, (void)domid, (void)plan, (void)err;
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
	(void)ctx, (void)info, (void)name;
	assert_true(opts->end_ns > chaos_now_ns());
	if (world.is_late)
		return chaos_error_set(err, CHAOS_FAILED, ETIME, "writing");
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
static struct chaos_plan plan;
static struct chaos_shell shell = { .domid = 7, .plan = &plan };
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

int chaos_shell_make(struct chaos_ctx *ctx, struct chaos_config *cfg, const char *name,
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
			struct chaos_dev_plan *devices, struct chaos_error *err)
{
	(void)ctx, (void)devices, (void)err;
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

int restore_fill(struct chaos_shell *s, struct stream_reader *reader, struct chaos_timing *t,
		 struct chaos_error *err)
{
	(void)s, (void)reader, (void)t;
	return world.fails_load ? chaos_error_set(err, CHAOS_CONFIG, EINVAL, "it is damaged") : 0;
}

int chaos_shell_attach(struct chaos_shell *s, struct chaos_timing *t, struct chaos_error *err)
{
	(void)s, (void)t, (void)err;
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
