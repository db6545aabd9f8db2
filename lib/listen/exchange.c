/* SPDX-License-Identifier: MIT */
/*
 * Decides how a question is put to the kernel by netlink, when it is put again, and which datagrams
 * are its answer. What is asked, and what the answers mean, is of those who ask.
 */
#include "listen/exchange.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

enum {
    BUFFER_MAX = 4 << 20, /* octets of one datagram */
    TRIES = 3             /* of a dump that was interrupted */
};

bool npi_exchange_send(int fd, const void *request, size_t len)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return len > 0 && sendto(fd, request, len, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&kernel,
                             sizeof kernel) == (ssize_t)len;
}

/*
 * One datagram of the kernel's. 1 got, 0 none yet, -errno; EMSGSIZE: it did not fit, and the
 * buffer has grown to what it needs.
 */
static int receive(np_listeners *l, int fd)
{
    struct sockaddr_nl from = {0};
    socklen_t from_len = sizeof from;
    ssize_t n = recvfrom(fd, l->buffer, l->buffer_size, MSG_DONTWAIT | MSG_TRUNC, (void *)&from,
                         &from_len);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    bool of_kernel = from_len == sizeof from && from.nl_family == AF_NETLINK && from.nl_pid == 0;
    if (n < 0 || !of_kernel) { /* of another process: not the kernel's answer */
        l->starving = fd;
        return 0;
    }
    if ((size_t)n <= l->buffer_size) {
        npi_dump_feed(&l->dump, l->buffer, (size_t)n);
        return 1;
    }
    void *larger = (size_t)n <= BUFFER_MAX ? npi_realloc(&l->o.mem, l->buffer, (size_t)n, 1) : NULL;
    if (!larger)
        return -ENOMEM;
    l->buffer = larger;
    l->buffer_size = (size_t)n;
    return -EMSGSIZE;
}

bool npi_exchange_drained(np_listeners *l, int fd, int *budget)
{
    while (l->draining && *budget > 0) {
        --*budget;
        l->draining = receive(l, fd) > 0;
    }
    l->starving = -1;
    return !l->draining;
}

/* Gone when it is asked again. */
static bool is_passing(int error)
{
    return error == ENOBUFS || error == EMSGSIZE || error == EBUSY;
}

bool npi_exchange_again(np_listeners *l)
{
    if (!l->dump.interrupted && !is_passing(l->dump.error))
        return false;
    if (++l->tries == TRIES)
        return false;
    l->draining = true;
    return true;
}

/* Never 0, which what nobody has asked for bears. */
uint32_t npi_exchange_number(np_listeners *l)
{
    l->seq += l->seq == UINT32_MAX ? 2 : 1;
    return l->seq;
}

bool npi_exchange_take(np_listeners *l, int fd, int *budget)
{
    int got = receive(l, fd);
    --*budget;
    if (got == -ENOMEM)
        npi_listen_out_of_memory(l);
    else if (got < 0) /* too large, or the kernel lost some, or it broke off */
        l->dump.error = -got;
    return got != 0 && got != -ENOMEM;
}

void npi_exchange_unsteady(np_listeners *l)
{
    npi_listen_gap(l, "a list kept changing while it was read, and may lack entries");
}
