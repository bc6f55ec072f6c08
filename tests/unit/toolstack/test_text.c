// SPDX-License-Identifier: GPL-2.0-only
/* Text forms: UUIDs, MAC addresses, CPU lists, vif strings, and the keys of a configuration. */
#include "unit.h"
#include "internal.h"

static void uuid_round_trip(void **state)
{
	static const char text[] = "00112233-4455-6677-8899-aabbccddeeff";
	char out[CHAOS_UUID_STRLEN];
	uint8_t uuid[CHAOS_UUID_LEN];

	(void)state;
	assert_int_equal(chaos_uuid_parse(text, uuid), 0);
	assert_int_equal(uuid[15], 0xff);
	chaos_uuid_format(uuid, out);
	assert_string_equal(out, text);
	assert_int_equal(chaos_uuid_parse("00112233-4455-6677-8899-AABBCCDDEEFF", uuid), 0);
}

static void uuid_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"00112233445566778899aabbccddeeff",
		"00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeeff0",
		"0011223g-4455-6677-8899-aabbccddeeff",
	};
	uint8_t uuid[CHAOS_UUID_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(chaos_uuid_parse(bad[i], uuid), -1);
}

static void uuid_random_is_version_4(void **state)
{
	uint8_t a[CHAOS_UUID_LEN], b[CHAOS_UUID_LEN];

	(void)state;
	assert_int_equal(chaos_uuid_random(a), 0);
	assert_int_equal(chaos_uuid_random(b), 0);
	assert_int_equal(a[6] >> 4, 4);
	assert_int_equal(a[8] >> 6, 2);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void cpus(void **state)
{
	static const char *const bad[] = {
		"", ",", "1-", "-1", "3-1", "1,", "a", "^1", "0-1024", "1 2", "99999999999999999999"
	};
	uint8_t map[CHAOS_MAX_CPUS / 8] = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(chaos_cpus_parse("0-3,9,^2", map), 0);
	assert_int_equal(map[0], 0x0b);
	assert_int_equal(map[1], 0x02);
	memset(map, 0, sizeof(map));
	assert_int_equal(chaos_cpus_parse("1023", map), 0);
	assert_int_equal(map[127], 0x80);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(map, 0, sizeof(map));
		assert_int_equal(chaos_cpus_parse(bad[i], map), -1);
	}
}

static void vif_full(void **state)
{
	char unsupported[64], mac[18];
	struct chaos_vif vif;

	(void)state;
	assert_int_equal(chaos_vif_parse("mac=00:16:3E:01:02:ff, bridge=br7,ip=10.1.2.3/16,"
					 "gateway=10.1.0.1,mtu=9000,connect=guest",
					 &vif, unsupported, sizeof(unsupported), NULL),
			 0);
	chaos_mac_format(vif.mac, mac);
	assert_string_equal(mac, "00:16:3e:01:02:ff");
	assert_false(vif.mac_is_random);
	assert_string_equal(vif.bridge, "br7");
	assert_memory_equal(&vif.ipv4, "\x0a\x01\x02\x03", 4);
	assert_memory_equal(&vif.gateway, "\x0a\x01\x00\x01", 4);
	assert_int_equal(vif.prefix, 16);
	assert_int_equal(vif.mtu, 9000);
	assert_true(vif.connects_itself);
	assert_string_equal(unsupported, "");
}

