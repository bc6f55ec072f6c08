// SPDX-License-Identifier: GPL-2.0-only
/*
 * What web does when its disk fails, goes or comes: the disk, its files and the server are stand-ins.
 */
#include "unit.h"

#include <stdbool.h>
#include <minios/app.h>
#include <minios/loop.h>
#include <minios/net.h>
#include <minios/noxs.h>
#include <minios/sysctl.h>
#include "lwip/netif.h"
#include "cache.h"
#include "files.h"
#include "server.h"

struct netif *netif_default;

static struct {
	struct blk_info info;
	void (*changed)(struct blk_disk *disk);
	unsigned int nr_opens;
	int nr_files; /* -1 = none are known */
	bool is_cached, can_read;
	struct noxs_watch *watch;
	struct loop_source *source;
} world;

bool minios_option(const char *cmdline, const char *name, char *value, unsigned int size)
{
	(void)cmdline;
	(void)name;
	(void)value;
	(void)size;
	return false;
}

int blk_open_registered(unsigned int id, struct blk_disk **disk)
{
	assert_int_equal(id, 0);
	world.nr_opens++;
	world.info = (struct blk_info){ .sectors = 64 };
	*disk = NULL;
	return 0;
}

void blk_watch(struct blk_disk *disk, void (*changed)(struct blk_disk *disk))
{
	(void)disk;
	world.changed = changed;
}

const struct blk_info *blk_info(const struct blk_disk *disk)
{
	(void)disk;
	return &world.info;
}

int files_init(struct blk_disk *disk)
{
	(void)disk;
	world.nr_files = 3;
	world.is_cached = true;
	return 3;
}

void files_forget(void)
{
	world.nr_files = -1;
}

void cache_forget(void)
{
	world.is_cached = false;
}

void server_disk(bool can_read)
{
	world.can_read = can_read;
}

int server_start(void)
{
	return 0;
}

int net_start(void (*ready)(void))
{
	(void)ready;
	return 0;
}

void noxs_watch_add(struct noxs_watch *watch)
{
	world.watch = watch;
}

void loop_add(struct loop_source *source)
{
	world.source = source;
}

void minios_ready(void)
{
}

char *ip4addr_ntoa(const ip4_addr_t *address)
{
	(void)address;
	return NULL;
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(app_main(""), 0);
	assert_true(world.can_read && world.is_cached && world.nr_files == 3);
	return 0;
}

static void assert_unreadable(void)
{
	assert_false(world.can_read || world.is_cached);
	assert_int_equal(world.nr_files, -1);
}

static void another_size(void **state)
{
	(void)state;
	world.info.sectors = 128;
	world.changed(NULL);
	assert_true(world.can_read && world.is_cached && world.nr_files == 3);
}

/* 503 from then on, and no answer goes on that never ends. */
static void failed(void **state)
{
	(void)state;
	world.info.is_failed = true;
	world.changed(NULL);
	assert_unreadable();
}

/* Whether it had failed before or not. */
static void taken_and_given_back(void **state)
{
	unsigned int nr_opens = world.nr_opens;

	(void)state;
	world.info.is_gone = true;
	world.changed(NULL);
	assert_unreadable();
	world.watch->changed(NULL, NOXS_CLASS_VBD, 0, false);
	(void)world.source->poll(NULL);
	assert_int_equal(world.nr_opens, nr_opens);
	world.watch->changed(NULL, NOXS_CLASS_VBD, 0, true);
	(void)world.source->poll(NULL);
	assert_int_equal(world.nr_opens, nr_opens + 1);
	assert_true(world.can_read && world.nr_files == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(another_size, setup),
		cmocka_unit_test_setup(failed, setup),
		cmocka_unit_test(taken_and_given_back),
		cmocka_unit_test_setup(taken_and_given_back, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
