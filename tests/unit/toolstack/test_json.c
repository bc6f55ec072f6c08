// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON documents, byte for byte where they are small: names of members are a promise.  The
 * hypercalls that json_list()'s state names come with are not called.
 */
#include <unistd.h>

#include "unit.h"
#include "core/internal.h"
#include "json_out.h"
#include "json_writer.h"

struct chaos_noxs_batch *chaos_noxs_batch_alloc(struct chaos_ctx *ctx)
{
	(void)ctx;
	return NULL;
}

void chaos_noxs_batch_free(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch)
{
	(void)ctx;
	(void)batch;
}

int chaos_noxs_list(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch, unsigned int count)
{
	(void)ctx;
	(void)batch;
	(void)count;
	return -1;
}

int chaos_noxs_dominfo(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dominfo *info)
{
	(void)ctx;
	(void)domid;
	(void)info;
	return -1;
}

static int saved_stdout = -1;
static char printed[8192];

/* Standard output goes to a file between begin() and end(), which reads it into `printed`. */
static void begin(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	fclose(f);
}

static const char *end(void)
{
	ssize_t n;

	fflush(stdout);
	n = pread(STDOUT_FILENO, printed, sizeof(printed) - 1, 0);
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
	assert_true(n >= 0);
	printed[n] = '\0';
	return printed;
}

static void error(void **state)
{
	struct chaos_error err = { .code = CHAOS_EXISTS, .text = "name \"a/b\" is in use" };

	(void)state;
	begin();
	json_error(&err);
	assert_string_equal(end(), "{\"error\":{\"code\":\"exists\",\"status\":5,"
				   "\"text\":\"name \\\"a/b\\\" is in use\"}}\n");
}

static void strings_are_escaped(void **state)
{
	struct json_writer w;

	(void)state;
	begin();
	jsonw_begin(&w);
	jsonw_text(&w, "a", "\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9");
	jsonw_text(&w, "b", "");
	jsonw_text(&w, "c", NULL);
	jsonw_text(&w, "d", "\n");
	/* JSON is UTF-8, whatever others call their domains. */
	jsonw_text(&w, "e", "a\377b\303");
	jsonw_end(&w);
	assert_string_equal(end(),
			    "{\"a\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\","
			    "\"b\":null,\"c\":null,\"d\":\"\\n\",\"e\":\"a\\ufffdb\\ufffd\"}\n");
}

static void values_nest(void **state)
{
	struct json_writer w;

	(void)state;
	begin();
	jsonw_begin(&w);
	jsonw_open(&w, "a", '[');
	jsonw_close(&w, ']');
	jsonw_open(&w, "b", '[');
	jsonw_number(&w, NULL, 0);
	jsonw_number(&w, NULL, UINT64_MAX);
	jsonw_open(&w, NULL, '{');
	jsonw_close(&w, '}');
	jsonw_null(&w, NULL);
	jsonw_close(&w, ']');
	jsonw_bool(&w, "c", true);
	jsonw_bool(&w, "d", false);
	jsonw_end(&w);
	assert_string_equal(end(), "{\"a\":[],\"b\":[0,18446744073709551615,{},null],\"c\":true,"
				   "\"d\":false}\n");
}

static void created(void **state)
{
	struct chaos_config cfg = { .name = "web", .nr_vifs = 1 };
	struct chaos_created out = { .domid = 7, .is_ready = true };

	(void)state;
	memcpy(cfg.vifs[0].mac, "\x00\x16\x3e\x01\x02\x03", 6);
	strcpy(cfg.vifs[0].bridge, "br0");
	memcpy(&cfg.vifs[0].ipv4, "\x0a\x00\x00\x02", 4);
	out.timing.build_ns = 5;
	out.timing.calls.hypercalls = 14;
	begin();
	json_created(&out, &cfg, false);
	assert_string_equal(
		end(),
		"{\"domid\":7,\"name\":\"web\",\"uuid\":\"00000000-0000-0000-0000-000000000000\","
		"\"ready\":true,\"vifs\":[{\"mac\":\"00:16:3e:01:02:03\",\"bridge\":\"br0\",\"switch\":null,"
		"\"ip\":\"10.0.0.2\"}]}\n");
	begin();
	json_created(&out, &cfg, true);
	assert_non_null(strstr(end(),
			       "\"timing\":{\"open_ns\":0,\"image_ns\":0,\"createdomain_ns\":0,"
			       "\"memory_ns\":0,\"build_ns\":5,\"devices_ns\":0,\"unpause_ns\":0,"
			       "\"guest_ns\":0,\"total_ns\":0,\"hypercalls\":14,\"ioctls\":0}}"));
}

