/* SPDX-License-Identifier: MIT */
/*
 * A listing's life: every call in every state, inside a host's loop, in a forked child, over
 * descriptors of another namespace; and over a proc of the test's own, where processes vanish and
 * numbers are used again while they are looked at. The argument is a folder to write in.
 */
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <sched.h>

#include "listeners.h"
#include "wrapped.h"

static char root[256];
static int fd;

/* ---- a proc of our own --------------------------------------------------------------------- */

static void put_file(const char *pid, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", root, pid, name);
    int f = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(f >= 0);
    assert_int_equal(write(f, text, strlen(text)), (int)strlen(text));
    close(f);
}

static void put_start(const char *pid, int ticks)
{
    char text[256];
    snprintf(text, sizeof text, "%s (any) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 %d 1 1", pid,
             ticks);
    put_file(pid, "stat", text);
}

static void put_link(const char *pid, int descriptor, uint32_t inode)
{
    char path[512], text[64];
    snprintf(path, sizeof path, "%s/%s/fd/%d", root, pid, descriptor);
    snprintf(text, sizeof text, "socket:[%u]", inode);
    unlink(path);
    assert_int_equal(symlink(text, path), 0);
}

static void put_process(const char *pid)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, pid);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/%s/fd", root, pid);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/%s/task", root, pid);
    assert_int_equal(mkdir(path, 0700), 0);
    put_start(pid, 4711);
    put_file(pid, "comm", "name\n");
    put_file(pid, "status", "Uid:\t7\t8\t9\t10\n");
    put_file(pid, "cgroup", "0::/system.slice/box.service\n");
}

static int set_up(void **state)
{
    (void)state;
    char command[600];
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
    assert_int_equal(mkdir(root, 0700), 0);
    put_process("1");
    put_process("100");
    fd = server(SOCK_STREAM, 0, "127.0.0.1", 3101);
    put_link("100", 5, inode_of(fd));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    on_path = NULL;
    fail_at = 0;
    close(fd);
    return 0;
}

#define LOOK_HERE() LOOK("proc-root", root, "port", "3101", "owners", "all")

static void found_there(void **state)
{
    (void)state;
    needs_netlink();
    LOOK_HERE();
    np_owner o = owner(inode_of(fd), 0);
    assert_int_equal(o.pid, 100);
    assert_int_equal(o.fd, 5);
    assert_int_equal(o.uid, 8);
    assert_int_equal(o.start_ticks, 4711);
    assert_string_equal(o.unit, "box.service");
    assert_string_equal(row(fd).unit, "box.service");
    LOOK("proc-root", root, "port", "3101", "match", "box.serv");
    assert_true(is_listed(fd));
    LOOK("proc-root", root, "port", "3101", "match", "other");
    assert_false(is_listed(fd));
}

static void vanish(const char *path)
{
    char from[512], to[512];
    if (strcmp(path, "100/comm") != 0)
        return;
    snprintf(from, sizeof from, "%s/100", root);
    snprintf(to, sizeof to, "%s/gone", root);
    rename(from, to);
}

static void process_vanishes(void **state)
{
    (void)state;
    needs_netlink();
    on_path = vanish;
    LOOK_HERE();
    assert_int_equal(row(fd).owner_count, 0);
}

static void reuse(const char *path)
{
    if (strcmp(path, "100/comm") == 0)
        put_start("100", 9999);
}

static void number_is_used_again(void **state)
{
    (void)state;
    needs_netlink();
    on_path = reuse;
    LOOK_HERE();
    assert_int_equal(row(fd).owner_count, 0);
}

static void let_go(const char *path)
{
    if (strcmp(path, "100/comm") == 0)
        put_link("100", 5, 1);
}

static void descriptor_is_closed_meanwhile(void **state)
{
    (void)state;
    needs_netlink();
    on_path = let_go;
    LOOK_HERE();
    assert_int_equal(row(fd).owner_count, 0);
}

static void process_1_is_hidden(void **state)
{
    (void)state;
    needs_netlink();
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/1", root);
    snprintf(to, sizeof to, "%s/hidden", root);
    assert_int_equal(rename(from, to), 0);
    put_link("100", 5, 1);
    LOOK_HERE();
    assert_true(has_gap("hidepid"));
    assert_int_equal(row(fd).owner_state, NP_OWNER_DENIED);
}

/* ---- what cannot be read ------------------------------------------------------------------- */

static const char *refused;
static int refused_with;

