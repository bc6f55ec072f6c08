/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * noxs_ioctl.h - /dev/xen/noxs, the control device of the noxs module.
 *
 * The device is 0600, and CAP_SYS_ADMIN is asked for at open and at every ioctl: it equals full
 * control of domains.  Structures are the same for 32- and 64-bit callers.  Fields named pad* and
 * unknown flags must be zero (-EINVAL).
 *
 * Errors of every ioctl: -EPERM no CAP_SYS_ADMIN; -EFAULT bad pointer; -EINVAL malformed argument,
 * reserved or own domid; -ENOTTY unknown ioctl; -ESRCH no such domain, or dying; -EINTR the caller
 * was killed.  REMOVE, QUIESCE and DESTROY wait for what a domain's disks have begun; what REMOVE and
 * DESTROY have begun goes on without a caller that was killed.  No other ioctl waits for a disk.
 */
#ifndef NOXS_IOCTL_H
#define NOXS_IOCTL_H

#ifdef __KERNEL__
#include <linux/types.h>
#endif
#include <linux/ioctl.h>
#include "noxs.h"

#define NOXS_DEVICE             "/dev/xen/noxs"
#define NOXS_IFNAME_LEN         16      /* IFNAMSIZ */

/* ---- version: what this module is; works on any Xen, so that chaos doctor can tell. ---- */

struct noxs_ioc_version {
    uint32_t uapi;                      /* OUT: NOXS_UAPI_VERSION */
    uint32_t module_abi;                /* OUT: NOXS_ABI_VERSION the module was built for */
    uint32_t xen_abi;                   /* OUT: what the hypervisor answers, 0 if it has no noxs */
    uint32_t flags;                     /* OUT: NOXS_MODULE_*; 0 from modules older than those */
};
#define NOXS_MODULE_ENDS        (1U << 0)       /* it keeps NOXS_END_*, and has SUBSCRIBE_ENDS */
#define NOXS_MODULE_HAS_ENDS    (1U << 1)       /* an attached domain has one other than KEEP */
#define NOXS_MODULE_IS_WATCHED  (1U << 2)       /* somebody has subscribed with SUBSCRIBE_ENDS */
#define NOXS_MODULE_LOG         (1U << 3)       /* it keeps NOXS_KEEP_LOG */
#define NOXS_MODULE_RATE        (1U << 4)       /* it knows noxs_ioc_vif.rate_* */
#define NOXS_MODULE_NOTE        (1U << 5)       /* it has SET_NOTE and GET_NOTE */
#define NOXS_MODULE_EXIT        (1U << 6)       /* it tells what a guest's application ended with */
#define NOXS_UAPI_VERSION       2U

/* ---- create: attach back-ends to a domain. ---- */

/* noxs_ioc_dev.flags */
#define NOXS_VIF_BRIDGE         (1U << 0)       /* enslave vifD.I to the bridge `link` */
#define NOXS_VIF_SWITCH         (1U << 1)       /* a port of the module's switch `link` */
#define NOXS_DEV_PRECONNECT     (1U << 2)       /* rings below are valid; connect them now */
#define NOXS_VIF_DEFERRED       (1U << 3)       /* addresses come with NOXS_IOC_CONFIGURE */
#define NOXS_VBD_NO_DISCARD     (1U << 4)       /* offer no DISCARD, whatever the file can do */
#define NOXS_IOC_DEV_FLAGS_ALL  0x1fU

/*
 * A vif's configuration as the ioctls have it: that of the device page, in whose padding lies what
 * its back-end alone is to know.  A guest transmits rate_bytes each rate_usecs at most: how much that
 * is, and what a long packet costs, says docs/abi.md.  Both 0: as much as it can.  A module without
 * NOXS_MODULE_RATE answers -EINVAL to others.
 */
struct noxs_ioc_vif {
    uint8_t  page[50];                  /* as struct noxs_vif_config */
    uint8_t  pad0[6];
    uint64_t rate_bytes;                /* 1 to NOXS_RATE_MAX_BYTES */
    uint32_t rate_usecs;                /* NOXS_RATE_MIN_USECS to NOXS_RATE_MAX_USECS */
    uint32_t pad1;
};
#define NOXS_RATE_MAX_BYTES     (1ULL << 40)
#define NOXS_RATE_MIN_USECS     1000U           /* a timer of Dom0's each, at most */
#define NOXS_RATE_MAX_USECS     10000000U

