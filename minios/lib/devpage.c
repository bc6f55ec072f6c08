/* SPDX-License-Identifier: MIT */
/* The reader's side of the device page. */
#include <errno.h>
#include <string.h>
#include <minios/devpage.h>
#include <minios/util.h>

int devpage_check(const struct noxs_dev_header *hdr)
{
	if (hdr->magic != NOXS_DEV_PAGE_MAGIC)
		return -EINVAL;
	if (hdr->version >> 16 != NOXS_ABI_MAJOR)
		return -EOPNOTSUPP;
	if (hdr->nr_slots > NOXS_MAX_DEVS)
		return -EINVAL;
	return 0;
}

int devpage_read(const struct noxs_dev_page *page, struct noxs_dev_page *copy)
{
	uint32_t seq = READ_ONCE(page->hdr.seq);

	if (seq & 1)
		return -EAGAIN;
	smp_rmb(); /* seq before the contents: pairs with the writer's barriers around them */
	memcpy(&copy->hdr, &page->hdr, sizeof(copy->hdr));
	if (copy->hdr.nr_slots <= NOXS_MAX_DEVS)
		memcpy(copy->dev, page->dev, copy->hdr.nr_slots * sizeof(copy->dev[0]));
	smp_rmb(); /* the contents before seq once more */
	return seq == READ_ONCE(page->hdr.seq) ? devpage_check(&copy->hdr) : -EAGAIN;
}

static bool dev_check(const struct noxs_dev *dev)
{
	return dev->cls != NOXS_CLASS_NONE && dev->ctrl_slot < NOXS_CTRL_SLOTS && dev->ctrl_port &&
	       dev->ctrl_gfn && !(dev->flags & ~NOXS_DEV_FLAGS_ALL);
}

const struct noxs_dev *devpage_next(const struct noxs_dev_page *copy, unsigned int cls,
				    const struct noxs_dev *prev)
{
	const struct noxs_dev *dev = prev ? prev + 1 : copy->dev;

	for (; dev < copy->dev + copy->hdr.nr_slots; dev++)
		if (dev->cls == cls && dev_check(dev))
			return dev;
	return NULL;
}

const struct noxs_dev *devpage_find(const struct noxs_dev_page *copy, unsigned int cls,
				    unsigned int id)
{
	const struct noxs_dev *dev = NULL;

	do
		dev = devpage_next(copy, cls, dev);
	while (dev && dev->id != id);
	return dev;
}
