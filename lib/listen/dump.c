/* SPDX-License-Identifier: MIT */
/*
 * Decides where a dump ends and whether it can be believed. A kernel that lacks a protocol says
 * so inside DONE, where readers that look for an error message only see an empty list.
 */
#include "listen/dump.h"

#include "config.h"

#include <errno.h>
#include <string.h>

#ifdef HAVE_LIBMNL
#include <libmnl/libmnl.h>

npi_dump npi_dump_begin(uint32_t seq)
{
    return (npi_dump){.seq = seq};
}

void npi_dump_feed(npi_dump *d, const void *datagram, size_t len)
{
    d->at = datagram;
    d->left = len;
}

/* The negative errno at the front of DONE and of an error message. */
static int error_in(const struct nlmsghdr *h)
{
    enum { LARGEST = 4095 };
    int32_t e = 0;
    if (mnl_nlmsg_get_payload_len(h) >= sizeof e)
        memcpy(&e, mnl_nlmsg_get_payload(h), sizeof e);
    return e < -LARGEST ? EPROTO : e < 0 ? -e : 0;
}

/* libmnl compares lengths as signed numbers: one beyond 2 GiB would seem to fit anywhere. */
static bool is_whole(const npi_dump *d)
{
    const struct nlmsghdr *h = (const void *)d->at;
    return d->left >= sizeof *h && d->left <= INT32_MAX && h->nlmsg_len <= d->left &&
           mnl_nlmsg_ok(h, (int)d->left);
}

npi_dump_step npi_dump_next(npi_dump *d, npi_message *out)
{
    while (is_whole(d)) {
        const struct nlmsghdr *h = (const void *)d->at;
        size_t step = MNL_ALIGN(h->nlmsg_len);
        d->at += step < d->left ? step : d->left;
        d->left -= step < d->left ? step : d->left;
        if (h->nlmsg_seq != d->seq || h->nlmsg_type == NLMSG_NOOP)
            continue;
        if (h->nlmsg_flags & NLM_F_DUMP_INTR)
            d->interrupted = true;
        if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
            d->error = error_in(h);
            return NPI_DUMP_END;
        }
        *out = (npi_message){h->nlmsg_type, mnl_nlmsg_get_payload(h),
                             mnl_nlmsg_get_payload_len(h)};
        return NPI_DUMP_MESSAGE;
    }
    d->left = 0;
    return NPI_DUMP_MORE;
}

#else

npi_dump npi_dump_begin(uint32_t seq)
{
    return (npi_dump){.seq = seq, .error = ENOSYS};
}

void npi_dump_feed(npi_dump *d, const void *datagram, size_t len)
{
    (void)d, (void)datagram, (void)len;
}

npi_dump_step npi_dump_next(npi_dump *d, npi_message *out)
{
    (void)d, (void)out;
    return NPI_DUMP_END;
}

#endif
