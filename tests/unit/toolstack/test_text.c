// SPDX-License-Identifier: GPL-2.0-only
/* Text forms: UUIDs, MAC addresses, CPU lists, vif strings, and the keys of a configuration. */
#include "unit.h"
#include "config/internal.h"

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
		"",
		",",
		"1-",
		"-1",
		"3-1",
		"1,",
		"a",
		"0-1024",
		"1 2",
		"^",
		"^^1",
		"1^",
		"al",
		"all1",
		"node",
		"nodes:",
		"nodes:x",
		"0,^0",
		"1,^all",
		"^0-1023",
		"nodes:0:1",
		"99999999999999999999",
		"99999999999",
	};
	/* CPUs 0 and 1 are of node 0, 2 and 3 of node 1. */
	static const uint32_t node_of[] = { 0, 0, 1, 1 };
	static const struct {
		const char *text;
		uint8_t first, second;
	} good[] = {
		{ "0-3,9,^2", 0x0b, 0x02 },	{ "all,^0", 0xfe, 0xff },
		{ "^1", 0xfd, 0xff },		{ " 1 , 2", 0x06, 0x00 },
		{ "nodes:1", 0x0c, 0x00 },	{ "nodes:0-1,^2", 0x0b, 0x00 },
		{ "all,^nodes:0", 0xfc, 0xff }, { "node:0", 0x03, 0x00 },
		{ "nodes:all", 0x0f, 0x00 },
	};
	uint8_t map[CHAOS_MAX_CPUS / 8];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		if (chaos_cpus_parse(good[i].text, node_of, ARRAY_SIZE(node_of), map))
			fail_msg("%s", good[i].text);
		assert_int_equal(map[0], good[i].first);
		assert_int_equal(map[1], good[i].second);
		assert_int_equal(chaos_cpus_parse(good[i].text, NULL, 0, map), 0);
	}
	assert_int_equal(chaos_cpus_parse("1023", NULL, 0, map), 0);
	assert_int_equal(map[127], 0x80);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!chaos_cpus_parse(bad[i], NULL, 0, map))
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(chaos_cpus_parse("nodes:7", node_of, ARRAY_SIZE(node_of), map), -1);
}

/* What is written is read as the same, however many ranges there are. */
static void cpus_written(void **state)
{
	static const char *const lists[] = { "0", "0-3", "0-3,6", "5-6,8,1021-1023", "1,3,5,7" };
	uint8_t map[CHAOS_MAX_CPUS / 8], every_other[CHAOS_MAX_CPUS / 8];
	char text[CHAOS_CPUS_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		assert_int_equal(chaos_cpus_parse(lists[i], NULL, 0, map), 0);
		chaos_cpus_format(map, CHAOS_MAX_CPUS, text);
		assert_string_equal(text, lists[i]);
	}
	/* Those the host does not have do not count. */
	assert_int_equal(chaos_cpus_parse("0-3", NULL, 0, map), 0);
	assert_true(chaos_cpus_are_all(map, 4));
	assert_false(chaos_cpus_are_all(map, 5));
	chaos_cpus_format(map, 2, text);
	assert_string_equal(text, "0-1");
	/* The longest there is. */
	memset(every_other, 0xaa, sizeof(every_other));
	chaos_cpus_format(every_other, CHAOS_MAX_CPUS, text);
	assert_true(strlen(text) < sizeof(text));
	assert_int_equal(chaos_cpus_parse(text, NULL, 0, map), 0);
	assert_memory_equal(map, every_other, sizeof(map));
}

static void cpus_of_vcpus(void **state)
{
	char list[8];

	(void)state;
	assert_true(chaos_cpus_of_vcpu("0-1", 5, list, sizeof(list)));
	assert_string_equal(list, "0-1");
	assert_true(chaos_cpus_of_vcpu("6;7;", 0, list, sizeof(list)));
	assert_string_equal(list, "6");
	assert_true(chaos_cpus_of_vcpu("6;7;", 1, list, sizeof(list)));
	assert_string_equal(list, "7");
	assert_false(chaos_cpus_of_vcpu("6;7;", 2, list, sizeof(list)));
	assert_false(chaos_cpus_of_vcpu("6;", 1, list, sizeof(list)));
}