/* The call that names this path fails. */
static void refuse(const char *path)
{
    if (strcmp(path, refused) != 0)
        return;
    fail_at = calls + 1;
    fail_with = refused_with;
}

/* What could not be read may hold the socket: nobody says that no process does. */
static void doubt_is_not_nobody(void **state)
{
    (void)state;
    needs_netlink();
    static const struct {
        const char *path;
        int error;
        const char *gap;
    } all[] = {{"5", EACCES, "cap_sys_ptrace"},     {"5", EIO, "to the end"},
               {"100/stat", EACCES, "cap_sys_ptrace"}, {"100/fd", EIO, "to the end"},
               {"100/fd", EPERM, "cap_sys_ptrace"}};
    on_path = refuse;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        refused = all[i].path;
        refused_with = all[i].error;
        LOOK_HERE();
        assert_int_equal(row(fd).owner_state, NP_OWNER_DENIED);
        assert_true(has_gap("owners of 1 socket") && has_gap(all[i].gap));
        np_listeners_info info;
        np_listeners_get_info(view, &info, sizeof info);
        assert_int_equal(info.complete, 0);
    }
    put_link("100", 5, 1); /* nobody, as far as tables go: threads are looked at then */
    refused = "100/task";
    LOOK_HERE();
    assert_int_equal(row(fd).owner_state, NP_OWNER_DENIED);
    refused = "none";
    LOOK_HERE();
    assert_int_equal(row(fd).owner_state, NP_OWNER_NONE);
}

/* A ring can hold more files than are read of it. */
static void ring_is_long(void **state)
{
    (void)state;
    needs_netlink();
    char path[512];
    static char info[20000];
    memset(info, ' ', sizeof info - 1);
    put_link("100", 5, 1);
    snprintf(path, sizeof path, "%s/100/fd/6", root);
    assert_int_equal(symlink("anon_inode:[io_uring]", path), 0);
    snprintf(path, sizeof path, "%s/100/fdinfo", root);
    assert_int_equal(mkdir(path, 0700), 0);
    put_file("100", "fdinfo/6", "UserFiles: 0\n");
    LOOK_HERE();
    assert_int_equal(row(fd).owner_state, NP_OWNER_NONE);
    put_file("100", "fdinfo/6", info);
    LOOK_HERE();
    assert_int_equal(row(fd).owner_state, NP_OWNER_DENIED);
    assert_true(has_gap("to the end"));
}

/* Wherever descriptors run out, the end says so, or the owner is known with all that he has. */
static void out_of_descriptors_anywhere(void **state)
{
    (void)state;
    needs_netlink();
    unsigned long told = 0, total = 1;
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "proc-root", root);
    np_listeners_set(l, "protocols", "tcp");
    np_listeners_set(l, "port", "3101");
    np_listeners_set(l, "owners", "all");
    for (unsigned long n = 0; n <= total; n++) {
        calls = 0;
        fail_at = n;
        fail_with = EMFILE;
        np_status st = np_listeners_run(l);
        fail_at = 0;
        total = n ? total : calls;
        told += st == NP_ERR_MFILE;
        if (st == NP_ERR_MFILE)
            continue;
        np_listener row;
        np_owner o;
        assert_int_equal(st, NP_OK);
        if (np_listeners_count(l) == 0) { /* an answer lost: this proc has no net/tcp instead */
            assert_true(np_listeners_gap_count(l) > 0);
            continue;
        }
        assert_int_equal(np_listeners_get(l, 0, &row, sizeof row), NP_OK);
        assert_int_equal(np_listeners_get_owner(l, 0, 0, &o, sizeof o), NP_OK);
        assert_int_equal(o.pid, 100);
        assert_int_equal(o.uid, 8);
        assert_string_equal(o.process, "name");
        assert_string_equal(o.unit, "box.service");
    }
    assert_true(told > 10);
    np_listeners_free(l);
}

/* ---- inside a host's loop ------------------------------------------------------------------ */

