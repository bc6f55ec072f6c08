// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The client's side of chaosd.  It reads the configuration's text, which is the caller's to read,
 * and nothing else: no Xen handle is opened, no library initialised.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/internal.h"
#include "client/protocol.h"

int chaos_client_open(const char *path, int *fd, struct chaos_error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int e, s;

	if (!path)
		path = CHAOSD_SOCKET;
	if (strlen(path) >= sizeof(addr.sun_path))
		return chaos_error_set(err, CHAOS_USAGE, ENAMETOOLONG, "%s: too long for a socket",
				       path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s < 0)
		return chaos_error_set(err, CHAOS_RESOURCES, errno, "no socket: %s",
				       strerror(errno));
	if (!connect(s, (struct sockaddr *)&addr, sizeof(addr))) {
		*fd = s;
		return 1;
	}
	e = errno;
	close(s);
	if (e == ENOENT || e == ECONNREFUSED)
		return 0;
	return chaos_error_set(err, chaos_code_of_errno(e), e, "cannot reach chaosd at %s: %s",
			       path, strerror(e));
}

static int lost(struct chaos_error *err)
{
	return chaos_error_set(
		err, CHAOS_FAILED, errno,
		"chaosd went away or refused this client: see its log ('journalctl -u chaosd'), and 'chaos list'");
}

/* One request and the strings behind it. */
static int send_request(int fd, struct chaosd_request *r, const char *const strings[3],
			struct chaos_error *err)
{
	struct iovec iov[4] = { { r, sizeof(*r) } };
	size_t size = sizeof(*r);
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = strings ? 4 : 1 };
	unsigned int i;

	for (i = 0; strings && i < 3; i++) {
		iov[i + 1].iov_base = (char *)strings[i];
		iov[i + 1].iov_len = strlen(strings[i]) + 1;
		size += iov[i + 1].iov_len;
	}
	if (size > CHAOSD_MAX_SIZE)
		return chaos_error_set(err, CHAOS_CONFIG, E2BIG,
				       "the configuration is too long for chaosd: use --no-daemon");
	if (strings) {
		r->cwd_len = (uint32_t)iov[1].iov_len;
		r->path_len = (uint32_t)iov[2].iov_len;
		r->text_len = (uint32_t)iov[3].iov_len;
	}
	r->header.size = (uint32_t)size;
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)size)
		return 0;
	return lost(err);
}

/* A reply's length is at most this, but for TEXT, whose buffer its reader makes. */
union reply {
	struct chaosd_header header;
	struct chaosd_text text;
	struct chaosd_created created;
	struct chaosd_pool pool;
};

/* Read one reply; an ERROR becomes the error. */
static int read_reply(int fd, void *buf, size_t room, ssize_t *size, struct chaos_error *err)
{
	const struct chaosd_header *header = buf;
	const struct chaosd_text *text = buf;

	do {
		*size = recv(fd, buf, room, 0);
	} while (*size < 0 && errno == EINTR);
	if (*size <= 0)
		return lost(err);
	if (!chaosd_reply_check(buf, (size_t)*size))
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, EPROTO,
			"chaosd speaks another version: restart it (systemctl restart chaosd)");
	if (header->type == CHAOSD_ERROR)
		return chaos_error_set(err, (enum chaos_code)text->code, text->os_errno, "%s",
				       text->text);
	return 0;
}

static int request_config(int fd, struct chaosd_request *r, const struct chaos_config_source *src,
			  struct chaos_error *err)
{
	const char *strings[3];
	size_t len, file_len;
	char *text = NULL;
	char cwd[4096];
	int rc;

	if (!getcwd(cwd, sizeof(cwd)))
		return chaos_error_set(err, CHAOS_FAILED, errno,
				       "cannot tell the current directory: %s", strerror(errno));
	rc = chaos_cfgtext_load(src, &text, &len, &file_len, err);
	if (!rc) {
		strings[0] = cwd;
		strings[1] = src->path;
		strings[2] = text;
		if (src->strict)
			r->flags |= CHAOSD_STRICT;
		rc = send_request(fd, r, strings, err);
	}
	free(text);
	return rc;
}

static int take_created(const struct chaosd_created *reply, struct chaos_created *out,
			struct chaos_config **made, struct chaos_error *err)
{
	struct chaos_config *cfg = calloc(1, sizeof(*cfg));

	if (!cfg)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	memset(out, 0, sizeof(*out));
	out->domid = reply->domid;
	out->is_ready = reply->is_ready;
	out->timing = reply->timing;
	memcpy(cfg->name, reply->name, sizeof(cfg->name));
	memcpy(cfg->uuid, reply->uuid, sizeof(cfg->uuid));
	cfg->nr_vifs = reply->nr_vifs;
	memcpy(cfg->vifs, reply->vifs, sizeof(cfg->vifs));
	*made = cfg;
	return 0;
}

