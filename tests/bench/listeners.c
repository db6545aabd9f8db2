/* SPDX-License-Identifier: MIT */
/*
 * For make bench: list as a program would, or ask the kernel twice the simplest way.
 *
 *     listeners bare          two dumps of TCP and UDP, IPv4 and IPv6, which are only counted
 *     listeners MODE          np_listeners with owners=MODE; prints entries and octets for each
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netprobe.h>

/* ---- bare ---------------------------------------------------------------------------------- */

static int dump(int fd, int family, int protocol, unsigned states)
{
    static _Alignas(8) char buffer[64 << 10];
    struct {
        struct nlmsghdr h;
        struct inet_diag_req_v2 r;
    } q = {{sizeof q, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0},
           {.sdiag_family = (unsigned char)family, .sdiag_protocol = (unsigned char)protocol,
            .idiag_states = states}};
    int count = 0;
    if (send(fd, &q, sizeof q, 0) < 0)
        return -1;
    for (;;) {
        ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        unsigned left = n > 0 ? (unsigned)n : 0;
        for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
                return count;
            count++;
        }
        if (n <= 0)
            return -1;
    }
}

static int bare(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG), count = 0;
    for (int i = 0; i < 2; i++) {
        count += dump(fd, AF_INET, IPPROTO_TCP, 1u << 10);
        count += dump(fd, AF_INET6, IPPROTO_TCP, 1u << 10);
        count += dump(fd, AF_INET, IPPROTO_UDP, 1u << 7);
        count += dump(fd, AF_INET6, IPPROTO_UDP, 1u << 7);
    }
    printf("%d entries twice\n", count / 2);
    return count > 0 ? 0 : 1;
}

/* ---- np_listeners, with its memory counted -------------------------------------------------- */

static size_t live, most;

static void *resize(void *user, void *memory, size_t size)
{
    size_t *block = memory ? (size_t *)memory - 2 : NULL;
    (void)user;
    live -= block ? *block : 0;
    if (size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, size + 2 * sizeof *block);
    if (!block)
        abort();
    *block = size;
    live += size;
    most = live > most ? live : most;
    return block + 2;
}

static int list(const char *mode)
{
    np_allocator a = {resize, NULL};
    np_context *ctx = np_context_new_with(&a, sizeof a);
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "protocols", "tcp,udp");
    np_listeners_set(l, "owners", mode);
    np_status st = np_listeners_run(l);
    int count = np_listeners_count(l), known = 0;
    for (int i = 0; i < count; i++)
        known += np_listeners_owner_count(l, i) > 0;
    if (st < 0)
        fprintf(stderr, "%s\n", np_listeners_error(l));
    printf("%d entries, %d with owner, %zu octets each at the end, %zu at most\n", count, known,
           count ? live / (size_t)count : 0, count ? most / (size_t)count : 0);
    np_listeners_free(l);
    np_context_free(ctx);
    return st < 0;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 3;
    return strcmp(argv[1], "bare") == 0 ? bare() : list(argv[1]);
}
