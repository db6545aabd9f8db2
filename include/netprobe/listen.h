/* SPDX-License-Identifier: MIT */
/**
 * The listeners: which sockets of this host wait for peers, where, and who holds them.
 *
 *     np_listeners_new -- idle --start--> running <-> paused --> ended (DONE waits)
 *                          ^                                       | DONE delivered
 *                          +---------- reset, clear ----------- stopped --start--> ...
 *
 * A run asks the kernel (sock_diag; /proc/net where that lacks a protocol), joins the answers,
 * and finds the owners in /proc, in slices, so that a host's loop stays alive. It needs no
 * privilege to see every socket of its network namespace; owners of other users' sockets need
 * CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH. What could not be seen is a gap, in words.
 */
#ifndef NETPROBE_LISTEN_H
#define NETPROBE_LISTEN_H

#include <netprobe/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct np_listeners np_listeners;

/** The protocol of a socket. */
typedef enum np_protocol {
    NP_PROTOCOL_INVALID = -1,
    NP_PROTOCOL_UNKNOWN = 0,
    NP_PROTOCOL_TCP = 1,
    NP_PROTOCOL_MPTCP = 2, /* one row, although the kernel lists it as TCP too */
    NP_PROTOCOL_UDP = 3,
    NP_PROTOCOL_UDPLITE = 4,
    NP_PROTOCOL_SCTP = 5,
    NP_PROTOCOL_RAW = 6,
    NP_PROTOCOL_PING = 7, /* ICMP datagram socket */
    NP_PROTOCOL_UNIX = 8
} np_protocol;

/** What a socket does. */
typedef enum np_socket_state {
    NP_SOCKET_INVALID = -1,
    NP_SOCKET_UNKNOWN = 0,
    NP_SOCKET_LISTENING = 1, /* takes connections, or datagrams of anybody */
    NP_SOCKET_CLIENT = 2,    /* a datagram socket whose port the kernel chose: waits for replies */
    NP_SOCKET_BOUND = 3,     /* has a port and does not listen: the port is taken */
    NP_SOCKET_ESTABLISHED = 4,
    NP_SOCKET_SYN_SENT = 5,
    NP_SOCKET_SYN_RECEIVED = 6,
    NP_SOCKET_FIN_WAIT_1 = 7,
    NP_SOCKET_FIN_WAIT_2 = 8,
    NP_SOCKET_TIME_WAIT = 9,
    NP_SOCKET_CLOSE_WAIT = 10,
    NP_SOCKET_LAST_ACK = 11,
    NP_SOCKET_CLOSING = 12,
    NP_SOCKET_CLOSED = 13
} np_socket_state;

/** How far the local address of a socket reaches. No firewall is asked. */
typedef enum np_scope {
    NP_SCOPE_INVALID = -1,
    NP_SCOPE_NONE = 0,     /* unix, or a name that nobody can connect to */
    NP_SCOPE_LOOPBACK = 1, /* this host only */
    NP_SCOPE_ADDRESS = 2,  /* one address of this host */
    NP_SCOPE_ALL = 3       /* every address of this host (of one interface, when it is bound) */
} np_scope;

/** What is known of the owners of a socket. */
typedef enum np_owner_state {
    NP_OWNER_INVALID = -1,
    NP_OWNER_UNKNOWN = 0, /* not looked for, or not within the budget */
    NP_OWNER_KNOWN = 1,
    NP_OWNER_DENIED = 2, /* none found, and some processes cannot be looked into */
    NP_OWNER_KERNEL = 3, /* the kernel itself; `device` says for which interface */
    NP_OWNER_NONE = 4    /* no process that /proc shows: in flight between two, or held outside */
} np_owner_state;

/**
 * One socket. Sorted by protocol, port, address, interface, peer, then cookie.
 *
 * Texts are escaped, never NULL, "" where unknown or meaningless, and live until the object is
 * started, cleared or freed. addr and peer are numeric; "" for unix.
 */
