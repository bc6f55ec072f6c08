// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The source of a migration.  migrate_proto.h says what is said, docs/architecture.md why there is
 * one guest that runs, whatever is cut or killed, and when.
 *
 *   what ends before GO is sent       the guest is resumed here
 *   ERROR after GO                    the same: the target has undone it
 *   no answer after GO                the target is asked through new connections
 *     it runs there                   the guest here is destroyed
 *     it does not, and never will     it is resumed here
 *     no answer to that either        it stays suspended, and marked
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/migrate_proto.h"
#include "save/save.h"

/* When the target is asked a second time, and then after twice as long each time; and to the end. */
#define QUERY_FIRST_MS	 250U
#define QUERY_TOTAL_MS	 10000U
/* The target's own limit is CHAOS_READY_TIMEOUT_MS. */
#define ENDED_TIMEOUT_MS (CHAOS_READY_TIMEOUT_MS + MIGRATE_STEP_MS)

struct migration {
	struct chaos_ctx *ctx;
	const struct chaos_dominfo *info;
	const struct chaos_peer *peer;
	const struct chaos_migrate_opts *opts;
	struct chaos_migrated *out;
	struct chaos_error *err;
	struct migrate_link link;
	uint8_t token[MIGRATE_ID_LEN];
	uint8_t host[MIGRATE_ID_LEN]; /* the target's */
	uint64_t last_ns;
};

static void lap(struct migration *m, uint64_t *phase_ns)
{
	uint64_t now = chaos_now_ns();

	*phase_ns = now - m->last_ns;
	m->last_ns = now;
}

/* What becomes of the guest, behind what has happened. */
static void add_fate(const struct migration *m, const char *fate)
{
	size_t len = strlen(m->err->text);

	(void)snprintf(m->err->text + len, sizeof(m->err->text) - len, ": %s", fate);
}

/* ---- connection ---- */

static int link_open(struct migration *m, int cancel_fd)
{
	int fd = m->peer->connect(m->peer->opaque, m->err), flags;

	if (fd < 0)
		return fd;
	m->link = (struct migrate_link){
		.in = fd,
		.out = fd,
		.cancel_fd = cancel_fd,
		.peer = "target",
	};
	/* It must not be able to hold us up. */
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return chaos_error_set(m->err, CHAOS_FAILED, errno, "the connection to %s: %s",
				       m->peer->name, strerror(errno));
	return migrate_hello(&m->link, m->err);
}

static void link_close(struct migration *m)
{
	if (m->link.in >= 0)
		m->peer->disconnect(m->peer->opaque, m->link.in);
	m->link.in = -1;
}

/* ---- before the guest is stopped ---- */

static int join_overrides(const struct chaos_migrate_opts *opts, char **text, size_t *len,
			  struct chaos_error *err)
{
	unsigned int i;
	size_t n, room = 1;

	*len = 0;
	for (i = 0; i < opts->nr_overrides; i++)
		room += strlen(opts->overrides[i]) + 1;
	if (room > MIGRATE_MAX_TEXT)
		return chaos_error_set(err, CHAOS_USAGE, E2BIG, "the settings are too long");
	*text = malloc(room);
	if (!*text)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	for (i = 0; i < opts->nr_overrides; i++) {
		n = strlen(opts->overrides[i]) + 1;
		memcpy(*text + *len, opts->overrides[i], n);
		*len += n;
	}
	return 0;
}

static int send_config(struct migration *m, const char *config)
{
	char *overrides;
	size_t len;
	int rc;

	rc = join_overrides(m->opts, &overrides, &len, m->err);
	if (rc)
		return rc;
	rc = migrate_send(&m->link, MIGRATE_CONFIG, config, strlen(config), m->err);
	if (!rc)
		rc = migrate_send(&m->link, MIGRATE_OVERRIDES, overrides, len, m->err);
	free(overrides);
	return rc;
}

/* The target makes a domain for what it is now; what comes later has to be the same. */
static int prepare(struct migration *m)
{
	struct migrate_prepare prepare = { .suspend_ms = m->opts->timeout_ms };
	uint32_t domid = m->info->domid;
	union migrate_body body;
	uint64_t nr_pages, frame;
	char *config;
	int rc;

	memcpy(prepare.token, m->token, sizeof(prepare.token));
	rc = save_find_pages(m->ctx, domid, &prepare.ctrl_gfn, &frame, m->err);
	if (!rc)
		rc = save_size(m->ctx, domid, &nr_pages, m->err);
	if (!rc)
		rc = save_config(m->ctx, m->info, nr_pages, &config, m->err);
	if (rc)
		return rc;
	rc = migrate_send(&m->link, MIGRATE_PREPARE, &prepare, sizeof(prepare), m->err);
	if (!rc)
		rc = send_config(m, config);
	free(config);
	if (!rc)
		rc = migrate_get(&m->link, 1U << MIGRATE_READY, MIGRATE_STEP_MS, NULL, &body,
				 m->err);
	if (rc)
		return rc;
	memcpy(m->host, body.ready.host, sizeof(m->host));
	m->out->domid = body.ready.domid;
	return 0;
}

