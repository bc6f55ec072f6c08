// SPDX-License-Identifier: GPL-2.0
/* See world.h. */
#include "world.h"

struct front front;
struct noxs_ctrl_page ctrl;
struct noxs_dev_page xens;     /* the device page as Xen has it */
u32 seen[NOXS_CTRL_SLOTS];     /* publications that the back-end has taken in */
bool follows[NOXS_CTRL_SLOTS]; /* it has to publish what the front-end has */
bool is_deaf;		       /* the back-end */
unsigned int crashes, syncs, pauses, kicks;
unsigned int gone_in; /* pauses until VIF is GONE; 0: never */
bool is_torn;	      /* VIF becomes GONE while the front-end copies what it was */
u64 now_ns, pause_ns; /* a pause is shorter when there are news */
u32 last_sync;
u32 probe_major, probe_minor, probe_id; /* of the last probe; id 0: none */
char events[4096];

void *front_alloc(size_t size)
{
	return calloc(1, size);
}

/* ---- the back-end ---- */

void back_publish(unsigned int slot, u32 state)
{
	ctrl.slot[slot].back.state = state;
	ctrl.slot[slot].back.seq++;
}

/* As kernel/noxs does: acknowledge, and OPEN or CLOSED after the front-end, once it may be said. */
void back_serve(void)
{
	unsigned int i;

	for (i = 0; i < NOXS_CTRL_SLOTS; i++) {
		struct noxs_ctrl_slot *s = &ctrl.slot[i];

		if (s->back.state == NOXS_STATE_FAILED || s->back.state == NOXS_STATE_GONE)
			continue;
		if (s->front.seq != seen[i]) {
			seen[i] = s->back.ack = s->front.seq;
			follows[i] = i != SYSCTL;
		}
		if (follows[i] && s->front.ack == s->back.seq) {
			follows[i] = false;
			if (s->front.state != s->back.state)
				back_publish(i, s->front.state);
		}
	}
}

static bool on_pause(struct front *f)
{
	(void)f;
	pauses++;
	now_ns += pause_ns;
	if (gone_in && !--gone_in)
		back_publish(VIF, NOXS_STATE_GONE);
	if (!is_deaf)
		back_serve();
	return true;
}

void front_read_barrier(void)
{
	if (is_torn) {
		is_torn = false;
		back_publish(VIF, NOXS_STATE_GONE);
	}
}

static void on_kick(struct front *f)
{
	(void)f;
	kicks++;
}

static void on_notify(struct front *f)
{
	(void)f;
}

static int on_read_page(struct front *f)
{
	f->page = xens;
	return 0;
}

static u64 on_time(void)
{
	return now_ns;
}

static void on_crash(void)
{
	crashes++;
}

static void on_probe(struct front *f, u32 major, u32 minor, u32 req_id)
{
	(void)f;
	probe_major = major;
	probe_minor = minor;
	probe_id = req_id;
}

static void on_send(struct store *s, const struct xsd_sockmsg *head, const void *data)
{
	(void)s;
	if (head->type != XS_WATCH_EVENT)
		return;
	if (!strncmp(data, FRONT_SYNC "/", sizeof(FRONT_SYNC))) {
		syncs++;
		last_sync = (u32)atoi((const char *)data + sizeof(FRONT_SYNC));
	}
	(void)strncat(events, data, sizeof(events) - strlen(events) - 2);
	(void)strcat(events, " ");
}

const struct front_ops ops = {
	.send = on_send,
	.notify = on_notify,
	.kick = on_kick,
	.pause = on_pause,
	.read_page = on_read_page,
	.time_ns = on_time,
	.crash = on_crash,
	.probe = on_probe,
};

/* ---- the kernel ---- */

void request(u32 type, const char *a, const char *b, bool has_nul)
{
	struct xsd_sockmsg head = { .type = type };
	char body[512];

	head.len = (u32)snprintf(body, sizeof(body), "%s%c%s", a, 0, b) + has_nul;
	store_request(&front.store, &head, body);
}

void put(const char *dir, const char *name, const char *value)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	request(XS_WRITE, path, value, false);
}

const char *get(const char *dir, const char *name)
{
	char path[128];
	const char *value;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	value = tree_read(&front.store.tree, path, NULL);
	return value ? value : "none";
}

void state(const char *dir, unsigned int value)
{
	char text[4];

	(void)snprintf(text, sizeof(text), "%u", value);
	put(dir, "state", text);
}