/* Warnings on the way are passed on; the last reply is in *reply. */
static int last_reply(int fd, union reply *reply, const struct chaos_config_source *src,
		      struct chaos_error *err)
{
	ssize_t size;
	int rc;

	do {
		rc = read_reply(fd, reply, sizeof(*reply), &size, err);
		if (!rc && reply->header.type == CHAOSD_WARNING && src->warn)
			src->warn(src->opaque, reply->text.text);
	} while (!rc && reply->header.type == CHAOSD_WARNING);
	return rc;
}

int chaos_client_create(int fd, const struct chaos_config_source *src,
			const struct chaos_create_opts *opts, struct chaos_created *out,
			struct chaos_config **made, struct chaos_error *err)
{
	struct chaosd_request r = {
		.flags = (opts->no_wait ? CHAOSD_NO_WAIT : 0U) |
			 (opts->paused ? CHAOSD_PAUSED : 0U),
		.number = opts->timeout_ms,
	};
	union reply reply;
	int rc;

	chaosd_header_init(&r.header, CHAOSD_CREATE, sizeof(r));
	rc = request_config(fd, &r, src, err);
	if (!rc)
		rc = last_reply(fd, &reply, src, err);
	if (rc)
		return rc;
	if (reply.header.type != CHAOSD_CREATED)
		return lost(err);
	return take_created(&reply.created, out, made, err);
}

static int set_pool(struct chaosd_request *r, const char *name, struct chaos_error *err)
{
	if (name && strlen(name) >= sizeof(r->pool))
		return chaos_error_set(err, CHAOS_USAGE, ENAMETOOLONG,
				       "pool \"%s\": a name has at most %zu bytes", name,
				       sizeof(r->pool) - 1);
	if (name)
		memcpy(r->pool, name, strlen(name));
	if (name && !*name)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL, "a pool needs a name");
	return 0;
}

int chaos_client_pool_add(int fd, const char *name, unsigned int size, bool is_imageless,
			  const struct chaos_config_source *src, struct chaos_error *err)
{
	struct chaosd_request r = {
		.number = size,
		.flags = is_imageless ? CHAOSD_IMAGELESS : 0U,
	};
	union reply reply;
	int rc;

	chaosd_header_init(&r.header, CHAOSD_POOL_ADD, sizeof(r));
	rc = set_pool(&r, name, err);
	if (!rc)
		rc = request_config(fd, &r, src, err);
	if (!rc)
		rc = last_reply(fd, &reply, src, err);
	return rc;
}

int chaos_client_pool(int fd, enum chaos_pool_verb verb, const char *name, unsigned int size,
		      void (*tell)(void *opaque, const struct chaos_pool *pool), void *opaque,
		      struct chaos_error *err)
{
	static const uint16_t types[] = {
		[CHAOS_POOL_LIST] = CHAOSD_POOL_LIST,	[CHAOS_POOL_RESIZE] = CHAOSD_POOL_RESIZE,
		[CHAOS_POOL_DRAIN] = CHAOSD_POOL_DRAIN, [CHAOS_POOL_REMOVE] = CHAOSD_POOL_REMOVE,
		[CHAOS_POOL_PREPARE] = CHAOSD_PREPARE,
	};
	struct chaosd_request r = { .number = size };
	union reply reply;
	ssize_t len;
	int rc;

	chaosd_header_init(&r.header, types[verb], sizeof(r));
	rc = set_pool(&r, name, err);
	if (!rc)
		rc = send_request(fd, &r, NULL, err);
	while (!rc) {
		rc = read_reply(fd, &reply, sizeof(reply), &len, err);
		if (rc || reply.header.type == CHAOSD_DONE)
			break;
		if (reply.header.type == CHAOSD_POOL)
			tell(opaque, &reply.pool.pool);
	}
	return rc;
}

int chaos_client_metrics(int fd, char **text, struct chaos_error *err)
{
	struct chaosd_request r = { 0 };
	char *buf = malloc(CHAOSD_MAX_SIZE + 1);
	const size_t head = sizeof(struct chaosd_header);
	ssize_t size = 0;
	int rc;

	if (!buf)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	chaosd_header_init(&r.header, CHAOSD_METRICS, sizeof(r));
	rc = send_request(fd, &r, NULL, err);
	if (!rc)
		rc = read_reply(fd, buf, CHAOSD_MAX_SIZE, &size, err);
	if (rc) {
		free(buf);
		return rc;
	}
	memmove(buf, buf + head, (size_t)size - head);
	buf[(size_t)size - head] = '\0';
	*text = buf;
	return 0;
}
