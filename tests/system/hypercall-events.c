/* SPDX-License-Identifier: MIT */
/* The noxs hypercall: next_event, and VIRQ_NOXS. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenevtchn.h>

#include "hypercall.h"

void test_gone(uint32_t domid)
{
	struct noxs_event ev;

	xc_domain_destroy(xch, domid);
	check(event_wait(domid, NOXS_DOMF_GONE, &ev), "next_event tells of the end", "flags %#x",
	      ev.flags);
}

void test_events(void)
{
	uint32_t domid = domain_create(), successor;
	struct noxs_set_info info = { .what = NOXS_SET_NAME, .name = "successor" };
	struct noxs_dominfo di;
	struct noxs_dev_page page;
	struct noxs_event ev;
	struct noxs_get g;
	uint64_t serial;
	int rc;

	expect(events_drain(), 0, "next_event has no more");
	expect_bad_counts(NOXS_OP_next_event, "next_event", &ev, sizeof(ev), NOXS_EVENTS_MAX);

	expect(set_name(domid, "successor"), 1, "set_info before its death");
	get(domid, &g, &page);
	serial = g.serial;
	xc_domain_shutdown(xch, domid, SHUTDOWN_crash);
	expect(noxs_raw(NOXS_OP_next_event, (void *)8, NULL, 1), -EFAULT, "next_event bad handle");
	rc = noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 1);
	check(rc == 1 && ev.domid == domid && ev.reason == SHUTDOWN_crash && ev.serial == serial &&
		      ev.flags == (NOXS_DOMF_NOXS | NOXS_DOMF_PAUSED | NOXS_DOMF_SHUTDOWN),
	      "next_event tells of a shutdown, not lost by a fault", "rc %d flags %#x reason %u",
	      rc, ev.flags, ev.reason);
	expect(events_drain(), 0, "next_event tells once");
	rc = list_find(domid, &di);
	check(!rc && (di.flags & NOXS_DOMF_SHUTDOWN) && di.reason == SHUTDOWN_crash,
	      "list tells it again", "rc %d flags %#x", rc, di.flags);

	/* A page mapped by somebody else keeps a dying domain. */
	xen_pfn_t mfn = g.frame;
	void *p = xenforeignmemory_map(fmem, domid, PROT_READ, 1, &mfn, NULL);

	check(p != NULL, "map the page of a domain", "%s", strerror(errno));
	expect(xc_domain_destroy(xch, domid), 0, "destroy");
	check(event_wait(domid, NOXS_DOMF_DYING, &ev) && ev.serial == serial,
	      "next_event tells of dying", "flags %#x", ev.flags);
	expect(get(domid, &g, &page), 0, "get of a dying domain");
	expect(set_name(domid, "other"), -ESRCH, "set_info of a dying domain");
	struct noxs_dev dev = vif(0, 0);
	struct noxs_dev_id id = { .cls = NOXS_CLASS_VIF };

	expect(dev_add(domid, &dev, 1), -ESRCH, "dev_add to a dying domain");
	expect(dev_remove(domid, &id, 1), -ESRCH, "dev_remove from a dying domain");
	rc = list_find(domid, &di);
	check(!rc && (di.flags & NOXS_DOMF_DYING) && !di.name[0], "list a dying domain, nameless",
	      "rc %d flags %#x name '%.63s'", rc, di.flags, di.name);

	successor = domain_create();
	info.domid = successor;
	expect(set_info(&info, 1), 1, "the name of a dying domain is free");
	if (p)
		xenforeignmemory_unmap(fmem, p, 1);
	check(event_wait(domid, NOXS_DOMF_GONE, &ev) && ev.flags == NOXS_DOMF_GONE &&
		      ev.serial == serial,
	      "next_event tells which one is gone", "flags %#x serial %llu, not %llu", ev.flags,
	      (unsigned long long)ev.serial, (unsigned long long)serial);
	expect(get(domid, &g, &page), -ESRCH, "get of one that is gone");
	rc = get(successor, &g, &page);
	check(!rc && g.serial > serial, "serials grow", "%llu after %llu",
	      (unsigned long long)g.serial, (unsigned long long)serial);
	test_gone(successor);
}

