/* SPDX-License-Identifier: MIT */
/*
 * Id table: the most recent ids of an ever-growing 64-bit counter, each with a fixed-size entry,
 * in a ring whose slot is id modulo capacity. Old entries are overwritten by new ids; the table
 * doubles, up to a limit, only where the entry to be overwritten is still `busy`.
 *
 * Why a ring: ids are handed out in order and die roughly in order, so neither hashing nor
 * deletion is needed, and an answer that comes long after its time-out is still recognised.
 */
#ifndef NPI_BASE_IDTAB_H
#define NPI_BASE_IDTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

typedef struct npi_idtab {
    const npi_mem *mem;
    unsigned char *entries;
    size_t entry_size;
    size_t capacity; /* power of two, 0 before the first id */
    size_t limit;    /* power of two */
    uint64_t next;   /* the id that comes next; ids start at 0 */
    uint64_t first;  /* ids below had been overwritten when the table last grew */
    bool (*busy)(const void *entry);
} npi_idtab;

void npi_idtab_init(npi_idtab *t, const npi_mem *mem, size_t entry_size, size_t limit,
                    bool (*busy)(const void *entry));

void npi_idtab_free(npi_idtab *t);

typedef enum npi_idtab_result {
    NPI_IDTAB_OK,
    NPI_IDTAB_FULL, /* at its limit, and the oldest entry is busy: try again when it has ended */
    NPI_IDTAB_NOMEM
} npi_idtab_result;

/* Hand out the next id with a zeroed entry. Starts with 256 entries. */
npi_idtab_result npi_idtab_add(npi_idtab *t, uint64_t *id, void **entry);

/* The entry of an id; NULL when it was never handed out or has been overwritten. */
void *npi_idtab_get(const npi_idtab *t, uint64_t id);

/*
 * The id that is still in the table and equal to `low` modulo 2^bits; false when there is none.
 * limit must not exceed 2^bits, so there is at most one.
 */
bool npi_idtab_find(const npi_idtab *t, uint64_t low, unsigned bits, uint64_t *id);

/* The oldest id still in the table (equals next when it is empty). */
uint64_t npi_idtab_oldest(const npi_idtab *t);

#endif
