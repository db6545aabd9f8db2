/* SPDX-License-Identifier: MIT */
/*
 * Decides which addresses are asked for: each once. When to stop waiting is the trace's.
 */
#include "probe/names.h"

#include <string.h>

void npi_names_init(npi_names *n, const npi_mem *mem, npi_resolver *resolver, npi_task *task)
{
    *n = (npi_names){.mem = mem, .resolver = resolver, .task = task};
}

static void forget_lookup(npi_names *n, npi_name *name)
{
    npi_free(n->mem, name->lookup);
    name->lookup = NULL;
    n->open--;
}

void npi_names_stop(npi_names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        if (!n->list[i]->lookup)
            continue;
        n->resolver->ops->cancel(n->resolver, n->list[i]->lookup);
        forget_lookup(n, n->list[i]);
    }
    n->resolver = NULL;
}

void npi_names_free(npi_names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        npi_free(n->mem, n->list[i]->text);
        npi_free(n->mem, n->list[i]);
    }
    npi_free(n->mem, n->list);
    n->list = NULL;
    n->count = 0;
}

static npi_name *find(const npi_names *n, const npi_addr *addr)
{
    for (size_t i = 0; i < n->count; i++)
        if (npi_addr_same(&n->list[i]->addr, addr))
            return n->list[i];
    return NULL;
}

static npi_name *add(npi_names *n, const npi_addr *addr)
{
    npi_name **list = npi_realloc(n->mem, n->list, n->count + 1, sizeof *list);
    if (!list)
        return NULL;
    n->list = list;
    npi_name *name = npi_alloc(n->mem, 1, sizeof *name);
    if (!name)
        return NULL;
    name->addr = *addr;
    n->list[n->count++] = name;
    return name;
}

bool npi_names_ask(npi_names *n, const npi_addr *addr)
{
    if (!n->resolver || find(n, addr))
        return true;
    npi_name *name = add(n, addr);
    if (!name)
        return false;
    name->lookup = npi_alloc(n->mem, 1, sizeof *name->lookup);
    if (!name->lookup)
        return false;
    n->open++;
    name->lookup->task = n->task;
    npi_list_init(&name->lookup->link);
    n->resolver->ops->reverse(n->resolver, name->lookup, addr);
    return true;
}

/* The name as it may be shown; a name that does not fit into memory stays unknown. */
static void keep(npi_names *n, npi_name *name)
{
    const char *raw = name->lookup->name;
    npi_buf b = npi_buf_grow(n->mem, 4 * NPI_NAME_MAX);
    npi_buf_escaped(&b, raw, strlen(raw));
    if (b.nomem)
        npi_buf_free(&b);
    else
        name->text = b.data;
}

const npi_name *npi_names_take(npi_names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        npi_name *name = n->list[i];
        if (!name->lookup || name->lookup->busy)
            continue;
        np_status st = name->lookup->status;
        if (st == NP_OK || st == NP_ERR_NAME)
            n->answered = true;
        if (st == NP_OK)
            keep(n, name);
        forget_lookup(n, name);
        if (name->text)
            return name;
    }
    return NULL;
}

const char *npi_names_get(const npi_names *n, const npi_addr *addr)
{
    const npi_name *name = find(n, addr);
    return name && name->text ? name->text : "";
}
