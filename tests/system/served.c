/* SPDX-License-Identifier: MIT */
/*
 * A domain that never runs, with two devices of Dom0's and two of another back-end's: for
 * tests/guest/backend, which is that other.
 *
 *   served create           make it and print its domid
 *   served add DOMID OTHER  give it its devices
 *   served churn DOMID SECONDS   write the page of any domain without pause
 *   served origin DOMID    where the memory of any domain is from, NOXS_ORIGIN_*
 *   served check DOMID      what the other has been allowed to do to it has been done, and no more
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hypercall.h"

static int create(void)
{
	uint32_t domid = domain_create();

	if (set_name(domid, "served") != 1)
		return 1;
	printf("%u\n", domid);
	return 0;
}

static int add(uint32_t domid, uint32_t backend)
{
	struct noxs_dev devs[4];

	for (uint16_t i = 0; i < 4; i++) {
		devs[i] = vif(i, i);
		if (i < 2)
			continue;
		devs[i].backend_domid = (uint16_t)backend;
		devs[i].backend_serial = 0;
	}
	return dev_add(domid, devs, 4) != 0;
}

/* The device page is written without pause, with what is there, for so many seconds. */
static int churn(uint32_t domid, unsigned int seconds)
{
	struct noxs_dev_op op = { .domid = (uint16_t)domid, .flags = NOXS_DEV_REPLACE };
	time_t end = time(NULL) + (time_t)seconds;
	struct noxs_dev_page page;
	struct noxs_get g;
	int rc = get(domid, &g, &page);

	while (!rc && time(NULL) <= end)
		rc = noxs(NOXS_OP_dev_add, &op, sizeof(op), page.dev,
			  page.hdr.nr_devs * sizeof(page.dev[0]), page.hdr.nr_devs);
	return rc != 0;
}

static int print_origin(uint32_t domid)
{
	struct noxs_dominfo info = { 0 };

	if (list_find(domid, &info))
		return 1;
	printf("%u\n", info.origin);
	return 0;
}

static int inspect(uint32_t domid)
{
	struct noxs_dev want[2] = { vif(0, 0), vif(1, 1) };
	struct noxs_dev_page page;
	struct noxs_get g;
	int rc = get(domid, &g, &page);

	return rc || page.hdr.nr_devs != 2 || memcmp(page.dev, want, sizeof(want)) ||
	       page.dev[2].cls || page.dev[3].cls || strcmp(page.hdr.name, "served");
}

int main(int argc, char **argv)
{
	uint32_t domid = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (!hypercall_open())
		return 2;
	if (argc == 2 && !strcmp(argv[1], "create"))
		return create();
	if (argc == 4 && !strcmp(argv[1], "add"))
		return add(domid, (uint32_t)strtoul(argv[3], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "churn"))
		return churn(domid, (unsigned int)strtoul(argv[3], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "origin"))
		return print_origin(domid);
	if (argc == 3 && !strcmp(argv[1], "check"))
		return inspect(domid);
	fprintf(stderr,
		"usage: served create | add DOMID OTHER | churn DOMID SECONDS | origin DOMID | "
		"check DOMID\n");
	return 2;
}
