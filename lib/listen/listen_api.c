/* SPDX-License-Identifier: MIT */
/*
 * The public calls of a listing: settings by name, and results copied out.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen/listen.h"

#define ROW(field, name, type, min, max, initial, names, help)                                    \
    {name, NPI_OPTION_##type, offsetof(npi_listen_settings, field), min, max, initial, names},
const npi_option npi_listen_options[] = {NPI_LISTEN_OPTIONS(ROW)};
const size_t npi_listen_option_count = sizeof npi_listen_options / sizeof npi_listen_options[0];

static const char no_object[] = "no object: out of memory, or never made";

const char *np_protocol_name(int protocol)
{
    static const char *const names[] = {"unknown", "tcp", "mptcp", "udp", "udplite",
                                        "sctp",    "raw", "ping",  "unix"};
    return protocol > 0 && protocol <= NP_PROTOCOL_UNIX ? names[protocol] : names[0];
}

const char *np_socket_state_name(int state)
{
    static const char *const names[] = {
        "unknown",      "listening",  "client",     "bound",     "established",
        "syn-sent",     "syn-received", "fin-wait-1", "fin-wait-2", "time-wait",
        "close-wait",   "last-ack",   "closing",    "closed"};
    return state > 0 && state <= NP_SOCKET_CLOSED ? names[state] : names[0];
}

/* Lists are looked at before they are kept. */
static np_status check_list(const char *name, const char *text, npi_buf *why)
{
    unsigned protocols;
    npi_ports ports[NPI_PORTS];
    size_t count;
    npi_text wrong;
    bool is_protocols = strcmp(name, "protocols") == 0, is_port = strcmp(name, "port") == 0;
    if (is_protocols && !npi_filter_protocols(text, &protocols, &wrong)) {
        npi_buf_str(why, "there is no protocol '");
        npi_buf_escaped(why, wrong.at, wrong.len);
        npi_buf_str(why, "': tcp, mptcp, udp, udplite, sctp, raw, ping, unix");
        return NP_ERR_INVALID;
    }
    if (is_port && !npi_filter_ports(text, ports, &count, &wrong)) {
        npi_buf_str(why, "'");
        npi_buf_escaped(why, wrong.at, wrong.len);
        npi_buf_printf(why, "' is no port: at most %d numbers or ranges up to 65535, as 22,80-89",
                       NPI_PORTS);
        return NP_ERR_INVALID;
    }
    return NP_OK;
}

np_status np_listeners_set(np_listeners *l, const char *name, const char *text)
{
    np_status st = npi_object_settable(l ? &l->o : NULL);
    if (st < 0)
        return st;
    char sentence[256];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    if (name && text)
        st = check_list(name, text, &why);
    if (st == NP_OK)
        st = npi_option_set(npi_listen_options, npi_listen_option_count, &l->o.mem, &l->settings,
                            name, text, &why);
    return st < 0 ? npi_object_latch(&l->o, st, npi_buf_text(&why)) : NP_OK;
}

/* A descriptor of the program's as one of ours, plus 1; 0 for none. False when it is not one. */
static bool take(int *handed, int fd)
{
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && copy < 0)
        return false;
    if (*handed > 0)
        close(*handed - 1);
    *handed = copy + 1;
    return true;
}

/* None, or a netlink socket that speaks this protocol. */
static bool is_netlink(int fd, int protocol)
{
    int domain = 0, spoken = 0;
    socklen_t len = sizeof domain;
    return fd < 0 || (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
                      domain == AF_NETLINK &&
                      getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &spoken, &len) == 0 &&
                      spoken == protocol);
}

np_status np_listeners_set_netlink(np_listeners *l, int diag_fd, int route_fd)
{
    np_status st = npi_object_settable(l ? &l->o : NULL);
    if (st < 0)
        return st;
    if (!is_netlink(diag_fd, NETLINK_SOCK_DIAG) || !is_netlink(route_fd, NETLINK_ROUTE))
        return npi_object_latch(&l->o, NP_ERR_INVALID, "a descriptor that is not open, or no "
                                                       "netlink socket of its protocol");
    if (take(&l->handed_diag, diag_fd) && take(&l->handed_route, route_fd))
        return NP_OK;
    return npi_object_latch(&l->o, NP_ERR_INVALID, "a netlink descriptor cannot be duplicated");
}

np_status np_listeners_set_user(np_listeners *l, void *user)
{
    return npi_object_set_user(l ? &l->o : NULL, user);
}

void np_listeners_free(np_listeners *l)
{
    npi_object_free(l ? &l->o : NULL);
}

np_status np_listeners_start(np_listeners *l)
{
    return npi_object_start(l ? &l->o : NULL);
}

np_status np_listeners_run(np_listeners *l)
{
    return npi_object_run(l ? &l->o : NULL);
}

np_status np_listeners_pause(np_listeners *l)
{
    return npi_object_pause(l ? &l->o : NULL);
}

np_status np_listeners_resume(np_listeners *l)
{
    return npi_object_resume(l ? &l->o : NULL);
}

