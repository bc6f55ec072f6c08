// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Addresses that this host has itself: a guest beside it on the same link must not answer for it.  The
 * question costs three system calls, however many interfaces there are.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

/* Could a service of this host be at the address?  With net.ipv4.ip_nonlocal_bind it always could. */
static bool is_local(uint32_t address)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr = { .s_addr = address },
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	yes = !bind(fd, (const struct sockaddr *)&to, sizeof(to));
	close(fd);
	return yes;
}

/* Has this interface the address?  If nobody can tell it has not. */
static bool has_address(const char *ifname, uint32_t address)
{
	struct ifaddrs *list, *i;
	const struct sockaddr_in *in;
	bool yes = false;

	if (getifaddrs(&list))
		return false;
	for (i = list; i && !yes; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
		    strcmp(i->ifa_name, ifname) != 0)
			continue;
		in = (const struct sockaddr_in *)i->ifa_addr;
		yes = in->sin_addr.s_addr == address;
	}
	freeifaddrs(list);
	return yes;
}

int chaos_vif_check_host(const struct chaos_vif *vifs, unsigned int nr, struct chaos_error *err)
{
	char text[INET_ADDRSTRLEN];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!vifs[i].ipv4 || !vifs[i].bridge[0] || !is_local(vifs[i].ipv4) ||
		    !has_address(vifs[i].bridge, vifs[i].ipv4))
			continue;
		return chaos_error_set(
			err, CHAOS_CONFIG, EADDRINUSE,
			"vif %u: ip=%s is this host's own address on %s: choose another",
			vifs[i].id, inet_ntop(AF_INET, &vifs[i].ipv4, text, sizeof(text)),
			vifs[i].bridge);
	}
	return 0;
}
