// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What a vif needs of this host: that the interface it hangs on is one of the kind; and that its address
 * is none that the host has itself there, as a guest beside it must not answer for it.  The latter
 * question costs one system call, however many interfaces there are.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
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

/* As Linux calls them: the driver of an interface that is no device's is the kind of its link. */
static const char *link_type(const struct chaos_vif *vif)
{
	return vif->on_switch ? "noxs" : "bridge";
}

int chaos_vif_no_link(const struct chaos_vif *vif, struct chaos_error *err)
{
	const char *kind = chaos_vif_link_kind(vif);

	if (if_nametoindex(vif->bridge))
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, ENODEV,
			"vif %u: \"%s\" is no %s: correct '%s=' (see 'ip link show type %s')",
			vif->id, vif->bridge, kind, kind, link_type(vif));
	return chaos_error_set(
		err, CHAOS_ENVIRONMENT, ENODEV,
		"vif %u: no %s \"%s\": make it (ip link add %s type %s && ip link set %s up) or correct '%s='",
		vif->id, kind, vif->bridge, vif->bridge, link_type(vif), vif->bridge, kind);
}

int chaos_vif_check_link(const struct chaos_vif *vif, struct chaos_error *err)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq req = { .ifr_data = (void *)&info };
	int fd = socket_get();

	if (!vif->bridge[0])
		return 0;
	memcpy(req.ifr_name, vif->bridge, sizeof(req.ifr_name));
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &req) || strcmp(info.driver, link_type(vif)) != 0)
		return chaos_vif_no_link(vif, err);
	return 0;
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
