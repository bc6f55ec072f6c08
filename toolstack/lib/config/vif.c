// SPDX-License-Identifier: LGPL-2.1-only
/*
 * One string of `vif = [ ... ]`: "mac=..,bridge=..,ip=a.b.c.d/len,gateway=..,mtu=..,connect=..", or
 * switch=.. for bridge=.., devid=.., and rate=.. .
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

/* As xl: xl-network-configuration(5). */
#define DEFAULT_BRIDGE "xenbr0"
#define DEFAULT_MTU    1500U
#define MIN_MTU	       68U    /* RFC 791 */
#define MAX_MTU	       65521U /* one netif packet of 65535 bytes, less its Ethernet header */

/* 00:16:3e is Xen's; the rest is random. */
int chaos_mac_random(uint8_t mac[6])
{
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	return chaos_random(mac + 3, 3);
}

/* Six bytes of one or two digits each, as xl takes them. */
int chaos_mac_parse(const char *text, uint8_t mac[6])
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t len;
	int i;

	for (i = 0; i < 6; i++) {
		len = strspn(text, digits);
		if (len < 1 || len > 2 || text[len] != (i < 5 ? ':' : '\0'))
			return -1;
		mac[i] = (uint8_t)strtoul(text, NULL, 16);
		text += len + 1;
	}
	return 0;
}

static int parse_number(const char *text, unsigned int min, unsigned int max, unsigned int *value)
{
	unsigned long v;
	char *end;

	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || v < min || v > max)
		return -1;
	*value = (unsigned int)v;
	return 0;
}

static int set_mac(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (chaos_mac_parse(value, vif->mac))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "mac=%s is not a MAC address; write 00:16:3e:xx:xx:xx",
				       value);
	if (vif->mac[0] & 1 || !memcmp(vif->mac, "\0\0\0\0\0", 6))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"mac=%s is not the address of one station; write 00:16:3e:xx:xx:xx", value);
	if (!memcmp(vif->mac, "\xfe\xff\xff\xff\xff\xff", 6))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"mac=%s is the control domain's end of every vif; write 00:16:3e:xx:xx:xx",
			value);
	vif->mac_is_random = false;
	return 0;
}

static int set_bridge(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	size_t len = strlen(value);

	if (len >= sizeof(vif->bridge))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "\"%s\" is longer than the %zu bytes of an interface name",
				       value, sizeof(vif->bridge) - 1);
	memset(vif->bridge, 0, sizeof(vif->bridge));
	memcpy(vif->bridge, value, len);
	return 0;
}

static int set_switch(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (!*value)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "switch= names no switch; for no link write bridge=");
	vif->on_switch = true;
	return set_bridge(vif, value, err);
}

static int set_gateway(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (chaos_ipv4_parse(value, &vif->gateway))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "gateway=%s is not an IPv4 address", value);
	return 0;
}

static int set_mtu(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	unsigned int mtu;

	if (parse_number(value, MIN_MTU, MAX_MTU, &mtu))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "mtu=%s is not between %u and %u",
				       value, MIN_MTU, MAX_MTU);
	vif->mtu = (uint16_t)mtu;
	return 0;
}

static int set_devid(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	unsigned int id;

	if (parse_number(value, 0, UINT16_MAX, &id))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "devid=%s is not between 0 and %u", value, UINT16_MAX);
	vif->id = (uint16_t)id;
	vif->has_id = true;
	return 0;
}

static int set_connect(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (strcmp(value, "auto") && strcmp(value, "guest"))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "connect=%s is neither auto nor guest", value);
	vif->connects_itself = !strcmp(value, "guest");
	return 0;
}

/* ---- what is not supported ---- */

/* It would put the guest on another link than this one: not to be left out. */
static int refuse(const char *key, const char *value, const char *what, struct chaos_error *err)
{
	return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s=%s is not supported: %s", key, value,
			       what);
}

static int set_backend(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	(void)vif;
	if (!strcmp(value, "0") || !strcmp(value, "Domain-0"))
		return 0;
	return refuse("backend", value, "vifs are served by the control domain; leave it out", err);
}

static int set_script(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	const char *name = strrchr(value, '/');

	(void)vif;
	if (!strcmp(name ? name + 1 : value, "vif-bridge"))
		return 0;
	return refuse("script", value,
		      "no script runs; leave it out, and name a bridge= or a switch=", err);
}

static int set_gatewaydev(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	(void)vif;
	return refuse("gatewaydev", value,
		      "leave it out, and route on the bridge= or switch=", err);
}

static int set_vlan(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	(void)vif;
	return refuse("vlan", value, "leave it out, and give each VLAN a bridge= of its own", err);
}

static int set_trusted(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	(void)vif;
	if (!strcmp(value, "1"))
		return 0;
	return refuse("trusted", value, "a guest's back-end is always trusted; leave it out", err);
}

static int set_untrusted(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (!strcmp(value, "0"))
		return 0;
	return set_trusted(vif, "0", err);
}

/* ---- the list ---- */

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return s;
}

static const struct {
	const char *key;
	int (*set)(struct chaos_vif *vif, const char *value, struct chaos_error *err);
} vif_keys[] = {
	{ "mac", set_mac },
	{ "bridge", set_bridge },
	{ "gateway", set_gateway },
	{ "mtu", set_mtu },
	{ "connect", set_connect },
	{ "switch", set_switch },
	{ "devid", set_devid },
	{ "backend", set_backend },
	{ "script", set_script },
	{ "rate", chaos_vif_set_rate },
	{ "gatewaydev", set_gatewaydev },
	{ "vlan", set_vlan },
	{ "trusted", set_trusted },
	{ "untrusted", set_untrusted },
	{ "ip", NULL }, /* last: see set_item() */
};
#define NR_VIF_KEYS (sizeof(vif_keys) / sizeof(vif_keys[0]))