/* However many processes and descriptors: a turn makes so many calls, and no more. */
static void steps_are_bounded(void **state)
{
    (void)state;
    needs_netlink();
    enum { PROCESSES = 2000, DESCRIPTORS = 20000, BOUND = 1100 };
    char pid[16];
    for (int i = 0; i < PROCESSES; i++) {
        snprintf(pid, sizeof pid, "%d", 1000 + i);
        put_process(pid);
    }
    for (int i = 0; i < DESCRIPTORS; i++)
        put_link("1500", i, 2);
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "proc-root", root);
    np_listeners_set(l, "owners", "all");
    assert_int_equal(np_listeners_start(l), NP_OK);
    unsigned long largest = 0, turns = 0;
    np_event ev = {.type = NP_EV_NONE};
    while (ev.type != NP_EV_DONE) {
        struct pollfd p = {np_context_fd(ctx), POLLIN, 0};
        assert_int_equal(poll(&p, 1, 10000), 1);
        calls = 0;
        np_next_event(ctx, &ev, sizeof ev, 0);
        largest = calls > largest ? calls : largest;
        turns++;
    }
    np_listeners_info info;
    np_listeners_get_info(l, &info, sizeof info);
    assert_true(info.descriptors > DESCRIPTORS && info.processes >= PROCESSES);
    assert_true(turns > info.descriptors / BOUND);
    if (largest > BOUND)
        fail_msg("%lu calls in one turn", largest);
    np_listeners_free(l);
}

static void listen_at_path(int *out, int number)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%.80s/%d.sock", root, number);
    *out = make(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(*out, (void *)&a, sizeof a), 0);
    assert_int_equal(listen(*out, 1), 0);
}

/* So is the look for files, which takes more calls than one each. */
static void files_are_bounded(void **state)
{
    (void)state;
    needs_netlink();
    enum { FILES = 700, BOUND = 280 };
    static int held[FILES];
    for (int i = 0; i < FILES; i++)
        listen_at_path(&held[i], i);
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "protocols", "unix");
    np_listeners_set(l, "owners", "none");
    assert_int_equal(np_listeners_start(l), NP_OK);
    unsigned long largest = 0;
    np_event ev = {.type = NP_EV_NONE};
    while (ev.type != NP_EV_DONE) {
        struct pollfd p = {np_context_fd(ctx), POLLIN, 0};
        assert_int_equal(poll(&p, 1, 10000), 1);
        calls = 0;
        np_next_event(ctx, &ev, sizeof ev, 0);
        largest = calls > largest ? calls : largest;
    }
    if (largest > BOUND)
        fail_msg("%lu calls in one turn", largest);
    assert_true(np_listeners_count(l) >= FILES);
    np_listeners_free(l);
    for (int i = 0; i < FILES; i++)
        close(held[i]);
}

/* Wherever a turn ends within a table, the next one goes on there: nobody is left out. */
static void no_table_is_left_unfinished(void **state)
{
    (void)state;
    needs_netlink();
    enum { SOCKETS = 300, DESCRIPTORS = 13 };
    static int held[SOCKETS];
    char pid[16];
    for (int i = 0; i < SOCKETS; i++) {
        held[i] = server(SOCK_STREAM, 0, "127.0.0.1", 0);
        snprintf(pid, sizeof pid, "%d", 1000 + i);
        put_process(pid);
        for (int k = 0; k < DESCRIPTORS; k++)
            put_link(pid, k, k == i % DESCRIPTORS ? inode_of(held[i]) : 2);
    }
    static const char *const modes[] = {"first", "all", "auto"};
    for (int m = 0; m < 3; m++) {
        LOOK("proc-root", root, "protocols", "tcp", "owners", modes[m], "owner-budget", "10s");
        for (int i = 0; i < SOCKETS; i++)
            assert_int_equal(row(held[i]).pid, 1000 + i);
    }
    for (int i = 0; i < SOCKETS; i++)
        close(held[i]);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void every_call_in_every_state(void **state)
{
    (void)state;
    np_event ev;
    np_listeners *l = np_listeners_new(ctx);
    assert_int_equal(np_listeners_pause(l), NP_ERR_STATE);
    assert_int_equal(np_listeners_resume(l), NP_ERR_STATE);
    assert_int_equal(np_listeners_cancel(l), NP_OK);
    assert_int_equal(np_listeners_clear(l), NP_OK);
    assert_int_equal(np_listeners_set_user(l, &ev), NP_OK);
    assert_int_equal(np_listeners_start(l), NP_OK);
    assert_int_equal(np_listeners_start(l), NP_ERR_STATE);
    assert_int_equal(np_listeners_run(l), NP_ERR_STATE);
    assert_int_equal(np_listeners_set(l, "port", "1"), NP_ERR_STATE);
    assert_int_equal(np_listeners_set_netlink(l, -1, -1), NP_ERR_STATE);
    assert_int_equal(np_listeners_reset(l), NP_ERR_STATE);
    assert_int_equal(np_listeners_count(l), 0);
    assert_int_equal(np_listeners_pause(l), NP_OK);
    assert_int_equal(np_listeners_pause(l), NP_OK);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 20 * NP_MILLISECOND), 0); /* it rests */
    assert_int_equal(np_listeners_resume(l), NP_OK);
    assert_int_equal(np_listeners_clear(l), NP_OK); /* begins anew */
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 10 * NP_SECOND), 1);
    assert_int_equal(ev.type, NP_EV_DONE);
    assert_int_equal(ev.status, NP_OK);
    assert_ptr_equal(ev.object, l);
    assert_ptr_equal(ev.user, &ev);
    int found = np_listeners_count(l);
    assert_true(found > 0);
    assert_int_equal(np_listeners_set(l, "port", "1"), NP_OK); /* of the next run */
    assert_int_equal(np_listeners_count(l), found);
    assert_int_equal(np_listeners_run(l), NP_OK);
    assert_int_equal(np_listeners_count(l), 0);
    assert_int_equal(np_listeners_reset(l), NP_OK);
    assert_int_equal(np_listeners_run(l), NP_OK);
    assert_int_equal(np_listeners_count(l), found);
    np_listeners_free(l);
}

