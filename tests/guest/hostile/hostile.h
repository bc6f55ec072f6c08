/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest that connects its vif as it should, and then does what mode=... says. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stdint.h>
#include <minios/netring.h>
#include <minios/noxs.h>

/* The attacker's own view of its device. */
struct victim {
	struct noxs_front front;
	struct noxs_vif_front half; /* as published */
	struct netring ring;
	void *page; /* granted as gref, read-only, full of packet */
	uint16_t gref;
};

struct attack {
	const char *name;
	/* Spoil what is about to be published; NULL: connect properly. */
	void (*before)(struct victim *v);
	/* Called again and again once the back-end is open; false when done. */
	bool (*step)(struct victim *v);
};

extern const struct attack attacks[];

#endif /* HOSTILE_H */
