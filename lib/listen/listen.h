/* SPDX-License-Identifier: MIT */
/*
 * A listing from inside: its settings, the course of a run, and its results.
 */
#ifndef NPI_LISTEN_LISTEN_H
#define NPI_LISTEN_LISTEN_H

#include "base/option.h"
#include "core/object.h"
#include "listen/dump.h"
#include "listen/hunt.h"
#include "listen/links.h"
#include "listen/procfs.h"
#include "listen/listen_options.h"
#include "listen/table.h"

#define NPI_FIELD_INT(field) int64_t field;
#define NPI_FIELD_DURATION(field) int64_t field;
#define NPI_FIELD_ENUM(field) int64_t field;
#define NPI_FIELD_TEXT(field) char *field;
#define NPI_FIELD(field, name, type, min, max, initial, names, help) NPI_FIELD_##type(field)
typedef struct npi_listen_settings {
    NPI_LISTEN_OPTIONS(NPI_FIELD)
} npi_listen_settings;
#undef NPI_FIELD

extern const npi_option npi_listen_options[];
extern const size_t npi_listen_option_count;

typedef enum npi_owner_mode {
    NPI_OWNERS_AUTO,
    NPI_OWNERS_NONE,
    NPI_OWNERS_FIRST,
    NPI_OWNERS_ALL
} npi_owner_mode;

typedef enum npi_listen_phase {
    NPI_LISTEN_OPEN,  /* descriptors */
    NPI_LISTEN_DUMP,  /* sock_diag, one query after the other */
    NPI_LISTEN_PROC,  /* /proc/net, for what sock_diag does not know */
    NPI_LISTEN_LINKS, /* interfaces, then their addresses */
    NPI_LISTEN_ROUTES, /* addresses that no interface has */
    NPI_LISTEN_HUNT,
    NPI_LISTEN_FILES, /* of unix sockets: are they still there */
    NPI_LISTEN_END
} npi_listen_phase;

enum { NPI_GAPS = 16, NPI_QUERIES = 24 };

struct np_listeners {
    npi_object o;
    npi_listen_settings settings;
    npi_task task;
    npi_watch watch;
    npi_alarm alarm;
    int starving;                  /* socket that had no answer ready in this step; -1 */
    npi_mono give_up;              /* waiting for it; NPI_NEVER when not waiting */
    int handed_diag, handed_route; /* the program's, duplicated, plus 1; 0 none */

    npi_listen_phase phase;
    npi_diag_query queries[NPI_QUERIES];
    int query_count, query;
    unsigned pass, tries;
    bool by_proc[NPI_QUERIES]; /* sock_diag does not know it */
    bool listed;           /* something could be listed at all */
    bool gap_lost;         /* there was no memory for a gap: the run is not what it says */
    npi_dump dump;
    bool draining;         /* a dump was given up, and what it still sends is read away */
    uint32_t seq;          /* of the last request; the first is random: see begin_numbers */
    int diag, route;       /* sockets of this run; -1 */
    bool foreign;          /* /proc/net is of another network namespace than diag */
    bool apart;            /* route is */
    int proc, cgroups;     /* folders of this run; -1 */
    int file;              /* of /proc/net, while it is read; -1 */
    size_t carried;        /* octets of a line whose end was not read yet */
    void *buffer;          /* for datagrams */
    size_t buffer_size;

    bool asked_addrs;      /* links are known, addresses are being read */
    size_t row;            /* whose address, or whose file, is asked for */
    bool asked_route;

    npi_socks socks;
    npi_hunt hunt;
    bool hunting_all;
    npi_mono hunt_end;     /* of the budget for further owners */
    npi_link *links;
    size_t link_count, link_room;
    npi_link_addr *addrs;
    size_t addr_count, addr_room;
    char *gaps[NPI_GAPS];
    int gap_count;
    np_listeners_info info;
    npi_buf json;
};

/* The list of queries has one more done with: the next, or the next phase. */
void npi_listen_next_query(np_listeners *l);

/* One bounded piece of a phase each; what was read is taken off the budget. */
void npi_listen_step_dump(np_listeners *l, int *budget);
void npi_listen_step_proc(np_listeners *l, int *budget);
void npi_listen_step_links(np_listeners *l, int *budget);
void npi_listen_step_routes(np_listeners *l, int *budget);
void npi_listen_begin_hunt(np_listeners *l);
void npi_listen_step_hunt(np_listeners *l, const npi_now *now, int *budget);

void npi_listen_step_files(np_listeners *l, int *budget);

/* The run is over. */
void npi_listen_end(np_listeners *l, np_status st, const char *sentence);
void npi_listen_out_of_memory(np_listeners *l);
extern const char npi_no_descriptors[];

/*
 * Something that cannot be seen, as one sentence; said once a run, however often it is met. Where
 * there is no memory for it, the run ends with NP_ERR_NOMEM: a list that hides what it lacks is
 * worse than none.
 */
void npi_listen_gap(np_listeners *l, const char *sentence);

/* Close and forget a descriptor; -1 is none. */
void npi_listen_close(int *fd);

#endif
