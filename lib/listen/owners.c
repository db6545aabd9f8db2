/* SPDX-License-Identifier: MIT */
/*
 * Decides how long owners are hunted for, and what is said of sockets that have none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "listen/listen.h"
#include "listen/process.h"

enum {
    STEP_CALLS = 1024, /* of a step of the hunt: some 4 ms */
    /* Of a look for a file: two opened, one asked, two closed, and whether the owner lives. */
    FILE_CALLS = 5 + NPI_FILE_CALLS
};

/* What the kernel itself listens for has no descriptor anywhere. */
static void mark_kernel(np_listeners *l)
{
    for (size_t i = 0; i < l->socks.count; i++) {
        npi_sock *s = &l->socks.rows[i];
        if (s->protocol != NP_PROTOCOL_UDP || s->owners > 0)
            continue;
        for (size_t k = 0; k < l->link_count; k++)
            s->kernel |= l->links[k].kernel_port != 0 &&
                         l->links[k].kernel_port == s->local.port;
    }
}

static size_t count_unowned(const np_listeners *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->socks.count; i++) {
        const npi_sock *s = &l->socks.rows[i];
        n += s->owners == 0 && s->inode != 0 && !s->kernel;
    }
    return n;
}

/* Why owners are missing, and what helps. */
static void tell_unowned(np_listeners *l)
{
    char text[256];
    npi_buf b = npi_buf_in(text, sizeof text);
    size_t n = count_unowned(l);
    if (n == 0 || (!l->hunt.blind && l->hunt.failed == NP_OK))
        return;
    npi_buf_printf(&b, "owners of %zu socket%s: ", n, n == 1 ? "" : "s");
    if (l->hunt.failed == NP_ERR_PERMISSION)
        npi_buf_str(&b, "there is no list of processes: is proc mounted there?");
    else if (l->hunt.hidden)
        npi_buf_str(&b, "processes of other users are hidden (/proc is mounted with hidepid): run "
                        "as root, or as a member of the group that its gid= names");
    else if (!l->hunt.refused)
        npi_buf_str(&b, "some processes could not be read to the end, and may hold them");
    else
        npi_buf_str(&b, "processes of other users cannot be looked into: run as root, or with "
                        "cap_sys_ptrace and cap_dac_read_search");
    npi_listen_gap(l, text);
}

/* ---- files of unix sockets ---------------------------------------------------------------- */

/*
 * A file by its path as the owner sees it, in `view`. A socket that lives keeps the entry of its
 * file in the kernel's memory, so RESOLVE_CACHED finds it there, and no file system can hang us.
 */
static int open_cached(int view, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_CACHED | RESOLVE_IN_ROOT};
    long fd = -1;
    for (int tries = 0; tries < 3 && fd < 0; tries++) {
        fd = syscall(SYS_openat2, view, path, &how, sizeof how);
        if (fd < 0 && errno != EAGAIN) /* which is also what a rename elsewhere gives, in passing */
            break;
    }
    return (int)fd;
}

/*
 * Whether it is the file that the kernel told of: 1, 0, or -1 where the number of the inode is the
 * same and that of the device is not, since some file systems (btrfs, overlay) show stat another
 * one than their own. The kernel tells 32 bits of each.
 */
static int is_file_of(int fd, const npi_sock *s)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -1;
    if ((uint32_t)st.st_ino != s->file_inode)
        return 0;
    return (major(st.st_dev) << 20 | minor(st.st_dev)) == s->file_device ? 1 : -1;
}

/* Whether the root that was looked in was the owner's: numbers of processes are used again. */
static bool owner_lives(const np_listeners *l, const npi_sock *s)
{
    return s->owners > 0 &&
           npi_process_same(&l->hunt.processes[l->hunt.holders[s->owner].process], l->proc) == 0;
}