/*
 * A device to attach.  PRECONNECT: ring_gfn.. describe rings that lie in the guest's memory, whose
 * grants are seeded and whose ports are allocated (unbound, for this domain).  DEFERRED: a shell's
 * vif, whose config is zero but for the MTU; it is made and linked now, with PRECONNECT its rings
 * too, but is not in the device page and passes no packet before it has been configured.
 */
struct noxs_ioc_dev {
    uint16_t cls;                       /* IN: NOXS_CLASS_SYSCTL, VIF, VBD */
    uint16_t id;                        /* IN */
    uint32_t flags;                     /* IN */
    union {
        union noxs_config config;       /* IN: goes to the device page as it stands; of a vbd */
                                        /*     READ_ONLY or nothing, the rest is found out */
        struct noxs_ioc_vif vif;        /* IN: a vif's, with its rate, which does not go there */
    };
    char     link[NOXS_IFNAME_LEN];     /* IN: bridge or switch, "" for neither */
    uint64_t ring_gfn;                  /* IN: PRECONNECT */
    uint32_t ring_gref[2];              /* IN: PRECONNECT */
    uint32_t data_port[2];              /* IN: PRECONNECT, guest's ports */
    uint32_t nr_rings;                  /* IN: PRECONNECT */
    int32_t  fd;                        /* IN: vbd backing file, -1 otherwise */
};

/* noxs_ioc_create.flags */
#define NOXS_CREATE_SET_INFO    (1U << 0)       /* apply `info` in the same call */
#define NOXS_CREATE_FLAGS_ALL   (NOXS_CREATE_SET_INFO | NOXS_END_ALL | NOXS_KEEP_LOG)

/*
 * In the flags of CREATE and CONFIGURE, and of QUERY: what is to be done when the domain ends, by how
 * it ends.  The module remembers it as long as the domain is attached, and does nothing about it: that
 * is for the reader who has subscribed with SUBSCRIBE_ENDS.  CONFIGURE with UNSAID for all three and no
 * KEEP_LOG changes nothing.  A module without NOXS_MODULE_ENDS answers -EINVAL.
 */
#define NOXS_END_UNSAID         0U              /* as if it were KEEP */
#define NOXS_END_DESTROY        1U
#define NOXS_END_RESTART        2U
#define NOXS_END_KEEP           3U
#define NOXS_END_POWEROFF_SHIFT 8
#define NOXS_END_REBOOT_SHIFT   10
#define NOXS_END_CRASH_SHIFT    12              /* and when its watchdog has fired */
#define NOXS_END_ALL            (0x3fU << NOXS_END_POWEROFF_SHIFT)
#define NOXS_END_OF(flags, shift)  ((flags) >> (shift) & 3U)

/*
 * The same flags, and `arg` of ATTACHED: somebody is to read the domain's console and keep what it
 * says.  Remembered like NOXS_END_*.  A module without NOXS_MODULE_LOG answers -EINVAL.
 */
#define NOXS_KEEP_LOG           (1U << 14)

/* noxs_ioc_create.conflict_what: which property of device `err_dev` is taken by `conflict_domid`. */
#define NOXS_CONFLICT_NONE      0U
#define NOXS_CONFLICT_NAME      1U
#define NOXS_CONFLICT_MAC       2U
#define NOXS_CONFLICT_IPV4      3U

/*
 * Attach a domain: map its control page, bind its control channel, make all devices and publish
 * them in the device page.  All or nothing: after an error nothing of it is left.
 * -EEXIST the domain is attached already (or a name is taken); -EADDRINUSE a MAC or IPv4 address is
 * taken, see conflict_*; -ENODEV no such bridge or switch; -EOPNOTSUPP a class, flag or Xen that
 * is not supported; -EXFULL the bridge has as many ports as it can; -ENOSPC, -ENOMEM; -EIO the
 * control page or channel cannot be had.
 * A vbd's fd: -EBADF none; -ENOTBLK neither a regular file nor a block device; -EISDIR; -EACCES it
 * cannot be read; -EINVAL it is for appending only; -ENODATA it is empty.  If it cannot be written,
 * the disk is read-only.  The module keeps its own hold on it.
 */
