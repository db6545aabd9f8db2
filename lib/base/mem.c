/* SPDX-License-Identifier: MIT */
/*
 * The one file that may call libc's allocator; everybody else goes through an npi_mem.
 */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *libc_resize(void *user, void *memory, size_t size)
{
    (void)user;
    if (size > 0)
        return realloc(memory, size);
    free(memory);
    return NULL;
}

npi_mem npi_mem_libc(void)
{
    return (npi_mem){libc_resize, NULL};
}

void *npi_realloc(const npi_mem *mem, void *old, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    size_t octets = count * size;
    return mem->resize(mem->user, old, octets > 0 ? octets : 1);
}

void *npi_alloc(const npi_mem *mem, size_t count, size_t size)
{
    void *p = npi_realloc(mem, NULL, count, size);
    if (p)
        memset(p, 0, count * size);
    return p;
}

/* Pointers to different types need not look alike in memory's eyes: they are copied as octets. */
bool npi_make_room(const npi_mem *mem, void *array, size_t count, size_t *room, size_t size)
{
    enum { FIRST_ROOM = 16 };
    if (count < *room)
        return true;
    size_t wanted = *room ? *room * 2 : FIRST_ROOM;
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    grown = npi_realloc(mem, old, wanted, size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return true;
}

void npi_free(const npi_mem *mem, void *memory)
{
    if (memory)
        mem->resize(mem->user, memory, 0);
}
