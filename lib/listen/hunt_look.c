/* SPDX-License-Identifier: MIT */
/*
 * Looks into tables of descriptors: of processes, of threads that have their own, and of rings.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sort.h"
#include "listen/hunt.h"
#include "listen/process.h"
#include "listen/procfs.h"

enum { LINK = 512 /* octets of a path below the proc root, at most */ };

void npi_hunt_doubt(npi_hunt *h, npi_slot *slot, int err)
{
    if (err == 0 || err == ENOENT || err == ESRCH)
        return;
    npi_hunt_opened(h, err);
    bool refused = err == EACCES || err == EPERM;
    slot->denied |= refused;
    h->refused |= refused;
    h->blind = true;
}

static bool add_holder(npi_hunt *h, npi_holder holder)
{
    if (!npi_make_room(h->mem, &h->holders, h->holder_count, &h->holder_room, sizeof holder))
        return npi_hunt_fail(h, NP_ERR_NOMEM);
    h->holders[h->holder_count++] = holder;
    return true;
}

/* The index + 1 of a slot's process, made when it is needed first; 0 when it is gone. */
static uint32_t process_of(npi_hunt *h, npi_slot *slot)
{
    if (slot->process)
        return slot->process;
    if (!npi_make_room(h->mem, &h->processes, h->process_count, &h->process_room,
                       sizeof *h->processes)) {
        npi_hunt_fail(h, NP_ERR_NOMEM);
        return 0;
    }
    h->left -= NPI_PROCESS_CALLS;
    int err = npi_process_read(&h->processes[h->process_count], &h->texts, h->proc, slot->pid,
                               h->command);
    if (h->texts.nomem)
        npi_hunt_fail(h, NP_ERR_NOMEM);
    else
        npi_hunt_doubt(h, slot, err);
    if (err)
        return 0;
    slot->process = (uint32_t)++h->process_count;
    return slot->process;
}

static int by_inode(const void *a, const void *b, const void *with)
{
    uint32_t x = ((const npi_wanted *)a)->inode, y = ((const npi_wanted *)b)->inode;
    (void)with;
    return x < y ? -1 : x > y;
}

void npi_hunt_want_sockets(npi_hunt *h)
{
    npi_sort(h->wanted, h->wanted_count, sizeof *h->wanted, by_inode, NULL);
    h->missing = h->wanted_count;
}

static npi_wanted *wanted(npi_hunt *h, uint32_t inode)
{
    npi_wanted key = {.inode = inode};
    size_t i = npi_lower_bound(&key, h->wanted, h->wanted_count, sizeof key, by_inode, NULL);
    return i < h->wanted_count && h->wanted[i].inode == inode ? &h->wanted[i] : NULL;
}

/* Where a descriptor was seen. */
typedef struct place {
    npi_slot *slot;
    int64_t tid;
    const char *link; /* path below the proc root, to be read again; NULL: an io_uring's */
    int32_t fd;
} place;

static bool still_there(npi_hunt *h, const place *p, uint32_t inode)
{
    char text[64];
    if (!p->link)
        return true;
    int64_t n = npi_proc_link(h->proc, p->link, text, sizeof text);
    npi_hunt_doubt(h, p->slot, n < 0 ? (int)-n : 0);
    return n > 0 && npi_proc_link_inode(text, (size_t)n) == inode;
}

/* A wanted socket is held here, by whoever the slot's process is. */
static void found(npi_hunt *h, const place *p, uint32_t inode)
{
    npi_wanted *w = wanted(h, inode);
    if (!w || (w->found && !h->all))
        return;
    bool known = p->slot->process != 0;
    uint32_t process = process_of(h, p->slot);
    if (!process)
        return;
    h->left -= !known;
    if (!known && !still_there(h, p, inode)) /* it was seen before we knew whose it is */
        return;
    for (; w < h->wanted + h->wanted_count && w->inode == inode; w++) {
        if (!add_holder(h, (npi_holder){w->row, process - 1, (uint32_t)(w - h->wanted), p->tid,
                                        p->fd}))
            return;
        h->missing -= !w->found;
        w->found = true;
    }
}

