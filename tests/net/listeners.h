/* SPDX-License-Identifier: MIT */
/*
 * What tests with real sockets share: a listing, its row of a socket, and processes that hold
 * sockets until they are told to end.
 */
#ifndef TESTS_NET_LISTENERS_H
#define TESTS_NET_LISTENERS_H

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netprobe.h>

#include "../check.h"

static np_context *ctx;
static np_listeners *view;

/* List anew, with options as "protocols", "tcp", ... up to NULL. */
static inline void look(const char *const *options)
{
    np_listeners_free(view);
    view = np_listeners_new(ctx);
    for (; *options; options += 2)
        assert_int_equal(np_listeners_set(view, options[0], options[1]), NP_OK);
    np_status st = np_listeners_run(view);
    if (st < 0)
        fail_msg("%s", np_listeners_error(view));
}

#define LOOK(...) look((const char *const[]){__VA_ARGS__, NULL})

static inline uint32_t inode_of(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return (uint32_t)st.st_ino;
}

/* The row of a socket by its inode, -1 for none; never more than one. */
static inline int row_of(uint32_t inode)
{
    int row = -1;
    for (int i = 0; i < np_listeners_count(view); i++) {
        np_listener n;
        np_listeners_get(view, i, &n, sizeof n);
        if (n.inode != inode)
            continue;
        assert_int_equal(row, -1);
        row = i;
    }
    return row;
}

static inline np_listener row(int fd)
{
    np_listener n;
    int index = row_of(inode_of(fd));
    assert_true(index >= 0);
    assert_int_equal(np_listeners_get(view, index, &n, sizeof n), NP_OK);
    return n;
}

static inline bool is_listed(int fd)
{
    return row_of(inode_of(fd)) >= 0;
}

static inline np_owner owner(uint32_t inode, int which)
{
    np_owner o;
    assert_int_equal(np_listeners_get_owner(view, row_of(inode), which, &o, sizeof o), NP_OK);
    return o;
}

static inline bool has_gap(const char *part)
{
    for (int i = 0; i < np_listeners_gap_count(view); i++)
        if (strstr(np_listeners_gap(view, i), part))
            return true;
    return false;
}

/* ---- sockets ------------------------------------------------------------------------------ */

static inline int make(int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);
    assert_true(fd >= 0);
    return fd;
}

static inline int try_bind(int fd, const char *addr, uint16_t port, unsigned scope)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port),
                              .sin6_scope_id = scope};
    if (inet_pton(AF_INET, addr, &v4.sin_addr) == 1)
        return bind(fd, (void *)&v4, sizeof v4);
    assert_int_equal(inet_pton(AF_INET6, addr, &v6.sin6_addr), 1);
    return bind(fd, (void *)&v6, sizeof v6);
}

static inline uint16_t port_of(int fd)
{
    struct sockaddr_in6 a;
    socklen_t len = sizeof a;
    assert_int_equal(getsockname(fd, (void *)&a, &len), 0);
    return ntohs(a.sin6_port); /* at the same place for IPv4 */
}

static inline void set(int fd, int level, int option, int value)
{
    assert_int_equal(setsockopt(fd, level, option, &value, sizeof value), 0);
}

/* Bound to a port, and listening when it is a stream. */
static inline int server(int type, int protocol, const char *addr, uint16_t port)
{
    int fd = make(strchr(addr, ':') ? AF_INET6 : AF_INET, type, protocol);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* connections of a run before may linger */
    assert_int_equal(try_bind(fd, addr, port, 0), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 7), 0);
    return fd;
}

/* ---- processes ---------------------------------------------------------------------------- */

/* As fork; the child does not outlive this process, whatever becomes of a test. */
static inline pid_t fork_child(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static inline void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static inline void rest(void)
{
    pause();
}

/* A process that does `work`, and then something for ever. Returns when the work is done. */
static inline pid_t begin_and(void (*work)(void *), void (*for_ever)(void), void *with)
{
    int done[2];
    char c;
    assert_int_equal(pipe2(done, O_CLOEXEC), 0);
    pid_t pid = fork_child();
    if (pid == 0) {
        work(with);
        (void)!write(done[1], "x", 1);
        for (;;)
            for_ever();
    }
    close(done[1]);
    assert_int_equal(read(done[0], &c, 1), 1);
    close(done[0]);
    return pid;
}

static inline pid_t begin(void (*work)(void *), void *with)
{
    return begin_and(work, rest, with);
}

static inline void nothing(void *with)
{
    (void)with;
}

static inline void needs_netlink(void)
{
#ifndef HAVE_LIBMNL
    skip();
#endif
}

static inline void needs_root(void)
{
    if (geteuid() != 0)
        skip();
}

#endif
