// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The configuration of a guest that runs, as xl.cfg text: what Xen and the module know of it.  Nobody
 * else is asked: its file may have changed since, or be gone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save.h"

static void put_quoted(FILE *f, const char *text)
{
	for (; *text; text++)
		fprintf(f, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
}

static void put_address(FILE *f, const char *key, uint32_t address)
{
	struct in_addr in = { .s_addr = address };
	char text[INET_ADDRSTRLEN];

	/* Cannot fail for an IPv4 address and this buffer. */
	(void)inet_ntop(AF_INET, &in, text, sizeof(text));
	fprintf(f, ",%s=%s", key, text);
}

static void put_vif(FILE *f, const struct chaos_vif *vif)
{
	char mac[18];

	chaos_mac_format(vif->mac, mac);
	fprintf(f, "  \"mac=%s,mtu=%u", mac, vif->mtu);
	if (vif->ipv4) {
		put_address(f, "ip", vif->ipv4);
		fprintf(f, "/%u", vif->prefix);
	}
	if (vif->gateway)
		put_address(f, "gateway", vif->gateway);
	fprintf(f, ",%s=", chaos_vif_link_kind(vif));
	put_quoted(f, vif->bridge);
	fputs("\",\n", f);
}

static void put_all(FILE *f, const struct chaos_dominfo *info, uint64_t nr_pages,
		    const struct chaos_devices *devs)
{
	char uuid[CHAOS_UUID_STRLEN];
	unsigned int i;

	chaos_uuid_format(info->uuid, uuid);
	fputs("name = \"", f);
	put_quoted(f, info->name);
	fprintf(f, "\"\nuuid = \"%s\"\ntype = \"pv\"\nmemory_kib = %llu\nvcpus = %u\nvif = [\n",
		uuid, (unsigned long long)nr_pages * (STREAM_PAGE >> 10), info->nr_vcpus);
	for (i = 0; i < devs->nr_devs; i++)
		if (!strcmp(devs->devs[i].cls, "vif"))
			put_vif(f, &devs->devs[i].vif);
	fputs("]\n", f);
}

int save_config(struct chaos_ctx *ctx, const struct chaos_dominfo *info, uint64_t nr_pages,
		char **text, struct chaos_error *err)
{
	struct chaos_devices *devs;
	unsigned int i;
	size_t len;
	FILE *f;
	int rc;

	*text = NULL;
	devs = malloc(sizeof(*devs));
	if (!devs)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = chaos_domain_devices(ctx, info->domid, devs, err);
	if (rc)
		goto out;
	/* What a disk was backed by is a file of its creation's, which we do not have. */
	for (i = 0; i < devs->nr_devs; i++)
		if (!strcmp(devs->devs[i].cls, "vbd"))
			rc = chaos_error_set(err, CHAOS_CONFIG, EOPNOTSUPP,
					     "domain %u has disks: saving those is not supported",
					     info->domid);
	if (rc)
		goto out;
	f = open_memstream(text, &len);
	if (f)
		put_all(f, info, nr_pages, devs);
	if (!f || fclose(f))
		rc = chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
out:
	free(devs);
	return rc;
}