/*
 * Process ids are used again. What was found in a table since `first` belongs to the process that
 * was asked for its name only if its number still means the same one now.
 */
static void verify(npi_hunt *h, npi_slot *slot, size_t first)
{
    if (h->holder_count == first || h->phase == NPI_HUNT_DONE)
        return;
    h->left -= NPI_FILE_CALLS;
    int err = npi_process_same(&h->processes[slot->process - 1], h->proc);
    npi_hunt_doubt(h, slot, err);
    if (err == 0)
        return;
    for (size_t i = first; i < h->holder_count; i++) {
        npi_wanted *w = &h->wanted[h->holders[i].wanted];
        h->missing += w->found;
        w->found = false;
    }
    h->holder_count = first;
    slot->process = 0;
}

static bool is_ring(const char *text, size_t len)
{
    static const char ring[] = "anon_inode:[io_uring]";
    return len == sizeof ring - 1 && memcmp(text, ring, len) == 0;
}

/* Look at one entry of a folder of descriptors. */
static void look_at(npi_hunt *h, const npi_folder *f, const npi_entry *e, const char *folder,
                    npi_slot *slot, int64_t tid)
{
    char text[64], link[LINK];
    uint64_t fd;
    int64_t n = npi_proc_link(f->fd, e->name, text, sizeof text);
    h->left--;
    h->descriptors++;
    npi_hunt_doubt(h, slot, n < 0 ? (int)-n : 0);
    if (n <= 0)
        return;
    slot->ring |= is_ring(text, (size_t)n);
    uint32_t inode = npi_proc_link_inode(text, (size_t)n);
    h->held += inode != 0 && slot->pid != h->self;
    if (!inode || !npi_proc_number((npi_text){e->name, strlen(e->name)}, &fd))
        return;
    npi_buf b = npi_buf_in(link, sizeof link);
    npi_buf_printf(&b, "%s/%s", folder, e->name);
    found(h, &(place){slot, tid, link, (int32_t)fd}, inode);
}

/*
 * Look at up to `most` descriptors of a table from where it was left. True when it is at its
 * end, or cannot be read.
 */
static bool look_into(npi_hunt *h, const char *folder, npi_slot *slot, int64_t tid,
                      int64_t *position, size_t most)
{
    npi_folder f;
    npi_entry e;
    int err = npi_folder_open(&f, h->proc, folder, *position, most);
    h->left -= NPI_FOLDER_CALLS;
    npi_hunt_doubt(h, slot, err);
    if (err)
        return true;
    bool more = true;
    size_t first = h->holder_count;
    /* One at least, so that a table that was begun with is known by its position. */
    for (size_t i = 0; i < most && (i == 0 || h->left > 0) && h->phase != NPI_HUNT_DONE; i++) {
        if (npi_hunt_satisfied(h))
            break;
        more = npi_folder_next(&f, &e);
        if (!more)
            break;
        look_at(h, &f, &e, folder, slot, tid);
    }
    *position = f.position;
    verify(h, slot, first);
    npi_hunt_doubt(h, slot, f.error);
    npi_folder_close(&f);
    return !more;
}

void npi_hunt_look_into(npi_hunt *h, npi_slot *slot, size_t most)
{
    char folder[64];
    npi_buf b = npi_buf_in(folder, sizeof folder);
    npi_buf_printf(&b, "%lld/fd", (long long)slot->pid);
    h->looked_into += slot->position == 0;
    slot->done = look_into(h, folder, slot, slot->pid, &slot->position, most);
    if (slot->done)
        h->denied += slot->denied;
}

/* ---- threads and rings ------------------------------------------------------------------- */

