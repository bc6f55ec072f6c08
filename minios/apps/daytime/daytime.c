/* SPDX-License-Identifier: MIT */
/*
 * The time of day on TCP port 13 (RFC 867), and UDP echo on port 7 (RFC 862).  Answers ping.
 */
#include <errno.h>
#include <stdio.h>
#include <minios/app.h>
#include <minios/date.h>
#include <minios/net.h>
#include <minios/time.h>
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

#define PORT_ECHO    7
#define PORT_DAYTIME 13

/* Send the line and close; the client has nothing to say. */
static err_t daytime_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	char line[DATE_LINE_MAX];
	size_t len;

	(void)arg;
	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	len = date_format(line, time_unix());
	err = tcp_write(pcb, line, (u16_t)len, TCP_WRITE_FLAG_COPY);
	if (err == ERR_OK)
		err = tcp_close(pcb);
	if (err != ERR_OK) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	return ERR_OK;
}

/*
 * One datagram to all must not make all of them answer, nor one to us make an answer to all; and two echo
 * servers would never stop talking to each other.
 */
static bool may_echo(const ip_addr_t *from, uint16_t port)
{
	const struct netif *netif = ip_current_netif();

	return port && port != PORT_ECHO &&
	       ip_addr_cmp(ip_current_dest_addr(), netif_ip_addr4(netif)) &&
	       !ip_addr_ismulticast(from) && !ip_addr_isbroadcast(from, netif) &&
	       !ip_addr_cmp(from, netif_ip_addr4(netif));
}

static void echo_receive(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *addr,
			 u16_t port)
{
	(void)arg;
	if (may_echo(addr, port))
		(void)udp_sendto(pcb, p, addr, port); /* a datagram may get lost */
	pbuf_free(p);
}

static int serve(void)
{
	struct tcp_pcb *tcp = tcp_new();
	struct tcp_pcb *listener;
	struct udp_pcb *udp = udp_new();

	if (!tcp || !udp)
		return -ENOMEM;
	if (tcp_bind(tcp, IP4_ADDR_ANY, PORT_DAYTIME) != ERR_OK ||
	    udp_bind(udp, IP4_ADDR_ANY, PORT_ECHO) != ERR_OK)
		return -EADDRINUSE;
	listener = tcp_listen(tcp);
	if (!listener)
		return -ENOMEM;
	tcp_accept(listener, daytime_accept);
	udp_recv(udp, echo_receive, NULL);
	return 0;
}

static void address_known(void)
{
	int err = serve();

	if (err) {
		printf("daytime: cannot serve: %d\n", err);
		return;
	}
	printf("daytime: serving at %s\n", ip4addr_ntoa(netif_ip4_addr(netif_default)));
	minios_ready();
}

int app_main(const char *cmdline)
{
	int err;

	(void)cmdline;
	err = net_start(address_known);
	if (err == -ENODEV) {
		printf("daytime: waits for a network device\n");
		return 0;
	}
	return err;
}
