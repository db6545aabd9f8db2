/* SPDX-License-Identifier: MIT */
/*
 * Who holds a socket, each test named after the trap that it is: holders in other processes,
 * threads, namespaces, rings and messages, names that hold anything, and what cannot be seen.
 */
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>

#include "listeners.h"

/* What a child and this process both see. */
typedef struct shared {
    uint32_t inode;
    int fd;
    pid_t tid;
    const char *name;
    size_t name_len;
} shared;

static shared *common;

static void listen_in_common(void *with)
{
    common->fd = server(SOCK_STREAM, 0, "127.0.0.1", (uint16_t)(uintptr_t)with);
    common->inode = inode_of(common->fd);
}

static void every_holder(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "127.0.0.1", 2104);
    pid_t a = begin(nothing, NULL), b = begin(nothing, NULL);
    LOOK("port", "2104", "owners", "all");
    np_listener n = row(fd);
    assert_int_equal(n.owner_state, NP_OWNER_KNOWN);
    assert_int_equal(n.owner_count, 3);
    assert_int_equal(n.pid, getpid()); /* the oldest first */
    pid_t pids[] = {getpid(), a, b};
    for (int i = 0; i < 3; i++) {
        np_owner o = owner(inode_of(fd), i);
        assert_int_equal(o.pid, pids[i]);
        assert_int_equal(o.tid, pids[i]);
        assert_int_equal(o.fd, fd);
        assert_int_equal(o.uid, geteuid());
        assert_true(o.start_ticks > 0);
        assert_int_equal(o.exe_deleted, 0);
        assert_string_equal(o.command, "");
    }
    LOOK("port", "2104", "owners", "first");
    assert_true(row(fd).owner_count >= 1);
    LOOK("port", "2104", "owners", "none");
    assert_int_equal(row(fd).owner_state, NP_OWNER_UNKNOWN);
    LOOK("port", "2104");
    assert_true(row(fd).owner_count >= 1); /* auto: all of them, as far as its time suffices */
    end(a);
    end(b);
    close(fd);
}

static void held_twice_by_one_process(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "127.0.0.1", 2105), again = dup(fd);
    LOOK("port", "2105", "owners", "all");
    assert_int_equal(row(fd).owner_count, 2);
    assert_int_equal(owner(inode_of(fd), 0).fd, fd);
    assert_int_equal(owner(inode_of(fd), 1).fd, again);
    close(fd);
    close(again);
}

static void take_reuseport(void *with)
{
    int *fd = with;
    *fd = make(AF_INET, SOCK_STREAM, 0);
    set(*fd, SOL_SOCKET, SO_REUSEPORT, 1);
    assert_int_equal(try_bind(*fd, "127.0.0.1", 2103, 0), 0);
    assert_int_equal(listen(*fd, 1), 0);
}