struct noxs_ioc_create {
    uint16_t domid;                     /* IN */
    uint16_t nr_devs;                   /* IN: 1 to NOXS_CTRL_SLOTS */
    uint32_t flags;                     /* IN: NOXS_CREATE_*, NOXS_END_*, NOXS_KEEP_LOG */
    uint64_t ctrl_gfn;                  /* IN: control page, guest frame number */
    uint32_t ctrl_gref;                 /* IN: grant of it, read-write, to the caller's domain */
    uint32_t ctrl_port;                 /* IN: guest's unbound port for the caller's domain */
    uint64_t devs;                      /* IN: user pointer to nr_devs struct noxs_ioc_dev */
    uint64_t frame;                     /* OUT: MFN of the device page, 0 if all are DEFERRED */
    uint16_t err_dev;                   /* OUT: index of the device in error, 0xffff if none */
    uint16_t conflict_domid;            /* OUT: NOXS_DOMID_NONE for a name: Xen knows whose it is */
    uint32_t conflict_what;             /* OUT: NOXS_CONFLICT_* */
    struct noxs_set_info info;          /* IN: with SET_INFO; info.domid is ignored */
};

/*
 * Detach a domain: close and free every back-end, and take its devices off the device page.  Works
 * for a dying domain, and when only part of it is left.  -ENOENT it is not attached.
 * The module does the same by itself when the domain is destroyed.
 */
struct noxs_ioc_destroy {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t flags;                     /* IN: 0 */
};

/* ---- configure: give a prepared shell what makes it a particular VM. ---- */

/*
 * Set the addresses, and the rates, of vifs created DEFERRED (devs: cls, id and config only; flags, link
 * and the rest zero, fd -1; the MTU is the one they were created with), publish them in the device page,
 * and apply `info` with SET_INFO.  All or nothing, and once: afterwards a vif is like any other.
 * -ENOENT not attached, or no such device; -EALREADY a device was not deferred, or has its addresses;
 * -EBUSY a front-end has published or acknowledged something: the guest has run; -EEXIST the name is
 * taken; -EADDRINUSE, -ENOSPC and -ENOMEM as CREATE.
 */
struct noxs_ioc_configure {
    uint16_t domid;                     /* IN */
    uint16_t nr_devs;                   /* IN: 0 to NOXS_CTRL_SLOTS */
    uint32_t flags;                     /* IN: NOXS_CREATE_*, NOXS_END_*, NOXS_KEEP_LOG */
    uint64_t devs;                      /* IN: user pointer to nr_devs struct noxs_ioc_dev */
    uint16_t err_dev;                   /* OUT: as in CREATE */
    uint16_t conflict_domid;            /* OUT */
    uint32_t conflict_what;             /* OUT */
    struct noxs_set_info info;          /* IN: with SET_INFO; info.domid is ignored */
};

/* ---- add, remove, resize: hot-plug of an attached domain's devices. ---- */

/*
 * Add devices to a domain that is attached, and publish them in the device page.  All or nothing.
 * Neither SYSCTL nor DEFERRED nor PRECONNECT (-EINVAL).  The guest hears of it when it is sent
 * NOXS_SYSCTL_REQ_REPAGE, which is the caller's to do.
 * -ENOENT not attached; -EEXIST a device of that class and id is there; -ENOSPC no slot of the control
 * page is free: one that was in use is again when the guest has acknowledged that its device is GONE;
 * -EBUSY quiesced; for the rest see CREATE.
 */
struct noxs_ioc_add {
    uint16_t domid;                     /* IN */
    uint16_t nr_devs;                   /* IN: 1 to NOXS_CTRL_SLOTS */
    uint32_t flags;                     /* IN: 0 */
    uint64_t devs;                      /* IN: user pointer to nr_devs struct noxs_ioc_dev */
    uint16_t err_dev;                   /* OUT: as in CREATE */
    uint16_t conflict_domid;            /* OUT */
    uint32_t conflict_what;             /* OUT */
};

/*
 * Remove one device: it leaves the device page, what it has begun is finished and answered, its
 * rings are let go, and the guest finds it GONE.  Waits for what a disk still has to do, never for the
 * guest.
 * -ENOENT not attached, or no such device; -EINVAL SYSCTL; -EBUSY quiesced.
 */
struct noxs_ioc_remove {
    uint16_t domid;                     /* IN */
    uint16_t cls;                       /* IN: NOXS_CLASS_* */
    uint16_t id;                        /* IN */
    uint16_t pad0;
    uint32_t flags;                     /* IN: 0 */
    uint32_t pad1;
};

