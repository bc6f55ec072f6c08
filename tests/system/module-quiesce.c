// SPDX-License-Identifier: MIT
/* Back-ends held still while a guest's memory would be copied: see kernel/noxs/quiesce.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

static void test_errors(struct guest *guest, int other)
{
	struct noxs_ioc_quiesce arg = { .domid = (uint16_t)guest->domid, .pad0 = 1 };
	struct noxs_ioc_request request = { .domid = (uint16_t)guest->domid,
					    .request = NOXS_SYSCTL_REQ_SUSPEND };

	expect("quiesce-padding", control(fd, NOXS_IOC_QUIESCE, &arg), EINVAL);
	expect("quiesce-own-domid", quiesce(fd, 0), EINVAL);
	expect("quiesce-not-attached", quiesce(fd, 0x7000), ENOENT);
	expect("thaw-not-held", thaw(fd, guest->domid), ENOENT);
	expect("quiesce", quiesce(fd, guest->domid), 0);
	expect("quiesce-twice", quiesce(fd, guest->domid), EBUSY);
	expect("quiesce-by-another", quiesce(other, guest->domid), EBUSY);
	expect("thaw-by-another", thaw(other, guest->domid), ENOENT);
	expect("quiesce-request", control(fd, NOXS_IOC_REQUEST, &request), EBUSY);
	expect("thaw", thaw(fd, guest->domid), 0);
}

/* Nothing of the guest's changes, and nothing is lost: from the guest... */
static void test_still_transmit(struct guest *guest, int sock)
{
	RING_IDX rsp;

	expect("quiesce-for-transmit", quiesce(fd, guest->domid), 0);
	rsp = guest->tx.sring->rsp_prod;
	send_chain(guest, 1, FRAME_LEN, 0x31);
	verdict("quiesce-transmit", !sniff_frame(sock, 0x31) && guest->tx.sring->rsp_prod == rsp,
		"it is sent");
	expect("thaw-for-transmit", thaw(fd, guest->domid), 0);
	verdict("thaw-transmit", sniff_frame(sock, 0x31) == FRAME_LEN, "it is lost");
}

/* ...and to it. */
static void test_still_receive(struct guest *guest, int sock)
{
	unsigned char frame[200];
	RING_IDX rsp;

	fill_frame(frame, sizeof(frame), 0x41);
	expect("quiesce-for-receive", quiesce(fd, guest->domid), 0);
	post_rx(guest, 16);
	rsp = guest->rx.sring->rsp_prod;
	if (send(sock, frame, sizeof(frame), 0) < 0)
		verdict("quiesce-send", false, "%s", strerror(errno));
	verdict("quiesce-receive", !await_rx(guest, 1) && guest->rx.sring->rsp_prod == rsp,
		"it has come");
	expect("thaw-for-receive", thaw(fd, guest->domid), 0);
	verdict("thaw-receive", await_rx(guest, 1), "it is lost");
}

void test_quiesce(void)
{
	int other = open(NOXS_DEVICE, O_RDWR), sock;
	struct guest guest;

	if (!open_guest(&guest, NOXS_VIF_F_SG))
		return;
	sock = sniff(guest.domid);
	test_errors(&guest, other);
	test_still_transmit(&guest, sock);
	test_still_receive(&guest, sock);
	/* A process that dies. */
	expect("quiesce-and-die", quiesce(other, guest.domid), 0);
	close(other);
	send_chain(&guest, 1, FRAME_LEN, 0x32);
	verdict("quiesce-ends-with-its-file", sniff_frame(sock, 0x32) == FRAME_LEN, "still held");
	close(sock);
	/* A domain that goes. */
	expect("quiesce-before-detach", quiesce(fd, guest.domid), 0);
	expect("quiesce-detach", detach(guest.domid), 0);
	verdict("quiesce-detached", guest.ctrl->slot[1].back.state == NOXS_STATE_GONE, "state %u",
		guest.ctrl->slot[1].back.state);
	expect("quiesce-thaw-detached", thaw(fd, guest.domid), 0);
	guest_destroy(&guest);
	verdict("quiesce-frees-guest", await_gone(guest.domid), "lingers");
}