static void reuseport_group(void **state)
{
    (void)state;
    int fd;
    pid_t workers[3];
    bool seen[3] = {false};
    for (int i = 0; i < 3; i++)
        workers[i] = begin(take_reuseport, &fd);
    LOOK("port", "2103", "owners", "all");
    assert_int_equal(np_listeners_count(view), 3);
    for (int i = 0; i < 3; i++) {
        np_listener n;
        np_listeners_get(view, i, &n, sizeof n);
        assert_int_equal(n.owner_count, 1);
        for (int k = 0; k < 3; k++)
            seen[k] |= n.pid == workers[k];
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    for (int i = 0; i < 3; i++)
        end(workers[i]);
}

static void listen_then_become_nobody(void *with)
{
    listen_in_common(with);
    assert_int_equal(setresuid(65534, 65534, 65534), 0);
}

static void users_differ(void **state)
{
    (void)state;
    needs_root();
    pid_t c = begin(listen_then_become_nobody, (void *)2106);
    np_listener n;
    LOOK("port", "2106", "owners", "all");
    assert_int_equal(np_listeners_get(view, row_of(common->inode), &n, sizeof n), NP_OK);
    assert_int_equal(n.uid, 0);
    assert_int_equal(n.process_uid, 65534);
    end(c);
}

/* ---- names -------------------------------------------------------------------------------- */

static void take_name(void *with)
{
    int fd = open("/proc/self/comm", O_WRONLY);
    listen_in_common(with);
    assert_true(write(fd, common->name, common->name_len) >= 0);
    close(fd);
}

static void names_hold_anything(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
        const char *shown;
    } all[] = {{"a (b", 4, "a (b"}, {") S 1 1 (", 9, ") S 1 1 ("},
               {"new\nline", 8, "new\\x0aline"}, {"\x1b[2J", 4, "\\x1b[2J"},
               {"\xff\xfe bad", 6, "\\xff\\xfe bad"}, {"caf\xc3\xa9", 5, "caf\xc3\xa9"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        common->name = all[i].name;
        common->name_len = all[i].len;
        pid_t c = begin(take_name, (void *)2107);
        LOOK("port", "2107", "owners", "all");
        np_owner o = owner(common->inode, 0);
        assert_int_equal(o.comm_len, all[i].len);
        assert_memory_equal(o.comm, all[i].name, o.comm_len);
        assert_string_equal(o.process, all[i].shown);
        assert_int_equal(o.pid, c);
        end(c);
    }
    common->name = ""; /* prctl gives a name of no letters */
}

static void take_empty_name(void *with)
{
    listen_in_common(with);
    prctl(PR_SET_NAME, "");
}

static void name_is_empty(void **state)
{
    (void)state;
    pid_t c = begin(take_empty_name, (void *)2108);
    LOOK("port", "2108", "owners", "all");
    assert_int_equal(owner(common->inode, 0).comm_len, 0);
    assert_string_equal(owner(common->inode, 0).process, "");
    end(c);
}

/* Runs a copy of this program that waits with an inherited socket; `arguments` are its own. */
static pid_t run_copy(const char *path, char *const *arguments, int fd, int *hold)
{
    int pipes[2], ready[2];
    char c;
    assert_int_equal(pipe2(pipes, O_CLOEXEC) + pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork_child();
    if (pid == 0) {
        dup2(pipes[0], 0);
        dup2(ready[1], 1);
        dup2(fd, 9);
        execv(path, arguments);
        _exit(1);
    }
    close(pipes[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    *hold = pipes[1];
    return pid;
}

static void copy_program(const char *to)
{
    char octets[65536];
    int from = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0700);
    ssize_t n;
    assert_true(from >= 0 && out >= 0);
    while ((n = read(from, octets, sizeof octets)) > 0)
        assert_int_equal(write(out, octets, (size_t)n), (int)n);
    close(from);
    close(out);
}

static void program_deleted_and_arguments(void **state)
{
    (void)state;
    char folder[] = "/tmp/np-XXXXXX", path[64];
    int hold, fd = server(SOCK_STREAM, 0, "127.0.0.1", 2109);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/server", folder);
    copy_program(path);
    char *arguments[] = {"\x1b]0;title\a", "wait", "two words", NULL};
    pid_t pid = run_copy(path, arguments, fd, &hold);
    uint32_t inode = inode_of(fd);
    close(fd);
    LOOK("port", "2109", "owners", "all", "command", "yes");
    np_owner o = owner(inode, 0);
    assert_int_equal(o.pid, pid);
    assert_int_equal(o.fd, 9);
    assert_int_equal(o.exe_deleted, 0);
    assert_string_equal(o.exe, path);
    assert_string_equal(o.command, "\\x1b]0;title\\x07 wait two words");
    assert_int_equal(o.arguments_len, sizeof "\x1b]0;title\a\0wait\0two words");
    assert_memory_equal(o.arguments, "\x1b]0;title\a\0wait\0two words", o.arguments_len);
    unlink(path);
    rmdir(folder);
    LOOK("port", "2109", "owners", "all");
    o = owner(inode, 0);
    assert_int_equal(o.exe_deleted, 1);
    assert_string_equal(o.exe, path);
    assert_int_equal(o.arguments_len, 0); /* not asked for */
    close(hold);
    waitpid(pid, NULL, 0);
}

/* ---- tables that are not the process's ----------------------------------------------------- */

static pthread_barrier_t barrier;

static void *private_table(void *with)
{
    assert_int_equal(unshare(CLONE_FILES), 0);
    listen_in_common(with);
    common->tid = (pid_t)syscall(SYS_gettid);
    pthread_barrier_wait(&barrier);
    pause();
    return NULL;
}

static void listen_in_a_thread(void *with)
{
    pthread_t t;
    pthread_barrier_init(&barrier, NULL, 2);
    assert_int_equal(pthread_create(&t, NULL, private_table, with), 0);
    pthread_barrier_wait(&barrier);
}

static void thread_with_a_table_of_its_own(void **state)
{
    (void)state;
    pid_t c = begin(listen_in_a_thread, (void *)2111);
    LOOK("port", "2111", "owners", "all");
    np_owner o = owner(common->inode, 0);
    assert_int_equal(o.pid, c);
    assert_int_equal(o.tid, common->tid);
    assert_int_equal(o.fd, common->fd);
    end(c);
}

static int told;

static void *outlive_the_leader(void *with)
{
    char state = 0;
    while (state != 'Z') { /* until the leading thread has ended */
        char text[256];
        int fd = open("/proc/self/stat", O_RDONLY);
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        text[n > 0 ? n : 0] = '\0';
        state = strrchr(text, ')') ? strrchr(text, ')')[2] : 0;
    }
    (void)!write(told, "x", 1);
    pause();
    return with;
}

static void leading_thread_has_ended(void **state)
{
    (void)state;
    needs_root(); /* of a process without a leader only root may look at the threads */
    int done[2];
    char c;
    assert_int_equal(pipe2(done, O_CLOEXEC), 0);
    pid_t pid = fork_child();
    if (pid == 0) {
        pthread_t t;
        told = done[1];
        listen_in_common((void *)2112);
        pthread_create(&t, NULL, outlive_the_leader, NULL);
        syscall(SYS_exit, 0); /* this thread only */
    }
    assert_int_equal(read(done[0], &c, 1), 1);
    LOOK("port", "2112", "owners", "all");
    assert_true(row_of(common->inode) >= 0);
    assert_int_equal(owner(common->inode, 0).pid, pid);
    end(pid);
    close(done[0]);
    close(done[1]);
}

/* No descriptor anywhere: the socket lies in a message that nobody has read. */
static void in_flight(void **state)
{
    (void)state;
    int pair[2], fd = server(SOCK_STREAM, 0, "127.0.0.1", 2113);
    uint32_t inode = inode_of(fd);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
    char control[CMSG_SPACE(sizeof fd)] = {0}, octet = 'x';
    struct iovec iov = {&octet, 1};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
                       .msg_controllen = sizeof control};
    *CMSG_FIRSTHDR(&m) = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                                          .cmsg_len = CMSG_LEN(sizeof fd)};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &fd, sizeof fd);
    assert_int_equal(sendmsg(pair[0], &m, 0), 1);
    close(fd);
    LOOK("port", "2113", "owners", "all");
    np_listener n;
    assert_int_equal(np_listeners_get(view, row_of(inode), &n, sizeof n), NP_OK);
    assert_int_equal(n.owner_count, 0);
    np_listeners_info info; /* root in a container may list tables whose links it may not read */
    np_listeners_get_info(view, &info, sizeof info);
    bool unseen = geteuid() != 0 || info.denied > 0;
    assert_int_equal(n.owner_state, unseen ? NP_OWNER_DENIED : NP_OWNER_NONE);
    close(pair[0]);
    close(pair[1]);
}

