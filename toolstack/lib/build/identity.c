// SPDX-License-Identifier: LGPL-2.1-only
/* Who a domain is to be: its name, its UUID, and a new generation id; Xen takes no name twice. */
#include <errno.h>
#include <string.h>

#include "build/shell.h"

int chaos_identity(struct noxs_set_info *info, const char *name, const uint8_t uuid[CHAOS_UUID_LEN],
		   struct chaos_error *err)
{
	memset(info, 0, sizeof(*info));
	info->what = NOXS_SET_NAME | NOXS_SET_UUID | NOXS_SET_GEN_ID;
	memcpy(info->name, name, strlen(name));
	memcpy(info->uuid, uuid, sizeof(info->uuid));
	if (chaos_random(info->gen_id, sizeof(info->gen_id)))
		return chaos_error_set(err, CHAOS_FAILED, errno, "no random numbers: %s",
				       strerror(errno));
	return 0;
}

int chaos_identity_check(const char *name, const uint8_t uuid_wanted[CHAOS_UUID_LEN],
			 struct chaos_error *err)
{
	char uuid[CHAOS_UUID_STRLEN];

	if (!chaos_uuid_is_shells(uuid_wanted))
		return 0;
	chaos_uuid_format(uuid_wanted, uuid);
	return chaos_error_set(
		err, CHAOS_CONFIG, EINVAL,
		"uuid %s: what begins so is chaosd's, for its shells: give \"%s\" another 'uuid'",
		uuid, name);
}

int chaos_identity_set(struct chaos_shell *s, struct noxs_set_info *info, struct chaos_error *err)
{
	int e;

	info->domid = (uint16_t)s->domid;
	if (!chaos_noxs_set_info(s->ctx, info))
		return 0;
	e = errno;
	if (e == EEXIST)
		return chaos_name_taken(s->ctx, info->name, err);
	return chaos_error_set(err, chaos_code_of_errno(e), e,
			       "Xen does not take the name \"%s\": %s", info->name, strerror(e));
}
