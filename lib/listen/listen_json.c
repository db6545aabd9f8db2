/* SPDX-License-Identifier: MIT */
/*
 * The JSON document of a listing, schema netprobe.listeners/1, described field by field in
 * netprobe(3). Written from the public results, so that both say the same.
 */
#include <string.h>

#include "base/json.h"
#include "listen/listen.h"

/* 1, 0, or -1 for what is not known */
static void put_flag(npi_json *j, const char *key, int32_t v)
{
    if (v < 0)
        npi_json_null(j, key);
    else
        npi_json_bool(j, key, v != 0);
}

/* 0 is "unknown", or "none" */
static void put_number(npi_json *j, const char *key, uint64_t v)
{
    if (v == 0)
        npi_json_null(j, key);
    else
        npi_json_u64(j, key, v);
}

/* Octets that are no text of their own, two digits each. */
static void put_octets(npi_json *j, const char *key, const void *data, size_t len)
{
    char text[2 * 128 + 1];
    npi_buf b = npi_buf_in(text, sizeof text);
    for (size_t i = 0; i < len && i < 128; i++)
        npi_buf_printf(&b, "%02x", ((const uint8_t *)data)[i]);
    npi_json_str(j, key, len ? text : NULL);
}

static const char *scope_name(int scope)
{
    static const char *const names[] = {"none", "loopback", "address", "all"};
    return names[scope];
}

static const char *owner_state_name(int state)
{
    static const char *const names[] = {"unknown", "known", "denied", "kernel", "none"};
    return names[state];
}

static void put_place(npi_json *j, const np_listener *n)
{
    bool is_unix = n->protocol == NP_PROTOCOL_UNIX;
    npi_json_str(j, "protocol", np_protocol_name(n->protocol));
    npi_json_str(j, "state", np_socket_state_name(n->state));
    put_number(j, "family", (uint64_t)n->family);
    npi_json_text(j, "addr", n->addr);
    npi_json_known(j, "port", is_unix ? -1 : n->port);
    npi_json_text(j, "peer", n->peer);
    npi_json_known(j, "peer_port", is_unix ? -1 : n->peer_port);
    npi_json_str(j, "scope", scope_name(n->scope));
    npi_json_bool(j, "ipv4", n->ipv4 != 0);
    npi_json_bool(j, "ipv6", n->ipv6 != 0);
    put_flag(j, "v6only", n->v6only);
    npi_json_bool(j, "dormant", n->dormant != 0);
    npi_json_text(j, "interface", n->interface);
    npi_json_text(j, "path", n->path);
    put_octets(j, "name_octets", n->name, n->name_len);
    put_number(j, "socket_type", (uint64_t)n->socket_type);
    put_flag(j, "unlinked", n->unlinked);
}

static void put_socket(npi_json *j, const np_listener *n)
{
    npi_json_u64(j, "queue", n->queue);
    npi_json_u64(j, "queue_limit", n->queue_limit);
    npi_json_bool(j, "queue_full", n->queue_full != 0);
    npi_json_u64(j, "uid", n->uid);
    put_number(j, "inode", n->inode);
    put_number(j, "cookie", n->cookie);
    put_number(j, "cgroup_id", n->cgroup_id);
    npi_json_bool(j, "from_proc", n->from_proc != 0);
    npi_json_text(j, "unit", n->unit);
    npi_json_text(j, "socket_unit", n->socket_unit);
    npi_json_text(j, "device", n->device);
}

static void put_tcp(npi_json *j, const np_listener *n)
{
    if (n->rtt_ns < 0 && n->congestion_window == 0)
        return;
    npi_json_object(j, "tcp");
    npi_json_known(j, "rtt_ns", n->rtt_ns);
    npi_json_known(j, "rtt_variation_ns", n->rtt_variation_ns);
    npi_json_known(j, "min_rtt_ns", n->min_rtt_ns);
    npi_json_u64(j, "sent_octets", n->sent_octets);
    npi_json_u64(j, "received_octets", n->received_octets);
    npi_json_u64(j, "retransmits", n->retransmits);
    npi_json_u64(j, "congestion_window", n->congestion_window);
    npi_json_object_end(j);
}