static void utf8(void **state)
{
	static const struct {
		const char *text;
		long first;
		bool is_seen;
	} texts[] = {
		{ "a", 'a', true },
		{ "\n", '\n', false },
		{ "\177", 0x7f, false },
		{ "\303\274", 0xfc, true },
		{ "\302\233", 0x9b, false },
		{ "\342\200\256", 0x202e, false },
		{ "\342\202\254", 0x20ac, true },
		{ "\360\237\230\200", 0x1f600, true },
		{ "\302\240", 0xa0, false },	   /* a blank that does not break */
		{ "\315\217", 0x34f, false },	   /* a joiner */
		{ "\343\205\244", 0x3164, false }, /* a filler */
		{ "\357\270\217", 0xfe0f, false }, /* a selector of variants */
		{ "\357\277\277", 0xffff, false }, /* no character */
		{ "\377", -1, false },
		{ "\300\200", -1, false },
		{ "\340\200\200", -1, false },
		{ "\355\240\200", -1, false },
		{ "\364\220\200\200", -1, false },
		{ "\303", -1, false },
		{ "\360\237\230", -1, false },
	};
	char text[] = "a\nb\377c\302\233d\303\274e\033[2J\342\200\256\303";
	const char *p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		p = texts[i].text;
		assert_int_equal(chaos_utf8_next(&p), texts[i].first);
		assert_int_equal(chaos_utf8_is_seen(texts[i].first), texts[i].is_seen);
		assert_int_equal(p - texts[i].text,
				 texts[i].first < 0 ? 1 : (ptrdiff_t)strlen(texts[i].text));
	}
	chaos_text_clean(text);
	assert_string_equal(text, "a?b?c?d\303\274e?[2J??");
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

/* As xl reads it, and written so that it is read as the same again. */
static void vif_rate(void **state)
{
	static const struct {
		const char *rate;
		uint64_t bytes;
		uint32_t usecs;
		const char *written;
	} rates[] = {
		{ "10Mb/s", 62500, 50000, "1250KB/s@50ms" },
		{ "250KB/s", 12500, 50000, "250KB/s@50ms" },
		{ "1MB/s@20ms", 20000, 20000, "1MB/s@20ms" },
		{ "1MB/s@1", 1000000, 1000000, "1MB/s@1000ms" },
		{ "3Gb/s@1s", 375000000, 1000000, "375MB/s@1000ms" },
		{ "20B/s", 1, 50000, "20B/s@50ms" },
		{ "1B/s@10s", 10, 10000000, "1B/s@10000ms" },
		{ "8b/s@9999999us", 9, 9999999, "1B/s@9999999us" },
		{ "1001b/s@1001us", 0, 0, NULL },
		{ "123457B/s@1001us", 123, 1001, "122878B/s@1001us" },
		{ "010Kb/s", 50, 50000, "1KB/s@50ms" },
		{ "40Gb/s", 250000000, 50000, "5GB/s@50ms" },
		{ "7GB/s@33333us", 233331000, 33333, "7GB/s@33333us" },
		{ "879609302Kb/s@10s", 0, 0, NULL }, /* rounded up it would be more than may be */
		{ "4294967295B/s", 214748364, 50000, "4294967280B/s@50ms" },
	};
	char unsupported[64], spec[64], text[CHAOS_RATE_LEN];
	struct chaos_vif vif, again;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		snprintf(spec, sizeof(spec), "bridge=b,rate=%s", rates[i].rate);
		assert_int_equal(!chaos_vif_parse(spec, &vif, unsupported, sizeof(unsupported),
						  NULL),
				 !!rates[i].bytes);
		if (!rates[i].bytes)
			continue;
		assert_int_equal(vif.rate_bytes, rates[i].bytes);
		assert_int_equal(vif.rate_usecs, rates[i].usecs);
		chaos_vif_rate_format(&vif, text);
		assert_string_equal(text, rates[i].written);
		snprintf(spec, sizeof(spec), "rate=%s", text);
		assert_int_equal(
			chaos_vif_parse(spec, &again, unsupported, sizeof(unsupported), NULL), 0);
		assert_int_equal(again.rate_bytes, rates[i].bytes);
		assert_int_equal(again.rate_usecs, rates[i].usecs);
	}
	chaos_vif_blank(&vif);
	assert_false(vif.rate_usecs || vif.rate_bytes);
	chaos_vif_rate_format(&vif, text);
	assert_string_equal(text, "");
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
	assert_int_equal(a.rate_usecs, 0);
	assert_true(a.mac_is_random);
	assert_memory_equal(a.mac, "\x00\x16\x3e", 3);
	assert_memory_not_equal(a.mac, b.mac, 6);
}

