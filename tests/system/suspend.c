// SPDX-License-Identifier: GPL-2.0
/*
 * suspend - ask a guest to suspend through its sysctl device, see that it does, and cancel it: the
 * guest has to go on and to answer DONE.  What a save does, without the save.
 *
 * usage: suspend DOMID
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "noxs_ioctl.h"

#define WAIT_MS 10000

static int fail(const char *what)
{
	fprintf(stderr, "suspend: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The next event of that type, others are skipped. */
static int wait_for(int fd, uint16_t type, struct noxs_ioc_event *event)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		if (poll(&p, 1, WAIT_MS) != 1) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (read(fd, event, sizeof(*event)) != sizeof(*event))
			return -1;
		if (event->type == type)
			return 0;
	}
}

int main(int argc, char **argv)
{
	struct noxs_ioc_subscribe subscribe = { 0 };
	struct noxs_ioc_request request = { .request = NOXS_SYSCTL_REQ_SUSPEND };
	int fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC);
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	struct noxs_ioc_event event;

	if (argc != 2 || fd < 0 || !xch)
		return fail("usage: suspend DOMID, in Dom0");
	subscribe.domid = (uint16_t)strtoul(argv[1], NULL, 10);
	request.domid = subscribe.domid;
	if (ioctl(fd, NOXS_IOC_SUBSCRIBE, &subscribe))
		return fail("subscribe");
	if (ioctl(fd, NOXS_IOC_REQUEST, &request))
		return fail("request");
	if (wait_for(fd, NOXS_EVENT_SHUTDOWN, &event))
		return fail("waiting for the suspend");
	if (event.code != SHUTDOWN_suspend) {
		fprintf(stderr, "suspend: shutdown with reason %u\n", event.code);
		return 1;
	}
	if (xc_domain_resume(xch, request.domid, 1))
		return fail("resume");
	if (wait_for(fd, NOXS_EVENT_ANSWER, &event))
		return fail("waiting for the answer");
	if (event.code != NOXS_SYSCTL_EV_DONE || event.arg != request.req_id) {
		fprintf(stderr, "suspend: answer %u to request %u\n", event.code, event.arg);
		return 1;
	}
	return 0;
}