np_status np_listeners_cancel(np_listeners *l)
{
    return npi_object_cancel(l ? &l->o : NULL);
}

np_status np_listeners_clear(np_listeners *l)
{
    return npi_object_clear(l ? &l->o : NULL);
}

np_status np_listeners_reset(np_listeners *l)
{
    return npi_object_reset(l ? &l->o : NULL);
}

const char *np_listeners_error(const np_listeners *l)
{
    return l ? l->o.error : no_object;
}

static bool finished(const np_listeners *l)
{
    return l && l->info.end_ns >= 0;
}

int np_listeners_count(const np_listeners *l)
{
    return finished(l) ? (int)l->socks.count : 0;
}

static void put_addr(char *out, size_t size, const npi_addr *a)
{
    npi_buf b = npi_buf_in(out, size);
    npi_buf_addr(&b, a);
}

static const char *interface_name(const np_listeners *l, uint32_t index)
{
    for (size_t i = 0; index && i < l->link_count; i++)
        if (l->links[i].index == index)
            return l->links[i].name;
    return "";
}

static const char *kernel_device(const np_listeners *l, const npi_sock *s)
{
    for (size_t i = 0; s->kernel && i < l->link_count; i++)
        if (l->links[i].kernel_port == s->local.port)
            return l->links[i].name;
    return "";
}

static np_owner_state owner_state(const np_listeners *l, const npi_sock *s)
{
    if (s->owners > 0)
        return NP_OWNER_KNOWN;
    if (s->kernel)
        return NP_OWNER_KERNEL;
    if (s->inode == 0) /* as a connection that nobody has accepted yet */
        return NP_OWNER_NONE;
    if (l->hunt.blind)
        return NP_OWNER_DENIED;
    return l->hunt.exhausted ? NP_OWNER_NONE : NP_OWNER_UNKNOWN;
}

static void export_owner(const np_listeners *l, const npi_sock *s, np_listener *out)
{
    const char *creator = npi_hunt_cgroup_unit(&l->hunt, s->cgroup);
    size_t len = strlen(creator);
    bool socket_unit = len > 7 && strcmp(creator + len - 7, ".socket") == 0;
    out->pid = out->process_uid = -1;
    out->process = out->container = "";
    out->unit = socket_unit ? "" : creator;
    out->socket_unit = socket_unit ? creator : "";
    out->owner_state = owner_state(l, s);
    out->owner_count = (int32_t)s->owners;
    if (s->owners == 0)
        return;
    const npi_process *p = &l->hunt.processes[l->hunt.holders[s->owner].process];
    out->pid = p->pid;
    out->process_uid = p->uid_known ? (int64_t)p->uid : -1;
    out->process = npi_hunt_text(&l->hunt, p->process);
    if (*npi_hunt_text(&l->hunt, p->unit))
        out->unit = npi_hunt_text(&l->hunt, p->unit);
    out->container = npi_hunt_text(&l->hunt, p->container);
}

static void export_info(const np_listeners *l, const npi_sock *s, np_listener *out)
{
    out->rtt_ns = out->rtt_variation_ns = out->min_rtt_ns = -1;
    if (!s->info)
        return;
    const npi_tcp_info *i = &l->socks.infos[s->info - 1];
    out->rtt_ns = i->rtt_ns;
    out->rtt_variation_ns = i->rtt_variation_ns;
    out->min_rtt_ns = i->min_rtt_ns;
    out->sent_octets = i->sent_octets;
    out->received_octets = i->received_octets;
    out->retransmits = i->retransmits;
    out->congestion_window = i->congestion_window;
}

static void export_place(const np_listeners *l, const npi_sock *s, np_listener *out)
{
    bool ipv4, ipv6;
    npi_sock_reach(s, &ipv4, &ipv6);
    put_addr(out->addr, sizeof out->addr, &s->local);
    put_addr(out->peer, sizeof out->peer, &s->peer);
    out->family = s->local.family;
    out->port = s->local.port;
    out->peer_port = s->peer.port;
    out->scope = npi_sock_scope(s);
    out->ipv4 = ipv4;
    out->ipv6 = ipv6;
    out->v6only = s->v6only_known ? s->v6only : -1;
    out->dormant = s->dormant;
    const char *name = interface_name(l, s->interface);
    npi_buf b = npi_buf_in(out->interface, sizeof out->interface);
    npi_buf_escaped(&b, name, strlen(name));
}