static void cancelled(void **state)
{
    (void)state;
    np_event ev;
    np_listeners *l = np_listeners_new(ctx);
    assert_int_equal(np_listeners_start(l), NP_OK);
    assert_int_equal(np_listeners_cancel(l), NP_OK);
    assert_int_equal(np_listeners_clear(l), NP_ERR_STATE); /* DONE waits */
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.status, NP_ERR_CANCELLED);
    assert_int_equal(np_listeners_count(l), 0);
    assert_non_null(np_listeners_json(l));
    np_context_wakeup(ctx);
    assert_int_equal(np_listeners_run(l), NP_ERR_CANCELLED);
    assert_int_equal(np_listeners_run(l), NP_OK);
    np_listeners_free(l);
}

static void errors_latch(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *sentence;
        np_status status;
    } all[] = {{"protocls", "tcp", "protocols", NP_ERR_INVALID},
               {"protocols", "tcp,upd", "'upd'", NP_ERR_INVALID},
               {"port", "99999", "no port", NP_ERR_INVALID},
               {"owners", "som", "none", NP_ERR_INVALID},
               {"uid", "-2", "-1", NP_ERR_RANGE},
               {"owner-budget", "50", "needs its unit", NP_ERR_INVALID},
               {"family", NULL, "", NP_ERR_INVALID}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        np_listeners *l = np_listeners_new(ctx);
        assert_int_equal(np_listeners_set(l, all[i].name, all[i].value), all[i].status);
        if (!strstr(np_listeners_error(l), all[i].sentence))
            fail_msg("%s", np_listeners_error(l));
        np_listeners_set(l, "port", "nonsense too"); /* the first one stays */
        assert_int_equal(np_listeners_run(l), all[i].status);
        assert_non_null(strstr(np_listeners_error(l), all[i].sentence));
        assert_int_equal(np_listeners_reset(l), NP_OK);
        assert_int_equal(np_listeners_run(l), NP_OK);
        np_listeners_free(l);
    }
}

static void no_object(void **state)
{
    (void)state;
    np_listener n;
    np_owner o;
    np_interface i;
    np_listeners_info info;
    assert_null(np_listeners_new(NULL));
    np_listeners_free(NULL);
    np_status (*const verbs[])(np_listeners *) = {
        np_listeners_start, np_listeners_run,   np_listeners_pause, np_listeners_resume,
        np_listeners_cancel, np_listeners_clear, np_listeners_reset};
    for (size_t k = 0; k < sizeof verbs / sizeof *verbs; k++)
        assert_int_equal(verbs[k](NULL), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_set(NULL, "port", "1"), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_set_user(NULL, NULL), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_set_netlink(NULL, -1, -1), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_get(NULL, 0, &n, sizeof n), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_get_owner(NULL, 0, 0, &o, sizeof o), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_get_interface(NULL, 0, &i, sizeof i), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_get_info(NULL, &info, sizeof info), NP_ERR_NOMEM);
    assert_int_equal(np_listeners_count(NULL) + np_listeners_owner_count(NULL, 0) +
                         np_listeners_gap_count(NULL) + np_listeners_interface_count(NULL),
                     0);
    assert_string_equal(np_listeners_gap(NULL, 0), "");
    assert_null(np_listeners_json(NULL));
    assert_non_null(strstr(np_listeners_error(NULL), "no object"));
    assert_string_equal(np_protocol_name(99), "unknown");
    assert_string_equal(np_socket_state_name(-1), "unknown");
}

