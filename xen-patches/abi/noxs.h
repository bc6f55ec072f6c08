/* SPDX-License-Identifier: MIT */
/*
 * noxs.h - device discovery and control without XenStore.
 *
 * This is the one copy of the ABI shared by the hypervisor, the Dom0 module, the toolstack and
 * guests.  The patch that adds xen/include/public/noxs.h is generated from it.
 *
 * Policy
 *  - Fixed-width types only; no pointers and no guest handles inside structures (handles are
 *    hypercall arguments), so one native entry point serves every caller.
 *  - Every field named pad*, and every flag bit without a name, must be zero on input (-EINVAL)
 *    and is zero on output.
 *  - Structures never change size or meaning within one NOXS_ABI_MAJOR.  New sub-operations, flag
 *    bits and device classes raise NOXS_ABI_MINOR; features, which the two ends of a device offer
 *    and choose, do not: who does not know one neither offers nor chooses it.
 *  - A guest may read the device page and must write nothing but its own control pages.  It treats
 *    every number found in either as data to be checked.
 *  - The magic number, the version and seq of the device page, NOXS_OP_version, and NOXS_OP_read
 *    from 2 on, are what they are in every major: whoever was built for another one finds that out,
 *    and touches nothing else.
 *  - All integers are little-endian (the only byte order of the supported architectures), except
 *    the IPv4 and IPv6 addresses, which are in network byte order.
 *
 * docs/abi.md describes the states, the connection of rings, and every errno.
 */
#ifndef __XEN_PUBLIC_NOXS_H__
#define __XEN_PUBLIC_NOXS_H__

#if !defined(__XEN__) && !defined(__KERNEL__)
#include <stdint.h>
#endif

#define NOXS_ABI_MAJOR          2U
#define NOXS_ABI_MINOR          0U
/* What NOXS_OP_version returns. */
#define NOXS_ABI_VERSION        ((NOXS_ABI_MAJOR << 16) | NOXS_ABI_MINOR)

/* Hypercall number: clear of upstream's next ones and of the architecture's 48-55. */
#ifndef __HYPERVISOR_noxs_op
#define __HYPERVISOR_noxs_op    60
#endif

/*
 * Global VIRQ raised when NOXS_OP_next_event has news: in the hardware domain, or the one that
 * XEN_DOMCTL_set_virq_handler names.
 */
#ifndef VIRQ_NOXS
#define VIRQ_NOXS               14
#endif

#define NOXS_PAGE_SIZE          4096U
#define NOXS_NAME_LEN           64U     /* bytes, terminating NUL included */
#define NOXS_UUID_LEN           16U

/*
 * Device classes.  A device is named by (class, id) within its domain.
 */
#define NOXS_CLASS_NONE         0U      /* an empty slot: skip it */
#define NOXS_CLASS_SYSCTL       1U      /* power control; id is always 0 */
#define NOXS_CLASS_VIF          2U      /* network interface, public/io/netif.h rings */
#define NOXS_CLASS_VBD          3U      /* block device, public/io/blkif.h rings */
#define NOXS_CLASS_CONSOLE      4U      /* reserved; the console is in start_info today */
#define NOXS_CLASS_FS           5U      /* reserved: file system, public/io/9pfs.h rings */
#define NOXS_CLASS_CHANNEL      6U      /* reserved: memory and a port shared with another guest */
#define NOXS_CLASS_MAX          6U

/* ------------------------------------------------------------------------------------------
 * The device page: one per domain, written by Xen only, and read by the guest: with NOXS_OP_read,
 * or where it is mapped (NOXS_OP_map), which spares the hypercall.
 *
 * It is the first of hdr.nr_pages pages.  In 2.0 there is one.  Later minors put what does not fit
 * into a slot behind it, where noxs_dev.ext says.  A guest that does not know of it ignores it.
 *
 * Reader of the mapped page: read seq, read barrier, copy what is wanted, read barrier, read seq
 * again.  If it was odd or moved, let others run and begin again, for NOXS_SEQ_WAIT_MS at most, then
 * ask with NOXS_OP_read.  Xen writes for a microsecond at most, but its processor may be taken away
 * meanwhile by firmware or by a hypervisor below it, so the bound is one in time.
 * ------------------------------------------------------------------------------------------ */

#define NOXS_DEV_PAGE_MAGIC     0x53584f4eU     /* "NOXS" */
#define NOXS_MAX_DEVS           30U
#define NOXS_SEQ_WAIT_MS        200U

