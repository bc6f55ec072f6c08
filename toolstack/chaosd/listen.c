// SPDX-License-Identifier: GPL-2.0-only
/* The socket, made here or by the service manager: who connects, and may, is a client. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chaosd.h"
#include "core/files.h"

#define BACKLOG	    128
#define MAX_CLIENTS 256U
#define OWN_FILES   80U /* threads' handles of Xen and the module, and kernels in their caches */
#define PAUSE_NS    NS_PER_S

/*
 * Out of descriptors or clients: a silent client makes room, so that who only holds connections
 * keeps nobody out.  If all have something in work, those that wait go on waiting until one leaves,
 * or a while.
 */
static void listener_pause(struct chaosd *d)
{
	d->listener_is_paused = true;
	loop_change(d, &d->listener, 0);
	if (!clients_evict(d))
		loop_wake_at(d, now_ns() + PAUSE_NS);
}

void listener_resume(struct chaosd *d)
{
	if (!d->listener_is_paused || d->nr_clients >= d->max_clients)
		return;
	d->listener_is_paused = false;
	loop_change(d, &d->listener, EPOLLIN);
}

static void listener_ready(struct chaosd *d, struct source *source, uint32_t events)
{
	int fd;

	(void)events;
	while (d->nr_clients < d->max_clients) {
		fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0 && client_is_allowed(d, fd)) {
			client_new(d, fd);
			return; /* level-triggered: serve this one before the next */
		}
		if (fd >= 0) {
			close(fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			break;
		if (errno != EINTR && errno != ECONNABORTED)
			return; /* EAGAIN: that was all */
	}
	listener_pause(d);
}

static struct chaos_listener made; /* fd -1: the service manager's */

/* A socket file of our own; the lock says that no other chaosd uses one that is there. */
static int listener_make(const struct options *opts)
{
	if (chaos_listener_open(&made, opts->socket_path, SOCK_SEQPACKET,
				opts->has_group ? 0660 : 0600))
		return -1;
	if ((opts->has_group && chaos_listener_chown(&made, opts->group)) ||
	    listen(made.fd, BACKLOG)) {
		chaos_listener_close(&made);
		return -1;
	}
	return made.fd;
}

/* Clients must not use up the descriptors that making guests takes. */
static unsigned int max_clients(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= MAX_CLIENTS + OWN_FILES)
		return MAX_CLIENTS;
	return limit.rlim_cur > OWN_FILES ? (unsigned int)limit.rlim_cur - OWN_FILES : 1;
}

int listener_init(struct chaosd *d)
{
	int fd = system_listen_fd();

	made.fd = -1;
	d->max_clients = max_clients();
	if (fd < 0)
		fd = listener_make(&d->opts);
	else if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		fd = -1;
	d->listener.fd = fd;
	d->listener.ready = listener_ready;
	if (fd < 0 || loop_add(d, &d->listener, EPOLLIN)) {
		log_line("cannot listen at %s: %s", d->opts.socket_path, strerror(errno));
		return -1;
	}
	return 0;
}

void listener_fini(struct chaosd *d)
{
	if (made.fd >= 0)
		chaos_listener_close(&made);
	else
		close(d->listener.fd);
}