static void put_owner(npi_json *j, const np_owner *o)
{
    npi_json_object(j, NULL);
    npi_json_i64(j, "pid", o->pid);
    npi_json_i64(j, "tid", o->tid);
    npi_json_known(j, "fd", o->fd);
    npi_json_known(j, "uid", o->uid);
    npi_json_i64(j, "start_ticks", o->start_ticks);
    npi_json_str(j, "process", o->process);
    put_octets(j, "comm_octets", o->comm, o->comm_len);
    npi_json_text(j, "exe", o->exe);
    npi_json_bool(j, "exe_deleted", o->exe_deleted != 0);
    npi_json_text(j, "command", o->command);
    npi_json_text(j, "cgroup", o->cgroup);
    npi_json_text(j, "unit", o->unit);
    npi_json_text(j, "container", o->container);
    npi_json_object_end(j);
}

static void put_listener(npi_json *j, const np_listeners *l, int index)
{
    np_listener n;
    np_owner o;
    np_listeners_get(l, index, &n, sizeof n);
    npi_json_object(j, NULL);
    put_place(j, &n);
    put_socket(j, &n);
    put_tcp(j, &n);
    npi_json_str(j, "owner_state", owner_state_name(n.owner_state));
    npi_json_array(j, "owners");
    for (int i = 0; i < n.owner_count; i++) {
        np_listeners_get_owner(l, index, i, &o, sizeof o);
        put_owner(j, &o);
    }
    npi_json_array_end(j);
    npi_json_object_end(j);
}

static void put_interface(npi_json *j, const np_interface *i)
{
    npi_json_object(j, NULL);
    npi_json_i64(j, "index", i->index);
    npi_json_str(j, "name", i->name);
    npi_json_text(j, "addr", i->addr);
    put_number(j, "family", (uint64_t)i->family);
    npi_json_known(j, "prefix_len", i->family ? i->prefix_len : -1);
    npi_json_bool(j, "up", i->up != 0);
    npi_json_bool(j, "loopback", i->loopback != 0);
    npi_json_object_end(j);
}

static void put_run(npi_json *j, const np_listeners *l)
{
    np_listeners_info i;
    np_listeners_get_info(l, &i, sizeof i);
    npi_json_str(j, "schema", "netprobe.listeners/1");
    npi_json_str(j, "status", np_status_name(npi_object_status(&l->o)));
    npi_json_str(j, "error", np_listeners_error(l));
    npi_json_u64(j, "sockets", i.sockets);
    npi_json_u64(j, "clients", i.clients);
    npi_json_u64(j, "processes", i.processes);
    npi_json_u64(j, "denied", i.denied);
    npi_json_u64(j, "descriptors", i.descriptors);
    npi_json_u64(j, "held", i.held);
    npi_json_u64(j, "dumps", i.dumps);
    npi_json_bool(j, "complete", i.complete != 0);
    npi_json_known(j, "start_ns", i.start_ns);
    npi_json_known(j, "end_ns", i.end_ns);
    npi_json_array(j, "gaps");
    for (int k = 0; k < np_listeners_gap_count(l); k++)
        npi_json_str(j, NULL, np_listeners_gap(l, k));
    npi_json_array_end(j);
}

static void put_interfaces(npi_json *j, const np_listeners *l)
{
    np_interface row;
    int count = np_listeners_interface_count(l);
    npi_json_array(j, "interfaces");
    for (int i = 0; i < count; i++) {
        np_listeners_get_interface(l, i, &row, sizeof row);
        put_interface(j, &row);
    }
    npi_json_array_end(j);
}

const char *np_listeners_json(np_listeners *l)
{
    if (!l)
        return NULL;
    npi_buf_clear(&l->json);
    npi_json j = npi_json_into(&l->json);
    npi_json_object(&j, NULL);
    put_run(&j, l);
    put_interfaces(&j, l);
    npi_json_array(&j, "listeners");
    int count = np_listeners_count(l);
    for (int i = 0; i < count; i++)
        put_listener(&j, l, i);
    npi_json_array_end(&j);
    npi_json_object_end(&j);
    npi_buf_char(&l->json, '\n');
    return l->json.nomem ? NULL : npi_buf_text(&l->json);
}