static void vif_unsupported_keys_are_named(void **state)
{
	struct chaos_vif vif;
	char unsupported[16];

	(void)state;
	assert_int_equal(chaos_vif_parse("model=x,bridge=b,vifname=y,type=vif", &vif, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_string_equal(unsupported, "model vifname");
	/* A list longer than the buffer is cut. */
	assert_int_equal(chaos_vif_parse("model=a,accel=b,vifname=c", &vif, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_int_equal(strlen(unsupported), sizeof(unsupported) - 1);
}

/* The ways to write an address, and what becomes of it. */
static void vif_addresses(void **state)
{
	static const struct {
		const char *spec, *ip, *gateway;
		uint8_t prefix;
		bool has_more;
	} good[] = {
		{ "ip=10.0.0.2", "\12\0\0\2", "\0\0\0\0", 24, false },
		{ "ip = 10.0.0.2/255.255.240.0", "\12\0\0\2", "\0\0\0\0", 20, false },
		{ "ip=172.44.0.2 255.255.255.0 172.44.0.1", "\254\54\0\2", "\254\54\0\1", 24,
		  false },
		{ "ip=10.0.0.2 255.255.0.0", "\12\0\0\2", "\0\0\0\0", 16, false },
		{ "ip=10.0.0.1 10.0.0.2", "\12\0\0\1", "\0\0\0\0", 24, true },
		{ "ip=fe80::1 10.0.0.1/8", "\12\0\0\1", "\0\0\0\0", 8, true },
		{ "ip=10.0.0.255/16,gateway=10.0.255.0", "\12\0\0\377", "\12\0\377\0", 16, false },
		{ "ip=10.0.0.0/31,gateway=10.0.0.1", "\12\0\0\0", "\12\0\0\1", 31, false },
		{ "ip=10.0.0.7/32", "\12\0\0\7", "\0\0\0\0", 32, false },
		{ "backend=0,script=vif-bridge,trusted=1,ip=1.2.3.4", "\1\2\3\4", "\0\0\0\0", 24,
		  false },
		{ "script=/etc/xen/scripts/vif-bridge,trusted,ip=1.2.3.4", "\1\2\3\4", "\0\0\0\0",
		  24, false },
	};
	char unsupported[64];
	struct chaos_error err;
	struct chaos_vif vif;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		if (chaos_vif_parse(good[i].spec, &vif, unsupported, sizeof(unsupported), &err))
			fail_msg("%s: %s", good[i].spec, err.text);
		assert_memory_equal(&vif.ipv4, good[i].ip, 4);
		assert_memory_equal(&vif.gateway, good[i].gateway, 4);
		assert_int_equal(vif.prefix, good[i].prefix);
		assert_string_equal(unsupported, good[i].has_more ? "ip(all but the first)" : "");
	}
	assert_int_equal(chaos_vif_parse("mac=0:16:3e:1:2:a3", &vif, unsupported,
					 sizeof(unsupported), NULL),
			 0);
	assert_memory_equal(vif.mac, "\0\x16\x3e\1\2\xa3", 6);
}

static void vif_refused(void **state)
{
	static const struct {
		const char *spec, *tells;
	} bad[] = {
		{ "mac=00:16:3e:01:02", "mac=00:16:3e:01:02 is not a MAC address" },
		{ "mac=00:16:3e:01:02:zz", "not a MAC" },
		{ "mac=00:16:3e:01:02:03:04", "not a MAC" },
		{ "mac=00:16:3e:01:02:", "not a MAC" },
		{ "mac=000:16:3e:01:02:03", "not a MAC" },
		{ "mac=01:16:3e:01:02:03", "one station" },
		{ "mac=00:00:00:00:00:00", "one station" },
		{ "mac=fe:ff:ff:ff:ff:ff", "control domain's end" },
		{ "mac=00:16:3e:-1:02:03", "not a MAC" },
		{ "mac=00:16:3e:+1:02:03", "not a MAC" },
		{ "bridge=abcdefghijklmnop", "longer than the 15 bytes" },
		{ "ip=1.2.3", "not an IPv4" },
		{ "ip=1.2.3.4/33", "not an IPv4" },
		{ "ip=1.2.3.4/0", "not an IPv4" },
		{ "ip=1.2.3.4/", "not an IPv4" },
		{ "ip=1.2.3.4/+8", "not an IPv4" },
		{ "ip=1.2.3.4/255.0.255.0", "not an IPv4" },
		{ "ip=", "not an IPv4" },
		{ "ip=fe80::1", "not an IPv4" },
		{ "ip=1.2.3.4 255.255.255.0 x", "not an IPv4" },
		{ "gateway=1.2.3.1,ip=1.2.3.4 255.255.255.0 1.2.3.2", "not an IPv4" },
		{ "ip=1.2.3.4,ip=1.2.3.5", "ip= is given twice" },
		{ "bridge=a,bridge=b", "bridge= is given twice" },
		{ "ip=0.0.0.0", "no host" },
		{ "ip=0.1.2.3", "no host" },
		{ "ip=10.13.0.0/24", "network itself" },
		{ "ip=10.13.0.255/24", "broadcast" },
		{ "ip=10.13.0.255", "broadcast" },
		{ "ip=255.255.255.255", "no host" },
		{ "ip=127.0.0.1/8", "loopback" },
		{ "ip=224.0.0.5", "multicast" },
		{ "ip=240.0.0.1", "no host" },
		{ "ip=1.2.3.4,gateway=x", "gateway=x" },
		{ "gateway=1.2.3.4", "without ip=" },
		{ "ip=1.2.3.4,gateway=1.2.3.4", "gateway=1.2.3.4 is the guest's own" },
		{ "ip=1.2.3.4,gateway=192.168.7.1", "not in the network" },
		{ "ip=1.2.3.4,gateway=1.2.3.255", "broadcast" },
		{ "mtu=0", "mtu=0" },
		{ "mtu=70000", "mtu" },
		{ "mtu=abc", "mtu" },
		{ "connect=", "connect=" },
		{ "connect=host", "connect=" },
		{ "switch=", "switch=" },
		{ "switch=abcdefghijklmnop", "longer" },
		{ "bridge=a,switch=b", "choose one" },
		{ "switch=b,bridge=", "choose one" },
		{ "nonsense", "not key=value" },
		/* A slip must not leave it on another link, or without a limit. */
		{ "BRIDGE=b", "BRIDGE= is no key of a vif" },
		{ "bridge_=b", "bridge_= is no key" },
		{ "Rate=1Mb/s", "Rate= is no key" },
		{ "untrusted=1", "trusted=0 is not supported" },
		{ "ip=10.0.0.2 255.255.255.253", "something else behind it" },
		{ "ip=10.0.0.2 x", "something else behind it" },
		{ "ip=10.0.0.2/24 gw 10.0.0.1", "something else behind it" },
		{ "ip=10.0.0.2 fe80::1/129", "something else behind it" },
		{ "ip=fe80::g 10.0.0.2", "something else behind it" },
		{ "bridge=b\nip=1.2.3.4", "\"bridge=b?ip=1.2.3.4\" has a control character" },
		/* Without these it would be another link, or an open one. */
		{ "bridge=xenbr0,backend=netvm", "backend=netvm is not supported" },
		{ "script=vif-route,ip=1.2.3.4", "script=vif-route is not supported" },
		{ "script=vif-openvswitch", "bridge= or a switch=" },
		{ "rate=", "rate= is not a rate; write rate=10Mb/s" },
		{ "rate=@20ms", "is not a rate" },
		{ "rate=10", "is not a rate" },
		{ "rate=10Mb", "is not a rate" },
		{ "rate=-1Mb/s", "is not a rate" },
		{ "rate=1.5Mb/s", "is not a rate" },
		{ "rate=0b/s", "is not a rate" },
		{ "rate=4294967296b/s", "is not a rate" },
		{ "rate=99999999999999999999b/s", "is not a rate" },
		{ "rate=1Mb/s@", "is not a rate" },
		{ "rate=1Mb/s@0", "is not a rate" },
		{ "rate=1Mb/s@20min", "is not a rate" },
		{ "rate=1Mb/s@4295s", "is not a rate" },
		{ "rate=1Mb/s@999us", "its interval is not between 1 ms and 10 s" },
		{ "rate=1Mb/s@11s", "its interval is not between 1 ms and 10 s" },
		{ "rate=19B/s", "not one byte in 50 ms; write a longer interval" },
		{ "rate=1b/s@10s", "not one byte in 10000 ms" },
		{ "rate=2000GB/s@1s", "more than any link has" },
		{ "rate=1Mb/s,rate=1Mb/s", "rate= is given twice" },
		{ "trusted=0", "trusted=0 is not supported" },
		{ "untrusted", "trusted=0 is not supported" },
		{ "gatewaydev=eth0", "gatewaydev=eth0 is not supported" },
		{ "vlan=7", "vlan=7 is not supported" },
	};
	struct chaos_error err;
	struct chaos_vif vif;
	char unsupported[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&err, 0, sizeof(err));
		if (chaos_vif_parse(bad[i].spec, &vif, unsupported, sizeof(unsupported), &err) !=
		    -(int)CHAOS_CONFIG)
			fail_msg("accepted: %s", bad[i].spec);
		assert_error(err, CHAOS_CONFIG, bad[i].tells);
	}
}

static void keys_with_lines(void **state)
{
	static const struct chaos_config_source none;
	static const char text[] = "# a comment with key=1\n"
				   "name = \"a=b\" ; bogus=1\n"
				   "vif = [ 'x=1',\n"
				   "        \"y=[2\" ] # z=3\n"
				   "\n"
				   "  wrong += [ 'a', ]\n"
				   "name.x=1\n"
				   "memory=4";
	static const struct {
		const char *name;
		unsigned int line;
		bool is_supported;
	} wanted[] = {
		{ "name", 2, true },   { "bogus", 2, false },  { "vif", 3, true },
		{ "wrong", 6, false }, { "name.x", 7, false }, { "memory", 8, true },
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
		assert_int_equal(chaos_cfgkeys_is_supported(&key, &none), wanted[i].is_supported);
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
	/* One line, whatever it quotes; and where it was goes before it. */
	assert_int_equal(chaos_error_set(&err, CHAOS_CONFIG, 0, "a '%s'", "x\ny\033"),
			 -(int)CHAOS_CONFIG);
	assert_string_equal(err.text, "a 'x?y?'");
	assert_int_equal(chaos_error_prefix(&err, -3, "%s: ", "f\n"), -3);
	assert_string_equal(err.text, "f?: a 'x?y?'");
	assert_int_equal(chaos_error_prefix(&err, 0, "no: "), 0);
	assert_int_equal(chaos_error_prefix(NULL, -3, "no: "), -3);
	assert_string_equal(err.text, "f?: a 'x?y?'");
	assert_int_equal(chaos_code_of_errno(EXFULL), CHAOS_RESOURCES);
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
		cmocka_unit_test(cpus_written),
		cmocka_unit_test(cpus_of_vcpus),
		cmocka_unit_test(utf8),
		cmocka_unit_test(vif_full),
		cmocka_unit_test(vif_switch),
		cmocka_unit_test(vif_rate),
		cmocka_unit_test(vif_defaults),
		cmocka_unit_test(vif_unsupported_keys_are_named),
		cmocka_unit_test(vif_addresses),
		cmocka_unit_test(vif_refused),
		cmocka_unit_test(keys_with_lines),
		cmocka_unit_test(keys_of_garbage_end),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