static void beyond_the_counts(void **state)
{
    (void)state;
    np_listener n;
    np_owner o;
    LOOK("protocols", "tcp");
    assert_int_equal(np_listeners_get(view, np_listeners_count(view), &n, sizeof n), NP_ERR_RANGE);
    assert_int_equal(n.port, 0);
    assert_int_equal(np_listeners_get(view, -1, &n, sizeof n), NP_ERR_RANGE);
    assert_int_equal(np_listeners_get(view, 0, NULL, 0), NP_ERR_INVALID);
    assert_int_equal(np_listeners_get_owner(view, 0, 1000, &o, sizeof o), NP_ERR_RANGE);
    int32_t protocol;
    assert_int_equal(np_listeners_get(view, 0, (void *)&protocol, sizeof protocol), NP_OK);
    assert_int_equal(protocol, NP_PROTOCOL_TCP); /* as far as the program knows the struct */
}

static void freed_in_any_order(void **state)
{
    (void)state;
    np_context *own = np_context_new();
    np_listeners *running = np_listeners_new(own), *left = np_listeners_new(own);
    assert_int_equal(np_listeners_start(running), NP_OK);
    np_listeners_free(running);
    assert_int_equal(np_listeners_run(left), NP_OK);
    int found = np_listeners_count(left);
    np_context_free(own);
    assert_int_equal(np_listeners_count(left), found);
    assert_int_equal(np_listeners_start(left), NP_ERR_STATE);
    np_listeners_free(left);
}

