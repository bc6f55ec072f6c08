// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection each.  A client that sends what is no request, sends a second one before the
 * first is answered, does not read, or says nothing for long is dropped; nobody else notices.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chaosd.h"

#define IDLE_NS	   (30 * NS_PER_S)
#define MAX_GROUPS 256

struct client {
	struct source source; /* first: what the loop hands back */
	struct client *next, **prev;
	struct creation *creation; /* waited for */
	struct pool *pool;	   /* watched */
	uint64_t active_ns;
	const char *broken; /* why it is to be dropped, as soon as nobody works on it */
};

bool client_is_allowed(const struct chaosd *d, int fd)
{
	socklen_t size = sizeof(struct ucred);
	gid_t groups[MAX_GROUPS];
	struct ucred peer;
	size_t i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return false;
	if (peer.uid == 0)
		return true;
	if (d->opts.has_group && peer.gid == d->opts.group)
		return true;
	size = sizeof(groups);
	if (d->opts.has_group && !getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
		for (i = 0; i < size / sizeof(groups[0]); i++)
			if (groups[i] == d->opts.group)
				return true;
	if (log_allows(now_ns()))
		log_line("process %d of user %u may not use this daemon", (int)peer.pid, peer.uid);
	return false;
}

static void client_drop(struct chaosd *d, struct client *client, const char *why)
{
	if (why) {
		if (log_allows(now_ns()))
			log_line("a client is dropped: %s", why);
		d->metrics.clients_dropped++;
	}
	if (client->creation)
		creation_cancel(d, client->creation);
	if (client->pool)
		pool_unwatch(client->pool);
	loop_remove(d, &client->source);
	close(client->source.fd);
	*client->prev = client->next;
	if (client->next)
		client->next->prev = client->prev;
	d->nr_clients--;
	free(client);
	listener_resume(d);
}

/* Events for it may be on their way: it goes when they are dealt with. */
static void client_break(struct chaosd *d, struct client *client, const char *why)
{
	client->broken = why;
	loop_wake_at(d, now_ns());
}

static void client_ready(struct chaosd *d, struct source *source, uint32_t events)
{
	static _Alignas(struct chaosd_request) char buf[CHAOSD_MAX_SIZE + 1];
	struct client *client = (struct client *)source;
	ssize_t n;

	(void)events;
	if (client->broken)
		return;
	n = recv(source->fd, buf, sizeof(buf), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_drop(d, client, NULL);
	} else if (!chaosd_request_check(buf, (size_t)n)) {
		client_drop(d, client, "it sent what is no request of this version");
	} else if (client->creation || client->pool) {
		client_drop(d, client, "it sent a request while another was in work");
	} else {
		client->active_ns = now_ns();
		request_handle(d, client, (const struct chaosd_request *)buf);
		if (client->broken)
			client_drop(d, client, client->broken);
	}
}

void client_new(struct chaosd *d, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return;
	}
	client->source.fd = fd;
	client->source.ready = client_ready;
	if (loop_add(d, &client->source, EPOLLIN)) {
		close(fd);
		free(client);
		return;
	}
	client->active_ns = now_ns();
	client->prev = &d->clients;
	client->next = d->clients;
	if (client->next)
		client->next->prev = &client->next;
	d->clients = client;
	d->nr_clients++;
	d->metrics.clients++;
	loop_wake_at(d, client->active_ns + IDLE_NS);
}

bool client_send(struct chaosd *d, struct client *client, struct chaosd_header *header,
		 enum chaosd_type type, size_t size)
{
	if (!client || client->broken)
		return false;
	chaosd_header_init(header, type, size);
	client->active_ns = now_ns();
	if (send(client->source.fd, header, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size)
		return true;
	/* Full: it does not read.  Or gone, which its next event tells. */
	if (errno == EAGAIN || errno == ENOBUFS)
		client_break(d, client, "it does not read its replies");
	return false;
}

void client_text(struct chaosd *d, struct client *client, enum chaosd_type type,
		 const struct chaos_error *err)
{
	struct chaosd_text reply;

	chaosd_text_put(&reply, err);
	(void)client_send(d, client, &reply.header, type, sizeof(reply)); /* then dropped */
}

void client_done(struct chaosd *d, struct client *client, const struct chaos_error *err)
{
	struct chaosd_header header;

	if (err)
		client_text(d, client, CHAOSD_ERROR, err);
	else
		(void)client_send(d, client, &header, CHAOSD_DONE,
				  sizeof(header)); /* then dropped */
}

void client_wait_creation(struct client *client, struct creation *creation)
{
	client->creation = creation;
}

void client_wait_pool(struct client *client, struct pool *pool)
{
	client->pool = pool;
}

void clients_pool_moved(struct chaosd *d, struct pool *pool)
{
	struct chaosd_pool reply;
	struct client *client;

	pool_describe(pool, &reply.pool);
	for (client = d->clients; client; client = client->next)
		if (client->pool == pool)
			(void)client_send(d, client, &reply.header, CHAOSD_POOL, sizeof(reply));
}

void clients_pool_end(struct chaosd *d, struct pool *pool, const struct chaos_error *err)
{
	struct client *client;

	for (client = d->clients; client; client = client->next) {
		if (client->pool != pool)
			continue;
		client->pool = NULL;
		pool_unwatch(pool);
		client_done(d, client, err);
	}
}

bool clients_evict(struct chaosd *d)
{
	struct client *client, *oldest = NULL;

	for (client = d->clients; client; client = client->next)
		if (!client->creation && !client->pool && !client->broken &&
		    (!oldest || client->active_ns < oldest->active_ns))
			oldest = client;
	if (oldest)
		client_break(d, oldest, "it says nothing, and others want its place");
	return oldest;
}

void clients_tick(struct chaosd *d, uint64_t now)
{
	struct client *client, *next;

	for (client = d->clients; client; client = next) {
		next = client->next;
		if (client->broken)
			client_drop(d, client, client->broken);
		else if (client->creation || client->pool)
			continue;
		else if (now - client->active_ns >= IDLE_NS)
			client_drop(d, client, "it says nothing");
		else
			loop_wake_at(d, client->active_ns + IDLE_NS);
	}
	listener_resume(d);
}