/* noxs_dev_header.flags and noxs_set_info.state: what the toolstack has made of the domain. */
#define NOXS_DOM_BUILDING       0U      /* being created, or left so by a dead toolstack */
#define NOXS_DOM_SHELL          1U      /* prepared, waiting in a pool */
#define NOXS_DOM_COMPLETE       2U      /* created; may run */
#define NOXS_DOM_STATE_MAX      2U

/*
 * noxs_dev_header.origin: where the guest's memory is from.  A guest can rely on it before its first
 * instruction: a child looks here to learn that it is one.
 */
#define NOXS_ORIGIN_BOOT        0U      /* an image */
#define NOXS_ORIGIN_RESTORED    1U      /* a file or another host */
#define NOXS_ORIGIN_CLONED      2U      /* a running domain, parent */
#define NOXS_ORIGIN_MAX         2U

struct noxs_dev_header {
    uint32_t magic;                     /* NOXS_DEV_PAGE_MAGIC */
    uint32_t version;                   /* NOXS_ABI_VERSION of the hypervisor */
    uint32_t seq;                       /* odd while being written */
    uint16_t nr_slots;                  /* scan slots [0, nr_slots); it never shrinks */
    uint16_t nr_devs;                   /* slots in use, for information */
    uint16_t domid;                     /* the guest's own domid */
    uint16_t parent;                    /* domid this one was cloned from, NOXS_DOMID_NONE if none */
    uint32_t family;                    /* members of a family may share memory; 0 = none */
    uint32_t state;                     /* NOXS_DOM_* */
    uint16_t nr_pages;                  /* of the device page and what is behind it */
    uint16_t pad0;
    uint8_t  uuid[NOXS_UUID_LEN];
    uint8_t  gen_id[NOXS_UUID_LEN];     /* changes at every clone and restore: reseed then */
    char     name[NOXS_NAME_LEN];       /* NUL-terminated and NUL-padded; "" when not set yet */
    uint64_t serial;                    /* the guest's own, see struct noxs_dominfo */
    uint64_t parent_serial;             /* parent's, 0 if none: its domid may be another's by now */
    uint32_t origin;                    /* NOXS_ORIGIN_* */
    uint8_t  pad1[108];
};

#define NOXS_DOMID_NONE         0xffffU

/* Class configuration: what the guest must know but must not change. */

struct noxs_vif_config {
    uint8_t  mac[6];
    uint16_t mtu;                       /* bytes of IP packet */
    uint32_t ipv4;                      /* network byte order; 0 = none given, use DHCP */
    uint32_t gateway;                   /* network byte order; 0 = none */
    uint8_t  ipv6[16];                  /* all zero = none given */
    uint8_t  gateway6[16];              /* all zero = none */
    uint8_t  prefix;                    /* of ipv4, 0-32 */
    uint8_t  prefix6;                   /* of ipv6, 0-128; 0 without one */
    uint8_t  pad0[22];
};

#define NOXS_VBD_READ_ONLY      (1U << 0)
#define NOXS_VBD_FLUSH          (1U << 1)
#define NOXS_VBD_DISCARD        (1U << 2)
#define NOXS_VBD_FLAGS_ALL      0x7U

struct noxs_vbd_config {
    uint64_t sectors;                   /* capacity in units of sector_size */
    uint32_t sector_size;               /* bytes */
    uint32_t flags;                     /* NOXS_VBD_* */
    uint8_t  pad0[56];
};

union noxs_config {
    struct noxs_vif_config vif;
    struct noxs_vbd_config vbd;
    uint8_t  raw[72];
};

/* noxs_dev.flags */
#define NOXS_DEV_PRECONNECTED   (1U << 0)       /* rings and data ports are valid from the start */
#define NOXS_DEV_SPLIT_EVTCHN   (1U << 1)       /* data_port[1] differs from data_port[0] */
#define NOXS_DEV_FLAGS_ALL      0x3U

/*
 * One device.  Guest frame numbers are what the guest itself uses (PV: PFNs); Xen does not vouch
 * for them.  The nr_rings rings of a pre-connected device, each of 1 << ring_order pages, lie one
 * behind the other from ring_gfn (vif: for each queue transmit, then receive).  data_port has the
 * ports of the first queue; those of others are among what ext names.
 */
