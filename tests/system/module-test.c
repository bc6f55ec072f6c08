// SPDX-License-Identifier: MIT
/*
 * What the tests of the module share.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <xencall.h>
#include "module-test.h"

const char *prefix = "";
int failures;
int fd = -1;

void verdict(const char *name, bool ok, const char *fmt, ...)
{
	va_list args;

	printf("%s: %s%s", ok ? "PASS" : "FAIL", prefix, name);
	if (!ok) {
		failures++;
		printf(": ");
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
	}
	putchar('\n');
	fflush(stdout);
}

/* The errno of an ioctl, 0 if it succeeds. */
int control(int file, unsigned long cmd, void *arg)
{
	return ioctl(file, cmd, arg) < 0 ? errno : 0;
}

void expect(const char *name, int got, int want)
{
	verdict(name, got == want, "errno %d (%s), not %d", got, strerror(got), want);
}

/* ---- requests ---- */

/* A sysctl and a vif on the bridge; MAC and address follow the domid. */
void request_init(struct request *req, const struct guest *guest)
{
	struct noxs_vif_config *vif = &req->dev[1].config.vif;

	memset(req, 0, sizeof(*req));
	req->create.domid = guest->domid;
	req->create.nr_devs = 2;
	req->create.ctrl_gfn = guest->ctrl_gfn;
	req->create.ctrl_gref = guest_gref(PAGE_CTRL);
	req->create.ctrl_port = guest->ctrl_port;
	req->create.devs = (uintptr_t)req->dev;
	req->dev[0].cls = NOXS_CLASS_SYSCTL;
	req->dev[0].fd = -1;
	req->dev[1].cls = NOXS_CLASS_VIF;
	req->dev[1].flags = NOXS_VIF_BRIDGE;
	req->dev[1].fd = -1;
	strcpy(req->dev[1].link, BRIDGE);
	memcpy(vif->mac, (uint8_t[]){ 0x00, 0x16, 0x3e, 0x00, guest->domid >> 8, guest->domid }, 6);
	vif->mtu = 1500;
	vif->ipv4 = htonl(0x0a000000 | guest->domid);
	vif->prefix = 8;
}

void preconnect_vif(struct request *req, const struct guest *guest)
{
	struct noxs_ioc_dev *vif = &req->dev[1];

	vif->flags |= NOXS_DEV_PRECONNECT;
	vif->ring_gfn = guest->ctrl_gfn + PAGE_TX;
	vif->nr_rings = 2;
	vif->ring_gref[0] = guest_gref(PAGE_TX);
	vif->ring_gref[1] = guest_gref(PAGE_RX);
	vif->data_port[0] = guest->tx_port;
	vif->data_port[1] = guest->rx_port;
}

int attach(const struct guest *guest)
{
	struct request req;

	request_init(&req, guest);
	return control(fd, NOXS_IOC_CREATE, &req.create);
}

int detach(uint32_t domid)
{
	struct noxs_ioc_destroy destroy = { .domid = domid };

	return control(fd, NOXS_IOC_DESTROY, &destroy);
}

unsigned int count_attached(void)
{
	uint16_t domids[16];
	struct noxs_ioc_list list;
	int i;

	for (i = 0; i < 200; i++) {
		list = (struct noxs_ioc_list){ .count = 16, .domids = (uintptr_t)domids };
		if (control(fd, NOXS_IOC_LIST, &list))
			return ~0U;
		if (!list.count)
			break;
		usleep(10000);
	}
	return list.count;
}

uint32_t vif_state(uint32_t domid, struct noxs_ioc_dev_state *vif)
{
	struct noxs_ioc_dev_state states[2] = {};
	struct noxs_ioc_query query = { .domid = domid, .nr_devs = 2, .devs = (uintptr_t)states };

	if (control(fd, NOXS_IOC_QUERY, &query))
		return ~0U;
	if (vif)
		*vif = states[1];
	return states[1].state;
}

/* ---- the device page ---- */

const struct noxs_dev_page *device_page(uint32_t domid)
{
	static struct {
		struct noxs_dev_page page;
		struct noxs_get get;
	} * buf;
	static xencall_handle *xcall;

	if (!xcall) {
		xcall = xencall_open(NULL, 0);
		buf = xencall_alloc_buffer(xcall, sizeof(*buf));
	}
	memset(buf, 0, sizeof(*buf));
	buf->get.domid = domid;
	if (xencall4(xcall, __HYPERVISOR_noxs_op, NOXS_OP_get, (uintptr_t)&buf->get,
		     (uintptr_t)&buf->page, 0))
		memset(&buf->page, 0, sizeof(buf->page));
	return &buf->page;
}

const struct noxs_dev *device_entry(uint32_t domid, uint16_t cls, uint16_t id)
{
	const struct noxs_dev_page *page = device_page(domid);
	unsigned int i;

	for (i = 0; i < page->hdr.nr_slots; i++)
		if (page->dev[i].cls == cls && page->dev[i].id == id)
			return &page->dev[i];
	return NULL;
}

/* ---- hot-plug and holds ---- */

int add_device(uint32_t domid, const struct noxs_ioc_dev *dev)
{
	struct noxs_ioc_add add = {
		.domid = (uint16_t)domid,
		.nr_devs = 1,
		.devs = (uintptr_t)dev,
	};

	return control(fd, NOXS_IOC_ADD, &add);
}

int remove_device(uint32_t domid, uint16_t cls, uint16_t id)
{
	struct noxs_ioc_remove arg = { .domid = (uint16_t)domid, .cls = cls, .id = id };

	return control(fd, NOXS_IOC_REMOVE, &arg);
}

