// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what the unikernel base promises an application, on any Xen: memory protection, all of the
 * memory, a clock that goes, sleep that ends, grants.  Runs as Xen's first domain.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <minios/app.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/random.h>
#include <minios/start.h>
#include <minios/time.h>
#include <minios/trap.h>
#include "check.h"

extern char _text[], stack_start[];

static const uint32_t constant = 0x1234;
static uint32_t variable;

static void test_protection(void)
{
	uint32_t word;

	check_true("text-is-read-only", !trap_try_write((uint32_t *)_text, 0));
	check_true("constants-are-read-only", !trap_try_write((uint32_t *)&constant, 0));
	check_true("data-is-writable", trap_try_write(&variable, 7) && variable == 7);
	check_true("nothing-at-null", !trap_try_read((uint32_t *)16, &word));
	check_true("end-of-stack-is-guarded",
		   !trap_try_write((uint32_t *)((uintptr_t)stack_start - 8), 0));
	check_true("reads-after-faults", trap_try_read(&variable, &word) && word == 7);
}

/* The table an entry points to. */
static const uint64_t *table_of(uint64_t entry)
{
	return mm_pfn_to_virt(mm_mfn_to_pfn((entry & 0x000ffffffffff000UL) >> PAGE_SHIFT));
}

/* The leaf that maps an address, or 0. */
static uint64_t leaf_of(unsigned long va)
{
	const uint64_t *table = (const uint64_t *)start_info_get()->pt_base;
	unsigned int shift;
	uint64_t entry;

	for (shift = 39;; shift -= 9) {
		entry = table[(va >> shift) & 511];
		if (!(entry & PTE_PRESENT))
			return 0;
		if (shift == PAGE_SHIFT)
			return entry;
		table = table_of(entry);
	}
}

/* All of our memory, whoever has mapped it: the builder, or we. */
static void test_executable(const char *name)
{
	unsigned long va, both = 0, mapped = 0;
	uint64_t leaf;
	size_t pfn;

	for (pfn = 0; pfn < mm_nr_pages(); pfn++) {
		va = (unsigned long)mm_pfn_to_virt(pfn);
		leaf = leaf_of(va);
		mapped += leaf & PTE_PRESENT;
		both += (leaf & PTE_WRITE) && !(leaf & PTE_NX);
		both += leaf && !(leaf & PTE_NX) && va >= (unsigned long)stack_start;
	}
	check_value(name, mapped > 10 ? (long)both : -1, 0);
}

static void test_time(void)
{
	uint64_t first = time_ns(), now = first, last = first, wall = time_unix();
	bool is_monotonic = true;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		now = time_ns();
		is_monotonic &= now >= last;
		last = now;
	}
	check_true("time-is-monotonic", is_monotonic);
	check_true("time-goes-on", now > first);
	/* 2020-01-01 and 2100-01-01: the wall clock is one, and in seconds. */
	check_true("wall-clock-is-plausible", wall > 1577836800 && wall < 4102444800);
}

static void test_sleep(void)
{
	uint64_t deadline = time_ns() + 20 * NSEC_PER_MSEC;

	evtchn_sleep(deadline);
	check_true("sleep-ends-in-time",
		   time_ns() >= deadline && time_ns() < deadline + NSEC_PER_SEC);
	deadline = time_ns();
	evtchn_sleep(deadline - NSEC_PER_MSEC);
	check_true("sleep-into-the-past-ends", time_ns() < deadline + NSEC_PER_SEC);
}

static unsigned int nr_events;

static void count_event(void *data)
{
	nr_events += *(unsigned int *)data;
}