np_status np_listeners_get(const np_listeners *l, int index, np_listener *out, size_t out_size)
{
    if (!out)
        return l ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_listener){0}, sizeof *out);
    if (!l)
        return NP_ERR_NOMEM;
    if (index < 0 || index >= np_listeners_count(l))
        return NP_ERR_RANGE;
    const npi_sock *s = &l->socks.rows[index];
    np_listener n = {
        .protocol = s->protocol,
        .state = npi_sock_state(s),
        .queue = s->queue,
        .queue_limit = s->limit,
        .queue_full = s->state == NPI_LISTEN && !s->procfs && s->queue > s->limit,
        .socket_type = s->protocol == NP_PROTOCOL_UNIX ? s->type : 0,
        .uid = s->uid,
        .inode = s->inode,
        .cookie = s->cookie,
        .cgroup_id = s->cgroup,
        .from_proc = s->procfs,
        .unlinked = s->unlinked,
        .device = kernel_device(l, s),
        .path = s->name_len ? l->socks.paths.data + s->path : "",
        .name = s->name_len ? l->socks.names.data + s->name : NULL,
        .name_len = s->name_len,
    };
    export_place(l, s, &n);
    export_owner(l, s, &n);
    export_info(l, s, &n);
    npi_export(out, out_size, &n, sizeof n);
    return NP_OK;
}

int np_listeners_owner_count(const np_listeners *l, int index)
{
    return index >= 0 && index < np_listeners_count(l) ? (int)l->socks.rows[index].owners : 0;
}

np_status np_listeners_get_owner(const np_listeners *l, int index, int owner, np_owner *out,
                                 size_t out_size)
{
    if (!out)
        return l ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_owner){0}, sizeof *out);
    if (!l)
        return NP_ERR_NOMEM;
    if (owner < 0 || owner >= np_listeners_owner_count(l, index))
        return NP_ERR_RANGE;
    const npi_hunt *h = &l->hunt;
    const npi_holder *holder = &h->holders[l->socks.rows[index].owner + (uint32_t)owner];
    const npi_process *p = &h->processes[holder->process];
    np_owner o = {
        .pid = p->pid,
        .tid = holder->tid,
        .fd = holder->fd,
        .uid = p->uid_known ? (int64_t)p->uid : -1,
        .start_ticks = p->start_ticks,
        .exe_deleted = p->exe_deleted,
        .process = npi_hunt_text(h, p->process),
        .comm = npi_hunt_text(h, p->comm),
        .comm_len = p->comm_len,
        .exe = npi_hunt_text(h, p->exe),
        .arguments = npi_hunt_text(h, p->arguments),
        .arguments_len = p->arguments_len,
        .command = npi_hunt_text(h, p->command),
        .cgroup = npi_hunt_text(h, p->cgroup),
        .unit = npi_hunt_text(h, p->unit),
        .container = npi_hunt_text(h, p->container),
    };
    npi_export(out, out_size, &o, sizeof o);
    return NP_OK;
}

int np_listeners_gap_count(const np_listeners *l)
{
    return l ? l->gap_count : 0;
}

const char *np_listeners_gap(const np_listeners *l, int index)
{
    return l && index >= 0 && index < l->gap_count ? l->gaps[index] : "";
}

/* ---- interfaces --------------------------------------------------------------------------- */

/* Addresses of interface i, in the sorted list; those of one interface lie together. */
static int rows_of(const np_listeners *l, size_t i)
{
    int n = 0;
    for (size_t k = 0; k < l->addr_count; k++)
        n += l->addrs[k].index == l->links[i].index;
    return n ? n : 1;
}

int np_listeners_interface_count(const np_listeners *l)
{
    int n = 0;
    for (size_t i = 0; finished(l) && i < l->link_count; i++)
        n += rows_of(l, i);
    return n;
}

/* The nth address of interface i; NULL where it has none. */
static const npi_link_addr *addr_of(const np_listeners *l, size_t i, int nth)
{
    for (size_t k = 0; k < l->addr_count; k++)
        if (l->addrs[k].index == l->links[i].index && nth-- == 0)
            return &l->addrs[k];
    return NULL;
}

static void export_interface(const npi_link *link, const npi_link_addr *a, np_interface *out)
{
    *out = (np_interface){.index = (int32_t)link->index, .up = link->up,
                          .loopback = link->loopback};
    npi_buf b = npi_buf_in(out->name, sizeof out->name);
    npi_buf_escaped(&b, link->name, strlen(link->name));
    if (!a)
        return;
    out->family = a->addr.family;
    out->prefix_len = a->prefix_len;
    put_addr(out->addr, sizeof out->addr, &a->addr);
}

np_status np_listeners_get_interface(const np_listeners *l, int index, np_interface *out,
                                     size_t out_size)
{
    np_interface row;
    if (!out)
        return l ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_interface){0}, sizeof *out);
    if (!l)
        return NP_ERR_NOMEM;
    for (size_t i = 0; index >= 0 && finished(l) && i < l->link_count; i++) {
        int rows = rows_of(l, i);
        if (index < rows) {
            export_interface(&l->links[i], addr_of(l, i, index), &row);
            npi_export(out, out_size, &row, sizeof row);
            return NP_OK;
        }
        index -= rows;
    }
    return NP_ERR_RANGE;
}

np_status np_listeners_get_info(const np_listeners *l, np_listeners_info *out, size_t out_size)
{
    if (!out)
        return l ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_listeners_info){0}, sizeof *out);
    if (!l)
        return NP_ERR_NOMEM;
    npi_export(out, out_size, &l->info, sizeof l->info);
    return NP_OK;
}