int quiesce(int file, uint32_t domid)
{
	struct noxs_ioc_quiesce arg = { .domid = (uint16_t)domid };

	return control(file, NOXS_IOC_QUIESCE, &arg);
}

int thaw(int file, uint32_t domid)
{
	struct noxs_ioc_quiesce arg = { .domid = (uint16_t)domid };

	return control(file, NOXS_IOC_THAW, &arg);
}

/* ---- events ---- */

int subscribe(int file, uint32_t domid)
{
	struct noxs_ioc_subscribe sub = { .domid = domid };

	return control(file, NOXS_IOC_SUBSCRIBE, &sub);
}

/* Wait up to 5 s for an event of @type; what comes before it is skipped. */
bool await_event(int file, unsigned int type, struct noxs_ioc_event *event)
{
	struct pollfd pfd = { .fd = file, .events = POLLIN };

	while (poll(&pfd, 1, 5000) == 1) {
		if (read(file, event, sizeof(*event)) != sizeof(*event))
			return false;
		if (event->type == type)
			return true;
	}
	return false;
}

bool await_gone(uint32_t domid)
{
	int i;

	for (i = 0; i < 500 && !guest_is_gone(domid); i++)
		usleep(10000);
	return guest_is_gone(domid);
}

/* ---- vif ---- */

int sniff(uint32_t domid)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	char name[IF_NAMESIZE];
	int sock = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));

	snprintf(name, sizeof(name), "vif%u.0", domid);
	addr.sll_ifindex = if_nametoindex(name);
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)))
		return -1;
	return sock;
}

/* A frame of experimental type 0x88b5, filled with @mark. */
void fill_frame(void *frame, size_t len, uint8_t mark)
{
	memset(frame, mark, len);
	memcpy(frame, "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\1\x88\xb5", 14);
}

/* Wait up to 2 s for a frame like that; returns its length, 0 if none comes. */
size_t sniff_frame(int sock, uint8_t mark)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	unsigned char frame[65536];
	ssize_t len;

	while (poll(&pfd, 1, 2000) == 1) {
		len = recv(sock, frame, sizeof(frame), 0);
		if (len > 14 && frame[12] == 0x88 && frame[13] == 0xb5 && frame[14] == mark &&
		    frame[len - 1] == mark)
			return len;
	}
	return 0;
}

netif_tx_request_t *next_tx(struct guest *guest)
{
	return RING_GET_REQUEST(&guest->tx, guest->tx.req_prod_pvt++);
}

void push_tx(struct guest *guest)
{
	RING_PUSH_REQUESTS(&guest->tx);
	guest_notify(guest, guest->tx_port);
}

/* Send one packet as @slots fragments of @size bytes each. */
void send_chain(struct guest *guest, unsigned int slots, unsigned int size, uint8_t mark)
{
	netif_tx_request_t *req;
	unsigned int i;

	for (i = 0; i < slots; i++) {
		memset(guest->page[PAGE_DATA + i], mark, size);
		if (!i)
			fill_frame(guest->page[PAGE_DATA], size, mark);
		req = next_tx(guest);
		*req = (netif_tx_request_t){
			.gref = guest_gref(PAGE_DATA + i),
			.id = i,
			.size = i ? size : slots * size,
			.flags = i + 1 < slots ? NETTXF_more_data : 0,
		};
	}
	push_tx(guest);
}

/* Wait up to 2 s for @count transmit responses; returns how many had @status. */
unsigned int reap_tx(struct guest *guest, unsigned int count, int status)
{
	unsigned int i, good = 0;

	for (i = 0; i < 200 && guest->tx.sring->rsp_prod - guest->tx.rsp_cons < count; i++)
		usleep(10000);
	while (guest->tx.rsp_cons != guest->tx.sring->rsp_prod)
		if (RING_GET_RESPONSE(&guest->tx, guest->tx.rsp_cons++)->status == status)
			good++;
	return good;
}

void post_rx(struct guest *guest, unsigned int count)
{
	netif_rx_request_t *req;
	unsigned int i;

	for (i = 0; i < count; i++) {
		req = RING_GET_REQUEST(&guest->rx, guest->rx.req_prod_pvt++);
		req->id = i;
		req->gref = guest_gref(PAGE_DATA + i);
	}
	RING_PUSH_REQUESTS(&guest->rx);
	guest_notify(guest, guest->rx_port);
}

/* Wait up to 2 s for @count receive responses. */
bool await_rx(struct guest *guest, unsigned int count)
{
	int i;

	for (i = 0; i < 200 && guest->rx.sring->rsp_prod - guest->rx.rsp_cons < count; i++)
		usleep(10000);
	return guest->rx.sring->rsp_prod - guest->rx.rsp_cons >= count;
}

/* A guest with an open vif; false with a verdict if it cannot be had. */
bool open_guest(struct guest *guest, uint32_t features)
{
	if (guest_create(guest) || attach(guest)) {
		verdict("guest", false, "cannot be had");
		return false;
	}
	guest_open_vif(guest, 1, features);
	if (!guest_await_state(guest, 1, NOXS_STATE_OPEN)) {
		verdict("vif-open", false, "state %u error %u", guest->ctrl->slot[1].back.state,
			guest->ctrl->slot[1].back.error);
		return false;
	}
	return true;
}

void close_guest(struct guest *guest)
{
	detach(guest->domid);
	guest_destroy(guest);
	verdict("guest-goes", await_gone(guest->domid), "domain %u lingers", guest->domid);
}

/* The number that a shell command prints. */
long count_of(const char *command)
{
	FILE *pipe = popen(command, "r");
	long n = -1;

	if (pipe && fscanf(pipe, "%ld", &n) != 1)
		n = -1;
	if (pipe)
		pclose(pipe);
	return n;
}
