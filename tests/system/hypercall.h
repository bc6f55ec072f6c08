/* SPDX-License-Identifier: MIT */
/* What the tests of the noxs hypercall share: verdicts, calls with the usual arguments, domains. */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

#include "noxs.h"

extern xc_interface *xch;
extern xenforeignmemory_handle *fmem;
extern void *arg_buf, *buf_buf; /* hypercall-safe memory */
extern int failures;

/* False if Xen cannot be talked to; errno tells why. */
bool hypercall_open(void);

/* Verdicts: fmt tells what was wrong; rc is what a call has returned. */
void check(bool ok, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void expect(int rc, int want, const char *name);
/* -EINVAL: op with a count beyond 1 to max, and with a buffer, for which it has no use. */
void expect_bad_counts(unsigned int op, const char *name, void *arg, size_t size, unsigned int max);

/* The hypercall's value, or -errno; noxs() copies arguments to and from hypercall-safe memory. */
int noxs_raw(unsigned int op, void *arg, void *buf, unsigned int count);
int noxs(unsigned int op, void *arg, size_t arg_size, void *buf, size_t buf_size,
	 unsigned int count);

int set_info(const struct noxs_set_info *info, unsigned int nr);
int set_name(uint32_t domid, const char *name);
/* Of a live domain, 0 if there is none. */
uint64_t serial_of(uint32_t domid);
int dev_add(uint32_t domid, struct noxs_dev *devs, unsigned int nr);
int dev_remove(uint32_t domid, struct noxs_dev_id *ids, unsigned int nr);
int get(uint32_t domid, struct noxs_get *get, struct noxs_dev_page *page);

/* The list's entry of one domain; -ENOENT if it is not there. */
int list_find(uint32_t domid, struct noxs_dominfo *info);

/* Take all events; then wait for one of domid with all of flags. */
int events_drain(void);
bool event_wait(uint32_t domid, uint32_t flags, struct noxs_event *ev);

/* A domain that never runs, with XEN_DOMCTL_CDF_*, or a domid; and a vif for it. */
uint32_t domain_create_as(uint32_t flags);
uint32_t domain_create_at(uint32_t domid);
uint32_t domain_create(void);
struct noxs_dev vif(uint16_t id, uint16_t slot);

/* hypercall-info.c; a and b are new domains */
void test_set_info_errors(uint32_t a);
void test_set_info(uint32_t a, uint32_t b);
void test_uuid(void);
void test_get_errors(uint32_t a);
void test_list(uint32_t a, uint32_t b);

/* hypercall-devs.c, in this order; other is another new domain */
void test_dev_errors(uint32_t domid);
void test_devs(uint32_t domid);
void test_replace(uint32_t domid);
void test_preconnected(uint32_t other);

/* hypercall-events.c; test_gone() destroys the domain */
void test_gone(uint32_t domid);
void test_events(void);
void test_domid_reused(void);
void test_events_in_turn(void);
void test_collector(void);
void test_virq(void);

#endif /* HYPERCALL_H */
