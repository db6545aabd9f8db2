/* SPDX-License-Identifier: MIT */
/*
 * Reading below the proc root: whole small files, and folders entry by entry from where one left
 * off, so that no descriptor stays open between two slices of work.
 */
#ifndef NPI_LISTEN_PROC_H
#define NPI_LISTEN_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* System calls that reading a file, or the begin of a folder, takes: what steps are counted in. */
enum { NPI_FILE_CALLS = 3, NPI_FOLDER_CALLS = 4 };

/* What one reading of a file gives, at most size octets; negative: minus an errno. */
int64_t npi_proc_read(int root, const char *path, void *out, size_t size);

/* Octets of a link's text, at most size; negative: minus an errno. */
int64_t npi_proc_link(int dir, const char *path, char *out, size_t size);

typedef struct npi_folder {
    int fd;
    size_t at, len;
    size_t size;        /* octets to ask for at a time */
    int64_t position;   /* behind the entry read last */
    int error;          /* errno that ended the reading, 0 for the end */
    uint64_t octets[512];
} npi_folder;

typedef struct npi_entry {
    const char *name; /* until the next call */
    uint64_t inode;
    bool folder;
} npi_entry;

/*
 * Open a folder at a position (0: its begin); `entries` is about how many will be looked at.
 * Returns 0 or an errno; close when 0.
 */
int npi_folder_open(npi_folder *f, int root, const char *path, int64_t position, size_t entries);

/* The next entry but "." and "..". */
bool npi_folder_next(npi_folder *f, npi_entry *out);

void npi_folder_close(npi_folder *f);

#endif
