// SPDX-License-Identifier: GPL-2.0-only
/*
 * What doctor says of a bridge, on a machine without Xen, and of libxenctrl on one with it; bridge and Xen
 * are faked.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "unit.h"
#include "core/internal.h"

/* How many interfaces bridge "br0" has, beside "." and "..". */
static unsigned int nr_ports, nr_read;

static bool has_xen;

int open(const char *path, int flags, ...)
{
	(void)flags;
	assert_memory_equal(path, "/dev/xen/", 9);
	return dup(0);
}

int stat(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFDIR;
	errno = ENOENT;
	if (has_xen && !strcmp(path, "/sys/hypervisor/type"))
		return 0;
	return strcmp(path, "/sys/class/net/br0/bridge") ? -1 : 0;
}

DIR *opendir(const char *path)
{
	assert_string_equal(path, "/sys/class/net/br0/brif");
	nr_read = 0;
	return (DIR *)&nr_read;
}

struct dirent *readdir(DIR *dir)
{
	static struct dirent entry;

	assert_ptr_equal(dir, &nr_read);
	if (nr_read == nr_ports + 2)
		return NULL;
	if (nr_read < 2)
		strcpy(entry.d_name, nr_read ? ".." : ".");
	else
		snprintf(entry.d_name, sizeof(entry.d_name), "vif%u.0", nr_read);
	nr_read++;
	return &entry;
}

int closedir(DIR *dir)
{
	assert_ptr_equal(dir, &nr_read);
	return 0;
}

/* Not come to without Xen. */
int chaos_ctx_open(struct chaos_ctx **ctx, struct chaos_error *err)
{
	static struct chaos_ctx fake;

	(void)err;
	assert_true(has_xen);
	*ctx = &fake;
	return 0;
}

void chaos_ctx_close(struct chaos_ctx *ctx)
{
	(void)ctx;
}

long chaos_noxs_version(struct chaos_ctx *ctx)
{
	(void)ctx;
	return NOXS_ABI_VERSION;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	(void)cmd;
	(void)arg;
	return 4 << 16 | 20;
}

static int vcpu_errno;

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
	(void)xch;
	(void)domid;
	(void)vcpu;
	(void)info;
	errno = vcpu_errno;
	return vcpu_errno ? -1 : 0;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	(void)info;
	return 0;
}

int chaos_module_open(struct chaos_ctx *ctx, struct chaos_error *err)
{
	(void)ctx;
	(void)err;
	return 0;
}

/* Of the check of that name, what it tells. */
static const struct chaos_check *ask(const char *bridge, const char *name)
{
	static struct chaos_check checks[CHAOS_MAX_CHECKS];
	enum chaos_code code;
	int i, nr = chaos_doctor(bridge, checks, &code);

	if (!has_xen)
		assert_int_equal(code, CHAOS_ENVIRONMENT); /* of the first */
	for (i = 0; i < nr; i++)
		if (!strcmp(checks[i].name, name))
			return &checks[i];
	fail_msg("no check %s", name);
	return NULL;
}

static void libxenctrl_of_this_xen(void **state)
{
	const struct chaos_check *check;

	(void)state;
	has_xen = true;
	vcpu_errno = 0;
	check = ask("br0", "libxenctrl");
	assert_true(check->is_ok);
	assert_string_equal(check->text, "it is of the Xen that runs, 4.20");
	has_xen = false;
}

static void libxenctrl_of_another(void **state)
{
	const struct chaos_check *check;

	(void)state;
	has_xen = true;
	vcpu_errno = EACCES;
	check = ask("br0", "libxenctrl");
	has_xen = false;
	assert_false(check->is_ok);
	assert_string_equal(
		check->text,
		"Xen 4.20 refuses its operations: it is of another Xen, or a policy forbids them");
	assert_non_null(strstr(check->remedy, "the chaos that is built for this Xen"));
}

static void a_bridge_with_room(void **state)
{
	const struct chaos_check *check;

	(void)state;
	nr_ports = 1022;
	check = ask("br0", "bridge");
	assert_true(check->is_ok);
	assert_string_equal(check->text, "bridge \"br0\" is there, with 1022 of 1023 ports in use");
}

static void a_full_bridge(void **state)
{
	const struct chaos_check *check;

	(void)state;
	nr_ports = 1023;
	check = ask("br0", "bridge");
	assert_false(check->is_ok);
	assert_string_equal(check->text, "bridge \"br0\" has 1023 ports, its most");
	assert_string_equal(check->remedy,
			    "use another bridge or a switch (ip link add NAME type noxs)");
}

static void no_bridge(void **state)
{
	const struct chaos_check *check;

	(void)state;
	check = ask("br1", "bridge");
	assert_false(check->is_ok);
	assert_string_equal(check->remedy, "ip link add br1 type bridge && ip link set br1 up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libxenctrl_of_this_xen),
		cmocka_unit_test(libxenctrl_of_another),
		cmocka_unit_test(a_bridge_with_room),
		cmocka_unit_test(a_full_bridge),
		cmocka_unit_test(no_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
