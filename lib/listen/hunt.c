/* SPDX-License-Identifier: MIT */
/*
 * Decides where to look next for the owners of sockets, and when to stop. Who a process is, is
 * found out by process.c.
 */
#include "listen/hunt.h"

#include <errno.h>
#include <string.h>

#include "base/sort.h"
#include "listen/procfs.h"

enum {
    LOW = 64, /* descriptors in which a server's sockets mostly are */
    TEXTS_MAX = 256 << 20,
    FOLDERS_MAX = 16 << 20
};

void npi_hunt_init(npi_hunt *h, const npi_mem *mem)
{
    memset(h, 0, sizeof *h);
    h->mem = mem;
    h->proc = h->cgroups = -1;
    h->phase = NPI_HUNT_DONE;
    h->texts = npi_buf_grow(mem, TEXTS_MAX);
    h->folders = npi_buf_grow(mem, FOLDERS_MAX);
}

void npi_hunt_free(npi_hunt *h)
{
    if (!h->mem)
        return;
    npi_free(h->mem, h->wanted);
    npi_free(h->mem, h->ids);
    npi_free(h->mem, h->slots);
    npi_free(h->mem, h->processes);
    npi_free(h->mem, h->holders);
    npi_buf_free(&h->texts);
    npi_buf_free(&h->folders);
    npi_hunt_init(h, h->mem);
}

static int by_pid(const void *a, const void *b, const void *with)
{
    int64_t x = ((const npi_slot *)a)->pid, y = ((const npi_slot *)b)->pid;
    (void)with;
    return x < y ? -1 : x > y;
}

static void want(npi_hunt *h, const npi_socks *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const npi_sock *row = &s->rows[i];
        if (row->inode != 0) /* a connection that nobody has accepted has none */
            h->wanted[h->wanted_count++] = (npi_wanted){row->inode, (uint32_t)i, false};
        if (row->cgroup > 1) /* 1 is the root: that says nothing */
            h->ids[h->id_count++] = (npi_cgroup){.id = row->cgroup};
    }
    npi_hunt_want_sockets(h);
    npi_hunt_want_cgroups(h);
}

np_status npi_hunt_begin(npi_hunt *h, int proc, int cgroups, const npi_socks *s, bool all,
                         bool command)
{
    h->proc = proc;
    h->cgroups = cgroups;
    h->all = all;
    h->command = command;
    h->wanted = npi_alloc(h->mem, s->count + 1, sizeof *h->wanted);
    h->ids = npi_alloc(h->mem, s->count + 1, sizeof *h->ids);
    npi_buf_char(&h->texts, '\0'); /* text 0 is the empty one */
    if (!h->wanted || !h->ids || h->texts.nomem)
        return NP_ERR_NOMEM;
    want(h, s);
    h->phase = NPI_HUNT_LIST;
    if (h->cgroups >= 0 && h->id_count > 0) {
        h->phase = NPI_HUNT_CGROUPS;
        npi_buf_bytes(&h->folders, ".", 2);
    }
    return h->folders.nomem ? NP_ERR_NOMEM : NP_OK;
}

bool npi_hunt_fail(npi_hunt *h, np_status st)
{
    h->failed = st;
    h->phase = NPI_HUNT_DONE;
    return false;
}

bool npi_hunt_opened(npi_hunt *h, int err)
{
    if (err == EMFILE || err == ENFILE)
        npi_hunt_fail(h, NP_ERR_MFILE);
    return err == 0;
}

bool npi_hunt_satisfied(const npi_hunt *h)
{
    return !h->all && h->missing == 0;
}

bool npi_hunt_add_slot(npi_hunt *h, int64_t pid)
{
    if (!npi_make_room(h->mem, &h->slots, h->slot_count, &h->slot_room, sizeof *h->slots))
        return npi_hunt_fail(h, NP_ERR_NOMEM);
    h->slots[h->slot_count++] = (npi_slot){.pid = pid};
    return true;
}

/* ---- the list of processes --------------------------------------------------------------- */

static bool known_pid(const npi_hunt *h, int64_t pid)
{
    npi_slot key = {.pid = pid};
    size_t i = npi_lower_bound(&key, h->slots, h->guided, sizeof key, by_pid, NULL);
    return i < h->guided && h->slots[i].pid == pid;
}

static void end_list(npi_hunt *h)
{
    h->listed = true;
    if (!h->saw_process) { /* no proc: where others are hidden, we are there ourselves */
        npi_hunt_fail(h, NP_ERR_PERMISSION);
        return;
    }
    h->blind |= h->hidden = !h->saw_init;
    h->slot = 0;
    h->phase = h->all ? NPI_HUNT_REST : NPI_HUNT_LOW;
}

static void list_processes(npi_hunt *h)
{
    npi_folder f;
    npi_entry e;
    uint64_t pid;
    bool more = true;
    int err = npi_folder_open(&f, h->proc, ".", h->list, NPI_HUNT_EVERYTHING);
    if (err) {
        npi_hunt_fail(h, err == EMFILE || err == ENFILE ? NP_ERR_MFILE : NP_ERR_PERMISSION);
        return;
    }
    while (h->left > 0 && h->phase != NPI_HUNT_DONE) {
        more = npi_folder_next(&f, &e);
        if (!more)
            break;
        h->left--;
        h->list = f.position;
        if (!npi_proc_number((npi_text){e.name, strlen(e.name)}, &pid))
            continue;
        h->saw_process = true;
        h->saw_init |= pid == 1;
        if (!known_pid(h, (int64_t)pid))
            npi_hunt_add_slot(h, (int64_t)pid);
    }
    npi_folder_close(&f);
    h->blind |= !npi_hunt_opened(h, f.error); /* whoever is missing may hold anything */
    if (!more && h->phase != NPI_HUNT_DONE)
        end_list(h);
}

