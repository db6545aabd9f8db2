/* SPDX-License-Identifier: MIT */
/*
 * Intrusive doubly linked list with a head of the same type. An unlinked node points at itself,
 * so unlinking twice is harmless.
 */
#ifndef NPI_BASE_LIST_H
#define NPI_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct npi_list {
    struct npi_list *prev, *next;
} npi_list;

/* The struct of `type` whose member `member` is at `ptr`. */
#define npi_container(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void npi_list_init(npi_list *l)
{
    l->prev = l->next = l;
}

static inline bool npi_list_empty(const npi_list *l)
{
    return l->next == l;
}

static inline void npi_list_unlink(npi_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    npi_list_init(node);
}

static inline void npi_list_append(npi_list *head, npi_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

#endif
