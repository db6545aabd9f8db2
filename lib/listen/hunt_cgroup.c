/* SPDX-License-Identifier: MIT */
/*
 * Decides which processes come first: those of the cgroups in which the sockets were made. The
 * tree is walked until every cgroup that a socket names has been found.
 */
#include <string.h>

#include "base/sort.h"
#include "listen/hunt.h"
#include "listen/unit.h"

enum { PATH = 4096 };

static int by_id(const void *a, const void *b, const void *with)
{
    uint64_t x = ((const npi_cgroup *)a)->id, y = ((const npi_cgroup *)b)->id;
    (void)with;
    return x < y ? -1 : x > y;
}

void npi_hunt_want_cgroups(npi_hunt *h)
{
    size_t kept = 0;
    npi_sort(h->ids, h->id_count, sizeof *h->ids, by_id, NULL);
    for (size_t i = 0; i < h->id_count; i++)
        if (kept == 0 || h->ids[kept - 1].id != h->ids[i].id)
            h->ids[kept++] = h->ids[i];
    h->id_count = h->ids_missing = kept;
}

static npi_cgroup *wanted_cgroup(const npi_hunt *h, uint64_t id)
{
    npi_cgroup key = {.id = id};
    size_t i = npi_lower_bound(&key, h->ids, h->id_count, sizeof key, by_id, NULL);
    return i < h->id_count && h->ids[i].id == id ? &h->ids[i] : NULL;
}

/* A path below the root of the tree; false when it is too long. */
static bool child_of(const char *folder, const char *name, npi_buf *out)
{
    npi_buf_str(out, folder);
    npi_buf_char(out, '/');
    npi_buf_str(out, name);
    return !out->cut;
}

/* The processes of a cgroup come first: one of them most likely made the socket there. */
static void guide(npi_hunt *h, const char *folder)
{
    char path[PATH], list[8192];
    npi_buf b = npi_buf_in(path, sizeof path);
    if (!child_of(folder, "cgroup.procs", &b))
        return;
    int64_t n = npi_proc_read(h->cgroups, path, list, sizeof list);
    h->left -= NPI_FILE_CALLS;
    if (n < 0 && !npi_hunt_opened(h, (int)-n))
        return;
    npi_text rest = {list, n > 0 ? (size_t)n : 0}, line;
    uint64_t pid;
    while (npi_proc_line(&rest, &line))
        if (npi_proc_number(line, &pid) && pid > 0 && !npi_hunt_add_slot(h, (int64_t)pid))
            return;
}

/* A text with its NUL; where it begins. */
static uint32_t keep_text(npi_hunt *h, npi_text t)
{
    size_t at = h->texts.len;
    npi_buf_escaped(&h->texts, t.at, t.len);
    npi_buf_char(&h->texts, '\0');
    return (uint32_t)at;
}

static void found_cgroup(npi_hunt *h, uint64_t inode, const char *path)
{
    npi_cgroup *wanted = wanted_cgroup(h, inode);
    if (!wanted || wanted->path)
        return;
    npi_text below = {path + 1, strlen(path + 1)}; /* without the '.' of the root */
    wanted->path = keep_text(h, below);
    wanted->unit = keep_text(h, npi_unit_of_cgroup(below));
    h->ids_missing--;
    guide(h, path);
}

/*
 * Go on in one folder of the tree: note its children, and look whether they are wanted. One entry
 * at least, so that a step of any size gets on.
 */
static void read_cgroup(npi_hunt *h)
{
    npi_folder f;
    npi_entry e;
    char path[PATH], child[PATH];
    bool more = true;
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_str(&b, h->folders.data + h->folder);
    h->left -= NPI_FOLDER_CALLS;
    int err = npi_folder_open(&f, h->cgroups, path, h->in_folder, NPI_HUNT_EVERYTHING);
    for (bool first = true; err == 0 && h->ids_missing > 0 && (first || h->left > 0);
         first = false) {
        more = npi_folder_next(&f, &e);
        if (!more)
            break;
        h->in_folder = f.position;
        h->left--;
        npi_buf c = npi_buf_in(child, sizeof child);
        if (!e.folder || !child_of(path, e.name, &c))
            continue;
        npi_buf_bytes(&h->folders, child, c.len + 1);
        found_cgroup(h, e.inode, child);
    }
    if (err == 0)
        npi_folder_close(&f);
    if (err || !more) {
        h->folder += b.len + 1;
        h->in_folder = 0;
    }
    npi_hunt_opened(h, err);
    if (h->folders.nomem || h->texts.nomem)
        npi_hunt_fail(h, NP_ERR_NOMEM);
}

bool npi_hunt_walk_cgroups(npi_hunt *h)
{
    while (h->left > 0 && h->phase != NPI_HUNT_DONE) {
        if (h->ids_missing == 0 || h->folder >= h->folders.len) {
            npi_buf_free(&h->folders);
            return true;
        }
        read_cgroup(h);
    }
    return false;
}

const char *npi_hunt_cgroup_unit(const npi_hunt *h, uint64_t id)
{
    const npi_cgroup *c = wanted_cgroup(h, id);
    return c ? npi_hunt_text(h, c->unit) : "";
}
