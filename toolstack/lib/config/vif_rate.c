// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What a guest may send on a vif: "rate=10Mb/s" or "rate=1MB/s@20ms", as xl-network-configuration(5) has
 * it, through libxlutil's parser.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/internal.h"
#include "config/xlu.h"
#include "noxs_ioctl.h"

/* What it wants to tell is of fewer words than ours. */
static int parse_rate(const char *value, libxl_device_nic *nic, struct chaos_error *err)
{
	struct chaos_xlu xlu;
	int rc = chaos_xlu_open(&xlu, "vif", err);

	if (rc)
		return rc;
	errno = 0; /* it is looked at, and not set before */
	rc = xlu_vif_parse_rate(xlu.cfg, value, nic);
	if (rc)
		rc = chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				     "rate=%s is not a rate; write rate=10Mb/s, or rate=1MB/s@20ms",
				     value);
	chaos_xlu_close(&xlu);
	return rc;
}

int chaos_vif_set_rate(struct chaos_vif *vif, const char *value, struct chaos_error *err)
{
	libxl_device_nic nic;
	int rc;

	memset(&nic, 0, sizeof(nic));
	rc = parse_rate(value, &nic, err);
	if (rc)
		return rc;
	if (nic.rate_interval_usecs < NOXS_RATE_MIN_USECS ||
	    nic.rate_interval_usecs > NOXS_RATE_MAX_USECS)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"rate=%s: its interval is not between %u ms and %u s; write rate=1MB/s@20ms",
			value, NOXS_RATE_MIN_USECS / 1000U, NOXS_RATE_MAX_USECS / 1000000U);
	if (!nic.rate_bytes_per_interval)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"rate=%s is not one byte in %u ms; write a longer interval behind an @",
			value, nic.rate_interval_usecs / 1000U);
	/* Written for a saved file it is rounded up, and has to be taken again. */
	if (nic.rate_bytes_per_interval > NOXS_RATE_MAX_BYTES / 2)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"rate=%s is more than any link has; leave it out for no limit", value);
	vif->rate_usecs = nic.rate_interval_usecs;
	vif->rate_bytes = nic.rate_bytes_per_interval;
	return 0;
}

/*
 * The lowest rate that gives these bytes each interval, in the largest unit that has it: what it was
 * read from is that or more, so that it gives them again.  The parser takes no number above 32 bits:
 * then it is rounded up.
 */
void chaos_vif_rate_format(const struct chaos_vif *vif, char out[CHAOS_RATE_LEN])
{
	static const char *const units[] = { "", "K", "M", "G" };
	unsigned int unit = 0;
	const char *scale = "us";
	uint32_t interval = vif->rate_usecs;
	uint64_t rate;

	out[0] = '\0';
	if (!interval)
		return;
	rate = (vif->rate_bytes * 1000000U + interval - 1) / interval;
	while (unit < 3 && (rate > UINT32_MAX || rate % 1000 == 0)) {
		rate = (rate + 999) / 1000;
		unit++;
	}
	if (interval % 1000 == 0) {
		interval /= 1000;
		scale = "ms";
	}
	(void)snprintf(out, CHAOS_RATE_LEN, "%" PRIu64 "%sB/s@%u%s", rate, units[unit], interval,
		       scale);
}