static void test_events(void)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
	unsigned int weight = 3;
	evtchn_port_t port;
	long err;

	check_value("event-alloc", evtchn_alloc(DOMID_SELF, &port), 0);
	bind.remote_port = port;
	err = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
	check_value("event-bind-to-itself", err, 0);
	check_value("event-handle", evtchn_handle(port, count_event, &weight), 0);
	check_value("event-handle-twice", evtchn_handle(port, count_event, &weight), -EEXIST);
	check_value("event-handle-none", evtchn_handle(0, count_event, &weight), -EINVAL);
	check_true("event-none-yet", !evtchn_dispatch());
	evtchn_notify(bind.local_port);
	evtchn_notify(bind.local_port);
	evtchn_sleep(0); /* for ever, were it not for the event */
	check_true("event-is-dispatched", evtchn_dispatch());
	check_value("event-is-delivered-once", nr_events, 3);
	evtchn_close(port);
	evtchn_close(bind.local_port);
}

static void test_grants(void)
{
	void *page = page_alloc();
	int refs[3], i;

	check_value("grant-init", gnttab_init(), 0);
	check_value("grant-init-again", gnttab_init(), 0);
	for (i = 0; i < 3; i++)
		refs[i] = gnttab_grant(1, page, i % 2);
	check_true("grants-differ", refs[0] > 0 && refs[1] > 0 && refs[2] > 0 &&
					    refs[0] != refs[1] && refs[1] != refs[2]);
	check_true("grant-revoked", gnttab_revoke((grant_ref_t)refs[1]));
	check_value("grant-used-again", gnttab_grant(1, page, false), refs[1]);
	check_true("grant-out-of-range", !gnttab_revoke(100000));
	for (i = 0; i < 3; i++)
		(void)gnttab_revoke((grant_ref_t)refs[i]); /* nobody has mapped them */
	page_free(page);
}

/* Every page there is: memory beyond the initial mapping, each page once, all of it usable. */
static void test_memory(void)
{
	unsigned long count = 0, bad = 0;
	uint64_t *page, *last = NULL;
	void *block;

	block = malloc(100000);
	check_true("malloc", block);
	free(block);
	block = calloc(1000, 8);
	check_true("calloc-clears", block && !((char *)block)[7999]);
	check_true("calloc-overflow", !calloc(SIZE_MAX / 2, 4));

	/* A list through all pages, by which each is written and found again. */
	while ((page = page_alloc())) {
		page[0] = (uint64_t)last;
		page[511] = ~(uint64_t)page;
		last = page;
		count++;
	}
	for (page = last; page; page = (uint64_t *)page[0])
		bad += page[511] != ~(uint64_t)page;
	check_value("pages-keep-what-is-written", (long)bad, 0);
	/* The image, its page tables and the p2m list are in the rest. */
	check_true("nearly-all-memory-is-there",
		   count > mm_nr_pages() * 9 / 10 && count < mm_nr_pages());
	check_true("malloc-without-memory", !malloc(10 * 1024 * 1024));
	while (last) {
		page = (uint64_t *)last[0];
		page_free(last);
		last = page;
	}
	check_true("freed-pages-come-back", page_alloc());
	free(block);
}

static void test_random(void)
{
	uint32_t first = random_u32(), differ = 0;
	const char name[] = "x";
	unsigned int i;

	for (i = 0; i < 100; i++)
		differ |= random_u32() ^ first;
	check_value("random-bits-all-change", differ, UINT32_MAX);
	check_value("hash-repeats", random_hash(name, 1), random_hash(name, 1));
	first = random_hash(name, 1);
	random_seed();
	check_true("hash-changes-with-seed", random_hash(name, 1) != first);
}

int app_main(const char *cmdline)
{
	char word[8];

	check_true("command-line",
		   minios_option(cmdline, "word", word, sizeof(word)) && word[0] == 'w');
	test_protection();
	test_executable("nothing-is-writable-and-executable");
	test_time();
	test_sleep();
	test_events();
	test_grants();
	test_random();
	test_memory();
	test_executable("nothing-mapped-since-is-executable");
	(void)check_finish(); /* the lines above say the same */
	domain_shutdown(SHUTDOWN_reboot);
}
