/* SPDX-License-Identifier: MIT */
/*
 * The network: lwIP (raw API, lwip/tcp.h, lwip/udp.h) on the domain's first vif.
 */
#ifndef MINIOS_NET_H
#define MINIOS_NET_H

/*
 * Start the network, with the address in the device page or else through DHCP.  ready is called once
 * when there is an address: before this returns, if it is in the device page.
 * -ENODEV the domain has no vif; other errors as they come.
 */
int net_start(void (*ready)(void));

#endif /* MINIOS_NET_H */
