/* SPDX-License-Identifier: MIT */
/* lwIP as we build it: raw API, IPv4, in a few hundred KiB of memory. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include <stdint.h>

/* One thread, callbacks from the run loop; timers are ours (drivers/net_timers.c). */
#define NO_SYS			     1
#define SYS_LIGHTWEIGHT_PROT	     0
#define LWIP_TIMERS		     0
#define LWIP_NETCONN		     0
#define LWIP_SOCKET		     0

/* Memory from our heap, as needed: nothing is set aside at boot. */
#define MEM_LIBC_MALLOC		     1
#define MEMP_MEM_MALLOC		     1
#define MEM_ALIGNMENT		     8
#define PBUF_POOL_SIZE		     0

#define LWIP_IPV4		     1
#define LWIP_IPV6		     0
#define LWIP_ICMP		     1
#define LWIP_RAW		     0
#define LWIP_UDP		     1
#define LWIP_TCP		     1
#define LWIP_DHCP		     1
#define DHCP_DOES_ARP_CHECK	     0
#define LWIP_DHCP_DOES_ACD_CHECK     0 /* the same from lwIP 2.2 on */
#define LWIP_DNS		     0
#define LWIP_IGMP		     0
#define LWIP_AUTOIP		     0

#define LWIP_ARP		     1
#define ETHARP_TRUST_IP_MAC	     0
#define ARP_QUEUEING		     1
#define IP_REASSEMBLY		     1
#define IP_REASS_MAX_PBUFS	     64
#define IP_FRAG			     1

/* The most; with a peer the lesser of both MTUs decides. */
#define TCP_MSS			     8960
/* Set aside behind what is written, for more: as much as a usual segment has. */
#define TCP_OVERSIZE		     1460
#define TCP_WND			     23360
#define TCP_SND_BUF		     23360
#define TCP_SND_QUEUELEN	     64
#define TCP_LISTEN_BACKLOG	     1
#define TCP_QUEUE_OOSEQ		     1
#define TCP_OOSEQ_MAX_PBUFS	     32
/* drivers/net_limit.c's */
#define LWIP_TCP_PCB_NUM_EXT_ARGS    1

#define LWIP_NETIF_STATUS_CALLBACK   1
#define LWIP_NETIF_TX_SINGLE_PBUF    0
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_SINGLE_NETIF	     1
#define LWIP_STATS		     0

#include "lwip/arch.h"
struct ip4_addr;
uint32_t net_tcp_isn(const struct ip4_addr *local, uint16_t local_port,
		     const struct ip4_addr *remote, uint16_t remote_port);
#define LWIP_HOOK_TCP_ISN net_tcp_isn
struct pbuf;
int net_ip4_input(struct pbuf *packet);
#define LWIP_HOOK_IP4_INPUT(packet, netif) net_ip4_input(packet)
struct tcp_pcb;
struct tcp_hdr;
int net_tcp_segment(struct tcp_pcb *pcb, struct tcp_hdr *hdr, uint16_t optlen, uint16_t opt1len,
		    uint8_t *opt2, const struct pbuf *data);
#define LWIP_HOOK_TCP_INPACKET_PCB net_tcp_segment

#endif /* LWIPOPTS_H */