unsigned int state_of(const char *dir)
{
	return store_number(&front.store, dir, "state", 0);
}

void vif_connects(void)
{
	put(VIF_FRONT, "tx-ring-ref", "768");
	put(VIF_FRONT, "rx-ring-ref", "769");
	put(VIF_FRONT, "event-channel-tx", "15");
	put(VIF_FRONT, "event-channel-rx", "16");
	put(VIF_FRONT, "feature-sg", "1");
	put(VIF_FRONT, "feature-gso-tcpv4", "1");
	state(VIF_FRONT, XenbusStateConnected);
}

void vbd_connects(const char *ring)
{
	put(VBD_FRONT, "ring-ref", ring);
	put(VBD_FRONT, "event-channel", "17");
	put(VBD_FRONT, "feature-persistent", "1");
	state(VBD_FRONT, XenbusStateInitialised);
}

/* ---- a guest ---- */

void add(unsigned int i, u16 cls, u16 id)
{
	struct noxs_dev *dev = &xens.dev[i];

	*dev = (struct noxs_dev){ .cls = cls, .id = id, .ctrl_slot = (u16)i, .ctrl_port = 2 };
	dev->ctrl_gfn = 77;
	if (cls == NOXS_CLASS_VIF) {
		memcpy(dev->config.vif.mac, "\0\x16\x3e\1\2\3", 6);
		dev->config.vif.mtu = 1500;
		ctrl.slot[i].back.u.vif.features = FEATURES;
	} else if (cls == NOXS_CLASS_VBD) {
		dev->config.vbd.sectors = 1000;
		dev->config.vbd.sector_size = 4096;
		dev->config.vbd.flags = NOXS_VBD_FLUSH;
		ctrl.slot[i].back.u.vbd.features = NOXS_VBD_F_PERSISTENT;
		ctrl.slot[i].back.u.vbd.max_indirect = 32;
	}
	ctrl.slot[i].back.state = cls == NOXS_CLASS_SYSCTL ? NOXS_STATE_OPEN : NOXS_STATE_CLOSED;
	ctrl.slot[i].back.seq++;
	if (xens.hdr.nr_slots <= i)
		xens.hdr.nr_slots = (u16)(i + 1);
}

void news(void)
{
	back_serve();
	front_events(&front);
	back_serve();
}

/* The watch thread comes to all there is. */
void all_synced(void)
{
	u32 number;

	do {
		number = last_sync;
		front_synced(&front, number);
	} while (number != last_sync);
}

void asked(u32 what, u32 req_id)
{
	ctrl.slot[SYSCTL].back.u.sysctl.request = what;
	ctrl.slot[SYSCTL].back.u.sysctl.req_id = req_id;
	back_publish(SYSCTL, NOXS_STATE_OPEN);
	news();
}

u32 said(void)
{
	return ctrl.slot[SYSCTL].front.u.sysctl.event;
}

void repage(u32 req_id)
{
	asked(NOXS_SYSCTL_REQ_REPAGE, req_id);
	assert_int_equal(said(), NOXS_SYSCTL_EV_DONE);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.req_id, req_id);
	news();
}

int setup(void **state)
{
	(void)state;
	memset(&front, 0, sizeof(front));
	memset(&ctrl, 0, sizeof(ctrl));
	memset(&xens, 0, sizeof(xens));
	memset(seen, 0, sizeof(seen));
	memset(follows, 0, sizeof(follows));
	events[0] = 0;
	is_deaf = false;
	crashes = syncs = pauses = kicks = gone_in = 0;
	is_torn = false;
	probe_id = 0;
	now_ns = 1234;
	pause_ns = 10000000;
	xens.hdr.domid = 7;
	add(SYSCTL, NOXS_CLASS_SYSCTL, 0);
	add(VIF, NOXS_CLASS_VIF, 0);
	add(VBD, NOXS_CLASS_VBD, 0);
	front.ops = &ops;
	front.ctrl = &ctrl;
	front.page = xens;
	front_start(&front);
	news();
	request(XS_WATCH, "device", "fe", true);
	request(XS_WATCH, FRONT_SYNC, "sync", true);
	request(XS_WATCH, VIF_BACK "/state", "vif", true);
	request(XS_WATCH, VBD_BACK "/state", "vbd", true);
	events[0] = 0;
	return 0;
}

int teardown(void **state)
{
	(void)state;
	store_fini(&front.store);
	return 0;
}
