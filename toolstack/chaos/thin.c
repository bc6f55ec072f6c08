// SPDX-License-Identifier: GPL-2.0-only
/*
 * The installed chaos: what needs chaosd and nothing else is done here, with the C library alone.
 * Everything else is handed over to chaos-xen, which is the same program with all verbs: loading
 * Xen's libraries, and those they want, costs several times what most verbs do.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "create.h"

#define FULL_PROGRAM "chaos-xen"

/* Beside this program, where a tree that is not installed has it. */
static void exec_neighbour(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	char *slash = len > 0 ? memrchr(path, '/', (size_t)len) : NULL;

	if (!slash || sizeof(path) - (size_t)(slash + 1 - path) < sizeof(FULL_PROGRAM))
		return;
	memcpy(slash + 1, FULL_PROGRAM, sizeof(FULL_PROGRAM));
	execv(path, command_line);
}

/* Does not return. */
static void hand_over(void)
{
	exec_neighbour();
	execv(CHAOS_LIBEXECDIR "/" FULL_PROGRAM, command_line);
	call_say(CHAOS_LIBEXECDIR "/" FULL_PROGRAM ": %s; install chaos anew", strerror(errno));
	exit(CHAOS_ENVIRONMENT);
}

int create_here(struct call *call, const struct chaos_config_source *src,
		const struct create_request *request, struct chaos_created *created,
		struct chaos_config **cfg)
{
	(void)call;
	(void)src;
	(void)request;
	(void)created;
	(void)cfg;
	hand_over();
	return 0;
}

int create_check(struct call *call, const struct chaos_config_source *src,
		 const struct create_request *request)
{
	(void)call;
	(void)src;
	if (request->is_dry_run || request->has_console || request->stays)
		hand_over();
	return 0;
}

/* Neither is reached: see create_check(). */
int create_dry_run(struct call *call, const struct chaos_config_source *src,
		   const struct create_request *request)
{
	(void)call;
	(void)src;
	(void)request;
	return 0;
}

int create_attended(struct call *call, const struct create_request *request, uint32_t domid)
{
	(void)call;
	(void)request;
	(void)domid;
	return 0;
}

/* No context is ever opened here. */
void call_leave(struct call *call)
{
	(void)call;
}

#define HAND_OVER(verb_function)                                          \
	int verb_function(const struct verb *verb, int argc, char **argv) \
	{                                                                 \
		(void)verb;                                               \
		(void)argc;                                               \
		(void)argv;                                               \
		hand_over();                                              \
		return 0;                                                 \
	}

HAND_OVER(cmd_auto)
HAND_OVER(cmd_block_attach)
HAND_OVER(cmd_block_detach)
HAND_OVER(cmd_block_list)
HAND_OVER(cmd_block_resize)
HAND_OVER(cmd_console)
HAND_OVER(cmd_destroy)
HAND_OVER(cmd_dmesg)
HAND_OVER(cmd_doctor)
HAND_OVER(cmd_domid)
HAND_OVER(cmd_domname)
HAND_OVER(cmd_dump_core)
HAND_OVER(cmd_events)
HAND_OVER(cmd_info)
HAND_OVER(cmd_list)
HAND_OVER(cmd_logs)
HAND_OVER(cmd_mem_set)
HAND_OVER(cmd_migrate)
HAND_OVER(cmd_migrate_receive)
HAND_OVER(cmd_network_attach)
HAND_OVER(cmd_network_detach)
HAND_OVER(cmd_network_list)
HAND_OVER(cmd_pause)
HAND_OVER(cmd_reap)
HAND_OVER(cmd_reboot)
HAND_OVER(cmd_rename)
HAND_OVER(cmd_restore)
HAND_OVER(cmd_run)
HAND_OVER(cmd_save)
HAND_OVER(cmd_shutdown)
HAND_OVER(cmd_top)
HAND_OVER(cmd_unpause)
HAND_OVER(cmd_uptime)
HAND_OVER(cmd_vcpu_list)
HAND_OVER(cmd_vcpu_pin)
HAND_OVER(cmd_version)