static void only_a_ring_holds_it(void **state)
{
    (void)state;
    struct io_uring_params p = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
    if (ring < 0)
        skip();
    int fd = server(SOCK_STREAM, 0, "127.0.0.1", 2114);
    uint32_t inode = inode_of(fd);
    assert_int_equal(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1), 0);
    close(fd);
    LOOK("port", "2114", "owners", "all");
    assert_int_equal(owner(inode, 0).pid, getpid());
    assert_int_equal(owner(inode, 0).fd, -1);
    close(ring);
}

static void listen_then_leave_the_namespace(void *with)
{
    listen_in_common(with);
    assert_int_equal(unshare(CLONE_NEWNET), 0);
}

static void holder_in_another_namespace(void **state)
{
    (void)state;
    needs_root();
    pid_t c = begin(listen_then_leave_the_namespace, (void *)2115);
    LOOK("port", "2115", "owners", "all");
    assert_int_equal(owner(common->inode, 0).pid, c);
    end(c);
}

static void leave_then_listen(void *with)
{
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    listen_in_common(with);
}

static void sockets_of_other_namespaces_are_not_ours(void **state)
{
    (void)state;
    needs_root();
    pid_t c = begin(leave_then_listen, (void *)2116);
    LOOK("port", "2116");
    assert_int_equal(np_listeners_count(view), 0);
    end(c);
}