/* One string that is being read. */
struct parse {
	struct chaos_vif *vif;
	char *unsupported; /* names of keys */
	size_t len;
	unsigned int seen; /* bit n: vif_keys[n] */
	bool has_link;
	struct chaos_error *err;
};

static void note_unsupported(struct parse *p, const char *what)
{
	size_t used = strlen(p->unsupported);

	(void)snprintf(p->unsupported + used, p->len - used, "%s%s", used ? " " : "", what);
}

/* Of two values one would be lost; and a vif has one link. */
static int claim_key(struct parse *p, unsigned int nr)
{
	const char *key = vif_keys[nr].key;
	bool is_link = !strcmp(key, "bridge") || !strcmp(key, "switch");

	if (p->seen & 1U << nr)
		return chaos_error_set(p->err, CHAOS_CONFIG, EINVAL,
				       "%s= is given twice: leave one out", key);
	if (is_link && p->has_link)
		return chaos_error_set(p->err, CHAOS_CONFIG, EINVAL,
				       "both bridge= and switch= are given: choose one");
	p->seen |= 1U << nr;
	p->has_link |= is_link;
	return 0;
}

static int set_ip(struct parse *p, const char *value)
{
	bool has_more = false;
	int rc = chaos_vif_set_ip(p->vif, value, &has_more, p->err);

	if (!rc && has_more)
		note_unsupported(p, "ip(all but the first)");
	return rc;
}

/* A word without a value, of which xl knows two. */
static int set_word(const struct parse *p, const char *word)
{
	if (!strcmp(word, "trusted"))
		return 0;
	if (!strcmp(word, "untrusted"))
		return set_trusted(p->vif, "0", p->err);
	return chaos_error_set(p->err, CHAOS_CONFIG, EINVAL,
			       "\"%s\" is not key=value; write mac=..,bridge=..,ip=..", word);
}

/*
 * xl's keys for emulated cards and their names on the host are told of.  Any other may be a slip of the pen
 * for one that keeps the guest from a link, and is an error, as it is for xl.
 */
static int set_other(struct parse *p, const char *key, const char *value)
{
	static const char *const others[] = { "accel", "model", "type", "vifname" };
	size_t i;

	/* The one type there is need not be told of. */
	if (!strcmp(key, "type") && !strcmp(value, "vif"))
		return 0;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!strcmp(key, others[i])) {
			note_unsupported(p, key);
			return 0;
		}
	}
	return chaos_error_set(p->err, CHAOS_CONFIG, EINVAL,
			       "%s= is no key of a vif: man chaos has them, all in small letters",
			       key);
}

/* One "key=value", which is modified. */
static int set_item(struct parse *p, char *item)
{
	char *value = strchr(item, '=');
	unsigned int i;
	int rc;

	if (!value)
		return set_word(p, item);
	*value++ = '\0';
	item = trim(item);
	value = trim(value);
	for (i = 0; i < NR_VIF_KEYS && strcmp(item, vif_keys[i].key) != 0; i++)
		;
	if (i == NR_VIF_KEYS)
		return set_other(p, item, value);
	rc = claim_key(p, i);
	if (rc)
		return rc;
	/* It may have to say that not all of it is taken. */
	return vif_keys[i].set ? vif_keys[i].set(p->vif, value, p->err) : set_ip(p, value);
}

static int parse_items(struct parse *p, const char *spec)
{
	char *copy, *item, *save;
	int rc = 0;

	if (chaos_text_has_control(spec))
		return chaos_error_set(p->err, CHAOS_CONFIG, EINVAL,
				       "\"%s\" has a control character in it", spec);
	copy = strdup(spec);
	if (!copy)
		return chaos_error_set(p->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	for (item = strtok_r(copy, ",", &save); item && !rc; item = strtok_r(NULL, ",", &save)) {
		item = trim(item);
		if (*item)
			rc = set_item(p, item);
	}
	free(copy);
	return rc;
}

int chaos_vif_parse(const char *spec, struct chaos_vif *vif, char *unsupported, size_t len,
		    struct chaos_error *err)
{
	struct parse p = { .vif = vif, .unsupported = unsupported, .len = len, .err = err };
	int rc;

	memset(vif, 0, sizeof(*vif));
	memcpy(vif->bridge, DEFAULT_BRIDGE, sizeof(DEFAULT_BRIDGE));
	vif->mtu = DEFAULT_MTU;
	vif->mac_is_random = true;
	unsupported[0] = '\0';
	rc = parse_items(&p, spec);
	if (!rc)
		rc = chaos_vif_check_ip(vif, err);
	if (!rc && vif->mac_is_random && chaos_mac_random(vif->mac))
		rc = chaos_error_set(err, CHAOS_FAILED, errno, "no random numbers: %s",
				     strerror(errno));
	return rc;
}

const char *chaos_vif_link_kind(const struct chaos_vif *vif)
{
	return vif->on_switch ? "switch" : "bridge";
}

void chaos_vif_blank(struct chaos_vif *vif)
{
	memset(vif->mac, 0, sizeof(vif->mac));
	vif->mac_is_random = false;
	vif->ipv4 = vif->gateway = 0;
	vif->prefix = 0;
	vif->rate_usecs = 0;
	vif->rate_bytes = 0;
}
