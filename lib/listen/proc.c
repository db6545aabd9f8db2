/* SPDX-License-Identifier: MIT */
/*
 * The only place of this room that opens files. getdents64 instead of readdir: that allocates
 * behind the host's back, and reads 32 KiB ahead where a few descriptors are wanted.
 */
#include "listen/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel writes it (getdents(2)). */
typedef struct entry64 {
    uint64_t inode;
    int64_t next;
    uint16_t len;
    uint8_t type;
    char name[];
} entry64;

enum { FOLDER = 4 /* DT_DIR */, ENTRY = 24 /* octets of one with a short name */ };

int64_t npi_proc_read(int root, const char *path, void *out, size_t size)
{
    int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t n;
    do
        n = read(fd, out, size);
    while (n < 0 && errno == EINTR);
    int err = errno;
    close(fd);
    return n < 0 ? -err : n;
}

int64_t npi_proc_link(int dir, const char *path, char *out, size_t size)
{
    ssize_t n = readlinkat(dir, path, out, size);
    return n < 0 ? -errno : n;
}

int npi_folder_open(npi_folder *f, int root, const char *path, int64_t position, size_t entries)
{
    f->at = f->len = 0;
    f->position = position;
    f->error = 0;
    f->size = sizeof f->octets;
    if (entries < f->size / ENTRY)
        f->size = (entries + 2) * ENTRY;
    f->fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0)
        return errno;
    if (position > 0 && lseek(f->fd, position, SEEK_SET) < 0) {
        int err = errno;
        close(f->fd);
        return err;
    }
    return 0;
}

static bool refill(npi_folder *f)
{
    long n;
    do
        n = syscall(SYS_getdents64, f->fd, f->octets, f->size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        f->error = errno;
    f->at = 0;
    f->len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

bool npi_folder_next(npi_folder *f, npi_entry *out)
{
    for (;;) {
        if (f->at >= f->len && !refill(f))
            return false;
        const entry64 *e = (const void *)((const uint8_t *)f->octets + f->at);
        f->at += e->len;
        f->position = e->next;
        *out = (npi_entry){e->name, e->inode, e->type == FOLDER};
        if (strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0)
            return true;
    }
}

void npi_folder_close(npi_folder *f)
{
    close(f->fd);
    f->fd = -1;
}
