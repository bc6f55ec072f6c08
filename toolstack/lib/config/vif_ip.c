// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The IPv4 addresses of a vif: the forms `ip=` is written in, and which addresses a guest can have.
 * A guest has one; of a list of them it gets the first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

#define DEFAULT_PREFIX 24U

int chaos_ipv4_parse(const char *text, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -1;
	*address = in.s_addr;
	return 0;
}

static uint32_t mask_of(unsigned int prefix)
{
	return prefix ? ~0U << (32 - prefix) : 0;
}

/* The number of ones of a netmask like 255.255.240.0, 0 if it is none. */
static unsigned int parse_mask(const char *text)
{
	unsigned int prefix;
	uint32_t mask;

	/* From 8 on: one that begins with less is an address. */
	if (chaos_ipv4_parse(text, &mask))
		return 0;
	for (prefix = 8; prefix <= 32; prefix++)
		if (ntohl(mask) == mask_of(prefix))
			return prefix;
	return 0;
}

/* Behind the '/': a number of bits, or a netmask. */
static unsigned int parse_prefix(const char *text)
{
	unsigned long prefix;
	char *end;

	if (strchr(text, '.'))
		return parse_mask(text);
	prefix = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && prefix <= 32 ? (unsigned int)prefix : 0;
}

/* "a.b.c.d", or with a prefix behind it. */
static int parse_address(char *text, uint32_t *address, unsigned int *prefix)
{
	char *slash = strchr(text, '/');

	*prefix = 0;
	if (slash) {
		*slash++ = '\0';
		*prefix = parse_prefix(slash);
		if (!*prefix)
			return -1;
	}
	return chaos_ipv4_parse(text, address);
}

/* Why no host of a network with this prefix can have the address, NULL if one can; in host order. */
static const char *not_a_host(uint32_t a, unsigned int prefix)
{
	uint32_t host = a & ~mask_of(prefix);

	if (a >> 24 == 0)
		return "an address of no host (0.0.0.0/8)";
	if (a >> 24 == 127)
		return "a loopback address";
	if (a >> 28 == 14)
		return "a multicast address";
	if (a >> 28 == 15)
		return "an address of no host (240.0.0.0/4)";
	/* RFC 3021: links of two, and single hosts, have neither. */
	if (prefix > 30)
		return NULL;
	if (!host)
		return "the address of its network itself";
	return host == ~mask_of(prefix) ? "its network's broadcast address" : NULL;
}

/* Of a list a guest gets the first; but a word that is no address at all is a slip, and not left out. */
static int check_other(char *word)
{
	char *slash = strchr(word, '/'), *end;
	struct in6_addr in6;
	unsigned int prefix;
	uint32_t address;

	if (!strchr(word, ':'))
		return parse_address(word, &address, &prefix) ||
				       not_a_host(ntohl(address), prefix ? prefix : 32) ?
			       -1 :
			       0;
	if (slash) {
		*slash++ = '\0';
		if (*slash < '0' || *slash > '9' || strtoul(slash, &end, 10) > 128 || *end)
			return -1;
	}
	return inet_pton(AF_INET6, word, &in6) == 1 ? 0 : -1;
}

static int check_others(char *word, char **save, bool *has_more)
{
	for (; word; word = strtok_r(NULL, " \t", save)) {
		if (check_other(word))
			return -1;
		*has_more = true;
	}
	return 0;
}

/*
 * What is behind the address, by blanks apart: a netmask and perhaps a gateway, or further addresses, which
 * cannot be given to the guest.
 */
static int parse_rest(struct chaos_vif *vif, char *save, unsigned int *prefix, bool *has_more)
{
	char *word = strtok_r(NULL, " \t", &save);
	uint32_t gateway;

	if (!word)
		return 0;
	if (*prefix || !parse_mask(word))
		return check_others(word, &save, has_more);
	*prefix = parse_mask(word);
	word = strtok_r(NULL, " \t", &save);
	if (!word)
		return 0;
	if (chaos_ipv4_parse(word, &gateway) || (vif->gateway && vif->gateway != gateway))
		return -1;
	vif->gateway = gateway;
	return check_others(strtok_r(NULL, " \t", &save), &save, has_more);
}

int chaos_vif_set_ip(struct chaos_vif *vif, const char *value, bool *has_more,
		     struct chaos_error *err)
{
	char *copy = strdup(value), *word, *save;
	unsigned int prefix = 0;
	int rc = -1;

	if (!copy)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	word = strtok_r(copy, " \t", &save);
	/* What a guest cannot have in any case, it has beside what it can have. */
	while (word && strchr(word, ':') && !check_other(word)) {
		*has_more = true;
		word = strtok_r(NULL, " \t", &save);
	}
	if (word && !parse_address(word, &vif->ipv4, &prefix))
		rc = parse_rest(vif, save, &prefix, has_more);
	free(copy);
	if (rc)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"ip=%s is not an IPv4 address, or has something else behind it; write a.b.c.d or a.b.c.d/prefix",
			value);
	vif->prefix = (uint8_t)(prefix ? prefix : DEFAULT_PREFIX);
	return 0;
}

static int address_error(const char *key, uint32_t address, unsigned int prefix, const char *why,
			 struct chaos_error *err)
{
	struct in_addr in = { .s_addr = address };
	char text[INET_ADDRSTRLEN];

	return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
			       "%s=%s is %s (with prefix /%u): correct '%s='", key,
			       inet_ntop(AF_INET, &in, text, sizeof(text)), why, prefix, key);
}

int chaos_vif_check_ip(const struct chaos_vif *vif, struct chaos_error *err)
{
	uint32_t ip = ntohl(vif->ipv4), gateway = ntohl(vif->gateway);
	const char *why;

	if (!vif->ipv4 && vif->prefix)
		return address_error("ip", 0, vif->prefix, not_a_host(0, vif->prefix), err);
	if (vif->gateway && !vif->ipv4)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "gateway= without ip=: give both, or none for DHCP");
	if (!vif->ipv4)
		return 0;
	why = not_a_host(ip, vif->prefix);
	if (why)
		return address_error("ip", vif->ipv4, vif->prefix, why, err);
	if (!vif->gateway)
		return 0;
	why = not_a_host(gateway, vif->prefix);
	if (!why && gateway == ip)
		why = "the guest's own address";
	if (!why && (gateway ^ ip) & mask_of(vif->prefix))
		why = "not in the network of ip=";
	return why ? address_error("gateway", vif->gateway, vif->prefix, why, err) : 0;
}
