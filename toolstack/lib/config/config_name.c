// SPDX-License-Identifier: LGPL-2.1-only
/* Who a guest is: its name and UUID. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config_reader.h"

const char *chaos_name_fault(const char *name)
{
	const char *p = name;
	long c;

	if (!*name)
		return "is missing";
	if (strlen(name) >= CHAOS_NAME_LEN)
		return "is longer than 63 bytes";
	if (*name == '-')
		return "begins with '-', which would be taken for an option";
	if (!strcmp(name, "Domain-0"))
		return "is \"Domain-0\", which is the control domain";
	if (*name == ' ' || name[strlen(name) - 1] == ' ')
		return "begins or ends with a space";
	while (*p) {
		if (*p == '/')
			return "has a '/' in it";
		c = chaos_utf8_next(&p);
		if (c < 0)
			return "is not UTF-8";
		if (!chaos_utf8_is_seen(c))
			return "has a control character in it, or one that nobody sees";
	}
	return NULL;
}

bool chaos_name_is_number(const char *name)
{
	return *name && !name[strspn(name, "0123456789")];
}

/* As in xl: whoever says "7" means domain 7. */
static int warn_of_number(struct reader *r, const char *name)
{
	char text[320];

	if (!chaos_name_is_number(name) || r->src->is_saved)
		return 0;
	(void)snprintf(
		text, sizeof(text),
		"%s: name is a number, which is taken for a domain's id: 'chaos domid %s' tells the guest's",
		r->src->path, name);
	return chaos_config_warn(r->src, text, r->err);
}

int reader_get_name(struct reader *r)
{
	const char *name, *fault;
	int rc = reader_string(r, "name", &name);

	if (rc)
		return rc;
	fault = chaos_name_fault(name ? name : "");
	if (fault)
		return reader_error(r, "name", fault);
	memcpy(r->cfg->name, name, strlen(name));
	return warn_of_number(r, name);
}

int reader_get_uuid(struct reader *r)
{
	const char *text;
	int rc = reader_string(r, "uuid", &text);

	if (rc)
		return rc;
	if (!text) {
		if (chaos_uuid_random(r->cfg->uuid))
			return chaos_error_set(r->err, CHAOS_FAILED, errno, "no random numbers: %s",
					       strerror(errno));
		return 0;
	}
	if (chaos_uuid_parse(text, r->cfg->uuid))
		return reader_error(r, "uuid", "is not xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
	if (chaos_uuid_is_shells(r->cfg->uuid))
		return reader_error(r, "uuid",
				    "begins like those of chaosd's shells: choose another");
	return 0;
}
