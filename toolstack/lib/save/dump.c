// SPDX-License-Identifier: LGPL-2.1-only
/* A domain's memory in a file for a debugger.  libxenguest reads the domain; the file is ours. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "core/files.h"
#include "save/save.h"

struct dump {
	struct chaos_new_file file;
	int cancel_fd;
	uint64_t bytes;
	int os_errno; /* of the file; 0 = it is not the file that has failed */
};

static bool is_cancelled(const struct dump *d)
{
	struct pollfd p = { .fd = d->cancel_fd, .events = POLLIN };

	return d->cancel_fd >= 0 && poll(&p, 1, 0) > 0;
}

static int take(xc_interface *xch, void *arg, char *buffer, unsigned int length)
{
	struct dump *d = arg;
	ssize_t n;

	(void)xch;
	if (is_cancelled(d)) {
		d->os_errno = ECANCELED;
		return -1;
	}
	while (length) {
		n = write(d->file.fd, buffer, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			d->os_errno = errno;
			return -1;
		}
		d->bytes += (uint64_t)n;
		buffer += n;
		length -= (unsigned int)n;
	}
	return 0;
}

static int check(const struct chaos_dominfo *info, struct chaos_error *err)
{
	int rc = chaos_domain_check(info->domid, err);

	if (!rc && (info->state == CHAOS_STATE_INCOMPLETE || info->state == CHAOS_STATE_SHELL ||
		    info->state == CHAOS_STATE_DYING))
		rc = chaos_error_set(err, CHAOS_USAGE, EINVAL,
				     "domain %u is %s: there is no guest in it to dump",
				     info->domid, chaos_state_name(info->state));
	return rc;
}

int chaos_domain_dump(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *path,
		      uint64_t *bytes, struct chaos_error *err)
{
	struct dump d = { .cancel_fd = ctx->cancel_fd };
	struct stat st;
	char log[300];
	int rc;

	rc = check(info, err);
	if (rc)
		return rc;
	errno = EEXIST;
	if ((!stat(path, &st) && !S_ISREG(st.st_mode)) || chaos_new_file_open(&d.file, path, 0600))
		return save_write_error(path, "cannot be made", err);
	chaos_log_reset(&ctx->log);
	rc = xc_domain_dumpcore_via_callback(ctx->xch, info->domid, &d, take);
	if (rc && d.os_errno) {
		errno = d.os_errno;
		rc = save_write_error(path, "writing", err);
	} else if (rc) {
		rc = chaos_error_set(err, CHAOS_FAILED, errno, "cannot dump domain %u: %s%s",
				     info->domid, strerror(errno),
				     chaos_log_text(&ctx->log, log, sizeof(log)));
	} else if (chaos_new_file_commit(&d.file, true)) {
		rc = save_write_error(path, "writing", err);
	}
	chaos_new_file_close(&d.file);
	*bytes = d.bytes;
	return rc;
}
