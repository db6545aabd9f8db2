/* SPDX-License-Identifier: MIT */
/*
 * Decides what a row looks like in netstat's eyes. Two things differ on purpose: what a name
 * holds that no terminal should see is shown as '?', and RefCnt is "-", because only
 * /proc/net/unix tells it.
 */
#include "netstat.h"

#include <string.h>
#include <unistd.h>

#include "../common/columns.h"
#include "names.h"

enum {
    PLACE = 22,   /* columns of address and port together */
    PROGRAM = 19, /* octets of "PID/name" */
    NAME_MAX_HERE = 1100
};

static const char *proto_name(const np_listener *n)
{
    switch (n->protocol) {
    case NP_PROTOCOL_TCP:
    case NP_PROTOCOL_MPTCP:
        return n->family == 6 ? "tcp6" : "tcp";
    case NP_PROTOCOL_UDP:
        return n->family == 6 ? "udp6" : "udp";
    case NP_PROTOCOL_UDPLITE:
        return n->family == 6 ? "udpl6" : "udpl";
    case NP_PROTOCOL_SCTP:
        return n->family == 6 ? "sctp6" : "sctp";
    default:
        return n->family == 6 ? "raw6" : "raw";
    }
}

/* What services are called by. */
static const char *service_protocol(const np_listener *n)
{
    return n->protocol == NP_PROTOCOL_MPTCP ? "tcp" : np_protocol_name(n->protocol);
}

static const char *state_name(const np_listener *n)
{
    static const char *const names[] = {
        "UNKNOWN",   "LISTEN",    "",          "",           "ESTABLISHED", "SYN_SENT", "SYN_RECV",
        "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK",    "CLOSING",  "CLOSE"};
    bool stream = n->protocol == NP_PROTOCOL_TCP || n->protocol == NP_PROTOCOL_MPTCP ||
                  n->protocol == NP_PROTOCOL_SCTP;
    if (n->protocol == NP_PROTOCOL_RAW)
        return n->state == NP_SOCKET_ESTABLISHED ? "1" : "7";
    if (n->state == NP_SOCKET_LISTENING && !stream)
        return "";
    return names[n->state];
}

/* An address as netstat writes it: no zone, mapped ones as IPv4, "[::]" where names are wanted. */
static void put_host(const np_listener *n, const char *addr, bool numeric, char *out, size_t size)
{
    char plain[64];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(addr, "%"), addr);
    const char *text = plain;
    bool mapped = n->family == 6 && strncmp(plain, "::ffff:", 7) == 0 && strchr(plain, '.');
    if (mapped)
        text += 7;
    if (!numeric && strcmp(text, "::") == 0)
        snprintf(out, size, "[::]");
    else
        name_host(text, numeric || mapped, out, size);
}

/* "address:port" in 22 columns: the port stays whole, the address gives way. */
static void put_place(const np_listener *n, const char *addr, int port, const listen_options *o,
                      char *out, size_t size)
{
    char host[NAME_MAX_HERE], service[64];
    put_host(n, addr, o->numeric, host, sizeof host);
    name_port(port, service_protocol(n), o->numeric, service, sizeof service);
    size_t host_len = strlen(host), service_len = strlen(service);
    if (!o->wide && host_len + service_len > PLACE) {
        if (service_len > PLACE - 4)
            service_len = PLACE - 4;
        host_len = PLACE - service_len;
    }
    snprintf(out, size, "%.*s:%.*s", (int)host_len, host, (int)service_len, service);
}

/* netstat meets the lowest process first. */
static bool lowest_owner(const np_listeners *l, int index, np_owner *out)
{
    bool found = false;
    int count = np_listeners_owner_count(l, index);
    for (int i = 0; i < count; i++) {
        np_owner owner;
        np_listeners_get_owner(l, index, i, &owner, sizeof owner);
        if (found && owner.pid >= out->pid)
            continue;
        *out = owner;
        found = true;
    }
    return found;
}

/* "PID/name", the name being the last part of the first argument when that is a path. */
static void put_program(const np_listeners *l, int index, FILE *out)
{
    np_owner owner;
    char text[PROGRAM + 1] = "-", shown[PROGRAM + 1];
    if (lowest_owner(l, index, &owner)) {
        const char *name = owner.arguments;
        const char *slash = *name == '/' ? strrchr(name, '/') : NULL;
        snprintf(text, sizeof text, "%lld/%s", (long long)owner.pid, slash ? slash + 1 : name);
    }
    columns_printable(text, strlen(text), shown, sizeof shown);
    fprintf(out, " %-20s", shown);
}

