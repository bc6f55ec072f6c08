/* SPDX-License-Identifier: MIT */
/* The guest's device page: how it is read, and the copy of it that everybody here looks at. */
#include <errno.h>
#include <stdio.h>
#include <minios/evtchn.h>
#include <minios/hypercall.h>
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/noxs_page.h>
#include <minios/time.h>
#include <minios/util.h>

/* Between two looks: a few times what Xen writes for. */
#define PAGE_PAUSE_NS 20000U

static const struct noxs_dev_page page MM_WINDOW;
LIGHTVM_NOTE(note, LIGHTVM_NOTE_DEVICE_PAGE, &page);
struct noxs_dev_page noxs_copy;

/* Nothing of Xen's is mapped for this, so nothing has to be unmapped before a suspend. */
static int page_ask(struct noxs_dev_page *to)
{
	long got = hypercall_noxs_op(NOXS_OP_read, NULL, to, sizeof(*to));
	int err;

	if (got < (long)sizeof(to->hdr))
		return got < 0 ? (int)got : -EINVAL;
	err = devpage_check(&to->hdr);
	return err || got == sizeof(*to) ? err : -EINVAL;
}

int noxs_page_read(struct noxs_dev_page *to)
{
	uint64_t deadline, now;
	int err;

	if (!mm_window_is_mapped(&page))
		return page_ask(to);
	deadline = time_ns() + NOXS_SEQ_WAIT_MS * NSEC_PER_MSEC;
	while ((err = devpage_read(&page, to)) == -EAGAIN && (now = time_ns()) < deadline)
		evtchn_sleep(now + PAGE_PAUSE_NS);
	/* Whoever writes without pause does not keep Xen from reading. */
	return err == -EAGAIN ? page_ask(to) : err;
}

static COLD void say_unusable(int err)
{
	long version;

	if (err == -EOPNOTSUPP) {
		version = hypercall_noxs_op(NOXS_OP_version, NULL, NULL, 0);
		printf("noxs: Xen speaks ABI %ld.%ld, this guest %u.%u: it has no devices\n",
		       version >> 16, version & 0xffff, NOXS_ABI_MAJOR, NOXS_ABI_MINOR);
	} else if (err != -ENOSYS && err != -ENOENT) {
		printf("noxs: device page unusable: %d\n", err);
	}
}

bool noxs_init(void)
{
	const struct noxs_dev *dev;
	unsigned int i;
	int err = noxs_page_read(&noxs_copy);

	if (err) {
		noxs_copy.hdr = (struct noxs_dev_header){ 0 };
		say_unusable(err);
		return false;
	}
	/* Whether or not anybody opens them: their frames are taken. */
	for (dev = noxs_copy.dev; dev < noxs_copy.dev + noxs_copy.hdr.nr_slots; dev++) {
		if (dev->cls == NOXS_CLASS_NONE)
			continue;
		(void)page_reserve(dev->ctrl_gfn); /* a bad one is refused by noxs_open() */
		if (dev->flags & NOXS_DEV_PRECONNECTED)
			for (i = 0; i < dev->nr_rings && i < ARRAY_SIZE(dev->data_port); i++)
				(void)page_reserve(dev->ring_gfn + i); /* likewise */
	}
	return true;
}

const struct noxs_dev_header *noxs_header(void)
{
	return &noxs_copy.hdr;
}

const struct noxs_dev *noxs_next(unsigned int cls, const struct noxs_dev *prev)
{
	return devpage_next(&noxs_copy, cls, prev);
}

const struct noxs_dev *noxs_find(unsigned int cls, unsigned int id)
{
	return devpage_find(&noxs_copy, cls, id);
}

void noxs_page_forget(unsigned int cls, unsigned int id, unsigned int ctrl_slot)
{
	struct noxs_dev *dev = (struct noxs_dev *)noxs_find(cls, id);

	if (dev && dev->ctrl_slot == ctrl_slot)
		dev->cls = NOXS_CLASS_NONE;
}