static void list(void **state)
{
	struct chaos_dominfo infos[2] = {
		{ .state = CHAOS_STATE_RUNNING, .is_running = true },
		{ .domid = 3,
		  .name = "web",
		  .state = CHAOS_STATE_CRASHED,
		  .is_ours = true,
		  .is_shutdown = true,
		  .shutdown_reason = 3,
		  .memory_kib = 4096,
		  .max_memory_kib = 4096,
		  .nr_vcpus = 1,
		  .nr_devs = 2,
		  .serial = 9 },
	};

	(void)state;
	begin();
	json_list(&infos[0], true);
	json_list(&infos[1], false);
	jsonw_end_array(false);
	assert_string_equal(
		end(),
		"[{\"domid\":0,\"name\":null,\"uuid\":\"00000000-0000-0000-0000-000000000000\","
		"\"state\":\"running\",\"flags\":\"r-----\",\"noxs\":false,\"shutdown_reason\":null,"
		"\"memory_kib\":0,\"max_memory_kib\":0,\"vcpus\":0,\"cpu_time_ns\":0,"
		"\"nr_devices\":0,\"serial\":0},"
		"{\"domid\":3,\"name\":\"web\",\"uuid\":\"00000000-0000-0000-0000-000000000000\","
		"\"state\":\"crashed\",\"flags\":\"---sc-\",\"noxs\":true,\"shutdown_reason\":3,"
		"\"memory_kib\":4096,\"max_memory_kib\":4096,\"vcpus\":1,\"cpu_time_ns\":0,"
		"\"nr_devices\":2,\"serial\":9}]\n");
	begin();
	jsonw_end_array(true);
	assert_string_equal(end(), "[]\n");
}

static void info(void **state)
{
	struct chaos_devices devs = { .is_attached = true, .is_ready = true, .nr_devs = 2 };
	struct chaos_dominfo dom = { .domid = 3, .name = "web" };

	(void)state;
	devs.devs[0].cls = "sysctl";
	devs.devs[0].state = "open";
	devs.devs[1].cls = "vif";
	devs.devs[1].state = "failed";
	devs.devs[1].os_errno = EPROTO;
	strcpy(devs.devs[1].ifname, "vif3.0");
	devs.devs[1].tx_packets = 12;
	begin();
	json_info(&dom, &devs);
	end();
	assert_non_null(strstr(printed, "\"attached\":true,\"ready\":true,"));
	assert_non_null(
		strstr(printed,
		       "\"on_poweroff\":null,\"on_reboot\":null,\"on_crash\":null,\"log\":false,"));
	devs.is_logged = true;
	devs.ends = (struct chaos_ends){ true, CHAOS_PRESERVE, CHAOS_RESTART, CHAOS_DESTROY };
	begin();
	json_info(&dom, &devs);
	end();
	assert_non_null(strstr(
		printed,
		"\"on_poweroff\":\"preserve\",\"on_reboot\":\"restart\",\"on_crash\":\"destroy\",\"log\":true,"));
	assert_non_null(strstr(
		printed, "{\"class\":\"sysctl\",\"id\":0,\"state\":\"open\",\"error\":null}"));
	assert_non_null(strstr(
		printed,
		"\"state\":\"failed\",\"error\":\"Protocol error\",\"interface\":\"vif3.0\""));
	assert_non_null(strstr(printed, "\"tx_packets\":12"));
}

