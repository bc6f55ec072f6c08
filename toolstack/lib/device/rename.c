// SPDX-License-Identifier: LGPL-2.1-only
/* Another name for a guest: Xen has it, and sees to it that it is the only one. */
#include <errno.h>
#include <string.h>

#include "config/internal.h"
#include "device/internal.h"

/* Whether its name is ours to change, and there is somebody who would use it. */
static int check(const struct chaos_dominfo *info, struct chaos_error *err)
{
	int rc = chaos_domain_check(info->domid, err);

	if (rc)
		return rc;
	if (info->state == CHAOS_STATE_INCOMPLETE || info->state == CHAOS_STATE_DYING)
		return chaos_error_set(err, CHAOS_USAGE, EBUSY,
				       "domain %u is %s: its name is not to be changed now",
				       info->domid, chaos_state_name(info->state));
	if (!info->is_ours)
		return chaos_error_set(
			err, CHAOS_USAGE, EINVAL,
			"domain %u was not made by chaos: use its own toolstack (xl rename)",
			info->domid);
	if (info->state == CHAOS_STATE_SHELL)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "domain %u is a shell of chaosd's, and no guest yet",
				       info->domid);
	return 0;
}

int chaos_domain_rename(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *name,
			struct chaos_error *err)
{
	struct noxs_set_info arg = { .domid = (uint16_t)info->domid, .what = NOXS_SET_NAME };
	const char *fault = chaos_name_fault(name);
	int rc;

	if (!fault && chaos_name_is_number(name))
		fault = "is a number, which would be taken for a domain's id";
	if (fault)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "name \"%s\" %s", name, fault);
	rc = check(info, err);
	if (rc)
		return rc;
	memcpy(arg.name, name, strlen(name));
	if (!chaos_noxs_set_info(ctx, &arg))
		return 0;
	if (errno == EEXIST)
		return chaos_name_taken(ctx, name, err);
	if (errno == ESRCH)
		return chaos_error_set(err, CHAOS_NO_DOMAIN, ESRCH,
				       "no domain %u; see 'chaos list'", info->domid);
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot rename domain %u: %s", info->domid, strerror(errno));
}