typedef struct np_listener {
    int32_t protocol; /* np_protocol */
    int32_t state;    /* np_socket_state */
    int32_t family;   /* of the socket: 4, 6, or 0 for unix */
    int32_t port;     /* raw: the protocol's number */
    char addr[64];    /* with "%index" for link-local addresses */
    char peer[64];
    int32_t peer_port;
    int32_t scope;         /* np_scope */
    int32_t ipv4, ipv6;    /* 1: reached over that family; a dual-stack socket has both */
    int32_t v6only;        /* 1 or 0; -1 unknown, or no IPv6 socket */
    int32_t dormant;       /* 1: no address of this host covers it, so nothing arrives */
    char interface[16];    /* device that it is bound to, "" for any */
    uint32_t queue;        /* listening: connections that wait to be accepted; else octets */
    uint32_t queue_limit;  /* listening: how many may wait; 0 unknown. Else octets to be sent */
    int32_t queue_full;    /* 1: further connections are dropped */
    int32_t socket_type;   /* unix: SOCK_...: 1 stream, 2 datagram, 5 sequenced packets; else 0 */
    uint32_t uid;          /* of the socket, from the moment it was made */
    uint32_t inode;        /* of the socket; 0 none */
    uint64_t cookie;       /* identity in this network namespace; 0 unknown */
    uint64_t cgroup_id;    /* of the creator's cgroup; 0 unknown */
    int32_t from_proc;     /* 1: from /proc/net, which knows no device, v6only or limit */
    int32_t unlinked;      /* unix: 1: the file of that name is gone or another; 0; -1 unknown */
    int32_t owner_state;   /* np_owner_state */
    int32_t owner_count;
    int64_t pid;           /* of the first owner; -1 none known */
    int64_t process_uid;   /* who it runs as now; -1 unknown */
    const char *process;   /* name (comm) of the first owner */
    const char *unit;      /* systemd unit of the first owner, else of the creator */
    const char *socket_unit; /* systemd .socket unit that made the socket */
    const char *container; /* id or name of the container of the first owner */
    const char *device;    /* interface for which the kernel holds the socket */
    const char *path;      /* unix: the name, '@' before an abstract one, as may be shown */
    const void *name;      /* unix: the name's octets, an abstract one's first NUL among them */
    size_t name_len;
    int64_t rtt_ns, rtt_variation_ns, min_rtt_ns; /* established TCP; -1 unknown */
    uint64_t sent_octets, received_octets;        /* acknowledged, and received */
    uint32_t retransmits, congestion_window;      /* segments */
} np_listener;

/**
 * One process that holds a socket by one descriptor. Oldest process first.
 */
typedef struct np_owner {
    int64_t pid;
    int64_t tid;          /* the thread that holds it in a table of its own, else pid */
    int32_t fd;           /* -1: registered with an io_uring of the process only */
    int64_t uid;          /* effective, as /proc shows it; -1 unknown */
    int64_t start_ticks;  /* after boot, as in /proc/PID/stat: with pid the identity of a process */
    int32_t exe_deleted;  /* 1: the program file was removed or replaced */
    const char *process;  /* name (comm), escaped */
    const void *comm;     /* the same octets as they are */
    size_t comm_len;
    const char *exe;      /* program file, escaped; "" where it cannot be read */
    const char *command;  /* command line, escaped, words parted by blanks; "" unless asked for */
    const void *arguments; /* the same octets as they are, each word with a NUL behind it */
    size_t arguments_len;
    const char *cgroup;   /* path within the cgroup tree */
    const char *unit;     /* systemd unit */
    const char *container;
} np_owner;

/**
 * One address of one interface of this host, for what NP_SCOPE_ALL stands for. Sorted by index,
 * family, address; an interface without addresses has one row.
 */
typedef struct np_interface {
    int32_t index;
    char name[16];
    char addr[64]; /* "" for an interface without addresses */
    int32_t family, prefix_len;
    int32_t up, loopback;
} np_interface;

/** A run as a whole. */
typedef struct np_listeners_info {
    uint64_t sockets;      /* that the kernel told of, before filters */
    uint64_t clients;      /* datagram sockets with a port of the kernel's choice, left out */
    uint64_t processes;    /* looked into */
    uint64_t denied;       /* processes that could not be looked into */
    uint64_t descriptors;  /* links read */
    uint64_t held;         /* those of them that are sockets of other processes, of any kind */
    uint64_t dumps;        /* asked for */
    int32_t complete;      /* 1: every owner was looked for to the end */
    int64_t start_ns, end_ns; /* CLOCK_REALTIME; -1 not yet */
} np_listeners_info;

/**
 * Make a listing in ctx, idle, with defaults. NULL when out of memory or ctx is NULL. Since 0.1.
 */
NP_API np_listeners *np_listeners_new(np_context *ctx);

/** Free, in any state, also after its context. NULL is fine. Since 0.1. */
NP_API void np_listeners_free(np_listeners *l);

/**
 * Set an option by name; the table of names stands in netprobe(3).
 *
 * name  as "protocols", "port", "owners".
 * text  its value, as "tcp,udp". Copied.
 *
 * Returns NP_ERR_INVALID for an unknown name or value (the sentence tells the nearest),
 * NP_ERR_RANGE, NP_ERR_STATE while running, NP_ERR_FORKED, NP_ERR_NOMEM. Latches: the first
 * refusal is what start and run return. Since 0.1.
 */
NP_API np_status np_listeners_set(np_listeners *l, const char *name, const char *text);