static void device(void **state)
{
	char target[] = "/srv/a";
	struct chaos_device disk = {
		.cls = "vbd",
		.state = "open",
		.sectors = 8,
		.sector_size = 512,
		.target = target,
	};
	struct chaos_dominfo dom = { .domid = 3, .name = "web" };

	(void)state;
	begin();
	json_device(&dom, "resized", &disk);
	end();
	assert_non_null(strstr(
		printed,
		"{\"domid\":3,\"name\":\"web\",\"result\":\"resized\",\"device\":{\"class\":\"vbd\","));
	assert_non_null(strstr(printed, "\"target\":\"/srv/a\",\"direct\":false}"));
	disk.target = NULL;
	begin();
	json_device_element(&disk, true);
	jsonw_end_array(false);
	end();
	assert_non_null(strstr(printed, "[{\"class\":\"vbd\",\"id\":0,"));
	assert_non_null(strstr(printed, "\"target\":null,\"direct\":null}"));
}

static void host_and_doctor(void **state)
{
	struct chaos_host host = { .xen_major = 4,
				   .xen_minor = 17,
				   .xen_extra = ".5",
				   .toolstack_abi = 0x10000,
				   .free_memory_kib = 5 };
	struct chaos_check checks[1] = { { .name = "xen", .text = "not", .remedy = "boot" } };

	(void)state;
	begin();
	json_host(&host);
	assert_string_equal(
		end(), "{\"chaos_version\":\"" CHAOS_VERSION "\",\"xen_version\":\"4.17.5\","
		       "\"toolstack_abi\":\"1.0\",\"xen_abi\":null,\"module_abi\":null,\"cpus\":0,"
		       "\"total_memory_kib\":0,\"free_memory_kib\":5,\"scrub_memory_kib\":0}\n");
	begin();
	json_doctor(checks, 1);
	assert_string_equal(end(), "{\"ok\":false,\"checks\":[{\"check\":\"xen\",\"ok\":false,"
				   "\"text\":\"not\",\"remedy\":\"boot\"}]}\n");
}

static void done_and_stopped(void **state)
{
	struct chaos_dominfo dom = { .domid = 3, .name = "web" };

	(void)state;
	begin();
	json_done(&dom, "destroyed");
	assert_string_equal(end(), "{\"domid\":3,\"name\":\"web\",\"result\":\"destroyed\"}\n");
	begin();
	json_stopped(&dom, true, 0);
	assert_string_equal(
		end(),
		"{\"domid\":3,\"name\":\"web\",\"result\":\"stopped\",\"shutdown_reason\":0}\n");
	begin();
	json_stopped(&dom, false, 0);
	assert_string_equal(
		end(),
		"{\"domid\":3,\"name\":\"web\",\"result\":\"requested\",\"shutdown_reason\":null}\n");
}

/* ---- what a person who knows xl asks ---- */

