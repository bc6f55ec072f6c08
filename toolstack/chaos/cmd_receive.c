// SPDX-License-Identifier: GPL-2.0-only
/*
 * chaos migrate-receive: the other end of chaos migrate.  On standard input and output it serves one
 * connection, which ssh has authenticated; on a socket it serves all that root makes, a process each.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "core/files.h"
#include "json_out.h"
#include "migrate_peer.h"

enum {
	OPT_SOCKET = OPT_OWN,
	OPT_TIMING
};

/* Served at a time; more wait. */
#define MAX_CHILDREN 16

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "timing", no_argument, NULL, OPT_TIMING },
	{ 0 },
};

struct receiver {
	struct call *call;
	bool with_timing;
	bool has_stdout; /* it is not the connection */
};

static void print_received(FILE *to, const struct chaos_received *r)
{
	const struct chaos_timing *t = &r->created.timing;
	const struct {
		const char *name;
		uint64_t ns;
	} parts[] = {
		{ "createdomain", t->createdomain_ns },
		{ "memory", t->memory_ns },
		{ "load", r->load_ns },
		{ "devices", t->devices_ns },
		{ "unpause", t->unpause_ns },
		{ "stop", r->stop_ns },
		{ "guest", t->guest_ns },
		{ "total", t->total_ns },
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		fprintf(to, "%-12s %12llu ns\n", parts[i].name, (unsigned long long)parts[i].ns);
}

static int serve(struct receiver *r, int in, int out)
{
	struct call *call = r->call;
	struct chaos_received received;
	struct chaos_config *cfg;
	int cancel_fd, rc;

	rc = call_open(call);
	if (rc)
		return rc;
	cancel_fd = signals_defer();
	chaos_ctx_set_cancel(call->ctx, cancel_fd);
	rc = chaos_migrate_receive(call->ctx, in, out, &received, &cfg, &call->err);
	chaos_ctx_set_cancel(call->ctx, -1);
	if (cancel_fd >= 0)
		(void)close(cancel_fd); /* nothing was written to it */
	/* The source says it there: once is enough. */
	if (rc && received.is_told && !r->has_stdout)
		_exit(-rc);
	if (cfg)
		call_warn_log(cfg);
	if (cfg && r->has_stdout && call->json)
		json_received(&received, cfg, r->with_timing);
	else if (cfg && r->has_stdout)
		printf("received \"%s\" as domain %u\n", cfg->name, received.created.domid);
	if (cfg && r->with_timing && !call->json)
		print_received(r->has_stdout ? stdout : stderr, &received);
	chaos_config_free(cfg);
	return rc;
}

/* ---- a socket ---- */

static int listen_at(struct call *call, const char *path, struct chaos_listener *l)
{
	if (chaos_listener_open(l, path, SOCK_STREAM, 0600))
		return call_failed(call, path);
	if (!listen(l->fd, MAX_CHILDREN))
		return 0;
	chaos_listener_close(l);
	return call_failed(call, path);
}

static void accept_one(struct receiver *r, int listener, unsigned int *nr_children)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid = -1;

	if (fd < 0)
		return;
	if (!migrate_peer_is_root(fd))
		call_say("a connection that is not root's is refused");
	else
		pid = fork();
	if (!pid)
		_exit(call_end(r->call, serve(r, fd, fd)));
	if (pid > 0)
		++*nr_children;
	close(fd);
}

/* Until SIGINT, SIGTERM or SIGHUP; a guest that is being received then is none of theirs. */
static int serve_socket(struct receiver *r, const char *path)
{
	struct pollfd pfd[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct chaos_listener listener;
	unsigned int nr_children = 0;
	int rc;

	rc = listen_at(r->call, path, &listener);
	if (rc)
		return rc;
	pfd[0].fd = listener.fd;
	pfd[1].fd = signals_defer();
	while (!pfd[1].revents) {
		while (nr_children &&
		       waitpid(-1, NULL, nr_children < MAX_CHILDREN ? WNOHANG : 0) > 0)
			nr_children--;
		if (poll(pfd, 2, -1) > 0 && pfd[0].revents)
			accept_one(r, pfd[0].fd, &nr_children);
	}
	chaos_listener_close(&listener);
	close(pfd[1].fd);
	return 0;
}

int cmd_migrate_receive(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct receiver r = { .call = &call };
	const char *path = NULL;
	int opt, rc, status = -1;

	while ((opt = call_option(&call, argc, argv, "", options, &status)) != -1) {
		if (opt == OPT_SOCKET)
			path = optarg;
		else
			r.with_timing = true;
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	r.has_stdout = path != NULL;
	if (!rc && path)
		rc = serve_socket(&r, path);
	else if (!rc)
		rc = serve(&r, STDIN_FILENO, STDOUT_FILENO);
	return call_end(&call, rc);
}
