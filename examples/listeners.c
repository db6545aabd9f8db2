/* SPDX-License-Identifier: MIT */
/*
 * What listens on this host, and what could not be seen.
 */
#include <netprobe.h>
#include <stdio.h>

static int listeners(np_context *ctx)
{
    np_listeners *l = np_listeners_new(ctx);
    np_listeners_set(l, "protocols", "tcp,udp");
    np_status st = np_listeners_run(l); /* the one check: errors latch */
    if (st < 0)
        fprintf(stderr, "%s\n", np_listeners_error(l));
    for (int i = 0; i < np_listeners_count(l); i++) {
        np_listener n;
        np_listeners_get(l, i, &n, sizeof n);
        printf("%-39s %5d  %-16s %s\n", n.addr, n.port, n.process, n.unit);
    }
    for (int i = 0; i < np_listeners_gap_count(l); i++)
        fprintf(stderr, "not seen: %s\n", np_listeners_gap(l, i));
    np_listeners_free(l);
    return st < 0 ? 2 : 0;
}

int main(void)
{
    np_context *ctx = np_context_new();
    int status = listeners(ctx);
    np_context_free(ctx);
    return status;
}