static void put_row(const np_listeners *l, int index, const np_listener *n,
                    const listen_options *o, FILE *out)
{
    char local[NAME_MAX_HERE + 64], peer[NAME_MAX_HERE + 64], user[64];
    unsigned send = n->state == NP_SOCKET_LISTENING ? 0 : n->queue_limit;
    put_place(n, n->addr, n->port, o, local, sizeof local);
    put_place(n, n->peer, n->peer_port, o, peer, sizeof peer);
    fprintf(out, "%-4s  %6u %6u %-23s %-23s %-11s", proto_name(n), n->queue, send, local, peer,
            state_name(n));
    if (o->extend) {
        name_user(n->uid, o->numeric, user, sizeof user);
        fprintf(out, " %-10s %-10u", user, n->inode);
    }
    if (o->programs)
        put_program(l, index, out);
    putc('\n', out);
}

static const char *unix_type(const np_listener *n)
{
    return n->socket_type == 1 ? "STREAM" : n->socket_type == 2 ? "DGRAM" : "SEQPACKET";
}

static void put_unix_row(const np_listeners *l, int index, const np_listener *n,
                         const listen_options *o, FILE *out)
{
    const char *state = n->state == NP_SOCKET_LISTENING && n->socket_type != 2 ? "LISTENING"
                        : n->state == NP_SOCKET_ESTABLISHED                    ? "CONNECTED"
                                                                               : "";
    fprintf(out, "unix  %-6s %-11s %-10s %-13s %-8u", "-",
            strcmp(state, "LISTENING") == 0 ? "[ ACC ]" : "[ ]", unix_type(n), state, n->inode);
    if (o->programs)
        put_program(l, index, out);
    fprintf(out, " %s\n", n->path);
}

/* Which sockets a section is about, as netstat sees it. */
static bool is_shown(const np_listener *n, const listen_options *o, bool is_unix)
{
    bool waits = n->state == NP_SOCKET_LISTENING || n->state == NP_SOCKET_CLIENT;
    if ((n->protocol == NP_PROTOCOL_UNIX) != is_unix || n->state == NP_SOCKET_BOUND ||
        n->protocol == NP_PROTOCOL_PING)
        return is_unix && n->protocol == NP_PROTOCOL_UNIX && !o->listening;
    if (o->family && n->family != o->family)
        return false;
    if (is_unix)
        waits = n->state == NP_SOCKET_LISTENING && n->socket_type != 2;
    else if (n->state == NP_SOCKET_CLOSED)
        return o->all;
    return o->all || waits == o->listening;
}

static int put_section(const np_listeners *l, const listen_options *o, bool is_unix, FILE *out)
{
    np_listener n;
    int shown = 0, count = np_listeners_count(l);
    for (int i = 0; i < count; i++) {
        np_listeners_get(l, i, &n, sizeof n);
        if (!is_shown(&n, o, is_unix))
            continue;
        shown++;
        if (is_unix)
            put_unix_row(l, i, &n, o, out);
        else
            put_row(l, i, &n, o, out);
    }
    return shown;
}

static const char *which(const listen_options *o)
{
    return o->all ? "servers and established" : o->listening ? "only servers" : "w/o servers";
}

static void put_header(const listen_options *o, FILE *out)
{
    fprintf(out, "Active Internet connections (%s)\n"
                 "Proto Recv-Q Send-Q Local Address           Foreign Address         State      ",
            which(o));
    if (o->extend)
        fputs(" User       Inode     ", out);
    if (o->programs)
        fputs(" PID/Program name    ", out);
    putc('\n', out);
}

static void put_unix_header(const listen_options *o, FILE *out)
{
    fprintf(out, "Active UNIX domain sockets (%s)\n"
                 "Proto RefCnt Flags       Type       State         I-Node  ",
            which(o));
    if (o->programs)
        fputs(" PID/Program name    ", out);
    fputs(" Path\n", out);
}

int netstat_print(const np_listeners *l, const listen_options *o, FILE *out)
{
    unsigned unix_only = 1u << NP_PROTOCOL_UNIX;
    int shown = 0;
    if (!o->protocols || o->protocols & ~unix_only) {
        put_header(o, out);
        shown += put_section(l, o, false, out);
    }
    if (!o->protocols || o->protocols & unix_only) {
        put_unix_header(o, out);
        shown += put_section(l, o, true, out);
    }
    return shown;
}

void netstat_warn(const np_listeners *l, FILE *err)
{
    np_listeners_info i;
    np_listener n;
    bool denied = false;
    int count = np_listeners_count(l);
    for (int k = 0; k < count && !denied; k++) {
        np_listeners_get(l, k, &n, sizeof n);
        denied = n.owner_state == NP_OWNER_DENIED;
    }
    np_listeners_get_info(l, &i, sizeof i);
    if (denied && i.held > 0)
        fputs("(Not all processes could be identified, non-owned process info\n"
              " will not be shown, you would have to be root to see it all.)\n",
              err);
    else if (denied)
        fprintf(err, "(No info could be read for \"-p\": geteuid()=%d but you should be root.)\n",
                (int)geteuid());
}