static void kernel_owned(void **state)
{
    (void)state;
    needs_netlink();
    if (!if_nametoindex("vx0"))
        skip();
    LOOK("port", "4789", "protocols", "udp", "owners", "all");
    assert_true(np_listeners_count(view) > 0);
    for (int i = 0; i < np_listeners_count(view); i++) {
        np_listener n;
        np_listeners_get(view, i, &n, sizeof n);
        assert_int_equal(n.owner_state, NP_OWNER_KERNEL);
        assert_string_equal(n.device, "vx0");
    }
}

static void set_up(const char *interface, bool up)
{
    struct ifreq r = {.ifr_flags = 0};
    int s = make(AF_INET, SOCK_DGRAM, 0);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
    assert_int_equal(ioctl(s, SIOCGIFFLAGS, &r), 0);
    r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
    assert_int_equal(ioctl(s, SIOCSIFFLAGS, &r), 0);
    close(s);
}

/* While a tunnel is down its port is anybody's. */
static void port_of_a_tunnel_that_is_down(void **state)
{
    (void)state;
    needs_netlink();
    needs_root();
    if (!if_nametoindex("vx0"))
        skip();
    set_up("vx0", false);
    int udp = server(SOCK_DGRAM, 0, "0.0.0.0", 4789);
    LOOK("port", "4789", "protocols", "udp", "owners", "none");
    assert_int_equal(row(udp).owner_state, NP_OWNER_UNKNOWN);
    assert_string_equal(row(udp).device, "");
    close(udp);
    set_up("vx0", true);
}

/* ---- cgroups -------------------------------------------------------------------------------- */

static char cgroup[256];

static void enter(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", cgroup, name);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/cgroup.procs", cgroup, name);
    int f = open(path, O_WRONLY);
    assert_true(f >= 0);
    assert_int_equal(write(f, "0", 1), 1);
    close(f);
}

#define CONTAINER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* As systemd does: made in the cgroup of the socket unit, used in that of the service. */
static void listen_for_a_service(void *with)
{
    enter("ssh.socket");
    listen_in_common(with);
    enter("ssh.service");
}

/* A process without a unit holds what one with it has made. */
static void listen_and_leave_the_service(void *with)
{
    enter("ssh.service");
    listen_in_common(with);
    enter(".");
}

static void listen_in_a_container(void *with)
{
    enter("docker-" CONTAINER ".scope");
    listen_in_common(with);
}

/* A folder below the unified tree, where this process may make one. */
static bool make_cgroup(void)
{
    static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    for (int i = 0; i < 2; i++) {
        snprintf(cgroup, sizeof cgroup, "%s/cgroup.procs", roots[i]);
        if (access(cgroup, W_OK) != 0)
            continue;
        snprintf(cgroup, sizeof cgroup, "%s/np-test-%d", roots[i], (int)getpid());
        if (mkdir(cgroup, 0755) == 0)
            return true;
    }
    return false;
}

static void remove_cgroup(void)
{
    static const char *const names[] = {"ssh.socket", "ssh.service", "docker-" CONTAINER ".scope"};
    char path[512];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", cgroup, names[i]);
        rmdir(path);
    }
    assert_int_equal(rmdir(cgroup), 0);
}

