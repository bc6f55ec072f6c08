// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a migration goes: through a command such as ssh, which authenticates and encrypts, as xl does
 * it; to a socket of this machine; or to a descriptor that we are given.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "migrate_peer.h"

/* A command that has lost its connection ends at once. */
#define CHILD_END_MS 3000

static int failed(struct chaos_error *err, enum chaos_code code, const char *what, const char *why)
{
	err->code = code;
	err->os_errno = errno;
	(void)snprintf(err->text, sizeof(err->text), "%s: %s", what, why);
	return -(int)code;
}

/* ---- a command ---- */

static void run_command(const struct migrate_peer *p, int fd)
{
	char script[1024];

	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(126);
	(void)signal(SIGPIPE, SIG_DFL);
	/* The command is the shell's to take apart; the host is one word, whatever is in it. */
	if ((size_t)snprintf(script, sizeof(script), "exec %s \"$@\"", p->ssh) < sizeof(script))
		execl("/bin/sh", "sh", "-c", script, "sh", p->host, "chaos", "migrate-receive",
		      (char *)NULL);
	_exit(126);
}

static int connect_command(struct migrate_peer *p, struct chaos_error *err)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return failed(err, CHAOS_FAILED, p->ssh, strerror(errno));
	p->child = fork();
	if (p->child < 0) {
		close(fds[0]);
		close(fds[1]);
		return failed(err, CHAOS_RESOURCES, p->ssh, strerror(errno));
	}
	if (!p->child)
		run_command(p, fds[1]);
	close(fds[1]);
	return fds[0];
}

/* What it had to say is on standard error; its status is worth a line if it is the command's own. */
static void end_command(struct migrate_peer *p)
{
	struct pollfd pfd = { .fd = pidfd_open(p->child, 0), .events = POLLIN };
	int status;

	if (pfd.fd < 0 || poll(&pfd, 1, CHILD_END_MS) <= 0)
		(void)kill(p->child, SIGKILL);
	if (pfd.fd >= 0)
		close(pfd.fd);
	if (waitpid(p->child, &status, 0) != p->child)
		return;
	if (WIFEXITED(status) && (WEXITSTATUS(status) > CHAOS_CODE_MAX))
		call_say("'%s %s' left with status %d", p->ssh, p->host, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		call_say("'%s %s' was ended by signal %d", p->ssh, p->host, WTERMSIG(status));
}

/* ---- a socket ---- */

bool migrate_peer_is_root(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.uid == 0;
}

int migrate_peer_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address->sun_path, path);
	return 0;
}

static int connect_socket(const char *path, struct chaos_error *err)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0 || migrate_peer_address(path, &address) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		rc = failed(err, CHAOS_ENVIRONMENT, path, strerror(errno));
	else if (!migrate_peer_is_root(fd))
		rc = failed(err, CHAOS_PERMISSION, path, "it is not root who listens there");
	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- any of them ---- */

static int peer_connect(void *opaque, struct chaos_error *err)
{
	struct migrate_peer *p = opaque;
	int fd, type = 0;
	socklen_t len = sizeof(type);

	if (p->host)
		return connect_command(p, err);
	if (p->path)
		return connect_socket(p->path, err);
	fd = p->fd;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_STREAM)
		return failed(err, CHAOS_USAGE, "--fd", "it is not a stream socket");
	return fd;
}

static void peer_disconnect(void *opaque, int fd)
{
	struct migrate_peer *p = opaque;

	close(fd);
	if (p->child > 0)
		end_command(p);
	p->child = 0;
}

void migrate_peer_init(struct migrate_peer *peer, struct chaos_peer *out)
{
	*out = (struct chaos_peer){
		.connect = peer_connect,
		.disconnect = peer_disconnect,
		.opaque = peer,
		.is_once = !peer->host && !peer->path,
		.name = peer->host ? peer->host :
			peer->path ? peer->path :
				     "the target",
	};
}
