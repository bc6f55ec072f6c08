/* SPDX-License-Identifier: MIT */
/*
 * The network: lwIP (raw API, lwip/tcp.h, lwip/udp.h) on the domain's first vif.
 *
 * A receive callback takes the data: it returns ERR_OK or ERR_ABRT, because lwIP uses a connection
 * after it is freed if data that were refused before close it.  Of data that come with an
 * acknowledgement it hears first, and of the acknowledgement then.  Connections that hold too much, or
 * do not move, may end at any time by their error callback (drivers/net_limit.c).
 */
#ifndef MINIOS_NET_H
#define MINIOS_NET_H

/*
 * Start the network, with the address in the device page or else through DHCP.  ready is called once
 * when there is an address: before this returns, if it is in the device page.  When the vif is removed,
 * the next one that is there or is added takes its place, with its own address.
 * -ENODEV the domain has no vif: it is waited for, and the toolstack may be told so; other errors as
 * they come.
 */
int net_start(void (*ready)(void));

#endif /* MINIOS_NET_H */