struct noxs_dev {
    uint16_t cls;                       /* NOXS_CLASS_*; NONE = hole, everything else zero */
    uint16_t id;                        /* device number within its class */
    uint16_t backend_domid;
    uint16_t ctrl_slot;                 /* slot in the control page, < NOXS_CTRL_SLOTS */
    uint32_t flags;                     /* NOXS_DEV_* */
    uint32_t ctrl_port;                 /* guest's port of the control channel */
    uint64_t ctrl_gfn;                  /* frame of the control page shared with backend_domid */
    uint64_t backend_serial;            /* back-end's, see struct noxs_dominfo; Xen fills it in */
    uint64_t ring_gfn;                  /* first ring frame, PRECONNECTED only, else 0 */
    uint32_t data_port[2];              /* guest's ports, PRECONNECTED only, else 0 */
    uint16_t nr_rings;                  /* PRECONNECTED only, else 0 */
    uint8_t  ring_order;                /* 0 in 2.0 */
    uint8_t  pad0;
    uint32_t ext;                       /* offset of more from the device page; 0 = none, in 2.0 */
    union noxs_config config;
};

struct noxs_dev_page {
    struct noxs_dev_header hdr;
    struct noxs_dev dev[NOXS_MAX_DEVS];
};

/* ------------------------------------------------------------------------------------------
 * The control page: one per (guest, back-end domain) pair, in the guest's memory, granted to the
 * back-end.  Each 64-byte half is written by one side only.
 *
 * Publish:  wait until peer.ack == own seq; write the fields; write barrier; seq++; notify.
 * Consume:  read peer.seq; if it equals the private last-seen copy, nothing is new; read barrier;
 *           copy the half ONCE; check the copy; act; answer in the own half with ack = that seq.
 * ack may be updated at any time with a barrier before it: it needs no seq++ of its own, but the
 * peer is notified.  A half that changes under the reader is the writer's loss: whatever was
 * copied is checked as it stands.
 * ------------------------------------------------------------------------------------------ */

#define NOXS_CTRL_PAGE_MAGIC    0x43584f4eU     /* "NOXC" */
#define NOXS_CTRL_SLOTS         30U     /* a device has one, so there are as many as NOXS_MAX_DEVS */

struct noxs_ctrl_front_header {
    uint32_t magic;                     /* NOXS_CTRL_PAGE_MAGIC once the guest has looked */
    uint32_t version;                   /* NOXS_ABI_VERSION the guest was built for */
    uint8_t  pad0[56];
};

struct noxs_ctrl_back_header {
    uint32_t magic;                     /* NOXS_CTRL_PAGE_MAGIC once the back-end is attached */
    uint32_t version;                   /* NOXS_ABI_VERSION the back-end was built for */
    uint16_t domid;                     /* back-end's domid */
    uint16_t nr_slots;                  /* slots that may be in use */
    uint8_t  pad0[52];
};

/*
 * Device states, the same words for both halves:
 *
 *   front:  CLOSED --(publish parameters)--> OPEN --(stop using rings)--> CLOSED
 *   back:   CLOSED --(front OPEN, checked)--> OPEN --(front CLOSED)--> CLOSED
 *             any  --(protocol violation)--> FAILED   final until the device is removed
 *             any  --(device removed)------> GONE     final; the slot may be reused afterwards
 */
#define NOXS_STATE_CLOSED       0U
#define NOXS_STATE_OPEN         1U
#define NOXS_STATE_FAILED       2U      /* back-end only */
#define NOXS_STATE_GONE         3U      /* back-end only */

/* Features of a vif, offered by the back-end and chosen from (a subset) by the front-end. */
#define NOXS_VIF_F_SG           (1U << 0)       /* chains of more than one slot */
#define NOXS_VIF_F_GSO_TCPV4    (1U << 1)       /* needs SG and CSUM */
#define NOXS_VIF_F_CSUM_IPV4    (1U << 2)       /* may send/take packets with a blank checksum */
#define NOXS_VIF_F_SPLIT_EVTCHN (1U << 3)       /* separate ports for transmit and receive */
#define NOXS_VIF_F_MCAST_CTRL   (1U << 4)       /* XEN_NETIF_EXTRA_TYPE_MCAST_* requests */
#define NOXS_VIF_F_RX_NOTIFY    (1U << 5)       /* front-end wants receive events from the start */
#define NOXS_VIF_F_CSUM_IPV6    (1U << 6)       /* as CSUM_IPV4 */
#define NOXS_VIF_F_GSO_TCPV6    (1U << 7)       /* needs SG and CSUM_IPV6 */
#define NOXS_VIF_F_ALL          0xffU

