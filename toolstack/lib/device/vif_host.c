// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Addresses that this host has itself: a guest beside it on the same link must not answer for it.  The
 * question costs one system call, however many interfaces there are.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/internal.h"

/* A socket to ask by, which the process keeps; -1 if there is none to be had. */
static int socket_get(void)
{
	static _Atomic int kept; /* its descriptor and 1, 0 = none yet */
	int fd = atomic_load(&kept) - 1, none = 0;

	if (fd >= 0)
		return fd;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || atomic_compare_exchange_strong(&kept, &none, fd + 1))
		return fd;
	close(fd); /* another thread was quicker */
	return none - 1;
}

/*
 * Has the vif's link its address?  Linux (devinet_ioctl()) looks for the one that is asked with, and
 * answers with the first there is otherwise.  If nobody can tell it has not.
 */
static bool has_address(const struct chaos_vif *vif)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { .s_addr = vif->ipv4 } };
	struct ifreq req = { 0 };
	int fd = socket_get();

	_Static_assert(sizeof(req.ifr_name) == sizeof(vif->bridge), "IFNAMSIZ");
	memcpy(req.ifr_name, vif->bridge, sizeof(req.ifr_name));
	memcpy(&req.ifr_addr, &in, sizeof(in));
	if (fd < 0 || ioctl(fd, SIOCGIFADDR, &req))
		return false;
	memcpy(&in, &req.ifr_addr, sizeof(in));
	return in.sin_addr.s_addr == vif->ipv4;
}

int chaos_vif_check_host(const struct chaos_vif *vifs, unsigned int nr, struct chaos_error *err)
{
	char text[INET_ADDRSTRLEN];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!vifs[i].ipv4 || !vifs[i].bridge[0] || !has_address(&vifs[i]))
			continue;
		return chaos_error_set(
			err, CHAOS_CONFIG, EADDRINUSE,
			"vif %u: ip=%s is this host's own address on %s: choose another",
			vifs[i].id, inet_ntop(AF_INET, &vifs[i].ipv4, text, sizeof(text)),
			vifs[i].bridge);
	}
	return 0;
}