/* ---- rounds over all processes ----------------------------------------------------------- */

static void end_round(npi_hunt *h, bool over, size_t end, npi_hunt_phase then)
{
    if (h->phase == NPI_HUNT_DONE)
        return;
    if (over) {
        h->phase = NPI_HUNT_DONE;
    } else if (h->slot >= end) {
        h->slot = 0;
        h->phase = then;
    }
    h->exhausted |= h->phase == NPI_HUNT_DONE && !h->hidden;
}

/* Each process once, up to its `most`-th descriptor. */
static void look_into_all(npi_hunt *h, size_t end, size_t most, npi_hunt_phase then)
{
    while (h->left > 0 && h->phase != NPI_HUNT_DONE && h->slot < end && !npi_hunt_satisfied(h)) {
        npi_slot *slot = &h->slots[h->slot];
        if (!slot->done && (slot->position == 0 || most == NPI_HUNT_EVERYTHING))
            npi_hunt_look_into(h, slot, most);
        /* A table that the step did not reach the end of is gone on with in the next one. */
        if (slot->done || most != NPI_HUNT_EVERYTHING)
            h->slot++;
    }
    end_round(h, npi_hunt_satisfied(h), end, then);
}

/* What is left is hidden in tables that hardly anybody has. */
static void look_closer(npi_hunt *h, bool (*look)(npi_hunt *, npi_slot *), npi_hunt_phase then)
{
    while (h->left > 0 && h->phase != NPI_HUNT_DONE && h->missing > 0 &&
           h->slot < h->slot_count) {
        npi_slot *slot = &h->slots[h->slot];
        bool candidate = !slot->denied && (then == NPI_HUNT_RINGS || slot->ring);
        if (candidate && !look(h, slot))
            continue;
        h->slot++;
        h->thread = h->table = 0;
    }
    end_round(h, h->missing == 0, h->slot_count, then);
}

static void end_cgroups(npi_hunt *h)
{
    h->guided = h->slot_count;
    npi_sort(h->slots, h->guided, sizeof *h->slots, by_pid, NULL);
    h->phase = NPI_HUNT_GUIDED;
}

bool npi_hunt_step(npi_hunt *h, int calls)
{
    h->left = calls;
    while (h->left > 0 && h->phase != NPI_HUNT_DONE) {
        switch (h->phase) {
        case NPI_HUNT_CGROUPS:
            if (npi_hunt_walk_cgroups(h))
                end_cgroups(h);
            break;
        case NPI_HUNT_GUIDED:
            look_into_all(h, h->guided, NPI_HUNT_EVERYTHING, NPI_HUNT_LIST);
            break;
        case NPI_HUNT_LIST:
            list_processes(h);
            break;
        case NPI_HUNT_LOW:
            look_into_all(h, h->slot_count, LOW, NPI_HUNT_REST);
            break;
        case NPI_HUNT_REST:
            look_into_all(h, h->slot_count, NPI_HUNT_EVERYTHING, NPI_HUNT_THREADS);
            break;
        case NPI_HUNT_THREADS:
            look_closer(h, npi_hunt_look_into_threads, NPI_HUNT_RINGS);
            break;
        case NPI_HUNT_RINGS:
            look_closer(h, npi_hunt_look_into_rings, NPI_HUNT_DONE);
            break;
        case NPI_HUNT_DONE:
            break;
        }
    }
    return h->phase == NPI_HUNT_DONE;
}

void npi_hunt_go_on(npi_hunt *h)
{
    if (h->failed < 0)
        return;
    h->all = true;
    h->slot = 0;
    h->denied = h->looked_into = 0;
    for (size_t i = 0; i < h->slot_count; i++) {
        h->slots[i].position = 0;
        h->slots[i].done = false;
    }
    if (!h->listed) {
        h->phase = NPI_HUNT_LIST;
        return;
    }
    h->phase = NPI_HUNT_REST;
}

/* ---- the result -------------------------------------------------------------------------- */

static int by_age(const void *pa, const void *pb, const void *processes)
{
    const npi_holder *a = pa, *b = pb;
    const npi_process *all = processes, *x = &all[a->process], *y = &all[b->process];
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (x->start_ticks != y->start_ticks)
        return x->start_ticks < y->start_ticks ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    if (a->tid != b->tid)
        return a->tid < b->tid ? -1 : 1;
    return a->fd < b->fd ? -1 : a->fd > b->fd;
}

void npi_hunt_settle(npi_hunt *h, npi_socks *s)
{
    size_t kept = 0;
    npi_sort(h->holders, h->holder_count, sizeof *h->holders, by_age, h->processes);
    for (size_t i = 0; i < h->holder_count; i++)
        if (kept == 0 || by_age(&h->holders[kept - 1], &h->holders[i], h->processes) != 0)
            h->holders[kept++] = h->holders[i];
    h->holder_count = kept;
    for (size_t i = 0; i < s->count; i++)
        s->rows[i].owner = s->rows[i].owners = 0;
    for (size_t i = kept; i > 0; i--) {
        npi_sock *row = &s->rows[h->holders[i - 1].row];
        row->owner = (uint32_t)(i - 1);
        row->owners++;
    }
}

const char *npi_hunt_text(const npi_hunt *h, uint32_t at)
{
    return at < h->texts.len ? h->texts.data + at : "";
}