/*
 * One queue with rings of one page: the first four fields, and 0 in the last three.  Otherwise, as
 * far as the back-end offers it, the first four are 0, and queues_gref grants a page, read-only, of
 * nr_queues struct noxs_vif_queue, which the back-end copies once.
 */
struct noxs_vif_front {
    uint32_t tx_gref;                   /* grant of the one-page transmit ring */
    uint32_t rx_gref;                   /* grant of the one-page receive ring */
    uint32_t tx_port;                   /* unbound port allocated for the back-end */
    uint32_t rx_port;                   /* the same as tx_port without SPLIT_EVTCHN */
    uint32_t features;                  /* NOXS_VIF_F_* chosen */
    uint32_t queues_gref;
    uint16_t nr_queues;                 /* up to max_queues */
    uint8_t  ring_order;                /* up to max_ring_order */
    uint8_t  pad0[21];
};

#define NOXS_VIF_MAX_QUEUES     8U
#define NOXS_MAX_RING_ORDER     3U

struct noxs_vif_queue {
    uint32_t tx_gref[8];                /* the first 1 << ring_order are valid */
    uint32_t rx_gref[8];
    uint32_t tx_port;
    uint32_t rx_port;
    uint8_t  pad0[56];
};

struct noxs_vif_back {
    uint32_t features;                  /* NOXS_VIF_F_* offered */
    uint32_t link;                      /* 1 = carrier */
    uint16_t max_queues;                /* 0 and 1: only the one */
    uint8_t  max_ring_order;
    uint8_t  pad0[37];
};

/* Features of a vbd, offered by the back-end and chosen from (a subset) by the front-end. */
#define NOXS_VBD_F_PERSISTENT   (1U << 0)       /* grants stay, and may stay mapped */
#define NOXS_VBD_F_ALL          0x1U

struct noxs_vbd_front {
    uint32_t ring_gref[8];              /* first nr_rings are valid */
    uint32_t nr_rings;
    uint32_t port;
    uint32_t features;                  /* NOXS_VBD_F_* chosen */
    uint8_t  ring_order;                /* up to max_ring_order; not 0: each ring_gref grants, */
    uint8_t  pad0[3];                   /* read-only, a page of the grants of that ring's pages */
};

struct noxs_vbd_back {
    uint32_t features;                  /* NOXS_VBD_F_* offered */
    uint32_t max_rings;
    uint32_t max_indirect;
    uint8_t  max_ring_order;
    uint8_t  pad0[3];
    uint64_t sectors;                   /* for online resize; the device page is authoritative */
    uint8_t  pad1[24];
};

/* sysctl, guest to control domain: what happened (the guest's half has state OPEN from READY on). */
#define NOXS_SYSCTL_EV_NONE     0U
#define NOXS_SYSCTL_EV_READY    1U      /* the application serves */
#define NOXS_SYSCTL_EV_REFUSED  2U      /* request req_id will not be done; code is a positive errno */
                                        /* that tells why, or 0: it is not known here */
#define NOXS_SYSCTL_EV_DONE     3U      /* request req_id was done (page change, resumed) */
#define NOXS_SYSCTL_EV_CRASHING 4U      /* code tells why; SCHEDOP_shutdown(crash) follows */
#define NOXS_SYSCTL_EV_EXIT     5U      /* code, 0 to 255, is what the application ended with: when */
                                        /* this is acknowledged SCHEDOP_shutdown(poweroff) follows */

struct noxs_sysctl_front {
    uint32_t event;                     /* NOXS_SYSCTL_EV_* */
    uint32_t code;                      /* event's argument, 0 if it has none */
    uint32_t req_id;                    /* request answered, 0 if none */
    uint32_t pad0;
    uint64_t start_ns;                  /* Xen system time at the first instruction of C code */
    uint64_t event_ns;                  /* Xen system time of this event */
    uint8_t  pad1[16];
};

/* sysctl, control domain to guest: what is asked of it. */
#define NOXS_SYSCTL_REQ_NONE    0U
#define NOXS_SYSCTL_REQ_POWEROFF 1U
#define NOXS_SYSCTL_REQ_REBOOT  2U
#define NOXS_SYSCTL_REQ_SUSPEND 3U
#define NOXS_SYSCTL_REQ_CRASH   4U      /* dump if you can, then SHUTDOWN_crash */
#define NOXS_SYSCTL_REQ_REPAGE  5U      /* the device page has changed: scan it again */
#define NOXS_SYSCTL_REQ_RELEASE 6U      /* the device cls, id is about to go: close it, or refuse */
#define NOXS_SYSCTL_REQ_MAX     6U