/* ---- while it is stopped ---- */

static int send_guest(struct migration *m)
{
	const struct save_copy_opts how = {
		.cancel_fd = m->ctx->cancel_fd,
		.end_ns = chaos_now_ns() + m->opts->transfer_ms * 1000000ULL,
		.progress = m->opts->progress,
		.opaque = m->opts->opaque,
	};
	union migrate_body body;
	struct chaos_error theirs;
	int rc, theirs_rc;

	rc = migrate_send(&m->link, MIGRATE_STREAM, NULL, 0, m->err);
	if (!rc)
		rc = save_copy(m->ctx, m->info, m->link.out, m->peer->name, &how, &m->out->bytes,
			       m->err);
	if (!rc)
		return migrate_get(&m->link, 1U << MIGRATE_LOADED, MIGRATE_STEP_MS, NULL, &body,
				   m->err);
	if (m->err->os_errno == ETIME)
		return chaos_error_set(
			m->err, CHAOS_TIMEOUT, ETIME,
			"%s has not taken all of the guest in %u s: allow more (--transfer-timeout), or use a faster connection",
			m->peer->name, m->opts->transfer_ms / 1000);
	if (m->err->os_errno != EPIPE && m->err->os_errno != ECONNRESET)
		return rc;
	/* It does not read on, and may have said why. */
	theirs_rc = migrate_get(&m->link, 0, MIGRATE_LAST_WORDS_MS, NULL, &body, &theirs);
	if (theirs_rc && theirs.os_errno != ECONNRESET) {
		*m->err = theirs;
		return theirs_rc;
	}
	return chaos_error_set(m->err, CHAOS_FAILED, ECONNRESET,
			       "the connection to the target has ended");
}

/* ---- whose it is ---- */

enum fate {
	IS_HERE,
	IS_THERE,
	IS_IN_DOUBT,
};

static int ask(struct migration *m, enum migrate_verdict *verdict)
{
	struct migrate_query query;
	union migrate_body body;
	int rc;

	memcpy(query.token, m->token, sizeof(query.token));
	rc = link_open(m, -1);
	if (!rc)
		rc = migrate_send(&m->link, MIGRATE_QUERY, &query, sizeof(query), m->err);
	if (!rc)
		rc = migrate_get(&m->link, 1U << MIGRATE_ANSWER, MIGRATE_STEP_MS, NULL, &body,
				 m->err);
	link_close(m);
	if (rc)
		return rc;
	/* Another machine, or another life of it, does not know. */
	if (memcmp(body.answer.host, m->host, sizeof(m->host)))
		return chaos_error_set(m->err, CHAOS_FAILED, EPROTO,
				       "%s is another machine now, or was booted again",
				       m->peer->name);
	*verdict = body.answer.verdict;
	return 0;
}

static enum fate find_out(struct migration *m)
{
	uint64_t end_ns = chaos_now_ns() + QUERY_TOTAL_MS * 1000000ULL;
	unsigned int ms = QUERY_FIRST_MS;
	enum migrate_verdict verdict = MIGRATE_UNKNOWN;

	while (!m->peer->is_once) {
		if (!ask(m, &verdict))
			return verdict == MIGRATE_IS_RUN ? IS_THERE : IS_HERE;
		if (chaos_now_ns() + ms * 1000000ULL > end_ns)
			break;
		(void)poll(NULL, 0, (int)ms); /* being woken early does no harm */
		ms *= 2;
	}
	return IS_IN_DOUBT;
}

/*
 * From here on the guest may be the target's.  A message that could not be sent has not arrived: what
 * is cut short is no message.
 */
static enum fate hand_over(struct migration *m)
{
	struct migrate_link *l = &m->link;
	union migrate_body body;
	struct chaos_error lost;
	enum migrate_type type;

	l->cancel_fd = -1;
	if (save_mark(m->ctx, m->info->domid, NOXS_DOM_BUILDING)) {
		(void)chaos_error_set(m->err, chaos_code_of_errno(errno), errno,
				      "cannot mark domain %u: %s", m->info->domid, strerror(errno));
		return IS_HERE;
	}
	if (migrate_send(l, MIGRATE_GO, NULL, 0, m->err))
		return IS_HERE;
	type = MIGRATE_NR_TYPES;
	if (!migrate_get(l, 1U << MIGRATE_RUNS, MIGRATE_STEP_MS, &type, &body, &lost))
		return IS_THERE;
	*m->err = lost;
	if (type == MIGRATE_ERROR)
		return IS_HERE;
	link_close(m); /* nothing that still comes there is heard any more */
	return find_out(m);
}