/*
 * Look at the size of a vbd's file again.  When it is another one, device page and back half say so
 * at once; of a disk that has become smaller, requests beyond its end are answered with errors.
 * -ENOENT not attached, or no such vbd; -ENODATA the file has not one sector (nothing changes);
 * -EBUSY quiesced.
 */
struct noxs_ioc_resize {
    uint16_t domid;                     /* IN */
    uint16_t id;                        /* IN */
    uint32_t flags;                     /* IN: 0 */
    uint64_t sectors;                   /* OUT: of sector_size bytes */
};

/* ---- target: the file behind a vbd, by the name it has now. ---- */

#define NOXS_TARGET_DIRECT      (1U << 0)       /* opened with O_DIRECT */
#define NOXS_TARGET_READ_ONLY   (1U << 1)       /* the guest may not write it */

/*
 * For people and for saved configurations; the module itself uses no name.  As the caller's root
 * sees it, NUL-terminated.
 * -ENOENT not attached, no such vbd, or the file has no name any more; -ENAMETOOLONG.
 */
struct noxs_ioc_target {
    uint16_t domid;                     /* IN */
    uint16_t id;                        /* IN */
    uint32_t flags;                     /* OUT: NOXS_TARGET_* */
    uint64_t path;                      /* IN: user pointer to room for it */
    uint32_t len;                       /* IN: bytes of room, at most 4096 are used */
    uint32_t pad0;
};

/* ---- note: what a toolstack wants to find again with a domain. ---- */

#define NOXS_NOTE_MAX           4096U

/*
 * One text for each domain that is attached, which the module keeps until the domain is detached, and
 * does not look at.  SET_NOTE replaces it; of 0 bytes it takes it away.
 * -ENOENT not attached; SET_NOTE: -E2BIG longer than NOXS_NOTE_MAX; GET_NOTE: -ENODATA there is none;
 * -ENAMETOOLONG there is no room for it.  A module without NOXS_MODULE_NOTE answers -ENOTTY.
 */
struct noxs_ioc_note {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t len;                       /* SET_NOTE IN: bytes; GET_NOTE IN: room, OUT: bytes */
    uint64_t text;                      /* IN: user pointer */
};

/* ---- request: ask something of a guest through its sysctl device. ---- */

/*
 * -ENOENT the domain has no sysctl device; -ENOTCONN its guest is not ready yet; -EBUSY an earlier
 * request is unanswered (POWEROFF, REBOOT and CRASH replace any); -EINVAL request, or arg.
 */
struct noxs_ioc_request {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t request;                   /* IN: NOXS_SYSCTL_REQ_* */
    uint32_t req_id;                    /* OUT: the number events will carry */
    uint32_t arg;                       /* IN: of RELEASE cls << 16 | id, else 0 */
};

/* ---- quiesce and thaw: a suspended guest's memory is about to be copied. ---- */

/*
 * Stop every back-end of a domain from reading or writing its memory until THAW, or until this
 * descriptor is closed, however that comes about: a copy of it (fork, SCM_RIGHTS) holds on, so pass
 * none.  What its disks have begun is finished and answered
 * first; QUIESCE waits for that.  Packets for the guest, and what it has put into the rings of its
 * disks, wait meanwhile, within the usual bounds.  Control page and rings stay mapped, and channels
 * bound.  A descriptor holds one domain at a time.
 * QUIESCE: -ENOENT not attached; -EBUSY it is quiesced already, or this descriptor holds another.
 * THAW: -ENOENT this descriptor does not hold that domain.
 * Meanwhile REQUEST, CONFIGURE, ADD, REMOVE and RESIZE answer -EBUSY.
 */
struct noxs_ioc_quiesce {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t flags;                     /* IN: 0 */
};

/* ---- query and list: the module's own (trusted) view of attached domains. ---- */

/* noxs_ioc_domain.flags */
#define NOXS_DOM_READY          (1U << 0)       /* the guest has said READY */
#define NOXS_DOM_EXITED         (1U << 1)       /* its application has ended, with NOXS_DOM_STATUS */
#define NOXS_DOM_STATUS(flags)  ((flags) >> 24)

