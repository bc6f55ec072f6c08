// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The numbers of disks, and their names as xen-vbd-interface(7) has them.  What names the same disk
 * there, and to a Linux guest, has the same number here: xvda, sda, hda, d0, 0xca00; xvda1, sda1...
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

/* The 16 bits of a device's number, up to where those of partitions begin. */
#define MAX_DISK_NUMBER 0xc9ffL
/* Major 202 of Linux: 15 partitions of 16 disks, as xl numbers them; xen-vbd-interface(7). */
#define FIRST_PARTITION 0xca00L
#define MAX_PARTITION	15L

bool chaos_vdev_is_partition(unsigned int id)
{
	return id >> 8 == FIRST_PARTITION >> 8 && id & MAX_PARTITION;
}

/* disk from 0, partition 0 for all of it */
static long vdev_number(long disk, long partition)
{
	if (!partition)
		return disk <= MAX_DISK_NUMBER ? disk : -1;
	if (disk > 15 || partition > MAX_PARTITION)
		return -1;
	return FIRST_PARTITION | disk << 4 | partition;
}

/* Digits up to the end, -1 if there are others or too many. */
static long parse_digits(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n && n < 6 && !text[n] ? strtol(text, NULL, 10) : -1;
}

/* A number as Linux has it for hda1, sda1 and xvda1; or a small one, NetBSD's way to count disks. */
static long parse_number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*end)
		return -1;
	switch (n >> 8) {
	case 3: /* hda, hdb */
		return vdev_number((long)(n >> 6 & 3), (long)(n & 0x3f));
	case 22: /* hdc, hdd */
		return vdev_number((long)(n >> 6 & 3) + 2, (long)(n & 0x3f));
	case 8: /* sda to sdp */
	case 202:
		return vdev_number((long)(n >> 4 & 15), (long)(n & 15));
	default:
		return n < 256 ? (long)n : -1;
	}
}

/* "dNpM" of xen-vbd-interface(7), or "dN" */
static long parse_dp(const char *text)
{
	size_t n = strspn(text, "0123456789");
	char disk[6];

	if (!n || n >= sizeof(disk) || (text[n] && text[n] != 'p'))
		return -1;
	memcpy(disk, text, n);
	disk[n] = '\0';
	text += n;
	if (*text && parse_digits(text + 1) < 0)
		return -1;
	return vdev_number(parse_digits(disk), *text ? parse_digits(text + 1) : 0);
}

long chaos_vdev_parse(const char *vdev)
{
	static const char *const prefixes[] = { "xvd", "sd", "hd" };
	const char *p = NULL;
	long number = -1;
	size_t i;

	if (*vdev >= '0' && *vdev <= '9')
		return parse_number(vdev);
	if (vdev[0] == 'd' && vdev[1] >= '0' && vdev[1] <= '9')
		return parse_dp(vdev + 1);
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !p; i++)
		if (!strncmp(vdev, prefixes[i], strlen(prefixes[i])))
			p = vdev + strlen(prefixes[i]);
	if (!p || !islower((unsigned char)*p))
		return -1;
	/* Letters count as in xvdz, xvdaa. */
	for (; islower((unsigned char)*p); p++) {
		if (number > MAX_DISK_NUMBER / 26)
			return -1;
		number = (number + 1) * 26 + (*p - 'a');
	}
	if (!*p)
		return vdev_number(number, 0);
	/* There is no partition 0: it would be the whole disk. */
	return parse_digits(p) > 0 ? vdev_number(number, parse_digits(p)) : -1;
}

/* xvda to xvdz, xvdaa...; and xvda1. */
void chaos_vdev_format(unsigned int id, char out[16])
{
	char letters[8];
	size_t n = sizeof(letters) - 1;

	if (chaos_vdev_is_partition(id)) {
		(void)snprintf(out, 16, "xvd%c%u", (int)('a' + (id >> 4 & 15)), id & 15);
		return;
	}
	letters[n] = '\0';
	for (id++; id && n; id = (id - 1) / 26)
		letters[--n] = (char)('a' + (id - 1) % 26);
	(void)snprintf(out, 16, "xvd%s", letters + n);
}
