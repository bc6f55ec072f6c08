// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's name and addresses: noxs-front has them from the device page, in files of sysfs; the kernel's
 * command line (tinyx.name=; tinyx.address= and tinyx.gateway= of the first interface) comes first.
 */
#include <linux/if.h>
#include <linux/in.h>
#include <linux/route.h>
#include <linux/sockios.h>

#include "init.h"
#include "sys.h"
#include "text.h"

#define WAIT_MS	 2000 /* for an interface that the device page has */
#define MAX_VIFS 29

static void set_address(struct sockaddr *to, const uint8_t bytes[4])
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	__builtin_memcpy(&in.sin_addr, bytes, 4);
	__builtin_memcpy(to, &in, sizeof(in));
}

static long up(long fd, const char *name, const uint8_t *address, unsigned int prefix)
{
	uint32_t bits = prefix ? ~0U << (32 - prefix) : 0;
	const uint8_t mask[4] = { bits >> 24, bits >> 16, bits >> 8, bits };
	struct ifreq request = { 0 };
	long rc = 0;

	text_add(request.ifr_name, sizeof(request.ifr_name), name);
	if (address) {
		set_address(&request.ifr_addr, address);
		rc = SYS3(ioctl, fd, SIOCSIFADDR, &request);
		set_address(&request.ifr_netmask, mask);
		if (!rc)
			rc = SYS3(ioctl, fd, SIOCSIFNETMASK, &request);
	}
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return rc ? rc : SYS3(ioctl, fd, SIOCSIFFLAGS, &request);
}

static long set_gateway(long fd, const uint8_t gateway[4])
{
	static const uint8_t any[4];
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };

	set_address(&route.rt_dst, any);
	set_address(&route.rt_genmask, any);
	set_address(&route.rt_gateway, gateway);
	return SYS3(ioctl, fd, SIOCADDRT, &route);
}

static bool is_any(const uint8_t address[4])
{
	return !(address[0] | address[1] | address[2] | address[3]);
}

/* The name of the interface with this MAC; waits for it.  false if there is none in time. */
static bool find_interface(const char *mac, char *name, size_t size)
{
	char path[64], text[32], *line;
	unsigned int i;
	long ms;

	for (ms = 0; ms < WAIT_MS; ms += 2) {
		for (i = 0; i < MAX_VIFS; i++) {
			name[0] = path[0] = '\0';
			text_add_number(text_add(name, size, "eth"), size, i);
			text_add(path, sizeof(path), "/sys/class/net/");
			text_add(path, sizeof(path), name);
			text_add(path, sizeof(path), "/address");
			if (file_read(path, text, sizeof(text)) <= 0)
				break; /* they are numbered without gaps */
			line = text;
			if (!*mac || text_is(text_line(&line), mac))
				return true;
		}
		sleep_ms(2);
	}
	return false;
}

/* gateway may be NULL. */
static void configure(long fd, const char *mac, const char *address_text, const char *gateway_text)
{
	uint8_t address[4], gateway[4];
	unsigned int prefix, any_prefix;
	char name[IFNAMSIZ];
	long rc;

	if (!text_address(address_text, address, &prefix)) {
		say_error("not an address:", address_text, 0);
		return;
	}
	if (!find_interface(mac, name, sizeof(name))) {
		say_error("no interface for", address_text, 0);
		return;
	}
	rc = up(fd, name, is_any(address) ? NULL : address, prefix);
	if (rc)
		say_error("cannot set up", name, rc);
	if (rc || !gateway_text || !text_address(gateway_text, gateway, &any_prefix) ||
	    is_any(gateway))
		return;
	rc = set_gateway(fd, gateway);
	if (rc)
		say_error("cannot set the gateway", gateway_text, rc);
}

/* The next word of *p, ended with a NUL; "" at the end. */
static char *next_word(char **p)
{
	char *word;

	while (**p == ' ')
		++*p;
	word = *p;
	while (**p && **p != ' ')
		++*p;
	if (**p)
		*(*p)++ = '\0';
	return word;
}

/* noxs-front: "vif ID MAC MTU ADDRESS/PREFIX GATEWAY" a line, and other devices. */
static void configure_all(long fd, char *devices)
{
	char *line, *mac, *address;

	while ((line = text_line(&devices))) {
		if (!text_is(next_word(&line), "vif"))
			continue;
		(void)next_word(&line);
		mac = next_word(&line);
		(void)next_word(&line); /* xen-netfront has it from the back-end */
		address = next_word(&line);
		configure(fd, mac, address, next_word(&line));
	}
}

static void set_name(const char *cmdline)
{
	char name[256], *line = name;
	long rc;

	if (!text_option(cmdline, "tinyx.name", name, sizeof(name)) &&
	    file_read(PARAMETERS "name", name, sizeof(name)) <= 0)
		return;
	line = text_line(&line);
	rc = line ? SYS2(sethostname, line, text_len(line)) : 0;
	if (rc)
		say_error("cannot set the name", line, rc);
}

void net_configure(const char *cmdline)
{
	char address[64], gateway[64];
	static char devices[4096];
	long fd, rc;

	set_name(cmdline);
	fd = SYS3(socket, AF_INET, 2 /* SOCK_DGRAM */, 0);
	if (fd < 0)
		return; /* a kernel without IPv4 */
	rc = up(fd, "lo", NULL, 0);
	if (rc)
		say_error("cannot set up", "lo", rc);
	if (text_option(cmdline, "tinyx.address", address, sizeof(address)))
		configure(fd, "", address,
			  text_option(cmdline, "tinyx.gateway", gateway, sizeof(gateway)) ?
				  gateway :
				  NULL);
	else if (file_read(PARAMETERS "devices", devices, sizeof(devices)) > 0)
		configure_all(fd, devices);
	(void)SYS1(close, fd);
}