struct noxs_sysctl_back {
    uint32_t request;                   /* NOXS_SYSCTL_REQ_* */
    uint32_t req_id;                    /* counts up from 1; echoed in the answer */
    uint16_t cls;                       /* of RELEASE, else 0 */
    uint16_t id;
    uint8_t  pad0[36];
};

struct noxs_ctrl_front {
    uint32_t seq;                       /* counts publications */
    uint32_t ack;                       /* last noxs_ctrl_back.seq consumed */
    uint32_t state;                     /* CLOSED or OPEN */
    uint32_t pad0;
    union {
        struct noxs_sysctl_front sysctl;
        struct noxs_vif_front vif;
        struct noxs_vbd_front vbd;
        uint8_t raw[48];
    } u;
};

struct noxs_ctrl_back {
    uint32_t seq;
    uint32_t ack;                       /* last noxs_ctrl_front.seq consumed */
    uint32_t state;                     /* NOXS_STATE_* */
    uint32_t error;                     /* positive errno when FAILED, else 0 */
    union {
        struct noxs_sysctl_back sysctl;
        struct noxs_vif_back vif;
        struct noxs_vbd_back vbd;
        uint8_t raw[48];
    } u;
};

struct noxs_ctrl_slot {
    struct noxs_ctrl_front front;
    struct noxs_ctrl_back back;
};

struct noxs_ctrl_page {
    struct noxs_ctrl_front_header front;
    struct noxs_ctrl_back_header back;
    struct noxs_ctrl_slot slot[NOXS_CTRL_SLOTS];
    uint8_t pad0[128];
};

/* ------------------------------------------------------------------------------------------
 * The hypercall:
 *
 *   long HYPERVISOR_noxs_op(unsigned int op, XEN_GUEST_HANDLE(void) arg,
 *                           XEN_GUEST_HANDLE(void) buf, unsigned int count);
 *
 * "Privileged" below means the control domain (XSM_PRIV); "a back-end" a domain that NOXS_OP_dev_add
 * has named as one, in what concerns its own devices: others' are not there for it.  Anybody else:
 * -EPERM.  Where an operation takes a domid, it must be a live domain other than the caller: -EINVAL
 * for the caller's own and for reserved domids, -ESRCH for one that does not exist or is dying.  Any
 * bad handle: -EFAULT.  Any operation of a hypervisor without noxs: -ENOSYS; an unknown operation:
 * -EOPNOTSUPP.
 * ------------------------------------------------------------------------------------------ */

/* Anyone.  arg and buf are NULL and count is 0 (-EINVAL).  Returns NOXS_ABI_VERSION. */
#define NOXS_OP_version         0U

/*
 * Anyone, for itself.  arg: IN/OUT struct noxs_map; buf NULL; count 0.
 * PV: gfn is 0 on input; frame is the MFN to map read-only.  Translated guests: the page is added
 * to their physmap at gfn, read-only, and frame is 0.
 * -ENOENT no such page exists; -EINVAL flags or gfn; -EEXIST it is mapped already (translated);
 * -EOPNOTSUPP this kind of guest is not supported yet.
 */
#define NOXS_OP_map             1U

struct noxs_map {
    uint32_t flags;                     /* IN: 0 */
    uint32_t page;                      /* IN: below hdr.nr_pages */
    uint64_t gfn;                       /* IN */
    uint64_t frame;                     /* OUT */
};

/*
 * Privileged; with REPLACE also a back-end.  arg: IN struct noxs_dev_op; buf: IN array of count
 * struct noxs_dev, 1 to NOXS_MAX_DEVS.  Adds all of them or none, under one change of seq;
 * allocates the device page at first use, also if it fails then.  On success the slots' contents
 * are what was passed, but for backend_serial, which is 0 or right on input.
 * With REPLACE all of them are there already, and their slots get these contents; what names a
 * device, and its control channel (backend_domid and its serial, ctrl_slot, ctrl_port, ctrl_gfn),
 * stays.
 * -EINVAL class, id, padding, flags, configuration, count; REPLACE: another control channel;
 * -EEXIST (class, id) or (backend_domid, ctrl_slot) taken, with REPLACE only within the batch;
 * -ESRCH also a domain of another serial; -ENODEV no such back-end domain, or another one than
 * backend_serial says; -ENOENT REPLACE: one of them is not there; -ENOSPC no slot left; -ENOMEM.
 */
