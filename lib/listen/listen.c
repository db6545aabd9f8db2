/* SPDX-License-Identifier: MIT */
/*
 * The course of a listing.
 *
 *     OPEN    descriptors
 *     DUMP    each query twice, a third time where the two differ; begun again, up to three
 *             times, where the kernel says that it was interrupted or busy, that it lost some, or
 *             where its answer did not fit
 *     PROC    what sock_diag does not know, or not to its end, from /proc/net
 *     LINKS   interfaces and addresses; begun again as a query is
 *     ROUTES  one question for each address that no interface has
 *     HUNT    owners, in steps
 *     FILES   whether the names of unix sockets still lead to them
 *
 * Each call of the task does one bounded piece: so many datagrams, chunks or reads.
 */
#include "listen/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/socket.h"

#ifndef SO_NETNS_COOKIE /* headers older than the kernel lack it */
#define SO_NETNS_COOKIE 71
#endif

enum {
    BUFFER = 64 << 10, /* octets; kernels with large pages send some 8 KiB at once */
    ALL_STATES = 0xffff
};

static const int64_t patience = NP_SECOND; /* with a netlink socket that does not answer */

static const char out_of_memory[] = "out of memory";
const char npi_no_descriptors[] = "this process has no descriptors left (see ulimit -n)";

static np_listeners *listeners_of(npi_object *o)
{
    return npi_container(o, np_listeners, o);
}

void npi_listen_gap(np_listeners *l, const char *sentence)
{
    for (int i = 0; i < l->gap_count; i++)
        if (strcmp(l->gaps[i], sentence) == 0)
            return;
    if (l->gap_count == NPI_GAPS)
        return;
    size_t len = strlen(sentence) + 1;
    char *copy = npi_alloc(&l->o.mem, len, 1);
    if (!copy) {
        l->gap_lost = true;
        return;
    }
    memcpy(copy, sentence, len);
    l->gaps[l->gap_count++] = copy;
}

void npi_listen_end(np_listeners *l, np_status st, const char *sentence)
{
    npi_buf b = npi_buf_in(l->o.error, sizeof l->o.error);
    npi_buf_str(&b, l->gap_lost ? out_of_memory : sentence);
    l->phase = NPI_LISTEN_END;
    npi_object_finish(&l->o, l->gap_lost ? NP_ERR_NOMEM : st);
}

void npi_listen_out_of_memory(np_listeners *l)
{
    npi_listen_end(l, NP_ERR_NOMEM, out_of_memory);
}

void npi_listen_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- what a run needs open ---------------------------------------------------------------- */