static void forked(void **state)
{
    (void)state;
    int status;
    LOOK("protocols", "tcp");
    pid_t pid = fork_child();
    if (pid == 0) {
        np_listener n;
        bool good = np_listeners_start(view) == NP_ERR_FORKED &&
                    np_listeners_set(view, "port", "1") == NP_ERR_FORKED &&
                    np_listeners_get(view, 0, &n, sizeof n) == NP_OK;
        np_listeners_free(view);
        np_context_free(ctx);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- descriptors of another namespace ------------------------------------------------------ */

static void listen_elsewhere(void *with)
{
    int *sockets = with; /* handed over through /proc */
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    server(SOCK_STREAM, 0, "0.0.0.0", 3199);
    sockets[0] = socket(AF_NETLINK, SOCK_RAW, 4);
    sockets[1] = socket(AF_NETLINK, SOCK_RAW, 0);
}

static void netlink_of_another_namespace(void **state)
{
    (void)state;
    needs_netlink();
    needs_root();
    int own = open("/proc/self/ns/net", O_RDONLY), sockets[2];
    struct stat before, after;
    assert_int_equal(fstat(own, &before), 0);
    listen_elsewhere(sockets);
    assert_int_equal(setns(own, CLONE_NEWNET), 0);
    np_listeners *l = np_listeners_new(ctx);
    assert_int_equal(np_listeners_set_netlink(l, sockets[0], sockets[1]), NP_OK);
    close(sockets[0]);
    close(sockets[1]);
    np_listeners_set(l, "protocols", "tcp");
    assert_int_equal(np_listeners_run(l), NP_OK);
    assert_int_equal(np_listeners_count(l), 1);
    np_listener n;
    np_listeners_get(l, 0, &n, sizeof n);
    assert_int_equal(n.port, 3199);
    assert_int_equal(n.pid, getpid());
    assert_int_equal(stat("/proc/self/ns/net", &after), 0);
    assert_int_equal(after.st_ino, before.st_ino); /* the library moves nobody */
    assert_int_equal(np_listeners_reset(l), NP_OK);
    np_listeners_set(l, "port", "3199");
    assert_int_equal(np_listeners_run(l), NP_OK);
    assert_int_equal(np_listeners_count(l), 0);
    assert_int_equal(np_listeners_set_netlink(l, 999, -1), NP_ERR_INVALID);
    assert_int_equal(np_listeners_run(l), NP_ERR_INVALID);
    np_listeners_free(l);
    close(own);
}

static void netlink_of_two_namespaces(void **state)
{
    (void)state;
    needs_netlink();
    needs_root();
    int own = open("/proc/self/ns/net", O_RDONLY), sockets[2];
    int ping = make(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    int diag = make(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    assert_int_equal(try_bind(ping, "127.0.0.1", 7, 0), 0);
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    int away = make(AF_INET, SOCK_STREAM, 0);
    set(away, SOL_IP, 15 /* IP_FREEBIND */, 1);
    assert_int_equal(try_bind(away, "203.0.113.9", 3198, 0), 0);
    assert_int_equal(listen(away, 1), 0);
    sockets[0] = make(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    sockets[1] = make(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    assert_int_equal(setns(own, CLONE_NEWNET), 0);
    np_listeners_free(view);
    view = np_listeners_new(ctx);
    np_listeners_set(view, "protocols", "tcp,ping");
    np_listeners_set(view, "owners", "none");
    assert_int_equal(np_listeners_set_netlink(view, sockets[0], -1), NP_OK);
    assert_int_equal(np_listeners_run(view), NP_OK);
    assert_true(is_listed(away) && !is_listed(fd) && !is_listed(ping));
    assert_int_equal(row(away).dormant, 0); /* of its routes nothing is known */
    assert_int_equal(np_listeners_interface_count(view), 0);
    assert_true(has_gap("ping: /proc/net is of another") && has_gap("interfaces: "));
    assert_int_equal(np_listeners_set_netlink(view, sockets[0], sockets[1]), NP_OK);
    assert_int_equal(np_listeners_run(view), NP_OK);
    assert_true(np_listeners_interface_count(view) > 0);
    assert_true(has_gap("ping: ") && !has_gap("interfaces: "));
    assert_int_equal(np_listeners_set_netlink(view, diag, -1), NP_OK); /* of this one */
    assert_int_equal(np_listeners_run(view), NP_OK);
    assert_true(is_listed(fd) && is_listed(ping) && !is_listed(away));
    assert_int_equal(np_listeners_gap_count(view), 0);
    assert_int_equal(np_listeners_set_netlink(view, sockets[1], -1), NP_ERR_INVALID);
    assert_int_equal(np_listeners_set_netlink(view, -1, away), NP_ERR_INVALID);
    int all[] = {own, ping, diag, away, sockets[0], sockets[1]};
    for (int i = 0; i < 6; i++)
        close(all[i]);
}

/* Answers to a question of the program's, which it has not read: not one of them is ours. */
static void answers_that_wait_already(void **state)
{
    (void)state;
    needs_netlink();
    struct {
        struct nlmsghdr h;
        struct inet_diag_req_v2 r;
    } ask = {{sizeof ask, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
             {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0u}};
    int udp = server(SOCK_DGRAM, 0, "127.0.0.1", 3102);
    int diag = make(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "protocols", "tcp");
    np_listeners_set(l, "owners", "none");
    assert_int_equal(np_listeners_set_netlink(l, diag, -1), NP_OK);
    for (int run = 0; run < 2; run++) {
        np_listener n;
        uint32_t before = last_number;
        assert_int_equal(send(diag, &ask, sizeof ask, 0), sizeof ask);
        assert_int_equal(np_listeners_run(l), NP_OK);
        assert_true(last_number - before > 64); /* not gone on with: random */
        int found = 0;
        for (int i = 0; i < np_listeners_count(l); i++) {
            np_listeners_get(l, i, &n, sizeof n);
            assert_true(n.inode != inode_of(udp));
            found += n.inode == inode_of(fd);
        }
        assert_int_equal(found, 1);
        assert_int_equal(np_listeners_gap_count(l), 0);
    }
    np_listeners_free(l);
    close(diag);
    close(udp);
}

#define LIFE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        LIFE(found_there),
        LIFE(process_vanishes),
        LIFE(number_is_used_again),
        LIFE(descriptor_is_closed_meanwhile),
        LIFE(process_1_is_hidden),
        LIFE(doubt_is_not_nobody),
        LIFE(ring_is_long),
        LIFE(out_of_descriptors_anywhere),
        LIFE(steps_are_bounded),
        LIFE(files_are_bounded),
        LIFE(no_table_is_left_unfinished),
        LIFE(every_call_in_every_state),
        LIFE(cancelled),
        LIFE(errors_latch),
        LIFE(no_object),
        LIFE(beyond_the_counts),
        LIFE(freed_in_any_order),
        LIFE(forked),
        LIFE(netlink_of_another_namespace),
        LIFE(netlink_of_two_namespaces),
        LIFE(answers_that_wait_already),
    };
    snprintf(root, sizeof root, "%s/proc", argc > 1 ? argv[1] : "/tmp/np-proc");
    ctx = np_context_new();
    int status = RUN(tests);
    np_listeners_free(view);
    np_context_free(ctx);
    return status;
}