static void units_and_containers(void **state)
{
    (void)state;
    needs_netlink();
    if (!make_cgroup())
        skip();
    np_listener n;
    pid_t service = begin(listen_for_a_service, (void *)2117);
    LOOK("port", "2117");
    assert_int_equal(np_listeners_get(view, row_of(common->inode), &n, sizeof n), NP_OK);
    assert_string_equal(n.socket_unit, "ssh.socket");
    assert_string_equal(n.unit, "ssh.service");
    assert_int_equal(n.pid, service);
    LOOK("port", "2117", "match", "ssh.socket");
    assert_int_equal(np_listeners_count(view), 1);
    end(service);
    pid_t left = begin(listen_and_leave_the_service, (void *)2119);
    LOOK("port", "2119");
    assert_int_equal(np_listeners_get(view, row_of(common->inode), &n, sizeof n), NP_OK);
    assert_string_equal(owner(common->inode, 0).unit, "");
    assert_string_equal(n.unit, "ssh.service"); /* the creator's */
    end(left);
    pid_t boxed = begin(listen_in_a_container, (void *)2118);
    LOOK("port", "2118");
    assert_int_equal(np_listeners_get(view, row_of(common->inode), &n, sizeof n), NP_OK);
    assert_string_equal(n.container, CONTAINER);
    assert_non_null(strstr(owner(common->inode, 0).cgroup, "/docker-" CONTAINER ".scope"));
    end(boxed);
    remove_cgroup();
}

/* ---- files ---------------------------------------------------------------------------------- */

/* An overlay shows other numbers of devices than its own: that is no reason to call a file gone. */
static void file_on_an_overlay(void **state)
{
    (void)state;
    needs_netlink();
    needs_root();
    if (mkdir("o", 0755) + mkdir("o/a", 0755) + mkdir("o/b", 0755) + mkdir("o/m", 0755) != 0 ||
        mount("np", "o/a", "tmpfs", 0, NULL) != 0 || mount("np", "o/b", "tmpfs", 0, NULL) != 0 ||
        mkdir("o/b/u", 0755) + mkdir("o/b/w", 0755) != 0 ||
        mount("np", "o/m", "overlay", 0, "lowerdir=o/a,upperdir=o/b/u,workdir=o/b/w") != 0)
        skip();
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "/run/lab/o/m/socket");
    int s = make(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (void *)&a, sizeof a), 0);
    assert_int_equal(listen(s, 1), 0);
    LOOK("protocols", "unix", "owners", "all");
    assert_int_equal(row(s).pid, getpid());
    assert_true(row(s).unlinked <= 0);
    assert_int_equal(unlink(a.sun_path), 0);
    LOOK("protocols", "unix", "owners", "all");
    assert_int_equal(row(s).unlinked, 1);
    close(s);
    umount("o/m");
}

/* ---- under way ---------------------------------------------------------------------------- */

static void breed(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
}

static void let_go_of(void *with)
{
    close(*(int *)with);
}

/* Processes that come and go while their tables are looked into: no trouble, no wrong owner. */
static void processes_come_and_go(void **state)
{
    (void)state;
    int fd = server(SOCK_STREAM, 0, "127.0.0.1", 2120);
    pid_t breeder = begin_and(let_go_of, breed, &fd);
    for (int i = 0; i < 100; i++) {
        LOOK("port", "2120", "owners", "all");
        assert_int_equal(row(fd).owner_count, 1);
        assert_int_equal(row(fd).pid, getpid());
    }
    end(breeder);
    close(fd);
}