#define NOXS_OP_dev_add         2U

/* noxs_dev_op.flags of dev_add; those of dev_remove are 0 */
#define NOXS_DEV_REPLACE        (1U << 0)
#define NOXS_DEV_ADD_FLAGS_ALL  0x1U

struct noxs_dev_op {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t flags;                     /* IN */
    uint64_t frame;                     /* OUT of dev_add: MFN of the device page; not a back-end */
    uint64_t serial;                    /* IN: the domain's, see struct noxs_dominfo; 0 = any */
};

/*
 * Privileged or a back-end.  arg: IN struct noxs_dev_op; buf: IN array of count struct
 * noxs_dev_id, 1 to NOXS_MAX_DEVS.  Removes all of them or none.  Slots of others do not move.
 * -ENOENT one of them is not there (or is named twice); -ESRCH also a domain of another serial.
 */
#define NOXS_OP_dev_remove      3U

struct noxs_dev_id {
    uint16_t cls;
    uint16_t id;
    uint32_t pad0;
};

/*
 * Privileged.  arg: IN array of count struct noxs_set_info (one domain each, 1 to
 * NOXS_SET_INFO_MAX); buf NULL.  Each item is applied whole or not at all, in order.  Returns the
 * number applied if at least one was, otherwise the first one's error.  Allocates the device page
 * at first use, also if it fails then.
 * NAME: -EEXIST another domain bears it; -EINVAL no NUL, non-zero bytes behind it, or a byte below
 * 0x20, '/' or 0x7f in it.  The empty name takes the name away.  UUID is the domain's handle:
 * whoever may not set that (XEN_DOMCTL_setdomainhandle) may not set this, and either sets both.
 * FAMILY: -EINVAL its own parent; -ENODEV no live domain is parent with parent_serial.
 * ORIGIN: -EINVAL CLONED without a parent, from this call or before.
 */
#define NOXS_OP_set_info        4U

#define NOXS_SET_NAME           (1U << 0)
#define NOXS_SET_UUID           (1U << 1)
#define NOXS_SET_GEN_ID         (1U << 2)
#define NOXS_SET_STATE          (1U << 3)
#define NOXS_SET_FAMILY         (1U << 4)       /* family, parent and parent_serial */
#define NOXS_SET_ORIGIN         (1U << 5)
#define NOXS_SET_ALL            0x3fU
#define NOXS_SET_INFO_MAX       1024U

struct noxs_set_info {
    uint16_t domid;
    uint16_t parent;
    uint32_t what;                      /* NOXS_SET_*; fields not named there must be zero */
    uint32_t state;                     /* NOXS_DOM_* */
    uint32_t family;
    uint32_t origin;                    /* NOXS_ORIGIN_* */
    uint32_t pad0;
    uint64_t parent_serial;             /* 0 with parent NOXS_DOMID_NONE */
    uint8_t  uuid[NOXS_UUID_LEN];
    uint8_t  gen_id[NOXS_UUID_LEN];
    char     name[NOXS_NAME_LEN];
};

/*
 * Privileged or a back-end, which sees its own devices in their slots, domid and serial; seq is 0.
 * arg: IN/OUT struct noxs_get; buf: OUT one struct noxs_dev_page, or NULL for the frame and serial
 * alone; count 0.  Answered from Xen's private state.  Dying domains are answered as long as they
 * exist.
 * -ENOENT the domain has no device page; -ENOMEM.
 */
#define NOXS_OP_get             5U

struct noxs_get {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t flags;                     /* IN: 0 */
    uint64_t frame;                     /* OUT: MFN of the device page, 0 for a back-end */
    uint64_t serial;                    /* OUT: see struct noxs_dominfo */
};

/*
 * Privileged.  arg: IN/OUT struct noxs_list; buf: OUT array of count struct noxs_dominfo.  Walks
 * all domains in order of domid from `first`; returns the number written, which may be less than
 * count, and 0, before the end.  `next` is where to go on, NOXS_DOMID_NONE at the end.  Domains of
 * other toolstacks are listed too, without NOXS.
 */
#define NOXS_OP_list            6U

struct noxs_list {
    uint16_t first;                     /* IN */
    uint16_t next;                      /* OUT */
    uint32_t flags;                     /* IN: 0 */
};