/* ---- ends ---- */

static int resume(struct migration *m, int rc)
{
	uint32_t domid = m->info->domid;
	struct chaos_error second;
	int stuck = 0;

	if (save_mark(m->ctx, domid, NOXS_DOM_COMPLETE))
		stuck = chaos_error_set(&second, chaos_code_of_errno(errno), errno,
					"domain %u is suspended and cannot be unmarked: %s", domid,
					strerror(errno));
	if (!stuck)
		stuck = chaos_resume(m->ctx, domid, &second);
	if (stuck) {
		*m->err = second;
		return stuck;
	}
	add_fate(m, "it goes on here");
	return rc;
}

static int leave_in_doubt(struct migration *m)
{
	const struct chaos_dominfo *info = m->info;

	return chaos_error_set(
		m->err, CHAOS_IN_DOUBT, ECONNRESET,
		"domain %u (\"%s\") is suspended here and may run on %s, which was told to run it and cannot be asked: see 'chaos list' there; if domain %u runs there, 'chaos destroy %u' here; if not, destroy it there, and 'chaos unpause --force %u' here",
		info->domid, info->name, m->peer->name, m->out->domid, info->domid, info->domid);
}

/* It runs there: whatever fails now, it is not let go on here. */
static int finish(struct migration *m)
{
	union migrate_body body;
	int rc;

	rc = save_discard(m->ctx, m->info->domid, m->err);
	lap(m, &m->out->end_ns);
	if (rc) {
		add_fate(m, "it runs on the target; 'chaos destroy' what is left here");
		return rc;
	}
	m->link.cancel_fd = m->ctx->cancel_fd;
	/* Without a connection it is not known whether it is ready; it runs. */
	if (m->link.in < 0 ||
	    migrate_get(&m->link, 1U << MIGRATE_ENDED, ENDED_TIMEOUT_MS, NULL, &body, NULL))
		return 0;
	m->out->load_ns = body.ended.load_ns;
	m->out->devices_ns = body.ended.devices_ns;
	m->out->ready_ns = body.ended.ready_ns;
	if (!body.ended.code)
		return 0;
	return chaos_error_set(m->err, body.ended.code, 0, "it has been migrated, but %s",
			       body.ended.text);
}

static int migrate_suspended(struct migration *m)
{
	uint64_t stopped_ns = m->last_ns;
	enum fate fate;
	int rc;

	rc = send_guest(m);
	lap(m, &m->out->transfer_ns);
	if (rc)
		return resume(m, rc);
	fate = hand_over(m);
	lap(m, &m->out->switch_ns);
	m->out->stop_ns = m->last_ns - stopped_ns;
	if (fate == IS_THERE)
		return finish(m);
	if (fate == IS_IN_DOUBT)
		return leave_in_doubt(m);
	return resume(m, -(int)m->err->code);
}

static int migrate(struct migration *m)
{
	unsigned int timeout_ms = m->opts->timeout_ms;
	int rc;

	rc = link_open(m, m->ctx->cancel_fd);
	if (!rc)
		rc = prepare(m);
	lap(m, &m->out->prepare_ns);
	if (rc)
		return rc;
	rc = chaos_suspend(m->ctx, m->info->domid, timeout_ms, m->err);
	lap(m, &m->out->suspend_ns);
	return rc ? rc : migrate_suspended(m);
}

int chaos_domain_migrate(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
			 const struct chaos_peer *peer, const struct chaos_migrate_opts *opts,
			 struct chaos_migrated *out, struct chaos_error *err)
{
	struct chaos_migrate_opts with_default = *opts;
	struct chaos_error own;
	struct migration m = {
		.ctx = ctx,
		.info = info,
		.peer = peer,
		.opts = &with_default,
		.out = out,
		.err = err ? err : &own, /* what to do is decided by it */
		.link = { .in = -1 },
	};
	uint64_t start_ns = chaos_now_ns();
	int rc;

	memset(out, 0, sizeof(*out));
	m.last_ns = start_ns;
	if (!with_default.timeout_ms)
		with_default.timeout_ms = CHAOS_SUSPEND_TIMEOUT_MS;
	if (!with_default.transfer_ms)
		with_default.transfer_ms = CHAOS_TRANSFER_TIMEOUT_MS;
	rc = save_check(info, m.err);
	if (!rc && chaos_random(m.token, sizeof(m.token)))
		rc = chaos_error_set(m.err, CHAOS_FAILED, errno, "no random numbers: %s",
				     strerror(errno));
	if (!rc)
		rc = chaos_module_open(ctx, m.err);
	if (!rc)
		rc = migrate_check_disks(ctx, info->domid, m.err);
	if (!rc)
		rc = migrate(&m);
	link_close(&m);
	out->total_ns = chaos_now_ns() - start_ns;
	return rc;
}