static int open_view(const np_listeners *l, const npi_sock *s)
{
    char path[64];
    npi_buf b = npi_buf_in(path, sizeof path);
    if (s->owners == 0)
        return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    long long pid = l->hunt.processes[l->hunt.holders[s->owner].process].pid;
    npi_buf_printf(&b, "%lld/root", pid);
    return openat(l->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* 0 there, 1 gone or another file, -1 unknown: from here a path of another root means nothing. */
static int8_t is_unlinked(const np_listeners *l, const npi_sock *s)
{
    char path[128];
    const char *name = l->socks.names.data + s->name;
    if (s->name_len == 0 || *name != '/' || s->name_len >= sizeof path)
        return -1;
    memcpy(path, name, s->name_len);
    path[s->name_len] = '\0';
    int view = open_view(l, s);
    if (view < 0)
        return -1;
    int fd = open_cached(view, path);
    int err = errno;
    int there = fd >= 0 ? is_file_of(fd, s) : err == ENOENT || err == EAGAIN ? 0 : -1;
    npi_listen_close(&fd);
    npi_listen_close(&view);
    return there > 0 ? 0 : there == 0 && owner_lives(l, s) ? 1 : -1;
}

static void end_run(np_listeners *l);

void npi_listen_step_files(np_listeners *l, int *budget)
{
    for (; l->row < l->socks.count && *budget > 0; l->row++) {
        npi_sock *s = &l->socks.rows[l->row];
        s->unlinked = -1;
        if (!s->has_file)
            continue;
        s->unlinked = is_unlinked(l, s);
        *budget -= FILE_CALLS;
    }
    if (l->row == l->socks.count)
        end_run(l);
}

/* ---- the end ------------------------------------------------------------------------------ */

/* Any of the texts by which people know a socket. */
static bool matches(const np_listeners *l, const npi_sock *s, const char *words)
{
    const npi_hunt *h = &l->hunt;
    bool found = npi_filter_match(words, npi_hunt_cgroup_unit(h, s->cgroup)) ||
                 (s->name_len > 0 && npi_filter_match(words, l->socks.paths.data + s->path));
    for (uint32_t k = 0; k < s->owners && !found; k++) {
        const npi_process *p = &h->processes[h->holders[s->owner + k].process];
        found = npi_filter_match(words, npi_hunt_text(h, p->process)) ||
                npi_filter_match(words, npi_hunt_text(h, p->unit)) ||
                npi_filter_match(words, npi_hunt_text(h, p->container));
    }
    return found;
}

static bool is_held_by(const np_listeners *l, const npi_sock *s, int64_t pid)
{
    for (uint32_t k = 0; k < s->owners; k++)
        if (l->hunt.processes[l->hunt.holders[s->owner + k].process].pid == pid)
            return true;
    return false;
}

/* The filters that need owners. */
static void keep_wanted(np_listeners *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->socks.count; i++) {
        const npi_sock s = l->socks.rows[i];
        if (l->settings.pid > 0 && !is_held_by(l, &s, l->settings.pid))
            continue;
        if (l->settings.match && !matches(l, &s, l->settings.match))
            continue;
        l->socks.rows[kept++] = s;
    }
    l->socks.count = kept;
}

static void end_hunt(np_listeners *l, bool complete)
{
    npi_hunt_settle(&l->hunt, &l->socks);
    mark_kernel(l);
    tell_unowned(l);
    if (l->hunt.texts.cut)
        npi_listen_gap(l, "names of processes take more memory than a listing may have: some are "
                          "left out");
    keep_wanted(l);
    l->info.complete = complete && !l->hunt.blind && l->hunt.failed == NP_OK;
    l->info.processes = l->hunt.looked_into;
    l->info.denied = l->hunt.denied;
    l->info.descriptors = l->hunt.descriptors;
    l->info.held = l->hunt.held;
    l->phase = NPI_LISTEN_FILES;
    l->row = 0;
}

static void end_run(np_listeners *l)
{
    npi_now now;
    npi_context_now(l->o.ctx, &now);
    l->info.end_ns = now.wall.ns;
    if (l->hunt.failed == NP_ERR_MFILE)
        npi_listen_end(l, NP_ERR_MFILE, npi_no_descriptors);
    else if (l->hunt.failed == NP_ERR_NOMEM)
        npi_listen_out_of_memory(l);
    else
        npi_listen_end(l, NP_OK, "");
}

void npi_listen_begin_hunt(np_listeners *l)
{
    npi_now now;
    npi_context_now(l->o.ctx, &now);
    l->phase = NPI_LISTEN_HUNT;
    l->hunting_all = l->settings.owners == NPI_OWNERS_ALL || l->settings.pid > 0;
    l->hunt_end = npi_mono_add(now.mono, l->settings.owner_budget);
    if (l->settings.owners == NPI_OWNERS_NONE && l->settings.pid == 0 && !l->settings.match) {
        end_hunt(l, false);
        return;
    }
    l->hunt.self = l->o.ctx->pid;
    if (npi_hunt_begin(&l->hunt, l->proc, l->cgroups, &l->socks, l->hunting_all,
                       l->settings.command == NP_CHOICE_YES) < 0)
        npi_listen_out_of_memory(l);
}

/* Auto: whoever comes first for every socket, then further owners while the time lasts. */
void npi_listen_step_hunt(np_listeners *l, const npi_now *now, int *budget)
{
    *budget = 0; /* one step a turn */
    bool over = npi_hunt_step(&l->hunt, STEP_CALLS);
    bool late = l->hunting_all && l->settings.owners == NPI_OWNERS_AUTO &&
                l->settings.pid == 0 && !npi_mono_before(now->mono, l->hunt_end);
    if (over && !l->hunting_all && l->settings.owners == NPI_OWNERS_AUTO && l->hunt.failed == 0) {
        l->hunting_all = true;
        npi_hunt_go_on(&l->hunt);
        return;
    }
    if (over || late)
        end_hunt(l, over && l->hunting_all);
}