static void plan(void **state)
{
	const struct chaos_vif vifs[] = {
		{ .mac_is_random = true, .bridge = "br", .mtu = 1500 },
		{ .id = 4,
		  .bridge = "sw",
		  .on_switch = true,
		  .mtu = 9000,
		  .rate_bytes = 62500,
		  .rate_usecs = 50000 },
	};
	static char target[] = "/d";
	const struct chaos_disk disk = { .target = target, .id = 1, .is_read_only = true };
	struct chaos_plan p = {
		.name = "web",
		.uuid = { 1 },
		.kernel = "/k",
		.memory_kib = 4096,
		.nr_vcpus = 2,
		.cpus = "1;",
		.nr_vifs = 2,
		.vifs = vifs,
		.nr_disks = 1,
		.disks = &disk,
		.on_reboot = CHAOS_RESTART,
		.builder = CHAOS_BUILDER_FAST,
		.image_kib = 200,
		.knows_noxs = true,
		.is_connected = { [1] = true },
	};
	const char *text;

	(void)state;
	begin();
	json_plan(&p, NULL);
	assert_string_equal(
		end(),
		"{\"name\":\"web\",\"uuid\":\"01000000-0000-0000-0000-000000000000\",\"type\":\"pv\","
		"\"kernel\":\"/k\",\"ramdisk\":null,\"cmdline\":null,\"memory_kib\":4096,\"vcpus\":2,"
		"\"cpus\":[\"1\",null],\"cpupool\":0,\"cpu_weight\":null,\"cap\":0,"
		"\"on_poweroff\":\"destroy\",\"on_reboot\":\"restart\",\"on_crash\":\"destroy\","
		"\"log\":false,\"builder\":\"fast\",\"why_generic\":null,\"image_kib\":200,\"noxs\":true,"
		"\"vifs\":[{\"id\":0,\"mac\":null,\"bridge\":\"br\",\"switch\":null,\"ip\":null,"
		"\"prefix\":null,\"gateway\":null,\"mtu\":1500,\"rate_bytes\":null,"
		"\"rate_interval_us\":null,\"slot\":1,\"connect\":\"guest\"},"
		"{\"id\":4,\"mac\":\"00:00:00:00:00:00\",\"bridge\":null,\"switch\":\"sw\",\"ip\":null,"
		"\"prefix\":null,\"gateway\":null,\"mtu\":9000,\"rate_bytes\":62500,"
		"\"rate_interval_us\":50000,\"slot\":2,\"connect\":\"builder\"}],"
		"\"disks\":[{\"id\":1,\"vdev\":\"xvdb\",\"target\":\"/d\",\"read_only\":true,"
		"\"direct\":false,\"discard\":true,\"slot\":3}],\"fault\":null}\n");
	/* What is not known is not told. */
	p.builder = CHAOS_BUILDER_AUTO;
	p.why_generic = "it is a picture";
	p.image_kib = 0;
	begin();
	json_plan(&p, "no kernel");
	text = end();
	assert_non_null(strstr(text, "\"builder\":null,\"why_generic\":null,\"image_kib\":null,"
				     "\"noxs\":null,"));
	assert_non_null(strstr(text, "\"connect\":null}"));
	assert_non_null(strstr(text, "\"fault\":\"no kernel\"}"));
	p.builder = CHAOS_BUILDER_GENERIC;
	begin();
	json_plan(&p, NULL);
	assert_non_null(
		strstr(end(), "\"builder\":\"generic\",\"why_generic\":\"it is a picture\","));
}

static void vcpu(void **state)
{
	const struct chaos_dominfo info = { .domid = 3, .name = "web" };
	const struct chaos_vcpu v = {
		.id = 1,
		.is_online = true,
		.cpu = 2,
		.cpu_time_ns = 5,
		.hard = { 5 },
		.soft = { 0xff },
	};

	(void)state;
	begin();
	json_vcpu(&info, &v, 3, true);
	json_uptime(&info, -1, false);
	json_uptime(&info, 7, false);
	assert_string_equal(
		end(),
		"[{\"domid\":3,\"name\":\"web\",\"vcpu\":1,\"online\":true,\"running\":false,"
		"\"blocked\":false,\"cpu\":2,\"cpu_time_ns\":5,\"hard\":[0,2],\"soft\":[0,1,2]},"
		"{\"domid\":3,\"name\":\"web\",\"uptime_ns\":null},"
		"{\"domid\":3,\"name\":\"web\",\"uptime_ns\":7}");
}

/* Guests can write into Xen's log. */
static void lines(void **state)
{
	char text[] = "(XEN) one\r\n\n\033[2Jtwo\n", last[] = "no end";

	(void)state;
	begin();
	json_lines(text);
	assert_string_equal(end(), "{\"lines\":[\"(XEN) one\",\"\\u001b[2Jtwo\"]}\n");
	begin();
	json_lines(last);
	assert_string_equal(end(), "{\"lines\":[\"no end\"]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(values_nest),
		cmocka_unit_test(created),
		cmocka_unit_test(list),
		cmocka_unit_test(info),
		cmocka_unit_test(device),
		cmocka_unit_test(host_and_doctor),
		cmocka_unit_test(done_and_stopped),
		cmocka_unit_test(plan),
		cmocka_unit_test(vcpu),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