/* noxs_dominfo.flags and noxs_event.flags: life-cycle, readable again at any time. */
#define NOXS_DOMF_NOXS          (1U << 0)       /* has a device page */
#define NOXS_DOMF_PAUSED        (1U << 1)       /* paused by the control domain */
#define NOXS_DOMF_SHUTDOWN      (1U << 2)       /* has shut down; see reason */
#define NOXS_DOMF_DYING         (1U << 3)       /* is being destroyed */
#define NOXS_DOMF_GONE          (1U << 4)       /* events only: no longer exists */
#define NOXS_DOMF_BLOCKED       (1U << 5)       /* list only: every vCPU sleeps */
#define NOXS_DOMF_RUNNING       (1U << 6)       /* list only: a vCPU is on a pCPU */
#define NOXS_DOMF_HVM           (1U << 7)       /* list only: a translated guest */

struct noxs_dominfo {
    uint16_t domid;
    uint16_t nr_devs;
    uint32_t flags;                     /* NOXS_DOMF_* */
    uint32_t state;                     /* NOXS_DOM_*, with NOXS_DOMF_NOXS */
    uint32_t reason;                    /* SHUTDOWN_*, with NOXS_DOMF_SHUTDOWN */
    uint64_t serial;                    /* unique per domain and boot: tells a reused domid */
    uint64_t cpu_time_ns;               /* over all vCPUs */
    uint64_t tot_pages;
    uint64_t max_pages;
    uint32_t nr_vcpus;                  /* online */
    uint32_t family;                    /* this and the next three: as in struct noxs_dev_header */
    uint16_t parent;
    uint16_t pad0;
    uint32_t origin;
    uint64_t parent_serial;
    uint8_t  uuid[NOXS_UUID_LEN];
    char     name[NOXS_NAME_LEN];
};

/*
 * Privileged, and for the domain alone that gets VIRQ_NOXS (-EACCES).  arg: OUT array of count
 * struct noxs_event (1 to NOXS_EVENTS_MAX); buf NULL.  Collects domains whose life-cycle changed
 * since they were last collected, and returns how many were written: fewer than count means that
 * there are no more.  A change always raises VIRQ_NOXS.
 * Nothing queues: several changes of one domain make one event with its state of now; the state of
 * a domain that still exists can be read again with NOXS_OP_list.
 * GONE comes when all of the domain's memory is back.  Its serial says which one: that one and all
 * domains before it with its domid are gone.  A successor's news come
 * as an event of their own.
 * -EFAULT the first cannot be written; if a later one cannot, those before it count as told.
 */
#define NOXS_OP_next_event      7U

#define NOXS_EVENTS_MAX         64U

struct noxs_event {
    uint16_t domid;
    uint16_t pad0;
    uint32_t flags;                     /* NOXS_DOMF_* */
    uint32_t reason;                    /* SHUTDOWN_*, with NOXS_DOMF_SHUTDOWN */
    uint32_t pad1;
    uint64_t serial;                    /* see struct noxs_dominfo */
};

/*
 * Anyone, for itself.  arg NULL; buf: OUT as many bytes of the device page as count says, or as
 * there are, from its beginning, as they are at one moment: seq is even.  Returns how many that is.
 * -ENOENT no device page exists; -EINVAL count is 0, or arg not NULL; -ENOMEM no memory for a copy.
 */
#define NOXS_OP_read            8U

#define NOXS_OP_MAX             8U

/* Layout, the same on every compiler. */
#if defined(__cplusplus) && __cplusplus >= 201103L
#define NOXS_ASSERT(name, cond) static_assert(cond, #name)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define NOXS_ASSERT(name, cond) _Static_assert(cond, #name)
#else
#define NOXS_ASSERT(name, cond) typedef char noxs_assert_##name[(cond) ? 1 : -1] NOXS_UNUSED
#ifdef __GNUC__
#define NOXS_UNUSED __attribute__((unused))
#else
#define NOXS_UNUSED
#endif
#endif

#define NOXS_OFFSETOF(type, field) __builtin_offsetof(type, field)

