/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON form of everything chaos prints; the text form is in the verbs. */
#ifndef CHAOS_JSON_OUT_H
#define CHAOS_JSON_OUT_H

#include "chaos.h"

/* Each prints one document and a newline on standard output. */
void json_error(const struct chaos_error *err);
void json_created(const struct chaos_created *created, const struct chaos_config *cfg,
		  bool with_timing);
/* What would be built; fault: what is in the way of it, NULL if that is nothing. */
void json_plan(const struct chaos_plan *plan, const char *fault);
void json_info(const struct chaos_dominfo *info, const struct chaos_devices *devs);
void json_host(const struct chaos_host *host);
void json_doctor(const struct chaos_check *checks, int count);
void json_stopped(const struct chaos_dominfo *info, bool has_ended, unsigned int reason);
/* What is saved, from where: the guest is gone unless it goes on. */
void json_saved(const struct chaos_dominfo *info, const char *path, const struct chaos_saved *saved,
		bool goes_on, bool with_timing);
/* What has moved, to where; and on the other side, from there. */
void json_migrated(const struct chaos_dominfo *info, const char *host,
		   const struct chaos_migrated *migrated);
void json_received(const struct chaos_received *received, const struct chaos_config *cfg,
		   bool with_timing);
void json_dumped(const struct chaos_dominfo *info, const char *path, uint64_t bytes);
/* A text, which is cut into its lines; those that are empty are left out. */
void json_lines(char *text);
/* {"domid": N, "name": ..., "result": RESULT} */
void json_done(const struct chaos_dominfo *info, const char *result);
void json_done_element(const struct chaos_dominfo *info, const char *result, bool is_first);
/* What has become of a device: {"domid": N, "name": ..., "result": RESULT, "device": {...}} */
void json_device(const struct chaos_dominfo *info, const char *result,
		 const struct chaos_device *dev);
/* An element of an array each; jsonw_end_array() ends it. */
void json_info_element(const struct chaos_dominfo *info, const struct chaos_devices *devs,
		       bool is_first);
void json_list(const struct chaos_dominfo *info, bool is_first);
void json_vcpu(const struct chaos_dominfo *info, const struct chaos_vcpu *vcpu,
	       unsigned int nr_cpus, bool is_first);
/* ns is negative if nobody knows. */
void json_uptime(const struct chaos_dominfo *info, int64_t ns, bool is_first);
/* What it has used of the processors in a time, both in nanoseconds. */
void json_top(const struct chaos_dominfo *info, uint64_t used_ns, uint64_t elapsed_ns,
	      bool is_first);
void json_device_element(const struct chaos_device *dev, bool is_first);
void json_pool(const struct chaos_pool *pool, bool is_first);
/* How far filling a pool is; a line each time. */
void json_progress(const struct chaos_pool *pool);
/* A line each; name may be "". */
void json_event(const struct chaos_event *event, const char *name);

/* A line of a guest's log: any bytes, of which text has room for one more.  stamp: "" = none. */
void json_log_line(const char *stamp, char *text, size_t len);

#endif /* CHAOS_JSON_OUT_H */