static void vif_switch(void **state)
{
	char unsupported[64];
	struct chaos_vif vif;

	(void)state;
	assert_int_equal(chaos_vif_parse("ip=1.2.3.4,switch=sw0", &vif, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_true(vif.on_switch);
	assert_string_equal(vif.bridge, "sw0");
	assert_int_equal(
		chaos_vif_parse("bridge=sw0", &vif, unsupported, sizeof(unsupported), NULL), 0);
	assert_false(vif.on_switch);
}

static void vif_defaults(void **state)
{
	struct chaos_vif a, b;
	char unsupported[64];

	(void)state;
	assert_int_equal(chaos_vif_parse("", &a, unsupported, sizeof(unsupported), NULL), 0);
	assert_int_equal(chaos_vif_parse("ip=1.2.3.4,bridge=,connect=auto", &b, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_string_equal(a.bridge, "xenbr0");
	assert_string_equal(b.bridge, "");
	assert_int_equal(a.mtu, 1500);
	assert_false(a.connects_itself);
	assert_false(b.connects_itself);
	assert_int_equal(a.ipv4, 0);
	assert_int_equal(b.prefix, 24);
	assert_true(a.mac_is_random);
	assert_memory_equal(a.mac, "\x00\x16\x3e", 3);
	assert_memory_not_equal(a.mac, b.mac, 6);
}

static void vif_unsupported_keys_are_named(void **state)
{
	struct chaos_vif vif;
	char unsupported[16];

	(void)state;
	assert_int_equal(chaos_vif_parse("script=x,bridge=b,rate=1", &vif, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_string_equal(unsupported, "script rate");
	/* A list longer than the buffer is cut. */
	assert_int_equal(chaos_vif_parse("aaaaaaaaaa=1,bbbbbbbbbb=2,c=3", &vif, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_int_equal(strlen(unsupported), sizeof(unsupported) - 1);
}

static void vif_refused(void **state)
{
	static const char *const bad[] = {
		"mac=00:16:3e:01:02",
		"mac=00:16:3e:01:02:zz",
		"mac=00:16:3e:01:02:03:04",
		"mac=01:16:3e:01:02:03",
		"mac=00:00:00:00:00:00",
		"mac=0:16:3e:1:2:3",
		"mac=00:16:3e:-1:02:03",
		"mac=00:16:3e:+1:02:03",
		"bridge=abcdefghijklmnop",
		"ip=1.2.3",
		"ip=1.2.3.4/33",
		"ip=1.2.3.4/",
		"ip=0.0.0.0",
		"ip=1.2.3.4 5.6.7.8",
		"ip=1.2.3.4,gateway=x",
		"gateway=1.2.3.4",
		"mtu=0",
		"mtu=70000",
		"mtu=abc",
		"connect=",
		"connect=host",
		"switch=",
		"switch=abcdefghijklmnop",
		"bridge=a,switch=b",
		"switch=b,bridge=",
		"nonsense",
	};
	struct chaos_error err;
	struct chaos_vif vif;
	char unsupported[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(chaos_vif_parse(bad[i], &vif, unsupported, sizeof(unsupported),
						 &err),
				 -(int)CHAOS_CONFIG);
		assert_error(err, CHAOS_CONFIG, "vif");
	}
}

static void keys_with_lines(void **state)
{
	static const char text[] = "# a comment with key=1\n"
				   "name = \"a=b\" ; bogus=1\n"
				   "vif = [ 'x=1',\n"
				   "        \"y=[2\" ] # z=3\n"
				   "\n"
				   "  wrong += [ 'a', ]\n"
				   "memory=4";
	static const struct {
		const char *name;
		unsigned int line;
		bool is_supported;
	} wanted[] = {
		{ "name", 2, true },   { "bogus", 2, false }, { "vif", 3, true },
		{ "wrong", 6, false }, { "memory", 7, true },
	};
	struct chaos_key key;
	unsigned int line = 1;
	size_t i, pos = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_true(chaos_cfgkeys_next(text, &pos, &line, &key));
		assert_int_equal(key.len, strlen(wanted[i].name));
		assert_memory_equal(key.name, wanted[i].name, key.len);
		assert_int_equal(key.line, wanted[i].line);
		assert_int_equal(chaos_cfgkeys_is_supported(&key, false), wanted[i].is_supported);
	}
	assert_false(chaos_cfgkeys_next(text, &pos, &line, &key));
}

/* Whatever the text, it ends: each call goes on. */
static void keys_of_garbage_end(void **state)
{
	static const char *const texts[] = { "", "[", "'", "\\", "a", "a=\"\\", "=", "]];;]", "#" };
	struct chaos_key key;
	unsigned int line, n;
	size_t i, pos;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		line = 1;
		pos = 0;
		for (n = 0; chaos_cfgkeys_next(texts[i], &pos, &line, &key); n++)
			assert_true(n < 10);
		assert_true(pos <= strlen(texts[i]));
	}
}

static void errors(void **state)
{
	struct chaos_error err;

	(void)state;
	assert_int_equal(chaos_error_set(&err, CHAOS_EXISTS, EEXIST, "name %d", 7),
			 -(int)CHAOS_EXISTS);
	assert_string_equal(err.text, "name 7");
	assert_int_equal(err.os_errno, EEXIST);
	assert_int_equal(chaos_error_set(NULL, CHAOS_FAILED, 0, "x"), -(int)CHAOS_FAILED);
	assert_int_equal(chaos_code_of_errno(EPERM), CHAOS_PERMISSION);
	assert_int_equal(chaos_code_of_errno(ENOSYS), CHAOS_ENVIRONMENT);
	assert_int_equal(chaos_code_of_errno(ENOMEM), CHAOS_RESOURCES);
	assert_int_equal(chaos_code_of_errno(EILSEQ), CHAOS_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uuid_round_trip),
		cmocka_unit_test(uuid_refused),
		cmocka_unit_test(uuid_random_is_version_4),
		cmocka_unit_test(cpus),
		cmocka_unit_test(vif_full),
		cmocka_unit_test(vif_switch),
		cmocka_unit_test(vif_defaults),
		cmocka_unit_test(vif_unsupported_keys_are_named),
		cmocka_unit_test(vif_refused),
		cmocka_unit_test(keys_with_lines),
		cmocka_unit_test(keys_of_garbage_end),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