/* The end of one and news of the next with its domid are two events, whenever they are collected. */
void test_domid_reused(void)
{
	uint32_t domid = domain_create();
	uint64_t serial[2] = { serial_of(domid) };
	struct noxs_event ev;
	unsigned int told = 0, gone = 0, down = 0, ms;

	events_drain();
	xc_domain_destroy(xch, domid);
	usleep(200000); /* RCU's delay, mostly, without a call that could collect it */
	if (domain_create_at(domid) != domid) {
		check(false, "a domid used again", "%s", strerror(errno));
		return;
	}
	serial[1] = serial_of(domid);
	xc_domain_shutdown(xch, domid, SHUTDOWN_crash);
	for (ms = 0; ms < 5000 && (!gone || !down); ms += 10) {
		for (; noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 1) == 1; told++) {
			gone += ev.flags == NOXS_DOMF_GONE && ev.serial == serial[0];
			down += ev.flags & NOXS_DOMF_SHUTDOWN && ev.serial == serial[1];
		}
		usleep(10000);
	}
	/* News may be told again, an end may not. */
	check(gone == 1 && down && told == gone + down,
	      "one is gone and its successor has shut down", "%u events, %u gone, %u shut down",
	      told, gone, down);
	test_gone(domid);
}

/* What comes again and again at a low domid does not hide what is at a high one. */
void test_events_in_turn(void)
{
	uint32_t low = domain_create(), high = domain_create();
	struct noxs_event ev = { 0 };
	int rc;

	events_drain();
	xc_domain_shutdown(xch, low, SHUTDOWN_crash);
	rc = noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 1);
	check(rc == 1 && ev.domid == low && low < high, "the one there is", "rc %d", rc);
	xc_domain_destroy(xch, low);
	xc_domain_shutdown(xch, high, SHUTDOWN_crash);
	rc = noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 1);
	check(rc == 1 && ev.domid == high, "next_event goes on behind the last one told",
	      "rc %d domid %u, not %u", rc, ev.domid, high);
	check(event_wait(low, NOXS_DOMF_GONE, &ev), "and comes back", "flags %#x", ev.flags);
	test_gone(high);
}

/* Whoever gets the VIRQ collects, and nobody else. */
void test_collector(void)
{
	uint32_t domid = domain_create();
	struct noxs_event ev;

	expect(xc_domain_set_virq_handler(xch, domid, VIRQ_NOXS), 0, "VIRQ_NOXS to another domain");
	expect(noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 1), -EACCES,
	       "next_event for the one who gets the VIRQ alone");
	expect(xc_domain_set_virq_handler(xch, 0, VIRQ_NOXS), 0, "VIRQ_NOXS back");
	expect(events_drain(), 0, "next_event again");
	test_gone(domid);
}

/* VIRQ_NOXS comes, once for each of the three changes, and says nothing by itself. */
void test_virq(void)
{
	xenevtchn_handle *xce = xenevtchn_open(NULL, 0);
	xenevtchn_port_or_error_t port = xce ? xenevtchn_bind_virq(xce, VIRQ_NOXS) : -1;
	struct pollfd pfd = { .fd = xce ? xenevtchn_fd(xce) : -1, .events = POLLIN };
	uint32_t domid = domain_create();
	int rc;

	check(port >= 0, "bind VIRQ_NOXS", "%s", strerror(errno));
	if (port < 0)
		return;
	events_drain();
	while (poll(&pfd, 1, 0) == 1)
		xenevtchn_unmask(xce, xenevtchn_pending(xce));
	check(poll(&pfd, 1, 100) == 0, "no VIRQ without a change", "there is one");
	xc_domain_shutdown(xch, domid, SHUTDOWN_poweroff);
	rc = poll(&pfd, 1, 2000);
	check(rc == 1 && xenevtchn_pending(xce) == port, "VIRQ at shutdown", "poll says %d", rc);
	xenevtchn_unmask(xce, port);
	xc_domain_destroy(xch, domid);
	rc = poll(&pfd, 1, 2000);
	check(rc == 1 && xenevtchn_pending(xce) == port, "VIRQ at destruction", "poll says %d", rc);
	xenevtchn_unmask(xce, port);
	xenevtchn_close(xce);
}
