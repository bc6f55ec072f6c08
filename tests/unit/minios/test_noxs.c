// SPDX-License-Identifier: GPL-2.0-only
/* Devices that come and go, with the test as Xen and as the back-end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/time.h>
#include "unit.h"

#define CTRL_GFN   0x55
#define CTRL_PORT  2
#define OTHER_GFN  0x66
#define MAX_FRONTS 3

/* What noxs.c calls the guest's window; the test writes it. */
static struct noxs_dev_page *page;
static struct noxs_ctrl_page ctrl;
static struct noxs_dev_page scratch;
static evtchn_handler *ctrl_handler;
static void *ctrl_data;
static bool no_frames;

/* What came up, in words. */
static char log_text[512];

static void note(const char *fmt, ...)
{
	size_t len = strlen(log_text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(log_text + len, sizeof(log_text) - len, fmt, args);
	va_end(args);
}

#define assert_log(text)                               \
	do {                                           \
		assert_string_equal(log_text, (text)); \
		log_text[0] = '\0';                    \
	} while (0)

/* ---- stand-ins for the base ---- */

_Alignas(4096) char hypercall_page[4096];

/* What Xen answers: a negative one, or the page as it is when nobody writes it. */
static long read_answer;

/* Entered as a function, from the hypercall page. */
static long noxs_op(unsigned long op, void *arg, void *buf, unsigned long count)
{
	struct noxs_dev_page *to = buf;

	if (op == NOXS_OP_version)
		return 1U << 16 | 2;
	assert_int_equal(op, NOXS_OP_read);
	assert_null(arg);
	assert_int_equal(count, sizeof(*to));
	if (read_answer < 0)
		return read_answer;
	*to = *page;
	to->hdr.seq &= ~1U;
	return sizeof(*to);
}

/*
 * push r8, r9; sub rsp, 8; mov rcx, r10; movabs rax, noxs_op; call rax; add rsp, 8; pop r9, r8; ret: a
 * hypercall has its fourth argument elsewhere, and leaves more registers alone, than a function.
 */
static void hypercall_page_fill(void)
{
	static const unsigned char before[] = { 0x41, 0x50, 0x41, 0x51, 0x48, 0x83, 0xec,
						0x08, 0x4c, 0x89, 0xd1, 0x48, 0xb8 };
	static const unsigned char behind[] = { 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08,
						0x41, 0x59, 0x41, 0x58, 0xc3 };
	long (*function)(unsigned long, void *, void *, unsigned long) = noxs_op;
	char *to = hypercall_page + __HYPERVISOR_noxs_op * 32;

	memcpy(to, before, sizeof(before));
	memcpy(to + sizeof(before), &function, sizeof(function));
	memcpy(to + sizeof(before) + sizeof(function), behind, sizeof(behind));
	assert_int_equal(mprotect(hypercall_page, sizeof(hypercall_page), PROT_READ | PROT_EXEC),
			 0);
}

bool mm_window_is_mapped(const void *window)
{
	page = (struct noxs_dev_page *)window;
	assert_int_equal(mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	return true;
}

int mm_window_map(void *window, unsigned long mfn, uint64_t prot)
{
	(void)window;
	(void)mfn;
	(void)prot;
	return -EINVAL;
}

bool mm_frame_is_data(unsigned long pfn)
{
	return pfn == CTRL_GFN;
}

void *mm_frame_map(unsigned long pfn)
{
	return pfn == CTRL_GFN ? &ctrl : NULL;
}

int page_reserve(unsigned long pfn)
{
	return pfn == CTRL_GFN ? 0 : -EBUSY;
}

void *page_alloc(void)
{
	return no_frames ? NULL : &scratch;
}

int evtchn_handle(evtchn_port_t port, evtchn_handler *handler, void *data)
{
	assert_int_equal(port, CTRL_PORT);
	ctrl_handler = handler;
	ctrl_data = data;
	return 0;
}

void evtchn_notify(evtchn_port_t port)
{
	assert_int_equal(port, CTRL_PORT);
}

static uint64_t clock_ns, written_ns; /* Xen has written the page by then; 0: never */

uint64_t time_ns(void)
{
	return clock_ns;
}

void evtchn_sleep(uint64_t deadline_ns)
{
	assert_true(deadline_ns > clock_ns);
	clock_ns = deadline_ns;
	if (written_ns && clock_ns >= written_ns)
		page->hdr.seq &= ~1U;
}

/* ---- the device page ---- */

static void device_put(unsigned int slot, unsigned int cls, unsigned int id, unsigned int ctrl_slot)
{
	page->dev[slot] = (struct noxs_dev){
		.cls = (uint16_t)cls,
		.id = (uint16_t)id,
		.ctrl_slot = (uint16_t)ctrl_slot,
		.ctrl_gfn = CTRL_GFN,
		.ctrl_port = CTRL_PORT,
	};
	if (page->hdr.nr_slots <= slot)
		page->hdr.nr_slots = (uint16_t)(slot + 1);
}

static void device_take(unsigned int slot)
{
	memset(&page->dev[slot], 0, sizeof(page->dev[slot]));
}

/* The back-end publishes a state in a slot of the control page. */
static void back_says(unsigned int slot, uint32_t state)
{
	ctrl.slot[slot].back.state = state;
	ctrl.slot[slot].back.seq++;
}

/* ---- the guest ---- */

static struct noxs_front fronts_of_test[MAX_FRONTS];
static bool open_what_comes;

static void event(void *data, const struct noxs_ctrl_back *back)
{
	note("event%ld:%u ", (long)data, back->state);
}

static void resume(void *data, const struct noxs_dev *dev)
{
	note("resume%ld:%u ", (long)data, dev->id);
}

static int front_open(unsigned int n, unsigned int cls, unsigned int id)
{
	fronts_of_test[n] =
		(struct noxs_front){ .event = event, .resume = resume, .data = (void *)(long)n };
	return noxs_open(&fronts_of_test[n], noxs_find(cls, id));
}

static void changed(void *data, unsigned int cls, unsigned int id, bool is_there)
{
	(void)data;
	note("%s%u.%u ", is_there ? "+" : "-", cls, id);
	assert_true(!!noxs_find(cls, id) == is_there);
	if (is_there && open_what_comes)
		assert_int_equal(front_open(2, cls, id), 0);
}

static struct noxs_watch watch = { .changed = changed };

/* sysctl and a vif, which is opened. */
static int setup(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MAX_FRONTS; i++)
		noxs_close(&fronts_of_test[i]);
	if (!page) {
		hypercall_page_fill();
		(void)noxs_init(); /* tells where the page is */
	}
	read_answer = -ENOMEM;
	memset(page, 0, sizeof(*page));
	memset(&ctrl, 0, sizeof(ctrl));
	ctrl.back.magic = NOXS_CTRL_PAGE_MAGIC;
	page->hdr.magic = NOXS_DEV_PAGE_MAGIC;
	page->hdr.version = NOXS_ABI_VERSION;
	device_put(0, NOXS_CLASS_SYSCTL, 0, 0);
	device_put(1, NOXS_CLASS_VIF, 0, 1);
	assert_true(noxs_init());
	assert_int_equal(front_open(0, NOXS_CLASS_SYSCTL, 0), 0);
	assert_int_equal(front_open(1, NOXS_CLASS_VIF, 0), 0);
	open_what_comes = no_frames = false;
	log_text[0] = '\0';
	return 0;
}

static void tells_what_is_new(void **state)
{
	(void)state;
	assert_int_equal(noxs_rescan(), 0);
	assert_log("");
	device_put(3, NOXS_CLASS_VBD, 0, 2);
	device_put(2, NOXS_CLASS_VBD, 1, 3);
	assert_null(noxs_find(NOXS_CLASS_VBD, 0));
	assert_int_equal(noxs_rescan(), 0);
	assert_log("+3.1 +3.0 ");
	assert_int_equal(noxs_rescan(), 0);
	assert_log("");
	/* Nobody has opened it, so nobody is told by its back-end. */
	device_take(2);
	assert_int_equal(noxs_rescan(), 0);
	assert_log("-3.1 ");
}

static void closes_what_has_gone(void **state)
{
	(void)state;
	device_take(1);
	assert_int_equal(noxs_rescan(), 0);
	assert_log(""); /* it may still have answers for us */
	back_says(1, NOXS_STATE_GONE);
	ctrl_handler(ctrl_data);
	assert_log("event1:3 -2.0 ");
	assert_int_equal(ctrl.slot[1].front.ack, 1); /* the slot may be used again */
	back_says(1, NOXS_STATE_OPEN);
	ctrl_handler(ctrl_data);
	assert_log("");
	noxs_publish(&fronts_of_test[1], NOXS_STATE_OPEN, NULL, 0);
	assert_int_equal(ctrl.slot[1].front.seq, 0);
}

/* What nobody has opened, and what came and went between two looks: their slots are let go of. */
static void lets_go_of_what_nobody_opened(void **state)
{
	(void)state;
	device_put(2, NOXS_CLASS_VBD, 0, 2);
	back_says(2, NOXS_STATE_CLOSED);
	assert_int_equal(noxs_rescan(), 0);
	ctrl_handler(ctrl_data);
	assert_int_equal(ctrl.slot[2].front.ack, 0); /* it may still be opened */
	device_take(2);
	assert_int_equal(noxs_rescan(), 0);
	assert_log("+3.0 -3.0 ");
	back_says(2, NOXS_STATE_GONE);
	back_says(7, NOXS_STATE_CLOSED);
	back_says(7, NOXS_STATE_GONE);
	ctrl_handler(ctrl_data);
	assert_int_equal(ctrl.slot[2].front.ack, 2);
	assert_int_equal(ctrl.slot[7].front.ack, 2);
	assert_log("");
}

/* Removed and added again before we look: the same number, in the same slot. */
static void sees_that_it_is_another(void **state)
{
	(void)state;
	open_what_comes = true;
	back_says(1, NOXS_STATE_GONE);
	assert_int_equal(noxs_rescan(), 0);
	assert_log("event1:3 -2.0 +2.0 ");
	back_says(1, NOXS_STATE_CLOSED);
	ctrl_handler(ctrl_data);
	assert_log("event2:0 ");
	assert_int_equal(ctrl.slot[1].front.ack, 2); /* goes on counting */
	/* In another slot, with the news of the first still to be read. */
	device_put(1, NOXS_CLASS_VIF, 0, 5);
	back_says(1, NOXS_STATE_GONE);
	assert_int_equal(noxs_rescan(), 0);
	assert_log("event2:3 -2.0 +2.0 ");
	back_says(5, NOXS_STATE_CLOSED);
	ctrl_handler(ctrl_data);
	assert_log("event2:0 ");
}

static void refuses_pages_in_use(void **state)
{
	(void)state;
	device_put(2, NOXS_CLASS_VBD, 0, 2);
	page->dev[2].ctrl_gfn = OTHER_GFN;
	assert_int_equal(noxs_rescan(), 0);
	assert_log("");
	assert_null(noxs_find(NOXS_CLASS_VBD, 0));
}

static void keeps_what_it_knows_after_an_error(void **state)
{
	(void)state;
	device_put(2, NOXS_CLASS_VBD, 0, 2);
	page->hdr.seq = 1;
	assert_int_equal(noxs_rescan(), -ENOMEM);
	assert_log("");
	assert_non_null(noxs_find(NOXS_CLASS_VIF, 0));
	page->hdr.seq = 2;
	assert_int_equal(noxs_rescan(), 0);
	assert_log("+3.0 ");
}

/* A writer whose processor is away for longer than Xen ever writes. */
static void waits_for_a_slow_writer(void **state)
{
	(void)state;
	assert_int_equal(noxs_rescan(), 0);
	log_text[0] = '\0';
	device_put(1, NOXS_CLASS_VIF, 1, 1);
	page->hdr.seq |= 1;
	written_ns = clock_ns + 100 * NSEC_PER_MSEC;
	assert_int_equal(noxs_rescan(), 0);
	assert_log("+2.1 ");
	written_ns = 0;
}

/* One that is away for longer still, or writes without pause: Xen reads it then. */
static void asks_xen_in_the_end(void **state)
{
	(void)state;
	assert_int_equal(noxs_rescan(), 0);
	log_text[0] = '\0';
	device_put(1, NOXS_CLASS_VIF, 1, 1);
	page->hdr.seq |= 1;
	read_answer = 0;
	assert_int_equal(noxs_rescan(), 0);
	assert_log("+2.1 ");
	page->hdr.seq++;
}

/* One line, which the log of the test shows, and no devices. */
static void has_none_in_another_major(void **state)
{
	(void)state;
	page->hdr.version = 1U << 16 | 2;
	assert_false(noxs_init());
	assert_null(noxs_find(NOXS_CLASS_VIF, 0));
}

/* Xen has no memory for it: then the next event makes the guest look. */
static void looks_again_at_the_next_event(void **state)
{
	uint64_t start;

	(void)state;
	assert_int_equal(noxs_rescan(), 0);
	log_text[0] = '\0';
	device_put(1, NOXS_CLASS_VIF, 1, 1);
	page->hdr.seq |= 1;
	start = clock_ns;
	assert_int_equal(noxs_rescan(), -ENOMEM);
	assert_true(clock_ns - start >= NOXS_SEQ_WAIT_MS * NSEC_PER_MSEC);
	page->hdr.seq++;
	assert_log("");
	ctrl_handler(ctrl_data);
	assert_log("+2.1 ");
	ctrl_handler(ctrl_data);
	assert_log("");
}

/* A restored domain with another vif: what is lost is closed before anybody connects. */
static void restores(void **state)
{
	(void)state;
	assert_int_equal(noxs_rescan(), 0);
	open_what_comes = true;
	device_put(1, NOXS_CLASS_VIF, 7, 1);
	noxs_reread();
	assert_log("");
	noxs_reconnect();
	assert_log("event1:3 resume0:0 -2.0 +2.7 ");
	device_put(1, NOXS_CLASS_VIF, 7, 1);
	noxs_reread();
	noxs_reconnect();
	assert_log("resume2:7 resume0:0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tells_what_is_new, setup),
		cmocka_unit_test_setup(closes_what_has_gone, setup),
		cmocka_unit_test_setup(lets_go_of_what_nobody_opened, setup),
		cmocka_unit_test_setup(sees_that_it_is_another, setup),
		cmocka_unit_test_setup(refuses_pages_in_use, setup),
		cmocka_unit_test_setup(keeps_what_it_knows_after_an_error, setup),
		cmocka_unit_test_setup(waits_for_a_slow_writer, setup),
		cmocka_unit_test_setup(asks_xen_in_the_end, setup),
		cmocka_unit_test_setup(has_none_in_another_major, setup),
		cmocka_unit_test_setup(looks_again_at_the_next_event, setup),
		cmocka_unit_test_setup(restores, setup),
	};

	noxs_watch_add(&watch);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
