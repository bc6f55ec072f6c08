/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the module share: verdicts, requests to the control device, events, and the
 * front-end's side of a vif.
 */
#ifndef MODULE_TEST_H
#define MODULE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "module-guest.h"

#define BRIDGE	  "noxstest"
#define FRAME_LEN 60U

extern const char *prefix; /* of the verdicts' names */
extern int failures;
extern int fd; /* the control device */

/* Print a verdict; @fmt tells what was wrong. */
void verdict(const char *name, bool ok, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A verdict on an errno. */
void expect(const char *name, int got, int want);

/* The errno of an ioctl, 0 if it succeeds. */
int control(int file, unsigned long cmd, void *arg);

/* The number that a shell command prints. */
long count_of(const char *command);

struct request {
	struct noxs_ioc_create create;
	struct noxs_ioc_dev dev[2];
};

/* A sysctl and a vif on the bridge; MAC and address follow the domid. */
void request_init(struct request *req, const struct guest *guest);

/* The vif pre-connected, to rings that guest_prepare_vif() has made. */
void preconnect_vif(struct request *req, const struct guest *guest);

/* Attach with such a request, detach: errno or 0. */
int attach(const struct guest *guest);
int detach(uint32_t domid);

/* The same with the vif deferred, and what it lacks: the addresses that attach() gives at once. */
struct settings {
	struct noxs_ioc_configure configure; /* names the first */
	struct noxs_ioc_dev dev[2];	     /* vif 0, and a vif 1 with addresses of its own */
};

void shell_request(struct request *req, const struct guest *guest);
int attach_shell(const struct guest *guest);
void settings_init(struct settings *set, const struct guest *guest);
int configure(const struct guest *guest);

/* What Xen has in the domain's device page; all zero if there is none. */
const struct noxs_dev_page *device_page(uint32_t domid);

/* A device's entry in it, and that of vif 0; NULL if there is none. */
const struct noxs_dev *device_entry(uint32_t domid, uint16_t cls, uint16_t id);
const struct noxs_dev *vif_entry(uint32_t domid);

/* Domains that stay attached: what is on its way out has two seconds, for Xen may be done first. */
unsigned int count_attached(void);

/* NOXS_STATE_* of the vif, ~0 if there is none; *vif is filled in if not NULL. */
uint32_t vif_state(uint32_t domid, struct noxs_ioc_dev_state *vif);

/* Hot-plug of one device, quiescing and thawing: errno or 0. */
int add_device(uint32_t domid, const struct noxs_ioc_dev *dev);
int remove_device(uint32_t domid, uint16_t cls, uint16_t id);
/* A vif with addresses of its own, and an id that no other has. */
int plug_vif(const struct guest *guest);
int unplug_vif(const struct guest *guest);
int quiesce(int file, uint32_t domid);
int thaw(int file, uint32_t domid);

int subscribe(int file, uint32_t domid);

/* Wait up to 5 s for an event of @type; what comes before it is skipped. */
bool await_event(int file, unsigned int type, struct noxs_ioc_event *event);

/* Wait up to 5 s until Xen has forgotten the domain. */
bool await_gone(uint32_t domid);

/* A guest with an open vif; false with a verdict if it cannot be had. */
bool open_guest(struct guest *guest, uint32_t features);
void close_guest(struct guest *guest);

/* A packet socket on the domain's vif. */
int sniff(uint32_t domid);

/* A frame of experimental type 0x88b5, filled with @mark. */
void fill_frame(void *frame, size_t len, uint8_t mark);

/* Wait up to 2 s for a frame like that; returns its length, 0 if none comes. */
size_t sniff_frame(int sock, uint8_t mark);

netif_tx_request_t *next_tx(struct guest *guest);
void push_tx(struct guest *guest);

/* Send one packet as @slots fragments of @size bytes each. */
void send_chain(struct guest *guest, unsigned int slots, unsigned int size, uint8_t mark);

/* Wait up to 2 s for @count transmit responses; returns how many had @status. */
unsigned int reap_tx(struct guest *guest, unsigned int count, int status);

/* Post @count receive buffers; wait up to 2 s for @count receive responses. */
void post_rx(struct guest *guest, unsigned int count);
bool await_rx(struct guest *guest, unsigned int count);

/* Whether a frame with @mark is among what has been received, or comes within 2 s. */
bool await_frame(const struct guest *guest, uint8_t mark);

/* The tests, in the order in which they run. */
void test_control(void);
void test_domain_ends(void);
void test_vifs(void);
void test_rate(void);
void test_configure(void);
void test_deferred(void);
void test_switch(void);
void test_switch_load(int rounds);
void test_quiesce(void);
void test_hotplug(void);
void test_hostile(void);
void test_crowd(void);

#endif /* MODULE_TEST_H */
