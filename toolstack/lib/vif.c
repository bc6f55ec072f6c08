// SPDX-License-Identifier: LGPL-2.1-only
/*
 * One string of `vif = [ ... ]`: "mac=..,bridge=..,ip=a.b.c.d/len,gateway=..,mtu=..,connect=..", or
 * switch=.. for bridge=.., and devid=.. .
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* As xl: xl-network-configuration(5). */
#define DEFAULT_BRIDGE "xenbr0"
#define DEFAULT_MTU    1500U
#define DEFAULT_PREFIX 24U
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

int chaos_mac_parse(const char *text, uint8_t mac[6])
{
	unsigned int b[6];
	int i, n = 0;

	/* sscanf() also takes signs and spaces. */
	if (text[strspn(text, "0123456789abcdefABCDEF:")])
		return -1;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &n) != 6 ||
	    text[n] || n != 17)
		return -1;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return 0;
}

static int parse_ipv4(const char *text, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -1;
	*address = in.s_addr;
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
				       "vif: mac=%s is not a MAC address; write 00:16:3e:xx:xx:xx",
				       value);
	if (vif->mac[0] & 1 || !memcmp(vif->mac, "\0\0\0\0\0", 6))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"vif: mac=%s is not the address of one station; write 00:16:3e:xx:xx:xx",
			value);
	vif->mac_is_random = false;
	return 0;
}

static int set_bridge(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	size_t len = strlen(value);

	if (len >= sizeof(vif->bridge))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"vif: \"%s\" is longer than the %zu bytes of an interface name", value,
			sizeof(vif->bridge) - 1);
	memset(vif->bridge, 0, sizeof(vif->bridge));
	memcpy(vif->bridge, value, len);
	return 0;
}

static int set_switch(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (!*value)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: switch= names no switch; for no link write bridge=");
	vif->on_switch = true;
	return set_bridge(vif, value, err);
}

static int set_ip(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	unsigned int prefix = DEFAULT_PREFIX;
	char address[INET_ADDRSTRLEN];
	size_t len = strcspn(value, "/");
	bool bad = len >= sizeof(address);

	if (!bad) {
		memcpy(address, value, len);
		address[len] = '\0';
		bad = parse_ipv4(address, &vif->ipv4) ||
		      (value[len] && parse_number(value + len + 1, 1, 32, &prefix));
	}
	if (bad || !vif->ipv4)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"vif: ip=%s is not an IPv4 address; write a.b.c.d or a.b.c.d/prefix",
			value);
	vif->prefix = (uint8_t)prefix;
	return 0;
}

static int set_gateway(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (parse_ipv4(value, &vif->gateway))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: gateway=%s is not an IPv4 address", value);
	return 0;
}

static int set_mtu(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	unsigned int mtu;

	if (parse_number(value, MIN_MTU, MAX_MTU, &mtu))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: mtu=%s is not between %u and %u", value, MIN_MTU,
				       MAX_MTU);
	vif->mtu = (uint16_t)mtu;
	return 0;
}

static int set_devid(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	unsigned int id;

	if (parse_number(value, 0, UINT16_MAX, &id))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: devid=%s is not between 0 and %u", value, UINT16_MAX);
	vif->id = (uint16_t)id;
	vif->has_id = true;
	return 0;
}

static int set_connect(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	if (strcmp(value, "auto") && strcmp(value, "guest"))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: connect=%s is neither auto nor guest", value);
	vif->connects_itself = !strcmp(value, "guest");
	return 0;
}

static const struct {
	const char *key;
	int (*set)(struct chaos_vif *vif, const char *value, struct chaos_error *err);
} vif_keys[] = {
	{ "mac", set_mac },	    { "bridge", set_bridge }, { "ip", set_ip },
	{ "gateway", set_gateway }, { "mtu", set_mtu },	      { "connect", set_connect },
	{ "switch", set_switch },   { "devid", set_devid },
};

/* A vif has one link: *link is the key that named it, NULL if none has. */
static int claim_link(const char **link, const char *key, struct chaos_error *err)
{
	if (strcmp(key, "bridge") && strcmp(key, "switch"))
		return 0;
	if (*link && strcmp(*link, key))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: both bridge= and switch= are given: choose one");
	*link = key;
	return 0;
}

/* One "key=value", which is modified; unknown keys are added to `unsupported`. */
static int set_item(struct chaos_vif *vif, char *item, const char **link, char *unsupported,
		    size_t len, struct chaos_error *err)
{
	char *value = strchr(item, '=');
	size_t i, used;
	int rc;

	if (!value)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "vif: \"%s\" is not key=value; write mac=..,bridge=..,ip=..",
				       item);
	*value++ = '\0';
	for (i = 0; i < sizeof(vif_keys) / sizeof(vif_keys[0]); i++)
		if (!strcmp(item, vif_keys[i].key)) {
			rc = claim_link(link, vif_keys[i].key, err);
			return rc ? rc : vif_keys[i].set(vif, value, err);
		}
	used = strlen(unsupported);
	(void)snprintf(unsupported + used, len - used, "%s%s", used ? " " : "", item);
	return 0;
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return s;
}

int chaos_vif_parse(const char *spec, struct chaos_vif *vif, char *unsupported, size_t len,
		    struct chaos_error *err)
{
	const char *link = NULL;
	char *copy, *item, *save;
	int rc = 0;

	memset(vif, 0, sizeof(*vif));
	memcpy(vif->bridge, DEFAULT_BRIDGE, sizeof(DEFAULT_BRIDGE));
	vif->mtu = DEFAULT_MTU;
	vif->mac_is_random = true;
	unsupported[0] = '\0';
	copy = strdup(spec);
	if (!copy)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	for (item = strtok_r(copy, ",", &save); item && !rc; item = strtok_r(NULL, ",", &save)) {
		item = trim(item);
		if (*item)
			rc = set_item(vif, item, &link, unsupported, len, err);
	}
	free(copy);
	if (!rc && vif->gateway && !vif->ipv4)
		rc = chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				     "vif: gateway= without ip=: give both, or none for DHCP");
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
}