/* Sockets come and go in one process while another asks 3,000 times for those that stay. */
static void stable_sockets_under_churn(void **state)
{
    (void)state;
    needs_netlink(); /* one reading of /proc/net misses some, and says that it may */
    enum { STABLE = 200, RUNS = 3000 };
    int stable[STABLE];
    uint32_t inodes[STABLE];
    for (int i = 0; i < STABLE; i++) {
        stable[i] = server(SOCK_STREAM, 0, "127.0.0.1", 0);
        inodes[i] = inode_of(stable[i]);
    }
    pid_t churner = fork_child();
    while (churner == 0) {
        int fds[64];
        for (int i = 0; i < 64; i++)
            fds[i] = server(SOCK_STREAM, 0, "127.0.0.1", 0);
        for (int i = 0; i < 64; i++)
            close(fds[i]);
    }
    for (int run = 0; run < RUNS; run++) {
        int found = 0;
        LOOK("protocols", "tcp", "family", "4", "owners", "none");
        for (int i = 0; i < np_listeners_count(view); i++) {
            np_listener n;
            np_listeners_get(view, i, &n, sizeof n);
            for (int k = 0; k < STABLE; k++)
                found += n.inode == inodes[k];
        }
        assert_int_equal(found, STABLE); /* each once */
    }
    end(churner);
    for (int i = 0; i < STABLE; i++)
        close(stable[i]);
}

/* ---- what cannot be seen ------------------------------------------------------------------- */

/* The script holds a socket on port 2199 as root, and this runs as somebody else. */
static void others_are_listed_and_denied(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip();
    LOOK("port", "2199", "owners", "all");
    np_listener n;
    assert_int_equal(np_listeners_count(view), 1);
    np_listeners_get(view, 0, &n, sizeof n);
    assert_int_equal(n.owner_state, NP_OWNER_DENIED);
    assert_int_equal(n.owner_count, 0);
    assert_true(has_gap("owners of 1 socket: "));
    assert_true(has_gap(getenv("NP_HIDEPID") ? "hidepid" : "cap_sys_ptrace"));
    np_listeners_info i;
    np_listeners_get_info(view, &i, sizeof i);
    assert_int_equal(i.complete, 0);
}

static void without_proc(void **state)
{
    (void)state;
    needs_netlink();
    char empty[] = "/tmp/np-XXXXXX";
    int fd = server(SOCK_STREAM, 0, "127.0.0.1", 2130);
    assert_non_null(mkdtemp(empty));
    LOOK("proc-root", empty, "port", "2130", "owners", "all");
    assert_true(is_listed(fd));
    assert_int_equal(row(fd).owner_count, 0);
    assert_true(has_gap("owners of 1 socket"));
    assert_true(has_gap("there is no list of processes"));
    assert_false(has_gap("hidepid"));
    assert_int_equal(row(fd).owner_state, NP_OWNER_UNKNOWN);
    LOOK("proc-root", "/nonexistent", "port", "2130", "owners", "all");
    assert_true(is_listed(fd));
    rmdir(empty);
    close(fd);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_holder),
        cmocka_unit_test(held_twice_by_one_process),
        cmocka_unit_test(reuseport_group),
        cmocka_unit_test(users_differ),
        cmocka_unit_test(names_hold_anything),
        cmocka_unit_test(name_is_empty),
        cmocka_unit_test(program_deleted_and_arguments),
        cmocka_unit_test(thread_with_a_table_of_its_own),
        cmocka_unit_test(leading_thread_has_ended),
        cmocka_unit_test(in_flight),
        cmocka_unit_test(only_a_ring_holds_it),
        cmocka_unit_test(holder_in_another_namespace),
        cmocka_unit_test(sockets_of_other_namespaces_are_not_ours),
        cmocka_unit_test(kernel_owned),
        cmocka_unit_test(port_of_a_tunnel_that_is_down),
        cmocka_unit_test(units_and_containers),
        cmocka_unit_test(file_on_an_overlay),
        cmocka_unit_test(processes_come_and_go),
        cmocka_unit_test(stable_sockets_under_churn),
        cmocka_unit_test(others_are_listed_and_denied),
        cmocka_unit_test(without_proc),
    };
    char c;
    if (argc > 1 && strcmp(argv[1], "wait") == 0) { /* run_copy */
        (void)!write(1, "x", 1);
        (void)!read(0, &c, 1);
        return 0;
    }
    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ctx = np_context_new();
    int status = RUN(tests);
    np_listeners_free(view);
    np_context_free(ctx);
    return status;
}