/* -1 with errno where it could not be opened. */
static int open_netlink(int handed, int protocol)
{
    if (handed > 0)
        return fcntl(handed - 1, F_DUPFD_CLOEXEC, 0);
    return npi_socket(AF_NETLINK, SOCK_RAW, protocol);
}

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Identities of cgroups are those of the unified tree; version 1 may have its root to itself. */
static int open_cgroups(const char *root)
{
    struct statfs fs;
    int fd = open_folder(root ? root : "/sys/fs/cgroup");
    if (fd < 0 || root || (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC))
        return fd;
    int unified = openat(fd, "unified", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(fd);
    return unified;
}

/* What cannot be opened is done without, and told; being out of descriptors is another matter. */
static bool out_of_descriptors(int fd)
{
    return fd < 0 && (errno == EMFILE || errno == ENFILE);
}

/* Which network namespace a socket is of; 0: Linux before 5.14 does not tell. */
static uint64_t netns_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

/*
 * Sockets of the program's may be of another namespace than this process, or each of its own.
 * Where the kernel does not tell, what the program handed in is taken for one of its own.
 */
static bool compare_netns(np_listeners *l)
{
    l->foreign = l->apart = false;
    if (l->handed_diag == 0 && l->handed_route == 0)
        return true;
    int here = npi_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (out_of_descriptors(here))
        return false;
    uint64_t own = netns_of(here), diag = netns_of(l->diag), route = netns_of(l->route);
    npi_listen_close(&here);
    bool told = own != 0 && diag != 0 && route != 0;
    l->foreign = told ? diag != own : l->handed_diag > 0;
    l->apart = told ? diag != route : (l->handed_diag > 0) != (l->handed_route > 0);
    return true;
}

static bool open_all(np_listeners *l)
{
    const char *proc = l->settings.proc_root ? l->settings.proc_root : "/proc";
    l->diag = open_netlink(l->handed_diag, NETLINK_SOCK_DIAG);
    bool ok = !out_of_descriptors(l->diag);
    if (ok) {
        l->route = open_netlink(l->handed_route, NETLINK_ROUTE);
        ok = !out_of_descriptors(l->route) && compare_netns(l);
    }
    if (ok) {
        l->proc = open_folder(proc);
        ok = !out_of_descriptors(l->proc);
    }
    if (ok) {
        l->cgroups = open_cgroups(l->settings.cgroup_root);
        ok = !out_of_descriptors(l->cgroups);
    }
    if (!ok)
        npi_listen_end(l, NP_ERR_MFILE, npi_no_descriptors);
    return ok;
}

/* ---- the course --------------------------------------------------------------------------- */

/* All rows are known: each once, those that pass, in order. */
static void settle_rows(np_listeners *l)
{
    npi_sock_filter f = {.family = l->settings.family,
                         .uid = l->settings.uid,
                         .state = l->settings.state};
    npi_text wrong;
    if (l->settings.port)
        npi_filter_ports(l->settings.port, f.ports, &f.port_count, &wrong);
    l->info.sockets = l->socks.count;
    npi_socks_merge_mptcp(&l->socks);
    l->info.clients = npi_socks_filter(&l->socks, &f);
    if (!npi_socks_write_paths(&l->socks) || !npi_socks_order(&l->socks))
        npi_listen_out_of_memory(l);
}

static void end_proc(np_listeners *l)
{
    if (l->phase != NPI_LISTEN_LINKS)
        return;
    if (l->listed)
        settle_rows(l);
    else if (l->gap_count == 1) /* the one protocol that was asked for */
        npi_listen_end(l, NP_ERR_UNSUPPORTED, l->gaps[0]);
    else
        npi_listen_end(l, NP_ERR_UNSUPPORTED, "sockets can be listed neither by sock_diag nor "
                                              "from /proc/net: is proc mounted there?");
}

static void step(np_listeners *l, const npi_now *now, int *budget)
{
    switch (l->phase) {
    case NPI_LISTEN_OPEN:
        if (open_all(l)) {
            l->phase = NPI_LISTEN_DUMP;
            npi_listen_next_query(l);
        }
        break;
    case NPI_LISTEN_DUMP:
        npi_listen_step_dump(l, budget);
        break;
    case NPI_LISTEN_PROC:
        npi_listen_step_proc(l, budget);
        end_proc(l);
        break;
    case NPI_LISTEN_LINKS:
        npi_listen_step_links(l, budget);
        break;
    case NPI_LISTEN_ROUTES:
        npi_listen_step_routes(l, budget);
        break;
    case NPI_LISTEN_HUNT:
        npi_listen_step_hunt(l, now, budget);
        break;
    case NPI_LISTEN_FILES:
        npi_listen_step_files(l, budget);
        break;
    case NPI_LISTEN_END:
        break;
    }
}

/*
 * The kernel answers while it is asked, so there is hardly ever anything to wait for. But where a
 * program reads from a socket that it has handed in, an answer may never come.
 */
static void wait_for_answer(np_listeners *l, const npi_now *now)
{
    npi_reactor *r = &l->o.ctx->reactor;
    if (l->give_up.ns == NPI_NEVER.ns)
        l->give_up = npi_mono_add(now->mono, patience);
    npi_reactor_alarm(r, &l->alarm, l->give_up);
    if (l->watch.fd != l->starving)
        npi_reactor_watch(r, &l->watch, l->starving, &l->task, false);
}

static void stop_waiting(np_listeners *l)
{
    npi_reactor *r = &l->o.ctx->reactor;
    if (l->give_up.ns == NPI_NEVER.ns)
        return;
    l->give_up = NPI_NEVER;
    npi_reactor_alarm(r, &l->alarm, NPI_NEVER);
    npi_reactor_unwatch(r, &l->watch);
}

static void run(npi_task *task, const npi_now *now, int *budget)
{
    np_listeners *l = npi_container(task, np_listeners, task);
    if (l->o.state != NPI_RUNNING)
        return;
    if (!npi_mono_before(now->mono, l->give_up))
        l->dump.error = ETIMEDOUT;
    l->starving = -1;
    step(l, now, budget);
    if (l->phase == NPI_LISTEN_END)
        return;
    if (l->starving >= 0) {
        wait_for_answer(l, now);
        return;
    }
    stop_waiting(l);
    npi_reactor_post(&l->o.ctx->reactor, &l->task);
}

/* ---- the plan ---------------------------------------------------------------------------- */

static void plan(np_listeners *l, int protocol, uint32_t states)
{
    bool info = l->settings.state == NPI_FILTER_CONNECTED || l->settings.state == NPI_FILTER_ALL;
    for (int family = 4; family <= 6; family += 2) {
        if (l->settings.family == 4 && family == 6 && protocol == NP_PROTOCOL_PING)
            continue;
        npi_diag_query q = {.protocol = (uint8_t)protocol,
                            .family = protocol == NP_PROTOCOL_UNIX ? 0 : (uint8_t)family,
                            .states = states,
                            .info = info && protocol <= NP_PROTOCOL_MPTCP};
        l->queries[l->query_count++] = q;
        if (protocol == NP_PROTOCOL_UNIX)
            return;
        if (protocol == NP_PROTOCOL_UDP || protocol == NP_PROTOCOL_UDPLITE) {
            q.autobound = true;
            l->queries[l->query_count++] = q;
        }
    }
}

/* What the kernel is asked for: as little as the filter allows. */
static uint32_t states_for(const np_listeners *l, int protocol)
{
    bool stream = protocol <= NP_PROTOCOL_MPTCP || protocol == NP_PROTOCOL_SCTP;
    if (l->settings.state != NPI_FILTER_LISTENING && l->settings.state != NPI_FILTER_UNCONNECTED)
        return ALL_STATES;
    if (protocol == NP_PROTOCOL_UNIX)
        return 1u << NPI_LISTEN | 1u << NPI_CLOSE;
    return stream ? 1u << NPI_LISTEN : 1u << NPI_CLOSE;
}

static void plan_all(np_listeners *l)
{
    unsigned wanted = ~(1u << NP_PROTOCOL_UNIX);
    npi_text wrong;
    if (l->settings.protocols)
        npi_filter_protocols(l->settings.protocols, &wanted, &wrong);
    if (wanted >> NP_PROTOCOL_TCP & 1) /* one is listed as the other */
        wanted |= 1u << NP_PROTOCOL_MPTCP;
    l->query_count = 0;
    for (int p = NP_PROTOCOL_TCP; p <= NP_PROTOCOL_UNIX; p++)
        if (wanted >> p & 1)
            plan(l, p, states_for(l, p));
}

/* ---- life -------------------------------------------------------------------------------- */

static void stop(npi_object *o)
{
    np_listeners *l = listeners_of(o);
    if (o->ctx)
        stop_waiting(l);
    npi_task_unpost(&l->task);
    npi_listen_close(&l->diag);
    npi_listen_close(&l->route);
    npi_listen_close(&l->proc);
    npi_listen_close(&l->cgroups);
    npi_listen_close(&l->file);
    npi_free(&o->mem, l->buffer);
    l->buffer = NULL;
    l->buffer_size = 0;
}

static void drop_results(np_listeners *l)
{
    npi_socks_free(&l->socks);
    npi_hunt_free(&l->hunt);
    npi_free(&l->o.mem, l->links);
    npi_free(&l->o.mem, l->addrs);
    l->links = NULL;
    l->addrs = NULL;
    l->link_count = l->link_room = l->addr_count = l->addr_room = 0;
    while (l->gap_count > 0)
        npi_free(&l->o.mem, l->gaps[--l->gap_count]);
    npi_buf_free(&l->json);
    l->info = (np_listeners_info){.start_ns = -1, .end_ns = -1};
}

/*
 * A socket that the program hands in may still hold answers to questions of its own, or those of
 * a run that was cancelled: numbers that nobody else has counted to tell them from ours. Without
 * random ones, those of the run before are gone on with.
 */
static void begin_numbers(np_listeners *l)
{
    const npi_clock *clock = l->o.ctx->world.clock;
    uint32_t first;
    if (clock->ops->random(clock, &first, sizeof first))
        l->seq = first;
}

/* Trouble of a run arrives by DONE: the task reports what could not be opened. */
static np_status start(npi_object *o)
{
    np_listeners *l = listeners_of(o);
    npi_now now;
    npi_context_now(o->ctx, &now);
    npi_socks_init(&l->socks, &o->mem);
    npi_hunt_init(&l->hunt, &o->mem);
    l->buffer = npi_alloc(&o->mem, BUFFER, 1);
    if (!l->buffer)
        return NP_ERR_NOMEM;
    l->buffer_size = BUFFER;
    l->info.start_ns = now.wall.ns;
    plan_all(l);
    memset(l->by_proc, 0, sizeof l->by_proc);
    l->phase = NPI_LISTEN_OPEN;
    l->query = -1;
    begin_numbers(l);
    l->draining = false;
    l->listed = l->asked_addrs = l->asked_route = l->gap_lost = false;
    npi_reactor_post(&o->ctx->reactor, &l->task);
    return NP_OK;
}

/* A run that is cleared begins anew: its figures are of one moment. */
static void clear(npi_object *o)
{
    np_listeners *l = listeners_of(o);
    bool live = npi_object_live(o);
    if (live)
        stop(o);
    drop_results(l);
    if (live && start(o) < 0)
        npi_listen_out_of_memory(l);
}

static void set_paused(npi_object *o)
{
    np_listeners *l = listeners_of(o);
    stop_waiting(l);
    if (o->state == NPI_RUNNING)
        npi_reactor_post(&o->ctx->reactor, &l->task);
}

static void take_back(int *handed)
{
    if (*handed > 0)
        close(*handed - 1);
    *handed = 0;
}

static void reset(npi_object *o)
{
    np_listeners *l = listeners_of(o);
    npi_options_default(npi_listen_options, npi_listen_option_count, &o->mem, &l->settings);
    take_back(&l->handed_diag);
    take_back(&l->handed_route);
}

static void destroy(npi_object *o)
{
    np_listeners *l = listeners_of(o);
    drop_results(l);
    npi_options_free(npi_listen_options, npi_listen_option_count, &o->mem, &l->settings);
    take_back(&l->handed_diag);
    take_back(&l->handed_route);
}

static const npi_noun noun = {start, stop, set_paused, clear, reset, destroy, .keeps = false};

np_listeners *np_listeners_new(np_context *ctx)
{
    np_listeners *l = npi_object_new(ctx, &noun, sizeof *l);
    if (!l)
        return NULL;
    l->diag = l->route = l->proc = l->cgroups = l->file = l->watch.fd = -1;
    l->give_up = NPI_NEVER;
    npi_task_init(&l->task, run);
    l->alarm.task = &l->task;
    l->info = (np_listeners_info){.start_ns = -1, .end_ns = -1};
    l->json = npi_buf_grow(&l->o.mem, SIZE_MAX / 2);
    return l;
}
