// SPDX-License-Identifier: LGPL-2.1-only
/* Names and headers of guests' logs: see guestlog.h.  Files may be anybody's work: all is checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/guestlog.h"
#include "core/internal.h"

#define SUFFIX	  ".log"
#define MAGIC	  "#chaosd-log-1 "
#define MAGIC_LEN (sizeof(MAGIC) - 1)

_Static_assert(MAGIC_LEN + CHAOS_LOG_STAMP_LEN + 1 + CHAOS_UUID_STRLEN + 16 + 1 +
			       CHAOS_LOG_BOOT_LEN + 1 ==
		       CHAOS_LOG_HEADER_LEN,
	       "header");

/* What a configuration takes for a name, and so Xen, is text that is no path. */
static bool is_guest(const char *guest)
{
	return *guest && strlen(guest) < CHAOS_NAME_LEN && !strchr(guest, '/') &&
	       !chaos_text_has_control(guest) && !strchr(guest, '\t');
}

bool chaos_log_name(const char *guest, unsigned int part, char file[NAME_MAX + 1])
{
	if (!is_guest(guest) || part >= CHAOS_LOG_MAX_PARTS)
		return false;
	if (part)
		(void)snprintf(file, NAME_MAX + 1, "%s" SUFFIX ".%u", guest, part);
	else
		(void)snprintf(file, NAME_MAX + 1, "%s" SUFFIX, guest);
	return true;
}

/* The end of "NAME.log" in the first len bytes, or NULL. */
static const char *find_suffix(const char *file, size_t len)
{
	if (len <= strlen(SUFFIX) ||
	    strncmp(file + len - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)) != 0)
		return NULL;
	return file + len - strlen(SUFFIX);
}

bool chaos_log_name_parse(const char *file, char guest[CHAOS_NAME_LEN], unsigned int *part)
{
	const char *end = find_suffix(file, strlen(file)), *dot = strrchr(file, '.');
	char again[NAME_MAX + 1];

	*part = 0;
	if (!end && dot) {
		end = find_suffix(file, (size_t)(dot - file));
		*part = (unsigned int)strtoul(dot + 1, NULL, 10);
	}
	if (!end || (size_t)(end - file) >= CHAOS_NAME_LEN)
		return false;
	memset(guest, 0, CHAOS_NAME_LEN);
	memcpy(guest, file, (size_t)(end - file));
	return chaos_log_name(guest, *part, again) && !strcmp(again, file);
}

/* ---- times ---- */

void chaos_log_stamp(uint64_t real_ns, char out[CHAOS_LOG_STAMP_LEN + 1])
{
	time_t seconds = (time_t)(real_ns / 1000000000U);
	unsigned int us = (unsigned int)(real_ns / 1000U % 1000000U);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || tm.tm_year > 8099 || tm.tm_year < 0)
		memset(&tm, 0, sizeof(tm));
	(void)snprintf(out, CHAOS_LOG_STAMP_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
		       (tm.tm_year + 1900U) % 10000U, (tm.tm_mon + 1U) % 100U, tm.tm_mday % 100U,
		       tm.tm_hour % 100U, tm.tm_min % 100U, tm.tm_sec % 100U, us);
}

bool chaos_log_stamp_check(const char *text, size_t len)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
	size_t i;

	if (len < CHAOS_LOG_STAMP_LEN)
		return false;
	for (i = 0; i < CHAOS_LOG_STAMP_LEN; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

/* ---- headers ---- */

void chaos_log_header_format(const struct chaos_log_header *header,
			     char out[CHAOS_LOG_HEADER_LEN + 1])
{
	char uuid[CHAOS_UUID_STRLEN];

	chaos_uuid_format(header->uuid, uuid);
	(void)snprintf(out, CHAOS_LOG_HEADER_LEN + 1, MAGIC "%s %s %016llx %s\n", header->since,
		       uuid, (unsigned long long)header->serial, header->boot);
}

bool chaos_log_header_parse(const char *text, size_t len, struct chaos_log_header *header)
{
	char copy[CHAOS_LOG_HEADER_LEN + 1], again[CHAOS_LOG_HEADER_LEN + 1];
	char *uuid = copy + MAGIC_LEN + CHAOS_LOG_STAMP_LEN + 1;
	char *serial = uuid + CHAOS_UUID_STRLEN, *boot = serial + 17;

	if (len < CHAOS_LOG_HEADER_LEN ||
	    !chaos_log_stamp_check(text + MAGIC_LEN, CHAOS_LOG_STAMP_LEN))
		return false;
	memcpy(copy, text, CHAOS_LOG_HEADER_LEN);
	copy[CHAOS_LOG_HEADER_LEN] = '\0';
	uuid[CHAOS_UUID_STRLEN - 1] = '\0';
	memset(header, 0, sizeof(*header));
	memcpy(header->since, text + MAGIC_LEN, CHAOS_LOG_STAMP_LEN);
	if (chaos_uuid_parse(uuid, header->uuid))
		return false;
	header->serial = strtoull(serial, NULL, 16);
	memcpy(header->boot, boot, CHAOS_LOG_BOOT_LEN);
	/* All else is as we would have written it. */
	chaos_log_header_format(header, again);
	return !memcmp(again, text, CHAOS_LOG_HEADER_LEN);
}
