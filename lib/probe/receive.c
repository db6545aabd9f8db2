/* SPDX-License-Identifier: MIT */
/*
 * The one recvmsg of the transports. What the control messages mean stands in errqueue.c.
 */
#include "probe/receive.h"

#include <errno.h>
#include <netinet/in.h>

#include "probe/errqueue.h"

enum { CONTROL_MAX = 512 };

npi_received npi_receive(int fd, int flags, npi_reply *out)
{
    struct sockaddr_storage name;
    union {
        struct cmsghdr align;
        char octets[CONTROL_MAX];
    } control;
    struct iovec iov = {out->data, sizeof out->data};
    struct msghdr m = {.msg_name = &name,
                       .msg_namelen = sizeof name,
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &m, flags | MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN ? NPI_RECEIVED_EMPTY : NPI_RECEIVED_ERROR;
    bool ours = npi_reply_decode(&m, flags & MSG_ERRQUEUE, out);
    out->len = (size_t)n < sizeof out->data ? (size_t)n : sizeof out->data;
    return ours ? NPI_RECEIVED_REPLY : NPI_RECEIVED_OTHER;
}
