/* SPDX-License-Identifier: MIT */
/*
 * A busy host for make bench: processes with listeners, connections and other descriptors, on the
 * loopback of a namespace of its own. Says "ready", and ends with its standard input.
 *
 *     host PROCESSES LISTENERS OTHERS DESCRIPTORS CONNECTIONS [CGROUPS FOLDER]
 *
 * LISTENERS a process; OTHERS processes with DESCRIPTORS each; both ends of a connection are held
 * here; with CGROUPS the listening processes live in so many folders below FOLDER.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAIRS = 400, FIRST_PORT = 1024 };

static int told[2];

static void check(int result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(1);
}

static struct sockaddr_in place(int process, int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(0x7f010001u + (uint32_t)(process / 250) * 256 +
                                 (uint32_t)(process % 250))};
}

static int listener(int process, int port)
{
    struct sockaddr_in a = place(process, port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    check(fd, "socket");
    check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    check(bind(fd, (void *)&a, sizeof a), "bind");
    check(listen(fd, 128), "listen");
    return fd;
}

/* A child that does its part, says so, and waits to be killed. */
static void child(void (*work)(int, int), int process, int count)
{
    pid_t pid = fork();
    check(pid, "fork");
    if (pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    work(process, count);
    check((int)write(told[1], "x", 1), "write");
    for (;;)
        pause();
}

static void listens(int process, int count)
{
    for (int i = 0; i < count; i++)
        listener(process, FIRST_PORT + i);
}

static void opens(int process, int count)
{
    (void)process;
    for (int i = 0; i < count; i++)
        check(open("/dev/null", O_RDONLY), "/dev/null");
}

static void connects(int process, int count)
{
    int fd = listener(10000 + process, FIRST_PORT);
    struct sockaddr_in to = place(10000 + process, FIRST_PORT);
    for (int i = 0; i < count; i++) {
        int out = socket(AF_INET, SOCK_STREAM, 0);
        check(out, "socket");
        check(connect(out, (void *)&to, sizeof to), "connect");
        check(accept(fd, NULL, NULL), "accept");
    }
    close(fd);
}

static void enter_cgroup(const char *folder, int which)
{
    char path[512], pid[32];
    snprintf(path, sizeof path, "%s/service%d", folder, which);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/service%d/cgroup.procs", folder, which);
    int fd = open(path, O_WRONLY);
    check(fd, path);
    int len = snprintf(pid, sizeof pid, "%d", (int)getpid());
    check((int)write(fd, pid, (size_t)len), path);
    close(fd);
}

static void leave_cgroups(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    int fd = open(path, O_WRONLY);
    check(fd, path);
    check((int)write(fd, "0", 1), path);
    close(fd);
}

int main(int argc, char **argv)
{
    int n[6] = {0}, parts = 0;
    char octet;
    struct rlimit many;
    if (argc < 6)
        return 3;
    for (int i = 0; i < 6 && i + 1 < argc; i++)
        n[i] = atoi(argv[i + 1]);
    const char *folder = argc > 7 ? argv[7] : NULL;
    getrlimit(RLIMIT_NOFILE, &many);
    many.rlim_cur = many.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &many), "ulimit -n");
    check(pipe(told), "pipe");
    for (int i = 0; i < n[0]; i++, parts++) {
        if (folder)
            enter_cgroup(folder, i % n[5]);
        child(listens, i, n[1]);
    }
    if (folder)
        leave_cgroups(folder);
    for (int i = 0; i < n[2]; i++, parts++)
        child(opens, i, n[3]);
    for (int left = n[4]; left > 0; left -= PAIRS, parts++)
        child(connects, parts, left < PAIRS ? left : PAIRS);
    while (parts-- > 0)
        check((int)read(told[0], &octet, 1), "read");
    puts("ready");
    fflush(stdout);
    while (read(0, &octet, 1) > 0)
        ;
    return 0;
}