NOXS_ASSERT(dev_header, sizeof(struct noxs_dev_header) == 256);
NOXS_ASSERT(dev_header_seq, NOXS_OFFSETOF(struct noxs_dev_header, seq) == 8);
NOXS_ASSERT(dev_header_domid, NOXS_OFFSETOF(struct noxs_dev_header, domid) == 16);
NOXS_ASSERT(dev_header_state, NOXS_OFFSETOF(struct noxs_dev_header, state) == 24);
NOXS_ASSERT(dev_header_uuid, NOXS_OFFSETOF(struct noxs_dev_header, uuid) == 32);
NOXS_ASSERT(dev_header_gen_id, NOXS_OFFSETOF(struct noxs_dev_header, gen_id) == 48);
NOXS_ASSERT(dev_header_name, NOXS_OFFSETOF(struct noxs_dev_header, name) == 64);
NOXS_ASSERT(dev_header_serial, NOXS_OFFSETOF(struct noxs_dev_header, serial) == 128);
NOXS_ASSERT(vif_config, sizeof(struct noxs_vif_config) == 72);
NOXS_ASSERT(vif_config_ipv4, NOXS_OFFSETOF(struct noxs_vif_config, ipv4) == 8);
NOXS_ASSERT(vif_config_ipv6, NOXS_OFFSETOF(struct noxs_vif_config, ipv6) == 16);
NOXS_ASSERT(vif_config_prefix, NOXS_OFFSETOF(struct noxs_vif_config, prefix) == 48);
NOXS_ASSERT(vbd_config, sizeof(struct noxs_vbd_config) == 72);
NOXS_ASSERT(dev, sizeof(struct noxs_dev) == 128);
NOXS_ASSERT(dev_ctrl_gfn, NOXS_OFFSETOF(struct noxs_dev, ctrl_gfn) == 16);
NOXS_ASSERT(dev_data_port, NOXS_OFFSETOF(struct noxs_dev, data_port) == 40);
NOXS_ASSERT(dev_config, NOXS_OFFSETOF(struct noxs_dev, config) == 56);
NOXS_ASSERT(dev_page, sizeof(struct noxs_dev_page) == NOXS_PAGE_SIZE);
NOXS_ASSERT(vif_front, sizeof(struct noxs_vif_front) == 48);
NOXS_ASSERT(vif_back, sizeof(struct noxs_vif_back) == 48);
NOXS_ASSERT(vif_queue, sizeof(struct noxs_vif_queue) == 128);
NOXS_ASSERT(vbd_front, sizeof(struct noxs_vbd_front) == 48);
NOXS_ASSERT(vbd_back, sizeof(struct noxs_vbd_back) == 48);
NOXS_ASSERT(sysctl_front, sizeof(struct noxs_sysctl_front) == 48);
NOXS_ASSERT(sysctl_front_start, NOXS_OFFSETOF(struct noxs_sysctl_front, start_ns) == 16);
NOXS_ASSERT(sysctl_back, sizeof(struct noxs_sysctl_back) == 48);
NOXS_ASSERT(ctrl_front, sizeof(struct noxs_ctrl_front) == 64);
NOXS_ASSERT(ctrl_back, sizeof(struct noxs_ctrl_back) == 64);
NOXS_ASSERT(ctrl_front_u, NOXS_OFFSETOF(struct noxs_ctrl_front, u) == 16);
NOXS_ASSERT(ctrl_back_u, NOXS_OFFSETOF(struct noxs_ctrl_back, u) == 16);
NOXS_ASSERT(ctrl_slot, NOXS_OFFSETOF(struct noxs_ctrl_page, slot) == 128);
NOXS_ASSERT(ctrl_page, sizeof(struct noxs_ctrl_page) == NOXS_PAGE_SIZE);
NOXS_ASSERT(map, sizeof(struct noxs_map) == 24);
NOXS_ASSERT(dev_op, sizeof(struct noxs_dev_op) == 24);
NOXS_ASSERT(dev_id, sizeof(struct noxs_dev_id) == 8);
NOXS_ASSERT(set_info, sizeof(struct noxs_set_info) == 128);
NOXS_ASSERT(get, sizeof(struct noxs_get) == 24);
NOXS_ASSERT(list, sizeof(struct noxs_list) == 8);
NOXS_ASSERT(dominfo, sizeof(struct noxs_dominfo) == 152);
NOXS_ASSERT(dominfo_serial, NOXS_OFFSETOF(struct noxs_dominfo, serial) == 16);
NOXS_ASSERT(dominfo_uuid, NOXS_OFFSETOF(struct noxs_dominfo, uuid) == 72);
NOXS_ASSERT(event, sizeof(struct noxs_event) == 24);
NOXS_ASSERT(event_serial, NOXS_OFFSETOF(struct noxs_event, serial) == 16);

#endif /* __XEN_PUBLIC_NOXS_H__ */
