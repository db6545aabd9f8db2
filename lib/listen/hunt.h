/* SPDX-License-Identifier: MIT */
/*
 * The hunt for owners: which processes hold which sockets. What costs is the number of
 * descriptors looked at, so those likely to be it come first: processes of the cgroup that a
 * socket was made in, then the lowest descriptors of all, then the rest, then the tables that
 * threads have of their own, then what only an io_uring holds.
 *
 * Work is done in steps of so many system calls, and between two steps nothing is open.
 */
#ifndef NPI_LISTEN_HUNT_H
#define NPI_LISTEN_HUNT_H

#include "base/buf.h"
#include "listen/proc.h"
#include "listen/table.h"

typedef struct npi_process {
    int64_t pid, start_ticks;
    uint32_t uid;
    bool uid_known, exe_deleted;
    uint32_t comm_len, arguments_len;
    /* Where in npi_hunt.texts, each with its NUL: */
    uint32_t comm, process, exe, arguments, command, cgroup, unit, container;
} npi_process;

typedef struct npi_holder {
    uint32_t row;     /* of the socket in the table */
    uint32_t process; /* index */
    uint32_t wanted;  /* index in npi_hunt.wanted */
    int64_t tid;
    int32_t fd;
} npi_holder;

typedef enum npi_hunt_phase {
    NPI_HUNT_CGROUPS,
    NPI_HUNT_GUIDED, /* processes of the cgroups found */
    NPI_HUNT_LIST,
    NPI_HUNT_LOW,    /* the lowest descriptors of each process */
    NPI_HUNT_REST,
    NPI_HUNT_THREADS,
    NPI_HUNT_RINGS,
    NPI_HUNT_DONE
} npi_hunt_phase;

typedef struct npi_wanted {
    uint32_t inode, row;
    bool found;
} npi_wanted;

typedef struct npi_slot {
    int64_t pid;
    int64_t position; /* where in its folder of descriptors to go on */
    uint32_t process; /* index + 1; 0 not known yet */
    bool denied, done, ring;
} npi_slot;

typedef struct npi_cgroup {
    uint64_t id;
    uint32_t path, unit; /* in npi_hunt.texts; 0 not found, or none */
} npi_cgroup;

typedef struct npi_hunt {
    const npi_mem *mem;
    int proc, cgroups; /* descriptors of both roots; cgroups -1 where there is none */
    bool all;          /* every holder, not just the first */
    bool command;      /* command lines too */
    int64_t self;      /* this process: what it holds to ask with does not count */
    npi_hunt_phase phase;

    npi_wanted *wanted; /* by inode */
    size_t wanted_count, missing;

    npi_cgroup *ids; /* wanted, by id */
    size_t id_count, ids_missing;
    npi_buf folders; /* paths that are to be read yet, each with its NUL */
    size_t folder;
    int64_t in_folder; /* where in that one to go on */

    npi_slot *slots;
    size_t slot_count, slot_room, slot, guided;
    int64_t list, thread, table; /* where in folders of processes, threads, descriptors to go on */

    npi_process *processes;
    size_t process_count, process_room;
    npi_holder *holders;
    size_t holder_count, holder_room;
    npi_buf texts;

    uint64_t descriptors, held, looked_into, denied;
    bool saw_init;  /* process 1 is in the list: it is hidden where others' processes are */
    bool saw_process; /* the list is one of processes */
    bool listed, hidden;
    bool blind;     /* some processes are hidden, or cannot be looked into, or not to the end */
    bool refused;   /* some by the kernel, for want of privilege */
    bool exhausted; /* every table was looked into: what is missing then is nowhere to be seen */
    int left;       /* system calls of this step */
    np_status failed;
} npi_hunt;

void npi_hunt_init(npi_hunt *h, const npi_mem *mem);
void npi_hunt_free(npi_hunt *h);

/*
 * Hunt for the owners of all rows with an inode. Roots stay the caller's. NP_OK or NP_ERR_NOMEM.
 */
np_status npi_hunt_begin(npi_hunt *h, int proc, int cgroups, const npi_socks *s, bool all,
                         bool command);

/* A hunt for the first holders is over: go on for all of them. */
void npi_hunt_go_on(npi_hunt *h);

/* At most about `calls` system calls. True when it is over; h->failed says how. */
bool npi_hunt_step(npi_hunt *h, int calls);

/* Order the holders by row, oldest process first, and say in each row which are its own. */
void npi_hunt_settle(npi_hunt *h, npi_socks *s);

const char *npi_hunt_text(const npi_hunt *h, uint32_t at);

/* The systemd unit of the cgroup of this id; "" where there is none, or it was not found. */
const char *npi_hunt_cgroup_unit(const npi_hunt *h, uint64_t id);

/* ---- between the files of the hunt -------------------------------------------------------- */

enum { NPI_HUNT_EVERYTHING = 1 << 20 };

/* The hunt ends here. Returns false. */
bool npi_hunt_fail(npi_hunt *h, np_status st);

/* Whether opening went well; being out of descriptors ends the hunt. */
bool npi_hunt_opened(npi_hunt *h, int err);

/*
 * A part of a process could not be read for this errno: being out of descriptors ends the hunt;
 * anything but that it is gone means that it may hold what nobody is found for.
 */
void npi_hunt_doubt(npi_hunt *h, npi_slot *slot, int err);

/* Nothing more is wanted: for each socket somebody was found, and that is enough. */
bool npi_hunt_satisfied(const npi_hunt *h);

bool npi_hunt_add_slot(npi_hunt *h, int64_t pid);

/* All sockets are known: by inode, so that they are found quickly. */
void npi_hunt_want_sockets(npi_hunt *h);

/* All ids are known: each once, in order. */
void npi_hunt_want_cgroups(npi_hunt *h);

/* Go on in the tree of cgroups; true when it has been walked as far as needed. */
bool npi_hunt_walk_cgroups(npi_hunt *h);

/* Go on in the table of a process, up to `most` descriptors. */
void npi_hunt_look_into(npi_hunt *h, npi_slot *slot, size_t most);

/* Go on in the tables that threads have of their own; true when the process is done with. */
bool npi_hunt_look_into_threads(npi_hunt *h, npi_slot *slot);

/* Go on in what its io_urings hold; true when the process is done with. */
bool npi_hunt_look_into_rings(npi_hunt *h, npi_slot *slot);

#endif