struct noxs_ioc_dev_state {
    uint16_t cls;                       /* OUT */
    uint16_t id;                        /* OUT */
    uint32_t state;                     /* OUT: NOXS_STATE_* of the back-end */
    uint32_t error;                     /* OUT: positive errno when FAILED; else ENODEV of a vif */
                                        /*      that has been taken off its bridge, or 0 */
    uint32_t features;                  /* OUT: features in use when OPEN */
    union {
        union noxs_config config;       /* OUT */
        struct noxs_ioc_vif vif;        /* OUT: a vif's, with its rate */
    };
    char     ifname[NOXS_IFNAME_LEN];   /* OUT: "vifD.I", or "" */
    char     link[NOXS_IFNAME_LEN];     /* OUT: bridge or switch it is on now, or "" */
    uint64_t tx_packets, tx_bytes;      /* OUT: sent by the guest; vbd: writes */
    uint64_t rx_packets, rx_bytes;      /* OUT: received by the guest; vbd: reads */
    uint64_t tx_errors, rx_dropped;     /* OUT: tx_errors with what a switch refused; vbd: */
                                        /*      requests answered with an error, and 0 */
};

/* -ENOENT the domain is not attached. */
struct noxs_ioc_query {
    uint16_t domid;                     /* IN */
    uint16_t nr_devs;                   /* IN: room in devs; OUT: devices there are */
    uint32_t flags;                     /* OUT: NOXS_DOM_*, NOXS_END_*, NOXS_KEEP_LOG */
    uint64_t devs;                      /* IN: user pointer to struct noxs_ioc_dev_state, or 0 */
    uint64_t attached_ns;               /* OUT: CLOCK_MONOTONIC of NOXS_IOC_CREATE, */
                                        /*      or of the shell's NOXS_IOC_CONFIGURE */
    uint64_t ready_ns;                  /* OUT: CLOCK_MONOTONIC when READY arrived, 0 if not yet */
    uint64_t guest_start_ns;            /* OUT: the guest's own stamps, Xen system time, */
    uint64_t guest_ready_ns;            /*      untrusted */
};

struct noxs_ioc_list {
    uint32_t first;                     /* IN: lowest domid wanted */
    uint32_t count;                     /* IN: room in domids; OUT: filled in */
    uint64_t domids;                    /* IN: user pointer to uint16_t[] */
};

/* ---- events: read() returns whole struct noxs_ioc_event records; poll() says when. ---- */

#define NOXS_EVENT_LOST         0U      /* the reader was too slow: list again; domid is 0xffff */
#define NOXS_EVENT_ATTACHED     1U      /* by CREATE; of a shell by CONFIGURE with SET_INFO; */
                                        /* arg is NOXS_KEEP_LOG or 0 */
#define NOXS_EVENT_READY        2U
#define NOXS_EVENT_ANSWER       3U      /* request `arg` (req_id) was answered; code is EV_*, */
                                        /* detail the guest's own code of REFUSED */
#define NOXS_EVENT_DEV_FAILED   4U      /* a back-end was closed; arg = cls << 16 | id, code errno */
#define NOXS_EVENT_SHUTDOWN     5U      /* code is SHUTDOWN_*; detail of a poweroff is */
                                        /* NOXS_DOM_EXITED and NOXS_DOM_STATUS, or 0 */
#define NOXS_EVENT_DYING        6U
#define NOXS_EVENT_GONE         7U
#define NOXS_EVENT_DETACHED     8U

struct noxs_ioc_event {
    uint16_t domid;
    uint16_t type;                      /* NOXS_EVENT_* */
    uint32_t code;
    uint32_t arg;
    uint32_t detail;
    uint64_t time_ns;                   /* CLOCK_MONOTONIC */
};

/*
 * What this descriptor reads.  After open it reads nothing; each call replaces the choice and
 * starts from now.  domid 0xffff = every domain.  If the domain named is ready already, the
 * first record is its READY (so that subscribing and looking cannot miss it).
 *
 * With ENDS, of every domain, this reader carries out NOXS_END_* until its descriptor is closed or
 * subscribed otherwise; it reads SHUTDOWN, but of a domain that suspends, and LOST alone.  There is
 * one at a time: -EBUSY; with TAKE the other is not subscribed any more, and its poll() wakes.  Who
 * begins looks at all domains: what ended before is not told.
 *
 * read(): -EAGAIN with O_NONBLOCK and nothing to read; -EINVAL a buffer under one record;
 * -ENOTCONN not subscribed.
 */