/* Threads mostly share one table; kcmp(2) tells, with the privilege that the table needs too. */
static bool same_table(int64_t pid, int64_t tid)
{
    return syscall(SYS_kcmp, (pid_t)pid, (pid_t)tid, KCMP_FILES, 0UL, 0UL) == 0;
}

bool npi_hunt_look_into_threads(npi_hunt *h, npi_slot *slot)
{
    npi_folder f;
    npi_entry e;
    uint64_t tid;
    char path[64];
    bool more = true;
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/task", (long long)slot->pid);
    h->left -= NPI_FOLDER_CALLS;
    int err = npi_folder_open(&f, h->proc, path, h->thread, NPI_HUNT_EVERYTHING);
    npi_hunt_doubt(h, slot, err);
    if (err)
        return true;
    while (h->left > 0 && h->phase != NPI_HUNT_DONE) {
        more = npi_folder_next(&f, &e);
        if (!more)
            break;
        bool is_number = npi_proc_number((npi_text){e.name, strlen(e.name)}, &tid);
        h->left--;
        if (is_number && (int64_t)tid != slot->pid && !same_table(slot->pid, (int64_t)tid)) {
            npi_buf_clear(&b);
            npi_buf_printf(&b, "%lld/task/%s/fd", (long long)slot->pid, e.name);
            if (!look_into(h, path, slot, (int64_t)tid, &h->table, NPI_HUNT_EVERYTHING))
                break; /* with this thread the next step begins */
        }
        h->table = 0;
        h->thread = f.position;
    }
    npi_hunt_doubt(h, slot, f.error);
    npi_folder_close(&f);
    return !more;
}

/* Each line of a ring's fdinfo ends with what it holds, with or without a descriptor. */
static void read_ring(npi_hunt *h, npi_slot *slot, const char *fd)
{
    char path[96], info[16384];
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/fdinfo/%s", (long long)slot->pid, fd);
    int64_t n = npi_proc_read(h->proc, path, info, sizeof info);
    npi_hunt_doubt(h, slot, n < 0 ? (int)-n : n == sizeof info ? EFBIG : 0);
    npi_text rest = {info, n > 0 ? (size_t)n : 0}, line;
    size_t first = h->holder_count;
    h->left -= NPI_FILE_CALLS;
    while (npi_proc_line(&rest, &line)) {
        const char *colon = memchr(line.at, ':', line.len);
        size_t from = colon ? (size_t)(colon - line.at) + 1 : line.len;
        while (from < line.len && line.at[from] == ' ')
            from++;
        uint32_t inode = npi_proc_link_inode(line.at + from, line.len - from);
        const npi_wanted *w = inode ? wanted(h, inode) : NULL;
        if (w && !w->found)
            found(h, &(place){slot, slot->pid, NULL, -1}, inode);
    }
    verify(h, slot, first);
}

bool npi_hunt_look_into_rings(npi_hunt *h, npi_slot *slot)
{
    npi_folder f;
    npi_entry e;
    char path[64], text[64];
    bool more = true;
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/fd", (long long)slot->pid);
    h->left -= NPI_FOLDER_CALLS;
    int err = npi_folder_open(&f, h->proc, path, h->table, NPI_HUNT_EVERYTHING);
    npi_hunt_doubt(h, slot, err);
    if (err)
        return true;
    while (h->left > 0 && h->phase != NPI_HUNT_DONE) {
        more = npi_folder_next(&f, &e);
        if (!more)
            break;
        int64_t n = npi_proc_link(f.fd, e.name, text, sizeof text);
        h->left--;
        npi_hunt_doubt(h, slot, n < 0 ? (int)-n : 0);
        if (n > 0 && is_ring(text, (size_t)n))
            read_ring(h, slot, e.name);
        h->table = f.position;
    }
    npi_hunt_doubt(h, slot, f.error);
    npi_folder_close(&f);
    return !more;
}
