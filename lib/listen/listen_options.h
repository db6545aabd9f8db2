/* SPDX-License-Identifier: MIT */
/*
 * The options of a listing, once, in the form of probe/trace_options.h: one row a line.
 *
 *     X(field, "name", TYPE, minimum, maximum, default, values or NULL, "what it is")
 */
#ifndef NPI_LISTEN_LISTEN_OPTIONS_H
#define NPI_LISTEN_LISTEN_OPTIONS_H

/* clang-format off */
#define NPI_LISTEN_OPTIONS(X) \
    X(protocols, "protocols", TEXT, 1, 127, 0, NULL, "protocols to list, parted by commas, all but unix when not set") \
    X(family, "family", ENUM, 0, 6, 0, "auto=0 4=4 6=6", "only sockets that this family reaches") \
    X(state, "state", ENUM, 0, 5, 0, "listening=0 connected=1 bound=2 clients=3 all=4 unconnected=5", "only sockets in this state, unconnected being those that listen and the clients") \
    X(port, "port", TEXT, 1, 255, 0, NULL, "only sockets with one of these ports at either end, as 22,8000-8010") \
    X(match, "match", TEXT, 1, 255, 0, NULL, "only sockets whose process, unit, container or path holds one of these words, parted by commas") \
    X(pid, "pid", INT, 0, 4194304, 0, NULL, "only sockets that this process holds, 0 is any") \
    X(uid, "uid", INT, -1, 4294967295, -1, NULL, "only sockets that this user made, -1 is any") \
    X(owners, "owners", ENUM, 0, 3, 0, "auto=0 none=1 first=2 all=3", "which owners are looked for") \
    X(owner_budget, "owner-budget", DURATION, 1000000, 3600000000000, 50000000, NULL, "time for further owners when owners is auto") \
    X(command, "command", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether command lines are read, which can hang on a process that hangs") \
    X(proc_root, "proc-root", TEXT, 1, 255, 0, NULL, "where proc is mounted, /proc when not set") \
    X(cgroup_root, "cgroup-root", TEXT, 1, 255, 0, NULL, "where the unified cgroup tree is mounted, /sys/fs/cgroup when not set")
/* clang-format on */

#endif