struct noxs_ioc_subscribe {
    uint16_t domid;                     /* IN */
    uint16_t pad0;
    uint32_t flags;                     /* IN: NOXS_SUBSCRIBE_* */
};
#define NOXS_SUBSCRIBE_ENDS     (1U << 0)
#define NOXS_SUBSCRIBE_TAKE     (1U << 1)       /* with ENDS */

#define NOXS_IOC_VERSION        _IOR('N', 0x60, struct noxs_ioc_version)
#define NOXS_IOC_CREATE         _IOWR('N', 0x61, struct noxs_ioc_create)
#define NOXS_IOC_DESTROY        _IOW('N', 0x62, struct noxs_ioc_destroy)
#define NOXS_IOC_REQUEST        _IOWR('N', 0x63, struct noxs_ioc_request)
#define NOXS_IOC_QUERY          _IOWR('N', 0x64, struct noxs_ioc_query)
#define NOXS_IOC_LIST           _IOWR('N', 0x65, struct noxs_ioc_list)
#define NOXS_IOC_SUBSCRIBE      _IOW('N', 0x66, struct noxs_ioc_subscribe)
#define NOXS_IOC_CONFIGURE      _IOWR('N', 0x67, struct noxs_ioc_configure)
#define NOXS_IOC_QUIESCE        _IOW('N', 0x68, struct noxs_ioc_quiesce)
#define NOXS_IOC_THAW           _IOW('N', 0x69, struct noxs_ioc_quiesce)
#define NOXS_IOC_ADD            _IOWR('N', 0x6a, struct noxs_ioc_add)
#define NOXS_IOC_REMOVE         _IOW('N', 0x6b, struct noxs_ioc_remove)
#define NOXS_IOC_RESIZE         _IOWR('N', 0x6c, struct noxs_ioc_resize)
#define NOXS_IOC_TARGET         _IOWR('N', 0x6d, struct noxs_ioc_target)
#define NOXS_IOC_SET_NOTE       _IOW('N', 0x6e, struct noxs_ioc_note)
#define NOXS_IOC_GET_NOTE       _IOWR('N', 0x6f, struct noxs_ioc_note)

NOXS_ASSERT(ioc_configure, sizeof(struct noxs_ioc_configure) == 152);
NOXS_ASSERT(ioc_version, sizeof(struct noxs_ioc_version) == 16);
NOXS_ASSERT(ioc_vif, sizeof(struct noxs_ioc_vif) == sizeof(struct noxs_vif_config));
/* The rate is where the page has padding. */
NOXS_ASSERT(ioc_vif_pad0,
            NOXS_OFFSETOF(struct noxs_ioc_vif, pad0) == NOXS_OFFSETOF(struct noxs_vif_config, pad0));
NOXS_ASSERT(ioc_vif_rate, NOXS_OFFSETOF(struct noxs_ioc_vif, rate_bytes) == 56);
NOXS_ASSERT(ioc_dev, sizeof(struct noxs_ioc_dev) == 128);
NOXS_ASSERT(ioc_create, sizeof(struct noxs_ioc_create) == 176);
NOXS_ASSERT(ioc_destroy, sizeof(struct noxs_ioc_destroy) == 8);
NOXS_ASSERT(ioc_request, sizeof(struct noxs_ioc_request) == 16);
NOXS_ASSERT(ioc_dev_state, sizeof(struct noxs_ioc_dev_state) == 168);
NOXS_ASSERT(ioc_query, sizeof(struct noxs_ioc_query) == 48);
NOXS_ASSERT(ioc_list, sizeof(struct noxs_ioc_list) == 16);
NOXS_ASSERT(ioc_quiesce, sizeof(struct noxs_ioc_quiesce) == 8);
NOXS_ASSERT(ioc_event, sizeof(struct noxs_ioc_event) == 24);
NOXS_ASSERT(ioc_add, sizeof(struct noxs_ioc_add) == 24);
NOXS_ASSERT(ioc_remove, sizeof(struct noxs_ioc_remove) == 16);
NOXS_ASSERT(ioc_resize, sizeof(struct noxs_ioc_resize) == 16);
NOXS_ASSERT(ioc_target, sizeof(struct noxs_ioc_target) == 24);
NOXS_ASSERT(ioc_note, sizeof(struct noxs_ioc_note) == 16);
NOXS_ASSERT(ioc_subscribe, sizeof(struct noxs_ioc_subscribe) == 8);

#endif /* NOXS_IOCTL_H */
