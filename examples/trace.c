/* SPDX-License-Identifier: MIT */
/*
 * Trace a host and print its hops: the blocking form. One check, at run, is enough, for errors
 * latch.
 */
#include <netprobe.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    np_context *ctx = np_context_new();
    np_trace *t = np_trace_new(ctx);
    np_trace_set_target(t, argc > 1 ? argv[1] : "localhost");
    np_trace_set_cycles(t, 10);
    np_status st = np_trace_run(t);
    if (st < 0)
        fprintf(stderr, "%s\n", np_trace_error(t));
    for (int i = 0; i < np_trace_hop_count(t); i++) {
        np_hop h;
        np_stats s;
        np_trace_get_hop(t, i, &h, sizeof h);
        np_trace_get_stats(t, i, &s, sizeof s);
        printf("%2d %-39s %5.1f%% %9.3f ms\n", h.ttl, h.addr[0] ? h.addr : "???", 100 * s.loss,
               s.mean_ns < 0 ? 0 : s.mean_ns / 1e6);
    }
    np_trace_free(t); /* in any order, and NULL is fine */
    np_context_free(ctx);
    return st < 0 ? 2 : 0;
}