/** A pointer of the program's own, handed back in events. Since 0.1. */
NP_API np_status np_listeners_set_user(np_listeners *l, void *user);

/**
 * Hand in netlink sockets, of another network namespace perhaps, in place of those that the
 * library opens. They are duplicated. The program must not read from them while a run lasts.
 * What is of another network namespace than they are is not joined with what they tell: /proc/net,
 * nor interfaces when only diag_fd is of another one. That is a gap.
 *
 * diag_fd   a NETLINK_SOCK_DIAG socket; -1: the library's own.
 * route_fd  a NETLINK_ROUTE socket; -1: the library's own.
 *
 * Returns NP_ERR_INVALID for a descriptor that is no such socket, or cannot be duplicated,
 * NP_ERR_STATE while running, NP_ERR_FORKED, NP_ERR_NOMEM when l is NULL. Since 0.1.
 */
NP_API np_status np_listeners_set_netlink(np_listeners *l, int diag_fd, int route_fd);

/**
 * Begin. Returns the latched error, NP_ERR_STATE while it runs or DONE waits, NP_ERR_FORKED, or
 * NP_ERR_NOMEM; everything else arrives by NP_EV_DONE. Since 0.1.
 */
NP_API np_status np_listeners_start(np_listeners *l);

/**
 * Begin, and wait for the end: as start, then as DONE says. NP_OK when anything could be seen;
 * what could not is told by the gaps. NP_ERR_CANCELLED after np_context_wakeup. Since 0.1.
 */
NP_API np_status np_listeners_run(np_listeners *l);

/** Rest, and go on. Return NP_ERR_STATE unless it runs. Since 0.1. */
NP_API np_status np_listeners_pause(np_listeners *l);

/** Go on after a pause. Returns NP_ERR_STATE unless it runs. Since 0.1. */
NP_API np_status np_listeners_resume(np_listeners *l);

/** End a run now, with NP_ERR_CANCELLED; harmless otherwise. Since 0.1. */
NP_API np_status np_listeners_cancel(np_listeners *l);

/** Drop results, or begin them anew while it runs. NP_ERR_STATE while DONE waits. Since 0.1. */
NP_API np_status np_listeners_clear(np_listeners *l);

/** Back to defaults, nothing latched, no results. NP_ERR_STATE while it runs. Since 0.1. */
NP_API np_status np_listeners_reset(np_listeners *l);

/** The sentence to the latched error or to the end of the last run; "" for none. Since 0.1. */
NP_API const char *np_listeners_error(const np_listeners *l);

/** How many sockets passed the filters; 0 before the end of a run. Since 0.1. */
NP_API int np_listeners_count(const np_listeners *l);

/** Copy socket `index`. NP_ERR_RANGE beyond the count, NP_ERR_INVALID without out. Since 0.1. */
NP_API np_status np_listeners_get(const np_listeners *l, int index, np_listener *out,
                                  size_t out_size);

/** How many descriptors hold socket `index`, as far as they were looked for. Since 0.1. */
NP_API int np_listeners_owner_count(const np_listeners *l, int index);

/** Copy owner `owner` of socket `index`. NP_ERR_RANGE beyond either count. Since 0.1. */
NP_API np_status np_listeners_get_owner(const np_listeners *l, int index, int owner,
                                        np_owner *out, size_t out_size);

/** How many things could not be seen. Since 0.1. */
NP_API int np_listeners_gap_count(const np_listeners *l);

/** What could not be seen, and the remedy, as one sentence; "" beyond the count. Since 0.1. */
NP_API const char *np_listeners_gap(const np_listeners *l, int index);

/** How many rows of interfaces and their addresses there are. Since 0.1. */
NP_API int np_listeners_interface_count(const np_listeners *l);

/** Copy row `index` of the interfaces. NP_ERR_RANGE beyond the count. Since 0.1. */
NP_API np_status np_listeners_get_interface(const np_listeners *l, int index, np_interface *out,
                                            size_t out_size);

/** Copy the figures of the run as a whole. Since 0.1. */
NP_API np_status np_listeners_get_info(const np_listeners *l, np_listeners_info *out,
                                       size_t out_size);

/**
 * All results as one JSON document, schema netprobe.listeners/1 (netprobe(3)); NULL for no
 * memory. Lives until the object is started, set, cleared or freed, or asked again. Since 0.1.
 */
NP_API const char *np_listeners_json(np_listeners *l);

/** The name of a protocol, as "tcp"; "unknown" for a number that is none. Static. Since 0.1. */
NP_API const char *np_protocol_name(int protocol);

/** The name of a state, as "listening"; "unknown" for none. Static. Since 0.1. */
NP_API const char *np_socket_state_name(int state);

#ifdef __cplusplus
}
#endif

#endif
