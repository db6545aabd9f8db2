/* SPDX-License-Identifier: MIT */
/*
 * Text of /proc, pure: what stands in its files, each given as octets without a terminator.
 * Names of processes may hold anything: blanks, brackets, newlines, escapes.
 */
#ifndef NPI_LISTEN_PROCFS_H
#define NPI_LISTEN_PROCFS_H

#include "listen/sock.h"

/* A part of a text that belongs to somebody else. */
typedef struct npi_text {
    const char *at;
    size_t len;
} npi_text;

/* The next line without its newline; false at the end. */
bool npi_proc_line(npi_text *rest, npi_text *line);

typedef struct npi_proc_stat {
    char state;           /* 'Z' for a process or leading thread that has ended */
    int64_t start_ticks;  /* after boot */
    int64_t threads;
} npi_proc_stat;

/* /proc/PID/stat, read behind its last ')'. */
bool npi_proc_stat_parse(const char *text, size_t len, npi_proc_stat *out);

/* The effective user in /proc/PID/status. */
bool npi_proc_status_uid(const char *text, size_t len, uint32_t *uid);

/* "socket:[4711]", as a descriptor's link or at the end of a line of fdinfo. 0 for all else. */
uint32_t npi_proc_link_inode(const char *text, size_t len);

/*
 * The path in /proc/PID/cgroup by which services are named: the unified hierarchy's, or
 * systemd's own where that is at its root.
 */
npi_text npi_proc_cgroup(const char *text, size_t len);

/* A line of /proc/net/{tcp,udp,udplite,raw,icmp} and their IPv6 kin; false for headings. */
bool npi_proc_net_inet(npi_text line, int protocol, int family, npi_sock *out);

/* A line of /proc/net/unix; name as it stands there, with '@' for NULs. */
bool npi_proc_net_unix(npi_text line, npi_sock *out, npi_text *name);

/* Decimal without sign; false when there is anything else, or nothing. */
bool npi_proc_number(npi_text text, uint64_t *out);

#endif
